/* What one forecast is worth: all measures of one item at once, and the order they stand in. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SCORE_H
#define NORNI_SCORE_H

#include "base/param.h"

/* First the measures of the point forecast (the last two are the quantiles', too), then
 * NORNI_LEVEL_SCORES of each level. */
enum {
    NORNI_SCORE_SMAPE,
    NORNI_SCORE_MASE,
    NORNI_SCORE_RMSE,
    NORNI_SCORE_MAE,
    NORNI_SCORE_MAPE,
    NORNI_SCORE_RMSSE,
    NORNI_SCORE_PINBALL, /* mean over both ends of every level and the point forecast as the median */
    NORNI_SCORE_SPL,     /* the same, scaled as in M5 */
    NORNI_SCORES
};
enum {
    NORNI_LEVEL_COVERAGE, /* share of values inside */
    NORNI_LEVEL_MSIS,
    NORNI_LEVEL_WIDTH, /* mean width over MASE's scale */
    NORNI_LEVEL_SCORES
};

static inline size_t norni_score_count(size_t n_levels) {
    return NORNI_SCORES + NORNI_LEVEL_SCORES * n_levels;
}
static inline size_t norni_score_of_level(size_t l, size_t kind) {
    return NORNI_SCORES + NORNI_LEVEL_SCORES * l + kind;
}
/* "smape" ...; "coverage-80" ...; out as norni_format. */
size_t norni_score_name(size_t score, const norni_doubles *levels, char *out, size_t size);

/* Divisors that a training set gives, whatever the model; NaN where it gives none. */
typedef struct norni_score_scale {
    double mase;       /* mean absolute difference over m periods */
    double rmsse, spl; /* root mean square and mean absolute difference, from the first demand on */
} norni_score_scale;
norni_score_scale norni_score_scale_of(const double *y, size_t n, size_t m);

/* out (norni_score_count): y, mean (horizon), lo, hi (n_levels, horizon). NaN where a measure is not
 * defined: no value known, a scale of 0, a model without intervals. */
void norni_score_item(const double *y, const double *mean, const double *lo, const double *hi,
                      size_t horizon, const norni_doubles *levels, const norni_score_scale *scale,
                      double *out);

#endif
