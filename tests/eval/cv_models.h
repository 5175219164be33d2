/* A panel and small models that tell what they were given, for the tests of cross-validation. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CV_MODELS_H
#define CV_MODELS_H

#include <math.h>
#include <string.h>

#include "base/pack.h"
#include "eval/cv.h"

/* `tell`: forecasts are 1e6 (periods seen at the fit) + 1e3 (periods moved on since) + the periods that
 * the warm start had seen (0 = cold). `last`: the last value, and the sum of all as the second step.
 * `peek`: as last, but it looks at the value behind the training set. `fail_short`: as last, needs 40
 * periods. `columns`: 1e6 times the exogenous column at the step, and what it was at the end. */
typedef enum cv_kind { CV_TELL, CV_LAST, CV_PEEK, CV_SHORT } cv_kind;

typedef struct cv_state {
    double n_fit, n_moved, n_warm, last, sum;
    const norni_series *s;
} cv_state;

static norn_status cv_fit_any(cv_kind kind, norni_env *env, const norni_series *s, void **state,
                              norn_err *err) {
    cv_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    if (st == NULL) return norni_alloc_fail(err, "test", 1, sizeof *st);
    st->n_fit = (double)s->n;
    st->s = s;
    if (env->warm.n > 0) {
        norni_unpack u = {env->warm, false};
        st->n_warm = norni_unpack_f64(&u) + norni_unpack_f64(&u);
    }
    for (size_t t = 0; t < s->n; t++) {
        if (isnan(s->y[t])) continue;
        st->last = s->y[t];
        st->sum += s->y[t];
    }
    if (kind == CV_PEEK) st->last = s->y[s->n]; /* inside the panel, behind the cut-off */
    if (kind == CV_SHORT && s->n < 40)
        return norn_fail(err, NORN_E_NUMERIC, "test: %zu periods are too few", s->n);
    /* Unequal cost, so that workers meet the items in another order each time. */
    volatile double burn = 0;
    for (int k = 0; k < (int)(env->item % 7) * 400; k++)
        burn += k;
    *state = st;
    return NORN_OK;
}

#define CV_FIT(name, kind)                                                                       \
    static norn_status name(norni_env *env, const void *opt, const norni_group *g, void **state, \
                            norn_err *err) {                                                     \
        (void)opt;                                                                               \
        return cv_fit_any(kind, env, g->series, state, err);                                     \
    }
CV_FIT(cv_fit_tell, CV_TELL)
CV_FIT(cv_fit_last, CV_LAST)
CV_FIT(cv_fit_peek, CV_PEEK)
CV_FIT(cv_fit_short, CV_SHORT)
#undef CV_FIT

static norn_status cv_predict_tell(norni_env *env, const void *state, size_t g, size_t h,
                                   bool want_levels, norni_dist *out, norn_err *err) {
    const cv_state *st = state;
    (void)env;
    (void)g;
    (void)want_levels;
    (void)err;
    for (size_t k = 0; k < h; k++)
        out->mean[k] = 1e6 * st->n_fit + 1e3 * st->n_moved + st->n_warm;
    return NORN_OK;
}

static norn_status cv_predict_last(norni_env *env, const void *state, size_t g, size_t h,
                                   bool want_levels, norni_dist *out, norn_err *err) {
    const cv_state *st = state;
    (void)env;
    (void)g;
    (void)want_levels;
    (void)err;
    out->kind = NORNI_DIST_NORMAL;
    for (size_t k = 0; k < h; k++) {
        out->mean[k] = k == 1 ? st->sum : st->last;
        out->sd[k] = 1 + fabs(st->last);
    }
    return NORN_OK;
}

static norn_status cv_predict_columns(norni_env *env, const void *state, size_t g, size_t h,
                                      bool want_levels, norni_dist *out, norn_err *err) {
    const norni_series *s = ((const cv_state *)state)->s;
    (void)env;
    (void)g;
    (void)want_levels;
    (void)err;
    for (size_t k = 0; k < h; k++)
        out->mean[k] = s->n_x == 0 ? -1 : 1e6 * s->x_future[0][k] + s->x[0][s->n - 1];
    return NORN_OK;
}

