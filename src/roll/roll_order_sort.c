/* Sorting a stretch of values and giving each its rank: buckets by value, which are sorted when asked for. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A value's bucket is a rising function of it, so that one counting pass brings every value near its
 * place (Isaac and Singleton, "Sorting by address calculation", J. ACM 3, 1956). The function is
 * linear in the value, or, where that crowds few buckets (heavy tails), linear in the bits of the
 * value, which is about its logarithm.
 *
 * A quantile that slides visits few buckets. So a bucket is settled (sorted) only when the rank that is
 * wanted falls in it: before that its values hold the bucket's ranks in the order of their places,
 * and counts of ranks below any bucket are right all the same. All steps are stable, so that settled
 * ranks are those of one stable sort, whatever was settled when. */
#include "roll/roll_order_sort.h"

#include <string.h>

#if defined(__x86_64__)
#    include <immintrin.h>
#endif

enum { CROWD = 24, RUN = 12, CHAINS = 4, SHORTEST = 256, LONGER = 6, MOST = 1 << 29 };

/* Fine buckets hold about one value and all will be settled; others hold more and few will be. */
static size_t bucket_count(size_t n, bool fine) {
    size_t b = 64;
    while (b < n)
        b *= 2;
    return fine ? b : b / 4;
}

norn_status norni_roll_order_init(norni_roll_order *o, size_t size, norni_arena *arena,
                                  norn_err *err) {
    *o = (norni_roll_order){.size = size};
    o->sorted = norni_arena_get(arena, size + 1, sizeof *o->sorted);
    o->rank = norni_arena_get(arena, size + 1, sizeof *o->rank);
    o->bits = norni_arena_get(arena, size / NORNI_ROLL_ORDER_WORD + 10, sizeof *o->bits);
    o->settled = norni_arena_get(arena, size / NORNI_ROLL_ORDER_WORD + 2, sizeof *o->settled);
    o->starts = norni_arena_get(arena, size / NORNI_ROLL_ORDER_WORD + 2, sizeof *o->starts);
    o->place = norni_arena_get(arena, size + 1, sizeof *o->place);
    o->bucket = norni_arena_get(arena, size + 1, sizeof *o->bucket);
    o->index = norni_arena_get(arena, size + 1, sizeof *o->index);
    o->value = norni_arena_get(arena, size + 1, sizeof *o->value);
    o->count = norni_arena_get(arena, bucket_count(size, true) + 1, sizeof *o->count);
    if (o->sorted == NULL || o->rank == NULL || o->bits == NULL || o->settled == NULL ||
        o->starts == NULL || o->place == NULL || o->bucket == NULL || o->index == NULL ||
        o->value == NULL || o->count == NULL)
        return norni_alloc_fail(err, "roll", size, 5 * sizeof(double));
    return NORN_OK;
}

bool norni_roll_order_spend(norni_roll_order *o, size_t work) {
    o->work += work;
    if (o->work >= NORNI_ROLL_ORDER_PIECE && !o->cancelled) {
        o->work = 0;
        o->cancelled = norni_poll_stop(o->poll);
    }
    return o->cancelled;
}

/* Rising with the value. */
static inline uint64_t key_of(double v) {
    uint64_t u;
    memcpy(&u, &v, sizeof u);
    return u >> 63 ? ~u : u | UINT64_C(1) << 63;
}

/* Valid values to the front of o->value, their places to o->index. */
static size_t gather_valid(norni_roll_order *o, const double *x, size_t n) {
    size_t m = 0;
    for (size_t i = 0, end = 0; norni_roll_order_piece(o, &i, &end, n);) {
        for (size_t k = i; k < end; k++) {
            const double v = x[k] + 0.0;
            o->value[m] = v;
            o->index[m] = (uint32_t)k;
            const bool valid = !norni_roll_missing(v);
            if (!valid) o->rank[k] = NORNI_ROLL_ORDER_NONE;
            m += valid;
        }
    }
    return m;
}

