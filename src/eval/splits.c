/* Rolling-origin cut-offs of one series: where training ends and what it begins with. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Tashman (2000), "Out-of-sample tests of forecasting accuracy", Int. J. Forecasting 16. */
#include "eval/splits.h"

#include <stdint.h>

size_t norni_splits_need(const norni_splits *s, size_t n_windows) {
    size_t back, need;
    if (n_windows == 0) return 0;
    if (__builtin_mul_overflow(n_windows - 1, s->step, &back)) return SIZE_MAX;
    if (__builtin_add_overflow(back, s->horizon, &need)) return SIZE_MAX;
    if (__builtin_add_overflow(need, s->least, &need)) return SIZE_MAX;
    return need;
}

size_t norni_splits_count(const norni_splits *s, size_t n) {
    const size_t one = norni_splits_need(s, 1);
    if (n < one) return 0;
    const size_t most = (n - one) / s->step + 1;
    return most < s->n_windows ? most : s->n_windows;
}

size_t norni_splits_cutoff(const norni_splits *s, size_t n, size_t k) {
    const size_t behind = norni_splits_count(s, n) - 1 - k;
    return n - s->horizon - behind * s->step;
}

size_t norni_splits_begin(const norni_splits *s, size_t cutoff) {
    return s->sliding > 0 && s->sliding < cutoff ? cutoff - s->sliding : 0;
}
