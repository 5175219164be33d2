/* Boosting of pairs: trees of three leaves over two features, the mains frozen in the residuals. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Source: Lou, Caruana, Gehrke, Hooker, KDD 2013; interpret 0.7.8's second stage. A step of a pair is the
 * best tree of three leaves (models/ebm/ebm_pairs_search.c), or, while smoothing, one random cut on each
 * axis with all four parts as leaves, however small. A leaf's value is -learning_rate G / W. Where no
 * tree is legal or none gains, the step is one leaf for all rows.
 *
 * Every step is a cross: four values around the cuts (x, y). The steps since the best model wait in a
 * list; when a better model is marked they go into its table as jumps (four additions each), and what
 * still waits at the end is dropped. Summing the jumps gives the tables.
 *
 * Departures from interpret: smoothing cuts each axis once, whatever max-leaves says. */
#include <math.h>

#include "base/grow.h"
#include "models/ebm/ebm_pairs_lanes.h"
#include "models/ebm/ebm_pairs_plane.h"

enum { ROWS_BETWEEN_POLLS = 16384 };

typedef struct pair_term {
    norni_ebm_side side[2];
    norni_ebm_plane plane;
    norni_ebm_cross pending;
    double *jump; /* (n[0], n[1]) of the best model */
} pair_term;

typedef struct waiting_step {
    size_t term;
    norni_ebm_cross cross;
} waiting_step;

typedef struct pair_plan {
    norni_arena *arena;
    const norni_ebm_opt *opt;
    const norni_ebm_lanes *lanes;
    norni_ebm_bag *bag;
    pair_term *term; /* (n) */
    size_t n;
    norni_ebm_search_room room;
    waiting_step *step; /* (n_step) since the best model */
    size_t n_step, room_step;
    double judged_weight; /* of the rows that the metric is over */
    bool no_memory;
} pair_plan;

/* One leaf for all rows. */
static void take_one_leaf(pair_plan *p, pair_term *t, double g, double w) {
    const double v = p->opt->learning_rate * norni_ebm_step(p->opt, g, w);
    t->pending = (norni_ebm_cross){UINT16_MAX, UINT16_MAX, {v, v, v, v}};
}

/* One leaf where no tree may be: a single row or column of bins, or a feature that must be monotone. Sums of
 * the rows themselves. */
static void take_rows(pair_plan *p, pair_term *t) {
    const norni_ebm_bag *bag = p->bag;
    double g = 0, w = 0;
    for (size_t i = 0; i < bag->n_train; i++) {
        const double own = bag->weight ? bag->weight[i] : 1;
        g += bag->residual[i] * own;
        w += own;
    }
    take_one_leaf(p, t, g, w);
}

static void take_random(pair_plan *p, pair_term *t, uint64_t draw) {
    norni_ebm_cross *c = &t->pending;
    c->x = (uint32_t)(((draw >> 32) * (t->plane.n[0] - 1)) >> 32);
    c->y = (uint32_t)(((draw & UINT32_MAX) * (t->plane.n[1] - 1)) >> 32);
    double g[4];
    p->lanes->parts(c, t->side[0].bin, t->side[1].bin, p->bag->residual, p->bag->weight,
                    p->bag->n_train, g);
    const norni_ebm_parts parts = norni_ebm_plane_parts(&t->plane, NULL, c->x, c->y);
    for (int k = 0; k < 4; k++)
        c->value[k] = parts.rows[k] > 0
                          ? p->opt->learning_rate * norni_ebm_step(p->opt, g[k], parts.w[k])
                          : 0;
}

/* The parts whose leaf each of a cross' four values is of, for each shape. */
static const uint8_t leaf_of[4][4] = {
    {0, 7, 2, 7}, /* axis 1's high side is one leaf */
    {6, 1, 6, 3},
    {0, 1, 5, 5},
    {4, 4, 2, 3},
};

static norni_ebm_update search_pair(void *plan, size_t term, bool smooth, uint64_t draw) {
    pair_plan *p = plan;
    pair_term *t = &p->term[term];
    const norni_ebm_update none = {0, false};
    if (t->plane.stride == 0) return take_rows(p, t), none;
    if (smooth) {
        take_random(p, t, draw);
        return (norni_ebm_update){0, true};
    }
    norni_ebm_plane_sums(&t->plane, p->bag, t->side, &p->room);
    const norni_ebm_tree tree = norni_ebm_plane_search(p->opt, &t->plane, &p->room);
    const norni_ebm_parts c = norni_ebm_plane_parts(&t->plane, p->room.sum, tree.x, tree.y);
    const double g_all = p->room.sum[(t->plane.n[0] - 1) * t->plane.stride + t->plane.n[1] - 1],
                 w_all = c.w[4] + c.w[5];
    const double gain = tree.worth - norni_ebm_worth(p->opt, g_all, w_all);
    if (!(gain >= DBL_MIN)) return take_one_leaf(p, t, g_all, w_all), none;
    t->pending.x = tree.x;
    t->pending.y = tree.y;
    for (int k = 0; k < 4; k++) {
        const int leaf = leaf_of[tree.shape][k];
        t->pending.value[k] = p->opt->learning_rate * norni_ebm_step(p->opt, c.g[leaf], c.w[leaf]);
    }
    return (norni_ebm_update){2 * gain / w_all, true};
}

static void wait_step(pair_plan *p, size_t term, const norni_ebm_cross *c) {
    waiting_step *step =
        norni_list_grow(p->arena, p->step, p->n_step, &p->room_step, 1024, sizeof *step);
    if (step == NULL) {
        p->no_memory = true;
        return;
    }
    p->step = step;
    step[p->n_step++] = (waiting_step){term, *c};
}

