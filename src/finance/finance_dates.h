/* Dates as people write them; what can be day first or month first is told by the column. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_DATES_H
#define NORNI_FINANCE_DATES_H

#include "data/calendar.h"

typedef enum norni_fin_date_form {
    NORNI_FIN_DATE_NONE, /* no date */
    NORNI_FIN_DATE_SURE, /* one reading */
    NORNI_FIN_DATE_SPLIT, /* 03/04/2024: day_first and month_first, either NORNI_TIME_NONE where it cannot be */
    NORNI_FIN_DATE_SERIAL, /* days of a spreadsheet: 45292 */
    NORNI_FIN_DATE_YEAR    /* a year alone: its first day */
} norni_fin_date_form;

typedef struct norni_fin_date {
    norni_fin_date_form form;
    int64_t day_first, month_first; /* microseconds; equal but for SPLIT */
    bool dots;                      /* 31.12.2024 */
    bool short_year;                /* 24 for 2024: 69 to 99 are of the 1900s */
    bool zoned; /* it named a zone, which is left out: the day as written counts */
    bool far;   /* a date, but not of the years 1900 to 2199 */
} norni_fin_date;

/* ISO dates and date-times, 2024/01/31, 31/12/2024, 12/31/24, 31.12.2024, 03/2024, Jan 2024, 31-Jan-24,
 * January 31, 2024, Q1 2024, 2024-Q1, 202401, 20240131, serial numbers 20000 to 80000, epochs in seconds
 * or milliseconds. */
norni_fin_date norni_fin_date_read(norni_str cell);
/* 1..12 of "Jan", "january", "Sept" …, or 0. */
int32_t norni_fin_month_name(norni_str word);

#endif
