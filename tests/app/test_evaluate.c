/* Parts of an evaluation: grids, hold-outs matched by time, and every allocation failing in turn. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/evaluate_actual.h"
#include "app/evaluate_grid.h"
#include "app/op_evaluate.h"
#include "counting.h"

static void grid_columns(void **state) {
    (void)state;
    static const char text[] =
        "model = [\"t=theta\", \"naive[12]\"]\n"
        "[ets]\n"
        "error = [\"A\", \"M\"]\n"
        "trend = \"A\"\n"
        "damped = [false, true]\n"
        "[other]\n"
        "season_length = [4]\n"
        "model = \"window_average\"\n"
        "window = [3, 7, 3]\n";
    static const char *const want[] = {"t",
                                       "naive[12]",
                                       "ets(trend=A)",
                                       "ets(trend=A,damped=yes)",
                                       "ets(error=M,trend=A)",
                                       "ets(error=M,trend=A,damped=yes)",
                                       "window_average(window=3)[4]",
                                       "window_average[4]"};
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_spec *specs = NULL;
    size_t n = 0;
    norn_err err = {NORN_OK, ""};
    norni_arena_init(&arena, &alloc);
    assert_int_equal(norni_evaluate_grid_text(norni_registry_models(), "g.toml", norni_str_of(text),
                                              &arena, &specs, &n, &err),
                     NORN_OK);
    assert_int_equal(n, 8); /* the second 3 says nothing new */
    for (size_t k = 0; k < n; k++)
        assert_string_equal(specs[k].column.p, want[k]);
    assert_int_equal(specs[7].season, 4);
    norni_arena_clear(&arena);
}

/* Panels from text, read as the command reads them. */
static void parse(norn_ctx *ctx, const char *text, norni_panel *p) {
    const norni_read_opt opt = {.no_exogenous = true};
    norni_align_report report;
    norn_err err = {NORN_OK, ""};
    if (norni_panel_parse(ctx, text, strlen(text), &opt, p, &report, &err) != NORN_OK)
        fail_msg("%s", err.text);
}

static void hold_out_by_time(void **state) {
    (void)state;
    norn_ctx *ctx;
    norni_panel data, test;
    norni_arena arena;
    norni_actual a;
    assert_int_equal(norn_ctx_new(NULL, &ctx, NULL), NORN_OK);
    norni_arena_init(&arena, &ctx->alloc);
    parse(ctx,
          "unique_id,ds,y\n"
          "m,2020-01-31,1\nm,2020-02-29,2\nm,2020-03-31,3\n"
          "d,2020-01-01,1\nd,2020-01-02,2\nd,2020-01-03,3\n"
          "e,2020-01-01,1\ne,2020-01-02,2\n",
          &data);
    parse(ctx,
          "unique_id,ds,y\n"
          "d,2020-01-06,6\nd,2020-01-04,4\nd,2020-01-01,99\nd,2020-01-07,99\n"
          "m,2020-06-30,6\nm,2020-04-30,4\n"
          "z,2020-01-01,1\n",
          &test);
    assert_int_equal(norni_actual_match(&test, &data, 3, false, &arena, &a, NULL), NORN_OK);
    const double *y = a.holdout.y;
    assert_true(y[0] == 4 && isnan(y[1]) && y[2] == 6); /* month ends */
    assert_true(y[3] == 4 && isnan(y[4]) && y[5] == 6); /* days, out of order */
    assert_null(a.holdout.why[0]);
    assert_null(a.holdout.why[1]);
    assert_string_equal(a.holdout.why[2], "--actual has no series 'e'");
    assert_int_equal(a.n_absent, 1);
    assert_int_equal(a.n_unknown, 1);
    assert_string_equal(a.first_unknown, "z");
    assert_int_equal(a.n_before, 1); /* not the missing days behind it */
    assert_int_equal(a.n_beyond, 1);
    norni_panel_clear(&test);
    parse(ctx, "unique_id,ds,y\nd,2020-01-04T06:00,5\nd,2020-01-05T00:00,7\n", &test);
    assert_int_equal(norni_actual_match(&test, &data, 3, false, &arena, &a, NULL), NORN_OK);
    assert_true(isnan(a.holdout.y[3]) && a.holdout.y[4] == 7);
    assert_true(a.n_off_grid > 0);
    assert_int_equal(norni_actual_match(&test, &data, 3, true, &arena, &a, NULL), NORN_OK);
    assert_true(a.holdout.y[3] == 5); /* without times it just goes on */
    norni_panel_clear(&test);
    norni_panel_clear(&data);
    norni_arena_clear(&arena);
    norn_ctx_free(ctx);
}

