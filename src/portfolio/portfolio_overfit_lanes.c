/* CSCV's inner loops, compiled for several instruction sets, and the choice among them. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A split takes half of the blocks: its sums are low[its lower blocks] + high[its upper blocks], so how they were rounded depends on the
 * split alone. Plain IEEE operations, lane by lane: the bits depend on no instruction set. */
#include "portfolio/portfolio_overfit_lanes.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "base/simd.h"

#define PBO_TARGET
#define FN(x)     base_##x
#define PBO_WIDTH 2
#include "portfolio/portfolio_overfit_body.h"
#undef PBO_TARGET
#undef FN
#undef PBO_WIDTH

#if defined(__x86_64__)
#    define PBO_TARGET __attribute__((target("avx2")))
#    define FN(x)      avx2_##x
#    define PBO_WIDTH  4
#    include "portfolio/portfolio_overfit_body.h"
#    undef PBO_TARGET
#    undef FN
#    undef PBO_WIDTH
#    define PBO_TARGET __attribute__((target("avx512f,avx512dq,avx512vl" NORNI_PREFER_512)))
#    define FN(x)      avx512_##x
#    define PBO_WIDTH  8
#    include "portfolio/portfolio_overfit_body.h"
#    undef PBO_TARGET
#    undef FN
#    undef PBO_WIDTH
#endif