static norn_status cv_save(const void *state, size_t g, norni_buf *out, norn_err *err) {
    const cv_state *st = state;
    (void)g;
    (void)err;
    const double x[5] = {st->n_fit, st->n_moved, st->n_warm, st->last, st->sum};
    norni_pack_f64s(out, x, 5);
    return NORN_OK;
}

static norn_status cv_load(norni_env *env, const void *opt, norni_str saved, void **state,
                           norn_err *err) {
    cv_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    norni_unpack u = {saved, false};
    (void)opt;
    if (st == NULL) return norni_alloc_fail(err, "test", 1, sizeof *st);
    double x[5];
    norni_unpack_f64s(&u, x, 5);
    *st = (cv_state){x[0], x[1], x[2], x[3], x[4], NULL};
    *state = st;
    return norni_unpack_end(&u) ? NORN_OK : norn_fail(err, NORN_E_FORMAT, "test: bad state");
}

static norn_status cv_update(norni_env *env, void *state, const norni_series *more, norn_err *err) {
    cv_state *st = state;
    (void)env;
    (void)err;
    st->n_moved += (double)more->n;
    for (size_t t = 0; t < more->n; t++) {
        st->last = more->y[t];
        st->sum += more->y[t];
    }
    return NORN_OK;
}

static void cv_describe(const void *state, size_t g, char *out, size_t size) {
    (void)g;
    norni_format(out, size, "n=%g", ((const cv_state *)state)->n_fit);
}

#define CV_MODEL(ident, fit_fn, predict_fn, ...)               \
    static const norni_model ident = {.name = #ident,          \
                                      .intervals = true,       \
                                      .missing = true,         \
                                      .fit = fit_fn,           \
                                      .predict = predict_fn,   \
                                      .describe = cv_describe, \
                                      __VA_ARGS__}
CV_MODEL(cv_tell, cv_fit_tell, cv_predict_tell, .save = cv_save, .load = cv_load,
         .update = cv_update);
CV_MODEL(cv_last, cv_fit_last, cv_predict_last, .save = cv_save, .load = cv_load,
         .update = cv_update);
CV_MODEL(cv_peek, cv_fit_peek, cv_predict_last, .save = cv_save);
CV_MODEL(cv_short, cv_fit_short, cv_predict_last, .save = cv_save);
CV_MODEL(cv_plain, cv_fit_last, cv_predict_last, .save = NULL);
CV_MODEL(cv_columns, cv_fit_last, cv_predict_columns, .exogenous = true);
#undef CV_MODEL

enum { CV_MOST = 256 };

/* Series of the lengths given; values differ everywhere. */
static void cv_make_panel(norni_panel *p, norn_ctx *ctx, const size_t *length, size_t n_series) {
    memset(p, 0, sizeof *p);
    norni_arena_init(&p->arena, &ctx->alloc);
    p->n_series = n_series;
    p->offsets = norni_arena_zero(&p->arena, n_series + 1, sizeof *p->offsets);
    p->id_offsets = norni_arena_zero(&p->arena, n_series + 1, sizeof *p->id_offsets);
    p->id_bytes = norni_arena_zero(&p->arena, n_series + 1, 16);
    p->start = norni_arena_zero(&p->arena, n_series, sizeof *p->start);
    p->freq = norni_arena_get(&p->arena, n_series, sizeof *p->freq);
    for (size_t i = 0; i < n_series; i++) {
        p->offsets[i + 1] = p->offsets[i] + length[i];
        p->id_offsets[i + 1] =
            p->id_offsets[i] + norni_format(p->id_bytes + p->id_offsets[i], 16, "s%zu", i);
        p->freq[i] = (norni_freq){NORNI_UNIT_MONTH, 1, 1};
    }
    p->n_obs = p->offsets[n_series];
    p->y = norni_arena_get(&p->arena, p->n_obs + 1, sizeof *p->y);
    for (size_t t = 0; t <= p->n_obs; t++)
        p->y[t] = (double)((t * 7919 + 13) % 1009) / 16 + (double)t / 64;
}

#endif
