/* A report as one HTML page: no script, nothing from elsewhere, readable on screen and on paper. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "finance/finance_anomalies.h"
#include "finance/finance_detectors.h"
#include "finance/finance_figures.h"
#include "finance/finance_html_parts.h"
#include "finance/finance_words.h"
#include "plot/svg.h"

enum { MOST_CORRECTIONS = 100 };

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\"/>\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
    "<title>Finance report</title>\n<style>\n";

/* ---- figures ---- */

static void tile(norni_buf *b, const char *name, const char *value) {
    norni_buf_text(b, "<div><dt>");
    norni_svg_text(b, norni_str_of(name));
    norni_buf_text(b, "</dt><dd>");
    norni_svg_text(b, norni_str_of(value));
    norni_buf_text(b, "</dd></div>\n");
}

static void put_kpis(norni_buf *b, const norni_fin_report *r) {
    const norni_fin_kpis *k = &r->kpis;
    char text[NORNI_FIN_WORD];
    norni_buf_text(b, "<dl class=\"tiles\">\n");
    tile(b, "Total revenue", norni_fin_amount_text(k->total_revenue, text));
    tile(b, "Total expenses", norni_fin_amount_text(k->total_expenses, text));
    tile(b, "Profit margin", norni_fin_percent_text(100 * k->profit_margin, text));
    tile(b, "Cash flow", norni_fin_amount_text(k->cashflow, text));
    tile(b, "Growth rate of revenue", norni_fin_percent_text(k->growth_rate, text));
    tile(b, "DSO, days", norni_fin_number_text(k->dso, text));
    tile(b, "Forecast accuracy", norni_fin_percent_text(r->forecast_accuracy, text));
    norni_buf_text(b, "</dl>\n");
}

static void put_health(norni_buf *b, const norni_fin_kpis *k) {
    const struct {
        const char *name;
        double score;
    } part[] = {{"Margin", k->health_margin},
                {"Liquidity", k->health_liquidity},
                {"Debt", k->health_debt},
                {"Growth", k->health_growth}};
    char text[NORNI_FIN_WORD];
    size_t measured = 0;
    for (size_t i = 0; i < 4; i++)
        measured += isfinite(part[i].score);
    norni_fin_html_begin(b, "Financial health");
    if (!isfinite(k->financial_health_score))
        norni_buf_format(b, "<p>No score: %zu of its 4 parts can be measured.</p>\n", measured);
    else
        norni_buf_format(b, "<p><strong>%s</strong> of 100",
                         norni_fin_number_text(k->financial_health_score, text));
    if (isfinite(k->financial_health_score) && measured < 4)
        norni_buf_format(b, ", from %zu of 4 parts", measured);
    if (isfinite(k->financial_health_score)) norni_buf_text(b, "</p>\n");
    norni_buf_text(b, "<div class=\"score\">\n");
    for (size_t i = 0; i < 4; i++) {
        norni_buf_format(b, "<span>%s</span>", part[i].name);
        if (isfinite(part[i].score)) {
            norni_buf_format(b,
                             "<meter min=\"0\" max=\"25\" low=\"8\" high=\"16\" optimum=\"25\" "
                             "value=\"%g\" aria-label=\"%s\"></meter><span class=\"num\">",
                             part[i].score, part[i].name);
            norni_fin_html_figure(b, part[i].score);
            norni_buf_text(b, " / 25</span>\n");
        } else {
            norni_buf_text(b, "<span></span><span class=\"num\">not measured</span>\n");
        }
    }
    norni_buf_text(b, "</div>\n");
    norni_fin_html_end(b);
}

static norni_fin_facts facts_of(const norni_fin_report *r) {
    return (norni_fin_facts){r->book,       &r->kpis,         &r->forecasts,
                             &r->anomalies, &r->correlations, &r->drivers};
}

/* What was written; nothing of it where memory ran out on the way. */
static norni_str made_of(const norni_buf *json) {
    return json->failed || json->p == NULL ? (norni_str){"", 0} : (norni_str){json->p, json->n};
}

/* JSON of one maker as prose; the buffer is used again. */
static void put_prose(norni_buf *b, norni_buf *json,
                      void (*make)(norni_json *, const norni_fin_facts *, norni_fin_mode),
                      const norni_fin_facts *facts, norni_fin_mode mode) {
    norni_json j;
    json->n = 0;
    norni_json_init(&j, json);
    make(&j, facts, mode);
    norni_fin_html_prose(b, made_of(json));
}

static void recommend(norni_json *j, const norni_fin_facts *facts, norni_fin_mode mode) {
    (void)mode;
    norni_fin_recommendations_json(j, facts);
}

static void put_words(norni_buf *b, norni_buf *json, const norni_fin_report *r) {
    const norni_fin_facts facts = facts_of(r);
    norni_fin_html_begin(b, "In words");
    put_prose(b, json, norni_fin_narratives_json, &facts, r->mode);
    norni_fin_html_end(b);
    if (r->mode != NORNI_FIN_GUARDIAN) return;
    norni_fin_html_begin(b, "Recommendations");
    put_prose(b, json, recommend, &facts, r->mode);
    norni_fin_html_end(b);
}

