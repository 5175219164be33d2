/* Complex exponential smoothing step by step, and its forecast distribution. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The model is linear: y_{n+h} = forecast + e_{n+h} + sum_{k<h} psi_k e_{n+h-k}, psi_k the forecast k
 * periods on from a unit innovation. So the variance is sigma^2 (1 + psi_1^2 + ... + psi_{h-1}^2),
 * exact for given parameters; to it comes what the parameters may be wrong by, v' C v, C their
 * covariance and v the derivatives of the forecast. (statsforecast adds noise to the last states and
 * runs on without any: intervals that know nothing of e_{n+h} itself.)
 *
 * Departure: damping. Growth in this model is one parameter and goes on for ever, the more so the
 * better it fits the oldest values. As Gardner and McKenzie (1985) for a linear trend, each further
 * change of the level ahead is taken phi times the one before: level_1 as forecast, then level_h =
 * level_{h-1} + phi^{h-1} (own level_h - own level_{h-1}); under simple, of every season by itself.
 * phi = 1 - min(0.2, 0.4 / m) unless said otherwise; the model's own forecasts are phi = 1. It was
 * chosen on the shared M4 half and M3, where every frequency's best phi lies near (and would be chosen
 * in each of five folds): OWA of M4's yearly series 0.854 with phi = 1, 0.795 with 0.8; quarterly
 * 0.891 and 0.883 (0.9); hourly 0.521 and 0.517 (0.98). Chosen for each series by its own past, phi
 * does worse, for growth was fitted to that past. Which of the two
 * ways the future goes is open, so the squared distance between them is part of the variance. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/ces/ces_state.h"

bool ces_walk_copy(const ces_walk *from, norni_arena *arena, ces_walk *out) {
    *out = *from;
    out->slot = norni_arena_get(arena, from->m, 2 * sizeof *out->slot);
    if (out->slot == NULL) return false;
    memcpy(out->slot, from->slot, from->m * 2 * sizeof *out->slot);
    return true;
}

void ces_walk_become(ces_walk *w, const ces_walk *other) {
    double *slot = w->slot;
    *w = *other;
    w->slot = slot;
    memcpy(slot, other->slot, w->m * 2 * sizeof *slot);
}

void ces_walk_take(const ces_lanes *l, size_t lane, size_t j, ces_walk *out) {
    out->form = l->form;
    out->m = l->m;
    out->j = j % l->m;
    for (size_t i = 0; i < CES_PARTS; i++)
        out->par.v[i] = l->part[i][lane];
    out->level = l->level[lane];
    out->carry = l->carry[lane];
    for (size_t k = 0; k < l->m; k++) {
        const double *slot = l->slot + k * 2 * CES_LANES + lane;
        out->slot[2 * k] = l->form == CES_NONE ? 0 : slot[0];
        out->slot[2 * k + 1] = l->form == CES_NONE || l->form == CES_PARTIAL ? 0 : slot[CES_LANES];
    }
}

/* The kernel's step, with its bits. */
static void step_pair(const double p[2], double e, double *value, double *carry) {
    const double v = *value, c = *carry;
    *value = (v - (1 - p[1]) * c) + (p[0] - p[1]) * e;
    *carry = (v + (1 - p[0]) * c) + (p[0] + p[1]) * e;
}

double ces_walk_step(ces_walk *w, double y) {
    double *slot = w->slot + 2 * w->j;
    const double *alpha = w->par.v, *beta = w->par.v + 2;
    const bool own_level = w->form != CES_SIMPLE, seasonal = own_level && w->form != CES_NONE;
    double *level = own_level ? &w->level : slot, *carry = own_level ? &w->carry : slot + 1;
    const double season = seasonal ? slot[0] : 0, e = isnan(y) ? 0 : (y - season) - *level,
                 forecast = season + *level;
    step_pair(alpha, e, level, carry);
    if (w->form == CES_PARTIAL) slot[0] += beta[0] * e;
    if (w->form == CES_FULL) step_pair(beta, e, slot, slot + 1);
    w->j = w->j + 1 == w->m ? 0 : w->j + 1;
    return forecast;
}

