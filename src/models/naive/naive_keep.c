/* The simple models kept: their state as bytes, and moved on by new observations. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters (the variance, drift's slope, naive2's indices) stay as they were fitted; what is
 * carried on, ages and the mean are the state. */
#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "base/pack.h"
#include "models/naive/naive_state.h"
#include "num/extent.h"

#define NAIVE_TAG UINT32_C(0x3149414E) /* "NAI1" */
enum { MOST_EXPONENT = 1100, MOST_SEASON = 100000, MOST_WINDOW = 1000000 };

const char *naive_name(naive_kind kind) {
    static const char *const names[] = {"naive", "naive2", "seasonal_naive",
                                        "drift", "mean",   "window_average"};
    return names[kind];
}

static size_t count_seen(const double *x, size_t n) {
    size_t seen = 0;
    for (size_t t = 0; t < n; t++)
        seen += isnan(x[t]) ? 0 : 1;
    return seen;
}

norn_status naive_save(const void *state, size_t g, norni_buf *out, norn_err *err) {
    (void)g;
    const naive_state *st = state;
    norni_pack_u32(out, NAIVE_TAG);
    norni_pack_u32(out, (uint32_t)st->kind);
    norni_pack_i32(out, st->exponent);
    norni_pack_i64(out, (int64_t)st->n);
    norni_pack_f64(out, st->variance);
    if (st->kind == MEAN) {
        norni_pack_f64(out, st->mean);
        norni_pack_i64(out, (int64_t)st->n_mean);
    } else if (st->kind == WINDOW_AVERAGE) {
        norni_pack_u32(out, (uint32_t)count_seen(st->tail, st->n_tail));
        for (size_t t = 0; t < st->n_tail; t++)
            if (!isnan(st->tail[t])) norni_pack_f64(out, st->tail[t]);
    } else {
        norni_pack_u32(out, (uint32_t)st->m);
        norni_pack_f64(out, st->newest);
        for (size_t j = 0; j < st->m; j++) {
            norni_pack_f64(out, st->last[j]);
            norni_pack_u32(out, (uint32_t)st->age[j]);
        }
    }
    if (st->kind == DRIFT) {
        norni_pack_f64(out, st->slope);
        norni_pack_f64(out, st->slope_se);
    }
    if (st->kind == NAIVE2) {
        norni_pack_u32(out, (uint32_t)st->n_figure);
        norni_pack_f64s(out, st->figure, st->n_figure);
    }
    return out->failed ? norni_alloc_fail(err, naive_name(st->kind), out->cap, 2) : NORN_OK;
}

/* A number that may be missing, but not infinite. */
static double number_or_nan(norni_unpack *u) {
    const double x = norni_unpack_f64(u);
    if (isinf(x)) u->failed = true;
    return x;
}

/* A variance or standard error: none, or not below 0. */
static double spread(norni_unpack *u) {
    const double x = number_or_nan(u);
    if (x < 0) u->failed = true;
    return x;
}

/* false: memory is out. */
static bool read_carried(norni_unpack *u, naive_state *st, norni_arena *arena) {
    const uint32_t most = st->kind == SEASONAL_NAIVE ? MOST_SEASON : 1;
    st->m = norni_unpack_count(u, 1, most);
    st->newest = norni_unpack_within(u, -DBL_MAX, DBL_MAX);
    if (!norni_unpack_has(u, st->m, 12)) return true;
    st->last = norni_arena_get(arena, 2 * st->m, sizeof *st->last);
    if (st->last == NULL) return false;
    st->age = st->last + st->m;
    for (size_t j = 0; j < st->m; j++) {
        st->last[j] = number_or_nan(u);
        st->age[j] = norni_unpack_u32(u);
    }
    return true;
}

static bool read_window(norni_unpack *u, naive_state *st, norni_arena *arena) {
    st->n_tail =
        norni_unpack_count(u, 1, st->window < MOST_WINDOW ? (uint32_t)st->window : MOST_WINDOW);
    if (!norni_unpack_has(u, st->n_tail, 8)) return true;
    double *tail = norni_arena_get(arena, st->n_tail, sizeof *tail);
    if (tail == NULL) return false;
    norni_unpack_finite(u, tail, st->n_tail);
    st->tail = tail;
    double ignored;
    st->n_mean = norni_mean_var(tail, st->n_tail, 1, &st->mean, &ignored);
    return true;
}

