/* One model over many series in memory: fitted, kept as bytes, taken up again, forecast. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MODEL_DOOR_H
#define NORNI_MODEL_DOOR_H

#include "base/param.h"
#include "models/model.h"

typedef enum norni_door_task {
    NORNI_DOOR_FIT,   /* the call's spec is fitted to the item's series */
    NORNI_DOOR_TAKE,  /* the item's kept model as it is */
    NORNI_DOOR_MOVE,  /* moved on by the item's series: the observations right behind its end */
    NORNI_DOOR_APPLY, /* its parameters over the item's series */
} norni_door_task;

typedef struct norni_door_item {
    const double *y; /* (n), NaN = missing */
    size_t n;
    norni_str kept; /* of an earlier answer; not asked of FIT */
} norni_door_item;

/* All borrowed. */
typedef struct norni_door_call {
    norni_door_task task;
    const char *spec; /* one spec without an alias, as "arima(1,1,1)[12]"; FIT */
    const norni_door_item *item;
    size_t n_items;
    size_t n_x;
    const double *const *x;        /* (n_x) columns of (n): every item's */
    const double *const *x_future; /* (n_x) columns of (horizon), or NULL */
    size_t horizon;                /* periods to forecast; 0: none */
    norni_doubles levels;          /* in (0,100) */
    bool estimates, keep, fitted;  /* what else is wanted */
    uint64_t seed;
} norni_door_call;

/* What became of one item. */
typedef struct norni_door_answer {
    norn_status status;
    char message[256];
    norni_estimates estimates; /* n, and its numbers; its value below, its names in `names` */
    double aic, aicc, bic;
    norni_buf names; /* a line for each estimate */
    double *number;  /* (n_number) value, mean (horizon), then lo, hi (horizon) for each level, then
                         fitted (n); or NULL */
    size_t n_number;
    const double *value, *mean, *fitted; /* into number; NULL: not asked for, or not to be had */
    norni_buf kept;
} norni_door_answer;

/* answer (n_items) is filled whatever becomes of an item; fails itself for a call that cannot be
 * (NORN_E_ARG), NORN_E_MEM and NORN_E_CANCEL. The answers are the caller's (norni_door_clear) in any
 * case, while ctx lives. The same bits at any number of workers. */
NORN_CHECKED norn_status norni_door_run(norn_ctx *ctx, const norni_door_call *call,
                                        norni_door_answer *answer, norn_err *err);
/* Rough cost in nanoseconds, for who must choose where to run it; inf for many items. */
double norni_door_cost(norn_ctx *ctx, const norni_door_call *call);
void norni_door_clear(norn_ctx *ctx, norni_door_answer *answer, size_t n);

#endif
