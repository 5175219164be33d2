/* The pairs' loops for one instruction set: included with LANES_TARGET and FN set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Only sums and products of each lane for itself: no instruction set contracts or reorders any. */

typedef float FN(f8) __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t FN(i8) __attribute__((vector_size(32)));
typedef double FN(d4) __attribute__((vector_size(32), aligned(8), may_alias));
typedef int64_t FN(l4) __attribute__((vector_size(32)));
typedef uint16_t FN(h4) __attribute__((vector_size(8), aligned(2), may_alias));

/* *a = the larger of each lane. Vectors pass by address: their convention depends on the set. */
LANES_TARGET static inline void FN(larger)(FN(f8) * a, const FN(f8) * b) {
    const FN(i8) m = *a > *b;
    *a = (FN(f8))(((FN(i8)) * a & m) | ((FN(i8)) * b & ~m));
}

/* The largest worth of the four shapes at 8 cuts. */
LANES_TARGET static inline void FN(eight_cuts)(const norni_ebm_cuts *c, size_t y, FN(f8) * out) {
    /* Keeps an empty part's square from being 0, and its -inf from being no number. */
    const float tiny = 1e-30f;
    const FN(f8) low_low = *(const FN(f8) *)&c->sum[y], low_high = c->row - low_low,
                 high_low = *(const FN(f8) *)&c->column[y] - low_low,
                 high_high = c->rest - high_low;
    const FN(f8) e00 = (low_low * low_low + tiny) * *(const FN(f8) *)&c->inverse[0][y],
                 e01 = (low_high * low_high + tiny) * *(const FN(f8) *)&c->inverse[1][y],
                 e10 = (high_low * high_low + tiny) * *(const FN(f8) *)&c->inverse[2][y],
                 e11 = (high_high * high_high + tiny) * *(const FN(f8) *)&c->inverse[3][y];
    FN(f8) a = e00 + e10 + *(const FN(f8) *)&c->high[y];
    const FN(f8) b = e01 + e11 + *(const FN(f8) *)&c->low[y], d = e00 + e01 + c->row_high,
                 e = e10 + e11 + c->row_low;
    FN(larger)(&a, &b);
    FN(larger)(&a, &d);
    FN(larger)(&a, &e);
    *out = a;
}

LANES_TARGET static float FN(scan)(const norni_ebm_cuts *c, size_t stride) {
    FN(f8) best, next;
    FN(eight_cuts)(c, 0, &best);
    for (size_t y = 8; y < stride; y += 8) {
        FN(eight_cuts)(c, y, &next);
        FN(larger)(&best, &next);
    }
    float most = best[0];
    for (int k = 1; k < 8; k++)
        most = best[k] > most ? best[k] : most;
    return most;
}

LANES_TARGET static void FN(scan_each)(const norni_ebm_cuts *c, size_t stride, float *out) {
    for (size_t y = 0; y < stride; y += 8)
        FN(eight_cuts)(c, y, (FN(f8) *)&out[y]);
}

/* All bits where the bin lies behind the cut. */
LANES_TARGET static inline void FN(behind)(const uint16_t *bin, int64_t cut, FN(l4) * out) {
    *out = __builtin_convertvector(*(const FN(h4) *)bin, FN(l4)) > cut;
}

LANES_TARGET static void FN(step)(const norni_ebm_cross *c, const uint16_t *b0, const uint16_t *b1,
                                  size_t n, double *residual) {
    const FN(d4) nought = {0, 0, 0, 0};
    const FN(l4) v00 = (FN(l4))(nought + c->value[0]), v01 = (FN(l4))(nought + c->value[1]),
                 v10 = (FN(l4))(nought + c->value[2]), v11 = (FN(l4))(nought + c->value[3]);
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        FN(l4) high0, high1;
        FN(behind)(b0 + i, c->x, &high0);
        FN(behind)(b1 + i, c->y, &high1);
        const FN(l4) low = (v00 & ~high1) | (v01 & high1), high = (v10 & ~high1) | (v11 & high1);
        *(FN(d4) *)&residual[i] += (FN(d4))((low & ~high0) | (high & high0));
    }
    for (; i < n; i++)
        residual[i] += c->value[2 * (b0[i] > c->x) + (b1[i] > c->y)];
}

