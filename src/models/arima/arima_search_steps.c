/* The two ways through the models: the stepwise search and the exhaustive one. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Hyndman, Khandakar: "Automatic time series forecasting: the forecast package for R" (2008), Journal
 * of Statistical Software 27(3), section 3.2, in the order of R's auto.arima (forecast 8.20): four or
 * five models first, then the neighbours of the best one, a first improvement at a time. As in R,
 * where the model without a constant wins the first round, the neighbours tried have one.
 * Departure: R stops at the first model without a better neighbour, and never passes over a model
 * whose roots are too near the unit circle. Here the neighbours of the next best models are tried,
 * too (widen), among them such. On short series that costs accuracy (more models fit the noise),
 * from about 60 values on it gains: docs/accuracy.md. A search that begins at an earlier part's choice
 * (`known`) tries only the models around it whose orders differ by one in one place. */
#include "models/arima/arima_search.h"

#include "base/fp.h"

/* P, Q, p, q */
static const int8_t moves[][4] = {
    {-1, 0, 0, 0},  {0, -1, 0, 0}, {1, 0, 0, 0},  {0, 1, 0, 0},  {-1, -1, 0, 0}, {-1, 1, 0, 0},
    {1, -1, 0, 0},  {1, 1, 0, 0},  {0, 0, -1, 0}, {0, 0, 0, -1}, {0, 0, 1, 0},   {0, 0, 0, 1},
    {0, 0, -1, -1}, {0, 0, -1, 1}, {0, 0, 1, -1}, {0, 0, 1, 1},
};
enum { N_MOVES = sizeof moves / sizeof moves[0], N_ALIKE = 8, N_SINGLE = 4, MOST_AHEAD = 64 };

