/* How counts of smaller and equal values become a rank, and short windows counted in lanes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLL_RANK_LANES_H
#define NORNI_ROLL_RANK_LANES_H

#include "base/fp.h"
#include "roll/roll.h"

/* less and equal (itself included) count valid values of the window, of which there are n_valid. */
static inline double norni_roll_rank_of(double less, double equal, double n_valid,
                                        const norni_roll_arg *arg) {
    const double before = arg->descending ? n_valid - less - equal : less;
    const double rank = arg->ties == NORNI_ROLL_AVERAGE    ? before + 0.5 * (equal + 1)
                        : arg->ties == NORNI_ROLL_TIES_MIN ? before + 1
                                                           : before + equal;
    return arg->percent ? rank / n_valid : rank;
}

/* Fixed windows of 1 .. NORNI_ROLL_RANK_SHORT values that end within the array. plain: without SIMD, for the tests. */
enum { NORNI_ROLL_RANK_SHORT = 192 };
void norni_roll_rank_short(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                           bool plain, double *out);

#endif
