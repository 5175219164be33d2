/* The kernels of portfolio_lanes.c, compiled once for each instruction set. */
/* SPDX-License-Identifier: Apache-2.0 */
/* No guard: included more than once. TARGET, FN(x), vec, mask and the macros on masks say for what. A vector holds
 * LANES of the eight lanes, from lane `o` on. Everything is one operation after the other in the order that
 * docs/portfolio-simulator.md gives; no sum runs across lanes. */

/* What a bar adds to, in registers while `digest` runs. */
typedef struct FN(sums) {
    vec equity, inverse, mean, m2, down, gain, loss, sum, squares;
    vec peak, peak_inverse, worst, ulcer, streak, longest;
} FN(sums);

TARGET INLINE void FN(get)(const norni_port_group *g, size_t o, FN(sums) * s) {
    s->equity = LOAD(g->equity), s->inverse = LOAD(g->inverse);
    s->mean = LOAD(g->mean), s->m2 = LOAD(g->m2), s->down = LOAD(g->down);
    s->gain = LOAD(g->gain), s->loss = LOAD(g->loss);
    s->sum = LOAD(g->sum), s->squares = LOAD(g->squares);
    s->peak = LOAD(g->peak), s->peak_inverse = LOAD(g->peak_inverse);
    s->worst = LOAD(g->worst), s->ulcer = LOAD(g->ulcer);
    s->streak = LOAD(g->streak), s->longest = LOAD(g->longest);
}

TARGET INLINE void FN(put)(norni_port_group *g, size_t o, const FN(sums) * s) {
    STORE(g->equity, s->equity), STORE(g->inverse, s->inverse);
    STORE(g->mean, s->mean), STORE(g->m2, s->m2), STORE(g->down, s->down);
    STORE(g->gain, s->gain), STORE(g->loss, s->loss);
    STORE(g->sum, s->sum), STORE(g->squares, s->squares);
    STORE(g->peak, s->peak), STORE(g->peak_inverse, s->peak_inverse);
    STORE(g->worst, s->worst), STORE(g->ulcer, s->ulcer);
    STORE(g->streak, s->streak), STORE(g->longest, s->longest);
}

/* Equity of the next bar; count: 1 / number of returns with this one. */
TARGET INLINE void FN(add)(FN(sums) * s, const vec *equity, double count) {
    const vec zero = {0}, e = *equity, r = (e - s->equity) * s->inverse;
    const vec tiny = zero + NORNI_PORT_TINY, inverse = 1.0 / MAX(e, tiny);
    const vec delta = r - s->mean, fall = MIN(r, zero);
    s->mean += delta * count;
    s->m2 += delta * (r - s->mean);
    s->down += fall * fall;
    s->loss += fall;
    s->gain += MAX(r, zero);
    s->sum += r;
    s->squares += r * r;
    const mask up = GE(e, s->peak);
    s->peak = MAX(e, s->peak);
    s->peak_inverse = SELECT(up, inverse, s->peak_inverse);
    const vec depth = (e - s->peak) * s->peak_inverse;
    s->worst = MIN(depth, s->worst);
    s->ulcer += depth * depth;
    s->streak += 1.0;
    s->longest = MAX(s->streak, s->longest);
    s->streak = SELECT(up, zero, s->streak);
    s->equity = e;
    s->inverse = inverse;
}

TARGET static void FN(digest)(norni_port_group *g, size_t t, size_t to) {
    for (size_t o = 0; o < 8; o += LANES) {
        FN(sums) s;
        FN(get)(g, o, &s);
        for (size_t u = t; u < to; u++) {
            const vec e = LOAD(CURVE(g, u));
            FN(add)(&s, &e, 1.0 / (double)(u - g->first));
        }
        FN(put)(g, o, &s);
    }
}

/* Goals of longs are shares of k[0] x - m[0], of shorts of k[1] x - m[1]. */
typedef struct FN(room) {
    vec k[2], m[2]; /* where stuck; else goals are shares of x */
    bool stuck;
} FN(room);

