/* Sums of powers in exact parts, and results from them: one text for doubles and for SIMD lanes. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Included once for each type; the file that includes it defines LANE (the type), LANE_NAME(x),
 * LANE_FN (what stands before a function), LANE_FMA(a, b, c), LANE_SQRT(a), LANE_SET(double) and
 * LANE_PICK(a, b, x): x where a equals b, else NaN. */

typedef struct LANE_NAME(sums) {
    LANE hi[4], mid[4], low[4]; /* of y, y^2, y^3, y^4 */
} LANE_NAME(sums);

typedef struct LANE_NAME(pair) {
    LANE hi, lo;
} LANE_NAME(pair);

/* a + b and a - b by the units that multiply: additions alone would leave them idle. */
LANE_FN LANE LANE_NAME(plus)(LANE a, LANE b) {
    return LANE_FMA(a, LANE_SET(1), b);
}
LANE_FN LANE LANE_NAME(less)(LANE a, LANE b) {
    return LANE_FMA(b, LANE_SET(-1), a);
}

LANE_FN LANE LANE_NAME(grid)(LANE a, LANE m) {
    return LANE_NAME(plus)(a, m) - m;
}

/* a + b in parts on the grids: hi, mid and, with three, low. */
LANE_FN void LANE_NAME(split)(LANE a, LANE b, const LANE *m, bool three, LANE *hi, LANE *mid,
                              LANE *low) {
    *hi = LANE_NAME(grid)(a, m[0]);
    const LANE rest = a - *hi;
    if (!three) {
        *mid = LANE_NAME(grid)(rest + b, m[1]);
        return;
    }
    *mid = LANE_NAME(grid)(rest, m[1]);
    *low = LANE_NAME(grid)((rest - *mid) + b, m[2]);
}

/* The parts of y's powers. */
LANE_FN LANE_NAME(sums) LANE_NAME(parts)(LANE y, const LANE *m, int order, bool three) {
    LANE_NAME(sums) p;
    p.hi[0] = LANE_NAME(grid)(y, m[0]);
    const LANE rest = LANE_NAME(less)(y, p.hi[0]);
    p.mid[0] = LANE_NAME(grid)(rest, m[1]);
    if (three) p.low[0] = LANE_NAME(grid)(rest - p.mid[0], m[2]);
    if (order == 2 && !three) { /* the square need not be rounded in between */
        p.hi[1] = LANE_FMA(y, y, m[0]) - m[0];
        p.mid[1] = LANE_NAME(grid)(LANE_FMA(y, y, -p.hi[1]), m[1]);
        return p;
    }
    const LANE q = y * y, r = LANE_FMA(y, y, -q);
    LANE_NAME(split)(q, r, m, three, &p.hi[1], &p.mid[1], &p.low[1]);
    if (order < 3) return p;
    const LANE c = q * y, d = q * q;
    LANE_NAME(split)
    (c, LANE_FMA(r, y, LANE_FMA(q, y, -c)), m, three, &p.hi[2], &p.mid[2], &p.low[2]);
    if (order < 4) return p;
    LANE_NAME(split)
    (d, LANE_FMA(r + r, q, LANE_FMA(q, q, -d)), m, three, &p.hi[3], &p.mid[3], &p.low[3]);
    return p;
}

LANE_FN void LANE_NAME(put)(LANE_NAME(sums) * s, LANE y, bool enters, const LANE *m, int order,
                            bool three) {
    const LANE_NAME(sums) p = LANE_NAME(parts)(y, m, order, three);
    for (int k = 0; k < order; k++) {
        s->hi[k] = enters ? s->hi[k] + p.hi[k] : s->hi[k] - p.hi[k];
        s->mid[k] =
            enters ? LANE_NAME(plus)(s->mid[k], p.mid[k]) : LANE_NAME(less)(s->mid[k], p.mid[k]);
        if (three) s->low[k] = enters ? s->low[k] + p.low[k] : s->low[k] - p.low[k];
    }
}

