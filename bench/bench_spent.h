/* What a run costs, by the clock and by the cores, and series from a file: for the benches of portfolios. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_SPENT_H
#define BENCH_SPENT_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

/* Seconds by the clock and of all cores, the least of several runs: of the cores' on a busy machine. */
typedef struct spent {
    double wall, cores;
} spent;

static inline spent now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (spent){(double)norni_clock_ns() * 1e-9, (double)t.tv_sec + (double)t.tv_nsec * 1e-9};
}

static inline void keep_least(spent *least, spent start) {
    const spent end = now();
    const double wall = end.wall - start.wall, cores = end.cores - start.cores;
    if (!(least->wall <= wall)) least->wall = wall;
    if (!(least->cores <= cores)) least->cores = cores;
}

/* n doubles of this machine; NULL: the file does not have them. */
static inline double *read_doubles(const char *path, size_t n) {
    double *x = calloc(n, sizeof *x);
    FILE *f = fopen(path, "rb");
    const bool good = x && f && fread(x, sizeof *x, n, f) == n;
    if (f) (void)fclose(f);
    return good ? x : NULL;
}

#endif
