/* Covariances of returns: sample, over shared rows, shrunk towards a multiple of the identity. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source: O. Ledoit and M. Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", 2004. With
 * x centred, S = x'x / n, m = tr(S) / k:
 *   d2 = (|S|^2 - k m^2) / k,   b2 = min(d2, (sum_t |x_t|^4 / n - |S|^2) / (n k)),   S* = (1 - b2/d2) S + (b2/d2) m I
 * as scikit-learn's LedoitWolf. One asset: its variance, shrinkage 0. Departs: returns outside 2^+-200 are first brought
 * near 1 by a power of two, for fourth powers must fit. */
#include "portfolio/portfolio_risk.h"

#include <math.h>

#include "base/fp.h"
#include "num/least_squares.h"

enum { PIECE = 64, PLAIN_EXPONENT = 200 };

static void means_of(const double *x, size_t n, size_t k, size_t from, size_t many, double *mean) {
    for (size_t j = 0; j < many; j++)
        mean[j] = 0;
    for (size_t t = 0; t < n; t++)
        for (size_t j = 0; j < many; j++)
            mean[j] += x[t * k + from + j];
    for (size_t j = 0; j < many; j++)
        mean[j] /= (double)n;
    /* a second look takes the rounding of the first one out */
    double rest[PIECE] = {0};
    for (size_t t = 0; t < n; t++)
        for (size_t j = 0; j < many; j++)
            rest[j] += x[t * k + from + j] - mean[j];
    for (size_t j = 0; j < many; j++)
        mean[j] += rest[j] / (double)n;
}

static size_t piece_at(size_t from, size_t k) {
    return k - from < PIECE ? k - from : PIECE;
}

/* Sums of products of columns about their means, of rows of pieces at i and j. */
static void add_products(const double *x, size_t n, size_t k, size_t i, size_t j, const double *mi,
                         const double *mj, double *cov) {
    const size_t rows = piece_at(i, k), columns = piece_at(j, k);
    double gap[PIECE];
    for (size_t a = 0; a < rows; a++)
        for (size_t b = 0; b < columns; b++)
            cov[(i + a) * k + j + b] = 0;
    for (size_t t = 0; t < n; t++) {
        for (size_t b = 0; b < columns; b++)
            gap[b] = x[t * k + j + b] - mj[b];
        for (size_t a = 0; a < rows; a++) {
            const double own = x[t * k + i + a] - mi[a];
            double *row = cov + (i + a) * k + j;
            for (size_t b = 0; b < columns; b++)
                row[b] += own * gap[b];
        }
    }
}

/* cov (k, k) = centred products / divisor, symmetric to the bit. */
static void cov_of(const double *x, size_t n, size_t k, double divisor, double *cov) {
    double mi[PIECE], mj[PIECE];
    for (size_t i = 0; i < k; i += PIECE) {
        means_of(x, n, k, i, piece_at(i, k), mi);
        for (size_t j = 0; j <= i; j += PIECE) {
            means_of(x, n, k, j, piece_at(j, k), mj);
            add_products(x, n, k, i, j, mi, mj, cov);
        }
    }
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j <= i; j++)
            cov[i * k + j] = cov[j * k + i] = cov[i * k + j] / divisor;
}

void norni_port_cov_sample(const double *x, size_t n, size_t k, double *cov) {
    cov_of(x, n, k, (double)n - 1, cov);
}

typedef struct pair_sums {
    size_t n;
    double cov, corr;
} pair_sums;

static pair_sums pair_of(const double *x, size_t n, size_t k, size_t i, size_t j) {
    pair_sums p = {0};
    double mi = 0, mj = 0, sum = 0, si = 0, sj = 0;
    for (size_t t = 0; t < n; t++) {
        const double a = x[t * k + i], b = x[t * k + j];
        if (isnan(a) || isnan(b)) continue;
        mi += a;
        mj += b;
        p.n++;
    }
    mi /= (double)p.n;
    mj /= (double)p.n;
    for (size_t t = 0; t < n; t++) {
        const double a = x[t * k + i], b = x[t * k + j];
        if (isnan(a) || isnan(b)) continue;
        sum += (a - mi) * (b - mj);
        si += (a - mi) * (a - mi);
        sj += (b - mj) * (b - mj);
    }
    p.cov = sum / ((double)p.n - 1);
    p.corr = si > 0 && sj > 0 ? sum / sqrt(si) / sqrt(sj) : 0;
    return p;
}

norn_status norni_port_cov_pairwise(const double *x, size_t n, size_t k, double *cov, double *corr,
                                    norn_err *err) {
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j <= i; j++) {
            const pair_sums p = pair_of(x, n, k, i, j);
            if (p.n < 2)
                return norn_fail(err, NORN_E_DATA,
                                 "covariance: assets %zu and %zu share %zu returns, at least 2 are "
                                 "needed: give more prices, or leave one out",
                                 j + 1, i + 1, p.n);
            cov[i * k + j] = cov[j * k + i] = p.cov;
            corr[i * k + j] = corr[j * k + i] = p.corr;
        }
    return NORN_OK;
}

