/* What is decided when a request's head is whole and its body is still to come: route, token, rate, type and size. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "server/http_request.h"

/* The head's lines as libmicrohttpd (up to 0.9.75) leaves them in its buffer: each text with its NUL, side by side, line ends turned
 * to NULs. A bare line feed, a folded line, a NUL or a byte before a colon leaves a gap of another size. */
static bool is_tiled(const http_request *r, const char *method, const char *version,
                     const http_pair *header, size_t n, size_t bytes) {
    uintptr_t at = (uintptr_t)method + strlen(method) + 1;
    if ((uintptr_t)r->target_at != at) return false;
    at += strlen(r->target) + 1;
    if ((uintptr_t)version != at) return false;
    at += strlen(version);
    for (size_t i = 0; i < n; i++) {
        const uintptr_t name = (uintptr_t)header[i].name, value = (uintptr_t)header[i].value;
        if (name != at + 2) return false;
        const uintptr_t colon = name + strlen(header[i].name) + 1;
        if (value < colon || value > colon + 64) return false; /* blanks before the value */
        at = value + strlen(header[i].value);
    }
    return at + 4 - (uintptr_t)method == bytes; /* two line ends */
}

typedef struct heads {
    http_request *r;
    http_pair raw[HTTP_MOST_HEADERS + 1];
    size_t n;
    bool failed;
} heads;

static enum MHD_Result take_header(void *user, enum MHD_ValueKind kind, const char *key,
                                   const char *value) {
    heads *h = user;
    (void)kind;
    if (h->n > HTTP_MOST_HEADERS) return MHD_NO;
    h->raw[h->n++] = (http_pair){key, value ? value : ""};
    return MHD_YES;
}

/* Copies the head: libmicrohttpd's texts are read by its own thread only. */
static unsigned copy_head(http_request *r, const heads *h, const char *method, const char **why) {
    r->header = norni_arena_get(&r->arena, h->n + 1, sizeof *r->header);
    r->query = norni_arena_get(&r->arena, HTTP_MOST_QUERY, sizeof *r->query);
    r->view.method = norni_arena_text(&r->arena, method, strlen(method));
    *why = "memory is out just now";
    r->view.query = r->query;
    if (r->header == NULL || r->query == NULL || r->view.method == NULL) return 503;
    for (size_t i = 0; i < h->n; i++) {
        http_pair *p = &r->header[i];
        /* trailing blanks are no part of a value */
        const norni_str value = norni_str_trim(norni_str_of(h->raw[i].value));
        p->name = norni_arena_text(&r->arena, h->raw[i].name, strlen(h->raw[i].name));
        p->value = norni_arena_text(&r->arena, value.p, value.n);
        if (p->name == NULL || p->value == NULL) return 503;
    }
    r->n_headers = h->n;
    return 0;
}

static void name_request(http_request *r) {
    const char *id = http_header(r, "X-Request-Id"), *trace = http_header(r, "traceparent");
    if (id != NULL && http_id_good(id)) r->view.request_id = id;
    if (trace != NULL && http_trace_good(trace)) r->trace = trace;
}

