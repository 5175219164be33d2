/* Grows one boosted tree, leaf by leaf, the most gainful first. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Of two children the smaller one's histograms are added up from its rows, the other's are the
 * parent's less these: exact, since all sums are integers. Leaves that cannot be split any more get
 * none. Where the histograms of all leaves would take more than the limit, none is kept and both
 * children are added up (`lean`). Blocks of columns run through env->share where that pays. Ties: the
 * lower leaf, the lower column, the lower cut. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "models/gbdt/gbdt_parts.h"

enum { NO_SLOT = -1, POLL_ROWS = 1 << 16 };
#define NO_COLUMN UINT32_MAX

typedef struct grow_leaf {
    size_t begin, n;
    int32_t depth, slot, node, side; /* node's child[side] is this leaf; node -1: the root */
    gbdt_sums sums;
    double low, high;
    gbdt_split split;
} grow_leaf;

struct gbdt_grower {
    norni_arena *keep; /* of the trees */
    double share_work;
    const norni_gbdt_opt *opt;
    const gbdt_data *data;
    gbdt_rule rule;
    size_t most_leaves, n_leaves, n_spare, stride;
    bool lean;
    int64_t *pool;   /* (most_leaves, n_columns, hist size) */
    int32_t *spare;  /* (most_leaves) slots not in use */
    grow_leaf *leaf; /* (most_leaves) */
    norni_gbdt_node *node;
    uint64_t (*set)[NORNI_GBDT_SET]; /* (most_leaves) of nominal nodes */
    size_t *begin;                   /* (most_leaves + 1) */
    uint32_t *ordered, *other;       /* (n_train) */
    bool *block_taken;               /* (n_blocks) */
    gbdt_split *found;               /* (n_blocks, 2) */
};

static size_t leaves_possible(const norni_gbdt_opt *o, size_t n) {
    size_t most = n / (size_t)o->min_child;
    if (o->max_depth > 0 && o->max_depth < 31 && most > (size_t)1 << o->max_depth)
        most = (size_t)1 << o->max_depth;
    if (most > (size_t)o->n_leaves) most = (size_t)o->n_leaves;
    return most < 1 ? 1 : most;
}

static double pool_bytes(const norni_gbdt_opt *o, size_t n, size_t n_columns, bool wide) {
    const double bytes = (double)leaves_possible(o, n) * (double)n_columns * GBDT_BINS * 8;
    return wide ? 2 * bytes : bytes;
}

norn_status gbdt_grower_new(norni_env *env, norni_arena *keep, const norni_gbdt_opt *opt,
                            const gbdt_data *data, bool wide, gbdt_limits limits, gbdt_grower **out,
                            norn_err *err) {
    norni_arena *a = env->arena;
    gbdt_grower *g = norni_arena_zero(a, 1, sizeof *g);
    if (!g) return norni_alloc_fail(err, "gbdt", 1, sizeof *g);
    const size_t most = leaves_possible(opt, data->n_train), n = data->n_train;
    g->share_work = limits.share_work;
    g->keep = keep, g->opt = opt, g->data = data, g->most_leaves = most;
    g->lean = pool_bytes(opt, n, data->n_columns, wide) > limits.pool_bytes;
    g->stride = data->n_columns * GBDT_BINS * (wide ? 2 : 1);
    if (!g->lean) g->pool = norni_arena_get(a, most * g->stride, sizeof *g->pool);
    g->spare = norni_arena_get(a, most, sizeof *g->spare);
    g->leaf = norni_arena_get(a, most, sizeof *g->leaf);
    g->node = norni_arena_get(a, most, sizeof *g->node);
    g->set = norni_arena_get(a, most, sizeof *g->set);
    g->begin = norni_arena_get(a, most + 1, sizeof *g->begin);
    g->ordered = norni_arena_get(a, n, sizeof *g->ordered);
    g->other = norni_arena_get(a, n, sizeof *g->other);
    g->block_taken = norni_arena_get(a, data->n_blocks, sizeof *g->block_taken);
    g->found = norni_arena_get(a, data->n_blocks, 2 * sizeof *g->found);
    if ((!g->lean && !g->pool) || !g->spare || !g->leaf || !g->node || !g->set || !g->begin ||
        !g->ordered || !g->other || !g->block_taken || !g->found)
        return norni_alloc_fail(err, "gbdt", most * g->stride, sizeof *g->pool);
    *out = g;
    return NORN_OK;
}

