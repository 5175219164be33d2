/* Quantiles of any windows: a bitmap of the ranks that are in the window, and a pointer into it. */
/* SPDX-License-Identifier: Apache-2.0 */
/* As Suomela ("Median filtering is equivalent to sorting", arXiv:1406.1717, 2014) the values of a
 * stretch of windows are sorted once (as far as needed: roll_order_sort.c). A window is then a set of
 * ranks; here it is a bitmap, not linked lists: moving on sets one bit and clears one, and the k-th
 * rank is found from a word near the last one, the bits below which are counted along (a step of one
 * rank seldom leaves the word). The k-th bit of a word is PDEP and TZCNT where there are such, a
 * search by halves elsewhere. */
#include "roll/roll_order_pick.h"
#include "roll/roll_order_sort.h"

#if defined(__x86_64__)
#    include <immintrin.h>
#    define WIDE 1
#else
#    define WIDE 0
#endif

enum { MANY = 2, RETRY = 16, SAMPLE = 31, SAMPLED = 1024, STRIDE = 1 << 14 };

#define INLINE static inline __attribute__((always_inline))

typedef struct window_bits {
    uint64_t *bits;
    size_t word;  /* where the last answer was */
    size_t below; /* bits set in words before it */
    size_t n_valid;
} window_bits;

INLINE void flip_bit(window_bits *b, uint32_t rank) {
    b->bits[rank / 64] ^= UINT64_C(1) << (rank % 64);
}

INLINE void enter(window_bits *b, uint32_t rank) {
    if (rank == NORNI_ROLL_ORDER_NONE) return;
    flip_bit(b, rank);
    b->below += rank / 64 < b->word;
    b->n_valid++;
}

INLINE void leave(window_bits *b, uint32_t rank) {
    if (rank == NORNI_ROLL_ORDER_NONE) return;
    flip_bit(b, rank);
    b->below -= rank / 64 < b->word;
    b->n_valid--;
}

typedef size_t select_fn(uint64_t word, size_t k);

/* The place of the k-th set bit, from 0; there are more than k. */
static inline size_t select_halves(uint64_t word, size_t k) {
    size_t at = 0;
    for (size_t half = 32; half > 0; half /= 2) {
        const size_t low = (size_t)__builtin_popcountll(word >> at & ((UINT64_C(1) << half) - 1));
        const bool above = k >= low;
        at += above ? half : 0;
        k -= above ? low : 0;
    }
    return at;
}

#if WIDE
__attribute__((target("bmi,bmi2,popcnt"))) static inline size_t select_wide(uint64_t word,
                                                                            size_t k) {
    return (size_t)_tzcnt_u64(_pdep_u64(UINT64_C(1) << k, word));
}
#endif

/* The k-th rank in the window, from 0; there are more than k. */
INLINE size_t find(window_bits *b, size_t k, select_fn *select) {
    while (b->below > k)
        b->below -= (size_t)__builtin_popcountll(b->bits[--b->word]);
    for (;;) {
        const size_t n = (size_t)__builtin_popcountll(b->bits[b->word]);
        if (b->below + n > k) break;
        b->below += n;
        b->word++;
    }
    return b->word * 64 + select(b->bits[b->word], k - b->below);
}

/* The first rank in the window behind `rank`; there is one. */
INLINE size_t next_rank(const window_bits *b, size_t rank) {
    size_t word = (rank + 1) / 64;
    uint64_t bits = b->bits[word] & ~UINT64_C(0) << (rank + 1) % 64;
    while (bits == 0)
        bits = b->bits[++word];
    return word * 64 + (size_t)__builtin_ctzll(bits);
}

static inline bool is_settled(const norni_roll_order *o, size_t rank) {
    return o->settled[rank / 64] >> rank % 64 & 1;
}

/* Settles the bucket of a rank. The count of bits below stays right, as it is taken from the words
 * before the bucket. */
