/* A chunk of any layout, and what its panel takes from the table. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/panel_chunk.h"

norn_status norni_parse_chunk(const norni_table *t, const norni_chunk *chunk, norni_arena *arena,
                              norni_chunk_rows *out, norn_err *err) {
    switch (t->opt.layout) {
        case NORNI_LAYOUT_LONG: return norni_parse_long(t, chunk, arena, out, err);
        case NORNI_LAYOUT_ROWS: return norni_parse_rows(t, chunk, arena, out, err);
        case NORNI_LAYOUT_WIDE: break;
    }
    return norni_parse_wide(t, chunk, arena, out, err);
}

norn_status norni_fail_twice(const norni_table *t, norni_str id, uint64_t line, size_t input,
                             norn_err *err) {
    char place[160];
    const norni_chunk at = {.input = input};
    norni_chunk_place(&t->cut, &at, place);
    return norn_fail(err, NORN_E_DATA, "%sline %llu: series '%.*s' stands twice", place,
                     (unsigned long long)line, (int)(id.n > 60 ? 60 : id.n), id.p);
}

void norni_borrow_names(const norni_table *t, norni_panel *out) {
    out->has_id = t->has_id;
    out->id_name = t->id_name;
    out->time_name = t->time_name;
    out->target_name = t->target_name;
    out->x_names = t->x_names;
    out->n_x = t->n_x;
    out->style = t->style;
}
