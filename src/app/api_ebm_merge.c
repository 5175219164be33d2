/* The library's door to explainable boosting machines: one model of several. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts are united, so that every model's step functions stay exactly what they were; bags stand side by
 * side; scores are their means, deviations those of the population. The weight of a bin that cuts of
 * another model part is shared out equally: where its rows lay is not known any more. */
#include <math.h>

#include "app/ebm_handle.h"
#include "base/fp.h"

typedef struct merging {
    const norn_ebm *const *models; /* (n) */
    size_t n, n_columns, n_bags;
    norni_arena *arena; /* of the new model */
    norni_ebm *out;
    uint32_t **map[2]; /* (n_columns, n): old bin of each new one; by level */
} merging;

static norn_status no_memory(norn_err *err, size_t n, size_t size) {
    return norni_alloc_fail(err, "ebm", n, size);
}

static const norni_bin_column *level_of(const norni_ebm *m, int level) {
    return level ? m->pairs : m->mains;
}

static norn_status check_models(const merging *g, norn_err *err) {
    const norn_ebm *a = g->models[0];
    for (size_t k = 1; k < g->n; k++) {
        const norn_ebm *b = g->models[k];
        if (b->m.n_columns != a->m.n_columns)
            return norn_fail(err, NORN_E_ARG, "ebm: model %zu has %zu features, model 0 has %zu", k,
                             b->m.n_columns, a->m.n_columns);
        for (size_t j = 0; j < a->m.n_columns; j++)
            if (strcmp(a->name[j], b->name[j]) != 0 || a->nominal[j] != b->nominal[j])
                return norn_fail(err, NORN_E_ARG,
                                 "ebm: feature %zu of model %zu is '%s', not '%s' of the same type",
                                 j, k, b->name[j], a->name[j]);
    }
    return NORN_OK;
}

/* ---- bins ---- */

static norn_status unite_cuts(const merging *g, int level, size_t j, norni_bin_column *out,
                              norn_err *err) {
    size_t room = 0, n = 0;
    for (size_t k = 0; k < g->n; k++) {
        const norni_bin_column *c = level_of(&g->models[k]->m, level);
        if (c == NULL) continue;
        room += c[j].n_cuts;
        if (c[j].n_bins > out->n_bins) out->n_bins = c[j].n_bins; /* nominal */
        if (!(out->least <= c[j].least) && !isnan(c[j].least)) out->least = c[j].least;
        if (!(out->most >= c[j].most) && !isnan(c[j].most)) out->most = c[j].most;
    }
    if (out->kind == NORNI_FEATURE_NOMINAL) return NORN_OK;
    double *cut = norni_arena_get(g->arena, room, sizeof *cut);
    size_t *at = norni_arena_zero(g->arena, g->n, sizeof *at);
    if (cut == NULL || at == NULL) return no_memory(err, room, sizeof *cut);
    for (;;) { /* the least cut that is left in any model */
        double least = NORNI_INF;
        for (size_t k = 0; k < g->n; k++) {
            const norni_bin_column *c = level_of(&g->models[k]->m, level);
            if (c && at[k] < c[j].n_cuts && c[j].cut[at[k]] < least) least = c[j].cut[at[k]];
        }
        if (!isfinite(least)) break;
        for (size_t k = 0; k < g->n; k++) {
            const norni_bin_column *c = level_of(&g->models[k]->m, level);
            if (c && at[k] < c[j].n_cuts && c[j].cut[at[k]] <= least) at[k]++;
        }
        cut[n++] = least;
    }
    if (n > NORNI_BINS_MOST - 3)
        return norn_fail(err, NORN_E_LIMIT, "ebm: feature %zu has %zu cuts united, %d at most", j,
                         n, NORNI_BINS_MOST - 3);
    out->cut = cut;
    out->n_cuts = (uint32_t)n;
    out->n_bins = (uint32_t)n + 3;
    return NORN_OK;
}

/* The old bin that each new one lies in. */
static void map_bins(const norni_bin_column *from, const norni_bin_column *to, uint32_t *map) {
    uint32_t old = 1;
    for (uint32_t b = 1; b + 1 < to->n_bins; b++) {
        if (to->kind == NORNI_FEATURE_NOMINAL) {
            map[b] = b + 1 < from->n_bins ? b : from->n_bins - 1;
            continue;
        }
        while (b > 1 && old <= from->n_cuts && from->cut[old - 1] <= to->cut[b - 2])
            old++;
        map[b] = old;
    }
    map[0] = 0;
    map[to->n_bins - 1] = from->n_bins - 1;
}

