/* Interval ends from a predictive distribution. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LEVELS_H
#define NORNI_LEVELS_H

#include "models/model.h"

/* lo, hi (horizon) at `level` in (0,100). NORMAL: mean +- z sd; PATHS: quantiles of type 8 (sorts
 * the paths' rows in place); POINT: NaN. */
void norni_levels(norni_dist *d, double level, double *lo, double *hi);

#endif
