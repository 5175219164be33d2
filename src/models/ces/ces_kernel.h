/* Eight settings of complex exponential smoothing filter a series side by side: the kernel. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CES_KERNEL_H
#define NORNI_CES_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

typedef enum ces_form { CES_NONE, CES_SIMPLE, CES_PARTIAL, CES_FULL } ces_form;

enum { CES_LANES = 8, CES_PARTS = 4 };

/* Rows of eight lanes. Under CES_SIMPLE every season has its own level and carry, in slot. */
typedef struct ces_lanes {
    ces_form form;
    size_t m;                                       /* season length; 1 under CES_NONE */
    _Alignas(64) double part[CES_PARTS][CES_LANES]; /* alpha_0, alpha_1, beta_0, beta_1 */
    _Alignas(64) double level[CES_LANES], carry[CES_LANES];
    double *slot; /* (m, 2, 8) of season t % m: its value, its carry (CES_PARTIAL: unused) */
    _Alignas(64) double sse[CES_LANES]; /* grows by the squares of what is seen */
} ces_lanes;

typedef struct ces_kernel {
    const char *name;
    /* Filters y[at], y[at + 1] ... (`back`: y[at], y[at - 1] ...), `count` values, NaN = missing;
     * innovations into e (count, 8; 0 where missing), may be NULL. */
    void (*run)(ces_lanes *p, const double *y, size_t at, size_t count, bool back, double *e);
    /* Moves the level `steps` periods on without innovations, and every season by one cycle under
     * CES_SIMPLE (which has no other level), under CES_FULL when `seasons`. */
    void (*coast)(ces_lanes *p, size_t steps, bool seasons);
} ces_kernel;

/* The best kernel this machine runs, not above `cap`. All give the same bits. */
enum { CES_SIMD_BASE, CES_SIMD_AVX2, CES_SIMD_AVX512 };
const ces_kernel *ces_kernel_get(int cap);

#endif
