/* Objects of S3 as files: fetched whole into a nameless temporary file, sent whole from one. */
/* SPDX-License-Identifier: Apache-2.0 */
/* By way of a file, so that what reads and writes need not know: a fetch that breaks off is taken up
 * again without the reader seeing it, an object can be read twice, and one that cannot be sent is still
 * there. */
#include "io/s3_client.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "io/s3_config.h"
#include "io/s3_sign.h"
#include "io/s3_transfer.h"
#include "io/spool.h"

enum { ATTEMPTS = 4 };
static const uint64_t most_sent = UINT64_C(5) << 30;

bool norni_is_s3(const char *path) {
    return path != NULL && strncmp(path, "s3://", 5) == 0;
}

/* One object's errand. */
typedef struct errand {
    norni_arena arena;
    norni_s3_transfer transfer;
    norni_s3_crypto crypto;
    norni_s3_config config;
    norni_s3_place place;
    norni_buf path; /* as it is sent, encoded */
    norni_buf url;
    const char *host; /* of the url */
    bool sends;
    char payload[NORNI_SHA256_TEXT];
} errand;

/* The url: the bucket in front of the host where the name allows it, else in front of the key. */
static norn_status make_url(errand *e, norn_err *err) {
    const norni_s3_place *p = &e->place;
    const bool in_path = e->config.endpoint != NULL || memchr(p->bucket.p, '.', p->bucket.n);
    norni_buf *url = &e->url, *path = &e->path;
    url->n = path->n = 0;
    if (e->config.endpoint != NULL) {
        norni_buf_text(url, e->config.endpoint);
        while (url->n > 0 && url->p[url->n - 1] == '/')
            url->n--;
    } else if (in_path) {
        norni_buf_format(url, "https://s3.%s.amazonaws.com", e->config.region);
    } else {
        norni_buf_format(url, "https://%.*s.s3.%s.amazonaws.com", (int)p->bucket.n, p->bucket.p,
                         e->config.region);
    }
    if (url->failed) return norni_alloc_fail(err, "s3", url->cap, 2);
    const char *name = (const char *)memmem(url->p, url->n, "://", 3) + 3; /* every url has one */
    e->host = norni_arena_text(&e->arena, name, url->n - (size_t)(name - url->p));
    norni_buf_text(path, "/");
    if (in_path) norni_s3_encode(path, p->bucket, false);
    if (in_path) norni_buf_text(path, "/");
    norni_s3_encode(path, p->key, true);
    norni_buf_add(url, path->p, path->n);
    norni_buf_add(url, "", 1);
    if (e->host == NULL || url->failed || path->failed)
        return norni_alloc_fail(err, "s3", url->cap, 2);
    return NORN_OK;
}

static norn_status sign(errand *e, const norni_s3_pair *header, size_t n, const char *now,
                        norn_err *err) {
    norni_buf text;
    if (e->config.key_id == NULL) return NORN_OK;
    const norni_s3_request r = {.method = e->sends ? "PUT" : "GET",
                                .path = {e->path.p, e->path.n},
                                .header = header,
                                .n_header = n,
                                .payload = e->payload,
                                .time = now,
                                .region = e->config.region,
                                .service = "s3"};
    norni_buf_init(&text, e->path.alloc);
    norn_status st = norni_s3_sign(&e->crypto, &r, e->config.key_id, e->config.secret, &text, err);
    if (st == NORN_OK)
        st = norni_s3_header(&e->transfer, "authorization", (norni_str){text.p, text.n}, err);
    norni_buf_clear(&text);
    return st;
}

/* Headers, signed; then the exchange. */
static norn_status ask(errand *e, norn_err *err) {
    norni_s3_pair header[8];
    char now[32], range[48];
    size_t n = 0;
    struct tm utc;
    const time_t t = time(NULL);
    if (gmtime_r(&t, &utc) == NULL || strftime(now, sizeof now, "%Y%m%dT%H%M%SZ", &utc) == 0)
        return norn_fail(err, NORN_E_IO, "s3: this machine's clock shows no date");
    header[n++] = (norni_s3_pair){norni_str_of("host"), norni_str_of(e->host)};
    header[n++] = (norni_s3_pair){norni_str_of("x-amz-content-sha256"), norni_str_of(e->payload)};
    header[n++] = (norni_s3_pair){norni_str_of("x-amz-date"), norni_str_of(now)};
    if (e->config.token != NULL)
        header[n++] =
            (norni_s3_pair){norni_str_of("x-amz-security-token"), norni_str_of(e->config.token)};
    if (!e->sends && e->transfer.at > 0 && e->transfer.etag[0] != '\0') {
        norni_format(range, sizeof range, "bytes=%llu-", (unsigned long long)e->transfer.at);
        header[n++] = (norni_s3_pair){norni_str_of("range"), norni_str_of(range)};
        header[n++] = (norni_s3_pair){norni_str_of("if-match"), norni_str_of(e->transfer.etag)};
    }
    norni_s3_forget_headers(&e->transfer);
    NORN_TRY(sign(e, header, n, now, err));
    for (size_t i = 0; i < n; i++) {
        const char *name = header[i].name.p;
        NORN_TRY(norni_s3_header(&e->transfer, name, header[i].value, err));
    }
    return norni_s3_exchange(&e->transfer, e->url.p, e->sends, err);
}

