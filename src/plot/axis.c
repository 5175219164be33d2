/* Where an axis has its ticks and what stands beside them: numbers, integer indices, calendar. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/axis.h"

#include <math.h>

#include "base/numtext.h"
#include "data/calendar.h"
#include "plot/svg.h"

static const double label_gap = 8; /* px that keep two labels apart */

static double power_of_ten(int32_t k) {
    double p = 1;
    for (int32_t i = k < 0 ? -k : k; i > 0; i--)
        p *= 10;
    return p;
}

/* n * 10^k: dividing keeps the decimals exact where multiplying by 0.1 would not. */
static double decimal_value(double n, int32_t k) {
    return k < 0 ? n / power_of_ten(k) : n * power_of_ten(k);
}

/* floor(log10(x)), x > 0. */
static int32_t exponent_of(double x) {
    int32_t k = 0;
    for (double p = 10; k < 308 && x >= p; p *= 10)
        k++;
    for (double p = 1; k > -308 && x * p < 1; p *= 10)
        k--;
    return k;
}

/* How the numbers of one axis are written. */
typedef struct number_style {
    bool science, grouped;
    int32_t shift; /* printed value = value / 10^shift */
    const char *suffix;
} number_style;

/* `largest`: the largest absolute value, `k`: all values are whole multiples of 10^k. */
static number_style choose_style(double largest, int32_t k, bool grouped) {
    static const number_style units[] = {
        {false, true, 12, "T"}, {false, true, 9, "B"}, {false, true, 6, "M"}};
    if (largest >= 1e15 || (largest > 0 && largest < 1e-4))
        return (number_style){.science = true, .suffix = ""};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        /* more than three decimals would be longer than the plain number */
        if (largest >= power_of_ten(units[i].shift) && k >= units[i].shift - 3) return units[i];
    }
    return (number_style){.grouped = grouped, .suffix = ""};
}

/* Digits with a decimal point before the last `decimals` of them, in groups of three. */
static char *put_digits(char *p, const char *digits, size_t n, size_t decimals, bool grouped) {
    const size_t whole = n > decimals ? n - decimals : 0;
    if (whole == 0) *p++ = '0';
    for (size_t i = 0; i < whole; i++) {
        if (grouped && i > 0 && (whole - i) % 3 == 0) *p++ = ',';
        *p++ = digits[i];
    }
    if (decimals == 0) return p;
    *p++ = '.';
    for (size_t i = n; i < decimals; i++)
        *p++ = '0';
    memcpy(p, digits + whole, n - whole);
    return p + (n - whole);
}

/* n * 10^k as text. */
static void print_decimal(char out[NORNI_TICK_TEXT], int64_t n, int32_t k,
                          const number_style *style) {
    char digits[2 * NORNI_TICK_TEXT], *p = out;
    if (n == 0) {
        memcpy(out, "0", 2);
        return;
    }
    if (n < 0) {
        memcpy(p, "\xE2\x88\x92", 3); /* a true minus sign */
        p += 3;
    }
    for (; n % 10 == 0; n /= 10)
        k++;
    size_t len = norni_int_print(digits, n);
    if (n < 0) memmove(digits, digits + 1, --len);
    if (style->science) {
        const int32_t e = k + (int32_t)len - 1;
        p = put_digits(p, digits, len, len - 1, false);
        *p++ = 'e';
        p += norni_int_print(p, e);
    } else {
        for (k -= style->shift; k > 0; k--)
            digits[len++] = '0';
        p = put_digits(p, digits, len, (size_t)-k, style->grouped);
        memcpy(p, style->suffix, strlen(style->suffix));
        p += strlen(style->suffix);
    }
    *p = '\0';
}

void norni_axis_value(char out[NORNI_TICK_TEXT], double x) {
    out[0] = '\0';
    if (!isfinite(x)) return;
    const double size = fabs(x);
    const bool zero = size < 1e-300;
    const int32_t k = zero ? 0 : exponent_of(size) - 5;
    const double n = zero ? 0 : decimal_value(size, -k);
    int64_t whole = (int64_t)floor(n + 0.5);
    int32_t least = k;
    for (; whole != 0 && whole % 10 == 0; whole /= 10)
        least++;
    const number_style style = choose_style(size, least, true);
    print_decimal(out, x < 0 ? -whole : whole, least, &style);
}

