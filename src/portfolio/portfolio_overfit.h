/* How far the best of many trials is luck: probabilistic and deflated Sharpe ratio, probability of backtest overfitting. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_OVERFIT_H
#define NORNI_PORTFOLIO_OVERFIT_H

#include "par/pool.h"
#include "base/arena.h"

typedef struct norni_port_deflated {
    size_t n_returns;
    double n_trials, sharpe; /* per period */
    double sharpe_std;       /* of the trials' Sharpe ratios, per period, divisor N - 1 */
    double expected_max;     /* Sharpe ratio that the best of n_trials without skill would show */
    double skew,
        kurtosis;         /* of the best one's returns, bias-corrected; kurtosis of a normal is 3 */
    double probabilistic; /* P(true Sharpe > 0) */
    double deflated;      /* P(true Sharpe > expected_max) */
    double min_track_record; /* returns needed for 95 % of P(true Sharpe > 0); infinite: NaN */
} norni_port_deflated;
/* returns (n) of the chosen trial; n_trials >= 1, sharpe_std per period. Bailey and Lopez de Prado 2014. */
NORN_CHECKED norn_status norni_port_deflate(const double *returns, size_t n, double n_trials,
                                            double sharpe_std, norni_port_deflated *out,
                                            norn_err *err);

/* What the best of trials is the best by. */
typedef enum norni_port_measure {
    NORNI_PORT_OF_SHARPE, /* Sharpe ratio of the returns */
    NORNI_PORT_OF_GROWTH, /* log growth of the equity */
    NORNI_PORT_OF_ACTIVE, /* log growth above that of the purchase held */
} norni_port_measure;
const char *norni_port_measure_name(norni_port_measure m); /* "sharpe", "growth", "active_growth" */

/* Of one block: sums of the returns; of growths, where those are measured, the growth is the sum, and there are no squares. */
typedef struct norni_pbo_block {
    double n, sum, sum_squares;
} norni_pbo_block;

typedef struct norni_port_pbo {
    size_t n_trials, n_blocks, n_splits;
    norni_port_measure measure;
    double
        pbo; /* share of splits where the best in sample is in the lower half out of sample; ties by mean rank */
    double
        loss_probability; /* share of splits where the chosen one's measure out of sample is below 0 */
    double slope, intercept,
        r_squared; /* out-of-sample measure of the chosen on its in-sample measure */
    double median_logit;
    double *logit; /* (n_splits), in the order of the splits; in the arena */
    double *in_sample,
        *out_of_sample; /* (n_splits) of the chosen, Sharpe ratios or growths per period; in the arena */
} norni_port_pbo;
/* Combinatorially symmetric cross-validation (Bailey, Borwein, Lopez de Prado, Zhu 2017). blocks (n_trials, n_blocks), n_blocks even, 2 to 16,
 * every trial with the same counts (blocks may differ). Parallel inside; the same bits at any worker count; memory independent of n_trials beyond the input.
 * NORN_E_DATA: fewer than two trials, or a block of fewer than two returns. */
NORN_CHECKED norn_status norni_port_pbo_of(norn_ctx *ctx, norni_worker *worker,
                                           norni_port_measure measure,
                                           const norni_pbo_block *blocks, size_t n_trials,
                                           size_t n_blocks, norni_arena *arena, norni_port_pbo *out,
                                           norn_err *err);

#endif
