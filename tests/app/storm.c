/* Small series of every unpleasant kind through every model: nothing crashes, every answer is finite or has a status. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Run: storm N_CHEAP N_SEARCH [SEED]   N_CHEAP series, and a tenth as many cases of storm_cases.c (200 at least),
 * through the models that do not search long, N_SEARCH through those that do.
 * storm N_CHEAP N_SEARCH SEED MODEL [CASE]   one model alone, or one of its cases.
 * All depends on SEED, the model and a number alone. Two lines for each model; 1 when an invariant broke. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <norn/forecast.h>

#include "app/registry.h"
#include "storm_cases.h"
#include "storm_series.h"

enum { MOST_OBS = 48, BATCH = 100, HORIZON = 3 };

/* Models whose fit is a search over many forms; all others are cheap. */
static const char *const searches[] = {"auto_ets", "ets",        "holt_winters", "auto_arima",
                                       "arima",    "ces",        "mstl",         "auto",
                                       "ensemble", "auto_theta", "ebm",          "autoformer"};
/* Learners of parts: need twelve observations beyond the horizon. */
static const char *const learners[] = {"ridge", "ebm", "gbdt", "autoformer"};

static bool is_learner(const char *name) {
    for (size_t i = 0; i < sizeof learners / sizeof learners[0]; i++) {
        if (strcmp(name, learners[i]) == 0) return true;
    }
    return false;
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
    if (is_learner(model) && n < 12 + HORIZON) return false;
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

/* The model's name, with few paths where it draws any, and little work for a learner: they are most of its time
 * and no part of the test. */
static void make_spec(const norni_model *m, char *out, size_t size) {
    const norni_param *paths = norni_param_find(m->params, m->n_params, norni_str_of("n_paths"));
    const bool dates = norni_param_find(m->params, m->n_params, norni_str_of("freq")) != NULL;
    snprintf(out, size, "%s%s", m->name,
             paths                                ? "(n_paths=100)"
             : dates                              ? "(freq=D,uncertainty_samples=100)"
             : strcmp(m->name, "autoformer") == 0 ? "(epochs=1,d-model=8,d-ff=8,seq-len=8)"
             : strcmp(m->name, "ebm") == 0        ? "(outer-bags=2,smoothing-rounds=20)"
                                                  : "");
}

static bool run_model(norn_ctx *ctx, storm *s, const norni_model *m, uint64_t seed, uint64_t n) {
    const char *model = m->name;
    char spec[64];
    norn_forecast_opt opt = norn_forecast_opt_default();
    norn_err err = {NORN_OK, ""};
    size_t n_ok = 0;
    make_spec(m, spec, sizeof spec);
    opt.model = spec;
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

/* Cases through the model's own functions. */
static bool run_cases(norn_ctx *ctx, const norni_model *model, uint64_t seed, uint64_t first,
                      uint64_t n, uint64_t *n_wrong) {
    storm_counts k = {0};
    if (storm_cases(ctx, norni_registry_models(), model, seed, first, n, &k) != NORN_OK)
        return false;
    printf("# %s: %" PRIu64 " cases: %" PRIu64 " ok, %" PRIu64 " refused, %" PRIu64
           " failed, %" PRIu64 " told to stop; intervals: %" PRIu64 " unbounded, %" PRIu64
           " beside the forecast\n",
           model->name, k.n, k.ok, k.refused, k.failed, k.cancelled, k.unbounded, k.aside);
    fflush(stdout);
    *n_wrong += k.wrong;
    return k.n == n;
}

/* A case is worth about ten plain series. */
static uint64_t n_cases(uint64_t n_series) {
    return n_series > 2000 ? n_series / 10 : n_series > 200 ? 200 : n_series;
}

int main(int argc, char **argv) {
    const uint64_t n_cheap = argc > 1 ? strtoull(argv[1], NULL, 10) : 3000,
                   n_search = argc > 2 ? strtoull(argv[2], NULL, 10) : 3000,
                   seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    const char *only = argc > 4 ? argv[4] : NULL;
    const norni_model_set *set = norni_registry_models();
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx = NULL;
    storm *s = calloc(1, sizeof *s);
    bool good = s != NULL && norn_ctx_new(&opt, &ctx, NULL) == NORN_OK;
    for (size_t i = 0; good && i < set->n; i++) {
        const norni_model *m = set->models[i];
        const uint64_t n = is_search(m->name) ? n_search : n_cheap;
        if (only && strcmp(only, m->name) != 0) continue;
        if (argc > 5) {
            good = run_cases(ctx, m, seed, strtoull(argv[5], NULL, 10), 1, &s->n_wrong);
        } else {
            good = run_model(ctx, s, m, seed, n) &&
                   run_cases(ctx, m, seed, 0, n_cases(n), &s->n_wrong);
        }
    }
    good = good && s->n_wrong == 0;
    norn_ctx_free(ctx);
    free(s);
    return good ? 0 : 1;
}
