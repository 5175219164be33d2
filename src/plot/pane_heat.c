/* A panel of coloured cells: what a pair of features gives together. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "plot/pane_kinds.h"

/* Edges of m cells out of n; given NULL: 0, 1, ..., n. */
static double *thin_edges(norni_arena *arena, const double *given, size_t n, size_t m) {
    double *edge = norni_arena_get(arena, m + 1, sizeof *edge);
    for (size_t k = 0; edge != NULL && k <= m; k++)
        edge[k] = given != NULL ? given[k * n / m] : (double)(k * n / m);
    return edge;
}

norn_status norni_pane_heat(norni_arena *arena, norni_pane *p, const double *value, size_t rows,
                            size_t columns, const double *x, const double *y, norn_err *err) {
    const size_t r = rows < NORNI_HEAT_CELLS ? rows : NORNI_HEAT_CELLS;
    const size_t c = columns < NORNI_HEAT_CELLS ? columns : NORNI_HEAT_CELLS;
    norni_layer *layer = norni_pane_layers(arena, p, 1);
    double *cell = norni_arena_get(arena, r * c, sizeof *cell);
    double *x_edge = thin_edges(arena, p->x.scale == NORNI_SCALE_NAMES ? NULL : x, columns, c);
    double *y_edge = thin_edges(arena, p->y.scale == NORNI_SCALE_NAMES ? NULL : y, rows, r);
    if (!layer || !cell || !x_edge || !y_edge)
        return norni_alloc_fail(err, "chart", r * c, sizeof *cell);
    for (size_t i = 0; i < r; i++) {
        for (size_t j = 0; j < c; j++)
            cell[i * c + j] = value[i * rows / r * columns + j * columns / c];
    }
    p->x.tight = p->y.tight = true;
    layer[p->n_layers++] = (norni_layer){.mark = NORNI_MARK_CELLS,
                                         .n = r * c,
                                         .rows = r,
                                         .columns = c,
                                         .x = x_edge,
                                         .y = y_edge,
                                         .value = cell};
    return NORN_OK;
}
