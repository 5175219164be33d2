/* The ridge learner's fit: windows, features, and the gate between them on the newest fifth. */
/* SPDX-License-Identifier: Apache-2.0 */
/* For each target four candidates are fitted to origins whose outcomes all lie before the newest fifth
 * of the origins, and compared on that fifth (at most 8 steps, spread over the horizon):
 *   last value; its window (window_ridge.c); the features alone; the features on the window's rest.
 * Features alone are for targets that the last value says little of (ridge_goes_alone).
 * Features are taken only where they gain 1 % at least, the window where it gains anything: drivers
 * that say nothing cannot hurt beyond the tail's chance. What was taken is fitted to all origins. With
 * too few rows for a fifth, the last value it is. Missing values of a target are its last value in
 * windows (and in the windows' targets) and in lags and rolling features of it, in training rows as in the
 * origin's, and left out as responses of features. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/ridge/base_ridge.h"
#include "models/ridge/ridge_plan.h"
#include "num/gemm.h"

enum { FEWEST = 8 };
#define GAIN 0.99 /* features must leave less than this part of the error */

static norn_status no_memory(const ridge_plan *p, norn_err *err) {
    return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu rows of %zu targets", p->l->n,
                     p->l->n_targets);
}

/* Scales, and the scaled series without gaps. */
static norn_status make_series(ridge_plan *p, norn_err *err) {
    const norni_lesson *l = p->l;
    p->z = norni_arena_get(p->env->arena, l->n_targets, sizeof *p->z);
    double *all = norni_arena_get(p->env->arena, l->n_targets * l->n, sizeof *all);
    double *ones = norni_arena_get(p->env->arena, l->horizon, sizeof *ones);
    p->scratch = norni_arena_get(p->env->arena, norni_gemm_scratch(), 1);
    if (!p->z || !all || !ones || !p->scratch) return no_memory(p, err);
    for (size_t c = 0; c < l->n_targets; c++) {
        ridge_target *tg = p->st->target + c;
        double *z = all + c * l->n, last = 0;
        size_t seen = 0;
        tg->scale = ridge_scale_of(l->y[c], 0, l->n);
        for (size_t t = 0; t < l->n; t++) {
            const double y = l->y[c][t];
            seen += isfinite(y) ? 1 : 0;
            last = z[t] = isfinite(y) ? ridge_scaled(&tg->scale, y) : last;
        }
        if (seen == 0)
            return norn_fail(err, NORN_E_DATA, "ridge: target \"%.*s\" has no observed value",
                             (int)l->target_name[c].n, l->target_name[c].p);
        p->z[c] = z;
    }
    for (size_t k = 0; k < l->horizon; k++)
        ones[k] = 1;
    p->ones = ones;
    return NORN_OK;
}

/* Origins, the newest fifth of them, and look-backs that leave enough of the others. */
static void make_ranges(ridge_plan *p) {
    static const size_t usual[] = {720, 512, 336, 192, 96, 48, 28, 16, 8};
    const norni_lesson *l = p->l;
    const size_t first = l->x->first, h = l->horizon;
    p->from = first;
    p->to = l->n > h && l->n - h > first ? l->n - h : first;
    p->tail_from = p->to - (p->to - p->from) / 5;
    p->old_to = p->tail_from + 1 > h ? p->tail_from + 1 - h : 0;
    if (p->old_to < p->from + FEWEST || p->tail_from == p->to) p->tail_from = p->old_to = p->to;
    if (p->opt->lookbacks.n > 0) {
        for (size_t j = 0; j < p->opt->lookbacks.n; j++) {
            const size_t back = (size_t)p->opt->lookbacks.v[j];
            if (back + FEWEST <= p->old_to) p->lookback[p->n_lookbacks++] = back;
        }
    } else {
        size_t taken[5], n = 0;
        for (size_t j = 0; j < sizeof usual / sizeof *usual && n < 5; j++)
            if (usual[j] * 5 <= p->old_to) taken[n++] = usual[j];
        while (n > 0)
            p->lookback[p->n_lookbacks++] = taken[--n];
    }
    p->windows = p->n_lookbacks > 0 && p->tail_from < p->to;
    if (p->windows && p->lookback[p->n_lookbacks - 1] > p->from + 1)
        p->from = p->lookback[p->n_lookbacks - 1] - 1;
    if (p->old_to < p->from + FEWEST) p->tail_from = p->old_to = p->to, p->windows = false;
    p->n_step = p->st->n_step = h < RIDGE_STEPS ? h : RIDGE_STEPS;
    for (size_t k = 0; k < p->n_step; k++)
        p->step[k] = 1 + (2 * k + 1) * h / (2 * p->n_step);
}

/* The last value as a window of one. */
static norn_status last_windows(ridge_plan *p, window_fit *f, norn_err *err) {
    *f = (window_fit){.lookback = 1, .horizon = p->l->horizon, .n_channels = p->l->n_targets};
    f->weight = norni_arena_get(p->env->arena, f->n_channels, sizeof *f->weight);
    if (!f->weight) return no_memory(p, err);
    for (size_t c = 0; c < f->n_channels; c++)
        f->weight[c] = p->ones;
    return NORN_OK;
}

