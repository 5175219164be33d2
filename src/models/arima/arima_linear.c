/* Small dense systems and dot products of fixed summation order. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "models/arima/arima_work.h"

typedef double lanes __attribute__((vector_size(32)));

/* Eight partial sums, whatever the machine's vectors hold. */
double arima_dot(const double *a, const double *b, size_t n) {
    lanes s0 = {0, 0, 0, 0}, s1 = {0, 0, 0, 0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        lanes x0, x1, y0, y1;
        memcpy(&x0, a + i, sizeof x0);
        memcpy(&x1, a + i + 4, sizeof x1);
        memcpy(&y0, b + i, sizeof y0);
        memcpy(&y1, b + i + 4, sizeof y1);
        s0 += x0 * y0;
        s1 += x1 * y1;
    }
    s0 += s1;
    double s = (s0[0] + s0[2]) + (s0[1] + s0[3]);
    for (; i < n; i++)
        s += a[i] * b[i];
    return s;
}

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
