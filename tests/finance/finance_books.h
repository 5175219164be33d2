/* Small books for tests, written as the lines of a table under the house's own keys. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FINANCE_BOOKS_H
#define FINANCE_BOOKS_H

#include <stdlib.h>

#include "data/calendar.h"
#include "finance/finance_months.h"

enum { BOOK_ROWS = 800, BOOK_COLUMNS = NORNI_FIN_KEYS };

typedef struct book_box {
    norn_alloc alloc;
    norni_arena arena;
    norni_fin_book book;
    int64_t time[BOOK_ROWS];
    double number[NORNI_FIN_NUMBERS][BOOK_ROWS];
    uint32_t region[BOOK_ROWS], department[BOOK_ROWS];
    norni_str regions[8], departments[8];
} book_box;

static inline const char *book_cell(const char *p, norni_str *out) {
    const char *end = p;
    while (*end != 0 && *end != ',' && *end != '\n')
        end++;
    *out = (norni_str){p, (size_t)(end - p)};
    return *end == ',' ? end + 1 : end;
}

/* Groups keep the order of their names' bytes, as the reader's do: name them in that order, "A" before "B". */
static inline uint32_t book_group(norni_str *names, size_t *n, norni_str name) {
    if (name.n == 0) return UINT32_MAX;
    for (uint32_t i = 0; i < *n; i++) {
        if (norni_str_cmp(names[i], name) == 0) return i;
    }
    assert_true(*n < 8);
    names[*n] = name;
    return (uint32_t)(*n)++;
}

/* Lines with a header of keys, "date" first, dates as 2024-02-29, rows in time. */
static inline void book_table(book_box *box, const char *lines) {
    norni_fin_table *t = &box->book.table;
    norni_fin_key key[BOOK_COLUMNS];
    size_t columns = 0;
    const char *p = lines;
    for (norni_str cell; *p != '\n'; columns++) {
        p = book_cell(p, &cell);
        unsigned k = 0;
        while (k < NORNI_FIN_KEYS && !norni_str_is(cell, norni_fin_key_name((norni_fin_key)k)))
            k++;
        assert_true(k < NORNI_FIN_KEYS);
        key[columns] = (norni_fin_key)k;
        if (k < NORNI_FIN_NUMBERS) t->number[k] = box->number[k];
        if (k == NORNI_FIN_REGION) t->region.of = box->region, t->region.name = box->regions;
        if (k == NORNI_FIN_DEPARTMENT)
            t->department.of = box->department, t->department.name = box->departments;
    }
    for (p++; *p != 0; p += *p == '\n', t->n++) {
        assert_true(t->n < BOOK_ROWS);
        for (size_t c = 0; c < columns; c++) {
            norni_str cell;
            p = book_cell(p, &cell);
            if (key[c] == NORNI_FIN_DATE) {
                const norni_civil day = {
                    .year = atoi(cell.p), .month = atoi(cell.p + 5), .day = atoi(cell.p + 8)};
                box->time[t->n] = norni_us_from_civil(&day);
            } else if (key[c] == NORNI_FIN_REGION) {
                box->region[t->n] = book_group(box->regions, &t->region.n, cell);
            } else if (key[c] == NORNI_FIN_DEPARTMENT) {
                box->department[t->n] = book_group(box->departments, &t->department.n, cell);
            } else {
                box->number[key[c]][t->n] = strtod(cell.p, NULL);
            }
        }
    }
    t->time = box->time;
}

/* The table alone, without its months. */
static inline book_box *book_rows(const char *lines) {
    book_box *box = calloc(1, sizeof *box);
    assert_non_null(box);
    box->alloc = norni_alloc_default();
    norni_arena_init(&box->arena, &box->alloc);
    book_table(box, lines);
    return box;
}

static inline book_box *book_new(const char *lines) {
    book_box *box = book_rows(lines);
    norn_err err = {0};
    if (norni_fin_book_make(&box->book, &box->arena, &err) != NORN_OK) fail_msg("%s", err.text);
    return box;
}

static inline void book_free(book_box *box) {
    norni_arena_clear(&box->arena);
    free(box);
}

static inline bool book_near(double a, double b) {
    if (a != a || b != b) return a != a && b != b;
    const double d = a > b ? a - b : b - a, s = b > 0 ? b : -b;
    return d <= 1e-12 * (s + 1e-300) || d <= 1e-12;
}

#endif
