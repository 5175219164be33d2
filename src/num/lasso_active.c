/* The active set behind lasso_ridge.c: least squares with an absolute penalty on every coordinate. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source of the idea: H. Lee, A. Battle, R. Raina, A. Ng, "Efficient sparse coding algorithms"
 * (NIPS 2006), feature-sign search. Here each step towards the optimum of the present signs ends at
 * the first coordinate that would change its sign, which then leaves: the objective falls at every
 * step, so no set of signs comes back. Coordinates come one at a time, the most violated first; the
 * Cholesky factor of those in use grows by a row and shrinks by rotations. A coordinate whose column
 * the ones in use explain moves along the flat direction instead, until one of them is nought and
 * leaves. Should rounding make steps go round in circles, coordinate descent ends the search. */
#include "num/lasso_active.h"
#include "num/least_squares.h"

#include <math.h>

/* A pivot below this part of a diagonal of about 1 is rounding. */
#define FLAT 1e-13
#define EPS  2.220446049250313e-16

/* Sweeps of coordinate descent, and the products they may take together. */
enum { SWEEPS = 20000, PRODUCTS = 200000000 };

norn_status norni_lasso_active_init(norni_arena *arena, norni_lasso_active *a, norn_err *err) {
    a->active = norni_arena_get(arena, a->n, sizeof *a->active);
    a->sign = norni_arena_zero(arena, a->n, sizeof *a->sign);
    a->factor = norni_arena_get(arena, a->n * a->n, sizeof *a->factor);
    a->work = norni_arena_get(arena, 4 * a->n, sizeof *a->work);
    a->barred = norni_arena_zero(arena, a->n, sizeof *a->barred);
    if (!a->active || !a->sign || !a->factor || !a->work || !a->barred)
        return norn_fail(err, NORN_E_MEM, "lasso: no memory for %zu coordinates", a->n);
    a->k = 0;
    a->steps = 0;
    return NORN_OK;
}

static double *row_of(const norni_lasso_active *a, size_t r) {
    return a->factor + r * a->n;
}

static void forward(const norni_lasso_active *a, double *x) {
    for (size_t r = 0; r < a->k; r++)
        x[r] = (x[r] - norni_dot(row_of(a, r), x, r)) / row_of(a, r)[r];
}

static void backward(const norni_lasso_active *a, double *x) {
    for (size_t r = a->k; r-- > 0;) {
        const double *l = row_of(a, r), v = x[r] / l[r];
        for (size_t i = 0; i < r; i++)
            x[i] -= v * l[i];
        x[r] = v;
    }
}

void norni_lasso_active_solve(const norni_lasso_active *a, double *x) {
    forward(a, x);
    backward(a, x);
}

/* Takes coordinate j in. false: the ones in use explain its column; w (n) then holds L^-1 S_Aj. */
static bool join(norni_lasso_active *a, size_t j, double sign, double *w) {
    const double *s = a->s + j * a->stride;
    for (size_t r = 0; r < a->k; r++)
        w[r] = s[a->active[r]];
    forward(a, w);
    const double rest = s[j] - norni_dot(w, w, a->k);
    if (!(rest > FLAT)) return false;
    double *row = row_of(a, a->k);
    for (size_t r = 0; r < a->k; r++)
        row[r] = w[r];
    row[a->k] = sqrt(rest);
    a->active[a->k++] = j;
    a->sign[j] = sign;
    a->steps++;
    return true;
}

/* Lets the coordinate at place p go. */
static void leave(norni_lasso_active *a, size_t p) {
    const size_t j = a->active[p];
    a->z[j] = a->sign[j] = 0;
    a->k--;
    a->steps++;
    for (size_t r = p; r < a->k; r++) {
        double *l = row_of(a, r);
        const double *next = row_of(a, r + 1);
        for (size_t i = 0; i < r + 2; i++)
            l[i] = next[i];
        a->active[r] = a->active[r + 1];
    }
    for (size_t r = p; r < a->k; r++) { /* entry (r, r + 1) away */
        const double *l = row_of(a, r);
        const double u = l[r], v = l[r + 1], h = sqrt(u * u + v * v), c = u / h, s = v / h;
        for (size_t i = r; i < a->k; i++) {
            double *x = row_of(a, i);
            const double left = x[r], right = x[r + 1];
            x[r] = c * left + s * right;
            x[r + 1] = c * right - s * left;
        }
    }
}

/* The part of the way to `to` (k) at which the first coordinate is nought; *which then leaves. */
static double first_crossing(const norni_lasso_active *a, const double *to, size_t *which) {
    double part = 2;
    for (size_t r = 0; r < a->k; r++) {
        const size_t j = a->active[r];
        if (to[r] * a->sign[j] > 0) continue;
        const double from = a->z[j], there = from == 0 ? 0 : from / (from - to[r]);
        if (there < part) part = there, *which = r;
    }
    return part;
}

