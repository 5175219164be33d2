/* The climb's problem unpacked, and one pass of the objective over its rows. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Minimised is minus the log posterior of prophet_types.h with sigma at its best. For a sum of
 * squares R that is where n log s + 2 s^2 + R / (2 s^2) is least:
 *   s^2 = (sqrt(n^2 + 16 R) - n) / 8 = 2 R / (sqrt(n^2 + 16 R) + n),
 * the second form without cancellation. */
#include "models/prophet/prophet_climb_parts.h"

#include <math.h>

#include "base/fp.h"
#include "models/prophet/prophet_trend.h"
#include "num/least_squares.h"

enum { ROWS_AT_ONCE = 1024, THIN = 32 }; /* thin: one row in so many, or fewer, is filled */
#define TIGHT_MOST 1e100                 /* 1 / prior: its square does not overflow */

static size_t wide_of(size_t n) {
    return (n + CLIMB_WIDE - 1) / CLIMB_WIDE * CLIMB_WIDE;
}

/* The power of two that brings the largest entry into [1, 2): units cost no digits and overflow
 * nothing. *filled: entries that are not 0. */
static double unit_of(const double *column, size_t n, size_t *filled) {
    double most = 0;
    int e;
    *filled = 0;
    for (size_t i = 0; i < n; i++) {
        *filled += column[i] != 0;
        if (fabs(column[i]) > most) most = fabs(column[i]);
    }
    if (!(most > 0) || !isfinite(most)) return 1;
    (void)frexp(most, &e);
    return ldexp(1, 1 - e);
}

/* Columns that multiply first, and of each kind the thin ones first; else in their own order. False:
 * stopped. */
static bool place_columns(climb_ground *g) {
    const norni_prophet_problem *p = g->problem;
    size_t filled, to = 0;
    for (int kind = 0; kind < 4; kind++) { /* multiplies: thin, full; is added: thin, full */
        const size_t begin = to;
        for (size_t j = 0; j < p->n_x; j++) {
            if (p->multiplicative[j] != (kind < 2)) continue;
            if (norni_poll_stop(g->poll)) return false;
            const double unit = unit_of(p->x[j], g->n, &filled);
            if ((filled > g->n / THIN) != (kind % 2 == 1)) continue;
            g->place[j] = to;
            g->column[to] = p->x[j];
            g->unit[to] = unit;
            const double tight = fmin(unit / p->prior[j], TIGHT_MOST);
            g->ridge[CLIMB_DELTA + g->n_change + to++] = tight * tight;
        }
        if (kind % 2 == 0) *(kind ? &g->thin_add : &g->thin_mult) = (to - begin) / 4 * 4;
    }
    g->ridge[CLIMB_K] = g->ridge[CLIMB_M] = 1.0 / 25;
    for (size_t j = 0; j < g->n_change; j++)
        g->lasso[CLIMB_DELTA + j] = 1 / p->tau;
    return true;
}

/* The rows of every four thin columns in which one of them is not 0. */
static norn_status list_thin(climb_ground *g, norn_err *err) {
    const size_t groups = (g->thin_mult + g->thin_add) / 4;
    g->thin_first = norni_arena_get(g->arena, groups + 1, sizeof *g->thin_first);
    g->thin_row =
        norni_arena_get(g->arena, groups * 4 + 1, (g->n / THIN + 1) * sizeof *g->thin_row);
    if (!g->thin_first || !g->thin_row)
        return norn_fail(err, NORN_E_MEM, "prophet: no memory for %zu rows", g->n);
    size_t at = 0;
    for (size_t q = 0; q < groups; q++) {
        const size_t j = 4 * q < g->thin_mult ? 4 * q : g->n_mult + 4 * q - g->thin_mult;
        const double *const *x = g->column + j;
        g->thin_first[q] = at;
        if (norni_poll_stop(g->poll)) return climb_cancelled(err);
        for (size_t i = 0; i < g->n; i++)
            if (x[0][i] != 0 || x[1][i] != 0 || x[2][i] != 0 || x[3][i] != 0) g->thin_row[at++] = i;
    }
    g->thin_first[groups] = at;
    return NORN_OK;
}

/* A block of rows at a time: what is written stays near, and memory that is touched for the first time
 * is so between two polls. False: stopped. */
static bool pack_rows(const climb_ground *g, double *rows, size_t wide, size_t first, size_t k) {
    for (size_t at = 0; at < g->n; at += CLIMB_ROWS) {
        const size_t end = at + CLIMB_ROWS < g->n ? at + CLIMB_ROWS : g->n;
        if (norni_poll_stop(g->poll)) return false;
        for (size_t j = 0; j < k; j++)
            for (size_t i = at; i < end; i++)
                rows[i * wide + j] = g->unit[first + j] * g->column[first + j][i];
        for (size_t j = k; j < wide; j++)
            for (size_t i = at; i < end; i++)
                rows[i * wide + j] = 0;
    }
    return true;
}

