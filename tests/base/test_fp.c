/* Elementary functions against the long double library, their special cases, their bits; sums and
 * moments. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fp.h"
#include "base/rng.h"

enum { EXP, LOG, POW, SIN, COS, TANH };
static const double inf = (double)INFINITY, nan_value = (double)NAN;

/* Points per range: 20000, or NORN_TEST_POINTS. */
static uint64_t points(void) {
    const char *text = getenv("NORN_TEST_POINTS");
    return text ? strtoull(text, NULL, 10) : 20000;
}

/* |got - want| in units of the last place of want. */
static double distance(double got, long double want) {
    const double near = (double)want;
    if (near == 0 || fabs(near) == inf) return got == near ? 0 : inf;
    int e;
    (void)frexp(near, &e);
    const long double unit = ldexpl(1, e - 53 > -1074 ? e - 53 : -1074);
    return (double)(fabsl((long double)got - want) / unit);
}

static double value_of(int f, double x, double y) {
    switch (f) {
        case EXP: return norni_exp(x);
        case LOG: return norni_log(x);
        case POW: return norni_pow(x, y);
        case SIN: return norni_sin(x);
        case COS: return norni_cos(x);
        default: return norni_tanh(x);
    }
}

static long double oracle(int f, long double x, long double y) {
    switch (f) {
        case EXP: return expl(x);
        case LOG: return logl(x);
        case POW: return powl(x, y);
        case SIN: return sinl(x);
        case COS: return cosl(x);
        default: return tanhl(x);
    }
}

/* x runs over [from, to], or over exp of that range, or over 1 + (that range) 2^-j. */
typedef struct accuracy {
    int f;
    char shape; /* 'l'inear, 'e'xponential, 'n'ear 1, 's'mall */
    double from, to, bound;
} accuracy;

static void errors_stay_below_an_ulp(void **state) {
    static const accuracy rows[] = {
        {EXP, 'l', -708, 709.7, 0.53}, {EXP, 'l', -745.5, -708, 0.8}, {EXP, 's', -1, 1, 0.53},
        {LOG, 'e', -744, 709, 0.53},   {LOG, 'l', 0.5, 2, 0.53},      {LOG, 'n', -1, 1, 0.53},
        {POW, 'e', -10, 10, 0.53},     {POW, 'e', -700, 700, 0.53},   {POW, 'n', -1, 1, 0.53},
        {SIN, 'l', -7, 7, 0.8},        {SIN, 'l', -1e9, 1e9, 0.8},    {SIN, 's', -1, 1, 0.8},
        {COS, 'l', -7, 7, 0.8},        {COS, 'l', -1e9, 1e9, 0.8},    {TANH, 'l', -1, 1, 0.55},
        {TANH, 'l', -22, 22, 0.55},    {TANH, 's', -1, 1, 0.55},
    };
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        const accuracy *row = &rows[r];
        double worst = 0, worst_x = 0;
        for (uint64_t i = 0; i < points(); i++) {
            const double u = norni_rng_uniform((norni_rng){1, r}, 2 * i),
                         v = norni_rng_uniform((norni_rng){1, r}, 2 * i + 1);
            const double at = row->from + u * (row->to - row->from),
                         tiny = ldexp(at, -(int)(52 * v));
            const double x = row->shape == 'e'   ? exp(at)
                             : row->shape == 'n' ? 1 + tiny
                             : row->shape == 's' ? tiny
                                                 : at;
            const double y =
                row->shape == 'n' ? 500 / (x - 1) : (v - 0.5) * 600 / fmax(1, fabs(at));
            if (row->shape == 'n' && x == 1) continue;
            const double e = distance(value_of(row->f, x, y), oracle(row->f, x, y));
            if (e > worst) worst = e, worst_x = x;
        }
        if (worst > row->bound) print_message("row %zu: %.3f ulp at %a\n", r, worst, worst_x);
        assert_true(worst <= row->bound);
    }
}

/* The same bits on every machine: any other last bit changes the hash. */
static void bits_never_change(void **state) {
    uint64_t hash = UINT64_C(14695981039346656037);
    (void)state;
    for (uint64_t i = 0; i < 60000; i++) {
        const double u = norni_rng_uniform((norni_rng){2, 0}, i), x = (u - 0.5) * 40;
        const int f = (int)(i % 6);
        const double value = i % 7 == 6 ? norni_normal_quantile(u)
                                        : value_of(f, f == LOG || f == POW ? u * 100 : x, x);
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        hash = (hash ^ bits) * UINT64_C(1099511628211);
    }
    assert_int_equal(hash, UINT64_C(0x9f20eb8c0313c6c4));
}

static bool same(double a, double b) {
    return a != a ? b != b : a == b && signbit(a) == signbit(b);
}

static void ends_of_the_range_are_right(void **state) {
    static const struct {
        int f;
        double x, want;
    } rows[] = {
        {EXP, 0, 1},
        {EXP, -0.0, 1},
        {EXP, inf, inf},
        {EXP, -inf, 0},
        {EXP, 710, inf},
        {EXP, -746, 0},
        {LOG, 1, 0},
        {LOG, 0, -inf},
        {LOG, -0.0, -inf},
        {LOG, inf, inf},
        {LOG, -1, nan_value},
        {SIN, 0, 0},
        {SIN, -0.0, -0.0},
        {COS, 0, 1},
        {SIN, inf, nan_value},
        {COS, inf, nan_value},
        {SIN, 0x1p31, nan_value},
        {TANH, -0.0, -0.0},
        {TANH, inf, 1},
        {TANH, -inf, -1},
        {TANH, 1e-320, 1e-320},
        {EXP, -745.13, 0x1p-1074},
        {LOG, 0x1p-1074, -0x1.74385446d71c3p9},
        {EXP, 0x1.62e42fefa39efp9, 0x1.fffffffffff2ap1023},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const double got = value_of(rows[i].f, rows[i].x, 0);
        if (!same(got, rows[i].want)) print_message("row %zu: %a, not %a\n", i, got, rows[i].want);
        assert_true(same(got, rows[i].want));
    }
    for (int f = EXP; f <= TANH; f++)
        assert_true(isnan(value_of(f, nan_value, 2)));
}

