/* What a fitted or kept MSTL knows: its base model and its seasons. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MSTL_STATE_H
#define NORNI_MSTL_STATE_H

#include "models/model.h"

typedef struct mstl_opt {
    const char *trend; /* name of the base model */
    int32_t settings;  /* 0: R's, 1: fine */
    bool robust;
} mstl_opt;

typedef struct mstl_state {
    size_t n; /* periods so far */
    size_t n_season;
    int32_t *period;     /* (n_season) */
    double **figure;     /* (n_season) of (period): the last cycle; [t % period] at time t */
    const double *total; /* (n of the fit) sum of the seasons; NULL in a loaded state */
    double last;         /* season taken out: the last observed value */
    const norni_model *base;
    void *base_opt, *base_state;
} mstl_state;

/* The options name a model of the set that is not this one. */
norn_status mstl_check_models(const void *opt, const norni_model_set *set, norn_err *err);
/* Whether the base model has sample paths. */
bool mstl_paths(const void *opt, const norni_model_set *set);
/* The base model with its default options. */
norn_status mstl_base(norni_env *env, const mstl_opt *o, mstl_state *st, norn_err *err);
/* The sum of the seasons at time t. */
double mstl_season_at(const mstl_state *st, size_t t);
/* The base model's kept bytes inside this model's; empty when these are not of this kind. */
norni_str mstl_base_bytes(norni_str saved, const char *base);

norn_status mstl_save(const void *state, size_t g, norni_buf *out, norn_err *err);
norn_status mstl_load(norni_env *env, const void *opt, norni_str saved, void **state,
                      norn_err *err);
norn_status mstl_update(norni_env *env, void *state, const norni_series *more, norn_err *err);

#endif
