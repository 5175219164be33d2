/* Dates as people write them; what can be day first or month first is told by the column. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "finance/finance_dates.h"

#include <math.h>

#include "base/numtext.h"

enum { YEAR_MIN = 1900, YEAR_MAX = 2199, MOST = 64 };
#define SERIAL_EPOCH INT64_C(-25569) /* day 0 of the serial numbers after February 1900 */

/* A date in pieces: numbers and words, and the marks between them. */
typedef struct piece {
    norni_str text;
    bool number;
    int64_t value;
    char before; /* the mark before it; ' ' for blanks, 0 for nothing */
} piece;

typedef struct pieces {
    piece of[12];
    size_t n;
} pieces;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int32_t norni_fin_month_name(norni_str word) {
    static const char *const name[12] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};
    if (word.n < 3) return 0;
    for (int32_t m = 0; m < 12; m++) {
        bool match = word.n <= strlen(name[m]);
        for (size_t i = 0; match && i < word.n; i++)
            match = (char)(word.p[i] | 32) == name[m][i];
        if (match) return m + 1;
    }
    return 0;
}

static bool is_weekday(norni_str word) {
    static const char *const name[7] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday"};
    for (size_t d = 0; d < 7 && word.n >= 3; d++) {
        bool match = word.n <= strlen(name[d]);
        for (size_t i = 0; match && i < word.n; i++)
            match = (char)(word.p[i] | 32) == name[d][i];
        if (match) return true;
    }
    return false;
}

static const norni_fin_date none = {
    NORNI_FIN_DATE_NONE, NORNI_TIME_NONE, NORNI_TIME_NONE, false, false, false, false};

static norni_fin_date far_off(void) {
    norni_fin_date d = none;
    d.far = true;
    return d;
}

/* Day `day` of a month, or NORNI_TIME_NONE where there is none. */
static int64_t day_of(int64_t year, int64_t month, int64_t day) {
    if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 || day < 1)
        return NORNI_TIME_NONE;
    if (day > norni_days_in_month((int32_t)year, (int32_t)month)) return NORNI_TIME_NONE;
    return norni_days_from_civil((int32_t)year, (int32_t)month, (int32_t)day) * NORNI_US_DAY;
}

static norni_fin_date sure(int64_t us) {
    norni_fin_date d = none;
    if (us == NORNI_TIME_NONE) return d;
    d.form = NORNI_FIN_DATE_SURE;
    d.day_first = d.month_first = us;
    return d;
}

/* false: something else than words, numbers and marks. */
static bool cut(norni_str s, pieces *out) {
    char before = 0;
    out->n = 0;
    for (size_t i = 0; i < s.n;) {
        const char c = s.p[i];
        if (!is_digit(c) && !is_letter(c)) {
            if (strchr(" \t/-.,:+'", c) == NULL) return false;
            if (before == 0 || before == ' ') before = c == '\t' ? ' ' : c;
            i++;
            continue;
        }
        if (out->n == sizeof out->of / sizeof *out->of) return false;
        piece *const q = &out->of[out->n++];
        const size_t from = i;
        const bool number = is_digit(c);
        while (i < s.n && (number ? is_digit(s.p[i]) : is_letter(s.p[i])))
            i++;
        *q = (piece){{s.p + from, i - from}, number, 0, before};
        before = 0;
        if (number &&
            (q->text.n > 9 || norni_int_parse(q->text.p, q->text.n, &q->value) != NORNI_NUM_OK))
            return false;
    }
    return out->n > 0;
}

/* Four digits as they are; two of 2000 to 2068 or 1969 to 1999; else 0. */
static int64_t year_of(const piece *q, bool *short_year) {
    if (!q->number) return 0;
    if (q->text.n == 4) return q->value;
    if (q->text.n != 2) return 0;
    *short_year = true;
    return q->value < 69 ? 2000 + q->value : 1900 + q->value;
}

/* What is behind the date: nothing, or a time of day in 24 or 12 hours. */
static bool clock_of(const piece *q, size_t n, int64_t *us) {
    int64_t part[3] = {0, 0, 0};
    size_t k = 0;
    *us = 0;
    if (n == 0) return true;
    if (!q->number && n > 1 && q->text.n == 1 && (*q->text.p | 32) == 't') q++, n--;
    while (k < n && k < 3 && q[k].number && q[k].text.n <= 2 && (k == 0 || q[k].before == ':')) {
        part[k] = q[k].value;
        k++;
    }
    if (k < 2 || part[0] > 23 || part[1] > 59 || part[2] > 59) return false;
    if (k < n && k == 3 && q[k].number && q[k].before == '.')
        k++; /* a fraction says nothing here */
    if (k < n && !q[k].number && q[k].text.n == 2 && (q[k].text.p[1] | 32) == 'm') {
        const int half = q[k].text.p[0] | 32;
        if ((half != 'a' && half != 'p') || part[0] < 1 || part[0] > 12) return false;
        part[0] = part[0] % 12 + (half == 'p' ? 12 : 0);
        k++;
    }
    *us = ((part[0] * 60 + part[1]) * 60 + part[2]) * NORNI_US_SECOND;
    return k == n;
}

