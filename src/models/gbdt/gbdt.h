/* Gradient-boosted trees on bins: the fit of one target, what it holds, and what each feature gives. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_GBDT_H
#define NORNI_GBDT_H

#include "feat/bins.h"
#include "models/model.h"

typedef enum norni_gbdt_loss {
    NORNI_GBDT_SQUARED,
    NORNI_GBDT_ABSOLUTE,
    NORNI_GBDT_HUBER,    /* errors beyond their own quantile `alpha` count linearly */
    NORNI_GBDT_QUANTILE, /* the quantile `alpha` */
    NORNI_GBDT_POISSON,  /* log link, y >= 0 */
    NORNI_GBDT_TWEEDIE,  /* log link, y >= 0, variance ~ mean^power */
} norni_gbdt_loss;

typedef struct norni_gbdt_opt {
    int32_t n_trees, n_leaves, max_depth, min_child, max_bins, early_stopping;
    double learning_rate, lambda_l1, lambda_l2, min_gain;
    double feature_fraction, subsample, validation;
    bool goss, refit;
    double goss_top, goss_rest;
    int32_t loss; /* norni_gbdt_loss */
    double alpha, tweedie_power;
    double cat_smooth, cat_l2;
    const char *monotone; /* "price=-1,feed_lag1=1", or NULL */
    int32_t base;         /* learner only: none last seasonal ridge auto */
} norni_gbdt_opt;
norni_gbdt_opt norni_gbdt_opt_default(void);

/* What is learned. Borrowed. */
typedef struct norni_gbdt_task {
    size_t n, n_validate;   /* examples, oldest first; the last n_validate only stop the fit */
    const norni_bins *bins; /* any number of bins a column; joined to 255 where there are more */
    const uint32_t *row;    /* (n) row of the bins of each example, or NULL: 0, 1, ... */
    const size_t *shift;    /* (n_columns) added to the row, or NULL: 0 */
    const double *y;        /* (n) finite */
    const double *init;     /* (n) added to every prediction (not for log links), or NULL */
    const int8_t *monotone; /* (n_columns) -1, 0, 1, or NULL */
    uint64_t key;           /* of the draws, with env->seed and env->item */
} norni_gbdt_task;

enum { NORNI_GBDT_SET = 4 /* words of a set of bins */, NORNI_GBDT_MOST_LEAVES = 4096 };

/* x < cut goes left; a nominal one: code + 1 in `set`. NaN and unseen codes go where missing_left
 * says. A child >= 0 is a node, below 0 the leaf -1 - child. */
typedef struct norni_gbdt_node {
    double cut;
    const uint64_t *set; /* (NORNI_GBDT_SET), or NULL: a number */
    uint32_t column;
    int32_t child[2];
    uint32_t cover; /* rows of the fit that came here */
    double gain;
    bool missing_left;
    uint8_t bin; /* bins up to it go left */
} norni_gbdt_node;

typedef struct norni_gbdt_tree {
    uint32_t n_leaves;           /* 1: no node */
    const norni_gbdt_node *node; /* (n_leaves - 1), the root first, parents before children */
    const double *leaf;          /* (n_leaves) with the learning rate in them */
    const uint32_t *cover;       /* (n_leaves) */
} norni_gbdt_tree;

typedef struct norni_gbdt {
    size_t n_columns, n_trees, n_rows;
    const norni_gbdt_tree *tree;
    double start; /* on the link's scale */
    int exponent; /* of the identity link: forecasts are 2^exponent of the trees' sum */
    bool log_link;
    double validation_loss; /* of the model kept; NaN: nothing was held back */
} norni_gbdt;

/* Fits; *out and all in env->arena. Blocks of columns of one tree run side by side through env->share
 * where that pays. Errors: NORN_E_ARG, NORN_E_DATA, NORN_E_MEM, NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_gbdt_fit(norni_env *env, const norni_gbdt_opt *opt,
                                        const norni_gbdt_task *task, norni_gbdt *out,
                                        norn_err *err);
/* The forecast from x (n_columns), without what `init` gave. */
double norni_gbdt_predict(const norni_gbdt *m, const double *x);
/* gain (n_columns): relative improvements of the loss by splits on each column, summed over trees. */
void norni_gbdt_gains(const norni_gbdt *m, double *gain);
/* Shapley values of the trees' sum at x (n_columns), path-dependent TreeSHAP; out (n_columns) with
 * *expected add up to it, on the link's scale. scratch (norni_gbdt_shap_scratch). */
size_t norni_gbdt_shap_scratch(const norni_gbdt *m);
void norni_gbdt_shap(const norni_gbdt *m, const double *x, double *out, double *expected,
                     double *scratch);
NORN_CHECKED norn_status norni_gbdt_save(const norni_gbdt *m, norni_buf *out, norn_err *err);
NORN_CHECKED norn_status norni_gbdt_load(norni_arena *arena, norni_str saved, norni_gbdt *out,
                                         norn_err *err);

#endif
