/* What the exponential smoothing models do with a series: fit, predict, fitted values, description.
 */
/* SPDX-License-Identifier: Apache-2.0 */
/* Everything is kept in units scaled by a power of two (exact), so that series near the ends of the
 * floating-point range are served like any other. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/ets/ets_state.h"

static const char letter[] = "NAM";

/* Copies a fit's starts into R's order and runs the recursions to the last states. */
static bool finish(ets_state *s, const ets_data *d, const ets_fit *fit, norni_arena *arena) {
    const norni_ets_form f = fit->form;
    const size_t n_first = f.trend ? 2 : 1, n_states = n_first + (f.season ? d->m : 0);
    s->form = f, s->par = fit->par, s->m = f.season ? d->m : 1;
    s->n = d->n, s->n_obs = d->n_obs, s->n_par = fit->n_par, s->exponent = d->exponent, s->y = d->y;
    s->start = norni_arena_get(arena, n_states, sizeof(double));
    s->last = norni_arena_get(arena, n_states, sizeof(double));
    if (!s->start || !s->last) return false;
    s->start[0] = fit->level;
    if (f.trend) s->start[1] = fit->trend;
    for (size_t j = 0; f.season && j < d->m; j++)
        s->start[n_first + d->m - 1 - j] = fit->season[j];
    memcpy(s->last, s->start, n_states * sizeof(double));
    norni_ets_fitness fitness = {.sse = (double)NAN};
    (void)norni_ets_loglik(f, s->m, &s->par, s->last, s->y, s->n, NULL, &fitness);
    const double minus2 = ets_minus2(d, fit);
    s->loglik = -0.5 * minus2;
    s->aicc = ets_criterion(ETS_IC_AICC, minus2, fit->n_par, d->n_obs);
    const size_t dof = d->n_obs > fit->n_par ? d->n_obs - fit->n_par : d->n_obs > 1 ? 1 : 0;
    s->sigma2 = dof ? fitness.sse / (double)dof : (double)NAN;
    return true;
}

/* Too few points to estimate anything jointly: simple smoothing from the first value, with the best
 * of a hundred weights. */
static void fit_tiny(const ets_data *d, const ets_opt *o, ets_fit *fit) {
    *fit = (ets_fit){.form = {NORNI_ETS_ADD, NORNI_ETS_NONE, NORNI_ETS_NONE, false},
                     .season = fit->season,
                     .n_par = 1,
                     .stop = NORN_STOP_CLOSED_FORM,
                     .value = HUGE_VAL};
    size_t first = 0;
    while (isnan(d->y[first]))
        first++;
    for (int k = 100; k >= 1; k--) {
        norni_ets_param par = {fmin(k * 0.01, 0.9999), 0, 0, 1};
        if (!isnan(o->alpha)) par.alpha = o->alpha;
        double level = d->y[first];
        norni_ets_fitness f;
        if (!norni_ets_loglik(fit->form, 1, &par, &level, d->y, d->n, NULL, &f)) continue;
        const double value = (double)d->n_obs * norni_log(fmax(f.sse, d->floor));
        if (value >= fit->value) continue;
        fit->value = value, fit->sse = f.sse, fit->par = par, fit->level = d->y[first];
    }
}

static norn_status why_none(const ets_data *d, const ets_opt *o, const char *part, norn_err *err) {
    const bool mul = o->error == 2 || o->trend == 3 || o->season == 3;
    if (mul && !d->positive)
        return norn_fail(err, NORN_E_DATA,
                         "%s: multiplicative parts need values above 0, the series has others",
                         part);
    if (o->season >= 2 && d->m < 2)
        return norn_fail(err, NORN_E_DATA, "%s: a seasonal form needs a season length of 2 or more",
                         part);
    return norn_fail(err, NORN_E_DATA,
                     "%s: %zu observed values are too few for the form asked for; it needs three "
                     "more than it has parameters",
                     part, d->n_obs);
}

static norn_status fit_one(norni_env *env, const ets_opt *o, const norni_series *series,
                           const char *part, ets_state *out, norn_err *err) {
    size_t m = (size_t)norni_series_season(series);
    ets_data d;
    ets_work w;
    if (!ets_data_init(&d, series->y, series->n, m, env->arena))
        return norni_alloc_fail(err, part, series->n, sizeof(double));
    if (d.n_obs == 0)
        return norn_fail(err, NORN_E_DATA, "%s: all %zu values are missing", part, series->n);
    if (d.infinite)
        return norn_fail(err, NORN_E_DATA,
                         "%s: the series holds an infinite value; only finite ones are allowed",
                         part);
    norni_str forms;
    int exponent;
    ets_opt opt = *o;
    if (d.n_obs <= m && opt.season == ETS_AUTO) opt.season = 1;
    if (d.constant && opt.error == ETS_AUTO && opt.trend == ETS_AUTO) opt.error = opt.trend = 1;
    if (d.constant && opt.season == ETS_AUTO) opt.season = 1;
    ets_fit best = {.season = norni_arena_get(env->arena, 2 * m, sizeof(double))};
    ets_memory *memory = ets_memory_new(&d, env->arena);
    if (!best.season || !memory || !ets_work_init(&w, &d, ETS_SIMD_AVX512, &env->poll, env->arena))
        return norni_alloc_fail(err, part, series->n, 8 * m * sizeof(double));
    w.effort = env->effort;
    d.poll = &env->poll;
    if (env->warm.n > 0 && ets_kept_forms(env->warm, &forms, &exponent) &&
        !ets_memory_warm(memory, &d, forms, exponent, env->arena))
        return norni_alloc_fail(err, part, m, 36 * sizeof(double));
    const size_t n_fitted = ets_choose(&w, &d, memory, &opt, &best, best.season + m);
    if (w.stopped || norni_poll_stop(&env->poll))
        return norn_fail(err, NORN_E_CANCEL, "%s: cancelled", part);
    if (n_fitted == 0) {
        const bool simple = opt.error <= 1 && opt.trend <= 1 && opt.season <= 1;
        if (!simple || d.n_obs > 4) return why_none(&d, &opt, part, err);
        fit_tiny(&d, &opt, &best);
    }
    if (!finish(out, &d, &best, env->arena)) return norni_alloc_fail(err, part, m, sizeof(double));
    out->memory = memory;
    out->simulate = o->simulate, out->n_paths = (size_t)o->n_paths;
    return NORN_OK;
}

