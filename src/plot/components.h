/* Charts of a model that is a sum of parts: what it predicts over the history, and each part alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_COMPONENTS_H
#define NORNI_COMPONENTS_H

#include "plot/line_chart.h"

/* What a part's times span, and so what stands under its panel. */
typedef enum norni_plot_span {
    NORNI_SPAN_DATES,  /* the calendar */
    NORNI_SPAN_YEAR,   /* months: times within one year */
    NORNI_SPAN_WEEK,   /* weekdays */
    NORNI_SPAN_DAY,    /* hours */
    NORNI_SPAN_PERIOD, /* days since the first time */
} norni_plot_span;

/* One part. All borrowed; NaN = gap. */
typedef struct norni_plot_part {
    norni_str name; /* untrusted */
    norni_plot_span span;
    bool percent; /* values are shares */
    size_t n;
    const int64_t *times;      /* (n) ascending, microseconds */
    const double *y;           /* (n) */
    const double *lo, *hi;     /* (n), or NULL */
    const double *cap, *floor; /* (n), or NULL: dashed lines */
} norni_plot_part;

/* Panels below each other, one for each part, as one SVG document; errors as norni_plot_lines.
 * level: of lo and hi, per cent. width: px, 0 = 960. */
NORN_CHECKED norn_status norni_plot_parts(norni_buf *out, norni_str title,
                                          const norni_plot_part *part, size_t n, double level,
                                          int32_t width, norn_err *err);

/* The history as dots (NULL times: none) and `over` it the prediction with its interval, cap and floor. */
typedef struct norni_plot_fit {
    norni_str title, x_label, y_label;
    const int64_t *times; /* (n) */
    const double *y;      /* (n) */
    size_t n;
    norni_plot_part over;
    double level;
    int32_t width;
} norni_plot_fit;
NORN_CHECKED norn_status norni_plot_fitted(norni_buf *out, const norni_plot_fit *fit,
                                           norn_err *err);

#endif
