/* An ordered map from byte strings to indices: insertion order is iteration order. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/hash.h"

#define LOW32 UINT64_C(0xFFFFFFFF)

void norni_map_init(norni_map *m, const norn_alloc *alloc) {
    *m = (norni_map){.alloc = alloc};
}

void norni_map_clear(norni_map *m) {
    norni_alloc_drop(m->alloc, m->keys, m->cap, sizeof *m->keys);
    norni_alloc_drop(m->alloc, m->slots, m->n_slots, sizeof *m->slots);
    *m = (norni_map){.alloc = m->alloc};
}

/* The slot that holds the key, or the empty one where it belongs. */
static size_t find_slot(const norni_map *m, norni_str key, uint64_t hash) {
    const size_t mask = m->n_slots - 1;
    for (size_t at = (size_t)hash & mask;; at = (at + 1) & mask) {
        const uint64_t slot = m->slots[at];
        if (slot == 0) return at;
        if ((slot ^ hash) >> 32 == 0 && norni_str_cmp(m->keys[(slot & LOW32) - 1], key) == 0)
            return at;
    }
}

int64_t norni_map_find(const norni_map *m, norni_str key) {
    if (m->n == 0) return NORNI_MAP_NONE;
    const uint64_t slot = m->slots[find_slot(m, key, norni_hash64(key.p, key.n))];
    return slot == 0 ? NORNI_MAP_NONE : (int64_t)(slot & LOW32) - 1;
}

static bool grow_slots(norni_map *m) {
    const size_t n_slots = m->n_slots ? 2 * m->n_slots : 64;
    uint64_t *slots = norni_alloc_zero(m->alloc, n_slots, sizeof *slots);
    if (slots == NULL) return false;
    norni_alloc_drop(m->alloc, m->slots, m->n_slots, sizeof *slots);
    m->slots = slots;
    m->n_slots = n_slots;
    for (size_t i = 0; i < m->n; i++) {
        const uint64_t hash = norni_hash64(m->keys[i].p, m->keys[i].n);
        m->slots[find_slot(m, m->keys[i], hash)] = (hash & ~LOW32) | (uint64_t)(i + 1);
    }
    return true;
}

int64_t norni_map_add(norni_map *m, norni_str key, bool *added) {
    if (added != NULL) *added = false;
    if (m->n >= LOW32 - 1) return NORNI_MAP_NONE;
    if (2 * (m->n + 1) > m->n_slots && !grow_slots(m)) return NORNI_MAP_NONE;
    const uint64_t hash = norni_hash64(key.p, key.n);
    const size_t at = find_slot(m, key, hash);
    if (m->slots[at] != 0) return (int64_t)(m->slots[at] & LOW32) - 1;
    if (m->n == m->cap) {
        const size_t cap = m->cap ? 2 * m->cap : 32;
        norni_str *keys = norni_alloc_resize(m->alloc, m->keys, m->cap, cap, sizeof *keys);
        if (keys == NULL) return NORNI_MAP_NONE;
        m->keys = keys;
        m->cap = cap;
    }
    m->keys[m->n] = key;
    m->slots[at] = (hash & ~LOW32) | (uint64_t)(++m->n);
    if (added != NULL) *added = true;
    return (int64_t)m->n - 1;
}
