/* Results kept between runs: single flight around Redis and the folder; what fails is a miss. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Time: an entry is good for keep_seconds from when it was made. "Now" is the later of the clock and of what the clock said when
 * the cache was opened plus the monotonic time since: a clock that is set back makes nothing young again, one that is set forward
 * only makes entries old. What was made more than FUTURE seconds from now (by a clock that was ahead) is a miss. Nothing waits by
 * the clock. */
#include "store/cache.h"

#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/s3_crypto.h"
#include "store/cache_flight.h"
#include "store/cache_redis.h"
#include "store/cache_sqlite.h"

enum { USUAL_KEEP = 24 * 3600, FUTURE = 300 };
#define USUAL_BYTES (UINT64_C(512) << 20)

enum { WARN_FOLDER, WARN_PUT, WARN_ANEW, WARN_VALUE, WARN_REDIS, WARN_SHA };

struct norni_cache {
    norn_alloc alloc;
    norni_cache_opt opt;
    norni_flights flights;
    norni_shelf *shelf; /* NULL: there is no folder */
    norni_redis *redis; /* NULL: none was asked for */
    norni_cache_coder coder;
    int64_t wall_open, ns_open;
    _Atomic int64_t pid; /* whose threads, locks and connections these are; -1: being put right */
    atomic_bool child;
    _Atomic uint64_t hits, misses, shared, errors, puts;
    atomic_uint warned; /* bit by kind */
};

static int64_t wall_clock(void *user) {
    (void)user;
    return (int64_t)time(NULL);
}

static int64_t now_of(const norni_cache *c) {
    const int64_t wall = c->opt.now(c->opt.now_user);
    const int64_t since = c->wall_open + (norni_clock_ns() - c->ns_open) / 1000000000;
    return wall > since ? wall : since;
}

static void trouble(norni_cache *c, unsigned kind, const norn_err *err) {
    atomic_fetch_add(&c->errors, 1);
    if ((atomic_fetch_or(&c->warned, 1U << kind) & (1U << kind)) != 0 || c->opt.warn == NULL)
        return;
    c->opt.warn(c->opt.warn_user, err->text);
}

/* After a fork the locks may be held by threads that are no more, and SQLite thinks that it holds the parent's file locks. */
static void see_process(norni_cache *c) {
    const int64_t own = (int64_t)getpid();
    int64_t seen = atomic_load(&c->pid);
    while (seen != own) {
        if (seen != -1 && atomic_compare_exchange_strong(&c->pid, &seen, -1)) {
            norni_flights_forget(&c->flights);
            if (c->redis != NULL) norni_redis_forget(c->redis);
            atomic_store(&c->child, true);
            atomic_store(&c->pid, own);
        }
        seen = atomic_load(&c->pid);
    }
}

static norni_shelf *shelf_of(norni_cache *c) {
    return atomic_load(&c->child) ? NULL : c->shelf;
}

norn_status norni_cache_open(const norn_alloc *alloc, const norni_cache_opt *opt, norni_cache **out,
                             norn_err *err) {
    norn_err why = {NORN_OK, ""};
    norni_cache *c = norni_alloc_zero(alloc, 1, sizeof *c);
    *out = NULL;
    if (c == NULL) return norni_alloc_fail(err, "cache", 1, sizeof *c);
    c->alloc = *alloc;
    c->opt = *opt;
    if (c->opt.most_bytes == 0) c->opt.most_bytes = USUAL_BYTES;
    if (c->opt.keep_seconds <= 0) c->opt.keep_seconds = USUAL_KEEP;
    if (c->opt.now == NULL) c->opt.now = wall_clock;
    c->wall_open = c->opt.now(c->opt.now_user);
    c->ns_open = norni_clock_ns();
    atomic_store(&c->pid, (int64_t)getpid());
    if (!norni_flights_init(&c->flights, &c->alloc)) {
        norn_alloc a = *alloc;
        norni_alloc_drop(&a, c, 1, sizeof *c);
        return norn_fail(err, NORN_E_INTERNAL, "cache: the system gives no lock");
    }
    norn_status st = NORN_OK;
    if (opt->redis != NULL) st = norni_redis_new(&c->alloc, opt->redis, &c->redis, err);
    if (st == NORN_OK) {
        st = norni_shelf_new(&c->alloc, opt->dir, c->opt.most_bytes, c->opt.keep_seconds, &c->shelf,
                             &why);
        if (st == NORN_E_IO && opt->lenient) {
            trouble(c, WARN_FOLDER, &why);
            st = NORN_OK;
        } else if (st != NORN_OK) {
            (void)norn_fail(err, st, "%s", why.text);
        }
    }
    if (st != NORN_OK) {
        norni_cache_close(c);
        return st;
    }
    *out = c;
    return NORN_OK;
}

