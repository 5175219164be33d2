/* Pieces of a search's HTML page: its style, and its charts as SVG inside the page. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_HTML_PARTS_H
#define NORNI_PORTFOLIO_HTML_PARTS_H

#include "plot/pane.h"
#include "portfolio/portfolio_report_facts.h"

/* What a chart is made with; the arena serves one page. */
typedef struct norni_port_page {
    const norni_port_result *r;
    const norni_port_stamp *stamp;
    norni_port_doc *d;
    norni_arena *arena;
    norn_err *err;
} norni_port_page;

void norni_port_html_style(norni_buf *b);
/* A sheet that scrolls by itself where the window is narrow. */
NORN_CHECKED norn_status norni_port_html_sheet(const norni_port_page *p,
                                               const norni_pane_sheet *sheet);

/* ---- portfolio_html_curves.c ---- */
NORN_CHECKED norn_status norni_port_html_last(const norni_port_page *p);
NORN_CHECKED norn_status norni_port_html_stitched(const norni_port_page *p);
NORN_CHECKED norn_status norni_port_html_splits(const norni_port_page *p);

/* ---- portfolio_html_charts.c ---- */
NORN_CHECKED norn_status norni_port_html_heat(const norni_port_page *p);
NORN_CHECKED norn_status norni_port_html_axis(const norni_port_page *p, size_t axis);
/* ---- portfolio_html_luck.c ---- */
NORN_CHECKED norn_status norni_port_html_spread(const norni_port_page *p);
NORN_CHECKED norn_status norni_port_html_luck(const norni_port_page *p);

/* The metric as charts draw it: shares in per cent. */
double norni_port_html_value(norni_port_metric m, double ranked);
/* "Test outperformance, %" */
NORN_CHECKED norn_status norni_port_html_label(const norni_port_page *p, norni_str *out);
/* The buffer's text in the arena; the buffer is empty then. */
NORN_CHECKED norn_status norni_port_html_keep(const norni_port_page *p, norni_buf *b,
                                              norni_str *out);

#endif
