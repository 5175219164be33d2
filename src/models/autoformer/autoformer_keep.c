/* An Autoformer kept: its sizes, scales, weights and bases as bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "base/pack.h"
#include "models/autoformer/autoformer_learner.h"

#define AUTOFORMER_TAG UINT32_C(0x314D4641) /* "AFM1" */
enum { MOST_ROWS = 1 << 24, MOST_WIDE = 16384, MOST_LAYERS = 16, MOST_NETS = 100 };

/* The fields of a shape that others do not follow from, in the order of the file. */
static const struct {
    size_t offset;
    uint32_t least, most;
} fields[] = {
    {offsetof(autoformer_shape, channels), 1, MOST_ROWS},
    {offsetof(autoformer_shape, targets), 1, MOST_ROWS},
    {offsetof(autoformer_shape, marks), 0, AUTOFORMER_MARKS},
    {offsetof(autoformer_shape, len_enc), 2, MOST_ROWS},
    {offsetof(autoformer_shape, len_label), 1, MOST_ROWS},
    {offsetof(autoformer_shape, horizon), 1, MOST_ROWS},
    {offsetof(autoformer_shape, d), 8, MOST_WIDE},
    {offsetof(autoformer_shape, ff), 8, MOST_WIDE},
    {offsetof(autoformer_shape, n_enc), 1, MOST_LAYERS},
    {offsetof(autoformer_shape, n_dec), 1, MOST_LAYERS},
    {offsetof(autoformer_shape, window), 1, 999},
    {offsetof(autoformer_shape, lags_enc), 1, NORNI_AUTOFORMER_LAGS},
    {offsetof(autoformer_shape, lags_dec), 1, NORNI_AUTOFORMER_LAGS},
};
enum { N_FIELDS = sizeof fields / sizeof *fields };

norn_status autoformer_save(const void *state, norni_buf *out, norn_err *err) {
    const autoformer_state *st = state;
    const autoformer_shape *s = &st->shape;
    norni_pack_u32(out, AUTOFORMER_TAG);
    for (size_t i = 0; i < N_FIELDS; i++)
        norni_pack_u32(out, (uint32_t) * (const size_t *)((const char *)s + fields[i].offset));
    norni_pack_u32(out, (uint32_t)st->calendar.unit);
    norni_pack_u32(out, (uint32_t)st->calendar.n_season);
    for (size_t k = 0; k < st->calendar.n_season; k++)
        norni_pack_i32(out, st->calendar.season[k]);
    for (size_t j = 0; j < s->channels; j++) {
        const autoformer_channel *c = &st->channel[j];
        norni_pack_i64(out, c->column == SIZE_MAX ? -1 : (int64_t)c->column);
        norni_pack_f64(out, c->mean);
        norni_pack_f64(out, c->sd);
        norni_pack_i32(out, c->exponent);
        norni_pack_u32(out, c->seen);
        norni_pack_u32(out, c->constant);
    }
    norni_pack_u32(out, (uint32_t)st->epochs);
    norni_pack_u32(out, (uint32_t)st->steps);
    norni_pack_f64(out, st->valid_loss);
    norni_pack_u32(out, (uint32_t)st->n_nets);
    for (size_t k = 0; k < st->n_nets; k++)
        for (size_t i = 0; i < autoformer_weights(s); i++)
            norni_pack_f32(out, (double)st->w[k][i]);
    norni_pack_u32(out, st->base != NULL);
    for (size_t j = 0; st->base && j < s->targets; j++)
        norni_pack_u32(out, st->base_only[j]);
    for (size_t i = 0; st->base && i < s->targets * s->horizon; i++)
        NORN_TRY(norni_base_save(st->base[i], out, err));
    return out->failed ? norni_alloc_fail(err, "autoformer", out->cap, 2) : NORN_OK;
}

static void read_shape(norni_unpack *u, autoformer_shape *s, autoformer_calendar *c) {
    u->failed = u->failed || norni_unpack_u32(u) != AUTOFORMER_TAG;
    for (size_t i = 0; i < N_FIELDS; i++)
        *(size_t *)((char *)s + fields[i].offset) =
            norni_unpack_count(u, fields[i].least, fields[i].most);
    s->len_dec = s->len_label + s->horizon;
    c->unit = (norni_unit)norni_unpack_count(u, 0, NORNI_UNIT_IRREGULAR);
    c->n_season = norni_unpack_count(u, 0, AUTOFORMER_SEASONS);
    for (size_t k = 0; k < c->n_season; k++) {
        c->season[k] = norni_unpack_i32(u);
        u->failed = u->failed || c->season[k] < 2;
    }
    if (s->targets > s->channels || s->len_label > s->len_enc || s->window % 2 == 0 || s->d % 8 ||
        s->ff % 8 || s->lags_enc > s->len_enc || s->lags_dec > s->len_dec ||
        s->marks != autoformer_marks_count(c))
        u->failed = true;
}

