/* Steps on a column that needs more than one cut between numbers: trees, names, missing, monotone. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Cells are the column's slots in the order in which they may be cut: numbers as they come, names by
 * G / (W + cat_smooth) (Fisher 1958: the best split of names lies along that order), those with fewer
 * than min_cat_samples rows as one. The tree grows where the gain is greatest. Missing values are a
 * cell at an end (low, high), stand apart, or go to the side that gains more; those of names always
 * the latter. A monotone column's leaves keep to bounds that each cut halves; interpret compares the
 * two sides of a cut only, which is the same for two leaves. */
#include "models/ebm/ebm_leaves.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/sort.h"

typedef struct leaf_sum {
    double g, w;
    uint64_t n;
} leaf_sum;

typedef struct leaf_node {
    uint32_t first, last; /* cells [first, last) */
    bool missing;         /* the floating cell is here */
    double lo, hi;        /* bounds of its step */
    double gain;          /* of its best cut; 0: none */
    uint32_t at;          /* cut before this cell */
    bool missing_left;
    double left, right; /* steps of its halves */
} leaf_node;

struct ebm_leaf_room {
    uint32_t n_cells;
    leaf_sum *upto;     /* (n_slots + 2) of the cells before */
    uint32_t *cell;     /* (n_slots) each slot's cell */
    leaf_sum *sum;      /* (n_slots + 1) of each cell */
    double *step;       /* (n_slots + 1) of each cell's leaf */
    size_t *order, *at; /* (n_slots + 1) of names; scratch */
    leaf_node *node;    /* (max_leaves) */
    uint32_t *cut;      /* (max_leaves) */
    uint32_t n_nodes, most;
    bool floats;
    leaf_sum floating;
    double floating_step;
};

norn_status ebm_leaves_room(norni_arena *a, uint32_t n_slots, int32_t max_leaves,
                            ebm_leaf_room **out, norn_err *err) {
    ebm_leaf_room *r = norni_arena_zero(a, 1, sizeof *r);
    const size_t n = (size_t)n_slots + 2;
    if (r == NULL) return norni_alloc_fail(err, "ebm", 1, sizeof *r);
    r->most = max_leaves > NORNI_BINS_MOST ? NORNI_BINS_MOST : (uint32_t)max_leaves;
    r->upto = norni_arena_get(a, n, sizeof *r->upto);
    r->cell = norni_arena_get(a, n, sizeof *r->cell);
    r->sum = norni_arena_get(a, n, sizeof *r->sum);
    r->step = norni_arena_get(a, n, sizeof *r->step);
    r->order = norni_arena_get(a, n, sizeof *r->order);
    r->at = norni_arena_get(a, n, sizeof *r->at);
    r->node = norni_arena_get(a, (size_t)r->most + 1, sizeof *r->node);
    r->cut = norni_arena_get(a, (size_t)r->most + 1, sizeof *r->cut);
    if (r->upto == NULL || r->cell == NULL || r->sum == NULL || r->step == NULL ||
        r->order == NULL || r->at == NULL || r->node == NULL || r->cut == NULL)
        return norni_alloc_fail(err, "ebm", n, sizeof *r->upto);
    *out = r;
    return NORN_OK;
}

static uint64_t next_draw(uint64_t *draw) {
    *draw = *draw * 6364136223846793005u + 1442695040888963407u;
    return *draw >> 20;
}

static leaf_sum less(leaf_sum a, leaf_sum b) {
    return (leaf_sum){a.g - b.g, a.w - b.w, a.n - b.n};
}

static leaf_sum plus(leaf_sum a, leaf_sum b) {
    return (leaf_sum){a.g + b.g, a.w + b.w, a.n + b.n};
}

static leaf_sum slot_sum(const ebm_column *c, const double *g, uint32_t s) {
    return (leaf_sum){g[s], c->weight[s], c->count[s]};
}

/* Where missing values go. */
static int32_t missing_way(const norni_ebm_opt *opt, const ebm_column *c) {
    if (c->apart) return NORNI_EBM_SEPARATE;
    if (c->nominal) return NORNI_EBM_GAIN;
    return opt->missing == NORNI_EBM_SEPARATE ? NORNI_EBM_LOW : opt->missing;
}

typedef struct name_order {
    const leaf_sum *sum;
    double smooth;
} name_order;

static int compare_names(const void *arg, size_t a, size_t b) {
    const name_order *o = arg;
    const double x = o->sum[a].g / (o->sum[a].w + o->smooth);
    const double y = o->sum[b].g / (o->sum[b].w + o->smooth);
    return x < y ? -1 : x > y ? 1 : 0;
}