/* Share of the identity, from the centred products over n in cov and the sum of fourth powers. */
static double shrinkage_of(const double *cov, size_t n, size_t k, double fourth) {
    double trace = 0, squares = 0;
    for (size_t i = 0; i < k; i++)
        trace += cov[i * (k + 1)];
    for (size_t i = 0; i < k; i++)
        squares += norni_dot(cov + i * k, cov + i * k, k);
    const double m = trace / (double)k;
    const double d2 = (squares - 2 * m * trace + (double)k * m * m) / (double)k;
    const double noise = (fourth / (double)n - squares) / ((double)k * (double)n);
    const double b2 = noise < d2 ? noise : d2;
    return b2 > 0 && d2 > 0 ? b2 / d2 : 0;
}

/* Sum over rows of (sum of squares about the means)^2. squares (n) */
static double fourth_powers(const double *x, size_t n, size_t k, double *squares) {
    double mean[PIECE], sum = 0;
    for (size_t t = 0; t < n; t++)
        squares[t] = 0;
    for (size_t j = 0; j < k; j += PIECE) {
        const size_t many = piece_at(j, k);
        means_of(x, n, k, j, many, mean);
        for (size_t t = 0; t < n; t++)
            for (size_t b = 0; b < many; b++) {
                const double gap = x[t * k + j + b] - mean[b];
                squares[t] += gap * gap;
            }
    }
    for (size_t t = 0; t < n; t++)
        sum += squares[t] * squares[t];
    return sum;
}

/* Exponent that brings the largest |x| near 1 where its fourth power is in danger; *finite. */
static int exponent_of(const double *x, size_t many, bool *finite) {
    double most = 0;
    int e = 0;
    for (size_t i = 0; i < many; i++) {
        *finite = *finite && isfinite(x[i]);
        most = fabs(x[i]) > most ? fabs(x[i]) : most;
    }
    if (most > 0 && isfinite(most)) (void)frexp(most, &e);
    return e > PLAIN_EXPONENT || e < -PLAIN_EXPONENT ? e : 0;
}

norn_status norni_port_cov_ledoit_wolf(const double *x, size_t n, size_t k, norni_arena *scratch,
                                       double *cov, double *shrinkage, norn_err *err) {
    bool finite = true;
    const int e = exponent_of(x, n * k, &finite);
    if (n < 2 || k < 1)
        return norn_fail(err, NORN_E_DATA,
                         "covariance: %zu returns of %zu assets, at least 2 returns are needed", n,
                         k);
    if (!finite) return norn_fail(err, NORN_E_DATA, "covariance: a return is not a finite number");
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    double *squares = norni_arena_get(scratch, n, sizeof *squares);
    double *copy = e == 0 ? NULL : norni_arena_get(scratch, n * k, sizeof *copy);
    if (squares == NULL || (e != 0 && copy == NULL)) {
        norni_arena_rewind(scratch, mark);
        return norni_alloc_fail(err, "covariance", n * (k + 1), sizeof *copy);
    }
    for (size_t i = 0; copy != NULL && i < n * k; i++)
        copy[i] = ldexp(x[i], -e);
    const double *use = copy != NULL ? copy : x;
    cov_of(use, n, k, (double)n, cov);
    *shrinkage = k == 1 ? 0 : shrinkage_of(cov, n, k, fourth_powers(use, n, k, squares));
    norni_arena_rewind(scratch, mark);
    double m = 0;
    for (size_t i = 0; i < k; i++)
        m += cov[i * (k + 1)];
    m /= (double)k;
    for (size_t i = 0; i < k * k; i++)
        cov[i] *= 1 - *shrinkage;
    for (size_t i = 0; i < k; i++)
        cov[i * (k + 1)] += *shrinkage * m;
    for (size_t i = 0; e != 0 && i < k * k; i++)
        cov[i] = ldexp(cov[i], 2 * e);
    return norni_port_cov_check(cov, k, false, "covariance", err);
}

norn_status norni_port_cov_check(const double *cov, size_t k, bool positive, const char *what,
                                 norn_err *err) {
    for (size_t i = 0; i < k * k; i++)
        if (!isfinite(cov[i]))
            return norn_fail(err, NORN_E_DATA,
                             "%s: the covariance of assets %zu and %zu is not a finite number",
                             what, i / k + 1, i % k + 1);
    for (size_t i = 0; i < k; i++) {
        if (cov[i * (k + 1)] < 0)
            return norn_fail(err, NORN_E_DATA, "%s: the variance of asset %zu is below 0", what,
                             i + 1);
        if (positive && !(cov[i * (k + 1)] > 0))
            return norn_fail(err, NORN_E_DATA,
                             "%s: the returns of asset %zu of %zu never vary, it has no risk to "
                             "share: leave it out, or look back further",
                             what, i + 1, k);
    }
    return NORN_OK;
}

int norni_port_cov_exponent(const double *cov, size_t k) {
    double most = 0;
    int e = 0;
    for (size_t i = 0; i < k; i++)
        most = cov[i * (k + 1)] > most ? cov[i * (k + 1)] : most;
    if (most > 0) (void)frexp(most, &e);
    return e;
}

double norni_port_variance(const double *cov, const double *weight, size_t k) {
    double sum = 0;
    for (size_t i = 0; i < k; i++)
        sum += weight[i] * norni_dot(cov + i * k, weight, k);
    return sum;
}
