/* One pass over a series with exact derivatives in all directions: the kernel's interface. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_ETS_PASS_H
#define NORNI_ETS_PASS_H

#include "base/poll.h"
#include "models/ets/ets.h"

/* Directions live in lanes: vectors of 8 doubles, at most ETS_MAX_VEC of them. */
enum { ETS_PIECE = 8192 }; /* steps between two questions whether to stop */
enum { ETS_LANES = 8, ETS_MAX_VEC = 9, ETS_MAX_DIR = ETS_LANES * ETS_MAX_VEC };
enum { ETS_ALPHA, ETS_BETA, ETS_GAMMA, ETS_PHI, ETS_N_SMOOTH };

typedef struct ets_pass {
    norni_ets_form form;
    size_t m, n, n_vec;
    const double *y;         /* (n), NaN = missing */
    int lane[ETS_N_SMOOTH];  /* lane (< 8) of alpha, beta, gamma, phi; -1 = not a direction */
    norni_ets_param par;     /* in */
    double level, trend;     /* in: starts */
    double *season;          /* (m) in time order: start of period t % m; destroyed */
    const double *level_dir; /* (8 n_vec) tangents of the starts */
    const double *trend_dir; /* (8 n_vec) */
    double *season_dir;      /* (m, 8 n_vec) tangents of the seasonal starts; destroyed */
    double *rows;            /* out (n, 8 n_vec): minus the derivatives of the innovations */
    double *grad;            /* out (8 n_vec): sum of row * innovation */
    double *dlog;            /* out (8 n_vec): sum of derivatives of log|f| */
    const norni_poll *poll;  /* or NULL; told to stop, the pass fails */
    double sse, log_f;       /* out; log_f without the factor 2, 0 under additive errors */
} ets_pass;

typedef struct ets_kernel {
    const char *name;
    bool (*pass)(ets_pass *p); /* false: a pole or an overflow */
    /* Adds to out (8 n_vec, 8 n_vec), rows i < n_dir, columns j >= i: sum over t of rows[t][i]
     * rows[t][j]; the same bits in one call or in pieces */
    void (*gram)(const double *rows, size_t n, size_t n_dir, size_t n_vec, double *out);
} ets_kernel;

/* The best kernel this machine runs, not above `cap` (0 baseline, 1 AVX2, 2 AVX-512). All give the
 * same bits. */
enum { ETS_SIMD_BASE, ETS_SIMD_AVX2, ETS_SIMD_AVX512 };
const ets_kernel *ets_kernel_get(int cap);

#endif
