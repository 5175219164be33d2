/* Marks of delimited text: the fast engines against the state machine, at every offset of 64 bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "io/csv_marks.h"

enum { MOST = 9000 };

typedef struct marks {
    size_t n;
    uint32_t at[MOST];
    const char *wrong;
} marks;

static void collect(const norni_csv_syntax *s, norni_csv_quoting quoting, norni_csv_engine engine,
                    const char *p, size_t n, marks *out) {
    static norni_csv_marks m;
    norni_csv_marks_init(&m, s, quoting, p, p + n);
    m.engine = engine;
    out->n = 0;
    for (;;) {
        const char *at = norni_csv_mark(&m);
        if (at == m.end) break;
        assert_true(out->n < MOST);
        out->at[out->n++] = (uint32_t)(at - p);
    }
    out->wrong = m.wrong;
}

/* All engines give the machine's marks; returns the quoting that was found. */
static norni_csv_quoting compare(const norni_csv_syntax *s, const char *text, size_t n) {
    static char padded[MOST + 2 * NORNI_TEXT_PAD];
    static marks want, got;
    bool open;
    assert_true(n <= MOST);
    memset(padded, 0, sizeof padded);
    memcpy(padded, text, n);
    const norni_csv_quoting quoting = norni_csv_quoting_of(s, padded, n, &open);
    collect(s, quoting, NORNI_CSV_MACHINE, padded, n, &want);
    for (int engine = NORNI_CSV_AUTO; engine <= NORNI_CSV_NARROW; engine++) {
        collect(s, quoting, (norni_csv_engine)engine, padded, n, &got);
        if (got.n != want.n || memcmp(got.at, want.at, want.n * sizeof *want.at) != 0)
            fail_msg("engine %d, quoting %d: %zu marks, wanted %zu, in %.*s", engine, (int)quoting,
                     got.n, want.n, (int)n, padded);
    }
    if (quoting == NORNI_CSV_PARITY) assert_null(want.wrong);
    return quoting;
}

static norni_csv_quoting compare_text(const char *text) {
    const norni_csv_syntax s = norni_csv_text_syntax(',');
    return compare(&s, text, strlen(text));
}

static void fault_30_known_quotings(void **state) {
    (void)state;
    assert_int_equal(compare_text("a,b\nc,d\n"), NORNI_CSV_PLAIN);
    assert_int_equal(compare_text("a,\"b\"\n\"c,\n\"\"d\"\"\",e\n"), NORNI_CSV_PARITY);
    assert_int_equal(compare_text("\"\",\"\"\n\"\"\"\"\n"), NORNI_CSV_PARITY);
    assert_int_equal(compare_text("a,b\"c\n"), NORNI_CSV_ODD);
    assert_int_equal(compare_text("a,\"b\"c\n"), NORNI_CSV_ODD);
    assert_int_equal(compare_text("a,\"b\" \n"), NORNI_CSV_ODD);
    assert_int_equal(compare_text("a\"\"b\n"), NORNI_CSV_ODD);
    const norni_csv_syntax table = norni_csv_table_syntax();
    assert_int_equal(compare(&table,
                             "a\"\x1F"
                             "b,c\n\x1E",
                             8),
                     NORNI_CSV_PLAIN);
}

/* A quoted newline, separator and quote at each offset from 0 to 130: across every edge of a block. */
static void fault_30_quotes_at_every_offset(void **state) {
    (void)state;
    static char text[1024];
    for (size_t offset = 0; offset <= 130; offset++) {
        for (size_t inside = 0; inside <= 70; inside++) {
            size_t n = 0;
            for (size_t i = 0; i < offset; i++)
                text[n++] = i % 7 == 6 ? ',' : 'x';
            if (n > 0) text[n++] = ',';
            text[n++] = '"';
            for (size_t i = 0; i < inside; i++)
                text[n++] = "\n,y\r"[i % 4];
            memcpy(text + n, "\"\"\",z\nw\n", 8);
            n += 8;
            text[n] = '\0';
            assert_int_equal(compare_text(text), NORNI_CSV_PARITY);
        }
    }
}

static void fault_30_random_texts(void **state) {
    (void)state;
    static const char letters[] = "aaaa,,\n\n\r\"\"\"x";
    static char text[MOST];
    const norni_csv_syntax s = norni_csv_text_syntax(',');
    size_t seen[3] = {0, 0, 0};
    for (uint64_t k = 0; k < 60000; k++) {
        const norni_rng rng = {77, k};
        const size_t n = k % 50 == 0 ? 4000 + (size_t)(norni_rng_u64(rng, 0) % 5000)
                                     : (size_t)(norni_rng_u64(rng, 0) % 200);
        const size_t kinds = k % 3 == 0 ? 9 : sizeof letters - 1; /* a third without quotes */
        for (size_t i = 0; i < n; i++)
            text[i] = letters[norni_rng_u64(rng, i + 1) % kinds];
        seen[compare(&s, text, n)]++;
    }
    assert_true(seen[NORNI_CSV_PLAIN] > 1000 && seen[NORNI_CSV_PARITY] > 1000 &&
                seen[NORNI_CSV_ODD] > 1000);
}

static void counts(void **state) {
    (void)state;
    static char padded[600];
    const norni_csv_syntax s = norni_csv_text_syntax(',');
    for (uint64_t k = 0; k < 20000; k++) {
        const norni_rng rng = {78, k};
        const size_t n = (size_t)(norni_rng_u64(rng, 0) % 400), kinds = k % 2 ? 6 : 2;
        norni_csv_count want = {0, false, false};
        memset(padded, '\n', sizeof padded); /* what lies behind must not count */
        for (size_t i = 0; i < n; i++) {
            padded[i] = "a\n,\r\"\0"[norni_rng_u64(rng, i + 1) % kinds];
            want.has_quote = want.has_quote || padded[i] == '"';
            want.has_nul = want.has_nul || padded[i] == '\0';
            want.lines +=
                padded[i] == '\r' || (padded[i] == '\n' && (i == 0 || padded[i - 1] != '\r'));
        }
        const norni_csv_count got = norni_csv_count_bytes(&s, padded, n);
        assert_int_equal(got.lines, want.lines);
        assert_int_equal(got.has_quote, want.has_quote);
        assert_int_equal(got.has_nul, want.has_nul);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(fault_30_known_quotings),
                                       cmocka_unit_test(fault_30_quotes_at_every_offset),
                                       cmocka_unit_test(fault_30_random_texts),
                                       cmocka_unit_test(counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
