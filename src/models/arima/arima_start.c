/* The stationary start of the exact filter: autocovariances of a seasonal ARMA process in O(lags). */
/* SPDX-License-Identifier: Apache-2.0 */
/* State space form (Harvey 1993, 3.3): a_t (r), w_t = a_t[0], T a = (a[i+1] + phi_{i+1} a[0])_i; all
 * that the filter needs of P_1 is f = gamma(0) and
 *   k_i = (T P_1 Z')_i = sum_{j > i} phi_j gamma(j-1-i) + theta_j psi_{j-1-i}.
 * gamma: of x = w / theta(B) first, an autoregression phi(B) Phi(B^m), whose autocovariance is the
 * convolution sum_j g2(j) g1(k - m j) of its factors' ones. With C the companion matrix of phi
 * (windows s_k = (g1(k), ..., g1(k+p-1)), s_{k+1} = C s_k) both one-sided halves of the infinite sum
 * are rational in C^m:
 *   sum_{l>=0} g2(|b-l|) s_{ml} = Phi(C^m)^-1 N_b(C^m) s_0,  N_b = sum_i (Phi g2(|b-.|))_i X^i,
 * so that p by p systems give each season's block, exactly, at any distance from a unit root. The
 * factors' own come from their reflection coefficients (Levinson), without a system to solve. */
#include <math.h>
#include <string.h>

#include "models/arima/arima_work.h"

static size_t bigger(size_t a, size_t b) {
    return a > b ? a : b;
}

/* Seasons whose covariances come from blocks: behind them the recursion of the product knows all that
 * it asks for. */
static size_t count_blocks(const norni_arima_order *o) {
    const size_t p = (size_t)o->p, sp = (size_t)o->P, m = (size_t)o->m;
    return bigger(sp, p / m + 1);
}

/* Scratch: x's autocovariance both ways, the factors' own, fundamental solutions, p by p matrices. */
norn_status arima_start_get(const norni_arima_order *o, norni_arena *arena, arima_start *out,
                            norn_err *err) {
    const size_t p = (size_t)o->p, n_block = o->P > 0 ? count_blocks(o) : 0, m = (size_t)o->m;
    const size_t lag_ar = arima_lag_ar(o), lag_ma = arima_lag_ma(o);
    const size_t n_x = lag_ar + lag_ma + 1;
    out->r = bigger(lag_ar, lag_ma + 1);
    out->n_gamma = bigger(lag_ar, 1);
    const size_t n_factor = m * n_block + p + 2;
    const size_t need = (n_x + lag_ma) + lag_ma + 1 + n_factor * (p + 1) + (2 * n_block + 4) +
                        2 * p * p + 6 * p + 4 * ARIMA_MOST_FACTOR + 16;
    out->k = norni_arena_get(arena, out->r + 8, sizeof *out->k);
    out->gamma = norni_arena_get(arena, out->n_gamma, sizeof *out->gamma);
    out->scratch = norni_arena_get(arena, need, sizeof *out->scratch);
    if (!out->k || !out->gamma || !out->scratch)
        return norni_alloc_fail(err, "arima", need, sizeof *out->scratch);
    return NORN_OK;
}

/* Autocovariances g (n_g > p) of an autoregression of order p with unit innovations. */
static bool small_covariances(const double *c, size_t p, double *g, size_t n_g) {
    double k[ARIMA_MOST_FACTOR], a[ARIMA_MOST_FACTOR], old[ARIMA_MOST_FACTOR];
    if (!arima_step_down(c, p, k)) return false;
    double e = 1;
    for (size_t j = 0; j < p; j++)
        e /= (1 - k[j]) * (1 + k[j]);
    if (!isfinite(e)) return false;
    g[0] = e;
    for (size_t j = 1; j < n_g; j++) {
        double s = 0;
        if (j <= p) {
            for (size_t i = 0; i + 1 < j; i++)
                s += a[i] * g[j - 1 - i];
            s += k[j - 1] * e;
            e *= (1 - k[j - 1]) * (1 + k[j - 1]);
            memcpy(old, a, (j - 1) * sizeof *a);
            for (size_t i = 0; i + 1 < j; i++)
                a[i] = old[i] - k[j - 1] * old[j - 2 - i];
            a[j - 1] = k[j - 1];
        } else {
            for (size_t i = 0; i < p; i++)
                s += c[i] * g[j - 1 - i];
        }
        g[j] = s;
    }
    return true;
}

