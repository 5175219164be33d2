/* Boosts trees on the slopes of a loss, and stops where the newest examples say so. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Friedman 2001, "Greedy function approximation: a gradient boosting machine", Annals of Statistics
 * 29; histograms and leaf-wise growth as in Ke et al. 2017, "LightGBM". Each tree is grown on the
 * loss's second-order expansion at the present scores; absolute and quantile losses then renew their
 * leaves. Numbers are first brought to common size by a power of two (num/extent.h). With examples held
 * back, the fit stops when early_stopping trees have not bettered their loss, and keeps the best. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/hash.h"
#include "models/gbdt/gbdt_parts.h"
#include "num/extent.h"

norni_gbdt_opt norni_gbdt_opt_default(void) {
    return (norni_gbdt_opt){.n_trees = 500,
                            .n_leaves = 31,
                            .max_depth = 0,
                            .min_child = 20,
                            .max_bins = 255,
                            .early_stopping = 30,
                            .learning_rate = 0.05,
                            .feature_fraction = 1,
                            .subsample = 1,
                            .validation = 0.15,
                            .refit = true,
                            .goss_top = 0.2,
                            .goss_rest = 0.1,
                            .alpha = 0.9,
                            .tweedie_power = 1.5,
                            .cat_smooth = 10,
                            .cat_l2 = 10,
                            .base = 4};
}

typedef struct boost {
    const norni_gbdt_opt *opt;
    const norni_gbdt_task *task;
    gbdt_data data;
    gbdt_loss loss;
    gbdt_words words;
    gbdt_grower *grower;
    norni_rng rng;
    double *y, *score;       /* (n) brought to common size */
    double *g, *h, *scratch; /* (n_train) */
    uint32_t *row;           /* (n_train) */
    bool *taken;             /* (n_columns) */
    int exponent;
} boost;

static norn_status get_memory(boost *b, norni_env *env, norn_err *err) {
    const size_t n = b->task->n, n_train = b->data.n_train;
    norni_arena *a = env->arena;
    b->y = norni_arena_get(a, n, sizeof *b->y);
    b->score = norni_arena_get(a, n, sizeof *b->score);
    b->g = norni_arena_get(a, n_train, sizeof *b->g);
    b->h = norni_arena_get(a, n_train, sizeof *b->h);
    b->scratch = norni_arena_get(a, n_train, sizeof *b->scratch);
    b->row = norni_arena_get(a, n_train, sizeof *b->row);
    b->taken = norni_arena_get(a, b->data.n_columns, sizeof *b->taken);
    b->words.word = norni_arena_get(a, n_train, (b->words.wide ? 2 : 1) * sizeof(int64_t));
    if (!b->y || !b->score || !b->g || !b->h || !b->scratch || !b->row || !b->taken ||
        !b->words.word)
        return norni_alloc_fail(err, "gbdt", n, 6 * sizeof *b->y);
    return NORN_OK;
}

static norn_status check_task(const norni_gbdt_opt *o, const norni_gbdt_task *t, norn_err *err) {
    if (t->n <= t->n_validate || t->n >= UINT32_MAX)
        return norn_fail(err, NORN_E_DATA, "gbdt: %zu examples, %zu of them held back", t->n,
                         t->n_validate);
    if (t->bins->n_columns == 0) return norn_fail(err, NORN_E_DATA, "gbdt: there are no columns");
    const bool log_link = o->loss == NORNI_GBDT_POISSON || o->loss == NORNI_GBDT_TWEEDIE;
    for (size_t i = 0; i < t->n && log_link; i++) {
        if (t->y[i] < 0)
            return norn_fail(err, NORN_E_DATA,
                             "gbdt: poisson and tweedie need values of 0 or more, there is %g",
                             t->y[i]);
    }
    return NORN_OK;
}

/* y and the scores to start from, rescaled. */
static norn_status begin_scores(boost *b, norn_err *err) {
    const norni_gbdt_task *t = b->task;
    const double *init = b->loss.log_link ? NULL : t->init;
    for (size_t i = 0; i < t->n; i++)
        b->y[i] = t->y[i] - (init ? init[i] : 0);
    const norni_extent e = norni_extent_of(b->y, t->n);
    if (e.infinite || e.n_seen < t->n)
        return norn_fail(err, NORN_E_DATA, "gbdt: the target less its base is not finite");
    b->exponent = b->loss.log_link ? 0 : e.exponent;
    norni_rescale(b->y, t->n, b->exponent, b->y);
    return NORN_OK;
}

static void slopes(boost *b) {
    gbdt_loss_slopes(&b->loss, b->y, b->score, b->data.n_train, b->g, b->h, b->scratch);
}

/* The rows of tree k; all in their order without sampling. */
static size_t draw(boost *b, size_t k) {
    const norni_gbdt_opt *o = b->opt;
    const gbdt_draws d = {b->rng, k};
    const size_t n = b->data.n_train;
    gbdt_draw_columns(d, o->feature_fraction, b->data.n_columns, b->taken);
    if (o->goss) {
        for (size_t i = 0; i < n && b->loss.constant_hessian; i++)
            b->h[i] = 1;
        return gbdt_draw_goss(d, o->goss_top, o->goss_rest, n, b->g, b->h, b->scratch, b->row);
    }
    if (o->subsample < 1) return gbdt_draw_rows(d, o->subsample, n, b->row);
    if (k == 0)
        for (size_t i = 0; i < n; i++)
            b->row[i] = (uint32_t)i;
    return n;
}

