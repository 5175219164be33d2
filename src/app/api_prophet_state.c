/* The library's door to a Prophet fit's numbers: seen, and put back. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "app/prophet_handle.h"
#include "base/sort.h"
#include "data/calendar.h"

norn_status norn_prophet_state_view(const norn_prophet *p, norn_prophet_state *out, norn_err *err) {
    NORN_TRY(norni_prophet_need_fit(p, err));
    *out = p->kept->state;
    return NORN_OK;
}

static norn_status no_memory(norn_err *err, size_t n) {
    return norni_alloc_fail(err, "prophet", n, sizeof(norni_prophet_season));
}

static norn_status wrong(norn_err *err, const char *what) {
    return norn_fail(err, NORN_E_ARG, "prophet: the saved state's %s", what);
}

static norn_status check_lists(const norn_prophet_state *s, norn_err *err) {
    if ((s->n_change && s->change == NULL) || (s->n_change && s->delta == NULL))
        return wrong(err, "changepoints or deltas are not given");
    if (s->n_season && s->season == NULL) return wrong(err, "seasonalities are not given");
    if (s->n_regressor && s->regressor == NULL) return wrong(err, "regressors are not given");
    if (s->n_holiday_name && s->holiday_name == NULL) return wrong(err, "holidays are not given");
    if (s->n_column == 0 || s->beta == NULL) return wrong(err, "coefficients are not given");
    if (s->n_note && s->note == NULL) return wrong(err, "notes are not given");
    return NORN_OK;
}

static norn_status check_numbers(const norn_prophet_state *s, norn_err *err) {
    if (s->start < NORNI_TIME_MIN || s->start > NORNI_TIME_MAX || s->t_scale <= 0 ||
        s->t_scale > NORNI_TIME_MAX - NORNI_TIME_MIN)
        return wrong(err, "start and t_scale are no times");
    if (!(s->y_scale > 0 && isfinite(s->y_scale)) || !isfinite(s->y_min))
        return wrong(err, "y_scale or y_min is not a scale");
    if (!isfinite(s->k) || !isfinite(s->m) || !(s->sigma > 0 && isfinite(s->sigma)))
        return wrong(err, "k, m or sigma is not finite");
    for (size_t i = 0; i < s->n_change; i++)
        if (!isfinite(s->delta[i]) || s->change[i] < NORNI_TIME_MIN ||
            s->change[i] > NORNI_TIME_MAX)
            return norn_fail(err, NORN_E_ARG,
                             "prophet: the saved state's changepoint %zu is not finite", i);
    for (size_t i = 0; i < s->n_column; i++)
        if (!isfinite(s->beta[i]))
            return norn_fail(err, NORN_E_ARG,
                             "prophet: the saved state's coefficient %zu is not finite", i);
    return NORN_OK;
}

/* The state's seasonalities, after the same checks as the user's own. */
static norn_status take_seasons(norni_arena *arena, const norn_prophet_state *s,
                                const norni_prophet_spec *spec, norni_prophet_plan *plan,
                                norn_err *err) {
    norni_prophet_season *all = norni_arena_get(arena, s->n_season, sizeof *all);
    if (all == NULL) return no_memory(err, s->n_season);
    norni_prophet_spec checked = *spec;
    checked.season = all;
    for (size_t i = 0; i < s->n_season; i++) {
        const norn_prophet_seasonality *from = &s->season[i];
        all[i] = (norni_prophet_season){
            .name = norni_str_of(from->name),
            .period = from->period,
            .order = from->order,
            .prior = isnan(from->prior) ? spec->seasonality_prior : from->prior,
            .multiplicative =
                from->multiplicative == -1 ? spec->multiplicative : from->multiplicative != 0,
            .condition = norni_str_of(from->condition),
        };
        checked.n_season = i + 1;
        NORN_TRY(norni_prophet_check_season(&checked, i, err));
    }
    plan->season = all;
    plan->n_season = s->n_season;
    return NORN_OK;
}

/* The specification's regressors, by the state's scales. */
static norn_status take_regressors(norni_arena *arena, const norn_prophet_state *s,
                                   const norni_prophet_spec *spec, norni_prophet_plan *plan,
                                   norn_err *err) {
    norni_prophet_regressor *all = norni_arena_get(arena, s->n_regressor, sizeof *all);
    if (all == NULL) return no_memory(err, s->n_regressor);
    if (s->n_regressor != spec->n_regressor)
        return norn_fail(err, NORN_E_ARG,
                         "prophet: the saved state has %zu regressors, the specification %zu",
                         s->n_regressor, spec->n_regressor);
    for (size_t i = 0; i < s->n_regressor; i++) {
        all[i] = spec->regressor[i];
        if (s->regressor[i].name == NULL || !norni_str_is(all[i].name, s->regressor[i].name))
            return norn_fail(
                err, NORN_E_ARG,
                "prophet: regressor %zu of the specification, '%s', is not the saved state's", i,
                all[i].name.p);
        all[i].mu = s->regressor[i].mu;
        all[i].sd = s->regressor[i].sd;
        if (!isfinite(all[i].mu) || !(all[i].sd > 0 && isfinite(all[i].sd)))
            return norn_fail(err, NORN_E_ARG, "prophet: regressor '%s': mu or sd is not finite",
                             all[i].name.p);
    }
    plan->regressor = all;
    plan->n_regressor = s->n_regressor;
    return NORN_OK;
}

