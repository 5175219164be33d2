/* Finance reports of columns in memory: what a table becomes, what is refused, and every allocation failing in turn. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/frame_finance.h"
#include "counting.h"
#include "data/calendar.h"

enum { N = 28, COLUMNS = 5 };

static int64_t day[N], units[N];
static double sales[N];
static uint32_t cost[N], region[N];
static const norni_str costs[2] = {{"1.234,5", 7}, {"(7,25)", 6}},
                       regions[2] = {{"a,\"b\"", 5}, {"N", 1}};
static norni_frame_column column[COLUMNS] = {
    {.name = {"Order Date", 10}, .kind = NORNI_FRAME_TIME, .integer = day, .date = true},
    {.name = {"Sales", 5}, .kind = NORNI_FRAME_NUMBER, .number = sales},
    {.name = {"OPEX", 4}, .kind = NORNI_FRAME_TEXT, .code = cost, .text = costs, .n_text = 2},
    {.name = {"Region", 6}, .kind = NORNI_FRAME_TEXT, .code = region, .text = regions, .n_text = 2},
    {.name = {"Units, sold", 11}, .kind = NORNI_FRAME_INTEGER, .integer = units}};
static const norni_frame table = {N, COLUMNS, column};

static int make_data(void **state) {
    (void)state;
    for (int i = 0; i < N; i++) {
        const norni_civil c = {.year = 2022 + i / 12, .month = i % 12 + 1, .day = 5};
        day[i] = norni_us_from_civil(&c);
        sales[i] = 1.234; /* three digits behind the point: no thousands, whatever OPEX says */
        cost[i] = 0;
        region[i] = (uint32_t)(i % 2);
        units[i] = i;
    }
    day[N - 1] = NORNI_TIME_NONE;
    sales[1] = NAN;
    units[2] = NORNI_TIME_NONE;
    region[3] = UINT32_MAX;
    return 0;
}

static norn_status whatif(norn_ctx *ctx, const norni_frame *data, const char *parameter,
                          const char *pct, norni_frame_finance_result *r, norn_err *err) {
    const char *const option[] = {"parameter", "change-pct"}, *const value[] = {parameter, pct};
    const norni_frame_finance_call call = {
        .frame = {.data = data, .option = option, .value = value, .n_options = 2}};
    return norni_frame_whatif(ctx, &call, r, err);
}

static norn_ctx *context(void) {
    norn_ctx *ctx = NULL;
    assert_int_equal(norn_ctx_new(NULL, &ctx, NULL), NORN_OK);
    return ctx;
}

static void columns_are_read_as_files_are(void **state) {
    (void)state;
    norn_ctx *const ctx = context();
    norni_frame_finance_result r;
    norn_err err = {NORN_OK, ""};
    assert_int_equal(whatif(ctx, &table, "OPEX", "10", &r, &err), NORN_OK);
    norni_buf_add(&r.body, "", 1);
    /* 27 dated rows: 1.234 each (one gap's median), 1234.5 each */
    char want[64];
    const size_t n =
        norni_format(want, sizeof want, "\"total_profit\":%g", 27 * 1.234 - 27 * 1234.5);
    want[n < 30 ? n : 30] = '\0'; /* the last digits are the sum's own */
    if (strstr(r.body.p, want) == NULL) fail_msg("%s\n%s", want, r.body.p);
    norni_frame_finance_clear(&r);
    norn_ctx_free(ctx);
}

