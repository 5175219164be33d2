/* Products with a packed matrix: every instruction set against the plain kernel, and it against sums written out. */
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
#include "num/gemm_packed.h"

enum { MOST_M = 41, MOST_N = 97, MOST_K = 1601, LD = MOST_K + 3, LD_Y = MOST_N + 5 };

static float w[MOST_N * LD], x[MOST_M * LD], bias[MOST_N];
static float y[MOST_M * LD_Y], z[MOST_M * LD_Y];

static int set_up(void **state) {
    (void)state;
    static double normal[MOST_N * LD];
    norni_rng_normals((norni_rng){11, 1}, 0, normal, MOST_N * LD);
    for (size_t i = 0; i < MOST_N * LD; i++)
        w[i] = (float)normal[i] * 0.05F;
    norni_rng_normals((norni_rng){11, 2}, 0, normal, MOST_M * LD);
    for (size_t i = 0; i < MOST_M * LD; i++)
        x[i] = (float)normal[i];
    for (size_t i = 0; i < MOST_N; i++)
        bias[i] = (float)normal[i + 7];
    return 0;
}

/* Exactly as many bytes as asked for, so that a sanitizer sees what reaches behind. */
static void *bytes(size_t n) {
    void *p = NULL;
    assert_int_equal(posix_memalign(&p, 64, n), 0);
    memset(p, 0xA5, n);
    return p;
}

/* Packed in three parts, the last first. */
static norni_packed packed(norni_packed_kind kind, size_t n, size_t k) {
    const norni_packed p = {kind, n, k, bytes(norni_packed_bytes(kind, n, k))};
    norni_packed_put(&p, w, LD, n - n / 3, n);
    norni_packed_put(&p, w, LD, n / 4, n - n / 3);
    norni_packed_put(&p, w, LD, 0, n / 4);
    return p;
}

static void run(const norni_packed *p, const float *from, size_t m, const float *add, float *to,
                norni_packed_simd widest) {
    /* A caller's buffers: exactly x and exactly y. */
    float *in = bytes(((m - 1) * LD + p->k + 1) * sizeof *in);
    void *scratch = bytes(norni_packed_scratch(m, p->k));
    memcpy(in, from, ((m - 1) * LD + p->k) * sizeof *in);
    norni_packed_rows(p, in, LD, m, add, to, LD_Y, scratch, widest);
    free(in);
    free(scratch);
}

static const size_t shapes[][3] = {
    /* m, n, k */
    {1, 1, 1},      {1, 3, 7},     {7, 7, 7},    {12, 32, 64},  {13, 33, 65},
    {5, 31, 769},   {11, 64, 769}, {41, 97, 77}, {25, 40, 768}, {6, 16, 1601},
    {24, 65, 1600}, {3, 96, 2},    {8, 2, 1537}, {10, 97, 31},
};

/* The same bits from every instruction set, nothing written behind a row; NaN where NaN. */
static void same(norni_packed_kind kind) {
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const size_t m = shapes[s][0], n = shapes[s][1];
        const norni_packed p = packed(kind, n, shapes[s][2]);
        for (int with = 0; with < 2; with++) {
            memset(y, 0x5A, sizeof y);
            run(&p, x, m, with ? bias : NULL, y, NORNI_PACKED_PLAIN);
            for (int simd = NORNI_PACKED_AVX2; simd <= NORNI_PACKED_VNNI; simd++) {
                memset(z, 0x5A, sizeof z);
                run(&p, x, m, with ? bias : NULL, z, (norni_packed_simd)simd);
                assert_memory_equal(y, z, sizeof y);
            }
            for (size_t i = 0; i < MOST_M; i++)
                for (size_t j = i < m ? n : 0; j < LD_Y; j++) {
                    static const unsigned char untouched[4] = {0x5A, 0x5A, 0x5A, 0x5A};
                    assert_memory_equal(y + i * LD_Y + j, untouched, 4);
                }
        }
        free(p.data);
    }
}

static void test_f32_same_bits(void **state) {
    (void)state;
    same(NORNI_PACKED_F32);
}

static void test_s8_same_bits(void **state) {
    (void)state;
    same(NORNI_PACKED_S8);
}

/* One chain of fma from the bias, letter by letter, from w itself. */
static void test_f32_written_out(void **state) {
    (void)state;
    const size_t m = 5, n = 37, k = 1601;
    const norni_packed p = packed(NORNI_PACKED_F32, n, k);
    run(&p, x, m, bias, y, NORNI_PACKED_VNNI);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            float s = bias[j];
            for (size_t q = 0; q < k; q++)
                s = fmaf(x[i * LD + q], w[j * LD + q], s);
            assert_memory_equal(&s, y + i * LD_Y + j, sizeof s);
        }
    free(p.data);
}

static float largest(const float *v, size_t k) {
    float most = 0;
    for (size_t q = 0; q < k; q++)
        most = fmaxf(most, fabsf(v[q]));
    return most;
}

