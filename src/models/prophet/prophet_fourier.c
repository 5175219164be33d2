/* Feature columns of a design: Fourier terms, holidays, regressors. */
/* SPDX-License-Identifier: Apache-2.0 */
/* sin and cos of 2 pi k d / period, d the days since 1970. With d near 20,000 one rounding more or
 * less in the argument moves a daily season's terms by 1e-11: the argument is therefore rounded where
 * Prophet rounds it, as ((d pi) 2 k) / period. */
#include <math.h>

#include "models/prophet/prophet_plan_parts.h"
#include "num/sincos.h"

enum {
    CHUNK = 1024,     /* rows between two polls; their arguments stay in the first cache */
    AT_ONCE = 1 << 15 /* zeros between two polls */
};

static norn_status too_short(const norni_prophet_season *season, norn_err *err) {
    return norn_fail(
        err, NORN_E_ARG,
        "prophet: seasonality '%.*s': with order %d a period of %g days is too short to "
        "be told apart on these dates",
        (int)season->name.n, season->name.p, (int)season->order, season->period);
}

norn_status norni_prophet_fourier(const norni_poll *poll, const double *turns, size_t n,
                                  const norni_prophet_season *season, double *const *x,
                                  norn_err *err) {
    double argument[CHUNK];
    const double most = fmax(fabs(turns[0]), fabs(turns[n - 1])) * season->order / season->period;
    if (!(most <= 0x1p30)) return too_short(season, err);
    for (size_t from = 0; from < n; from += CHUNK) {
        const size_t length = n - from < CHUNK ? n - from : CHUNK;
        for (int32_t k = 0; k < season->order; k++) {
            const double order = k + 1, period = season->period;
            for (size_t i = 0; i < length; i++)
                argument[i] = turns[from + i] * order / period;
            norni_sincos(argument, length, x[2 * k] + from, x[2 * k + 1] + from);
            if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
        }
    }
    return NORN_OK;
}

/* Zeros where the season's condition is off. */
static void switch_off(const double *condition, const norni_prophet_design *design,
                       const norni_prophet_season *season, double *const *x) {
    for (int32_t k = 0; k < 2 * season->order; k++)
        for (size_t i = 0; i < design->n; i++)
            if (condition[design->row ? design->row[i] : i] == 0) x[k][i] = 0;
}

static norn_status season_features(norni_arena *arena, const norni_poll *poll,
                                   const norni_prophet_plan *plan, const norni_prophet_rows *rows,
                                   const norni_prophet_design *design, double *const *x,
                                   norn_err *err) {
    if (plan->n_season == 0) return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const double pi = 0x1.921fb54442d18p+1;
    double *turns = norni_arena_get(arena, design->n, sizeof *turns);
    if (turns == NULL) return norni_alloc_fail(err, "prophet", design->n, sizeof *turns);
    for (size_t i = 0; i < design->n; i++)
        turns[i] = (double)design->ds[i] / 1e6 / 86400 * pi * 2;
    norn_status st = NORN_OK;
    for (size_t s = 0; st == NORN_OK && s < plan->n_season; s++) {
        const norni_prophet_season *season = &plan->season[s];
        st = norni_prophet_fourier(poll, turns, design->n, season, x, err);
        if (st == NORN_OK && season->condition.n)
            switch_off(norni_prophet_find(rows, season->condition, 0), design, season, x);
        x += 2 * season->order;
    }
    norni_arena_rewind(arena, mark);
    return st;
}

void norni_prophet_regressor_feature(const norni_prophet_rows *rows, const norni_prophet_plan *plan,
                                     size_t r, const norni_prophet_design *design, double *x) {
    const norni_prophet_regressor *regressor = &plan->regressor[r];
    const double *from = norni_prophet_find(rows, regressor->name, r);
    for (size_t i = 0; i < design->n; i++)
        x[i] = (from[design->row ? design->row[i] : i] - regressor->mu) / regressor->sd;
}

/* Memory that is touched for the first time costs more than its bytes. False: stopped. */
static bool set_zero(const norni_poll *poll, double *x, size_t n) {
    for (size_t at = 0; at < n; at += AT_ONCE) {
        if (norni_poll_stop(poll)) return false;
        memset(x + at, 0, (n - at < AT_ONCE ? n - at : AT_ONCE) * sizeof *x);
    }
    return true;
}

norn_status norni_prophet_features(norni_arena *arena, const norni_poll *poll,
                                   const norni_prophet_plan *plan, const norni_prophet_rows *rows,
                                   norni_prophet_design *design, norn_err *err) {
    const size_t n = design->n;
    size_t size;
    double **x = norni_arena_get(arena, plan->n_column, sizeof *x);
    double *all =
        norni_mul_size(n, plan->n_column, &size) ? norni_arena_get(arena, size, sizeof *all) : NULL;
    if (x == NULL || all == NULL)
        return norni_alloc_fail(err, "prophet", plan->n_column, n * sizeof *all);
    for (size_t k = 0; k < plan->n_column; k++) {
        const norni_prophet_column *c = &plan->column[k];
        x[k] = all + k * n;
        if ((c->kind == NORNI_PROPHET_HOLIDAY || c->kind == NORNI_PROPHET_ZEROS) &&
            !set_zero(poll, x[k], n))
            return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
        if (c->kind == NORNI_PROPHET_REGRESSOR)
            norni_prophet_regressor_feature(rows, plan, c->source, design, x[k]);
    }
    NORN_TRY(season_features(arena, poll, plan, rows, design, x, err));
    NORN_TRY(norni_prophet_holiday_features(arena, plan, design, x, err));
    design->n_x = plan->n_column;
    design->x = (const double *const *)x;
    return NORN_OK;
}
