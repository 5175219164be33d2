/* Two quantiles of many rows of draws that look alike, each row in about one pass. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Selection by a bracket: one pass counts what lies below and gathers what lies inside a narrow
 * interval that should hold the order statistics sought (Floyd and Rivest 1975, "Expected time
 * bounds for selection"); those few are then selected by Hoare's method. Departing from the paper,
 * the interval is the last row's, not a sample's. A miss costs a second, wider pass, and then
 * a sort. */
#include "num/quantile_band.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/fp.h"
#include "base/sort.h"
#include "num/select_rank.h"

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

static double from_selected(double *x, size_t n, size_t k, double weight) {
    norni_select_rank(x, n, k);
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

typedef double lanes __attribute__((vector_size(32)));
typedef int64_t counts __attribute__((vector_size(32)));
enum { LANES = 4 };

/* How many of x (n) lie below the brackets; false: it holds a NaN. */
static bool count_below(const double *x, size_t n, bracket *lower, bracket *upper) {
    const double from_a = lower->from, from_b = upper->from;
    const lanes a = {from_a, from_a, from_a, from_a}, b = {from_b, from_b, from_b, from_b};
    counts below_a = {0}, below_b = {0}, none = {0}; /* a comparison that holds is -1 */
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes v;
        memcpy(&v, x + i, sizeof v);
        below_a -= v < a;
        below_b -= v < b;
        none -= v != v;
    }
    lower->below = upper->below = 0;
    int64_t n_none = 0;
    for (; i < n; i++) {
        lower->below += x[i] < from_a;
        upper->below += x[i] < from_b;
        n_none += isnan(x[i]);
    }
    for (size_t k = 0; k < LANES; k++) {
        lower->below += (size_t)below_a[k];
        upper->below += (size_t)below_b[k];
        n_none += none[k];
    }
    return n_none == 0;
}

/* What lies inside the brackets, into `a` and `b`, by way of one list and without branches. */
static void gather(const double *x, size_t n, bracket *lower, bracket *upper, double *a,
                   double *b) {
    const double af = lower->from, at = lower->to, bf = upper->from, bt = upper->to;
    size_t n_inside = 0, in_a = 0, in_b = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = x[i];
        a[n_inside] = v;
        n_inside += (size_t)(((v >= af) & (v <= at)) | ((v >= bf) & (v <= bt)));
    }
    for (size_t i = 0; i < n_inside; i++) {
        const double v = a[i];
        b[in_b] = v;
        in_b += (size_t)((v >= bf) & (v <= bt));
        a[in_a] = v;
        in_a += (size_t)((v >= af) & (v <= at));
    }
    lower->inside = in_a;
    upper->inside = in_b;
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

/* By brackets `wide` times as wide as guessed; false: one of them does not hold what is sought. */
static bool by_brackets(norni_quantile_band *band, const double *x, size_t n, double centre,
                        double wide, double *scratch, double found[2]) {
    norni_quantile_guess *g = band->guess;
    bracket b[2];
    for (int s = 0; s < 2; s++)
        b[s] = (bracket){.from = centre + g[s].offset - wide * g[s].half,
                         .to = centre + g[s].offset + wide * g[s].half};
    if (!count_below(x, n, &b[0], &b[1])) return false;
    gather(x, n, &b[0], &b[1], scratch, scratch + n);
    for (int s = 0; s < 2; s++) {
        const rank r = rank_of(band->p[s], n);
        const size_t last = r.weight > 0 && r.k + 1 < n ? r.k + 1 : r.k;
        if (r.k < b[s].below || last >= b[s].below + b[s].inside) return false;
    }
    for (int s = 0; s < 2; s++) {
        const rank r = rank_of(band->p[s], n);
        found[s] = from_selected(scratch + (size_t)s * n, b[s].inside, r.k - b[s].below, r.weight);
        const double ratio = sqrt(wanted(n) / (double)b[s].inside);
        g[s].offset = found[s] - centre;
        g[s].half *= ratio < 0.5 ? 0.5 : ratio > 1.5 ? 1.5 : ratio;
    }
    return true;
}

void norni_quantile_band_find(norni_quantile_band *band, const double *x, size_t n, double centre,
                              double *scratch, double *lower, double *upper) {
    double found[2];
    const bool guessed = band->guess[0].half >= 0 && band->guess[1].half >= 0;
    if (!guessed || (!by_brackets(band, x, n, centre, 1, scratch, found) &&
                     !by_brackets(band, x, n, centre, 3, scratch, found)))
        by_sorting(band, x, n, centre, scratch, found);
    *lower = found[0];
    *upper = found[1];
}
