/* Panels of points: a cloud on two axes, and sorted values against a normal distribution's. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "base/sort.h"
#include "plot/pane_kinds.h"
#include "plot/span.h"

norni_layer *norni_pane_layers(norni_arena *arena, norni_pane *p, size_t most) {
    norni_layer *layer = norni_arena_zero(arena, most, sizeof *layer);
    if (layer == NULL) return NULL;
    p->layer = layer;
    p->n_layers = 0;
    return layer;
}

double *norni_pane_finite(norni_arena *arena, const double *v, size_t n, size_t *kept) {
    double *out = norni_arena_get(arena, n, sizeof *out);
    *kept = 0;
    for (size_t i = 0; i < n && out != NULL; i++) {
        if (isfinite(v[i])) out[(*kept)++] = norni_span_drawn(v[i]);
    }
    return out;
}

double norni_pane_quantile(const double *x, size_t n, double p) {
    const double at = p * (double)(n - 1), below = floor(at);
    const size_t i = (size_t)below;
    if (i + 1 >= n) return x[n - 1];
    return x[i] + (at - below) * (x[i + 1] - x[i]);
}

static norn_status add_marks(norni_arena *arena, norni_pane *p, norni_mark mark, const double *x,
                             const double *y, size_t n, norn_err *err) {
    norni_layer *layer = norni_pane_layers(arena, p, 1);
    if (layer == NULL) return norni_alloc_fail(err, "chart", 1, sizeof *layer);
    layer[p->n_layers++] = (norni_layer){.mark = mark, .n = n, .x = x, .y = y};
    return NORN_OK;
}

norn_status norni_pane_scatter(norni_arena *arena, norni_pane *p, const double *x, const double *y,
                               size_t n, norn_err *err) {
    return add_marks(arena, p, NORNI_MARK_POINTS, x, y, n, err);
}

norn_status norni_pane_line(norni_arena *arena, norni_pane *p, const double *x, const double *y,
                            size_t n, norn_err *err) {
    return add_marks(arena, p, NORNI_MARK_LINE, x, y, n, err);
}

norn_status norni_pane_qq(norni_arena *arena, norni_pane *p, const double *v, size_t n,
                          norn_err *err) {
    size_t kept = 0;
    norni_layer *layer = norni_pane_layers(arena, p, 2);
    double *y = norni_pane_finite(arena, v, n, &kept), *x = norni_arena_get(arena, n, sizeof *x),
           *line = norni_arena_get(arena, 4, sizeof *line);
    if (!layer || !x || !y || !line) return norni_alloc_fail(err, "chart", n, sizeof *x);
    norni_sort_doubles(y, kept);
    for (size_t i = 0; i < kept; i++)
        x[i] = norni_normal_quantile(((double)i + 0.5) / (double)kept);
    layer[p->n_layers++] = (norni_layer){.mark = NORNI_MARK_POINTS, .n = kept, .x = x, .y = y};
    if (kept < 4) return NORN_OK;
    const double third = norni_normal_quantile(0.75), q1 = norni_pane_quantile(y, kept, 0.25),
                 q3 = norni_pane_quantile(y, kept, 0.75);
    const double slope = (q3 - q1) / (2 * third), middle = q1 / 2 + q3 / 2;
    line[0] = x[0];
    line[1] = x[kept - 1];
    line[2] = middle + slope * x[0];
    line[3] = middle + slope * x[kept - 1];
    layer[p->n_layers++] = (norni_layer){.mark = NORNI_MARK_LINE,
                                         .ink = true,
                                         .dashed = true,
                                         .open = true,
                                         .n = 2,
                                         .x = line,
                                         .y = line + 2};
    return NORN_OK;
}
