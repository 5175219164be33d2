/* Charts of a report's HTML page: fans of forecasts, the heat map, bars. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "data/calendar.h"
#include "finance/finance_html_parts.h"
#include "finance/finance_matrix.h"
#include "finance/finance_metrics.h"
#include "finance/finance_words.h"
#include "plot/line_chart.h"
#include "plot/pane_kinds.h"

enum { PAST = 48, HEAT = 5, BARS = 12, WIDTH = 1000, ABREAST = 3 };

static norn_status fail_memory(norn_err *err) {
    return norni_alloc_fail(err, "report", NORNI_FIN_HTML_SHOWN, sizeof(norni_plot_facet));
}

/* A sheet of panels that scrolls by itself where the window is narrow. */
static norn_status put_sheet(norni_buf *b, const norni_pane_sheet *sheet, norn_err *err) {
    norni_buf_text(b, "<div class=\"scroll\">");
    NORN_TRY(norni_plot_panes(b, sheet, err));
    norni_buf_text(b, "</div>\n");
    return NORN_OK;
}

static int64_t month_start(int64_t month) {
    return norni_days_from_civil((int32_t)(month / 12), (int32_t)(month % 12) + 1, 1) *
           NORNI_US_DAY;
}

/* What one panel borrows. */
typedef struct fan {
    int64_t time[PAST], ahead[NORNI_FIN_HORIZON];
    double y[NORNI_FIN_HORIZON], lo[NORNI_FIN_HORIZON], hi[NORNI_FIN_HORIZON];
    norni_plot_band band;
    norni_plot_line line;
    norni_str title;
} fan;

static void fan_of(const norni_fin_forecasts *f, const norni_fin_series *s, fan *a,
                   norni_plot_facet *to) {
    const size_t n = s->n < PAST ? s->n : PAST, from = s->n - n;
    for (size_t i = 0; i < n; i++)
        a->time[i] = month_start(s->first + (int64_t)(from + i));
    for (size_t k = 0; k < s->n_points; k++) {
        a->ahead[k] = month_start(s->point[k].month);
        a->y[k] = s->point[k].predicted;
        a->lo[k] = s->point[k].lower, a->hi[k] = s->point[k].upper;
    }
    a->band = (norni_plot_band){f->level, a->lo, a->hi};
    a->line = (norni_plot_line){norni_fin_series_model(f, s), a->y, &a->band, 1};
    *to = (norni_plot_facet){.title = a->title,
                             .times = a->time,
                             .y = s->y + from,
                             .n = n,
                             .future_times = a->ahead,
                             .n_future = s->n_points,
                             .percent = s->part == NORNI_FIN_OF_ALL &&
                                        norni_fin_html_kind(s->name) == NORNI_FIN_KIND_SHARE,
                             .lines = &a->line,
                             .n_lines = s->n_points > 0};
}

/* A metric's key in words, not escaped: charts escape what they are given. */
static norn_status title_of(norni_str key, norni_arena *arena, norni_str *out, norn_err *err) {
    norni_buf b;
    norni_buf_init(&b, arena->alloc);
    norni_fin_key_words(&b, key);
    const char *text = b.failed ? NULL : norni_arena_text(arena, b.p ? b.p : "", b.n);
    *out = (norni_str){text, b.n};
    norni_buf_clear(&b);
    return text ? NORN_OK : fail_memory(err);
}

/* The last twelve months in sum: what ranks regions and departments. */
static double recent(const norni_fin_series *s) {
    double sum = 0;
    for (size_t i = s->n < 12 ? 0 : s->n - 12; i < s->n; i++)
        if (isfinite(s->y[i])) sum += s->y[i];
    return sum;
}

size_t norni_fin_html_shown(const norni_fin_forecasts *f, norni_fin_part part,
                            size_t at[NORNI_FIN_HTML_SHOWN], size_t *total) {
    const size_t most = part == NORNI_FIN_OF_ALL ? NORNI_FIN_HTML_SHOWN : BARS;
    size_t n = 0;
    *total = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (f->series[i].part != part) continue;
        ++*total;
        size_t k = n < most ? n++ : most;
        if (k == most && part == NORNI_FIN_OF_ALL) continue;
        const double size = recent(&f->series[i]);
        if (k == most && !(size > recent(&f->series[at[--k]]))) continue;
        for (; part != NORNI_FIN_OF_ALL && k > 0 && size > recent(&f->series[at[k - 1]]); k--)
            at[k] = at[k - 1];
        at[k] = i;
    }
    return n;
}