double norni_axis_round(double x, int32_t digits) {
    const double size = fabs(x);
    if (!isfinite(x) || size < 1e-300) return 0;
    const int32_t k = exponent_of(size) - digits + 1;
    const double whole = floor(decimal_value(size, -k) + 0.5), back = decimal_value(whole, k);
    return !isfinite(back) ? x : x < 0 ? -back : back;
}

void norni_ticks_number(norni_ticks *t, double lo, double hi, size_t most) {
    t->n = 0;
    const double raw = (hi - lo) / (double)(most < 1 ? 1 : most), slack = (hi - lo) * 1e-9;
    if (!(raw > 0) || !isfinite(raw)) return;
    int32_t k = exponent_of(raw);
    const double lead = decimal_value(raw, -k);
    /* one tick too many is better than a step twice as wide */
    int64_t m = lead <= 1.15 ? 1 : lead <= 2.3 ? 2 : lead <= 5.75 ? 5 : 10;
    if (m == 10) {
        m = 1;
        k++;
    }
    const double step = decimal_value((double)m, k),
                 larger = fabs(lo) > fabs(hi) ? fabs(lo) : fabs(hi);
    const number_style style = choose_style(larger, k, true);
    const double first = ceil(lo / step - 1e-6);
    if (!(fabs(first) < 1e15)) return;
    for (int64_t i = (int64_t)first; t->n < NORNI_TICKS_MAX; i++) {
        const double value = decimal_value((double)(i * m), k);
        if (value > hi + slack) break;
        if (value < lo - slack) continue;
        norni_tick *tick = &t->tick[t->n++];
        *tick = (norni_tick){.value = value, .at = (value - lo) / (hi - lo)};
        print_decimal(tick->label, i * m, k, &style);
    }
}

double norni_axis_share(int64_t t, int64_t lo, int64_t hi) {
    const double span = (double)((uint64_t)hi - (uint64_t)lo);
    return t >= lo ? (double)((uint64_t)t - (uint64_t)lo) / span
                   : -(double)((uint64_t)lo - (uint64_t)t) / span;
}

static double text_width(const char *text, double size) {
    return norni_svg_width(norni_str_of(text), size);
}

/* The largest multiple of step that is not above t, as a quotient. */
static int64_t floor_div(int64_t t, int64_t step) {
    return t / step - (t % step < 0);
}

void norni_ticks_index(norni_ticks *t, int64_t lo, int64_t hi, double px, double size) {
    t->n = 0;
    const double span = (double)((uint64_t)hi - (uint64_t)lo);
    const double larger = fabs((double)lo) > fabs((double)hi) ? fabs((double)lo) : fabs((double)hi);
    int64_t power = 1, m = 1;
    number_style style = {0};
    for (int32_t k = 0;; m = m == 1 ? 2 : m == 2 ? 5 : 1) {
        const int64_t step = m * power;
        char ends[2][NORNI_TICK_TEXT];
        style = choose_style(larger, k, larger >= 10000); /* 1976 may well be a year */
        print_decimal(ends[0], lo / step * m, k, &style);
        print_decimal(ends[1], hi / step * m, k, &style);
        const double w0 = text_width(ends[0], size), w1 = text_width(ends[1], size);
        const double need = (w0 > w1 ? w0 : w1) + 2 * label_gap;
        if (px * (double)step >= need * span && span < (double)step * (NORNI_TICKS_MAX - 2)) break;
        if (m != 5) continue;
        if (k == 18) break; /* 5e18: the widest that there is */
        k++;
        power *= 10;
    }
    int32_t k = 0;
    for (int64_t p = power; p > 1; p /= 10)
        k++;
    const int64_t step = m * power;
    int64_t at = floor_div(lo, step) * m; /* in units of power */
    for (bool end = false; !end && t->n < NORNI_TICKS_MAX;
         end = __builtin_add_overflow(at, m, &at)) {
        int64_t time;
        if (__builtin_mul_overflow(at, power, &time)) {
            if (at > 0) break;
            continue;
        }
        if (time > hi) break;
        if (time < lo) continue;
        norni_tick *tick = &t->tick[t->n++];
        *tick = (norni_tick){.time = time, .at = norni_axis_share(time, lo, hi)};
        print_decimal(tick->label, at, k, &style);
    }
}

