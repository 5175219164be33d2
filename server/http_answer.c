/* Answers: the headers that all share, problems as JSON, static bytes, and refusals that a client can read while it still sends. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/socket.h>
#include <time.h>

#include "io/writer.h"
#include "server/http_request.h"

#define POLICY                                                                                   \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "      \
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors " \
    "'none'"

typedef struct reply {
    http_pair pair[HTTP_MOST_REPLY_HEADERS];
    size_t n;
} reply;

static bool has(const reply *a, const char *name) {
    return http_head_find(a->pair, a->n, name) != NULL;
}

static void put(reply *a, const char *name, const char *value) {
    if (a->n < HTTP_MOST_REPLY_HEADERS && !has(a, name)) a->pair[a->n++] = (http_pair){name, value};
}

/* A header's value that would end its line is left out. */
static bool is_clean(const char *value) {
    for (; *value != '\0'; value++)
        if ((unsigned char)*value < 0x20 && *value != '\t') return false;
    return true;
}

/* What the handler says comes first, and wins. */
static void make_headers(reply *a, const http_request *r, const char *type, const http_pair *more,
                         size_t n_more) {
    a->n = 0;
    for (size_t i = 0; i < n_more; i++)
        if (more[i].value != NULL && is_clean(more[i].value) && a->n < HTTP_MOST_REPLY_HEADERS / 2)
            a->pair[a->n++] = more[i];
    if (type != NULL) put(a, "Content-Type", type);
    put(a, "X-Request-Id", r->view.request_id);
    put(a, "X-Content-Type-Options", "nosniff");
    put(a, "Referrer-Policy", "no-referrer");
    put(a, "Cross-Origin-Resource-Policy", "same-origin");
    put(a, "Content-Security-Policy", POLICY);
    put(a, "Cache-Control", "no-store");
}

static void add_headers(const http_request *r, struct MHD_Response *response, const reply *a) {
    http_server *s = r->server;
    for (size_t i = 0; i < a->n; i++)
        (void)MHD_add_response_header(response, a->pair[i].name, a->pair[i].value);
    pthread_mutex_lock(&s->lock);
    const bool last = s->draining;
    pthread_mutex_unlock(&s->lock);
    /* chunks: libmicrohttpd is lenient about their line ends, so that what follows may be seen otherwise by a proxy */
    if (last || r->facts.chunked) (void)MHD_add_response_header(response, "Connection", "close");
}

void http_give(http_request *r, struct MHD_Response *response, unsigned status, uint64_t bytes) {
    http_hold(r);
    pthread_mutex_lock(&r->lock);
    const bool mine = !r->answered;
    if (mine) {
        r->answered = true;
        r->response = response;
        r->status = status;
        r->bytes_out = strcmp(r->view.method, "HEAD") == 0 ? 0 : bytes;
        const bool resume = r->suspended;
        r->suspended = false;
        if (resume) MHD_resume_connection(r->link);
    }
    /* behind the answer, `gone` neither runs nor will run */
    while (r->gone_running && !pthread_equal(r->gone_thread, pthread_self()))
        pthread_cond_wait(&r->told, &r->lock);
    pthread_mutex_unlock(&r->lock);
    if (!mine && response != NULL) MHD_destroy_response(response);
    http_release(r);
}

enum MHD_Result http_queue(http_request *r) {
    pthread_mutex_lock(&r->lock);
    const bool stream = r->stream;
    pthread_mutex_unlock(&r->lock);
    pthread_mutex_lock(&r->server->lock);
    r->conn->streams = stream;
    pthread_mutex_unlock(&r->server->lock);
    if (!http_phase_try(r->conn, HTTP_REPLY) || r->response == NULL) return MHD_NO;
    return MHD_queue_response(r->link, r->status, r->response);
}

void http_answer(http_request *r, unsigned status, const char *type, norni_str body,
                 const http_pair *more, size_t n_more) {
    reply a;
    make_headers(&a, r, type, more, n_more);
    /* libmicrohttpd's const is in its head only: it copies */
    union {
        const char *from;
        void *to;
    } bytes = {.from = body.n > 0 ? body.p : ""};
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.n, bytes.to, MHD_RESPMEM_MUST_COPY);
    if (response != NULL) add_headers(r, response, &a);
    http_give(r, response, status, body.n);
}

/* ---- static bytes ---- */
static bool takes_gzip(const http_request *r) {
    const char *all = http_header(r, "Accept-Encoding");
    for (const char *p = all; p != NULL && *p != '\0';) {
        p += strspn(p, ", \t");
        const size_t n = strcspn(p, ","), name = strcspn(p, ",; \t");
        if (norni_str_is_nocase((norni_str){p, name}, "gzip")) {
            const char *q = memmem(p, n, "q=0", 3);
            return q == NULL || strspn(q + 3, ".0") + 3 < (size_t)(p + n - q);
        }
        p += n;
    }
    return false;
}

static bool is_known(const http_request *r, const char *etag) {
    const char *known = http_header(r, "If-None-Match");
    if (known == NULL || etag == NULL) return false;
    return strcmp(known, "*") == 0 || strstr(known, etag) != NULL;
}

