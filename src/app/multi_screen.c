/* Which features a part is given when there are very many: the most telling of its training rows. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sure independence screening (Fan and Lv, JRSS B 70, 2008) on what a target's last value leaves
 * unexplained: r = y[t+h] - a - b y[t] by least squares, at the first, the middle and the last step; a
 * feature's mark is the mean over these of its squared correlation with r. The target's own lags,
 * calendar, what is known ahead and words need no mark: they are taken first, the newest lags before
 * the older. Only rows of the training set are looked at. */
#include "app/multi_screen.h"

#include <math.h>

#include "base/fp.h"
#include "base/sort.h"

enum { STEPS = 3, OWN_LAGS = 14 };

/* (n) what is left of y[t + step] at origin t; NaN where there is nothing. */
static void residual(const norni_multi_table *t, size_t target, size_t n, size_t step, double *r) {
    const double *y = t->y[target];
    double sx = 0, sy = 0, sxx = 0, sxy = 0, count = 0;
    for (size_t i = t->x.first; i + step < n; i++) {
        if (isnan(y[i]) || isnan(y[i + step])) continue;
        sx += y[i];
        sy += y[i + step];
        count++;
    }
    const double mx = count > 0 ? sx / count : 0, my = count > 0 ? sy / count : 0;
    for (size_t i = t->x.first; i + step < n; i++) {
        if (isnan(y[i]) || isnan(y[i + step])) continue;
        sxx += (y[i] - mx) * (y[i] - mx);
        sxy += (y[i] - mx) * (y[i + step] - my);
    }
    const double slope = sxx > 0 && isfinite(sxx) && isfinite(sxy) ? sxy / sxx : 0;
    for (size_t i = 0; i < n; i++) {
        const bool there = i >= t->x.first && i + step < n && !isnan(y[i + step]);
        r[i] = !there ? NORNI_NAN : y[i + step] - my - (isnan(y[i]) ? 0 : slope * (y[i] - mx));
    }
}

/* Squared correlation of a feature with r over the rows where both are known. */
static double mark_of(const norni_feature_column *c, size_t first, size_t n, size_t step,
                      const double *r) {
    const double *x = c->at + (c->shifted ? step : 0);
    double sx = 0, sr = 0, count = 0, sxx = 0, srr = 0, sxr = 0;
    for (size_t i = first; i < n; i++) {
        if (isnan(r[i]) || isnan(x[i])) continue;
        sx += x[i];
        sr += r[i];
        count++;
    }
    if (count < 3) return 0;
    const double mx = sx / count, mr = sr / count;
    for (size_t i = first; i < n; i++) {
        if (isnan(r[i]) || isnan(x[i])) continue;
        sxx += (x[i] - mx) * (x[i] - mx);
        srr += (r[i] - mr) * (r[i] - mr);
        sxr += (x[i] - mx) * (r[i] - mr);
    }
    const double mark = sxx > 0 && srr > 0 ? sxr / sxx * (sxr / srr) : 0;
    return isfinite(mark) ? mark : 0;
}

/* Taken whatever its mark; the greater the earlier. 0: by its mark. */
static double rank_of(const norni_multi_table *t, size_t target, const norni_feature_column *c) {
    const bool own = c->source < t->wide.n_columns &&
                     t->wide.column[c->source].role == NORNI_ROLE_TARGET &&
                     norni_str_cmp(t->wide.column[c->source].name, t->target[target]) == 0;
    if (c->origin == NORNI_ORIGIN_CALENDAR || c->origin == NORNI_ORIGIN_KNOWN) return 3;
    if (c->kind == NORNI_FEATURE_NOMINAL) return 2;
    if (!own) return 0;
    if (c->origin == NORNI_ORIGIN_ROLL || c->shifted) return 4;
    return c->lag < OWN_LAGS ? 5 - (double)c->lag / (double)OWN_LAGS : 0;
}

typedef struct marks {
    const double *rank, *mark;
} marks;

static int better(const void *arg, size_t a, size_t b) {
    const marks *m = arg;
    if (m->rank[a] != m->rank[b]) return m->rank[a] > m->rank[b] ? -1 : 1;
    if (m->mark[a] != m->mark[b]) return m->mark[a] > m->mark[b] ? -1 : 1;
    return 0;
}

static int by_number(const void *arg, size_t a, size_t b) {
    (void)arg;
    return a < b ? -1 : a > b;
}

static norn_status take_marks(norni_worker *w, const norni_multi_table *t, size_t target, size_t n,
                              double *rank, double *mark, norn_err *err) {
    const size_t h = t->x.horizon, steps[STEPS] = {1, (h + 1) / 2, h};
    const norni_poll poll = norni_ctx_poll(w->ctx);
    double *r = norni_arena_get(&w->arena, n, STEPS * sizeof *r);
    if (r == NULL) return norni_alloc_fail(err, "multi", n, STEPS * sizeof *r);
    for (size_t s = 0; s < STEPS; s++)
        residual(t, target, n, steps[s], r + s * n);
    for (size_t j = 0; j < t->x.n; j++) {
        if (norni_poll_stop(&poll)) return norn_fail(err, NORN_E_CANCEL, "multi: cancelled");
        rank[j] = rank_of(t, target, &t->x.col[j]);
        mark[j] = 0;
        for (size_t s = 0; s < STEPS; s++)
            mark[j] += mark_of(&t->x.col[j], t->x.first, n, steps[s], r + s * n);
    }
    return NORN_OK;
}

norn_status norni_multi_screen(norni_worker *w, const norni_multi_table *t, size_t target, size_t n,
                               size_t n_out, size_t *feature, norn_err *err) {
    const norni_arena_mark start = norni_arena_mark_get(&w->arena);
    const size_t n_all = t->x.n;
    double *rank = norni_arena_get(&w->arena, n_all, sizeof *rank),
           *mark = norni_arena_get(&w->arena, n_all, sizeof *mark);
    size_t *order = norni_arena_get(&w->arena, n_all, 2 * sizeof *order);
    if (!rank || !mark || !order) return norni_alloc_fail(err, "multi", n_all, 32);
    NORN_TRY(take_marks(w, t, target, n, rank, mark, err));
    for (size_t j = 0; j < n_all; j++)
        order[j] = j;
    norni_sort_index(order, n_all, better, &(marks){rank, mark}, order + n_all);
    memcpy(feature, order, n_out * sizeof *feature);
    norni_sort_index(feature, n_out, by_number, NULL, order);
    norni_arena_rewind(&w->arena, start);
    return NORN_OK;
}

norn_status norni_multi_screen_join(const norni_multi_choice *choice, size_t n, size_t n_features,
                                    norni_arena *arena, norni_multi_choice *out, norn_err *err) {
    bool *has = norni_arena_zero(arena, n_features, sizeof *has);
    size_t *feature = norni_arena_get(arena, n_features, sizeof *feature);
    if (!has || !feature) return norni_alloc_fail(err, "multi", n_features, sizeof *feature);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < choice[i].n; k++)
            has[choice[i].feature[k]] = true;
    }
    *out = (norni_multi_choice){0, feature};
    for (size_t j = 0; j < n_features; j++) {
        if (has[j]) feature[out->n++] = j;
    }
    return NORN_OK;
}
