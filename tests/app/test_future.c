/* Exogenous columns: which of a file are read, and the values over the horizon from a file of their own. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/future.h"

static const char data[] =
    "unique_id,ds,y,price,promo,temp\n"
    "a,2020-01-01,1,10,0,5\na,2020-02-01,2,11,1,6\na,2020-03-01,3,12,0,7\n"
    "b,2020-01-01,4,20,1,8\nb,2020-02-01,5,21,0,9\n";

static norn_status read_data(norn_ctx *ctx, const norni_str *cols, size_t n_cols, norni_panel *p,
                             norn_err *err) {
    norni_align_report report;
    norni_read_opt opt = {.x_cols = cols, .n_x_cols = n_cols};
    return norni_panel_parse(ctx, data, sizeof data - 1, &opt, p, &report, err);
}

static norn_ctx *make_ctx(void) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    opt.n_threads = 2;
    assert_int_equal(norn_ctx_new(&opt, &ctx, NULL), NORN_OK);
    return ctx;
}

/* Chosen columns alone, in the order of choice. */
static void columns(void **state) {
    const norni_str two[] = {norni_str_of("temp"), norni_str_of("price")},
                    absent[] = {norni_str_of("temp"), norni_str_of("rain")},
                    role[] = {norni_str_of("y")};
    norn_ctx *ctx = make_ctx();
    norni_panel p;
    norn_err err = {NORN_OK, ""};
    (void)state;
    assert_int_equal(read_data(ctx, NULL, 0, &p, &err), NORN_OK);
    assert_int_equal(p.n_x, 3);
    norni_panel_clear(&p);
    assert_int_equal(read_data(ctx, two, 2, &p, &err), NORN_OK);
    assert_int_equal(p.n_x, 2);
    const double want[] = {5, 6, 7, 8, 9, 10, 11, 12, 20, 21};
    assert_memory_equal(p.x, want, sizeof want);
    assert_true(norni_str_is(p.x_names[0], "temp") && norni_str_is(p.x_names[1], "price"));
    norni_panel_clear(&p);
    assert_int_equal(read_data(ctx, absent, 2, &p, &err), NORN_E_DATA);
    assert_non_null(strstr(err.text, "'rain' is missing"));
    assert_int_equal(read_data(ctx, role, 1, &p, &err), NORN_E_DATA);
    norn_ctx_free(ctx);
}

/* Reads `text` as --future and asks for `horizon` periods of series i: the first column's values, or
 * the error. */
static void expect(const char *text, size_t i, size_t horizon, const char *want) {
    char path[] = "/tmp/norn_future_XXXXXX", got[512];
    norn_ctx *ctx = make_ctx();
    norni_panel p;
    norni_future f;
    norn_err err = {NORN_OK, ""};
    const norni_read_opt like = {.layout = NORNI_LAYOUT_LONG};
    const double *x[8];
    size_t at = 0;
    const int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) &&
                close(fd) == 0);
    assert_int_equal(read_data(ctx, NULL, 0, &p, NULL), NORN_OK);
    got[0] = '\0';
    if (norni_future_read(ctx, path, &like, &f, &err) == NORN_OK) {
        assert_in_range(f.n_x, 1, 8);
        if (norni_future_of(&f, &p, i, horizon, x, &err) == NORN_OK) {
            for (size_t c = 0; c < f.n_x; c++) {
                at += norni_format(got + at, sizeof got - at, "%.*s", (int)f.names[c].n,
                                   f.names[c].p);
                for (size_t h = 0; h < horizon; h++)
                    at += norni_format(got + at, sizeof got - at, " %g", x[c][h]);
                at += norni_format(got + at, sizeof got - at, ";");
            }
        }
        norni_future_clear(&f);
    }
    if (err.code != NORN_OK) norni_format(got, sizeof got, "%s", err.text);
    if (strstr(got, want) == NULL) fail_msg("'%s' instead of '%s'", got, want);
    norni_panel_clear(&p);
    norn_ctx_free(ctx);
    unlink(path);
}

static void future(void **state) {
    (void)state;
    /* b ends in February, a in March; the file may begin earlier and reach further. */
    const char good[] =
        "unique_id,ds,price,promo\na,2020-03-01,9,9\na,2020-04-01,13,1\n"
        "a,2020-05-01,14,0\nb,2020-03-01,22,1\nb,2020-04-01,23,0\n";
    expect(good, 0, 2, "price 13 14;promo 1 0;");
    expect(good, 1, 2, "price 22 23;promo 1 0;");
    expect(good, 1, 3, "no values at 2020-05-01");
    expect("ds,price\n2020-03-01,1\n2020-04-01,2\n", 0, 1, "price 2;");
    expect("ds,price\n2020-03-01,1\n2020-04-01,2\n", 1, 2, "price 1 2;");
    expect("unique_id,ds,price\na,2020-04-01,2\n", 1, 1, "no series 'b'");
    expect("unique_id,ds,price\na,2020-04-01,\na,2020-05-01,2\n", 0, 1,
           "'price' is missing at 2020-04-01");
    expect("unique_id,ds,price\na,2020-04-02,2\n", 0, 1, "no values at 2020-04-01");
    expect("unique_id,ds,price\na,4,2\n", 0, 1, "both have dates or both integers");
    expect("unique_id,ds\na,2020-04-01\n", 0, 1, "no column beside id and time");
    expect("unique_id,ds,price\na,2020-04-01,x\n", 0, 1, "line 2");
    expect("", 0, 1, "empty");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(columns), cmocka_unit_test(future)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
