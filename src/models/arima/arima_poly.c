/* The lag polynomials of a seasonal ARIMA model: free parameters, factors, sparse products, roots. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A factor 1 - c_1 B - ... - c_n B^n has its roots outside the unit circle if and only if its
 * reflection coefficients k_j (partial autocorrelations of the autoregression) lie within (-1, 1):
 * Barndorff-Nielsen and Schou 1973; Monahan 1984. The free parameters are v with
 *   k = v / (1 + v^2/4) = sin(2 atan(v/2)),
 * where R takes tanh(v): the arc sine stabilises the variance of an estimated k, so that all free
 * parameters have about the same scale 1/sqrt(n); k = +-1 (a moving average with a root on the unit
 * circle, where the likelihood often has its maximum) is an ordinary point v = +-2; and nothing but
 * a division is needed. Every real v is admissible. */
#include "models/arima/arima_poly.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"

double arima_reflect(double v) {
    return v / (1 + 0.25 * v * v);
}

double arima_unreflect(double k) {
    return 2 * k / (1 + sqrt((1 - k) * (1 + k)));
}

void arima_factor_from_free(const double *v, size_t n, double *c, double *jac) {
    double old[ARIMA_MOST_FACTOR];
    for (size_t j = 0; j < n; j++) {
        const double k = arima_reflect(v[j]);
        memcpy(old, c, j * sizeof *c);
        for (size_t i = 0; i < j; i++)
            c[i] = old[i] - k * old[j - 1 - i];
        c[j] = k;
        if (jac == NULL) continue;
        for (size_t l = 0; l < j; l++) { /* columns of earlier parameters */
            double col[ARIMA_MOST_FACTOR];
            for (size_t i = 0; i < j; i++)
                col[i] = jac[i * n + l];
            for (size_t i = 0; i < j; i++)
                jac[i * n + l] = col[i] - k * col[j - 1 - i];
            jac[j * n + l] = 0;
        }
        const double s = 1 + 0.25 * v[j] * v[j], slope = (1 - 0.25 * v[j] * v[j]) / (s * s);
        for (size_t i = 0; i < j; i++)
            jac[i * n + j] = -old[j - 1 - i] * slope;
        jac[j * n + j] = slope;
    }
}

bool arima_step_down(const double *c, size_t n, double *k) {
    double a[ARIMA_MOST_FACTOR], b[ARIMA_MOST_FACTOR];
    memcpy(a, c, n * sizeof *a);
    for (size_t j = n; j-- > 0;) {
        k[j] = a[j];
        const double rest = (1 - k[j]) * (1 + k[j]);
        if (!(rest > 0)) return false;
        for (size_t i = 0; i < j; i++)
            b[i] = (a[i] + k[j] * a[j - 1 - i]) / rest;
        memcpy(a, b, j * sizeof *a);
    }
    return true;
}

void arima_free_from_factor(const double *c, size_t n, double *v) {
    double a[ARIMA_MOST_FACTOR], k[ARIMA_MOST_FACTOR];
    memcpy(a, c, n * sizeof *a);
    for (int tries = 0; tries < 400 && !arima_step_down(a, n, k); tries++) {
        double s = 1;
        for (size_t j = 0; j < n; j++) {
            s *= tries < 40 ? 1 - 1.0 / 256 : 0.5;
            a[j] = isfinite(a[j]) ? a[j] * s : 0;
        }
    }
    if (!arima_step_down(a, n, k)) memset(k, 0, n * sizeof *k);
    for (size_t j = 0; j < n; j++)
        v[j] = arima_unreflect(k[j]);
}

static void negate(double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] = -x[i];
}

void arima_coef_from_free(const norni_arima_order *o, const double *v, double *coef) {
    const size_t p = (size_t)o->p, q = (size_t)o->q, sp = (size_t)o->P, sq = (size_t)o->Q;
    arima_factor_from_free(v, p, coef, NULL);
    arima_factor_from_free(v + p, q, coef + p, NULL);
    arima_factor_from_free(v + p + q, sp, coef + p + q, NULL);
    arima_factor_from_free(v + p + q + sp, sq, coef + p + q + sp, NULL);
    negate(coef + p, q);
    negate(coef + p + q + sp, sq);
}

void arima_free_from_coef(const norni_arima_order *o, const double *coef, double *v) {
    const size_t p = (size_t)o->p, q = (size_t)o->q, sp = (size_t)o->P, sq = (size_t)o->Q;
    double c[ARIMA_MOST_FACTOR];
    arima_free_from_factor(coef, p, v);
    arima_free_from_factor(coef + p + q, sp, v + p + q);
    memcpy(c, coef + p, q * sizeof *c);
    negate(c, q);
    arima_free_from_factor(c, q, v + p);
    memcpy(c, coef + p + q + sp, sq * sizeof *c);
    negate(c, sq);
    arima_free_from_factor(c, sq, v + p + q + sp);
}

