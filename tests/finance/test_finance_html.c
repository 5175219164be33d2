/* The HTML page of a report: well-formed whatever names say, no script, every section, missing figures in words. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "../plot/svg_check.h"
#include "base/fp.h"
#include "finance/finance_html_parts.h"
#include "finance_books.h"

#define HURT_A "<img src=x onerror=\"hurt()\">&'"
#define HURT_B "<script>hurt()</script>"

/* 14 months of two regions whose names would hurt. */
static book_box *hostile(void) {
    static char lines[4096];
    size_t n = (size_t)snprintf(lines, sizeof lines,
                                "date,region,department,revenue,expenses,profit,cashflow,assets,"
                                "liabilities\n");
    for (int i = 0; i < 14; i++)
        for (int k = 0; k < 2; k++)
            n += (size_t)snprintf(
                lines + n, sizeof lines - n, "%d-%02d-28,%s,%s,%d,%d,%d,%d,900,400\n",
                2023 + i / 12, i % 12 + 1, k ? HURT_B : HURT_A, k ? "Sales" : "Ops",
                100 + 7 * i + 10 * k, 60 + 3 * i, 40 + 4 * i + 10 * k, 30 + i % 5);
    return book_new(lines);
}

typedef struct made {
    norni_fin_report report;
    norni_fin_candidate candidate[2];
    norni_fin_score score[2];
    norni_fin_series series[3];
    norni_fin_anomaly anomaly;
    norni_fin_correlation correlation;
    norni_fin_driver driver[2];
    double y[14];
} made;

static norni_fin_series series_of(made *m, norni_fin_part part, const char *name) {
    return (norni_fin_series){.part = part,
                              .name = norni_str_of(name),
                              .id = norni_str_of(name),
                              .n = 14,
                              .first = 2023 * 12,
                              .y = m->y,
                              .score = m->score,
                              .fitted = norni_str_of("ARIMA(1,0,0) <b>"),
                              .accuracy_percentage = 91.25,
                              .n_points = 3,
                              .point = {{2024 * 12 + 2, 210.5, 190, 230},
                                        {2024 * 12 + 3, 220, 195, 240},
                                        {2024 * 12 + 4, 230, 200, 250}}};
}

static void fill(made *m, const norni_fin_book *book) {
    for (int i = 0; i < 14; i++)
        m->y[i] = i == 5 ? NORNI_NAN : 100 + 10.0 * i;
    m->candidate[0].name = norni_str_of("AutoARIMA");
    m->candidate[1].name = norni_str_of("Prophet");
    m->score[0] = (norni_fin_score){.ok = true, .rmse = 12.5, .mae = 10, .mape = 4};
    m->score[1] = (norni_fin_score){.message = norni_str_of("did not <converge>")};
    m->series[0] = series_of(m, NORNI_FIN_OF_ALL, "profit_margin");
    m->series[1] = series_of(m, NORNI_FIN_OF_REGION, HURT_A);
    m->series[2] = series_of(m, NORNI_FIN_OF_REGION, HURT_B);
    m->series[2].n_points = 0, m->series[2].best = SIZE_MAX;
    m->series[2].reason = norni_str_of("Not enough data (< 12 months)");
    m->anomaly = (norni_fin_anomaly){.month = 2023 * 12 + 4,
                                     .metric = (norni_fin_metric)NORNI_FIN_REVENUE,
                                     .value = 500,
                                     .mean = 200,
                                     .median = 190,
                                     .score = 0.9,
                                     .votes = 0x3f,
                                     .severity = NORNI_FIN_CRITICAL};
    m->correlation = (norni_fin_correlation){.a = (norni_fin_metric)NORNI_FIN_REVENUE,
                                             .b = (norni_fin_metric)NORNI_FIN_PROFIT,
                                             .correlation = 0.91,
                                             .p_value = NORNI_NAN,
                                             .n = 14};
    m->driver[0] = (norni_fin_driver){norni_str_of("revenue"), 50};
    m->driver[1] = (norni_fin_driver){norni_str_of(HURT_B), -20};
    m->report =
        (norni_fin_report){.book = book,
                           .forecasts = {.n_candidates = 2,
                                         .candidate = m->candidate,
                                         .level = 95,
                                         .n = 3,
                                         .series = m->series},
                           .anomalies = {.n = 1, .item = &m->anomaly},
                           .correlations = {.n = 1, .item = &m->correlation},
                           .drivers = {.n = 2,
                                       .item = m->driver,
                                       .insight = norni_str_of("Revenue & <co> drive profit.")},
                           .forecast_accuracy = NORNI_NAN};
    norni_fin_kpis_make(book, &m->report.kpis);
}

/* The page; the caller frees it. */
static char *page_of(const norni_fin_report *r, book_box *box) {
    const norni_fin_stamp stamp = {.when = norni_str_of("2026-11-21T22:05:00Z<")};
    norni_buf b;
    norni_buf_init(&b, &box->alloc);
    assert_int_equal(norni_fin_report_html(r, &stamp, &box->arena, &b, NULL), NORN_OK);
    char *text = malloc(b.n + 1);
    assert_non_null(text);
    memcpy(text, b.p, b.n);
    text[b.n] = 0;
    norni_buf_clear(&b);
    return text;
}

