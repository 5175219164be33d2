/* Calendar features: the date of the row that is forecast, as far as its frequency tells days apart. */
/* SPDX-License-Identifier: Apache-2.0 */
/* What goes round (hour of the day, day of the year) is given as sine and cosine, what has few values
 * (day of the week, month, quarter) as a code. */
#include "base/fp.h"
#include "feat/features_parts.h"

static const double TURN = 6.283185307179586;

typedef enum calendar_part {
    HOUR_SIN,
    HOUR_COS,
    DOW,
    MONTH,
    DOY_SIN,
    DOY_COS,
    QUARTER
} calendar_part;

static size_t parts_of(norni_freq f, calendar_part out[8]) {
    size_t n = 0;
    const bool day = f.unit == NORNI_UNIT_DAY || f.unit == NORNI_UNIT_BUSINESS_DAY,
               clock = f.unit >= NORNI_UNIT_MICROSECOND && f.unit <= NORNI_UNIT_HOUR,
               week = f.unit == NORNI_UNIT_WEEK || f.unit == NORNI_UNIT_IRREGULAR;
    if (clock) out[n++] = HOUR_SIN, out[n++] = HOUR_COS;
    if (clock || (day && f.step % 7 != 0)) out[n++] = DOW;
    if (day || clock || week || f.unit == NORNI_UNIT_MONTH) out[n++] = MONTH;
    if (day || clock || week || f.unit == NORNI_UNIT_MONTH) out[n++] = DOY_SIN, out[n++] = DOY_COS;
    if (f.unit == NORNI_UNIT_QUARTER) out[n++] = QUARTER;
    return n;
}

static double value_of(calendar_part part, int64_t t) {
    const norni_civil c = norni_civil_from_us(t);
    const int64_t day = norni_days_from_civil(c.year, c.month, c.day),
                  new_year = norni_days_from_civil(c.year, 1, 1);
    const double clock = (double)(t - day * NORNI_US_DAY) / (double)NORNI_US_DAY,
                 length = (double)(norni_days_from_civil(c.year + 1, 1, 1) - new_year),
                 year = ((double)(day - new_year) + clock) / length;
    switch (part) {
        case HOUR_SIN: return norni_sin(TURN * clock);
        case HOUR_COS: return norni_cos(TURN * clock);
        case DOW: return (double)norni_weekday(day);
        case MONTH: return (double)(c.month - 1);
        case DOY_SIN: return norni_sin(TURN * year);
        case DOY_COS: return norni_cos(TURN * year);
        case QUARTER: return (double)((c.month - 1) / 3);
    }
    return NORNI_NAN;
}

norn_status norni_features_calendar(norni_feature_list *list, norn_err *err) {
    static const char *const names[] = {"hour_sin", "hour_cos", "dow",    "month",
                                        "doy_sin",  "doy_cos",  "quarter"};
    const norni_wide *w = list->wide;
    const size_t n = w->n_rows + w->n_ahead;
    calendar_part part[8];
    const bool dates = w->style.kind != NORNI_TIME_INDEX;
    const size_t n_parts = dates ? parts_of(w->freq, part) : 0;
    for (size_t k = 0; k < n_parts; k++) {
        const bool code = part[k] == DOW || part[k] == MONTH || part[k] == QUARTER;
        double *at = norni_arena_get(list->arena, n, sizeof *at);
        if (at == NULL) return norni_alloc_fail(err, "features", n, sizeof *at);
        for (size_t t = 0; t < n; t++) {
            if (t % 4096 == 0 && norni_poll_stop(list->poll))
                return norn_fail(err, NORN_E_CANCEL, "cancelled");
            at[t] = w->times[t] == NORNI_TIME_NONE ? NORNI_NAN : value_of(part[k], w->times[t]);
        }
        const norni_feature_column f = {
            .kind = code ? NORNI_FEATURE_NOMINAL : NORNI_FEATURE_CONTINUOUS,
            .origin = NORNI_ORIGIN_CALENDAR,
            .source = SIZE_MAX,
            .shifted = true,
            .at = at};
        NORN_TRY(norni_feature_add(list, &f, err, "%s", names[part[k]]));
    }
    return NORN_OK;
}
