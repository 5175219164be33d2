/* The measure of 64 trials in every split of the blocks: what CSCV spends its time with. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_OVERFIT_LANES_H
#define NORNI_PORTFOLIO_OVERFIT_LANES_H

#include "portfolio/portfolio_overfit.h"

enum {
    NORNI_PBO_TILE = 64,
    NORNI_PBO_HALF = 8,
    NORNI_PBO_SUBSETS = 1 << NORNI_PBO_HALF,
    NORNI_PBO_SPLITS = 12870
};

/* Splits in the order of work: upper half's subset, then the lower's of the right size. */
typedef struct norni_pbo_plan {
    size_t n_blocks, n_splits;
    bool adds;                        /* the measure is the sum alone */
    size_t first[NORNI_PBO_HALF + 2]; /* lower[first[k]..first[k + 1]): the subsets of k blocks */
    uint8_t lower[NORNI_PBO_SUBSETS]; /* subsets of the lower half by size, ascending in each */
    uint8_t place[NORNI_PBO_SUBSETS]; /* where a subset stands in `lower` */
    uint8_t same[NORNI_PBO_SUBSETS];  /* 0, 1, 2, ... */
    size_t start[NORNI_PBO_SUBSETS];  /* the first split of each subset of the upper half */
    uint16_t mask[NORNI_PBO_SPLITS];  /* the blocks in sample; bit 0 is the first block */
    double cap
        [NORNI_PBO_SPLITS]; /* returns in sample x (1 - 1e-12): where a constant's (sum r)^2 / sum r^2 is cut */
} norni_pbo_plan;
/* first (n_blocks): the blocks of any trial, for their counts; n_blocks even, 2 to 16. */
void norni_pbo_plan_make(norni_pbo_plan *plan, norni_port_measure measure,
                         const norni_pbo_block *first, size_t n_blocks);
/* The split that has just the blocks of `mask` in sample. */
static inline size_t norni_pbo_split(const norni_pbo_plan *plan, unsigned mask) {
    const size_t half = plan->n_blocks / 2, upper = mask >> half;
    const size_t k = half - (size_t)__builtin_popcount((unsigned)upper);
    return plan->start[upper] + plan->place[mask & ((1U << half) - 1)] - plan->first[k];
}

/* Sums of every subset of the lower and the upper blocks, of 64 trials. */
typedef struct norni_pbo_sums {
    double low[NORNI_PBO_SUBSETS][2][NORNI_PBO_TILE]; /* in the order of plan->lower */
    double high[NORNI_PBO_SUBSETS][2][NORNI_PBO_TILE];
} norni_pbo_sums;
/* blocks (n, n_blocks), n <= 64; what is missing to 64 is in no order. */
void norni_pbo_sums_fill(const norni_pbo_plan *plan, const norni_pbo_block *blocks, size_t n,
                         norni_pbo_sums *sums);

/* Monotone in the measure of the trial over the split's blocks: the sum; or, of Sharpe ratios, (sum r) |sum r| / sum r^2, cut at -+cap, 0
 * where all returns are. The same bits as in the lanes. blocks (n_blocks). */
double norni_pbo_value(const norni_pbo_plan *plan, const norni_pbo_block *blocks, size_t split);

/* best (n_splits) and who (n_splits): raised where a trial of the tile, trials first..first + 63, is better; ties stay with the earlier. */
void norni_pbo_best(const norni_pbo_plan *plan, const norni_pbo_sums *sums, uint32_t first,
                    double *best, uint32_t *who);
/* twice[s] += for each trial of the tile 2 when it is below mark[s] in split s, 1 when equal. */
void norni_pbo_count(const norni_pbo_plan *plan, const norni_pbo_sums *sums, const double *mark,
                     uint32_t *twice);
/* The same with instruction sets up to `cap` (0 baseline, 1 AVX2, 2 AVX-512), for tests. */
void norni_pbo_best_capped(int cap, const norni_pbo_plan *plan, const norni_pbo_sums *sums,
                           uint32_t first, double *best, uint32_t *who);
void norni_pbo_count_capped(int cap, const norni_pbo_plan *plan, const norni_pbo_sums *sums,
                            const double *mark, uint32_t *twice);

#endif
