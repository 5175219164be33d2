/* SHA-256 and HMAC for signed requests and for cache keys: OpenSSL's, loaded when first needed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/s3_crypto.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

norn_status norni_library_load(const char *const *names, const char *package,
                               const char *const *symbol, void **to, size_t n, norn_err *err) {
    void *library = NULL;
    /* NODELETE: such libraries leave handlers behind that run at exit. */
    for (size_t i = 0; names[i] != NULL && library == NULL; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == NULL) {
        return norn_fail(err, NORN_E_IO,
                         "s3: %s is not on this machine; install Debian's package %s", names[0],
                         package);
    }
    norn_status st = NORN_OK;
    for (size_t i = 0; i < n && st == NORN_OK; i++) {
        to[i] = dlsym(library, symbol[i]);
        if (to[i] == NULL)
            st = norn_fail(err, NORN_E_IO, "s3: %s has no %s; install Debian's package %s",
                           names[0], symbol[i], package);
    }
    (void)dlclose(library);
    return st;
}

norn_status norni_s3_crypto_load(norni_s3_crypto *out, norn_err *err) {
    static const char *const names[] = {"libcrypto.so.3", NULL};
    static const char *const symbol[] = {"EVP_MD_CTX_new",
                                         "EVP_MD_CTX_free",
                                         "EVP_DigestInit_ex",
                                         "EVP_DigestUpdate",
                                         "EVP_DigestFinal_ex",
                                         "EVP_sha256",
                                         "HMAC"};
    void *to[sizeof symbol / sizeof symbol[0]];
    _Static_assert(sizeof to == sizeof *out, "a pointer for each symbol");
    NORN_TRY(norni_library_load(names, "libssl3", symbol, to, sizeof to / sizeof to[0], err));
    memcpy(out, to, sizeof to); /* POSIX: functions and objects have pointers of one form */
    return NORN_OK;
}

void norni_hex_text(const unsigned char *p, size_t n, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * n] = '\0';
}

static norn_status fail_digest(norn_err *err) {
    return norn_fail(err, NORN_E_INTERNAL, "s3: OpenSSL gives no SHA-256");
}

/* The digest of memory, or (fd >= 0) of a file. */
static norn_status digest(const norni_s3_crypto *c, const void *p, size_t n, int fd,
                          char out[NORNI_SHA256_TEXT], norn_err *err) {
    unsigned char hash[NORNI_SHA256], block[1 << 14];
    char why[128];
    void *ctx = c->ctx_new();
    if (ctx == NULL) return norni_alloc_fail(err, "s3", 1, NORNI_SHA256);
    bool good = c->init(ctx, c->sha256(), NULL) == 1;
    norn_status st = NORN_OK;
    if (fd < 0) good = good && c->update(ctx, p, n) == 1;
    for (off_t at = 0; fd >= 0 && good && st == NORN_OK;) {
        const ssize_t got = pread(fd, block, sizeof block, at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            st = norn_fail(err, NORN_E_IO, "cannot read: %s", strerror_r(errno, why, sizeof why));
        if (got <= 0) break;
        good = c->update(ctx, block, (size_t)got) == 1;
        at += got;
    }
    good = good && c->final(ctx, hash, NULL) == 1;
    c->ctx_free(ctx);
    NORN_TRY(st);
    if (!good) return fail_digest(err);
    norni_hex_text(hash, sizeof hash, out);
    return NORN_OK;
}

norn_status norni_sha256_text(const norni_s3_crypto *c, const void *p, size_t n,
                              char out[NORNI_SHA256_TEXT], norn_err *err) {
    return digest(c, n ? p : "", n, -1, out, err);
}

norn_status norni_sha256_parts(const norni_s3_crypto *c, const norni_str *part, size_t n,
                               unsigned char out[NORNI_SHA256], norn_err *err) {
    void *ctx = c->ctx_new();
    if (ctx == NULL) return norni_alloc_fail(err, "sha256", 1, NORNI_SHA256);
    bool good = c->init(ctx, c->sha256(), NULL) == 1;
    for (size_t i = 0; i < n && good; i++) {
        unsigned char length[8];
        for (size_t k = 0; k < sizeof length; k++)
            length[k] = (unsigned char)((uint64_t)part[i].n >> (8 * k));
        good = c->update(ctx, length, sizeof length) == 1 &&
               c->update(ctx, part[i].n ? part[i].p : "", part[i].n) == 1;
    }
    good = good && c->final(ctx, out, NULL) == 1;
    c->ctx_free(ctx);
    return good ? NORN_OK : fail_digest(err);
}

norn_status norni_sha256_file(const norni_s3_crypto *c, int fd, char out[NORNI_SHA256_TEXT],
                              norn_err *err) {
    return digest(c, NULL, 0, fd, out, err);
}

norn_status norni_hmac_sha256(const norni_s3_crypto *c, const void *key, size_t n_key,
                              norni_str text, unsigned char out[NORNI_SHA256], norn_err *err) {
    unsigned n = NORNI_SHA256;
    if (n_key > INT_MAX || c->hmac(c->sha256(), key, (int)n_key, (const unsigned char *)text.p,
                                   text.n, out, &n) == NULL)
        return fail_digest(err);
    return NORN_OK;
}
