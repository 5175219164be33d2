/* One item of a forecast: a model fitted to a series, its answer taken into the item's slots. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_item.h"

#include <math.h>

#include "base/clock.h"
#include "base/fp.h"
#include "eval/levels.h"
#include "eval/share.h"

norni_series norni_forecast_view(const norni_forecast *f, size_t item, const norni_spec *spec,
                                 int32_t *season) {
    const norni_panel *p = f->panel;
    const size_t i = norni_forecast_series_of(f, item);
    norni_series s = {.n = norni_panel_n(p, i),
                      .y = norni_panel_y(p, i),
                      .start = p->start[i],
                      .freq = p->freq[i]};
    s.horizon = (size_t)f->plan->horizon;
    s.holidays = f->plan->holidays;
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
    for (size_t l = 0; l < n_levels && f->plan->conformal.windows == 0; l++) {
        double *lo = f->lo + (item * n_levels + l) * h, *hi = f->hi + (item * n_levels + l) * h;
        norni_levels(d, f->plan->levels.v[l], lo, hi);
        for (size_t k = 0; k < h; k++) {
            lo[k] = norni_canonical(lo[k]);
            hi[k] = norni_canonical(hi[k]);
        }
    }
    return NORN_OK;
}

static norn_status store_paths(norni_forecast *f, size_t item, const norni_spec *spec,
                               const norni_dist *d, norn_err *err) {
    const size_t h = d->horizon, n = f->plan->n_paths;
    double *out = f->paths + item * n * h;
    bool finite = d->kind == NORNI_DIST_PATHS && d->n_paths == n;
    for (size_t k = 0; k < h && finite; k++) {
        for (size_t p = 0; p < n; p++) {
            const double x = d->paths[k * n + p];
            finite = finite && isfinite(x);
            out[p * h + k] = norni_canonical(x);
        }
    }
    if (finite) return NORN_OK;
    return norn_fail(err, NORN_E_DATA,
                     "%s: the fit has no variance to draw sample paths from; the series is too "
                     "short or too wide for it",
                     spec->model->name);
}

static norn_status store_fitted(norni_forecast *f, size_t item, norni_env *env,
                                const norni_spec *spec, const void *state, norn_err *err) {
    const size_t i = norni_forecast_series_of(f, item), n = norni_panel_n(f->panel, i);
    double *out = norni_forecast_fitted(f, item);
    NORN_TRY(spec->model->fitted(env, state, 0, out, err));
    for (size_t t = 0; t < n; t++)
        out[t] = isfinite(out[t]) ? norni_canonical(out[t]) : norni_canonical(NORNI_NAN);
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
static norn_status known_column(norni_arena *arena, const norni_series *s, norni_str name,
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
            copy = norni_arena_get(arena, s->n, sizeof *copy);
            if (copy == NULL) return norni_alloc_fail(err, "forecast", s->n, sizeof *copy);
            memcpy(copy, *x, s->n * sizeof *copy);
            *x = copy;
        }
        copy[t] = 0;
    }
    return NORN_OK;
}

norn_status norni_forecast_exogenous(const norni_forecast *f, size_t i, const norni_spec *spec,
                                     norni_arena *arena, norni_series *s, norn_err *err) {
    const norni_panel *p = f->panel;
    if (f->plan->future == NULL || !spec->model->exogenous) return NORN_OK;
    const double **x = norni_arena_get(arena, p->n_x, 2 * sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "forecast", p->n_x, 2 * sizeof *x);
    for (size_t c = 0; c < p->n_x; c++) {
        x[c] = p->x + c * p->n_obs + p->offsets[i];
        NORN_TRY(known_column(arena, s, p->x_names[c], &x[c], err));
    }
    NORN_TRY(norni_future_of(f->plan->future, p, i, s->horizon, x + p->n_x, err));
    s->n_x = p->n_x;
    s->x_name = p->x_names;
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

/* Keeps the model as bytes. */
static norn_status store_model(norni_forecast *f, size_t item, const norni_spec *spec,
                               const void *state, norn_err *err) {
    norni_buf b;
    norni_buf_init(&b, &f->ctx->alloc);
    norn_status st = spec->model->save(state, 0, &b, err);
    if (st == NORN_OK) st = norni_forecast_keep(f, item, (norni_str){b.p, b.n}, err);
    norni_buf_clear(&b);
    return st;
}

/* Predicts from the state and takes everything into the item's slots. */
static norn_status take_answer(norni_worker *w, norni_forecast *f, size_t item, norni_env *env,
                               const norni_spec *spec, const void *state, norn_err *err) {
    const size_t h = (size_t)f->plan->horizon;
    norni_dist d = {.kind = NORNI_DIST_POINT, .horizon = h};
    d.mean = norni_arena_get(&w->arena, h, sizeof(double));
    d.sd = norni_arena_get(&w->arena, h, sizeof(double));
    if (d.mean == NULL || d.sd == NULL) return norni_alloc_fail(err, "forecast", h, sizeof(double));
    const bool own_levels = f->plan->levels.n > 0 && f->plan->conformal.windows == 0;
    NORN_TRY(spec->model->predict(env, state, 0, h, own_levels || f->paths, &d, err));
    if (f->paths) NORN_TRY(store_paths(f, item, spec, &d, err)); /* levels sort them */
    NORN_TRY(store_numbers(f, item, spec, &d, err));
    if (f->fitted) NORN_TRY(store_fitted(f, item, env, spec, state, err));
    if (f->served) NORN_TRY(store_description(f, item, spec, state, err));
    return f->saved ? store_model(f, item, spec, state, err) : NORN_OK;
}