/* ---- findings ---- */

/* "+12.3 %" of what was expected; of a share "+9 points". */
static void put_deviation(norni_buf *b, const norni_fin_anomaly *a) {
    char text[NORNI_FIN_WORD];
    const double off = norni_fin_deviation(a->value, a->mean);
    norni_buf_text(b, "<td class=\"num\">");
    if (norni_fin_is_share(a->metric))
        norni_buf_format(b, "%s%s points", a->value > a->mean ? "+" : "",
                         norni_fin_amount_text(100 * (a->value - a->mean), text));
    else
        norni_buf_text(b, isfinite(off) ? norni_fin_signed_text(off, text) : "\xe2\x80\x93");
    norni_buf_text(b, "</td>");
}

static void put_anomalies(norni_buf *b, const norni_fin_anomalies *a) {
    static const char *const column[] = {"Month",    "Metric",    "Value",  "Expected", "Off by",
                                         "Severity", "Detectors", "Reason", NULL};
    static const char *const severity[] = {"Info", "Low", "Medium", "High", "Critical"};
    if (a->n == 0) {
        norni_fin_html_title(b, "p", norni_str_of("No month stands out."));
        return;
    }
    norni_fin_html_table(b, "Months that at least three of six detectors call unusual", column);
    for (size_t i = 0; i < a->n; i++) {
        const norni_fin_anomaly *item = &a->item[i];
        char text[NORNI_FIN_WORD], group[NORNI_FIN_GROUP];
        norni_buf reason;
        norni_buf_text(b, "<tr><th scope=\"row\" class=\"key\">");
        norni_fin_html_month(b, item->month);
        norni_buf_text(b, "</th><td>");
        norni_fin_html_words(b, norni_str_of(norni_fin_metric_name(item->metric)));
        norni_svg_text(b, norni_str_of(norni_fin_group_text(item, group)));
        norni_buf_format(b, "</td><td class=\"num\">%s</td>",
                         norni_fin_value_text(item->metric, item->value, text));
        norni_buf_format(b, "<td class=\"num\">%s</td>",
                         norni_fin_value_text(item->metric, item->mean, text));
        put_deviation(b, item);
        norni_fin_html_cell(b, norni_str_of(severity[item->severity]));
        norni_buf_format(b, "<td>%zu of %d</td>",
                         (size_t)(norni_fin_confidence(item) * NORNI_FIN_DETECTORS + 0.5),
                         (int)NORNI_FIN_DETECTORS);
        norni_buf_init(&reason, b->alloc);
        norni_fin_anomaly_reason(&reason, item);
        if (reason.failed) b->failed = true;
        norni_fin_html_cell(b, made_of(&reason));
        norni_buf_clear(&reason);
        norni_buf_text(b, "</tr>\n");
    }
    norni_fin_html_table_end(b);
}

static norn_status put_findings(norni_buf *b, norni_buf *json, const norni_fin_report *r,
                                norni_arena *arena, norn_err *err) {
    static const norni_fin_pick pair[] = {{"metric_a", "Metric"},
                                          {"metric_b", "moves with"},
                                          {"correlation", "Correlation"},
                                          {"lag_months", "Lag, months"},
                                          {"p_value", "p"},
                                          {"conclusion", "Conclusion"},
                                          {NULL, NULL}};
    norni_json j;
    norni_fin_html_begin(b, "Anomalies");
    put_anomalies(b, &r->anomalies);
    norni_fin_html_end(b);
    norni_fin_html_begin(b, "Correlations");
    NORN_TRY(norni_fin_html_heat(b, &r->book->all, arena, err));
    json->n = 0;
    norni_json_init(&j, json);
    norni_fin_correlations_json(&j, &r->correlations);
    const norni_str pairs = made_of(json);
    if (pairs.n > 2)
        norni_fin_html_rows(b, norni_str_of("Strong pairs"), pair, pairs);
    else
        norni_fin_html_title(b, "p", norni_str_of("No pair of metrics moves closely together."));
    norni_fin_html_end(b);
    norni_fin_html_begin(b, "Profit drivers");
    if (r->drivers.insight.n > 0) norni_fin_html_title(b, "p", r->drivers.insight);
    NORN_TRY(norni_fin_html_drivers(b, &r->drivers, arena, err));
    norni_fin_html_end(b);
    return NORN_OK;
}

static norn_status put_tables(norni_buf *b, norni_buf *json, const norni_fin_report *r,
                              norni_arena *arena, norn_err *err) {
    const norni_fin_book *book = r->book;
    norni_json j;
    norni_fin_html_begin(b, "Breakdowns and tables");
    NORN_TRY(norni_fin_html_groups(b, &book->table.region, book->region, "By region", arena, err));
    NORN_TRY(norni_fin_html_groups(b, &book->table.department, book->department, "By department",
                                   arena, err));
    json->n = 0;
    norni_json_init(&j, json);
    NORN_TRY(norni_fin_tables_json(&j, book, &r->forecasts, arena, err));
    norni_fin_html_tables(b, made_of(json));
    norni_fin_html_end(b);
    return NORN_OK;
}

