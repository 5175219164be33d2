/* Accuracy of forecasts of one target, over its origins or at one step, as plain kernels. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_STEP_SCORES_H
#define NORNI_STEP_SCORES_H

#include <stddef.h>

/* The columns of a metrics table, in their order. */
#define NORNI_STEP_SCORE_NAMES \
    "mse", "mae", "rmse", "rmae", "r2", "mape", "accuracy", "max_error", "scaled_mse", "scaled_mae"
enum {
    NORNI_STEP_MSE,
    NORNI_STEP_MAE,
    NORNI_STEP_RMSE,
    NORNI_STEP_RMAE,     /* root of MAE */
    NORNI_STEP_R2,       /* 1 - sum of squared errors / sum of squares about the actuals' mean */
    NORNI_STEP_MAPE,     /* per cent, over y != 0 */
    NORNI_STEP_ACCURACY, /* 100 - MAPE, held in [0, 100] */
    NORNI_STEP_MAX_ERROR,
    NORNI_STEP_SCALED_MSE, /* of errors divided by `scale` */
    NORNI_STEP_SCALED_MAE,
    NORNI_STEP_SCORES
};

/* y, f (n): what happened and the forecast. A missing y leaves its pair out; a missing f makes every
 * measure NaN, so that no model gains by keeping silent. NaN too where nothing is left, for scaled
 * ones unless scale > 0, and R2 where the actuals vary by rounding alone. Returns the pairs counted. */
size_t norni_step_scores(const double *y, const double *f, size_t n, double scale,
                         double out[NORNI_STEP_SCORES]);

#endif
