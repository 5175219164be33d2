/* An intermittent series as its demands, their smoothed sizes, and sample paths of what may come. */
/* SPDX-License-Identifier: Apache-2.0 */
/* None of these models has a consistent state space form (Shenstone and Hyndman 2005), so the
 * distribution is built from what they do estimate: a period has demand with probability
 * p = mean / level of sizes (Croston: 1/interval, TSB: its probability), independent of the others,
 * and its size is one of the past sizes, drawn by its weight a (1-a)^k in the smoothed level. So
 * the paths' mean is the point forecast exactly, sizes that come in cases of 6 stay so, and the
 * distribution follows a change of level as fast as the forecast. Where p would exceed 1 (ADIDA and
 * IMAPA smooth sums), p = 1 and sizes grow instead. What the estimates themselves may be wrong by is
 * left out. In simulated Bernoulli demand of Poisson, geometric and lognormal sizes, 24 to 200
 * periods, stationary and drifting, 1.5 to 5 % of what came lay above the upper end of the 95 %
 * interval, 3.4 % on average (2.5 % nominal; the lower end is 0 and covers all but nothing). */
#include "models/croston/demand.h"

#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "base/rng.h"
#include "num/extent.h"

norn_status norni_demand_read(const norni_series *s, const char *part, norni_arena *arena,
                              norni_demand *out, norn_err *err) {
    const norni_extent e = norni_extent_of(s->y, s->n);
    if (e.n_seen == 0)
        return norn_fail(err, NORN_E_DATA, "%s: the series has no observed value", part);
    if (e.infinite)
        return norn_fail(err, NORN_E_DATA, "%s: the series has an infinite value", part);
    if (e.least < 0)
        return norn_fail(err, NORN_E_DATA,
                         "%s: the series has %g, demand is 0 or more; another model serves it",
                         part, e.least);
    *out = (norni_demand){.n_seen = e.n_seen, .exponent = e.exponent};
    for (size_t t = 0; t < s->n; t++)
        out->n += s->y[t] > 0;
    out->at = norni_arena_get(arena, out->n + 1, sizeof *out->at);
    out->size = norni_arena_get(arena, out->n + 1, sizeof *out->size);
    if (!out->at || !out->size) return norni_alloc_fail(err, part, out->n, sizeof *out->size);
    for (size_t t = 0, seen = 0, k = 0; t < s->n; t++) {
        if (!isnan(s->y[t])) seen++;
        if (!(s->y[t] > 0)) continue;
        out->at[k] = seen;
        out->size[k++] = norni_demand_scaled(s->y[t], e.exponent);
    }
    return NORN_OK;
}

norn_status norni_demand_check(const norni_series *more, int exponent, const char *part,
                               norn_err *err) {
    for (size_t t = 0; t < more->n; t++) {
        const double x = more->y[t];
        if (isnan(x) || (x >= 0 && norni_demand_scaled(x, exponent) <= DBL_MAX)) continue;
        return norn_fail(err, NORN_E_DATA,
                         "%s: a new value is %g; demand is 0 or more, and finite beside the series "
                         "that was fitted",
                         part, x);
    }
    return NORN_OK;
}

double norni_demand_scaled(double y, int exponent) {
    return exponent ? ldexp(y, -exponent) : y;
}

void norni_sizes_init(norni_sizes *s, double alpha) {
    s->alpha = alpha;
    s->level = s->rest = 0;
    s->total = 0;
}

void norni_sizes_add(norni_sizes *s, double x) {
    double *slot = &s->kept[s->total % NORNI_SIZES_KEPT];
    if (s->total == 0) s->level = s->rest = x;
    if (s->total >= NORNI_SIZES_KEPT) s->rest += s->alpha * (*slot - s->rest);
    s->level += s->alpha * (x - s->level);
    *slot = x;
    s->total++;
}

static uint64_t count_kept(const norni_sizes *s) {
    return s->total < NORNI_SIZES_KEPT ? s->total : NORNI_SIZES_KEPT;
}

double norni_sizes_draw(const norni_sizes *s, double u) {
    /* P(k or older) = (1-a)^k; whatever is older than the kept ones is their level. */
    const double back = s->alpha < 1 ? norni_log(u) / norni_log(1 - s->alpha) : 0;
    if (!(back < (double)count_kept(s))) return s->rest;
    return s->kept[(s->total - 1 - (uint64_t)back) % NORNI_SIZES_KEPT];
}

