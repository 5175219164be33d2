/* multipart/form-data as it arrives: parts begin, have bytes and end; nothing is kept but one part's headers. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_HTTP_MULTIPART_H
#define SERVER_HTTP_MULTIPART_H

#include "base/str.h"

enum {
    HTTP_MOST_PARTS = 16,
    HTTP_MOST_PART_HEAD = 4096,
    HTTP_MOST_NAME = 255, /* bytes of a field's or a file's name */
    HTTP_MOST_BOUNDARY = 70
};

/* Each returns 0, or the status that ends the scan. Texts are borrowed. */
typedef struct http_multipart_to {
    unsigned (*begin)(void *user, const char *name, const char *filename, const char *type);
    unsigned (*bytes)(void *user, const char *p, size_t n);
    unsigned (*end)(void *user);
    void *user;
} http_multipart_to;

typedef enum http_multipart_state {
    HTTP_MULTIPART_PREAMBLE,
    HTTP_MULTIPART_DATA,
    HTTP_MULTIPART_AFTER, /* behind a boundary: two bytes tell whether it was the last */
    HTTP_MULTIPART_HEAD,
    HTTP_MULTIPART_EPILOGUE
} http_multipart_state;

typedef struct http_multipart {
    http_multipart_to to;
    http_multipart_state state;
    char mark[HTTP_MOST_BOUNDARY + 5]; /* CR LF - - boundary; CR stands nowhere else in it */
    size_t n_mark, matched;            /* bytes of the mark seen */
    char head[HTTP_MOST_PART_HEAD + 1];
    size_t n_head, n_parts;
    const char *why; /* behind an error */
} http_multipart;

/* `type` is the request's Content-Type. 0, or 400. */
unsigned http_multipart_init(http_multipart *m, const char *type, const http_multipart_to *to);
unsigned http_multipart_feed(http_multipart *m, const char *p, size_t n);
/* 400 when the last boundary has not come. */
unsigned http_multipart_finish(http_multipart *m);

#endif
