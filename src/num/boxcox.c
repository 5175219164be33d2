/* Box-Cox transformation, its inverse, and the choice of lambda (Guerrero, likelihood). */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: G. Box, D. Cox, "An analysis of transformations", JRSS B 26 (1964), with P. Bickel and
 * K. Doksum's sign (JASA 76, 1981); V. Guerrero, "Time-series analysis supported by power
 * transformations", J. Forecasting 12 (1993). Rules as in R's forecast::BoxCox, InvBoxCox and
 * BoxCox.lambda.
 *   w = (sign(y) |y|^l - 1) / l      y = sign(lw + 1) |lw + 1|^(1/l)
 *   Guerrero     cycles h of one season: least sd_h(r) / mean_h(r) of r_h = sd_h / mean_h^(1-l), by
 *                Brent to R's tolerance
 *   likelihood   -n/2 log RSS(l), the residuals of w / g^(l-1) around line and season, g the
 *                geometric mean; l on the grid lower, lower + 0.05, ..
 * Departures: powers near l = 0 are formed without cancellation; the likelihood regresses
 * ((y/g)^l - 1) / l, the same but for a level, which neither overflows nor cancels. */
#include "num/boxcox.h"
#include "base/fp.h"
#include "num/extent.h"
#include "num/minimise.h"

#include <math.h>

/* (exp(x) - 1) without cancellation. Source: W. Kahan's identity with rounded u = exp(x). */
static double exp_less_1(double x) {
    const double u = norni_exp(x);
    if (u == 1) return x;
    if (u - 1 == -1 || fabs(x) > 1) return u - 1;
    return (u - 1) * x / norni_log(u);
}

/* log(1 + x) without cancellation. */
static double log_of_1_and(double x) {
    const double u = 1 + x;
    if (u == 1) return x;
    return isfinite(u) ? norni_log(u) * x / (u - 1) : norni_log(u);
}

static double forward(double y, double lambda) {
    if (lambda <= 0 && !(y >= 0)) return NORNI_NAN;
    if (lambda == 0) return norni_log(y);
    if (y > 0) return exp_less_1(lambda * norni_log(y)) / lambda;
    return y == 0 ? (lambda > 0 ? -1 / lambda : -NORNI_INF) : (-norni_pow(-y, lambda) - 1) / lambda;
}

static double inverse(double w, double lambda) {
    if (lambda == 0) return norni_exp(w);
    const double x = lambda * w;
    if (isnan(w) || (lambda < 0 && x < -1)) return NORNI_NAN;
    if (x > -1) return norni_exp(log_of_1_and(x) / lambda);
    if (x == -1) return lambda > 0 ? 0 : NORNI_INF;
    return -norni_pow(-(x + 1), 1 / lambda);
}

norn_status norni_boxcox_check(const double *y, size_t n, double lambda, norn_err *err) {
    if (!isfinite(lambda))
        return norn_fail(err, NORN_E_ARG, "boxcox: lambda=%g is not a finite number", lambda);
    for (size_t t = 0; t < n; t++) {
        if (isinf(y[t])) return norn_fail(err, NORN_E_DATA, "boxcox: value %zu is infinite", t + 1);
        if (lambda <= 0 && y[t] <= 0)
            return norn_fail(err, NORN_E_DATA,
                             "boxcox: lambda=%g takes values above 0 only, but value %zu is %g",
                             lambda, t + 1, y[t]);
    }
    return NORN_OK;
}

void norni_boxcox(const double *y, size_t n, double lambda, double *out) {
    for (size_t t = 0; t < n; t++)
        out[t] = isnan(y[t]) ? NORNI_NAN : forward(y[t], lambda);
}

void norni_boxcox_inverse(const double *w, size_t n, double lambda, const double *variance,
                          double *out) {
    for (size_t t = 0; t < n; t++) {
        const double y = inverse(w[t], lambda);
        double more = 0;
        if (variance && y != 0) more = 0.5 * variance[t] * (1 - lambda);
        if (more != 0 && lambda != 0) more /= norni_pow(fabs(y), 2 * lambda);
        out[t] = more != 0 ? y * (1 + more) : y;
    }
}

/* Cycles with what Guerrero looks at: sd (count) and the log of the mean (count). */
typedef struct cycles {
    size_t count;
    double *sd, *log_mean, *ratio;
    const norni_poll *poll;
    bool stopped;
} cycles;

static double guerrero_cv(double lambda, void *arg) {
    cycles *c = arg;
    double mean, var;
    if (c->stopped || norni_poll_stop(c->poll)) {
        c->stopped = true;
        return NORNI_NAN;
    }
    for (size_t h = 0; h < c->count; h++)
        c->ratio[h] = c->sd[h] / norni_exp((1 - lambda) * c->log_mean[h]);
    if (norni_mean_var(c->ratio, c->count, 1, &mean, &var) < 2) return NORNI_NAN;
    return sqrt(var) / mean;
}

/* The last whole cycles of y (n); those with two values and a positive mean count. */
static void fill_cycles(const double *y, size_t n, size_t period, cycles *c) {
    for (size_t t = n % period; t + period <= n; t += period) {
        double mean, var;
        const size_t seen = norni_mean_var(y + t, period, 1, &mean, &var);
        if (seen < 2 || !(mean > 0)) continue;
        c->sd[c->count] = sqrt(var);
        c->log_mean[c->count] = norni_log(mean);
        c->count++;
    }
}

