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
    double *chain;        /* (k, k) d coef / d v at the last slope */
    double *block, *turn; /* (k, k), (k) scratch */
    double **turned;      /* (k) columns of jac */
    double *spare;        /* (n_w) zeros, or anything finite */
    bool sloped;          /* jac is filled */
} css;

static const double *part(const arima_work *w, int which) {
    const size_t p = (size_t)w->o.p, q = (size_t)w->o.q, sp = (size_t)w->o.P;
    const size_t at[4] = {0, p, p + q, p + q + sp};
    return w->coef + at[which];
}

static void divide_all(const arima_work *w, const css *c, double *const *x, size_t n_x) {
    arima_filter_ma(part(w, 3), (size_t)w->o.Q, (size_t)w->o.m, x, n_x, c->spare, c->lag, w->n_w);
    arima_filter_ma(part(w, 1), (size_t)w->o.q, 1, x, n_x, c->spare, c->lag, w->n_w);
}

/* e (n_col) columns of (n_w) = residuals of columns x, at w->coef. */
static void residuals(const arima_work *w, const css *c, double *const *x, size_t n_col,
                      double *const *e) {
    const size_t p = (size_t)w->o.p;
    for (size_t j = 0; j < n_col; j++) {
        if (w->o.P == 0) {
            arima_filter_ar(part(w, 0), p, 1, x[j], c->lag, w->n_w, e[j]);
        } else {
            arima_filter_ar(part(w, 0), p, 1, x[j], p, w->n_w, c->half);
            arima_filter_ar(part(w, 2), (size_t)w->o.P, (size_t)w->o.m, c->half, c->lag, w->n_w,
                            e[j]);
        }
    }
    divide_all(w, c, e, n_col);
}

/* Regresses column 0 of e on the others: coefficients b; the residual stays in column 0. */
static bool take_out(const arima_work *w, const css *c, double **e, double *b) {
    const size_t n = w->n_reg, lag = c->lag;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++)
            c->gram[i * n + j] = w->sweeps.dot(e[1 + i] + lag, e[1 + j] + lag, c->n_e);
        b[i] = w->sweeps.dot(e[1 + i] + lag, e[0] + lag, c->n_e);
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
    residuals(w, c, w->w, 1 + w->n_reg, c->e_next);
    if (arima_work_poll(w, w->n_w * (2 + w->k) * (1 + w->n_reg))) return NORNI_INF;
    if (w->n_reg > 0 && !take_out(w, c, c->e_next, c->b_next)) return NORNI_INF;
    const double *const e = c->e_next[0] + c->lag;
    const double s = w->sweeps.dot(e, e, c->n_e);
    return isfinite(s) ? fmax(s, w->floor) : NORNI_INF;
}

/* x (k) <- C' x: derivatives by v from those by coef. */
static void chain_vector(const css *c, size_t k, double *x) {
    for (size_t j = 0; j < k; j++) {
        double s = 0;
        for (size_t i = 0; i < k; i++)
            s += c->chain[i * k + j] * x[i];
        c->turn[j] = s;
    }
    memcpy(x, c->turn, k * sizeof *x);
}

static void css_accept(arima_objective *f) {
    css *const c = f->own;
    double **const swap = c->e;
    c->e = c->e_next;
    c->e_next = swap;
    memcpy(f->b, c->b_next, f->w->n_reg * sizeof *f->b);
    if (!c->sloped) return;
    for (size_t j = 0; j < f->w->k; j++)
        f->old_je[j] = f->w->sweeps.dot(c->jac[j] + c->lag, c->e[0] + c->lag, c->n_e);
    chain_vector(c, f->w->k, f->old_je);
}

static void shifted(const double *x, size_t lag, size_t from, size_t n, double *out) {
    for (size_t t = from; t < n; t++)
        out[t] = -x[t - lag];
}

/* The columns of a moving average are one series, each later by one step. */
static void spread_shifts(double **jac, size_t count, size_t step, size_t from, size_t n) {
    const double *const col = jac[0];
    for (size_t j = count; j-- > 0;) {
        const size_t by = (j + 1) * step, moved = n - from > by ? n - from - by : 0;
        double *const out = jac[j] + from;
        memmove(out + (n - from - moved), col + from, moved * sizeof *col);
        memset(out, 0, (n - from - moved) * sizeof *col);
    }
}

/* Columns d e / d coef into c->jac, from c->lag on. */
static void coef_derivatives(const arima_work *w, css *c) {
    const size_t p = (size_t)w->o.p, q = (size_t)w->o.q, sp = (size_t)w->o.P, sq = (size_t)w->o.Q;
    const size_t n = w->n_w, lag = c->lag, m = (size_t)w->o.m;
    double **const ar = c->turned, **const jac = c->jac; /* those that are divided by theta */
    size_t n_ar = 0;
    if (p > 0) {
        const double *src = c->u;
        if (sp > 0) {
            arima_filter_ar(part(w, 2), sp, m, c->u, m * sp, n, c->half);
            src = c->half;
        }
        for (size_t j = 0; j < p; j++) {
            shifted(src, j + 1, lag, n, jac[j]);
            ar[n_ar++] = jac[j];
        }
    }
    if (sp > 0) {
        arima_filter_ar(part(w, 0), p, 1, c->u, p, n, c->half);
        for (size_t j = 0; j < sp; j++) {
            shifted(c->half, (j + 1) * m, lag, n, jac[p + q + j]);
            ar[n_ar++] = jac[p + q + j];
        }
    }
    arima_filter_ma(part(w, 3), sq, m, ar, n_ar, c->spare, lag, n);
    if (q > 0) {
        shifted(c->e[0], 0, lag, n, jac[p]);
        ar[n_ar++] = jac[p];
    }
    arima_filter_ma(part(w, 1), q, 1, ar, n_ar, c->spare, lag, n);
    if (q > 0) spread_shifts(jac + p, q, 1, lag, n);
    if (sq > 0) {
        double **const own = jac + p + q + sp;
        shifted(c->e[0], 0, lag, n, own[0]);
        arima_filter_ma(part(w, 3), sq, m, own, 1, c->spare, lag, n);
        spread_shifts(own, sq, m, lag, n);
    }
}

