/* Percentiles of returns and the mean of the worst of them, by selection in a tail. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Most of a series is nowhere near its 5th percentile: values beyond 1.2 standard deviations are gathered first, and the order statistic is
 * looked for among them (Hoare's selection). Where too few of them lie there, all are looked through: the result is the same. */
#include <math.h>

#include "base/fp.h"
#include "num/select_rank.h"
#include "portfolio/portfolio_metrics_sums.h"

/* The values of sign * x that lie below `edge`, in out; at least `want` of them, or all. */
static size_t gather(const double *x, size_t n, double sign, double edge, size_t want,
                     double *out) {
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = sign * x[i];
        out[count] = v;
        count += v < edge;
    }
    if (count >= want) return count;
    for (size_t i = 0; i < n; i++)
        out[i] = sign * x[i];
    return n;
}

/* As numpy has it: exact at both ends. */
static double between(double a, double b, double weight) {
    if (weight <= 0 || a == b) return a;
    return weight < 0.5 ? a + (b - a) * weight : b - (b - a) * (1 - weight);
}

/* Quantile at position `at` among the sorted (of n in all); tail (count) holds the smallest, enough of them. Orders the tail up to it. */
static double quantile(double *tail, size_t count, double at, size_t *k) {
    *k = (size_t)at;
    if (*k > count - 1) *k = count - 1;
    norni_select_rank(tail, count, *k);
    const double weight = at - (double)*k;
    if (weight <= 0 || *k + 1 >= count) return tail[*k];
    double next = tail[*k + 1];
    for (size_t i = *k + 2; i < count; i++)
        next = tail[i] < next ? tail[i] : next;
    return between(tail[*k], next, weight);
}

norni_port_tails norni_port_tails_of(const double *x, size_t n, double cutoff, double mean,
                                     double deviation, double *scratch) {
    norni_port_tails t;
    const double last = (double)(n - 1), reach = 1.2 * deviation;
    const double at5 = last * 0.05, at95 = last * 0.95, at = last * cutoff;
    size_t k, want = (size_t)fmin(last, fmax(at5, at)) + 2;
    if (want > n) want = n;
    size_t count = gather(x, n, 1, mean - reach, want, scratch);
    t.p5 = quantile(scratch, count, at5, &k);
    t.at_cutoff = quantile(scratch, count, at, &k);
    t.below = norni_sum_tree(scratch, k + 1) / (double)(k + 1);
    /* the upper one: order statistics k and k + 1 from below are n - 1 - k and n - 2 - k from above */
    const size_t low = (size_t)at95, above = n - 1 - low;
    count = gather(x, n, -1, -mean - reach, above + 1, scratch);
    norni_select_rank(scratch, count, above);
    double next = -scratch[above];
    if (above > 0) {
        double best = scratch[0];
        for (size_t i = 1; i < above; i++)
            best = scratch[i] > best ? scratch[i] : best;
        next = -best;
    }
    t.p95 = between(-scratch[above], next, at95 - (double)low);
    return t;
}
