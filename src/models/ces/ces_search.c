/* Least squares over the parameters of one form of complex exponential smoothing. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Innovations are smooth in the parameters, so Levenberg and Marquardt's method fits. A pass filters
 * eight settings for the price of one: a point and its neighbours along every parameter are a group
 * of lanes (the derivative is a difference over 2^-20), and as many points climb side by side as fit
 * in. A table of starts is evaluated first; the best of them climb. */
#include "models/ces/ces_search.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/ces/ces_climb.h"

enum { MOST_CLIMBS = 4, MOST_ROUNDS = 60 };
#define ENOUGH 1e-8 /* a promised gain beside the sum of squares that ends a climb */

typedef struct search {
    ces_data *d;
    ces_form form;
    size_t n_param;
    norni_effort *effort;
    double *scratch;
    ces_fit best;
} search;

/* One pass of the given lanes, accounted for. */
static bool evaluate(search *s, const ces_param par[CES_LANES], ces_group *groups, size_t n) {
    s->best.passes++;
    if (ces_pass(s->d, s->form, par, groups, n)) return true;
    s->best.stop = NORN_STOP_CANCELLED;
    return false;
}

static bool admitted(const search *s, const ces_param *p, double sse) {
    return sse < NORNI_INF && ces_region_stable(s->form, p, s->d->m, s->d->n, s->scratch);
}

static void note(search *s, const ces_param *p, double sse) {
    if (!(sse < s->best.sse)) return;
    s->best.sse = sse;
    s->best.par = *p;
}

/* What a pass over a trial (or a start, whose derivatives are not known yet) says. */
static void judge(search *s, ces_climb *c, double sse, const ces_group *g) {
    if (c->known && !(sse < c->sse && admitted(s, &c->trial, sse))) {
        c->lambda = (c->lambda > 1e-2 ? c->lambda : 1e-2) * (sse < 2 * c->sse ? 8 : 64);
        return;
    }
    if (c->known) {
        const double kept = (c->sse - sse) / c->promise; /* near 1: the model is right */
        c->lambda *= kept > 0.75 ? 0.1 : kept > 0.25 ? 0.5 : 2;
        c->moves++;
    }
    ces_climb_move(s->form, c, sse, g);
    c->over = sse == 0;
    note(s, &c->at, sse);
}

/* Brings a climb to its next trial, or to its end. */
static void prepare(const search *s, ces_climb *c) {
    while (!c->over && c->known) {
        const bool found = ces_climb_propose(s->form, c);
        const bool hopeless = c->moves >= 2 && c->sse - 3 * c->promise > s->best.sse;
        if (found && c->promise > ENOUGH * c->sse && !hopeless) return;
        c->over = found || c->lambda > 1e8;
        c->lambda = c->lambda * 64 + 1e-3;
    }
}

/* Ends the worse of two climbs that have come to the same place. */
static void merge(const search *s, ces_climb *a, ces_climb *b) {
    if (a->over || b->over || !a->known || !b->known) return;
    for (size_t p = 0; p < s->n_param; p++) {
        if (fabs(a->at.v[p] - b->at.v[p]) > (p % 2 ? 0.003 : 0.01)) return;
    }
    (a->sse <= b->sse ? b : a)->over = true;
}

/* Climbs side by side until all are over. */
static void climb_all(search *s, ces_climb *climbs, size_t n) {
    const size_t width = s->n_param + 1;
    for (int round = 0; round < MOST_ROUNDS; round++) {
        ces_param par[CES_LANES];
        ces_group groups[CES_LANES];
        ces_climb *who[CES_LANES];
        size_t used = 0;
        for (size_t i = 0; i < n && (used + 1) * width <= CES_LANES; i++) {
            ces_climb *c = &climbs[i];
            for (size_t k = 0; k < i; k++)
                merge(s, &climbs[k], c);
            prepare(s, c);
            if (c->over) continue;
            groups[used] = (ces_group){.base = used * width, .n_param = s->n_param};
            for (size_t k = 0; k < width; k++) {
                par[used * width + k] = c->trial;
                if (k > 0) par[used * width + k].v[k - 1] += CES_STEP;
            }
            who[used++] = c;
        }
        if (used == 0) {
            s->best.stop = NORN_STOP_CONVERGED;
            return;
        }
        for (size_t k = used * width; k < CES_LANES; k++)
            par[k] = par[0];
        if (!norni_effort_spend(s->effort, used * width)) return;
        if (!evaluate(s, par, groups, used)) return;
        for (size_t i = 0; i < used; i++)
            judge(s, who[i], s->d->lanes->sse[i * width], &groups[i]);
    }
}

/* (alpha_0, alpha_1) from still to a random walk, flat, growing, shrinking; beta from fixed to quick
 * seasons. Eight make a pass. */
