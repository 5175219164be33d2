/* The ground: errors, formatter, buffers, arenas, map and sort against slow twins, hashes, parameter rows. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/grow.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/param.h"
#include "base/rng.h"
#include "base/sort.h"

static void errors_and_format(void **state) {
    (void)state;
    char out[64];
    (void)setlocale(LC_ALL, "de_DE.UTF-8"); /* where it exists, its decimal comma must not show */
    norni_format(out, sizeof out, "%s|%.*s|%c|%d|%u|%x|%zu|%lld|%g|%%", "a", 2, "bcd", 'e', -7, 8U,
                 255U, (size_t)9, -10LL, 0.25);
    assert_string_equal(out, "a|bc|e|-7|8|ff|9|-10|0.25|%");
    const char raw[3] = {'x', 'y', 'z'}; /* no NUL behind it: no byte beyond is read */
    norni_format(out, sizeof out, "%.3s|%.1s|%.60s|%.0s", raw, "bcd", "ab", "never");
    assert_string_equal(out, "xyz|b|ab|");
    norni_format(out, sizeof out, "<%.3s>", "ab\xC3\xA4");
    assert_string_equal(out, "<ab>");
    assert_int_equal(norni_format(out, 6, "ab\xC3\xA4\xC3\xA4"),
                     4); /* cut before the broken character */
    assert_string_equal(out, "ab\xC3\xA4");
    norn_err err;
    assert_int_equal(norn_fail(&err, NORN_E_DATA, "ets: alpha=%g is outside (0,1]", 1.4),
                     NORN_E_DATA);
    assert_string_equal(err.text, "ets: alpha=1.4 is outside (0,1]");
    assert_int_equal(norn_fail(NULL, NORN_E_IO, "nobody listens"), NORN_E_IO);
    assert_string_equal(norn_status_name(NORN_E_LIMIT), "limit");
    assert_string_equal(norn_status_name((norn_status)99), "unknown");
}

static void buffers_and_distance(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_buf b;
    norni_buf_init(&b, &alloc);
    for (int i = 0; i < 1000; i++)
        norni_buf_format(&b, "%d,", i);
    assert_int_equal(b.n, 10 * 2 + 90 * 3 + 900 * 4);
    assert_false(norni_buf_reserve(&b, SIZE_MAX / 2)); /* too much: failed from here on */
    norni_buf_text(&b, "lost");
    assert_true(b.failed);
    norni_buf_clear(&b);
    assert_int_equal(norni_str_distance(norni_str_of("auto_ets"), norni_str_of("autoets")), 1);
    assert_int_equal(norni_str_distance(norni_str_of("thtea"), norni_str_of("theta")),
                     1); /* a swap */
    assert_int_equal(norni_str_distance(norni_str_of(""), norni_str_of("abc")), 3);
}

static void arenas(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena a;
    norni_arena_init(&a, &alloc);
    double *kept = norni_arena_get(&a, 10, sizeof *kept);
    assert_int_equal((uintptr_t)kept % 64, 0);
    kept[9] = 7;
    const norni_arena_mark mark = norni_arena_mark_get(&a);
    for (size_t i = 1; i < 200; i++)
        assert_int_equal((uintptr_t)norni_arena_get(&a, i * 1000, 1) % 64, 0);
    norni_arena_rewind(&a, mark);
    assert_true(kept[9] == 7);
    assert_null(norni_arena_get(&a, SIZE_MAX / 4, 8));
    assert_null(norni_arena_get(&a, SIZE_MAX - 8, 1));
    (void)norni_arena_get(&a, 9 << 20, 1); /* mapped memory, too */
    norni_arena_reset(&a);
    const size_t total = a.total;
    for (int i = 0; i < 100; i++) {
        assert_non_null(norni_arena_get(&a, 1 << 20, 8));
        norni_arena_reset(&a);
    }
    assert_int_equal(a.total, total); /* the large block serves every round */
    norni_arena_clear(&a);
    assert_int_equal(a.total, 0);
}

