/* One trial: one model fitted to one training set (or moved on to its end), and its forecast. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/trial.h"

#include <math.h>

#include "base/clock.h"

int32_t norni_trial_season(const norni_panel *p, size_t i, const norni_trial_rules *rules) {
    return rules->seasons.n > 0 ? rules->seasons.v[0] : norni_freq_season(p->freq[i]);
}

norni_series norni_trial_series(const norni_panel *p, size_t i, size_t begin, size_t cutoff,
                                const norni_trial_rules *rules, const norni_contender *who,
                                int32_t *season) {
    norni_series s = {.n = cutoff - begin,
                      .y = norni_panel_y(p, i) + begin,
                      .start = p->start[i],
                      .freq = p->freq[i],
                      .horizon = rules->horizon,
                      .holidays = rules->holidays};
    if (begin > 0) s.start = norni_panel_time(p, i, begin);
    if (p->times) s.times = p->times + p->offsets[i] + begin;
    if (who->season == 0 && rules->seasons.n > 0) {
        s.season = rules->seasons.v;
        s.n_season = rules->seasons.v[0] > 1 ? rules->seasons.n : 0;
        return s;
    }
    *season = who->season > 0 ? who->season : norni_freq_season(p->freq[i]);
    s.season = season;
    s.n_season = *season > 1 ? 1 : 0;
    return s;
}

/* The state at the cut-off, without a fit. */
static norn_status move_on(norni_env *env, const norni_trial *t, void **state, norn_err *err) {
    const norni_model *m = t->who->model;
    NORN_TRY(m->load(env, t->who->opt, t->warm, state, err));
    return m->update(env, *state, &t->series, err);
}

static norn_status fit(norni_env *env, const norni_trial *t, void **state, norn_err *err) {
    const norni_model *m = t->who->model;
    const norni_group group = {1, &t->series};
    if (m->validate) NORN_TRY(m->validate(t->who->opt, &t->series, err));
    env->warm = t->warm;
    return m->fit(env, t->who->opt, &group, state, err);
}

norni_effort norni_trial_effort(const norni_trial_rules *rules) {
    norni_effort e = {.limit = rules->budget_evals};
    if (rules->budget_ns > 0) e.deadline_ns = norni_clock_ns() + rules->budget_ns;
    return e;
}

norn_status norni_trial_run(norni_env *env, const norni_trial_rules *rules, const norni_trial *t,
                            bool want_levels, norni_dist *d, void **state, norn_err *err) {
    const norni_model *m = t->who->model;
    const size_t h = rules->horizon;
    env->models = rules->models;
    norn_status st = t->moves ? move_on(env, t, state, err) : fit(env, t, state, err);
    *d = (norni_dist){.kind = NORNI_DIST_POINT, .horizon = h};
    d->mean = norni_arena_get(env->arena, h, sizeof(double));
    d->sd = norni_arena_get(env->arena, h, sizeof(double));
    if (st == NORN_OK && (d->mean == NULL || d->sd == NULL))
        st = norni_alloc_fail(err, "evaluate", h, sizeof(double));
    if (st == NORN_OK) st = m->predict(env, *state, 0, h, want_levels, d, err);
    for (size_t k = 0; st == NORN_OK && k < h; k++) {
        if (!isfinite(d->mean[k]))
            st = norn_fail(err, NORN_E_NUMERIC, "%s: the forecast of step %zu is not finite",
                           m->name, k + 1);
    }
    return st;
}