#if defined(__x86_64__)
/* gather_all in AVX2; the same values, as minima and maxima are exact. */
__attribute__((target("avx2"))) static bool gather_wide(const double *x, size_t n, double *value,
                                                        double *least, double *most) {
    const __m256d zero = _mm256_setzero_pd();
    __m256d lo = _mm256_set1_pd(NORNI_INF), hi = _mm256_set1_pd(-NORNI_INF), nothing = zero;
    for (size_t i = 0; i < n; i += 4) {
        const size_t at = n - i < 4 ? n - 4 : i; /* the last four overlap */
        const __m256d v = _mm256_add_pd(_mm256_loadu_pd(x + at), zero);
        _mm256_storeu_pd(value + at, v);
        lo = _mm256_min_pd(v, lo);
        hi = _mm256_max_pd(v, hi);
        nothing = _mm256_add_pd(nothing, _mm256_sub_pd(v, v));
    }
    double l[4], h[4];
    _mm256_storeu_pd(l, lo);
    _mm256_storeu_pd(h, hi);
    for (size_t c = 1; c < 4; c++) {
        l[0] = l[c] < l[0] ? l[c] : l[0];
        h[0] = h[c] > h[0] ? h[c] : h[0];
    }
    *least = l[0], *most = h[0];
    return _mm256_movemask_pd(_mm256_cmp_pd(nothing, nothing, _CMP_UNORD_Q)) == 0;
}
#endif

/* Copies all; the least and most value, in chains that run side by side; false: some are missing. */
static bool gather_all(const double *x, size_t n, bool plain, double *value, double *least,
                       double *most) {
    double lo[CHAINS], hi[CHAINS], nothing[CHAINS]; /* NaN once one is missing */
    size_t i = 0;
#if defined(__x86_64__)
    if (n >= 4 && !plain && __builtin_cpu_supports("avx2"))
        return gather_wide(x, n, value, least, most);
#endif
    (void)plain;
    for (size_t c = 0; c < CHAINS; c++)
        lo[c] = NORNI_INF, hi[c] = -NORNI_INF, nothing[c] = 0;
    for (; n - i >= CHAINS; i += CHAINS) {
        for (size_t c = 0; c < CHAINS; c++) {
            const double v = x[i + c] + 0.0;
            value[i + c] = v;
            lo[c] = v < lo[c] ? v : lo[c];
            hi[c] = v > hi[c] ? v : hi[c];
            nothing[c] += v - v;
        }
    }
    for (; i < n; i++) {
        const double v = value[i] = x[i] + 0.0;
        lo[0] = v < lo[0] ? v : lo[0];
        hi[0] = v > hi[0] ? v : hi[0];
        nothing[0] += v - v;
    }
    for (size_t c = 1; c < CHAINS; c++) {
        lo[0] = lo[c] < lo[0] ? lo[c] : lo[0];
        hi[0] = hi[c] > hi[0] ? hi[c] : hi[0];
        nothing[0] += nothing[c];
    }
    *least = lo[0], *most = hi[0];
    return nothing[0] == 0;
}

static size_t gather(norni_roll_order *o, const double *x, size_t n, double *least, double *most) {
    double lo = NORNI_INF, hi = -NORNI_INF;
    o->dense = true;
    for (size_t i = 0, end = 0; o->dense && norni_roll_order_piece(o, &i, &end, n);) {
        double l, h;
        o->dense = gather_all(x + i, end - i, o->plain, o->value + i, &l, &h);
        lo = l < lo ? l : lo;
        hi = h > hi ? h : hi;
    }
    *least = lo, *most = hi;
    if (o->dense) return n;
    const size_t m = gather_valid(o, x, n);
    lo = NORNI_INF, hi = -NORNI_INF;
    for (size_t i = 0, end = 0; norni_roll_order_piece(o, &i, &end, m);) {
        for (size_t k = i; k < end; k++) {
            lo = o->value[k] < lo ? o->value[k] : lo;
            hi = o->value[k] > hi ? o->value[k] : hi;
        }
    }
    *least = lo, *most = hi;
    return m;
}

