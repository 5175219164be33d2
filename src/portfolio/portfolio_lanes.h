/* Eight portfolios side by side: the state of a group of lanes and the kernels that move it from bar to bar. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_LANES_H
#define NORNI_PORTFOLIO_LANES_H

#include "portfolio/portfolio_sim.h"

/* Equity at or below this is ruin; also keeps 1 / equity finite. */
#define NORNI_PORT_TINY 1e-300
/* Goals of one side that sum to this are too small to be limited by what cannot be traded. */
#define NORNI_PORT_ROOM 1e-12
/* Clocks count times as doubles: an hour is not exactly 1/24 day. 86 microseconds of a day. */
#define NORNI_PORT_CLOCK_SLACK 1e-9
/* Steps of the search for the equity after costs; two are the rule. */
enum { NORNI_PORT_SOLVE_STEPS = 8 };
/* Bars that are simulated before their numbers are taken. */
enum { NORNI_PORT_BURST = 64, NORNI_PORT_BURST_MASK = NORNI_PORT_BURST - 1 };

/* What a group's kernels must do; a superset gives the same bits, slower. */
enum {
    NORNI_PORT_BANDS = 1,    /* some lane looks at deviations */
    NORNI_PORT_RELATIVE = 2, /* bands as shares of the targets */
    NORNI_PORT_FULL = 4,     /* interest, gaps, delay, edge, smallest trades, caps, fixed fees */
};

typedef struct norni_port_lane {
    const norni_port_rule *rule;
    const norni_port_targets *targets;
    size_t target;              /* the one that holds */
    size_t last;                /* bar of the last rebalance or the purchase */
    size_t execute;             /* bar of the pending trade, SIZE_MAX: none */
    size_t gap, pause, history; /* guesses of bars for every, interval, momentum */
    size_t rebalances, blocked; /* blocked: by momentum; by the interval stands in the vector */
    bool fresh;                 /* on target: a new one has come */
    bool ruined;
    bool unbought;  /* the purchase could not be made */
    bool filtering; /* the pending trade is the filter's */
    size_t filtered;
} norni_port_lane;

/* When a clock will have gone so many units, as it was last asked. */
typedef struct norni_port_asked {
    norni_port_clock clock;
    double units;
    size_t from;
    double bar;
} norni_port_asked;

/* Everything as [lane] or [asset][lane]; 64-byte aligned. */
typedef struct norni_port_group {
    /* the account */
    double cash[8], equity[8], inverse[8];
    /* running sums of returns */
    double mean[8], m2[8], down[8], gain[8], loss[8], sum[8], squares[8];
    /* drawdowns */
    double peak[8], peak_inverse[8], worst[8], ulcer[8], streak[8], longest[8];
    /* decisions: bars as doubles */
    double threshold[8], next[8], allow[8], armed[8], floor[8], held_back[8];
    /* costs */
    double rate[8], fixed[8], min_trade[8], cap[8], interest[8], debt[8];
    double turnover[8], costs[8];
    /* of the bar where `scan` stopped: cash with interest, equity before the trade */
    double cash_now[8], before[8];
    /* bought and held */
    double hold_cash[8];
    double *shares, *weight, *band, *hold; /* (n_assets, 8) */
    double *goal,
        *later;        /* (n_assets, 8): what weights go to, now and when a pending trade is made */
    const double *aim; /* goal, or weight where no lane has edges or a delay */
    double *lowest;    /* (n_assets): price of the window */
    double *price_inverse; /* (n_assets): of the bar that is traded */
    double *
        curve; /* (NORNI_PORT_BURST, 8): equities of bars that are not digested, at bar % NORNI_PORT_BURST */
    uint8_t *member; /* (n_assets): bits of lanes that trade this asset */
    uint8_t *chosen,
        *chosen_later; /* (n_assets): bits of lanes; in edge mode the assets that were out at the decision */
    unsigned due, timed, ready, broke; /* bits of lanes, at the bar where `scan` stopped */
    norni_port_lane lane[NORNI_PORT_LANES];
    const norni_port_market *market;
    const uint8_t *live; /* (n_bars, n_assets) or NULL: everything trades at every bar */
    size_t first, end;
    size_t event; /* the next bar at which a lane has a new target or a pending trade */
    norni_port_asked asked_every, asked_pause;
    size_t hold_at;                  /* bar up to which hold_cash has its interest */
    unsigned hold_broke, hold_risky; /* bits of lanes; risky: not sure to stay above 0 */
    int kind;
    bool costly; /* some lane has costs */
    /* a filter's, where the market has one */
    const uint8_t *out; /* (n_assets) of the bar; NULL: no filter, or bought and held */
    size_t *flip;       /* (n_flips) bars at which some asset goes out or comes back */
    size_t n_flips, next_flip;
    uint8_t *owed,
        *serving; /* (n_assets): bits of lanes that are to trade it for the filter; that do so now */
    unsigned owing; /* bits of lanes that owe something */
} norni_port_group;

