/* Sums of powers in pairs of doubles about a value of the window, and results from them. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Included behind roll_var_lane.h, for the same type. With y = x - pivot as an exact pair, T_p and its
 * additions are known to K u times the sum of |y|^p (u = 2^-104, K a little more than the additions one
 * after another: Joldes, Muller, Popescu, "Tight and rigorous error bounds for basic building blocks of
 * double-word arithmetic", ACM TOMS 44, 2017). By Cauchy and Schwarz T1^2 <= n T2, T2^2 <= n T4 and
 * sum |y|^3 <= T2^1.5, so that D2, D3 and D4 are wrong by less than 4 K u n T2, K u (n^2 far T2 + 15 (n T2)^1.5) and
 * 48 K u n^3 T4. The pivot is one of the window's values, therefore T2 <= (n + 1) D2 / n: whatever the
 * values, results are as good as always certain. */

typedef struct LANE_NAME(tail) {
    LANE_NAME(pair) t[4]; /* of y, y^2, y^3, y^4 */
} LANE_NAME(tail);

LANE_FN LANE_NAME(pair) LANE_NAME(sum_exact)(LANE a, LANE b) {
    const LANE s = a + b, t = s - a;
    return (LANE_NAME(pair)){s, (a - (s - t)) + (b - t)};
}

/* Without `tidy` lo may grow beyond hi's last place. Half of the additions by the units that multiply. */
LANE_FN LANE_NAME(pair) LANE_NAME(add)(LANE_NAME(pair) a, LANE_NAME(pair) b, bool tidy) {
    const LANE s = LANE_NAME(plus)(a.hi, b.hi), t = LANE_NAME(less)(s, a.hi);
    const LANE rest = LANE_NAME(less)(a.hi, s - t) + (b.hi - t),
               lo = LANE_NAME(plus)(a.lo, rest + b.lo);
    if (!tidy) return (LANE_NAME(pair)){s, lo};
    const LANE hi = s + lo;
    return (LANE_NAME(pair)){hi, lo - (hi - s)};
}

LANE_FN void LANE_NAME(join)(LANE_NAME(tail) * s, const LANE_NAME(tail) * with, int order,
                             bool tidy) {
    for (int k = 0; k < order; k++)
        s->t[k] = LANE_NAME(add)(s->t[k], with->t[k], tidy);
}

LANE_FN void LANE_NAME(gather)(LANE_NAME(tail) * s, LANE_NAME(pair) y, int order, bool tidy) {
    LANE_NAME(tail) p;
    p.t[0] = y;
    const LANE q = y.hi * y.hi, q_lo = LANE_FMA(y.hi + y.hi, y.lo, LANE_FMA(y.hi, y.hi, -q));
    p.t[1] = (LANE_NAME(pair)){q, q_lo};
    if (order > 2) {
        const LANE c = q * y.hi;
        p.t[2] =
            (LANE_NAME(pair)){c, LANE_FMA(q, y.lo, LANE_FMA(q_lo, y.hi, LANE_FMA(q, y.hi, -c)))};
    }
    if (order > 3) {
        const LANE d = q * q;
        p.t[3] = (LANE_NAME(pair)){d, LANE_FMA(q + q, q_lo, LANE_FMA(q, q, -d))};
    }
    LANE_NAME(join)(s, &p, order, tidy);
}

/* The result of a window of n values, |y| <= far; `last` is its last y, k is K u. What is lost where products
 * underflow is below 2^-1000 of a value's power. */
LANE_FN LANE LANE_NAME(finish_pairs)(const LANE_NAME(tail) * s, norni_roll_central kind, LANE n,
                                     LANE ddof, LANE_NAME(pair) last, LANE k, LANE far) {
    const LANE_NAME(pair) *t = s->t;
    const LANE_NAME(pair) nt2 = LANE_NAME(scaled)(n, t[1]), t1t1 = LANE_NAME(times)(t[0], t[0]),
                          d2 = LANE_NAME(minus)(nt2, t1t1);
    const LANE nn = n * n, least = nn * LANE_SET(0x1p-1000);
    const LANE round2 = LANE_NAME(rounded)(d2, LANE_FMA(k * LANE_SET(4), nt2.hi, least));
    LANE_NAME(pair) d = {n, n};
    LANE bound = n;
    if (kind == NORNI_ROLL_ZSCORE) {
        d = LANE_NAME(minus)(LANE_NAME(scaled)(n, last), t[0]);
        bound = LANE_FMA(k * n * LANE_SET(2), LANE_SQRT(t[1].hi), least);
    }
    if (kind == NORNI_ROLL_SKEW) {
        d = LANE_NAME(third)(n, nt2, t1t1, t[0], t[2]);
        const LANE nt = n * t[1].hi;
        bound = LANE_FMA(k, LANE_FMA(n * far, nt, LANE_SET(15) * nt * LANE_SQRT(nt)), n * least);
    }
    if (kind == NORNI_ROLL_KURT) {
        d = LANE_NAME(fourth)(n, nt2, t1t1, t[0], t[2], t[3]);
        bound = LANE_FMA(k * nn * LANE_SET(48), n * t[3].hi, nn * least);
    }
    return LANE_NAME(result)(kind, n, ddof, round2, d, bound);
}
