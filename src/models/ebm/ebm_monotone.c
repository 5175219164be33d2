/* A main term of an EBM made monotone after the fit: isotonic regression of its scores. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source: Barlow, Bartholomew, Bremner, Brunk, "Statistical Inference under Order Restrictions", 1972:
 * neighbours in the wrong order are pooled into their weighted mean. The score of missing and unseen
 * values stays, and so does the term's weighted mean over the values' bins. Each bag's scores move with
 * the mean's, so that the bags' spread stays what it was. */
#include <math.h>

#include "models/ebm/ebm.h"

typedef struct pool {
    double mean, weight;
    size_t end; /* bins up to here, counted from the first value's */
} pool;

/* Pools of score (n) in ascending order (of -score when sign is -1); empty bins take their neighbours'
 * value by a weight too small to be seen beside a row's. Returns how many. */
static size_t pool_bins(const double *score, const double *weight, size_t n, double sign,
                        double least, pool *at) {
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        pool p = {sign * score[i], weight[i] > least ? weight[i] : least, i + 1};
        while (used && at[used - 1].mean >= p.mean) {
            const pool *q = &at[--used];
            const double w = q->weight + p.weight;
            p.mean += (q->mean - p.mean) * (q->weight / w);
            p.weight = w;
        }
        at[used++] = p;
    }
    return used;
}

/* Writes the pools' means and returns the weighted sum of squares by which they differ. */
static double spread_pools(const pool *at, size_t used, const double *score, const double *weight,
                           double sign, double *out) {
    double sum = 0;
    for (size_t k = 0, i = 0; k < used; k++) {
        for (; i < at[k].end; i++) {
            const double d = (out[i] = sign * at[k].mean) - score[i];
            sum += weight[i] * d * d;
        }
    }
    return sum;
}

static double weighted_mean(const double *x, const double *w, size_t n) {
    double sum = 0, all = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * w[i], all += w[i];
    return all > 0 ? sum / all : 0;
}

norn_status norni_ebm_monotonise(norni_ebm *m, size_t term, int direction, norni_arena *scratch,
                                 norn_err *err) {
    if (term >= m->n_terms)
        return norn_fail(err, NORN_E_ARG, "ebm: term %zu of %zu", term, m->n_terms);
    norni_ebm_term *t = &m->term[term];
    if (t->n_axes != 1 || m->mains[t->column[0]].kind == NORNI_FEATURE_NOMINAL)
        return norn_fail(err, NORN_E_ARG, "ebm: term %zu is not of one feature with an order",
                         term);
    if (direction < -1 || direction > 1)
        return norn_fail(err, NORN_E_ARG, "ebm: direction %d, allowed are -1, 0 and 1", direction);
    if (t->n_bins[0] < 4) return NORN_OK; /* one bin of values */
    const size_t n = t->n_bins[0] - 2;
    double *score = t->score + 1, *weight = t->weight + 1;
    double *up = norni_arena_get(scratch, n, sizeof *up),
           *down = norni_arena_get(scratch, n, sizeof *down);
    pool *at = norni_arena_get(scratch, n, sizeof *at);
    if (up == NULL || down == NULL || at == NULL)
        return norni_alloc_fail(err, "ebm", n, sizeof *at);
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = weight[i] > most ? weight[i] : most;
    const double least = most > 0 ? ldexp(most, -60) : 1;
    const double off_up =
        spread_pools(at, pool_bins(score, weight, n, 1, least, at), score, weight, 1, up);
    const double off_down =
        spread_pools(at, pool_bins(score, weight, n, -1, least, at), score, weight, -1, down);
    const double *to = direction > 0 ? up : direction < 0 ? down : off_up <= off_down ? up : down;
    const double shift = weighted_mean(score, weight, n) - weighted_mean(to, weight, n);
    for (size_t i = 0; i < n; i++) {
        const double move = to[i] + shift - score[i];
        for (size_t b = 0; b < m->n_bags; b++)
            t->bagged[b * t->n_bins[0] + 1 + i] += move;
        score[i] = to[i] + shift;
    }
    return NORN_OK;
}
