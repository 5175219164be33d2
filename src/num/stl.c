/* STL: a series as season + trend + remainder by loess (Cleveland and others 1990). */
/* SPDX-License-Identifier: Apache-2.0 */
/* Cleveland, Cleveland, McRae, Terpenning 1990, "STL: a seasonal-trend decomposition procedure based
 * on loess", J. Official Statistics 6. One inner pass, T the trend so far (0 at first):
 *   1. D = Y - T
 *   2. C: the series of each season (every m-th value of D) smoothed by loess and carried on by one
 *      cycle at both ends
 *   3. L: C under moving averages of m, m and 3 points, then loess
 *   4. S = C - L   5. Y - S   6. T: loess of Y - S
 * An outer pass weighs points by the bisquare of |Y - T - S| / (6 median) in steps 2 and 6 of the
 * next inner passes; after `outer` of them comes one more round of inner passes. Numbers equal R's
 * stl(); its departures from the paper: stl_loess.c.
 * Missing values (R: refused) are left out of steps 2 and 6, where neighbourhoods then are the
 * nearest points that were seen; a season never seen takes the line between its neighbours in time.
 * A periodic season (season_window 0) is the mean of each season over the cycles. Moving averages
 * add up and never subtract, so that an outlier of 1e300 leaves no trace outside its window. */
#include "num/stl.h"

#include <math.h>

#include "base/fp.h"
#include "base/sort.h"
#include "num/stl_loess.h"

enum { POLL_POINTS = 1 << 16 }; /* the first touch of so many is slow, too */

typedef struct stl_work {
    const double *y;
    const norni_stl_opt *o;
    size_t n, m, n_seen;
    double *cycle;          /* (n + 2m) C: from one cycle before the start to one behind the end */
    double *detrended;      /* (n + 2m) D; moving averages; Y - S */
    double *suffix;         /* (max(m, 3)) of the moving average */
    double *low;            /* (n + 2) */
    double *pos, *seen, *w; /* (n) points that were seen, for loess; NULL without need */
    double *weight;         /* (n) robustness */
    double *season, *trend; /* (n) */
    norni_loess smooth[3];  /* season, trend, low */
    bool robust;            /* weights count in this pass */
    const norni_poll *poll;
} stl_work;

static int32_t next_odd(double x) {
    const int32_t whole = (int32_t)x;
    return whole % 2 ? whole : whole + 1;
}

static int32_t tenth(int32_t window) {
    return (window + 9) / 10;
}

norni_stl_opt norni_stl_opt_r(int32_t period, int32_t season_window, bool robust) {
    /* A periodic season's window is 10 n + 1 in R: its trend window is a little above 1.5 m. */
    const double m = (double)period, window = season_window > 0 ? (double)season_window : 1e9;
    norni_stl_opt o = {.period = period,
                       .season_window = season_window,
                       .trend_window = next_odd(ceil(1.5 * m / (1 - 1.5 / window))),
                       .low_window = next_odd(m),
                       .trend_degree = 1,
                       .low_degree = 1,
                       .inner = robust ? 1 : 2,
                       .outer = robust ? 15 : 0};
    o.season_jump = season_window > 0 ? tenth(season_window) : INT32_MAX;
    o.trend_jump = tenth(o.trend_window);
    o.low_jump = tenth(o.low_window);
    return o;
}

norni_stl_opt norni_stl_opt_fine(int32_t period, int32_t season_window, bool robust) {
    norni_stl_opt o = norni_stl_opt_r(period, season_window, robust);
    o.season_jump = o.trend_jump = o.low_jump = 1;
    o.inner = robust ? 2 : 5;
    return o;
}

/* Averages of len neighbours, out (n - len + 1). A window is the end of one block of len values and
 * the start of the next: sums of both are built by additions only. out may be x. */
static void average(const double *x, size_t n, size_t len, double *suffix, double *out) {
    for (size_t from = 0; from + len <= n; from += len) {
        double prefix = 0;
        suffix[len - 1] = x[from + len - 1];
        for (size_t i = len - 1; i > 0; i--)
            suffix[i - 1] = x[from + i - 1] + suffix[i];
        for (size_t i = 0; i < len && from + i + len <= n; i++) {
            const double next = from + len + i < n ? x[from + len + i] : 0;
            out[from + i] = (suffix[i] + prefix) / (double)len;
            prefix += next;
        }
    }
}

