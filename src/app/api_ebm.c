/* The library's door to explainable boosting machines: options, the fit, what a model holds. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "app/ebm_handle.h"
#include "eval/share.h"
#include "feat/bins.h"
#include "par/pool.h"

norn_ebm_opt norn_ebm_opt_default(void) {
    const norni_ebm_opt o = norni_ebm_opt_default();
    return (norn_ebm_opt){
        .max_bins = o.max_bins,
        .max_interaction_bins = o.max_interaction_bins,
        .interactions = o.interactions,
        .outer_bags = o.outer_bags,
        .validation_size = o.validation_size,
        .validation = NORN_EBM_RANDOM,
        .learning_rate = o.learning_rate,
        .greedy_ratio = o.greedy_ratio,
        .cyclic_progress = o.cyclic_progress,
        .smoothing_rounds = o.smoothing_rounds,
        .interaction_smoothing_rounds = o.interaction_smoothing_rounds,
        .max_rounds = o.max_rounds,
        .early_stopping_rounds = o.early_stopping_rounds,
        .early_stopping_tolerance = o.early_stopping_tolerance,
        .min_samples_leaf = o.min_samples_leaf,
        .min_hessian = o.min_hessian,
        .reg_alpha = o.reg_alpha,
        .reg_lambda = o.reg_lambda,
        .max_delta_step = o.max_delta_step,
        .gain_scale = o.gain_scale,
        .min_cat_samples = o.min_cat_samples,
        .cat_smooth = o.cat_smooth,
        .missing = NORN_EBM_MISSING_SEPARATE,
        .max_leaves = o.max_leaves,
        .shuffle = o.shuffle,
        .seed = 42,
    };
}

static norni_ebm_opt options_of(const norn_ebm_opt *o) {
    return (norni_ebm_opt){
        .max_bins = o->max_bins,
        .max_interaction_bins = o->max_interaction_bins,
        .interactions = o->interactions,
        .outer_bags = o->outer_bags,
        .validation_size = o->validation_size,
        .validation = (int32_t)o->validation,
        .learning_rate = o->learning_rate,
        .greedy_ratio = o->greedy_ratio,
        .cyclic_progress = o->cyclic_progress,
        .smoothing_rounds = o->smoothing_rounds,
        .interaction_smoothing_rounds = o->interaction_smoothing_rounds,
        .max_rounds = o->max_rounds,
        .early_stopping_rounds = o->early_stopping_rounds,
        .early_stopping_tolerance = o->early_stopping_tolerance,
        .min_samples_leaf = o->min_samples_leaf,
        .min_hessian = o->min_hessian,
        .reg_alpha = o->reg_alpha,
        .reg_lambda = o->reg_lambda,
        .max_delta_step = o->max_delta_step,
        .gain_scale = o->gain_scale,
        .min_cat_samples = o->min_cat_samples,
        .cat_smooth = o->cat_smooth,
        .missing = (int32_t)o->missing,
        .max_leaves = o->max_leaves,
        .shuffle = o->shuffle,
    };
}

/* ---- checks ---- */

/* The feature's name for errors, in `own` when it has none. */
static const char *name_of(const norn_ebm_problem *p, size_t j, char own[32]) {
    if (p->name) return p->name[j];
    norni_format(own, 32, "feature %zu", j);
    return own;
}

static norn_status check_cuts(const double *cut, size_t n, const char *name, norn_err *err) {
    if (n > NORNI_BINS_MOST - 3)
        return norn_fail(err, NORN_E_ARG, "ebm: %s: %zu cuts, %d at most", name, n,
                         NORNI_BINS_MOST - 3);
    for (size_t k = 0; k < n; k++)
        if (!isfinite(cut[k]) || (k && !(cut[k - 1] < cut[k])))
            return norn_fail(err, NORN_E_ARG, "ebm: %s: cut %zu is not finite or not ascending",
                             name, k);
    return NORN_OK;
}

static norn_status check_column(const norn_ebm_problem *p, size_t j, norn_err *err) {
    char own[32];
    const char *name = name_of(p, j, own);
    const double *x = p->rows.x[j];
    const bool nominal = p->nominal && p->nominal[j];
    if (x == NULL) return norn_fail(err, NORN_E_ARG, "ebm: %s has no values", name);
    for (size_t i = 0; i < p->rows.n; i++) {
        if (isnan(x[i])) continue;
        if (isinf(x[i]))
            return norn_fail(err, NORN_E_DATA, "ebm: %s is infinite in row %zu", name, i);
        if (nominal && (!(x[i] >= 0) || x[i] != floor(x[i]) || x[i] > NORNI_BINS_MOST - 3))
            return norn_fail(err, NORN_E_DATA,
                             "ebm: %s is %g in row %zu: codes of names are 0, 1, ... %d", name,
                             x[i], i, NORNI_BINS_MOST - 3);
    }
    if (nominal) return NORN_OK;
    if (p->cut && p->cut[j]) NORN_TRY(check_cuts(p->cut[j], p->n_cut[j], name, err));
    if (p->pair_cut && p->pair_cut[j])
        NORN_TRY(check_cuts(p->pair_cut[j], p->n_pair_cut[j], name, err));
    return NORN_OK;
}

