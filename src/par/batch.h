/* A batch of items where one failure ends nothing: status, deterministic retries and a fallback for
 * each. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BATCH_H
#define NORNI_BATCH_H

#include "par/pool.h"

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

typedef struct norni_progress {
    size_t n_done, n_total, n_failed;
    double elapsed_seconds;
    bool last; /* the final report of the batch */
} norni_progress;
typedef void (*norni_progress_fn)(void *user, const norni_progress *p);

typedef struct norni_batch_opt {
    norni_for_opt loop;
    uint32_t max_attempts;  /* of `run`, at least 1 (0 = 1) */
    double error_threshold; /* share of failed items above which above_threshold is set */
    norni_progress_fn
        progress; /* called by one reporter thread, 10 times a second, and once at the end */
    void *progress_user;
} norni_batch_opt;

typedef struct norni_batch {
    norn_ctx *ctx;
    size_t n;
    norni_outcome *outcome; /* (n), by item */
    size_t n_ok, n_fallback, n_failed;
    bool above_threshold;
} norni_batch;

/* Runs `run` for each item, `fallback` (may be NULL) for those that failed for good. Fails itself
 * only for cancel, memory or a wrong call. */
NORN_CHECKED norn_status norni_batch_run(norn_ctx *ctx, size_t n, norni_try_fn run,
                                         norni_try_fn fallback, void *arg,
                                         const norni_batch_opt *opt, norni_batch *out,
                                         norn_err *err);
void norni_batch_clear(norni_batch *b);

#endif