/* C (k, k), d coef / d v, factor by factor. */
static void fill_chain(const arima_work *w, css *c, const double *v) {
    const size_t n[4] = {(size_t)w->o.p, (size_t)w->o.q, (size_t)w->o.P, (size_t)w->o.Q};
    const size_t k = w->k;
    size_t at = 0;
    memset(c->chain, 0, k * k * sizeof *c->chain);
    for (int f = 0; f < 4; at += n[f++]) {
        double scratch[ARIMA_MOST_FACTOR];
        if (n[f] == 0) continue;
        arima_factor_from_free(v + at, n[f], scratch, c->block);
        for (size_t i = 0; i < n[f]; i++) {
            for (size_t j = 0; j < n[f]; j++)
                c->chain[(at + i) * k + at + j] = (f % 2 ? -1 : 1) * c->block[i * n[f] + j];
        }
    }
}

static void css_products(const arima_objective *f, double *out) {
    const arima_work *const w = f->w;
    const css *const c = f->own;
    const size_t n = w->n_reg;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++)
            out[i * n + j] = w->sweeps.dot(c->e[1 + i] + c->lag, c->e[1 + j] + c->lag, c->n_e);
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
    fill_chain(w, c, v);
    c->sloped = true;
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j <= i; j++)
            jj[i * k + j] = jj[j * k + i] = w->sweeps.dot(c->jac[i] + lag, c->jac[j] + lag, c->n_e);
        je[i] = w->sweeps.dot(c->jac[i] + lag, c->e[0] + lag, c->n_e);
    }
    (void)arima_work_poll(w, w->n_w * k * (k + 2));
    css_products(f, c->gram);
    if (n_reg > 0 && arima_cholesky(c->gram, n_reg)) {
        /* Kaufman 1975: what the regressors explain of the derivatives is taken out. */
        double *const kept = c->cross + k * n_reg;
        for (size_t i = 0; i < k; i++) {
            double *const x = c->cross + i * n_reg;
            for (size_t j = 0; j < n_reg; j++)
                x[j] = w->sweeps.dot(c->jac[i] + lag, c->e[1 + j] + lag, c->n_e);
        }
        for (size_t i = 0; i < k; i++) {
            memcpy(kept, c->cross + i * n_reg, n_reg * sizeof *kept);
            arima_cholesky_solve(c->gram, n_reg, kept);
            for (size_t j = 0; j < k; j++) {
                for (size_t l = 0; l < n_reg; l++)
                    jj[i * k + j] -= kept[l] * c->cross[j * n_reg + l];
            }
        }
    }
    for (size_t i = 0; i < k; i++) /* rows, then columns: C' (J'J) C */
        chain_vector(c, k, jj + i * k);
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < i; j++) {
            const double swap = jj[i * k + j];
            jj[i * k + j] = jj[j * k + i];
            jj[j * k + i] = swap;
        }
    }
    for (size_t i = 0; i < k; i++)
        chain_vector(c, k, jj + i * k);
    chain_vector(c, k, je);
}

static double **columns(norni_arena *arena, size_t n_col, size_t n) {
    double **cols = norni_arena_get(arena, n_col + 1, sizeof *cols);
    double *room = norni_arena_get(arena, n_col * n + 1, sizeof *room);
    if (!cols || !room) return NULL;
    for (size_t j = 0; j < n_col; j++)
        cols[j] = room + j * n;
    return cols;
}

/* Columns that are filtered: those of a moving average are shifts of one. */
static uint64_t slope_passes(const norni_arima_order *o) {
    return (uint64_t)o->p + (uint64_t)o->P + (o->q > 0) + (o->Q > 0);
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
    c->u = norni_arena_zero(w->arena, w->n_w, 3 * sizeof *c->u);
    c->turned = norni_arena_get(w->arena, w->k + 1, sizeof *c->turned);
    c->gram =
        norni_arena_get(w->arena, w->n_reg * (w->n_reg + w->k + 3) + w->k + 1, sizeof *c->gram);
    c->chain = norni_arena_get(w->arena, w->k * (2 * w->k + 1) + 1, sizeof *c->chain);
    if (!c->e || !c->e_next || !c->jac || !c->u || !c->turned || !c->gram || !c->chain)
        return norni_alloc_fail(err, "arima", w->n_w, (2 * n_col + w->k) * sizeof(double));
    c->half = c->u + w->n_w;
    c->spare = c->half + w->n_w;
    c->block = c->chain + w->k * w->k;
    c->turn = c->block + w->k * w->k;
    c->cross = c->gram + w->n_reg * w->n_reg;
    c->b_next = c->cross + w->n_reg * (w->k + 1);
    *out = (arima_objective){.w = w,
                             .n_e = c->n_e,
                             .value = css_value,
                             .accept = css_accept,
                             .slope = css_slope,
                             .slope_passes = slope_passes(&w->o),
                             .products = css_products,
                             .b = c->b_next + w->n_reg,
                             .old_je = c->b_next + 2 * w->n_reg,
                             .own = c};
    return NORN_OK;
}
