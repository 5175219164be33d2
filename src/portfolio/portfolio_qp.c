/* Minimum variance and mean-variance weights: a convex quadratic programme over sum 1 and bounds, solved exactly. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: J. Nocedal and S. Wright, "Numerical optimization", 16.5 (active sets of a convex programme);  R. T. Rockafellar,
 * "Monotone operators and the proximal point algorithm", 1976.
 *   min f(w) = w'Hw / 2 - c'w,  sum w = 1,  lo <= w <= hi;  H = risk_aversion S and c = mu, both over one power of two
 * Covariances may be singular (fewer returns than assets, two assets alike, one that never moves). So each round minimises
 *   f(w) + (w - w0)'D(w - w0) / 2,  D = SOFT (diag H + a little),
 * which is strictly convex, and the next round begins at w0 = its answer, until w stays: then D plays no part any more. The first
 * w0 are equal weights, so that of many equally good answers the one (nearly) closest to equal weights is taken: two assets alike
 * get alike.
 * A round holds the set F of weights between their bounds and the factor of (H + D) over F. A step on F solves
 *   (H + D) p = -g + v 1,  1'p = 1 - sum w
 * and goes as far as the bounds let it; what meets its bound leaves F. At rest the multiplier v prices every bound: the worst one
 * that does not pay comes into F. The objective falls with each step, so no F returns. */
#include "portfolio/portfolio_risk.h"

#include <math.h>

#include "base/fp.h"
#include "base/sort.h"
#include "num/cholesky_rows.h"
#include "num/least_squares.h"

#define SOFT 1e-10
#define REST 1e-11 /* a step below this is rest */
#define PAYS 1e-12 /* of the largest gradient: a bound that gains less stays */
#define NOISE \
    1e-15 /* of the largest variance and of sum |w|: what rounding alone may make of a gradient */
#define STAYS 1e-14 /* a round that moves no weight by more is the last */
#define BENT  1e-8  /* of the largest variance: a pivot this far below 0 is no covariance */
enum { ROUNDS = 300, REFINES = 3 };

typedef struct qp {
    size_t k, m;                       /* assets; of them in F */
    double *h;                         /* (k, k) */
    double *c, *soft, *centre, *w, *g; /* (k) */
    double *p, *unit, *beside;         /* (k), of F */
    size_t *free, *place;              /* (k): F; 0, or 1 + the place in F */
    uint8_t *barred; /* (k): came in and met its bound at once; not again before w moves */
    double lo, hi;
    double most; /* the largest variance */
    norni_chol chol;
    bool bent; /* not positive semidefinite */
} qp;

static bool qp_init(qp *q, size_t k, double lo, double hi, norni_arena *a) {
    *q = (qp){.k = k, .lo = lo, .hi = hi};
    double **own[] = {&q->c, &q->soft, &q->centre, &q->w, &q->g, &q->p, &q->unit, &q->beside};
    q->h = norni_arena_get(a, k * k, sizeof *q->h);
    q->chol = (norni_chol){.most = k, .l = norni_arena_get(a, k * k, sizeof *q->h)};
    q->free = norni_arena_get(a, k, sizeof *q->free);
    q->place = norni_arena_zero(a, k, sizeof *q->place);
    q->barred = norni_arena_zero(a, k, sizeof *q->barred);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if ((*own[i] = norni_arena_get(a, k, sizeof(double))) == NULL) return false;
    return q->h && q->chol.l && q->free && q->place && q->barred;
}

/* H, c and D over one power of two. */
static void scale_into(qp *q, const double *cov, const double *mu, double aversion) {
    const size_t k = q->k;
    const int e = norni_port_cov_exponent(cov, k);
    double most = 0, mean = 0, spread = 0;
    for (size_t i = 0; i < k * k; i++)
        q->h[i] = ldexp(cov[i], -e) * aversion;
    for (size_t i = 0; i < k; i++) {
        q->c[i] = mu != NULL ? ldexp(mu[i], -e) : 0;
        most = q->h[i * (k + 1)] > most ? q->h[i * (k + 1)] : most;
        mean += q->c[i] / (double)k;
    }
    for (size_t i = 0; i < k; i++) { /* what all have alike decides nothing */
        q->c[i] -= mean;
        spread = fabs(q->c[i]) > spread ? fabs(q->c[i]) : spread;
    }
    q->most = most;
    if (!(most > 0)) most = spread > 0 ? spread : 1; /* no risk at all: a linear programme */
    for (size_t i = 0; i < k; i++)
        q->soft[i] = SOFT * (q->h[i * (k + 1)] + 1e-6 * most);
}

static bool enter(qp *q, size_t i) {
    const double own = q->h[i * (q->k + 1)] + q->soft[i];
    for (size_t j = 0; j < q->m; j++)
        q->beside[j] = q->h[i * q->k + q->free[j]];
    /* rounding may eat the pivot of an asset that the others copy: half of its share of D is surely there */
    if (!norni_chol_append(&q->chol, q->beside, own, q->soft[i] / 2)) {
        double *row = q->chol.l + q->m * q->k;
        const double pivot = own - norni_dot(row, row, q->m);
        if (!(pivot > -BENT * (own + 1))) {
            q->bent = true;
            return false;
        }
        row[q->m] = sqrt(q->soft[i] / 2);
        q->chol.n++;
    }
    q->free[q->m++] = i;
    q->place[i] = q->m;
    return true;
}

