/* Sorting a stretch of values and giving each its rank: buckets by value, then short insertions. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A value's bucket is a rising function of it, so that one counting pass brings every value near its
 * place; an insertion pass finishes (Isaac and Singleton, "Sorting by address calculation", J. ACM 3,
 * 1956). The function is linear in the value, or, where that crowds few buckets (heavy tails), linear
 * in the bits of the value, which is about its logarithm. A bucket that is crowded still is merge
 * sorted. All three are stable, so that the ranks are the same whichever was taken. */
#include "roll/roll_order.h"

#include <string.h>

enum { CROWD = 24, RUN = 12 };

static size_t bucket_count(size_t n) {
    size_t b = 64;
    while (b < n)
        b *= 2;
    return 2 * b;
}

norn_status norni_roll_order_init(norni_roll_order *o, size_t size, norni_arena *arena,
                                  norn_err *err) {
    *o = (norni_roll_order){.size = size};
    o->sorted = norni_arena_get(arena, size + 1, sizeof *o->sorted);
    o->rank = norni_arena_get(arena, size + 1, sizeof *o->rank);
    o->bits = norni_arena_get(arena, size / NORNI_ROLL_ORDER_WORD + 2, sizeof *o->bits);
    o->bucket = norni_arena_get(arena, size + 1, sizeof *o->bucket);
    o->index = norni_arena_get(arena, 2 * size + 1, sizeof *o->index);
    o->value = norni_arena_get(arena, 2 * size + 1, sizeof *o->value);
    o->count = norni_arena_get(arena, bucket_count(size) + 1, sizeof *o->count);
    if (o->sorted == NULL || o->rank == NULL || o->bits == NULL || o->bucket == NULL ||
        o->index == NULL || o->value == NULL || o->count == NULL)
        return norni_alloc_fail(err, "roll", size, 5 * sizeof(double));
    return NORN_OK;
}

/* Rising with the value. */
static inline uint64_t key_of(double v) {
    uint64_t u;
    memcpy(&u, &v, sizeof u);
    return u >> 63 ? ~u : u | UINT64_C(1) << 63;
}

/* Valid values to the front of o->value, their places to o->index. */
static size_t gather(norni_roll_order *o, const double *x, size_t n, double *least, double *most) {
    double lo = NORNI_INF, hi = -NORNI_INF;
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        const double v = x[i] + 0.0;
        o->value[m] = v;
        o->index[m] = (uint32_t)i;
        const bool valid = !norni_roll_missing(v);
        if (!valid) o->rank[i] = NORNI_ROLL_ORDER_NONE;
        m += valid;
        lo = valid && v < lo ? v : lo;
        hi = valid && v > hi ? v : hi;
    }
    *least = lo, *most = hi;
    return m;
}

/* Buckets linear in the value. Halved, so that no difference overflows. */
static bool by_value(norni_roll_order *o, size_t n, double least, double most, size_t buckets) {
    const double low = 0.5 * least, scale = (double)(buckets - 1) / (0.5 * most - low);
    if (!(scale < NORNI_INF)) return false;
    for (size_t i = 0; i < n; i++)
        o->bucket[i] = (uint32_t)(int32_t)((0.5 * o->value[i] - low) * scale);
    return true;
}

/* Buckets linear in the value's bits. */
static void by_bits(norni_roll_order *o, size_t n, double least, double most, size_t buckets) {
    const uint64_t low = key_of(least), range = key_of(most) - low;
    int shift = 0;
    while (range >> shift >= buckets)
        shift++;
    for (size_t i = 0; i < n; i++)
        o->bucket[i] = (uint32_t)((key_of(o->value[i]) - low) >> shift);
}

/* Counts; true if an insertion pass over the buckets will be short. */
static bool tally(norni_roll_order *o, size_t n, size_t buckets) {
    uint64_t pairs = 0;
    memset(o->count, 0, (buckets + 1) * sizeof *o->count);
    for (size_t i = 0; i < n; i++)
        pairs += o->count[o->bucket[i]]++;
    return pairs <= 8 * n;
}

/* Inserts each of [0, n) where it belongs among those before it. */
static void insertion(double *v, uint32_t *index, size_t n) {
    for (size_t i = 1; i < n; i++) {
        const double moved = v[i];
        const uint32_t at = index[i];
        size_t k = i;
        for (; k > 0 && v[k - 1] > moved; k--)
            v[k] = v[k - 1], index[k] = index[k - 1];
        v[k] = moved, index[k] = at;
    }
}

