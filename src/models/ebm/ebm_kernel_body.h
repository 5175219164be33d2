/* The passes over rows in vectors, compiled once for each set of instructions. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Included by ebm_kernel.c with KERNEL_TARGET, FN and KERNEL_WIDTH (doubles in a vector: 2, 4, 8). Sums
 * go to 32 lanes, row i to lane i % 32, whatever the width; so the bits are the same everywhere. */

enum { FN(width) = KERNEL_WIDTH, FN(banks) = 32 / KERNEL_WIDTH };

typedef double FN(vec) __attribute__((vector_size(8 * KERNEL_WIDTH), aligned(8), may_alias));

/* A slot that rows are compared with. */
#if KERNEL_WIDTH == 2 && !defined(__SSE2__)
typedef uint16_t FN(edge);
KERNEL_TARGET static inline FN(edge) FN(edge_of)(uint32_t slot) {
    return (uint16_t)slot;
}
#else
typedef __m128i FN(edge);
KERNEL_TARGET static inline FN(edge) FN(edge_of)(uint32_t slot) {
    return _mm_set1_epi16((short)slot);
}
#endif

/* a in lanes whose slot is at most the edge, else b. */
KERNEL_TARGET static inline FN(vec)
    FN(pick)(const uint16_t *slot, FN(edge) edge, FN(vec) a, FN(vec) b) {
#if KERNEL_WIDTH == 8
    const __m128i s = _mm_loadu_si128((const __m128i *)(const void *)slot);
    return (FN(vec))_mm512_mask_blend_pd(_mm_cmple_epu16_mask(s, edge), (__m512d)b, (__m512d)a);
#elif KERNEL_WIDTH == 4
    const __m128i s = _mm_loadl_epi64((const __m128i *)(const void *)slot);
    const __m128i m = _mm_cmpeq_epi16(_mm_subs_epu16(s, edge), _mm_setzero_si128());
    return (FN(vec))_mm256_blendv_pd((__m256d)b, (__m256d)a, (__m256d)_mm256_cvtepi16_epi64(m));
#elif defined(__SSE2__)
    int two;
    memcpy(&two, slot, sizeof two);
    __m128i m = _mm_cmpeq_epi16(_mm_subs_epu16(_mm_cvtsi32_si128(two), edge), _mm_setzero_si128());
    m = _mm_unpacklo_epi16(m, m);
    m = _mm_unpacklo_epi32(m, m);
    return (FN(vec))_mm_or_si128(_mm_and_si128(m, (__m128i)a), _mm_andnot_si128(m, (__m128i)b));
#else
    for (size_t k = 0; k < FN(width); k++)
        if (slot[k] <= edge) b[k] = a[k];
    return b;
#endif
}

/* A shift's numbers in lanes. */
typedef struct FN(lanes) {
    FN(edge) cut, none;
    FN(vec) zero, left, right;
} FN(lanes);

KERNEL_TARGET static inline FN(vec) FN(all)(double x) {
    const FN(vec) zero = {0};
    return zero + x;
}

KERNEL_TARGET static inline FN(lanes) FN(spread)(const ebm_shift *by) {
    const FN(lanes) l = {FN(edge_of)(by->cut), FN(edge_of)(0), FN(all)(by->zero), FN(all)(by->left),
                         FN(all)(by->right)};
    return l;
}

/* r (a vector) += the shift. */
KERNEL_TARGET static inline FN(vec)
    FN(move)(double *r, const uint16_t *slot, bool zero_apart, const FN(lanes) * l) {
    FN(vec) v = FN(pick)(slot, l->cut, l->left, l->right);
    if (zero_apart) v = FN(pick)(slot, l->none, l->zero, v);
    v = *(const FN(vec) *)r + v;
    *(FN(vec) *)r = v;
    return v;
}

KERNEL_TARGET static void FN(shift)(double *r, size_t n, const ebm_shift *by) {
    const ebm_shift b = *by;
    const FN(lanes) l = FN(spread)(by);
    size_t i = 0;
    for (; i + FN(width) <= n; i += FN(width))
        (void)FN(move)(r + i, b.slot + i, b.zero_apart, &l);
    for (; i < n; i++)
        r[i] += step_of(by, b.slot[i]);
}

