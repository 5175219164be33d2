/* Small series of every unpleasant kind through every model: nothing crashes, every answer is finite or has a status. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: storm N_CHEAP N_SEARCH [SEED]   N_CHEAP series through the models that do not search long, N_SEARCH through those that do.
 * The series depend on SEED and their number alone. Prints a line for each model; 1 when an invariant broke. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <norn/forecast.h>

#include "app/registry.h"
#include "base/fp.h"
#include "base/rng.h"

enum { MOST_OBS = 48, BATCH = 100, HORIZON = 3, N_KINDS = 20 };

/* Models whose fit is a search over many forms; all others are cheap. */
static const char *const searches[] = {"auto_ets", "ets",       "holt_winters", "auto_arima",
                                       "arima",    "ces",       "mstl",         "auto",
                                       "ensemble", "auto_theta"};

typedef struct draws {
    uint64_t seed, item, n;
} draws;

static double uniform(draws *d) {
    return (double)(norni_rng_u64((norni_rng){d->seed, d->item}, d->n++) >> 11) * 0x1p-53;
}

static double normal(draws *d) {
    return norni_normal_quantile(0.5 / 9007199254740992.0 + uniform(d) * (1 - 0x1p-52));
}

/* Observation t of a series of the kind; what needs the past takes it from y. */
static double observation(draws *d, int kind, size_t t, size_t n, const double *y) {
    const double last = t > 0 ? y[t - 1] : 100, sign = t % 2 ? -1 : 1, season = (double)(t % 4);
    switch (kind) {
        case 0: return 7;
        case 1: return 0;
        case 2: return t == n / 2 ? 5 : 0;
        case 3: return last + normal(d);
        case 4: return 100 + 10 * season + normal(d);
        case 5: return sign * (1 + uniform(d));
        case 6: return t == n / 2 ? 1e300 : 100 + normal(d);
        case 7: return 1e-300 * (1 + uniform(d));
        case 8: return uniform(d) < 0.2 ? 1 + (double)(int)(5 * uniform(d)) : 0;
        case 9: return uniform(d) < 0.3 ? NORNI_NAN : 50 + season + normal(d);
        case 10: return norni_exp(0.9 * (double)t);
        case 11: return norni_exp(-20 * (double)t);
        case 12: return t < n / 2 ? 1 : 1e6;
        case 13: return 5e-324 * (double)(int)(9 * uniform(d));
        case 14: return sign * 1.7e308 * uniform(d);
        case 15: return t + 1 < n ? NORNI_NAN : 3;
        case 16: return (double)t;
        case 17: return 1e15 + (double)(t % 2);
        case 18: return t < 2 ? NORNI_NAN : t == n - 1 ? NORNI_NAN : -5 * season;
        default: return norni_exp(40 * normal(d)) * (uniform(d) < 0.5 ? -1 : 1);
    }
}

static bool is_search(const char *name) {
    for (size_t i = 0; i < sizeof searches / sizeof searches[0]; i++) {
        if (strcmp(name, searches[i]) == 0) return true;
    }
    return false;
}

typedef struct storm {
    double y[BATCH * MOST_OBS], mean[BATCH * HORIZON], lo[BATCH * HORIZON], hi[BATCH * HORIZON];
    size_t offsets[BATCH + 1];
    norn_status status[BATCH];
    int kind[BATCH];
    uint64_t n_wrong;
} storm;

static void make_series(storm *s, uint64_t seed, uint64_t first, size_t n_series) {
    s->offsets[0] = 0;
    for (size_t i = 0; i < n_series; i++) {
        draws d = {seed, first + i, 0};
        const size_t n = 1 + (size_t)(uniform(&d) * (uniform(&d) < 0.3 ? 6 : MOST_OBS - 1));
        double *y = s->y + s->offsets[i];
        s->kind[i] = (int)(uniform(&d) * N_KINDS);
        for (size_t t = 0; t < n; t++)
            y[t] = observation(&d, s->kind[i], t, n, y);
        s->offsets[i + 1] = s->offsets[i] + n;
    }
}

static void wrong(storm *s, const char *model, uint64_t first, size_t i, const char *what) {
    if (s->n_wrong++ < 20)
        printf("# %s, series %" PRIu64 " (kind %d, n %zu): %s\n", model, first + i, s->kind[i],
               s->offsets[i + 1] - s->offsets[i], what);
}

/* Ordinary data that no model may fail on, but those that need a season. */
static bool is_ordinary(const storm *s, size_t i, int32_t season, const char *model) {
    const int k = s->kind[i];
    const size_t n = s->offsets[i + 1] - s->offsets[i];
    if (season < 2 && strcmp(model, "holt_winters") == 0) return false;
    return (k == 3 || k == 4) && n >= 12 && n >= 3 * (size_t)season;
}

static void check_answer(storm *s, const char *model, int32_t season, uint64_t first,
                         size_t n_series, size_t *n_ok) {
    for (size_t i = 0; i < n_series; i++) {
        if (s->status[i] == NORN_E_INTERNAL || s->status[i] == NORN_E_MEM)
            wrong(s, model, first, i, norn_status_name(s->status[i]));
        if (s->status[i] != NORN_OK) {
            if (is_ordinary(s, i, season, model))
                wrong(s, model, first, i, "an ordinary series fails");
            continue;
        }
        ++*n_ok;
        for (size_t h = i * HORIZON; h < (i + 1) * HORIZON; h++) {
            if (!isfinite(s->mean[h])) wrong(s, model, first, i, "ok, but not finite");
            if (s->lo[h] > s->hi[h]) wrong(s, model, first, i, "an interval upside down");
        }
    }
}

static bool run_model(norn_ctx *ctx, storm *s, const char *model, uint64_t seed, uint64_t n) {
    norn_forecast_opt opt = norn_forecast_opt_default();
    norn_err err = {NORN_OK, ""};
    size_t n_ok = 0;
    opt.model = model;
    opt.fallback = "none";
    opt.horizon = HORIZON;
    opt.level = 95;
    for (uint64_t first = 0; first < n; first += BATCH) {
        const size_t size = n - first < BATCH ? (size_t)(n - first) : BATCH;
        opt.season_length = first / BATCH % 3 == 0 ? 1 : first / BATCH % 3 == 1 ? 4 : 12;
        make_series(s, seed, first, size);
        if (norn_forecast_series(ctx, s->y, s->offsets, size, &opt, s->mean, s->lo, s->hi,
                                 s->status, &err) != NORN_OK) {
            printf("# %s: %s\n", model, err.text);
            return false;
        }
        check_answer(s, model, opt.season_length, first, size, &n_ok);
    }
    printf("# %s: %zu of %" PRIu64 " series ok\n", model, n_ok, n);
    fflush(stdout);
    return n == 0 || n_ok > 0;
}

int main(int argc, char **argv) {
    const uint64_t n_cheap = argc > 1 ? strtoull(argv[1], NULL, 10) : 3000,
                   n_search = argc > 2 ? strtoull(argv[2], NULL, 10) : 3000,
                   seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    const norni_model_set *set = norni_registry_models();
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    storm *s = calloc(1, sizeof *s);
    bool good = s != NULL && norn_ctx_new(&opt, &ctx, NULL) == NORN_OK;
    for (size_t i = 0; good && i < set->n; i++) {
        const char *name = set->models[i]->name;
        good = run_model(ctx, s, name, seed, is_search(name) ? n_search : n_cheap);
    }
    good = good && s->n_wrong == 0;
    norn_ctx_free(ctx);
    free(s);
    return good ? 0 : 1;
}