static void leave(qp *q, size_t i) {
    const size_t at = q->place[i] - 1;
    norni_chol_remove(&q->chol, at);
    q->m--;
    for (size_t j = at; j < q->m; j++) {
        q->free[j] = q->free[j + 1];
        q->place[q->free[j]] = j + 1;
    }
    q->place[i] = 0;
}

typedef struct want {
    const double *own;
} want;
static int cheaper(const void *arg, size_t a, size_t b) {
    const want *x = arg;
    return x->own[a] < x->own[b] ? -1 : x->own[a] > x->own[b];
}

/* All at lo, then to hi those that alone do best, as far as 1 goes. */
static bool start(qp *q) {
    const size_t k = q->k;
    double rest = 1 - q->lo * (double)k;
    const want by = {q->g};
    for (size_t i = 0; i < k; i++) {
        q->g[i] = q->h[i * (k + 1)] / 2 - q->c[i];
        q->w[i] = q->lo;
        q->centre[i] = 1 / (double)k;
        q->free[i] = i;
    }
    norni_sort_index(q->free, k, cheaper, &by, q->place);
    size_t *order = q->place; /* of no use yet */
    for (size_t i = 0; i < k; i++)
        order[i] = q->free[i];
    size_t open = k;
    for (size_t n = 0; n < k && rest > 0; n++) {
        const size_t i = order[n];
        if (rest >= q->hi - q->lo) {
            q->w[i] = q->hi;
            rest -= q->hi - q->lo;
        } else {
            q->w[i] = q->lo + rest;
            rest = 0;
            open = i;
        }
    }
    for (size_t i = 0; i < k; i++)
        q->place[i] = 0;
    return open == k || enter(q, open);
}

static void gradient(qp *q) {
    for (size_t i = 0; i < q->k; i++)
        q->g[i] = norni_dot(q->h + i * q->k, q->w, q->k) - q->c[i] +
                  q->soft[i] * (q->w[i] - q->centre[i]);
}

static double sum_of(const double *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum;
}

/* p = the step on F; its multiplier. F is not empty. */
static double step_on(qp *q) {
    const double rest = 1 - sum_of(q->w, q->k);
    double mean = 0;
    for (size_t j = 0; j < q->m; j++)
        mean += q->g[q->free[j]] / (double)q->m;
    for (size_t j = 0; j < q->m; j++) { /* less the mean: what follows would cancel it */
        q->p[j] = mean - q->g[q->free[j]];
        q->unit[j] = 1;
    }
    norni_chol_solve(&q->chol, q->p);
    norni_chol_solve(&q->chol, q->unit);
    const double ones = sum_of(q->unit, q->m);
    double v = mean;
    for (int again = 0; again < 3; again++) { /* the sum holds to the last bit */
        const double by = (rest - sum_of(q->p, q->m)) / ones;
        v += by;
        for (size_t j = 0; j < q->m; j++)
            q->p[j] += by * q->unit[j];
    }
    return v;
}

/* Goes along p up to the first bound; what meets it leaves F. true: the whole step. */
static bool walk(qp *q) {
    double share = 1;
    for (size_t j = 0; j < q->m; j++) {
        const double w = q->w[q->free[j]];
        const double room = q->p[j] > 0 ? q->hi - w : q->lo - w;
        if (fabs(q->p[j]) * share > fabs(room)) share = fabs(room) / fabs(q->p[j]);
    }
    for (size_t j = q->m; j-- > 0;) {
        const size_t i = q->free[j];
        const double p = q->p[j], to = q->w[i] + share * p;
        if (share < 1 && (p > 0 ? to >= q->hi : p < 0 && to <= q->lo)) {
            q->w[i] = p > 0 ? q->hi : q->lo;
            q->barred[i] = share == 0;
            leave(q, i);
        } else
            q->w[i] = to < q->lo ? q->lo : to > q->hi ? q->hi : to;
    }
    for (size_t i = 0; share > 0 && i < q->k; i++)
        q->barred[i] = 0;
    return share == 1;
}

/* Takes into F the bound that costs most. false: none does. */
static bool free_worst(qp *q, double v) {
    double most = 0, size = 0, all = 0;
    size_t worst = q->k;
    for (size_t i = 0; i < q->k; i++) {
        size = fabs(q->g[i]) > size ? fabs(q->g[i]) : size;
        all += fabs(q->w[i]);
    }
    for (size_t i = 0; i < q->k; i++) {
        if (q->place[i] || q->barred[i]) continue;
        const double gain = q->w[i] <= q->lo ? v - q->g[i] : q->g[i] - v;
        if (gain > most) {
            most = gain;
            worst = i;
        }
    }
    return worst < q->k && most > PAYS * size + NOISE * all * q->most && enter(q, worst);
}

