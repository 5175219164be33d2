/* The fit of an explainable boosting machine: bags side by side, mains, pairs, and the model they give. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Lou, Caruana, Gehrke, Hooker: Accurate intelligible models with pairwise interactions (KDD 2013);
 * interpret 0.7.8's regressor. y = intercept + init + sum of terms. Each bag fits its mains and ranks
 * all pairs, the pairs are chosen by all bags together, then each bag fits them with its mains frozen.
 * A bag's parts depend on (env->seed, env->item, bag) and the data alone. */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "models/ebm/ebm_bags.h"
#include "models/ebm/ebm_finish.h"
#include "num/extent.h"

enum { MOST_RANKED = 400 /* columns whose pairs are ranked: those that matter most as mains */ };

/* What the parts of a fit share; a bag writes its own slots. */
typedef struct fit_state {
    const ebm_job *job;
    norni_ebm *out;
    ebm_bag_sums *sums; /* (n_bags) */
    size_t n_scores;    /* of all mains */
    bool ranks;
    const norni_ebm_task *ranked; /* the columns whose pairs are ranked */
    size_t n_candidates;
    double *strength;      /* (n_bags, n_candidates) */
    uint32_t (*pair)[2];   /* (n_pairs) */
    size_t n_pairs, cells; /* of all pairs */
} fit_state;

/* Runs fn for each bag: side by side where somebody helps. */
static norn_status for_bags(norni_env *env, size_t n, norni_part_fn fn, fit_state *s,
                            norn_err *err) {
    if (env->share && n > 1) return env->share->run(env->share->user, env, n, fn, s, err);
    for (size_t b = 0; b < n; b++) {
        const norni_arena_mark mark = norni_arena_mark_get(env->arena);
        const norn_status st = fn(env, b, s, err);
        norni_arena_rewind(env->arena, mark);
        if (st != NORN_OK) return st;
    }
    return NORN_OK;
}

static norn_status fit_bag(norni_env *env, size_t b, void *arg, norn_err *err) {
    fit_state *s = arg;
    const ebm_job *job = s->job;
    norni_ebm_bag bag;
    NORN_TRY(ebm_bag_make(env, job, b, &bag, &s->sums[b], err));
    s->out->bagged_intercept[b] = s->sums[b].intercept;
    double *tensors = norni_arena_zero(env->arena, s->n_scores, sizeof *tensors);
    if (tensors == NULL) return norni_alloc_fail(err, "ebm", s->n_scores, sizeof *tensors);
    NORN_TRY(norni_ebm_mains_fit(env, &job->opt, &job->task, &bag, tensors,
                                 &s->out->best_iteration[b], err));
    const double *from = tensors;
    for (size_t j = 0; j < job->task.mains->n_columns; j++) {
        const size_t n = norni_ebm_cells(&s->out->term[j]);
        memcpy(s->out->term[j].bagged + b * n, from, n * sizeof *from);
        from += n;
    }
    return NORN_OK;
}

/* What the bag's mains leave: residual += their scores. */
static norn_status add_mains(norni_env *env, const fit_state *s, size_t b, norni_ebm_bag *bag,
                             norn_err *err) {
    const norni_ebm_task *t = &s->job->task;
    const size_t n = bag->n_train + bag->n_validate;
    for (size_t j = 0; j < t->mains->n_columns; j++) {
        const norni_ebm_term *term = &s->out->term[j];
        const double *score = term->bagged + b * norni_ebm_cells(term);
        const uint16_t *index = t->mains->index[j];
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "ebm: cancelled");
        for (size_t i = 0; i < n; i++)
            bag->residual[i] += score[index[bag->row[i]]];
    }
    return NORN_OK;
}

static norn_status rank_bag(norni_env *env, size_t b, void *arg, norn_err *err) {
    fit_state *s = arg;
    norni_ebm_bag bag;
    ebm_bag_sums sums;
    NORN_TRY(ebm_bag_make(env, s->job, b, &bag, &sums, err));
    NORN_TRY(add_mains(env, s, b, &bag, err));
    return norni_ebm_pairs_rank(env, &s->job->opt, s->ranked, &bag,
                                s->strength + b * s->n_candidates, err);
}

static norn_status fit_bag_pairs(norni_env *env, size_t b, void *arg, norn_err *err) {
    fit_state *s = arg;
    const ebm_job *job = s->job;
    norni_ebm_bag bag;
    ebm_bag_sums sums;
    NORN_TRY(ebm_bag_make(env, job, b, &bag, &sums, err));
    NORN_TRY(add_mains(env, s, b, &bag, err));
    double *tensors = norni_arena_zero(env->arena, s->cells, sizeof *tensors);
    if (tensors == NULL) return norni_alloc_fail(err, "ebm", s->cells, sizeof *tensors);
    NORN_TRY(norni_ebm_pairs_fit(env, &job->opt, &job->task, &bag, (const uint32_t(*)[2])s->pair,
                                 s->n_pairs, tensors, &s->out->best_iteration[job->n_bags + b],
                                 err));
    const double *from = tensors;
    for (size_t k = 0; k < s->n_pairs; k++) {
        norni_ebm_term *term = &s->out->term[job->task.mains->n_columns + k];
        const size_t n = norni_ebm_cells(term);
        memcpy(term->bagged + b * n, from, n * sizeof *from);
        from += n;
    }
    return NORN_OK;
}