/* Bottom-up merge sort of pairs; v2, index2 are scratch of the same size. */
static void merge_sort(double *v, uint32_t *index, size_t n, double *v2, uint32_t *index2) {
    double *from = v, *to = v2;
    uint32_t *from_index = index, *to_index = index2;
    for (size_t i = 0; i < n; i += RUN)
        insertion(v + i, index + i, n - i < RUN ? n - i : RUN);
    for (size_t run = RUN; run < n; run *= 2) {
        for (size_t i = 0; i < n; i += 2 * run) {
            const size_t middle = n - i < run ? n : i + run,
                         end = n - i < 2 * run ? n : i + 2 * run;
            size_t a = i, b = middle;
            for (size_t k = i; k < end; k++) {
                const bool first = b >= end || (a < middle && from[a] <= from[b]);
                const size_t s = first ? a : b;
                to[k] = from[s], to_index[k] = from_index[s];
                a += first, b += !first;
            }
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

/* As ties are. */
static bool is_sorted(const double *v, size_t n) {
    size_t i = 1;
    while (i < n && v[i - 1] <= v[i])
        i++;
    return i >= n;
}

/* Values and places into the order of their buckets, then each bucket sorted. */
static void sort_buckets(norni_roll_order *o, size_t n, size_t buckets, bool crowded) {
    uint32_t *count = o->count, *index = o->index + o->size, sum = 0;
    for (size_t b = 0; b < buckets; b++) {
        const uint32_t c = count[b];
        count[b] = sum;
        sum += c;
    }
    for (size_t i = 0; i < n; i++) {
        const uint32_t at = count[o->bucket[i]]++;
        o->sorted[at] = o->value[i];
        index[at] = o->index[i];
    }
    /* count[b] is now where bucket b ends */
    for (size_t b = 0; crowded && b < buckets; b++) {
        const size_t begin = b == 0 ? 0 : count[b - 1], c = count[b] - begin;
        if (c > CROWD && !is_sorted(o->sorted + begin, c))
            merge_sort(o->sorted + begin, index + begin, c, o->value + o->size, o->index);
    }
    insertion(o->sorted, index, n);
    for (size_t i = 0; i < n; i++)
        o->rank[index[i]] = (uint32_t)i;
}

void norni_roll_order_rank(norni_roll_order *o, const double *x, size_t n) {
    double least, most;
    const size_t m = gather(o, x, n, &least, &most), buckets = bucket_count(m);
    o->n_valid = m;
    memset(o->bits, 0, (n / NORNI_ROLL_ORDER_WORD + 2) * sizeof *o->bits);
    if (!(least < most)) { /* all equal, or nothing */
        memcpy(o->sorted, o->value, m * sizeof *o->sorted);
        for (size_t i = 0; i < m; i++)
            o->rank[o->index[i]] = (uint32_t)i;
        return;
    }
    bool even = by_value(o, m, least, most, buckets) && tally(o, m, buckets);
    if (!even) {
        by_bits(o, m, least, most, buckets);
        even = tally(o, m, buckets);
    }
    sort_buckets(o, m, buckets, !even);
}

enum { SHORTEST = 256, LONGER = 4, MOST = 1 << 29 };

norni_roll_stretch norni_roll_order_stretch(const norni_roll_windows *w, size_t first) {
    norni_roll_stretch s = {.first = first, .last = first + 1};
    size_t lo, hi, longest;
    norni_roll_window(w, first, &s.from, &s.to);
    longest = s.to - s.from;
    for (; s.last < w->n_out; s.last++) {
        norni_roll_window(w, s.last, &lo, &hi);
        if (hi - lo > longest) longest = hi - lo;
        const size_t most = longest > SHORTEST / LONGER ? LONGER * longest : SHORTEST;
        if (hi - s.from > most) break;
        s.to = hi;
    }
    return s;
}

norn_status norni_roll_order_longest(const norni_roll_windows *w, size_t *size, norn_err *err) {
    *size = 0;
    for (size_t k = 0; k < w->n_out;) {
        const norni_roll_stretch s = norni_roll_order_stretch(w, k);
        if (s.to - s.from > *size) *size = s.to - s.from;
        k = s.last;
    }
    if (*size > MOST)
        return norn_fail(err, NORN_E_LIMIT, "roll: order statistics over windows of 2^27 values");
    return NORN_OK;
}