/* What holdings that cannot be traded leave to the others of their side: aims (n, 8) at equity x. */
TARGET RARE void FN(side)(const norni_port_group *g, size_t o, const double *p, const uint8_t *live,
                          size_t n, const double *aim, int side, const vec *x, FN(room) * r) {
    const vec zero = {0}, one = zero + 1.0, e = *x;
    const double sign = side ? -1.0 : 1.0;
    vec open = zero, held = zero, own = zero;
    for (size_t a = 0; a < n; a++) {
        const vec w = LOAD(aim + 8 * a) * sign, asked = MAX(w, zero);
        if (live[a]) {
            open += asked;
            continue;
        }
        const vec h = LOAD(g->shares + 8 * a) * p[a] * sign, most = asked * e;
        const mask over = GT(h, most);
        held += SELECT(over, h, zero), own += SELECT(over, asked, zero);
    }
    const vec least = zero + NORNI_PORT_ROOM, slope = one + own / open, less = held / open;
    const vec left = slope * e - less;
    const mask limits = AND(GT(held, zero), GT(open, least)), none = LT(left, zero);
    r->k[side] = SELECT(limits, SELECT(none, zero, slope), one);
    r->m[side] = SELECT(limits, SELECT(none, zero, less), zero);
}

/* live (n) or NULL: everything trades. */
TARGET INLINE void FN(room_of)(const norni_port_group *g, size_t o, const double *p,
                               const uint8_t *live, size_t n, const double *aim, const vec *x,
                               FN(room) * r) {
    r->stuck = live && memchr(live, 0, n) != NULL;
    if (!r->stuck) return;
    FN(side)(g, o, p, live, n, aim, 0, x, r);
    FN(side)(g, o, p, live, n, aim, 1, x, r);
}

/* w times its side's number. */
TARGET INLINE void FN(sided)(const vec *w, const vec *by, vec *out) {
    const vec zero = {0};
    *out = MAX(*w, zero) * by[0] + MIN(*w, zero) * by[1];
}

/* What a goal of w asks for. */
TARGET INLINE void FN(asked)(const vec *w, const FN(room) * r, const vec *x, vec *to) {
    *to = *w * *x;
    if (!r->stuck) return;
    const vec left[2] = {r->k[0] * *x - r->m[0], r->k[1] * *x - r->m[1]};
    FN(sided)(w, left, to);
}

/* Lanes of which an asset is out of its band. */
TARGET INLINE void FN(out)(const norni_port_group *g, size_t o, const double *p,
                           const uint8_t *live, size_t n, int kind, const vec *equity,
                           mask *result) {
    const vec e = *equity;
    if (!(kind & NORNI_PORT_RELATIVE)) {
        vec far = {0};
        for (size_t a = 0; a < n; a++) {
            const vec d = LOAD(g->shares + 8 * a) * p[a] - LOAD(g->weight + 8 * a) * e;
            const vec size = ABS(d);
            far = MAX(size, far);
        }
        const vec most = LOAD(g->threshold) * e;
        *result = GT(far, most);
        return;
    }
    mask out = NONE;
    FN(room) room;
    FN(room_of)(g, o, p, live, n, g->weight, equity, &room);
    for (size_t a = 0; a < n; a++) {
        if (live && !live[a]) continue;
        const vec w = LOAD(g->weight + 8 * a);
        vec to;
        FN(asked)(&w, &room, equity, &to);
        const vec d = LOAD(g->shares + 8 * a) * p[a] - to;
        const vec size = ABS(d), most = LOAD(g->band + 8 * a) * e;
        out = OR(out, GT(size, most));
    }
    *result = out;
}

