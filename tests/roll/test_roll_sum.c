/* Rolling sum and mean against exact sums: every shape of data, window and missing value. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "roll_exact.h"

enum { N = 5000, GRID = 80 };

static double x[N], out[N], other[N];
static subject s = {.x = x};

/* Shapes whose values are multiples of 2^-GRID below 2^32. */
enum {
    NORMAL,
    OFFSET,
    CANCEL,
    TREND,
    STEP,
    WIDE,
    HOLES,
    MANY_HOLES,
    ALL_MISSING,
    CONSTANT,
    LONE,
    SHAPES
};

static void make(int shape) {
    uint64_t g = (uint64_t)shape + 1;
    for (size_t i = 0; i < N; i++) {
        const double z = next_normal(&g), u = next_uniform(&g);
        double v = z;
        if (shape == OFFSET) v = 1e9 + z;
        if (shape == CANCEL) v = i % 2 ? -x[i - 1] + z * 1e-9 : z * 1e8;
        if (shape == TREND) v = (double)i * 0.1 + z * 1e-3;
        if (shape == STEP) v = i < N / 2 ? z : 1e9 + z;
        if (shape == WIDE) v = ldexp(z, (int)(u * 60) - 30);
        if (shape == HOLES && u < 0.05)
            v = u < 0.01 ? NORNI_INF : u < 0.02 ? -NORNI_INF : NORNI_NAN;
        if (shape == MANY_HOLES && u < 0.9) v = NORNI_NAN;
        if (shape == ALL_MISSING) v = NORNI_NAN;
        if (shape == CONSTANT) v = 0.1;
        /* Few values whose bits lie below the second grid, between ones that cancel. */
        if (shape == LONE) v = i % 1250 == 0 ? 0x1p-79 : (i % 1250) % 2 ? z * 1e9 : -x[i - 1];
        x[i] = norni_roll_missing(v) ? v : ldexp(nearbyint(ldexp(v, GRID)), -GRID);
    }
}

/* *left: the exact sum times 2^GRID, where there is a mean. */
static void reference(const norni_roll_windows *w, size_t k, double *sum, double *mean,
                      int128 *left, size_t *count) {
    size_t lo, hi, n = 0;
    int128 total = 0;
    norni_roll_window(w, k, &lo, &hi);
    for (size_t i = lo; i < hi; i++) {
        if (norni_roll_missing(x[i])) continue;
        total += fixed_of(x[i], GRID);
        n++;
    }
    const bool enough = n >= w->min_periods;
    *sum = enough ? ldexp((double)total, -GRID) : NORNI_NAN; /* rounds once: gcc's conversion */
    *mean = NORNI_NAN;
    if (!enough || n == 0) return;
    *mean = 0;
    *left = total, *count = n;
}

static void check(const norni_roll_windows *w) {
    run_roll(norni_roll_sum, w, &(norni_roll_arg){.ddof = 1}, out);
    run_roll(norni_roll_mean, w, &(norni_roll_arg){.ddof = 1}, other);
    for (size_t k = 0; k < w->n_out; k++) {
        double sum, mean;
        int128 total = 0;
        size_t n = 1;
        reference(w, k, &sum, &mean, &total, &n);
        assert_true(same(out[k], sum));
        assert_int_equal(isnan(other[k]), isnan(mean));
        if (isnan(mean)) continue;
        /* Half a unit in the last place (ties may go either way), and what lies below the grid. */
        const double error = ldexp((double)(fixed_of(other[k], GRID) * (int128)n - total), -GRID);
        assert_true(fabs(error) / (double)n <= fabs(other[k]) * 0x1.0001p-53 + ldexp(2, -GRID));
    }
}

static void all_shapes(void **state) {
    (void)state;
    static const size_t length[] = {1, 2, 3, 4, 5, 7, 10, 64, 333, N - 1, N, N + 10};
    for (int shape = 0; shape < SHAPES; shape++) {
        make(shape);
        for (size_t j = 0; j < sizeof length / sizeof *length; j++) {
            const size_t w = length[j];
            if (w > 333 && shape % 3) continue; /* the reference takes n * w steps */
            norni_roll_windows a = fixed_windows(N, w, 0);
            if (w > 333) a.first_end = N - 20, a.n_out = 40;
            check(&a);
            a.min_periods = w;
            check(&a);
            a.min_periods = w / 2 + 1;
            if (w <= 333)
                a.first_end = -(ptrdiff_t)(w / 3); /* windows before and beyond the data */
            check(&a);
        }
    }
}

