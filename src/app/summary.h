/* The summary of a run as JSON: counts, failures, threads, times, memory, digest. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SUMMARY_H
#define NORNI_SUMMARY_H

#include "app/common.h"

/* Measured around the operation. */
typedef struct norni_stopwatch {
    int64_t wall_ns;
    double cpu_seconds;
} norni_stopwatch;
norni_stopwatch norni_stopwatch_start(void);
double norni_stopwatch_seconds(const norni_stopwatch *w);

/* Names of an item, by index: its id, and the model column it was for. */
typedef struct norni_item_names {
    norni_str (*id)(const void *arg, size_t item);
    norni_str (*model)(const void *arg, size_t item);
    const void *arg;
} norni_item_names;

typedef struct norni_summary {
    const char *operation;
    const norni_batch *batch;
    norni_item_names names;
    const char *digest;
    const char *out_path; /* its disk is measured; NULL or "-": the working folder's */
    norni_stopwatch watch;
} norni_summary;

NORN_CHECKED norn_status norni_summary_write(norn_ctx *ctx, const norni_summary *s,
                                             const char *path, norn_err *err);

#endif
