/* One panel of a chart: its ranges, its axes, its history thinned to the pixels, its forecast fans. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/facet.h"

#include <math.h>

#include "data/calendar.h"
#include "plot/axis.h"
#include "plot/span.h"
#include "plot/svg.h"

static const double percent_limit = 5e305; /* so that per cent of a value stay finite */
static const double inset = 6; /* px between the area's sides and the first and last time */

static void widen_times(norni_facet_range *r, const int64_t *t, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (r->no_time || t[i] < r->t_lo) r->t_lo = t[i];
        if (r->no_time || t[i] > r->t_hi) r->t_hi = t[i];
        r->no_time = false;
    }
}

norni_facet_range norni_facet_range_of(const norni_plot_facet *f, bool is_index) {
    norni_facet_range r = {
        .no_time = true, .percent = f->percent, .marks = f->marks, .n_marks = f->n_marks};
    const bool forecasts = f->n_lines > 0;
    norni_span core = norni_span_none(), wide;
    widen_times(&r, f->times, f->n);
    if (forecasts) widen_times(&r, f->future_times, f->n_future);
    if (r.no_time || r.t_lo == r.t_hi) { /* one time only: it stands in the middle */
        const int64_t unit = is_index ? 1 : NORNI_US_DAY;
        if (r.t_lo >= INT64_MIN + unit) r.t_lo -= unit;
        if (r.t_hi <= INT64_MAX - unit) r.t_hi += unit;
    }
    norni_span_widen(&core, f->y, f->n);
    for (size_t i = 0; i < f->n_lines; i++)
        norni_span_widen(&core, f->lines[i].y, f->n_future);
    wide = core;
    for (size_t i = 0; i < f->n_lines; i++) {
        for (size_t k = 0; k < f->lines[i].n_bands; k++) {
            norni_span_widen(&wide, f->lines[i].bands[k].lo, f->n_future);
            norni_span_widen(&wide, f->lines[i].bands[k].hi, f->n_future);
        }
    }
    r.no_value = !(wide.lo <= wide.hi);
    if (r.no_value) wide = (norni_span){0, 0};
    /* intervals that explode must not flatten the history to a line: they leave through the edge */
    const double span =
        core.hi > core.lo ? norni_span_drawn(core.hi) - norni_span_drawn(core.lo) : 0;
    if (span > 0 && wide.hi > core.hi + 2.5 * span) wide.hi = core.hi + 2.5 * span;
    if (span > 0 && wide.lo < core.lo - 2.5 * span) wide.lo = core.lo - 2.5 * span;
    wide = norni_span_pad(wide);
    r.y_lo = wide.lo;
    r.y_hi = wide.hi;
    return r;
}

static size_t y_tick_count(double h) {
    return (size_t)(h < 240 ? h / 34 : h / 44);
}

/* Shares are written as per cent. */
static void y_ticks(norni_ticks *t, const norni_facet_range *r, double h) {
    const double unit = r->percent && r->y_hi < percent_limit && r->y_lo > -percent_limit ? 100 : 1;
    norni_ticks_number(t, r->y_lo * unit, r->y_hi * unit, y_tick_count(h));
    for (size_t i = 0; i < t->n && unit > 1; i++) {
        const size_t n = strlen(t->tick[i].label);
        norni_format(t->tick[i].label + n, NORNI_TICK_TEXT - n, "%%");
    }
}

double norni_facet_gutter(const norni_facet_range *r, double h) {
    norni_ticks t;
    double widest = 0;
    y_ticks(&t, r, h);
    for (size_t i = 0; i < t.n; i++) {
        const double w = norni_svg_width(norni_str_of(t.tick[i].label), NORNI_TICK_SIZE);
        if (w > widest) widest = w;
    }
    return widest + 10;
}

/* From times and values to pixels of the panel's area. */
typedef struct scale {
    const norni_facet_range *r;
    double w, h;
    double per_time, per_value; /* px */
} scale;

static scale make_scale(const norni_facet_range *r, double w, double h) {
    const double span = (double)((uint64_t)r->t_hi - (uint64_t)r->t_lo);
    return (scale){r, w, h, (w - 2 * inset) / span, h / (r->y_hi - r->y_lo)};
}

/* t lies within the range: it was made from all times. */
static double x_of(const scale *s, int64_t t) {
    return inset + (double)((uint64_t)t - (uint64_t)s->r->t_lo) * s->per_time;
}

static double y_of(const scale *s, double v) {
    const double far = 1e6, y = (s->r->y_hi - norni_span_drawn(v)) * s->per_value;
    return y > far ? far : y < -far ? -far : y;
}

static void trace_series(norni_svg_trace *t, const scale *s, const int64_t *times, const double *y,
                         size_t n) {
    bool gap = false;
    t->thin = (double)n > 2 * s->w;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(y[i])) norni_svg_trace_add(t, x_of(s, times[i]), y_of(s, y[i]), gap);
        gap = !isfinite(y[i]);
    }
}

