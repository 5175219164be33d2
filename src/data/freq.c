/* Frequencies: inferring one from time stamps, stepping along it, and the season it suggests. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/freq.h"

#include "base/numtext.h"

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Microseconds of a unit of fixed length, or 0. */
static int64_t unit_us(norni_unit unit) {
    switch (unit) {
        case NORNI_UNIT_INDEX:
        case NORNI_UNIT_MICROSECOND: return 1;
        case NORNI_UNIT_SECOND: return NORNI_US_SECOND;
        case NORNI_UNIT_MINUTE: return 60 * NORNI_US_SECOND;
        case NORNI_UNIT_HOUR: return 3600 * NORNI_US_SECOND;
        case NORNI_UNIT_DAY: return NORNI_US_DAY;
        case NORNI_UNIT_WEEK: return 7 * NORNI_US_DAY;
        case NORNI_UNIT_BUSINESS_DAY:
        case NORNI_UNIT_MONTH:
        case NORNI_UNIT_QUARTER:
        case NORNI_UNIT_YEAR:
        case NORNI_UNIT_IRREGULAR: break;
    }
    return 0;
}

static int64_t unit_months(norni_unit unit) {
    return unit == NORNI_UNIT_MONTH     ? 1
           : unit == NORNI_UNIT_QUARTER ? 3
           : unit == NORNI_UNIT_YEAR    ? 12
                                        : 0;
}

/* Business days since Monday 1970-01-05; a weekend day counts as the Friday before. */
static int64_t business_number(int64_t day) {
    const int64_t since = day - 4, week = floor_div(since, 7), in_week = since - 7 * week;
    return week * 5 + (in_week > 4 ? 4 : in_week);
}

static int64_t business_day(int64_t number) {
    const int64_t week = floor_div(number, 5);
    return week * 7 + (number - 5 * week) + 4;
}

static int64_t month_number(const norni_civil *c) {
    return (int64_t)c->year * 12 + c->month - 1;
}

/* The last day of a month that is no Saturday or Sunday. */
static int32_t business_end(norni_civil month) {
    month.day = norni_days_in_month(month.year, month.month);
    const int32_t weekday = norni_weekday(floor_div(norni_us_from_civil(&month), NORNI_US_DAY));
    return month.day - (weekday > 4 ? weekday - 4 : 0);
}

/* The date `months` behind start's month, on the anchor's day or the month's last. */
static int64_t month_step(norni_freq f, int64_t start, int64_t months) {
    norni_civil c = norni_civil_from_us(start);
    int64_t number;
    if (__builtin_add_overflow(month_number(&c), months, &number) || number < 12 ||
        number >= 120000) /* the years 1 to 9999 */
        return NORNI_TIME_NONE;
    c.year = (int32_t)floor_div(number, 12);
    c.month = (int32_t)(number - (int64_t)c.year * 12) + 1;
    const int32_t last = norni_days_in_month(c.year, c.month),
                  want = f.anchor > 0 ? f.anchor : c.day;
    c.day = want == NORNI_BUSINESS_END ? business_end(c) : want < last ? want : last;
    return norni_us_from_civil(&c);
}

static int64_t business_step(int64_t start, int64_t days) {
    const int64_t day = floor_div(start, NORNI_US_DAY);
    int64_t number;
    if (__builtin_add_overflow(business_number(day), days, &number) || number < -4000000 ||
        number > 4000000) /* beyond the years 1 to 9999 on both sides */
        return NORNI_TIME_NONE;
    return business_day(number) * NORNI_US_DAY + (start - day * NORNI_US_DAY);
}

int64_t norni_freq_at(norni_freq f, int64_t start, int64_t k) {
    const int64_t months = unit_months(f.unit), us = unit_us(f.unit);
    const bool index = f.unit == NORNI_UNIT_INDEX || f.unit == NORNI_UNIT_IRREGULAR;
    int64_t t = NORNI_TIME_NONE, units;
    if (__builtin_mul_overflow(k, (int64_t)f.step, &units)) return NORNI_TIME_NONE;
    if (index) { /* irregular: an index of its own */
        if (__builtin_add_overflow(start, f.unit == NORNI_UNIT_INDEX ? units : k, &t) ||
            t > NORNI_INDEX_MAX || t < -NORNI_INDEX_MAX)
            return NORNI_TIME_NONE;
        return t;
    }
    if (months > 0) {
        if (__builtin_mul_overflow(units, months, &units)) return NORNI_TIME_NONE;
        t = month_step(f, start, units);
    } else if (us > 0) {
        if (__builtin_mul_overflow(units, us, &units) || __builtin_add_overflow(start, units, &t))
            return NORNI_TIME_NONE;
    } else {
        t = business_step(start, units);
    }
    return t > NORNI_TIME_MAX || t < NORNI_TIME_MIN ? NORNI_TIME_NONE : t;
}

