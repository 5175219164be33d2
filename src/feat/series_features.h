/* What one look over a whole series tells about its kind: some forty numbers free of its units. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SERIES_FEATURES_H
#define NORNI_SERIES_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

/* In the order of `out`. A learned table depends on this order: add at the end only. */
typedef enum norni_feature {
    NORNI_FEAT_LENGTH,       /* log n */
    NORNI_FEAT_SEASONS,      /* log(n/m) */
    NORNI_FEAT_NOISE,        /* log(scale / |last value|) */
    NORNI_FEAT_STEP,         /* log(mean |y_t - y_{t-1}| / scale) */
    NORNI_FEAT_RECENT_SCALE, /* log(mean |y_t - y_{t-m}| of the last seasons / scale) */
    NORNI_FEAT_SCALE_GROWTH, /* the same, second half / first half */
    NORNI_FEAT_ACF1,
    NORNI_FEAT_DIFF_ACF1,
    NORNI_FEAT_DIFF_ACF2,
    NORNI_FEAT_DIFF_ACF_SS,     /* sum of the first six squares */
    NORNI_FEAT_DIFF_ACF_SEASON, /* at lag m */
    NORNI_FEAT_DIFF2_ACF1,
    NORNI_FEAT_LINEARITY,      /* R2 of a straight line */
    NORNI_FEAT_SLOPE,          /* of that line, over the mean step */
    NORNI_FEAT_CURVATURE,      /* signed share of variance of the quadratic term */
    NORNI_FEAT_RECENT_SLOPE,   /* of the last points, over the mean step */
    NORNI_FEAT_SLOPE_CHANGE,   /* recent less long, over the mean step */
    NORNI_FEAT_PLACE,          /* (last - mean) / sd */
    NORNI_FEAT_RANGE_PLACE,    /* (last - least) / (most - least) */
    NORNI_FEAT_LAST_RECENT,    /* (last - mean of the last points) / scale */
    NORNI_FEAT_DIRECTION,      /* mean step / mean |step| */
    NORNI_FEAT_RISES,          /* share of rises among the last steps */
    NORNI_FEAT_FLATS,          /* share of steps that are 0 */
    NORNI_FEAT_SKEW,           /* of steps */
    NORNI_FEAT_KURTOSIS,       /* log, of steps */
    NORNI_FEAT_KPSS,           /* log of the level statistic without lags */
    NORNI_FEAT_LUMPINESS,      /* log of the variance of blocks' variances */
    NORNI_FEAT_STABILITY,      /* variance of blocks' means */
    NORNI_FEAT_GROWTH,         /* log(mean of last points / mean of first), 0 unless all are > 0 */
    NORNI_FEAT_MULTIPLICATIVE, /* log of the steps' growth less the level's */
    NORNI_FEAT_SEASON_STRENGTH,
    NORNI_FEAT_SEASON_SIZE, /* log(1 + mean |seasonal index| / scale) */
    NORNI_FEAT_TREND_STRENGTH,
    NORNI_FEAT_LARGEST_STEP, /* log(largest |step| / mean |step|) */
    NORNI_FEAT_LAST_STEP,    /* over the mean step */
    NORNI_FEAT_STEP_BEFORE,
    NORNI_FEAT_CROSSINGS,  /* share of points where the mean is crossed */
    NORNI_FEAT_LINE_ACF1,  /* of what a straight line leaves */
    NORNI_FEAT_LOG_SEASON, /* log m */
    NORNI_N_FEATURES
} norni_feature;

/* Features of y (n >= 3, finite, sums of squares finite: num/extent.h) at season length m >= 1; out
 * (NORNI_N_FEATURES) finite, slopes and ratios squashed by asinh or log. `scale` is the mean of
 * |y_t - y_{t-m}| (of |y_t - y_{t-1}| with n <= m). scratch (3n + m). false: the series does not
 * vary, and out is not set. O(n). */
bool norni_series_features(const double *y, size_t n, size_t m, double *out, double *scale,
                           double *scratch);
const char *norni_feature_name(norni_feature f);
/* asinh by way of base/fp.h. */
double norni_squash(double x);

#endif
