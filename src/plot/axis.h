/* Where an axis has its ticks and what stands beside them: numbers, integer indices, calendar. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_AXIS_H
#define NORNI_AXIS_H

#include "base/str.h"

enum { NORNI_TICKS_MAX = 64, NORNI_TICK_TEXT = 40 };

typedef struct norni_tick {
    double value;                /* numbers */
    int64_t time;                /* index and calendar */
    double at;                   /* place on the axis, 0 = its low end, 1 = its high end */
    char label[NORNI_TICK_TEXT]; /* "" = a tick without a label */
    char under[NORNI_TICK_TEXT]; /* second row: the year or day that the labels belong to */
    double label_at, under_at;   /* middles of the texts, px (norni_ticks_settle) */
} norni_tick;

typedef struct norni_ticks {
    size_t n;
    norni_tick tick[NORNI_TICKS_MAX];
} norni_ticks;

/* Multiples of 1, 2 or 5 times a power of ten inside [lo, hi], about `most` of them at most.
 * lo < hi, hi - lo finite and at least 1e-300 and 1e-10 of the larger of |lo|, |hi|. */
void norni_ticks_number(norni_ticks *t, double lo, double hi, size_t most);
/* The same for integers on an axis of `px` pixels with labels of `size` px; lo < hi. */
void norni_ticks_index(norni_ticks *t, int64_t lo, int64_t hi, double px, double size);
/* Years, quarters, months, weeks, days, hours, ... (microseconds UTC), as fine as there is room. */
void norni_ticks_calendar(norni_ticks *t, int64_t lo, int64_t hi, double px, double size);
/* Places the labels so that none overlaps another or leaves [-left, px + right]; drops the rest. */
void norni_ticks_settle(norni_ticks *t, double px, double size, double left, double right);

/* A value in words: 6 significant digits as the axes write them; "" when it is not finite. */
void norni_axis_value(char out[NORNI_TICK_TEXT], double x);
/* x with so many significant digits; 0 when it is not finite. */
double norni_axis_round(double x, int32_t digits);
/* (t - lo) / (hi - lo) without overflow; lo < hi. */
double norni_axis_share(int64_t t, int64_t lo, int64_t hi);

#endif
