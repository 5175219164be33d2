/* One climb of the posterior: second-order models with an absolute penalty, each solved exactly. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Minimised is F(R(x)) + penalties, R the squared residuals and F the likelihood at its best sigma
 * (prophet_climb_pass.c): F' = 1 / (2 s^2), F'' = -F' / (s^2 sqrt(n^2 + 16 R)). With g the gradient of
 * R/2 and d a step, s^2 times the objective is modelled by
 *   g'd + d'Hd/2 + lambda d'Dd/2 + s^2 penalties(x + d),
 *   H = (second derivatives of R/2) - 2 gg' / (s^2 sqrt(n^2 + 16 R))
 * where that is convex, else with H = J'J (Gauss and Newton's). The absolute penalty stays as it is:
 * num/lasso_ridge.h minimises the model exactly, zeros among the rate changes and all, and near the
 * optimum the steps are Newton's in what is not zero. lambda (Levenberg and Marquardt's, D the
 * diagonal of J'J) grows until the true objective falls by a fair part of what the model says. */
#include "models/prophet/prophet_climb_parts.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "num/lasso_ridge.h"
#include "num/least_squares.h"

enum { MOST_PASSES = 1000, TRIED = 4 };
#define HOPE      20   /* times the last fall: more than is to be expected from here */
#define CONVERGED 1e-9 /* violation of the first-order conditions, in units of the log posterior */
#define SETTLED   1e-2 /* more is no peak, whatever rounding does */
#define FAIR      0.1  /* of the fall that the model says */
#define GOOD      0.7
#define DAMP_MOST 1e12

typedef enum outcome { LOWER, LEVEL, NOWHERE } outcome;

/* The model of a step, over the unknowns that may move. */
typedef struct hill {
    const climb_ground *g;
    climb_slopes *s;
    size_t n;                                    /* unknowns that may move */
    size_t *move;                                /* (n of p) which */
    double *model;                               /* (n, n) H */
    double *damped;                              /* (n, n) H + lambda D */
    double *ridge, *lasso, *fall, *c, *step, *x; /* (n of p); penalties times s^2 */
    double *bent, *whole;                        /* (p) */
    double damp, to_beat;
    double last; /* how far the last step fell */
    bool newton;
} hill;

static norn_status hill_make(hill *h, const climb_ground *g, climb_slopes *s, norn_err *err) {
    const size_t p = g->n_unknown;
    *h = (hill){.g = g, .s = s};
    h->move = norni_arena_get(g->arena, p, sizeof *h->move);
    h->model = norni_arena_get(g->arena, p, p * sizeof *h->model);
    h->damped = norni_arena_get(g->arena, p, p * sizeof *h->damped);
    double *v = norni_arena_get(g->arena, p, 8 * sizeof *v);
    if (!h->move || !h->model || !h->damped || !v)
        return norn_fail(err, NORN_E_MEM, "prophet: no memory for %zu unknowns", p);
    h->ridge = v, h->lasso = v + p, h->fall = v + 2 * p;
    h->c = v + 3 * p, h->step = v + 4 * p, h->x = v + 5 * p, h->bent = v + 6 * p,
    h->whole = v + 7 * p;
    return NORN_OK;
}

/* The largest violation of the first-order conditions. by_column: per unit of a coefficient, and not
 * of the unknown that stands for it. */
static double violation(const climb_ground *g, const climb_point *at, const climb_slopes *s,
                        bool by_column) {
    const size_t first = CLIMB_DELTA + g->n_change;
    const double s2 = at->sigma * at->sigma;
    double most = 0;
    for (size_t j = 0; j < g->n_unknown; j++) {
        const double x = at->x[j], lasso = g->lasso[j];
        double v = s->fall[j] / s2 + g->ridge[j] * x;
        if (lasso > 0 && x != 0)
            v += x > 0 ? lasso : -lasso;
        else if (lasso > 0)
            v = fabs(v) > lasso ? fabs(v) - lasso : 0;
        if (by_column && j >= first) v /= g->unit[j - first];
        if (!(fabs(v) <= most)) most = fabs(v);
    }
    return most;
}

/* Whether rate changes that are 0 have reason to leave it. */
static bool zeros_push(const climb_ground *g, const climb_point *at, const climb_slopes *s) {
    const double s2 = at->sigma * at->sigma;
    for (size_t j = 0; j < g->n_unknown; j++)
        if (g->lasso[j] > 0 && at->x[j] == 0 && fabs(s->fall[j]) > s2 * g->lasso[j]) return true;
    return false;
}

static void choose_moving(hill *h, const climb_point *at, bool zeros) {
    const double s2 = at->sigma * at->sigma;
    h->n = 0;
    for (size_t j = 0; j < h->g->n_unknown; j++) {
        if (!zeros && h->g->lasso[j] > 0 && at->x[j] == 0) continue;
        h->ridge[h->n] = s2 * h->g->ridge[j];
        h->lasso[h->n] = s2 * h->g->lasso[j];
        h->fall[h->n] = h->s->fall[j];
        h->move[h->n++] = j;
    }
}

