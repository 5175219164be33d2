/* The best split of a leaf on one column, from its histogram. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A split's worth is S(left) + S(right) - S(both), S = soft(g, l1)^2 / (h + l2) of the sums g of slopes
 * and h of curvatures (Friedman 2001; Chen and Guestrin 2016, "XGBoost", KDD). Missing values are tried
 * on both sides. Names are sorted by g / (h + smooth) and cut like numbers (Fisher 1958). Under
 * monotone constraints leaf values are held in [low, high], and S is what the held value saves; a
 * split whose sides stand the wrong way round is illegal. */
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/simd.h"
#include "models/gbdt/gbdt_parts.h"

/* Left sides of the cuts: sums of words up to each bin (padded to eights), and what is always left. */
typedef struct cut_rows {
    const int64_t *first, *second; /* (n); second NULL: narrow words */
    size_t n;
    int shift;
    gbdt_sums also;
} cut_rows;
typedef struct cut_found {
    double gain; /* S(left) + S(right); -1: no cut is legal */
    int64_t at;
} cut_found;

#define SCAN_TARGET
#define FN(x) scan_plain_##x
#include "models/gbdt/gbdt_scan_body.h"
#undef SCAN_TARGET
#undef FN
#if defined(__x86_64__)
#    define SCAN_TARGET __attribute__((target("avx2")))
#    define FN(x)       scan_avx2_##x
#    include "models/gbdt/gbdt_scan_body.h"
#    undef SCAN_TARGET
#    undef FN
#    define SCAN_TARGET __attribute__((target("avx512f,avx512dq,avx512vl" NORNI_PREFER_512)))
#    define FN(x)       scan_avx512_##x
#    include "models/gbdt/gbdt_scan_body.h"
#    undef SCAN_TARGET
#    undef FN
#endif

gbdt_simd gbdt_simd_most(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return GBDT_AVX512;
    if (__builtin_cpu_supports("avx2")) return GBDT_AVX2;
#endif
    return GBDT_PLAIN;
}

static cut_found find_cut(gbdt_simd simd, const cut_rows *r, const gbdt_sums *all,
                          const gbdt_rule *rule) {
#if defined(__x86_64__)
    if (simd == GBDT_AVX512) return scan_avx512_cuts(r, all, rule);
    if (simd == GBDT_AVX2) return scan_avx2_cuts(r, all, rule);
#endif
    (void)simd;
    return scan_plain_cuts(r, all, rule);
}

static double soft(double g, double l1) {
    return g > l1 ? g - l1 : g < -l1 ? g + l1 : 0;
}

double gbdt_leaf_value(const gbdt_rule *r, double g, double h, double l2) {
    const double v = h + l2 > 0 ? -soft(g, r->l1) / (h + l2) : 0;
    return v < r->low ? r->low : v > r->high ? r->high : v;
}

double gbdt_leaf_gain(const gbdt_rule *r, double g, double h, double l2) {
    const double t = soft(g, r->l1);
    if (!(h + l2 > 0)) return 0;
    if (r->low == -NORNI_INF && r->high == NORNI_INF) return t * t / (h + l2);
    const double v = gbdt_leaf_value(r, g, h, l2);
    return -(2 * t * v + (h + l2) * v * v);
}

static bool legal(const gbdt_rule *r, const gbdt_sums *left, const gbdt_sums *right) {
    return left->n >= r->min_n && right->n >= r->min_n && left->h >= r->min_h &&
           right->h >= r->min_h;
}

static gbdt_sums less(const gbdt_sums *a, const gbdt_sums *b) {
    return (gbdt_sums){a->g - b->g, a->h - b->h, a->n - b->n};
}

static gbdt_sums more(const gbdt_sums *a, const gbdt_sums *b) {
    return (gbdt_sums){a->g + b->g, a->h + b->h, a->n + b->n};
}

/* One split weighed with held values: S(left) + S(right), or -1. */
static double weigh_held(const gbdt_rule *r, const gbdt_sums *left, const gbdt_sums *right,
                         double l2, int monotone) {
    if (!legal(r, left, right)) return -1;
    if (monotone) {
        const double rise =
            gbdt_leaf_value(r, right->g, right->h, l2) - gbdt_leaf_value(r, left->g, left->h, l2);
        if (rise * monotone < 0) return -1;
    }
    return gbdt_leaf_gain(r, left->g, left->h, l2) + gbdt_leaf_gain(r, right->g, right->h, l2);
}

static gbdt_sums sums_at(const cut_rows *r, size_t i) {
    const int64_t low = ((int64_t)1 << r->shift) - 1;
    gbdt_sums s;
    if (r->second) {
        s = (gbdt_sums){(double)r->first[i], (double)(r->second[i] >> r->shift),
                        (double)(r->second[i] & low)};
    } else {
        const double n = (double)(r->first[i] & low);
        s = (gbdt_sums){(double)(r->first[i] >> r->shift), n, n};
    }
    return more(&s, &r->also);
}

static cut_found find_cut_held(const cut_rows *r, const gbdt_sums *all, const gbdt_rule *rule,
                               int monotone) {
    cut_found f = {-1, 0};
    for (size_t i = 0; i < r->n; i++) {
        const gbdt_sums left = sums_at(r, i), right = less(all, &left);
        const double gain = weigh_held(rule, &left, &right, rule->l2, monotone);
        if (gain > f.gain) f = (cut_found){gain, (int64_t)i};
    }
    return f;
}