/* Penalties in the integers' units of this tree. */
static gbdt_rule rule_of(const norni_gbdt_opt *o, const gbdt_words *w) {
    const double g = w->unit[0], h = w->unit[1];
    return (gbdt_rule){.l1 = o->lambda_l1 / g,
                       .l2 = o->lambda_l2 / h,
                       .cat_l2 = o->cat_l2 / h,
                       .cat_smooth = o->cat_smooth / h,
                       .min_n = o->min_child,
                       .min_h = 1e-3 / h,
                       .min_gain = o->min_gain * (h / g / g),
                       .low = -NORNI_INF,
                       .high = NORNI_INF,
                       .simd = gbdt_simd_most()};
}

/* Two leaves whose splits are sought; large may be NULL (then `small` is the root). */
typedef struct grow_pair {
    gbdt_grower *g;
    const gbdt_words *words;
    const bool *taken;
    const grow_leaf *small, *large;
    int32_t slot_small, slot_large;
    bool want_small, want_large;
} grow_pair;

static norn_status add_rows(const norni_env *env, const grow_pair *p, const gbdt_block *b,
                            const grow_leaf *leaf, int64_t *hist, norn_err *err) {
    const size_t words = p->words->wide ? 2 : 1, size = words * GBDT_BINS;
    for (uint32_t j = 0; j < b->width; j++)
        memset(hist + j * size, 0, words * p->g->data->column[b->first + j].n_bins * sizeof *hist);
    for (size_t i = 0; i < leaf->n; i += POLL_ROWS) {
        const size_t left = leaf->n - i, n = left < POLL_ROWS ? left : POLL_ROWS;
        gbdt_hist_add(b, p->words, p->g->ordered + leaf->begin + i, n, hist);
        if (norni_poll_stop(&env->poll)) return norn_fail(err, NORN_E_CANCEL, "gbdt: cancelled");
    }
    return NORN_OK;
}

static void scan_block(const grow_pair *p, const gbdt_block *b, const grow_leaf *leaf,
                       const int64_t *hist, gbdt_split *best) {
    int64_t scratch[GBDT_SCAN_SCRATCH];
    gbdt_rule rule = p->g->rule;
    rule.low = leaf->low, rule.high = leaf->high;
    const double alone = gbdt_leaf_gain(&rule, leaf->sums.g, leaf->sums.h, rule.l2);
    *best = (gbdt_split){.column = NO_COLUMN, .gain = fmax(rule.min_gain, 1e-12 * alone)};
    const size_t size = gbdt_hist_size(p->words);
    for (uint32_t j = 0; j < b->width; j++) {
        const uint32_t column = b->first + j;
        if (p->taken[column])
            gbdt_scan(&p->g->data->column[column], column, hist + j * size, p->words, &leaf->sums,
                      &rule, scratch, best);
    }
}

/* large -= small, bin by bin. */
static void subtract(const grow_pair *p, const gbdt_block *b, const int64_t *small,
                     int64_t *large) {
    const size_t words = p->words->wide ? 2 : 1, size = words * GBDT_BINS;
    for (uint32_t j = 0; j < b->width; j++) {
        const size_t n = words * p->g->data->column[b->first + j].n_bins, at = j * size;
        for (size_t i = 0; i < n; i++)
            large[at + i] -= small[at + i];
    }
}

