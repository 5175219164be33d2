/* Civil time without zones: microseconds since 1970-01-01 UTC and back, proleptic Gregorian. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/calendar.h"

#include "base/numtext.h"

static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Days and dates by multiplications and shifts: C. Neri, L. Schneider, "Euclidean affine functions and
 * their application to calendar algorithms", Software: Practice and Experience 53 (2023). Years begin
 * in March there, and a shift by whole 400 years keeps everything positive: FAR of them for what lies
 * before the year -32799. */
enum {
    SHIFT_400 = 82,
    SHIFT_YEARS = 400 * SHIFT_400,
    SHIFT_DAYS = 719468 + 146097 * SHIFT_400,
    FAR_YEARS = 400 * 1000,
    FAR_DAYS = 146097 * 1000
};

int64_t norni_days_from_civil(int32_t year, int32_t month, int32_t day) {
    const bool early = month <= 2;
    if (year <= -SHIFT_YEARS) return norni_days_from_civil(year + FAR_YEARS, month, day) - FAR_DAYS;
    const uint32_t y = (uint32_t)(year + SHIFT_YEARS - early),
                   m = (uint32_t)(early ? month + 12 : month), c = y / 100;
    const uint32_t of_year = (979 * m - 2919) / 32;
    return (int64_t)(1461 * y / 4 - c + c / 4 + of_year) + day - 1 - SHIFT_DAYS;
}

norni_civil norni_civil_from_us(int64_t us) {
    const int64_t days = floor_div(us, NORNI_US_DAY), rest = us - days * NORNI_US_DAY;
    const bool far = days < -SHIFT_DAYS;
    const uint32_t n1 = 4 * (uint32_t)(days + SHIFT_DAYS + (far ? FAR_DAYS : 0)) + 3,
                   century = n1 / 146097;
    const uint32_t n2 = n1 % 146097 | 3;
    const uint64_t p2 = (uint64_t)2939745 * n2;
    const uint32_t of_century = (uint32_t)(p2 >> 32), of_year = (uint32_t)p2 / 2939745 / 4;
    const uint32_t n3 = 2141 * of_year + 197913;
    const bool early = of_year >= 306; /* January or February */
    norni_civil c = {
        .year = (int32_t)(100 * century + of_century) - SHIFT_YEARS + early - (far ? FAR_YEARS : 0),
        .month = (int32_t)(n3 >> 16) - (early ? 12 : 0),
        .day = (int32_t)((n3 & 0xFFFF) / 2141) + 1};
    if (rest == 0) return c;
    const int64_t seconds = rest / NORNI_US_SECOND;
    c.hour = (int32_t)(seconds / 3600);
    c.minute = (int32_t)(seconds / 60 % 60);
    c.second = (int32_t)(seconds % 60);
    c.micro = (int32_t)(rest % NORNI_US_SECOND);
    return c;
}

int64_t norni_us_from_civil(const norni_civil *c) {
    const int64_t seconds = (int64_t)c->hour * 3600 + c->minute * 60 + c->second;
    return norni_days_from_civil(c->year, c->month, c->day) * NORNI_US_DAY +
           seconds * NORNI_US_SECOND + c->micro;
}

int32_t norni_days_in_month(int32_t year, int32_t month) {
    static const int32_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

int32_t norni_weekday(int64_t day) {
    const int64_t w = (day + 3) % 7; /* 1970-01-01 was a Thursday */
    return (int32_t)(w < 0 ? w + 7 : w);
}

/* Reads exactly n digits. */
static bool take_digits(norni_str *s, size_t n, int32_t *out) {
    if (s->n < n) return false;
    int32_t value = 0;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9') return false;
        value = 10 * value + (s->p[i] - '0');
    }
    s->p += n;
    s->n -= n;
    *out = value;
    return true;
}

static bool take_char(norni_str *s, char c) {
    if (s->n == 0 || s->p[0] != c) return false;
    s->p++;
    s->n--;
    return true;
}

static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Monday of ISO week 1: the week that holds 4 January. */
static int64_t first_week(int32_t year) {
    const int64_t fourth = norni_days_from_civil(year, 1, 4);
    return fourth - norni_weekday(fourth);
}

/* Behind the year: a quarter, a week or a month word; `s` is what is left, sep what stood between.
 */