/* false: stopped. */
static bool guerrero(const double *y, size_t n, int exponent, const norni_boxcox_opt *opt,
                     double lower, double *scratch, const norni_poll *poll, double *out) {
    const size_t period = opt->season > 2 ? (size_t)opt->season : 2;
    double *x = scratch, value = NORNI_NAN;
    cycles c = {0, x + n, x + 2 * n, x + 3 * n, poll, false};
    norni_rescale(y, n, exponent, x);
    fill_cycles(x, n, period, &c);
    if (c.count < 2) return true;
    /* R's optimize: its steps end at a third of the fourth root of eps. */
    const double lambda = norni_brent(guerrero_cv, &c, lower, opt->upper, 0x1p-13 / 3, 200, &value);
    if (isfinite(value)) *out = lambda;
    return !c.stopped;
}

/* x (n) = x less the mean of its season (m of them); NaN stays. sums (m), counts (m). */
static void leave_season(double *x, size_t n, size_t m, double *sums, double *counts) {
    for (size_t j = 0; j < m; j++)
        sums[j] = counts[j] = 0;
    for (size_t t = 0; t < n; t++) {
        if (isnan(x[t])) continue;
        sums[t % m] += x[t];
        counts[t % m] += 1;
    }
    for (size_t t = 0; t < n; t++)
        x[t] -= sums[t % m] / counts[t % m];
}

/* The squares that season and line leave of x (n), which is spoilt; line (n) without its seasons. */
static double squares_left(double *x, const double *line, size_t n, size_t m, double *seasons) {
    double cross = 0, square = 0, left = 0;
    leave_season(x, n, m, seasons, seasons + m);
    for (size_t t = 0; t < n; t++) {
        if (isnan(x[t])) continue;
        cross += x[t] * line[t];
        square += line[t] * line[t];
    }
    const double slope = square > 0 ? cross / square : 0;
    for (size_t t = 0; t < n; t++) {
        const double e = x[t] - slope * line[t];
        if (!isnan(e)) left += e * e;
    }
    return left;
}

/* log y (n) less its mean, in `logs`; the line without its seasons, in `line`. false: y is constant. */
static bool prepare_likelihood(const double *y, size_t n, size_t m, double *logs, double *line,
                               double *seasons) {
    double mean, var;
    for (size_t t = 0; t < n; t++) {
        logs[t] = isnan(y[t]) ? NORNI_NAN : norni_log(y[t]);
        line[t] = isnan(y[t]) ? NORNI_NAN : (double)t;
    }
    (void)norni_mean_var(logs, n, 0, &mean, &var);
    for (size_t t = 0; t < n; t++)
        logs[t] -= mean;
    leave_season(line, n, m, seasons, seasons + m);
    return var > 0;
}

/* false: stopped. */
static bool likelihood(const double *y, size_t n, const norni_boxcox_opt *opt, double lower,
                       double *scratch, const norni_poll *poll, double *out) {
    const size_t m = opt->season > 1 ? (size_t)opt->season : 1;
    double *logs = scratch, *line = scratch + n, *x = scratch + 2 * n, *seasons = scratch + 3 * n;
    double best = NORNI_INF;
    if (!prepare_likelihood(y, n, m, logs, line, seasons)) return true;
    for (int k = 0;; k++) {
        const double lambda = lower + 0.05 * k;
        if (lambda > opt->upper + 1e-10) break;
        bool fits = true; /* in double's range */
        for (size_t t = 0; t < n; t++) {
            x[t] = fabs(lambda) > 1e-12 ? exp_less_1(lambda * logs[t]) / lambda : logs[t];
            fits &= !isinf(x[t]);
        }
        const double left = fits ? squares_left(x, line, n, m, seasons) : NORNI_INF;
        if (left < best) best = left, *out = lambda;
        if (norni_poll_stop(poll)) return false;
    }
    return true;
}

norn_status norni_boxcox_lambda(const double *y, size_t n, const norni_boxcox_opt *opt,
                                double *scratch, const norni_poll *poll, double *lambda,
                                norn_err *err) {
    const norni_extent e = norni_extent_of(y, n);
    const double lower = e.least <= 0 && opt->lower < 0 ? 0 : opt->lower;
    *lambda = 1;
    if (e.infinite) return norn_fail(err, NORN_E_DATA, "boxcox: the series has an infinite value");
    if (n <= 2 * (size_t)(opt->season > 1 ? opt->season : 1)) return NORN_OK;
    const bool by_likelihood = opt->rule == NORNI_BOXCOX_LIKELIHOOD;
    if (by_likelihood && e.least <= 0)
        return norn_fail(err, NORN_E_DATA,
                         "boxcox: lambda by likelihood takes values above 0 only, not %g", e.least);
    if (e.n_seen == 0) return NORN_OK;
    if (by_likelihood ? !likelihood(y, n, opt, lower, scratch, poll, lambda)
                      : !guerrero(y, n, e.exponent, opt, lower, scratch, poll, lambda))
        return norn_fail(err, NORN_E_CANCEL, "boxcox: cancelled");
    return NORN_OK;
}
