/* Tests of a report's forecasts: who serves, months held out, accuracy, growth, records of the cache. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/fp.h"
#include "finance/finance_backtest.h"
#include "finance/finance_growth.h"
#include "models/naive/naive.h"
#include "month_box.h"

/* ---- models ---- */

static norn_status break_down(norni_env *env, const void *opt, const norni_group *group,
                              void **state, norn_err *err) {
    (void)env, (void)opt, (void)group, (void)state;
    return norn_fail(err, NORN_E_NUMERIC, "broken: it always breaks down");
}

static const norni_model model_broken = {.name = "broken", .fit = break_down};

static norni_fin_candidate candidate(const char *name, const norni_model *m, int32_t rank) {
    void *opt = norni_arena_zero(&arena, 1, m->opt_size + 1);
    assert_non_null(opt);
    assert_int_equal(norni_param_defaults(m->params, m->n_params, opt, &arena, NULL), NORN_OK);
    return (norni_fin_candidate){.name = norni_str_of(name),
                                 .spec = norni_str_of(m->name),
                                 .who = {.model = m, .opt = opt},
                                 .rank = rank};
}

static norni_fin_forecast_opt options(const norni_fin_candidate *c, size_t n) {
    return (norni_fin_forecast_opt){
        .candidate = c,
        .n_candidates = n,
        .fallback = candidate("seasonal_naive", &norni_model_seasonal_naive, 0),
        .level = 95,
        .version = {"1", 1}};
}

/* Revenue of a line with a season: y = 1000 + 10 t + 100 (t mod 12). */
static month_box *line_box(size_t n) {
    month_box *box = month_box_new(n);
    double *y = month_metric(box, NORNI_FIN_REVENUE);
    for (size_t i = 0; i < n; i++)
        y[i] = 1000 + 10 * (double)i + 100 * (double)(i % 12);
    return box;
}

static norni_fin_forecasts run(norn_ctx *ctx, const month_box *box,
                               const norni_fin_forecast_opt *opt) {
    norni_fin_forecasts f;
    norn_err err = {NORN_OK, ""};
    assert_int_equal(norni_fin_series_make(&box->book, opt, &arena, &f, &err), NORN_OK);
    if (norni_fin_forecasts_run(ctx, opt, &arena, &f, &err) != NORN_OK) fail_msg("%s", err.text);
    return f;
}

/* ---- tests ---- */

static void months_held_out(void **state) {
    (void)state;
    const size_t n[] = {12, 17, 18, 23, 24, 29, 30, 100}, want[] = {2, 2, 3, 3, 4, 4, 6, 6};
    for (size_t k = 0; k < 8; k++)
        assert_int_equal(norni_fin_holdout(n[k]), want[k]);
}

/* The later version's formula, each branch by hand. */
static void accuracy(void **state) {
    (void)state;
    const double y[] = {100, 200, 300}, flat[] = {50, 50}, zero[] = {0, 0}, none[] = {NORNI_NAN};
    norni_fin_score s = {.ok = true, .rmse = 20, .mae = 10, .mape = 7.5};
    assert_true(norni_fin_accuracy_of(&s, y, 3) == 92.5);
    s.mape = 250;
    assert_true(norni_fin_accuracy_of(&s, y, 3) == 95); /* 100 - 100 * 10 / 200 */
    s.mae = 190;
    s.rmse = 150;
    assert_true(norni_fin_accuracy_of(&s, y, 3) == 25); /* 5 by the range, 25 by the mean */
    s.rmse = 500;
    assert_true(norni_fin_accuracy_of(&s, y, 3) == 5);
    s.mae = 900;
    assert_true(norni_fin_accuracy_of(&s, y, 3) == 0);
    s.mape = 130;
    assert_true(norni_fin_accuracy_of(&s, flat, 2) == 0);
    s.mape = NORNI_NAN; /* of zeros */
    assert_true(norni_fin_accuracy_of(&s, zero, 2) == 0);
    s.rmse = 0;
    assert_true(norni_fin_accuracy_of(&s, zero, 2) == 100);
    assert_true(isnan(norni_fin_accuracy_of(&s, none, 1)));
    s.ok = false;
    assert_true(isnan(norni_fin_accuracy_of(&s, y, 3)));
}

