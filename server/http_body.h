/* A request's body on its way to disk: parts in files or in memory, counted and hashed as they come. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_HTTP_BODY_H
#define SERVER_HTTP_BODY_H

#include "base/arena.h"
#include "io/s3_crypto.h"
#include "server/http.h"
#include "server/http_multipart.h"
#include "server/http_spool.h"

enum { HTTP_MOST_TEXT = 64 << 10 };

typedef struct http_body {
    const norni_s3_crypto *crypto;
    const http_spool *spool;
    norni_arena *arena; /* names and paths of parts */
    http_part *part;    /* (HTTP_MOST_PARTS) */
    size_t n_parts;
    const char *type;            /* the request's Content-Type, or NULL */
    bool open, multipart, filed; /* the part at hand: opened, goes to a file */
    http_multipart scan;
    char folder[24]; /* below the spool's; "" before the first file */
    const char *folder_path;
    int fd;
    void *hash; /* of the part at hand */
    norni_buf text;
    norni_buf kept[HTTP_MOST_PARTS]; /* bytes of small parts */
    uint64_t total, most;
    const char *why; /* behind an error */
} http_body;

/* `type`: the request's Content-Type, or NULL. `id` names the folder. 0, or the status of a refusal. */
unsigned http_body_begin(http_body *b, const norni_s3_crypto *crypto, const http_spool *spool,
                         norni_arena *arena, http_part *part, const char *type, uint64_t most,
                         uint64_t id);
unsigned http_body_feed(http_body *b, const char *p, size_t n);
unsigned http_body_finish(http_body *b);
/* Closes and removes all of it; legal at any time, and twice. */
void http_body_clear(http_body *b);

#endif
