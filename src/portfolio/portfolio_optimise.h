/* A walk-forward search over a grid: every distinct configuration simulated once, ranked, judged for overfitting. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_OPTIMISE_H
#define NORNI_PORTFOLIO_OPTIMISE_H

#include "base/hash.h"
#include "io/spool.h"
#include "par/progress.h"
#include "par/pool.h"
#include "portfolio/portfolio_grid.h"
#include "portfolio/portfolio_metrics.h"
#include "portfolio/portfolio_overfit.h"
#include "portfolio/portfolio_splits.h"

/* Means over the splits. Of the tests, but where it says train. */
typedef struct norni_port_row {
    uint64_t id, same; /* same: id of the configuration that was simulated for it; itself */
    uint32_t n_splits; /* 0: not usable, or failed; nothing below holds */
    uint32_t set;
    uint32_t status; /* norn_status: NORN_OK but where it failed */
    uint32_t
        unbought; /* splits in whose train or test nothing could be bought: their metric is not defined */
    double outperformance, total_return, sharpe, max_drawdown; /* test_avg_… */
    double train_outperformance, train_return, train_sharpe, train_drawdown;
    double consistency; /* population standard deviation of the tests' outperformance */
    double win_rate;    /* share of tests with outperformance above 0 */
    double
        generalization_gap; /* train_outperformance - outperformance: of whole windows, whatever their lengths */
    double
        gap_per_window; /* log growth above the purchase held, train's per bar times the test's bars, less the test's; NaN: ruined */
    double cagr, volatility, sortino, calmar, omega, ulcer, turnover, costs, n_rebalances;
    double n_filtered; /* trades of a filter */
} norni_port_row;

typedef enum norni_port_metric {
    NORNI_PORT_BY_OUTPERFORMANCE,
    NORNI_PORT_BY_RETURN,
    NORNI_PORT_BY_SHARPE,
    NORNI_PORT_BY_SORTINO,
    NORNI_PORT_BY_CALMAR,
    NORNI_PORT_BY_CAGR,
    NORNI_PORT_BY_DRAWDOWN,   /* the smallest */
    NORNI_PORT_BY_VOLATILITY, /* the smallest */
    NORNI_PORT_BY_ULCER,      /* the smallest */
    NORNI_PORT_BY_OMEGA,
    NORNI_PORT_BY_TRAIN_OUTPERFORMANCE, /* chosen in sample: the mean of all trains, which hold every test but the last */
    NORNI_PORT_BY_TRAIN_SHARPE,
    NORNI_PORT_METRICS
} norni_port_metric;
#define NORNI_PORT_METRIC_CHOICES                                                                 \
    "outperformance|return|sharpe|sortino|calmar|cagr|max_drawdown|volatility|ulcer|omega|train_" \
    "outperformance|train_sharpe"

/* avg, median, best, count of the metric for each value of an axis. */
typedef struct norni_port_sensitivity {
    size_t axis, n_values;
    double *mean, *median, *best; /* (n_values) */
    uint64_t *count;              /* (n_values): usable configurations, duplicates included */
    double *
        top_share; /* (n_values): share of the best 20 (assets), 50 (weights), else of the best tenth */
} norni_port_sensitivity;

enum { NORNI_PORT_TOP = 100, NORNI_PORT_BLOCKS = 16 };

/* What overfitting is judged by under a ranking: growth above the purchase held for outperformance, growth for return and cagr, else the
 * Sharpe ratio. */
norni_port_measure norni_port_metric_measure(norni_port_metric m);

/* The best ones, with their single splits. */
typedef struct norni_port_best {
    norni_port_row row;
    norni_port_config config;
    norni_port_stats *train, *test; /* (n_splits) */
} norni_port_best;

/* One configuration's failure; the others go on. */
typedef struct norni_port_failed {
    uint64_t id;
    norn_err why;
} norni_port_failed;

typedef struct norni_port_optimise_opt {
    norni_port_splits_opt splits;
    norni_port_metric metric;
    norni_port_convention convention; /* of the metrics of the best one */
    size_t
        memory; /* bytes that there are for batches, packed prices and records, which then lie in files; 0: as many as are of use */
    uint64_t seed;
} norni_port_optimise_opt;

