/* SVG at the lowest level: escaped text, text widths, numbers, shapes and compact paths. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SVG_H
#define NORNI_SVG_H

#include "base/str.h"

/* At most 2 decimals, no exponent, shortest form; not finite prints 0, beyond 1e7 is cut there. */
void norni_svg_num(norni_buf *b, double x);
/* ` name="x"`, the number as above. */
void norni_svg_attr(norni_buf *b, const char *name, double x);

/* Text for content and attributes alike: & < > " ' escaped, white space made a blank, what XML
 * forbids and bytes that are not UTF-8 made U+FFFD. */
void norni_svg_text(norni_buf *b, norni_str s);
/* Estimated width in px of the text in a system sans serif of `size` px; errs on the wide side. */
double norni_svg_width(norni_str s, double size);
/* The text, cut with an ellipsis at a character's edge where it is wider than `room` px. */
void norni_svg_fit(norni_buf *b, norni_str s, double size, double room);

typedef enum norni_svg_anchor {
    NORNI_SVG_START,
    NORNI_SVG_MIDDLE,
    NORNI_SVG_END,
} norni_svg_anchor;

/* `css` is a class list written as it is; the text is escaped, and cut to `room` px unless room is
 * 0. */
typedef struct norni_svg_label {
    const char *css;
    norni_svg_anchor anchor;
    double x, y, size, room;
} norni_svg_label;
void norni_svg_put_label(norni_buf *b, const norni_svg_label *label, norni_str text);
void norni_svg_put_rect(norni_buf *b, const char *css, const double box[4]); /* x, y, w, h */

/* The d attribute of a path: absolute moves, relative lines. The pen is kept in hundredths of a
 * pixel, so that rounding never adds up. */
typedef struct norni_svg_path {
    norni_buf *b;
    int64_t x, y;
    char verb; /* the last command, 0 = none */
} norni_svg_path;
void norni_svg_path_move(norni_svg_path *p, double x, double y);
void norni_svg_path_line(norni_svg_path *p, double x, double y); /* a step of nothing is left out */
void norni_svg_path_dot(norni_svg_path *p, double x, double y);  /* round caps make it a disc */
void norni_svg_path_close(norni_svg_path *p);

/* The charts' <style>: light and dark tones as custom properties --nc-*, the classes nc-*, of which
 * nc-c0, nc-c1, ... set the models' colours. */
enum { NORNI_SVG_COLOURS = 7 };
void norni_svg_put_style(norni_buf *b);

/* <svg>, <title>, <desc>, style and background. The ids come from the words, so that two charts of
 * one page differ. */
void norni_svg_put_head(norni_buf *b, norni_str title, norni_str words, double width,
                        double height);

/* A line on its way to a path. When `thin`, a pixel column keeps its first, least, greatest and last
 * point only, so that no spike is lost and ten million points make a small file. Zero it, set the
 * two buffers, add points, end it. */
typedef struct norni_svg_point {
    double x, y;
    size_t i;
} norni_svg_point;
typedef struct norni_svg_trace {
    norni_svg_path path, dots; /* dots: points without a neighbour; two buffers */
    bool thin;
    bool held;      /* the column has points that are not yet written */
    int64_t column; /* of the points held */
    size_t count;
    norni_svg_point first, low, high, last;
    bool waits; /* `start` is a dot unless another point follows */
    bool down;  /* the line goes on from the pen */
    norni_svg_point start;
} norni_svg_trace;
/* gap: a value is missing before this point. x and y within 1e9. */
void norni_svg_trace_add(norni_svg_trace *t, double x, double y, bool gap);
void norni_svg_trace_end(norni_svg_trace *t);

#endif
