/* Counts and times of tweets as files write them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/calendar.h"
#include "signals/signals_read_parts.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_unknown(norni_str s) {
    static const char *const word[] = {"nan", "null", "none", "na", "n/a", "nat", "-"};
    if (s.n == 0) return true;
    for (size_t k = 0; k < sizeof word / sizeof word[0]; k++)
        if (norni_str_is_nocase(s, word[k])) return true;
    return false;
}

/* A decimal number as digits and a power of ten. */
typedef struct decimal {
    uint64_t digits;
    int64_t power;
    bool large; /* more digits than 64 bits hold */
} decimal;

static void add_digit(decimal *d, char c) {
    if (d->digits > (UINT64_MAX - 9) / 10) {
        d->large = true;
        return;
    }
    d->digits = 10 * d->digits + (uint64_t)(c - '0');
}

/* "1234", "1,234": groups of three behind the first comma. */
static bool take_whole(const char **p, const char *end, decimal *d) {
    size_t n = 0, group = 0;
    bool grouped = false;
    for (; *p < end; (*p)++) {
        if (is_digit(**p)) {
            add_digit(d, **p);
            n++;
            group++;
        } else if (**p == ',') {
            if (n == 0 || (grouped ? group != 3 : group > 3)) return false;
            grouped = true;
            group = 0;
        } else {
            break;
        }
    }
    return !grouped || group == 3;
}

static void take_fraction(const char **p, const char *end, decimal *d) {
    const char *from = *p, *stop = from;
    while (stop < end && is_digit(*stop))
        stop++;
    *p = stop;
    while (stop > from && stop[-1] == '0')
        stop--;
    for (; from < stop; from++) {
        add_digit(d, *from);
        d->power--;
    }
}

/* An exponent, or K, M, B behind the digits. */
static bool take_power(const char **p, const char *end, decimal *d) {
    if (*p == end) return true;
    const char c = (char)(**p | 0x20);
    (*p)++;
    if (c == 'k' || c == 'm' || c == 'b') {
        d->power += c == 'k' ? 3 : c == 'm' ? 6 : 9;
        return true;
    }
    if (c != 'e') return false;
    const bool negative = *p < end && **p == '-';
    if (*p < end && (**p == '-' || **p == '+')) (*p)++;
    if (*p == end) return false;
    int64_t e = 0;
    for (; *p < end && is_digit(**p); (*p)++)
        if (e < 100000) e = 10 * e + (**p - '0');
    d->power += negative ? -e : e;
    return true;
}

static bool to_count(decimal d, int64_t *out) {
    if (d.large) return false;
    while (d.power < 0 && d.digits > 0 && d.digits % 10 == 0) {
        d.digits /= 10;
        d.power++;
    }
    if (d.digits == 0) d.power = 0;
    if (d.power < 0) return false;
    for (; d.power > 0; d.power--) {
        if (d.digits > (UINT64_C(1) << 53)) return false;
        d.digits *= 10;
    }
    *out = (int64_t)(d.digits & INT64_MAX);
    return d.digits <= (UINT64_C(1) << 53);
}

int norni_tweet_count(norni_str text, int64_t *out) {
    int64_t value = 0;
    *out = NORNI_TWEET_NO_COUNT;
    if (text.n > 0 && text.n <= 15) { /* most counts are a few digits */
        size_t k = 0;
        for (; k < text.n && is_digit(text.p[k]); k++)
            value = 10 * value + (text.p[k] - '0');
        if (k == text.n) {
            *out = value;
            return 0;
        }
    }
    const norni_str s = norni_str_trim(text);
    if (is_unknown(s)) return 1;
    decimal d = {0, 0, false};
    const char *p = s.p, *end = s.p + s.n;
    const bool negative = *p == '-';
    if (*p == '-' || *p == '+') p++;
    const char *begin = p;
    if (!take_whole(&p, end, &d)) return 2;
    if (p < end && *p == '.') {
        p++;
        take_fraction(&p, end, &d);
    }
    if (p == begin || (p == begin + 1 && *begin == '.') || !take_power(&p, end, &d) || p != end)
        return 2;
    if (!to_count(d, &value) || (negative && value != 0)) return 2;
    *out = value;
    return 0;
}