static bool read_figure(norni_unpack *u, naive_state *st, norni_arena *arena) {
    st->n_figure = norni_unpack_count(u, 0, MOST_SEASON);
    if (st->n_figure == 0 || !norni_unpack_has(u, st->n_figure, 8)) return true;
    st->figure = norni_arena_get(arena, st->n_figure, sizeof *st->figure);
    if (st->figure == NULL) return false;
    norni_unpack_finite(u, st->figure, st->n_figure);
    for (size_t j = 0; j < st->n_figure; j++)
        u->failed = u->failed || st->figure[j] == 0;
    return true;
}

norn_status naive_load(norni_env *env, naive_kind kind, size_t window, norni_str saved,
                       void **state, norn_err *err) {
    norni_unpack u = {saved, false};
    bool room = true;
    naive_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, naive_name(kind), 1, sizeof *st);
    if (norni_unpack_u32(&u) != NAIVE_TAG) u.failed = true;
    if (norni_unpack_u32(&u) != (uint32_t)kind) u.failed = true;
    *st = (naive_state){.kind = kind, .m = 1, .window = window};
    st->exponent = norni_unpack_i32(&u);
    if (st->exponent > MOST_EXPONENT || st->exponent < -MOST_EXPONENT) u.failed = true;
    st->n = (size_t)norni_unpack_between(&u, 1, INT64_MAX / 2);
    st->variance = spread(&u);
    if (kind == MEAN) {
        st->mean = norni_unpack_within(&u, -DBL_MAX, DBL_MAX);
        st->n_mean = (size_t)norni_unpack_between(&u, 1, (int64_t)st->n);
    } else {
        room = kind == WINDOW_AVERAGE ? read_window(&u, st, env->arena)
                                      : read_carried(&u, st, env->arena);
    }
    if (kind == DRIFT) {
        st->slope = norni_unpack_within(&u, -DBL_MAX, DBL_MAX);
        st->slope_se = spread(&u);
    }
    if (kind == NAIVE2) room = room && read_figure(&u, st, env->arena);
    if (!room) return norni_alloc_fail(err, naive_name(kind), saved.n, 8);
    if (!norni_unpack_end(&u))
        return norn_fail(err, NORN_E_FORMAT,
                         "%s: the kept model is damaged or not one of this kind", naive_name(kind));
    *state = st;
    return NORN_OK;
}

/* The last `window` of the values before and of x (n). */
static bool move_window(naive_state *st, const double *x, size_t n, norni_arena *arena) {
    size_t count = 0, from;
    double *all = norni_arena_get(arena, st->n_tail + n, sizeof *all);
    if (all == NULL) return false;
    for (size_t t = 0; t < st->n_tail + n; t++) {
        const double v = t < st->n_tail ? st->tail[t] : x[t - st->n_tail];
        if (!isnan(v)) all[count++] = v;
    }
    from = count > st->window ? count - st->window : 0;
    st->tail = all + from;
    st->n_tail = count - from;
    st->n_mean = norni_mean_var(st->tail, st->n_tail, 1, &st->mean, &st->variance);
    if (st->n_mean < 2) st->variance = NORNI_NAN;
    return true;
}

static void move_carried(naive_state *st, const double *x, size_t n) {
    for (size_t k = 0; k < n; k++) {
        const size_t t = st->n + k, j = t % st->m;
        st->age[j] += 1;
        if (isnan(x[k])) continue;
        st->newest = st->last[j] = st->figure ? x[k] / st->figure[t % st->n_figure] : x[k];
        st->age[j] = 0;
    }
}

static void move_mean(naive_state *st, const double *x, size_t n) {
    for (size_t k = 0; k < n; k++) {
        if (isnan(x[k])) continue;
        st->n_mean++;
        st->mean += (x[k] - st->mean) / (double)st->n_mean;
    }
}

norn_status naive_update(norni_env *env, void *state, const norni_series *more, norn_err *err) {
    naive_state *st = state;
    double *x = norni_arena_get(env->arena, more->n, sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, naive_name(st->kind), more->n, sizeof *x);
    norni_rescale(more->y, more->n, st->exponent, x);
    for (size_t k = 0; k < more->n; k++) {
        if (isinf(x[k]))
            return norn_fail(err, NORN_E_DATA,
                             "%s: a new value is infinite, or out of all proportion to the earlier "
                             "ones; fit the series again",
                             naive_name(st->kind));
    }
    if (st->kind == MEAN)
        move_mean(st, x, more->n);
    else if (st->kind != WINDOW_AVERAGE)
        move_carried(st, x, more->n);
    else if (!move_window(st, x, more->n, env->arena))
        return norni_alloc_fail(err, naive_name(st->kind), st->n_tail + more->n, sizeof *x);
    st->n += more->n;
    return NORN_OK;
}
