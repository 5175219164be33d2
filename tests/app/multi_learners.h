/* Small learners for tests of `norn multi`: a line on the best feature, means of everything, one that fails. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TEST_MULTI_LEARNERS_H
#define NORNI_TEST_MULTI_LEARNERS_H

#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/fp.h"
#include "base/pack.h"
#include "base/rng.h"
#include "models/learner.h"

typedef struct line_opt {
    int32_t delay; /* greatest wait of a part, us: what finishes when must not show */
} line_opt;
typedef struct line_state {
    size_t feature, step;
    double slope, at;
} line_state;

static atomic_int line_fits; /* parts fitted by `line`, for tests that count work */

static norn_status line_fit(norni_env *env, const void *opt, const norni_lesson *l,
                            norni_lesson_part part, void **state, norn_err *err) {
    const line_opt *o = opt;
    const double *y = l->y[part.target];
    line_state *s = norni_arena_zero(env->arena, 1, sizeof *s);
    double best = -1;
    atomic_fetch_add(&line_fits, 1);
    if (s == NULL) return norni_alloc_fail(err, "line", 1, sizeof *s);
    if (o->delay > 0)
        (void)usleep(
            (useconds_t)(norni_rng_u64((norni_rng){env->seed, env->item}, 0) % (uint64_t)o->delay));
    if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "line: cancelled");
    s->step = part.step;
    for (size_t j = 0; j < l->x->n; j++) {
        double n = 0, mx = 0, my = 0, sxx = 0, sxy = 0, syy = 0;
        for (size_t t = l->x->first; t + part.step < l->n; t++) {
            if (isnan(y[t + part.step])) continue;
            const double x = norni_feature_value(&l->x->col[j], t, part.step);
            if (isnan(x)) return norn_fail(err, NORN_E_INTERNAL, "line: a gap was not filled");
            const double dx = x - mx, dy = y[t + part.step] - my;
            n++;
            mx += dx / n;
            my += dy / n;
            sxx += dx * (x - mx);
            syy += dy * (y[t + part.step] - my);
            sxy += dx * (y[t + part.step] - my);
        }
        const double r2 = sxx > 0 && syy > 0 ? sxy / sxx * (sxy / syy) : 0;
        if (n < 1 || r2 <= best) continue;
        best = r2;
        s->feature = j;
        s->slope = sxx > 0 ? sxy / sxx : 0;
        s->at = my - s->slope * mx;
    }
    *state = s;
    return NORN_OK;
}

static norn_status line_predict(norni_env *env, const void *state, const norni_lesson *at, size_t t,
                                double *out, norn_err *err) {
    const line_state *s = state;
    (void)env, (void)err;
    out[0] = s->at + s->slope * norni_feature_value(&at->x->col[s->feature], t, s->step);
    return NORN_OK;
}

static norn_status line_explain(norni_env *env, const void *state, const norni_lesson *l,
                                norni_lesson_part part, norni_explanation *out, norn_err *err) {
    const line_state *s = state;
    norni_term *term = norni_arena_zero(env->arena, 1, sizeof *term);
    double *score = norni_arena_zero(env->arena, 2, sizeof *score);
    (void)part;
    if (!term || !score) return norni_alloc_fail(err, "line", 1, sizeof *term);
    term->name = l->x->col[s->feature].name;
    term->n_axes = 1;
    term->axis[0] = (norni_term_axis){.feature = s->feature, .name = term->name, .linear = true};
    score[0] = s->slope;
    term->score = score;
    *out = (norni_explanation){s->at, 1, term, l->n, true};
    return NORN_OK;
}

static norn_status line_contribute(norni_env *env, const void *state, const norni_lesson *at,
                                   norni_lesson_part part, size_t t, double *out, norn_err *err) {
    const line_state *s = state;
    (void)env, (void)part, (void)err;
    out[0] = s->slope * norni_feature_value(&at->x->col[s->feature], t, s->step);
    return NORN_OK;
}

static void line_describe(const void *state, char *out, size_t size) {
    norni_format(out, size, "slope=%g", ((const line_state *)state)->slope);
}

static norn_status line_save(const void *state, norni_buf *out, norn_err *err) {
    const line_state *s = state;
    (void)err;
    norni_pack_u32(out, (uint32_t)s->feature);
    norni_pack_u32(out, (uint32_t)s->step);
    norni_pack_f64(out, s->slope);
    norni_pack_f64(out, s->at);
    return NORN_OK;
}

static norn_status line_load(norni_env *env, const void *opt, norni_str saved, void **state,
                             norn_err *err) {
    norni_unpack u = {saved, false};
    line_state *s = norni_arena_zero(env->arena, 1, sizeof *s);
    (void)opt;
    if (s == NULL) return norni_alloc_fail(err, "line", 1, sizeof *s);
    s->feature = norni_unpack_u32(&u);
    s->step = norni_unpack_u32(&u);
    s->slope = norni_unpack_f64(&u);
    s->at = norni_unpack_f64(&u);
    *state = s;
    return norni_unpack_end(&u) ? NORN_OK : norn_fail(err, NORN_E_FORMAT, "line: damaged");
}

