/* Cross-validation: every (series, model, fold) of a panel is one item of one pool, with its own
 * outcome. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Three waves, each one flat batch. First what needs nothing: the oldest fold of every (series,
 * model), and all folds where nothing is shared. Then the fits that start from the oldest fold's
 * state, and the folds that are moved on from it. Last the folds that are moved on from a fit of the
 * second wave. So a fold uses earlier cut-offs only, and what it uses does not depend on the number
 * of workers. */
#include "eval/cv.h"

#include "base/fp.h"
#include "base/hash.h"
#include "eval/cv_view.h"
#include "eval/levels.h"
#include "eval/share.h"

enum { WAVES = 3 };

typedef struct cv_job {
    norni_cv *cv;
    const size_t *list; /* (n) items of the wave */
} cv_job;

size_t norni_cv_folds(const norni_cv_plan *plan, const norni_panel *panel, size_t i) {
    if (plan->holdout) return 1;
    const size_t n = norni_splits_count(&plan->splits, norni_panel_n(panel, i));
    return n > 0 ? n : 1;
}

norni_cv_place norni_cv_place_of(const norni_cv *cv, size_t item) {
    const norni_cv_plan *plan = cv->plan;
    const size_t pair = item / cv->n_folds;
    norni_cv_place p = {.series = cv->first + pair / plan->n_contenders,
                        .contender = pair % plan->n_contenders,
                        .fold = item % cv->n_folds};
    const size_t n = norni_panel_n(cv->panel, p.series);
    p.oldest = cv->n_folds - norni_cv_folds(plan, cv->panel, p.series);
    p.present = p.fold >= p.oldest;
    if (plan->holdout) {
        p.served = n > 0 && plan->holdout->why[p.series] == NULL;
        p.cutoff = n;
    } else if (p.present && norni_splits_count(&plan->splits, n) > 0) {
        p.served = true;
        p.cutoff = norni_splits_cutoff(&plan->splits, n, p.fold - p.oldest);
    }
    p.begin = norni_splits_begin(&plan->splits, p.cutoff);
    return p;
}

const double *norni_cv_actual(const norni_cv *cv, size_t item) {
    const norni_cv_place p = norni_cv_place_of(cv, item);
    if (!p.served) return NULL;
    if (cv->plan->holdout) return cv->plan->holdout->y + p.series * cv->plan->rules.horizon;
    return norni_panel_y(cv->panel, p.series) + p.cutoff;
}

const norni_contender *norni_cv_served(const norni_cv *cv, size_t item) {
    const norni_outcome *o = &cv->outcome[item];
    if (o->status != NORN_OK || o->attempts == 0) return NULL;
    if (o->fallback) return cv->plan->fallback;
    return &cv->plan->contenders[item / cv->n_folds % cv->plan->n_contenders];
}

const char *norni_cv_stop(const norni_cv *cv, size_t item) {
    const norni_effort *e = cv->effort ? &cv->effort[item] : NULL;
    return e == NULL || !e->cut ? "" : e->late ? "budget_ms" : "budget_evals";
}

/* The fold whose state fold `p` is moved on from; its own: it is fitted. */
static size_t anchor_of(const norni_cv_plan *plan, const norni_cv_place *p) {
    const size_t age = p->fold - p->oldest;
    return p->oldest + (plan->refit == 0 ? 0 : age - age % plan->refit);
}

/* The fold whose state fold `p` needs, or its own when it needs none. */
static size_t source_of(const norni_cv_plan *plan, const norni_cv_place *p) {
    const size_t anchor = anchor_of(plan, p);
    if (anchor != p->fold) return anchor;
    return plan->warm && plan->contenders[p->contender].model->save ? p->oldest : p->fold;
}

static int wave_of(const norni_cv_plan *plan, const norni_cv_place *p) {
    const size_t source = source_of(plan, p);
    if (source == p->fold) return 0;
    if (source == p->oldest) return 1;
    /* Moved on from a later fit, which may itself have waited for the oldest. */
    return 2;
}

/* Whether a later fold of the same (series, model) may ask for this one's state. */
static bool keeps_state(const norni_cv *cv, const norni_cv_place *p) {
    const norni_cv_plan *plan = cv->plan;
    if (!plan->contenders[p->contender].model->save || p->fold + 1 == cv->n_folds) return false;
    if (p->fold == p->oldest) return plan->warm || plan->refit != 1;
    return plan->refit > 1 && anchor_of(plan, p) == p->fold;
}

