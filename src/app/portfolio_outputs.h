/* The files of --output, and the chart of --plot. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_OUTPUTS_H
#define NORNI_PORTFOLIO_OUTPUTS_H

#include "app/portfolio_run.h"

/* Folders that were made, for the case that nothing comes into them. */
typedef struct norni_portfolio_place {
    const char *folder; /* as --output says it; or NULL */
    bool own, own_data; /* made here, and not there before */
} norni_portfolio_place;
/* Makes the folder and the one inside it, so that a place where nothing can be written is told before any work. After an error they
 * are gone again. */
NORN_CHECKED norn_status norni_portfolio_folder(const char *folder, norni_portfolio_place *made,
                                                norn_err *err);
/* Takes away those that were made, where they are empty. */
void norni_portfolio_folder_undo(const norni_portfolio_place *made);
/* Results table, YAML, reports, equity, benchmark and trades of the best one's last test: all of them written, then all of them
 * named. now: microseconds UTC. */
NORN_CHECKED norn_status norni_portfolio_outputs_write(const norni_portfolio_run *r,
                                                       const char *folder, int64_t now,
                                                       norn_err *err);
/* Equity of the best one and of its purchase held, over the last test, as SVG. */
NORN_CHECKED norn_status norni_portfolio_plot_write(const norni_portfolio_run *r, const char *path,
                                                    norn_err *err);

#endif