LANES_TARGET static void FN(parts)(const norni_ebm_cross *c, const uint16_t *b0, const uint16_t *b1,
                                   const double *value, const double *weight, size_t n,
                                   double out[4]) {
    const FN(d4) nought = {0, 0, 0, 0};
    FN(d4) sum[4][2];
    for (int k = 0; k < 4; k++)
        sum[k][0] = sum[k][1] = nought;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        for (size_t h = 0; h < 2; h++) {
            const size_t at = i + 4 * h;
            FN(l4) high0, high1;
            FN(behind)(b0 + at, c->x, &high0);
            FN(behind)(b1 + at, c->y, &high1);
            FN(d4) v = *(const FN(d4) *)&value[at];
            if (weight) v *= *(const FN(d4) *)&weight[at];
            const FN(l4) bits = (FN(l4))v;
            sum[0][h] += (FN(d4))(bits & ~high0 & ~high1);
            sum[1][h] += (FN(d4))(bits & ~high0 & high1);
            sum[2][h] += (FN(d4))(bits & high0 & ~high1);
            sum[3][h] += (FN(d4))(bits & high0 & high1);
        }
    }
    for (int k = 0; k < 4; k++) {
        const FN(d4) s = sum[k][0] + sum[k][1];
        out[k] = (s[0] + s[1]) + (s[2] + s[3]);
    }
    for (; i < n; i++)
        out[2 * (b0[i] > c->x) + (b1[i] > c->y)] += weight ? value[i] * weight[i] : value[i];
}

LANES_TARGET static double FN(square)(const double *value, const double *weight, size_t n) {
    FN(d4) sum[2] = {{0, 0, 0, 0}, {0, 0, 0, 0}};
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        for (size_t h = 0; h < 2; h++) {
            const FN(d4) v = *(const FN(d4) *)&value[i + 4 * h];
            sum[h] += weight ? v * v * *(const FN(d4) *)&weight[i + 4 * h] : v * v;
        }
    }
    const FN(d4) s = sum[0] + sum[1];
    double all = (s[0] + s[1]) + (s[2] + s[3]);
    for (; i < n; i++)
        all += weight ? value[i] * value[i] * weight[i] : value[i] * value[i];
    return all;
}

LANES_TARGET static double FN(stack)(double *sum, size_t n0, size_t stride) {
    const FN(l4) no_sign = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
    FN(d4) most[2] = {{0, 0, 0, 0}, {0, 0, 0, 0}};
    for (size_t x = 0; x < n0; x++) {
        double *row = sum + x * stride;
        for (size_t y = 0; y < stride; y += 8) {
            for (size_t h = 0; h < 2; h++) {
                FN(d4) *at = (FN(d4) *)&row[y + 4 * h];
                if (x) *at += *(const FN(d4) *)&(row - stride)[y + 4 * h];
                const FN(d4) size = (FN(d4))((FN(l4)) * at & no_sign);
                const FN(l4) more = size > most[h];
                most[h] = (FN(d4))(((FN(l4))size & more) | ((FN(l4))most[h] & ~more));
            }
        }
    }
    double all = 0;
    for (int k = 0; k < 4; k++) {
        all = most[0][k] > all ? most[0][k] : all;
        all = most[1][k] > all ? most[1][k] : all;
    }
    return all;
}

LANES_TARGET static void FN(round)(const double *sum, size_t n, double scale, float *out) {
    typedef float f4 __attribute__((vector_size(16), aligned(4), may_alias));
    for (size_t i = 0; i < n; i += 4)
        *(f4 *)&out[i] = __builtin_convertvector(*(const FN(d4) *)&sum[i] * scale, f4);
}
