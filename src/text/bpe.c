/* Byte-level byte-pair encoding, as GPT-2's and RoBERTa's tokenisers have it: text to token ids. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Sennrich, Haddow, Birch, "Neural machine translation of rare words with subword units", ACL 2016; on bytes: Radford et al. 2019. In a
 * piece the pair of lowest rank is merged, leftmost first, until no pair is left. Short pieces look through their pairs each time;
 * long ones keep them in a heap, so that a text without blanks costs n log n. */
#include "text/bpe_parts.h"
#include "text/unicode.h"

enum { SHORT = 24, CACHE_BITS = 15, CACHE_WORD = 24, CACHE_IDS = 8 };

/* A short word and its ids: one cache line. A newer word takes the place of an older one. */
typedef struct norni_bpe_word {
    uint64_t bytes[CACHE_WORD / 8]; /* noughts behind the word */
    int32_t id[CACHE_IDS];
    uint8_t n_bytes; /* 0: empty */
    uint8_t n_ids;
} norni_bpe_word;

void norni_bpe_cache_init(norni_bpe_cache *c, const norn_alloc *alloc) {
    *c = (norni_bpe_cache){.alloc = alloc};
}

void norni_bpe_cache_clear(norni_bpe_cache *c) {
    norni_alloc_drop(c->alloc, c->slot, (size_t)1 << CACHE_BITS, sizeof *c->slot);
    c->slot = NULL;
}

/* The only place where the word can be. */
static norni_bpe_word *cache_slot(const norni_bpe_cache *c, norni_str word,
                                  uint64_t bytes[CACHE_WORD / 8]) {
    bytes[0] = bytes[1] = bytes[2] = 0;
    memcpy(bytes, word.p, word.n);
    uint64_t h = (bytes[0] + word.n) * UINT64_C(0x9E3779B97F4A7C15);
    h = (h ^ h >> 32 ^ bytes[1]) * UINT64_C(0xBF58476D1CE4E5B9);
    h = (h ^ h >> 32 ^ bytes[2]) * UINT64_C(0x94D049BB133111EB);
    return &c->slot[h >> (64 - CACHE_BITS)];
}

static void cache_keep(norni_bpe_word *w, const uint64_t bytes[CACHE_WORD / 8], size_t n_bytes,
                       const int32_t *id, size_t n) {
    if (n > CACHE_IDS) return;
    memcpy(w->bytes, bytes, sizeof w->bytes);
    memcpy(w->id, id, n * sizeof *id);
    w->n_bytes = (uint8_t)n_bytes;
    w->n_ids = (uint8_t)n;
}

void norni_bpe_ids_init(norni_bpe_ids *ids, const norn_alloc *alloc) {
    *ids = (norni_bpe_ids){.alloc = alloc};
}

void norni_bpe_ids_clear(norni_bpe_ids *ids) {
    norni_alloc_drop(ids->alloc, ids->id, ids->cap, sizeof *ids->id);
    norni_bpe_ids_init(ids, ids->alloc);
}

static norn_status ids_reserve(norni_bpe_ids *ids, size_t more, norn_err *err) {
    if (ids->cap - ids->n >= more) return NORN_OK;
    size_t cap = ids->cap ? 2 * ids->cap : 256;
    if (cap < ids->n + more) cap = ids->n + more;
    int32_t *wider = norni_alloc_resize(ids->alloc, ids->id, ids->cap, cap, sizeof *wider);
    if (wider == NULL) return norni_alloc_fail(err, "tokens", cap, sizeof *wider);
    ids->id = wider;
    ids->cap = cap;
    return NORN_OK;
}

/* ---- merging ---- */

