/* Curves of a search's HTML page: equity and drawdown of the best configuration, and its splits as bars. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "plot/pane_kinds.h"
#include "portfolio/portfolio_html_parts.h"

enum { WIDTH = 1000, HEIGHT = 210, SPLITS = 40, LAYERS = 6 };

static norn_status fail(const norni_port_page *p, size_t n) {
    return norni_alloc_fail(p->err, "portfolio report", n, sizeof(double));
}

/* Under water, per cent: value over the highest so far, less 1. */
static void put_water(const double *v, size_t n, double *out) {
    double peak = 0;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(v[i]) && v[i] > peak) peak = v[i];
        out[i] = isfinite(v[i]) && peak > 0 ? 100 * (v[i] / peak - 1) : NORNI_NAN;
    }
}

/* Curves over bars of up to two simulations, the second of which begins at `cut`. */
typedef struct curves {
    size_t n, cut;
    double *x, *best, *held;               /* (n); held NULL: there is none */
    double *best_water, *held_water, *nil; /* (n) */
    double shade[4];                       /* the test: x, y, x2, y2; x = x2: none */
} curves;

static norn_status get_curves(const norni_port_page *p, size_t n, bool held, curves *c) {
    *c = (curves){.n = n};
    c->x = norni_arena_zero(p->arena, n, 6 * sizeof *c->x);
    if (c->x == NULL) return fail(p, 6 * n);
    c->best = c->x + n;
    c->best_water = c->x + 2 * n;
    c->nil = c->x + 3 * n;
    c->held = held ? c->x + 4 * n : NULL;
    c->held_water = held ? c->x + 5 * n : NULL;
    return NORN_OK;
}

typedef struct layers {
    norni_layer layer[LAYERS];
    size_t n;
} layers;

static void add_shade(layers *l, const double shade[4]) {
    if (!(shade[2] > shade[0])) return;
    l->layer[l->n++] = (norni_layer){.mark = NORNI_MARK_BOXES,
                                     .name = norni_str_of("Test window"),
                                     .ink = true,
                                     .opacity = 0.12,
                                     .open = true,
                                     .n = 1,
                                     .x = &shade[0],
                                     .y = &shade[1],
                                     .x2 = &shade[2],
                                     .y2 = &shade[3]};
}

/* A line for each simulation, under one name. */
static void add_lines(layers *l, const curves *c, const char *name, size_t colour, bool dashed,
                      const double *y) {
    for (size_t part = 0; part < 2; part++) {
        const size_t from = part == 0 ? 0 : c->cut, end = part == 0 ? c->cut : c->n;
        if (end > from)
            l->layer[l->n++] = (norni_layer){.mark = NORNI_MARK_LINE,
                                             .name = norni_str_of(name),
                                             .colour = colour,
                                             .dashed = dashed,
                                             .n = end - from,
                                             .x = c->x + from,
                                             .y = y + from};
    }
}

static void put_way(norni_buf *w, const char *name, const double *v, const double *water,
                    size_t from, size_t n) {
    char a[NORNI_PORT_WORD], z[NORNI_PORT_WORD];
    double deepest = 0;
    for (size_t i = from; i < n; i++)
        if (water[i] < deepest) deepest = water[i];
    norni_buf_format(w, "; %s from %s to %s", name, norni_port_fixed(v[from], 2, a),
                     norni_port_fixed(v[n - 1], 2, z));
    norni_buf_format(w, ", at most %s below its highest value",
                     norni_port_percent(-deepest / 100, a));
}

/* What the curves show, for who cannot see them: of two simulations the second. */
static norn_status describe(const norni_port_page *p, const curves *c, const char *title,
                            norni_str *out) {
    norni_buf *w = norni_port_doc_words(p->d);
    const size_t from = c->cut < c->n ? c->cut : 0;
    norni_buf_format(w, "%s: equity curves above, drawdowns below", title);
    if (from > 0) norni_buf_text(w, "; of the test window");
    put_way(w, "best configuration", c->best, c->best_water, from, c->n);
    if (c->held != NULL) put_way(w, "buy and hold", c->held, c->held_water, from, c->n);
    norni_buf_text(w, ".");
    return norni_port_html_keep(p, w, out);
}

/* Equity above, drawdown below. */
static norn_status put_curves(const norni_port_page *p, const curves *c, norni_scale scale,
                              const char *title, const char *note) {
    const norni_pane_axis x = {.label = norni_str_of(scale == NORNI_SCALE_WHOLE ? "Bar" : ""),
                               .scale = scale};
    layers above = {.n = 0}, below = {.n = 0};
    add_shade(&above, c->shade);
    add_shade(&below, c->shade);
    if (c->held != NULL) add_lines(&above, c, "Buy and hold", 5, true, c->held);
    add_lines(&above, c, "Best configuration", 0, false, c->best);
    below.layer[below.n++] = (norni_layer){.mark = NORNI_MARK_BAND,
                                           .opacity = 0.25,
                                           .n = c->n,
                                           .x = c->x,
                                           .y = c->best_water,
                                           .y2 = c->nil};
    if (c->held != NULL) add_lines(&below, c, "Buy and hold", 5, true, c->held_water);
    add_lines(&below, c, "Best configuration", 0, false, c->best_water);
    const norni_pane panel[2] = {
        {.title = norni_str_of("Value of the portfolio"),
         .note = norni_str_of(note),
         .x = x,
         .layer = above.layer,
         .n_layers = above.n},
        {.title = norni_str_of("Drawdown: how far below its highest value, %"),
         .x = x,
         .layer = below.layer,
         .n_layers = below.n}};
    norni_str words;
    NORN_TRY(describe(p, c, title, &words));
    const norni_pane_sheet sheet = {.title = norni_str_of(title),
                                    .description = words,
                                    .panel = panel,
                                    .n_panels = 2,
                                    .columns = 1,
                                    .height = HEIGHT,
                                    .width = WIDTH};
    return norni_port_html_sheet(p, &sheet);
}

