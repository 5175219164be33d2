/* A term of an explanation as it is drawn: only the bins of values, thinned, with their edges. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_shape.h"

#include <math.h>

#include "base/sort.h"

norni_str norni_axis_name(const norni_term_axis *a, size_t k, char room[24]) {
    if (a->category != NULL) return a->category[k];
    return (norni_str){room, norni_format(room, 24, "%zu", k)};
}

/* Bins of values behind the one for missing. */
static size_t value_bins(const norni_term_axis *a) {
    return a->n_bins > 2 ? a->n_bins - 2 : 0;
}

/* Edges of m groups of n bins: group k holds bins [k n / m, (k + 1) n / m). */
static norn_status axis_sight(norni_arena *arena, const norni_term_axis *a, size_t m,
                              norni_sight_axis *out, norn_err *err) {
    const size_t n = value_bins(a);
    *out = (norni_sight_axis){.label = a->name, .n = m};
    if (norni_axis_is_nominal(a)) {
        norni_str *name = norni_arena_get(arena, m, sizeof *name);
        if (name == NULL) return norni_alloc_fail(err, "explanations", m, sizeof *name);
        for (size_t k = 0; k < m; k++) {
            char room[24];
            const norni_str one = norni_axis_name(a, k * n / m, room);
            name[k] = (norni_str){norni_arena_text(arena, one.p, one.n), one.n};
            if (name[k].p == NULL) return norni_alloc_fail(err, "explanations", one.n, 1);
        }
        out->name = name;
        return NORN_OK;
    }
    double *edge = norni_arena_get(arena, m + 1, sizeof *edge);
    if (edge == NULL) return norni_alloc_fail(err, "explanations", m + 1, sizeof *edge);
    for (size_t k = 0; k <= m; k++) {
        const size_t i = k * n / m;
        edge[k] = i == 0 ? a->least : i > a->n_cuts ? a->most : a->cut[i - 1];
    }
    if (m > 1 && edge[0] > edge[1]) edge[0] = edge[1];
    if (m > 1 && edge[m] < edge[m - 1]) edge[m] = edge[m - 1];
    out->edge = edge;
    return NORN_OK;
}

/* Means of `v` over groups of bins, weighted; w NULL: all alike. Sums when `sum`. */
static double *grouped(norni_arena *arena, const double *v, const double *w, size_t n, size_t m,
                       bool sum) {
    double *out = norni_arena_get(arena, m, sizeof *out);
    for (size_t k = 0; k < m && out != NULL; k++) {
        double total = 0, weight = 0, plain = 0;
        const size_t from = k * n / m, to = (k + 1) * n / m;
        for (size_t i = from; i < to; i++) {
            const double one = w != NULL ? w[i] : 1;
            total += one * v[i];
            weight += one;
            plain += v[i];
        }
        out[k] = sum ? plain : weight > 0 ? total / weight : plain / (double)(to - from);
    }
    return out;
}

static norn_status line_sight(norni_arena *arena, const norni_term *t, norni_term_sight *out,
                              norn_err *err) {
    const norni_term_axis *a = &t->axis[0];
    double *at = norni_arena_get(arena, 4, sizeof *at);
    if (at == NULL) return norni_alloc_fail(err, "explanations", 4, sizeof *at);
    at[0] = a->least;
    at[1] = a->most;
    at[2] = t->score[0] * (a->least - t->score[1]);
    at[3] = t->score[0] * (a->most - t->score[1]);
    out->kind = NORNI_SIGHT_LINE;
    out->x = (norni_sight_axis){.label = a->name, .n = 1, .edge = at};
    out->shape = (norni_shape){.n = 2, .edge = at, .score = at + 2};
    return NORN_OK;
}

static norn_status main_sight(norni_arena *arena, const norni_term *t, size_t most,
                              norni_term_sight *out, norn_err *err) {
    const norni_term_axis *a = &t->axis[0];
    const size_t n = value_bins(a), m = n < most ? n : most;
    if (n == 0 || (!norni_axis_is_nominal(a) && (!isfinite(a->least) || !isfinite(a->most))))
        return NORN_OK;
    NORN_TRY(axis_sight(arena, a, m, &out->x, err));
    const double *w = t->weight != NULL ? t->weight + 1 : NULL;
    double *score = grouped(arena, t->score + 1, w, n, m, false), *sd = NULL, *weight = NULL;
    if (t->sd != NULL) sd = grouped(arena, t->sd + 1, w, n, m, false);
    if (w != NULL) weight = grouped(arena, w, NULL, n, m, true);
    if (!score || (t->sd != NULL && !sd) || (w != NULL && !weight))
        return norni_alloc_fail(err, "explanations", m, sizeof *score);
    out->kind = norni_axis_is_nominal(a) ? NORNI_SIGHT_NAMES : NORNI_SIGHT_STEPS;
    out->shape = (norni_shape){m, out->x.edge, out->x.name, score, sd, weight};
    out->any_missing = t->weight != NULL && t->weight[0] > 0;
    out->missing = t->score[0];
    return NORN_OK;
}

