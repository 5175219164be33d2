/* Tweets in memory: one record each, in input order, and what was refused, with its reason. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_TWEETS_H
#define NORNI_SIGNALS_TWEETS_H

#include "base/arena.h"
#include "base/str.h"

#define NORNI_TWEET_NO_TIME INT64_MIN
enum { NORNI_TWEET_NO_COUNT = -1 }; /* null, or a value that cannot be: unknown, never 0 */

/* All texts are valid UTF-8 (mended), borrowed from the table's arena. */
typedef struct norni_tweet {
    norni_str id;      /* as it stands; empty: the input has none */
    norni_str user;    /* empty: unknown */
    norni_str content; /* as it stands */
    norni_str
        text; /* what is analysed: cleaned_content where it is not empty, else content cleaned (NFKC left out; links removed, white space collapsed) */
    norni_str stamp;    /* the time as it stands */
    norni_str language; /* empty: unknown */
    int64_t time;       /* microseconds UTC, or NORNI_TWEET_NO_TIME */
    int64_t likes, retweets, replies, views;
    const norni_str *hashtag, *mention,
        *url; /* tags and names in lower case without their signs, each once, in order */
    uint32_t n_hashtags, n_mentions, n_urls;
    const norni_str *extra; /* (table's n_extra) cells of the columns that have no meaning here */
    uint64_t line;          /* in its file, from 1; of a JSON array the element's number */
    uint32_t file;
    uint32_t n_extra; /* of the reader: cells held before the table's columns were all known */
    uint16_t faults;  /* bits 1 << norni_tweet_fault */
    uint8_t zone;     /* 0: no time; 1: it names its offset or is an epoch; 2: read as UTC */
    uint32_t
        twin; /* index of an earlier tweet (in time) of nearly the same text that has no twin itself, or UINT32_MAX */
} norni_tweet;

/* Lines and elements that gave no tweet. */
typedef enum norni_tweet_refusal {
    NORNI_REFUSED_SYNTAX,    /* not JSON, a broken quoted cell, another number of cells */
    NORNI_REFUSED_LONG,      /* a line or element beyond 16 MiB */
    NORNI_REFUSED_NO_TEXT,   /* no text, or null, or of another type */
    NORNI_REFUSED_DUPLICATE, /* an id that came before (the first is kept) */
    NORNI_REFUSED_NEAR,   /* nearly the text of a tweet earlier in time, where such are left out */
    NORNI_REFUSED_STORED, /* an id that the store has */
    NORNI_N_REFUSALS
} norni_tweet_refusal;
/* Faults inside a tweet that is kept. */
typedef enum norni_tweet_fault {
    NORNI_FAULT_TIME,      /* no time, or one that cannot be read */
    NORNI_FAULT_ZONE,      /* a time without an offset beside times with one: read as UTC */
    NORNI_FAULT_COUNT,     /* negative, fractional, beyond 2^53, or no number: unknown */
    NORNI_FAULT_UTF8,      /* bytes that are not UTF-8, or half a surrogate pair: U+FFFD */
    NORNI_FAULT_EMPTY,     /* an empty text: neutral, confidence 0 */
    NORNI_FAULT_NO_ID,     /* dedup by text alone */
    NORNI_FAULT_LONG_TEXT, /* text beyond 64 KiB: what lies behind is not analysed */
    NORNI_FAULT_TWIN,      /* nearly the text of a tweet earlier in time, kept */
    NORNI_N_FAULTS
} norni_tweet_fault;
const char *norni_tweet_refusal_name(
    norni_tweet_refusal
        r); /* "syntax", "too_long", "no_text", "duplicate_id", "near_duplicate", "already_stored" */
const char *norni_tweet_fault_name(
    norni_tweet_fault
        f); /* "time", "zone", "count", "utf8", "empty_text", "no_id", "long_text", "near_duplicate" */

typedef struct norni_tweet_example { /* where the first of a kind was met */
    uint32_t file;
    uint64_t line;
    char what[160];
} norni_tweet_example;

typedef struct norni_tweets {
    const norn_alloc *alloc;
    norni_arena arena, names;
    norni_tweet *tweet; /* (n) in input order */
    size_t n, cap;
    norni_str *extra_name; /* (n_extra) in order of first sight */
    size_t n_extra;
    uint64_t n_read; /* records of the input: n + all refusals */
    uint64_t n_bytes;
    uint64_t refused[NORNI_N_REFUSALS];
    uint64_t refused_before[NORNI_N_REFUSALS]; /* of a stream: in earlier pieces */
    uint64_t fault[NORNI_N_FAULTS];
    norni_tweet_example refused_first[NORNI_N_REFUSALS], fault_first[NORNI_N_FAULTS];
    bool has_user;                     /* some tweet's author is known */
    bool has_views;                    /* the input has such a column */
    norni_tweet_example plain_first;   /* the first time without an offset */
    struct norni_tweet_stream *stream; /* of norni_tweets_parse: the header, what is open */
} norni_tweets;

void norni_tweets_init(norni_tweets *t, const norn_alloc *alloc);
void norni_tweets_clear(norni_tweets *t);
/* Empties the table for a stream's next piece: its counts, columns and what is known of the stream stay, the tweets and their texts go. */
void norni_tweets_restart(norni_tweets *t);

#endif
