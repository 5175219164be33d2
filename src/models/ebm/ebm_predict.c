/* What an EBM says: sums of table look-ups, their parts, and how far the bags' models are apart. */
/* SPDX-License-Identifier: Apache-2.0 */
/* score = intercept + sum over terms of score[bin(axis 0)][bin(axis 1)], terms in their order. A main
 * term reads the fine bins, a pair the coarse ones. */
#include <math.h>

#include "models/ebm/ebm.h"

enum { ROWS = 256 }; /* rows whose sums stay in the nearest cache while the terms pass */

/* out[i] += factor of the term's table at the rows' cells; `at` is one bag's table or the mean's. */
static void add_term(const norni_ebm_term *t, const double *at, const uint16_t *const *mains,
                     const uint16_t *const *pairs, size_t first, size_t n, double *out) {
    if (t->n_axes == 1) {
        const uint16_t *bin = mains[t->column[0]] + first;
        for (size_t i = 0; i < n; i++)
            out[i] += at[bin[i]];
        return;
    }
    const uint16_t *x = pairs[t->column[0]] + first, *y = pairs[t->column[1]] + first;
    const size_t stride = t->n_bins[1];
    for (size_t i = 0; i < n; i++)
        out[i] += at[x[i] * stride + y[i]];
}

void norni_ebm_predict(const norni_ebm *m, const uint16_t *const *mains,
                       const uint16_t *const *pairs, size_t n, double *out) {
    for (size_t first = 0; first < n; first += ROWS) {
        const size_t some = n - first < ROWS ? n - first : ROWS;
        for (size_t i = 0; i < some; i++)
            out[first + i] = m->intercept;
        for (size_t t = 0; t < m->n_terms; t++)
            add_term(&m->term[t], m->term[t].score, mains, pairs, first, some, out + first);
    }
}

void norni_ebm_contribute(const norni_ebm *m, const uint16_t *const *mains,
                          const uint16_t *const *pairs, size_t n, double *out) {
    for (size_t i = 0; i < n; i++) {
        double *row = out + i * m->n_terms;
        for (size_t t = 0; t < m->n_terms; t++) {
            const norni_ebm_term *term = &m->term[t];
            const size_t cell = term->n_axes == 1
                                    ? mains[term->column[0]][i]
                                    : (size_t)pairs[term->column[0]][i] * term->n_bins[1] +
                                          pairs[term->column[1]][i];
            row[t] = term->score[cell];
        }
    }
}

void norni_ebm_spread(const norni_ebm *m, const uint16_t *const *mains,
                      const uint16_t *const *pairs, size_t n, double *mean, double *sd) {
    double said[ROWS], first_said[ROWS], square[ROWS];
    for (size_t first = 0; first < n; first += ROWS) {
        const size_t some = n - first < ROWS ? n - first : ROWS;
        double *sum = mean + first;
        for (size_t b = 0; b < m->n_bags; b++) {
            for (size_t i = 0; i < some; i++)
                said[i] = m->bagged_intercept[b];
            for (size_t t = 0; t < m->n_terms; t++) {
                const norni_ebm_term *term = &m->term[t];
                const size_t cells = norni_ebm_cells(term);
                add_term(term, term->bagged + b * cells, mains, pairs, first, some, said);
            }
            /* Differences from the first bag's word: no digits are lost to a large level. */
            for (size_t i = 0; i < some; i++) {
                if (b == 0) first_said[i] = said[i], sum[i] = 0, square[i] = 0;
                const double d = said[i] - first_said[i];
                sum[i] += d, square[i] += d * d;
            }
        }
        const double bags = (double)(m->n_bags ? m->n_bags : 1);
        for (size_t i = 0; i < some; i++) {
            const double d = sum[i] / bags, v = square[i] / bags - d * d;
            sum[i] = first_said[i] + d;
            sd[first + i] = v > 0 ? sqrt(v) : 0;
        }
    }
}
