/* CPU microseconds a series for complex exponential smoothing: each form, auto, and a warm start. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: bench_ces [n [season [horizon]]] (default 110 12 18) on made series, or
 *      bench_ces FILE.csv season horizon on the rows of a competition file (id, then values).
 * The peer, statsforecast.ces.auto_ces(y, season) in .venv-bench, took 5.4 CPU ms on M3's
 * monthly series, 2.0 on M4's quarterly and 0.15 on its yearly ones (same machine and hour). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fp.h"
#include "base/rng.h"
#include "base/str.h"
#include "models/ces/ces.h"

enum { MOST_SERIES = 4000, MAX_OPT = 256 };

typedef struct bench_set {
    size_t n_series;
    size_t n[MOST_SERIES];
    double *y[MOST_SERIES];
} bench_set;

static double *room(norni_arena *arena, size_t n) {
    double *y = norni_arena_get(arena, n + 1, sizeof *y);
    if (y == NULL) exit(1);
    return y;
}

static void make_series(bench_set *set, norni_arena *arena, size_t n, size_t m) {
    set->n_series = 500;
    for (size_t i = 0; i < set->n_series; i++) {
        const norni_rng rng = {7, i};
        double level = 1000, *y = set->y[i] = room(arena, n);
        set->n[i] = n;
        for (size_t t = 0; t < n; t++) {
            level += 3 + 30 * norni_rng_normal(rng, 2 * t);
            y[t] = level + 150 * norni_sin(6.283185307179586 * (double)(t % m) / (double)m) +
                   20 * norni_rng_normal(rng, 2 * t + 1);
        }
    }
}

static void read_rows(bench_set *set, norni_arena *arena, const char *path) {
    static char line[1 << 20];
    FILE *f = fopen(path, "r");
    if (f == NULL || fgets(line, sizeof line, f) == NULL) {
        (void)fprintf(stderr, "bench_ces: cannot read %s\n", path);
        exit(1);
    }
    while (set->n_series < MOST_SERIES && fgets(line, sizeof line, f)) {
        char *at = strchr(line, ','), *end = at;
        double *y = set->y[set->n_series] = room(arena, strlen(line));
        size_t n = 0;
        for (; at && *at == ','; at = end, n++) {
            y[n] = strtod(at + 1, &end);
            if (end == at + 1) break;
        }
        if (n > 0) set->n[set->n_series++] = n;
    }
    (void)fclose(f);
}

/* Fit and forecast of every series; `keep` (n_series) warms the fit and takes its state. */
static double run_once(const bench_set *set, norni_arena *arena, int32_t m, size_t horizon,
                       const char *form, norni_str *keep, norni_arena *held, double *check) {
    const norni_model *model = &norni_model_ces;
    _Alignas(16) char opt[MAX_OPT] = {0};
    norn_err err;
    double *out = room(held, 2 * horizon);
    if (norni_param_defaults(model->params, model->n_params, opt, held, &err) != NORN_OK ||
        norni_param_set(norni_param_find(model->params, model->n_params, norni_str_of("model")),
                        opt, norni_str_of(form), held, "ces", &err) != NORN_OK)
        exit(1);
    const double start = norni_clock_process_seconds(); /* others may use the machine */
    for (size_t i = 0; i < set->n_series; i++) {
        norni_arena_reset(arena);
        const norni_series s = {
            .n = set->n[i], .y = set->y[i], .n_season = m > 1, .season = &m, .horizon = horizon};
        norni_env env = {.arena = arena, .item = i};
        if (keep) env.warm = keep[i];
        void *state;
        norni_dist d = {.horizon = horizon, .mean = out, .sd = out + horizon};
        if (model->validate(opt, &s, &err) != NORN_OK) continue;
        if (model->fit(&env, opt, &(norni_group){1, &s}, &state, &err) != NORN_OK ||
            model->predict(&env, state, 0, horizon, true, &d, &err) != NORN_OK)
            exit(1);
        *check += out[0];
        if (keep == NULL || keep[i].n > 0) continue;
        norni_buf b = {.alloc = held->alloc};
        if (model->save(state, 0, &b, &err) != NORN_OK) exit(1);
        keep[i] = (norni_str){norni_arena_text(held, b.p, b.n), b.n};
        norni_buf_clear(&b);
    }
    return (norni_clock_process_seconds() - start) * 1e6 / (double)set->n_series;
}

int main(int argc, char **argv) {
    static bench_set set;
    static norni_str keep[MOST_SERIES];
    static const char *const forms[] = {"none", "simple", "partial", "full", "auto"};
    const bool file = argc > 1 && strchr(argv[1], '.') != NULL;
    const size_t n = argc > 1 && !file ? (size_t)strtoul(argv[1], NULL, 10) : 110;
    const int32_t m = argc > 2 ? (int32_t)strtol(argv[2], NULL, 10) : 12;
    const size_t horizon = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 18;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena, held;
    norni_arena_init(&arena, &alloc);
    norni_arena_init(&held, &alloc);
    if (file)
        read_rows(&set, &held, argv[1]);
    else
        make_series(&set, &held, n, (size_t)m);
    double check = 0;
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        double best = NORNI_INF;
        for (int k = 0; k < 3; k++) {
            const double us = run_once(&set, &arena, m, horizon, forms[f], NULL, &held, &check);
            best = us < best ? us : best;
        }
        printf("%-8s %8.1f us a series\n", forms[f], best);
    }
    (void)run_once(&set, &arena, m, horizon, "auto", keep, &held, &check);
    printf("%-8s %8.1f us a series\n", "warm",
           run_once(&set, &arena, m, horizon, "auto", keep, &held, &check));
    printf("%zu series, check %g\n", set.n_series, check);
    norni_arena_clear(&arena);
    norni_arena_clear(&held);
    return 0;
}
