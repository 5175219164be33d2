/* Prediction intervals for every step of a horizon from out-of-fold errors. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Split conformal prediction (Vovk, Gammerman and Shafer, "Algorithmic learning in a random world",
 * 2005; Lei and others, JASA 113, 2018): of n errors the ceil((n+1) level)-th smallest covers a further
 * one with that probability, whatever the model. Each step of the horizon has its own errors. Where
 * these are too few for the widest level (19 for 95 %), the errors of all steps are pooled, each
 * divided by its step's mean, and what covers them is multiplied by the step's mean again. */
#include "eval/step_band.h"

#include <math.h>

#include "base/fp.h"
#include "base/sort.h"
#include "eval/conformal.h"

/* The step's errors, ascending; their number. */
static size_t take_step(const double *miss, size_t n_origins, size_t horizon, size_t h,
                        double *out) {
    size_t n = 0;
    for (size_t k = 0; k < n_origins; k++) {
        const double e = miss[k * horizon + h];
        if (isfinite(e)) out[n++] = e;
    }
    norni_sort_doubles(out, n);
    return n;
}

static double mean_of_sorted(const double *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n > 0 ? sum / (double)n : NORNI_NAN;
}

/* Everybody's errors in units of their step's mean, ascending; their number. */
static size_t take_all(const double *miss, size_t n_origins, size_t horizon, double *mean,
                       double *own, double *pool) {
    size_t n = 0;
    for (size_t h = 0; h < horizon; h++) {
        const size_t n_own = take_step(miss, n_origins, horizon, h, own);
        mean[h] = mean_of_sorted(own, n_own);
        for (size_t i = 0; i < n_own; i++)
            pool[n++] = mean[h] > 0 ? own[i] / mean[h] : 0;
    }
    norni_sort_doubles(pool, n);
    return n;
}

norn_status norni_step_band(norni_arena *scratch, const double *miss, size_t n_origins,
                            size_t horizon, const norni_doubles *levels, double *half,
                            size_t *n_without, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    double *own = norni_arena_get(scratch, n_origins, sizeof *own),
           *pool = norni_arena_get(scratch, n_origins * horizon, sizeof *pool),
           *mean = norni_arena_get(scratch, horizon, sizeof *mean);
    *n_without = 0;
    if (!own || !pool || !mean)
        return norni_alloc_fail(err, "intervals", n_origins * horizon, sizeof *pool);
    const size_t n_pool = take_all(miss, n_origins, horizon, mean, own, pool);
    for (size_t h = 0; levels->n > 0 && h < horizon; h++) {
        const size_t n_own = take_step(miss, n_origins, horizon, h, own);
        const bool alone = norni_conformal_rank(n_own, levels->v[levels->n - 1]) > 0;
        bool all = true;
        for (size_t l = 0; l < levels->n; l++) {
            const size_t rank = norni_conformal_rank(alone ? n_own : n_pool, levels->v[l]);
            half[l * horizon + h] = rank == 0 ? NORNI_NAN
                                    : alone   ? own[rank - 1]
                                              : pool[rank - 1] * mean[h];
            all = all && isfinite(half[l * horizon + h]);
        }
        *n_without += !all;
    }
    norni_arena_rewind(scratch, mark);
    return NORN_OK;
}
