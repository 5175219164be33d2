/* What one look over a whole series tells about its kind: some forty numbers free of its units. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The choice follows Wang, Smith and Hyndman (2006), "Characteristic-based clustering for time
 * series data", and Montero-Manso, Athanasopoulos, Hyndman and Talagala (2020), "FFORMA". Departures:
 * every sum is a plain pass over the series or its steps; season and trend strength come from a
 * centred moving average with seasonal means instead of an STL; the KPSS statistic has no lags; no
 * spectrum. With d_t = y_t - y_{t-1}, blocks of max(m, 10) points, and "the last points" the last
 * max(6, 2m), at most n:
 *   season strength  max(0, 1 - var(R)/var(R + S)),  trend strength  max(0, 1 - var(R)/var(R + T))
 *   curvature        sign(c) c^2 / sum((y - mean)^2), c the coefficient of the normed quadratic
 *   kpss             log(sum_t (sum_{s<=t} (y_s - mean))^2 / (n^2 var)) */
#include "feat/series_features.h"

#include <math.h>

#include "base/fp.h"

enum { SHORT_LAST = 6, BLOCK = 10, N_ACF = 6, RECENT_STEPS = 12 };

static const char *const names[NORNI_N_FEATURES] = {"length",
                                                    "seasons",
                                                    "noise",
                                                    "step",
                                                    "recent_scale",
                                                    "scale_growth",
                                                    "acf1",
                                                    "diff_acf1",
                                                    "diff_acf2",
                                                    "diff_acf_ss",
                                                    "diff_acf_m",
                                                    "diff2_acf1",
                                                    "linearity",
                                                    "slope",
                                                    "curvature",
                                                    "recent_slope",
                                                    "slope_change",
                                                    "place",
                                                    "range_place",
                                                    "last_recent",
                                                    "direction",
                                                    "rises",
                                                    "flats",
                                                    "skew",
                                                    "kurtosis",
                                                    "kpss",
                                                    "lumpiness",
                                                    "stability",
                                                    "growth",
                                                    "multiplicative",
                                                    "season_strength",
                                                    "season_size",
                                                    "trend_strength",
                                                    "largest_step",
                                                    "last_step",
                                                    "step_before",
                                                    "crossings",
                                                    "line_acf1",
                                                    "log_season"};

const char *norni_feature_name(norni_feature f) {
    return names[f];
}

double norni_squash(double x) {
    const double a = fabs(x), v = norni_log(a + sqrt(a * a + 1));
    return x < 0 ? -v : v;
}

/* log(a/b) kept within bounds, also where one is 0. */
static double log_ratio(double a, double b) {
    const double most = 8;
    if (!(a > 0)) return b > 0 ? -most : 0;
    if (!(b > 0)) return most;
    const double v = norni_log(a) - norni_log(b);
    return v > most ? most : v < -most ? -most : v;
}

static double mean_of(const double *x, size_t n) {
    double sum = 0;
    for (size_t t = 0; t < n; t++)
        sum += x[t];
    return n ? sum / (double)n : 0;
}

static double variance_of(const double *x, size_t n) {
    const double mean = mean_of(x, n);
    double sum = 0;
    for (size_t t = 0; t < n; t++)
        sum += (x[t] - mean) * (x[t] - mean);
    return n ? sum / (double)n : 0;
}

/* Mean of |y_t - y_{t-lag}| for t in [from, to). */
static double mean_change(const double *y, size_t from, size_t to, size_t lag) {
    double sum = 0;
    for (size_t t = from; t < to; t++)
        sum += fabs(y[t] - y[t - lag]);
    return to > from ? sum / (double)(to - from) : 0;
}

/* Autocorrelation of x (n) at one lag, about `mean`. */
static double acf_at(const double *x, size_t n, double mean, double variance, size_t lag) {
    if (lag >= n || !(variance > 0)) return 0;
    double sum = 0;
    for (size_t t = lag; t < n; t++)
        sum += (x[t] - mean) * (x[t - lag] - mean);
    return sum / ((double)n * variance);
}

