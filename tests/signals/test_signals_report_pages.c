/* Charts, dashboard and words of a run of signals: well-formed, hostile texts, samples, empty runs, the page's own script. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "../plot/svg_check.h"
#include "io/s3_crypto.h"
#include "report_made.h"
#include "signals/signals_html_parts.h"

static norn_alloc own;

/* NUL behind it. */
static norni_buf chart_of(const made_report *m, norni_signal_chart c) {
    norni_buf b;
    norn_err err = {NORN_OK, ""};
    norni_buf_init(&b, &own);
    if (norni_signals_chart(&m->a, &m->s, &m->stamp, c, &b, &err) != NORN_OK)
        fail_msg("%s", err.text);
    norni_buf_add(&b, "", 1);
    return b;
}

static norni_buf page_of(const made_report *m) {
    norni_buf b;
    norn_err err = {NORN_OK, ""};
    norni_buf_init(&b, &own);
    if (norni_signals_html(&m->a, &m->s, &m->stamp, &b, &err) != NORN_OK) fail_msg("%s", err.text);
    norni_buf_add(&b, "", 1);
    return b;
}

static void is_well_formed(const char *text) {
    const char *fault = fault_of(text);
    if (fault != NULL) fail_msg("%s", fault);
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "(null)"));
}

static const made_wish wish[] = {
    {.n = 0},
    {.n = 1, .timeless = true},
    {.n = 700, .refused = true},
    {.n = 400, .hostile = true, .extras = true, .refused = true, .not_finite = true},
    {.n = 2500, .n_tags = 50, .hours = 4000},
};
enum { WISHES = sizeof wish / sizeof *wish };

static void charts_are_well_formed(void **state) {
    (void)state;
    for (size_t k = 0; k < WISHES; k++) {
        made_report m;
        made_make(&m, &wish[k]);
        for (size_t c = 0; c < NORNI_N_SIGNAL_CHARTS; c++) {
            norni_buf b = chart_of(&m, (norni_signal_chart)c),
                      again = chart_of(&m, (norni_signal_chart)c);
            is_well_formed(b.p);
            assert_int_equal(count_of(b.p, "<svg "), 1);
            assert_int_equal(count_of(b.p, "<script"), 0);
            assert_int_equal(b.n, again.n);
            assert_memory_equal(b.p, again.p, b.n);
            norni_buf_clear(&b);
            norni_buf_clear(&again);
        }
        made_clear(&m);
    }
}

static void charts_have_their_names(void **state) {
    (void)state;
    static const char *const name[] = {"signal_distribution",           "signal_timeline",
                                       "confidence_components",         "target_signal_scores",
                                       "target_sentiment_distribution", "target_volume_confidence"};
    norni_buf b;
    norn_err err = {NORN_OK, ""};
    made_report m;
    for (size_t c = 0; c < NORNI_N_SIGNAL_CHARTS; c++)
        assert_string_equal(norni_signal_chart_name((norni_signal_chart)c), name[c]);
    made_make(&m, &wish[0]);
    norni_buf_init(&b, &own);
    assert_int_equal(norni_signals_chart(&m.a, &m.s, &m.stamp, NORNI_N_SIGNAL_CHARTS, &b, &err),
                     NORN_E_ARG);
    norni_buf_clear(&b);
    made_clear(&m);
}

/* Without data a chart says so; of tags that were asked for it says which are not there. */
static void charts_say_what_is_missing(void **state) {
    (void)state;
    made_report m;
    made_make(&m, &wish[0]);
    for (size_t c = 0; c < NORNI_N_SIGNAL_CHARTS; c++) {
        norni_buf b = chart_of(&m, (norni_signal_chart)c);
        assert_non_null(strstr(b.p, "nothing to draw"));
        norni_buf_clear(&b);
    }
    made_clear(&m);
    made_make(&m, &wish[2]);
    const norni_str asked[3] = {norni_str_of("tag1"), norni_str_of("nowhere"),
                                norni_str_of("tag0")};
    m.stamp.tag = asked;
    m.stamp.n_tags = 3;
    norni_buf b = chart_of(&m, NORNI_CHART_TARGET_SIGNAL_SCORES);
    const char *first = strstr(b.p, ">#tag1<"), *second = strstr(b.p, ">#tag0<");
    assert_true(first != NULL && second != NULL && first < second);
    assert_null(strstr(b.p, ">#tag2<"));
    assert_non_null(strstr(b.p, "1 of 3 hashtags asked for"));
    norni_buf_clear(&b);
    made_clear(&m);
    made_make(&m, &wish[4]);
    b = chart_of(&m, NORNI_CHART_TARGET_VOLUME);
    assert_non_null(strstr(b.p, "(the 12 with most tweets)"));
    norni_buf_clear(&b);
    made_clear(&m);
}

