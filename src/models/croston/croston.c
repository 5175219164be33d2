/* Croston's method, its bias-corrected form SBA, and TSB, for series with many zeros. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Croston (1972, Operational Research Quarterly 23): sizes z of the demands and the intervals q
 * between them are smoothed apart, both a moving only where demand occurs; the forecast is z/q.
 * Syntetos and Boylan (2005, Int. J. Forecasting 21): times 1 - a/2, a that of the intervals.
 * Teunter, Syntetos, Babai (2011, Eur. J. Oper. Res. 214): z times p, the probability of demand
 * smoothed in every period, so that the forecast falls while demand stays away.
 *
 * Starts as in R's croston and statsforecast 2.1.1: the first demand, the place of the first demand,
 * the first period's indicator. alpha = 0.1 as there; `optimise` takes the least sums of squared
 * one-step errors of sizes and intervals (TSB: indicators) over [0.1, 0.3] (level_grid.c), as
 * statsforecast's CrostonOptimized. Missing periods are left out: of Bernoulli demand the observed
 * ones tell all. A series without demand is forecast as 0; values below 0 are refused, as by R.
 * Fitted values stand from demand to demand and are 0 before the first, as in statsforecast (which
 * refits the optimised form for each of them; here it keeps its final parameters). */
#include "models/croston/croston.h"

#include <math.h>

#include "base/fp.h"
#include "models/croston/demand.h"
#include "models/croston/level_grid.h"

typedef enum croston_kind { CLASSIC, SBA, TSB } croston_kind;

typedef struct croston_opt {
    double alpha_size, alpha_other; /* other: intervals; TSB: probability */
    bool optimise;
    int32_t n_paths;
} croston_opt;

typedef struct croston_state {
    croston_kind kind;
    const norni_series *s; /* NULL behind load */
    int exponent;
    size_t n_paths;
    norni_sizes sizes;
    double alpha, other;    /* interval, or probability of demand, and its smoothing */
    uint64_t seen, elapsed; /* observed periods; those since the last demand */
} croston_state;

#define CROSTON_TAG UINT32_C(0x314F5243) /* "CRO1" */
enum { MOST_EXPONENT = 1100 };

static const char *const names[] = {"croston", "croston_sba", "tsb"};

#define N_PATHS                                                                           \
    {                                                                                     \
        .name = "n_paths", .type = NORNI_T_INT, .offset = offsetof(croston_opt, n_paths), \
        .def = "1000", .min = 100, .max = 1000000,                                        \
        .help = "simulated paths of demands for the intervals"                            \
    }
#define ALPHA(label, field, text)                                                      \
    {                                                                                  \
        .name = label, .type = NORNI_T_DOUBLE, .offset = offsetof(croston_opt, field), \
        .def = "0.1", .min = 0, .max = 1, .help = text                                 \
    }
#define OPTIMISE                                                                             \
    {                                                                                        \
        .name = "optimise", .type = NORNI_T_BOOL, .offset = offsetof(croston_opt, optimise), \
        .def = "false", .help = "search both smoothing parameters in [0.1, 0.3]"             \
    }

static const norni_param croston_rows[] = {
    ALPHA("alpha", alpha_size, "smoothing of sizes and intervals"), OPTIMISE, N_PATHS};
static const norni_param tsb_rows[] = {
    ALPHA("alpha_d", alpha_size, "smoothing of the sizes of demands"),
    ALPHA("alpha_p", alpha_other, "smoothing of the probability of demand"), OPTIMISE, N_PATHS};
enum {
    N_CROSTON_ROWS = sizeof croston_rows / sizeof croston_rows[0],
    N_TSB_ROWS = sizeof tsb_rows / sizeof tsb_rows[0],
};

static double croston_cost(const void *opt, size_t n, int32_t season, size_t horizon) {
    const croston_opt *o = opt;
    (void)season;
    return 500 + (o->optimise ? 40 : 4) * (double)n + 40 * (double)o->n_paths * (double)horizon;
}

/* Forecast from what is known so far. */
static double forecast_of(const croston_state *st) {
    if (st->sizes.total == 0) return 0;
    if (st->kind == TSB) return st->sizes.level * st->other;
    const double mean = st->sizes.level / st->other; /* intervals are 1 and more */
    return st->kind == SBA ? (1 - st->alpha / 2) * mean : mean;
}

