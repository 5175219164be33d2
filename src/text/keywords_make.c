/* Keyword lists put in memory: the reference's finance words, and the words of the rules of negation. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/grow.h"
#include "text/keywords_parts.h"
#include "text/unicode.h"

/* What traders write when they expect prices to rise, and to fall; inflections only where they stand here. */
static const char rising[] =
    "bullish,bull,rally,surge,breakout,uptrend,momentum,strong,buy,long,calls,green,profit,gain,"
    "positive,support,target hit,target achieved,book profit,strength,nifty up,sensex up,market up,"
    "bulls active";
static const char falling[] =
    "bearish,bear,crash,dump,breakdown,downtrend,weak,resistance,sell,short,puts,red,loss,losses,"
    "negative,fall,stop loss,sl hit,weakness,exit,nifty down,sensex down,market down,bears active";

static const struct rule_words {
    const char *words;
    uint16_t bits;
} rule_words[] = {
    {"neither nor none nobody nothing nowhere cannot hardly barely scarcely rarely seldom nope "
     "aint arent cant couldnt darent didnt doesnt dont hadnt hasnt havent isnt mightnt mustnt "
     "neednt "
     "oughtnt shant shouldnt wasnt werent wont wouldnt",
     KEYWORD_CUE},
    {"never", KEYWORD_CUE | KEYWORD_NEVER},
    {"not", KEYWORD_CUE | KEYWORD_NOT},
    {"no without", KEYWORD_CUE | KEYWORD_NO},
    {"only just merely simply", KEYWORD_ONLY},
    {"doubt question wonder", KEYWORD_DOUBT},
    {"so", KEYWORD_SO},
    {"this", KEYWORD_SO | KEYWORD_ARTICLE},
    {"a an the that these those any", KEYWORD_ARTICLE},
    {"but however although though except", KEYWORD_TURN},
};

bool norni_keywords_fold(norni_str word, norni_buf *out) {
    const size_t begin = out->n;
    if (word.n == 0) return true;
    norni_utf8_lower(word, out);
    if (out->failed) return false;
    size_t to = begin;
    for (size_t at = begin; at < out->n; at++) {
        const bool curly = out->n - at >= 3 && memcmp(out->p + at, "\xE2\x80\x99", 3) == 0;
        out->p[to++] = curly ? '\'' : out->p[at];
        if (curly) at += 2;
    }
    out->n = to;
    return true;
}

uint32_t norni_keywords_step(const norni_keywords *k, uint32_t node, uint32_t word) {
    const norni_keyword_edge edge = {node, word};
    const int64_t at = norni_map_find(&k->edge, (norni_str){(const char *)&edge, sizeof edge});
    return at == NORNI_MAP_NONE ? 0 : (uint32_t)at + 1;
}

/* The word's number, or NORNI_MAP_NONE: memory is out. Its bytes live as long as the list. */
static int64_t add_word(norni_keywords *k, norni_str word, uint16_t bits) {
    bool added;
    const int64_t at = norni_map_add(&k->word, word, &added);
    if (at == NORNI_MAP_NONE) return at;
    if (added) {
        uint16_t *list =
            norni_list_grow(&k->arena, k->bits, (size_t)at, &k->cap_bits, 256, sizeof *list);
        if (list == NULL) return NORNI_MAP_NONE;
        k->bits = list;
        list[at] = norni_keywords_is_nt(word) ? KEYWORD_CUE : 0;
        if (word.n > k->longest) k->longest = word.n;
        k->first[(unsigned char)word.p[0] >> 6] |= UINT64_C(1) << ((unsigned char)word.p[0] & 63);
    }
    k->bits[at] |= bits;
    return at;
}

static bool add_rules(norni_keywords *k) {
    for (size_t r = 0; r < sizeof rule_words / sizeof *rule_words; r++) {
        for (const char *at = rule_words[r].words; *at != '\0';) {
            const size_t n = strcspn(at, " ");
            if (add_word(k, (norni_str){at, n}, rule_words[r].bits) == NORNI_MAP_NONE) return false;
            at += n + (at[n] == ' ');
        }
    }
    return true;
}

/* The node behind `node` over the word, made where there is none; 0: memory is out. */
static uint32_t add_edge(norni_keywords *k, uint32_t node, uint32_t word) {
    const uint32_t old = norni_keywords_step(k, node, word);
    norni_keyword_edge *edge = old ? NULL : norni_arena_get(&k->arena, 1, sizeof *edge);
    if (old || edge == NULL) return old;
    *edge = (norni_keyword_edge){node, word};
    uint32_t *list = norni_list_grow(&k->arena, k->phrase_at, k->edge.n + 1, &k->cap_phrase_at, 256,
                                     sizeof *list);
    if (list == NULL) return 0;
    k->phrase_at = list;
    const int64_t at = norni_map_add(&k->edge, (norni_str){(const char *)edge, sizeof *edge}, NULL);
    if (at == NORNI_MAP_NONE) return 0;
    list[at + 1] = KEYWORD_NO_PHRASE;
    return (uint32_t)at + 1;
}

