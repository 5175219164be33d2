/* One panel's frame: its ranges and rooms, values to pixels, its axes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/pane_frame.h"

#include <math.h>

#include "plot/svg.h"

static const double name_room = 13; /* px that a name beside the y axis needs */
static const double calendar_limit = 9.2e18;

static void widen_by_layer(norni_frame *f, const norni_layer *l) {
    const bool cells = l->mark == NORNI_MARK_CELLS;
    const bool edges = l->mark == NORNI_MARK_STEP || l->mark == NORNI_MARK_STEPBAND;
    norni_span_widen(&f->x, l->x, cells ? l->columns + 1 : edges ? l->n + 1 : l->n);
    norni_span_widen(&f->y, l->y, cells ? l->rows + 1 : l->n);
    if (l->x2 != NULL) norni_span_widen(&f->x, l->x2, l->n);
    if (l->y2 != NULL) norni_span_widen(&f->y, l->y2, l->n);
}

/* Whether norni_ticks_number can serve it. */
static bool is_wide(norni_span s) {
    const double larger = fabs(s.lo) > fabs(s.hi) ? fabs(s.lo) : fabs(s.hi), span = s.hi - s.lo;
    return isfinite(span) && span >= 1e-300 && span >= 1e-10 * larger;
}

static norni_span settle(const norni_pane_axis *axis, norni_span of_layers) {
    const norni_span given = {axis->lo, axis->hi};
    if (axis->scale == NORNI_SCALE_NAMES)
        return (norni_span){0, axis->n_names > 0 ? (double)axis->n_names : 1};
    if (given.lo < given.hi && is_wide(given)) return given;
    if (!(of_layers.lo <= of_layers.hi)) of_layers = (norni_span){0, 0};
    of_layers = (norni_span){norni_span_drawn(of_layers.lo), norni_span_drawn(of_layers.hi)};
    if (axis->scale == NORNI_SCALE_CALENDAR) {
        const double day = 86400e6, pad = 0.02 * (of_layers.hi - of_layers.lo) + 1;
        const double room = of_layers.hi > of_layers.lo ? pad : day;
        const double lo = of_layers.lo - room, hi = of_layers.hi + room;
        return (norni_span){lo < -calendar_limit ? -calendar_limit : lo,
                            hi > calendar_limit ? calendar_limit : hi};
    }
    return axis->tight && is_wide(of_layers) ? of_layers : norni_span_pad(of_layers);
}

norni_frame norni_frame_of(const norni_pane *p) {
    norni_frame f = {.panel = p, .x = norni_span_none(), .y = norni_span_none()};
    for (size_t i = 0; i < p->n_layers; i++) {
        if (!p->layer[i].open) widen_by_layer(&f, &p->layer[i]);
    }
    f.empty = !(f.x.lo <= f.x.hi && f.y.lo <= f.y.hi);
    if (f.empty) f.x = f.y = norni_span_none();
    if (p->square && !f.empty) {
        f.x.lo = f.y.lo = f.x.lo < f.y.lo ? f.x.lo : f.y.lo;
        f.x.hi = f.y.hi = f.x.hi > f.y.hi ? f.x.hi : f.y.hi;
    }
    f.x = settle(&p->x, f.x);
    f.y = settle(&p->y, f.y);
    return f;
}

static double within(double v, double limit) {
    return v > limit ? limit : v < -limit ? -limit : v;
}

double norni_frame_x(const norni_frame *f, double v) {
    return within((norni_span_drawn(v) - f->x.lo) * (f->w / (f->x.hi - f->x.lo)), 1e6);
}

double norni_frame_y(const norni_frame *f, double v) {
    const double per = f->h / (f->y.hi - f->y.lo), drawn = norni_span_drawn(v);
    const bool down = f->panel->y.scale == NORNI_SCALE_NAMES;
    return within(down ? (drawn - f->y.lo) * per : (f->y.hi - drawn) * per, 1e6);
}

static void y_ticks(norni_ticks *t, const norni_frame *f, double h) {
    norni_ticks_number(t, f->y.lo, f->y.hi, (size_t)(h < 240 ? h / 34 : h / 44));
}

double norni_frame_gutter(const norni_frame *f, double h, double most) {
    const norni_pane_axis *y = &f->panel->y;
    norni_ticks t = {0};
    double widest = 0;
    if (y->scale != NORNI_SCALE_NAMES) y_ticks(&t, f, h);
    for (size_t i = 0; i < t.n; i++) {
        const double w = norni_svg_width(norni_str_of(t.tick[i].label), NORNI_PANE_TICK);
        if (w > widest) widest = w;
    }
    for (size_t i = 0; i < y->n_names && y->scale == NORNI_SCALE_NAMES; i++) {
        const double w = norni_svg_width(y->name[i], NORNI_PANE_TICK) + 1;
        if (w > widest) widest = w;
    }
    return widest + 10 > most ? most : widest + 10;
}

