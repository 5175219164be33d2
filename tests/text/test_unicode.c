/* Tests of strict UTF-8 and of lower case: Unicode's own table of faults, and what Python makes of texts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/unicode.h"
#include "text_fixture.h"

static void faults_become_marks(void **state) {
    /* Unicode 16.0, tables 3-8 to 3-11, and what bounds a sequence; R is U+FFFD */
    static const struct {
        const char *from, *to;
        size_t n_bad;
    } row[] = {
        {"a\xC0\xAF z", "aRR z", 2},
        {"\xE0\x80\xBF\xF0\x81\x82", "RRRRRR", 6},
        {"\xED\xA0\x80\xED\xBF\xBF", "RRRRRR", 6},
        {"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", "RRRRRARRB", 7},
        {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", "RRRRA", 4},
        {"\xC3\xA9\xF4\x8F\xBF\xBF\xEF\xBF\xBF", "\xC3\xA9\xF4\x8F\xBF\xBF\xEF\xBF\xBF", 0},
        {"", "", 0},
    };
    const norn_alloc alloc = norni_alloc_default();
    (void)state;
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        norni_buf got, want;
        norni_buf_init(&got, &alloc);
        norni_buf_init(&want, &alloc);
        for (const char *p = row[k].to; *p != '\0'; p++)
            norni_buf_add(&want, *p == 'R' ? "\xEF\xBF\xBD" : p, *p == 'R' ? 3 : 1);
        assert_int_equal(norni_utf8_mend(norni_str_of(row[k].from), &got), row[k].n_bad);
        assert_int_equal(got.n, want.n);
        if (want.n) assert_memory_equal(got.p, want.p, want.n);
        norni_buf_clear(&got);
        norni_buf_clear(&want);
    }
}

static void every_code_point_returns(void **state) {
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        char bytes[4];
        size_t n;
        bool good;
        if (c >= 0xD800 && c < 0xE000) continue;
        const size_t put = norni_utf8_put(c, bytes);
        assert_int_equal(norni_utf8_next(bytes, bytes + put, &n, &good), c);
        assert_true(good && n == put);
    }
}

static void classes_are_unicodes(void **state) {
    (void)state;
    assert_true(norni_uni_class('a') & NORNI_UNI_LETTER);
    assert_true(norni_uni_class(0x1C89) & NORNI_UNI_LETTER); /* new in 16.0 */
    assert_true(norni_uni_class(0xBD) & NORNI_UNI_NUMBER);
    assert_true(norni_uni_class(0x85) & NORNI_UNI_WHITE);
    assert_int_equal(norni_uni_class(0x1C) & (NORNI_UNI_WHITE | NORNI_UNI_SPACE), NORNI_UNI_SPACE);
    assert_true(norni_uni_class(0x301) & NORNI_UNI_MARK);
    assert_true(norni_uni_class(0x1F680) & NORNI_UNI_PICTOGRAPH);
    assert_true(norni_uni_is_word('_') && !norni_uni_is_word('-'));
    assert_int_equal(norni_uni_class(0x110000), 0);
    size_t n_letters = 0, n_numbers = 0, n_white = 0;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        n_letters += (norni_uni_class(c) & NORNI_UNI_LETTER) != 0;
        n_numbers += (norni_uni_class(c) & NORNI_UNI_NUMBER) != 0;
        n_white += (norni_uni_class(c) & NORNI_UNI_WHITE) != 0;
    }
    /* as tokenizers 0.23.3 tells every code point's class apart */
    assert_int_equal(n_letters, 141028);
    assert_int_equal(n_numbers, 1911);
    assert_int_equal(n_white, 25);
}

static void lower_case_is_pythons(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    text_file f = text_file_read("unicode_lower.txt");
    char *line;
    size_t n = 0;
    (void)state;
    while ((line = text_file_line(&f)) != NULL) {
        char from[512], want[512];
        norni_buf got;
        const char *at = line;
        const size_t n_from = text_hex(&at, from, sizeof from),
                     n_want = text_hex(&at, want, sizeof want);
        norni_buf_init(&got, &alloc);
        norni_utf8_lower((norni_str){from, n_from}, &got);
        if (got.n != n_want || memcmp(got.p, want, n_want) != 0)
            fail_msg("line %zu: %s", n + 2, line);
        norni_buf_clear(&got);
        n++;
    }
    assert_true(n > 300);
    text_file_free(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_become_marks),
        cmocka_unit_test(every_code_point_returns),
        cmocka_unit_test(classes_are_unicodes),
        cmocka_unit_test(lower_case_is_pythons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
