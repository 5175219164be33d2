/* Prophet's maximum a posteriori for linear and flat growth with additive terms, exactly. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Linear in its unknowns theta = (m, k, delta, beta), with lambda = sigma^2 the posterior says
 *   minimise  n/2 log lambda + 2 lambda + R(theta) / (2 lambda) + P(theta),   R = |y - Z theta|^2,
 *   P = k^2/50 + m^2/50 + sum |delta|/tau + sum beta^2 / (2 prior^2).
 * Given lambda it is a lasso with a ridge (num/lasso_ridge.h): convex, solved to rounding from Z'Z.
 * Along its solutions theta(lambda), R(lambda) never falls as lambda grows, and by the envelope
 * theorem the slope in lambda is nought where n lambda + 4 lambda^2 = R(lambda), that is where
 *   lambda = next(lambda) = 2 R / (n + sqrt(n^2 + 16 R)).
 * next() is monotone: started above every root its iterates fall to the largest one, started below
 * they rise to the smallest, and what they jump over holds none. Secant steps in log lambda hurry
 * the way down. The way up from near nought then shows that there is one root only: the optimum is
 * global. Other roots are compared, the highest posterior wins.
 * Where the columns can reproduce y, R ~ lambda^2 and the posterior has no bound as sigma -> 0: that
 * branch counts only if there is no other root. It is followed to residuals of rounding size, by
 * least squares from the solution at a small lambda, and sigma ends at 1e-13 at the least; such a fit
 * is not called exact. Stan stops somewhere on the way.
 * R from Z'Z loses digits when sigma is small. At the end residuals are worked out from the data and
 * the problem is written anew around them: y - Z theta0 = r0, R = r0'r0 - 2 d'Z'r0 + d'Z'Z d for
 * theta0 + d; so what is reported is accurate to the data's rounding. */
#include "models/prophet/prophet_solve.h"

#include "base/fp.h"
#include "models/prophet/prophet_gram.h"
#include "num/lasso_ridge.h"
#include "num/least_squares.h"

#include <math.h>
#include <string.h>

/* The least lambda that is tried: Z'Z tells no more below it. Fewer where columns reproduce any y. */
static const double lambda_least = 1e-18, lambda_least_free = 1e-12;
/* The least sigma^2 that is reported: rounding of residuals is small beside it. */
static const double lambda_last = 1e-26;

/* A gap in log lambda that ends the search on Z'Z; the solution is then refined from the data. */
#define CLOSE 1e-8

/* The share of lambda at which next is tried again while it is above. */
#define NARROW 0.7

/* Beyond this a penalty is a coordinate held at 0. */
#define PENALTY_MOST 1e200

enum { STEPS = 60, CLIMB = 30, ROUNDS = 6 };

typedef struct exact {
    norni_arena *arena;
    const norni_poll *poll;
    const norni_prophet_problem *p;
    const norni_prophet_gram *g;
    size_t n_z;
    double n;
    double *ridge, *lasso;       /* (n_z) of P, by coordinates of the Gram */
    double *ridge_at, *lasso_at; /* (n_z) times lambda */
    double *theta;               /* (n_z) the solution at the lambda tried last */
    double *best;                /* (n_z) that of the best root */
    double *anchor;              /* (n_z) theta0 */
    double *c0;                  /* (n_z) Z'r0 */
    double *c;                   /* (n_z) Z'r0 + Z'Z theta0 */
    double *away;                /* (n_z) scratch */
    double least;                /* lambda_least, or lambda_least_free */
    double r0;
    double *rest; /* (n) r0 */
    double *coef; /* (n_x) scratch */
    int32_t passes;
    norn_err *err;
} exact;

/* A root, or the least lambda. */
typedef struct root {
    double lambda, cost;
    bool least;
} root;

