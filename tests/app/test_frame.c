/* Frames: forecasts and cross-validations of columns in memory, and every allocation of theirs failing in turn. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/frame.h"
#include "base/fp.h"
#include "counting.h"

enum { SERIES = 3, N = 30, ROWS = SERIES * N, AHEAD = 4 };

static int64_t id[ROWS], day[ROWS];
static uint32_t code[ROWS];
static double y[ROWS], x[ROWS], later_x[SERIES * AHEAD];
static int64_t later_id[SERIES * AHEAD], later_day[SERIES * AHEAD];
static const norni_str names[SERIES] = {
    {"north", 5}, {"south", 5}, {"north", 5}}; /* twice on purpose */
static const norni_str text_days[2] = {{"2020-01-01", 10}, {"2020-01-02", 10}};

static int make_data(void **state) {
    (void)state;
    for (int r = 0; r < ROWS; r++) {
        const int i = r / N, t = r % N;
        id[r] = 7 - 3 * i; /* 7, 4, 1 */
        code[r] = (uint32_t)i;
        day[r] = (18262 + t) * NORNI_US_DAY;
        x[r] = t % 5;
        y[r] = 10 + i + 0.5 * t + 3 * x[r] + (t * 37 % 11) / 7.0;
    }
    for (int r = 0; r < SERIES * AHEAD; r++) {
        later_id[r] = 7 - 3 * (r / AHEAD);
        later_day[r] = (18262 + N + r % AHEAD) * NORNI_US_DAY;
        later_x[r] = r % 5;
    }
    return 0;
}

static norni_frame_column data_column[] = {
    {.name = {"unique_id", 9}, .kind = NORNI_FRAME_INTEGER, .integer = id},
    {.name = {"ds", 2}, .kind = NORNI_FRAME_TIME, .integer = day, .date = true},
    {.name = {"y", 1}, .kind = NORNI_FRAME_NUMBER, .number = y},
    {.name = {"x", 1}, .kind = NORNI_FRAME_NUMBER, .number = x},
};
static const norni_frame data = {ROWS, 4, data_column};
static norni_frame_column later_column[] = {
    {.name = {"unique_id", 9}, .kind = NORNI_FRAME_INTEGER, .integer = later_id},
    {.name = {"ds", 2}, .kind = NORNI_FRAME_TIME, .integer = later_day, .date = true},
    {.name = {"x", 1}, .kind = NORNI_FRAME_NUMBER, .number = later_x},
};
static const norni_frame later = {SERIES * AHEAD, 3, later_column};

static norn_status run(norn_ctx *ctx, bool evaluate, norni_frame_call call,
                       const char *const *words, size_t n_words, norni_frame_result *out,
                       norn_err *err) {
    const char *option[8], *value[8];
    for (size_t i = 0; i < n_words; i += 2)
        option[i / 2] = words[i], value[i / 2] = words[i + 1];
    call.option = option;
    call.value = value;
    call.n_options = n_words / 2;
    if (call.n_paths > 0) return norni_frame_simulate(ctx, &call, out, err);
    return evaluate ? norni_frame_evaluate(ctx, &call, out, err)
                    : norni_frame_forecast(ctx, &call, out, err);
}

static const norni_frame_column *column(const norni_frame *f, const char *name) {
    const norni_frame_column *c = norni_frame_find(f, norni_str_of(name));
    assert_non_null(c);
    return c;
}

