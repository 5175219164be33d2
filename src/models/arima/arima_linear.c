/* Small dense systems. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "models/arima/arima_work.h"

bool arima_cholesky(double *a, size_t n) {
    for (size_t j = 0; j < n; j++) {
        for (size_t i = j; i < n; i++) {
            double s = a[i * n + j];
            for (size_t l = 0; l < j; l++)
                s -= a[i * n + l] * a[j * n + l];
            if (i > j) {
                a[i * n + j] = s / a[j * n + j];
            } else {
                if (!(s > 0)) return false;
                a[j * n + j] = sqrt(s);
            }
        }
    }
    return true;
}

void arima_cholesky_solve(const double *a, size_t n, double *x) {
    for (size_t i = 0; i < n; i++) {
        for (size_t l = 0; l < i; l++)
            x[i] -= a[i * n + l] * x[l];
        x[i] /= a[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t l = i + 1; l < n; l++)
            x[i] -= a[l * n + i] * x[l];
        x[i] /= a[i * n + i];
    }
}
