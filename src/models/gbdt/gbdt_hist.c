/* Histograms of gradients over a block of columns: exact integer sums, one pass over the rows. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A row's bins stand side by side, a byte each, so that a leaf's rows cost one cache line each, and
 * consecutive additions go to different columns' bins: none waits for the one before. The width is a
 * constant in each variant, so that the bins' places are displacements. */
#include "models/gbdt/gbdt_parts.h"

#define ALWAYS static inline __attribute__((always_inline))

ALWAYS void add_narrow(const uint8_t *at, const int64_t *word, const uint32_t *row, size_t n,
                       int64_t *hist, size_t width) {
    for (size_t i = 0; i < n; i++) {
        const size_t r = row[i];
        const int64_t w = word[r];
        const uint8_t *bin = at + r * width;
#pragma GCC unroll 16
        for (size_t j = 0; j < width; j++)
            hist[j * GBDT_BINS + bin[j]] += w;
    }
}

ALWAYS void add_wide(const uint8_t *at, const int64_t *word, const uint32_t *row, size_t n,
                     int64_t *hist, size_t width) {
    for (size_t i = 0; i < n; i++) {
        const size_t r = row[i];
        const int64_t g = word[2 * r], h = word[2 * r + 1];
        const uint8_t *bin = at + r * width;
#pragma GCC unroll 16
        for (size_t j = 0; j < width; j++) {
            int64_t *to = hist + 2 * (j * GBDT_BINS + bin[j]);
            to[0] += g;
            to[1] += h;
        }
    }
}

#define CASES(add)                                                      \
    switch (b->width) {                                                 \
        case 1: add(b->at, w->word, row, n, hist, 1); return;           \
        case 2: add(b->at, w->word, row, n, hist, 2); return;           \
        case 3: add(b->at, w->word, row, n, hist, 3); return;           \
        case 4: add(b->at, w->word, row, n, hist, 4); return;           \
        case 5: add(b->at, w->word, row, n, hist, 5); return;           \
        case 6: add(b->at, w->word, row, n, hist, 6); return;           \
        case 7: add(b->at, w->word, row, n, hist, 7); return;           \
        case 8: add(b->at, w->word, row, n, hist, 8); return;           \
        case 9: add(b->at, w->word, row, n, hist, 9); return;           \
        case 10: add(b->at, w->word, row, n, hist, 10); return;         \
        case 11: add(b->at, w->word, row, n, hist, 11); return;         \
        default: add(b->at, w->word, row, n, hist, GBDT_WIDTH); return; \
    }

void gbdt_hist_add(const gbdt_block *b, const gbdt_words *w, const uint32_t *row, size_t n,
                   int64_t *hist) {
    if (w->wide) CASES(add_wide)
    CASES(add_narrow)
}

gbdt_sums gbdt_word_sums(const gbdt_words *w, const int64_t *word) {
    const int64_t low = ((int64_t)1 << w->shift) - 1;
    if (w->wide)
        return (gbdt_sums){(double)word[0], (double)(word[1] >> w->shift), (double)(word[1] & low)};
    const double n = (double)(word[0] & low);
    return (gbdt_sums){(double)(word[0] >> w->shift), n, n};
}