static void ids_and_times_come_back_in_kind(void **state) {
    (void)state;
    const char *const words[] = {"horizon", "2", "model", "naive", "level", "80", "fitted", "true"};
    norn_ctx *ctx = NULL;
    norn_err err = {NORN_OK, ""};
    norni_frame_result r;
    assert_int_equal(norn_ctx_new(NULL, &ctx, &err), NORN_OK);
    assert_int_equal(run(ctx, false, (norni_frame_call){.data = &data}, words, 8, &r, &err),
                     NORN_OK);
    assert_int_equal(r.frame.n, SERIES * 2);
    assert_int_equal(r.frame.n_columns, 5);
    assert_int_equal(r.history.n, ROWS);
    assert_int_equal(column(&r.frame, "unique_id")->integer[2], 4);
    assert_true(column(&r.frame, "ds")->integer[3] == (18262 + N + 1) * NORNI_US_DAY);
    assert_true(column(&r.frame, "ds")->date);
    assert_true(column(&r.frame, "naive")->number[5] == y[ROWS - 1]);
    assert_true(column(&r.frame, "naive-lo-80")->number[5] < y[ROWS - 1]);
    assert_true(column(&r.history, "naive")->number[1] == y[0]);
    norni_frame_result_clear(&r);
    /* One text that stands twice among the texts is one series: its times then stand twice. */
    norni_frame_column c[3] = {{.name = {"unique_id", 9},
                                .kind = NORNI_FRAME_TEXT,
                                .code = code,
                                .text = names,
                                .n_text = SERIES},
                               data_column[1],
                               data_column[2]};
    const norni_frame twice = {ROWS, 3, c};
    assert_int_equal(run(ctx, false, (norni_frame_call){.data = &twice}, words, 8, &r, &err),
                     NORN_E_DATA);
    assert_non_null(strstr(err.text, "north"));
    norni_frame_result_clear(&r);
    const uint32_t days[2] = {0, 1};
    norni_frame_column t[2] = {
        {.name = {"ds", 2}, .kind = NORNI_FRAME_TEXT, .code = days, .text = text_days, .n_text = 2},
        data_column[2]};
    const norni_frame small = {2, 2, t};
    assert_int_equal(run(ctx, false, (norni_frame_call){.data = &small}, words, 4, &r, &err),
                     NORN_OK);
    assert_int_equal(r.frame.n_columns, 6); /* ds, naive and the default levels; no ids came in */
    const norni_frame_column *ds = column(&r.frame, "ds");
    assert_true(norni_str_is(ds->text[ds->code[1]], "2020-01-04"));
    norni_frame_result_clear(&r);
    norn_ctx_free(ctx);
}

/* Every model that has paths, of a plain series and of one with a gap at its end; path k is the same among few and many. */
static void paths_of_every_model(void **state) {
    (void)state;
    const char *const words[] = {
        "horizon",
        "3",
        "level",
        "none",
        "season-length",
        "5",
        "fallback",
        "none",
        "model",
        "naive,naive2,seasonal_naive,drift,mean,ses,holt,holt_winters,auto_ets,theta,dynamic_theta,"
        "auto_theta,croston,tsb,adida,imapa,ces,arima(1,1,1),auto_arima,mstl,ensemble,auto,"
        "o=ensemble(members=mean+window_average)"};
    norn_ctx *ctx = NULL;
    norn_err err = {NORN_OK, ""};
    norni_frame_result few, many;
    double gap[ROWS];
    memcpy(gap, y, sizeof gap);
    gap[N - 1] = gap[N - 2] = NORNI_NAN;
    norni_frame_column c[3] = {data_column[0], data_column[1], data_column[2]};
    c[2].number = gap;
    const norni_frame frame = {ROWS, 3, c};
    norni_frame_call call = {.data = &frame, .n_paths = 2};
    assert_int_equal(norn_ctx_new(NULL, &ctx, &err), NORN_OK);
    assert_int_equal(run(ctx, false, call, words, 10, &few, &err), NORN_OK);
    call.n_paths = 33;
    assert_int_equal(run(ctx, false, call, words, 10, &many, &err), NORN_OK);
    assert_int_equal(few.counts.n_failed, 0);
    assert_int_equal(few.frame.n, SERIES * 2 * 3);
    assert_int_equal(few.frame.n_columns, 3 + 23);
    assert_int_equal(column(&many.frame, "sample_id")->integer[many.frame.n - 1], 32);
    for (size_t k = 3; k < few.frame.n_columns; k++) {
        const double *a = few.frame.column[k].number, *b = many.frame.column[k].number;
        for (size_t i = 0; i < SERIES; i++)
            assert_memory_equal(a + i * 2 * 3, b + i * 33 * 3, 2 * 3 * sizeof *a);
        for (size_t r = 0; r < many.frame.n; r++)
            assert_true(b[r] - b[r] == 0);
        assert_true(a[0] != a[3]); /* two draws */
    }
    norni_frame_result_clear(&few);
    norni_frame_result_clear(&many);
    const char *const without[] = {"horizon", "3", "level", "none", "model", "ses,window_average"};
    assert_int_equal(run(ctx, false, call, without, 6, &few, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "window_average"));
    norni_frame_result_clear(&few);
    const char *const levels[] = {"horizon", "3", "model", "ses"};
    assert_int_equal(run(ctx, false, call, levels, 4, &few, &err), NORN_E_ARG);
    norni_frame_result_clear(&few);
    norn_ctx_free(ctx);
}

