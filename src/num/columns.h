/* Products of many columns: with each other, with a vector, over stretches of rows; in lanes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_COLUMNS_H
#define NORNI_COLUMNS_H

#include "base/arena.h"
#include "base/poll.h"

/* Sums run over eight lanes (row i goes to lane i % 8, counted from the first row of a block or
 * stretch), which a fixed tree joins: the bits are the same on every machine. */
enum { NORNI_COLUMNS_BLOCK = 256 };
typedef enum norni_columns_simd {
    NORNI_COLUMNS_PLAIN,
    NORNI_COLUMNS_AVX2,
    NORNI_COLUMNS_AVX512,
} norni_columns_simd;

/* What a caller holds: the widest kernel to use (tests), NORNI_COLUMNS_AVX512 otherwise. */
typedef struct norni_columns_kernel {
    const char *name;
    /* sum (p, p) += products of columns [first, last) of a packed block (p padded to 4,
     * NORNI_COLUMNS_BLOCK) with those before and with themselves, on and below the diagonal, over
     * `rows` rows (a multiple of 8); `first` is a multiple of 4. */
    void (*gram)(const double *pack, size_t rows, size_t first, size_t last, size_t p, double *sum);
    /* out (p): products of columns of n rows with y */
    void (*dot)(const double *const *x, size_t p, size_t n, const double *y, double *out);
    /* y (n) -= sum coef_j x_j */
    void (*take)(const double *const *x, size_t p, size_t n, const double *coef, double *y);
    /* over rows [0, n): sums of x and of w x */
    void (*stretch)(const double *x, const double *w, size_t n, double *sum, double *weighted);
    /* t (n) -= sum of eight rows c_k r_k, r_k at r + k * ld */
    void (*eight)(double *t, const double *r, size_t ld, const double *c, size_t n);
} norni_columns_kernel;

const norni_columns_kernel *norni_columns_kernel_get(norni_columns_simd widest);

/* xx (p, p) += scale_i scale_j times products of rows [from, to) of columns x (p), full and
 * symmetric; `from` is a multiple of NORNI_COLUMNS_BLOCK. Errors: NORN_E_MEM, NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_columns_gram(norni_arena *arena, const norni_poll *poll,
                                            const double *const *x, const double *scale, size_t p,
                                            size_t from, size_t to, double *xx, norn_err *err);

#endif
