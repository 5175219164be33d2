/* What rolling extremes, quantiles and ranks cost on one core: ns per value for each window. */
/* SPDX-License-Identifier: Apache-2.0 */
/* bench_roll_order [n] [block of outputs per call, 0: whole] [part of an operation's name] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "roll/roll.h"

enum { REPEAT = 5 };

typedef struct op {
    const char *name;
    norni_roll_fn *fn;
    norni_roll_arg arg;
} op;

static double cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double least_ns(const op *o, const double *x, size_t n, size_t length, size_t block,
                       norni_arena *arena, double *out) {
    double least = HUGE_VAL;
    for (int r = 0; r < REPEAT; r++) {
        const double start = cpu_ns();
        for (size_t k = 0; k < n; k += block) {
            norni_roll_windows w = {.n = n, .length = length, .min_periods = length};
            w.n_out = n - k < block ? n - k : block;
            w.first_end = (ptrdiff_t)k + 1;
            if (o->fn(x, &w, &o->arg, arena, NULL, out + k, NULL) != NORN_OK) return __builtin_nan("");
        }
        const double took = cpu_ns() - start;
        if (took < least) least = took;
    }
    return least / (double)n;
}

/* Smooth noise, whole numbers with ties, a walk, and heavy tails with holes. */
static double value(int kind, double a, double b, double before) {
    const double z = sqrt(-2 * log(a + 0x1p-60)) * cos(6.283185307179586 * b);
    if (kind == 0) return z;
    if (kind == 1) return floor(10 * a);
    if (kind == 2) return before + z;
    return b < 0.01 ? __builtin_nan("") : exp(8 * z);
}

int main(int argc, char **argv) {
    const size_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    const size_t asked = argc > 2 ? strtoull(argv[2], NULL, 10) : 16384;
    const char *part = argc > 3 ? argv[3] : "";
    const char *kinds[] = {"normal", "integers", "walk", "heavy, 1% missing"};
    const size_t lengths[] = {3, 10, 32, 100, 1000, 10000};
    const op ops[] = {
        {"min", norni_roll_min, {0}},       {"max", norni_roll_max, {0}},
        {"argmin", norni_roll_argmin, {0}}, {"argmax", norni_roll_argmax, {0}},
        {"median", norni_roll_median, {0}}, {"quantile", norni_roll_quantile, {.quantile = 0.3}},
        {"rank", norni_roll_rank, {0}}};
    double *x = malloc(n * sizeof *x), *out = malloc(n * sizeof *out);
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    if (x == NULL || out == NULL) return 1;
    for (int kind = 0; kind < 4; kind++) {
        uint64_t state = 1;
        double before = 0;
        for (size_t i = 0; i < n; i++) {
            double u[2];
            for (int j = 0; j < 2; j++) {
                state ^= state << 13, state ^= state >> 7, state ^= state << 17;
                u[j] = (double)(state >> 11) * 0x1p-53;
            }
            x[i] = before = value(kind, u[0], u[1], before);
        }
        printf("%s\n", kinds[kind]);
        for (size_t o = 0; o < sizeof ops / sizeof *ops; o++) {
            if (strstr(ops[o].name, part) == NULL) continue;
            printf("%10s", ops[o].name);
            for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++)
                printf(" %6zu: %7.2f", lengths[l],
                       least_ns(&ops[o], x, n, lengths[l], asked ? asked : n, &arena, out));
            printf("\n");
        }
    }
    norni_arena_clear(&arena);
    free(x);
    free(out);
    return 0;
}
