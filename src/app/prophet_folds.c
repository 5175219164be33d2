/* Folds of Prophet's cross-validation: planned in the order of time, then fitted and predicted. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Products of features are carried from each fold to the next longer one, as far as the features are
 * the same; bits are those that each fold would have made alone. Plans are made for a block of folds in
 * turn, since each needs the products before it, and the block is then solved side by side. */
#include "app/prophet_folds.h"

#include <string.h>

#include "base/sort.h"
#include "models/prophet/prophet_curvature.h"
#include "models/prophet/prophet_gram.h"
#include "models/prophet/prophet_solve.h"
#include "par/pool.h"

enum { BLOCK = 64 };

/* A fold that is planned, in an arena of its own. */
typedef struct prepared {
    norni_arena arena;
    const norni_prophet_fold *fold;
    norni_prophet_plan plan;
    norni_prophet_design design;
    norni_prophet_problem problem;
    norni_prophet_gram gram;
} prepared;

/* BLOCK of them and one more, so that the last of a block outlives the next block's first. */
typedef struct block {
    const norni_prophet_folds *f;
    prepared slot[BLOCK + 1];
    size_t first; /* fold in slot first % (BLOCK + 1), by rank */
} block;

/* Rows from `from` to `end`; x (n_x) is where the columns' places go. */
static norni_prophet_rows cut(const norni_prophet_rows *rows, size_t from, size_t end,
                              const double **x) {
    norni_prophet_rows part = *rows;
    part.n = end - from;
    part.ds += from;
    if (part.y) part.y += from;
    if (part.cap) part.cap += from;
    if (part.floor) part.floor += from;
    for (size_t k = 0; k < rows->n_x; k++)
        x[k] = rows->x[k] + from;
    part.x = x;
    return part;
}

/* A given changepoint stays where it lies before the last row. */
static norn_status fold_changes(norni_arena *arena, const norni_prophet_rows *train,
                                norni_prophet_spec *spec, norn_err *err) {
    if (!spec->changepoints_given) return NORN_OK;
    int64_t *kept = norni_arena_get(arena, spec->n_changepoint, sizeof *kept);
    size_t n = 0;
    if (kept == NULL) return norni_alloc_fail(err, "prophet", spec->n_changepoint, sizeof *kept);
    for (size_t i = 0; i < spec->n_changepoint; i++)
        if (spec->changepoint[i] < train->ds[train->n - 1]) kept[n++] = spec->changepoint[i];
    spec->changepoint = kept;
    spec->n_changepoint = n;
    return NORN_OK;
}

/* Whether the products of features are of use: where the exact solver serves. */
static bool shares(const norni_prophet_problem *p) {
    bool ok = p->growth != NORNI_PROPHET_LOGISTIC;
    for (size_t k = 0; k < p->n_x; k++)
        ok = ok && !p->multiplicative[k];
    return ok;
}

static bool constant(const norni_prophet_problem *p) {
    size_t i = 1;
    while (i < p->n && p->y[i] == p->y[0])
        i++;
    return i == p->n;
}

static norn_status prepare(const norni_prophet_folds *f, prepared *s, const prepared *before,
                           norn_err *err) {
    norni_prophet_spec spec = f->spec;
    const double **x = norni_arena_get(&s->arena, f->rows.n_x, sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "prophet", f->rows.n_x, sizeof *x);
    const norni_prophet_rows train = cut(&f->rows, 0, s->fold->n_train, x);
    NORN_TRY(fold_changes(&s->arena, &train, &spec, err));
    NORN_TRY(norni_prophet_plan_within(&s->arena, &f->poll, &spec, &train, &f->whole, &f->design,
                                       &s->plan, &s->design, err));
    NORN_TRY(norni_prophet_problem_of(&s->arena, &s->plan, &s->design, &s->problem, err));
    if (!shares(&s->problem)) return NORN_OK;
    return norni_prophet_gram_make(&s->arena, &f->poll, &s->problem, before ? &before->gram : NULL,
                                   &s->gram, err);
}

static norn_status solve(norni_arena *arena, const norni_poll *poll, const prepared *s,
                         norni_prophet_fit *fit, norn_err *err) {
    fit->delta = norni_arena_zero(arena, s->plan.n_change, sizeof *fit->delta);
    fit->beta = norni_arena_zero(arena, s->plan.n_column, sizeof *fit->beta);
    if (fit->delta == NULL || fit->beta == NULL)
        return norni_alloc_fail(err, "prophet", s->plan.n_column, sizeof *fit->beta);
    if (shares(&s->problem) && !constant(&s->problem))
        return norni_prophet_exact(arena, poll, &s->problem, &s->gram, NULL, fit, err);
    return norni_prophet_solve(arena, poll, &s->problem, NULL, fit, err);
}

