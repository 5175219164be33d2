/* Rolling count, first and last: the values that stand in a window, without arithmetic. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "roll/roll.h"

enum { STRIDE = 1 << 16 };

/* Two ends that only move forward, with how many values between them are not missing, and the last of
 * those. */
typedef struct span {
    size_t lo, hi, n_valid, last;
} span;

static void move(span *s, const double *x, size_t lo, size_t hi) {
    if (lo >= s->hi) *s = (span){lo, lo, 0, lo};
    for (; s->hi < hi; s->hi++) {
        const bool valid = !norni_roll_missing(x[s->hi]);
        s->n_valid += valid;
        s->last = valid ? s->hi : s->last;
    }
    for (; s->lo < lo; s->lo++)
        s->n_valid -= !norni_roll_missing(x[s->lo]);
}

/* How many windows behind [lo, hi) follow it step by step, neither cut nor beyond what a poll allows. */
static size_t steps(const norni_roll_windows *w, size_t k, size_t lo, size_t hi) {
    if (w->lo != NULL || hi - lo != w->length) return 0;
    const size_t left = w->n_out - k - 1, room = w->n - hi;
    const size_t n = left < room ? left : room;
    return n < STRIDE ? n : STRIDE;
}

/* pandas' rule: infinities are there, and min_periods counts rows, missing or not. */
norn_status norni_roll_count(const double *x, const norni_roll_windows *w,
                             const norni_roll_arg *arg, norni_arena *arena, const norni_poll *poll,
                             double *out, norn_err *err) {
    (void)arg, (void)arena;
    size_t at = 0, end = 0, n = 0, polled = 0; /* n values that are there in [at, end) */
    for (size_t k = 0; k < w->n_out; k++) {
        size_t lo, hi;
        if (k >= polled) {
            if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
            polled = k + STRIDE;
        }
        norni_roll_window(w, k, &lo, &hi);
        if (lo >= end) at = end = lo, n = 0;
        for (; end < hi; end++)
            n += isnan(x[end]) ? 0 : 1;
        for (; at < lo; at++)
            n -= isnan(x[at]) ? 0 : 1;
        out[k] = hi - lo < w->min_periods ? NORNI_NAN : (double)n;
        if (hi - lo < w->min_periods) continue;
        for (size_t m = steps(w, k, lo, hi); m > 0; m--) {
            n += isnan(x[end++]) ? 0 : 1;
            n -= isnan(x[at++]) ? 0 : 1;
            out[++k] = (double)n;
        }
    }
    return NORN_OK;
}

/* The window's first (or last) value that is not missing: pandas' rule. */
static norn_status pick(const double *x, const norni_roll_windows *w, bool last,
                        const norni_poll *poll, double *out, norn_err *err) {
    span s = {0};
    size_t first = 0, polled = 0; /* where the search for the first goes on */
    for (size_t k = 0; k < w->n_out; k++) {
        size_t lo, hi;
        if (k >= polled) {
            if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
            polled = k + STRIDE;
        }
        norni_roll_window(w, k, &lo, &hi);
        move(&s, x, lo, hi);
        if (s.n_valid == 0 || s.n_valid < w->min_periods) {
            out[k] = NORNI_NAN;
            continue;
        }
        for (first = first < lo ? lo : first; !last && norni_roll_missing(x[first]);)
            first++;
        out[k] = x[last ? s.last : first];
        if (s.n_valid < hi - lo) continue;
        /* nothing is missing, up to the next missing value: the window's ends themselves */
        for (size_t m = steps(w, k, lo, hi); m > 0 && !norni_roll_missing(x[s.hi]); m--) {
            s.last = s.hi++;
            s.lo++;
            out[++k] = x[last ? s.last : s.lo];
        }
    }
    return NORN_OK;
}

norn_status norni_roll_first(const double *x, const norni_roll_windows *w,
                             const norni_roll_arg *arg, norni_arena *arena, const norni_poll *poll,
                             double *out, norn_err *err) {
    (void)arg, (void)arena;
    return pick(x, w, false, poll, out, err);
}

norn_status norni_roll_last(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                            norni_arena *arena, const norni_poll *poll, double *out,
                            norn_err *err) {
    (void)arg, (void)arena;
    return pick(x, w, true, poll, out, err);
}
