/* Tests of normalization form KC: against ICU, against itself, long runs of marks, and memory that fails. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/nfkc.h"
#include "text/unicode.h"
#include "text_fixture.h"

/* Code points in hexadecimal up to a tab or the end. */
static size_t decode(const char *p, char *out) {
    size_t n = 0;
    while (*p != '\0' && *p != '\t') {
        char *rest;
        n += norni_utf8_put((uint32_t)strtoul(p, &rest, 16), out + n);
        for (p = rest; *p == ' ';)
            p++;
    }
    return n;
}

static void form(norni_str s, norni_buf *out) {
    out->n = 0;
    norni_nfkc(s, out);
    assert_false(out->failed);
}

static void assert_form(norni_str s, norni_str want, norni_buf *got) {
    form(s, got);
    assert_int_equal(got->n, want.n);
    if (want.n) assert_memory_equal(got->p, want.p, want.n);
    if (norni_nfkc_is(s)) { /* a quick yes is never wrong */
        assert_int_equal(s.n, want.n);
        if (want.n) assert_memory_equal(s.p, want.p, want.n);
    }
}

static void icu_says_so(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    text_file f = text_file_read("nfkc.txt");
    size_t n = 0;
    norni_buf got;
    (void)state;
    norni_buf_init(&got, &alloc);
    for (char *line; (line = text_file_line(&f)) != NULL; n++) {
        char from[400], to[400];
        const char *tab = strchr(line, '\t');
        assert_non_null(tab);
        const size_t n_from = decode(line, from), n_to = decode(tab + 1, to);
        assert_form((norni_str){from, n_from}, (norni_str){to, n_to}, &got);
        assert_form((norni_str){to, n_to}, (norni_str){to, n_to}, &got); /* the form of the form */
    }
    assert_int_equal(n, 1500);
    norni_buf_clear(&got);
    text_file_free(&f);
}

static void words_of_tweets(void **state) {
    static const char *const row[][2] = {
        {"", ""},
        {"plain ascii", "plain ascii"},
        {"\xEF\xBC\xA1\xEF\xBC\xA2\xE3\x80\x80\xE2\x80\xA6",
         "AB ..."}, /* wide letters, a wide blank, an ellipsis */
        {"\xEF\xAC\x81x \xE2\x91\xA0 \xC2\xBD",
         "fix 1 1\xE2\x81\x84"
         "2"},
        {"e\xCC\x81", "\xC3\xA9"},
        {"\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", "\xED\x95\x9C"}, /* a syllable of three letters */
        {"\xF0\x9D\x97\x95\xF0\x9D\x98\x82\xF0\x9D\x98\x86", "Buy"}, /* mathematical letters */
        {"\xF0\x9F\x9A\x80", "\xF0\x9F\x9A\x80"},
        {"a\xFFz", "a\xEF\xBF\xBDz"},
        {"\xCC\x81", "\xCC\x81"},
        {"a\xCC\xA7\xCC\x81", "\xC3\xA1\xCC\xA7"}, /* the accent passes the cedilla */
    };
    const norn_alloc alloc = norni_alloc_default();
    norni_buf got;
    (void)state;
    norni_buf_init(&got, &alloc);
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++)
        assert_form(norni_str_of(row[k][0]), norni_str_of(row[k][1]), &got);
    norni_buf_clear(&got);
}

/* Ten megabytes of marks are put into order, whatever order they come in. */
static void long_runs_of_marks(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    const size_t n = 10 << 20;
    char *s = malloc(n);
    norni_buf got;
    (void)state;
    assert_non_null(s);
    for (size_t k = 0; k + 1 < n;
         k += 2) /* U+0316 (class 220), U+0315 (232), U+0321 (202) in turn */
        memcpy(s + k, k / 2 % 3 == 0 ? "\xCC\x96" : k / 2 % 3 == 1 ? "\xCC\x95" : "\xCC\xA1", 2);
    norni_buf_init(&got, &alloc);
    form((norni_str){s, n}, &got);
    assert_int_equal(got.n, n);
    assert_memory_equal(got.p, "\xCC\xA1", 2);
    assert_memory_equal(got.p + n / 2 - n / 2 % 2, "\xCC\x96", 2);
    assert_memory_equal(got.p + n - 2, "\xCC\x95", 2);
    norni_buf_clear(&got);
    free(s);
}

static void *failing(void *user, void *ptr, size_t old, size_t size) {
    long *left = user;
    const norn_alloc below = norni_alloc_default();
    if (size > 0 && --*left < 0) return NULL;
    return below.resize(below.user, ptr, old, size);
}

static void memory_that_fails(void **state) {
    char s[400];
    (void)state;
    for (size_t k = 0; k + 1 < sizeof s; k += 2)
        memcpy(s + k, k % 4 == 0 ? "\xCC\x96" : "\xCC\x95", 2);
    for (long k = 0; k < 40; k++) {
        long left = k;
        const norn_alloc alloc = {failing, &left};
        norni_buf got;
        norni_buf_init(&got, &alloc);
        norni_nfkc((norni_str){s, sizeof s}, &got);
        if (left >= 0) assert_false(got.failed);
        if (k < 3) assert_true(got.failed);
        norni_buf_clear(&got);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(icu_says_so),
        cmocka_unit_test(words_of_tweets),
        cmocka_unit_test(long_runs_of_marks),
        cmocka_unit_test(memory_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
