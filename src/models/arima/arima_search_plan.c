/* What the ARIMA search settles first: how often to difference, how large the orders may be. */
/* SPDX-License-Identifier: Apache-2.0 */
/* As R's auto.arima (forecast 8.20): the residuals of a regression on the regressors stand for the
 * series; D by the season's strength (or a test), then d by unit-root tests on what seasonal
 * differences leave; one difference less where it would turn a regressor constant or leave no value.
 * Departure: a series is also constant when all its observed values are one (R looks at the missing
 * ones, too). */
#include "models/arima/arima_search.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "num/extent.h"
#include "num/least_squares.h"
#include "num/season_unit_root.h"
#include "num/unit_root.h"

static const char part[] = "auto_arima";

/* The series the tests see, and the regressors beside it. */
typedef struct tested {
    size_t n;
    double *y; /* (n) scaled, regressors taken out */
    size_t n_x;
    double *x;       /* (n, n_x) column-major */
    double rounding; /* of y: norni_is_constant's last argument */
} tested;

static int32_t least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

size_t arima_n_seen(const double *y, size_t n) {
    size_t seen = 0;
    for (size_t t = 0; t < n; t++)
        if (!isnan(y[t])) seen++;
    return seen;
}

/* x_t - x_{t-lag}, in place at the head; returns what is left. */
static size_t difference(double *x, size_t n, size_t lag) {
    for (size_t t = 0; t + lag < n; t++)
        x[t] = x[t + lag] - x[t];
    return n > lag ? n - lag : 0;
}

static bool some_constant(const tested *w, const double *x, size_t n) {
    for (size_t k = 0; k < w->n_x; k++)
        if (norni_is_constant(x + k * w->n, n, 0)) return true;
    return false;
}

/* Replaces y by the residuals of its regression on 1 and x where all are known. */
static norn_status take_out_regressors(norni_env *env, const norni_arima_data *data, tested *w,
                                       norn_err *err) {
    const size_t n = w->n, p = data->n_x + 1;
    double *a = norni_arena_get(env->arena, n, p * sizeof *a);
    double *y = norni_arena_get(env->arena, n, sizeof *y);
    size_t *row = norni_arena_get(env->arena, n, sizeof *row);
    norni_qr q = {.p = p,
                  .a = a,
                  .work = norni_arena_get(env->arena, norni_qr_work(p), sizeof *a),
                  .pivot = norni_arena_get(env->arena, p, sizeof *q.pivot)};
    if (!a || !y || !row || !q.work || !q.pivot)
        return norni_alloc_fail(err, part, n, (p + 2) * sizeof *a);
    for (size_t t = 0; t < n; t++) {
        bool known = !isnan(w->y[t]);
        for (size_t k = 0; k < data->n_x; k++)
            known = known && !isnan(data->x[k][t]);
        if (known) row[q.n] = t, y[q.n++] = w->y[t];
    }
    for (size_t i = 0; i < q.n; i++) {
        a[i] = 1;
        for (size_t k = 0; k < data->n_x; k++)
            a[(k + 1) * q.n + i] = data->x[k][row[i]];
    }
    if (!norni_qr_factor(&q, NORNI_QR_IN_ORDER, 1e-7, &env->poll))
        return norn_fail(err, NORN_E_CANCEL, "%s: cancelled", part);
    norni_qr_rotate(&q, y);
    norni_qr_residuals(&q, y);
    for (size_t i = 0; i < q.n; i++)
        w->y[row[i]] = y[i];
    return NORN_OK;
}

