/* The learner "ebm": its options, what a fitted part holds, and what its files hand to each other. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_LEARNER_H
#define NORNI_EBM_LEARNER_H

#include "models/ebm/ebm.h"
#include "models/learner_part.h"

extern const norni_learner norni_learner_ebm;
extern const norni_model norni_model_ebm; /* of one series: models/learner_series.h */

typedef struct norni_ebm_learner_opt {
    norni_ebm_opt ebm;    /* `base` among them */
    int32_t max_features; /* 0: all */
    const char *monotone; /* "price_lag1:-1;feed:1", or NULL */
} norni_ebm_learner_opt;
enum { NORNI_EBM_ROWS = 28 };
extern const norni_param norni_ebm_rows[NORNI_EBM_ROWS];

/* A part: an EBM on what the base leaves. */
typedef struct ebm_state {
    norni_ebm m;
    norni_base *base;
    size_t target, step, n_features;
    const uint32_t *feature; /* (m.n_columns) the features that are its columns, ascending */
    double mean;             /* of the target: where the base has no forecast */
    norni_part_base about;   /* the base's forecasts over the examples */
} ebm_state;

/* What the part may learn from: its examples. */
typedef struct ebm_examples {
    size_t n;
    uint32_t *row;     /* (n) rows of the bins: origin rows less x->first */
    double *y, *given; /* (n) outcomes; the base's forecasts of them */
    double *rest;      /* (n) what the base leaves */
} ebm_examples;

/* The `most` features (0: all) that tell most about e->rest, ascending; index (n) columns of bins, moved
 * so that row r is the example's. */
NORN_CHECKED norn_status ebm_screen(norni_env *env, const norni_bin_column *column,
                                    const uint16_t *const *index, size_t n_columns,
                                    const ebm_examples *e, size_t most, uint32_t **taken,
                                    size_t *n_taken, norn_err *err);

norn_status ebm_state_explain(norni_env *env, const void *state, const norni_lesson *l,
                              norni_lesson_part part, norni_explanation *out, norn_err *err);
norn_status ebm_state_contribute(norni_env *env, const void *state, const norni_lesson *at,
                                 norni_lesson_part part, size_t t, double *out, norn_err *err);
norn_status ebm_state_predict(norni_env *env, const void *state, const norni_lesson *at, size_t t,
                              double *out, norn_err *err);
norn_status ebm_state_save(const void *state, norni_buf *out, norn_err *err);
norn_status ebm_state_load(norni_env *env, const void *opt, norni_str saved, void **state,
                           norn_err *err);

#endif
