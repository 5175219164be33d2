/* Risk budgeting: weights whose shares of the portfolio's variance are given, equal ones by default. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: S. Maillard, T. Roncalli, J. Teiletche, "The properties of equally weighted risk contribution portfolios", 2010;
 * F. Spinu, "An algorithm for computing risk parity weights", 2013. With the correlations C, budgets b and y_i = x_i s_i,
 *   F(y) = y'Cy / 2 - sum b_i log y_i
 * has one minimum, where y_i (Cy)_i = b_i: contributions to the variance in the ratio of b; w = x / sum x. Newton's steps, cut to
 * 1 / (1 + d), d^2 = -g'p / b_min, while they are long (F / b_min is self-concordant, so no step leaves y > 0), whole afterwards.
 * No log is ever taken. */
#include "portfolio/portfolio_risk.h"

#include <math.h>

#include "num/least_squares.h"
#include "num/spd.h"

#define NEAR 0.2   /* of d: from here on Newton's whole step doubles the digits */
#define GONE 1e12  /* y that grows beyond it: assets that cancel each other */
#define FINE 1e-12 /* of a contribution, relative to its budget */
enum { STEPS = 200, POLISH = 6 };

typedef struct erc {
    size_t k;
    const double *budget; /* (k), its least is 1 */
    double *c;            /* (k, k) correlations */
    double *y, *cy, *p;   /* (k) */
    norni_spd spd;        /* of C + diag(b / y^2) */
} erc;

/* Cy, and the largest |y_i (Cy)_i / b_i - 1|. */
static double miss(erc *s) {
    double most = 0;
    for (size_t i = 0; i < s->k; i++) {
        s->cy[i] = norni_dot(s->c + i * s->k, s->y, s->k);
        const double off = fabs(s->y[i] * s->cy[i] / s->budget[i] - 1);
        most = off > most || isnan(off) ? off : most;
    }
    return most;
}

/* p = Newton's step; its length d in *d. */
static norn_status newton(erc *s, double *d, norn_err *err) {
    const size_t k = s->k;
    double fall = 0;
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j <= i; j++)
            s->spd.a[i * k + j] = s->c[i * k + j];
        s->spd.a[i * (k + 1)] += s->budget[i] / s->y[i] / s->y[i];
        s->p[i] = s->budget[i] / s->y[i] - s->cy[i];
    }
    const norn_status st = norni_spd_factor(&s->spd, NULL);
    if (st != NORN_OK)
        return norn_fail(err, NORN_E_DATA,
                         "equal risk: the covariance is not positive semidefinite; estimate it "
                         "from returns without gaps");
    NORN_TRY(norni_spd_forward(&s->spd, k, s->p, 1, err));
    for (size_t i = 0; i < k; i++)
        fall += s->p[i] * s->p[i];
    NORN_TRY(norni_spd_backward(&s->spd, k, s->p, 1, err));
    *d = sqrt(fall);
    return NORN_OK;
}

static norn_status climb(erc *s, norn_err *err) {
    double last = miss(s);
    size_t worse = 0;
    for (int step = 0; step < STEPS && worse < POLISH; step++) {
        double d = 0, most = 0;
        NORN_TRY(newton(s, &d, err));
        const double share = d > NEAR ? 1 / (1 + d) : 1;
        for (size_t i = 0; i < s->k; i++) {
            s->y[i] += share * s->p[i];
            most = s->y[i] > most ? s->y[i] : most;
        }
        if (!(most < GONE)) break;
        const double now = miss(s);
        if (now <= FINE / 16) return NORN_OK;
        worse = d <= NEAR && !(now < last / 2) ? worse + 1 : 0;
        last = now;
    }
    if (last <= 1e-9) return NORN_OK; /* as near as rounding lets it */
    return norn_fail(err, NORN_E_DATA,
                     "equal risk: assets cancel each other's risk, so no weights share it; look "
                     "back further, or shrink the covariance (ledoit_wolf)");
}

/* Budgets over their least; false: one is not above 0. */
static bool budgets_of(const double *budget, size_t k, double *out) {
    double least = 1;
    for (size_t i = 0; budget != NULL && i < k; i++) {
        if (!(budget[i] > 0) || !isfinite(budget[i])) return false;
        least = i == 0 || budget[i] < least ? budget[i] : least;
    }
    for (size_t i = 0; i < k; i++)
        out[i] = budget != NULL ? budget[i] / least : 1;
    return true;
}

static norn_status solve(erc *s, const double *cov, double *sd, double *weight, norn_err *err) {
    const size_t k = s->k;
    const int e = norni_port_cov_exponent(cov, k) & ~1; /* even: the root is exact */
    double total = 0, sum = 0;
    for (size_t i = 0; i < k; i++)
        sd[i] = sqrt(ldexp(cov[i * (k + 1)], -e));
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) {
            s->c[i * k + j] = i == j ? 1 : ldexp(cov[i * k + j], -e) / sd[i] / sd[j];
            total += s->c[i * k + j];
            sum += i == j ? s->budget[i] : 0;
        }
    for (size_t i = 0; i < k; i++) /* right where all correlations are one number */
        s->y[i] = sqrt(sum / (total > 1 ? total : 1));
    NORN_TRY(climb(s, err));
    sum = 0;
    for (size_t i = 0; i < k; i++)
        sum += s->y[i] / sd[i];
    for (size_t i = 0; i < k; i++)
        weight[i] = s->y[i] / sd[i] / sum;
    return NORN_OK;
}

norn_status norni_port_solve_erc(const double *cov, const double *budget, size_t k,
                                 norni_arena *scratch, double *weight, norn_err *err) {
    erc s = {.k = k};
    NORN_TRY(norni_port_cov_check(cov, k, true, "equal risk", err));
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    double *own = norni_arena_get(scratch, k, sizeof *own);
    double *sd = norni_arena_get(scratch, k, sizeof *sd);
    s.c = norni_arena_get(scratch, k * k, sizeof *s.c);
    s.y = norni_arena_get(scratch, k, sizeof *s.y);
    s.cy = norni_arena_get(scratch, k, sizeof *s.cy);
    s.p = norni_arena_get(scratch, k, sizeof *s.p);
    double *hessian = norni_arena_get(scratch, k * k, sizeof *hessian);
    norn_status st = NORN_OK;
    if (!own || !sd || !s.c || !s.y || !s.cy || !s.p || !hessian)
        st = norni_alloc_fail(err, "equal risk", 2 * k * k, sizeof *own);
    if (st == NORN_OK && !budgets_of(budget, k, own))
        st = norn_fail(err, NORN_E_ARG, "equal risk: every budget must be a number above 0");
    if (st == NORN_OK) st = norni_spd_init(scratch, NULL, k, &s.spd, err);
    if (st == NORN_OK) {
        s.budget = own;
        s.spd.a = hessian;
        st = solve(&s, cov, sd, weight, err);
    }
    norni_arena_rewind(scratch, mark);
    return st;
}
