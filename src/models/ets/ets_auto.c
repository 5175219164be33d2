/* The choice among forms by an information criterion. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Hyndman et al. (2008), section 2.8, with R's restrictions: no additive error with a
 * multiplicative part, no (M, M, A), multiplicative errors only for positive data, multiplicative
 * trends only on request. That leaves 15 forms. A form is a candidate when its parameters are fewer
 * than the observed points by more than two. Ties go to the earlier form in R's order. */
#include "models/ets/ets_fit.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"

ets_limits ets_limits_of(const ets_opt *opt) {
    return (ets_limits){
        (ets_bounds)opt->bounds, {opt->alpha, opt->beta, opt->gamma, opt->phi}, opt->search == 1};
}

double ets_minus2(const ets_data *d, const ets_fit *fit) {
    return fit->value + 2 * (double)d->n_obs * d->exponent * 0.693147180559945309417;
}

double ets_criterion(int32_t ic, double minus2, size_t n_par, size_t n_obs) {
    const double k = (double)n_par + 1, n = (double)n_obs;
    if (ic == ETS_IC_BIC) return minus2 + k * norni_log(n);
    const double aic = minus2 + 2 * k;
    if (ic == ETS_IC_AIC) return aic;
    return n > k + 1 ? aic + 2 * k * (k + 1) / (n - k - 1) : HUGE_VAL;
}

static bool wanted(const ets_opt *opt, const ets_data *d, norni_ets_form f) {
    const bool season_ok = d->m > 1;
    if (opt->error != ETS_AUTO && (int)f.error != opt->error) return false;
    if (opt->trend != ETS_AUTO && (int)f.trend != opt->trend - 1) return false;
    if (opt->season != ETS_AUTO && (int)f.season != opt->season - 1) return false;
    if (opt->damped != ETS_AUTO && f.damped != (opt->damped == 2) &&
        !(f.trend == NORNI_ETS_NONE && opt->trend == ETS_AUTO))
        return false;
    if (f.season && !season_ok) return false;
    const bool mul =
        f.error == NORNI_ETS_MUL || f.trend == NORNI_ETS_MUL || f.season == NORNI_ETS_MUL;
    if (mul && !d->positive) return false;
    if (f.trend == NORNI_ETS_MUL && opt->trend == ETS_AUTO && !opt->multiplicative_trend)
        return false;
    const bool fixed = opt->error != ETS_AUTO && opt->trend != ETS_AUTO && opt->season != ETS_AUTO;
    if (opt->unrestricted || fixed) return true;
    if (f.error == NORNI_ETS_ADD && (f.trend == NORNI_ETS_MUL || f.season == NORNI_ETS_MUL))
        return false;
    return !(f.error == NORNI_ETS_MUL && f.trend == NORNI_ETS_MUL && f.season == NORNI_ETS_ADD);
}

/* The k-th form in R's order: error A, M; trend N, A, M; season N, A, M; damped yes, no. */
static bool form_at(int k, norni_ets_form *f) {
    f->damped = k % 2 == 1;
    f->season = (norni_ets_part)(k / 2 % 3);
    f->trend = (norni_ets_part)(k / 6 % 3);
    f->error = k / 18 == 0 ? NORNI_ETS_ADD : NORNI_ETS_MUL;
    return !(f->damped && f->trend == NORNI_ETS_NONE);
}

size_t ets_choose(ets_work *w, ets_data *d, ets_memory *memory, const ets_opt *opt, ets_fit *best,
                  double *season_scratch) {
    const ets_limits lim = ets_limits_of(opt);
    size_t n_fitted = 0;
    ets_fit trial = {.season = season_scratch};
    double best_ic = (double)INFINITY;
    for (int k = 0; k < 36 && !w->stopped; k++) {
        norni_ets_form f;
        if (!form_at(k, &f) || !wanted(opt, d, f)) continue;
        const size_t n_par = ets_count_par(f, d->m, &lim);
        if (n_par + 2 >= d->n_obs) continue;
        const double penalty = ets_criterion(opt->ic, 0, n_par, d->n_obs);
        const double shift = 2 * (double)d->n_obs * d->exponent * 0.693147180559945309417;
        if (!ets_fit_form(w, d, memory, f, &lim, best_ic - penalty - shift, &trial)) continue;
        n_fitted++;
        trial.ic = ets_criterion(opt->ic, ets_minus2(d, &trial), n_par, d->n_obs);
        if (trial.ic < best_ic) {
            best_ic = trial.ic;
            double *keep = best->season;
            *best = trial;
            best->season = keep;
            if (f.season) memcpy(keep, trial.season, d->m * sizeof(double));
        }
    }
    return n_fitted;
}
