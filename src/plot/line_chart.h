/* Charts of series and their forecasts as one SVG document: history, interval fans, small multiples.
 */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LINE_CHART_H
#define NORNI_LINE_CHART_H

#include "plot/facet.h"

typedef struct norni_plot_chart {
    norni_str title, description; /* an empty one is made: series, spans, last values, forecasts */
    norni_str x_label, y_label;
    bool is_index; /* times are integers, not dates */
    const norni_plot_facet *facets;
    size_t n_facets;
    size_t n_more;  /* series that are not shown: "and 145 more series" */
    size_t columns; /* of panels; 0: as many as fit, at most 3 */
    bool apart;     /* every panel has times of its own */
    int32_t width;  /* px, 0 = 960, kept within [320, 4096] */
    const norni_str *
        names; /* (n_names) models in the order of their colours, so that charts of one page agree */
    size_t n_names; /* 0: as they appear */
    bool bare;      /* it goes on where another ended: title said, not drawn, and no key */
} norni_plot_chart;

/* Appends one complete SVG document, the same bytes for the same chart; fails only for memory
 * (NORN_E_MEM) or a wrong call (NORN_E_ARG), and then leaves `out` as long as it was. Light and
 * dark follow the reader's preference. */
NORN_CHECKED norn_status norni_plot_lines(norni_buf *out, const norni_plot_chart *chart,
                                          norn_err *err);

#endif