/* Buckets linear in the value. Halved, so that no difference overflows. */
static bool by_value(norni_roll_order *o, size_t n, double least, double most, size_t buckets) {
    const double low = 0.5 * least, scale = (double)(buckets - 1) / (0.5 * most - low);
    if (!(scale < NORNI_INF)) return false;
    for (size_t i = 0, end = 0; norni_roll_order_piece(o, &i, &end, n);) {
        for (size_t k = i; k < end; k++)
            o->bucket[k] = (uint32_t)(int32_t)((0.5 * o->value[k] - low) * scale);
    }
    return true;
}

/* Buckets linear in the value's bits. */
static void by_bits(norni_roll_order *o, size_t n, double least, double most, size_t buckets) {
    const uint64_t low = key_of(least), range = key_of(most) - low;
    int shift = 0;
    while (range >> shift >= buckets)
        shift++;
    for (size_t i = 0, end = 0; norni_roll_order_piece(o, &i, &end, n);) {
        for (size_t k = i; k < end; k++)
            o->bucket[k] = (uint32_t)((key_of(o->value[k]) - low) >> shift);
    }
}

/* Counts; the number of pairs that share a bucket. */
static uint64_t tally(norni_roll_order *o, size_t n, size_t buckets) {
    uint64_t pairs = 0;
    for (size_t i = 0, end = 0; norni_roll_order_piece(o, &i, &end, buckets + 1);)
        memset(o->count + i, 0, (end - i) * sizeof *o->count);
    for (size_t i = 0, end = 0; norni_roll_order_piece(o, &i, &end, n);) {
        for (size_t k = i; k < end; k++)
            pairs += o->count[o->bucket[k]]++;
    }
    return pairs;
}

/* Counts by the function that crowds less. */
static void choose(norni_roll_order *o, size_t n, double least, double most, size_t buckets) {
    const bool linear = by_value(o, n, least, most, buckets);
    const uint64_t pairs = linear ? tally(o, n, buckets) : UINT64_MAX;
    if (pairs <= CROWD / 2 * n) return;
    by_bits(o, n, least, most, buckets);
    if (tally(o, n, buckets) <= pairs) return;
    by_value(o, n, least, most, buckets);
    tally(o, n, buckets);
}

/* Inserts each of [from, n) where it belongs among those before it, which are sorted. */
static inline void insertion(double *v, uint32_t *index, size_t from, size_t n) {
    for (size_t i = from; i < n; i++) {
        const double moved = v[i];
        const uint32_t at = index[i];
        size_t k = i;
        for (; k > 0 && v[k - 1] > moved; k--)
            v[k] = v[k - 1], index[k] = index[k - 1];
        v[k] = moved, index[k] = at;
    }
}

/* Bottom-up merge sort of pairs; v2, index2 are scratch of the same size. Cancelled, it leaves some order of
 * some of them. */
static void merge_sort(norni_roll_order *o, double *v, uint32_t *index, size_t n, double *v2,
                       uint32_t *index2) {
    double *from = v, *to = v2;
    uint32_t *from_index = index, *to_index = index2;
    for (size_t i = 0; i < n && !norni_roll_order_spend(o, RUN); i += RUN)
        insertion(v + i, index + i, 1, n - i < RUN ? n - i : RUN);
    for (size_t run = RUN; run < n; run *= 2) {
        for (size_t i = 0; i < n; i += 2 * run) {
            const size_t middle = n - i < run ? n : i + run,
                         end = n - i < 2 * run ? n : i + 2 * run;
            size_t a = i, b = middle;
            for (size_t begin = 0, stop = 0; norni_roll_order_piece(o, &begin, &stop, end - i);) {
                for (size_t k = i + begin; k < i + stop; k++) {
                    const bool first = b >= end || (a < middle && from[a] <= from[b]);
                    const size_t s = first ? a : b;
                    to[k] = from[s], to_index[k] = from_index[s];
                    a += first, b += !first;
                }
            }
            if (o->cancelled) return;
        }
        double *t = from;
        uint32_t *ti = from_index;
        from = to, to = t;
        from_index = to_index, to_index = ti;
    }
    if (from != v) {
        memcpy(v, from, n * sizeof *v);
        memcpy(index, from_index, n * sizeof *index);
    }
}

