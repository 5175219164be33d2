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

enum { N_CHOICES = 36 };

static bool same_form(norni_ets_form a, norni_ets_form b) {
    return a.error == b.error && a.trend == b.trend && a.season == b.season && a.damped == b.damped;
}

/* The k-th form in R's order: error A, M; trend N, A, M; season N, A, M; damped yes, no. */
static bool form_at(int k, norni_ets_form *f) {
    f->damped = k % 2 == 1;
    f->season = (norni_ets_part)(k / 2 % 3);
    f->trend = (norni_ets_part)(k / 6 % 3);
    f->error = k / 18 == 0 ? NORNI_ETS_ADD : NORNI_ETS_MUL;
    return !(f->damped && f->trend == NORNI_ETS_NONE);
}

/* One form: fitted, and *best where it is better; ties go to the earlier form in R's order. */
typedef struct ets_choice {
    ets_fit *best, trial;
    double ic;
    int at;
    size_t n_fitted;
} ets_choice;

static void try_form(ets_work *w, ets_data *d, ets_memory *memory, const ets_opt *opt,
                     const ets_limits *lim, int k, ets_choice *c) {
    norni_ets_form f;
    if (!form_at(k, &f) || !wanted(opt, d, f)) return;
    const size_t n_par = ets_count_par(f, d->m, lim);
    if (n_par + 2 >= d->n_obs) return;
    const double penalty = ets_criterion(opt->ic, 0, n_par, d->n_obs);
    const double shift = 2 * (double)d->n_obs * d->exponent * 0.693147180559945309417;
    if (!ets_fit_form(w, d, memory, f, lim, c->ic - penalty - shift, &c->trial)) return;
    c->n_fitted++;
    c->trial.ic = ets_criterion(opt->ic, ets_minus2(d, &c->trial), n_par, d->n_obs);
    ets_memory_judge(memory, f, c->trial.ic);
    if (c->trial.ic < c->ic || (c->trial.ic == c->ic && k < c->at)) {
        double *keep = c->best->season;
        c->ic = c->trial.ic;
        c->at = k;
        *c->best = c->trial;
        c->best->season = keep;
        if (f.season) memcpy(keep, c->trial.season, d->m * sizeof(double));
    }
}

size_t ets_choose(ets_work *w, ets_data *d, ets_memory *memory, const ets_opt *opt, ets_fit *best,
                  double *season_scratch) {
    const ets_limits lim = ets_limits_of(opt);
    ets_choice c = {.best = best, .ic = (double)INFINITY, .trial = {.season = season_scratch}};
    norni_ets_form first, f;
    int done = -1;
    /* What an earlier fit chose most likely wins again: the others are then given up sooner. */
    if (ets_memory_first(memory, &first)) {
        for (int k = 0; k < N_CHOICES; k++) {
            if (form_at(k, &f) && same_form(f, first)) done = k;
        }
        try_form(w, d, memory, opt, &lim, done, &c);
    }
    for (int k = 0; k < N_CHOICES && !w->stopped && !(w->cut && c.n_fitted > 0); k++) {
        if (k != done) try_form(w, d, memory, opt, &lim, k, &c);
    }
    return c.n_fitted;
}