/* The errors that conformal intervals are made from; each window has an account of its own. */
static norn_status calibrate(norni_forecast *f, size_t item, norni_env *env, const norni_spec *spec,
                             const norni_series *s, norn_err *err) {
    const norni_forecast_plan *plan = f->plan;
    const norni_trial_rules rules = {.horizon = (size_t)plan->horizon,
                                     .seasons = plan->seasons,
                                     .seed = plan->seed,
                                     .budget_evals = plan->budget_evals,
                                     .budget_ns = (int64_t)(plan->budget_ms * 1e6),
                                     .holidays = plan->holidays,
                                     .models = plan->models};
    const norni_contender who = {spec->model, spec->opt, spec->season};
    if (plan->conformal.windows == 0) return NORN_OK;
    return norni_conformal_calibrate(&f->conformal, item, env, &rules, &who, s, true, err);
}

/* The item's account: opened by its first attempt, so that retries and the fallback share it. */
static norni_effort *open_account(norni_forecast *f, size_t item, const norni_spec *spec,
                                  uint32_t attempt) {
    const norni_forecast_plan *plan = f->plan;
    if (f->effort == NULL) return NULL;
    if (attempt == 0 && spec != plan->fallback) {
        f->effort[item] = (norni_effort){.limit = plan->budget_evals};
        if (plan->budget_ms > 0)
            f->effort[item].deadline_ns = norni_clock_ns() + (int64_t)(plan->budget_ms * 1e6);
    }
    return &f->effort[item];
}

/* An item whose model an earlier run kept: as it ended there, moved on by what is new. Nothing stands
 * in for a model that cannot go on: the data of this run may be a few rows. */
static norn_status take_up(norni_worker *w, norni_forecast *f, size_t item, norni_env *env,
                           const norni_spec *spec, const norni_series *s, norn_err *err) {
    const size_t i = norni_forecast_series_of(f, item);
    const norni_kept *kept = f->shared->kept;
    const norni_kept_item *k = &kept->series[i].item[item % f->plan->n_specs];
    const bool is_fallback = spec == f->plan->fallback;
    const norni_series more = {.n = s->n - kept->n_seen[i],
                               .y = s->y + kept->n_seen[i],
                               .n_season = s->n_season,
                               .season = s->season,
                               .start = s->start,
                               .freq = s->freq,
                               .horizon = s->horizon,
                               .holidays = s->holidays};
    void *state = NULL;
    if (kept->why[i]) return norn_fail(err, NORN_E_DATA, "%s", kept->why[i]);
    if (k->status != NORN_OK || k->fallback != is_fallback)
        return norn_fail(err, k->status != NORN_OK ? k->status : NORN_E_DATA, "%.*s",
                         (int)k->message.n, k->message.p);
    NORN_TRY(spec->model->load(env, spec->opt, k->model, &state, err));
    if (more.n > 0) NORN_TRY(spec->model->update(env, state, &more, err));
    return take_answer(w, f, item, env, spec, state, err);
}

norn_status norni_forecast_item(norni_worker *w, norni_forecast *f, size_t item,
                                const norni_spec *spec, uint32_t attempt, norn_err *err) {
    const size_t i = norni_forecast_series_of(f, item);
    int32_t season = 1;
    norni_series s = norni_forecast_view(f, item, spec, &season);
    const norni_group group = {1, &s};
    const norni_str id = norni_panel_id(f->panel, i);
    const norni_share share = norni_share_of(w);
    norni_env env = {.arena = &w->arena,
                     .share = &share,
                     .poll = norni_ctx_poll(f->ctx),
                     .seed = f->plan->seed,
                     .item = norni_hash64(id.p, id.n),
                     .attempt = attempt,
                     .models = f->plan->models,
                     .n_paths = f->plan->n_paths};
    if (s.n == 0)
        return norn_fail(err, NORN_E_DATA, "%s: the series has no observation", spec->model->name);
    if (norni_panel_future(f->panel, i, s.horizon - 1) == NORNI_TIME_NONE)
        return fail_beyond(f, i, err);
    if (f->shared != NULL && f->shared->kept != NULL && f->shared->kept->n_seen[i] > 0) {
        env.effort = open_account(f, item, spec, attempt);
        return take_up(w, f, item, &env, spec, &s, err);
    }
    NORN_TRY(norni_forecast_exogenous(f, i, spec, &w->arena, &s, err));
    NORN_TRY(calibrate(f, item, &env, spec, &s, err));
    env.effort = open_account(f, item, spec, attempt);
    if (spec->model->validate) NORN_TRY(spec->model->validate(spec->opt, &s, err));
    void *state = NULL;
    NORN_TRY(spec->model->fit(&env, spec->opt, &group, &state, err));
    return take_answer(w, f, item, &env, spec, state, err);
}
