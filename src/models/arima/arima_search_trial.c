/* One model of the search: its start from a neighbour's estimates, its fit, its criterion. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "models/arima/arima_search.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"

/* R's limit: a root nearer to the unit circle makes the model useless. */
static const double least_root = 1.01;
/* Evaluations after which a fit is looked at: a usual one takes 12. */
static const uint64_t first_patience = 40, second_patience = 20;

double arima_criterion(arima_ic ic, double minus2, size_t n_par, size_t n_star) {
    const double k = (double)n_par, n = (double)n_star;
    if (n_star == 0 || isnan(minus2)) return NORNI_INF;
    switch (ic) {
        case ARIMA_AIC: return minus2 + 2 * k;
        case ARIMA_BIC: return minus2 + k * norni_log(n);
        case ARIMA_AICC: break;
    }
    /* R lets the correction turn negative here, and then prefers the largest model. */
    if (n_star <= n_par + 1) return NORNI_INF;
    return minus2 + 2 * k + 2 * k * (k + 1) / (n - k - 1);
}

static size_t n_coef_of(const arima_search *s, const arima_trial *t) {
    return (size_t)(t->p + t->q + t->sp + t->sq) + t->constant + s->data.n_x;
}

norn_status arima_search_init(arima_search *s, norni_env *env, const arima_search_opt *opt,
                              const arima_plan *plan, const norni_arima_data *data, size_t cap,
                              norn_err *err) {
    const size_t most =
        (size_t)(plan->max_p + plan->max_q + plan->max_sp + plan->max_sq) + 1 + data->n_x;
    *s = (arima_search){.env = env, .opt = opt, .plan = plan, .data = *data, .cap = cap};
    s->best = SIZE_MAX;
    const size_t lost = (size_t)(plan->d + plan->sd * plan->m);
    const size_t seen = arima_n_seen(data->y, data->n);
    s->n_star = seen > lost ? seen - lost : 0;
    s->trials = norni_arena_zero(env->arena, cap, sizeof *s->trials);
    s->most = most;
    s->start = norni_arena_get(env->arena, most, sizeof *s->start);
    s->coefs = norni_arena_get(env->arena, cap, most * sizeof *s->coefs);
    if (!s->trials || !s->start || !s->coefs)
        return norni_alloc_fail(err, "auto_arima", cap, most * sizeof *s->coefs);
    return NORN_OK;
}

arima_trial *arima_search_find(const arima_search *s, const arima_trial *model) {
    for (size_t i = 0; i < s->n_trials; i++) {
        arima_trial *t = &s->trials[i];
        if (t->p == model->p && t->q == model->q && t->sp == model->sp && t->sq == model->sq &&
            t->constant == model->constant)
            return t;
    }
    return NULL;
}

/* The first `want` of `have` estimates, 0 beyond. */
static const double *take(const double *from, int32_t have, int32_t want, double **to) {
    for (int32_t i = 0; i < want; i++)
        *(*to)++ = i < have ? from[i] : 0;
    return from + have;
}

/* The neighbour's estimates as far as both models share them. */
static void start_from(const arima_search *s, const arima_trial *model, const arima_trial *from,
                       double *start) {
    double *to = start;
    const double *c = from->coef;
    c = take(c, from->p, model->p, &to);
    c = take(c, from->q, model->q, &to);
    c = take(c, from->sp, model->sp, &to);
    c = take(c, from->sq, model->sq, &to);
    if (model->constant) *to++ = from->constant ? *c : s->level;
    memcpy(to, c + from->constant, s->data.n_x * sizeof *to);
}

static bool is_useful(const norni_arima_fit *f) {
    return f->min_root >= least_root && f->sigma2 >= 0;
}

double arima_fit_criterion(arima_ic ic, const norni_arima_fit *f) {
    return is_useful(f) ? arima_criterion(ic, -2 * f->loglik, f->n_coef + 1, f->n_used) : NORNI_INF;
}

static double criterion_of(const arima_search *s, const norni_arima_fit *f) {
    const bool css = s->plan->css;
    const double minus2 = css ? (double)s->n_star * norni_log(f->sigma2) : -2 * f->loglik;
    return arima_criterion(s->plan->ic, minus2, f->n_coef + 1, css ? s->n_star : f->n_used);
}