double norni_frame_foot(const norni_frame *f) {
    const double labels = f->panel->x.scale == NORNI_SCALE_CALENDAR ? 38 : 24;
    return labels + (f->panel->x.label.n > 0 ? 15 : 0);
}

static void open_stroke(norni_buf *b, const char *css) {
    norni_buf_text(b, "<path class=\"");
    norni_buf_text(b, css);
    norni_buf_text(b, "\" d=\"");
}

/* Every so many-th name, so that each has `least` px. */
static size_t name_stride(size_t n, double px, double least) {
    size_t stride = 1;
    while ((double)stride * px < least * (double)n && stride < n)
        stride++;
    return stride;
}

static void draw_y_names(norni_buf *b, const norni_frame *f) {
    const norni_pane_axis *y = &f->panel->y;
    const size_t stride = name_stride(y->n_names, f->h, name_room);
    for (size_t k = 0; k < y->n_names; k += stride) {
        const norni_svg_label label = {
            "nc-t",          NORNI_SVG_END, -8, norni_frame_y(f, (double)k + 0.5) + 3.8,
            NORNI_PANE_TICK, f->left - 9};
        norni_svg_put_label(b, &label, y->name[k]);
    }
}

static void draw_y_axis(norni_buf *b, const norni_frame *f) {
    norni_ticks t;
    if (f->panel->y.scale == NORNI_SCALE_NAMES) {
        draw_y_names(b, f);
        return;
    }
    y_ticks(&t, f, f->h);
    norni_svg_path grid = {.b = b};
    open_stroke(b, "nc-grid");
    for (size_t i = 0; i < t.n; i++) {
        norni_svg_path_move(&grid, 0, norni_frame_y(f, t.tick[i].value));
        norni_svg_path_line(&grid, f->w, norni_frame_y(f, t.tick[i].value));
    }
    norni_buf_text(b, "\"/>\n");
    for (size_t i = 0; i < t.n && !f->empty; i++) {
        const norni_svg_label label = {
            "nc-t", NORNI_SVG_END, -8, norni_frame_y(f, t.tick[i].value) + 3.8, NORNI_PANE_TICK, 0};
        norni_svg_put_label(b, &label, norni_str_of(t.tick[i].label));
    }
}

static void whole_ticks(norni_ticks *t, const norni_frame *f) {
    const double lo = ceil(f->x.lo), hi = floor(f->x.hi);
    t->n = 0;
    if (!(lo <= hi && fabs(lo) < 1e15 && fabs(hi) < 1e15)) return;
    if (lo < hi) {
        norni_ticks_index(t, (int64_t)lo, (int64_t)hi, f->w, NORNI_PANE_TICK);
    } else {
        t->n = 1;
        t->tick[0] = (norni_tick){.time = (int64_t)lo};
        norni_axis_value(t->tick[0].label, lo);
    }
    for (size_t i = 0; i < t->n; i++)
        t->tick[i].value = (double)t->tick[i].time;
}

static void x_ticks(norni_ticks *t, const norni_frame *f) {
    switch (f->panel->x.scale) {
        case NORNI_SCALE_NUMBER: {
            const double most = f->w / 46;
            norni_ticks_number(t, f->x.lo, f->x.hi, most < 2 ? 2 : (size_t)most);
            break;
        }
        case NORNI_SCALE_WHOLE: whole_ticks(t, f); break;
        case NORNI_SCALE_CALENDAR:
            norni_ticks_calendar(t, (int64_t)f->x.lo, (int64_t)f->x.hi, f->w, NORNI_PANE_TICK);
            for (size_t i = 0; i < t->n; i++)
                t->tick[i].value = (double)t->tick[i].time;
            break;
        case NORNI_SCALE_NAMES: t->n = 0; break;
    }
    for (size_t i = 0; i < t->n; i++)
        t->tick[i].at = norni_frame_x(f, t->tick[i].value) / f->w;
    norni_ticks_settle(t, f->w, NORNI_PANE_TICK, f->left, f->right);
}

