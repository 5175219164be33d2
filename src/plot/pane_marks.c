/* The layers of a panel as SVG: points, lines, steps, bands, boxes, segments and coloured cells. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "plot/pane_frame.h"
#include "plot/svg.h"

enum { CLOUD = 4000, FEW = 250, LEVELS = 12 }; /* points; shades of each sign */

static double kept(double v, double most) {
    return v < 0 ? 0 : v > most ? most : v;
}

static double kept_x(const norni_frame *f, double v) {
    return kept(norni_frame_x(f, v), f->w);
}

static double kept_y(const norni_frame *f, double v) {
    return kept(norni_frame_y(f, v), f->h);
}

static void open_line(norni_buf *b, const norni_layer *l, const char *more) {
    if (l->ink)
        norni_buf_text(b, "<path class=\"nc-h");
    else
        norni_buf_format(b, "<path class=\"nc-f nc-c%zu", l->colour % NORNI_SVG_COLOURS);
    norni_buf_text(b, l->dashed ? " nc-d1" : "");
    norni_buf_text(b, more);
    norni_buf_text(b, "\" d=\"");
}

static void put_fill(norni_buf *b, const norni_layer *l, const char *tag) {
    norni_buf_format(b, "<%s class=\"nc-b ", tag);
    if (l->ink)
        norni_buf_text(b, "nc-n\"");
    else
        norni_buf_format(b, "nc-c%zu\"", l->colour % NORNI_SVG_COLOURS);
    norni_svg_attr(b, "fill-opacity", l->opacity > 0 ? l->opacity : 0.75);
}

static void end_path(norni_buf *b) {
    norni_buf_text(b, "\"/>\n");
}

/* One point for each spot of the area; in a cloud spots are two px wide. */
static void draw_points(norni_buf *b, const norni_frame *f, const norni_layer *l) {
    const double spot = l->n > CLOUD ? 2 : 0.5;
    const size_t columns = (size_t)(f->w / spot) + 2, rows = (size_t)(f->h / spot) + 2;
    const size_t n_words = (columns * rows + 63) / 64;
    uint64_t *taken = norni_alloc_zero(b->alloc, n_words, sizeof *taken);
    norni_svg_path p = {.b = b};
    if (taken == NULL) {
        b->failed = true;
        return;
    }
    open_line(b, l, l->n <= FEW && !l->thick ? " nc-dot" : l->thick ? " nc-dot" : " nc-pt");
    for (size_t i = 0; i < l->n; i++) {
        if (!isfinite(l->x[i]) || !isfinite(l->y[i])) continue;
        const double x = norni_frame_x(f, l->x[i]), y = norni_frame_y(f, l->y[i]);
        if (x < -0.5 || x > f->w + 0.5 || y < -0.5 || y > f->h + 0.5) continue;
        const size_t at = (size_t)((y + 0.5) / spot) * columns + (size_t)((x + 0.5) / spot);
        if (at / 64 >= n_words || (taken[at / 64] >> at % 64 & 1) != 0) continue;
        taken[at / 64] |= UINT64_C(1) << at % 64;
        norni_svg_path_dot(&p, kept(x, f->w), kept(y, f->h));
    }
    end_path(b);
    norni_alloc_drop(b->alloc, taken, n_words, sizeof *taken);
}

static void draw_line(norni_buf *b, const norni_frame *f, const norni_layer *l) {
    const bool step = l->mark == NORNI_MARK_STEP;
    norni_buf dots;
    norni_buf_init(&dots, b->alloc);
    norni_svg_trace t = {.path.b = b, .dots.b = &dots, .thin = (double)l->n > 2 * f->w};
    bool gap = false;
    open_line(b, l, "");
    for (size_t i = 0; i < l->n; i++) {
        const bool there =
            isfinite(l->x[i]) && isfinite(l->y[i]) && (!step || isfinite(l->x[i + 1]));
        if (there) norni_svg_trace_add(&t, kept_x(f, l->x[i]), kept_y(f, l->y[i]), gap);
        if (there && step)
            norni_svg_trace_add(&t, kept_x(f, l->x[i + 1]), kept_y(f, l->y[i]), false);
        gap = !there;
    }
    norni_svg_trace_end(&t);
    end_path(b);
    if (dots.n > 0) {
        open_line(b, l, " nc-dot");
        norni_buf_add(b, dots.p, dots.n);
        end_path(b);
    }
    if (dots.failed) b->failed = true;
    norni_buf_clear(&dots);
}

/* Corner k of a band's edge: a step has two corners for each value. */
static void band_corner(const norni_layer *l, size_t k, bool upper, double *x, double *y) {
    const bool step = l->mark == NORNI_MARK_STEPBAND;
    const size_t i = step ? k / 2 : k;
    const double a = l->y[i], b = l->y2[i];
    *x = l->x[step ? (k + 1) / 2 : k];
    *y = upper == (a > b) ? a : b;
}