void norni_cache_close(norni_cache *c) {
    if (c == NULL) return;
    norn_alloc alloc = c->alloc;
    see_process(c);
    norni_shelf_free(c->shelf, atomic_load(&c->child));
    norni_redis_free(c->redis);
    norni_flights_clear(&c->flights);
    norni_cache_coder_clear(&c->coder);
    norni_alloc_drop(&alloc, c, 1, sizeof *c);
}

norni_cache_key norni_cache_key_of(const norni_str *part, size_t n) {
    norni_s3_crypto crypto;
    norni_cache_key key = {{0}};
    if (norni_s3_crypto_load(&crypto, NULL) != NORN_OK ||
        norni_sha256_parts(&crypto, part, n, key.byte, NULL) != NORN_OK)
        memset(&key, 0, sizeof key);
    return key;
}

static bool key_is_none(norni_cache *c, const norni_cache_key *key) {
    static const norni_cache_key none;
    norn_err err = {NORN_E_IO, "cache: SHA-256 is not to be had; nothing is kept"};
    if (memcmp(key, &none, sizeof none) != 0) return false;
    trouble(c, WARN_SHA, &err);
    return true;
}

/* What a kept value's bytes come to. */
typedef enum kept { KEPT_GOOD, KEPT_OLD, KEPT_BAD } kept;

static kept take_value(norni_cache *c, const norni_cache_key *key, norni_str blob, int64_t *made,
                       norni_buf *value) {
    const size_t n = value->n;
    const int64_t now = now_of(c);
    if (!norni_cache_value_unpack(&c->coder, key, blob, made, value)) return KEPT_BAD;
    if (*made <= now + FUTURE && now - *made < c->opt.keep_seconds) return KEPT_GOOD;
    value->n = n;
    return KEPT_OLD;
}

static void say_bad_value(norni_cache *c, const char *where) {
    norn_err err;
    (void)norn_fail(&err, NORN_E_FORMAT,
                    "cache: a value kept in %s is not what was put there; it is made anew", where);
    trouble(c, WARN_VALUE, &err);
}

static bool ask_redis(norni_cache *c, const norni_cache_key *key, norni_buf *value) {
    norn_err err = {NORN_OK, ""};
    norni_buf blob;
    kept what = KEPT_OLD;
    int64_t made = 0;
    if (c->redis == NULL) return false;
    norni_buf_init(&blob, &c->alloc);
    const norni_keep_end end = norni_redis_get(c->redis, key, &blob, &err);
    if (end == NORNI_KEEP_FAILED) trouble(c, WARN_REDIS, &err);
    if (end == NORNI_KEEP_DONE)
        what = take_value(c, key, (norni_str){blob.p, blob.n}, &made, value);
    if (what == KEPT_BAD) say_bad_value(c, "Redis");
    norni_buf_clear(&blob);
    return what == KEPT_GOOD;
}

static void tell_redis(norni_cache *c, const norni_cache_key *key, norni_str blob, int64_t left) {
    norn_err err = {NORN_OK, ""};
    if (c->redis != NULL && norni_redis_put(c->redis, key, blob, left, &err) == NORNI_KEEP_FAILED)
        trouble(c, WARN_REDIS, &err);
}

static void judge_shelf(norni_cache *c, norni_keep_end end, unsigned kind, const norn_err *err) {
    if (end == NORNI_KEEP_FAILED) trouble(c, kind, err);
    if (end == NORNI_KEEP_ANEW) trouble(c, WARN_ANEW, err);
}

static bool ask_folder(norni_cache *c, const norni_cache_key *key, norni_buf *value) {
    norn_err err = {NORN_OK, ""};
    norni_buf blob;
    int64_t made = 0;
    norni_shelf *s = shelf_of(c);
    bool good = false;
    if (s == NULL) return false;
    norni_buf_init(&blob, &c->alloc);
    const norni_keep_end end = norni_shelf_get(s, key, now_of(c), &blob, &err);
    judge_shelf(c, end, WARN_FOLDER, &err);
    if (end == NORNI_KEEP_DONE) {
        const norni_str bytes = {blob.p, blob.n};
        const kept what = take_value(c, key, bytes, &made, value);
        good = what == KEPT_GOOD;
        if (what == KEPT_BAD) say_bad_value(c, "the folder");
        if (!good) judge_shelf(c, norni_shelf_drop(s, key, &err), WARN_PUT, &err);
        if (good) tell_redis(c, key, bytes, made + c->opt.keep_seconds - now_of(c));
    }
    norni_buf_clear(&blob);
    return good;
}

