/* The file of --save: what a run has fitted, one record a series, for a later run to go on from. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Its layout: model_format.h. It is read once, front to back, when it is opened: then every later
 * read finds what was checked, and a file that was cut short or changed is known before any result
 * is computed. Records stay in the file; in memory are their places and a table from hashes of keys
 * to them. */
#include "store/model_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/pack.h"
#include "io/source.h"
#include "store/model_format.h"

/* A slot: the record's number + 1 in the lower bits, a part of its key's hash above; 0: empty. */
enum { NUMBER_BITS = 40 };
#define NUMBER_MASK ((UINT64_C(1) << NUMBER_BITS) - 1)

struct norni_model_store {
    norn_ctx *ctx;
    char *path;
    int fd;
    uint64_t size;  /* of the file */
    uint64_t n;     /* records */
    uint64_t check; /* of every byte but this, the last ones */
    uint64_t *at;   /* (cap_at) where record i begins; at[n] is the end of the last */
    size_t cap_at;
    uint64_t *slot; /* (n_slots), a power of two */
    size_t n_slots;
    norni_arena arena; /* of the header */
    norni_str engine, header;
};

/* A window of the file that moves forward. */
typedef struct cursor {
    norni_buf buf;
    size_t used;   /* of buf */
    uint64_t next; /* file offset behind buf */
} cursor;

static norn_status fail_errno(const norni_model_store *s, norn_err *err, int code) {
    char text[128];
    return norn_fail(err, NORN_E_IO, "load: cannot read %s: %s", s->path,
                     strerror_r(code, text, sizeof text));
}

static norn_status fail_cut(const norni_model_store *s, norn_err *err) {
    return norn_fail(err, NORN_E_FORMAT,
                     "load: %s ends early: %llu whole records, then nothing; it was cut short",
                     s->path, (unsigned long long)s->n);
}

static norn_status fail_damaged(const norni_model_store *s, const char *what, norn_err *err) {
    return norn_fail(err, NORN_E_FORMAT, "load: %s is damaged: %s (behind record %llu)", s->path,
                     what, (unsigned long long)s->n);
}

