/* The library's door to Prophet: specifications, and fits. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/prophet_handle.h"
#include "app/prophet_sorted.h"
#include "data/holidays.h"
#include "models/prophet/prophet_solve.h"

norn_prophet_opt norn_prophet_opt_default(void) {
    return (norn_prophet_opt){
        .growth = NORN_PROPHET_LINEAR,
        .n_changepoints = 25,
        .changepoint_range = 0.8,
        .yearly = -1,
        .weekly = -1,
        .daily = -1,
        .holidays_multiplicative = -1,
        .seasonality_prior = 10,
        .holidays_prior = 10,
        .changepoint_prior = 0.05,
    };
}

norn_status norni_prophet_handle(norni_prophet_box *box, norni_prophet_kept *kept,
                                 norn_prophet **out, norn_err *err) {
    norn_prophet *p = norni_alloc_zero(&box->alloc, 1, sizeof *p);
    if (p == NULL) return norni_alloc_fail(err, "prophet", 1, sizeof *p);
    *p = (norn_prophet){.alloc = box->alloc, .box = box, .kept = kept};
    *out = p;
    return NORN_OK;
}

norn_status norn_prophet_new(norn_ctx *ctx, const norn_prophet_opt *opt, norn_prophet **out,
                             norn_err *err) {
    const norn_prophet_opt usual = norn_prophet_opt_default();
    norni_prophet_box *box;
    *out = NULL;
    NORN_TRY(norni_prophet_box_new(&ctx->alloc, opt ? opt : &usual, &box, err));
    const norn_status st = norni_prophet_handle(box, NULL, out, err);
    if (st != NORN_OK) norni_prophet_box_drop(box);
    return st;
}

void norn_prophet_free(norn_prophet *p) {
    if (p == NULL) return;
    const norn_alloc alloc = p->alloc;
    if (p->uncertain) norni_alloc_drop(&alloc, p->uncertain, p->uncertain->size, 1);
    norni_prophet_kept_drop(p->kept);
    norni_prophet_box_drop(p->box);
    norni_alloc_drop(&alloc, p, 1, sizeof *p);
}

/* ---- the specification ---- */

static norn_status open_box(norn_prophet *p, const char *what, norn_err *err) {
    if (p->kept)
        return norn_fail(err, NORN_E_ARG, "prophet: %s must be added prior to model fitting", what);
    return norni_prophet_box_own(&p->box, err);
}

norn_status norn_prophet_add_seasonality(norn_prophet *p, const norn_prophet_seasonality *s,
                                         norn_err *err) {
    NORN_TRY(open_box(p, "a seasonality", err));
    return norni_prophet_box_season(p->box, s, err);
}

norn_status norn_prophet_add_regressor(norn_prophet *p, const norn_prophet_regressor *r,
                                       norn_err *err) {
    NORN_TRY(open_box(p, "a regressor", err));
    return norni_prophet_box_regressor(p->box, r, err);
}

norn_status norn_prophet_add_holidays(norn_prophet *p, const norn_prophet_holiday *rows, size_t n,
                                      norn_err *err) {
    NORN_TRY(open_box(p, "holidays", err));
    return norni_prophet_box_holidays(p->box, rows, n, err);
}

norn_status norn_prophet_add_country(norn_prophet *p, const char *country, norn_err *err) {
    NORN_TRY(open_box(p, "country holidays", err));
    return norni_prophet_box_country(p->box, country, err);
}

const char *const *norn_prophet_countries(size_t *n) {
    return norni_country_codes(n);
}

/* ---- fits ---- */

norn_status norni_prophet_need_fit(const norn_prophet *p, norn_err *err) {
    return p->kept ? NORN_OK : norn_fail(err, NORN_E_ARG, "prophet: the model has not been fit");
}

norni_prophet_fitted norni_prophet_fitted_of(const norni_prophet_kept *kept) {
    return (norni_prophet_fitted){&kept->plan, &kept->fit, kept->state.mean_step, NULL};
}