/* The quantised product with sums in 64 bits, quantised here. */
static void test_s8_written_out(void **state) {
    (void)state;
    const size_t m = 7, n = 33, k = 769;
    const norni_packed p = packed(NORNI_PACKED_S8, n, k);
    run(&p, x, m, bias, y, NORNI_PACKED_VNNI);
    double worst = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            const float a = largest(x + i * LD, k), b = largest(w + j * LD, k);
            int64_t sum = 0;
            double exact = (double)bias[j];
            for (size_t q = 0; q < k; q++) {
                sum += (int64_t)rintf(x[i * LD + q] * (127 / a)) *
                       (int64_t)rintf(w[j * LD + q] * (127 / b));
                exact += (double)x[i * LD + q] * (double)w[j * LD + q];
            }
            const float s = fmaf((float)sum, (a / 127) * (b / 127), bias[j]);
            assert_memory_equal(&s, y + i * LD_Y + j, sizeof s);
            worst = fmax(worst, fabs(exact - (double)s));
        }
    /* Rounding to 1 / 254 of about 3 (x) and 0.15 (w), 769 terms: a standard error of 0.02. */
    assert_true(worst < 0.1);
    free(p.data);
}

/* Terms of the largest magnitude throughout: the sum of 4096 is exact and far from 2^31. */
static void test_s8_extremes(void **state) {
    (void)state;
    enum { K = 4096, N = 33, ROWS = 13 };
    float *v = bytes(sizeof *v * N * K), *u = bytes(sizeof *u * ROWS * K),
          *out = bytes(sizeof *out * ROWS * N);
    for (size_t i = 0; i < N * K; i++)
        v[i] = i / K % 2 ? -127 : 127;
    for (size_t i = 0; i < ROWS * K; i++)
        u[i] = i / K % 3 == 1 ? -127 : 127;
    const norni_packed p = {NORNI_PACKED_S8, N, K,
                            bytes(norni_packed_bytes(NORNI_PACKED_S8, N, K))};
    norni_packed_put(&p, v, K, 0, N);
    void *scratch = bytes(norni_packed_scratch(ROWS, K));
    for (int simd = NORNI_PACKED_PLAIN; simd <= NORNI_PACKED_VNNI; simd++) {
        norni_packed_rows(&p, u, K, ROWS, NULL, out, N, scratch, (norni_packed_simd)simd);
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < N; j++)
                assert_true(out[i * N + j] == (j % 2 ? -1.0F : 1.0F) * (i % 3 == 1 ? -1.0F : 1.0F) *
                                                  4096 * 127 * 127);
    }
    free(v);
    free(u);
    free(out);
    free(p.data);
    free(scratch);
}

/* bf16: halves rounded here, summed in double; the instruction rounds a chain of k terms its own way. */
static void test_bf16(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const size_t m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
        const norni_packed p = packed(NORNI_PACKED_BF16, n, k);
        for (int simd = NORNI_PACKED_PLAIN; simd <= NORNI_PACKED_VNNI; simd++) {
            run(&p, x, m, bias, y, (norni_packed_simd)simd);
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j < n; j++) {
                    double sum = (double)bias[j], size = fabs(sum);
                    for (size_t q = 0; q < k; q++) {
                        uint32_t a, b;
                        float e, f;
                        memcpy(&a, x + i * LD + q, 4);
                        memcpy(&b, w + j * LD + q, 4);
                        a = (a + 0x7fff + (a >> 16 & 1)) & 0xffff0000U;
                        b = (b + 0x7fff + (b >> 16 & 1)) & 0xffff0000U;
                        memcpy(&e, &a, 4);
                        memcpy(&f, &b, 4);
                        sum += (double)e * (double)f;
                        size += fabs((double)e * (double)f);
                    }
                    assert_true(fabs((double)y[i * LD_Y + j] - sum) <= 1e-6 * size);
                }
        }
        free(p.data);
    }
}

/* A row's bits do not depend on the rows around it, nor on where it stands. */
static void test_company(void **state) {
    (void)state;
    for (int kind = NORNI_PACKED_F32; kind <= NORNI_PACKED_BF16; kind++) {
        const norni_packed p = packed((norni_packed_kind)kind, 71, 901);
        run(&p, x, 41, bias, y, NORNI_PACKED_VNNI);
        for (size_t from = 0; from < 41; from += 3)
            for (size_t m = 1; from + m <= 41; m += 5) {
                run(&p, x + from * LD, m, bias, z, NORNI_PACKED_VNNI);
                for (size_t i = 0; i < m; i++)
                    assert_memory_equal(y + (from + i) * LD_Y, z + i * LD_Y, 71 * sizeof *z);
            }
        free(p.data);
    }
}

