/* Features of a time stamp, each from -0.5 to 0.5, as many as its frequency has use for. */
/* SPDX-License-Identifier: Apache-2.0 */
/* As in GluonTS and the published Autoformer: seconds have 6 features (second, minute, hour, weekday,
 * day of the month, of the year), minutes the last 5 of them, hours 4, days 3, weeks 2 (day of the
 * month, week of the year), months and quarters 1 (month), years none. An index has its position in
 * each season instead; irregular times have those of hours. */
#include "models/autoformer/autoformer_marks.h"

size_t autoformer_marks_count(const autoformer_calendar *c) {
    switch (c->unit) {
        case NORNI_UNIT_INDEX: return c->n_season;
        case NORNI_UNIT_MICROSECOND:
        case NORNI_UNIT_SECOND: return 6;
        case NORNI_UNIT_MINUTE: return 5;
        case NORNI_UNIT_HOUR:
        case NORNI_UNIT_IRREGULAR: return 4;
        case NORNI_UNIT_DAY:
        case NORNI_UNIT_BUSINESS_DAY: return 3;
        case NORNI_UNIT_WEEK: return 2;
        case NORNI_UNIT_MONTH:
        case NORNI_UNIT_QUARTER: return 1;
        case NORNI_UNIT_YEAR: return 0;
    }
    return 0;
}

static float share_of(int64_t k, int64_t most) {
    return (float)((double)k / (double)most - 0.5);
}

/* ISO 8601: the week is that of its Thursday. */
static int64_t week_of(int64_t day) {
    const int64_t thursday = day - norni_weekday(day) + 3;
    const norni_civil c = norni_civil_from_us(thursday * NORNI_US_DAY);
    return (thursday - norni_days_from_civil(c.year, 1, 1)) / 7;
}

static void index_marks(const autoformer_calendar *c, int64_t at, float *out) {
    for (size_t k = 0; k < c->n_season; k++) {
        const int64_t m = c->season[k];
        out[k] = share_of((at % m + m) % m, m - 1);
    }
}

void autoformer_marks_of(const autoformer_calendar *c, int64_t time, float *out) {
    if (c->unit == NORNI_UNIT_INDEX) {
        index_marks(c, time, out);
        return;
    }
    const norni_civil t = norni_civil_from_us(time);
    const int64_t day = norni_days_from_civil(t.year, t.month, t.day);
    const float all[6] = {
        share_of(t.second, 59),  share_of(t.minute, 59),
        share_of(t.hour, 23),    share_of(norni_weekday(day), 6),
        share_of(t.day - 1, 30), share_of(day - norni_days_from_civil(t.year, 1, 1), 365)};
    const size_t n = autoformer_marks_count(c);
    if (n == 1) {
        out[0] = share_of(t.month - 1, 11);
    } else if (n == 2) {
        out[0] = all[4];
        out[1] = share_of(week_of(day), 52);
    } else {
        for (size_t k = 0; k < n; k++)
            out[k] = all[6 - n + k];
    }
}
