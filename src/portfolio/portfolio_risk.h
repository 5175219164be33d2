/* What allocations share: covariances of returns with gaps, checks of a matrix, and its scale. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_RISK_H
#define NORNI_PORTFOLIO_RISK_H

#include "portfolio/portfolio_alloc.h"

typedef struct norni_port_sample {
    const double *returns; /* (n, n_assets), row-major */
    size_t n, n_assets;
    size_t skip; /* rows at the end that momentum leaves out */
    double periods_per_year;
} norni_port_sample;
/* norni_port_alloc_weights with the rows to skip counted by the caller. */
NORN_CHECKED norn_status norni_port_alloc_estimate(const norni_port_alloc *a,
                                                   const norni_port_sample *given,
                                                   norni_arena *scratch, double *weight,
                                                   norn_err *err);
/* Covariances and correlations over the rows that both columns have (NaN = missing), divisor pairs - 1, as pandas' DataFrame.cov and
 * .corr; a correlation with what does not vary is 0. NORN_E_DATA: two columns share fewer than two rows. */
NORN_CHECKED norn_status norni_port_cov_pairwise(const double *x, size_t n, size_t k, double *cov,
                                                 double *corr, norn_err *err);
/* norni_port_solve_hrp with correlations that need not be those of cov. */
NORN_CHECKED norn_status norni_port_hrp_of(const double *cov, const double *corr, size_t k,
                                           norni_arena *scratch, double *weight, norn_err *err);
/* cov (k, k): finite everywhere, no variance below 0; with `positive` also none of 0: NORN_E_DATA, `what` names the method. */
NORN_CHECKED norn_status norni_port_cov_check(const double *cov, size_t k, bool positive,
                                              const char *what, norn_err *err);
/* Can k weights between lo and hi sum to 1? NORN_E_ARG says which would do. */
NORN_CHECKED norn_status norni_port_bounds_check(double lo, double hi, size_t k, norn_err *err);
/* Exponent of the largest variance: cov 2^-exponent has entries of about 1. 0 where all are 0. */
int norni_port_cov_exponent(const double *cov, size_t k);
/* w'Sw */
double norni_port_variance(const double *cov, const double *weight, size_t k);

#endif