static const double pair_starts[][2] = {{1.3, 1},    {1.7, 1},     {1.95, 1},    {1.05, 1},
                                        {1.9, 1.03}, {1.2, 0.95},  {1.9, 0.95},  {1, 0.8},
                                        {1.005, 1},  {0.98, 0.88}, {1.5, 0.8},   {1.7, 0.9},
                                        {1.4, 1.02}, {1.6, 0.95},  {2.05, 1.04}, {1.1, 1}};
static const double partial_starts[] = {0.02, 0.4};
static const double full_starts[][2] = {{1.03, 1}, {1.4, 0.8}, {1.7, 1}, {1.15, 1.1}};
enum {
    N_PAIRS = sizeof pair_starts / sizeof pair_starts[0],
    N_PARTIAL = sizeof partial_starts / sizeof partial_starts[0],
    N_FULL = sizeof full_starts / sizeof full_starts[0],
};

static ces_param start_of(ces_form form, size_t k) {
    const double *alpha = pair_starts[k % N_PAIRS];
    ces_param p = {{alpha[0], alpha[1], 0, 0}};
    if (form == CES_PARTIAL) p.v[2] = partial_starts[k / N_PAIRS];
    if (form == CES_FULL) memcpy(p.v + 2, full_starts[k / N_PAIRS], sizeof full_starts[0]);
    return p;
}

/* A place to climb from. */
typedef struct start {
    ces_param par;
    double sse;
} start;

/* Puts a start among the `n` best of its kind; the best first. */
static void enlist(start *list, size_t n, start c) {
    for (size_t i = 0; i < n; i++) {
        if (!(c.sse < list[i].sse)) continue;
        const start other = list[i];
        list[i] = c;
        c = other;
    }
}

/* Eight starts: the admitted ones into list (n). False: no pass was made. */
static bool try_eight(search *s, const ces_param par[CES_LANES], bool always, start *list,
                      size_t n) {
    if (!norni_effort_spend(s->effort, CES_LANES) && !always) return false;
    if (!evaluate(s, par, NULL, 0)) return false;
    for (size_t k = 0; k < CES_LANES; k++) {
        const double sse = s->d->lanes->sse[k];
        if (!(sse < list[n - 1].sse) || !admitted(s, &par[k], sse)) continue;
        note(s, &par[k], sse);
        enlist(list, n, (start){par[k], sse});
    }
    return true;
}

/* Leaves starts in list (MOST_CLIMBS): as many for every beta, so that they lie apart. */
static void try_table(search *s, start *list) {
    const size_t n_beta = s->form == CES_FULL      ? N_FULL
                          : s->form == CES_PARTIAL ? N_PARTIAL
                                                   : 1,
                 per_beta = n_beta > 1 ? MOST_CLIMBS / n_beta : MOST_CLIMBS - 1;
    for (size_t first = 0; first < n_beta * N_PAIRS; first += CES_LANES) {
        ces_param par[CES_LANES];
        for (size_t k = 0; k < CES_LANES; k++)
            par[k] = start_of(s->form, first + k);
        if (!try_eight(s, par, first == 0, list + first / N_PAIRS * per_beta, per_beta)) return;
    }
}

/* An earlier fit's parameters, and beside them the best of a few starts. */
static void try_near(search *s, const ces_param *near, start *list) {
    ces_param par[CES_LANES], own = *near;
    if (!ces_region_admit(s->form, &own)) own = start_of(s->form, 0);
    for (size_t k = 0; k < CES_LANES; k++)
        par[k] = k == 0 ? own : start_of(s->form, k - 1);
    if (!try_eight(s, par, true, list, MOST_CLIMBS)) return;
    for (size_t i = 0, others = 0; i < MOST_CLIMBS; i++) {
        const bool is_own = memcmp(&list[i].par, &own, sizeof own) == 0;
        if (!is_own && others++ > 0) list[i].sse = NORNI_INF;
    }
}

ces_fit ces_search(ces_data *d, ces_form form, const ces_param *near, norni_effort *effort,
                   double *scratch) {
    search s = {.d = d,
                .form = form,
                .n_param = ces_n_param(form),
                .effort = effort,
                .scratch = scratch,
                .best = {.form = form, .sse = NORNI_INF, .stop = NORN_STOP_MAXITER}};
    start list[MOST_CLIMBS];
    ces_climb climbs[MOST_CLIMBS];
    size_t n = 0;
    for (size_t i = 0; i < MOST_CLIMBS; i++)
        list[i] = (start){.sse = NORNI_INF};
    if (near)
        try_near(&s, near, list);
    else
        try_table(&s, list);
    if (s.best.stop == NORN_STOP_CANCELLED) return s.best;
    for (size_t i = 0; i < MOST_CLIMBS; i++) {
        if (!(list[i].sse < NORNI_INF)) continue;
        climbs[n++] = (ces_climb){
            .at = list[i].par, .trial = list[i].par, .sse = list[i].sse, .lambda = 1e-2};
    }
    climb_all(&s, climbs, n);
    return s.best;
}
