/* What the uncertainty of Prophet's estimates says of rows: standard deviations and draws. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A function of theta ~ N(optimum, H^-1) (prophet_curvature.c) with derivatives j has variance
 * j'H^-1 j = |L^-1 j|^2; draws are L'^-1 z. Features come first and the trend last, so that the trend's own
 * variance needs the last rows of L alone. */
#include "models/prophet/prophet_spread_rows.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"
#include "models/prophet/prophet_law.h"
#include "models/prophet/prophet_trend.h"
#include "num/columns.h"

enum { ROWS = 1024 }; /* draws that are made between two polls */

static norn_status no_memory(norn_err *err, size_t n) {
    return norni_alloc_fail(err, "prophet", n, sizeof(double));
}

norn_status norni_prophet_ground_make(norni_arena *arena, const norni_prophet_fitted *f,
                                      const norni_prophet_design *d,
                                      const norni_prophet_parts *parts, norni_prophet_ground *g,
                                      norn_err *err) {
    const norni_prophet_plan *plan = f->plan;
    const size_t n = d->n;
    double *column = norni_arena_get(arena, n, 4 * sizeof *column),
           *scratch =
               norni_arena_get(arena, norni_prophet_trend_scratch(plan->n_change), sizeof *scratch);
    if (!column || !scratch) return no_memory(err, n);
    double *trend = column, *slope = column + n, *lift = column + 2 * n, *base = column + 3 * n;
    norni_prophet_trend_slope(plan->growth, n, d->t, d->cap, f->fit->k, f->fit->m, plan->n_change,
                              plan->change_t, f->fit->delta, scratch, trend, slope);
    for (size_t i = 0; i < n; i++) {
        lift[i] = 1 + parts->multiplicative[i];
        base[i] = parts->trend[i] / plan->y_scale;
    }
    *g = (norni_prophet_ground){.plan = plan,
                                .fit = f->fit,
                                .design = d,
                                .s = f->spread,
                                .slope = slope,
                                .lift = lift,
                                .base = base,
                                .scale = 1};
    if (!f->spread) memcpy(base, trend, n * sizeof *base); /* of a fit: as its likelihood has it */
    return NORN_OK;
}

static bool belongs(const norni_prophet_component *c, const norni_prophet_column *column) {
    if (c->multiplicative != column->multiplicative) return false;
    if (norni_str_is(c->name, "additive_terms") || norni_str_is(c->name, "multiplicative_terms"))
        return true;
    if (norni_str_is(c->name, "holidays")) return column->kind == NORNI_PROPHET_HOLIDAY;
    if (norni_str_is(c->name, "extra_regressors_additive") ||
        norni_str_is(c->name, "extra_regressors_multiplicative"))
        return column->kind == NORNI_PROPHET_REGRESSOR;
    return norni_str_cmp(c->name, column->component) == 0;
}

/* Rows [from, from + rows) of feature j's derivative times `unit`. false: it has none. */
static bool feature_column(const norni_prophet_ground *g, size_t j, double unit, size_t from,
                           size_t rows, double *out) {
    const norni_prophet_column *column = &g->plan->column[j];
    const double *x = g->design->x[j] + from;
    if (g->of == NORNI_PROPHET_OF_TREND) return false;
    if (g->of == NORNI_PROPHET_OF_COMPONENT) {
        if (!belongs(g->component, column)) return false;
        for (size_t i = 0; i < rows; i++)
            out[i] = unit * x[i];
        return true;
    }
    const double by = unit * g->scale;
    for (size_t i = 0; i < rows; i++)
        out[i] = by * (column->multiplicative ? g->base[from + i] : 1) * x[i];
    return true;
}

static bool trend_column(const norni_prophet_ground *g, size_t place, double unit, size_t from,
                         size_t rows, double *out) {
    const bool logistic = g->plan->growth == NORNI_PROPHET_LOGISTIC;
    const double *t = g->design->t + from, by = unit * g->scale;
    if (g->of == NORNI_PROPHET_OF_COMPONENT) return false;
    for (size_t i = 0; i < rows; i++) {
        double z = logistic ? -g->fit->k : 1;
        if (place == NORNI_PROPHET_AT_K) z = logistic ? t[i] - g->fit->m : t[i];
        if (place >= NORNI_PROPHET_AT_DELTA) {
            z = t[i] - g->plan->change_t[place - NORNI_PROPHET_AT_DELTA];
            z = z > 0 ? z : 0;
        }
        out[i] =
            by * g->slope[from + i] * z * (g->of == NORNI_PROPHET_OF_TREND ? 1 : g->lift[from + i]);
    }
    return true;
}

bool norni_prophet_derive(const norni_prophet_ground *g, const norni_prophet_spread *s, size_t c,
                          size_t from, size_t rows, double *out) {
    const size_t n_x = g->plan->n_column;
    return s->at[c] < n_x ? feature_column(g, s->at[c], s->unit[c], from, rows, out)
                          : trend_column(g, s->at[c] - n_x, s->unit[c], from, rows, out);
}

norn_status norni_prophet_ground_columns(norni_arena *arena, size_t n, size_t rows, double ***out,
                                         norn_err *err) {
    double **column = norni_arena_get(arena, n + 1, sizeof *column),
           *room = norni_arena_get(arena, n * rows + 1, sizeof *room);
    if (!column || !room) return no_memory(err, n * rows);
    for (size_t c = 0; c < n; c++)
        column[c] = room + c * rows;
    *out = column;
    return NORN_OK;
}

