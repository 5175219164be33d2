/* What each value of the window and each feature gives to a ridge's forecast. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Terms: the values of the target's own window, the newest first ("kero_window_lag0", ...; feature
 * SIZE_MAX, for they are none of the features), then the features that vary, in the columns' order. A
 * number's term is a line through its mean (beyond the clip it stays level), a nominal feature's has a
 * score for each code. */
#include <math.h>

#include "base/fp.h"
#include "models/ridge/ridge_state.h"

/* What one part's terms are made of. */
typedef struct term_frame {
    const ridge_state *st;
    const ridge_target *tg;
    size_t target, step, n_lags, n_terms;
    double *window; /* (lookback) */
} term_frame;

static bool next_same(const ridge_state *st, size_t j) {
    return j + 1 < st->n_columns && st->column[j].feature == st->column[j + 1].feature;
}

static norn_status frame_init(norni_env *env, const ridge_state *st, norni_lesson_part part,
                              const norni_lesson *l, term_frame *f, norn_err *err) {
    if (part.target >= st->n_targets || part.step == 0 || part.step > st->horizon)
        return norn_fail(err, NORN_E_INTERNAL, "ridge: step %zu of target %zu is no part",
                         part.step, part.target);
    if (l->n_targets != st->n_targets || l->x->n != st->n_features)
        return norn_fail(err, NORN_E_DATA, "ridge: other targets or features than it learned");
    *f = (term_frame){
        .st = st, .tg = st->target + part.target, .target = part.target, .step = part.step};
    f->n_terms = f->n_lags = f->tg->lookback;
    for (size_t j = 0; f->tg->beta && j < st->n_columns; j++)
        f->n_terms += next_same(st, j) ? 0 : 1;
    f->window = norni_arena_get(env->arena, f->n_lags + 1, sizeof *f->window);
    return f->window
               ? NORN_OK
               : norn_fail(err, NORN_E_MEM, "ridge: no memory for a window of %zu", f->n_lags);
}

/* out (n_terms): contributions to the forecast from origin row t. */
static void fill(const term_frame *f, const norni_lesson *at, size_t t, double *out) {
    const ridge_state *st = f->st;
    const ridge_target *tg = f->tg;
    const size_t h = st->horizon, k = f->step - 1;
    size_t term = f->n_lags;
    if (tg->window) (void)ridge_window_at(tg, at->y[f->target], t, f->window);
    for (size_t i = 0; i < f->n_lags; i++) {
        const size_t row = f->n_lags - 1 - i;
        out[i] = tg->scale.sd * tg->window[row * h + k] * f->window[row];
    }
    double sum = 0;
    for (size_t j = 0; tg->beta && j < st->n_columns; j++) {
        sum +=
            tg->scale.sd * tg->beta[j * h + k] * ridge_column_at(st->column + j, at->x, t, f->step);
        if (next_same(st, j)) continue;
        out[term++] = sum;
        sum = 0;
    }
}

norn_status ridge_contribute(norni_env *env, const ridge_state *st, const norni_lesson *at,
                             norni_lesson_part part, size_t t, double *out, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    term_frame f;
    NORN_TRY(frame_init(env, st, part, at, &f, err));
    fill(&f, at, t, out);
    norni_arena_rewind(env->arena, mark);
    return NORN_OK;
}

static void span(const double *x, size_t from, size_t to, double *least, double *most) {
    *least = NORNI_INF, *most = -NORNI_INF;
    for (size_t t = from; t < to; t++) {
        if (!isfinite(x[t])) continue;
        *least = x[t] < *least ? x[t] : *least;
        *most = x[t] > *most ? x[t] : *most;
    }
    if (*least > *most) *least = *most = NORNI_NAN;
}

static norn_status line(norni_env *env, norni_term *term, double slope, double mean,
                        norn_err *err) {
    double *score = norni_arena_get(env->arena, 2, sizeof *score);
    if (!score) return norn_fail(err, NORN_E_MEM, "ridge: no memory for terms");
    score[0] = slope, score[1] = mean;
    term->n_axes = 1;
    term->axis[0].linear = true;
    term->score = score;
    return NORN_OK;
}

static norn_status lag_terms(norni_env *env, const term_frame *f, const norni_lesson *l,
                             norni_term *term, norn_err *err) {
    const norni_str target = l->target_name[f->target];
    double least, most;
    span(l->y[f->target], 0, l->n, &least, &most);
    for (size_t i = 0; i < f->n_lags; i++) {
        char text[256];
        const size_t n =
            norni_format(text, sizeof text, "%.*s_window_lag%zu", (int)target.n, target.p, i);
        char *name = norni_arena_text(env->arena, text, n);
        if (!name) return norn_fail(err, NORN_E_MEM, "ridge: no memory for terms");
        term[i].name = term[i].axis[0].name = (norni_str){name, n};
        term[i].axis[0].feature = SIZE_MAX;
        term[i].axis[0].least = least, term[i].axis[0].most = most;
        const double slope = f->tg->window[(f->n_lags - 1 - i) * f->st->horizon + f->step - 1];
        NORN_TRY(line(env, term + i, slope, f->tg->scale.mean, err));
    }
    return NORN_OK;
}

