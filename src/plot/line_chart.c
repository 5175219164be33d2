/* Charts of series and their forecasts as one SVG document: history, interval fans, small multiples.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/line_chart.h"

#include <math.h>

#include "base/numtext.h"
#include "data/calendar.h"
#include "plot/axis.h"
#include "plot/svg.h"

static const double margin = 28, gap = 30, beside = 8; /* around, between and right of panels, px */
enum { DESCRIBED = 12 };                               /* series that the made description names */

/* Everything placed before anything is drawn. */
typedef struct layout {
    double width, height;
    double legend_y, label_y, top, row_height, foot_y;
    size_t columns, rows;
    double column, gutter, head, foot, panel_w, panel_h; /* a column = gutter + panel_w + beside */
} layout;

static norn_status check_facet(const norni_plot_facet *f, size_t at, norn_err *err) {
    if (f->n > 0 && (f->times == NULL || f->y == NULL))
        return norn_fail(err, NORN_E_ARG, "chart: series %zu has no times or no values", at);
    if (f->n_lines > 0 && (f->lines == NULL || (f->n_future > 0 && f->future_times == NULL)))
        return norn_fail(err, NORN_E_ARG, "chart: series %zu has no lines or no future times", at);
    for (size_t i = 0; i < f->n_lines && f->n_future > 0; i++) {
        const norni_plot_line *line = &f->lines[i];
        if (line->y == NULL || (line->n_bands > 0 && line->bands == NULL))
            return norn_fail(err, NORN_E_ARG, "chart: forecast %zu of series %zu has no values", i,
                             at);
        if (line->n_bands > NORNI_PLOT_BANDS)
            return norn_fail(err, NORN_E_ARG, "chart: %zu levels given, at most %d are allowed",
                             line->n_bands, NORNI_PLOT_BANDS);
        for (size_t k = 0; k < line->n_bands; k++) {
            const norni_plot_band *b = &line->bands[k];
            if (b->lo == NULL || b->hi == NULL || !(b->level > 0 && b->level <= 100))
                return norn_fail(err, NORN_E_ARG,
                                 "chart: level %g has no bounds or lies outside (0, 100]",
                                 b->level);
        }
    }
    return NORN_OK;
}

static void add_level(norni_plot_key *key, double level) {
    size_t at = 0;
    while (at < key->n_levels && key->level[at] > level)
        at++;
    if ((at < key->n_levels && !(key->level[at] < level)) || key->n_levels == NORNI_KEY_LEVELS)
        return;
    memmove(&key->level[at + 1], &key->level[at], (key->n_levels - at) * sizeof key->level[0]);
    key->level[at] = level;
    key->n_levels++;
}

/* Models and levels in the order in which they first appear. */
static norni_plot_key make_key(const norni_plot_chart *c) {
    norni_plot_key key = {0};
    bool fanned[NORNI_KEY_NAMES] = {false};
    for (size_t i = 0; i < c->n_names && i < NORNI_KEY_NAMES; i++)
        key.name[key.n_names++] = c->names[i];
    for (size_t i = 0; i < c->n_facets; i++) {
        const norni_plot_facet *f = &c->facets[i];
        key.history = key.history || f->n > 0;
        key.dots = key.dots || f->dots;
        for (size_t k = 0; k < f->n_lines && f->n_future > 0; k++) {
            const norni_plot_line *line = &f->lines[k];
            if (key.n_names < NORNI_KEY_NAMES && norni_key_colour(&key, line->name) == key.n_names)
                key.name[key.n_names++] = line->name;
            const size_t at = norni_key_colour(&key, line->name);
            if (line->n_bands > 0 && at < key.n_names && !fanned[at]) {
                fanned[at] = true;
                key.n_fans++;
                key.fan = at;
            }
            for (size_t j = 0; j < line->n_bands; j++)
                add_level(&key, line->bands[j].level);
        }
    }
    if (c->n_names > 0 && key.n_fans > 0 && key.n_fans < key.n_names) key.n_fans = key.n_names;
    key.opacity = key.n_fans <= 1 ? 0.19 : key.n_fans == 2 ? 0.14 : key.n_fans <= 4 ? 0.1 : 0.07;
    return key;
}

static void put_time(norni_buf *b, int64_t t, bool is_index) {
    const int64_t limit = INT64_C(9200000000000000000);
    const bool day = t % NORNI_US_DAY == 0;
    const norni_time_style style = {.kind = is_index ? NORNI_TIME_INDEX
                                            : day    ? NORNI_TIME_DATE
                                                     : NORNI_TIME_DATETIME,
                                    .sep = day ? '-' : ' ',
                                    .seconds = t % (60 * NORNI_US_SECOND) != 0};
    char text[64];
    if (!is_index) t = t > limit ? limit : t < -limit ? -limit : t;
    norni_buf_add(b, text, norni_time_print(text, t, &style));
}