static bool has_bars(const norni_port_page *p, const norni_port_path *path, size_t first) {
    return path->n > 0 && path->equity != NULL && path->buyhold != NULL &&
           first + path->n <= p->r->prices->n_bars;
}

/* One path into the curves from `at` on. */
static void put_path(const norni_port_page *p, const norni_port_path *path, size_t first, curves *c,
                     size_t at) {
    for (size_t i = 0; i < path->n; i++) {
        c->x[at + i] = (double)p->r->prices->time[first + i];
        c->best[at + i] = path->equity[i];
        c->held[at + i] = path->buyhold[i];
    }
    put_water(path->equity, path->n, c->best_water + at);
    put_water(path->buyhold, path->n, c->held_water + at);
}

norn_status norni_port_html_last(const norni_port_page *p) {
    const norni_port_result *r = p->r;
    const norni_port_path *in = &r->train_path, *out = &r->test_path;
    curves c;
    if (r->n_splits == 0) return NORN_OK;
    const norni_port_split *s = &r->split[r->n_splits - 1];
    if (!has_bars(p, out, s->test_first)) return NORN_OK;
    const size_t before = has_bars(p, in, s->train_first) ? in->n : 0;
    NORN_TRY(get_curves(p, before + out->n, true, &c));
    if (before > 0) put_path(p, in, s->train_first, &c, 0);
    put_path(p, out, s->test_first, &c, before);
    c.cut = before;
    c.shade[0] = c.x[before];
    c.shade[1] = -1e300;
    c.shade[2] = c.x[c.n - 1];
    c.shade[3] = 1e300;
    return put_curves(p, &c, NORNI_SCALE_CALENDAR, "The last split: train, then test",
                      "each from fresh capital");
}

/* From `value` on by the returns. */
static void put_growth(double value, const double *returns, size_t n, double *out) {
    out[0] = value;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(returns[i])) value *= 1 + returns[i];
        out[i + 1] = value;
    }
}

norn_status norni_port_html_stitched(const norni_port_page *p) {
    const norni_port_result *r = p->r;
    const double capital = norni_port_first(r)->config.rule.capital;
    const norni_scale scale = r->oos_time != NULL ? NORNI_SCALE_CALENDAR : NORNI_SCALE_WHOLE;
    curves c;
    if (r->n_oos == 0 || r->oos_returns == NULL) return NORN_OK;
    NORN_TRY(get_curves(p, r->n_oos + 1, r->oos_buyhold != NULL, &c));
    for (size_t i = 0; i < c.n; i++)
        c.x[i] = r->oos_time != NULL ? (double)r->oos_time[i] : (double)i;
    put_growth(capital, r->oos_returns, r->n_oos, c.best);
    put_water(c.best, c.n, c.best_water);
    if (c.held != NULL) {
        put_growth(capital, r->oos_buyhold, r->n_oos, c.held);
        put_water(c.held, c.n, c.held_water);
    }
    return put_curves(p, &c, scale, "All tests, one after the other",
                      "gains of a test are carried into the next");
}

norn_status norni_port_html_splits(const norni_port_page *p) {
    static const norni_str group[2] = {{"Train", 5}, {"Test", 4}};
    const norni_port_best *b = norni_port_first(p->r);
    const size_t n = b->row.n_splits < SPLITS ? b->row.n_splits : SPLITS;
    char text[NORNI_PORT_WORD];
    if (n == 0 || b->train == NULL || b->test == NULL) return NORN_OK;
    norni_str *name = norni_arena_get(p->arena, n, sizeof *name);
    double *v = norni_arena_get(p->arena, 2 * n, sizeof *v);
    if (!name || !v) return fail(p, 2 * n);
    for (size_t i = 0; i < n; i++) {
        (void)norni_format(text, sizeof text, "Split %zu", i + 1);
        name[i] = (norni_str){norni_arena_text(p->arena, text, strlen(text)), strlen(text)};
        if (name[i].p == NULL) return fail(p, 1);
        v[i] = 100 * (b->train[i].total_return - b->train[i].buyhold_return);
        v[n + i] = 100 * (b->test[i].total_return - b->test[i].buyhold_return);
    }
    norni_pane pane = {.title = norni_str_of("Outperformance in each window, %")};
    NORN_TRY(norni_pane_groups(p->arena, &pane, name, n, group, v, 2, p->err));
    const norni_pane_sheet sheet = {.title = norni_str_of("The best configuration, split by split"),
                                    .panel = &pane,
                                    .n_panels = 1,
                                    .height = 200,
                                    .width = n > 8 ? WIDTH : 620};
    return norni_port_html_sheet(p, &sheet);
}