static bool band_there(const norni_layer *l, size_t k) {
    double x, y;
    band_corner(l, k, true, &x, &y);
    const size_t i = l->mark == NORNI_MARK_STEPBAND ? k / 2 : k;
    return isfinite(x) && isfinite(l->y[i]) && isfinite(l->y2[i]);
}

/* One edge of corners [from, to), forwards when upper; of many in a pixel column the outermost. */
static void draw_edge(norni_svg_path *p, const norni_frame *f, const norni_layer *l, size_t from,
                      size_t to, bool upper) {
    const bool thin = (double)l->n > f->w;
    double px = 0, py = 0;
    bool held = false, down = !upper;
    for (size_t j = 0; j < to - from; j++) {
        double vx, vy;
        band_corner(l, upper ? from + j : to - 1 - j, upper, &vx, &vy);
        const double x = kept_x(f, vx), y = kept_y(f, vy);
        if (held && thin && (int)x == (int)px) {
            if (upper ? y < py : y > py) py = y;
            continue;
        }
        if (held && down)
            norni_svg_path_line(p, px, py);
        else if (held)
            norni_svg_path_move(p, px, py);
        down = down || held;
        px = x;
        py = y;
        held = true;
    }
    if (down)
        norni_svg_path_line(p, px, py);
    else
        norni_svg_path_move(p, px, py);
}

static void draw_band(norni_buf *b, const norni_frame *f, const norni_layer *l) {
    const size_t n = l->mark == NORNI_MARK_STEPBAND ? 2 * l->n : l->n;
    norni_svg_path p = {.b = b};
    put_fill(b, l, "path");
    norni_buf_text(b, " d=\"");
    for (size_t from = 0; from < n;) {
        size_t to = from;
        while (to < n && band_there(l, to))
            to++;
        if (to > from + 1) {
            draw_edge(&p, f, l, from, to, true);
            draw_edge(&p, f, l, from, to, false);
            norni_svg_path_close(&p);
        }
        from = to + 1;
    }
    end_path(b);
}

static void put_box(norni_svg_path *p, double x0, double y0, double x1, double y1) {
    norni_svg_path_move(p, x0, y0);
    norni_svg_path_line(p, x1, y0);
    norni_svg_path_line(p, x1, y1);
    norni_svg_path_line(p, x0, y1);
    norni_svg_path_close(p);
}

static bool pair_there(const norni_layer *l, size_t i) {
    return isfinite(l->x[i]) && isfinite(l->y[i]) && isfinite(l->x2[i]) && isfinite(l->y2[i]);
}

static void draw_boxes(norni_buf *b, const norni_frame *f, const norni_layer *l) {
    norni_svg_path p = {.b = b};
    put_fill(b, l, "path");
    norni_buf_text(b, " d=\"");
    for (size_t i = 0; i < l->n; i++) {
        if (!pair_there(l, i)) continue;
        put_box(&p, kept_x(f, l->x[i]), kept_y(f, l->y[i]), kept_x(f, l->x2[i]),
                kept_y(f, l->y2[i]));
    }
    end_path(b);
}

static void draw_segments(norni_buf *b, const norni_frame *f, const norni_layer *l) {
    norni_svg_path p = {.b = b};
    open_line(b, l, "");
    for (size_t i = 0; i < l->n; i++) {
        if (!pair_there(l, i)) continue;
        norni_svg_path_move(&p, kept_x(f, l->x[i]), kept_y(f, l->y[i]));
        norni_svg_path_line(&p, kept_x(f, l->x2[i]), kept_y(f, l->y2[i]));
    }
    end_path(b);
}

double norni_marks_cell_most(const norni_layer *l) {
    double most = l->most;
    for (size_t i = 0; i < l->rows * l->columns && !(l->most > 0); i++) {
        if (isfinite(l->value[i]) && fabs(l->value[i]) > most) most = fabs(l->value[i]);
    }
    return most;
}

enum { NO_SHADE = LEVELS + 1 };

/* -LEVELS .. LEVELS, or NO_SHADE where there is no value. */
static int shade_of(double v, double most) {
    if (!isfinite(v)) return NO_SHADE;
    if (!(most > 0)) return 0;
    const double share = v / most;
    const double level = floor((share < 0 ? -share : share) * LEVELS + 0.5);
    const int whole = level > LEVELS ? LEVELS : (int)level;
    return share < 0 ? -whole : whole;
}

/* Under labels the shades are paler, so that the text's colour stays legible on all of them. */
static void open_shade(norni_buf *b, int shade, bool labelled) {
    const double full = labelled ? 0.55 : 0.92;
    const norni_layer l = {
        .colour = shade > 0 ? 5 : 0,
        .ink = shade == NO_SHADE,
        .opacity = shade == NO_SHADE ? 0.18 : full * (shade < 0 ? -shade : shade) / (double)LEVELS};
    put_fill(b, &l, "path");
    norni_buf_text(b, " d=\"");
}