/* a - b, any sizes. */
LANE_FN LANE_NAME(pair) LANE_NAME(minus)(LANE_NAME(pair) a, LANE_NAME(pair) b) {
    const LANE s = a.hi - b.hi, t = s - a.hi;
    return (LANE_NAME(pair)){s, ((a.hi - (s - t)) - (b.hi + t)) + (a.lo - b.lo)};
}

/* a - b where a is not the smaller one by more than a factor of 2. */
LANE_FN LANE_NAME(pair) LANE_NAME(minus_less)(LANE_NAME(pair) a, LANE_NAME(pair) b) {
    const LANE s = a.hi - b.hi;
    return (LANE_NAME(pair)){s, LANE_NAME(less)(a.hi - s, b.hi) + LANE_NAME(less)(a.lo, b.lo)};
}

LANE_FN LANE_NAME(pair) LANE_NAME(times)(LANE_NAME(pair) a, LANE_NAME(pair) b) {
    const LANE p = a.hi * b.hi;
    return (LANE_NAME(pair)){p,
                             LANE_FMA(a.lo, b.hi, LANE_FMA(a.hi, b.lo, LANE_FMA(a.hi, b.hi, -p)))};
}

LANE_FN LANE_NAME(pair) LANE_NAME(scaled)(LANE f, LANE_NAME(pair) a) {
    const LANE p = f * a.hi;
    return (LANE_NAME(pair)){p, LANE_FMA(f, a.lo, LANE_FMA(f, a.hi, -p))};
}

LANE_FN LANE_NAME(pair) LANE_NAME(doubled)(LANE_NAME(pair) a) {
    return (LANE_NAME(pair)){a.hi + a.hi, a.lo + a.lo};
}

/* v rounded to a double and to the grid of m, where v - bound and v + bound agree. v is shifted by a
 * part of the last place that is no short fraction: else data of few bits would lie just between two
 * results time and again. */
LANE_FN LANE LANE_NAME(on_grid)(LANE_NAME(pair) v, LANE bound, LANE m) {
    const LANE lo = LANE_FMA(m, LANE_SET(0x1.83a5c7p-55), v.lo),
               a = LANE_NAME(grid)(v.hi + (lo - bound), m),
               b = LANE_NAME(grid)(v.hi + LANE_NAME(plus)(lo, bound), m);
    return LANE_PICK(a, b, a);
}

/* The same without a grid. */
LANE_FN LANE LANE_NAME(rounded)(LANE_NAME(pair) v, LANE bound) {
    const LANE lo = LANE_FMA(v.hi, LANE_SET(0x1.83a5c7p-55), v.lo), a = v.hi + (lo - bound),
               b = LANE_NAME(plus)(v.hi, LANE_NAME(plus)(lo, bound));
    return LANE_PICK(a, b, a);
}

/* D3 from n T2, T1^2, T1 and T3. */
LANE_FN LANE_NAME(pair) LANE_NAME(third)(LANE n, LANE_NAME(pair) nt2, LANE_NAME(pair) t1t1,
                                         LANE_NAME(pair) t1, LANE_NAME(pair) t3) {
    const LANE_NAME(pair) q =
        LANE_NAME(minus)(LANE_NAME(scaled)(LANE_SET(3), nt2), LANE_NAME(doubled)(t1t1));
    return LANE_NAME(minus)(LANE_NAME(scaled)(n * n, t3), LANE_NAME(times)(t1, q));
}

/* D4 = n^3 T4 - T1 (4 n^2 T3 - 3 T1 (2 n T2 - T1^2)). */
LANE_FN LANE_NAME(pair)
    LANE_NAME(fourth)(LANE n, LANE_NAME(pair) nt2, LANE_NAME(pair) t1t1, LANE_NAME(pair) t1,
                      LANE_NAME(pair) t3, LANE_NAME(pair) t4) {
    const LANE nn = n * n;
    const LANE_NAME(pair) cube = {n * nn, LANE_FMA(n, nn, -(n * nn))};
    const LANE_NAME(pair) q = LANE_NAME(minus)(LANE_NAME(doubled)(nt2), t1t1);
    const LANE_NAME(pair) z = LANE_NAME(times)(t1, LANE_NAME(scaled)(LANE_SET(3), q));
    const LANE_NAME(pair) y = LANE_NAME(minus)(LANE_NAME(scaled)(LANE_SET(4) * nn, t3), z);
    return LANE_NAME(minus)(LANE_NAME(times)(cube, t4), LANE_NAME(times)(t1, y));
}

