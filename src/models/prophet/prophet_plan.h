/* From what was asked and the rows at hand: scales, changepoints, seasonalities, feature columns. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_PLAN_H
#define NORNI_PROPHET_PLAN_H

#include "models/prophet/prophet_types.h"

/* What a user should be told, at most a few lines; the caller logs them. */
typedef struct norni_prophet_note {
    size_t n;
    char text[8][160];
} norni_prophet_note;

/* Checks names, windows, priors and the like without any rows: every error a user can make in the
 * specification alone. */
NORN_CHECKED norn_status norni_prophet_check(const norni_prophet_spec *spec, norn_err *err);
/* The same for the last seasonality or regressor added alone, place i of its list. */
NORN_CHECKED norn_status norni_prophet_check_season(const norni_prophet_spec *spec, size_t i,
                                                    norn_err *err);
NORN_CHECKED norn_status norni_prophet_check_regressor(const norni_prophet_spec *spec, size_t i,
                                                       norn_err *err);
/* And for the holidays from place i on. */
NORN_CHECKED norn_status norni_prophet_check_holidays(const norni_prophet_spec *spec, size_t i,
                                                      norn_err *err);
/* The country is known, and its holidays' names are not those of seasonalities or regressors; *code
 * NULL: there is none. */
NORN_CHECKED norn_status norni_prophet_check_country(norni_arena *arena,
                                                     const norni_prophet_spec *spec,
                                                     const char **code, norn_err *err);
/* Fixes all of a fit but its estimates, and makes its design (rows with y). Both in the arena;
 * note may be NULL. */
NORN_CHECKED norn_status norni_prophet_plan_make(norni_arena *arena, const norni_poll *poll,
                                                 const norni_prophet_spec *spec,
                                                 const norni_prophet_rows *rows,
                                                 norni_prophet_plan *plan,
                                                 norni_prophet_design *design,
                                                 norni_prophet_note *note, norn_err *err);
/* The design of rows to predict (all of them). Regressors and conditions that the plan needs are
 * found in rows->x by name; others there are ignored. */
NORN_CHECKED norn_status norni_prophet_design_make(norni_arena *arena, const norni_poll *poll,
                                                   const norni_prophet_plan *plan,
                                                   const norni_prophet_rows *rows,
                                                   norni_prophet_design *design, norn_err *err);

/* ---- plans that share features (prophet_within.c) ---- */

/* Whether a plan of these rows would be `first` but for the scale of y: see prophet_gram.h's
 * norni_prophet_same_calendar. Makes it, with first's features. */
NORN_CHECKED norn_status norni_prophet_plan_again(norni_arena *arena,
                                                  const norni_prophet_plan *first,
                                                  const norni_prophet_design *first_design,
                                                  const norni_prophet_rows *rows,
                                                  norni_prophet_plan *plan,
                                                  norni_prophet_design *design, norn_err *err);
/* The plan of the first rows->n rows of a whole, all with y, that was planned by a specification of the
 * same seasonalities, holidays and regressors: features are borrowed from it where they are equal. */
NORN_CHECKED norn_status norni_prophet_plan_within(norni_arena *arena, const norni_poll *poll,
                                                   const norni_prophet_spec *spec,
                                                   const norni_prophet_rows *rows,
                                                   const norni_prophet_plan *whole,
                                                   const norni_prophet_design *whole_design,
                                                   norni_prophet_plan *plan,
                                                   norni_prophet_design *design, norn_err *err);
/* The design of rows of the whole from place `from` on, for such a plan. */
NORN_CHECKED norn_status norni_prophet_design_within(norni_arena *arena,
                                                     const norni_prophet_plan *plan,
                                                     const norni_prophet_rows *rows, size_t from,
                                                     const norni_prophet_plan *whole,
                                                     const norni_prophet_design *whole_design,
                                                     norni_prophet_design *design, norn_err *err);
/* Columns and holidays of a plan that is saved: growth, scales, changes, seasons, regressors and
 * holiday_name are there. Its holidays and country are borrowed from spec. */
NORN_CHECKED norn_status norni_prophet_plan_restore(norni_arena *arena,
                                                    const norni_prophet_spec *spec,
                                                    norni_prophet_plan *plan, norn_err *err);

/* Views for the solvers; prior and multiplicative are copied into the arena. */
NORN_CHECKED norn_status norni_prophet_problem_of(norni_arena *arena,
                                                  const norni_prophet_plan *plan,
                                                  const norni_prophet_design *design,
                                                  norni_prophet_problem *out, norn_err *err);
/* "christmas_delim_+1", "yearly_delim_3", "promo": Prophet's name of a column; cut at size. */
void norni_prophet_column_name(const norni_prophet_column *column, char *out, size_t size);

#endif
