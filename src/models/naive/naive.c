/* The simple models: naive, naive2, seasonal naive, drift, mean, window average. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas and interval variances as R's forecast (rwf, snaive, meanf): with e the one-step
 * residuals and s2 their mean square, naive            var_h = s2 h              seasonal_naive
 * var_h = s2 (floor((h-1)/m) + 1) drift            var_h = s2 h + (h b.se)^2, b.se = sd(steps) /
 * sqrt(n - 1) mean             var_h = var(y) (1 + 1/n), normal where R takes Student's t naive2
 * (M4): multiplicative season taken out when the M4 test finds one, naive, season put back. A
 * missing value counts as not seen: the last observed value stands, and trailing gaps lengthen the
 * way ahead. */
#include "models/naive/naive.h"

#include <math.h>

#include "base/fp.h"
#include "num/decompose.h"

typedef enum naive_kind { NAIVE, NAIVE2, SEASONAL_NAIVE, DRIFT, MEAN, WINDOW_AVERAGE } naive_kind;

typedef struct naive_state {
    naive_kind kind;
    const norni_series *s;
    size_t m;     /* season length the model works with */
    size_t gap;   /* missing values at the end */
    double *last; /* (m) last observed value of each season, ending with the series' last period */
    double *figure;                    /* (m) NAIVE2: seasonal indices by t % m, or NULL */
    double slope, slope_se, mean, mse; /* mse of one-step residuals, NaN when there is none */
    size_t n_seen, window;
    double adjusted_last; /* NAIVE2: last value without its season */
} naive_state;

typedef struct window_opt {
    int32_t window;
} window_opt;

static const norni_param window_rows[] = {
    {.name = "window",
     .type = NORNI_T_INT,
     .offset = offsetof(window_opt, window),
     .def = "7",
     .min = 1,
     .max = 1000000,
     .help = "observed values in the average"},
};

static double naive_cost(const void *opt, size_t n, int32_t season, size_t horizon) {
    (void)opt;
    (void)season;
    return 60 + 2 * (double)n + 3 * (double)horizon;
}

/* Last observed value of each season at or before the end; the series' last observed value where a
 * season has none. */
static bool collect_last(naive_state *st, norni_arena *arena) {
    const norni_series *s = st->s;
    double newest = NORNI_NAN;
    st->last = norni_arena_get(arena, st->m, sizeof *st->last);
    if (st->last == NULL) return false;
    for (size_t j = 0; j < st->m; j++) {
        st->last[j] = NORNI_NAN;
        for (size_t back = st->m - j; back <= s->n;
             back += st->m) { /* period n - back has the season of last[j] */
            if (isnan(s->y[s->n - back])) continue;
            st->last[j] = s->y[s->n - back];
            break;
        }
    }
    for (size_t t = s->n; t-- > 0 && isnan(newest);)
        newest = s->y[t];
    for (size_t j = 0; j < st->m; j++) {
        if (isnan(st->last[j])) st->last[j] = newest;
    }
    return true;
}

/* One-step value for period t from what was seen before it; NaN when nothing was. */
static double one_step(const naive_state *st, size_t t) {
    const double *y = st->s->y;
    for (size_t back = st->m; back <= t; back += st->m) {
        if (!isnan(y[t - back])) return y[t - back] + (double)(back / st->m) * st->slope;
    }
    return NORNI_NAN;
}

/* Slope between the first and the last observed value, and its standard error as lm's intercept on
 * the steps. */
static void fit_drift(naive_state *st) {
    const norni_series *s = st->s;
    size_t first = 0, last = s->n - 1;
    while (isnan(s->y[first]))
        first++;
    while (isnan(s->y[last]))
        last--;
    st->slope = 0;
    st->slope_se = NORNI_NAN;
    if (last == first) return;
    st->slope = (s->y[last] - s->y[first]) / (double)(last - first);
    double squares = 0;
    size_t n = 0;
    for (size_t t = first + 1; t <= last; t++) {
        const double step = s->y[t] - s->y[t - 1] - st->slope;
        if (isnan(step)) continue;
        squares += step * step;
        n++;
    }
    if (n > 1) st->slope_se = sqrt(squares / (double)(n - 1) / (double)n);
}

static void measure_residuals(naive_state *st) {
    double squares = 0;
    size_t n = 0;
    const double *y = st->s->y;
    if (st->kind == NAIVE) { /* one pass */
        double before = NORNI_NAN;
        for (size_t t = 0; t < st->s->n; t++) {
            if (isnan(y[t])) continue;
            if (!isnan(before)) {
                squares += (y[t] - before) * (y[t] - before);
                n++;
            }
            before = y[t];
        }
    } else {
        for (size_t t = st->m; t < st->s->n; t++) {
            const double e = y[t] - one_step(st, t);
            if (isnan(e)) continue;
            squares += e * e;
            n++;
        }
    }
    const size_t used = st->kind == DRIFT; /* R takes the drift's degree of freedom off */
    st->mse = n > used ? squares / (double)(n - used) : NORNI_NAN;
}

