/* The exact likelihood as an objective: least squares over scaled innovations (Ansley 1979). */
/* SPDX-License-Identifier: Apache-2.0 */
/* -2 log L is N log S up to a constant, for S = sum (v_t^2 / F_t) (prod F)^(1/N). Derivatives of the
 * scaled innovations are taken by forward differences along each free parameter, whose scale is 1
 * and whose second derivative is of order 1, so that a step of 2^-20 leaves errors of 1e-6 in them
 * (and of its square in the minimum found). */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/arima/arima_like.h"

static const double step_size = 0x1p-20;

typedef struct ml {
    arima_like like;
    size_t n_lin;             /* n_flat + n_reg: columns behind the first */
    double **e, **e_next;     /* (1 + n_lin) columns (n_rows), scaled; the first less the others */
    double *u;                /* (n) series less the other columns at the current point */
    double **jac;             /* (k) columns (n_rows) */
    const double **moved_x;   /* (1 + n_flat) what a column of jac is made from: u, the flat ones */
    double **moved_e;         /* (1 + n_flat) and where their innovations go */
    double *gram;             /* (n_lin, n_lin) */
    double *b_next, *v_moved; /* (n_lin), (k) */
    double sumlog, squares;   /* of the current point */
    double sumlog_next, squares_next;
    bool sloped; /* jac is filled */
} ml;

static double **columns(norni_arena *arena, size_t n_col, size_t n) {
    double **cols = norni_arena_get(arena, n_col + 1, sizeof *cols);
    double *room = norni_arena_get(arena, n_col * n + 1, sizeof *room);
    if (!cols || !room) return NULL;
    for (size_t j = 0; j < n_col; j++)
        cols[j] = room + j * n;
    return cols;
}

/* Of the first n linear columns: (n, n). */
static void products_of(const arima_work *w, double *const *e, size_t n, double *out) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++)
            out[i * n + j] = w->sweeps.dot(e[1 + i], e[1 + j], w->n_rows);
    }
}

static void ml_products(const arima_objective *f, double *out) {
    const ml *const m = f->own;
    products_of(f->w, m->e, m->n_lin, out);
}

static bool gram_of(const arima_work *w, ml *m, double **e, size_t n) {
    products_of(w, e, n, m->gram);
    return arima_cholesky(m->gram, n);
}

/* What the unknown first values, the first of the n columns factored in m->gram, add to the sum of
 * log F: they are integrated over, where regressors are estimated. */
static double flat_log(const arima_work *w, const ml *m, size_t n) {
    double s = 0;
    for (size_t i = 0; i < w->n_flat; i++)
        s += 2 * norni_log(m->gram[i * n + i]);
    return s;
}

static double scale_of(const arima_work *w, double sumlog) {
    return norni_exp(sumlog / (2 * (double)(w->n_rows - w->n_flat)));
}

static void multiply(double *x, size_t n, double s) {
    for (size_t t = 0; t < n; t++)
        x[t] *= s;
}

double arima_ml_value_here(arima_objective *f) {
    arima_work *const w = f->w;
    ml *const m = f->own;
    const size_t n = w->n_rows;
    if (!arima_like_run(w, &m->like, (const double *const *)arima_like_columns(w), 1 + m->n_lin,
                        m->e_next))
        return NORNI_INF;
    m->sumlog_next = m->like.sumlog;
    if (m->n_lin > 0) {
        if (!gram_of(w, m, m->e_next, m->n_lin)) return NORNI_INF;
        m->sumlog_next += flat_log(w, m, m->n_lin);
        for (size_t i = 0; i < m->n_lin; i++)
            m->b_next[i] = w->sweeps.dot(m->e_next[1 + i], m->e_next[0], n);
        arima_cholesky_solve(m->gram, m->n_lin, m->b_next);
        for (size_t i = 0; i < m->n_lin; i++) {
            for (size_t t = 0; t < n; t++)
                m->e_next[0][t] -= m->b_next[i] * m->e_next[1 + i][t];
        }
    }
    const double s = w->sweeps.dot(m->e_next[0], m->e_next[0], n);
    if (!isfinite(s)) return NORNI_INF;
    m->squares_next = fmax(s, w->floor);
    const double scale = scale_of(w, m->sumlog_next), value = m->squares_next * scale * scale;
    return isfinite(value) ? value : NORNI_INF;
}

static double ml_value(arima_objective *f, const double *v) {
    arima_work_set(f->w, v);
    return arima_ml_value_here(f);
}

static void ml_accept(arima_objective *f) {
    arima_work *const w = f->w;
    ml *const m = f->own;
    double **const swap = m->e;
    m->e = m->e_next;
    m->e_next = swap;
    m->sumlog = m->sumlog_next;
    m->squares = m->squares_next;
    memcpy(f->b, m->b_next, m->n_lin * sizeof *f->b);
    const double scale = scale_of(w, m->sumlog);
    for (size_t j = 0; j <= m->n_lin; j++)
        multiply(m->e[j], w->n_rows, scale);
    for (size_t j = 0; j < w->k && m->sloped; j++)
        f->old_je[j] = w->sweeps.dot(m->jac[j], m->e[0], w->n_rows);
}