static norn_status pair_sight(norni_arena *arena, const norni_term *t, size_t most,
                              norni_term_sight *out, norn_err *err) {
    const size_t n[2] = {value_bins(&t->axis[0]), value_bins(&t->axis[1])};
    const size_t m[2] = {n[0] < most ? n[0] : most, n[1] < most ? n[1] : most};
    if (n[0] == 0 || n[1] == 0) return NORN_OK;
    NORN_TRY(axis_sight(arena, &t->axis[0], m[0], &out->x, err));
    NORN_TRY(axis_sight(arena, &t->axis[1], m[1], &out->y, err));
    double *value = norni_arena_get(arena, m[0] * m[1], sizeof *value);
    if (value == NULL) return norni_alloc_fail(err, "explanations", m[0] * m[1], sizeof *value);
    for (size_t i = 0; i < m[0]; i++) {
        for (size_t k = 0; k < m[1]; k++)
            value[i * m[1] + k] =
                t->score[(1 + i * n[0] / m[0]) * t->axis[1].n_bins + 1 + k * n[1] / m[1]];
    }
    out->kind = NORNI_SIGHT_PAIR;
    out->value = value;
    return NORN_OK;
}

norn_status norni_term_sight_of(norni_arena *arena, const norni_term *t, size_t most,
                                norni_term_sight *out, norn_err *err) {
    *out = (norni_term_sight){.kind = NORNI_SIGHT_NONE};
    if (t->score == NULL || t->n_axes == 0) return NORN_OK;
    if (t->n_axes == 2)
        return t->axis[0].linear || t->axis[1].linear ? NORN_OK
                                                      : pair_sight(arena, t, most, out, err);
    if (t->axis[0].linear) return line_sight(arena, t, out, err);
    return main_sight(arena, t, most, out, err);
}

static void set_axis(norni_pane_axis *to, const norni_sight_axis *from) {
    to->label = from->label;
    if (from->name == NULL) return;
    to->scale = NORNI_SCALE_NAMES;
    to->name = from->name;
    to->n_names = from->n;
}

norn_status norni_term_sight_draw(norni_arena *arena, const norni_term_sight *s, norni_pane *pane,
                                  norn_err *err) {
    switch (s->kind) {
        case NORNI_SIGHT_NONE: return NORN_OK;
        case NORNI_SIGHT_LINE:
            pane->x.label = s->x.label;
            pane->x.tight = pane->zero = true;
            return norni_pane_line(arena, pane, s->shape.edge, s->shape.score, 2, err);
        case NORNI_SIGHT_STEPS:
        case NORNI_SIGHT_NAMES:
            pane->x.label = s->x.label;
            return norni_pane_shape(arena, pane, &s->shape, err);
        case NORNI_SIGHT_PAIR:
            /* the first axis upwards, the second to the right */
            set_axis(&pane->y, &s->x);
            set_axis(&pane->x, &s->y);
            return norni_pane_heat(arena, pane, s->value, s->x.n, s->y.n, s->y.edge, s->x.edge,
                                   err);
    }
    return NORN_OK;
}

static int by_importance(const void *arg, size_t a, size_t b) {
    const norni_term *t = arg;
    const double x = isnan(t[a].importance) ? -1 : t[a].importance,
                 y = isnan(t[b].importance) ? -1 : t[b].importance;
    return (x < y) - (x > y);
}

norn_status norni_terms_order(norni_arena *arena, const norni_explanation *why, size_t **out,
                              norn_err *err) {
    const size_t n = why->n_terms;
    size_t *index = norni_arena_get(arena, 2 * n, sizeof *index);
    if (index == NULL) return norni_alloc_fail(err, "explanations", 2 * n, sizeof *index);
    for (size_t i = 0; i < n; i++)
        index[i] = i;
    norni_sort_index(index, n, by_importance, why->term, index + n);
    *out = index;
    return NORN_OK;
}