void http_answer_static(http_request *r, const char *type, norni_str raw, norni_str gzipped,
                        const char *etag, bool immutable) {
    const bool packed = gzipped.n > 0 && takes_gzip(r), known = is_known(r, etag);
    http_pair more[4] = {
        {"Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache"}};
    size_t n = 1;
    if (etag != NULL) more[n++] = (http_pair){"ETag", etag};
    if (gzipped.n > 0) more[n++] = (http_pair){"Vary", "Accept-Encoding"};
    if (packed && !known) more[n++] = (http_pair){"Content-Encoding", "gzip"};
    const norni_str body = known ? (norni_str){"", 0} : packed ? gzipped : raw;
    reply a;
    make_headers(&a, r, known ? NULL : type, more, n);
    union {
        const char *from;
        void *to;
    } bytes = {.from = body.n > 0 ? body.p : ""};
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.n, bytes.to, MHD_RESPMEM_PERSISTENT);
    if (response != NULL) add_headers(r, response, &a);
    http_give(r, response, known ? 304 : 200, body.n);
}

/* ---- problems ---- */
static void put_problem(norni_buf *b, const http_request *r, unsigned status, const char *detail,
                        const char *errors) {
    norni_json j;
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    norni_json_key_str(&j, "type", norni_str_of("about:blank"));
    norni_json_key_str(&j, "title", norni_str_of(MHD_get_reason_phrase_for(status)));
    norni_json_key_int(&j, "status", status);
    norni_json_key_str(&j, "detail", norni_str_of(detail ? detail : ""));
    norni_json_key_str(&j, "instance", norni_str_of(r->view.path));
    norni_json_key_str(&j, "request_id", norni_str_of(r->view.request_id));
    if (errors != NULL) {
        norni_json_key(&j, "errors");
        norni_buf_text(b, errors);
    }
    norni_json_close(&j, '}');
    norni_buf_text(b, "\n");
}

void http_problem(http_request *r, unsigned status, const char *detail, const char *errors,
                  unsigned retry_after) {
    norni_buf b;
    char seconds[12];
    norni_format(seconds, sizeof seconds, "%u", retry_after);
    const http_pair more[1] = {{"Retry-After", seconds}};
    norni_buf_init(&b, &r->server->alloc);
    put_problem(&b, r, status, detail, errors);
    http_answer(r, status, "application/problem+json", (norni_str){b.p, b.failed ? 0 : b.n}, more,
                retry_after > 0);
    norni_buf_clear(&b);
}

/* ---- refusals ---- */
static void put_raw(norni_buf *b, unsigned status, const reply *a, norni_str body) {
    char date[40];
    struct tm day;
    const time_t now = time(NULL);
    gmtime_r(&now, &day);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &day);
    norni_buf_format(b,
                     "HTTP/1.1 %u %s\r\nDate: %s\r\nConnection: close\r\nContent-Length: %zu\r\n",
                     status, MHD_get_reason_phrase_for(status), date, body.n);
    for (size_t i = 0; i < a->n; i++)
        norni_buf_format(b, "%s: %s\r\n", a->pair[i].name, a->pair[i].value);
    norni_buf_text(b, "\r\n");
    norni_buf_add(b, body.p, body.n);
}

/* libmicrohttpd takes an answer before a body or behind it, and closes at once, so that a client that still sends gets a reset in
 * place of the answer. Here nothing else writes: the answer goes to the socket, then its end, and what comes is thrown away. */
static enum MHD_Result answer_early(http_request *r, unsigned status, const reply *a,
                                    norni_str body) {
    norni_buf b;
    if (!http_phase_try(r->conn, HTTP_LINGER)) return MHD_NO;
    norni_buf_init(&b, &r->server->alloc);
    put_raw(&b, status, a, body);
    const ssize_t sent = b.failed ? -1 : send(r->conn->fd, b.p, b.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    const bool whole = sent >= 0 && (size_t)sent == b.n;
    norni_buf_clear(&b);
    (void)shutdown(r->conn->fd, SHUT_WR);
    r->failed_early = true;
    r->status = status;
    r->bytes_out = whole ? body.n : 0;
    return whole ? MHD_YES : MHD_NO;
}

void http_say_timeout(http_request *r) {
    reply a;
    norni_buf problem, b;
    norni_buf_init(&problem, &r->server->alloc);
    norni_buf_init(&b, &r->server->alloc);
    put_problem(&problem, r, 408, "the body comes too slowly, or took too long", NULL);
    make_headers(&a, r, "application/problem+json", NULL, 0);
    put_raw(&b, 408, &a, (norni_str){problem.p, problem.n});
    if (!problem.failed && !b.failed)
        (void)send(r->conn->fd, b.p, b.n, MSG_NOSIGNAL | MSG_DONTWAIT);
    norni_buf_clear(&b);
    norni_buf_clear(&problem);
}

enum MHD_Result http_refuse(http_request *r, unsigned status, const http_refusal *why,
                            http_rest rest) {
    reply a;
    norni_buf b;
    char seconds[12];
    http_pair more[3];
    size_t n = why->n_more;
    http_body_clear(&r->body); /* before the client knows */
    http_not_handled(r);
    memcpy(more, why->more, sizeof why->more);
    const unsigned wait = why->retry_after > 0 ? why->retry_after : status == 503;
    norni_format(seconds, sizeof seconds, "%u", wait);
    if (wait > 0) more[n++] = (http_pair){"Retry-After", seconds};
    norni_buf_init(&b, &r->server->alloc);
    put_problem(&b, r, status, why->why, NULL);
    const norni_str body = {b.p, b.failed ? 0 : b.n};
    enum MHD_Result result = MHD_YES;
    make_headers(&a, r, "application/problem+json", more, n);
    if (rest == HTTP_REST_BODY) {
        result = answer_early(r, status, &a, body);
    } else {
        http_answer(r, status, "application/problem+json", body, more, n);
        if (rest == HTTP_REST_UNASKED || r->whole) result = http_queue(r);
    }
    norni_buf_clear(&b);
    return result;
}
