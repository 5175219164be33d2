/* Tweets of nearly the same text, found by fingerprints. */
/* SPDX-License-Identifier: Apache-2.0 */
/* M. Charikar, "Similarity estimation techniques from rounding algorithms" (STOC 2002), for the fingerprint; G. Manku, A. Jain,
 * A. Das Sarma, "Detecting near-duplicates for web crawling" (WWW 2007), for the search by bands: of bits + 1 bands one at least
 * is equal in two fingerprints that differ in at most `bits` bits. Tweets that have a twin stand for nothing: only the first
 * of each kind is found by later ones. Tweets are taken by their times, whatever their order in the file: what is found for
 * one depends on earlier tweets alone. Buckets are of equal bits, not of equal hashes, because the size of the table knows
 * how many tweets will come. */
#include "signals/signals_near.h"

#include "base/sort.h"
#include "text/unicode.h"

enum { BLOCK = 512, MOST_LOOKS = 64, WORDS = 3, AHEAD = 8 };
#define NOBODY UINT32_MAX

/* ---- the normalised text ---- */

static bool has_prefix(const char *p, const char *end, const char *what) {
    const size_t n = strlen(what);
    return (size_t)(end - p) > n && memcmp(p, what, n) == 0;
}

static bool is_white(const char *p, const char *end, size_t *n) {
    bool good;
    *n = 1;
    if ((unsigned char)*p <= ' ') return true;
    if ((unsigned char)*p < 0x80) return false;
    return norni_uni_class(norni_utf8_next(p, end, n, &good)) & NORNI_UNI_SPACE;
}

static const char *pass_word(const char *p, const char *end) {
    size_t n;
    while (p < end && !is_white(p, end, &n))
        p += n;
    return p;
}

/* A letter of a word, an emoji (a word of its own), or what parts words. */
static int kind_of(uint32_t c) {
    if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    const unsigned bits = norni_uni_class(c);
    if (bits & (NORNI_UNI_LETTER | NORNI_UNI_NUMBER | NORNI_UNI_MARK)) return 1;
    return bits & NORNI_UNI_PICTOGRAPH ? 2 : 0;
}

void norni_near_text(norni_str text, norni_buf *low, norni_buf *out) {
    low->n = out->n = 0;
    if (text.n == 0) return;
    norni_utf8_lower(text, low);
    if (low->failed || !norni_buf_reserve(out, 2 * low->n + 1)) return;
    const char *p = low->p, *end = low->p + low->n;
    char *to = out->p;
    int before = 0;
    while (p < end) {
        size_t n = 1;
        bool good;
        const bool starts = before != 1;
        if (*p == 'h' && (has_prefix(p, end, "http://") || has_prefix(p, end, "https://"))) {
            p = pass_word(p, end);
            before = 0;
            continue;
        }
        if (starts && *p == '@') {
            p++;
            while (p < end && kind_of((unsigned char)*p) == 1)
                p++;
            before = 0;
            continue;
        }
        if (starts && has_prefix(p, end, "rt @")) {
            p += 3;
            continue;
        }
        const uint32_t c =
            (unsigned char)*p < 0x80 ? (unsigned char)*p : norni_utf8_next(p, end, &n, &good);
        const int kind = kind_of(c);
        if (kind != 0 && to > out->p && (kind != before || kind == 2)) *to++ = ' ';
        if (kind != 0) {
            memcpy(to, p, n);
            to += n;
        }
        before = kind;
        p += n;
        while (before == 1 && p < end && *p != 'h' && (unsigned char)*p < 0x80 &&
               kind_of((unsigned char)*p) == 1)
            *to++ = *p++; /* inside a word nothing begins but a link */
    }
    out->n = (size_t)(to - out->p);
}

/* ---- fingerprints ---- */

/* Counts of each of 64 bits, one binary digit of all of them a word: fewer than 2^16 hashes are added. */
enum { PLANES = 16 };

static void add_bits(uint64_t plane[PLANES], uint64_t h) {
    for (size_t p = 0; p < PLANES && h != 0; p++) {
        const uint64_t carry = plane[p] & h;
        plane[p] ^= h;
        h = carry;
    }
}

/* The bits that more than half of n hashes have. */
static uint64_t majority(const uint64_t plane[PLANES], uint32_t n) {
    uint64_t out = 0;
    for (size_t k = 0; k < 64; k++) {
        uint32_t sum = 0;
        for (size_t p = 0; p < PLANES && n >> p != 0; p++)
            sum |= (uint32_t)(plane[p] >> k & 1) << p;
        out |= (uint64_t)(2 * sum > n) << k;
    }
    return out;
}

