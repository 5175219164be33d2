/* Where else a climb may begin: other sigmas, a turned curve, simpler problems' fits. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The posterior has more than one peak. Along sigma: with penalties the best estimates x(sigma) at a
 * given sigma leave squares whose own best sigma is s(x(sigma)), peaks are where both agree, and a
 * sigma below the peak found that leads further down is in the reach of another. Under logistic
 * growth: z(0) = -k m keeps k and m away from 0, so that no path leads from k > 0 to k < 0 without a
 * loss. With multiplicative terms: trend and terms share a scale and a sign. And which rate changes
 * are in use depends on the way: from a stiffer trend fewer, from a looser one more. */
#include "models/prophet/prophet_climb_parts.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "num/lasso_ridge.h"
#include "num/least_squares.h"

enum { MOST_SIGMAS = 20 };
#define FAR_BELOW 0.02
#define FAR_ABOVE 10
#define NEARER    1.01
#define SHARE     1.4

/* Squared residuals at x as the model of at's slopes (J'J) says. */
static double model_squares(const climb_ground *g, const climb_point *at, const climb_slopes *s,
                            const double *x, double *step) {
    const size_t p = g->n_unknown;
    double sum = 0;
    for (size_t j = 0; j < p; j++)
        step[j] = x[j] - at->x[j];
    for (size_t j = 0; j < p; j++)
        sum += step[j] * (2 * s->fall[j] + norni_dot(s->gauss + j * p, step, p));
    return at->squares + sum > 0 ? at->squares + sum : 0;
}

typedef struct scan {
    double *c, *ridge, *lasso, *step, *x; /* (p) */
} scan;

static norn_status scan_at(const climb_ground *g, const climb_slopes *s, scan *w, double sigma,
                           norn_err *err) {
    const size_t p = g->n_unknown;
    double kkt;
    for (size_t j = 0; j < p; j++) {
        w->ridge[j] = sigma * sigma * g->ridge[j];
        w->lasso[j] = sigma * sigma * g->lasso[j];
    }
    const norni_lasso_ridge problem = {
        .n = p, .gram = s->gauss, .c = w->c, .ridge = w->ridge, .lasso = w->lasso};
    return norni_lasso_ridge_solve(g->arena, g->poll, &problem, w->x, &kkt, NULL, err);
}

/* Towards at's sigma from far below or above. Where the best sigma next(s) of x(s) lies nearer to at's
 * than s, no peak is between (next is monotone in s for a model that is linear): on from there. Where
 * it does not, s leads away to another peak: a start; and on by a fixed share. */
static norn_status scan_sigmas(const climb_ground *g, const climb_point *at, const climb_slopes *s,
                               bool larger, scan *w, double *x, bool *any, norn_err *err) {
    const size_t p = g->n_unknown;
    const double nearer = larger ? 1 / NEARER : NEARER;
    double sigma = at->sigma * (larger ? FAR_ABOVE : FAR_BELOW), best = NORNI_INF;
    for (size_t j = 0; j < p; j++)
        w->c[j] = norni_dot(s->gauss + j * p, at->x, p) - s->fall[j];
    memcpy(w->x, at->x, p * sizeof *w->x);
    for (int i = 0; i < MOST_SIGMAS; i++) {
        NORN_TRY(scan_at(g, s, w, sigma, err));
        const double squares = model_squares(g, at, s, w->x, w->step);
        const double next = climb_sigma(g, squares), value = climb_value(g, squares, w->x);
        const bool towards = larger ? next < sigma * nearer : next > sigma * nearer;
        if (!towards && value < best) {
            best = value;
            *any = true;
            memcpy(x, w->x, p * sizeof *x);
        }
        sigma = towards ? next : larger ? sigma / SHARE : sigma * SHARE;
        if (!(larger ? sigma > 1.03 * at->sigma : sigma < 0.97 * at->sigma)) break;
    }
    return NORN_OK;
}

