/* A batch of items where one failure ends nothing: status, deterministic retries and a fallback for
 * each. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BATCH_H
#define NORNI_BATCH_H

#include "par/pool.h"
#include "par/progress.h"

typedef struct norni_outcome {
    norn_status status; /* NORN_OK also when the fallback served */
    uint16_t attempts;  /* calls of the item's function, fallback included */
    bool fallback;      /* served by the fallback */
    char *message;      /* first failure's text (owned by the batch), or NULL */
    double seconds;     /* CPU-free wall time of the item; never in a digest */
} norni_outcome;

/* attempt 0, 1, ...: a retry must be a function of (item, attempt) alone. NORN_E_ARG, _DATA,
 * _FORMAT and _CANCEL are never retried. */
typedef norn_status (*norni_try_fn)(norni_worker *worker, size_t item, uint32_t attempt, void *arg,
                                    norn_err *err);

typedef struct norni_batch_opt {
    norni_for_opt loop;
    uint32_t max_attempts;  /* of `run`, at least 1 (0 = 1) */
    double error_threshold; /* share of failed items above which above_threshold is set */
    norni_tally *tally;     /* counts items for a reporter; or NULL */
    /* A lock that every item holds shared while it runs: an item that ran out of memory holds it
     * alone for its further attempts. NULL: it is tried again beside the others. */
    pthread_rwlock_t *room;
    /* true, from outside the pool: an item that ran out of memory runs again behind all others, alone
     * on one worker; what it lacks then fails the batch with NORN_E_MEM, its fallback is not asked.
     * `room` is NULL. */
    bool memory_ends;
    /* NULL, or: a result of an earlier run. true: the item's result and *outcome are filled. */
    bool (*recall)(norni_worker *worker, size_t item, void *arg, struct norni_outcome *outcome);
    /* NULL, or: keeps the finished item for a later run. */
    norn_status (*remember)(norni_worker *worker, size_t item, void *arg,
                            const struct norni_outcome *outcome, norn_err *err);
} norni_batch_opt;

typedef struct norni_batch {
    norn_ctx *ctx;
    size_t n;
    norni_outcome *outcome; /* (n), by item */
    size_t n_ok, n_fallback, n_failed;
    bool above_threshold;
} norni_batch;

/* Runs `run` for each item, `fallback` (may be NULL) for those that failed for good; `worker` as in
 * norni_for. Fails itself only for cancel, memory or a wrong call. */
NORN_CHECKED norn_status norni_batch_run(norn_ctx *ctx, norni_worker *worker, size_t n,
                                         norni_try_fn run, norni_try_fn fallback, void *arg,
                                         const norni_batch_opt *opt, norni_batch *out,
                                         norn_err *err);
void norni_batch_clear(norni_batch *b);

#endif
