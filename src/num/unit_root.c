/* Unit-root tests (KPSS, augmented Dickey-Fuller, Phillips-Perron) and how often to difference. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: D. Kwiatkowski, P. Phillips, P. Schmidt, Y. Shin, "Testing the null hypothesis of
 * stationarity against the alternative of a unit root", J. Econometrics 54 (1992); S. Said,
 * D. Dickey, Biometrika 71 (1984) with W. Fuller's tables (1976); P. Phillips, P. Perron, Biometrika
 * 75 (1988) with J. MacKinnon's response surface (1991). Rules and tables as in R's
 * forecast::ndiffs, which takes the tests of the package urca.
 *   KPSS     sum_t S_t^2 / (n^2 v), S_t = e_1 + .. + e_t, v the long-run variance
 *            v = sum e^2/n + 2/n sum_{k=1..l} (1 - k/(l+1)) sum_t e_t e_{t-k}, here in O(n)
 *   ADF      t value of r in  dy_t = r y_{t-1} + level [+ line] + sum_k c_k dy_{t-k}
 *   Z-tau    t value of a - 1 in y_t = a y_{t-1} + level [+ line], put right by v against sum e^2/n
 * Departure: residuals below the rounding of y count as that rounding. R's answers for an exact
 * line or recursion hang on rounding errors; here a line needs a difference and a decaying
 * recursion needs none. A regression without freedom has no statistic (R: 0 or none, by chance). */
#include "num/unit_root.h"
#include "base/fp.h"
#include "num/extent.h"
#include "num/least_squares.h"

#include <math.h>

/* Columns of a regression: level, y_{t-1}, line, differences. */
#define MAX_LAGS 8
#define MAX_COLS (3 + MAX_LAGS)

/* p at x by straight lines between the table's points, constant outside: at (k) ascending. */
static double interpolate(const double *at, const double *p, size_t k, double x) {
    if (isnan(x)) return x;
    if (x <= at[0]) return p[0];
    for (size_t i = 1; i < k; i++)
        if (x <= at[i])
            return p[i - 1] + (p[i] - p[i - 1]) * ((x - at[i - 1]) / (at[i] - at[i - 1]));
    return p[k - 1];
}

static double mean_of(const double *y, size_t n) {
    return norni_sum_tree(y, n) / (double)n;
}

static double largest(const double *y, size_t n) {
    double most = 0;
    for (size_t t = 0; t < n; t++)
        if (fabs(y[t]) > most) most = fabs(y[t]);
    return most;
}

/* The rounding that any residual of y carries. */
static double rounding(const double *y, size_t n) {
    return 0x1p-52 * largest(y, n);
}

/* Long-run variance of e (n) by Bartlett's weights: the weight of lag k is the part of l + 1
 * windows of l + 1 points that hold both, so the windows' squared sums add up to it. NaN: stopped. */
static double long_run(const double *e, size_t n, size_t lags, const norni_poll *poll) {
    double window = 0, squares = 0;
    for (size_t t = 0; t < n + lags; t++) {
        if (t < n) window += e[t];
        if (t > lags) window -= e[t - lags - 1];
        squares += window * window;
        if (t % 65536 == 65535 && norni_poll_stop(poll)) return NORNI_NAN;
    }
    return squares / ((double)n * (double)(lags + 1));
}

/* e (n) = y about its mean, or about its least-squares line. */
static void about(const double *y, size_t n, bool trend, double *e) {
    const double middle = 0.5 * ((double)n - 1), mean = mean_of(y, n);
    double slope = 0, spread = 0;
    for (size_t t = 0; t < n; t++)
        e[t] = y[t] - mean;
    if (!trend) return;
    for (size_t t = 0; t < n; t++) {
        const double d = (double)t - middle;
        slope += d * e[t];
        spread += d * d;
    }
    if (spread > 0) slope /= spread;
    for (size_t t = 0; t < n; t++)
        e[t] -= slope * ((double)t - middle);
}