static norn_status seek_in_block(norni_env *env, size_t part, void *arg, norn_err *err) {
    const grow_pair *p = arg;
    gbdt_grower *g = p->g;
    const gbdt_block *b = &g->data->block[part];
    gbdt_split *found = g->found + 2 * part;
    found[0].column = found[1].column = NO_COLUMN;
    if (!g->block_taken[part]) return NORN_OK;
    const size_t size = gbdt_hist_size(p->words), n = b->width * size;
    const norni_arena_mark mark = norni_arena_mark_get(env->arena);
    int64_t *small = NULL;
    if (p->slot_small == NO_SLOT) {
        small = norni_arena_get(env->arena, n, sizeof *small);
        if (!small) return norni_alloc_fail(err, "gbdt", n, sizeof *small);
    } else {
        small = g->pool + (size_t)p->slot_small * g->stride + b->first * size;
    }
    norn_status status = NORN_OK;
    if (p->want_small || !g->lean) status = add_rows(env, p, b, p->small, small, err);
    if (status == NORN_OK && p->want_small) scan_block(p, b, p->small, small, &found[0]);
    if (status == NORN_OK && p->want_large) {
        int64_t *large = small;
        if (g->lean) {
            status = add_rows(env, p, b, p->large, large, err);
        } else {
            large = g->pool + (size_t)p->slot_large * g->stride + b->first * size;
            subtract(p, b, small, large);
        }
        if (status == NORN_OK) scan_block(p, b, p->large, large, &found[1]);
    }
    norni_arena_rewind(env->arena, mark);
    return status;
}

static void best_of_blocks(const gbdt_grower *g, size_t which, grow_leaf *leaf) {
    for (size_t b = 0; b < g->data->n_blocks; b++) {
        const gbdt_split *s = &g->found[2 * b + which];
        if (s->column != NO_COLUMN &&
            (leaf->split.column == NO_COLUMN || s->gain > leaf->split.gain))
            leaf->split = *s;
    }
}

static bool may_split(const gbdt_grower *g, const grow_leaf *leaf) {
    return leaf->n >= 2 * (size_t)g->opt->min_child &&
           (g->opt->max_depth <= 0 || leaf->depth < g->opt->max_depth);
}

static int32_t take_slot(gbdt_grower *g) {
    return g->lean || g->n_spare == 0 ? NO_SLOT : g->spare[--g->n_spare];
}

static void drop_slot(gbdt_grower *g, int32_t slot) {
    if (slot != NO_SLOT) g->spare[g->n_spare++] = slot;
}

/* Seeks the splits of a and b (NULL: a is the root); `parent` is the slot of their parent. */
static norn_status seek_splits(gbdt_grower *g, norni_env *env, const gbdt_words *words,
                               const bool *taken, grow_leaf *a, grow_leaf *b, int32_t parent,
                               norn_err *err) {
    grow_leaf *small = b && b->n < a->n ? b : a, *large = small == a ? b : a;
    small->split.column = NO_COLUMN;
    if (large) large->split.column = NO_COLUMN;
    grow_pair p = {g, words, taken, small, large, take_slot(g), parent, false, false};
    p.want_small = may_split(g, small);
    p.want_large = large && may_split(g, large);
    norn_status status = NORN_OK;
    if (p.want_small || p.want_large) {
        const size_t n_blocks = g->data->n_blocks;
        const double work = (double)g->data->n_columns * ((double)small->n + 2 * GBDT_BINS);
        if (env->share && n_blocks > 1 && work > g->share_work)
            status = env->share->run(env->share->user, env, n_blocks, seek_in_block, &p, err);
        else
            for (size_t i = 0; i < n_blocks && status == NORN_OK; i++)
                status = seek_in_block(env, i, &p, err);
        if (status != NORN_OK) return status;
        if (p.want_small) best_of_blocks(g, 0, small);
        if (p.want_large) best_of_blocks(g, 1, large);
    }
    small->slot = small->split.column != NO_COLUMN ? p.slot_small : NO_SLOT;
    if (small->slot == NO_SLOT) drop_slot(g, p.slot_small);
    if (large) large->slot = large->split.column != NO_COLUMN ? parent : NO_SLOT;
    if (!large || large->slot == NO_SLOT) drop_slot(g, parent);
    return NORN_OK;
}

/* Which bins go left. */
static void fill_sides(const gbdt_column *c, const gbdt_split *s, uint8_t side[GBDT_BINS]) {
    for (size_t b = 0; b < GBDT_BINS; b++)
        side[b] = (uint8_t)(s->nominal ? s->set[b / 64] >> b % 64 & 1 : b <= s->bin);
    if (!s->nominal) side[0] = side[c->n_bins - 1] = s->missing_left;
}