static void take_gauss(hill *h) {
    const size_t p = h->g->n_unknown;
    for (size_t i = 0; i < h->n; i++)
        for (size_t j = 0; j < h->n; j++)
            h->model[i * h->n + j] = h->s->gauss[h->move[i] * p + h->move[j]];
    h->newton = false;
}

/* Whether the symmetric matrix a (n, n) is positive definite, well beyond rounding; its lower
 * triangle becomes Cholesky's factor. Stopped by poll: false. */
static bool convex(double *a, size_t n, const norni_poll *poll) {
    for (size_t i = 0; i < n; i++) {
        double *row = a + i * n;
        if (norni_poll_stop(poll)) return false;
        for (size_t j = 0; j < i; j++)
            row[j] = (row[j] - norni_dot(row, a + j * n, j)) / a[j * n + j];
        const double left = row[i] - norni_dot(row, row, i);
        if (!(left > 1e-12 * row[i])) return false;
        row[i] = sqrt(left);
    }
    return true;
}

/* The exact second derivatives. False: not convex. */
static bool take_newton(hill *h, const climb_point *at) {
    const size_t p = h->g->n_unknown, q = h->n;
    const double n = (double)h->g->n, s2 = at->sigma * at->sigma;
    const double turn =
        at->sigma > CLIMB_SIGMA_LEAST ? 2 / (s2 * sqrt(n * n + 16 * at->squares)) : 0;
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j < q; j++)
            h->model[i * q + j] = h->damped[i * q + j] =
                h->s->newton[h->move[i] * p + h->move[j]] - turn * h->fall[i] * h->fall[j];
    for (size_t j = 0; j < q; j++)
        h->damped[j * q + j] += h->ridge[j];
    h->newton = convex(h->damped, q, h->g->poll);
    return h->newton;
}

/* Newton's model where it is convex; failing that, where it is so in what is not 0 and nothing else
 * has reason to move; failing that, Gauss and Newton's. */
static void choose_model(hill *h, const climb_point *at) {
    choose_moving(h, at, true);
    if (take_newton(h, at)) return;
    if (!zeros_push(h->g, at, h->s)) {
        choose_moving(h, at, false);
        if (take_newton(h, at)) return;
        choose_moving(h, at, true);
    }
    take_gauss(h);
}

/* The fall of the objective that the model says, from at to x. */
static double promised(const hill *h, const climb_point *at) {
    double sum = 0;
    for (size_t i = 0; i < h->n; i++)
        h->step[i] = h->x[i] - at->x[h->move[i]];
    for (size_t i = 0; i < h->n; i++) {
        const double d = h->step[i], x = at->x[h->move[i]];
        sum += d * (h->fall[i] + 0.5 * norni_dot(h->model + i * h->n, h->step, h->n));
        sum += h->ridge[i] * d * (x + 0.5 * d);
        if (h->lasso[i] > 0) sum += h->lasso[i] * (fabs(h->x[i]) - fabs(x));
    }
    return -sum / (at->sigma * at->sigma);
}

/* The damped model's optimum, its gradient at `at` being fall (n), into x; what may not move is
 * at's. */
static norn_status solve_model(hill *h, const climb_point *at, const double *fall, double *x,
                               norn_err *err) {
    const size_t p = h->g->n_unknown, q = h->n;
    double kkt;
    for (size_t i = 0; i < q; i++)
        h->x[i] = at->x[h->move[i]];
    memcpy(h->damped, h->model, q * q * sizeof *h->damped);
    for (size_t i = 0; i < q; i++) {
        const double d = h->damp * h->s->gauss[h->move[i] * p + h->move[i]];
        h->damped[i * q + i] += d;
        h->c[i] = norni_dot(h->model + i * q, h->x, q) + d * h->x[i] - fall[i];
    }
    const norni_lasso_ridge problem = {
        .n = q, .gram = h->damped, .c = h->c, .ridge = h->ridge, .lasso = h->lasso};
    NORN_TRY(norni_lasso_ridge_solve(h->g->arena, h->g->poll, &problem, h->x, &kkt, NULL, err));
    memcpy(x, at->x, p * sizeof *x);
    for (size_t i = 0; i < q; i++)
        x[h->move[i]] = h->x[i];
    return NORN_OK;
}

static void swap(climb_point *a, climb_point *b) {
    const climb_point t = *a;
    *a = *b;
    *b = t;
}

/* Where a step of d left the model, its residuals r1 tell how it bends: with J'(r1 + J d) in place of
 * J'r the same model says where the bend leads. `to` becomes that point if it is lower. */
