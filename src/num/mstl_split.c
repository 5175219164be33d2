/* MSTL: a series as any number of seasons + trend + remainder (Bandara, Hyndman, Bergmeir 2021). */
/* SPDX-License-Identifier: Apache-2.0 */
/* Bandara, Hyndman, Bergmeir 2021, "MSTL: a seasonal-trend decomposition algorithm for time series
 * with multiple seasonal patterns", arXiv 2107.13462. Seasons from the shortest to the longest, twice:
 * each is given back to the series, found anew by STL and taken out again; STL's season windows are
 * 11, 15, 19, ... cycles, the trend is the last STL's. Numbers equal R's mstl().
 * Departures: missing values are left out by STL (stl.c), where R fills them first; without a season
 * R takes Friedman's supsmu as trend, this one a loess line whose span, one of Friedman's three, has
 * the least leave-one-out error over at most 64 points (all over, not point by point). */
#include "num/mstl_split.h"

#include <math.h>

#include "base/fp.h"
#include "num/extent.h"
#include "num/stl.h"
#include "num/stl_loess.h"

enum { FIRST_WINDOW = 11, WINDOW_STEP = 4, LEFT_OUT = 64, POLL_POINTS = 1 << 16 };

/* to[t] += sign * season[t]; asked on the way: long series are touched here for the first time. */
static norn_status move(double *to, const double *season, double sign, size_t n,
                        const norni_poll *poll, norn_err *err) {
    for (size_t from = 0; from < n; from += POLL_POINTS) {
        const size_t end = n - from < POLL_POINTS ? n : from + POLL_POINTS;
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "mstl: cancelled");
        for (size_t t = from; t < end; t++)
            to[t] += sign * season[t];
    }
    return NORN_OK;
}

static norn_status split_seasons(double *x, size_t n, const norni_mstl_opt *o,
                                 const norni_poll *poll, norni_arena *scratch,
                                 norni_mstl_parts *out, norn_err *err) {
    const int32_t rounds = out->n_season == 1 || o->iterate < 1 ? 1 : o->iterate;
    for (size_t i = 0; i < out->n_season * n; i++) {
        if (i % POLL_POINTS == 0 && norni_poll_stop(poll))
            return norn_fail(err, NORN_E_CANCEL, "mstl: cancelled");
        out->season[i] = 0;
    }
    for (int32_t round = 0; round < rounds; round++) {
        for (size_t k = 0; k < out->n_season; k++) {
            double *season = out->season + k * n;
            const int32_t window = FIRST_WINDOW + WINDOW_STEP * (int32_t)k;
            const norni_stl_opt opt = o->fine
                                          ? norni_stl_opt_fine(out->period[k], window, o->robust)
                                          : norni_stl_opt_r(out->period[k], window, o->robust);
            NORN_TRY(move(x, season, 1, n, poll, err));
            NORN_TRY(norni_stl(x, n, &opt, poll, scratch, season, out->trend, NULL, err));
            NORN_TRY(move(x, season, -1, n, poll, err));
        }
    }
    return NORN_OK;
}

static norn_status smooth_trend(const double *x, size_t n, size_t n_seen, const norni_poll *poll,
                                norni_arena *scratch, double *trend, norn_err *err) {
    static const double spans[3] = {0.5, 0.2, 0.05};
    double *pos = norni_arena_get(scratch, n_seen, 4 * sizeof *pos), best = NORNI_INF;
    if (pos == NULL) return norni_alloc_fail(err, "mstl", n_seen, 4 * sizeof *pos);
    double *seen = pos + n_seen;
    norni_loess l = {.degree = 1, .row = seen + n_seen, .poll = poll}, chosen = l;
    for (size_t t = 0, i = 0; t < n; t++) {
        if (isnan(x[t])) continue;
        pos[i] = (double)t;
        seen[i++] = x[t];
    }
    const norni_loess_seen s = {n, n_seen, n_seen < n ? pos : NULL, seen, NULL};
    for (size_t k = 0; k < 3; k++) {
        double error = 0;
        l.window = (size_t)(spans[k] * (double)n_seen / 2) * 2 + 1;
        l.window = l.window < 5 ? 5 : l.window;
        l.jump = (l.window + 9) / 10;
        if (!norni_loess_left_out(&l, &s, LEFT_OUT, &error))
            return norn_fail(err, NORN_E_CANCEL, "mstl: cancelled");
        if (k > 0 && !(error < best)) continue;
        best = error;
        chosen = l;
    }
    if (!norni_loess_line(&chosen, &s, false, trend))
        return norn_fail(err, NORN_E_CANCEL, "mstl: cancelled");
    return NORN_OK;
}

norn_status norni_mstl_split(const double *y, size_t n, const int32_t *periods, size_t n_periods,
                             const norni_mstl_opt *opt, const norni_poll *poll,
                             norni_arena *scratch, norni_mstl_parts *out, norn_err *err) {
    const norni_extent e = norni_extent_of(y, n);
    if (e.infinite) return norn_fail(err, NORN_E_DATA, "mstl: the series has an infinite value");
    if (e.n_seen == 0) return norn_fail(err, NORN_E_DATA, "mstl: the series has no observed value");
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    double *x = norni_arena_get(scratch, n, sizeof *x);
    norn_status st = NORN_OK;
    if (x == NULL) return norni_alloc_fail(err, "mstl", n, sizeof *x);
    norni_rescale(y, n, e.exponent, x);
    out->n_season = 0;
    for (size_t k = 0; k < n_periods; k++) {
        if (periods[k] >= 2 && n > 2 * (size_t)periods[k])
            out->period[out->n_season++] = periods[k];
    }
    if (out->n_season > 0)
        st = split_seasons(x, n, opt, poll, scratch, out, err);
    else
        st = smooth_trend(x, n, e.n_seen, poll, scratch, out->trend, err);
    norni_arena_rewind(scratch, mark);
    if (st != NORN_OK || e.exponent == 0) return st;
    norni_rescale(out->trend, n, -e.exponent, out->trend);
    norni_rescale(out->season, out->n_season * n, -e.exponent, out->season);
    return NORN_OK;
}