bool norni_freq_index(norni_freq f, int64_t start, int64_t t, int64_t *k) {
    const int64_t months = unit_months(f.unit), us = unit_us(f.unit);
    int64_t distance, step = f.step;
    if (us > 0) {
        distance = t - start;
        step *= us;
    } else if (months > 0) {
        const norni_civil a = norni_civil_from_us(start), b = norni_civil_from_us(t);
        distance = month_number(&b) - month_number(&a);
        step *= months;
    } else if (f.unit == NORNI_UNIT_BUSINESS_DAY) {
        distance = business_number(floor_div(t, NORNI_US_DAY)) -
                   business_number(floor_div(start, NORNI_US_DAY));
    } else {
        return false;
    }
    if (distance % step != 0) return false;
    *k = distance / step;
    return norni_freq_at(f, start, *k) == t;
}

static bool fits(norni_freq f, const int64_t *times, size_t n) {
    int64_t k;
    for (size_t i = 0; i < n; i++) { /* the first one may lie beside its own anchor */
        if (!norni_freq_index(f, times[0], times[i], &k)) return false;
    }
    return true;
}

/* The commonest step between neighbours (the smaller of equals): gaps may stand between them. */
static int64_t common_step(const int64_t *times, size_t n) {
    int64_t best = 0;
    size_t best_count = 0;
    for (size_t i = 1; i < n; i++) {
        const int64_t step = times[i] - times[i - 1];
        if (step == best) continue;
        size_t count = 0;
        const size_t reach =
            i + 64 < n ? i + 64 : n; /* a window tells enough and keeps this linear */
        for (size_t j = 1; j < reach; j++)
            count += times[j] - times[j - 1] == step;
        if (count > best_count || (count == best_count && step < best)) {
            best = step;
            best_count = count;
        }
        if (best_count * 2 > n) break;
        if (i > 256) break;
    }
    return best;
}

static int64_t gcd(int64_t a, int64_t b) {
    while (b != 0) {
        const int64_t t = a % b;
        a = b;
        b = t;
    }
    return a < 0 ? -a : a;
}

/* What one pass over dates tells about months. */
typedef struct month_scan {
    int32_t first, largest; /* day of month */
    bool same, last;        /* all on the first one's day; all on their months' last */
    bool business;          /* all on their months' last weekday */
    bool one_clock;         /* at one time of day */
    int64_t step;           /* months: greatest common divisor of all distances */
} month_scan;

/* false: two times lie in one month. */
static bool scan_months(const int64_t *times, size_t n, month_scan *m) {
    const norni_civil first = norni_civil_from_us(times[0]);
    const int64_t clock = times[0] - floor_div(times[0], NORNI_US_DAY) * NORNI_US_DAY;
    int64_t before = 0;
    *m = (month_scan){.first = first.day};
    m->same = m->last = m->business = m->one_clock = true;
    for (size_t i = 0; i < n; i++) {
        const norni_civil c = norni_civil_from_us(times[i]);
        const int64_t now = month_number(&c);
        m->same = m->same && c.day == first.day;
        m->last = m->last && c.day == norni_days_in_month(c.year, c.month);
        m->business = m->business && c.day == business_end(c);
        m->one_clock =
            m->one_clock && times[i] - floor_div(times[i], NORNI_US_DAY) * NORNI_US_DAY == clock;
        if (c.day > m->largest) m->largest = c.day;
        if (i > 0) {
            if (now == before) return false;
            m->step = gcd(m->step, now - before);
        }
        before = now;
    }
    return true;
}

/* Months, quarters and years: every time on one day of the month, or on its last, or on its last
 * weekday. */
