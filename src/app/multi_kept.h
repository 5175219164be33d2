/* Kept learners that a run takes up (--load). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MULTI_KEPT_H
#define NORNI_MULTI_KEPT_H

#include "app/multi_job.h"
#include "store/model_store.h"

/* What a store says of the run that made it; everything in `arena`. */
typedef struct norni_multi_kept {
    norni_model_store *store;
    const char *path;
    norni_arena arena;
    const char *model; /* specs of the learners */
    norni_str *spec;   /* (n_specs) with every parameter */
    size_t n_specs;
    size_t horizon;
    norni_features_opt features;
    norni_wide_fill fill_kind;
    size_t n_season;
    int32_t *season;
    norni_freq freq;
    size_t n_columns;          /* that were used, in the table's order */
    norni_wide_column *column; /* (n_columns) name, role, nominal, categories; at: NULL */
    size_t n_features, n_trained;
    norni_str *feature;         /* (n_features) names */
    norni_str *trained;         /* (n_trained) targets */
    double *fill;               /* (n_features) or NULL */
    norni_multi_choice *choice; /* (n_trained + 1) or NULL */
    size_t n_windows;           /* of the errors */
} norni_multi_kept;

/* *k is the caller's to clear in any case. NORN_E_FORMAT: it cannot be used; the text says why. */
NORN_CHECKED norn_status norni_multi_kept_open(norn_ctx *ctx, const char *path, norni_multi_kept *k,
                                               norn_err *err);
void norni_multi_kept_clear(norni_multi_kept *k);
/* Fills the options that decide what is forecast, and how; NORN_E_ARG where one was given that is
 * another. */
NORN_CHECKED norn_status norni_multi_kept_fill(const norni_multi_kept *k, norni_multi_opt *opt,
                                               norni_arena *arena, norn_err *err);
/* The plan's specs and the table's features are those that were fitted. NORN_E_ARG, NORN_E_DATA: the
 * first that differs. */
NORN_CHECKED norn_status norni_multi_kept_check(const norni_multi_kept *k,
                                                const norni_multi_plan *plan,
                                                const norni_multi_table *t, norn_err *err);
/* Roles and codes of the new table's columns as they were: a column that is missing is refused by its
 * name, one that was not used is dropped. */
NORN_CHECKED norn_status norni_multi_kept_columns(const norni_multi_kept *k, norni_arena *arena,
                                                  norni_wide *w, norn_err *err);
/* The state of an item, in the arena. NORN_E_DATA: its fit had failed. */
NORN_CHECKED norn_status norni_multi_kept_state(const norni_multi_kept *k, norni_str key,
                                                norni_arena *arena, norni_str *saved,
                                                norn_err *err);
/* Errors |y - forecast| (n_windows, horizon) of (spec, target), and an ensemble's weights (n_learners). */
NORN_CHECKED norn_status norni_multi_kept_errors(const norni_multi_kept *k, norni_str column,
                                                 norni_str target, norni_arena *arena,
                                                 double **miss, size_t n_learners, double *weight,
                                                 norn_err *err);

#endif
