/* Ensembles of a run's learners, and the intervals of all its models. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The weights at origin k come from the errors of forecasts from earlier origins whose period had been
 * observed by then. Where little is known little is believed: they are drawn towards the last value
 * (`naive`) where it is a member, by 2 / origins, else towards equal weights, by members / origins; the
 * first origins' are that. What follows DATA is weighted by all origins. */
#include "app/multi_mix.h"

#include <math.h>

#include "app/multi_kept.h"
#include "base/fp.h"
#include "eval/mix.h"
#include "eval/step_band.h"

typedef struct mixer {
    norni_multi_job *j;
    size_t n;       /* members */
    size_t *member; /* (n) numbers of specs */
    size_t home;    /* the member that is the last value; n: there is none */
    double *e;      /* (n_windows * horizon, n) */
    double *w, *scratch;
} mixer;

static norn_status mixer_make(mixer *m, norni_multi_job *j, norn_err *err) {
    const size_t n = j->plan->n_learners;
    *m = (mixer){.j = j, .n = n};
    m->member = norni_arena_get(j->arena, n, sizeof *m->member);
    m->e =
        norni_arena_get(j->arena, (j->table->n_windows * j->plan->horizon + 1) * n, sizeof *m->e);
    m->w = norni_arena_get(j->arena, n, sizeof *m->w);
    m->scratch = norni_arena_get(j->arena, norni_mix_absolute_scratch(n), sizeof *m->scratch);
    if (!m->member || !m->e || !m->w || !m->scratch)
        return norni_alloc_fail(err, "ensemble", n, n * sizeof(double));
    m->home = n;
    for (size_t k = 0; k < n; k++) {
        m->member[k] = norni_multi_learner(j->plan, k);
        if (m->member[k] == norni_multi_yardstick(j->plan)) m->home = k;
    }
    return NORN_OK;
}

/* Weights from the windows whose actuals lie at or before `row`; not fitted: equal ones. */
static void weigh(mixer *m, size_t target, size_t row, bool fitted, double *w) {
    const norni_multi_table *t = m->j->table;
    const size_t h = m->j->plan->horizon, home = fitted ? m->home : m->n;
    size_t n = 0, n_used = 0;
    for (size_t k = 0; fitted && k < t->n_windows; k++) {
        const double *y = m->j->actual + (target * t->n_windows + k) * h;
        bool used = false;
        for (size_t s = 0; s < h && t->origin[k] + 1 + s <= row; s++) {
            bool good = isfinite(y[s]);
            for (size_t i = 0; i < m->n && good; i++) {
                const double e = y[s] - norni_multi_oof(m->j, m->member[i], target, k)[s];
                m->e[n * m->n + i] = e;
                good = isfinite(e);
            }
            n += good;
            used = used || good;
        }
        n_used += used;
    }
    const double pull = (home < m->n ? 2 : (double)m->n) / (n_used > 0 ? (double)n_used : 1);
    norni_mix_absolute(m->e, n, m->n, home, pull, w, m->scratch);
}

/* The members' forecasts of one step, weighted; those that have none are left out. */
static double combine(const mixer *m, const double *w,
                      double (*at)(const mixer *m, size_t member, size_t target, size_t window,
                                   size_t step),
                      size_t target, size_t window, size_t step) {
    double sum = 0, weight = 0, plain = 0, n = 0;
    for (size_t i = 0; i < m->n; i++) {
        const double x = at(m, m->member[i], target, window, step);
        if (!isfinite(x)) continue;
        sum += w[i] * x;
        weight += w[i];
        plain += x;
        n++;
    }
    return norni_canonical(weight > 1e-9 ? sum / weight : n > 0 ? plain / n : NORNI_NAN);
}

static double oof_at(const mixer *m, size_t member, size_t target, size_t window, size_t step) {
    return norni_multi_oof(m->j, member, target, window)[step];
}

static double ahead_at(const mixer *m, size_t member, size_t target, size_t window, size_t step) {
    (void)window;
    return norni_multi_ahead(m->j, member, target)[step];
}

