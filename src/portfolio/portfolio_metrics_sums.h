/* What the metrics of one series are made of: moments, downside, the path of wealth, tails. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_METRICS_SUMS_H
#define NORNI_PORTFOLIO_METRICS_SUMS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct norni_port_moments {
    double mean, m2, m3, m4; /* sums of powers of the distances from the mean, of x * scale */
    double scale;            /* a power of two: no value of any size overflows a fourth power */
    double least, most;
    size_t n_above, n_not_zero;
    bool flat; /* all values equal, but for 4 units in the last place */
} norni_port_moments;
/* x (n >= 1), all finite. */
norni_port_moments norni_port_moments_of(const double *x, size_t n);
/* Standard deviation with divisor n - 1: NaN below two values, 0 where flat. */
double norni_port_deviation(const norni_port_moments *m, size_t n);
/* Skewness and kurtosis less 3; `corrected`: the estimators of SAS and pandas, else the plain ones. NaN where flat or too few. */
void norni_port_shape(const norni_port_moments *m, size_t n, bool corrected, double *skew,
                      double *excess);

/* Mean square of what falls short of the target; gains and losses about a threshold. */
typedef struct norni_port_sides {
    double shortfall, gains, losses;
} norni_port_sides;
norni_port_sides norni_port_sides_of(const double *x, size_t n, double target, double threshold);

typedef struct norni_port_wealth {
    double growth;       /* product of 1 + x */
    double max_drawdown; /* 0 or negative */
    double squares;      /* sum of squared drawdowns */
    double longest;      /* bars from a peak until it is reached again, or the end */
    double stability;    /* R squared of the cumulated log returns on a line */
} norni_port_wealth;
/* `anchored`: the wealth before the first return is a peak too. scratch (n). */
norni_port_wealth norni_port_wealth_of(const double *x, size_t n, bool anchored, double *scratch);

/* 5th and 95th percentile, the cutoff's quantile (linear between order statistics), and the mean of the int((n - 1) cutoff) + 1 smallest.
 * scratch (n). */
typedef struct norni_port_tails {
    double p5, p95, at_cutoff, below;
} norni_port_tails;
norni_port_tails norni_port_tails_of(const double *x, size_t n, double cutoff, double mean,
                                     double deviation, double *scratch);

#endif