static __attribute__((noinline)) void settle(norni_roll_order *o, window_bits *b, size_t rank) {
    const norni_roll_bucket bucket = norni_roll_order_bucket(o, rank);
    while (b->word > bucket.begin / 64)
        b->below -= (size_t)__builtin_popcountll(b->bits[--b->word]);
    norni_roll_order_settle(o, bucket);
}

INLINE double value_at(norni_roll_order *o, window_bits *b, norni_roll_spot s,
                       norni_roll_interpolation how, select_fn *select) {
    size_t rank = find(b, s.at, select);
    if (!is_settled(o, rank)) {
        settle(o, b, rank);
        rank = find(b, s.at, select);
    }
    if (!(s.fraction > 0)) return o->sorted[rank];
    size_t next = next_rank(b, rank);
    if (!is_settled(o, next)) {
        settle(o, b, next);
        next = next_rank(b, rank);
    }
    return norni_roll_between(o->sorted[rank], o->sorted[next], s.fraction, s.at, how);
}

typedef struct job {
    const norni_roll_windows *w;
    double quantile;
    norni_roll_interpolation how;
    double *out;
    const norni_poll *poll;
} job;

/* Many values that enter at once; false: cancelled. */
INLINE bool enter_all(norni_roll_order *o, window_bits *b, const uint32_t *rank, size_t n) {
    for (size_t i = 0, end = 0; norni_roll_order_piece(o, &i, &end, n);) {
        for (size_t k = i; k < end; k++)
            enter(b, rank[k]);
    }
    return !o->cancelled;
}

static inline bool goes_on(const job *j, const norni_roll_order *o) {
    return !o->cancelled && !norni_poll_stop(j->poll);
}

/* Windows of a stretch, of any shape; false: cancelled. */
INLINE bool slide(const job *j, norni_roll_order *o, const norni_roll_stretch *s,
                  select_fn *select) {
    window_bits b = {.bits = o->bits};
    size_t from = s->from, to = s->from, known = 0; /* the bits are of [from, to) */
    norni_roll_spot at = {0};
    for (size_t k = s->first; k < s->last; k++) {
        size_t lo, hi;
        if ((k + 1) % STRIDE == 0 && !goes_on(j, o)) return false;
        norni_roll_window(j->w, k, &lo, &hi);
        if (hi == to + 1)
            enter(&b, o->rank[to - s->from]);
        else if (hi > to && !enter_all(o, &b, o->rank + (to - s->from), hi - to))
            return false;
        to = hi > to ? hi : to;
        for (; from < lo; from++)
            leave(&b, o->rank[from - s->from]);
        if (b.n_valid == 0 || b.n_valid < j->w->min_periods) {
            j->out[k] = NORNI_NAN;
            continue;
        }
        if (b.n_valid != known) known = b.n_valid, at = norni_roll_spot_of(j->quantile, known);
        j->out[k] = value_at(o, &b, at, j->how, select);
    }
    return !o->cancelled;
}

/* Whole fixed windows, nothing missing. */
INLINE bool slide_whole(const job *j, norni_roll_order *o, const norni_roll_stretch *s,
                        select_fn *select) {
    window_bits b = {.bits = o->bits};
    const size_t length = j->w->length, count = s->last - s->first;
    const uint32_t *rank = o->rank;
    double *out = j->out + s->first;
    const norni_roll_spot at = norni_roll_spot_of(j->quantile, length);
    if (!enter_all(o, &b, rank, length)) return false;
    out[0] = value_at(o, &b, at, j->how, select);
    for (size_t i = 1; i < count;) {
        const size_t stop = count - i < STRIDE ? count : i + STRIDE;
        for (; i < stop; i++) {
            const uint32_t in = rank[i + length - 1], gone = rank[i - 1];
            flip_bit(&b, in);
            flip_bit(&b, gone);
            b.below += (size_t)(in / 64 < b.word) - (size_t)(gone / 64 < b.word);
            out[i] = value_at(o, &b, at, j->how, select);
        }
        if (i < count && !goes_on(j, o)) return false;
    }
    return !o->cancelled;
}

