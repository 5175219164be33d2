/* The markdown of ai_response: summary or story, key figures, forecasts, anomalies, drivers, recommendations. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Names that a file's owner gave stand in it: what markdown or HTML would take for a mark is escaped in every sentence. */
#include <math.h>

#include "finance/finance_anomalies.h"
#include "finance/finance_narrative.h"
#include "finance/finance_words.h"

enum { W = NORNI_FIN_WORD, SHOWN = 10 };

static void put_escaped(norni_buf *out, norni_str s) {
    for (size_t i = 0; i < s.n; i++) {
        const char c = s.p[i];
        if (c == '<')
            norni_buf_text(out, "&lt;");
        else if (c == '&')
            norni_buf_text(out, "&amp;");
        else if (c == '\n' || c == '\r')
            norni_buf_text(out, " ");
        else {
            if (c != '\0' && strchr("\\`*_[]>|#~!", c) != NULL) norni_buf_text(out, "\\");
            norni_buf_add(out, &c, 1);
        }
    }
}

static void take_line(void *user, norni_str sentence) {
    norni_buf_text(user, "- ");
    put_escaped(user, sentence);
    norni_buf_text(user, "\n");
}

/* A row; the first brings the heading. */
static void figure(norni_buf *out, const char *name, double x, const char *text) {
    if (isnan(x)) return;
    if (out->n == 0)
        norni_buf_text(out, "\n## Key figures\n\n| Figure | Value |\n| --- | ---: |\n");
    norni_buf_format(out, "| %s | %s |\n", name, text);
}

static void put_figures(norni_buf *out, const norni_fin_facts *f) {
    char a[W];
    const norni_fin_kpis *k = f->kpis;
    const double accuracy =
        f->forecasts && f->forecasts->n ? norni_fin_accuracy(f->forecasts) : __builtin_nan("");
    figure(out, "Total revenue", k->total_revenue, norni_fin_amount_text(k->total_revenue, a));
    figure(out, "Total expenses", k->total_expenses, norni_fin_amount_text(k->total_expenses, a));
    figure(out, "Profit margin", k->profit_margin,
           norni_fin_percent_text(100 * k->profit_margin, a));
    figure(out, "Cash flow", k->cashflow, norni_fin_amount_text(k->cashflow, a));
    figure(out, "Growth of revenue (calendar years)", k->growth_rate,
           norni_fin_signed_text(k->growth_rate, a));
    figure(out, "DSO", k->dso, norni_fin_value_text(NORNI_FIN_DSO, k->dso, a));
    figure(out, "Current ratio", k->current_ratio, norni_fin_number_text(k->current_ratio, a));
    figure(out, "Financial health score", k->financial_health_score,
           norni_fin_number_text(k->financial_health_score, a));
    figure(out, "Forecast accuracy in back-tests", accuracy, norni_fin_percent_text(accuracy, a));
}

static void put_forecasts(norni_buf *out, const norni_fin_facts *f) {
    static const char *const metric[] = {"revenue", "expenses", "profit", "cashflow"};
    char a[W], b[W], c[W], d[W];
    bool any = false;
    for (size_t k = 0; f->forecasts && f->forecasts->n && k < 4; k++) {
        const norni_fin_series *s =
            norni_fin_series_find(f->forecasts, NORNI_FIN_OF_ALL, norni_str_of(metric[k]));
        for (size_t i = 0; s && i < s->n_points; i++) {
            const norni_fin_point *p = &s->point[i];
            if (!any)
                norni_buf_text(out,
                               "\n## Forecast\n\n| Metric | Month | Expected | From | To |\n| --- "
                               "| --- | ---: | ---: | ---: |\n");
            any = true;
            norni_buf_format(out, "| %s | %s | %s ", metric[k], norni_fin_month_words(p->month, a),
                             norni_fin_amount_text(p->predicted, b));
            norni_buf_format(out, "| %s | %s |\n", norni_fin_amount_text(p->lower, c),
                             norni_fin_amount_text(p->upper, d));
        }
    }
}

static void put_anomalies(norni_buf *out, const norni_fin_anomalies *a) {
    if (!a || a->n == 0) return;
    char count[W];
    norni_buf text;
    norni_buf_init(&text, out->alloc);
    norni_buf_text(out, "\n## Anomalies\n\n");
    for (size_t i = 0; i < a->n && i < SHOWN; i++) {
        text.n = 0;
        norni_fin_anomaly_reason(&text, &a->item[i]);
        norni_buf_text(out, "- ");
        put_escaped(out, (norni_str){text.p, text.n});
        norni_buf_text(out, ".\n");
    }
    if (text.failed) out->failed = true;
    norni_buf_clear(&text);
    if (a->n > SHOWN)
        norni_buf_format(out, "- and %s more.\n",
                         norni_fin_count_text(a->n - SHOWN, "finding", count));
}

void norni_fin_markdown(norni_buf *out, const norni_fin_facts *f, norni_fin_mode mode) {
    norni_fin_trends t;
    norni_buf text;
    norni_fin_listener lines = {take_line, out};
    norni_buf_init(&text, out->alloc);
    norni_fin_trends_make(&f->book->all, &t);
    if (mode == NORNI_FIN_GUARDIAN)
        norni_fin_summary_text(&text, f, &t);
    else
        norni_fin_story_text(&text, f, &t);
    norni_buf_text(out, mode == NORNI_FIN_GUARDIAN ? "# Financial report\n\n"
                                                   : "# The story of the numbers\n\n");
    put_escaped(out, (norni_str){text.p, text.n});
    norni_buf_text(out, "\n");
    text.n = 0;
    put_figures(&text, f);
    norni_buf_add(out, text.p, text.n);
    put_forecasts(out, f);
    put_anomalies(out, f->anomalies);
    if (f->drivers && f->drivers->insight.n > 0) {
        norni_buf_text(out, "\n## Drivers of profit\n\n");
        put_escaped(out, f->drivers->insight);
        norni_buf_text(out, "\n");
    }
    if (mode == NORNI_FIN_GUARDIAN) {
        norni_buf_text(out, "\n## Recommendations\n\n");
        norni_fin_advice_tell(&lines, f, &t);
    }
    if (text.failed) out->failed = true;
    norni_buf_clear(&text);
}
