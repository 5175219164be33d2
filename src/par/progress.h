/* Progress of a long run, told by one thread of its own, never by workers. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROGRESS_H
#define NORNI_PROGRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct norni_progress {
    size_t n_done, n_total, n_failed; /* n_total 0: unknown */
    double share;                     /* done, in [0,1]; negative: unknown */
    double elapsed_seconds;
    bool last; /* the final report of the run */
} norni_progress;
typedef void (*norni_progress_fn)(void *user, const norni_progress *p);

/* What workers count. */
typedef struct norni_tally {
    atomic_size_t n_done, n_failed;
    atomic_int share_ppm; /* negative: unknown */
} norni_tally;
void norni_tally_init(norni_tally *t);

typedef struct norni_reporter {
    norni_progress_fn fn;
    void *user;
    const norni_tally *tally;
    size_t n_total;
    int64_t start_ns;
    pthread_t thread;
    pthread_mutex_t lock; /* guards over */
    pthread_cond_t changed;
    bool over, started;
} norni_reporter;

/* Calls fn (NULL: never) ten times a second until stopped, and once at the end. */
void norni_reporter_start(norni_reporter *r, norni_progress_fn fn, void *user,
                          const norni_tally *tally, size_t n_total);
void norni_reporter_stop(norni_reporter *r);

#endif