static void well_formed(const char *page) {
    const char *const top = "<!DOCTYPE html>\n";
    assert_memory_equal(page, top, strlen(top));
    const char *fault = fault_of(page + strlen(top));
    if (fault != NULL) fail_msg("%s", fault);
    assert_int_equal(count_of(page, "<script"), 0);
    assert_int_equal(count_of(page, "<img"), 0);
    assert_int_equal(count_of(page, "http-equiv=\"Content-Security-Policy\""), 1);
}

static void fault_37_names(void **state) {
    (void)state;
    book_box *box = hostile();
    static made m;
    fill(&m, &box->book);
    char *page = page_of(&m.report, box), *again = page_of(&m.report, box);
    well_formed(page);
    assert_string_equal(page, again);
    assert_true(count_of(page, "&lt;script&gt;hurt()&lt;/script&gt;") >= 3);
    assert_true(count_of(page, "&lt;img src=x onerror=&quot;hurt()&quot;&gt;&amp;&#39;") >= 2);
    static const char *const wanted[] = {"Financial health",
                                         "In words",
                                         "<h2>Recommendations</h2>",
                                         "Total revenue",
                                         "Forecasts",
                                         "Models and their back-tests",
                                         "Anomalies",
                                         "Correlations",
                                         "Profit drivers",
                                         "Breakdowns and tables",
                                         "How the columns were read",
                                         "Quarterly summary",
                                         "Not enough data (&lt; 12 months)",
                                         "did not &lt;converge&gt;",
                                         "Revenue &amp; &lt;co&gt; drive profit.",
                                         "<td>Critical</td>",
                                         "May 2023",
                                         "No forecast: Not enough",
                                         "Mar 2024",
                                         "Made 2026-11-21T22:05:00Z&lt;",
                                         "210.5"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strstr(page, wanted[i]) == NULL) fail_msg("the page lacks %s", wanted[i]);
    assert_true(count_of(page, "<svg ") >= 4);
    assert_int_equal(count_of(page, "<section>"), count_of(page, "</section>"));
    free(page);
    free(again);
    book_free(box);
}

/* One row, two columns: what is not there is said, not drawn. */
static void bare(void **state) {
    (void)state;
    book_box *box = book_new("date,revenue\n2024-01-31,100\n");
    static made m;
    memset(&m, 0, sizeof m);
    m.report.book = &box->book;
    m.report.forecast_accuracy = NORNI_NAN;
    norni_fin_kpis_make(&box->book, &m.report.kpis);
    char *page = page_of(&m.report, box);
    well_formed(page);
    assert_non_null(strstr(page, "No month stands out."));
    assert_non_null(strstr(page, "not measured"));
    assert_non_null(strstr(page, "n/a"));
    free(page);
    book_free(box);
}

static char *with(void (*make)(norni_buf *, norni_str), book_box *box, const char *json) {
    norni_buf b;
    norni_buf_init(&b, &box->alloc);
    make(&b, norni_str_of(json));
    char *text = calloc(b.n + 1, 1);
    assert_non_null(text);
    if (b.n > 0) memcpy(text, b.p, b.n);
    norni_buf_clear(&b);
    return text;
}

/* Tables and prose of made JSON: escapes, nesting, nothing of an empty list. */
static void made_json(void **state) {
    (void)state;
    book_box *box = book_new("date,revenue\n2024-01-31,100\n");
    char *t = with(norni_fin_html_tables, box,
                   "{\"summaries\":{\"by_ar\":[{\"name\":\"a\\\"b\\u001f\\\\<\\u00e9 "
                   "S\xc3\xa3o\",\"dso\":12.5,"
                   "\"more\":{\"x\":[1,\"}]\"]},\"none\":null,\"big\":824854.6},{\"big\":-1234567."
                   "2,\"name\":\"c\",\"dso\":3,\"more\":true,"
                   "\"none\":1e30}],\"empty\":[]}}");
    assert_null(fault_of(t) && strcmp(fault_of(t), "two roots") != 0 ? "broken" : NULL);
    assert_non_null(strstr(t, "<h3>Summaries</h3>"));
    assert_non_null(strstr(t, "<caption>By accounts receivable</caption>"));
    assert_non_null(strstr(t, "<th scope=\"col\" class=\"num\">DSO</th>"));
    assert_non_null(strstr(t, "a&quot;b"));
    assert_non_null(strstr(t, "S\xc3\xa3o"));
    assert_non_null(strstr(t, "<td class=\"num\">12.50</td>"));
    assert_non_null(strstr(t, "<td class=\"num\">3</td>"));
    assert_non_null(strstr(t, ">824,855<"));
    assert_non_null(strstr(t, ">-1,234,567<"));
    assert_int_equal(count_of(t, "<tr>"), 3);
    assert_null(strstr(t, "Empty"));
    free(t);
    t = with(norni_fin_html_prose, box,
             "{\"summary_text\":\"1 < 2\\nso\",\"analyst_insights\":[\"a\",\"b\"],\"x\":[]}");
    assert_string_equal(t, "<p>1 &lt; 2 so</p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n");
    free(t);
    book_free(box);
}

