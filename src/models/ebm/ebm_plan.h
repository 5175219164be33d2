/* What boosting of main effects holds for one bag: the updates, the model. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_PLAN_H
#define NORNI_EBM_PLAN_H

#include "models/ebm/ebm_kernel.h"
#include "models/ebm/ebm_leaves.h"

/* A term's update that was found and is not applied: up to bin `cut` left, behind it right. */
typedef struct ebm_pending {
    bool table;      /* or a score for each bin: plan->table + column.tensor */
    uint32_t n_left; /* slots on the left */
    uint32_t cut;
    double zero, left, right;
} ebm_pending;

/* A change of the model: scores from `at` on, up to the term's end, rise by `by`. */
typedef struct ebm_change {
    size_t at;
    double by;
} ebm_change;

typedef struct ebm_plan {
    norni_env *env;
    const norni_ebm_opt *opt;
    const ebm_kernel *kernel;
    size_t n_columns, n_train, n_validate, n_scores;
    double *train, *validate; /* residuals */
    const double *weight;     /* (n_train + n_validate) or NULL */
    double weight_train, weight_validate;
    const ebm_column *column; /* (n_columns) */
    ebm_pending *pending;     /* (n_columns) */
    double *table;            /* (n_scores), or NULL: all columns are plain */
    double *best;             /* (n_scores) of the marked model, as changes from bin to bin */
    ebm_change *change;       /* since the mark */
    size_t n_changes, room;
    double *g, *prefix; /* (4, EBM_WAY) and (stride) at least: the last search's histogram */
    size_t stride;      /* the most slots, and some more */
    int64_t g_term;     /* whose, as the residuals would be with all updates; -1: of none */
    uint32_t g_uses;
    /* Updates of one term that the training rows have not seen yet: */
    bool due, due_table; /* any; as due_by (slots), or else as pieces */
    size_t due_term;
    ebm_pieces pieces;
    double *due_by; /* (stride) */
    ebm_leaf_room *leaves;
    norn_status trouble;
    uint32_t stride_polls, n_polls;
} ebm_plan;

/* ebm_settle.c: polls; all training rows see all updates; the column's histogram into p->g (its ways not
 * added up); the term's pending update waits for the training rows, the histogram sees it at once; a
 * single update of the pieces as the kernels' quick way. */
void ebm_look_up(ebm_plan *p);
void ebm_settle_all(ebm_plan *p);
void ebm_gather(ebm_plan *p, size_t term);
void ebm_make_due(ebm_plan *p, size_t term);
ebm_shift ebm_shift_of(const ebm_pieces *d);

#endif
