/* Ridge on lag windows of many channels in closed form: look-backs, penalties and their mixture. */
/* SPDX-License-Identifier: Apache-2.0 */
/* After A. Zeng et al. 2023 (NLinear: windows less their last value) in closed form, for which see W.
 * Toner and L. Darlow, arXiv 2403.14587: (X'X + n lambda I) W = X'Y for all steps at once. X'X and X'Y
 * come from window_moments.c. With lags in order of age, shorter look-backs are leading blocks of X'X
 * and of its Cholesky factor: one factorisation and one forward substitution for each lambda serve
 * them all; only the backward substitution is each one's own. (An eigendecomposition would serve all
 * lambda, but one look-back only, at 27 times the operations.)
 * What a fit makes of the tail is, with the moments of the tail's windows, tr(W'GW) - 2 tr(W'C) + yy:
 * no window is forecast. Penalties and the mixture are chosen by at most 32 steps, spread over the
 * horizon. The mixture of members (look-backs, shared over channels or each channel's own) minimises
 * the tail's error over weights >= 0 with sum 1; being linear, it is one map again. */
#include "models/ridge/window_ridge.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "num/gemm.h"
#include "num/spd.h"

enum { MOST_STEPS = 32, UNASKED = 2 };
#define LIGHT 1e-3 /* a member's weight below this is none */

typedef struct window_search {
    norni_env *env;
    const window_plan *p;
    window_fit *out;
    size_t longest, n_step, step[MOST_STEPS];
    norni_spd spd;         /* (longest) */
    double *gram;          /* (longest, longest) */
    double *right, *w;     /* (longest, horizon) normalised */
    double *plain, *image; /* (longest, horizon) weights of plain values; moments times them */
    window_moments train, tail;
    size_t n_members;
    double *best;  /* (n_members, longest, n_step) each member's weights for the channel at hand */
    double *error; /* (n_members, n_members) products of members' errors over the tail */
    size_t *penalty; /* (n_members, n_channels) the chosen one's number */
} window_search;

static norn_status search_init(norni_env *env, const window_plan *p, window_fit *out,
                               window_search *s, norn_err *err) {
    norni_arena *arena = env->arena;
    *s = (window_search){.env = env, .p = p, .out = out};
    s->longest = p->lookback[p->n_lookbacks - 1];
    s->n_step = p->horizon < MOST_STEPS ? p->horizon : MOST_STEPS;
    for (size_t k = 0; k < s->n_step; k++)
        s->step[k] = (2 * k + 1) * p->horizon / (2 * s->n_step);
    s->n_members = p->n_lookbacks * (p->shared && p->individual ? 2 : 1);
    const size_t n = s->longest, m = s->n_members;
    NORN_TRY(norni_spd_init(arena, &env->poll, n, &s->spd, err));
    NORN_TRY(window_moments_init(arena, n, p->horizon, &s->train, err));
    NORN_TRY(window_moments_init(arena, n, p->horizon, &s->tail, err));
    s->gram = norni_arena_get(arena, n * n, sizeof *s->gram);
    double *wide = norni_arena_get(arena, 4 * n * p->horizon, sizeof *wide);
    s->best = norni_arena_zero(arena, m * n * s->n_step, sizeof *s->best);
    s->error = norni_arena_zero(arena, m * m, sizeof *s->error);
    s->penalty = norni_arena_zero(arena, m * p->n_channels, sizeof *s->penalty);
    if (!s->gram || !wide || !s->best || !s->error || !s->penalty)
        return norn_fail(err, NORN_E_MEM, "ridge: no memory for windows of %zu values", n);
    s->right = wide, s->w = wide + n * p->horizon, s->plain = wide + 2 * n * p->horizon;
    s->image = wide + 3 * n * p->horizon;
    return NORN_OK;
}

/* Factors the normal equations of `lookback` values and takes them half way: right = L^-1 C. */
static norn_status begin_solve(window_search *s, const window_moments *m, size_t lookback,
                               const size_t *step, size_t n_step, double penalty, norn_err *err) {
    const size_t width = window_norm_width(s->p->norm, lookback);
    window_normal(m, s->p->norm, lookback, step, n_step, s->gram, s->right);
    for (size_t i = 0; i < width; i++)
        s->gram[i * (width + 1)] += penalty * m->n;
    s->spd.n = width, s->spd.a = s->gram;
    NORN_TRY(norni_spd_factor(&s->spd, err));
    return norni_spd_forward(&s->spd, width, s->right, n_step, err);
}

