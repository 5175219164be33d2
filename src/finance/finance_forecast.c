/* Forecasts of a report: every metric, region and department, each by the model that its own past chose. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "finance/finance_forecast.h"

#include <math.h>

#include "base/clock.h"
#include "base/fp.h"
#include "finance/finance_backtest.h"
#include "finance/finance_growth.h"
#include "store/cache.h"

/* In the order of the reference. */
static const norni_fin_metric metrics[] = {(norni_fin_metric)NORNI_FIN_REVENUE,
                                           (norni_fin_metric)NORNI_FIN_EXPENSES,
                                           (norni_fin_metric)NORNI_FIN_PROFIT,
                                           (norni_fin_metric)NORNI_FIN_CASHFLOW,
                                           NORNI_FIN_DSO,
                                           NORNI_FIN_DPO,
                                           NORNI_FIN_CASH_CONVERSION_CYCLE,
                                           (norni_fin_metric)NORNI_FIN_AR,
                                           (norni_fin_metric)NORNI_FIN_AP,
                                           NORNI_FIN_WORKING_CAPITAL,
                                           NORNI_FIN_PROFIT_MARGIN,
                                           NORNI_FIN_EXPENSE_RATIO,
                                           NORNI_FIN_DEBT_TO_EQUITY_RATIO};
enum { N_METRICS = sizeof metrics / sizeof metrics[0] };

/* ---- the series ---- */

/* A ratio over columns that are all 0 is no series. */
static bool has_values(const norni_fin_months *m, norni_fin_metric metric) {
    const double *value = m->value[metric];
    for (size_t i = norni_fin_whole_from(m); value != NULL && i < norni_fin_whole_end(m); i++) {
        if (!isnan(value[i])) return true;
    }
    return false;
}

/* From the first whole month with a value to the book's last whole one: a part that has ended is seen to have, and a month
 * that is not over is the first to be forecast. */
static norn_status take_series(const norni_fin_book *book, const norni_fin_months *m,
                               norni_fin_metric metric, norni_arena *arena, norni_fin_series *s,
                               norn_err *err) {
    const double *value = m->value[metric];
    const int64_t end = norni_fin_month_of(&book->all, norni_fin_whole_end(&book->all));
    size_t skip = norni_fin_whole_from(m);
    while (skip < m->n && isnan(value[skip]))
        skip++;
    s->first = norni_fin_month_of(m, skip);
    s->n = end > s->first ? (size_t)(end - s->first) : 0;
    s->status = NORN_E_DATA;
    s->best = SIZE_MAX;
    s->accuracy_percentage = NORNI_NAN;
    double *y = norni_arena_get(arena, s->n + 1, sizeof *y);
    if (y == NULL) return norni_alloc_fail(err, "report", s->n, sizeof *y);
    for (size_t k = 0; k < s->n; k++)
        y[k] = skip + k < m->n ? norni_canonical(value[skip + k]) : norni_canonical(NORNI_NAN);
    s->y = y;
    return NORN_OK;
}

static norn_status take_group(const norni_fin_book *book, norni_fin_part part,
                              const norni_fin_groups *groups, const norni_fin_months *months,
                              norni_arena *arena, norni_fin_forecasts *f, norn_err *err) {
    const char *head = part == NORNI_FIN_OF_REGION ? "region/" : "department/";
    const size_t n_head = strlen(head);
    if (months == NULL) return NORN_OK;
    for (size_t g = 0; g < groups->n; g++) {
        if (months[g].n == 0 || months[g].value[NORNI_FIN_REVENUE] == NULL) continue;
        norni_fin_series *s = &f->series[f->n];
        const norni_str name = groups->name[g];
        char *id = norni_arena_get(arena, n_head + name.n + 1, 1);
        if (id == NULL) return norni_alloc_fail(err, "report", n_head + name.n, 1);
        memcpy(id, head, n_head);
        if (name.n > 0) memcpy(id + n_head, name.p, name.n);
        *s = (norni_fin_series){.part = part, .name = name, .id = {id, n_head + name.n}};
        NORN_TRY(take_series(book, &months[g], (norni_fin_metric)NORNI_FIN_REVENUE, arena, s, err));
        f->n++;
    }
    return NORN_OK;
}

