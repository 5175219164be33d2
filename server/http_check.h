/* Strict checks of a request's head, free of any library: what is answered with an error before a handler sees it. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_HTTP_CHECK_H
#define SERVER_HTTP_CHECK_H

#include "base/arena.h"
#include "base/str.h"
#include "server/http.h"

enum {
    HTTP_MOST_LINE = 8192,      /* bytes of the request line: 414 */
    HTTP_MOST_HEADERS = 100,    /* 431 */
    HTTP_MOST_HEAD = 32768,     /* bytes of all headers: 431 */
    HTTP_MOST_QUERY = 64,       /* parameters: 400 */
    HTTP_MOST_REQUEST_ID = 128, /* a client's own id is kept up to here */
};

typedef struct http_head {
    const char *method, *target, *version; /* the target as it was sent */
    const http_pair *header;               /* (n_headers) */
    size_t n_headers, bytes;               /* bytes: of the head as it was sent, 0 unknown */
} http_head;

/* What the head says about the body. */
typedef struct http_facts {
    uint64_t length; /* of Content-Length */
    bool has_length, chunked;
    bool waits; /* Expect: 100-continue */
} http_facts;

/* 0, or the status to answer with; *why: its detail. */
unsigned http_check_head(const http_head *h, http_facts *out, const char **why);
/* Path and query of a target, decoded into the arena: 0, or the status. A path with control bytes, dot segments, back slashes or
 * encoded slashes is refused, as is text that is not UTF-8. */
unsigned http_check_target(norni_arena *arena, const char *target, const char **path,
                           http_pair *query, size_t *n_query, const char **why);
/* The value of a header in any case; NULL when it is not there. */
const char *http_head_find(const http_pair *header, size_t n, const char *name);
/* Whether the media type of `header` ("text/csv; charset=utf-8") is `type`; "text/" matches every text type. */
bool http_type_is(const char *header, const char *type);
/* A parameter of a header's value (quotes taken off) into out; false when it is not there, is broken or too long. */
bool http_parameter(const char *header, const char *name, char *out, size_t size);
/* A client's own request id, when it is of letters, digits and ._:- only. */
bool http_id_good(const char *id);
/* 00-<32 hex>-<16 hex>-<2 hex> */
bool http_trace_good(const char *trace);
bool http_utf8_good(const char *p, size_t n);

#endif
