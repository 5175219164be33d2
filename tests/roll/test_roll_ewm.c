/* Exponentially weighted mean and variance against their definition in long double, and hard values. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fp.h"
#include "roll/roll.h"

enum { N = 700 };

static uint64_t state_bits;
static double unit(void) {
    state_bits ^= state_bits << 13, state_bits ^= state_bits >> 7, state_bits ^= state_bits << 17;
    return (double)(state_bits >> 11) * 0x1p-53;
}

typedef struct twin {
    long double mean, var;
    size_t n;
} twin;

/* The weights of values 0 .. i, seen from i; 0 for missing ones. Not adjusted: each value takes alpha of
 * what is there and leaves the rest, and a missing one lets what is there fade before (pandas). */
static void weigh(const double *x, size_t i, const norni_roll_arg *a, long double *w) {
    const long double d = 1 - (long double)a->alpha;
    long double fade = 1; /* of everything so far, since the last value */
    bool any = false;
    for (size_t k = 0; k <= i; k++) {
        w[k] = 0;
        const bool here = !norni_roll_missing(x[k]);
        if (here || !a->ignore_missing) fade *= any ? d : 1;
        if (!here) continue;
        const long double w0 = !any || a->adjust ? 1 : a->alpha;
        long double total = w0;
        for (size_t j = 0; j < k; j++)
            total += w[j] *= fade;
        w[k] = w0;
        for (size_t j = 0; j <= k && !a->adjust; j++)
            w[j] /= total;
        fade = 1;
        any = true;
    }
}

static twin at(const double *x, size_t i, const norni_roll_arg *a) {
    static long double w[N];
    long double sum = 0, pairs = 0, before = 0;
    twin t = {0, 0, 0};
    weigh(x, i, a, w);
    for (size_t k = 0; k <= i; k++) {
        t.n += norni_roll_missing(x[k]) ? 0 : 1;
        if (w[k] == 0) continue;
        t.mean += w[k] * x[k];
        pairs += 2 * w[k] * before;
        before += w[k];
    }
    sum = before;
    t.mean /= sum;
    for (size_t k = 0; k <= i; k++)
        if (w[k] > 0) t.var += w[k] * (x[k] - t.mean) * (x[k] - t.mean);
    t.var /= sum;
    if (!a->bias) t.var *= sum * sum / pairs;
    return t;
}

static void check(const double *x, size_t n, const norni_roll_arg *a, size_t least, double size) {
    static double mean[N], var[N], std[N];
    const norni_roll_windows w = {.n = n, .n_out = n, .min_periods = least};
    assert_int_equal(norni_roll_ewm_mean(x, &w, a, NULL, NULL, mean, NULL), NORN_OK);
    assert_int_equal(norni_roll_ewm_var(x, &w, a, NULL, NULL, var, NULL), NORN_OK);
    assert_int_equal(norni_roll_ewm_std(x, &w, a, NULL, NULL, std, NULL), NORN_OK);
    for (size_t i = 0; i < n; i += i < 40 ? 1 : 23) {
        const twin t = at(x, i, a);
        const bool some = t.n >= (least > 1 ? least : 1), spread = some && (a->bias || t.n > 1);
        /* a mean of values of one size: rounding leaves some 1e-15 of it, n steps later no more; a
         * variance as much of the squared size where an offset stands behind it */
        if (isnan(mean[i]) == some || (some && fabsl(mean[i] - t.mean) > 1e-13L * size))
            fail_msg("mean at %zu: %.17g, not %.17g", i, mean[i], (double)t.mean);
        if (isnan(var[i]) == spread ||
            (spread && fabsl(var[i] - t.var) > 1e-11L * t.var + 1e-15L * size * sqrtl(t.var)))
            fail_msg("var at %zu (alpha %g, %d %d %d): %.17g, not %.17g", i, a->alpha, a->adjust,
                     a->ignore_missing, a->bias, var[i], (double)t.var);
        assert_true(spread ? std[i] == sqrt(var[i]) : isnan(std[i]));
    }
}

static void against_definition(void **state) {
    (void)state;
    static double x[N];
    static const double alphas[] = {0.02, 0.3, 0.9, 1};
    state_bits = 5;
    for (int kind = 0; kind < 4; kind++) {
        for (size_t i = 0; i < N; i++) {
            x[i] = kind == 1 ? 1e9 + unit() : 10 * unit() - 3;
            if (kind == 2 && unit() < 0.1) x[i] = unit() < 0.1 ? NORNI_INF : NORNI_NAN;
            if (kind == 3 && i % 60 > 20) x[i] = NORNI_NAN; /* long gaps */
        }
        for (size_t k = 0; k < 4; k++) {
            for (int how = 0; how < 8; how++) {
                const norni_roll_arg a = {.alpha = alphas[k],
                                          .adjust = how & 1,
                                          .ignore_missing = how & 2,
                                          .bias = how & 4};
                /* alpha 1 forgets everything but the last value: an unbiased variance has no weights */
                if (alphas[k] == 1 && !a.bias) continue;
                if (kind == 3 && !a.ignore_missing && alphas[k] > 0.5)
                    continue; /* beyond long double */
                check(x, kind ? N : 300, &a, (size_t)how % 3 * 2, kind == 1 ? 1e9 : 10);
            }
        }
    }
}

static void hard_values(void **state) {
    (void)state;
    static double x[N], out[N];
    const norni_roll_windows w = {.n = N, .n_out = N};
    for (int how = 0; how < 4; how++) {
        const norni_roll_arg a = {.alpha = 0.1, .adjust = how & 1, .ignore_missing = how & 2};
        for (size_t i = 0; i < N; i++)
            x[i] = i % 97 == 5 ? NORNI_NAN : 0.1;
        assert_int_equal(norni_roll_ewm_mean(x, &w, &a, NULL, NULL, out, NULL), NORN_OK);
        for (size_t i = 0; i < N; i++)
            assert_true(out[i] == 0.1); /* a constant is its own mean, exactly */
        assert_int_equal(norni_roll_ewm_var(x, &w, &a, NULL, NULL, out, NULL), NORN_OK);
        for (size_t i = 1; i < N; i++)
            assert_true(out[i] == 0);
        for (size_t i = 0; i < N; i++)
            x[i] = i % 2 ? 1.7e308 : -1.7e308;
        assert_int_equal(norni_roll_ewm_mean(x, &w, &a, NULL, NULL, out, NULL), NORN_OK);
        for (size_t i = 0; i < N; i++)
            assert_true(isfinite(out[i]));
        for (size_t i = 0; i < N; i++)
            x[i] = i == 0 ? 1e300 : 1;
        assert_int_equal(norni_roll_ewm_mean(x, &w, &a, NULL, NULL, out, NULL), NORN_OK);
        assert_true(out[N - 1] < 1e270 &&
                    out[N - 1] > 1e260); /* fades as it should, 0.9^699 1e299 */
        for (size_t i = 0; i < N; i++)
            x[i] = NORNI_NAN;
        assert_int_equal(norni_roll_ewm_mean(x, &w, &a, NULL, NULL, out, NULL), NORN_OK);
        for (size_t i = 0; i < N; i++)
            assert_true(isnan(out[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(against_definition),
                                       cmocka_unit_test(hard_values)};
    return cmocka_run_group_tests_name("roll_ewm", tests, NULL, NULL);
}
