/* Rolling var, std, sem and z-score: sums of powers in exact parts, each window's result certain. */
/* SPDX-License-Identifier: Apache-2.0 */
/* roll_var.h says why results do not depend on neighbours. Here chunks are brought to a pivot and a
 * scale for sums that slide. Where many windows' results are not certain, which is where values differ
 * much in size, all of the chunk is done again about values of the windows, and the next chunks at
 * once so; few windows are done again one by one. Each way gives a window the same bits. */
#include "roll/roll_var.h"

#include "base/fp.h"

#include <math.h>

enum {
    TRUSTED = 7, /* chunks until sums that slide are tried again */
    PROBE = 256, /* windows that they are tried on */
    SAMPLE = 32  /* values that tell whether to */
};

/* What is known of values equal to the last one: windows come in order. */
typedef struct equals {
    size_t seen;   /* values looked at, up to here */
    size_t before; /* the last one that differs from the latest ones; NONE */
    size_t last;   /* the last one that is not missing; NONE */
} equals;

static const size_t NONE = ~(size_t)0;

typedef struct run {
    const double *x;
    const norni_roll_windows *w;
    norni_roll_central kind;
    int32_t ddof;
    norni_arena *arena;
    const norni_poll *poll;
    double *out; /* of window 0 */
    norn_err *err;
    norni_roll_var_queue *queue;
    equals equal;
    int mistrust; /* chunks to be done without sums that slide */
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

/* Looks at values up to x[hi]; false: stopped. */
static bool look(run *r, size_t lo, size_t hi) {
    equals *q = &r->equal;
    if (lo >= q->seen) *q = (equals){lo, NONE, NONE};
    for (; q->seen < hi; q->seen++) {
        const double v = r->x[q->seen];
        if (q->seen % (1 << 17) == 0 && norni_poll_stop(r->poll)) return false;
        if (norni_roll_missing(v)) continue;
        if (q->last != NONE && v != r->x[q->last]) q->before = q->last;
        q->last = q->seen;
    }
    return true;
}

/* Window k, which has n values: if all are equal there is no variance, and no shape. */
static bool by_itself(run *r, size_t k, double n) {
    size_t lo, hi;
    int e = 0;
    double v;
    norni_roll_window(r->w, k, &lo, &hi);
    if (!look(r, lo, hi)) return false;
    if (r->equal.before == NONE || r->equal.before < lo) {
        r->out[k] = r->kind <= NORNI_ROLL_SEM ? 0 : NORNI_NAN;
        return true;
    }
    if (r->kind == NORNI_ROLL_ZSCORE && norni_roll_missing(r->x[hi - 1])) return true; /* NaN */
    if (!norni_roll_var_queue_at(r->queue, lo, hi, n, &v, &e)) return false;
    if (v != v && !norni_roll_var_window(r->x + lo, hi - lo, r->kind, r->ddof, r->poll, &v, &e))
        return false;
    r->out[k] = unscaled(r->kind, v, e);
    return true;
}

static double values_of(const run *r, const norni_roll_chunk *c, size_t k, const double *count) {
    size_t lo, hi;
    if (count != NULL) return count[k - c->from];
    norni_roll_window(r->w, k, &lo, &hi);
    return (double)(hi - lo);
}

/* Windows of the chunk without a result that have enough values for one. */
static norn_status singly(run *r, const norni_roll_chunk *c, const double *count) {
    const double least = fmax((double)least_count(r), (double)r->w->min_periods);
    size_t work = 0;
    for (size_t k = c->from; k < c->to; k++) {
        if (r->out[k] == r->out[k]) continue;
        const double n = values_of(r, c, k, count);
        if (n < least) continue;
        const bool stop = ++work % 8192 == 0 && norni_poll_stop(r->poll);
        if (stop || !by_itself(r, k, n)) return norn_fail(r->err, NORN_E_CANCEL, "cancelled");
    }
    return NORN_OK;
}

/* Where windows are uncertain, whether by the queue they would cost more than all of the chunk in lanes. */
static bool are_many(const run *r, const norni_roll_chunk *c, const double *count) {
    const double least = fmax((double)least_count(r), (double)r->w->min_periods);
    size_t n = 0;
    for (size_t k = c->from; k < c->to; k++)
        n += r->out[k] != r->out[k] && values_of(r, c, k, count) >= least;
    const size_t all = c->to - c->from;
    return n > all / 16 || (c->regular && n * c->longest > all / 2);
}

static bool stacked(run *r, norni_roll_var_job *j, double *y) {
    for (size_t i = j->c.lo; i < j->c.hi && j->count != NULL; i++) {
        if (norni_roll_missing(r->x[i])) y[i - j->c.lo] = NORNI_NAN;
    }
    return norni_roll_var_stack(j, r->arena);
}

/* The chunk's values as y; e: the scale's exponent. */
static void prepare(const run *r, const norni_roll_chunk *c, double *y, int *e) {
    const bool near =
        (c->least > 0 && c->most <= 2 * c->least) || (c->most < 0 && c->least >= 2 * c->most);
    const double pivot = near ? c->least + (c->most - c->least) / 2 : 0;
    frexp(fmax(c->most - pivot, pivot - c->least), e);
    if (*e < -1000) *e = -1000;
    norni_roll_chunk_copy(c, r->x, pivot, ldexp(1, -*e), y);
}

/* Whether half of some values are small beside the chunk's largest, as where single ones stand out. */
static bool is_suspect(const norni_roll_chunk *c, const double *y) {
    const size_t n = c->hi - c->lo, step = n / SAMPLE;
    int n_small = 0;
    for (size_t i = 0; i < SAMPLE; i++)
        n_small += fabs(y[i * step]) < 0x1p-7;
    return n_small > SAMPLE / 2;
}

/* Sums that slide, if they do not fail the first of many windows already. */
static bool slide(run *r, norni_roll_var_job *j) {
    const size_t to = j->c.to;
    if (to - j->c.from >= 16 * PROBE && j->c.longest < 8 * PROBE && is_suspect(&j->c, j->y)) {
        j->c.to = j->c.from + PROBE;
        norni_roll_var_slide(j);
        const bool many = j->uncertain && are_many(r, &j->c, j->count);
        j->c.to = to;
        if (many) return false;
    }
    j->uncertain = false;
    j->c.to = j->c.from + norni_roll_var_slide(j);
    return !j->uncertain || !are_many(r, &j->c, j->count);
}

/* c->to becomes what was done. */
static norn_status solve(run *r, norni_roll_chunk *c) {
    double *y = norni_arena_get(r->arena, c->hi - c->lo + 1, sizeof *y), *count = NULL;
    int e;
    if (c->missing) count = norni_arena_get(r->arena, c->to - c->from, sizeof *count);
    if (y == NULL || (c->missing && count == NULL))
        return norn_fail(r->err, NORN_E_MEM, "out of memory");
    prepare(r, c, y, &e);
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
                            .out = r->out + c->from,
                            .uncertain = false};
    if (r->mistrust > 0 || !slide(r, &j)) {
        r->mistrust = r->mistrust > 0 ? r->mistrust - 1 : TRUSTED;
        if (!stacked(r, &j, y)) {
            j.uncertain = true;
            for (size_t k = c->from; k < j.c.to; k++)
                r->out[k] = NORNI_NAN;
        }
    }
    c->to = j.c.to;
    for (size_t k = c->from; k < c->to && !at_once; k++)
        r->out[k] = ldexp(r->out[k], power);
    if (j.uncertain) NORN_TRY(singly(r, c, count));
    norni_roll_chunk_blank(c, r->w, count, least_count(r), r->out + c->from);
    return NORN_OK;
}

norn_status norni_roll_central_run(const double *x, const norni_roll_windows *w,
                                   norni_roll_central kind, int32_t ddof, norni_arena *arena,
                                   const norni_poll *poll, double *out, norn_err *err) {
    const norni_arena_mark start = norni_arena_mark_get(arena);
    run r = {.x = x, .w = w, .kind = kind, .ddof = ddof, .arena = arena, .poll = poll, .out = out};
    norn_status st = NORN_OK;
    r.err = err;
    r.queue = norni_roll_var_queue_make(x, w, kind, ddof, poll, arena);
    if (r.queue == NULL) st = norn_fail(err, NORN_E_MEM, "out of memory");
    for (size_t k = 0; k < w->n_out && st == NORN_OK;) {
        norni_roll_chunk c = norni_roll_chunk_at(x, w, k);
        const norni_arena_mark mark = norni_arena_mark_get(arena);
        st = norni_poll_stop(poll) ? norn_fail(err, NORN_E_CANCEL, "cancelled") : solve(&r, &c);
        norni_arena_rewind(arena, mark);
        k = c.to;
    }
    norni_arena_rewind(arena, start);
    if (st != NORN_OK) return st;
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