static norn_status fail_absent(const norni_cv *cv, const norni_cv_place *p, norn_err *err) {
    const norni_cv_plan *plan = cv->plan;
    const size_t n = norni_panel_n(cv->panel, p->series);
    if (n == 0) return norn_fail(err, NORN_E_DATA, "the series has no observation");
    if (plan->holdout) return norn_fail(err, NORN_E_DATA, "%s", plan->holdout->why[p->series]);
    return norn_fail(err, NORN_E_DATA,
                     "the series has %zu periods; one window needs %zu (horizon %zu behind a "
                     "training set of %zu)",
                     n, norni_splits_need(&plan->splits, 1), plan->splits.horizon,
                     plan->splits.least);
}

static void store_numbers(norni_cv *cv, size_t item, norni_dist *d) {
    const size_t h = d->horizon, n_levels = cv->plan->rules.levels.n;
    for (size_t k = 0; k < h; k++)
        cv->mean[item * h + k] = norni_canonical(d->mean[k]);
    for (size_t l = 0; l < n_levels && !cv->plan->conformal; l++) {
        double *lo = cv->lo + (item * n_levels + l) * h, *hi = cv->hi + (item * n_levels + l) * h;
        norni_levels(d, cv->plan->rules.levels.v[l], lo, hi);
        for (size_t k = 0; k < h; k++) {
            lo[k] = norni_canonical(lo[k]);
            hi[k] = norni_canonical(hi[k]);
        }
    }
}

static norn_status describe(norni_cv *cv, size_t item, const norni_contender *who,
                            const void *state, norn_err *err) {
    const norn_alloc *alloc = &cv->ctx->alloc;
    char text[512];
    text[0] = '\0';
    who->model->describe(state, 0, text, sizeof text);
    const size_t size = strlen(text) + 1;
    char *kept = norni_alloc_get(alloc, size, 1), *before = cv->described[item];
    if (kept == NULL) return norni_alloc_fail(err, "evaluate", size, 1);
    memcpy(kept, text, size);
    if (before) norni_alloc_drop(alloc, before, strlen(before) + 1, 1);
    cv->described[item] = kept;
    return NORN_OK;
}

/* Where the trial starts from; one that moves on sees what lies behind that cut-off alone. */
static norn_status give_state(const norni_cv *cv, norni_cv_place *p, size_t item, norni_trial *t,
                              norn_err *err) {
    const norni_cv_plan *plan = cv->plan;
    const size_t source = source_of(plan, p);
    if (source == p->fold) return NORN_OK;
    const norni_buf *kept = &cv->kept[item - p->fold + source];
    t->warm = (norni_str){kept->p, kept->n};
    if (anchor_of(plan, p) == p->fold) return NORN_OK;
    if (kept->n == 0)
        return norn_fail(err, NORN_E_DATA,
                         "%s: there is no fit at an earlier cut-off to move on from",
                         t->who->model->name);
    t->moves = true;
    p->begin =
        norni_splits_cutoff(&plan->splits, norni_panel_n(cv->panel, p->series), source - p->oldest);
    return NORN_OK;
}

static norn_status calibrate(norni_cv *cv, size_t item, norni_env *env, const norni_contender *who,
                             norn_err *err) {
    const norni_cv_plan *plan = cv->plan;
    const norni_cv_place p = norni_cv_place_of(cv, item);
    int32_t season = 1;
    norni_series s;
    NORN_TRY(norni_cv_view(cv, &p, who, env->arena, &season, &s, err));
    return norni_conformal_calibrate(&cv->conformal, item, env, &plan->rules, who, &s, plan->warm,
                                     err);
}

/* The item's account: opened by its first attempt, so that retries and the fallback share it. */
static norni_effort *open_account(norni_cv *cv, size_t item, bool first) {
    if (cv->effort == NULL) return NULL;
    if (first) cv->effort[item] = norni_trial_effort(&cv->plan->rules);
    return &cv->effort[item];
}