/* Lanes o to o + LANES until one of them has something to decide, which is told. force: bar t is to be told in any case. */
TARGET INLINE size_t FN(scan_part)(norni_port_group *g, size_t o, size_t t, size_t to, size_t n,
                                   int kind, bool force) {
    const vec zero = {0}, one = zero + 1.0, next = LOAD(g->next), allow = LOAD(g->allow);
    const vec floor = LOAD(g->floor);
    vec cash = LOAD(g->cash), held_back = LOAD(g->held_back);
    const double *p = g->market->price + t * n;
    for (; t < to; t++, p += n) {
        vec now = cash;
        if (kind & NORNI_PORT_FULL) {
            const mask owed = LT(cash, zero);
            now = cash * SELECT(owed, LOAD(g->debt), LOAD(g->interest));
        }
        vec e = now;
        for (size_t a = 0; a < n; a++)
            e += LOAD(g->shares + 8 * a) * p[a];
        const vec at = zero + (double)t;
        const mask timed = GE(at, next), ready = GE(at, allow), broke = LE(e, floor);
        mask due = timed;
        if (kind & NORNI_PORT_BANDS) {
            const uint8_t *live = kind & NORNI_PORT_FULL && g->live ? g->live + t * n : NULL;
            mask out;
            FN(out)(g, o, p, live, n, kind, &e, &out);
            if (kind & NORNI_PORT_FULL) out = AND(out, GE(at, LOAD(g->armed)));
            due = OR(due, out);
        }
        const mask stop = OR(AND(due, ready), broke);
        if (force | (BITS(stop) != 0)) {
            const unsigned others = ~(((1U << LANES) - 1) << o);
            g->due = (g->due & others) | BITS(due) << o;
            g->timed = (g->timed & others) | BITS(timed) << o;
            g->ready = (g->ready & others) | BITS(ready) << o;
            g->broke = (g->broke & others) | BITS(broke) << o;
            STORE(g->cash_now, now), STORE(g->before, e);
            break;
        }
        held_back += SELECT(due, one, zero);
        cash = now;
        STORE(CURVE(g, t), e);
    }
    STORE(g->cash, cash), STORE(g->held_back, held_back);
    return t;
}

/* All eight lanes; the parts of narrow vectors go back to the bar of the first that stops. */
TARGET INLINE size_t FN(scan_as)(norni_port_group *g, size_t t, size_t to, size_t n, int kind,
                                 bool force) {
    if (LANES == 8) return FN(scan_part)(g, 0, t, to, n, kind, force);
    double cash[8], held_back[8];
    memcpy(cash, g->cash, sizeof cash), memcpy(held_back, g->held_back, sizeof cash);
    size_t stop = force ? t : to;
    for (size_t o = 0; o < 8 && !force; o += LANES) {
        const size_t end = FN(scan_part)(g, o, t, stop, n, kind, false);
        if (end == stop || o == 0) {
            stop = end;
            continue;
        }
        stop = end;
        memcpy(g->cash, cash, sizeof cash), memcpy(g->held_back, held_back, sizeof cash);
        for (size_t i = 0; i <= o; i += LANES)
            FN(scan_part)(g, i, t, stop, n, kind, false);
    }
    if (stop == to) return stop;
    for (size_t o = 0; o < 8; o += LANES)
        FN(scan_part)(g, o, stop, stop + 1, n, kind, true);
    return stop;
}

/* Equity x after costs, so that the targets are x times the goals: x + rate sum |goal x - value| + fee = equity. The
 * left side is convex, rising and made of straight pieces: Newton's steps from the equity end on the right piece. */
TARGET INLINE void FN(solve)(const norni_port_group *g, size_t o, const double *p,
                             const uint8_t *live, size_t n, bool full, unsigned go, const vec *fee,
                             vec *out) {
    const vec e = LOAD(g->before), rate = LOAD(g->rate), left = e - *fee;
    vec x = e;
    for (int i = 0; i < NORNI_PORT_SOLVE_STEPS; i++) {
        vec a = {0}, b = {0};
        FN(room) room;
        if (full) FN(room_of)(g, o, p, live, n, g->aim, &x, &room);
        for (size_t j = 0; j < n; j++) {
            vec w = LOAD(g->aim + 8 * j), h = LOAD(g->shares + 8 * j) * p[j], to = w * x;
            if (full) FN(asked)(&w, &room, &x, &to);
            const mask up = GT(to, h);
            if (full && room.stuck) { /* w (k x - m) - h is (w k) x - (h + w m) */
                vec less, each;
                FN(sided)(&w, room.m, &less), FN(sided)(&w, room.k, &each);
                h += less, w = each;
            }
            const vec more = a + SELECT(up, h, -h), slope = b + SELECT(up, w, -w);
            if (full) {
                const mask member = FROM(g->member[j] >> o);
                a = SELECT(member, more, a), b = SELECT(member, slope, b);
            } else {
                a = more, b = slope;
            }
        }
        const vec y = (left + rate * a) / (1.0 + rate * b);
        const mask moved = NE(y, x);
        x = y;
        if (!(BITS(moved) & go >> o)) break;
    }
    *out = x;
}

