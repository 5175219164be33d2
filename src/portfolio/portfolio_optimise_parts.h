/* What the parts of the walk-forward search share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_OPTIMISE_PARTS_H
#define NORNI_PORTFOLIO_OPTIMISE_PARTS_H

#include "base/fp.h"
#include "portfolio/portfolio_optimise.h"

enum {
    NORNI_PORT_CHUNK = 64,        /* configurations of one item */
    NORNI_PORT_LOOK = 4096,       /* indices of one item of the look over a batch */
    NORNI_PORT_BATCH = 65536,     /* indices of a batch, at most */
    NORNI_PORT_TRIALS = 100000,   /* judged for overfitting, at most */
    NORNI_PORT_TOLD = 1000,       /* failures that are told one by one */
    NORNI_PORT_MARKETS = 1 << 28, /* bytes of packed prices that may be kept for a whole run */
};

/* The windows that every configuration is simulated over: the trains first, then the tests. */
typedef struct norni_port_windows {
    norni_port_window *window; /* (n) */
    size_t n, n_trains, n_splits;
    size_t n_blocks; /* of the stitched tests; 0: too short to be cut */
    size_t *part_of; /* (n_parts) block of each piece of the tests */
    size_t *part;    /* (n_splits + 1) where each test's pieces begin in part_of */
    size_t n_parts;
} norni_port_windows;

/* Target weights of one set and allocation, over every window. */
typedef struct norni_port_pair {
    uint64_t index; /* a configuration that has them */
    uint32_t set, allocation;
    norni_port_targets
        *targets; /* (n_windows), NULL: not made yet; one block with what it points to */
    size_t bytes, n_fallback;
    norn_err why; /* code != NORN_OK: cannot be made */
} norni_port_pair;

/* One configuration of a batch. */
typedef struct norni_port_entry {
    uint64_t index, same; /* same UINT64_MAX: not usable */
    uint32_t set, allocation, likeness, pair;
    uint64_t trial; /* its place among the trials; UINT64_MAX: not one of them */
} norni_port_entry;

/* What a split says for the choice on train. */
typedef struct norni_port_score {
    double metric;         /* on train, larger is better */
    double outperformance; /* on test */
    double train_growth,
        growth; /* log growth above the purchase held, of as many bars as the test has; NaN: ruined */
} norni_port_score;

typedef struct norni_port_outcome {
    norni_port_row row;
    norni_hash128 hash;           /* of every number of its splits */
    double sharpe, active_sharpe; /* per period, over the stitched tests; NaN: not defined */
    norn_err *why;                /* NULL: it did not fail */
} norni_port_outcome;

/* Welford's sums. */
typedef struct norni_port_spread {
    double n, mean, m2;
} norni_port_spread;

typedef struct norni_port_chunk {
    size_t from, n; /* in the order of the batch */
} norni_port_chunk;

/* What a search may have in memory. */
typedef struct norni_port_room {
    size_t batch;        /* indices of a batch */
    size_t rows, values; /* bytes of each that lie in memory, then in files */
    size_t markets;      /* bytes of packed prices that may be kept for the whole run */
} norni_port_room;

typedef struct norni_port_search {
    norn_ctx *ctx;
    const norni_port_prices *prices;
    const norni_port_grid *grid;
    const norni_port_optimise_opt *opt;
    norni_tally *tally;
    norni_port_result *out;
    norni_arena arena; /* dies with the search */
    norni_port_windows windows;
    /* packed prices of each set, or none where they would be too many */
    norni_arena *market_arena;
    norni_port_market *market; /* (n_sets), n_bars 0: not packed yet; NULL: packed by each item */
    size_t n_sets;
    norni_port_pair *pair; /* (n_pairs), by set and allocation */
    size_t n_pairs;
    /* the batch */
    norni_port_room room;
    size_t most; /* indices of a batch */
    uint64_t first;
    size_t n, n_order, n_chunks;
    norni_port_entry *entry;     /* (most) */
    size_t *order, *scratch;     /* (most) entries to be simulated, in the order of the work */
    norni_port_chunk *chunk;     /* (most) */
    norni_port_outcome *outcome; /* (most) by entry */
    norni_port_score *score;     /* (most, n_splits) */
    /* over all batches */
    norni_pbo_block *trial; /* (n_trials, n_blocks) */
    uint8_t *trial_failed;  /* (n_trials) */
    uint64_t n_trials, n_distinct_seen;
    norni_spool values; /* norni_port_value of every index */
    norni_hash_stream digest;
    uint64_t n_positive, n_values, n_used;
    norni_sum sum;                      /* of the metric */
    double *best_train;                 /* (n_splits) */
    double *chosen_train, *chosen_test; /* (n_splits) growths of what was chosen, as of a score */
    double tenth;                       /* the metric that the best tenth reaches */
    norni_port_spread sharpes, active_sharpes; /* in the order of the ids */
    double top_value[NORNI_PORT_TOP];
    norni_port_row top_row[NORNI_PORT_TOP];
    size_t n_top;
} norni_port_search;