norni_unit_root norni_kpss(const double *y, size_t n, bool trend, int32_t lags, double *scratch,
                           const norni_poll *poll) {
    static const double level_at[4] = {0.347, 0.463, 0.574, 0.739};
    static const double trend_at[4] = {0.119, 0.146, 0.176, 0.216};
    static const double level[4] = {0.1, 0.05, 0.025, 0.01};
    norni_unit_root out = {.statistic = NORNI_NAN, .p = NORNI_NAN};
    if (n == 0) {
        out.failed = true;
        return out;
    }
    out.lags = lags >= 0 ? (uint32_t)lags : (uint32_t)(3 * sqrt((double)n) / 13);
    about(y, n, trend, scratch);
    const double variance = long_run(scratch, n, out.lags, poll);
    if (isnan(variance)) {
        out.cancelled = norni_poll_stop(poll);
        return out;
    }
    double sum = 0, squares = 0;
    for (size_t t = 0; t < n; t++) {
        sum += scratch[t];
        squares += sum * sum;
    }
    /* An exact level or line leaves rounding alone: nothing to test. */
    const double ulp = rounding(y, n);
    if (!(variance > ulp * ulp)) return out;
    out.statistic = squares / ((double)n * (double)n) / variance;
    out.p = interpolate(trend ? trend_at : level_at, level, 4, out.statistic);
    return out;
}

static double adf_p(double tau, size_t n, bool trend) {
    static const double drift_at[6][3] = {{-3.75, -3.00, -2.63}, {-3.58, -2.93, -2.60},
                                          {-3.51, -2.89, -2.58}, {-3.46, -2.88, -2.57},
                                          {-3.44, -2.87, -2.57}, {-3.43, -2.86, -2.57}};
    static const double trend_at[6][3] = {{-4.38, -3.60, -3.24}, {-4.15, -3.50, -3.18},
                                          {-4.04, -3.45, -3.15}, {-3.99, -3.43, -3.13},
                                          {-3.98, -3.42, -3.13}, {-3.96, -3.41, -3.12}};
    static const double level[3] = {0.01, 0.05, 0.1};
    const int row = n < 25 ? 0 : n < 50 ? 1 : n < 100 ? 2 : n < 250 ? 3 : n < 500 ? 4 : 5;
    return interpolate(trend ? trend_at[row] : drift_at[row], level, 3, tau);
}

norni_unit_root norni_adf(const double *y, size_t n, bool trend, int32_t lags, double *scratch,
                          const norni_poll *poll) {
    norni_unit_root out = {.statistic = NORNI_NAN, .p = NORNI_NAN, .lags = (uint32_t)lags};
    const size_t k = (size_t)lags;
    if (lags < 0 || lags > MAX_LAGS || n < k + 2) {
        out.failed = true;
        return out;
    }
    const size_t m = n - 1 - k, p = 2 + (size_t)trend + k;
    double *response = scratch, *x = scratch + m, work[NORNI_LM_SCRATCH(MAX_COLS)];
    size_t pivot[MAX_COLS];
    for (size_t t = 0; t < m; t++) {
        double *row = x + t;
        response[t] = y[t + k + 1] - y[t + k];
        *row = 1;
        row += m;
        *row = y[t + k];
        if (trend) {
            row += m;
            *row = (double)(t + k + 1);
        }
        for (size_t i = 1; i <= k; i++) {
            row += m;
            *row = y[t + k + 1 - i] - y[t + k - i];
        }
    }
    norni_lm fit;
    if (!norni_lm_fit(&fit, x, m, p, response, rounding(y, n), work, pivot, poll)) {
        out.cancelled = true;
        return out;
    }
    if (fit.qr.rank < 2) {
        out.failed = true;
        return out;
    }
    /* y_{t-1} is the second column kept; the next one where y_{t-1} is constant, as in R. */
    out.statistic = norni_lm_t(&fit, pivot[1], 0);
    out.p = adf_p(out.statistic, n - 1, trend);
    return out;
}

static double pp_p(double tau, double n, bool trend) {
    static const double level[3] = {0.01, 0.05, 0.1};
    const double s = n * n;
    const double drift_at[3] = {-3.4335 - 5.999 / n - 29.25 / s, -2.8621 - 2.738 / n - 8.36 / s,
                                -2.5671 - 1.438 / n - 4.48 / s};
    const double trend_at[3] = {-3.9638 - 8.353 / n - 47.44 / s, -3.4126 - 4.039 / n - 17.83 / s,
                                -3.1279 - 2.418 / n - 7.58 / s};
    return interpolate(trend ? trend_at : drift_at, level, 3, tau);
}

/* What the correction is measured by: the squares of y (n) about its mean or line over n^2. */
static double pp_measure(const double *y, size_t n, bool trend, double *scratch) {
    const double square = (double)n * (double)n;
    about(y, n, trend, scratch);
    return norni_dot(scratch, scratch, n) / square * (trend ? 1 - 1 / square : 1);
}

