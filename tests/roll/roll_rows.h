/* Reads the rows of rolling order statistics that pandas gave (tests/oracle/roll_order_pandas.py). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORN_TEST_ROLL_ROWS_H
#define NORN_TEST_ROLL_ROWS_H

#include <stdlib.h>

#include "roll_twin.h"

enum { ROLL_ROW_MAX = 200 };

/* A line: x, n and n values; or op, window, min_periods, q, how and n results for the x above. */
typedef struct roll_row {
    char op[16], how[24];
    size_t window, min_periods, n;
    double q, x[ROLL_ROW_MAX], want[ROLL_ROW_MAX];
} roll_row;

static FILE *roll_rows_open(const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", NORN_FIXTURES, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    return f;
}

static double roll_row_number(FILE *f) {
    char text[64];
    assert_int_equal(fscanf(f, "%63s", text), 1);
    return strtod(text, NULL);
}

static bool roll_row_read(FILE *f, roll_row *r) {
    int c;
    while ((c = fgetc(f)) == '#')
        while ((c = fgetc(f)) != '\n' && c != EOF) {
        }
    if (c == EOF) return false;
    ungetc(c, f);
    if (fscanf(f, "%15s", r->op) != 1) return false;
    if (strcmp(r->op, "x") == 0) {
        r->n = (size_t)roll_row_number(f);
        assert_true(r->n <= ROLL_ROW_MAX);
        for (size_t i = 0; i < r->n; i++)
            r->x[i] = roll_row_number(f);
        assert_int_equal(fscanf(f, "%15s", r->op), 1);
    }
    r->window = (size_t)roll_row_number(f);
    r->min_periods = (size_t)roll_row_number(f);
    r->q = roll_row_number(f);
    assert_int_equal(fscanf(f, "%23s", r->how), 1);
    for (size_t i = 0; i < r->n; i++)
        r->want[i] = roll_row_number(f);
    fgetc(f);
    return true;
}

static void roll_row_check(const roll_row *r, norni_roll_fn *fn, const norni_roll_arg *arg) {
    static double out[ROLL_ROW_MAX];
    const norni_roll_windows w = {.n = r->n,
                                  .n_out = r->n,
                                  .length = r->window,
                                  .first_end = 1,
                                  .min_periods = r->min_periods};
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norn_err err;
    norni_arena_init(&arena, &alloc);
    assert_int_equal(fn(r->x, &w, arg, &arena, NULL, out, &err), NORN_OK);
    for (size_t k = 0; k < r->n; k++)
        if (!(out[k] == r->want[k] || (isnan(out[k]) && isnan(r->want[k]))))
            fail_msg("%s %s window %zu min_periods %zu: at %zu %.17g, pandas %.17g", r->op, r->how,
                     r->window, r->min_periods, k, out[k], r->want[k]);
    norni_arena_clear(&arena);
}

#endif
