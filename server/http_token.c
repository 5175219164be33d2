/* Who may ask, and how often: bearer tokens are kept and compared as SHA-256 only. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_token.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"

enum { MOST_FILE = 1 << 20, LEAST_TOKEN = 16 };

static norn_status fail_file(norn_err *err, const char *path, int number) {
    char why[128];
    return norn_fail(err, NORN_E_IO, "--token-file: cannot read %s: %s", path,
                     strerror_r(number, why, sizeof why));
}

static norn_status take_line(http_tokens *t, norni_str line, unsigned number, const char *path,
                             norn_err *err) {
    line = norni_str_trim(line);
    if (line.n == 0 || line.p[0] == '#') return NORN_OK;
    if (line.n < LEAST_TOKEN || line.n > HTTP_MOST_TOKEN)
        return norn_fail(err, NORN_E_ARG,
                         "--token-file: %s line %u: a token has 16 to 4096 bytes; make one with "
                         "`openssl rand -hex 32`",
                         path, number);
    for (size_t i = 0; i < line.n; i++)
        if ((unsigned char)line.p[i] <= 0x20 || (unsigned char)line.p[i] >= 0x7F)
            return norn_fail(err, NORN_E_ARG,
                             "--token-file: %s line %u: a token has no spaces and is of ASCII",
                             path, number);
    if (t->n == HTTP_MOST_TOKENS)
        return norn_fail(err, NORN_E_LIMIT, "--token-file: %s: more than 1024 tokens", path);
    NORN_TRY(norni_sha256_text(t->crypto, line.p, line.n, t->hash[t->n], err));
    t->n++;
    return NORN_OK;
}

static norn_status take_lines(http_tokens *t, norni_str text, const char *path, norn_err *err) {
    unsigned number = 0;
    while (text.n > 0) {
        const char *end = memchr(text.p, '\n', text.n);
        const size_t n = end ? (size_t)(end - text.p) : text.n;
        NORN_TRY(take_line(t, (norni_str){text.p, n}, ++number, path, err));
        text.p += n + (end != NULL);
        text.n -= n + (end != NULL);
    }
    if (t->n == 0) return norn_fail(err, NORN_E_ARG, "--token-file: %s holds no token", path);
    return NORN_OK;
}

static norn_status take_file(http_tokens *t, int fd, const char *path, norni_buf *text,
                             norn_err *err) {
    struct stat st;
    if (fstat(fd, &st) != 0) return fail_file(err, path, errno);
    if (S_ISDIR(st.st_mode)) return fail_file(err, path, EISDIR);
    if (st.st_mode & (S_IROTH | S_IWOTH))
        return norn_fail(err, NORN_E_ARG,
                         "--token-file: others may read or write %s; `chmod 600 %s` mends it", path,
                         path);
    for (;;) {
        if (!norni_buf_reserve(text, 4096)) return norni_alloc_fail(err, "--token-file", 1, 4096);
        const ssize_t got = read(fd, text->p + text->n, 4096);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_file(err, path, errno);
        if (got == 0) break;
        text->n += (size_t)got;
        if (text->n > MOST_FILE)
            return norn_fail(err, NORN_E_LIMIT, "--token-file: %s is larger than 1 MiB", path);
    }
    return take_lines(t, (norni_str){text->p, text->n}, path, err);
}

norn_status http_tokens_load(http_tokens *t, const norn_alloc *alloc, const norni_s3_crypto *crypto,
                             const char *path, norn_err *err) {
    *t = (http_tokens){.crypto = crypto, .alloc = *alloc};
    t->hash = norni_alloc_zero(alloc, HTTP_MOST_TOKENS, sizeof *t->hash);
    if (t->hash == NULL) return norni_alloc_fail(err, "--token-file", HTTP_MOST_TOKENS, 65);
    norni_buf text;
    norni_buf_init(&text, &t->alloc);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    norn_status st = fd < 0 ? fail_file(err, path, errno) : take_file(t, fd, path, &text, err);
    if (fd >= 0) (void)close(fd);
    if (text.cap > 0) explicit_bzero(text.p, text.cap);
    norni_buf_clear(&text);
    if (st != NORN_OK) http_tokens_clear(t);
    return st;
}

void http_tokens_clear(http_tokens *t) {
    if (t->hash != NULL) norni_alloc_drop(&t->alloc, t->hash, HTTP_MOST_TOKENS, sizeof *t->hash);
    t->hash = NULL;
    t->n = 0;
}

bool http_tokens_allow(const http_tokens *t, const char *header, char owner[NORNI_SHA256_TEXT]) {
    const norni_str all = norni_str_of(header ? header : "");
    const bool bearer = all.n > 7 && norni_str_is_nocase((norni_str){all.p, 7}, "Bearer ");
    const norni_str given = bearer ? norni_str_trim((norni_str){all.p + 7, all.n - 7}) : all;
    unsigned found = 0;
    if (norni_sha256_text(t->crypto, given.p, given.n, owner, NULL) != NORN_OK) return false;
    for (size_t i = 0; i < t->n; i++) {
        unsigned differs = 0;
        for (size_t k = 0; k + 1 < NORNI_SHA256_TEXT; k++)
            differs |= (unsigned)(unsigned char)(t->hash[i][k] ^ owner[k]);
        found |= differs == 0;
    }
    return bearer && found != 0;
}

void http_rate_init(http_rate *r, unsigned per_minute) {
    memset(r, 0, sizeof *r);
    pthread_mutex_init(&r->lock, NULL);
    r->per_second = per_minute / 60.0;
    r->most = per_minute;
}

/* Of eight places a key may have, its own; else the one that was used longest ago. */
static size_t place_of(const http_rate *r, uint64_t key) {
    size_t oldest = key % HTTP_MOST_BUCKETS;
    for (size_t i = 0; i < 8; i++) {
        const size_t k = (key + i) % HTTP_MOST_BUCKETS;
        if (r->bucket[k].key == key) return k;
        if (r->bucket[k].at < r->bucket[oldest].at) oldest = k;
    }
    return oldest;
}

unsigned http_rate_take(http_rate *r, const char *who, int64_t now) {
    if (r->per_second <= 0) return 0;
    const uint64_t key = norni_hash64(who, strlen(who)) | 1;
    unsigned wait = 0;
    pthread_mutex_lock(&r->lock);
    const size_t k = place_of(r, key);
    if (r->bucket[k].key != key) {
        r->bucket[k].key = key;
        r->bucket[k].left = r->most;
        r->bucket[k].at = now;
    }
    const double gained = (double)(now - r->bucket[k].at) * 1e-9 * r->per_second;
    const double left = r->bucket[k].left + gained;
    r->bucket[k].left = left > r->most ? r->most : left;
    r->bucket[k].at = now;
    if (r->bucket[k].left >= 1)
        r->bucket[k].left -= 1;
    else
        wait = 1 + (unsigned)((1 - r->bucket[k].left) / r->per_second);
    pthread_mutex_unlock(&r->lock);
    return wait;
}