bool arima_poly_get(norni_arena *arena, size_t small, size_t seasonal, arima_poly *out) {
    const size_t most = (1 + small) * (1 + seasonal);
    out->n = 0;
    out->lag = norni_arena_get(arena, most, sizeof *out->lag);
    out->c = norni_arena_get(arena, most, sizeof *out->c);
    return out->lag != NULL && out->c != NULL;
}

static void add_term(arima_poly *p, size_t lag, double c) {
    size_t i = p->n;
    while (i > 0 && p->lag[i - 1] >= lag)
        i--;
    if (i < p->n && p->lag[i] == lag) {
        p->c[i] += c;
        return;
    }
    memmove(p->lag + i + 1, p->lag + i, (p->n - i) * sizeof *p->lag);
    memmove(p->c + i + 1, p->c + i, (p->n - i) * sizeof *p->c);
    p->lag[i] = lag;
    p->c[i] = c;
    p->n++;
}

void arima_poly_multiply(const double *a, size_t na, const double *b, size_t nb, size_t m, int sign,
                         arima_poly *out) {
    out->n = 0;
    for (size_t i = 0; i < na; i++)
        add_term(out, i + 1, a[i]);
    for (size_t j = 0; j < nb; j++) {
        add_term(out, (j + 1) * m, b[j]);
        for (size_t i = 0; i < na; i++)
            add_term(out, (j + 1) * m + i + 1, -(double)sign * a[i] * b[j]);
    }
}

/* Has 1 - sum c_j s^j B^j all roots outside the unit circle? */
static bool inside_at(const double *c, size_t n, double s) {
    double a[ARIMA_MOST_FACTOR], k[ARIMA_MOST_FACTOR], power = 1;
    for (size_t j = 0; j < n; j++) {
        power *= s;
        a[j] = c[j] * power;
    }
    return arima_step_down(a, n, k);
}

/* The largest s for which the above holds is the least modulus of a root: bisection over the
 * stability test needs no complex arithmetic and no care for multiple roots. */
static double factor_min_root(const double *c, size_t n) {
    while (n > 0 && fabs(c[n - 1]) <= 1e-8) /* as in R's check of the roots */
        n--;
    if (n == 0) return NORNI_INF;
    if (n == 1) return 1 / fabs(c[0]);
    double lo = 1, hi = 1;
    if (inside_at(c, n, 1)) {
        for (hi = 2; inside_at(c, n, hi); hi *= 2)
            lo = hi;
    } else {
        for (lo = 0.5; lo > 1e-300 && !inside_at(c, n, lo); lo *= 0.5)
            hi = lo;
    }
    for (int i = 0; i < 60 && hi - lo > 4e-16 * hi; i++) {
        const double mid = 0.5 * (lo + hi);
        if (inside_at(c, n, mid))
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

double arima_min_root(const norni_arima_order *o, const double *coef) {
    const size_t n[4] = {(size_t)o->p, (size_t)o->q, (size_t)o->P, (size_t)o->Q};
    double least = NORNI_INF;
    for (size_t f = 0; f < 4; coef += n[f++]) {
        double c[ARIMA_MOST_FACTOR];
        if (n[f] == 0) continue;
        memcpy(c, coef, n[f] * sizeof *c);
        if (f % 2) negate(c, n[f]);
        double root = factor_min_root(c, n[f]);
        if (f >= 2 && root < NORNI_INF) root = norni_pow(root, 1.0 / o->m);
        least = root < least ? root : least;
    }
    return least;
}

static size_t difference_once(double *x, size_t n, size_t lag) {
    if (n <= lag) return 0;
    for (size_t t = 0; t + lag < n; t++)
        x[t] = x[t + lag] - x[t];
    return n - lag;
}

size_t arima_difference(double *x, size_t n, int32_t d, int32_t D, int32_t m) {
    for (int32_t i = 0; i < D; i++)
        n = difference_once(x, n, (size_t)m);
    for (int32_t i = 0; i < d; i++)
        n = difference_once(x, n, 1);
    return n;
}

bool arima_difference_poly(norni_arena *arena, const norni_arima_order *o, arima_poly *out) {
    double small[9] = {0}, seasonal[9] = {0};
    if (!arima_poly_get(arena, (size_t)o->d, (size_t)o->D, out)) return false;
    for (int pass = 0; pass < 2; pass++) {
        double *const c = pass ? seasonal : small;
        const int32_t n = pass ? o->D : o->d;
        double b = 1;
        for (int32_t j = 1; j <= n; j++) {
            b = b * (n - j + 1) / j;
            c[j - 1] = j % 2 ? b : -b;
        }
    }
    arima_poly_multiply(small, (size_t)o->d, seasonal, (size_t)o->D, (size_t)o->m, 1, out);
    return true;
}
