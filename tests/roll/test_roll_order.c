/* Rolling medians and quantiles beside naive twins and pandas' numbers; fast ways beside plain ones. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "roll_twin.h"

#include <stdlib.h>

#include "roll/roll_order_pick.h"
#include "roll/roll_order_sort.h"
#include "roll_rows.h"

static int rising(const void *a, const void *b) {
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* Written from numpy's definitions, on a sorted copy. */
static double twin_quantile(const double *x, size_t lo, size_t hi, size_t min_periods,
                            const norni_roll_arg *arg) {
    static double v[TWIN_MAX];
    size_t m = 0;
    for (size_t i = lo; i < hi; i++)
        if (isfinite(x[i])) v[m++] = x[i];
    if (m == 0 || m < min_periods) return NORNI_NAN;
    qsort(v, m, sizeof *v, rising);
    const double h = arg->quantile * (double)(m - 1), floored = floor(h), f = h - floored;
    const size_t i = (size_t)floored, j = f > 0 ? i + 1 : i;
    switch (arg->interpolation) {
        case NORNI_ROLL_LOWER: return v[i];
        case NORNI_ROLL_HIGHER: return v[j];
        case NORNI_ROLL_NEAREST: return f > 0.5 || (f == 0.5 && i % 2 == 1) ? v[j] : v[i];
        case NORNI_ROLL_MIDPOINT:
            return isfinite(v[i] + v[j]) ? (v[i] + v[j]) / 2 : v[i] / 2 + v[j] / 2;
        case NORNI_ROLL_LINEAR: break;
    }
    return isfinite(v[j] - v[i]) ? v[i] + (v[j] - v[i]) * f : v[i] * (1 - f) + v[j] * f;
}

static double twin_median(const double *x, size_t lo, size_t hi, size_t min_periods,
                          const norni_roll_arg *arg) {
    static double v[TWIN_MAX];
    size_t m = 0;
    (void)arg;
    for (size_t i = lo; i < hi; i++)
        if (isfinite(x[i])) v[m++] = x[i];
    if (m == 0 || m < min_periods) return NORNI_NAN;
    qsort(v, m, sizeof *v, rising);
    if (m % 2 == 1) return v[m / 2];
    const double a = v[m / 2 - 1], b = v[m / 2];
    return isfinite(a + b) ? (a + b) / 2 : a / 2 + b / 2;
}

static void equals_twin(void **state) {
    (void)state;
    const twin_op median = {"median", norni_roll_median, twin_median};
    norni_roll_arg arg = {0};
    twin_rounds(&median, &arg, 800);
    const twin_op quantile = {"quantile", norni_roll_quantile, twin_quantile};
    const double q[] = {0, 1, 0.5, 0.25, 0.3, 0.99};
    const norni_roll_interpolation how[] = {NORNI_ROLL_LINEAR, NORNI_ROLL_LOWER, NORNI_ROLL_HIGHER,
                                            NORNI_ROLL_NEAREST, NORNI_ROLL_MIDPOINT};
    for (size_t i = 0; i < 6; i++) {
        for (size_t h = 0; h < 5; h++) {
            arg.quantile = q[i], arg.interpolation = how[h];
            twin_rounds(&quantile, &arg, 40);
        }
    }
}

/* The CPU's bit instructions change nothing. */
static void fast_equals_plain(void **state) {
    (void)state;
    static double x[TWIN_MAX], out[2][TWIN_MAX];
    static size_t lo[TWIN_MAX], hi[TWIN_MAX];
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norn_err err;
    norni_arena_init(&arena, &alloc);
    twin_state = 5;
    for (int r = 0; r < 200; r++) {
        const size_t n = twin_below(r % 10 ? 300 : TWIN_MAX);
        twin_fill(x, n, r % TWIN_KINDS);
        const norni_roll_windows w = twin_windows(n, twin_below(n + 1), lo, hi);
        const double q = twin_unit();
        for (int plain = 0; plain < 2; plain++)
            assert_int_equal(norni_roll_order_slide(x, &w, q, NORNI_ROLL_LINEAR, plain, &arena,
                                                    NULL, out[plain], &err),
                             NORN_OK);
        assert_memory_equal(out[0], out[1], w.n_out * sizeof(double));
        norni_arena_reset(&arena);
    }
    norni_arena_clear(&arena);
}

