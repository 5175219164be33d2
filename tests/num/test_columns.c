/* Products of columns against sums written out, and the same bits from every instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "num/columns.h"

enum { N = 1100, P = 11, B = NORNI_COLUMNS_BLOCK };

static double data[P + 1][N], pack[12 * B];
static const double *x[P];

static int set_up(void **state) {
    (void)state;
    for (size_t j = 0; j <= P; j++)
        norni_rng_normals((norni_rng){3, j}, 0, data[j], N);
    for (size_t j = 0; j < P; j++)
        x[j] = data[j];
    return 0;
}

/* Everything that a kernel computes, one after the other. */
static size_t all_of(const norni_columns_kernel *k, size_t n, double *out) {
    double *at = out;
    memset(pack, 0, sizeof pack);
    for (size_t j = 0; j < P; j++)
        memcpy(pack + j * B, x[j], (n < B ? n : B) * sizeof(double));
    memset(at, 0, P * P * sizeof *at);
    k->gram(pack, n < B ? (n + 7) / 8 * 8 : B, 0, 8, P, at);
    k->gram(pack, n < B ? (n + 7) / 8 * 8 : B, 8, P, P, at);
    at += P * P;
    k->dot(x, P, n, data[P], at);
    at += P;
    memcpy(at, data[P], n * sizeof *at);
    k->take(x, P, n, data[0], at);
    at += n;
    k->stretch(x[1], x[2], n, at, at + 1);
    at += 2;
    memcpy(at, data[P], n / 10 * sizeof *at);
    k->eight(at, data[3], n / 10, data[4], n / 10);
    return (size_t)(at - out) + n / 10;
}

static void same_bits(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 7, 8, 9, 100, 255, 256, 1023, N};
    static double plain[2 * N + 300], wide[2 * N + 300];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t n = all_of(norni_columns_kernel_get(NORNI_COLUMNS_PLAIN), sizes[i], plain);
        for (int w = NORNI_COLUMNS_AVX2; w <= NORNI_COLUMNS_AVX512; w++) {
            assert_int_equal(
                all_of(norni_columns_kernel_get((norni_columns_simd)w), sizes[i], wide), n);
            assert_memory_equal(plain, wide, n * sizeof *plain);
        }
    }
}

static double sum_of(const double *a, const double *b, size_t from, size_t to) {
    long double s = 0;
    for (size_t i = from; i < to; i++)
        s += (long double)a[i] * (b ? b[i] : 1);
    return (double)s;
}

static void right_sums(void **state) {
    (void)state;
    const norni_columns_kernel *k = norni_columns_kernel_get(NORNI_COLUMNS_AVX512);
    norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    double xx[P * P] = {0}, scale[P], out[P], sum, weighted;
    static double y[N];
    for (size_t j = 0; j < P; j++)
        scale[j] = j % 2 ? 0.5 : 4;
    assert_int_equal(norni_columns_gram(&arena, NULL, x, scale, P, 256, N, xx, NULL), NORN_OK);
    for (size_t i = 0; i < P; i++)
        for (size_t j = 0; j < P; j++)
            assert_true(fabs(xx[i * P + j] - scale[i] * scale[j] * sum_of(x[i], x[j], 256, N)) <
                        1e-10);
    k->dot(x, P, N, data[P], out);
    k->stretch(x[4], x[5], 777, &sum, &weighted);
    for (size_t j = 0; j < P; j++)
        assert_true(fabs(out[j] - sum_of(x[j], data[P], 0, N)) < 1e-11);
    assert_true(fabs(sum - sum_of(x[4], NULL, 0, 777)) < 1e-11);
    assert_true(fabs(weighted - sum_of(x[4], x[5], 0, 777)) < 1e-11);
    memcpy(y, data[P], sizeof y);
    k->take(x, P, N, out, y);
    for (size_t i = 0; i < N; i += 37) {
        double v = data[P][i];
        for (size_t j = 0; j < P; j++)
            v -= out[j] * x[j][i];
        assert_true(fabs(v - y[i]) < 1e-11);
    }
    norni_arena_clear(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_bits), cmocka_unit_test(right_sums)};
    return cmocka_run_group_tests(tests, set_up, NULL);
}
