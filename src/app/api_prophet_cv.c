/* The library's door to Prophet's cross-validation: a fit for every cut-off, side by side. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The whole history is planned once; each fold borrows its features from it, and is otherwise fitted as
 * if its rows were all there is. Seasonalities are those that the whole history allows, as in Prophet,
 * which copies them from the fitted model. Rows without y take no part. */
#include <math.h>

#include "app/prophet_handle.h"
#include "app/prophet_sorted.h"
#include "data/calendar.h"
#include "models/prophet/prophet_solve.h"
#include "par/pool.h"

typedef struct fold {
    size_t n_train, n_end; /* rows [0, n_train) are fitted on, [n_train, n_end) predicted */
    size_t at;             /* of its first row in the table */
} fold;

typedef struct folds {
    const norn_prophet *model;
    const norn_prophet_predict_opt *opt;
    const int64_t *cutoff; /* (n) */
    size_t n;
    fold *fold; /* (n) */
    norni_poll poll;
    norni_prophet_spec spec; /* with the whole history's seasonalities */
    norni_prophet_rows rows; /* with y, by time */
    norni_prophet_plan whole;
    norni_prophet_design design; /* of the whole */
    int64_t *ds, *when;          /* (table rows) */
    double *y, *yhat, *lower, *upper;
} folds;

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

static double *gather(norni_arena *arena, const size_t *row, size_t n, const double *column) {
    double *out = norni_arena_get(arena, n, sizeof *out);
    for (size_t i = 0; out && i < n; i++)
        out[i] = column[row[i]];
    return out;
}

/* Leaves out the rows without y. */
static norn_status seen_rows(norni_arena *arena, const norni_prophet_rows *from,
                             norni_prophet_rows *to, norn_err *err) {
    size_t n = 0;
    *to = *from;
    if (from->y == NULL)
        return norn_fail(err, NORN_E_DATA, "prophet: the data must have columns ds and y");
    for (size_t i = 0; i < from->n; i++)
        n += isnan(from->y[i]) ? 0 : 1;
    if (n == from->n) return NORN_OK;
    size_t *row = norni_arena_get(arena, n, sizeof *row);
    int64_t *ds = norni_arena_get(arena, n, sizeof *ds);
    const double **x = norni_arena_get(arena, from->n_x, sizeof *x);
    if (row == NULL || ds == NULL || x == NULL) return norni_alloc_fail(err, "prophet", n, 16);
    for (size_t i = 0, k = 0; i < from->n; i++)
        if (!isnan(from->y[i])) {
            row[k] = i;
            ds[k++] = from->ds[i];
        }
    const double *const in[] = {from->y, from->cap, from->floor};
    const double **const out[] = {&to->y, &to->cap, &to->floor};
    for (size_t k = 0; k < 3 + from->n_x; k++) {
        const double *column = k < 3 ? in[k] : from->x[k - 3];
        double *picked = column ? gather(arena, row, n, column) : NULL;
        if (column && picked == NULL) return norni_alloc_fail(err, "prophet", n, sizeof *picked);
        *(k < 3 ? out[k] : &x[k - 3]) = picked;
    }
    to->n = n;
    to->ds = ds;
    to->x = x;
    return NORN_OK;
}