/* Columns [first, last] are the indicators of a nominal feature. */
static norn_status code_term(norni_env *env, const term_frame *f, size_t first, size_t last,
                             norni_term *term, norn_err *err) {
    const ridge_state *st = f->st;
    const size_t codes = (size_t)st->column[last].code + 1;
    double *score = norni_arena_zero(env->arena, codes + 2, sizeof *score);
    norni_str *name = norni_arena_get(env->arena, codes, sizeof *name);
    if (!score || !name) return norn_fail(err, NORN_E_MEM, "ridge: no memory for terms");
    for (size_t b = 1; b < codes + 2; b++) {
        for (size_t j = first; j <= last; j++) {
            const double x = (size_t)st->column[j].code + 1 == b ? 1 : 0;
            score[b] += f->tg->scale.sd * f->tg->beta[j * st->horizon + f->step - 1] *
                        ridge_scaled(&st->column[j].scale, x);
        }
    }
    for (size_t k = 0; k < codes; k++) {
        char text[24];
        const size_t n = norni_format(text, sizeof text, "%zu", k);
        name[k] = (norni_str){norni_arena_text(env->arena, text, n), n};
        if (!name[k].p) return norn_fail(err, NORN_E_MEM, "ridge: no memory for terms");
    }
    term->n_axes = 1;
    term->axis[0].n_bins = codes + 2;
    term->axis[0].category = name;
    term->axis[0].least = 0, term->axis[0].most = (double)(codes - 1);
    term->score = score;
    return NORN_OK;
}

static norn_status feature_terms(norni_env *env, const term_frame *f, const norni_lesson *l,
                                 norni_term *term, norn_err *err) {
    const ridge_state *st = f->st;
    for (size_t j = 0, first = 0; f->tg->beta && j < st->n_columns; j++) {
        if (next_same(st, j)) continue;
        const ridge_column *c = st->column + j;
        const norni_feature_column *col = l->x->col + c->feature;
        term->name = term->axis[0].name = col->name;
        term->axis[0].feature = c->feature;
        if (c->code >= 0) {
            NORN_TRY(code_term(env, f, first, j, term, err));
        } else {
            const double unit = f->tg->scale.sd / c->scale.sd;
            span(col->at, l->x->first, l->n, &term->axis[0].least, &term->axis[0].most);
            NORN_TRY(line(env, term, unit * f->tg->beta[j * st->horizon + f->step - 1],
                          c->scale.mean, err));
        }
        first = j + 1;
        term++;
    }
    return NORN_OK;
}

/* Mean size of each term's contribution over the origins with an outcome. */
static norn_status weigh_terms(norni_env *env, const term_frame *f, const norni_lesson *l,
                               norni_explanation *out, norni_term *term, norn_err *err) {
    double *given = norni_arena_get(env->arena, f->n_terms + 1, sizeof *given);
    if (!given) return norn_fail(err, NORN_E_MEM, "ridge: no memory for terms");
    for (size_t t = l->x->first; t + f->step < l->n; t++) {
        fill(f, l, t, given);
        for (size_t i = 0; i < f->n_terms; i++)
            term[i].importance += fabs(given[i]);
        out->n_rows++;
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "ridge: cancelled");
    }
    for (size_t i = 0; i < f->n_terms && out->n_rows > 0; i++)
        term[i].importance /= (double)out->n_rows;
    return NORN_OK;
}

norn_status ridge_explain(norni_env *env, const ridge_state *st, const norni_lesson *l,
                          norni_lesson_part part, norni_explanation *out, norn_err *err) {
    term_frame f;
    NORN_TRY(frame_init(env, st, part, l, &f, err));
    norni_term *term = norni_arena_zero(env->arena, f.n_terms + 1, sizeof *term);
    if (!term) return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu terms", f.n_terms);
    *out = (norni_explanation){.n_terms = f.n_terms, .term = term, .additive = true};
    out->intercept =
        f.tg->scale.mean + (f.tg->beta ? f.tg->scale.sd * f.tg->intercept[part.step - 1] : 0);
    NORN_TRY(lag_terms(env, &f, l, term, err));
    NORN_TRY(feature_terms(env, &f, l, term + f.n_lags, err));
    return weigh_terms(env, &f, l, out, term, err);
}
