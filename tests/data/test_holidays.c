/* The table of public holidays: its source is rebuilt from it byte for byte; countries by code, by name, nearly. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "data/calendar.h"
#include "data/holidays.h"

/* FNV-1a with 64 bits. */
static uint64_t stirred(uint64_t h, const char *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)p[i]) * UINT64_C(1099511628211);
    return h;
}

/* The source's size and hash, taken from the file that tools/make_holidays --package days.csv writes
 * (package holidays 0.109; its sha256 stands in the table):
 *   python3 -c "import sys; h = 14695981039346656037
 *   for c in open(sys.argv[1], 'rb').read(): h = (h ^ c) * 1099511628211 % 2**64
 *   print(hex(h))" days.csv */
#define SOURCE_BYTES 5977911
#define SOURCE_ROWS  179716
#define SOURCE_HASH  UINT64_C(0xfab580221e22335c)

static void source_is_rebuilt(void **state) {
    (void)state;
    static const char head[] = "country,ds,holiday\n";
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_holidays h;
    size_t n_codes, n_rows = 0, n_bytes = sizeof head - 1;
    uint64_t hash = stirred(UINT64_C(14695981039346656037), head, n_bytes);
    const char *const *const code = norni_country_codes(&n_codes);
    norni_arena_init(&arena, &alloc);
    assert_int_equal(n_codes, 287);
    for (size_t c = 0; c < n_codes; c++) {
        assert_int_equal(norni_country_holidays(code[c], INT32_MIN, INT32_MAX, &arena, &h, NULL),
                         NORN_OK);
        for (size_t i = 0; i < h.n; i++) {
            const norni_holiday *const r = &h.row[i];
            const norni_civil at = norni_civil_from_us(r->day * NORNI_US_DAY);
            const char *const quote = memchr(r->name.p, ',', r->name.n) ? "\"" : "";
            char line[256];
            const size_t n =
                norni_format(line, sizeof line, "%s,%d%s%d-%s%d,%s%.*s%s\n", code[c], at.year,
                             at.month < 10 ? "-0" : "-", at.month, at.day < 10 ? "0" : "", at.day,
                             quote, (int)r->name.n, r->name.p, quote);
            hash = stirred(hash, line, n);
            n_bytes += n;
            n_rows++;
            assert_true(r->lower == 0 && r->upper == 0 && isnan(r->prior));
            assert_true(i == 0 || h.row[i - 1].day <= r->day);
        }
        norni_arena_reset(&arena);
    }
    assert_int_equal(n_rows, SOURCE_ROWS);
    assert_int_equal(n_bytes, SOURCE_BYTES);
    assert_true(hash == SOURCE_HASH);
    norni_arena_clear(&arena);
}

static norni_holidays of(norni_arena *arena, const char *code, int32_t first, int32_t last) {
    norni_holidays h;
    assert_int_equal(norni_country_holidays(code, first, last, arena, &h, NULL), NORN_OK);
    return h;
}

/* Days that the laws of their countries name. */
static void days_known(void **state) {
    (void)state;
    static const struct {
        const char *country, *name;
        int32_t year, month, day;
    } known[] = {{"US", "Thanksgiving Day", 2022, 11, 24},
                 {"US", "Juneteenth National Independence Day", 2021, 6, 19},
                 {"US", "Independence Day (observed)", 2021, 7, 5},
                 {"DE", "Good Friday", 1995, 4, 14},
                 {"DE", "German Unity Day", 2044, 10, 3},
                 {"FR", "Ascension Day", 2024, 5, 9},
                 {"SE", "Midsummer Day", 2024, 6, 22},
                 {"XNYS", "Good Friday", 2024, 3, 29}};
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
        const norni_holidays h = of(&arena, known[k].country, known[k].year, known[k].year);
        const int64_t day = norni_days_from_civil(known[k].year, known[k].month, known[k].day);
        size_t n = 0;
        for (size_t i = 0; i < h.n; i++)
            n += norni_str_is(h.row[i].name, known[k].name) && h.row[i].day == day;
        if (n != 1) fail_msg("%s, %s", known[k].country, known[k].name);
    }
    const norni_holidays before = of(&arena, "US", 2020, 2020);
    for (size_t i = 0; i < before.n; i++)
        assert_false(norni_str_is(before.row[i].name, "Juneteenth National Independence Day"));
    norni_arena_clear(&arena);
}