static norn_status exact_init(exact *e, norn_err *err) {
    const size_t n_z = e->g->n_z;
    double *v = norni_arena_zero(e->arena, 10 * n_z, sizeof *v);
    e->rest = norni_arena_get(e->arena, e->p->n, sizeof *e->rest);
    e->coef = norni_arena_get(e->arena, e->p->n_x, sizeof *e->coef);
    if (!v || !e->rest || (e->p->n_x && !e->coef))
        return norn_fail(err, NORN_E_MEM, "prophet: no memory for %zu columns", n_z);
    e->n_z = n_z;
    e->n = (double)e->p->n;
    e->least = e->p->n > n_z ? lambda_least : lambda_least_free;
    e->ridge = v, e->lasso = v + n_z, e->ridge_at = v + 2 * n_z, e->lasso_at = v + 3 * n_z;
    e->theta = v + 4 * n_z, e->best = v + 5 * n_z, e->anchor = v + 6 * n_z;
    e->c0 = v + 7 * n_z, e->c = v + 8 * n_z, e->away = v + 9 * n_z;
    e->ridge[0] = 1.0 / 25;
    if (!e->g->flat) e->ridge[1] = 1.0 / 25;
    for (size_t j = 2; j < e->g->n_trend; j++)
        e->lasso[j] = fmin(1 / e->p->tau, PENALTY_MOST);
    for (size_t j = 0; j < e->p->n_x; j++) {
        const double u = e->g->scale[j] / e->p->prior[j];
        e->ridge[e->g->n_trend + j] = fmin(u * u, PENALTY_MOST);
    }
    e->err = err;
    return NORN_OK;
}

/* out (n_z) = Z'Z v */
static void gram_times(const exact *e, const double *v, double *out) {
    for (size_t i = 0; i < e->n_z; i++)
        out[i] = norni_dot(e->g->products + i * e->n_z, v, e->n_z);
}

/* Writes the problem around theta (n_z), the residuals worked out from the data. */
static norn_status anchor_at(exact *e, const double *theta) {
    memcpy(e->anchor, theta, e->n_z * sizeof *theta);
    if (!norni_prophet_gram_rest(e->g, e->poll, e->p->y, e->anchor, e->coef, e->rest) ||
        !norni_prophet_gram_times(e->g, e->poll, e->rest, e->c0))
        return norn_fail(e->err, NORN_E_CANCEL, "prophet: cancelled");
    gram_times(e, e->anchor, e->c);
    for (size_t i = 0; i < e->n_z; i++)
        e->c[i] += e->c0[i];
    e->r0 = norni_dot(e->rest, e->rest, e->p->n);
    return NORN_OK;
}

static double next_of(const exact *e, double squares) {
    const double r = squares > 0 ? squares : squares <= 0 ? 0 : NORNI_NAN;
    const double to = 2 * r / (e->n + sqrt(e->n * e->n + 16 * r));
    return to > e->least ? to : e->least;
}

/* Solves for theta at lambda; *squares = R. */
static norn_status solve_at(exact *e, double lambda, double *squares) {
    double kkt;
    for (size_t i = 0; i < e->n_z; i++) {
        e->ridge_at[i] = lambda * e->ridge[i];
        e->lasso_at[i] = lambda * e->lasso[i];
    }
    const norni_lasso_ridge q = {e->n_z, e->g->products, e->c, e->ridge_at, NULL, e->lasso_at};
    NORN_TRY(norni_lasso_ridge_solve(e->arena, e->poll, &q, e->theta, &kkt, NULL, e->err));
    e->passes++;
    double r = e->r0;
    for (size_t i = 0; i < e->n_z; i++)
        e->away[i] = e->theta[i] - e->anchor[i];
    for (size_t i = 0; i < e->n_z; i++)
        r += e->away[i] * (norni_dot(e->g->products + i * e->n_z, e->away, e->n_z) - 2 * e->c0[i]);
    *squares = r;
    return NORN_OK;
}

static double penalty_of(const exact *e, const double *theta) {
    double p = 0;
    for (size_t i = 0; i < e->n_z; i++)
        p += 0.5 * e->ridge[i] * theta[i] * theta[i] + e->lasso[i] * fabs(theta[i]);
    return p;
}

/* Minus the log posterior. */
static double cost_of(const exact *e, double lambda, double squares) {
    return 0.5 * e->n * norni_log(lambda) + 2 * lambda + 0.5 * squares / lambda +
           penalty_of(e, e->theta);
}

/* Log of next(lambda) / lambda along the way: two points and what lies between. */
typedef struct way {
    double low, high; /* next is above lambda at low, below at high; 0 and inf: not known */
    double at, gap;   /* the point before */
    bool have;
} way;

