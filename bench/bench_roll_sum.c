/* What rolling sums and moments cost: nanoseconds of one thread for each value. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fp.h"

#include "roll/roll.h"

enum { N = 1000000, BLOCK = 1 << 16 };

static double x[N], out[N];

static double cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static const struct {
    const char *name;
    norni_roll_fn *fn;
} ops[] = {
    {"sum", norni_roll_sum},   {"mean", norni_roll_mean}, {"var", norni_roll_var},
    {"std", norni_roll_std},   {"sem", norni_roll_sem},   {"zscore", norni_roll_zscore},
    {"skew", norni_roll_skew}, {"kurt", norni_roll_kurt}, {"product", norni_roll_product},
};

static int once(norni_roll_fn *fn, size_t length, norni_arena *arena) {
    norn_err err;
    const norni_roll_arg arg = {.ddof = 1};
    for (size_t from = 0; from < N; from += BLOCK) {
        const norni_roll_windows w = {.n = N,
                                      .n_out = N - from < BLOCK ? N - from : BLOCK,
                                      .length = length,
                                      .first_end = (ptrdiff_t)from + 1,
                                      .min_periods = length};
        if (fn(x, &w, &arg, arena, NULL, out + from, &err) != NORN_OK) return 1;
        norni_arena_reset(arena);
    }
    return 0;
}

static void shape(int kind) {
    uint64_t state = 1;
    double walk = 0;
    for (size_t i = 0; i < N; i++) {
        double z = -6;
        for (int k = 0; k < 12; k++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            z += (double)(state >> 11) * 0x1p-53;
        }
        walk += z;
        x[i] = kind == 0   ? z
               : kind == 1 ? 1e9 + z
               : kind == 2 ? walk
               : kind == 3 ? (double)i * 0.25
               : kind == 4 ? (i / 5000 % 2 ? 1e9 : 0) + z
               : kind == 5 ? (state >> 60 ? 0 : z)
                           : (state >> 58 ? z : NORNI_NAN);
    }
}

int main(int argc, char **argv) {
    static const char *const shapes[] = {"normal",    "offset 1e9", "walk", "trend",
                                         "steps 1e9", "zeros",      "holes"};
    static const size_t lengths[] = {10, 100, 1000, 100000};
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    double copy = 1e30;
    for (int r = 0; r < 20; r++) {
        const double t = cpu_ns();
        memcpy(out, x, sizeof x);
        const double took = cpu_ns() - t;
        copy = took < copy ? took : copy;
    }
    printf("memcpy %.2f ns a value\n", copy / N);
    for (size_t j = 0; j < sizeof ops / sizeof *ops; j++) {
        if (argc > 1 && strcmp(argv[1], ops[j].name) != 0) continue;
        for (int kind = 0; kind < 7; kind++) {
            shape(kind);
            printf("%-8s %-11s", ops[j].name, shapes[kind]);
            for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
                double least = 1e30;
                for (int r = 0; r < 7; r++) {
                    const double t = cpu_ns();
                    if (once(ops[j].fn, lengths[i], &arena) != 0) return 1;
                    const double took = cpu_ns() - t;
                    least = took < least ? took : least;
                    if (took > 1e8 && r > 0) break;
                }
                printf("  w=%zu %.2f", lengths[i], least / N);
            }
            printf("\n");
        }
    }
    norni_arena_clear(&arena);
    return 0;
}