/* Expected square of a draw. */
static double mean_square(const norni_sizes *s) {
    double square = s->rest * s->rest;
    for (uint64_t k = count_kept(s); k-- > 0;) {
        const double x = s->kept[(s->total - 1 - k) % NORNI_SIZES_KEPT];
        square += s->alpha * (x * x - square);
    }
    return square;
}

void norni_sizes_pack(const norni_sizes *s, norni_buf *out) {
    norni_pack_f64(out, s->alpha);
    norni_pack_f64(out, s->level);
    norni_pack_f64(out, s->rest);
    norni_pack_i64(out, (int64_t)s->total);
    for (uint64_t k = count_kept(s); k-- > 0;)
        norni_pack_f64(out, s->kept[(s->total - 1 - k) % NORNI_SIZES_KEPT]);
}

void norni_sizes_unpack(norni_unpack *u, norni_sizes *s) {
    s->alpha = norni_unpack_within(u, 0, 1);
    s->level = norni_unpack_within(u, 0, DBL_MAX);
    s->rest = norni_unpack_within(u, 0, DBL_MAX);
    s->total = (uint64_t)norni_unpack_between(u, 0, INT64_MAX);
    if (!norni_unpack_has(u, count_kept(s), sizeof *s->kept)) s->total = 0;
    for (uint64_t k = count_kept(s); k-- > 0;)
        s->kept[(s->total - 1 - k) % NORNI_SIZES_KEPT] = norni_unpack_within(u, 0, DBL_MAX);
}

/* In units of the series; what would pass the largest double stays there. */
static double restore(double x, int exponent) {
    const double y = exponent ? ldexp(x, exponent) : x;
    return y < DBL_MAX ? y : DBL_MAX;
}

static norn_status draw_paths(norni_env *env, const norni_sizes *sizes, double p, double scale,
                              int exponent, size_t n_paths, size_t horizon, norni_dist *out,
                              norn_err *err) {
    const norni_rng rng = {env->seed, env->item};
    out->paths = norni_arena_get(env->arena, horizon * n_paths, sizeof *out->paths);
    if (out->paths == NULL)
        return norni_alloc_fail(err, "demand", horizon * n_paths, sizeof *out->paths);
    size_t drawn = 0;
    for (size_t i = 0; i < n_paths; i++) { /* (horizon, n_paths) */
        for (size_t h = 0; h < horizon; h++, drawn++) {
            const uint64_t at = 2 * ((uint64_t)i * horizon + h);
            double x = 0;
            if (norni_rng_uniform(rng, at) < p)
                x = restore(scale * norni_sizes_draw(sizes, norni_rng_uniform(rng, at + 1)),
                            exponent);
            out->paths[h * n_paths + i] = x;
            if (drawn % 8192 == 0 && norni_poll_stop(&env->poll))
                return norn_fail(err, NORN_E_CANCEL, "demand: cancelled");
        }
    }
    out->n_paths = n_paths;
    out->kind = NORNI_DIST_PATHS;
    return NORN_OK;
}

norn_status norni_demand_ahead(norni_env *env, const norni_sizes *sizes, double mean, int exponent,
                               size_t n_paths, bool want_levels, size_t horizon, norni_dist *out,
                               norn_err *err) {
    double p = sizes->level > 0 ? mean / sizes->level : 0, scale = 1;
    if (p > 1) {
        scale = p;
        p = 1;
    }
    const double variance = p * scale * scale * mean_square(sizes) - mean * mean;
    for (size_t h = 0; h < horizon; h++) {
        out->mean[h] = restore(mean, exponent);
        out->sd[h] = restore(sqrt(variance > 0 ? variance : 0), exponent);
    }
    out->kind = NORNI_DIST_NORMAL; /* without any demand so far: 0, and no other value known */
    if (!want_levels || (p == 0 && env->n_paths == 0)) return NORN_OK;
    return draw_paths(env, sizes, p, scale, exponent, env->n_paths ? env->n_paths : n_paths,
                      horizon, out, err);
}
