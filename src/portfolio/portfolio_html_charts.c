/* Sensitivity on a search's HTML page: the heat map of two axes, and a chart of points for each axis. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "portfolio/portfolio_html_parts.h"

norn_status norni_port_html_sheet(const norni_port_page *p, const norni_pane_sheet *sheet) {
    norni_port_doc_settle(p->d);
    norni_buf_text(p->d->out, "<div class=\"scroll\">");
    NORN_TRY(norni_plot_panes(p->d->out, sheet, p->err));
    norni_buf_text(p->d->out, "</div>\n");
    return NORN_OK;
}

enum { WIDTH = 1000, HALF = 520, HEAT_ROWS = 40, HEAT_COLUMNS = 24, AXIS_ROWS = 24, NAME = 34 };

static norn_status fail(const norni_port_page *p, size_t n) {
    return norni_alloc_fail(p->err, "portfolio report", n, sizeof(double));
}

double norni_port_html_value(norni_port_metric m, double ranked) {
    return norni_port_metric_shown(m, ranked) * (norni_port_metric_is_share(m) ? 100 : 1);
}

norn_status norni_port_html_keep(const norni_port_page *p, norni_buf *b, norni_str *out) {
    if (b->failed) return fail(p, b->cap);
    const char *text = norni_arena_text(p->arena, b->p != NULL ? b->p : "", b->n);
    if (text == NULL) return fail(p, b->n);
    *out = (norni_str){text, b->n};
    b->n = 0;
    return NORN_OK;
}

norn_status norni_port_html_label(const norni_port_page *p, norni_str *out) {
    const norni_port_metric m = p->r->metric;
    norni_buf *w = norni_port_doc_words(p->d);
    const char *name = norni_port_metric_words(m);
    norni_buf_format(w, "%c%s", name[0] - 'a' + 'A', name + 1);
    if (norni_port_metric_is_share(m)) norni_buf_text(w, ", %");
    return norni_port_html_keep(p, w, out);
}

/* Value v of an axis in few letters. */
static norn_status keep_name(const norni_port_page *p, size_t axis, size_t v, norni_str *out) {
    norni_str all;
    norni_buf *w = norni_port_doc_words(p->d);
    norni_port_grid_axis_text(p->r->grid, axis, v, w);
    NORN_TRY(norni_port_html_keep(p, w, &all));
    norni_port_put_short(w, all, NAME);
    return norni_port_html_keep(p, w, out);
}

/* ---- the heat map ---- */

/* Rows or columns that have a value, at most so many. */
static size_t kept_lines(const norni_port_result *r, bool rows, size_t most, size_t *at) {
    const size_t n = rows ? r->heat_rows : r->heat_columns;
    const size_t m = rows ? r->heat_columns : r->heat_rows;
    size_t kept = 0;
    for (size_t i = 0; i < n && kept < most; i++) {
        bool any = false;
        for (size_t k = 0; k < m; k++)
            any = any || isfinite(r->heat[rows ? i * m + k : k * n + i]);
        if (any) at[kept++] = i;
    }
    return kept;
}

static norn_status fill_heat(const norni_port_page *p, const size_t *row, size_t rows,
                             const size_t *column, size_t columns, norni_layer *l, double *edge) {
    const norni_port_result *r = p->r;
    const double middle = norni_port_html_value(r->metric, r->median);
    double *v = norni_arena_get(p->arena, rows * columns, sizeof *v);
    norni_str *label = norni_arena_zero(p->arena, rows * columns, sizeof *label);
    char text[NORNI_PORT_WORD];
    if (!v || !label) return fail(p, rows * columns);
    for (size_t k = 0; k <= rows || k <= columns; k++)
        edge[k] = (double)k;
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < columns; k++) {
            const double x =
                norni_port_html_value(r->metric, r->heat[row[i] * r->heat_columns + column[k]]);
            v[i * columns + k] = isfinite(middle) ? x - middle : x;
            if (!isfinite(x)) continue;
            (void)norni_port_fixed(x, fabs(x) >= 99.95 ? 0 : fabs(x) >= 9.995 ? 1 : 2, text);
            const char *kept = norni_arena_text(p->arena, text, strlen(text));
            if (kept == NULL) return fail(p, 1);
            label[i * columns + k] = norni_str_of(kept);
        }
    }
    *l = (norni_layer){.mark = NORNI_MARK_CELLS,
                       .n = rows * columns,
                       .rows = rows,
                       .columns = columns,
                       .x = edge,
                       .y = edge,
                       .value = v,
                       .label = label};
    return NORN_OK;
}

