/* Fitted models that a run keeps (--save) and takes up (--load). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_MODELS_H
#define NORNI_FORECAST_MODELS_H

#include "app/forecast_plan.h"
#include "store/model_store.h"
#include "store/model_writer.h"

/* A model store opened for a run. */
typedef struct norni_models {
    norni_model_store *store;
    const char *path;
    norni_arena arena;            /* of what follows */
    const char *model, *fallback; /* the options of the run that kept them; "none" is spelt out */
    norni_ints seasons;
    size_t n_columns;
    norni_str *column, *spec; /* (n_columns) with every parameter */
    norni_str fallback_spec;
    norni_panel shown;     /* without series: style and names of the data */
    size_t *at;            /* (plan's n_specs) a spec's column; norni_models_match */
    norni_gap_policy gaps; /* of this run */
    bool has_freq;
    norni_freq freq; /* --freq of this run */
    bool from_store; /* there are no data: the store's series are forecast */
} norni_models;

/* Opens the store and reads what it says of the run that made it. *m is the caller's to clear in any
 * case. NORN_E_FORMAT: it cannot be used; the text says why. */
NORN_CHECKED norn_status norni_models_open(norn_ctx *ctx, const char *path, norni_models *m,
                                           norn_err *err);
void norni_models_clear(norni_models *m);
/* Fills model, fallback and season length where they were not given; NORN_E_ARG where a season
 * length was given that is another. */
NORN_CHECKED norn_status norni_models_fill(const norni_models *m, norni_forecast_opt *opt,
                                           norn_err *err);
/* Finds the plan's models among the columns. NORN_E_ARG: one is not there, or was fitted with other
 * parameters. */
NORN_CHECKED norn_status norni_models_match(norni_models *m, const norni_forecast_plan *plan,
                                            norn_err *err);
/* Whether every model of the plan can be kept; NORN_E_ARG names the one that cannot. */
NORN_CHECKED norn_status norni_models_check(const norni_forecast_plan *plan, norn_err *err);

/* Brings a record's items into the plan's order. */
NORN_CHECKED norn_status norni_models_pick(const norni_models *m, const norni_forecast_plan *plan,
                                           norni_arena *arena, norni_kept_series *k, norn_err *err);

/* What a batch takes up. */
typedef struct norni_taken {
    norni_panel panel; /* series in the models' hands begin with the periods these have seen last */
    norni_kept kept;
    norni_kept_series *series; /* (n_series); n_items 0: fitted afresh */
    size_t *n_seen;            /* (n_series) as in norni_kept */
    const char **why;          /* (n_series) */
    uint64_t *record;          /* (n_series) number in the store; UINT64_MAX: none */
    size_t n_taken, n_fresh;   /* series */
    size_t n_obs;              /* new observations, and those of fresh series */
    norni_arena arena;
} norni_taken;

/* Looks up the panel's series and makes the panel of what follows the kept models' ends. `t` is kept
 * from batch to batch; its arena must be initialised. */
NORN_CHECKED norn_status norni_models_take(const norni_models *m, const norni_forecast_plan *plan,
                                           const norni_panel *p, norni_taken *t, norn_err *err);
/* A panel of all series in the store, each with its last period alone. */
NORN_CHECKED norn_status norni_models_panel(norn_ctx *ctx, const norni_models *m, norni_panel *out,
                                            norn_err *err);

/* The header of a store to be written. */
void norni_models_header(const norni_forecast_opt *opt, const norni_forecast_plan *plan,
                         const norni_panel *p, norni_buf *out);
/* The records of an answer's series; `t` as it was taken, or NULL. */
NORN_CHECKED norn_status norni_models_frames(const norni_forecast *f, const norni_taken *t,
                                             norni_buf *out, norn_err *err);
/* Adds the records of series that this run had no data for, as they were. `seen` has a bit for each
 * record of the store. */
NORN_CHECKED norn_status norni_models_carry(const norni_models *m, const norni_forecast_plan *plan,
                                            const uint8_t *seen, norni_model_writer *w,
                                            norn_err *err);

#endif