static double apply_pair(void *plan, size_t term) {
    pair_plan *p = plan;
    const pair_term *t = &p->term[term];
    norni_ebm_bag *bag = p->bag;
    const size_t n = bag->n_train + bag->n_validate;
    p->lanes->step(&t->pending, t->side[0].bin, t->side[1].bin, n, bag->residual);
    wait_step(p, term, &t->pending);
    const size_t first = bag->n_validate ? bag->n_train : 0;
    return p->lanes->square(bag->residual + first, bag->weight ? bag->weight + first : NULL,
                            n - first) /
           p->judged_weight;
}

static norn_status pair_trouble(const void *plan) {
    return ((const pair_plan *)plan)->no_memory ? NORN_E_MEM : NORN_OK;
}

static void mark_best(void *plan) {
    pair_plan *p = plan;
    for (size_t i = 0; i < p->n_step; i++) {
        const norni_ebm_cross *c = &p->step[i].cross;
        const pair_term *t = &p->term[p->step[i].term];
        const size_t n1 = t->side[1].n, x = (size_t)c->x + 1, y = (size_t)c->y + 1;
        const double *v = c->value;
        t->jump[0] += v[0];
        if (x >= t->side[0].n || y >= n1) continue; /* one leaf */
        t->jump[y] += v[1] - v[0];
        t->jump[x * n1] += v[2] - v[0];
        t->jump[x * n1 + y] += (v[3] - v[2]) - (v[1] - v[0]);
    }
    p->n_step = 0;
}

/* The jumps' sums, at their bins in the whole table; bins without rows are 0. */
static void write_table(const pair_term *t, double *out) {
    const norni_ebm_side *a = &t->side[0], *b = &t->side[1];
    memset(out, 0, (size_t)a->n_bins * b->n_bins * sizeof *out);
    for (size_t x = 0; x < a->n; x++) {
        double run = 0, *row = t->jump + x * b->n;
        double *to = out + (x + a->least) * b->n_bins + b->least;
        for (size_t y = 0; y < b->n; y++) {
            run += row[y];
            to[y] = run + (x ? (to - b->n_bins)[y] : 0);
        }
    }
}

static norn_status make_plan(norni_env *env, const norni_ebm_opt *opt, const norni_ebm_task *task,
                             norni_ebm_bag *bag, const uint32_t (*pair)[2], size_t n, pair_plan *p,
                             norn_err *err) {
    const size_t f = task->pairs->n_columns;
    norni_ebm_side *side = norni_arena_get(env->arena, f, sizeof *side);
    bool *wanted = norni_arena_zero(env->arena, f, sizeof *wanted);
    norni_ebm_plane *plane = norni_arena_get(env->arena, n, sizeof *plane);
    *p = (pair_plan){env->arena, opt, norni_ebm_lanes_get(0), bag, NULL, n, .n_step = 0};
    p->term = norni_arena_zero(env->arena, n, sizeof *p->term);
    if (side == NULL || wanted == NULL || plane == NULL || p->term == NULL)
        return norni_alloc_fail(err, "ebm", n + f, sizeof *p->term);
    for (size_t k = 0; k < n; k++)
        wanted[pair[k][0]] = wanted[pair[k][1]] = true;
    NORN_TRY(norni_ebm_sides(env, task, bag, wanted, side, err));
    for (size_t k = 0; k < n; k++) {
        pair_term *t = &p->term[k];
        t->side[0] = side[pair[k][0]];
        t->side[1] = side[pair[k][1]];
        const int8_t *sign = task->monotone;
        if (sign == NULL || (sign[pair[k][0]] == 0 && sign[pair[k][1]] == 0))
            NORN_TRY(norni_ebm_plane_make(env->arena, opt, bag, t->side, &t->plane, err));
        plane[k] = t->plane;
        const size_t cells = (size_t)t->side[0].n * t->side[1].n;
        t->jump = norni_arena_zero(env->arena, cells + 1, sizeof *t->jump);
        if (t->jump == NULL) return norni_alloc_fail(err, "ebm", cells, sizeof *t->jump);
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "ebm: cancelled");
    }
    const size_t first = bag->n_validate ? bag->n_train : 0, end = bag->n_train + bag->n_validate;
    for (size_t i = first; i < end; i++)
        p->judged_weight += bag->weight ? bag->weight[i] : 1;
    return norni_ebm_search_room_make(env->arena, plane, n, &p->room, err);
}

norn_status norni_ebm_pairs_fit(norni_env *env, const norni_ebm_opt *opt,
                                const norni_ebm_task *task, norni_ebm_bag *bag,
                                const uint32_t (*pair)[2], size_t n_pairs, double *tensors,
                                int32_t *steps, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    pair_plan p;
    *steps = 0;
    if (n_pairs == 0) return NORN_OK;
    norn_status st = make_plan(env, opt, task, bag, pair, n_pairs, &p, err);
    const norni_ebm_kind kind = {
        .search = search_pair,
        .apply = apply_pair,
        .mark = mark_best,
        .trouble = pair_trouble,
        .stride = (uint32_t)(ROWS_BETWEEN_POLLS / (1 + bag->n_train + bag->n_validate)),
    };
    if (st == NORN_OK)
        st = norni_ebm_boost_run(env, opt, &kind, &p, n_pairs, true, bag->n_validate > 0,
                                 bag->stream, steps, err);
    for (size_t k = 0; st == NORN_OK && k < n_pairs; k++) {
        write_table(&p.term[k], tensors);
        tensors += (size_t)p.term[k].side[0].n_bins * p.term[k].side[1].n_bins;
    }
    norni_arena_rewind(env->arena, mark);
    return st;
}
