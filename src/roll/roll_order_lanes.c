/* Medians and quantiles of short fixed windows: sorting networks in lanes that share their work. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Lane i works on the window that begins at value i. Sorted runs of 2, 4, 8 and 16 values that begin at
 * every i are merged from two runs of half the length, at i and i + half, by Batcher's bitonic merge
 * ("Sorting networks and their applications", AFIPS 1968): neighbouring windows share them. A window
 * of length m + r, m the power of two below it, is the run of m and the sorted other r values (merged
 * from the runs of r's binary digits). The k-th value of two sorted runs A and B is the least, over
 * i + j = k + 1, of max(A[i-1], B[j-1]), so that the last merge is never made.
 *
 * Windows that hold a missing value or are cut are sorted one by one; where these are many the bitmaps
 * of roll_order_slide.c take over. Minima and maxima are exact: the values are the same in every way. */
#include "roll/roll_order_pick.h"

#include "base/fp.h"

#if defined(__x86_64__)
#    include <immintrin.h>
#    define WIDE 1
#else
#    define WIDE 0
#endif

enum { MOST = 32, CHUNK = 128, ROW = CHUNK + MOST + 40, ALONE = 480 };

#if WIDE
#    define TARGET __attribute__((target("avx2")))
#    define INLINE static inline __attribute__((always_inline))

/* One window, sorted by itself. */
static double alone_value(const double *x, size_t lo, size_t hi, size_t min_periods,
                          double quantile, norni_roll_interpolation how) {
    double v[MOST];
    size_t m = 0;
    for (size_t i = lo; i < hi; i++) {
        if (norni_roll_missing(x[i])) continue;
        const double one = x[i] + 0.0;
        size_t k = m++;
        for (; k > 0 && v[k - 1] > one; k--)
            v[k] = v[k - 1];
        v[k] = one;
    }
    if (m == 0 || m < min_periods) return NORNI_NAN;
    const norni_roll_spot s = norni_roll_spot_of(quantile, m);
    if (!(s.fraction > 0)) return v[s.at];
    return norni_roll_between(v[s.at], v[s.at + 1], s.fraction, s.at, how);
}

/* Sorted runs at each place: row j holds the j-th values. */
typedef struct runs {
    double one[1][ROW], two[2][ROW], four[4][ROW], eight[8][ROW], sixteen[16][ROW];
    double rest[2][16][ROW]; /* of the other values */
    size_t reach;            /* places of row one that are filled */
} runs;

TARGET INLINE void exchange(__m256d *a, __m256d *b) {
    const __m256d least = _mm256_min_pd(*a, *b);
    *b = _mm256_max_pd(*a, *b);
    *a = least;
}

/* out = a's n rows merged with b's n_b rows (at most n, infinite behind), at `count` places. */
TARGET INLINE void merge_rows(const double (*a)[ROW], const double (*b)[ROW], size_t shift,
                              size_t n_b, double (*out)[ROW], size_t count, const size_t n) {
    for (size_t i = 0; i < count; i += 4) {
        __m256d v[16];
#    pragma GCC unroll 8
        for (size_t j = 0; j < n; j++) {
            v[j] = _mm256_loadu_pd(a[j] + i);
            v[2 * n - 1 - j] = j < n_b ? _mm256_loadu_pd(b[j] + i + shift)  //
                                       : _mm256_set1_pd(NORNI_INF);
        }
#    pragma GCC unroll 4
        for (size_t half = n; half > 0; half /= 2)
#    pragma GCC unroll 16
            for (size_t j = 0; j < 2 * n; j++)
                if (!(j & half)) exchange(&v[j], &v[j + half]);
#    pragma GCC unroll 16
        for (size_t j = 0; j < 2 * n; j++)
            _mm256_storeu_pd(out[j] + i, v[j]);
    }
}

/* Each length its own code, so that the rows stay in registers. */
TARGET static void merge_any(const double (*a)[ROW], const double (*b)[ROW], size_t shift,
                             size_t n_b, double (*out)[ROW], size_t count, size_t n) {
    if (n == 1)
        merge_rows(a, b, shift, 1, out, count, 1);
    else if (n == 2 && n_b == 2)
        merge_rows(a, b, shift, 2, out, count, 2);
    else if (n == 4 && n_b == 4)
        merge_rows(a, b, shift, 4, out, count, 4);
    else if (n == 8 && n_b == 8)
        merge_rows(a, b, shift, 8, out, count, 8);
    else if (n == 2)
        merge_rows(a, b, shift, n_b, out, count, 2);
    else if (n == 4)
        merge_rows(a, b, shift, n_b, out, count, 4);
    else
        merge_rows(a, b, shift, n_b, out, count, 8);
}