static norn_status unite_level(merging *g, int level, norn_err *err) {
    norni_bin_column *c = norni_arena_zero(g->arena, g->n_columns, sizeof *c);
    g->map[level] = norni_arena_zero(g->arena, g->n_columns * g->n, sizeof *g->map[level]);
    if (c == NULL || g->map[level] == NULL) return no_memory(err, g->n_columns, sizeof *c);
    for (size_t j = 0; j < g->n_columns; j++) {
        c[j] = (norni_bin_column){.kind = g->models[0]->m.mains[j].kind,
                                  .n_bins = 3,
                                  .least = (double)NAN,
                                  .most = (double)NAN};
        NORN_TRY(unite_cuts(g, level, j, &c[j], err));
        for (size_t k = 0; k < g->n; k++) {
            const norni_bin_column *from = level_of(&g->models[k]->m, level);
            uint32_t *map = norni_arena_get(g->arena, c[j].n_bins, sizeof *map);
            if (map == NULL) return no_memory(err, c[j].n_bins, sizeof *map);
            if (from) map_bins(&from[j], &c[j], map);
            g->map[level][j * g->n + k] = map;
        }
    }
    if (level)
        g->out->pairs = c;
    else
        g->out->mains = c;
    return NORN_OK;
}

/* ---- terms ---- */

/* The number of the model's term of these columns, or n_terms. */
static size_t find_term(const norni_ebm *m, const norni_ebm_term *like) {
    size_t t = 0;
    for (; t < m->n_terms; t++) {
        const norni_ebm_term *a = &m->term[t];
        if (a->n_axes == like->n_axes && a->column[0] == like->column[0] &&
            (a->n_axes == 1 || a->column[1] == like->column[1]))
            break;
    }
    return t;
}

/* Adds model k's tables to the new term t; bags from `first` on. */
static norn_status add_term(const merging *g, size_t k, size_t first, norni_ebm_term *t,
                            norn_err *err) {
    const norni_ebm *m = &g->models[k]->m;
    const size_t at = find_term(m, t), cells = norni_ebm_cells(t);
    if (at == m->n_terms) return NORN_OK;
    const norni_ebm_term *from = &m->term[at];
    const size_t old_cells = norni_ebm_cells(from);
    uint32_t *parts = norni_arena_zero(g->arena, old_cells, sizeof *parts);
    size_t *old = norni_arena_get(g->arena, cells, sizeof *old);
    if (parts == NULL || old == NULL) return no_memory(err, cells, sizeof *old);
    const int level = t->n_axes == 2;
    const uint32_t *a = g->map[level][t->column[0] * g->n + k],
                   *b = level ? g->map[level][t->column[1] * g->n + k] : NULL;
    for (size_t x = 0; x < t->n_bins[0]; x++)
        for (size_t y = 0; y < t->n_bins[1]; y++) {
            const size_t o = (size_t)a[x] * from->n_bins[1] + (b ? b[y] : 0);
            old[x * t->n_bins[1] + y] = o;
            parts[o]++;
        }
    for (size_t i = 0; i < cells; i++) {
        t->weight[i] += from->weight[old[i]] / parts[old[i]];
        for (size_t bag = 0; bag < m->n_bags; bag++)
            t->bagged[(first + bag) * cells + i] = from->bagged[bag * old_cells + old[i]];
    }
    return NORN_OK;
}

/* Means and deviations over all bags, and the importance. */
static void fold_term(const merging *g, norni_ebm_term *t) {
    const size_t cells = norni_ebm_cells(t);
    const double n = (double)g->n_bags;
    for (size_t i = 0; i < cells; i++) {
        double mean = 0, square = 0;
        for (size_t b = 0; b < g->n_bags; b++)
            mean += t->bagged[b * cells + i] / n;
        for (size_t b = 0; b < g->n_bags; b++) {
            const double d = t->bagged[b * cells + i] - mean;
            square += d * d / n;
        }
        t->score[i] = mean;
        t->sd[i] = sqrt(square);
    }
    t->importance = norni_ebm_importance(t);
}