norn_status climb_start_far(const climb_ground *g, const climb_point *at, const climb_slopes *s,
                            bool larger, double *x, bool *any, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(g->arena);
    const size_t p = g->n_unknown;
    double *v = norni_arena_get(g->arena, p, 5 * sizeof *v);
    *any = false;
    if (v == NULL) return norn_fail(err, NORN_E_MEM, "prophet: no memory for %zu unknowns", p);
    scan w = {v, v + p, v + 2 * p, v + 3 * p, v + 4 * p};
    const norn_status status = scan_sigmas(g, at, s, larger, &w, x, any, err);
    norni_arena_rewind(g->arena, mark);
    return status;
}

bool climb_start_turned(const climb_ground *g, const climb_point *at, double *x) {
    const double k = at->x[CLIMB_K];
    if (g->problem->growth != NORNI_PROPHET_LOGISTIC || k == 0) return false;
    memcpy(x, at->x, g->n_unknown * sizeof *x);
    x[CLIMB_K] = -k;
    x[CLIMB_M] = -x[CLIMB_M];
    if (g->n_change > 0) x[CLIMB_DELTA] += 2 * k;
    return true;
}

/* Climbs the simpler problem from Prophet's start; its estimates into x. */
static norn_status climb_simple(const climb_ground *g, const norni_prophet_problem *simple,
                                double *x, norn_err *err) {
    climb_ground ground;
    climb_point at, other[2];
    climb_slopes s;
    climb_found found;
    norni_prophet_fit fit = {0};
    const norni_prophet_problem *p = g->problem;
    NORN_TRY(climb_ground_make(&ground, g->arena, g->poll, simple, err));
    fit.delta = norni_arena_zero(g->arena, p->n_change + p->n_x + 1, sizeof *fit.delta);
    if (!fit.delta || !climb_point_make(&at, &ground) || !climb_point_make(&other[0], &ground) ||
        !climb_point_make(&other[1], &ground) || !climb_slopes_make(&s, &ground))
        return norn_fail(err, NORN_E_MEM, "prophet: no memory for %zu rows", g->n);
    fit.beta = fit.delta + p->n_change;
    norni_prophet_start(simple, &fit);
    climb_from_fit(&ground, &fit, at.x);
    if (!climb_evaluate(&ground, &at)) return climb_cancelled(err);
    if (at.value < NORNI_INF) NORN_TRY(climb_up(&ground, &at, other, &s, NORNI_INF, &found, err));
    climb_to_fit(&ground, &at, &fit);
    climb_from_fit(g, &fit, x);
    return NORN_OK;
}

/* What multiplies is a share of the level, not in units of y. */
static void divide_by_level(const climb_ground *g, double *x) {
    const double level = norni_sum_tree(g->problem->y, g->n) / (double)g->n;
    double *coef = x + CLIMB_DELTA + g->n_change;
    for (size_t j = 0; j < g->n_mult; j++)
        coef[j] = level != 0 ? coef[j] / level : 0;
}

norn_status climb_start_simple(const climb_ground *g, climb_simpler how, double *x, bool *any,
                               norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(g->arena);
    norni_prophet_problem simple = *g->problem;
    *any = false;
    if (how == CLIMB_TREND_ALONE ? simple.n_x == 0
                                 : (how == CLIMB_ADDITIVE ? g->n_mult : g->n_change) == 0)
        return NORN_OK;
    if (how == CLIMB_TREND_ALONE) simple.n_x = 0;
    if (how == CLIMB_STIFF) simple.tau *= 0.1;
    if (how == CLIMB_LOOSE) simple.tau *= 3;
    if (how == CLIMB_ADDITIVE) {
        const bool *additive = norni_arena_zero(g->arena, simple.n_x, sizeof *additive);
        if (!additive) return norn_fail(err, NORN_E_MEM, "prophet: no memory");
        simple.multiplicative = additive;
    }
    *any = true;
    const norn_status status = climb_simple(g, &simple, x, err);
    if (how == CLIMB_ADDITIVE && status == NORN_OK) divide_by_level(g, x);
    norni_arena_rewind(g->arena, mark);
    return status;
}