static bool parse_period(norni_str s, int32_t year, char sep, int64_t *us,
                         norni_time_style *style) {
    int32_t k;
    int64_t day = 0;
    if (take_char(&s, 'Q') || take_char(&s, 'q')) {
        if (!take_digits(&s, 1, &k) || k < 1 || k > 4) return false;
        style->kind = NORNI_TIME_QUARTER;
        day = norni_days_from_civil(year, 3 * k - 2, 1);
    } else if (take_char(&s, 'W') || take_char(&s, 'w')) {
        if (!take_digits(&s, 2, &k) || k < 1) return false;
        day = first_week(year) + 7 * (int64_t)(k - 1);
        if (day >= first_week(year + 1)) return false;
        style->kind = NORNI_TIME_WEEK;
    } else if (sep == 0 && (take_char(&s, 'M') || take_char(&s, 'm'))) {
        if (!take_digits(&s, 2, &k) || k < 1 || k > 12) return false;
        style->kind = NORNI_TIME_MONTH;
        sep = 'M';
        day = norni_days_from_civil(year, k, 1);
    } else {
        for (k = 0; k < 12; k++) {
            if (s.n == 3 && norni_str_is_nocase(s, month_names[k])) break;
        }
        if (k == 12 || sep == 0) return false;
        style->kind = NORNI_TIME_MONTH;
        style->name = true;
        day = norni_days_from_civil(year, k + 1, 1);
        s.n = 0;
    }
    style->sep = sep;
    *us = day * NORNI_US_DAY;
    return s.n == 0;
}

/* "Z", "+02:00", "-0530", "+02" behind a time. */
static bool parse_zone(norni_str *s, int64_t *offset_us, bool *zoned) {
    *zoned = false;
    *offset_us = 0;
    if (s->n == 0) return true;
    *zoned = true;
    if (take_char(s, 'Z') || take_char(s, 'z')) return s->n == 0;
    const bool negative = s->p[0] == '-';
    int32_t hours, minutes = 0;
    if (!take_char(s, '+') && !take_char(s, '-')) return false;
    if (!take_digits(s, 2, &hours) || hours > 15) return false;
    (void)take_char(s, ':');
    if (s->n > 0 && (!take_digits(s, 2, &minutes) || minutes > 59)) return false;
    *offset_us = (int64_t)(hours * 60 + minutes) * 60 * NORNI_US_SECOND * (negative ? -1 : 1);
    return s->n == 0;
}

static bool parse_clock(norni_str s, norni_civil *c, norni_time_style *style, int64_t *offset_us,
                        bool *zoned) {
    if (!take_digits(&s, 2, &c->hour) || !take_char(&s, ':') || !take_digits(&s, 2, &c->minute))
        return false;
    if (take_char(&s, ':')) {
        style->seconds = true;
        if (!take_digits(&s, 2, &c->second)) return false;
        if (take_char(&s, '.')) {
            int32_t digit;
            for (int32_t unit = 100000; s.n > 0 && take_digits(&s, 1, &digit); unit /= 10) {
                c->micro += digit * unit; /* digits behind the sixth count nothing */
                if (style->digits < 6) style->digits++;
            }
            if (style->digits == 0) return false;
        }
    }
    if (c->hour > 23 || c->minute > 59 || c->second > 59) return false;
    return parse_zone(&s, offset_us, zoned);
}

/* 20200131, 202001: calendar times of the years 1800 to 2199; other integers are an index. */
static bool parse_compact(norni_str s, int64_t *us, norni_time_style *style) {
    norni_civil c = {.day = 1};
    norni_str rest = s;
    if ((s.n != 8 && s.n != 6) || !take_digits(&rest, 4, &c.year) || c.year < 1800 ||
        c.year > 2199 || !take_digits(&rest, 2, &c.month) || c.month < 1 || c.month > 12)
        return false;
    if (s.n == 8 && (!take_digits(&rest, 2, &c.day) || c.day < 1 ||
                     c.day > norni_days_in_month(c.year, c.month)))
        return false;
    style->kind = s.n == 8 ? NORNI_TIME_DATE : NORNI_TIME_MONTH;
    style->compact = s.n == 8;
    *us = norni_us_from_civil(&c);
    return true;
}

