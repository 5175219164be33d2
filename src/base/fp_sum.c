/* Sums of fixed order, moments, and the bits that files carry. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/fp.h"

double norni_sum_tree(const double *x, size_t n) {
    if (n <= 8) {
        double s = 0;
        for (size_t i = 0; i < n; i++)
            s += x[i];
        return s;
    }
    size_t half = 8;
    while (2 * half < n)
        half *= 2;
    return norni_sum_tree(x, half) + norni_sum_tree(x + half, n - half);
}

size_t norni_mean_var(const double *x, size_t n, size_t ddof, double *mean, double *var) {
    norni_sum sum = {0, 0}, squares = {0, 0};
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (x[i] != x[i]) continue;
        sum = norni_sum_add(sum, x[i]);
        count++;
    }
    *mean = count ? norni_sum_get(sum) / (double)count : NORNI_NAN;
    for (size_t i = 0; i < n; i++) {
        if (x[i] == x[i]) squares = norni_sum_add(squares, (x[i] - *mean) * (x[i] - *mean));
    }
    *var = count > ddof ? norni_sum_get(squares) / (double)(count - ddof) : NORNI_NAN;
    return count;
}

double norni_canonical(double x) {
    if (x == x) return x == 0 ? 0.0 : x;
    const uint64_t bits = UINT64_C(0x7FF8000000000000);
    memcpy(&x, &bits, sizeof x);
    return x;
}
