/* Where the models stand: every item scored, each series' mean over its folds, each model's mean over
 * the series. */
/* SPDX-License-Identifier: Apache-2.0 */
/* OWA: Makridakis, Spiliotis, Assimakopoulos (2020): half the sum of mean sMAPE and mean MASE, each
 * over that of naive2. */
#include "eval/standing.h"

#include <math.h>

#include "eval/metrics.h"

typedef struct score_job {
    norni_scores *s;
} score_job;

static norn_status score_series(norni_worker *w, size_t series, void *arg, norn_err *err) {
    (void)w;
    (void)err;
    norni_scores *s = ((score_job *)arg)->s;
    const norni_cv *cv = s->cv;
    const norni_cv_plan *plan = cv->plan;
    const size_t h = plan->rules.horizon, ends = h * plan->rules.levels.n;
    for (size_t pair = 0; pair < plan->n_contenders * cv->n_folds; pair++) {
        const size_t item = series * plan->n_contenders * cv->n_folds + pair;
        const norni_cv_place p = norni_cv_place_of(cv, item);
        norni_score_scale *scale = &s->scale[series * cv->n_folds + p.fold];
        double *score = s->score + item * s->n_scores;
        if (p.contender == 0) {
            const size_t m = (size_t)norni_trial_season(cv->panel, p.series, &plan->rules);
            *scale = p.served ? norni_score_scale_of(norni_panel_y(cv->panel, p.series) + p.begin,
                                                     p.cutoff - p.begin, m)
                              : (norni_score_scale){NORNI_NAN, NORNI_NAN, NORNI_NAN};
        }
        if (norni_cv_served(cv, item) != NULL) {
            norni_score_item(norni_cv_actual(cv, item), cv->mean + item * h, cv->lo + item * ends,
                             cv->hi + item * ends, h, &plan->rules.levels, scale, score);
            continue;
        }
        for (size_t k = 0; k < s->n_scores; k++)
            score[k] = norni_canonical(NORNI_NAN);
    }
    return NORN_OK;
}

norn_status norni_scores_make(norn_ctx *ctx, norni_worker *worker, const norni_cv *cv,
                              norni_arena *arena, norni_scores *out, norn_err *err) {
    size_t n;
    *out = (norni_scores){.cv = cv, .n_scores = norni_score_count(cv->plan->rules.levels.n)};
    if (!norni_mul_size(cv->n_items, out->n_scores, &n)) n = SIZE_MAX;
    out->score = norni_arena_get(arena, n, sizeof *out->score);
    out->scale = norni_arena_get(arena, cv->n_series * cv->n_folds, sizeof *out->scale);
    if (!out->score || !out->scale) return norni_alloc_fail(err, "scores", n, sizeof(double));
    score_job job = {out};
    const norni_for_opt opt = {.grain = 16, .plumbing = true};
    return norni_for(ctx, worker, cv->n_series, score_series, &job, &opt, err);
}

norni_series_standing norni_standing_series(const norni_scores *s, size_t series, size_t contender,
                                            size_t baseline, double *mean) {
    const norni_cv *cv = s->cv;
    const size_t n_contenders = cv->plan->n_contenders;
    norni_series_standing of = {0};
    norni_mean owa[4] = {{.n = 0}};
    for (size_t k = 0; k < s->n_scores; k++) {
        norni_mean m = {.n = 0};
        for (size_t fold = 0; fold < cv->n_folds; fold++) {
            const size_t item = (series * n_contenders + contender) * cv->n_folds + fold;
            norni_mean_add(&m, s->score[item * s->n_scores + k]);
        }
        mean[k] = norni_mean_get(&m);
    }
    for (size_t fold = 0; fold < cv->n_folds; fold++) {
        const size_t item = (series * n_contenders + contender) * cv->n_folds + fold,
                     other = (series * n_contenders + baseline) * cv->n_folds + fold;
        const norni_outcome *o = &cv->outcome[item];
        if (o->attempts == 0) continue;
        of.seconds += o->seconds;
        if (o->status != NORN_OK) {
            of.n_failed++;
            continue;
        }
        of.n_folds++;
        if (o->fallback) of.n_fallback++;
        const double *mine = s->score + item * s->n_scores,
                     *theirs = s->score + other * s->n_scores;
        for (size_t k = 0; k < 2; k++) {
            const size_t what = k == 0 ? NORNI_SCORE_SMAPE : NORNI_SCORE_MASE;
            if (isnan(mine[what]) || isnan(theirs[what])) continue;
            norni_mean_add(&owa[2 * k], mine[what]);
            norni_mean_add(&owa[2 * k + 1], theirs[what]);
        }
    }
    of.smape = norni_mean_get(&owa[0]);
    of.base_smape = norni_mean_get(&owa[1]);
    of.mase = norni_mean_get(&owa[2]);
    of.base_mase = norni_mean_get(&owa[3]);
    return of;
}

norn_status norni_standing_init(norni_standing *t, norni_arena *arena, size_t horizon,
                                size_t n_levels, norn_err *err) {
    const size_t n = norni_score_count(n_levels);
    *t = (norni_standing){.n_series = 0};
    t->score = norni_arena_zero(arena, n, sizeof *t->score);
    if (t->score == NULL) return norni_alloc_fail(err, "scores", n, sizeof *t->score);
    return norni_calibration_init(&t->calibration, arena, horizon, n_levels, err);
}

static void add_folds(norni_standing *t, const norni_scores *s, size_t series, size_t contender) {
    const norni_cv *cv = s->cv;
    const size_t h = cv->plan->rules.horizon, ends = h * cv->plan->rules.levels.n;
    for (size_t fold = 0; fold < cv->n_folds; fold++) {
        const size_t item = (series * cv->plan->n_contenders + contender) * cv->n_folds + fold;
        if (norni_cv_served(cv, item) == NULL) continue;
        norni_calibration_add(&t->calibration, norni_cv_actual(cv, item), cv->mean + item * h,
                              cv->lo + item * ends, cv->hi + item * ends,
                              s->scale[series * cv->n_folds + fold].mase);
    }
}

void norni_standing_add(norni_standing *t, const norni_scores *s, size_t series, size_t contender,
                        const norni_series_standing *of, const double *mean) {
    for (size_t k = 0; k < s->n_scores; k++)
        norni_mean_add(&t->score[k], mean[k]);
    norni_mean_add(&t->smape, of->smape);
    norni_mean_add(&t->base_smape, of->base_smape);
    norni_mean_add(&t->mase, of->mase);
    norni_mean_add(&t->base_mase, of->base_mase);
    t->n_series += of->n_folds > 0;
    t->n_folds += of->n_folds;
    t->n_fallback += of->n_fallback;
    t->n_failed += of->n_failed;
    t->seconds += of->seconds;
    add_folds(t, s, series, contender);
}

double norni_series_owa(const norni_series_standing *of) {
    return norni_owa(of->smape, of->mase, of->base_smape, of->base_mase);
}

double norni_standing_owa(const norni_standing *t) {
    return norni_owa(norni_mean_get(&t->smape), norni_mean_get(&t->mase),
                     norni_mean_get(&t->base_smape), norni_mean_get(&t->base_mase));
}
