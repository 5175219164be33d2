/* Means and variances of the forecast distribution, and simulated paths where there is no closed
 * form. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Hyndman, Koehler, Ord, Snyder (2008), chapter 6; Hyndman et al., "Prediction intervals for
 * exponential smoothing using two new classes of state space models", J. Forecasting 24 (2005).
 * c_j = alpha + beta (phi + .. + phi^j) + gamma [m divides j].
 *  Class 1 (A; N, A; N, A): v_h = s2 (1 + sum_{j<h} c_j^2).
 *  Class 2 (M; N, A; N, A): theta_h = mu_h^2 + s2 sum_{j<h} c_j^2 theta_{h-j}, v_h = (1 + s2)
 * theta_h - mu_h^2. Class 3 (M; N, A; M): y_h = q_h s_h (1 + e), where x = (l, b) obeys x_t = (F +
 * G e_t) x_{t-1} and the seasonal state of period h has met 1 + gamma e_t at t = h - m, h - 2m,
 * ...; so E[s x] and E[s^2 x x'] are products of one small matrix per step (normal e: E e^4 = 3
 * s2^2): F + gamma s2 G                                     or F, (1 + gamma^2 s2) FF + 2 gamma s2
 * (FG + GF) + (s2 + 3 gamma^2 s2^2) GG   or FF + s2 GG. R forms the same moments with Kronecker
 * products of dimension 2m; its F leaves phi out of the damped level equation (ETS(M,Ad,M) means
 * one step ahead are l + b there), which is not followed. */
#include "models/ets/ets.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/ets/ets_fit.h"

/* Point forecasts, all innovations zero. */
static void point_ahead(norni_ets_form form, size_t m, double phi, const double *states, size_t h,
                        double *mean) {
    const double *season = states + 1 + (size_t)(form.trend != NORNI_ETS_NONE);
    double l = states[0], b = form.trend ? states[1] : 0;
    size_t j = form.season ? m - 1 : 0;
    for (size_t k = 0; k < h; k++) {
        if (form.trend == NORNI_ETS_ADD) b *= phi, l += b;
        if (form.trend == NORNI_ETS_MUL) b = form.damped ? norni_pow(b, phi) : b, l *= b;
        mean[k] = l;
        if (!form.season) continue;
        mean[k] = form.season == NORNI_ETS_ADD ? l + season[j] : l * season[j];
        j = j ? j - 1 : m - 1;
    }
}

/* c (h): c[j] of the classes 1 and 2, c[0] unused. */
static void weights(norni_ets_form form, size_t m, const norni_ets_param *par, size_t h,
                    double *c) {
    double power = 1, sum = 0;
    for (size_t j = 1; j < h; j++) {
        power *= par->phi;
        sum += power;
        c[j] = par->alpha + (form.trend ? par->beta * sum : 0) +
               (form.season && j % m == 0 ? par->gamma : 0);
    }
}

static void class_two(double sigma2, size_t h, const double *mean, const double *c, double *theta,
                      double *var) {
    for (size_t k = 0; k < h; k++) {
        double sum = 0;
        for (size_t j = 1; j <= k; j++)
            sum += c[j] * c[j] * theta[k - j];
        theta[k] = mean[k] * mean[k] + sigma2 * sum;
        var[k] = (1 + sigma2) * theta[k] - mean[k] * mean[k];
    }
}

typedef struct pair {
    double v[2];
} pair;
typedef struct square {
    double v[2][2];
} square;

static pair apply(const square *a, pair x) {
    return (pair){
        {a->v[0][0] * x.v[0] + a->v[0][1] * x.v[1], a->v[1][0] * x.v[0] + a->v[1][1] * x.v[1]}};
}

/* a x b' */
static square sandwich(const square *a, const square *x, const square *b) {
    square ax, out;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            ax.v[i][j] = a->v[i][0] * x->v[0][j] + a->v[i][1] * x->v[1][j];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            out.v[i][j] = ax.v[i][0] * b->v[j][0] + ax.v[i][1] * b->v[j][1];
    return out;
}

/* One step of the moments; gamma 0 where this step's innovation does not touch the season in view.
 */