static norn_status take_scales(norni_arena *arena, const norn_prophet_state *s,
                               norni_prophet_plan *plan, norn_err *err) {
    norni_str *name = norni_arena_get(arena, s->n_holiday_name, sizeof *name);
    double *t = norni_arena_get(arena, s->n_change, sizeof *t);
    if (name == NULL || t == NULL) return no_memory(err, s->n_holiday_name + s->n_change);
    for (size_t i = 0; i < s->n_holiday_name; i++)
        name[i] = norni_str_of(s->holiday_name[i]);
    for (size_t i = 0; i < s->n_change; i++)
        t[i] = (double)(s->change[i] - s->start) / (double)s->t_scale;
    norni_sort_doubles(t, s->n_change);
    plan->start = s->start;
    plan->t_scale = s->t_scale;
    plan->y_scale = s->y_scale;
    plan->y_min = s->y_min;
    plan->floor = s->floor;
    plan->n_change = s->n_change;
    plan->change = s->change;
    plan->change_t = t;
    plan->n_holiday_name = s->n_holiday_name;
    plan->holiday_name = name;
    return NORN_OK;
}

/* The columns that follow are as many as the state's, and bear its names where it has them. */
static norn_status check_columns(const norn_prophet_state *s, const norni_prophet_plan *plan,
                                 norn_err *err) {
    char name[256];
    if (plan->n_column != s->n_column)
        return norn_fail(
            err, NORN_E_ARG,
            "prophet: the saved state has %zu coefficients, the specification %zu columns",
            s->n_column, plan->n_column);
    for (size_t i = 0; s->column && i < s->n_column; i++) {
        norni_prophet_column_name(&plan->column[i], name, sizeof name);
        if (s->column[i] == NULL || strncmp(name, s->column[i], sizeof name - 1) != 0)
            return norn_fail(
                err, NORN_E_ARG,
                "prophet: column %zu of the specification is '%s', of the saved state '%s'", i,
                name, s->column[i] ? s->column[i] : "");
    }
    return NORN_OK;
}

static norn_status keep_state(norni_arena *arena, norn_prophet *p, const norn_prophet_state *s,
                              norn_err *err) {
    const norni_prophet_spec *spec = &p->box->spec;
    norni_prophet_plan plan = {
        .growth = spec->growth,
        .minmax = spec->minmax,
        .multiplicative = spec->multiplicative,
        .holidays_multiplicative = spec->holidays_multiplicative,
        .tau = spec->changepoint_prior,
        .holidays_prior = spec->holidays_prior,
    };
    NORN_TRY(check_lists(s, err));
    NORN_TRY(check_numbers(s, err));
    NORN_TRY(take_seasons(arena, s, spec, &plan, err));
    NORN_TRY(take_regressors(arena, s, spec, &plan, err));
    NORN_TRY(take_scales(arena, s, &plan, err));
    NORN_TRY(norni_prophet_plan_restore(arena, spec, &plan, err));
    NORN_TRY(check_columns(s, &plan, err));
    double *delta = norni_arena_get(arena, s->n_change, sizeof *delta),
           *beta = norni_arena_get(arena, s->n_column, sizeof *beta);
    if (delta == NULL || beta == NULL) return no_memory(err, s->n_change + s->n_column);
    if (s->n_change) memcpy(delta, s->delta, s->n_change * sizeof *delta);
    memcpy(beta, s->beta, s->n_column * sizeof *beta);
    const norni_prophet_fit fit = {
        .k = s->k,
        .m = s->m,
        .sigma = s->sigma,
        .delta = delta,
        .beta = beta,
        .log_posterior = s->log_posterior,
        .kkt = s->kkt,
        .exact = s->exact,
        .passes = s->passes,
    };
    double step = s->mean_step;
    if (!(step > 0 && step <= 1)) step = s->n_rows > 1 ? 1.0 / (double)(s->n_rows - 1) : 1;
    return norni_prophet_keep(&p->alloc, &plan, &fit, s->n_rows, step, s->note, s->n_note, &p->kept,
                              err);
}

norn_status norn_prophet_restore(norn_prophet *p, const norn_prophet_state *state, norn_err *err) {
    if (p->kept)
        return norn_fail(err, NORN_E_ARG,
                         "prophet: the model is fitted already; restore into a new one");
    norni_arena arena;
    norni_arena_init(&arena, &p->alloc);
    const norn_status st = keep_state(&arena, p, state, err);
    norni_arena_clear(&arena);
    return st;
}
