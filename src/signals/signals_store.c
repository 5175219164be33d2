/* A folder of tweets that grows: each id once, appended and safe against a torn tail. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The lines are the truth: ids, users and languages are counted from them when the folder is opened. A line that a crash cut
 * is taken off then; whole lines of an append that was cut stay, and the same tweets offered again are known. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/grow.h"
#include "signals/signals_read.h"
#include "signals/signals_store_parts.h"

enum { PIECE = 1 << 20 };

static norn_status fail_errno(const char *what, const char *path, norn_err *err) {
    const int number = errno;
    char text[128];
    return norn_fail(err, NORN_E_IO, "store: cannot %s %s: %s", what, path,
                     strerror_r(number, text, sizeof text));
}

norn_status norni_store_tally_add(norni_arena *arena, norni_store_tally *tally, norni_str name,
                                  norn_err *err) {
    bool added;
    int64_t k = norni_map_find(&tally->map, name);
    if (k == NORNI_MAP_NONE) {
        const char *kept = norni_arena_text(arena, name.p, name.n);
        uint64_t *count =
            norni_list_grow(arena, tally->count, tally->map.n, &tally->cap, 16, sizeof *count);
        if (count != NULL) tally->count = count;
        k = kept && count ? norni_map_add(&tally->map, (norni_str){kept, name.n}, &added)
                          : NORNI_MAP_NONE;
        if (k == NORNI_MAP_NONE) return norni_alloc_fail(err, "store", tally->map.n, 24);
        tally->count[k] = 0;
    }
    tally->count[k]++;
    return NORN_OK;
}

norn_status norni_store_know(norni_tweet_store *s, const norni_tweet *tweet, norni_str id,
                             norn_err *err) {
    bool before;
    const char *kept = norni_arena_text(&s->arena, id.p, id.n);
    if (kept == NULL || norni_map_add(&s->ids, (norni_str){kept, id.n}, NULL) == NORNI_MAP_NONE)
        return norni_alloc_fail(err, "store", s->ids.n, sizeof *s->ids.keys);
    if (tweet->user.n > 0)
        NORN_TRY(norni_seen_add(&s->users, norni_hash64(tweet->user.p, tweet->user.n) | 1, &before,
                                err));
    if (tweet->language.n > 0 && memchr(tweet->language.p, 0, tweet->language.n) == NULL)
        NORN_TRY(norni_store_tally_add(&s->arena, &s->languages, tweet->language, err));
    s->n++;
    return NORN_OK;
}

/* ---- opening ---- */

static norn_status know_piece(norni_tweet_store *s, norni_tweets *t, norni_buf *scratch,
                              norn_err *err) {
    const norni_tweet_refusal bad[] = {NORNI_REFUSED_SYNTAX, NORNI_REFUSED_LONG,
                                       NORNI_REFUSED_NO_TEXT};
    for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++)
        if (t->refused[bad[k]] > 0)
            return norn_fail(err, NORN_E_FORMAT, "store: %s: line %llu: %s", s->path,
                             (unsigned long long)t->refused_first[bad[k]].line,
                             t->refused_first[bad[k]].what);
    for (size_t k = 0; k < t->n; k++) {
        char made[40];
        const norni_str id = norni_store_id(&t->tweet[k], scratch, made);
        if (scratch->failed) return norni_alloc_fail(err, "store", 1, t->tweet[k].content.n);
        if (norni_map_find(&s->ids, id) == NORNI_MAP_NONE)
            NORN_TRY(norni_store_know(s, &t->tweet[k], id, err));
    }
    norni_tweets_restart(t);
    return NORN_OK;
}

