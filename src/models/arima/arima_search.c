/* The automatic ARIMA search: plan, trials, and the exact refits that decide. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Hyndman, Khandakar (2008), Journal of Statistical Software 27(3), as R's auto.arima, then better:
 * - neighbours start from the incumbent's estimates; a model is never fitted twice;
 * - after an approximate search the best few are refitted exactly and the best of these is taken (R
 *   takes the first that can be refitted);
 * - the search over a long series looks at its end alone; the winners are refitted on all of it;
 * - where nothing can be fitted there is still an answer: the differenced series' mean. */
#include "models/arima/arima_search.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/sort.h"
#include "num/extent.h"

static const char part[] = "auto_arima";

/* A result that outlives its arena scratch. */
typedef struct kept {
    norni_arima_fit fit;
    double *coef, *se; /* (n_coef) */
    double ic;
} kept;

static bool keep_init(kept *k, norni_arena *arena, size_t n_coef) {
    *k = (kept){.ic = NORNI_INF};
    k->coef = norni_arena_get(arena, n_coef + 1, sizeof *k->coef);
    k->se = norni_arena_get(arena, n_coef + 1, sizeof *k->se);
    return k->coef && k->se;
}

static void keep(kept *k, const norni_arima_fit *fit, double ic) {
    memcpy(k->coef, fit->coef, fit->n_coef * sizeof *k->coef);
    if (fit->se) memcpy(k->se, fit->se, fit->n_coef * sizeof *k->se);
    k->fit = *fit;
    k->fit.coef = k->coef;
    k->fit.se = fit->se ? k->se : NULL;
    k->ic = ic;
}

/* Where the end of a long series that the search looks at begins: at an observed value. */
static size_t search_from(const arima_search_opt *o, const norni_arima_data *data, int32_t m) {
    const size_t cycles = 12 * (size_t)m;
    size_t most = (size_t)o->truncate;
    if (most == 0) most = cycles > ARIMA_LONG ? cycles : ARIMA_LONG;
    size_t t = data->n > most ? data->n - most : 0;
    while (t > 0 && isnan(data->y[t]))
        t--;
    return t;
}

/* The data from there on, scaled to where squares are safe. */
static norn_status search_data(norni_env *env, const norni_arima_data *data, size_t from,
                               norni_arima_data *out, norn_err *err) {
    const norni_extent e = norni_extent_of(data->y + from, data->n - from);
    const double **x = norni_arena_get(env->arena, data->n_x + 1, sizeof *x);
    if (!x) return norni_alloc_fail(err, part, data->n_x, sizeof *x);
    for (size_t k = 0; k < data->n_x; k++)
        x[k] = data->x[k] + from;
    *out = (norni_arima_data){data->n - from, data->y + from, data->n_x, x};
    if (e.exponent == 0) return NORN_OK;
    double *y = norni_arena_get(env->arena, out->n, sizeof *y);
    if (!y) return norni_alloc_fail(err, part, out->n, sizeof *y);
    norni_rescale(out->y, out->n, e.exponent, y);
    out->y = y;
    return NORN_OK;
}

/* Mean of the observed values, or of their steps per period. */
static double level_of(const norni_arima_data *d, const arima_plan *plan) {
    const size_t lag = plan->d ? 1 : plan->sd ? (size_t)plan->m : 0;
    const int exponent = norni_extent_of(d->y, d->n).exponent;
    double sum = 0, count = 0;
    for (size_t t = lag; t < d->n; t++) {
        const double now = ldexp(d->y[t], -exponent);
        const double v = lag ? now - ldexp(d->y[t - lag], -exponent) : now;
        if (!isnan(v)) sum += v, count++;
    }
    return count > 0 ? ldexp(sum / count / (lag > 1 ? (double)lag : 1), exponent) : 0;
}

static int by_ic(const void *arg, size_t a, size_t b) {
    const arima_trial *t = arg;
    return (t[a].ic > t[b].ic) - (t[a].ic < t[b].ic);
}

