/* The phases of planning a fit, for the files of prophet_plan.c alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_PLAN_PARTS_H
#define NORNI_PROPHET_PLAN_PARTS_H

#include "models/prophet/prophet_plan.h"

/* A time as messages show it: "2012-01-05" or "2012-01-05 13:00:00". */
typedef struct norni_prophet_when {
    char text[48];
} norni_prophet_when;
norni_prophet_when norni_prophet_when_of(int64_t ds);

void norni_prophet_note_add(norni_prophet_note *note, const char *fmt, ...) NORN_PRINTF(2, 3);

/* A copy of the bytes in the arena; p NULL: no memory. */
norni_str norni_prophet_text(norni_arena *arena, norni_str text);
/* A column of the design from one of the rows, without those left out. NULL: no memory. */
double *norni_prophet_pick(norni_arena *arena, const norni_prophet_design *design,
                           const double *column);
/* The column of that name, or NULL. near: its place in all likelihood. */
const double *norni_prophet_find(const norni_prophet_rows *rows, norni_str name, size_t near);

/* Chooses the rows (fitting: those with y) into design->n, row, ds, after checking their times and y. */
NORN_CHECKED norn_status norni_prophet_rows_take(norni_arena *arena, bool fitting,
                                                 const norni_prophet_rows *rows,
                                                 norni_prophet_design *design, norn_err *err);
/* Regressors and conditions are there and hold what they may. */
NORN_CHECKED norn_status norni_prophet_rows_check(const norni_prophet_plan *plan,
                                                  const norni_prophet_rows *rows,
                                                  const norni_prophet_design *design,
                                                  norn_err *err);
/* start, t_scale, y_scale, y_min, floor, and the regressors' mu and sd. */
NORN_CHECKED norn_status norni_prophet_scale(norni_arena *arena, const norni_prophet_rows *rows,
                                             const norni_prophet_design *design,
                                             norni_prophet_plan *plan,
                                             norni_prophet_regressor *regressor, norn_err *err);
/* t, cap, cap_given, floor and, when fitting, y of the design. */
NORN_CHECKED norn_status norni_prophet_scaled(norni_arena *arena, bool fitting,
                                              const norni_prophet_plan *plan,
                                              const norni_prophet_rows *rows,
                                              norni_prophet_design *design, norn_err *err);
/* plan->season: the user's and those that the history allows. */
NORN_CHECKED norn_status norni_prophet_seasons(norni_arena *arena, const norni_prophet_spec *spec,
                                               const norni_prophet_design *design,
                                               norni_prophet_plan *plan, norni_prophet_note *note,
                                               norn_err *err);
/* plan->change and change_t. */
NORN_CHECKED norn_status norni_prophet_changes(norni_arena *arena, const norni_prophet_spec *spec,
                                               const norni_prophet_design *design,
                                               norni_prophet_plan *plan, norni_prophet_note *note,
                                               norn_err *err);

/* One holiday by name: the days off that any of its rows touches, and its prior. */
typedef struct norni_prophet_holiday {
    norni_str name;
    int32_t lower, upper;
    double prior;
} norni_prophet_holiday;
/* plan->holiday_name, and the holidays (plan->n_holiday_name) behind it in the same order. */
NORN_CHECKED norn_status norni_prophet_holidays(norni_arena *arena, const char *country,
                                                const norni_prophet_design *design,
                                                norni_prophet_plan *plan,
                                                const norni_prophet_holiday **out, norn_err *err);
/* Ones into the columns of holidays, which are zero: x (plan->n_column) columns of (design->n). */
NORN_CHECKED norn_status norni_prophet_holiday_features(norni_arena *arena,
                                                        const norni_prophet_plan *plan,
                                                        const norni_prophet_design *design,
                                                        double *const *x, norn_err *err);
/* plan->column. */
NORN_CHECKED norn_status norni_prophet_columns(norni_arena *arena,
                                               const norni_prophet_holiday *holiday,
                                               norni_prophet_plan *plan, norn_err *err);
/* All of a plan and the scaled rows of its design, without features. */
NORN_CHECKED norn_status norni_prophet_plan_bare(norni_arena *arena, const norni_prophet_spec *spec,
                                                 const norni_prophet_rows *rows,
                                                 norni_prophet_plan *plan,
                                                 norni_prophet_design *design,
                                                 norni_prophet_note *note, norn_err *err);
/* The same of a design to predict. */
NORN_CHECKED norn_status norni_prophet_design_bare(norni_arena *arena,
                                                   const norni_prophet_plan *plan,
                                                   const norni_prophet_rows *rows,
                                                   norni_prophet_design *design, norn_err *err);
/* Standardised values of regressor r into x (design->n). */
void norni_prophet_regressor_feature(const norni_prophet_rows *rows, const norni_prophet_plan *plan,
                                     size_t r, const norni_prophet_design *design, double *x);
/* Sine and cosine of each order of a season into x (2 order) columns of (n). turns (n): days since
 * 1970, times pi, times 2. */
NORN_CHECKED norn_status norni_prophet_fourier(const norni_poll *poll, const double *turns,
                                               size_t n, const norni_prophet_season *season,
                                               double *const *x, norn_err *err);
/* design->x. */
NORN_CHECKED norn_status norni_prophet_features(norni_arena *arena, const norni_poll *poll,
                                                const norni_prophet_plan *plan,
                                                const norni_prophet_rows *rows,
                                                norni_prophet_design *design, norn_err *err);

#endif
