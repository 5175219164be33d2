/* Sample paths of an ARIMA model's future, from the state that its filter has. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A future value is what the filter expects of it, plus an innovation v_i of variance F_i sigma2 that
 * the filter then takes in by its gain K_i: the innovations form, whose v_i are independent, so that
 * paths have the joint distribution of the forecasts, not only its variances. Values missing near
 * the end add a draw of what they may have been: their columns' responses times S u, S S' their
 * covariance. Normal innovations; the estimates count as known. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/arima/arima_state.h"

typedef struct simulation {
    const norni_arima_state *st;
    size_t h, n_unsettled;
    double **gain;     /* (n_unsettled) K_i over F_i (r) */
    double *root_f;    /* (h) sqrt(F_i) */
    double *loose;     /* (n_root, h) what each of u adds */
    double *draw;      /* (h + n_root) */
    double *w, *level; /* (r + h + 1), (n_diff + h) */
} simulation;

/* F_i and K_i of the steps ahead until they settle. */
static norn_status run_gains(norni_env *env, simulation *s, norn_err *err) {
    const arima_track *const from = &s->st->track;
    arima_track k;
    for (size_t i = 0; i < s->h; i++)
        s->root_f[i] = 1;
    s->n_unsettled = 0;
    if (arima_is_settled(from, s->h)) return NORN_OK;
    NORN_TRY(arima_state_move_track(env->arena, &s->st->fit.order, from, 0, &k, err));
    for (size_t i = 0; i < s->h && !arima_is_settled(&k, s->h); i++) {
        double *const g = norni_arena_get(env->arena, k.r, sizeof *g);
        if (g == NULL) return norni_alloc_fail(err, "arima", k.r, sizeof *g);
        for (size_t l = 0; l < k.r; l++)
            g[l] = k.k[l] / k.f;
        s->root_f[i] = sqrt(k.f);
        s->gain[s->n_unsettled++] = g;
        arima_track_idle(&k);
        if (i % 16 == 15 && norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "arima: cancelled");
    }
    return NORN_OK;
}

/* The responses to the loose columns, turned by their root. */
static norn_status run_loose(norni_env *env, simulation *s, norn_err *err) {
    const arima_track *const t = &s->st->track;
    const size_t h = s->h, longest = t->r + t->n_diff + 2 * h;
    if (t->n_loose == 0) return NORN_OK;
    double *const c = norni_arena_get(env->arena, h + longest, sizeof *c);
    if (c == NULL) return norni_alloc_fail(err, "arima", h + longest, sizeof *c);
    for (size_t j = 0; j < t->n_loose; j++) {
        arima_respond(t, t->a[1 + j] + t->at, t->y[1 + j] + t->at, h, c + h, c);
        for (size_t l = 0; l < t->n_root; l++)
            for (size_t i = 0; i < h; i++)
                s->loose[l * h + i] += t->root[j * t->wide + l] * c[i];
        if (j % 16 == 15 && norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "arima: cancelled");
    }
    return NORN_OK;
}

/* One path's distance from the forecast over sigma, into s->level behind its first n_diff. */
static void run_path(simulation *s) {
    const arima_track *const t = &s->st->track;
    double *const w = s->w, *const z = s->level + t->n_diff;
    memset(w, 0, (t->r + s->h + 1) * sizeof *w);
    memset(s->level, 0, (t->n_diff + s->h) * sizeof *z);
    for (size_t i = 0; i < s->h; i++) {
        const double v = s->root_f[i] * s->draw[i], before = w[i];
        w[i] += v;
        if (i < s->n_unsettled) {
            t->sweeps.add(w + i + 1, s->gain[i], t->r, v);
        } else {
            for (size_t j = 0; j < t->ma->n; j++)
                w[i + t->ma->lag[j]] += t->ma->c[j] * v;
        }
        const double carried = i < s->n_unsettled ? before : w[i];
        for (size_t j = 0; j < t->ar->n; j++)
            w[i + t->ar->lag[j]] += t->ar->c[j] * carried;
        z[i] = w[i];
        for (size_t j = 0; j < t->diff.n; j++)
            z[i] += t->diff.c[j] * *(z + i - t->diff.lag[j]);
    }
    for (size_t l = 0; l < t->n_root && t->n_loose; l++)
        t->sweeps.add(z, s->loose + l * s->h, s->h, s->draw[s->h + l]);
}

norn_status arima_paths(norni_env *env, const norni_arima_state *st, size_t n_paths,
                        norni_dist *out, norn_err *err) {
    const arima_track *const t = &st->track;
    const size_t horizon = out->horizon, h = horizon + st->ahead;
    const size_t n_root = t->n_loose ? t->n_root : 0, n_draw = h + n_root;
    const double sigma = sqrt(st->variance);
    const norni_rng rng = {env->seed, env->item};
    simulation s = {.st = st, .h = h};
    s.gain = norni_arena_get(env->arena, h, sizeof *s.gain);
    s.root_f = norni_arena_get(env->arena, t->r + t->n_diff + 4 * h + n_root + 1, sizeof(double));
    s.loose = norni_arena_zero(env->arena, n_root * h + 1, sizeof(double));
    out->paths = norni_arena_get(env->arena, horizon * n_paths, sizeof *out->paths);
    if (!s.gain || !s.root_f || !s.loose || !out->paths)
        return norni_alloc_fail(err, "arima", horizon * n_paths, sizeof *out->paths);
    s.draw = s.root_f + h;
    s.w = s.draw + n_draw;
    s.level = s.w + t->r + h + 1;
    NORN_TRY(run_gains(env, &s, err));
    NORN_TRY(run_loose(env, &s, err));
    for (size_t p = 0; p < n_paths; p++) {
        if (p % 16 == 0 && norni_poll_stop(&env->poll))
            return norn_fail(err, NORN_E_CANCEL, "arima: cancelled");
        norni_rng_normals(rng, (uint64_t)p * n_draw, s.draw, n_draw);
        run_path(&s);
        const double *const z = s.level + t->n_diff + st->ahead;
        for (size_t i = 0; i < horizon; i++)
            out->paths[i * n_paths + p] = out->mean[i] + ldexp(sigma * z[i], st->exponent);
    }
    out->n_paths = n_paths;
    out->kind = NORNI_DIST_PATHS;
    return NORN_OK;
}