static void read_channel(norni_unpack *u, autoformer_channel *c) {
    const int64_t column = norni_unpack_between(u, -1, INT32_MAX);
    c->column = column < 0 ? SIZE_MAX : (size_t)column;
    c->mean = norni_unpack_within(u, -DBL_MAX, DBL_MAX);
    c->sd = norni_unpack_within(u, DBL_MIN, DBL_MAX);
    c->exponent = norni_unpack_i32(u);
    c->seen = norni_unpack_count(u, 0, 1);
    c->constant = norni_unpack_count(u, 0, 1);
    u->failed = u->failed || c->exponent < -1200 || c->exponent > 1200;
}

static norn_status read_nets(norni_env *env, norni_unpack *u, autoformer_state *st, norn_err *err) {
    const size_t n = autoformer_weights(&st->shape);
    st->n_nets = norni_unpack_count(u, 1, MOST_NETS);
    size_t all;
    if (!norni_mul_size(st->n_nets, n, &all) || !norni_unpack_has(u, all, 4)) return NORN_OK;
    st->w = norni_arena_get(env->arena, st->n_nets, sizeof *st->w);
    if (!st->w) return norni_alloc_fail(err, "autoformer", st->n_nets, sizeof *st->w);
    for (size_t k = 0; k < st->n_nets; k++) {
        st->w[k] = norni_arena_get(env->arena, n, sizeof **st->w);
        if (!st->w[k]) return norni_alloc_fail(err, "autoformer", n, sizeof **st->w);
        for (size_t i = 0; i < n; i++) {
            st->w[k][i] = (float)norni_unpack_f32(u);
            u->failed = u->failed || !isfinite(st->w[k][i]);
        }
    }
    return NORN_OK;
}

static norn_status read_bases(norni_env *env, norni_unpack *u, autoformer_state *st,
                              norn_err *err) {
    const autoformer_shape *s = &st->shape;
    if (!norni_unpack_count(u, 0, 1)) return NORN_OK;
    if (!norni_unpack_has(u, s->targets * s->horizon, 4)) return NORN_OK;
    st->base = norni_arena_get(env->arena, s->targets * s->horizon, sizeof *st->base);
    if (!st->base) return norni_alloc_fail(err, "autoformer", s->targets, sizeof *st->base);
    for (size_t j = 0; j < s->targets; j++)
        st->base_only[j] = norni_unpack_count(u, 0, 1);
    for (size_t i = 0; i < s->targets * s->horizon; i++)
        NORN_TRY(norni_base_load(env->arena, u, &st->base[i], err));
    return NORN_OK;
}

norn_status autoformer_load(norni_env *env, const void *opt, norni_str saved, void **state,
                            norn_err *err) {
    norni_unpack u = {saved, false};
    autoformer_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    (void)opt;
    if (!st) return norni_alloc_fail(err, "autoformer", 1, sizeof *st);
    read_shape(&u, &st->shape, &st->calendar);
    if (!u.failed && norni_unpack_has(&u, st->shape.channels, 32)) {
        st->channel = norni_arena_get(env->arena, st->shape.channels, sizeof *st->channel);
        st->base_only = norni_arena_zero(env->arena, st->shape.targets, sizeof *st->base_only);
        if (!st->channel || !st->base_only)
            return norni_alloc_fail(err, "autoformer", st->shape.channels, sizeof *st->channel);
        for (size_t j = 0; j < st->shape.channels; j++)
            read_channel(&u, &st->channel[j]);
        st->epochs = norni_unpack_u32(&u), st->steps = norni_unpack_u32(&u);
        st->valid_loss = norni_unpack_f64(&u);
        NORN_TRY(read_nets(env, &u, st, err));
        if (!u.failed) NORN_TRY(read_bases(env, &u, st, err));
    }
    if (!norni_unpack_end(&u))
        return norn_fail(err, NORN_E_FORMAT, "autoformer: the saved model is damaged");
    *state = st;
    return NORN_OK;
}
