/* Ways to clean a target, each learned by the same model and measured on the same raw rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "app/multi_analyse_parts.h"
#include "base/fp.h"
#include "base/sort.h"
#include "eval/share.h"
#include "feat/bins.h"
#include "par/pool.h"
#include "plot/pane_kinds.h"

enum { RAW, IQR, POSITIVE, LOG, ROBUST, PERCENTILES, LEAST_LEARNED = 20 };
enum { MAX_BINS = 64 };
static const double clearly = 1 - 1e-9; /* below the best by more than rounding */

const char *const norni_cleaning_name[NORNI_CLEANINGS] = {
    "none", "iqr", "positive_only", "log", "robust_scaler", "percentiles_5_95"};
const char *const norni_cleaning_words[NORNI_CLEANINGS] = {
    "as it is",        "inside the IQR fences", "positive only",
    "log of positive", "median and IQR scaled", "5th to 95th percentile"};

size_t norni_cleaning_apply(size_t strategy, const norni_profile *p, const double *low_high,
                            const double *y, size_t n, double *out) {
    const double iqr = p->q3 - p->q1, unit = iqr > 0 ? iqr : 1;
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = y[i];
        bool keep = isfinite(v);
        if (strategy == IQR) keep = keep && v >= p->low && v <= p->high;
        if (strategy == POSITIVE || strategy == LOG) keep = keep && v > 0;
        if (strategy == PERCENTILES) keep = keep && v >= low_high[0] && v <= low_high[1];
        out[i] = !keep                ? NORNI_NAN
                 : strategy == LOG    ? norni_log(v)
                 : strategy == ROBUST ? (v - p->median) / unit
                                      : v;
        count += keep;
    }
    return count;
}

/* A forecast back in the target's own unit. */
static double back(size_t strategy, const norni_profile *p, double v) {
    const double iqr = p->q3 - p->q1, unit = iqr > 0 ? iqr : 1;
    return strategy == LOG ? norni_exp(v) : strategy == ROBUST ? p->median + unit * v : v;
}

/* What all trials share; read only while they run. */
typedef struct trial_job {
    norni_analysis *a;
    void *opt;
    norni_features x;
    norni_bins bins;
    int32_t season;
} trial_job;

/* The small model of the reference's analysis: 2 pairs, 64 and 8 bins. Rows that the learner does not
 * have are left out. */
static norn_status make_options(trial_job *job, norn_err *err) {
    static const char *const set[][2] = {{"interactions", "2"},
                                         {"max-bins", "64"},
                                         {"max-interaction-bins", "8"},
                                         {"outer-bags", "8"}};
    const norni_learner *learner = job->a->task->learner;
    job->opt = norni_arena_zero(job->a->arena, 1, learner->opt_size > 0 ? learner->opt_size : 1);
    if (job->opt == NULL) return norni_alloc_fail(err, "analyse", 1, learner->opt_size);
    NORN_TRY(
        norni_param_defaults(learner->params, learner->n_params, job->opt, job->a->arena, err));
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) {
        const norni_param *row =
            norni_param_find(learner->params, learner->n_params, norni_str_of(set[i][0]));
        if (row != NULL)
            NORN_TRY(norni_param_set(row, job->opt, norni_str_of(set[i][1]), job->a->arena,
                                     learner->name, err));
    }
    return NORN_OK;
}

/* Means over the rows learned from stand for what is missing, for learners that cannot do without. */
static const double *filled(norni_arena *arena, const double *at, size_t n_train, size_t n) {
    double *out = norni_arena_get(arena, n, sizeof *out), mean = 0;
    size_t count = 0;
    for (size_t i = 0; i < n_train; i++) {
        if (isfinite(at[i])) mean += (at[i] - mean) / (double)++count;
    }
    for (size_t i = 0; i < n && out != NULL; i++)
        out[i] = isfinite(at[i]) ? at[i] : mean;
    return out;
}

/* Columns as they stand at the origin, one row before the row forecast; those known ahead as they stand
 * there. The target's own last value is one. */
