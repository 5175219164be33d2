/* Portfolios of columns in memory: one path, a search, what is refused, stopping, and every allocation failing in turn. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "app/frame_portfolio.h"
#include "base/rng.h"
#include "counting.h"
#include "data/calendar.h"

enum { N = 120, COLUMNS = 4 };

static int64_t day[N];
static double price[COLUMNS - 1][N];
static norni_frame_column column[COLUMNS] = {
    {.name = {"date", 4}, .kind = NORNI_FRAME_TIME, .integer = day, .date = true},
    {.name = {"BTC/USDT", 8}, .kind = NORNI_FRAME_NUMBER, .number = price[0]},
    {.name = {"eth", 3}, .kind = NORNI_FRAME_NUMBER, .number = price[1]},
    {.name = {"BNB", 3}, .kind = NORNI_FRAME_NUMBER, .number = price[2]}};
static const norni_frame table = {N, COLUMNS, column};

static int make_data(void **state) {
    const norni_rng rng = {.seed = 8};
    (void)state;
    for (size_t k = 0; k + 1 < COLUMNS; k++)
        for (size_t t = 0; t < N; t++)
            price[k][t] =
                t == 0 ? 100 : price[k][t - 1] * (1 + 0.03 * norni_rng_normal(rng, k * N + t));
    for (size_t t = 0; t < N; t++)
        day[t] = (19000 + (int64_t)t) * NORNI_US_DAY;
    return 0;
}

static norn_ctx *context(void) {
    norn_ctx *ctx = NULL;
    assert_int_equal(norn_ctx_new(NULL, &ctx, NULL), NORN_OK);
    return ctx;
}

static norni_frame_portfolio_call call_of(const char *const *option, const char *const *value,
                                          size_t n) {
    return (norni_frame_portfolio_call){
        .frame = {.data = &table, .option = option, .value = value, .n_options = n}};
}

static void a_path_is_what_was_asked_for(void **state) {
    (void)state;
    static const char *const option[] = {"method", "min-interval-hours", "fees"};
    static const char *const value[] = {"on_target", "0", "0.001"};
    static const char *const symbol[] = {"ETH", "btc"};
    const int64_t when[] = {day[10] - 5, day[50], day[N - 1] + 1};
    const double weight[] = {0.5, 0.5, 0.25, 0.5, 1, 0};
    norn_ctx *ctx = context();
    norn_err err = {NORN_OK, ""};
    norni_frame_path_result r;
    norni_frame_portfolio_call call = call_of(option, value, 3);
    call.symbol = symbol;
    call.n_symbols = 2;
    call.time = when;
    call.weight = weight;
    call.n_targets = 3;
    if (norni_frame_portfolio_path(ctx, &call, &r, &err) != NORN_OK) fail_msg("%s", err.text);
    const norni_port_path *p = &r.path[0];
    assert_int_equal(r.n_paths, 1);
    assert_int_equal(p->n, N);
    assert_int_equal(p->n_events, 2); /* the third date is past the prices */
    assert_int_equal(p->event[0].bar, 10);
    assert_int_equal(p->event[1].bar, 50);
    assert_true(p->equity[9] == 10000 && p->cash[9] == 10000);
    assert_true(fabs(p->value[50 * 2] - 0.25 * p->equity[50]) < 1e-8); /* ETH first, as asked */
    for (size_t t = 0; t < N; t++)
        assert_true(fabs(p->value[2 * t] + p->value[2 * t + 1] + p->cash[t] - p->equity[t]) < 1e-7);
    norni_frame_path_clear(&r);

    call.each = true;
    assert_int_equal(norni_frame_portfolio_path(ctx, &call, &r, &err), NORN_OK);
    assert_int_equal(r.n_paths, 2);
    assert_int_equal(r.path[0].n_events, 2);
    assert_int_equal(r.path[1].n_events, 1); /* BTC's target stays what it is */
    norni_frame_path_clear(&r);
    norn_ctx_free(ctx);
}

