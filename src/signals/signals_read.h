/* Tweets read: CSV, JSON lines, one JSON array, from files, pipes and memory; near-duplicates found. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_READ_H
#define NORNI_SIGNALS_READ_H

#include "io/source.h"
#include "par/pool.h"
#include "signals/signals_tweets.h"

typedef enum norni_tweet_format {
    NORNI_TWEETS_AUTO,
    NORNI_TWEETS_CSV,
    NORNI_TWEETS_JSONL,
    NORNI_TWEETS_JSON
} norni_tweet_format;

/* Where an id was met before this table. */
typedef enum norni_tweet_past {
    NORNI_TWEET_NEW,
    NORNI_TWEET_CAME,  /* in an earlier piece of the stream: NORNI_REFUSED_DUPLICATE */
    NORNI_TWEET_STORED /* NORNI_REFUSED_STORED */
} norni_tweet_past;

typedef struct norni_tweets_read_opt {
    norni_tweet_format
        format; /* AUTO: by the first byte that is not white space ('[' an array, '{' lines), else CSV */
    /* NULL: by name, in this order: text = cleaned_content, content, text, tweet; id = tweet_id, id, id_str; time = timestamp, created_at, date; user =
     * username, user, author, screen_name, author_id; likes or favorite_count, like_count; retweets or retweet_count; replies or reply_count; views or view_count, impression_count;
     * hashtags (list, or words), cashtags; mentions; urls or extracted_urls; language = detected_language, lang, language. A cell of words is cut at blanks, commas and signs; an element of a
     * JSON list is one tag or name, whatever it holds: trimmed, without its signs in front and without control characters. */
    const char *text_col, *id_col, *time_col, *user_col;
    char delimiter; /* 0: by the header */
    bool
        tags_from_text; /* hashtags and mentions are looked for in the text where the input has no such column */
    bool drop_near; /* near-duplicates are refused, else marked */
    size_t
        near_bits; /* a twin's SimHash of 64 bits differs in at most that many; 0: equal normalised text alone */
    uint64_t most_tweets;                                /* 0: as many as memory has */
    norni_tweet_past (*known)(void *user, norni_str id); /* NULL: nothing came before */
    void *user;
} norni_tweets_read_opt;
norni_tweets_read_opt norni_tweets_read_opt_default(void);

/* Appends one source's tweets; `file` is its number for messages. NORN_E_FORMAT: no column of text, or not a JSON array; NORN_E_DATA: not a single record was usable is NOT an error here
 * (the caller looks at n). Cells are taken apart in parallel blocks by bytes; the result is the same at any worker count. */
NORN_CHECKED norn_status norni_tweets_read(norn_ctx *ctx, norni_source *in, uint32_t file,
                                           const norni_tweets_read_opt *opt, norni_tweets *out,
                                           norn_err *err);
/* After the last source: ids that come again, near-duplicates (marked, or refused), counts. */
NORN_CHECKED norn_status norni_tweets_settle(norn_ctx *ctx, const norni_tweets_read_opt *opt,
                                             norni_tweets *t, norn_err *err);

/* A stream: the whole records of a buffer's beginning, for a face that scores as lines come. *used: bytes taken. CSV (head: its header line) or JSON lines. */
NORN_CHECKED norn_status norni_tweets_parse(norn_ctx *ctx, norni_str bytes, bool last,
                                            const norni_tweets_read_opt *opt, norni_tweets *out,
                                            size_t *used, norn_err *err);

#endif