/* Columns for which pairs are ranked, ascending: all, or those whose mains matter most. */
static size_t choose_columns(const fit_state *s, double *gain, uint32_t *taken) {
    const norni_ebm_task *t = &s->job->task;
    const size_t n = t->mains->n_columns;
    size_t n_taken = 0;
    for (size_t j = 0; j < n; j++) {
        const norni_ebm_term *term = &s->out->term[j];
        const size_t cells = norni_ebm_cells(term) * s->job->n_bags;
        gain[j] = 0;
        for (size_t i = 0; i < cells; i++)
            gain[j] += term->bagged[i] * term->bagged[i];
        gain[j] /= (double)term->n_bins[0];
    }
    for (size_t j = 0; j < n; j++) {
        size_t above = 0;
        for (size_t k = 0; k < n && n > MOST_RANKED; k++)
            above += gain[k] > gain[j] || (gain[k] == gain[j] && k < j);
        if (above < MOST_RANKED) taken[n_taken++] = (uint32_t)j;
    }
    return n_taken;
}

/* The task with some of its columns. */
static norn_status take_columns(norni_arena *a, const norni_ebm_task *t, const uint32_t *taken,
                                size_t n, norni_ebm_task *out, norn_err *err) {
    const norni_bins *from[2] = {t->mains, t->pairs};
    int8_t *monotone = norni_arena_zero(a, n, sizeof *monotone);
    norni_bins *bins = norni_arena_zero(a, 2, sizeof *bins);
    if (monotone == NULL || bins == NULL) return norni_alloc_fail(err, "ebm", n, sizeof *bins);
    for (size_t k = 0; k < 2; k++) {
        norni_bin_column *column = norni_arena_get(a, n, sizeof *column);
        const uint16_t **index = norni_arena_get(a, n, sizeof *index);
        if (column == NULL || index == NULL) return norni_alloc_fail(err, "ebm", n, sizeof *column);
        for (size_t i = 0; i < n; i++) {
            column[i] = from[k]->column[taken[i]];
            index[i] = from[k]->index[taken[i]];
        }
        bins[k] = (norni_bins){from[k]->n, n, column, index};
    }
    for (size_t i = 0; i < n && t->monotone; i++)
        monotone[i] = t->monotone[taken[i]];
    *out = *t;
    out->mains = &bins[0];
    out->pairs = &bins[1];
    out->monotone = t->monotone ? monotone : NULL;
    return NORN_OK;
}

static norn_status rank_pairs(norni_env *env, fit_state *s, norn_err *err) {
    const norni_ebm_task *t = &s->job->task;
    const size_t n = t->mains->n_columns, n_bags = s->job->n_bags;
    norni_ebm_task part;
    uint32_t *taken = norni_arena_get(env->arena, n, sizeof *taken);
    double *gain = norni_arena_get(env->arena, n, sizeof *gain);
    if (taken == NULL || gain == NULL) return norni_alloc_fail(err, "ebm", n, sizeof *gain);
    const size_t n_taken = choose_columns(s, gain, taken);
    NORN_TRY(take_columns(env->arena, t, taken, n_taken, &part, err));
    s->ranked = &part;
    s->n_candidates = n_taken * (n_taken - 1) / 2;
    s->strength = norni_arena_zero(env->arena, n_bags * s->n_candidates + 1, sizeof *s->strength);
    if (s->strength == NULL)
        return norni_alloc_fail(err, "ebm", s->n_candidates, n_bags * sizeof *s->strength);
    NORN_TRY(for_bags(env, n_bags, rank_bag, s, err));
    NORN_TRY(norni_ebm_pairs_choose(env, &s->job->opt, &part, s->strength, n_bags, &s->pair,
                                    &s->n_pairs, err));
    for (size_t k = 0; k < s->n_pairs; k++)
        for (size_t i = 0; i < 2; i++)
            s->pair[k][i] = taken[s->pair[k][i]];
    return NORN_OK;
}

static norn_status given_pairs(norni_env *env, fit_state *s, norn_err *err) {
    const norni_ebm_task *t = &s->job->task;
    s->n_pairs = t->n_given;
    s->pair = norni_arena_get(env->arena, t->n_given + 1, sizeof *s->pair);
    if (s->pair == NULL) return norni_alloc_fail(err, "ebm", t->n_given, sizeof *s->pair);
    for (size_t k = 0; k < t->n_given; k++) {
        const uint32_t a = t->given[k][0], b = t->given[k][1];
        if (a == b || a >= t->mains->n_columns || b >= t->mains->n_columns)
            return norn_fail(err, NORN_E_ARG, "ebm: a pair of columns %u and %u", a, b);
        s->pair[k][0] = a;
        s->pair[k][1] = b;
    }
    return NORN_OK;
}

