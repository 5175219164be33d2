/* The options of `norn portfolio`, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_PLAN_H
#define NORNI_PORTFOLIO_PLAN_H

#include "app/portfolio_read.h"
#include "portfolio/portfolio_optimise.h"

typedef struct norni_portfolio_opt {
    norni_common_opt common;
    norni_inputs data;
    /* the search */
    bool quick, dry_run;
    const char *grid, *output;
    /* a filter by signals */
    const char *signal, *signal_column;
    double signal_min, signal_max_age;
    int32_t signal_unknown;
    int32_t metric, convention;
    double fee_bps, slippage_bps, capital, periods_per_year;
    /* walk-forward */
    double window_days;
    int32_t test_windows, scheme, train_windows, purge_bars, embargo_bars;
    /* prices */
    const char *symbols, *sheet, *id_col, *time_col, *price_col, *delimiter;
    int32_t timeframe, align, splits, duplicates;
    /* Of a server or a library alone, no flags. */
    const norni_str *bytes; /* (data.n) what stands in the files, where it is in memory; or NULL */
    norni_inputs names;     /* of the files: a symbol's name may be its file's; n 0: their paths */
    const norni_str *grid_text; /* a grid that is in memory; or NULL */
    const char *signal_name;    /* what people call the file of signals; NULL: by its path */
    int64_t unix_seconds;       /* 0: now */
} norni_portfolio_opt;

extern const norni_param norni_portfolio_rows[];
extern const size_t norni_n_portfolio_rows;
extern const norni_param norni_portfolio_walk_rows[];
extern const size_t norni_n_portfolio_walk_rows;
extern const norni_param norni_portfolio_price_rows[];
extern const size_t norni_n_portfolio_price_rows;
/* The common rows that mean nothing here, for norni_op. */
#define NORNI_PORTFOLIO_UNLISTED "|resume|chunk-size|retry-attempts|cache|"

typedef struct norni_portfolio_plan {
    const norni_portfolio_opt *opt;
    norni_port_read_opt read;
    norni_port_optimise_opt search;
    norni_port_grid_opt grid; /* periods_per_year by the prices, later */
    int32_t format;           /* csv or json */
} norni_portfolio_plan;

/* Lives in the arena; the options outlive it. NORN_E_ARG names the flag. */
NORN_CHECKED norn_status norni_portfolio_plan_make(const norni_portfolio_opt *opt,
                                                   norni_arena *arena, norni_portfolio_plan *plan,
                                                   norn_err *err);

#endif