static void moments_step(const square *f, const square *g, double gamma, double s2, pair *first,
                         square *second) {
    const pair fx = apply(f, *first), gx = apply(g, *first);
    for (int i = 0; i < 2; i++)
        first->v[i] = fx.v[i] + gamma * s2 * gx.v[i];
    const square ff = sandwich(f, second, f), fg = sandwich(f, second, g);
    const square gf = sandwich(g, second, f), gg = sandwich(g, second, g);
    const double k0 = 1 + gamma * gamma * s2, k1 = 2 * gamma * s2;
    const double k2 = s2 + 3 * gamma * gamma * s2 * s2;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++)
            second->v[i][j] = k0 * ff.v[i][j] + k1 * (fg.v[i][j] + gf.v[i][j]) + k2 * gg.v[i][j];
}

static void class_three(norni_ets_form form, size_t m, const norni_ets_param *par,
                        const double *states, double s2, size_t h, double *mean, double *var) {
    const double phi = par->phi, a = par->alpha, b = par->beta;
    const bool trend = form.trend != NORNI_ETS_NONE;
    square f = {{{1, 0}, {0, 0}}}, g = {{{a, 0}, {0, 0}}};
    if (trend) f = (square){{{1, phi}, {0, phi}}}, g = (square){{{a, a * phi}, {b, b * phi}}};
    const double *season = states + 1 + (size_t)trend;
    const pair start = {{states[0], trend ? states[1] : 0}};
    for (size_t k = 1; k <= h; k++) {
        pair first = start;
        square second;
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++)
                second.v[i][j] = start.v[i] * start.v[j];
        for (size_t t = 1; t < k; t++)
            moments_step(&f, &g, (k - t) % m == 0 ? par->gamma : 0, s2, &first, &second);
        const double s = season[m - 1 - (k - 1) % m], p = trend ? phi : 0;
        const double mu = s * (first.v[0] + p * first.v[1]);
        const double square_mean =
            s * s * (second.v[0][0] + 2 * p * second.v[0][1] + p * p * second.v[1][1]);
        mean[k - 1] = mu;
        if (var) var[k - 1] = (1 + s2) * square_mean - mu * mu;
    }
}

bool norni_ets_ahead(norni_ets_form form, size_t m, const norni_ets_param *par,
                     const double *states, double sigma2, size_t h, double *mean, double *var,
                     double *scratch) {
    point_ahead(form, m, par->phi, states, h, mean);
    const bool mul = form.error == NORNI_ETS_MUL;
    if (form.trend == NORNI_ETS_MUL || (form.season == NORNI_ETS_MUL && !mul)) return false;
    if (form.season == NORNI_ETS_MUL) {
        class_three(form, m, par, states, sigma2, h, mean, var);
        return true;
    }
    if (!var) return true;
    double *c = scratch, *theta = scratch + h;
    weights(form, m, par, h, c);
    if (mul) {
        class_two(sigma2, h, mean, c, theta, var);
        return true;
    }
    double sum = 0;
    for (size_t k = 0; k < h; k++) {
        if (k > 0) sum += c[k] * c[k];
        var[k] = sigma2 * (1 + sum);
    }
    return true;
}

bool ets_simulate(norni_ets_form form, size_t m, const norni_ets_param *par, const double *states,
                  double sigma, norni_rng rng, size_t n_paths, size_t h, double *paths,
                  double *scratch, const norni_poll *poll) {
    const size_t n_states = 1 + (size_t)(form.trend != NORNI_ETS_NONE) + (form.season ? m : 0);
    double *now = scratch, *z = scratch + n_states;
    double *season = now + 1 + (size_t)(form.trend != NORNI_ETS_NONE);
    for (size_t p = 0; p < n_paths; p++) {
        if (p % 64 == 0 && norni_poll_stop(poll)) return false;
        memcpy(now, states, n_states * sizeof(double));
        norni_rng_normals(rng, (uint64_t)p * h, z, h);
        double l = now[0], b = form.trend ? now[1] : 0, none = 0;
        size_t j = form.season ? m - 1 : 0;
        for (size_t k = 0; k < h; k++) {
            double *s = form.season ? season + j : &none;
            double q, bk;
            const double f = ets_point(form, par->phi, l, b, *s, &q, &bk);
            const double y =
                form.error == NORNI_ETS_MUL ? f * (1 + sigma * z[k]) : f + sigma * z[k];
            paths[k * n_paths + p] = y;
            ets_update(form, par, y, q, bk, &l, &b, s);
            /* A growth factor below zero has no power. */
            if (form.trend == NORNI_ETS_MUL && !(b > 1e-10)) b = 1e-10;
            if (form.season) j = j ? j - 1 : m - 1;
        }
    }
    return true;
}
