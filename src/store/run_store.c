/* The run folder of --resume: what a run has computed, item by item, safe against its death. */
/* SPDX-License-Identifier: Apache-2.0 */
/* DIR/run.txt is the header, written once and whole; it is locked while a run uses the folder.
 * DIR/items.log is frames: magic, payload length, XXH3-64 of key and payload, key, payload. A frame
 * is appended with one write, so that a killed process can at most leave its last write torn; what
 * does not check out at the end is cut off. Records are looked up by the item's key (a hash of its
 * data and of everything that bears on the result), so neither order nor batches matter. */
#include "store/run_store.h"

#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/writer.h"

#define MAGIC     UINT32_C(0x314E524E) /* "NRN1" */
#define GATHER_NS INT64_C(200000000)
enum { GATHER_BYTES = 1 << 16, MOST_RECORD = 1 << 30, HEADER_MOST = 1 << 16 };

typedef struct frame_head {
    uint32_t magic, n;
    uint64_t check;
    norni_hash128 key;
} frame_head;

typedef struct index_slot {
    norni_hash128 key;
    uint64_t at; /* of the payload in the log; 0: empty slot */
    uint32_t n;
} index_slot;

/* What one worker has not written yet. */
typedef struct gathered {
    norni_buf buf;
    int64_t since_ns;
} gathered;

struct norni_run_store {
    norn_ctx *ctx;
    char path[PATH_MAX];
    int lock, log;
    index_slot *slot; /* (n_slots), a power of two; fixed after opening */
    size_t n_slots, n_found;
    atomic_size_t n_added;
    gathered *gathered; /* (n_workers) */
    int32_t n_workers;
    pthread_mutex_t mutex; /* one appending writer at a time */
};

static norn_status fail_errno(const norni_run_store *s, norn_err *err, int code) {
    char text[128];
    return norn_fail(err, NORN_E_IO, "cannot use the run folder %s: %s", s->path,
                     strerror_r(code, text, sizeof text));
}

static uint64_t check_of(const frame_head *head, const char *payload) {
    norni_hash_stream h;
    norni_hash_stream_init(&h);
    norni_hash_stream_add(&h, &head->n, sizeof head->n);
    norni_hash_stream_add(&h, &head->key, sizeof head->key);
    norni_hash_stream_add(&h, payload, head->n);
    return norni_hash_stream_get(&h).lo;
}

static index_slot *find_slot(const norni_run_store *s, norni_hash128 key) {
    for (size_t i = (size_t)key.lo & (s->n_slots - 1);; i = (i + 1) & (s->n_slots - 1)) {
        index_slot *slot = &s->slot[i];
        if (slot->at == 0 || (slot->key.lo == key.lo && slot->key.hi == key.hi)) return slot;
    }
}

static norn_status grow_index(norni_run_store *s, norn_err *err) {
    const size_t n_before = s->n_slots;
    index_slot *before = s->slot;
    s->n_slots = n_before ? 2 * n_before : 1024;
    s->slot = norni_alloc_zero(&s->ctx->alloc, s->n_slots, sizeof *s->slot);
    if (s->slot == NULL) {
        s->slot = before;
        s->n_slots = n_before;
        return norni_alloc_fail(err, "run folder", 2 * n_before, sizeof *before);
    }
    for (size_t i = 0; i < n_before; i++) {
        if (before[i].at != 0) *find_slot(s, before[i].key) = before[i];
    }
    norni_alloc_drop(&s->ctx->alloc, before, n_before, sizeof *before);
    return NORN_OK;
}

static norn_status index_frame(norni_run_store *s, const frame_head *head, uint64_t at,
                               norn_err *err) {
    if (4 * (s->n_found + 1) > 3 * s->n_slots) NORN_TRY(grow_index(s, err));
    index_slot *slot = find_slot(s, head->key);
    if (slot->at == 0) s->n_found++;
    *slot = (index_slot){head->key, at, head->n};
    return NORN_OK;
}

