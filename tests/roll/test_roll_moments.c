/* Rolling product against products in four times the precision; skew and kurt against pandas 3.1. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "roll_exact.h"

__extension__ typedef __float128 quad;

enum { N = 3000 };

static double x[N], out[N], other[N];
static size_t lo[N], hi[N];
static subject s = {.x = x};

static void check_product(const norni_roll_windows *w) {
    run_roll(norni_roll_product, w, &(norni_roll_arg){.ddof = 1}, out);
    for (size_t k = 0; k < w->n_out; k++) {
        size_t a, b, n = 0;
        quad p = 1;
        norni_roll_window(w, k, &a, &b);
        for (size_t i = a; i < b; i++)
            if (!norni_roll_missing(x[i])) p *= x[i], n++;
        if (n < w->min_periods) {
            assert_true(isnan(out[k]));
            continue;
        }
        const double want = (double)p; /* four times the exponents' range too */
        if (isinf(want))
            assert_true(out[k] == want);
        else
            assert_true(fabs((double)(out[k] - p)) <= 0.9 * fabs(want) * 0x1p-52 + 5e-324);
    }
}

static void products(void **state) {
    (void)state;
    for (int shape = 0; shape < 6; shape++) {
        uint64_t g = (uint64_t)shape + 3;
        for (size_t i = 0; i < N; i++) {
            const double z = next_normal(&g), u = next_uniform(&g);
            x[i] = shape == 0                 ? 1 + z * 0.1
                   : shape == 1 && u < 0.05   ? 0
                   : shape == 2 && u < 0.3    ? NORNI_NAN
                   : shape == 3               ? (double)(next_bits(&g) % 7) - 3
                   : shape == 4               ? ldexp(z, (int)(u * 400) - 200)
                   : shape == 5 && i % 7 == 0 ? 5e-324
                                              : z;
        }
        for (size_t w = 1; w < 70; w = w * 2 + 1) {
            norni_roll_windows a = fixed_windows(N, w, w / 2);
            check_product(&a);
            /* Other bounds and other beginnings give the same bits. */
            for (size_t k = 0; k < N; k++)
                norni_roll_window(&a, k, &lo[k], &hi[k]);
            norni_roll_windows b = a;
            b.lo = lo + 100, b.hi = hi + 100, b.n_out = N - 100;
            run_roll(norni_roll_product, &b, &(norni_roll_arg){.ddof = 1}, other);
            for (size_t k = 100; k < N; k++)
                assert_true(same(out[k], other[k - 100]));
        }
    }
    const norni_roll_windows none = {.n = 0, .n_out = 2, .length = 3, .first_end = 1};
    run_roll(norni_roll_product, &none, &(norni_roll_arg){.ddof = 1}, out);
    assert_true(out[0] == 1 && out[1] == 1);
}

/* tests/oracle/make_roll_moments.py with pandas 3.1.1 (its last digits are rounding). */
static void as_pandas(void **state) {
    (void)state;
    static const double v[8] = {1, 2, 4, 8, -3, 0.5, 7, 7};
    static const double skew[8] = {0.0,
                                   0.0,
                                   0.9352195295828247,
                                   1.1376243669576884,
                                   0.12308456985909065,
                                   0.21594796280314166,
                                   -0.5091739904784862,
                                   -0.8587844448670451};
    static const double kurt[8] = {0.0,
                                   0.0,
                                   0.0,
                                   0.7576559546313781,
                                   0.6763521397116936,
                                   0.3523342536483914,
                                   -1.4142947465553288,
                                   -1.6718231410211146};
    static const double sem[8] = {0.0,
                                  0.5,
                                  0.8819171036881969,
                                  1.547847968417226,
                                  1.8055470085267786,
                                  1.8275666882497066,
                                  2.046948949045872,
                                  2.181742422927143};
    memcpy(x, v, sizeof v);
    const norni_roll_windows w = {.n = 8, .n_out = 8, .length = 5, .first_end = 1};
    run_roll(norni_roll_skew, &w, &(norni_roll_arg){.ddof = 0}, out);
    run_roll(norni_roll_kurt, &w, &(norni_roll_arg){.ddof = 0}, other);
    for (int k = 0; k < 8; k++) {
        assert_true(k < 2 ? isnan(out[k]) : fabs(out[k] - skew[k]) < 1e-13);
        assert_true(k < 3 ? isnan(other[k]) : fabs(other[k] - kurt[k]) < 1e-13);
    }
    run_roll(norni_roll_sem, &w, &(norni_roll_arg){.ddof = 1}, out);
    for (int k = 1; k < 8; k++)
        assert_true(fabs(out[k] - sem[k]) < 1e-14);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products),
        cmocka_unit_test(as_pandas),
    };
    return cmocka_run_group_tests(tests, subject_make, subject_clear);
}