/* Cells of names: the rare ones together, all in the order of their steps. */
static void order_names(const norni_ebm_opt *opt, const ebm_column *c, const double *g,
                        uint32_t first, ebm_leaf_room *r) {
    uint32_t n = 0;
    int64_t rare = -1;
    for (uint32_t s = first; s < c->n_slots; s++) {
        uint32_t at = n;
        if ((double)c->count[s] < opt->min_cat_samples) {
            if (rare < 0) rare = n;
            at = (uint32_t)rare;
        }
        if (at == n) r->sum[n++] = (leaf_sum){0, 0, 0};
        r->cell[s] = at;
        r->sum[at] = plus(r->sum[at], slot_sum(c, g, s));
    }
    const name_order by = {r->sum, opt->cat_smooth};
    for (size_t i = 0; i < n; i++)
        r->order[i] = i;
    norni_sort_index(r->order, n, compare_names, &by, r->at);
    r->n_cells = n;
    r->upto[0] = (leaf_sum){0, 0, 0};
    for (size_t i = 0; i < n; i++) {
        r->upto[i + 1] = plus(r->upto[i], r->sum[r->order[i]]);
        r->at[r->order[i]] = i;
    }
    for (uint32_t s = first; s < c->n_slots; s++)
        r->cell[s] = (uint32_t)r->at[r->cell[s]];
}

static void order_cells(const norni_ebm_opt *opt, const ebm_column *c, const double *g,
                        ebm_leaf_room *r) {
    const int32_t way = missing_way(opt, c);
    const bool low = c->missing && way == NORNI_EBM_LOW, high = c->missing && way == NORNI_EBM_HIGH;
    const uint32_t first = c->missing && !low ? 1 : 0;
    r->floats = c->missing && way == NORNI_EBM_GAIN;
    r->floating = c->missing ? slot_sum(c, g, 0) : (leaf_sum){0, 0, 0};
    if (c->nominal) {
        order_names(opt, c, g, first, r);
        return;
    }
    uint32_t n = 0;
    r->upto[0] = (leaf_sum){0, 0, 0};
    for (uint32_t s = first; s < c->n_slots; s++, n++) {
        r->cell[s] = n;
        r->upto[n + 1] = plus(r->upto[n], slot_sum(c, g, s));
    }
    if (high) {
        r->cell[0] = n;
        r->upto[n + 1] = plus(r->upto[n], slot_sum(c, g, 0));
        n++;
    }
    r->n_cells = n;
}

static bool is_legal(const norni_ebm_opt *opt, const leaf_sum *s) {
    const int64_t least = opt->min_samples_leaf > 1 ? opt->min_samples_leaf : 1;
    return s->n >= (uint64_t)least && s->w > 0 && s->w >= opt->min_hessian;
}

/* Tries one way to part a node. */
static void try_cut(const norni_ebm_opt *opt, const ebm_column *c, leaf_node *node, leaf_sum l,
                    leaf_sum r, uint32_t at, bool missing_left) {
    if (!is_legal(opt, &l) || !is_legal(opt, &r)) return;
    const double gain = ebm_leaf_gain(opt, l.g, l.w) + ebm_leaf_gain(opt, r.g, r.w);
    if (!(gain > node->gain)) return;
    const double left = norni_ebm_step(opt, l.g, l.w), right = norni_ebm_step(opt, r.g, r.w);
    if (c->monotone) {
        if (c->monotone > 0 ? left > right : left < right) return;
        if (left < node->lo || left > node->hi || right < node->lo || right > node->hi) return;
    }
    node->gain = gain;
    node->at = at;
    node->missing_left = missing_left;
    node->left = left;
    node->right = right;
}

static void search_node(const norni_ebm_opt *opt, const ebm_column *c, const ebm_leaf_room *r,
                        leaf_node *node) {
    const leaf_sum base = r->upto[node->first];
    leaf_sum all = less(r->upto[node->last], base);
    if (node->missing) all = plus(all, r->floating);
    node->gain = 0;
    for (uint32_t s = node->first + 1; s < node->last; s++) {
        const leaf_sum l = less(r->upto[s], base);
        if (!node->missing) {
            try_cut(opt, c, node, l, less(all, l), s, false);
            continue;
        }
        const leaf_sum with = plus(l, r->floating);
        try_cut(opt, c, node, with, less(all, with), s, true);
        try_cut(opt, c, node, l, less(all, l), s, false);
    }
    node->gain -= ebm_leaf_gain(opt, all.g, all.w);
    if (!(node->gain >= DBL_MIN)) node->gain = 0;
}

/* Parts node i; its right half becomes the last node. */
static void part_node(const norni_ebm_opt *opt, const ebm_column *c, ebm_leaf_room *r, uint32_t i) {
    leaf_node *l = &r->node[i], *right = &r->node[r->n_nodes++];
    *right = *l;
    right->first = l->last = l->at;
    if (l->missing) {
        right->missing = !l->missing_left;
        l->missing = l->missing_left;
    }
    const double middle = l->left / 2 + l->right / 2;
    if (c->monotone > 0) l->hi = right->lo = middle;
    if (c->monotone < 0) l->lo = right->hi = middle;
    search_node(opt, c, r, l);
    search_node(opt, c, r, right);
}

