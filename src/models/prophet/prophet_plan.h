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
/* Views for the solvers; prior and multiplicative are copied into the arena. */
NORN_CHECKED norn_status norni_prophet_problem_of(norni_arena *arena,
                                                  const norni_prophet_plan *plan,
                                                  const norni_prophet_design *design,
                                                  norni_prophet_problem *out, norn_err *err);
/* "christmas_delim_+1", "yearly_delim_3", "promo": Prophet's name of a column; cut at size. */
void norni_prophet_column_name(const norni_prophet_column *column, char *out, size_t size);

#endif
