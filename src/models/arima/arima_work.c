/* A series made ready for fitting: checked, scaled, differenced, its regressors orthonormal. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Regressors enter linearly, so every objective takes them out by least squares on their filtered
 * columns; only ARMA parameters are searched (Golub and Pereyra 1973). Their differenced columns
 * are made orthonormal once, since a trend of 1, 2, ... beside a level of 1e9 is hopeless otherwise
 * (R rotates by a singular value decomposition for the same reason). */
#include "models/arima/arima_work.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "num/extent.h"

enum { POLL_EVERY = 400000 };

bool arima_work_poll(arima_work *w, size_t flops) {
    w->since_poll += flops;
    if (w->since_poll < POLL_EVERY || w->cancelled) return w->cancelled;
    w->since_poll = 0;
    w->cancelled = norni_poll_stop(&w->env->poll);
    return w->cancelled;
}

static norn_status check_order(const norni_arima_data *data, const norni_arima_order *o,
                               norni_arima_constant constant, norn_err *err) {
    if (o->p < 0 || o->d < 0 || o->q < 0 || o->P < 0 || o->D < 0 || o->Q < 0 || o->m < 1 ||
        o->p > ARIMA_MOST_FACTOR || o->q > ARIMA_MOST_FACTOR || o->P > ARIMA_MOST_FACTOR ||
        o->Q > ARIMA_MOST_FACTOR || o->d > 8 || o->D > 8)
        return norn_fail(err, NORN_E_ARG, "arima: an order lies outside [0, %d]",
                         ARIMA_MOST_FACTOR);
    if (o->m == 1 && (o->P > 0 || o->D > 0 || o->Q > 0))
        return norn_fail(err, NORN_E_ARG,
                         "arima: seasonal orders need a season of 2 or more, the series has none");
    const size_t lost = arima_lag_diff(o);
    const size_t n_coef = arima_n_arma(o) + data->n_x + (constant != NORNI_ARIMA_NO_CONSTANT);
    size_t seen = 0;
    for (size_t t = 0; t < data->n; t++) {
        if (isinf(data->y[t]))
            return norn_fail(err, NORN_E_DATA, "arima: the series has an infinite value");
        if (!isnan(data->y[t])) seen++;
    }
    if (seen < lost + n_coef + 1)
        return norn_fail(err, NORN_E_DATA,
                         "arima: %zu observed values are too few for these orders, which need %zu",
                         seen, lost + n_coef + 1);
    if (seen < data->n) return norn_fail(err, NORN_E_DATA, "arima: the series has missing values");
    return NORN_OK;
}

/* Regressor j of the model: the constant, then the data's. Scaled to below 1 and differenced. */
static norn_status fill_regressor(arima_work *w, const norni_arima_data *data, size_t j,
                                  double *scratch, norn_err *err) {
    const size_t own = w->constant != NORNI_ARIMA_NO_CONSTANT;
    const double *x = j >= own ? data->x[j - own] : NULL;
    double largest = x ? 0 : w->constant == NORNI_ARIMA_MEAN ? 1 : (double)w->n;
    for (size_t t = 0; x && t < w->n; t++) {
        if (!isfinite(x[t]))
            return norn_fail(err, NORN_E_DATA,
                             "arima: regressor %zu has a missing or infinite value at %zu",
                             j - own + 1, t + 1);
        largest = fabs(x[t]) > largest ? fabs(x[t]) : largest;
    }
    if (largest > 0) (void)frexp(largest, &w->x_exp[j]);
    for (size_t t = 0; t < w->n; t++) {
        const double v = x ? x[t] : w->constant == NORNI_ARIMA_MEAN ? 1 : (double)(t + 1);
        scratch[t] = ldexp(v, -w->x_exp[j]);
    }
    arima_difference(scratch, w->n, w->o.d, w->o.D, w->o.m);
    memcpy(w->w[1 + j], scratch, w->n_w * sizeof *scratch);
    return NORN_OK;
}

/* Gram and Schmidt, twice. */
static norn_status orthonormalise(arima_work *w, size_t j, norn_err *err) {
    const size_t own = w->constant != NORNI_ARIMA_NO_CONSTANT;
    double *const x = w->w[1 + j];
    const double before = sqrt(arima_dot(x, x, w->n_w));
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < j; i++) {
            const double s = arima_dot(w->w[1 + i], x, w->n_w);
            w->r[i * w->n_reg + j] += s;
            for (size_t t = 0; t < w->n_w; t++)
                x[t] -= s * w->w[1 + i][t];
        }
    }
    const double norm = sqrt(arima_dot(x, x, w->n_w));
    /* before: of values below 1, so that rounding of the differences counts, too */
    if (!(norm > 1e-10 * before) || before < 1e-13 * sqrt((double)w->n_w)) {
        if (j < own)
            return norn_fail(err, NORN_E_DATA,
                             "arima: with these differences a constant leaves nothing to estimate");
        return norn_fail(err, NORN_E_DATA,
                         "arima: regressor %zu is constant, or a combination of those before it, "
                         "after differencing; leave it out",
                         j - own + 1);
    }
    w->r[j * w->n_reg + j] = norm;
    for (size_t t = 0; t < w->n_w; t++)
        x[t] /= norm;
    return NORN_OK;
}

