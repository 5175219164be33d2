/* The last observed value as a learner of several targets: the yardstick of all others. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The forecast of every step from origin row t is the newest value observed at or before t; with a season
 * of m rows, the newest one observed a multiple of m before the row that is forecast (the last value where
 * there is none). Nothing is fitted but the mean that explanations are told from. */
#include "models/naive/naive_learner.h"

#include <math.h>

#include "base/fp.h"
#include "base/pack.h"

#define NAIVE_TAG UINT32_C(0x3156414e) /* "NAV1" */
enum { MOST_TARGETS = 1 << 20, MOST_SEASON = 100000 };

typedef struct last_opt {
    int32_t season;
} last_opt;

typedef struct last_state {
    size_t n_targets, season; /* season 0: the last value */
    double *mean;             /* (n_targets) of the rows that were learned from; 0: there is none */
} last_state;

static const norni_param last_rows[] = {
    {.name = "season",
     .type = NORNI_T_INT,
     .offset = offsetof(last_opt, season),
     .def = "0",
     .min = 0,
     .max = MOST_SEASON,
     .metavar = "M",
     .help = "periods a season: the value one season before; 0: the last value"},
};

/* The newest observed value at t, t - back, t - 2 back, ...; NaN: there is none. */
static double newest(const double *y, size_t t, size_t back) {
    for (size_t i = t;; i -= back) {
        if (isfinite(y[i])) return y[i];
        if (i < back) return NORNI_NAN;
    }
}

static double value_at(const last_state *s, const double *y, size_t t, size_t step) {
    const size_t m = s->season, back = m ? (step + m - 1) / m * m - step : 0;
    const double x = m > 0 && back <= t ? newest(y, t - back, m) : NORNI_NAN;
    return isnan(x) ? newest(y, t, 1) : x;
}

static norn_status make_state(norni_arena *arena, size_t n_targets, last_state **out,
                              norn_err *err) {
    last_state *s = norni_arena_zero(arena, 1, sizeof *s);
    if (s != NULL) s->mean = norni_arena_zero(arena, n_targets, sizeof *s->mean);
    if (s == NULL || s->mean == NULL)
        return norn_fail(err, NORN_E_MEM, "naive: no memory for %zu targets", n_targets);
    s->n_targets = n_targets;
    *out = s;
    return NORN_OK;
}

static norn_status fit_last(norni_env *env, const void *opt, const norni_lesson *l,
                            norni_lesson_part part, void **state, norn_err *err) {
    last_state *s = NULL;
    (void)part;
    NORN_TRY(make_state(env->arena, l->n_targets, &s, err));
    s->season = (size_t)((const last_opt *)opt)->season;
    for (size_t c = 0; c < l->n_targets; c++) {
        double n = 0;
        for (size_t t = 0; t < l->n; t++) {
            if (!isfinite(l->y[c][t])) continue;
            n++;
            s->mean[c] += l->y[c][t] / n - s->mean[c] / n;
        }
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "naive: cancelled");
    }
    *state = s;
    return NORN_OK;
}

static norn_status check_lesson(const last_state *s, const norni_lesson *at, norn_err *err) {
    if (at->n_targets == s->n_targets) return NORN_OK;
    return norn_fail(err, NORN_E_DATA, "naive: %zu targets; it learned %zu", at->n_targets,
                     s->n_targets);
}

static norn_status predict_last(norni_env *env, const void *state, const norni_lesson *at, size_t t,
                                double *out, norn_err *err) {
    const last_state *s = state;
    (void)env;
    NORN_TRY(check_lesson(s, at, err));
    for (size_t c = 0; c < s->n_targets; c++) {
        for (size_t k = 0; k < at->horizon; k++)
            out[c * at->horizon + k] = value_at(s, at->y[c], t, k + 1);
    }
    return NORN_OK;
}

/* ---- explanations: a line of slope 1 through the mean ---- */

static norn_status contribute_last(norni_env *env, const void *state, const norni_lesson *at,
                                   norni_lesson_part part, size_t t, double *out, norn_err *err) {
    const last_state *s = state;
    (void)env;
    NORN_TRY(check_lesson(s, at, err));
    const double x = value_at(s, at->y[part.target], t, part.step);
    out[0] = isnan(x) ? 0 : x - s->mean[part.target];
    return NORN_OK;
}

static norn_status name_term(norni_env *env, const last_state *s, norni_str target,
                             norni_term *term, norn_err *err) {
    char text[256];
    const int shown = (int)(target.n < 200 ? target.n : 200);
    const size_t n = s->season > 0 ? norni_format(text, sizeof text, "%.*s_season%zu", shown,
                                                  target.p, s->season)
                                   : norni_format(text, sizeof text, "%.*s_last", shown, target.p);
    term->name = (norni_str){norni_arena_text(env->arena, text, n), n};
    term->axis[0].name = term->name;
    return term->name.p ? NORN_OK : norn_fail(err, NORN_E_MEM, "naive: no memory for a term");
}

