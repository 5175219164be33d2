/* Seasonal unit-root tests (OCSB, Canova-Hansen) and how often to difference by the season. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: D. Osborn, A. Chui, J. Smith, C. Birchenhall, "Seasonality and the order of integration
 * for consumption", Oxford Bulletin 50 (1988); F. Canova, B. Hansen, "Are seasonal patterns constant
 * over time?", J. Business & Economic Statistics 13 (1995). Lags and rules as in R's
 * forecast::nsdiffs, ocsb.test and uroot::ch.test (trigonometric, no lag).
 *   OCSB  w = (1-B)(1-B^m) y, AR coefficients c of w on its lags; then the t value of b5 in
 *         w_t = sum c'_k w_{t-k} + b4 C(B)(1-B^m) y_{t-1} + b5 C(B)(1-B) y_{t-m}
 *         against -1.652202 - 0.2937411 exp(-0.2850853 u - 0.05983644 u^2), u = log m - 0.7656451
 *   CH    e = y less the means of the m seasons (the span of the level and all trigonometric
 *         terms), z_t = e_t f_t, f_t the m - 1 terms, F_t = z_1 + .. + z_t,
 *         tr(V^-1 sum F_t F_t') / n^2, V the long-run variance of z: Bartlett, round(m (n/100)^(1/4)) lags
 * V is the sum of squares of window sums (unit_root.c), so it takes O(n m^2) and not O(n m^2 lags).
 * Departure: Canova-Hansen's p. R's comes from a published response surface that hardly ever rejects
 * series of common length: at 5 % none of 300 of white noise, m = 12, n = 96 or 180. Here it is a
 * Monte Carlo test: the rank of the statistic among those of normal noise of the same m and n, whose
 * size is exact (J. Besag, P. Clifford, "Sequential Monte Carlo p-values", Biometrika 78, 1991). The
 * noise is the same for every series, so p depends on nothing else. */
#include "num/season_unit_root.h"
#include "base/fp.h"
#include "base/rng.h"
#include "num/extent.h"
#include "num/least_squares.h"
#include "num/season_strength.h"
#include "num/unit_root.h"

#include <math.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

/* A series made ready: ends without NaN, of common size. */
typedef struct ready {
    double *y; /* (n) */
    size_t n;
    bool gaps;
    double most; /* largest |y| */
} ready;

static norn_status make_ready(const double *y, size_t n, norni_arena *scratch, ready *out,
                              norn_err *err) {
    const norni_extent e = norni_extent_of(y, n);
    *out = (ready){.n = e.n_seen ? e.last - e.first + 1 : 0};
    if (e.infinite) return norn_fail(err, NORN_E_DATA, "season: the series has an infinite value");
    out->y = norni_arena_get(scratch, out->n ? out->n : 1, sizeof *out->y);
    if (!out->y) return norni_alloc_fail(err, "season", out->n, sizeof *out->y);
    if (out->n) norni_rescale(y + e.first, out->n, e.exponent, out->y);
    out->gaps = e.n_seen < out->n;
    for (size_t t = 0; t < out->n; t++)
        if (fabs(out->y[t]) > out->most) out->most = fabs(out->y[t]);
    return NORN_OK;
}

/* x (n) at least `lag` points in, less itself `lag` points before. */
static double difference(const double *x, size_t lag) {
    return x[0] - *(x - lag);
}

/* (1-B)(1-B^m) y at y */
static double both(const double *y, size_t m) {
    return difference(y, m) - difference(y - 1, m);
}

/* One regression of ocsb: its columns are w's lags, z4 and z5. */
typedef struct ocsb_fit {
    norni_lm lm;
    double *x, *response; /* (rows, lags + 2), (rows) */
    double work[NORNI_LM_SCRATCH(NORNI_OCSB_MAX_LAG + 2)];
    size_t pivot[NORNI_OCSB_MAX_LAG + 2];
} ocsb_fit;

/* C(B) (1-B^lag) y at y */
static double filtered(const double *y, size_t lag, const double *coef, size_t k) {
    double z = difference(y, lag);
    for (size_t i = 1; i <= k; i++)
        z -= coef[i - 1] * difference(y - i, lag);
    return z;
}

static void lag_columns(const ready *r, size_t m, size_t begin, size_t k, ocsb_fit *f) {
    const size_t rows = r->n - begin;
    for (size_t t = 0; t < rows; t++) {
        const double *y = r->y + begin + t;
        f->response[t] = both(y, m);
        for (size_t i = 1; i <= k; i++)
            f->x[(i - 1) * rows + t] = both(y - i, m);
    }
}

/* `k` lags on the rows that `spare` >= k lags leave: the same for every k that is compared. false:
 * stopped. */
