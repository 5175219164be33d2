/* Correlations: statsmodels' p values on first differences, gaps, constants, identities, who leads. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "../num/r_rows.h"
#include "base/fp.h"
#include "base/rng.h"
#include "month_box.h"

static norni_fin_correlations correlate(const month_box *box) {
    norni_fin_correlations out;
    assert_int_equal(norni_fin_correlations_make(&box->book, &arena, &out, NULL), NORN_OK);
    return out;
}

static char *text_of(const norni_fin_correlations *c) {
    norni_buf b;
    norni_json j;
    norni_buf_init(&b, &alloc);
    norni_json_init(&j, &b);
    norni_fin_correlations_json(&j, c);
    assert_false(b.failed);
    char *text = norni_arena_text(&arena, b.p, b.n);
    norni_buf_clear(&b);
    return text;
}

/* Rows "months": two metrics; "granger12 lag F p": of the first's changes as the second's cause; "granger21": the other way. */
static void as_statsmodels(void **state) {
    (void)state;
    static char line[ROW_LINE];
    FILE *f = row_open("finance_granger.csv");
    month_box *box = month_box_new(48);
    double *a = month_metric(box, NORNI_FIN_REVENUE), *b = month_metric(box, NORNI_FIN_MARKETING);
    double least = 1, w[3], lag = 0, r = NORNI_NAN;
    bool b_leads = false;
    while (fgets(line, ROW_LINE, f)) {
        if (!strncmp(line, "first", 5)) {
            assert_int_equal(row_numbers(row_column(line, 1), a, 48), 48);
        } else if (!strncmp(line, "second", 6)) {
            assert_int_equal(row_numbers(row_column(line, 1), b, 48), 48);
        } else if (!strncmp(line, "pearson", 7)) {
            (void)row_numbers(row_column(line, 1), &r, 1);
        } else if (line[0] == 'g') {
            (void)row_numbers(row_column(line, 1), w, 3);
            if (w[2] < least) least = w[2], lag = w[0], b_leads = line[7] == '2';
        }
    }
    assert_int_equal(fclose(f), 0);
    const norni_fin_correlations c = correlate(box);
    assert_int_equal(c.n, 1);
    assert_true(fabs(c.item[0].correlation - r) < 1e-13);
    assert_true(least < 0.05 && c.item[0].lag_months == (int32_t)lag);
    assert_true(c.item[0].b_leads == b_leads && c.item[0].n_tests == 6);
    assert_true(fabs(c.item[0].p_value - least) < 1e-10);
    const char *text = text_of(&c);
    assert_non_null(strstr(text, "\"metric_a\":\"revenue\",\"metric_b\":\"marketing_spend\""));
    assert_non_null(strstr(text, "\"leading_metric\":\"marketing_spend\""));
    assert_non_null(
        strstr(text,
               "Granger's test suggests that changes in marketing spend tell of changes in "
               "revenue 2 months later (season taken out, p"));
    assert_non_null(strstr(text, "\"p_value_without_season\":"));
    /* a gap: the test runs over the longer part, and needs 20 changes of it */
    a[12] = NORNI_NAN;
    assert_true(correlate(box).item[0].n_tests == 6 && correlate(box).item[0].n == 47);
    box->book.all.part_first = box->book.all.part_last = true; /* two months are not whole */
    assert_int_equal(correlate(box).item[0].n, 45);
    box->book.all.part_first = box->book.all.part_last = false;
    b[33] = NORNI_NAN;
    assert_int_equal(correlate(box).item[0].n_tests, 0); /* 20 months: 19 changes */
    assert_int_equal(correlate(box).item[0].n, 46);
}

