/* Tests of the error of a weighted mean: weights of replicates, intervals' coverage, sandwich, effective number, the cap on authors. */
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
#include "signals/signals_boot.h"
#include "tweets_made.h"

static void every_byte_has_its_weight(void **state) {
    uint8_t w[4096];
    size_t count[6] = {0};
    (void)state;
    /* the table is checked through the generator: the bytes and what became of them */
    static const uint8_t upto[] = {94, 189, 235, 251, 255};
    for (uint64_t key = 0; key < 64; key++) {
        norni_boot_weights(7, key, sizeof w, w);
        for (size_t k = 0; k < sizeof w; k++) {
            const uint64_t word = norni_rng_u64((norni_rng){7, key}, k / 8);
            const uint8_t byte = (uint8_t)(word >> 8 * (k % 8));
            uint8_t want = 0;
            while (want < 5 && byte >= upto[want])
                want++;
            assert_int_equal(w[k], want);
            count[want]++;
        }
    }
    /* mean and variance of the table itself are 1 */
    static const int of[] = {94, 95, 46, 16, 4, 1};
    int sum = 0, first = 0, second = 0;
    for (int k = 0; k < 6; k++) {
        sum += of[k];
        first += k * of[k];
        second += k * k * of[k];
        const double share = (double)count[k] / (64.0 * sizeof w);
        assert_true(fabs(share - of[k] / 256.0) < 0.004);
    }
    assert_true(sum == 256 && first == 256 && second == 512);
}

/* Clusters of a sample: users of unequal size whose tweets have something in common. */
static size_t made_clusters(uint64_t seed, size_t n_users, double common, norni_boot_cluster *c,
                            uint64_t *key) {
    uint64_t state = seed * 77 + 5;
    const norni_rng rng = {seed, 1};
    uint64_t draw = 0;
    size_t n = 0;
    for (size_t u = 0; u < n_users; u++) {
        const double own = norni_rng_normal(rng, draw++);
        key[u] = seed * 1000003 + u * 2654435761u;
        for (uint64_t k = 1 + made_draw(&state, 8); k > 0; k--) {
            const double x = common * own + norni_rng_normal(rng, draw++);
            norni_boot_push(c, &n, (uint32_t)u, 0.3 + 0.7 * norni_rng_uniform(rng, draw++),
                            0.25 + x / 4);
        }
    }
    return n;
}

typedef struct lab {
    norni_boot_cluster cluster[400];
    uint64_t key[400];
    norni_boot boot;
    norni_arena arena;
} lab;

static void lab_open(lab *l, double level, int32_t replicates) {
    static norn_alloc alloc;
    alloc = norni_alloc_default();
    *l = (lab){.boot = {.alloc = &alloc,
                        .level = level,
                        .author_cap = 1,
                        .n_replicates = (size_t)replicates,
                        .stride = ((size_t)replicates + 15) & ~(size_t)15,
                        .key = l->key,
                        .n_authors = 400}};
    norni_arena_init(&l->arena, &alloc);
}

static norni_estimate estimate(lab *l, size_t n) {
    norni_estimate e;
    norni_arena_reset(&l->arena);
    assert_int_equal(norni_boot_estimate(&l->boot, l->cluster, n, NULL, &l->arena, NULL, &e, NULL),
                     NORN_OK);
    return e;
}

static double coverage(double level, size_t n_users, int n_runs, double *se_ratio) {
    static lab l;
    int inside = 0;
    double boot = 0, sandwich = 0;
    lab_open(&l, level, 400);
    for (int run = 0; run < n_runs; run++) {
        l.boot.seed = (uint64_t)run;
        const size_t n = made_clusters((uint64_t)run + 1, n_users, 1, l.cluster, l.key);
        const norni_estimate e = estimate(&l, n);
        inside += e.lo <= 0.25 && 0.25 <= e.hi;
        boot += e.se;
        sandwich += e.sandwich_se;
        assert_int_equal(e.n_authors, n_users);
    }
    norni_arena_clear(&l.arena);
    *se_ratio = boot / sandwich;
    return (double)inside / n_runs;
}

static void intervals_cover_what_they_say(void **state) {
    double ratio;
    (void)state;
    const double wide = coverage(0.95, 120, 1500, &ratio);
    print_message("# 95 %%: %.4f, bootstrap over sandwich %.4f\n", wide, ratio);
    assert_true(wide > 0.93 && wide < 0.966);
    assert_true(ratio > 0.97 && ratio < 1.03);
    const double narrow = coverage(0.8, 120, 1500, &ratio);
    print_message("# 80 %%: %.4f\n", narrow);
    assert_true(narrow > 0.76 && narrow < 0.83);
}

/* Without clusters the same data look surer than they are. */
static void clusters_matter(void **state) {
    static lab l;
    static norni_boot_cluster apart[3000];
    static uint64_t key[3000];
    int inside = 0;
    (void)state;
    lab_open(&l, 0.95, 200);
    for (int run = 0; run < 300; run++) {
        const norni_rng rng = {(uint64_t)run, 9};
        uint64_t draw = 0;
        size_t n = 0;
        for (size_t u = 0; u < 100; u++) {
            const double own = norni_rng_normal(rng, draw++);
            for (int k = 0; k < 10; k++) {
                key[n] = (uint64_t)run * 5000 + n;
                norni_boot_push(apart, &n, (uint32_t)n, 1, own + norni_rng_normal(rng, draw++));
            }
        }
        l.boot.key = key;
        norni_estimate e;
        norni_arena_reset(&l.arena);
        assert_int_equal(norni_boot_estimate(&l.boot, apart, n, NULL, &l.arena, NULL, &e, NULL),
                         NORN_OK);
        inside += e.lo <= 0 && 0 <= e.hi;
    }
    print_message("# each tweet its own cluster: %.3f of 0.95\n", inside / 300.0);
    assert_true(inside < 240);
    norni_arena_clear(&l.arena);
}

