/* Rolling var, std, sem and z-score: sums of powers in exact parts, each window's result certain. */
/* SPDX-License-Identifier: Apache-2.0 */
/* roll_var.h says why results do not depend on neighbours. Here chunks are brought to a pivot and a
 * scale, and windows whose result was not certain are done again: a run of such windows as a chunk of
 * its own where its values lie closer together (the far side of a step), else one by one. */
#include "roll/roll_var.h"

#include "base/fp.h"

#include <math.h>

enum { DEEPEST = 12 };

typedef struct run {
    const double *x;
    const norni_roll_windows *w;
    norni_roll_central kind;
    int32_t ddof;
    norni_arena *arena;
    const norni_poll *poll;
    double *out; /* of window 0 */
    norn_err *err;
} run;

static size_t least_count(const run *r) {
    if (r->kind == NORNI_ROLL_KURT) return 4;
    if (r->kind == NORNI_ROLL_SKEW) return 3;
    return r->ddof < 0 ? 1 : (size_t)r->ddof + 1;
}

static double unscaled(norni_roll_central kind, double v, int e) {
    if (kind == NORNI_ROLL_VAR) return ldexp(v, 2 * e);
    return kind <= NORNI_ROLL_SEM ? ldexp(v, e) : v;
}

/* The values that are not missing before x[hi] and equal the last of them begin at *from. */
typedef struct equals {
    size_t seen, from;
    double value;
    bool any;
} equals;

static void look(equals *q, const double *x, size_t hi) {
    for (; q->seen < hi; q->seen++) {
        const double v = x[q->seen];
        if (norni_roll_missing(v)) continue;
        if (!q->any || v != q->value) q->from = q->seen;
        q->value = v, q->any = true;
    }
}

/* Windows [from, to) one by one; all equal: no variance, and no shape. A window that holds only
 * values equal to its last one begins at or behind the first of the run. */
static norn_status singly(const run *r, const norni_roll_chunk *c, size_t from, size_t to,
                          const double *count) {
    size_t lo, hi, work = 0;
    norni_roll_window(r->w, from, &lo, &hi);
    equals q = {.seen = lo, .from = lo};
    for (size_t k = from; k < to; k++) {
        norni_roll_window(r->w, k, &lo, &hi);
        const double n = count != NULL ? count[k - c->from] : (double)(hi - lo);
        if (n < (double)least_count(r) || n < (double)r->w->min_periods) continue;
        if (lo >= q.seen) q = (equals){.seen = lo, .from = lo};
        look(&q, r->x, hi);
        /* Missing values may lie between lo and the first equal one. */
        size_t first = lo;
        while (first < q.from && norni_roll_missing(r->x[first]))
            first++;
        int e = 0;
        if (first >= q.from) {
            r->out[k] = r->kind <= NORNI_ROLL_SEM ? 0 : NORNI_NAN;
        } else if (r->kind == NORNI_ROLL_ZSCORE && norni_roll_missing(r->x[hi - 1])) {
            r->out[k] = NORNI_NAN;
        } else {
            const double v = norni_roll_var_window(r->x + lo, hi - lo, r->kind, r->ddof, &e);
            r->out[k] = unscaled(r->kind, v, e);
            work += hi - lo;
        }
        if ((work += 4) > 1 << 16) {
            work = 0;
            if (norni_poll_stop(r->poll)) return norn_fail(r->err, NORN_E_CANCEL, "cancelled");
        }
    }
    return NORN_OK;
}

static norn_status do_chunk(const run *r, norni_roll_chunk *c, int depth);

static double half_range(const norni_roll_chunk *c) {
    return c->most * 0.5 - c->least * 0.5; /* the whole may overflow */
}

/* A run of uncertain windows: as a chunk with a pivot of its own where its values lie closer together,
 * or in quarters of which that may be true. */
static norn_status again(const run *r, const norni_roll_chunk *c, size_t from, size_t to,
                         const double *count, int depth) {
    const size_t n = to - from;
    if (n < 8 || depth == DEEPEST) return singly(r, c, from, to, count);
    norni_roll_chunk part = *c;
    size_t lo;
    part.from = from, part.to = to;
    norni_roll_window(r->w, from, &part.lo, &part.hi);
    norni_roll_window(r->w, to - 1, &lo, &part.hi);
    norni_roll_chunk_scan(&part, r->x);
    const double range = half_range(&part);
    if (range > 0 && range < half_range(c) / 16) return do_chunk(r, &part, depth + 1);
    if (range == 0 || n < 64 || n < 2 * c->longest) return singly(r, c, from, to, count);
    for (size_t k = 0; k < 4; k++)
        NORN_TRY(
            again(r, c, from + n / 4 * k, k < 3 ? from + n / 4 * (k + 1) : to, count, depth + 1));
    return NORN_OK;
}

