/* Prophet's maximum a posteriori where the problem is not convex: climbs from several starts. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Multiplicative terms and logistic growth make the posterior a landscape with more than one peak.
 * Every climb (prophet_climb_step.c) ends on one, to first-order conditions; starts are few, fixed,
 * and chosen for the ways in which peaks differ (prophet_climb_start.c):
 *   Prophet's own: k and m through the first and last points, no rate changes, no terms
 *   with few rows, where climbs cost little and peaks are many: the fits of the trend alone, of the
 *     same model with additive terms, with a stiffer and with a looser trend
 *   from the highest peak so far: at another sigma; logistic: with the first rate turned round
 * The highest peak is the answer. But where rows can be met exactly, as they can when there are more
 * unknowns than rows, the posterior rises without end as sigma falls, and the height says nothing:
 * a peak with a sigma of its own goes before one on the way to the least, CLIMB_SIGMA_LEAST, whose
 * fit->stop is NORN_STOP_STALLED as prophet_posterior.h says.
 * A warm start takes the place of the first two, if it is no worse than Prophet's. */
#include "models/prophet/prophet_climb_parts.h"
#include "models/prophet/prophet_solve.h"

#include <string.h>

#include "base/fp.h"

enum { FEW_ROWS = 200 };
#define HIGHER       1e-9 /* by which a later peak must be higher: ties go to the first */
#define SIGMA_PROPER 1e-6 /* of y's scale: less comes of rows met exactly */

typedef struct search {
    const climb_ground *g;
    climb_point best, at, other[2]; /* other: scratch */
    climb_slopes best_slopes, slopes;
    climb_found best_found;
    int32_t passes;
} search;

static norn_status search_make(search *s, const climb_ground *g, norn_err *err) {
    *s = (search){.g = g, .best_found.stop = NORN_STOP_STALLED};
    if (climb_point_make(&s->best, g) && climb_point_make(&s->at, g) &&
        climb_point_make(&s->other[0], g) && climb_point_make(&s->other[1], g) &&
        climb_slopes_make(&s->slopes, g) && climb_slopes_make(&s->best_slopes, g))
        return NORN_OK;
    return norn_fail(err, NORN_E_MEM, "prophet: no memory for %zu rows", g->n);
}

static bool proper(const search *s, const climb_point *at) {
    return at->sigma > SIGMA_PROPER || s->g->n > s->g->n_unknown;
}

/* Whether the peak in s->at replaces the best. */
static bool wins(const search *s, const climb_found *found) {
    const bool at_proper = proper(s, &s->at), best_proper = proper(s, &s->best);
    if (s->best.value == NORNI_INF) return true;
    if (found->stop == NORN_STOP_STALLED && at_proper) return false; /* no peak: it gave up below */
    if (at_proper != best_proper) return at_proper;
    return s->at.value < s->best.value - HIGHER;
}

/* Climbs from s->at's x, and keeps the peak if it is the best. */
static norn_status attempt(search *s, bool to_the_end, norn_err *err) {
    climb_found found = {0};
    if (!climb_evaluate(s->g, &s->at)) return climb_cancelled(err);
    if (s->at.value == NORNI_INF) return NORN_OK;
    NORN_TRY(climb_up(s->g, &s->at, s->other, &s->slopes, to_the_end ? NORNI_INF : s->best.value,
                      &found, err));
    s->passes += found.passes;
    if (!wins(s, &found)) return NORN_OK;
    const climb_point p = s->best;
    const climb_slopes q = s->best_slopes;
    s->best = s->at, s->best_slopes = s->slopes, s->best_found = found;
    s->at = p, s->slopes = q;
    return NORN_OK;
}

/* Prophet's start; a flat one of middling height where that has no posterior. */
static norn_status prophets_start(search *s, norni_prophet_fit *fit, norn_err *err) {
    const norni_prophet_problem *p = s->g->problem;
    norni_prophet_start(p, fit);
    climb_from_fit(s->g, fit, s->at.x);
    if (!climb_evaluate(s->g, &s->at)) return climb_cancelled(err);
    if (!(s->at.value < NORNI_INF)) memset(s->at.x, 0, s->g->n_unknown * sizeof *s->at.x);
    return NORN_OK;
}

static norn_status simple_starts(search *s, norn_err *err) {
    bool any;
    if (s->g->n > FEW_ROWS) return NORN_OK;
    for (int how = 0; how < CLIMB_SIMPLER; how++) {
        NORN_TRY(climb_start_simple(s->g, (climb_simpler)how, s->at.x, &any, err));
        if (any) NORN_TRY(attempt(s, false, err));
    }
    return NORN_OK;
}

/* From the best peak on, until nothing higher is found. */
static norn_status further(search *s, bool turn, norn_err *err) {
    bool any;
    if (turn && climb_start_turned(s->g, &s->best, s->at.x)) NORN_TRY(attempt(s, false, err));
    for (int larger = 0; larger < 2; larger++) {
        NORN_TRY(climb_start_far(s->g, &s->best, &s->best_slopes, larger == 1, s->at.x, &any, err));
        if (any) NORN_TRY(attempt(s, false, err));
    }
    return NORN_OK;
}

static norn_status climb_all(search *s, const norni_prophet_fit *warm, norni_prophet_fit *fit,
                             norn_err *err) {
    bool from_warm = false;
    NORN_TRY(prophets_start(s, fit, err));
    if (warm != NULL) {
        const double cold = s->at.value;
        climb_from_fit(s->g, warm, s->other[0].x);
        if (!climb_evaluate(s->g, &s->other[0])) return climb_cancelled(err);
        from_warm = s->other[0].value <= cold;
        if (from_warm) memcpy(s->at.x, s->other[0].x, s->g->n_unknown * sizeof *s->at.x);
    }
    NORN_TRY(attempt(s, true, err));
    if (!from_warm) NORN_TRY(simple_starts(s, err));
    return further(s, !from_warm, err);
}

norn_status norni_prophet_climb(norni_arena *arena, const norni_poll *poll,
                                const norni_prophet_problem *p, const norni_prophet_fit *warm,
                                norni_prophet_fit *fit, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    climb_ground g;
    search s;
    norn_status status = climb_ground_make(&g, arena, poll, p, err);
    if (status == NORN_OK) status = search_make(&s, &g, err);
    if (status == NORN_OK) status = climb_all(&s, warm, fit, err);
    if (status == NORN_OK) {
        climb_to_fit(&g, &s.best, fit);
        fit->kkt = s.best_found.kkt;
        fit->exact = false;
        fit->passes = s.passes;
        fit->stop = s.best_found.stop;
    }
    norni_arena_rewind(arena, mark);
    return status;
}
