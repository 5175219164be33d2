/* Boosted trees against LightGBM's on tables with equal bins, and a split against a plain search. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fp.h"
#include "base/rng.h"
#include "gbdt_case.h"

/* ---- LightGBM ---- */

typedef struct light_case {
    char name[32];
    size_t n, n_gains;
    double gain[8], x[4][240], y[240], p[240];
} light_case;

static void read_row(light_case *c, char *line) {
    double v[6];
    char *p = line + 4;
    for (int k = 0; k < 6; k++) {
        char *end = strpbrk(p, ",\n");
        v[k] = p == end ? NORNI_NAN : atof(p);
        if (end) p = end + 1;
    }
    for (int k = 0; k < 4; k++)
        c->x[k][c->n] = v[k];
    c->y[c->n] = v[4];
    c->p[c->n++] = v[5];
}

/* The next case of the file; false: there is none. */
static bool next_case(FILE *f, light_case *c) {
    char line[256];
    memset(c, 0, sizeof *c);
    for (long at = ftell(f); fgets(line, sizeof line, f); at = ftell(f)) {
        if (!strncmp(line, "case,", 5)) {
            if (c->name[0]) {
                fseek(f, at, SEEK_SET);
                return true;
            }
            memcpy(c->name, line + 5, strcspn(line + 5, "\n"));
        } else if (!strncmp(line, "gain,", 5)) {
            c->gain[c->n_gains++] = atof(line + 5);
        } else if (!strncmp(line, "row,", 4)) {
            read_row(c, line);
        }
    }
    return c->name[0] != 0;
}

static norni_gbdt_opt options_of_case(const char *name) {
    norni_gbdt_opt o = norni_gbdt_opt_default();
    o.n_trees = 5, o.n_leaves = 8, o.learning_rate = 0.1;
    if (!strcmp(name, "penalties")) o.lambda_l1 = 0.2, o.lambda_l2 = 5;
    if (!strcmp(name, "depth")) o.max_depth = 2, o.min_child = 5;
    if (!strcmp(name, "poisson")) o.loss = NORNI_GBDT_POISSON, o.min_child = 1;
    if (!strcmp(name, "tweedie"))
        o.loss = NORNI_GBDT_TWEEDIE, o.min_child = 1, o.tweedie_power = 1.3;
    if (!strcmp(name, "absolute")) o.loss = NORNI_GBDT_ABSOLUTE;
    if (!strcmp(name, "quantile")) o.loss = NORNI_GBDT_QUANTILE, o.alpha = 0.8;
    return o;
}

/* LightGBM's slopes are floats (2^-24), its leaves doubles: 2e-6 of the spread is that. */
static void check_case(const light_case *c) {
    static const int8_t monotone[4] = {-1, 0, 1, 0};
    const norni_gbdt_opt o = options_of_case(c->name);
    const double *const x[4] = {c->x[0], c->x[1], c->x[2], c->x[3]};
    const norni_gbdt m =
        fit_table(&(gbdt_case){.x = x,
                               .k = 4,
                               .n = c->n,
                               .y = c->y,
                               .opt = &o,
                               .monotone = !strcmp(c->name, "monotone") ? monotone : NULL});
    assert_int_equal(m.n_trees, 5);
    for (size_t g = 0; g < c->n_gains; g++) {
        if (fabs(m.tree[0].node[g].gain - c->gain[g]) > 1e-5 * c->gain[g])
            fail_msg("%s: gain %zu %.9g, LightGBM's %.9g", c->name, g, m.tree[0].node[g].gain,
                     c->gain[g]);
    }
    assert_int_equal(m.tree[0].n_leaves, c->n_gains + 1);
    for (size_t i = 0; i < c->n; i++) {
        const double row[4] = {c->x[0][i], c->x[1][i], c->x[2][i], c->x[3][i]};
        const double p = norni_gbdt_predict(&m, row);
        if (!(fabs(p - c->p[i]) < 2e-6 * (1 + fabs(c->p[i]))))
            fail_msg("%s: row %zu %.12g, LightGBM's %.12g", c->name, i, p, c->p[i]);
    }
}

static void as_lightgbm(void **state) {
    (void)state;
    FILE *f = fopen(NORN_FIXTURES "/gbdt_lightgbm.csv", "r");
    static light_case c;
    size_t n = 0;
    assert_non_null(f);
    while (next_case(f, &c)) {
        check_case(&c);
        n++;
    }
    fclose(f);
    assert_int_equal(n, 9);
}

/* ---- one split against a plain search over values ---- */

typedef struct plain_split {
    double gain;
    size_t column;
    double cut;
    bool missing_left;
} plain_split;

static double worth(double g, double n, double l2) {
    return g * g / (n + l2);
}

