/* The simple models: naive, naive2, seasonal naive, drift, mean, window average. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: Hyndman and Athanasopoulos, "Forecasting: principles and practice" (3rd ed.), 5.2 and
 * 5.5; naive2: the M4 competition (Makridakis, Spiliotis, Assimakopoulos 2020). Variances follow
 * R's forecast 8.20 (rwf, snaive), with e the one-step residuals and s2 = mean(e^2):
 *   naive           s2 h
 *   seasonal_naive  s2 (floor((h-1)/m) + 1)
 *   drift           s2 h + (h b.se)^2,  s2 = sum(e^2)/(N-1) over N steps,  b.se^2 = s2/(n-1)
 *                   (that is s2 h (1 + h/(n-1)))
 *   mean            var(y) (1 + 1/n), normal where R takes Student's t
 *   naive2          naive on data without their multiplicative season where M4's test finds one
 * Missing values count as not seen: the last observed value (of the season) stands, and the steps
 * ahead count from it. drift's slope goes by time, not by pairs, and a step over k periods has
 * variance k s2; R departs there by taking it for one step. All work is on y scaled by a power of
 * two, so that 1e300 and 1e-300 have variances, too. */
#include "models/naive/naive.h"

#include <math.h>

#include "base/fp.h"
#include "models/naive/naive_state.h"
#include "num/decompose.h"
#include "num/extent.h"

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
    return 60 + 3 * (double)n + 3 * (double)horizon;
}

/* Same, with the autocorrelations and moving averages of the season test. */
static double naive2_cost(const void *opt, size_t n, int32_t season, size_t horizon) {
    return naive_cost(opt, n, season, horizon) + 2 * (double)n * (double)season;
}

/* Carries each season's last value forward: one-step values into out (n, may be NULL), their mean
 * square error, and what the seasons look like behind the end. A step over k seasons weighs 1/k in
 * DRIFT. */
static void carry_pass(naive_state *st, double *last, double *age, double *out) {
    const bool drift = st->kind == DRIFT;
    double squares = 0;
    size_t count = 0, j = 0;
    for (size_t k = 0; k < st->m; k++) {
        last[k] = NORNI_NAN;
        age[k] = 0;
    }
    for (size_t t = 0; t < st->n; t++) {
        const double x = st->x[t];
        age[j] += 1;
        const double step = last[j] + (drift ? age[j] * st->slope : 0);
        if (out) out[t] = step;
        if (!isnan(x)) {
            if (!isnan(step)) {
                squares += (x - step) * (x - step) / (drift ? age[j] : 1);
                count++;
            }
            last[j] = x;
            age[j] = 0;
        }
        j = j + 1 == st->m ? 0 : j + 1;
    }
    const size_t used = drift ? 1 : 0;
    st->variance = count > used ? squares / (double)(count - used) : NORNI_NAN;
}

static norn_status fit_carried(naive_state *st, const norni_extent *e, norni_arena *arena,
                               norn_err *err) {
    st->last = norni_arena_get(arena, 2 * st->m, sizeof *st->last);
    if (st->last == NULL) return norni_alloc_fail(err, "naive", 2 * st->m, sizeof *st->last);
    st->age = st->last + st->m;
    const double elapsed = (double)(e->last - e->first);
    if (st->kind == DRIFT && elapsed > 0) st->slope = (st->x[e->last] - st->x[e->first]) / elapsed;
    carry_pass(st, st->last, st->age, NULL);
    if (st->kind == DRIFT) st->slope_se = elapsed > 0 ? sqrt(st->variance / elapsed) : NORNI_NAN;
    st->newest = st->x[e->last];
    return NORN_OK;
}

/* NAIVE2: leaves the adjusted series in st->x where M4's test finds a season. */
static norn_status take_season_out(naive_state *st, const norni_series *s, const norni_extent *e,
                                   norni_env *env, norn_err *err) {
    norni_arena *arena = env->arena;
    const size_t n = st->n, m = (size_t)norni_series_season(s);
    if (!(e->least > 0) || m < 2 || n < 3 * m) return NORN_OK;
    double *scratch = norni_arena_get(arena, n, sizeof *scratch);
    double *figure = norni_arena_get(arena, m, sizeof *figure);
    double *adjusted = norni_arena_get(arena, n, sizeof *adjusted);
    if (!scratch || !figure || !adjusted)
        return norni_alloc_fail(err, "naive2", n, 3 * sizeof *scratch);
    const bool found =
        norni_season_test_polled(st->x, n, (int32_t)m, 1.645, scratch, &env->poll) &&
        norni_decompose_polled(st->x, n, (int32_t)m, true, figure, NULL, scratch, &env->poll);
    if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "naive2: cancelled");
    if (!found) return NORN_OK;
    for (size_t j = 0; j < m; j++) {
        if (!(fabs(figure[j]) > 1e-100)) return NORN_OK; /* what it divides would overflow */
    }
    for (size_t t = 0; t < n; t++)
        adjusted[t] = st->x[t] / figure[t % m];
    st->x = adjusted;
    st->figure = figure;
    st->n_figure = m;
    return NORN_OK;
}