static norn_status fit_pairs(norni_env *env, fit_state *s, norn_err *err) {
    const norni_ebm_task *t = &s->job->task;
    norni_ebm *out = s->out;
    const size_t n = t->mains->n_columns;
    if (t->pairs == NULL || n < 2) return NORN_OK;
    if (t->given == NULL && s->job->opt.interactions == 0) return NORN_OK;
    NORN_TRY(t->given ? given_pairs(env, s, err) : rank_pairs(env, s, err));
    if (s->n_pairs == 0) return NORN_OK;
    norni_ebm_term *term = norni_arena_zero(env->arena, n + s->n_pairs, sizeof *term);
    if (term == NULL) return norni_alloc_fail(err, "ebm", n + s->n_pairs, sizeof *term);
    memcpy(term, out->term, n * sizeof *term);
    for (size_t k = 0; k < s->n_pairs; k++) {
        NORN_TRY(
            ebm_term_make(env->arena, t->pairs, 2, s->pair[k], s->job->n_bags, &term[n + k], err));
        s->cells += norni_ebm_cells(&term[n + k]);
    }
    out->term = term;
    out->n_terms = n + s->n_pairs;
    out->pairs = t->pairs->column;
    return for_bags(env, s->job->n_bags, fit_bag_pairs, s, err);
}

static norn_status make_model(norni_env *env, fit_state *s, norn_err *err) {
    const norni_ebm_task *t = &s->job->task;
    const size_t n = t->mains->n_columns, n_bags = s->job->n_bags;
    norni_ebm *out = s->out;
    *out = (norni_ebm){.n_rows = t->n, .n_columns = n, .n_terms = n, .n_bags = n_bags};
    out->mains = t->mains->column;
    out->term = norni_arena_zero(env->arena, n + 1, sizeof *out->term);
    out->bagged_intercept = norni_arena_zero(env->arena, n_bags, sizeof *out->bagged_intercept);
    out->best_iteration = norni_arena_zero(env->arena, 2 * n_bags, sizeof *out->best_iteration);
    s->sums = norni_arena_zero(env->arena, n_bags, sizeof *s->sums);
    if (out->term == NULL || out->bagged_intercept == NULL || out->best_iteration == NULL ||
        s->sums == NULL)
        return norni_alloc_fail(err, "ebm", n, sizeof *out->term);
    for (size_t j = 0; j < n; j++) {
        const uint32_t column[2] = {(uint32_t)j, 0};
        NORN_TRY(ebm_term_make(env->arena, t->mains, 1, column, n_bags, &out->term[j], err));
        s->n_scores += norni_ebm_cells(&out->term[j]);
    }
    return NORN_OK;
}

/* Into units in which no sum of squares overflows; nothing changes for common sizes. */
static norn_status rescale_job(norni_env *env, ebm_job *job, norn_err *err) {
    norni_ebm_task *t = &job->task;
    job->exponent = norni_extent_of(t->y, t->n).exponent;
    if (t->init) {
        const int e = norni_extent_of(t->init, t->n).exponent;
        if (e > job->exponent) job->exponent = e;
    }
    if (job->exponent == 0) return NORN_OK;
    double *y = norni_arena_get(env->arena, t->n, sizeof *y), *init = NULL;
    if (t->init) init = norni_arena_get(env->arena, t->n, sizeof *init);
    if (y == NULL || (t->init && init == NULL))
        return norni_alloc_fail(err, "ebm", t->n, sizeof *y);
    norni_rescale(t->y, t->n, job->exponent, y);
    t->y = y;
    if (init) norni_rescale(t->init, t->n, job->exponent, init);
    t->init = init;
    job->opt.reg_alpha = ldexp(job->opt.reg_alpha, -job->exponent);
    job->opt.max_delta_step = ldexp(job->opt.max_delta_step, -job->exponent);
    return NORN_OK;
}

norn_status norni_ebm_fit(norni_env *env, const norni_ebm_opt *opt, const norni_ebm_task *task,
                          norni_ebm *out, norn_err *err) {
    NORN_TRY(ebm_check(opt, task, err));
    ebm_job job = {.opt = *opt, .task = *task, .n_bags = (size_t)opt->outer_bags};
    job.stream = norni_rng_u64((norni_rng){env->seed, env->item}, env->attempt);
    NORN_TRY(rescale_job(env, &job, err));
    fit_state s = {.job = &job, .out = out};
    NORN_TRY(make_model(env, &s, err));
    NORN_TRY(for_bags(env, job.n_bags, fit_bag, &s, err));
    NORN_TRY(fit_pairs(env, &s, err));
    return ebm_finish(env, &job, s.sums, out, err);
}