static int reach(int cap) {
#if defined(__x86_64__)
    if (cap >= 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return 2;
    if (cap >= 1 && __builtin_cpu_supports("avx2")) return 1;
#endif
    (void)cap;
    return 0;
}

void norni_pbo_best_capped(int cap, const norni_pbo_plan *plan, const norni_pbo_sums *sums,
                           uint32_t first, double *best, uint32_t *who) {
    switch (reach(cap)) {
#if defined(__x86_64__)
        case 2: avx512_best(plan, sums, first, best, who); break;
        case 1: avx2_best(plan, sums, first, best, who); break;
#endif
        default: base_best(plan, sums, first, best, who);
    }
}

void norni_pbo_count_capped(int cap, const norni_pbo_plan *plan, const norni_pbo_sums *sums,
                            const double *mark, uint32_t *twice) {
    switch (reach(cap)) {
#if defined(__x86_64__)
        case 2: avx512_count(plan, sums, mark, twice); break;
        case 1: avx2_count(plan, sums, mark, twice); break;
#endif
        default: base_count(plan, sums, mark, twice);
    }
}

void norni_pbo_best(const norni_pbo_plan *plan, const norni_pbo_sums *sums, uint32_t first,
                    double *best, uint32_t *who) {
    norni_pbo_best_capped(2, plan, sums, first, best, who);
}

void norni_pbo_count(const norni_pbo_plan *plan, const norni_pbo_sums *sums, const double *mark,
                     uint32_t *twice) {
    norni_pbo_count_capped(2, plan, sums, mark, twice);
}

void norni_pbo_plan_make(norni_pbo_plan *p, norni_port_measure measure,
                         const norni_pbo_block *first, size_t n_blocks) {
    const unsigned half = (unsigned)n_blocks / 2, subsets = 1U << half;
    size_t n = 0;
    memset(p, 0, sizeof *p);
    p->n_blocks = n_blocks;
    p->adds = measure != NORNI_PORT_OF_SHARPE;
    for (unsigned k = 0; k <= half; k++) {
        p->first[k] = n;
        for (unsigned m = 0; m < subsets; m++) {
            if (__builtin_popcount(m) != (int)k) continue;
            p->place[m] = (uint8_t)n;
            p->lower[n++] = (uint8_t)m;
        }
    }
    p->first[half + 1] = n;
    for (unsigned m = 0; m < subsets; m++)
        p->same[m] = (uint8_t)m;
    for (unsigned h = 0; h < subsets; h++) {
        const unsigned k = half - (unsigned)__builtin_popcount(h);
        p->start[h] = p->n_splits;
        for (size_t l = p->first[k]; l < p->first[k + 1]; l++) {
            const unsigned mask = h << half | p->lower[l];
            double n_returns = 0;
            for (size_t i = 0; i < n_blocks; i++)
                n_returns += mask >> i & 1 ? first[i].n : 0;
            p->cap[p->n_splits] = n_returns * (1 - 1e-12);
            p->mask[p->n_splits++] = (uint16_t)mask;
        }
    }
}

/* Sums of a trial whose numbers are not finite: the worst there is, in every split. */
static bool broken(const norni_pbo_block *b, size_t n_blocks) {
    double s = 0;
    for (size_t i = 0; i < n_blocks; i++)
        s += fabs(b[i].sum) + b[i].sum_squares;
    return !isfinite(s * s);
}

/* What a sum begins with. The smallest normal number keeps 0 / 0 away; -1 over it is cut at -cap: nothing is below, as of sums that are
 * compared as such nothing is below -1e300. NaN is in no order. */
static void begin(const norni_pbo_plan *plan, const norni_pbo_block *b, bool bad, double *sum,
                  double *squares) {
    *sum = !b ? NORNI_NAN : !bad ? 0 : plan->adds ? -1e300 : -1;
    *squares = DBL_MIN;
}

double norni_pbo_value(const norni_pbo_plan *plan, const norni_pbo_block *blocks, size_t split) {
    const unsigned mask = plan->mask[split];
    const size_t half = plan->n_blocks / 2;
    const bool bad = broken(blocks, plan->n_blocks);
    double s[2] = {0, 0}, q[2] = {0, 0};
    begin(plan, blocks, bad, &s[1], &q[1]);
    for (size_t i = 0; i < plan->n_blocks; i++) {
        if (bad || !(mask >> i & 1)) continue;
        s[i >= half] += blocks[i].sum;
        q[i >= half] += blocks[i].sum_squares;
    }
    const double sum = s[0] + s[1];
    if (plan->adds) return sum;
    const double t = sum * sum / (q[0] + q[1]);
    return copysign(t > plan->cap[split] ? plan->cap[split] : t, sum);
}

typedef double pair[2][NORNI_PBO_TILE];

/* Every subset's sums from those of the subset without its highest block: block after block, from the left. */
static void subsets(pair *out, const uint8_t *place, pair *block, size_t half) {
    for (size_t m = 1; m < (size_t)1 << half; m++) {
        const unsigned top = 31U - (unsigned)__builtin_clz((unsigned)m);
        double(*from)[NORNI_PBO_TILE] = out[place[m ^ (size_t)1 << top]];
        double(*to)[NORNI_PBO_TILE] = out[place[m]];
        for (size_t i = 0; i < NORNI_PBO_TILE; i++)
            to[0][i] = from[0][i] + block[top][0][i];
        for (size_t i = 0; i < NORNI_PBO_TILE; i++)
            to[1][i] = from[1][i] + block[top][1][i];
    }
}

void norni_pbo_sums_fill(const norni_pbo_plan *plan, const norni_pbo_block *blocks, size_t n,
                         norni_pbo_sums *sums) {
    const size_t n_blocks = plan->n_blocks;
    pair block[2 * NORNI_PBO_HALF];
    memset(block, 0, sizeof block);
    memset(sums->low[0], 0, sizeof sums->low[0]);
    for (size_t i = 0; i < NORNI_PBO_TILE; i++) {
        const norni_pbo_block *b = i < n ? blocks + i * n_blocks : NULL;
        const bool bad = b && broken(b, n_blocks);
        begin(plan, b, bad, &sums->high[0][0][i], &sums->high[0][1][i]);
        for (size_t j = 0; b && !bad && j < n_blocks; j++) {
            block[j][0][i] = b[j].sum;
            block[j][1][i] = b[j].sum_squares;
        }
    }
    subsets(sums->low, plan->place, block, n_blocks / 2);
    subsets(sums->high, plan->same, block + n_blocks / 2, n_blocks / 2);
}
