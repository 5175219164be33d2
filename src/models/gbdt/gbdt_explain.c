/* Why boosted trees say what they say: Shapley values of a forecast, and their shapes over the rows fitted. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Terms: what the base forecast gives beyond its mean (where there is a base), then each feature that a
 * split is on. Their contributions (gbdt_shap.c) and the intercept add up to the forecast. A term's
 * importance is the mean of its contributions' sizes over up to SAMPLE rows, evenly spaced; its shape is
 * their mean in a few bins. Under a log link the Shapley values are shares of the logarithm; they are
 * scaled so that they add up to the forecast itself. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/gbdt/gbdt_learner.h"

enum { SAMPLE = 256, SHAPE_BINS = 19 };

static bool has_base(const gbdt_state *s) {
    return norni_base_taken(s->base) != NORNI_BASE_NONE;
}

typedef struct why_rows {
    double *x, *shap, *scratch; /* (n_columns), (n_columns), for norni_gbdt_shap */
    double expected;            /* of the trees, in the target's unit */
} why_rows;

static norn_status get_rows(norni_env *env, const gbdt_state *s, why_rows *w, norn_err *err) {
    const size_t k = s->model.n_columns, n = norni_gbdt_shap_scratch(&s->model);
    w->x = norni_arena_get(env->arena, k, sizeof *w->x);
    w->shap = norni_arena_get(env->arena, k, sizeof *w->shap);
    w->scratch = norni_arena_get(env->arena, n, sizeof *w->scratch);
    if (!w->x || !w->shap || !w->scratch) return norni_alloc_fail(err, "gbdt", n + 2 * k, 8);
    return NORN_OK;
}

/* w->shap at row t, adding up with w->expected to the trees' part of the forecast. */
static void explain_row(const gbdt_state *s, const norni_lesson *l, size_t t, why_rows *w) {
    gbdt_row_fill(s, l, t, w->x);
    norni_gbdt_shap(&s->model, w->x, w->shap, &w->expected, w->scratch);
    if (!s->model.log_link) return;
    double sum = 0;
    for (size_t k = 0; k < s->n_used; k++)
        sum += w->shap[s->used[k]];
    const double mean = norni_exp(w->expected);
    const double ratio = sum != 0 ? (norni_exp(w->expected + sum) - mean) / sum : mean;
    for (size_t k = 0; k < s->n_used; k++)
        w->shap[s->used[k]] *= ratio;
    w->expected = mean;
}

static norn_status check_width(const gbdt_state *s, const norni_lesson *l, norn_err *err) {
    if (l->x->n == s->model.n_columns) return NORN_OK;
    return norn_fail(err, NORN_E_DATA, "gbdt: fitted on %zu features, given %zu",
                     s->model.n_columns, l->x->n);
}

norn_status gbdt_contribute(norni_env *env, const void *state, const norni_lesson *at,
                            norni_lesson_part part, size_t t, double *out, norn_err *err) {
    const gbdt_state *s = state;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    why_rows w;
    (void)part;
    NORN_TRY(check_width(s, at, err));
    NORN_TRY(get_rows(env, s, &w, err));
    explain_row(s, at, t, &w);
    if (has_base(s)) *out++ = gbdt_base_value(s, at, t) - s->base_mean;
    for (size_t k = 0; k < s->n_used; k++)
        out[k] = w.shap[s->used[k]];
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}

/* value (n), given (n): a feature at the sampled rows, and its contributions there. */
static norn_status fill_shape(norni_env *env, const norni_feature_column *c, size_t feature,
                              const double *value, const double *given, size_t n, norni_term *out,
                              norn_err *err) {
    norni_bin_column bins;
    NORN_TRY(norni_bins_cut(env->arena, value, n, c->kind, SHAPE_BINS, &bins, err));
    uint16_t *index = norni_arena_get(env->arena, n, sizeof *index);
    double *score = norni_arena_zero(env->arena, bins.n_bins, sizeof *score);
    double *weight = norni_arena_zero(env->arena, bins.n_bins, sizeof *weight);
    if (!index || !score || !weight) return norni_alloc_fail(err, "gbdt", n, sizeof *score);
    norni_bins_place(&bins, value, n, index);
    double size = 0;
    for (size_t i = 0; i < n; i++) {
        score[index[i]] += given[i];
        weight[index[i]] += 1;
        size += fabs(given[i]);
    }
    for (size_t b = 0; b < bins.n_bins; b++)
        score[b] = weight[b] > 0 ? score[b] / weight[b] : 0;
    *out = (norni_term){.name = c->name,
                        .n_axes = 1,
                        .importance = n ? size / (double)n : 0,
                        .score = score,
                        .weight = weight};
    out->axis[0] = (norni_term_axis){.feature = feature,
                                     .name = c->name,
                                     .n_bins = bins.n_bins,
                                     .n_cuts = bins.n_cuts,
                                     .cut = bins.cut,
                                     .least = bins.least,
                                     .most = bins.most};
    return NORN_OK;
}