norn_status norni_port_html_heat(const norni_port_page *p) {
    const norni_port_result *r = p->r;
    size_t row[HEAT_ROWS], column[HEAT_COLUMNS];
    norni_str row_name[HEAT_ROWS], column_name[HEAT_COLUMNS], label, title, words, y_label, x_label;
    double edge[HEAT_ROWS + 1];
    norni_layer cells;
    if (r->heat == NULL || r->heat_rows == 0 || r->heat_columns == 0) return NORN_OK;
    const size_t rows = kept_lines(r, true, HEAT_ROWS, row);
    const size_t columns = kept_lines(r, false, HEAT_COLUMNS, column);
    if (rows == 0 || columns == 0) return NORN_OK;
    for (size_t i = 0; i < rows; i++)
        NORN_TRY(keep_name(p, r->heat_row_axis, row[i], &row_name[i]));
    for (size_t k = 0; k < columns; k++)
        NORN_TRY(keep_name(p, r->heat_column_axis, column[k], &column_name[k]));
    NORN_TRY(fill_heat(p, row, rows, column, columns, &cells, edge));
    NORN_TRY(norni_port_html_label(p, &label));
    norni_buf *w = norni_port_doc_words(p->d);
    norni_port_put_axis(w, norni_port_grid_axis_name(r->grid, r->heat_row_axis));
    NORN_TRY(norni_port_html_keep(p, w, &y_label));
    norni_port_put_axis(w, norni_port_grid_axis_name(r->grid, r->heat_column_axis));
    NORN_TRY(norni_port_html_keep(p, w, &x_label));
    norni_buf_add(w, label.p, label.n);
    norni_buf_format(w, ": mean by %s and ", y_label.p);
    norni_buf_text(w, x_label.p);
    NORN_TRY(norni_port_html_keep(p, w, &title));
    norni_buf_text(w, "Heat map of ");
    norni_buf_format(w, "%zu by %zu values. ", rows, columns);
    norni_buf_add(w, title.p, title.n);
    norni_buf_text(w, ".");
    NORN_TRY(norni_port_html_keep(p, w, &words));
    const norni_pane pane = {
        .x = {.label = x_label,
              .scale = NORNI_SCALE_NAMES,
              .name = column_name,
              .n_names = columns},
        .y = {.label = y_label, .scale = NORNI_SCALE_NAMES, .name = row_name, .n_names = rows},
        .layer = &cells,
        .n_layers = 1};
    const norni_pane_sheet sheet = {
        .title = title,
        .description = words,
        .panel = &pane,
        .n_panels = 1,
        .height = 24 * (double)rows + 12,
        .width = WIDTH,
        .below = norni_str_of("The number is the mean; the colour says how far it is above or "
                              "below the median configuration.")};
    NORN_TRY(norni_port_html_sheet(p, &sheet));
    if (rows == HEAT_ROWS && r->heat_rows > HEAT_ROWS)
        norni_port_doc_say(p->d, "More rows than are shown: the first 40.");
    if (columns == HEAT_COLUMNS && r->heat_columns > HEAT_COLUMNS)
        norni_port_doc_say(p->d, "More columns than are shown: the first 24.");
    return NORN_OK;
}

/* ---- one axis ---- */

/* Mean, median and best over names, and the lines that join mean and best. */
typedef struct dots {
    size_t n;
    double mean[AXIS_ROWS], median[AXIS_ROWS], best[AXIS_ROWS], y[AXIS_ROWS];
    norni_str name[AXIS_ROWS];
} dots;

static norni_layer dots_of(const char *name, size_t colour, bool ink, const double *x,
                           const dots *d) {
    return (norni_layer){.mark = NORNI_MARK_POINTS,
                         .name = norni_str_of(name),
                         .colour = colour,
                         .ink = ink,
                         .thick = true,
                         .n = d->n,
                         .x = x,
                         .y = d->y};
}

norn_status norni_port_html_axis(const norni_port_page *p, size_t axis) {
    const norni_port_result *r = p->r;
    const norni_port_sensitivity *s = &r->axis[axis];
    norni_str label, title, words;
    dots *d = norni_arena_zero(p->arena, 1, sizeof *d);
    if (d == NULL) return fail(p, AXIS_ROWS);
    for (size_t v = 0; v < s->n_values && d->n < AXIS_ROWS; v++) {
        if (s->count[v] == 0) continue;
        NORN_TRY(keep_name(p, s->axis, v, &d->name[d->n]));
        d->mean[d->n] = norni_port_html_value(r->metric, s->mean[v]);
        d->median[d->n] = norni_port_html_value(r->metric, s->median[v]);
        d->best[d->n] = norni_port_html_value(r->metric, s->best[v]);
        d->y[d->n] = (double)d->n + 0.5;
        d->n++;
    }
    if (d->n < 2) return NORN_OK;
    NORN_TRY(norni_port_html_label(p, &label));
    norni_buf *w = norni_port_doc_words(p->d);
    norni_buf_text(w, "By ");
    norni_port_put_axis(w, norni_port_grid_axis_name(r->grid, s->axis));
    NORN_TRY(norni_port_html_keep(p, w, &title));
    norni_buf_add(w, label.p, label.n);
    norni_buf_text(w, " ");
    norni_buf_add(w, title.p, title.n);
    norni_buf_text(w, ": median, average and best of each value. The table below has the numbers.");
    NORN_TRY(norni_port_html_keep(p, w, &words));
    const norni_layer layer[4] = {{.mark = NORNI_MARK_SEGMENTS,
                                   .ink = true,
                                   .n = d->n,
                                   .x = d->median,
                                   .y = d->y,
                                   .x2 = d->best,
                                   .y2 = d->y},
                                  dots_of("Median", 0, true, d->median, d),
                                  dots_of("Average", 0, false, d->mean, d),
                                  dots_of("Best", 5, false, d->best, d)};
    const norni_pane pane = {.x = {.label = label},
                             .y = {.scale = NORNI_SCALE_NAMES, .name = d->name, .n_names = d->n},
                             .upright = true,
                             .layer = layer,
                             .n_layers = 4};
    const norni_pane_sheet sheet = {.title = title,
                                    .description = words,
                                    .panel = &pane,
                                    .n_panels = 1,
                                    .height = 40 + 22 * (double)d->n,
                                    .width = HALF};
    return norni_port_html_sheet(p, &sheet);
}