/* A calendar step: a fixed number of microseconds (weeks begin on Monday), or of months. */
typedef struct step {
    bool months;
    int64_t count, offset;
    const char *sample; /* the widest label */
} step;

#define SECOND NORNI_US_SECOND
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    NORNI_US_DAY
#define MONDAY (4 * DAY) /* 5 January 1970 */

/* The ladder of steps from fine to coarse. */
static step step_at(size_t i) {
    static const step middle[] = {{false, SECOND, 0, "00:00:00"},
                                  {false, 2 * SECOND, 0, "00:00:00"},
                                  {false, 5 * SECOND, 0, "00:00:00"},
                                  {false, 10 * SECOND, 0, "00:00:00"},
                                  {false, 15 * SECOND, 0, "00:00:00"},
                                  {false, 30 * SECOND, 0, "00:00:00"},
                                  {false, MINUTE, 0, "00:00"},
                                  {false, 2 * MINUTE, 0, "00:00"},
                                  {false, 5 * MINUTE, 0, "00:00"},
                                  {false, 10 * MINUTE, 0, "00:00"},
                                  {false, 15 * MINUTE, 0, "00:00"},
                                  {false, 30 * MINUTE, 0, "00:00"},
                                  {false, HOUR, 0, "00:00"},
                                  {false, 2 * HOUR, 0, "00:00"},
                                  {false, 3 * HOUR, 0, "00:00"},
                                  {false, 6 * HOUR, 0, "00:00"},
                                  {false, 12 * HOUR, 0, "00:00"},
                                  {false, DAY, 0, "30 May"},
                                  {false, 2 * DAY, 0, "30 May"},
                                  {false, 7 * DAY, MONDAY, "30 May"},
                                  {false, 14 * DAY, MONDAY, "30 May"},
                                  {true, 1, 0, "May"},
                                  {true, 3, 0, "May"},
                                  {true, 6, 0, "May"}};
    enum { FINE = 18, MIDDLE = sizeof middle / sizeof middle[0] };
    static const int64_t lead[] = {1, 2, 5};
    if (i >= FINE && i < FINE + MIDDLE) return middle[i - FINE];
    const size_t j = i < FINE ? i : i - FINE - MIDDLE;
    int64_t count = lead[j % 3];
    for (size_t power = j / 3; power > 0; power--)
        count *= 10;
    return i < FINE ? (step){false, count, 0, "00:00:00.000000"}
                    : (step){true, 12 * count, 0, "2020"};
}

enum { STEPS = 18 + 24 + 18 };

/* The first day of a month counted from year 0; cut to what microseconds can carry. */
static int64_t month_start(int64_t month) {
    const int64_t year = floor_div(month, 12);
    if (year > 292000) return INT64_MAX;
    if (year < -290000) return INT64_MIN;
    return norni_days_from_civil((int32_t)year, (int32_t)(month - 12 * year) + 1, 1) * DAY;
}