static norn_status fit_naive2(naive_state *st, norni_arena *arena, norn_err *err) {
    const norni_series *s = st->s;
    const int32_t m = norni_series_season(s);
    double *scratch = norni_arena_get(arena, s->n + (size_t)m, sizeof *scratch);
    double *figure = norni_arena_get(arena, (size_t)m, sizeof *figure);
    double *adjusted = norni_arena_get(arena, s->n, sizeof *adjusted);
    if (!scratch || !figure || !adjusted)
        return norni_alloc_fail(err, "naive2", s->n, 3 * sizeof *scratch);
    bool positive = true;
    for (size_t t = 0; t < s->n && positive; t++)
        positive = isnan(s->y[t]) || s->y[t] > 0;
    if (positive && norni_season_test(s->y, s->n, m, 3, scratch) &&
        norni_decompose(s->y, s->n, m, true, figure, NULL, scratch)) {
        st->figure = figure;
    }
    double before = NORNI_NAN, squares = 0;
    size_t n = 0;
    for (size_t t = 0; t < s->n; t++) {
        adjusted[t] = st->figure ? s->y[t] / figure[t % (size_t)m] : s->y[t];
        if (isnan(adjusted[t])) continue;
        if (!isnan(before)) {
            squares += (adjusted[t] - before) * (adjusted[t] - before);
            n++;
        }
        before = adjusted[t];
    }
    st->adjusted_last = before;
    st->mse = n ? squares / (double)n : NORNI_NAN;
    return NORN_OK;
}

static void fit_mean(naive_state *st, size_t window) {
    const norni_series *s = st->s;
    double sum = 0, squares = 0;
    st->n_seen = 0;
    for (size_t t = s->n; t-- > 0 && st->n_seen < window;) {
        if (isnan(s->y[t])) continue;
        sum += s->y[t];
        st->n_seen++;
    }
    st->mean = sum / (double)st->n_seen;
    size_t left = st->n_seen;
    for (size_t t = s->n; t-- > 0 && left > 0;) {
        if (isnan(s->y[t])) continue;
        squares += (s->y[t] - st->mean) * (s->y[t] - st->mean);
        left--;
    }
    st->mse = st->n_seen > 1 ? squares / (double)(st->n_seen - 1) : NORNI_NAN;
}

static norn_status fit_kind(norni_env *env, naive_kind kind, size_t window,
                            const norni_group *group, void **state, norn_err *err) {
    static const char *const names[] = {"naive", "naive2", "seasonal_naive",
                                        "drift", "mean",   "window_average"};
    const norni_series *s = &group->series[0];
    naive_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, names[kind], 1, sizeof *st);
    *st = (naive_state){.kind = kind, .s = s, .m = 1, .window = window, .slope_se = 0, .mse = NORNI_NAN};
    while (st->gap < s->n && isnan(s->y[s->n - 1 - st->gap]))
        st->gap++;
    if (st->gap == s->n)
        return norn_fail(err, NORN_E_DATA, "%s: the series has no observed value", names[kind]);
    *state = st;
    if (kind == MEAN || kind == WINDOW_AVERAGE) {
        fit_mean(st, window);
        return NORN_OK;
    }
    if (kind == NAIVE2) return fit_naive2(st, env->arena, err);
    if (kind == SEASONAL_NAIVE) st->m = (size_t)norni_series_season(s);
    if (!collect_last(st, env->arena))
        return norni_alloc_fail(err, names[kind], st->m, sizeof(double));
    if (kind == DRIFT) fit_drift(st);
    measure_residuals(st);
    return NORN_OK;
}

#define FIT(name, kind)                                                                      \
    static norn_status fit_##name(norni_env *env, const void *opt, const norni_group *group, \
                                  void **state, norn_err *err) {                             \
        (void)opt;                                                                           \
        return fit_kind(env, kind, SIZE_MAX, group, state, err);                             \
    }
FIT(naive, NAIVE)
FIT(naive2_model, NAIVE2)
FIT(seasonal_naive, SEASONAL_NAIVE)
FIT(drift_model, DRIFT)
FIT(mean_model, MEAN)
#undef FIT

static norn_status fit_window(norni_env *env, const void *opt, const norni_group *group,
                              void **state, norn_err *err) {
    const window_opt *o = opt;
    return fit_kind(env, WINDOW_AVERAGE, (size_t)o->window, group, state, err);
}

