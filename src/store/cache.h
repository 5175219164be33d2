/* Results kept between runs: by what they were made from, checked when they come back, never an answer when in doubt. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_CACHE_H
#define NORNI_CACHE_H

#include "base/hash.h"
#include "base/ctx.h"
#include "base/str.h"

typedef struct norni_cache norni_cache;

typedef struct norni_cache_opt {
    const char *
        dir; /* folder of the database, made when it is not there; NULL: NORN_CACHE_DIR, $XDG_CACHE_HOME/norn or ~/.cache/norn */
    uint64_t most_bytes;  /* size cap of what is kept; the longest unused go first. 0: 512 MiB */
    int64_t keep_seconds; /* 0: 24 hours */
    const char *redis; /* "host:port", asked first, the folder when it does not answer; or NULL */
    int64_t (*now)(void *user); /* unix seconds; NULL: the clock */
    void *now_user;
    void (*warn)(void *user, const char *text); /* once for each kind of failure; NULL: silent */
    void *warn_user;
    bool
        lenient; /* a folder that cannot be used is warned of and counted, no error: Redis and single flight remain */
} norni_cache_opt;

/* Safe for many threads and processes at once; safe after kill -9. NORN_E_IO names the folder and the remedy; whoever can do without
 * goes on without. The database and Redis are opened when they are first needed. A forked child does without the folder: SQLite
 * cannot be used on both sides of a fork. */
NORN_CHECKED norn_status norni_cache_open(const norn_alloc *alloc, const norni_cache_opt *opt,
                                          norni_cache **out, norn_err *err);
void norni_cache_close(norni_cache *c); /* NULL is legal */

/* A key of 256 bits, SHA-256 over parts that the caller hands in turn (each with its length). */
typedef struct norni_cache_key {
    unsigned char byte[32];
} norni_cache_key;
/* parts (n): engine version, operation, canonical parameters, content. All zeros where there is no SHA-256 (libcrypto): nothing is
 * kept under that key. */
norni_cache_key norni_cache_key_of(const norni_str *part, size_t n);

typedef enum norni_cache_turn {
    NORNI_CACHE_HIT,    /* *value is the kept one */
    NORNI_CACHE_SHARED, /* another was making it: *value is theirs */
    NORNI_CACHE_MINE,   /* the caller makes it, and must call norni_cache_leave */
} norni_cache_turn;

/* Single flight: of many who enter with one key at once, one gets MINE, the others wait (poll says when to give up: then they get
 * MINE, too, as when whoever made it failed). A cache that fails answers MINE, and so does c NULL. *value is appended to. */
norni_cache_turn norni_cache_enter(norni_cache *c, const norni_cache_key *key, norni_poll poll,
                                   norni_buf *value);
/* value.p NULL: it could not be made. c NULL is legal. */
void norni_cache_leave(norni_cache *c, const norni_cache_key *key, norni_str value);

typedef struct norni_cache_stats {
    uint64_t hits, misses, shared, errors, puts; /* of this process */
    uint64_t entries, bytes;                     /* of the folder */
    bool redis_up;
} norni_cache_stats;
/* c NULL: zeros. */
void norni_cache_stats_get(norni_cache *c, norni_cache_stats *out);
const char *norni_cache_dir_of(const norni_cache *c); /* NULL: no folder is in use */
/* Removes everything, in Redis too. */
NORN_CHECKED norn_status norni_cache_clear(norni_cache *c, uint64_t *removed, norn_err *err);

#endif