static norn_status run_trial(norni_worker *w, norni_cv *cv, size_t item, uint32_t attempt,
                             const norni_contender *who, bool own, norn_err *err) {
    const norni_cv_plan *plan = cv->plan;
    norni_cv_place p = norni_cv_place_of(cv, item);
    const norni_str id = norni_panel_id(cv->panel, p.series);
    const norni_share share = norni_share_of(w);
    norni_env env = {.arena = &w->arena,
                     .share = &share,
                     .poll = norni_ctx_poll(cv->ctx),
                     .seed = plan->rules.seed,
                     .item = norni_hash64(id.p, id.n),
                     .attempt = attempt};
    norni_trial t = {.who = who};
    int32_t season = 1;
    norni_dist d;
    void *state = NULL;
    if (!p.served) return fail_absent(cv, &p, err);
    if (plan->conformal) NORN_TRY(calibrate(cv, item, &env, who, err));
    if (own) NORN_TRY(give_state(cv, &p, item, &t, err));
    if (attempt > 0 && !t.moves) t.warm = (norni_str){NULL, 0};
    NORN_TRY(norni_cv_view(cv, &p, who, &w->arena, &season, &t.series, err));
    env.effort = open_account(cv, item, own && attempt == 0);
    const bool want_levels = plan->rules.levels.n > 0 && !plan->conformal;
    NORN_TRY(norni_trial_run(&env, &plan->rules, &t, want_levels, &d, &state, err));
    store_numbers(cv, item, &d);
    if (cv->described) NORN_TRY(describe(cv, item, who, state, err));
    if (!own || !keeps_state(cv, &p)) return NORN_OK;
    norni_buf_clear(&cv->kept[item]);
    NORN_TRY(who->model->save(state, 0, &cv->kept[item], err));
    return cv->kept[item].failed ? norni_alloc_fail(err, "evaluate", cv->kept[item].cap, 2)
                                 : NORN_OK;
}

static norn_status run_item(norni_worker *w, size_t k, uint32_t attempt, void *arg, norn_err *err) {
    const cv_job *job = arg;
    const size_t item = job->list[k];
    const norni_contender *who =
        &job->cv->plan->contenders[item / job->cv->n_folds % job->cv->plan->n_contenders];
    return run_trial(w, job->cv, item, attempt, who, true, err);
}

static norn_status run_fallback(norni_worker *w, size_t k, uint32_t attempt, void *arg,
                                norn_err *err) {
    const cv_job *job = arg;
    norni_buf_clear(&job->cv->kept[job->list[k]]); /* of a try that broke down behind it */
    return run_trial(w, job->cv, job->list[k], attempt, job->cv->plan->fallback, false, err);
}

static bool recall_item(norni_worker *w, size_t k, void *arg, norni_outcome *o) {
    const cv_job *job = arg;
    const norni_cv_memory *m = job->cv->plan->memory;
    return m->recall(w, job->cv, job->list[k], m->arg, o);
}

static norn_status remember_item(norni_worker *w, size_t k, void *arg, const norni_outcome *o,
                                 norn_err *err) {
    const cv_job *job = arg;
    const norni_cv_memory *m = job->cv->plan->memory;
    if (o->status != NORN_OK) norni_cv_blank(job->cv, job->list[k]);
    return m->remember(w, job->cv, job->list[k], m->arg, o, err);
}

void norni_cv_blank(norni_cv *cv, size_t item) {
    const size_t h = cv->plan->rules.horizon, n_ends = h * cv->plan->rules.levels.n;
    for (size_t k = 0; k < h; k++)
        cv->mean[item * h + k] = norni_canonical(NORNI_NAN);
    for (size_t k = 0; k < n_ends; k++)
        cv->lo[item * n_ends + k] = cv->hi[item * n_ends + k] = norni_canonical(NORNI_NAN);
    if (cv->plan->conformal) norni_conformal_blank(&cv->conformal, item);
}

/* Costs of a wave's items, or NULL when they differ too little to matter. */
static double *estimate_costs(const norni_cv *cv, const size_t *list, size_t n, double *cost) {
    const norni_cv_plan *plan = cv->plan;
    double largest = 0;
    for (size_t k = 0; k < n; k++) {
        const norni_cv_place p = norni_cv_place_of(cv, list[k]);
        const norni_contender *who = &plan->contenders[p.contender];
        const int32_t m =
            who->season > 0 ? who->season : norni_trial_season(cv->panel, p.series, &plan->rules);
        cost[k] = p.served && who->model->cost && anchor_of(plan, &p) == p.fold
                      ? who->model->cost(who->opt, p.cutoff - p.begin, m, plan->rules.horizon)
                      : 1.0;
        if (cost[k] > largest) largest = cost[k];
    }
    return largest < 20e3 ? NULL : cost;
}

