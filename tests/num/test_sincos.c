/* Sines and cosines of arrays: below an ulp, the same bits with every instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"
#include "num/sincos.h"

enum { N = 4099, ROUNDS = 12 };
static double x[N], s[3][N], c[3][N];

/* Errors in units of the last place; results next to 0 are allowed 2^-100, where the reduction's third
 * part ends. */
static double distance(double got, long double want) {
    int e;
    (void)frexp((double)want, &e);
    const long double unit = ldexpl(1, e - 53);
    const long double far = fabsl(got - want);
    return far <= 0x1p-100L ? 0 : (double)(far / unit);
}

static void fill(uint64_t round) {
    static const double size[] = {1, 7, 1e4, 1.04e6, 1e9, 1e-9};
    for (size_t i = 0; i < N; i++) {
        x[i] = (norni_rng_uniform((norni_rng){5, round}, i) - 0.5) * 2 * size[round % 6];
        if (i % 5 == 0) x[i] = floor(x[i]) * 0x1.921fb54442d18p+0; /* next to a multiple of pi/2 */
    }
    x[0] = 0;
    x[1] = -0x1p20;
}

static void errors_stay_below_an_ulp(void **state) {
    (void)state;
    double worst = 0;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        fill(round);
        norni_sincos(x, N, s[0], c[0]);
        for (size_t i = 0; i < N; i++) {
            worst = fmax(worst, distance(s[0][i], sinl((long double)x[i])));
            worst = fmax(worst, distance(c[0][i], cosl((long double)x[i])));
        }
    }
    if (!(worst < 0.8)) print_message("%.3f ulp\n", worst);
    assert_true(worst < 0.8);
}

static void bits_do_not_depend_on_the_machine(void **state) {
    uint64_t hash = UINT64_C(14695981039346656037);
    (void)state;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        fill(round);
        for (int cap = NORNI_SINCOS_BASE; cap <= NORNI_SINCOS_AVX512; cap++)
            for (size_t n = round ? N : 0; n <= N; n += n < 20 ? 1 : 509) {
                norni_sincos_capped(cap, x, n, s[cap], c[cap]);
                assert_memory_equal(s[0], s[cap], n * sizeof(double));
                assert_memory_equal(c[0], c[cap], n * sizeof(double));
            }
        for (size_t i = 0; i < N; i++) {
            uint64_t bits[2];
            memcpy(&bits[0], &s[0][i], 8);
            memcpy(&bits[1], &c[0][i], 8);
            hash = (hash ^ bits[0] ^ (bits[1] << 1)) * UINT64_C(1099511628211);
        }
    }
    if (hash != UINT64_C(0xc771cb477c57919f)) print_message("0x%llx\n", (unsigned long long)hash);
    assert_int_equal(hash, UINT64_C(0xc771cb477c57919f));
}

static void beyond_the_domain_is_nan(void **state) {
    (void)state;
    const double far[] = {0x1.1p30, -0x1p40, NORNI_NAN, NORNI_INF, 0x1p30};
    norni_sincos(far, 5, s[0], c[0]);
    for (size_t i = 0; i < 4; i++)
        assert_true(isnan(s[0][i]) && isnan(c[0][i]));
    assert_true(s[0][4] == norni_sin(0x1p30) && c[0][4] == norni_cos(0x1p30));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_stay_below_an_ulp),
        cmocka_unit_test(bits_do_not_depend_on_the_machine),
        cmocka_unit_test(beyond_the_domain_is_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
