/* The ridge learner's features: penalties by the newest origins, weights by all. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/ridge/ridge_plan.h"

/* Penalties per row: these times the number of columns, whose variances add up to it. */
static const double grid[] = {1, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4, 1e-5};
enum { N_GRID = sizeof grid / sizeof *grid };

static norn_status no_memory(const ridge_columns *c, norn_err *err) {
    return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu columns", c->n);
}

static size_t n_penalties(const ridge_plan *p) {
    return p->opt->alpha.n ? p->opt->alpha.n : N_GRID;
}

/* From the strongest on. */
static double penalty_at(const ridge_plan *p, const ridge_columns *c, size_t k) {
    return p->opt->alpha.n ? p->opt->alpha.v[p->opt->alpha.n - 1 - k] : grid[k] * (double)c->n;
}

/* Every penalty's errors over the tail; the best of each step and response, the stronger where two are
 * equal. error, penalty (n_step, responses). */
static norn_status try_penalties(const ridge_plan *p, const ridge_columns *columns,
                                 const feature_rows *rows, const feature_moments *old,
                                 const feature_moments *tail, double *error, double *penalty,
                                 norn_err *err) {
    const size_t n = old->n_step * old->n_response;
    feature_weights w;
    NORN_TRY(feature_weights_init(p->env->arena, old, &w, err));
    double *now = norni_arena_get(p->env->arena, n, sizeof *now);
    if (!now) return no_memory(columns, err);
    for (size_t k = 0; k < n_penalties(p); k++) {
        const double at = penalty_at(p, columns, k);
        NORN_TRY(feature_solve(p->env, old, at, &w, err));
        NORN_TRY(feature_errors(p->env, tail, &w, rows->scratch, now, err));
        for (size_t j = 0; j < n; j++)
            if (k == 0 || now[j] < error[j]) error[j] = now[j], penalty[j] = at;
    }
    return NORN_OK;
}

/* error, penalty (n_step, 2 n_targets): of each target as it is, and of what its window leaves. */
static norn_status try_all(const ridge_plan *p, const ridge_columns *columns, size_t *target,
                           bool *rest, double *error, double *penalty, norn_err *err) {
    const size_t n = 2 * p->l->n_targets;
    feature_rows rows;
    feature_moments old, tail;
    ridge_response r;
    for (size_t j = 0; j < n; j++)
        target[j] = j / 2, rest[j] = j % 2 == 1;
    NORN_TRY(feature_rows_init(p->env, p->l->x, columns, p->from, p->to, &rows, err));
    NORN_TRY(ridge_response_init(p, &p->early, n, target, rest, &r, err));
    const feature_response response = {n, ridge_response_at, &r};
    NORN_TRY(feature_moments_make(p->env, &rows, p->from, p->old_to, p->step, p->n_step, &response,
                                  &old, err));
    NORN_TRY(feature_moments_make(p->env, &rows, p->tail_from, p->to, p->step, p->n_step, &response,
                                  &tail, err));
    return try_penalties(p, columns, &rows, &old, &tail, error, penalty, err);
}

/* Errors of both candidates, the penalties of the better one. */
static void take_errors(const ridge_plan *p, size_t c, const double *error, const double *penalty) {
    ridge_target *tg = p->st->target + c;
    const size_t n = 2 * p->l->n_targets;
    tg->error[RIDGE_FEATURES] = tg->error[RIDGE_BOTH] = 0;
    for (size_t k = 0; k < p->n_step; k++) {
        tg->error[RIDGE_FEATURES] += error[k * n + 2 * c] / (double)p->n_step;
        tg->error[RIDGE_BOTH] += error[k * n + 2 * c + 1] / (double)p->n_step;
    }
    const size_t better = ridge_goes_alone(tg->error) ? 0 : 1;
    for (size_t k = 0; k < p->n_step; k++)
        tg->penalty[k] = penalty[k * n + 2 * c + better];
}

norn_status ridge_try_features(ridge_plan *p, const ridge_columns *columns, norn_err *err) {
    const size_t n = 2 * p->l->n_targets, cells = n * p->n_step;
    const norni_arena_mark mark = norni_arena_mark_get(p->env->arena);
    double *error = norni_arena_get(p->env->arena, 2 * cells, sizeof *error);
    size_t *target = norni_arena_get(p->env->arena, n, sizeof *target);
    bool *rest = norni_arena_get(p->env->arena, n, sizeof *rest);
    if (!error || !target || !rest) return no_memory(columns, err);
    NORN_TRY(try_all(p, columns, target, rest, error, error + cells, err));
    for (size_t c = 0; c < p->l->n_targets; c++)
        take_errors(p, c, error, error + cells);
    norni_arena_rewind(p->env->arena, mark);
    return NORN_OK;
}

