/* One exchange with S3 over libcurl, a file at this end: bytes, status, and what the answer says. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/s3_transfer.h"

#include <curl/curl.h>
#include <errno.h>
#include <unistd.h>

#include "io/s3_crypto.h"

enum { MOST_SAID = 1 << 16, CONNECT_SECONDS = 10, SLOW_SECONDS = 10, SLOW_BYTES = 64 };

/* libcurl is loaded when it is needed: linking it would load thirty libraries into every run. */
typedef struct curl_calls {
    CURLcode (*global_init)(long flags);
    CURL *(*open)(void);
    void (*close)(CURL *curl);
    CURLcode (*set)(CURL *curl, CURLoption option, ...);
    CURLcode (*get)(CURL *curl, CURLINFO info, ...);
    CURLcode (*perform)(CURL *curl);
    const char *(*words)(CURLcode code);
    struct curl_slist *(*append)(struct curl_slist *list, const char *text);
    void (*free_list)(struct curl_slist *list);
} curl_calls;

typedef struct norni_s3_curl {
    curl_calls call;
    CURL *easy;
    struct curl_slist *header;
} norni_s3_curl;

void norni_s3_transfer_init(norni_s3_transfer *t, const norn_alloc *alloc, const norni_poll *poll) {
    *t = (norni_s3_transfer){.alloc = alloc, .poll = poll, .fd = -1};
    norni_buf_init(&t->said, alloc);
}

norn_status norni_s3_transfer_open(norni_s3_transfer *t, norn_err *err) {
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};
    static const char *const symbol[] = {
        "curl_global_init",   "curl_easy_init",    "curl_easy_cleanup",
        "curl_easy_setopt",   "curl_easy_getinfo", "curl_easy_perform",
        "curl_easy_strerror", "curl_slist_append", "curl_slist_free_all"};
    void *to[sizeof symbol / sizeof symbol[0]];
    _Static_assert(sizeof to == sizeof(curl_calls), "a pointer for each symbol");
    NORN_TRY(norni_library_load(names, "libcurl4", symbol, to, sizeof to / sizeof to[0], err));
    norni_s3_curl *c = norni_alloc_zero(t->alloc, 1, sizeof *c);
    if (c == NULL) return norni_alloc_fail(err, "s3", 1, sizeof *c);
    memcpy(&c->call, to, sizeof to); /* POSIX: functions and objects have pointers of one form */
    t->curl = c;
    if (c->call.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) c->easy = c->call.open();
    return c->easy ? NORN_OK : norn_fail(err, NORN_E_MEM, "s3: libcurl cannot begin");
}

void norni_s3_forget_headers(norni_s3_transfer *t) {
    t->curl->call.free_list(t->curl->header);
    t->curl->header = NULL;
}

void norni_s3_transfer_close(norni_s3_transfer *t) {
    if (t->curl != NULL) {
        norni_s3_forget_headers(t);
        if (t->curl->easy != NULL) t->curl->call.close(t->curl->easy);
        norni_alloc_drop(t->alloc, t->curl, 1, sizeof *t->curl);
    }
    norni_buf_clear(&t->said);
}

norn_status norni_s3_header(norni_s3_transfer *t, const char *name, norni_str value,
                            norn_err *err) {
    norni_buf line;
    norni_buf_init(&line, t->alloc);
    norni_buf_format(&line, "%s: ", name);
    norni_buf_add(&line, value.p, value.n);
    norni_buf_add(&line, "", 1);
    struct curl_slist *more = line.failed ? NULL : t->curl->call.append(t->curl->header, line.p);
    norni_buf_clear(&line);
    if (more == NULL) return norni_alloc_fail(err, "s3", value.n, 2);
    t->curl->header = more;
    return NORN_OK;
}

