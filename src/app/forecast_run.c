/* Forecasting a panel: every (series, model) is one item with its own outcome, and a digest over
 * all. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The digest is XXH3-128 over the items' own hashes in the order of (id bytes, column): an item's
 * hash covers its id, column, status, serving model and the raw bits of every number it wrote, so
 * that one ulp anywhere changes it, and neither the order of the input nor the number of workers
 * does. */
#include "app/forecast_run.h"

#include "app/digest.h"
#include "app/forecast_item.h"
#include "app/forecast_record.h"
#include "app/forecast_tell.h"
#include "base/fp.h"

typedef struct forecast_job {
    norni_forecast *f;
    double *cost; /* (n_items) or NULL */
} forecast_job;

static norn_status run_item(norni_worker *w, size_t item, uint32_t attempt, void *arg,
                            norn_err *err) {
    forecast_job *job = arg;
    return norni_forecast_item(w, job->f, item, norni_forecast_spec(job->f, item), attempt, err);
}

static norn_status run_fallback(norni_worker *w, size_t item, uint32_t attempt, void *arg,
                                norn_err *err) {
    forecast_job *job = arg;
    return norni_forecast_item(w, job->f, item, job->f->plan->fallback, attempt, err);
}

static norn_status hash_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    norni_forecast *f = ((forecast_job *)arg)->f;
    const norni_outcome *o = &f->batch.outcome[item];
    if (o->status != NORN_OK) norni_forecast_blank(f, item);
    const size_t h = (size_t)f->plan->horizon, n_levels = f->plan->levels.n,
                 i = norni_forecast_series_of(f, item);
    const size_t n_fit = f->fitted ? norni_panel_n(f->panel, i) : 0;
    const norni_str parts[4] = {norni_panel_id(f->panel, i), norni_forecast_spec(f, item)->column,
                                norni_str_of(norn_status_name(o->status)),
                                norni_forecast_model(f, item)};
    const size_t n_drawn = h * f->plan->n_paths;
    size_t size = (h * (1 + 2 * n_levels) + n_fit + n_drawn) * sizeof(double);
    for (int k = 0; k < 4; k++)
        size += parts[k].n + 1;
    unsigned char *record = norni_arena_get(&w->arena, size, 1), *to = record;
    if (record == NULL) return norni_alloc_fail(err, "digest", size, 1);
    for (int k = 0; k < 4; k++) {
        if (parts[k].n > 0) memcpy(to, parts[k].p, parts[k].n);
        to += parts[k].n;
        *to++ = 0;
    }
    memcpy(to, f->mean + item * h, h * sizeof(double));
    to += h * sizeof(double);
    if (n_levels > 0) {
        memcpy(to, f->lo + item * n_levels * h, h * n_levels * sizeof(double));
        to += h * n_levels * sizeof(double);
        memcpy(to, f->hi + item * n_levels * h, h * n_levels * sizeof(double));
        to += h * n_levels * sizeof(double);
    }
    if (n_fit > 0) {
        memcpy(to, norni_forecast_fitted(f, item), n_fit * sizeof(double));
        to += n_fit * sizeof(double);
    }
    if (n_drawn > 0) memcpy(to, f->paths + item * n_drawn, n_drawn * sizeof(double));
    f->hash[item] = norni_hash_128(record, size);
    return NORN_OK;
}

norn_status norni_forecast_digest(const norni_forecast *f, norni_hash128 *out, norn_err *err) {
    const size_t n_specs = f->plan->n_specs;
    norni_digest d;
    norn_status st = NORN_OK;
    norni_digest_init(&d, &f->ctx->alloc, n_specs, 0);
    for (size_t i = 0; i < f->panel->n_series && st == NORN_OK; i++)
        st = norni_digest_add(&d, norni_panel_id(f->panel, i), f->hash + i * n_specs, err);
    if (st == NORN_OK) st = norni_digest_get(&d, out, err);
    norni_digest_clear(&d);
    return st;
}

/* Costs only when they differ enough to matter: a flat list needs no order. */
static void estimate_costs(forecast_job *job) {
    norni_forecast *f = job->f;
    const size_t h = (size_t)f->plan->horizon;
    double largest = 0;
    for (size_t item = 0; item < f->n_items; item++) {
        const norni_spec *spec = norni_forecast_spec(f, item);
        int32_t season = 1;
        const norni_series s = norni_forecast_view(f, item, spec, &season);
        job->cost[item] =
            spec->model->cost ? spec->model->cost(spec->opt, s.n, norni_series_season(&s), h) : 1.0;
        if (job->cost[item] > largest) largest = job->cost[item];
    }
    if (largest < 20e3) job->cost = NULL;
}