static norn_status fit_windows(ridge_plan *p, norn_err *err) {
    static const double usual[] = {1e-4, 1e-3, 0.01, 0.03, 0.1, 0.3, 1};
    const ridge_opt *o = p->opt;
    if (!p->windows) {
        NORN_TRY(last_windows(p, &p->early, err));
        return last_windows(p, &p->whole, err);
    }
    const window_plan w = {
        .n_channels = p->l->n_targets,
        .horizon = p->l->horizon,
        .x = p->z,
        .n_lookbacks = p->n_lookbacks,
        .lookback = p->lookback,
        .norm = (window_norm)o->normalise,
        .n_penalties = o->alpha.n ? o->alpha.n : sizeof usual / sizeof *usual,
        .penalty = o->alpha.n ? o->alpha.v : usual,
        .shared = o->windows != RIDGE_WINDOWS_OWN,
        .individual = o->windows == RIDGE_WINDOWS_OWN ||
                      (o->windows == RIDGE_WINDOWS_AUTO && p->l->n_targets > 1),
        .mix = true,
        .train_to = p->old_to,
        .tail_from = p->tail_from,
        .tail_to = p->to,
        .fit_to = p->old_to,
    };
    NORN_TRY(window_ridge_fit(p->env, &w, &p->early, p->to, &p->whole, err));
    p->st->n_members = p->early.n_members;
    memcpy(p->st->member, p->early.member, sizeof p->st->member);
    return NORN_OK;
}

/* Mean over steps of the mean squared error over the tail, of the last value and of the windows. */
static norn_status try_windows(ridge_plan *p, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(p->env->arena);
    for (size_t c = 0; c < p->l->n_targets; c++) {
        ridge_target *tg = p->st->target + c;
        const bool rest = true;
        double out[RIDGE_STEPS], last[RIDGE_STEPS] = {0}, window[RIDGE_STEPS] = {0},
                                 seen[RIDGE_STEPS] = {0};
        ridge_response r;
        NORN_TRY(ridge_response_init(p, &p->early, 1, &c, &rest, &r, err));
        for (size_t t = p->tail_from; t < p->to; t++) {
            ridge_response_at(&r, t, p->step, p->n_step, out);
            for (size_t k = 0; k < p->n_step; k++) {
                if (isnan(out[k])) continue;
                const double d = p->z[c][t + p->step[k]] - p->z[c][t];
                window[k] += out[k] * out[k], last[k] += d * d, seen[k]++;
            }
            if (norni_poll_stop(&p->env->poll))
                return norn_fail(err, NORN_E_CANCEL, "ridge: cancelled");
        }
        tg->error[RIDGE_LAST] = 0;
        if (p->windows) tg->error[RIDGE_WINDOW] = 0;
        for (size_t k = 0; k < p->n_step; k++) {
            if (seen[k] == 0) continue;
            tg->error[RIDGE_LAST] += last[k] / seen[k] / (double)p->n_step;
            if (p->windows) tg->error[RIDGE_WINDOW] += window[k] / seen[k] / (double)p->n_step;
        }
        norni_arena_rewind(p->env->arena, mark);
    }
    return NORN_OK;
}

/* The gate. */
static void choose(ridge_plan *p) {
    for (size_t c = 0; c < p->l->n_targets; c++) {
        ridge_target *tg = p->st->target + c;
        const double *e = tg->error;
        tg->kind = e[RIDGE_WINDOW] < e[RIDGE_LAST] ? RIDGE_WINDOW : RIDGE_LAST;
        const ridge_kind more = ridge_goes_alone(e) ? RIDGE_FEATURES : RIDGE_BOTH;
        if (e[more] < GAIN * e[tg->kind]) tg->kind = more;
        tg->window = tg->kind == RIDGE_LAST ? p->ones : p->whole.weight[c];
        tg->lookback = tg->kind == RIDGE_LAST ? 1 : p->whole.lookback;
        if (tg->kind == RIDGE_FEATURES) tg->window = NULL, tg->lookback = 0;
        if (tg->kind == RIDGE_LAST) tg->scale.low = -NORNI_INF, tg->scale.high = NORNI_INF;
    }
}

static norn_status fit_plan(ridge_plan *p, norn_err *err) {
    ridge_columns columns = {0, 0, NULL};
    NORN_TRY(make_series(p, err));
    make_ranges(p);
    p->st->n_rows = p->to - p->from;
    NORN_TRY(fit_windows(p, err));
    if (p->tail_from < p->to) {
        NORN_TRY(try_windows(p, err));
        if (p->opt->drivers)
            NORN_TRY(ridge_columns_make(p->env->arena, &p->env->poll, p->l->x, p->l->n,
                                        p->l->target_name, p->l->n_targets, &columns, err));
        if (columns.n > 0) NORN_TRY(ridge_try_features(p, &columns, err));
    }
    choose(p);
    p->st->n_columns = columns.n;
    p->st->column = columns.column;
    return columns.n > 0 ? ridge_fit_features(p, &columns, err) : NORN_OK;
}

norn_status ridge_fit(norni_env *env, const ridge_opt *opt, const norni_lesson *l,
                      ridge_state **out, norn_err *err) {
    ridge_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    ridge_plan p = {.env = env, .opt = opt, .l = l, .st = st};
    if (!st) return no_memory(&p, err);
    *st = (ridge_state){.n_targets = l->n_targets, .horizon = l->horizon, .n_features = l->x->n};
    st->target = norni_arena_zero(env->arena, l->n_targets, sizeof *st->target);
    if (!st->target) return no_memory(&p, err);
    for (size_t c = 0; c < l->n_targets; c++)
        for (size_t k = 0; k < RIDGE_KINDS; k++)
            st->target[c].error[k] = NORNI_NAN;
    *out = st;
    return fit_plan(&p, err);
}

bool ridge_window_at(const ridge_target *tg, const double *y, size_t t, double *window) {
    const size_t n = tg->lookback;
    size_t seen;
    double last = NORNI_NAN;
    if (t >= n) last = base_last(y, t - n, &seen);
    for (size_t i = 0; i < n; i++) {
        const bool inside = t + 1 + i >= n;
        const double v = inside ? y[t + 1 + i - n] : NORNI_NAN;
        last = isfinite(v) ? v : last;
        window[i] = ridge_scaled(&tg->scale, last);
    }
    return !isnan(last);
}
