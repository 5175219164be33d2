/* The conditional sum of squares of an ARMA model and its exact derivatives by the same filters. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Box and Jenkins 1976, 7.1; R's definition: with L = p + m P, e_t = 0 for t < L and
 *   theta(B) Theta(B^m) e_t = phi(B) Phi(B^m) w_t   for t >= L.
 * Derivatives, on t >= L with zeros before:
 *   d e / d theta_j = -B^j e / theta(B)          d e / d Theta_j = -B^{mj} e / Theta(B^m)
 *   d e / d phi_j   = -[Phi(B^m) w]_{t-j} / (theta(B) Theta(B^m))     and so for Phi_j,
 * so one filter gives all theta_j (shifts of one series), and one pass each of the others. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/arima/arima_work.h"

typedef struct css {
    size_t lag, n_e;      /* L; residuals are t = L .. n_w - 1 */
    double **e, **e_next; /* (1 + n_reg) columns (n_w), the first with regressors taken out */
    double *u;            /* (n_w) series less its regressors at the current point */
    double *half;         /* (n_w) scratch */
    double **jac;         /* (k) columns (n_w) */
    double *room;         /* of those that are not shifts */
    double *gram;         /* (n_reg, n_reg) */
    double *b_next;       /* (n_reg) of the last valued point */
    double *cross;        /* (k, n_reg) */
    double *chain;        /* (k, k) d coef / d v of a factor */
    bool sloped;          /* jac is filled */
} css;

static const double *part(const arima_work *w, int which) {
    const size_t p = (size_t)w->o.p, q = (size_t)w->o.q, sp = (size_t)w->o.P;
    const size_t at[4] = {0, p, p + q, p + q + sp};
    return w->coef + at[which];
}

static void divide_all(const arima_work *w, double *x, size_t from) {
    arima_filter_ma(part(w, 3), (size_t)w->o.Q, (size_t)w->o.m, x, from, w->n_w);
    arima_filter_ma(part(w, 1), (size_t)w->o.q, 1, x, from, w->n_w);
}

/* e (n_w) = residuals of column x, at w->coef. */
static void residuals(const arima_work *w, const css *c, const double *x, double *e) {
    const size_t p = (size_t)w->o.p;
    if (w->o.P == 0) {
        arima_filter_ar(part(w, 0), p, 1, x, c->lag, w->n_w, e);
    } else {
        arima_filter_ar(part(w, 0), p, 1, x, p, w->n_w, c->half);
        arima_filter_ar(part(w, 2), (size_t)w->o.P, (size_t)w->o.m, c->half, c->lag, w->n_w, e);
    }
    memset(e, 0, c->lag * sizeof *e);
    divide_all(w, e, c->lag);
}

/* Regresses column 0 of e on the others: coefficients b; the residual stays in column 0. */
static bool take_out(const arima_work *w, const css *c, double **e, double *b) {
    const size_t n = w->n_reg, lag = c->lag;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++)
            c->gram[i * n + j] = arima_dot(e[1 + i] + lag, e[1 + j] + lag, c->n_e);
        b[i] = arima_dot(e[1 + i] + lag, e[0] + lag, c->n_e);
    }
    if (!arima_cholesky(c->gram, n)) return false;
    arima_cholesky_solve(c->gram, n, b);
    for (size_t i = 0; i < n; i++) {
        for (size_t t = lag; t < w->n_w; t++)
            e[0][t] -= b[i] * e[1 + i][t];
    }
    return true;
}

static double css_value(arima_objective *f, const double *v) {
    arima_work *const w = f->w;
    css *const c = f->own;
    arima_work_set(w, v);
    for (size_t j = 0; j <= w->n_reg; j++) {
        residuals(w, c, w->w[j], c->e_next[j]);
        if (arima_work_poll(w, w->n_w * (2 + w->k))) return NORNI_INF;
    }
    if (w->n_reg > 0 && !take_out(w, c, c->e_next, c->b_next)) return NORNI_INF;
    const double *const e = c->e_next[0] + c->lag;
    const double s = arima_dot(e, e, c->n_e);
    return isfinite(s) ? fmax(s, w->floor) : NORNI_INF;
}

