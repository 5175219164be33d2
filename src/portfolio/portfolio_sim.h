/* The simulator: one portfolio for each lane, bar by bar, with rebalancing rules and costs. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_SIM_H
#define NORNI_PORTFOLIO_SIM_H

#include "base/arena.h"
#include "base/poll.h"
#include "portfolio/portfolio_prices.h"

typedef enum norni_port_method {
    NORNI_PORT_THRESHOLD, /* a weight is out of its band */
    NORNI_PORT_CALENDAR, /* the clock has gone `every` units since the last rebalance (or the purchase) */
    NORNI_PORT_HYBRID,    /* either */
    NORNI_PORT_ON_TARGET, /* a new target has come */
    NORNI_PORT_NEVER,     /* bought and held */
} norni_port_method;

typedef struct norni_port_rule {
    norni_port_method method;
    double
        threshold; /* |weight - target| above it is out: a share of the equity; of the target when `relative` */
    bool relative;
    bool
        edge; /* an asset out of its band goes to the band's edge, the others stay; else all go to their targets */
    norni_port_clock clock;
    double every;              /* units of the clock */
    double min_interval_hours; /* since the last rebalance (or the purchase) */
    double
        momentum_days; /* 0: no filter. No rebalance while the holdings are worth over 1 + momentum_limit times what the */
    double
        momentum_limit; /* same shares were that many days ago; decided only when the window reaches so far back */
    double
        turnover_cap; /* largest sum of |trades| as a share of the equity; trades are scaled down to it. 0: none */
    int32_t delay;    /* bars between decision and execution; the target is that of the decision */
    double min_trade; /* smaller trades (share of the equity) are not made. 0: none */
    double fee, slippage;          /* shares of the traded value: 10 bps is 0.001 */
    double fixed_fee;              /* currency for each asset traded */
    double capital;                /* at the start, above 0 */
    double cash_rate, borrow_rate; /* a year, on cash above 0, on what is owed */
} norni_port_rule;
/* The reference's: threshold 0.10, 30 days, 24 h, no costs, capital 10,000. */
norni_port_rule norni_port_rule_default(void);

/* What the weights should be: target k holds from bar[k] on; bar[0] is the window's first. Weights may sum to less than 1 (the rest is
 * cash) or more (the rest is owed). */
typedef struct norni_port_targets {
    size_t n;
    const size_t *bar;    /* (n), ascending */
    const double *weight; /* (n, n_assets) */
} norni_port_targets;

/* Prices of just the assets that are held, borrowed. */
typedef struct norni_port_market {
    size_t n_bars, n_assets;
    const double *price;        /* (n_bars, n_assets), as norni_port_prices has them */
    const uint8_t *traded;      /* (n_bars, n_assets); NULL: everything trades at every bar */
    const double *const *clock; /* (NORNI_PORT_CLOCKS) of (n_bars) */
    double periods_per_year;
    /* (n_bars, n_assets): 1 where a filter lets the asset not be held; NULL: no filter */
    const uint8_t *out;
} norni_port_market;
/* Packs assets asset[0..n) of the panel; `traded` is NULL where none of them has a gap. */
NORN_CHECKED norn_status norni_port_market_of(const norni_port_prices *p, const size_t *asset,
                                              size_t n, norni_arena *arena, norni_port_market *out,
                                              norn_err *err);

/* A stretch of bars: bought at the close of bar `first`. Numbers are asked for at each mark, of bars [first, mark). */
typedef struct norni_port_window {
    size_t first;
    const size_t *mark; /* (n_marks), ascending, above first + 1, at most n_bars */
    size_t n_marks;
    const size_t *
        block; /* (n_blocks) ends of the blocks of returns that overfitting is judged by, ascending, at most the last mark */
    size_t n_blocks; /* 0: none */
} norni_port_window;

/* One portfolio up to a mark. Equity is after the bar's trades; a return is equity over equity one bar before, less 1. Conventions of
 * empyrical; rates of return per year by periods_per_year, the risk-free rate 0. NaN where it is not defined. */
typedef struct norni_port_stats {
    size_t n_returns;
    double final_value, total_return;
    double buyhold_return; /* the first target bought and held, the same entry costs */
    double cagr, volatility, sharpe, sortino, calmar, omega;
    double max_drawdown; /* 0 or negative */
    double ulcer;        /* root of the mean squared drawdown over the bars, the first included */
    double longest_drawdown;        /* bars from a peak until it is reached again, or the end */
    double turnover;                /* sum of |trades| / equity, the purchase excluded */
    double costs;                   /* currency, the purchase included */
    size_t n_rebalances, n_blocked; /* due, but held back by interval or momentum */
    bool ruined; /* equity fell to 0 or below: everything is closed, equity stays 0 */
    bool
        unbought; /* the purchase could not be made (its costs would take everything), nor any trade after it */
    size_t n_filtered; /* trades of the filter; rebalances are counted by themselves */
} norni_port_stats;

/* Sums over one block of a window: from them come the Sharpe ratio and the growth of any union of blocks. */
typedef struct norni_port_block {
    double n, sum, sum_squares; /* of its returns */
    double
        growth; /* log of the equity over that at the end of the block before; the first block's over the capital */
    double active; /* growth less that of the first target bought and held */
} norni_port_block;

/* n portfolios over one window, NORNI_PORT_LANES at a time side by side; the same bits in any lane, any order, any instruction set, and as
 * the plain twin (tests/portfolio/plain_simulator.c). stats (n, n_marks) row-major; blocks (n, n_blocks) or NULL. Rules of one clock and like
 * features run fastest next to each other. Scratch in the arena, given back. NORN_E_CANCEL. */
enum { NORNI_PORT_LANES = 8 };
NORN_CHECKED norn_status norni_port_simulate(const norni_port_market *m, const norni_port_window *w,
                                             const norni_port_rule *rule,
                                             const norni_port_targets *const *targets, size_t n,
                                             norni_arena *scratch, const norni_poll *poll,
                                             norni_port_stats *stats, norni_port_block *blocks,
                                             norn_err *err);

typedef struct norni_port_event {
    size_t bar;
    double total_value;   /* before the trades */
    double max_deviation; /* of a weight from its target */
    double turnover, cost;
    double *weights_before; /* (n_assets) */
    bool filtered;          /* a trade of the filter, no rebalance */
} norni_port_event;
/* One portfolio, everything recorded, in the arena; the same bits as norni_port_simulate. */
typedef struct norni_port_path {
    size_t n, n_assets, n_events;    /* n: bars of the window */
    double *equity, *cash, *buyhold; /* (n) after the bar's trades */
    double *value;                   /* (n, n_assets): shares times price */
    norni_port_event
        *event; /* (n_events), rebalances and the filter's trades, without the purchase */
    norni_port_stats stats;
} norni_port_path;
NORN_CHECKED norn_status norni_port_record(const norni_port_market *m, const norni_port_window *w,
                                           const norni_port_rule *rule,
                                           const norni_port_targets *targets, norni_arena *arena,
                                           norni_port_path *out, norn_err *err);
/* NORN_E_ARG names the field that is outside its domain. */
NORN_CHECKED norn_status norni_port_rule_check(const norni_port_rule *rule, norn_err *err);

#endif
