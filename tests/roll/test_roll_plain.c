/* Rolling sums and moments: SIMD lanes give the bits of the same files built without them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "roll_exact.h"

enum { N = 9000, OPS = 9, SHAPES = 12 };

norni_roll_fn plain_roll_sum, plain_roll_mean, plain_roll_var, plain_roll_std, plain_roll_sem,
    plain_roll_zscore, plain_roll_skew, plain_roll_kurt, plain_roll_product;

static norni_roll_fn *const lanes[OPS] = {norni_roll_sum,  norni_roll_mean, norni_roll_var,
                                          norni_roll_std,  norni_roll_sem,  norni_roll_zscore,
                                          norni_roll_skew, norni_roll_kurt, norni_roll_product};
static norni_roll_fn *const plain[OPS] = {plain_roll_sum,  plain_roll_mean, plain_roll_var,
                                          plain_roll_std,  plain_roll_sem,  plain_roll_zscore,
                                          plain_roll_skew, plain_roll_kurt, plain_roll_product};

norni_roll_fn narrow_roll_var, narrow_roll_std, narrow_roll_sem, narrow_roll_zscore,
    narrow_roll_skew, narrow_roll_kurt;

static norni_roll_fn *const narrow[OPS] = {NULL,
                                           NULL,
                                           narrow_roll_var,
                                           narrow_roll_std,
                                           narrow_roll_sem,
                                           narrow_roll_zscore,
                                           narrow_roll_skew,
                                           narrow_roll_kurt,
                                           NULL}; /* four lanes, where others have eight */

static double x[N], a[N], b[N];
static subject s = {.x = x};

static void make(int shape) {
    uint64_t g = (uint64_t)shape + 1;
    double walk = 0;
    for (size_t i = 0; i < N; i++) {
        const double z = next_normal(&g), u = next_uniform(&g);
        walk += z;
        x[i] = shape == 0    ? z
               : shape == 1  ? 1e9 + z
               : shape == 2  ? walk
               : shape == 3  ? (double)i
               : shape == 4  ? (i / 900 % 2 ? 1e9 : 0) + z
               : shape == 5  ? (u < 0.1   ? NORNI_NAN
                                : u < 0.3 ? 0
                                          : z)
               : shape == 8  ? norni_exp(3 * z)
               : shape == 9  ? (u < 0.05 ? NORNI_NAN : norni_exp(3 * z))
               : shape == 10 ? 5 + (i % 3000 == 999 ? 1e300 : z)
               : shape == 11 ? (i / 40 % 3 ? 7 : norni_exp(5 * z))
               : shape == 6  ? (double)(next_bits(&g) % 5)
                             : ldexp(z, (int)(u * 80) - 40);
    }
}

static void the_same_bits(void **state) {
    (void)state;
    static const size_t length[] = {1, 4, 10, 100, 1000, 1500};
    const norni_roll_arg arg = {.ddof = 1};
    for (int shape = 0; shape < SHAPES; shape++) {
        make(shape);
        for (size_t j = 0; j < sizeof length / sizeof *length; j++) {
            norni_roll_windows w = fixed_windows(N, length[j], length[j] / 2);
            w.first_end = -5;
            for (int op = 0; op < OPS; op++) {
                run_roll(lanes[op], &w, &arg, a);
                run_roll(plain[op], &w, &arg, b);
                for (size_t k = 0; k < w.n_out; k++)
                    assert_true(same(a[k], b[k]));
                if (narrow[op] == NULL) continue;
                run_roll(narrow[op], &w, &arg, b);
                for (size_t k = 0; k < w.n_out; k++)
                    assert_true(same(a[k], b[k]));
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_same_bits)};
    return cmocka_run_group_tests(tests, subject_make, subject_clear);
}