/* Every cut of every column, on the values themselves. */
static plain_split search(const double *const *x, size_t k, size_t n, const double *y, double l2,
                          double least) {
    plain_split best = {0};
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += y[i] / (double)n;
    for (size_t j = 0; j < k; j++)
        for (size_t c = 0; c < n; c++)
            for (int side = 0; side < 2; side++) {
                double g[2] = {0, 0}, count[2] = {0, 0};
                for (size_t i = 0; i < n; i++) {
                    const double v = x[j][i];
                    const int right = isnan(v) ? !side : !(v <= x[j][c]);
                    g[right] += mean - y[i];
                    count[right]++;
                }
                if (isnan(x[j][c]) || count[0] < least || count[1] < least) continue;
                const double gain = worth(g[0], count[0], l2) + worth(g[1], count[1], l2) -
                                    worth(g[0] + g[1], count[0] + count[1], l2);
                if (gain > best.gain * (1 + 1e-12))
                    best = (plain_split){gain, j, x[j][c], side == 1};
            }
    return best;
}

static void best_split(void **state) {
    (void)state;
    enum { N = 120, K = 5 };
    static double value[K][N], y[N];
    const double *x[K];
    for (uint64_t seed = 0; seed < 40; seed++) {
        const norni_rng rng = {seed, 1};
        for (size_t j = 0; j < K; j++) {
            x[j] = value[j];
            for (size_t i = 0; i < N; i++)
                value[j][i] = seed % 3 == 2 && norni_rng_uniform(rng, 10000 + j * N + i) < 0.2
                                  ? NORNI_NAN
                                  : floor(10 * norni_rng_normal(rng, j * N + i));
        }
        for (size_t i = 0; i < N; i++)
            y[i] = norni_rng_normal(rng, 5000 + i) + (value[seed % K][i] > 3);
        norni_gbdt_opt o = norni_gbdt_opt_default();
        o.n_trees = 1, o.n_leaves = 2, o.min_child = 5, o.learning_rate = 1;
        o.lambda_l2 = seed % 2 ? 4 : 0;
        const norni_gbdt m = fit_table(&(gbdt_case){.x = x, .k = K, .n = N, .y = y, .opt = &o});
        const plain_split s = search(x, K, N, y, o.lambda_l2, 5);
        const norni_gbdt_node *node = m.tree[0].node;
        assert_int_equal(m.tree[0].n_leaves, 2);
        assert_true(fabs(node->gain - s.gain) < 1e-6 * s.gain);
        assert_int_equal(node->column, s.column);
        assert_true(node->cut > s.cut);
        size_t between = 0; /* no value lies between the two cuts */
        for (size_t i = 0; i < N; i++)
            between += x[s.column][i] > s.cut && x[s.column][i] < node->cut;
        assert_int_equal(between, 0);
    }
}

/* Scans in lanes of every width give the bits of the plain one. */
static void same_in_lanes(void **state) {
    (void)state;
    const gbdt_simd most = gbdt_simd_most();
    const norni_rng rng = {3, 3};
    for (uint64_t round = 0; round < 300; round++) {
        int64_t hist[2 * GBDT_BINS] = {0}, sum[2] = {0, 0}, scratch[GBDT_SCAN_SCRATCH];
        const bool wide = round % 2;
        const uint32_t n_bins = 4 + (uint32_t)(norni_rng_u64(rng, 10 * round) % 250);
        double cut[GBDT_BINS] = {0};
        const gbdt_column c = {.n_bins = n_bins, .cut = cut};
        const gbdt_words w = {.wide = wide, .shift = 12, .unit = {1, 1}};
        for (size_t b = round % 3 != 0; b + 1 < n_bins; b++) {
            const uint64_t u = norni_rng_u64(rng, 1000000 + 1000 * round + b);
            const int64_t n = (int64_t)(u % 12), g = n * ((int64_t)(u >> 20 & 0xffff) - 0x8000);
            const size_t at = wide ? 2 * b : b;
            hist[at] = wide ? g : g * 4096 + n;
            if (wide) hist[at + 1] = n * 5 * 4096 + n;
            for (size_t k = 0; k <= wide; k++)
                sum[k] += hist[at + k];
        }
        const gbdt_sums all = gbdt_word_sums(&w, sum);
        gbdt_rule r = {.l1 = round % 5 ? 0 : 1e4,
                       .l2 = round % 7 ? 0 : 3,
                       .min_n = 1 + (double)(round % 30),
                       .low = -NORNI_INF,
                       .high = NORNI_INF};
        gbdt_split found[3];
        for (int simd = 0; simd <= (int)most; simd++) {
            found[simd] = (gbdt_split){.column = UINT32_MAX};
            r.simd = (gbdt_simd)simd;
            gbdt_scan(&c, 7, hist, &w, &all, &r, scratch, &found[simd]);
            assert_memory_equal(&found[simd].gain, &found[0].gain, sizeof(double));
            assert_int_equal(found[simd].column, found[0].column);
            assert_int_equal(found[simd].bin, found[0].bin);
            assert_int_equal(found[simd].missing_left, found[0].missing_left);
        }
        r.low = -1e300; /* the held scan without a bound that is met: the same cut */
        gbdt_split held = {.column = UINT32_MAX};
        gbdt_scan(&c, 7, hist, &w, &all, &r, scratch, &held);
        assert_int_equal(held.column, found[0].column);
        assert_true(fabs(held.gain - found[0].gain) <= 1e-9 * found[0].gain);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_lightgbm, set_up, tear_down),
        cmocka_unit_test_setup_teardown(best_split, set_up, tear_down),
        cmocka_unit_test(same_in_lanes),
    };
    return cmocka_run_group_tests_name("gbdt", tests, NULL, NULL);
}
