/* Forecasting a panel: every (series, model) is one item with its own outcome, and a digest over
 * all. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The digest is XXH3-128 over the items' own hashes in the order of (id bytes, column): an item's
 * hash covers its id, column, status, serving model and the raw bits of every number it wrote, so
 * that one ulp anywhere changes it, and neither the order of the input nor the number of workers
 * does. */
#include "app/forecast_run.h"

#include <math.h>

#include "base/fp.h"
#include "base/sort.h"
#include "eval/levels.h"

typedef struct forecast_job {
    norni_forecast *f;
    norn_ctx *ctx;
    double *cost; /* (n_items) or NULL */
} forecast_job;

static size_t item_series(const norni_forecast *f, size_t item) {
    return item / f->plan->n_specs;
}
static const norni_spec *item_spec(const norni_forecast *f, size_t item) {
    return &f->plan->specs[item % f->plan->n_specs];
}

/* Fills the series' view for one spec: seasons are the spec's, else the user's, else the
 * frequency's. */
static norni_series series_view(const norni_forecast *f, size_t i, const norni_spec *spec,
                                int32_t *season) {
    const norni_panel *p = f->panel;
    norni_series s = {.n = norni_panel_n(p, i),
                      .y = norni_panel_y(p, i),
                      .start = p->start[i],
                      .freq = p->freq[i]};
    s.horizon = (size_t)f->plan->horizon;
    s.times = p->times ? p->times + p->offsets[i] : NULL;
    if (spec->season > 0) {
        *season = spec->season;
    } else if (f->plan->seasons.n > 0) {
        s.season = f->plan->seasons.v;
        s.n_season = f->plan->seasons.v[0] > 1 ? f->plan->seasons.n : 0;
        return s;
    } else {
        *season = norni_freq_season(p->freq[i]);
    }
    s.season = season;
    s.n_season = *season > 1 ? 1 : 0;
    return s;
}

/* Takes the distribution's numbers into the item's slots; a mean that is not finite is a numeric
 * breakdown. */
static norn_status store_numbers(norni_forecast *f, size_t item, const norni_spec *spec,
                                 norni_dist *d, norn_err *err) {
    const size_t h = d->horizon, n_levels = f->plan->levels.n;
    double *mean = f->mean + item * h;
    for (size_t k = 0; k < h; k++) {
        if (!isfinite(d->mean[k])) {
            return norn_fail(err, NORN_E_NUMERIC, "%s: the forecast of step %zu is not finite",
                             spec->model->name, k + 1);
        }
        mean[k] = norni_canonical(d->mean[k]);
    }
    for (size_t l = 0; l < n_levels; l++) {
        double *lo = f->lo + (item * n_levels + l) * h, *hi = f->hi + (item * n_levels + l) * h;
        norni_levels(d, f->plan->levels.v[l], lo, hi);
        for (size_t k = 0; k < h; k++) {
            lo[k] = norni_canonical(lo[k]);
            hi[k] = norni_canonical(hi[k]);
        }
    }
    return NORN_OK;
}

static norn_status store_fitted(norni_forecast *f, size_t item, norni_env *env,
                                const norni_spec *spec, const void *state, norn_err *err) {
    const size_t i = item_series(f, item), n = norni_panel_n(f->panel, i);
    double *out = f->fitted + (item % f->plan->n_specs) * f->panel->n_obs + f->panel->offsets[i];
    NORN_TRY(spec->model->fitted(env, state, 0, out, err));
    for (size_t t = 0; t < n; t++)
        out[t] = isfinite(out[t]) ? norni_canonical(out[t]) : norni_canonical(NORNI_NAN);
    return NORN_OK;
}

static norn_status store_description(norni_forecast *f, norn_ctx *ctx, size_t item,
                                     const norni_spec *spec, const void *state, norn_err *err) {
    char text[512];
    text[0] = '\0';
    spec->model->describe(state, 0, text, sizeof text);
    const size_t len = strlen(text) + 1;
    char *kept = norni_alloc_get(&ctx->alloc, len, 1);
    if (kept == NULL) return norni_alloc_fail(err, "forecast", len, 1);
    memcpy(kept, text, len);
    if (f->served[item])
        norni_alloc_drop(&ctx->alloc, f->served[item], strlen(f->served[item]) + 1, 1);
    f->served[item] = kept;
    return NORN_OK;
}

