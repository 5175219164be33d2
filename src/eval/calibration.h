/* How errors and interval coverage go along the horizon, over many forecasts. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CALIBRATION_H
#define NORNI_CALIBRATION_H

#include "base/arena.h"
#include "base/fp.h"
#include "base/param.h"

/* A mean that grows, and what went in. */
typedef struct norni_mean {
    norni_sum sum;
    size_t n;
} norni_mean;
/* NaN is left out. */
static inline void norni_mean_add(norni_mean *m, double x) {
    if (x != x) return;
    m->sum = norni_sum_add(m->sum, x);
    m->n++;
}
static inline double norni_mean_get(const norni_mean *m) {
    return m->n > 0 ? norni_sum_get(m->sum) / (double)m->n : NORNI_NAN;
}

/* The lines of a calibration: two of the point forecast, then two of each level. */
enum { NORNI_LINE_SMAPE, NORNI_LINE_MASE, NORNI_LINES };
enum {
    NORNI_LEVEL_LINE_COVERAGE, /* share of values inside */
    NORNI_LEVEL_LINE_WIDTH,    /* mean width over MASE's scale */
    NORNI_LEVEL_LINES
};

/* Every (series, fold) counts alike, at each step where its value is known. */
typedef struct norni_calibration {
    size_t horizon, n_levels;
    norni_mean *cell; /* (2 + 2 n_levels, horizon) */
} norni_calibration;

static inline size_t norni_calibration_lines(size_t n_levels) {
    return NORNI_LINES + NORNI_LEVEL_LINES * n_levels;
}
static inline size_t norni_calibration_line(size_t level, size_t kind) {
    return NORNI_LINES + NORNI_LEVEL_LINES * level + kind;
}
NORN_CHECKED norn_status norni_calibration_init(norni_calibration *c, norni_arena *arena,
                                                size_t horizon, size_t n_levels, norn_err *err);
/* One forecast: y, mean (horizon), lo, hi (n_levels, horizon); scale: MASE's, or NaN. */
void norni_calibration_add(norni_calibration *c, const double *y, const double *mean,
                           const double *lo, const double *hi, double scale);
/* The line's value at step k (0 is the first), or NaN. */
double norni_calibration_at(const norni_calibration *c, size_t line, size_t k);
size_t norni_calibration_name(size_t line, const norni_doubles *levels, char *out, size_t size);

#endif
