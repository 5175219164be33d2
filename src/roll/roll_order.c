/* Rolling medians and quantiles: short fixed windows in lanes, others by bitmaps. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Quantile q of m valid values stands at h = q (m - 1), as in pandas and numpy: between the values of
 * ranks floor(h) and floor(h) + 1, by arg->interpolation; a whole h gives the value itself. Halfway,
 * `nearest` takes the even rank. The median of an even number is the mean of the two in the middle.
 * -0 comes out as 0. */
#include "roll/roll_order_pick.h"

static norn_status quantiles(const double *x, const norni_roll_windows *w, double quantile,
                             norni_roll_interpolation how, norni_arena *arena,
                             const norni_poll *poll, double *out, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const norn_status st =
        norni_roll_order_is_short(w)
            ? norni_roll_order_short(x, w, quantile, how, arena, poll, out, err)
            : norni_roll_order_slide(x, w, quantile, how, false, arena, poll, out, err);
    norni_arena_rewind(arena, mark);
    return st;
}

norn_status norni_roll_median(const double *x, const norni_roll_windows *w,
                              const norni_roll_arg *arg, norni_arena *arena, const norni_poll *poll,
                              double *out, norn_err *err) {
    (void)arg;
    return quantiles(x, w, 0.5, NORNI_ROLL_MIDPOINT, arena, poll, out, err);
}

norn_status norni_roll_quantile(const double *x, const norni_roll_windows *w,
                                const norni_roll_arg *arg, norni_arena *arena,
                                const norni_poll *poll, double *out, norn_err *err) {
    return quantiles(x, w, arg->quantile, arg->interpolation, arena, poll, out, err);
}
