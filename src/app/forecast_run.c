/* Forecasting a panel: every (series, model) is one item with its own outcome, and a digest over
 * all. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The digest is XXH3-128 over the items' own hashes in the order of (id bytes, column): an item's
 * hash covers its id, column, status, serving model and the raw bits of every number it wrote, so
 * that one ulp anywhere changes it, and neither the order of the input nor the number of workers
 * does. */
#include "app/forecast_run.h"

#include <math.h>

#include "app/digest.h"
#include "app/forecast_record.h"
#include "base/fp.h"
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
    double *out = norni_forecast_fitted(f, item);
    NORN_TRY(spec->model->fitted(env, state, 0, out, err));
    for (size_t t = 0; t < n; t++)
        out[t] = isfinite(out[t]) ? norni_canonical(out[t]) : norni_canonical(NORNI_NAN);
    return NORN_OK;
}

norn_status norni_forecast_describe(norni_forecast *f, size_t item, norni_str text, norn_err *err) {
    const norn_alloc *alloc = &f->ctx->alloc;
    char *kept = norni_alloc_get(alloc, text.n + 1, 1);
    if (kept == NULL) return norni_alloc_fail(err, "forecast", text.n + 1, 1);
    if (text.n > 0) memcpy(kept, text.p, text.n);
    kept[text.n] = '\0';
    char *before = f->served[item];
    if (before) norni_alloc_drop(alloc, before, strlen(before) + 1, 1);
    f->served[item] = kept;
    return NORN_OK;
}

static norn_status store_description(norni_forecast *f, size_t item, const norni_spec *spec,
                                     const void *state, norn_err *err) {
    char text[512];
    text[0] = '\0';
    spec->model->describe(state, 0, text, sizeof text);
    return norni_forecast_describe(f, item, norni_str_of(text), err);
}

/* A column without the gaps that do not matter: where y is missing too. */
static norn_status known_column(norni_worker *w, const norni_series *s, norni_str name,
                                const double **x, norn_err *err) {
    double *copy = NULL;
    for (size_t t = 0; t < s->n; t++) {
        if (isfinite((*x)[t])) continue;
        if (!isnan(s->y[t]))
            return norn_fail(err, NORN_E_DATA,
                             "exogenous column '%.*s' has no value at observation %zu, where the "
                             "series has one",
                             (int)(name.n > 60 ? 60 : name.n), name.p, t + 1);
        if (copy == NULL) {
            copy = norni_arena_get(&w->arena, s->n, sizeof *copy);
            if (copy == NULL) return norni_alloc_fail(err, "forecast", s->n, sizeof *copy);
            memcpy(copy, *x, s->n * sizeof *copy);
            *x = copy;
        }
        copy[t] = 0;
    }
    return NORN_OK;
}

/* The exogenous columns of series i, past and future. */
static norn_status attach_exogenous(norni_worker *w, const norni_forecast *f, size_t i,
                                    norni_series *s, norn_err *err) {
    const norni_panel *p = f->panel;
    const double **x = norni_arena_get(&w->arena, p->n_x, 2 * sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "forecast", p->n_x, 2 * sizeof *x);
    for (size_t c = 0; c < p->n_x; c++) {
        x[c] = p->x + c * p->n_obs + p->offsets[i];
        NORN_TRY(known_column(w, s, p->x_names[c], &x[c], err));
    }
    NORN_TRY(norni_future_of(f->plan->future, p, i, s->horizon, x + p->n_x, err));
    s->n_x = p->n_x;
    s->x = x;
    s->x_future = x + p->n_x;
    return NORN_OK;
}

static norn_status fail_beyond(const norni_forecast *f, size_t i, norn_err *err) {
    size_t h = 0;
    while (norni_panel_future(f->panel, i, h) != NORNI_TIME_NONE)
        h++;
    return norn_fail(
        err, NORN_E_DATA,
        "step %zu lies beyond the last time that is served (%s); look at the times and "
        "--freq, or ask for a shorter --horizon",
        h + 1,
        f->panel->style.kind == NORNI_TIME_INDEX ? "index 4611686018427387903"
                                                 : "the end of the year 9999");
}