static void known_numbers(void **state) {
    static lab l;
    size_t n = 0;
    (void)state;
    lab_open(&l, 0.95, 200);
    assert_int_equal(estimate(&l, 0).n_authors, 0);
    assert_true(estimate(&l, 0).mean == 0 && isnan(estimate(&l, 0).lo));
    norni_boot_push(l.cluster, &n, 0, 0.5, 0.4);
    norni_boot_push(l.cluster, &n, 0, 0, 99); /* weighs nothing */
    norni_estimate e = estimate(&l, n);
    assert_true(e.mean == 0.4 && e.n_eff == 1 && isnan(e.lo) && isnan(e.se) &&
                isnan(e.sandwich_se) && !e.excludes_zero);
    norni_boot_push(l.cluster, &n, 1, 1, -0.2);
    norni_boot_push(l.cluster, &n, 1, 0.5, 0.1);
    l.key[1] = 1;
    e = estimate(&l, n);
    /* weights .5, 1, .5: 2² / 1.5; sums .2 and -.15 of weights .5 and 1.5 */
    assert_true(fabs(e.mean - 0.025) < 1e-15 && fabs(e.n_eff - 4 / 1.5) < 1e-15);
    const double u = 0.2 - 0.025 * 0.5, v = -0.15 - 0.025 * 1.5;
    assert_true(fabs(e.sandwich_se - sqrt(2 * (u * u + v * v)) / 2) < 1e-15);
    assert_true(e.lo < 0 && e.hi > 0 && !e.excludes_zero && e.se > 0);
    /* made where they are needed, the weights are those of the table */
    const norni_estimate made = e;
    uint8_t table[2][208];
    for (size_t a = 0; a < 2; a++)
        norni_boot_weights(0, l.key[a], 208, table[a]);
    l.boot.weight = table[0];
    e = estimate(&l, n);
    assert_true(e.lo == made.lo && e.hi == made.hi && e.se == made.se);
    l.boot.n_replicates = 0;
    e = estimate(&l, n);
    assert_true(isnan(e.lo) && isnan(e.se) && !isnan(e.sandwich_se));
    norni_arena_clear(&l.arena);
}

static void no_author_has_more_than_the_cap(void **state) {
    static norni_boot_cluster c[50];
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    uint64_t draws = 4;
    (void)state;
    norni_arena_init(&arena, &alloc);
    for (int run = 0; run < 400; run++) {
        const size_t n = 1 + made_draw(&draws, 50);
        const double cap = (double)(1 + made_draw(&draws, 100)) / 100;
        double total = 0, before[50], top = 0, least = NORNI_INF;
        for (size_t k = 0; k < n; k++) {
            before[k] = norni_exp((double)made_draw(&draws, 600) / 100);
            c[k] = (norni_boot_cluster){before[k] / 2, before[k], before[k] * before[k], 0};
            least = fmin(least, before[k]);
        }
        assert_int_equal(norni_boot_cap(c, n, cap, &arena, NULL), NORN_OK);
        for (size_t k = 0; k < n; k++)
            total += c[k].w;
        for (size_t k = 0; k < n; k++) {
            top = fmax(top, c[k].w);
            assert_true(c[k].w <= before[k] && fabs(c[k].ws / c[k].w - 0.5) < 1e-12);
            assert_true(fabs(c[k].ww / (c[k].w * c[k].w) - 1) < 1e-12);
        }
        if ((double)n * cap <= 1) { /* cannot be: all the same */
            if (cap < 1) assert_true(fabs(top - least) < 1e-12 * least);
        } else {
            assert_true(top <= cap * total * (1 + 1e-12));
            /* and no more is cut than must be: who is cut has exactly the cap */
            for (size_t k = 0; k < n; k++)
                if (c[k].w < before[k]) assert_true(c[k].w > cap * total * (1 - 1e-9));
        }
    }
    norni_arena_clear(&arena);
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void intervals_are_quantiles(void **state) {
    uint64_t draws = 8;
    (void)state;
    for (int run = 0; run < 300; run++) {
        double x[300], sorted[300], lo, hi, sd;
        const size_t n = 2 + made_draw(&draws, 290);
        const double level = (double)(1 + made_draw(&draws, 98)) / 100;
        for (size_t k = 0; k < n; k++)
            x[k] = sorted[k] = (double)made_draw(&draws, 50) / 7 - 3;
        x[n] = NORNI_NAN;
        qsort(sorted, n, sizeof *sorted, ascending);
        norni_boot_interval(x, n + 1, level, &lo, &hi, &sd);
        const double at = (double)(n - 1) * (1 - level) / 2, part = at - floor(at);
        const size_t k = (size_t)at;
        assert_true(fabs(lo - (sorted[k] * (1 - part) + sorted[k + 1] * part)) < 1e-12);
        assert_true(fabs(hi - (sorted[n - 1 - k] * (1 - part) + sorted[n - 2 - k] * part)) < 1e-12);
    }
    double one[2] = {3, NORNI_NAN}, lo, hi, sd;
    norni_boot_interval(one, 2, 0.95, &lo, &hi, &sd);
    assert_true(isnan(lo) && isnan(hi) && isnan(sd));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_has_its_weight),
        cmocka_unit_test(intervals_cover_what_they_say),
        cmocka_unit_test(clusters_matter),
        cmocka_unit_test(known_numbers),
        cmocka_unit_test(no_author_has_more_than_the_cap),
        cmocka_unit_test(intervals_are_quantiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