static void constant_means(void **state) {
    (void)state;
    static const double value[] = {0.1,   1.0 / 3, 1e9 + 0.1, -7.77, 0x1.fffffffffffffp3,
                                   1e300, 5e-324,  1e-310};
    for (size_t j = 0; j < sizeof value / sizeof *value; j++) {
        for (size_t i = 0; i < N; i++)
            x[i] = value[j];
        for (size_t w = 1; w < 300; w += w < 60 ? 1 : 37) {
            const norni_roll_windows a = fixed_windows(N, w, 1);
            run_roll(norni_roll_mean, &a, &(norni_roll_arg){.ddof = 1}, out);
            for (size_t k = 0; k < N; k++)
                assert_true(out[k] == value[j]);
        }
    }
}

static void parts_equal_the_whole(void **state) {
    (void)state;
    for (int shape = 0; shape < SHAPES; shape++) {
        make(shape);
        for (size_t w = 1; w < N; w = w * 3 + 1) {
            const norni_roll_windows a = fixed_windows(N, w, w / 2);
            run_roll(norni_roll_mean, &a, &(norni_roll_arg){.ddof = 1}, out);
            for (size_t from = 0, step = 1; from < N; from += step, step = step * 2 + 1) {
                norni_roll_windows b = a;
                b.first_end = (ptrdiff_t)from + 1;
                b.n_out = from + step < N ? step : N - from;
                run_roll(norni_roll_mean, &b, &(norni_roll_arg){.ddof = 1}, other);
                for (size_t k = 0; k < b.n_out; k++)
                    assert_true(same(out[from + k], other[k]));
            }
        }
    }
}

static void variable_bounds(void **state) {
    (void)state;
    static size_t lo[N], hi[N];
    for (int shape = 0; shape < SHAPES; shape++) {
        make(shape);
        for (int kind = 0; kind < 4; kind++) {
            uint64_t g = 7;
            size_t a = 0, b = 0;
            for (size_t k = 0; k < N; k++) {
                if (kind == 0) a = 0, b = k + 1; /* expanding */
                if (kind == 1) a = k, b = k;     /* nothing at all */
                if (kind == 2) {
                    a += next_bits(&g) % 3;
                    b = a + next_bits(&g) % 40 > b ? a + next_bits(&g) % 40 : b;
                }
                if (kind == 3) a = k / 100 * 100, b = a + 100; /* groups, each read many times */
                if (b < a) b = a;
                hi[k] = b < N ? b : N;
                if (k > 0 && hi[k] < hi[k - 1]) hi[k] = hi[k - 1];
                lo[k] = a < hi[k] ? a : hi[k];
                if (k > 0 && lo[k] < lo[k - 1]) lo[k] = lo[k - 1];
                b = hi[k];
            }
            const size_t n_out = kind == 0 ? 600 : N;
            const norni_roll_windows w = {
                .n = N, .n_out = n_out, .lo = lo, .hi = hi, .min_periods = (size_t)kind};
            check(&w);
        }
    }
}

/* Numbers at the range's ends; the sums are plain to see, rounded once. */
static void extremes(void **state) {
    (void)state;
    static const double v[12] = {1e300,    1e-300,    -1e300, 5e-324, 1.7e308, 1.7e308,
                                 -1.7e308, 0x1p-1022, 1,      0x1p53, 0x1p-60, -0x1p53};
    memcpy(x, v, sizeof v);
    const norni_roll_windows w = {
        .n = 12, .n_out = 12, .length = 3, .first_end = 1, .min_periods = 1};
    run_roll(norni_roll_sum, &w, &(norni_roll_arg){.ddof = 1}, out);
    const double sum[12] = {1e300,   1e300,     1e-300,   -1e300,     1.7e308 - 1e300, NORNI_INF,
                            1.7e308, 0x1p-1022, -1.7e308, 0x1p53 + 2, 0x1p53 + 2,      0x1p-60};
    for (int k = 0; k < 12; k++)
        assert_true(out[k] == sum[k]);
    run_roll(norni_roll_mean, &w, &(norni_roll_arg){.ddof = 1}, out);
    assert_true(fabs(out[5] / (3.4 / 3) - 1e308) < 1e293); /* the mean need not overflow */
    const norni_roll_windows none = {
        .n = 0, .n_out = 3, .length = 4, .first_end = 1, .min_periods = 0};
    run_roll(norni_roll_sum, &none, &(norni_roll_arg){.ddof = 1}, out);
    assert_true(out[0] == 0 && out[2] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_shapes),      cmocka_unit_test(constant_means),
        cmocka_unit_test(variable_bounds), cmocka_unit_test(parts_equal_the_whole),
        cmocka_unit_test(extremes),
    };
    return cmocka_run_group_tests(tests, subject_make, subject_clear);
}