static norn_status predict(norni_arena *arena, const norni_prophet_folds *f, const prepared *s,
                           const norni_prophet_fit *fit, norn_err *err) {
    const norni_prophet_fold *d = s->fold;
    norni_prophet_design design;
    norni_prophet_parts parts;
    const double **x = norni_arena_get(arena, f->rows.n_x, sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "prophet", f->rows.n_x, sizeof *x);
    norni_prophet_rows ahead = cut(&f->rows, d->n_train, d->n_end, x);
    ahead.y = NULL;
    norni_prophet_fitted fitted = {&s->plan, fit, 1.0 / (double)(d->n_train - 1), NULL};
    norni_prophet_spread spread;
    if (f->opt->parameters && f->opt->samples) {
        NORN_TRY(
            norni_prophet_spread_make(arena, &f->poll, &s->plan, fit, &s->design, &spread, err));
        fitted.spread = &spread;
    }
    NORN_TRY(norni_prophet_design_within(arena, &s->plan, &ahead, d->n_train, &f->whole, &f->design,
                                         &design, err));
    NORN_TRY(norni_prophet_parts_make(arena, &f->poll, &fitted, &design, false, &parts, err));
    for (size_t i = 0; i < ahead.n; i++) {
        f->ds[d->at + i] = ahead.ds[i];
        f->when[d->at + i] = d->cutoff;
        f->y[d->at + i] = f->rows.y[d->n_train + i];
        f->yhat[d->at + i] = parts.yhat[i];
    }
    if (f->opt->samples == 0) return NORN_OK;
    norni_prophet_draws draws = norni_prophet_draws_of(f->opt, 0);
    draws.seed ^= (uint64_t)d->cutoff; /* as a fit to these rows alone, with that seed */
    const norni_prophet_bounds bounds = {.yhat_lower = f->lower + d->at,
                                         .yhat_upper = f->upper + d->at};
    return norni_prophet_intervals(arena, &f->poll, &fitted, &design, &parts, &draws,
                                   f->opt->interval_width, &bounds, err);
}

static norn_status run_fold(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const block *b = arg;
    const prepared *s = &b->slot[(b->first + item) % (BLOCK + 1)];
    norni_prophet_fit fit = {0};
    NORN_TRY(solve(&worker->arena, &b->f->poll, s, &fit, err));
    NORN_TRY(norni_prophet_usable(&fit, err));
    if (s->fold->n_end == s->fold->n_train) return NORN_OK;
    return predict(&worker->arena, b->f, s, &fit, err);
}

static norn_status run_block(norn_ctx *ctx, block *b, const size_t *order, size_t n,
                             norn_err *err) {
    double cost[BLOCK];
    for (size_t i = 0; i < n; i++) {
        const size_t rank = b->first + i;
        prepared *s = &b->slot[rank % (BLOCK + 1)];
        norni_arena_reset(&s->arena);
        s->fold = &b->f->fold[order[rank]];
        NORN_TRY(prepare(b->f, s, rank ? &b->slot[(rank - 1) % (BLOCK + 1)] : NULL, err));
        cost[i] = (double)s->fold->n_train + 5 * (double)(s->fold->n_end - s->fold->n_train);
    }
    return norni_for(ctx, NULL, n, run_fold, b, &(norni_for_opt){.cost = cost}, err);
}

static int by_length(const void *arg, size_t a, size_t b) {
    const norni_prophet_fold *fold = arg;
    return (fold[a].n_train > fold[b].n_train) - (fold[a].n_train < fold[b].n_train);
}

norn_status norni_prophet_folds_run(norn_ctx *ctx, norni_arena *arena, norni_prophet_folds *f,
                                    norn_err *err) {
    size_t *order = norni_arena_get(arena, f->n, sizeof *order),
           *scratch = norni_arena_get(arena, f->n, sizeof *scratch);
    block *b = norni_arena_zero(arena, 1, sizeof *b);
    if (order == NULL || scratch == NULL || b == NULL)
        return norni_alloc_fail(err, "prophet", f->n, sizeof *order);
    for (size_t i = 0; i < f->n; i++)
        order[i] = i;
    norni_sort_index(order, f->n, by_length, f->fold, scratch);
    b->f = f;
    for (size_t i = 0; i <= BLOCK; i++)
        norni_arena_init(&b->slot[i].arena, &ctx->alloc);
    norn_status st = NORN_OK;
    for (b->first = 0; st == NORN_OK && b->first < f->n; b->first += BLOCK)
        st = run_block(ctx, b, order, f->n - b->first < BLOCK ? f->n - b->first : BLOCK, err);
    for (size_t i = 0; i <= BLOCK; i++)
        norni_arena_clear(&b->slot[i].arena);
    return st;
}
