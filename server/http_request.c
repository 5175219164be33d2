/* A request from its first line to its end, as libmicrohttpd's threads call. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http_request.h"

#include "base/clock.h"

enum { MOST_LINGER = 64 << 20 };

const http_view *http_view_of(const http_request *r) {
    return &r->view;
}

const char *http_header(const http_request *r, const char *name) {
    return http_head_find(r->header, r->n_headers, name);
}

const char *http_query(const http_request *r, const char *name) {
    for (size_t i = 0; i < r->view.n_query; i++)
        if (strcmp(r->query[i].name, name) == 0) return r->query[i].value;
    return NULL;
}

const http_part *http_part_find(const http_request *r, const char *name) {
    for (size_t i = 0; i < r->view.n_parts; i++)
        if (strcmp(r->part[i].name, name) == 0) return &r->part[i];
    return NULL;
}

void http_release(http_request *r) {
    if (atomic_fetch_sub(&r->refs, 1) != 1) return;
    http_server *s = r->server;
    const norn_alloc alloc = s->alloc;
    http_body_clear(&r->body);
    norni_buf_clear(&r->events);
    norni_arena_clear(&r->arena);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->told);
    norni_alloc_drop(&alloc, r, 1, sizeof *r);
    pthread_mutex_lock(&s->lock);
    s->n_live--;
    pthread_cond_broadcast(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

static void make_id(http_request *r) {
    http_server *s = r->server;
    const uint64_t n = atomic_fetch_add(&s->next_id, 1);
    unsigned char bytes[16];
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)((uint64_t)r->start >> (56 - 8 * i));
        bytes[8 + i] = (unsigned char)(n >> (56 - 8 * i));
    }
    norni_hex_text(bytes, sizeof bytes, r->own_id);
    r->view.request_id = r->own_id;
}

static http_conn *conn_of(struct MHD_Connection *link) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(link, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

void *http_on_line(void *server, const char *target, struct MHD_Connection *link) {
    http_server *s = server;
    http_conn *c = conn_of(link);
    http_request *r = c ? norni_alloc_zero(&s->alloc, 1, sizeof *r) : NULL;
    if (r == NULL) return NULL;
    atomic_init(&r->refs, 1);
    r->server = s;
    r->conn = c;
    r->link = link;
    r->start = norni_clock_ns();
    r->body.fd = -1;
    norni_arena_init(&r->arena, &s->alloc);
    norni_buf_init(&r->events, &s->alloc);
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->told, NULL);
    make_id(r);
    r->view.method = r->view.path = r->view.rest = r->view.token_owner = "";
    r->view.route = "none";
    r->view.part = r->part;
    r->target_at = target;
    r->target = norni_arena_text(&r->arena, target, strlen(target));
    pthread_mutex_lock(&s->lock);
    c->request = r;
    c->begun = r->start;
    c->bytes = 0;
    s->n_requests++;
    s->n_live++;
    pthread_mutex_unlock(&s->lock);
    http_phase_set(c, HTTP_HEAD);
    metric_add(s->in_flight, NULL, 1);
    return r;
}

void http_not_handled(http_request *r) {
    if (!r->admitted) return;
    r->admitted = false;
    r->route->left(r->server->opt.user, r);
}

/* The head is whole: refuse, or go on to the body. */
static enum MHD_Result begin(http_request *r, const char *method, const char *version) {
    http_server *s = r->server;
    http_refusal why = {.why = ""};
    unsigned status = r->target == NULL ? 503 : http_admit(r, method, version, &why);
    const char *length = http_header(r, "Content-Length");
    const bool body =
        (length != NULL && strcmp(length, "0") != 0) || http_header(r, "Transfer-Encoding");
    const bool waits = http_header(r, "Expect") != NULL;
    if (status == 0) {
        r->admitted = r->route->left != NULL;
        why =
            (http_refusal){.why = ""}; /* what an earlier check would have said is not this one's */
        status = http_body_begin(&r->body, &s->crypto, &s->spool, &r->arena, r->part,
                                 http_header(r, "Content-Type"), s->opt.most_body,
                                 atomic_fetch_add(&s->next_id, 1));
    }
    if (status != 0 && why.why[0] == '\0' && r->body.why != NULL) why.why = r->body.why;
    /* a connection goes on behind a refusal, unless its head is in doubt */
    const http_rest rest = body && !waits                   ? HTTP_REST_BODY
                           : body || waits || !r->head_good ? HTTP_REST_UNASKED
                                                            : HTTP_REST_NONE;
    if (status != 0) return http_refuse(r, status, &why, rest);
    return http_phase_try(r->conn, HTTP_BODY) ? MHD_YES : MHD_NO;
}

