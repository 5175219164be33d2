/* What speaks for one form of complex exponential smoothing against another. */
/* SPDX-License-Identifier: Apache-2.0 */
/* aicc: n log SSE + 2k + 2k(k+1)/(n-k-1), k = 3, 3, 4, 5 as statsforecast counts.
 *
 * horizon: one-step errors say little of forecasts a season ahead; on M4's hourly series AICc hardly
 * ever takes the simple form, which halves the errors of the others there. So nine parts of the
 * logarithm come from the mean absolute error A over the horizon asked for, from origins all along
 * the series (parameters and first state as fitted), and one from the squares:
 *   n (0.1 log SSE + 0.9 log A^2) + 2k + 2k(k+1)/(n-k-1),
 * k = 2m + 1 for simple, whose seasons each have both states. The weight was chosen on the shared M4
 * half and M3: OWA of M4's quarterly series 0.907 by aicc, 0.892 by horizon; hourly 0.80 and 0.52
 * (damping 1); weights from 0.6 to 1 do nearly as well. */
#include "models/ces/ces_choose.h"

#include <math.h>

#include "base/fp.h"

enum { MOST_ORIGINS = 256 };
#define AHEAD 0.9

static double penalty(double k, double n) {
    return n - k - 1 > 0 ? 2 * k + 2 * k * (k + 1) / (n - k - 1) : NORNI_INF;
}

/* Sums of squares below what rounding leaves count as that, so that the simpler form wins. */
static double log_sse(double sse, const ces_data *d) {
    const double noise = 1e-15 * d->largest, least = (double)d->n_seen * noise * noise + 1e-300;
    return norni_log(sse > least ? sse : least);
}

double ces_aicc(ces_form form, double sse, const ces_data *d) {
    static const double counts[] = {3, 3, 4, 5};
    const double n = (double)d->n_seen;
    return n * log_sse(sse, d) + penalty(counts[form], n);
}

/* Mean absolute error over the horizon; NaN when there is none. */
static bool errors_ahead(const ces_data *d, const ces_walk *first, double damping, size_t horizon,
                         norni_arena *arena, double *mean, bool *full) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const size_t from = d->m, origins = d->n > from + 1 ? d->n - from - 1 : 0,
                 every = origins / MOST_ORIGINS + 1, most = horizon < d->n ? horizon : d->n;
    ces_walk w, ahead;
    double *work = norni_arena_get(arena, most, 2 * sizeof *work), sum = 0;
    size_t count = 0;
    *full = !work || !ces_walk_copy(first, arena, &w) || !ces_walk_copy(first, arena, &ahead);
    for (size_t t = 0; t + 1 < d->n && !*full; t++) {
        if (t >= from && (t - from) % every == 0) {
            const size_t left = d->n - t, steps = left < most ? left : most;
            ces_walk_become(&ahead, &w);
            double *path = work + most;
            ces_walk_ahead(&ahead, damping, steps, work, path);
            for (size_t h = 0; h < steps; h++) {
                if (isnan(d->y[t + h])) continue;
                sum += fabs(d->y[t + h] - path[h]);
                count++;
            }
            if (norni_poll_stop(&d->poll)) return false;
        }
        (void)ces_walk_step(&w, d->y[t]);
    }
    norni_arena_rewind(arena, mark);
    *mean = count ? sum / (double)count : NORNI_NAN;
    return !*full;
}

bool ces_score(const ces_data *d, ces_select by, const ces_walk *first, double sse, double damping,
               size_t horizon, norni_arena *arena, double *score, bool *full) {
    const double counts[] = {3, 2 * (double)d->m + 1, 4, 5}, n = (double)d->n_seen;
    double mean = NORNI_NAN;
    *full = false;
    if (by == CES_BY_HORIZON && !errors_ahead(d, first, damping, horizon, arena, &mean, full))
        return false;
    if (isnan(mean)) {
        *score = ces_aicc(first->form, sse, d);
        return true;
    }
    *score = n * ((1 - AHEAD) * log_sse(sse, d) + AHEAD * log_sse(mean * mean * n, d)) +
             penalty(counts[first->form], n);
    return true;
}
