/* What machine a benchmark ran on, and what else ran there meanwhile. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BENCH_MACHINE_H
#define NORNI_BENCH_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct norni_machine {
    char cpu[96];      /* "AMD EPYC", or the architecture */
    char system[96];   /* "Linux 6.1.0 x86_64" */
    char governor[32]; /* "" where it cannot be read */
    char siblings[32]; /* hardware threads of the first core: "0-1"; "" */
    int32_t usable_cores, online_cores;
    double memory;  /* bytes */
    double load[3]; /* at the start, over 1, 5, 15 minutes; negative: unknown */
    /* Between start and end, of all online cores; negative: unknown. */
    double other_cores; /* what processes beside this one and its children took, in cores */
    double stolen;      /* share of the time that the host gave to other machines */
    bool
        busy; /* load of as many as the usable cores at the start, or others took a quarter of a core where none was idle */
} norni_machine;

/* `root` is "" but in tests. */
void norni_machine_read(norni_machine *m, const char *root);

/* Counters of the whole machine and of this process with its ended children. */
typedef struct norni_machine_clock {
    double busy, idle, stolen; /* seconds over all cores; busy negative: unknown */
    double own;                /* CPU seconds */
} norni_machine_clock;
norni_machine_clock norni_machine_clock_read(const char *root);
/* Fills other_cores, stolen and busy of m from two readings `seconds` apart. */
void norni_machine_between(norni_machine *m, const norni_machine_clock *from,
                           const norni_machine_clock *to, double seconds);

#endif