static norni_fin_date later(norni_fin_date d, int64_t us) {
    if (d.day_first != NORNI_TIME_NONE) d.day_first += us;
    if (d.month_first != NORNI_TIME_NONE) d.month_first += us;
    return d;
}

/* 31/12/2024, 2024/12/31. */
static norni_fin_date three_numbers(const pieces *p) {
    const piece *const q = p->of;
    norni_fin_date d = none;
    int64_t clock;
    if (q[0].text.n == 4) {
        if (q[1].text.n > 2 || q[2].text.n > 2 || !clock_of(q + 3, p->n - 3, &clock)) return none;
        return later(sure(day_of(q[0].value, q[1].value, q[2].value)), clock);
    }
    if (q[0].text.n > 2 || q[1].text.n > 2 || q[2].before != q[1].before) return none;
    const int64_t year = year_of(&q[2], &d.short_year);
    if (year == 0 || !clock_of(q + 3, p->n - 3, &clock)) return none;
    if (year < YEAR_MIN || year > YEAR_MAX) return far_off();
    d.dots = q[1].before == '.';
    d.day_first = day_of(year, q[1].value, q[0].value);
    d.month_first = day_of(year, q[0].value, q[1].value);
    if (d.day_first == NORNI_TIME_NONE && d.month_first == NORNI_TIME_NONE) return none;
    d.form = d.day_first == d.month_first ? NORNI_FIN_DATE_SURE : NORNI_FIN_DATE_SPLIT;
    return later(d, clock);
}

/* 03/2024, 2024/3, 2024-03; never two of two digits. */
static norni_fin_date two_numbers(const pieces *p) {
    const piece *const q = p->of;
    if (p->n != 2 || strchr("/-. ", q[1].before) == NULL) return none;
    if (q[0].text.n == 4 && q[1].text.n <= 2) return sure(day_of(q[0].value, q[1].value, 1));
    if (q[1].text.n == 4 && q[0].text.n <= 2) return sure(day_of(q[1].value, q[0].value, 1));
    return none;
}

static bool is_ordinal(const piece *q) {
    return !q->number && q->before == 0 &&
           (norni_str_is_nocase(q->text, "st") || norni_str_is_nocase(q->text, "nd") ||
            norni_str_is_nocase(q->text, "rd") || norni_str_is_nocase(q->text, "th"));
}

/* One name of a month among up to two numbers: Jan 2024, 31-Jan-24, January 31, 2024, 2024-Jan-31. */
static norni_fin_date with_name(const pieces *p) {
    const piece *number[2] = {NULL, NULL};
    size_t n = 0, at = 0, i = 0;
    int32_t month = 0;
    norni_fin_date d = none;
    int64_t clock;
    for (; i < p->n && !(month > 0 && n == 2); i++) {
        const piece *const q = &p->of[i];
        if (q->number && n < 2 && q->before != ':') {
            if (month == 0) at = n + 1; /* numbers before the name */
            number[n++] = q;
        } else if (!q->number && month == 0 && norni_fin_month_name(q->text) > 0) {
            month = norni_fin_month_name(q->text);
        } else if (!is_ordinal(q)) {
            return none;
        }
    }
    if (i < p->n && is_ordinal(&p->of[i])) i++;
    if (month == 0 || n == 0 || !clock_of(p->of + i, p->n - i, &clock)) return none;
    if (n == 1) {
        const int64_t year = year_of(number[0], &d.short_year);
        d = sure(day_of(year, month, 1));
        return d;
    }
    const size_t year_at = number[0]->text.n == 4 && at >= 1 ? 0 : 1;
    bool short_year = false;
    const int64_t year = year_of(number[year_at], &short_year);
    d = later(sure(day_of(year, month, number[1 - year_at]->value)), clock);
    d.short_year = short_year;
    return d;
}