/* "name: value\r\n" of this name: the value, cut at size. */
static void keep_header(const char *line, size_t n, const char *name, char *out, size_t size) {
    const size_t k = strlen(name);
    while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n')) n--;
    if (n <= k || line[k] != ':' || !norni_str_is_nocase((norni_str){line, k}, name)) return;
    const norni_str v = norni_str_trim((norni_str){line + k + 1, n - k - 1});
    if (v.n < size) norni_format(out, size, "%.*s", (int)v.n, v.p);
}

static size_t on_header(char *line, size_t size, size_t n, void *arg) {
    norni_s3_transfer *t = arg;
    keep_header(line, size * n, "etag", t->etag, sizeof t->etag);
    keep_header(line, size * n, "x-amz-bucket-region", t->bucket_region, sizeof t->bucket_region);
    return size * n;
}

static bool write_at(norni_s3_transfer *t, const char *p, size_t n) {
    while (n > 0) {
        const ssize_t wrote = pwrite(t->fd, p, n, (off_t)t->at);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) t->failure = errno;
        if (wrote <= 0) return false;
        t->at += (uint64_t)wrote;
        p += wrote;
        n -= (size_t)wrote;
    }
    return true;
}

static size_t on_body(char *p, size_t size, size_t n, void *arg) {
    norni_s3_transfer *t = arg;
    n *= size;
    if (t->status == 0) {
        (void)t->curl->call.get(t->curl->easy, CURLINFO_RESPONSE_CODE, &t->status);
        if (t->status == 200) { /* the whole object, whatever was asked for */
            t->at = 0;
            if (ftruncate(t->fd, 0) != 0) t->failure = errno;
        }
    }
    if (t->status == 200 || t->status == 206) return write_at(t, p, n) ? n : 0;
    if (t->said.n < MOST_SAID) norni_buf_add(&t->said, p, n);
    return n;
}

static size_t on_answer(char *p, size_t size, size_t n, void *arg) {
    norni_s3_transfer *t = arg;
    if (t->said.n < MOST_SAID) norni_buf_add(&t->said, p, n * size);
    return n * size;
}

static size_t on_send(char *to, size_t size, size_t n, void *arg) {
    norni_s3_transfer *t = arg;
    for (;;) {
        const ssize_t got = pread(t->fd, to, n * size, (off_t)t->at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            t->failure = errno;
            return CURL_READFUNC_ABORT;
        }
        t->at += (uint64_t)got;
        return (size_t)got;
    }
}

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    const norni_s3_transfer *t = arg;
    (void)a, (void)b, (void)c, (void)d;
    return norni_poll_stop(t->poll) ? 1 : 0;
}