static double grow_tree(const norni_ebm_opt *opt, const ebm_column *c, ebm_leaf_room *r) {
    double gain = 0;
    r->node[0] =
        (leaf_node){.last = r->n_cells, .missing = r->floats, .lo = -NORNI_INF, .hi = NORNI_INF};
    r->n_nodes = 1;
    search_node(opt, c, r, &r->node[0]);
    while (r->n_nodes < r->most) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < r->n_nodes; i++)
            if (r->node[i].gain > r->node[best].gain) best = i;
        if (!(r->node[best].gain > 0)) break;
        gain += r->node[best].gain;
        part_node(opt, c, r, best);
    }
    r->floating_step = 0;
    for (uint32_t i = 0; i < r->n_nodes; i++) {
        const leaf_node *v = &r->node[i];
        leaf_sum all = less(r->upto[v->last], r->upto[v->first]);
        if (v->missing) all = plus(all, r->floating);
        double step = norni_ebm_step(opt, all.g, all.w);
        if (c->monotone && r->n_nodes > 1) step = fmin(fmax(step, v->lo), v->hi);
        for (uint32_t s = v->first; s < v->last; s++)
            r->step[s] = step;
        if (v->missing) r->floating_step = step;
    }
    return gain;
}

/* Steps of slots to steps of bins: between two leaves' slots the cut lies anywhere. */
static void fill_bins(const ebm_column *c, const ebm_leaf_room *r, uint64_t draw, double *table) {
    const uint32_t first = c->missing ? 1 : 0;
    uint32_t b = 1;
    for (uint32_t s = first; s < c->n_slots; s++) {
        const double here = r->step[r->cell[s]];
        uint32_t end = c->bin[s + 1]; /* behind the last bin that is the slot's */
        if (s + 1 == c->n_slots)
            end = c->n_bins;
        else if (here != r->step[r->cell[s + 1]])
            end = c->bin[s] + 1 + (uint32_t)(next_draw(&draw) % (uint64_t)(end - c->bin[s]));
        for (; b < end; b++)
            table[b] = here;
    }
    for (; b < c->n_bins; b++)
        table[b] = 0;
}

static void fill_names(const ebm_column *c, const ebm_leaf_room *r, double *table) {
    memset(table, 0, c->n_bins * sizeof *table);
    for (uint32_t s = c->missing ? 1 : 0; s < c->n_slots; s++)
        table[c->bin[s]] = r->step[r->cell[s]];
}

double ebm_leaves_grow(const norni_ebm_opt *opt, const ebm_column *c, const double *g,
                       ebm_leaf_room *r, uint64_t draw, double *table) {
    order_cells(opt, c, g, r);
    const double gain = grow_tree(opt, c, r);
    if (c->nominal)
        fill_names(c, r, table);
    else
        fill_bins(c, r, draw, table);
    table[0] = 0;
    if (c->apart)
        table[0] = norni_ebm_step(opt, r->floating.g, r->floating.w);
    else if (r->floats)
        table[0] = r->floating_step;
    else if (c->missing)
        table[0] = r->step[r->cell[0]];
    return gain;
}

/* k different numbers below n, ascending (Floyd's way). */
static void draw_cuts(uint32_t n, uint32_t k, uint64_t draw, uint32_t *out) {
    for (uint32_t i = 0, top = n - k; i < k; i++, top++) {
        uint32_t x = (uint32_t)(next_draw(&draw) % ((uint64_t)top + 1)), at = 0;
        for (uint32_t j = 0; j < i; j++)
            if (out[j] == x) x = top;
        for (at = i; at > 0 && out[at - 1] > x; at--)
            out[at] = out[at - 1];
        out[at] = x;
    }
}

void ebm_leaves_random(const norni_ebm_opt *opt, const ebm_column *c, const double *g,
                       ebm_leaf_room *r, uint64_t draw, double *table) {
    uint32_t k = r->most ? r->most - 1 : 0;
    if (k > c->n_cuts) k = c->n_cuts;
    draw_cuts(c->n_cuts, k, draw, r->cut);
    leaf_sum all = {0, 0, 0};
    bool ordered = true;
    double before = c->monotone < 0 ? NORNI_INF : -NORNI_INF;
    uint32_t s = 0, b = 0;
    for (uint32_t i = 0; i <= k; i++) {
        const uint32_t end = i < k ? c->first_cut + r->cut[i] + 1 : c->n_bins;
        leaf_sum sum = {0, 0, 0};
        for (; s < c->n_slots && c->bin[s] < end; s++)
            sum = plus(sum, slot_sum(c, g, s));
        const double step = norni_ebm_step(opt, sum.g, sum.w);
        for (; b < end; b++)
            table[b] = step;
        if (c->monotone && (step - before) * c->monotone < 0) ordered = false;
        before = step;
        all = plus(all, sum);
    }
    if (ordered) return;
    const double step = norni_ebm_step(opt, all.g, all.w);
    for (b = 0; b < c->n_bins; b++)
        table[b] = step;
}