static norn_status check_row(const norn_ebm_problem *p, const norn_ebm_opt *o, size_t i,
                             norn_err *err) {
    if (!isfinite(p->y[i]))
        return norn_fail(err, NORN_E_DATA, "ebm: y is not finite in row %zu", i);
    if (p->weight && !(p->weight[i] > 0 && isfinite(p->weight[i])))
        return norn_fail(err, NORN_E_DATA, "ebm: the weight of row %zu is %g, not above 0", i,
                         p->weight[i]);
    if (p->init && !isfinite(p->init[i]))
        return norn_fail(err, NORN_E_DATA, "ebm: the init score of row %zu is not finite", i);
    for (int32_t b = 0; p->bag && b < o->outer_bags; b++)
        if (p->bag[b][i] < -1 || p->bag[b][i] > 1)
            return norn_fail(err, NORN_E_ARG, "ebm: bag %d holds %d in row %zu, not -1, 0 or 1", b,
                             p->bag[b][i], i);
    return NORN_OK;
}

static norn_status check_pairs(const norn_ebm_problem *p, norn_err *err) {
    if (!p->pairs_given) return NORN_OK;
    for (size_t k = 0; k < p->n_pair; k++) {
        const uint32_t a = p->pair[k][0], b = p->pair[k][1];
        if (a == b || a >= p->rows.n_features || b >= p->rows.n_features)
            return norn_fail(err, NORN_E_ARG, "ebm: pair %zu is of features %u and %u of %zu", k, a,
                             b, p->rows.n_features);
        for (size_t i = 0; i < k; i++)
            if ((p->pair[i][0] == a && p->pair[i][1] == b) ||
                (p->pair[i][0] == b && p->pair[i][1] == a))
                return norn_fail(err, NORN_E_ARG, "ebm: features %u and %u are a pair twice", a, b);
    }
    return NORN_OK;
}

static norn_status check_problem(const norn_ebm_problem *p, const norn_ebm_opt *o, norn_err *err) {
    const norn_ebm_rows *r = &p->rows;
    if (r->n == 0 || r->n > UINT32_MAX || r->n_features == 0 || r->n_features > UINT32_MAX / 2)
        return norn_fail(err, NORN_E_DATA, "ebm: %zu rows of %zu features", r->n, r->n_features);
    if (r->x == NULL || p->y == NULL) return norn_fail(err, NORN_E_ARG, "ebm: x or y is not given");
    if (o->outer_bags < 1 || o->outer_bags > 100000)
        return norn_fail(err, NORN_E_ARG, "ebm: outer_bags=%d is outside [1, 100000]",
                         o->outer_bags);
    if (!isfinite(o->interactions))
        return norn_fail(err, NORN_E_ARG, "ebm: interactions=%g is not a number", o->interactions);
    for (size_t j = 0; j < r->n_features; j++)
        NORN_TRY(check_column(p, j, err));
    for (size_t i = 0; i < r->n; i++)
        NORN_TRY(check_row(p, o, i, err));
    return check_pairs(p, err);
}

/* ---- bins ---- */

typedef struct fitting {
    const norn_ebm_problem *p;
    const norn_ebm_opt *opt;
    norn_ebm *made;
    const norn_alloc *alloc;
} fitting;

/* Bins of one level: the given cuts, else those that the values or the finer level's bins make. */
static norn_status make_level(norni_env *env, const norn_ebm_problem *p, int32_t max_bins,
                              const double *const *cut, const size_t *n_cut, const norni_bins *fine,
                              norni_bins *out, norn_err *err) {
    const size_t n = p->rows.n, f = p->rows.n_features;
    norni_bins coarse = {0};
    norni_bin_column *column = norni_arena_zero(env->arena, f, sizeof *column);
    const uint16_t **index = norni_arena_zero(env->arena, f, sizeof *index);
    if (column == NULL || index == NULL) return norni_alloc_fail(err, "ebm", f, sizeof *column);
    if (fine) NORN_TRY(norni_bins_coarsen(env->arena, fine, (uint32_t)max_bins, &coarse, err));
    for (size_t j = 0; j < f; j++) {
        const bool nominal = p->nominal && p->nominal[j];
        const norni_feature_kind kind = nominal ? NORNI_FEATURE_NOMINAL : NORNI_FEATURE_CONTINUOUS;
        const bool given = cut && cut[j] && !nominal;
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "ebm: cancelled");
        if (fine && !given) {
            column[j] = coarse.column[j];
            index[j] = coarse.index[j];
            continue;
        }
        uint16_t *at = norni_arena_get(env->arena, n, sizeof *at);
        if (at == NULL) return norni_alloc_fail(err, "ebm", n, sizeof *at);
        NORN_TRY(norni_bins_cut(env->arena, p->rows.x[j], n, kind, given ? 3 : (uint32_t)max_bins,
                                &column[j], err));
        if (given) {
            column[j].cut = cut[j];
            column[j].n_cuts = (uint32_t)n_cut[j];
            column[j].n_bins = (uint32_t)n_cut[j] + 3;
        }
        norni_bins_place(&column[j], p->rows.x[j], n, at);
        index[j] = at;
    }
    *out = (norni_bins){n, f, column, index};
    return NORN_OK;
}