/* C99 F.9.4.4, where the system's pow is the oracle: results there are exact or special. */
static void pow_has_all_special_cases(void **state) {
    const double v[] = {0,          -0.0,        1,        -1,       2,       -2,
                        0.5,        -0.5,        3,        -3,       inf,     -inf,
                        nan_value,  1e300,       -1e300,   1e-300,   -1e-300, 0x1p53,
                        0x1p53 - 1, -0x1p52 - 1, 4.9e-324, -4.9e-324};
    const size_t n = sizeof v / sizeof v[0];
    (void)state;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            const double got = norni_pow(v[i], v[j]), want = pow(v[i], v[j]);
            const bool near = isfinite(want) && want != 0 && signbit(got) == signbit(want) &&
                              distance(got, want) <= 1;
            if (!same(got, want) && !near)
                print_message("pow(%a, %a): %a, not %a\n", v[i], v[j], got, want);
            assert_true(same(got, want) || near);
        }
    }
    for (int k = -20; k <= 20; k++)
        assert_true(norni_pow(2, k) == ldexp(1, k));
    for (int k = 0; k <= 15; k++)
        assert_true(norni_pow(10, k) == (double)llrint(pow(10, k)));
}

static void normal_distribution_is_accurate(void **state) {
    (void)state;
    for (uint64_t i = 0; i < points(); i++) {
        const double u = norni_rng_uniform((norni_rng){3, 0}, i);
        const double x = -37.5 + 45.5 * u;
        const long double want = 0.5L * erfcl(-(long double)x * sqrtl(0.5L));
        assert_true(fabsl((norni_normal_cdf(x) - want) / want) < 1.2e-15L);

        const double p = i % 2 ? u : exp(-700 * u);
        const double z = norni_normal_quantile(p);
        /* One Newton step in the tail that p lies in. */
        const long double below = 0.5L * erfcl(fabsl(z) * sqrtl(0.5L)),
                          target = z < 0 ? (long double)p : 1 - (long double)p;
        const long double density = expl(-0.5L * z * z) * 0.398942280401432677939946L;
        assert_true(fabsl((below - target) / density) <= 1e-15L * fabsl(z));
    }
    assert_true(norni_normal_quantile(0.5) == 0);
    assert_true(norni_normal_quantile(0) == -inf && norni_normal_quantile(1) == inf);
    assert_true(isnan(norni_normal_quantile(-0.1)) && isnan(norni_normal_quantile(1.1)) &&
                isnan(norni_normal_quantile(nan_value)));
    assert_true(norni_normal_cdf(-inf) == 0 && norni_normal_cdf(inf) == 1 &&
                norni_normal_cdf(0) == 0.5);
    assert_true(isnan(norni_normal_cdf(nan_value)));
}

static void sums_keep_what_they_promise(void **state) {
    (void)state;
    const double x[] = {1, 1e100, 1, -1e100};
    norni_sum s = {0, 0};
    for (size_t i = 0; i < 4; i++)
        s = norni_sum_add(s, x[i]);
    assert_true(norni_sum_get(s) == 2);

    double tenths[1000];
    for (size_t i = 0; i < 1000; i++)
        tenths[i] = 0.1;
    assert_true(fabs(norni_sum_tree(tenths, 1000) - 100) < 3e-14);
    assert_true(norni_sum_tree(tenths, 0) == 0 && norni_sum_tree(tenths, 1) == 0.1);
    /* The tree: the left half is the largest power of two below n. */
    assert_true(norni_sum_tree(tenths, 20) ==
                norni_sum_tree(tenths, 16) + norni_sum_tree(tenths, 4));

    const double y[] = {1e9 + 4, nan_value, 1e9 + 7, 1e9 + 13, 1e9 + 16};
    double mean, var;
    assert_int_equal(norni_mean_var(y, 5, 1, &mean, &var), 4);
    assert_true(mean == 1e9 + 10 && var == 30);
    assert_int_equal(norni_mean_var(y + 1, 1, 0, &mean, &var), 0);
    assert_true(isnan(mean) && isnan(var));
    assert_int_equal(norni_mean_var(y, 1, 1, &mean, &var), 1);
    assert_true(mean == 1e9 + 4 && isnan(var));
}

static void canonical_leaves_one_nan_and_one_zero(void **state) {
    (void)state;
    const uint64_t odd_nan = UINT64_C(0xFFF8000000000123);
    double x;
    memcpy(&x, &odd_nan, sizeof x);
    x = norni_canonical(x);
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    assert_int_equal(bits, UINT64_C(0x7FF8000000000000));
    assert_true(same(norni_canonical(-0.0), 0.0));
    assert_true(norni_canonical(-1.5) == -1.5 && norni_canonical(-inf) == -inf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_stay_below_an_ulp),
        cmocka_unit_test(bits_never_change),
        cmocka_unit_test(ends_of_the_range_are_right),
        cmocka_unit_test(pow_has_all_special_cases),
        cmocka_unit_test(normal_distribution_is_accurate),
        cmocka_unit_test(sums_keep_what_they_promise),
        cmocka_unit_test(canonical_leaves_one_nan_and_one_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
