/* The list that features are added to. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "feat/features_parts.h"

#include "base/grow.h"

norn_status norni_feature_add(norni_feature_list *list, const norni_feature_column *column,
                              norn_err *err, const char *fmt, ...) {
    va_list ap;
    char text[512];
    norni_feature_column *col =
        norni_list_grow(list->arena, list->col, list->n, &list->cap, 256, sizeof *col);
    if (col == NULL) return norni_alloc_fail(err, "features", list->cap, sizeof *col);
    list->col = col;
    va_start(ap, fmt);
    const size_t n = norni_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    const char *name = norni_arena_text(list->arena, text, n);
    if (name == NULL) return norni_alloc_fail(err, "features", n, 1);
    col[list->n] = *column;
    col[list->n++].name = (norni_str){name, n};
    return NORN_OK;
}