/* The result from D2 (rounded), D3, D4 or Z (in pairs, known to `bound`). */
LANE_FN LANE LANE_NAME(result)(norni_roll_central kind, LANE n, LANE ddof, LANE d2,
                               LANE_NAME(pair) d, LANE bound) {
    const LANE free = n - ddof, one = LANE_SET(1), two = LANE_SET(2);
    if (kind == NORNI_ROLL_VAR) return d2 / (n * free);
    if (kind == NORNI_ROLL_STD) return LANE_SQRT(d2 / (n * free));
    if (kind == NORNI_ROLL_SEM) return LANE_SQRT(d2 / (n * free * n));
    const LANE root = LANE_SQRT(d2);
    if (kind == NORNI_ROLL_ZSCORE) {
        const LANE z = LANE_NAME(on_grid)(d, bound, root * LANE_SET(0.25));
        return z / root * LANE_SQRT(free / n);
    }
    if (kind == NORNI_ROLL_SKEW) {
        const LANE scale = d2 * root, v = LANE_NAME(on_grid)(d, bound, scale * LANE_SET(6));
        return v / scale * (LANE_SQRT(n * (n - one)) / (n - two));
    }
    const LANE scale = d2 * d2, v = LANE_NAME(on_grid)(d, bound, scale * LANE_SET(96));
    const LANE three = LANE_SET(3), f = (n - one) / ((n - two) * (n - three));
    return f * ((n + one) * (v / scale) - three * (n - one));
}

/* The result of a window of n values with these sums; `last` is its last value. Every sum T_p may be
 * wrong by 0.6 n unit and leaves products of two low parts (n unit / 2) out: the factors of `bound`
 * are the sums of what that does to D2, Z, D3 (11) and D4 (40), and room for roundings. */
LANE_FN LANE LANE_NAME(finish)(const LANE_NAME(sums) * s, const norni_roll_var_job *j,
                               norni_roll_central kind, LANE n, LANE last, bool three) {
    LANE_NAME(pair) t[4], d = {n, n};
    const int order = kind == NORNI_ROLL_KURT ? 4 : kind == NORNI_ROLL_SKEW ? 3 : 2;
    for (int k = 0; k < order; k++) {
        t[k] = (LANE_NAME(pair)){s->hi[k], s->mid[k]};
        if (three) t[k].lo = s->mid[k] + s->low[k];
    }
    const LANE_NAME(pair) nt2 = LANE_NAME(scaled)(n, t[1]);
    const LANE p = t[0].hi * t[0].hi;
    const LANE_NAME(pair)
        t1t1 = {p, LANE_FMA(t[0].lo, t[0].lo,
                            LANE_FMA(t[0].hi + t[0].hi, t[0].lo, LANE_FMA(t[0].hi, t[0].hi, -p)))};
    LANE bound = n * LANE_SET(j->unit) * n;
    const LANE_NAME(pair) d2 = LANE_NAME(minus_less)(nt2, t1t1);
    const LANE round2 = LANE_NAME(rounded)(d2, bound * LANE_SET(8));
    if (kind == NORNI_ROLL_ZSCORE) {
        const LANE a = n * last;
        d = LANE_NAME(minus)((LANE_NAME(pair)){a, LANE_FMA(n, last, -a)}, t[0]);
        bound = n * LANE_SET(2 * j->unit);
    }
    if (kind == NORNI_ROLL_SKEW) {
        d = LANE_NAME(third)(n, nt2, t1t1, t[0], t[2]);
        bound = bound * n * LANE_SET(16);
    }
    if (kind == NORNI_ROLL_KURT) {
        d = LANE_NAME(fourth)(n, nt2, t1t1, t[0], t[2], t[3]);
        bound = bound * n * n * LANE_SET(64);
    }
    return LANE_NAME(result)(kind, n, LANE_SET((double)j->ddof), round2, d, bound);
}