static void fit_mean(naive_state *st) {
    const size_t n = st->n;
    size_t start = n, seen = 0;
    while (start > 0 && seen < st->window) {
        if (!isnan(st->x[--start])) seen++;
    }
    st->tail = st->x + start;
    st->n_tail = n - start;
    st->n_mean = norni_mean_var(st->tail, st->n_tail, 1, &st->mean, &st->variance);
    if (st->n_mean < 2) st->variance = NORNI_NAN;
}

static norn_status fit_kind(norni_env *env, naive_kind kind, size_t window,
                            const norni_group *group, void **state, norn_err *err) {
    const char *name = naive_name(kind);
    const norni_series *s = &group->series[0];
    const norni_extent e = norni_extent_of(s->y, s->n);
    naive_state *st = norni_arena_get(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, name, 1, sizeof *st);
    if (e.n_seen == 0)
        return norn_fail(err, NORN_E_DATA, "%s: the series has no observed value", name);
    if (e.infinite)
        return norn_fail(err, NORN_E_DATA, "%s: the series has an infinite value", name);
    *st = (naive_state){.kind = kind,
                        .n = s->n,
                        .x = s->y,
                        .exponent = e.exponent,
                        .m = kind == SEASONAL_NAIVE ? (size_t)norni_series_season(s) : 1,
                        .window = window};
    *state = st;
    if (e.exponent) {
        double *scaled = norni_arena_get(env->arena, s->n, sizeof *scaled);
        if (scaled == NULL) return norni_alloc_fail(err, name, s->n, sizeof *scaled);
        norni_rescale(s->y, s->n, e.exponent, scaled);
        st->x = scaled;
    }
    if (kind == MEAN || kind == WINDOW_AVERAGE) {
        fit_mean(st);
        return NORN_OK;
    }
    if (kind == NAIVE2) NORN_TRY(take_season_out(st, s, &e, env, err));
    return fit_carried(st, &e, env->arena, err);
}

#define FIT(name, kind)                                                                            \
    static norn_status fit_##name(norni_env *env, const void *opt, const norni_group *group,       \
                                  void **state, norn_err *err) {                                   \
        (void)opt;                                                                                 \
        return fit_kind(env, kind, SIZE_MAX, group, state, err);                                   \
    }                                                                                              \
    static norn_status load_##name(norni_env *env, const void *opt, norni_str saved, void **state, \
                                   norn_err *err) {                                                \
        (void)opt;                                                                                 \
        return naive_load(env, kind, SIZE_MAX, saved, state, err);                                 \
    }
FIT(naive, NAIVE)
FIT(naive2, NAIVE2)
FIT(seasonal_naive, SEASONAL_NAIVE)
FIT(drift, DRIFT)
FIT(mean_model, MEAN)
#undef FIT

static norn_status fit_window(norni_env *env, const void *opt, const norni_group *group,
                              void **state, norn_err *err) {
    const window_opt *o = opt;
    return fit_kind(env, WINDOW_AVERAGE, (size_t)o->window, group, state, err);
}

static norn_status load_window(norni_env *env, const void *opt, norni_str saved, void **state,
                               norn_err *err) {
    const window_opt *o = opt;
    return naive_load(env, WINDOW_AVERAGE, (size_t)o->window, saved, state, err);
}

static norn_status predict_naive(norni_env *env, const void *state, size_t g, size_t horizon,
                                 bool want_levels, norni_dist *out, norn_err *err) {
    (void)g;
    const naive_state *st = state;
    const size_t n = st->n;
    out->kind = st->kind == WINDOW_AVERAGE ? NORNI_DIST_POINT : NORNI_DIST_NORMAL;
    for (size_t h = 0; h < horizon; h++) {
        double mean = st->mean, variance = st->variance * (1 + 1 / (double)st->n_mean);
        if (st->kind != MEAN && st->kind != WINDOW_AVERAGE) {
            const size_t j = (n + h) % st->m, cycles = h / st->m;
            const double steps = st->age[j] + (double)cycles + 1, drift = steps * st->slope_se,
                         index = naive_index(st, n + h);
            const double last = isnan(st->last[j]) ? st->newest : st->last[j];
            mean = (last + steps * st->slope) * index;
            variance = (st->variance * steps + drift * drift) * index * index;
        }
        out->mean[h] = ldexp(mean, st->exponent);
        out->sd[h] = ldexp(sqrt(variance), st->exponent);
    }
    if (want_levels && env->n_paths && out->kind == NORNI_DIST_NORMAL && !isnan(st->variance))
        return naive_paths(env, st, horizon, out, err);
    return NORN_OK;
}

