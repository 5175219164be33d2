/* Accuracy measures of one series' forecast, as plain kernels. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: Makridakis, Spiliotis, Assimakopoulos (2020), "The M4 competition", Int. J. Forecasting
 * 36 (sMAPE, MASE, OWA, MSIS); Hyndman and Koehler (2006) (MASE); Gneiting and Raftery (2007)
 * (interval score, pinball loss); Makridakis, Spiliotis, Assimakopoulos (2022), "The M5 competition:
 * background, organization, and implementation", Int. J. Forecasting 38 (RMSSE, WRMSSE, SPL, WSPL). */
#include "eval/metrics.h"

#include <math.h>
#include <stdbool.h>

#include "base/fp.h"

/* A sum that remembers how much went in. */
typedef struct tally {
    norni_sum sum;
    size_t n;
} tally;

static void tally_add(tally *t, double x) {
    t->sum = norni_sum_add(t->sum, x);
    t->n++;
}

static double tally_mean(const tally *t) {
    return t->n ? norni_sum_get(t->sum) / (double)t->n : NORNI_NAN;
}

double norni_smape(const double *y, const double *f, size_t n) {
    tally t = {0};
    for (size_t i = 0; i < n; i++) {
        if (isnan(y[i])) continue;
        /* Halves first: |y|+|f| may overflow where the measure does not. */
        const double size = 0.5 * fabs(y[i]) + 0.5 * fabs(f[i]),
                     miss = fabs(0.5 * y[i] - 0.5 * f[i]);
        tally_add(&t, size > 0 ? 200 * (miss / size) : size);
    }
    return tally_mean(&t);
}

double norni_mae(const double *y, const double *f, size_t n) {
    tally t = {0};
    for (size_t i = 0; i < n; i++) {
        if (!isnan(y[i])) tally_add(&t, fabs(y[i] - f[i]));
    }
    return tally_mean(&t);
}

double norni_rmse(const double *y, const double *f, size_t n) {
    double largest = 0;
    tally t = {0};
    for (size_t i = 0; i < n; i++) {
        const double miss = fabs(y[i] - f[i]);
        if (miss > largest) largest = miss;
    }
    /* By the largest miss, so that squares neither overflow nor vanish. */
    const double unit = largest > 0 && !isinf(largest) ? largest : 1;
    for (size_t i = 0; i < n; i++) {
        const double miss = (y[i] - f[i]) / unit;
        if (!isnan(y[i])) tally_add(&t, miss * miss);
    }
    return unit * sqrt(tally_mean(&t));
}

double norni_mape(const double *y, const double *f, size_t n) {
    tally t = {0};
    for (size_t i = 0; i < n; i++) {
        if (!isnan(y[i]) && y[i] != 0) tally_add(&t, 100 * fabs((y[i] - f[i]) / y[i]));
    }
    return tally_mean(&t);
}

double norni_mase(const double *y, const double *f, size_t n, double scale) {
    return scale > 0 ? norni_mae(y, f, n) / scale : NORNI_NAN;
}

double norni_mase_scale(const double *y, size_t n, size_t m) {
    tally t = {0};
    for (size_t i = m; i < n; i++) {
        const double step = fabs(y[i] - y[i - m]);
        if (!isnan(step)) tally_add(&t, step);
    }
    return tally_mean(&t);
}

double norni_msis(const double *y, const double *lo, const double *hi, size_t n, double level,
                  double scale) {
    const double penalty = 2 / (1 - level / 100);
    tally t = {0};
    for (size_t i = 0; i < n; i++) {
        if (isnan(y[i])) continue;
        double score = hi[i] - lo[i];
        if (y[i] < lo[i]) score += penalty * (lo[i] - y[i]);
        if (y[i] > hi[i]) score += penalty * (y[i] - hi[i]);
        tally_add(&t, score);
    }
    return scale > 0 ? tally_mean(&t) / scale : NORNI_NAN;
}

double norni_pinball(const double *y, const double *q, size_t n, double p) {
    tally t = {0};
    for (size_t i = 0; i < n; i++) {
        if (isnan(y[i])) continue;
        const double miss = y[i] - q[i];
        tally_add(&t, miss >= 0 ? p * miss : (p - 1) * miss);
    }
    return tally_mean(&t);
}

double norni_coverage(const double *y, const double *lo, const double *hi, size_t n) {
    tally t = {0};
    for (size_t i = 0; i < n; i++) {
        if (isnan(y[i])) continue;
        const bool known = !isnan(lo[i]) && !isnan(hi[i]);
        tally_add(&t, known ? (y[i] >= lo[i] && y[i] <= hi[i] ? 1 : 0) : NORNI_NAN);
    }
    return tally_mean(&t);
}

size_t norni_first_demand(const double *y, size_t n) {
    size_t t = 0;
    while (t < n && !(fabs(y[t]) > 0))
        t++;
    return t;
}

double norni_rmsse_scale(const double *y, size_t n) {
    /* As in norni_rmse; but here either end of a pair may be missing. */
    double largest = 0;
    tally t = {0};
    for (size_t i = 1; i < n; i++) {
        const double step = fabs(y[i] - y[i - 1]);
        if (step > largest) largest = step;
    }
    const double unit = largest > 0 && !isinf(largest) ? largest : 1;
    for (size_t i = 1; i < n; i++) {
        const double step = (y[i] - y[i - 1]) / unit;
        if (!isnan(step)) tally_add(&t, step * step);
    }
    return unit * sqrt(tally_mean(&t));
}

double norni_rmsse(const double *y, const double *f, size_t n, double scale) {
    return scale > 0 ? norni_rmse(y, f, n) / scale : NORNI_NAN;
}

double norni_scaled_pinball(const double *y, const double *q, size_t n, const double *p, size_t n_q,
                            double scale) {
    tally t = {0};
    for (size_t k = 0; k < n_q; k++)
        tally_add(&t, norni_pinball(y, q + k * n, n, p[k]));
    return scale > 0 ? tally_mean(&t) / scale : NORNI_NAN;
}

double norni_weighted_mean(const double *x, const double *w, size_t n) {
    norni_sum top = {0, 0}, weight = {0, 0};
    for (size_t i = 0; i < n; i++) {
        if (w[i] == 0) continue;
        top = norni_sum_add(top, w[i] * x[i]);
        weight = norni_sum_add(weight, w[i]);
    }
    return norni_sum_get(top) / norni_sum_get(weight);
}

double norni_owa(double smape, double mase, double naive2_smape, double naive2_mase) {
    return 0.5 * (smape / naive2_smape + mase / naive2_mase);
}