static void best_serves(void **state) {
    (void)state;
    norn_ctx *ctx = month_ctx();
    const norni_fin_candidate c[] = {candidate("first", &norni_model_naive, 1),
                                     candidate("second", &norni_model_seasonal_naive, 0)};
    const norni_fin_forecast_opt opt = options(c, 2);
    const norni_fin_forecasts f = run(ctx, line_box(36), &opt);
    const norni_fin_series *s = &f.series[0];
    assert_int_equal(f.n, 1);
    assert_int_equal(s->holdout, 6);
    /* The season a year before misses the growth of a year alone, everywhere. */
    assert_true(s->score[1].rmse == 120 && s->score[1].mae == 120);
    assert_int_equal(s->best, 1);
    assert_int_equal(s->n_points, 3);
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(s->point[k].month, 2023 * 12 + (int64_t)k);
        assert_true(s->point[k].predicted == 1240 + 110 * (double)k);
        assert_true(s->point[k].lower <= s->point[k].predicted);
        assert_true(s->point[k].upper >= s->point[k].predicted);
    }
    norn_ctx_free(ctx);
}

/* Of equal errors the lower rank serves, wherever it stands. */
static void ties(void **state) {
    (void)state;
    norn_ctx *ctx = month_ctx();
    const norni_fin_candidate c[] = {candidate("a", &norni_model_naive, 1),
                                     candidate("b", &norni_model_naive, 0),
                                     candidate("c", &norni_model_naive, 2)};
    const norni_fin_forecast_opt opt = options(c, 3);
    const norni_fin_forecasts f = run(ctx, line_box(30), &opt);
    assert_int_equal(f.series[0].best, 1);
    norn_ctx_free(ctx);
}

static void failures(void **state) {
    (void)state;
    norn_ctx *ctx = month_ctx();
    const norni_fin_candidate c[] = {candidate("bad", &model_broken, 0),
                                     candidate("good", &norni_model_naive, 1)};
    norni_fin_forecast_opt opt = options(c, 2);
    norni_fin_forecasts f = run(ctx, line_box(30), &opt);
    assert_int_equal(f.series[0].best, 1);
    assert_false(f.series[0].score[0].ok);
    assert_true(norni_str_is(f.series[0].score[0].message, "broken: it always breaks down"));
    opt.n_candidates = 1; /* none is left */
    f = run(ctx, line_box(30), &opt);
    assert_true(f.series[0].fallback && f.series[0].status == NORN_OK);
    assert_int_equal(f.n_fallback, 1);
    assert_true(norni_str_is(norni_fin_series_model(&f, &f.series[0]), "seasonal_naive"));
    assert_true(isnan(f.series[0].accuracy_percentage));
    assert_int_equal(f.series[0].n_points, 3);
    opt.fallback.who.model = NULL;
    f = run(ctx, line_box(30), &opt);
    assert_int_equal(f.series[0].status, NORN_E_NUMERIC);
    assert_int_equal(f.n_failed, 1);
    assert_false(f.has_growth);
    norn_ctx_free(ctx);
}

static void short_and_ended(void **state) {
    (void)state;
    norn_ctx *ctx = month_ctx();
    const norni_fin_candidate c[] = {candidate("n", &norni_model_naive, 0)};
    const norni_fin_forecast_opt opt = options(c, 1);
    norni_fin_forecasts f = run(ctx, line_box(11), &opt);
    assert_int_equal(f.series[0].status, NORN_E_DATA);
    assert_true(norni_str_is(f.series[0].reason, "Not enough data: 11 months, 12 are needed"));
    month_box *box = line_box(40);
    for (size_t i = 30; i < 40; i++)
        box->value[NORNI_FIN_REVENUE][i] = NORNI_NAN;
    f = run(ctx, box, &opt);
    assert_int_equal(f.series[0].status, NORN_E_DATA);
    box = line_box(40); /* it begins late: the months before are no part of it */
    for (size_t i = 0; i < 5; i++)
        box->value[NORNI_FIN_REVENUE][i] = NORNI_NAN;
    f = run(ctx, box, &opt);
    assert_int_equal(f.series[0].n, 35);
    assert_int_equal(f.series[0].first, 2020 * 12 + 5);
    assert_int_equal(f.series[0].status, NORN_OK);
    norn_ctx_free(ctx);
}