INLINE bool slide_any(const job *j, norni_roll_order *o, const norni_roll_stretch *s,
                      select_fn *select) {
    const norni_roll_windows *w = j->w;
    const bool whole = w->lo == NULL && w->length > 0 && w->min_periods <= w->length &&
                       s->to - s->from == s->last - s->first + w->length - 1 &&
                       o->n_valid == s->to - s->from;
    if (!whole) return slide(j, o, s, select);
    return slide_whole(j, o, s, select);
}

static bool slide_plain(const job *j, norni_roll_order *o, const norni_roll_stretch *s) {
    return slide_any(j, o, s, select_halves);
}

#if WIDE
__attribute__((target("bmi,bmi2,popcnt"))) static bool slide_wide(const job *j, norni_roll_order *o,
                                                                  const norni_roll_stretch *s) {
    return slide_any(j, o, s, select_wide);
}
#endif

static bool has_bit_select(void) {
#if WIDE
    return __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
#else
    return false;
#endif
}

/* A few values of a window, sorted. */
static size_t sample(const double *x, size_t lo, size_t hi, double *v) {
    size_t m = 0;
    for (size_t i = 0; i < SAMPLE && hi > lo; i++) {
        const double one = x[lo + (hi - lo) * i / SAMPLE];
        if (norni_roll_missing(one)) continue;
        size_t k = m++;
        for (; k > 0 && v[k - 1] > one; k--)
            v[k] = v[k - 1];
        v[k] = one;
    }
    return m;
}

/* Whether the quantile seems to pass over many values of the stretch: then all are sorted at once. */
static bool wanders(const double *x, const norni_roll_windows *w, const norni_roll_stretch *s,
                    double quantile) {
    double v[3][SAMPLE], least = NORNI_INF, most = -NORNI_INF;
    size_t n[3], between = 0, all = 0;
    for (size_t i = 0; i < 3; i++) {
        size_t lo, hi;
        norni_roll_window(w, s->first + (s->last - 1 - s->first) * i / 2, &lo, &hi);
        n[i] = sample(x, lo, hi, v[i]);
        if (n[i] == 0) continue;
        const double middle = v[i][norni_roll_spot_of(quantile, n[i]).at];
        least = middle < least ? middle : least;
        most = middle > most ? middle : most;
    }
    for (size_t i = 0; i < 3; i++) {
        all += n[i];
        for (size_t k = 0; k < n[i]; k++)
            between += v[i][k] >= least && v[i][k] < most;
    }
    return between > all / MANY;
}

/* A short stretch needs what the one before it needed; that is tried anew at times. Long ones are
 * sampled. The values are the same either way. */
norn_status norni_roll_order_slide(const double *x, const norni_roll_windows *w, double quantile,
                                   norni_roll_interpolation how, bool plain, norni_arena *arena,
                                   const norni_poll *poll, double *out, norn_err *err) {
    const job j = {w, quantile, how, out, poll};
    norni_roll_order o;
    size_t size, since = 0;
    bool fine = false;
    NORN_TRY(norni_roll_order_longest(w, &size, err));
    NORN_TRY(norni_roll_order_init(&o, size, arena, err));
    o.plain = plain;
    o.poll = poll;
    for (size_t k = 0; k < w->n_out;) {
        const norni_roll_stretch s = norni_roll_order_stretch(w, k);
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
        const bool sampled = s.to - s.from >= SAMPLED;
        if (sampled) fine = wanders(x, w, &s, quantile);
        bool done;
        if (fine && (sampled || ++since < RETRY))
            done = norni_roll_order_rank(&o, x + s.from, s.to - s.from);
        else
            done = norni_roll_order_begin(&o, x + s.from, s.to - s.from), since = 0;
#if WIDE
        if (done)
            done = !plain && has_bit_select() ? slide_wide(&j, &o, &s) : slide_plain(&j, &o, &s);
#else
        done = done && slide_plain(&j, &o, &s);
#endif
        if (!done) return norn_fail(err, NORN_E_CANCEL, "cancelled");
        if (!sampled && since == 0) fine = o.n_settled > o.n_valid / MANY;
        k = s.last;
    }
    (void)plain;
    return NORN_OK;
}