static norn_status run_wave(norni_cv *cv, norni_worker *worker, const size_t *list, size_t n,
                            double *cost, norn_err *err) {
    const norni_cv_plan *plan = cv->plan;
    cv_job job = {cv, list};
    norni_batch batch;
    cost = estimate_costs(cv, list, n, cost);
    norni_batch_opt opt = {
        .loop = {.grain = cost ? 1 : plan->grain, .cost = cost, .keep_going = true},
        .max_attempts = plan->max_attempts,
        .error_threshold = 1,
        .tally = plan->tally,
        .room = plan->room,
        .recall = plan->memory ? recall_item : NULL,
        .remember = plan->memory ? remember_item : NULL};
    NORN_TRY(norni_batch_run(cv->ctx, worker, n, run_item, plan->fallback ? run_fallback : NULL,
                             &job, &opt, &batch, err));
    for (size_t k = 0; k < n; k++) {
        norni_outcome *o = &cv->outcome[list[k]];
        *o = batch.outcome[k];
        batch.outcome[k].message = NULL; /* it has moved */
        if (o->status != NORN_OK) norni_cv_blank(cv, list[k]);
    }
    cv->n_present += batch.n;
    cv->n_ok += batch.n_ok;
    cv->n_fallback += batch.n_fallback;
    cv->n_failed += batch.n_failed;
    norni_batch_clear(&batch);
    return NORN_OK;
}

static norn_status run_waves(norni_cv *cv, norni_worker *worker, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(cv->arena);
    size_t *list = norni_arena_get(cv->arena, cv->n_items, sizeof *list);
    double *cost = norni_arena_get(cv->arena, cv->n_items, sizeof *cost);
    if (!list || !cost) return norni_alloc_fail(err, "evaluate", cv->n_items, 2 * sizeof *list);
    for (int wave = 0; wave < WAVES; wave++) {
        size_t n = 0;
        for (size_t item = 0; item < cv->n_items; item++) {
            const norni_cv_place p = norni_cv_place_of(cv, item);
            if (p.present && wave_of(cv->plan, &p) == wave) list[n++] = item;
        }
        if (n > 0) NORN_TRY(run_wave(cv, worker, list, n, cost, err));
    }
    norni_arena_rewind(cv->arena, mark);
    return NORN_OK;
}

/* One pool for each (model, fold): all its scores lie before their own series' cut-off. */
static norn_status apply_conformal(norni_cv *cv, norn_err *err) {
    const norni_cv_plan *plan = cv->plan;
    const size_t n_pairs = plan->n_contenders * cv->n_folds;
    const norni_arena_mark mark = norni_arena_mark_get(cv->arena);
    size_t *list = norni_arena_get(cv->arena, cv->n_series, sizeof *list);
    if (list == NULL) return norni_alloc_fail(err, "conformal", cv->n_series, sizeof *list);
    for (size_t pair = 0; pair < n_pairs; pair++) {
        size_t n = 0, n_without;
        for (size_t s = 0; s < cv->n_series; s++) {
            const size_t item = s * n_pairs + pair;
            if (norni_cv_served(cv, item) != NULL) list[n++] = item;
        }
        NORN_TRY(norni_conformal_apply(&cv->conformal, list, n, &plan->rules.levels, cv->mean,
                                       cv->lo, cv->hi, cv->arena, &n_without, err));
        cv->n_without += n_without;
    }
    norni_arena_rewind(cv->arena, mark);
    return NORN_OK;
}

