/* MSTL kept: the last cycle of every season and the base model as bytes, moved on by new values. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The seasons stay as they were fitted: new observations less them go to the base model. Where the
 * base model cannot serve missing values, a missing new one is the last observed one. */
#include <math.h>

#include "base/pack.h"
#include "models/mstl/mstl_state.h"

#define MSTL_TAG UINT32_C(0x3154534D) /* "MST1" */
enum { MOST_SEASONS = 1000, MOST_PERIOD = 100000 };

norn_status mstl_save(const void *state, size_t g, norni_buf *out, norn_err *err) {
    const mstl_state *st = state;
    norni_buf base;
    if (st->base->save == NULL)
        return norn_fail(err, NORN_E_ARG, "mstl: its trend model %s cannot be kept",
                         st->base->name);
    norni_buf_init(&base, out->alloc);
    norn_status status = st->base->save(st->base_state, g, &base, err);
    if (status == NORN_OK) {
        norni_pack_u32(out, MSTL_TAG);
        norni_pack_str(out, norni_str_of(st->base->name));
        norni_pack_str(out, (norni_str){base.p, base.n});
        norni_pack_i64(out, (int64_t)st->n);
        norni_pack_f64(out, st->last);
        norni_pack_u32(out, (uint32_t)st->n_season);
        for (size_t k = 0; k < st->n_season; k++) {
            norni_pack_u32(out, (uint32_t)st->period[k]);
            norni_pack_f64s(out, st->figure[k], (size_t)st->period[k]);
        }
        if (out->failed) status = norni_alloc_fail(err, "mstl", out->cap, 2);
    }
    norni_buf_clear(&base);
    return status;
}

/* Reads up to the base model's bytes. */
static norni_str read_base(norni_unpack *u, const char *base) {
    if (norni_unpack_u32(u) != MSTL_TAG) u->failed = true;
    if (u->failed || !norni_str_is(norni_unpack_str(u), base)) u->failed = true;
    return norni_unpack_str(u);
}

norni_str mstl_base_bytes(norni_str saved, const char *base) {
    norni_unpack u = {saved, false};
    if (saved.n == 0) return saved;
    const norni_str bytes = read_base(&u, base);
    return u.failed ? (norni_str){NULL, 0} : bytes;
}

/* false: memory is out. */
static bool read_seasons(norni_unpack *u, mstl_state *st, norni_arena *arena) {
    const uint32_t n = norni_unpack_count(u, 0, MOST_SEASONS);
    if (!norni_unpack_has(u, n, 4)) return true;
    st->period = norni_arena_get(arena, n, sizeof *st->period);
    st->figure = norni_arena_get(arena, n, sizeof *st->figure);
    if (!st->period || !st->figure) return false;
    for (; st->n_season < n; st->n_season++) {
        const uint32_t m = norni_unpack_count(u, 2, MOST_PERIOD);
        if (!norni_unpack_has(u, m, 8)) return true;
        double *figure = norni_arena_get(arena, m, sizeof *figure);
        if (figure == NULL) return false;
        norni_unpack_finite(u, figure, m);
        st->period[st->n_season] = (int32_t)m;
        st->figure[st->n_season] = figure;
    }
    return true;
}

norn_status mstl_load(norni_env *env, const void *opt, norni_str saved, void **state,
                      norn_err *err) {
    norni_unpack u = {saved, false};
    mstl_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, "mstl", 1, sizeof *st);
    NORN_TRY(mstl_base(env, opt, st, err));
    if (st->base->load == NULL)
        return norn_fail(err, NORN_E_ARG, "mstl: its trend model %s cannot be kept",
                         st->base->name);
    const norni_str base = read_base(&u, st->base->name);
    st->n = (size_t)norni_unpack_between(&u, 1, INT64_MAX / 2);
    st->last = norni_unpack_f64(&u);
    if (!isfinite(st->last)) u.failed = true;
    if (!read_seasons(&u, st, env->arena)) return norni_alloc_fail(err, "mstl", saved.n, 1);
    if (!norni_unpack_end(&u))
        return norn_fail(err, NORN_E_FORMAT,
                         "mstl: the kept model is damaged or not one with the trend model %s",
                         st->base->name);
    NORN_TRY(st->base->load(env, st->base_opt, base, &st->base_state, err));
    *state = st;
    return NORN_OK;
}

norn_status mstl_update(norni_env *env, void *state, const norni_series *more, norn_err *err) {
    mstl_state *st = state;
    norni_series inner = *more;
    double *x = norni_arena_get(env->arena, more->n, sizeof *x), last = st->last;
    if (x == NULL) return norni_alloc_fail(err, "mstl", more->n, sizeof *x);
    for (size_t k = 0; k < more->n; k++) {
        x[k] = more->y[k] - mstl_season_at(st, st->n + k);
        if (!isnan(x[k]))
            last = x[k];
        else if (!st->base->missing)
            x[k] = last;
    }
    if (st->base->update == NULL)
        return norn_fail(err, NORN_E_ARG, "mstl: its trend model %s cannot be moved on",
                         st->base->name);
    inner.y = x;
    inner.n_season = 0;
    inner.season = NULL;
    NORN_TRY(st->base->update(env, st->base_state, &inner, err));
    st->n += more->n;
    st->last = last;
    return NORN_OK;
}