/* Values and places into the order of their buckets; ranks and beginnings too unless all will be
 * settled at once. */
static inline __attribute__((always_inline)) void scatter(norni_roll_order *o, size_t n, bool fine,
                                                          bool dense) {
    uint32_t *count = o->count, sum = 0;
    for (size_t i = 0, end = 0; norni_roll_order_piece(o, &i, &end, o->n_buckets);) {
        for (size_t b = i; b < end; b++) {
            const uint32_t c = count[b];
            if (!fine) o->starts[sum / 64] |= UINT64_C(1) << sum % 64;
            count[b] = sum;
            sum += c;
        }
    }
    o->starts[n / 64] |= UINT64_C(1) << n % 64;
    for (size_t i = 0, end = 0; norni_roll_order_piece(o, &i, &end, n);) {
        for (size_t k = i; k < end; k++) {
            const uint32_t at = count[o->bucket[k]]++, place = dense ? (uint32_t)k : o->index[k];
            o->sorted[at] = o->value[k];
            o->place[at] = place;
            if (!fine) o->rank[place] = at;
        }
    }
    /* count[b] is now where bucket b ends */
}

/* All but the sorting. */
static void prepare(norni_roll_order *o, const double *x, size_t n, bool fine) {
    const size_t words = n / NORNI_ROLL_ORDER_WORD + 2;
    double least, most;
    o->n_valid = gather(o, x, n, &least, &most);
    if (o->cancelled) return;
    o->n_buckets = bucket_count(o->n_valid, fine);
    o->n_settled = 0;
    memset(o->bits, 0, (words + 8) * sizeof *o->bits);
    memset(o->settled, 0, words * sizeof *o->settled);
    memset(o->starts, 0, words * sizeof *o->starts);
    if (least < most) {
        choose(o, o->n_valid, least, most, o->n_buckets);
    } else { /* all equal, or nothing */
        o->n_buckets = 1;
        memset(o->bucket, 0, o->n_valid * sizeof *o->bucket);
        o->count[0] = (uint32_t)o->n_valid;
    }
    if (o->cancelled) return;
    if (!o->dense)
        scatter(o, o->n_valid, fine, false);
    else if (fine)
        scatter(o, o->n_valid, true, true);
    else
        scatter(o, o->n_valid, false, true);
}

bool norni_roll_order_begin(norni_roll_order *o, const double *x, size_t n) {
    prepare(o, x, n, false);
    return !o->cancelled;
}

/* As ties are. */
static bool is_sorted(const double *v, size_t n) {
    size_t i = 1;
    while (i < n && v[i - 1] <= v[i])
        i++;
    return i >= n;
}

static void sort_bucket(norni_roll_order *o, size_t begin, size_t n) {
    if (n <= CROWD)
        insertion(o->sorted + begin, o->place + begin, 1, n);
    else if (!is_sorted(o->sorted + begin, n))
        merge_sort(o, o->sorted + begin, o->place + begin, n, o->value, o->index);
}

/* Crowded buckets by themselves, then all in one pass. */
static void sort_all(norni_roll_order *o) {
    size_t begin = 0;
    for (size_t i = 0, end = 0; norni_roll_order_piece(o, &i, &end, o->n_buckets);) {
        for (size_t b = i; b < end && !o->cancelled; b++) {
            const size_t behind = o->count[b];
            if (behind - begin > CROWD) sort_bucket(o, begin, behind - begin);
            begin = behind;
        }
    }
    for (size_t i = 0, end = 0; norni_roll_order_piece(o, &i, &end, o->n_valid);)
        insertion(o->sorted, o->place, i > 0 ? i : 1, end);
}

