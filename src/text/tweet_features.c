/* A tweet's features for the default model: hashed words and characters, VADER's numbers, counts. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Words: each token in lower case, digits as 0, a letter at most three times in a row, links and mentions as one token each; marked when a
 * negation stands before it in its clause (Pang, Lee, Vaithyanathan 2002); pairs and triples of neighbours. Characters: every run of two to
 * five within a chunk between white space, a blank at both ends. A feature is 32 bits of a hash: no text of the training data is kept. */
#include <math.h>

#include "base/fp.h"
#include "text/tweet_model_parts.h"
#include "text/tweet_tokens.h"
#include "text/unicode.h"
#include "text/vader_parts.h"

#define MIX       UINT64_C(0x9E3779B97F4A7C15)
#define WORD_SEED UINT64_C(0xA0761D6478BD642F)
#define CHAR_SEED UINT64_C(0xE7037ED1A0B428DB)

enum { LONGEST = 5, PIECES = LONGEST - 1 }; /* of characters */

static inline uint64_t mix(uint64_t h, uint64_t x) {
    h = (h ^ x) * MIX;
    return h ^ h >> 29;
}

static inline uint32_t folded(uint64_t h) {
    return (uint32_t)((h * MIX) >> 32);
}

static const char negating[] =
    "not no never none nothing nobody nowhere neither nor cannot without hardly barely scarcely "
    "rarely seldom aint arent cant couldnt didnt doesnt dont hadnt hasnt havent isnt mightnt "
    "mustnt "
    "neednt shant shouldnt wasnt werent wont wouldnt lack lacks lacking";

void norni_tweet_negations_init(norni_tweet_negations *set) {
    *set = (norni_tweet_negations){0};
    uint64_t h = WORD_SEED;
    for (const char *at = negating;; at++) {
        if (*at != ' ' && *at != '\0') {
            h = mix(h, (unsigned char)*at);
            continue;
        }
        size_t slot = h & 127;
        while (set->slot[slot] != 0)
            slot = (slot + 1) & 127;
        set->slot[slot] = h;
        h = WORD_SEED;
        if (*at == '\0') return;
    }
}

static bool is_negation(const norni_tweet_negations *set, uint64_t h) {
    for (size_t slot = h & 127; set->slot[slot] != 0; slot = (slot + 1) & 127)
        if (set->slot[slot] == h) return true;
    return false;
}

/* What is gathered along a text. */
typedef struct gathered {
    uint32_t *c; /* (n_c) characters of the chunks, a blank before each and at the end */
    uint32_t *word;
    size_t n_c, n_word;
    uint64_t before[2]; /* hashes of the words before: the last, the one before it */
    size_t n_before;
    bool negated;
    size_t n_kind[NORNI_TWEET_SIGN + 1];
    size_t n_upper, n_long, n_negations, n_bang, n_ask, n_dots, n_quotes;
} gathered;

static uint32_t plain(uint32_t c) {
    uint32_t lower[2];
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c >= '0' && c <= '9' ? '0' : c;
    if (c == 0x2019) return '\'';
    if (norni_uni_class(c) & NORNI_UNI_UPPER) {
        (void)norni_uni_lower(c, lower);
        return lower[0];
    }
    return c;
}

static bool is_small(uint32_t c) {
    return c >= 'a' && c <= 'z';
}

/* Adds a token's characters; returns the hash of its word, which begins behind `skip` bytes. */
static uint64_t add_text(gathered *g, norni_str token, size_t skip) {
    const char *at = token.p, *end = token.p + token.n;
    size_t n_capital = 0, n_small = 0, n_run = 0;
    uint64_t h = WORD_SEED;
    uint32_t last = 0;
    while (at < end) {
        size_t n = 1;
        bool good, counts = at >= token.p + skip;
        uint32_t c = (unsigned char)*at;
        if (c >= 0x80) c = norni_utf8_next(at, end, &n, &good);
        const uint32_t low = plain(c);
        at += n;
        n_capital += low != c && is_small(low);
        n_small += low == c && is_small(low);
        n_run = low == last ? n_run + 1 : 0;
        last = low;
        g->n_long += n_run == 2 && is_small(low);
        if (n_run > 2) continue;
        g->c[g->n_c++] = low;
        if (counts) h = mix(h, low);
    }
    g->n_upper += n_small == 0 && n_capital >= 2;
    return h;
}

