/* Fences by quartiles, modified z and Grubbs' test: values that stand apart from the others. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Tukey 1977, Exploratory Data Analysis (fences). Iglewicz, Hoaglin 1993, How to Detect and Handle
 * Outliers (modified z: 0.6745 |x - median| / MAD). Grubbs 1969, Technometrics 11: G = max |x - mean| / s
 * against (n - 1) / sqrt(n) sqrt(t^2 / (n - 2 + t^2)), t the upper alpha / (2n) point with n - 2 degrees. */
#include "num/outliers.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/sort.h"
#include "num/beta.h"

double norni_sorted_quantile(const double *x, size_t n, double q) {
    const double at = q * (double)(n - 1);
    const size_t i = (size_t)at;
    if (i + 1 >= n) return x[n - 1];
    return x[i] + (at - (double)i) * (x[i + 1] - x[i]);
}

double norni_median(const double *x, size_t n, double *scratch) {
    memcpy(scratch, x, n * sizeof *x);
    norni_sort_doubles(scratch, n);
    return norni_sorted_quantile(scratch, n, 0.5);
}

void norni_iqr_outliers(const double *x, size_t n, double k, bool *out, double *scratch) {
    if (n == 0) return;
    memcpy(scratch, x, n * sizeof *x);
    norni_sort_doubles(scratch, n);
    const double q1 = norni_sorted_quantile(scratch, n, 0.25),
                 q3 = norni_sorted_quantile(scratch, n, 0.75), room = k * (q3 - q1);
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] < q1 - room || x[i] > q3 + room;
}

void norni_modified_z_outliers(const double *x, size_t n, double most, bool *out, double *scratch) {
    if (n == 0) return;
    const double median = norni_median(x, n, scratch);
    for (size_t i = 0; i < n; i++)
        scratch[i] = fabs(x[i] - median);
    norni_sort_doubles(scratch, n);
    const double mad = norni_sorted_quantile(scratch, n, 0.5);
    for (size_t i = 0; i < n; i++)
        out[i] = 0.6745 * fabs(x[i] - median) > most * mad;
}

double norni_grubbs_critical(size_t n, double alpha) {
    if (n < 3) return NORNI_INF;
    const double size = (double)n, t = norni_t_upper(alpha / (2 * size), size - 2);
    return (size - 1) / sqrt(size) * sqrt(t * t / (size - 2 + t * t));
}

void norni_grubbs_outliers(const double *x, size_t n, double alpha, size_t most, bool *out) {
    memset(out, 0, n * sizeof *out);
    for (size_t taken = 0; taken < most && n - taken >= 3; taken++) {
        const double count = (double)(n - taken);
        double mean = 0, squares = 0, far = -1;
        size_t worst = 0;
        for (size_t i = 0; i < n; i++)
            mean += out[i] ? 0 : x[i] / count;
        for (size_t i = 0; i < n; i++) {
            if (out[i]) continue;
            const double apart = fabs(x[i] - mean);
            squares += apart * apart;
            if (apart > far) far = apart, worst = i;
        }
        const double sd = sqrt(squares / (count - 1));
        if (!(far > norni_grubbs_critical(n - taken, alpha) * sd)) return;
        out[worst] = true;
    }
}