static size_t count_until(const norni_prophet_rows *rows, int64_t last) {
    size_t low = 0, high = rows->n;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (rows->ds[mid] <= last)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Which rows each fold has, and its place in the table. */
static norn_status lay_folds(folds *f, int64_t horizon, size_t *n_rows, norn_err *err) {
    *n_rows = 0;
    for (size_t i = 0; i < f->n; i++) {
        const int64_t cutoff = f->cutoff[i];
        if (cutoff < NORNI_TIME_MIN || cutoff > NORNI_TIME_MAX)
            return norn_fail(err, NORN_E_ARG,
                             "prophet: cutoff %zu is no time of the years 1 to 9999", i);
        const size_t n_train = count_until(&f->rows, cutoff);
        if (n_train < 2)
            return norn_fail(err, NORN_E_DATA,
                             "prophet: fewer than two data points before cutoff %zu; increase the "
                             "initial window",
                             i);
        const int64_t last = horizon > NORNI_TIME_MAX - cutoff ? NORNI_TIME_MAX : cutoff + horizon;
        f->fold[i] = (fold){n_train, count_until(&f->rows, last), *n_rows};
        *n_rows += f->fold[i].n_end - n_train;
    }
    return NORN_OK;
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

static norn_status fit_fold(norni_arena *arena, const folds *f, const norni_prophet_rows *train,
                            norni_prophet_plan *plan, norni_prophet_fit *fit, norn_err *err) {
    norni_prophet_spec spec = f->spec;
    norni_prophet_design design;
    norni_prophet_problem problem;
    NORN_TRY(fold_changes(arena, train, &spec, err));
    NORN_TRY(norni_prophet_plan_within(arena, &f->poll, &spec, train, &f->whole, &f->design, plan,
                                       &design, err));
    NORN_TRY(norni_prophet_problem_of(arena, plan, &design, &problem, err));
    fit->delta = norni_arena_zero(arena, plan->n_change, sizeof *fit->delta);
    fit->beta = norni_arena_zero(arena, plan->n_column, sizeof *fit->beta);
    if (fit->delta == NULL || fit->beta == NULL)
        return norni_alloc_fail(err, "prophet", plan->n_column, sizeof *fit->beta);
    return norni_prophet_solve(arena, &f->poll, &problem, NULL, fit, err);
}

static norn_status run_fold(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const folds *f = arg;
    const fold *d = &f->fold[item];
    const size_t n = d->n_end - d->n_train;
    norni_arena *arena = &worker->arena;
    norni_prophet_plan plan;
    norni_prophet_fit fit = {0};
    norni_prophet_design design;
    norni_prophet_parts parts;
    const double **x = norni_arena_get(arena, f->rows.n_x, sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "prophet", f->rows.n_x, sizeof *x);
    const norni_prophet_rows train = cut(&f->rows, 0, d->n_train, x);
    NORN_TRY(fit_fold(arena, f, &train, &plan, &fit, err));
    if (n == 0) return NORN_OK;
    norni_prophet_rows ahead = cut(&f->rows, d->n_train, d->n_end, x);
    ahead.y = NULL;
    const norni_prophet_fitted fitted = {&plan, &fit, 1.0 / (double)(d->n_train - 1)};
    NORN_TRY(norni_prophet_design_within(arena, &plan, &ahead, d->n_train, &f->whole, &f->design,
                                         &design, err));
    NORN_TRY(norni_prophet_parts_make(arena, &f->poll, &fitted, &design, false, &parts, err));
    for (size_t i = 0; i < n; i++) {
        f->ds[d->at + i] = f->rows.ds[d->n_train + i];
        f->when[d->at + i] = f->cutoff[item];
        f->y[d->at + i] = f->rows.y[d->n_train + i];
        f->yhat[d->at + i] = parts.yhat[i];
    }
    if (f->opt->samples == 0) return NORN_OK;
    const norni_prophet_draws draws = norni_prophet_draws_of(f->opt, (uint64_t)f->cutoff[item]);
    const norni_prophet_bounds bounds = {.yhat_lower = f->lower + d->at,
                                         .yhat_upper = f->upper + d->at};
    return norni_prophet_intervals(arena, &f->poll, &fitted, &design, &parts, &draws,
                                   f->opt->interval_width, &bounds, err);
}

/* The specification with every seasonality as it stands for the whole history. */
static void settle_seasons(folds *f, const norni_prophet_plan *plan) {
    f->spec.season = plan->season;
    f->spec.n_season = plan->n_season;
    f->spec.yearly = f->spec.weekly = f->spec.daily = 0;
}

static norn_status plan_whole(norni_arena *arena, folds *f, norn_err *err) {
    f->spec = f->model->box->spec;
    if (f->model->kept) settle_seasons(f, &f->model->kept->plan);
    NORN_TRY(norni_prophet_plan_make(arena, &f->poll, &f->spec, &f->rows, &f->whole, &f->design,
                                     NULL, err));
    settle_seasons(f, &f->whole);
    return NORN_OK;
}

static norn_status make_columns(folds *f, norni_prophet_sheet *s, norn_err *err) {
    f->ds = norni_arena_get(&s->arena, s->n, sizeof *f->ds);
    f->when = norni_arena_get(&s->arena, s->n, sizeof *f->when);
    f->y = norni_prophet_sheet_column(s, norni_str_of("y"), "");
    f->yhat = norni_prophet_sheet_column(s, norni_str_of("yhat"), "");
    bool ok = f->ds && f->when && f->y && f->yhat;
    if (f->opt->samples) {
        f->lower = norni_prophet_sheet_column(s, norni_str_of("yhat_lower"), "");
        f->upper = norni_prophet_sheet_column(s, norni_str_of("yhat_upper"), "");
        ok = ok && f->lower && f->upper;
    }
    return ok ? NORN_OK : norni_alloc_fail(err, "prophet", s->n, sizeof(double));
}

static norn_status run_folds(norn_ctx *ctx, norni_arena *arena, folds *f, norn_err *err) {
    double *cost = norni_arena_get(arena, f->n, sizeof *cost);
    if (cost == NULL) return norni_alloc_fail(err, "prophet", f->n, sizeof *cost);
    for (size_t i = 0; i < f->n; i++)
        cost[i] = (double)f->fold[i].n_train + 5 * (double)(f->fold[i].n_end - f->fold[i].n_train);
    return norni_for(ctx, NULL, f->n, run_fold, f, &(norni_for_opt){.cost = cost}, err);
}

norn_status norn_prophet_cv(norn_ctx *ctx, const norn_prophet *p, const norn_prophet_rows *rows,
                            const int64_t *cutoffs, size_t n_cutoff, int64_t horizon,
                            const norn_prophet_predict_opt *opt, norn_prophet_table *out,
                            norn_err *err) {
    const norn_prophet_predict_opt usual = norn_prophet_predict_opt_default();
    folds f = {.model = p,
               .opt = opt ? opt : &usual,
               .cutoff = cutoffs,
               .n = n_cutoff,
               .poll = norni_ctx_poll(ctx)};
    norni_prophet_sheet *sheet = NULL;
    norni_prophet_rows sorted;
    norni_arena arena;
    size_t n_rows;
    norn_status st;
    *out = (norn_prophet_table){0};
    norni_arena_init(&arena, &ctx->alloc);
    NORN_TRY_GOTO(norni_prophet_check_predict(f.opt, err), end);
    if (n_cutoff == 0 || cutoffs == NULL || horizon <= 0) {
        st = norn_fail(err, NORN_E_ARG,
                       "prophet: cross-validation needs cut-offs and a horizon above 0");
        goto end;
    }
    f.fold = norni_arena_get(&arena, n_cutoff, sizeof *f.fold);
    if (f.fold == NULL) {
        st = norni_alloc_fail(err, "prophet", n_cutoff, sizeof *f.fold);
        goto end;
    }
    NORN_TRY_GOTO(norni_prophet_sorted(&arena, rows, &sorted, err), end);
    NORN_TRY_GOTO(seen_rows(&arena, &sorted, &f.rows, err), end);
    NORN_TRY_GOTO(plan_whole(&arena, &f, err), end);
    NORN_TRY_GOTO(lay_folds(&f, horizon, &n_rows, err), end);
    NORN_TRY_GOTO(norni_prophet_sheet_new(&ctx->alloc, n_rows, 4, &sheet, err), end);
    NORN_TRY_GOTO(make_columns(&f, sheet, err), end);
    NORN_TRY_GOTO(run_folds(ctx, &arena, &f, err), end);
    norni_prophet_sheet_give(sheet, f.ds, f.when, out);
    sheet = NULL;
end:
    norni_prophet_sheet_drop(sheet);
    norni_arena_clear(&arena);
    return st;
}
