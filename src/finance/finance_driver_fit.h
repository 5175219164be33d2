/* Boosted trees on what profit is learned from: the fit, its Shapley values, and how it does out of fold. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_DRIVER_FIT_H
#define NORNI_FINANCE_DRIVER_FIT_H

#include "finance/finance_driver_rows.h"
#include "models/learner.h"

typedef struct norni_fin_driver_fit {
    const norni_learner *learner;
    void *opt, *state;
    norni_lesson *lesson; /* example i is forecast from its row i, one step ahead */
    norni_explanation why;
    char settings[96]; /* "gbdt(leaves=8,…)" */
} norni_fin_driver_fit;
static const norni_lesson_part NORNI_FIN_DRIVER_PART = {0, 1};

/* Fits to all examples and explains. All in env->arena. */
NORN_CHECKED norn_status norni_fin_driver_fit_make(norni_env *env, const norni_learner *learner,
                                                   const norni_fin_driver_rows *rows,
                                                   norni_fin_driver_fit *out, norn_err *err);
/* Share of profit's variance that five fits tell of the examples each has not seen (every fifth). */
NORN_CHECKED norn_status norni_fin_driver_r2(norni_env *env, const norni_fin_driver_fit *fit,
                                             const norni_fin_driver_rows *rows, double *r2,
                                             norn_err *err);

#endif
