/* One panel's frame: its ranges and rooms, values to pixels, its axes; and the layers inside it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PANE_FRAME_H
#define NORNI_PANE_FRAME_H

#include "plot/pane.h"
#include "plot/span.h"

enum { NORNI_PANE_TICK = 11 }; /* px of the letters beside the axes */

typedef struct norni_frame {
    const norni_pane *panel;
    norni_span x, y;    /* lo < hi */
    bool empty;         /* no layer has a finite mark */
    double w, h;        /* of the area, px */
    double left, right; /* free px beside it, for labels */
} norni_frame;

/* The panel's ranges; w, h, left and right are the caller's. */
norni_frame norni_frame_of(const norni_pane *p);
/* Px beside an area of height h that the labels of the y axis need, at most `most`. */
double norni_frame_gutter(const norni_frame *f, double h, double most);
/* Px below the area that the x axis' labels need. */
double norni_frame_foot(const norni_frame *f);
/* Pixels of the area, kept within 1e6. */
double norni_frame_x(const norni_frame *f, double v);
double norni_frame_y(const norni_frame *f, double v);
/* Grid, axes, labels; the area's upper left corner is the origin. A lack of memory shows in
 * out->failed, here and below. */
void norni_frame_draw(norni_buf *out, const norni_frame *f);

/* pane_marks.c */
void norni_marks_draw(norni_buf *out, const norni_frame *f, const norni_layer *layer);
/* A legend's swatch in the middle of [x, x + w] at y. */
void norni_marks_swatch(norni_buf *out, const norni_layer *layer, double x, double y, double w);
/* What the colours of cells stand for, right-aligned at x; the baseline of its text is y. */
void norni_marks_cell_key(norni_buf *out, const norni_layer *cells, double x, double y);
double norni_marks_cell_most(const norni_layer *cells);

#endif