static char kept[] = "/tmp/norn-frame-XXXXXX";

/* 0: exogenous columns; 1: cross-validation; 2: models are kept; 3: models are taken up, and kept;
 * 4: sample paths */
static norn_status counted(counting *c, int how) {
    static const char *const words[5][8] = {
        {"horizon", "4", "model", "naive,arima(1,0,0)", "level", "80,95", "fitted", "true"},
        {"horizon", "4", "model", "naive,theta", "windows", "2", "level", "80"},
        {"horizon", "4", "model", "naive,ses", "save", kept, "level", "80"},
        {"horizon", "4", "load", kept, "save", kept, "level", "80"},
        {"horizon", "4", "model", "naive,ces,ensemble(members=theta+arima+croston)", "level",
         "none", "seed", "1"}};
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_frame_result r;
    norn_err err = {NORN_OK, ""};
    opt.alloc = (norn_alloc){counting_resize, c};
    opt.n_threads = 2;
    norn_status st = norn_ctx_new(&opt, &ctx, NULL);
    if (st != NORN_OK) return st;
    norni_frame_call call = {.data = how == 3 ? NULL : &data, .like = how == 3 ? &data : NULL};
    call.future = how == 0 ? &later : NULL;
    call.n_paths = how == 4 ? 3 : 0;
    st = run(ctx, how == 1, call, words[how], 8, &r, &err);
    if (st == NORN_OK) assert_true(r.frame.n >= SERIES * AHEAD && r.frame.n_columns >= 4);
    if (st != NORN_OK) assert_true(err.text[0] != '\0');
    norni_frame_result_clear(&r);
    norn_ctx_free(ctx);
    return st;
}

static void every_allocation_fails(void **state) {
    (void)state;
    const int fd = mkstemp(kept);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    for (int how = 0; how < 5; how++) {
        counting count = {.below = norni_alloc_default()};
        assert_int_equal(counted(&count, how), NORN_OK);
        assert_int_equal(atomic_load(&count.live), 0);
        const long n = atomic_load(&count.calls);
        long refused = 0;
        for (long k = 1; k <= n; k++) {
            counting c = {.below = norni_alloc_default(), .fail_at = k};
            const norn_status st = counted(&c, how);
            if (st != NORN_OK && st != NORN_E_MEM)
                fail_msg("case %d, allocation %ld: %s", how, k, norn_status_name(st));
            if (atomic_load(&c.live) != 0)
                fail_msg("case %d, allocation %ld: %ld blocks leak", how, k, atomic_load(&c.live));
            refused += st == NORN_E_MEM;
        }
        assert_true(n > 20 && refused > n / 4);
    }
    assert_int_equal(unlink(kept), 0);
}

int main(void) {
    (void)counting_fail_each; /* counting.h's other half is for operations on files */
    const struct CMUnitTest tests[] = {cmocka_unit_test(ids_and_times_come_back_in_kind),
                                       cmocka_unit_test(paths_of_every_model),
                                       cmocka_unit_test(every_allocation_fails)};
    return cmocka_run_group_tests(tests, make_data, NULL);
}
