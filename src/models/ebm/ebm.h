/* Explainable boosting machine: the fit of one target on a table of bins, and what it holds. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_H
#define NORNI_EBM_H

#include "feat/bins.h"
#include "models/explanation.h"
#include "models/model.h"

typedef enum norni_ebm_validation {
    NORNI_EBM_RANDOM, /* rows at random, another draw for each bag */
    NORNI_EBM_TAIL,   /* the newest rows */
    NORNI_EBM_BLOCKS, /* one stretch of neighbouring rows, another for each bag */
} norni_ebm_validation;

typedef enum norni_ebm_missing {
    NORNI_EBM_SEPARATE, /* a leaf of its own in each step */
    NORNI_EBM_LOW,      /* before the least value */
    NORNI_EBM_HIGH,     /* behind the greatest value */
    NORNI_EBM_GAIN,     /* on the side that gains more */
} norni_ebm_missing;

/* interpret's regressor (0.7.8) and its defaults. */
typedef struct norni_ebm_opt {
    int32_t max_bins, max_interaction_bins; /* 1024, 64: missing and unseen counted */
    double interactions;    /* number of pairs; below 0: -interactions per feature ("5x" is -5) */
    int32_t outer_bags;     /* 14 */
    double validation_size; /* 0.15 */
    int32_t validation;     /* norni_ebm_validation */
    double learning_rate;   /* 0.04 */
    double greedy_ratio;    /* 10 */
    bool cyclic_progress;   /* false */
    int32_t smoothing_rounds, interaction_smoothing_rounds; /* 500, 100 */
    int32_t max_rounds;                                     /* 50000 */
    int32_t early_stopping_rounds;                          /* 100 */
    double early_stopping_tolerance;                        /* 1e-5 */
    int32_t min_samples_leaf;                               /* 4 */
    double min_hessian;                                     /* 0 */
    double reg_alpha, reg_lambda, max_delta_step;           /* 0 */
    double gain_scale;                                      /* 5: of nominal columns */
    double min_cat_samples, cat_smooth;                     /* 10, 10 */
    int32_t missing;                                        /* norni_ebm_missing */
    int32_t max_leaves;                                     /* 2 */
    bool shuffle; /* the order of terms, at each sweep; false for checks against others */
    int32_t base; /* learner only: none last seasonal ridge auto */
} norni_ebm_opt;
norni_ebm_opt norni_ebm_opt_default(void);

/* What is learned. Borrowed. */
typedef struct norni_ebm_task {
    size_t n;
    const norni_bins *mains; /* n rows or more; the first n are used */
    const norni_bins
        *pairs; /* the same columns with at most max_interaction_bins; NULL: no pairs */
    const uint32_t
        *row;        /* (n) rows of the bins, ascending, that are learned from; NULL: 0, 1, ... */
    const double *y; /* (n) finite */
    const double *weight; /* (n) > 0, or NULL */
    const double *init;   /* (n) added to every prediction, or NULL */
    const int8_t *const
        *bag;               /* (outer_bags) of (n): 1 train, -1 validate, 0 neither; NULL: drawn */
    const int8_t *monotone; /* (n_columns) -1, 0, 1; or NULL */
    const uint32_t (*given)[2]; /* (n_given) pairs instead of those that FAST finds */
    size_t n_given;
} norni_ebm_task;

/* A term's tensor: rows by axis 0, columns by axis 1 (n_bins[1] = 1 for mains). */
typedef struct norni_ebm_term {
    uint32_t n_axes, column[2], n_bins[2];
    double *score;  /* (n_bins[0], n_bins[1]) mean over bags, centred */
    double *sd;     /* over bags, population */
    double *weight; /* of all rows */
    double *bagged; /* (n_bags, n_bins[0], n_bins[1]) each bag's own, centred */
    double importance;
} norni_ebm_term;

static inline size_t norni_ebm_cells(const norni_ebm_term *t) {
    return (size_t)t->n_bins[0] * t->n_bins[1];
}
/* Importance by what the term holds now: the weighted mean of |score|. */
double norni_ebm_importance(const norni_ebm_term *t);

typedef struct norni_ebm {
    size_t n_rows, n_columns, n_terms, n_bags;
    norni_ebm_term *term; /* (n_terms): mains in the columns' order, then pairs by their rank */
    const norni_bin_column *mains, *pairs; /* (n_columns) the bins' columns; pairs may be NULL */
    double intercept;
    double *bagged_intercept; /* (n_bags) */
    int32_t *
        best_iteration; /* (2, n_bags): steps run, mains then pairs (interpret's best_iteration_) */
} norni_ebm;

/* Fits; *out and all in env->arena. Bags run side by side through env->share. Draws are keyed by
 * (env->seed, env->item, bag). Errors: NORN_E_ARG, NORN_E_DATA, NORN_E_MEM, NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_ebm_fit(norni_env *env, const norni_ebm_opt *opt,
                                       const norni_ebm_task *task, norni_ebm *out, norn_err *err);
/* Scores of n rows; mains[j], pairs[j] (n): bins of column j (norni_bins_place); out (n). */
void norni_ebm_predict(const norni_ebm *m, const uint16_t *const *mains,
                       const uint16_t *const *pairs, size_t n, double *out);
/* out (n, n_terms): what each term gives. */
void norni_ebm_contribute(const norni_ebm *m, const uint16_t *const *mains,
                          const uint16_t *const *pairs, size_t n, double *out);
/* Means and standard deviations over the bags' models. */
void norni_ebm_spread(const norni_ebm *m, const uint16_t *const *mains,
                      const uint16_t *const *pairs, size_t n, double *mean, double *sd);
/* Isotonic regression of a main term's scores, weighted, its mean kept; direction -1, 1, or 0: the
 * better one. */
NORN_CHECKED norn_status norni_ebm_monotonise(norni_ebm *m, size_t term, int direction,
                                              norni_arena *scratch, norn_err *err);
NORN_CHECKED norn_status norni_ebm_save(const norni_ebm *m, norni_buf *out, norn_err *err);
NORN_CHECKED norn_status norni_ebm_load(norni_arena *arena, norni_str saved, norni_ebm *out,
                                        norn_err *err);

#endif