norni_near_print norni_near_print_of(norni_str s) {
    if (s.n == 0) return (norni_near_print){.blank = true};
    norni_near_print out = {.exact = norni_hash_128(s.p, s.n)};
    const char *start[WORDS] = {s.p}, *end = s.p + s.n;
    uint64_t plane[PLANES] = {0};
    uint32_t n = 0;
    size_t words = 1;
    for (const char *p = s.p; p <= end; p++) {
        if (p < end && *p != ' ') continue;
        if (words >= WORDS) { /* start[] holds where the last three begin */
            add_bits(plane, norni_hash64(start[(words - WORDS) % WORDS],
                                         (size_t)(p - start[(words - WORDS) % WORDS])));
            n++;
        }
        start[words % WORDS] = p + 1;
        words++;
    }
    if (n == 0) {
        out.sim = out.exact.lo; /* fewer words than three: equal or not */
        return out;
    }
    out.sim = majority(plane, n);
    return out;
}

/* Places: tweets by time, those without one behind all others, ties as they stand. */
typedef struct printing {
    const norni_tweets *t;
    const uint32_t *tweet;   /* (n) at each place */
    norni_near_print *print; /* (n) of each place */
} printing;

static norn_status print_block(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const printing *job = arg;
    norni_buf low, text;
    bool failed = false;
    norni_buf_init(&low, &worker->ctx->alloc);
    norni_buf_init(&text, &worker->ctx->alloc);
    const size_t from = item * BLOCK, left = job->t->n - from, n = left < BLOCK ? left : BLOCK;
    for (size_t k = from; k < from + n && !failed; k++) {
        norni_near_text(job->t->tweet[job->tweet[k]].text, &low, &text);
        failed = low.failed || text.failed;
        if (!failed) job->print[k] = norni_near_print_of((norni_str){text.p, text.n});
    }
    norni_buf_clear(&low);
    norni_buf_clear(&text);
    return failed ? norni_alloc_fail(err, "tweets", n, sizeof *job->print) : NORN_OK;
}

/* ---- the search ---- */

/* Chains of places in buckets; the first of each kind alone is in them. */
typedef struct search {
    const norni_near_print *print;
    size_t mask, bands;
    uint32_t *exact;       /* (mask + 1) open addressing: place */
    uint32_t *head, *tail; /* (bands, mask + 1) open addressing by the band's bits */
    uint32_t *next;        /* (n, bands) */
} search;

static uint32_t find_exact(search *s, uint32_t i) {
    const norni_hash128 h = s->print[i].exact;
    size_t at = (size_t)h.lo & s->mask;
    for (; s->exact[at] != NOBODY; at = (at + 1) & s->mask) {
        const norni_hash128 o = s->print[s->exact[at]].exact;
        if (o.lo == h.lo && o.hi == h.hi) return s->exact[at];
    }
    s->exact[at] = i;
    return NOBODY;
}

static uint64_t band_bits(const search *s, uint32_t i, size_t band) {
    const size_t from = 64 * band / s->bands, to = 64 * (band + 1) / s->bands;
    return s->print[i].sim >> from & ((UINT64_C(1) << (to - from)) - 1);
}