norni_roll_bucket norni_roll_order_bucket(const norni_roll_order *o, size_t rank) {
    size_t first = rank / 64, last = (rank + 1) / 64;
    uint64_t before = o->starts[first] & ((UINT64_C(2) << rank % 64) - 1),
             behind = o->starts[last] & ~UINT64_C(0) << (rank + 1) % 64;
    while (before == 0)
        before = o->starts[--first];
    while (behind == 0)
        behind = o->starts[++last];
    return (norni_roll_bucket){first * 64 + 63 - (size_t)__builtin_clzll(before),
                               last * 64 + (size_t)__builtin_ctzll(behind)};
}

void norni_roll_order_settle(norni_roll_order *o, norni_roll_bucket b) {
    const size_t n = b.end - b.begin;
    for (size_t p = b.begin; p < b.end; p++)
        o->settled[p / 64] |= UINT64_C(1) << p % 64;
    o->n_settled += n;
    sort_bucket(o, b.begin, n);
    if (o->cancelled) return;        /* ranks and bits stay as they are, and fit each other */
    for (size_t i = 0; i < n; i++) { /* who is in the window keeps its bit */
        const uint32_t rank = o->rank[o->place[b.begin + i]];
        o->bucket[i] = (uint32_t)(o->bits[rank / 64] >> rank % 64 & 1);
    }
    for (size_t i = 0, p = b.begin; i < n; i++, p++) {
        o->rank[o->place[p]] = (uint32_t)p;
        o->bits[p / 64] &= ~(UINT64_C(1) << p % 64);
        o->bits[p / 64] |= (uint64_t)o->bucket[i] << p % 64;
    }
}

bool norni_roll_order_rank(norni_roll_order *o, const double *x, size_t n) {
    prepare(o, x, n, true);
    if (!o->cancelled) sort_all(o);
    for (size_t i = 0, end = 0; norni_roll_order_piece(o, &i, &end, o->n_valid);) {
        for (size_t k = i; k < end; k++)
            o->rank[o->place[k]] = (uint32_t)k;
    }
    if (o->cancelled) return false;
    memset(o->settled, 0xff, (n / NORNI_ROLL_ORDER_WORD + 2) * sizeof *o->settled);
    return true;
}

static size_t most_of(size_t longest) {
    return longest > SHORTEST / LONGER ? LONGER * longest : SHORTEST;
}

/* Fixed windows hold at most this many values. */
static size_t fixed_length(const norni_roll_windows *w) {
    return w->length < w->n ? w->length : w->n;
}

norni_roll_stretch norni_roll_order_stretch(const norni_roll_windows *w, size_t first) {
    norni_roll_stretch s = {.first = first, .last = first + 1};
    size_t lo, hi, longest;
    norni_roll_window(w, first, &s.from, &s.to);
    if (w->lo == NULL) {
        const size_t length = fixed_length(w), more = most_of(length) - length;
        s.last = w->n_out - first - 1 < more ? w->n_out : first + 1 + more;
        norni_roll_window(w, s.last - 1, &lo, &s.to);
        return s;
    }
    longest = s.to - s.from;
    for (; s.last < w->n_out; s.last++) {
        norni_roll_window(w, s.last, &lo, &hi);
        if (hi - lo > longest) longest = hi - lo;
        if (hi - s.from > most_of(longest)) break;
        s.to = hi;
    }
    return s;
}

norn_status norni_roll_order_longest(const norni_roll_windows *w, size_t *size, norn_err *err) {
    *size = 0;
    if (w->lo == NULL) {
        const size_t length = fixed_length(w), most = most_of(length);
        *size = w->n_out < most - length ? length + w->n_out : most;
    }
    for (size_t k = 0; w->lo != NULL && k < w->n_out;) {
        const norni_roll_stretch s = norni_roll_order_stretch(w, k);
        if (s.to - s.from > *size) *size = s.to - s.from;
        k = s.last;
    }
    if (*size > MOST)
        return norn_fail(err, NORN_E_LIMIT, "roll: order statistics over windows of 2^27 values");
    return NORN_OK;
}
