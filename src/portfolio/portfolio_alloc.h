/* Allocations: target weights of a set of assets, fixed or estimated from the returns before a date. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_ALLOC_H
#define NORNI_PORTFOLIO_ALLOC_H

#include "portfolio/portfolio_sim.h"

typedef enum norni_port_alloc_kind {
    NORNI_PORT_FIXED,
    NORNI_PORT_EQUAL,
    NORNI_PORT_INVERSE_VOL,
    NORNI_PORT_MIN_VARIANCE,  /* long only, sum 1, within [min_weight, max_weight] */
    NORNI_PORT_MEAN_VARIANCE, /* max mu'w - risk_aversion/2 w'Sw over the same set */
    NORNI_PORT_ERC,           /* equal risk contribution */
    NORNI_PORT_HRP,           /* hierarchical risk parity (Lopez de Prado 2016), single linkage */
    NORNI_PORT_MOMENTUM, /* the top_k by return over the lookback, less the last skip_days, in equal parts */
    NORNI_PORT_ALLOCS
} norni_port_alloc_kind;

typedef enum norni_port_shrinkage {
    NORNI_PORT_LEDOIT_WOLF,
    NORNI_PORT_SAMPLE
} norni_port_shrinkage;

typedef struct norni_port_alloc {
    norni_port_alloc_kind kind;
    const double *weight; /* (n_weights) of FIXED, by position */
    size_t n_weights;
    double lookback_days; /* bars of that many days before and including the estimation's bar */
    double estimate_days; /* estimated anew that often; 0: once, at the window's first bar */
    norni_port_shrinkage
        shrinkage; /* Ledoit-Wolf 2004 towards a multiple of the identity, as scikit-learn's LedoitWolf */
    double risk_aversion; /* of a year: mean and covariance are annualised */
    double min_weight, max_weight;
    int32_t top_k;
    double skip_days;
    double leverage; /* the weights' sum, 1 */
    double
        vol_target; /* a year: weights are scaled so that the estimated volatility is that, at most to max_leverage. 0: none */
    double max_leverage;
} norni_port_alloc;
norni_port_alloc norni_port_alloc_default(void);
const char *norni_port_alloc_name(norni_port_alloc_kind kind); /* "min_variance" */

/* NORN_E_ARG names the field that is outside its domain; n_assets 0: what depends on their number is left alone. */
NORN_CHECKED norn_status norni_port_alloc_check(const norni_port_alloc *a, size_t n_assets,
                                                norn_err *err);
/* Are returns needed at all? FIXED and EQUAL without a volatility target need none. */
bool norni_port_alloc_estimates(const norni_port_alloc *a);

/* Weights of n_assets from returns (n, n_assets), row-major, in time's order. NaN = missing: rows with
 * one are left out, but HRP and INVERSE_VOL take what each pair or asset has. NORN_E_DATA: too few returns, or no variance, with the remedy. */
NORN_CHECKED norn_status norni_port_alloc_weights(const norni_port_alloc *a, const double *returns,
                                                  size_t n, size_t n_assets,
                                                  double periods_per_year, norni_arena *scratch,
                                                  double *weight, norn_err *err);
enum { NORNI_PORT_FRESH_DAYS = 7 };
/* The targets of a window that starts at bar `first` and ends before `end`: estimated at `first` and every estimate_days after it,
 * never from a bar after the one they hold from. The lookback may reach before `first`. Assets that did not trade at the bar or in the
 * NORNI_PORT_FRESH_DAYS before it, and those whose prices reach over less than two thirds of the lookback, get weight 0 and the rest share
 * it. Bounds that the assets left cannot keep are widened to equal weights. With too little history for an estimate: equal weights, counted
 * in *n_fallback (may be NULL).
 * In the arena. */
NORN_CHECKED norn_status norni_port_alloc_targets(const norni_port_alloc *a,
                                                  const norni_port_market *m, size_t first,
                                                  size_t end, norni_arena *arena,
                                                  norni_port_targets *out, size_t *n_fallback,
                                                  norn_err *err);

/* The same, asking before each estimate whether to stop: NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_port_alloc_targets_polled(const norni_port_alloc *a,
                                                         const norni_port_market *m, size_t first,
                                                         size_t end, norni_arena *arena,
                                                         const norni_poll *poll,
                                                         norni_port_targets *out,
                                                         size_t *n_fallback, norn_err *err);

/* ---- the parts, on plain matrices (k, k) row-major ---- */
/* Ledoit-Wolf shrinkage of the sample covariance (divisor n) of x (n, k); *shrinkage in [0,1]. */
NORN_CHECKED norn_status norni_port_cov_ledoit_wolf(const double *x, size_t n, size_t k,
                                                    norni_arena *scratch, double *cov,
                                                    double *shrinkage, norn_err *err);
void norni_port_cov_sample(const double *x, size_t n, size_t k, double *cov); /* divisor n - 1 */
/* min risk_aversion/2 w'Sw - mu'w, sum w = 1, lo <= w <= hi; mu NULL: 0. Exact (active set). */
NORN_CHECKED norn_status norni_port_solve_qp(const double *cov, const double *mu,
                                             double risk_aversion, double lo, double hi, size_t k,
                                             norni_arena *scratch, double *weight, norn_err *err);
NORN_CHECKED norn_status norni_port_solve_erc(const double *cov, const double *budget, size_t k,
                                              norni_arena *scratch, double *weight,
                                              norn_err *err); /* budget NULL: equal */
NORN_CHECKED norn_status norni_port_solve_hrp(const double *cov, size_t k, norni_arena *scratch,
                                              double *weight, norn_err *err);

#endif
