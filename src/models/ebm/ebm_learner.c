/* An EBM as a learner: the fit of one target at one step on what a base forecast leaves. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A sum of steps should not have to learn the identity line: a base forecast (models/learner_base.h) is
 * fitted first, the EBM learns y[t + step] - base(t). The base stays one straight term, so that terms and
 * intercept still add up to the forecast. Where the base has no forecast, the target's mean stands in. */
#include "models/ebm/ebm_learner.h"

#include <math.h>

#include "base/fp.h"
#include "base/hash.h"
#include "models/ebm/ebm_clone.h"
#include "models/learner_series.h"

static norn_status no_memory(norn_err *err, size_t n, size_t size) {
    return norni_alloc_fail(err, "ebm", n, size);
}

static norn_status validate_ebm(const void *opt, const norni_lesson *l, norn_err *err) {
    const norni_ebm_learner_opt *o = opt;
    if (o->ebm.max_interaction_bins > o->ebm.max_bins)
        return norn_fail(err, NORN_E_ARG, "ebm: max-interaction-bins=%d is above max-bins=%d",
                         o->ebm.max_interaction_bins, o->ebm.max_bins);
    return norni_part_signs_check(o->monotone, l, "ebm", err);
}

/* The part's columns, pairs, steps in all. */
static size_t columns_of(const norni_ebm_learner_opt *o, const norni_lesson *l) {
    const size_t most = (size_t)o->max_features;
    return most > 0 && l->x->n > most ? most : l->x->n;
}

static double pairs_of(const norni_ebm_learner_opt *o, double columns) {
    const double k = o->ebm.interactions;
    const double n = k < 0 ? -k * columns : k, most = columns * (columns - 1) / 2;
    return n < most ? n : most;
}

/* Nanoseconds, as measured: a step reads its rows once or twice. */
static double ebm_cost(const void *opt, const norni_lesson *l) {
    const norni_ebm_learner_opt *o = opt;
    const double f = (double)columns_of(o, l), p = pairs_of(o, f), n = (double)l->n;
    const double rounds = 60 + o->ebm.early_stopping_rounds;
    const double mains = f * (o->ebm.smoothing_rounds + rounds) * (0.7 * n + 400);
    const double pairs = p * (o->ebm.interaction_smoothing_rounds + rounds) * (1.5 * n + 6000);
    const double ranks = p > 0 ? f * f / 2 * (1.5 * n + 10000) : 0;
    return o->ebm.outer_bags * (mains + pairs + ranks) + 4 * n * (double)l->x->n;
}

static size_t ebm_memory(const void *opt, const norni_lesson *l) {
    const norni_ebm_learner_opt *o = opt;
    const size_t f = columns_of(o, l), p = (size_t)pairs_of(o, (double)f),
                 side = (size_t)o->ebm.max_interaction_bins, bags = (size_t)o->ebm.outer_bags;
    const size_t tables = (f * (size_t)o->ebm.max_bins + p * side * side) * sizeof(double);
    return l->n * (f * 6 + 96) + tables * (bags + 8);
}

/* ---- the fit ---- */

static norn_status find_examples(norni_env *env, const norni_lesson *l, const ebm_state *s,
                                 ebm_examples *e, norn_err *err) {
    const size_t first = l->x->first, most = l->n > first ? l->n - first : 0;
    e->row = norni_arena_get(env->arena, most, sizeof *e->row);
    e->y = norni_arena_get(env->arena, most, sizeof *e->y);
    e->given = norni_arena_get(env->arena, most, sizeof *e->given);
    e->rest = norni_arena_get(env->arena, most, sizeof *e->rest);
    if (e->row == NULL || e->y == NULL || e->given == NULL || e->rest == NULL)
        return no_memory(err, most, 3 * sizeof(double));
    return norni_part_examples(l, (norni_lesson_part){s->target, s->step}, "ebm", e->row, e->y,
                               &e->n, err);
}

