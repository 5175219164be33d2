/* SHA-256 and HMAC for signed requests and for cache keys: OpenSSL's, loaded when first needed. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_S3_CRYPTO_H
#define NORNI_S3_CRYPTO_H

#include "base/str.h"

enum { NORNI_SHA256 = 32, NORNI_SHA256_TEXT = 65 };

/* Loaded, not linked: a run without s3:// and cache pays nothing for it, and needs no such library. */
typedef struct norni_s3_crypto {
    void *(*ctx_new)(void);
    void (*ctx_free)(void *ctx);
    int (*init)(void *ctx, const void *type, void *engine);
    int (*update)(void *ctx, const void *p, size_t n);
    int (*final)(void *ctx, unsigned char *out, unsigned *n);
    const void *(*sha256)(void);
    unsigned char *(*hmac)(const void *type, const void *key, int n_key, const unsigned char *p,
                           size_t n, unsigned char *out, unsigned *n_out);
} norni_s3_crypto;

/* NORN_E_IO: libcrypto.so.3 is not on this machine. */
NORN_CHECKED norn_status norni_s3_crypto_load(norni_s3_crypto *out, norn_err *err);
/* Fills (n) function pointers from a shared library; NORN_E_IO names the library and its package. */
NORN_CHECKED norn_status norni_library_load(const char *const *names, const char *package,
                                            const char *const *symbol, void **to, size_t n,
                                            norn_err *err);
/* 64 hex digits and a NUL. */
NORN_CHECKED norn_status norni_sha256_text(const norni_s3_crypto *c, const void *p, size_t n,
                                           char out[NORNI_SHA256_TEXT], norn_err *err);
/* The same of a file's bytes from 0 on. */
NORN_CHECKED norn_status norni_sha256_file(const norni_s3_crypto *c, int fd,
                                           char out[NORNI_SHA256_TEXT], norn_err *err);
/* Over parts, each behind its length (u64, little-endian): no two lists of parts have the same bytes. */
NORN_CHECKED norn_status norni_sha256_parts(const norni_s3_crypto *c, const norni_str *part,
                                            size_t n, unsigned char out[NORNI_SHA256],
                                            norn_err *err);
NORN_CHECKED norn_status norni_hmac_sha256(const norni_s3_crypto *c, const void *key, size_t n_key,
                                           norni_str text, unsigned char out[NORNI_SHA256],
                                           norn_err *err);
void norni_hex_text(const unsigned char *p, size_t n, char *out); /* 2n digits and a NUL */

#endif
