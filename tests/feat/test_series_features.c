/* A series' features against their definitions in Python; units, edges, nasty series. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feat/series_features.h"

enum { MOST = 256 };

typedef struct made {
    double y[MOST];
    size_t n, m;
    double x[NORNI_N_FEATURES], scale;
    bool varies;
} made;

static made look(const double *y, size_t n, size_t m) {
    static double scratch[5 * MOST];
    made s = {.n = n, .m = m};
    memcpy(s.y, y, n * sizeof *y);
    for (size_t k = 0; k < NORNI_N_FEATURES; k++)
        s.x[k] = NAN;
    s.varies = norni_series_features(y, n, m, s.x, &s.scale, scratch);
    return s;
}

static size_t find(const char *name) {
    for (size_t k = 0; k < NORNI_N_FEATURES; k++) {
        if (strcmp(norni_feature_name((norni_feature)k), name) == 0) return k;
    }
    fail_msg("no feature %s", name);
    return 0;
}

/* 1e-9: the running sum of the moving average and plain sums against exactly rounded ones. */
static void definitions(void **state) {
    (void)state;
    FILE *f = fopen(NORN_FIXTURES "/series_features.csv", "r");
    char line[8192];
    made s = {.n = 0};
    size_t compared = 0;
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        char *save = NULL;
        (void)strtok_r(line, ",\n", &save);
        const size_t m = (size_t)atoi(strtok_r(NULL, ",\n", &save));
        const char *name = strtok_r(NULL, ",\n", &save);
        if (strcmp(name, "y") == 0) {
            double y[MOST];
            size_t n = 0;
            for (char *t; n < MOST && (t = strtok_r(NULL, ",\n", &save)) != NULL;)
                y[n++] = strtod(t, NULL);
            s = look(y, n, m);
            assert_true(s.varies);
            continue;
        }
        const double want = strtod(strtok_r(NULL, ",\n", &save), NULL);
        const double got = strcmp(name, "scale") == 0 ? s.scale : s.x[find(name)];
        if (!(fabs(got - want) <= 1e-9 * (1 + fabs(want))))
            fail_msg("%s at season %zu: %.17g, not %.17g", name, m, got, want);
        compared++;
    }
    fclose(f);
    assert_int_equal(compared, 4 * (NORNI_N_FEATURES + 1));
}

static void units(void **state) {
    (void)state;
    double y[60], z[60];
    for (size_t t = 0; t < 60; t++) {
        y[t] = 50 + 0.3 * (double)t + 7 * sin((double)(t * t));
        z[t] = ldexp(y[t], 40);
    }
    const made a = look(y, 60, 4), b = look(z, 60, 4);
    assert_true(a.varies && b.varies);
    for (size_t k = 0; k < NORNI_N_FEATURES; k++)
        assert_true(fabs(a.x[k] - b.x[k]) <= 1e-12); /* logarithms of other numbers */
    assert_true(b.scale == ldexp(a.scale, 40));
}

static void check_finite(const double *y, size_t n, size_t m) {
    const made s = look(y, n, m);
    for (size_t k = 0; s.varies && k < NORNI_N_FEATURES; k++) {
        if (!isfinite(s.x[k]) || fabs(s.x[k]) > 60)
            fail_msg("%s of n=%zu m=%zu is %g", norni_feature_name((norni_feature)k), n, m, s.x[k]);
    }
}

static void edges(void **state) {
    (void)state;
    double y[MOST];
    for (size_t t = 0; t < MOST; t++)
        y[t] = 5;
    assert_false(look(y, 40, 4).varies);
    y[39] = 6;
    assert_true(look(y, 40, 4).varies);
    for (size_t t = 0; t < MOST; t++)
        y[t] = (double)(t % 4); /* repeats exactly: no scale at lag 4 */
    assert_false(look(y, 40, 4).varies);
    assert_true(look(y, 40, 1).varies);
    for (size_t n = 3; n < 40; n++) {
        for (size_t m = 1; m <= 12; m++) {
            for (size_t kind = 0; kind < 5; kind++) {
                for (size_t t = 0; t < n; t++) {
                    const double alternating = t % 2 ? -1e3 : 1e3;
                    y[t] = kind == 0   ? alternating
                           : kind == 1 ? (double)(t == n / 2)
                           : kind == 2 ? (double)t
                           : kind == 3 ? ldexp(1, (int)t * 10)
                                       : -1e150 + 1e145 * (double)(t * t % 7);
                }
                check_finite(y, n, m);
            }
        }
    }
}

static void squash(void **state) {
    (void)state;
    for (double x = -50; x < 50; x += 0.37)
        assert_true(fabs(norni_squash(x) - asinh(x)) <= 1e-13);
    assert_true(norni_squash(0) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definitions),
        cmocka_unit_test(units),
        cmocka_unit_test(edges),
        cmocka_unit_test(squash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