/* The base, its forecasts of the examples, and what it leaves. */
static norn_status fit_base(norni_env *env, int32_t kind, const norni_lesson *l, ebm_examples *e,
                            ebm_state *s, norn_err *err) {
    const double n = (double)e->n;
    s->mean = 0, s->about = (norni_part_base){0};
    NORN_TRY(norni_base_fit(env, (norni_base_kind)kind, l, (norni_lesson_part){s->target, s->step},
                            &s->base, err));
    for (size_t i = 0; i < e->n; i++)
        s->mean += e->y[i] / n;
    norni_part_base *about = &s->about;
    about->least = NORNI_INF, about->most = -NORNI_INF;
    for (size_t i = 0; i < e->n; i++) {
        const double given = norni_part_base_at(s->base, l, e->row[i] + l->x->first, s->mean);
        e->given[i] = given;
        e->rest[i] = e->y[i] - given;
        if (!isfinite(e->rest[i])) e->rest[i] = 0;
        about->mean += given / n;
        about->least = given < about->least ? given : about->least;
        about->most = given > about->most ? given : about->most;
    }
    for (size_t i = 0; i < e->n; i++)
        about->size += fabs(e->given[i] - about->mean) / n;
    return NORN_OK;
}

/* The lesson's bins as the part sees them: a shifted feature's row is the one that is forecast. */
static norn_status view_bins(norni_env *env, const norni_lesson *l, size_t step,
                             const uint16_t ***out, norn_err *err) {
    const uint16_t **index = norni_arena_get(env->arena, l->x->n, sizeof *index);
    if (index == NULL) return no_memory(err, l->x->n, sizeof *index);
    for (size_t j = 0; j < l->x->n; j++)
        index[j] = l->bins->index[j] + (l->x->col[j].shifted ? step : 0);
    *out = index;
    return NORN_OK;
}

typedef struct chosen_columns {
    norni_bins mains, pairs;
    const int8_t *monotone;
} chosen_columns;

/* Takes the columns that the screen leaves, and their coarse bins. */
static norn_status choose_columns(norni_env *env, const norni_ebm_learner_opt *o,
                                  const norni_lesson *l, const ebm_examples *e, ebm_state *s,
                                  chosen_columns *c, norn_err *err) {
    const uint16_t **all = NULL;
    uint32_t *taken;
    size_t n;
    bool any;
    int8_t *sign = norni_arena_zero(env->arena, l->x->n, sizeof *sign);
    if (sign == NULL) return no_memory(err, l->x->n, 1);
    NORN_TRY(norni_part_signs(o->monotone, l, "ebm", sign, &any, err));
    NORN_TRY(view_bins(env, l, s->step, &all, err));
    NORN_TRY(ebm_screen(env, l->bins->column, all, l->x->n, e, (size_t)o->max_features, &taken, &n,
                        err));
    norni_bin_column *column = norni_arena_get(env->arena, n, sizeof *column);
    const uint16_t **index = norni_arena_get(env->arena, n, sizeof *index);
    if (column == NULL || index == NULL) return no_memory(err, n, sizeof *column);
    for (size_t k = 0; k < n; k++) {
        column[k] = l->bins->column[taken[k]];
        index[k] = all[taken[k]];
        sign[k] = sign[taken[k]]; /* taken[k] >= k */
    }
    s->feature = taken;
    c->mains = (norni_bins){l->bins->n - s->step, n, column, index};
    c->monotone = any ? sign : NULL;
    if (o->ebm.interactions == 0 || n < 2) return NORN_OK;
    return norni_bins_coarsen(env->arena, &c->mains, (uint32_t)o->ebm.max_interaction_bins,
                              &c->pairs, err);
}

static norn_status fit_terms(norni_env *env, const norni_ebm_learner_opt *o, const norni_lesson *l,
                             const ebm_examples *e, ebm_state *s, norn_err *err) {
    chosen_columns c = {0};
    const norni_bin_column *own;
    const norni_str name = l->target_name[s->target];
    const uint64_t key[3] = {l->key, norni_hash64(name.p, name.n), s->step};
    norni_env part = *env;
    part.item = norni_hash64(key, sizeof key);
    NORN_TRY(choose_columns(env, o, l, e, s, &c, err));
    const norni_ebm_task task = {
        .n = e->n,
        .mains = &c.mains,
        .pairs = c.pairs.n_columns ? &c.pairs : NULL,
        .row = e->row,
        .y = e->rest,
        .monotone = c.monotone,
    };
    NORN_TRY(norni_ebm_fit(&part, &o->ebm, &task, &s->m, err));
    NORN_TRY(norni_ebm_clone_columns(env->arena, s->m.mains, s->m.n_columns, &own, err));
    s->m.mains = own;
    NORN_TRY(norni_ebm_clone_columns(env->arena, s->m.pairs, s->m.n_columns, &own, err));
    s->m.pairs = own;
    return NORN_OK;
}

