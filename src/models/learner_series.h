/* Any learner as a model of one series: the same options, features made of the series itself. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_LEARNER_SERIES_H
#define NORNI_LEARNER_SERIES_H

#include "models/learner.h"

/* model.h's functions for the learner; a model's own ones name it. */
NORN_CHECKED norn_status norni_series_fit(const norni_learner *learner, norni_env *env,
                                          const void *opt, const norni_group *group, void **state,
                                          norn_err *err);
double norni_series_cost(const norni_learner *learner, const void *opt, size_t n, int32_t season,
                         size_t horizon);
norn_status norni_series_predict(norni_env *env, const void *state, size_t g, size_t horizon,
                                 bool want_levels, norni_dist *out, norn_err *err);
norn_status norni_series_fitted(norni_env *env, const void *state, size_t g, double *out,
                                norn_err *err);
void norni_series_describe(const void *state, size_t g, char *out, size_t size);

/* Defines norni_model_<word> of norni_learner_<word>, whose rows are the constant array `rows`. */
#define NORNI_SERIES_MODEL(word, rows, opt_type, text, papers)                                    \
    static norn_status series_fit_##word(norni_env *env, const void *opt,                         \
                                         const norni_group *group, void **state, norn_err *err) { \
        return norni_series_fit(&norni_learner_##word, env, opt, group, state, err);              \
    }                                                                                             \
    static double series_cost_##word(const void *opt, size_t n, int32_t season, size_t horizon) { \
        return norni_series_cost(&norni_learner_##word, opt, n, season, horizon);                 \
    }                                                                                             \
    const norni_model norni_model_##word = {.name = #word,                                        \
                                            .summary = text,                                      \
                                            .source = papers,                                     \
                                            .params = rows,                                       \
                                            .n_params = sizeof(rows) / sizeof(rows)[0],           \
                                            .opt_size = sizeof(opt_type),                         \
                                            .intervals = true,                                    \
                                            .missing = true,                                      \
                                            .exogenous = true,                                    \
                                            .cost = series_cost_##word,                           \
                                            .fit = series_fit_##word,                             \
                                            .predict = norni_series_predict,                      \
                                            .fitted = norni_series_fitted,                        \
                                            .describe = norni_series_describe}

#endif
