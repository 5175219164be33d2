/* Words and phrases of two lists found in a text: whole words, longest first, and whether they are negated. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Negation. A cue (no, not, never, none, nothing, cannot, without, hardly, barely, rarely, seldom, …, every word that ends in n't, and the same written
 * without the apostrophe) negates what begins within the three words behind it: the reach of VADER's rule (Hutto and Gilbert, "VADER: a parsimonious
 * rule-based model for sentiment analysis of social media text", ICWSM 2014; the cues are its list). Articles and "that" do not count as words, so
 * that "not a very strong rally" is negated as a whole. The reach ends at punctuation (Das and Chen, "Yahoo! for Amazon", Management
 * Science 2007, tag up to there), at a line's end, a link, an emoji or emoticon, and at but, however, although, though, except. Two cues
 * do not cancel out ("ain't no rally"). No cue are: not before only, just, merely, simply; no and without before doubt, question, wonder; and never ends
 * its reach at so and this ("never been this bullish"), as in VADER. */
#include "base/grow.h"
#include "text/keywords_parts.h"

enum { REACH = 3, SHORT_WORD = 64 };

/* What a token is: nothing known, a word of the list's, or (from PHRASE on) a whole phrase written with hyphens. */
#define UNKNOWN UINT32_MAX
#define PHRASE  (UINT32_C(1) << 31)

typedef struct finding {
    const norni_keywords *k;
    norni_str text;
    const norni_tweet_token *token;
    size_t n_tokens;
    uint32_t *id; /* (n_tokens) */
    norni_buf fold;
} finding;

static bool is_word_kind(unsigned kind) {
    return kind <= NORNI_TWEET_CASHTAG; /* words, numbers, tags */
}

/* ---- what each token is ---- */

static uint32_t find_word(const norni_keywords *k, norni_str word) {
    if (word.n == 0 || word.n > k->longest) return UNKNOWN;
    const unsigned char first = (unsigned char)word.p[0];
    if (!(k->first[first >> 6] >> (first & 63) & 1)) return UNKNOWN;
    const int64_t at = norni_map_find(&k->word, word);
    return at == NORNI_MAP_NONE ? UNKNOWN : (uint32_t)at;
}

/* stop-loss: the phrase whose words the hyphens part. */
static uint32_t find_hyphened(const norni_keywords *k, norni_str word) {
    uint32_t node = 0;
    for (size_t at = 0; at <= word.n;) {
        const char *end = memchr(word.p + at, '-', word.n - at);
        const size_t n = end ? (size_t)(end - word.p) - at : word.n - at;
        const uint32_t part = find_word(k, (norni_str){word.p + at, n});
        node = part == UNKNOWN ? 0 : norni_keywords_step(k, node, part);
        if (node == 0) return UNKNOWN;
        at += n + 1;
    }
    return k->phrase_at[node] == KEYWORD_NO_PHRASE ? UNKNOWN : PHRASE | k->phrase_at[node];
}

static uint32_t find_folded(const norni_keywords *k, norni_str word) {
    const uint32_t at = find_word(k, word);
    if (at != UNKNOWN) return at;
    if (norni_keywords_is_nt(word)) return find_word(k, norni_str_of("not")); /* a cue as any */
    return word.n > 2 && memchr(word.p, '-', word.n) ? find_hyphened(k, word) : UNKNOWN;
}

/* false: out of memory */
static bool find_token(finding *f, const norni_tweet_token *t, uint32_t *out) {
    char small[SHORT_WORD];
    norni_str word = {f->text.p + t->at, t->n};
    unsigned all = 0;
    *out = UNKNOWN;
    if (!is_word_kind(t->kind)) return true;
    if (t->kind == NORNI_TWEET_HASHTAG || t->kind == NORNI_TWEET_CASHTAG) {
        const size_t sign = (unsigned char)word.p[0] < 0x80 ? 1 : 3; /* U+FF03 */
        word.p += sign;
        word.n -= sign < word.n ? sign : word.n;
    }
    if (word.n <= SHORT_WORD) {
        for (size_t k = 0; k < word.n; k++) {
            const unsigned char c = (unsigned char)word.p[k];
            small[k] = (char)(c | ((unsigned char)(c - 'A') < 26) << 5);
            all |= c;
        }
        if (all < 0x80) {
            *out = find_folded(f->k, (norni_str){small, word.n});
            return true;
        }
    }
    f->fold.n = 0;
    if (!norni_keywords_fold(word, &f->fold)) return false;
    *out = find_folded(f->k, (norni_str){f->fold.p, f->fold.n});
    return true;
}

/* ---- negation ---- */

typedef struct negation {
    unsigned left; /* words it still reaches; 0: none */
    bool never;
} negation;

static unsigned bits_of(const finding *f, size_t token) {
    return f->id[token] < PHRASE ? f->k->bits[f->id[token]] : 0;
}

/* Bits of the next word behind the token that is no article; 0: something else comes. */
static unsigned next_bits(const finding *f, size_t token) {
    for (size_t k = token + 1; k < f->n_tokens && f->token[k].kind == NORNI_TWEET_WORD; k++)
        if (!(bits_of(f, k) & KEYWORD_ARTICLE)) return bits_of(f, k);
    return 0;
}