/* The body is whole: the handler. */
static enum MHD_Result handle(http_request *r) {
    if (!http_phase_try(r->conn, HTTP_WORK)) return MHD_NO;
    r->view.n_parts = r->body.n_parts;
    r->view.folder = r->body.folder_path;
    r->admitted = false;
    r->route->handle(r->server->opt.user, r);
    pthread_mutex_lock(&r->lock);
    const bool lost = !r->answered && !r->deferred;
    pthread_mutex_unlock(&r->lock);
    if (lost) http_problem(r, 500, "the handler gave no answer", NULL, 0);
    pthread_mutex_lock(&r->lock);
    if (!r->answered) {
        r->suspended = true;
        MHD_suspend_connection(r->link);
    }
    const bool ready = r->answered;
    pthread_mutex_unlock(&r->lock);
    return ready ? http_queue(r) : MHD_YES;
}

static enum MHD_Result linger(http_request *r, size_t *n) {
    r->lingered += *n;
    const bool more = *n > 0 && r->lingered < MOST_LINGER;
    *n = 0;
    return more ? MHD_YES : MHD_NO;
}

enum MHD_Result http_on_data(void *server, struct MHD_Connection *link, const char *url,
                             const char *method, const char *version, const char *data,
                             size_t *n_data, void **request) {
    (void)server;
    (void)link;
    (void)url;
    http_request *r = *request;
    if (r == NULL) return MHD_NO;
    if (!r->begun) {
        r->begun = true;
        return begin(r, method, version);
    }
    if (r->failed_early) return linger(r, n_data);
    if (*n_data > 0) {
        const size_t n = *n_data;
        http_conn_bytes(r->conn, n);
        const unsigned status = http_body_feed(&r->body, data, n);
        *n_data = 0;
        const http_refusal why = {.why = r->body.why ? r->body.why : ""};
        return status == 0 ? MHD_YES : http_refuse(r, status, &why, HTTP_REST_BODY);
    }
    pthread_mutex_lock(&r->lock);
    const bool ready = r->answered;
    const bool waits = r->deferred && !ready;
    pthread_mutex_unlock(&r->lock);
    r->whole = true;
    if (ready) return http_queue(r);
    if (waits) return MHD_NO;
    const unsigned status = http_body_finish(&r->body);
    const http_refusal why = {.why = r->body.why ? r->body.why : ""};
    return status == 0 ? handle(r) : http_refuse(r, status, &why, HTTP_REST_NONE);
}

/* ---- the end ---- */
static const char *method_label(const char *method) {
    static const char *const known[] = {"GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(method, known[i]) == 0) return known[i];
    return "other";
}

static void count(http_request *r, unsigned status, double seconds) {
    char code[12];
    const char *label[3] = {method_label(r->view.method), r->view.route, code};
    http_server *s = r->server;
    norni_format(code, sizeof code, "%u", status);
    metric_add(s->requests, label, 1);
    metric_observe(s->duration, label, seconds);
    if (r->facts.chunked || r->facts.length > 0)
        metric_observe(s->request_size, label, (double)(r->body.total + r->lingered));
    metric_add(s->in_flight, NULL, -1);
    const log_field field[] = {{"request_id", r->view.request_id, 0},
                               {"http_method", label[0], 0},
                               {"route", r->view.route, 0},
                               {"path", r->view.path, 0},
                               {"status", NULL, status},
                               {"duration_s", NULL, seconds},
                               {"bytes_in", NULL, (double)(r->body.total + r->lingered)},
                               {"bytes_out", NULL, (double)r->bytes_out},
                               {"client", r->conn->client, 0},
                               {"traceparent", r->trace, 0}};
    const size_t n = sizeof field / sizeof field[0] - (r->trace == NULL);
    telemetry_log(r->route != NULL && r->route->open ? NORN_LOG_DEBUG : NORN_LOG_INFO, "request",
                  field, n);
}

void http_on_completed(void *server, struct MHD_Connection *link, void **request,
                       enum MHD_RequestTerminationCode how) {
    http_server *s = server;
    http_request *r = *request;
    (void)link;
    if (r == NULL) return;
    *request = NULL;
    http_not_handled(r);
    pthread_mutex_lock(&s->lock);
    r->conn->request = NULL;
    r->conn->used = true;
    const bool cut = r->conn->cut && !r->conn->left;
    pthread_mutex_unlock(&s->lock);
    http_phase_set(r->conn, HTTP_IDLE);
    pthread_mutex_lock(&r->lock);
    r->closed = true;
    /* libmicrohttpd itself refused the head (400), or nobody waited for the answer (408, 499) */
    unsigned status = r->status;
    if (status == 0 ||
        (how != MHD_REQUEST_TERMINATED_COMPLETED_OK && !r->failed_early && !r->stream))
        status = cut ? 408 : r->begun ? 499 : 400;
    struct MHD_Response *response = r->response;
    r->response = NULL;
    pthread_mutex_unlock(&r->lock);
    count(r, status, (double)(norni_clock_ns() - r->start) * 1e-9);
    http_tell_gone(r); /* of a stream that is still open */
    if (response != NULL) MHD_destroy_response(response);
    http_body_clear(&r->body);
    pthread_mutex_lock(&s->lock);
    s->n_requests--;
    pthread_mutex_unlock(&s->lock);
    http_release(r);
}
