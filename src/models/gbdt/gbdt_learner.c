/* Boosted trees as a learner: options, the fit of a target at a step, forecasts, kept states. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Trees learn what a base forecast leaves (models/learner_base.h), since a piecewise constant model
 * should not have to learn the identity line, and cannot go on with a trend. The number of trees is found
 * on the newest examples: base and trees are fitted on what was known at the first of them; then both
 * are fitted on all examples with that number (refit). No trees at all may be the answer: then base=auto
 * takes a base, for the mean alone would be blind to where the target stands. */
#include "models/gbdt/gbdt_learner.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/hash.h"
#include "models/learner_series.h"

#define LEARNER_TAG UINT32_C(0x314c4247) /* "GBL1" */
enum {
    LEAST_HELD = 10,
    UNCHECKED_TREES = 100,
    LEAST_BINS = 32,
    MOST_BINS = 255,
    MOST_COLUMNS = 1 << 24,
    MOST_STEP = 1 << 24
};

#define INT(row, field, value, least, most, text)                                                  \
    {                                                                                              \
        .name = row, .type = NORNI_T_INT, .offset = offsetof(norni_gbdt_opt, field), .def = value, \
        .min = least, .max = most, .help = text                                                    \
    }
#define REAL(row, field, value, least, most, text)                                      \
    {                                                                                   \
        .name = row, .type = NORNI_T_DOUBLE, .offset = offsetof(norni_gbdt_opt, field), \
        .def = value, .min = least, .max = most, .help = text                           \
    }
#define CHOICE(row, field, value, words, text)                                          \
    {                                                                                   \
        .name = row, .type = NORNI_T_CHOICE, .offset = offsetof(norni_gbdt_opt, field), \
        .def = value, .choices = words, .help = text                                    \
    }
#define BOOL(row, field, value, text)                                                 \
    {                                                                                 \
        .name = row, .type = NORNI_T_BOOL, .offset = offsetof(norni_gbdt_opt, field), \
        .def = value, .help = text                                                    \
    }

const norni_param norni_gbdt_rows[NORNI_GBDT_ROWS] = {
    INT("n_trees", n_trees, "500", 1, 100000, "trees at most"),
    REAL("learning_rate", learning_rate, "0.05", 1e-6, 1, "share of each tree that is added"),
    INT("leaves", n_leaves, "31", 2, NORNI_GBDT_MOST_LEAVES, "leaves of a tree at most"),
    INT("max_depth", max_depth, "0", 0, 1000, "splits above a leaf at most; 0: no bound"),
    INT("min_child", min_child, "20", 1, 1000000000, "rows of a leaf at least"),
    INT("max_bins", max_bins, "255", 4, 255, "bins of a column, missing and unseen counted"),
    INT("early_stopping", early_stopping, "30", 0, 100000,
        "trees without improvement on the newest examples that end the fit; 0: all trees"),
    REAL("validation", validation, "0.15", 0, 0.9, "share of examples, the newest, for that"),
    BOOL("refit", refit, "true", "fit again on all examples with the number of trees found"),
    REAL("lambda_l1", lambda_l1, "0", 0, 1e100, "penalty on leaves' values"),
    REAL("lambda_l2", lambda_l2, "0", 0, 1e100, "penalty on their squares"),
    REAL("min_gain", min_gain, "0", 0, 1e100, "improvement of a split at least"),
    REAL("feature_fraction", feature_fraction, "1", 1e-6, 1, "share of columns drawn per tree"),
    REAL("subsample", subsample, "1", 1e-6, 1, "share of rows drawn per tree"),
    BOOL("goss", goss, "false", "sample rows by the size of their gradients"),
    REAL("goss_top", goss_top, "0.2", 1e-6, 1, "goss: share of rows kept for their gradients"),
    REAL("goss_rest", goss_rest, "0.1", 1e-6, 1, "goss: share of rows drawn from the others"),
    CHOICE("loss", loss, "squared", "squared|absolute|huber|quantile|poisson|tweedie",
           "what is minimised; poisson and tweedie need values of 0 or more"),
    REAL("alpha", alpha, "0.9", 1e-6, 0.999999,
         "quantile: the level; huber: the quantile of errors beyond which they count linearly"),
    REAL("tweedie_power", tweedie_power, "1.5", 1.01, 1.99, "variance as a power of the mean"),
    REAL("cat_smooth", cat_smooth, "10", 0, 1e100, "rows that a category's mean is drawn in by"),
    REAL("cat_l2", cat_l2, "10", 0, 1e100, "lambda_l2 more for splits on categories"),
    {.name = "monotone",
     .type = NORNI_T_TEXT,
     .offset = offsetof(norni_gbdt_opt, monotone),
     .help = "features that the forecast rises or falls with, as price_lag1:-1;feed:1"},
    CHOICE("base", base, "auto", NORNI_BASE_CHOICES, "whose residual the trees learn"),
};