/* More rows than go through w at once, in scratch that was sized for still more of them. */
static void test_many_rows(void **state) {
    (void)state;
    enum { ROWS = 1400, K = 1537, N = 2 };
    float *in = bytes(sizeof *in * ROWS * K), *out = bytes(sizeof *out * ROWS * N);
    for (size_t i = 0; i < ROWS * K; i++)
        in[i] = x[i % (MOST_M * LD)];
    size_t room = 0;
    for (size_t m = 1; m <= ROWS; m++) {
        assert_true(norni_packed_scratch(m, K) >= room);
        room = norni_packed_scratch(m, K);
    }
    for (int kind = NORNI_PACKED_F32; kind <= NORNI_PACKED_BF16; kind++) {
        const norni_packed p = packed((norni_packed_kind)kind, N, K);
        for (size_t m = 1; m <= ROWS; m += m < 600 ? 599 : 81) {
            void *scratch = bytes(norni_packed_scratch(m, K));
            norni_packed_rows(&p, in, K, m, bias, out, N, scratch, NORNI_PACKED_VNNI);
            free(scratch);
            run(&p, in + (m - 1) * K, 1, bias, z, NORNI_PACKED_VNNI);
            assert_memory_equal(z, out + (m - 1) * N, N * sizeof *z);
            run(&p, in + m / 2 * K, 1, bias, z, NORNI_PACKED_VNNI);
            assert_memory_equal(z, out + m / 2 * N, N * sizeof *z);
        }
        free(p.data);
    }
    free(in);
    free(out);
}

/* Rows of NaN, infinities, denormals, noughts and the largest floats: NaN stays in its row, the others keep
 * their bits, every instruction set agrees. */
static void test_strange_rows(void **state) {
    (void)state;
    static float odd[MOST_M * LD];
    memcpy(odd, x, sizeof odd);
    odd[1 * LD + 5] = NAN;
    odd[2 * LD + 60] = INFINITY;
    for (size_t q = 0; q < 77; q++) {
        odd[3 * LD + q] = 1e-42F * (float)(q % 9);
        odd[4 * LD + q] = 0;
        odd[5 * LD + q] = q % 2 ? 3e38F : -3e38F;
        odd[6 * LD + q] *= 1e-38F;
    }
    for (int kind = NORNI_PACKED_F32; kind <= NORNI_PACKED_S8; kind++) {
        const norni_packed p = packed((norni_packed_kind)kind, 45, 77);
        run(&p, odd, 14, NULL, y, NORNI_PACKED_PLAIN);
        for (int simd = NORNI_PACKED_AVX2; simd <= NORNI_PACKED_VNNI; simd++) {
            run(&p, odd, 14, NULL, z, (norni_packed_simd)simd);
            for (size_t i = 0; i < 14; i++)
                for (size_t j = 0; j < 45; j++) {
                    const float a = y[i * LD_Y + j], b = z[i * LD_Y + j];
                    assert_true((isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0);
                }
        }
        for (size_t j = 0; j < 45; j++) {
            assert_true(isnan(y[1 * LD_Y + j]));
            assert_true(kind == NORNI_PACKED_F32 ? !isfinite(y[2 * LD_Y + j])
                                                 : isnan(y[2 * LD_Y + j]));
            assert_true(fabsf(y[3 * LD_Y + j]) < 1e-40F);
            assert_true(y[4 * LD_Y + j] == 0);
            assert_true(isfinite(y[7 * LD_Y + j]));
        }
        /* Small rows lose nothing but the format's own digits (s8: of the product of the scales, 1e-43). */
        run(&p, x + 6 * LD, 1, NULL, z, NORNI_PACKED_VNNI);
        for (size_t j = 0; j < 45; j++)
            assert_true(fabsf(y[6 * LD_Y + j] - z[j] * 1e-38F) <
                        (kind == NORNI_PACKED_F32 ? 1e-42F : 3e-40F));
        free(p.data);
    }
}

/* A channel of NaN weights is NaN and leaves its neighbours alone; a channel of noughts is the bias. */
static void test_strange_weights(void **state) {
    (void)state;
    static float odd[5 * 40];
    for (size_t i = 0; i < 5 * 40; i++)
        odd[i] = w[i];
    odd[1 * 40 + 3] = NAN;
    for (size_t q = 0; q < 40; q++) {
        odd[2 * 40 + q] = 0;
        odd[3 * 40 + q] = 1e-41F;
    }
    const norni_packed p = {NORNI_PACKED_S8, 5, 40,
                            bytes(norni_packed_bytes(NORNI_PACKED_S8, 5, 40))};
    norni_packed_put(&p, odd, 40, 0, 5);
    run(&p, x, 9, bias, y, NORNI_PACKED_PLAIN);
    for (size_t i = 0; i < 9; i++) {
        assert_true(isnan(y[i * LD_Y + 1]));
        assert_true(y[i * LD_Y + 2] == bias[2] && y[i * LD_Y + 3] == bias[3]);
        assert_true(isfinite(y[i * LD_Y]) && isfinite(y[i * LD_Y + 4]));
    }
    free(p.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_f32_same_bits),   cmocka_unit_test(test_s8_same_bits),
        cmocka_unit_test(test_f32_written_out), cmocka_unit_test(test_s8_written_out),
        cmocka_unit_test(test_s8_extremes),     cmocka_unit_test(test_bf16),
        cmocka_unit_test(test_company),         cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_strange_rows),    cmocka_unit_test(test_strange_weights),
    };
    return cmocka_run_group_tests_name("gemm_packed", tests, set_up, NULL);
}
