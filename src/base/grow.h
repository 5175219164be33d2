/* Lists that grow in an arena: room for one element more. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_GROW_H
#define NORNI_GROW_H

#include "base/arena.h"

/* The list (n of *cap elements of `size` bytes) with room behind them: itself, or its copy of twice the
 * room, at first of `first` elements. NULL: out of memory, and the list is as it was. */
void *norni_list_grow(norni_arena *arena, void *list, size_t n, size_t *cap, size_t first,
                      size_t size);

#endif
