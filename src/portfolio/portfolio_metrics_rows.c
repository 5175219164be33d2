/* The rows of a metrics table: names, words and, convention by convention, the formula in one line. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_metrics.h"

#define ROW(field, words, formula, share) \
    { #field, words, formula, share, offsetof(norni_port_metrics, field) }

/* What differs between conventions comes in as text; the order is the same in all. */
#define TABLE(CAGR, FACTOR, SORTINO, DRAWDOWN, VAR, CVAR, ULCER, SKEW, KURTOSIS, WON)              \
    {                                                                                              \
        ROW(total_return, "Total return", "product of (1 + r), less 1", true),                     \
            ROW(cagr, "Compound annual growth", CAGR, true),                                       \
            ROW(volatility, "Volatility, annual", "deviation (n - 1) of r times root of " FACTOR,  \
                true),                                                                             \
            ROW(sharpe, "Sharpe ratio",                                                            \
                "mean over deviation (n - 1) of r - risk-free, times root of " FACTOR, false),     \
            ROW(sortino, "Sortino ratio", SORTINO FACTOR, false),                                  \
            ROW(calmar, "Calmar ratio", "annual growth over |max drawdown|", false),               \
            ROW(omega, "Omega ratio",                                                              \
                "sum of gains over sum of losses of r - risk-free - required", false),             \
            ROW(max_drawdown, "Max drawdown", DRAWDOWN, true),                                     \
            ROW(drawdown_bars, "Longest drawdown, bars",                                           \
                "bars from a peak until it is reached again, or the end", false),                  \
            ROW(value_at_risk, "Value at risk", VAR, true),                                        \
            ROW(expected_shortfall, "Expected shortfall", CVAR, true),                             \
            ROW(ulcer, "Ulcer index", ULCER, true),                                                \
            ROW(tail_ratio, "Tail ratio", "|95th percentile| over |5th percentile|", false),       \
            ROW(stability, "Stability", "R squared of the cumulated log returns on a line",        \
                false),                                                                            \
            ROW(skew, "Skewness", SKEW, false), ROW(kurtosis, "Excess kurtosis", KURTOSIS, false), \
            ROW(win_rate, "Winning periods", WON, true),                                           \
            ROW(best, "Best period", "largest r", true),                                           \
            ROW(worst, "Worst period", "smallest r", true),                                        \
    }

#define FROM_START     "least wealth over its peak so far, less 1; the start counts as a peak"
#define HISTORIC       "quantile of r at the cutoff, linear between order statistics"
#define HISTORIC_MEAN  "mean of the int((n - 1) cutoff) + 1 smallest r"
#define ULCER_BARS     "root of the mean squared drawdown over the n + 1 bars"
#define SKEW_PLAIN     "m3 / m2^1.5"
#define KURTOSIS_PLAIN "m4 / m2^2 - 3"
#define SKEW_FAIR      "m3 / m2^1.5, bias corrected"
#define KURTOSIS_FAIR  "m4 / m2^2 - 3, bias corrected"
#define WON_OF_ALL     "share of r above 0"
#define SORTINO_ASKED  "mean of r - required over root of its mean squared shortfall, times root of "
#define SORTINO_RATE   "mean of r - risk-free over root of its mean squared shortfall, times root of "

enum { ROWS = 19 };
static const norni_port_metric_row rows[NORNI_PORT_CONVENTIONS][ROWS] = {
    [NORNI_PORT_LIKE_EMPYRICAL] =
        TABLE("wealth^(periods / all r) - 1", "periods a year", SORTINO_ASKED, FROM_START, HISTORIC,
              HISTORIC_MEAN, ULCER_BARS, SKEW_PLAIN, KURTOSIS_PLAIN, WON_OF_ALL),
    [NORNI_PORT_LIKE_QUANTSTATS] = TABLE(
        "wealth^(periods / n) - 1", "periods a year", SORTINO_RATE, FROM_START,
        "mean + z(cutoff) deviation: of a normal", "mean - deviation pdf(z) / cutoff: of a normal",
        "root of the sum of squared drawdowns over n - 1", SKEW_FAIR, KURTOSIS_FAIR,
        "share of r above 0 among those that are not 0"),
    [NORNI_PORT_LIKE_BT] =
        TABLE("wealth^(1 / years of 365.25 days) - 1", "periods a year", SORTINO_RATE, FROM_START,
              HISTORIC, HISTORIC_MEAN, ULCER_BARS, SKEW_FAIR, KURTOSIS_FAIR, WON_OF_ALL),
    [NORNI_PORT_LIKE_VECTORBT] =
        TABLE("wealth^(bars of 365 days / all r) - 1", "the bars of 365 days", SORTINO_ASKED,
              "least wealth over its peak so far, less 1; from the first return on", HISTORIC,
              HISTORIC_MEAN, "root of the mean squared drawdown over the n returns", SKEW_PLAIN,
              KURTOSIS_PLAIN, WON_OF_ALL),
    [NORNI_PORT_LIKE_CALENDAR] = TABLE(
        "wealth^(1 / years of 365.25 days) - 1", "returns over years of 365.25 days", SORTINO_ASKED,
        FROM_START, HISTORIC, HISTORIC_MEAN, ULCER_BARS, SKEW_PLAIN, KURTOSIS_PLAIN, WON_OF_ALL),
};

const norni_port_metric_row *norni_port_metric_rows(norni_port_convention c, size_t *n) {
    *n = ROWS;
    return rows[(unsigned)c < NORNI_PORT_CONVENTIONS ? c : NORNI_PORT_LIKE_EMPYRICAL];
}
