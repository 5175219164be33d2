/* How strong a season and a trend are (Wang, Smith, Hyndman 2006), as R's nsdiffs(test = "seas"). */
/* SPDX-License-Identifier: Apache-2.0 */
/* Wang, Smith, Hyndman 2006, "Characteristic-based clustering for time series data", Data Mining and
 * Knowledge Discovery 13; nsdiffs: Hyndman and Khandakar's package forecast. R fills gaps before its
 * STL (na.interp), this one leaves them out (stl.c); variances are over the observed points in
 * both. R's answer for a series without variation is NaN, here 0. */
#include "num/season_strength.h"

#include <math.h>

#include "base/fp.h"
#include "num/extent.h"
#include "num/stl.h"

enum { MSTL_FIRST_WINDOW = 11 };

static double share(double remainder, double whole, double rounding) {
    if (!(whole > rounding)) return 0;
    const double x = 1 - remainder / whole;
    return x > 0 ? x : 0;
}

static double variance(const double *x, size_t n) {
    double mean, var;
    return norni_mean_var(x, n, 1, &mean, &var) > 1 ? var : 0;
}

static norn_status measure(const double *y, size_t n, const norni_extent *e, int32_t m,
                           const norni_poll *poll, norni_arena *scratch, norni_strength *out,
                           norn_err *err) {
    const norni_stl_opt opt = norni_stl_opt_r(m, MSTL_FIRST_WINDOW, false);
    double *x = norni_arena_get(scratch, n, 3 * sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "season", n, 3 * sizeof *x);
    double *season = x + n, *trend = season + n;
    norni_rescale(y, n, e->exponent, x);
    double size = 0;
    for (size_t t = 0; t < n; t++)
        size = fabs(x[t]) > size ? fabs(x[t]) : size;
    NORN_TRY(norni_stl(x, n, &opt, poll, scratch, season, trend, NULL, err));
    for (size_t t = 0; t < n; t++) { /* remainder, R + S, R + T */
        const double s = season[t], r = x[t] - s - trend[t];
        season[t] = r + s;
        trend[t] = r + trend[t];
        x[t] = r;
    }
    const double noise = 0x1p-46 * size; /* 64 times the last place */
    const double remainder = variance(x, n);
    out->season = share(remainder, variance(season, n), noise * noise);
    out->trend = share(remainder, variance(trend, n), noise * noise);
    return NORN_OK;
}

norn_status norni_season_strength(const double *y, size_t n, int32_t m, const norni_poll *poll,
                                  norni_arena *scratch, norni_strength *out, norn_err *err) {
    const norni_extent e = norni_extent_of(y, n);
    *out = (norni_strength){0, 0};
    if (e.infinite) return norn_fail(err, NORN_E_DATA, "season: the series has an infinite value");
    if (m < 2 || n <= 2 * (size_t)m || e.n_seen < 3) return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    const norn_status st = measure(y, n, &e, m, poll, scratch, out, err);
    norni_arena_rewind(scratch, mark);
    return st;
}
