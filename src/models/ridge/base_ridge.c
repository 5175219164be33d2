/* A small ridge of one part: the target's newest values and those a season back, against its last one. */
/* SPDX-License-Identifier: Apache-2.0 */
/* With v the last observed value at the origin t and lags k (the BASE_WINDOW newest, and those that
 * lie whole seasons before row t + step, BASE_ROUNDS of each of BASE_SEASONS seasons):
 *   y[t + step] - v = a + sum_k b_k (y[t - k] - v)
 * Missing values are the last observed one before them, so that their differences lie nearer to 0.
 * Columns are standardised; with R = V D V' their correlations, r those with the response,
 *   b = V (D + lambda)^-1 V' r
 * for every lambda of the grid from one decomposition. lambda is what serves the newest fifth of the
 * examples best when fitted to those older ones whose outcome was known before it; at the end of the
 * grid stands the last value itself. The error over the tail is a quadratic form of its moments: no
 * example is forecast. One pass of 2 n p^2 / 2 operations, p <= 41: 2 ms at n = 8,640. */
#include "models/ridge/base_ridge.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "num/columns.h"
#include "num/eigen_symmetric.h"
#include "num/extent.h"

enum { COLUMNS = BASE_MOST + 2, FEWEST = 8 };
/* Penalties per example, of columns with variance 1; the first stands for no columns at all. */
static const double penalties[] = {NORNI_INF, 10,   3,    1,    0.3,  0.1,
                                   0.03,      0.01, 3e-3, 1e-3, 1e-4, 1e-6};
/* Where the examples are too few to ask: the strength that halves a column's slope. */
enum { N_PENALTIES = sizeof penalties / sizeof *penalties, UNASKED = 3 };
#define FLAT 1e-12 /* a variance below this part of the mean square is rounding */

typedef double moments[COLUMNS * COLUMNS]; /* lags, the response, ones */

typedef struct base_work {
    size_t p; /* lags; the response is column p, ones are column p + 1 */
    const double *column[COLUMNS];
    moments old, gap, tail;
    double vectors[BASE_MOST * BASE_MOST], value[BASE_MOST];
    double mean[COLUMNS], sd[COLUMNS];
    double along[BASE_MOST]; /* V' r */
    double line[COLUMNS];    /* -coefficients, 1 for the response, -intercept */
} base_work;

double base_last(const double *y, size_t t, size_t *at) {
    for (size_t i = t + 1; i-- > 0;) {
        if (isfinite(y[i])) {
            *at = i;
            return y[i];
        }
    }
    *at = 0;
    return NORNI_NAN;
}

static void add_lag(norni_base *b, size_t lag, size_t most) {
    size_t at = 0;
    while (at < b->n && b->lag[at] < lag)
        at++;
    if (lag == 0 || lag > most || b->n == BASE_MOST || (at < b->n && b->lag[at] == lag)) return;
    memmove(b->lag + at + 1, b->lag + at, (b->n - at) * sizeof *b->lag);
    b->lag[at] = (uint32_t)lag;
    b->n++;
}

/* A quarter as many lags as there are examples, none further back than a fourth of the rows. */
static void choose_lags(norni_base *b, const norni_lesson *l, size_t n_examples) {
    const size_t few = n_examples / 4, step = b->step;
    const size_t window = few < BASE_WINDOW ? few : BASE_WINDOW;
    b->n = 0;
    for (size_t s = 0; s < l->n_season && s < BASE_SEASONS; s++) {
        const size_t m = (size_t)l->season[s], first = (step + m - 1) / m * m - step;
        for (size_t k = 0; k < BASE_ROUNDS; k++)
            add_lag(b, first + k * m, l->n / 4);
    }
    for (size_t k = 1; k < window; k++)
        add_lag(b, k, l->n / 4);
    if (b->n > few) b->n = (uint32_t)few;
}

/* Columns (n) of every lag, of the response and of ones; differences times 2^-exponent. */
static norn_status make_columns(norni_arena *arena, const base_examples *e, const norni_base *b,
                                base_work *w, int exponent, norn_err *err) {
    const size_t n = e->n;
    const double unit = ldexp(1, -exponent);
    double *all = norni_arena_get(arena, (w->p + 2) * n, sizeof *all);
    if (!all) return norn_fail(err, NORN_E_MEM, "base ridge: no memory for %zu rows", n);
    for (size_t j = 0; j < w->p + 2; j++) {
        double *x = all + j * n;
        w->column[j] = x;
        for (size_t i = 0; i < n; i++) {
            const size_t t = e->row[i];
            const double v = e->carry[t];
            double other = j == w->p ? e->y[t + b->step] : v;
            if (j < w->p && b->lag[j] <= t) other = e->carry[t - b->lag[j]];
            x[i] = isnan(other) ? 0 : other * unit - v * unit;
            if (j == w->p + 1) x[i] = 1;
        }
    }
    return NORN_OK;
}

static norn_status gather(norni_env *env, const base_work *w, size_t from, size_t to, double *sum,
                          norn_err *err) {
    const size_t p = w->p + 2;
    const double *moved[COLUMNS];
    double one[COLUMNS];
    for (size_t j = 0; j < p; j++) {
        moved[j] = w->column[j] + from;
        one[j] = 1;
    }
    memset(sum, 0, p * p * sizeof *sum);
    if (from >= to) return NORN_OK;
    return norni_columns_gram(env->arena, &env->poll, moved, one, p, 0, to - from, sum, err);
}

