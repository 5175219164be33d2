/* Regions and departments of a report's rows, and the columns that are none of its keys. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"
#include "base/sort.h"
#include "finance/finance_rows.h"

/* Only an empty cell and marks of nothing: NA may be North America. */
static bool is_name(norni_str s) {
    return s.n > 0 && (norni_str_is(s, "NA") || !norni_fin_cell_missing(s));
}

static int by_name(const void *arg, size_t a, size_t b) {
    const norni_str *const name = arg;
    return norni_str_cmp(name[a], name[b]);
}

/* Names in order of bytes; of[] renumbered. */
static norn_status order_names(norni_fin_rows *r, const norni_map *map, uint32_t *of,
                               norni_fin_groups *out, norn_err *err) {
    const size_t n = map->n;
    norni_str *const name = norni_arena_get(r->arena, n, sizeof *name);
    size_t *const index = norni_arena_get(r->arena, 2 * n, sizeof *index);
    uint32_t *const place = norni_arena_get(r->arena, n, sizeof *place);
    if (name == NULL || index == NULL || place == NULL)
        return norni_alloc_fail(err, "report", n, sizeof *index);
    for (size_t g = 0; g < n; g++)
        index[g] = g;
    norni_sort_index(index, n, by_name, map->keys, index + n);
    for (size_t g = 0; g < n; g++) {
        name[g] = map->keys[index[g]];
        place[index[g]] = (uint32_t)g;
    }
    for (size_t i = 0; i < r->n; i++) {
        if (of[i] != UINT32_MAX) of[i] = place[of[i]];
    }
    *out = (norni_fin_groups){n, name, of};
    return NORN_OK;
}

/* Column c as groups, or why not: it is empty; as a stand-in it has too many names. */
static norn_status try_group(norni_fin_rows *r, size_t c, norni_map *map, norni_fin_groups *out,
                             norn_err *err) {
    norni_fin_column *const column = &r->column[c];
    uint32_t *const of = norni_arena_get(r->arena, r->n, sizeof *of);
    if (of == NULL) return norni_alloc_fail(err, "report", r->n, sizeof *of);
    for (size_t i = 0; i < r->n; i++) {
        const norni_str s = norni_fin_rows_cell(r, i, c);
        of[i] = UINT32_MAX;
        if (!is_name(s)) continue;
        const bool again =
            i > 0 && of[i - 1] != UINT32_MAX && norni_str_cmp(map->keys[of[i - 1]], s) == 0;
        const int64_t at = again ? (int64_t)of[i - 1] : norni_map_add(map, s, NULL);
        if (at == NORNI_MAP_NONE) return norni_alloc_fail(err, "report", r->n, 1);
        of[i] = (uint32_t)at;
        if (column->rank >= NORNI_FIN_STAND_IN && map->n > NORNI_FIN_MOST_STAND_IN) {
            column->why = "too many different names to stand in";
            return NORN_OK;
        }
    }
    if (map->n == 0) {
        column->why = "the column is empty";
        return NORN_OK;
    }
    return order_names(r, map, of, out, err);
}

/* Rows of no region: they count in the totals, and in no region's. */
static norn_status tell_blank(norni_fin_rows *r, norni_fin_key k, size_t c, const uint32_t *of,
                              norn_err *err) {
    const norni_str name = norni_fin_quoted(r->column[c].name);
    size_t n = 0, first = 0;
    for (size_t i = r->n; i-- > 0;) {
        if (of[i] != UINT32_MAX) continue;
        first = i;
        n++;
    }
    if (n == 0) return NORN_OK;
    return norni_fin_rows_note(
        r, err,
        "column %.*s is empty in %zu of %zu rows, which belong to no %s: first "
        "line %llu%s",
        (int)name.n, name.p, n, r->n, norni_fin_key_name(k),
        (unsigned long long)r->line[first].row->line, norni_fin_of_a_file(r));
}

