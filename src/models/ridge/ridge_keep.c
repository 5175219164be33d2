/* The ridge learner's fit as bytes, and back. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "base/pack.h"
#include "models/ridge/ridge_state.h"

#define RIDGE_TAG UINT32_C(0x31474452) /* "RDG1" */
enum {
    MOST_TARGETS = 1 << 20,
    MOST_HORIZON = 1 << 24,
    MOST_COLUMNS = 1 << 26,
    MOST_BACK = 1 << 20
};

static void save_scale(const ridge_scale *s, norni_buf *out) {
    norni_pack_f64(out, s->mean);
    norni_pack_f64(out, s->sd);
    norni_pack_f64(out, s->low);
    norni_pack_f64(out, s->high);
}

/* The target whose map this is too, or its own number. */
static size_t map_of(const ridge_state *st, size_t c) {
    for (size_t k = 0; k < c; k++)
        if (st->target[k].window == st->target[c].window &&
            st->target[k].lookback == st->target[c].lookback)
            return k;
    return c;
}

static void save_target(const ridge_state *st, size_t c, norni_buf *out) {
    const ridge_target *tg = st->target + c;
    norni_pack_u32(out, (uint32_t)tg->kind);
    save_scale(&tg->scale, out);
    norni_pack_f64s(out, tg->error, RIDGE_KINDS);
    norni_pack_f64s(out, tg->penalty, RIDGE_STEPS);
    norni_pack_u32(out, tg->beta ? 1 : 0);
    if (tg->beta) {
        norni_pack_f64s(out, tg->beta, st->n_columns * st->horizon);
        norni_pack_f64s(out, tg->intercept, st->horizon);
    }
    norni_pack_u32(out, (uint32_t)tg->lookback);
    if (!tg->window) return;
    const size_t same = map_of(st, c);
    norni_pack_u32(out, (uint32_t)same);
    if (same == c) norni_pack_f64s(out, tg->window, tg->lookback * st->horizon);
}

norn_status ridge_save(const ridge_state *st, norni_buf *out, norn_err *err) {
    norni_pack_u32(out, RIDGE_TAG);
    norni_pack_u32(out, (uint32_t)st->n_targets);
    norni_pack_u32(out, (uint32_t)st->horizon);
    norni_pack_u32(out, (uint32_t)st->n_features);
    norni_pack_u32(out, (uint32_t)st->n_columns);
    norni_pack_u32(out, (uint32_t)st->n_step);
    norni_pack_i64(out, (int64_t)st->n_rows);
    for (size_t j = 0; j < st->n_columns; j++) {
        const ridge_column *c = st->column + j;
        norni_pack_u32(out, c->feature);
        norni_pack_i32(out, c->code);
        norni_pack_u32(out, (c->shifted ? 1U : 0U) + (c->carried ? 2U : 0U));
        save_scale(&c->scale, out);
    }
    norni_pack_u32(out, (uint32_t)st->n_members);
    for (size_t i = 0; i < st->n_members; i++) {
        const window_member *m = st->member + i;
        norni_pack_u32(out, m->individual ? 1 : 0);
        norni_pack_u32(out, (uint32_t)m->lookback);
        norni_pack_f64(out, m->penalty);
        norni_pack_f64(out, m->tail_error);
        norni_pack_f64(out, m->weight);
    }
    for (size_t c = 0; c < st->n_targets; c++)
        save_target(st, c, out);
    return out->failed ? norn_fail(err, NORN_E_MEM, "ridge: no memory to save it") : NORN_OK;
}

static void load_scale(norni_unpack *u, ridge_scale *s) {
    s->mean = norni_unpack_within(u, -DBL_MAX, DBL_MAX);
    s->sd = norni_unpack_within(u, 0, DBL_MAX);
    s->low = norni_unpack_within(u, -NORNI_INF, NORNI_INF);
    s->high = norni_unpack_within(u, -NORNI_INF, NORNI_INF);
}

/* (n) finite numbers, or NULL with u->failed, or NULL: memory is out. */
static double *load_numbers(norni_env *env, norni_unpack *u, size_t n) {
    if (!norni_unpack_has(u, n, 8)) return NULL;
    double *x = norni_arena_get(env->arena, n + 1, sizeof *x);
    if (x) norni_unpack_finite(u, x, n);
    return x;
}