static void css_accept(arima_objective *f) {
    css *const c = f->own;
    double **const swap = c->e;
    c->e = c->e_next;
    c->e_next = swap;
    memcpy(f->b, c->b_next, f->w->n_reg * sizeof *f->b);
    for (size_t j = 0; j < f->w->k && c->sloped; j++)
        f->old_je[j] = arima_dot(c->jac[j] + c->lag, c->e[0] + c->lag, c->n_e);
}

static void shifted(const double *x, size_t lag, size_t from, size_t n, double *out) {
    memset(out, 0, from * sizeof *out);
    for (size_t t = from; t < n; t++)
        out[t] = -x[t - lag];
}

/* Columns d e / d coef into c->jac. */
static void coef_derivatives(const arima_work *w, css *c) {
    const size_t p = (size_t)w->o.p, q = (size_t)w->o.q, sp = (size_t)w->o.P, m = (size_t)w->o.m;
    const size_t n = w->n_w, lag = c->lag;
    if (p > 0) {
        const double *src = c->u;
        if (sp > 0) {
            arima_filter_ar(part(w, 2), sp, m, c->u, m * sp, n, c->half);
            src = c->half;
        }
        for (size_t j = 0; j < p; j++) {
            shifted(src, j + 1, lag, n, c->jac[j]);
            divide_all(w, c->jac[j], lag);
        }
    }
    if (sp > 0) {
        arima_filter_ar(part(w, 0), p, 1, c->u, p, n, c->half);
        for (size_t j = 0; j < sp; j++) {
            shifted(c->half, (j + 1) * m, lag, n, c->jac[p + q + j]);
            divide_all(w, c->jac[p + q + j], lag);
        }
    }
    for (int seasonal = 0; seasonal < 2; seasonal++) {
        const size_t count = seasonal ? (size_t)w->o.Q : q, step = seasonal ? m : 1;
        const size_t first = seasonal ? p + q + sp : p;
        if (count == 0) continue;
        double *const col = c->jac[first];
        /* filtered without the shift, then moved: columns share the series */
        memset(col, 0, lag * sizeof *col);
        for (size_t t = lag; t < n; t++)
            col[t] = -c->e[0][t];
        arima_filter_ma(part(w, seasonal ? 3 : 1), count, step, col, lag, n);
        for (size_t j = count; j-- > 0;) {
            const size_t by = (j + 1) * step, moved = n > by ? n - by : 0;
            double *const out = c->jac[first + j];
            memmove(out + n - moved, col, moved * sizeof *col);
            memset(out, 0, (n - moved) * sizeof *col);
        }
    }
}

/* Turns columns of d/d coef into columns of d/d v: jac <- jac chain, factor by factor. */
static void chain_rule(const arima_work *w, css *c, const double *v) {
    const size_t n[4] = {(size_t)w->o.p, (size_t)w->o.q, (size_t)w->o.P, (size_t)w->o.Q};
    size_t at = 0;
    for (int f = 0; f < 4; at += n[f++]) {
        const size_t k = n[f];
        double scratch[ARIMA_MOST_FACTOR];
        if (k == 0) continue;
        arima_factor_from_free(v + at, k, scratch, c->chain);
        const double sign = f % 2 ? -1 : 1;
        if (k == 1) {
            for (size_t t = c->lag; t < w->n_w; t++)
                c->jac[at][t] *= sign * c->chain[0];
            continue;
        }
        for (size_t t = c->lag; t < w->n_w; t++) {
            for (size_t i = 0; i < k; i++)
                scratch[i] = sign * c->jac[at + i][t];
            for (size_t j = 0; j < k; j++) {
                double s = 0;
                for (size_t i = 0; i < k; i++)
                    s += scratch[i] * c->chain[i * k + j];
                c->jac[at + j][t] = s;
            }
        }
    }
}

static void css_products(const arima_objective *f, double *out) {
    const css *const c = f->own;
    const size_t n = f->w->n_reg;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++)
            out[i * n + j] = arima_dot(c->e[1 + i] + c->lag, c->e[1 + j] + c->lag, c->n_e);
    }
}