/* A trial to be fitted to the whole series. patience > 0: exact values are dear, so squares come
 * first. */
typedef struct refit {
    const arima_search *s;
    const norni_arima_data *data;
    const arima_trial *trial;
    norni_arima_method how;
    uint64_t patience;
    norni_effort effort; /* of one made ahead of its turn */
    kept found;
    bool done; /* found holds what the turn would find */
} refit;

static norn_status refit_run(norni_env *env, refit *r, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    const arima_search *s = r->s;
    const arima_trial *t = r->trial;
    norni_arima_fit f;
    norn_err why;
    bool cut;
    norn_status status = NORN_OK;
    const double *start = t->coef;
    r->found.ic = NORNI_INF;
    if (r->patience > 0) {
        status = arima_search_fit(s, env, r->data, t, NORNI_ARIMA_CSS, start, 0, &f, &cut, &why);
        if (status == NORN_OK) start = f.coef;
    }
    if (status == NORN_OK)
        status = arima_search_fit(s, env, r->data, t, r->how, start, r->patience, &f, &cut, &why);
    if (status == NORN_OK)
        keep(&r->found, &f,
             r->how == NORNI_ARIMA_CSS ? t->ic : arima_fit_criterion(s->plan->ic, &f));
    norni_arena_rewind(env->arena, mark);
    if (status == NORN_OK || status == NORN_E_NUMERIC || status == NORN_E_DATA) return NORN_OK;
    if (err) *err = why;
    return status;
}

static norn_status refit_ahead(norni_env *env, size_t k, void *arg, norn_err *err) {
    refit *r = (refit *)arg + k;
    norni_env own = *env;
    own.effort = r->s->env->effort ? &r->effort : NULL;
    const norn_status status = refit_run(&own, r, err);
    if (status == NORN_E_CANCEL) return status;
    r->done = status == NORN_OK && !r->effort.cut;
    return NORN_OK;
}

/* n refits in turn, the later ones for as long as there is work left; those that succeeded are
 * counted, and *best is the best of all. */
static norn_status refit_all(const arima_search *s, refit *r, size_t n, kept *best, int32_t *n_done,
                             norn_err *err) {
    const norni_share *share = s->env->share;
    norni_effort account;
    const bool ahead = share && n > 1 && arima_search_account(s->env->effort, &account);
    for (size_t k = 0; k < n; k++) {
        r[k].effort = ahead ? account : (norni_effort){0};
        if (!keep_init(&r[k].found, s->env->arena, s->most))
            return norni_alloc_fail(err, part, s->most, 2 * sizeof(double));
    }
    if (ahead) NORN_TRY(share->run(share->user, s->env, n, refit_ahead, r, err));
    for (size_t k = 0; k < n; k++) {
        if (*n_done && s->env->effort && s->env->effort->cut) break;
        if (!r[k].done || !arima_search_settle(s->env->effort, &r[k].effort))
            NORN_TRY(refit_run(s->env, &r[k], err));
        *n_done += r[k].found.ic < NORNI_INF;
        if (r[k].found.ic < best->ic) keep(best, &r[k].found.fit, r[k].found.ic);
    }
    return NORN_OK;
}

/* Nanoseconds of a pass of the exact filter with the trial's orders. */
static double pass_of(const arima_search *s, const norni_arima_data *data, const arima_trial *t) {
    const int32_t ar = t->p + s->plan->m * t->sp, ma = t->q + s->plan->m * t->sq + 1;
    const int32_t lost = s->plan->d + s->plan->m * s->plan->sd;
    return arima_pass_ns(data->n, data->n - s->plan->n_obs, ar > ma ? ar : ma, lost);
}