static void put_value(norni_buf *b, const char *before, double x) {
    char text[NORNI_TICK_TEXT];
    norni_axis_value(text, x);
    norni_buf_text(b, before);
    norni_buf_text(b, text[0] != '\0' ? text : "missing");
}

static norni_str or_else(norni_str s, const char *text) {
    return s.n > 0 ? s : norni_str_of(text);
}

/* "; forecast by ets: 12 steps to 1961-12-01, last 441.7, 95% interval 380 to 500" */
static void describe_line(norni_buf *b, const norni_plot_facet *f, const norni_plot_line *line,
                          bool is_index) {
    const size_t last = f->n_future - 1;
    const norni_plot_band *widest = NULL;
    for (size_t k = 0; k < line->n_bands; k++) {
        if (widest == NULL || line->bands[k].level > widest->level) widest = &line->bands[k];
    }
    norni_buf_text(b, "; forecast by ");
    const norni_str name = or_else(line->name, "the model");
    norni_buf_add(b, name.p, name.n);
    norni_buf_format(b, ": %zu %s to ", f->n_future, f->n_future == 1 ? "step" : "steps");
    put_time(b, f->future_times[last], is_index);
    put_value(b, ", last ", line->y[last]);
    if (widest == NULL) return;
    put_value(b, ", ", widest->level);
    put_value(b, "% interval ", widest->lo[last]);
    put_value(b, " to ", widest->hi[last]);
}

static void describe_facet(norni_buf *b, const norni_plot_facet *f, bool is_index) {
    size_t count = 0;
    double last = (double)NAN;
    for (size_t i = 0; i < f->n; i++) {
        if (!isfinite(f->y[i])) continue;
        count++;
        last = f->y[i];
    }
    const norni_str title = or_else(f->title, "Series");
    norni_buf_text(b, " ");
    norni_buf_add(b, title.p, title.n);
    norni_buf_format(b, ": %zu %s", count, count == 1 ? "value" : "values");
    if (f->n > 0) {
        norni_buf_text(b, " from ");
        put_time(b, f->times[0], is_index);
        norni_buf_text(b, " to ");
        put_time(b, f->times[f->n - 1], is_index);
    }
    if (count > 0) put_value(b, ", last value ", last);
    for (size_t i = 0; i < f->n_lines && f->n_future > 0; i++)
        describe_line(b, f, &f->lines[i], is_index);
    norni_buf_text(b, ".");
}

static void describe(norni_buf *b, const norni_plot_chart *c) {
    if (c->description.n > 0) {
        norni_buf_add(b, c->description.p, c->description.n);
        return;
    }
    norni_buf_format(b, "Line chart of %zu series.", c->n_facets);
    for (size_t i = 0; i < c->n_facets && i < DESCRIBED; i++)
        describe_facet(b, &c->facets[i], c->is_index);
    const size_t more = c->n_more + (c->n_facets > DESCRIBED ? c->n_facets - DESCRIBED : 0);
    if (more > 0) norni_buf_format(b, " And %zu more.", more);
}

/* The legend on its way over its rows; without a buffer it only measures. */
typedef struct legend {
    norni_buf *b;
    double x, y, right;
} legend;

enum { SWATCH = 24, LEGEND_SIZE = 12, LEGEND_ROW = 22 };

/* Room for one entry, on the next row where this one is full; its text's width in *w. */
static void legend_place(legend *l, norni_str text, double *w) {
    const double most = l->right - margin - SWATCH - 8;
    *w = norni_svg_width(text, LEGEND_SIZE) + 1;
    if (*w > most) *w = most;
    if (l->x > margin && l->x + SWATCH + 8 + *w > l->right) {
        l->x = margin;
        l->y += LEGEND_ROW;
    }
}

static void legend_text(legend *l, norni_str text, double w) {
    const norni_svg_label label = {"nc-l",   NORNI_SVG_START, l->x + SWATCH + 8,
                                   l->y + 4, LEGEND_SIZE,     w};
    if (l->b != NULL) norni_svg_put_label(l->b, &label, text);
    l->x += SWATCH + 8 + w + 22;
}

static void legend_line(legend *l, norni_str text, const char *css, size_t colour, bool dot) {
    double w;
    legend_place(l, text, &w);
    if (l->b != NULL) {
        norni_svg_path p = {.b = l->b};
        norni_buf_format(l->b, "<path class=\"%s nc-c%zu nc-d%zu\" d=\"", css,
                         colour % NORNI_SVG_COLOURS, colour / NORNI_SVG_COLOURS % 3);
        if (dot)
            norni_svg_path_dot(&p, l->x + SWATCH / 2.0, l->y);
        else
            norni_svg_path_move(&p, l->x + 1, l->y);
        if (!dot) norni_svg_path_line(&p, l->x + SWATCH - 1, l->y);
        norni_buf_text(l->b, "\"/>\n");
    }
    legend_text(l, text, w);
}

