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
static const double hasty_work = 2e6; /* about a millisecond */

bool arima_work_poll(arima_work *w, size_t flops) {
    w->since_poll += flops;
    if (w->since_poll < POLL_EVERY || w->cancelled) return w->cancelled;
    w->since_poll = 0;
    w->cancelled = norni_poll_stop(&w->env->poll);
    return w->cancelled;
}

double arima_exact_work(const norni_arima_order *o, size_t n, size_t n_gap) {
    const double lag_ar = (double)arima_lag_ar(o), lag_ma = (double)arima_lag_ma(o) + 1;
    const double r = lag_ar > lag_ma ? lag_ar : lag_ma, state = r + (double)arima_lag_diff(o);
    const double loose = (double)n_gap < state ? (double)n_gap : state;
    return (double)n * (r + 8 + loose * (r / 4 + 4 * loose));
}

static norn_status check_order(const norni_arima_order *o, norn_err *err) {
    if (o->p < 0 || o->d < 0 || o->q < 0 || o->P < 0 || o->D < 0 || o->Q < 0 || o->m < 1 ||
        o->p > ARIMA_MOST_FACTOR || o->q > ARIMA_MOST_FACTOR || o->P > ARIMA_MOST_FACTOR ||
        o->Q > ARIMA_MOST_FACTOR || o->d > 8 || o->D > 8)
        return norn_fail(err, NORN_E_ARG, "arima: an order lies outside [0, %d]",
                         ARIMA_MOST_FACTOR);
    if (o->m == 1 && (o->P > 0 || o->D > 0 || o->Q > 0))
        return norn_fail(err, NORN_E_ARG,
                         "arima: seasonal orders need a season of 2 or more, the series has none");
    return NORN_OK;
}

/* Where the values begin and end, and whether there are enough. */
static norn_status find_extent(arima_work *w, const norni_arima_data *data, norn_err *err) {
    const norni_extent e = norni_extent_of(data->y, data->n);
    const size_t lost = arima_lag_diff(&w->o), n_coef = w->k + w->n_reg;
    if (e.infinite) return norn_fail(err, NORN_E_DATA, "arima: the series has an infinite value");
    if (e.n_seen < lost + n_coef + 1)
        return norn_fail(err, NORN_E_DATA,
                         "arima: %zu observed values are too few for these orders, which need %zu",
                         e.n_seen, lost + n_coef + 1);
    w->exponent = e.exponent;
    w->first = e.first;
    w->n = e.last + 1 - e.first;
    w->n_gap = w->n - e.n_seen;
    w->n_w = w->n - lost;
    w->n_rows = w->n_w;
    w->hasty = arima_exact_work(&w->o, w->n, w->n_gap) > hasty_work;
    return NORN_OK;
}

/* Regressor j of the model: the constant, then the data's; scaled to below 1. */
static norn_status read_regressor(arima_work *w, const norni_arima_data *data, size_t j,
                                  double *out, norn_err *err) {
    const size_t own = w->constant != NORNI_ARIMA_NO_CONSTANT;
    const double *const x = j >= own ? data->x[j - own] + w->first : NULL;
    double largest = 0;
    for (size_t t = 0; t < w->n; t++) {
        out[t] = x ? x[t] : w->constant == NORNI_ARIMA_MEAN ? 1 : (double)(w->first + t + 1);
        if (!isfinite(out[t]))
            return norn_fail(err, NORN_E_DATA,
                             "arima: regressor %zu has a missing or infinite value at %zu",
                             j - own + 1, w->first + t + 1);
        largest = fabs(out[t]) > largest ? fabs(out[t]) : largest;
    }
    if (largest > 0) (void)frexp(largest, &w->x_exp[j]);
    for (size_t t = 0; t < w->n; t++)
        out[t] = ldexp(out[t], -w->x_exp[j]);
    return NORN_OK;
}

static void subtract(double *x, double s, const double *y, size_t n) {
    for (size_t t = 0; t < n; t++)
        x[t] -= s * y[t];
}