static norn_status make_trial_features(trial_job *job, norn_err *err) {
    norni_analysis *a = job->a;
    const norni_wide *w = a->task->table;
    const size_t n = a->n_features + 1;
    norni_feature_column *col = norni_arena_zero(a->arena, n, sizeof *col);
    if (col == NULL) return norni_alloc_fail(err, "analyse", n, sizeof *col);
    for (size_t k = 0; k < n; k++) {
        const size_t j = k < a->n_features ? a->feature[k] : a->column;
        const norni_wide_column *c = &w->column[j];
        const bool known = c->role == NORNI_ROLE_KNOWN;
        const size_t rows = a->n_rows + (known ? w->n_ahead : 0);
        const double *at =
            a->task->learner->missing ? c->at : filled(a->arena, c->at, a->n_train, rows);
        if (at == NULL) return norni_alloc_fail(err, "analyse", rows, sizeof *at);
        col[k] = (norni_feature_column){
            .name = c->name,
            .kind = c->nominal ? NORNI_FEATURE_NOMINAL : NORNI_FEATURE_CONTINUOUS,
            .origin = known                          ? NORNI_ORIGIN_KNOWN
                      : c->role == NORNI_ROLE_STATIC ? NORNI_ORIGIN_STATIC
                                                     : NORNI_ORIGIN_LAG,
            .source = j,
            .shifted = known,
            .at = at};
    }
    job->x = (norni_features){.n_rows = a->n_rows, .horizon = 1, .n = n, .col = col};
    return NORN_OK;
}

static norn_status make_trial_bins(trial_job *job, norn_err *err) {
    norni_analysis *a = job->a;
    const norni_learner *learner = a->task->learner;
    const size_t n = job->x.n;
    const double **at = norni_arena_get(a->arena, n, sizeof *at);
    norni_feature_kind *kind = norni_arena_get(a->arena, n, sizeof *kind);
    if (!learner->wants_bins) return NORN_OK;
    if (!at || !kind) return norni_alloc_fail(err, "analyse", n, sizeof *at);
    for (size_t k = 0; k < n; k++) {
        at[k] = job->x.col[k].at + (job->x.col[k].shifted ? 1 : 0);
        kind[k] = job->x.col[k].kind;
    }
    const uint32_t most = learner->max_bins > 0 ? (uint32_t)learner->max_bins : MAX_BINS;
    const norni_poll poll = norni_ctx_poll(a->ctx);
    return norni_bins_make(a->arena, &poll, at, kind, n, a->n_train, most, &job->bins, err);
}

/* 5th and 95th percentile of what is learned from. */
static norn_status find_percentiles(trial_job *job, norn_err *err) {
    norni_analysis *a = job->a;
    size_t n = 0;
    double *x = norni_pane_finite(a->arena, a->y, a->n_train, &n);
    if (x == NULL) return norni_alloc_fail(err, "analyse", a->n_train, sizeof *x);
    norni_sort_doubles(x, n);
    a->percentile[0] = n > 0 ? norni_pane_quantile(x, n, 0.05) : NORNI_NAN;
    a->percentile[1] = n > 0 ? norni_pane_quantile(x, n, 0.95) : NORNI_NAN;
    return NORN_OK;
}

/* Its key is the target's alone: where two strategies keep the same rows, they learn the same. */
static norni_lesson make_lesson(const trial_job *job, const double *const *y, size_t n) {
    const norni_analysis *a = job->a;
    const norni_wide *w = a->task->table;
    const norni_str name = w->column[a->column].name;
    return (norni_lesson){.n = n,
                          .n_targets = 1,
                          .horizon = 1,
                          .lookback = 1,
                          .target_name = &w->column[a->column].name,
                          .y = y,
                          .x = &job->x,
                          .bins = a->task->learner->wants_bins ? &job->bins : NULL,
                          .n_season = job->season > 1 ? 1 : 0,
                          .season = &job->season,
                          .start = w->start,
                          .freq = w->freq,
                          .times = w->times,
                          .key = norni_hash64(name.p, name.n)};
}

