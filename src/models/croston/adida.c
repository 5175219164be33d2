/* ADIDA and IMAPA: intermittent series smoothed as sums over buckets of time. */
/* SPDX-License-Identifier: Apache-2.0 */
/* ADIDA (Nikolopoulos, Syntetos, Boylan, Petropoulos, Assimakopoulos 2011, J. Oper. Res. Soc. 62):
 * sums over buckets of L periods have few zeros; they are smoothed, and the forecast is spread over
 * the bucket, level / L. IMAPA (Petropoulos and Kourentzes 2015, J. Oper. Res. Soc. 66): the mean of
 * these over L = 1 .. K. As in statsforecast 2.1.1, L (and K) is the mean interval between demands
 * rounded half to even, buckets end at the last period, an incomplete first one is dropped, and alpha
 * is the least-squares one in [0.1, 0.3] (level_grid.c).
 *
 * Bucket sums go over the demands, not the periods: all K levels cost O(n log n). Missing periods,
 * series without demand and values below 0: as in croston.c. Fitted values: adida_fitted.c. `update`
 * leaves the buckets where the fit put them; one that is not yet full waits. */
#include "models/croston/adida.h"

#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "models/croston/croston.h"
#include "models/croston/level_grid.h"

typedef struct adida_opt {
    int32_t n_paths;
} adida_opt;

static const norni_param adida_rows[] = {
    {.name = "n_paths",
     .type = NORNI_T_INT,
     .offset = offsetof(adida_opt, n_paths),
     .def = "1000",
     .min = 100,
     .max = 1000000,
     .help = "simulated paths of demands for the intervals"},
};

#define ADIDA_TAG UINT32_C(0x31494441) /* "ADI1" */
enum { MOST_EXPONENT = 1100 };
#define SIZES_ALPHA 0.1 /* of the sizes that paths draw from; Croston's */

static double adida_cost(const void *opt, size_t n, int32_t season, size_t horizon) {
    const adida_opt *o = opt;
    (void)season;
    return 500 + 60 * (double)n + 40 * (double)o->n_paths * (double)horizon;
}

/* Sums over the last buckets of `size` periods into sums (n_seen / size); how many. */
static size_t fill_buckets(const norni_demand *d, size_t size, double *sums) {
    const size_t n = d->n_seen / size, dropped = d->n_seen % size;
    for (size_t b = 0; b < n; b++)
        sums[b] = 0;
    for (size_t k = 0; k < d->n; k++) {
        if (d->at[k] > dropped) sums[(d->at[k] - 1 - dropped) / size] += d->size[k];
    }
    return n;
}

static norn_status fit_levels(norni_env *env, const norni_demand *d, adida_state *st,
                              norn_err *err) {
    double *sums = norni_arena_get(env->arena, d->n_seen, sizeof *sums);
    if (sums == NULL) return norni_alloc_fail(err, st->name, d->n_seen, sizeof *sums);
    for (size_t i = 0; i < st->n_levels; i++) {
        adida_level *l = &st->levels[i];
        norni_level best;
        const size_t n = fill_buckets(d, l->size, sums);
        if (!norni_level_fit(sums, n, env->effort, &env->poll, &best))
            return norn_fail(err, NORN_E_CANCEL, "%s: cancelled", st->name);
        l->alpha = best.alpha;
        l->level = best.level;
    }
    return NORN_OK;
}

static norn_status fit_kind(norni_env *env, const adida_opt *o, bool all, const norni_group *group,
                            void **state, norn_err *err) {
    const char *name = all ? "imapa" : "adida";
    adida_state *st = norni_arena_get(env->arena, 1, sizeof *st);
    norni_demand d;
    if (st == NULL) return norni_alloc_fail(err, name, 1, sizeof *st);
    NORN_TRY(norni_demand_read(&group->series[0], name, env->arena, &d, err));
    st->name = name;
    st->all = all;
    st->s = &group->series[0];
    st->demand = d;
    st->n_paths = (size_t)o->n_paths;
    const size_t most = norni_adida_interval(d.n ? d.at[d.n - 1] : 0, d.n);
    st->n_levels = all ? most : 1;
    st->levels = norni_arena_zero(env->arena, st->n_levels, sizeof *st->levels);
    if (st->levels == NULL) return norni_alloc_fail(err, name, st->n_levels, sizeof *st->levels);
    for (size_t i = 0; i < st->n_levels; i++)
        st->levels[i].size = all ? i + 1 : most;
    norni_sizes_init(&st->sizes, SIZES_ALPHA);
    for (size_t k = 0; k < d.n; k++)
        norni_sizes_add(&st->sizes, d.size[k]);
    if (d.n == 0)
        st->levels[0].alpha = SIZES_ALPHA;
    else
        NORN_TRY(fit_levels(env, &d, st, err));
    *state = st;
    return NORN_OK;
}

static norn_status fit_adida(norni_env *env, const void *opt, const norni_group *group,
                             void **state, norn_err *err) {
    return fit_kind(env, opt, false, group, state, err);
}
static norn_status fit_imapa(norni_env *env, const void *opt, const norni_group *group,
                             void **state, norn_err *err) {
    return fit_kind(env, opt, true, group, state, err);
}

/* Of one period; scaled. */
static double forecast_of(const adida_state *st) {
    double sum = 0;
    for (size_t i = 0; i < st->n_levels; i++)
        sum += st->levels[i].level / (double)st->levels[i].size;
    return sum / (double)st->n_levels;
}

static norn_status predict_adida(norni_env *env, const void *state, size_t g, size_t horizon,
                                 bool want_levels, norni_dist *out, norn_err *err) {
    (void)g;
    const adida_state *st = state;
    return norni_demand_ahead(env, &st->sizes, forecast_of(st), st->demand.exponent, st->n_paths,
                              want_levels, horizon, out, err);
}