typedef struct feature_task {
    size_t n;          /* responses: targets that take features */
    size_t *target;    /* (n) */
    bool *rest;        /* (n) */
    size_t *step;      /* (horizon) 1, 2, ... */
    double **beta;     /* (n) of (n_columns, horizon) */
    double **constant; /* (n) of (horizon) */
} feature_task;

static norn_status task_init(const ridge_plan *p, const ridge_columns *columns, feature_task *f,
                             norn_err *err) {
    const size_t most = p->l->n_targets, h = p->l->horizon;
    norni_arena *arena = p->env->arena;
    *f = (feature_task){0};
    f->target = norni_arena_get(arena, most, sizeof *f->target);
    f->rest = norni_arena_get(arena, most, sizeof *f->rest);
    f->beta = norni_arena_get(arena, most, sizeof *f->beta);
    f->constant = norni_arena_get(arena, most, sizeof *f->constant);
    f->step = norni_arena_get(arena, h, sizeof *f->step);
    if (!f->target || !f->rest || !f->beta || !f->constant || !f->step)
        return no_memory(columns, err);
    for (size_t k = 0; k < h; k++)
        f->step[k] = k + 1;
    for (size_t c = 0; c < most; c++) {
        ridge_target *tg = p->st->target + c;
        if (tg->kind != RIDGE_FEATURES && tg->kind != RIDGE_BOTH) continue;
        f->target[f->n] = c;
        f->rest[f->n] = tg->kind == RIDGE_BOTH;
        f->beta[f->n] = norni_arena_get(arena, columns->n * h, sizeof(double));
        f->constant[f->n] = norni_arena_get(arena, h, sizeof(double));
        if (!f->beta[f->n] || !f->constant[f->n]) return no_memory(columns, err);
        tg->beta = f->beta[f->n];
        tg->intercept = f->constant[f->n++];
    }
    return NORN_OK;
}

/* The penalty of a target's step k (0, 1, ...): that of the chosen step next to it. */
static double step_penalty(const ridge_plan *p, size_t target, size_t k) {
    return p->st->target[target].penalty[k * p->n_step / p->l->horizon];
}

/* Weights of the steps with this penalty to where they belong. plain (n_origin, steps n). */
static void put_weights(const ridge_plan *p, const ridge_columns *columns, const feature_task *f,
                        const feature_moments *m, const feature_weights *w, const double *plain,
                        double penalty) {
    const size_t h = p->l->horizon, q = columns->n_origin, s = m->s;
    for (size_t j = 0; j < f->n; j++) {
        for (size_t k = 0; k < h; k++) {
            if (step_penalty(p, f->target[j], k) != penalty) continue;
            for (size_t i = 0; i < q; i++)
                f->beta[j][i * h + k] = plain[(i * h + k) * f->n + j];
            for (size_t a = 0; a + 1 < s; a++)
                f->beta[j][(q + a) * h + k] = w->s[(k * s + a) * f->n + j];
            f->constant[j][k] = w->s[(k * s + s - 1) * f->n + j];
        }
    }
}

static norn_status fit_task(const ridge_plan *p, const ridge_columns *columns,
                            const feature_task *f, norn_err *err) {
    const size_t h = p->l->horizon;
    feature_rows rows;
    feature_moments m;
    feature_weights w;
    ridge_response r;
    NORN_TRY(feature_rows_init(p->env, p->l->x, columns, p->from, p->to, &rows, err));
    NORN_TRY(ridge_response_init(p, &p->whole, f->n, f->target, f->rest, &r, err));
    const feature_response response = {f->n, ridge_response_at, &r};
    NORN_TRY(feature_moments_make(p->env, &rows, p->from, p->to, f->step, h, &response, &m, err));
    NORN_TRY(feature_weights_init(p->env->arena, &m, &w, err));
    double *plain = norni_arena_get(p->env->arena, columns->n_origin * h * f->n + 1, sizeof *plain);
    if (!plain) return no_memory(columns, err);
    for (size_t k = 0; k < n_penalties(p); k++) {
        const double penalty = penalty_at(p, columns, k);
        bool wanted = false;
        for (size_t j = 0; j < f->n; j++)
            for (size_t i = 0; i < h; i++)
                wanted = wanted || step_penalty(p, f->target[j], i) == penalty;
        if (!wanted) continue;
        NORN_TRY(feature_solve(p->env, &m, penalty, &w, err));
        if (columns->n_origin > 0)
            NORN_TRY(feature_plain(p->env, &rows, w.z, h * f->n, plain, err));
        put_weights(p, columns, f, &m, &w, plain, penalty);
    }
    return NORN_OK;
}

norn_status ridge_fit_features(ridge_plan *p, const ridge_columns *columns, norn_err *err) {
    feature_task f;
    NORN_TRY(task_init(p, columns, &f, err));
    if (f.n == 0) return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(p->env->arena);
    const norn_status st = fit_task(p, columns, &f, err);
    norni_arena_rewind(p->env->arena, mark);
    return st;
}
