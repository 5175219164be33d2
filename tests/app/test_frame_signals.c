/* Signals of columns in memory: records, columns, report and hours of one run; what is refused; stopping; every allocation failing in turn. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/frame_sentiment.h"
#include "app/frame_signals.h"
#include "counting.h"
#include "data/calendar.h"

enum {
    N = 60,
    ALL = NORNI_SIGNALS_RECORDS | NORNI_SIGNALS_COLUMNS | NORNI_SIGNALS_REPORT | NORNI_SIGNALS_HOURS
};

static char word[N][64], list[N][48];
static norni_str text[N], tag[N];
static uint32_t code[N];
static int64_t when[N], likes[N], id[N];
static double views[N];
static norni_frame_column column[] = {
    {.name = {"content", 7}, .kind = NORNI_FRAME_TEXT, .code = code, .text = text, .n_text = N},
    {.name = {"timestamp", 9}, .kind = NORNI_FRAME_TIME, .integer = when, .zoned = true},
    {.name = {"likes", 5}, .kind = NORNI_FRAME_INTEGER, .integer = likes},
    {.name = {"tweet_id", 8}, .kind = NORNI_FRAME_INTEGER, .integer = id},
    {.name = {"views", 5}, .kind = NORNI_FRAME_NUMBER, .number = views}};
static norni_frame_column nested[] = {
    {.name = {"hashtags", 8}, .kind = NORNI_FRAME_TEXT, .code = code, .text = tag, .n_text = N}};
static const norni_frame data = {N, 5, column}, lists = {N, 1, nested};

static int make_data(void **state) {
    static const char *const said[] = {"breakout, strong buy", "weak close, I sell",
                                       "not bullish any more", "quiet day"};
    (void)state;
    for (int i = 0; i < N; i++) {
        const int n = snprintf(word[i], sizeof word[i], "%s \"%d\"", said[i % 4], i);
        const int m = snprintf(list[i], sizeof list[i], "[\"nifty\",\"t%d\"]", i % 2);
        text[i] = (norni_str){word[i], (size_t)n};
        tag[i] = (norni_str){list[i], (size_t)m};
        code[i] = i == 7 ? UINT32_MAX : (uint32_t)i; /* a tweet without a text */
        when[i] = 20000 * NORNI_US_DAY + i * (NORNI_US_DAY / 48);
        likes[i] = i % 5 == 0 ? NORNI_TIME_NONE : i;
        id[i] = 1000 + i;
        views[i] = i % 3 == 0 ? (double)NAN : 100 + i;
    }
    return 0;
}

static norni_frame_signals_call call_of(uint32_t want) {
    static const char *const option[] = {"min-tweets", "seed"}, *const value[] = {"5", "3"};
    return (norni_frame_signals_call){
        .frame = {.data = &data, .option = option, .value = value, .n_options = 2},
        .lists = &lists,
        .unix_seconds = 1700000000,
        .want = want};
}

static norn_ctx *context(void) {
    norn_ctx *ctx = NULL;
    assert_int_equal(norn_ctx_new(NULL, &ctx, NULL), NORN_OK);
    return ctx;
}

static bool has(const norni_buf *b, const char *part) {
    return memmem(b->p, b->n, part, strlen(part)) != NULL;
}

static void every_answer_of_one_run(void **state) {
    norn_err err = {NORN_OK, ""};
    norni_frame_signals_result r;
    const norni_frame_signals_call call = call_of(ALL);
    norn_ctx *ctx = context();
    (void)state;
    assert_int_equal(norni_frame_signals(ctx, &call, &r, &err), NORN_OK);
    assert_int_equal(r.n, N - 1);
    assert_int_equal(r.counts.n_failed, 1);
    for (size_t i = 0; i < r.n; i++)
        assert_int_equal(r.row[i], i < 7 ? i : i + 1);
    assert_true(has(&r.report, "\"nifty\"") && has(&r.hours, "signal_nifty"));
    assert_true(has(&r.said, "no_text: 1"));
    assert_true(has(&r.records, "\"probabilities\":{") && r.records.p[r.records.n - 1] == ']');
    const norni_frame_column *score = norni_frame_find(&r.frame, norni_str_of("signal_score"));
    const norni_frame_column *known = norni_frame_find(&r.frame, norni_str_of("views"));
    assert_non_null(score);
    for (size_t i = 0; i < r.n; i++) {
        const int64_t from = r.row[i];
        assert_true(score->number[i] == r.run.signals.signal[i].signal_score);
        assert_true(known->integer[i] ==
                    (isnan(views[from]) ? NORNI_TIME_NONE : (int64_t)views[from]));
    }
    for (size_t k = 0; k < r.n_lists; k++) {
        const norni_frame_list *l = &r.list[k];
        assert_int_equal(l->start[0], 0);
        assert_int_equal(l->start[r.n], l->items.n);
        if (norni_str_is(l->items.column[0].name, "hashtags"))
            assert_int_equal(l->items.n, 2 * r.n);
    }
    norni_frame_signals_clear(&r);
    norn_ctx_free(ctx);
}

static void what_the_caller_has_is_left_out(void **state) {
    static const norni_str mine[] = {{"content", 7}, {"hashtags", 8}};
    norn_err err = {NORN_OK, ""};
    norni_frame_signals_result r;
    norni_frame_signals_call call = call_of(NORNI_SIGNALS_COLUMNS);
    norn_ctx *ctx = context();
    (void)state;
    call.have = mine;
    call.n_have = 2;
    assert_int_equal(norni_frame_signals(ctx, &call, &r, &err), NORN_OK);
    assert_null(norni_frame_find(&r.frame, mine[0]));
    assert_int_equal(r.n_lists, 6);
    assert_int_equal(r.records.n + r.report.n + r.hours.n, 0);
    norni_frame_signals_clear(&r);
    norn_ctx_free(ctx);
}

