/* Classical decomposition, autocorrelation and the M4 season test. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Definitions as in R's stats::acf, stats::decompose and the M4 competition's SeasonalityTest. */
#include "num/decompose.h"
#include "base/fp.h"

#include <math.h>

/* false: told to stop. */
static bool acf_polled(const double *y, size_t n, size_t k, double *out, const norni_poll *poll) {
    double sum = 0, c0 = 0;
    size_t count = 0;
    for (size_t t = 0; t < n; t++) {
        if (isnan(y[t])) continue;
        sum += y[t];
        count++;
    }
    const double mean = count ? sum / (double)count : 0;
    for (size_t t = 0; t < n; t++) {
        if (!isnan(y[t])) c0 += (y[t] - mean) * (y[t] - mean);
    }
    for (size_t lag = 1; lag <= k; lag++) {
        double c = 0;
        if (norni_poll_stop(poll)) return false;
        for (size_t t = lag; t < n; t++) {
            const double a = y[t] - mean, b = y[t - lag] - mean;
            if (!isnan(a) && !isnan(b)) c += a * b;
        }
        out[lag - 1] = c0 > 0 ? c / c0 : 0;
    }
    return true;
}

void norni_acf(const double *y, size_t n, size_t k, double *out) {
    (void)acf_polled(y, n, k, out, NULL);
}

bool norni_season_test(const double *y, size_t n, int32_t m, double critical, double *scratch) {
    return norni_season_test_polled(y, n, m, critical, scratch, NULL);
}

bool norni_season_test_polled(const double *y, size_t n, int32_t m, double critical,
                              double *scratch, const norni_poll *poll) {
    if (m < 2 || n < 2 * (size_t)m) return false;
    double squares = 0;
    if (!acf_polled(y, n, (size_t)m, scratch, poll)) return false;
    for (int32_t i = 0; i < m - 1; i++)
        squares += scratch[i] * scratch[i];
    return fabs(scratch[m - 1]) > critical / sqrt((double)n) * sqrt(1 + 2 * squares);
}

/* Centred moving average of order m (2 x m for even m); NaN at the ends and around missing values.
 */
static bool centred_average(const double *y, size_t n, size_t m, double *out,
                            const norni_poll *poll) {
    const size_t half = m / 2;
    for (size_t t = 0; t < n; t++) {
        out[t] = NORNI_NAN;
        if (t % 256 == 255 && norni_poll_stop(poll)) return false;
        if (t < half || t + half >= n) continue;
        double sum = m % 2 ? y[t - half] + y[t + half] : 0.5 * (y[t - half] + y[t + half]);
        for (size_t j = t - half + 1; j < t + half; j++)
            sum += y[j];
        out[t] = sum / (double)m;
    }
    return true;
}

bool norni_decompose(const double *y, size_t n, int32_t m, bool multiplicative, double *figure,
                     double *trend, double *scratch) {
    return norni_decompose_polled(y, n, m, multiplicative, figure, trend, scratch, NULL);
}

bool norni_decompose_polled(const double *y, size_t n, int32_t m, bool multiplicative,
                            double *figure, double *trend, double *scratch,
                            const norni_poll *poll) {
    if (m < 2 || n < 2 * (size_t)m) return false;
    double *average = trend ? trend : scratch;
    double total = 0;
    size_t seen = 0;
    if (!centred_average(y, n, (size_t)m, average, poll)) return false;
    for (int32_t j = 0; j < m; j++) {
        double sum = 0;
        size_t count = 0;
        for (size_t t = (size_t)j; t < n; t += (size_t)m) {
            const double d = multiplicative ? y[t] / average[t] : y[t] - average[t];
            if (!isfinite(d)) continue;
            sum += d;
            count++;
        }
        figure[j] = count ? sum / (double)count : NORNI_NAN;
        if (count) {
            total += figure[j];
            seen++;
        }
    }
    if (seen == 0 || (multiplicative && total == 0)) return false;
    for (int32_t j = 0; j < m; j++) {
        if (isnan(figure[j]))
            figure[j] = multiplicative ? 1 : 0; /* a season never observed */
        else
            figure[j] = multiplicative ? figure[j] / (total / (double)seen)
                                       : figure[j] - total / (double)seen;
    }
    return true;
}

void norni_line_fit(const double *y, size_t n, double *level, double *slope) {
    double st = 0, sy = 0;
    size_t count = 0;
    for (size_t t = 0; t < n; t++) {
        if (isnan(y[t])) continue;
        st += (double)(t + 1);
        sy += y[t];
        count++;
    }
    const double mt = count ? st / (double)count : 0, my = count ? sy / (double)count : NORNI_NAN;
    double stt = 0, sty = 0;
    for (size_t t = 0; t < n; t++) {
        if (isnan(y[t])) continue;
        const double d = (double)(t + 1) - mt;
        stt += d * d;
        sty += d * (y[t] - my);
    }
    *slope = stt > 0 ? sty / stt : 0;
    *level = my - *slope * mt;
}
