/* A fitted Theta model's forecast: point, variance, sample paths. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Standard (as R's thetaf): mean_h = l_n + b/2 (h - 1 + (1 - (1-a)^n)/a), b the least-squares
 * slope, se_h = sqrt(s2 ((h-1) a^2 + 1)) on the adjusted data's scale, not multiplied by the
 * season's index, as R leaves it. Static lines: the same variance, exact, times the index. Dynamic
 * lines take in what they forecast, so their distribution is simulated; the point forecast is the
 * path without shocks. */
#include "models/theta/theta_ahead.h"

#include <math.h>

#include "base/rng.h"

double norni_theta_restore(const theta_state *st, double x, size_t t) {
    double value = x + st->shift;
    if (st->m) {
        const double index = st->figure[t % st->m];
        value = st->multiplicative ? value * index : value + index;
    }
    return ldexp(value, st->exponent);
}

static bool is_standard(const theta_state *st) {
    return st->fit.kind == THETA_STANDARD;
}

/* Level and line behind period t. */
typedef struct theta_walk {
    double level, power; /* (1-a)^t */
    size_t t;
    theta_line line;
} theta_walk;

/* Behind the last observed value. */
static theta_walk walk_start(const theta_state *st) {
    return (theta_walk){
        .level = st->fit.level, .power = st->fit.power, .t = st->data.n, .line = st->line};
}

/* One period: the mean, then the state as if mean + shock had been seen. */
static double walk_step(const theta_state *st, theta_walk *w, double shock) {
    const theta_fit *f = &st->fit;
    const double keep = 1 - f->alpha, next = w->power * keep,
                 h = w->line.a * w->power + w->line.b * (1 - next) / f->alpha;
    const double x = w->level + f->weight * h + shock;
    w->level = f->alpha * x + keep * w->level;
    w->power = next;
    w->t++;
    if (norni_theta_is_dynamic(f->kind)) norni_theta_line_add(&w->line, (double)w->t, x);
    return x;
}

/* How far a line that does not follow its forecasts is moved by a period's shock and those before:
 * its level takes in alpha of each. In units of the series without its seasons. */
static double drifted(const theta_state *st, double shock, double *sum) {
    const double x = shock + st->fit.alpha * *sum;
    *sum += shock;
    return x;
}

/* What is missing at the end is walked through first. out->mean is the point forecast. */
static norn_status simulate_paths(norni_env *env, const theta_state *st, size_t horizon,
                                  norni_dist *out, norn_err *err) {
    const size_t n_paths = env->n_paths ? env->n_paths : st->n_paths;
    const size_t gap = st->n - st->data.n, steps = gap + horizon;
    const bool dynamic = norni_theta_is_dynamic(st->fit.kind), standard = is_standard(st);
    const norni_rng rng = {env->seed, env->item};
    const theta_walk start = walk_start(st);
    const double sd = sqrt(st->sigma2);
    double *shock = norni_arena_get(env->arena, steps, sizeof *shock);
    out->paths = norni_arena_get(env->arena, horizon * n_paths, sizeof *out->paths);
    if (!shock || !out->paths)
        return norni_alloc_fail(err, "theta", horizon * n_paths, sizeof *shock);
    for (size_t p = 0; p < n_paths; p++) {
        theta_walk w = start;
        norni_rng_normals(rng, p * steps, shock, steps);
        double sum = 0;
        for (size_t k = 0; k < steps; k++) {
            const double x =
                dynamic ? walk_step(st, &w, sd * shock[k]) : drifted(st, sd * shock[k], &sum);
            if (k < gap) continue;
            const size_t h = k - gap, t = st->n + h; /* paths (horizon, n_paths) */
            const bool index = st->m && st->multiplicative && !standard;
            out->paths[h * n_paths + p] =
                dynamic ? norni_theta_restore(st, x, t)
                        : out->mean[h] + ldexp(index ? x * st->figure[t % st->m] : x, st->exponent);
        }
        if (p % 64 == 0 && norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "theta: cancelled");
    }
    out->n_paths = n_paths;
    out->kind = NORNI_DIST_PATHS;
    return NORN_OK;
}

norn_status norni_theta_predict(norni_env *env, const void *state, size_t g, size_t horizon,
                                bool want_levels, norni_dist *out, norn_err *err) {
    (void)g;
    const theta_state *st = state;
    const theta_fit *f = &st->fit;
    const size_t n = st->n, gap = n - st->data.n;
    const bool standard = is_standard(st);
    theta_walk w = walk_start(st);
    const double drift = st->line.b / 2, lead = (1 - w.power) / f->alpha;
    for (size_t k = 0; k < gap && !standard; k++)
        (void)walk_step(st, &w, 0);
    for (size_t h = 0; h < horizon; h++) {
        const double before = (double)(gap + h),
                     x = standard ? f->level + drift * (before + lead) : walk_step(st, &w, 0),
                     sd = sqrt(st->sigma2 * (1 + before * f->alpha * f->alpha));
        const bool index = st->m && st->multiplicative && !standard;
        out->mean[h] = norni_theta_restore(st, x, n + h);
        out->sd[h] = ldexp(index ? sd * fabs(st->figure[(n + h) % st->m]) : sd, st->exponent);
    }
    out->kind = NORNI_DIST_NORMAL;
    if (want_levels && (norni_theta_is_dynamic(f->kind) || env->n_paths) && !isnan(st->sigma2))
        return simulate_paths(env, st, horizon, out, err);
    return NORN_OK;
}