/* Rows of the leaf that go left in front, both in their order; returns how many. */
static size_t part_rows(gbdt_grower *g, const grow_leaf *leaf) {
    uint8_t side[GBDT_BINS];
    const gbdt_column *c = &g->data->column[leaf->split.column];
    const gbdt_block *b = &g->data->block[c->block];
    fill_sides(c, &leaf->split, side);
    uint32_t *row = g->ordered + leaf->begin, *other = g->other;
    const uint8_t *at = b->at + c->place;
    const size_t width = b->width;
    size_t n_left = 0, n_right = 0;
    for (size_t i = 0; i < leaf->n; i++) {
        const uint32_t r = row[i];
        const size_t left = side[at[r * width]];
        row[n_left] = r;
        other[n_right] = r;
        n_left += left;
        n_right += 1 - left;
    }
    memcpy(row + n_left, other, n_right * sizeof *other);
    return n_left;
}

static void fill_node(gbdt_grower *g, const grow_leaf *leaf, const gbdt_words *w, int32_t at,
                      int32_t right) {
    const gbdt_split *s = &leaf->split;
    const gbdt_column *c = &g->data->column[s->column];
    norni_gbdt_node *n = &g->node[at];
    *n = (norni_gbdt_node){.column = s->column,
                           .cover = (uint32_t)leaf->n,
                           .gain = s->gain * (w->unit[0] / w->unit[1] * w->unit[0]),
                           .missing_left = s->missing_left,
                           .bin = s->bin};
    n->child[0] = -1 - (int32_t)(leaf - g->leaf);
    n->child[1] = -1 - right;
    if (s->nominal) {
        memcpy(g->set[at], s->set, sizeof g->set[at]);
        n->set = g->set[at];
    } else {
        n->cut = s->bin - 1u < c->n_bins - 3u ? c->cut[s->bin - 1] : NORNI_INF;
    }
    if (leaf->node >= 0) g->node[leaf->node].child[leaf->side] = at;
}

/* Under a monotone split the children's values keep to their side of the middle. */
static void bound_children(const gbdt_grower *g, grow_leaf *left, grow_leaf *right, int monotone) {
    if (!monotone) return;
    gbdt_rule r = g->rule;
    r.low = left->low, r.high = left->high;
    const double middle = (gbdt_leaf_value(&r, left->sums.g, left->sums.h, r.l2) +
                           gbdt_leaf_value(&r, right->sums.g, right->sums.h, r.l2)) /
                          2;
    if (monotone > 0)
        left->high = right->low = middle;
    else
        left->low = right->high = middle;
}

/* The leaf becomes a node; its left child keeps its number, the right one gets the next. */
static void split_leaf(gbdt_grower *g, const gbdt_words *w, size_t at) {
    grow_leaf *left = &g->leaf[at], *right = &g->leaf[g->n_leaves];
    const int32_t node = (int32_t)g->n_leaves - 1;
    const gbdt_sums sums = left->split.left;
    const int monotone = g->data->column[left->split.column].monotone;
    const size_t n_left = part_rows(g, left);
    fill_node(g, left, w, node, (int32_t)g->n_leaves);
    *right = *left;
    right->begin += n_left, right->n -= n_left;
    right->sums = (gbdt_sums){left->sums.g - sums.g, left->sums.h - sums.h, left->sums.n - sums.n};
    left->n = n_left, left->sums = sums;
    left->node = right->node = node;
    left->side = 0, right->side = 1;
    left->depth = ++right->depth;
    bound_children(g, left, right, monotone);
    g->n_leaves++;
}

static size_t most_gainful(const gbdt_grower *g) {
    size_t best = SIZE_MAX;
    for (size_t k = 0; k < g->n_leaves; k++) {
        const gbdt_split *s = &g->leaf[k].split;
        if (s->column != NO_COLUMN && (best == SIZE_MAX || s->gain > g->leaf[best].split.gain))
            best = k;
    }
    return best;
}