static void add_word(gathered *g, uint64_t h) {
    g->word[g->n_word++] = folded(g->negated ? mix(h, 1) : h);
    if (g->n_before > 0) g->word[g->n_word++] = folded(mix(mix(g->before[0], 2), h));
    if (g->n_before > 1)
        g->word[g->n_word++] = folded(mix(mix(mix(g->before[1], 3), g->before[0]), h));
    g->before[1] = g->before[0];
    g->before[0] = h;
    g->n_before += g->n_before < 2;
}
enum { WORDS_A_TOKEN = 4 };

static bool is_clause_end(char c) {
    return c == '.' || c == ',' || c == ';' || c == ':' || c == '!' || c == '?' || c == '(' ||
           c == ')';
}

static void add_sign(gathered *g, norni_str token) {
    const char c = token.p[0];
    if (c == '!') g->n_bang += token.n;
    if (c == '?') g->n_ask += token.n;
    if (c == '"') g->n_quotes += token.n;
    if ((c == '.' && token.n > 1) || (unsigned char)c == 0xE2) g->n_dots++;
    if (is_clause_end(c)) g->negated = false;
}

static bool ends_in_not(norni_str s) { /* n't */
    if (s.n < 4 || (s.p[s.n - 1] | 0x20) != 't') return false;
    if (s.p[s.n - 2] == '\'') return (s.p[s.n - 3] | 0x20) == 'n';
    return s.n > 5 && memcmp(s.p + s.n - 4, "\xE2\x80\x99", 3) == 0 && (s.p[s.n - 5] | 0x20) == 'n';
}

static void add_token(gathered *g, const norni_tweet_negations *set, norni_str token,
                      unsigned kind) {
    g->n_kind[kind]++;
    if (kind == NORNI_TWEET_URL || kind == NORNI_TWEET_MENTION ||
        (kind == NORNI_TWEET_WORD && token.n == 4 && memcmp(token.p, "http", 4) == 0)) {
        add_word(g, mix(WORD_SEED, kind == NORNI_TWEET_MENTION ? 1 : 2));
        return;
    }
    const uint64_t h = add_text(g, token, kind == NORNI_TWEET_HASHTAG);
    if (kind == NORNI_TWEET_SIGN) add_sign(g, token);
    add_word(g, h);
    if (kind == NORNI_TWEET_HASHTAG) g->word[g->n_word++] = folded(mix(h, 4));
    if (kind == NORNI_TWEET_WORD && (is_negation(set, h) || ends_in_not(token))) {
        g->n_negations++;
        g->negated = true;
    }
}

/* Every run of 2 to LONGEST characters within a chunk and its blanks. */
static size_t pieces_of(const uint32_t *c, size_t n, uint32_t *out) {
    size_t used = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        uint64_t h = mix(CHAR_SEED, c[i]);
        for (size_t k = i + 1; k < n && k < i + LONGEST; k++) {
            h = mix(h, c[k]);
            out[used++] = folded(h);
            if (c[k] == ' ') break;
        }
    }
    return used;
}

static double log1p_of(size_t n) {
    return norni_log(1 + (double)n);
}

/* What the valences of the words say; d gets N_VALENCES numbers. */
enum { N_VALENCES = 21 };
static void valences(const norni_vader_score *s, const double *x, double *d) {
    double pos = 0, neg = 0, most = 0, least = 0, first = 0, last = 0, tail = 0;
    for (size_t k = 0; k < s->n_words; k++) {
        if (x[k] == 0) continue;
        pos += x[k] > 0 ? x[k] : 0;
        neg += x[k] < 0 ? x[k] : 0;
        most = x[k] > most ? x[k] : most;
        least = x[k] < least ? x[k] : least;
        if (first == 0) first = x[k];
        last = x[k];
        if (3 * k >= 2 * s->n_words) tail += x[k];
    }
    const double c = s->compound;
    const double row[N_VALENCES] = {c,
                                    s->neg,
                                    s->neu,
                                    s->pos,
                                    c * c,
                                    pos / (4 + pos),
                                    neg / (4 - neg),
                                    most,
                                    least,
                                    first,
                                    last,
                                    tail,
                                    s->strongest,
                                    log1p_of(s->n_positive),
                                    log1p_of(s->n_negative),
                                    c <= -0.6,
                                    c > -0.6 && c <= -0.05,
                                    c > -0.05 && c < 0.05,
                                    c >= 0.05 && c<0.6, s->n_positive> 0 && s->n_negative > 0,
                                    c >= 0.85};
    memcpy(d, row, sizeof row);
}

