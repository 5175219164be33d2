/* Named columns that a caller will own: built, and handed over. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/prophet_handle.h"

norn_status norni_prophet_sheet_new(const norn_alloc *alloc, size_t n, size_t room,
                                    norni_prophet_sheet **out, norn_err *err) {
    norni_prophet_sheet *s = norni_alloc_zero(alloc, 1, sizeof *s);
    *out = NULL;
    if (s == NULL) return norni_alloc_fail(err, "prophet", 1, sizeof *s);
    s->alloc = *alloc;
    norni_arena_init(&s->arena, &s->alloc);
    s->n = n;
    s->room = room;
    s->name = norni_arena_get(&s->arena, room, sizeof *s->name);
    s->value = norni_arena_get(&s->arena, room, sizeof *s->value);
    if (s->name == NULL || s->value == NULL) {
        norni_prophet_sheet_drop(s);
        return norni_alloc_fail(err, "prophet", room, sizeof *s->value);
    }
    *out = s;
    return NORN_OK;
}

void norni_prophet_sheet_drop(norni_prophet_sheet *sheet) {
    if (sheet == NULL) return;
    const norn_alloc alloc = sheet->alloc;
    norni_arena_clear(&sheet->arena);
    norni_alloc_drop(&alloc, sheet, 1, sizeof *sheet);
}

bool norni_prophet_sheet_alias(norni_prophet_sheet *sheet, norni_str name, const char *suffix,
                               const double *value) {
    const size_t tail = strlen(suffix);
    char *full = norni_arena_get(&sheet->arena, name.n + tail + 1, 1);
    if (full == NULL || value == NULL || sheet->n_column == sheet->room) return false;
    if (name.n) memcpy(full, name.p, name.n);
    memcpy(full + name.n, suffix, tail + 1);
    sheet->name[sheet->n_column] = full;
    sheet->value[sheet->n_column++] = value;
    return true;
}

double *norni_prophet_sheet_column(norni_prophet_sheet *sheet, norni_str name, const char *suffix) {
    double *value = norni_arena_get(&sheet->arena, sheet->n, sizeof *value);
    return norni_prophet_sheet_alias(sheet, name, suffix, value) ? value : NULL;
}

void norni_prophet_sheet_give(norni_prophet_sheet *sheet, const int64_t *ds, const int64_t *cutoff,
                              norn_prophet_table *out) {
    *out = (norn_prophet_table){
        .n = sheet->n,
        .n_column = sheet->n_column,
        .ds = ds,
        .cutoff = cutoff,
        .name = sheet->name,
        .value = sheet->value,
        .owner = sheet,
    };
}

void norn_prophet_table_free(norn_prophet_table *t) {
    if (t == NULL) return;
    norni_prophet_sheet_drop(t->owner);
    *t = (norn_prophet_table){0};
}
