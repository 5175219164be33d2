/* Charts that are not over time as one SVG document: where each panel stands, and the legend. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/pane.h"

#include <math.h>

#include "plot/pane_frame.h"
#include "plot/svg.h"

static const double margin = 28, gap = 28, beside = 10; /* around, between, right of panels, px */
static const double title_room = 26, note_room = 16;    /* above a panel's area */
enum { DESCRIBED = 24, SWATCH = 24, LEGEND_SIZE = 12, LEGEND_ROW = 22, KEY_MOST = 24 };

/* Named layers, each name once. */
typedef struct sheet_key {
    const norni_layer *layer[KEY_MOST];
    size_t n;
} sheet_key;

typedef struct grid {
    double width, height, legend_y, top, row_height, head, foot, foot_y;
    double column, panel_h;
    size_t columns, rows;
} grid;

static bool same_name(norni_str a, norni_str b) {
    return norni_str_cmp(a, b) == 0;
}

static sheet_key key_of(const norni_pane_sheet *s) {
    sheet_key key = {.n = 0};
    for (size_t i = 0; i < s->n_panels; i++) {
        for (size_t k = 0; k < s->panel[i].n_layers; k++) {
            const norni_layer *l = &s->panel[i].layer[k];
            bool known = l->name.n == 0 || l->n == 0;
            for (size_t j = 0; j < key.n && !known; j++)
                known = same_name(key.layer[j]->name, l->name);
            if (!known && key.n < KEY_MOST) key.layer[key.n++] = l;
        }
    }
    return key;
}

/* Without a buffer it only measures; returns where it ends. */
static double put_key(norni_buf *b, const sheet_key *key, double y, double width) {
    const double right = width - margin, most = right - margin - SWATCH - 8;
    double x = margin;
    if (key->n == 0) return y;
    y += LEGEND_ROW / 2.0;
    for (size_t i = 0; i < key->n; i++) {
        double w = norni_svg_width(key->layer[i]->name, LEGEND_SIZE) + 1;
        if (w > most) w = most;
        if (x > margin && x + SWATCH + 8 + w > right) {
            x = margin;
            y += LEGEND_ROW;
        }
        const norni_svg_label label = {"nc-l", NORNI_SVG_START, x + SWATCH + 8,
                                       y + 4,  LEGEND_SIZE,     w};
        if (b != NULL) {
            norni_marks_swatch(b, key->layer[i], x, y, SWATCH);
            norni_svg_put_label(b, &label, key->layer[i]->name);
        }
        x += SWATCH + 8 + w + 22;
    }
    return y + LEGEND_ROW / 2.0 + 6;
}

static double bounded(double x, double lo, double hi) {
    return x < lo ? lo : x > hi ? hi : x;
}

static bool is_heat(const norni_pane *p) {
    return p->n_layers > 0 && p->layer[0].mark == NORNI_MARK_CELLS;
}

/* Words stand between its title and its area. */
static bool is_noted(const norni_pane *p) {
    return p->note.n > 0 || p->y.label.n > 0 || is_heat(p);
}

static grid grid_of(const norni_pane_sheet *s, const sheet_key *key, const norni_frame *f) {
    grid g = {.width = s->width == 0 ? 960 : bounded(s->width, 320, 4096)};
    const size_t most = g.width < 480 ? 1 : g.width < 720 ? 2 : 3, n = s->n_panels;
    bool noted = false;
    g.columns = n == 2 || n == 4 ? 2 : n < 3 ? n : 3;
    if (s->columns > 0) g.columns = s->columns;
    if (g.columns > most && (g.width < 720 || s->columns == 0)) g.columns = most;
    g.rows = (n + g.columns - 1) / g.columns;
    g.column = (g.width - 2 * margin - gap * (double)(g.columns - 1)) / (double)g.columns;
    g.panel_h = s->height > 0 ? bounded(s->height, 60, 4000)
                              : floor(bounded((g.columns == 1 ? 0.42 : 0.68) * g.column, 140, 480));
    for (size_t i = 0; i < n; i++) {
        const double foot = norni_frame_foot(&f[i]);
        if (foot > g.foot) g.foot = foot;
        noted = noted || is_noted(&s->panel[i]);
    }
    g.legend_y = s->title.n > 0 ? margin + 30 : margin - 8;
    g.top = put_key(NULL, key, g.legend_y, g.width) + 6;
    g.head = title_room + (noted ? note_room : 0);
    g.row_height = g.head + g.panel_h + g.foot + 16;
    g.foot_y = g.top + (double)g.rows * g.row_height - 6;
    g.height = ceil(g.foot_y + (s->below.n > 0 ? 20 : 0) + (s->n_more > 0 ? 20 : 0) + 10);
    return g;
}