static void what_is_refused(void **state) {
    (void)state;
    norn_ctx *const ctx = context();
    norni_frame_finance_result r;
    norn_err err = {NORN_OK, ""};
    const norni_frame empty = {0, COLUMNS, column};
    assert_int_equal(whatif(ctx, &table, "Salez", "10", &r, &err), NORN_E_ARG);
    norni_frame_finance_clear(&r);
    assert_int_equal(whatif(ctx, &empty, "Sales", "10", &r, &err), NORN_E_DATA);
    norni_frame_finance_clear(&r);
    assert_int_equal(whatif(ctx, NULL, "Sales", "10", &r, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "no file"));
    norni_frame_finance_clear(&r);
    const char *const option[] = {"out"}, *const value[] = {"x.json"};
    norni_frame_finance_call call = {
        .frame = {.data = &table, .option = option, .value = value, .n_options = 1}};
    assert_int_equal(norni_frame_report(ctx, &call, &r, &err), NORN_E_ARG);
    assert_non_null(strstr(err.text, "the command's"));
    norni_frame_finance_clear(&r);
    const char *const gone[] = {"/no/such/file.csv"};
    call = (norni_frame_finance_call){.files = {gone, 1}};
    assert_int_equal(norni_frame_report(ctx, &call, &r, &err), NORN_E_IO);
    assert_non_null(strstr(err.text, gone[0]));
    norni_frame_finance_clear(&r);
    norn_ctx_cancel(ctx);
    call = (norni_frame_finance_call){.frame = {.data = &table}};
    assert_int_equal(norni_frame_report(ctx, &call, &r, &err), NORN_E_CANCEL);
    norni_frame_finance_clear(&r);
    norn_ctx_free(ctx);
}

static void a_report_is_whole(void **state) {
    (void)state;
    norn_ctx *const ctx = context();
    norni_frame_finance_result r;
    norni_tally tally;
    atomic_size_t expected = 0;
    norn_err err = {NORN_OK, ""};
    norni_tally_init(&tally);
    const norni_frame_finance_call call = {
        .frame = {.data = &table, .tally = &tally, .n_expected = &expected},
        .unix_seconds = 1700000000,
        .session_id = "mine"};
    if (norni_frame_report(ctx, &call, &r, &err) != NORN_OK) fail_msg("%s", err.text);
    norni_buf_add(&r.body, "", 1);
    assert_non_null(strstr(r.body.p, "\"session_id\":\"mine\""));
    assert_non_null(strstr(r.body.p, "\"a,\\\"b\\\"\""));
    assert_true(r.counts.n_items >= 3 && r.counts.digest[0] != '\0');
    assert_int_equal(atomic_load(&tally.n_done), 100);
    assert_int_equal(atomic_load(&expected), 100);
    norni_frame_finance_clear(&r);
    norn_ctx_free(ctx);
}

static norn_status counted(counting *c) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    norni_frame_finance_result r;
    norn_err err = {NORN_OK, ""};
    opt.alloc = (norn_alloc){counting_resize, c};
    opt.n_threads = 1;
    norn_status st = norn_ctx_new(&opt, &ctx, NULL);
    if (st != NORN_OK) return st;
    st = whatif(ctx, &table, "expenses", "10", &r, &err);
    if (st != NORN_OK) assert_true(err.text[0] != '\0');
    norni_frame_finance_clear(&r);
    norn_ctx_free(ctx);
    return st;
}

static void fault_01_fail_once(void **state) {
    (void)state;
    counting count = {.below = norni_alloc_default()};
    assert_int_equal(counted(&count), NORN_OK);
    assert_int_equal(atomic_load(&count.live), 0);
    const long n = atomic_load(&count.calls);
    long refused = 0;
    for (long k = 1; k <= n; k++) {
        counting c = {.below = norni_alloc_default(), .fail_at = k};
        const norn_status st = counted(&c);
        refused += st == NORN_E_MEM;
        if (st != NORN_E_MEM && st != NORN_OK)
            fail_msg("allocation %ld: %s", k, norn_status_name(st));
        if (atomic_load(&c.live) != 0)
            fail_msg("allocation %ld: %ld blocks leak", k, atomic_load(&c.live));
    }
    assert_true(n > 5 && refused > n / 2);
}

int main(void) {
    (void)counting_fail_each; /* counting.h's other half is for operations on files */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_read_as_files_are), cmocka_unit_test(what_is_refused),
        cmocka_unit_test(a_report_is_whole), cmocka_unit_test(fault_01_fail_once)};
    return cmocka_run_group_tests(tests, make_data, NULL);
}