static void counts(const gathered *g, size_t n_tokens, bool asks_last, double *d) {
    const size_t *k = g->n_kind;
    const double row[TWEET_N_DENSE - N_VALENCES] = {
        log1p_of(n_tokens),
        n_tokens > 0 ? (double)g->n_upper / (double)n_tokens : 0,
        g->n_upper > 0,
        log1p_of(g->n_long),
        log1p_of(g->n_bang),
        log1p_of(g->n_ask),
        asks_last,
        log1p_of(g->n_dots),
        log1p_of(g->n_quotes),
        log1p_of(g->n_negations),
        g->n_negations > 0,
        log1p_of(k[NORNI_TWEET_MENTION]),
        log1p_of(k[NORNI_TWEET_HASHTAG]),
        log1p_of(k[NORNI_TWEET_URL]),
        log1p_of(k[NORNI_TWEET_NUMBER]),
        log1p_of(k[NORNI_TWEET_EMOJI]),
        log1p_of(k[NORNI_TWEET_EMOTICON]),
        log1p_of(k[NORNI_TWEET_CASHTAG]),
        n_tokens > 0 ? (double)k[NORNI_TWEET_SIGN] / (double)n_tokens : 0};
    memcpy(d, row, sizeof row);
}

static norn_status gather(const norni_tweet_negations *negations, norni_str text,
                          norni_arena *scratch, gathered *g, norni_tweet_features *out,
                          norn_err *err) {
    norni_tweet_token *t;
    size_t n;
    NORN_TRY(norni_tweet_tokens(text, scratch, &t, &n, err));
    g->c = norni_arena_get(scratch, text.n + n + 2, sizeof *g->c);
    g->word = norni_arena_get(scratch, n + 1, WORDS_A_TOKEN * sizeof *g->word);
    if (g->c == NULL || g->word == NULL)
        return norni_alloc_fail(err, "tweet", text.n, sizeof *g->c);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || t[i].at > t[i - 1].at + t[i - 1].n) g->c[g->n_c++] = ' ';
        add_token(g, negations, (norni_str){text.p + t[i].at, t[i].n}, t[i].kind);
    }
    g->c[g->n_c++] = ' ';
    out->hash[0] = g->word;
    out->n[0] = g->n_word;
    out->hash[1] = norni_arena_get(scratch, g->n_c, PIECES * sizeof **out->hash);
    if (out->hash[1] == NULL)
        return norni_alloc_fail(err, "tweet", g->n_c, PIECES * sizeof **out->hash);
    out->n[1] = pieces_of(g->c, g->n_c, out->hash[1]);
    const bool asks_last = n > 0 && text.p[t[n - 1].at] == '?';
    counts(g, n, asks_last, out->dense + N_VALENCES);
    return NORN_OK;
}

/* The text's start of whole characters. */
static norni_str start_of(norni_str text) {
    size_t n = text.n;
    if (n <= TWEET_TEXT_BYTES) return text;
    for (n = TWEET_TEXT_BYTES; n > 0 && ((unsigned char)text.p[n] & 0xC0) == 0x80;)
        n--;
    return (norni_str){text.p, n};
}

norn_status norni_tweet_features_of(const norni_vader *vader,
                                    const norni_tweet_negations *negations, norni_str text,
                                    norni_arena *scratch, norni_tweet_features *out,
                                    norn_err *err) {
    norni_vader_score s;
    double *x;
    gathered g = {0};
    text = start_of(text);
    NORN_TRY(norni_vader_judge(vader, text, scratch, &s, &x, err));
    NORN_TRY(gather(negations, text, scratch, &g, out, err));
    valences(&s, x, out->dense);
    return NORN_OK;
}
