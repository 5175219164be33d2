/* Prediction intervals from a model's own rolling-origin errors, pooled across series where a series
 * has few: a decorator for any model. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Vovk, Gammerman, Shafer (2005), "Algorithmic learning in a random world"; Lei et al. (2018),
 * "Distribution-free predictive inference for regression", J. Am. Stat. Assoc. 113 (split
 * conformal). For step k of a horizon, with scores s_1..s_n = |y - f| / scale of earlier windows,
 *   interval at level L:  f -+ scale * s_(r),  r = ceil((n + 1) L)
 * the r-th smallest: with exchangeable scores it covers at least L. r > n means that n scores cannot
 * promise L, and there is no interval (95 % needs 19 scores, 80 % needs 4).
 * The scale is MASE's (mean absolute seasonal difference of the training set), taken at each
 * window's own cut-off, so that scores of different series and times form one sample. Departures:
 * scores of one series' overlapping windows depend on each other, and a pool stands for "a series
 * like these"; coverage is then marginal, over series. All levels of an item come from one sample, so
 * that a wider level is never narrower. */
#include "eval/conformal.h"

#include <math.h>

#include "base/fp.h"
#include "base/sort.h"
#include "eval/metrics.h"

enum { LEAST_TRAINING = 4 };

norni_splits norni_conformal_splits(const norni_conformal *c, size_t n, size_t horizon) {
    norni_splits s = {.horizon = horizon, .n_windows = c->windows, .step = 1, .sliding = 0};
    s.least = n - n / 2;
    if (n < horizon + s.least && n >= horizon + LEAST_TRAINING) s.least = n - horizon;
    const size_t room = n > horizon + s.least ? n - horizon - s.least : 0;
    if (c->step > 0)
        s.step = c->step;
    else if (c->windows > 1 && room / (c->windows - 1) > 1)
        s.step = room / (c->windows - 1) < horizon ? room / (c->windows - 1) : horizon;
    return s;
}

size_t norni_conformal_rank(size_t n, double level) {
    /* (n+1) 0.95 may come out a hair above a whole number. */
    const double rank = ceil(((double)n + 1) * (level / 100) - 1e-9);
    return rank <= (double)n ? (size_t)(rank < 1 ? 1 : rank) : 0;
}

norn_status norni_conformal_set_init(norni_conformal_set *set, norni_arena *arena,
                                     const norni_conformal *how, size_t horizon, size_t n_items,
                                     norn_err *err) {
    size_t n;
    *set = (norni_conformal_set){.how = *how, .horizon = horizon, .n_items = n_items};
    if (!norni_mul_size(how->windows, horizon, &n) || !norni_mul_size(n, n_items, &n)) n = SIZE_MAX;
    set->score = norni_arena_get(arena, n, sizeof *set->score);
    set->scale = norni_arena_get(arena, n_items, sizeof *set->scale);
    if (!set->score || !set->scale) return norni_alloc_fail(err, "conformal", n, sizeof(double));
    for (size_t i = 0; i < n_items; i++)
        norni_conformal_blank(set, i);
    return NORN_OK;
}

static double *score_row(const norni_conformal_set *set, size_t item, size_t window) {
    return set->score + (item * set->how.windows + window) * set->horizon;
}

void norni_conformal_blank(norni_conformal_set *set, size_t item) {
    double *score = score_row(set, item, 0);
    for (size_t k = 0; k < set->how.windows * set->horizon; k++)
        score[k] = NORNI_NAN;
    set->scale[item] = 0;
}

/* MASE's scale, by single steps where the season gives none; 0 for a training set that never
 * changes. */
static double scale_of(const double *y, size_t n, size_t m) {
    const double seasonal = norni_mase_scale(y, n, m);
    if (seasonal > 0) return seasonal;
    const double single = norni_mase_scale(y, n, 1);
    return single > 0 ? single : 0;
}

static double score_of(double y, double f, double scale) {
    const double miss = fabs(y - f);
    if (miss == 0) return 0;
    return scale > 0 ? miss / scale : NORNI_NAN;
}

/* The part of a training set in front of a window; regressors are known over the window. */
static norn_status cut_series(const norni_series *s, size_t cutoff, size_t horizon,
                              norni_arena *arena, norni_series *out, norn_err *err) {
    *out = *s;
    out->n = cutoff;
    out->horizon = horizon;
    if (s->n_x == 0) return NORN_OK;
    const double **ahead = norni_arena_get(arena, s->n_x, sizeof *ahead);
    if (ahead == NULL) return norni_alloc_fail(err, "conformal", s->n_x, sizeof *ahead);
    for (size_t c = 0; c < s->n_x; c++)
        ahead[c] = s->x[c] + cutoff;
    out->x_future = ahead;
    return NORN_OK;
}

static bool must_stop(norn_status st) {
    return st == NORN_E_MEM || st == NORN_E_CANCEL;
}

