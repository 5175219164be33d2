/* STL and the strengths of season and trend against R's numbers; gaps, extremes, edges. */
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
#include "num/season_strength.h"
#include "num/stl.h"
#include "num/stl_loess.h"

enum { MOST = 1024 };

typedef struct split {
    norn_status status;
    double season[MOST], trend[MOST], weight[MOST];
} split;

static split run(const double *y, size_t n, const norni_stl_opt *o, const norni_poll *poll) {
    split s;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    s.status = norni_stl(y, n, o, poll, &arena, s.season, s.trend, s.weight, NULL);
    norni_arena_clear(&arena);
    return s;
}

static norni_strength strength(const double *y, size_t n, int32_t m) {
    norni_strength s;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    assert_int_equal(norni_season_strength(y, n, m, NULL, &arena, &s, NULL), NORN_OK);
    norni_arena_clear(&arena);
    return s;
}

static size_t read_numbers(char *text, double *out) {
    size_t n = 0;
    char *save = NULL;
    for (char *t = strtok_r(text, " \n", &save); t && n < MOST; t = strtok_r(NULL, " \n", &save))
        out[n++] = strtod(t, NULL);
    return n;
}

/* 1e-9 of the series' size: R's moving averages subtract what leaves the window and carry 1e-12 of
 * rounding along; a season near 0 has no relative precision of its own. */
static void compare(const char *kind, const char *name, const char *args, const double *got,
                    size_t step, const double *want, size_t n, double size) {
    for (size_t i = 0; i < n; i++) {
        if (fabs(got[i * step] - want[i]) > 1e-9 * size)
            fail_msg("%s %s %s [%zu]: %.17g, R has %.17g", kind, name, args, i, got[i * step],
                     want[i]);
    }
}

static norni_stl_opt options_of(const char *kind, const char *args, int32_t m) {
    char *end;
    const int32_t window = (int32_t)strtol(args, &end, 10);
    const bool robust = strtol(end, NULL, 10) != 0;
    norni_stl_opt o = strncmp(kind, "fine", 4) == 0 ? norni_stl_opt_fine(m, window, robust)
                                                    : norni_stl_opt_r(m, window, robust);
    if (strncmp(kind, "degree1", 7) == 0) o.season_degree = 1;
    if (strncmp(kind, "outer11", 7) == 0) o.outer = 11;
    return o;
}

/* Robust passes are compared where R takes the median of |remainder| for the median: its partial sort
 * at times gives another order statistic (nottem, s.window 7, 12th pass: six medians are 5.870917,
 * its weights stand for 5.548436). */
static void agree_with_r(void **state) {
    (void)state;
    static char line[1 << 15];
    double y[MOST], want[MOST], size = 0;
    size_t n = 0, checked = 0, step = 1;
    int32_t m = 1;
    FILE *f = fopen(NORN_FIXTURES "/stl_r.csv", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#') continue;
        char *kind = line, *name = strchr(kind, ','), *args = strchr(name + 1, ','),
             *numbers = strchr(args + 1, ',');
        *name++ = *args++ = *numbers = '\0';
        const size_t k = read_numbers(numbers + 1, want);
        checked++;
        if (strcmp(kind, "y") == 0) {
            memcpy(y, want, k * sizeof *y);
            n = k;
            m = (int32_t)strtol(args, NULL, 10);
            step = n > 400 ? 7 : 1;
            size = 0;
            for (size_t t = 0; t < n; t++)
                size = fmax(size, fabs(y[t]));
        } else if (strcmp(kind, "strength") == 0) {
            if (fabs(strength(y, n, m).season - want[0]) > 1e-9)
                fail_msg("%s: strength %.17g, R has %.17g", name, strength(y, n, m).season,
                         want[0]);
        } else if (strcmp(kind, "trend_strength") == 0) {
            assert_true(fabs(strength(y, n, m).trend - want[0]) <= 1e-9);
        } else if (strstr(kind, "_season") || strstr(kind, "_trend")) {
            const norni_stl_opt o = options_of(kind, args, m);
            const split s = run(y, n, &o, NULL);
            assert_int_equal(s.status, NORN_OK);
            compare(kind, name, args, strstr(kind, "_season") ? s.season : s.trend, step, want, k,
                    size);
        } else {
            checked--;
        }
    }
    fclose(f);
    assert_true(checked > 60);
}

