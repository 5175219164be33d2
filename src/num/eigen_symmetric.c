/* Eigenvalues and eigenvectors of a symmetric matrix. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source: G. Golub and C. Van Loan, "Matrix computations", 8.3.1 (Householder: A = Q T Q', T
 * tridiagonal) and 8.3.3 (implicit QL steps with Wilkinson's shift: T = S D S').
 * A reflection is H = I - v v' with v'v = 2, so that
 *   H A H = A - v w' - w v',   w = A v - (v'A v / 2) v
 * Rows of Q' and then of S'Q' are turned in place, so that every inner loop runs along a row.
 * Departs: A is first scaled by a power of two to entries below 1, an off-diagonal entry counts as
 * nought also when it is below EPS^2 of that scale (a zero block has no diagonal to compare with). */
#include "num/eigen_symmetric.h"

#include <math.h>

#include "num/least_squares.h"

#define EPS 2.220446049250313e-16
enum { MOST_STEPS = 80 }; /* for one eigenvalue; three are usual */

typedef struct eigen {
    size_t n;
    double *a;     /* (n, n): the matrix, its reflections in rows, at last the vectors */
    double *q;     /* (n, n): Q' */
    double *d, *e; /* (n) diagonal and what stands beside it: T[i][i], T[i][i+1] */
    double *w;     /* (n) */
    const norni_poll *poll;
} eigen;

static void add_scaled(double *y, double c, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] += c * x[i];
}

/* v (n) = the reflection's vector, v'v = 2, that brings x to (out, 0, 0, ...); a nought: none is
 * needed. */
static double reflect(double *v, size_t n) {
    double most = 0;
    for (size_t i = 1; i < n; i++)
        most = fabs(v[i]) > most ? fabs(v[i]) : most;
    const double head = v[0];
    if (most == 0) {
        for (size_t i = 0; i < n; i++)
            v[i] = 0;
        return head;
    }
    most = fabs(head) > most ? fabs(head) : most;
    for (size_t i = 0; i < n; i++)
        v[i] /= most;
    const double norm = sqrt(norni_dot(v, v, n)), sign = v[0] < 0 ? -1 : 1;
    v[0] += sign * norm;
    const double unit = 1 / sqrt(norm * fabs(v[0])); /* v'v = 2 norm |v[0]| */
    for (size_t i = 0; i < n; i++)
        v[i] *= unit;
    return -sign * norm * most;
}

/* A = Q T Q': row k keeps its reflection behind the diagonal. */
static bool tridiagonalise(eigen *s) {
    const size_t n = s->n;
    for (size_t k = 0; k < n; k++) {
        double *v = s->a + k * n + k + 1;
        const size_t m = n - k - 1;
        s->d[k] = s->a[k * n + k];
        s->e[k] = m == 0 ? 0 : m == 1 ? v[0] : reflect(v, m);
        if (m < 2) continue;
        double *rest = s->a + (k + 1) * n + k + 1;
        for (size_t i = 0; i < m; i++)
            s->w[i] = norni_dot(rest + i * n, v, m);
        add_scaled(s->w, -norni_dot(s->w, v, m) / 2, v, m);
        for (size_t i = 0; i < m; i++) {
            const double vi = v[i], wi = s->w[i];
            double *row = rest + i * n;
            for (size_t j = 0; j < m; j++)
                row[j] -= vi * s->w[j] + wi * v[j];
        }
        if (norni_poll_stop(s->poll)) return false;
    }
    return true;
}

/* q = Q' = H_{n-3} ... H_0, from the last reflection to the first. */
static bool gather(eigen *s) {
    const size_t n = s->n;
    for (size_t i = 0; i < n * n; i++)
        s->q[i] = i % (n + 1) == 0 ? 1 : 0;
    for (size_t k = n < 3 ? 0 : n - 2; k-- > 0;) {
        const double *v = s->a + k * n + k + 1;
        const size_t m = n - k - 1;
        for (size_t r = k + 1; r < n; r++) {
            double *row = s->q + r * n + k + 1;
            add_scaled(row, -norni_dot(row, v, m), v, m);
        }
        if (norni_poll_stop(s->poll)) return false;
    }
    return true;
}

/* Rows i and i + 1 of q by the plane's rotation. */
static void turn(eigen *s, size_t i, double cosine, double sine) {
    double *x = s->q + i * s->n, *y = x + s->n;
    for (size_t k = 0; k < s->n; k++) {
        const double upper = x[k], lower = y[k];
        y[k] = sine * upper + cosine * lower;
        x[k] = cosine * upper - sine * lower;
    }
}