/* Least squares slope of x (n) on 0 .. n-1. */
static double slope_of(const double *x, size_t n) {
    const double middle = ((double)n - 1) / 2, mean = mean_of(x, n);
    double sum = 0;
    for (size_t t = 0; t < n; t++)
        sum += ((double)t - middle) * (x[t] - mean);
    const double stt = (double)n * ((double)n * (double)n - 1) / 12;
    return n > 1 ? sum / stt : 0;
}

static void step_features(const double *d, size_t n, size_t m, double step, double *out) {
    const double mean = mean_of(d, n), variance = variance_of(d, n);
    double third = 0, fourth = 0, squares = 0, largest = 0;
    size_t flats = 0, rises = 0;
    for (size_t t = 0; t < n; t++) {
        const double e = d[t] - mean, a = fabs(d[t]);
        third += e * e * e;
        fourth += e * e * e * e;
        largest = a > largest ? a : largest;
        flats += a == 0;
    }
    const size_t recent = n < RECENT_STEPS ? n : RECENT_STEPS;
    for (size_t t = n - recent; t < n; t++)
        rises += d[t] > 0;
    for (size_t lag = 1; lag <= N_ACF; lag++) {
        const double r = acf_at(d, n, mean, variance, lag);
        squares += r * r;
    }
    const double v2 = variance * variance, k = v2 > 0 ? fourth / ((double)n * v2) : 1;
    out[NORNI_FEAT_DIFF_ACF1] = acf_at(d, n, mean, variance, 1);
    out[NORNI_FEAT_DIFF_ACF2] = acf_at(d, n, mean, variance, 2);
    out[NORNI_FEAT_DIFF_ACF_SS] = squares;
    out[NORNI_FEAT_DIFF_ACF_SEASON] = m > 1 ? acf_at(d, n, mean, variance, m) : 0;
    out[NORNI_FEAT_DIRECTION] = mean / step;
    out[NORNI_FEAT_RISES] = (double)rises / (double)recent;
    out[NORNI_FEAT_FLATS] = (double)flats / (double)n;
    out[NORNI_FEAT_SKEW] =
        variance > 0 ? norni_squash(third / ((double)n * variance * sqrt(variance))) : 0;
    out[NORNI_FEAT_KURTOSIS] = log_ratio(k, 1);
    out[NORNI_FEAT_LARGEST_STEP] = log_ratio(largest, step);
    out[NORNI_FEAT_LAST_STEP] = norni_squash(d[n - 1] / step);
    out[NORNI_FEAT_STEP_BEFORE] = n > 1 ? norni_squash(d[n - 2] / step) : 0;
}

/* `rest` (n) takes what the straight line leaves. */
static void line_features(const double *y, size_t n, size_t last, double step, double *rest,
                          double *out) {
    const double slope = slope_of(y, n), mean = mean_of(y, n), variance = variance_of(y, n);
    const double middle = ((double)n - 1) / 2, t2 = ((double)n * (double)n - 1) / 12;
    double quadratic = 0, norm = 0, run = 0, kpss = 0;
    size_t crossings = 0;
    for (size_t t = 0; t < n; t++) {
        const double c = (double)t - middle, q = c * c - t2, e = y[t] - mean;
        rest[t] = e - slope * c;
        quadratic += q * e;
        norm += q * q;
        run += e;
        kpss += run * run;
        crossings += t > 0 && (e > 0) != (y[t - 1] - mean > 0);
    }
    const double total = (double)n * variance, share = quadratic * quadratic / (norm * total);
    const double left = variance_of(rest, n), recent = slope_of(y + n - last, last);
    out[NORNI_FEAT_LINEARITY] = 1 - left / variance;
    out[NORNI_FEAT_SLOPE] = norni_squash(slope / step);
    out[NORNI_FEAT_CURVATURE] = norm > 0 ? (quadratic < 0 ? -share : share) : 0;
    out[NORNI_FEAT_RECENT_SLOPE] = norni_squash(recent / step);
    out[NORNI_FEAT_SLOPE_CHANGE] = norni_squash((recent - slope) / step);
    out[NORNI_FEAT_KPSS] = log_ratio(kpss, (double)n * total);
    out[NORNI_FEAT_CROSSINGS] = (double)crossings / (double)n;
    out[NORNI_FEAT_LINE_ACF1] = acf_at(rest, n, mean_of(rest, n), left, 1);
    out[NORNI_FEAT_ACF1] = acf_at(y, n, mean, variance, 1);
}