/* The lambda to try after `lambda`, whose gap is log(next / lambda). */
static double step_from(way *w, double lambda, double next, double gap) {
    if (gap < 0)
        w->high = lambda < w->high ? lambda : w->high;
    else
        w->low = lambda > w->low ? lambda : w->low;
    double to = next;
    if (w->have && lambda != w->at && fabs(gap) < 0.1) { /* further off a root might be passed */
        const double slope = (gap - w->gap) / norni_log(lambda / w->at);
        if (slope < -0.05 && slope > -1.5) to = lambda * norni_exp(-gap / slope);
    }
    w->have = true, w->at = lambda, w->gap = gap;
    if (to > w->low && to < w->high) return to;
    if (next > w->low && next < w->high) return next;
    return w->low > 0 && w->high < NORNI_INF ? sqrt(w->low) * sqrt(w->high) : next;
}

/* From lambda to a root; theta is its solution. */
static norn_status seek(exact *e, double lambda, double low, double high, root *out) {
    way w = {low, high, 0, 0, false};
    double squares = 0, closest = NORNI_INF;
    int idle = 0; /* steps without a smaller gap: what is left is the rounding of Z'Z */
    for (int step = 0; step < STEPS; step++) {
        NORN_TRY(solve_at(e, lambda, &squares));
        const double next = next_of(e, squares), gap = norni_log(next / lambda);
        out->least = next <= e->least && lambda <= e->least;
        if (out->least || isnan(gap)) break;
        const double to = step_from(&w, lambda, next, gap);
        out->cost = cost_of(e, lambda, squares);
        lambda = to;
        idle = fabs(gap) < 0.5 * closest ? 0 : idle + 1;
        closest = fabs(gap) < closest ? fabs(gap) : closest;
        if (fabs(gap) <= CLOSE || (closest < 1e-4 && idle >= 4)) break;
    }
    if (out->least) out->cost = cost_of(e, lambda, squares);
    out->lambda = lambda;
    return NORN_OK;
}

static void keep_if_better(exact *e, const root *found, root *best) {
    if (!(found->cost < best->cost) || found->least) return;
    *best = *found;
    memcpy(e->best, e->theta, e->n_z * sizeof *e->best);
}

/* From lambda, where `next` is above it, upwards: a root below `top`? */
static norn_status rise(exact *e, double lambda, double next, double top, root *best) {
    const double high = top * 0.95;
    double squares;
    for (int step = 0; step < CLIMB && next < high; step++) {
        lambda = next;
        NORN_TRY(solve_at(e, lambda, &squares));
        next = next_of(e, squares);
        if (step + 1 < CLIMB && next > lambda * (1 + 1e-6)) continue;
        root other; /* at a stand below: another root */
        NORN_TRY(seek(e, next, lambda, top, &other));
        keep_if_better(e, &other, best);
        break;
    }
    return NORN_OK;
}

/* From *lambda, where `next` is below it, down to the first root that is met, or to `from`. What the
 * iterates jump over holds none, however near to one it comes. */
static norn_status fall(exact *e, double *lambda, double next, double from, root *best) {
    double squares;
    for (int step = 0; next < *lambda * (1 - 1e-4); step++) {
        *lambda = step < STEPS ? next : 0.9 * next;
        if (*lambda <= from) return NORN_OK;
        NORN_TRY(solve_at(e, *lambda, &squares));
        next = next_of(e, squares);
    }
    root other;
    NORN_TRY(seek(e, next, 0, *lambda / (1 - 1e-6), &other));
    keep_if_better(e, &other, best);
    *lambda = fmin(*lambda, other.lambda);
    return NORN_OK;
}

/* Where y can be reproduced: all roots between `from`, where next is below, and the one at hand. Below
 * a root at which iterates arrive next is above; where it falls below again they go on. */
static norn_status look_between(exact *e, double from, root *best) {
    double lambda = best->lambda;
    while (lambda > from) {
        const double top = lambda;
        double squares, next, low = 0, above = 0;
        for (;;) {
            lambda *= NARROW;
            if (lambda <= from) return NORN_OK;
            NORN_TRY(solve_at(e, lambda, &squares));
            next = next_of(e, squares);
            if (!(next > lambda)) break;
            low = lambda, above = next;
        }
        if (low > 0) NORN_TRY(rise(e, low, above, top, best));
        NORN_TRY(fall(e, &lambda, next, from, best));
    }
    return NORN_OK;
}

/* From above every root down to the one at hand, which a warm start found. */
static norn_status look_above(exact *e, double lambda, root *best) {
    double squares;
    for (int step = 0; step < CLIMB && lambda > best->lambda * 1.05; step++) {
        NORN_TRY(solve_at(e, lambda, &squares));
        const double next = next_of(e, squares);
        if (next > lambda * (1 - 1e-6)) break;
        lambda = next;
    }
    if (!(lambda > best->lambda * 1.05)) return NORN_OK;
    root other;
    NORN_TRY(seek(e, lambda, best->lambda, NORNI_INF, &other));
    keep_if_better(e, &other, best);
    return NORN_OK;
}

