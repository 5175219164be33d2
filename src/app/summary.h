/* The summary of a run as JSON: counts, failures, threads, times, memory, digest. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SUMMARY_H
#define NORNI_SUMMARY_H

#include "app/common.h"
#include "io/spool.h"
#include "io/writer.h"

/* Measured around the operation. */
typedef struct norni_stopwatch {
    int64_t wall_ns;
    double cpu_seconds;
} norni_stopwatch;
norni_stopwatch norni_stopwatch_start(void);
double norni_stopwatch_seconds(const norni_stopwatch *w);

typedef struct norni_summary {
    const char *operation;
    size_t n_items, n_ok, n_fallback, n_failed;
    size_t n_cut;  /* of n_ok: stopped by a bound */
    bool by_clock; /* a bound in time was given: results may depend on the machine */
    bool loads;    /* it took up kept models: n_taken series have some, n_fresh none */
    size_t n_taken, n_fresh;
    size_t n_hits, n_misses;     /* of the cache */
    const norni_spool *failures; /* JSON objects, each with a comma before it */
    const char *digest;
    const char *out_path;       /* its disk is measured; NULL or "-": the working folder's */
    const norni_budget *budget; /* or NULL */
    norni_stopwatch watch;
    size_t n_resumed;                             /* items taken from a run folder */
    void (*more)(norni_json *j, const void *arg); /* further fields, before the digest; or NULL */
    const void *more_arg;
} norni_summary;

NORN_CHECKED norn_status norni_summary_write(norn_ctx *ctx, const norni_summary *s,
                                             const char *path, norn_err *err);

#endif