/* LU with row exchanges of a (n, n); false: singular. */
static bool lu_factor(double *a, size_t n, size_t *row) {
    for (size_t j = 0; j < n; j++) {
        size_t best = j;
        for (size_t i = j + 1; i < n; i++)
            best = fabs(a[i * n + j]) > fabs(a[best * n + j]) ? i : best;
        row[j] = best;
        if (!(fabs(a[best * n + j]) > 0)) return false;
        for (size_t l = 0; l < n && best != j; l++) {
            const double swap = a[j * n + l];
            a[j * n + l] = a[best * n + l];
            a[best * n + l] = swap;
        }
        for (size_t i = j + 1; i < n; i++) {
            const double q = a[i * n + j] /= a[j * n + j];
            for (size_t l = j + 1; l < n; l++)
                a[i * n + l] -= q * a[j * n + l];
        }
    }
    return true;
}

static void lu_solve(const double *a, size_t n, const size_t *row, double *x) {
    for (size_t j = 0; j < n; j++) {
        const double swap = x[j];
        x[j] = x[row[j]];
        x[row[j]] = swap;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t l = 0; l < i; l++)
            x[i] -= a[i * n + l] * x[l];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t l = i + 1; l < n; l++)
            x[i] -= a[i * n + l] * x[l];
        x[i] /= a[i * n + i];
    }
}

/* Both factors present: g1 (from s), g2, and the fundamental solutions H_j of phi. */
typedef struct blocks {
    size_t p, sp, m, n_h;
    const double *phi, *seasonal;
    double *g1; /* (n_h) */
    double *g2; /* (2 sp + 2) */
    double *h;  /* (p, n_h) H_j(k): solution with H_j(i) = [i == j] for i < p */
    double *lu; /* (p, p) Phi(C^m) */
    double *u1, *u2;
    size_t row[ARIMA_MOST_FACTOR];
} blocks;

static bool blocks_make(blocks *b) {
    const size_t p = b->p;
    for (size_t j = 0; j < p; j++) {
        double *const h = b->h + j * b->n_h;
        memset(h, 0, p * sizeof *h);
        h[j] = 1;
        for (size_t k = p; k < b->n_h; k++) {
            double s = 0;
            for (size_t i = 0; i < p; i++)
                s += b->phi[i] * h[k - 1 - i];
            h[k] = s;
        }
    }
    for (size_t i = 0; i < p; i++) {
        for (size_t j = 0; j < p; j++) {
            double s = i == j;
            for (size_t l = 0; l < b->sp; l++)
                s -= b->seasonal[l] * b->h[j * b->n_h + (l + 1) * b->m + i];
            b->lu[i * p + j] = s;
        }
    }
    return lu_factor(b->lu, p, b->row);
}

/* The block of lags s m .. s m + m - 1 into out (m). */
static void block_run(blocks *b, size_t s, double *out) {
    const size_t p = b->p, m = b->m;
    memset(b->u1, 0, p * sizeof *b->u1);
    memset(b->u2, 0, p * sizeof *b->u2);
    const size_t degree = bigger(s, b->sp - 1);
    for (size_t i = 0; i <= degree; i++) {
        double n1 = 0, n2 = 0;
        for (size_t j = 0; j <= b->sp && j <= i; j++) {
            const size_t l = i - j;
            const double c = j ? -b->seasonal[j - 1] : 1;
            n1 += c * b->g2[l > s ? l - s : s - l];
            if (i < b->sp) n2 += c * b->g2[l + s + 1];
        }
        for (size_t a = 0; a < p; a++) {
            b->u1[a] += n1 * b->g1[m * i + a];
            b->u2[a] += n2 * b->g1[m * i + a];
        }
    }
    lu_solve(b->lu, p, b->row, b->u1);
    lu_solve(b->lu, p, b->row, b->u2);
    memset(out, 0, m * sizeof *out);
    for (size_t j = 0; j < p; j++) {
        const double *const h = b->h + j * b->n_h;
        for (size_t k = 0; k < m; k++)
            out[k] += b->u1[j] * h[k] + b->u2[j] * h[m - k];
    }
}