/* The trials by their criterion. */
static norn_status rank(const arima_search *s, size_t **index, norn_err *err) {
    const size_t n = s->n_trials;
    *index = norni_arena_get(s->env->arena, n + 1, 2 * sizeof **index);
    if (!*index) return norni_alloc_fail(err, part, n, 2 * sizeof **index);
    for (size_t i = 0; i < n; i++)
        (*index)[i] = i;
    norni_sort_index(*index, n, by_ic, s->trials, *index + n);
    return NORN_OK;
}

/* Exact refits in the order of the criterion, until enough succeeded: one of a few evaluations where
 * a pass is slow (squares of so many values are near the optimum), none where it is slower still.
 * Then, and where none succeeds, squares have the last word. */
static norn_status refit_best(arima_search *s, const norni_arima_data *data, kept *best,
                              norn_err *err) {
    const double common = 3e6, affordable = data->n > s->plan->n_obs ? 8e6 : 100e6;
    const bool dear = s->plan->css && s->opt->approximation == ARIMA_APPROXIMATE_AUTO;
    const uint64_t few = 6;
    int32_t n_done = 0, wanted = s->plan->css ? s->opt->polish : 1;
    size_t *index = NULL;
    refit *r = norni_arena_get(s->env->arena, (size_t)wanted, sizeof *r);
    if (!r) return norni_alloc_fail(err, part, (size_t)wanted, sizeof *r);
    NORN_TRY(rank(s, &index, err));
    for (size_t i = 0; i < s->n_trials && n_done < wanted;) {
        size_t n = 0; /* of a turn */
        bool slow = false;
        for (; i + n < s->n_trials && n_done + (int32_t)n < wanted && !slow; n++) {
            const arima_trial *t = &s->trials[index[i + n]];
            const double pass = dear ? pass_of(s, data, t) : 0;
            slow = pass > common;
            if (!(t->ic < NORNI_INF) || pass > affordable || (slow && n_done + (int32_t)n > 0))
                break;
            r[n] = (refit){.s = s,
                           .data = data,
                           .trial = t,
                           .how = NORNI_ARIMA_ML,
                           .patience = slow ? few : 0};
        }
        if (n == 0) break;
        if (slow) wanted = 1;
        NORN_TRY(refit_all(s, r, n, best, &n_done, err));
        if (n_done && s->env->effort && s->env->effort->cut) break;
        i += n;
    }
    if (n_done || s->best == SIZE_MAX) return NORN_OK;
    refit last = {.s = s, .data = data, .trial = &s->trials[s->best], .how = NORNI_ARIMA_CSS};
    return refit_all(s, &last, 1, best, &n_done, err);
}

/* Differences and a constant, without a likelihood: for series that leave nothing to estimate. */
static norn_status fit_by_hand(norni_env *env, const arima_plan *plan, const norni_arima_data *data,
                               arima_found *out, norn_err *err) {
    double *coef = norni_arena_zero(env->arena, 2, sizeof *coef);
    if (!coef) return norni_alloc_fail(err, part, 2, sizeof *coef);
    const int32_t lag_all = plan->d + plan->sd * plan->m;
    const size_t lost = (size_t)lag_all < plan->n_obs ? (size_t)lag_all : 0;
    norni_arima_fit *f = &out->fit;
    *f = (norni_arima_fit){.order = {.d = plan->d, .D = plan->sd, .m = plan->m},
                           .constant = plan->constant,
                           .method = NORNI_ARIMA_ML,
                           .coef = coef,
                           .loglik = NORNI_NAN,
                           .min_root = NORNI_INF,
                           .n_used = plan->n_obs - lost,
                           .stop = NORN_STOP_CLOSED_FORM};
    f->n_coef = plan->constant != NORNI_ARIMA_NO_CONSTANT;
    coef[0] = plan->flat ? plan->step : level_of(data, plan);
    if (plan->flat || f->n_coef == 0 || plan->constant != NORNI_ARIMA_MEAN) return NORN_OK;
    double sum = 0;
    for (size_t t = 0; t < data->n; t++)
        if (!isnan(data->y[t])) sum += (data->y[t] - coef[0]) * (data->y[t] - coef[0]);
    f->sigma2 = sum / (double)plan->n_obs;
    return NORN_OK;
}