/* The points i = first + k step of x that were seen, for loess. */
static norni_loess_seen gather(const stl_work *k, const double *x, size_t first, size_t step) {
    norni_loess_seen s = {.n = (k->n - first + step - 1) / step,
                          .pos = k->pos,
                          .y = k->seen,
                          .weight = k->robust ? k->w : NULL};
    for (size_t t = first, i = 0; t < k->n; t += step, i++) {
        if (isnan(k->y[t])) continue;
        k->pos[s.n_seen] = (double)i;
        k->seen[s.n_seen] = x[t];
        k->w[s.n_seen++] = k->weight[t];
    }
    if (s.n_seen == s.n) s.pos = NULL;
    return s;
}

/* Seasons that were never seen stand on the line between the nearest ones that were. */
static void bridge_seasons(stl_work *k) {
    const size_t len = k->n + 2 * k->m;
    double *c = k->cycle;
    for (size_t t = 0, last = len; t < len; t++) {
        if (isnan(c[t])) continue;
        for (size_t i = last == len ? 0 : last + 1; i < t; i++) {
            const double part = last == len ? 1 : (double)(i - last) / (double)(t - last);
            c[i] = last == len ? c[t] : c[last] + part * (c[t] - c[last]);
        }
        last = t;
    }
    for (size_t t = len - 1, last = t; t > 0 && isnan(c[last]); t--) {
        if (isnan(c[t - 1])) continue;
        for (size_t i = t; i < len; i++)
            c[i] = c[t - 1];
        last = t - 1;
    }
}

/* Step 2 with gaps or robustness weights: one season after the other. */
static bool smooth_seasons(stl_work *k) {
    const size_t m = k->m;
    double *line = k->low; /* free until step 3; n > 2m leaves room for a season and its ends */
    bool unseen = false;
    for (size_t j = 0; j < m; j++) {
        const norni_loess_seen s = gather(k, k->detrended, j, m);
        if (s.n_seen > 0 && !norni_loess_line(&k->smooth[0], &s, true, line + 1)) return false;
        for (size_t i = 0; i < s.n + 2; i++)
            k->cycle[i * m + j] = s.n_seen > 0 ? line[i] : NORNI_NAN;
        unseen |= s.n_seen == 0;
    }
    if (unseen) bridge_seasons(k);
    return true;
}

/* Step 2 without: seasons of one length share their weights. */
static bool smooth_seasons_at_once(stl_work *k) {
    const size_t n = k->n, m = k->m,
                 more = n % m; /* the first `more` seasons have one cycle more */
    return norni_loess_block(&k->smooth[0], k->detrended, n / m + 1, m, more, true, k->cycle + m) &&
           norni_loess_block(&k->smooth[0], k->detrended + more, n / m, m, m - more, true,
                             k->cycle + m + more);
}

static bool inner_pass(stl_work *k) {
    const size_t n = k->n, m = k->m;
    const bool gaps = k->n_seen < n;
    double *d = k->detrended;
    for (size_t t = 0; t < n; t++) {
        if (t % POLL_POINTS == 0 && norni_poll_stop(k->poll)) return false;
        d[t] = k->y[t] - k->trend[t];
    }
    if (!(gaps || k->robust ? smooth_seasons(k) : smooth_seasons_at_once(k))) return false;
    average(k->cycle, n + 2 * m, m, k->suffix, d);
    if (norni_poll_stop(k->poll)) return false;
    average(d, n + m + 1, m, k->suffix, d);
    if (norni_poll_stop(k->poll)) return false;
    average(d, n + 2, 3, k->suffix, d);
    if (norni_poll_stop(k->poll)) return false;
    if (!norni_loess_block(&k->smooth[2], d, n, 1, 1, false, k->low)) return false;
    for (size_t t = 0; t < n; t++) {
        k->season[t] = k->cycle[m + t] - k->low[t];
        d[t] = k->y[t] - k->season[t];
    }
    if (!gaps && !k->robust) return norni_loess_block(&k->smooth[1], d, n, 1, 1, false, k->trend);
    const norni_loess_seen s = gather(k, d, 0, 1);
    return norni_loess_line(&k->smooth[1], &s, false, k->trend);
}

/* Bisquare weights of the remainders; the median is that of the points seen. */
static void weigh_points(stl_work *k) {
    size_t seen = 0;
    double *size = k->low;
    for (size_t t = 0; t < k->n; t++) {
        k->weight[t] = fabs(k->y[t] - k->trend[t] - k->season[t]);
        if (!isnan(k->y[t])) size[seen++] = k->weight[t];
    }
    norni_sort_doubles(size, seen);
    const double limit = 3 * (size[seen / 2] + size[seen - seen / 2 - 1]);
    for (size_t t = 0; t < k->n; t++) {
        const double r = k->weight[t], u = r / limit;
        k->weight[t] = r <= 0.001 * limit ? 1 : r <= 0.999 * limit ? (1 - u * u) * (1 - u * u) : 0;
    }
}