static void lists_grow(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena a;
    uint32_t *list = NULL;
    size_t cap = 0;
    norni_arena_init(&a, &alloc);
    for (uint32_t n = 0; n < 1000; n++) {
        uint32_t *before = list;
        list = norni_list_grow(&a, list, n, &cap, 3, sizeof *list);
        assert_non_null(list);
        assert_true(cap > n && (n < 3 || cap <= 2 * n));
        assert_true(list == before || n == 0 || n % 3 == 0); /* it moves when it is full alone */
        list[n] = n * n;
    }
    for (uint32_t n = 0; n < 1000; n++)
        assert_int_equal(list[n], n * n);
    assert_int_equal(cap, 3 << 9);
    size_t huge = SIZE_MAX / 2 + 1, wide = SIZE_MAX / 4;
    assert_null(norni_list_grow(&a, list, huge, &huge, 3, 1));
    assert_null(norni_list_grow(&a, list, wide, &wide, 3, sizeof *list));
    assert_true(huge == SIZE_MAX / 2 + 1 && wide == SIZE_MAX / 4);
    norni_arena_clear(&a);
}

static void map_and_twin(void **state) {
    (void)state;
    enum { KEYS = 3000 };
    static char text[KEYS][16];
    const norn_alloc alloc = norni_alloc_default();
    norni_map m;
    norni_map_init(&m, &alloc);
    assert_int_equal(norni_map_find(&m, norni_str_of("x")), NORNI_MAP_NONE);
    int64_t n = 0;
    for (int i = 0; i < KEYS; i++) {
        bool added;
        int twin = 0;
        norni_format(text[i], sizeof text[i], "k%u",
                     (unsigned)(norni_rng_u64((norni_rng){1, 2}, (uint64_t)i) % 1000));
        while (strcmp(text[twin], text[i]) != 0)
            twin++; /* the first with this text */
        const int64_t at = norni_map_add(&m, norni_str_of(text[i]), &added);
        assert_int_equal(added, twin == i);
        assert_int_equal(norni_str_cmp(m.keys[at], norni_str_of(text[i])), 0);
        if (added) assert_int_equal(at, n++); /* insertion order */
    }
    assert_int_equal(m.n, n);
    assert_int_equal(norni_map_find(&m, norni_str_of("k1000")), NORNI_MAP_NONE);
    norni_map_clear(&m);
}

