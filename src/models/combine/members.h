/* Models made of others: a list of members that are fitted, asked and kept together. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MEMBERS_H
#define NORNI_MEMBERS_H

#include "base/pack.h"
#include "models/model.h"

enum { NORNI_MEMBERS_MOST = 24 };

typedef struct norni_member {
    const norni_model *model;
    void *opt;
    void *state;    /* NULL: left out, its fit failed */
    norni_str text; /* as in the list, for describe */
} norni_member;

typedef struct norni_members {
    size_t n, n_ok;     /* n_ok: with a state */
    norni_member *list; /* (n) */
} norni_members;

/* What the members say about the horizon; numbers of a member that fails are NaN. */
typedef struct norni_views {
    size_t n, n_ok, horizon;
    double *mean; /* (n, horizon) row-major */
    double *sd;   /* (n, horizon); NaN where the member has none; NULL when not asked for */
} norni_views;

/* `text` is "name(key=value,…)+name+…". `part` opens error texts. Names and keys are checked against
 * the set; values only by the parse. */
NORN_CHECKED norn_status norni_members_check(const char *part, const norni_model_set *set,
                                             const char *text, norn_err *err);
NORN_CHECKED norn_status norni_members_parse(const char *part, const norni_model_set *set,
                                             const char *text, norni_arena *arena,
                                             norni_members *out, norn_err *err);
/* Rough cost of them all, in nanoseconds. */
double norni_members_cost(const norni_members *m, size_t n, int32_t season, size_t horizon);
/* Fits each to the series. What is left of env->effort is shared out evenly among
 * those still to come. A member that fails is left out; all of them: the last one's status. Memory
 * and cancelling end it at once. env->warm is what norni_members_save wrote, or empty. */
NORN_CHECKED norn_status norni_members_fit(const char *part, norni_env *env,
                                           const norni_series *series, norni_members *m,
                                           norn_err *err);
/* A member whose forecast fails or is not finite is left out. Fails when none is left. */
NORN_CHECKED norn_status norni_members_predict(const char *part, norni_env *env,
                                               const norni_members *m, size_t horizon, bool want_sd,
                                               norni_views *out, norn_err *err);
/* combine_paths.c: env->n_paths sample paths of the members' blend, whose steps have out->mean and
 * out->sd already; weight (n), NULL: equal. Nothing is done where no member has paths. */
NORN_CHECKED norn_status norni_members_paths(norni_env *env, const norni_members *m,
                                             const double *weight, norni_dist *out, norn_err *err);
/* One-step values of every member: out (n, length) row-major from the arena, NaN where there is
 * none. */
NORN_CHECKED norn_status norni_members_fitted(norni_env *env, const norni_members *m, size_t length,
                                              double **out, norn_err *err);
NORN_CHECKED norn_status norni_members_save(const char *part, const norni_members *m,
                                            norni_buf *out, norn_err *err);
/* The counterpart of save, on parsed members. */
NORN_CHECKED norn_status norni_members_load(const char *part, norni_env *env, norni_unpack *u,
                                            norni_members *m, norn_err *err);
NORN_CHECKED norn_status norni_members_update(const char *part, norni_env *env, norni_members *m,
                                              const norni_series *more, norn_err *err);

#endif