static bool infer_months(const int64_t *times, size_t n, norni_freq *out) {
    month_scan m;
    if (!scan_months(times, n, &m)) return false;
    const int32_t anchor = m.last           ? 31
                           : m.same         ? m.first
                           : m.largest > 28 ? m.largest /* 30 Jan, 28 Feb, 30 Mar */
                                            : 0;
    if (anchor == 0 && !m.business) return false;
    const norni_unit unit = m.step % 12 == 0  ? NORNI_UNIT_YEAR
                            : m.step % 3 == 0 ? NORNI_UNIT_QUARTER
                                              : NORNI_UNIT_MONTH;
    *out = (norni_freq){unit, (int32_t)(m.step / unit_months(unit)), anchor};
    /* The step divides every distance, and the day is the anchor's or the last: all lie on the grid. */
    if (m.one_clock && (m.last || m.same)) return true;
    if (anchor > 0 && fits(*out, times, n)) return true;
    out->anchor = NORNI_BUSINESS_END;
    return m.business && (m.one_clock || fits(*out, times, n));
}

static bool infer_business(const int64_t *times, size_t n, norni_freq *out) {
    size_t daily = 0, weekends = 0;
    for (size_t i = 0; i < n; i++) {
        if (norni_weekday(floor_div(times[i], NORNI_US_DAY)) > 4) return false;
        if (i == 0) continue;
        const int64_t step = times[i] - times[i - 1];
        daily += step == NORNI_US_DAY;
        weekends += step == 3 * NORNI_US_DAY;
    }
    *out = (norni_freq){NORNI_UNIT_BUSINESS_DAY, 1, 0};
    return weekends > 0 && daily * 2 >= n && fits(*out, times, n);
}

/* Steps of fixed length: the largest unit that divides the greatest common step. */
static norni_freq infer_fixed(const int64_t *times, size_t n, int64_t common) {
    static const norni_unit units[] = {NORNI_UNIT_WEEK,   NORNI_UNIT_DAY,
                                       NORNI_UNIT_HOUR,   NORNI_UNIT_MINUTE,
                                       NORNI_UNIT_SECOND, NORNI_UNIT_MICROSECOND};
    int64_t step = common;
    size_t off = 0;
    for (size_t i = 1; i < n; i++) {
        const int64_t distance = times[i] - times[0];
        off += distance % common != 0;
        step = gcd(step, distance);
    }
    if (off > 0 && common / step > 4)
        return (norni_freq){NORNI_UNIT_IRREGULAR, 1, 0}; /* no grid, only coincidence */
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        const int64_t us = unit_us(units[u]);
        if (step % us == 0 && step / us <= INT32_MAX)
            return (norni_freq){units[u], (int32_t)(step / us), 0};
    }
    return (norni_freq){NORNI_UNIT_IRREGULAR, 1, 0};
}

norni_freq norni_freq_infer(const int64_t *times, size_t n, const norni_time_style *style) {
    norni_freq f = {NORNI_UNIT_IRREGULAR, 1, 0};
    if (n < 2) return f;
    const int64_t common = common_step(times, n);
    if (style->kind == NORNI_TIME_INDEX) {
        int64_t step = 0;
        for (size_t i = 1; i < n; i++)
            step = gcd(step, times[i] - times[i - 1]);
        return step <= INT32_MAX ? (norni_freq){NORNI_UNIT_INDEX, (int32_t)step, 0} : f;
    }
    if (common >= 28 * NORNI_US_DAY && infer_months(times, n, &f)) return f;
    if (common == NORNI_US_DAY && infer_business(times, n, &f)) return f;
    return infer_fixed(times, n, common);
}

int32_t norni_freq_season(norni_freq f) {
    int32_t season = 1;
    switch (f.unit) {
        case NORNI_UNIT_SECOND: season = 60; break;
        case NORNI_UNIT_MINUTE: season = f.step == 1 ? 60 : 1440; break;
        case NORNI_UNIT_HOUR: season = 24; break;
        case NORNI_UNIT_DAY: season = 7; break;
        case NORNI_UNIT_BUSINESS_DAY: season = 5; break;
        case NORNI_UNIT_WEEK: season = 52; break;
        case NORNI_UNIT_MONTH: season = 12; break;
        case NORNI_UNIT_QUARTER: season = 4; break;
        case NORNI_UNIT_YEAR:
        case NORNI_UNIT_INDEX:
        case NORNI_UNIT_MICROSECOND:
        case NORNI_UNIT_IRREGULAR: return 1;
    }
    return season % f.step == 0 && season / f.step > 1 ? season / f.step : 1;
}

typedef struct freq_word {
    const char *word;
    norni_unit unit;
    int32_t anchor;
} freq_word;

