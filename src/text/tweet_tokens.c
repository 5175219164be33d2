/* A tweet cut into words, tags, mentions, links, emoticons, emoji and signs. */
/* SPDX-License-Identifier: Apache-2.0 */
/* One pass from left to right: what a token is follows from its first character and a bounded look ahead, so a text of n bytes costs O(n)
 * whatever stands in it. The two unbounded looks (at the digits behind #, at the signs of a link's end) are not repeated for any byte: what
 * they pass over cannot begin another of their kind. */
#include "text/tweet_tokens.h"

#include "base/grow.h"
#include "text/tweet_tokens_parts.h"
#include "text/unicode.h"

#define IN_WORD (TWEET_LETTER | TWEET_DIGIT | TWEET_LOW_LINE)
#define W16     8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8

const uint8_t norni_tweet_class[256] = {
    0, 0, 0, 0,  0, 0, 0, 0, 0, 4, 4, 4, 4, 4,   0,   0,   0,   0,   0,   0,   0,  0, 0,
    0, 0, 0, 0,  0, 4, 4, 4, 4, 4, 0, 0, 0, 0,   0,   0,   0,   0,   0,   0,   0,  0, 0,
    0, 0, 2, 2,  2, 2, 2, 2, 2, 2, 2, 2, 0, 0,   0,   0,   0,   0,   0,   1,   1,  1, 1,
    1, 1, 1, 1,  1, 1, 1, 1, 1, 1, 1, 1, 1, 1,   1,   1,   1,   1,   1,   1,   1,  1, 0,
    0, 0, 0, 16, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1,   1,   1,   1,   1,   1,   1,   1,  1, 1,
    1, 1, 1, 1,  1, 1, 1, 1, 0, 0, 0, 0, 0, W16, W16, W16, W16, W16, W16, W16, W16};

/* Bits of the character at `at` (Unicode's beyond ASCII) and its bytes; 0 at the end. */
static unsigned bits_at(const char *at, const char *end, size_t *n) {
    bool good;
    *n = 0;
    return at == end ? 0 : norni_uni_class(norni_utf8_next(at, end, n, &good));
}

static bool is_style(const char *at, const char *end) { /* U+FE0E, U+FE0F: marks by class only */
    return end - at >= 3 && (unsigned char)at[0] == 0xEF && (unsigned char)at[1] == 0xB8 &&
           ((unsigned char)at[2] | 1) == 0x8F;
}

/* A letter, mark or number begins at `at`. */
static bool goes_on(const char *at, const char *end) {
    size_t n;
    if (at == end) return false;
    const unsigned c = norni_tweet_class_of(at);
    if (!(c & TWEET_WIDE)) return (c & (TWEET_LETTER | TWEET_DIGIT)) != 0;
    return (bits_at(at, end, &n) & (NORNI_UNI_LETTER | NORNI_UNI_NUMBER | NORNI_UNI_MARK)) &&
           !is_style(at, end);
}

/* Bytes of the character beyond ASCII at `at` when a word goes on over it: a letter, number or mark, or an apostrophe (U+2019) or joiner
 * (U+200C, U+200D) with one behind it. */
static size_t wide_in_word(const char *at, const char *end, bool joins) {
    size_t n;
    if (goes_on(at, end)) {
        (void)bits_at(at, end, &n);
        return n;
    }
    const bool join = joins && end - at > 3 && (unsigned char)at[0] == 0xE2 &&
                      (unsigned char)at[1] == 0x80 &&
                      ((unsigned char)at[2] == 0x99 || ((unsigned char)at[2] & 0xFE) == 0x8C);
    return join && goes_on(at + 3, end) ? 3 : 0;
}

static const char *over_word(const char *at, const char *end) {
    while (at < end) {
        const unsigned c = norni_tweet_class_of(at);
        if (c & IN_WORD) {
            at++;
        } else if (c & TWEET_WIDE) {
            const size_t n = wide_in_word(at, end, true);
            if (n == 0) break;
            at += n;
        } else if ((*at == '\'' || *at == '-') && goes_on(at + 1, end)) {
            at++;
        } else {
            break;
        }
    }
    return at;
}