/* From near nought upwards: are there roots below the one at hand? */
static norn_status look_below(exact *e, root *best) {
    double lambda = best->lambda * 1e-8, squares;
    if (lambda < e->least) lambda = e->least;
    NORN_TRY(solve_at(e, lambda, &squares));
    const double next = next_of(e, squares);
    return next <= lambda ? look_between(e, lambda, best)
                          : rise(e, lambda, next, best->lambda, best);
}

/* The largest violation of the first-order conditions at theta with c0 = Z'(y - Z theta), per unit of
 * Prophet's own parameters. */
static double certificate(const exact *e, const double *theta, double lambda) {
    double most = 0;
    for (size_t i = 0; i < e->n_z; i++) {
        const double rise = e->c0[i] / lambda - e->ridge[i] * theta[i], l = e->lasso[i];
        double off = theta[i] > 0   ? rise - l
                     : theta[i] < 0 ? rise + l
                     : rise > l     ? rise - l
                     : rise < -l    ? rise + l
                                    : 0;
        if (i >= e->g->n_trend) off /= e->g->scale[i - e->g->n_trend];
        if (!(fabs(off) <= most)) most = fabs(off);
    }
    if (lambda > lambda_last) {
        const double s = sqrt(lambda), off = (e->r0 / lambda - e->n) / s - 4 * s;
        if (!(fabs(off) <= most)) most = fabs(off);
    }
    return most;
}

/* Anchors at theta and keeps it in best if that betters what is kept: the certificate, or, where sigma
 * has no bound, the residuals. *again: it did, by much. */
static norn_status keep_anchored(exact *e, root *r, double *kkt, double *squares, bool *again) {
    NORN_TRY(anchor_at(e, e->theta));
    const double now = certificate(e, e->theta, next_of(e, e->r0));
    const double kept = r->least ? *squares : *kkt, here = r->least ? e->r0 : now;
    *again = here < 0.25 * kept && (r->least ? here > 0 : here > 1e-9);
    if (*squares < NORNI_INF && !(here < kept)) return NORN_OK;
    *kkt = now;
    *squares = e->r0;
    memcpy(e->best, e->theta, e->n_z * sizeof *e->best);
    return NORN_OK;
}

/* Anchors at the solution and solves again while that betters it. best holds the estimates. */
static norn_status settle(exact *e, root *r, double *kkt, double *squares) {
    double at = r->lambda, to;
    memcpy(e->theta, e->best, e->n_z * sizeof *e->best);
    for (int round = 0; round < ROUNDS; round++) {
        bool again;
        NORN_TRY(keep_anchored(e, r, kkt, squares, &again));
        if (!again) break;
        for (int k = 0; k < 3; k++) {
            NORN_TRY(solve_at(e, at, &to));
            const double next = next_of(e, to);
            const bool still = fabs(next - at) <= 1e-13 * at;
            at = next;
            if (still) break;
        }
    }
    return NORN_OK;
}

/* Column i of Z into out (n). */
static void column_of(const norni_prophet_gram *g, size_t i, double *out) {
    for (size_t r = 0; r < g->n; r++) {
        if (i >= g->n_trend) {
            out[r] = g->near[i - g->n_trend] * g->column[i - g->n_trend][r];
        } else {
            const double from = i < 2 ? 0 : g->anchor[i - 1], past = g->t[r] - from;
            out[r] = i == 0 ? 1 : past > 0 ? past : 0;
        }
    }
}

/* On the branch without bound: what is left of y at the least lambda is small; the columns take it
 * up by least squares. */
