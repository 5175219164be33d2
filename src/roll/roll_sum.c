/* Rolling sum and mean: the exact sum of each window, rounded once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "roll/roll.h"

#include "base/fp.h"
#include "roll/roll_sum_wide.h"

#include <math.h>

enum { STRIDE = 1 << 13 };

/* The values of [lo, hi) that are not missing: their exact sum and how many they are. */
typedef struct span {
    norni_wide sum;
    size_t lo, hi, n;
} span;

static void enter(span *s, double x, int sign) {
    if (norni_roll_missing(x)) return;
    norni_wide_add(&s->sum, sign < 0 ? -x : x);
    s->n += (size_t)(ptrdiff_t)sign;
}

static void move(span *s, const double *x, size_t lo, size_t hi) {
    if (lo >= s->hi) {
        norni_wide_clear(&s->sum);
        s->lo = s->hi = lo, s->n = 0;
    }
    for (; s->hi < hi; s->hi++)
        enter(s, x[s->hi], 1);
    for (; s->lo < lo; s->lo++)
        enter(s, x[s->lo], -1);
}

/* sum + rest is the exact sum to 106 bits; the mean is rounded from both, so that the mean of equal
 * values is that value. Where the sum overflows the mean need not. */
static double mean_of(const norni_wide *s, size_t count) {
    const double n = (double)count;
    const double sum = norni_wide_round(s, 0);
    if (norni_roll_missing(sum)) return ldexp(norni_wide_round(s, -64) / n, 64);
    norni_wide left = *s;
    norni_wide_add(&left, -sum);
    const double rest = norni_wide_round(&left, 0), q = sum / n;
    return q + (fma(-q, n, sum) + rest) / n;
}

static norn_status run(const double *x, const norni_roll_windows *w, bool mean,
                       const norni_poll *poll, double *out, norn_err *err) {
    span s = {.lo = 0};
    norni_wide_clear(&s.sum);
    for (size_t k = 0; k < w->n_out; k++) {
        size_t lo, hi;
        if (k % STRIDE == 0 && norni_poll_stop(poll))
            return norn_fail(err, NORN_E_CANCEL, "cancelled");
        norni_roll_window(w, k, &lo, &hi);
        move(&s, x, lo, hi);
        if (s.n < w->min_periods || (mean && s.n == 0))
            out[k] = NORNI_NAN;
        else
            out[k] = mean ? mean_of(&s.sum, s.n) : norni_wide_round(&s.sum, 0);
    }
    return NORN_OK;
}

norn_status norni_roll_sum(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                           norni_arena *arena, const norni_poll *poll, double *out, norn_err *err) {
    (void)arg, (void)arena;
    return run(x, w, false, poll, out, err);
}

norn_status norni_roll_mean(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                            norni_arena *arena, const norni_poll *poll, double *out,
                            norn_err *err) {
    (void)arg, (void)arena;
    return run(x, w, true, poll, out, err);
}