/* last: number of pieces less one, known where it is inlined, so that all stay in registers. */
KERNEL_TARGET static inline __attribute__((always_inline)) void FN(some_pieces)(
    double *r, size_t n, const ebm_pieces *by, const size_t last) {
    const uint16_t *slot = by->slot;
    FN(edge) end[EBM_PIECES];
    FN(vec) value[EBM_PIECES];
    for (size_t k = 0; k <= last; k++) {
        end[k] = FN(edge_of)(by->end[k]);
        value[k] = FN(all)(by->value[k]);
    }
    size_t i = 0;
    for (; i + FN(width) <= n; i += FN(width)) {
        FN(vec) v = value[last];
        for (size_t k = last; k-- > 0;)
            v = FN(pick)(slot + i, end[k], value[k], v);
        *(FN(vec) *)(r + i) += v;
    }
    for (; i < n; i++) {
        size_t k = 0;
        while (k < last && slot[i] > by->end[k])
            k++;
        r[i] += by->value[k];
    }
}

KERNEL_TARGET static void FN(pieces)(double *r, size_t n, const ebm_pieces *by) {
    switch (by->n) {
        case 2: FN(some_pieces)(r, n, by, 1); break;
        case 3: FN(some_pieces)(r, n, by, 2); break;
        case 4: FN(some_pieces)(r, n, by, 3); break;
        case 5: FN(some_pieces)(r, n, by, 4); break;
        case 6: FN(some_pieces)(r, n, by, 5); break;
        case 7: FN(some_pieces)(r, n, by, 6); break;
        default: FN(some_pieces)(r, n, by, EBM_PIECES - 1);
    }
}

KERNEL_TARGET static void FN(add)(double *out, const double *weight, size_t n, double by) {
    for (size_t i = 0; i < n; i++)
        out[i] += by * weight[i];
}

/* v, times the rows' weights where there are any. */
KERNEL_TARGET static inline FN(vec) FN(weigh)(FN(vec) v, const double *weight, size_t i) {
    if (weight) v *= *(const FN(vec) *)(weight + i);
    return v;
}

KERNEL_TARGET static inline __attribute__((always_inline)) double FN(squares)(
    double *r, size_t n, const ebm_shift *by, const double *weight) {
    const ebm_shift b = *by;
    const FN(lanes) l = FN(spread)(by);
    FN(vec) sum[FN(banks)] = {{0}};
    size_t i = 0, k = 0;
    for (; i + 32 <= n; i += 32)
        for (k = 0; k < FN(banks); k++) {
            const size_t at = i + FN(width) * k;
            const FN(vec) v = FN(move)(r + at, b.slot + at, b.zero_apart, &l);
            sum[k] += FN(weigh)(v * v, weight, at);
        }
    for (k = 0; i + FN(width) <= n; i += FN(width), k++) {
        const FN(vec) v = FN(move)(r + i, b.slot + i, b.zero_apart, &l);
        sum[k] += FN(weigh)(v * v, weight, i);
    }
    double lane[32];
    memcpy(lane, sum, sizeof lane);
    for (k *= FN(width); i < n; i++, k++) {
        r[i] += step_of(by, b.slot[i]);
        lane[k] += r[i] * r[i] * (weight ? weight[i] : 1);
    }
    return tree_of(lane);
}

KERNEL_TARGET static double FN(square)(double *r, size_t n, const ebm_shift *by,
                                       const double *weight) {
    return weight ? FN(squares)(r, n, by, weight) : FN(squares)(r, n, by, NULL);
}

/* moves: by is not NULL. */
KERNEL_TARGET static inline __attribute__((always_inline)) ebm_sums FN(sums)(
    double *r, size_t n, const ebm_shift *by, bool moves, const double *weight,
    const uint16_t *next, uint32_t next_cut) {
    const ebm_shift b = *by;
    const FN(edge) edge = FN(edge_of)(next_cut);
    const FN(lanes) l = FN(spread)(by);
    const FN(vec) zero = {0};
    FN(vec) all[FN(banks)] = {{0}}, left[FN(banks)] = {{0}};
    size_t i = 0, k = 0;
    for (; i + 32 <= n; i += 32)
        for (k = 0; k < FN(banks); k++) {
            const size_t at = i + FN(width) * k;
            FN(vec)
            v = moves ? FN(move)(r + at, b.slot + at, b.zero_apart, &l)
                      : *(const FN(vec) *)(r + at);
            v = FN(weigh)(v, weight, at);
            all[k] += v;
            left[k] += FN(pick)(next + at, edge, v, zero);
        }
    for (k = 0; i + FN(width) <= n; i += FN(width), k++) {
        FN(vec)
        v = moves ? FN(move)(r + i, b.slot + i, b.zero_apart, &l) : *(const FN(vec) *)(r + i);
        v = FN(weigh)(v, weight, i);
        all[k] += v;
        left[k] += FN(pick)(next + i, edge, v, zero);
    }
    double lane[32], lefts[32];
    memcpy(lane, all, sizeof lane);
    memcpy(lefts, left, sizeof lefts);
    for (k *= FN(width); i < n; i++, k++) {
        if (moves) r[i] += step_of(by, b.slot[i]);
        const double v = r[i] * (weight ? weight[i] : 1);
        lane[k] += v;
        if (next[i] <= next_cut) lefts[k] += v;
    }
    return (ebm_sums){tree_of(lane), tree_of(lefts)};
}

