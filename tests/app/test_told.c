/* What operations tell while they run: each item once when it is done, stages that only go on; what a report gives in memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "../base/one_arena.h"
#include "app/op_evaluate.h"
#include "app/op_forecast.h"
#include "app/registry.h"
#include "app/report_run.h"

typedef struct told {
    size_t n_items, n_good, n_stages;
    int32_t percent;
    bool inside; /* a call that another one interrupts */
} told;

static void see_item(void *user, norni_str json) {
    told *t = user;
    char text[4096];
    assert_false(t->inside);
    t->inside = true;
    assert_true(json.n > 2 && json.n < sizeof text);
    memcpy(text, json.p, json.n);
    text[json.n] = '\0';
    assert_memory_equal(text, "{\"id\":\"", 7);
    assert_int_equal(text[json.n - 1], '}');
    t->n_items++;
    t->n_good += strstr(text, "\"status\":\"ok\"") != NULL;
    t->inside = false;
}

static void see_stage(void *user, const char *stage, int32_t percent) {
    told *t = user;
    assert_non_null(stage);
    if (percent <= t->percent) fail_msg("%s: %d after %d", stage, (int)percent, (int)t->percent);
    t->percent = percent;
    t->n_stages++;
}

static void *defaults(const norni_op *op) {
    void *opt = norni_arena_zero(&arena, 1, op->opt_size);
    assert_non_null(opt);
    for (size_t g = 0; g < op->n_groups; g++)
        assert_int_equal(
            norni_param_defaults(op->groups[g].rows, *op->groups[g].n_rows, opt, &arena, NULL),
            NORN_OK);
    return opt;
}

static norn_ctx *context(int32_t threads) {
    norn_ctx_opt how = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    how.n_threads = threads;
    assert_int_equal(norn_ctx_new(&how, &ctx, NULL), NORN_OK);
    return ctx;
}

static norni_op_env watched(norn_ctx *ctx, told *t) {
    return (norni_op_env){.ctx = ctx,
                          .models = norni_registry_models(),
                          .item = see_item,
                          .stage = see_stage,
                          .hook_user = t};
}

static const char *const table[] = {NORN_DATA "/finance.csv"};

static void report_is_told(void **state) {
    (void)state;
    told t = {.percent = 0};
    norn_ctx *ctx = context(3);
    const norni_op_env env = watched(ctx, &t);
    norni_report_opt *opt = defaults(norni_registry_op(norni_str_of("report")));
    norni_report_answer a;
    norni_report_course c;
    norn_err err = {NORN_OK, ""};
    opt->data = (norni_inputs){table, 1};
    opt->task_id = "task-1";
    opt->session_id = "sess_of_mine";
    opt->unix_seconds = 1700000000;
    if (norni_report_run(&env, opt, &a, &c, &err) != NORN_OK) fail_msg("%s", err.text);
    assert_int_equal(t.n_items, 25);
    assert_int_equal(t.n_good, 25);
    assert_int_equal(t.percent, 100);
    assert_true(t.n_stages >= 6);
    norni_buf_add(&a.body, "", 1);
    assert_non_null(strstr(a.body.p, "{\"session_id\":\"sess_of_mine\",\"task_id\":\"task-1\","));
    assert_non_null(strstr(a.body.p, "\"generated_at\":\"2023-11-14T22:13:20Z\""));
    assert_non_null(strstr(a.body.p, "\"dataset_id\":\"ds_1700000000\""));
    norni_report_answer_clear(&a);
    norn_ctx_free(ctx);
}

/* Marks in a kept body are filled wherever they stand, and nothing else is touched. */
static void marks_are_filled(void **state) {
    (void)state;
    const norni_str part = {"abc", 3};
    norni_cache_key key = norni_cache_key_of(&part, 1);
    const norni_report_marks m = norni_report_marks_of(&key);
    const norni_fin_stamp marked = norni_report_marks_stamp(&m, true);
    const norni_fin_stamp stamp = {1234, {"2024-01-01T00:00:00Z", 20}, {"me", 2}, {"", 0}};
    norni_buf body, out;
    norni_buf_init(&body, &alloc);
    norni_buf_init(&out, &alloc);
    norni_buf_format(&body, "%s|%s%s|ds_%lld|S|%s|%s|17", marked.session_id.p, marked.when.p,
                     marked.when.p, (long long)marked.unix_seconds, marked.task_id.p,
                     marked.session_id.p);
    norni_report_fill(&m, (norni_str){body.p, body.n}, &stamp, &out);
    const char *want = "me|2024-01-01T00:00:00Z2024-01-01T00:00:00Z|ds_1234|S||me|17";
    assert_int_equal(out.n, strlen(want));
    assert_memory_equal(out.p, want, out.n);
    norni_buf_clear(&body);
    norni_buf_clear(&out);
}