static norn_status forecast_one(norni_worker *w, forecast_job *job, size_t item,
                                const norni_spec *spec, uint32_t attempt, norn_err *err) {
    norni_forecast *f = job->f;
    const size_t i = item_series(f, item), h = (size_t)f->plan->horizon;
    int32_t season = 1;
    norni_series s = series_view(f, i, spec, &season);
    const norni_group group = {1, &s};
    const norni_str id = norni_panel_id(f->panel, i);
    norni_env env = {.arena = &w->arena,
                     .poll = norni_ctx_poll(job->ctx),
                     .seed = f->plan->seed,
                     .attempt = attempt,
                     .models = f->plan->models};
    env.item = norni_hash64(id.p, id.n);
    if (s.n == 0)
        return norn_fail(err, NORN_E_DATA, "%s: the series has no observation", spec->model->name);
    if (norni_panel_future(f->panel, i, h - 1) == NORNI_TIME_NONE) return fail_beyond(f, i, err);
    if (f->plan->future != NULL && spec->model->exogenous)
        NORN_TRY(attach_exogenous(w, f, i, &s, err));
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
    if (f->served) NORN_TRY(store_description(f, item, spec, state, err));
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

void norni_forecast_blank(norni_forecast *f, size_t item) {
    const size_t h = (size_t)f->plan->horizon, n_levels = f->plan->levels.n;
    for (size_t k = 0; k < h; k++)
        f->mean[item * h + k] = norni_canonical(NORNI_NAN);
    for (size_t k = 0; k < h * n_levels; k++) {
        f->lo[item * n_levels * h + k] = f->hi[item * n_levels * h + k] =
            norni_canonical(NORNI_NAN);
    }
    if (f->fitted == NULL) return;
    const size_t i = item_series(f, item), n = norni_panel_n(f->panel, i);
    double *out = norni_forecast_fitted(f, item);
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
    if (o->status != NORN_OK) norni_forecast_blank(f, item);
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
        memcpy(to, norni_forecast_fitted(f, item), n_fit * sizeof(double));
    }
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
        const norni_spec *spec = item_spec(f, item);
        int32_t season = 1;
        const norni_series s = series_view(f, item_series(f, item), spec, &season);
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

static bool recall_item(norni_worker *w, size_t item, void *arg, norni_outcome *o) {
    return norni_forecast_recall(w, ((forecast_job *)arg)->f, item, o);
}

static norn_status remember_item(norni_worker *w, size_t item, void *arg, const norni_outcome *o,
                                 norn_err *err) {
    return norni_forecast_remember(w, ((forecast_job *)arg)->f, item, o, err);
}

norn_status norni_forecast_run(norn_ctx *ctx, norni_worker *worker, const norni_panel *panel,
                               const norni_forecast_plan *plan, const norni_forecast_shared *shared,
                               norni_arena *arena, norni_forecast *f, norn_err *err) {
    *f = (norni_forecast){
        .ctx = ctx, .arena = arena, .panel = panel, .plan = plan, .shared = shared};
    forecast_job job = {.f = f, .ctx = ctx};
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
        opt.remember = shared->store ? remember_item : NULL;
    }
    NORN_TRY_GOTO(norni_batch_run(ctx, worker, f->n_items, run_item,
                                  plan->fallback ? run_fallback : NULL, &job, &opt, &f->batch, err),
                  fail);
    const norni_for_opt loop = {.grain = 256, .plumbing = true};
    NORN_TRY_GOTO(norni_for(ctx, worker, f->n_items, hash_item, &job, &loop, err), fail);
    return NORN_OK;
fail:
    norni_forecast_clear(f);
    return st;
}

void norni_forecast_clear(norni_forecast *f) {
    if (f->ctx == NULL) return;
    for (size_t item = 0; f->served != NULL && item < f->n_items; item++) {
        char *text = f->served[item];
        if (text) norni_alloc_drop(&f->ctx->alloc, text, strlen(text) + 1, 1);
    }
    if (f->batch.ctx) norni_batch_clear(&f->batch);
    memset(f, 0, sizeof *f);
}