/* The metric of one index, put aside for medians; kind NORNI_PORT_NONE: not usable, or failed. */
typedef struct norni_port_value {
    double value;
    uint64_t kind;
} norni_port_value;
enum { NORNI_PORT_USED, NORNI_PORT_NONE };

/* portfolio_optimise_room.c. memory: of norni_port_optimise_opt */
norni_port_room norni_port_room_of(size_t memory, uint64_t n_all, size_t n_splits);
size_t norni_port_entry_bytes(size_t n_splits); /* of one index of a batch */
/* portfolio_optimise_windows.c */
NORN_CHECKED norn_status norni_port_windows_make(const norni_port_split *split, size_t n_splits,
                                                 bool rolling, norni_arena *arena,
                                                 norni_port_windows *out, norn_err *err);
/* portfolio_optimise_batch.c: the indices [first, first + n) looked at, ordered, cut into items and simulated. */
NORN_CHECKED norn_status norni_port_batch_run(norni_port_search *s, uint64_t first, size_t n,
                                              norn_err *err);
/* portfolio_optimise_targets.c: prices and target weights of everything that is in the batch's order. */
NORN_CHECKED norn_status norni_port_pairs_make(norni_port_search *s, norn_err *err);
void norni_port_pairs_clear(norni_port_search *s);
/* The set's packed prices: those of the run, else packed in the worker's arena. */
NORN_CHECKED norn_status norni_port_set_market(const norni_port_search *s,
                                               const norni_port_config *config, norni_arena *arena,
                                               norni_port_market *out, norn_err *err);
/* portfolio_optimise_item.c */
NORN_CHECKED norn_status norni_port_chunk_run(norni_worker *worker, size_t item, void *search,
                                              norn_err *err);
/* That the configuration failed, the first reason it had. */
NORN_CHECKED norn_status norni_port_outcome_fail(norni_port_search *s, size_t entry,
                                                 const norn_err *why, norn_err *err);
void norni_port_outcomes_clear(norni_port_search *s); /* reasons of the batch */
/* portfolio_rank.c: what a batch brought, folded in the order of the ids. */
NORN_CHECKED norn_status norni_port_fold(norni_port_search *s, norn_err *err);
/* portfolio_rank_axes.c: sensitivity, heat map, plateau, median. */
NORN_CHECKED norn_status norni_port_axes_make(norni_port_search *s, norn_err *err);
/* portfolio_rank_select.c */
typedef struct norni_port_select {
    const norni_spool *values; /* norni_port_value by index */
    uint64_t n;
    const norni_port_grid *grid;
    const uint16_t *group; /* (n) each index' value of the axis, or NULL: asked of the grid */
    size_t axis;           /* SIZE_MAX: all of them are one group */
    size_t from, n_groups; /* values of the axis [from, from + n_groups) */
    uint64_t *rank;        /* (n_groups) which value in ascending order, from 0; UINT64_MAX: none */
    double *at, *next;     /* (n_groups) that value, and the one of the next rank */
} norni_port_select;
NORN_CHECKED norn_status norni_port_select_run(const norni_port_select *q, norni_arena *arena,
                                               norn_err *err);
/* portfolio_optimise_best.c: the best ones again, with all that is told of them; then what luck may have done. */
NORN_CHECKED norn_status norni_port_best_make(norni_port_search *s, norn_err *err);
NORN_CHECKED norn_status norni_port_judge(norni_port_search *s, norn_err *err);

#endif
