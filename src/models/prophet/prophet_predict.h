/* Predictions of a fitted Prophet: trend, components, draws and intervals. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PROPHET_PREDICT_H
#define NORNI_PROPHET_PREDICT_H

#include "models/prophet/prophet_types.h"

/* All that predictions need of a fit; borrowed. */
struct norni_prophet_spread;
typedef struct norni_prophet_fitted {
    const norni_prophet_plan *plan;
    const norni_prophet_fit *fit;
    double mean_step; /* of t between rows of the history with y (1 / (rows - 1)): the step of the
                         trend's changes where only one row lies in the future */
    const struct norni_prophet_spread
        *spread; /* the estimates' own uncertainty (prophet_spread.h); NULL: taken as certain */
} norni_prophet_fitted;

/* One component: a seasonality, a holiday, a regressor, or one of the totals "holidays",
 * "extra_regressors_additive", "extra_regressors_multiplicative", "additive_terms" and
 * "multiplicative_terms". */
typedef struct norni_prophet_component {
    norni_str name;
    bool multiplicative; /* a share of the trend; else in units of y */
    const double *value; /* (n) */
    const double *sd; /* (n) from the estimates' uncertainty, in the unit of value; NULL: certain */
} norni_prophet_component;

/* yhat = trend (1 + multiplicative) + additive. */
typedef struct norni_prophet_parts {
    size_t n;
    const double *trend, *yhat; /* (n) in units of y */
    const double *additive,
        *multiplicative;              /* (n) the two totals: units of y; share of the trend */
    const double *trend_sd, *yhat_sd; /* (n) from the estimates' uncertainty alone; NULL: certain */
    size_t n_component;               /* 0 unless asked for */
    const norni_prophet_component
        *component; /* in the order of Prophet's predict(): by the bytes of
                                                 their names; a total without columns comes last */
} norni_prophet_parts;

/* Everything but the draws about the rows of `design` (of norni_prophet_design_make). In the arena. */
NORN_CHECKED norn_status norni_prophet_parts_make(norni_arena *arena, const norni_poll *poll,
                                                  const norni_prophet_fitted *fitted,
                                                  const norni_prophet_design *design,
                                                  bool components, norni_prophet_parts *out,
                                                  norn_err *err);

/* How the trend may go on. */
typedef enum norni_prophet_ahead {
    NORNI_PROPHET_STEPS,   /* Python's default: a change or none at each row behind the history */
    NORNI_PROPHET_POISSON, /* R's, and Python's vectorized=False: changes at any time behind it */
    NORNI_PROPHET_EXACT,   /* STEPS without draws, where its distribution is known (linear and flat
                              growth); else as STEPS */
} norni_prophet_ahead;

typedef struct norni_prophet_draws {
    norni_prophet_ahead ahead;
    size_t n;            /* draws; draw k is the same however many there are */
    uint64_t seed, item; /* key of the random stream */
    size_t skip; /* rows at the front that are only walked over: norni_prophet_draw gives the
                            others */
} norni_prophet_draws;

/* Draws of the trend and of y, (design->n - draws->skip, draws->n) row-major, given; either may be NULL. EXACT is
 * drawn as STEPS. */
NORN_CHECKED norn_status norni_prophet_draw(norni_arena *arena, const norni_poll *poll,
                                            const norni_prophet_fitted *fitted,
                                            const norni_prophet_design *design,
                                            const norni_prophet_parts *parts,
                                            const norni_prophet_draws *draws, double *trend,
                                            double *yhat, norn_err *err);

/* (n) each, given; any may be NULL. */
typedef struct norni_prophet_bounds {
    double *yhat_lower, *yhat_upper, *trend_lower, *trend_upper;
} norni_prophet_bounds;

/* Bounds of the central interval that holds `width` (in [0, 1]) of the draws (quantiles as numpy's,
 * linear) or, EXACT, of the distribution. Of draws, the same bits as from norni_prophet_draw. */
NORN_CHECKED norn_status norni_prophet_intervals(norni_arena *arena, const norni_poll *poll,
                                                 const norni_prophet_fitted *fitted,
                                                 const norni_prophet_design *design,
                                                 const norni_prophet_parts *parts,
                                                 const norni_prophet_draws *draws, double width,
                                                 const norni_prophet_bounds *out, norn_err *err);

/* Standard deviations of the trend and of y (n) in STEPS' or POISSON's distribution, in closed form;
 * either may be NULL. The means are parts' trend and yhat. false: growth is logistic and rows lie
 * behind the history, where there is no closed form. EXACT: as STEPS. */
bool norni_prophet_moments(const norni_prophet_fitted *fitted, const norni_prophet_design *design,
                           const norni_prophet_parts *parts, norni_prophet_ahead ahead,
                           double *trend_sd, double *yhat_sd);

#endif