static void make_series(double *y, size_t n, size_t m) {
    for (size_t t = 0; t < n; t++)
        y[t] = 50 + 0.2 * (double)t + 8 * norni_sin(6.283185307179586 * (double)t / (double)m) +
               norni_cos(5.1 * (double)t);
}

/* Many series at once and one with gaps are two roads: with nothing missing they meet. */
static void two_roads_of_loess(void **state) {
    (void)state;
    double y[3 * 41], flat[43], block[3 * 43], line[43], row[128], ones[41], pos[41];
    make_series(y, 3 * 41, 7);
    for (size_t i = 0; i < 41; i++) {
        ones[i] = 1;
        pos[i] = (double)i;
    }
    for (int32_t degree = 0; degree < 2; degree++) {
        for (size_t window = 3; window < 60; window += 8) {
            for (size_t jump = 1; jump < 50; jump += 5) {
                norni_loess l = {.window = window, .jump = jump, .degree = degree, .row = row};
                assert_true(norni_loess_block(&l, y, 41, 3, 3, true, block + 3));
                for (size_t j = 0; j < 3; j++) {
                    for (size_t i = 0; i < 41; i++)
                        flat[i] = y[3 * i + j];
                    const norni_loess_seen s = {41, 41, j ? pos : NULL, flat, j < 2 ? ones : NULL};
                    assert_true(norni_loess_line(&l, &s, true, line + 1));
                    for (size_t i = 0; i < 43; i++)
                        assert_true(fabs(line[i] - block[3 * i + j]) < 1e-11);
                }
            }
        }
    }
}

/* A line is a local line, whatever is missing. */
static void lines_stay_lines(void **state) {
    (void)state;
    double y[50], pos[50], row[128], out[52];
    size_t n_seen = 0;
    for (size_t i = 0; i < 50; i++) {
        if (i % 3 == 1 || (i > 20 && i < 37)) continue;
        pos[n_seen] = (double)i;
        y[n_seen++] = 4 - 0.5 * (double)i;
    }
    norni_loess l = {.window = 7, .jump = 1, .degree = 1, .row = row};
    const norni_loess_seen s = {50, n_seen, pos, y, NULL};
    assert_true(norni_loess_line(&l, &s, true, out + 1));
    for (size_t i = 0; i < 52; i++)
        assert_true(fabs(out[i] - (4.5 - 0.5 * (double)i)) < 1e-10);
}

static void missing_values(void **state) {
    (void)state;
    double y[MOST], z[MOST];
    const norni_stl_opt o = norni_stl_opt_r(12, 11, false);
    make_series(y, 144, 12);
    memcpy(z, y, sizeof z);
    for (size_t t = 0; t < 144; t += 11)
        z[t] = NORNI_NAN;
    for (size_t t = 60; t < 70; t++)
        z[t] = NORNI_NAN;
    const split whole = run(y, 144, &o, NULL), gaps = run(z, 144, &o, NULL);
    assert_int_equal(gaps.status, NORN_OK);
    for (size_t t = 0; t < 144; t++) { /* close to what the whole series gives, gaps included */
        assert_true(fabs(gaps.season[t] - whole.season[t]) < 0.8);
        assert_true(fabs(gaps.trend[t] - whole.trend[t]) < 0.8);
    }
    assert_true(fabs(strength(z, 144, 12).season - strength(y, 144, 12).season) < 0.01);
    for (size_t t = 5; t < 144; t += 12) /* a season never seen, and the last one */
        z[t] = z[t + 6] = NORNI_NAN;
    const split unseen = run(z, 144, &o, NULL);
    assert_int_equal(unseen.status, NORN_OK);
    for (size_t t = 0; t < 144; t++)
        assert_true(isfinite(unseen.season[t]) && fabs(unseen.season[t]) < 15 &&
                    fabs(unseen.trend[t] - whole.trend[t]) < 3);
    for (size_t t = 0; t < 144; t++) /* one value */
        z[t] = t == 77 ? 4 : NORNI_NAN;
    const split one = run(z, 144, &o, NULL);
    assert_int_equal(one.status, NORN_OK);
    for (size_t t = 0; t < 144; t++)
        assert_true(fabs(one.trend[t] + one.season[t] - 4) < 1e-9);
    z[77] = NORNI_NAN;
    assert_int_equal(run(z, 144, &o, NULL).status, NORN_E_DATA);
}

