/* Planning a Prophet fit: the phases in their order, and designs of rows to predict. */
/* SPDX-License-Identifier: Apache-2.0 */
/* S. J. Taylor and B. Letham, "Forecasting at scale", The American Statistician 72 (2018). All rules,
 * defaults and names are those of Prophet 1.3, whose features these equal to 1e-12. Departing from it,
 * what would end in NaN there (a missing cap, an infinite regressor, all rows at one time, a period of
 * 0) is an error here that names the place. */
#include "data/calendar.h"
#include "models/prophet/prophet_plan_parts.h"

static norn_status copy_holidays(norni_arena *arena, const norni_prophet_spec *spec,
                                 norni_prophet_plan *plan, norn_err *err) {
    norni_holiday *all = norni_arena_get(arena, spec->n_holiday, sizeof *all);
    if (all == NULL) return norni_alloc_fail(err, "prophet", spec->n_holiday, sizeof *all);
    for (size_t i = 0; i < spec->n_holiday; i++) {
        const norni_str name = spec->holiday[i].name;
        all[i] = spec->holiday[i];
        const bool again =
            i && all[i - 1].name.n == name.n && memcmp(all[i - 1].name.p, name.p, name.n) == 0;
        all[i].name = again ? all[i - 1].name : norni_prophet_text(arena, name);
        if (all[i].name.p == NULL) return norni_alloc_fail(err, "prophet", name.n, 1);
    }
    plan->holiday = all;
    plan->n_holiday = spec->n_holiday;
    plan->country = norni_prophet_text(arena, spec->country);
    if (plan->country.p == NULL) return norni_alloc_fail(err, "prophet", spec->country.n, 1);
    return NORN_OK;
}

static norn_status copy_regressors(norni_arena *arena, const norni_prophet_spec *spec,
                                   norni_prophet_regressor **out, norn_err *err) {
    norni_prophet_regressor *all = norni_arena_get(arena, spec->n_regressor, sizeof *all);
    if (all == NULL) return norni_alloc_fail(err, "prophet", spec->n_regressor, sizeof *all);
    for (size_t i = 0; i < spec->n_regressor; i++) {
        all[i] = spec->regressor[i];
        all[i].name = norni_prophet_text(arena, all[i].name);
        if (all[i].name.p == NULL) return norni_alloc_fail(err, "prophet", all[i].name.n, 1);
        if (all[i].sd == 0) all[i].mu = 0, all[i].sd = 1;
    }
    *out = all;
    return NORN_OK;
}

/* Public holidays are known in some years alone. */
static void note_years(const char *country, const norni_prophet_design *design,
                       norni_prophet_note *note) {
    const int32_t first = norni_civil_from_us(design->ds[0]).year,
                  last = norni_civil_from_us(design->ds[design->n - 1]).year;
    if (country && (first < NORNI_HOLIDAYS_FIRST || last > NORNI_HOLIDAYS_LAST))
        norni_prophet_note_add(
            note, "The holidays of %s are known from %d to %d; other years have none here.",
            country, NORNI_HOLIDAYS_FIRST, NORNI_HOLIDAYS_LAST);
}

norn_status norni_prophet_plan_bare(norni_arena *arena, const norni_prophet_spec *spec,
                                    const norni_prophet_rows *rows, norni_prophet_plan *plan,
                                    norni_prophet_design *design, norni_prophet_note *note,
                                    norn_err *err) {
    norni_prophet_regressor *regressor = NULL;
    const norni_prophet_holiday *holiday;
    const char *country;
    if (note) note->n = 0;
    *plan = (norni_prophet_plan){
        .growth = spec->growth,
        .minmax = spec->minmax,
        .multiplicative = spec->multiplicative,
        .holidays_multiplicative = spec->holidays_multiplicative,
        .tau = spec->changepoint_prior,
        .holidays_prior = spec->holidays_prior,
    };
    NORN_TRY(norni_prophet_check(spec, err));
    NORN_TRY(norni_prophet_check_country(arena, spec, &country, err));
    NORN_TRY(norni_prophet_rows_take(arena, true, rows, design, err));
    NORN_TRY(copy_regressors(arena, spec, &regressor, err));
    plan->n_regressor = spec->n_regressor;
    plan->regressor = regressor;
    plan->n_season =
        spec->n_season; /* the conditions' columns are checked before they are copied */
    plan->season = spec->season;
    NORN_TRY(norni_prophet_rows_check(plan, rows, design, err));
    NORN_TRY(norni_prophet_scale(arena, rows, design, plan, regressor, err));
    NORN_TRY(norni_prophet_scaled(arena, true, plan, rows, design, err));
    NORN_TRY(norni_prophet_seasons(arena, spec, design, plan, note, err));
    NORN_TRY(copy_holidays(arena, spec, plan, err));
    NORN_TRY(norni_prophet_holidays(arena, country, design, plan, &holiday, err));
    note_years(country, design, note);
    NORN_TRY(norni_prophet_columns(arena, holiday, plan, err));
    return norni_prophet_changes(arena, spec, design, plan, note, err);
}

norn_status norni_prophet_plan_make(norni_arena *arena, const norni_poll *poll,
                                    const norni_prophet_spec *spec, const norni_prophet_rows *rows,
                                    norni_prophet_plan *plan, norni_prophet_design *design,
                                    norni_prophet_note *note, norn_err *err) {
    NORN_TRY(norni_prophet_plan_bare(arena, spec, rows, plan, design, note, err));
    return norni_prophet_features(arena, poll, plan, rows, design, err);
}

norn_status norni_prophet_design_bare(norni_arena *arena, const norni_prophet_plan *plan,
                                      const norni_prophet_rows *rows, norni_prophet_design *design,
                                      norn_err *err) {
    NORN_TRY(norni_prophet_rows_take(arena, false, rows, design, err));
    NORN_TRY(norni_prophet_rows_check(plan, rows, design, err));
    return norni_prophet_scaled(arena, false, plan, rows, design, err);
}

norn_status norni_prophet_design_make(norni_arena *arena, const norni_poll *poll,
                                      const norni_prophet_plan *plan,
                                      const norni_prophet_rows *rows, norni_prophet_design *design,
                                      norn_err *err) {
    NORN_TRY(norni_prophet_design_bare(arena, plan, rows, design, err));
    return norni_prophet_features(arena, poll, plan, rows, design, err);
}

norn_status norni_prophet_problem_of(norni_arena *arena, const norni_prophet_plan *plan,
                                     const norni_prophet_design *design, norni_prophet_problem *out,
                                     norn_err *err) {
    double *prior = norni_arena_get(arena, plan->n_column, sizeof *prior);
    bool *multiplicative = norni_arena_get(arena, plan->n_column, sizeof *multiplicative);
    if (prior == NULL || multiplicative == NULL)
        return norni_alloc_fail(err, "prophet", plan->n_column, sizeof *prior);
    for (size_t k = 0; k < plan->n_column; k++) {
        prior[k] = plan->column[k].prior;
        multiplicative[k] = plan->column[k].multiplicative;
    }
    *out = (norni_prophet_problem){
        .growth = plan->growth,
        .n = design->n,
        .t = design->t,
        .y = design->y,
        .cap = design->cap,
        .n_change = plan->n_change,
        .change = plan->change_t,
        .tau = plan->tau,
        .n_x = plan->n_column,
        .x = design->x,
        .prior = prior,
        .multiplicative = multiplicative,
    };
    return NORN_OK;
}