static void block_features(const double *y, size_t n, size_t m, double variance, double *out) {
    const size_t size = m > BLOCK ? m : BLOCK, count = n / size;
    double mean = 0, mean2 = 0, spread = 0, spread2 = 0;
    for (size_t b = 0; b < count; b++) { /* the latest points are in whole blocks */
        const double *block = y + n - (b + 1) * size;
        const double level = mean_of(block, size) / sqrt(variance),
                     v = variance_of(block, size) / variance;
        mean += level, mean2 += level * level, spread += v, spread2 += v * v;
    }
    const double k = (double)count;
    const bool several = count > 1;
    const double lumpy = several ? (spread2 - spread * spread / k) / (k - 1) : 0;
    const double stable = several ? (mean2 - mean * mean / k) / (k - 1) : 0;
    out[NORNI_FEAT_LUMPINESS] = several ? log_ratio(lumpy > 1e-6 ? lumpy : 1e-6, 1) : 0;
    out[NORNI_FEAT_STABILITY] = stable < 0 ? 0 : stable > 10 ? 10 : stable;
}

static void place_features(const double *y, size_t n, size_t last, double scale, double variance,
                           double *out) {
    double least = y[0], most = y[0];
    for (size_t t = 1; t < n; t++) {
        least = y[t] < least ? y[t] : least;
        most = y[t] > most ? y[t] : most;
    }
    const double end = y[n - 1], third = (double)(n / 3 ? n / 3 : 1);
    const size_t k = (size_t)third;
    const double early = mean_of(y, k), late = mean_of(y + n - k, k);
    const double early_step = mean_change(y, 1, k + 1, 1), late_step = mean_change(y, n - k, n, 1);
    out[NORNI_FEAT_NOISE] = log_ratio(scale, fabs(end));
    out[NORNI_FEAT_PLACE] = norni_squash((end - mean_of(y, n)) / sqrt(variance));
    out[NORNI_FEAT_RANGE_PLACE] = (end - least) / (most - least);
    out[NORNI_FEAT_LAST_RECENT] = norni_squash((end - mean_of(y + n - last, last)) / scale);
    out[NORNI_FEAT_GROWTH] = least > 0 ? log_ratio(late, early) : 0;
    out[NORNI_FEAT_MULTIPLICATIVE] =
        least > 0 ? log_ratio(late_step, early_step) - log_ratio(late, early) : 0;
}

/* Centred moving average of order m into trend[m/2 .. n - m/2), by a running sum. */
static void centred_average(const double *y, size_t n, size_t m, double *trend) {
    const size_t half = m / 2, wide = 2 * half + 1;
    const double end = m % 2 ? 1 : 0.5;
    double sum = 0;
    for (size_t t = 0; t < wide; t++)
        sum += y[t];
    for (size_t t = half; t + half < n; t++) {
        trend[t] = (sum - (1 - end) * (y[t - half] + y[t + half])) / (double)m;
        if (t + half + 1 < n) sum += y[t + half + 1] - y[t - half];
    }
}