/* given (n): the base's forecasts at the sampled rows, less their mean over the examples. */
static norn_status fill_base(norni_env *env, const gbdt_state *s, const double *given, size_t n,
                             norni_term *out, norn_err *err) {
    double size = 0, least = NORNI_INF, most = -NORNI_INF;
    for (size_t i = 0; i < n; i++) {
        size += fabs(given[i]);
        least = fmin(least, given[i]), most = fmax(most, given[i]);
    }
    const norni_part_base about = {.mean = s->base_mean,
                                   .size = n ? size / (double)n : 0,
                                   .least = n ? least + s->base_mean : NORNI_NAN,
                                   .most = n ? most + s->base_mean : NORNI_NAN};
    return norni_part_base_term(env->arena, s->base, &about, "gbdt", out, err);
}

/* Trees of one split each: a feature gives what its own value says, whatever the others are. */
static bool is_sum_of_shapes(const norni_gbdt *m) {
    bool stumps = !m->log_link;
    for (size_t k = 0; stumps && k < m->n_trees; k++)
        stumps = m->tree[k].n_leaves <= 2;
    return stumps;
}

norn_status gbdt_explain(norni_env *env, const void *state, const norni_lesson *l,
                         norni_lesson_part part, norni_explanation *out, norn_err *err) {
    const gbdt_state *s = state;
    const size_t first = l->x->first, shift = has_base(s), n_terms = s->n_used + shift;
    const size_t n_rows = l->n > first + s->step ? l->n - first - s->step : 0;
    const size_t n = n_rows < SAMPLE ? n_rows : SAMPLE;
    why_rows w = {0};
    (void)part;
    NORN_TRY(check_width(s, l, err));
    NORN_TRY(get_rows(env, s, &w, err));
    norni_term *term = norni_arena_zero(env->arena, n_terms, sizeof *term);
    double *value = norni_arena_get(env->arena, n_terms * n, sizeof *value);
    double *given = norni_arena_get(env->arena, n_terms * n, sizeof *given);
    if (!term || !value || !given) return norni_alloc_fail(err, "gbdt", n_terms, 2 * n);
    memset(w.x, 0, s->model.n_columns * sizeof *w.x);
    norni_gbdt_shap(&s->model, w.x, w.shap, &w.expected, w.scratch); /* for what is expected */
    if (s->model.log_link) w.expected = norni_exp(w.expected);
    for (size_t i = 0; i < n; i++) {
        const size_t t = first + i * n_rows / n;
        explain_row(s, l, t, &w);
        if (shift) given[i] = gbdt_base_value(s, l, t) - s->base_mean;
        for (size_t k = 0; k < s->n_used; k++) {
            value[(k + shift) * n + i] = w.x[s->used[k]];
            given[(k + shift) * n + i] = w.shap[s->used[k]];
        }
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "gbdt: cancelled");
    }
    if (shift) NORN_TRY(fill_base(env, s, given, n, &term[0], err));
    for (size_t k = shift; k < n_terms; k++) {
        const size_t j = s->used[k - shift];
        NORN_TRY(fill_shape(env, &l->x->col[j], j, value + k * n, given + k * n, n, &term[k], err));
    }
    *out = (norni_explanation){.intercept = w.expected + s->base_mean,
                               .n_terms = n_terms,
                               .term = term,
                               .n_rows = s->model.n_rows,
                               .additive = is_sum_of_shapes(&s->model)};
    return NORN_OK;
}
