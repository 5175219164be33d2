/* Frequencies: inferring one from time stamps, stepping along it, and the season it suggests. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FREQ_H
#define NORNI_FREQ_H

#include "data/calendar.h"

typedef enum norni_unit {
    NORNI_UNIT_INDEX, /* integer index */
    NORNI_UNIT_MICROSECOND,
    NORNI_UNIT_SECOND,
    NORNI_UNIT_MINUTE,
    NORNI_UNIT_HOUR,
    NORNI_UNIT_DAY,
    NORNI_UNIT_BUSINESS_DAY, /* Monday to Friday */
    NORNI_UNIT_WEEK,         /* anchored by the start's weekday */
    NORNI_UNIT_MONTH,        /* anchor: day of month, 31 = month end, 32 = its last weekday */
    NORNI_UNIT_QUARTER,
    NORNI_UNIT_YEAR,
    NORNI_UNIT_IRREGULAR,
} norni_unit;

typedef struct norni_freq {
    norni_unit unit;
    int32_t step; /* every `step` units, >= 1 */
    int32_t
        anchor; /* MONTH/QUARTER/YEAR: day of month, 31 = month end, NORNI_BUSINESS_END; else 0 */
} norni_freq;
enum { NORNI_BUSINESS_END = 32 }; /* the month's last day from Monday to Friday */

/* The finest frequency under which every time (n >= 1, ascending, distinct) lies on the grid of the
 * first; gaps are allowed (the commonest step decides). n == 1 or no grid fits: IRREGULAR. `style`
 * breaks ties (INDEX style gives UNIT_INDEX). */
norni_freq norni_freq_infer(const int64_t *times, size_t n, const norni_time_style *style);
/* Time of period k (may be negative) counted from `start`; month ends stay month ends, 29 Feb comes
 * back in leap years. NORNI_TIME_NONE beyond the times that are served (calendar.h). */
int64_t norni_freq_at(norni_freq f, int64_t start, int64_t k);
/* Period number of `t` counted from `start`, or false when t is off the grid. */
bool norni_freq_index(norni_freq f, int64_t start, int64_t t, int64_t *k);
/* Seasons the field expects: month 12, quarter 4, day 7, business day 5, week 52, hour 24, minute
 * 60 (1440/step for steps that divide a day), year and index 1. */
int32_t norni_freq_season(norni_freq f);
/* pandas-like text: "D" "B" "W-SUN" "MS" "ME" "M" "QS" "QE" "Q" "YS" "Y" "h" "H" "min" "T" "s" "S"
 * "15min" "I"; "BME" "BQE" "BYE" on last weekdays. */
bool norni_freq_parse(norni_str text, norni_freq *out);
/* What to do about an inferred frequency, to stand behind the words; "" where nothing is. */
const char *norni_freq_remedy(norni_freq f);
size_t norni_freq_print(char *out, size_t size, norni_freq f, int64_t start);
/* The median of the last 31 steps of ascending times: how an irregular series most likely goes on; 1
 * for a single time. */
int64_t norni_times_step(const int64_t *times, size_t n);

#endif