/* Q1 2024, 2024-Q1, 1Q24, 2024 1Q. */
static norni_fin_date with_quarter(const pieces *p) {
    const piece *const q = p->of;
    bool short_year = false;
    if (p->n != 3) return none;
    for (size_t k = 0; k < 3; k++) {
        if (q[k].number || q[k].text.n != 1 || (*q[k].text.p | 32) != 'q') continue;
        size_t of = 3, year = 3;
        if (k == 0) of = 1, year = 2;
        if (k == 1) of = q[0].text.n == 1 ? 0 : 2, year = 2 - of;
        if (k == 2) of = 1, year = 0;
        if (!q[of].number || q[of].text.n != 1 || q[of].value < 1 || q[of].value > 4) return none;
        return sure(day_of(year_of(&q[year], &short_year), q[of].value * 3 - 2, 1));
    }
    return none;
}

static norni_fin_date of_number(norni_str s) {
    norni_fin_date d = none;
    int64_t v = 0;
    double serial;
    if (norni_int_parse(s.p, s.n, &v) == NORNI_NUM_OK && is_digit(s.p[0])) {
        if (s.n == 8) return sure(day_of(v / 10000, v / 100 % 100, v % 100));
        if (s.n == 6) return sure(day_of(v / 100, v % 100, 1));
        if (s.n == 10 || s.n == 13) {
            const int64_t us = s.n == 10 ? v * NORNI_US_SECOND : v * 1000;
            const norni_civil c = norni_civil_from_us(us);
            return c.year >= YEAR_MIN && c.year <= YEAR_MAX ? sure(us) : none;
        }
        if (s.n == 4) {
            d = sure(day_of(v, 1, 1));
            if (d.form == NORNI_FIN_DATE_SURE) d.form = NORNI_FIN_DATE_YEAR;
            return d;
        }
    }
    if (norni_num_parse(s.p, s.n, &serial) != NORNI_NUM_OK || !(serial >= 20000 && serial < 80000))
        return none;
    const double whole = floor(serial);
    d = sure(((int64_t)whole + SERIAL_EPOCH) * NORNI_US_DAY +
             (int64_t)floor((serial - whole) * 86400 + 0.5) * NORNI_US_SECOND);
    d.form = NORNI_FIN_DATE_SERIAL;
    return d;
}

/* What the house's own reader of times knows: ISO with zones, weeks. A zone is cut off first. */
static norni_fin_date iso(norni_str s) {
    norni_fin_date d;
    norni_time_style style;
    int64_t us;
    bool zoned = false, cut_off = false;
    if (s.n >= 11 && (s.p[10] == 'T' || s.p[10] == 't' || s.p[10] == ' ')) {
        for (size_t i = 11; i < s.n && !cut_off; i++) {
            cut_off = s.p[i] == 'Z' || s.p[i] == 'z' || s.p[i] == '+' || s.p[i] == '-';
            if (!cut_off) continue;
            if (!norni_time_parse(s, &us, &style, &zoned)) return none; /* the zone must be one */
            s.n = i;
        }
    }
    if (!norni_time_parse(s, &us, &style, &zoned) || style.kind == NORNI_TIME_INDEX) return none;
    const norni_civil c = norni_civil_from_us(us);
    if (c.year < YEAR_MIN || c.year > YEAR_MAX) return far_off();
    d = sure(us);
    d.zoned = cut_off;
    return d;
}

static bool digits_alone(norni_str s) {
    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i]) && s.p[i] != '.') return false;
    }
    const char *const point = memchr(s.p, '.', s.n);
    return point == NULL ||
           (point == s.p + 5 && s.n > 6 && memchr(point + 1, '.', s.n - 6) == NULL);
}

norni_fin_date norni_fin_date_read(norni_str cell) {
    pieces p;
    norni_str s = norni_str_trim(cell);
    if (s.n < 4 || s.n > MOST) return none;
    if (digits_alone(s)) return of_number(s);
    if (s.n >= 7 && is_digit(s.p[0]) && is_digit(s.p[3]) && (s.p[4] == '-' || s.p[4] == ' ')) {
        const norni_fin_date d = iso(s);
        if (d.form != NORNI_FIN_DATE_NONE || d.far) return d;
    }
    if (!cut(s, &p)) return none;
    if (!p.of[0].number && p.n > 2 && is_weekday(p.of[0].text)) {
        p.n--;
        memmove(p.of, p.of + 1, p.n * sizeof *p.of);
    }
    if (p.n >= 3 && p.of[0].number && p.of[1].number && p.of[2].number && p.of[1].before != 0 &&
        p.of[1].before != ':' && strchr("/-. ", p.of[1].before) != NULL)
        return three_numbers(&p);
    if (p.n == 2 && p.of[0].number && p.of[1].number) return two_numbers(&p);
    const norni_fin_date quarter = with_quarter(&p);
    if (quarter.form != NORNI_FIN_DATE_NONE) return quarter;
    const norni_fin_date named = with_name(&p);
    if (named.form != NORNI_FIN_DATE_NONE) return named;
    return iso(s);
}