/* One window: forecast, scores, and the first one's state as a place to start. */
static norn_status run_window(norni_conformal_set *set, size_t item, size_t window, size_t cutoff,
                              norni_env *env, const norni_trial_rules *rules,
                              const norni_contender *who, const norni_series *s, norni_buf *root,
                              norn_err *err) {
    norni_trial t = {.who = who};
    norni_dist d;
    void *state = NULL;
    norni_effort effort = norni_trial_effort(rules);
    NORN_TRY(cut_series(s, cutoff, set->horizon, env->arena, &t.series, err));
    env->effort = norni_trial_bounded(rules) ? &effort : NULL;
    if (root != NULL) t.warm = (norni_str){root->p, root->n};
    const norn_status st = norni_trial_run(env, rules, &t, false, &d, &state, err);
    env->effort = NULL;
    if (st != NORN_OK) return must_stop(st) ? st : NORN_OK;
    const double scale = scale_of(s->y, cutoff, (size_t)norni_series_season(s));
    double *score = score_row(set, item, window);
    for (size_t k = 0; k < set->horizon; k++)
        score[k] = score_of(s->y[cutoff + k], d.mean[k], scale);
    if (root == NULL || root->n > 0) return NORN_OK;
    const norn_status kept = who->model->save(state, 0, root, err);
    if (kept != NORN_OK || root->failed) root->n = 0;
    return must_stop(kept) ? kept : NORN_OK;
}

norn_status norni_conformal_calibrate(norni_conformal_set *set, size_t item, norni_env *env,
                                      const norni_trial_rules *rules, const norni_contender *who,
                                      const norni_series *s, bool warm, norn_err *err) {
    const norni_splits splits = norni_conformal_splits(&set->how, s->n, set->horizon);
    const size_t n = norni_splits_count(&splits, s->n);
    norni_buf root;
    norn_status st = NORN_OK;
    norni_conformal_blank(set, item);
    set->scale[item] = scale_of(s->y, s->n, (size_t)norni_series_season(s));
    norni_buf_init(&root, env->arena->alloc);
    const bool keeps = warm && who->model->save != NULL;
    for (size_t k = 0; k < n && st == NORN_OK; k++) {
        const norni_arena_mark mark = norni_arena_mark_get(env->arena);
        st = run_window(set, item, set->how.windows - n + k, norni_splits_cutoff(&splits, s->n, k),
                        env, rules, who, s, keeps ? &root : NULL, err);
        norni_arena_rewind(env->arena, mark);
    }
    norni_buf_clear(&root);
    env->warm = (norni_str){NULL, 0};
    return st;
}

/* Sorted scores, step by step. */
typedef struct score_pool {
    size_t cap;
    size_t *n;      /* (horizon) */
    double *sorted; /* (horizon, cap) */
} score_pool;

static norn_status make_pool(score_pool *p, const norni_conformal_set *set, const size_t *item,
                             size_t n_items, norni_arena *arena, norn_err *err) {
    const size_t h = set->horizon;
    size_t n;
    p->cap = n_items * set->how.windows;
    p->n = norni_arena_zero(arena, h, sizeof *p->n);
    if (!norni_mul_size(p->cap, h, &n)) n = SIZE_MAX;
    p->sorted = norni_arena_get(arena, n, sizeof *p->sorted);
    if (!p->n || !p->sorted) return norni_alloc_fail(err, "conformal", n, sizeof(double));
    for (size_t i = 0; i < n_items; i++) {
        for (size_t w = 0; w < set->how.windows; w++) {
            const double *score = score_row(set, item[i], w);
            for (size_t k = 0; k < h; k++) {
                if (!isnan(score[k])) p->sorted[k * p->cap + p->n[k]++] = score[k];
            }
        }
    }
    for (size_t k = 0; k < h; k++)
        norni_sort_doubles(p->sorted + k * p->cap, p->n[k]);
    return NORN_OK;
}

/* Whether the pool's scores suffice for a level at every step. */
static bool suffices(const score_pool *p, size_t horizon, double level) {
    for (size_t k = 0; k < horizon; k++) {
        if (norni_conformal_rank(p->n[k], level) == 0) return false;
    }
    return true;
}

static void write_ends(const score_pool *p, size_t horizon, double level, const double *mean,
                       double scale, double *lo, double *hi) {
    for (size_t k = 0; k < horizon; k++) {
        const size_t rank = norni_conformal_rank(p->n[k], level);
        const double half = rank ? scale * p->sorted[k * p->cap + rank - 1] : NORNI_NAN;
        lo[k] = norni_canonical(mean[k] - half);
        hi[k] = norni_canonical(mean[k] + half);
    }
}

norn_status norni_conformal_apply(const norni_conformal_set *set, const size_t *item, size_t n,
                                  const norni_doubles *levels, const double *mean, double *lo,
                                  double *hi, norni_arena *scratch, size_t *n_without,
                                  norn_err *err) {
    const size_t h = set->horizon, n_levels = levels->n;
    const norni_arena_mark outer = norni_arena_mark_get(scratch);
    score_pool all;
    *n_without = 0;
    if (n_levels == 0 || n == 0) return NORN_OK;
    NORN_TRY(make_pool(&all, set, item, n, scratch, err));
    const double widest = levels->v[n_levels - 1];
    const bool pool_serves = suffices(&all, h, widest);
    for (size_t i = 0; i < n; i++) {
        const norni_arena_mark mark = norni_arena_mark_get(scratch);
        score_pool own;
        NORN_TRY(make_pool(&own, set, &item[i], 1, scratch, err));
        const bool own_serves = suffices(&own, h, widest);
        const size_t at = item[i] * n_levels * h;
        for (size_t l = 0; l < n_levels; l++)
            write_ends(own_serves ? &own : &all, h, levels->v[l], mean + item[i] * h,
                       set->scale[item[i]], lo + at + l * h, hi + at + l * h);
        if (!own_serves && !pool_serves) (*n_without)++;
        norni_arena_rewind(scratch, mark);
    }
    norni_arena_rewind(scratch, outer);
    return NORN_OK;
}