typedef struct norni_port_result {
    norni_arena arena;
    const norni_port_prices *prices; /* borrowed, as is the grid */
    const norni_port_grid *grid;
    norni_port_grid_counts counts;
    norni_port_split *split; /* (n_splits) */
    size_t n_splits;
    norni_port_metric metric;
    norni_spool rows;     /* norni_port_row by index, every configuration of the grid */
    norni_port_best *top; /* (n_top) by rank: metric, then id; distinct ones only */
    size_t n_top;
    double median, mean, best, worst; /* of the metric over usable configurations */
    double positive_share;            /* usable ones whose tests' outperformance is above 0 */
    norni_port_sensitivity *axis;     /* (n_axes) */
    size_t n_axes;
    double *
        heat; /* (heat_rows, heat_columns) mean metric over two axes, NaN = none; 0 rows: fewer than two axes vary */
    size_t heat_rows, heat_columns, heat_row_axis, heat_column_axis;
    double
        plateau; /* mean metric of the best one's neighbours (one step on one axis) over its own; NaN: fewer than two */
    uint64_t n_neighbours, neighbour_axes; /* how many, and a bit for each axis that has one */
    norni_port_pbo pbo;                    /* n_trials 0: not told, pbo_why says why */
    char pbo_why[160];
    norni_port_deflated
        deflated; /* of the best one's returns over the stitched tests, less those of its purchase held where deflated_active */
    bool deflated_active;       /* ranked by outperformance, which is what may be luck */
    norni_port_deflated raw;    /* of its returns: one trial */
    norni_port_deflated excess; /* of its returns less those of its purchase held: one trial */
    norni_port_metrics best_metrics, buyhold_metrics; /* the same returns, in the convention */
    double *
        oos_returns; /* (n_oos) of the best one over the stitched tests, each from the capital: after the purchase's costs */
    double *oos_buyhold; /* (n_oos) the same of its purchase held in each test */
    int64_t *oos_time;   /* (n_oos + 1) */
    size_t n_oos;
    double *
        walk_forward; /* (n_splits): the metric's test outperformance of what was best on train of the same split */
    uint64_t *walk_forward_id; /* (n_splits) */
    double
        efficiency; /* of what was chosen: sum of the tests' log growths above the purchase held / that of the trains, per bar times the tests' bars; NaN */
    norni_port_path train_path,
        test_path;           /* of the best one, over the last split; bars from split's first */
    uint64_t n_simulated;    /* backtests that really ran: distinct configurations times windows */
    double simulate_seconds; /* never in a digest */
    size_t n_estimate_fallbacks;
    uint64_t
        n_unbought; /* usable ones with a split in which nothing could be bought, duplicates included; they rank last */
    uint64_t n_failed; /* usable ones that failed, duplicates included */
    norni_buf failed;  /* norni_port_failed, the first 1,000 of them */
    uint64_t
        n_trials_total; /* distinct ones that did not fail; pbo.n_trials of them are judged, spread evenly by id */
    norni_hash128 digest;
} norni_port_result;

/* NORN_E_DATA: not one usable configuration, or too few bars. norni_port_result_clear is due in any case. tally (or NULL) counts the
 * distinct ones. */
NORN_CHECKED norn_status norni_port_optimise(norn_ctx *ctx, const norni_port_prices *prices,
                                             const norni_port_grid *grid,
                                             const norni_port_optimise_opt *opt, norni_tally *tally,
                                             norni_port_result *out, norn_err *err);
void norni_port_result_clear(norni_port_result *r);
/* Row of configuration `index`. */
NORN_CHECKED norn_status norni_port_result_row(const norni_port_result *r, uint64_t index,
                                               norni_port_row *out, norn_err *err);
/* A line where n_unbought is above 0. */
void norni_port_unbought_note(const norni_port_result *r, norni_buf *out);
/* Larger is better: volatility and ulcer with their sign turned, as in every mean, median and best of a result. */
double norni_port_row_metric(const norni_port_row *row, norni_port_metric m);
double norni_port_metric_sign(
    norni_port_metric m); /* -1 where the metric's sign is turned, else 1 */
const char *norni_port_metric_name(norni_port_metric m); /* "outperformance" */

#endif