/* Linear growth without changepoints has one at 0, as Prophet has (prophet_posterior.h): a rate far from
 * nought then costs no more than a change. */
static bool at_nought(const climb_ground *g) {
    return g->problem->growth == NORNI_PROPHET_LINEAR && g->problem->n_change == 0;
}

static void place_stretches(climb_ground *g) {
    const norni_prophet_problem *p = g->problem;
    size_t i = 0;
    g->first[0] = 0;
    g->anchor[0] = 0;
    for (size_t q = 0; q < g->n_change; q++) {
        g->anchor[q + 1] = at_nought(g) ? 0 : p->change[q];
        while (i < g->n && p->t[i] < g->anchor[q + 1])
            i++;
        g->first[q + 1] = i;
    }
    g->first[g->n_change + 1] = g->n;
}

static bool make_scratch(climb_ground *g) {
    const size_t wide = g->wide_mult > g->wide_add ? g->wide_mult : g->wide_add;
    const size_t stretches = g->n_change + 1;
    g->gram_mult = norni_arena_get(g->arena, g->wide_mult + 1,
                                   (g->wide_mult + g->wide_add) * sizeof *g->gram_mult + 1);
    g->step_rows = norni_arena_get(g->arena, CLIMB_ROWS, (4 + g->wide_mult) * sizeof *g->step_rows);
    g->sums = norni_arena_get(g->arena, stretches, 4 * wide * sizeof *g->sums + 1);
    g->work = norni_arena_get(g->arena, g->n, sizeof *g->work);
    g->trend_scratch = norni_arena_get(g->arena, norni_prophet_trend_scratch(g->n_change),
                                       sizeof *g->trend_scratch);
    g->gauss_moments = norni_arena_get(g->arena, stretches, sizeof *g->gauss_moments);
    g->newton_moments = norni_arena_get(g->arena, stretches, sizeof *g->newton_moments);
    return g->gram_mult && g->step_rows && g->sums && g->work && g->trend_scratch &&
           g->gauss_moments && g->newton_moments;
}

norn_status climb_ground_make(climb_ground *g, norni_arena *arena, const norni_poll *poll,
                              const norni_prophet_problem *p, norn_err *err) {
    *g = (climb_ground){.problem = p, .poll = poll, .arena = arena, .n = p->n};
    g->n_change = p->growth == NORNI_PROPHET_FLAT ? 0 : at_nought(g) ? 1 : p->n_change;
    for (size_t j = 0; j < p->n_x; j++)
        g->n_mult += p->multiplicative[j];
    g->n_add = p->n_x - g->n_mult;
    g->wide_mult = wide_of(g->n_mult), g->wide_add = wide_of(g->n_add);
    g->n_unknown = CLIMB_DELTA + g->n_change + p->n_x;
    g->place = norni_arena_get(arena, p->n_x + 1, sizeof *g->place);
    g->column = norni_arena_get(arena, p->n_x + 1, sizeof *g->column);
    g->unit = norni_arena_get(arena, p->n_x + 1, sizeof *g->unit);
    g->rows_mult = norni_arena_get(arena, g->n, g->wide_mult * sizeof *g->rows_mult + 1);
    g->rows_add = norni_arena_get(arena, g->n, g->wide_add * sizeof *g->rows_add + 1);
    g->gram_add = norni_arena_zero(arena, g->wide_add, g->wide_add * sizeof *g->gram_add + 1);
    g->first = norni_arena_get(arena, g->n_change + 2, sizeof *g->first);
    g->anchor = norni_arena_get(arena, g->n_change + 1, sizeof *g->anchor);
    g->ridge = norni_arena_zero(arena, g->n_unknown, sizeof *g->ridge);
    g->lasso = norni_arena_zero(arena, g->n_unknown, sizeof *g->lasso);
    if (!g->place || !g->column || !g->unit || !g->rows_mult || !g->rows_add || !g->gram_add ||
        !g->first || !g->anchor || !g->ridge || !g->lasso || !make_scratch(g))
        return norn_fail(err, NORN_E_MEM, "prophet: no memory for %zu rows of %zu columns", g->n,
                         p->n_x);
    if (!place_columns(g)) return climb_cancelled(err);
    NORN_TRY(list_thin(g, err));
    place_stretches(g);
    if (pack_rows(g, g->rows_mult, g->wide_mult, 0, g->n_mult) &&
        pack_rows(g, g->rows_add, g->wide_add, g->n_mult, g->n_add) && climb_additive_gram(g))
        return NORN_OK;
    return climb_cancelled(err);
}

bool climb_point_make(climb_point *at, const climb_ground *g) {
    *at = (climb_point){.value = NORNI_INF};
    at->x = norni_arena_zero(g->arena, g->n_unknown, sizeof *at->x);
    double *rows = norni_arena_get(g->arena, g->n, 4 * sizeof *rows);
    if (rows == NULL || at->x == NULL) return false;
    at->trend = rows, at->slope = rows + g->n;
    at->lift = rows + 2 * g->n, at->rest = rows + 3 * g->n;
    return true;
}

