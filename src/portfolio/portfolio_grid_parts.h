/* What the files of the grid share: its axes, the table of (assets, weights) pairs, and how both are filled. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_GRID_PARTS_H
#define NORNI_PORTFOLIO_GRID_PARTS_H

#include "base/map.h"
#include "portfolio/portfolio_grid.h"

/* Axes of the rule in the order of the product, the first varies slowest. */
typedef enum norni_port_axis {
    NORNI_PORT_AX_THRESHOLD,
    NORNI_PORT_AX_METHOD,
    NORNI_PORT_AX_CLOCK,
    NORNI_PORT_AX_EVERY,
    NORNI_PORT_AX_INTERVAL,
    NORNI_PORT_AX_MOMENTUM_DAYS,
    NORNI_PORT_AX_MOMENTUM_LIMIT,
    NORNI_PORT_AX_RELATIVE,
    NORNI_PORT_AX_EDGE,
    NORNI_PORT_AX_TURNOVER_CAP,
    NORNI_PORT_AX_DELAY,
    NORNI_PORT_AX_MIN_TRADE,
    NORNI_PORT_AX_FEE,
    NORNI_PORT_AX_SLIPPAGE,
    NORNI_PORT_AX_FIXED_FEE,
    NORNI_PORT_AX_CAPITAL,
    NORNI_PORT_AX_CASH_RATE,
    NORNI_PORT_AX_BORROW_RATE,
    NORNI_PORT_AXES
} norni_port_axis;

enum {
    NORNI_PORT_AXIS_VALUES = 1000,  /* of one axis, at most */
    NORNI_PORT_GRID_PAIRS = 1000000 /* of assets and weights, at most */
};
/* Configurations of one grid, at most. */
#define NORNI_PORT_GRID_MOST UINT64_C(1000000000000000)

/* Values of one axis in the order they are tried, none twice; words by their number in their enumeration. */
typedef struct norni_port_values {
    const double *v;
    size_t n;
} norni_port_values;

/* One (assets, weights) in the grid's order. */
typedef struct norni_port_grid_pair {
    uint32_t set, alloc; /* among the distinct ones; both UINT32_MAX: not usable */
    uint32_t same;       /* the first pair of the same set and alloc */
} norni_port_grid_pair;

struct norni_port_grid {
    norni_arena *arena;
    norni_str *symbol; /* (n_symbols) of the panel */
    size_t n_symbols;
    norni_port_grid_opt opt;
    norni_port_values axis[NORNI_PORT_AXES];
    uint64_t n_rules;           /* product of the axes' sizes */
    norni_port_grid_pair *pair; /* (n_pairs) */
    size_t n_pairs;
    size_t *set_first; /* (n_sets + 1): where the assets of each distinct set begin in set_asset */
    size_t *set_asset;
    size_t n_sets;
    norni_port_alloc *alloc; /* (n_allocs) distinct ones */
    size_t n_allocs;
    norni_str notes;
};

/* ---- filling: begin, axes, pairs in order, end ---- */
typedef struct norni_port_draft {
    norni_port_grid *g;
    norni_map sets, allocs, pairs;
    norni_map missing; /* symbols that the panel does not have */
    norni_buf key;
    size_t pair_cap, set_cap, asset_cap, alloc_cap;
    size_t n_named, n_smaller,
        n_left_out;  /* sets that were named, that lost assets, with fewer than two */
    size_t n_unkept; /* pairs whose bounds or weights cannot be kept */
    norn_err *err;
} norni_port_draft;

NORN_CHECKED norn_status norni_port_draft_begin(norni_port_draft *d, norni_arena *arena,
                                                const norni_str *symbol, size_t n,
                                                const norni_port_grid_opt *opt, norn_err *err);
/* Every axis with one value: what the command line says, else the rule's default. */
NORN_CHECKED norn_status norni_port_draft_axis(norni_port_draft *d, norni_port_axis axis,
                                               const double *value, size_t n); /* copies */
/* Place of a canonical symbol in the panel, or SIZE_MAX, which is noted. */
NORN_CHECKED norn_status norni_port_draft_find(norni_port_draft *d, norni_str symbol, size_t *at);
/* Notes a named set: how many assets it names, how many of them are there. */
void norni_port_draft_named(norni_port_draft *d, size_t n_named, size_t n_there);
/* The next pair: n assets by their place in the panel; a NULL or n < 2: not usable. Weights of `a` are copied when new. */
NORN_CHECKED norn_status norni_port_draft_pair(norni_port_draft *d, const size_t *asset, size_t n,
                                               const norni_port_alloc *a);
/* Counts, and hands the grid over; `what` opens errors. On any error, too, norni_port_draft_clear. */
NORN_CHECKED norn_status norni_port_draft_end(norni_port_draft *d, const char *smaller_means,
                                              norni_port_grid **out);
void norni_port_draft_clear(norni_port_draft *d);

/* ---- equivalence of rules (portfolio_grid_same.c) ---- */
typedef struct norni_port_digits {
    size_t d[NORNI_PORT_AXES]; /* which value of each axis */
} norni_port_digits;
norni_port_digits norni_port_grid_digits(const norni_port_grid *g, uint64_t rule);
uint64_t norni_port_grid_rule(const norni_port_grid *g, const norni_port_digits *x);
/* The lowest digits of the same effect. */
void norni_port_digits_least(const norni_port_grid *g, const norni_port_alloc *a,
                             norni_port_digits *x);
/* How many rules are left for such allocations. */
uint64_t norni_port_grid_rules_distinct(const norni_port_grid *g, const norni_port_alloc *a);
/* Whether its targets never change after the window's first bar. */
bool norni_port_alloc_is_still(const norni_port_alloc *a);

/* ---- texts ---- */
void norni_port_axis_value_text(const norni_port_grid *g, norni_port_axis axis, double value,
                                norni_buf *out);
void norni_port_alloc_text(const norni_port_alloc *a, norni_buf *out);

#endif
