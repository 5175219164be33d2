/* The library's door to forecasting: series in memory in, arrays out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <norn/forecast.h>

#include "app/forecast_run.h"
#include "app/method.h"
#include "app/registry.h"
#include "app/version.h"
#include "base/numtext.h"

const char *norn_version(void) {
    return NORNI_VERSION;
}

norn_forecast_opt norn_forecast_opt_default(void) {
    return (norn_forecast_opt){.horizon = 1, .season_length = 1, .level = 95};
}

static norn_status check_call(const double *y, const size_t *offsets, size_t n_series,
                              const norn_forecast_opt *o, const double *mean, norn_err *err) {
    if (!y || !offsets || !mean)
        return norn_fail(err, NORN_E_ARG, "forecast: y, offsets and mean must be given");
    for (size_t i = 0; i < n_series; i++) {
        if (offsets[i + 1] < offsets[i])
            return norn_fail(err, NORN_E_ARG, "forecast: offsets fall at series %zu", i);
    }
    if (o->horizon < 1 || o->horizon > 100000) {
        return norn_fail(err, NORN_E_ARG, "forecast: horizon=%d is outside [1, 100000]",
                         (int)o->horizon);
    }
    if (o->season_length < 1 || o->season_length > 100000) {
        return norn_fail(err, NORN_E_ARG, "forecast: season_length=%d is outside [1, 100000]",
                         (int)o->season_length);
    }
    if (!(o->level > 0 && o->level < 100))
        return norn_fail(err, NORN_E_ARG, "forecast: level=%g is outside (0, 100)", o->level);
    return NORN_OK;
}

/* A panel that borrows y; ids are the series' numbers, which key their random streams. */
static norn_status borrow_panel(norn_ctx *ctx, const double *y, const size_t *offsets,
                                size_t n_series, norni_panel *p, norn_err *err) {
    memset(p, 0, sizeof *p);
    norni_arena_init(&p->arena, &ctx->alloc);
    p->n_series = n_series;
    p->n_obs = offsets[n_series] - offsets[0];
    p->offsets = norni_arena_get(&p->arena, n_series + 1, sizeof *p->offsets);
    p->id_offsets = norni_arena_get(&p->arena, n_series + 1, sizeof *p->id_offsets);
    p->id_bytes = norni_arena_get(&p->arena, n_series, NORNI_NUM_MAX);
    p->start = norni_arena_zero(&p->arena, n_series, sizeof *p->start);
    p->freq = norni_arena_get(&p->arena, n_series, sizeof *p->freq);
    p->y = norni_arena_get(&p->arena, p->n_obs, sizeof *p->y);
    if (!p->offsets || !p->id_offsets || !p->id_bytes || !p->start || !p->freq || !p->y) {
        return norni_alloc_fail(err, "forecast", n_series, 64);
    }
    memcpy(p->y, y + offsets[0], p->n_obs * sizeof *y);
    p->offsets[0] = p->id_offsets[0] = 0;
    for (size_t i = 0; i < n_series; i++) {
        p->offsets[i + 1] = offsets[i + 1] - offsets[0];
        p->id_offsets[i + 1] =
            p->id_offsets[i] + norni_int_print(p->id_bytes + p->id_offsets[i], (int64_t)i);
        p->freq[i] = (norni_freq){NORNI_UNIT_INDEX, 1, 0};
    }
    return NORN_OK;
}

static void copy_out(const norni_forecast *f, double *mean, double *lo, double *hi,
                     norn_status *status) {
    const size_t bytes = f->n_items * (size_t)f->plan->horizon * sizeof(double);
    memcpy(mean, f->mean, bytes);
    if (lo) memcpy(lo, f->lo, bytes);
    if (hi) memcpy(hi, f->hi, bytes);
    for (size_t i = 0; status && i < f->n_items; i++)
        status[i] = f->batch.outcome[i].status;
}

norn_status norn_forecast_series(norn_ctx *ctx, const double *y, const size_t *offsets,
                                 size_t n_series, const norn_forecast_opt *opt, double *mean,
                                 double *lo, double *hi, norn_status *status, norn_err *err) {
    const norn_forecast_opt o = opt ? *opt : norn_forecast_opt_default();
    const norni_model_set *models = norni_registry_models();
    double level = o.level;
    int32_t season = o.season_length;
    norni_forecast_plan plan = {.n_specs = 0,
                                .models = models,
                                .horizon = o.horizon,
                                .levels = {lo || hi, &level},
                                .seasons = {1, &season},
                                .seed = o.seed,
                                .max_attempts = 3,
                                .grain = 64,
                                .error_threshold = 1};
    norni_arena arena;
    norni_panel panel;
    norni_spec *specs = NULL;
    norni_forecast f;
    norn_status st;
    NORN_TRY(check_call(y, offsets, n_series, &o, mean, err));
    if (n_series == 0) return NORN_OK;
    norni_arena_init(&arena, &ctx->alloc);
    NORN_TRY_GOTO(borrow_panel(ctx, y, offsets, n_series, &panel, err), done);
    NORN_TRY_GOTO(norni_specs_parse(models, norni_str_of(o.model ? o.model : NORNI_DEFAULT_MODEL),
                                    &arena, &specs, &plan.n_specs, err),
                  done);
    if (plan.n_specs != 1)
        NORN_TRY_GOTO(norn_fail(err, NORN_E_ARG,
                                "forecast: '%s' names several models; one is allowed", o.model),
                      done);
    plan.specs = specs;
    NORN_TRY_GOTO(norni_fallback_parse(models, o.fallback, &arena, &plan.fallback, err), done);
    NORN_TRY_GOTO(norni_forecast_run(ctx, NULL, &panel, &plan, NULL, &arena, &f, err), done);
    copy_out(&f, mean, lo, hi, status);
    norni_forecast_clear(&f);
done:
    norni_panel_clear(&panel);
    norni_arena_clear(&arena);
    return st;
}
