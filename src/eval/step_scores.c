/* Accuracy of forecasts of one target, over its origins or at one step, as plain kernels. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/step_scores.h"

#include <math.h>
#include <stdbool.h>

#include "base/fp.h"
#include "eval/metrics.h"

/* Actuals that vary by less than this share of their size do not vary: it is their mean's rounding. */
static const double ROUNDING = 1e-12;

/* Mean of y over its pairs. */
static double mean_of(const double *y, size_t n, size_t *count) {
    double sum = 0;
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(y[i])) continue;
        sum += y[i];
        ++*count;
    }
    return sum / (double)*count;
}

static double accuracy_of(double mape) {
    if (isnan(mape)) return mape;
    return mape > 100 ? 0 : 100 - mape;
}

size_t norni_step_scores(const double *y, const double *f, size_t n, double scale,
                         double out[NORNI_STEP_SCORES]) {
    size_t count;
    double squares = 0, about = 0, worst = 0, size = 0;
    bool silent = false;
    const double mean = mean_of(y, n, &count);
    for (size_t i = 0; i < NORNI_STEP_SCORES; i++)
        out[i] = NORNI_NAN;
    for (size_t i = 0; i < n; i++) {
        if (isnan(y[i])) continue;
        const double e = y[i] - f[i];
        silent = silent || isnan(f[i]);
        squares += e * e;
        about += (y[i] - mean) * (y[i] - mean);
        if (fabs(e) > worst) worst = fabs(e);
        if (fabs(y[i]) > size) size = fabs(y[i]);
    }
    if (count == 0 || silent) return count;
    out[NORNI_STEP_MSE] = squares / (double)count;
    out[NORNI_STEP_MAE] = norni_mae(y, f, n);
    out[NORNI_STEP_RMSE] = sqrt(out[NORNI_STEP_MSE]);
    out[NORNI_STEP_RMAE] = sqrt(out[NORNI_STEP_MAE]);
    if (sqrt(about / (double)count) > ROUNDING * size) out[NORNI_STEP_R2] = 1 - squares / about;
    out[NORNI_STEP_MAPE] = norni_mape(y, f, n);
    out[NORNI_STEP_ACCURACY] = accuracy_of(out[NORNI_STEP_MAPE]);
    out[NORNI_STEP_MAX_ERROR] = worst;
    if (scale > 0) {
        out[NORNI_STEP_SCALED_MSE] = out[NORNI_STEP_MSE] / scale / scale;
        out[NORNI_STEP_SCALED_MAE] = out[NORNI_STEP_MAE] / scale;
    }
    return count;
}
