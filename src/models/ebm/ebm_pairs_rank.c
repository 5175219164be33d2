/* FAST: how strongly every two features act together on what the main effects leave over. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source: Lou, Caruana, Gehrke, Hooker, "Accurate intelligible models with pairwise interactions", KDD
 * 2013. For two features the rows' gradient sums G and weights W are laid out on the grid of their bins;
 * every crossing (x, y) cuts the grid into four, and the strength is the best crossing's
 *
 *     (sum over the quadrants of G^2 / W - G_all^2 / W_all) / W_all,
 *
 * each quadrant holding min-samples-leaf rows at least. Prefix sums over the grid give each quadrant in
 * constant time. Pairs are chosen by the mean over bags of their rank, ties by their numbers.
 *
 * Departures from interpret 0.7.8: a pair that no bag finds any strength in is not chosen, however many
 * are wanted. */
#include <math.h>

#include "base/sort.h"
#include "models/ebm/ebm_pairs_grid.h"

typedef struct rank_cell {
    double g, w;
} rank_cell;

typedef struct rank_room {
    rank_cell *cell; /* (n0, n1) of the grid in hand */
    uint32_t *count; /* the same; NULL: weights count rows */
} rank_room;

/* Sums of the training rows in each cell. */
static void fill_cells(const norni_ebm_bag *bag, const norni_ebm_side *s0, const norni_ebm_side *s1,
                       rank_room *room) {
    const size_t stride = s1->n, cells = (size_t)s0->n * stride;
    memset(room->cell, 0, cells * sizeof *room->cell);
    if (room->count == NULL) {
        for (size_t i = 0; i < bag->n_train; i++) {
            rank_cell *c = &room->cell[s0->bin[i] * stride + s1->bin[i]];
            c->g += bag->residual[i];
            c->w += 1;
        }
        return;
    }
    memset(room->count, 0, cells * sizeof *room->count);
    for (size_t i = 0; i < bag->n_train; i++) {
        const size_t k = s0->bin[i] * stride + s1->bin[i];
        room->cell[k].g += bag->residual[i] * bag->weight[i];
        room->cell[k].w += bag->weight[i];
        room->count[k]++;
    }
}

/* Each cell becomes the sum over all cells up to it on both axes. */
static void sum_cells(size_t n0, size_t n1, rank_room *room) {
    for (size_t x = 0; x < n0; x++) {
        rank_cell run = {0, 0}, *c = room->cell + x * n1;
        uint32_t *k = room->count ? room->count + x * n1 : NULL, rows = 0;
        for (size_t y = 0; y < n1; y++) {
            run.g += c[y].g, run.w += c[y].w;
            c[y] = run;
            if (x) c[y].g += (c - n1)[y].g, c[y].w += (c - n1)[y].w;
            if (k) k[y] = rows += k[y];
            if (k && x) k[y] += (k - n1)[y];
        }
    }
}

/* The best crossing's strength; 0: there is none. */
static double best_crossing(const norni_ebm_opt *o, size_t n0, size_t n1, const rank_room *room) {
    const rank_cell *all = &room->cell[n0 * n1 - 1];
    const double rows_least = (double)o->min_samples_leaf,
                 least = o->min_hessian > DBL_MIN ? o->min_hessian : DBL_MIN;
    double best = 0;
    for (size_t x = 0; x + 1 < n0; x++) {
        const rank_cell *c = room->cell + x * n1, *r = &c[n1 - 1],
                        *bottom = room->cell + (n0 - 1) * n1;
        const uint32_t *k = room->count ? room->count + x * n1 : NULL,
                       *k_end = k ? room->count + (n0 - 1) * n1 : NULL;
        for (size_t y = 0; y + 1 < n1; y++) {
            const double w00 = c[y].w, w01 = r->w - w00, w10 = bottom[y].w - w00,
                         w11 = all->w - bottom[y].w - w01;
            if (w00 < least || w01 < least || w10 < least || w11 < least) continue;
            const double k00 = k ? k[y] : w00, k01 = k ? k[n1 - 1] - k00 : w01,
                         k10 = k ? k_end[y] - k00 : w10,
                         k11 = k ? k_end[n1 - 1] - k_end[y] - k01 : w11;
            if (k00 < rows_least || k01 < rows_least || k10 < rows_least || k11 < rows_least)
                continue;
            const double g00 = c[y].g, g01 = r->g - g00, g10 = bottom[y].g - g00,
                         g11 = all->g - bottom[y].g - g01;
            const double gain = norni_ebm_worth(o, g00, w00) + norni_ebm_worth(o, g01, w01) +
                                norni_ebm_worth(o, g10, w10) + norni_ebm_worth(o, g11, w11);
            best = gain > best ? gain : best;
        }
    }
    if (best <= 0) return 0;
    const double gain = (best - norni_ebm_worth(o, all->g, all->w)) / all->w;
    return gain > 0 && isfinite(gain) ? gain : 0;
}

/* Whether the two columns may be a pair at all. */
static bool may_pair(const norni_ebm_task *task, size_t i, size_t j) {
    if (task->monotone && (task->monotone[i] || task->monotone[j])) return false;
    return (size_t)task->pairs->column[i].n_bins * task->pairs->column[j].n_bins <=
           NORNI_EBM_CELLS_MOST;
}

