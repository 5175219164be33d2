/* Who may ask, and how often: bearer tokens by their hashes, and a bucket for each token or address. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_HTTP_TOKEN_H
#define SERVER_HTTP_TOKEN_H

#include <pthread.h>

#include "base/str.h"
#include "io/s3_crypto.h"

enum { HTTP_MOST_TOKENS = 1024, HTTP_MOST_TOKEN = 4096, HTTP_MOST_BUCKETS = 1024 };

typedef struct http_tokens {
    const norni_s3_crypto *crypto;
    norn_alloc alloc;
    char (*hash)
        [NORNI_SHA256_TEXT]; /* (HTTP_MOST_TOKENS), n of them in use; the tokens themselves are not kept */
    size_t n;
} http_tokens;

/* NORN_E_IO, NORN_E_ARG: no such file, one that others may read, an empty one, a token of less than 16 bytes. */
NORN_CHECKED norn_status http_tokens_load(http_tokens *t, const norn_alloc *alloc,
                                          const norni_s3_crypto *crypto, const char *path,
                                          norn_err *err);
void http_tokens_clear(http_tokens *t);
/* Whether `header` ("Bearer …", may be NULL) holds one of the tokens; every one is compared, in a time that does not depend on how
 * many bytes agree. owner: the hash of the token, in hex. */
bool http_tokens_allow(const http_tokens *t, const char *header, char owner[NORNI_SHA256_TEXT]);

typedef struct http_rate {
    pthread_mutex_t lock;
    double per_second, most;
    struct {
        uint64_t key;
        double left;
        int64_t at; /* ns */
    } bucket[HTTP_MOST_BUCKETS];
} http_rate;
void http_rate_init(http_rate *r, unsigned per_minute);
/* 0: allowed; else the seconds until it is. */
unsigned http_rate_take(http_rate *r, const char *who, int64_t now);

#endif
