/* Sample paths of a blend of models. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A blend says how far its steps spread (normal, mean_h and sd_h), not how they belong together; its
 * members do. So each path is one of a member's, drawn anew for each path by its weight, in units of
 * that member's own spread: mean_h + sd_h (path_h - centre_h) / width_h. Each step has the blend's
 * distribution where the member is normal, and its first two moments in any case; the dependence between
 * steps is a mixture of the members'. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/combine/members.h"

/* Of a stream of its own: the members draw from the item's. */
#define CHOICE UINT64_C(0x9E3779B97F4A7C15)

enum { ENOUGH = 4000 }; /* paths that a centre and a width are taken from */

typedef struct blend_paths {
    size_t n, horizon, n_paths;
    double *centre, *width; /* (n, horizon) */
    double *share;          /* (n) weights of the members that have paths, 0 for the others */
    uint8_t *chosen;        /* (n_paths) */
} blend_paths;

static norn_status get_room(norni_env *env, const norni_members *m, size_t horizon, blend_paths *b,
                            norn_err *err) {
    *b = (blend_paths){.n = m->n, .horizon = horizon, .n_paths = env->n_paths};
    b->centre = norni_arena_get(env->arena, m->n * horizon, 2 * sizeof *b->centre);
    b->share = norni_arena_zero(env->arena, m->n, sizeof *b->share);
    b->chosen = norni_arena_get(env->arena, b->n_paths, 1);
    if (!b->centre || !b->share || !b->chosen)
        return norni_alloc_fail(err, "ensemble", m->n * horizon, 2 * sizeof *b->centre);
    b->width = b->centre + m->n * horizon;
    return NORN_OK;
}

static norn_status ask(norni_env *env, size_t n_paths, const norni_member *m, norni_dist *d,
                       norn_err *err) {
    norni_env own = *env;
    own.n_paths = n_paths;
    d->kind = NORNI_DIST_POINT;
    d->mean = norni_arena_get(env->arena, d->horizon, 2 * sizeof *d->mean);
    if (d->mean == NULL) return norni_alloc_fail(err, "ensemble", d->horizon, sizeof *d->mean);
    d->sd = d->mean + d->horizon;
    return m->model->predict(&own, m->state, 0, d->horizon, true, d, err);
}

static bool ends_all(norn_status st) {
    return st == NORN_E_MEM || st == NORN_E_CANCEL;
}

/* What the member's own steps spread about, and how far; false in *able where it does not say. */
static norn_status measure(norni_env *env, const norni_member *m, blend_paths *b, size_t k,
                           bool *able, norn_err *err) {
    double *centre = b->centre + k * b->horizon, *width = b->width + k * b->horizon;
    norni_dist d = {.horizon = b->horizon};
    *able = false;
    norn_status st = ask(env, 0, m, &d, err);
    if (st == NORN_OK && d.kind == NORNI_DIST_PATHS && d.n_paths < ENOUGH)
        st = ask(env, ENOUGH, m, &d, err);
    if (st != NORN_OK) return ends_all(st) ? st : NORN_OK;
    if (d.kind == NORNI_DIST_POINT) return NORN_OK;
    for (size_t h = 0; h < b->horizon; h++) {
        centre[h] = d.mean[h];
        width[h] = d.sd[h];
        if (d.kind == NORNI_DIST_PATHS) {
            double var;
            (void)norni_mean_var(d.paths + h * d.n_paths, d.n_paths, 1, &centre[h], &var);
            width[h] = sqrt(var);
        }
        if (!isfinite(centre[h]) || !isfinite(width[h])) return NORN_OK;
    }
    *able = true;
    return NORN_OK;
}

/* Each path's member, by the shares of those that are able. */
static void choose(norni_env *env, blend_paths *b, double total) {
    const norni_rng rng = {env->seed, env->item ^ CHOICE};
    for (size_t p = 0; p < b->n_paths; p++) {
        double rest = norni_rng_uniform(rng, p) * total;
        size_t k = 0, last = 0;
        for (; k < b->n; k++) {
            if (b->share[k] > 0) last = k;
            if (rest < b->share[k]) break;
            rest -= b->share[k];
        }
        b->chosen[p] = (uint8_t)(k < b->n ? k : last);
    }
}

static norn_status take(norni_env *env, const norni_member *m, const blend_paths *b, size_t k,
                        norni_dist *out, norn_err *err) {
    const double *centre = b->centre + k * b->horizon, *width = b->width + k * b->horizon;
    norni_dist d = {.horizon = b->horizon};
    NORN_TRY(ask(env, b->n_paths, m, &d, err));
    if (d.kind != NORNI_DIST_PATHS || d.n_paths != b->n_paths)
        return norn_fail(err, NORN_E_INTERNAL, "%s: no sample paths", m->model->name);
    for (size_t h = 0; h < b->horizon; h++) {
        const double scale = width[h] > 0 ? out->sd[h] / width[h] : 0;
        for (size_t p = 0; p < b->n_paths; p++) {
            const size_t at = h * b->n_paths + p;
            if (b->chosen[p] == k)
                out->paths[at] = out->mean[h] + scale * (d.paths[at] - centre[h]);
        }
    }
    return NORN_OK;
}

norn_status norni_members_paths(norni_env *env, const norni_members *m, const double *weight,
                                norni_dist *out, norn_err *err) {
    blend_paths b;
    double total = 0;
    NORN_TRY(get_room(env, m, out->horizon, &b, err));
    double *paths = norni_arena_get(env->arena, out->horizon * b.n_paths, sizeof *paths);
    if (paths == NULL)
        return norni_alloc_fail(err, "ensemble", out->horizon * b.n_paths, sizeof *paths);
    for (size_t k = 0; k < m->n; k++) {
        const norni_member *one = &m->list[k];
        const norni_arena_mark mark = norni_arena_mark_get(env->arena);
        bool able = false;
        if (one->state && one->model->paths && one->model->paths(one->opt, env->models))
            NORN_TRY(measure(env, one, &b, k, &able, err));
        norni_arena_rewind(env->arena, mark);
        b.share[k] = !able ? 0 : weight ? weight[k] : 1;
        total += b.share[k];
    }
    for (size_t h = 0; h < out->horizon; h++)
        if (!isfinite(out->sd[h])) total = 0;
    if (!(total > 0)) return NORN_OK;
    choose(env, &b, total);
    out->paths = paths;
    for (size_t k = 0; k < m->n; k++) {
        const norni_arena_mark mark = norni_arena_mark_get(env->arena);
        if (b.share[k] > 0) NORN_TRY(take(env, &m->list[k], &b, k, out, err));
        norni_arena_rewind(env->arena, mark);
    }
    out->n_paths = b.n_paths;
    out->kind = NORNI_DIST_PATHS;
    return NORN_OK;
}
