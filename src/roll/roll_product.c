/* Rolling product: pairs of doubles and exponents apart, so that nothing overflows on the way. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A window is the product of its older values, folded from the right once for many windows, and of
 * its newer ones, folded from the left (a queue of two stacks). Factors are pairs of doubles whose
 * error is far below the result's last place, with whole exponents beside them; the result is rounded
 * where it is certain whatever the order of the factors (roll_var.h says how), else multiplied again
 * from the window's first value on. So it is a function of the window's values. */
#include "roll/roll_sum_chunk.h"

#include "base/fp.h"

#include <math.h>
#include <string.h>

enum { STRIDE = 1 << 12 };

/* (hi + lo) 2^exponent; |hi| in [1/2, 1) or 0. */
typedef struct factor {
    double hi, lo;
    int64_t exponent;
} factor;

typedef struct queue {
    const double *x;
    factor *older; /* (capacity) older[i] is the product of [from + i, middle) */
    size_t capacity, from, middle, to;
    size_t n_valid; /* of [lo, to) */
    size_t lo;
    factor newer; /* of [middle, to) */
} queue;

static const factor ONE = {0.5, 0, 1};

static inline factor factor_of(double v) {
    if (norni_roll_missing(v)) return ONE;
    int e = 0;
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    const uint64_t field = bits >> 52 & 2047;
    if (field == 0) return (factor){frexp(v, &e), 0, e};
    bits = (bits & ~(UINT64_C(2047) << 52)) | UINT64_C(1022) << 52;
    memcpy(&v, &bits, sizeof v);
    return (factor){v, 0, (int64_t)field - 1022};
}

static inline __attribute__((always_inline)) factor times(factor a, factor b) {
    const double p = a.hi * b.hi, e = fma(a.lo, b.hi, fma(a.hi, b.lo, fma(a.hi, b.hi, -p)));
    const double s = p + e;
    factor r = {s, e - (s - p), a.exponent + b.exponent};
    const bool half = fabs(s) < 0.5;
    const double f = half ? 2 : 1;
    r.hi *= f, r.lo *= f;
    r.exponent -= half;
    return r;
}

static double scaled(double v, int64_t e) {
    if (v == 0) return 0;
    return ldexp(v, e > 5000 ? 5000 : e < -5000 ? -5000 : (int)e);
}

/* n factors: each product is right to 2^-102. The shift is why short fractions are no ties. */
static inline __attribute__((always_inline)) double rounded(factor p, double n) {
    const double shift = p.hi * 0x1.83a5c7p-55, bound = n * 0x1p-101;
    const double a = p.hi + ((p.lo + shift) - bound), b = p.hi + ((p.lo + shift) + bound);
    return p.hi == 0 ? 0 : a == b ? a : NORNI_NAN;
}

static factor one_by_one(const double *x, size_t n) {
    factor p = ONE;
    for (size_t i = 0; i < n; i++)
        p = times(p, factor_of(x[i]));
    return p;
}

/* All values of [lo, hi) become older ones. */
static norn_status turn(queue *q, size_t lo, size_t hi, norni_arena *arena, norn_err *err) {
    if (hi - lo > q->capacity) {
        q->capacity = 2 * (hi - lo);
        q->older = norni_arena_get(arena, q->capacity, sizeof *q->older);
        if (q->older == NULL) return norn_fail(err, NORN_E_MEM, "out of memory");
    }
    factor p = ONE;
    for (size_t i = hi; i-- > lo;)
        q->older[i - lo] = p = times(factor_of(q->x[i]), p);
    q->from = lo, q->middle = q->to = hi;
    q->newer = ONE;
    return NORN_OK;
}

static norn_status slide(queue *q, size_t lo, size_t hi, norni_arena *arena, norn_err *err) {
    if (lo >= q->to) q->from = q->middle = q->to = q->lo = lo, q->newer = ONE, q->n_valid = 0;
    for (; q->to < hi; q->to++) {
        q->newer = times(q->newer, factor_of(q->x[q->to]));
        q->n_valid += !norni_roll_missing(q->x[q->to]);
    }
    for (; q->lo < lo; q->lo++)
        q->n_valid -= !norni_roll_missing(q->x[q->lo]);
    if (lo > q->middle || (lo == q->middle && q->from < lo)) return turn(q, lo, hi, arena, err);
    return NORN_OK;
}

static inline __attribute__((always_inline)) norn_status run(const double *x,
                                                             const norni_roll_windows *w,
                                                             norni_arena *arena,
                                                             const norni_poll *poll, double *out,
                                                             norn_err *err) {
    queue q = {.x = x, .newer = ONE};
    for (size_t k = 0; k < w->n_out; k++) {
        size_t lo, hi;
        if (k % STRIDE == 0 && norni_poll_stop(poll))
            return norn_fail(err, NORN_E_CANCEL, "cancelled");
        norni_roll_window(w, k, &lo, &hi);
        NORN_TRY(slide(&q, lo, hi, arena, err));
        if (q.n_valid < w->min_periods) {
            out[k] = NORNI_NAN;
            continue;
        }
        factor p = q.newer;
        if (lo < q.middle) p = times(q.older[lo - q.from], p);
        double v = rounded(p, (double)(hi - lo));
        if (v != v) {
            p = one_by_one(x + lo, hi - lo);
            v = rounded(p, 0);
        }
        out[k] = scaled(v, p.exponent);
    }
    return NORN_OK;
}

#if NORNI_ROLL_WIDE
__attribute__((target("fma"))) static norn_status run_fma(const double *x,
                                                          const norni_roll_windows *w,
                                                          norni_arena *arena,
                                                          const norni_poll *poll, double *out,
                                                          norn_err *err) {
    return run(x, w, arena, poll, out, err);
}
#endif

norn_status norni_roll_product(const double *x, const norni_roll_windows *w,
                               const norni_roll_arg *arg, norni_arena *arena,
                               const norni_poll *poll, double *out, norn_err *err) {
    (void)arg;
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    norn_status st;
#if NORNI_ROLL_WIDE
    if (__builtin_cpu_supports("fma"))
        st = run_fma(x, w, arena, poll, out, err);
    else
#endif
        st = run(x, w, arena, poll, out, err);
    norni_arena_rewind(arena, mark);
    return st;
}
