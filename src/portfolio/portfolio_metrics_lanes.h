/* The passes over returns that metrics spend their time with, in lanes of eight. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_METRICS_LANES_H
#define NORNI_PORTFOLIO_METRICS_LANES_H

#include <stddef.h>

enum { NORNI_PORT_METRIC_LANES = 8 };

/* sum[k][lane]: value i goes into lane i mod 8; the same bits in every table. */
typedef struct norni_port_passes {
    /* powers 1 to 4 of x * scale - mean */
    void (*powers)(const double *x, size_t n, double scale, double mean,
                   double sum[4][NORNI_PORT_METRIC_LANES]);
    /* squares of what lies below the target; gains and losses (negative) about the threshold */
    void (*sides)(const double *x, size_t n, double target, double threshold,
                  double sum[3][NORNI_PORT_METRIC_LANES]);
    void (*logs)(const double *x, size_t n, double *y); /* log(1 + x), x above -1 */
    /* products of y and its place, squares of y, both about mean and centre */
    void (*line)(const double *y, size_t n, double mean, double centre,
                 double sum[2][NORNI_PORT_METRIC_LANES]);
} norni_port_passes;
/* With instruction sets up to `cap`: 0 baseline, 1 AVX2, 2 AVX-512, as far as this machine has them. */
const norni_port_passes *norni_port_passes_of(int cap);

#endif