/* The models that serve any series, in the candidates' order: each has one colour in every chart. */
static size_t names_of(const norni_fin_forecasts *f, norni_str name[NORNI_KEY_NAMES]) {
    size_t n = 0;
    for (size_t k = 0; k <= f->n_candidates && n < NORNI_KEY_NAMES; k++) {
        bool any = false;
        for (size_t i = 0; i < f->n && !any; i++)
            any = f->series[i].n_points > 0 &&
                  (k < f->n_candidates ? !f->series[i].fallback && f->series[i].best == k
                                       : f->series[i].fallback);
        if (any) name[n++] = k < f->n_candidates ? f->candidate[k].name : f->fallback.name;
    }
    return n;
}

norn_status norni_fin_html_fans(norni_buf *b, const norni_fin_forecasts *f, norni_fin_part part,
                                const char *title, norni_arena *arena, norn_err *err) {
    norni_plot_facet *facet = norni_arena_zero(arena, NORNI_FIN_HTML_SHOWN, sizeof *facet);
    fan *made = norni_arena_zero(arena, NORNI_FIN_HTML_SHOWN, sizeof *made);
    norni_str name[NORNI_KEY_NAMES];
    size_t at[NORNI_FIN_HTML_SHOWN], n = 0, total;
    if (facet == NULL || made == NULL) return fail_memory(err);
    const size_t shown = norni_fin_html_shown(f, part, at, &total), n_names = names_of(f, name);
    for (size_t i = 0; i < shown; i++) {
        const norni_fin_series *s = &f->series[at[i]];
        if (s->n_points == 0) continue;
        made[n].title = s->name;
        if (part == NORNI_FIN_OF_ALL) NORN_TRY(title_of(s->name, arena, &made[n].title, err));
        fan_of(f, s, &made[n], &facet[n]);
        n++;
    }
    /* row by row, so that a page may end between any two */
    for (size_t i = 0; i < n; i += ABREAST) {
        const size_t row = n - i < ABREAST ? n - i : ABREAST;
        const norni_plot_chart chart = {.title = norni_str_of(title),
                                        .facets = &facet[i],
                                        .n_facets = row,
                                        .columns = ABREAST,
                                        .apart = true,
                                        .width = WIDTH,
                                        .names = name,
                                        .n_names = n_names,
                                        .bare = i > 0};
        norni_buf_text(b, "<div class=\"scroll fans\">");
        NORN_TRY(norni_plot_lines(b, &chart, err));
        norni_buf_text(b, "</div>\n");
    }
    if (total > shown)
        norni_buf_format(b,
                         "<p class=\"soft\">%s: the %zu with most revenue in the last twelve "
                         "months, of %zu.</p>\n",
                         title, shown, total);
    return NORN_OK;
}

norn_status norni_fin_html_heat(norni_buf *b, const norni_fin_months *m, norni_arena *arena,
                                norn_err *err) {
    static const norni_fin_metric offered[HEAT] = {
        (norni_fin_metric)NORNI_FIN_REVENUE, (norni_fin_metric)NORNI_FIN_EXPENSES,
        (norni_fin_metric)NORNI_FIN_PROFIT, (norni_fin_metric)NORNI_FIN_CASHFLOW,
        (norni_fin_metric)NORNI_FIN_MARKETING};
    char text[NORNI_FIN_WORD];
    norni_str name[HEAT];
    const double *v[HEAT];
    double *value = norni_arena_get(arena, HEAT * HEAT, sizeof *value);
    size_t n = 0;
    if (value == NULL) return fail_memory(err);
    for (size_t k = 0; k < HEAT; k++) {
        if (m->value[offered[k]] == NULL) continue;
        NORN_TRY(title_of(norni_str_of(norni_fin_metric_name(offered[k])), arena, &name[n], err));
        v[n++] = m->value[offered[k]];
    }
    if (n < 2) return NORN_OK;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            value[i * n + k] = norni_fin_pearson(v[i < k ? i : k], v[i < k ? k : i], m->n);
    norni_pane pane = {
        .x = {.scale = NORNI_SCALE_NAMES, .name = name, .n_names = n},
        .y = {.scale = NORNI_SCALE_NAMES, .name = name, .n_names = n},
    };
    NORN_TRY(norni_pane_heat(arena, &pane, value, n, n, NULL, NULL, err));
    const norni_pane_sheet sheet = {
        .title = norni_str_of("Pearson's correlation of monthly figures"),
        .panel = &pane,
        .n_panels = 1,
        .height = 300,
        .width = 640};
    NORN_TRY(put_sheet(b, &sheet, err));
    const char *head[HEAT + 2] = {"Metric"};
    for (size_t k = 0; k < n; k++)
        head[k + 1] = name[k].p;
    norni_fin_html_table(b, "The same as numbers", head);
    for (size_t i = 0; i < n; i++) {
        norni_buf_text(b, "<tr>");
        norni_fin_html_cell(b, name[i]);
        for (size_t k = 0; k < n; k++) {
            norni_buf_format(b, "<td class=\"num\">%s</td>",
                             norni_fin_number_text(value[i * n + k], text));
        }
        norni_buf_text(b, "</tr>\n");
    }
    norni_fin_html_table_end(b);
    return NORN_OK;
}