/* Who trades what: fills member, gives the fixed fees and the lanes that trade anything. */
TARGET INLINE unsigned FN(members)(norni_port_group *g, size_t o, size_t t, size_t n, unsigned go,
                                   vec *fee) {
    const vec zero = {0}, one = zero + 1.0, e = LOAD(g->before), least = LOAD(g->min_trade) * e;
    const uint8_t *live = g->live ? g->live + t * n : NULL;
    const double *p = g->market->price + t * n;
    const unsigned ours = ((1U << LANES) - 1) << o;
    vec count = zero;
    unsigned any = 0;
    FN(room) room;
    FN(room_of)(g, o, p, live, n, g->aim, &e, &room);
    for (size_t a = 0; a < n; a++) {
        const vec w = LOAD(g->aim + 8 * a);
        vec to;
        FN(asked)(&w, &room, &e, &to);
        const vec d = to - LOAD(g->shares + 8 * a) * p[a], size = ABS(d);
        const mask small = LT(size, least), differs = NE(d, zero);
        unsigned in = live && !live[a] ? 0 : go & g->chosen[a] & ours;
        in &= ~(BITS(small) << o);
        g->member[a] = (uint8_t)((g->member[a] & ~ours) | in);
        any |= in;
        const mask paid = AND(FROM(in >> o), differs);
        count += SELECT(paid, one, zero);
    }
    *fee = LOAD(g->fixed) * count;
    return any;
}

/* Share of the trades that the turnover caps leave. */
TARGET INLINE void FN(capped)(const norni_port_group *g, size_t o, const double *p, size_t n,
                              const FN(room) * room, const vec *x, vec *share) {
    const vec zero = {0}, one = zero + 1.0, most = LOAD(g->cap) * LOAD(g->before);
    vec all = zero;
    for (size_t a = 0; a < n; a++) {
        const mask member = FROM(g->member[a] >> o);
        const vec w = LOAD(g->aim + 8 * a);
        vec to;
        FN(asked)(&w, room, x, &to);
        const vec d = to - LOAD(g->shares + 8 * a) * p[a], size = ABS(d);
        all = SELECT(member, all + size, all);
    }
    const mask over = GT(all, most);
    *share = SELECT(over, most / all, one);
}

