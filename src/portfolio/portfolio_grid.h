/* Grids: which configurations there are, in which order, and which of them are the same in effect. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_GRID_H
#define NORNI_PORTFOLIO_GRID_H

#include "base/hash.h"
#include "io/toml.h"
#include "portfolio/portfolio_alloc.h"

enum { NORNI_PORT_MAX_ASSETS = 64 };

/* One configuration; borrowed from the grid. */
typedef struct norni_port_config {
    uint64_t id; /* from 1, in the grid's nested order */
    bool usable; /* false: fewer than two of its assets are there */
    size_t n_assets;
    size_t asset[NORNI_PORT_MAX_ASSETS]; /* in the panel, in the configuration's order */
    size_t
        set; /* configurations of one `set` hold the same assets in the same order: one market serves them; < norni_port_grid_sets */
    size_t
        allocation; /* of one `set` and `allocation`: the same targets; < norni_port_grid_allocations */
    norni_port_alloc alloc;
    norni_port_rule rule;
} norni_port_config;

typedef struct norni_port_grid norni_port_grid;

/* What the command line says beside the grid; it fills what the grid leaves open. */
typedef struct norni_port_grid_opt {
    double fee, slippage; /* shares */
    double capital;
    double periods_per_year;
    double bar_days; /* shortest time between two bars: shorter intervals are none. 0: not known */
    bool filtered;   /* a filter trades, too: what its trades look at makes rules different */
    const norni_str *
        left_out; /* (n_left_out) symbols that the input has but the panel has not; borrowed until the grid is made */
    size_t n_left_out;
} norni_port_grid_opt;

/* For bar_days: the shortest step of a clock of days (n). */
double norni_port_grid_bar_days(const double *day, size_t n);

/* The reference's grid (../shared/spec: 2.4): quick 12, full 58,320. `symbol` (n): what the panel has. */
NORN_CHECKED norn_status norni_port_grid_reference(norni_arena *arena, bool quick,
                                                   const norni_str *symbol, size_t n,
                                                   const norni_port_grid_opt *opt,
                                                   norni_port_grid **out, norn_err *err);
/* A grid from TOML rows (docs/portfolio-grid.md); errors name the line. */
NORN_CHECKED norn_status norni_port_grid_toml(norni_arena *arena, const norni_toml *toml,
                                              const norni_str *symbol, size_t n,
                                              const norni_port_grid_opt *opt, norni_port_grid **out,
                                              norn_err *err);

typedef struct norni_port_grid_counts {
    uint64_t n_all;      /* configurations of the grid */
    uint64_t n_usable;   /* with two assets or more that are there */
    uint64_t n_distinct; /* of these, not the same in effect as an earlier one */
} norni_port_grid_counts;
norni_port_grid_counts norni_port_grid_count(const norni_port_grid *g);
size_t norni_port_grid_sets(const norni_port_grid *g);
size_t norni_port_grid_allocations(const norni_port_grid *g);
/* Configuration `index` (id - 1). Thread-safe; constant time and memory. */
void norni_port_grid_at(const norni_port_grid *g, uint64_t index, norni_port_config *out);
/* The lowest index that is the same in effect (index itself when there is none lower); UINT64_MAX: not usable. Constant time. */
uint64_t norni_port_grid_same(const norni_port_grid *g, uint64_t index);
/* Notes for people: symbols that are missing and what became of the sets that name them. */
void norni_port_grid_notes(const norni_port_grid *g, norni_buf *out);
/* A hash of everything that the grid is, for digests and resume. */
norni_hash128 norni_port_grid_hash(const norni_port_grid *g);

/* ---- a configuration as text ---- */
void norni_port_config_assets(const norni_port_config *c, const norni_str *symbol,
                              norni_buf *out); /* "BTC|ETH" */
void norni_port_config_weights(
    const norni_port_config *c,
    norni_buf *out); /* "0.2500|0.7500"; "min_variance(lookback_days=90)" of others */
const char *norni_port_method_name(norni_port_method m); /* "threshold" */
const char *norni_port_clock_name(norni_port_clock c);   /* "days" */
/* One sentence: "BTC 60 %, ETH 40 %; when a weight is 10 points off, at least 24 h apart; costs 15 bps". */
void norni_port_config_words(const norni_port_config *c, const norni_str *symbol, norni_buf *out);

/* Axes of the grid, for sensitivity tables: name, and the value of a configuration on it as text. */
size_t norni_port_grid_axes(const norni_port_grid *g);
const char *norni_port_grid_axis_name(
    const norni_port_grid *g, size_t axis); /* "assets", "weights", "threshold", "method" … */
size_t norni_port_grid_axis_size(const norni_port_grid *g, size_t axis);
size_t norni_port_grid_axis_of(
    const norni_port_grid *g, size_t axis,
    uint64_t
        index); /* which value configuration `index` has; of assets and weights SIZE_MAX where it is not usable */
void norni_port_grid_axis_text(const norni_port_grid *g, size_t axis, size_t value, norni_buf *out);

#endif
