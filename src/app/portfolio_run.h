/* A portfolio search from files to a result: read, grid, search. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_RUN_H
#define NORNI_PORTFOLIO_RUN_H

#include "app/portfolio_plan.h"
#include "portfolio/portfolio_yaml.h"

/* Everything that a run made; clear it in any case. */
typedef struct norni_portfolio_run {
    const norni_op_env *env;
    norni_portfolio_plan plan;
    norni_arena arena;
    norni_port_prices prices;
    norni_port_read_report report;
    norni_port_grid *grid;
    norni_port_grid_counts counts;
    bool
        own_grid; /* one over the panel's symbols: nothing was given, and the reference's are not there */
    norni_buf notes;  /* of prices, windows and grid, a line each */
    size_t own_notes; /* bytes of them before the grid's, which --dry-run tells in its own way */
    norni_port_split *split; /* (n_splits) as the search will have them; NULL: not one fits */
    size_t n_splits;
    norni_port_dry dry; /* of --dry-run */
    bool searched;      /* false: --dry-run */
    norni_port_result result;
    norni_tally tally;
    bool input_failed;
} norni_portfolio_run;

/* The options outlive the run. */
NORN_CHECKED norn_status norni_portfolio_run_do(const norni_op_env *env,
                                                const norni_portfolio_opt *opt,
                                                norni_portfolio_run *out, norn_err *err);
void norni_portfolio_run_clear(norni_portfolio_run *r);
/* This moment, SOURCE_DATE_EPOCH (reproducible-builds.org), or what a face says; microseconds. */
int64_t norni_portfolio_moment(const norni_portfolio_opt *o);
/* "1h", "4h", "1d", else the bars' step as "15m" or "12 bars a day". */
void norni_portfolio_timeframe(const norni_portfolio_run *r, char out[32]);

#endif
