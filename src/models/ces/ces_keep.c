/* Complex exponential smoothing kept: its state as bytes, moved on by new observations. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "base/pack.h"
#include "models/ces/ces_state.h"

#define CES_TAG UINT32_C(0x31534543) /* "CES1" */
enum { MOST_EXPONENT = 1100, MOST_SEASON = 1 << 24 };

norn_status ces_save(const void *state, size_t g, norni_buf *out, norn_err *err) {
    (void)g;
    const ces_state *st = state;
    const ces_walk *w = &st->now;
    norni_pack_u32(out, CES_TAG);
    for (size_t f = 0; f < CES_N_FORMS; f++) {
        norni_pack_u32(out, st->tried[f]);
        if (st->tried[f]) norni_pack_f64s(out, st->best[f].v, CES_PARTS);
    }
    norni_pack_u32(out, (uint32_t)w->form);
    norni_pack_i32(out, st->exponent);
    norni_pack_f64(out, st->sigma2);
    norni_pack_f64(out, st->aicc);
    norni_pack_f64s(out, w->par.v, CES_PARTS);
    norni_pack_f64(out, w->level);
    norni_pack_f64(out, w->carry);
    norni_pack_u32(out, (uint32_t)w->m);
    norni_pack_u32(out, (uint32_t)w->j);
    norni_pack_f64s(out, w->slot, 2 * w->m);
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

norn_status ces_load(norni_env *env, const void *opt, norni_str saved, void **state,
                     norn_err *err) {
    (void)opt;
    norni_unpack u = {saved, false};
    ces_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, "ces", 1, sizeof *st);
    ces_walk *w = &st->now;
    if (norni_unpack_u32(&u) != CES_TAG) u.failed = true;
    read_forms(&u, st->tried, st->best);
    w->form = (ces_form)norni_unpack_count(&u, 0, CES_FULL);
    st->exponent = norni_unpack_i32(&u);
    if (st->exponent > MOST_EXPONENT || st->exponent < -MOST_EXPONENT) u.failed = true;
    st->sigma2 = norni_unpack_f64(&u);
    st->aicc = norni_unpack_f64(&u);
    if (!isnan(st->sigma2) && !(st->sigma2 >= 0 && st->sigma2 <= DBL_MAX)) u.failed = true;
    read_param(&u, &w->par);
    norni_unpack_finite(&u, &w->level, 1);
    norni_unpack_finite(&u, &w->carry, 1);
    w->m = norni_unpack_count(&u, 1, w->form == CES_NONE ? 1 : MOST_SEASON);
    w->j = norni_unpack_count(&u, 0, (uint32_t)w->m - 1);
    if (!norni_unpack_has(&u, w->m, 2 * sizeof *w->slot)) w->m = 1;
    w->slot = norni_arena_get(env->arena, w->m, 2 * sizeof *w->slot);
    if (w->slot == NULL) return norni_alloc_fail(err, "ces", w->m, 2 * sizeof *w->slot);
    norni_unpack_finite(&u, w->slot, 2 * w->m);
    if (!norni_unpack_end(&u))
        return norn_fail(err, NORN_E_FORMAT,
                         "ces: the kept model is damaged or not one of this kind");
    *state = st;
    return NORN_OK;
}

norn_status ces_update(norni_env *env, void *state, const norni_series *more, norn_err *err) {
    ces_state *st = state;
    ces_walk next;
    if (!ces_walk_copy(&st->now, env->arena, &next))
        return norni_alloc_fail(err, "ces", st->now.m, 2 * sizeof *next.slot);
    for (size_t t = 0; t < more->n; t++) {
        const double *slot = next.slot + 2 * next.j;
        const double y = ldexp(more->y[t], -st->exponent);
        (void)ces_walk_step(&next, y);
        if (!isfinite(next.level) || !isfinite(next.carry) || !isfinite(slot[0]) ||
            !isfinite(slot[1]))
            return norn_fail(
                err, NORN_E_DATA,
                "ces: a new value is infinite, or out of all proportion to the earlier "
                "ones; fit the series again");
    }
    st->now = next;
    return NORN_OK;
}