/* Estimates of another fit on this plan's places: slopes when there are as many, coefficients by the
 * names of their columns. */
static norn_status place_warm(norni_arena *arena, const norni_prophet_plan *plan,
                              const norni_prophet_kept *warm, norni_prophet_fit *out,
                              norn_err *err) {
    char name[256];
    *out = warm->fit;
    out->delta = norni_arena_zero(arena, plan->n_change, sizeof *out->delta);
    out->beta = norni_arena_zero(arena, plan->n_column, sizeof *out->beta);
    if (out->delta == NULL || out->beta == NULL)
        return norni_alloc_fail(err, "prophet", plan->n_column, sizeof *out->beta);
    if (plan->n_change == warm->plan.n_change && plan->n_change)
        memcpy(out->delta, warm->fit.delta, plan->n_change * sizeof *out->delta);
    for (size_t i = 0; i < plan->n_column; i++) {
        norni_prophet_column_name(&plan->column[i], name, sizeof name);
        for (size_t k = 0; k < warm->plan.n_column; k++) {
            const size_t j = (i + k) % warm->plan.n_column;
            if (strcmp(name, warm->state.column[j]) != 0) continue;
            out->beta[i] = warm->fit.beta[j];
            break;
        }
    }
    return NORN_OK;
}

norn_status norni_prophet_fit_rows(norni_arena *arena, const norni_poll *poll,
                                   const norn_alloc *alloc, const norni_prophet_spec *spec,
                                   const norni_prophet_rows *rows, const norni_prophet_kept *warm,
                                   norni_prophet_kept **out, norn_err *err) {
    norni_prophet_plan plan;
    norni_prophet_design design;
    norni_prophet_problem problem;
    norni_prophet_note note;
    norni_prophet_fit fit = {0}, start;
    const char *lines[sizeof note.text / sizeof note.text[0]];
    NORN_TRY(norni_prophet_plan_make(arena, poll, spec, rows, &plan, &design, &note, err));
    NORN_TRY(norni_prophet_problem_of(arena, &plan, &design, &problem, err));
    fit.delta = norni_arena_zero(arena, plan.n_change, sizeof *fit.delta);
    fit.beta = norni_arena_zero(arena, plan.n_column, sizeof *fit.beta);
    if (fit.delta == NULL || fit.beta == NULL)
        return norni_alloc_fail(err, "prophet", plan.n_column, sizeof *fit.beta);
    if (warm) NORN_TRY(place_warm(arena, &plan, warm, &start, err));
    NORN_TRY(norni_prophet_solve(arena, poll, &problem, warm ? &start : NULL, &fit, err));
    NORN_TRY(norni_prophet_usable(&fit, err));
    for (size_t i = 0; i < note.n; i++)
        lines[i] = note.text[i];
    /* What the model keeps is its specification's, not the arena's. */
    plan.holiday = spec->holiday;
    plan.country = spec->country;
    return norni_prophet_keep(alloc, &plan, &fit, design.n, 1.0 / (double)(design.n - 1), lines,
                              note.n, out, err);
}

norn_status norn_prophet_fit(norn_ctx *ctx, norn_prophet *p, const norn_prophet_rows *rows,
                             const norn_prophet *warm, norn_err *err) {
    if (p->kept)
        return norn_fail(err, NORN_E_ARG, "prophet: a model can only be fit once; make a new one");
    if (warm) NORN_TRY(norni_prophet_need_fit(warm, err));
    norni_arena arena;
    norni_prophet_rows sorted;
    const norni_poll poll = norni_ctx_poll(ctx);
    norni_arena_init(&arena, &ctx->alloc);
    norn_status st = norni_prophet_sorted(&arena, rows, &sorted, err);
    if (st == NORN_OK)
        st = norni_prophet_fit_rows(&arena, &poll, &p->alloc, &p->box->spec, &sorted,
                                    warm ? warm->kept : NULL, &p->kept, err);
    norni_arena_clear(&arena);
    return st;
}