static norn_status pursue(exact *e, root *r, double *kkt, double *squares) {
    const size_t n = e->p->n, n_z = e->n_z;
    norni_qr q = {.n = n, .p = n_z};
    q.a = norni_arena_get(e->arena, n * n_z, sizeof *q.a);
    q.work = norni_arena_get(e->arena, norni_qr_work(n_z), sizeof *q.work);
    q.pivot = norni_arena_get(e->arena, n_z, sizeof *q.pivot);
    if (!q.a || !q.work || !q.pivot)
        return norn_fail(e->err, NORN_E_MEM, "prophet: no memory for %zu columns", n_z);
    for (size_t i = 0; i < n_z; i++)
        column_of(e->g, i, q.a + i * n);
    if (!norni_qr_factor(&q, NORNI_QR_LARGEST, 1e-13, e->poll))
        return norn_fail(e->err, NORN_E_CANCEL, "prophet: cancelled");
    memcpy(e->theta, e->best, n_z * sizeof *e->best);
    for (int round = 0; round < ROUNDS; round++) {
        bool again;
        NORN_TRY(keep_anchored(e, r, kkt, squares, &again));
        if (!again) break;
        norni_qr_rotate(&q, e->rest);
        norni_qr_solve(&q, e->rest, e->away);
        for (size_t i = 0; i < n_z; i++)
            e->theta[i] += e->away[i];
    }
    return NORN_OK;
}

static void start_from(exact *e, const norni_prophet_fit *warm) {
    e->theta[0] = warm->m;
    if (!e->g->flat) {
        e->theta[1] = warm->k;
        for (size_t j = 0; j < e->p->n_change; j++)
            e->theta[2 + j] = warm->delta[j];
    }
    for (size_t j = 0; j < e->p->n_x; j++)
        e->theta[e->g->n_trend + j] = warm->beta[j] / e->g->scale[j];
    for (size_t i = 0; i < e->n_z; i++)
        if (!isfinite(e->theta[i])) e->theta[i] = 0;
}

static void hand_out(const exact *e, const root *r, double kkt, norni_prophet_fit *fit) {
    const size_t n_trend = e->g->n_trend;
    fit->m = e->best[0];
    fit->k = e->g->flat ? 0 : e->best[1];
    for (size_t j = 0; j < e->p->n_change; j++)
        fit->delta[j] = e->g->flat ? 0 : e->best[2 + j];
    if (!e->g->flat && e->p->n_change == 0) fit->k += e->best[2];
    for (size_t j = 0; j < e->p->n_x; j++)
        fit->beta[j] = e->g->scale[j] * e->best[n_trend + j];
    fit->sigma = sqrt(r->lambda);
    fit->log_posterior = -r->cost;
    fit->kkt = kkt;
    fit->passes = e->passes;
    fit->exact = isfinite(kkt) && isfinite(r->cost) && !r->least;
    fit->stop = fit->exact ? NORN_STOP_CONVERGED : NORN_STOP_STALLED;
}

static norn_status run(exact *e, const norni_prophet_gram *gram, const norni_prophet_fit *warm,
                       norni_prophet_fit *fit, norn_err *err) {
    norni_prophet_gram own;
    root best;
    if (!gram || !norni_prophet_gram_serves(gram, e->p)) {
        NORN_TRY(norni_prophet_gram_make(e->arena, e->poll, e->p, NULL, &own, err));
        gram = &own;
    }
    e->g = gram;
    NORN_TRY(exact_init(e, err));
    NORN_TRY(anchor_at(e, e->theta)); /* 0 */
    const double top = next_of(e, e->r0);
    double lambda = top;
    if (warm) start_from(e, warm);
    if (warm && warm->sigma > 0 && isfinite(warm->sigma)) lambda = warm->sigma * warm->sigma;
    NORN_TRY(seek(e, lambda > e->least ? lambda : e->least, 0, NORNI_INF, &best));
    memcpy(e->best, e->theta, e->n_z * sizeof *e->best);
    if (warm) NORN_TRY(look_above(e, top, &best));
    if (!best.least) NORN_TRY(look_below(e, &best));
    double kkt = NORNI_INF, squares = NORNI_INF;
    if (best.least && e->p->n <= e->n_z)
        NORN_TRY(pursue(e, &best, &kkt, &squares));
    else
        NORN_TRY(settle(e, &best, &kkt, &squares));
    e->least = lambda_last;
    best.lambda = next_of(e, squares);
    memcpy(e->theta, e->best, e->n_z * sizeof *e->best);
    best.cost = cost_of(e, best.lambda, squares);
    hand_out(e, &best, kkt, fit);
    return NORN_OK;
}

norn_status norni_prophet_exact(norni_arena *arena, const norni_poll *poll,
                                const norni_prophet_problem *p,
                                const struct norni_prophet_gram *gram,
                                const norni_prophet_fit *warm, norni_prophet_fit *fit,
                                norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    exact e = {.arena = arena, .poll = poll, .p = p};
    const norn_status st = run(&e, gram, warm, fit, err);
    norni_arena_rewind(arena, mark);
    return st;
}
