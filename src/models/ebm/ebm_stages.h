/* The stages of an EBM's fit, one bag at a time, and what they hand to each other. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_STAGES_H
#define NORNI_EBM_STAGES_H

#include "models/ebm/ebm.h"

/* One bag's rows, gathered: training rows first in their order, then validation rows. */
typedef struct norni_ebm_bag {
    size_t n_train, n_validate;
    const uint32_t *row;  /* (n_train + n_validate) rows of the bins */
    double *residual;     /* (n_train + n_validate) score - y: the gradient */
    const double *weight; /* (n_train + n_validate), or NULL: all 1 */
    uint64_t stream;      /* key of the bag's draws */
} norni_ebm_bag;

/* Boosts the terms (mains, or the pairs with the mains frozen in bag->residual): the loop, its greedy
 * heap, early stopping and the best model are one for both; a kind of term brings `update`. */
typedef struct norni_ebm_update {
    double gain; /* 2 gain / weight of all */
    bool any;    /* false: no cut is legal */
} norni_ebm_update;

typedef struct norni_ebm_boost norni_ebm_boost;
/* What a kind of term does for the loop. `plan` is the kind's own. */
typedef struct norni_ebm_kind {
    /* Finds the term's best update at the present residuals (smooth: cuts drawn at random from
     * `draw`), and keeps it in the plan as the term's pending one. */
    norni_ebm_update (*search)(void *plan, size_t term, bool smooth, uint64_t draw);
    /* Applies the term's pending update to its tensor and to all residuals; returns the mean square
     * of the validation residuals (of the training ones when there are none). */
    double (*apply)(void *plan, size_t term);
    /* The model as it stands is the best: remember it (a mark in a log of updates; no copy). */
    void (*mark)(void *plan);
    /* Or NULL. A whole sweep of smoothing: for every term in `order` (n), search with random cuts
     * from draw[i], apply, and where the metric is at most *best: *best = metric and mark. Returns
     * the last metric. */
    double (*sweep)(void *plan, const uint32_t *order, const uint64_t *draw, size_t n,
                    double *best);
    /* Or NULL: why the plan cannot go on (cancelled inside, out of memory); asked with each poll. */
    norn_status (*trouble)(const void *plan);
    /* Searches that take about half a millisecond: the loop polls so often; 0 = each. */
    uint32_t stride;
} norni_ebm_kind;
/* Runs the loop over n_terms; *steps: progress steps run (interpret's best_iteration_). The last
 * mark is the model to keep; without validation or early stopping each step is marked.
 * What it takes from env->arena is the caller's to rewind. */
NORN_CHECKED norn_status norni_ebm_boost_run(norni_env *env, const norni_ebm_opt *opt,
                                             const norni_ebm_kind *kind, void *plan, size_t n_terms,
                                             bool smoothing_of_pairs, bool validates,
                                             uint64_t stream, int32_t *steps, norn_err *err);

/* Stage 1 of one bag: tensors (sum of the columns' n_bins) one behind the other; bag->residual is
 * left with the best model's residuals. */
NORN_CHECKED norn_status norni_ebm_mains_fit(norni_env *env, const norni_ebm_opt *opt,
                                             const norni_ebm_task *task, norni_ebm_bag *bag,
                                             double *tensors, int32_t *steps, norn_err *err);
/* Stage 2 of one bag: strength of every candidate pair, in the order (0,1), (0,2), ..., (1,2), ... */
NORN_CHECKED norn_status norni_ebm_pairs_rank(norni_env *env, const norni_ebm_opt *opt,
                                              const norni_ebm_task *task, const norni_ebm_bag *bag,
                                              double *strength, norn_err *err);
/* Pairs by the mean of their ranks over the bags' strengths (n_bags, n_candidates). */
NORN_CHECKED norn_status norni_ebm_pairs_choose(norni_env *env, const norni_ebm_opt *opt,
                                                const norni_ebm_task *task, const double *strength,
                                                size_t n_bags, uint32_t (**pair)[2],
                                                size_t *n_pairs, norn_err *err);
/* Stage 3 of one bag: tensors of the pairs (n_bins[0], n_bins[1]) one behind the other. */
NORN_CHECKED norn_status norni_ebm_pairs_fit(norni_env *env, const norni_ebm_opt *opt,
                                             const norni_ebm_task *task, norni_ebm_bag *bag,
                                             const uint32_t (*pair)[2], size_t n_pairs,
                                             double *tensors, int32_t *steps, norn_err *err);

#endif