/* Px left of panel i: those with numbers of one column of panels are aligned. */
static double gutter_of(const norni_pane_sheet *s, const grid *g, const norni_frame *f, size_t i) {
    const double most = 0.46 * g->column;
    double widest = norni_frame_gutter(&f[i], g->panel_h, most);
    if (s->panel[i].y.scale == NORNI_SCALE_NAMES) return widest;
    for (size_t k = i % g->columns; k < s->n_panels; k += g->columns) {
        if (s->panel[k].y.scale == NORNI_SCALE_NAMES) continue;
        const double w = norni_frame_gutter(&f[k], g->panel_h, most);
        if (w > widest) widest = w;
    }
    return widest;
}

/* Title, and below it what the y axis is of and the note. */
static void put_panel_words(norni_buf *b, const norni_pane *p, const norni_frame *f,
                            bool row_noted) {
    const bool heat = is_heat(p);
    const double all = f->left + f->w, note_w = norni_svg_width(p->note, NORNI_PANE_TICK) + 1;
    const double note_room_px = heat ? 160 : note_w > 0.72 * all ? 0.72 * all : note_w;
    const double label_room = all - (p->note.n > 0 || heat ? note_room_px + 10 : 0);
    const norni_svg_label title = {
        "nc-ft", NORNI_SVG_START, -f->left, row_noted ? -10 - note_room : -10, 13, all};
    const norni_svg_label label = {"nc-t", NORNI_SVG_START, -f->left,
                                   -9,     NORNI_PANE_TICK, label_room};
    const norni_svg_label note = {"nc-t", NORNI_SVG_END, f->w, -9, NORNI_PANE_TICK, note_room_px};
    norni_svg_put_label(b, &title, p->title);
    if (label_room > 20) norni_svg_put_label(b, &label, p->y.label);
    if (heat)
        norni_marks_cell_key(b, &p->layer[0], f->w, -9);
    else
        norni_svg_put_label(b, &note, p->note);
}

/* Titles of one row stand at one height. */
static bool row_noted(const norni_pane_sheet *s, const grid *g, size_t row) {
    bool noted = false;
    for (size_t i = row * g->columns; i < (row + 1) * g->columns && i < s->n_panels; i++)
        noted = noted || is_noted(&s->panel[i]);
    return noted;
}

static void put_panels(norni_buf *b, const norni_pane_sheet *s, const grid *g, norni_frame *f) {
    for (size_t i = 0; i < s->n_panels; i++) {
        const double column = (double)(i % g->columns), row = (double)(i / g->columns);
        const double gutter = gutter_of(s, g, f, i);
        f[i].w = g->column - gutter - beside;
        f[i].h = g->panel_h;
        f[i].left = gutter;
        f[i].right = beside + gap / 2 - 4;
        norni_buf_text(b, "<g transform=\"translate(");
        norni_svg_num(b, margin + column * (g->column + gap) + gutter);
        norni_buf_text(b, " ");
        norni_svg_num(b, g->top + row * g->row_height + g->head);
        norni_buf_text(b, ")\"><title>");
        norni_svg_fit(b, s->panel[i].title, NORNI_PANE_TICK, 600);
        norni_buf_text(b, "</title>\n");
        put_panel_words(b, &s->panel[i], &f[i], row_noted(s, g, i / g->columns));
        norni_frame_draw(b, &f[i]);
        for (size_t k = 0; k < s->panel[i].n_layers; k++)
            norni_marks_draw(b, &f[i], &s->panel[i].layer[k]);
        norni_buf_text(b, "</g>\n");
    }
}

static void describe_sheet(norni_buf *b, const norni_pane_sheet *s) {
    if (s->description.n > 0) {
        norni_buf_add(b, s->description.p, s->description.n);
        return;
    }
    norni_buf_format(b, "%zu %s", s->n_panels, s->n_panels == 1 ? "panel:" : "panels:");
    for (size_t i = 0; i < s->n_panels && i < DESCRIBED; i++) {
        const norni_pane *p = &s->panel[i];
        norni_buf_text(b, i > 0 ? "; " : " ");
        norni_buf_add(b, p->title.p, p->title.n);
        if (p->note.n == 0) continue;
        norni_buf_text(b, " (");
        norni_buf_add(b, p->note.p, p->note.n);
        norni_buf_text(b, ")");
    }
    const size_t more = s->n_more + (s->n_panels > DESCRIBED ? s->n_panels - DESCRIBED : 0);
    if (more > 0) norni_buf_format(b, "; and %zu more", more);
    norni_buf_text(b, ".");
}