static void a_search_answers_twice_the_same(void **state) {
    (void)state;
    static const char *const option[] = {"quick", "window-days", "test-windows"};
    static const char *const value[] = {"true", "30", "2"};
    const norni_frame_portfolio_call call = call_of(option, value, 3);
    char digest[2][sizeof((norni_op_result){0}).digest];
    for (int i = 0; i < 2; i++) {
        norn_ctx *ctx = context();
        norn_err err = {NORN_OK, ""};
        norni_frame_search_result r;
        if (norni_frame_portfolio_search(ctx, &call, &r, &err) != NORN_OK) fail_msg("%s", err.text);
        norni_buf_add(&r.body, "", 1);
        norni_buf_add(&r.table, "", 1);
        assert_non_null(strstr(r.body.p, "\"best_config\""));
        assert_memory_equal(r.table.p, "config_id,", 10);
        assert_true(r.counts.n_ok > 0 && r.counts.n_failed == 0);
        memcpy(digest[i], r.counts.digest, sizeof digest[i]);
        norni_frame_search_clear(&r);
        norn_ctx_free(ctx);
    }
    assert_string_equal(digest[0], digest[1]);
}

static void refused(const char *name, const char *text, bool search, norn_status want,
                    const char *say) {
    norn_ctx *ctx = context();
    norn_err err = {NORN_OK, ""};
    const norni_frame_portfolio_call call = call_of(&name, &text, 1);
    norni_frame_search_result s;
    norni_frame_path_result p;
    const norn_status st = search ? norni_frame_portfolio_search(ctx, &call, &s, &err)
                                  : norni_frame_portfolio_path(ctx, &call, &p, &err);
    assert_int_equal(st, want);
    if (strstr(err.text, say) == NULL) fail_msg("'%s' does not say '%s'", err.text, say);
    if (search)
        norni_frame_search_clear(&s);
    else
        norni_frame_path_clear(&p);
    norn_ctx_free(ctx);
}

static void what_is_refused(void **state) {
    (void)state;
    refused("out", "x.json", true, NORN_E_ARG, "the command's");
    refused("quack", "1", true, NORN_E_ARG, "quack");
    refused("window-days", "300", true, NORN_E_DATA, "window");
    refused("kind", "magic", false, NORN_E_ARG, "kind");
    refused("fees", "0.9", false, NORN_E_ARG, "fees");
    refused("threshold", "0.2", false, NORN_E_ARG, "weights are needed");
}

static void it_stops_when_told(void **state) {
    (void)state;
    static const char *const option[] = {"kind"}, *const value[] = {"hrp"};
    norn_ctx *ctx = context();
    norn_err err = {NORN_OK, ""};
    norni_frame_path_result r;
    const norni_frame_portfolio_call call = call_of(option, value, 1);
    norn_ctx_cancel(ctx);
    assert_int_equal(norni_frame_portfolio_path(ctx, &call, &r, &err), NORN_E_CANCEL);
    norni_frame_path_clear(&r);
    norn_ctx_free(ctx);
}

static norn_status counted(counting *c) {
    static const char *const option[] = {"kind", "lookback-days", "estimate-days"};
    static const char *const value[] = {"min_variance", "30", "20"};
    const norni_frame_portfolio_call call = call_of(option, value, 3);
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_frame_path_result r;
    norn_err err = {NORN_OK, ""};
    opt.alloc = (norn_alloc){counting_resize, c};
    opt.n_threads = 1;
    norn_status st = norn_ctx_new(&opt, &ctx, NULL);
    if (st != NORN_OK) return st;
    st = norni_frame_portfolio_path(ctx, &call, &r, &err);
    if (st != NORN_OK) assert_true(err.text[0] != '\0');
    norni_frame_path_clear(&r);
    norn_ctx_free(ctx);
    return st;
}

static void fault_01_fail_once(void **state) {
    (void)state;
    counting count = {.below = norni_alloc_default()};
    assert_int_equal(counted(&count), NORN_OK);
    assert_int_equal(atomic_load(&count.live), 0);
    const long n = atomic_load(&count.calls);
    long refusals = 0;
    for (long k = 1; k <= n; k++) {
        counting c = {.below = norni_alloc_default(), .fail_at = k};
        const norn_status st = counted(&c);
        refusals += st == NORN_E_MEM;
        if (st != NORN_E_MEM && st != NORN_OK)
            fail_msg("allocation %ld: %s", k, norn_status_name(st));
        if (atomic_load(&c.live) != 0)
            fail_msg("allocation %ld: %ld blocks leak", k, atomic_load(&c.live));
    }
    assert_true(n > 5 && refusals > n / 2);
}

int main(void) {
    (void)counting_fail_each; /* counting.h's other half is for operations on files */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_what_was_asked_for),
        cmocka_unit_test(a_search_answers_twice_the_same),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(it_stops_when_told),
        cmocka_unit_test(fault_01_fail_once),
    };
    return cmocka_run_group_tests(tests, make_data, NULL);
}