/* Sums up to bins 1, 2, ..., n_cuts + 1 into first (and second); returns the padded number. The last
 * is the cut between numbers and what is missing. */
static size_t add_up(const int64_t *hist, bool wide, size_t n, int64_t *first, int64_t *second) {
    const size_t padded = (n + 7) & ~(size_t)7;
    int64_t a = 0, b = 0;
    if (wide) {
        for (size_t i = 0; i < n; i++) {
            first[i] = a += hist[2 * (i + 1)];
            second[i] = b += hist[2 * (i + 1) + 1];
        }
        for (size_t i = n; i < padded; i++)
            first[i] = a, second[i] = b;
    } else {
        for (size_t i = 0; i < n; i++)
            first[i] = a += hist[i + 1];
        for (size_t i = n; i < padded; i++)
            first[i] = a;
    }
    return padded;
}

static void scan_number(const gbdt_column *c, uint32_t column, const int64_t *hist,
                        const gbdt_words *w, const gbdt_sums *all, const gbdt_rule *rule,
                        int64_t *scratch, gbdt_split *best) {
    const gbdt_sums missing = gbdt_word_sums(w, hist);
    int64_t *first = scratch, *second = w->wide ? scratch + GBDT_BINS : NULL;
    const size_t n = add_up(hist, w->wide, c->n_bins - 2, first, second);
    const bool held = c->monotone || rule->low > -NORNI_INF || rule->high < NORNI_INF;
    const double alone = gbdt_leaf_gain(rule, all->g, all->h, rule->l2);
    for (int side = 0; side < (missing.n > 0 ? 2 : 1); side++) { /* missing right, then left */
        const cut_rows r = {first, second, n, w->shift, side ? missing : (gbdt_sums){0}};
        const cut_found f =
            held ? find_cut_held(&r, all, rule, c->monotone) : find_cut(rule->simd, &r, all, rule);
        if (!(f.gain - alone > best->gain)) continue;
        best->gain = f.gain - alone;
        best->column = column;
        best->bin = (uint8_t)(f.at + 1);
        best->nominal = false;
        best->left = sums_at(&r, (size_t)f.at);
        best->missing_left = missing.n > 0 ? side == 1 : 2 * best->left.n >= all->n;
    }
}

/* Bins of names that have rows, by g / (h + smooth), ties by bin. */
static size_t sort_names(const gbdt_column *c, const int64_t *hist, const gbdt_words *w,
                         double smooth, uint8_t *order, double *key) {
    const size_t words = w->wide ? 2 : 1;
    size_t n = 0;
    for (size_t b = 1; b < c->n_bins; b++) {
        const gbdt_sums s = gbdt_word_sums(w, hist + words * b);
        if (s.n == 0) continue;
        const double k = s.g / (s.h + smooth);
        size_t i = n++;
        for (; i > 0 && key[i - 1] > k; i--)
            key[i] = key[i - 1], order[i] = order[i - 1];
        key[i] = k;
        order[i] = (uint8_t)b;
    }
    return n;
}

/* The first `taken` of the names (n) go left; those that the leaf has no row of, and missing ones,
 * where missing_left says. */
static void take_names(gbdt_split *best, const uint8_t *order, size_t n, size_t taken,
                       bool missing_left) {
    memset(best->set, missing_left ? 0xff : 0, sizeof best->set);
    for (size_t i = 0; i < n; i++) {
        const uint64_t bit = (uint64_t)1 << order[i] % 64;
        uint64_t *word = &best->set[order[i] / 64];
        *word = i < taken ? *word | bit : *word & ~bit;
    }
    best->missing_left = missing_left;
    best->nominal = true;
}

static void scan_names(const gbdt_column *c, uint32_t column, const int64_t *hist,
                       const gbdt_words *w, const gbdt_sums *all, const gbdt_rule *rule,
                       double *key, gbdt_split *best) {
    uint8_t order[GBDT_BINS];
    const size_t n = sort_names(c, hist, w, rule->cat_smooth, order, key), words = w->wide ? 2 : 1;
    const gbdt_sums missing = gbdt_word_sums(w, hist);
    const double l2 = rule->l2 + rule->cat_l2;
    const double alone = gbdt_leaf_gain(rule, all->g, all->h, rule->l2);
    for (int side = 0; side < (missing.n > 0 ? 2 : 1); side++) {
        gbdt_sums left = side ? missing : (gbdt_sums){0};
        for (size_t i = 0; i < n; i++) {
            const gbdt_sums s = gbdt_word_sums(w, hist + words * order[i]);
            left = more(&left, &s);
            const gbdt_sums right = less(all, &left);
            const double gain = weigh_held(rule, &left, &right, l2, 0) - alone;
            if (!(gain > best->gain)) continue;
            best->gain = gain;
            best->column = column;
            best->left = left;
            take_names(best, order, n, i + 1, missing.n > 0 ? side == 1 : 2 * left.n >= all->n);
        }
    }
}

void gbdt_scan(const gbdt_column *c, uint32_t column, const int64_t *hist, const gbdt_words *w,
               const gbdt_sums *all, const gbdt_rule *rule, int64_t *scratch, gbdt_split *best) {
    if (c->n_bins <= 3 && gbdt_word_sums(w, hist).n == 0) return; /* one bin */
    if (c->nominal) {
        double key[GBDT_BINS];
        scan_names(c, column, hist, w, all, rule, key, best);
    } else {
        scan_number(c, column, hist, w, all, rule, scratch, best);
    }
}
