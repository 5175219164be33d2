/* Boosted trees as bytes, and back with every number checked. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "base/pack.h"
#include "models/gbdt/gbdt_parts.h"

#define GBDT_TAG UINT32_C(0x31544247) /* "GBT1" */
enum {
    MOST_TREES = 1000000,
    MOST_COLUMNS = 1 << 24,
    MOST_EXPONENT = 1100,
    NOMINAL = 1,
    MISSING_LEFT = 2,
    NODE_BYTES = 32, /* at least */
    LEAF_BYTES = 12,
};

static void save_node(norni_buf *out, const norni_gbdt_node *n) {
    norni_pack_u32(out, n->column);
    norni_pack_u32(out, (n->set ? NOMINAL : 0u) | (n->missing_left ? MISSING_LEFT : 0u));
    norni_pack_i32(out, n->child[0]);
    norni_pack_i32(out, n->child[1]);
    norni_pack_u32(out, n->cover);
    norni_pack_f64(out, n->gain);
    if (n->set)
        for (size_t i = 0; i < NORNI_GBDT_SET; i++)
            norni_pack_i64(out, (int64_t)n->set[i]);
    else
        norni_pack_f64(out, n->cut);
}

norn_status norni_gbdt_save(const norni_gbdt *m, norni_buf *out, norn_err *err) {
    norni_pack_u32(out, GBDT_TAG);
    norni_pack_u32(out, (uint32_t)m->n_columns);
    norni_pack_u32(out, (uint32_t)m->n_trees);
    norni_pack_i64(out, (int64_t)m->n_rows);
    norni_pack_f64(out, m->start);
    norni_pack_i32(out, m->exponent);
    norni_pack_u32(out, m->log_link);
    norni_pack_f64(out, m->validation_loss);
    for (size_t k = 0; k < m->n_trees; k++) {
        const norni_gbdt_tree *t = &m->tree[k];
        norni_pack_u32(out, t->n_leaves);
        for (uint32_t i = 0; i + 1 < t->n_leaves; i++)
            save_node(out, &t->node[i]);
        norni_pack_f64s(out, t->leaf, t->n_leaves);
        for (uint32_t i = 0; i < t->n_leaves; i++)
            norni_pack_u32(out, t->cover[i]);
    }
    return out->failed ? norni_alloc_fail(err, "gbdt", out->cap, 2) : NORN_OK;
}

static void load_node(norni_unpack *u, norni_arena *arena, const norni_gbdt *m, norni_gbdt_node *n,
                      bool *out_of_memory) {
    n->column = norni_unpack_count(u, 0, (uint32_t)m->n_columns - 1);
    const uint32_t flags = norni_unpack_count(u, 0, NOMINAL | MISSING_LEFT);
    n->missing_left = (flags & MISSING_LEFT) != 0;
    n->child[0] = norni_unpack_i32(u);
    n->child[1] = norni_unpack_i32(u);
    n->cover = norni_unpack_u32(u);
    n->gain = norni_unpack_f64(u);
    if (flags & NOMINAL) {
        uint64_t *set = norni_arena_get(arena, NORNI_GBDT_SET, sizeof *set);
        if (!set) {
            *out_of_memory = true;
            return;
        }
        for (size_t i = 0; i < NORNI_GBDT_SET; i++)
            set[i] = (uint64_t)norni_unpack_i64(u);
        n->set = set;
    } else {
        n->cut = norni_unpack_f64(u); /* inf: all numbers go left */
        if (n->cut != n->cut) u->failed = true;
    }
}

/* Whether every node but the root and every leaf is the child of one node before it, and covers add
 * up. */