/* The first word of each unit is the one that is printed. */
static const freq_word words[] = {
    {"I", NORNI_UNIT_INDEX, 0},
    {"us", NORNI_UNIT_MICROSECOND, 0},
    {"s", NORNI_UNIT_SECOND, 0},
    {"S", NORNI_UNIT_SECOND, 0},
    {"min", NORNI_UNIT_MINUTE, 0},
    {"T", NORNI_UNIT_MINUTE, 0},
    {"h", NORNI_UNIT_HOUR, 0},
    {"H", NORNI_UNIT_HOUR, 0},
    {"D", NORNI_UNIT_DAY, 0},
    {"B", NORNI_UNIT_BUSINESS_DAY, 0},
    {"W", NORNI_UNIT_WEEK, 0},
    {"MS", NORNI_UNIT_MONTH, 1},
    {"ME", NORNI_UNIT_MONTH, 31},
    {"BME", NORNI_UNIT_MONTH, NORNI_BUSINESS_END},
    {"BM", NORNI_UNIT_MONTH, NORNI_BUSINESS_END},
    {"BQE", NORNI_UNIT_QUARTER, NORNI_BUSINESS_END},
    {"BQ", NORNI_UNIT_QUARTER, NORNI_BUSINESS_END},
    {"BYE", NORNI_UNIT_YEAR, NORNI_BUSINESS_END},
    {"BY", NORNI_UNIT_YEAR, NORNI_BUSINESS_END},
    {"M", NORNI_UNIT_MONTH, 0},
    {"QS", NORNI_UNIT_QUARTER, 1},
    {"QE", NORNI_UNIT_QUARTER, 31},
    {"Q", NORNI_UNIT_QUARTER, 0},
    {"YS", NORNI_UNIT_YEAR, 1},
    {"YE", NORNI_UNIT_YEAR, 31},
    {"Y", NORNI_UNIT_YEAR, 0},
    {"A", NORNI_UNIT_YEAR, 0},
};
enum { N_WORDS = sizeof words / sizeof words[0] };

bool norni_freq_parse(norni_str text, norni_freq *out) {
    int64_t step = 1;
    size_t digits = 0;
    text = norni_str_trim(text);
    while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
        digits++;
    if (digits > 0 &&
        (norni_int_parse(text.p, digits, &step) != NORNI_NUM_OK || step < 1 || step > 1000000))
        return false;
    norni_str word = {text.p + digits, text.n - digits};
    if (word.n == 5 && memcmp(word.p, "W-", 2) == 0)
        word.n = 1; /* W-SUN: the start's weekday decides */
    for (size_t i = 0; i < N_WORDS; i++) {
        if (!norni_str_is(word, words[i].word)) continue;
        *out = (norni_freq){words[i].unit, (int32_t)step, words[i].anchor};
        return true;
    }
    return false;
}

const char *norni_freq_remedy(norni_freq f) {
    return f.unit == NORNI_UNIT_IRREGULAR ? " (no calendar step fits the times; if they have one, "
                                            "give it with --freq, as MS, BME or 15min)"
                                          : "";
}

size_t norni_freq_print(char *out, size_t size, norni_freq f, int64_t start) {
    static const char days[7][4] = {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};
    if (f.unit == NORNI_UNIT_IRREGULAR) return norni_format(out, size, "irregular");
    if (f.unit == NORNI_UNIT_INDEX && f.step == 1)
        return norni_format(out, size, "I (integer index)");
    char step[16] = "";
    if (f.step != 1) norni_format(step, sizeof step, "%d", (int)f.step);
    if (f.unit == NORNI_UNIT_WEEK)
        return norni_format(out, size, "%sW-%s", step,
                            days[norni_weekday(floor_div(start, NORNI_US_DAY))]);
    for (size_t i = 0; i < N_WORDS; i++) {
        const bool anchor = words[i].anchor == 0 || words[i].anchor == f.anchor;
        if (words[i].unit == f.unit && anchor)
            return norni_format(out, size, "%s%s", step, words[i].word);
    }
    return norni_format(out, size, "irregular");
}

int64_t norni_times_step(const int64_t *times, size_t n) {
    int64_t step[31];
    size_t k = 0;
    for (size_t i = n > 31 ? n - 31 : 1; i < n; i++) {
        const int64_t s = times[i] - times[i - 1];
        size_t at = k++;
        for (; at > 0 && step[at - 1] > s; at--)
            step[at] = step[at - 1];
        step[at] = s;
    }
    return k ? step[k / 2] : 1;
}