/* Wide tables come in parts with the first column again; columns of nothing stay away; shares, months and lists as people read them. */
static void forms(void **state) {
    (void)state;
    book_box *box = book_new("date,revenue\n2024-01-31,100\n");
    char json[4096];
    size_t n = (size_t)snprintf(json, sizeof json,
                                "{\"quarterly\":[{\"quarter\":\"2022-Q1\",\"profit_margin\":0.2659,"
                                "\"empty\":null,\"date\":\"2022-12-01\",\"revenue_growth\":9.951");
    for (int i = 0; i < 18; i++)
        n += (size_t)snprintf(json + n, sizeof json - n, ",\"k%d\":%d", i, 1000 + i);
    (void)snprintf(
        json + n, sizeof json - n,
        "}],\"risks\":[{\"metric\":\"expense_ratio\",\"mean\":0.5,\"year\":2024,"
        "\"p_value\":1e-9,\"reasons\":[\"a<\",\"b\"]}],\"forecast_tables\":{\"x\":[{\"y\":1}]}}");
    char *t = with(norni_fin_html_tables, box, json);
    assert_int_equal(count_of(t, "<table>"), 3);
    assert_int_equal(count_of(t, "2022-Q1"), 2);
    assert_int_equal(count_of(t, ", continued</caption>"), 1);
    static const char *const wanted[] = {">26.6 %<", ">Dec 2022<",      ">10 %<",
                                         ">1,017<",  ">Expense ratio<", ">50 %<",
                                         ">2024<",   ">&lt; 0.0001<",   ">a&lt;; b<"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strstr(t, wanted[i]) == NULL) fail_msg("%s lacks %s", t, wanted[i]);
    assert_null(strstr(t, "Empty"));
    free(t);
    book_free(box);
}

/* 300 regions: the twelve of most revenue at once, all of them behind a word. */
static void many_regions(void **state) {
    (void)state;
    book_box *box = book_new("date,revenue\n2024-01-31,100\n");
    static char json[65536];
    size_t n = (size_t)snprintf(json, sizeof json, "{\"regional\":[");
    for (int i = 0; i < 300; i++)
        n += (size_t)snprintf(json + n, sizeof json - n,
                              "%s{\"region\":\"R%03d\",\"revenue_sum\":%d}", i ? "," : "", i,
                              i * 7 % 300);
    (void)snprintf(json + n, sizeof json - n, "]}");
    char *t = with(norni_fin_html_tables, box, json);
    assert_non_null(strstr(t, ": the 12 with most revenue, of 300</caption>"));
    const char *details = strstr(t, "<details>"), *best = strstr(t, ">299<");
    assert_non_null(details);
    assert_true(best != NULL && best < details && count_of(details, "<tr>") == 201);
    assert_int_equal(count_of(t, "<tr>"), 201 + 13);
    free(t);
    book_free(box);
}

/* Gives `left` more blocks; counts those that live. */
typedef struct scarce {
    norn_alloc own;
    long left, live;
} scarce;

static void *scarce_resize(void *user, void *ptr, size_t old, size_t size) {
    scarce *s = user;
    if (size > 0 && s->left-- <= 0) return NULL;
    void *p = s->own.resize(s->own.user, ptr, old, size);
    if (size == 0)
        s->live -= ptr != NULL;
    else if (p != NULL && ptr == NULL)
        s->live++;
    return p;
}

/* Every allocation fails once, and all behind it: an error that says so, nothing left over. */
static void fault_01_memory(void **state) {
    (void)state;
    book_box *box = hostile();
    static made m;
    fill(&m, &box->book);
    long n = 0;
    for (norn_status st = NORN_E_MEM; st != NORN_OK; n++) {
        scarce memory = {.own = norni_alloc_default(), .left = n};
        const norn_alloc alloc = {scarce_resize, &memory};
        const norni_fin_stamp stamp = {.when = norni_str_of("now")};
        norni_arena arena;
        norni_buf b;
        norn_err err = {NORN_OK, ""};
        norni_arena_init(&arena, &alloc);
        norni_buf_init(&b, &alloc);
        st = norni_fin_report_html(&m.report, &stamp, &arena, &b, &err);
        norni_buf_clear(&b);
        norni_arena_clear(&arena);
        assert_int_equal(memory.live, 0);
        if (st != NORN_OK) assert_int_equal(st, NORN_E_MEM);
        if (st != NORN_OK) assert_true(err.text[0] != 0);
        assert_true(n < 5000);
    }
    assert_true(n > 20);
    book_free(box);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fault_37_names), cmocka_unit_test(bare),
        cmocka_unit_test(made_json),      cmocka_unit_test(forms),
        cmocka_unit_test(many_regions),   cmocka_unit_test(fault_01_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