static void describe_adida(const void *state, size_t g, char *out, size_t size) {
    (void)g;
    const adida_state *st = state;
    const double mean = ldexp(forecast_of(st), st->demand.exponent);
    if (st->sizes.total == 0)
        norni_format(out, size, "%s without any demand", st->all ? "IMAPA" : "ADIDA");
    else if (st->all)
        norni_format(out, size, "IMAPA buckets=1..%zu mean=%g", st->n_levels, mean);
    else
        norni_format(out, size, "ADIDA bucket=%zu alpha=%g mean=%g", st->levels[0].size,
                     st->levels[0].alpha, mean);
}

static norn_status save_adida(const void *state, size_t g, norni_buf *out, norn_err *err) {
    (void)g;
    const adida_state *st = state;
    norni_pack_u32(out, ADIDA_TAG);
    norni_pack_u32(out, st->all);
    norni_pack_i64(out, st->demand.exponent);
    norni_pack_u32(out, (uint32_t)st->n_levels);
    for (size_t i = 0; i < st->n_levels; i++) {
        const adida_level *l = &st->levels[i];
        norni_pack_i64(out, (int64_t)l->size);
        norni_pack_i64(out, (int64_t)l->filled);
        norni_pack_f64(out, l->alpha);
        norni_pack_f64(out, l->level);
        norni_pack_f64(out, l->sum);
    }
    norni_sizes_pack(&st->sizes, out);
    return out->failed ? norni_alloc_fail(err, st->name, out->cap, 2) : NORN_OK;
}

static norn_status load_kind(norni_env *env, const adida_opt *o, bool all, norni_str saved,
                             void **state, norn_err *err) {
    const char *name = all ? "imapa" : "adida";
    adida_state *st = norni_arena_get(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, name, 1, sizeof *st);
    norni_unpack u = {saved, false};
    const bool mine = norni_unpack_u32(&u) == ADIDA_TAG;
    (void)norni_unpack_count(&u, all, all);
    *st = (adida_state){.name = name, .all = all, .n_paths = (size_t)o->n_paths};
    st->demand.exponent = (int)norni_unpack_between(&u, -MOST_EXPONENT, MOST_EXPONENT);
    st->n_levels = norni_unpack_count(&u, 1, all ? UINT32_MAX : 1);
    if (!norni_unpack_has(&u, st->n_levels, 5 * sizeof(double))) st->n_levels = 1;
    st->levels = norni_arena_get(env->arena, st->n_levels, sizeof *st->levels);
    if (st->levels == NULL) return norni_alloc_fail(err, name, st->n_levels, sizeof *st->levels);
    for (size_t i = 0; i < st->n_levels; i++) {
        adida_level *l = &st->levels[i];
        l->size = (size_t)norni_unpack_between(&u, 1, INT64_MAX);
        l->filled = (size_t)norni_unpack_between(&u, 0, (int64_t)l->size - 1);
        l->alpha = norni_unpack_within(&u, 0, 1);
        l->level = norni_unpack_within(&u, 0, DBL_MAX);
        l->sum = norni_unpack_within(&u, 0, DBL_MAX);
    }
    norni_sizes_unpack(&u, &st->sizes);
    if (!mine || !norni_unpack_end(&u))
        return norn_fail(err, NORN_E_FORMAT,
                         "%s: the kept model is damaged or not one of this kind", name);
    *state = st;
    return NORN_OK;
}

static norn_status load_adida(norni_env *env, const void *opt, norni_str saved, void **state,
                              norn_err *err) {
    return load_kind(env, opt, false, saved, state, err);
}
static norn_status load_imapa(norni_env *env, const void *opt, norni_str saved, void **state,
                              norn_err *err) {
    return load_kind(env, opt, true, saved, state, err);
}

static norn_status update_adida(norni_env *env, void *state, const norni_series *more,
                                norn_err *err) {
    (void)env;
    adida_state *st = state;
    NORN_TRY(norni_demand_check(more, st->demand.exponent, st->name, err));
    for (size_t t = 0; t < more->n; t++) {
        if (isnan(more->y[t])) continue;
        const double x = norni_demand_scaled(more->y[t], st->demand.exponent);
        if (x > 0) norni_sizes_add(&st->sizes, x);
        for (size_t i = 0; i < st->n_levels; i++) {
            adida_level *l = &st->levels[i];
            l->sum += x;
            if (++l->filled < l->size) continue;
            l->level += l->alpha * (l->sum - l->level);
            l->sum = 0;
            l->filled = 0;
        }
    }
    return NORN_OK;
}

#define SHARED                                                                                   \
    .params = adida_rows, .n_params = 1, .opt_size = sizeof(adida_opt), .intervals = true,       \
    .missing = true, .cost = adida_cost, .predict = predict_adida, .fitted = norni_adida_fitted, \
    .describe = describe_adida, .save = save_adida, .paths = norni_paths_always,                 \
    .update = update_adida

const norni_model norni_model_adida = {
    .name = "adida",
    .summary = "intermittent demand: smoothed sums over buckets as long as the mean interval",
    .source = "Nikolopoulos et al. 2011, J. Oper. Res. Soc. 62",
    .fit = fit_adida,
    .load = load_adida,
    SHARED};
const norni_model norni_model_imapa = {
    .name = "imapa",
    .summary = "intermittent demand: the mean of smoothed sums over buckets of many lengths",
    .source = "Petropoulos and Kourentzes 2015, J. Oper. Res. Soc. 66",
    .fit = fit_imapa,
    .load = load_imapa,
    SHARED};
