/* Between two neighbours in sorted order: the interpolations of quantiles, and the ways to find them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLL_ORDER_PICK_H
#define NORNI_ROLL_ORDER_PICK_H

#include "roll/roll.h"

/* Which of m sorted values, and how far towards the next. */
typedef struct norni_roll_spot {
    size_t at;
    double fraction; /* 0: the value itself */
} norni_roll_spot;

static inline norni_roll_spot norni_roll_spot_of(double q, size_t m) {
    const double h = q * (double)(m - 1);
    const size_t at = (size_t)h;
    return (norni_roll_spot){at, h - (double)at};
}

/* `fraction` in (0, 1) of the way from low (rank `at`) to high. Sums that overflow are halved first. */
static inline double norni_roll_between(double low, double high, double fraction, size_t at,
                                        norni_roll_interpolation how) {
    switch (how) {
        case NORNI_ROLL_LOWER: return low;
        case NORNI_ROLL_HIGHER: return high;
        case NORNI_ROLL_NEAREST:
            return fraction < 0.5 || (!(fraction > 0.5) && at % 2 == 0) ? low : high;
        case NORNI_ROLL_MIDPOINT: {
            const double sum = low + high;
            return 0.0 + (norni_roll_missing(sum) ? 0.5 * low + 0.5 * high : 0.5 * sum);
        }
        case NORNI_ROLL_LINEAR: break;
    }
    const double gap = high - low;
    return 0.0 + (norni_roll_missing(gap) ? low * (1 - fraction) + high * fraction
                                          : low + gap * fraction);
}

/* Quantiles by bitmaps, for any windows. plain: without the CPU's bit instructions, for the tests. */
norn_status norni_roll_order_slide(const double *x, const norni_roll_windows *w, double quantile,
                                   norni_roll_interpolation how, bool plain, norni_arena *arena,
                                   const norni_poll *poll, double *out, norn_err *err);
/* Quantiles of short fixed windows, in lanes; whether windows are such and the CPU has them. */
norn_status norni_roll_order_short(const double *x, const norni_roll_windows *w, double quantile,
                                   norni_roll_interpolation how, norni_arena *arena,
                                   const norni_poll *poll, double *out, norn_err *err);
bool norni_roll_order_is_short(const norni_roll_windows *w);

#endif