/* An outlier of 1e300 must leave the far end as it was, to the last place. */
static void outlier_stays_local(void **state) {
    (void)state;
    double y[MOST], z[MOST];
    make_series(y, 400, 12);
    memcpy(z, y, sizeof z);
    z[20] = 1e280;
    const norni_stl_opt o = norni_stl_opt_r(12, 11, false), robust = norni_stl_opt_r(12, 11, true);
    const split before = run(y, 400, &o, NULL), after = run(z, 400, &o, NULL);
    for (size_t t = 350; t < 400; t++)
        assert_true(before.season[t] == after.season[t] && before.trend[t] == after.trend[t]);
    const split r = run(z, 400, &robust, NULL);
    assert_true(r.weight[20] == 0);
    for (size_t t = 0; t < 400; t++)
        assert_true(fabs(r.trend[t] + r.season[t] - y[t]) < 5 || t == 20);
}

static void hard_strengths(void **state) {
    (void)state;
    double y[MOST];
    const double size[] = {1, 1e300, 1e-300, -7};
    make_series(y, 120, 12);
    const double plain = strength(y, 120, 12).season;
    assert_true(plain > 0.9 && plain < 1);
    for (size_t k = 0; k < 4; k++) {
        make_series(y, 120, 12);
        for (size_t t = 0; t < 120; t++)
            y[t] *= size[k];
        assert_true(fabs(strength(y, 120, 12).season - plain) < 1e-10);
        for (size_t t = 0; t < 120; t++)
            y[t] = size[k];
        const norni_strength flat = strength(y, 120, 12);
        assert_true(flat.season == 0 && flat.trend == 0);
    }
    for (size_t t = 0; t < 120; t++)
        y[t] = 5 * (double)t;
    assert_true(strength(y, 120, 12).season < 0.64 && strength(y, 120, 12).trend > 0.999);
    for (size_t t = 0; t < 120; t++)
        y[t] = t % 2 ? 1 : -1;
    assert_true(strength(y, 120, 12).season > 0.999);
    assert_true(strength(y, 24, 12).season == 0 && strength(y, 2, 12).season == 0 &&
                strength(y, 120, 1).season == 0);
    for (size_t t = 0; t < 120; t++)
        y[t] = t == 50 ? 1e300 : 0;
    const norni_strength spike = strength(y, 120, 12);
    assert_true(spike.season >= 0 && spike.season <= 1 && spike.trend >= 0 && spike.trend <= 1);
    y[3] = NORNI_INF;
    norni_arena arena;
    const norn_alloc alloc = norni_alloc_default();
    norni_strength s;
    norni_arena_init(&arena, &alloc);
    assert_int_equal(norni_season_strength(y, 120, 12, NULL, &arena, &s, NULL), NORN_E_DATA);
    norni_arena_clear(&arena);
}

static bool at_once(void *user) {
    ++*(int *)user;
    return true;
}

static void edges(void **state) {
    (void)state;
    double y[MOST];
    make_series(y, MOST, 12);
    norni_stl_opt o = norni_stl_opt_r(12, 11, false);
    assert_int_equal(run(y, 24, &o, NULL).status, NORN_E_DATA);
    assert_int_equal(run(y, 25, &o, NULL).status, NORN_OK);
    int asked = 0;
    const norni_poll poll = {at_once, &asked};
    assert_int_equal(run(y, MOST, &o, &poll).status, NORN_E_CANCEL);
    assert_true(asked == 1);
    o = norni_stl_opt_r(1, 11, false);
    assert_int_equal(run(y, 25, &o, NULL).status, NORN_E_DATA);
    o = norni_stl_opt_r(2, 2, true); /* windows below 3 and even ones are raised */
    o.trend_window = 4;
    o.low_window = 1;
    o.season_jump = 1000;
    const split s = run(y, 5, &o, NULL);
    assert_int_equal(s.status, NORN_OK);
    for (size_t t = 0; t < 5; t++)
        assert_true(isfinite(s.season[t]) && isfinite(s.trend[t]));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(agree_with_r),
                                       cmocka_unit_test(two_roads_of_loess),
                                       cmocka_unit_test(lines_stay_lines),
                                       cmocka_unit_test(missing_values),
                                       cmocka_unit_test(outlier_stays_local),
                                       cmocka_unit_test(hard_strengths),
                                       cmocka_unit_test(edges)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