static norn_status allocate_answer(norni_forecast *f, norn_err *err) {
    const norni_forecast_plan *plan = f->plan;
    size_t points, numbers;
    if (!norni_mul_size(f->panel->n_series, plan->n_specs, &f->n_items) ||
        !norni_mul_size(f->n_items, (size_t)plan->horizon, &points) ||
        !norni_mul_size(points, plan->levels.n + 1, &numbers)) {
        return norn_fail(err, NORN_E_LIMIT,
                         "forecast: series x models x horizon does not fit in memory");
    }
    f->mean = norni_arena_get(f->arena, points, sizeof(double));
    f->lo = norni_arena_get(f->arena, points * plan->levels.n, sizeof(double));
    f->hi = norni_arena_get(f->arena, points * plan->levels.n, sizeof(double));
    f->hash = norni_arena_zero(f->arena, f->n_items, sizeof *f->hash);
    if (!f->mean || !f->lo || !f->hi || !f->hash)
        return norni_alloc_fail(err, "forecast", numbers, sizeof(double));
    if (plan->n_paths > 0) {
        if (!norni_mul_size(points, plan->n_paths, &numbers)) numbers = SIZE_MAX;
        f->paths = norni_arena_get(f->arena, numbers, sizeof(double));
        if (f->paths == NULL) return norni_alloc_fail(err, "simulate", numbers, sizeof(double));
    }
    if (plan->budget_evals > 0 || plan->budget_ms > 0) {
        f->effort = norni_arena_zero(f->arena, f->n_items, sizeof *f->effort);
        if (f->effort == NULL)
            return norni_alloc_fail(err, "forecast", f->n_items, sizeof *f->effort);
    }
    if (plan->conformal.windows > 0)
        NORN_TRY(norni_conformal_set_init(&f->conformal, f->arena, &plan->conformal,
                                          (size_t)plan->horizon, f->n_items, err));
    if (plan->keep) {
        f->saved = norni_arena_zero(f->arena, f->n_items, sizeof *f->saved);
        if (f->saved == NULL) return norni_alloc_fail(err, "save", f->n_items, sizeof *f->saved);
    }
    if (plan->describe) {
        f->served = norni_arena_zero(f->arena, f->n_items, sizeof *f->served);
        if (f->served == NULL)
            return norni_alloc_fail(err, "forecast", f->n_items, sizeof *f->served);
    }
    if (plan->fitted) {
        const size_t n_obs = f->panel->offsets[f->panel->n_series] - f->panel->offsets[0];
        if (!norni_mul_size(n_obs, plan->n_specs, &numbers)) numbers = SIZE_MAX;
        f->fitted = norni_arena_get(f->arena, numbers, sizeof(double));
        if (f->fitted == NULL) return norni_alloc_fail(err, "forecast", numbers, sizeof(double));
    }
    return NORN_OK;
}

/* One pool for each model: its errors on all series of the panel. */
static norn_status apply_conformal(norni_forecast *f, norn_err *err) {
    const size_t n_specs = f->plan->n_specs, n_series = f->panel->n_series;
    const norni_arena_mark mark = norni_arena_mark_get(f->arena);
    size_t *list = norni_arena_get(f->arena, n_series, sizeof *list);
    if (list == NULL) return norni_alloc_fail(err, "conformal", n_series, sizeof *list);
    for (size_t k = 0; k < n_specs; k++) {
        size_t n = 0, n_without = 0;
        for (size_t i = 0; i < n_series; i++) {
            if (f->batch.outcome[i * n_specs + k].status == NORN_OK) list[n++] = i * n_specs + k;
        }
        NORN_TRY(norni_conformal_apply(&f->conformal, list, n, &f->plan->levels, f->mean, f->lo,
                                       f->hi, f->arena, &n_without, err));
        f->n_without += n_without;
    }
    norni_arena_rewind(f->arena, mark);
    return NORN_OK;
}

static bool recall_item(norni_worker *w, size_t item, void *arg, norni_outcome *o) {
    return norni_forecast_recall(w, ((forecast_job *)arg)->f, item, o);
}

static norn_status remember_item(norni_worker *w, size_t item, void *arg, const norni_outcome *o,
                                 norn_err *err) {
    norni_forecast *f = ((forecast_job *)arg)->f;
    if (f->shared->tell) norni_forecast_tell_item(f->shared->tell, f, item, o);
    return f->shared->store ? norni_forecast_remember(w, f, item, o, err) : NORN_OK;
}

norn_status norni_forecast_run(norn_ctx *ctx, norni_worker *worker, const norni_panel *panel,
                               const norni_forecast_plan *plan, const norni_forecast_shared *shared,
                               norni_arena *arena, norni_forecast *f, norn_err *err) {
    *f = (norni_forecast){
        .ctx = ctx, .arena = arena, .panel = panel, .plan = plan, .shared = shared};
    forecast_job job = {.f = f};
    norn_status st;
    NORN_TRY_GOTO(allocate_answer(f, err), fail);
    job.cost = norni_arena_get(arena, f->n_items, sizeof(double));
    if (job.cost == NULL)
        NORN_TRY_GOTO(norni_alloc_fail(err, "forecast", f->n_items, sizeof(double)), fail);
    estimate_costs(&job);
    norni_batch_opt opt = {
        .loop = {.grain = job.cost ? 1 : plan->grain, .cost = job.cost, .keep_going = true},
        .max_attempts = plan->max_attempts,
        .error_threshold = plan->error_threshold};
    if (shared != NULL) {
        opt.tally = shared->tally;
        opt.room = shared->room;
        opt.recall = shared->store ? recall_item : NULL;
        opt.remember = shared->store || shared->tell ? remember_item : NULL;
    }
    NORN_TRY_GOTO(norni_batch_run(ctx, worker, f->n_items, run_item,
                                  plan->fallback ? run_fallback : NULL, &job, &opt, &f->batch, err),
                  fail);
    if (plan->conformal.windows > 0) NORN_TRY_GOTO(apply_conformal(f, err), fail);
    const norni_for_opt loop = {.grain = 256, .plumbing = true};
    NORN_TRY_GOTO(norni_for(ctx, worker, f->n_items, hash_item, &job, &loop, err), fail);
    for (size_t item = 0; f->effort != NULL && item < f->n_items; item++)
        f->n_cut += f->effort[item].cut && f->batch.outcome[item].status == NORN_OK;
    return NORN_OK;
fail:
    norni_forecast_clear(f);
    return st;
}
