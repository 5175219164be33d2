/* What a model sees of a series: its training set, and exogenous columns over the horizon. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/cv_view.h"

#include <math.h>

/* A column over the training set; where y is missing, its own gaps do not matter. */
static norn_status known_column(const norni_series *s, norni_str name, const double **x,
                                norni_arena *arena, norn_err *err) {
    double *copy = NULL;
    for (size_t t = 0; t < s->n; t++) {
        if (isfinite((*x)[t])) continue;
        if (!isnan(s->y[t]))
            return norn_fail(err, NORN_E_DATA,
                             "exogenous column '%.*s' has no value where the series has one",
                             (int)(name.n > 60 ? 60 : name.n), name.p);
        if (copy == NULL) {
            copy = norni_arena_get(arena, s->n, sizeof *copy);
            if (copy == NULL) return norni_alloc_fail(err, "evaluate", s->n, sizeof *copy);
            memcpy(copy, *x, s->n * sizeof *copy);
            *x = copy;
        }
        copy[t] = 0;
    }
    return NORN_OK;
}

/* Exogenous columns: over the training set, and known over the horizon. */
static norn_status add_exogenous(const norni_cv *cv, const norni_cv_place *p, norni_arena *arena,
                                 norni_series *s, norn_err *err) {
    const norni_panel *panel = cv->panel;
    const norni_holdout *held = cv->plan->holdout;
    const size_t h = cv->plan->rules.horizon;
    const double **x = norni_arena_get(arena, 2 * panel->n_x, sizeof *x), **ahead = x + panel->n_x;
    if (x == NULL) return norni_alloc_fail(err, "evaluate", 2 * panel->n_x, sizeof *x);
    for (size_t c = 0; c < panel->n_x; c++) {
        const norni_str name = panel->x_names[c];
        const double *column = panel->x + c * panel->n_obs + panel->offsets[p->series];
        x[c] = column + p->begin;
        ahead[c] = held ? held->x[c] + p->series * h : column + p->cutoff;
        NORN_TRY(known_column(s, name, &x[c], arena, err));
        for (size_t k = 0; k < h; k++) {
            if (!isfinite(ahead[c][k]))
                return norn_fail(err, NORN_E_DATA,
                                 "exogenous column '%.*s' has no value at step %zu of the horizon",
                                 (int)(name.n > 60 ? 60 : name.n), name.p, k + 1);
        }
    }
    s->n_x = panel->n_x;
    s->x_name = panel->x_names;
    s->x = x;
    s->x_future = ahead;
    return NORN_OK;
}

norn_status norni_cv_view(const norni_cv *cv, const norni_cv_place *p, const norni_contender *who,
                          norni_arena *arena, int32_t *season, norni_series *s, norn_err *err) {
    *s = norni_trial_series(cv->panel, p->series, p->begin, p->cutoff, &cv->plan->rules, who,
                            season);
    if (cv->panel->n_x == 0 || !who->model->exogenous) return NORN_OK;
    return add_exogenous(cv, p, arena, s, err);
}
