/* One-class support vector machine: its dual solved two weights at a time. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Schoelkopf, Platt, Shawe-Taylor, Smola, Williamson 2001, Neural Computation 13:
 *   min a'Ka / 2,  0 <= a_i <= 1,  sum a = nu n;   decision(i) = (K a)_i - rho
 * by sequential minimal optimisation (Platt 1998): of the weights that may rise the one with the least gradient (K a)_i, of
 * those that may fall the one that promises most with it (Fan, Chen, Lin 2005, JMLR 6), until the largest gradient of the
 * latter is no more than tol above the least of the former. rho: the mean gradient of weights inside (0, 1), or the middle
 * of what bounds leave. Ties break on the index. */
#include "num/one_class_svm.h"

#include <math.h>

#include "base/fp.h"

static void fill_kernel(const double *x, size_t n, size_t d, double gamma, double *k) {
    for (size_t i = 0; i < n; i++) {
        k[i * n + i] = 1;
        for (size_t j = 0; j < i; j++) {
            double sum = 0;
            for (size_t c = 0; c < d; c++) {
                const double apart = x[i * d + c] - x[j * d + c];
                sum += apart * apart;
            }
            k[i * n + j] = k[j * n + i] = norni_exp(-gamma * sum);
        }
    }
}

/* The pair to move: *up may rise, *down may fall. false: optimal within tol. */
static bool choose(const double *k, const double *a, const double *g, size_t n, double tol,
                   size_t *up, size_t *down) {
    double least = NORNI_INF, most = -NORNI_INF, best = -1;
    *up = *down = n;
    for (size_t i = 0; i < n; i++) {
        if (a[i] < 1 && g[i] < least) least = g[i], *up = i;
    }
    if (*up == n) return false;
    for (size_t j = 0; j < n; j++) {
        if (!(a[j] > 0)) continue;
        most = fmax(most, g[j]);
        const double apart = g[j] - least;
        if (!(apart > 0)) continue;
        const double curve = fmax(2 - 2 * k[*up * n + j], 1e-12), gain = apart * apart / curve;
        if (gain > best) best = gain, *down = j;
    }
    return *down < n && most - least > tol;
}

static double offset(const double *a, const double *g, size_t n) {
    double sum = 0, low = -NORNI_INF, high = NORNI_INF;
    size_t inside = 0;
    for (size_t i = 0; i < n; i++) {
        if (a[i] > 0 && a[i] < 1)
            sum += g[i], inside++;
        else if (a[i] > 0)
            low = fmax(low, g[i]);
        else
            high = fmin(high, g[i]);
    }
    if (inside) return sum / (double)inside;
    return isinf(low) ? high : isinf(high) ? low : 0.5 * (low + high);
}

/* g = K a, and the start: the first points carry all the weight there is. */
static void start(const double *k, size_t n, double weight, double *a, double *g) {
    for (size_t i = 0; i < n; i++) {
        a[i] = fmin(1, fmax(0, weight - (double)i));
        g[i] = 0;
    }
    for (size_t j = 0; j < n && a[j] > 0; j++)
        for (size_t i = 0; i < n; i++)
            g[i] += a[j] * k[j * n + i];
}

norn_status norni_one_class(const double *x, size_t n, size_t d, const norni_one_class_opt *opt,
                            const norni_poll *poll, norni_arena *scratch, double *decision,
                            norn_err *err) {
    if (!(opt->nu > 0 && opt->nu <= 1) || !(opt->gamma > 0) || !(opt->tol > 0))
        return norn_fail(err, NORN_E_ARG, "one-class svm: nu is in (0,1], gamma and tol above 0");
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    size_t cells;
    double *k = norni_mul_size(n, n, &cells) ? norni_arena_get(scratch, cells, sizeof *k) : NULL,
           *a = norni_arena_get(scratch, n, sizeof *a), *g = decision;
    if (!k || !a) return norni_alloc_fail(err, "one-class svm", n, n * sizeof *k);
    fill_kernel(x, n, d, opt->gamma, k);
    start(k, n, opt->nu * (double)n, a, g);
    const size_t most = 100 * n + 10000;
    for (size_t step = 0, up, down; step < most; step++) {
        if (step % 256 == 0 && norni_poll_stop(poll))
            return norn_fail(err, NORN_E_CANCEL, "one-class svm: cancelled");
        if (!choose(k, a, g, n, opt->tol, &up, &down)) break;
        const double curve = fmax(2 - 2 * k[up * n + down], 1e-12), room = fmin(1 - a[up], a[down]);
        const double by = fmin((g[down] - g[up]) / curve, room);
        /* a bound that is met is met exactly */
        a[up] = by == 1 - a[up] ? 1 : a[up] + by;
        a[down] = by == a[down] ? 0 : a[down] - by;
        for (size_t i = 0; i < n; i++)
            g[i] += by * (k[up * n + i] - k[down * n + i]);
    }
    const double rho = offset(a, g, n);
    for (size_t i = 0; i < n; i++)
        decision[i] = g[i] - rho;
    norni_arena_rewind(scratch, mark);
    return NORN_OK;
}
