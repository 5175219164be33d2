/* Civil time without zones: microseconds since 1970-01-01 UTC and back, proleptic Gregorian. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CALENDAR_H
#define NORNI_CALENDAR_H

#include "base/str.h"

typedef struct norni_civil {
    int32_t year, month, day; /* month 1..12 */
    int32_t hour, minute, second, micro;
} norni_civil;

#define NORNI_US_SECOND INT64_C(1000000)
#define NORNI_US_DAY    (INT64_C(86400) * NORNI_US_SECOND)

/* The times that are served: the years 1 to 9999, and integers whose distances fit 64 bits. */
#define NORNI_TIME_MIN  (INT64_C(-719162) * NORNI_US_DAY)
#define NORNI_TIME_MAX  (INT64_C(2932897) * NORNI_US_DAY - 1)
#define NORNI_INDEX_MAX (INT64_MAX / 2)
#define NORNI_TIME_NONE INT64_MIN /* a time beyond them: prints as nothing */

int64_t norni_days_from_civil(int32_t year, int32_t month, int32_t day);
norni_civil norni_civil_from_us(int64_t us);
int64_t norni_us_from_civil(const norni_civil *c);
int32_t norni_days_in_month(int32_t year, int32_t month);
int32_t norni_weekday(int64_t day); /* 0 = Monday */

/* How the input wrote its times; the output echoes it. */
typedef enum norni_time_kind {
    NORNI_TIME_INDEX,    /* integers */
    NORNI_TIME_DATE,     /* 2020-01-31, 20200131 */
    NORNI_TIME_DATETIME, /* 2020-01-31T12:00:00, with ' ' or 'T', minutes or seconds or a fraction,
                            Z or an offset */
    NORNI_TIME_MONTH,    /* 1976 Jul, 1976-07, 1976M07, 197607 */
    NORNI_TIME_QUARTER,  /* 2020-Q3, 2020 Q3, 2020Q3 */
    NORNI_TIME_WEEK,     /* 2021W05, 2021-W05, 2021 W05 */
    NORNI_TIME_YEAR,     /* 1976: only when asked for by frequency, else an index */
    NORNI_TIME_EPOCH_S,
    NORNI_TIME_EPOCH_MS,
} norni_time_kind;

typedef struct norni_time_style {
    norni_time_kind kind;
    char sep;       /* between date and time, or year and month/quarter/week; 0 = nothing */
    bool seconds;   /* DATETIME carries seconds */
    uint8_t digits; /* fraction digits, 0..6 */
    bool zone;      /* printed with Z (any offset was converted to UTC) */
    bool name;      /* MONTH: as a word */
    bool compact;   /* DATE: 20200131 */
} norni_time_style;

/* Parses one time stamp of any style; fills *style. false: not a time. *zoned says whether it named
 * a zone. */
bool norni_time_parse(norni_str text, int64_t *us, norni_time_style *style, bool *zoned);
/* Prints into out (>= 40 bytes, no NUL), returns the length. INDEX prints the integer itself,
 * NORNI_TIME_NONE nothing. */
size_t norni_time_print(char *out, int64_t t, const norni_time_style *style);

#endif