norn_status norni_fin_series_make(const norni_fin_book *book, const norni_fin_forecast_opt *opt,
                                  norni_arena *arena, norni_fin_forecasts *out, norn_err *err) {
    const norni_fin_table *t = &book->table;
    const size_t most = N_METRICS + t->region.n + t->department.n;
    *out = (norni_fin_forecasts){.n_candidates = opt->n_candidates,
                                 .candidate = opt->candidate,
                                 .fallback = opt->fallback,
                                 .level = opt->level};
    out->series = norni_arena_zero(arena, most, sizeof *out->series);
    if (out->series == NULL) return norni_alloc_fail(err, "report", most, sizeof *out->series);
    for (size_t k = 0; k < N_METRICS; k++) {
        norni_fin_series *s = &out->series[out->n];
        if (!has_values(&book->all, metrics[k])) continue;
        s->name = s->id = norni_str_of(norni_fin_metric_name(metrics[k]));
        NORN_TRY(take_series(book, &book->all, metrics[k], arena, s, err));
        out->n++;
    }
    NORN_TRY(take_group(book, NORNI_FIN_OF_REGION, &t->region, book->region, arena, out, err));
    return take_group(book, NORNI_FIN_OF_DEPARTMENT, &t->department, book->department, arena, out,
                      err);
}

/* ---- the run ---- */

typedef struct forecast_run {
    const norni_fin_forecast_opt *opt;
    norni_fin_forecasts *f;
    norni_panel panel;
    norni_fin_slot *slot; /* (n) */
    pthread_mutex_t lock; /* of `done` */
} forecast_run;

/* The panel that reading --series would give. */
static norn_status make_panel(forecast_run *r, norni_arena *arena, norn_err *err) {
    const norni_fin_forecasts *f = r->f;
    norni_panel *p = &r->panel;
    size_t n_obs = 0, n_bytes = 0;
    for (size_t i = 0; i < f->n; i++) {
        n_obs += f->series[i].n;
        n_bytes += f->series[i].id.n;
    }
    p->n_series = f->n;
    p->n_obs = n_obs;
    p->y = norni_arena_get(arena, n_obs + 1, sizeof *p->y);
    p->offsets = norni_arena_zero(arena, f->n + 1, sizeof *p->offsets);
    p->id_bytes = norni_arena_get(arena, n_bytes + 1, 1);
    p->id_offsets = norni_arena_zero(arena, f->n + 1, sizeof *p->id_offsets);
    p->start = norni_arena_get(arena, f->n + 1, sizeof *p->start);
    p->freq = norni_arena_get(arena, f->n + 1, sizeof *p->freq);
    if (!p->y || !p->offsets || !p->id_bytes || !p->id_offsets || !p->start || !p->freq)
        return norni_alloc_fail(err, "report", n_obs, sizeof *p->y);
    for (size_t i = 0; i < f->n; i++) {
        const norni_fin_series *s = &f->series[i];
        if (s->n > 0) memcpy(p->y + p->offsets[i], s->y, s->n * sizeof *s->y);
        memcpy(p->id_bytes + p->id_offsets[i], s->id.p, s->id.n);
        p->offsets[i + 1] = p->offsets[i] + s->n;
        p->id_offsets[i + 1] = p->id_offsets[i] + s->id.n;
        p->start[i] =
            norni_days_from_civil((int32_t)(s->first / 12), (int32_t)(s->first % 12 + 1), 1) *
            NORNI_US_DAY;
        p->freq[i] = (norni_freq){.unit = NORNI_UNIT_MONTH, .step = 1, .anchor = 1};
    }
    return NORN_OK;
}

static norn_status make_slots(forecast_run *r, norni_arena *arena, norn_err *err) {
    const size_t n = r->f->n, k = r->opt->n_candidates;
    r->slot = norni_arena_zero(arena, n + 1, sizeof *r->slot);
    if (r->slot == NULL) return norni_alloc_fail(err, "report", n, sizeof *r->slot);
    for (size_t i = 0; i < n; i++) {
        norni_fin_slot *s = &r->slot[i];
        s->score = norni_arena_zero(arena, k, sizeof *s->score);
        s->described = norni_arena_zero(arena, k, sizeof *s->described);
        s->message = norni_arena_zero(arena, k, sizeof *s->message);
        if (!s->score || !s->described || !s->message)
            return norni_alloc_fail(err, "report", k, sizeof *s->described);
        r->f->series[i].score = s->score;
    }
    return NORN_OK;
}

