/* What charts and words of signals make of much time, many points and few opinions. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "../plot/svg_check.h"
#include "report_made.h"
#include "signals/signals_report_parts.h"

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

/* ---- charts over time ---- */

static void spans_of(const made_report *m, norni_arena *arena, norni_signal_spans *out) {
    norn_err err = {NORN_OK, ""};
    const norni_signal_page p = {&m->a, &m->s, &m->stamp, arena, &err};
    assert_int_equal(norni_signals_spans(&p, out), NORN_OK);
}

/* Of more than a thousand hours days, of more than a thousand days weeks from Monday: all tweets are in one, and its signal
 * is the mean of its hours by n_eff. */
static void long_times_are_days_and_weeks(void **state) {
    (void)state;
    static const struct {
        size_t hours, most;
        const char *unit;
        int64_t length;
    } want[] = {{900, 1001, "hour", 3600}, {4000, 168, "day", 86400}, {40000, 240, "week", 604800}};
    for (size_t k = 0; k < 3; k++) {
        made_report m;
        norni_arena arena;
        norni_signal_spans s;
        uint64_t n = 0, valid = 0;
        norni_arena_init(&arena, &own);
        made_make(&m, &(made_wish){.n = 1500, .hours = want[k].hours});
        spans_of(&m, &arena, &s);
        assert_string_equal(s.unit, want[k].unit);
        assert_true(s.n > 100 && s.n <= want[k].most);
        for (size_t i = 0; i < s.n; i++) {
            const norni_signal_bucket *u = &s.span[i];
            double weight = 0, sum = 0;
            n += u->n;
            valid += u->n_valid;
            assert_int_equal(u->end - u->begin, want[k].length * 1000000);
            if (k == 2)
                assert_int_equal(u->begin / 86400000000 % 7, 4); /* 1970 began on a Thursday */
            if (i > 0) assert_true(u->begin >= s.span[i - 1].end);
            for (size_t h = 0; h < m.a.n_hours; h++) {
                const norni_signal_bucket *one = &m.a.hour[h];
                if (one->begin < u->begin || one->begin >= u->end || one->n_valid == 0) continue;
                weight += one->n_eff;
                sum += one->n_eff * one->signal;
            }
            if (u->n_valid == 0) continue;
            assert_true(u->signal - sum / weight < 1e-12 && u->signal - sum / weight > -1e-12);
            assert_true(!(u->lo > u->hi));
        }
        assert_int_equal(n, m.a.market.all.n);
        assert_int_equal(valid, m.a.market.all.n_valid);
        norni_buf b = chart_of(&m, NORNI_CHART_SIGNAL_TIMELINE);
        char words[64];
        (void)norni_format(words, sizeof words, "The market by the %s", want[k].unit);
        assert_non_null(strstr(b.p, words));
        assert_int_equal(strstr(b.p, "the mean interval of its hours") != NULL, k > 0);
        norni_buf_clear(&b);
        norni_arena_clear(&arena);
        made_clear(&m);
    }
}

/* As many points as were asked for, up to what a page holds, which is then said. */
static void the_cloud_has_its_points(void **state) {
    (void)state;
    static const size_t most[] = {300, 5000, 20000};
    made_report m;
    made_make(&m, &(made_wish){.n = 5200});
    for (size_t k = 0; k < 3; k++) {
        m.stamp.max_points = most[k];
        norni_buf b = page_of(&m);
        const char *cloud = strstr(b.p, ">Signal against confidence of tweets.");
        assert_non_null(cloud);
        assert_int_equal(count_of(cloud, "<circle"), most[k] < 5000 ? most[k] : 5000);
        assert_int_equal(
            strstr(cloud, "5,000 of 5,200 tweets by label: a page holds no more") != NULL, k == 2);
        assert_true(b.n < 2000000);
        norni_buf_clear(&b);
    }
    made_clear(&m);
}

/* Nothing is advised of few opinions, and no side where the interval does not say one. */
static void advice_needs_opinions_and_an_interval(void **state) {
    (void)state;
    made_report m;
    norni_signal_words w;
    made_make(&m, &(made_wish){.n = 700});
    norni_market_signal *k = &m.a.market;
    norni_signal_group g = m.a.group[0];
    k->label = NORNI_MARKET_STRONG_BULLISH;
    k->signal_score = 0.8;
    k->excludes_zero = true;
    norni_signals_words(&m.a, &m.s, &m.stamp, &w);
    assert_non_null(strstr(w.recommendation, "BUY-side"));
    k->excludes_zero = false;
    norni_signals_words(&m.a, &m.s, &m.stamp, &w);
    assert_null(strstr(w.recommendation, "BUY"));
    k->excludes_zero = k->few = true;
    k->all.n_known_authors = 0;
    norni_signals_words(&m.a, &m.s, &m.stamp, &w);
    assert_string_equal(w.recommendation, "Too few opinions to act upon: wait.");
    bool unknown = false;
    for (size_t i = 0; i < w.n; i++)
        unknown = unknown || strstr(w.warning[i],
                                    "Authors are not known: every tweet (copies "
                                    "apart) is taken for an opinion of its own.");
    assert_true(unknown);
    g.label = NORNI_SIGNAL_BUY;
    g.few = false;
    g.signal.excludes_zero = true;
    assert_string_equal(norni_signals_verdict(&g, &m.stamp), "BUY");
    g.signal.excludes_zero = false;
    assert_string_equal(norni_signals_verdict(&g, &m.stamp), "no clear direction");
    g.few = true;
    assert_string_equal(norni_signals_verdict(&g, &m.stamp), "too few opinions to act upon: wait");
    g.few = k->few = false; /* three authors, however much they write */
    g.signal.n_authors = k->all.signal.n_authors = 3;
    assert_string_equal(norni_signals_verdict(&g, &m.stamp), "too few opinions to act upon: wait");
    norni_signals_words(&m.a, &m.s, &m.stamp, &w);
    assert_string_equal(w.recommendation, "Too few opinions to act upon: wait.");
    made_clear(&m);
}

int main(void) {
    own = norni_alloc_default();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_times_are_days_and_weeks),
        cmocka_unit_test(the_cloud_has_its_points),
        cmocka_unit_test(advice_needs_opinions_and_an_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