/* One observed period more; x scaled. */
static void observe(croston_state *st, double x) {
    const bool demand = x > 0;
    st->elapsed++;
    if (st->kind == TSB) {
        const double now = demand ? 1 : 0;
        if (st->seen == 0) st->other = now;
        st->other += st->alpha * (now - st->other);
    } else if (demand) {
        const double gap = (double)st->elapsed;
        if (st->sizes.total == 0) st->other = gap;
        st->other += st->alpha * (gap - st->other);
    }
    st->seen++;
    if (!demand) return;
    norni_sizes_add(&st->sizes, x);
    st->elapsed = 0;
}

static void restart(croston_state *st) {
    norni_sizes_init(&st->sizes, st->sizes.alpha);
    st->other = 0;
    st->seen = st->elapsed = 0;
}

/* Both parameters by their own least squares; work holds the intervals or the indicators. */
static norn_status search(norni_env *env, const norni_demand *d, croston_state *st, norn_err *err) {
    const size_t n = st->kind == TSB ? d->n_seen : d->n;
    double *work = norni_arena_get(env->arena, n, sizeof *work);
    if (work == NULL) return norni_alloc_fail(err, names[st->kind], n, sizeof *work);
    for (size_t t = 0; t < n && st->kind == TSB; t++)
        work[t] = 0;
    for (size_t k = 0; k < d->n; k++) {
        if (st->kind == TSB)
            work[d->at[k] - 1] = 1;
        else
            work[k] = (double)(d->at[k] - (k ? d->at[k - 1] : 0));
    }
    norni_level size, other;
    if (!norni_level_fit(d->size, d->n, env->effort, &env->poll, &size) ||
        !norni_level_fit(work, n, env->effort, &env->poll, &other))
        return norn_fail(err, NORN_E_CANCEL, "%s: cancelled", names[st->kind]);
    st->sizes.alpha = size.alpha;
    st->alpha = other.alpha;
    return NORN_OK;
}

static norn_status fit_kind(norni_env *env, const croston_opt *o, croston_kind kind,
                            const norni_group *group, void **state, norn_err *err) {
    const norni_series *s = &group->series[0];
    norni_demand d;
    NORN_TRY(norni_demand_read(s, names[kind], env->arena, &d, err));
    croston_state *st = norni_arena_get(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, names[kind], 1, sizeof *st);
    st->kind = kind;
    st->s = s;
    st->exponent = d.exponent;
    st->n_paths = (size_t)o->n_paths;
    st->sizes.alpha = o->alpha_size;
    st->alpha = kind == TSB ? o->alpha_other : o->alpha_size;
    if (o->optimise && d.n > 0) NORN_TRY(search(env, &d, st, err));
    restart(st);
    for (size_t t = 0; t < s->n; t++) {
        if (!isnan(s->y[t])) observe(st, norni_demand_scaled(s->y[t], st->exponent));
        if (t % 65536 == 65535 && norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "%s: cancelled", names[kind]);
    }
    *state = st;
    return NORN_OK;
}

#define FIT(name, kind)                                                                            \
    static norn_status fit_##name(norni_env *env, const void *opt, const norni_group *group,       \
                                  void **state, norn_err *err) {                                   \
        return fit_kind(env, opt, kind, group, state, err);                                        \
    }                                                                                              \
    static norn_status load_##name(norni_env *env, const void *opt, norni_str saved, void **state, \
                                   norn_err *err) {                                                \
        return load_kind(env, opt, kind, saved, state, err);                                       \
    }

static norn_status predict_croston(norni_env *env, const void *state, size_t g, size_t horizon,
                                   bool want_levels, norni_dist *out, norn_err *err) {
    (void)g;
    const croston_state *st = state;
    return norni_demand_ahead(env, &st->sizes, forecast_of(st), st->exponent, st->n_paths,
                              want_levels, horizon, out, err);
}

static norn_status fitted_croston(norni_env *env, const void *state, size_t g, double *out,
                                  norn_err *err) {
    (void)g;
    const croston_state *final = state;
    croston_state *st = norni_arena_get(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, names[final->kind], 1, sizeof *st);
    *st = *final;
    restart(st);
    for (size_t t = 0; t < st->s->n; t++) {
        const double y = st->s->y[t];
        out[t] = st->seen ? ldexp(forecast_of(st), st->exponent) : NORNI_NAN;
        if (!isnan(y)) observe(st, norni_demand_scaled(y, st->exponent));
    }
    return NORN_OK;
}

