/* Small dense least squares: Householder QR with column pivoting, and Cholesky. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source: G. Golub and C. Van Loan, "Matrix computations", 5.2.1 (Householder), 5.4.1 (pivoting),
 * 4.2.2 (Cholesky). Columns far from 1 are first scaled by a power of two, which changes no bit of
 * a result that did not overflow. */
#include "num/least_squares.h"
#include "base/fp.h"

#include <math.h>

double norni_dot(const double *a, const double *b, size_t n) {
    double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
    }
    for (; i < n; i++)
        s0 += a[i] * b[i];
    return (s0 + s1) + (s2 + s3);
}

static double length(const double *x, size_t n) {
    return sqrt(norni_dot(x, x, n));
}

static void add_scaled(double *y, double c, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] += c * x[i];
}

static void swap_columns(norni_qr *q, size_t i, size_t j) {
    double *x = q->a + i * q->n, *y = q->a + j * q->n, *scale = q->work + 2 * q->p;
    if (i == j) return;
    for (size_t k = 0; k < q->n; k++) {
        const double t = x[k];
        x[k] = y[k], y[k] = t;
    }
    const size_t p = q->pivot[i];
    q->pivot[i] = q->pivot[j], q->pivot[j] = p;
    const double s = scale[i];
    scale[i] = scale[j], scale[j] = s;
}

/* Column i goes to place j >= i, those between move up: their order stays. */
static void move_column(norni_qr *q, size_t i, size_t j) {
    for (; i < j; i++)
        swap_columns(q, i, i + 1);
}

/* Multiplies a column whose largest entry is about 2^e by 2^-e; not one of common size. */
static double scale_column(double *x, size_t n) {
    double most = 0;
    int e = 0;
    for (size_t i = 0; i < n; i++)
        if (fabs(x[i]) > most) most = fabs(x[i]);
    if (!(most > 0) || !isfinite(most)) return 1;
    (void)frexp(most, &e);
    if (e > -300 && e < 300) return 1;
    if (e < -1000) e = -1000;
    for (size_t i = 0; i < n; i++)
        x[i] = ldexp(x[i], -e);
    return ldexp(1, -e);
}

/* Reflector of column j from row j on: x becomes (r, 0, ...), the vector v with v_0 in work[j] and
 * the rest in place, H = I - factor v v'. */
static void reflect_column(norni_qr *q, size_t j) {
    double *x = q->a + j * q->n + j;
    const size_t rest = q->n - j;
    const double norm = length(x, rest), r = x[0] > 0 ? -norm : norm;
    q->work[j] = x[0] - r;
    q->work[q->p + j] = norm > 0 ? 1 / (norm * (norm + fabs(x[0]))) : 0;
    x[0] = r;
}

static void reflect(const norni_qr *q, size_t j, double *y) {
    const double *v = q->a + j * q->n + j + 1;
    const size_t rest = q->n - j - 1;
    const double c = -q->work[q->p + j] * (q->work[j] * y[j] + norni_dot(v, y + j + 1, rest));
    y[j] += c * q->work[j];
    add_scaled(y + j + 1, c, v, rest);
}

/* Brings the column that comes next to place j; false: none is left. `first` holds the columns'
 * whole lengths: work[j..p) is free until column j is reflected. */
static bool choose(norni_qr *q, norni_qr_pivot how, double tol, size_t j, size_t *n_left) {
    double *first = q->work;
    while (how == NORNI_QR_IN_ORDER && j < *n_left) {
        const double rest = length(q->a + j * q->n + j, q->n - j);
        if (rest > 0 && rest >= tol * first[j]) return true;
        const double own = first[j];
        for (size_t k = j; k + 1 < *n_left; k++)
            first[k] = first[k + 1];
        first[*n_left - 1] = own;
        move_column(q, j, --*n_left);
    }
    if (how == NORNI_QR_IN_ORDER) return false;
    size_t best = j;
    double most = -1;
    for (size_t k = j; k < *n_left; k++) {
        const double rest = length(q->a + k * q->n + j, q->n - j);
        if (rest >= tol * first[k] && rest > most) most = rest, best = k;
    }
    if (!(most > 0)) return false;
    const double own = first[best];
    first[best] = first[j], first[j] = own;
    swap_columns(q, j, best);
    return true;
}

bool norni_qr_factor(norni_qr *q, norni_qr_pivot how, double tol, const norni_poll *poll) {
    const size_t most = q->n < q->p ? q->n : q->p;
    size_t n_left = q->p, j = 0;
    for (size_t k = 0; k < q->p; k++) {
        q->pivot[k] = k;
        q->work[2 * q->p + k] = scale_column(q->a + k * q->n, q->n);
        q->work[k] = length(q->a + k * q->n, q->n);
    }
    for (; j < most && choose(q, how, tol, j, &n_left); j++) {
        reflect_column(q, j);
        for (size_t k = j + 1; k < q->p; k++) {
            reflect(q, j, q->a + k * q->n);
            if (q->n > 10000 && norni_poll_stop(poll)) return false;
        }
        if (norni_poll_stop(poll)) return false;
    }
    q->rank = j;
    return true;
}