/* Series that are not ones of months, and a month that is not over. */
static void not_monthly(void **state) {
    (void)state;
    norn_ctx *ctx = month_ctx();
    const norni_fin_candidate c[] = {candidate("n", &norni_model_naive, 0)};
    const norni_fin_forecast_opt opt = options(c, 1);
    month_box *box = line_box(108);
    for (size_t i = 0; i < 108; i++)
        if (i % 3 != 0) box->value[NORNI_FIN_REVENUE][i] = NORNI_NAN;
    norni_fin_forecasts f = run(ctx, box, &opt);
    assert_int_equal(f.series[0].status, NORN_E_DATA);
    assert_non_null(strstr(f.series[0].reason.p, "Values stand 3 months apart"));
    box = line_box(60); /* 24, then one that is years away */
    for (size_t i = 24; i < 59; i++)
        box->value[NORNI_FIN_REVENUE][i] = NORNI_NAN;
    f = run(ctx, box, &opt);
    assert_int_equal(f.series[0].status, NORN_E_DATA);
    assert_non_null(strstr(f.series[0].reason.p, "35 of 60 months have no value"));
    box = line_box(37);
    box->value[NORNI_FIN_REVENUE][36] = 1;
    box->book.all.part_last = true;
    f = run(ctx, box, &opt);
    assert_int_equal(f.series[0].n, 36);
    assert_int_equal(f.series[0].point[0].month, 2023 * 12); /* it is the first to be forecast */
    assert_true(f.series[0].point[0].predicted == 1000 + 350 + 1100);
    norn_ctx_free(ctx);
}

/* What never changed stays as it was, exactly; nothing was proved by that. Nor is a ratio over nothing a series. */
static void constants(void **state) {
    (void)state;
    norn_ctx *ctx = month_ctx();
    const norni_fin_candidate c[] = {candidate("n", &norni_model_naive, 0)};
    const norni_fin_forecast_opt opt = options(c, 1);
    month_box *box = line_box(30);
    double *margin = month_metric(box, NORNI_FIN_PROFIT_MARGIN);
    for (size_t i = 0; i < 30; i++)
        box->value[NORNI_FIN_REVENUE][i] = .1, margin[i] = NORNI_NAN;
    const norni_fin_forecasts f = run(ctx, box, &opt);
    assert_int_equal(f.n, 1);
    assert_true(isnan(f.series[0].accuracy_percentage) && isnan(norni_fin_accuracy(&f)));
    for (size_t k = 0; k < 3; k++) {
        const norni_fin_point p = f.series[0].point[k];
        assert_true(p.predicted == .1 && p.lower == .1 && p.upper == .1);
    }
    norn_ctx_free(ctx);
}

static void growth(void **state) {
    (void)state;
    const double y[] = {900, 1000, NORNI_NAN};
    norni_fin_series s = {.name = {"revenue", 7}, .n = 3, .y = y, .n_points = 3};
    norni_fin_forecasts f = {.n = 1, .series = &s};
    s.point[0] = (norni_fin_point){5, 800, 700, 850};
    s.point[1] = (norni_fin_point){6, 880, 800, 900};
    s.point[2] = (norni_fin_point){7, -10, -20, 30};
    norni_fin_growth_make(&f);
    assert_true(f.has_growth && f.n_growth == 3);
    /* against the last month that has a value, and in order though it falls */
    assert_true(f.growth[0].predicted == -20 && f.growth[0].lower == -30 &&
                f.growth[0].upper == -15);
    assert_true(f.growth[1].predicted == 10 && f.growth[1].lower == 0 && f.growth[1].upper == 12.5);
    s.point[1].predicted = 0; /* nothing to compare the third with */
    norni_fin_growth_make(&f);
    assert_true(isnan(f.growth[2].predicted) && isnan(f.growth[2].lower));
    s.n_points = 0;
    norni_fin_growth_make(&f);
    assert_false(f.has_growth);
}