static const char month_name[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static void two_digits(char *p, int32_t value) {
    p[0] = (char)('0' + value / 10);
    p[1] = (char)('0' + value % 10);
}

static void print_clock(char out[NORNI_TICK_TEXT], const norni_civil *c, int64_t count) {
    memcpy(out, "00:00:00", 9);
    two_digits(out, c->hour);
    two_digits(out + 3, c->minute);
    two_digits(out + 6, c->second);
    if (count >= MINUTE) out[5] = '\0';
    if (count >= SECOND) return;
    char *p = out + 8;
    *p++ = '.';
    int32_t rest = c->micro;
    for (int32_t unit = 100000; unit > 0 && (rest > 0 || unit == 100000); unit /= 10) {
        *p++ = (char)('0' + rest / unit);
        rest %= unit;
    }
    *p = '\0';
}

/* Label, and below it what the label leaves open. */
static void name_tick(norni_tick *tick, const step *s) {
    const norni_civil c = norni_civil_from_us(tick->time);
    const char *month = month_name[c.month - 1];
    if (s->months && s->count >= 12) {
        norni_format(tick->label, NORNI_TICK_TEXT, "%d", c.year);
    } else if (s->months || s->count >= DAY) {
        if (s->months)
            norni_format(tick->label, NORNI_TICK_TEXT, "%s", month);
        else
            norni_format(tick->label, NORNI_TICK_TEXT, "%d %s", c.day, month);
        norni_format(tick->under, NORNI_TICK_TEXT, "%d", c.year);
    } else {
        print_clock(tick->label, &c, s->count);
        norni_format(tick->under, NORNI_TICK_TEXT, "%d %s %d", c.day, month, c.year);
    }
}

/* The i-th tick of a step; i counts from the step's origin. */
static int64_t step_time(const step *s, int64_t i) {
    int64_t t;
    if (s->months) return month_start(i * s->count);
    if (__builtin_mul_overflow(i, s->count, &t) || __builtin_add_overflow(t, s->offset, &t))
        return i < 0 ? INT64_MIN : INT64_MAX;
    return t;
}

static void fill_ticks(norni_ticks *t, int64_t lo, int64_t hi, const step *s) {
    const norni_civil c = norni_civil_from_us(lo);
    int64_t i = s->months ? floor_div((int64_t)c.year * 12 + c.month - 1, s->count)
                          : floor_div(lo, s->count) - 1;
    t->n = 0;
    for (; t->n < NORNI_TICKS_MAX; i++) {
        const int64_t time = step_time(s, i);
        if (time > hi) break;
        if (time < lo) continue;
        norni_tick *tick = &t->tick[t->n];
        *tick = (norni_tick){.time = time, .at = norni_axis_share(time, lo, hi)};
        name_tick(tick, s);
        const char *under = tick->under;
        for (size_t k = t->n; k > 0 && under[0] != '\0'; k--) { /* said once, until it changes */
            const char *before = t->tick[k - 1].under;
            if (before[0] == '\0') continue;
            if (strcmp(before, under) == 0) tick->under[0] = '\0';
            break;
        }
        t->n++;
    }
}

void norni_ticks_calendar(norni_ticks *t, int64_t lo, int64_t hi, double px, double size) {
    const int64_t limit = INT64_C(9200000000000000000); /* civil time stays inside int64 */
    lo = lo < -limit ? -limit : lo;
    hi = hi > limit ? limit : hi;
    t->n = 0;
    if (lo >= hi) return;
    const double span = (double)((uint64_t)hi - (uint64_t)lo);
    for (size_t i = 0; i < STEPS; i++) {
        step s = step_at(i);
        const double us = (double)s.count * (s.months ? 28.0 * (double)DAY : 1.0);
        const double need = text_width(s.sample, size) + 1.8 * label_gap;
        if (i + 1 < STEPS && (px * us < need * span || span > us * (NORNI_TICKS_MAX - 4))) continue;
        fill_ticks(t, lo, hi, &s);
        if (t->n < 2 && i > 0) { /* a finer step: settling drops what is too much */
            s = step_at(i - 1);
            fill_ticks(t, lo, hi, &s);
        }
        return;
    }
}

/* The middle of a text of width w that is to stay in [-left, px + right]. */
static double hold(double at, double w, double px, double left, double right) {
    if (at + w / 2 > px + right) at = px + right - w / 2;
    return at - w / 2 < -left ? w / 2 - left : at;
}

void norni_ticks_settle(norni_ticks *t, double px, double size, double left, double right) {
    double free_label = -left, free_under = -left;
    norni_tick *last = NULL; /* the last tick with a second row */
    for (size_t i = 0; i < t->n; i++) {
        norni_tick *tick = &t->tick[i];
        const double w = text_width(tick->label, size), u = text_width(tick->under, size);
        tick->label_at = hold(tick->at * px, w, px, left, right);
        tick->under_at = hold(tick->at * px, u, px, left, right);
        if (tick->label_at - w / 2 < free_label)
            tick->label[0] = '\0';
        else
            free_label = tick->label_at + w / 2 + label_gap;
        if (tick->under[0] == '\0') continue;
        if (tick->under_at - u / 2 < free_under) {
            if (last != &t->tick[0]) { /* only the first is less than a whole year or day */
                tick->under[0] = '\0';
                continue;
            }
            last->under[0] = '\0';
        }
        free_under = tick->under_at + u / 2 + label_gap;
        last = tick;
    }
}