void norni_qr_rotate(const norni_qr *q, double *y) {
    for (size_t j = 0; j < q->rank; j++)
        reflect(q, j, y);
}

void norni_qr_rotate_back(const norni_qr *q, double *y) {
    for (size_t j = q->rank; j-- > 0;)
        reflect(q, j, y);
}

void norni_qr_solve(const norni_qr *q, const double *rotated, double *coef) {
    const double *scale = q->work + 2 * q->p;
    for (size_t j = 0; j < q->p; j++)
        coef[q->pivot[j]] = 0;
    for (size_t j = q->rank; j-- > 0;) {
        double x = rotated[j];
        for (size_t k = j + 1; k < q->rank; k++)
            x -= q->a[k * q->n + j] * coef[q->pivot[k]];
        coef[q->pivot[j]] = x / q->a[j * q->n + j];
    }
    for (size_t j = 0; j < q->rank; j++)
        coef[q->pivot[j]] *= scale[j];
}

void norni_qr_residuals(const norni_qr *q, double *rotated) {
    for (size_t j = 0; j < q->rank; j++)
        rotated[j] = 0;
    norni_qr_rotate_back(q, rotated);
}

/* (R'R)^-1 = R^-1 R^-T: entry i of the diagonal is the squared length of row i of R^-1. Its columns
 * are solved one after the other. */
void norni_qr_inverse_diag(const norni_qr *q, double *diag, double *scratch) {
    const double *scale = q->work + 2 * q->p;
    for (size_t j = 0; j < q->p; j++)
        diag[q->pivot[j]] = j < q->rank ? 0 : NORNI_NAN;
    for (size_t k = 0; k < q->rank; k++) {
        for (size_t j = k + 1; j-- > 0;) {
            double x = j == k;
            for (size_t i = j + 1; i <= k; i++)
                x -= q->a[i * q->n + j] * scratch[i];
            scratch[j] = x / q->a[j * q->n + j];
            diag[q->pivot[j]] += scratch[j] * scratch[j];
        }
    }
    for (size_t j = 0; j < q->rank; j++)
        diag[q->pivot[j]] *= scale[j] * scale[j];
}

bool norni_lm_fit(norni_lm *fit, double *x, size_t n, size_t p, double *response, double rounding,
                  double *scratch, size_t *pivot, const norni_poll *poll) {
    fit->qr = (norni_qr){.n = n, .p = p, .a = x, .work = scratch, .pivot = pivot};
    fit->coef = scratch + norni_qr_work(p);
    fit->diag = fit->coef + p;
    if (!norni_qr_factor(&fit->qr, NORNI_QR_IN_ORDER, 1e-7, poll)) return false;
    norni_qr_rotate(&fit->qr, response);
    norni_qr_solve(&fit->qr, response, fit->coef);
    norni_qr_inverse_diag(&fit->qr, fit->diag, fit->diag + p);
    norni_qr_residuals(&fit->qr, response);
    const double least = rounding * rounding * (double)n;
    fit->squares = norni_dot(response, response, n);
    if (fit->squares < least) fit->squares = least;
    return true;
}

double norni_lm_t(const norni_lm *fit, size_t j, double against) {
    if (fit->qr.n <= fit->qr.rank) return NORNI_NAN;
    const double variance = fit->squares / (double)(fit->qr.n - fit->qr.rank);
    return (fit->coef[j] - against) / sqrt(variance * fit->diag[j]);
}

size_t norni_cholesky(double *a, size_t n, double tol) {
    for (size_t i = 0; i < n; i++) {
        double *row = a + i * n;
        const double own = row[i];
        for (size_t j = 0; j < i; j++) {
            const double *other = a + j * n;
            row[j] = (row[j] - norni_dot(row, other, j)) / other[j];
        }
        const double pivot = own - norni_dot(row, row, i);
        if (!(pivot > 0) || !(pivot > tol * own) || !isfinite(pivot)) return i + 1;
        row[i] = sqrt(pivot);
    }
    return 0;
}

void norni_cholesky_forward(const double *l, size_t n, double *x) {
    for (size_t i = 0; i < n; i++)
        x[i] = (x[i] - norni_dot(l + i * n, x, i)) / l[i * n + i];
}

void norni_cholesky_backward(const double *l, size_t n, double *x) {
    for (size_t i = n; i-- > 0;) {
        x[i] /= l[i * n + i];
        for (size_t j = 0; j < i; j++)
            x[j] -= l[i * n + j] * x[i];
    }
}

double norni_cholesky_log_det(const double *l, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += 2 * norni_log(l[i * n + i]);
    return sum;
}
