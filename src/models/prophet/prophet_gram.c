/* Products of a calendar: what every fit on the same rows, features and changepoints shares. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Trend columns cost O(n) together. With stretches q between changepoints, anchors s_q (s_0 = 0) and
 * sums over a stretch of v and of (t - s_q) v, suffix sums give for every q at once
 *   M_q = sum_{i in stretch q and later} v_i         = M_{q+1} + A_q
 *   P_q = sum (t_i - s_q)+ v_i  = P_{q+1} + (s_{q+1} - s_q) M_{q+1} + B_q
 * without a difference of large numbers; and <(t-s_j)+, (t-s_l)+> = <l,l> + (s_l - s_j) <l,1>. */
#include "models/prophet/prophet_gram.h"

#include "num/columns.h"

#include <math.h>
#include <string.h>

/* Rows times columns between two polls. */
enum { ROWS = 200000 };

static bool same(const void *a, const void *b, size_t n, size_t size) {
    return a == b || n == 0 || memcmp(a, b, n * size) == 0;
}

static bool same_columns(const double *const *a, const double *const *b, size_t n_x, size_t n) {
    if (a == b) return true;
    for (size_t j = 0; j < n_x; j++)
        if (!same(a[j], b[j], n, sizeof(double))) return false;
    return true;
}

bool norni_prophet_gram_serves(const norni_prophet_gram *g, const norni_prophet_problem *p) {
    return g->flat == (p->growth == NORNI_PROPHET_FLAT) && p->growth != NORNI_PROPHET_LOGISTIC &&
           g->n == p->n && g->n_x == p->n_x && (g->flat || g->n_change == p->n_change) &&
           same(g->t, p->t, p->n, sizeof(double)) &&
           (g->flat || same(g->change, p->change, p->n_change, sizeof(double))) &&
           same_columns(g->x, p->x, p->n_x, p->n);
}

bool norni_prophet_same_calendar(const norni_prophet_plan *plan, const norni_prophet_design *design,
                                 const norni_prophet_rows *rows) {
    if (plan->n_regressor > 0 || plan->growth == NORNI_PROPHET_LOGISTIC) return false;
    for (size_t k = 0; k < plan->n_season; k++)
        if (plan->season[k].condition.n > 0) return false;
    size_t at = 0;
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->y && isnan(rows->y[i])) continue;
        if (at >= design->n || rows->ds[i] != design->ds[at]) return false;
        at++;
    }
    return at == design->n;
}

static norn_status make_room(norni_arena *arena, norni_prophet_gram *g, norn_err *err) {
    g->first = norni_arena_get(arena, g->n_hinge + 2, sizeof *g->first);
    g->anchor = norni_arena_get(arena, g->n_hinge + 1, sizeof *g->anchor);
    g->t_rest = norni_arena_get(arena, g->n, sizeof *g->t_rest);
    g->scale = norni_arena_get(arena, g->n_x, sizeof *g->scale);
    g->column = norni_arena_get(arena, g->n_x, sizeof *g->column);
    g->near = norni_arena_get(arena, g->n_x, sizeof *g->near);
    g->products = norni_arena_zero(arena, g->n_z * g->n_z, sizeof *g->products);
    g->whole = norni_arena_zero(arena, g->n_x * g->n_x, sizeof *g->whole);
    if (!g->first || !g->anchor || !g->t_rest || !g->scale || !g->column || !g->near ||
        !g->products || !g->whole)
        return norn_fail(err, NORN_E_MEM, "prophet: no memory for the products of %zu columns",
                         g->n_z);
    return NORN_OK;
}

static void cut_stretches(norni_prophet_gram *g) {
    g->anchor[0] = 0;
    g->first[0] = 0;
    for (size_t q = 1; q <= g->n_hinge; q++) {
        size_t at = g->first[q - 1];
        g->anchor[q] = g->n_change > 0 ? g->change[q - 1] : 0;
        while (at < g->n && g->t[at] < g->anchor[q])
            at++;
        g->first[q] = at;
    }
    g->first[g->n_hinge + 1] = g->n;
    for (size_t q = 0; q <= g->n_hinge; q++)
        for (size_t i = g->first[q]; i < g->first[q + 1]; i++)
            g->t_rest[i] = g->t[i] - g->anchor[q];
}

