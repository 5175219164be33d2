/* Two quantiles of many rows of draws that look alike, each row in about one pass. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Selection by a bracket: one pass counts what lies below and gathers what lies inside a narrow
 * interval that should hold the order statistics sought (Floyd and Rivest 1975, "Expected time
 * bounds for selection"); those few are then selected by Hoare's method. Departing from the paper,
 * the interval is the last row's, not a sample's. A miss costs a sort. */
#include "num/quantile_band.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/fp.h"
#include "base/sort.h"

/* Values that a bracket should gather; few enough to select from, enough to be found again. */
static double wanted(size_t n) {
    return 24 + 0.04 * (double)n;
}

/* Order statistics k and k + 1 (k + 1 when there is one) and the weight of the second. */
typedef struct rank {
    size_t k;
    double weight;
} rank;

static rank rank_of(double p, size_t n) {
    const double at = p * (double)(n - 1);
    size_t k = at > 0 ? (size_t)at : 0;
    if (k > n - 1) k = n - 1;
    return (rank){k, at - (double)k};
}

/* numpy's way between two values: exact at both ends. */
static double between(double a, double b, double weight) {
    if (weight <= 0 || a == b) return a;
    return weight < 0.5 ? a + (b - a) * weight : b - (b - a) * (1 - weight);
}

/* Puts order statistic k of x (n, no NaN) at x[k], smaller ones before and larger ones behind it. */
static void select_rank(double *x, size_t n, size_t k) {
    size_t lo = 0, hi = n - 1;
    while (lo < hi) {
        const double pivot = x[lo + (hi - lo) / 2];
        size_t i = lo, j = hi;
        for (;;) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i >= j) break;
            const double swap = x[i];
            x[i++] = x[j];
            x[j--] = swap;
        }
        if (k <= j) /* all of [lo, j] <= pivot <= all of (j, hi] */
            hi = j;
        else
            lo = j + 1;
    }
}

static double from_selected(double *x, size_t n, size_t k, double weight) {
    select_rank(x, n, k);
    if (weight <= 0 || k + 1 >= n) return x[k];
    double next = x[k + 1];
    for (size_t i = k + 2; i < n; i++)
        next = x[i] < next ? x[i] : next;
    return between(x[k], next, weight);
}

typedef struct bracket {
    double from, to;
    size_t below, inside;
} bracket;

/* One pass for both brackets; their insides into `a` and `b`. false: x holds a NaN. */
static bool gather(const double *x, size_t n, bracket *lower, bracket *upper, double *a,
                   double *b) {
    const double af = lower->from, at = lower->to, bf = upper->from, bt = upper->to;
    size_t below_a = 0, below_b = 0, in_a = 0, in_b = 0, none = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = x[i];
        a[in_a] = v;
        b[in_b] = v;
        none += (size_t)(v != v);
        below_a += (size_t)(v < af);
        below_b += (size_t)(v < bf);
        in_a += (size_t)((v >= af) & (v <= at));
        in_b += (size_t)((v >= bf) & (v <= bt));
    }
    lower->below = below_a;
    lower->inside = in_a;
    upper->below = below_b;
    upper->inside = in_b;
    return none == 0;
}

static void by_sorting(norni_quantile_band *band, const double *x, size_t n, double centre,
                       double *sorted, double found[2]) {
    memcpy(sorted, x, n * sizeof *sorted);
    norni_sort_doubles(sorted, n);
    for (int s = 0; s < 2; s++) {
        const rank r = rank_of(band->p[s], n);
        const size_t reach = (size_t)(wanted(n) / 2);
        const double from = sorted[r.k > reach ? r.k - reach : 0],
                     to = sorted[r.k + reach < n ? r.k + reach : n - 1];
        const bool seen = !isnan(sorted[n - 1]);
        found[s] =
            !seen ? NORNI_NAN : between(sorted[r.k], sorted[r.k + 1 < n ? r.k + 1 : r.k], r.weight);
        const double half = to - found[s] > found[s] - from ? to - found[s] : found[s] - from;
        band->guess[s] = (norni_quantile_guess){found[s] - centre, isfinite(half) ? half : -1};
    }
}

void norni_quantile_band_find(norni_quantile_band *band, const double *x, size_t n, double centre,
                              double *scratch, double *lower, double *upper) {
    norni_quantile_guess *g = band->guess;
    double found[2];
    bool done = false;
    if (g[0].half >= 0 && g[1].half >= 0) {
        bracket b[2];
        for (int s = 0; s < 2; s++)
            b[s] = (bracket){.from = centre + g[s].offset - g[s].half,
                             .to = centre + g[s].offset + g[s].half};
        done = gather(x, n, &b[0], &b[1], scratch, scratch + n);
        for (int s = 0; s < 2 && done; s++) {
            const rank r = rank_of(band->p[s], n);
            const size_t last = r.weight > 0 && r.k + 1 < n ? r.k + 1 : r.k;
            done = r.k >= b[s].below && last < b[s].below + b[s].inside;
            if (!done) break;
            found[s] =
                from_selected(scratch + (size_t)s * n, b[s].inside, r.k - b[s].below, r.weight);
            double ratio = sqrt(wanted(n) / (double)b[s].inside);
            ratio = ratio < 0.5 ? 0.5 : ratio > 1.5 ? 1.5 : ratio;
            g[s] = (norni_quantile_guess){found[s] - centre, g[s].half * ratio};
        }
    }
    if (!done) by_sorting(band, x, n, centre, scratch, found);
    *lower = found[0];
    *upper = found[1];
}
