/* The lanes of sincos.c: included once for each instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The file that includes it defines FN(x), SINCOS_WIDTH (doubles a vector) and SINCOS_TARGET. */

typedef double FN(vec) __attribute__((vector_size(8 * SINCOS_WIDTH)));
typedef int64_t FN(bits) __attribute__((vector_size(8 * SINCOS_WIDTH)));

SINCOS_TARGET static inline FN(vec) FN(load)(const double *p) {
    FN(vec) v;
    memcpy(&v, p, sizeof v);
    return v;
}

SINCOS_TARGET static inline FN(bits) FN(pick)(FN(bits) mask, FN(vec) a, FN(vec) b) {
    return (mask & (FN(bits))a) | (~mask & (FN(bits))b);
}

SINCOS_TARGET static inline FN(vec) FN(sine)(FN(vec) x, FN(vec) lo) {
    const FN(vec) u = x * x;
    FN(vec) p = 1.0 / 355687428096000.0 + u * (-1.0 / 121645100408832000.0);
    p = -1.0 / 1307674368000.0 + u * p;
    p = 1.0 / 6227020800.0 + u * p;
    p = -1.0 / 39916800.0 + u * p;
    p = 1.0 / 362880.0 + u * p;
    p = -1.0 / 5040.0 + u * p;
    p = 1.0 / 120.0 + u * p;
    p = -1.0 / 6.0 + u * p;
    return x + (x * u * p + lo * (1 - 0.5 * u));
}

SINCOS_TARGET static inline FN(vec) FN(cosine)(FN(vec) x, FN(vec) lo) {
    const FN(vec) u = x * x;
    FN(vec) p = -1.0 / 87178291200.0 + u * (1.0 / 20922789888000.0);
    p = 1.0 / 479001600.0 + u * p;
    p = -1.0 / 3628800.0 + u * p;
    p = 1.0 / 40320.0 + u * p;
    p = -1.0 / 720.0 + u * p;
    p = 1.0 / 24.0 + u * p;
    const FN(vec) half = 0.5 * u, w = 1 - half;
    return w + (((1 - w) - half) + (u * u * p - x * lo));
}

SINCOS_TARGET static inline void FN(block)(const double *x, double *sine, double *cosine) {
    const double p1 = 0x1.921fb544p+0, p2 = 0x1.0b4611a6p-34, p3 = 0x1.3198a2e037073p-69;
    const FN(vec) v = FN(load)(x);
    const FN(vec) turned = v * 0x1.45f306dc9c883p-1 + 0x1.8p52, k = turned - 0x1.8p52;
    const FN(bits) quadrant = (FN(bits))turned; /* k in the lowest bits */
    const FN(vec) a = v - k * p1, b = k * p2;   /* exact */
    const FN(vec) s = a - b, t = s - a;
    const FN(vec) lost = ((a - (s - t)) - (b + t)) - k * p3;
    const FN(vec) hi = s + lost, lo = (s - hi) + lost;
    const FN(vec) sn = FN(sine)(hi, lo), cs = FN(cosine)(hi, lo);
    const FN(bits) odd = -(quadrant & 1);
    const FN(bits) out_s = FN(pick)(odd, cs, sn) ^ ((quadrant & 2) << 62);
    const FN(bits) out_c = FN(pick)(odd, sn, cs) ^ (((quadrant + 1) & 2) << 62);
    memcpy(sine, &out_s, sizeof out_s);
    memcpy(cosine, &out_c, sizeof out_c);
}

SINCOS_TARGET static void FN(run)(const double *x, size_t n, double *sine, double *cosine) {
    size_t i = 0;
    for (; i + SINCOS_WIDTH <= n; i += SINCOS_WIDTH)
        FN(block)(x + i, sine + i, cosine + i);
    if (i == n) return;
    double in[SINCOS_WIDTH] = {0}, s[SINCOS_WIDTH], c[SINCOS_WIDTH];
    memcpy(in, x + i, (n - i) * sizeof *x);
    FN(block)(in, s, c);
    memcpy(sine + i, s, (n - i) * sizeof *s);
    memcpy(cosine + i, c, (n - i) * sizeof *c);
}