static bool is_done(const errand *e) {
    return e->transfer.status == 200 || (!e->sends && e->transfer.status == 206);
}

/* The bucket lies elsewhere, and S3 said where. */
static bool moves(errand *e) {
    const char *where = e->transfer.bucket_region;
    if (where[0] == '\0' || strcmp(where, e->config.region) == 0) return false;
    e->config.region = norni_arena_text(&e->arena, where, strlen(where));
    return e->config.region != NULL;
}

static bool may_retry(const errand *e) {
    const long s = e->transfer.status;
    return e->transfer.broken || s == 429 || s >= 500;
}

static bool wait_ms(const norni_poll *poll, long ms) {
    const struct timespec step = {0, 20 * 1000000L};
    for (; ms > 0; ms -= 20) {
        if (norni_poll_stop(poll)) return false;
        (void)nanosleep(&step, NULL);
    }
    return true;
}

/* Asks until it is done, or further asking is in vain. */
static norn_status perform(errand *e, norn_err *err) {
    bool moved = false;
    NORN_TRY(make_url(e, err));
    for (int attempt = 1;; attempt++) {
        NORN_TRY(ask(e, err));
        if (!e->transfer.broken && is_done(e)) return NORN_OK;
        if (!moved && !e->transfer.broken && moves(e)) {
            moved = true;
            NORN_TRY(make_url(e, err));
            continue;
        }
        if (!may_retry(e) || attempt >= ATTEMPTS) return norni_s3_fail(&e->transfer, attempt, err);
        if (!wait_ms(e->transfer.poll, 100L << attempt))
            return norn_fail(err, NORN_E_CANCEL, "cancelled");
    }
}

static norn_status run(errand *e, const char *url, int fd, norn_err *err) {
    NORN_TRY(norni_s3_place_read(url, &e->place, err));
    NORN_TRY(norni_s3_config_read(&e->arena, &e->config, err));
    NORN_TRY(norni_s3_crypto_load(&e->crypto, err));
    NORN_TRY(norni_s3_transfer_open(&e->transfer, err));
    e->transfer.fd = fd;
    if (!e->sends) {
        NORN_TRY(norni_sha256_text(&e->crypto, "", 0, e->payload, err));
        return perform(e, err);
    }
    const off_t size = lseek(fd, 0, SEEK_END);
    if (size < 0) return norn_fail(err, NORN_E_IO, "s3: what is to be sent has no length");
    if ((uint64_t)size > most_sent)
        return norn_fail(err, NORN_E_LIMIT,
                         "s3: %llu bytes are more than one request may send (5 GiB); write a file",
                         (unsigned long long)size);
    e->transfer.size = (uint64_t)size;
    NORN_TRY(norni_sha256_file(&e->crypto, fd, e->payload, err));
    return perform(e, err);
}

static norn_status start(const norn_alloc *alloc, const norni_poll *poll, bool sends,
                         const char *url, int fd, norn_err *err) {
    errand e = {.sends = sends};
    norni_arena_init(&e.arena, alloc);
    norni_buf_init(&e.path, alloc);
    norni_buf_init(&e.url, alloc);
    norni_s3_transfer_init(&e.transfer, alloc, poll);
    const norn_status st = run(&e, url, fd, err);
    norni_s3_transfer_close(&e.transfer);
    norni_buf_clear(&e.url);
    norni_buf_clear(&e.path);
    norni_arena_clear(&e.arena);
    return st;
}

norn_status norni_s3_fetch(const norn_alloc *alloc, const norni_poll *poll, const char *url,
                           int *fd, norn_err *err) {
    *fd = -1;
    NORN_TRY(norni_temp_open(fd, err));
    norn_status st = start(alloc, poll, false, url, *fd, err);
    if (st == NORN_OK && lseek(*fd, 0, SEEK_SET) != 0)
        st = norn_fail(err, NORN_E_IO, "s3: what was fetched cannot be read again");
    if (st != NORN_OK) {
        (void)close(*fd);
        *fd = -1;
    }
    return st;
}

norn_status norni_s3_send(const norn_alloc *alloc, const norni_poll *poll, int fd, const char *url,
                          norn_err *err) {
    return start(alloc, poll, true, url, fd, err);
}