static norn_status read_at(const norni_model_store *s, char *to, size_t n, uint64_t at,
                           norn_err *err) {
    while (n > 0) {
        const ssize_t got = pread(s->fd, to, n, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno(s, err, errno);
        if (got == 0) return fail_cut(s, err);
        to += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return NORN_OK;
}

/* Sees to it that n bytes stand behind the cursor. */
static norn_status need(const norni_model_store *s, cursor *c, size_t n, norn_err *err) {
    if (c->buf.n - c->used >= n) return NORN_OK;
    const size_t left = c->buf.n - c->used;
    if (s->size - c->next < n - left) return fail_cut(s, err);
    if (c->used > 0) memmove(c->buf.p, c->buf.p + c->used, left);
    c->buf.n = left;
    c->used = 0;
    size_t more = n - left > MODEL_CHUNK ? n - left : MODEL_CHUNK;
    if (more > s->size - c->next) more = (size_t)(s->size - c->next);
    if (!norni_buf_reserve(&c->buf, more)) return norni_alloc_fail(err, "load", more, 1);
    NORN_TRY(read_at(s, c->buf.p + left, more, c->next, err));
    c->buf.n += more;
    c->next += more;
    return NORN_OK;
}

static const char *here(const cursor *c) {
    return c->buf.p + c->used;
}

static uint64_t place(const cursor *c) {
    return c->next - (c->buf.n - c->used);
}

static uint32_t u32_at(const char *p) {
    norni_unpack u = {{p, 4}, false};
    return norni_unpack_u32(&u);
}

static uint64_t u64_at(const char *p) {
    norni_unpack u = {{p, 8}, false};
    return (uint64_t)norni_unpack_i64(&u);
}

/* The next record: its parts, borrowed from the window, and its length; *length 0: the end. */
static norn_status next_record(const norni_model_store *s, cursor *c, norni_str *key,
                               norni_str *payload, size_t *length, norn_err *err) {
    *length = 0;
    NORN_TRY(need(s, c, 4, err));
    const uint32_t n_key = u32_at(here(c));
    if (n_key == MODEL_END_MARK) return NORN_OK;
    NORN_TRY(need(s, c, MODEL_HEAD, err));
    const uint32_t n_payload = u32_at(here(c) + 4);
    if (n_key > MODEL_MOST_KEY || n_payload > MODEL_MOST_PAYLOAD)
        return fail_damaged(s, "lengths that cannot be", err);
    const size_t n = MODEL_HEAD + (size_t)n_key + n_payload;
    NORN_TRY(need(s, c, n + MODEL_CHECK, err));
    if (norni_hash64(here(c), n) != u64_at(here(c) + n))
        return fail_damaged(s, "a record that does not match its checksum", err);
    *key = (norni_str){here(c) + MODEL_HEAD, n_key};
    *payload = (norni_str){here(c) + MODEL_HEAD + n_key, n_payload};
    *length = n + MODEL_CHECK;
    return NORN_OK;
}

static uint64_t slot_of(uint64_t number, uint64_t hash) {
    return (number + 1) | (hash & ~NUMBER_MASK);
}

static norn_status grow_table(norni_model_store *s, norn_err *err) {
    const size_t n_before = s->n_slots, n = n_before ? 2 * n_before : 1024;
    uint64_t *before = s->slot, *after = norni_alloc_zero(&s->ctx->alloc, n, sizeof *after);
    if (after == NULL) return norni_alloc_fail(err, "load", n, sizeof *after);
    s->slot = after;
    s->n_slots = n;
    norni_alloc_drop(&s->ctx->alloc, before, n_before, sizeof *before);
    return NORN_OK;
}

static norn_status grow_places(norni_model_store *s, norn_err *err) {
    const size_t cap = s->cap_at ? 2 * s->cap_at : 1024;
    uint64_t *at = norni_alloc_resize(&s->ctx->alloc, s->at, s->cap_at, cap, sizeof *at);
    if (at == NULL) return norni_alloc_fail(err, "load", cap, sizeof *at);
    s->at = at;
    s->cap_at = cap;
    return NORN_OK;
}

/* The record of number i, whole, in the arena. */
static norn_status read_record(const norni_model_store *s, uint64_t i, norni_arena *arena,
                               norni_str *key, norni_str *payload, norn_err *err) {
    const size_t length = (size_t)(s->at[i + 1] - s->at[i]), n = length - MODEL_CHECK;
    char *p = norni_arena_get(arena, length, 1);
    if (p == NULL) return norni_alloc_fail(err, "load", length, 1);
    NORN_TRY(read_at(s, p, length, s->at[i], err));
    const uint64_t n_key = u32_at(p), n_payload = u32_at(p + 4);
    if (norni_hash64(p, n) != u64_at(p + n) || MODEL_HEAD + n_key + n_payload != n)
        return norn_fail(err, NORN_E_FORMAT, "load: %s has changed while it was read", s->path);
    *key = (norni_str){p + MODEL_HEAD, n_key};
    *payload = (norni_str){p + MODEL_HEAD + n_key, n_payload};
    return NORN_OK;
}

norn_status norni_model_store_get(const norni_model_store *s, norni_str key, norni_arena *arena,
                                  norni_str *payload, uint64_t *at, bool *found, norn_err *err) {
    const uint64_t hash = norni_hash64(key.p, key.n);
    *found = false;
    for (size_t i = (size_t)hash & (s->n_slots - 1);; i = (i + 1) & (s->n_slots - 1)) {
        const uint64_t slot = s->slot[i], number = (slot & NUMBER_MASK) - 1;
        norni_str own;
        if (slot == 0) return NORN_OK;
        if (slot != slot_of(number, hash)) continue;
        NORN_TRY(read_record(s, number, arena, &own, payload, err));
        if (norni_str_cmp(own, key) != 0) continue;
        if (at != NULL) *at = number;
        *found = true;
        return NORN_OK;
    }
}

/* Enters every record by its key's hash, once the number of records is known: the table then never
 * moves. */
static norn_status fill_table(norni_model_store *s, const uint64_t *hash, norn_err *err) {
    norni_arena scratch;
    norn_status st = NORN_OK;
    do
        NORN_TRY(grow_table(s, err));
    while (s->n + 1 > s->n_slots / 4 * 3);
    norni_arena_init(&scratch, &s->ctx->alloc);
    for (uint64_t k = 0; k < s->n && st == NORN_OK; k++) {
        size_t i = (size_t)hash[k] & (s->n_slots - 1);
        for (; s->slot[i] != 0 && st == NORN_OK; i = (i + 1) & (s->n_slots - 1)) {
            const uint64_t other = (s->slot[i] & NUMBER_MASK) - 1;
            norni_str a, b, rest;
            if (hash[other] != hash[k]) continue;
            norni_arena_reset(&scratch);
            st = read_record(s, other, &scratch, &a, &rest, err);
            if (st == NORN_OK) st = read_record(s, k, &scratch, &b, &rest, err);
            if (st == NORN_OK && norni_str_cmp(a, b) == 0)
                st = norn_fail(err, NORN_E_FORMAT, "load: %s is damaged: '%.*s' stands twice in it",
                               s->path, (int)(a.n > 60 ? 60 : a.n), a.p);
        }
        s->slot[i] = slot_of(k, hash[k]);
    }
    norni_arena_clear(&scratch);
    return st;
}

static norn_status check_format(norni_model_store *s, cursor *c, norn_err *err) {
    const size_t least = MODEL_MAGIC_SIZE + 8;
    if (s->size >= least) NORN_TRY(need(s, c, least, err));
    if (s->size < least || memcmp(here(c), MODEL_MAGIC, MODEL_MAGIC_SIZE) != 0)
        return norn_fail(err, NORN_E_FORMAT, "load: %s is no model store (norn forecast --save)",
                         s->path);
    const uint32_t format = u32_at(here(c) + MODEL_MAGIC_SIZE);
    if (format == MODEL_FORMAT) return NORN_OK;
    const uint32_t n = u32_at(here(c) + MODEL_MAGIC_SIZE + 4);
    if (n > 64 || s->size < least + n) return fail_damaged(s, "a format that does not exist", err);
    NORN_TRY(need(s, c, least + n, err));
    return norn_fail(err, NORN_E_FORMAT,
                     "load: %s was written by norn %.*s in format %u; this version reads format %d",
                     s->path, (int)n, here(c) + MODEL_MAGIC_SIZE + 8, (unsigned)format,
                     (int)MODEL_FORMAT);
}

/* A text with its length in front, at *at behind the cursor. */
static norn_status read_text(norni_model_store *s, cursor *c, size_t *at, norni_str *out,
                             norn_err *err) {
    NORN_TRY(need(s, c, *at + 4, err));
    const uint32_t n = u32_at(here(c) + *at);
    if (n > MODEL_MOST_KEY) return fail_damaged(s, "lengths that cannot be", err);
    NORN_TRY(need(s, c, *at + 4 + n, err));
    *out = (norni_str){norni_arena_text(&s->arena, here(c) + *at + 4, n), n};
    *at += 4 + (size_t)n;
    return out->p ? NORN_OK : norni_alloc_fail(err, "load", n, 1);
}

static norn_status read_head(norni_model_store *s, cursor *c, norni_hash_stream *whole,
                             norn_err *err) {
    size_t n = MODEL_MAGIC_SIZE + 4;
    NORN_TRY(check_format(s, c, err));
    NORN_TRY(read_text(s, c, &n, &s->engine, err));
    NORN_TRY(read_text(s, c, &n, &s->header, err));
    NORN_TRY(need(s, c, n + MODEL_CHECK, err));
    if (norni_hash64(here(c), n) != u64_at(here(c) + n))
        return fail_damaged(s, "a header that does not match its checksum", err);
    norni_hash_stream_add(whole, here(c), n + MODEL_CHECK);
    c->used += n + MODEL_CHECK;
    return NORN_OK;
}

static norn_status read_end(norni_model_store *s, cursor *c, norni_hash_stream *whole,
                            norn_err *err) {
    NORN_TRY(need(s, c, MODEL_END, err));
    norni_hash_stream_add(whole, here(c), MODEL_END - MODEL_CHECK);
    s->check = u64_at(here(c) + 12);
    if (u64_at(here(c) + 4) != s->n || norni_hash_stream_get(whole).lo != s->check)
        return fail_damaged(s, "its parts do not belong together", err);
    if (place(c) + MODEL_END != s->size) return fail_damaged(s, "bytes behind its end", err);
    return NORN_OK;
}

/* Every record once: its checksum, its place, its key's hash into `hashes` (u64 each). */
static norn_status read_records(norni_model_store *s, cursor *c, norni_hash_stream *whole,
                                norni_buf *hashes, norn_err *err) {
    norni_str key, payload;
    for (size_t length = 1;; s->n++) {
        if (s->n + 1 >= s->cap_at) NORN_TRY(grow_places(s, err));
        NORN_TRY(next_record(s, c, &key, &payload, &length, err));
        s->at[s->n] = place(c);
        if (length == 0) return read_end(s, c, whole, err);
        const uint64_t hash = norni_hash64(key.p, key.n);
        norni_buf_add(hashes, &hash, sizeof hash);
        if (hashes->failed) return norni_alloc_fail(err, "load", hashes->cap, 2);
        norni_hash_stream_add(whole, here(c), length);
        c->used += length;
    }
}

static norn_status read_file(norni_model_store *s, norn_err *err) {
    struct stat info;
    cursor c = {.used = 0};
    norni_buf hashes;
    norni_hash_stream whole;
    norn_status st;
    norn_err why;
    st = norni_path_open(s->ctx, s->path, &s->fd, &why);
    if (st != NORN_OK) return norn_fail(err, st, "load: %s: %s", s->path, why.text);
    if (fstat(s->fd, &info) != 0) return fail_errno(s, err, errno);
    if (!S_ISREG(info.st_mode))
        return norn_fail(err, NORN_E_IO, "load: %s is not a regular file", s->path);
    s->size = (uint64_t)info.st_size;
    norni_hash_stream_init(&whole);
    norni_buf_init(&c.buf, &s->ctx->alloc);
    norni_buf_init(&hashes, &s->ctx->alloc);
    NORN_TRY_GOTO(read_head(s, &c, &whole, err), done);
    NORN_TRY_GOTO(read_records(s, &c, &whole, &hashes, err), done);
    norni_buf_clear(&c.buf);
    st = fill_table(s, (const uint64_t *)(const void *)hashes.p, err);
done:
    norni_buf_clear(&c.buf);
    norni_buf_clear(&hashes);
    return st;
}

norn_status norni_model_store_open(norn_ctx *ctx, const char *path, norni_model_store **out,
                                   norn_err *err) {
    *out = NULL;
    norni_model_store *s = norni_alloc_zero(&ctx->alloc, 1, sizeof *s);
    if (s == NULL) return norni_alloc_fail(err, "load", 1, sizeof *s);
    s->ctx = ctx;
    s->fd = -1;
    norni_arena_init(&s->arena, &ctx->alloc);
    s->path = norni_arena_text(&s->arena, path, strlen(path));
    const norn_status st =
        s->path ? read_file(s, err) : norni_alloc_fail(err, "load", strlen(path), 1);
    if (st == NORN_OK)
        *out = s;
    else
        norni_model_store_close(s);
    return st;
}

void norni_model_store_close(norni_model_store *s) {
    if (s == NULL) return;
    if (s->fd >= 0) (void)close(s->fd);
    norni_alloc_drop(&s->ctx->alloc, s->at, s->cap_at, sizeof *s->at);
    norni_alloc_drop(&s->ctx->alloc, s->slot, s->n_slots, sizeof *s->slot);
    norni_arena_clear(&s->arena);
    norni_alloc_drop(&s->ctx->alloc, s, 1, sizeof *s);
}

norni_str norni_model_store_header(const norni_model_store *s) {
    return s->header;
}
norni_str norni_model_store_engine(const norni_model_store *s) {
    return s->engine;
}
uint64_t norni_model_store_check(const norni_model_store *s) {
    return s->check;
}
uint64_t norni_model_store_n(const norni_model_store *s) {
    return s->n;
}

norn_status norni_model_store_each(const norni_model_store *s, norni_model_record_fn fn, void *arg,
                                   norn_err *err) {
    cursor c = {.next = s->n > 0 ? s->at[0] : 0};
    norn_status st = NORN_OK;
    norni_buf_init(&c.buf, &s->ctx->alloc);
    for (uint64_t k = 0; k < s->n && st == NORN_OK; k++) {
        norni_str key, payload;
        size_t length;
        st = next_record(s, &c, &key, &payload, &length, err);
        if (st == NORN_OK && length == 0)
            st = norn_fail(err, NORN_E_FORMAT, "load: %s has changed while it was read", s->path);
        if (st == NORN_OK) st = fn(arg, k, key, payload, err);
        c.used += length;
    }
    norni_buf_clear(&c.buf);
    return st;
}
