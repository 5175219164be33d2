/* Bins of columns: midpoints, equal stretches, ties, extremes, names, coarser bins. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"
#include "feat/bins.h"

enum { MANY = 5000 };

typedef struct room {
    norn_alloc alloc;
    norni_arena arena;
} room;

static int open_room(void **state) {
    static room r;
    r.alloc = norni_alloc_default();
    norni_arena_init(&r.arena, &r.alloc);
    *state = &r;
    return 0;
}

static int close_room(void **state) {
    norni_arena_clear(&((room *)*state)->arena);
    return 0;
}

static norni_bin_column cut(void **state, const double *x, size_t n, uint32_t max_bins) {
    norni_bin_column c;
    norn_err err;
    assert_int_equal(norni_bins_cut(&((room *)*state)->arena, x, n, NORNI_FEATURE_CONTINUOUS,
                                    max_bins, &c, &err),
                     NORN_OK);
    for (uint32_t i = 1; i < c.n_cuts; i++)
        assert_true(c.cut[i - 1] < c.cut[i]);
    assert_int_equal(c.n_bins, c.n_cuts + 3);
    assert_true(c.n_bins <= max_bins);
    return c;
}

static void test_midpoints(void **state) {
    const double x[] = {3, 1, NORNI_NAN, 2, 1, 10};
    const norni_bin_column c = cut(state, x, 6, 6);
    assert_int_equal(c.n_cuts, 3);
    assert_true(c.cut[0] == 1.5 && c.cut[1] == 2.5 && c.cut[2] == 6.5);
    assert_true(c.least == 1 && c.most == 10);
    uint16_t bin[6];
    norni_bins_place(&c, x, 6, bin);
    const uint16_t want[] = {3, 1, 0, 2, 1, 4};
    assert_memory_equal(bin, want, sizeof want);
    const double edge[] = {1.5, 1.4999999, -1e300, 1e300, 6.5};
    norni_bins_place(&c, edge, 5, bin);
    const uint16_t at[] = {2, 1, 1, 4, 4}; /* a cut belongs to the bin on its right */
    assert_memory_equal(bin, at, sizeof at);
}

static void test_neighbours_and_giants(void **state) {
    const double next = nextafter(1, 2);
    const double x[] = {1, next}, big[] = {-1.7e308, 1.7e308, 0};
    const norni_bin_column c = cut(state, x, 2, 1024);
    assert_true(c.cut[0] == next); /* nothing lies between: the upper one */
    const norni_bin_column g = cut(state, big, 3, 1024);
    assert_true(g.cut[0] == -0.85e308 && g.cut[1] == 0.85e308);
    const double two[] = {-1.7e308, 1.7e308};
    assert_true(cut(state, two, 2, 8).cut[0] == 0);
}

static void test_nothing_to_cut(void **state) {
    const double same[] = {7, 7, 7}, none[] = {NORNI_NAN, NORNI_NAN}, zeros[] = {-0.0, 0.0};
    assert_int_equal(cut(state, same, 3, 64).n_bins, 3);
    const norni_bin_column c = cut(state, none, 2, 64);
    uint16_t bin[2];
    assert_int_equal(c.n_bins, 3);
    assert_true(isnan(c.least) && isnan(c.most));
    norni_bins_place(&c, none, 2, bin);
    assert_true(bin[0] == 0 && bin[1] == 0);
    assert_int_equal(cut(state, zeros, 2, 64).n_bins, 3);
    assert_int_equal(cut(state, NULL, 0, 64).n_bins, 3);
    const double five[] = {1, 2, 3, 4, 5};
    assert_int_equal(cut(state, five, 5, 3).n_cuts, 0);
}

static void count_bins(const norni_bin_column *c, const double *x, size_t n, uint32_t *count) {
    static uint16_t bin[MANY];
    memset(count, 0, c->n_bins * sizeof *count);
    norni_bins_place(c, x, n, bin);
    for (size_t i = 0; i < n; i++)
        count[bin[i]]++;
}

static void test_equal_stretches(void **state) {
    static double x[MANY], moved[MANY];
    uint32_t count[64];
    for (size_t i = 0; i < MANY; i++)
        x[i] = norni_rng_normal((norni_rng){1, 2}, i);
    const norni_bin_column c = cut(state, x, MANY, 64);
    assert_int_equal(c.n_bins, 64);
    count_bins(&c, x, MANY, count);
    for (uint32_t b = 1; b < 63; b++)
        assert_in_range(count[b], 79, 82); /* 5000 / 62 = 80.6 */
    for (size_t i = 0; i < MANY; i++)
        moved[(i * 1877) % MANY] = x[i];
    const norni_bin_column m = cut(state, moved, MANY, 64);
    assert_memory_equal(m.cut, c.cut, c.n_cuts * sizeof *c.cut);
}