bool norni_time_parse(norni_str text, int64_t *us, norni_time_style *style, bool *zoned) {
    norni_str s = norni_str_trim(text);
    norni_civil c = {.day = 1};
    int64_t value = 0, offset = 0;
    *style = (norni_time_style){.kind = NORNI_TIME_INDEX};
    *zoned = false;
    if (parse_compact(s, us, style)) return true;
    if (s.n < 5 || (s.p[4] >= '0' && s.p[4] <= '9') || s.p[0] == '-') {
        if (norni_int_parse(s.p, s.n, &value) != NORNI_NUM_OK) return false;
        *us = value;
        return value >= -NORNI_INDEX_MAX && value <= NORNI_INDEX_MAX;
    }
    if (!take_digits(&s, 4, &c.year) || c.year < 1) return false;
    const char sep = s.p[0] == '-' || s.p[0] == '/' || s.p[0] == ' ' ? s.p[0] : 0;
    if (sep != 0) {
        s.p++;
        s.n--;
    }
    if (s.n > 0 && (s.p[0] < '0' || s.p[0] > '9'))
        return sep != '/' && parse_period(s, c.year, sep, us, style);
    if (sep == 0 || sep == ' ' || !take_digits(&s, 2, &c.month) || c.month < 1 || c.month > 12)
        return false;
    style->kind = NORNI_TIME_MONTH;
    style->sep = sep;
    if (s.n > 0) {
        style->kind = NORNI_TIME_DATE;
        if (!take_char(&s, sep) || !take_digits(&s, 2, &c.day)) return false;
        if (c.day < 1 || c.day > norni_days_in_month(c.year, c.month)) return false;
    }
    if (s.n > 0) {
        const char between = s.p[0];
        if (between != 'T' && between != ' ' && between != 't') return false;
        if (sep != '-') return false;
        style->kind = NORNI_TIME_DATETIME;
        style->sep = between;
        if (!parse_clock((norni_str){s.p + 1, s.n - 1}, &c, style, &offset, zoned)) return false;
        style->zone = *zoned;
    }
    *us = norni_us_from_civil(&c) - offset;
    return *us >= NORNI_TIME_MIN && *us <= NORNI_TIME_MAX;
}

static char *put_padded(char *p, int32_t value, int width) {
    for (int i = width - 1; i >= 0; i--) {
        p[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return p + width;
}

static char *put_char(char *p, char c) {
    if (c != 0) *p++ = c;
    return p;
}

static char *print_clock(char *p, const norni_civil *c, const norni_time_style *style) {
    *p++ = style->sep ? style->sep : ' ';
    p = put_char(put_padded(p, c->hour, 2), ':');
    p = put_padded(p, c->minute, 2);
    if (style->seconds) p = put_padded(put_char(p, ':'), c->second, 2);
    if (style->digits > 0) {
        char micro[6];
        put_padded(micro, c->micro, 6);
        p = put_char(p, '.');
        memcpy(p, micro, style->digits);
        p += style->digits;
    }
    return put_char(p, style->zone ? 'Z' : 0);
}

static char *print_week(char *p, int64_t day, const norni_time_style *style) {
    int32_t year = norni_civil_from_us((day - norni_weekday(day) + 3) * NORNI_US_DAY)
                       .year; /* of the week's Thursday */
    p = put_char(put_char(put_padded(p, year, 4), style->sep), 'W');
    return put_padded(p, (int32_t)((day - first_week(year)) / 7 + 1), 2);
}

size_t norni_time_print(char *out, int64_t t, const norni_time_style *style) {
    char *p = out;
    if (t == NORNI_TIME_NONE) return 0;
    if (style->kind == NORNI_TIME_INDEX) return norni_int_print(out, t);
    if (style->kind == NORNI_TIME_EPOCH_S)
        return norni_int_print(out, floor_div(t, NORNI_US_SECOND));
    if (style->kind == NORNI_TIME_EPOCH_MS) return norni_int_print(out, floor_div(t, 1000));
    const norni_civil c = norni_civil_from_us(t);
    switch (style->kind) {
        case NORNI_TIME_YEAR: p = put_padded(p, c.year, 4); break;
        case NORNI_TIME_QUARTER:
            p = put_char(put_char(put_padded(p, c.year, 4), style->sep), 'Q');
            *p++ = (char)('1' + (c.month - 1) / 3);
            break;
        case NORNI_TIME_WEEK: p = print_week(p, floor_div(t, NORNI_US_DAY), style); break;
        case NORNI_TIME_MONTH:
            p = put_char(put_padded(p, c.year, 4), style->sep);
            if (style->name) {
                memcpy(p, month_names[c.month - 1], 3);
                p += 3;
            } else {
                p = put_padded(p, c.month, 2);
            }
            break;
        case NORNI_TIME_DATE:
        case NORNI_TIME_DATETIME:
        case NORNI_TIME_INDEX:
        case NORNI_TIME_EPOCH_S:
        case NORNI_TIME_EPOCH_MS: {
            const char sep = style->kind != NORNI_TIME_DATE ? '-'
                             : style->compact               ? 0
                             : style->sep                   ? style->sep
                                                            : '-';
            p = put_char(put_padded(p, c.year, 4), sep);
            p = put_char(put_padded(p, c.month, 2), sep);
            p = put_padded(p, c.day, 2);
            if (style->kind == NORNI_TIME_DATETIME) p = print_clock(p, &c, style);
            break;
        }
    }
    return (size_t)(p - out);
}
