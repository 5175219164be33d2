/* MSTL against R's mstl(); gaps, extremes, too short series, and the trend without a season. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fp.h"
#include "num/mstl_split.h"

enum { MOST = 1536, MOST_SEASONS = 3 };

typedef struct split {
    norn_status status;
    norni_mstl_parts parts;
    int32_t period[MOST_SEASONS];
    double season[MOST_SEASONS * MOST], trend[MOST];
} split;

/* Into *s; rows of season have n. */
static void run(split *s, const double *y, size_t n, const int32_t *periods, size_t n_periods,
                norni_mstl_opt o, const norni_poll *poll) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    s->parts = (norni_mstl_parts){0, s->period, s->season, s->trend};
    s->status = norni_mstl_split(y, n, periods, n_periods, &o, poll, &arena, &s->parts, NULL);
    norni_arena_clear(&arena);
}
static const norni_mstl_opt plain = {.iterate = 2};

/* R's partial sums carry rounding along: 1e-9 of the series' size. (Robust passes: test_stl.c.) */
static void agree_with_r(void **state) {
    (void)state;
    static char line[1 << 16];
    static split s;
    double y[MOST], want[MOST], size = 0;
    int32_t period[8];
    size_t n = 0, n_period = 0, checked = 0;
    FILE *f = fopen(NORN_FIXTURES "/mstl_r.csv", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#') continue;
        char *kind = line, *name = strchr(kind, ','), *args = strchr(name + 1, ','),
             *numbers = strchr(args + 1, ','), *save = NULL;
        *name++ = *args++ = *numbers++ = '\0';
        size_t k = 0;
        for (char *t = strtok_r(numbers, " \n", &save); t; t = strtok_r(NULL, " \n", &save))
            want[k++] = strtod(t, NULL);
        if (strcmp(kind, "y") == 0) {
            memcpy(y, want, k * sizeof *y);
            n = k;
            n_period = 0;
            for (char *t = strtok_r(args, " ", &save); t; t = strtok_r(NULL, " ", &save))
                period[n_period++] = (int32_t)strtol(t, NULL, 10);
            for (size_t t = 0; t < n; t++)
                size = fmax(t ? size : 0, fabs(y[t]));
            run(&s, y, n, period, n_period, plain, NULL);
            assert_int_equal(s.status, NORN_OK);
            continue;
        }
        if (strcmp(kind, "forecast") == 0) continue; /* tests/models/test_mstl.c */
        const double *got =
            strstr(kind, "trend") ? s.trend : s.season + (size_t)strtol(args, NULL, 10) * n;
        for (size_t i = 0; i < k; i++) {
            if (fabs(got[7 * i] - want[i]) > 1e-9 * size)
                fail_msg("%s %s %s [%zu]: %.17g, R has %.17g", kind, name, args, i, got[7 * i],
                         want[i]);
        }
        checked++;
    }
    fclose(f);
    assert_true(checked == 14);
}

static void make_series(double *y, size_t n) {
    for (size_t t = 0; t < n; t++)
        y[t] = 100 + 0.3 * (double)t + 5 * norni_sin(6.283185307179586 * (double)t / 7) +
               9 * norni_cos(6.283185307179586 * (double)t / 30) + norni_sin(9.7 * (double)t);
}

static void seasons_that_fit(void **state) {
    (void)state;
    static split s;
    double y[300];
    const int32_t periods[3] = {7, 30, 150};
    make_series(y, 300);
    run(&s, y, 300, periods, 3, plain, NULL);
    assert_true(s.parts.n_season == 2 && s.period[0] == 7 && s.period[1] == 30);
    for (size_t t = 50; t < 250; t++) {
        assert_true(fabs(s.season[t] - 5 * norni_sin(6.283185307179586 * (double)t / 7)) < 1.5);
        assert_true(fabs(s.season[300 + t] - 9 * norni_cos(6.283185307179586 * (double)t / 30)) <
                    1.5);
    }
    run(&s, y, 60, periods, 3, plain, NULL); /* 2m is not enough */
    assert_true(s.parts.n_season == 1 && s.period[0] == 7);
}

static void gaps_and_sizes(void **state) {
    (void)state;
    static split s, big;
    double y[300], z[300];
    const int32_t periods[2] = {7, 30};
    make_series(y, 300);
    for (size_t t = 0; t < 300; t += 13)
        y[t] = NORNI_NAN;
    for (size_t t = 100; t < 140; t++)
        y[t] = NORNI_NAN;
    run(&s, y, 300, periods, 2, plain, NULL);
    assert_int_equal(s.status, NORN_OK);
    for (size_t t = 0; t < 300; t++)
        assert_true(fabs(s.trend[t] - (100 + 0.3 * (double)t)) < 5);
    for (int32_t sign = -1; sign < 2; sign += 2) {
        for (size_t t = 0; t < 300; t++)
            z[t] = ldexp(y[t], sign * 1000);
        run(&big, z, 300, periods, 2, plain, NULL);
        assert_int_equal(big.status, NORN_OK);
        for (size_t t = 0; t < 300; t++)
            assert_true(ldexp(big.trend[t], -sign * 1000) == s.trend[t]);
    }
    for (size_t t = 0; t < 300; t++)
        z[t] = NORNI_NAN;
    run(&s, z, 300, periods, 2, plain, NULL);
    assert_int_equal(s.status, NORN_E_DATA);
    z[5] = NORNI_INF;
    run(&s, z, 300, periods, 2, plain, NULL);
    assert_int_equal(s.status, NORN_E_DATA);
}

static void without_a_season(void **state) {
    (void)state;
    static split s;
    double y[300];
    for (size_t n = 1; n <= 300; n += n < 12 ? 1 : 96) {
        for (size_t t = 0; t < n; t++)
            y[t] = 4 - 0.5 * (double)t;
        run(&s, y, n, NULL, 0, plain, NULL);
        assert_int_equal(s.status, NORN_OK);
        assert_int_equal(s.parts.n_season, 0);
        for (size_t t = 0; t < n; t++)
            assert_true(fabs(s.trend[t] - y[t]) < 1e-9);
    }
    for (size_t t = 0; t < 300; t++) /* waves of 50 ask for the short span, gaps or not */
        y[t] = t % 9 == 4 ? NORNI_NAN : 20 * norni_sin(0.125663706 * (double)t) + (t % 2 ? 1 : -1);
    run(&s, y, 300, NULL, 0, plain, NULL);
    for (size_t t = 5; t < 295; t++)
        assert_true(fabs(s.trend[t] - 20 * norni_sin(0.125663706 * (double)t)) < 2.5);
    for (size_t t = 0; t < 300; t++) /* noise asks for the long one */
        y[t] = 10 * norni_cos(3.3 * (double)(t * t));
    run(&s, y, 300, NULL, 0, plain, NULL);
    for (size_t t = 20; t < 280; t++)
        assert_true(fabs(s.trend[t]) < 3);
}

static bool at_once(void *user) {
    (void)user;
    return true;
}

static void cancelled(void **state) {
    (void)state;
    static split s;
    double y[300];
    const int32_t periods[2] = {7, 30};
    const norni_poll poll = {at_once, NULL};
    make_series(y, 300);
    s.season[0] = 7; /* and before the first long loop */
    run(&s, y, 300, periods, 2, plain, &poll);
    assert_int_equal(s.status, NORN_E_CANCEL);
    assert_true(s.season[0] == 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agree_with_r), cmocka_unit_test(seasons_that_fit),
        cmocka_unit_test(gaps_and_sizes), cmocka_unit_test(without_a_season),
        cmocka_unit_test(cancelled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
