/* Sorting the rows of Prophet's public calls by time, and those without y left out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/prophet_sorted.h"

#include <math.h>

#include "base/sort.h"

static int by_time(const void *arg, size_t a, size_t b) {
    const int64_t *ds = arg;
    return (ds[a] > ds[b]) - (ds[a] < ds[b]);
}

static norn_status check_rows(const norn_prophet_rows *rows, norn_err *err) {
    if (rows == NULL || (rows->n && rows->ds == NULL))
        return norn_fail(err, NORN_E_ARG, "prophet: rows with a column ds must be given");
    if (rows->n_x && (rows->x_name == NULL || rows->x == NULL))
        return norn_fail(err, NORN_E_ARG, "prophet: n_x=%zu without x_name and x", rows->n_x);
    for (size_t k = 0; k < rows->n_x; k++)
        if (rows->x_name[k] == NULL || (rows->x[k] == NULL && rows->n))
            return norn_fail(err, NORN_E_ARG, "prophet: column %zu of x has no name or no values",
                             k);
    return NORN_OK;
}

static norn_status move(norni_arena *arena, const size_t *order, size_t n, const double *from,
                        const double **to, norn_err *err) {
    *to = from;
    if (from == NULL || order == NULL) return NORN_OK;
    double *moved = norni_arena_get(arena, n, sizeof *moved);
    if (moved == NULL) return norni_alloc_fail(err, "prophet", n, sizeof *moved);
    for (size_t i = 0; i < n; i++)
        moved[i] = from[order[i]];
    *to = moved;
    return NORN_OK;
}

/* *order NULL: in order as they are. */
static norn_status find_order(norni_arena *arena, const int64_t *ds, size_t n, size_t **order,
                              norn_err *err) {
    bool ascending = true;
    *order = NULL;
    for (size_t i = 1; i < n && ascending; i++)
        ascending = ds[i - 1] <= ds[i];
    if (ascending) return NORN_OK;
    size_t *index = norni_arena_get(arena, n, sizeof *index),
           *scratch = norni_arena_get(arena, n, sizeof *scratch);
    if (index == NULL || scratch == NULL) return norni_alloc_fail(err, "prophet", n, sizeof *index);
    for (size_t i = 0; i < n; i++)
        index[i] = i;
    norni_sort_index(index, n, by_time, ds, scratch);
    *order = index;
    return NORN_OK;
}

norn_status norni_prophet_sorted(norni_arena *arena, const norn_prophet_rows *rows,
                                 norni_prophet_rows *out, norn_err *err) {
    size_t *order;
    NORN_TRY(check_rows(rows, err));
    const size_t n = rows->n;
    NORN_TRY(find_order(arena, rows->ds, n, &order, err));
    *out = (norni_prophet_rows){.n = n, .ds = rows->ds, .n_x = rows->n_x};
    NORN_TRY(move(arena, order, n, rows->y, &out->y, err));
    NORN_TRY(move(arena, order, n, rows->cap, &out->cap, err));
    NORN_TRY(move(arena, order, n, rows->floor, &out->floor, err));
    norni_str *name = norni_arena_get(arena, rows->n_x, sizeof *name);
    const double **x = norni_arena_get(arena, rows->n_x, sizeof *x);
    if (name == NULL || x == NULL) return norni_alloc_fail(err, "prophet", rows->n_x, sizeof *name);
    for (size_t k = 0; k < rows->n_x; k++) {
        name[k] = norni_str_of(rows->x_name[k]);
        NORN_TRY(move(arena, order, n, rows->x[k], &x[k], err));
    }
    out->x_name = name;
    out->x = x;
    if (order) {
        int64_t *ds = norni_arena_get(arena, n, sizeof *ds);
        if (ds == NULL) return norni_alloc_fail(err, "prophet", n, sizeof *ds);
        for (size_t i = 0; i < n; i++)
            ds[i] = rows->ds[order[i]];
        out->ds = ds;
    }
    return NORN_OK;
}

static double *gather(norni_arena *arena, const size_t *row, size_t n, const double *column) {
    double *out = norni_arena_get(arena, n, sizeof *out);
    for (size_t i = 0; out && i < n; i++)
        out[i] = column[row[i]];
    return out;
}

norn_status norni_prophet_seen(norni_arena *arena, const norni_prophet_rows *from,
                               norni_prophet_rows *to, norn_err *err) {
    size_t n = 0;
    *to = *from;
    if (from->y == NULL)
        return norn_fail(err, NORN_E_DATA, "prophet: the data must have columns ds and y");
    for (size_t i = 0; i < from->n; i++)
        n += isnan(from->y[i]) ? 0 : 1;
    if (n == from->n) return NORN_OK;
    size_t *row = norni_arena_get(arena, n, sizeof *row);
    int64_t *ds = norni_arena_get(arena, n, sizeof *ds);
    const double **x = norni_arena_get(arena, from->n_x, sizeof *x);
    if (row == NULL || ds == NULL || x == NULL) return norni_alloc_fail(err, "prophet", n, 16);
    for (size_t i = 0, k = 0; i < from->n; i++)
        if (!isnan(from->y[i])) {
            row[k] = i;
            ds[k++] = from->ds[i];
        }
    const double *const in[] = {from->y, from->cap, from->floor};
    const double **const out[] = {&to->y, &to->cap, &to->floor};
    for (size_t k = 0; k < 3 + from->n_x; k++) {
        const double *column = k < 3 ? in[k] : from->x[k - 3];
        double *picked = column ? gather(arena, row, n, column) : NULL;
        if (column && picked == NULL) return norni_alloc_fail(err, "prophet", n, sizeof *picked);
        *(k < 3 ? out[k] : &x[k - 3]) = picked;
    }
    to->n = n;
    to->ds = ds;
    to->x = x;
    return NORN_OK;
}