/* Season by means of y - trend; strengths from what is left. trend (n), rest (n), figure (m). */
static void season_features(const double *y, size_t n, size_t m, double scale, double *trend,
                            double *rest, double *figure, double *out) {
    const size_t half = m / 2;
    out[NORNI_FEAT_SEASON_STRENGTH] = out[NORNI_FEAT_SEASON_SIZE] = 0;
    out[NORNI_FEAT_TREND_STRENGTH] = out[NORNI_FEAT_LINEARITY];
    if (m < 2 || n < 3 * m) return;
    centred_average(y, n, m, trend);
    const size_t from = half, count = n - 2 * half;
    double total = 0, size = 0;
    for (size_t j = 0; j < m; j++) {
        double sum = 0;
        size_t seen = 0;
        for (size_t t = from + j; t < from + count; t += m, seen++)
            sum += y[t] - trend[t];
        figure[j] = seen ? sum / (double)seen : 0;
        total += figure[j];
    }
    for (size_t j = 0; j < m; j++) {
        figure[j] -= total / (double)m;
        size += fabs(figure[j]) / (double)m;
    }
    for (size_t t = from; t < from + count; t++)
        rest[t] = y[t] - trend[t];
    const double seasonal = variance_of(rest + from, count);
    for (size_t t = from; t < from + count; t++)
        rest[t] -= figure[(t - from) % m];
    const double left = variance_of(rest + from, count);
    for (size_t t = from; t < from + count; t++)
        rest[t] += trend[t];
    const double trended = variance_of(rest + from, count);
    out[NORNI_FEAT_SEASON_STRENGTH] = seasonal > left ? 1 - left / seasonal : 0;
    out[NORNI_FEAT_TREND_STRENGTH] = trended > left ? 1 - left / trended : 0;
    out[NORNI_FEAT_SEASON_SIZE] = norni_log(1 + size / scale);
}

bool norni_series_features(const double *y, size_t n, size_t m, double *out, double *scale,
                           double *scratch) {
    const size_t lag = m < n ? m : 1;
    double *d = scratch, *rest = scratch + n, *trend = scratch, *figure = scratch + 2 * n;
    const double s = mean_change(y, lag, n, lag), step = mean_change(y, 1, n, 1);
    const double variance = variance_of(y, n);
    if (!(s > 0 && step > 0 && variance > 0)) return false;
    const size_t want = 2 * m > SHORT_LAST ? 2 * m : SHORT_LAST, last = want < n ? want : n;
    const size_t half = lag + (n - lag) / 2, recent = n - lag < last ? n - lag : last;
    *scale = s;
    for (size_t t = 1; t < n; t++)
        d[t - 1] = y[t] - y[t - 1];
    step_features(d, n - 1, m, step, out);
    for (size_t t = 1; t + 1 < n; t++)
        d[t - 1] = d[t] - d[t - 1];
    out[NORNI_FEAT_DIFF2_ACF1] = acf_at(d, n - 2, mean_of(d, n - 2), variance_of(d, n - 2), 1);
    out[NORNI_FEAT_LENGTH] = norni_log((double)n);
    out[NORNI_FEAT_SEASONS] = norni_log((double)n / (double)m);
    out[NORNI_FEAT_LOG_SEASON] = norni_log((double)m);
    out[NORNI_FEAT_STEP] = log_ratio(step, s);
    out[NORNI_FEAT_RECENT_SCALE] = log_ratio(mean_change(y, n - recent, n, lag), s);
    out[NORNI_FEAT_SCALE_GROWTH] =
        log_ratio(mean_change(y, half, n, lag), mean_change(y, lag, half, lag));
    line_features(y, n, last, step, rest, out);
    block_features(y, n, m, variance, out);
    place_features(y, n, last, s, variance, out);
    season_features(y, n, m, s, trend, rest, figure, out);
    for (size_t k = 0; k < NORNI_N_FEATURES; k++) {
        if (!isfinite(out[k])) out[k] = 0;
    }
    return true;
}
