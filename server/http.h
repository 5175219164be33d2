/* HTTP as the routes see it: whole requests with their uploads spooled to files, answers at once, later, or as a stream. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_HTTP_H
#define SERVER_HTTP_H

#include "base/ctx.h"
#include "base/str.h"

typedef struct http_server http_server;
typedef struct http_request http_request;

/* A header or a query parameter. */
typedef struct http_pair {
    const char *name, *value;
} http_pair;

/* One part of an upload: a multipart field, or the whole body (name ""). */
typedef struct http_part {
    const char *name;     /* of the field */
    const char *filename; /* as the client says, never a path of ours; or NULL */
    const char *type;     /* content type, or NULL */
    norni_str text; /* the bytes, with a NUL behind them, of a part of 64 KiB at most; else empty */
    /* A private temporary file (mode 0600) with the bytes: of every part that has a filename, of a whole body that is not JSON, and of
     * whatever is larger than 64 KiB; else NULL. */
    const char *path;
    uint64_t size;
    char sha256[65]; /* hex, of the bytes */
} http_part;

/* What a handler may read; borrowed until the request is answered. */
typedef struct http_view {
    const char *method, *path; /* decoded, without the query */
    const char *rest; /* what stands behind a route that ends in '/' + '*': "ID" of /v1/jobs/ID */
    const char *request_id;
    const char *route;       /* the template: for metrics and logs */
    const char *token_owner; /* hex hash of the bearer token; "" without --token-file */
    const http_part *part;   /* (n_parts) */
    size_t n_parts;
    const http_pair *query; /* (n_query) decoded, in the order of the URL */
    size_t n_query;
    const char *folder; /* private, removed behind the answer; NULL when no part went to a file */
} http_view;

const http_view *http_view_of(const http_request *r);
const char *http_header(const http_request *r, const char *name); /* any case; or NULL */
const char *http_query(const http_request *r, const char *name);  /* decoded; or NULL */
const http_part *http_part_find(const http_request *r, const char *name);

/* Exactly one of these ends a request, from any thread, in the handler or later; after it `r` is gone.
 * body is copied. `more` (n_more) are further headers. */
void http_answer(http_request *r, unsigned status, const char *type, norni_str body,
                 const http_pair *more, size_t n_more);
/* Bytes that outlive the server (assets): not copied; etag or NULL; gzipped bytes or none. Heeds If-None-Match, Accept-Encoding. */
void http_answer_static(http_request *r, const char *type, norni_str raw, norni_str gzipped,
                        const char *etag, bool immutable);
/* application/problem+json (RFC 9457): {type, title, status, detail, instance, request_id} and `errors`, a JSON array or NULL.
 * retry_after > 0: that header, in seconds. */
void http_problem(http_request *r, unsigned status, const char *detail, const char *errors,
                  unsigned retry_after);

/* A handler that cannot answer at once calls this (in the handler, before any other thread can answer), returns, and answers later.
 * `gone` (may be NULL) is called at most once, from a thread of the server, when the client has left, the request's time is up or the
 * server stops; the request must be answered even then, from `gone` itself or later. `gone` never runs once http_answer has returned;
 * so http_answer may wait for a `gone` that runs: hold no lock that `gone` takes while answering. */
void http_defer(http_request *r, void (*gone)(void *user), void *user);

/* Server-sent events. After http_events the request is a stream: http_event sends one ("event: name", "id: id" unless id is 0, "data: json");
 * never blocks; false: the client has left or reads too slowly; http_events_end closes. Comments as heartbeat every 10 s come from the
 * server itself. */
void http_events(http_request *r, void (*gone)(void *user), void *user);
bool http_event(http_request *r, const char *name, uint64_t id, norni_str json);
void http_events_end(http_request *r);

typedef void (*http_handler)(void *user, http_request *r);
typedef struct http_route {
    const char *method; /* "GET" (HEAD, too), "POST", "DELETE" */
    const char *path;   /* exact, or ending in a star: what follows is `rest` */
    http_handler handle;
    bool open; /* no token needed: /livez, /readyz, pages */
    bool
        upload; /* takes a body: multipart/form-data, text/csv, application/json, application/octet-stream …; else 413/415 */
    /* Called before a body is read: 0, or the status to refuse with (503 with Retry-After when the queue is full). May be NULL. */
    unsigned (*admit)(void *user, const http_request *r, const char **detail,
                      unsigned *retry_after);
    /* Called once for a request that `admit` let in and that ends before `handle` has it: refused later, cut, left. May be NULL. */
    void (*left)(void *user, const http_request *r);
} http_route;

typedef struct http_opt {
    const char *host;
    uint16_t port;           /* 0: any; http_port says which */
    struct metrics *metrics; /* server/telemetry.h: http_* metrics are declared in it */
    const char *token_file;  /* a token a line; or NULL */
    const char *spool_dir;   /* NULL: TMPDIR or /tmp */
    uint64_t most_body;
    unsigned header_seconds, request_seconds,
        least_rate;                         /* 10, 300, 1024 bytes a second after 10 s */
    unsigned most_connections, most_per_ip; /* 1024, 64 */
    unsigned rate_per_minute;               /* of a token; 0: any */
    bool limit_loopback; /* most_per_ip and rate_per_minute hold for 127.0.0.1 and ::1, too */
    bool log_json;
    norn_log_level log_level;
    const http_route *route;
    size_t n_routes;
    void *user; /* of the handlers */
} http_opt;

/* Listens. NORN_E_ARG, NORN_E_IO name host, port, file and the remedy. */
NORN_CHECKED norn_status http_start(const norn_alloc *alloc, const http_opt *opt, http_server **out,
                                    norn_err *err);
uint16_t http_port(const http_server *s);
/* No new connections; requests in flight are answered; waits for them up to `seconds`. true: all are done. */
bool http_drain(http_server *s, double seconds);
/* Tells every deferred request and stream that it is gone, waits until each has been answered or ended, and frees the server. */
void http_stop(http_server *s);

#endif
