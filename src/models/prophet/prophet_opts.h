/* The options of the model "prophet" in specs, and what they ask of Prophet for one series. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_OPTS_H
#define NORNI_PROPHET_OPTS_H

#include "models/model.h"
#include "models/prophet/prophet_types.h"

typedef struct norni_prophet_opt {
    int32_t growth; /* norni_prophet_growth */
    int32_t n_changepoints;
    double changepoint_range, changepoint_prior;
    const char *change_at; /* "2015-01-01;2016-03-01" or NULL */
    const char *yearly, *weekly, *daily;
    const char *seasonalities; /* "monthly:30.5:5;term:7:3:::school" or NULL */
    int32_t multiplicative;    /* 0, 1 */
    double seasonality_prior;
    const char *country;   /* or NULL */
    int32_t holidays_mode; /* 0: as the seasonalities, 1 additive, 2 multiplicative */
    double holidays_prior;
    const char *cap, *floor; /* a number or a column's name, or NULL */
    int32_t scaling;         /* 0 absmax, 1 minmax */
    int32_t uncertainty_samples;
    int32_t paths;    /* norni_prophet_ahead */
    const char *freq; /* of a series without dates, or NULL */
    bool uncertain;   /* parameter_uncertainty */
} norni_prophet_opt;

enum { NORNI_PROPHET_OPT_ROWS = 21 };
extern const norni_param norni_prophet_opt_rows[NORNI_PROPHET_OPT_ROWS];

/* Reads every text among the options, without any series. */
NORN_CHECKED norn_status norni_prophet_opt_check(const norni_prophet_opt *o, norn_err *err);

/* The same of names alone: each is free, among those of the user's holidays (NULL: none) too. */
NORN_CHECKED norn_status norni_prophet_opt_names(const norni_prophet_opt *o,
                                                 const norni_holidays *h, norn_err *err);

/* What `names` (n), the columns that the series will have beside y, leave to be wished: NORN_E_ARG where
 * a limit is none of them. flag: the option that brings columns. */
NORN_CHECKED norn_status norni_prophet_opt_columns(const norni_prophet_opt *o,
                                                   const norni_str *names, size_t n,
                                                   const char *flag, norn_err *err);

/* Where a limit of logistic growth comes from. */
typedef struct norni_prophet_limit {
    int32_t column; /* of the series, or -1 */
    double value;   /* without a column; NaN: there is none */
} norni_prophet_limit;

/* Which of a series' columns is what. */
typedef struct norni_prophet_use {
    norni_prophet_limit cap, floor;
    size_t n_x;
    const norni_str *name; /* (n_x) of the regressors and conditions */
    const size_t *column;  /* (n_x) their columns of the series */
} norni_prophet_use;

/* Both live in the arena and borrow from the options and the series. */
NORN_CHECKED norn_status norni_prophet_opt_spec(norni_arena *arena, const norni_prophet_opt *o,
                                                const norni_series *s, norni_prophet_spec *spec,
                                                norni_prophet_use *use, norn_err *err);

#endif
