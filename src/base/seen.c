/* A set of 64-bit hashes: was this one seen before? */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/seen.h"

void norni_seen_init(norni_seen *s, const norn_alloc *alloc) {
    *s = (norni_seen){.alloc = alloc};
}

void norni_seen_clear(norni_seen *s) {
    if (s->alloc != NULL) norni_alloc_drop(s->alloc, s->slot, s->n_slots, sizeof *s->slot);
    *s = (norni_seen){.alloc = s->alloc};
}

static uint64_t *place_of(uint64_t *slot, size_t n_slots, uint64_t hash) {
    size_t i = (size_t)hash & (n_slots - 1);
    while (slot[i] != 0 && slot[i] != hash)
        i = (i + 1) & (n_slots - 1);
    return &slot[i];
}

static norn_status grow(norni_seen *s, norn_err *err) {
    const size_t n_slots = s->n_slots ? 2 * s->n_slots : 1024;
    uint64_t *slot = norni_alloc_zero(s->alloc, n_slots, sizeof *slot);
    if (slot == NULL) return norni_alloc_fail(err, "ids", n_slots, sizeof *slot);
    for (size_t i = 0; i < s->n_slots; i++) {
        if (s->slot[i] != 0) *place_of(slot, n_slots, s->slot[i]) = s->slot[i];
    }
    norni_alloc_drop(s->alloc, s->slot, s->n_slots, sizeof *slot);
    s->slot = slot;
    s->n_slots = n_slots;
    return NORN_OK;
}

norn_status norni_seen_add(norni_seen *s, uint64_t hash, bool *before, norn_err *err) {
    if (hash == 0) hash = 1; /* 0 marks an empty slot */
    if (4 * (s->n + 1) > 3 * s->n_slots) NORN_TRY(grow(s, err));
    uint64_t *slot = place_of(s->slot, s->n_slots, hash);
    *before = *slot != 0;
    if (!*before) s->n++;
    *slot = hash;
    return NORN_OK;
}