static bool log_link(const norni_gbdt_opt *o) {
    return o->loss == NORNI_GBDT_POISSON || o->loss == NORNI_GBDT_TWEEDIE;
}

static norn_status validate_gbdt(const void *opt, const norni_lesson *l, norn_err *err) {
    const norni_gbdt_opt *o = opt;
    if (log_link(o) && o->base != NORNI_BASE_NONE && o->base != NORNI_BASE_AUTO)
        return norn_fail(err, NORN_E_ARG,
                         "gbdt: loss poisson and tweedie go with base none or auto alone");
    if (o->goss && (o->subsample < 1 || o->goss_top + o->goss_rest > 1))
        return norn_fail(err, NORN_E_ARG,
                         "gbdt: goss goes with subsample 1, and its shares add up to 1 at most");
    return norni_part_signs_check(o->monotone, l, "gbdt", err);
}

/* Nanoseconds: 200 trees, two fits, as measured. */
static double gbdt_cost(const void *opt, const norni_lesson *l) {
    const norni_gbdt_opt *o = opt;
    const double trees = o->n_trees < 200 ? o->n_trees : 200, columns = (double)l->x->n;
    return 2 * trees * columns * (1.5 * (double)l->n + 120.0 * o->n_leaves);
}

static size_t gbdt_memory(const void *opt, const norni_lesson *l) {
    const norni_gbdt_opt *o = opt;
    const size_t leaves = l->n / (size_t)o->min_child + 1, most = (size_t)o->n_leaves;
    const size_t pool = (leaves < most ? leaves : most) * l->x->n * 256 * sizeof(int64_t);
    const size_t bound = (size_t)64 << 20; /* gbdt_tree.c keeps no more */
    return l->n * (l->x->n + 96) + (pool < bound ? pool : bound) + (size_t)o->n_trees * most * 80;
}

/* The part's examples. */
typedef struct gbdt_examples {
    size_t n, step;
    uint32_t *row;       /* (n) rows of the bins: origin rows less x->first */
    double *y, *init;    /* (n) outcomes, and the base's forecasts of them */
    const size_t *shift; /* (n_columns) */
    const int8_t *monotone;
} gbdt_examples;

static norn_status find_examples(norni_env *env, const norni_gbdt_opt *o, const norni_lesson *l,
                                 norni_lesson_part part, gbdt_examples *e, norn_err *err) {
    const size_t first = l->x->first, most = l->n > first ? l->n - first : 0;
    norni_arena *a = env->arena;
    bool any;
    e->row = norni_arena_get(a, most, sizeof *e->row);
    e->y = norni_arena_get(a, most, sizeof *e->y);
    e->init = norni_arena_get(a, most, sizeof *e->init);
    size_t *shift = norni_arena_zero(a, l->x->n, sizeof *shift);
    int8_t *monotone = norni_arena_zero(a, l->x->n, sizeof *monotone);
    if (!e->row || !e->y || !e->init || !shift || !monotone)
        return norni_alloc_fail(err, "gbdt", most, 3 * sizeof *e->y);
    for (size_t j = 0; j < l->x->n; j++)
        shift[j] = l->x->col[j].shifted ? part.step : 0;
    e->step = part.step;
    e->shift = shift;
    NORN_TRY(norni_part_examples(l, part, "gbdt", e->row, e->y, &e->n, err));
    NORN_TRY(norni_part_signs(o->monotone, l, "gbdt", monotone, &any, err));
    e->monotone = any ? monotone : NULL;
    return NORN_OK;
}

void gbdt_row_fill(const gbdt_state *s, const norni_lesson *l, size_t t, double *x) {
    for (size_t j = 0; j < s->model.n_columns; j++)
        x[j] = norni_feature_value(&l->x->col[j], t, s->step);
}

