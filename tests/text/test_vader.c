/* Tests of VADER against its reference implementation, of a user's own words, of long texts and of memory that runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
/* With NORN_VADER=FILE in the environment the same over a file of tests/oracle/vader_scores.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/vader.h"
#include "text_fixture.h"

static size_t compare(text_file *f) {
    const norn_alloc alloc = norni_alloc_default();
    norni_vader *v;
    norni_arena scratch;
    norn_err err;
    char *line, *text = malloc(1 << 20);
    size_t n = 0;
    assert_non_null(text);
    norni_arena_init(&scratch, &alloc);
    assert_int_equal(norni_vader_make(&alloc, (norni_str){"", 0}, &v, &err), NORN_OK);
    while ((line = text_file_line(f)) != NULL) {
        const char *at = line;
        norni_vader_score got;
        double neg, neu, pos, compound;
        size_t n_text = 0;
        if (*at == '-') {
            at++;
        } else {
            n_text = text_hex(&at, text, 1 << 20);
        }
        assert_int_equal(sscanf(at, "%lf %lf %lf %lf", &neg, &neu, &pos, &compound), 4);
        norni_arena_reset(&scratch);
        assert_int_equal(norni_vader_score_of(v, (norni_str){text, n_text}, &scratch, &got, &err),
                         NORN_OK);
        if (got.neg != neg || got.neu != neu || got.pos != pos || got.compound != compound)
            fail_msg("%.*s: %g %g %g %g, not %s", (int)n_text, text, got.neg, got.neu, got.pos,
                     got.compound, at);
        n++;
    }
    norni_arena_clear(&scratch);
    norni_vader_free(v);
    free(text);
    return n;
}

static void scores_are_the_references(void **state) {
    text_file f = text_file_read("vader_scores.txt");
    (void)state;
    assert_int_equal(compare(&f), 527);
    text_file_free(&f);
    if (getenv("NORN_VADER") != NULL) {
        f = text_path_read(getenv("NORN_VADER"));
        print_message("# %zu texts\n", compare(&f));
        text_file_free(&f);
    }
}

static norni_vader_score score(const norni_vader *v, const char *text, size_t n) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena scratch;
    norni_vader_score s;
    norn_err err;
    norni_arena_init(&scratch, &alloc);
    assert_int_equal(norni_vader_score_of(v, (norni_str){text, n}, &scratch, &s, &err), NORN_OK);
    norni_arena_clear(&scratch);
    return s;
}

static void own_words_go_over_it(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    norni_vader *v;
    norn_err err = {0};
    double x;
    (void)state;
    assert_int_equal(
        norni_vader_make(&alloc, norni_str_of("# mine\nbullish\t2.5\r\ngood\t-3\t0.5\t[1]\n"), &v,
                         &err),
        NORN_OK);
    assert_true(norni_vader_valence(v, norni_str_of("bullish"), &x) && x == 2.5);
    assert_true(norni_vader_valence(v, norni_str_of("good"), &x) && x == -3);
    assert_true(norni_vader_valence(v, norni_str_of("great"), &x) && x > 0);
    assert_false(norni_vader_valence(v, norni_str_of("very"), &x));
    assert_true(score(v, "very bullish", 12).compound > score(v, "bullish", 7).compound);
    assert_true(score(v, "good", 4).compound < 0);
    norni_vader_free(v);
    assert_int_equal(norni_vader_make(&alloc, norni_str_of("bull\t2\nbear 3\n"), &v, &err),
                     NORN_E_FORMAT);
    assert_non_null(strstr(err.text, "line 2"));
    assert_int_equal(norni_vader_make(&alloc, norni_str_of("bull\tnan\n"), &v, &err),
                     NORN_E_FORMAT);
}

static void long_and_faulty_texts(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    norni_vader *v;
    norn_err err;
    char *text = malloc(1 << 20);
    (void)state;
    assert_non_null(text);
    assert_int_equal(norni_vader_make(&alloc, (norni_str){"", 0}, &v, &err), NORN_OK);
    for (size_t k = 0; k < 1 << 20; k += 8)
        memcpy(text + k, k % 16 ? "but bad " : "\xFFgood! ", 8);
    const norni_vader_score s = score(v, text, 1 << 20);
    assert_true(s.cut && s.n_words > 10000);
    assert_false(score(v, text, NORNI_VADER_BYTES).cut);
    memset(text, '\xC3', 1 << 20); /* never a whole character */
    assert_true(score(v, text, 1 << 20).compound == 0);
    norni_vader_free(v);
    free(text);
}

/* Refuses the call number `left` and all behind it. */
static size_t left;
static void *few(void *user, void *ptr, size_t old, size_t size) {
    const norn_alloc *below = user;
    if (size > 0) {
        if (left == 0) return NULL;
        left--;
    }
    return below->resize(below->user, ptr, old, size);
}

static void memory_that_runs_out_is_told(void **state) {
    norn_alloc below = norni_alloc_default(), alloc;
    norn_err err;
    (void)state;
    alloc.resize = few;
    alloc.user = &below;
    for (size_t n = 0;; n++) {
        norni_vader *v = NULL;
        norni_arena scratch;
        norni_vader_score s;
        left = n;
        norn_status st = norni_vader_make(&alloc, norni_str_of("a\t1\n"), &v, &err);
        norni_arena_init(&scratch, &alloc);
        if (st == NORN_OK)
            st = norni_vader_score_of(v, norni_str_of("not a GOOD day \xF0\x9F\x98\x82!"), &scratch,
                                      &s, &err);
        norni_arena_clear(&scratch);
        norni_vader_free(v);
        if (st == NORN_OK) {
            assert_true(n > 5);
            break;
        }
        assert_int_equal(st, NORN_E_MEM);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_the_references),
        cmocka_unit_test(own_words_go_over_it),
        cmocka_unit_test(long_and_faulty_texts),
        cmocka_unit_test(memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
