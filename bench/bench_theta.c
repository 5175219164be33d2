/* Nanoseconds a series for the naive and Theta families, fit and forecast, on M4-like series. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: bench_theta [n [season [horizon]]] (default 31 1 6, an M4 yearly series). */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "models/naive/naive.h"
#include "models/theta/theta.h"

enum { N_SERIES = 2000, MAX_OPT = 256 };

static const norni_model *const bench_models[] = {
    &norni_model_naive,          &norni_model_naive2,
    &norni_model_seasonal_naive, &norni_model_drift,
    &norni_model_mean,           &norni_model_window_average,
    &norni_model_theta,          &norni_model_opt_theta,
    &norni_model_dynamic_theta,  &norni_model_dynamic_opt_theta,
    &norni_model_auto_theta,
};

static void make_series(double *y, size_t n, int32_t season, uint64_t item) {
    const norni_rng rng = {7, item};
    double level = 1000;
    for (size_t t = 0; t < n; t++) {
        level += 20 + 60 * norni_rng_normal(rng, t);
        const double at = season > 1 ? (double)(t % (size_t)season) / season : 0.5;
        y[t] = (level > 10 ? level : 10) * (1 + (at - 0.5) * 0.4);
    }
}

static double run_model(const norni_model *m, norni_arena *arena, norni_series *s, double *y,
                        double *out, double *check) {
    _Alignas(16) char opt[MAX_OPT] = {0};
    norni_arena held;
    norni_arena_init(&held, arena->alloc);
    if (norni_param_defaults(m->params, m->n_params, opt, &held, NULL) != NORN_OK) exit(1);
    const int64_t start = norni_clock_ns();
    for (size_t i = 0; i < N_SERIES; i++) {
        norni_arena_reset(arena);
        norni_env env = {.arena = arena, .item = i};
        s->y = y + i * s->n;
        void *state;
        norni_dist d = {.horizon = s->horizon, .mean = out, .sd = out + s->horizon};
        if (m->fit(&env, opt, &(norni_group){1, s}, &state, NULL) != NORN_OK) exit(1);
        if (m->predict(&env, state, 0, s->horizon, false, &d, NULL) != NORN_OK) exit(1);
        *check += out[0];
    }
    const double ns = (double)(norni_clock_ns() - start) / N_SERIES;
    norni_arena_clear(&held);
    return ns;
}

int main(int argc, char **argv) {
    const size_t n = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 31;
    const int32_t season = argc > 2 ? (int32_t)strtol(argv[2], NULL, 10) : 1;
    const size_t horizon = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 6;
    const norn_alloc alloc = norni_alloc_default();
    double *y = norni_alloc_get(&alloc, N_SERIES * n, sizeof *y);
    double *out = norni_alloc_get(&alloc, 2 * horizon, sizeof *out);
    if (n == 0 || horizon == 0 || !y || !out) return 1;
    for (size_t i = 0; i < N_SERIES; i++)
        make_series(y + i * n, n, season, i);
    norni_series s = {.n = n, .season = &season, .n_season = season > 1, .horizon = horizon};
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    printf("n=%zu season=%d horizon=%zu, one thread\n", n, (int)season, horizon);
    for (size_t k = 0; k < sizeof bench_models / sizeof bench_models[0]; k++) {
        double best = 0, check = 0;
        for (int rep = 0; rep < 5; rep++) {
            const double ns = run_model(bench_models[k], &arena, &s, y, out, &check);
            best = rep == 0 || ns < best ? ns : best;
        }
        printf("%-18s %10.0f ns a series  (check %.6g)\n", bench_models[k]->name, best, check);
    }
    norni_arena_clear(&arena);
    norni_alloc_drop(&alloc, y, N_SERIES * n, sizeof *y);
    norni_alloc_drop(&alloc, out, 2 * horizon, sizeof *out);
    return 0;
}