static norn_status check_bins(const char *name, int32_t bins, norn_err *err) {
    if (bins >= 3 && bins <= NORNI_BINS_MOST) return NORN_OK;
    return norn_fail(err, NORN_E_ARG, "ebm: %s=%d is outside [3, %d]", name, bins, NORNI_BINS_MOST);
}

static norn_status fit_in(norni_env *env, fitting *f, norn_err *err) {
    const norn_ebm_problem *p = f->p;
    const norni_ebm_opt opt = options_of(f->opt);
    norni_bins mains, pairs;
    norni_ebm m;
    NORN_TRY(check_bins("max_bins", opt.max_bins, err));
    NORN_TRY(check_bins("max_interaction_bins", opt.max_interaction_bins, err));
    const bool wants_pairs =
        p->pairs_given ? p->n_pair > 0 : opt.interactions < 0 || opt.interactions > 0;
    NORN_TRY(make_level(env, p, opt.max_bins, p->cut, p->n_cut, NULL, &mains, err));
    if (wants_pairs)
        NORN_TRY(make_level(env, p, opt.max_interaction_bins, p->pair_cut, p->n_pair_cut, &mains,
                            &pairs, err));
    const norni_ebm_task task = {
        .n = p->rows.n,
        .mains = &mains,
        .pairs = wants_pairs ? &pairs : NULL,
        .y = p->y,
        .weight = p->weight,
        .init = p->init,
        .bag = p->bag,
        .monotone = p->monotone,
        .given = p->pairs_given ? p->pair : NULL,
        .n_given = p->pairs_given ? p->n_pair : 0,
    };
    NORN_TRY(norni_ebm_fit(env, &opt, &task, &m, err));
    return norni_ebm_handle_new(f->alloc, &m, p->name, &f->made, err);
}

static norn_status fit_item(norni_worker *w, size_t item, void *arg, norn_err *err) {
    (void)item;
    fitting *f = arg;
    const norni_share share = norni_share_of(w);
    norni_env env = {
        .arena = &w->arena,
        .poll = norni_ctx_poll(w->ctx),
        .seed = f->opt->seed,
        .share = &share,
    };
    return fit_in(&env, f, err);
}

norn_status norn_ebm_fit(norn_ctx *ctx, const norn_ebm_problem *problem, const norn_ebm_opt *opt,
                         norn_ebm **out, norn_err *err) {
    const norn_ebm_opt usual = norn_ebm_opt_default();
    fitting f = {problem, opt ? opt : &usual, NULL, &ctx->alloc};
    *out = NULL;
    NORN_TRY(check_problem(problem, f.opt, err));
    const norn_status st = norni_for(ctx, NULL, 1, fit_item, &f, &(norni_for_opt){0}, err);
    if (st == NORN_OK)
        *out = f.made;
    else
        norn_ebm_free(f.made);
    return st;
}

/* ---- what a model holds ---- */

void norn_ebm_view_get(const norn_ebm *m, norn_ebm_view *out) {
    *out = (norn_ebm_view){
        .n_rows = m->m.n_rows,
        .n_features = m->m.n_columns,
        .n_terms = m->m.n_terms,
        .n_bags = m->m.n_bags,
        .intercept = m->m.intercept,
        .bagged_intercept = m->m.bagged_intercept,
        .best_iteration = m->m.best_iteration,
        .name = m->name,
        .nominal = m->nominal,
    };
}

norn_status norn_ebm_term_get(const norn_ebm *m, size_t term, norn_ebm_term *out, norn_err *err) {
    if (term >= m->m.n_terms)
        return norn_fail(err, NORN_E_ARG, "ebm: term %zu of %zu", term, m->m.n_terms);
    const norni_ebm_term *t = &m->m.term[term];
    *out = (norn_ebm_term){
        .n_axes = t->n_axes,
        .n_cells = norni_ebm_cells(t),
        .score = t->score,
        .sd = t->sd,
        .weight = t->weight,
        .bagged = t->bagged,
        .importance = t->importance,
    };
    for (uint32_t a = 0; a < t->n_axes; a++) {
        const norni_bin_column *c = &(t->n_axes == 1 ? m->m.mains : m->m.pairs)[t->column[a]];
        out->axis[a] =
            (norn_ebm_axis){t->column[a], c->n_bins, c->n_cuts, c->cut, c->least, c->most};
    }
    return NORN_OK;
}
