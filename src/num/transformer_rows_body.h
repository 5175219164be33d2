/* The row kernels of transformer_rows.c, compiled once for each instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included more than once. ROWS_TARGET, FN(x), VEC, LANES, LOAD, STORE, SPREAD, ADD, SUB,
 * MUL, DIV, FMA(a, b, c), MAX(a, b) and MIN (b where either is a NaN), PICK(a, b, x, y) (x where
 * a < b, else y) and TIMES_POWER(p, t) (p 2^i for the i in the low bits of t) say for what. Every
 * operation is one correctly rounded operation of a lane, and sums run over SPAN lanes whatever LANES
 * is: the bits are the same everywhere. */

enum { FN(VECS) = SPAN / LANES };

/* exp(x) for x <= 88, to about 1 ulp: 2^i exp(r) with |r| <= log(2) / 2, exp(r) = 1 + r + r^2 p(r), p a
 * Chebyshev fit of relative error 1e-8. Below log(2^-126) the result is 0; NaN stays. */
ROWS_TARGET static inline VEC FN(exp)(VEC x) {
    const VEC in = MAX(x, SPREAD(-88.0F));
    const VEC t = FMA(in, SPREAD(1.44269504F), SPREAD(ROUNDER));
    const VEC i = SUB(t, SPREAD(ROUNDER));
    VEC r = FMA(i, SPREAD(-0.693147182F), in);
    r = FMA(i, SPREAD(1.90465432e-9F), r);
    VEC p = SPREAD(0.001393368816934526F);
    p = FMA(p, r, SPREAD(0.008363205008208752F));
    p = FMA(p, r, SPREAD(0.041666463017463684F));
    p = FMA(p, r, SPREAD(0.16666576266288757F));
    p = FMA(p, r, SPREAD(0.5F));
    p = FMA(MUL(p, r), r, r);
    p = TIMES_POWER(ADD(p, SPREAD(1)), t);
    return PICK(x, SPREAD(-87.33F), SPREAD(0), PICK(x, SPREAD(89), p, x));
}

/* x Phi(x) = max(x, 0) - |x| Q(|x|), where Q, the upper tail of the normal distribution, is a
 * Chebyshev fit of degree 17 on [0, 5.25], and 0 behind: the error stays below 7e-8 (1 + |x|). */
ROWS_TARGET static inline VEC FN(gelu_of)(VEC x) {
    static const float term[] = {
        -0.0005527835455723107F, -0.01058497466146946F, 0.00807520654052496F,
        0.028828172013163567F,   -0.0412476472556591F,  -0.02684769034385681F,
        0.1016639918088913F,     -0.05813194066286087F, -0.09709224104881287F,
        0.19527868926525116F,    -0.09732792526483536F, -0.12078069150447845F,
        0.2570715546607971F,     -0.2259565144777298F,  0.11507745087146759F,
        -0.0334010049700737F,    0.004332444630563259F};
    const VEC zero = SPREAD(0), edge = SPREAD(5.25F);
    const VEC size = MAX(x, SUB(zero, x)), t = MIN(size, edge);
    const VEC u = FMA(t, SPREAD(2 / 5.25F), SPREAD(-1));
    VEC q = SPREAD(0.0015959881711751223F);
#pragma GCC unroll 20
    for (size_t i = 0; i < sizeof term / sizeof *term; i++)
        q = FMA(q, u, SPREAD(term[i]));
    const VEC y = FMA(SUB(zero, t), q, MAX(x, zero));
    return PICK(size, edge, y, MAX(zero, x));
}

/* tanh |x| = 1 - 2 / (exp(2 |x|) + 1), near nought x + x^3 p(x^2); the sign is put back at the end. */
ROWS_TARGET static inline VEC FN(tanh_of)(VEC x) {
    const VEC zero = SPREAD(0), one = SPREAD(1);
    const VEC size = MAX(x, SUB(zero, x)), s = MUL(x, x);
    VEC p = SPREAD(-0.006104947999119759F);
    p = FMA(p, s, SPREAD(0.021003641188144684F));
    p = FMA(p, s, SPREAD(-0.05385249853134155F));
    p = FMA(p, s, SPREAD(0.13332782685756683F));
    p = FMA(p, s, SPREAD(-0.333333283662796F));
    p = FMA(MUL(p, s), x, x);
    const VEC e = FN(exp)(MIN(MUL(SPREAD(2), size), SPREAD(20)));
    VEC far = SUB(one, DIV(SPREAD(2), ADD(e, one)));
    far = PICK(x, zero, SUB(zero, far), far);
    return PICK(size, SPREAD(0.625F), p, PICK(zero, size, far, x));
}