TARGET INLINE unsigned FN(trade_part)(norni_port_group *g, size_t o, size_t t, size_t n, bool full,
                                      const double *inverse, unsigned go) {
    const double *p = g->market->price + t * n;
    const uint8_t *live = full && g->live ? g->live + t * n : NULL;
    const vec zero = {0}, one = zero + 1.0, e = LOAD(g->before), rate = LOAD(g->rate);
    const vec now = LOAD(g->cash_now);
    FN(room) room;
    vec fee = zero, x = e, share = one;
    if (full) go = FN(members)(g, o, t, n, go, &fee);
    if (g->costly) {
        FN(solve)(g, o, p, live, n, full, go, &fee, &x);
        const vec tiny = zero + NORNI_PORT_TINY, twice = e + e;
        const mask leaves = AND(GT(x, tiny), LT(x, twice));
        go &= BITS(leaves) << o; /* else the costs would take everything */
    }
    if (full) FN(room_of)(g, o, p, live, n, g->aim, &x, &room);
    if (full) FN(capped)(g, o, p, n, &room, &x, &share);
    const mask whole = GE(share, one), did = FROM(go >> o);
    vec total = zero, traded = zero;
    for (size_t a = 0; a < n; a++) {
        const vec s = LOAD(g->shares + 8 * a), h = s * p[a];
        const mask member = FROM((full ? g->member[a] & go : go) >> o);
        const vec w = LOAD(g->aim + 8 * a);
        vec to = w * x;
        if (full) FN(asked)(&w, &room, &x, &to);
        if (full) to = SELECT(whole, to, h + share * (to - h));
        const vec bought = SELECT(member, to * inverse[a], s);
        const vec d = bought * p[a] - h, size = ABS(d);
        STORE(g->shares + 8 * a, bought);
        total += d;
        traded += size;
    }
    const vec cost = SELECT(did, rate * traded + fee, zero);
    const vec cash = SELECT(did, (now - total) - cost, now);
    vec after = cash;
    for (size_t a = 0; a < n; a++)
        after += LOAD(g->shares + 8 * a) * p[a];
    STORE(g->cash, cash);
    STORE(g->costs, LOAD(g->costs) + cost);
    STORE(g->turnover, LOAD(g->turnover) + SELECT(did, traded / e, zero));
    STORE(CURVE(g, t), after);
    return go & ((1U << LANES) - 1) << o;
}

TARGET INLINE unsigned FN(trade_as)(norni_port_group *g, size_t t, size_t n, bool full,
                                    unsigned go) {
    const double *p = g->market->price + t * n;
    unsigned did = 0;
    double *inverse = g->price_inverse;
    for (size_t a = 0; a < n; a++)
        inverse[a] = 1.0 / p[a];
    for (size_t o = 0; o < 8; o += LANES)
        did |= FN(trade_part)(g, o, t, n, full, inverse, go);
    return did;
}

/* n is a constant where it is small: the loops over the assets are laid out flat. */
#define SCAN(n)                                                                               \
    TARGET static size_t FN(scan_##n)(norni_port_group * g, size_t t, size_t to) {            \
        return g->kind & NORNI_PORT_BANDS ? FN(scan_as)(g, t, to, n, NORNI_PORT_BANDS, false) \
                                          : FN(scan_as)(g, t, to, n, 0, false);               \
    }
#define TRADE(n)                                                                        \
    TARGET static unsigned FN(trade_##n)(norni_port_group * g, size_t t, unsigned go) { \
        return FN(trade_as)(g, t, n, false, go);                                        \
    }
FEW(SCAN)
FEW(TRADE)
#undef SCAN
#undef TRADE

TARGET static size_t FN(scan)(norni_port_group *g, size_t t, size_t to, bool force) {
#define ENTRY(n) [n] = FN(scan_##n),
    static size_t (*const few[])(norni_port_group *, size_t, size_t) = {FEW(ENTRY)};
#undef ENTRY
    const size_t n = g->market->n_assets;
    if (g->kind & NORNI_PORT_FULL) return FN(scan_as)(g, t, to, n, 7, force);
    if (g->kind & NORNI_PORT_RELATIVE) return FN(scan_as)(g, t, to, n, 3, force);
    if (n < sizeof few / sizeof *few && few[n] && !force) return few[n](g, t, to);
    return FN(scan_as)(g, t, to, n, NORNI_PORT_BANDS, force);
}

TARGET static unsigned FN(trade)(norni_port_group *g, size_t t, unsigned go) {
#define ENTRY(n) [n] = FN(trade_##n),
    static unsigned (*const few[])(norni_port_group *, size_t, unsigned) = {FEW(ENTRY)};
#undef ENTRY
    const size_t n = g->market->n_assets;
    if (!go) {
        memcpy(g->cash, g->cash_now, sizeof g->cash);
        memcpy(CURVE(g, t), g->before, sizeof g->before);
        return 0;
    }
    if (g->kind & NORNI_PORT_FULL) return FN(trade_as)(g, t, n, true, go);
    if (n < sizeof few / sizeof *few && few[n]) return few[n](g, t, go);
    return FN(trade_as)(g, t, n, false, go);
}
