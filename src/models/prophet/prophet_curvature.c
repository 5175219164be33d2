/* How uncertain a fit's estimates are: the curvature of Prophet's posterior at its optimum. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Laplace's approximation (Tierney and Kadane 1986) on the coordinates that are free at the optimum,
 * sigma given: theta ~ N(optimum, H^-1) with
 *   H = J'J / sigma^2 + diag(1/25 of k and m, 1/prior^2 of beta),   J = d yhat / d theta.
 * Linear in its unknowns (linear or flat growth, additive terms) H is the posterior's own Hessian;
 * otherwise it is without the residuals' part (Gauss and Newton), and so always positive. The
 * Laplace prior has no curvature: a delta that is not 0 has none of its own, one at 0 is taken as certain.
 * Coordinates are taken in units that give H a diagonal of 1. */
#include "models/prophet/prophet_curvature.h"

#include <math.h>
#include <string.h>

#include "models/prophet/prophet_spread_rows.h"
#include "num/columns.h"
#include "num/least_squares.h"

enum { ROWS = 1024 };

/* A pivot below this share of its diagonal: the coordinate is one that others can stand for. */
static const double pivot_least = 1e-12;

static norn_status no_memory(norn_err *err, size_t n) {
    return norni_alloc_fail(err, "prophet", n, sizeof(double));
}

/* The power of two that brings a feature's largest entry into [1, 2). */
static double unit_of(const double *x, size_t n) {
    double most = 0;
    int e = 1;
    for (size_t i = 0; i < n; i++)
        most = fabs(x[i]) > most ? fabs(x[i]) : most;
    if (most > 0 && isfinite(most)) (void)frexp(most, &e);
    return ldexp(1, e < -1000 ? 1001 : 1 - e);
}

static void list_coordinates(const norni_prophet_plan *plan, const norni_prophet_fit *fit,
                             const norni_prophet_design *d, norni_prophet_spread *s) {
    const size_t n_x = plan->n_column;
    s->n = 0;
    for (size_t j = 0; j < n_x; j++) {
        if (plan->column[j].kind == NORNI_PROPHET_ZEROS) continue;
        s->unit[s->n] = unit_of(d->x[j], d->n);
        s->at[s->n++] = (uint32_t)j;
    }
    for (size_t j = 0; j < NORNI_PROPHET_AT_DELTA + plan->n_change; j++) {
        if (plan->growth == NORNI_PROPHET_FLAT && j != NORNI_PROPHET_AT_M) continue;
        if (j >= NORNI_PROPHET_AT_DELTA && fit->delta[j - NORNI_PROPHET_AT_DELTA] == 0) continue;
        s->unit[s->n] = 1;
        s->at[s->n++] = (uint32_t)(n_x + j);
    }
}

/* h (n, n) = the precision of the coordinates over their units. */
static norn_status add_products(norni_arena *arena, const norni_poll *poll,
                                const norni_prophet_ground *g, const norni_prophet_spread *s,
                                double *h, norn_err *err) {
    double **column = NULL, *one = norni_arena_get(arena, s->n + 1, sizeof *one);
    if (!one) return no_memory(err, s->n);
    NORN_TRY(norni_prophet_ground_columns(arena, s->n, ROWS, &column, err));
    for (size_t c = 0; c < s->n; c++)
        one[c] = 1;
    for (size_t from = 0; from < g->design->n; from += ROWS) {
        const size_t rows = g->design->n - from < ROWS ? g->design->n - from : ROWS;
        for (size_t c = 0; c < s->n; c++)
            (void)norni_prophet_derive(g, s, c, from, rows, column[c]);
        const norni_arena_mark mark = norni_arena_mark_get(arena);
        const norn_status st = norni_columns_gram(arena, poll, (const double *const *)column, one,
                                                  s->n, 0, rows, h, err);
        norni_arena_rewind(arena, mark);
        if (st != NORN_OK) return st;
    }
    for (size_t c = 0; c < s->n; c++) {
        const bool feature = s->at[c] < g->plan->n_column;
        const double own = feature ? s->unit[c] / g->plan->column[s->at[c]].prior : 0.2;
        if (feature || s->at[c] - g->plan->n_column < NORNI_PROPHET_AT_DELTA)
            h[c * s->n + c] += own * own;
    }
    return NORN_OK;
}

/* Strikes coordinate c out of s and of h. */
static void strike(norni_prophet_spread *s, double *h, size_t c) {
    const size_t n = s->n;
    size_t to = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (i != c && j != c) h[to++] = h[i * n + j];
    for (size_t i = c; i + 1 < n; i++) {
        s->at[i] = s->at[i + 1];
        s->unit[i] = s->unit[i + 1];
    }
    s->n--;
}

/* Units that give h a diagonal of 1, and its factor; h is spoilt. */
static void factorise(norni_prophet_spread *s, double *h) {
    for (size_t c = s->n; c-- > 0;)
        if (!(h[c * s->n + c] > 0) || !isfinite(h[c * s->n + c])) strike(s, h, c);
    const size_t n = s->n;
    double *by = s->factor; /* (n) for a moment */
    for (size_t c = 0; c < n; c++)
        by[c] = 1 / sqrt(h[c * n + c]);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            h[i * n + j] *= by[i] * by[j];
        s->unit[i] *= by[i];
    }
    size_t bad = 1;
    while (s->n > 0 && bad > 0) {
        memcpy(s->factor, h, s->n * s->n * sizeof *h);
        bad = norni_cholesky(s->factor, s->n, pivot_least);
        if (bad > 0) strike(s, h, bad - 1);
    }
}

norn_status norni_prophet_spread_make(norni_arena *arena, const norni_poll *poll,
                                      const norni_prophet_plan *plan, const norni_prophet_fit *fit,
                                      const norni_prophet_design *design, norni_prophet_spread *out,
                                      norn_err *err) {
    const size_t most = plan->n_column + NORNI_PROPHET_AT_DELTA + plan->n_change;
    norni_prophet_spread s = {.at = norni_arena_get(arena, most, sizeof *s.at),
                              .unit = norni_arena_get(arena, most, sizeof *s.unit)};
    if (!s.at || !s.unit) return no_memory(err, most);
    list_coordinates(plan, fit, design, &s);
    s.factor = norni_arena_get(arena, s.n * s.n, sizeof *s.factor);
    if (!s.factor) return no_memory(err, s.n * s.n);
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const norni_prophet_fitted fitted = {plan, fit, 0, NULL};
    norni_prophet_parts parts;
    norni_prophet_ground g;
    double *h = norni_arena_zero(arena, s.n * s.n, sizeof *h);
    norn_status st = h ? NORN_OK : no_memory(err, s.n * s.n);
    if (st == NORN_OK)
        st = norni_prophet_parts_make(arena, poll, &fitted, design, false, &parts, err);
    if (st == NORN_OK) st = norni_prophet_ground_make(arena, &fitted, design, &parts, &g, err);
    if (st == NORN_OK) {
        g.scale = 1 / fit->sigma;
        st = add_products(arena, poll, &g, &s, h, err);
    }
    if (st == NORN_OK) factorise(&s, h);
    norni_arena_rewind(arena, mark);
    *out = s;
    return st;
}