static bool fit_ocsb(const ready *r, size_t m, size_t k, size_t spare, ocsb_fit *f,
                     const norni_poll *poll) {
    const size_t begin = m + 1 + spare, rows = r->n - begin;
    double coef[NORNI_OCSB_MAX_LAG];
    const double ulp = 0x1p-52 * r->most;
    lag_columns(r, m, begin, k, f);
    if (k) {
        if (!norni_lm_fit(&f->lm, f->x, rows, k, f->response, ulp, f->work, f->pivot, poll))
            return false;
        memcpy(coef, f->lm.coef, k * sizeof *coef);
        lag_columns(r, m, begin, k, f);
    }
    for (size_t t = 0; t < rows; t++) {
        const double *y = r->y + begin + t;
        f->x[k * rows + t] = filtered(y - 1, m, coef, k);
        f->x[(k + 1) * rows + t] = filtered(y - m, 1, coef, k);
    }
    return norni_lm_fit(&f->lm, f->x, rows, k + 2, f->response, ulp, f->work, f->pivot, poll);
}

/* By R's AIC, BIC and AICc of a regression; the scale is counted. */
static double criterion(const norni_lm *fit, norni_lag_rule rule) {
    const double n = (double)fit->qr.n, k = (double)(fit->qr.rank + 1);
    const double minus = n * norni_log(fit->squares / n);
    if (rule == NORNI_LAG_BIC) return minus + k * norni_log(n);
    return minus + 2 * k + (rule == NORNI_LAG_AICC ? 2 * k * (k + 1) / (n - k - 1) : 0);
}

static double ocsb_critical(size_t m) {
    const double u = norni_log((double)m) - 0.7656451;
    return -0.2937411 * norni_exp(-0.2850853 * u - 0.05983644 * (u * u)) - 1.652202;
}

static bool column_kept(const norni_lm *fit, size_t j) {
    return !isnan(fit->diag[j]);
}

/* false: stopped. */
static bool ocsb(const ready *r, const norni_ocsb_opt *opt, ocsb_fit *f, const norni_poll *poll,
                 norni_season_root *out) {
    const size_t m = (size_t)opt->season;
    size_t lags = opt->max_lag;
    double best = NORNI_INF;
    for (size_t k = 1; opt->rule != NORNI_LAG_FIXED && k <= opt->max_lag; k++) {
        if (!fit_ocsb(r, m, k, opt->max_lag, f, poll)) return false;
        const double c = criterion(&f->lm, opt->rule);
        if (c < best) best = c, lags = k - 1;
    }
    if (!fit_ocsb(r, m, lags, lags, f, poll)) return false;
    out->lags = (uint32_t)lags;
    if (!column_kept(&f->lm, lags) || !column_kept(&f->lm, lags + 1)) return true;
    out->statistic = norni_lm_t(&f->lm, lags + 1, 0);
    out->failed = isnan(out->statistic);
    return true;
}

norn_status norni_ocsb(const double *y, size_t n, const norni_ocsb_opt *opt, const norni_poll *poll,
                       norni_arena *scratch, norni_season_root *out, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    const size_t m = (size_t)opt->season;
    norn_status st;
    ready r;
    *out = (norni_season_root){NORNI_NAN, ocsb_critical(m), NORNI_NAN, 0, true};
    NORN_TRY_GOTO(make_ready(y, n, scratch, &r, err), done);
    /* The first row needs y_{t-m-1-lags}; R's single row is no matrix any more. */
    if (r.gaps || opt->max_lag > NORNI_OCSB_MAX_LAG || r.n < m + 3 + opt->max_lag) goto done;
    ocsb_fit f;
    f.x = norni_arena_get(scratch, r.n, (opt->max_lag + 3) * sizeof *f.x);
    if (!f.x) {
        st = norni_alloc_fail(err, "ocsb", r.n, (opt->max_lag + 3) * sizeof *f.x);
        goto done;
    }
    f.response = f.x + (opt->max_lag + 2) * r.n;
    if (!ocsb(&r, opt, &f, poll, out)) st = norn_fail(err, NORN_E_CANCEL, "ocsb: cancelled");
done:
    norni_arena_rewind(scratch, mark);
    return st;
}

/* The trigonometric terms of one cycle: row j of terms (m, m-1) is f_t, t % m == j with t from 1. */
static void make_terms(size_t m, double *terms) {
    const size_t pairs = (m - 1) / 2;
    for (size_t j = 0; j < m; j++) {
        double *f = terms + j * (m - 1);
        for (size_t k = 1; k <= pairs; k++) {
            const double angle = 2 * PI * (double)(k * j % m) / (double)m;
            f[2 * k - 2] = norni_cos(angle);
            f[2 * k - 1] = norni_sin(angle);
        }
        if (m % 2 == 0) f[m - 2] = j % 2 ? -1 : 1;
    }
}