static void put_sheet_words(norni_buf *b, const norni_pane_sheet *s, const grid *g) {
    const double room = g->width - 2 * margin;
    const norni_svg_label title = {"nc-title", NORNI_SVG_START, margin, margin + 16, 19, room};
    const norni_svg_label below = {"nc-l",         NORNI_SVG_START, margin,
                                   g->foot_y + 14, LEGEND_SIZE,     room};
    const norni_svg_label more = {"nc-l",      NORNI_SVG_START,
                                  margin,      g->foot_y + 14 + (s->below.n > 0 ? 20 : 0),
                                  LEGEND_SIZE, 0};
    norni_svg_put_label(b, &title, s->title);
    norni_svg_put_label(b, &below, s->below);
    if (s->n_more == 0) return;
    char text[64];
    norni_format(text, sizeof text, "and %zu more, not shown", s->n_more);
    norni_svg_put_label(b, &more, norni_str_of(text));
}

static norn_status check_layer(const norni_layer *l, size_t panel, size_t at, norn_err *err) {
    const bool pairs = l->mark == NORNI_MARK_BOXES || l->mark == NORNI_MARK_SEGMENTS;
    const bool band = l->mark == NORNI_MARK_BAND || l->mark == NORNI_MARK_STEPBAND;
    const bool cells = l->mark == NORNI_MARK_CELLS;
    if (l->n > 0 && (l->x == NULL || l->y == NULL || (pairs && l->x2 == NULL) ||
                     ((pairs || band) && l->y2 == NULL) || (cells && l->value == NULL)))
        return norn_fail(err, NORN_E_ARG, "chart: layer %zu of panel %zu lacks an array", at,
                         panel);
    if (cells && l->n != l->rows * l->columns)
        return norn_fail(err, NORN_E_ARG, "chart: panel %zu has %zu cells, but %zu rows of %zu",
                         panel, l->n, l->rows, l->columns);
    return NORN_OK;
}

static norn_status check_sheet(const norni_buf *out, const norni_pane_sheet *s, norn_err *err) {
    if (out == NULL || s == NULL || s->panel == NULL || s->n_panels == 0)
        return norn_fail(err, NORN_E_ARG, "chart: no panel given, at least one is needed");
    if (s->width < 0)
        return norn_fail(err, NORN_E_ARG, "chart: width=%d is negative", (int)s->width);
    for (size_t i = 0; i < s->n_panels; i++) {
        for (size_t k = 0; k < s->panel[i].n_layers; k++)
            NORN_TRY(check_layer(&s->panel[i].layer[k], i, k, err));
    }
    return NORN_OK;
}

norn_status norni_plot_panes(norni_buf *out, const norni_pane_sheet *s, norn_err *err) {
    NORN_TRY(check_sheet(out, s, err));
    const size_t start = out->n, n = s->n_panels;
    norni_frame *f = norni_alloc_get(out->alloc, n, sizeof *f);
    if (f == NULL) return norni_alloc_fail(err, "chart", n, sizeof *f);
    for (size_t i = 0; i < n; i++)
        f[i] = norni_frame_of(&s->panel[i]);
    const sheet_key key = key_of(s);
    const grid g = grid_of(s, &key, f);
    norni_buf words;
    norni_buf_init(&words, out->alloc);
    describe_sheet(&words, s);
    norni_svg_put_head(out, s->title.n > 0 ? s->title : s->panel[0].title,
                       (norni_str){words.p, words.n}, g.width, g.height);
    put_sheet_words(out, s, &g);
    (void)put_key(out, &key, g.legend_y, g.width);
    put_panels(out, s, &g, f);
    norni_buf_text(out, "</svg>\n");
    if (words.failed) out->failed = true;
    norni_buf_clear(&words);
    norni_alloc_drop(out->alloc, f, n, sizeof *f);
    if (!out->failed) return NORN_OK;
    const size_t wanted = out->n;
    out->n = start;
    return norni_alloc_fail(err, "chart", wanted, 1);
}