/* 1,250.50 10:30 24/7 50k 1st 3%: digits, single signs between them, letters and % behind. */
static const char *over_number(const char *at, const char *end) {
    while (at < end) {
        const unsigned c = norni_tweet_class_of(at);
        if (c & IN_WORD) {
            at++;
        } else if (c & TWEET_WIDE) {
            const size_t n = wide_in_word(at, end, false);
            if (n == 0) break;
            at += n;
        } else if ((*at == '.' || *at == ',' || *at == ':' || *at == '/') && end - at > 1 &&
                   (norni_tweet_class_of(at + 1) & TWEET_DIGIT)) {
            at++;
        } else {
            break;
        }
    }
    return at < end && *at == '%' ? at + 1 : at;
}

/* Bytes of `what` (lower case) at `at` in any case, 0: it does not stand there. */
static size_t head(const char *at, const char *end, const char *what) {
    const size_t n = strlen(what);
    if ((size_t)(end - at) < n) return 0;
    for (size_t k = 0; k < n; k++) {
        const char c = at[k] >= 'A' && at[k] <= 'Z' ? (char)(at[k] + ('a' - 'A')) : at[k];
        if (c != what[k]) return 0;
    }
    return n;
}

/* A link runs to white space, <, > or ", or to what is beyond ASCII and no letter; signs at its end are the sentence's. */
static size_t link_of(const char *at, const char *end) {
    const char *p;
    size_t n = 0;
    if (*at == 'h' || *at == 'H') {
        n = head(at, end, "https://");
        if (n == 0) n = head(at, end, "http://");
    } else if (*at == 'w' || *at == 'W') {
        n = head(at, end, "www.");
    } else if (*at == 'p' || *at == 'P') {
        n = head(at, end, "pic.twitter.com/");
    }
    if (n == 0) return 0;
    for (p = at + n; p < end; p++) {
        const unsigned c = norni_tweet_class_of(p);
        if ((c & TWEET_WHITE) || *p == '<' || *p == '>' || *p == '"') break;
        if (c & TWEET_WIDE) {
            size_t m;
            if (!(bits_at(p, end, &m) & (NORNI_UNI_LETTER | NORNI_UNI_NUMBER))) break;
            p += m - 1;
        }
    }
    while (p > at + n && memchr(".,!?:;)]}'*", p[-1], 11) != NULL)
        p--;
    return (size_t)(p - at);
}

/* #nifty50: at least one character that is no number; "#1" is a sign and a number. */
static size_t hashtag_of(const char *at, const char *end) {
    bool named = false;
    const char *p = at + 1;
    while (p < end) {
        const unsigned c = norni_tweet_class_of(p);
        if (c & IN_WORD) {
            named = named || !(c & TWEET_DIGIT);
            p++;
        } else if (c & TWEET_WIDE) {
            const size_t n = wide_in_word(p, end, false);
            if (n == 0) break;
            named = true;
            p += n;
        } else {
            break;
        }
    }
    return named ? (size_t)(p - at) : 0;
}

/* $AAPL $BRK.B $BTC-USD $RELIANCE.NS: a letter, 14 letters and digits at most, and a short tail of letters behind a point, hyphen (capitals
 * only) or low line. */
static size_t cashtag_of(const char *at, const char *end) {
    enum { MOST = 15, TAIL = 3 };
    const char *p = at + 1, *tail;
    if (p == end || !(norni_tweet_class_of(p) & TWEET_LETTER)) return 0;
    while (p < end && p - at <= MOST && (norni_tweet_class_of(p) & (TWEET_LETTER | TWEET_DIGIT)))
        p++;
    if (p < end && (norni_tweet_class_of(p) & (TWEET_LETTER | TWEET_DIGIT))) return 0;
    if (p == end || (*p != '.' && *p != '-' && *p != '_')) return (size_t)(p - at);
    for (tail = p + 1; tail < end && tail - p <= TAIL; tail++)
        if (!(norni_tweet_class_of(tail) & TWEET_LETTER) || (*p == '-' && *tail > 'Z')) break;
    const bool whole = tail > p + 1 && !goes_on(tail, end) && !(tail < end && *tail == '_');
    return (size_t)((whole ? tail : p) - at);
}

static size_t mention_of(const char *from, const char *at, const char *end) {
    const char *p = at + 1;
    if (at > from && (norni_tweet_class_of(at - 1) & IN_WORD)) return 0; /* name@host */
    while (p < end && (norni_tweet_class_of(p) & IN_WORD))
        p++;
    return p > at + 1 ? (size_t)(p - at) : 0;
}