/* Gram and Schmidt, twice; `level` columns go along. */
static norn_status orthonormalise(arima_work *w, size_t j, norn_err *err) {
    const size_t own = w->constant != NORNI_ARIMA_NO_CONSTANT, at = 1 + w->n_flat;
    double *const x = w->w[1 + j];
    const double before = sqrt(arima_dot(x, x, w->n_w));
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < j; i++) {
            const double s = arima_dot(w->w[1 + i], x, w->n_w);
            w->r[i * w->n_reg + j] += s;
            subtract(x, s, w->w[1 + i], w->n_w);
            if (w->level) subtract(w->level[at + j], s, w->level[at + i], w->n);
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
    for (size_t t = 0; t < w->n && w->level; t++)
        w->level[at + j][t] /= norm;
    return NORN_OK;
}

static void take_differences(const arima_work *w, double *x, double *out) {
    arima_difference(x, w->n, w->o.d, w->o.D, w->o.m);
    memcpy(out, x, w->n_w * sizeof *x);
}

static norn_status fill_columns(arima_work *w, const norni_arima_data *data, double *x,
                                norn_err *err) {
    norni_rescale(data->y + w->first, w->n, w->exponent, x);
    double largest = 0;
    for (size_t t = 0; t < w->n; t++)
        largest = fabs(x[t]) > largest ? fabs(x[t]) : largest;
    /* What is left of values of this size when nothing is left. */
    const double least = largest > 0 ? largest * 0x1p-52 : 0x1p-52;
    w->floor = (double)w->n_w * least * least;
    if (w->n_gap > 0) {
        NORN_TRY(arima_gaps_make(w, x, err));
        arima_gaps_fill(x, w->n, (size_t)w->o.m);
    }
    take_differences(w, x, w->w[0]);
    for (size_t j = 0; j < w->n_reg; j++) {
        NORN_TRY(read_regressor(w, data, j, x, err));
        if (w->level) memcpy(w->level[1 + w->n_flat + j], x, w->n * sizeof *x);
        take_differences(w, x, w->w[1 + j]);
        NORN_TRY(orthonormalise(w, j, err));
    }
    return NORN_OK;
}

norn_status arima_work_make(norni_env *env, const norni_arima_data *data, norni_arima_order o,
                            norni_arima_constant constant, arima_work *w, norn_err *err) {
    memset(w, 0, sizeof *w);
    NORN_TRY(check_order(&o, err));
    w->env = env;
    w->sweeps = arima_sweeps_get(ARIMA_SIMD_ANY);
    w->arena = env->arena;
    w->o = o;
    w->constant = constant;
    w->k = arima_n_arma(&o);
    w->n_reg = data->n_x + (constant != NORNI_ARIMA_NO_CONSTANT);
    NORN_TRY(find_extent(w, data, err));
    const size_t n_col = 1 + w->n_reg;
    w->w = norni_arena_get(env->arena, n_col, sizeof *w->w);
    w->r = norni_arena_zero(env->arena, w->n_reg * w->n_reg + 1, sizeof *w->r);
    w->x_exp = norni_arena_zero(env->arena, n_col, sizeof *w->x_exp);
    w->coef = norni_arena_zero(env->arena, w->k + 1, sizeof *w->coef);
    double *const x = norni_arena_get(env->arena, w->n, sizeof *x);
    if (!w->w || !w->r || !w->x_exp || !w->coef || !x ||
        !arima_poly_get(env->arena, (size_t)o.p, (size_t)o.P, &w->ar) ||
        !arima_poly_get(env->arena, (size_t)o.q, (size_t)o.Q, &w->ma))
        return norni_alloc_fail(err, "arima", n_col + w->n, sizeof *w->w);
    for (size_t c = 0; c < n_col; c++) {
        w->w[c] = norni_arena_get(env->arena, w->n_w, sizeof **w->w);
        if (!w->w[c]) return norni_alloc_fail(err, "arima", w->n_w, sizeof **w->w);
    }
    return fill_columns(w, data, x, err);
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

bool arima_work_spend_value(arima_work *w) {
    w->n_values++;
    const bool patient = w->patience == 0 || w->n_values <= w->patience;
    if (norni_effort_spend(w->env->effort, 1) && patient) return true;
    w->cut = true;
    return false;
}

bool arima_work_spend_slope(arima_work *w, uint64_t passes) {
    norni_effort *const e = w->env->effort;
    if (!(e && e->cut) && norni_effort_spend(e, passes)) return true;
    w->cut = true;
    return false;
}