static norn_status explain_last(norni_env *env, const void *state, const norni_lesson *l,
                                norni_lesson_part part, norni_explanation *out, norn_err *err) {
    const last_state *s = state;
    NORN_TRY(check_lesson(s, l, err));
    norni_term *term = norni_arena_zero(env->arena, 1, sizeof *term);
    double *score = norni_arena_get(env->arena, 2, sizeof *score);
    if (!term || !score) return norn_fail(err, NORN_E_MEM, "naive: no memory for a term");
    NORN_TRY(name_term(env, s, l->target_name[part.target], term, err));
    const double *y = l->y[part.target], mean = s->mean[part.target];
    double least = NORNI_INF, most = -NORNI_INF, n = 0;
    for (size_t t = 0; t < l->n; t++) {
        if (!isfinite(y[t])) continue;
        n++;
        term->importance += fabs(y[t] - mean) / n - term->importance / n;
        least = y[t] < least ? y[t] : least;
        most = y[t] > most ? y[t] : most;
    }
    score[0] = 1;
    score[1] = mean;
    term->n_axes = 1;
    term->score = score;
    term->axis[0].feature = SIZE_MAX; /* none of the features */
    term->axis[0].linear = true;
    term->axis[0].least = n > 0 ? least : NORNI_NAN;
    term->axis[0].most = n > 0 ? most : NORNI_NAN;
    *out = (norni_explanation){
        .intercept = mean, .n_terms = 1, .term = term, .n_rows = l->n, .additive = true};
    return NORN_OK;
}

/* ---- kept ---- */

static void describe_last(const void *state, char *out, size_t size) {
    const last_state *s = state;
    if (s->season > 0)
        norni_format(out, size, "value of %zu periods before", s->season);
    else
        norni_format(out, size, "last value");
}

static norn_status save_last(const void *state, norni_buf *out, norn_err *err) {
    const last_state *s = state;
    norni_pack_u32(out, NAIVE_TAG);
    norni_pack_u32(out, (uint32_t)s->n_targets);
    norni_pack_u32(out, (uint32_t)s->season);
    norni_pack_f64s(out, s->mean, s->n_targets);
    return out->failed ? norn_fail(err, NORN_E_MEM, "naive: no memory to save it") : NORN_OK;
}

static norn_status load_last(norni_env *env, const void *opt, norni_str saved, void **state,
                             norn_err *err) {
    norni_unpack u = {saved, false};
    last_state *s = NULL;
    (void)opt;
    if (norni_unpack_u32(&u) != NAIVE_TAG) u.failed = true;
    const size_t n = norni_unpack_count(&u, 1, MOST_TARGETS);
    const size_t season = norni_unpack_count(&u, 0, MOST_SEASON);
    if (u.failed || !norni_unpack_has(&u, n, sizeof(double)))
        return norn_fail(err, NORN_E_FORMAT, "naive: the saved model is damaged");
    NORN_TRY(make_state(env->arena, n, &s, err));
    s->season = season;
    norni_unpack_finite(&u, s->mean, n);
    *state = s;
    if (norni_unpack_end(&u)) return NORN_OK;
    return norn_fail(err, NORN_E_FORMAT, "naive: the saved model is damaged");
}

static double last_cost(const void *opt, const norni_lesson *l) {
    (void)opt;
    return 1e3 + 2 * (double)l->n * (double)l->n_targets;
}

static size_t last_memory(const void *opt, const norni_lesson *l) {
    (void)opt;
    return (size_t)4096 + 8 * l->n_targets * (l->horizon + 2);
}

static size_t last_reach(const void *state, const norni_lesson *at) {
    const last_state *s = state;
    (void)at;
    return s->season > 0 ? s->season : 1; /* of the first step; later ones look back less */
}

const norni_learner norni_learner_naive = {
    .name = "naive",
    .summary = "the last observed value, or the one a season before: the yardstick of the others",
    .params = last_rows,
    .n_params = sizeof last_rows / sizeof *last_rows,
    .opt_size = sizeof(last_opt),
    .whole = true,
    .missing = true,
    .cost = last_cost,
    .memory = last_memory,
    .fit = fit_last,
    .predict = predict_last,
    .explain = explain_last,
    .contribute = contribute_last,
    .describe = describe_last,
    .reach = last_reach,
    .save = save_last,
    .load = load_last,
};
