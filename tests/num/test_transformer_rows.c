/* Row kernels of a transformer against mpmath's numbers and double arithmetic, and the same bits everywhere. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"
#include "num/transformer_rows.h"
#include "num/transformer_rows_kernel.h"
#include "r_rows.h"

enum { MOST = 1 << 17 };

static float x[MOST], y[MOST], z[MOST], gain[2048], shift[2048];

static int set_up(void **state) {
    (void)state;
    static double normal[MOST];
    norni_rng_normals((norni_rng){12, 1}, 0, normal, MOST);
    for (size_t i = 0; i < MOST; i++)
        x[i] = (float)normal[i];
    for (size_t i = 0; i < 2048; i++)
        gain[i] = 1 + x[i + 99] / 4, shift[i] = x[i + 4099];
    return 0;
}

/* GELU within 1e-7 (1 + |x|), tanh within two ulp, of erf_mpmath.csv, the last row of an odd length too. */
static void test_table(void **state) {
    (void)state;
    FILE *f = row_open("erf_mpmath.csv");
    static double row[512][3];
    static float g[512], t[512];
    char line[256];
    size_t n = 0;
    for (; n < 512 && fgets(line, sizeof line, f); n++) {
        assert_int_equal(row_numbers(line, row[n], 3), 3);
        g[n] = t[n] = (float)row[n][0];
    }
    (void)fclose(f);
    assert_int_equal(n, 303);
    norni_rows_gelu(g, n);
    norni_rows_tanh(t, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(fabs((double)g[i] - row[i][1]) <= 1e-7 * (1 + fabs(row[i][0])));
        assert_true(fabs((double)t[i] - row[i][2]) <= 1.5e-7 * fabs(row[i][2]));
    }
}

/* Small numbers keep their digits: GELU(x) is x / 2 there. */
static void test_gelu_small(void **state) {
    (void)state;
    for (float a = 1e-30F; a < 1e-8F; a *= 7) {
        float v[2] = {a, -a};
        norni_rows_gelu(v, 2);
        assert_true(fabsf(v[0] / (a / 2) - 1) < 2e-7F && fabsf(v[1] / (-a / 2) - 1) < 2e-7F);
    }
}

static void test_strange(void **state) {
    (void)state;
    const float odd[] = {NAN, INFINITY, -INFINITY, 0, -0.0F, 1e-42F, -1e-42F, 3e38F, -3e38F};
    float g[9], t[9];
    memcpy(g, odd, sizeof g);
    memcpy(t, odd, sizeof t);
    norni_rows_gelu(g, 9);
    norni_rows_tanh(t, 9);
    assert_true(isnan(g[0]) && isnan(t[0]));
    assert_true(isinf(g[1]) && g[1] > 0 && g[2] == 0 && g[3] == 0 && g[4] == 0);
    assert_true(t[1] == 1 && t[2] == -1 && t[3] == 0 && t[4] == 0);
    assert_true(t[5] == 1e-42F && t[6] == -1e-42F && g[7] == 3e38F && g[8] == 0);
    assert_true(fabsf(g[5] - 5e-43F) < 3e-45F);

    float s[5] = {1, -INFINITY, 2, 1, -INFINITY};
    norni_rows_softmax(s, 1, 5, 5);
    assert_true(s[1] == 0 && s[4] == 0 && fabsf(s[0] + s[2] + s[3] - 1) < 1e-6F);
    for (size_t n = 1; n < 40; n++) {
        for (size_t i = 0; i < n; i++)
            y[i] = i == n / 2 ? NAN : x[i];
        norni_rows_softmax(y, 1, n, n);
        for (size_t i = 0; i < n; i++)
            assert_true(isnan(y[i]));
    }
}

static const size_t lengths[] = {1, 2, 7, 15, 16, 17, 31, 32, 33, 100, 514, 768, 769, 1543};

/* Sums to 1, each within 1e-6 of double arithmetic relatively (scores of up to 20 between them). */
static void test_softmax(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof lengths / sizeof *lengths; s++) {
        const size_t n = lengths[s], ld = n + 3;
        for (size_t i = 0; i < 3 * ld; i++)
            y[i] = 3 * x[i];
        norni_rows_softmax(y, 3, n, ld);
        for (size_t r = 0; r < 3; r++) {
            const float *in = x + r * ld, *out = y + r * ld;
            double sum = 0, total = 0;
            for (size_t i = 0; i < n; i++)
                sum += norni_exp((double)(3 * in[i]));
            for (size_t i = 0; i < n; i++) {
                total += (double)out[i];
                assert_true(fabs((double)out[i] * sum / norni_exp((double)(3 * in[i])) - 1) < 2e-6);
            }
            assert_true(fabs(total - 1) < 1e-6);
            assert_true(out[n] == 3 * in[n] && out[n + 1] == 3 * in[n + 1]);
        }
    }
}

