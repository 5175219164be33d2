/* Rolling rank: where a window's last value stands among the window's values. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Short windows are counted in lanes (roll_rank_lanes.c). Others are bitmaps of the ranks of a sorted
 * stretch, as for quantiles; the number of set bits below a rank is the count of whole groups of words
 * before it, which are kept as running sums (a step changes those between the rank that comes and the
 * one that goes), and of the words before it in its group.
 *
 * Equal values are ranked in the order of their places, so that in a window the last value has the
 * highest rank of its equals: those that tie with it are the set bits from the first rank of its value
 * to its own. A window whose last value is missing has no rank, as in pandas (which keeps an older
 * rank where a window gains no value; here it is that of the window's last value all the same). */
#include "roll/roll_rank.h"

#include <string.h>

#if defined(__x86_64__)
#    include <immintrin.h>
#endif

#include "roll/roll_order_sort.h"
#include "roll/roll_rank_lanes.h"

typedef struct ranks {
    norni_roll_order o;
    uint32_t *before;     /* (groups, 8 more) set bits in the groups before */
    const uint32_t *ties; /* (n_valid) the first rank of the same value */
    size_t n_groups;
    unsigned shift; /* a group is 2^shift ranks */
    size_t n_valid; /* in the window */
} ranks;

enum { FEW = 8, STRIDE = 1 << 14, ENTRY = 2 /* steps that a value costs that comes alone */ };

#define INLINE static inline __attribute__((always_inline))

/* Groups of 4 or 8 words, and longer ones where there would be many. */
static unsigned group_shift(size_t n) {
    unsigned shift = n <= 1 << 14 ? 8 : 9;
    while (n >> shift > (size_t)1 << (shift - 3) && n >> shift > 128)
        shift++;
    return shift;
}

static void find_ties(ranks *r) {
    uint32_t *ties = r->o.bucket, first = 0;
    for (size_t i = 0, end = 0; norni_roll_order_piece(&r->o, &i, &end, r->o.n_valid);) {
        for (size_t k = i; k < end; k++) {
            if (r->o.sorted[k] != r->o.sorted[first]) first = (uint32_t)k;
            ties[k] = first;
        }
    }
    r->ties = ties;
}

/* false: cancelled */
static bool begin(ranks *r, const double *x, size_t n) {
    if (!norni_roll_order_rank(&r->o, x, n)) return false;
    find_ties(r);
    r->shift = group_shift(r->o.n_valid);
    r->n_groups = (r->o.n_valid >> r->shift) + 1;
    r->n_valid = 0;
    memset(r->before, 0, (r->n_groups + 8) * sizeof *r->before);
    return !r->o.cancelled;
}

INLINE void enter(ranks *r, uint32_t rank) {
    if (rank == NORNI_ROLL_ORDER_NONE) return;
    r->o.bits[rank / 64] ^= UINT64_C(1) << rank % 64;
    for (size_t g = (rank >> r->shift) + 1; g < r->n_groups; g++)
        r->before[g]++;
    r->n_valid++;
}

INLINE void leave(ranks *r, uint32_t rank) {
    if (rank == NORNI_ROLL_ORDER_NONE) return;
    r->o.bits[rank / 64] ^= UINT64_C(1) << rank % 64;
    for (size_t g = (rank >> r->shift) + 1; g < r->n_groups; g++)
        r->before[g]--;
    r->n_valid--;
}

/* Groups behind a gain one, groups behind b lose one. n is rounded up to 8. */
typedef void move_fn(uint32_t *before, size_t n, uint32_t a, uint32_t b);

