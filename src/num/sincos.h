/* Sines and cosines of whole arrays, with the same bits on every machine. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SINCOS_H
#define NORNI_SINCOS_H

#include <stddef.h>

/* The instruction sets that may be used; the bits are the same with each. */
enum { NORNI_SINCOS_BASE, NORNI_SINCOS_AVX2, NORNI_SINCOS_AVX512 };

/* sine[i] = sin x[i], cosine[i] = cos x[i] to below 1 ulp; all (n), none overlaps another. NaN where
 * |x| > 2^30, as norni_sin. */
void norni_sincos(const double *x, size_t n, double *sine, double *cosine);
/* The same with an instruction set at most `cap`: for the tests. */
void norni_sincos_capped(int cap, const double *x, size_t n, double *sine, double *cosine);

#endif