norn_status arima_search_fit(const arima_search *s, norni_env *env, const norni_arima_data *data,
                             const arima_trial *t, norni_arima_method how, const double *start,
                             uint64_t patience, norni_arima_fit *out, bool *cut, norn_err *err) {
    const arima_plan *plan = s->plan;
    const norni_arima_order order = {t->p, plan->d, t->q, t->sp, plan->sd, t->sq, plan->m};
    const norni_arima_constant constant = t->constant ? plan->constant : NORNI_ARIMA_NO_CONSTANT;
    const norn_status status =
        norni_arima_fit_patient(env, data, order, constant, how, start, patience, out, cut, err);
    *cut = *cut && !(env->effort && env->effort->cut);
    return status;
}

/* A fit from `start` (NULL: from the core's own); a better one than the trial's takes its place. Most
 * fits end soon; one that does not is mostly on its way to the bounds, where steps are many and the
 * model will be of no use. */
static norn_status fit_trial(const arima_search *s, norni_env *env, arima_trial *t,
                             const double *start, uint64_t patience, double *coef, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    norni_arima_fit f;
    norn_err why;
    bool cut = false;
    const norni_arima_method how = s->plan->css ? NORNI_ARIMA_CSS : NORNI_ARIMA_ML;
    norn_status status =
        arima_search_fit(s, env, &s->data, t, how, start, patience, &f, &cut, &why);
    if (status == NORN_OK && cut && is_useful(&f))
        status = arima_search_fit(s, env, &s->data, t, how, f.coef, 0, &f, &cut, &why);
    if (status == NORN_OK) {
        const double raw = criterion_of(s, &f), ic = is_useful(&f) ? raw : NORNI_INF;
        if (ic < t->ic || !t->coef || (raw < t->raw && !(t->ic < NORNI_INF))) {
            memcpy(coef, f.coef, f.n_coef * sizeof *coef);
            t->coef = coef;
        }
        t->ic = fmin(t->ic, ic), t->raw = fmin(t->raw, raw);
    }
    norni_arena_rewind(env->arena, mark);
    /* No estimate is a property of this model, not the end of the search. */
    if (status == NORN_OK || status == NORN_E_NUMERIC || status == NORN_E_DATA) return NORN_OK;
    if (err) *err = why;
    return status;
}

norn_status arima_search_value(const arima_search *s, norni_env *env, const arima_trial *from,
                               double best, double *start, double *coef, arima_trial *t,
                               norn_err *err) {
    const bool neighbour = from && from->coef;
    const size_t n_coef = n_coef_of(s, t);
    if (neighbour) start_from(s, t, from, start);
    t->ic = t->raw = NORNI_INF;
    t->expanded = false;
    t->coef = NULL;
    NORN_TRY(fit_trial(s, env, t, neighbour ? start : NULL, first_patience, coef, err));
    if (t->ic < NORNI_INF || !(t->raw < best) || n_coef == 0) return NORN_OK;
    /* Too near the bounds, but better than the best: another optimum may lie inside. */
    memset(start, 0, n_coef * sizeof *start);
    return fit_trial(s, env, t, start, second_patience, coef, err);
}

void arima_search_take(arima_search *s, const arima_trial *t) {
    arima_trial *to = &s->trials[s->n_trials];
    const size_t n_coef = n_coef_of(s, t);
    *to = *t;
    if (t->coef && t->coef != s->coefs) memcpy(s->coefs, t->coef, n_coef * sizeof *s->coefs);
    if (t->coef) to->coef = s->coefs;
    s->coefs += n_coef;
    if (t->ic < (s->best == SIZE_MAX ? NORNI_INF : s->trials[s->best].ic)) s->best = s->n_trials;
    s->n_trials++;
}

norn_status arima_search_try(arima_search *s, arima_trial model, const arima_trial *from,
                             norn_err *err) {
    const double best = s->best == SIZE_MAX ? NORNI_INF : s->trials[s->best].ic;
    NORN_TRY(arima_search_value(s, s->env, from, best, s->start, s->coefs, &model, err));
    arima_search_take(s, &model);
    return NORN_OK;
}