/* Half of the rows hold one value: it gets a bin for itself, the others share what is left evenly. */
static void test_heavy_value(void **state) {
    static double x[MANY];
    uint32_t count[64];
    for (size_t i = 0; i < MANY; i++)
        x[i] = i % 2 ? 0 : norni_rng_normal((norni_rng){1, 3}, i);
    const norni_bin_column c = cut(state, x, MANY, 23);
    count_bins(&c, x, MANY, count);
    uint32_t heavy = 0;
    for (uint32_t b = 1; b + 1 < c.n_bins; b++) {
        if (count[b] == MANY / 2)
            heavy++;
        else
            assert_in_range(count[b], 90, 160); /* 2500 / 20 = 125 */
    }
    assert_int_equal(heavy, 1);
    assert_true(c.n_bins >= 22);
}

static void test_names(void **state) {
    const double x[] = {2, 0, NORNI_NAN, 1}, bad[] = {0.5}, far[] = {3, -1, 2.5, 2};
    norni_arena *arena = &((room *)*state)->arena;
    norni_bin_column c;
    norn_err err;
    uint16_t bin[4];
    assert_int_equal(norni_bins_cut(arena, x, 4, NORNI_FEATURE_NOMINAL, 3, &c, &err), NORN_OK);
    assert_int_equal(c.n_bins, 5);
    norni_bins_place(&c, x, 4, bin);
    const uint16_t want[] = {3, 1, 0, 2}, unseen[] = {4, 4, 4, 3};
    assert_memory_equal(bin, want, sizeof want);
    norni_bins_place(&c, far, 4, bin);
    assert_memory_equal(bin, unseen, sizeof unseen);
    assert_int_equal(norni_bins_cut(arena, bad, 1, NORNI_FEATURE_NOMINAL, 3, &c, &err),
                     NORN_E_DATA);
    const double inf[] = {1, NORNI_INF};
    assert_int_equal(norni_bins_cut(arena, inf, 2, NORNI_FEATURE_CONTINUOUS, 9, &c, &err),
                     NORN_E_DATA);
    assert_int_equal(norni_bins_cut(arena, inf, 1, NORNI_FEATURE_CONTINUOUS, 2, &c, &err),
                     NORN_E_ARG);
}

static void test_coarser(void **state) {
    static double x[MANY], names[MANY];
    norni_arena *arena = &((room *)*state)->arena;
    for (size_t i = 0; i < MANY; i++) {
        x[i] = i % 11 == 0 ? NORNI_NAN : norni_rng_normal((norni_rng){1, 4}, i);
        names[i] = (double)(i % 5);
    }
    const double *columns[] = {x, names};
    const norni_feature_kind kinds[] = {NORNI_FEATURE_CONTINUOUS, NORNI_FEATURE_NOMINAL};
    norni_bins fine, coarse;
    norn_err err;
    assert_int_equal(norni_bins_make(arena, NULL, columns, kinds, 2, MANY, 1024, &fine, &err),
                     NORN_OK);
    assert_int_equal(norni_bins_coarsen(arena, &fine, 32, &coarse, &err), NORN_OK);
    assert_int_equal(coarse.column[0].n_bins, 32);
    assert_int_equal(coarse.column[1].n_bins, 7);
    static uint16_t again[MANY];
    norni_bins_place(&coarse.column[0], x, MANY, again);
    assert_memory_equal(again, coarse.index[0], sizeof again);
    assert_memory_equal(fine.index[1], coarse.index[1], sizeof again);
    uint32_t count[32];
    count_bins(&coarse.column[0], x, MANY, count);
    for (uint32_t b = 1; b < 31; b++)
        assert_in_range(count[b], 146, 156); /* 4545 / 30 = 151.5 */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_midpoints),      cmocka_unit_test(test_neighbours_and_giants),
        cmocka_unit_test(test_nothing_to_cut), cmocka_unit_test(test_equal_stretches),
        cmocka_unit_test(test_heavy_value),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_coarser),
    };
    return cmocka_run_group_tests(tests, open_room, close_room);
}