/* Column j of the Jacobian; zero where the move leads out of what can be valued. The scale moves
 * with all that the value's does, the unknown first values' part included. */
static void ml_column(arima_objective *f, const double *v, size_t j) {
    arima_work *const w = f->w;
    ml *const m = f->own;
    double *const out = m->jac[j];
    const double *const base = m->e[0];
    m->moved_x[0] = m->u;
    m->moved_e[0] = out;
    for (size_t i = 1; i <= w->n_flat; i++) {
        m->moved_x[i] = w->level[i];
        m->moved_e[i] = m->e_next[i];
    }
    for (int sign = 1; sign >= -1; sign -= 2) {
        const double h = sign * step_size;
        memcpy(m->v_moved, v, w->k * sizeof *v);
        m->v_moved[j] += h;
        arima_work_set(w, m->v_moved);
        if (!arima_like_run(w, &m->like, m->moved_x, 1 + w->n_flat, m->moved_e) ||
            !gram_of(w, m, m->moved_e, w->n_flat))
            continue;
        const double sumlog = m->like.sumlog + flat_log(w, m, w->n_flat);
        const double scale = scale_of(w, sumlog) / h, back = 1 / h;
        for (size_t t = 0; t < w->n_rows; t++)
            out[t] = out[t] * scale - base[t] * back;
        return;
    }
    memset(out, 0, w->n_rows * sizeof *out);
}

static void ml_slope(arima_objective *f, const double *v, double *jj, double *je) {
    arima_work *const w = f->w;
    ml *const m = f->own;
    const size_t n = w->n_rows, k = w->k, length = w->level ? w->n : w->n_w;
    double **const x = arima_like_columns(w);
    memcpy(m->u, x[0], length * sizeof *m->u);
    for (size_t j = 0; j < m->n_lin; j++) {
        for (size_t t = 0; t < length; t++)
            m->u[t] -= f->b[j] * x[1 + j][t];
    }
    for (size_t j = 0; j < k && !w->cancelled; j++)
        ml_column(f, v, j);
    m->sloped = true;
    if (m->n_lin > 0 && gram_of(w, m, m->e, m->n_lin)) { /* Kaufman 1975 */
        for (size_t j = 0; j < k; j++) {
            for (size_t i = 0; i < m->n_lin; i++)
                m->b_next[i] = w->sweeps.dot(m->e[1 + i], m->jac[j], n);
            arima_cholesky_solve(m->gram, m->n_lin, m->b_next);
            for (size_t i = 0; i < m->n_lin; i++) {
                for (size_t t = 0; t < n; t++)
                    m->jac[j][t] -= m->b_next[i] * m->e[1 + i][t];
            }
        }
    }
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j <= i; j++)
            jj[i * k + j] = w->sweeps.dot(m->jac[i], m->jac[j], n);
        je[i] = w->sweeps.dot(m->jac[i], m->e[0], n);
    }
}

void arima_ml_parts(const arima_objective *f, double *sumlog, double *squares) {
    const ml *const m = f->own;
    *sumlog = m->sumlog;
    *squares = m->squares;
}

norn_status arima_ml_objective(arima_work *w, arima_objective *out, norn_err *err) {
    ml *m = norni_arena_zero(w->arena, 1, sizeof *m);
    const size_t n_lin = w->n_flat + w->n_reg, n_col = 1 + n_lin;
    if (!m) return norni_alloc_fail(err, "arima", 1, sizeof *m);
    m->n_lin = n_lin;
    NORN_TRY(arima_like_get(w, &m->like, err));
    m->e = columns(w->arena, n_col, w->n_rows);
    m->e_next = columns(w->arena, n_col, w->n_rows);
    m->jac = columns(w->arena, w->k, w->n_rows);
    m->u = norni_arena_get(w->arena, w->n, sizeof *m->u);
    m->gram = norni_arena_get(w->arena, n_lin * (n_lin + 2) + 2 * w->k + 1, sizeof *m->gram);
    m->moved_x = norni_arena_get(w->arena, 1 + w->n_flat, sizeof *m->moved_x);
    m->moved_e = norni_arena_get(w->arena, 1 + w->n_flat, sizeof *m->moved_e);
    if (!m->e || !m->e_next || !m->jac || !m->u || !m->gram || !m->moved_x || !m->moved_e)
        return norni_alloc_fail(err, "arima", w->n_w, (2 * n_col + w->k) * sizeof(double));
    m->b_next = m->gram + n_lin * n_lin;
    m->v_moved = m->b_next + 2 * n_lin;
    *out = (arima_objective){.w = w,
                             .n_e = w->n_rows,
                             .n_b = w->n_flat,
                             .value = ml_value,
                             .accept = ml_accept,
                             .slope = ml_slope,
                             .slope_passes = w->k,
                             .products = ml_products,
                             .b = m->b_next + n_lin,
                             .old_je = m->v_moved + w->k,
                             .own = m};
    return NORN_OK;
}