static void lanes_equal_bitmaps(void **state) {
    (void)state;
    static double x[TWIN_MAX], out[2][TWIN_MAX];
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norn_err err;
    norni_arena_init(&arena, &alloc);
    twin_state = 6;
    for (int r = 0; r < 31 * 2 * TWIN_KINDS; r++) {
        const size_t n = 1 + twin_below(900);
        norni_roll_windows w = {.n = n, .n_out = n, .length = 2 + (size_t)r % 31};
        w.first_end = twin_below(2) ? 1 : (ptrdiff_t)twin_below(60) - 20;
        w.min_periods = twin_below(w.length + 1);
        const norni_roll_interpolation how = (norni_roll_interpolation)twin_below(5);
        const double q = twin_below(3) ? twin_unit() : 0.5;
        twin_fill(x, n, r / 31 % TWIN_KINDS);
        if (!norni_roll_order_is_short(&w)) continue; /* a CPU without such lanes */
        assert_int_equal(norni_roll_order_short(x, &w, q, how, &arena, NULL, out[0], &err),
                         NORN_OK);
        assert_int_equal(norni_roll_order_slide(x, &w, q, how, true, &arena, NULL, out[1], &err),
                         NORN_OK);
        assert_memory_equal(out[0], out[1], n * sizeof(double));
        norni_arena_reset(&arena);
    }
    norni_arena_clear(&arena);
}

/* Ranks of a stretch are those of a stable sort, whichever way it was sorted. */
static void ranks_are_stable(void **state) {
    (void)state;
    static double x[TWIN_MAX];
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_roll_order o;
    norn_err err;
    norni_arena_init(&arena, &alloc);
    assert_int_equal(norni_roll_order_init(&o, TWIN_MAX, &arena, &err), NORN_OK);
    twin_state = 9;
    for (int r = 0; r < 200; r++) {
        const size_t n = twin_below(r % 20 ? 200 : 2000);
        twin_fill(x, n, r % TWIN_KINDS);
        if (r % 7 == 0) /* crowds in any scale */
            for (size_t i = 0; i < n; i++)
                x[i] = twin_below(50) ? 1 + 1e-9 * x[i] : x[i];
        assert_true(norni_roll_order_rank(&o, x, n));
        for (size_t i = 0; i < n; i++) {
            size_t rank = 0;
            for (size_t j = 0; j < n; j++)
                rank += isfinite(x[j]) && (x[j] < x[i] || (x[j] == x[i] && j < i));
            if (isfinite(x[i])) {
                assert_int_equal(o.rank[i], rank);
                assert_true(o.sorted[rank] == x[i]);
            } else {
                assert_int_equal(o.rank[i], NORNI_ROLL_ORDER_NONE);
            }
        }
    }
    norni_arena_clear(&arena);
}

static norni_roll_interpolation interpolation_of(const char *name) {
    const char *names[] = {"linear", "lower", "higher", "nearest", "midpoint"};
    for (int i = 0; i < 5; i++)
        if (strcmp(name, names[i]) == 0) return (norni_roll_interpolation)i;
    fail_msg("interpolation %s", name);
    return NORNI_ROLL_LINEAR;
}

/* Bit by bit: pandas does the same arithmetic. */
static void equals_pandas(void **state) {
    (void)state;
    roll_row row;
    FILE *f = roll_rows_open("roll_order_pandas.txt");
    int rows = 0;
    while (roll_row_read(f, &row)) {
        norni_roll_arg arg = {0};
        norni_roll_fn *fn = norni_roll_median;
        if (strcmp(row.op, "quantile") == 0) {
            fn = norni_roll_quantile;
            arg.quantile = row.q;
            arg.interpolation = interpolation_of(row.how);
        } else if (strcmp(row.op, "median") != 0) {
            continue;
        }
        roll_row_check(&row, fn, &arg);
        rows++;
    }
    fclose(f);
    assert_true(rows >= 40);
}

static void hears_cancel(void **state) {
    (void)state;
    twin_hears_cancel(norni_roll_median);
}

static void polls_while_it_sorts(void **state) {
    (void)state;
    twin_polls_often(norni_roll_median, TWIN_LONG + 1, false, 40);
    twin_polls_often(norni_roll_median, TWIN_LONG + 1, true, 120);
    twin_polls_often(norni_roll_median, TWIN_LONG / 4, false, 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_twin),         cmocka_unit_test(fast_equals_plain),
        cmocka_unit_test(lanes_equal_bitmaps), cmocka_unit_test(ranks_are_stable),
        cmocka_unit_test(hears_cancel),        cmocka_unit_test(polls_while_it_sorts),
        cmocka_unit_test(equals_pandas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
