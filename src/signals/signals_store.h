/* A folder of tweets that grows: each id once, appended and safe against a torn tail, with its meta.json. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_STORE_H
#define NORNI_SIGNALS_STORE_H

#include "base/ctx.h"
#include "signals/signals_tweets.h"

/* DIR/tweets_incremental.jsonl (a line a tweet, with the names of the spec's 3.2), DIR/tweets_incremental.meta.json (count, columns, schema, size, language_distribution,
 * unique_users), DIR/scraping_metadata.json ({hashtags_scraped{tag{scraped_count, unique_added, target_count, scraped_at}}, total_tweets, sessions[]}). One writer at a time (a lock). */
typedef struct norni_tweet_store norni_tweet_store;

typedef struct norni_tweet_store_count {
    uint64_t n_before, n_offered, n_added,
        n_known; /* tweets; those that the reader refused as known or repeated are offered and known, too */
    uint64_t torn_bytes; /* of an append that a crash cut, taken off */
} norni_tweet_store_count;

/* Opens, and makes when new; reads the ids. NORN_E_IO; NORN_E_FORMAT names file and line; NORN_E_IO when another process holds it. */
NORN_CHECKED norn_status norni_tweet_store_open(norn_ctx *ctx, const char *folder,
                                                norni_tweet_store **out, norn_err *err);
bool norni_tweet_store_has(const norni_tweet_store *s, norni_str id);
/* Whether it had the id when it was opened. */
bool norni_tweet_store_had(const norni_tweet_store *s, norni_str id);
/* Appends those that the store does not have (first seen is kept), syncs, then renews both JSON files (written aside, renamed). A failure leaves the store as it was. unix_seconds: of the session. */
NORN_CHECKED norn_status norni_tweet_store_add(norni_tweet_store *s, const norni_tweets *t,
                                               int64_t unix_seconds, norni_tweet_store_count *count,
                                               norn_err *err);
/* All tweets that it holds, as a source for norni_tweets_read (JSON lines): the path. */
const char *norni_tweet_store_path(const norni_tweet_store *s);
void norni_tweet_store_close(norni_tweet_store *s); /* NULL is legal */

#endif
