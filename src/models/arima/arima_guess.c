/* Where the search of an ARMA model begins when nothing is known: two linear regressions. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Hannan and Rissanen 1982: a long autoregression (Durbin and Levinson on the sample autocovariances)
 * estimates the innovations; the series regressed on its own lags and on theirs gives the
 * coefficients. Cross terms of the seasonal product are left out. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/arima/arima_work.h"

enum { MOST_LAGS = 4 * ARIMA_MOST_FACTOR, MOST_LONG = 400, MOST_WORK = 20000000 };

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Innovations e (n) of an autoregression of order h; zeros before t = h. */
static bool long_residuals(const double *x, size_t n, size_t h, double *g, double *a, double *e) {
    for (size_t k = 0; k <= h; k++)
        g[k] = arima_dot(x, x + k, n - k);
    if (!(g[0] > 0) || !isfinite(g[0])) return false;
    double rest = g[0];
    double *const old = g + h + 1;
    for (size_t j = 1; j <= h; j++) {
        double s = g[j];
        for (size_t i = 0; i + 1 < j; i++)
            s -= a[i] * g[j - 1 - i];
        const double k = s / rest;
        memcpy(old, a, (j - 1) * sizeof *a);
        for (size_t i = 0; i + 1 < j; i++)
            a[i] = old[i] - k * old[j - 2 - i];
        a[j - 1] = k;
        rest *= (1 - k) * (1 + k);
        if (!(rest > 0)) return false;
    }
    memset(e, 0, h * sizeof *e);
    arima_filter_ar(a, h, 1, x, h, n, e);
    return true;
}

/* Lags in the order of coef; columns are x or e behind by lag. */
static size_t list_lags(const norni_arima_order *o, size_t *lag, bool *of_e) {
    const size_t n[4] = {(size_t)o->p, (size_t)o->q, (size_t)o->P, (size_t)o->Q};
    size_t k = 0;
    for (size_t f = 0; f < 4; f++) {
        for (size_t j = 0; j < n[f]; j++, k++) {
            lag[k] = (j + 1) * (f >= 2 ? (size_t)o->m : 1);
            of_e[k] = f % 2;
        }
    }
    return k;
}

bool arima_guess(arima_work *w, double *v) {
    const size_t n = w->n_w, k = w->k;
    const norni_arena_mark mark = norni_arena_mark_get(w->arena);
    size_t lag[MOST_LAGS], largest = 0;
    bool of_e[MOST_LAGS], any_e = false, ok = false;
    list_lags(&w->o, lag, of_e);
    for (size_t i = 0; i < k; i++) {
        largest = lag[i] > largest ? lag[i] : largest;
        any_e |= of_e[i];
    }
    const size_t most = smaller(MOST_LONG, 1 + MOST_WORK / (n + 1));
    const size_t h = any_e ? smaller(smaller(largest + 6, n / 3), most) : 0, from = h + largest;
    double *const x = norni_arena_get(w->arena, 2 * n + 4 * h + k * k + 2 * k + 8, sizeof *x);
    if (x == NULL || n < from + 2 * k + 2) goto out;
    double *const e = x + n, *const g = e + n, *const a = g + 2 * h + 2;
    double *const gram = a + h + 1, *const rhs = gram + k * k, *const coef = rhs + k;
    memcpy(x, w->w[0], n * sizeof *x);
    for (size_t j = 0; j < w->n_reg; j++) {
        const double b = arima_dot(w->w[1 + j], w->w[0], n);
        for (size_t t = 0; t < n; t++)
            x[t] -= b * w->w[1 + j][t];
    }
    if (any_e && !long_residuals(x, n, h, g, a, e)) goto out;
    double trace = 0;
    for (size_t i = 0; i < k; i++) {
        const double *const ci = (of_e[i] ? e : x) + from - lag[i];
        for (size_t j = 0; j <= i; j++)
            gram[i * k + j] = arima_dot(ci, (of_e[j] ? e : x) + from - lag[j], n - from);
        rhs[i] = arima_dot(ci, x + from, n - from);
        trace += gram[i * k + i];
    }
    for (size_t i = 0; i < k; i++)
        gram[i * k + i] += 1e-6 * trace;
    if (!arima_cholesky(gram, k)) goto out;
    memcpy(coef, rhs, k * sizeof *coef);
    arima_cholesky_solve(gram, k, coef);
    arima_free_from_coef(&w->o, coef, v);
    ok = true;
    for (size_t i = 0; i < k; i++)
        ok = ok && isfinite(v[i]);
out:
    norni_arena_rewind(w->arena, mark);
    return ok;
}