static void years_are_cut(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    const norni_holidays all = of(&arena, "JP", 1900, 2100), one = of(&arena, "JP", 1995, 1995),
                         end = of(&arena, "JP", 2044, 2100);
    assert_int_equal(all.n, 871);
    assert_true(one.n > 10 && end.n > 10);
    assert_int_equal(all.row[0].day, norni_days_from_civil(1995, 1, 1));
    for (size_t i = 0; i < one.n; i++)
        assert_int_equal(all.row[i].day, one.row[i].day);
    for (size_t i = 0; i < end.n; i++)
        assert_int_equal(all.row[all.n - end.n + i].day, end.row[i].day);
    size_t n = one.n;
    for (int32_t year = 1996; year <= 2044; year++)
        n += of(&arena, "JP", year, year).n;
    assert_int_equal(n, all.n);
    assert_int_equal(of(&arena, "JP", 1950, 1994).n, 0);
    assert_int_equal(of(&arena, "JP", 2045, INT32_MAX).n, 0);
    assert_int_equal(of(&arena, "JP", 2010, 2009).n, 0);
    norni_arena_clear(&arena);
}

static void countries_are_found(void **state) {
    (void)state;
    static const char *const same[][2] = {{"US", "US"},
                                          {"us", "US"},
                                          {"UnitedStates", "US"},
                                          {"United States", "US"},
                                          {"united_states", "US"},
                                          {"USA", "US"},
                                          {"UK", "GB"},
                                          {"UnitedKingdom", "GB"},
                                          {"TU", "TR"},
                                          {"Turkey", "TR"},
                                          {"Korea", "KR"},
                                          {"BosniaAndHerzegovina", "BA"},
                                          {"Bosnia and Herzegovina", "BA"},
                                          {"timor-leste", "TL"},
                                          {"Qatar", "QA"},
                                          {"IQ", "IQ"},
                                          {"LBN", "LB"},
                                          {"NYSE", "XNYS"},
                                          {"ECB", "XECB"},
                                          {"BGR", "BG"},
                                          {"XMIL", "XMIL"}};
    const char *code;
    size_t n;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        if (!norni_country_find(norni_str_of(same[i][0]), &code)) fail_msg("%s", same[i][0]);
        assert_string_equal(code, same[i][1]);
    }
    const char *const *const codes = norni_country_codes(&n);
    for (size_t i = 0; i < n; i++) {
        assert_true(norni_country_find(norni_str_of(codes[i]), &code));
        assert_ptr_equal(code, codes[i]);
        assert_true(i == 0 || strcmp(codes[i - 1], codes[i]) < 0);
    }
    static const char *const none[] = {
        "", " ", "-", "XX", "UnitedState", "UnitedStatesX", "U|S", "UnitedStates|USA"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        assert_false(norni_country_find(norni_str_of(none[i]), &code));
}

static void near_countries_are_named(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"UnitedState",
         "holidays: 'UnitedState' is no country or market known here; did you mean UnitedStates? "
         "other days are given as a table (holidays=, --holidays FILE)"},
        {"Germny", "did you mean Germany?"},
        {"UX", "did you mean UK, UA, UG, UM, US, UY?"},
        {"Atlantis Minor", "; give a code as US"},
        {"", "'' is no country or market known here; give a code as US"}};
    const char *code;
    norn_err err;
    char endless[4096];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(norni_country_get(norni_str_of(cases[i][0]), &code, &err), NORN_E_ARG);
        if (strstr(err.text, cases[i][1]) == NULL) fail_msg("%s", err.text);
    }
    memset(endless, 'a', sizeof endless);
    assert_int_equal(norni_country_get((norni_str){endless, sizeof endless}, &code, &err),
                     NORN_E_ARG);
    norni_arena arena;
    norni_holidays h;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena_init(&arena, &alloc);
    assert_int_equal(norni_country_holidays("XX", 2000, 2001, &arena, &h, &err), NORN_E_ARG);
    norni_arena_clear(&arena);
}

static void names_are_listed(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    const norni_str *name;
    size_t n, n_codes, n_all = 0;
    norni_arena_init(&arena, &alloc);
    const char *const *const code = norni_country_codes(&n_codes);
    for (size_t c = 0; c < n_codes; c++) {
        assert_int_equal(norni_country_names(code[c], &arena, &n, &name, NULL), NORN_OK);
        for (size_t i = 1; i < n; i++)
            assert_true(norni_str_cmp(name[i - 1], name[i]) < 0);
        n_all += n;
    }
    assert_int_equal(n_all, 6738); /* distinct (country, holiday) in the source */
    assert_int_equal(norni_country_names("US", &arena, &n, &name, NULL), NORN_OK);
    assert_int_equal(n, 16);
    assert_true(norni_str_is(name[0], "Christmas Day"));
    assert_int_equal(norni_country_names("XX", &arena, &n, &name, NULL), NORN_E_ARG);
    norni_arena_clear(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(source_is_rebuilt),
                                       cmocka_unit_test(days_known),
                                       cmocka_unit_test(years_are_cut),
                                       cmocka_unit_test(countries_are_found),
                                       cmocka_unit_test(near_countries_are_named),
                                       cmocka_unit_test(names_are_listed)};
    return cmocka_run_group_tests_name("holidays", tests, NULL, NULL);
}