static void describe_croston(const void *state, size_t g, char *out, size_t size) {
    (void)g;
    const croston_state *st = state;
    const double level = ldexp(st->sizes.level, st->exponent);
    if (st->sizes.total == 0)
        norni_format(out, size, "%s without any demand",
                     st->kind == TSB   ? "TSB"
                     : st->kind == SBA ? "SBA"
                                       : "Croston");
    else if (st->kind == TSB)
        norni_format(out, size, "TSB alpha_d=%g alpha_p=%g size=%g probability=%g", st->sizes.alpha,
                     st->alpha, level, st->other);
    else
        norni_format(out, size, "%s alpha=%g,%g size=%g interval=%g",
                     st->kind == SBA ? "SBA" : "Croston", st->sizes.alpha, st->alpha, level,
                     st->other);
}

static norn_status save_croston(const void *state, size_t g, norni_buf *out, norn_err *err) {
    (void)g;
    const croston_state *st = state;
    norni_pack_u32(out, CROSTON_TAG);
    norni_pack_u32(out, (uint32_t)st->kind);
    norni_pack_i64(out, st->exponent);
    norni_pack_f64(out, st->alpha);
    norni_pack_f64(out, st->other);
    norni_pack_i64(out, (int64_t)st->seen);
    norni_pack_i64(out, (int64_t)st->elapsed);
    norni_sizes_pack(&st->sizes, out);
    return out->failed ? norni_alloc_fail(err, names[st->kind], out->cap, 2) : NORN_OK;
}

static norn_status load_kind(norni_env *env, const croston_opt *o, croston_kind kind,
                             norni_str saved, void **state, norn_err *err) {
    croston_state *st = norni_arena_get(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, names[kind], 1, sizeof *st);
    norni_unpack u = {saved, false};
    const bool mine = norni_unpack_u32(&u) == CROSTON_TAG;
    (void)norni_unpack_count(&u, (uint32_t)kind, (uint32_t)kind);
    st->kind = kind;
    st->s = NULL;
    st->n_paths = (size_t)o->n_paths;
    st->exponent = (int)norni_unpack_between(&u, -MOST_EXPONENT, MOST_EXPONENT);
    st->alpha = norni_unpack_within(&u, 0, 1);
    st->other = norni_unpack_within(&u, 0, kind == TSB ? 1 : 1e18);
    st->seen = (uint64_t)norni_unpack_between(&u, 0, INT64_MAX);
    st->elapsed = (uint64_t)norni_unpack_between(&u, 0, (int64_t)st->seen);
    norni_sizes_unpack(&u, &st->sizes);
    const bool sound = kind == TSB || st->sizes.total == 0 || st->other >= 1;
    if (!mine || !sound || !norni_unpack_end(&u))
        return norn_fail(err, NORN_E_FORMAT,
                         "%s: the kept model is damaged or not one of this kind", names[kind]);
    *state = st;
    return NORN_OK;
}

static norn_status update_croston(norni_env *env, void *state, const norni_series *more,
                                  norn_err *err) {
    (void)env;
    croston_state *st = state;
    NORN_TRY(norni_demand_check(more, st->exponent, names[st->kind], err));
    for (size_t t = 0; t < more->n; t++) {
        if (!isnan(more->y[t])) observe(st, norni_demand_scaled(more->y[t], st->exponent));
    }
    return NORN_OK;
}

FIT(classic, CLASSIC)
FIT(sba, SBA)
FIT(tsb, TSB)
#undef FIT

#define SHARED                                                                                 \
    .opt_size = sizeof(croston_opt), .intervals = true, .missing = true, .cost = croston_cost, \
    .predict = predict_croston, .fitted = fitted_croston, .describe = describe_croston,        \
    .save = save_croston, .paths = norni_paths_always, .update = update_croston

const norni_model norni_model_croston = {
    .name = "croston",
    .summary = "intermittent demand: smoothed size over smoothed interval",
    .source = "Croston 1972, Operational Research Quarterly 23",
    .params = croston_rows,
    .n_params = N_CROSTON_ROWS,
    .fit = fit_classic,
    .load = load_classic,
    SHARED};
const norni_model norni_model_croston_sba = {
    .name = "croston_sba",
    .summary = "Croston without its bias (Syntetos-Boylan approximation)",
    .source = "Syntetos and Boylan 2005, Int. J. Forecasting 21",
    .params = croston_rows,
    .n_params = N_CROSTON_ROWS,
    .fit = fit_sba,
    .load = load_sba,
    SHARED};
const norni_model norni_model_tsb = {
    .name = "tsb",
    .summary = "intermittent demand that may cease: smoothed size times probability",
    .source = "Teunter, Syntetos, Babai 2011, Eur. J. Oper. Res. 214",
    .params = tsb_rows,
    .n_params = N_TSB_ROWS,
    .fit = fit_tsb,
    .load = load_tsb,
    SHARED};
