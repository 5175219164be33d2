/* What a target's values look like, and which columns go along with it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "app/multi_analyse_parts.h"
#include "base/ctx.h"
#include "base/fp.h"
#include "base/sort.h"
#include "plot/pane_kinds.h"

enum { FEATURES_MOST = 60, COMPANY_MOST = 10 };

/* Skewness G1 and excess kurtosis G2 of the sample, by moments about the mean in units of the largest
 * distance from it:  G1 = sqrt(n (n - 1)) / (n - 2) * m3 / m2^1.5,
 * G2 = (n - 1) / ((n - 2) (n - 3)) * ((n + 1) m4 / m2^2 - 3 (n - 1)). */
static void put_moments(norni_profile *p, const double *x, size_t n) {
    double unit = 0, m2 = 0, m3 = 0, m4 = 0;
    const double k = (double)n;
    for (size_t i = 0; i < n; i++)
        unit = fabs(x[i] - p->mean) > unit ? fabs(x[i] - p->mean) : unit;
    for (size_t i = 0; i < n && unit > 0; i++) {
        const double z = (x[i] - p->mean) / unit;
        m2 += z * z;
        m3 += z * z * z;
        m4 += z * z * z * z;
    }
    m2 /= k;
    m3 /= k;
    m4 /= k;
    p->sd = n > 1 ? unit * sqrt(m2 * k / (k - 1)) : NORNI_NAN;
    if (n > 2 && m2 > 0) p->skew = sqrt(k * (k - 1)) / (k - 2) * (m3 / (m2 * sqrt(m2)));
    if (n > 3 && m2 > 0)
        p->kurtosis = (k - 1) / ((k - 2) * (k - 3)) * ((k + 1) * (m4 / (m2 * m2)) - 3 * (k - 1));
}

bool norni_profile_is_wild(const norni_profile *p, double v) {
    return p->robust_sd > 0 && fabs(v - p->median) > NORNI_WILD_SD * p->robust_sd;
}

/* Counts over sorted x (n), with what the profile already knows. */
static void put_counts(norni_profile *p, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        p->n_zero += x[i] == 0;
        p->n_negative += x[i] < 0;
        p->n_outliers += x[i] < p->low || x[i] > p->high;
        if (!norni_profile_is_wild(p, x[i])) continue;
        if (p->n_wild++ == 0) p->wild_low = x[i];
        p->wild_high = x[i];
    }
}

norn_status norni_profile_of(norni_arena *arena, const double *y, size_t n, norni_profile *out,
                             norn_err *err) {
    size_t kept = 0;
    double *x = norni_pane_finite(arena, y, n, &kept),
           *far = norni_arena_get(arena, n, sizeof *far);
    if (!x || !far) return norni_alloc_fail(err, "analyse", n, sizeof *x);
    const double none = NORNI_NAN;
    *out = (norni_profile){.n_rows = n,
                           .n = kept,
                           .n_missing = n - kept,
                           .mean = none,
                           .median = none,
                           .sd = none,
                           .least = none,
                           .most = none,
                           .q1 = none,
                           .q3 = none,
                           .low = none,
                           .high = none,
                           .skew = none,
                           .kurtosis = none,
                           .robust_sd = none,
                           .wild_low = none,
                           .wild_high = none};
    if (kept == 0) return NORN_OK;
    norni_sort_doubles(x, kept);
    norni_sum sum = {0, 0};
    for (size_t i = 0; i < kept; i++)
        sum = norni_sum_add(sum, x[i] / (double)kept);
    out->mean = norni_sum_get(sum);
    out->median = norni_pane_quantile(x, kept, 0.5);
    out->least = x[0];
    out->most = x[kept - 1];
    out->q1 = norni_pane_quantile(x, kept, 0.25);
    out->q3 = norni_pane_quantile(x, kept, 0.75);
    out->low = out->q1 - 1.5 * (out->q3 - out->q1);
    out->high = out->q3 + 1.5 * (out->q3 - out->q1);
    for (size_t i = 0; i < kept; i++)
        far[i] = fabs(x[i] - out->median);
    norni_sort_doubles(far, kept);
    out->robust_sd = 1.4826 * norni_pane_quantile(far, kept, 0.5);
    if (!(out->robust_sd > 0)) out->robust_sd = (out->q3 - out->q1) / 1.349;
    put_moments(out, x, kept);
    put_counts(out, x, kept);
    return NORN_OK;
}

/* Pearson's correlation of x and y (n) over pairs that are known and have y in [low, high]; NaN where a
 * side is constant. */
