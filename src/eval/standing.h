/* Where the models stand: every item scored, each series' mean over its folds, each model's mean over
 * the series. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_STANDING_H
#define NORNI_STANDING_H

#include "eval/calibration.h"
#include "eval/cv.h"
#include "eval/score.h"

/* Scores of all items of an answer. Lives in the arena it was made in. */
typedef struct norni_scores {
    const norni_cv *cv;
    size_t n_scores;
    double *score;            /* (n_items, n_scores); NaN where the item failed or is absent */
    norni_score_scale *scale; /* (n_series, n_folds) */
} norni_scores;
NORN_CHECKED norn_status norni_scores_make(norn_ctx *ctx, norni_worker *worker, const norni_cv *cv,
                                           norni_arena *arena, norni_scores *out, norn_err *err);

/* A model on one series: means over its folds. */
typedef struct norni_series_standing {
    size_t n_folds, n_fallback, n_failed;
    /* Of OWA: means over the folds where both it and the baseline are defined. */
    double smape, mase, base_smape, base_mase;
    double seconds;
} norni_series_standing;
/* mean (n_scores), NaN where no fold has the measure. `baseline`: the contender that OWA is against;
 * series counts from the answer's first. */
norni_series_standing norni_standing_series(const norni_scores *s, size_t series, size_t contender,
                                            size_t baseline, double *mean);

/* A model over all series. OWA as M4 has it: the ratios of the means, over the series where both it
 * and the baseline are defined. */
typedef struct norni_standing {
    norni_mean *score;                             /* (n_scores) over series */
    norni_mean smape, mase, base_smape, base_mase; /* of OWA */
    size_t n_series;                               /* with a forecast at all */
    size_t n_folds, n_fallback, n_failed;
    double seconds;
    norni_calibration calibration;
} norni_standing;
NORN_CHECKED norn_status norni_standing_init(norni_standing *t, norni_arena *arena, size_t horizon,
                                             size_t n_levels, norn_err *err);
/* Adds one series; `of` and `mean` as norni_standing_series gave them. */
void norni_standing_add(norni_standing *t, const norni_scores *s, size_t series, size_t contender,
                        const norni_series_standing *of, const double *mean);
double norni_series_owa(const norni_series_standing *of);
double norni_standing_owa(const norni_standing *t);

#endif
