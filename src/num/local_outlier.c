/* Local outlier factor: neighbours, reachability, and the density of each point against theirs. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Breunig, Kriegel, Ng, Sander 2000, "LOF: identifying density-based local outliers", SIGMOD.
 *   reach(i, j) = max(distance to j's k-th neighbour, distance i j),  density(i) = 1 / (mean reach(i, .) + 1e-10)
 *   factor(i) = mean density of i's neighbours / density(i)
 * The 1e-10 keeps piles of equal points finite, as in scikit-learn. Exactly k neighbours are taken (the paper takes all that
 * are as near as the k-th). */
#include "num/local_outlier.h"

#include <math.h>

#include "base/fp.h"

/* Euclidean; in units of the largest difference, so that no square overflows. */
static double distance(const double *a, const double *b, size_t d) {
    double most = 0, sum = 0;
    if (d == 1) return fabs(a[0] - b[0]);
    for (size_t j = 0; j < d; j++)
        most = fmax(most, fabs(a[j] - b[j]));
    if (!(most > 0)) return 0;
    for (size_t j = 0; j < d; j++) {
        const double part = (a[j] - b[j]) / most;
        sum += part * part;
    }
    return most * sqrt(sum);
}

/* The k nearest of point i, ascending; near and far (k). */
static void nearest(const double *x, size_t n, size_t d, size_t i, size_t k, size_t *near,
                    double *far) {
    size_t held = 0;
    for (size_t j = 0; j < n; j++) {
        if (j == i) continue;
        const double apart = distance(x + i * d, x + j * d, d);
        if (held == k && !(apart < far[k - 1])) continue;
        size_t at = held < k ? held++ : k - 1;
        for (; at > 0 && apart < far[at - 1]; at--)
            far[at] = far[at - 1], near[at] = near[at - 1];
        far[at] = apart, near[at] = j;
    }
}

norn_status norni_local_outlier(const double *x, size_t n, size_t d, size_t k,
                                const norni_poll *poll, norni_arena *scratch, double *factor,
                                norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    size_t *near = norni_arena_get(scratch, n * k, sizeof *near);
    double *far = norni_arena_get(scratch, n * k, sizeof *far),
           *density = norni_arena_get(scratch, n, sizeof *density);
    if (!near || !far || !density)
        return norni_alloc_fail(err, "local outlier", n * k, sizeof *far);
    for (size_t i = 0; i < n; i++) {
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "local outlier: cancelled");
        nearest(x, n, d, i, k, near + i * k, far + i * k);
    }
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < k; j++)
            sum += fmax(far[i * k + j], far[near[i * k + j] * k + k - 1]);
        density[i] = 1 / (sum / (double)k + 1e-10);
    }
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < k; j++)
            sum += density[near[i * k + j]];
        factor[i] = sum / (double)k / density[i];
    }
    norni_arena_rewind(scratch, mark);
    return NORN_OK;
}
