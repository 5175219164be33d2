/* Matrix products against sums written out, and the same bits from every instruction set and cut. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "num/gemm_kernel.h"

enum { MOST = 1 << 18 };

static double a64[MOST], b64[MOST], c64[MOST], d64[MOST];
static float a32[MOST], b32[MOST], c32[MOST], d32[MOST];
static void *scratch;

static int set_up(void **state) {
    (void)state;
    norni_rng_normals((norni_rng){3, 1}, 0, a64, MOST);
    norni_rng_normals((norni_rng){3, 2}, 0, b64, MOST);
    for (size_t i = 0; i < MOST; i++)
        a32[i] = (float)a64[i], b32[i] = (float)b64[i];
    scratch = aligned_alloc(64, (norni_gemm_scratch() + 63) / 64 * 64);
    return scratch ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    free(scratch);
    return 0;
}

/* What c holds before a product, and what lies between its rows and behind them. */
static void start(const norni_gemm *g, double *x, float *y) {
    for (size_t i = 0; i < g->m * g->ldc + 64; i++) {
        x[i] = (double)(i % 13) - 6;
        y[i] = (float)(i % 13) - 6;
    }
}

/* The contract, letter by letter. */
static void written_out(const norni_gemm *g) {
    for (size_t i = 0; i < g->m; i++)
        for (size_t j = 0; j < g->n; j++) {
            double s = g->add ? d64[i * g->ldc + j] : 0;
            float t = g->add ? d32[i * g->ldc + j] : 0;
            for (size_t p = 0; p < g->k; p++) {
                const size_t x = g->a_turned ? p * g->lda + i : i * g->lda + p;
                const size_t y = g->b_turned ? j * g->ldb + p : p * g->ldb + j;
                s = fma(a64[x], b64[y], s);
                t = fmaf(a32[x], b32[y], t);
            }
            d64[i * g->ldc + j] = s;
            d32[i * g->ldc + j] = t;
        }
}

/* pad: rows of the matrices lie further apart than they are long. */
static norni_gemm shape_of(size_t m, size_t n, size_t k, unsigned how, size_t pad) {
    const bool at = how & 1, bt = how & 2;
    return (norni_gemm){.m = m,
                        .n = n,
                        .k = k,
                        .lda = (at ? m : k) + pad,
                        .ldb = (bt ? k : n) + pad,
                        .ldc = n + pad,
                        .a_turned = at,
                        .b_turned = bt,
                        .add = how & 4};
}

static void check(const norni_gemm *g) {
    start(g, d64, d32);
    written_out(g);
    for (int w = NORNI_GEMM_PLAIN; w <= NORNI_GEMM_AVX512; w++) {
        const norni_gemm_kernel *k = norni_gemm_kernel_get((norni_gemm_simd)w);
        start(g, c64, c32);
        k->f64(g, a64, b64, c64, scratch);
        k->f32(g, a32, b32, c32, scratch);
        const size_t cells = g->m * g->ldc + 64; /* what lies between the rows stays, too */
        if (memcmp(c64, d64, cells * sizeof *c64) || memcmp(c32, d32, cells * sizeof *c32))
            fail_msg("%s: m=%zu n=%zu k=%zu turned %d %d add %d", k->name, g->m, g->n, g->k,
                     g->a_turned, g->b_turned, g->add);
    }
}

static void odd_shapes(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 3, 17, 40};
    for (size_t i = 0; i < 125; i++)
        for (unsigned how = 0; how < 8; how++) {
            const norni_gemm g =
                shape_of(sizes[i / 25], sizes[i / 5 % 5], sizes[i % 5], how, i % 3 * 5);
            check(&g);
        }
}

/* Beyond one block of k, of n, and of what is used where it lies. */
static void several_blocks(void **state) {
    (void)state;
    static const size_t shapes[][3] = {{5, 33, 600},  {13, 700, 65}, {29, 150, 257},
                                       {12, 64, 512}, {3, 1030, 20}, {120, 31, 256}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (unsigned how = 0; how < 8; how++) {
            const norni_gemm g = shape_of(shapes[i][0], shapes[i][1], shapes[i][2], how, 3);
            check(&g);
        }
}

/* Rows may be cut among calls anywhere. */
static void cut_rows(void **state) {
    (void)state;
    for (unsigned how = 0; how < 8; how++) {
        const norni_gemm g = shape_of(77, 70, 300, how, 1);
        start(&g, c64, c32);
        start(&g, d64, d32);
        norni_gemm_f64(&g, a64, b64, c64, scratch);
        norni_gemm_f32(&g, a32, b32, c32, scratch);
        for (size_t i = 0, rows = 1; i < g.m; i += rows, rows = rows * 2 + 1) {
            norni_gemm h = g;
            h.m = g.m - i < rows ? g.m - i : rows;
            const size_t at = g.a_turned ? i : i * g.lda;
            norni_gemm_f64(&h, a64 + at, b64, d64 + i * g.ldc, scratch);
            norni_gemm_f32(&h, a32 + at, b32, d32 + i * g.ldc, scratch);
        }
        assert_memory_equal(c64, d64, g.m * g.ldc * sizeof *c64);
        assert_memory_equal(c32, d32, g.m * g.ldc * sizeof *c32);
    }
}

/* Not a number, infinities and noughts of both signs go where arithmetic sends them. */
static void odd_numbers(void **state) {
    (void)state;
    const norni_gemm g = shape_of(6, 19, 9, 0, 0);
    const double kept[3] = {a64[1], a64[9], b64[2]};
    a64[1] = (double)INFINITY, a64[9] = -0.0, b64[2] = (double)INFINITY;
    start(&g, d64, d32);
    written_out(&g);
    norni_gemm_f64(&g, a64, b64, c64, scratch);
    for (size_t i = 0; i < g.m * g.n; i++)
        assert_true(isnan(d64[i]) ? isnan(c64[i]) : c64[i] == d64[i]);
    assert_true(isnan(c64[g.n - 1]) || isinf(c64[g.n - 1]));
    assert_true(isfinite(c64[2 * g.n]));
    a64[1] = kept[0], a64[9] = kept[1], b64[2] = kept[2];
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(odd_shapes),
                                       cmocka_unit_test(several_blocks), cmocka_unit_test(cut_rows),
                                       cmocka_unit_test(odd_numbers)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