/* To the optimum over the signs in use; coordinates leave on the way. */
static void settle(norni_lasso_active *a, double *to) {
    while (a->k > 0) {
        for (size_t r = 0; r < a->k; r++) {
            const size_t j = a->active[r];
            to[r] = a->q[j] - a->lasso[j] * a->sign[j];
        }
        norni_lasso_active_solve(a, to);
        size_t which = 0;
        const double part = first_crossing(a, to, &which);
        const double step = part < 1 ? part : 1;
        for (size_t r = 0; r < a->k; r++) {
            double *z = a->z + a->active[r];
            *z = step < 1 ? *z + step * (to[r] - *z) : to[r];
        }
        if (part > 1) return;
        const size_t j = a->active[which];
        if (step > 0)
            for (size_t i = 0; i < a->n; i++)
                a->barred[i] = false;
        else
            a->barred[j] = true;
        leave(a, which);
    }
}

/* grad (n) = Sz - q */
static void gradient(const norni_lasso_active *a, double *grad) {
    for (size_t i = 0; i < a->n; i++)
        grad[i] = -a->q[i];
    for (size_t r = 0; r < a->k; r++) {
        const double *s = a->s + a->active[r] * a->stride, z = a->z[a->active[r]];
        for (size_t i = 0; i < a->n; i++)
            grad[i] += z * s[i];
    }
}

/* The coordinate at nought that gains most by moving; n when none does. */
static size_t worst(const norni_lasso_active *a, const double *grad) {
    size_t at = a->n;
    double most = 0, rounding = 0; /* of a gradient whose terms are as large as these */
    for (size_t r = 0; r < a->k; r++)
        rounding += fabs(a->z[a->active[r]]);
    rounding *= EPS;
    for (size_t i = 0; i < a->n; i++) {
        if (a->sign[i] != 0 || a->barred[i]) continue;
        const double over = fabs(grad[i]) - a->lasso[i];
        if (over > a->slack[i] + rounding && over > most) most = over, at = i;
    }
    return at;
}

/* Coordinate j moves with w = L^-1 S_Aj along the direction in which the objective does not bend. */
static void slide(norni_lasso_active *a, size_t j, double sign, double *w) {
    backward(a, w);
    double most = -1;
    size_t which = 0;
    for (size_t r = 0; r < a->k; r++) {
        const size_t i = a->active[r];
        const double rate = -sign * w[r] * a->sign[i];
        if (!(rate < -1e-6)) continue; /* too slow to be told from rounding */
        const double reach = fabs(a->z[i]) / -rate;
        if (most < 0 || reach < most) most = reach, which = r;
    }
    if (most < 0) {
        a->barred[j] = true;
        return;
    }
    for (size_t r = 0; r < a->k; r++)
        a->z[a->active[r]] -= sign * most * w[r];
    a->z[j] = sign * most;
    leave(a, which);
    if (!join(a, j, sign, w)) {
        a->z[j] = 0;
        a->barred[j] = true;
    }
}

/* Coordinate descent from z: slow, but nothing stops it. */
static bool descend(norni_lasso_active *a, const norni_poll *poll, double *grad) {
    gradient(a, grad);
    const size_t most = PRODUCTS / (a->n * a->n) + 10;
    for (size_t sweep = 0; sweep < SWEEPS && sweep < most; sweep++) {
        bool moved = false;
        for (size_t j = 0; j < a->n; j++) {
            const double *s = a->s + j * a->stride;
            if (!(s[j] > FLAT)) continue;
            const double u = a->z[j] * s[j] - grad[j], over = fabs(u) - a->lasso[j];
            const double to = over > 0 ? copysign(over, u) / s[j] : 0, d = to - a->z[j];
            if (fabs(d) * s[j] <= a->slack[j]) continue;
            moved = true;
            a->z[j] = to;
            for (size_t i = 0; i < a->n; i++)
                grad[i] += d * s[i];
        }
        if (norni_poll_stop(poll)) return false;
        if (!moved) break;
    }
    a->k = 0; /* for the refinement behind: the coordinates that are not nought */
    for (size_t j = 0; j < a->n; j++) {
        a->sign[j] = 0;
        if (a->z[j] != 0) (void)join(a, j, copysign(1, a->z[j]), a->work);
    }
    return true;
}

bool norni_lasso_active_run(norni_lasso_active *a, const norni_poll *poll) {
    double *w = a->work, *grad = a->work + a->n;
    const size_t limit = 100 + 20 * a->n;
    for (size_t j = 0; j < a->n; j++) {
        if (a->z[j] == 0) continue;
        if (!join(a, j, copysign(1, a->z[j]), w)) a->z[j] = 0;
        if (a->n > 200 && norni_poll_stop(poll)) return false;
    }
    for (;;) {
        settle(a, w);
        if (norni_poll_stop(poll)) return false;
        gradient(a, grad);
        const size_t j = worst(a, grad);
        if (j == a->n) return true;
        if ((size_t)a->steps > limit) return descend(a, poll, grad);
        const double sign = grad[j] > 0 ? -1 : 1;
        if (!join(a, j, sign, w)) slide(a, j, sign, w);
    }
}