static void put_class_index(norni_buf *b, const char *head, size_t i) {
    norni_buf_format(b, "%s%zu", head, i);
}

/* `css` and the colour of the model, dashed where the colours begin again. */
static void open_path(norni_buf *out, const char *css, const size_t *colour) {
    norni_buf_text(out, "<path class=\"");
    norni_buf_text(out, css);
    if (colour != NULL) {
        put_class_index(out, " nc-c", *colour % NORNI_SVG_COLOURS);
        if (*colour >= NORNI_SVG_COLOURS)
            put_class_index(out, " nc-d", *colour / NORNI_SVG_COLOURS % 3);
    }
    norni_buf_text(out, "\" d=\"");
}

static bool ends_in_value(const norni_plot_facet *f) {
    return f->n > 0 && isfinite(f->y[f->n - 1]) && !f->dots;
}

/* A line of values (n), from the point `tip` on where one is given, and its lone points as dots. */
static void draw_line(norni_buf *out, const char *const *css, const size_t *colour, const scale *s,
                      const double *tip, const int64_t *times, const double *y, size_t n) {
    norni_buf dots;
    norni_buf_init(&dots, out->alloc);
    norni_svg_trace t = {.path.b = out, .dots.b = &dots};
    open_path(out, css[0], colour);
    if (tip != NULL) norni_svg_trace_add(&t, tip[0], tip[1], false);
    trace_series(&t, s, times, y, n);
    norni_svg_trace_end(&t);
    norni_buf_text(out, "\"/>\n");
    if (dots.n > 0) {
        open_path(out, css[1], colour);
        norni_buf_add(out, dots.p, dots.n);
        norni_buf_text(out, "\"/>\n");
    }
    if (dots.failed) out->failed = true;
    norni_buf_clear(&dots);
}

enum { DOT_ROWS = 512 };

/* A dot for each value; of those within one pixel the first. */
static void draw_dots(norni_buf *out, const norni_plot_facet *f, const scale *s) {
    uint64_t taken[DOT_ROWS / 64] = {0};
    norni_svg_path p = {.b = out};
    double column = -1;
    open_path(out, "nc-h nc-pt", NULL);
    for (size_t i = 0; i < f->n; i++) {
        if (!isfinite(f->y[i])) continue;
        const double x = x_of(s, f->times[i]), y = y_of(s, f->y[i]), row = floor(y);
        if (floor(x) != column) memset(taken, 0, sizeof taken);
        column = floor(x);
        if (row >= 0 && row < DOT_ROWS) {
            const size_t k = (size_t)row;
            if ((taken[k / 64] >> k % 64 & 1) != 0) continue;
            taken[k / 64] |= UINT64_C(1) << k % 64;
        }
        norni_svg_path_dot(&p, x, y);
    }
    norni_buf_text(out, "\"/>\n");
}

static void draw_history(norni_buf *out, const norni_plot_facet *f, const scale *s) {
    static const char *const css[2] = {"nc-h", "nc-h nc-dot"};
    if (f->dots) {
        draw_dots(out, f, s);
        return;
    }
    draw_line(out, css, NULL, s, NULL, f->times, f->y, f->n);
}

/* The line starts at the last observation, so that nobody looks for a missing step. */
static void draw_forecast(norni_buf *out, const norni_plot_facet *f, const norni_plot_line *line,
                          size_t colour, const scale *s) {
    static const char *const usual[2] = {"nc-f", "nc-f nc-dot"}, *const thin[2] = {"nc-f nc-thin",
                                                                                   "nc-f nc-dot"};
    const char *const *const css = f->dots && (double)f->n_future > s->w ? thin : usual;
    const bool joined = ends_in_value(f) && f->n_future > 0 && isfinite(line->y[0]);
    double tip[2] = {0, 0};
    if (joined) {
        tip[0] = x_of(s, f->times[f->n - 1]);
        tip[1] = y_of(s, f->y[f->n - 1]);
    }
    norni_buf_text(out, "<g><title>");
    norni_svg_fit(out, line->name, NORNI_TICK_SIZE, 600);
    norni_buf_text(out, "</title>");
    draw_line(out, css, &colour, s, joined ? tip : NULL, f->future_times, line->y, f->n_future);
    norni_buf_text(out, "</g>\n");
}

/* One edge of a band on its way to the path, cut at the panel's top and bottom. */
typedef struct edge {
    norni_svg_path path;
    double h;
    bool down;
    double last_x, last_y;
} edge;