static inline void move_plain(uint32_t *before, size_t n, uint32_t a, uint32_t b) {
    for (size_t g = a + 1; g < n; g++)
        before[g]++;
    for (size_t g = b + 1; g < n; g++)
        before[g]--;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline void move_wide(uint32_t *before, size_t n, uint32_t a,
                                                             uint32_t b) {
    const __m256i behind_a = _mm256_set1_epi32((int32_t)a),
                  behind_b = _mm256_set1_epi32((int32_t)b);
    __m256i g = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (size_t i = 0; i < n; i += 8) {
        __m256i *at = (__m256i *)(void *)(before + i);
        const __m256i gain = _mm256_cmpgt_epi32(g, behind_a),
                      loss = _mm256_cmpgt_epi32(g, behind_b);
        _mm256_storeu_si256(at,
                            _mm256_add_epi32(_mm256_sub_epi32(_mm256_loadu_si256(at), gain), loss));
        g = _mm256_add_epi32(g, _mm256_set1_epi32(8));
    }
}
#endif

/* One comes, one goes: what lies between them changes by one. Either may be missing. */
INLINE void step(ranks *r, uint32_t in, uint32_t gone, move_fn *move) {
    if (in == NORNI_ROLL_ORDER_NONE || gone == NORNI_ROLL_ORDER_NONE) {
        enter(r, in);
        leave(r, gone);
        return;
    }
    r->o.bits[in / 64] ^= UINT64_C(1) << in % 64;
    r->o.bits[gone / 64] ^= UINT64_C(1) << gone % 64;
    if (in >> r->shift != gone >> r->shift)
        move(r->before, r->n_groups, in >> r->shift, gone >> r->shift);
}

/* Set bits below a rank. */
INLINE size_t count_below(const ranks *r, uint32_t rank) {
    const size_t words = (size_t)1 << (r->shift - 6), group = rank >> r->shift;
    const uint64_t *bits = r->o.bits + (group << (r->shift - 6)),
                   part = (UINT64_C(1) << rank % 64) - 1;
    const size_t last = rank / 64 % words;
    size_t n = r->before[group];
    if (words > FEW) {
        for (size_t i = 0; i < last; i++)
            n += (size_t)__builtin_popcountll(bits[i]);
    } else { /* all of them, as no processor foresees where the last is */
        for (size_t i = 0; i < words - 1; i++)
            n += (size_t)__builtin_popcountll(bits[i] & (i < last ? ~UINT64_C(0) : 0));
    }
    return n + (size_t)__builtin_popcountll(bits[last] & part);
}

INLINE double answer(const ranks *r, uint32_t last, size_t min_periods, const norni_roll_arg *arg) {
    if (last == NORNI_ROLL_ORDER_NONE || r->n_valid < min_periods) return NORNI_NAN;
    const size_t below = count_below(r, last);
    const uint32_t first = r->ties[last];
    const size_t less = first == last ? below : count_below(r, first);
    return norni_roll_rank_of((double)less, (double)(below + 1 - less), (double)r->n_valid, arg);
}

/* false: cancelled */
INLINE bool slide(ranks *r, const norni_roll_windows *w, const norni_roll_stretch *s,
                  const norni_roll_arg *arg, double *out, const norni_poll *poll, move_fn *move) {
    const uint32_t *rank = r->o.rank;
    size_t from = s->from, to = s->from; /* the bits are of [from, to) */
    for (size_t k = s->first; k < s->last; k++) {
        size_t lo, hi;
        if ((k + 1) % STRIDE == 0 && norni_poll_stop(poll)) return false;
        norni_roll_window(w, k, &lo, &hi);
        if (hi == to + 1 && lo == from + 1 && lo <= to) {
            step(r, rank[to++ - s->from], rank[from++ - s->from], move);
        } else {
            for (; to + 1 < hi; to++) { /* many at once */
                if (norni_roll_order_spend(&r->o, ENTRY)) return false;
                enter(r, rank[to - s->from]);
            }
            if (to < hi) enter(r, rank[to++ - s->from]);
            for (; from < lo; from++)
                leave(r, rank[from - s->from]);
        }
        out[k] = hi == lo ? NORNI_NAN : answer(r, rank[hi - 1 - s->from], w->min_periods, arg);
    }
    return true;
}

static bool slide_plain(ranks *r, const norni_roll_windows *w, const norni_roll_stretch *s,
                        const norni_roll_arg *arg, double *out, const norni_poll *poll) {
    return slide(r, w, s, arg, out, poll, move_plain);
}

#if defined(__x86_64__)
/* The same in other instructions: all is whole numbers but the last step, which is exact. */
__attribute__((target("avx2,bmi,bmi2,popcnt"))) static bool slide_wide(
    ranks *r, const norni_roll_windows *w, const norni_roll_stretch *s, const norni_roll_arg *arg,
    double *out, const norni_poll *poll) {
    return slide(r, w, s, arg, out, poll, move_wide);
}
#endif

norn_status norni_roll_rank_slide(const double *x, const norni_roll_windows *w,
                                  const norni_roll_arg *arg, bool plain, norni_arena *arena,
                                  const norni_poll *poll, double *out, norn_err *err) {
    ranks r = {0};
    size_t size;
    NORN_TRY(norni_roll_order_longest(w, &size, err));
    NORN_TRY(norni_roll_order_init(&r.o, size, arena, err));
    r.o.plain = plain;
    r.o.poll = poll;
    r.before = norni_arena_get(arena, size / 256 + 16, sizeof *r.before);
    if (r.before == NULL) return norni_alloc_fail(err, "roll", size / 256, sizeof *r.before);
    for (size_t k = 0; k < w->n_out;) {
        const norni_roll_stretch s = norni_roll_order_stretch(w, k);
        if (norni_poll_stop(poll)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
        const bool ready = begin(&r, x + s.from, s.to - s.from);
#if defined(__x86_64__)
        const bool wide =
            !plain && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
        const bool done = ready && (wide ? slide_wide(&r, w, &s, arg, out, poll)
                                         : slide_plain(&r, w, &s, arg, out, poll));
#else
        const bool done = ready && slide_plain(&r, w, &s, arg, out, poll);
#endif
        if (!done) return norn_fail(err, NORN_E_CANCEL, "cancelled");
        k = s.last;
    }
    return NORN_OK;
}

norn_status norni_roll_rank(const double *x, const norni_roll_windows *w, const norni_roll_arg *arg,
                            norni_arena *arena, const norni_poll *poll, double *out,
                            norn_err *err) {
    norni_roll_windows rest = *w;
    if (w->lo == NULL && w->length >= 1 && w->length <= NORNI_ROLL_RANK_SHORT) {
        /* windows that end behind the array end with its last value: not in lanes */
        const ptrdiff_t inside = (ptrdiff_t)w->n - w->first_end + 1;
        const size_t whole = inside < 0 ? 0 : (size_t)inside < w->n_out ? (size_t)inside : w->n_out;
        norni_roll_windows lanes = *w;
        lanes.n_out = whole;
        norni_roll_rank_short(x, &lanes, arg, false, out);
        rest.first_end += (ptrdiff_t)whole;
        rest.n_out -= whole;
        out += whole;
    }
    if (rest.n_out == 0) return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const norn_status st = norni_roll_rank_slide(x, &rest, arg, false, arena, poll, out, err);
    norni_arena_rewind(arena, mark);
    return st;
}