/* A level's swatch bears every band that lies below it, as the fan does, in its colour where there is one. */
static void legend_level(legend *l, const norni_plot_key *key, size_t at) {
    char level[NORNI_TICK_TEXT], text[NORNI_TICK_TEXT + 16];
    double w;
    norni_axis_value(level, key->level[at]);
    norni_format(text, sizeof text, "%s%% interval", level);
    legend_place(l, norni_str_of(text), &w);
    for (size_t i = 0; i <= at && l->b != NULL; i++) {
        if (key->n_fans == 1)
            norni_buf_format(l->b, "<rect class=\"nc-b nc-c%zu\"", key->fan % NORNI_SVG_COLOURS);
        else
            norni_buf_text(l->b, "<rect class=\"nc-b nc-n\"");
        norni_svg_attr(l->b, "fill-opacity", key->opacity);
        norni_svg_attr(l->b, "x", l->x);
        norni_svg_attr(l->b, "y", l->y - 6);
        norni_svg_attr(l->b, "width", SWATCH);
        norni_buf_text(l->b, " height=\"12\" rx=\"2\"/>\n");
    }
    legend_text(l, norni_str_of(text), w);
}

/* From y on; returns where it ends. A chart of bare history needs none. */
static double put_legend(norni_buf *b, const norni_plot_key *key, double y, double width) {
    legend l = {b, margin, y + LEGEND_ROW / 2.0, width - margin};
    if (key->n_names == 0) return y;
    if (key->history)
        legend_line(&l, norni_str_of("History"), key->dots ? "nc-h nc-pt" : "nc-h", 0, key->dots);
    for (size_t i = 0; i < key->n_names; i++)
        legend_line(&l, or_else(key->name[i], "Forecast"), "nc-f", i, false);
    for (size_t i = key->n_levels; i > 0; i--)
        legend_level(&l, key, i - 1);
    return l.y + LEGEND_ROW / 2.0 + 6;
}

/* One time axis for all panels where each would fill at least half of it. */
static void share_times(norni_facet_range *r, size_t n) {
    int64_t lo = 0, hi = 0;
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        if (r[i].no_time) continue;
        if (!any || r[i].t_lo < lo) lo = r[i].t_lo;
        if (!any || r[i].t_hi > hi) hi = r[i].t_hi;
        any = true;
    }
    for (size_t i = 0; i < n; i++) {
        if (!r[i].no_time &&
            norni_axis_share(r[i].t_hi, lo, hi) - norni_axis_share(r[i].t_lo, lo, hi) < 0.5)
            return;
    }
    for (size_t i = 0; i < n && any; i++) {
        r[i].t_lo = lo;
        r[i].t_hi = hi;
    }
}

static double clamp(double x, double lo, double hi) {
    return x < lo ? lo : x > hi ? hi : x;
}

static double larger(double a, double b) {
    return a > b ? a : b;
}

static bool same(norni_str a, norni_str b) {
    return norni_str_cmp(a, b) == 0;
}

static layout make_layout(const norni_plot_chart *c, const norni_plot_key *key,
                          const norni_facet_range *r) {
    layout l = {.width = c->width == 0 ? 960 : clamp(c->width, 320, 4096)};
    const size_t most = l.width < 480 ? 1 : l.width < 720 ? 2 : 3, n = c->n_facets;
    l.columns = n == 2 || n == 4 ? 2 : n < 3 ? n : 3;
    if (c->columns > 0) l.columns = c->columns;
    if (l.columns > most) l.columns = most;
    l.rows = (n + l.columns - 1) / l.columns;
    l.column = (l.width - 2 * margin - gap * (double)(l.columns - 1)) / (double)l.columns;
    l.panel_h = floor(l.columns == 1 && n == 1 ? clamp(0.4 * l.width, 180, 480)
                      : c->columns == 1        ? clamp(0.22 * l.width, 120, 240)
                                               : clamp(0.56 * l.column, 120, 300));
    for (size_t i = 0; i < n; i++)
        l.gutter = larger(l.gutter, norni_facet_gutter(&r[i], l.panel_h));
    l.gutter = clamp(l.gutter, 0, l.column * 0.4);
    l.panel_w = l.column - l.gutter - beside;
    for (size_t i = 0; i < n; i++)
        l.foot = larger(l.foot, norni_facet_foot(&r[i], l.panel_w, c->is_index));
    const bool titled = c->title.n > 0 && !c->bare;
    l.label_y = titled ? margin + 22 : margin - 10;
    l.legend_y = l.label_y + (c->y_label.n > 0 ? 22 : 0) + (titled ? 8 : 2);
    l.top = c->bare ? 4 : put_legend(NULL, key, l.legend_y, l.width) + 6;
    /* a lone series that bears the chart's title needs no second one */
    l.head = n == 1 && (c->facets[0].title.n == 0 || same(c->facets[0].title, c->title))
                 ? 4
                 : NORNI_FACET_TITLE;
    l.row_height = l.head + l.panel_h + l.foot + 16;
    l.foot_y = l.top + (double)l.rows * l.row_height - 8;
    l.height = ceil(l.foot_y + (c->x_label.n > 0 ? 22 : 0) + (c->n_more > 0 ? 22 : 0) + 14);
    return l;
}