static void edge_to(edge *e, double x, double y) {
    const double inside = y < 0 ? 0 : y > e->h ? e->h : y;
    if (!e->down) {
        norni_svg_path_move(&e->path, x, inside);
    } else {
        const double rise = y - e->last_y, limit[2] = {rise > 0 ? 0 : e->h, rise > 0 ? e->h : 0};
        for (size_t k = 0; k < 2; k++) { /* the limits in the order in which they are met */
            const double share = rise != 0 ? (limit[k] - e->last_y) / rise : 0;
            if (share > 0 && share < 1)
                norni_svg_path_line(&e->path, e->last_x + share * (x - e->last_x), limit[k]);
        }
        norni_svg_path_line(&e->path, x, inside);
    }
    e->down = true;
    e->last_x = x;
    e->last_y = y;
}

static bool band_has(const norni_plot_band *b, size_t i) {
    return isfinite(b->lo[i]) && isfinite(b->hi[i]);
}

/* The upper edge of [from, to) forwards, or the lower one backwards; of many points in a pixel
 * column the outermost. */
static void trace_edge(edge *e, const norni_plot_facet *f, const norni_plot_band *band,
                       const scale *s, const size_t run[2], bool upper) {
    const bool thin = (double)f->n_future > 2 * s->w;
    bool held = false;
    double px = 0, py = 0;
    for (size_t k = 0; k < run[1] - run[0]; k++) {
        const size_t i = upper ? run[0] + k : run[1] - 1 - k;
        const bool swapped = band->lo[i] > band->hi[i];
        const double x = x_of(s, f->future_times[i]);
        const double y = y_of(s, upper != swapped ? band->hi[i] : band->lo[i]);
        if (held && thin && (int)x == (int)px) {
            if (upper ? y < py : y > py) py = y;
            continue;
        }
        if (held) edge_to(e, px, py);
        px = x;
        py = y;
        held = true;
    }
    if (held) edge_to(e, px, py);
}

static void draw_band(norni_buf *out, const norni_plot_facet *f, const norni_plot_band *band,
                      const scale *s) {
    for (size_t from = 0; from < f->n_future;) {
        size_t to = from;
        while (to < f->n_future && band_has(band, to))
            to++;
        const size_t run[2] = {from, to};
        if (to > from) {
            edge e = {.path.b = out, .h = s->h};
            if (from == 0 && ends_in_value(f)) /* the last observation is known: the fan's tip */
                edge_to(&e, x_of(s, f->times[f->n - 1]), y_of(s, f->y[f->n - 1]));
            trace_edge(&e, f, band, s, run, true);
            trace_edge(&e, f, band, s, run, false);
            norni_svg_path_close(&e.path);
        }
        from = to + 1;
    }
}

/* The bands of one line, widest first, so that the narrower ones lie on top and add to the shade. */
static void draw_fan(norni_buf *out, const norni_plot_facet *f, const norni_plot_line *line,
                     size_t colour, double opacity, const scale *s) {
    size_t order[NORNI_PLOT_BANDS];
    for (size_t k = 0; k < line->n_bands; k++) {
        size_t at = k;
        for (; at > 0 && line->bands[order[at - 1]].level < line->bands[k].level; at--)
            order[at] = order[at - 1];
        order[at] = k;
    }
    for (size_t k = 0; k < line->n_bands; k++) {
        norni_buf_text(out, "<path class=\"nc-b");
        put_class_index(out, " nc-c", colour % NORNI_SVG_COLOURS);
        norni_buf_text(out, "\"");
        norni_svg_attr(out, "fill-opacity", opacity);
        norni_buf_text(out, " d=\"");
        draw_band(out, f, &line->bands[order[k]], s);
        norni_buf_text(out, "\"/>\n");
    }
}

size_t norni_key_colour(const norni_plot_key *key, norni_str name) {
    for (size_t i = 0; i < key->n_names; i++) {
        if (norni_str_cmp(key->name[i], name) == 0) return i;
    }
    return key->n_names;
}

static void draw_y_axis(norni_buf *out, const norni_facet_range *r, const scale *s) {
    norni_ticks t;
    y_ticks(&t, r, s->h);
    norni_svg_path grid = {.b = out};
    open_path(out, "nc-grid", NULL);
    for (size_t i = 0; i < t.n; i++) {
        const double y = (1 - t.tick[i].at) * s->h;
        norni_svg_path_move(&grid, 0, y);
        norni_svg_path_line(&grid, s->w, y);
    }
    norni_buf_text(out, "\"/>\n");
    for (size_t i = 0; i < t.n && !r->no_value; i++) {
        const norni_svg_label label = {
            "nc-t", NORNI_SVG_END, -8, (1 - t.tick[i].at) * s->h + 3.8, NORNI_TICK_SIZE, 0};
        norni_svg_put_label(out, &label, norni_str_of(t.tick[i].label));
    }
}