static double (*run_of(runs *r, size_t n))[ROW] {
    return n == 1 ? r->one : n == 2 ? r->two : n == 4 ? r->four : n == 8 ? r->eight : r->sixteen;
}

/* Places of a run of n that later ones read. */
static size_t places(const runs *r, size_t n) {
    return r->reach - n;
}

/* Two sorted runs that make up the windows; b begins `shift` places behind a. */
typedef struct halves {
    const double (*a)[ROW], (*b)[ROW];
    size_t n_a, n_b, shift;
} halves;

/* Runs for windows of `length` >= 2, from r->one. */
TARGET static halves build(runs *r, size_t length) {
    size_t top = 1;
    while (2 * top < length)
        top *= 2;
    for (size_t n = 1; n < top; n *= 2)
        merge_any((const double(*)[ROW])run_of(r, n), (const double(*)[ROW])run_of(r, n), n, n,
                  run_of(r, 2 * n), places(r, 2 * n), n);
    halves h = {.a = (const double(*)[ROW])run_of(r, top), .n_a = top, .shift = top};
    size_t digits = length - top, n = digits & (~digits + 1); /* the lowest digit first */
    h.b = (const double(*)[ROW])run_of(r, n);
    h.n_b = n;
    for (size_t which = 0; h.n_b < digits; which ^= 1) {
        do
            n *= 2;
        while (!(digits & n));
        merge_any((const double(*)[ROW])run_of(r, n), h.b, n, h.n_b, r->rest[which],
                  places(r, n + h.n_b), n);
        h.b = (const double(*)[ROW])r->rest[which];
        h.n_b += n;
    }
    return h;
}

/* The k-th values of the windows. */
TARGET static void pick(const halves *h, size_t k, size_t count, double *out) {
    const size_t first = k + 1 > h->n_b ? k + 1 - h->n_b : 0,
                 last = k + 1 < h->n_a ? k + 1 : h->n_a;
    for (size_t i = 0; i < count; i += 8) {
        __m256d least = _mm256_set1_pd(NORNI_INF), least2 = least;
        for (size_t f = first; f <= last; f++) {
            const size_t g = k + 1 - f;
            const double *a = h->a[f > 0 ? f - 1 : 0] + i,
                         *b = h->b[g > 0 ? g - 1 : 0] + i + h->shift;
            const __m256d va = _mm256_loadu_pd(f > 0 ? a : b), vb = _mm256_loadu_pd(g > 0 ? b : a);
            const __m256d va2 = _mm256_loadu_pd((f > 0 ? a : b) + 4),
                          vb2 = _mm256_loadu_pd((g > 0 ? b : a) + 4);
            least = _mm256_min_pd(least, _mm256_max_pd(va, vb));
            least2 = _mm256_min_pd(least2, _mm256_max_pd(va2, vb2));
        }
        _mm256_storeu_pd(out + i, least);
        _mm256_storeu_pd(out + i + 4, least2);
    }
}

/* As norni_roll_between; the mean of two, the common case, without a branch for each. */
TARGET static void blend(const double *low, const double *high, norni_roll_spot s,
                         norni_roll_interpolation how, size_t count, double *out) {
    if (how == NORNI_ROLL_MIDPOINT) {
        uint64_t any = 0; /* sums overflowed */
        for (size_t i = 0; i < count; i++)
            out[i] = 0.0 + 0.5 * (low[i] + high[i]);
        for (size_t i = 0; i < count; i++)
            any |= norni_roll_missing(out[i]);
        if (!any) return;
    }
    for (size_t i = 0; i < count; i++)
        out[i] = norni_roll_between(low[i], high[i], s.fraction, s.at, how);
}