/* F is empty: the best at its lower bound and the worst at its upper one trade. false: nothing to gain. */
static bool free_pair(qp *q) {
    size_t up = q->k, down = q->k;
    for (size_t i = 0; i < q->k; i++) {
        if (q->barred[i]) continue;
        if (q->w[i] < q->hi && (up == q->k || q->g[i] < q->g[up])) up = i;
        if (q->w[i] > q->lo && (down == q->k || q->g[i] > q->g[down])) down = i;
    }
    if (up == q->k || down == q->k || up == down) return false;
    const double size = fabs(q->g[up]) > fabs(q->g[down]) ? fabs(q->g[up]) : fabs(q->g[down]);
    if (!(q->g[down] - q->g[up] > PAYS * size)) return false;
    return enter(q, up) && enter(q, down);
}

/* One round; false: too many steps, or bent. */
static bool settle(qp *q) {
    size_t whole = 0;
    for (size_t steps = 0; steps < 100 * q->k + 1000; steps++) {
        gradient(q);
        if (q->m == 0) {
            if (!free_pair(q)) return !q->bent;
            whole = 0;
            continue;
        }
        double most = 0;
        const double v = step_on(q);
        for (size_t j = 0; j < q->m; j++)
            most = fabs(q->p[j]) > most ? fabs(q->p[j]) : most;
        if (most <= REST || whole >= REFINES) {
            if (!free_worst(q, v)) return !q->bent && (walk(q) || true);
            whole = 0;
            continue;
        }
        whole = walk(q) ? whole + 1 : 0;
    }
    return false;
}

/* What rounding has left of 1 goes to those with room for it. */
static void make_whole(qp *q) {
    double rest = 1 - sum_of(q->w, q->k);
    for (int bounds = 0; bounds < 2 && rest != 0; bounds++)
        for (size_t i = 0; i < q->k && rest != 0; i++) {
            if (!bounds && !q->place[i]) continue;
            const double w = q->w[i] + rest;
            const double to = w > q->hi ? q->hi : w < q->lo ? q->lo : w;
            rest -= to - q->w[i];
            q->w[i] = to;
        }
}

static norn_status rounds(qp *q, norn_err *err) {
    bool ok = start(q);
    for (size_t round = 0; ok && round < ROUNDS; round++) {
        double moved = 0;
        ok = settle(q);
        for (size_t i = 0; i < q->k; i++) {
            if (round > 0) {
                const double by = fabs(q->w[i] - q->centre[i]);
                moved = by > moved ? by : moved;
            }
            q->centre[i] = q->w[i];
            q->barred[i] = 0;
        }
        if (round > 0 && moved <= STAYS) break;
    }
    make_whole(q);
    if (q->bent)
        return norn_fail(err, NORN_E_DATA,
                         "minimum variance: the covariance is not positive semidefinite; estimate "
                         "it from returns without gaps");
    return ok ? NORN_OK
              : norn_fail(err, NORN_E_NUMERIC,
                          "minimum variance: no end after %zu steps for %zu assets",
                          100 * q->k + 1000, q->k);
}

norn_status norni_port_bounds_check(double lo, double hi, size_t k, norn_err *err) {
    if (!(lo <= hi) || !isfinite(lo) || !isfinite(hi))
        return norn_fail(err, NORN_E_ARG,
                         "weights: min_weight %g and max_weight %g must be numbers, the first not "
                         "above the second",
                         lo, hi);
    const double n = (double)k;
    if (n * lo > 1 + 1e-12 || n * hi < 1 - 1e-12)
        return norn_fail(err, NORN_E_ARG,
                         "weights: %zu assets between min_weight %g and max_weight %g cannot sum "
                         "to 1: min_weight may be at most %g, max_weight must be at least %g",
                         k, lo, hi, 1 / n, 1 / n);
    return NORN_OK;
}

norn_status norni_port_solve_qp(const double *cov, const double *mu, double risk_aversion,
                                double lo, double hi, size_t k, norni_arena *scratch,
                                double *weight, norn_err *err) {
    qp q;
    if (!(risk_aversion > 0) || !isfinite(risk_aversion))
        return norn_fail(err, NORN_E_ARG, "risk_aversion: %g, it must be above 0", risk_aversion);
    NORN_TRY(norni_port_cov_check(cov, k, false, "minimum variance", err));
    NORN_TRY(norni_port_bounds_check(lo, hi, k, err));
    for (size_t i = 0; mu != NULL && i < k; i++)
        if (!isfinite(mu[i]))
            return norn_fail(err, NORN_E_DATA,
                             "mean variance: the mean of asset %zu is not a finite number", i + 1);
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    norn_status st = qp_init(&q, k, lo, hi, scratch)
                         ? NORN_OK
                         : norni_alloc_fail(err, "minimum variance", 2 * k * k, sizeof *q.h);
    if (st == NORN_OK) {
        scale_into(&q, cov, mu, risk_aversion);
        st = rounds(&q, err);
    }
    for (size_t i = 0; st == NORN_OK && i < k; i++)
        weight[i] = q.w[i];
    norni_arena_rewind(scratch, mark);
    return st;
}