static norn_status unite_term(merging *g, const norni_ebm_term *like, norni_ebm_term *t,
                              norn_err *err) {
    *t = (norni_ebm_term){
        .n_axes = like->n_axes, .column = {like->column[0], like->column[1]}, .n_bins = {1, 1}};
    for (uint32_t a = 0; a < t->n_axes; a++)
        t->n_bins[a] = (t->n_axes == 1 ? g->out->mains : g->out->pairs)[t->column[a]].n_bins;
    const size_t cells = norni_ebm_cells(t);
    size_t all;
    if (!norni_mul_size(cells, g->n_bags, &all)) return no_memory(err, cells, g->n_bags);
    t->score = norni_arena_zero(g->arena, cells, sizeof *t->score);
    t->sd = norni_arena_zero(g->arena, cells, sizeof *t->sd);
    t->weight = norni_arena_zero(g->arena, cells, sizeof *t->weight);
    t->bagged = norni_arena_zero(g->arena, all, sizeof *t->bagged);
    if (t->score == NULL || t->sd == NULL || t->weight == NULL || t->bagged == NULL)
        return no_memory(err, all, sizeof *t->bagged);
    for (size_t k = 0, first = 0; k < g->n; first += g->models[k++]->m.n_bags)
        NORN_TRY(add_term(g, k, first, t, err));
    fold_term(g, t);
    return NORN_OK;
}

/* Terms of one feature by its number, then pairs as the models have them. */
static norn_status unite_terms(merging *g, norn_err *err) {
    norni_ebm *out = g->out;
    size_t most = g->n_columns;
    for (size_t k = 0; k < g->n; k++)
        most += g->models[k]->m.n_terms;
    out->term = norni_arena_get(g->arena, most, sizeof *out->term);
    if (out->term == NULL) return no_memory(err, most, sizeof *out->term);
    for (size_t j = 0; j < g->n_columns; j++) {
        const norni_ebm_term like = {.n_axes = 1, .column = {(uint32_t)j, 0}};
        bool any = false;
        for (size_t k = 0; k < g->n; k++)
            any = any || find_term(&g->models[k]->m, &like) < g->models[k]->m.n_terms;
        if (any) NORN_TRY(unite_term(g, &like, &out->term[out->n_terms++], err));
    }
    for (size_t k = 0; k < g->n; k++) {
        const norni_ebm *m = &g->models[k]->m;
        for (size_t t = 0; t < m->n_terms; t++)
            if (m->term[t].n_axes == 2 && find_term(out, &m->term[t]) == out->n_terms) {
                NORN_TRY(unite_term(g, &m->term[t], &out->term[out->n_terms], err));
                out->n_terms++;
            }
    }
    return NORN_OK;
}

static norn_status merge_into(merging *g, norn_err *err) {
    norni_ebm *out = g->out;
    bool pairs = false;
    for (size_t k = 0; k < g->n; k++) {
        g->n_bags += g->models[k]->m.n_bags;
        out->n_rows += g->models[k]->m.n_rows;
        pairs = pairs || g->models[k]->m.pairs != NULL;
    }
    out->n_columns = g->n_columns;
    out->n_bags = g->n_bags;
    out->bagged_intercept = norni_arena_get(g->arena, g->n_bags, sizeof *out->bagged_intercept);
    out->best_iteration = norni_arena_get(g->arena, 2 * g->n_bags, sizeof *out->best_iteration);
    if (out->bagged_intercept == NULL || out->best_iteration == NULL)
        return no_memory(err, g->n_bags, sizeof *out->bagged_intercept);
    for (size_t k = 0, at = 0; k < g->n; at += g->models[k++]->m.n_bags) {
        const norni_ebm *m = &g->models[k]->m;
        for (size_t b = 0; b < m->n_bags; b++) {
            out->bagged_intercept[at + b] = m->bagged_intercept[b];
            out->intercept += m->bagged_intercept[b] / (double)g->n_bags;
            out->best_iteration[at + b] = m->best_iteration[b];
            out->best_iteration[g->n_bags + at + b] = m->best_iteration[m->n_bags + b];
        }
    }
    NORN_TRY(unite_level(g, 0, err));
    if (pairs) NORN_TRY(unite_level(g, 1, err));
    return unite_terms(g, err);
}

norn_status norn_ebm_merge(const norn_ebm *const *models, size_t n, norn_ebm **out, norn_err *err) {
    norni_arena arena;
    norni_ebm m = {0};
    *out = NULL;
    if (n == 0 || models == NULL || models[0] == NULL)
        return norn_fail(err, NORN_E_ARG, "ebm: no models to merge");
    norni_arena_init(&arena, &models[0]->alloc);
    merging g = {models, n, models[0]->m.n_columns, 0, &arena, &m, {NULL, NULL}};
    norn_status st = check_models(&g, err);
    if (st == NORN_OK) st = merge_into(&g, err);
    if (st == NORN_OK)
        st = norni_ebm_handle_new(&models[0]->alloc, &m, (const char *const *)models[0]->name, out,
                                  err);
    norni_arena_clear(&arena);
    return st;
}
