/* The files of --output, and the chart of --plot. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_OUTPUTS_H
#define NORNI_PORTFOLIO_OUTPUTS_H

#include "app/out_folder.h"
#include "app/portfolio_run.h"

/* The folder within --output. */
#define NORNI_PORTFOLIO_INSIDE "data"

/* Results table, YAML, reports, equity, benchmark and trades of the best one's last test: all of them written, then all of them
 * named. now: microseconds UTC. */
NORN_CHECKED norn_status norni_portfolio_outputs_write(const norni_portfolio_run *r,
                                                       const char *folder, int64_t now,
                                                       norn_err *err);
/* Equity of the best one and of its purchase held, over the last test, as SVG. */
NORN_CHECKED norn_status norni_portfolio_plot_write(const norni_portfolio_run *r, const char *path,
                                                    norn_err *err);

#endif
