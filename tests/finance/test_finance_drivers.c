/* Drivers of profit: Shapley values add up, leaks stay out, noise is called noise, months and rows, the same bits each time. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fp.h"
#include "base/rng.h"
#include "data/calendar.h"
#include "finance/finance_driver_fit.h"
#include "models/gbdt/gbdt_learner.h"
#include "month_box.h"

enum { ROWS = 10500, EXTRAS = 5 };
static const norni_learner *const list[] = {&norni_learner_gbdt};
static const norni_learner_set set = {list, 1};
static norn_ctx *ctx;

static norni_fin_drivers drive(const norni_fin_book *book) {
    norni_fin_drivers out;
    norn_err err;
    if (norni_fin_drivers_make(ctx, book, &set, 7, &arena, &out, &err) != NORN_OK)
        fail_msg("%s", err.text);
    return out;
}

static bool has(const norni_fin_drivers *d, const char *name) {
    for (size_t i = 0; i < d->n; i++) {
        if (norni_str_is(d->item[i].feature, name)) return true;
    }
    return false;
}

static char *text_of(norni_str s) {
    return norni_arena_text(&arena, s.p, s.n);
}

static double uniform(uint64_t stream, size_t i) {
    return norni_rng_uniform((norni_rng){3, stream}, i);
}

/* Revenue moves most, then expenses; cash flow is a result as profit is, and no driver. */
static month_box *months_of(size_t n) {
    month_box *box = month_box_new(n);
    double *r = month_metric(box, NORNI_FIN_REVENUE), *e = month_metric(box, NORNI_FIN_EXPENSES),
           *p = month_metric(box, NORNI_FIN_PROFIT), *c = month_metric(box, NORNI_FIN_CASHFLOW);
    for (size_t i = 0; i < n; i++) {
        r[i] = 1e6 + 4e5 * uniform(1, i);
        e[i] = 7e5 + 1e5 * uniform(2, i);
        c[i] = 3e5 * uniform(3, i);
        p[i] = r[i] - e[i];
    }
    (void)month_metric(box, NORNI_FIN_PROFIT_MARGIN);
    return box;
}

static void months(void **state) {
    (void)state;
    const month_box *box = months_of(36);
    const int64_t began = norni_clock_ns();
    const norni_fin_drivers d = drive(&box->book), again = drive(&box->book);
    print_message("# 36 months: %.2f ms, r2 %.3f\n", (double)(norni_clock_ns() - began) / 2e6,
                  d.r2);
    assert_true(d.n >= 2 && norni_str_is(d.item[0].feature, "revenue") &&
                norni_str_is(d.item[1].feature, "expenses"));
    assert_true(d.item[0].score > 5e4 && d.item[0].score > 2 * d.item[1].score && d.r2 > 0.6);
    assert_false(has(&d, "profit") || has(&d, "cashflow") || has(&d, "profit_margin"));
    assert_true(d.r2 == again.r2 && d.n == again.n);
    for (size_t i = 0; i < d.n; i++)
        assert_true(d.item[i].score == again.item[i].score);
    const char *text = text_of(d.insight);
    assert_non_null(strstr(text, "Profit goes most with revenue: "));
    assert_non_null(strstr(text, "a month on average"));
    assert_non_null(strstr(text, "Revenue less expenses is profit by definition"));
    assert_true(d.model.n > 5 && !strncmp(d.model.p, "gbdt(", 5));
}

/* Contributions of every example and the intercept are its forecast. */
static void values_add_up(void **state) {
    (void)state;
    const month_box *box = months_of(60);
    norni_fin_driver_rows rows;
    norni_fin_driver_fit fit;
    norni_env env = {.arena = &arena, .seed = 1};
    double out[NORNI_FIN_DRIVER_COLUMNS + 1];
    assert_int_equal(norni_fin_driver_rows_make(&box->book, 1, &arena, &rows, NULL), NORN_OK);
    assert_true(rows.by_month && rows.n == 60 && rows.n_x == 2);
    assert_int_equal(norni_fin_driver_fit_make(&env, list[0], &rows, &fit, NULL), NORN_OK);
    double mean = 0;
    for (size_t i = 0; i < rows.n; i++) {
        double says = 0, sum = fit.why.intercept;
        assert_int_equal(
            list[0]->contribute(&env, fit.state, fit.lesson, NORNI_FIN_DRIVER_PART, i, out, NULL),
            NORN_OK);
        assert_int_equal(list[0]->predict(&env, fit.state, fit.lesson, i, &says, NULL), NORN_OK);
        for (size_t k = 0; k < fit.why.n_terms; k++)
            sum += out[k];
        assert_true(fabs(sum - says) < 1e-9 * fabs(says));
        mean += fabs(out[0]) / (double)rows.n;
    }
    assert_true(fabs(mean - fit.why.term[0].importance) < 1e-9 * mean);
}