static int by_tens(const void *arg, size_t a, size_t b) {
    const double *x = arg;
    return (floor(x[a] / 10) > floor(x[b] / 10)) - (floor(x[a] / 10) < floor(x[b] / 10));
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sorting(void **state) {
    (void)state;
    static double x[5000], twin[5000];
    static size_t index[5000], scratch[5000];
    const size_t sizes[] = {0, 1, 2, 15, 16, 17, 33, 1000, 4097, 5000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        const size_t n = sizes[s];
        for (int shape = 0; shape < 4; shape++) {
            for (size_t i = 0; i < n; i++) {
                const double random =
                    floor(100 * norni_rng_uniform((norni_rng){s, (uint64_t)shape}, i));
                x[i] = shape == 0   ? random
                       : shape == 1 ? (double)i
                       : shape == 2 ? (double)(n - i)
                                    : 5;
                index[i] = i;
            }
            norni_sort_index(index, n, by_tens, x, scratch);
            for (size_t i = 1; i < n; i++) {
                const int c = by_tens(x, index[i - 1], index[i]);
                assert_true(c < 0 || (c == 0 && index[i - 1] < index[i])); /* stable */
            }
            memcpy(twin, x, n * sizeof *x);
            qsort(twin, n, sizeof *twin, compare_doubles);
            norni_sort_doubles(x, n);
            assert_memory_equal(x, twin, n * sizeof *x);
        }
    }
    double with_nan[] = {NAN, 2, NAN, 1};
    norni_sort_doubles(with_nan, 4);
    assert_true(with_nan[0] == 1 && with_nan[1] == 2 && isnan(with_nan[2]) && isnan(with_nan[3]));
}

static void hashes(void **state) {
    (void)state;
    char text[NORNI_DIGEST_TEXT];
    norni_hash_text(norni_hash_128("", 0), text); /* XXH3-128 of nothing, as xxhash publishes it */
    assert_string_equal(text, "xxh3:99aa06d3014798d86001c324468d497f");
    assert_true(norni_hash64("a", 1) != norni_hash64("b", 1));
}

typedef struct sample {
    double alpha;
    int32_t n, kind;
    bool flag;
    const char *name;
    norni_ints list;
    norni_memsize size;
} sample;
#define AT(f) offsetof(sample, f)
static const norni_param rows[] = {
    {.name = "alpha",
     .type = NORNI_T_DOUBLE,
     .offset = AT(alpha),
     .def = "0.5",
     .min = 0.0001,
     .max = 0.9999},
    {.name = "n-paths",
     .type = NORNI_T_INT,
     .offset = AT(n),
     .def = "100",
     .min = 1,
     .max = 1000,
     .alias = "paths"},
    {.name = "kind",
     .type = NORNI_T_CHOICE,
     .offset = AT(kind),
     .def = "add",
     .choices = "none|add|mul"},
    {.name = "flag", .type = NORNI_T_BOOL, .offset = AT(flag), .def = "false"},
    {.name = "name", .type = NORNI_T_TEXT, .offset = AT(name)},
    {.name = "list", .type = NORNI_T_INTS, .offset = AT(list), .min = 1, .max = 99},
    {.name = "size", .type = NORNI_T_SIZE, .offset = AT(size), .def = "0.8"},
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static void parameters(void **state) {
    (void)state;
    static const char *const bad[][3] = {
        {"alpha", "1.4", "ets: alpha 1.4 is outside [0.0001, 0.9999]"},
        {"alpha", "x", "is not a number"},
        {"alpha", "nan", "is not a number"},
        {"n_paths", "1.5", "is not a whole number"},
        {"n_paths", "99999999999999999999", "is outside [1, 1000]"},
        {"kind", "ad", "is not one of none|add|mul"},
        {"flag", "maybe", "neither true nor false"},
        {"list", "1,,2", "is not a whole number"},
        {"list", "1,100", "100 is outside [1, 99]"},
        {"size", "1 parsec", "neither a share in (0, 1] nor a size"},
    };
    const norn_alloc alloc = norni_alloc_default();
    norni_arena a;
    norni_buf b;
    sample o = {0};
    norn_err err;
    norni_arena_init(&a, &alloc);
    norni_buf_init(&b, &alloc);
    assert_int_equal(norni_param_defaults(rows, N_ROWS, &o, &a, NULL), NORN_OK);
    assert_true(o.alpha == 0.5 && o.n == 100 && o.kind == 1 && !o.flag && o.name == NULL &&
                o.list.n == 0 && o.size.share == 0.8);
    assert_ptr_equal(norni_param_find(rows, N_ROWS, norni_str_of("paths")), &rows[1]);
    assert_null(norni_param_find(rows, N_ROWS, norni_str_of("n")));
    assert_int_equal(norni_param_set(&rows[5], &o, norni_str_of("3, 7"), &a, "ets", NULL), NORN_OK);
    assert_true(o.list.n == 2 && o.list.v[0] == 3 && o.list.v[1] == 7);
    assert_int_equal(norni_param_set(&rows[6], &o, norni_str_of("4GiB"), &a, "ets", NULL), NORN_OK);
    assert_true(o.size.bytes == UINT64_C(4) << 30 && o.size.share == 0);
    norni_param_print(&rows[5], &o, &b);
    norni_param_print(&rows[2], &o, &b);
    assert_true(b.n == 6 && memcmp(b.p, "3,7add", 6) == 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const norni_param *row = norni_param_find(rows, N_ROWS, norni_str_of(bad[i][0]));
        assert_int_equal(norni_param_set(row, &o, norni_str_of(bad[i][1]), &a, "ets", &err),
                         NORN_E_ARG);
        if (strstr(err.text, bad[i][2]) == NULL) fail_msg("%s", err.text);
    }
    norni_buf_clear(&b);
    norni_arena_clear(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(errors_and_format),
                                       cmocka_unit_test(buffers_and_distance),
                                       cmocka_unit_test(arenas),
                                       cmocka_unit_test(lists_grow),
                                       cmocka_unit_test(map_and_twin),
                                       cmocka_unit_test(sorting),
                                       cmocka_unit_test(hashes),
                                       cmocka_unit_test(parameters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
