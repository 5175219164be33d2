/* Lists that grow in an arena: room for one element more. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/grow.h"

#include <string.h>

void *norni_list_grow(norni_arena *arena, void *list, size_t n, size_t *cap, size_t first,
                      size_t size) {
    if (n < *cap) return list;
    if (*cap > SIZE_MAX / 2) return NULL;
    const size_t more = *cap > 0 ? 2 * *cap : first;
    void *grown = norni_arena_get(arena, more, size);
    if (grown == NULL) return NULL;
    if (n > 0) memcpy(grown, list, n * size);
    *cap = more;
    return grown;
}
