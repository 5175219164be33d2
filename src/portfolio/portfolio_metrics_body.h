/* The lanes of portfolio_metrics_sums.c: included once for each instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The file that includes it defines FN(x), PORT_WIDTH (doubles a vector) and PORT_TARGET. Value i goes into accumulator i mod 8, however
 * wide a vector is: the bits depend on no instruction set. */

typedef double FN(vec) __attribute__((vector_size(8 * PORT_WIDTH)));
typedef uint64_t FN(bits) __attribute__((vector_size(8 * PORT_WIDTH)));
enum { FN(PARTS) = LANES / PORT_WIDTH };

PORT_TARGET static inline FN(vec) FN(load)(const double *p) {
    FN(vec) v;
    memcpy(&v, p, sizeof v);
    return v;
}

PORT_TARGET static inline FN(vec) FN(where)(FN(bits) mask, FN(vec) a) {
    return (FN(vec))(mask & (FN(bits))a);
}

/* Eight values from i on; behind the end `pad` stands. */
PORT_TARGET static inline void FN(eight)(const double *x, size_t n, size_t i, double pad,
                                         FN(vec) * v) {
    double last[LANES];
    const double *from = x + i;
    if (i + LANES > n) {
        for (size_t j = 0; j < LANES; j++)
            last[j] = i + j < n ? x[i + j] : pad;
        from = last;
    }
    for (size_t p = 0; p < FN(PARTS); p++)
        v[p] = FN(load)(from + p * PORT_WIDTH);
}

/* Sums of the first four powers of x * scale - mean: sum[k][lane]. The pad's own distance is 0. */
PORT_TARGET static void FN(powers)(const double *x, size_t n, double scale, double mean,
                                   double sum[4][LANES]) {
    FN(vec) s[4][FN(PARTS)], v[FN(PARTS)];
    memset(s, 0, sizeof s);
    for (size_t i = 0; i < n; i += LANES) {
        FN(eight)(x, n, i, 0, v);
        for (size_t p = 0; p < FN(PARTS); p++) {
            FN(vec) d = v[p] * scale - mean;
            if (i + LANES > n) {
                for (size_t j = 0; j < PORT_WIDTH; j++)
                    d[j] = i + p * PORT_WIDTH + j < n ? d[j] : 0;
            }
            const FN(vec) q = d * d;
            s[0][p] += d;
            s[1][p] += q;
            s[2][p] += q * d;
            s[3][p] += q * q;
        }
    }
    memcpy(sum, s, sizeof s);
}

/* Squares below the target, gains and losses about the threshold: sum[k][lane]. */
PORT_TARGET static void FN(sides)(const double *x, size_t n, double target, double threshold,
                                  double sum[3][LANES]) {
    FN(vec) s[3][FN(PARTS)], v[FN(PARTS)];
    memset(s, 0, sizeof s);
    for (size_t i = 0; i < n; i += LANES) {
        FN(eight)(x, n, i, NORNI_NAN, v); /* on no side */
        for (size_t p = 0; p < FN(PARTS); p++) {
            const FN(vec) a = v[p] - target, b = v[p] - threshold;
            const FN(vec) down = FN(where)((FN(bits))(a < 0), a);
            s[0][p] += down * down;
            s[1][p] += FN(where)((FN(bits))(b > 0), b);
            s[2][p] += FN(where)((FN(bits))(b < 0), b);
        }
    }
    memcpy(sum, s, sizeof s);
}

/* y = log(1 + x), x above -1, within 2 units in the last place: u = 1 + x = 2^k m, m in [sqrt(1/2), sqrt(2)), f = m - 1, s = f / (2 + f),
 * log m = 2 atanh s = f - s (f - (2/3 s^2 + 2/5 s^4 + ...)); what 1 + x rounds away is put back over u (Kahan). */
PORT_TARGET static inline FN(vec) FN(log_of_growth)(FN(vec) x) {
    const FN(vec) u = 1 + x;
    const uint64_t root_half = UINT64_C(0x3FE6A09E00000000), one = UINT64_C(0x3FF0000000000000);
    const FN(bits) t = (FN(bits))u + (one - root_half);
    const FN(bits) magic = (t >> 52) | UINT64_C(0x4330000000000000); /* 2^52 + the exponent */
    const FN(vec) k = (FN(vec))magic - (0x1p52 + 1023);
    const FN(vec) f = (FN(vec))((t & UINT64_C(0x000FFFFFFFFFFFFF)) + root_half) - 1;
    const FN(vec) s = f / (2 + f), z = s * s;
    FN(vec) r = 2.0 / 21 + z * (2.0 / 23);
    r = 2.0 / 19 + z * r;
    r = 2.0 / 17 + z * r;
    r = 2.0 / 15 + z * r;
    r = 2.0 / 13 + z * r;
    r = 2.0 / 11 + z * r;
    r = 2.0 / 9 + z * r;
    r = 2.0 / 7 + z * r;
    r = 2.0 / 5 + z * r;
    r = z * (2.0 / 3 + z * r);
    const FN(vec) back = u - 1, lost = ((1 - (u - back)) + (x - back)) / u;
    return k * 0.69314718036912381649 +
           ((f - s * (f - r)) + (k * 1.90821492927058770002e-10 + lost));
}

PORT_TARGET static void FN(logs)(const double *x, size_t n, double *y) {
    FN(vec) v[FN(PARTS)];
    for (size_t i = 0; i < n; i += LANES) {
        FN(eight)(x, n, i, 0, v);
        for (size_t p = 0; p < FN(PARTS); p++)
            v[p] = FN(log_of_growth)(v[p]);
        memcpy(y + i, v, (i + LANES > n ? n - i : LANES) * sizeof *y);
    }
}

/* Sums of y y and of y times its place, both about their means: sum[k][lane]. */
PORT_TARGET static void FN(line)(const double *y, size_t n, double mean, double centre,
                                 double sum[2][LANES]) {
    FN(vec) s[2][FN(PARTS)], v[FN(PARTS)], at[FN(PARTS)];
    memset(s, 0, sizeof s);
    for (size_t j = 0; j < LANES; j++)
        at[j / PORT_WIDTH][j % PORT_WIDTH] = (double)j - centre;
    for (size_t i = 0; i < n; i += LANES) {
        FN(eight)(y, n, i, mean, v);
        for (size_t p = 0; p < FN(PARTS); p++) {
            const FN(vec) d = v[p] - mean;
            s[0][p] += d * at[p];
            s[1][p] += d * d;
            at[p] += LANES;
        }
    }
    memcpy(sum, s, sizeof s);
}