static void the_page_is_one_of_its_own(void **state) {
    (void)state;
    const char *const top = "<!DOCTYPE html>\n";
    for (size_t k = 0; k < WISHES; k++) {
        made_report m;
        made_make(&m, &wish[k]);
        norni_buf b = page_of(&m);
        assert_memory_equal(b.p, top, strlen(top));
        const char *fault = fault_of(b.p + strlen(top));
        if (fault != NULL) fail_msg("%s", fault);
        assert_int_equal(count_of(b.p, "<script"), 1);
        assert_int_equal(count_of(b.p, "<img"), 0);
        assert_int_equal(count_of(b.p, " src="),
                         wish[k].hostile ? count_of(b.p, "&lt;img src=") : 0);
        assert_int_equal(count_of(b.p, "http"), 1 + count_of(b.p, "http://www.w3.org/2000/svg") +
                                                    count_of(b.p, "http://x"));
        assert_int_equal(count_of(b.p, "<table"), count_of(b.p, "<caption>"));
        assert_int_equal(count_of(b.p, "Content-Security-Policy"), 1);
        norni_buf_clear(&b);
        made_clear(&m);
    }
}

/* The tables hold what the charts show. */
static void the_page_reads_as_text(void **state) {
    (void)state;
    made_report m;
    made_make(&m, &wish[2]);
    norni_buf b = page_of(&m);
    assert_int_equal(count_of(b.p, "<tr><td class=\"num\""), m.a.n_groups);
    size_t hours = 0;
    for (size_t h = 0; h < m.a.n_hours; h++)
        hours += m.a.hour[h].n > 0;
    assert_int_equal(count_of(b.p, "<th scope=\"row\" class=\"nowrap\">"), hours);
    assert_non_null(strstr(b.p, "&lt;td&gt;not &quot;JSON&quot; &amp; more&lt;/td&gt;"));
    assert_non_null(strstr(b.p, "likes is -3"));
    assert_non_null(strstr(b.p, norni_signals_no_advice));
    norni_buf_clear(&b);
    made_clear(&m);
}

/* Hostile ids, names, tags and texts appear as words, or not at all. */
static void nothing_hostile_gets_out(void **state) {
    (void)state;
    made_report m;
    made_make(&m, &wish[3]);
    norni_buf b = page_of(&m);
    assert_null(strstr(b.p, "<script>alert"));
    assert_null(strstr(b.p, "<img"));
    assert_null(strchr(b.p, '\x1b'));
    assert_non_null(strstr(b.p, "#&lt;script&gt;alert(&#39;t&#39;)&lt;/script&gt;"));
    b.n = 0;
    norni_signals_tell(&m.a, &m.s, &m.stamp, &b);
    for (size_t i = 0; i < b.n; i++)
        assert_true((unsigned char)b.p[i] >= 0x20 || b.p[i] == '\n');
    assert_non_null(strstr(b.p, "#line?break"));
    norni_buf_clear(&b);
    made_clear(&m);
}

/* The policy lets the page's own script run, and no other. */
static void the_policy_knows_the_script(void **state) {
    (void)state;
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    norni_s3_crypto c;
    norn_err err = {NORN_OK, ""};
    char hex[NORNI_SHA256_TEXT], text[64] = "sha256-";
    unsigned char raw[33] = {0};
    if (norni_s3_crypto_load(&c, &err) != NORN_OK) {
        print_message("# %s\n", err.text);
        return;
    }
    assert_int_equal(norni_sha256_text(&c, norni_signals_html_script,
                                       strlen(norni_signals_html_script), hex, &err),
                     NORN_OK);
    for (size_t i = 0; i < 64; i++)
        raw[i / 2] =
            (unsigned char)(raw[i / 2] * 16 + (hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10));
    for (size_t i = 0; i < 43; i++) {
        const size_t bit = 6 * i;
        const unsigned two = (unsigned)raw[bit / 8] << 8 | raw[bit / 8 + 1];
        text[7 + i] = digit[two >> (10 - bit % 8) & 63];
    }
    text[50] = '=';
    text[51] = '\0';
    assert_string_equal(norni_signals_html_script_hash, text);
}

/* ---- samples ---- */

