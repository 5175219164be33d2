/* The k-th smallest of many numbers, without sorting them all. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Hoare, "Algorithm 65: Find", 1961. */
#include "num/select_rank.h"

void norni_select_rank(double *x, size_t n, size_t k) {
    size_t lo = 0, hi = n - 1;
    while (lo < hi) {
        const double pivot = x[lo + (hi - lo) / 2];
        size_t i = lo, j = hi;
        for (;;) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i >= j) break;
            const double swap = x[i];
            x[i++] = x[j];
            x[j--] = swap;
        }
        if (k <= j) /* all of [lo, j] <= pivot <= all of (j, hi] */
            hi = j;
        else
            lo = j + 1;
    }
}