#define EACH(name)                                                \
    ROWS_TARGET static void FN(name)(float *x, size_t n) {        \
        size_t i = 0;                                             \
        for (; i + SPAN <= n; i += SPAN)                          \
            for (size_t j = 0; j < SPAN; j += LANES)              \
                STORE(x + i + j, FN(name##_of)(LOAD(x + i + j))); \
        if (i == n) return;                                       \
        float own[SPAN] __attribute__((aligned(64))) = {0};       \
        memcpy(own, x + i, (n - i) * sizeof *x);                  \
        for (size_t j = 0; j < SPAN; j += LANES)                  \
            STORE(own + j, FN(name##_of)(LOAD(own + j)));         \
        memcpy(x + i, own, (n - i) * sizeof *x);                  \
    }
EACH(gelu)
EACH(tanh)
#undef EACH

/* The lanes of s folded in halves. */
ROWS_TARGET static inline float FN(fold)(const VEC *s) {
    float lane[SPAN] __attribute__((aligned(64)));
    for (size_t j = 0; j < FN(VECS); j++)
        STORE(lane + j * LANES, s[j]);
    for (size_t half = SPAN / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++)
            lane[i] += lane[i + half];
    return lane[0];
}

/* Noughts behind the last whole span of x (n) copied to own; where the spans end. */
static inline size_t FN(tail)(const float *x, size_t n, float fill, float own[SPAN]) {
    const size_t whole = n / SPAN * SPAN;
    for (size_t i = 0; i < SPAN; i++)
        own[i] = whole + i < n ? x[whole + i] : fill;
    return whole;
}

ROWS_TARGET static float FN(mean)(float *x, const float *more, size_t n) {
    VEC s[FN(VECS)];
    for (size_t j = 0; j < FN(VECS); j++)
        s[j] = SPREAD(0);
    const size_t whole = n / SPAN * SPAN;
    for (size_t i = 0; i < whole; i += SPAN)
        for (size_t j = 0; j < FN(VECS); j++) {
            VEC v = LOAD(x + i + j * LANES);
            if (more) {
                v = ADD(v, LOAD(more + i + j * LANES));
                STORE(x + i + j * LANES, v);
            }
            s[j] = ADD(s[j], v);
        }
    float own[SPAN] __attribute__((aligned(64)));
    for (size_t i = whole; more && i < n; i++)
        x[i] += more[i];
    FN(tail)(x, n, 0, own);
    for (size_t j = 0; j < FN(VECS); j++)
        s[j] = ADD(s[j], LOAD(own + j * LANES));
    return FN(fold)(s) / (float)n;
}

ROWS_TARGET static void FN(layer_norm)(float *x, const float *more, size_t n, const float *gain,
                                       const float *shift, float eps) {
    const float mean = FN(mean)(x, more, n);
    const VEC m = SPREAD(mean);
    VEC s[FN(VECS)];
    for (size_t j = 0; j < FN(VECS); j++)
        s[j] = SPREAD(0);
    float own[SPAN] __attribute__((aligned(64)));
    const size_t whole = FN(tail)(x, n, mean, own);
    for (size_t i = 0; i < whole; i += SPAN)
        for (size_t j = 0; j < FN(VECS); j++) {
            const VEC v = SUB(LOAD(x + i + j * LANES), m);
            s[j] = FMA(v, v, s[j]);
        }
    for (size_t j = 0; j < FN(VECS); j++) {
        const VEC v = SUB(LOAD(own + j * LANES), m);
        s[j] = FMA(v, v, s[j]);
    }
    const float r = 1 / sqrtf(FN(fold)(s) / (float)n + eps);
    for (size_t i = 0; i < whole; i += LANES) {
        const VEC v = MUL(SUB(LOAD(x + i), m), SPREAD(r));
        STORE(x + i, FMA(v, LOAD(gain + i), LOAD(shift + i)));
    }
    for (size_t i = whole; i < n; i++)
        x[i] = fmaf((x[i] - mean) * r, gain[i], shift[i]);
}

/* The largest does not depend on the order of lanes, unless a NaN is there: then the row is NaN. */
ROWS_TARGET static void FN(softmax)(float *x, size_t n, float scale) {
    VEC most[FN(VECS)], s[FN(VECS)];
    float own[SPAN] __attribute__((aligned(64))), lane[SPAN] __attribute__((aligned(64)));
    const VEC by = SPREAD(scale);
    const size_t whole = FN(tail)(x, n, n > 0 ? x[0] : 0, own);
    for (size_t j = 0; j < FN(VECS); j++) {
        most[j] = MUL(LOAD(own + j * LANES), by);
        s[j] = SPREAD(0);
    }
    for (size_t i = 0; i < whole; i += SPAN)
        for (size_t j = 0; j < FN(VECS); j++)
            most[j] = MAX(MUL(LOAD(x + i + j * LANES), by), most[j]);
    for (size_t j = 0; j < FN(VECS); j++)
        STORE(lane + j * LANES, most[j]);
    float top = lane[0];
    for (size_t i = 1; i < SPAN; i++)
        top = lane[i] > top ? lane[i] : top;
    for (size_t i = 0; i < whole; i += SPAN)
        for (size_t j = 0; j < FN(VECS); j++) {
            const VEC e = FN(exp)(SUB(MUL(LOAD(x + i + j * LANES), by), SPREAD(top)));
            STORE(x + i + j * LANES, e);
            s[j] = ADD(s[j], e);
        }
    FN(tail)(x, n, 0, own);
    for (size_t j = 0; j < FN(VECS); j++)
        STORE(own + j * LANES, FN(exp)(SUB(MUL(LOAD(own + j * LANES), by), SPREAD(top))));
    for (size_t i = n - whole; i < SPAN; i++)
        own[i] = 0;
    for (size_t j = 0; j < FN(VECS); j++)
        s[j] = ADD(s[j], LOAD(own + j * LANES));
    const float sum = 1 / FN(fold)(s);
    for (size_t i = 0; i < whole; i += LANES)
        STORE(x + i, MUL(LOAD(x + i), SPREAD(sum)));
    for (size_t i = whole; i < n; i++)
        x[i] = own[i - whole] * sum;
}