typedef struct norni_port_kernel {
    const char *name;
    /* Moves bars [t, to) into the curve until a lane has something to decide; returns that bar, unmoved but told in
     * due, timed, ready, broke, cash_now and before; or to. force: bar t is told, whatever is due. */
    size_t (*scan)(norni_port_group *g, size_t t, size_t to, bool force);
    /* Trades lanes `go` towards aim at the prices of bar t, which goes into the curve; returns those that did trade. */
    unsigned (*trade)(norni_port_group *g, size_t t, unsigned go);
    /* Bars [t, to) of the curve go into returns and drawdowns. */
    void (*digest)(norni_port_group *g, size_t t, size_t to);
} norni_port_kernel;

typedef enum norni_port_simd {
    NORNI_PORT_PLAIN,
    NORNI_PORT_AVX2,
    NORNI_PORT_AVX512,
} norni_port_simd;
const norni_port_kernel *norni_port_kernel_get(norni_port_simd widest);

/* 1 where an asset can be traded, for bars [first, end); *live NULL where all can. Rows are counted from bar 0. */
NORN_CHECKED norn_status norni_port_live(const norni_port_market *m, size_t first, size_t end,
                                         norni_arena *arena, const uint8_t **live, norn_err *err);
/* Kinds that a rule needs on such a market. */
int norni_port_rule_kind(const norni_port_rule *rule, bool gaps);

NORN_CHECKED norn_status norni_port_group_make(const norni_port_market *m, size_t first, size_t end,
                                               const uint8_t *live, norni_arena *arena,
                                               norni_port_group **out, norn_err *err);
/* Fresh accounts that buy at the close of `first`. kind: at least what the rules need. */
void norni_port_group_start(norni_port_group *g, const norni_port_kernel *k, int kind,
                            const norni_port_rule *const rule[NORNI_PORT_LANES],
                            const norni_port_targets *const targets[NORNI_PORT_LANES]);
/* Bars [t, to). */
void norni_port_group_run(norni_port_group *g, const norni_port_kernel *k, size_t t, size_t to);
/* What a rebalance decided at bar t is to reach, into goal and chosen (n_assets); what was put off is due. */
void norni_port_goal_set(norni_port_group *g, size_t i, size_t t, double *goal, uint8_t *chosen);
void norni_port_goal_take(norni_port_group *g, size_t i);
/* portfolio_sim_filter.c: what a filter adds (docs/portfolio-simulator.md, "A filter"). */
NORN_CHECKED norn_status norni_port_filter_flips(norni_port_group *g, norni_arena *arena,
                                                 norn_err *err);
/* Filter of bar t holds; every lane owes what has flipped. */
void norni_port_filter_flip(norni_port_group *g, size_t t);
/* Lanes whose filter trades are decided at bar t; those of them that trade now are put into *go. */
unsigned norni_port_filter_decide(norni_port_group *g, size_t t, unsigned *go);
/* How a lane's filter trade at bar t went. */
void norni_port_filter_done(norni_port_group *g, size_t i, size_t t, bool did);
void norni_port_filter_close(norni_port_group *g, size_t i); /* a ruined lane */
/* Numbers of bars [first, mark), all of them done; marks ascend. */
void norni_port_group_stats(norni_port_group *g, size_t mark,
                            norni_port_stats out[NORNI_PORT_LANES]);
void norni_port_group_hold_start(norni_port_group *g);
/* Equity of what was bought and held, at bar t, in order; bar by bar. */
void norni_port_group_hold(norni_port_group *g, size_t t, double out[NORNI_PORT_LANES]);

NORN_CHECKED norn_status norni_port_simulate_on(
    norni_port_simd widest, int kind, const norni_port_market *m, const norni_port_window *w,
    const norni_port_rule *rule, const norni_port_targets *const *targets, size_t n,
    norni_arena *scratch, const norni_poll *poll, norni_port_stats *stats, norni_port_block *blocks,
    norn_err *err);
NORN_CHECKED norn_status norni_port_run_check(const norni_port_market *m,
                                              const norni_port_window *w,
                                              const norni_port_rule *rule,
                                              const norni_port_targets *const *targets, size_t n,
                                              norn_err *err);

#endif
