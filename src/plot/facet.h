/* One panel of a chart: its ranges, its axes, its history thinned to the pixels, its forecast fans. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FACET_H
#define NORNI_FACET_H

#include "base/str.h"

/* One level of a forecast interval, level in per cent; NaN or infinite = gap. */
typedef struct norni_plot_band {
    double level;
    const double *lo, *hi; /* (n_future) */
} norni_plot_band;

/* One model's forecast with its intervals, in any order of levels. */
typedef struct norni_plot_line {
    norni_str name;
    const double *y; /* (n_future) */
    const norni_plot_band *bands;
    size_t n_bands; /* at most NORNI_PLOT_BANDS */
} norni_plot_line;

enum { NORNI_PLOT_BANDS = 16 };

/* A tick of the time axis. */
typedef struct norni_plot_mark {
    int64_t time;
    char label[24];
} norni_plot_mark;

typedef struct norni_plot_facet {
    norni_str title;      /* the series' id: untrusted */
    const int64_t *times; /* (n), microseconds UTC, or integers when the chart is_index */
    const double *y;      /* (n), NaN = missing: a break in the line */
    size_t n;
    const int64_t *future_times; /* (n_future) */
    size_t n_future;
    const norni_plot_line *lines; /* forecasts, one per model */
    size_t n_lines;
    const norni_plot_mark *marks; /* ascending; in place of the calendar's ticks */
    size_t n_marks;               /* 0: the calendar's */
    bool percent;                 /* values are shares: 0.1 is written 10% */
    bool dots; /* the history is dots, and the lines run over it instead of going on from it */
} norni_plot_facet;

/* What colours and shades stand for, over all panels. */
enum { NORNI_KEY_NAMES = 24, NORNI_KEY_LEVELS = 16 };
typedef struct norni_plot_key {
    norni_str name[NORNI_KEY_NAMES];
    size_t n_names;
    size_t n_fans, fan;             /* names with intervals; the last of them */
    double level[NORNI_KEY_LEVELS]; /* widest first */
    size_t n_levels;
    double opacity; /* of one band */
    bool history;   /* some panel has one */
    bool dots;      /* it is dots */
} norni_plot_key;

/* What a panel shows; empty = there is no finite value, or no time. */
typedef struct norni_facet_range {
    int64_t t_lo, t_hi; /* t_lo < t_hi */
    double y_lo, y_hi;  /* y_lo < y_hi, fit for norni_ticks_number */
    bool no_time, no_value;
    bool percent;
    const norni_plot_mark *marks; /* (n_marks), of the facet */
    size_t n_marks;
} norni_facet_range;

/* Rooms around the plot area of w x h px at x, y. */
typedef struct norni_facet_box {
    double x, y, w, h;
    double left, right; /* free px beside it, for labels */
    bool titled;        /* the facet's title stands above it */
} norni_facet_box;

enum { NORNI_FACET_TITLE = 26, NORNI_TICK_SIZE = 11 };

norni_facet_range norni_facet_range_of(const norni_plot_facet *f, bool is_index);
/* Px that the labels of the y axis need. */
double norni_facet_gutter(const norni_facet_range *r, double h);
/* Px that the labels below an area of w px need. */
double norni_facet_foot(const norni_facet_range *r, double w, bool is_index);
/* One <g> with a <title>; a lack of memory shows in out->failed. */
void norni_facet_draw(norni_buf *out, const norni_plot_facet *f, const norni_facet_range *r,
                      const norni_plot_key *key, const norni_facet_box *box, bool is_index);
/* Colour of a model's name in the key. */
size_t norni_key_colour(const norni_plot_key *key, norni_str name);

#endif
