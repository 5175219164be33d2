/* One-step fitted values of ADIDA and IMAPA: the forecasts from every prefix of the series. */
/* SPDX-License-Identifier: Apache-2.0 */
/* As in statsforecast 2.1.1, the value at t is what the model says of y_1 .. y_{t-1} alone, lengths
 * of buckets and alpha included. There every one is a fit of its own, O(n^2 levels searches). Here
 * each length L and each of its L alignments is walked through once: a bucket more is one step of the
 * 16 lanes of level_grid.c, and the best alpha between them is read off by interpolation
 * (forecasts within some 1e-8 of an exact search's). That is O(n) a length; IMAPA leaves out lengths
 * for which n times their number would pass 2^25. */
#include <math.h>

#include "base/fp.h"
#include "models/croston/adida.h"
#include "models/croston/level_grid.h"

enum { MOST_STEPS = 1 << 25 };

size_t norni_adida_interval(size_t last, size_t n) {
    if (n == 0) return 1;
    const double mean = (double)last / (double)n; /* intervals are 1 and more: so is their mean */
    return (size_t)nearbyint(mean);
}

typedef struct prefixes {
    size_t n;       /* observed periods */
    double *sum;    /* (n + 1) of the first c of them */
    size_t *length; /* (n + 1) mean interval among the first c of them */
    double *mean;   /* (n + 1) forecast from them */
} prefixes;

static norn_status fill_prefixes(const adida_state *st, norni_arena *arena, prefixes *p,
                                 norn_err *err) {
    const norni_demand *d = &st->demand;
    const size_t n = d->n_seen;
    *p = (prefixes){.n = n};
    p->sum = norni_arena_get(arena, 2 * (n + 1), sizeof *p->sum);
    p->length = norni_arena_get(arena, n + 1, sizeof *p->length);
    if (!p->sum || !p->length) return norni_alloc_fail(err, st->name, n + 1, 3 * sizeof *p->sum);
    p->mean = p->sum + n + 1;
    size_t cap = st->all ? MOST_STEPS / (n + 1) : SIZE_MAX;
    if (cap < 1) cap = 1;
    norni_sum total = {0, 0};
    for (size_t c = 0, k = 0; c <= n; c++) {
        if (k < d->n && d->at[k] == c) total = norni_sum_add(total, d->size[k++]);
        p->sum[c] = norni_sum_get(total);
        const size_t length = k ? norni_adida_interval(d->at[k - 1], k) : 1;
        p->length[c] = length < cap ? length : cap;
        p->mean[c] = 0;
    }
    return NORN_OK;
}

/* All alignments of buckets of `length` periods. False: cancelled. */
static bool walk(const adida_state *st, prefixes *p, size_t length, size_t last,
                 const norni_poll *poll) {
    size_t steps = 0;
    for (size_t start = 0; start < length && start + length <= last; start++) {
        norni_level_grid g = {.n = 0};
        for (size_t c = start + length; c <= last; c += length) {
            norni_level_grid_add(&g, p->sum[c] - p->sum[c - length]);
            const bool wanted = st->all ? p->length[c] >= length : p->length[c] == length;
            if (++steps % 8192 == 0 && norni_poll_stop(poll)) return false;
            if (!wanted) continue;
            double level;
            (void)norni_level_grid_best(&g, &level);
            p->mean[c] += level / (double)length;
        }
    }
    return true;
}

norn_status norni_adida_fitted(norni_env *env, const void *state, size_t g, double *out,
                               norn_err *err) {
    (void)g;
    const adida_state *st = state;
    prefixes p;
    NORN_TRY(fill_prefixes(st, env->arena, &p, err));
    size_t most = 1;
    for (size_t c = 0; c <= p.n; c++)
        most = p.length[c] > most ? p.length[c] : most;
    size_t *last = norni_arena_zero(env->arena, most + 1, sizeof *last); /* where still wanted */
    if (last == NULL) return norni_alloc_fail(err, st->name, most + 1, sizeof *last);
    for (size_t c = 0; c < p.n; c++)
        last[p.length[c]] = c;
    for (size_t l = most; l-- > 1 && st->all;)
        last[l] = last[l] > last[l + 1] ? last[l] : last[l + 1];
    for (size_t l = 1; l <= most; l++) {
        if (!walk(st, &p, l, last[l], &env->poll))
            return norn_fail(err, NORN_E_CANCEL, "%s: cancelled", st->name);
    }
    for (size_t t = 0, c = 0; t < st->s->n; t++) {
        const double mean = p.mean[c] / (st->all ? (double)p.length[c] : 1);
        out[t] = c ? ldexp(mean, st->demand.exponent) : NORNI_NAN;
        if (!isnan(st->s->y[t])) c++;
    }
    return NORN_OK;
}
