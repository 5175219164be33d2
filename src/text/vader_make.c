/* VADER's lexicon: the embedded one, a user's words over it, and the words of the rules. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/grow.h"
#include "base/numtext.h"
#include "lexicon_table.h"
#include "text/vader_parts.h"

/* Words that make what follows stronger, weaker, or the opposite (Hutto and Gilbert 2014, and the reference implementation 3.3.2). */
static const char stronger[] =
    "absolutely amazingly awfully completely considerable considerably decidedly deeply effing "
    "enormous enormously entirely especially "
    "exceptional exceptionally extreme extremely fabulously flipping flippin frackin fracking "
    "fricking frickin frigging friggin fully "
    "fuckin fucking fuggin fugging greatly hella highly hugely incredible incredibly intensely "
    "major majorly more most particularly purely "
    "quite really remarkably so substantially thoroughly total totally tremendous tremendously "
    "uber unbelievably unusually utter utterly "
    "very";
static const char weaker[] =
    "almost barely hardly kinda kindof kind-of less little marginal marginally occasional "
    "occasionally partly scarce scarcely slight "
    "slightly somewhat sorta sortof sort-of";
static const char negating[] =
    "aint arent cannot cant couldnt darent didnt doesnt ain't aren't can't couldn't daren't didn't "
    "doesn't dont hadnt hasnt havent isnt "
    "mightnt mustnt neither don't hadn't hasn't haven't isn't mightn't mustn't neednt needn't "
    "never none nope nor not nothing nowhere "
    "oughtnt shant shouldnt uhuh wasnt werent oughtn't shan't shouldn't uh-uh wasn't weren't "
    "without wont wouldnt won't wouldn't rarely "
    "seldom despite";

norni_str norni_vader_emoji(uint32_t c) {
    size_t lo = 0, hi = N_EMOJI;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (emoji_code[mid] < c) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    if (lo == N_EMOJI || emoji_code[lo] != c) return (norni_str){"", 0};
    return norni_str_of(emoji_text[lo]);
}

/* The word's index, or NORNI_MAP_NONE: memory is out. Its bytes must live as long as the map. */
static int64_t add_word(norni_vader *v, norni_str word) {
    bool added;
    const int64_t at = norni_map_add(&v->word, word, &added);
    if (at == NORNI_MAP_NONE || !added) return at;
    const size_t n = (size_t)at;
    double *valence = norni_list_grow(&v->arena, v->valence, n, &v->cap, 1 << 13, sizeof *valence);
    double *boost = norni_list_grow(&v->arena, v->boost, n, &v->boost_cap, 1 << 13, sizeof *boost);
    bool *negates =
        norni_list_grow(&v->arena, v->negates, n, &v->negates_cap, 1 << 13, sizeof *negates);
    if (valence == NULL || boost == NULL || negates == NULL) return NORNI_MAP_NONE;
    v->valence = valence;
    v->boost = boost;
    v->negates = negates;
    valence[at] = NAN;
    boost[at] = 0;
    negates[at] = false;
    return at;
}

static bool add_list(norni_vader *v, const char *list, double boost, bool negates) {
    for (const char *at = list; *at != '\0';) {
        const char *end = strchr(at, ' ');
        const size_t n = end ? (size_t)(end - at) : strlen(at);
        const int64_t k = add_word(v, (norni_str){at, n});
        if (k == NORNI_MAP_NONE) return false;
        if (negates) {
            v->negates[k] = true;
        } else {
            v->boost[k] = boost;
        }
        at += n + (end != NULL);
    }
    return true;
}

static bool add_embedded(norni_vader *v) {
    for (size_t k = 0; k < N_WORDS; k++) {
        const int64_t at = add_word(v, norni_str_of(word_text[k]));
        if (at == NORNI_MAP_NONE) return false;
        v->valence[at] = word_valence[k];
    }
    return add_list(v, stronger, 0.293, false) && add_list(v, weaker, -0.293, false) &&
           add_list(v, negating, 0, true);
}

static norn_status add_own_line(norni_vader *v, norni_str line, size_t number, norn_err *err) {
    double x;
    const char *tab = memchr(line.p, '\t', line.n);
    if (tab == NULL || tab == line.p)
        return norn_fail(err, NORN_E_FORMAT,
                         "lexicon: line %zu: a word, a tab and its valence are wanted", number);
    const norni_str word = {line.p, (size_t)(tab - line.p)};
    norni_str value = {tab + 1, line.n - word.n - 1};
    const char *more = memchr(value.p, '\t', value.n); /* VADER's own files have further columns */
    if (more != NULL) value.n = (size_t)(more - value.p);
    if (norni_num_parse(value.p, value.n, &x) != NORNI_NUM_OK || !(x >= -100 && x <= 100))
        return norn_fail(err, NORN_E_FORMAT,
                         "lexicon: line %zu: the valence is a number, from -4 to 4 by custom",
                         number);
    const char *kept = norni_arena_text(&v->arena, word.p, word.n);
    const int64_t at = kept ? add_word(v, (norni_str){kept, word.n}) : NORNI_MAP_NONE;
    if (at == NORNI_MAP_NONE) return norni_alloc_fail(err, "lexicon", v->word.n, 32);
    v->valence[at] = x;
    return NORN_OK;
}

static norn_status add_own(norni_vader *v, norni_str own, norn_err *err) {
    size_t number = 0;
    for (const char *at = own.p, *end = own.p + own.n; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        norni_str line = {at, (size_t)((stop ? stop : end) - at)};
        if (line.n > 0 && line.p[line.n - 1] == '\r') line.n--;
        number++;
        if (line.n > 0 && line.p[0] != '#') NORN_TRY(add_own_line(v, line, number, err));
        at = stop ? stop + 1 : end;
    }
    return NORN_OK;
}

norn_status norni_vader_make(const norn_alloc *alloc, norni_str own, norni_vader **out,
                             norn_err *err) {
    norni_vader *v = norni_alloc_zero(alloc, 1, sizeof *v);
    *out = NULL;
    if (v == NULL) return norni_alloc_fail(err, "lexicon", 1, sizeof *v);
    v->alloc = *alloc;
    norni_arena_init(&v->arena, &v->alloc);
    norni_map_init(&v->word, &v->alloc);
    const norn_status st =
        add_embedded(v) ? add_own(v, own, err) : norni_alloc_fail(err, "lexicon", N_WORDS, 64);
    if (st != NORN_OK) {
        norni_vader_free(v);
        return st;
    }
    *out = v;
    return NORN_OK;
}

void norni_vader_free(norni_vader *v) {
    if (v == NULL) return;
    const norn_alloc alloc = v->alloc;
    norni_map_clear(&v->word);
    norni_arena_clear(&v->arena);
    norni_alloc_drop(&alloc, v, 1, sizeof *v);
}

bool norni_vader_valence(const norni_vader *v, norni_str word, double *out) {
    const int64_t at = norni_map_find(&v->word, word);
    if (at == NORNI_MAP_NONE || isnan(v->valence[at])) return false;
    *out = v->valence[at];
    return true;
}