/* ---- the data ---- */

static void put_quality(norni_buf *b, const norni_fin_table *t) {
    static const char *const mapped[] = {"Column of the file", "Read as", "Why", NULL};
    static const char *const mended[] = {"Row", "Column", "Was", "Became", "How", NULL};
    norni_fin_html_begin(b, "The data");
    norni_buf_format(b, "<p>%zu rows were read, %zu of them without a date that can be read.</p>\n",
                     t->rows_read, t->n_undated);
    norni_fin_html_table(b, "How the columns were read", mapped);
    for (size_t i = 0; i < t->n_mapping; i++) {
        const norni_fin_mapping *m = &t->mapping[i];
        norni_buf_text(b, "<tr>");
        norni_fin_html_cell(b, m->header);
        norni_buf_text(b, "<td>");
        norni_fin_html_words(b, norni_str_of(m->key ? m->key : "(kept)"));
        norni_buf_text(b, "</td>");
        norni_fin_html_cell(b, norni_str_of(m->why ? m->why : ""));
        norni_buf_text(b, "</tr>\n");
    }
    norni_fin_html_table_end(b);
    if (t->n_corrections > 0) {
        norni_fin_html_table(b, "Corrections", mended);
        for (size_t i = 0; i < t->n_corrections && i < MOST_CORRECTIONS; i++) {
            const norni_fin_correction *c = &t->correction[i];
            norni_buf_text(b, "<tr>");
            norni_fin_html_number(b, (double)c->row);
            norni_fin_html_cell(b, norni_str_of(c->column));
            norni_fin_html_cell(b, c->original);
            norni_fin_html_number(b, c->correction);
            norni_fin_html_cell(b, norni_str_of(c->method));
            norni_buf_text(b, "</tr>\n");
        }
        norni_fin_html_table_end(b);
        if (t->n_corrections > MOST_CORRECTIONS)
            norni_buf_format(b, "<p class=\"soft\">The first %d of %zu.</p>\n", MOST_CORRECTIONS,
                             t->n_corrections);
    }
    norni_fin_html_end(b);
}

static void put_top(norni_buf *b, const norni_fin_report *r, const norni_fin_stamp *stamp) {
    const norni_fin_months *m = &r->book->all;
    char first[NORNI_FIN_WORD], last[NORNI_FIN_WORD];
    norni_buf_text(b, head);
    norni_fin_html_style(b);
    norni_buf_text(b, "</style>\n</head>\n<body>\n<main>\n<h1>Finance report</h1>\n");
    norni_buf_format(b, "<p class=\"soft\">%s to %s, %zu months. Made ",
                     norni_fin_month_words(norni_fin_month_of(m, 0), first),
                     norni_fin_month_words(norni_fin_month_of(m, m->n ? m->n - 1 : 0), last), m->n);
    norni_svg_text(b, stamp->when);
    norni_buf_text(b, ".</p>\n");
    const norni_fin_table *t = &r->book->table;
    if (t->n_notes == 0 && r->note[0] == '\0') return;
    norni_buf_text(b, "<ul class=\"notes\" aria-label=\"Notes on the data\">\n");
    for (size_t i = 0; i < t->n_notes; i++)
        norni_fin_html_title(b, "li", t->note[i]);
    if (r->note[0] != '\0') norni_fin_html_title(b, "li", norni_str_of(r->note));
    norni_buf_text(b, "</ul>\n");
}

static norn_status put_page(const norni_fin_report *r, const norni_fin_stamp *stamp,
                            norni_arena *arena, norni_buf *json, norni_buf *b, norn_err *err) {
    put_top(b, r, stamp);
    put_kpis(b, r);
    put_health(b, &r->kpis);
    put_words(b, json, r);
    NORN_TRY(norni_fin_html_forecasts(b, &r->forecasts, arena, err));
    NORN_TRY(put_findings(b, json, r, arena, err));
    NORN_TRY(put_tables(b, json, r, arena, err));
    norni_fin_html_models(b, &r->forecasts);
    put_quality(b, &r->book->table);
    norni_buf_text(b, "</main>\n</body>\n</html>\n");
    return NORN_OK;
}

norn_status norni_fin_report_html(const norni_fin_report *r, const norni_fin_stamp *stamp,
                                  norni_arena *arena, norni_buf *out, norn_err *err) {
    norni_buf json;
    norni_buf_init(&json, arena->alloc);
    const norn_status st = put_page(r, stamp, arena, &json, out, err);
    const bool failed = json.failed || out->failed;
    norni_buf_clear(&json);
    if (st != NORN_OK) return st;
    return failed ? norni_alloc_fail(err, "report", out->cap, 2) : NORN_OK;
}
