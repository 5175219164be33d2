/* A panel of box plots, one below the other: quartiles, whiskers, and what lies outside. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/sort.h"
#include "plot/pane_kinds.h"

/* What the boxes' layers are made of; `most` values in all. */
typedef struct box_parts {
    double *box;     /* (n_boxes, 4) as four arrays: x, y, x2, y2 */
    double *whisker; /* (4 * n_boxes) the same: two whiskers and two ends each */
    double *middle;  /* (n_boxes) */
    double *out;     /* (most, 2) as two arrays */
    size_t n, n_out, n_boxes, most;
} box_parts;

static void put_quad(double *at, size_t n, size_t i, double x, double y, double x2, double y2) {
    at[i] = x;
    at[n + i] = y;
    at[2 * n + i] = x2;
    at[3 * n + i] = y2;
}

/* Sorted x (n >= 1) in row k. */
static void add_box(box_parts *b, const double *x, size_t n, size_t k) {
    const double q1 = norni_pane_quantile(x, n, 0.25), q2 = norni_pane_quantile(x, n, 0.5),
                 q3 = norni_pane_quantile(x, n, 0.75), reach = 1.5 * (q3 - q1);
    const double row = (double)k + 0.5;
    size_t lo = 0, hi = n - 1;
    while (x[lo] < q1 - reach)
        b->out[b->n_out] = x[lo++], b->out[b->most + b->n_out++] = row;
    while (x[hi] > q3 + reach)
        b->out[b->n_out] = x[hi--], b->out[b->most + b->n_out++] = row;
    const size_t m = b->n_boxes, at = b->n++;
    put_quad(b->box, m, at, q1, row - 0.28, q3, row + 0.28);
    put_quad(b->middle, m, at, q2, row - 0.28, q2, row + 0.28);
    put_quad(b->whisker, 4 * m, 4 * at, x[lo], row, q1, row);
    put_quad(b->whisker, 4 * m, 4 * at + 1, q3, row, x[hi], row);
    put_quad(b->whisker, 4 * m, 4 * at + 2, x[lo], row - 0.14, x[lo], row + 0.14);
    put_quad(b->whisker, 4 * m, 4 * at + 3, x[hi], row - 0.14, x[hi], row + 0.14);
}

static norni_layer quads(norni_mark mark, const double *at, size_t size, size_t n) {
    return (norni_layer){
        .mark = mark, .n = n, .x = at, .y = at + size, .x2 = at + 2 * size, .y2 = at + 3 * size};
}

norn_status norni_pane_boxes(norni_arena *arena, norni_pane *p, const norni_str *name,
                             const double *const *v, const size_t *n, size_t n_boxes,
                             norn_err *err) {
    box_parts b = {.n_boxes = n_boxes};
    for (size_t k = 0; k < n_boxes; k++)
        b.most += n[k];
    norni_layer *layer = norni_pane_layers(arena, p, 4);
    b.box = norni_arena_get(arena, n_boxes, 4 * sizeof(double));
    b.middle = norni_arena_get(arena, n_boxes, 4 * sizeof(double));
    b.whisker = norni_arena_get(arena, n_boxes, 16 * sizeof(double));
    b.out = norni_arena_get(arena, b.most, 2 * sizeof(double));
    if (!layer || !b.box || !b.middle || !b.whisker || !b.out)
        return norni_alloc_fail(err, "chart", b.most, 2 * sizeof(double));
    for (size_t k = 0; k < n_boxes; k++) {
        size_t kept;
        double *x = norni_pane_finite(arena, v[k], n[k], &kept);
        if (x == NULL) return norni_alloc_fail(err, "chart", n[k], sizeof *x);
        norni_sort_doubles(x, kept);
        if (kept > 0) add_box(&b, x, kept, k);
    }
    p->y.scale = NORNI_SCALE_NAMES;
    p->y.name = name;
    p->y.n_names = n_boxes;
    norni_layer box = quads(NORNI_MARK_BOXES, b.box, n_boxes, b.n),
                whisker = quads(NORNI_MARK_SEGMENTS, b.whisker, 4 * n_boxes, 4 * b.n),
                middle = quads(NORNI_MARK_SEGMENTS, b.middle, n_boxes, b.n);
    box.opacity = 0.35;
    whisker.ink = middle.ink = true;
    layer[p->n_layers++] = box;
    layer[p->n_layers++] = whisker;
    layer[p->n_layers++] = middle;
    layer[p->n_layers++] = (norni_layer){
        .mark = NORNI_MARK_POINTS, .colour = 5, .n = b.n_out, .x = b.out, .y = b.out + b.most};
    return NORN_OK;
}
