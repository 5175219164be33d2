/* What the steps of a run over many targets share: the table, the fits, the answer. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_JOB_H
#define NORNI_MULTI_JOB_H

#include "app/multi_plan.h"
#include "app/multi_scores.h"
#include "eval/splits.h"
#include "feat/bins.h"
#include "store/run_store.h"

/* The table that is learned from, and its features. */
typedef struct norni_multi_table {
    norni_wide wide;
    norni_wide_report report;
    norni_features_opt made_of; /* the features' */
    norni_features x;
    const bool *gappy;       /* (x.n) features with missing values */
    size_t n_targets;        /* all that were asked for */
    const norni_str *target; /* (n_targets) */
    const double *const *y;  /* (n_targets) columns of (n_rows) */
    const char **why;        /* (n_targets) why a target cannot be trained; NULL: it is */
    size_t n_trained;
    size_t *trained; /* (n_trained) numbers of targets */
    const norni_str *trained_name;
    const double *const *trained_y;
    size_t n_season;
    const int32_t *season;
    norni_splits splits; /* rolling origins; no windows where the rows are too few */
    size_t n_windows;
    size_t *origin; /* (n_windows) rows that they forecast from, ascending */
    double *scale;  /* (n_targets) standard deviation in the oldest training set */
} norni_multi_table;

/* Features that some parts are given. */
typedef struct norni_multi_choice {
    size_t n;
    const size_t *feature; /* (n) ascending */
} norni_multi_choice;

/* What one learner is shown at one fit: for each target, or for all of them. */
typedef struct norni_multi_view {
    norni_features x;
    norni_bins bins;
    norni_lesson lesson;   /* with its x and bins */
    const size_t *feature; /* (x.n) numbers in the table's features; NULL: all, in order */
} norni_multi_view;

/* Bins of one kind at one fit: of the features that any part is given, the others are empty. */
typedef struct norni_multi_bins {
    int32_t max_bins;
    norni_bin_column *column; /* (x.n) */
    const uint16_t **index;   /* (x.n) columns of (n - first) */
} norni_multi_bins;

/* One row at which learners are fitted: they know rows [0, n). */
typedef struct norni_multi_fit {
    size_t n;
    size_t first_window, n_windows; /* that they forecast; the last fit: what follows DATA */
    bool last;
    uint64_t key;      /* of its rows and columns */
    norni_arena arena; /* of the following */
    norni_multi_choice
        *choice;  /* (n_trained + 1) of each target, and of whole learners; NULL: all */
    size_t *room; /* of the choices */
    double *fill; /* (x.n) what a missing value becomes for learners that need one, or NULL */
    norni_feature_column *filled; /* (x.n) */
    norni_multi_bins *bins;       /* (n_bins) */
    size_t n_bins;
} norni_multi_fit;

/* One thing that the pool does: a part of a learner at a fit. */
typedef struct norni_multi_item {
    uint32_t fit, spec;  /* numbers */
    uint32_t slot, step; /* of trained targets; whole: n_trained and 0 */
} norni_multi_item;

struct norni_multi_kept; /* app/multi_kept.h */

typedef struct norni_multi_job {
    norn_ctx *ctx;
    const norni_multi_plan *plan;
    const norni_multi_table *table;
    norni_arena *arena; /* of everything here but what says otherwise */
    size_t n_fits;
    norni_multi_fit *fit; /* (n_fits) the last one for what follows DATA */
    size_t n_items;
    norni_multi_item *item; /* (n_items) by fit, spec, target, step */
    double *cost;           /* (n_items) */
    size_t *need;           /* (n_items) bytes */
    size_t *reach;          /* (n_items) rows that a kept part looks at; or NULL */
    /* Answers: NaN = none. models are the plan's specs. */
    double *actual;              /* (n_targets, n_windows, horizon) */
    double *oof;                 /* (n_specs, n_targets, n_windows, horizon) out of fold */
    double *ahead;               /* (n_targets, n_specs, horizon) behind DATA */
    norni_str *state;            /* (n_items) as saved (allocated), of the last fit; or NULL */
    char **told;                 /* (n_items) describe's text (allocated), or NULL */
    norni_arena *reasons_arena;  /* (n_items) what its reasons live in; or NULL */
    norni_multi_reason **reason; /* (n_items) lists, of the last fit */
    size_t *n_reasons;           /* (n_items) */
    norni_batch batch;           /* of items */
    norni_tally *tally;          /* or NULL */
    norni_progress_fn progress;  /* or NULL */
    void *progress_user;
    norni_run_store *store; /* of --resume, or NULL */
    norni_hash128 plan_key;
    const struct norni_multi_kept *kept;   /* of --load: nothing is fitted; or NULL */
    const double *kept_fill;               /* (x.n) its fills, or NULL */
    const norni_multi_choice *kept_choice; /* (n_trained + 1), or NULL */
    /* Ensembles and intervals. */
    double
        *weight; /* (n_specs, n_targets, n_learners) of ensembles for what follows DATA; else NaN */
    size_t n_miss;    /* windows of miss: the table's, or those of the run that kept the models */
    double *miss;     /* (n_specs, n_targets, n_miss, horizon) |actual - forecast| out of fold */
    double *lo, *hi;  /* (n_targets, n_specs, n_levels, horizon) */
    size_t n_without; /* (target, model) pairs without an interval at some step */
} norni_multi_job;

static inline bool norni_multi_item_is_whole(const norni_multi_item *item) {
    return item->step == 0;
}
/* The number of the k-th learner among the specs. */
static inline size_t norni_multi_learner(const norni_multi_plan *plan, size_t k) {
    size_t i = 0;
    for (;; i++) {
        if (plan->specs[i].learner != NULL && k-- == 0) return i;
    }
}
/* The number of the first spec of the learner `naive`, whom all others are measured by; n_specs: none. */
static inline size_t norni_multi_yardstick(const norni_multi_plan *plan) {
    for (size_t s = 0; s < plan->n_specs; s++) {
        const norni_learner *l = plan->specs[s].learner;
        if (l != NULL && norni_str_is(norni_str_of(l->name), "naive")) return s;
    }
    return plan->n_specs;
}
static inline double *norni_multi_oof(const norni_multi_job *j, size_t spec, size_t target,
                                      size_t window) {
    const norni_multi_table *t = j->table;
    return j->oof + ((spec * t->n_targets + target) * t->n_windows + window) * j->plan->horizon;
}
static inline double *norni_multi_ahead(const norni_multi_job *j, size_t spec, size_t target) {
    return j->ahead + (target * j->plan->n_specs + spec) * j->plan->horizon;
}

#endif