static norn_status choose(norni_fin_rows *r, norni_fin_key k, norni_fin_groups *out,
                          norn_err *err) {
    size_t winner = r->n_columns;
    for (unsigned rank = NORNI_FIN_BY_HAND; rank <= NORNI_FIN_LAST_RESORT && winner == r->n_columns;
         rank++) {
        for (size_t c = 0; c < r->n_columns && winner == r->n_columns; c++) {
            norni_fin_column *const column = &r->column[c];
            if (column->role != (unsigned)k || column->rank != (norni_fin_rank)rank ||
                column->why != NULL)
                continue;
            norni_map map;
            norni_map_init(&map, &r->ctx->alloc);
            const norn_status st = try_group(r, c, &map, out, err);
            norni_map_clear(&map);
            NORN_TRY(st);
            if (out->of == NULL) continue;
            winner = c;
            NORN_TRY(tell_blank(r, k, c, out->of, err));
            column->key = norni_fin_key_name(k);
            column->why = norni_fin_rank_text((norni_fin_rank)rank);
        }
    }
    for (size_t c = 0; c < r->n_columns && winner < r->n_columns; c++) {
        norni_fin_column *const column = &r->column[c];
        if (column->role != (unsigned)k || column->why != NULL) continue;
        const norni_str name = norni_fin_quoted(r->column[winner].name);
        column->why = norni_fin_rows_text(r, "the %s is %.*s already", norni_fin_key_name(k),
                                          (int)name.n, name.p);
        if (column->why == NULL) return norni_alloc_fail(err, "report", 1, 64);
    }
    return NORN_OK;
}

norn_status norni_fin_rows_groups(norni_fin_rows *r, norni_fin_table *t, norn_err *err) {
    NORN_TRY(choose(r, NORNI_FIN_REGION, &t->region, err));
    return choose(r, NORNI_FIN_DEPARTMENT, &t->department, err);
}

/* The first cells tell most texts from numbers without reading all of them. */
static bool begins_as_text(const norni_str *cell, size_t n) {
    size_t other = 0, numbers = 0;
    double x;
    for (size_t i = 0; i < n && other + numbers < 32; i++) {
        const norni_fin_cell kind = norni_fin_number_parse(cell[i], '.', &x);
        other += kind == NORNI_FIN_CELL_OTHER;
        numbers += kind == NORNI_FIN_CELL_NUMBER;
    }
    return other == 32;
}

norn_status norni_fin_rows_extras(norni_fin_rows *r, norni_fin_table *t, norn_err *err) {
    norni_fin_extra *const extra = norni_arena_get(r->arena, r->n_columns, sizeof *extra);
    norni_fin_mapping *const mapping = norni_arena_get(r->arena, r->n_columns, sizeof *mapping);
    if (extra == NULL || mapping == NULL)
        return norni_alloc_fail(err, "report", r->n_columns, sizeof *extra);
    for (size_t c = 0; c < r->n_columns; c++) {
        norni_fin_column *const column = &r->column[c];
        if (column->why == NULL) column->why = "no key is known by this header";
        mapping[c] = (norni_fin_mapping){column->name, column->key, column->why};
        t->columns_kept += column->key != NULL;
        if (column->key != NULL) continue;
        norni_str *const cell = norni_fin_rows_column(r, c);
        norni_fin_numbers x;
        if (cell == NULL) return norni_alloc_fail(err, "report", r->n, sizeof *cell);
        extra[t->n_extra] = (norni_fin_extra){column->name, NULL, cell};
        if (!begins_as_text(cell, r->n)) {
            const norni_arena_mark mark = norni_arena_mark_get(r->arena);
            NORN_TRY(norni_fin_rows_numbers(r, cell, &x, err));
            if (x.n_numbers > x.n_other)
                extra[t->n_extra].number = x.x;
            else
                norni_arena_rewind(r->arena, mark);
        }
        t->n_extra++;
        if (norn_ctx_cancelled(r->ctx)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
    }
    t->columns_kept += t->n_extra;
    t->columns_read = r->n_columns;
    t->extra = extra;
    t->mapping = mapping;
    t->n_mapping = r->n_columns;
    return NORN_OK;
}
