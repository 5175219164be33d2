/* What a search found, in words and pictures: the text reports and the HTML page. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_REPORT_H
#define NORNI_PORTFOLIO_REPORT_H

#include "portfolio/portfolio_optimise.h"

typedef struct norni_port_stamp {
    int64_t now;         /* microseconds UTC of the run, told by the face */
    const char *version; /* of Norn */
    double window_days;
    norni_str timeframe;              /* "1h" */
    norni_port_convention convention; /* of best_metrics and buyhold_metrics */
} norni_port_stamp;

/* OPTIMIZATION_REPORT.txt, PORTFOLIO_SUMMARY.txt and report.html; same result and stamp: same bytes. */
NORN_CHECKED norn_status norni_port_report_text(const norni_port_result *r,
                                                const norni_port_stamp *stamp, norni_buf *out,
                                                norn_err *err);
NORN_CHECKED norn_status norni_port_summary_text(const norni_port_result *r,
                                                 const norni_port_stamp *stamp, norni_buf *out,
                                                 norn_err *err);
NORN_CHECKED norn_status norni_port_report_html(const norni_port_result *r,
                                                const norni_port_stamp *stamp, norni_buf *out,
                                                norn_err *err);
/* "highly robust", "moderately robust" or "use with caution", by the reference's bounds and, beyond it, by PBO and the deflated Sharpe ratio. */
const char *norni_port_robustness(const norni_port_result *r);

#endif
