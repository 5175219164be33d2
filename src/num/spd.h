/* Cholesky of large positive definite matrices by blocks, and many right-hand sides at once. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SPD_H
#define NORNI_SPD_H

#include "base/arena.h"
#include "base/poll.h"

/* The factor of a leading block is the leading block of the factor: one factorisation serves every
 * leading size. */
typedef struct norni_spd {
    size_t n;
    double *a;     /* (n, n) row-major: the lower factor on and below the diagonal */
    double *panel; /* (n, NORNI_SPD_BLOCK) */
    void *scratch; /* of products */
    const norni_poll *poll;
} norni_spd;
enum { NORNI_SPD_BLOCK = 64 };

/* Scratch for n rows, in the arena; s->a is the caller's to set. */
NORN_CHECKED norn_status norni_spd_init(norni_arena *arena, const norni_poll *poll, size_t n,
                                        norni_spd *s, norn_err *err);
/* Factors s->a in place; what stands above the diagonal is neither read nor written.
 * NORN_E_NUMERIC: not positive definite to rounding; NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_spd_factor(norni_spd *s, norn_err *err);
/* b (rows, m), row-major = L^-1 b, L'^-1 b of the leading `rows` rows. Stopped by poll: b is spoilt,
 * NORN_E_CANCEL. */
NORN_CHECKED norn_status norni_spd_forward(const norni_spd *s, size_t rows, double *b, size_t m,
                                           norn_err *err);
NORN_CHECKED norn_status norni_spd_backward(const norni_spd *s, size_t rows, double *b, size_t m,
                                            norn_err *err);

#endif