double climb_sigma(const climb_ground *g, double squares) {
    const double n = (double)g->n;
    const double s = sqrt(2 * squares / (sqrt(n * n + 16 * squares) + n));
    return s > CLIMB_SIGMA_LEAST || s != s ? s : CLIMB_SIGMA_LEAST;
}

/* out += terms of columns [first, first + k) over rows [at, end). */
static void add_terms(const climb_ground *g, double *out, const double *x, size_t first, size_t k,
                      size_t at, size_t end) {
    const double *coef = x + CLIMB_DELTA + g->n_change;
    for (size_t j = first; j < first + k; j++) {
        const double c = coef[j] * g->unit[j], *col = g->column[j];
        if (c == 0) continue;
        for (size_t i = at; i < end; i++)
            out[i] += c * col[i];
    }
}

/* Trend, lift and residuals of rows [from, end). */
static void evaluate_rows(const climb_ground *g, climb_point *at, size_t from, size_t end) {
    const norni_prophet_problem *p = g->problem;
    const double *delta = at->x + CLIMB_DELTA;
    norni_prophet_trend_slope(p->growth, end - from, p->t + from, p->cap ? p->cap + from : NULL,
                              at->x[CLIMB_K], at->x[CLIMB_M], g->n_change, g->anchor + 1, delta,
                              g->trend_scratch, at->trend + from, at->slope + from);
    for (size_t i = from; i < end; i++)
        at->lift[i] = 1, at->rest[i] = 0;
    add_terms(g, at->lift, at->x, 0, g->n_mult, from, end);
    add_terms(g, at->rest, at->x, g->n_mult, g->n_add, from, end);
    for (size_t i = from; i < end; i++)
        at->rest[i] = (p->y[i] - at->trend[i] * at->lift[i]) - at->rest[i];
}

static double penalty(const climb_ground *g, const double *x) {
    double sum = 0;
    for (size_t j = 0; j < g->n_unknown; j++) {
        sum += 0.5 * g->ridge[j] * x[j] * x[j];
        if (g->lasso[j] > 0) sum += g->lasso[j] * fabs(x[j]);
    }
    return sum;
}

double climb_value(const climb_ground *g, double squares, const double *x) {
    const double s = climb_sigma(g, squares);
    return (double)g->n * norni_log(s) + 2 * s * s + 0.5 * (squares / s) / s + penalty(g, x);
}

bool climb_evaluate(const climb_ground *g, climb_point *at) {
    for (size_t from = 0; from < g->n; from += ROWS_AT_ONCE) {
        const size_t end = from + ROWS_AT_ONCE < g->n ? from + ROWS_AT_ONCE : g->n;
        if (norni_poll_stop(g->poll)) return false;
        evaluate_rows(g, at, from, end);
    }
    at->squares = norni_dot(at->rest, at->rest, g->n);
    at->sigma = climb_sigma(g, at->squares);
    at->value = climb_value(g, at->squares, at->x);
    if (!isfinite(at->value)) at->value = NORNI_INF;
    return true;
}

void climb_from_fit(const climb_ground *g, const norni_prophet_fit *fit, double *x) {
    const bool flat = g->problem->growth == NORNI_PROPHET_FLAT;
    x[CLIMB_K] = flat ? 0 : fit->k;
    x[CLIMB_M] = fit->m;
    if (at_nought(g)) { /* what the ridge makes dearer than the change */
        const double most = 25 / g->problem->tau;
        x[CLIMB_K] = fit->k > most ? most : fit->k < -most ? -most : fit->k;
        x[CLIMB_DELTA] = fit->k - x[CLIMB_K];
    } else {
        for (size_t j = 0; j < g->n_change; j++)
            x[CLIMB_DELTA + j] = fit->delta[j];
    }
    for (size_t j = 0; j < g->problem->n_x; j++)
        x[CLIMB_DELTA + g->n_change + g->place[j]] = fit->beta[j] / g->unit[g->place[j]];
}

void climb_to_fit(const climb_ground *g, const climb_point *at, norni_prophet_fit *fit) {
    fit->k = at->x[CLIMB_K] + (at_nought(g) ? at->x[CLIMB_DELTA] : 0);
    fit->m = at->x[CLIMB_M];
    fit->sigma = at->sigma;
    for (size_t j = 0; j < g->problem->n_change; j++)
        fit->delta[j] = j < g->n_change ? at->x[CLIMB_DELTA + j] : 0;
    for (size_t j = 0; j < g->problem->n_x; j++)
        fit->beta[j] = at->x[CLIMB_DELTA + g->n_change + g->place[j]] * g->unit[g->place[j]];
    fit->log_posterior = -at->value;
}