static norn_status fill_columns(arima_work *w, const norni_arima_data *data, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(w->arena);
    double *scratch = norni_arena_get(w->arena, w->n, sizeof *scratch);
    if (scratch == NULL) return norni_alloc_fail(err, "arima", w->n, sizeof *scratch);
    const norni_extent e = norni_extent_of(data->y, w->n);
    w->exponent = e.exponent;
    norni_rescale(data->y, w->n, e.exponent, scratch);
    double largest = 0;
    for (size_t t = 0; t < w->n; t++)
        largest = fabs(scratch[t]) > largest ? fabs(scratch[t]) : largest;
    /* What is left of values of this size when nothing is left. */
    const double least = largest > 0 ? largest * 0x1p-52 : 0x1p-52;
    w->floor = (double)w->n_w * least * least;
    arima_difference(scratch, w->n, w->o.d, w->o.D, w->o.m);
    memcpy(w->w[0], scratch, w->n_w * sizeof *scratch);
    for (size_t j = 0; j < w->n_reg; j++) {
        NORN_TRY(fill_regressor(w, data, j, scratch, err));
        NORN_TRY(orthonormalise(w, j, err));
    }
    norni_arena_rewind(w->arena, mark);
    return NORN_OK;
}

norn_status arima_work_make(norni_env *env, const norni_arima_data *data, norni_arima_order o,
                            norni_arima_constant constant, arima_work *w, norn_err *err) {
    memset(w, 0, sizeof *w);
    NORN_TRY(check_order(data, &o, constant, err));
    w->env = env;
    w->arena = env->arena;
    w->o = o;
    w->constant = constant;
    w->n = data->n;
    w->n_w = data->n - arima_lag_diff(&o);
    w->k = arima_n_arma(&o);
    w->n_reg = data->n_x + (constant != NORNI_ARIMA_NO_CONSTANT);
    const size_t n_col = 1 + w->n_reg;
    w->w = norni_arena_get(env->arena, n_col, sizeof *w->w);
    w->r = norni_arena_zero(env->arena, w->n_reg * w->n_reg + 1, sizeof *w->r);
    w->x_exp = norni_arena_zero(env->arena, n_col, sizeof *w->x_exp);
    w->coef = norni_arena_zero(env->arena, w->k + 1, sizeof *w->coef);
    if (!w->w || !w->r || !w->x_exp || !w->coef ||
        !arima_poly_get(env->arena, (size_t)o.p, (size_t)o.P, &w->ar) ||
        !arima_poly_get(env->arena, (size_t)o.q, (size_t)o.Q, &w->ma))
        return norni_alloc_fail(err, "arima", n_col, sizeof *w->w);
    for (size_t c = 0; c < n_col; c++) {
        w->w[c] = norni_arena_get(env->arena, w->n_w, sizeof **w->w);
        if (!w->w[c]) return norni_alloc_fail(err, "arima", w->n_w, sizeof **w->w);
    }
    return fill_columns(w, data, err);
}

void arima_work_beta(const arima_work *w, const double *b, double *beta) {
    const size_t n = w->n_reg;
    for (size_t i = n; i-- > 0;) {
        double s = b[i];
        for (size_t j = i + 1; j < n; j++)
            s -= w->r[i * n + j] * beta[j];
        beta[i] = s / w->r[i * n + i];
    }
    for (size_t i = 0; i < n; i++)
        beta[i] = ldexp(beta[i], w->exponent - w->x_exp[i]);
}

void arima_work_unbeta(const arima_work *w, const double *beta, double *b) {
    const size_t n = w->n_reg;
    for (size_t i = 0; i < n; i++) {
        b[i] = 0;
        for (size_t j = i; j < n; j++)
            b[i] += w->r[i * n + j] * ldexp(beta[j], w->x_exp[j] - w->exponent);
    }
}

static void set_products(arima_work *w) {
    const norni_arima_order *o = &w->o;
    const size_t p = (size_t)o->p, q = (size_t)o->q, sp = (size_t)o->P, sq = (size_t)o->Q;
    const double *const c = w->coef;
    arima_poly_multiply(c, p, c + p + q, sp, (size_t)o->m, 1, &w->ar);
    arima_poly_multiply(c + p, q, c + p + q + sp, sq, (size_t)o->m, -1, &w->ma);
}

void arima_work_set(arima_work *w, const double *v) {
    arima_coef_from_free(&w->o, v, w->coef);
    set_products(w);
}

void arima_work_set_coef(arima_work *w, const double *coef) {
    memcpy(w->coef, coef, w->k * sizeof *coef);
    set_products(w);
}
