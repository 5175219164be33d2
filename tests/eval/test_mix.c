/* Weights on the simplex against the optimality conditions, a grid of all weights, and edge cases. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "eval/mix.h"

enum { MOST = 12 };

static double form(const double *g, const double *w, size_t k, double ridge) {
    double s = 0;
    for (size_t i = 0; i < k; i++) {
        for (size_t j = 0; j < k; j++)
            s += w[i] * w[j] * (g[i * k + j] + (i == j ? ridge : 0));
    }
    return s;
}

static void draw_gram(double *gram, size_t k, size_t n, uint64_t item) {
    const norni_rng rng = {7, item};
    memset(gram, 0, k * k * sizeof *gram);
    for (size_t r = 0; r < n; r++) {
        double e[MOST];
        const double common = norni_rng_normal(rng, 1000 * r);
        for (size_t i = 0; i < k; i++)
            e[i] = common + (0.3 + 0.2 * (double)i) * norni_rng_normal(rng, 1000 * r + 1 + i);
        norni_mix_add(gram, e, k, 1);
    }
}

/* At the least value every weight above 0 has the same slope, and no other has a lower one. */
static void meets_the_conditions_of_a_minimum(void **state) {
    (void)state;
    double gram[MOST * MOST], w[MOST], scratch[2 * MOST * MOST + 3 * MOST];
    size_t n_inner = 0;
    for (uint64_t item = 0; item < 300; item++) {
        const size_t k = 1 + (size_t)(item % MOST);
        const double pull = item % 3 == 0 ? 0 : 0.01 * (double)(item % 7);
        assert_true(norni_mix_scratch(k) <= sizeof scratch / sizeof *scratch);
        draw_gram(gram, k, 3 + (size_t)(item % 40), item);
        norni_mix_weights(gram, k, pull, w, scratch);
        double trace = 0, sum = 0;
        for (size_t i = 0; i < k; i++) {
            trace += gram[i * k + i];
            sum += w[i];
            assert_true(w[i] >= 0);
            n_inner += w[i] > 0 && w[i] < 1;
        }
        assert_true(fabs(sum - 1) < 1e-12);
        const double ridge = pull * trace / (double)k, level = form(gram, w, k, ridge);
        for (size_t i = 0; i < k; i++) {
            double slope = ridge * w[i];
            for (size_t j = 0; j < k; j++)
                slope += gram[i * k + j] * w[j];
            assert_true(slope >= level - 1e-9 * trace);
            if (w[i] > 1e-9) assert_true(slope <= level + 1e-9 * trace);
        }
    }
    assert_true(n_inner > 300); /* not only corners were seen */
}

static void beats_every_point_of_a_grid(void **state) {
    (void)state;
    double gram[9], w[3], scratch[27];
    for (uint64_t item = 0; item < 20; item++) {
        draw_gram(gram, 3, 12, 900 + item);
        norni_mix_weights(gram, 3, 0, w, scratch);
        const double mine = form(gram, w, 3, 0);
        for (int a = 0; a <= 50; a++) {
            for (int b = 0; a + b <= 50; b++) {
                const double v[3] = {a / 50.0, b / 50.0, (50 - a - b) / 50.0};
                assert_true(mine <= form(gram, v, 3, 0) * (1 + 1e-12));
            }
        }
    }
}

static void edges(void **state) {
    (void)state;
    double gram[16] = {0}, w[4], scratch[44];
    norni_mix_weights(gram, 4, 0.1, w, scratch); /* nothing was added */
    for (int i = 0; i < 4; i++)
        assert_true(w[i] == 0.25);
    const double same[4] = {2, 2, 2, 2}, one_right[4] = {3, 0, -1, 2}, huge[4] = {1e300, 1, 1, 1};
    norni_mix_add(gram, same, 4, 1);
    norni_mix_weights(gram, 4, 0.1, w, scratch);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(w[i] - 0.25) < 1e-12);
    memset(gram, 0, sizeof gram);
    norni_mix_add(gram, one_right, 4, 1);
    norni_mix_weights(gram, 4, 0, w, scratch);
    assert_true(form(gram, w, 4, 0) < 1e-20);
    memset(gram, 0, sizeof gram);
    norni_mix_add(gram, huge, 4, 1);
    norni_mix_weights(gram, 4, 0, w, scratch); /* its square is infinite */
    for (int i = 0; i < 4; i++)
        assert_true(w[i] == 0.25);
}