/* psi_k for k = 1, 2, ...: what a unit innovation leaves. */
typedef struct echo {
    double level, carry, season, season_carry;
    size_t k;
} echo;

static echo echo_start(const ces_walk *w) {
    const double *a = w->par.v, *b = w->par.v + 2;
    echo r = {.level = a[0] - a[1], .carry = a[0] + a[1], .k = 1};
    if (w->form == CES_PARTIAL) r.season = b[0];
    if (w->form == CES_FULL) {
        r.season = b[0] - b[1];
        r.season_carry = b[0] + b[1];
    }
    return r;
}

/* psi_k, and on to k + 1. */
static double echo_next(const ces_walk *w, echo *r) {
    const bool turn = r->k++ % w->m == 0;
    double psi = 0;
    if (w->form != CES_SIMPLE || turn) {
        psi = r->level;
        step_pair(w->par.v, 0, &r->level, &r->carry);
    }
    if ((w->form == CES_PARTIAL || w->form == CES_FULL) && turn) {
        psi += r->season;
        if (w->form == CES_FULL) step_pair(w->par.v + 2, 0, &r->season, &r->season_carry);
    }
    return psi;
}

void ces_walk_ahead(ces_walk *w, double damping, size_t n, double *work, double *out) {
    const size_t lag = w->form == CES_SIMPLE ? w->m : 1; /* where the level comes from */
    double power = 1, damped = 0;
    for (size_t h = 0; h < n; h++) {
        const double level = w->form == CES_SIMPLE ? w->slot[2 * w->j] : w->level;
        const double forecast = ces_walk_step(w, NORNI_NAN), season = forecast - level;
        work[h] = level;
        if (h < lag) {
            damped = level;
        } else {
            power *= damping;
            damped = (lag > 1 ? out[h - lag] : damped) + (level - work[h - lag]) * power;
        }
        out[h] = damping < 1 ? season + damped : forecast;
    }
}

/* Variance of a forecast for what its parameters may be wrong by; near (n_near, stride) are the
 * forecasts with one of them moved. */
static double doubt(const ces_state *st, double mean, const double *near, size_t stride) {
    double move[CES_PARTS], sum = 0;
    for (size_t i = 0; i < st->n_near; i++)
        move[i] = (near[i * stride] - mean) / CES_STEP;
    for (size_t i = 0; i < st->n_near; i++) {
        for (size_t k = 0; k < st->n_near; k++)
            sum += move[i] * st->cov[i][k] * move[k];
    }
    return sum > 0 ? sum : 0;
}

/* Forecasts from `from`, which stays where it is. False: out of memory. */
static bool look_ahead(const ces_walk *from, double damping, size_t horizon, norni_arena *arena,
                       double *work, double *out) {
    ces_walk w;
    if (!ces_walk_copy(from, arena, &w)) return false;
    ces_walk_ahead(&w, damping, horizon, work, out);
    return true;
}

/* In units of the series; what would pass the largest double stays there. */
static double restore(double x, int exponent) {
    const double y = ldexp(x, exponent);
    return y > DBL_MAX ? DBL_MAX : y < -DBL_MAX ? -DBL_MAX : y;
}

/* root (n_near, n_near) of st->cov = root root', lower triangular; what is not positive counts as 0. */
static void root_of(const ces_state *st, double root[CES_PARTS][CES_PARTS]) {
    for (size_t i = 0; i < st->n_near; i++) {
        for (size_t k = 0; k <= i; k++) {
            double rest = st->cov[i][k];
            for (size_t l = 0; l < k; l++)
                rest -= root[i][l] * root[k][l];
            if (i == k)
                root[i][i] = rest > 0 ? sqrt(rest) : 0;
            else
                root[i][k] = root[k][k] > 0 ? rest / root[k][k] : 0;
        }
    }
}

