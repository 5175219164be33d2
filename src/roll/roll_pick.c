/* Rolling count, first and last: the values that stand in a window, without arithmetic. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fp.h"
#include "roll/roll.h"

enum { STRIDE = 1 << 16 };

/* Two ends that only move forward, with how many values between them are not missing. */
typedef struct span {
    size_t lo, hi, n_valid;
} span;

static void move(span *s, const double *x, size_t lo, size_t hi) {
    if (lo >= s->hi) *s = (span){lo, lo, 0};
    for (; s->hi < hi; s->hi++)
        s->n_valid += !norni_roll_missing(x[s->hi]);
    for (; s->lo < lo; s->lo++)
        s->n_valid -= !norni_roll_missing(x[s->lo]);
}

norn_status norni_roll_count(const double *x, const norni_roll_windows *w,
                             const norni_roll_arg *arg, norni_arena *arena, const norni_poll *poll,
                             double *out, norn_err *err) {
    (void)arg, (void)arena;
    span s = {0};
    for (size_t k = 0; k < w->n_out; k++) {
        size_t lo, hi;
        if (k % STRIDE == 0 && norni_poll_stop(poll))
            return norn_fail(err, NORN_E_CANCEL, "cancelled");
        norni_roll_window(w, k, &lo, &hi);
        move(&s, x, lo, hi);
        out[k] = s.n_valid < w->min_periods ? NORNI_NAN : (double)s.n_valid;
    }
    return NORN_OK;
}

/* The window's first (or last) value, be it missing or not, where enough are valid: pandas' rule. */
static norn_status pick(const double *x, const norni_roll_windows *w, bool last,
                        const norni_poll *poll, double *out, norn_err *err) {
    span s = {0};
    for (size_t k = 0; k < w->n_out; k++) {
        size_t lo, hi;
        if (k % STRIDE == 0 && norni_poll_stop(poll))
            return norn_fail(err, NORN_E_CANCEL, "cancelled");
        norni_roll_window(w, k, &lo, &hi);
        move(&s, x, lo, hi);
        const bool enough = hi > lo && s.n_valid >= w->min_periods;
        const double v = enough ? x[last ? hi - 1 : lo] : NORNI_NAN;
        out[k] = norni_roll_missing(v) ? NORNI_NAN : v;
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