/* NORN_E_ARG: not words parted by one blank, or on both sides. */
static norn_status add_phrase(norni_keywords *k, norni_str given, uint8_t side, norn_err *err) {
    norni_buf folded;
    norni_buf_init(&folded, &k->alloc);
    const bool good = norni_keywords_fold(given, &folded);
    const char *p = good ? norni_arena_text(&k->arena, folded.p, folded.n) : NULL;
    const norni_str phrase = {p, folded.n};
    norni_buf_clear(&folded);
    if (p == NULL) return norni_alloc_fail(err, "keywords", given.n, 3);
    uint32_t node = 0;
    for (size_t at = 0; at <= phrase.n;) {
        const char *end = memchr(p + at, ' ', phrase.n - at);
        const size_t n = end ? (size_t)(end - p) - at : phrase.n - at;
        if (n == 0)
            return norn_fail(err, NORN_E_ARG,
                             "keywords: phrase %zu, '%.*s', is not words parted by one blank", k->n,
                             (int)(given.n < 80 ? given.n : 80), given.p);
        const int64_t word = add_word(k, (norni_str){p + at, n}, 0);
        node = word == NORNI_MAP_NONE ? 0 : add_edge(k, node, (uint32_t)word);
        if (node == 0) return norni_alloc_fail(err, "keywords", k->word.n, 64);
        at += n + 1;
    }
    k->phrase[k->n] = phrase;
    k->side[k->n] = side;
    const uint32_t other = k->phrase_at[node];
    if (other != KEYWORD_NO_PHRASE && k->side[other] != side)
        return norn_fail(err, NORN_E_ARG, "keywords: '%.*s' stands on both sides",
                         (int)(given.n < 80 ? given.n : 80), given.p);
    if (other == KEYWORD_NO_PHRASE) k->phrase_at[node] = (uint32_t)k->n;
    k->n++;
    return NORN_OK;
}

static norn_status fill(norni_keywords *k, const norni_str *phrase, const uint8_t *side, size_t n,
                        norn_err *err) {
    k->phrase = norni_arena_get(&k->arena, n, sizeof *k->phrase);
    k->side = norni_arena_get(&k->arena, n, sizeof *k->side);
    k->phrase_at =
        norni_list_grow(&k->arena, NULL, 0, &k->cap_phrase_at, 256, sizeof *k->phrase_at);
    if (k->phrase == NULL || k->side == NULL || k->phrase_at == NULL || !add_rules(k))
        return norni_alloc_fail(err, "keywords", n, sizeof *k->phrase);
    k->phrase_at[0] = KEYWORD_NO_PHRASE; /* the root */
    for (size_t i = 0; i < n; i++) {
        if (side[i] >= NORNI_N_SIDES)
            return norn_fail(err, NORN_E_ARG, "keywords: phrase %zu has side %d; 0 and 1 are known",
                             i, (int)side[i]);
        NORN_TRY(add_phrase(k, phrase[i], side[i], err));
    }
    return NORN_OK;
}

norn_status norni_keywords_make(const norn_alloc *alloc, const norni_str *phrase,
                                const uint8_t *side, size_t n, norni_keywords **out,
                                norn_err *err) {
    *out = NULL;
    if (n >= UINT32_MAX / 2)
        return norn_fail(err, NORN_E_ARG, "keywords: %zu phrases are too many", n);
    norni_keywords *k = norni_alloc_zero(alloc, 1, sizeof *k);
    if (k == NULL) return norni_alloc_fail(err, "keywords", 1, sizeof *k);
    k->alloc = *alloc;
    norni_arena_init(&k->arena, &k->alloc);
    norni_map_init(&k->word, &k->alloc);
    norni_map_init(&k->edge, &k->alloc);
    const norn_status st = fill(k, phrase, side, n, err);
    if (st == NORN_OK) {
        *out = k;
    } else {
        norni_keywords_free(k);
    }
    return st;
}

norn_status norni_keywords_finance(const norn_alloc *alloc, norni_keywords **out, norn_err *err) {
    norni_str phrase[64];
    uint8_t side[64];
    size_t n = 0;
    for (uint8_t s = 0; s < NORNI_N_SIDES; s++) {
        for (const char *at = s == NORNI_BULLISH ? rising : falling; *at != '\0'; n++) {
            phrase[n] = (norni_str){at, strcspn(at, ",")};
            side[n] = s;
            at += phrase[n].n + (at[phrase[n].n] == ',');
        }
    }
    return norni_keywords_make(alloc, phrase, side, n, out, err);
}

void norni_keywords_free(norni_keywords *k) {
    if (k == NULL) return;
    const norn_alloc alloc = k->alloc;
    norni_map_clear(&k->word);
    norni_map_clear(&k->edge);
    norni_arena_clear(&k->arena);
    norni_alloc_drop(&alloc, k, 1, sizeof *k);
}

norni_str norni_keywords_phrase(const norni_keywords *k, size_t phrase) {
    return k->phrase[phrase];
}