static double hypotenuse(double a, double b) {
    const double x = fabs(a), y = fabs(b), most = x > y ? x : y, least = x > y ? y : x;
    if (most == 0) return 0;
    return most * sqrt(1 + least / most * (least / most));
}

/* One QL step on rows [first, last], shifted by the eigenvalue of the upper 2 x 2 next to d[first]. */
static void ql_step(eigen *s, size_t first, size_t last) {
    double *d = s->d, *e = s->e;
    const double half = (d[first + 1] - d[first]) / (2 * e[first]), r = hypotenuse(half, 1);
    double g = d[last] - d[first] + e[first] / (half + (half < 0 ? -r : r));
    double sine = 1, cosine = 1, p = 0;
    for (size_t i = last; i-- > first;) {
        const double f = sine * e[i], b = cosine * e[i], h = hypotenuse(f, g);
        e[i + 1] = h;
        if (h == 0) { /* the rest has come apart already */
            d[i + 1] -= p;
            e[last] = 0;
            return;
        }
        sine = f / h, cosine = g / h;
        g = d[i + 1] - p;
        const double t = (d[i] - g) * sine + 2 * cosine * b;
        p = sine * t;
        d[i + 1] = g + p;
        g = cosine * t - b;
        turn(s, i, cosine, sine);
    }
    d[first] -= p;
    e[first] = g;
    e[last] = 0;
}

static norn_status diagonalise(eigen *s, norn_err *err) {
    const size_t n = s->n;
    for (size_t k = 0; k < n; k++) {
        for (int steps = 0;; steps++) {
            size_t last = k;
            while (last + 1 < n) {
                const double beside = fabs(s->d[last]) + fabs(s->d[last + 1]);
                if (fabs(s->e[last]) <= EPS * (beside > EPS ? beside : EPS)) break;
                last++;
            }
            if (last == k) break;
            if (steps == MOST_STEPS)
                return norn_fail(err, NORN_E_NUMERIC, "eigenvalues: no convergence");
            ql_step(s, k, last);
            if (norni_poll_stop(s->poll))
                return norn_fail(err, NORN_E_CANCEL, "eigenvalues: cancelled");
        }
    }
    return NORN_OK;
}

/* a = the vectors, value = their values times the scale, in ascending order. */
static void put_in_order(eigen *s, int exponent, double *value) {
    const size_t n = s->n;
    for (size_t k = 0; k < n; k++) {
        size_t least = 0;
        for (size_t i = 1; i < n; i++)
            if (s->d[i] < s->d[least]) least = i;
        value[k] = ldexp(s->d[least], exponent);
        for (size_t i = 0; i < n; i++)
            s->a[k * n + i] = s->q[least * n + i];
        s->d[least] = __builtin_inf();
    }
}

norn_status norni_eigen_symmetric(norni_arena *arena, const norni_poll *poll, size_t n, double *a,
                                  double *value, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    eigen s = {.n = n, .a = a, .poll = poll};
    double most = 0;
    for (size_t i = 0; i < n * n; i++) {
        if (!isfinite(a[i]))
            return norn_fail(err, NORN_E_NUMERIC, "eigenvalues: an entry is %g", a[i]);
        most = fabs(a[i]) > most ? fabs(a[i]) : most;
    }
    int exponent = 0;
    if (most > 0) (void)frexp(most, &exponent);
    for (size_t i = 0; i < n * n; i++)
        a[i] = ldexp(a[i], -exponent);
    s.q = norni_arena_get(arena, n * n, sizeof *s.q);
    double *v = norni_arena_get(arena, 3 * n, sizeof *v);
    if (!s.q || !v) return norn_fail(err, NORN_E_MEM, "eigenvalues: no memory for %zu rows", n);
    s.d = v, s.e = v + n, s.w = v + 2 * n;
    norn_status st = NORN_OK;
    if (!tridiagonalise(&s) || !gather(&s))
        st = norn_fail(err, NORN_E_CANCEL, "eigenvalues: cancelled");
    if (st == NORN_OK) st = diagonalise(&s, err);
    if (st == NORN_OK) put_in_order(&s, exponent, value);
    norni_arena_rewind(arena, mark);
    return st;
}