static bool ends_clause(norni_str sign) {
    static const char *const wide[] = {"\xE2\x80\xA6", "\xE2\x80\x93", "\xE2\x80\x94",
                                       "\xE3\x80\x82", "\xE3\x80\x81", "\xEF\xBC\x8C",
                                       "\xEF\xBC\x81", "\xEF\xBC\x9F", "\xEF\xBC\x9B"};
    if ((unsigned char)sign.p[0] < 0x80) return strchr(".,;:!?()[]{}|", sign.p[0]) != NULL;
    for (size_t k = 0; k < sizeof wide / sizeof *wide; k++)
        if (sign.n >= 3 && memcmp(sign.p, wide[k], 3) == 0) return true;
    return false;
}

/* The negation behind a token that is in no hit. */
static negation pass(const finding *f, size_t token, negation now) {
    const norni_tweet_token *t = &f->token[token];
    const unsigned bits = bits_of(f, token);
    if (t->kind == NORNI_TWEET_SIGN && !ends_clause((norni_str){f->text.p + t->at, t->n}))
        return now;
    if (!is_word_kind(t->kind) && t->kind != NORNI_TWEET_MENTION) return (negation){0};
    if (bits & KEYWORD_TURN) return (negation){0};
    if (bits & KEYWORD_CUE) {
        const unsigned next = bits & (KEYWORD_NOT | KEYWORD_NO) ? next_bits(f, token) : 0;
        if (((bits & KEYWORD_NOT) && (next & KEYWORD_ONLY)) ||
            ((bits & KEYWORD_NO) && (next & KEYWORD_DOUBT)))
            return now;
        return (negation){REACH, bits & KEYWORD_NEVER};
    }
    if (now.never && (bits & KEYWORD_SO)) return (negation){0};
    if (now.left > 0 && !(bits & KEYWORD_ARTICLE)) now.left--;
    return now;
}

/* A line ends between the token and the one before it. */
static bool new_line(const finding *f, size_t token) {
    if (token == 0) return false;
    const size_t from = f->token[token - 1].at + f->token[token - 1].n, to = f->token[token].at;
    return to > from && memchr(f->text.p + from, '\n', to - from) != NULL;
}

/* ---- hits ---- */

/* The longest phrase that begins at the token; *n its tokens, 0: none. */
static uint32_t longest_phrase(const finding *f, size_t token, uint32_t *n) {
    uint32_t found = KEYWORD_NO_PHRASE, node = 0;
    *n = 0;
    if (f->id[token] != UNKNOWN && f->id[token] >= PHRASE) {
        *n = 1;
        return f->id[token] - PHRASE;
    }
    for (size_t k = token; k < f->n_tokens && f->id[k] < PHRASE; k++) {
        node = norni_keywords_step(f->k, node, f->id[k]);
        if (node == 0) break;
        if (f->k->phrase_at[node] == KEYWORD_NO_PHRASE) continue;
        found = f->k->phrase_at[node];
        *n = (uint32_t)(k - token) + 1;
    }
    return found;
}

static norn_status find_all(finding *f, norni_arena *arena, norni_keyword_hit **out, size_t *n,
                            norn_err *err) {
    norni_keyword_hit *hit = NULL;
    negation now = {0};
    size_t cap = 0;
    for (size_t k = 0; k < f->n_tokens; k++)
        if (!find_token(f, &f->token[k], &f->id[k]))
            return norni_alloc_fail(err, "keywords", f->token[k].n, 3);
    for (size_t k = 0; k < f->n_tokens;) {
        uint32_t length = 0;
        if (now.left > 0 && new_line(f, k)) now = (negation){0};
        const uint32_t phrase =
            f->id[k] == UNKNOWN ? KEYWORD_NO_PHRASE : longest_phrase(f, k, &length);
        if (length == 0) {
            if (f->id[k] != UNKNOWN || now.left > 0) now = pass(f, k, now);
            k++;
            continue;
        }
        hit = norni_list_grow(arena, hit, *n, &cap, 16, sizeof *hit);
        if (hit == NULL) return norni_alloc_fail(err, "keywords", *n + 1, 2 * sizeof *hit);
        hit[(*n)++] = (norni_keyword_hit){.phrase = phrase,
                                          .side = f->k->side[phrase],
                                          .negated = now.left > 0,
                                          .token = (uint32_t)k,
                                          .n = length};
        now.left -= length < now.left ? length : now.left;
        k += length;
    }
    *out = hit;
    return NORN_OK;
}

norn_status norni_keywords_find(const norni_keywords *k, norni_str text,
                                const norni_tweet_token *token, size_t n_tokens, norni_arena *arena,
                                norni_keyword_hit **out, size_t *n, norn_err *err) {
    finding f = {.k = k, .text = text, .token = token, .n_tokens = n_tokens};
    *out = NULL;
    *n = 0;
    f.id = norni_arena_get(arena, n_tokens, sizeof *f.id);
    if (f.id == NULL) return norni_alloc_fail(err, "keywords", n_tokens, sizeof *f.id);
    norni_buf_init(&f.fold, arena->alloc);
    const norn_status st = find_all(&f, arena, out, n, err);
    norni_buf_clear(&f.fold);
    if (st != NORN_OK) *n = 0;
    return st;
}

norni_keyword_density norni_keywords_density(const norni_tweet_token *token, size_t n_tokens,
                                             const norni_keyword_hit *hit, size_t n_hits) {
    norni_keyword_density d = {0, 0};
    for (size_t k = 0; k < n_tokens; k++)
        d.n_words += is_word_kind(token[k].kind);
    for (size_t k = 0; k < n_hits; k++)
        d.n_hit_words += hit[k].n;
    return d;
}
