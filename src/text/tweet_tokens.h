/* A tweet cut into words, tags, mentions, links, emoticons, emoji and signs. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TWEET_TOKENS_H
#define NORNI_TWEET_TOKENS_H

#include "base/arena.h"
#include "base/str.h"

typedef enum norni_tweet_kind {
    NORNI_TWEET_WORD,     /* letters, marks, apostrophes and hyphens inside: don't, year-end */
    NORNI_TWEET_NUMBER,   /* 12, 1,250.50, 3%, 50k */
    NORNI_TWEET_HASHTAG,  /* #nifty50, the sign included */
    NORNI_TWEET_CASHTAG,  /* $AAPL, $BRK.B */
    NORNI_TWEET_MENTION,  /* @user */
    NORNI_TWEET_URL,      /* http://…, https://…, www.… , pic.twitter.com/… */
    NORNI_TWEET_EMOTICON, /* :-) <3 */
    NORNI_TWEET_EMOJI,    /* one grapheme: with its joiners, skin tones and flags */
    NORNI_TWEET_SIGN,     /* a run of the same punctuation or symbol: !!! … */
} norni_tweet_kind;

typedef struct norni_tweet_token {
    uint32_t at, n; /* bytes of the text */
    uint8_t kind;   /* norni_tweet_kind */
} norni_tweet_token;

/* Cuts a text (valid UTF-8) of fewer than 2^32 bytes; white space stands in no token, every other byte in exactly one. *out in the arena. */
NORN_CHECKED norn_status norni_tweet_tokens(norni_str text, norni_arena *arena,
                                            norni_tweet_token **out, size_t *n, norn_err *err);

#endif