static void refused(const char *option, const char *value, const char *why) {
    norn_err err = {NORN_OK, ""};
    norni_frame_signals_result r;
    norni_frame_signals_call call = call_of(NORNI_SIGNALS_RECORDS);
    norn_ctx *ctx = context();
    call.frame.option = &option;
    call.frame.value = &value;
    call.frame.n_options = 1;
    assert_int_equal(norni_frame_signals(ctx, &call, &r, &err), NORN_E_ARG);
    if (strstr(err.text, why) == NULL) fail_msg("%s: %s", option, err.text);
    norni_frame_signals_clear(&r);
    norn_ctx_free(ctx);
}

static void what_is_refused(void **state) {
    norn_err err = {NORN_OK, ""};
    norni_frame_signals_result r;
    norni_frame_signals_call call = call_of(NORNI_SIGNALS_RECORDS);
    const norni_frame none = {0, 5, column};
    norn_ctx *ctx = context();
    (void)state;
    refused("nonsense", "1", "nonsense");
    refused("out", "/tmp/x", "out");
    refused("stream", "true", "stream");
    refused("store", "/tmp/x", "store");
    refused("model", "nope", "nope");
    call.frame.data = &none;
    call.lists = NULL;
    assert_int_equal(norni_frame_signals(ctx, &call, &r, &err), NORN_E_DATA);
    norni_frame_signals_clear(&r);
    call.lists = &lists; /* of another length */
    call.frame.data = &(norni_frame){N - 1, 5, column};
    assert_int_equal(norni_frame_signals(ctx, &call, &r, &err), NORN_E_ARG);
    norni_frame_signals_clear(&r);
    norn_ctx_free(ctx);
}

static void a_cancelled_context_stops(void **state) {
    norn_err err = {NORN_OK, ""};
    norni_frame_signals_result r;
    const norni_frame_signals_call call = call_of(ALL);
    norn_ctx *ctx = context();
    (void)state;
    norn_ctx_cancel(ctx);
    assert_int_equal(norni_frame_signals(ctx, &call, &r, &err), NORN_E_CANCEL);
    norni_frame_signals_clear(&r);
    norn_ctx_free(ctx);
}

/* ---- memory ---- */

typedef norn_status one_call(norn_ctx *ctx, norn_err *err);

static norn_status signals_once(norn_ctx *ctx, norn_err *err) {
    norni_frame_signals_result r;
    const norni_frame_signals_call call = call_of(ALL);
    const norn_status st = norni_frame_signals(ctx, &call, &r, err);
    norni_frame_signals_clear(&r);
    return st;
}

static norn_status flat_once(norn_ctx *ctx, norn_err *err) {
    static double score[N], sure[N];
    norni_frame_column c[] = {
        {.name = {"signal_score", 12}, .kind = NORNI_FRAME_NUMBER, .number = score},
        {.name = {"confidence", 10}, .kind = NORNI_FRAME_NUMBER, .number = sure},
        {.name = {"tweet_id", 8}, .kind = NORNI_FRAME_INTEGER, .integer = id}};
    const norni_frame frame = {N, 3, c};
    const norni_frame_call call = {.data = &frame};
    norni_frame_flat flat;
    for (int i = 0; i < N; i++) {
        score[i] = (i % 9 - 4) / 4.0;
        sure[i] = (i % 10) / 10.0;
    }
    return norni_frame_signals_flat(ctx, &call, &flat, err);
}

static norn_status text_once(norn_ctx *ctx, norn_err *err) {
    static norni_sentiment out[N];
    const norni_frame_call call = {.n_options = 0};
    norni_tfidf *model = NULL;
    norni_tfidf_rows rows;
    norn_status st = norni_frame_sentiment(ctx, &call, text, N, out, err);
    if (st != NORN_OK) return st;
    st = norni_frame_tfidf(ctx, &call, text, N, &model, &rows, err);
    norni_tfidf_rows_clear(&rows);
    norni_tfidf_free(model);
    return st;
}

static norn_status run_counted(one_call *work, counting *c) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_err err = {NORN_OK, ""};
    norn_ctx *ctx = NULL;
    opt.alloc = (norn_alloc){counting_resize, c};
    opt.n_threads = 1;
    norn_status st = norn_ctx_new(&opt, &ctx, NULL);
    if (st == NORN_OK) st = work(ctx, &err);
    norn_ctx_free(ctx);
    return st;
}

static void fail_each(one_call *work) {
    counting count = {.below = norni_alloc_default()};
    assert_int_equal(run_counted(work, &count), NORN_OK);
    const long n = atomic_load(&count.calls);
    assert_true(n > 10);
    for (long k = 1; k <= n; k++) {
        counting c = {.below = norni_alloc_default(), .fail_at = k, .onwards = true};
        const norn_status st = run_counted(work, &c);
        if (st != NORN_E_MEM) fail_msg("allocation %ld of %ld: %s", k, n, norn_status_name(st));
        if (atomic_load(&c.live) != 0) fail_msg("allocation %ld leaks", k);
    }
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    fail_each(signals_once);
    fail_each(flat_once);
    fail_each(text_once);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_of_one_run),
        cmocka_unit_test(what_the_caller_has_is_left_out), cmocka_unit_test(what_is_refused),
        cmocka_unit_test(a_cancelled_context_stops), cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, make_data, NULL);
}