norn_status norni_fin_html_drivers(norni_buf *b, const norni_fin_drivers *d, norni_arena *arena,
                                   norn_err *err) {
    norni_str name[BARS];
    double v[BARS];
    const size_t n = d->n < BARS ? d->n : BARS;
    if (n == 0) return NORN_OK;
    for (size_t i = 0; i < n; i++)
        v[i] = d->item[i].score;
    for (size_t i = 0; i < n; i++)
        NORN_TRY(title_of(d->item[i].feature, arena, &name[i], err));
    norni_pane pane = {.title = norni_str_of("How much each moves profit, by mean size"),
                       .x = {.label = norni_str_of("Shapley value, in profit's unit")}};
    NORN_TRY(norni_pane_bars(arena, &pane, name, v, n, err));
    const norni_pane_sheet sheet = {.title = norni_str_of("Profit drivers"),
                                    .panel = &pane,
                                    .n_panels = 1,
                                    .height = 60 + 30 * (double)n,
                                    .width = 760};
    return put_sheet(b, &sheet, err);
}

/* The sum of what is there; NaN: nothing is. */
static double total(const norni_fin_months *m, norni_fin_key key) {
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; m->value[key] != NULL && i < m->n; i++)
        if (isfinite(m->value[key][i])) sum += m->value[key][i], n++;
    return n > 0 ? sum : NORNI_NAN;
}

/* The groups of the largest revenue (of the last key that is there), largest first. */
static size_t largest_groups(const norni_fin_groups *g, const norni_fin_months *m,
                             size_t at[BARS]) {
    size_t n = 0;
    double size[BARS];
    for (size_t i = 0; i < g->n; i++) {
        const double revenue = total(&m[i], NORNI_FIN_REVENUE);
        const double x = isfinite(revenue) ? revenue : -1e308;
        size_t k = n < BARS ? n++ : BARS;
        if (k == BARS && !(x > size[--k])) continue;
        for (; k > 0 && x > size[k - 1]; k--)
            at[k] = at[k - 1], size[k] = size[k - 1];
        at[k] = i, size[k] = x;
    }
    return n;
}

norn_status norni_fin_html_groups(norni_buf *b, const norni_fin_groups *g,
                                  const norni_fin_months *m, const char *title, norni_arena *arena,
                                  norn_err *err) {
    static const norni_fin_key key[2] = {NORNI_FIN_REVENUE, NORNI_FIN_PROFIT};
    norni_pane pane[2];
    size_t n_panels = 0, at[BARS];
    norni_str name[BARS];
    if (g->of == NULL || g->n == 0) return NORN_OK;
    const size_t n = largest_groups(g, m, at);
    for (size_t i = 0; i < n; i++)
        name[i] = g->name[at[i]];
    for (size_t k = 0; k < 2; k++) {
        double *v = norni_arena_get(arena, n, sizeof *v);
        bool any = false;
        if (v == NULL) return fail_memory(err);
        for (size_t i = 0; i < n; i++) {
            v[i] = total(&m[at[i]], key[k]);
            any = any || isfinite(v[i]);
        }
        if (!any) continue;
        pane[n_panels] =
            (norni_pane){.title = norni_str_of(norni_fin_label((norni_fin_metric)key[k]))};
        NORN_TRY(norni_pane_bars(arena, &pane[n_panels++], name, v, n, err));
    }
    if (n_panels == 0) return NORN_OK;
    char below[80] = "";
    if (g->n > n)
        (void)norni_format(below, sizeof below, "The %zu with most revenue, of %zu", n, g->n);
    const norni_pane_sheet sheet = {.title = norni_str_of(title),
                                    .panel = pane,
                                    .n_panels = n_panels,
                                    .columns = 2,
                                    .height = 50 + 26 * (double)n,
                                    .width = WIDTH,
                                    .below = norni_str_of(below)};
    return put_sheet(b, &sheet, err);
}
