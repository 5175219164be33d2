/* Rolling minimum, maximum and their places, over fixed windows and over any ascending bounds. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed windows go through the lanes of roll_extreme_lanes.c. Other bounds take two stacks as a queue:
 * a front of suffix minima up to some place, and one running minimum behind it; when windows begin
 * behind the front, the values in between become the new front, so that each value is looked at
 * twice. The front keeps only where windows still begin: expanding windows need one value.
 *
 * A place is found from the minima. While the minimum and its place stay in the window, the place
 * stands; where it changed, the new one lies among the new values; where it fell out, the search goes
 * on behind it. Such searches never pass a value twice.
 *
 * A zero comes out as +0 whatever its sign; ties give the first place. Places count from the
 * window's first value that exists (windows are cut to the array). */
#include "roll/roll_extreme_lanes.h"

enum { STRIDE = 1 << 14 };

static norn_status cancelled(norn_err *err) {
    return norn_fail(err, NORN_E_CANCEL, "cancelled");
}

typedef struct front {
    double *suffix; /* minima of [p, end), p = base .. */
    size_t base, end;
    double behind; /* the minimum of [end, hi) */
    size_t hi;
} front;

/* The minimum of [lo, hi), of many values in eight chains. */
static inline double least(const double *x, size_t lo, size_t hi, bool flip) {
    double m[8];
    if (hi - lo < 16) {
        double one = NORNI_INF;
        for (; lo < hi; lo++) {
            const double v = norni_roll_extreme_ready(x[lo], flip);
            one = v < one ? v : one;
        }
        return one;
    }
    for (int i = 0; i < 8; i++)
        m[i] = NORNI_INF;
    for (; hi - lo >= 8; lo += 8) {
        for (size_t i = 0; i < 8; i++) {
            const double v = norni_roll_extreme_ready(x[lo + i], flip);
            m[i] = v < m[i] ? v : m[i];
        }
    }
    for (; lo < hi; lo++) {
        const double v = norni_roll_extreme_ready(x[lo], flip);
        m[0] = v < m[0] ? v : m[0];
    }
    for (int i = 1; i < 8; i++)
        m[0] = m[i] < m[0] ? m[i] : m[0];
    return m[0];
}

/* Suffix minima at lo .. last, where windows may still begin. */
static void rebuild(front *f, const double *x, size_t lo, size_t hi, size_t last, bool flip) {
    size_t p = last + 1 < hi ? last + 1 : hi;
    double m = p < hi ? least(x, p, hi, flip) : NORNI_INF;
    f->base = lo, f->end = f->hi = hi;
    f->behind = NORNI_INF;
    while (p-- > lo) {
        const double v = norni_roll_extreme_ready(x[p], flip);
        m = v < m ? v : m;
        f->suffix[p - lo] = m;
    }
}

/* Values that a front may have to keep; `last` is where the last window begins. */
static size_t front_size(const norni_roll_windows *w, size_t *last) {
    size_t lo, hi, first, size = 0;
    norni_roll_window(w, 0, &first, &hi);
    norni_roll_window(w, w->n_out - 1, last, &hi);
    const size_t most = *last - first + 1;
    for (size_t k = 0; k < w->n_out && size < most; k++) {
        norni_roll_window(w, k, &lo, &hi);
        if (hi - lo > size) size = hi - lo;
    }
    return size < most ? size : most;
}

/* Windows from .. to-1. */
static inline __attribute__((always_inline)) void advance(front *f, const double *x,
                                                          const norni_roll_windows *w, size_t from,
                                                          size_t to, size_t last, bool flip,
                                                          double *out) {
    for (size_t k = from; k < to; k++) {
        size_t lo, hi;
        norni_roll_window(w, k, &lo, &hi);
        if (k == 0 || lo >= f->end) {
            rebuild(f, x, lo, hi, last, flip);
        } else if (hi > f->hi) {
            const double v = least(x, f->hi, hi, flip);
            f->behind = v < f->behind ? v : f->behind;
            f->hi = hi;
        }
        double m = f->behind;
        if (lo < f->end && f->suffix[lo - f->base] < m) m = f->suffix[lo - f->base];
        out[k] = m == NORNI_INF ? NORNI_NAN : flip ? 0.0 - m : m;
    }
}