/* ---- what it says of rows ---- */

/* sd of a block of rows from their derivatives, by L^-1 j. */
static void block_sd(const norni_prophet_spread *s, const norni_columns_kernel *k, double **column,
                     size_t first, size_t rows, double *sd) {
    for (size_t i = 0; i < rows; i++)
        sd[i] = 0;
    for (size_t c = first; c < s->n; c++) {
        const double *l = s->factor + c * s->n;
        double *v = column[c];
        k->take((const double *const *)column + first, c - first, rows, l + first, v);
        for (size_t i = 0; i < rows; i++) {
            v[i] /= l[c];
            sd[i] += v[i] * v[i];
        }
    }
    for (size_t i = 0; i < rows; i++)
        sd[i] = sqrt(sd[i]);
}

static norn_status all_sd(norni_arena *arena, const norni_poll *poll, const norni_prophet_ground *g,
                          double *sd, norn_err *err) {
    const norni_columns_kernel *k = norni_columns_kernel_get(NORNI_COLUMNS_AVX512);
    const norni_prophet_spread *s = g->s;
    enum { BLOCK = 256 };
    double **column = NULL;
    NORN_TRY(norni_prophet_ground_columns(arena, s->n, BLOCK, &column, err));
    for (size_t from = 0; from < g->design->n; from += BLOCK) {
        const size_t rows = g->design->n - from < BLOCK ? g->design->n - from : BLOCK;
        size_t first = s->n; /* the first that has a derivative */
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
        for (size_t c = 0; c < s->n; c++) {
            if (norni_prophet_derive(g, s, c, from, rows, column[c]))
                first = first < c ? first : c;
            else
                memset(column[c], 0, rows * sizeof *column[c]);
        }
        block_sd(s, k, column, first, rows, sd + from);
    }
    return NORN_OK;
}

norn_status norni_prophet_spread_sd(norni_arena *arena, const norni_poll *poll,
                                    const norni_prophet_fitted *fitted,
                                    const norni_prophet_design *design,
                                    const norni_prophet_parts *parts, norni_prophet_of of,
                                    const norni_prophet_component *component, double *sd,
                                    norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    norni_prophet_ground g;
    norn_status st = norni_prophet_ground_make(arena, fitted, design, parts, &g, err);
    if (st == NORN_OK) {
        g.of = of;
        g.component = component;
        st = all_sd(arena, poll, &g, sd, err);
        if (!component || !component->multiplicative)
            for (size_t i = 0; i < design->n && st == NORN_OK; i++)
                sd[i] *= fitted->plan->y_scale;
    }
    norni_arena_rewind(arena, mark);
    return st;
}

/* m's column becomes that of -k m, in which the logistic curve's argument is linear. */
static void bend_intercept(const norni_prophet_fitted *f, double **column, size_t n_draw) {
    const norni_prophet_spread *s = f->spread;
    const size_t at_k = f->plan->n_column + NORNI_PROPHET_AT_K,
                 at_m = f->plan->n_column + NORNI_PROPHET_AT_M;
    const double *k = NULL;
    for (size_t c = 0; c < s->n; c++) {
        if (s->at[c] == at_k) k = column[c];
        if (s->at[c] != at_m) continue;
        for (size_t d = 0; d < n_draw; d++) {
            const double off_k = k ? k[d] : 0, off_m = column[c][d];
            column[c][d] = -(f->fit->k * off_m + f->fit->m * off_k + off_k * off_m);
        }
    }
}

/* One step of L'^-1 z over n draws: coordinate c, those behind it being done. */
static void solve_back(const norni_columns_kernel *k, const norni_prophet_spread *s, size_t c,
                       double **column, double *coef, size_t n) {
    const size_t later = s->n - c - 1;
    const double own = s->factor[c * s->n + c];
    for (size_t l = 0; l < later; l++)
        coef[l] = s->factor[(c + 1 + l) * s->n + c];
    k->take((const double *const *)column + c + 1, later, n, coef, column[c]);
    for (size_t d = 0; d < n; d++)
        column[c][d] /= own;
}

norn_status norni_prophet_spread_draw(norni_arena *arena, const norni_poll *poll,
                                      const norni_prophet_fitted *fitted, uint64_t seed,
                                      uint64_t item, size_t n_draw, double ***out, norn_err *err) {
    const norni_columns_kernel *k = norni_columns_kernel_get(NORNI_COLUMNS_AVX512);
    const norni_prophet_spread *s = fitted->spread;
    double **column = NULL, **here = norni_arena_get(arena, s->n + 1, sizeof *here),
           *coef = norni_arena_get(arena, s->n + 1, sizeof *coef);
    if (!here || !coef) return no_memory(err, s->n);
    NORN_TRY(norni_prophet_ground_columns(arena, s->n, n_draw, &column, err));
    for (size_t at = 0; at < n_draw; at += ROWS) {
        const size_t n = n_draw - at < ROWS ? n_draw - at : ROWS;
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
        for (size_t c = s->n; c-- > 0;) {
            here[c] = column[c] + at;
            norni_rng_normals((norni_rng){seed, item}, norni_prophet_estimate_at(c) + at, here[c],
                              n);
            solve_back(k, s, c, here, coef, n);
        }
        for (size_t c = 0; c < s->n; c++)
            for (size_t d = 0; d < n; d++)
                here[c][d] *= s->unit[c];
        if (fitted->plan->growth == NORNI_PROPHET_LOGISTIC) bend_intercept(fitted, here, n);
    }
    *out = column;
    return NORN_OK;
}
