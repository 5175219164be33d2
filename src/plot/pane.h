/* Charts that are not over time: panels of points, lines, steps, bands, boxes and cells on two axes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PANE_H
#define NORNI_PANE_H

#include "plot/axis.h"

/* What a layer draws; a value that is not finite is left out. */
typedef enum norni_mark {
    NORNI_MARK_POINTS,   /* at (x, y); in a large cloud one for each spot of the panel */
    NORNI_MARK_LINE,     /* through (x, y), x ascending; a gap breaks it */
    NORNI_MARK_STEP,     /* y[i] from x[i] to x[i + 1]: x (n + 1) */
    NORNI_MARK_BAND,     /* between y and y2 along x */
    NORNI_MARK_STEPBAND, /* between y and y2, each from x[i] to x[i + 1]: x (n + 1) */
    NORNI_MARK_BOXES,    /* filled, from (x, y) to (x2, y2) */
    NORNI_MARK_SEGMENTS, /* from (x, y) to (x2, y2) */
    NORNI_MARK_CELLS,    /* n = rows * columns: value[row][column] in x[column..], y[row..] */
} norni_mark;

typedef struct norni_layer {
    norni_mark mark;
    norni_str name;          /* in the legend; empty: it is not there */
    size_t colour;           /* of NORNI_SVG_COLOURS */
    bool ink, dashed, thick; /* ink: the text's colour; neutral grey where filled */
    double opacity;          /* of what is filled; 0: 0.75 */
    bool open;               /* it does not widen the axes */
    size_t n;                /* marks */
    const double *x, *y;     /* (n), or what the mark says; CELLS: (columns + 1), (rows + 1) */
    const double *x2, *y2;   /* (n), where the mark has them */
    size_t rows, columns;    /* CELLS */
    const double *value;     /* CELLS: (rows, columns) */
    double most;             /* CELLS: the value of full colour; 0: the largest |value| */
    const norni_str *label;  /* CELLS: (rows, columns) written in the cells where there is room; or NULL */
} norni_layer;

typedef enum norni_scale {
    NORNI_SCALE_NUMBER,
    NORNI_SCALE_WHOLE,    /* ticks at integers only */
    NORNI_SCALE_CALENDAR, /* microseconds UTC */
    NORNI_SCALE_NAMES,    /* name k is the middle of [k, k + 1]; on the y axis from the top */
} norni_scale;

typedef struct norni_pane_axis {
    norni_str label;
    norni_scale scale;
    double lo, hi;         /* lo < hi, or both 0: from the layers, with some room */
    bool tight;            /* from the layers, without room */
    const norni_str *name; /* (n_names), NAMES */
    size_t n_names;
} norni_pane_axis;

typedef struct norni_pane {
    norni_str title, note; /* note: small, at the right above the area */
    norni_pane_axis x, y;
    bool square;  /* both axes have one range, and its diagonal is drawn */
    bool zero;    /* the line y = 0 is drawn where it lies inside */
    bool upright; /* the line x = 0, the same */
    const norni_layer *layer;
    size_t n_layers;
} norni_pane;

typedef struct norni_pane_sheet {
    norni_str title, description; /* an empty description is made of the panels' titles and notes */
    const norni_pane *panel;
    size_t n_panels;
    size_t n_more;   /* panels that are not shown */
    size_t columns;  /* 0: as many as fit, at most 3 */
    double height;   /* of a panel's area, px; 0: by its width */
    int32_t width;   /* px, 0 = 960, kept within [320, 4096] */
    norni_str below; /* one line of words under the panels */
} norni_pane_sheet;

/* Appends one complete SVG document, the same bytes for the same sheet; fails only for memory
 * (NORN_E_MEM) or a wrong call (NORN_E_ARG), and then leaves `out` as long as it was. */
NORN_CHECKED norn_status norni_plot_panes(norni_buf *out, const norni_pane_sheet *sheet,
                                          norn_err *err);

#endif