static norn_status forecast_one(norni_worker *w, forecast_job *job, size_t item,
                                const norni_spec *spec, uint32_t attempt, norn_err *err) {
    norni_forecast *f = job->f;
    const size_t i = item_series(f, item), h = (size_t)f->plan->horizon;
    int32_t season = 1;
    const norni_series s = series_view(f, i, spec, &season);
    const norni_group group = {1, &s};
    const norni_str id = norni_panel_id(f->panel, i);
    norni_env env = {.arena = &w->arena,
                     .poll = norni_ctx_poll(job->ctx),
                     .seed = f->plan->seed,
                     .attempt = attempt};
    env.item = norni_hash64(id.p, id.n);
    if (s.n == 0)
        return norn_fail(err, NORN_E_DATA, "%s: the series has no observation", spec->model->name);
    if (spec->model->validate) NORN_TRY(spec->model->validate(spec->opt, &s, err));
    void *state = NULL;
    NORN_TRY(spec->model->fit(&env, spec->opt, &group, &state, err));
    norni_dist d = {.kind = NORNI_DIST_POINT, .horizon = h};
    d.mean = norni_arena_get(&w->arena, h, sizeof(double));
    d.sd = norni_arena_get(&w->arena, h, sizeof(double));
    if (d.mean == NULL || d.sd == NULL) return norni_alloc_fail(err, "forecast", h, sizeof(double));
    NORN_TRY(spec->model->predict(&env, state, 0, h, f->plan->levels.n > 0, &d, err));
    NORN_TRY(store_numbers(f, item, spec, &d, err));
    if (f->fitted) NORN_TRY(store_fitted(f, item, &env, spec, state, err));
    if (f->served) NORN_TRY(store_description(f, job->ctx, item, spec, state, err));
    return NORN_OK;
}

static norn_status run_item(norni_worker *w, size_t item, uint32_t attempt, void *arg,
                            norn_err *err) {
    forecast_job *job = arg;
    return forecast_one(w, job, item, item_spec(job->f, item), attempt, err);
}

static norn_status run_fallback(norni_worker *w, size_t item, uint32_t attempt, void *arg,
                                norn_err *err) {
    forecast_job *job = arg;
    return forecast_one(w, job, item, job->f->plan->fallback, attempt, err);
}

/* What a failed item leaves behind is NaN, whatever it had begun to write. */
static void blank_item(norni_forecast *f, size_t item) {
    const size_t h = (size_t)f->plan->horizon, n_levels = f->plan->levels.n;
    for (size_t k = 0; k < h; k++)
        f->mean[item * h + k] = norni_canonical(NORNI_NAN);
    for (size_t k = 0; k < h * n_levels; k++) {
        f->lo[item * n_levels * h + k] = f->hi[item * n_levels * h + k] =
            norni_canonical(NORNI_NAN);
    }
    if (f->fitted == NULL) return;
    const size_t i = item_series(f, item), n = norni_panel_n(f->panel, i);
    double *out = f->fitted + (item % f->plan->n_specs) * f->panel->n_obs + f->panel->offsets[i];
    for (size_t t = 0; t < n; t++)
        out[t] = norni_canonical(NORNI_NAN);
}

norni_str norni_forecast_model(const norni_forecast *f, size_t item) {
    const norni_outcome *o = &f->batch.outcome[item];
    if (o->status != NORN_OK) return (norni_str){"", 0};
    return o->fallback ? f->plan->fallback->column : item_spec(f, item)->column;
}

static norn_status hash_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    norni_forecast *f = ((forecast_job *)arg)->f;
    const norni_outcome *o = &f->batch.outcome[item];
    if (o->status != NORN_OK) blank_item(f, item);
    const size_t h = (size_t)f->plan->horizon, n_levels = f->plan->levels.n,
                 i = item_series(f, item);
    const size_t n_fit = f->fitted ? norni_panel_n(f->panel, i) : 0;
    const norni_str parts[4] = {norni_panel_id(f->panel, i), item_spec(f, item)->column,
                                norni_str_of(norn_status_name(o->status)),
                                norni_forecast_model(f, item)};
    size_t size = (h * (1 + 2 * n_levels) + n_fit) * sizeof(double);
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
        memcpy(to, f->fitted + (item % f->plan->n_specs) * f->panel->n_obs + f->panel->offsets[i],
               n_fit * sizeof(double));
    }
    f->hash[item] = norni_hash_128(record, size);
    return NORN_OK;
}

static int compare_ids(const void *arg, size_t a, size_t b) {
    const norni_panel *p = arg;
    return norni_str_cmp(norni_panel_id(p, a), norni_panel_id(p, b));
}

/* Already in order (the usual case) or not: the order of ids by their bytes. */
static norn_status digest_items(norni_forecast *f, norn_err *err) {
    const size_t n = f->panel->n_series, n_specs = f->plan->n_specs;
    size_t *order = norni_alloc_get(f->alloc, n, 2 * sizeof *order);
    norni_hash128 *sorted = norni_alloc_get(f->alloc, f->n_items, sizeof *sorted);
    norn_status st = NORN_OK;
    if (order == NULL || sorted == NULL) {
        st = norni_alloc_fail(err, "digest", f->n_items, sizeof *sorted);
    } else {
        for (size_t i = 0; i < n; i++)
            order[i] = i;
        norni_sort_index(order, n, compare_ids, f->panel, order + n);
        for (size_t i = 0; i < n; i++)
            memcpy(sorted + i * n_specs, f->hash + order[i] * n_specs, n_specs * sizeof *sorted);
        f->digest = norni_hash_128(sorted, f->n_items * sizeof *sorted);
    }
    norni_alloc_drop(f->alloc, order, n, 2 * sizeof *order);
    norni_alloc_drop(f->alloc, sorted, f->n_items, sizeof *sorted);
    return st;
}