/* A record restores everything to the bit; cut or changed in length it is refused. */
static void records(void **state) {
    (void)state;
    norn_ctx *ctx = month_ctx();
    const norni_fin_candidate c[] = {candidate("bad", &model_broken, 0),
                                     candidate("good", &norni_model_seasonal_naive, 1)};
    const norni_fin_forecast_opt opt = options(c, 2);
    const norni_fin_forecasts f = run(ctx, line_box(30), &opt);
    norni_fin_series back = f.series[0];
    norni_fin_score score[2];
    char described[2][NORNI_FIN_TEXT], message[2][NORNI_FIN_TEXT];
    norni_fin_slot slot = {.score = score, .described = described, .message = message};
    norni_fin_task task = {.opt = &opt, .series = &f.series[0]};
    norni_buf b, again;
    norni_buf_init(&b, &ctx->alloc);
    norni_buf_init(&again, &ctx->alloc);
    norni_fin_record_pack(&task, &b);
    memset(score, 0, sizeof score);
    task.series = &back;
    task.slot = &slot;
    for (size_t n = 0; n < b.n; n++)
        assert_false(norni_fin_record_unpack(&task, (norni_str){b.p, n}));
    assert_true(norni_fin_record_unpack(&task, (norni_str){b.p, b.n}));
    assert_true(back.cached && back.score == score);
    norni_fin_record_pack(&task, &again);
    assert_int_equal(again.n, b.n);
    assert_memory_equal(again.p, b.p, b.n);
    norni_buf_add(&b, "x", 1);
    assert_false(norni_fin_record_unpack(&task, (norni_str){b.p, b.n}));
    norni_buf_clear(&b);
    norni_buf_clear(&again);
    norn_ctx_free(ctx);
}

typedef struct watch {
    size_t n, last;
} watch;

static void see(void *user, const norni_fin_series *s, const norni_fin_forecasts *f) {
    watch *w = user;
    w->n++;
    assert_true(s >= f->series && s < f->series + f->n);
    assert_int_equal(s->n_points, 3);
}

/* Every series is told once when it is done; regions and departments follow the metrics. */
static void told(void **state) {
    (void)state;
    norn_ctx *ctx = month_ctx();
    month_box *box = line_box(30);
    const norni_str name[] = {{"East", 4}, {"West", 4}};
    norni_fin_months part[2] = {box->book.all, box->book.all};
    watch w = {0, 0};
    const norni_fin_candidate c[] = {candidate("n", &norni_model_naive, 0)};
    norni_fin_forecast_opt opt = options(c, 1);
    box->book.table.region = (norni_fin_groups){2, name, NULL};
    box->book.region = part;
    opt.done = see;
    opt.user = &w;
    const norni_fin_forecasts f = run(ctx, box, &opt);
    assert_int_equal(f.n, 3);
    assert_int_equal(w.n, 3);
    assert_true(norni_str_is(f.series[2].id, "region/West"));
    assert_ptr_equal(norni_fin_series_find(&f, NORNI_FIN_OF_REGION, name[0]), &f.series[1]);
    norn_ctx_free(ctx);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(months_held_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(accuracy, set_up, tear_down),
        cmocka_unit_test_setup_teardown(best_serves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ties, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(short_and_ended, set_up, tear_down),
        cmocka_unit_test_setup_teardown(not_monthly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(constants, set_up, tear_down),
        cmocka_unit_test_setup_teardown(growth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