/* Leaves of absolute and quantile losses: the median or quantile of what their rows miss. */
static void renew_leaves(boost *b, const gbdt_grown *t) {
    for (size_t k = 0; k < t->tree.n_leaves; k++) {
        const size_t n = t->tree.cover[k];
        const uint32_t *row = t->row + t->begin[k];
        for (size_t i = 0; i < n; i++)
            b->scratch[i] = b->y[row[i]] - b->score[row[i]];
        if (n) t->value[k] = gbdt_quantile(b->scratch, n, b->loss.level);
    }
}

static void add_tree(boost *b, const gbdt_grown *t, size_t n_rows) {
    const size_t n_train = b->data.n_train;
    size_t from = n_train;
    for (size_t k = 0; k < t->tree.n_leaves; k++)
        t->value[k] *= b->opt->learning_rate;
    if (n_rows == n_train) {
        for (size_t k = 0; k < t->tree.n_leaves; k++) {
            const uint32_t *row = t->row + t->begin[k];
            for (size_t i = 0; i < t->tree.cover[k]; i++)
                b->score[row[i]] += t->value[k];
        }
    } else {
        from = 0;
    }
    for (size_t i = from; i < b->task->n; i++)
        b->score[i] += t->value[gbdt_leaf_of(&t->tree, &b->data, i)];
}

static norn_status one_tree(boost *b, norni_env *env, size_t k, norni_gbdt_tree *out,
                            norn_err *err) {
    gbdt_grown grown;
    slopes(b);
    const size_t n = draw(b, k);
    const bool h = b->opt->goss || !b->loss.constant_hessian;
    gbdt_words_make(b->g, h ? b->h : NULL, b->row, n, &b->words);
    NORN_TRY(gbdt_grow(b->grower, env, &b->words, b->row, n, b->taken, &grown, err));
    if (b->loss.renews) renew_leaves(b, &grown);
    add_tree(b, &grown, n);
    *out = grown.tree;
    return NORN_OK;
}

static double validation_loss(const boost *b) {
    const size_t n = b->data.n_train;
    return gbdt_loss_mean(&b->loss, b->y + n, b->score + n, b->task->n_validate);
}

static norn_status boost_trees(boost *b, norni_env *env, norni_gbdt_tree *tree, norni_gbdt *out,
                               norn_err *err) {
    const size_t most = (size_t)b->opt->n_trees, patience = (size_t)b->opt->early_stopping;
    const bool holds = b->task->n_validate > 0;
    size_t best = 0, k = 0;
    double least = holds ? validation_loss(b) : NORNI_NAN;
    while (k < most && (k == 0 || norni_effort_spend(env->effort, 1))) {
        NORN_TRY(one_tree(b, env, k, &tree[k], err));
        const bool grew = tree[k].n_leaves > 1;
        k++;
        if (holds) {
            const double loss = validation_loss(b);
            if (loss < least) least = loss, best = k;
            if (patience > 0 && k - best >= patience) break;
        }
        if (!grew && b->opt->subsample >= 1 && b->opt->feature_fraction >= 1) break;
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "gbdt: cancelled");
    }
    out->n_trees = holds ? best : k;
    out->validation_loss = least;
    return NORN_OK;
}

static norn_status fit_in(boost *b, norni_env *env, norni_arena *keep, norni_gbdt *out,
                          norn_err *err) {
    const norni_gbdt_opt *opt = b->opt;
    const norni_gbdt_task *task = b->task;
    NORN_TRY(check_task(opt, task, err));
    NORN_TRY(gbdt_pack(env, task, &b->data, err));
    b->words.wide = gbdt_words_wide(&b->loss, opt->goss, b->data.n_train);
    NORN_TRY(get_memory(b, env, err));
    NORN_TRY(gbdt_grower_new(env, keep, opt, &b->data, b->words.wide, gbdt_limits_default(),
                             &b->grower, err));
    const uint64_t key[2] = {env->item, task->key};
    b->rng = (norni_rng){env->seed, norni_hash64(key, sizeof key)};
    NORN_TRY(begin_scores(b, err));
    const double start = gbdt_loss_start(&b->loss, b->y, b->data.n_train, b->scratch);
    for (size_t i = 0; i < task->n; i++)
        b->score[i] = start;
    norni_gbdt_tree *tree = norni_arena_get(keep, (size_t)opt->n_trees, sizeof *tree);
    if (!tree) return norni_alloc_fail(err, "gbdt", (size_t)opt->n_trees, sizeof *tree);
    *out = (norni_gbdt){.n_columns = b->data.n_columns,
                        .n_rows = task->n,
                        .tree = tree,
                        .start = start,
                        .exponent = b->exponent,
                        .log_link = b->loss.log_link};
    return boost_trees(b, env, tree, out, err);
}

norn_status norni_gbdt_fit(norni_env *env, const norni_gbdt_opt *opt, const norni_gbdt_task *task,
                           norni_gbdt *out, norn_err *err) {
    boost b = {.opt = opt, .task = task, .loss = gbdt_loss_of(opt)};
    norni_arena scratch; /* trees outlive it */
    norni_env inner = *env;
    norni_arena_init(&scratch, env->arena->alloc);
    inner.arena = &scratch;
    const norn_status status = fit_in(&b, &inner, env->arena, out, err);
    norni_arena_clear(&scratch);
    return status;
}