static norn_status rank_all(norni_env *env, const norni_ebm_opt *opt, const norni_ebm_task *task,
                            const norni_ebm_bag *bag, const norni_ebm_side *side, rank_room *room,
                            double *strength, norn_err *err) {
    const size_t n = task->pairs->n_columns;
    for (size_t i = 0, k = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++, k++) {
            strength[k] = may_pair(task, i, j) ? 0 : -1;
            if (strength[k] < 0 || side[i].n < 2 || side[j].n < 2 || bag->n_train == 0) continue;
            fill_cells(bag, &side[i], &side[j], room);
            sum_cells(side[i].n, side[j].n, room);
            strength[k] = best_crossing(opt, side[i].n, side[j].n, room);
            if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "ebm: cancelled");
        }
    }
    return NORN_OK;
}

norn_status norni_ebm_pairs_rank(norni_env *env, const norni_ebm_opt *opt,
                                 const norni_ebm_task *task, const norni_ebm_bag *bag,
                                 double *strength, norn_err *err) {
    const size_t n = task->pairs->n_columns;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    norni_ebm_side *side = norni_arena_get(env->arena, n, sizeof *side);
    bool *wanted = norni_arena_get(env->arena, n, sizeof *wanted);
    rank_room room = {NULL, NULL};
    if (side == NULL || wanted == NULL) return norni_alloc_fail(err, "ebm", n, sizeof *side);
    size_t most = 1;
    for (size_t j = 0; j < n; j++) {
        wanted[j] = task->monotone == NULL || task->monotone[j] == 0;
        for (size_t i = 0; i < j; i++) {
            const size_t cells =
                (size_t)task->pairs->column[i].n_bins * task->pairs->column[j].n_bins;
            if (may_pair(task, i, j) && cells > most) most = cells;
        }
    }
    room.cell = norni_arena_get(env->arena, most, sizeof *room.cell);
    if (room.cell == NULL) return norni_alloc_fail(err, "ebm", most, sizeof *room.cell);
    if (bag->weight) {
        room.count = norni_arena_get(env->arena, most, sizeof *room.count);
        if (room.count == NULL) return norni_alloc_fail(err, "ebm", most, sizeof *room.count);
    }
    norn_status st = norni_ebm_sides(env, task, bag, wanted, side, err);
    if (st == NORN_OK) st = rank_all(env, opt, task, bag, side, &room, strength, err);
    norni_arena_rewind(env->arena, mark);
    return st;
}

/* Strongest first; equal ones from the last pair to the first, as interpret sorts. */
static int by_strength(const void *arg, size_t a, size_t b) {
    const double *s = arg;
    if (s[a] != s[b]) return s[a] > s[b] ? -1 : 1;
    return a > b ? -1 : a < b;
}

static int by_rank(const void *arg, size_t a, size_t b) {
    const double *r = arg;
    return r[a] < r[b] ? -1 : r[a] > r[b];
}

/* How many pairs are asked for. */
static size_t wanted_pairs(const norni_ebm_opt *opt, size_t n_columns, size_t most) {
    const double n =
        opt->interactions < 0 ? ceil(-opt->interactions * (double)n_columns) : opt->interactions;
    return n < (double)most ? (size_t)n : most;
}

/* mean (n): mean rank over the bags of each candidate; kept (n): that may be chosen. */
static void mean_ranks(const double *strength, size_t n_bags, size_t n, double *mean, size_t *index,
                       size_t *scratch) {
    memset(mean, 0, n * sizeof *mean);
    for (size_t b = 0; b < n_bags; b++) {
        const double *s = strength + b * n;
        for (size_t k = 0; k < n; k++)
            index[k] = k;
        norni_sort_index(index, n, by_strength, s, scratch);
        for (size_t r = 0; r < n; r++)
            mean[index[r]] += ((double)r - mean[index[r]]) / (double)(b + 1);
    }
}

norn_status norni_ebm_pairs_choose(norni_env *env, const norni_ebm_opt *opt,
                                   const norni_ebm_task *task, const double *strength,
                                   size_t n_bags, uint32_t (**pair)[2], size_t *n_pairs,
                                   norn_err *err) {
    const size_t f = task->pairs->n_columns, n = f < 2 ? 0 : f * (f - 1) / 2;
    double *mean = norni_arena_get(env->arena, n, sizeof *mean);
    size_t *index = norni_arena_get(env->arena, n, sizeof *index),
           *scratch = norni_arena_get(env->arena, n, sizeof *scratch);
    if (mean == NULL || index == NULL || scratch == NULL)
        return norni_alloc_fail(err, "ebm", n, sizeof *mean);
    mean_ranks(strength, n_bags, n, mean, index, scratch);
    size_t able = 0;
    for (size_t k = 0; k < n; k++) {
        bool any = false;
        for (size_t b = 0; b < n_bags; b++)
            any = any || strength[b * n + k] > 0;
        if (any) index[able++] = k;
    }
    norni_sort_index(index, able, by_rank, mean, scratch);
    *n_pairs = wanted_pairs(opt, f, able);
    *pair = norni_arena_get(env->arena, *n_pairs, sizeof **pair);
    if (*pair == NULL) return norni_alloc_fail(err, "ebm", *n_pairs, sizeof **pair);
    for (size_t p = 0; p < *n_pairs; p++) {
        size_t i = 0, k = index[p];
        while (k >= f - 1 - i)
            k -= f - 1 - i, i++;
        (*pair)[p][0] = (uint32_t)i;
        (*pair)[p][1] = (uint32_t)(i + 1 + k);
    }
    return NORN_OK;
}