static double correlation(const double *x, const double *y, size_t n, double low, double high) {
    double mx = 0, my = 0, ux = 0, uy = 0, xx = 0, yy = 0, xy = 0;
    size_t count = 0;
#define COUNTS(i) (isfinite(x[i]) && isfinite(y[i]) && y[i] >= low && y[i] <= high)
    for (size_t i = 0; i < n; i++) {
        if (!COUNTS(i)) continue;
        count++;
        mx += (x[i] - mx) / (double)count;
        my += (y[i] - my) / (double)count;
    }
    for (size_t i = 0; i < n; i++) {
        if (!COUNTS(i)) continue;
        ux = fabs(x[i] - mx) > ux ? fabs(x[i] - mx) : ux;
        uy = fabs(y[i] - my) > uy ? fabs(y[i] - my) : uy;
    }
    if (!(ux > 1e-12 * fabs(mx)) || !(uy > 1e-12 * fabs(my)) || !isfinite(ux) || !isfinite(uy))
        return NORNI_NAN;
    for (size_t i = 0; i < n; i++) {
        if (!COUNTS(i)) continue;
        const double a = (x[i] - mx) / ux, b = (y[i] - my) / uy;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
#undef COUNTS
    const double r = xy / sqrt(xx * yy);
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

static bool usable(const norni_analysis *a, size_t column) {
    const norni_wide_column *c = &a->task->table->column[column];
    return column != a->column && c->role != NORNI_ROLE_DROPPED && c->at != NULL;
}

/* One value only, or none; a column that was dropped may have no values any more. */
static bool is_constant(const norni_wide_column *c, size_t n) {
    const double *x = c->at;
    if (x == NULL) return c->why != NULL && strstr(c->why, "constant") != NULL;
    double first = NORNI_NAN;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i])) continue;
        if (isnan(first)) first = x[i];
        if (x[i] != first) return false;
    }
    return true;
}

static int by_inside(const void *arg, size_t a, size_t b) {
    const norni_company *c = arg;
    const double x = isnan(c[a].inside) ? -1 : fabs(c[a].inside),
                 y = isnan(c[b].inside) ? -1 : fabs(c[b].inside);
    return (x < y) - (x > y);
}

/* Correlations of all columns over the first n rows, by |inside|, with index (2 * n_columns) as scratch. */
static size_t rank_columns(const norni_analysis *a, size_t n, const norni_profile *p, bool statics,
                           norni_company *all, size_t *index) {
    const norni_wide *w = a->task->table;
    size_t m = 0;
    for (size_t j = 0; j < w->n_columns; j++) {
        if (!usable(a, j) || w->column[j].nominal) continue;
        if (statics && w->column[j].role != NORNI_ROLE_STATIC) continue;
        all[m++] = (norni_company){j, correlation(w->column[j].at, a->y, n, -NORNI_INF, NORNI_INF),
                                   correlation(w->column[j].at, a->y, n, p->low, p->high)};
    }
    for (size_t i = 0; i < m; i++)
        index[i] = i;
    norni_sort_index(index, m, by_inside, all, index + w->n_columns);
    return m;
}

/* The ten that go along best: statics, or any column where there are none. */
static norn_status find_company(norni_analysis *a, norni_company *all, size_t *index,
                                norn_err *err) {
    const norni_wide *w = a->task->table;
    for (size_t j = 0; j < w->n_columns; j++)
        a->company_static =
            a->company_static || (usable(a, j) && w->column[j].role == NORNI_ROLE_STATIC);
    const size_t m = rank_columns(a, a->n_rows, &a->profile, a->company_static, all, index);
    norni_company *out = norni_arena_get(a->arena, COMPANY_MOST, sizeof *out);
    if (out == NULL) return norni_alloc_fail(err, "analyse", COMPANY_MOST, sizeof *out);
    for (size_t i = 0; i < m && i < COMPANY_MOST; i++) {
        if (isnan(all[index[i]].inside)) break;
        out[a->n_company++] = all[index[i]];
    }
    a->company = out;
    return NORN_OK;
}

/* Names first, then those that go along best over the rows learned from; nothing later is looked at. */
static void choose_features(norni_analysis *a, norni_company *all, size_t *index) {
    const norni_wide *w = a->task->table;
    for (size_t j = 0; j < w->n_columns && a->n_features < FEATURES_MOST / 2; j++) {
        if (usable(a, j) && w->column[j].nominal) a->feature[a->n_features++] = j;
    }
    const size_t m = rank_columns(a, a->n_train, &a->learned, false, all, index);
    for (size_t i = 0; i < m && a->n_features < FEATURES_MOST; i++) {
        if (!isnan(all[index[i]].inside)) a->feature[a->n_features++] = all[index[i]].column;
    }
}

norn_status norni_analysis_profile(norni_analysis *a, norn_err *err) {
    const norni_wide *w = a->task->table;
    NORN_TRY(norni_profile_of(a->arena, a->y, a->n_rows, &a->profile, err));
    NORN_TRY(norni_profile_of(a->arena, a->y, a->n_train, &a->learned, err));
    size_t *constant = norni_arena_get(a->arena, w->n_columns, sizeof *constant),
           *index = norni_arena_get(a->arena, 2 * w->n_columns, sizeof *index);
    norni_company *all = norni_arena_get(a->arena, w->n_columns, sizeof *all);
    a->feature = norni_arena_get(a->arena, FEATURES_MOST, sizeof *a->feature);
    if (!constant || !index || !all || !a->feature)
        return norni_alloc_fail(err, "analyse", w->n_columns, sizeof *all);
    for (size_t j = 0; j < w->n_columns; j++) {
        if (j != a->column && is_constant(&w->column[j], a->n_rows)) constant[a->n_constant++] = j;
        if (norn_ctx_cancelled(a->ctx)) return norn_fail(err, NORN_E_CANCEL, "analyse: cancelled");
    }
    a->constant = constant;
    NORN_TRY(find_company(a, all, index, err));
    choose_features(a, all, index);
    return NORN_OK;
}
