/* Fuzzing times and frequencies: what parses is printed in its own style and reads back as the same
 * time. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/freq.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

static bool same_style(const norni_time_style *a, const norni_time_style *b) {
    return a->kind == b->kind && a->sep == b->sep && a->seconds == b->seconds &&
           a->digits == b->digits && a->zone == b->zone && a->name == b->name;
}

/* Civil time and back, for any time that a file can hold. */
static void civil(int64_t us) {
    const norni_civil c = norni_civil_from_us(us);
    demand(c.month >= 1 && c.month <= 12 && c.day >= 1);
    demand(c.day <= norni_days_in_month(c.year, c.month));
    demand(c.hour >= 0 && c.hour < 24 && c.minute >= 0 && c.minute < 60);
    demand(c.second >= 0 && c.second < 60 && c.micro >= 0 && c.micro < 1000000);
    demand(norni_us_from_civil(&c) == us);
}

/* true and *us when the text is a time on the calendar. */
static bool check_time(norni_str text, int64_t *us) {
    int64_t again = 0;
    norni_time_style style, other;
    bool zoned = false, other_zoned = false;
    char printed[40], twice[40];
    if (!norni_time_parse(text, us, &style, &zoned)) return false;
    const size_t n = norni_time_print(printed, *us, &style);
    demand(n >= 1 && n <= sizeof printed);
    demand(norni_time_parse((norni_str){printed, n}, &again, &other, &other_zoned));
    /* An index with zeros, a sign or blanks around it is printed without them, and then may look like 202105. */
    if (style.kind == NORNI_TIME_INDEX && other.kind != style.kind &&
        (n != text.n || memcmp(printed, text.p, n) != 0))
        return false;
    demand(again == *us && zoned == other_zoned && same_style(&style, &other));
    demand(norni_time_print(twice, again, &other) == n && memcmp(printed, twice, n) == 0);
    if (style.kind == NORNI_TIME_INDEX) return false;
    civil(*us);
    return true;
}

/* A grid's own times lie on it, each under its number, as far as times are served. */
static void check_grid(norni_freq f, int64_t us) {
    const int64_t first = norni_freq_at(f, us, 0);
    for (int64_t k = -3; k <= 3; k++) {
        int64_t number = -9;
        const int64_t t = norni_freq_at(f, first, k), before = norni_freq_at(f, first, k - 1);
        if (t == NORNI_TIME_NONE) continue;
        if (k > -3 && before != NORNI_TIME_NONE) demand(t > before);
        if (f.unit == NORNI_UNIT_INDEX) continue;
        demand(t >= NORNI_TIME_MIN && t <= NORNI_TIME_MAX);
        demand(norni_freq_index(f, first, t, &number) && number == k);
    }
    demand(f.unit == NORNI_UNIT_INDEX || norni_freq_at(f, first, INT64_MAX) == NORNI_TIME_NONE);
}

static bool check_freq(norni_str text, norni_freq *f, int64_t us) {
    char printed[64];
    norni_freq again = {NORNI_UNIT_IRREGULAR, 0, 0};
    if (!norni_freq_parse(text, f)) return false;
    demand(f->step >= 1 && f->unit != NORNI_UNIT_IRREGULAR && norni_freq_season(*f) >= 1);
    const size_t n = norni_freq_print(printed, sizeof printed, *f, us);
    demand(n >= 1 && n < sizeof printed);
    if (f->unit == NORNI_UNIT_INDEX && f->step == 1) return true; /* printed with words behind it */
    demand(norni_freq_parse((norni_str){printed, n}, &again));
    demand(again.unit == f->unit && again.step == f->step && again.anchor == f->anchor);
    return true;
}

/* The whole text is a time or a frequency; a text with a ';' is a frequency and a time for it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    int64_t us = 0;
    norni_freq f;
    (void)check_time((norni_str){text, size}, &us);
    (void)check_freq((norni_str){text, size}, &f, us);
    const char *mark = size > 0 ? memchr(text, ';', size) : NULL;
    if (mark == NULL) return 0;
    const norni_str behind = {mark + 1, size - (size_t)(mark + 1 - text)};
    if (check_time(behind, &us) && check_freq((norni_str){text, (size_t)(mark - text)}, &f, us))
        check_grid(f, us);
    return 0;
}