TARGET static void chunk_wide(runs *r, size_t length, double quantile, norni_roll_interpolation how,
                              size_t count, double *out) {
    double low[CHUNK + 8], high[CHUNK + 8];
    const norni_roll_spot s = norni_roll_spot_of(quantile, length);
    const halves h = build(r, length);
    pick(&h, s.at, count, low);
    if (s.fraction > 0) {
        pick(&h, s.at + 1, count, high);
        blend(low, high, s, how, count, out);
        return;
    }
    for (size_t i = 0; i < count; i++)
        out[i] = low[i];
}

/* Values of windows k .. k + count - 1 to r->one; returns how many windows are not whole, marked. */
TARGET static size_t fill(runs *r, const double *x, const norni_roll_windows *w, size_t k,
                          size_t count, bool *alone) {
    const ptrdiff_t begin = w->first_end + (ptrdiff_t)k - (ptrdiff_t)w->length, n = (ptrdiff_t)w->n;
    const size_t held = count + w->length - 1;
    double *y = r->one[0];
    uint64_t any = 0;
    r->reach = held + 9;
    for (size_t i = held; i < r->reach + 4; i++)
        y[i] = NORNI_INF;
    if (begin >= 0 && begin + (ptrdiff_t)held <= n) {
        for (size_t i = 0; i < held; i++)
            y[i] = x[(size_t)begin + i] + 0.0;
        for (size_t i = 0; i < held; i++)
            any |= norni_roll_missing(y[i]);
        if (!any) return 0;
    }
    size_t n_alone = 0, whole = 0; /* valid values in a row */
    for (size_t i = 0; i < held; i++) {
        const ptrdiff_t at = begin + (ptrdiff_t)i;
        const double v = at < 0 || at >= n ? NORNI_NAN : x[at];
        y[i] = norni_roll_missing(v) ? NORNI_INF : v + 0.0;
        whole = norni_roll_missing(v) ? 0 : whole + 1;
        if (i + 1 < w->length) continue;
        alone[i + 1 - w->length] = whole < w->length;
        n_alone += whole < w->length;
    }
    return n_alone;
}

/* A chunk of windows; false: too many of them are not whole. */
static bool chunk(runs *r, const double *x, const norni_roll_windows *w, size_t k, size_t count,
                  double quantile, norni_roll_interpolation how, double *out) {
    bool alone[CHUNK];
    const size_t n_alone = fill(r, x, w, k, count, alone);
    if (n_alone * w->length > ALONE) return false;
    chunk_wide(r, w->length, quantile, how, count, out + k);
    for (size_t i = 0; n_alone > 0 && i < count; i++) {
        size_t lo, hi;
        if (!alone[i]) continue;
        norni_roll_window(w, k + i, &lo, &hi);
        out[k + i] = alone_value(x, lo, hi, w->min_periods, quantile, how);
    }
    return true;
}
#endif

norn_status norni_roll_order_short(const double *x, const norni_roll_windows *w, double quantile,
                                   norni_roll_interpolation how, norni_arena *arena,
                                   const norni_poll *poll, double *out, norn_err *err) {
#if WIDE
    size_t left = 0; /* windows up to here are not done since `from` */
    runs *r = norni_arena_get(arena, 1, sizeof *r);
    if (r == NULL) return norni_alloc_fail(err, "roll", 1, sizeof *r);
    for (size_t k = 0; k < w->n_out; k += CHUNK) {
        const size_t count = w->n_out - k < CHUNK ? w->n_out - k : CHUNK;
        const bool done = chunk(r, x, w, k, count, quantile, how, out);
        if (!done) left += count;
        const size_t end = k + (done ? 0 : count);
        if (left == 0 || (!done && end < w->n_out)) continue;
        norni_roll_windows part = *w;
        part.first_end += (ptrdiff_t)(end - left);
        part.n_out = left;
        NORN_TRY(norni_roll_order_slide(x, &part, quantile, how, false, arena, poll,
                                        out + (end - left), err));
        left = 0;
    }
    return NORN_OK;
#else
    return norni_roll_order_slide(x, w, quantile, how, false, arena, poll, out, err);
#endif
}

bool norni_roll_order_is_short(const norni_roll_windows *w) {
#if WIDE
    return w->lo == NULL && w->length > 1 && w->length <= MOST && w->min_periods <= w->length &&
           __builtin_cpu_supports("avx2");
#else
    (void)w;
    return false;
#endif
}
