/* Metrics by label, their print, and the buckets of rates. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/http_token.h"
#include "server/telemetry.h"

static void test_metrics(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    metrics *m = NULL;
    norni_buf b;
    assert_int_equal(metrics_new(&alloc, &m), NORN_OK);
    metric *c = metric_declare(m, METRIC_COUNTER, "a_total", "Of \\ a\nline.", "x,y");
    metric *g = metric_declare(m, METRIC_GAUGE, "b", "B.", "");
    metric *h = metric_declare(m, METRIC_HISTOGRAM, "c_seconds", "C.", "x");
    assert_ptr_equal(metric_declare(m, METRIC_COUNTER, "a_total", "", "x,y"), c);
    assert_null(metric_declare(m, METRIC_COUNTER, "d_total", "", "a,b,c,d,e"));
    metric_add(c, (const char *const[]){"q\"", "2"}, 1);
    metric_add(c, (const char *const[]){"p", "1"}, 2);
    metric_add(c, (const char *const[]){"p", "2"}, 0.5);
    metric_set(g, NULL, 7);
    metric_observe(h, (const char *const[]){"z"}, 0.02);
    metric_observe(h, (const char *const[]){"z"}, 100);
    metric_add(NULL, NULL, 1);
    assert_true(metric_read(c, (const char *const[]){"p", NULL}) == 2.5);
    assert_true(metric_read(c, NULL) == 3.5);
    assert_true(metric_read(h, NULL) == 2);
    norni_buf_init(&b, &alloc);
    metrics_print(m, &b);
    norni_buf_add(&b, "", 1);
    static const char *const lines[] = {
        "# HELP a_total Of \\\\ a\\nline.\n# TYPE a_total counter\na_total{x=\"p\",y=\"1\"} 2\n",
        "a_total{x=\"p\",y=\"2\"} 0.5\na_total{x=\"q\\\"\",y=\"2\"} 1\n", "# TYPE b gauge\nb 7\n",
        "c_seconds_bucket{x=\"z\",le=\"0.01\"} 0\nc_seconds_bucket{x=\"z\",le=\"0.025\"} 1\n",
        "c_seconds_bucket{x=\"z\",le=\"60\"} 1\nc_seconds_bucket{x=\"z\",le=\"+Inf\"} 2\n"
        "c_seconds_sum{x=\"z\"} 100.02\nc_seconds_count{x=\"z\"} 2\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_non_null(strstr(b.p, lines[i]));
    norni_buf_clear(&b);
    metrics_free(m);
}

/* Label values without end do not take memory without end. */
static void test_bounded(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    metrics *m = NULL;
    assert_int_equal(metrics_new(&alloc, &m), NORN_OK);
    metric *c = metric_declare(m, METRIC_COUNTER, "a_total", "A.", "x");
    for (unsigned i = 0; i < 5000; i++) {
        char text[16];
        norni_format(text, sizeof text, "%u", i);
        metric_add(c, (const char *const[]){text}, 1);
    }
    assert_true(metric_read(c, NULL) == 5000);
    assert_true(metric_read(c, (const char *const[]){"other"}) >= 3900);
    assert_true(metric_read(c, (const char *const[]){"3"}) == 1);
    metrics_free(m);
}

static void test_rate(void **state) {
    (void)state;
    const int64_t second = INT64_C(1000000000);
    static http_rate r;
    http_rate_init(&r, 60);
    for (unsigned i = 0; i < 60; i++)
        assert_int_equal(http_rate_take(&r, "a", second), 0);
    assert_int_equal(http_rate_take(&r, "a", second), 2);
    assert_int_equal(http_rate_take(&r, "b", second), 0);
    assert_int_equal(http_rate_take(&r, "a", 2 * second), 0);
    assert_int_equal(http_rate_take(&r, "a", 2 * second), 2);
    unsigned served = 0;
    for (unsigned i = 0; i < 100; i++)
        served += http_rate_take(&r, "a", 10000 * second) == 0;
    assert_int_equal(served, 60); /* never more than a minute's worth in store */
    http_rate_init(&r, 0);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(http_rate_take(&r, "a", second), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_metrics),
                                       cmocka_unit_test(test_bounded), cmocka_unit_test(test_rate)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
