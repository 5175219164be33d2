/* A request's body on its way to disk: files go to a private folder, small fields stay in memory, all is hashed as it comes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_body.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/http_check.h"

static unsigned fail_disk(http_body *b, int number) {
    if (number == ENOSPC || number == EDQUOT || number == EFBIG) {
        b->why = "no room is left on the disk that takes uploads";
        return 507;
    }
    if (number == EMFILE || number == ENFILE || number == ENOMEM) {
        b->why = "too many files are open just now";
        return 503;
    }
    b->why = "the upload cannot be written";
    return 500;
}

static unsigned fail_memory(http_body *b) {
    b->why = "memory is out just now";
    return 503;
}

static http_part *at_hand(const http_body *b) {
    return &b->part[b->n_parts - 1];
}

static unsigned write_all(http_body *b, const char *p, size_t n) {
    while (n > 0) {
        const ssize_t got = write(b->fd, p, n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return fail_disk(b, got < 0 ? errno : EIO);
        p += got;
        n -= (size_t)got;
    }
    return 0;
}

/* The part's file is named by its number alone: nothing that the client says is part of a path. */
static unsigned open_file(http_body *b) {
    char leaf[64];
    if (b->folder_path == NULL) {
        if (mkdirat(b->spool->fd, b->folder, 0700) != 0) return fail_disk(b, errno);
        const size_t size = strlen(b->spool->path) + sizeof b->folder + 2;
        char *path = norni_arena_get(b->arena, size, 1);
        if (path == NULL) {
            (void)unlinkat(b->spool->fd, b->folder, AT_REMOVEDIR);
            return fail_memory(b);
        }
        norni_format(path, size, "%s/%s", b->spool->path, b->folder);
        b->folder_path = path;
    }
    norni_format(leaf, sizeof leaf, "%s/%zu", b->folder, b->n_parts);
    b->fd = openat(b->spool->fd, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (b->fd < 0) return fail_disk(b, errno);
    const size_t size = strlen(b->spool->path) + strlen(leaf) + 2;
    char *path = norni_arena_get(b->arena, size, 1);
    if (path == NULL) return fail_memory(b);
    norni_format(path, size, "%s/%s", b->spool->path, leaf);
    at_hand(b)->path = path;
    b->filed = true;
    return 0;
}

static unsigned begin_part(void *user, const char *name, const char *filename, const char *type) {
    http_body *b = user;
    http_part *part = &b->part[b->n_parts++];
    *part = (http_part){.text = {"", 0}};
    part->name = norni_arena_text(b->arena, name, strlen(name));
    part->filename = filename ? norni_arena_text(b->arena, filename, strlen(filename)) : NULL;
    part->type = type ? norni_arena_text(b->arena, type, strlen(type)) : NULL;
    if (part->name == NULL || (filename && !part->filename) || (type && !part->type))
        return fail_memory(b);
    b->open = true;
    b->filed = false;
    norni_buf_init(&b->text, b->arena->alloc);
    b->hash = b->crypto->ctx_new();
    if (b->hash == NULL || b->crypto->init(b->hash, b->crypto->sha256(), NULL) != 1)
        return fail_memory(b);
    return filename != NULL ? open_file(b) : 0;
}

static unsigned take_bytes(void *user, const char *p, size_t n) {
    http_body *b = user;
    http_part *part = at_hand(b);
    const bool small = part->size + n <= HTTP_MOST_TEXT;
    if (b->crypto->update(b->hash, p, n) != 1) return fail_memory(b);
    if (!small && !b->filed) {
        unsigned status = open_file(b);
        if (status == 0) status = write_all(b, b->text.p, b->text.n);
        if (status != 0) return status;
    }
    if (small) norni_buf_add(&b->text, p, n);
    if (!small) norni_buf_clear(&b->text);
    part->size += n;
    if (b->text.failed) return fail_memory(b);
    return b->filed ? write_all(b, p, n) : 0;
}

static unsigned end_part(void *user) {
    http_body *b = user;
    http_part *part = at_hand(b);
    unsigned char hash[NORNI_SHA256];
    const bool good = b->crypto->final(b->hash, hash, NULL) == 1;
    b->crypto->ctx_free(b->hash);
    b->hash = NULL;
    b->open = false;
    norni_buf_add(&b->text, "", 1); /* a NUL behind it, for readers of C texts */
    if (!good || b->text.failed) return fail_memory(b);
    norni_hex_text(hash, sizeof hash, part->sha256);
    b->kept[b->n_parts - 1] = b->text;
    norni_buf_init(&b->text, b->arena->alloc);
    if (part->size <= HTTP_MOST_TEXT)
        part->text = (norni_str){b->kept[b->n_parts - 1].p, (size_t)part->size};
    const int fd = b->fd;
    b->fd = -1;
    return fd >= 0 && close(fd) != 0 ? fail_disk(b, errno) : 0;
}

unsigned http_body_begin(http_body *b, const norni_s3_crypto *crypto, const http_spool *spool,
                         norni_arena *arena, http_part *part, const char *type, uint64_t most,
                         uint64_t id) {
    *b = (http_body){
        .crypto = crypto, .spool = spool, .arena = arena, .part = part, .type = type, .most = most};
    b->fd = -1;
    norni_format(b->folder, sizeof b->folder, "%llu", (unsigned long long)id);
    norni_buf_init(&b->text, arena->alloc);
    b->multipart = type != NULL && http_type_is(type, "multipart/form-data");
    if (b->multipart) {
        const http_multipart_to to = {begin_part, take_bytes, end_part, b};
        const unsigned status = http_multipart_init(&b->scan, type, &to);
        b->why = b->scan.why;
        return status;
    }
    return 0;
}

/* A whole body is a part without a name; JSON is small, and stays in memory where it is. */
static unsigned begin_whole(http_body *b, const char *type) {
    const unsigned status = begin_part(b, "", NULL, type);
    const bool json = type != NULL && http_type_is(type, "application/json");
    return status == 0 && !json ? open_file(b) : status;
}

unsigned http_body_feed(http_body *b, const char *p, size_t n) {
    unsigned status = 0;
    b->total += n;
    if (b->total > b->most) {
        b->why = "the body is larger than this server takes";
        return 413;
    }
    if (b->multipart) {
        b->why = NULL;
        status = http_multipart_feed(&b->scan, p, n);
        if (b->why == NULL) b->why = b->scan.why;
        return status;
    }
    if (b->n_parts == 0) status = begin_whole(b, b->type);
    return status != 0 ? status : take_bytes(b, p, n);
}

unsigned http_body_finish(http_body *b) {
    if (b->multipart) {
        const unsigned status = http_multipart_finish(&b->scan);
        b->why = b->scan.why;
        return status;
    }
    return b->n_parts > 0 ? end_part(b) : 0;
}

void http_body_clear(http_body *b) {
    if (b->spool == NULL) return;
    if (b->fd >= 0) (void)close(b->fd);
    if (b->hash != NULL) b->crypto->ctx_free(b->hash);
    norni_buf_clear(&b->text);
    for (size_t i = 0; i < HTTP_MOST_PARTS; i++)
        if (b->kept[i].alloc != NULL) norni_buf_clear(&b->kept[i]);
    if (b->folder_path != NULL) http_spool_remove(b->spool->fd, b->folder);
    b->spool = NULL;
}
