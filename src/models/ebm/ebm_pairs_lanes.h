/* The pairs' loops over rows and cuts, in lanes: the same bits by every instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_PAIRS_LANES_H
#define NORNI_EBM_PAIRS_LANES_H

#include <stddef.h>
#include <stdint.h>

/* A step of a pair: value[2 * (bin of axis 0 > x) + (bin of axis 1 > y)] for each row. */
typedef struct norni_ebm_cross {
    uint32_t x, y;
    double value[4];
} norni_ebm_cross;

/* Rounded sums of one row of cuts, (stride) a multiple of 8, and what belongs to it. */
typedef struct norni_ebm_cuts {
    const float *sum;        /* (stride) up to this row */
    const float *column;     /* (stride) of the whole columns */
    const float *inverse[4]; /* (stride) */
    const float *low, *high; /* (stride) worth of the columns' sides */
    float row, rest;         /* sum of the rows up to this one; of the others */
    float row_low, row_high; /* their worth */
} norni_ebm_cuts;

typedef struct norni_ebm_lanes {
    const char *name;
    /* The largest worth over the row of cuts and the four shapes; -inf: no cut is legal. */
    float (*scan)(const norni_ebm_cuts *c, size_t stride);
    /* out (stride): the largest worth at each cut of the row. */
    void (*scan_each)(const norni_ebm_cuts *c, size_t stride, float *out);
    /* residual (n) += the step of each row's bins. */
    void (*step)(const norni_ebm_cross *c, const uint16_t *b0, const uint16_t *b1, size_t n,
                 double *residual);
    /* out: sums of value (n) in the cross' four parts, in 8 lanes. */
    void (*parts)(const norni_ebm_cross *c, const uint16_t *b0, const uint16_t *b1,
                  const double *value, const double *weight, size_t n, double out[4]);
    /* Each row of sum (n0, stride) += the row before, in their order; returns the largest |sum|. */
    double (*stack)(double *sum, size_t n0, size_t stride);
    /* out (n) = (float)(sum * scale); n a multiple of 8. */
    void (*round)(const double *sum, size_t n, double scale, float *out);
    /* Sum of weight * value^2, in 8 lanes; weight NULL: 1. */
    double (*square)(const double *value, const double *weight, size_t n);
} norni_ebm_lanes;

/* The widest that the machine has; `plain` true: the baseline. */
const norni_ebm_lanes *norni_ebm_lanes_get(int plain);

#endif
