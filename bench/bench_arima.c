/* Microseconds for one fit by squares, one exact likelihood and one exact fit of ARIMA models. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: bench_arima [least milliseconds a figure]. CPU time of this thread; series made by the
 * airline model with the season given, then fitted by the orders given. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fp.h"
#include "base/rng.h"
#include "models/arima/arima_work.h"

typedef struct bench_case {
    size_t n;
    norni_arima_order order;
    norni_arima_constant constant;
    size_t gaps;
    bool fit; /* exact fits are timed, too */
} bench_case;

static const bench_case cases[] = {
    {40, {1, 1, 1, 0, 0, 0, 1}, NORNI_ARIMA_DRIFT, 0, true},
    {120, {2, 1, 2, 0, 0, 0, 1}, NORNI_ARIMA_NO_CONSTANT, 0, true},
    {120, {0, 1, 1, 0, 1, 1, 12}, NORNI_ARIMA_NO_CONSTANT, 0, true},
    {120, {1, 1, 1, 1, 1, 1, 12}, NORNI_ARIMA_NO_CONSTANT, 0, true},
    {120, {2, 0, 1, 2, 0, 1, 12}, NORNI_ARIMA_MEAN, 0, true},
    {120, {0, 1, 1, 0, 1, 1, 12}, NORNI_ARIMA_NO_CONSTANT, 5, true},
    {1000, {1, 1, 1, 1, 1, 1, 48}, NORNI_ARIMA_NO_CONSTANT, 0, true},
    {1000, {1, 1, 1, 1, 1, 1, 168}, NORNI_ARIMA_NO_CONSTANT, 0, true},
    {1000, {1, 1, 1, 1, 1, 1, 168}, NORNI_ARIMA_NO_CONSTANT, 10, true},
    {3650, {1, 1, 1, 0, 1, 1, 365}, NORNI_ARIMA_NO_CONSTANT, 0, true},
    {20000, {1, 0, 1, 0, 1, 1, 8760}, NORNI_ARIMA_NO_CONSTANT, 0, false},
    {1000000, {2, 1, 2, 0, 0, 0, 1}, NORNI_ARIMA_NO_CONSTANT, 0, false},
};

static double least_seconds = 0.2;

static void make_series(const bench_case *c, double *y) {
    const norni_rng rng = {11, c->n * 1000 + (uint64_t)c->order.m};
    const size_t m = (size_t)c->order.m, lag = m > 1 ? m + 1 : 1;
    for (size_t t = 0; t < c->n; t++) {
        const double e = norni_rng_normal(rng, t + lag);
        double w = e - 0.5 * norni_rng_normal(rng, t + lag - 1);
        if (m > 1)
            w += -0.6 * norni_rng_normal(rng, t + lag - m) +
                 0.3 * norni_rng_normal(rng, t + lag - m - 1);
        y[t] = w + (t > 0 ? y[t - 1] : 0);
        if (m > 1) y[t] += (t >= m ? y[t - m] : 0) - (t > m ? y[t - m - 1] : 0);
    }
    for (size_t g = 0; g < c->gaps; g++)
        y[(g + 1) * c->n / (c->gaps + 2) + g % 7] = NORNI_NAN;
}

/* Seconds for one fit, and the evaluations that it took. */
static double time_fit(norni_arena *arena, const bench_case *c, const double *y,
                       norni_arima_method method, double *evaluations) {
    const norni_arima_data data = {c->n, y, 0, NULL};
    const double start = norni_clock_thread_seconds();
    double seconds = 0;
    size_t runs = 0;
    for (; seconds < least_seconds; runs++) {
        norni_effort effort = {0};
        norni_env env = {.arena = arena, .effort = &effort};
        norni_arima_fit fit;
        norn_err err;
        norni_arena_reset(arena);
        if (norni_arima_fit_run(&env, &data, c->order, c->constant, method, NULL, &fit, &err) !=
            NORN_OK) {
            fprintf(stderr, "%s\n", err.text);
            exit(1);
        }
        *evaluations = (double)effort.spent;
        seconds = norni_clock_thread_seconds() - start;
    }
    return seconds / (double)runs;
}

static double time_value(norni_arena *arena, const bench_case *c, const double *y) {
    const norni_arima_data data = {c->n, y, 0, NULL};
    norni_env env = {.arena = arena};
    arima_work w;
    arima_objective f;
    double v[2 * ARIMA_MOST_FACTOR], check = 0, seconds = 0;
    size_t runs = 0;
    norni_arena_reset(arena);
    if (arima_work_make(&env, &data, c->order, c->constant, &w, NULL) != NORN_OK ||
        arima_ml_objective(&w, &f, NULL) != NORN_OK)
        exit(1);
    for (size_t i = 0; i < w.k; i++)
        v[i] = i % 2 ? -0.3 : 0.4;
    const double start = norni_clock_thread_seconds();
    for (; seconds < least_seconds; runs++) {
        v[0] += 1e-9;
        check += f.value(&f, v);
        seconds = norni_clock_thread_seconds() - start;
    }
    if (!isfinite(check)) exit(1);
    return seconds / (double)runs;
}

int main(int argc, char **argv) {
    if (argc > 1) least_seconds = 1e-3 * atof(argv[1]);
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    printf(
        "      n  model                        gaps    css us   evals  likelihood us   exact ms"
        "   evals\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const bench_case *const c = &cases[i];
        const norni_arima_order *const o = &c->order;
        double *y = malloc(c->n * sizeof *y), css_evals = 0, ml_evals = 0;
        if (y == NULL) return 1;
        make_series(c, y);
        const double css = time_fit(&arena, c, y, NORNI_ARIMA_CSS, &css_evals);
        const double one = time_value(&arena, c, y);
        printf("%7zu  (%d,%d,%d)(%d,%d,%d)[%4d]%9s%9zu%10.1f%8.0f%15.2f", c->n, (int)o->p,
               (int)o->d, (int)o->q, (int)o->P, (int)o->D, (int)o->Q, (int)o->m, "", c->gaps,
               1e6 * css, css_evals, 1e6 * one);
        if (c->fit) {
            const double exact = time_fit(&arena, c, y, NORNI_ARIMA_CSS_ML, &ml_evals);
            printf("%11.3f%8.0f", 1e3 * exact, ml_evals);
        }
        printf("\n");
        free(y);
    }
    norni_arena_clear(&arena);
    return 0;
}