/* From the cache, or made and kept there. */
static norn_status serve_cached(norni_worker *w, const norni_fin_task *task, norn_err *err) {
    norni_cache *cache = task->opt->cache;
    norni_buf params, content, value;
    norni_buf_init(&params, &w->ctx->alloc);
    norni_buf_init(&content, &w->ctx->alloc);
    norni_buf_init(&value, &w->ctx->alloc);
    norni_fin_record_key(task, &params, &content);
    const norni_str part[] = {task->opt->version,
                              norni_str_of("report/series"),
                              {params.p, params.n},
                              {content.p, content.n}};
    const bool failed = params.failed || content.failed;
    const norni_cache_key key = norni_cache_key_of(part, failed ? 0 : 4);
    norni_buf_clear(&params);
    norni_buf_clear(&content);
    if (failed) return norni_alloc_fail(err, "report", 1, 1);
    const norni_cache_turn turn = norni_cache_enter(cache, &key, norni_ctx_poll(w->ctx), &value);
    if (turn != NORNI_CACHE_MINE && !value.failed &&
        norni_fin_record_unpack(task, (norni_str){value.p, value.n})) {
        norni_buf_clear(&value);
        return NORN_OK;
    }
    norni_buf_clear(&value);
    const norn_status st = norni_fin_backtest(w, task, err);
    if (turn == NORNI_CACHE_MINE) {
        if (st == NORN_OK) norni_fin_record_pack(task, &value);
        const bool good = st == NORN_OK && !value.failed;
        norni_cache_leave(cache, &key, good ? (norni_str){value.p, value.n} : (norni_str){NULL, 0});
    }
    norni_buf_clear(&value);
    return st;
}

static norn_status run_series(norni_worker *w, size_t i, uint32_t attempt, void *arg,
                              norn_err *err) {
    forecast_run *r = arg;
    (void)attempt; /* of memory alone */
    const norni_fin_task task = {
        .panel = &r->panel, .i = i, .opt = r->opt, .series = &r->f->series[i], .slot = &r->slot[i]};
    NORN_TRY(r->opt->cache ? serve_cached(w, &task, err) : norni_fin_backtest(w, &task, err));
    if (r->opt->done == NULL) return NORN_OK;
    (void)pthread_mutex_lock(&r->lock);
    r->opt->done(r->opt->user, task.series, r->f);
    (void)pthread_mutex_unlock(&r->lock);
    return NORN_OK;
}

/* An item that ran out of memory for good. */
static norn_status take_outcome(forecast_run *r, size_t i, const norni_outcome *o,
                                norni_arena *arena, norn_err *err) {
    norni_fin_series *s = &r->f->series[i];
    if (o->status == NORN_OK) return NORN_OK;
    const char *text = o->message ? o->message : norn_status_name(o->status);
    s->reason.p = norni_arena_text(arena, text, strlen(text));
    if (s->reason.p == NULL) return norni_alloc_fail(err, "report", strlen(text), 1);
    s->reason.n = strlen(text);
    s->status = o->status;
    s->n_points = 0;
    s->best = SIZE_MAX;
    s->fallback = false;
    return NORN_OK;
}

norn_status norni_fin_forecasts_run(norn_ctx *ctx, const norni_fin_forecast_opt *opt,
                                    norni_arena *arena, norni_fin_forecasts *f, norn_err *err) {
    const int64_t start = norni_clock_ns();
    forecast_run r = {.opt = opt, .f = f};
    norni_batch batch;
    const norni_batch_opt how = {.loop = {.grain = 1, .keep_going = true},
                                 .max_attempts = 2,
                                 .error_threshold = 1,
                                 .tally = opt->tally};
    NORN_TRY(make_panel(&r, arena, err));
    NORN_TRY(make_slots(&r, arena, err));
    (void)pthread_mutex_init(&r.lock, NULL);
    norn_status st = norni_batch_run(ctx, NULL, f->n, run_series, NULL, &r, &how, &batch, err);
    (void)pthread_mutex_destroy(&r.lock);
    if (st != NORN_OK) return st;
    for (size_t i = 0; i < f->n && st == NORN_OK; i++)
        st = take_outcome(&r, i, &batch.outcome[i], arena, err);
    norni_batch_clear(&batch);
    if (st != NORN_OK) return st;
    for (size_t i = 0; i < f->n; i++) {
        f->n_ok += f->series[i].status == NORN_OK;
        f->n_failed += f->series[i].status != NORN_OK;
        f->n_fallback += f->series[i].fallback;
        f->n_hits += f->series[i].cached;
    }
    norni_fin_growth_make(f);
    f->seconds = (double)(norni_clock_ns() - start) / 1e9;
    f->workers = norni_pool_threads(ctx);
    return NORN_OK;
}

norni_str norni_fin_series_model(const norni_fin_forecasts *f, const norni_fin_series *s) {
    if (s->fallback) return f->fallback.name;
    return s->best < f->n_candidates ? f->candidate[s->best].name : norni_str_of("none");
}

double norni_fin_accuracy(const norni_fin_forecasts *f) {
    norni_sum sum = {0, 0};
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++) {
        const double x = f->series[i].accuracy_percentage;
        if (isnan(x)) continue;
        sum = norni_sum_add(sum, x);
        n++;
    }
    return n > 0 ? norni_canonical(norni_sum_get(sum) / (double)n) : NORNI_NAN;
}