/* The least mean absolute error, as a grid of all weights finds it. */
static void absolute_errors_are_least(void **state) {
    (void)state;
    enum { ROWS = 60 };
    double e[3 * ROWS], w[3], scratch[64];
    assert_true(norni_mix_absolute_scratch(3) <= sizeof scratch / sizeof *scratch);
    for (uint64_t item = 0; item < 20; item++) {
        const norni_rng rng = {5, item};
        double mine = 0, best = 1e9;
        for (size_t t = 0; t < ROWS; t++) {
            const double jump = t % 6 == 0 ? 4 * norni_rng_normal(rng, 10 * t) : 0;
            e[3 * t] = jump; /* right but for steps: as the last value of what stands still */
            e[3 * t + 1] = 0.3 * jump + (item % 3 ? 0.7 : 0.1) * norni_rng_normal(rng, 10 * t + 1);
            e[3 * t + 2] = norni_rng_normal(rng, 10 * t + 2);
        }
        norni_mix_absolute(e, ROWS, 3, 3, 0, w, scratch);
        for (size_t t = 0; t < ROWS; t++)
            mine += fabs(w[0] * e[3 * t] + w[1] * e[3 * t + 1] + w[2] * e[3 * t + 2]);
        for (int a = 0; a <= 50; a++) {
            for (int b = 0; a + b <= 50; b++) {
                double sum = 0;
                for (size_t t = 0; t < ROWS; t++)
                    sum += fabs((a * e[3 * t] + b * e[3 * t + 1] + (50 - a - b) * e[3 * t + 2]) /
                                50.0);
                best = sum < best ? sum : best;
            }
        }
        assert_true(fabs(w[0] + w[1] + w[2] - 1) < 1e-12);
        assert_true(mine <= best * 1.02); /* its rounds are few */
    }
}

static void absolute_errors_are_drawn_home(void **state) {
    (void)state;
    const double e[6] = {1, -1, 0.5, 2, -2, 1}, huge[2] = {1e300, 1e-300};
    double w[3], scratch[64];
    norni_mix_absolute(NULL, 0, 3, 1, 1, w, scratch); /* nothing is known */
    assert_true(w[0] == 0 && w[1] == 1 && w[2] == 0);
    norni_mix_absolute(NULL, 0, 3, 3, 1, w, scratch);
    assert_true(w[0] == w[1] && w[1] == w[2] && fabs(w[0] - 1.0 / 3) < 1e-15);
    norni_mix_absolute(e, 2, 3, 0, 1000, w, scratch);
    assert_true(w[0] > 0.99);
    norni_mix_absolute(e, 2, 3, 3, 1000, w, scratch);
    assert_true(fabs(w[0] - 1.0 / 3) < 0.01 && fabs(w[2] - 1.0 / 3) < 0.01);
    norni_mix_absolute(e, 2, 3, 0, 0.001, w, scratch); /* the first two cancel each other */
    assert_true(fabs(w[0] - 0.5) < 0.01 && fabs(w[1] - 0.5) < 0.01);
    norni_mix_absolute(huge, 1, 2, 2, 0.1, w, scratch);
    assert_true(w[1] > 0.9);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(meets_the_conditions_of_a_minimum),
                                       cmocka_unit_test(beats_every_point_of_a_grid),
                                       cmocka_unit_test(edges),
                                       cmocka_unit_test(absolute_errors_are_least),
                                       cmocka_unit_test(absolute_errors_are_drawn_home)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
