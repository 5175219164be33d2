/* Complex exponential smoothing step by step, and its forecast distribution. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The model is linear: y_{n+h} = forecast + e_{n+h} + sum_{k<h} psi_k e_{n+h-k}, psi_k the forecast k
 * periods on from a unit innovation. So the variance is sigma^2 (1 + psi_1^2 + ... + psi_{h-1}^2),
 * exact for given parameters. (statsforecast adds noise to the states and runs on without any:
 * intervals that know nothing of e_{n+h} itself.) */
#include <math.h>
#include <string.h>

#include "models/ces/ces_state.h"

bool ces_walk_copy(const ces_walk *from, norni_arena *arena, ces_walk *out) {
    *out = *from;
    out->slot = norni_arena_get(arena, from->m, 2 * sizeof *out->slot);
    if (out->slot == NULL) return false;
    memcpy(out->slot, from->slot, from->m * 2 * sizeof *out->slot);
    return true;
}

void ces_walk_take(const ces_lanes *l, ces_walk *out) {
    out->form = l->form;
    out->m = l->m;
    out->j = 0;
    for (size_t i = 0; i < CES_PARTS; i++)
        out->par.v[i] = l->part[i][0];
    out->level = l->level[0];
    out->carry = l->carry[0];
    for (size_t j = 0; j < l->m; j++) {
        const double *slot = l->slot + j * 2 * CES_LANES;
        out->slot[2 * j] = l->form == CES_NONE ? 0 : slot[0];
        out->slot[2 * j + 1] = l->form == CES_NONE || l->form == CES_PARTIAL ? 0 : slot[CES_LANES];
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

norn_status ces_predict(norni_env *env, const void *state, size_t g, size_t horizon,
                        bool want_levels, norni_dist *out, norn_err *err) {
    (void)g, (void)want_levels;
    const ces_state *st = state;
    ces_walk w;
    if (!ces_walk_copy(&st->now, env->arena, &w))
        return norni_alloc_fail(err, "ces", st->now.m, 2 * sizeof *w.slot);
    echo r = echo_start(&w);
    double sum = 1;
    for (size_t h = 0; h < horizon; h++) {
        out->mean[h] = ldexp(ces_walk_step(&w, (double)NAN), st->exponent);
        out->sd[h] = ldexp(sqrt(st->sigma2 * sum), st->exponent);
        const double psi = echo_next(&w, &r);
        sum += psi * psi;
    }
    out->kind = NORNI_DIST_NORMAL;
    return NORN_OK;
}