static int32_t least(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static const arima_trial *best_of(const arima_search *s) {
    return s->best == SIZE_MAX ? NULL : &s->trials[s->best];
}

static bool inside(const arima_plan *plan, const arima_trial *t) {
    return t->p >= 0 && t->q >= 0 && t->sp >= 0 && t->sq >= 0 && t->p <= plan->max_p &&
           t->q <= plan->max_q && t->sp <= plan->max_sp && t->sq <= plan->max_sq;
}

/* The neighbours of *at in R's order, up to the first that is better. */
static norn_status around(arima_search *s, arima_trial *at, bool *better, norn_err *err) {
    const arima_plan *plan = s->plan;
    const arima_trial *from = arima_search_find(s, at);
    arima_trial list[N_MOVES + 1];
    size_t n = 0, hit;
    if (!from) from = best_of(s);
    for (int k = 0; k < N_MOVES; k++) {
        if (s->near && k % N_ALIKE >= N_SINGLE) continue;
        arima_trial next = *at;
        next.sp += moves[k][0], next.sq += moves[k][1];
        next.p += moves[k][2], next.q += moves[k][3];
        if (inside(plan, &next) && !arima_search_find(s, &next)) list[n++] = next;
    }
    if (plan->constant != NORNI_ARIMA_NO_CONSTANT) {
        list[n] = *at;
        list[n++].constant = !at->constant;
    }
    NORN_TRY(arima_search_sweep(s, list, n, from, &hit, err));
    *better = hit < n;
    if (*better) *at = list[hit];
    return NORN_OK;
}

/* From one improvement to the next until no neighbour is better. */
static norn_status climb(arima_search *s, arima_trial *at, norn_err *err) {
    bool better = true;
    while (better && !arima_search_must_end(s))
        NORN_TRY(around(s, at, &better, err));
    arima_trial *top = arima_search_find(s, at);
    if (top) top->expanded = true;
    return NORN_OK;
}

/* The neighbours of the next best models, too, and on from there where one is better. */
static norn_status widen(arima_search *s, norn_err *err) {
    for (int32_t k = 0; k < s->plan->widen && !arima_search_must_end(s); k++) {
        arima_trial *next = NULL;
        for (size_t i = 0; i < s->n_trials; i++) {
            arima_trial *t = &s->trials[i];
            if (!t->expanded && t->raw < (next ? next->raw : NORNI_INF)) next = t;
        }
        if (!next) break;
        arima_trial at = *next;
        bool better;
        next->expanded = true;
        NORN_TRY(around(s, &at, &better, err));
        if (!better) continue;
        NORN_TRY(climb(s, &at, err));
        k = -1;
    }
    return NORN_OK;
}

/* The models that are tried in any case; *at ends at the best one's orders. */
static norn_status first_models(arima_search *s, arima_trial *at, norn_err *err) {
    const arima_plan *plan = s->plan;
    const arima_search_opt *o = s->opt;
    const bool constant = plan->constant != NORNI_ARIMA_NO_CONSTANT, small = s->data.n < 10;
    const int32_t p = plan->max_p > 0, q = plan->max_q > 0, sp = plan->max_sp > 0,
                  sq = plan->max_sq > 0;
    const arima_trial first[] = {
        {.p = least(small ? least(o->start_p, 1) : o->start_p, plan->max_p),
         .q = least(small ? least(o->start_q, 1) : o->start_q, plan->max_q),
         .sp = small ? 0 : least(o->start_sp, plan->max_sp),
         .sq = small ? 0 : least(o->start_sq, plan->max_sq),
         .constant = constant},
        {.p = 0, .constant = constant},
        {.p = p, .sp = sp, .constant = constant},
        {.q = q, .sq = sq, .constant = constant},
        {.constant = false},
    };
    const size_t n = sizeof first / sizeof first[0] - !constant;
    *at = first[0];
    for (size_t k = 0, hit; k < n; k += hit + 1) {
        const size_t turn = k ? n - k : 1; /* the others start from the first */
        NORN_TRY(arima_search_sweep(s, first + k, turn, best_of(s), &hit, err));
        if (hit == turn)
            hit--;
        else
            *at = first[k + hit];
    }
    /* As R: the orders of the null model are taken over, that it has no constant is not. */
    at->constant = constant;
    return NORN_OK;
}

norn_status arima_search_stepwise(arima_search *s, const arima_trial *known, norn_err *err) {
    arima_trial at;
    if (known) {
        at = *known;
        NORN_TRY(arima_search_try(s, at, known, err));
        s->near = s->best != SIZE_MAX;
        if (s->near) return climb(s, &at, err);
    }
    NORN_TRY(first_models(s, &at, err));
    NORN_TRY(climb(s, &at, err));
    return widen(s, err);
}

/* Every combination within max_order, into out (NULL: they are only counted). */
static size_t list_all(const arima_plan *plan, int32_t max_order, arima_trial *out) {
    const int constants = plan->constant == NORNI_ARIMA_NO_CONSTANT ? 1 : 2;
    arima_trial t = {0};
    size_t n = 0;
    for (t.p = 0; t.p <= plan->max_p; t.p++)
        for (t.q = 0; t.q <= plan->max_q; t.q++)
            for (t.sp = 0; t.sp <= plan->max_sp; t.sp++)
                for (t.sq = 0; t.sq <= plan->max_sq; t.sq++)
                    for (int c = 0; c < constants; c++) {
                        if (t.p + t.q + t.sp + t.sq > max_order) continue;
                        t.constant = c == 1;
                        if (out) out[n] = t;
                        n++;
                    }
    return n;
}

size_t arima_search_all_count(const arima_plan *plan, int32_t max_order) {
    return list_all(plan, max_order, NULL);
}

norn_status arima_search_all(arima_search *s, norn_err *err) {
    const size_t n = list_all(s->plan, s->opt->max_order, NULL);
    arima_trial *list = norni_arena_get(s->env->arena, n, sizeof *list);
    if (!list) return norni_alloc_fail(err, "auto_arima", n, sizeof *list);
    (void)list_all(s->plan, s->opt->max_order, list);
    for (size_t k = 0, hit; k < n; k += hit) {
        const size_t turn = n - k < MOST_AHEAD ? n - k : MOST_AHEAD;
        NORN_TRY(arima_search_sweep(s, list + k, turn, best_of(s), &hit, err));
        hit += hit < turn;
    }
    return NORN_OK;
}