static bool load_window(norni_env *env, norni_unpack *u, ridge_state *st, size_t c) {
    ridge_target *tg = st->target + c;
    tg->lookback = norni_unpack_count(u, 0, MOST_BACK);
    const bool wants = tg->kind != RIDGE_FEATURES;
    if (u->failed || wants != (tg->lookback > 0)) u->failed = true;
    if (u->failed || !wants) return true;
    const size_t same = norni_unpack_count(u, 0, (uint32_t)c);
    if (u->failed) return true;
    if (same == c) {
        tg->window = load_numbers(env, u, tg->lookback * st->horizon);
        return tg->window || u->failed;
    }
    tg->window = st->target[same].window;
    if (!tg->window || st->target[same].lookback != tg->lookback) u->failed = true;
    return true;
}

/* false: memory is out. */
static bool load_target(norni_env *env, norni_unpack *u, ridge_state *st, size_t c) {
    ridge_target *tg = st->target + c;
    tg->kind = (ridge_kind)norni_unpack_count(u, 0, RIDGE_KINDS - 1);
    load_scale(u, &tg->scale);
    norni_unpack_f64s(u, tg->error, RIDGE_KINDS);
    norni_unpack_finite(u, tg->penalty, RIDGE_STEPS);
    const bool has = norni_unpack_count(u, 0, 1) == 1;
    if (has != (tg->kind == RIDGE_FEATURES || tg->kind == RIDGE_BOTH)) u->failed = true;
    if (u->failed) return true;
    if (has) {
        tg->beta = load_numbers(env, u, st->n_columns * st->horizon);
        if (!tg->beta) return u->failed;
        tg->intercept = load_numbers(env, u, st->horizon);
        if (!tg->intercept) return u->failed;
    }
    return load_window(env, u, st, c);
}

static bool load_columns(norni_env *env, norni_unpack *u, ridge_state *st) {
    if (!norni_unpack_has(u, st->n_columns, 44)) return true;
    ridge_column *column = norni_arena_get(env->arena, st->n_columns + 1, sizeof *column);
    if (!column) return false;
    for (size_t j = 0; j < st->n_columns; j++) {
        ridge_column *c = column + j;
        c->feature = norni_unpack_count(u, 0, UINT32_MAX);
        c->code = norni_unpack_i32(u);
        const uint32_t how = norni_unpack_count(u, 0, 3);
        c->shifted = how % 2 == 1;
        c->carried = how >= 2;
        load_scale(u, &c->scale);
        if (c->feature >= st->n_features || c->code < -1 || c->code > 63) u->failed = true;
    }
    st->column = column;
    return true;
}

static void load_members(norni_unpack *u, ridge_state *st) {
    st->n_members = norni_unpack_count(u, 0, WINDOW_MOST_MEMBERS);
    for (size_t i = 0; i < st->n_members; i++) {
        window_member *m = st->member + i;
        m->individual = norni_unpack_count(u, 0, 1) == 1;
        m->lookback = norni_unpack_count(u, 1, MOST_BACK);
        m->penalty = norni_unpack_within(u, 0, DBL_MAX);
        m->tail_error = norni_unpack_f64(u);
        m->weight = norni_unpack_within(u, 0, 2);
    }
}

norn_status ridge_load(norni_env *env, norni_str saved, ridge_state **out, norn_err *err) {
    norni_unpack u = {saved, false};
    ridge_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (!st) return norn_fail(err, NORN_E_MEM, "ridge: no memory");
    if (norni_unpack_u32(&u) != RIDGE_TAG) u.failed = true;
    st->n_targets = norni_unpack_count(&u, 1, MOST_TARGETS);
    st->horizon = norni_unpack_count(&u, 1, MOST_HORIZON);
    st->n_features = norni_unpack_count(&u, 0, MOST_COLUMNS);
    st->n_columns = norni_unpack_count(&u, 0, MOST_COLUMNS);
    st->n_step = norni_unpack_count(&u, 1, RIDGE_STEPS);
    st->n_rows = (size_t)norni_unpack_between(&u, 0, INT64_MAX / 2);
    bool room = load_columns(env, &u, st);
    if (room && !u.failed) load_members(&u, st);
    if (room && !u.failed && norni_unpack_has(&u, st->n_targets, 84)) {
        st->target = norni_arena_zero(env->arena, st->n_targets, sizeof *st->target);
        room = st->target != NULL;
        for (size_t c = 0; room && !u.failed && c < st->n_targets; c++)
            room = load_target(env, &u, st, c);
    }
    if (!room) return norn_fail(err, NORN_E_MEM, "ridge: no memory to load it");
    if (!norni_unpack_end(&u))
        return norn_fail(err, NORN_E_FORMAT, "ridge: the kept model is damaged or not a ridge");
    *out = st;
    return NORN_OK;
}
