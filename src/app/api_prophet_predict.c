/* The library's door to Prophet's predictions: tables of components and bounds, draws. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "app/prophet_handle.h"
#include "app/prophet_sorted.h"
#include "base/fp.h"

enum { MOST_SAMPLES = 10000000 };

norn_prophet_predict_opt norn_prophet_predict_opt_default(void) {
    return (norn_prophet_predict_opt){.samples = 1000, .interval_width = 0.8, .components = true};
}

norn_status norni_prophet_check_predict(const norn_prophet_predict_opt *opt, norn_err *err) {
    if (opt->samples < 0 || opt->samples > MOST_SAMPLES)
        return norn_fail(err, NORN_E_ARG, "prophet: uncertainty_samples=%d is outside [0, %d]",
                         (int)opt->samples, (int)MOST_SAMPLES);
    if (!(opt->interval_width >= 0 && opt->interval_width <= 1))
        return norn_fail(err, NORN_E_ARG, "prophet: interval_width=%g is outside [0, 1]",
                         opt->interval_width);
    if (opt->paths != NORN_PROPHET_PATHS_STEPS && opt->paths != NORN_PROPHET_PATHS_POISSON &&
        opt->paths != NORN_PROPHET_PATHS_EXACT)
        return norn_fail(err, NORN_E_ARG, "prophet: paths are steps, poisson or exact");
    return NORN_OK;
}

norni_prophet_draws norni_prophet_draws_of(const norn_prophet_predict_opt *opt, uint64_t item) {
    norni_prophet_ahead ahead = NORNI_PROPHET_STEPS;
    if (opt->paths == NORN_PROPHET_PATHS_POISSON) ahead = NORNI_PROPHET_POISSON;
    if (opt->paths == NORN_PROPHET_PATHS_EXACT) ahead = NORNI_PROPHET_EXACT;
    return (norni_prophet_draws){
        .ahead = ahead, .n = (size_t)opt->samples, .seed = opt->seed, .item = item};
}

/* What one prediction needs, in one arena. */
typedef struct answer {
    norni_arena arena;
    norni_poll poll;
    norni_prophet_fitted fitted;
    norni_prophet_rows rows;
    norni_prophet_design design;
    norni_prophet_parts parts;
} answer;

static norn_status begin(norn_ctx *ctx, const norn_prophet *p, const norn_prophet_rows *rows,
                         const norn_prophet_predict_opt *opt, bool components, answer *a,
                         norn_err *err) {
    a->poll = norni_ctx_poll(ctx);
    NORN_TRY(norni_prophet_fitted_as(p, opt, &a->fitted, err));
    NORN_TRY(norni_prophet_sorted(&a->arena, rows, &a->rows, err));
    NORN_TRY(
        norni_prophet_design_make(&a->arena, &a->poll, a->fitted.plan, &a->rows, &a->design, err));
    return norni_prophet_parts_make(&a->arena, &a->poll, &a->fitted, &a->design, components,
                                    &a->parts, err);
}

static bool copy_column(norni_prophet_sheet *s, const char *name, const double *from) {
    double *to = norni_prophet_sheet_column(s, norni_str_of(name), "");
    if (to) memcpy(to, from, s->n * sizeof *to);
    return to != NULL;
}

/* The bounds of a component that is certain are its value; else it is normal. */
static bool add_component(norni_prophet_sheet *s, const norni_prophet_component *c,
                          const norn_prophet_predict_opt *opt) {
    double *to = norni_prophet_sheet_column(s, c->name, "");
    if (to == NULL) return false;
    memcpy(to, c->value, s->n * sizeof *to);
    if (opt->samples == 0) return true;
    if (c->sd == NULL)
        return norni_prophet_sheet_alias(s, c->name, "_lower", to) &&
               norni_prophet_sheet_alias(s, c->name, "_upper", to);
    double *lower = norni_prophet_sheet_column(s, c->name, "_lower"),
           *upper = norni_prophet_sheet_column(s, c->name, "_upper");
    if (lower == NULL || upper == NULL) return false;
    const double z = norni_normal_quantile((1 + opt->interval_width) / 2);
    for (size_t i = 0; i < s->n; i++) {
        const double half = c->sd[i] > 0 && z > 0 ? z * c->sd[i] : 0;
        lower[i] = c->value[i] - half;
        upper[i] = c->value[i] + half;
    }
    return true;
}