/* x's autocovariance g (n_x), lags 0 and up. */
static bool pure_covariances(const norni_arima_order *o, const double *coef, const arima_poly *ar,
                             double *g, size_t n_x, double *scratch) {
    const size_t p = (size_t)o->p, sp = (size_t)o->P, m = (size_t)o->m;
    const double *const seasonal = coef + p + o->q;
    if (sp == 0) return small_covariances(coef, p, g, n_x);
    double *const g2 = scratch;
    const size_t n_block = count_blocks(o);
    if (!small_covariances(seasonal, sp, g2, 2 * n_block + 2)) return false;
    size_t known = m * n_block;
    if (p == 0) {
        known = n_x;
        memset(g, 0, n_x * sizeof *g);
        for (size_t j = 0; j * m < n_x; j++) {
            g[j * m] = j < 2 * n_block + 2 ? g2[j] : 0;
            for (size_t i = 0; i < sp && j >= 2 * n_block + 2; i++)
                g[j * m] += seasonal[i] * g[(j - 1 - i) * m];
        }
    } else {
        blocks b = {.p = p, .sp = sp, .m = m, .n_h = m * n_block + p + 1};
        b.phi = coef;
        b.seasonal = seasonal;
        b.g2 = g2;
        b.g1 = g2 + 2 * n_block + 2;
        b.h = b.g1 + b.n_h;
        b.lu = b.h + p * b.n_h;
        b.u1 = b.lu + p * p;
        b.u2 = b.u1 + p;
        if (!small_covariances(coef, p, b.g1, b.n_h) || !blocks_make(&b)) return false;
        for (size_t s = 0; s < n_block; s++)
            block_run(&b, s, g + s * m);
    }
    for (size_t k = known; k < n_x; k++) {
        double s = 0;
        for (size_t i = 0; i < ar->n; i++) {
            const size_t lag = ar->lag[i];
            s += ar->c[i] * g[k > lag ? k - lag : lag - k];
        }
        g[k] = s;
    }
    return true;
}

/* gamma of w from x's, g with lags -lag_ma.. at g[-lag_ma].. . */
static void mix_covariances(const arima_poly *ma, const double *g, arima_start *s) {
    for (size_t k = 0; k < s->n_gamma; k++)
        s->gamma[k] = 0;
    for (size_t i = 0; i <= ma->n; i++) {
        const size_t li = i ? ma->lag[i - 1] : 0;
        const double ci = i ? ma->c[i - 1] : 1;
        for (size_t j = 0; j <= i; j++) {
            const size_t far = li - (j ? ma->lag[j - 1] : 0);
            const double c = ci * (j ? ma->c[j - 1] : 1);
            const double *const left = g - far, *const right = g + far;
            for (size_t k = 0; k < s->n_gamma; k++)
                s->gamma[k] += j == i ? c * g[k] : c * (left[k] + right[k]);
        }
    }
}

static void fill_gain(const arima_poly *ar, const arima_poly *ma, const double *psi,
                      arima_start *s) {
    memset(s->k, 0, (s->r + 8) * sizeof *s->k);
    for (size_t i = 0; i < ar->n; i++) {
        for (size_t k = 0; k < ar->lag[i]; k++)
            s->k[k] += ar->c[i] * s->gamma[ar->lag[i] - 1 - k];
    }
    for (size_t i = 0; i < ma->n; i++) {
        for (size_t k = 0; k < ma->lag[i]; k++)
            s->k[k] += ma->c[i] * psi[ma->lag[i] - 1 - k];
    }
}

bool arima_start_run(const norni_arima_order *o, const double *coef, const arima_poly *ar,
                     const arima_poly *ma, arima_start *s) {
    const size_t lag_ar = arima_lag_ar(o), lag_ma = arima_lag_ma(o), n_x = lag_ar + lag_ma + 1;
    double *const g = s->scratch + lag_ma, *const psi = g + n_x, *const rest = psi + lag_ma + 1;
    if (!pure_covariances(o, coef, ar, g, n_x, rest)) return false;
    for (size_t k = 1; k <= lag_ma; k++)
        s->scratch[lag_ma - k] = g[k];
    mix_covariances(ma, g, s);
    memset(psi, 0, (lag_ma + 1) * sizeof *psi);
    for (size_t i = 0; i < ma->n; i++)
        psi[ma->lag[i]] = ma->c[i];
    psi[0] = 1;
    for (size_t k = 1; k < lag_ma; k++) {
        for (size_t i = 0; i < ar->n && ar->lag[i] <= k; i++)
            psi[k] += ar->c[i] * psi[k - ar->lag[i]];
    }
    fill_gain(ar, ma, psi, s);
    s->f = s->gamma[0];
    return s->f >= 1 - 1e-6 && isfinite(s->f);
}