/* symbol (n) of a short piece, merged in place; returns how many are left. */
static size_t merge_short(const norni_bpe *b, uint32_t *symbol, size_t n) {
    const norni_bpe_pair *pair[SHORT];
    for (size_t k = 0; k + 1 < n; k++)
        pair[k] = norni_bpe_find(b, symbol[k], symbol[k + 1]);
    while (n > 1) {
        size_t best = n;
        for (size_t k = 0; k + 1 < n; k++)
            if (pair[k] != NULL && (best == n || pair[k]->rank < pair[best]->rank)) best = k;
        if (best == n) break;
        symbol[best] = pair[best]->merged;
        n--;
        memmove(symbol + best + 1, symbol + best + 2, (n - best - 1) * sizeof *symbol);
        if (best + 1 < n) memmove(pair + best + 1, pair + best + 2, (n - best - 2) * sizeof *pair);
        if (best > 0) pair[best - 1] = norni_bpe_find(b, symbol[best - 1], symbol[best]);
        pair[best] = best + 1 < n ? norni_bpe_find(b, symbol[best], symbol[best + 1]) : NULL;
    }
    return n;
}

/* A piece as a list: next and prev by place; a heap of (rank, place), stale ones told by the pair that stands there now. */
typedef struct long_piece {
    const norni_bpe *b;
    uint32_t *symbol;    /* (n) */
    size_t *prev, *next; /* (n + 1): n = the end */
    struct heap_row {
        uint32_t rank;
        size_t at;
        uint32_t left, right;
    } * heap;
    size_t n, n_heap;
} long_piece;

static bool comes_before(const struct heap_row *a, const struct heap_row *b) {
    return a->rank != b->rank ? a->rank < b->rank : a->at < b->at;
}

static void heap_add(long_piece *p, size_t at) {
    if (at >= p->n || p->next[at] >= p->n) return;
    const uint32_t left = p->symbol[at], right = p->symbol[p->next[at]];
    const norni_bpe_pair *pair = norni_bpe_find(p->b, left, right);
    if (pair == NULL) return;
    const struct heap_row row = {pair->rank, at, left, right};
    size_t k = p->n_heap++;
    for (; k > 0 && comes_before(&row, &p->heap[(k - 1) / 2]); k = (k - 1) / 2)
        p->heap[k] = p->heap[(k - 1) / 2];
    p->heap[k] = row;
}

static struct heap_row heap_take(long_piece *p) {
    const struct heap_row top = p->heap[0], row = p->heap[--p->n_heap];
    size_t k = 0;
    for (size_t child; (child = 2 * k + 1) < p->n_heap; k = child) {
        if (child + 1 < p->n_heap && comes_before(&p->heap[child + 1], &p->heap[child])) child++;
        if (!comes_before(&p->heap[child], &row)) break;
        p->heap[k] = p->heap[child];
    }
    p->heap[k] = row;
    return top;
}

/* `gone` marks a place that was merged into the one before it. */
static const uint32_t gone = UINT32_MAX;

static norn_status merge_long(const norni_bpe *b, uint32_t *symbol, size_t *n, norni_arena *scratch,
                              norn_err *err) {
    long_piece p = {.b = b, .symbol = symbol, .n = *n};
    p.prev = norni_arena_get(scratch, *n + 1, sizeof *p.prev);
    p.next = norni_arena_get(scratch, *n + 1, sizeof *p.next);
    p.heap =
        norni_arena_get(scratch, 3 * *n, sizeof *p.heap); /* n at first, two more for each merge */
    if (p.prev == NULL || p.next == NULL || p.heap == NULL)
        return norni_alloc_fail(err, "tokens", *n, 3 * sizeof *p.heap);
    for (size_t k = 0; k < *n; k++) {
        p.prev[k] = k - 1; /* of the first: beyond the end */
        p.next[k] = k + 1;
    }
    for (size_t k = 0; k < *n; k++)
        heap_add(&p, k);
    while (p.n_heap > 0) {
        const struct heap_row top = heap_take(&p);
        const size_t right = p.next[top.at];
        if (symbol[top.at] != top.left || right >= p.n || symbol[right] != top.right) continue;
        symbol[top.at] = norni_bpe_find(b, top.left, top.right)->merged;
        symbol[right] = gone;
        p.next[top.at] = p.next[right];
        if (p.next[right] < p.n) p.prev[p.next[right]] = top.at;
        heap_add(&p, p.prev[top.at]);
        heap_add(&p, top.at);
    }
    size_t left = 0;
    for (size_t k = 0; k < p.n; k++)
        if (symbol[k] != gone) symbol[left++] = symbol[k];
    *n = left;
    return NORN_OK;
}