static void mix_target(mixer *m, size_t spec, size_t target) {
    const norni_multi_job *j = m->j;
    const norni_multi_table *t = j->table;
    const norni_mix_opt *opt = j->plan->specs[spec].opt;
    const bool fitted = opt->weights == NORNI_MIX_FITTED;
    double *last = j->weight + (spec * t->n_targets + target) * m->n;
    for (size_t k = 0; k < t->n_windows; k++) {
        weigh(m, target, t->origin[k], fitted, m->w);
        double *to = norni_multi_oof(j, spec, target, k);
        for (size_t s = 0; s < j->plan->horizon; s++)
            to[s] = combine(m, m->w, oof_at, target, k, s);
    }
    if (j->kept == NULL) weigh(m, target, t->wide.n_rows - 1, fitted, last);
    double *to = norni_multi_ahead(j, spec, target);
    for (size_t s = 0; s < j->plan->horizon; s++)
        to[s] = combine(m, last, ahead_at, target, 0, s);
}

/* ---- errors and intervals ---- */

static norn_status take_misses(norni_multi_job *j, size_t spec, size_t target, norn_err *err) {
    const norni_multi_table *t = j->table;
    const size_t n = j->n_miss * j->plan->horizon;
    double *miss = j->miss + (spec * t->n_targets + target) * n, *kept = NULL;
    if (j->kept) {
        NORN_TRY(norni_multi_kept_errors(
            j->kept, j->plan->specs[spec].column, t->target[target], j->arena, &kept,
            j->plan->n_learners, j->weight + (spec * t->n_targets + target) * j->plan->n_learners,
            err));
        if (n > 0) memcpy(miss, kept, n * sizeof *miss);
        return NORN_OK;
    }
    const double *y = j->actual + target * n, *f = j->oof + (spec * t->n_targets + target) * n;
    for (size_t i = 0; i < n; i++)
        miss[i] = norni_canonical(fabs(y[i] - f[i]));
    return NORN_OK;
}

static norn_status band(norni_multi_job *j, size_t spec, size_t target, double *half,
                        norn_err *err) {
    const size_t h = j->plan->horizon, n_levels = j->plan->levels.n, n_specs = j->plan->n_specs,
                 at = (target * n_specs + spec) * n_levels * h;
    const double *mean = norni_multi_ahead(j, spec, target),
                 *miss = j->miss + (spec * j->table->n_targets + target) * j->n_miss * h;
    size_t n_without = 0;
    NORN_TRY(
        norni_step_band(j->arena, miss, j->n_miss, h, &j->plan->levels, half, &n_without, err));
    for (size_t i = 0; i < n_levels * h; i++) {
        j->lo[at + i] = norni_canonical(mean[i % h] - half[i]);
        j->hi[at + i] = norni_canonical(mean[i % h] + half[i]);
    }
    j->n_without += n_without > 0 && isfinite(mean[0]);
    return NORN_OK;
}

static norn_status make_room(norni_multi_job *j, double **half, norn_err *err) {
    const size_t n_pairs = j->plan->n_specs * j->table->n_targets, h = j->plan->horizon,
                 n_ends = n_pairs * j->plan->levels.n * h;
    j->n_miss = j->kept ? j->kept->n_windows : j->table->n_windows;
    j->weight = norni_arena_get(j->arena, n_pairs * j->plan->n_learners, sizeof *j->weight);
    j->miss = norni_arena_get(j->arena, n_pairs * j->n_miss * h, sizeof *j->miss);
    j->lo = norni_arena_get(j->arena, n_ends, sizeof *j->lo);
    j->hi = norni_arena_get(j->arena, n_ends, sizeof *j->hi);
    *half = norni_arena_get(j->arena, j->plan->levels.n * h, sizeof **half);
    if (!j->weight || !j->miss || !j->lo || !j->hi || !*half)
        return norni_alloc_fail(err, "ensemble", n_pairs, j->n_miss * h * sizeof(double));
    for (size_t i = 0; i < n_pairs * j->plan->n_learners; i++)
        j->weight[i] = norni_canonical(NORNI_NAN);
    return NORN_OK;
}

norn_status norni_multi_mix(norni_multi_job *j, norn_err *err) {
    const norni_multi_plan *plan = j->plan;
    mixer m;
    double *half = NULL;
    NORN_TRY(make_room(j, &half, err));
    NORN_TRY(mixer_make(&m, j, err));
    for (size_t s = 0; s < plan->n_specs; s++) {
        for (size_t i = 0; i < j->table->n_targets; i++) {
            const bool mixes = plan->specs[s].learner == NULL;
            if (j->kept) NORN_TRY(take_misses(j, s, i, err)); /* weights, too */
            if (mixes) mix_target(&m, s, i);
            if (!j->kept) NORN_TRY(take_misses(j, s, i, err));
            if (plan->levels.n > 0) NORN_TRY(band(j, s, i, half, err));
        }
    }
    return NORN_OK;
}