static void add_scaled(double *y, double c, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] += c * x[i];
}

/* What the test works on; p = m - 1. */
typedef struct ch_work {
    size_t m, p, lags;
    double *terms;                /* (m, p) */
    double *variance;             /* (p, p), lower triangle */
    double *sum, *solved, *means; /* (p), (p), (m) */
    double *noise;                /* (n) */
} ch_work;

/* e (n) = e less the mean of its season. */
static void leave_season(double *e, size_t n, size_t m, double *means) {
    for (size_t j = 0; j < m && j < n; j++) {
        double sum = 0, count = 0;
        for (size_t t = j; t < n; t += m) {
            sum += e[t];
            count++;
        }
        means[j] = sum / count;
    }
    for (size_t t = 0; t < n; t++)
        e[t] -= means[t % m];
}

/* Asks once for each 64k products done. */
static bool stopped(const norni_poll *poll, size_t *work, size_t step) {
    *work += step;
    if (*work < 65536) return false;
    *work = 0;
    return norni_poll_stop(poll);
}

/* The lower triangle of V. false: stopped. */
static bool ch_variance(const double *e, size_t n, ch_work *w, const norni_poll *poll) {
    const size_t m = w->m, p = w->p, span = w->lags + 1;
    size_t work = 0;
    memset(w->variance, 0, p * p * sizeof *w->variance);
    memset(w->sum, 0, p * sizeof *w->sum);
    for (size_t t = 0; t < n + w->lags; t++) {
        if (t < n) add_scaled(w->sum, e[t], w->terms + (t + 1) % m * p, p);
        if (t >= span) add_scaled(w->sum, -e[t - span], w->terms + (t - span + 1) % m * p, p);
        for (size_t i = 0; i < p; i++)
            add_scaled(w->variance + i * p, w->sum[i], w->sum, i + 1);
        if (stopped(poll, &work, p * p)) return false;
    }
    for (size_t i = 0; i < p * p; i++)
        w->variance[i] /= (double)n * (double)span;
    return true;
}

/* false: stopped. */
static bool ch_statistic(const double *e, size_t n, ch_work *w, const norni_poll *poll,
                         norni_season_root *out) {
    const size_t p = w->p;
    size_t work = 0;
    double total = 0;
    if (!ch_variance(e, n, w, poll)) return false;
    if (norni_cholesky(w->variance, p, 1e-13)) return true;
    memset(w->sum, 0, p * sizeof *w->sum);
    for (size_t t = 0; t < n; t++) {
        add_scaled(w->sum, e[t], w->terms + (t + 1) % w->m * p, p);
        memcpy(w->solved, w->sum, p * sizeof *w->sum);
        norni_cholesky_forward(w->variance, p, w->solved);
        total += norni_dot(w->solved, w->solved, p);
        if (stopped(poll, &work, p * p)) return false;
    }
    out->statistic = total / ((double)n * (double)n);
    out->failed = false;
    return true;
}

/* Lags as R's: round, halves to even; the fourth root of two square roots is exact where it can be. */
static size_t ch_lags(size_t m, size_t n) {
    return (size_t)nearbyint((double)m * sqrt(sqrt((double)n / 100)));
}

/* Replications, fewer where one costs much, and the hits that end them early: p is above 0.1 then. */
static void ch_plan(const ch_work *w, size_t n, size_t *most, size_t *enough) {
    const double products = (double)(2 * n + w->lags) * (double)(w->p * w->p);
    const double budget = 2e9 / products < 99 ? 99 : 2e9 / products;
    if ((double)*most > budget) *most = (size_t)budget;
    *enough = (*most + 1) / 10 > 1 ? (*most + 1) / 10 : 1;
}

/* The rank of `statistic` among those of noise. false: stopped. */
static bool ch_p(double statistic, size_t n, ch_work *w, size_t most, const norni_poll *poll,
                 double *p) {
    const norni_rng rng = {UINT64_C(0x43616e6f7661), (uint64_t)w->m << 40 ^ n};
    size_t enough, hits = 0, r = 0;
    if (most == 0) return true;
    ch_plan(w, n, &most, &enough);
    while (r < most && hits < enough) {
        norni_season_root other = {.statistic = 0};
        norni_rng_normals(rng, r++ * n, w->noise, n);
        leave_season(w->noise, n, w->m, w->means);
        if (!ch_statistic(w->noise, n, w, poll, &other)) return false;
        hits += other.statistic >= statistic;
    }
    *p = hits < enough ? (double)(hits + 1) / (double)(most + 1) : (double)hits / (double)r;
    return true;
}

