/* Exponential smoothing as state space models: forms, likelihood at given states, the models of the
 * house. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ETS_H
#define NORNI_ETS_H

#include "models/model.h"

typedef enum norni_ets_part { NORNI_ETS_NONE, NORNI_ETS_ADD, NORNI_ETS_MUL } norni_ets_part;

/* ETS(error, trend, season); `damped` only with a trend. error is ADD or MUL. */
typedef struct norni_ets_form {
    norni_ets_part error, trend, season;
    bool damped;
} norni_ets_form;

typedef struct norni_ets_param {
    double alpha, beta, gamma,
        phi; /* beta 0 without trend, gamma 0 without season, phi 1 undamped */
} norni_ets_param;

/* What the one-step recursions give. loglik and the rest follow R: -n/2 log SSE (- sum log|f|), no
 * constants. */
typedef struct norni_ets_fitness {
    size_t n_obs; /* observed points */
    double sse;   /* sum of squared innovations, relative ones under multiplicative errors */
    double log_f; /* sum of log|f| over observed points, 0 under additive errors */
    double loglik;
} norni_ets_fitness;

/* Runs the recursions over y (n, NaN = missing: innovation 0) with season length m (1 = none).
 * `states` is level, [trend], [m seasonal states, newest first, as R's]: (1 + trend + m); on return
 * the states after the last point. fitted (n) may be NULL. false: a forecast hit a pole. */
bool norni_ets_loglik(norni_ets_form form, size_t m, const norni_ets_param *par, double *states,
                      const double *y, size_t n, double *fitted, norni_ets_fitness *out);

/* Means (h) and, when var is not NULL, variances (h) ahead of `states`. false: the form has no
 * closed form (multiplicative trend, or a multiplicative season under additive errors); mean is
 * then the point forecast and var is untouched. scratch (3h). */
bool norni_ets_ahead(norni_ets_form form, size_t m, const norni_ets_param *par,
                     const double *states, double sigma2, size_t h, double *mean, double *var,
                     double *scratch);

/* Stable and invertible in the sense of Hyndman, Akram and Archibald (2008). */
bool norni_ets_admissible(norni_ets_form form, size_t m, const norni_ets_param *par);

extern const norni_model norni_model_ets;
extern const norni_model norni_model_auto_ets;
extern const norni_model norni_model_ses;
extern const norni_model norni_model_holt;
extern const norni_model norni_model_holt_winters;

#endif
