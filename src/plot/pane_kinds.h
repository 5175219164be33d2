/* The kinds of panels: each adds its layers, axes and note to a panel that bears its title and labels. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PANE_KINDS_H
#define NORNI_PANE_KINDS_H

#include "base/arena.h"
#include "plot/pane.h"

/* What they make lives in the arena; arrays and names that they are given are borrowed until the
 * sheet is drawn. Values that are not finite are left out. All fail for memory only. */

/* Points at (x, y). For predicted against actual set p->square, for residuals p->zero. */
NORN_CHECKED norn_status norni_pane_scatter(norni_arena *arena, norni_pane *p, const double *x,
                                            const double *y, size_t n, norn_err *err);
/* A line through (x, y), x ascending. */
NORN_CHECKED norn_status norni_pane_line(norni_arena *arena, norni_pane *p, const double *x,
                                         const double *y, size_t n, norn_err *err);
/* Sorted values against the quantiles of a normal distribution, and the line through the quartiles. */
NORN_CHECKED norn_status norni_pane_qq(norni_arena *arena, norni_pane *p, const double *v, size_t n,
                                       norn_err *err);
/* Counts in bins (Freedman and Diaconis' width, 5 to 60 bins); normal: the curve of the normal
 * distribution of the same mean and standard deviation. */
NORN_CHECKED norn_status norni_pane_histogram(norni_arena *arena, norni_pane *p, const double *v,
                                              size_t n, bool normal, norn_err *err);
/* A horizontal bar for each name; where some are negative, they have another colour. */
NORN_CHECKED norn_status norni_pane_bars(norni_arena *arena, norni_pane *p, const norni_str *name,
                                         const double *v, size_t n, norn_err *err);
/* Upright bars side by side: value (n_groups, n), group k in colour k under its name. An empty name
 * list of the x axis: bars stand at 1, 2, ... */
NORN_CHECKED norn_status norni_pane_groups(norni_arena *arena, norni_pane *p, const norni_str *name,
                                           size_t n, const norni_str *group, const double *value,
                                           size_t n_groups, norn_err *err);
/* From `base`, each horizontal bar begins where the last one ended. */
NORN_CHECKED norn_status norni_pane_waterfall(norni_arena *arena, norni_pane *p,
                                              const norni_str *name, const double *v, size_t n,
                                              double base, norn_err *err);
/* Horizontal boxes: quartiles, whiskers to the last value within 1.5 times their distance, the rest as
 * points; values v[k] (n[k]) under name[k]. */
NORN_CHECKED norn_status norni_pane_boxes(norni_arena *arena, norni_pane *p, const norni_str *name,
                                          const double *const *v, const size_t *n, size_t n_boxes,
                                          norn_err *err);

/* What a term's shape is made of. */
typedef struct norni_shape {
    size_t n;
    const double *edge;    /* (n + 1) ascending; names: NULL */
    const norni_str *name; /* (n), or NULL */
    const double *score;   /* (n) */
    const double *sd;      /* (n), or NULL: drawn as score -+ sd */
    const double *weight;  /* (n) of the data in each; or NULL */
} norni_shape;
/* A step function with its error band, or a bar for each name with its error; beneath it where the
 * data are. */
NORN_CHECKED norn_status norni_pane_shape(norni_arena *arena, norni_pane *p,
                                          const norni_shape *shape, norn_err *err);
/* value (rows, columns) over edges x (columns + 1) and y (rows + 1); an axis whose scale is NAMES has
 * its names, and no edges. Above NORNI_HEAT_CELLS rows or columns only so many are drawn. */
enum { NORNI_HEAT_CELLS = 128 };
NORN_CHECKED norn_status norni_pane_heat(norni_arena *arena, norni_pane *p, const double *value,
                                         size_t rows, size_t columns, const double *x,
                                         const double *y, norn_err *err);

/* p->n_layers more layers of `most` in all; NULL: no memory. For the kinds' own use. */
norni_layer *norni_pane_layers(norni_arena *arena, norni_pane *p, size_t most);
/* The finite values of v (n) in their order; *kept of them. */
double *norni_pane_finite(norni_arena *arena, const double *v, size_t n, size_t *kept);
/* Quantile of sorted x (n >= 1), linear between order statistics (type 7). */
double norni_pane_quantile(const double *x, size_t n, double p);

#endif
