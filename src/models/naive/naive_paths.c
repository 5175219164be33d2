/* Sample paths of the simple models: the random walks and means that their variances are of. */
/* SPDX-License-Identifier: Apache-2.0 */
/* With s2, b.se and n as in naive.c, e_i and z standard normal:
 *   naive, seasonal_naive  a walk of steps s e_i, one for each season; the first one is as many
 *                          steps long as the season's last value is old
 *   drift                  the same, and h b.se z: one slope for the whole path
 *   mean                   s e_h + s / sqrt(n) z: one mean for the whole path
 * so that every step has the variance of the formula, and steps belong together. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "models/naive/naive_state.h"

norn_status naive_paths(norni_env *env, const naive_state *st, size_t horizon, norni_dist *out,
                        norn_err *err) {
    const size_t n_paths = env->n_paths, m = st->m, n_draw = horizon + 1;
    const norni_rng rng = {env->seed, env->item};
    const double s = sqrt(st->variance);
    double *draw = norni_arena_get(env->arena, n_draw + m, sizeof *draw);
    out->paths = norni_arena_get(env->arena, horizon * n_paths, sizeof *out->paths);
    if (!draw || !out->paths)
        return norni_alloc_fail(err, "naive", horizon * n_paths, sizeof *out->paths);
    double *walk = draw + n_draw; /* (m) */
    for (size_t p = 0; p < n_paths; p++) {
        if (p % 64 == 0 && norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "naive: cancelled");
        norni_rng_normals(rng, (uint64_t)p * n_draw, draw, n_draw);
        memset(walk, 0, m * sizeof *walk);
        for (size_t h = 0; h < horizon; h++) {
            double off = s * (draw[h] + draw[horizon] / sqrt((double)st->n_mean));
            if (st->kind != MEAN) {
                const size_t j = (st->n + h) % m, cycles = h / m;
                walk[j] += draw[h] * (cycles == 0 ? sqrt(st->age[j] + 1) : 1);
                off = s * walk[j];
                if (st->kind == DRIFT)
                    off += (st->age[j] + (double)cycles + 1) * st->slope_se * draw[horizon];
                off *= naive_index(st, st->n + h);
            }
            out->paths[h * n_paths + p] = out->mean[h] + ldexp(off, st->exponent);
        }
    }
    out->n_paths = n_paths;
    out->kind = NORNI_DIST_PATHS;
    return NORN_OK;
}