/* ---- times ---- */

/* Digits alone: yyyymmdd, else seconds, milliseconds, microseconds or nanoseconds since 1970 by how many there are. Fewer
 * than nine digits lie before 1973, when nobody tweeted: no time. */
static bool parse_epoch(norni_str s, int64_t *us) {
    uint64_t whole = 0;
    int64_t micro = 0;
    size_t n = 0;
    for (; n < s.n && is_digit(s.p[n]); n++) {
        if (n >= 19) return false;
        whole = 10 * whole + (uint64_t)(s.p[n] - '0');
    }
    const size_t digits = n;
    if (digits < 9) return false;
    if (n < s.n && s.p[n] == '.') {
        int64_t unit = 100000;
        for (n++; n < s.n && is_digit(s.p[n]); n++, unit /= 10)
            micro += unit * (s.p[n] - '0');
    }
    if (n != s.n) return false;
    if (digits <= 11) {
        *us = (int64_t)whole * 1000000 + micro;
    } else if (digits <= 14) {
        *us = (int64_t)whole * 1000 + micro / 1000;
    } else {
        *us = (int64_t)(digits <= 17 ? whole : whole / 1000);
    }
    return true;
}

/* "Wed Oct 10 20:19:24 +0000 2018" as "2018-10-10T20:19:24+0000". */
static bool turn_twitter(norni_str s, char out[24]) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (s.n != 30 || s.p[3] != ' ' || s.p[7] != ' ' || s.p[10] != ' ' || s.p[19] != ' ' ||
        s.p[25] != ' ')
        return false;
    int month = 0;
    while (month < 12 && memcmp(months + 3 * month, s.p + 4, 3) != 0)
        month++;
    if (month == 12) return false;
    month++;
    memcpy(out, s.p + 26, 4);
    out[4] = out[7] = '-';
    out[5] = (char)('0' + month / 10);
    out[6] = (char)('0' + month % 10);
    memcpy(out + 8, s.p + 8, 2);
    if (out[8] == ' ') out[8] = '0';
    out[10] = 'T';
    memcpy(out + 11, s.p + 11, 8);
    memcpy(out + 19, s.p + 20, 5);
    return true;
}

/* "… UTC" and a blank before an offset are taken out. */
static norni_str turn_zone(norni_str s, char out[48]) {
    if (s.n < 20 || s.n > 40) return s;
    const char *blank = memrchr(s.p, ' ', s.n);
    if (blank == NULL || blank - s.p < 16) return s;
    const norni_str zone = {blank + 1, (size_t)(s.p + s.n - blank - 1)};
    const size_t n = (size_t)(blank - s.p);
    if (zone.n == 0) return s;
    memcpy(out, s.p, n);
    if (norni_str_is_nocase(zone, "utc") || norni_str_is_nocase(zone, "gmt")) {
        out[n] = 'Z';
        return (norni_str){out, n + 1};
    }
    if (zone.p[0] != '+' && zone.p[0] != '-') return s;
    memcpy(out + n, zone.p, zone.n);
    return (norni_str){out, n + zone.n};
}

/* So that the end of a tweet's hour can be written, too. */
#define LATEST (NORNI_TIME_MAX - NORNI_US_DAY)

bool norni_tweet_time(norni_str text, int64_t *us, bool *zoned) {
    char iso[24], turned[48];
    norni_time_style style;
    norni_str s = norni_str_trim(text);
    *us = NORNI_TWEET_NO_TIME;
    *zoned = true;
    int64_t t;
    if (s.n == 0) return false;
    if (is_digit(s.p[0]) && (s.n < 5 || is_digit(s.p[4])) && s.n != 8) {
        if (!parse_epoch(s, &t) || t > LATEST) return false;
        *us = t;
        return true;
    }
    if (s.p[0] >= 'A' && turn_twitter(s, iso)) {
        s = (norni_str){iso, sizeof iso};
    } else {
        s = turn_zone(s, turned);
    }
    if (!norni_time_parse(s, &t, &style, zoned)) return false;
    if ((style.kind != NORNI_TIME_DATETIME && style.kind != NORNI_TIME_DATE) || t > LATEST)
        return false;
    *us = t;
    return true;
}