/* Autoregression and moving average that nearly cancel, of either sign: a second mode of many a
 * likelihood (a level that moves slowly under noise). */
static bool corner(const norni_arima_order *o, double sign, double *v) {
    const size_t p = (size_t)o->p, q = (size_t)o->q, sp = (size_t)o->P;
    const bool small = p > 0 && q > 0, seasonal = sp > 0 && o->Q > 0;
    memset(v, 0, arima_n_arma(o) * sizeof *v);
    if (small) {
        v[0] = sign * arima_unreflect(0.7);
        v[p] = sign * arima_unreflect(0.9);
    }
    if (seasonal) {
        v[p + q] = arima_unreflect(0.7);
        v[p + q + sp] = arima_unreflect(0.9);
    }
    return small || (seasonal && sign > 0);
}

/* Two moving-average roots near 1, as in a straight line that was differenced twice: squares alone
 * stop at one of them on the bound. */
static bool overdifferenced(const norni_arima_order *o, double *v) {
    const size_t p = (size_t)o->p;
    if (o->d < 2 || o->q < 2) return false;
    memset(v, 0, arima_n_arma(o) * sizeof *v);
    v[p] = arima_unreflect(1.8 / 1.81); /* (1 - 0.9 B)^2 */
    v[p + 1] = arima_unreflect(-0.81);
    return true;
}

size_t arima_starts(arima_work *w, const double *start, double *v) {
    const size_t k = w->k;
    size_t n = 0;
    if (k == 0) return 1;
    if (start) {
        arima_free_from_coef(&w->o, start, v);
        bool finite = true;
        for (size_t i = 0; i < k; i++)
            finite = finite && isfinite(v[i]);
        if (finite) n++;
    }
    if (!(n > 0 && w->hasty) && arima_guess(w, v + n * k)) n++;
    if (n > 0 && (start || w->hasty)) return n;
    memset(v + n++ * k, 0, k * sizeof *v);
    if (corner(&w->o, 1, v + n * k)) n++;
    if (corner(&w->o, -1, v + n * k)) n++;
    if (overdifferenced(&w->o, v + n * k)) n++;
    return n;
}

/* Two roots of modulus 1/r at the angle with cosine c. */
static void set_pair(double *v, double r, double c) {
    v[0] = arima_unreflect(2 * r * c / (1 + r * r));
    v[1] = arima_unreflect(-r * r);
}

/* A pair of modulus 1/0.9 and n times the root 1/0.9. */
static void set_cycle(double *v, size_t q, double c, size_t n) {
    double factor[ARIMA_MOST_FACTOR] = {1.7 * c, -0.7225};
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 2 + i; j > 0; j--)
            factor[j] -= 0.9 * factor[j - 1];
        factor[0] += 0.9;
    }
    memset(v, 0, q * sizeof *v);
    arima_free_from_factor(factor, 2 + n, v);
}

/* A Kronecker sequence: multiples of g^-1 ... g^-k modulo 1, g^(k+1) = g + 1, fill a cube evenly for
 * any number of points (Roberts 2018). Of three in a row, one becomes a cycle at any frequency that
 * the moving average nearly cancels, and one has the moving average of a trend that was differenced
 * away: both are narrow hollows. */
void arima_spread(const norni_arima_order *o, size_t i, double *v) {
    const size_t p = (size_t)o->p, q = (size_t)o->q, k = arima_n_arma(o);
    double g = 1.5, step = 1;
    for (int j = 0; j < 40; j++) {
        double power = 1;
        for (size_t l = 0; l < k; l++)
            power *= g;
        g -= (power * g - g - 1) / ((double)(k + 1) * power - 1);
    }
    for (size_t j = 0; j < k; j++) {
        step /= g;
        const double u = 0.5 + step * (double)i;
        v[j] = 3 * (u - floor(u)) - 1.5;
    }
    if (i % 3 == 1 && p >= 2 && q >= 2) {
        const double c = norni_sin(v[0] * (1.57079632679489662 / 1.5));
        set_pair(v, 0.97, c);
        set_cycle(v + p, q, c, smaller((size_t)o->d, q - 2));
    }
    if (i % 3 == 2 && o->d == 1 && q >= 1) v[p] = 1.6;
    if (i % 3 == 2 && o->d >= 2 && q >= 2) set_pair(v + p, 0.9, 1);
}