/* Bytes of an answer that are cut anywhere are no answer. */
static void kept_answers(void **state) {
    (void)state;
    norni_report_answer a, b;
    norni_buf bytes;
    norni_report_answer_init(&a, &alloc);
    norni_report_answer_init(&b, &alloc);
    norni_buf_init(&bytes, &alloc);
    norni_buf_text(&a.body, "body");
    norni_buf_text(&a.events, "{}\n");
    norni_format(a.digest, sizeof a.digest, "xxh3:1");
    a.n_items = 3;
    a.n_ok = 2;
    a.n_failed = 1;
    norni_report_pack(&a, &bytes);
    for (size_t n = 0; n < bytes.n; n++)
        assert_false(norni_report_unpack((norni_str){bytes.p, n}, &b));
    assert_true(norni_report_unpack((norni_str){bytes.p, bytes.n}, &b));
    assert_int_equal(b.n_items, 3);
    assert_int_equal(b.n_failed, 1);
    assert_int_equal(b.body.n, 4);
    assert_string_equal(b.digest, "xxh3:1");
    norni_report_answer_clear(&a);
    norni_report_answer_clear(&b);
    norni_buf_clear(&bytes);
}

static void forecast_is_told(void **state) {
    (void)state;
    const char *const data[] = {NORN_DATA "/demo.csv"};
    told t = {.percent = 0};
    norn_ctx *ctx = context(2);
    const norni_op_env env = watched(ctx, &t);
    norni_forecast_opt *opt = defaults(norni_registry_op(norni_str_of("forecast")));
    norni_op_result result = {0};
    norn_err err = {NORN_OK, ""};
    opt->panel.data = (norni_inputs){data, 1};
    opt->panel.common.out = "/dev/null";
    opt->horizon = 2;
    opt->model = "naive,drift";
    if (norni_op_forecast(&env, opt, &result, &err) != NORN_OK) fail_msg("%s", err.text);
    assert_int_equal(t.n_items, 2 * 157);
    assert_int_equal(t.n_items, result.n_items);
    assert_int_equal(t.n_good, result.n_ok);
    norn_ctx_free(ctx);
}

/* Two series, two models and the baseline, two folds. */
static void evaluation_is_told(void **state) {
    (void)state;
    char path[] = "/tmp/norn-told-XXXXXX";
    const int fd = mkstemp(path);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    assert_non_null(f);
    fprintf(f, "unique_id,ds,y\n");
    for (int i = 0; i < 40; i++)
        fprintf(f, "%c,%d-%02d-01,%d\n", i < 20 ? 'A' : 'B', 2020 + i % 20 / 12, i % 20 % 12 + 1,
                i * 7 % 13);
    assert_int_equal(fclose(f), 0);
    const char *const data[] = {path};
    told t = {.percent = 0};
    norn_ctx *ctx = context(2);
    const norni_op_env env = watched(ctx, &t);
    norni_evaluate_opt *opt = defaults(norni_registry_op(norni_str_of("evaluate")));
    norni_op_result result = {0};
    norn_err err = {NORN_OK, ""};
    opt->panel.data = (norni_inputs){data, 1};
    opt->panel.common.out = "/dev/null";
    opt->horizon = 2;
    opt->windows = 2;
    opt->model = "naive,drift";
    if (norni_op_evaluate(&env, opt, &result, &err) != NORN_OK) fail_msg("%s", err.text);
    assert_int_equal(t.n_items, 2 * 3 * 2);
    assert_int_equal(t.n_good, t.n_items);
    norn_ctx_free(ctx);
    (void)unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(report_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(marks_are_filled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(kept_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forecast_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(evaluation_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