static size_t first_slot(const search *s, uint64_t bits, size_t band) {
    return band * (s->mask + 1) + ((size_t)((bits * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & s->mask);
}

/* The bucket of the place's bits in a band, or the free slot where it will be: half of all slots at least are free. */
static size_t slot_of(const search *s, uint32_t i, size_t band) {
    const uint64_t bits = band_bits(s, i, band);
    const size_t base = band * (s->mask + 1);
    size_t at = first_slot(s, bits, band);
    while (s->head[at] != NOBODY && band_bits(s, s->head[at], band) != bits)
        at = base + ((at - base + 1) & s->mask);
    return at;
}

static uint32_t find_near(const search *s, uint32_t i, size_t bits) {
    uint32_t best = NOBODY;
    for (size_t band = 0; band < s->bands; band++) {
        uint32_t at = s->head[slot_of(s, i, band)];
        for (size_t looks = 0; at != NOBODY && looks < MOST_LOOKS; looks++) {
            const uint64_t differ = s->print[at].sim ^ s->print[i].sim;
            if ((size_t)__builtin_popcountll(differ) <= bits && at < best) best = at;
            at = s->next[(size_t)at * s->bands + band];
        }
    }
    return best;
}

/* What the tweet will ask for. */
static void fetch(const search *s, size_t i) {
    __builtin_prefetch(&s->exact[(size_t)s->print[i].exact.lo & s->mask]);
    for (size_t band = 0; band < s->bands; band++)
        __builtin_prefetch(&s->head[first_slot(s, band_bits(s, (uint32_t)i, band), band)]);
}

static void add(search *s, uint32_t i) {
    for (size_t band = 0; band < s->bands; band++) {
        const size_t b = slot_of(s, i, band);
        s->next[(size_t)i * s->bands + band] = NOBODY;
        if (s->head[b] == NOBODY) {
            s->head[b] = i;
        } else {
            s->next[(size_t)s->tail[b] * s->bands + band] = i;
        }
        s->tail[b] = i;
    }
}

static norn_status start(const norni_tweets *t, size_t bits, norni_arena *arena, search *s,
                         norn_err *err) {
    size_t slots = 64;
    while (slots < 2 * t->n)
        slots *= 2;
    s->mask = slots - 1;
    s->bands = bits > 0 ? bits + 1 : 0;
    s->exact = norni_arena_get(arena, slots, sizeof *s->exact);
    s->head = norni_arena_get(arena, s->bands * slots, sizeof *s->head);
    s->tail = norni_arena_get(arena, s->bands * slots, sizeof *s->tail);
    s->next = norni_arena_get(arena, s->bands * t->n, sizeof *s->next);
    if (s->exact == NULL || s->head == NULL || s->tail == NULL || s->next == NULL)
        return norni_alloc_fail(err, "tweets", slots, sizeof *s->head);
    memset(s->exact, 0xFF, slots * sizeof *s->exact);
    if (s->bands > 0) memset(s->head, 0xFF, s->bands * slots * sizeof *s->head);
    return NORN_OK;
}

typedef struct by_time {
    const int64_t *time;
} by_time;

static int earlier(const void *arg, size_t a, size_t b) {
    const int64_t *time = ((const by_time *)arg)->time;
    return time[a] < time[b] ? -1 : time[a] > time[b];
}

/* The tweets' places; a file that stands by time is not sorted. */
static norn_status order_tweets(const norni_tweets *t, norni_arena *arena, uint32_t *tweet,
                                norn_err *err) {
    int64_t *time = norni_arena_get(arena, t->n, sizeof *time);
    bool sorted = true;
    if (time == NULL) return norni_alloc_fail(err, "tweets", t->n, sizeof *time);
    for (size_t k = 0; k < t->n; k++) {
        time[k] = t->tweet[k].time == NORNI_TWEET_NO_TIME ? INT64_MAX : t->tweet[k].time;
        sorted = sorted && (k == 0 || time[k - 1] <= time[k]);
        tweet[k] = (uint32_t)k;
    }
    if (sorted) return NORN_OK;
    size_t *index = norni_arena_get(arena, t->n, 2 * sizeof *index);
    if (index == NULL) return norni_alloc_fail(err, "tweets", t->n, 2 * sizeof *index);
    for (size_t k = 0; k < t->n; k++)
        index[k] = k;
    const by_time by = {time};
    norni_sort_index(index, t->n, earlier, &by, index + t->n);
    for (size_t k = 0; k < t->n; k++)
        tweet[k] = (uint32_t)index[k];
    return NORN_OK;
}

static norn_status find(norn_ctx *ctx, norni_tweets *t, size_t bits, norni_near_print *print,
                        norni_arena *arena, norn_err *err) {
    search s = {.print = print};
    const norni_poll poll = norni_ctx_poll(ctx);
    uint32_t *tweet = norni_arena_get(arena, t->n, sizeof *tweet);
    if (tweet == NULL) return norni_alloc_fail(err, "tweets", t->n, sizeof *tweet);
    NORN_TRY(order_tweets(t, arena, tweet, err));
    printing job = {t, tweet, print};
    NORN_TRY(norni_for(ctx, NULL, (t->n + BLOCK - 1) / BLOCK, print_block, &job, NULL, err));
    NORN_TRY(start(t, bits, arena, &s, err));
    for (size_t k = 0; k < t->n; k++) {
        norni_tweet *of = &t->tweet[tweet[k]];
        const uint32_t i = (uint32_t)k;
        of->twin = NOBODY;
        if (k % 4096 == 0 && norni_poll_stop(&poll))
            return norn_fail(err, NORN_E_CANCEL, "tweets: cancelled");
        if (k + AHEAD < t->n) fetch(&s, k + AHEAD);
        if (print[k].blank) continue;
        uint32_t twin = find_exact(&s, i);
        if (twin != NOBODY) {
            const uint32_t first = t->tweet[tweet[twin]].twin;
            of->twin = first != NOBODY ? first : tweet[twin];
            continue;
        }
        if (bits == 0) continue;
        twin = find_near(&s, i, bits);
        if (twin == NOBODY) {
            add(&s, i);
        } else {
            of->twin = tweet[twin];
        }
    }
    return NORN_OK;
}

norn_status norni_near_find(norn_ctx *ctx, norni_tweets *t, size_t bits, norn_err *err) {
    norni_arena arena;
    if (t->n == 0) return NORN_OK;
    norni_arena_init(&arena, &ctx->alloc);
    norni_near_print *print = norni_arena_get(&arena, t->n, sizeof *print);
    const norn_status st = print == NULL ? norni_alloc_fail(err, "tweets", t->n, sizeof *print)
                                         : find(ctx, t, bits, print, &arena, err);
    norni_arena_clear(&arena);
    return st;
}
