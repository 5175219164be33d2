/* Complex exponential smoothing kept: its state as bytes, moved on by new observations. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "base/pack.h"
#include "models/ces/ces_state.h"

#define CES_TAG UINT32_C(0x31534543) /* "CES1" */
enum { MOST_EXPONENT = 1100, MOST_SEASON = 1 << 24 };

/* What a walk holds beside its parameters; form, season and place are the first one's. */
static void save_walk(const ces_walk *w, norni_buf *out) {
    norni_pack_f64s(out, w->par.v, CES_PARTS);
    norni_pack_f64(out, w->level);
    norni_pack_f64(out, w->carry);
    norni_pack_f64s(out, w->slot, 2 * w->m);
}

norn_status ces_save(const void *state, size_t g, norni_buf *out, norn_err *err) {
    (void)g;
    const ces_state *st = state;
    norni_pack_u32(out, CES_TAG);
    for (size_t f = 0; f < CES_N_FORMS; f++) {
        norni_pack_u32(out, st->tried[f]);
        if (st->tried[f]) norni_pack_f64s(out, st->best[f].v, CES_PARTS);
    }
    norni_pack_u32(out, (uint32_t)st->now.form);
    norni_pack_i32(out, st->exponent);
    norni_pack_f64(out, st->sigma2);
    norni_pack_f64(out, st->aicc);
    norni_pack_f64(out, st->damping);
    norni_pack_u32(out, (uint32_t)st->now.m);
    norni_pack_u32(out, (uint32_t)st->now.j);
    norni_pack_u32(out, (uint32_t)st->n_near);
    save_walk(&st->now, out);
    for (size_t i = 0; i < st->n_near; i++) {
        norni_pack_f64s(out, st->cov[i], st->n_near);
        save_walk(&st->near[i], out);
    }
    return out->failed ? norni_alloc_fail(err, "ces", out->cap, 2) : NORN_OK;
}

/* Any region that a search stays in lies within +-4. */
static void read_param(norni_unpack *u, ces_param *p) {
    for (size_t i = 0; i < CES_PARTS; i++)
        p->v[i] = norni_unpack_within(u, -4, 4);
}

static void read_forms(norni_unpack *u, bool tried[CES_N_FORMS], ces_param best[CES_N_FORMS]) {
    for (size_t f = 0; f < CES_N_FORMS; f++) {
        tried[f] = norni_unpack_count(u, 0, 1) == 1;
        if (tried[f]) read_param(u, &best[f]);
    }
}

bool ces_kept_forms(norni_str saved, bool tried[CES_N_FORMS], ces_param best[CES_N_FORMS]) {
    norni_unpack u = {saved, false};
    if (saved.n == 0 || norni_unpack_u32(&u) != CES_TAG) return false;
    read_forms(&u, tried, best);
    return !u.failed;
}

/* A number that may be missing, but not infinite. */
static double number_or_nan(norni_unpack *u) {
    const double x = norni_unpack_f64(u);
    if (isinf(x)) u->failed = true;
    return x;
}

/* The slots are given; `like`: whose form, season and place it has. */
static bool load_walk(norni_unpack *u, const ces_walk *like, norni_arena *arena, ces_walk *w) {
    w->form = like->form;
    w->m = like->m;
    w->j = like->j;
    read_param(u, &w->par);
    norni_unpack_finite(u, &w->level, 1);
    norni_unpack_finite(u, &w->carry, 1);
    w->slot = norni_arena_zero(arena, w->m, 2 * sizeof *w->slot);
    if (w->slot == NULL) return false;
    norni_unpack_finite(u, w->slot, 2 * w->m);
    return true;
}

static void read_head(norni_unpack *u, ces_state *st) {
    if (norni_unpack_u32(u) != CES_TAG) u->failed = true;
    read_forms(u, st->tried, st->best);
    st->now.form = (ces_form)norni_unpack_count(u, 0, CES_FULL);
    st->exponent = norni_unpack_i32(u);
    if (st->exponent > MOST_EXPONENT || st->exponent < -MOST_EXPONENT) u->failed = true;
    st->sigma2 = number_or_nan(u);
    if (st->sigma2 < 0) u->failed = true;
    st->aicc = norni_unpack_f64(u);
    st->damping = norni_unpack_within(u, 0, 1);
    st->now.m = norni_unpack_count(u, 1, st->now.form == CES_NONE ? 1 : MOST_SEASON);
    st->now.j = norni_unpack_count(u, 0, (uint32_t)st->now.m - 1);
    st->n_near = norni_unpack_count(u, 0, (uint32_t)ces_n_param(st->now.form));
    if (!norni_unpack_has(u, (st->n_near + 1) * st->now.m, 2 * sizeof(double))) {
        st->now.m = 1;
        st->now.j = 0;
        st->n_near = 0;
    }
}

norn_status ces_load(norni_env *env, const void *opt, norni_str saved, void **state,
                     norn_err *err) {
    (void)opt;
    norni_unpack u = {saved, false};
    ces_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, "ces", 1, sizeof *st);
    read_head(&u, st);
    bool room = load_walk(&u, &st->now, env->arena, &st->now);
    for (size_t i = 0; i < st->n_near && room; i++) {
        norni_unpack_finite(&u, st->cov[i], st->n_near);
        room = load_walk(&u, &st->now, env->arena, &st->near[i]);
    }
    if (!room) return norni_alloc_fail(err, "ces", st->now.m, 2 * sizeof(double));
    if (!norni_unpack_end(&u))
        return norn_fail(err, NORN_E_FORMAT,
                         "ces: the kept model is damaged or not one of this kind");
    *state = st;
    return NORN_OK;
}

/* False: a value that the state cannot take. */
static bool move_on(ces_walk *w, int exponent, const norni_series *more) {
    for (size_t t = 0; t < more->n; t++) {
        const double *slot = w->slot + 2 * w->j;
        (void)ces_walk_step(w, ldexp(more->y[t], -exponent));
        if (!isfinite(w->level) || !isfinite(w->carry) || !isfinite(slot[0]) || !isfinite(slot[1]))
            return false;
    }
    return true;
}

norn_status ces_update(norni_env *env, void *state, const norni_series *more, norn_err *err) {
    ces_state *st = state;
    ces_walk now, near[CES_PARTS];
    bool room = ces_walk_copy(&st->now, env->arena, &now);
    for (size_t i = 0; i < st->n_near; i++)
        room = room && ces_walk_copy(&st->near[i], env->arena, &near[i]);
    if (!room) return norni_alloc_fail(err, "ces", st->now.m, 2 * sizeof(double));
    bool sound = move_on(&now, st->exponent, more);
    for (size_t i = 0; i < st->n_near; i++)
        sound = sound && move_on(&near[i], st->exponent, more);
    if (!sound)
        return norn_fail(err, NORN_E_DATA,
                         "ces: a new value is infinite, or out of all proportion to the earlier "
                         "ones; fit the series again");
    st->now = now;
    for (size_t i = 0; i < st->n_near; i++)
        st->near[i] = near[i];
    return NORN_OK;
}