static bool prepare(norni_s3_transfer *t, const char *url, bool sends) {
    const curl_calls *c = &t->curl->call;
    CURL *e = t->curl->easy;
    bool good = c->set(e, CURLOPT_URL, url) == CURLE_OK;
    good = good && c->set(e, CURLOPT_HTTPHEADER, t->curl->header) == CURLE_OK;
    good = good && c->set(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK;
    good = good && c->set(e, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK;
    good = good && c->set(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;
    good = good && c->set(e, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS) == CURLE_OK;
    good = good && c->set(e, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES) == CURLE_OK;
    good = good && c->set(e, CURLOPT_LOW_SPEED_TIME, (long)SLOW_SECONDS) == CURLE_OK;
    good = good && c->set(e, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK;
    good = good && c->set(e, CURLOPT_HEADERDATA, t) == CURLE_OK;
    good = good && c->set(e, CURLOPT_WRITEFUNCTION, sends ? on_answer : on_body) == CURLE_OK;
    good = good && c->set(e, CURLOPT_WRITEDATA, t) == CURLE_OK;
    good = good && c->set(e, CURLOPT_NOPROGRESS, 0L) == CURLE_OK;
    good = good && c->set(e, CURLOPT_XFERINFOFUNCTION, on_progress) == CURLE_OK;
    good = good && c->set(e, CURLOPT_XFERINFODATA, t) == CURLE_OK;
    if (!good || !sends) return good;
    good = c->set(e, CURLOPT_UPLOAD, 1L) == CURLE_OK;
    good = good && c->set(e, CURLOPT_READFUNCTION, on_send) == CURLE_OK;
    good = good && c->set(e, CURLOPT_READDATA, t) == CURLE_OK;
    return good && c->set(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->size) == CURLE_OK;
}

static norn_status judge(norni_s3_transfer *t, CURLcode code, norn_err *err) {
    char why[128];
    if (code == CURLE_ABORTED_BY_CALLBACK) return norn_fail(err, NORN_E_CANCEL, "cancelled");
    if (t->failure != 0)
        return norn_fail(err, NORN_E_IO,
                         "s3: the temporary file: %s; set TMPDIR to a folder with room",
                         strerror_r(t->failure, why, sizeof why));
    if (code == CURLE_OUT_OF_MEMORY || t->said.failed)
        return norni_alloc_fail(err, "s3", 1, MOST_SAID);
    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_URL_MALFORMAT ||
        code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_PEER_FAILED_VERIFICATION ||
        code == CURLE_SSL_CACERT_BADFILE)
        return norn_fail(err, NORN_E_IO,
                         "s3: %s; look at the endpoint (AWS_ENDPOINT_URL, AWS_REGION)",
                         t->curl->call.words(code));
    t->broken = code != CURLE_OK;
    if (t->broken) norni_format(t->why, sizeof t->why, "%s", t->curl->call.words(code));
    return NORN_OK;
}

norn_status norni_s3_exchange(norni_s3_transfer *t, const char *url, bool sends, norn_err *err) {
    /* "Expect: 100-continue" makes small servers wait. */
    NORN_TRY(norni_s3_header(t, "expect", (norni_str){"", 0}, err));
    t->status = 0;
    t->said.n = 0;
    t->bucket_region[0] = '\0';
    if (sends) t->at = 0;
    if (!prepare(t, url, sends)) return norn_fail(err, NORN_E_IO, "s3: libcurl is too old");
    const CURLcode code = t->curl->call.perform(t->curl->easy);
    (void)t->curl->call.get(t->curl->easy, CURLINFO_RESPONSE_CODE, &t->status);
    return judge(t, code, err);
}

/* What stands between <name> and </name>. */
static norni_str between(const norni_buf *text, const char *name) {
    char open[24];
    const size_t n = norni_format(open, sizeof open, "<%s>", name);
    const char *from = text->n ? memmem(text->p, text->n, open, n) : NULL;
    const char *end = from ? memchr(from + n, '<', text->n - (size_t)(from + n - text->p)) : NULL;
    if (end == NULL) return (norni_str){"", 0};
    return (norni_str){from + n, (size_t)(end - from) - n};
}

norn_status norni_s3_fail(const norni_s3_transfer *t, int attempts, norn_err *err) {
    const norni_str code = between(&t->said, "Code"), words = between(&t->said, "Message");
    if (t->broken)
        return norn_fail(err, NORN_E_IO, "s3: %s (%d attempts, %llu bytes came); try again later",
                         t->why, attempts, (unsigned long long)t->at);
    const char *remedy = t->status == 403   ? "look at AWS_ACCESS_KEY_ID and the bucket's policy"
                         : t->status == 404 ? "look at the name"
                         : t->status == 412 ? "the object changed meanwhile: run again"
                         : t->status >= 500 || t->status == 429 ? "try again later"
                                                                : "look at AWS_REGION and the keys";
    return norn_fail(err, NORN_E_IO, "s3: answer %lld %.*s%s%.*s after %d attempts; %s",
                     (long long)t->status, (int)(code.n < 40 ? code.n : 40), code.p,
                     words.n ? ": " : "", (int)(words.n < 100 ? words.n : 100), words.p, attempts,
                     remedy);
}
