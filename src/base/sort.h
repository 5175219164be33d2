/* Stable sorting: equal keys keep their order, so that no result depends on the sorter. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SORT_H
#define NORNI_SORT_H

#include <stddef.h>
#include <stdint.h>

typedef int (*norni_cmp_fn)(const void *arg, size_t a,
                            size_t b); /* compares elements a and b by index */

/* Sorts index (n) by cmp, stably (bottom-up merge sort); scratch (n) is the caller's. */
void norni_sort_index(size_t *index, size_t n, norni_cmp_fn cmp, const void *arg, size_t *scratch);
/* Sorts doubles ascending, NaN last; in place. */
void norni_sort_doubles(double *x, size_t n);

#endif