/* Costs only when they differ enough to matter: a flat list needs no order. */
static void estimate_costs(forecast_job *job) {
    norni_forecast *f = job->f;
    const size_t h = (size_t)f->plan->horizon;
    double largest = 0;
    for (size_t item = 0; item < f->n_items; item++) {
        const norni_spec *spec = item_spec(f, item);
        int32_t season = 1;
        const norni_series s = series_view(f, item_series(f, item), spec, &season);
        job->cost[item] =
            spec->model->cost ? spec->model->cost(spec->opt, s.n, norni_series_season(&s), h) : 1.0;
        if (job->cost[item] > largest) largest = job->cost[item];
    }
    if (largest < 20e3) {
        norni_alloc_drop(f->alloc, job->cost, f->n_items, sizeof(double));
        job->cost = NULL;
    }
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
    f->mean = norni_alloc_get(f->alloc, points, sizeof(double));
    f->lo = norni_alloc_get(f->alloc, points * plan->levels.n, sizeof(double));
    f->hi = norni_alloc_get(f->alloc, points * plan->levels.n, sizeof(double));
    f->hash = norni_alloc_zero(f->alloc, f->n_items, sizeof *f->hash);
    if (!f->mean || !f->lo || !f->hi || !f->hash)
        return norni_alloc_fail(err, "forecast", numbers, sizeof(double));
    if (plan->describe) {
        f->served = norni_alloc_zero(f->alloc, f->n_items, sizeof *f->served);
        if (f->served == NULL)
            return norni_alloc_fail(err, "forecast", f->n_items, sizeof *f->served);
    }
    if (plan->fitted) {
        if (!norni_mul_size(f->panel->n_obs, plan->n_specs, &numbers)) numbers = SIZE_MAX;
        f->fitted = norni_alloc_get(f->alloc, numbers, sizeof(double));
        if (f->fitted == NULL) return norni_alloc_fail(err, "forecast", numbers, sizeof(double));
    }
    return NORN_OK;
}

norn_status norni_forecast_run(const norni_op_env *env, const norni_panel *panel,
                               const norni_forecast_plan *plan, norni_forecast *f, norn_err *err) {
    norn_ctx *ctx = env->ctx;
    *f = (norni_forecast){.alloc = &ctx->alloc, .panel = panel, .plan = plan};
    forecast_job job = {.f = f, .ctx = ctx};
    norn_status st;
    NORN_TRY_GOTO(allocate_answer(f, err), fail);
    job.cost = norni_alloc_get(f->alloc, f->n_items, sizeof(double));
    if (job.cost == NULL)
        NORN_TRY_GOTO(norni_alloc_fail(err, "forecast", f->n_items, sizeof(double)), fail);
    estimate_costs(&job);
    norni_batch_opt opt = {
        .loop = {.grain = job.cost ? 1 : plan->grain, .cost = job.cost, .keep_going = true},
        .max_attempts = plan->max_attempts,
        .error_threshold = plan->error_threshold,
        .progress = env->progress,
        .progress_user = env->progress_user};
    st = norni_batch_run(ctx, f->n_items, run_item, plan->fallback ? run_fallback : NULL, &job,
                         &opt, &f->batch, err);
    norni_alloc_drop(f->alloc, job.cost, f->n_items, sizeof(double));
    if (st != NORN_OK) goto fail;
    const norni_for_opt loop = {.grain = 256};
    NORN_TRY_GOTO(norni_for(ctx, NULL, f->n_items, hash_item, &job, &loop, err), fail);
    NORN_TRY_GOTO(digest_items(f, err), fail);
    return NORN_OK;
fail:
    norni_forecast_clear(f);
    return st;
}

void norni_forecast_clear(norni_forecast *f) {
    if (f->alloc == NULL) return;
    const size_t points = f->n_items * (size_t)f->plan->horizon;
    norni_alloc_drop(f->alloc, f->mean, points, sizeof(double));
    norni_alloc_drop(f->alloc, f->lo, points * f->plan->levels.n, sizeof(double));
    norni_alloc_drop(f->alloc, f->hi, points * f->plan->levels.n, sizeof(double));
    norni_alloc_drop(f->alloc, f->hash, f->n_items, sizeof *f->hash);
    norni_alloc_drop(f->alloc, f->fitted, f->panel->n_obs * f->plan->n_specs, sizeof(double));
    for (size_t item = 0; f->served != NULL && item < f->n_items; item++) {
        if (f->served[item])
            norni_alloc_drop(f->alloc, f->served[item], strlen(f->served[item]) + 1, 1);
    }
    norni_alloc_drop(f->alloc, f->served, f->n_items, sizeof *f->served);
    if (f->batch.ctx) norni_batch_clear(&f->batch);
    memset(f, 0, sizeof *f);
}
