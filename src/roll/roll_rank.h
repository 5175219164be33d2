/* Ranks in windows of any shape. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLL_RANK_H
#define NORNI_ROLL_RANK_H

#include "roll/roll.h"

/* Any windows, by bitmaps of sorted stretches. plain: without SIMD, for the tests. */
norn_status norni_roll_rank_slide(const double *x, const norni_roll_windows *w,
                                  const norni_roll_arg *arg, bool plain, norni_arena *arena,
                                  const norni_poll *poll, double *out, norn_err *err);

#endif