/* What R fits when the differenced series is constant; and the last resort. */
static norn_status fit_null(norni_env *env, const arima_plan *plan, const norni_arima_data *data,
                            kept *best, norn_err *err) {
    const norni_arima_order null = {.d = plan->d, .D = plan->sd, .m = plan->m};
    norni_arima_fit f;
    norn_err why;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    const norn_status status =
        norni_arima_fit_run(env, data, null, plan->constant, NORNI_ARIMA_ML, NULL, &f, &why);
    if (status == NORN_OK) keep(best, &f, arima_fit_criterion(plan->ic, &f));
    norni_arena_rewind(env->arena, mark);
    if (status == NORN_OK || status == NORN_E_NUMERIC || status == NORN_E_DATA) return NORN_OK;
    if (err) *err = why;
    return status;
}

static bool as_trial(const arima_plan *plan, const arima_known *known, size_t n_x,
                     arima_trial *out) {
    const norni_arima_order *o = &known->order;
    *out = (arima_trial){.p = o->p, .q = o->q, .sp = o->P, .sq = o->Q};
    out->constant = known->constant != NORNI_ARIMA_NO_CONSTANT;
    out->coef = known->coef;
    return o->m == plan->m && o->d == plan->d && o->D == plan->sd && o->p <= plan->max_p &&
           o->q <= plan->max_q && o->P <= plan->max_sp && o->Q <= plan->max_sq &&
           (!out->constant || known->constant == plan->constant) &&
           known->n_coef == (size_t)(o->p + o->q + o->P + o->Q) + out->constant + n_x;
}

static norn_status search(norni_env *env, const arima_search_opt *opt, const arima_plan *plan,
                          const norni_arima_data *data, const arima_known *known, kept *best,
                          size_t *n_trials, norn_err *err) {
    arima_search s;
    norni_arima_data tail;
    arima_trial first;
    NORN_TRY(search_data(env, data, search_from(opt, data, plan->m), &tail, err));
    const size_t cap =
        opt->stepwise ? (size_t)opt->max_models : arima_search_all_count(plan, opt->max_order);
    NORN_TRY(arima_search_init(&s, env, opt, plan, &tail, cap, err));
    s.level = level_of(&tail, plan);
    const bool begin = known && as_trial(plan, known, data->n_x, &first);
    if (opt->stepwise)
        NORN_TRY(arima_search_stepwise(&s, begin ? &first : NULL, err));
    else
        NORN_TRY(arima_search_all(&s, err));
    *n_trials = s.n_trials;
    return refit_best(&s, data, best, err);
}

norn_status arima_search_run(norni_env *env, const arima_search_opt *opt,
                             const norni_arima_data *data, int32_t m, const arima_known *known,
                             arima_found *out, norn_err *err) {
    arima_plan plan;
    kept best;
    *out = (arima_found){.ic = NORNI_NAN};
    NORN_TRY(arima_plan_make(env, opt, data, m, &plan, err));
    const size_t most =
        (size_t)(plan.max_p + plan.max_q + plan.max_sp + plan.max_sq) + 1 + data->n_x;
    if (!keep_init(&best, env->arena, most))
        return norni_alloc_fail(err, part, most, 2 * sizeof(double));
    if (!plan.flat) NORN_TRY(search(env, opt, &plan, data, known, &best, &out->n_trials, err));
    if (!best.fit.coef && (!plan.flat || data->n_x))
        NORN_TRY(fit_null(env, &plan, data, &best, err));
    if (!best.fit.coef) return fit_by_hand(env, &plan, data, out, err);
    out->fit = best.fit;
    out->ic = best.ic;
    return NORN_OK;
}
