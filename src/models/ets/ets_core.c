/* The exponential smoothing recursions and their likelihood at given parameters and starts. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Hyndman, Koehler, Ord, Snyder, "Forecasting with Exponential Smoothing" (2008), tables 2.2-2.3.
 * q = l, l + phi b or l b^phi; f = q, q + s or q s; p = y with the season taken out;
 *   l' = q + alpha (p - q), b' = phi(b) + beta (p - q) [/ l under a multiplicative trend],
 *   s' = s + gamma ((y with q taken out) - s).
 * Additive and multiplicative errors share these updates and differ in the innovation alone:
 * e = y - f, or (y - f)/f. loglik = -n/2 log sum e^2 (- sum log|f|), without constants, as R's ets.
 * A missing y counts as its forecast: states move on, the likelihood leaves the point out. */
#include "models/ets/ets.h"

#include <math.h>

#include "base/fp.h"
#include "models/ets/ets_fit.h"

double ets_point(norni_ets_form form, double phi, double l, double b, double s, double *q,
                 double *bk) {
    *q = l, *bk = 0;
    if (form.trend == NORNI_ETS_ADD) *bk = phi * b, *q = l + *bk;
    if (form.trend == NORNI_ETS_MUL) *bk = form.damped ? norni_pow(b, phi) : b, *q = l * *bk;
    if (form.season == NORNI_ETS_ADD) return *q + s;
    return form.season == NORNI_ETS_MUL ? *q * s : *q;
}

void ets_update(norni_ets_form form, const norni_ets_param *par, double y, double q, double bk,
                double *l, double *b, double *s) {
    const double old = *l;
    double pull = y - q, pull_season = 0;
    if (form.season == NORNI_ETS_ADD) pull = y - *s - q, pull_season = y - q - *s;
    if (form.season == NORNI_ETS_MUL) pull = y / *s - q, pull_season = y / q - *s;
    *l = q + par->alpha * pull;
    if (form.trend == NORNI_ETS_ADD) *b = bk + par->beta * pull;
    if (form.trend == NORNI_ETS_MUL) *b = bk + par->beta * (pull / old);
    if (form.season) *s += par->gamma * pull_season;
}

bool norni_ets_loglik(norni_ets_form form, size_t m, const norni_ets_param *par, double *states,
                      const double *y, size_t n, double *fitted, norni_ets_fitness *out) {
    double *season = states + 1 + (size_t)(form.trend != NORNI_ETS_NONE);
    double l = states[0], b = form.trend ? states[1] : 0;
    const bool mul = form.error == NORNI_ETS_MUL;
    size_t j = form.season ? m - 1 : 0, n_obs = 0;
    norni_sum sse = {0, 0}, log_f = {0, 0};
    double none = 0;
    for (size_t t = 0; t < n; t++) {
        double *s = form.season ? season + j : &none;
        double q, bk;
        const double f = ets_point(form, par->phi, l, b, *s, &q, &bk);
        if (fitted) fitted[t] = f;
        if (!isfinite(f) || (mul && f == 0 && !isnan(y[t]))) return false;
        if (isnan(y[t])) {
            l = q, b = form.trend ? bk : 0;
        } else {
            const double e = mul ? (y[t] - f) / f : y[t] - f;
            sse = norni_sum_add(sse, e * e);
            if (mul) log_f = norni_sum_add(log_f, norni_log(fabs(f)));
            n_obs++;
            ets_update(form, par, y[t], q, bk, &l, &b, s);
        }
        if (form.season) j = j ? j - 1 : m - 1;
    }
    states[0] = l;
    if (form.trend) states[1] = b;
    /* The next period's seasonal state goes last again: newest first. */
    for (size_t turn = form.season ? (m - 1 - j) : 0; turn > 0; turn--) {
        const double last = season[m - 1];
        for (size_t i = m - 1; i > 0; i--)
            season[i] = season[i - 1];
        season[0] = last;
    }
    *out = (norni_ets_fitness){n_obs, norni_sum_get(sse), norni_sum_get(log_f), 0};
    out->loglik = -0.5 * ((double)n_obs * norni_log(out->sse) + 2 * out->log_f);
    return isfinite(out->sse) && isfinite(out->log_f);
}