/* A run of one sign, with the marks upon it. */
static const char *over_sign(const char *at, const char *end) {
    size_t n, m;
    (void)bits_at(at, end, &n);
    const char *p = at + n;
    while ((size_t)(end - p) >= n && memcmp(p, at, n) == 0)
        p += n;
    while (p < end && (norni_tweet_class_of(p) & TWEET_WIDE) &&
           (bits_at(p, end, &m) & NORNI_UNI_MARK))
        p += m;
    return p;
}

/* The token at `at`, which is not white. */
static const char *next_token(const char *from, const char *at, const char *end, uint8_t *kind) {
    const unsigned c = norni_tweet_class_of(at);
    size_t n = 0;
    if (c & TWEET_LETTER) {
        *kind = NORNI_TWEET_URL;
        if ((n = link_of(at, end)) > 0) return at + n;
        *kind = NORNI_TWEET_EMOTICON;
        if ((n = norni_tweet_emoticon(from, at, end)) > 0) return at + n;
        *kind = NORNI_TWEET_WORD;
        return over_word(at + 1, end);
    }
    *kind = NORNI_TWEET_EMOJI;
    if ((c & (TWEET_WIDE | TWEET_DIGIT)) || *at == '#' || *at == '*')
        if ((n = norni_tweet_emoji(at, end)) > 0) return at + n;
    *kind = NORNI_TWEET_EMOTICON;
    if (!(c & TWEET_WIDE) && (n = norni_tweet_emoticon(from, at, end)) > 0) return at + n;
    if (c & TWEET_DIGIT) {
        *kind = NORNI_TWEET_NUMBER;
        return over_number(at + 1, end);
    }
    if (c & TWEET_WIDE) {
        const unsigned bits = bits_at(at, end, &n);
        *kind = NORNI_TWEET_NUMBER;
        if (bits & NORNI_UNI_NUMBER) return over_number(at + n, end);
        *kind = NORNI_TWEET_WORD;
        if (goes_on(at, end)) return over_word(at + n, end);
    }
    *kind = NORNI_TWEET_HASHTAG;
    if (*at == '#' && (n = hashtag_of(at, end)) > 0) return at + n;
    *kind = NORNI_TWEET_CASHTAG;
    if (*at == '$' && (n = cashtag_of(at, end)) > 0) return at + n;
    *kind = NORNI_TWEET_MENTION;
    if (*at == '@' && (n = mention_of(from, at, end)) > 0) return at + n;
    *kind = NORNI_TWEET_SIGN;
    return over_sign(at, end);
}

/* Bytes of white space at `at`; 0: none. */
static size_t white_at(const char *at, const char *end) {
    const unsigned c = norni_tweet_class_of(at);
    size_t n;
    if (!(c & TWEET_WIDE)) return (c & TWEET_WHITE) != 0;
    return bits_at(at, end, &n) & NORNI_UNI_SPACE ? n : 0;
}

norn_status norni_tweet_tokens(norni_str text, norni_arena *arena, norni_tweet_token **out,
                               size_t *n, norn_err *err) {
    const char *at = text.p, *end = text.p + text.n;
    norni_tweet_token *list = NULL;
    size_t used = 0, cap = 0, white;
    *out = NULL;
    *n = 0;
    if (text.n > UINT32_MAX)
        return norn_fail(err, NORN_E_ARG, "tweet: a text of %zu bytes, 4294967295 are allowed",
                         text.n);
    while (at < end) {
        if ((white = white_at(at, end)) > 0) {
            at += white;
            continue;
        }
        norni_tweet_token *grown = norni_list_grow(arena, list, used, &cap, 64, sizeof *list);
        if (grown == NULL) return norni_alloc_fail(err, "tweet", cap, 2 * sizeof *list);
        list = grown;
        uint8_t kind;
        const char *stop = next_token(text.p, at, end, &kind);
        list[used++] = (norni_tweet_token){
            .at = (uint32_t)(at - text.p), .n = (uint32_t)(stop - at), .kind = kind};
        at = stop;
    }
    *out = list;
    *n = used;
    return NORN_OK;
}
