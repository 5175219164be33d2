/* The web pages and what they need, embedded in the command: found by exact path alone, so no path can lead to a file. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_ASSETS_H
#define SERVER_ASSETS_H

#include "base/str.h"

/* All bytes are constants of the program. */
typedef struct asset {
    const char *path;       /* "/", "/multi", "/status", "/assets/app.0123456789ab.js" */
    const char *type;       /* content type */
    const char *etag;       /* quoted, the SHA-256 of raw: for http_answer_static */
    norni_str raw, gzipped; /* gzipped is empty where it would not be smaller */
    bool immutable;         /* its name holds its hash */
} asset;

/* All of them, sorted by path: a route for each. */
extern const asset assets_all[];
extern const size_t assets_count;

/* NULL: there is none of this path. */
const asset *assets_find(const char *path);

#endif