/* A table of many rows with extra columns: one that drives, one that is profit in cents, a margin, an id, noise. */
static norni_fin_book *rows_of(size_t n) {
    static const char *const name[EXTRAS] = {"Discount", "Net gain in cents", "Gross Margin %",
                                             "Order ID", "Quantity"};
    month_box *box = month_box_new(36);
    norni_fin_table *t = &box->book.table;
    norni_fin_extra *extra = norni_arena_zero(&arena, EXTRAS, sizeof *extra);
    double *column[EXTRAS + 3];
    int64_t *time = norni_arena_get(&arena, n, sizeof *time);
    for (size_t k = 0; k < EXTRAS + 3; k++)
        column[k] = norni_arena_get(&arena, n, sizeof **column);
    t->n = n, t->time = time, t->extra = extra, t->n_extra = EXTRAS;
    t->number[NORNI_FIN_REVENUE] = column[EXTRAS];
    t->number[NORNI_FIN_EXPENSES] = column[EXTRAS + 1];
    t->number[NORNI_FIN_PROFIT] = column[EXTRAS + 2];
    t->derived[NORNI_FIN_EXPENSES] = true; /* revenue less profit */
    double *p = month_metric(box, NORNI_FIN_PROFIT);
    for (size_t i = 0; i < 36; i++)
        p[i] = 0;
    for (size_t i = 0; i < n; i++) {
        const norni_civil day = {
            .year = 2020 + (int32_t)(i * 3 / n), .month = 1 + (int32_t)(i * 36 / n % 12), .day = 2};
        time[i] = norni_us_from_civil(&day);
        const double revenue = 100 + 900 * uniform(1, i), off = uniform(2, i) > 0.7 ? 0.4 : 0;
        const double profit = revenue * (0.25 - off) + 10 * norni_rng_normal((norni_rng){4, 4}, i);
        const double cell[] = {off,           profit * 100, profit / revenue, (double)i,
                               uniform(5, i), revenue,      revenue - profit, profit};
        for (size_t k = 0; k < EXTRAS + 3; k++)
            column[k][i] = cell[k];
        p[i * 36 / n] += profit;
    }
    for (size_t k = 0; k < EXTRAS; k++)
        extra[k] = (norni_fin_extra){.name = norni_str_of(name[k]), .number = column[k]};
    return &box->book;
}

static void rows(void **state) {
    (void)state;
    const norni_fin_book *book = rows_of(ROWS);
    norni_fin_driver_rows r;
    const int64_t began = norni_clock_ns();
    const norni_fin_drivers d = drive(book);
    print_message("# %d rows: %.2f ms, r2 %.3f\n", (int)ROWS,
                  (double)(norni_clock_ns() - began) / 1e6, d.r2);
    assert_int_equal(norni_fin_driver_rows_make(book, 7, &arena, &r, NULL), NORN_OK);
    assert_true(!r.by_month && r.n == NORNI_FIN_DRIVER_ROWS && r.n_all == ROWS && r.n_x == 3);
    assert_true(norni_str_is(d.item[0].feature, "Discount") &&
                norni_str_is(d.item[1].feature, "revenue"));
    assert_true(d.r2 > 0.9 && !has(&d, "expenses") && !has(&d, "Gross Margin %"));
    assert_false(has(&d, "Net gain in cents") || has(&d, "Order ID"));
    assert_non_null(strstr(text_of(d.insight), "a row on average"));
    norni_fin_book *few = rows_of(50); /* fewer than 60 rows: months, columns by their means */
    assert_int_equal(norni_fin_driver_rows_make(few, 7, &arena, &r, NULL), NORN_OK);
    assert_true(r.by_month && r.n == 36 && r.n_x == 2);
    assert_true(norni_str_is(r.name[0], "Discount") && !isnan(r.x[1][35]));
}

static void nothing_to_say(void **state) {
    (void)state;
    month_box *box = month_box_new(40);
    assert_true(drive(&box->book).n == 0);
    assert_non_null(strstr(text_of(drive(&box->book).insight), "no profit to explain"));
    double *p = month_metric(box, NORNI_FIN_PROFIT), *c = month_metric(box, NORNI_FIN_MARKETING);
    for (size_t i = 0; i < 40; i++)
        p[i] = norni_rng_normal((norni_rng){1, 1}, i),
        c[i] = norni_rng_normal((norni_rng){1, 2}, i);
    const norni_fin_drivers noise = drive(&box->book);
    assert_true(noise.r2 < 0.2);
    assert_non_null(strstr(text_of(noise.insight), "hints at best"));
    box->book.all.n = 11;
    assert_non_null(strstr(text_of(drive(&box->book).insight), "Too few months"));
    box->book.all.n = 40;
    for (size_t i = 0; i < 40; i++)
        p[i] = 5;
    assert_non_null(strstr(text_of(drive(&box->book).insight), "does not vary"));
    for (size_t i = 0; i < 40; i++)
        p[i] = i % 2 ? 1e300 : -1e300, c[i] = 0;
    assert_true(drive(&box->book).n == 0);
}

static void as_json(void **state) {
    (void)state;
    const norni_fin_drivers d = drive(&months_of(24)->book);
    norni_buf b;
    norni_json j;
    norni_buf_init(&b, &alloc);
    norni_json_init(&j, &b);
    norni_fin_drivers_json(&j, &d);
    norni_buf_add(&b, "", 1);
    assert_false(b.failed);
    assert_non_null(strstr(b.p, "{\"insight\":\"Profit goes most with revenue"));
    assert_non_null(
        strstr(b.p, "\"feature_attributions\":[{\"feature\":\"revenue\",\"contribution_score\":"));
    assert_non_null(strstr(b.p, "\"model_version\":\"gbdt("));
    assert_non_null(strstr(b.p, "\"r_squared_out_of_fold\":0."));
    norni_buf_clear(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(months, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_add_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_to_say, set_up, tear_down),
        cmocka_unit_test_setup_teardown(as_json, set_up, tear_down),
    };
    ctx = month_ctx();
    const int failed = cmocka_run_group_tests_name("finance_drivers", tests, NULL, NULL);
    norn_ctx_free(ctx);
    return failed;
}