double gbdt_base_value(const gbdt_state *s, const norni_lesson *l, size_t t) {
    return norni_part_base_at(s->base, l, t, s->mean);
}

/* The base as known behind `n` rows, and its forecasts of examples. */
static norn_status fit_base(norni_env *env, const norni_gbdt_opt *o, const norni_lesson *l,
                            size_t n, const gbdt_examples *e, gbdt_state *s, norn_err *err) {
    norni_lesson known = *l;
    known.n = n;
    const norni_base_kind kind = log_link(o) ? NORNI_BASE_NONE : (norni_base_kind)o->base;
    NORN_TRY(
        norni_base_fit(env, kind, &known, (norni_lesson_part){s->target, s->step}, &s->base, err));
    double sum = 0;
    for (size_t i = 0; i < e->n; i++)
        sum += e->y[i] / (double)e->n;
    s->mean = sum;
    s->base_mean = 0;
    for (size_t i = 0; i < e->n; i++) {
        e->init[i] = gbdt_base_value(s, l, e->row[i] + l->x->first);
        s->base_mean += e->init[i] / (double)e->n;
    }
    return NORN_OK;
}

/* How many of the newest examples are held back, and how many of the older ones were known by then. */
static void hold_back(const norni_gbdt_opt *o, const gbdt_examples *e, size_t *n_known,
                      size_t *n_held) {
    *n_held = o->early_stopping > 0 ? (size_t)(o->validation * (double)e->n) : 0;
    *n_known = e->n - *n_held;
    while (*n_held > 0 && *n_known > 0 && e->row[*n_known - 1] + e->step > e->row[e->n - *n_held])
        --*n_known;
    if (*n_held < LEAST_HELD || *n_known < 2 * (size_t)o->min_child) *n_held = 0, *n_known = e->n;
}

static norn_status fit_trees(norni_env *env, const norni_gbdt_opt *o, const norni_lesson *l,
                             const gbdt_examples *e, size_t n_known, size_t n_held, gbdt_state *s,
                             norn_err *err) {
    /* the held rows lie right behind the known ones only without a gap between */
    const size_t gap = e->n - n_held - n_known;
    norni_gbdt_task task = {.n = n_known + n_held,
                            .n_validate = n_held,
                            .bins = l->bins,
                            .row = e->row,
                            .shift = e->shift,
                            .y = e->y,
                            .init = e->init,
                            .monotone = e->monotone};
    const uint64_t key[3] = {l->key, s->target, s->step};
    task.key = norni_hash64(key, sizeof key);
    if (gap > 0) {
        uint32_t *row = norni_arena_get(env->arena, task.n, sizeof *row);
        double *y = norni_arena_get(env->arena, task.n, sizeof *y);
        double *init = norni_arena_get(env->arena, task.n, sizeof *init);
        if (!row || !y || !init) return norni_alloc_fail(err, "gbdt", task.n, 3 * sizeof *y);
        for (size_t i = 0; i < task.n; i++) {
            const size_t at = i < n_known ? i : i + gap;
            row[i] = e->row[at], y[i] = e->y[at], init[i] = e->init[at];
        }
        task.row = row, task.y = y, task.init = init;
    }
    return norni_gbdt_fit(env, o, &task, &s->model, err);
}

/* Bins of eight examples or more on average: with leaves of twenty, finer ones cost and gain nothing. */
static norn_status coarse_bins(norni_env *env, const norni_lesson *l, size_t n,
                               norni_lesson *coarse, norn_err *err) {
    const size_t most = n / 8 < LEAST_BINS ? LEAST_BINS : n / 8;
    norni_bins *bins = norni_arena_get(env->arena, 1, sizeof *bins);
    *coarse = *l;
    if (most >= MOST_BINS) return NORN_OK;
    if (!bins) return norni_alloc_fail(err, "gbdt", 1, sizeof *bins);
    coarse->bins = bins;
    return norni_bins_coarsen(env->arena, l->bins, (uint32_t)most, bins, err);
}