/* Reads up to n bytes, fewer at the file's end alone; -1 with errno after a failure. */
static ssize_t read_most(int fd, void *to, size_t n, uint64_t at) {
    size_t done = 0;
    while (done < n) {
        const ssize_t got = pread(fd, (char *)to + done, n - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

/* Reads exactly n bytes; false at the end or after a failure. */
static bool read_at(int fd, void *to, size_t n, uint64_t at) {
    return read_most(fd, to, n, at) == (ssize_t)n;
}

/* Indexes every whole frame; what follows the last one is a torn tail and goes. */
static norn_status read_log(norni_run_store *s, norn_err *err) {
    norni_buf payload;
    frame_head head;
    uint64_t at = 0;
    norn_status st = grow_index(s, err);
    norni_buf_init(&payload, &s->ctx->alloc);
    while (st == NORN_OK && read_at(s->log, &head, sizeof head, at)) {
        if (head.magic != MAGIC || head.n > MOST_RECORD) break;
        payload.n = 0;
        if (!norni_buf_reserve(&payload, head.n)) {
            st = norni_alloc_fail(err, "run folder", head.n, 1);
        } else if (!read_at(s->log, payload.p, head.n, at + sizeof head) ||
                   check_of(&head, payload.p) != head.check) {
            break;
        } else {
            st = index_frame(s, &head, at + sizeof head, err);
            at += sizeof head + head.n;
        }
    }
    norni_buf_clear(&payload);
    if (st == NORN_OK && ftruncate(s->log, (off_t)at) != 0) st = fail_errno(s, err, errno);
    if (st == NORN_OK && lseek(s->log, 0, SEEK_END) < 0) st = fail_errno(s, err, errno);
    return st;
}

/* The first line that is not the same in both. */
static norni_str first_difference(norni_str a, norni_str b) {
    size_t line = 0;
    for (size_t i = 0; i < a.n; i++) {
        if (i >= b.n || a.p[i] != b.p[i]) break;
        if (a.p[i] == '\n') line = i + 1;
    }
    size_t end = line;
    while (end < a.n && a.p[end] != '\n')
        end++;
    return (norni_str){a.p + line, end - line};
}

static norn_status compare_header(norni_run_store *s, const char *path, norni_str header,
                                  norn_err *err) {
    char *text = norni_alloc_get(&s->ctx->alloc, HEADER_MOST, 1);
    if (text == NULL) return norni_alloc_fail(err, "run folder", HEADER_MOST, 1);
    const ssize_t n = read_most(s->lock, text, HEADER_MOST, 0);
    norn_status st = NORN_OK;
    if (n < 0) {
        st = fail_errno(s, err, errno);
    } else if ((size_t)n != header.n || memcmp(text, header.p, header.n) != 0) {
        const norni_str was = first_difference((norni_str){text, (size_t)n}, header),
                        is = first_difference(header, (norni_str){text, (size_t)n});
        st = norn_fail(err, NORN_E_ARG,
                       "resume: %s belongs to another run: there '%.*s', here '%.*s'", path,
                       (int)(was.n > 60 ? 60 : was.n), was.p, (int)(is.n > 60 ? 60 : is.n), is.p);
    }
    norni_alloc_drop(&s->ctx->alloc, text, HEADER_MOST, 1);
    return st;
}

/* A folder that is new may hold nothing: it could be anybody's. */
static norn_status check_empty(const norni_run_store *s, const char *folder, norn_err *err) {
    DIR *dir = opendir(folder);
    bool empty = true;
    if (dir == NULL) return fail_errno(s, err, errno);
    for (const struct dirent *e = readdir(dir); e != NULL && empty; e = readdir(dir))
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
                strncmp(e->d_name, ".norn-", 6) == 0;
    (void)closedir(dir);
    if (empty) return NORN_OK;
    return norn_fail(err, NORN_E_ARG,
                     "resume: %s is no run folder, and it is not empty; name a new one", folder);
}

static norn_status write_header(norni_run_store *s, const char *folder, const char *path,
                                norni_str header, norn_err *err) {
    norni_out out;
    norn_err e = {NORN_OK, ""};
    NORN_TRY(check_empty(s, folder, err));
    norn_status st = norni_out_open(&out, &s->ctx->alloc, path, &e);
    if (st == NORN_OK) {
        norni_buf_add(&out.buf, header.p, header.n);
        st = norni_out_commit(&out, &e);
    }
    return st == NORN_OK ? st : norn_fail(err, st, "resume: %s", e.text);
}

static norn_status open_files(norni_run_store *s, const char *folder, norni_str header,
                              norn_err *err) {
    char path[PATH_MAX];
    if (strncmp(folder, "s3://", 5) == 0)
        return norn_fail(err, NORN_E_ARG, "resume: a run folder is a local one, not %s", folder);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) return fail_errno(s, err, errno);
    norni_format(path, sizeof path, "%s/run.txt", folder);
    s->lock = open(path, O_RDONLY | O_CLOEXEC);
    if (s->lock < 0 && errno != ENOENT) return fail_errno(s, err, errno);
    if (s->lock < 0) {
        NORN_TRY(write_header(s, folder, path, header, err));
        s->lock = open(path, O_RDONLY | O_CLOEXEC);
        if (s->lock < 0) return fail_errno(s, err, errno);
    }
    if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
        return norn_fail(err, NORN_E_ARG, "resume: another process is using %s", folder);
    NORN_TRY(compare_header(s, folder, header, err));
    norni_format(path, sizeof path, "%s/items.log", folder);
    s->log = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (s->log < 0) return fail_errno(s, err, errno);
    return read_log(s, err);
}

static void free_store(norni_run_store *s) {
    const norn_alloc *a = &s->ctx->alloc;
    for (int32_t i = 0; s->gathered != NULL && i < s->n_workers; i++)
        norni_buf_clear(&s->gathered[i].buf);
    norni_alloc_drop(a, s->gathered, (size_t)s->n_workers, sizeof *s->gathered);
    norni_alloc_drop(a, s->slot, s->n_slots, sizeof *s->slot);
    if (s->log >= 0) (void)close(s->log);
    if (s->lock >= 0) (void)close(s->lock);
    pthread_mutex_destroy(&s->mutex);
    norni_alloc_drop(a, s, 1, sizeof *s);
}

norn_status norni_run_store_open(norn_ctx *ctx, const char *folder, norni_str header,
                                 norni_run_store **out, norn_err *err) {
    *out = NULL;
    if (strlen(folder) + 16 > PATH_MAX)
        return norn_fail(err, NORN_E_ARG, "resume: the folder's name is too long");
    norni_run_store *s = norni_alloc_zero(&ctx->alloc, 1, sizeof *s);
    if (s == NULL) return norni_alloc_fail(err, "run folder", 1, sizeof *s);
    s->ctx = ctx;
    s->lock = s->log = -1;
    norni_format(s->path, sizeof s->path, "%s", folder);
    pthread_mutex_init(&s->mutex, NULL);
    s->n_workers = norni_pool_threads(ctx);
    s->gathered = norni_alloc_zero(&ctx->alloc, (size_t)s->n_workers, sizeof *s->gathered);
    norn_status st = s->gathered ? open_files(s, folder, header, err)
                                 : norni_alloc_fail(err, "run folder", 1, sizeof *s->gathered);
    if (st != NORN_OK) {
        free_store(s);
        return st;
    }
    for (int32_t i = 0; i < s->n_workers; i++)
        norni_buf_init(&s->gathered[i].buf, &ctx->alloc);
    *out = s;
    return NORN_OK;
}

size_t norni_run_store_found(const norni_run_store *s) {
    return s->n_found;
}
size_t norni_run_store_added(const norni_run_store *s) {
    return atomic_load(&s->n_added);
}

bool norni_run_store_get(norni_run_store *s, norni_hash128 key, norni_arena *arena,
                         norni_str *record) {
    const index_slot *slot = find_slot(s, key);
    if (slot->at == 0) return false;
    char *p = norni_arena_get(arena, slot->n, 1);
    if (p == NULL || !read_at(s->log, p, slot->n, slot->at)) return false;
    *record = (norni_str){p, slot->n};
    return true;
}

static norn_status write_out(norni_run_store *s, gathered *g, norn_err *err) {
    norn_status st = NORN_OK;
    pthread_mutex_lock(&s->mutex);
    for (size_t done = 0; done < g->buf.n && st == NORN_OK;) {
        const ssize_t n = write(s->log, g->buf.p + done, g->buf.n - done);
        if (n < 0 && errno != EINTR) st = fail_errno(s, err, errno);
        if (n > 0) done += (size_t)n;
    }
    pthread_mutex_unlock(&s->mutex);
    g->buf.n = 0;
    return st;
}

norn_status norni_run_store_add(norni_run_store *s, norni_worker *w, norni_hash128 key,
                                norni_str record, bool at_once, norn_err *err) {
    gathered *g = &s->gathered[w->index];
    frame_head head = {.magic = MAGIC, .n = (uint32_t)record.n, .key = key};
    const int64_t now = norni_clock_ns();
    if (record.n > MOST_RECORD)
        return norn_fail(err, NORN_E_LIMIT, "resume: a record of %zu bytes is too long", record.n);
    head.check = check_of(&head, record.p);
    if (g->buf.n == 0) g->since_ns = now;
    norni_buf_add(&g->buf, &head, sizeof head);
    norni_buf_add(&g->buf, record.p, record.n);
    if (g->buf.failed) return norni_alloc_fail(err, "run folder", record.n, 1);
    atomic_fetch_add_explicit(&s->n_added, 1, memory_order_relaxed);
    if (!at_once && g->buf.n < GATHER_BYTES && now - g->since_ns < GATHER_NS) return NORN_OK;
    return write_out(s, g, err);
}

norn_status norni_run_store_close(norni_run_store *s, norn_err *err) {
    norn_status st = NORN_OK;
    if (s == NULL) return NORN_OK;
    for (int32_t i = 0; i < s->n_workers; i++) {
        const norn_status one = write_out(s, &s->gathered[i], st == NORN_OK ? err : NULL);
        if (st == NORN_OK) st = one;
    }
    if (st == NORN_OK && fdatasync(s->log) != 0 && errno != EINVAL) st = fail_errno(s, err, errno);
    free_store(s);
    return st;
}