static norn_status by_queue(const double *x, const norni_roll_windows *w, bool flip,
                            norni_arena *arena, const norni_poll *poll, double *out,
                            norn_err *err) {
    size_t last = 0;
    const size_t size = front_size(w, &last);
    front f = {.suffix = norni_arena_get(arena, size + 1, sizeof(double))};
    if (f.suffix == NULL) return norni_alloc_fail(err, "roll", size + 1, sizeof(double));
    for (size_t k = 0; k < w->n_out; k += STRIDE) {
        const size_t end = w->n_out - k < STRIDE ? w->n_out : k + STRIDE;
        if (norni_poll_stop(poll)) return cancelled(err);
        if (flip)
            advance(&f, x, w, k, end, last, true, out);
        else
            advance(&f, x, w, k, end, last, false, out);
    }
    return NORN_OK;
}

/* NaN where a fixed window cut by the array's ends is too short; no value is missing. */
static void drop_cut(const norni_roll_windows *w, double *out) {
    if (w->min_periods > w->length) {
        for (size_t k = 0; k < w->n_out; k++)
            out[k] = NORNI_NAN;
        return;
    }
    const ptrdiff_t least_end = (ptrdiff_t)w->min_periods - w->first_end,
                    most_end = (ptrdiff_t)(w->n + (w->length - w->min_periods)) - w->first_end;
    for (ptrdiff_t k = 0; k < least_end && k < (ptrdiff_t)w->n_out; k++)
        out[k] = NORNI_NAN;
    for (ptrdiff_t k = most_end < 0 ? 0 : most_end + 1; k < (ptrdiff_t)w->n_out; k++)
        out[k] = NORNI_NAN;
}

/* Valid values of [from, to). */
typedef struct tally {
    size_t from, to, n_valid;
} tally;

/* The windows behind window k that lie inside of the array, as k does, up to STRIDE: one comes, one goes. */
static size_t drop_inside(const double *x, const norni_roll_windows *w, size_t k, tally *t,
                          double *out) {
    const size_t room = w->n - t->to, left = w->n_out - 1 - k, both = left < room ? left : room;
    const size_t count = both < STRIDE ? both : STRIDE;
    const double *in = x + t->to, *gone = x + t->from, nan = NORNI_NAN;
    size_t n_valid = t->n_valid;
    out += k + 1;
    for (size_t i = 0; i < count; i++) {
        n_valid += (size_t)!norni_roll_missing(in[i]) - (size_t)!norni_roll_missing(gone[i]);
        out[i] = n_valid < w->min_periods ? nan : out[i];
    }
    *t = (tally){t->from + count, t->to + count, n_valid};
    return k + count;
}

/* NaN where fewer than min_periods values are valid. */
static norn_status drop_few(const double *x, const norni_roll_windows *w, bool missing,
                            const norni_poll *poll, double *out, norn_err *err) {
    if (w->min_periods <= 1) return NORN_OK;
    if (!missing) {
        drop_cut(w, out);
        return NORN_OK;
    }
    tally t = {0};
    for (size_t k = 0, polled = 0; k < w->n_out; k++) {
        size_t lo, hi;
        if (k >= polled) {
            if (norni_poll_stop(poll)) return cancelled(err);
            polled = k + STRIDE;
        }
        norni_roll_window(w, k, &lo, &hi);
        if (lo >= t.to) t = (tally){lo, lo, 0};
        for (; t.to < hi; t.to++)
            t.n_valid += !norni_roll_missing(x[t.to]);
        for (; t.from < lo; t.from++)
            t.n_valid -= !norni_roll_missing(x[t.from]);
        if (t.n_valid < w->min_periods) out[k] = NORNI_NAN;
        if (w->lo == NULL && hi - lo == w->length) k = drop_inside(x, w, k, &t, out);
    }
    return NORN_OK;
}

/* Fixed windows of which some are whole. */
static bool in_lanes(const norni_roll_windows *w) {
    return w->lo == NULL && w->length > 0 && w->length <= w->n;
}

static norni_roll_extreme_fixed fixed_of(const double *x, const norni_roll_windows *w, bool flip,
                                         const norni_poll *poll) {
    return (norni_roll_extreme_fixed){
        .x = x,
        .n = w->n,
        .first = w->first_end - (ptrdiff_t)w->length,
        .length = w->length,
        .flip = flip,
        .poll = poll,
    };
}