static norn_status allocate_answer(norni_cv *cv, norn_err *err) {
    const norni_cv_plan *plan = cv->plan;
    const size_t n_levels = plan->rules.levels.n;
    size_t points, numbers;
    if (!norni_mul_size(cv->n_series, plan->n_contenders, &cv->n_items) ||
        !norni_mul_size(cv->n_items, cv->n_folds, &cv->n_items) ||
        !norni_mul_size(cv->n_items, plan->rules.horizon, &points) ||
        !norni_mul_size(points, n_levels + 1, &numbers)) {
        return norn_fail(err, NORN_E_LIMIT,
                         "evaluate: series x models x windows x horizon does not fit in memory");
    }
    cv->mean = norni_arena_get(cv->arena, points, sizeof(double));
    cv->lo = norni_arena_get(cv->arena, points * n_levels, sizeof(double));
    cv->hi = norni_arena_get(cv->arena, points * n_levels, sizeof(double));
    cv->outcome = norni_arena_zero(cv->arena, cv->n_items, sizeof *cv->outcome);
    norni_buf *kept = norni_arena_zero(cv->arena, cv->n_items, sizeof *kept);
    char **described =
        plan->describe ? norni_arena_zero(cv->arena, cv->n_items, sizeof *described) : NULL;
    if (!cv->mean || !cv->lo || !cv->hi || !cv->outcome || !kept || (plan->describe && !described))
        return norni_alloc_fail(err, "evaluate", numbers, sizeof(double));
    if (plan->conformal)
        NORN_TRY(norni_conformal_set_init(&cv->conformal, cv->arena, plan->conformal,
                                          plan->rules.horizon, cv->n_items, err));
    for (size_t item = 0; item < cv->n_items; item++) {
        norni_buf_init(&kept[item], &cv->ctx->alloc);
        norni_cv_blank(cv, item);
    }
    if (norni_trial_bounded(&plan->rules)) {
        cv->effort = norni_arena_zero(cv->arena, cv->n_items, sizeof *cv->effort);
        if (cv->effort == NULL)
            return norni_alloc_fail(err, "evaluate", cv->n_items, sizeof *cv->effort);
    }
    cv->kept = kept;
    cv->described = described;
    return NORN_OK;
}

size_t norni_cv_bytes(const norni_cv_plan *plan) {
    const size_t numbers =
        1 + 2 * plan->rules.levels.n + (plan->conformal ? plan->conformal->windows : 0);
    const size_t beside = sizeof(norni_outcome) + sizeof(norni_buf) + 3 * sizeof(double);
    size_t bytes;
    if (!norni_mul_size(numbers * sizeof(double), plan->rules.horizon, &bytes) ||
        __builtin_add_overflow(bytes, beside, &bytes) ||
        !norni_mul_size(bytes, plan->n_contenders, &bytes) ||
        !norni_mul_size(bytes, norni_cv_max_folds(plan), &bytes))
        return SIZE_MAX;
    return bytes;
}

norn_status norni_cv_check(const norni_cv_plan *plan, norn_err *err) {
    if (plan->holdout || plan->refit == 1 || plan->splits.n_windows < 2) return NORN_OK;
    for (size_t k = 0; k < plan->n_contenders; k++) {
        const norni_model *m = plan->contenders[k].model;
        if (!norni_model_moves(m))
            return norn_fail(err, NORN_E_ARG,
                             "refit: %s cannot be moved on to new observations without a fit; "
                             "give --refit 1",
                             m->name);
    }
    return NORN_OK;
}

norn_status norni_cv_run(norn_ctx *ctx, norni_worker *worker, const norni_panel *panel,
                         size_t first, size_t n_series, const norni_cv_plan *plan,
                         norni_arena *arena, norni_cv *out, norn_err *err) {
    *out = (norni_cv){.ctx = ctx,
                      .arena = arena,
                      .panel = panel,
                      .plan = plan,
                      .first = first,
                      .n_series = n_series,
                      .n_folds = norni_cv_max_folds(plan)};
    norn_status st;
    NORN_TRY_GOTO(allocate_answer(out, err), fail);
    NORN_TRY_GOTO(run_waves(out, worker, err), fail);
    if (plan->conformal) NORN_TRY_GOTO(apply_conformal(out, err), fail);
    return NORN_OK;
fail:
    norni_cv_clear(out);
    return st;
}

void norni_cv_clear(norni_cv *cv) {
    if (cv->ctx == NULL) return;
    const norn_alloc *alloc = &cv->ctx->alloc;
    for (size_t item = 0; item < cv->n_items; item++) {
        char *message = cv->outcome ? cv->outcome[item].message : NULL;
        char *text = cv->described ? cv->described[item] : NULL;
        if (message) norni_alloc_drop(alloc, message, strlen(message) + 1, 1);
        if (text) norni_alloc_drop(alloc, text, strlen(text) + 1, 1);
        if (cv->kept) norni_buf_clear(&cv->kept[item]);
    }
    memset(cv, 0, sizeof *cv);
}