static norn_status fit_both(norni_env *env, const norni_gbdt_opt *opt, const norni_lesson *l,
                            gbdt_examples *e, gbdt_state *s, norn_err *err) {
    norni_gbdt_opt o = *opt;
    size_t n_known, n_held;
    hold_back(&o, e, &n_known, &n_held);
    s->n_validate = n_held;
    if (n_held > 0) {
        const size_t origin = e->row[e->n - n_held] + l->x->first;
        NORN_TRY(fit_base(env, &o, l, origin + 1, e, s, err));
        NORN_TRY(fit_trees(env, &o, l, e, n_known, n_held, s, err));
        if (!o.refit) return NORN_OK;
        o.n_trees = (int32_t)s->model.n_trees;
    } else if (o.early_stopping > 0 && o.n_trees > UNCHECKED_TREES) {
        o.n_trees = UNCHECKED_TREES;
    }
    const double held_loss = n_held > 0 ? s->model.validation_loss : NORNI_NAN;
    NORN_TRY(fit_base(env, &o, l, l->n, e, s, err));
    NORN_TRY(fit_trees(env, &o, l, e, e->n, 0, s, err));
    s->model.validation_loss = held_loss;
    return NORN_OK;
}

/* Nothing was split above no base. */
static bool is_mean_alone(const norni_gbdt_opt *o, const gbdt_state *s) {
    if (o->base != NORNI_BASE_AUTO || log_link(o) || norni_base_taken(s->base) != NORNI_BASE_NONE)
        return false;
    bool alone = true;
    for (size_t k = 0; alone && k < s->model.n_trees; k++)
        alone = s->model.tree[k].n_leaves < 2;
    return alone;
}

static norn_status fit_part(norni_env *env, const norni_gbdt_opt *opt, const norni_lesson *l,
                            gbdt_examples *e, gbdt_state *s, norn_err *err) {
    NORN_TRY(fit_both(env, opt, l, e, s, err));
    if (!is_mean_alone(opt, s)) return NORN_OK;
    const double held_loss = s->model.validation_loss;
    norni_gbdt_opt o = *opt;
    o.base = NORNI_BASE_SOME;
    o.n_trees = 0;
    NORN_TRY(fit_base(env, &o, l, l->n, e, s, err));
    NORN_TRY(fit_trees(env, &o, l, e, e->n, 0, s, err));
    s->model.validation_loss = held_loss;
    return NORN_OK;
}

static norn_status fit_gbdt(norni_env *env, const void *opt, const norni_lesson *l,
                            norni_lesson_part part, void **state, norn_err *err) {
    gbdt_state *s = norni_arena_zero(env->arena, 1, sizeof *s);
    gbdt_examples e = {0};
    norni_lesson coarse;
    if (!s) return norni_alloc_fail(err, "gbdt", 1, sizeof *s);
    if (!l->bins || l->bins->n_columns != l->x->n)
        return norn_fail(err, NORN_E_INTERNAL, "gbdt: the lesson has no bins");
    s->target = part.target, s->step = part.step;
    NORN_TRY(find_examples(env, opt, l, part, &e, err));
    NORN_TRY(coarse_bins(env, l, e.n, &coarse, err));
    NORN_TRY(fit_part(env, opt, &coarse, &e, s, err));
    *state = s;
    return gbdt_used_fill(s, env->arena, err);
}

norn_status gbdt_used_fill(gbdt_state *s, norni_arena *arena, norn_err *err) {
    const norni_gbdt *m = &s->model;
    bool *met = norni_arena_zero(arena, m->n_columns, sizeof *met);
    uint32_t *used = norni_arena_get(arena, m->n_columns, sizeof *used);
    if (!met || !used) return norni_alloc_fail(err, "gbdt", m->n_columns, sizeof *used);
    for (size_t k = 0; k < m->n_trees; k++)
        for (uint32_t i = 0; i + 1 < m->tree[k].n_leaves; i++)
            met[m->tree[k].node[i].column] = true;
    s->n_used = 0;
    for (size_t j = 0; j < m->n_columns; j++)
        if (met[j]) used[s->n_used++] = (uint32_t)j;
    s->used = used;
    return NORN_OK;
}

static norn_status predict_gbdt(norni_env *env, const void *state, const norni_lesson *at, size_t t,
                                double *out, norn_err *err) {
    const gbdt_state *s = state;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    if (at->x->n != s->model.n_columns)
        return norn_fail(err, NORN_E_DATA, "gbdt: fitted on %zu features, given %zu",
                         s->model.n_columns, at->x->n);
    double *x = norni_arena_get(env->arena, at->x->n, sizeof *x);
    if (!x) return norni_alloc_fail(err, "gbdt", at->x->n, sizeof *x);
    gbdt_row_fill(s, at, t, x);
    out[0] = norni_gbdt_predict(&s->model, x) + (s->model.log_link ? 0 : gbdt_base_value(s, at, t));
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}

