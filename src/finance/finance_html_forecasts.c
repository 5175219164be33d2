/* Forecasts and back-tests of a report's HTML page: fans, the next months, what each candidate erred. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fp.h"
#include "finance/finance_html_parts.h"
#include "plot/svg.h"

/* A metric's name in words, a region's or department's as it is. */
static void put_name(norni_buf *b, norni_fin_part part, norni_str name) {
    norni_buf_text(b, part == NORNI_FIN_OF_REGION       ? "Region: "
                      : part == NORNI_FIN_OF_DEPARTMENT ? "Department: "
                                                        : "");
    if (part == NORNI_FIN_OF_ALL)
        norni_fin_html_words(b, name);
    else
        norni_svg_text(b, name);
}

/* One row: name, model, accuracy, and each month's forecast with its interval. */
static void put_points(norni_buf *b, norni_fin_part part, norni_str name, norni_str model,
                       const norni_fin_point *p, size_t n, double accuracy) {
    const norni_fin_kind kind =
        part == NORNI_FIN_OF_ALL ? norni_fin_html_kind(name) : NORNI_FIN_KIND_NUMBER;
    norni_fin_html_cell(b, model);
    norni_fin_html_valued(b, NORNI_FIN_KIND_RATE, accuracy);
    for (size_t k = 0; k < NORNI_FIN_HORIZON; k++) {
        norni_buf_text(b, "<td>");
        if (k < n) {
            norni_buf_text(b, "<span class=\"soft\">");
            norni_fin_html_month(b, p[k].month);
            norni_buf_text(b, "</span><br/>");
            norni_fin_html_value(b, kind, p[k].predicted);
            norni_buf_text(b, "<br/><span class=\"soft\">");
            norni_fin_html_value(b, kind, p[k].lower);
            norni_buf_text(b, " to ");
            norni_fin_html_value(b, kind, p[k].upper);
            norni_buf_text(b, "</span>");
        }
        norni_buf_text(b, "</td>");
    }
}

static void put_series(norni_buf *b, const norni_fin_forecasts *f, const norni_fin_series *s) {
    norni_buf_text(b, "<tr><th scope=\"row\">");
    put_name(b, s->part, s->name);
    norni_buf_text(b, "</th>");
    if (s->n_points == 0) {
        norni_buf_text(b, "<td colspan=\"5\" class=\"soft\">No forecast: ");
        norni_svg_text(b, s->reason);
        norni_buf_text(b, "</td>");
    } else {
        put_points(b, s->part, s->name, norni_fin_series_model(f, s), s->point, s->n_points,
                   s->accuracy_percentage);
    }
    norni_buf_text(b, "</tr>\n");
    if (s->part != NORNI_FIN_OF_ALL || f->n_growth == 0 || !norni_str_is(s->name, "revenue"))
        return;
    norni_buf_text(b, "<tr><th scope=\"row\">Growth rate of revenue</th>");
    put_points(b, NORNI_FIN_OF_ALL, norni_str_of("growth_rate"), norni_str_of("from revenue"),
               f->growth, f->n_growth, NORNI_NAN);
    norni_buf_text(b, "</tr>\n");
}

static const norni_fin_part every_part[] = {NORNI_FIN_OF_ALL, NORNI_FIN_OF_REGION,
                                            NORNI_FIN_OF_DEPARTMENT};

/* Calls put for the series that are shown at once; false: there are more of them. */
static bool each_shown(norni_buf *b, const norni_fin_forecasts *f,
                       void (*put)(norni_buf *, const norni_fin_forecasts *,
                                   const norni_fin_series *)) {
    bool all = true;
    for (size_t k = 0; k < sizeof every_part / sizeof *every_part; k++) {
        size_t at[NORNI_FIN_HTML_SHOWN], total;
        const size_t n = norni_fin_html_shown(f, every_part[k], at, &total);
        for (size_t i = 0; i < n; i++)
            put(b, f, &f->series[at[i]]);
        all = all && total <= n;
    }
    return all;
}

/* One table of the shown series; where there are more, another of all of them behind a word. */
static void put_shown(norni_buf *b, const norni_fin_forecasts *f, const char *caption,
                      const char *const *column,
                      void (*put)(norni_buf *, const norni_fin_forecasts *,
                                  const norni_fin_series *)) {
    norni_fin_html_table(b, caption, column);
    const bool all = each_shown(b, f, put);
    norni_fin_html_table_end(b);
    if (all) return;
    norni_buf_format(b, "<details><summary>Show all %zu series</summary>\n", f->n);
    norni_fin_html_table(b, caption, column);
    for (size_t i = 0; i < f->n; i++)
        put(b, f, &f->series[i]);
    norni_fin_html_table_end(b);
    norni_buf_text(b, "</details>\n");
}

norn_status norni_fin_html_forecasts(norni_buf *b, const norni_fin_forecasts *f, norni_arena *arena,
                                     norn_err *err) {
    static const char *const column[] = {"Series",      "Model",       "Accuracy", "1 month on",
                                         "2 months on", "3 months on", NULL};
    norni_fin_html_begin(b, "Forecasts");
    NORN_TRY(norni_fin_html_fans(b, f, NORNI_FIN_OF_ALL, "Metrics", arena, err));
    NORN_TRY(norni_fin_html_fans(b, f, NORNI_FIN_OF_REGION, "Revenue by region", arena, err));
    NORN_TRY(
        norni_fin_html_fans(b, f, NORNI_FIN_OF_DEPARTMENT, "Revenue by department", arena, err));
    put_shown(b, f, "Each series' next months, with their intervals", column, put_series);
    norni_fin_html_end(b);
    return NORN_OK;
}

static void put_scores(norni_buf *b, const norni_fin_forecasts *f, const norni_fin_series *s) {
    const norni_fin_kind own =
        s->part == NORNI_FIN_OF_ALL ? norni_fin_html_kind(s->name) : NORNI_FIN_KIND_NUMBER;
    for (size_t k = 0; k < f->n_candidates && s->score != NULL && s->n_points > 0; k++) {
        const norni_fin_score *c = &s->score[k];
        const bool serves = s->best == k && !s->fallback;
        norni_buf_text(b, "<tr><th scope=\"row\">");
        put_name(b, s->part, s->name);
        norni_buf_text(b, serves ? "</th><td><strong>" : "</th><td>");
        norni_svg_text(b, f->candidate[k].name);
        norni_buf_text(b, serves ? "</strong>, serves</td>" : "</td>");
        norni_fin_html_valued(b, own, c->ok ? c->rmse : NORNI_NAN);
        norni_fin_html_valued(b, own, c->ok ? c->mae : NORNI_NAN);
        norni_fin_html_valued(b, NORNI_FIN_KIND_RATE, c->ok ? c->mape : NORNI_NAN);
        norni_buf_text(b, "<td>");
        norni_fin_html_fit(b, !c->ok ? c->message : serves ? s->fitted : c->described);
        norni_buf_text(b, "</td></tr>\n");
    }
}

void norni_fin_html_models(norni_buf *b, const norni_fin_forecasts *f) {
    static const char *const column[] = {"Series", "Candidate", "RMSE", "MAE",
                                         "MAPE",   "Fitted",    NULL};
    bool any = false;
    for (size_t i = 0; i < f->n; i++)
        any = any || f->series[i].n_points > 0;
    if (!any) return;
    norni_fin_html_begin(b, "Models and their back-tests");
    put_shown(b, f, "What each candidate erred on the months held out", column, put_scores);
    norni_fin_html_end(b);
}
