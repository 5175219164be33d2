/* The library's door to Prophet's cross-validation: a fit for every cut-off, side by side. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The whole history is planned once; each fold borrows its features from it, and is otherwise fitted as
 * if its rows were all there is. Seasonalities are those that the whole history allows, as in Prophet,
 * which copies them from the fitted model. Rows without y take no part. */
#include <math.h>

#include "app/prophet_folds.h"
#include "app/prophet_sorted.h"
#include "data/calendar.h"

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
static norn_status lay_folds(norni_prophet_folds *f, const int64_t *cutoffs, int64_t horizon,
                             size_t *n_rows, norn_err *err) {
    *n_rows = 0;
    for (size_t i = 0; i < f->n; i++) {
        const int64_t cutoff = cutoffs[i];
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
        f->fold[i] = (norni_prophet_fold){cutoff, n_train, count_until(&f->rows, last), *n_rows};
        *n_rows += f->fold[i].n_end - n_train;
    }
    return NORN_OK;
}

/* The specification with every seasonality as it stands for the whole history. */
static void settle_seasons(norni_prophet_folds *f, const norni_prophet_plan *plan) {
    f->spec.season = plan->season;
    f->spec.n_season = plan->n_season;
    f->spec.yearly = f->spec.weekly = f->spec.daily = 0;
}

static norn_status plan_whole(norni_arena *arena, const norn_prophet *model, norni_prophet_folds *f,
                              norn_err *err) {
    f->spec = model->box->spec;
    if (model->kept) settle_seasons(f, &model->kept->plan);
    NORN_TRY(norni_prophet_plan_make(arena, &f->poll, &f->spec, &f->rows, &f->whole, &f->design,
                                     NULL, err));
    settle_seasons(f, &f->whole);
    return NORN_OK;
}

static norn_status make_columns(norni_prophet_folds *f, norni_prophet_sheet *s, norn_err *err) {
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

norn_status norn_prophet_cv(norn_ctx *ctx, const norn_prophet *p, const norn_prophet_rows *rows,
                            const int64_t *cutoffs, size_t n_cutoff, int64_t horizon,
                            const norn_prophet_predict_opt *opt, norn_prophet_table *out,
                            norn_err *err) {
    const norn_prophet_predict_opt usual = norn_prophet_predict_opt_default();
    norni_prophet_folds f = {.opt = opt ? opt : &usual, .n = n_cutoff, .poll = norni_ctx_poll(ctx)};
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
    NORN_TRY_GOTO(norni_prophet_seen(&arena, &sorted, &f.rows, err), end);
    NORN_TRY_GOTO(plan_whole(&arena, p, &f, err), end);
    NORN_TRY_GOTO(lay_folds(&f, cutoffs, horizon, &n_rows, err), end);
    NORN_TRY_GOTO(norni_prophet_sheet_new(&ctx->alloc, n_rows, 4, &sheet, err), end);
    NORN_TRY_GOTO(make_columns(&f, sheet, err), end);
    NORN_TRY_GOTO(norni_prophet_folds_run(ctx, &arena, &f, err), end);
    norni_prophet_sheet_give(sheet, f.ds, f.when, out);
    sheet = NULL;
end:
    norni_prophet_sheet_drop(sheet);
    norni_arena_clear(&arena);
    return st;
}