/* All of it in one block; false: out of memory. */
static bool ch_memory(ch_work *w, size_t n, norni_arena *scratch) {
    const size_t p = w->p;
    w->terms = norni_arena_get(scratch, w->m * p + p * p + 2 * p + w->m + n, sizeof *w->terms);
    if (!w->terms) return false;
    w->variance = w->terms + w->m * p;
    w->sum = w->variance + p * p;
    w->solved = w->sum + p;
    w->means = w->solved + p;
    w->noise = w->means + w->m;
    return true;
}

norn_status norni_canova_hansen(const double *y, size_t n, const norni_ch_opt *opt,
                                const norni_poll *poll, norni_arena *scratch,
                                norni_season_root *out, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    norn_status st;
    ready r;
    *out = (norni_season_root){NORNI_NAN, NORNI_NAN, NORNI_NAN, 0, true};
    NORN_TRY_GOTO(make_ready(y, n, scratch, &r, err), done);
    const size_t m = (size_t)opt->season;
    ch_work w = {.m = m, .p = m - 1, .lags = ch_lags(m, r.n)};
    out->lags = (uint32_t)w.lags;
    if (r.gaps || m > NORNI_CH_MAX_SEASON || r.n <= m || w.lags > r.n) goto done;
    if (!ch_memory(&w, r.n, scratch)) {
        st = norni_alloc_fail(err, "canova-hansen", 2 * w.m * w.p + r.n, sizeof *w.terms);
        goto done;
    }
    make_terms(w.m, w.terms);
    leave_season(r.y, r.n, w.m, w.means);
    if (!ch_statistic(r.y, r.n, &w, poll, out) ||
        (!out->failed && !ch_p(out->statistic, r.n, &w, opt->replications, poll, &out->p)))
        st = norn_fail(err, NORN_E_CANCEL, "canova-hansen: cancelled");
done:
    norni_arena_rewind(scratch, mark);
    return st;
}

/* Does y need a (further) seasonal difference? */
static norn_status judge(const double *y, size_t n, const norni_nsdiffs_opt *opt,
                         const norni_poll *poll, norni_arena *scratch, bool *out, norn_err *err) {
    const double alpha = opt->alpha < 0.01 ? 0.01 : opt->alpha > 0.1 ? 0.1 : opt->alpha;
    const norni_ocsb_opt lags = {opt->season, NORNI_LAG_AIC, 3};
    const norni_ch_opt ranks = {opt->season, NORNI_CH_REPLICATIONS};
    norni_season_root r = {.failed = true};
    norni_strength strength;
    switch (opt->test) {
        case NORNI_SEASON_OCSB:
            NORN_TRY(norni_ocsb(y, n, &lags, poll, scratch, &r, err));
            *out = !r.failed && r.statistic > r.critical;
            break;
        case NORNI_SEASON_CH:
            NORN_TRY(norni_canova_hansen(y, n, &ranks, poll, scratch, &r, err));
            *out = !r.failed && r.p < alpha;
            break;
        case NORNI_SEASON_STRENGTH:
        default:
            NORN_TRY(norni_season_strength(y, n, opt->season, poll, scratch, &strength, err));
            *out = strength.season > 0.64;
            break;
    }
    return NORN_OK;
}

static norn_status count_differences(ready *r, const norni_nsdiffs_opt *opt, const norni_poll *poll,
                                     norni_arena *scratch, int32_t *out, norn_err *err) {
    const size_t m = (size_t)opt->season;
    bool more;
    if (opt->season < 2 || m >= r->n || norni_is_constant(r->y, r->n, 0)) return NORN_OK;
    NORN_TRY(judge(r->y, r->n, opt, poll, scratch, &more, err));
    while (more && *out < opt->max_d) {
        ++*out;
        for (size_t t = 0; t + m < r->n; t++)
            r->y[t] = r->y[t + m] - r->y[t];
        r->n -= m;
        if (norni_is_constant(r->y, r->n, 0x1p-48 * r->most)) return NORN_OK;
        if (r->n < 2 * m || *out == opt->max_d) return NORN_OK;
        NORN_TRY(judge(r->y, r->n, opt, poll, scratch, &more, err));
    }
    return NORN_OK;
}

norn_status norni_nsdiffs(const double *y, size_t n, const norni_nsdiffs_opt *opt,
                          const norni_poll *poll, norni_arena *scratch, int32_t *out,
                          norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    norn_status st;
    ready r;
    *out = 0;
    NORN_TRY_GOTO(make_ready(y, n, scratch, &r, err), done);
    NORN_TRY_GOTO(count_differences(&r, opt, poll, scratch, out, err), done);
done:
    norni_arena_rewind(scratch, mark);
    return st;
}
