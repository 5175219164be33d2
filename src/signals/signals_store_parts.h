/* The parts of the store of tweets: its counts, its lines, its two descriptions. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_STORE_PARTS_H
#define NORNI_SIGNALS_STORE_PARTS_H

#include "base/map.h"
#include "base/seen.h"
#include "io/writer.h"
#include "signals/signals_store.h"

enum { NORNI_STORE_COLUMNS = 14 };
extern const char *const norni_store_column[NORNI_STORE_COLUMNS];

/* Names with a number each, in order of first sight. */
typedef struct norni_store_tally {
    norni_map map;
    uint64_t *count; /* (cap) */
    size_t cap;
} norni_store_tally;

struct norni_tweet_store {
    norn_ctx *ctx;
    char *folder, *path; /* path: of the lines */
    int lock, fd;
    norni_arena arena; /* ids, languages */
    norni_map ids;
    size_t n_opened; /* ids that were there when it was opened, the first of all */
    norni_seen users;
    norni_store_tally languages;
    uint64_t n, size;    /* tweets and bytes of the file of lines */
    uint64_t torn_bytes; /* cut off when it was opened */
    bool failed;         /* what is in memory may be ahead of the file */
};

/* What one call of norni_tweet_store_add does. */
typedef struct norni_store_session {
    const norni_tweets *t;
    const bool *fresh; /* (t->n) was added */
    int64_t unix_seconds;
    norni_tweet_store_count count;
} norni_store_session;

/* The id, or one made of user, time and text where there is none: 37 bytes in `made`. */
norni_str norni_store_id(const norni_tweet *tweet, norni_buf *scratch, char made[40]);
/* The tweet as a line, its end included. */
void norni_store_line(const norni_tweets *t, const norni_tweet *tweet, norni_str id,
                      norni_str processed_at, norni_buf *out);
/* "2014-01-01T03:59:03+00:00" of microseconds. */
norni_str norni_store_time(int64_t us, char out[48]);
NORN_CHECKED norn_status norni_store_tally_add(norni_arena *arena, norni_store_tally *tally,
                                               norni_str name, norn_err *err);
/* Counts a tweet that is in the file: id, user, language. */
NORN_CHECKED norn_status norni_store_know(norni_tweet_store *s, const norni_tweet *tweet,
                                          norni_str id, norn_err *err);
/* Both descriptions, whole or as they were. */
NORN_CHECKED norn_status norni_store_describe(const norni_tweet_store *s,
                                              const norni_store_session *session, norn_err *err);

#endif