/* Reads [0, size) of the lines; *whole: behind the last line's end. */
static norn_status read_lines(norni_tweet_store *s, norni_buf *text, norni_buf *scratch,
                              norni_tweets *t, uint64_t *whole, norn_err *err) {
    norni_tweets_read_opt opt = norni_tweets_read_opt_default();
    uint64_t at = 0;
    opt.format = NORNI_TWEETS_JSONL;
    opt.tags_from_text = false;
    *whole = 0;
    for (;;) {
        if (!norni_buf_reserve(text, PIECE)) return norni_alloc_fail(err, "store", text->n, 2);
        const ssize_t got = pread(s->fd, text->p + text->n, PIECE, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read", s->path, err);
        if (got == 0) break;
        at += (uint64_t)got;
        text->n += (size_t)got;
        const char *eol = memrchr(text->p, '\n', text->n);
        if (eol == NULL) continue;
        const size_t n = (size_t)(eol + 1 - text->p);
        size_t used;
        NORN_TRY(norni_tweets_parse(s->ctx, (norni_str){text->p, n}, false, &opt, t, &used, err));
        NORN_TRY(know_piece(s, t, scratch, err));
        *whole += n;
        memmove(text->p, text->p + n, text->n - n);
        text->n -= n;
    }
    return NORN_OK;
}

static norn_status load(norni_tweet_store *s, norn_err *err) {
    norni_tweets t;
    norni_buf text, scratch;
    struct stat st;
    uint64_t whole = 0;
    if (fstat(s->fd, &st) != 0) return fail_errno("look at", s->path, err);
    norni_tweets_init(&t, &s->ctx->alloc);
    norni_buf_init(&text, &s->ctx->alloc);
    norni_buf_init(&scratch, &s->ctx->alloc);
    const norn_status status = read_lines(s, &text, &scratch, &t, &whole, err);
    norni_buf_clear(&scratch);
    norni_buf_clear(&text);
    norni_tweets_clear(&t);
    NORN_TRY(status);
    if (whole < (uint64_t)st.st_size) {
        if (ftruncate(s->fd, (off_t)whole) != 0) return fail_errno("mend", s->path, err);
        s->torn_bytes = (uint64_t)st.st_size - whole;
    }
    s->size = whole;
    s->n_opened = s->ids.n;
    return NORN_OK;
}

static norn_status open_files(norni_tweet_store *s, norn_err *err) {
    char path[PATH_MAX];
    NORN_TRY(norni_folder_make(s->folder, "store", err));
    norni_format(path, sizeof path, "%s/.lock", s->folder);
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (s->lock < 0) return fail_errno("open", path, err);
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
        return norn_fail(err, NORN_E_IO, "store: another process is using %s", s->folder);
    s->fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (s->fd < 0) return fail_errno("open", s->path, err);
    return load(s, err);
}

norn_status norni_tweet_store_open(norn_ctx *ctx, const char *folder, norni_tweet_store **out,
                                   norn_err *err) {
    static const char name[] = "/tweets_incremental.jsonl";
    const size_t n = strlen(folder);
    *out = NULL;
    if (strncmp(folder, "s3://", 5) == 0)
        return norn_fail(err, NORN_E_ARG, "store: a local folder is wanted, not %s", folder);
    if (n == 0 || n + 64 > PATH_MAX)
        return norn_fail(err, NORN_E_ARG, "store: a folder's name has 1 to %d bytes",
                         PATH_MAX - 64);
    norni_tweet_store *s = norni_alloc_zero(&ctx->alloc, 1, sizeof *s);
    if (s == NULL) return norni_alloc_fail(err, "store", 1, sizeof *s);
    s->ctx = ctx;
    s->lock = s->fd = -1;
    norni_arena_init(&s->arena, &ctx->alloc);
    norni_map_init(&s->ids, &ctx->alloc);
    norni_seen_init(&s->users, &ctx->alloc);
    norni_map_init(&s->languages.map, &ctx->alloc);
    s->folder = norni_arena_text(&s->arena, folder, n);
    s->path = norni_arena_get(&s->arena, n + sizeof name, 1);
    norn_status st = NORN_OK;
    if (s->folder == NULL || s->path == NULL) {
        st = norni_alloc_fail(err, "store", n, 1);
    } else {
        norni_format(s->path, n + sizeof name, "%s%s", folder, name);
        st = open_files(s, err);
    }
    if (st != NORN_OK) {
        norni_tweet_store_close(s);
        return st;
    }
    *out = s;
    return NORN_OK;
}

bool norni_tweet_store_has(const norni_tweet_store *s, norni_str id) {
    return norni_map_find(&s->ids, id) != NORNI_MAP_NONE;
}

bool norni_tweet_store_had(const norni_tweet_store *s, norni_str id) {
    const int64_t at = norni_map_find(&s->ids, id);
    return at != NORNI_MAP_NONE && (size_t)at < s->n_opened;
}

const char *norni_tweet_store_path(const norni_tweet_store *s) {
    return s->path;
}

void norni_tweet_store_close(norni_tweet_store *s) {
    if (s == NULL) return;
    if (s->fd >= 0) (void)close(s->fd);
    if (s->lock >= 0) (void)close(s->lock);
    norni_map_clear(&s->languages.map);
    norni_seen_clear(&s->users);
    norni_map_clear(&s->ids);
    norni_arena_clear(&s->arena);
    norni_alloc_drop(&s->ctx->alloc, s, 1, sizeof *s);
}

/* ---- adding ---- */

static norn_status write_all(norni_tweet_store *s, norni_buf *b, norn_err *err) {
    if (b->failed) return norni_alloc_fail(err, "store", b->n, 2);
    for (size_t done = 0; done < b->n;) {
        const ssize_t n = pwrite(s->fd, b->p + done, b->n - done, (off_t)s->size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("write", s->path, err);
        done += (size_t)n;
        s->size += (uint64_t)n;
    }
    b->n = 0;
    return NORN_OK;
}

static norn_status append(norni_tweet_store *s, norni_store_session *session, bool *fresh,
                          norni_buf *b, norni_buf *scratch, norn_err *err) {
    const norni_tweets *t = session->t;
    const norni_poll poll = norni_ctx_poll(s->ctx);
    char at[48], made[40];
    const norni_str now = norni_store_time(session->unix_seconds * 1000000, at);
    for (size_t k = 0; k < t->n; k++) {
        const norni_str id = norni_store_id(&t->tweet[k], scratch, made);
        if (scratch->failed) return norni_alloc_fail(err, "store", 1, t->tweet[k].content.n);
        if (k % 1024 == 0 && norni_poll_stop(&poll))
            return norn_fail(err, NORN_E_CANCEL, "store: cancelled");
        fresh[k] = norni_map_find(&s->ids, id) == NORNI_MAP_NONE;
        session->count.n_offered++;
        session->count.n_added += fresh[k];
        session->count.n_known += !fresh[k];
        if (!fresh[k]) continue;
        NORN_TRY(norni_store_know(s, &t->tweet[k], id, err));
        norni_store_line(t, &t->tweet[k], id, now, b);
        if (b->n >= PIECE || b->failed) NORN_TRY(write_all(s, b, err));
    }
    NORN_TRY(write_all(s, b, err));
    if (session->count.n_added > 0 && fsync(s->fd) != 0) return fail_errno("sync", s->path, err);
    return norni_store_describe(s, session, err);
}

norn_status norni_tweet_store_add(norni_tweet_store *s, const norni_tweets *t, int64_t unix_seconds,
                                  norni_tweet_store_count *count, norn_err *err) {
    static const norni_tweet_refusal known[] = {NORNI_REFUSED_STORED, NORNI_REFUSED_DUPLICATE};
    const uint64_t size = s->size;
    norni_buf b, scratch;
    if (s->failed)
        return norn_fail(err, NORN_E_IO, "store: an earlier append failed; open %s anew",
                         s->folder);
    if (unix_seconds < -62135596800 || unix_seconds > 253402300799)
        return norn_fail(err, NORN_E_ARG,
                         "store: the session's time is outside the years 1 to 9999");
    bool *fresh = norni_alloc_zero(&s->ctx->alloc, t->n, sizeof *fresh);
    if (fresh == NULL) return norni_alloc_fail(err, "store", t->n, sizeof *fresh);
    norni_buf_init(&b, &s->ctx->alloc);
    norni_buf_init(&scratch, &s->ctx->alloc);
    norni_store_session session = {
        t, fresh, unix_seconds, {.n_before = s->n, .torn_bytes = s->torn_bytes}};
    for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
        session.count.n_known += t->refused[known[k]] - t->refused_before[known[k]];
    session.count.n_offered = session.count.n_known;
    const norn_status st = append(s, &session, fresh, &b, &scratch, err);
    norni_buf_clear(&scratch);
    norni_buf_clear(&b);
    norni_alloc_drop(&s->ctx->alloc, fresh, t->n, sizeof *fresh);
    if (st !=
        NORN_OK) { /* what was appended is taken off; what cannot be is a torn tail or whole lines */
        s->failed = true;
        if (ftruncate(s->fd, (off_t)size) == 0) s->size = size;
        return st;
    }
    *count = session.count;
    return NORN_OK;
}