static void identities_do_no_harm(void **state) {
    (void)state;
    month_box *box = month_box_new(36);
    double *r = month_metric(box, NORNI_FIN_REVENUE), *e = month_metric(box, NORNI_FIN_EXPENSES),
           *p = month_metric(box, NORNI_FIN_PROFIT), *c = month_metric(box, NORNI_FIN_CASHFLOW),
           *s = month_metric(box, NORNI_FIN_MARKETING);
    for (size_t i = 0; i < 36; i++) {
        r[i] = 1000 + 50 * norni_rng_normal((norni_rng){1, 1}, i);
        e[i] = 400;
        p[i] = r[i] - e[i];
        c[i] = 5000 - 2 * r[i];
        s[i] = NORNI_NAN;
    }
    const norni_fin_correlations out = correlate(box);
    assert_int_equal(out.n, 3);
    assert_true(fabs(out.item[0].correlation - 1) < 1e-12 &&
                out.item[0].b == (norni_fin_metric)NORNI_FIN_PROFIT);
    for (size_t i = 0; i < 3; i++)
        assert_true(out.item[i].lag_months == 0 && isnan(out.item[i].p_value));
    assert_true(fabs(out.item[1].correlation + 1) < 1e-12);
    assert_null(strstr(text_of(&out), "lag_months"));
    box->book.all.n = 5; /* too few months to say anything */
    assert_int_equal(correlate(box).n, 0);
    box->book.all.n = 0;
    assert_string_equal(text_of(&(norni_fin_correlations){0, NULL}), "[]");
    assert_int_equal(correlate(box).n, 0);
}

/* Of pairs that move together without one leading, the share with a conclusion, and with one that would stand. */
static void chance(void **state) {
    (void)state;
    size_t told = 0, firm = 0;
    for (uint64_t k = 0; k < 200; k++) {
        const norni_arena_mark mark = norni_arena_mark_get(&arena);
        month_box *box = month_box_new(48);
        double *a = month_metric(box, NORNI_FIN_REVENUE),
               *b = month_metric(box, NORNI_FIN_CASHFLOW);
        double walk = 100, with = 100;
        for (size_t i = 0; i < 48; i++) {
            walk += norni_rng_normal((norni_rng){2, k}, i);
            with += 0.9 * norni_rng_normal((norni_rng){2, k}, i) +
                    0.4 * norni_rng_normal((norni_rng){3, k}, i);
            a[i] = walk, b[i] = with;
        }
        const norni_fin_correlations c = correlate(box);
        for (size_t i = 0; i < c.n; i++) {
            told += c.item[i].lag_months > 0;
            firm += norni_fin_leads(&c.item[i], c.item[i].n_tests);
        }
        norni_arena_rewind(&arena, mark);
    }
    print_message(
        "# of 200 pairs without a lead %zu have p < .05 in one of six tests, %zu adjusted\n", told,
        firm);
    assert_true(firm < told && firm <= 16);
}

/* Two metrics of one season, the second's half a month behind: the plain test calls that a lead, the words do not. */
static void season_leads_nobody(void **state) {
    (void)state;
    size_t plain = 0, told = 0;
    for (uint64_t k = 0; k < 100; k++) {
        const norni_arena_mark mark = norni_arena_mark_get(&arena);
        const size_t n = k % 2 ? 36 : 48;
        month_box *box = month_box_new(n);
        double *a = month_metric(box, NORNI_FIN_REVENUE),
               *b = month_metric(box, NORNI_FIN_MARKETING);
        for (size_t i = 0; i < n; i++) {
            const double turn = 6.283185307179586 / 12;
            a[i] = 100 + 20 * norni_sin(turn * (double)i) + norni_rng_normal((norni_rng){4, k}, i);
            b[i] = 50 + 8 * norni_sin(turn * ((double)i - 0.5)) +
                   0.5 * norni_rng_normal((norni_rng){5, k}, i);
        }
        const norni_fin_correlations c = correlate(box);
        assert_int_equal(c.n, 1);
        plain += c.item[0].p_value * c.item[0].n_tests < 0.05;
        told += norni_fin_leads(&c.item[0], c.item[0].n_tests);
        const bool says = strstr(text_of(&c), "suggests") != NULL;
        assert_true(says == norni_fin_leads(&c.item[0], c.item[0].n_tests));
        norni_arena_rewind(&arena, mark);
    }
    print_message(
        "# of 100 pairs with one season and no lead the plain test calls %zu, the words "
        "%zu\n",
        plain, told);
    assert_true(plain > 50 && told <= 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_statsmodels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(identities_do_no_harm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(chance, set_up, tear_down),
        cmocka_unit_test_setup_teardown(season_leads_nobody, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("finance_correlations", tests, NULL, NULL);
}
