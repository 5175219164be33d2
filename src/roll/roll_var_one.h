/* The lanes of roll_var_lane.h, one wide: names one_*. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ROLL_VAR_ONE_H
#define NORNI_ROLL_VAR_ONE_H

#include <math.h>

#include "base/fp.h"
#include "roll/roll_var.h"

static inline double pick(double a, double b, double x) {
    return a == b ? x : NORNI_NAN;
}

#define LANE         double
#define LANE_NAME(x) one_##x
#define LANE_FN      static inline __attribute__((always_inline, unused))
#define LANE_FMA     fma
#define LANE_SQRT    sqrt
#define LANE_SET(x)  (x)
#define LANE_PICK    pick
#include "roll/roll_var_lane.h"

#endif