/* The power of two that brings the largest entry of a column into [1, 2); its exponent. */
static int unit_of(const double *x, size_t n) {
    double most = 0;
    int e = 1;
    for (size_t i = 0; i < n; i++) {
        const double a = fabs(x[i]);
        most = a > most ? a : most;
    }
    if (most > 0 && isfinite(most)) (void)frexp(most, &e);
    return e < -1000 ? 1001 : 1 - e;
}

static norn_status scale_columns(norni_arena *arena, norni_prophet_gram *g, const norni_poll *poll,
                                 norn_err *err) {
    for (size_t j = 0; j < g->n_x; j++) {
        const int e = unit_of(g->x[j], g->n);
        g->scale[j] = g->near[j] = ldexp(1, e);
        g->column[j] = g->x[j];
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
        if (e > -900) continue;
        double *copy = norni_arena_get(arena, g->n, sizeof *copy);
        if (!copy) return norn_fail(err, NORN_E_MEM, "prophet: no memory for %zu rows", g->n);
        for (size_t i = 0; i < g->n; i++)
            copy[i] = g->x[j][i] * 0x1p-512;
        g->column[j] = copy;
        g->near[j] = ldexp(1, e + 512);
    }
    return NORN_OK;
}

/* trend (1, or 2 + n_hinge): products of 1, t and the hinges with v. */
static void times_trend(const norni_prophet_gram *g, const norni_columns_kernel *k, const double *v,
                        double *trend) {
    double later = 0, p = 0, a, b;
    for (size_t q = g->n_hinge + 1; q-- > 0;) {
        const size_t at = g->first[q];
        k->stretch(v + at, g->t_rest + at, g->first[q + 1] - at, &a, &b);
        if (q < g->n_hinge) p += (g->anchor[q + 1] - g->anchor[q]) * later;
        p += b;
        later += a;
        if (!g->flat) trend[1 + q] = p;
    }
    trend[0] = later;
}

static void set_pair(norni_prophet_gram *g, size_t i, size_t j, double v) {
    g->products[i * g->n_z + j] = g->products[j * g->n_z + i] = v;
}

/* Products among 1, t and the hinges. */
static void trend_products(norni_prophet_gram *g) {
    double m0 = 0, m1 = 0, m2 = 0; /* of the rows from stretch q on: count, first, second moment */
    set_pair(g, 0, 0, (double)g->n);
    if (g->flat) return;
    for (size_t q = g->n_hinge + 1; q-- > 0;) {
        const double step = q < g->n_hinge ? g->anchor[q + 1] - g->anchor[q] : 0;
        double s1 = 0, s2 = 0;
        for (size_t i = g->first[q]; i < g->first[q + 1]; i++) {
            s1 += g->t_rest[i];
            s2 += g->t_rest[i] * g->t_rest[i];
        }
        m2 += step * (2 * m1 + step * m0) + s2;
        m1 += step * m0 + s1;
        m0 += (double)(g->first[q + 1] - g->first[q]);
        set_pair(g, 0, 1 + q, m1);
        for (size_t j = 0; j <= q; j++)
            set_pair(g, 1 + j, 1 + q, m2 + (g->anchor[q] - g->anchor[j]) * m1);
    }
}

/* The features' products of whole blocks, from an earlier cut-off's where those are of the same
 * columns; then of the rest. */
static norn_status feature_products(norni_arena *arena, const norni_poll *poll,
                                    norni_prophet_gram *g, const norni_prophet_gram *earlier,
                                    norn_err *err) {
    const size_t p = g->n_x;
    size_t from = 0;
    g->n_whole = g->n / NORNI_COLUMNS_BLOCK * NORNI_COLUMNS_BLOCK;
    if (earlier && earlier->n_x == p && earlier->n_whole <= g->n_whole &&
        same_columns(earlier->x, g->x, p, earlier->n_whole)) {
        from = earlier->n_whole;
        for (size_t i = 0; i < p; i++)
            for (size_t j = 0; j < p; j++) {
                const double u = g->scale[i] / earlier->scale[i],
                             v = g->scale[j] / earlier->scale[j];
                g->whole[i * p + j] = u * earlier->whole[i * p + j] * v;
            }
    }
    NORN_TRY(
        norni_columns_gram(arena, poll, g->column, g->near, p, from, g->n_whole, g->whole, err));
    double *all = norni_arena_get(arena, p * p, sizeof *all);
    if (!all) return norn_fail(err, NORN_E_MEM, "prophet: no memory for %zu columns", p);
    memcpy(all, g->whole, p * p * sizeof *all);
    NORN_TRY(norni_columns_gram(arena, poll, g->column, g->near, p, g->n_whole, g->n, all, err));
    for (size_t i = 0; i < p; i++)
        memcpy(g->products + (g->n_trend + i) * g->n_z + g->n_trend, all + i * p, p * sizeof *all);
    return NORN_OK;
}

