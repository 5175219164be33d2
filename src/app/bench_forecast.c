/* The workload `forecast` of `norn bench`: automatic models of monthly series, with intervals. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The series are made by Philox from the seed, so that everybody measures the same work: monthly,
 * trend, season and noise, 48 to 144 points, 12 months ahead. */
#include "app/bench_panel.h"
#include "app/bench_parts.h"
#include "app/forecast_run.h"

#define USUAL_MODEL "auto_ets"
enum { HORIZON = 12, SEASON = 12, LEAST = 48, MOST = 144, SERIES = 4000, QUICK_SERIES = 400 };

typedef struct forecast_data {
    norni_forecast_plan plan;
    norni_panel panel;
    double level;
} forecast_data;

static norn_status prepare(norni_bench *b, norn_err *err) {
    const norni_bench_opt *opt = b->opt;
    forecast_data *d = norni_arena_zero(&b->arena, 1, sizeof *d);
    if (d == NULL) return norni_alloc_fail(err, "bench", 1, sizeof *d);
    norni_spec *specs = NULL;
    b->data = d;
    d->level = 95;
    NORN_TRY(norni_specs_parse(b->env->models, norni_str_of(opt->model ? opt->model : USUAL_MODEL),
                               &b->arena, &specs, &d->plan.n_specs, err));
    d->plan.specs = specs;
    d->plan.models = b->env->models;
    d->plan.horizon = HORIZON;
    d->plan.levels = (norni_doubles){1, &d->level};
    d->plan.seed = (uint64_t)opt->common.seed;
    d->plan.max_attempts = (uint32_t)opt->common.retry_attempts;
    d->plan.grain = 16;
    d->plan.error_threshold = opt->common.error_threshold;
    /* --quick: a tenth of what was asked for. */
    const size_t n = opt->n_series > 0 ? (size_t)opt->n_series / (opt->quick ? 10 : 1)
                     : opt->quick      ? QUICK_SERIES
                                       : SERIES;
    const norni_bench_shape shape = {n ? n : 1, LEAST, MOST, SEASON, {NORNI_UNIT_MONTH, 1, 1},
                                     NULL};
    NORN_TRY(norni_bench_panel(b->env->ctx, &shape, d->plan.seed, &d->panel, err));
    b->n_items = (double)(d->panel.n_series * d->plan.n_specs);
    return NORN_OK;
}

static norn_status run(const norni_bench *b, norn_ctx *ctx, int32_t workers, norni_bench_one *out,
                       norn_err *err) {
    const forecast_data *d = b->data;
    norni_forecast f;
    norni_arena arena;
    (void)workers;
    norni_arena_init(&arena, &ctx->alloc);
    norn_status st = norni_forecast_run(ctx, NULL, &d->panel, &d->plan, NULL, &arena, &f, err);
    if (st == NORN_OK) {
        st = norni_forecast_digest(&f, &out->digest, err);
        out->n_items = f.batch.n;
        out->n_ok = f.batch.n_ok;
        out->n_fallback = f.batch.n_fallback;
        out->n_failed = f.batch.n_failed;
        norni_forecast_clear(&f);
    }
    norni_arena_clear(&arena);
    return st;
}

static void facts(const norni_bench *b, norni_json *j) {
    const forecast_data *d = b->data;
    norni_json_key_str(j, "model", norni_str_of(b->opt->model ? b->opt->model : USUAL_MODEL));
    norni_json_key_count(j, "n_series", d->panel.n_series);
    norni_json_key_count(j, "n_observations", d->panel.n_obs);
    norni_json_key_int(j, "horizon", HORIZON);
}

static void clear(norni_bench *b) {
    forecast_data *d = b->data;
    if (d != NULL) norni_panel_clear(&d->panel);
}

const norni_bench_work norni_bench_forecast = {.name = "forecast",
                                               .takes_series = true,
                                               .item = "series",
                                               .rate_key = NULL,
                                               .takes_model = true,
                                               .prepare = prepare,
                                               .run = run,
                                               .facts = facts,
                                               .clear = clear};