static norn_status fill_tested(norni_env *env, const norni_arima_data *data, tested *w,
                               norn_err *err) {
    const size_t n = data->n;
    *w = (tested){.n = n, .n_x = data->n_x};
    w->y = norni_arena_get(env->arena, n, sizeof *w->y);
    w->x = norni_arena_get(env->arena, n, (data->n_x + 1) * sizeof *w->x);
    if (!w->y || !w->x) return norni_alloc_fail(err, part, n, (data->n_x + 2) * sizeof *w->y);
    const norni_extent e = norni_extent_of(data->y, n);
    norni_rescale(data->y, n, e.exponent, w->y);
    double most = 0;
    for (size_t t = 0; t < n; t++)
        if (fabs(w->y[t]) > most) most = fabs(w->y[t]);
    w->rounding = ldexp(most, -48);
    for (size_t k = 0; k < data->n_x; k++)
        memcpy(w->x + k * n, data->x[k], n * sizeof *w->x);
    return data->n_x ? take_out_regressors(env, data, w, err) : NORN_OK;
}

/* Differences y and x once more at `lag` unless that leaves nothing; false: not done. */
static bool difference_all(tested *w, size_t *n, size_t lag) {
    if (*n <= lag) return false;
    bool seen = false;
    for (size_t t = lag; t < *n && !seen; t++)
        seen = !isnan(w->y[t] - w->y[t - lag]);
    if (!seen) return false;
    for (size_t k = 0; k < w->n_x; k++)
        (void)difference(w->x + k * w->n, *n, lag);
    *n = difference(w->y, *n, lag);
    return true;
}

/* Would `times` more differences at `lag` turn a regressor constant? */
static norn_status spoils_regressor(norni_env *env, const tested *w, size_t n, size_t lag,
                                    int32_t times, bool *out, norn_err *err) {
    *out = false;
    if (w->n_x == 0 || times == 0) return NORN_OK;
    double *copy = norni_arena_get(env->arena, w->n, w->n_x * sizeof *copy);
    if (!copy) return norni_alloc_fail(err, part, w->n, w->n_x * sizeof *copy);
    memcpy(copy, w->x, w->n * w->n_x * sizeof *copy);
    size_t left = n;
    for (int32_t i = 0; i<times; i++, left = left> lag ? left - lag : 0)
        for (size_t k = 0; k < w->n_x; k++)
            (void)difference(copy + k * w->n, left, lag);
    *out = some_constant(w, copy, left);
    return NORN_OK;
}

/* D, and w differenced so often. */
static norn_status seasonal_differences(norni_env *env, const arima_search_opt *o, arima_plan *plan,
                                        tested *w, size_t *n, norn_err *err) {
    const size_t m = (size_t)plan->m;
    int32_t d = o->sd >= 0 ? o->sd : 0;
    plan->sd = 0;
    if (plan->m == 1 || o->stationary) return NORN_OK;
    if (o->sd < 0 && *n > 2 * m) {
        norni_nsdiffs_opt opt = norni_nsdiffs_opt_default(plan->m);
        bool spoils = false;
        opt.test = (norni_season_rule)o->season_test;
        opt.max_d = o->max_sd;
        NORN_TRY(norni_nsdiffs(w->y, *n, &opt, &env->poll, env->arena, &d, err));
        NORN_TRY(spoils_regressor(env, w, *n, m, d, &spoils, err));
        d -= spoils;
    }
    while (plan->sd < d && difference_all(w, n, m))
        plan->sd++;
    return NORN_OK;
}

static norn_status ordinary_differences(norni_env *env, const arima_search_opt *o, arima_plan *plan,
                                        tested *w, size_t *n, norn_err *err) {
    int32_t d = o->d >= 0 ? o->d : 0;
    bool spoils = false;
    plan->d = 0;
    if (o->stationary) return NORN_OK;
    if (o->d < 0) {
        norni_ndiffs_opt opt = norni_ndiffs_opt_default();
        double *scratch = norni_arena_get(env->arena, norni_unit_root_scratch(*n), sizeof *scratch);
        if (!scratch)
            return norni_alloc_fail(err, part, norni_unit_root_scratch(*n), sizeof *scratch);
        opt.test = (norni_unit_test)o->test;
        opt.max_d = o->max_d;
        d = norni_ndiffs(w->y, *n, &opt, scratch, &env->poll);
        if (d < 0) return norn_fail(err, NORN_E_CANCEL, "%s: cancelled", part);
        NORN_TRY(spoils_regressor(env, w, *n, 1, d, &spoils, err));
        d -= spoils;
    }
    while (plan->d < d && difference_all(w, n, 1))
        plan->d++;
    return NORN_OK;
}