/* In memory where that is possible: a run writes nine files and waits for the disk. */
static char place[40];
static const char *const leaf[] = {"data.csv",
                                   "test.csv",
                                   "grid.toml",
                                   "items.csv",
                                   "chart.svg",
                                   "out.json",
                                   "run/run.txt",
                                   "run/items.log",
                                   "errors/errors.csv",
                                   "errors/by_horizon.csv",
                                   "errors/worst.csv",
                                   "errors/by_horizon.svg",
                                   "errors/report.md",
                                   "run",
                                   "errors"};
enum { DATA, TEST, GRID, ITEMS, CHART, OUT, RUN = 13, ERRORS, N_LEAVES };
static char file[N_LEAVES][64];

static int write_files(void **state) {
    (void)state;
    snprintf(place, sizeof place, "%s/norn-evaluate-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(place) == NULL) return -1;
    for (size_t i = 0; i < N_LEAVES; i++)
        snprintf(file[i], sizeof file[i], "%s/%s", place, leaf[i]);
    FILE *data = fopen(file[DATA], "w"), *test = fopen(file[TEST], "w"),
         *grid = fopen(file[GRID], "w");
    if (!data || !test || !grid) return -1;
    fprintf(data, "unique_id,ds,y\n");
    fprintf(test, "unique_id,ds,y\n");
    for (int i = 0; i < 4; i++) {
        for (int t = 0; t < 27 + i; t++)
            fprintf(t < 24 + i ? data : test, "s%d,%d-%02d-01,%d.5\n", i, 2000 + t / 12, t % 12 + 1,
                    100 + t * i + 10 * (t % 12 == 3));
    }
    fprintf(grid, "model = [\"naive\"]\n[window_average]\nwindow = [2, 3]\n");
    return fclose(data) + fclose(test) + fclose(grid);
}

static void remove_outputs(void) {
    for (size_t i = ITEMS; i < N_LEAVES; i++)
        (void)(i < RUN ? unlink(file[i]) : rmdir(file[i]));
}

static int remove_files(void **state) {
    (void)state;
    remove_outputs();
    for (size_t i = 0; i < ITEMS; i++)
        (void)unlink(file[i]);
    return rmdir(place); /* fails when a run left anything else behind */
}

typedef enum way { WAY_WINDOWS, WAY_ACTUAL, WAY_GRID } way;

static void fill(void *opt, int how) {
    static const char *path;
    norni_evaluate_opt *o = opt;
    path = file[DATA];
    remove_outputs();
    o->panel.data = (norni_inputs){&path, 1};
    o->panel.common.out = file[OUT];
    o->horizon = 3;
    o->by_series = how != WAY_GRID;
    if (how == WAY_WINDOWS) {
        o->model = "naive,auto_ets,window_average";
        o->windows = 2;
        o->errors = file[ERRORS];
        o->method.intervals = 1; /* conformal */
        o->panel.common.items = file[ITEMS];
        o->panel.common.plot = file[CHART];
        o->panel.common.resume = file[RUN];
        o->panel.common.summary = "/dev/null";
    } else if (how == WAY_ACTUAL) {
        o->model = "theta,naive2";
        o->actual = file[TEST];
    } else {
        o->grid = file[GRID];
    }
}

static void fail_each(way how) {
    const counted_op op = {"evaluate", fill, (int)how, false, 30, false};
    counting_fail_each(&op);
}

static void memory_windows(void **state) {
    (void)state;
    fail_each(WAY_WINDOWS);
}

static void memory_actual(void **state) {
    (void)state;
    fail_each(WAY_ACTUAL);
}

static void memory_grid(void **state) {
    (void)state;
    fail_each(WAY_GRID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grid_columns),   cmocka_unit_test(hold_out_by_time),
        cmocka_unit_test(memory_windows), cmocka_unit_test(memory_actual),
        cmocka_unit_test(memory_grid),
    };
    return cmocka_run_group_tests(tests, write_files, remove_files);
}
