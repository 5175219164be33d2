/* What the dates of a table say of its months: whether the first and the last are whole, and how far apart rows stand. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A last month is not over where its last row is followed by more days without any than the table is used to: more than stand
 * between its other dated days (one such gap in two years aside), and three at least. So daily books lose a month that stops on
 * the 20th, weekly ones a month whose last week is not there. The same holds of the days before the first row. Where months have
 * but one to three dated days, a month cannot be told from its rows to be over, and all are whole: books of one row a month, on
 * whichever day, never lose one. */
#include "finance/finance_span.h"

#include "data/calendar.h"

enum {
    SEVERAL = 4,      /* dated days of the middle month */
    LEAST_MONTHS = 2, /* between the first and the last */
    LEAST_DAYS = 3,   /* that are missing */
    LONGEST = 31,     /* gap that is told from longer ones */
    MONTHS_A_GAP = 24,
};

void norni_fin_steps_add(norni_fin_steps *s, int64_t month) {
    if (s->seen > 0) {
        const int64_t d = month - s->before;
        s->of[d < 0 ? 0 : d > 12 ? 12 : d]++;
    }
    s->before = month;
    s->seen++;
}

int32_t norni_fin_steps_get(const norni_fin_steps *s) {
    if (s->seen < 3) return 1;
    for (int32_t d = 2; d <= 12; d++) {
        if (4 * s->of[d] >= 3 * (s->seen - 1)) return d;
    }
    return 1;
}

static int64_t day_of(int64_t us) {
    return us / NORNI_US_DAY - (us % NORNI_US_DAY < 0);
}

/* Counts of a table's dated days: gaps between them, and how many a month has. */
typedef struct day_counts {
    size_t gap[LONGEST + 1];  /* days without rows between two with */
    size_t days[LONGEST + 1]; /* months with so many, but for the first and the last */
    size_t months;            /* those */
} day_counts;

static day_counts count_days(const norni_fin_table *t, const int32_t *month) {
    day_counts c = {.months = 0};
    int64_t before = 0;
    size_t in_month = 0;
    for (size_t i = 0; i < t->n; i++) {
        const int64_t day = day_of(t->time[i]);
        const bool fresh = i == 0 || month[i] != month[i - 1];
        if (i > 0 && day == before) continue;
        if (i > 0) c.gap[day - before - 1 < LONGEST ? day - before - 1 : LONGEST]++;
        if (fresh && i > 0 && month[i - 1] != month[0]) c.days[in_month]++, c.months++;
        in_month = fresh ? 1 : in_month + 1;
        before = day;
    }
    return c;
}

static bool has_several(const day_counts *c) {
    size_t fewer = 0;
    for (size_t d = 0; d < SEVERAL; d++)
        fewer += c->days[d];
    return c->months >= LEAST_MONTHS && 2 * fewer < c->months;
}

/* Whether so many days without rows are more than usual. */
static bool unusual(const day_counts *c, int32_t without) {
    size_t as_long = 0;
    if (without < LEAST_DAYS) return false;
    for (int32_t d = without; d <= LONGEST; d++)
        as_long += c->gap[d];
    return as_long <= c->months / MONTHS_A_GAP;
}

static int32_t days_of(int32_t month) {
    return norni_days_in_month(month / 12, month % 12 + 1);
}

norni_fin_span norni_fin_span_of(const norni_fin_table *t, const int32_t *month) {
    const day_counts c = count_days(t, month);
    norni_fin_span s = {.first = month[0],
                        .last = month[t->n - 1],
                        .first_day = norni_civil_from_us(t->time[0]).day,
                        .last_day = norni_civil_from_us(t->time[t->n - 1]).day};
    s.step = t->months_apart > 1 ? (int32_t)t->months_apart : 1;
    s.part_first = has_several(&c) && unusual(&c, s.first_day - 1);
    s.part_last = has_several(&c) && unusual(&c, days_of(s.last) - s.last_day);
    return s;
}

double norni_fin_span_days(const norni_fin_span *s, int32_t month) {
    if (s->part_last && month == s->last) return s->last_day;
    if (s->part_first && month == s->first) return days_of(month) - s->first_day + 1;
    /* Of a longer period the row stands at its end, but where it begins with the year or a part of it. */
    const int32_t from = s->step == 1 || month % s->step == 0 ? month : month - s->step + 1;
    double days = 0;
    for (int32_t k = 0; k < s->step; k++)
        days += days_of(from + k);
    return days;
}