static void x_ticks(norni_ticks *t, const norni_facet_range *r, double px, bool is_index) {
    if (r->n_marks > 0) {
        t->n = 0;
        for (size_t i = 0; i < r->n_marks && t->n < NORNI_TICKS_MAX; i++) {
            const int64_t at = r->marks[i].time;
            if (at < r->t_lo || at > r->t_hi) continue;
            norni_tick *const tick = &t->tick[t->n++];
            *tick = (norni_tick){.time = at, .at = norni_axis_share(at, r->t_lo, r->t_hi)};
            norni_format(tick->label, sizeof tick->label, "%s", r->marks[i].label);
        }
        return;
    }
    if (is_index)
        norni_ticks_index(t, r->t_lo, r->t_hi, px, NORNI_TICK_SIZE);
    else
        norni_ticks_calendar(t, r->t_lo, r->t_hi, px, NORNI_TICK_SIZE);
}

double norni_facet_foot(const norni_facet_range *r, double w, bool is_index) {
    norni_ticks t;
    x_ticks(&t, r, w - 2 * inset, is_index);
    return t.n > 0 && t.tick[0].under[0] != '\0' ? 38 : 24;
}

static void draw_x_axis(norni_buf *out, const norni_facet_range *r, const norni_facet_box *box,
                        bool is_index) {
    norni_ticks t;
    const double px = box->w - 2 * inset;
    norni_svg_path axis = {.b = out};
    x_ticks(&t, r, px, is_index);
    norni_ticks_settle(&t, px, NORNI_TICK_SIZE, box->left + inset, box->right + inset);
    open_path(out, "nc-axis", NULL);
    norni_svg_path_move(&axis, 0, box->h);
    norni_svg_path_line(&axis, box->w, box->h);
    for (size_t i = 0; i < t.n && !r->no_time; i++) {
        norni_svg_path_move(&axis, inset + t.tick[i].at * px, box->h);
        norni_svg_path_line(&axis, inset + t.tick[i].at * px, box->h + 4);
    }
    norni_buf_text(out, "\"/>\n");
    for (size_t i = 0; i < t.n && !r->no_time; i++) {
        const norni_tick *tick = &t.tick[i];
        const norni_svg_label label = {"nc-t",      NORNI_SVG_MIDDLE, inset + tick->label_at,
                                       box->h + 17, NORNI_TICK_SIZE,  0};
        const norni_svg_label under = {"nc-t nc-u", NORNI_SVG_MIDDLE, inset + tick->under_at,
                                       box->h + 31, NORNI_TICK_SIZE,  0};
        norni_svg_put_label(out, &label, norni_str_of(tick->label));
        norni_svg_put_label(out, &under, norni_str_of(tick->under));
    }
}

/* The dashed line where what is known ends. */
static void draw_border(norni_buf *out, const norni_plot_facet *f, const scale *s) {
    if (f->n == 0 || f->n_future == 0 || f->n_lines == 0) return;
    const double x = x_of(s, f->times[f->n - 1]);
    norni_svg_path p = {.b = out};
    open_path(out, "nc-now", NULL);
    norni_svg_path_move(&p, x, 0);
    norni_svg_path_line(&p, x, s->h);
    norni_buf_text(out, "\"/>\n");
}

void norni_facet_draw(norni_buf *out, const norni_plot_facet *f, const norni_facet_range *r,
                      const norni_plot_key *key, const norni_facet_box *box, bool is_index) {
    const scale s = make_scale(r, box->w, box->h);
    norni_buf_text(out, "<g transform=\"translate(");
    norni_svg_num(out, box->x);
    norni_buf_text(out, " ");
    norni_svg_num(out, box->y);
    norni_buf_text(out, ")\"><title>");
    norni_svg_fit(out, f->title, NORNI_TICK_SIZE, 600);
    norni_buf_text(out, "</title>\n");
    draw_y_axis(out, r, &s);
    for (size_t i = 0; i < f->n_lines; i++)
        draw_fan(out, f, &f->lines[i], norni_key_colour(key, f->lines[i].name), key->opacity, &s);
    draw_x_axis(out, r, box, is_index);
    draw_border(out, f, &s);
    draw_history(out, f, &s);
    for (size_t i = 0; i < f->n_lines; i++)
        draw_forecast(out, f, &f->lines[i], norni_key_colour(key, f->lines[i].name), &s);
    if (box->titled) {
        const norni_svg_label title = {"nc-ft", NORNI_SVG_START,   -box->left, -12,
                                       13,      box->left + box->w};
        norni_svg_put_label(out, &title, f->title);
    }
    if (r->no_value) {
        const norni_svg_label none = {"nc-t", NORNI_SVG_MIDDLE, box->w / 2, box->h / 2, 11, 0};
        norni_svg_put_label(out, &none, norni_str_of("no values"));
    }
    norni_buf_text(out, "</g>\n");
}