static void begin_tree(gbdt_grower *g, const gbdt_words *w, const uint32_t *row, size_t n,
                       const bool *taken) {
    const size_t words = w->wide ? 2 : 1;
    int64_t sum[2] = {0, 0};
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < words; k++)
            sum[k] += w->word[words * row[i] + k];
    memcpy(g->ordered, row, n * sizeof *row);
    g->rule = rule_of(g->opt, w);
    g->leaf[0] = (grow_leaf){
        .n = n, .node = -1, .sums = gbdt_word_sums(w, sum), .low = -NORNI_INF, .high = NORNI_INF};
    g->n_leaves = 1;
    g->n_spare = g->most_leaves;
    for (size_t k = 0; k < g->most_leaves; k++)
        g->spare[k] = (int32_t)(g->most_leaves - 1 - k);
    for (size_t b = 0; b < g->data->n_blocks; b++) {
        const gbdt_block *block = &g->data->block[b];
        g->block_taken[b] = false;
        for (uint32_t j = 0; j < block->width; j++)
            g->block_taken[b] |= taken[block->first + j];
    }
}

/* The tree where trees are kept. */
static norn_status keep_tree(gbdt_grower *g, const gbdt_words *w, gbdt_grown *out, norn_err *err) {
    const size_t k = g->n_leaves;
    norni_gbdt_node *node = norni_arena_get(g->keep, k, sizeof *node);
    double *value = norni_arena_get(g->keep, k, sizeof *value);
    uint32_t *cover = norni_arena_get(g->keep, k, sizeof *cover);
    if (!node || !value || !cover) return norni_alloc_fail(err, "gbdt", k, sizeof *node);
    memcpy(node, g->node, (k - 1) * sizeof *node);
    for (size_t i = 0; i + 1 < k; i++) {
        if (!node[i].set) continue;
        uint64_t *set = norni_arena_get(g->keep, NORNI_GBDT_SET, sizeof *set);
        if (!set) return norni_alloc_fail(err, "gbdt", NORNI_GBDT_SET, sizeof *set);
        memcpy(set, g->set[i], sizeof g->set[i]);
        node[i].set = set;
    }
    for (size_t i = 0; i < k; i++) {
        const grow_leaf *leaf = &g->leaf[i];
        gbdt_rule r = g->rule;
        r.low = leaf->low, r.high = leaf->high;
        value[i] =
            gbdt_leaf_value(&r, leaf->sums.g, leaf->sums.h, r.l2) * (w->unit[0] / w->unit[1]);
        cover[i] = (uint32_t)leaf->n;
    }
    for (size_t i = 0; i < k; i++)
        g->begin[i] = g->leaf[i].begin;
    out->tree = (norni_gbdt_tree){(uint32_t)k, node, value, cover};
    out->value = value;
    out->row = g->ordered;
    out->begin = g->begin;
    return NORN_OK;
}

norn_status gbdt_grow(gbdt_grower *g, norni_env *env, const gbdt_words *words, const uint32_t *row,
                      size_t n, const bool *taken, gbdt_grown *out, norn_err *err) {
    begin_tree(g, words, row, n, taken);
    if (g->most_leaves > 1)
        NORN_TRY(seek_splits(g, env, words, taken, &g->leaf[0], NULL, NO_SLOT, err));
    else
        g->leaf[0].split.column = NO_COLUMN;
    while (g->n_leaves < g->most_leaves) {
        const size_t at = most_gainful(g);
        if (at == SIZE_MAX) break;
        const int32_t slot = g->leaf[at].slot;
        split_leaf(g, words, at);
        if (g->n_leaves == g->most_leaves) break;
        NORN_TRY(
            seek_splits(g, env, words, taken, &g->leaf[at], &g->leaf[g->n_leaves - 1], slot, err));
    }
    return keep_tree(g, words, out, err);
}

uint32_t gbdt_leaf_of(const norni_gbdt_tree *t, const gbdt_data *d, size_t row) {
    int32_t at = t->n_leaves > 1 ? 0 : -1;
    while (at >= 0) {
        const norni_gbdt_node *n = &t->node[at];
        const unsigned bin = gbdt_bin(d, n->column, row);
        bool left = n->set ? (n->set[bin / 64] >> bin % 64 & 1) != 0 : bin <= n->bin;
        if (!n->set && (bin == 0 || bin == d->column[n->column].n_bins - 1)) left = n->missing_left;
        at = n->child[!left];
    }
    return (uint32_t)(-1 - at);
}