static unsigned take_head(http_request *r, const char *method, const char *version,
                          const char **why) {
    heads h = {.r = r};
    (void)MHD_get_connection_values(r->link, MHD_HEADER_KIND, take_header, &h);
    const union MHD_ConnectionInfo *size =
        MHD_get_connection_info(r->link, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    unsigned status = copy_head(r, &h, method, why);
    if (status != 0) return status;
    name_request(r);
    const http_head head = {method,    r->target,    version,
                            r->header, r->n_headers, size ? size->header_size : 0};
    status = http_check_head(&head, &r->facts, why);
    if (status != 0) return status;
    if (r->server->tiled && !is_tiled(r, method, version, h.raw, h.n, head.bytes)) {
        *why = "the head has a bare line end, a folded line, a NUL or a stray blank";
        return 400;
    }
    status =
        http_check_target(&r->arena, r->target, &r->view.path, r->query, &r->view.n_query, why);
    r->head_good = status == 0;
    return status;
}

/* ---- routes ---- */
static bool path_fits(const http_route *route, const char *path, const char **rest) {
    const size_t n = strlen(route->path);
    if (n > 0 && route->path[n - 1] == '*') {
        if (strncmp(route->path, path, n - 1) != 0) return false;
        *rest = path + n - 1;
        return true;
    }
    return strcmp(route->path, path) == 0;
}

static bool method_fits(const http_route *route, const char *method) {
    return strcmp(route->method, method) == 0 ||
           (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

/* The route of the longest path; 404, or 405 with the methods that would do. */
static unsigned find_route(http_request *r, http_refusal *out) {
    const http_server *s = r->server;
    char allow[64] = "";
    for (size_t i = 0; i < s->opt.n_routes; i++) {
        const http_route *route = &s->opt.route[i];
        const char *rest = "";
        if (!path_fits(route, r->view.path, &rest)) continue;
        if (method_fits(route, r->view.method)) {
            if (r->route != NULL && strlen(route->path) < strlen(r->route->path)) continue;
            r->route = route;
            r->view.rest = rest;
            r->view.route = route->path;
            continue;
        }
        const size_t n = strlen(allow);
        if (strstr(allow, route->method) == NULL)
            norni_format(allow + n, sizeof allow - n, "%s%s%s", n ? ", " : "", route->method,
                         strcmp(route->method, "GET") == 0 ? ", HEAD" : "");
        if (r->route == NULL) r->view.route = route->path;
    }
    if (r->route != NULL) return 0;
    out->why = "there is nothing at this path";
    if (allow[0] == '\0') return 404;
    out->why = "this path takes another method";
    out->more[0] = (http_pair){"Allow", norni_arena_text(&r->arena, allow, strlen(allow))};
    out->n_more = out->more[0].value != NULL;
    return 405;
}

static unsigned check_token(http_request *r, http_refusal *out) {
    const http_server *s = r->server;
    if (s->tokens.n == 0 || r->route->open) return 0;
    const char *given = http_header(r, "Authorization");
    if (http_tokens_allow(&s->tokens, given, r->owner)) {
        r->view.token_owner = r->owner;
        return 0;
    }
    out->why =
        given ? "the bearer token is none of this server's" : "this route asks for a bearer token";
    out->more[0] =
        (http_pair){"WWW-Authenticate", given ? "Bearer realm=\"norn\", error=\"invalid_token\""
                                              : "Bearer realm=\"norn\""};
    out->n_more = 1;
    return 401;
}

/* Uploads make work: each token, or else each address, has so many a minute. */
static unsigned check_rate(http_request *r, http_refusal *out) {
    http_server *s = r->server;
    if (!r->route->upload || r->route->open) return 0;
    if (s->tokens.n == 0 && r->conn->local && !s->opt.limit_loopback) return 0;
    const char *who = s->tokens.n > 0 ? r->owner : r->conn->client;
    out->retry_after = http_rate_take(&s->rate, who, norni_clock_ns());
    out->why = "too many requests in this minute";
    return out->retry_after > 0 ? 429 : 0;
}

static unsigned check_type(const http_request *r, http_refusal *out) {
    static const char *const takes[] = {
        "multipart/form-data",
        "application/json",
        "application/octet-stream",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-excel",
        "application/csv",
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/gzip",
        "application/x-gzip",
        "application/zstd",
        "text/",
        NULL};
    const char *type = http_header(r, "Content-Type"), *coding = http_header(r, "Content-Encoding");
    const bool body = r->facts.chunked || r->facts.length > 0;
    if (body && coding != NULL && !norni_str_is_nocase(norni_str_of(coding), "identity")) {
        out->why = "a body with a Content-Encoding is not understood: send it as it is";
        return 415;
    }
    if (type == NULL || !r->route->upload) return 0;
    for (size_t i = 0; takes[i] != NULL; i++)
        if (http_type_is(type, takes[i])) return 0;
    out->why =
        "Content-Type is none of multipart/form-data, text/csv, application/json, "
        "application/x-ndjson, application/octet-stream and Excel's";
    return 415;
}

static unsigned check_size(const http_request *r, http_refusal *out) {
    const bool body = r->facts.chunked || r->facts.length > 0;
    if (body && !r->route->upload) {
        out->why = "this route takes no body";
        return 413;
    }
    if (r->facts.length > r->server->opt.most_body) {
        out->why = "the body is larger than this server takes";
        return 413;
    }
    return 0;
}

unsigned http_admit(http_request *r, const char *method, const char *version, http_refusal *out) {
    unsigned status = take_head(r, method, version, &out->why);
    if (status == 0) status = find_route(r, out);
    if (status == 0) status = check_token(r, out);
    if (status == 0) status = check_size(r, out);
    if (status == 0) status = check_type(r, out);
    if (status == 0) status = check_rate(r, out);
    if (status == 0 && r->route->admit != NULL)
        status = r->route->admit(r->server->opt.user, r, &out->why, &out->retry_after);
    return status;
}
