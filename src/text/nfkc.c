/* Normalization form KC of Unicode 16.0.0. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Unicode Standard Annex 15: taken apart fully, marks put into the order of their classes, put together again. Text runs
 * through a window that holds one starter and what hangs on it; ASCII is copied as it is. */
#include "text/nfkc.h"

#include "text/nfkc_tables.h"
#include "text/unicode.h"

enum {
    HANGUL = 0xAC00,
    LEADING = 0x1100,
    VOWEL = 0x1161,
    FINAL = 0x11A7, /* one before the first final */
    N_LEADING = 19,
    N_VOWELS = 21,
    N_FINALS = 28,
    N_SYLLABLES = N_LEADING * N_VOWELS * N_FINALS
};

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* The last run that begins at or before c, or SIZE_MAX. */
static size_t run_of(const uint32_t *first, size_t n, uint32_t c) {
    size_t lo = 0, hi = n;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (first[mid] <= c) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo == 0 ? SIZE_MAX : lo - 1;
}

static bool is_in(const uint32_t *first, const uint16_t *n_in, size_t n, uint32_t c, size_t *run) {
    *run = run_of(first, n, c);
    return *run != SIZE_MAX && c - first[*run] < n_in[*run];
}

static bool is_odd(uint32_t c) {
    size_t run;
    return c >= 0xA0 && is_in(odd_first, odd_n, COUNT(odd_first), c, &run);
}

static uint8_t class_at(uint32_t c) {
    size_t run;
    if (c < 0x300 || !is_in(class_first, class_n, COUNT(class_first), c, &run)) return 0;
    return class_of[run];
}

/* The one that two become, or 0. */
static uint32_t pair(uint32_t a, uint32_t b) {
    if (a - LEADING < N_LEADING && b - VOWEL < N_VOWELS)
        return HANGUL + ((a - LEADING) * N_VOWELS + (b - VOWEL)) * N_FINALS;
    if (a - HANGUL < N_SYLLABLES && (a - HANGUL) % N_FINALS == 0 && b - FINAL - 1 < N_FINALS - 1)
        return a + (b - FINAL);
    size_t lo = 0, hi = COUNT(pair_first);
    const uint64_t want = (uint64_t)a << 32 | b;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (((uint64_t)pair_first[mid] << 32 | pair_second[mid]) < want) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < COUNT(pair_first) && pair_first[lo] == a && pair_second[lo] == b ? pair_to[lo] : 0;
}

/* One code point of the window: its class in the upper byte. */
static uint32_t packed(uint32_t c) {
    return (uint32_t)class_at(c) << 24 | c;
}

typedef struct window {
    norni_buf text,
        sorted; /* of uint32_t; the first is a starter, unless the text begins with a mark */
    norni_buf *out;
} window;

static uint32_t *items(norni_buf *b) {
    return (uint32_t *)(void *)b->p;
}

/* Marks [from, n) into the order of their classes, stably. */
static void order(window *w, size_t from, size_t n) {
    uint32_t *c = items(&w->text);
    if (n - from <= 32) {
        for (size_t i = from + 1; i < n; i++) {
            const uint32_t x = c[i];
            size_t k = i;
            for (; k > from && c[k - 1] >> 24 > x >> 24; k--)
                c[k] = c[k - 1];
            c[k] = x;
        }
        return;
    }
    size_t at[257] = {0};
    w->sorted.n = 0;
    if (!norni_buf_reserve(&w->sorted, (n - from) * sizeof *c)) {
        w->out->failed = true;
        return;
    }
    uint32_t *to = items(&w->sorted);
    for (size_t i = from; i < n; i++)
        at[(c[i] >> 24) + 1]++;
    for (size_t k = 1; k < 257; k++)
        at[k] += at[k - 1];
    for (size_t i = from; i < n; i++)
        to[at[c[i] >> 24]++] = c[i];
    memcpy(c + from, to, (n - from) * sizeof *c);
}

/* Marks join the starter where none of their class or a higher one stands between. Returns what is left. */
static size_t compose(uint32_t *c, size_t n) {
    size_t kept = 1;
    if (n == 0 || c[0] >> 24 != 0) return n;
    for (size_t i = 1; i < n; i++) {
        const bool blocked = kept > 1 && c[kept - 1] >> 24 >= c[i] >> 24;
        const uint32_t one = blocked ? 0 : pair(c[0], c[i] & 0xFFFFFF);
        if (one != 0) {
            c[0] = one;
        } else {
            c[kept++] = c[i];
        }
    }
    return kept;
}

/* The window in order and composed. */
static void settle(window *w) {
    uint32_t *c = items(&w->text);
    size_t n = w->text.n / sizeof *c;
    if (n < 2) return;
    order(w, c[0] >> 24 == 0, n);
    w->text.n = compose(c, n) * sizeof *c;
}

static void flush(window *w) {
    settle(w);
    const uint32_t *c = items(&w->text);
    for (size_t i = 0; i < w->text.n / sizeof *c; i++) {
        char b[4];
        norni_buf_add(w->out, b, norni_utf8_put(c[i] & 0xFFFFFF, b));
    }
    w->text.n = 0;
}

/* A code point that is taken apart no more. */
static void put(window *w, uint32_t c) {
    uint32_t x = packed(c);
    if (x >> 24 == 0 && w->text.n > 0) {
        settle(w);
        uint32_t *held = items(&w->text);
        const uint32_t one = w->text.n == sizeof *held && held[0] >> 24 == 0 ? pair(held[0], c) : 0;
        if (one != 0) {
            held[0] = one;
            return;
        }
        flush(w);
    }
    norni_buf_add(&w->text, &x, sizeof x);
}

static void take_apart(window *w, uint32_t c) {
    size_t run;
    if (c - HANGUL < N_SYLLABLES) { /* whole as it is: a final may still join it */
        put(w, c);
        return;
    }
    if (c < 0xA0 || !is_in(from_first, from_n, COUNT(from_first), c, &run)) {
        put(w, c);
        return;
    }
    const uint32_t e = entry[from_entry[run] + (c - from_first[run])];
    for (size_t k = 0; k < (e & 31); k++)
        put(w, pool[(e >> 5) + k]);
}

bool norni_nfkc_is(norni_str s) {
    if (s.n == 0) return true;
    const char *p = s.p, *end = s.p + s.n;
    while (p < end) {
        size_t n = 1;
        bool good = true;
        if ((unsigned char)*p >= 0x80 && (is_odd(norni_utf8_next(p, end, &n, &good)) || !good))
            return false;
        p += n;
    }
    return true;
}

void norni_nfkc(norni_str s, norni_buf *out) {
    if (s.n == 0) return;
    const char *p = s.p, *end = s.p + s.n;
    window w = {.out = out};
    norni_buf_init(&w.text, out->alloc);
    norni_buf_init(&w.sorted, out->alloc);
    while (p < end && !out->failed && !w.text.failed) {
        size_t n;
        bool good;
        if ((unsigned char)*p < 0x80) {
            const char *from = p;
            while (p < end && (unsigned char)*p < 0x80)
                p++;
            flush(&w);
            norni_buf_add(out, from, (size_t)(p - from) - 1);
            put(&w, (unsigned char)p[-1]); /* a mark may hang on the last one */
            continue;
        }
        const uint32_t c = norni_utf8_next(p, end, &n, &good);
        p += n;
        take_apart(&w, c);
    }
    flush(&w);
    out->failed = out->failed || w.text.failed;
    norni_buf_clear(&w.text);
    norni_buf_clear(&w.sorted);
}
