/* Performance metrics of one series of returns, in a named convention. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_METRICS_H
#define NORNI_PORTFOLIO_METRICS_H

#include "base/arena.h"

typedef enum norni_port_convention {
    NORNI_PORT_LIKE_EMPYRICAL,  /* empyrical-reloaded: the default */
    NORNI_PORT_LIKE_QUANTSTATS, /* quantstats */
    NORNI_PORT_LIKE_BT,         /* bt / ffn: CAGR by calendar years */
    NORNI_PORT_LIKE_VECTORBT,   /* vectorbt: a year is 365 days of bars */
    NORNI_PORT_LIKE_CALENDAR, /* CAGR and annual factors by the calendar time between the first and the last bar */
    NORNI_PORT_CONVENTIONS
} norni_port_convention;
const char *norni_port_convention_name(norni_port_convention c);

typedef struct norni_port_metrics_opt {
    norni_port_convention convention;
    double periods_per_year;
    double risk_free; /* of a year; per period as the convention has it */
    double required;  /* return of a year that Sortino and Omega ask for */
    double cutoff;    /* of VaR and CVaR: 0.05 */
} norni_port_metrics_opt;
norni_port_metrics_opt norni_port_metrics_opt_default(void);

typedef struct norni_port_metrics {
    size_t n;
    double total_return, cagr, volatility, sharpe, sortino, calmar, omega;
    double max_drawdown;  /* 0 or negative */
    double drawdown_bars; /* longest time under water, bars */
    double value_at_risk,
        expected_shortfall; /* CVaR; negative are losses, but where the convention has them positive */
    double ulcer, tail_ratio, stability, skew, kurtosis; /* of the convention's own estimators */
    double win_rate, best, worst; /* share of returns above 0; largest and smallest return */
} norni_port_metrics;

/* returns (n), NaN left out as the convention does; time (n + 1) microseconds of the equity's bars, or NULL where the convention needs none.
 * What is not defined is NaN. NORN_E_ARG: an option outside its domain. */
NORN_CHECKED norn_status norni_port_metrics_of(const double *returns, size_t n, const int64_t *time,
                                               const norni_port_metrics_opt *opt,
                                               norni_arena *scratch, norni_port_metrics *out,
                                               norn_err *err);
/* The rows of a metrics table, in order: name as in JSON and CSV, words, whether a share, offset in norni_port_metrics. */
typedef struct norni_port_metric_row {
    const char *name, *words,
        *formula; /* formula: one line that names the convention's definition */
    bool share;
    size_t offset;
} norni_port_metric_row;
const norni_port_metric_row *norni_port_metric_rows(norni_port_convention c, size_t *n);

#endif