static bool add_bounds(norni_prophet_sheet *s, norni_prophet_bounds *out) {
    out->yhat_lower = norni_prophet_sheet_column(s, norni_str_of("yhat_lower"), "");
    out->yhat_upper = norni_prophet_sheet_column(s, norni_str_of("yhat_upper"), "");
    out->trend_lower = norni_prophet_sheet_column(s, norni_str_of("trend_lower"), "");
    out->trend_upper = norni_prophet_sheet_column(s, norni_str_of("trend_upper"), "");
    return out->yhat_lower && out->yhat_upper && out->trend_lower && out->trend_upper;
}

static norn_status fill(answer *a, const norn_prophet_predict_opt *opt, norni_prophet_sheet *s,
                        norn_prophet_table *out, norn_err *err) {
    const norni_prophet_draws draws = norni_prophet_draws_of(opt, 0);
    norni_prophet_bounds bounds = {0};
    int64_t *ds = norni_arena_get(&s->arena, s->n, sizeof *ds);
    bool ok = ds && copy_column(s, "trend", a->parts.trend);
    if (ok && a->design.cap_given) ok = copy_column(s, "cap", a->design.cap_given);
    if (ok && a->fitted.plan->floor) ok = copy_column(s, "floor", a->design.floor);
    if (ok && opt->samples) ok = add_bounds(s, &bounds);
    for (size_t i = 0; ok && i < a->parts.n_component; i++)
        ok = add_component(s, &a->parts.component[i], opt);
    if (!ok || !copy_column(s, "yhat", a->parts.yhat))
        return norni_alloc_fail(err, "prophet", s->n, sizeof(double));
    memcpy(ds, a->design.ds, s->n * sizeof *ds);
    if (opt->samples)
        NORN_TRY(norni_prophet_intervals(&a->arena, &a->poll, &a->fitted, &a->design, &a->parts,
                                         &draws, opt->interval_width, &bounds, err));
    norni_prophet_sheet_give(s, ds, NULL, out);
    return NORN_OK;
}

norn_status norn_prophet_predict(norn_ctx *ctx, const norn_prophet *p,
                                 const norn_prophet_rows *rows, const norn_prophet_predict_opt *opt,
                                 norn_prophet_table *out, norn_err *err) {
    const norn_prophet_predict_opt usual = norn_prophet_predict_opt_default();
    norni_prophet_sheet *sheet = NULL;
    answer a = {0};
    norn_status st;
    *out = (norn_prophet_table){0};
    if (opt == NULL) opt = &usual;
    norni_arena_init(&a.arena, &ctx->alloc);
    NORN_TRY_GOTO(norni_prophet_need_fit(p, err), fail);
    NORN_TRY_GOTO(norni_prophet_check_predict(opt, err), fail);
    NORN_TRY_GOTO(begin(ctx, p, rows, opt, opt->components, &a, err), fail);
    NORN_TRY_GOTO(
        norni_prophet_sheet_new(&ctx->alloc, a.design.n, 8 + 3 * a.parts.n_component, &sheet, err),
        fail);
    NORN_TRY_GOTO(fill(&a, opt, sheet, out, err), fail);
    norni_arena_clear(&a.arena);
    return NORN_OK;
fail:
    norni_prophet_sheet_drop(sheet);
    norni_arena_clear(&a.arena);
    return st;
}

norn_status norn_prophet_samples(norn_ctx *ctx, const norn_prophet *p,
                                 const norn_prophet_rows *rows, const norn_prophet_predict_opt *opt,
                                 double *trend, double *yhat, norn_err *err) {
    const norn_prophet_predict_opt usual = norn_prophet_predict_opt_default();
    answer a = {0};
    norn_status st;
    if (opt == NULL) opt = &usual;
    norni_arena_init(&a.arena, &ctx->alloc);
    NORN_TRY_GOTO(norni_prophet_need_fit(p, err), end);
    NORN_TRY_GOTO(norni_prophet_check_predict(opt, err), end);
    NORN_TRY_GOTO(begin(ctx, p, rows, opt, false, &a, err), end);
    const norni_prophet_draws draws = norni_prophet_draws_of(opt, 0);
    NORN_TRY_GOTO(norni_prophet_draw(&a.arena, &a.poll, &a.fitted, &a.design, &a.parts, &draws,
                                     trend, yhat, err),
                  end);
end:
    norni_arena_clear(&a.arena);
    return st;
}