norni_unit_root norni_pp(const double *y, size_t n, bool trend, int32_t lags, double *scratch,
                         const norni_poll *poll) {
    norni_unit_root out = {.statistic = NORNI_NAN, .p = NORNI_NAN};
    if (n < 3) {
        out.failed = true;
        return out;
    }
    const size_t m = n - 1;
    const double size = (double)m;
    out.lags = lags >= 0 ? (uint32_t)lags : (uint32_t)(4 * sqrt(sqrt(size / 100)));
    const size_t p = trend ? 3 : 2;
    double *e = scratch, *x = scratch + m, work[NORNI_LM_SCRATCH(3)];
    size_t pivot[3];
    for (size_t t = 0; t < m; t++) {
        e[t] = y[t + 1];
        x[t] = 1;
        x[m + t] = y[t];
        if (trend) x[2 * m + t] = (double)t + 1 - 0.5 * size;
    }
    const double ulp = rounding(y, n), least = ulp * ulp;
    norni_lm fit;
    if (!norni_lm_fit(&fit, x, m, p, e, ulp, work, pivot, poll)) {
        out.cancelled = true;
        return out;
    }
    if (fit.qr.rank < p) {
        out.failed = true;
        return out;
    }
    const double own = fit.squares / size;
    double all = long_run(e, m, out.lags, poll);
    if (isnan(all)) {
        out.cancelled = norni_poll_stop(poll);
        return out;
    }
    if (own <= least || all <= least) all = own;
    const double measure = pp_measure(y + 1, m, trend, x);
    out.statistic = sqrt(own / all) * norni_lm_t(&fit, 1, 1) -
                    0.5 * (all - own) / all * sqrt(all) / sqrt(measure);
    out.p = pp_p(out.statistic, size, trend);
    return out;
}

bool norni_is_constant(const double *y, size_t n, double rounding_size) {
    size_t first = 0, count = 0;
    double size = 0, gap = 0;
    while (first < n && isnan(y[first]))
        first++;
    for (size_t t = first; t < n; t++) {
        if (isnan(y[t]) || y[t] == y[first]) continue;
        /* Parts of the means: the largest values' sums and differences stay finite. */
        size += 0.25 * fabs(y[t]) / (double)n;
        gap += fabs(0.25 * y[t] - 0.25 * y[first]) / (double)n;
        count++;
    }
    return count == 0 || gap <= 0x1p-26 * size ||
           gap * ((double)n / (double)count) <= 0.25 * rounding_size;
}

/* One test's verdict. */
typedef enum verdict { KEEP, DIFFERENCE, UNDEFINED, CANCELLED } verdict;

static verdict judge(const double *y, size_t n, const norni_ndiffs_opt *opt, double *scratch,
                     const norni_poll *poll) {
    const double alpha = opt->alpha < 0.01 ? 0.01 : opt->alpha > 0.1 ? 0.1 : opt->alpha;
    norni_unit_root r;
    switch (opt->test) {
        case NORNI_UNIT_ADF: r = norni_adf(y, n, opt->trend, 1, scratch, poll); break;
        case NORNI_UNIT_PP: r = norni_pp(y, n, opt->trend, -1, scratch, poll); break;
        case NORNI_UNIT_KPSS:
        default: r = norni_kpss(y, n, opt->trend, -1, scratch, poll); break;
    }
    if (r.cancelled) return CANCELLED;
    if (r.failed) return KEEP;
    if (isnan(r.statistic)) return UNDEFINED;
    return (opt->test == NORNI_UNIT_KPSS ? r.p < alpha : r.p > alpha) ? DIFFERENCE : KEEP;
}

int32_t norni_ndiffs(const double *y, size_t n, const norni_ndiffs_opt *opt, double *scratch,
                     const norni_poll *poll) {
    const norni_extent extent = norni_extent_of(y, n);
    double *x = scratch, *rest = scratch + n;
    int32_t d = 0;
    size_t k = 0;
    for (size_t t = 0; t < n; t++)
        if (!isnan(y[t])) x[k++] = y[t];
    if (extent.infinite || norni_is_constant(x, k, 0)) return 0;
    norni_rescale(x, k, extent.exponent, x);
    const double ulps = 0x1p-48 * largest(x, k);
    verdict v = judge(x, k, opt, rest, poll);
    while (v == DIFFERENCE && d < opt->max_d) {
        d++;
        for (size_t t = 0; t + 1 < k; t++)
            x[t] = x[t + 1] - x[t];
        k--;
        if (norni_is_constant(x, k, ulps)) return d;
        v = judge(x, k, opt, rest, poll);
        if (v == UNDEFINED) return d - 1;
    }
    return v == CANCELLED ? -1 : d;
}