static norn_status encode_piece(const norni_bpe *b, norni_str piece, norni_arena *scratch,
                                norni_bpe_ids *out, norn_err *err) {
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    uint32_t few[SHORT], *symbol = few;
    size_t n = piece.n;
    norn_status st = ids_reserve(out, n, err);
    if (st == NORN_OK && n > SHORT) {
        symbol = norni_arena_get(scratch, n, sizeof *symbol);
        if (symbol == NULL) st = norni_alloc_fail(err, "tokens", n, sizeof *symbol);
    }
    if (st == NORN_OK) {
        for (size_t k = 0; k < n; k++)
            symbol[k] = b->byte[(unsigned char)piece.p[k]];
        if (n > SHORT) {
            st = merge_long(b, symbol, &n, scratch, err);
        } else {
            n = merge_short(b, symbol, n);
        }
    }
    for (size_t k = 0; st == NORN_OK && k < n; k++) {
        const int32_t id = symbol[k] < b->token.n ? b->id[symbol[k]] : b->unknown;
        if (id >= 0) out->id[out->n++] = id;
    }
    norni_arena_rewind(scratch, mark);
    return st;
}

static norn_status encode_valid(const norni_bpe *b, norni_bpe_cache *cache, norni_str text,
                                norni_arena *scratch, norni_bpe_ids *out, norn_err *err) {
    if (cache->slot == NULL) /* without memory for it: slower, the same */
        cache->slot = norni_alloc_zero(cache->alloc, (size_t)1 << CACHE_BITS, sizeof *cache->slot);
    for (size_t at = 0; at < text.n;) {
        const norni_str piece = norni_bpe_piece(text, at);
        uint64_t bytes[CACHE_WORD / 8];
        at += piece.n;
        if (cache->slot == NULL || piece.n > CACHE_WORD) {
            NORN_TRY(encode_piece(b, piece, scratch, out, err));
            continue;
        }
        norni_bpe_word *w = cache_slot(cache, piece, bytes);
        const size_t before = out->n;
        if (w->n_bytes == piece.n && memcmp(w->bytes, bytes, sizeof bytes) == 0) {
            NORN_TRY(ids_reserve(out, CACHE_IDS, err));
            memcpy(out->id + before, w->id,
                   sizeof w->id); /* all of them: the count says how many hold */
            out->n += w->n_ids;
        } else {
            NORN_TRY(encode_piece(b, piece, scratch, out, err));
            cache_keep(w, bytes, piece.n, out->id + before, out->n - before);
        }
    }
    return NORN_OK;
}

static bool is_valid(norni_str s) {
    for (size_t at = 0, n; at < s.n; at += n) {
        bool good;
        if ((unsigned char)s.p[at] < 0x80) {
            n = 1;
            continue;
        }
        (void)norni_utf8_next(s.p + at, s.p + s.n, &n, &good);
        if (!good) return false;
    }
    return true;
}

norn_status norni_bpe_encode(const norni_bpe *b, norni_bpe_cache *cache, norni_str text,
                             norni_arena *scratch, norni_bpe_ids *out, norn_err *err) {
    if (is_valid(text)) return encode_valid(b, cache, text, scratch, out, err);
    norni_buf mended;
    norni_buf_init(&mended, &b->alloc);
    (void)norni_utf8_mend(text, &mended);
    const norn_status st =
        mended.failed ? norni_alloc_fail(err, "tokens", text.n, 1)
                      : encode_valid(b, cache, (norni_str){mended.p, mended.n}, scratch, out, err);
    norni_buf_clear(&mended);
    return st;
}
