/* Rolling-origin cut-offs of one series: where training ends and what it begins with. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SPLITS_H
#define NORNI_SPLITS_H

#include <stddef.h>

/* Windows of `horizon` periods, counted from the end of the series: the last one ends with it, each
 * earlier one `step` periods before. */
typedef struct norni_splits {
    size_t horizon, n_windows, step; /* each >= 1 */
    size_t
        sliding;  /* a training set holds the last `sliding` periods at most; 0: all (expanding) */
    size_t least; /* periods that a training set must have, >= 1 */
} norni_splits;

/* Windows that a series of n periods affords, 0 to n_windows. When they are fewer, the oldest are
 * left out. */
size_t norni_splits_count(const norni_splits *s, size_t n);
/* Periods before window k's cut-off; k in [0, norni_splits_count), the oldest first. */
size_t norni_splits_cutoff(const norni_splits *s, size_t n, size_t k);
/* First period of the training set that ends at the cut-off. */
size_t norni_splits_begin(const norni_splits *s, size_t cutoff);
/* Periods that n_windows windows need. Saturates. */
size_t norni_splits_need(const norni_splits *s, size_t n_windows);

#endif