static void draw_shade(norni_buf *b, const norni_frame *f, const norni_layer *l, double most,
                       int shade) {
    norni_svg_path p = {.b = b};
    bool opened = false;
    for (size_t r = 0; r < l->rows; r++) {
        const double *row = l->value + r * l->columns;
        for (size_t c = 0; c < l->columns; c++) {
            if (shade_of(row[c], most) != shade) continue;
            size_t end = c + 1;
            while (end < l->columns && shade_of(row[end], most) == shade)
                end++;
            if (!opened) open_shade(b, shade, l->label != NULL);
            opened = true;
            put_box(&p, kept_x(f, l->x[c]), kept_y(f, l->y[r]), kept_x(f, l->x[end]),
                    kept_y(f, l->y[r + 1]));
            c = end - 1;
        }
    }
    if (opened) end_path(b);
}

/* What fits into its cell. */
static void label_cells(norni_buf *b, const norni_frame *f, const norni_layer *l) {
    for (size_t r = 0; r < l->rows; r++) {
        const double y0 = kept_y(f, l->y[r]), y1 = kept_y(f, l->y[r + 1]);
        if (fabs(y1 - y0) < NORNI_PANE_TICK + 2) continue;
        for (size_t c = 0; c < l->columns; c++) {
            const norni_str text = l->label[r * l->columns + c];
            const double x0 = kept_x(f, l->x[c]), x1 = kept_x(f, l->x[c + 1]);
            const norni_svg_label label = {
                "nc-k", NORNI_SVG_MIDDLE, (x0 + x1) / 2, (y0 + y1) / 2 + 3.8, NORNI_PANE_TICK, 0};
            if (norni_svg_width(text, NORNI_PANE_TICK) + 4 < fabs(x1 - x0))
                norni_svg_put_label(b, &label, text);
        }
    }
}

static void draw_cells(norni_buf *b, const norni_frame *f, const norni_layer *l) {
    const double most = norni_marks_cell_most(l);
    for (int shade = -LEVELS; shade <= NO_SHADE; shade++) {
        if (shade != 0) draw_shade(b, f, l, most, shade);
    }
    if (l->label != NULL) label_cells(b, f, l);
}

void norni_marks_draw(norni_buf *b, const norni_frame *f, const norni_layer *l) {
    if (l->n == 0) return;
    switch (l->mark) {
        case NORNI_MARK_POINTS: draw_points(b, f, l); return;
        case NORNI_MARK_LINE:
        case NORNI_MARK_STEP: draw_line(b, f, l); return;
        case NORNI_MARK_BAND:
        case NORNI_MARK_STEPBAND: draw_band(b, f, l); return;
        case NORNI_MARK_BOXES: draw_boxes(b, f, l); return;
        case NORNI_MARK_SEGMENTS: draw_segments(b, f, l); return;
        case NORNI_MARK_CELLS: draw_cells(b, f, l); return;
    }
}

void norni_marks_swatch(norni_buf *b, const norni_layer *l, double x, double y, double w) {
    norni_svg_path p = {.b = b};
    if (l->mark == NORNI_MARK_BAND || l->mark == NORNI_MARK_STEPBAND ||
        l->mark == NORNI_MARK_BOXES) {
        put_fill(b, l, "rect");
        norni_svg_attr(b, "x", x);
        norni_svg_attr(b, "y", y - 6);
        norni_svg_attr(b, "width", w);
        norni_buf_text(b, " height=\"12\" rx=\"2\"/>\n");
        return;
    }
    const bool dot = l->mark == NORNI_MARK_POINTS;
    open_line(b, l, dot ? " nc-dot" : "");
    if (dot) {
        norni_svg_path_dot(&p, x + w / 2, y);
    } else {
        norni_svg_path_move(&p, x + 1, y);
        norni_svg_path_line(&p, x + w - 1, y);
    }
    end_path(b);
}

void norni_marks_cell_key(norni_buf *b, const norni_layer *cells, double x, double y) {
    const double most = norni_marks_cell_most(cells), w = 3;
    char hi[NORNI_TICK_TEXT], lo[NORNI_TICK_TEXT];
    norni_axis_value(hi, norni_axis_round(most, 3));
    norni_axis_value(lo, -norni_axis_round(most, 3));
    const double room = norni_svg_width(norni_str_of(hi), NORNI_PANE_TICK);
    const double left = x - room - 5 - w * (2 * LEVELS);
    for (int shade = -LEVELS; shade < LEVELS; shade++) {
        norni_svg_path p = {.b = b};
        const double at = left + (shade + LEVELS) * w;
        open_shade(b, shade < 0 ? shade : shade + 1, cells->label != NULL);
        put_box(&p, at, y - 9, at + w, y);
        end_path(b);
    }
    const norni_svg_label high = {"nc-t", NORNI_SVG_END, x, y, NORNI_PANE_TICK, 0};
    const norni_svg_label low = {"nc-t", NORNI_SVG_END, left - 5, y, NORNI_PANE_TICK, 0};
    norni_svg_put_label(b, &high, norni_str_of(hi));
    norni_svg_put_label(b, &low, norni_str_of(lo));
}
