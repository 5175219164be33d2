/* Which rows and columns a boosted tree is grown on, and its gradients as integers. */
/* SPDX-License-Identifier: Apache-2.0 */
/* GOSS: Ke, Meng, Finley, Wang, Chen, Ma, Ye, Liu 2017, "LightGBM", NIPS 30. Samples are drawn one
 * after the other (Knuth's algorithm S), so that their size is exact. A draw is a function of (seed,
 * item, tree, row): no order of work can change it. */
#include <math.h>
#include <string.h>

#include "models/gbdt/gbdt_parts.h"

enum { COLUMN_DRAWS = 1, ROW_DRAWS = 2, MOST_BITS = 30, LEAST_BITS = 19 };

static double uniform(gbdt_draws d, uint64_t purpose, uint64_t i) {
    return norni_rng_uniform(d.rng, (d.tree << 36) + (purpose << 34) + i);
}

static size_t share_of(double fraction, size_t n) {
    const double k = floor(fraction * (double)n + 0.5);
    return k < 1 ? 1 : k >= (double)n ? n : (size_t)k;
}

void gbdt_draw_columns(gbdt_draws d, double fraction, size_t n, bool *taken) {
    size_t need = share_of(fraction, n);
    for (size_t j = 0; j < n; j++) {
        taken[j] = need == n - j || uniform(d, COLUMN_DRAWS, j) * (double)(n - j) < (double)need;
        need -= taken[j];
    }
}

size_t gbdt_draw_rows(gbdt_draws d, double fraction, size_t n, uint32_t *row) {
    const size_t k = share_of(fraction, n);
    size_t got = 0;
    for (size_t i = 0; i < n && got < k; i++) {
        const bool all = k - got == n - i;
        if (all || uniform(d, ROW_DRAWS, i) * (double)(n - i) < (double)(k - got))
            row[got++] = (uint32_t)i;
    }
    return got;
}

size_t gbdt_draw_goss(gbdt_draws d, double top, double rest, size_t n, double *g, double *h,
                      double *scratch, uint32_t *row) {
    const size_t n_top = share_of(top, n);
    if (n_top == n) return gbdt_draw_rows(d, 1, n, row);
    for (size_t i = 0; i < n; i++)
        scratch[i] = -fabs(g[i]);
    const double edge =
        -gbdt_quantile(scratch, n, (double)(n_top - 1) / (double)(n - 1)); /* about n_top above */
    size_t n_flat = 0;
    for (size_t i = 0; i < n; i++)
        n_flat += fabs(g[i]) < edge;
    size_t need = n_flat ? share_of(rest * (double)n / (double)n_flat, n_flat) : 0, got = 0;
    const double weight = need ? (double)n_flat / (double)need : 1;
    for (size_t i = 0, left = n_flat; i < n; i++) {
        if (fabs(g[i]) < edge) {
            const bool take = uniform(d, ROW_DRAWS, i) * (double)left < (double)need;
            left--;
            if (!take) continue;
            need--;
            g[i] *= weight;
            h[i] *= weight;
        }
        row[got++] = (uint32_t)i;
    }
    return got;
}

static double largest(const double *x, const uint32_t *row, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        const double size = fabs(x[row[i]]);
        most = size > most ? size : most;
    }
    return most;
}

/* Nearest integers of x/unit, |.| <= 2^30, by adding 1.5 2^52. */
static inline int64_t whole(double x, double per) {
    const double magic = 6755399441055744.0, moved = x * per + magic;
    int64_t bits, zero;
    memcpy(&bits, &moved, sizeof bits);
    memcpy(&zero, &magic, sizeof zero);
    return bits - zero;
}

static double scale_of(double most, int bits, double *unit) {
    if (!(most > 1e-280)) { /* nothing left to learn */
        *unit = 1;
        return 1;
    }
    int exponent;
    (void)frexp(most, &exponent); /* most < 2^exponent */
    *unit = ldexp(1, exponent - bits);
    return ldexp(1, bits - exponent);
}

int gbdt_words_shift(size_t n) {
    int shift = 1;
    while (n >> shift)
        shift++;
    return shift;
}

/* A sum of n words must keep to 63 bits: the count takes `shift`, the other part what is left, less
 * `shift` for the sum. */
static int bits_of(int shift) {
    const int bits = 63 - 2 * shift;
    return bits > MOST_BITS ? MOST_BITS : bits;
}

bool gbdt_words_wide(const gbdt_loss *l, bool goss, size_t n) {
    return goss || !l->constant_hessian || bits_of(gbdt_words_shift(n)) < LEAST_BITS;
}

void gbdt_words_make(const double *g, const double *h, const uint32_t *row, size_t n,
                     gbdt_words *w) {
    w->shift = gbdt_words_shift(n);
    const int bits = bits_of(w->shift);
    const double per = scale_of(largest(g, row, n), w->wide ? MOST_BITS : bits, &w->unit[0]);
    w->unit[1] = 1;
    if (!w->wide) {
        for (size_t i = 0; i < n; i++)
            w->word[row[i]] = whole(g[row[i]], per) * ((int64_t)1 << w->shift) + 1;
        return;
    }
    const double per_h = scale_of(h ? largest(h, row, n) : 1, bits, &w->unit[1]);
    for (size_t i = 0; i < n; i++) {
        int64_t *to = w->word + 2 * (size_t)row[i];
        to[0] = whole(g[row[i]], per);
        to[1] = whole(h ? h[row[i]] : 1, per_h) * ((int64_t)1 << w->shift) + 1;
    }
}
