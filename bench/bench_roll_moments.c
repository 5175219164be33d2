/* What rolling moments cost on one thread where data stand out, and over expanding windows. */
/* SPDX-License-Identifier: Apache-2.0 */
/* bench_roll_moments [n] [n of the expanding windows]: the tables of docs/performance.md, ns a value. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <norn/rolling.h>

enum { REPEAT = 5, KINDS = 6 };

static const char *const kinds[KINDS] = {"normal", "exp(3 normal)", "Cauchy",
                                         "prices", "one 1e12",      "alternating signs"};

static double wall_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double uniform(uint64_t *state) {
    *state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
    return ((double)(*state >> 11) + 0.5) * 0x1p-53;
}

static void fill(double *x, size_t n, int kind) {
    uint64_t state = 1;
    double price = 100;
    for (size_t i = 0; i < n; i++) {
        const double a = uniform(&state), b = uniform(&state);
        const double z = sqrt(-2 * log(a)) * cos(6.283185307179586 * b);
        price *= exp(0.01 * z);
        x[i] = kind == 1   ? exp(3 * z)
               : kind == 2 ? tan(3.141592653589793 * (b - 0.5))
               : kind == 3 ? price
               : kind == 5 ? (i % 2 ? -1 : 1) * (1 + fabs(z))
                           : z;
    }
    if (kind == 4) x[n / 2] = 1e12;
}

static double least_ns(norn_ctx *ctx, const char *op, const char *window, const double *x, size_t n,
                       double *out, int repeats) {
    norn_rolling_opt opt = norn_rolling_opt_default();
    norn_err err;
    double least = HUGE_VAL;
    if (norn_rolling_window(window, &opt, &err) != NORN_OK) return NAN;
    for (int r = 0; r < repeats; r++) {
        const double start = wall_ns();
        if (norn_rolling(ctx, x, n, op, &opt, out, &err) != NORN_OK) return NAN;
        least = fmin(least, wall_ns() - start);
    }
    return least / (double)n;
}

int main(int argc, char **argv) {
    const size_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000,
                 far = argc > 2 ? strtoull(argv[2], NULL, 10) : 10000000;
    const char *const windows[] = {"10", "100", "1000"}, *const ops[] = {"var", "skew", "kurt"},
                      *const expanding[] = {"var", "std", "sem", "zscore", "skew", "kurt"};
    norn_ctx_opt one = norn_ctx_opt_default();
    norn_ctx *ctx;
    double *x = malloc((n > far ? n : far) * sizeof *x),
           *out = malloc((n > far ? n : far) * sizeof *x);
    one.n_threads = 1;
    if (n == 0 || far == 0 || !x || !out || norn_ctx_new(&one, &ctx, NULL) != NORN_OK) return 1;
    printf("| data | var | skew | kurt |\n|---|---|---|---|\n");
    for (int kind = 0; kind < KINDS; kind++) {
        fill(x, n, kind);
        printf("| %s", kinds[kind]);
        for (size_t o = 0; o < 3; o++)
            for (size_t w = 0; w < 3; w++)
                printf("%s%.1f", w ? " / " : " | ",
                       least_ns(ctx, ops[o], windows[w], x, n, out, REPEAT));
        printf(" |\n");
    }
    fill(x, far, 0);
    printf("expanding, %zu normal values:", far);
    for (size_t o = 0; o < sizeof expanding / sizeof *expanding; o++)
        printf(" %s %.0f", expanding[o], least_ns(ctx, expanding[o], "expanding", x, far, out, 2));
    printf("\n");
    norn_ctx_free(ctx);
    free(x);
    free(out);
    return 0;
}
