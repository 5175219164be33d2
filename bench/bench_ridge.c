/* Ridge on lag windows against the long-horizon tables: errors on the standard splits, seconds to fit. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: bench_ridge [ETTh1|exchange_rate [horizon ...]] (default both, 96 192 336 720). Data:
 * $NORN_DATA/longhorizon (default ../shared/data). Splits, scaling and windows as the literature has
 * them (ETTh1: 12, 4 and 4 months of 30 days; else 70, 10 and 20 per cent): z-scores by the training
 * rows, all columns, every window whose target lies in the test rows, mean over steps and columns. The
 * validation rows choose look-back, penalty and weights; fitted on the training rows alone. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "models/ridge/window_ridge.h"
#include "num/gemm.h"

enum { MOST_ROWS = 20000, MOST_COLUMNS = 16, BLOCK = 256 };

typedef struct series_table {
    size_t n, n_columns, train, valid, test; /* ends of the three parts */
    double *x[MOST_COLUMNS];
} series_table;

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool read_table(const char *name, series_table *t) {
    const char *root = getenv("NORN_DATA");
    char path[512], line[4096];
    snprintf(path, sizeof path, "%s/longhorizon/%s.csv", root ? root : "../shared/data", name);
    FILE *f = fopen(path, "r");
    if (!f) {
        fprintf(stderr, "bench_ridge: cannot open %s\n", path);
        return false;
    }
    memset(t, 0, sizeof *t);
    for (size_t j = 0; j < MOST_COLUMNS; j++)
        t->x[j] = calloc(MOST_ROWS, sizeof(double));
    if (!fgets(line, sizeof line, f)) return false;
    while (t->n < MOST_ROWS && fgets(line, sizeof line, f)) {
        char *p = strchr(line, ',');
        t->n_columns = 0;
        while (p && t->n_columns < MOST_COLUMNS) {
            t->x[t->n_columns++][t->n] = strtod(p + 1, &p);
            p = strchr(p, ',');
        }
        t->n++;
    }
    fclose(f);
    const bool ett = strncmp(name, "ETT", 3) == 0;
    t->train = ett ? 12 * 30 * 24 : (size_t)((double)t->n * 0.7);
    t->valid = ett ? 16 * 30 * 24 : t->n - (size_t)((double)t->n * 0.2);
    t->test = ett ? 20 * 30 * 24 : t->n;
    return true;
}

static void standardise(series_table *t) {
    for (size_t j = 0; j < t->n_columns; j++) {
        double mean = 0, var = 0;
        for (size_t i = 0; i < t->train; i++)
            mean += t->x[j][i] / (double)t->train;
        for (size_t i = 0; i < t->train; i++)
            var += (t->x[j][i] - mean) * (t->x[j][i] - mean) / (double)t->train;
        for (size_t i = 0; i < t->n; i++)
            t->x[j][i] = (t->x[j][i] - mean) / sqrt(var);
    }
}

/* Mean squared and absolute error over all test windows; last: of the last value. */
static void test_errors(const series_table *t, const window_fit *f, double *mse, double *mae,
                        double *last) {
    const size_t h = f->horizon, from = t->valid - 1, to = t->test - h;
    double *out = malloc(BLOCK * h * sizeof *out), count = 0;
    void *scratch = aligned_alloc(64, (norni_gemm_scratch() + 63) / 64 * 64);
    *mse = *mae = *last = 0;
    for (size_t c = 0; out && scratch && c < t->n_columns; c++) {
        for (size_t b = from; b < to; b += BLOCK) {
            const size_t e = to - b < BLOCK ? to : b + BLOCK;
            window_ridge_apply(f, c, t->x[c], b, e, out, scratch);
            for (size_t i = b; i < e; i++) {
                for (size_t k = 0; k < h; k++) {
                    const double y = t->x[c][i + 1 + k], d = y - out[(i - b) * h + k];
                    *mse += d * d, *mae += fabs(d), count++;
                    *last += (y - t->x[c][i]) * (y - t->x[c][i]);
                }
            }
        }
    }
    *mse /= count, *mae /= count, *last /= count;
    free(out), free(scratch);
}

static double one_fit(const series_table *t, size_t horizon, const size_t *lookback,
                      size_t n_lookbacks, bool shared, bool individual, const char *name) {
    static const double penalty[] = {1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1};
    const norn_alloc alloc = norni_alloc_default();
    const window_plan p = {.n_channels = t->n_columns,
                           .horizon = horizon,
                           .x = (const double *const *)t->x,
                           .n_lookbacks = n_lookbacks,
                           .lookback = lookback,
                           .n_penalties = 7,
                           .penalty = penalty,
                           .shared = shared,
                           .individual = individual,
                           .mix = shared && individual,
                           .train_to = t->train - horizon,
                           .tail_from = t->train - 1,
                           .tail_to = t->valid - horizon,
                           .fit_to = t->train - horizon};
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    norni_env env = {.arena = &arena};
    window_fit fit;
    double mse, mae, last;
    const double start = seconds();
    if (window_ridge_fit(&env, &p, &fit, 0, NULL, NULL) != NORN_OK) exit(1);
    const double spent = seconds() - start;
    test_errors(t, &fit, &mse, &mae, &last);
    printf("%5zu  %-28s %8.4f %8.4f %8.4f %8.2f s ", horizon, name, fit.tail_error, mse, mae,
           spent);
    for (size_t i = 0; i < fit.n_members; i++)
        if (fit.member[i].weight > 0)
            printf(" %.2f:%zu%s(%g)", fit.member[i].weight, fit.member[i].lookback,
                   fit.member[i].individual ? "i" : "", fit.member[i].penalty);
    printf("  last value %.4f\n", last);
    norni_arena_clear(&arena);
    return mse;
}

static void one_table(const char *name, const size_t *horizon, size_t n) {
    static const size_t lookback[] = {96, 192, 336, 512, 720};
    series_table t;
    double ridge = 0, ensemble = 0, worst = 0;
    if (!read_table(name, &t)) exit(1);
    standardise(&t);
    printf("%s: %zu rows, %zu columns\n%5s  %-28s %8s %8s %8s %10s  weight:look-back(penalty)\n",
           name, t.n, t.n_columns, "H", "fit", "valid", "MSE", "MAE", "CPU");
    for (size_t k = 0; k < n; k++) {
        for (size_t j = 0; j < 5; j++) {
            char text[32];
            snprintf(text, sizeof text, "look-back %zu", lookback[j]);
            one_fit(&t, horizon[k], lookback + j, 1, true, false, text);
        }
        const double r = one_fit(&t, horizon[k], lookback, 5, true, false, "ridge");
        const double e = one_fit(&t, horizon[k], lookback, 5, true, true, "ensemble");
        ridge += r / (double)n, ensemble += e / (double)n;
        worst = e / r > worst ? e / r : worst;
    }
    printf("%s: ridge %.4f, ensemble %.4f in the mean; ensemble / ridge at most %.4f\n\n", name,
           ridge, ensemble, worst);
    for (size_t j = 0; j < MOST_COLUMNS; j++)
        free(t.x[j]);
}

int main(int argc, char **argv) {
    size_t horizon[16] = {96, 192, 336, 720}, n = 4;
    if (argc > 2) {
        n = 0;
        for (int i = 2; i < argc && n < 16; i++)
            horizon[n++] = (size_t)strtoul(argv[i], NULL, 10);
    }
    if (argc > 1) {
        one_table(argv[1], horizon, n);
        return 0;
    }
    one_table("ETTh1", horizon, n);
    one_table("exchange_rate", horizon, n);
    return 0;
}