static void put_words(norni_buf *b, const norni_plot_chart *c, const layout *l) {
    const double room = l->width - 2 * margin;
    const norni_svg_label title = {"nc-title", NORNI_SVG_START, margin, margin + 16, 19, room};
    const norni_svg_label y_label = {"nc-l",          NORNI_SVG_START, margin,
                                     l->label_y + 14, LEGEND_SIZE,     room};
    const norni_svg_label x_label = {"nc-l",         NORNI_SVG_MIDDLE, l->width / 2,
                                     l->foot_y + 14, LEGEND_SIZE,      room};
    const norni_svg_label more = {
        "nc-l", NORNI_SVG_START, margin, l->foot_y + (c->x_label.n > 0 ? 36 : 14), LEGEND_SIZE, 0};
    if (!c->bare) norni_svg_put_label(b, &title, c->title);
    norni_svg_put_label(b, &y_label, c->y_label);
    norni_svg_put_label(b, &x_label, c->x_label);
    if (c->n_more > 0) {
        char text[64];
        norni_format(text, sizeof text, "and %zu more series", c->n_more);
        norni_svg_put_label(b, &more, norni_str_of(text));
    }
}

static void put_panels(norni_buf *b, const norni_plot_chart *c, const layout *l,
                       const norni_plot_key *key, const norni_facet_range *r) {
    for (size_t i = 0; i < c->n_facets; i++) {
        const double column = (double)(i % l->columns), row = (double)(i / l->columns);
        const norni_facet_box box = {.x = margin + column * (l->column + gap) + l->gutter,
                                     .y = l->top + row * l->row_height + l->head,
                                     .w = l->panel_w,
                                     .h = l->panel_h,
                                     .left = l->gutter,
                                     .right = beside + gap / 2 - 4,
                                     .titled = l->head >= NORNI_FACET_TITLE};
        norni_facet_draw(b, &c->facets[i], &r[i], key, &box, c->is_index);
    }
}

norn_status norni_plot_lines(norni_buf *out, const norni_plot_chart *chart, norn_err *err) {
    if (out == NULL || chart == NULL || chart->facets == NULL || chart->n_facets == 0)
        return norn_fail(err, NORN_E_ARG, "chart: no series given, at least one is needed");
    if (chart->width < 0)
        return norn_fail(err, NORN_E_ARG, "chart: width=%d is negative", (int)chart->width);
    for (size_t i = 0; i < chart->n_facets; i++)
        NORN_TRY(check_facet(&chart->facets[i], i, err));
    const size_t start = out->n, n = chart->n_facets;
    norni_facet_range *r = norni_alloc_get(out->alloc, n, sizeof *r);
    if (r == NULL) return norni_alloc_fail(err, "chart", n, sizeof *r);
    for (size_t i = 0; i < n; i++)
        r[i] = norni_facet_range_of(&chart->facets[i], chart->is_index);
    if (!chart->apart) share_times(r, n);
    const norni_plot_key key = make_key(chart);
    const layout l = make_layout(chart, &key, r);
    norni_buf words;
    norni_buf_init(&words, out->alloc);
    describe(&words, chart);
    const norni_str name =
        or_else(n == 1 ? chart->facets[0].title : (norni_str){0}, "Series and forecasts");
    norni_svg_put_head(out, chart->title.n > 0 ? chart->title : name, (norni_str){words.p, words.n},
                       l.width, l.height);
    put_words(out, chart, &l);
    if (!chart->bare) put_legend(out, &key, l.legend_y, l.width);
    put_panels(out, chart, &l, &key, r);
    norni_buf_text(out, "</svg>\n");
    if (words.failed) out->failed = true;
    norni_buf_clear(&words);
    norni_alloc_drop(out->alloc, r, n, sizeof *r);
    if (!out->failed) return NORN_OK;
    const size_t wanted = out->n;
    out->n = start;
    return norni_alloc_fail(err, "chart", wanted, 1);
}