static void samples_keep_the_labels_shares(void **state) {
    (void)state;
    made_report m;
    made_make(&m, &(made_wish){.n = 5000});
    norni_arena arena;
    size_t *row, n, count[2][NORNI_N_SIGNALS] = {{0}};
    norni_arena_init(&arena, &own);
    assert_int_equal(norni_signals_chart_rows(&m.s, 500, &arena, &row, &n, NULL), NORN_OK);
    assert_int_equal(n, 500);
    for (size_t i = 0; i < m.t.n; i++)
        count[0][m.s.signal[i].label]++;
    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || row[i] > row[i - 1]);
        count[1][m.s.signal[row[i]].label]++;
    }
    for (size_t l = 0; l < NORNI_N_SIGNALS; l++) {
        const double share = (double)count[0][l] / 10;
        assert_true((double)count[1][l] > share - 1 && (double)count[1][l] < share + 1);
    }
    assert_int_equal(norni_signals_chart_rows(&m.s, 5000, &arena, &row, &n, NULL), NORN_OK);
    assert_int_equal(n, 5000);
    norni_arena_clear(&arena);
    made_clear(&m);
}

/* Who is in a sample hangs on ids alone: the tweets in another order give the same ones. */
static void samples_hang_on_ids(void **state) {
    (void)state;
    made_report m;
    made_make(&m, &(made_wish){.n = 2000});
    norni_arena arena;
    size_t *row, *turned, n, n_turned;
    norni_arena_init(&arena, &own);
    assert_int_equal(norni_signals_chart_rows(&m.s, 100, &arena, &row, &n, NULL), NORN_OK);
    for (size_t i = 0; i < m.t.n / 2; i++) {
        const size_t k = m.t.n - 1 - i;
        const norni_tweet w = m.t.tweet[i];
        const norni_signal g = m.s.signal[i];
        m.t.tweet[i] = m.t.tweet[k];
        m.s.signal[i] = m.s.signal[k];
        m.t.tweet[k] = w;
        m.s.signal[k] = g;
    }
    assert_int_equal(norni_signals_chart_rows(&m.s, 100, &arena, &turned, &n_turned, NULL),
                     NORN_OK);
    assert_int_equal(n, n_turned);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(turned[n - 1 - i], m.t.n - 1 - row[i]);
    norni_arena_clear(&arena);
    made_clear(&m);
}

/* A label of one tweet among thousands is in the sample; few points are no fault. */
static void rare_labels_are_in_the_sample(void **state) {
    (void)state;
    made_report m;
    made_make(&m, &(made_wish){.n = 3000});
    norni_arena arena;
    size_t *row, n;
    bool found = false;
    for (size_t i = 0; i < m.t.n; i++)
        m.s.signal[i].label = i == 1717 ? NORNI_SIGNAL_STRONG_SELL : NORNI_SIGNAL_HOLD;
    norni_arena_init(&arena, &own);
    assert_int_equal(norni_signals_chart_rows(&m.s, 50, &arena, &row, &n, NULL), NORN_OK);
    assert_int_equal(n, 50);
    for (size_t i = 0; i < n; i++)
        found = found || row[i] == 1717;
    assert_true(found);
    assert_int_equal(norni_signals_chart_rows(&m.s, 0, &arena, &row, &n, NULL), NORN_OK);
    assert_true(n <= NORNI_N_SIGNALS);
    norni_arena_clear(&arena);
    made_clear(&m);
}

static void words_for_people(void **state) {
    (void)state;
    made_report m;
    norni_buf b;
    made_make(&m, &wish[2]);
    const norni_str asked[2] = {norni_str_of("tag1"), norni_str_of("nowhere")};
    m.stamp.tag = asked;
    m.stamp.n_tags = 2;
    norni_buf_init(&b, &own);
    norni_signals_tell(&m.a, &m.s, &m.stamp, &b);
    norni_buf_add(&b, "", 1);
    assert_non_null(strstr(b.p, "Market: NEUTRAL, signal +0."));
    assert_non_null(strstr(b.p, "Tweets: 700 of 40 known authors, "));
    assert_non_null(strstr(b.p, " valid of "));
    assert_non_null(strstr(b.p, "(95 % interval +"));
    assert_non_null(strstr(b.p, "Asked for:\n  #tag1: "));
    assert_non_null(strstr(b.p, "  #nowhere: too few tweets, or none\n"));
    assert_non_null(strstr(b.p, "Refused: 43 of 743 records\n"));
    assert_non_null(strstr(b.p, "Faults in tweets that are kept: 2\n"));
    norni_buf_clear(&b);
    made_clear(&m);
}

int main(void) {
    own = norni_alloc_default();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charts_are_well_formed),
        cmocka_unit_test(charts_have_their_names),
        cmocka_unit_test(charts_say_what_is_missing),
        cmocka_unit_test(the_page_is_one_of_its_own),
        cmocka_unit_test(the_page_reads_as_text),
        cmocka_unit_test(nothing_hostile_gets_out),
        cmocka_unit_test(the_policy_knows_the_script),
        cmocka_unit_test(samples_keep_the_labels_shares),
        cmocka_unit_test(samples_hang_on_ids),
        cmocka_unit_test(rare_labels_are_in_the_sample),
        cmocka_unit_test(words_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