static norn_status predict_naive(norni_env *env, const void *state, size_t g, size_t horizon,
                                 bool want_levels, norni_dist *out, norn_err *err) {
    (void)env;
    (void)g;
    (void)want_levels;
    (void)err;
    const naive_state *st = state;
    const size_t n = st->s->n;
    out->kind = st->kind == WINDOW_AVERAGE ? NORNI_DIST_POINT : NORNI_DIST_NORMAL;
    for (size_t h = 0; h < horizon; h++) {
        const size_t ahead = h + 1 + st->gap; /* steps from the last observed value */
        const double index =
            st->figure ? st->figure[(n + h) % (size_t)norni_series_season(st->s)] : 1;
        switch (st->kind) {
            case NAIVE:
            case DRIFT:
                out->mean[h] = st->last[0] + st->slope * (double)ahead;
                out->sd[h] = sqrt(st->mse * (double)ahead +
                                  (double)ahead * st->slope_se * (double)ahead * st->slope_se);
                break;
            case NAIVE2:
                out->mean[h] = st->adjusted_last * index;
                out->sd[h] = sqrt(st->mse * (double)ahead) * fabs(index);
                break;
            case SEASONAL_NAIVE:
                out->mean[h] = st->last[h % st->m];
                out->sd[h] = sqrt(st->mse * (double)(h / st->m + 1));
                break;
            case MEAN:
            case WINDOW_AVERAGE:
                out->mean[h] = st->mean;
                out->sd[h] = sqrt(st->mse * (1 + 1 / (double)st->n_seen));
                break;
        }
    }
    return NORN_OK;
}

static norn_status fitted_naive(norni_env *env, const void *state, size_t g, double *out,
                                norn_err *err) {
    (void)env;
    (void)g;
    (void)err;
    const naive_state *st = state;
    const norni_series *s = st->s;
    const size_t m = (size_t)norni_series_season(s);
    double before = NORNI_NAN, sum = 0;
    size_t seen = 0;
    for (size_t t = 0; t < s->n; t++) {
        if (st->kind == MEAN) {
            out[t] = st->mean;
        } else if (st->kind == NAIVE2) {
            const double index = st->figure ? st->figure[t % m] : 1;
            out[t] = before * index;
            if (!isnan(s->y[t])) before = s->y[t] / index;
        } else if (st->kind == WINDOW_AVERAGE) {
            sum = 0;
            seen = 0;
            for (size_t k = t; k-- > 0 && seen < st->window;) {
                if (isnan(s->y[k])) continue;
                sum += s->y[k];
                seen++;
            }
            out[t] = seen == st->window ? sum / (double)seen : NORNI_NAN;
        } else {
            out[t] = one_step(st, t);
        }
    }
    return NORN_OK;
}

static void describe_naive(const void *state, size_t g, char *out, size_t size) {
    (void)g;
    const naive_state *st = state;
    switch (st->kind) {
        case NAIVE: norni_format(out, size, "Naive sigma2=%g", st->mse); break;
        case NAIVE2:
            norni_format(out, size, "Naive2(seasonal=%s) sigma2=%g",
                         st->figure ? "multiplicative" : "none", st->mse);
            break;
        case SEASONAL_NAIVE:
            norni_format(out, size, "SeasonalNaive[%zu] sigma2=%g", st->m, st->mse);
            break;
        case DRIFT: norni_format(out, size, "Drift slope=%g sigma2=%g", st->slope, st->mse); break;
        case MEAN: norni_format(out, size, "Mean mean=%g sigma2=%g", st->mean, st->mse); break;
        case WINDOW_AVERAGE:
            norni_format(out, size, "WindowAverage(window=%zu) mean=%g", st->window, st->mean);
            break;
    }
}

#define SHARED                                                            \
    .cost = naive_cost, .predict = predict_naive, .fitted = fitted_naive, \
    .describe = describe_naive, .missing = true

const norni_model norni_model_naive = {.name = "naive",
                                       .summary = "the last observed value",
                                       .source = "Hyndman and Athanasopoulos, fpp3 5.2",
                                       .intervals = true,
                                       .fit = fit_naive,
                                       SHARED};
const norni_model norni_model_naive2 = {
    .name = "naive2",
    .summary = "naive on data without their season where a test finds one (M4's benchmark)",
    .source = "Makridakis, Spiliotis, Assimakopoulos 2020 (M4)",
    .intervals = true,
    .fit = fit_naive2_model,
    SHARED};
const norni_model norni_model_seasonal_naive = {
    .name = "seasonal_naive",
    .summary = "the last observed value of the same season",
    .source = "Hyndman and Athanasopoulos, fpp3 5.2",
    .intervals = true,
    .fit = fit_seasonal_naive,
    SHARED};
const norni_model norni_model_drift = {
    .name = "drift",
    .summary = "the line through the first and the last observed value",
    .source = "Hyndman and Athanasopoulos, fpp3 5.2",
    .intervals = true,
    .fit = fit_drift_model,
    SHARED};
const norni_model norni_model_mean = {.name = "mean",
                                      .summary = "the mean of all observed values",
                                      .source = "Hyndman and Athanasopoulos, fpp3 5.2",
                                      .intervals = true,
                                      .fit = fit_mean_model,
                                      SHARED};
const norni_model norni_model_window_average = {.name = "window_average",
                                                .summary = "the mean of the last observed values",
                                                .source = "Hyndman and Athanasopoulos, fpp3 5.2",
                                                .params = window_rows,
                                                .n_params = 1,
                                                .opt_size = sizeof(window_opt),
                                                .intervals = false,
                                                .fit = fit_window,
                                                SHARED};
