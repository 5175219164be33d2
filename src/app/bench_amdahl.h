/* Amdahl's law fitted to measured speed-ups, and the median of a few numbers. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_BENCH_AMDAHL_H
#define NORNI_BENCH_AMDAHL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct norni_amdahl {
    bool fitted;
    size_t n_points;
    double
        serial_share; /* s of 1/S(p) = s + (1 - s)/p; below 0 where speed-ups exceed the workers */
    double residual;  /* root of the mean squared difference of 1/S */
} norni_amdahl;

/* Least squares over workers (n) and speed_up (n). Not fitted with fewer than three counts, none above 1, or a speed-up that is no
 * positive number. */
norni_amdahl norni_amdahl_fit(const int32_t *workers, const double *speed_up, size_t n);
/* S at p workers; a serial share below 0 counts as 0. */
double norni_amdahl_speed_up(const norni_amdahl *a, double p);

/* Of v (n >= 1), which is sorted. */
double norni_median_sort(double *v, size_t n);

#endif