static bool sound(const norni_gbdt_tree *t) {
    bool node_met[NORNI_GBDT_MOST_LEAVES] = {false}, leaf_met[NORNI_GBDT_MOST_LEAVES] = {false};
    for (uint32_t i = 0; i + 1 < t->n_leaves; i++) {
        const norni_gbdt_node *n = &t->node[i];
        uint64_t cover = 0;
        for (int side = 0; side < 2; side++) {
            const int64_t child = n->child[side], at = child >= 0 ? child : -1 - child;
            if (child >= 0 ? child <= (int64_t)i || child + 1 >= (int64_t)t->n_leaves
                           : at >= (int64_t)t->n_leaves)
                return false;
            bool *met = child >= 0 ? &node_met[at] : &leaf_met[at];
            if (*met) return false;
            *met = true;
            cover += child >= 0 ? t->node[at].cover : t->cover[at];
        }
        if (cover != n->cover) return false;
    }
    for (uint32_t i = 0; i < t->n_leaves; i++) {
        if (!isfinite(t->leaf[i]) || t->cover[i] == 0) return false;
    }
    return true;
}

static norn_status load_tree(norni_unpack *u, norni_arena *arena, const norni_gbdt *m,
                             norni_gbdt_tree *t, norn_err *err) {
    const uint32_t k = norni_unpack_count(u, 1, NORNI_GBDT_MOST_LEAVES);
    bool out_of_memory = false;
    if (!norni_unpack_has(u, k - 1, NODE_BYTES) || !norni_unpack_has(u, k, LEAF_BYTES))
        return NORN_OK;
    norni_gbdt_node *node = norni_arena_zero(arena, k, sizeof *node);
    double *leaf = norni_arena_get(arena, k, sizeof *leaf);
    uint32_t *cover = norni_arena_get(arena, k, sizeof *cover);
    if (!node || !leaf || !cover) return norni_alloc_fail(err, "gbdt", k, sizeof *node);
    for (uint32_t i = 0; i + 1 < k; i++)
        load_node(u, arena, m, &node[i], &out_of_memory);
    norni_unpack_finite(u, leaf, k);
    for (uint32_t i = 0; i < k; i++)
        cover[i] = norni_unpack_u32(u);
    *t = (norni_gbdt_tree){k, node, leaf, cover};
    if (out_of_memory) return norni_alloc_fail(err, "gbdt", NORNI_GBDT_SET, sizeof(uint64_t));
    if (!u->failed && !sound(t)) u->failed = true;
    return NORN_OK;
}

norn_status norni_gbdt_load(norni_arena *arena, norni_str saved, norni_gbdt *out, norn_err *err) {
    norni_unpack u = {saved, false};
    *out = (norni_gbdt){0};
    if (norni_unpack_u32(&u) != GBDT_TAG) u.failed = true;
    out->n_columns = norni_unpack_count(&u, 1, MOST_COLUMNS);
    out->n_trees = norni_unpack_count(&u, 0, MOST_TREES);
    out->n_rows = (size_t)norni_unpack_between(&u, 1, UINT32_MAX);
    out->start = norni_unpack_within(&u, -DBL_MAX, DBL_MAX);
    out->exponent = norni_unpack_i32(&u);
    if (out->exponent > MOST_EXPONENT || out->exponent < -MOST_EXPONENT) u.failed = true;
    out->log_link = norni_unpack_count(&u, 0, 1) == 1;
    out->validation_loss = norni_unpack_f64(&u);
    norni_gbdt_tree *tree = NULL;
    if (!u.failed && norni_unpack_has(&u, out->n_trees, 4 + LEAF_BYTES)) {
        tree = norni_arena_zero(arena, out->n_trees, sizeof *tree);
        if (!tree) return norni_alloc_fail(err, "gbdt", out->n_trees, sizeof *tree);
    }
    for (size_t k = 0; tree && k < out->n_trees && !u.failed; k++)
        NORN_TRY(load_tree(&u, arena, out, &tree[k], err));
    out->tree = tree;
    if (!norni_unpack_end(&u))
        return norn_fail(err, NORN_E_FORMAT,
                         "gbdt: the kept model is damaged or not one of this kind");
    return NORN_OK;
}