/* Minima whatever the count; *missing: whether counts must be looked at. */
static norn_status extremes(const double *x, const norni_roll_windows *w, bool flip,
                            norni_arena *arena, const norni_poll *poll, double *out, bool *missing,
                            norn_err *err) {
    *missing = true;
    if (norni_poll_stop(poll)) return cancelled(err);
    if (!in_lanes(w)) return by_queue(x, w, flip, arena, poll, out, err);
    norni_roll_extreme_fixed f = fixed_of(x, w, flip, poll);
    const size_t size = norni_roll_extreme_scratch(w->length, w->n_out);
    double *scratch = size == 0 ? NULL : norni_arena_get(arena, size, sizeof *scratch);
    if (size > 0 && scratch == NULL) return norni_alloc_fail(err, "roll", size, sizeof(double));
    norni_roll_extreme_sweep(&f, w->n_out, scratch, out);
    *missing = f.missing;
    return f.cancelled ? cancelled(err) : NORN_OK;
}

static norn_status extreme(const double *x, const norni_roll_windows *w, bool flip,
                           norni_arena *arena, const norni_poll *poll, double *out, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    bool missing;
    if (w->n_out == 0) return NORN_OK;
    norn_status st = extremes(x, w, flip, arena, poll, out, &missing, err);
    if (st == NORN_OK) st = drop_few(x, w, missing, poll, out, err);
    norni_arena_rewind(arena, mark);
    return st;
}

/* Places in the stead of the minima in out. */
static norn_status find_places(const double *x, const norni_roll_windows *w, const norni_poll *poll,
                               double *out, norn_err *err) {
    size_t place = 0, hi_before = 0;
    double least_before = NORNI_NAN; /* at `place`; NaN: none */
    for (size_t k = 0; k < w->n_out;) {
        const size_t end = w->n_out - k < STRIDE ? w->n_out : k + STRIDE;
        if (norni_poll_stop(poll)) return cancelled(err);
        for (; k < end; k++) {
            size_t lo, hi;
            const double m = out[k];
            norni_roll_window(w, k, &lo, &hi);
            if (m == m && !(m == least_before && place >= lo)) {
                place = least_before == least_before && place >= lo ? hi_before : lo;
                while (x[place] != m)
                    place++;
            }
            least_before = m, hi_before = hi;
            if (m == m) out[k] = (double)(place - lo);
        }
    }
    return NORN_OK;
}

/* Places in short windows begin at the window's first element; cut windows begin at 0. */
static void shift_cut(const norni_roll_windows *w, double *out) {
    for (size_t k = 0; k < w->n_out; k++) {
        const ptrdiff_t begin = w->first_end + (ptrdiff_t)k - (ptrdiff_t)w->length;
        if (begin >= 0) return;
        out[k] += (double)begin;
    }
}

static norn_status place(const double *x, const norni_roll_windows *w, bool flip,
                         norni_arena *arena, const norni_poll *poll, double *out, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    norn_status st = NORN_OK;
    bool missing;
    if (w->n_out == 0) return NORN_OK;
    if (in_lanes(w) && w->length <= NORNI_ROLL_EXTREME_SHORT) {
        norni_roll_extreme_fixed f = fixed_of(x, w, flip, poll);
        norni_roll_extreme_place(&f, w->n_out, out);
        shift_cut(w, out);
        missing = f.missing;
    } else {
        st = extremes(x, w, flip, arena, poll, out, &missing, err);
        if (st == NORN_OK) st = find_places(x, w, poll, out, err);
    }
    if (st == NORN_OK) st = drop_few(x, w, missing, poll, out, err);
    norni_arena_rewind(arena, mark);
    return st;
}

norn_status norni_roll_min(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                           norni_arena *arena, const norni_poll *poll, double *out, norn_err *err) {
    (void)arg;
    return extreme(x, w, false, arena, poll, out, err);
}

norn_status norni_roll_max(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                           norni_arena *arena, const norni_poll *poll, double *out, norn_err *err) {
    (void)arg;
    return extreme(x, w, true, arena, poll, out, err);
}

norn_status norni_roll_argmin(const double *x, const norni_roll_windows *w,
                              const norni_roll_arg *arg, norni_arena *arena, const norni_poll *poll,
                              double *out, norn_err *err) {
    (void)arg;
    return place(x, w, false, arena, poll, out, err);
}

norn_status norni_roll_argmax(const double *x, const norni_roll_windows *w,
                              const norni_roll_arg *arg, norni_arena *arena, const norni_poll *poll,
                              double *out, norn_err *err) {
    (void)arg;
    return place(x, w, true, arena, poll, out, err);
}