norn_status ets_fit_group(norni_env *env, const ets_opt *o, const norni_group *group,
                          const char *part, void **state, norn_err *err) {
    ets_state *all = norni_arena_zero(env->arena, group->n_series, sizeof *all);
    if (!all) return norni_alloc_fail(err, part, group->n_series, sizeof *all);
    for (size_t g = 0; g < group->n_series; g++)
        NORN_TRY(fit_one(env, o, &group->series[g], part, &all[g], err));
    *state = all;
    return NORN_OK;
}

norn_status ets_predict(norni_env *env, const void *state, size_t g, size_t horizon,
                        bool want_levels, norni_dist *out, norn_err *err) {
    const ets_state *s = (const ets_state *)state + g;
    double *scratch = norni_arena_get(env->arena, 3 * horizon + s->m + 2, sizeof(double));
    if (!scratch) return norni_alloc_fail(err, "ets", horizon, 3 * sizeof(double));
    const bool known = !isnan(s->sigma2);
    const bool normal = norni_ets_ahead(s->form, s->m, &s->par, s->last, known ? s->sigma2 : 0,
                                        horizon, out->mean, want_levels ? out->sd : NULL, scratch);
    out->horizon = horizon;
    out->kind = known && want_levels ? NORNI_DIST_NORMAL : NORNI_DIST_POINT;
    if (out->kind == NORNI_DIST_NORMAL && (!normal || s->simulate || env->n_paths)) {
        const size_t n_paths = env->n_paths ? env->n_paths : s->n_paths;
        out->kind = NORNI_DIST_PATHS;
        out->n_paths = n_paths;
        out->paths = norni_arena_get(env->arena, horizon * n_paths, sizeof(double));
        if (!out->paths) return norni_alloc_fail(err, "ets", horizon * n_paths, sizeof(double));
        const norni_rng rng = {env->seed, env->item};
        if (!ets_simulate(s->form, s->m, &s->par, s->last, sqrt(s->sigma2), rng, n_paths, horizon,
                          out->paths, scratch, &env->poll))
            return norn_fail(err, NORN_E_CANCEL, "ets: cancelled");
        for (size_t k = 0; k < horizon * n_paths; k++)
            out->paths[k] = ldexp(out->paths[k], s->exponent);
    }
    for (size_t k = 0; k < horizon; k++) {
        out->mean[k] = ldexp(out->mean[k], s->exponent);
        if (!isfinite(out->mean[k]))
            return norn_fail(err, NORN_E_NUMERIC, "ets: the forecast of step %zu is not finite",
                             k + 1);
        if (out->kind == NORNI_DIST_NORMAL)
            out->sd[k] = ldexp(sqrt(fmax(out->sd[k], 0)), s->exponent);
    }
    return NORN_OK;
}

norn_status ets_fitted(norni_env *env, const void *state, size_t g, double *out, norn_err *err) {
    const ets_state *s = (const ets_state *)state + g;
    const size_t n_states = 2 + s->m;
    double *states = norni_arena_zero(env->arena, n_states, sizeof(double));
    if (!states) return norni_alloc_fail(err, "ets", n_states, sizeof(double));
    const size_t used = 1 + (size_t)(s->form.trend != NORNI_ETS_NONE) + (s->form.season ? s->m : 0);
    memcpy(states, s->start, used * sizeof(double));
    norni_ets_fitness fitness;
    for (size_t t = 0; t < s->n; t++)
        out[t] = (double)NAN; /* what stays behind a forecast that cannot be */
    (void)norni_ets_loglik(s->form, s->m, &s->par, states, s->y, s->n, out, &fitness);
    for (size_t t = 0; t < s->n; t++)
        out[t] = ldexp(out[t], s->exponent);
    return NORN_OK;
}

void ets_describe(const void *state, size_t g, char *out, size_t size) {
    const ets_state *s = (const ets_state *)state + g;
    const norni_ets_form f = s->form;
    size_t at = norni_format(out, size, "ETS(%c,%c%s,%c) alpha=%g", letter[f.error],
                             letter[f.trend], f.damped ? "d" : "", letter[f.season], s->par.alpha);
    if (f.trend) at += norni_format(out + at, size - at, " beta=%g", s->par.beta);
    if (f.season) at += norni_format(out + at, size - at, " gamma=%g", s->par.gamma);
    if (f.damped) at += norni_format(out + at, size - at, " phi=%g", s->par.phi);
    (void)norni_format(out + at, size - at, " loglik=%g aicc=%g", s->loglik, s->aicc);
}
