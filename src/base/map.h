/* An ordered map from byte strings to indices: insertion order is iteration order. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MAP_H
#define NORNI_MAP_H

#include "base/str.h"

typedef struct norni_map {
    const norn_alloc *alloc;
    norni_str *keys; /* (n), borrowed bytes, in insertion order */
    size_t n, cap;
    uint64_t *slots; /* (n_slots) open addressing: 32 hash bits, 32 bits index + 1 */
    size_t n_slots;
} norni_map;

enum { NORNI_MAP_NONE = -1 };

void norni_map_init(norni_map *m, const norn_alloc *alloc);
void norni_map_clear(norni_map *m);
/* Index of the key, or NORNI_MAP_NONE. */
int64_t norni_map_find(const norni_map *m, norni_str key);
/* Index of the key, adding it (bytes borrowed) when new; NORNI_MAP_NONE when memory is out. *added
 * may be NULL. */
int64_t norni_map_add(norni_map *m, norni_str key, bool *added);

#endif