/* c->to becomes what was done. */
static norn_status solve(const run *r, norni_roll_chunk *c, int depth) {
    double *y = norni_arena_get(r->arena, c->hi - c->lo + 1, sizeof *y), *count = NULL;
    if (c->missing) count = norni_arena_get(r->arena, c->to - c->from, sizeof *count);
    if (y == NULL || (c->missing && count == NULL))
        return norn_fail(r->err, NORN_E_MEM, "out of memory");
    const bool near =
        (c->least > 0 && c->most <= 2 * c->least) || (c->most < 0 && c->least >= 2 * c->most);
    const double pivot = near ? c->least + (c->most - c->least) / 2 : 0;
    int e;
    frexp(fmax(c->most - pivot, pivot - c->least), &e);
    if (e < -1000) e = -1000;
    norni_roll_chunk_copy(c, r->x, pivot, ldexp(1, -e), y);
    if (count != NULL) norni_roll_chunk_count(c, r->x, r->w, count);
    const int power = r->kind == NORNI_ROLL_VAR ? 2 * e : r->kind <= NORNI_ROLL_SEM ? e : 0;
    const bool at_once = power > -1000 && power < 1000;
    norni_roll_var_job j = {.w = r->w,
                            .c = *c,
                            .kind = r->kind,
                            .ddof = r->ddof,
                            .y = y,
                            .count = count,
                            .factor = at_once ? ldexp(1, power) : 1,
                            .out = r->out + c->from};
    c->to = c->from + norni_roll_var_slide(&j);
    for (size_t k = c->from; k < c->to && !at_once; k++)
        r->out[k] = ldexp(r->out[k], power);
    if (j.uncertain) {
        for (size_t k = c->from; k < c->to; k++) {
            if (r->out[k] == r->out[k]) continue;
            const size_t from = k;
            while (k < c->to && r->out[k] != r->out[k])
                k++;
            NORN_TRY(again(r, c, from, k, count, depth));
        }
    }
    const norni_roll_chunk done = *c;
    norni_roll_chunk_blank(&done, r->w, count, least_count(r), r->out + c->from);
    return NORN_OK;
}

static norn_status do_chunk(const run *r, norni_roll_chunk *c, int depth) {
    const size_t to = c->to;
    norn_status st = NORN_OK;
    while (st == NORN_OK && c->from < to) {
        const norni_arena_mark mark = norni_arena_mark_get(r->arena);
        if (norni_poll_stop(r->poll)) return norn_fail(r->err, NORN_E_CANCEL, "cancelled");
        c->to = to;
        st = solve(r, c, depth);
        norni_arena_rewind(r->arena, mark);
        c->from = c->to;
        if (depth == 0) break;
        size_t hi;
        if (c->from < to) norni_roll_window(r->w, c->from, &c->lo, &hi);
    }
    return st;
}

norn_status norni_roll_central_run(const double *x, const norni_roll_windows *w,
                                   norni_roll_central kind, int32_t ddof, norni_arena *arena,
                                   const norni_poll *poll, double *out, norn_err *err) {
    const run r = {x, w, kind, ddof, arena, poll, out, err};
    for (size_t k = 0; k < w->n_out;) {
        norni_roll_chunk c = norni_roll_chunk_at(x, w, k);
        NORN_TRY(do_chunk(&r, &c, 0));
        k = c.from;
    }
    if (kind == NORNI_ROLL_ZSCORE) { /* of a missing value there is none */
        for (size_t k = 0; k < w->n_out; k++) {
            size_t lo, hi;
            norni_roll_window(w, k, &lo, &hi);
            if (hi > lo && norni_roll_missing(x[hi - 1])) out[k] = NORNI_NAN;
        }
    }
    return NORN_OK;
}

norn_status norni_roll_var(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                           norni_arena *arena, const norni_poll *poll, double *out, norn_err *err) {
    return norni_roll_central_run(x, w, NORNI_ROLL_VAR, arg->ddof, arena, poll, out, err);
}

norn_status norni_roll_std(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                           norni_arena *arena, const norni_poll *poll, double *out, norn_err *err) {
    return norni_roll_central_run(x, w, NORNI_ROLL_STD, arg->ddof, arena, poll, out, err);
}

norn_status norni_roll_sem(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                           norni_arena *arena, const norni_poll *poll, double *out, norn_err *err) {
    return norni_roll_central_run(x, w, NORNI_ROLL_SEM, arg->ddof, arena, poll, out, err);
}

norn_status norni_roll_zscore(const double *x, const norni_roll_windows *w,
                              const norni_roll_arg *arg, norni_arena *arena, const norni_poll *poll,
                              double *out, norn_err *err) {
    return norni_roll_central_run(x, w, NORNI_ROLL_ZSCORE, arg->ddof, arena, poll, out, err);
}