/* plain = the weights of the leading `lookback` values. */
static norn_status end_solve(window_search *s, size_t lookback, size_t n_step, norn_err *err) {
    const size_t width = window_norm_width(s->p->norm, lookback);
    memcpy(s->w, s->right, width * n_step * sizeof *s->w);
    NORN_TRY(norni_spd_backward(&s->spd, width, s->w, n_step, err));
    window_plain_weights(s->p->norm, lookback, n_step, s->w, s->plain);
    return NORN_OK;
}

/* image (rows, n_step) = the tail's lag moments times w (rows, n_step). */
static void tail_image(const window_search *s, size_t rows, const double *w, double *image) {
    const norni_gemm g = {.m = rows,
                          .n = s->n_step,
                          .k = rows,
                          .lda = s->tail.horizon + s->longest,
                          .ldb = s->n_step,
                          .ldc = s->n_step};
    norni_gemm_f64(&g, s->tail.cross + s->tail.horizon, w, image, s->spd.scratch);
}

/* tr(w'c) with the tail's moments of targets. */
static double tail_right(const window_search *s, size_t rows, const double *w) {
    const size_t all = s->tail.horizon + s->longest;
    double sum = 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < s->n_step; k++)
            sum += w[i * s->n_step + k] * s->tail.cross[i * all + s->tail.horizon - 1 - s->step[k]];
    return sum;
}

static double tail_square(const window_search *s) {
    double sum = 0;
    for (size_t k = 0; k < s->n_step; k++)
        sum += s->tail.square[s->step[k]];
    return sum;
}