static void make_periodic(stl_work *k) {
    for (size_t j = 0; j < k->m; j++) {
        norni_sum sum = {0, 0};
        size_t count = 0;
        for (size_t t = j; t < k->n; t += k->m, count++)
            sum = norni_sum_add(sum, k->season[t]);
        for (size_t t = j; t < k->n; t += k->m)
            k->season[t] = norni_sum_get(sum) / (double)count;
    }
}

static norni_loess smoother(int32_t window, int32_t degree, int32_t jump, double *row,
                            const norni_poll *poll) {
    const int32_t odd = window < 3 ? 3 : next_odd(window);
    return (norni_loess){.window = (size_t)odd,
                         .degree = degree,
                         .jump = jump < 1 ? 1 : (size_t)jump,
                         .row = row,
                         .poll = poll};
}

static norn_status prepare(stl_work *k, norni_arena *scratch, norn_err *err) {
    const norni_stl_opt *o = k->o;
    const size_t n = k->n, m = k->m;
    const size_t line = k->n_seen < n || o->outer > 0 ? n : 0;
    double *row = norni_arena_get(scratch, n, 2 * sizeof *row);
    k->cycle = norni_arena_get(scratch, n + 2 * m, sizeof *k->cycle);
    k->detrended = norni_arena_get(scratch, n + 2 * m, sizeof *k->detrended);
    k->suffix = norni_arena_get(scratch, m < 3 ? 3 : m, sizeof *k->suffix);
    k->low = norni_arena_get(scratch, n + 2, sizeof *k->low);
    k->pos = norni_arena_get(scratch, line, sizeof *k->pos);
    k->seen = norni_arena_get(scratch, line, sizeof *k->seen);
    k->w = norni_arena_get(scratch, line, sizeof *k->w);
    if (k->weight == NULL) k->weight = norni_arena_get(scratch, n, sizeof *k->weight);
    if (!row || !k->cycle || !k->detrended || !k->suffix || !k->low || !k->pos || !k->seen ||
        !k->w || !k->weight)
        return norni_alloc_fail(err, "stl", n, 10 * sizeof *row);
    k->smooth[0] = smoother(o->season_window, o->season_degree, o->season_jump, row, k->poll);
    if (o->season_window == 0) { /* R's 10 n + 1: weights that are all but equal */
        k->smooth[0].window = 10 * n + 1;
        k->smooth[0].degree = 0;
    }
    k->smooth[1] = smoother(o->trend_window, o->trend_degree, o->trend_jump, row, k->poll);
    k->smooth[2] = smoother(o->low_window, o->low_degree, o->low_jump, row, k->poll);
    return NORN_OK;
}

static bool run_passes(stl_work *k) {
    for (size_t t = 0; t < k->n; t++) {
        if (t % POLL_POINTS == 0 && norni_poll_stop(k->poll)) return false;
        k->trend[t] = 0;
        k->weight[t] = 1;
    }
    for (int32_t outer = 0;; outer++) {
        for (int32_t i = 0; i < k->o->inner || i == 0; i++) {
            if (!inner_pass(k)) return false;
        }
        if (outer >= k->o->outer) break;
        weigh_points(k);
        k->robust = true;
    }
    if (k->o->season_window == 0) make_periodic(k);
    return true;
}

norn_status norni_stl(const double *y, size_t n, const norni_stl_opt *opt, const norni_poll *poll,
                      norni_arena *scratch, double *season, double *trend, double *weight,
                      norn_err *err) {
    stl_work k = {.y = y,
                  .o = opt,
                  .n = n,
                  .m = (size_t)opt->period,
                  .weight = weight,
                  .season = season,
                  .trend = trend,
                  .poll = poll};
    if (opt->period < 2 || n <= 2 * k.m)
        return norn_fail(err, NORN_E_DATA,
                         "stl: %zu points at a season of %d; more than two seasons are needed", n,
                         (int)opt->period);
    for (size_t t = 0; t < n; t++) {
        if (isinf(y[t]))
            return norn_fail(err, NORN_E_DATA, "stl: the series has an infinite value");
        k.n_seen += isnan(y[t]) ? 0 : 1;
    }
    if (k.n_seen == 0) return norn_fail(err, NORN_E_DATA, "stl: the series has no observed value");
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    norn_status st = prepare(&k, scratch, err);
    if (st == NORN_OK && !run_passes(&k)) st = norn_fail(err, NORN_E_CANCEL, "stl: cancelled");
    norni_arena_rewind(scratch, mark);
    return st;
}