static double line_cost(const void *opt, const norni_lesson *l) {
    (void)opt;
    return (double)l->n * (double)l->x->n;
}

static size_t line_memory(const void *opt, const norni_lesson *l) {
    (void)opt, (void)l;
    return (size_t)1 << 20;
}

/* ---- means of everything ---- */

typedef struct flat_state {
    size_t n, horizon;
    double *mean;
} flat_state;

static norn_status flat_fit(norni_env *env, const void *opt, const norni_lesson *l,
                            norni_lesson_part part, void **state, norn_err *err) {
    flat_state *s = norni_arena_zero(env->arena, 1, sizeof *s);
    (void)opt, (void)part;
    if (s != NULL) s->mean = norni_arena_zero(env->arena, l->n_targets, sizeof *s->mean);
    if (s == NULL || s->mean == NULL) return norni_alloc_fail(err, "flat", l->n_targets, 8);
    s->n = l->n_targets;
    s->horizon = l->horizon;
    for (size_t k = 0; k < l->n_targets; k++) {
        double n = 0, sum = 0;
        for (size_t t = 0; t < l->n; t++) {
            if (isnan(l->y[k][t])) continue;
            sum += l->y[k][t];
            n++;
        }
        s->mean[k] = sum / n;
    }
    *state = s;
    return NORN_OK;
}

static norn_status flat_predict(norni_env *env, const void *state, const norni_lesson *at, size_t t,
                                double *out, norn_err *err) {
    const flat_state *s = state;
    (void)env, (void)at, (void)t, (void)err;
    for (size_t i = 0; i < s->n * s->horizon; i++)
        out[i] = s->mean[i / s->horizon];
    return NORN_OK;
}

static norn_status flat_save(const void *state, norni_buf *out, norn_err *err) {
    const flat_state *s = state;
    (void)err;
    norni_pack_u32(out, (uint32_t)s->n);
    norni_pack_u32(out, (uint32_t)s->horizon);
    norni_pack_f64s(out, s->mean, s->n);
    return NORN_OK;
}

static norn_status flat_load(norni_env *env, const void *opt, norni_str saved, void **state,
                             norn_err *err) {
    norni_unpack u = {saved, false};
    flat_state *s = norni_arena_zero(env->arena, 1, sizeof *s);
    (void)opt;
    if (s == NULL) return norni_alloc_fail(err, "flat", 1, sizeof *s);
    s->n = norni_unpack_u32(&u);
    s->horizon = norni_unpack_u32(&u);
    s->mean = norni_arena_zero(env->arena, s->n, sizeof *s->mean);
    if (s->mean == NULL) return norni_alloc_fail(err, "flat", s->n, 8);
    norni_unpack_f64s(&u, s->mean, s->n);
    *state = s;
    return norni_unpack_end(&u) ? NORN_OK : norn_fail(err, NORN_E_FORMAT, "flat: damaged");
}

/* ---- one that fails for step 2, and breaks down once for step 1 ---- */

static norn_status sick_fit(norni_env *env, const void *opt, const norni_lesson *l,
                            norni_lesson_part part, void **state, norn_err *err) {
    if (part.step == 2) return norn_fail(err, NORN_E_DATA, "sick: step 2 is not for me");
    if (part.step == 1 && env->attempt == 0)
        return norn_fail(err, NORN_E_NUMERIC, "sick: not at first");
    return line_fit(env, opt, l, part, state, err);
}

static const norni_param line_rows[] = {{.name = "delay",
                                         .type = NORNI_T_INT,
                                         .offset = offsetof(line_opt, delay),
                                         .def = "0",
                                         .max = 1000000,
                                         .help = "us"}};
static const norni_learner learner_line = {.name = "line",
                                           .params = line_rows,
                                           .n_params = 1,
                                           .opt_size = sizeof(line_opt),
                                           .cost = line_cost,
                                           .memory = line_memory,
                                           .fit = line_fit,
                                           .predict = line_predict,
                                           .explain = line_explain,
                                           .contribute = line_contribute,
                                           .describe = line_describe,
                                           .save = line_save,
                                           .load = line_load};
static const norni_learner learner_flat = {.name = "flat",
                                           .whole = true,
                                           .missing = true,
                                           .fit = flat_fit,
                                           .predict = flat_predict,
                                           .save = flat_save,
                                           .load = flat_load};
static const norni_learner learner_sick = {.name = "sick",
                                           .params = line_rows,
                                           .n_params = 1,
                                           .opt_size = sizeof(line_opt),
                                           .cost = line_cost,
                                           .fit = sick_fit,
                                           .predict = line_predict,
                                           .save = line_save,
                                           .load = line_load};
static const norni_learner *const test_learners[] = {&learner_line, &learner_flat, &learner_sick};
static const norni_learner_set test_set = {test_learners, 3};

#endif
