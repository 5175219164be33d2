/* Features of a time stamp, each from -0.5 to 0.5, as many as its frequency has use for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_AUTOFORMER_MARKS_H
#define NORNI_AUTOFORMER_MARKS_H

#include "data/freq.h"

enum { AUTOFORMER_SEASONS = 4, AUTOFORMER_MARKS = 6 };

typedef struct autoformer_calendar {
    norni_unit unit;
    size_t n_season; /* of an index: where in each of them a row lies */
    int32_t season[AUTOFORMER_SEASONS];
} autoformer_calendar;

size_t autoformer_marks_count(const autoformer_calendar *c);
/* out (autoformer_marks_count) */
void autoformer_marks_of(const autoformer_calendar *c, int64_t time, float *out);

#endif
