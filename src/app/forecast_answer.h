/* What a forecast of a panel asks for and answers, and the slots of its items. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FORECAST_ANSWER_H
#define NORNI_FORECAST_ANSWER_H

#include "app/common.h"
#include "app/future.h"
#include "app/kept_series.h"
#include "app/spec.h"
#include "eval/conformal.h"
#include "store/run_store.h"

/* What to compute; everything borrowed. */
typedef struct norni_forecast_plan {
    const norni_spec *specs; /* (n_specs) */
    size_t n_specs;
    const norni_model_set *models;  /* that a model made of others may name */
    const norni_spec *fallback;     /* NULL: none */
    const norni_future *future;     /* exogenous values over the horizon, or NULL */
    const norni_holidays *holidays; /* the user's, or NULL */
    int32_t horizon;
    norni_doubles levels; /* ascending, in (0,100) */
    norni_ints seasons;   /* n = 0: from each series' frequency */
    norni_conformal
        conformal; /* windows 0: the models' own intervals. Else the series of one call of
                                  norni_forecast_run pool their errors */
    bool fitted;
    bool escape;    /* texts that look like formulas get a ' in front in CSV */
    bool describe;  /* keep the parameters' texts for --items */
    bool keep;      /* keep the models as bytes */
    size_t n_paths; /* sample paths of each item; 0: none */
    uint64_t seed;
    uint32_t max_attempts;
    uint64_t budget_evals; /* bounds on an item's fits; 0: none */
    double budget_ms;
    size_t grain;
    size_t n_batches; /* alive at once in a streamed run */
    double error_threshold;
} norni_forecast_plan;

/* A panel's series whose models an earlier run kept: they are moved on, not fitted. */
typedef struct norni_kept {
    const norni_kept_series *series; /* (n_series), items in the plan's order; n_items 0: fitted */
    const size_t *n_seen;   /* (n_series) periods at the head that the models have seen already */
    const char *const *why; /* (n_series) why it cannot go on, or NULL */
} norni_kept;

/* What a run shares between its panels. */
typedef struct norni_forecast_shared {
    norni_tally *tally;     /* or NULL */
    pthread_rwlock_t *room; /* as in norni_batch_opt; or NULL */
    norni_run_store *store; /* or NULL: earlier results are taken from it, new ones added */
    norni_hash128 plan_key; /* of everything but the data that bears on a result */
    const struct norni_models *models; /* to take up (app/forecast_models.h), or NULL */
    const norni_kept *kept;            /* of those, what the one panel that is run has; or NULL */
    struct norni_forecast_tell
        *tell; /* app/forecast_tell.h: gets every item when it is done; or NULL */
} norni_forecast_shared;

/* The answer for one panel. Item = series * n_specs + spec. All but the outcomes lies in the arena. */
typedef struct norni_forecast {
    norn_ctx *ctx;
    norni_arena *arena; /* borrowed, as the following three */
    const norni_panel *panel;
    const norni_forecast_plan *plan;
    const norni_forecast_shared *shared; /* or NULL */
    size_t n_items;
    double *mean;         /* (n_items, horizon); NaN where the item failed */
    double *lo, *hi;      /* (n_items, n_levels, horizon) */
    double *fitted;       /* (n_specs, n_obs), or NULL */
    double *paths;        /* (n_items, n_paths, horizon), or NULL */
    norni_str *saved;     /* (n_items) models as bytes (allocated), or NULL */
    char **served;        /* (n_items) parameters as text (allocated), or NULL */
    norni_hash128 *hash;  /* (n_items) */
    norni_effort *effort; /* (n_items) what each has spent, or NULL: there are no bounds */
    norni_conformal_set conformal;
    size_t n_without; /* items whose errors were too few for a conformal interval */
    size_t n_cut;     /* items that a bound stopped; they have answers */
    norni_batch batch;
} norni_forecast;

void norni_forecast_clear(norni_forecast *f);

/* What a failed item leaves behind is NaN, whatever it had begun to write. */
void norni_forecast_blank(norni_forecast *f, size_t item);
/* Keeps the item's parameters as text, in place of an earlier one. */
NORN_CHECKED norn_status norni_forecast_describe(norni_forecast *f, size_t item, norni_str text,
                                                 norn_err *err);
/* The item's own spec. */
static inline const norni_spec *norni_forecast_spec(const norni_forecast *f, size_t item) {
    return &f->plan->specs[item % f->plan->n_specs];
}
static inline size_t norni_forecast_series_of(const norni_forecast *f, size_t item) {
    return item / f->plan->n_specs;
}
/* Keeps the item's model, in place of an earlier one. */
NORN_CHECKED norn_status norni_forecast_keep(norni_forecast *f, size_t item, norni_str model,
                                             norn_err *err);
/* The bound that stopped an item: "budget_evals", "budget_ms", or "". */
const char *norni_forecast_stop(const norni_forecast *f, size_t item);
/* The model that served an item: its own, the fallback's, or "" when it failed. */
norni_str norni_forecast_model(const norni_forecast *f, size_t item);
/* The fitted values of an item (n of its series); f->fitted is not NULL. */
static inline double *norni_forecast_fitted(const norni_forecast *f, size_t item) {
    const norni_panel *p = f->panel;
    const size_t n_all = p->offsets[p->n_series] - p->offsets[0], i = item / f->plan->n_specs;
    return f->fitted + (item % f->plan->n_specs) * n_all + (p->offsets[i] - p->offsets[0]);
}

#endif
