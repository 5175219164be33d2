/* What the tweet tokeniser asks of its faces: bytes' classes, emoticons and emoji at a place. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TWEET_TOKENS_PARTS_H
#define NORNI_TWEET_TOKENS_PARTS_H

#include "text/tweet_tokens.h"

/* Classes of a byte. */
enum {
    TWEET_LETTER = 1, /* ASCII */
    TWEET_DIGIT = 2,
    TWEET_WHITE = 4, /* as Python's str.isspace has it */
    TWEET_WIDE = 8,  /* of a character beyond ASCII */
    TWEET_LOW_LINE = 16,
};
extern const uint8_t norni_tweet_class[256];

static inline unsigned norni_tweet_class_of(const char *at) {
    return norni_tweet_class[(unsigned char)*at];
}
/* Bytes of the emoticon at `at`, 0: none; `from` the text's start. Looks at a few bytes only. */
size_t norni_tweet_emoticon(const char *from, const char *at, const char *end);
/* Bytes of the emoji at `at`, with all that is joined to it; 0: none. */
size_t norni_tweet_emoji(const char *at, const char *end);

#endif