KERNEL_TARGET static ebm_sums FN(sum)(double *r, size_t n, const ebm_shift *by,
                                      const double *weight, const uint16_t *next,
                                      uint32_t next_cut) {
    const ebm_shift none = {0};
    if (by == NULL)
        return weight ? FN(sums)(r, n, &none, false, weight, next, next_cut)
                      : FN(sums)(r, n, &none, false, NULL, next, next_cut);
    return weight ? FN(sums)(r, n, by, true, weight, next, next_cut)
                  : FN(sums)(r, n, by, true, NULL, next, next_cut);
}

/* Sums up to each of eight values: by ones, by twos, by fours. */
KERNEL_TARGET static inline void FN(running)(const double *x, double *out) {
#if KERNEL_WIDTH == 8
    const __m512i one = _mm512_setr_epi64(0, 0, 1, 2, 3, 4, 5, 6);
    const __m512i two = _mm512_setr_epi64(0, 0, 0, 1, 2, 3, 4, 5);
    const __m512i four = _mm512_setr_epi64(0, 0, 0, 0, 0, 1, 2, 3);
    __m512d v = _mm512_loadu_pd(x);
    v = _mm512_add_pd(v, _mm512_maskz_permutexvar_pd(0xfe, one, v));
    v = _mm512_add_pd(v, _mm512_maskz_permutexvar_pd(0xfc, two, v));
    v = _mm512_add_pd(v, _mm512_maskz_permutexvar_pd(0xf0, four, v));
    _mm512_storeu_pd(out, v);
#else
    double a[8], b[8];
    a[0] = x[0];
    for (size_t k = 1; k < 8; k++)
        a[k] = x[k] + x[k - 1];
    for (size_t k = 0; k < 8; k++)
        b[k] = k < 2 ? a[k] : a[k] + a[k - 2];
    for (size_t k = 0; k < 8; k++)
        out[k] = k < 4 ? b[k] : b[k] + b[k - 4];
#endif
}

KERNEL_TARGET static ebm_best FN(best)(double *g, size_t n, size_t n_ways, const double *left,
                                       const double *right, double *prefix) {
#if KERNEL_WIDTH == 8
    FN(vec) carry = {0}, best = {0}, at = {0}, here = {0, 1, 2, 3, 4, 5, 6, 7};
    for (size_t s = 0; s < n; s += 8) {
        FN(vec) v = *(const FN(vec) *)(g + s), run;
        for (size_t way = 1; way < n_ways; way++)
            v += *(const FN(vec) *)(g + way * EBM_WAY + s);
        *(FN(vec) *)(g + s) = v;
        FN(running)((const double *)&v, (double *)&run);
        *(FN(vec) *)(prefix + s) = run + carry;
        carry += (FN(vec))_mm512_permutexvar_pd(_mm512_set1_epi64(7), (__m512d)run);
    }
    for (size_t s = 0; s < n; s += 8) {
        const FN(vec) l = *(const FN(vec) *)(prefix + s), r = carry - l;
        const FN(vec) gain =
            l * l * *(const FN(vec) *)(left + s) + r * r * *(const FN(vec) *)(right + s);
        const __mmask8 more = _mm512_cmp_pd_mask((__m512d)gain, (__m512d)best, _CMP_GT_OQ);
        best = (FN(vec))_mm512_mask_mov_pd((__m512d)best, more, (__m512d)gain);
        at = (FN(vec))_mm512_mask_mov_pd((__m512d)at, more, (__m512d)here);
        here += 8.0;
    }
    return best_of((const double *)&best, (const double *)&at, carry[0], prefix);
#else
    double carry = 0, best[8] = {0}, at[8] = {0}, here[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    for (size_t s = 0; s < n; s += 8) {
        double run[8];
        for (size_t way = 1; way < n_ways; way++)
            for (size_t k = 0; k < 8; k++)
                g[s + k] += g[way * EBM_WAY + s + k];
        FN(running)(g + s, run);
        for (size_t k = 0; k < 8; k++)
            prefix[s + k] = run[k] + carry;
        carry += run[7];
    }
    for (size_t s = 0; s < n; s += 8)
        for (size_t k = 0; k < 8; k++) {
            const double l = prefix[s + k], r = carry - l;
            const double gain = l * l * left[s + k] + r * r * right[s + k];
            const bool more = gain > best[k];
            best[k] = more ? gain : best[k];
            at[k] = more ? here[k] : at[k];
            here[k] += 8;
        }
    return best_of(best, at, carry, prefix);
#endif
}
