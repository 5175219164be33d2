/* The learner "gbdt": what a fitted part holds. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_GBDT_LEARNER_H
#define NORNI_GBDT_LEARNER_H

#include "models/gbdt/gbdt.h"
#include "models/learner_part.h"

extern const norni_learner norni_learner_gbdt;
extern const norni_model norni_model_gbdt; /* of one series: models/learner_series.h */
enum { NORNI_GBDT_ROWS = 24 };
extern const norni_param norni_gbdt_rows[NORNI_GBDT_ROWS];

/* A part: trees on what the base leaves. */
typedef struct gbdt_state {
    norni_gbdt model;
    norni_base *base;
    size_t target, step, n_validate;
    double mean;      /* of the target: where the base has no forecast */
    double base_mean; /* of the base's forecasts over the examples */
    size_t n_used;
    const uint32_t *used; /* (n_used) columns that a split is on, ascending */
} gbdt_state;

/* x (n_columns) of origin row t. */
void gbdt_row_fill(const gbdt_state *s, const norni_lesson *l, size_t t, double *x);
double gbdt_base_value(const gbdt_state *s, const norni_lesson *l, size_t t);
NORN_CHECKED norn_status gbdt_used_fill(gbdt_state *s, norni_arena *arena, norn_err *err);
norn_status gbdt_explain(norni_env *env, const void *state, const norni_lesson *l,
                         norni_lesson_part part, norni_explanation *out, norn_err *err);
norn_status gbdt_contribute(norni_env *env, const void *state, const norni_lesson *at,
                            norni_lesson_part part, size_t t, double *out, norn_err *err);

#endif