/* Means, deviations, and the correlations' decomposition of n examples with moments `sum`. */
static norn_status decompose(norni_env *env, base_work *w, const double *sum, double n,
                             norn_err *err) {
    const size_t p = w->p, all = p + 2;
    const double *total = sum + (p + 1) * all;
    for (size_t j = 0; j <= p; j++) {
        const double square = sum[j * all + j], spread = square - total[j] * total[j] / n;
        w->mean[j] = total[j] / n;
        w->sd[j] = spread > FLAT * square ? sqrt(spread / n) : 0;
    }
    double right[BASE_MOST];
    for (size_t i = 0; i < p; i++) {
        for (size_t j = 0; j <= p; j++) {
            const double both = sum[i * all + j] / n - w->mean[i] * w->mean[j];
            const double unit = w->sd[i] * (j < p ? w->sd[j] : 1);
            const double r = unit > 0 ? both / unit : 0;
            if (j < p) w->vectors[i * p + j] = i == j ? (unit > 0 ? 1 : 0) : r;
            if (j == p) right[i] = r;
        }
    }
    NORN_TRY(norni_eigen_symmetric(env->arena, &env->poll, p, w->vectors, w->value, err));
    for (size_t k = 0; k < p; k++) {
        w->along[k] = 0;
        for (size_t i = 0; i < p; i++)
            w->along[k] += w->vectors[k * p + i] * right[i];
    }
    return NORN_OK;
}

/* line = the fit with this penalty: nothing at all for an infinite one. */
static void take_penalty(base_work *w, double penalty) {
    const size_t p = w->p;
    for (size_t j = 0; j < p + 2; j++)
        w->line[j] = j == p ? 1 : 0;
    if (isinf(penalty)) return;
    double intercept = w->mean[p];
    for (size_t k = 0; k < p; k++) {
        const double d = w->value[k] > 0 ? w->value[k] : 0, c = w->along[k] / (d + penalty);
        for (size_t j = 0; j < p; j++)
            w->line[j] -= c * w->vectors[k * p + j];
    }
    for (size_t j = 0; j < p; j++) {
        w->line[j] = w->sd[j] > 0 ? w->line[j] / w->sd[j] : 0;
        intercept += w->line[j] * w->mean[j];
    }
    w->line[p + 1] = -intercept;
}

/* Sum of squared errors of `line` over the examples with moments `sum`. */
static double squares(const base_work *w, const double *sum) {
    const size_t p = w->p + 2;
    double total = 0;
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < p; j++)
            total += w->line[i] * sum[i * p + j] * w->line[j];
    return total > 0 ? total : 0;
}

/* The best penalty's number, and its mean squared error over the tail. */
static size_t best_penalty(base_work *w, double n_tail, double *error) {
    size_t best = 0;
    for (size_t k = 0; k < N_PENALTIES; k++) {
        take_penalty(w, penalties[k]);
        const double e = squares(w, w->tail) / n_tail;
        if (k == 0 || e < *error) *error = e, best = k;
    }
    return best;
}

static norn_status fit_columns(norni_env *env, const base_examples *e, base_work *w, double *error,
                               norn_err *err) {
    const size_t cells = (w->p + 2) * (w->p + 2), n_tail = e->n - e->tail;
    size_t best = UNASKED;
    NORN_TRY(gather(env, w, 0, e->n_old, w->old, err));
    NORN_TRY(gather(env, w, e->n_old, e->tail, w->gap, err));
    NORN_TRY(gather(env, w, e->tail, e->n, w->tail, err));
    if (e->n_old >= FEWEST && n_tail > 0) {
        NORN_TRY(decompose(env, w, w->old, (double)e->n_old, err));
        best = best_penalty(w, (double)n_tail, error);
    }
    for (size_t i = 0; i < cells; i++)
        w->old[i] += w->gap[i] + w->tail[i];
    if (best > 0) NORN_TRY(decompose(env, w, w->old, (double)e->n, err));
    take_penalty(w, penalties[best]);
    return NORN_OK;
}

norn_status base_ridge_fit(norni_env *env, const norni_lesson *l, const base_examples *e,
                           norni_base *b, double *tail_error, norn_err *err) {
    norni_arena *arena = env->arena;
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const int size = norni_extent_of(e->carry, l->n).exponent,
              exponent = size < -1000 ? -1000 : size;
    double error = NORNI_NAN;
    choose_lags(b, l, e->n);
    base_work *w = norni_arena_get(arena, 1, sizeof *w);
    if (!w) return norn_fail(err, NORN_E_MEM, "base ridge: no memory");
    w->p = b->n;
    norn_status st = make_columns(arena, e, b, w, exponent, err);
    if (st == NORN_OK) st = fit_columns(env, e, w, &error, err);
    if (st == NORN_OK) {
        for (size_t j = 0; j < b->n; j++)
            b->coef[j] = -w->line[j];
        b->intercept = -ldexp(w->line[b->n + 1], exponent);
        *tail_error = ldexp(error, 2 * exponent);
    }
    norni_arena_rewind(arena, mark);
    return st;
}