/* Against double arithmetic: 4e-6 for numbers of size 1; with and without what is added first. */
static void test_layer_norm(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof lengths / sizeof *lengths; s++)
        for (int with = 0; with < 2; with++) {
            const size_t n = lengths[s], ld = n + 5;
            const float *more = with ? x + 7 * ld : NULL;
            memcpy(y, x, 3 * ld * sizeof *y);
            norni_rows_layer_norm(y, more, 3, n, ld, gain, shift, 1e-5F);
            for (size_t r = 0; r < 3; r++) {
                double mean = 0, var = 0;
                for (size_t i = 0; i < n; i++) {
                    const float v = x[r * ld + i] + (more ? more[r * ld + i] : 0);
                    z[i] = v;
                    mean += (double)v / (double)n;
                }
                for (size_t i = 0; i < n; i++)
                    var += ((double)z[i] - mean) * ((double)z[i] - mean) / (double)n;
                for (size_t i = 0; i < n; i++) {
                    const double want = ((double)z[i] - mean) / sqrt(var + 1e-5) * (double)gain[i] +
                                        (double)shift[i];
                    assert_true(fabs((double)y[r * ld + i] - want) < 4e-6 * (1 + fabs(want)));
                }
                assert_memory_equal(y + r * ld + n, x + r * ld + n, 5 * sizeof *y);
            }
        }
}

/* Every kernel's bits on every instruction set are the plain ones. */
static void test_same_bits(void **state) {
    (void)state;
    for (size_t s = 0; s < sizeof lengths / sizeof *lengths; s++)
        for (int what = 0; what < 4; what++)
            for (int simd = NORNI_ROWS_PLAIN; simd <= NORNI_ROWS_AVX512; simd++) {
                const norni_rows_kernel *k = norni_rows_kernel_get((norni_rows_simd)simd);
                float *out = simd == NORNI_ROWS_PLAIN ? y : z;
                const size_t n = lengths[s];
                memcpy(out, x, 2048 * sizeof *out);
                if (what == 0) k->layer_norm(out, x + 5000, n, gain, shift, 1e-5F);
                if (what == 1) k->softmax(out, n, 4);
                if (what == 2) k->gelu(out, n);
                if (what == 3) k->tanh(out, n);
                assert_memory_equal(out, y, 2048 * sizeof *out);
            }
}

/* Heads of d out of rows of ld; scores exactly as long as asked for. */
static void attend(size_t t, size_t d, size_t ld, norni_rows_simd simd, float *out) {
    float *scores = malloc(t * ((t + 15) / 16 * 16) * sizeof *scores);
    assert_non_null(scores);
    const norni_attention_call c = {x,   x + d, x + 2 * d, t, d, ld, 1 / sqrtf((float)d),
                                    out, d + 3, scores};
    norni_rows_kernel_get(simd)->attention(&c);
    free(scores);
}

static const size_t heads[][2] = {/* t, d */
                                  {1, 64},  {2, 32},  {3, 8},   {7, 128},  {13, 64}, {16, 16},
                                  {17, 80}, {26, 64}, {33, 33}, {50, 130}, {130, 9}, {514, 64}};

/* Against double arithmetic: 2e-6 for values of size 1. */
static void test_attention(void **state) {
    (void)state;
    static double p[514];
    for (size_t s = 0; s < sizeof heads / sizeof *heads; s++) {
        const size_t t = heads[s][0], d = heads[s][1], ld = 3 * d + 1;
        const float *q = x, *k = x + d, *v = x + 2 * d;
        memset(y, 0x5A, sizeof y);
        attend(t, d, ld, NORNI_ROWS_AVX512, y);
        for (size_t i = 0; i < t; i += 1 + t / 9) {
            double sum = 0;
            for (size_t j = 0; j < t; j++) {
                double dot = 0;
                for (size_t e = 0; e < d; e++)
                    dot += (double)q[i * ld + e] * (double)k[j * ld + e];
                p[j] = norni_exp(dot / sqrt((double)d));
                sum += p[j];
            }
            for (size_t e = 0; e < d; e++) {
                double want = 0;
                for (size_t j = 0; j < t; j++)
                    want += p[j] / sum * (double)v[j * ld + e];
                assert_true(fabs((double)y[i * (d + 3) + e] - want) < 2e-6);
            }
            for (size_t e = i + 1 < t ? d : d + 3; e < d + 3; e++)
                assert_memory_equal(y + i * (d + 3) + e, "\x5A\x5A\x5A\x5A", 4);
        }
        for (int simd = NORNI_ROWS_PLAIN; simd < NORNI_ROWS_AVX512; simd++) {
            memset(z, 0x5A, sizeof z);
            attend(t, d, ld, (norni_rows_simd)simd, z);
            assert_memory_equal(y, z, sizeof y);
        }
    }
}

/* The public door is the widest kernel. */
static void test_attention_door(void **state) {
    (void)state;
    static float scores[26 * 32];
    attend(26, 64, 193, NORNI_ROWS_PLAIN, y);
    norni_attention(x, x + 64, x + 128, 26, 64, 193, 0.125F, z, 67, scores);
    for (size_t i = 0; i < 26; i++)
        assert_memory_equal(y + i * 67, z + i * 67, 64 * sizeof *y);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),      cmocka_unit_test(test_gelu_small),
        cmocka_unit_test(test_strange),    cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_layer_norm), cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_attention),  cmocka_unit_test(test_attention_door),
    };
    return cmocka_run_group_tests_name("transformer_rows", tests, set_up, NULL);
}