static void css_slope(arima_objective *f, const double *v, double *jj, double *je) {
    arima_work *const w = f->w;
    css *const c = f->own;
    const size_t k = w->k, n_reg = w->n_reg, lag = c->lag;
    arima_work_set(w, v);
    memcpy(c->u, w->w[0], w->n_w * sizeof *c->u);
    for (size_t j = 0; j < n_reg; j++) {
        for (size_t t = 0; t < w->n_w; t++)
            c->u[t] -= f->b[j] * w->w[1 + j][t];
    }
    coef_derivatives(w, c);
    chain_rule(w, c, v);
    c->sloped = true;
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j <= i; j++)
            jj[i * k + j] = arima_dot(c->jac[i] + lag, c->jac[j] + lag, c->n_e);
        je[i] = arima_dot(c->jac[i] + lag, c->e[0] + lag, c->n_e);
    }
    (void)arima_work_poll(w, w->n_w * k * (k + 2));
    if (n_reg == 0) return;
    /* Kaufman 1975: what the regressors explain of the derivatives is taken out. */
    css_products(f, c->gram);
    if (!arima_cholesky(c->gram, n_reg)) return;
    for (size_t i = 0; i < k; i++) {
        double *const x = c->cross + i * n_reg, *const kept = c->cross + k * n_reg;
        for (size_t j = 0; j < n_reg; j++)
            x[j] = arima_dot(c->jac[i] + lag, c->e[1 + j] + lag, c->n_e);
        memcpy(kept, x, n_reg * sizeof *x);
        arima_cholesky_solve(c->gram, n_reg, kept);
        for (size_t j = 0; j <= i; j++) {
            const double *const other = c->cross + j * n_reg;
            for (size_t l = 0; l < n_reg; l++)
                jj[i * k + j] -= kept[l] * other[l];
        }
    }
}

static double **columns(norni_arena *arena, size_t n_col, size_t n) {
    double **cols = norni_arena_get(arena, n_col + 1, sizeof *cols);
    double *room = norni_arena_get(arena, n_col * n + 1, sizeof *room);
    if (!cols || !room) return NULL;
    for (size_t j = 0; j < n_col; j++)
        cols[j] = room + j * n;
    return cols;
}

norn_status arima_css_objective(arima_work *w, arima_objective *out, norn_err *err) {
    css *c = norni_arena_zero(w->arena, 1, sizeof *c);
    const size_t lag = arima_lag_ar(&w->o), n_col = 1 + w->n_reg;
    if (w->n_w < lag + w->k + w->n_reg + 1)
        return norn_fail(err, NORN_E_DATA,
                         "arima: %zu values are too few for least squares with these orders, which "
                         "need %zu",
                         w->n, w->n - w->n_w + lag + w->k + w->n_reg + 1);
    if (!c) return norni_alloc_fail(err, "arima", 1, sizeof *c);
    c->lag = lag;
    c->n_e = w->n_w - lag;
    c->e = columns(w->arena, n_col, w->n_w);
    c->e_next = columns(w->arena, n_col, w->n_w);
    c->jac = columns(w->arena, w->k, w->n_w);
    c->u = norni_arena_get(w->arena, w->n_w, 2 * sizeof *c->u);
    c->gram =
        norni_arena_get(w->arena, w->n_reg * (w->n_reg + w->k + 3) + w->k + 1, sizeof *c->gram);
    c->chain = norni_arena_get(w->arena, w->k * w->k + 1, sizeof *c->chain);
    if (!c->e || !c->e_next || !c->jac || !c->u || !c->gram || !c->chain)
        return norni_alloc_fail(err, "arima", w->n_w, (2 * n_col + w->k) * sizeof(double));
    c->half = c->u + w->n_w;
    c->cross = c->gram + w->n_reg * w->n_reg;
    c->b_next = c->cross + w->n_reg * (w->k + 1);
    *out = (arima_objective){.w = w,
                             .n_e = c->n_e,
                             .value = css_value,
                             .accept = css_accept,
                             .slope = css_slope,
                             .products = css_products,
                             .b = c->b_next + w->n_reg,
                             .old_je = c->b_next + 2 * w->n_reg,
                             .own = c};
    return NORN_OK;
}