static norn_status fit_and_forecast(norni_worker *w, const trial_job *job, size_t strategy,
                                    norni_cleaning *t, norn_err *err) {
    norni_analysis *a = job->a;
    const norni_learner *learner = a->task->learner;
    double *y = norni_arena_get(&w->arena, a->n_rows, sizeof *y);
    if (y == NULL) return norni_alloc_fail(err, "analyse", a->n_rows, sizeof *y);
    (void)norni_cleaning_apply(strategy, &a->learned, a->percentile, a->y, a->n_rows, y);
    for (size_t i = 1; i < a->n_train; i++)
        t->n_learned += isfinite(y[i]) ? 1 : 0;
    if (t->n_learned < LEAST_LEARNED)
        return norn_fail(err, NORN_E_DATA, "only %zu rows are left to learn from, %d are needed",
                         t->n_learned, (int)LEAST_LEARNED);
    const double *const column = y;
    const norni_lesson lesson = make_lesson(job, &column, a->n_train),
                       at = make_lesson(job, &column, a->n_rows);
    const norni_share share = norni_share_of(w);
    norni_env env = {.arena = &w->arena,
                     .poll = norni_ctx_poll(a->ctx),
                     .seed = a->task->seed,
                     .item = lesson.key,
                     .share = &share};
    const norni_lesson_part part =
        learner->whole ? (norni_lesson_part){0, 0} : (norni_lesson_part){0, 1};
    void *state = NULL;
    if (learner->validate != NULL) NORN_TRY(learner->validate(job->opt, &lesson, err));
    NORN_TRY(learner->fit(&env, job->opt, &lesson, part, &state, err));
    for (size_t i = 0; i < a->n_test; i++) {
        double v = NORNI_NAN;
        NORN_TRY(learner->predict(&env, state, &at, a->n_train + i - 1, &v, err));
        v = back(strategy, &a->learned, v);
        t->forecast[i] = isfinite(v) ? v : NORNI_NAN;
    }
    return NORN_OK;
}

/* A strategy that cannot be fitted says why; the others go on. */
static norn_status run_trial(norni_worker *w, size_t strategy, void *arg, norn_err *err) {
    const trial_job *job = arg;
    norni_cleaning *t = &job->a->trial[strategy];
    norn_err own = {0};
    const norn_status st = fit_and_forecast(w, job, strategy, t, &own);
    if (st == NORN_E_CANCEL || st == NORN_E_MEM) return norn_fail(err, st, "%s", own.text);
    if (st == NORN_OK) return NORN_OK;
    norni_format(t->why, sizeof t->why, "%s", own.text);
    for (size_t i = 0; i < job->a->n_test; i++)
        t->forecast[i] = NORNI_NAN;
    return NORN_OK;
}

static norn_status measure(norni_analysis *a, norni_cleaning *t, norn_err *err) {
    const double *y = a->y + a->n_train;
    double *sane = norni_arena_get(a->arena, a->n_test, sizeof *sane),
           *size = norni_arena_get(a->arena, a->n_test, sizeof *size);
    size_t n = 0;
    if (!sane || !size) return norni_alloc_fail(err, "analyse", a->n_test, sizeof *sane);
    for (size_t i = 0; i < a->n_test; i++) {
        const double e = fabs(t->forecast[i] - y[i]);
        sane[i] = norni_profile_is_wild(&a->learned, y[i]) ? NORNI_NAN : y[i];
        if (isfinite(e)) size[n++] = e;
    }
    (void)norni_step_scores(y, t->forecast, a->n_test, a->learned.sd, t->all);
    (void)norni_step_scores(sane, t->forecast, a->n_test, a->learned.sd, t->sane);
    norni_sort_doubles(size, n);
    t->median_error = n > 0 ? norni_pane_quantile(size, n, 0.5) : NORNI_NAN;
    return NORN_OK;
}

norn_status norni_analysis_trial(norni_analysis *a, norn_err *err) {
    trial_job job = {.a = a, .season = norni_freq_season(a->task->table->freq)};
    NORN_TRY(make_options(&job, err));
    NORN_TRY(make_trial_features(&job, err));
    NORN_TRY(make_trial_bins(&job, err));
    NORN_TRY(find_percentiles(&job, err));
    for (size_t k = 0; k < NORNI_CLEANINGS; k++) {
        a->trial[k].forecast = norni_arena_get(a->arena, a->n_test, sizeof(double));
        if (a->trial[k].forecast == NULL)
            return norni_alloc_fail(err, "analyse", a->n_test, sizeof(double));
    }
    NORN_TRY(norni_for(a->ctx, NULL, NORNI_CLEANINGS, run_trial, &job, NULL, err));
    for (size_t i = 0; i < a->n_test; i++)
        a->n_test_wild += norni_profile_is_wild(&a->learned, a->y[a->n_train + i]) ? 1 : 0;
    a->best = NORNI_CLEANINGS;
    for (size_t k = 0; k < NORNI_CLEANINGS; k++) {
        NORN_TRY(measure(a, &a->trial[k], err));
        const double mae = a->trial[k].sane[NORNI_STEP_MAE];
        if (isnan(mae)) continue;
        if (a->best == NORNI_CLEANINGS || mae < clearly * a->trial[a->best].sane[NORNI_STEP_MAE])
            a->best = k;
    }
    return NORN_OK;
}