norni_cache_turn norni_cache_enter(norni_cache *c, const norni_cache_key *key, norni_poll poll,
                                   norni_buf *value) {
    if (c == NULL) return NORNI_CACHE_MINE;
    see_process(c);
    if (key_is_none(c, key)) {
        atomic_fetch_add(&c->misses, 1);
        return NORNI_CACHE_MINE;
    }
    if (norni_flights_enter(&c->flights, key, poll, value)) {
        atomic_fetch_add(&c->shared, 1);
        return NORNI_CACHE_SHARED;
    }
    const size_t n = value->n;
    if (!ask_redis(c, key, value) && !ask_folder(c, key, value)) {
        atomic_fetch_add(&c->misses, 1);
        return NORNI_CACHE_MINE;
    }
    norni_flights_leave(&c->flights, key, (norni_str){value->p + n, value->n - n});
    norni_flights_gone(&c->flights, key);
    atomic_fetch_add(&c->hits, 1);
    return NORNI_CACHE_HIT;
}

static void put(norni_cache *c, const norni_cache_key *key, norni_str value) {
    norn_err err = {NORN_OK, ""};
    norni_buf blob;
    norni_shelf *s = shelf_of(c);
    const int64_t now = now_of(c);
    if (s == NULL && c->redis == NULL) return;
    norni_buf_init(&blob, &c->alloc);
    if (norni_cache_value_pack(&c->coder, key, now, value, &blob)) {
        const norni_str bytes = {blob.p, blob.n};
        tell_redis(c, key, bytes, c->opt.keep_seconds);
        const norni_keep_end end = s ? norni_shelf_put(s, key, bytes, now, &err) : NORNI_KEEP_NONE;
        judge_shelf(c, end, WARN_PUT, &err);
        if (end == NORNI_KEEP_DONE) atomic_fetch_add(&c->puts, 1);
    }
    norni_buf_clear(&blob);
}

void norni_cache_leave(norni_cache *c, const norni_cache_key *key, norni_str value) {
    static const norni_cache_key none;
    if (c == NULL || memcmp(key, &none, sizeof none) == 0) return;
    see_process(c);
    norni_flights_leave(&c->flights, key, value);
    if (value.p == NULL) return;
    put(c, key, value);
    norni_flights_gone(&c->flights, key);
}

void norni_cache_stats_get(norni_cache *c, norni_cache_stats *out) {
    norn_err err = {NORN_OK, ""};
    *out = (norni_cache_stats){0};
    if (c == NULL) return;
    see_process(c);
    norni_shelf *s = shelf_of(c);
    if (s != NULL)
        judge_shelf(c, norni_shelf_count(s, &out->entries, &out->bytes, &err), WARN_FOLDER, &err);
    if (c->redis != NULL) out->redis_up = norni_redis_up(c->redis);
    out->hits = atomic_load(&c->hits);
    out->misses = atomic_load(&c->misses);
    out->shared = atomic_load(&c->shared);
    out->errors = atomic_load(&c->errors);
    out->puts = atomic_load(&c->puts);
}

const char *norni_cache_dir_of(const norni_cache *c) {
    return c != NULL && c->shelf != NULL ? norni_shelf_dir(c->shelf) : NULL;
}

norn_status norni_cache_clear(norni_cache *c, uint64_t *removed, norn_err *err) {
    norn_err why = {NORN_OK, ""};
    uint64_t n = 0, in_redis = 0;
    *removed = 0;
    see_process(c);
    norni_shelf *s = shelf_of(c);
    norni_keep_end end = s ? norni_shelf_clear(s, &n, &why) : NORNI_KEEP_NONE;
    *removed = n;
    if (end == NORNI_KEEP_FAILED) return norn_fail(err, NORN_E_IO, "%s", why.text);
    judge_shelf(c, end, WARN_ANEW, &why);
    end = c->redis ? norni_redis_clear(c->redis, &in_redis, &why) : NORNI_KEEP_NONE;
    *removed += in_redis;
    if (end == NORNI_KEEP_FAILED) return norn_fail(err, NORN_E_IO, "%s", why.text);
    return NORN_OK;
}
