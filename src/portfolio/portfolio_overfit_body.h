/* The lanes of portfolio_overfit_lanes.c: included once for each instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The file that includes it defines FN(x), PBO_WIDTH (doubles a vector) and PBO_TARGET. */

typedef double FN(vec) __attribute__((vector_size(8 * PBO_WIDTH), aligned(8 * PBO_WIDTH)));
typedef int64_t FN(bits) __attribute__((vector_size(8 * PBO_WIDTH)));
enum { FN(VECTORS) = NORNI_PBO_TILE / PBO_WIDTH };

PBO_TARGET static inline FN(vec) FN(pick)(FN(bits) mask, FN(vec) a, FN(vec) b) {
    return (FN(vec))((mask & (FN(bits))a) | (~mask & (FN(bits))b));
}

/* Of PBO_WIDTH trials: as norni_pbo_value. */
PBO_TARGET static inline __attribute__((always_inline)) FN(vec)
    FN(value)(const double *low, const double *high, size_t v, FN(vec) cap, bool adds) {
    const FN(vec) *l = (const FN(vec) *)(const void *)low, *h = (const FN(vec) *)(const void *)high;
    const FN(vec) s = l[v] + h[v];
    if (adds) return s;
    const FN(vec) q = l[FN(VECTORS) + v] + h[FN(VECTORS) + v];
    const FN(bits) sign = (FN(bits))s & INT64_MIN;
    const FN(vec) t = s * s / q;
    return (FN(vec))((FN(bits))FN(pick)(t > cap, cap, t) | sign);
}

PBO_TARGET static inline double FN(most)(FN(vec) m) {
    double top = m[0];
    for (int j = 1; j < PBO_WIDTH; j++)
        top = m[j] > top ? m[j] : top;
    return top;
}

PBO_TARGET static inline __attribute__((always_inline)) void FN(best_as)(const norni_pbo_plan *plan,
                                                                         const norni_pbo_sums *sums,
                                                                         uint32_t first,
                                                                         double *best,
                                                                         uint32_t *who, bool adds) {
    const size_t half = plan->n_blocks / 2;
    size_t at = 0;
    for (size_t h = 0; h < (size_t)1 << half; h++) {
        const size_t k = half - (size_t)__builtin_popcount((unsigned)h);
        const double *high = sums->high[h][0];
        for (size_t l = plan->first[k]; l < plan->first[k + 1]; l++, at++) {
            const FN(vec) cap = plan->cap[at] - (FN(vec)){0};
            FN(vec) value[FN(VECTORS)], m;
            m = value[0] = FN(value)(sums->low[l][0], high, 0, cap, adds);
            for (size_t v = 1; v < FN(VECTORS); v++) {
                value[v] = FN(value)(sums->low[l][0], high, v, cap, adds);
                m = FN(pick)(value[v] > m, value[v], m);
            }
            const double top = FN(most)(m);
            if (!(top > best[at])) continue;
            best[at] = top;
            for (size_t i = 0; i < NORNI_PBO_TILE; i++) {
                if (value[i / PBO_WIDTH][i % PBO_WIDTH] != top) continue;
                who[at] = first + (uint32_t)i;
                break;
            }
        }
    }
}

PBO_TARGET static void FN(best)(const norni_pbo_plan *plan, const norni_pbo_sums *sums,
                                uint32_t first, double *best, uint32_t *who) {
    if (plan->adds)
        FN(best_as)(plan, sums, first, best, who, true);
    else
        FN(best_as)(plan, sums, first, best, who, false);
}

PBO_TARGET static inline __attribute__((always_inline)) void FN(count_as)(
    const norni_pbo_plan *plan, const norni_pbo_sums *sums, const double *mark, uint32_t *twice,
    bool adds) {
    const size_t half = plan->n_blocks / 2;
    size_t at = 0;
    for (size_t h = 0; h < (size_t)1 << half; h++) {
        const size_t k = half - (size_t)__builtin_popcount((unsigned)h);
        const double *high = sums->high[h][0];
        for (size_t l = plan->first[k]; l < plan->first[k + 1]; l++, at++) {
            const FN(vec) cap = plan->cap[at] - (FN(vec)){0};
            const FN(vec) edge = mark[at] - (FN(vec)){0};
            FN(bits) below = {0};
            for (size_t v = 0; v < FN(VECTORS); v++) {
                const FN(vec) value = FN(value)(sums->low[l][0], high, v, cap, adds);
                below += (value < edge) + (value <= edge);
            }
            int64_t sum = 0;
            for (int j = 0; j < PBO_WIDTH; j++)
                sum -= below[j];
            twice[at] += (uint32_t)sum;
        }
    }
}

PBO_TARGET static void FN(count)(const norni_pbo_plan *plan, const norni_pbo_sums *sums,
                                 const double *mark, uint32_t *twice) {
    if (plan->adds)
        FN(count_as)(plan, sums, mark, twice, true);
    else
        FN(count_as)(plan, sums, mark, twice, false);
}
