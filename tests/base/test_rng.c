/* Philox against its authors' known answers; streams, uniforms and normals. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "base/fp.h"
#include "base/rng.h"

/* Random123 1.14, kat_vectors: philox4x32 10. */
static void philox_gives_the_known_answers(void **state) {
    static const struct {
        uint32_t counter[4], key[2], want[4];
    } rows[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        uint32_t out[4];
        norni_philox4x32(rows[i].counter, rows[i].key, out);
        assert_memory_equal(out, rows[i].want, sizeof out);
    }
}

static void a_draw_is_a_function_of_seed_item_index(void **state) {
    (void)state;
    /* counter = (block low, high, item low, high), key = (seed low, high): the third known answer
     * through the stream */
    const norni_rng rng = {UINT64_C(0x299f31d0a4093822), UINT64_C(0x0370734413198a2e)};
    uint64_t pair[2];
    norni_rng_block(rng, UINT64_C(0x85a308d3243f6a88), pair);
    assert_int_equal(pair[0], UINT64_C(0x94fdccebd16cfe09));
    assert_int_equal(pair[1], UINT64_C(0x24126ea15001e420));
    for (uint64_t draw = 0; draw < 10; draw++) {
        norni_rng_block(rng, draw / 2, pair);
        assert_int_equal(norni_rng_u64(rng, draw), pair[draw % 2]);
    }
    assert_int_not_equal(norni_rng_u64((norni_rng){1, 2}, 3), norni_rng_u64((norni_rng){2, 1}, 3));
}

static void normals_in_a_row_are_the_single_ones(void **state) {
    (void)state;
    const norni_rng rng = {11, 5};
    for (uint64_t first = 0; first < 3; first++) {
        for (uint64_t n = 0; n < 6; n++) {
            double out[7] = {0, 0, 0, 0, 0, 0, 0};
            norni_rng_normals(rng, first, out, n);
            for (uint64_t i = 0; i < n; i++)
                assert_true(out[i] == norni_rng_normal(rng, first + i));
            assert_true(out[n] == 0);
        }
    }
}

static void moments_are_those_of_the_distributions(void **state) {
    enum { N = 200000 };
    norni_sum u1 = {0, 0}, z1 = {0, 0}, z2 = {0, 0}, z4 = {0, 0};
    double least = 1, most = 0;
    (void)state;
    for (uint64_t i = 0; i < N; i++) {
        const double u = norni_rng_uniform((norni_rng){7, 1}, i),
                     z = norni_rng_normal((norni_rng){7, 2}, i);
        assert_true(u > 0 && u < 1);
        if (u < least) least = u;
        if (u > most) most = u;
        u1 = norni_sum_add(u1, u);
        z1 = norni_sum_add(z1, z);
        z2 = norni_sum_add(z2, z * z);
        z4 = norni_sum_add(z4, z * z * z * z);
    }
    const double root = sqrt((double)N);
    assert_true(fabs(norni_sum_get(u1) / N - 0.5) < 4 / sqrt(12.0) / root);
    assert_true(fabs(norni_sum_get(z1) / N) < 4 / root);
    assert_true(fabs(norni_sum_get(z2) / N - 1) < 4 * sqrt(2.0) / root);
    assert_true(fabs(norni_sum_get(z4) / N - 3) < 4 * sqrt(96.0) / root);
    assert_true(least < 1e-4 && most > 1 - 1e-4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_known_answers),
        cmocka_unit_test(a_draw_is_a_function_of_seed_item_index),
        cmocka_unit_test(normals_in_a_row_are_the_single_ones),
        cmocka_unit_test(moments_are_those_of_the_distributions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
