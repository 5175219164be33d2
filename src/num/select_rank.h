/* The k-th smallest of many numbers, without sorting them all. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SELECT_RANK_H
#define NORNI_SELECT_RANK_H

#include <stddef.h>

/* Puts order statistic k of x (n, no NaN; k < n) at x[k], smaller ones before and larger ones behind it. */
void norni_select_rank(double *x, size_t n, size_t k);

#endif