static norn_status bend(hill *h, const climb_point *at, climb_point *to, climb_point *spare,
                        norn_err *err) {
    const size_t p = h->g->n_unknown;
    if (!climb_fall(h->g, at, to->rest, h->bent)) return climb_cancelled(err);
    for (size_t j = 0; j < p; j++)
        h->whole[j] = to->x[j] - at->x[j];
    for (size_t j = 0; j < p; j++)
        h->bent[j] -= norni_dot(h->s->gauss + j * p, h->whole, p);
    for (size_t i = 0; i < h->n; i++) /* move is ascending: i <= move[i] */
        h->bent[i] = h->bent[h->move[i]];
    NORN_TRY(solve_model(h, at, h->bent, spare->x, err));
    if (!climb_evaluate(h->g, spare)) return climb_cancelled(err);
    if (spare->value < to->value) swap(to, spare);
    return NORN_OK;
}

/* What rounding may do to the objective. */
static double rounding(const hill *h, const climb_point *at) {
    return 1e-14 * (fabs(at->value) + (double)h->g->n);
}

/* Steps from `at` to a lower point, which is `to`. LEVEL: so near the optimum that its fall is lost
 * in rounding. NOWHERE: there is no lower point to be found. */
static norn_status step(hill *h, const climb_point *at, climb_point *to, climb_point *spare,
                        outcome *out, norn_err *err) {
    *out = NOWHERE;
    for (;;) {
        NORN_TRY(solve_model(h, at, h->fall, to->x, err));
        const double fall = promised(h, at);
        if (!climb_evaluate(h->g, to)) return climb_cancelled(err);
        if (at->value - to->value < GOOD * fall && fall > 10 * rounding(h, at))
            NORN_TRY(bend(h, at, to, spare, err));
        const double true_fall = at->value - to->value;
        if (true_fall >= FAIR * fall && true_fall > 0) {
            if (true_fall >= GOOD * fall) h->damp = h->damp > 1e-6 ? 0.1 * h->damp : 0;
            h->last = true_fall;
            *out = LOWER;
            return NORN_OK;
        }
        if (!(fall > 10 * rounding(h, at))) {
            if (true_fall >= -rounding(h, at)) *out = LEVEL;
            return NORN_OK;
        }
        if (norni_poll_stop(h->g->poll)) return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
        if (h->newton && h->damp > 1) {
            choose_moving(h, at, true);
            take_gauss(h);
            h->damp = 0;
        }
        h->damp = h->damp > 0 ? 8 * h->damp : 1e-3;
        if (h->damp > DAMP_MOST) return NORN_OK;
    }
}

/* Steps that converge fall less and less: what is left is a few times the last. */
static bool hopeless(const hill *h, const climb_point *at, int32_t passes) {
    return passes >= TRIED && at->value - h->to_beat > HOPE * h->last;
}

static norn_status measure(hill *h, const climb_point *at, climb_found *found, norn_err *err) {
    if (!climb_slopes_at(h->g, at, h->s)) return climb_cancelled(err);
    found->kkt = violation(h->g, at, h->s, false);
    return NORN_OK;
}

/* Level steps go on while they mend the conditions. */
static norn_status walk(hill *h, climb_point *at, climb_point *other, climb_found *found,
                        norn_err *err) {
    found->stop = NORN_STOP_CONVERGED;
    NORN_TRY(measure(h, at, found, err));
    while (!(found->kkt <= CONVERGED)) {
        const double before = found->kkt;
        outcome out;
        if (found->passes >= MOST_PASSES || hopeless(h, at, found->passes)) {
            found->stop = found->passes >= MOST_PASSES ? NORN_STOP_MAXITER : NORN_STOP_STALLED;
            return NORN_OK;
        }
        choose_model(h, at);
        NORN_TRY(step(h, at, other, other + 1, &out, err));
        if (out == NOWHERE) break;
        swap(at, other);
        NORN_TRY(measure(h, at, found, err));
        found->passes++;
        if (out == LEVEL && !(found->kkt < 0.5 * before)) {
            if (found->kkt < before) break;
            swap(at, other);
            NORN_TRY(measure(h, at, found, err));
            break;
        }
    }
    if (!(found->kkt <= SETTLED) || at->sigma <= CLIMB_SIGMA_LEAST) found->stop = NORN_STOP_STALLED;
    return NORN_OK;
}

norn_status climb_up(const climb_ground *g, climb_point *at, climb_point *other, climb_slopes *s,
                     double to_beat, climb_found *found, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(g->arena);
    hill h;
    *found = (climb_found){0};
    norn_status status = hill_make(&h, g, s, err);
    h.to_beat = to_beat;
    if (status == NORN_OK) status = walk(&h, at, other, found, err);
    if (status == NORN_OK) found->kkt = violation(g, at, s, true);
    norni_arena_rewind(g->arena, mark);
    return status;
}
