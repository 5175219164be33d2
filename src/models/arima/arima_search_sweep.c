/* Many models of the search in one turn: fitted ahead of it by idle workers, taken in its order. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The models of a turn all start from the same estimates, and the turn ends at the first that is
 * better than the best before it. So none depends on another, and a fit made ahead is the one that
 * the turn would have made, unless the account is short: then it is made again in turn. Workers take
 * the models in order; behind one that is better they stop, and what they have is dropped uncounted. */
#include <stdatomic.h>

#include "base/fp.h"
#include "models/arima/arima_search.h"

/* A fit shorter than some tenths of a millisecond is not worth waking a worker: about 40 passes. */
static const double worth_sharing_ns = 5e3;

typedef struct seat {
    arima_trial trial;
    norni_effort effort;
    double *start, *coef; /* (most) */
    bool done;
} seat;

typedef struct sweep {
    const arima_search *s;
    const arima_trial *list, *from;
    double best;
    bool bounded;         /* seats have accounts */
    seat *seats;          /* (n) */
    atomic_size_t better; /* the first known to be better than the best */
} sweep;

typedef struct overtaken {
    const norni_poll *outer;
    sweep *w;
    size_t k;
} overtaken;

bool arima_search_must_end(const arima_search *s) {
    const bool cut = s->env->effort && s->env->effort->cut;
    return s->n_trials >= s->cap || (cut && s->best != SIZE_MAX);
}

bool arima_search_account(const norni_effort *whole, norni_effort *out) {
    *out = (norni_effort){0};
    if (whole == NULL) return true;
    if (whole->cut || (whole->limit > 0 && whole->spent >= whole->limit)) return false;
    out->limit = whole->limit > 0 ? whole->limit - whole->spent : 0;
    out->deadline_ns = whole->deadline_ns;
    return true;
}

bool arima_search_settle(norni_effort *whole, const norni_effort *own) {
    if (whole == NULL) return true;
    if (own->cut || whole->cut) return false;
    if (whole->limit > 0 && whole->spent + own->spent > whole->limit) return false;
    (void)norni_effort_spend(whole, own->spent);
    return true;
}

static bool is_behind(sweep *w, size_t k) {
    return k > atomic_load_explicit(&w->better, memory_order_relaxed);
}

static bool must_stop(void *user) {
    const overtaken *o = user;
    return is_behind(o->w, o->k) || norni_poll_stop(o->outer);
}

static void note_better(sweep *w, size_t k) {
    size_t now = atomic_load_explicit(&w->better, memory_order_relaxed);
    while (k < now && !atomic_compare_exchange_weak(&w->better, &now, k)) {
    }
}

static norn_status fit_ahead(norni_env *env, size_t k, void *arg, norn_err *err) {
    sweep *w = arg;
    seat *t = &w->seats[k];
    overtaken o = {&env->poll, w, k};
    norni_env own = *env;
    if (is_behind(w, k) || arima_search_find(w->s, &w->list[k])) return NORN_OK;
    own.poll = (norni_poll){must_stop, &o};
    own.effort = w->bounded ? &t->effort : NULL;
    t->trial = w->list[k];
    const norn_status status =
        arima_search_value(w->s, &own, w->from, w->best, t->start, t->coef, &t->trial, err);
    if (status == NORN_E_CANCEL && !is_behind(w, k)) return status;
    if (status != NORN_OK || (w->bounded && t->effort.cut)) return NORN_OK; /* again in turn */
    t->done = true;
    if (t->trial.ic < w->best) note_better(w, k);
    return NORN_OK;
}

/* Fits list (n) ahead where there may be somebody to help. w->seats stays NULL where there is not. */
static norn_status run_ahead(arima_search *s, sweep *w, size_t n, norn_err *err) {
    const norni_share *share = s->env->share;
    const arima_plan *plan = s->plan;
    norni_effort account;
    if (!share || n < 2 || !arima_search_account(s->env->effort, &account)) return NORN_OK;
    const double lags = plan->css ? 0 : 2 * plan->m + 5, lost = plan->d + plan->sd * plan->m;
    if (arima_pass_ns(s->data.n, plan->css ? 0 : s->data.n - plan->n_obs, lags, lost) <
        worth_sharing_ns)
        return NORN_OK;
    seat *seats = norni_arena_zero(s->env->arena, n, sizeof *seats);
    double *room = norni_arena_get(s->env->arena, n, 2 * s->most * sizeof *room);
    if (!seats || !room) return norni_alloc_fail(err, "auto_arima", n, 2 * s->most * sizeof *room);
    for (size_t k = 0; k < n; k++) {
        seats[k].effort = account;
        seats[k].start = room + 2 * k * s->most;
        seats[k].coef = seats[k].start + s->most;
    }
    w->seats = seats;
    w->bounded = s->env->effort != NULL;
    return share->run(share->user, s->env, n, fit_ahead, w, err);
}

norn_status arima_search_sweep(arima_search *s, const arima_trial *list, size_t n,
                               const arima_trial *from, size_t *at, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(s->env->arena);
    const size_t before = s->best;
    sweep w = {.s = s, .list = list, .from = from};
    *at = n;
    if (arima_search_must_end(s)) return NORN_OK;
    w.best = before == SIZE_MAX ? NORNI_INF : s->trials[before].ic;
    atomic_init(&w.better, SIZE_MAX);
    NORN_TRY(run_ahead(s, &w, n < s->cap - s->n_trials ? n : s->cap - s->n_trials, err));
    for (size_t k = 0; k < n && *at == n && !arima_search_must_end(s); k++) {
        if (arima_search_find(s, &list[k])) continue;
        const seat *t = w.seats ? &w.seats[k] : NULL;
        if (t && t->done && arima_search_settle(s->env->effort, &t->effort))
            arima_search_take(s, &t->trial);
        else
            NORN_TRY(arima_search_try(s, list[k], from, err));
        if (s->best != before) *at = k;
    }
    norni_arena_rewind(s->env->arena, mark);
    return NORN_OK;
}