/* Nothing was learned above no base: the forecast would be the mean, wherever the target stands. */
static bool is_mean_alone(const norni_ebm_learner_opt *o, const ebm_state *s) {
    bool flat = o->ebm.base == NORNI_BASE_AUTO && norni_base_taken(s->base) == NORNI_BASE_NONE;
    for (size_t k = 0; flat && k < s->m.n_terms; k++)
        flat = !(s->m.term[k].importance > 0);
    return flat;
}

static norn_status fit_ebm(norni_env *env, const void *opt, const norni_lesson *l,
                           norni_lesson_part part, void **state, norn_err *err) {
    const norni_ebm_learner_opt *o = opt;
    ebm_state *s = norni_arena_zero(env->arena, 1, sizeof *s);
    ebm_examples e = {0};
    if (s == NULL) return no_memory(err, 1, sizeof *s);
    if (l->bins == NULL || l->bins->n_columns != l->x->n || l->x->n == 0)
        return norn_fail(err, NORN_E_DATA, "ebm: there are no features to learn from");
    s->target = part.target, s->step = part.step, s->n_features = l->x->n;
    NORN_TRY(find_examples(env, l, s, &e, err));
    NORN_TRY(fit_base(env, o->ebm.base, l, &e, s, err));
    NORN_TRY(fit_terms(env, o, l, &e, s, err));
    if (is_mean_alone(o, s)) {
        NORN_TRY(fit_base(env, NORNI_BASE_SOME, l, &e, s, err));
        NORN_TRY(fit_terms(env, o, l, &e, s, err));
    }
    *state = s;
    return NORN_OK;
}

static void describe_ebm(const void *state, char *out, size_t size) {
    const ebm_state *s = state;
    char base[128];
    norni_base_describe(s->base, base, sizeof base);
    size_t pairs = 0;
    for (size_t k = 0; k < s->m.n_terms; k++)
        pairs += s->m.term[k].n_axes == 2;
    norni_format(out, size, "EBM(base=%s) features=%zu pairs=%zu bags=%zu rows=%zu", base,
                 s->m.n_terms - pairs, pairs, s->m.n_bags, s->m.n_rows);
}

static size_t reach_ebm(const void *state, const norni_lesson *at) {
    (void)at;
    return norni_base_reach(((const ebm_state *)state)->base);
}

#define PAPERS \
    "Lou, Caruana, Gehrke, Hooker 2013, KDD; Nori, Jenkins, Koch, Caruana 2019, arXiv 1909.09223"

const norni_learner norni_learner_ebm = {
    .name = "ebm",
    .summary = "explainable boosting machine: a sum of one-feature and two-feature shapes",
    .source = PAPERS,
    .params = norni_ebm_rows,
    .n_params = NORNI_EBM_ROWS,
    .opt_size = sizeof(norni_ebm_learner_opt),
    .wants_bins = true,
    .seasonal = true,
    .missing = true,
    .validate = validate_ebm,
    .cost = ebm_cost,
    .memory = ebm_memory,
    .fit = fit_ebm,
    .predict = ebm_state_predict,
    .explain = ebm_state_explain,
    .contribute = ebm_state_contribute,
    .describe = describe_ebm,
    .reach = reach_ebm,
    .save = ebm_state_save,
    .load = ebm_state_load,
};

NORNI_SERIES_MODEL(ebm, norni_ebm_rows, norni_ebm_learner_opt,
                   "an EBM on the series' own lags, seasons and columns, on a base forecast",
                   PAPERS);