norn_status norni_prophet_gram_make(norni_arena *arena, const norni_poll *poll,
                                    const norni_prophet_problem *p,
                                    const norni_prophet_gram *earlier, norni_prophet_gram *out,
                                    norn_err *err) {
    const bool flat = p->growth == NORNI_PROPHET_FLAT;
    const size_t n_hinge = flat ? 0 : p->n_change > 0 ? p->n_change : 1;
    norni_prophet_gram *g = out;
    *g = (norni_prophet_gram){.flat = flat,
                              .n = p->n,
                              .n_hinge = n_hinge,
                              .n_x = p->n_x,
                              .n_trend = flat ? 1 : 2 + n_hinge,
                              .t = p->t,
                              .change = p->change,
                              .n_change = p->n_change,
                              .x = p->x};
    g->n_z = g->n_trend + g->n_x;
    NORN_TRY(make_room(arena, g, err));
    cut_stretches(g);
    NORN_TRY(scale_columns(arena, g, poll, err));
    trend_products(g);
    const norni_columns_kernel *k = norni_columns_kernel_get(NORNI_COLUMNS_AVX512);
    double *trend = norni_arena_get(arena, g->n_trend, sizeof *trend);
    if (!trend) return norn_fail(err, NORN_E_MEM, "prophet: no memory for %zu columns", g->n_z);
    for (size_t j = 0; j < g->n_x; j++) {
        times_trend(g, k, g->column[j], trend);
        for (size_t q = 0; q < g->n_trend; q++)
            set_pair(g, q, g->n_trend + j, g->near[j] * trend[q]);
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "prophet: cancelled");
    }
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const norn_status st = feature_products(arena, poll, g, earlier, err);
    norni_arena_rewind(arena, mark);
    return st;
}

bool norni_prophet_gram_times(const norni_prophet_gram *g, const norni_poll *poll, const double *v,
                              double *out) {
    const norni_columns_kernel *k = norni_columns_kernel_get(NORNI_COLUMNS_AVX512);
    const size_t group = g->n < ROWS ? ROWS * 2 / (g->n + 1) * 2 : 2;
    times_trend(g, k, v, out);
    out += g->n_trend;
    for (size_t j = 0; j < g->n_x; j += group) {
        const size_t m = g->n_x - j < group ? g->n_x - j : group;
        k->dot(g->column + j, m, g->n, v, out + j);
        if (norni_poll_stop(poll)) return false;
    }
    for (size_t j = 0; j < g->n_x; j++)
        out[j] *= g->near[j];
    return true;
}

bool norni_prophet_gram_rest(const norni_prophet_gram *g, const norni_poll *poll, const double *y,
                             const double *theta, double *coef, double *rest) {
    const norni_columns_kernel *k = norni_columns_kernel_get(NORNI_COLUMNS_AVX512);
    const size_t group = g->n < ROWS ? ROWS / (g->n + 1) * 4 : 4;
    double level = theta[0], rate = 0;
    for (size_t q = 0; q <= g->n_hinge; q++) {
        if (q > 0) level += rate * (g->anchor[q] - g->anchor[q - 1]);
        if (!g->flat) rate += theta[1 + q];
        for (size_t i = g->first[q]; i < g->first[q + 1]; i++)
            rest[i] = y[i] - (level + rate * g->t_rest[i]);
    }
    for (size_t j = 0; j < g->n_x; j++)
        coef[j] = g->near[j] * theta[g->n_trend + j];
    for (size_t j = 0; j < g->n_x; j += group) {
        const size_t m = g->n_x - j < group ? g->n_x - j : group;
        k->take(g->column + j, m, g->n, coef + j, rest);
        if (norni_poll_stop(poll)) return false;
    }
    return true;
}