static void draw_x_names(norni_buf *b, const norni_frame *f) {
    const norni_pane_axis *x = &f->panel->x;
    double widest = 0;
    for (size_t k = 0; k < x->n_names; k++) {
        const double w = norni_svg_width(x->name[k], NORNI_PANE_TICK) + 7;
        if (w > widest) widest = w;
    }
    const size_t stride = name_stride(x->n_names, f->w, widest > 60 ? 60 : widest);
    const double room = (double)stride * f->w / (double)(x->n_names > 0 ? x->n_names : 1) - 6;
    for (size_t k = 0; k < x->n_names; k += stride) {
        const norni_svg_label label = {
            "nc-t",    NORNI_SVG_MIDDLE, norni_frame_x(f, (double)k + 0.5),
            f->h + 17, NORNI_PANE_TICK,  room > 12 ? room : 12};
        norni_svg_put_label(b, &label, x->name[k]);
    }
}

static void draw_x_labels(norni_buf *b, const norni_frame *f, const norni_ticks *t) {
    for (size_t i = 0; i < t->n && !f->empty; i++) {
        const norni_tick *tick = &t->tick[i];
        const norni_svg_label label = {"nc-t",    NORNI_SVG_MIDDLE, tick->label_at,
                                       f->h + 17, NORNI_PANE_TICK,  0};
        const norni_svg_label under = {"nc-t nc-u", NORNI_SVG_MIDDLE, tick->under_at,
                                       f->h + 31,   NORNI_PANE_TICK,  0};
        norni_svg_put_label(b, &label, norni_str_of(tick->label));
        norni_svg_put_label(b, &under, norni_str_of(tick->under));
    }
}

static void draw_x_axis(norni_buf *b, const norni_frame *f) {
    const bool upright_grid = f->panel->y.scale == NORNI_SCALE_NAMES;
    norni_ticks t = {.n = 0};
    norni_svg_path p = {.b = b};
    x_ticks(&t, f);
    if (upright_grid) {
        open_stroke(b, "nc-grid");
        for (size_t i = 0; i < t.n; i++) {
            norni_svg_path_move(&p, t.tick[i].at * f->w, 0);
            norni_svg_path_line(&p, t.tick[i].at * f->w, f->h);
        }
        norni_buf_text(b, "\"/>\n");
    }
    open_stroke(b, "nc-axis");
    norni_svg_path_move(&p, 0, f->h);
    norni_svg_path_line(&p, f->w, f->h);
    for (size_t i = 0; i < t.n && !f->empty; i++) {
        norni_svg_path_move(&p, t.tick[i].at * f->w, f->h);
        norni_svg_path_line(&p, t.tick[i].at * f->w, f->h + 4);
    }
    norni_buf_text(b, "\"/>\n");
    draw_x_labels(b, f, &t);
    if (f->panel->x.scale == NORNI_SCALE_NAMES) draw_x_names(b, f);
}

/* The lines that a reader measures against: the diagonal, y = 0, x = 0. */
static void draw_guides(norni_buf *b, const norni_frame *f) {
    const norni_pane *p = f->panel;
    const bool zero = p->zero && f->y.lo < 0 && f->y.hi > 0;
    const bool upright = p->upright && f->x.lo < 0 && f->x.hi > 0;
    norni_svg_path path = {.b = b};
    if (f->empty || !(p->square || zero || upright)) return;
    open_stroke(b, "nc-now");
    if (p->square) {
        norni_svg_path_move(&path, 0, f->h);
        norni_svg_path_line(&path, f->w, 0);
    }
    if (zero) {
        norni_svg_path_move(&path, 0, norni_frame_y(f, 0));
        norni_svg_path_line(&path, f->w, norni_frame_y(f, 0));
    }
    if (upright) {
        norni_svg_path_move(&path, norni_frame_x(f, 0), 0);
        norni_svg_path_line(&path, norni_frame_x(f, 0), f->h);
    }
    norni_buf_text(b, "\"/>\n");
}

void norni_frame_draw(norni_buf *b, const norni_frame *f) {
    draw_y_axis(b, f);
    draw_x_axis(b, f);
    draw_guides(b, f);
    const norni_svg_label x_label = {"nc-t",          NORNI_SVG_MIDDLE,
                                     f->w / 2,        f->h + norni_frame_foot(f) - 6,
                                     NORNI_PANE_TICK, f->w + f->left};
    norni_svg_put_label(b, &x_label, f->panel->x.label);
    if (!f->empty) return;
    const norni_svg_label none = {"nc-t", NORNI_SVG_MIDDLE, f->w / 2, f->h / 2, 11, 0};
    norni_svg_put_label(b, &none, norni_str_of("no values"));
}