static double products(const double *a, const double *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Squared errors over the tail of the weights in `plain`. */
static double tail_error(window_search *s, size_t lookback) {
    tail_image(s, lookback, s->plain, s->image);
    return products(s->plain, s->image, lookback * s->n_step) -
           2 * tail_right(s, lookback, s->plain) + tail_square(s);
}

static void keep_member(window_search *s, size_t member, size_t lookback) {
    double *to = s->best + member * s->longest * s->n_step;
    memset(to, 0, s->longest * s->n_step * sizeof *to);
    memcpy(to, s->plain, lookback * s->n_step * sizeof *to);
}

/* Each look-back's best penalty for the moments in train and tail; members begin at `member`. */
static norn_status choose_penalties(window_search *s, size_t member, size_t channel,
                                    norn_err *err) {
    const window_plan *p = s->p;
    double least[WINDOW_MOST_LOOKBACKS];
    for (size_t k = 0; k < p->n_penalties; k++) {
        for (size_t j = p->n_lookbacks; j-- > 0;) {
            if (j + 1 == p->n_lookbacks || p->norm == WINDOW_MEAN)
                NORN_TRY(begin_solve(s, &s->train, p->lookback[j], s->step, s->n_step,
                                     p->penalty[k], err));
            NORN_TRY(end_solve(s, p->lookback[j], s->n_step, err));
            const double error = tail_error(s, p->lookback[j]);
            if (k > 0 && !(error < least[j])) continue;
            least[j] = error;
            s->penalty[(member + j) * p->n_channels + channel] = k;
            keep_member(s, member + j, p->lookback[j]);
        }
    }
    return NORN_OK;
}

/* Adds one channel's tail to the products of errors. */
static void add_errors(window_search *s) {
    const size_t m = s->n_members, cells = s->longest * s->n_step;
    double right[WINDOW_MOST_MEMBERS];
    const double square = tail_square(s);
    for (size_t i = 0; i < m; i++)
        right[i] = tail_right(s, s->longest, s->best + i * cells);
    for (size_t i = 0; i < m; i++) {
        tail_image(s, s->longest, s->best + i * cells, s->image);
        for (size_t j = 0; j < m; j++)
            s->error[i * m + j] +=
                products(s->best + j * cells, s->image, cells) - right[i] - right[j] + square;
    }
}

static norn_status search(window_search *s, norn_err *err) {
    const window_plan *p = s->p;
    const size_t first = s->longest - 1, own = p->shared ? p->n_lookbacks : 0;
    const norni_poll *poll = &s->env->poll;
    if (p->shared) {
        NORN_TRY(
            window_moments_fill(&s->train, p->x, p->n_channels, first, p->train_to, poll, err));
        NORN_TRY(window_moments_fill(&s->tail, p->x, p->n_channels, p->tail_from, p->tail_to, poll,
                                     err));
        NORN_TRY(choose_penalties(s, 0, 0, err));
    }
    for (size_t c = 0; c < p->n_channels; c++) {
        NORN_TRY(window_moments_fill(&s->tail, p->x + c, 1, p->tail_from, p->tail_to, poll, err));
        if (p->individual) {
            NORN_TRY(window_moments_fill(&s->train, p->x + c, 1, first, p->train_to, poll, err));
            NORN_TRY(choose_penalties(s, own, c, err));
        }
        add_errors(s);
    }
    return NORN_OK;
}

void window_mix(const double *q, size_t k, double *w) {
    size_t best = 0;
    for (size_t i = 0; i < k; i++) {
        w[i] = 0;
        if (q[i * (k + 1)] < q[best * (k + 1)]) best = i;
    }
    w[best] = 1;
    for (int round = 0; round < 10000;
         round++) { /* weight goes from the steepest to the flattest */
        double low = NORNI_INF, high = -NORNI_INF;
        size_t to = 0, from = 0;
        for (size_t i = 0; i < k; i++) {
            const double slope = products(q + i * k, w, k);
            if (slope < low) low = slope, to = i;
            if (w[i] > 0 && slope > high) high = slope, from = i;
        }
        const double bend = q[to * (k + 1)] + q[from * (k + 1)] - 2 * q[to * k + from];
        if (!(high - low > 1e-12 * fabs(high)) || !(bend > 0)) return;
        const double move = (high - low) / bend;
        if (move >= w[from]) {
            w[to] += w[from];
            w[from] = 0;
        } else {
            w[to] += move;
            w[from] -= move;
        }
    }
}

/* Weights of members, their errors, and the mixture's. */
static void weigh(window_search *s) {
    const window_plan *p = s->p;
    window_fit *f = s->out;
    const size_t m = s->n_members;
    const double n = (double)(p->tail_to - p->tail_from) * (double)(p->n_channels * s->n_step);
    double w[WINDOW_MOST_MEMBERS] = {0}, sum = 0;
    size_t best = 0;
    for (size_t i = 1; i < m; i++)
        if (s->error[i * (m + 1)] < s->error[best * (m + 1)]) best = i;
    w[best] = 1;
    if (p->mix) window_mix(s->error, m, w);
    for (size_t i = 0; i < m; i++) {
        w[i] = w[i] < LIGHT ? 0 : w[i];
        sum += w[i];
    }
    f->tail_error = 0;
    for (size_t i = 0; i < m; i++) {
        f->member[i].weight = w[i] / sum;
        f->member[i].tail_error = s->error[i * (m + 1)] / n;
    }
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            f->tail_error += f->member[i].weight * s->error[i * m + j] * f->member[j].weight / n;
}

/* to (longest, horizon), the oldest first, += weight times plain (lookback, horizon), newest first. */
static void add_member(const window_search *s, size_t lookback, double weight, double *to) {
    const size_t h = s->p->horizon;
    for (size_t i = 0; i < lookback; i++)
        for (size_t k = 0; k < h; k++)
            to[(s->longest - 1 - i) * h + k] += weight * s->plain[i * h + k];
}

/* Fits the members from `first` on to the moments in train, into `to`. */
static norn_status fit_members(window_search *s, size_t first, size_t channel, const size_t *steps,
                               double *to, norn_err *err) {
    const window_plan *p = s->p;
    for (size_t j = 0; j < p->n_lookbacks; j++) {
        const double weight = s->out->member[first + j].weight;
        const size_t k = s->penalty[(first + j) * p->n_channels + channel];
        if (!(weight > 0)) continue;
        NORN_TRY(begin_solve(s, &s->train, p->lookback[j], steps, p->horizon, p->penalty[k], err));
        NORN_TRY(end_solve(s, p->lookback[j], p->horizon, err));
        add_member(s, p->lookback[j], weight, to);
    }
    return NORN_OK;
}

static bool has_weight(const window_fit *f, bool individual) {
    for (size_t i = 0; i < f->n_members; i++)
        if (f->member[i].individual == individual && f->member[i].weight > 0) return true;
    return false;
}

/* weight[c] of every channel (cells each) from origins below `to`. */
static norn_status fit_all(window_search *s, size_t to, double *weight, norn_err *err) {
    const window_plan *p = s->p;
    const size_t cells = s->longest * p->horizon, first = s->longest - 1;
    const bool own = has_weight(s->out, true);
    size_t *steps = norni_arena_get(s->env->arena, p->horizon, sizeof *steps);
    if (!steps) return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu steps", p->horizon);
    for (size_t k = 0; k < p->horizon; k++)
        steps[k] = k;
    if (has_weight(s->out, false)) {
        NORN_TRY(
            window_moments_fill(&s->train, p->x, p->n_channels, first, to, &s->env->poll, err));
        NORN_TRY(fit_members(s, 0, 0, steps, weight, err));
    }
    for (size_t c = 1; own && c < p->n_channels; c++)
        memcpy(weight + c * cells, weight, cells * sizeof *weight);
    for (size_t c = 0; own && c < p->n_channels; c++) {
        NORN_TRY(window_moments_fill(&s->train, p->x + c, 1, first, to, &s->env->poll, err));
        NORN_TRY(fit_members(s, p->shared ? p->n_lookbacks : 0, c, steps, weight + c * cells, err));
    }
    return NORN_OK;
}

static void name_members(const window_search *s) {
    const window_plan *p = s->p;
    s->out->n_members = s->n_members;
    for (size_t i = 0; i < s->n_members; i++) {
        const size_t own = p->shared ? p->n_lookbacks : 0;
        s->out->member[i] = (window_member){.individual = i >= own,
                                            .lookback = p->lookback[i < own ? i : i - own],
                                            .tail_error = NORNI_NAN,
                                            .weight = 1.0 / (double)s->n_members};
        const size_t unasked = p->n_penalties - 1 < UNASKED ? p->n_penalties - 1 : UNASKED;
        for (size_t c = 0; c < p->n_channels; c++)
            s->penalty[i * p->n_channels + c] = unasked;
    }
}

/* Room for a map of every channel, noughts. */
static norn_status weights_init(norni_arena *arena, const window_plan *p, window_fit *f,
                                double **weight, norn_err *err) {
    const size_t longest = p->lookback[p->n_lookbacks - 1], cells = longest * p->horizon;
    *f = (window_fit){.lookback = longest,
                      .horizon = p->horizon,
                      .n_channels = p->n_channels,
                      .tail_error = NORNI_NAN};
    f->weight = norni_arena_get(arena, p->n_channels, sizeof *f->weight);
    *weight =
        norni_arena_zero(arena, p->individual ? p->n_channels * cells : cells, sizeof **weight);
    if (!f->weight || !*weight)
        return norn_fail(err, NORN_E_MEM, "ridge: no memory for %zu channels", p->n_channels);
    return NORN_OK;
}

static norn_status search_and_fit(window_search *s, double *weight, size_t also_to, double *other,
                                  norn_err *err) {
    const window_plan *p = s->p;
    name_members(s);
    if (p->tail_to > p->tail_from) {
        NORN_TRY(search(s, err));
        weigh(s);
    }
    NORN_TRY(fit_all(s, p->fit_to, weight, err));
    if (other) NORN_TRY(fit_all(s, also_to, other, err));
    for (size_t i = 0; i < s->n_members; i++)
        s->out->member[i].penalty = p->penalty[s->penalty[i * p->n_channels]];
    return NORN_OK;
}

norn_status window_ridge_fit(norni_env *env, const window_plan *p, window_fit *out, size_t also_to,
                             window_fit *also, norn_err *err) {
    double *weight, *other = NULL;
    NORN_TRY(weights_init(env->arena, p, out, &weight, err));
    if (also) NORN_TRY(weights_init(env->arena, p, also, &other, err));
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    window_search s;
    norn_status st = search_init(env, p, out, &s, err);
    if (st == NORN_OK) st = search_and_fit(&s, weight, also_to, other, err);
    norni_arena_rewind(env->arena, mark);
    if (st != NORN_OK) return st;
    const size_t apart = has_weight(out, true) ? out->lookback * p->horizon : 0;
    for (size_t c = 0; c < p->n_channels; c++) {
        out->weight[c] = weight + c * apart;
        if (also) also->weight[c] = other + c * apart;
    }
    return NORN_OK;
}

void window_ridge_apply(const window_fit *f, size_t c, const double *x, size_t from, size_t to,
                        double *out, void *scratch) {
    /* Windows of neighbouring origins overlap: as a matrix, its rows lie one value apart. */
    const norni_gemm g = {.m = to - from,
                          .n = f->horizon,
                          .k = f->lookback,
                          .lda = 1,
                          .ldb = f->horizon,
                          .ldc = f->horizon};
    norni_gemm_f64(&g, x + from + 1 - f->lookback, f->weight[c], out, scratch);
}
