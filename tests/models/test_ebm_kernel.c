/* The passes of the EBM's mains: equal bits with every set of instructions, equal to slow twins. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "models/ebm/ebm_kernel.h"

enum { MOST = 300, ROOM = MOST + 64 };

typedef struct rows {
    double r[ROOM], weight[ROOM];
    uint16_t a[ROOM], b[ROOM];
} rows;

static rows make_rows(uint64_t seed, uint32_t n_slots) {
    const norni_rng rng = {seed, 1};
    rows x = {{0}, {0}, {0}, {0}};
    for (size_t i = 0; i < ROOM; i++) {
        x.r[i] = norni_rng_normal(rng, 4 * i);
        x.weight[i] = norni_rng_uniform(rng, 4 * i + 1);
        x.a[i] = (uint16_t)(norni_rng_u64(rng, 4 * i + 2) % n_slots);
        x.b[i] = (uint16_t)(norni_rng_u64(rng, 4 * i + 3) % n_slots);
    }
    return x;
}

static double step_at(const ebm_shift *s, uint16_t slot) {
    if (s->zero_apart && slot == 0) return s->zero;
    return slot <= s->cut ? s->left : s->right;
}

static void check_rows(const ebm_kernel *k, const ebm_kernel *base, size_t n, const ebm_shift *by,
                       uint32_t next_cut, const rows *x) {
    static rows mine, slow;
    mine = slow = *x;
    ebm_shift s = *by;
    s.slot = x->a;
    k->shift(mine.r, n, &s);
    for (size_t i = 0; i < n; i++)
        slow.r[i] += step_at(&s, x->a[i]);
    assert_memory_equal(mine.r, slow.r, sizeof slow.r);
    static rows other;
    for (int weighted = 0; weighted < 2; weighted++) {
        const double *w = weighted ? x->weight : NULL;
        mine = other = *x;
        const double square = k->square(mine.r, n, &s, w), again = base->square(other.r, n, &s, w);
        double sum = 0, all = 0, left = 0;
        for (size_t i = 0; i < n; i++) {
            const double v = slow.r[i] * (w ? w[i] : 1);
            sum += slow.r[i] * v;
            all += v;
            if (x->b[i] <= next_cut) left += v;
        }
        assert_memory_equal(mine.r, slow.r, sizeof slow.r);
        assert_true(square == again && fabs(square - sum) <= 1e-12 * sum);
        mine = other = *x;
        const ebm_sums u = k->sum(mine.r, n, &s, w, x->b, next_cut);
        const ebm_sums v = base->sum(other.r, n, &s, w, x->b, next_cut);
        assert_memory_equal(mine.r, slow.r, sizeof slow.r);
        assert_true(u.all == v.all && u.left == v.left);
        assert_true(fabs(u.all - all) < 1e-11 && fabs(u.left - left) < 1e-11);
        const ebm_sums still = k->sum(mine.r, n, NULL, w, x->b, next_cut);
        assert_true(still.all == u.all && still.left == u.left);
    }
}

static void test_rows(void **state) {
    (void)state;
    const ebm_kernel *base = ebm_kernel_get(EBM_SIMD_BASE);
    for (int cap = EBM_SIMD_BASE; cap <= EBM_SIMD_AVX512; cap++) {
        const ebm_kernel *k = ebm_kernel_get(cap);
        for (uint64_t t = 0; t < 600; t++) {
            const size_t n = t < MOST ? t : t - MOST;
            const uint32_t n_slots = t % 3 == 0 ? 7 : t % 3 == 1 ? 100 : 65535;
            const rows x = make_rows(t, n_slots);
            const ebm_shift s = {.cut = t % 5 ? (uint32_t)(t * 7919 % n_slots) : n_slots - 1,
                                 .zero_apart = t % 2,
                                 .zero = 0.3,
                                 .left = -0.25,
                                 .right = 1.0 / 3};
            check_rows(k, base, n, &s, (uint32_t)(t * 104729 % n_slots), &x);
        }
    }
}

static void test_pieces(void **state) {
    (void)state;
    for (int cap = EBM_SIMD_BASE; cap <= EBM_SIMD_AVX512; cap++)
        for (size_t n = 2; n <= EBM_PIECES; n++) {
            rows x = make_rows(n, 40), slow = x;
            ebm_pieces p = {.slot = x.a, .n = n};
            for (size_t k = 0; k < n; k++) {
                p.end[k] = k + 1 < n ? (uint32_t)(4 * k + k % 2) : 39;
                p.value[k] = 1.0 / (double)(k + 3);
            }
            ebm_kernel_get(cap)->pieces(x.r, MOST - 3, &p);
            for (size_t i = 0; i < MOST - 3; i++) {
                size_t k = 0;
                while (slow.a[i] > p.end[k])
                    k++;
                slow.r[i] += p.value[k];
            }
            assert_memory_equal(x.r, slow.r, sizeof x.r);
        }
}

/* A histogram in several ways and its best cut, one way and the slow way round. */
static void check_best(int cap, size_t n, size_t n_ways, uint64_t seed) {
    static double g[4 * EBM_WAY], one[4 * EBM_WAY], prefix[EBM_WAY], left[EBM_WAY], right[EBM_WAY];
    const rows x = make_rows(seed, (uint32_t)n);
    memset(g, 0, sizeof g);
    memset(one, 0, sizeof one);
    memset(left, 0, sizeof left);
    memset(right, 0, sizeof right);
    ebm_scatter(x.r, NULL, x.a, MOST - 1, g, n_ways);
    for (size_t i = 0; i < MOST - 1; i++)
        one[x.a[i]] += x.r[i];
    for (size_t s = 2; s + 3 < n; s++)
        left[s] = 1 / (double)(s + 1), right[s] = 1 / (double)(n - s);
    const ebm_best b = ebm_kernel_get(cap)->best(g, n, n_ways, left, right, prefix);
    double all = 0, l = 0, best = 0;
    size_t at = 0;
    for (size_t s = 0; s < n; s++) {
        assert_true(fabs(g[s] - one[s]) < 1e-12);
        all += one[s];
    }
    for (size_t s = 0; s < n; s++) {
        l += one[s];
        const double gain = l * l * left[s] + (all - l) * (all - l) * right[s];
        if (gain > best * (1 + 1e-12)) best = gain, at = s;
    }
    assert_true(fabs(b.gain - best) <= 1e-10 * best && fabs(b.all - all) < 1e-11);
    if (best > 0) assert_int_equal(b.cut, at);
    ebm_scatter(x.r, NULL, x.a, 0, g, n_ways);
    static double again[4 * EBM_WAY];
    memset(again, 0, sizeof again);
    ebm_scatter(x.r, NULL, x.a, MOST - 1, again, n_ways);
    const ebm_best c = ebm_kernel_get(EBM_SIMD_BASE)->best(again, n, n_ways, left, right, prefix);
    assert_true(c.gain == b.gain && c.cut == b.cut && c.left == b.left && c.all == b.all);
    assert_memory_equal(g, again, n * sizeof *g);
}

static void test_best(void **state) {
    (void)state;
    for (int cap = EBM_SIMD_BASE; cap <= EBM_SIMD_AVX512; cap++)
        for (size_t n = 1; n < 120; n++)
            for (size_t ways = 1; ways <= 4; ways *= 2)
                check_best(cap, n, ways, 1000 + n);
}

static void test_ties(void **state) {
    (void)state;
    double g[16] = {1, -1, 1, -1, 1, -1, 1, -1, 1, -1}, prefix[16], w[16];
    for (size_t i = 0; i < 16; i++)
        w[i] = i < 10 ? 1 : 0;
    for (int cap = EBM_SIMD_BASE; cap <= EBM_SIMD_AVX512; cap++) {
        double h[16];
        memcpy(h, g, sizeof h);
        const ebm_best b = ebm_kernel_get(cap)->best(h, 10, 1, w, w, prefix);
        assert_int_equal(b.cut, 0); /* the lowest of equal ones */
        assert_true(b.gain == 2 && b.all == 0 && b.left == 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_pieces),
                                       cmocka_unit_test(test_best), cmocka_unit_test(test_ties)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