/* env->n_paths sample paths: innovations in their echoes, one draw of the parameters and one of which
 * way the growth goes for a whole path, so that each step has the variance above. mean, own (horizon)
 * and near (n_near, horizon) are scaled forecasts. */
static norn_status draw_paths(norni_env *env, const ces_state *st, const double *mean,
                              const double *own, const double *near, size_t horizon,
                              norni_dist *out, norn_err *err) {
    const size_t n_paths = env->n_paths, n_near = st->n_near, n_draw = horizon + n_near + 1;
    const norni_rng rng = {env->seed, env->item};
    const double sigma = sqrt(st->sigma2);
    double root[CES_PARTS][CES_PARTS] = {{0}};
    double *psi = norni_arena_get(env->arena, horizon + n_draw, sizeof *psi);
    out->paths = norni_arena_get(env->arena, horizon * n_paths, sizeof *out->paths);
    if (!psi || !out->paths)
        return norni_alloc_fail(err, "ces", horizon * n_paths, sizeof *out->paths);
    double *draw = psi + horizon, *common = draw + horizon; /* common (n_near + 1) */
    echo r = echo_start(&st->now);
    psi[0] = 1;
    for (size_t h = 1; h < horizon; h++)
        psi[h] = echo_next(&st->now, &r);
    root_of(st, root);
    for (size_t p = 0; p < n_paths; p++) {
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "ces: cancelled");
        norni_rng_normals(rng, (uint64_t)p * n_draw, draw, n_draw);
        for (size_t h = 0; h < horizon; h++) {
            double off = 0, x = mean[h] + (own[h] - mean[h]) * common[n_near];
            for (size_t k = 0; k <= h; k++)
                off += psi[h - k] * draw[k];
            for (size_t i = 0; i < n_near; i++) {
                double moved = 0;
                for (size_t k = 0; k <= i; k++)
                    moved += root[i][k] * common[k];
                x += (near[i * horizon + h] - mean[h]) / CES_STEP * moved;
            }
            out->paths[h * n_paths + p] = restore(x + sigma * off, st->exponent);
        }
    }
    out->n_paths = n_paths;
    out->kind = NORNI_DIST_PATHS;
    return NORN_OK;
}

norn_status ces_predict(norni_env *env, const void *state, size_t g, size_t horizon,
                        bool want_levels, norni_dist *out, norn_err *err) {
    (void)g;
    const ces_state *st = state;
    const size_t n_near = want_levels ? st->n_near : 0;
    double *work = norni_arena_get(env->arena, (3 + n_near) * horizon, sizeof *work);
    if (work == NULL) return norni_alloc_fail(err, "ces", horizon, (3 + n_near) * sizeof *work);
    double *mean = work + horizon, *own = mean + horizon, *near = own + horizon;
    bool room = look_ahead(&st->now, st->damping, horizon, env->arena, work, mean) &&
                look_ahead(&st->now, 1, horizon, env->arena, work, own);
    for (size_t i = 0; i < n_near; i++)
        room = room &&
               look_ahead(&st->near[i], st->damping, horizon, env->arena, work, near + i * horizon);
    if (!room) return norni_alloc_fail(err, "ces", st->now.m, 2 * sizeof *work);
    echo r = echo_start(&st->now);
    double sum = 1;
    for (size_t h = 0; h < horizon; h++) {
        const double gap = own[h] - mean[h],
                     wrong = gap * gap + (n_near ? doubt(st, mean[h], near + h, horizon) : 0);
        out->mean[h] = restore(mean[h], st->exponent);
        out->sd[h] = restore(sqrt(st->sigma2 * sum + wrong), st->exponent);
        const double psi = echo_next(&st->now, &r);
        sum += psi * psi;
    }
    out->kind = NORNI_DIST_NORMAL;
    if (!want_levels || env->n_paths == 0 || isnan(st->sigma2)) return NORN_OK;
    return draw_paths(env, st, mean, own, near, horizon, out, err);
}
