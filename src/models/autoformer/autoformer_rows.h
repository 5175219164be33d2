/* Row operations of the network behind one table for each precision. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_AUTOFORMER_ROWS_H
#define NORNI_AUTOFORMER_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most lags that an auto-correlation may gather. */
enum { NORNI_AUTOFORMER_LAGS = 64 };

/* Members are described where they are made, in autoformer_rows_body.h. */
#define AUTOFORMER_ROWS(REAL, ADAM, ROWS)                                                          \
    typedef struct ADAM {                                                                          \
        REAL *w, *m, *v;          /* (weights) */                                                  \
        const REAL *const *slope; /* (n_parts) of (weights) */                                     \
        size_t n_parts;                                                                            \
        double rate, root; /* rate / (1 - .9^t), 1 / sqrt(1 - .999^t) */                           \
    } ADAM;                                                                                        \
    typedef struct ROWS {                                                                          \
        void (*add)(REAL * x, const REAL *y, size_t n);                                            \
        void (*times)(REAL * x, const REAL *y, size_t n);                                          \
        void (*bias)(REAL * x, size_t rows, size_t n, size_t ld, const REAL *bias);                \
        void (*sum_rows)(const REAL *x, size_t rows, size_t n, size_t ld, REAL *out);              \
        void (*split)(const REAL *s, size_t len, size_t d, size_t window, REAL *rest, REAL *trend, \
                      bool add, double *sum);                                                      \
        void (*split_back)(const REAL *drest, const REAL *dtrend, size_t len, size_t d,            \
                           size_t window, REAL *ds, double *sum);                                  \
        void (*gather)(const REAL *in, size_t ld_in, size_t n_in, size_t len, size_t d,            \
                       const size_t *shift, const REAL *weight, size_t n, REAL *out,               \
                       size_t ld_out, size_t n_out);                                               \
        void (*gather_back)(const REAL *dout, size_t d, const REAL *in, size_t ld_in, size_t n_in, \
                            size_t len, const size_t *shift, size_t n, REAL *out);                 \
        void (*diagonals)(const REAL *s, size_t n, size_t len, REAL scale, REAL *out);             \
        void (*norm)(const REAL *x, size_t len, size_t d, const REAL *gamma, REAL *hat,            \
                     REAL *inverse, REAL *out, REAL *mean);                                        \
        void (*norm_back)(const REAL *dy, size_t len, size_t d, const REAL *gamma,                 \
                          const REAL *hat, const REAL *inverse, REAL *dx, REAL *dgamma,            \
                          REAL *mean);                                                             \
        void (*gelu)(const REAL *x, size_t n, REAL *out, REAL *slope);                             \
        void (*drop)(REAL * x, size_t n, const uint32_t key[4], uint32_t site, uint32_t below,     \
                     REAL scale);                                                                  \
        void (*adam)(const ADAM *a, size_t from, size_t to);                                       \
    } ROWS;
AUTOFORMER_ROWS(float, autoformer32_adam_arg, autoformer32_rows)
AUTOFORMER_ROWS(double, autoformer64_adam_arg, autoformer64_rows)
#undef AUTOFORMER_ROWS

/* widest: 0 any machine, 1 AVX2, 2 AVX-512; the same bits from each. */
const autoformer32_rows *autoformer32_rows_get(int widest);
const autoformer64_rows *autoformer64_rows_get(int widest);

#endif