static void describe_gbdt(const void *state, char *out, size_t size) {
    const gbdt_state *s = state;
    char base[128];
    norni_base_describe(s->base, base, sizeof base);
    size_t leaves = 0;
    for (size_t k = 0; k < s->model.n_trees; k++)
        leaves += s->model.tree[k].n_leaves;
    norni_format(out, size, "GBDT(base=%s) trees=%zu leaves=%zu features=%zu rows=%zu", base,
                 s->model.n_trees, leaves, s->n_used, s->model.n_rows);
}

static norn_status save_gbdt(const void *state, norni_buf *out, norn_err *err) {
    const gbdt_state *s = state;
    norni_buf part;
    norni_buf_init(&part, out->alloc);
    norni_pack_u32(out, LEARNER_TAG);
    norni_pack_u32(out, (uint32_t)s->target);
    norni_pack_u32(out, (uint32_t)s->step);
    norni_pack_u32(out, (uint32_t)s->n_validate);
    norni_pack_f64(out, s->mean);
    norni_pack_f64(out, s->base_mean);
    norn_status status = norni_gbdt_save(&s->model, &part, err);
    norni_pack_str(out, (norni_str){part.p, part.n});
    norni_buf_clear(&part);
    if (status == NORN_OK) status = norni_base_save(s->base, out, err);
    if (status == NORN_OK && out->failed) status = norni_alloc_fail(err, "gbdt", out->cap, 2);
    return status;
}

static norn_status load_gbdt(norni_env *env, const void *opt, norni_str saved, void **state,
                             norn_err *err) {
    norni_unpack u = {saved, false};
    gbdt_state *s = norni_arena_zero(env->arena, 1, sizeof *s);
    if (!s) return norni_alloc_fail(err, "gbdt", 1, sizeof *s);
    (void)opt;
    if (norni_unpack_u32(&u) != LEARNER_TAG) u.failed = true;
    s->target = norni_unpack_count(&u, 0, MOST_COLUMNS);
    s->step = norni_unpack_count(&u, 1, MOST_STEP);
    s->n_validate = norni_unpack_u32(&u);
    s->mean = norni_unpack_within(&u, -DBL_MAX, DBL_MAX);
    s->base_mean = norni_unpack_within(&u, -DBL_MAX, DBL_MAX);
    const norni_str trees = norni_unpack_str(&u);
    if (u.failed) goto damaged;
    NORN_TRY(norni_gbdt_load(env->arena, trees, &s->model, err));
    NORN_TRY(norni_base_load(env->arena, &u, &s->base, err));
    if (!norni_unpack_end(&u)) goto damaged;
    *state = s;
    return gbdt_used_fill(s, env->arena, err);
damaged:
    return norn_fail(err, NORN_E_FORMAT, "gbdt: the kept model is damaged or not one of this kind");
}

static size_t reach_gbdt(const void *state, const norni_lesson *at) {
    (void)at;
    return norni_base_reach(((const gbdt_state *)state)->base);
}

#define PAPERS "Friedman 2001, Annals of Statistics 29; Ke et al. 2017, NIPS 30"

const norni_learner norni_learner_gbdt = {
    .name = "gbdt",
    .summary = "gradient-boosted trees on histograms, one model for each target and step",
    .source = PAPERS,
    .params = norni_gbdt_rows,
    .n_params = NORNI_GBDT_ROWS,
    .opt_size = sizeof(norni_gbdt_opt),
    .wants_bins = true,
    .seasonal = true,
    .missing = true,
    .validate = validate_gbdt,
    .cost = gbdt_cost,
    .memory = gbdt_memory,
    .fit = fit_gbdt,
    .predict = predict_gbdt,
    .explain = gbdt_explain,
    .contribute = gbdt_contribute,
    .describe = describe_gbdt,
    .reach = reach_gbdt,
    .save = save_gbdt,
    .load = load_gbdt,
};

NORNI_SERIES_MODEL(gbdt, norni_gbdt_rows, norni_gbdt_opt,
                   "boosted trees on the series' own lags, seasons and columns, on a base forecast",
                   PAPERS);