static norni_arima_constant constant_of(const arima_search_opt *o, const arima_plan *plan) {
    if (plan->d + plan->sd == 0 && o->allow_mean) return NORNI_ARIMA_MEAN;
    if (plan->d + plan->sd == 1 && o->allow_drift) return NORNI_ARIMA_DRIFT;
    return NORNI_ARIMA_NO_CONSTANT;
}

/* Nothing varies any more: the step per period is all there is to know. */
static void look_flat(const norni_arima_data *data, const tested *w, size_t n, arima_plan *plan) {
    plan->flat = norni_is_constant(w->y, n, w->rounding);
    double sum = 0, count = 0;
    for (size_t t = 0; plan->flat && t < n; t++)
        if (!isnan(w->y[t])) sum += w->y[t], count++;
    const norni_extent e = norni_extent_of(data->y, data->n);
    plan->step = count > 0 ? ldexp(sum / count / (plan->sd ? plan->m : 1), e.exponent) : 0;
}

/* Measured; only the order of magnitude matters. Missing values keep up to `reach` unknowns alive. */
double arima_pass_ns(size_t n, size_t n_gap, double lags, double lost) {
    const double reach = lags + lost, loose = fmin((double)n_gap, reach);
    if (n_gap == 0) return (double)n * (10 + 0.3 * lags);
    return (double)n * (40 + 7 * loose + 0.3 * (reach + loose * loose / 4));
}

/* On short series a wider search finds models that fit the noise; accuracy gains from about 60
 * values on. */
static int32_t widen_by_length(size_t n_obs) {
    return n_obs < 240 ? (int32_t)(n_obs / 60) : 4;
}

/* A search takes some thousand passes: exact ones where that is a second at most, and seasons are
 * short enough (R's limit) for their lags not to count. */
static bool is_dear(const arima_plan *p, size_t n) {
    const double m = p->m;
    return p->m > 12 || arima_pass_ns(n, n - p->n_obs, 2 * m + 5, p->d + p->sd * m) > 100e3;
}

norn_status arima_plan_make(norni_env *env, const arima_search_opt *opt,
                            const norni_arima_data *data, int32_t m, arima_plan *out,
                            norn_err *err) {
    arima_plan *p = out;
    *p = (arima_plan){.m = opt->seasonal ? m : 1, .ic = (arima_ic)opt->ic};
    const size_t seen = arima_n_seen(data->y, data->n);
    const int32_t third = (int32_t)(seen / 3 < 1000 ? seen / 3 : 1000);
    const int32_t cycles =
        (int32_t)(seen / 3 / (size_t)p->m < 1000 ? seen / 3 / (size_t)p->m : 1000);
    p->max_p = least(opt->max_p, third), p->max_q = least(opt->max_q, third);
    p->max_sp = p->m > 1 ? least(opt->max_sp, cycles) : 0;
    p->max_sq = p->m > 1 ? least(opt->max_sq, cycles) : 0;
    p->n_obs = seen;
    if (seen <= 3) p->ic = ARIMA_AIC;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    tested w;
    NORN_TRY(fill_tested(env, data, &w, err));
    size_t n = w.n;
    NORN_TRY(seasonal_differences(env, opt, p, &w, &n, err));
    NORN_TRY(ordinary_differences(env, opt, p, &w, &n, err));
    p->constant = constant_of(opt, p);
    look_flat(data, &w, n, p);
    if (p->max_sp > 0) p->max_p = least(p->max_p, p->m - 1);
    if (p->max_sq > 0) p->max_q = least(p->max_q, p->m - 1);
    p->css = opt->approximation == ARIMA_APPROXIMATE ||
             (opt->approximation == ARIMA_APPROXIMATE_AUTO && is_dear(p, data->n));
    p->widen = opt->widen >= 0 ? opt->widen : widen_by_length(seen);
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}