/* Averages of the `window` observed values before each period. seen (n) holds them in order. */
static void fitted_window(const naive_state *st, double *seen, double *out) {
    norni_sum sum = {0, 0};
    size_t count = 0;
    for (size_t t = 0; t < st->n; t++) {
        out[t] = count < st->window ? NORNI_NAN : norni_sum_get(sum) / (double)st->window;
        if (isnan(st->x[t])) continue;
        sum = norni_sum_add(sum, st->x[t]);
        if (count >= st->window) sum = norni_sum_add(sum, -seen[count - st->window]);
        seen[count++] = st->x[t];
    }
}

static norn_status fitted_naive(norni_env *env, const void *state, size_t g, double *out,
                                norn_err *err) {
    (void)g;
    naive_state st = *(const naive_state *)state;
    const size_t n = st.n;
    double *work = norni_arena_get(env->arena, n + 2 * st.m, sizeof *work);
    if (work == NULL) return norni_alloc_fail(err, "naive", n + 2 * st.m, sizeof *work);
    if (st.kind == WINDOW_AVERAGE)
        fitted_window(&st, work, out);
    else if (st.kind != MEAN)
        carry_pass(&st, work, work + st.m, out);
    for (size_t t = 0; t < n; t++) {
        const double x = st.kind == MEAN ? st.mean : out[t] * naive_index(&st, t);
        out[t] = ldexp(x, st.exponent);
    }
    return NORN_OK;
}

static void describe_naive(const void *state, size_t g, char *out, size_t size) {
    (void)g;
    const naive_state *st = state;
    const double sigma = ldexp(sqrt(st->variance), st->exponent),
                 mean = ldexp(st->mean, st->exponent);
    switch (st->kind) {
        case NAIVE: norni_format(out, size, "Naive sigma=%g", sigma); break;
        case NAIVE2:
            norni_format(out, size, "Naive2(seasonal=%s) sigma=%g",
                         st->figure ? "multiplicative" : "none", sigma);
            break;
        case SEASONAL_NAIVE:
            norni_format(out, size, "SeasonalNaive[%zu] sigma=%g", st->m, sigma);
            break;
        case DRIFT:
            norni_format(out, size, "Drift slope=%g sigma=%g", ldexp(st->slope, st->exponent),
                         sigma);
            break;
        case MEAN: norni_format(out, size, "Mean mean=%g sigma=%g", mean, sigma); break;
        case WINDOW_AVERAGE:
            norni_format(out, size, "WindowAverage(window=%zu) mean=%g", st->window, mean);
            break;
    }
}

#define SHARED                                                                    \
    .predict = predict_naive, .fitted = fitted_naive, .describe = describe_naive, \
    .save = naive_save, .update = naive_update
#define PATHS .paths = norni_paths_always
#define FPP   "Hyndman and Athanasopoulos, Forecasting: principles and practice, 5.2"

const norni_model norni_model_naive = {.name = "naive",
                                       .summary = "the last observed value",
                                       .source = FPP,
                                       .intervals = true,
                                       .missing = true,
                                       .cost = naive_cost,
                                       .fit = fit_naive,
                                       .load = load_naive,
                                       PATHS,
                                       SHARED};
const norni_model norni_model_naive2 = {
    .name = "naive2",
    .summary = "naive on data without their season where a test finds one (M4's benchmark)",
    .source = "Makridakis, Spiliotis, Assimakopoulos 2020 (M4)",
    .intervals = true,
    .missing = true,
    .cost = naive2_cost,
    .fit = fit_naive2,
    .load = load_naive2,
    PATHS,
    SHARED};
const norni_model norni_model_seasonal_naive = {
    .name = "seasonal_naive",
    .summary = "the last observed value of the same season",
    .source = FPP,
    .intervals = true,
    .missing = true,
    .cost = naive_cost,
    .fit = fit_seasonal_naive,
    .load = load_seasonal_naive,
    PATHS,
    SHARED};
const norni_model norni_model_drift = {
    .name = "drift",
    .summary = "the line through the first and the last observed value",
    .source = FPP,
    .intervals = true,
    .missing = true,
    .cost = naive_cost,
    .fit = fit_drift,
    .load = load_drift,
    PATHS,
    SHARED};
const norni_model norni_model_mean = {.name = "mean",
                                      .summary = "the mean of all observed values",
                                      .source = FPP,
                                      .intervals = true,
                                      .missing = true,
                                      .cost = naive_cost,
                                      .fit = fit_mean_model,
                                      .load = load_mean_model,
                                      PATHS,
                                      SHARED};
const norni_model norni_model_window_average = {.name = "window_average",
                                                .summary = "the mean of the last observed values",
                                                .source = FPP,
                                                .params = window_rows,
                                                .n_params = 1,
                                                .opt_size = sizeof(window_opt),
                                                .intervals = false,
                                                .missing = true,
                                                .cost = naive_cost,
                                                .fit = fit_window,
                                                .load = load_window,
                                                SHARED};
