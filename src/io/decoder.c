/* gzip and Zstandard: reading as a stream, writing block by block. */
/* SPDX-License-Identifier: Apache-2.0 */
/* zlib and libzstd get their memory through the context's callback, with the size in front of each
 * block, since both forget it. */
#include "io/decoder.h"

#include <zlib.h>
#define ZSTD_STATIC_LINKING_ONLY /* for the allocator */
#include <zstd.h>

enum { IN_BYTES = 1 << 17, GZIP_WINDOW = 15 + 16, GZIP_LEVEL = 6, ZSTD_LEVEL = 3, HEAD = 16 };

struct norni_decoder {
    norn_ctx *ctx;
    norni_codec codec;
    norni_read_fn read;
    void *arg;
    char *in;
    size_t n_in, at_in;
    bool in_over, member_over; /* the input is used up; a member or frame has just ended */
    z_stream gz;
    bool gz_open;
    ZSTD_DCtx *zst;
};

norni_codec norni_codec_of(const unsigned char *head, size_t n) {
    if (n >= 3 && head[0] == 0x1F && head[1] == 0x8B && head[2] == 8) return NORNI_CODEC_GZIP;
    if (n >= 4 && head[0] == 0x28 && head[1] == 0xB5 && head[2] == 0x2F && head[3] == 0xFD)
        return NORNI_CODEC_ZSTD;
    return NORNI_CODEC_NONE;
}

norni_codec norni_codec_of_name(const char *path, size_t *n_stem) {
    const size_t n = path ? strlen(path) : 0;
    *n_stem = n;
    if (n > 3 && strcmp(path + n - 3, ".gz") == 0) {
        *n_stem = n - 3;
        return NORNI_CODEC_GZIP;
    }
    if (n > 4 && strcmp(path + n - 4, ".zst") == 0) {
        *n_stem = n - 4;
        return NORNI_CODEC_ZSTD;
    }
    return NORNI_CODEC_NONE;
}

static void *sized_get(const norn_alloc *alloc, size_t n) {
    if (n > SIZE_MAX - HEAD) return NULL;
    char *p = norni_alloc_get(alloc, n + HEAD, 1);
    if (p == NULL) return NULL;
    memcpy(p, &n, sizeof n);
    return p + HEAD;
}

static void sized_drop(const norn_alloc *alloc, void *p) {
    size_t n;
    if (p == NULL) return;
    memcpy(&n, (char *)p - HEAD, sizeof n);
    norni_alloc_drop(alloc, (char *)p - HEAD, n + HEAD, 1);
}

static voidpf gz_get(voidpf alloc, uInt n, uInt size) {
    size_t bytes;
    return norni_mul_size(n, size, &bytes) ? sized_get(alloc, bytes) : NULL;
}
static void gz_drop(voidpf alloc, voidpf p) {
    sized_drop(alloc, p);
}
static void *zst_get(void *alloc, size_t n) {
    return sized_get(alloc, n);
}
static void zst_drop(void *alloc, void *p) {
    sized_drop(alloc, p);
}

norn_status norni_decoder_open(norn_ctx *ctx, norni_codec codec, norni_read_fn read, void *arg,
                               norni_decoder **out, norn_err *err) {
    norni_decoder *d = norni_alloc_zero(&ctx->alloc, 1, sizeof *d);
    *out = NULL;
    if (d == NULL) return norni_alloc_fail(err, "decompression", 1, sizeof *d);
    d->ctx = ctx;
    d->codec = codec;
    d->read = read;
    d->arg = arg;
    d->member_over = true;
    d->in = norni_alloc_get(&ctx->alloc, IN_BYTES, 1);
    bool good = d->in != NULL;
    if (good && codec == NORNI_CODEC_GZIP) {
        d->gz.zalloc = gz_get;
        d->gz.zfree = gz_drop;
        d->gz.opaque = (voidpf)&ctx->alloc;
        good = d->gz_open = inflateInit2(&d->gz, GZIP_WINDOW) == Z_OK;
    } else if (good) {
        d->zst = ZSTD_createDCtx_advanced((ZSTD_customMem){zst_get, zst_drop, &ctx->alloc});
        good = d->zst != NULL;
    }
    if (!good) {
        norni_decoder_close(d);
        return norni_alloc_fail(err, "decompression", IN_BYTES, 1);
    }
    *out = d;
    return NORN_OK;
}

void norni_decoder_close(norni_decoder *d) {
    if (d == NULL) return;
    norn_ctx *ctx = d->ctx;
    if (d->gz_open) (void)inflateEnd(&d->gz);
    if (d->zst != NULL) (void)ZSTD_freeDCtx(d->zst);
    norni_alloc_drop(&ctx->alloc, d->in, IN_BYTES, 1);
    norni_alloc_drop(&ctx->alloc, d, 1, sizeof *d);
}

static norn_status fail_damaged(const norni_decoder *d, const char *why, norn_err *err) {
    return norn_fail(err, NORN_E_FORMAT, "the %s data are damaged: %s",
                     d->codec == NORNI_CODEC_GZIP ? "gzip" : "Zstandard", why);
}

static norn_status gz_step(norni_decoder *d, char *to, size_t cap, size_t *got, norn_err *err) {
    if (d->member_over && inflateReset(&d->gz) != Z_OK)
        return norni_alloc_fail(err, "decompression", 1, 1);
    d->gz.next_in = (Bytef *)(d->in + d->at_in);
    d->gz.avail_in = (uInt)(d->n_in - d->at_in);
    d->gz.next_out = (Bytef *)to;
    d->gz.avail_out = cap < (1u << 30) ? (uInt)cap : 1u << 30;
    const uInt room = d->gz.avail_out;
    const int code = inflate(&d->gz, Z_NO_FLUSH);
    d->at_in = d->n_in - d->gz.avail_in;
    *got = room - d->gz.avail_out;
    d->member_over = code == Z_STREAM_END;
    if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR) return NORN_OK;
    if (code == Z_MEM_ERROR) return norni_alloc_fail(err, "decompression", 1, 1);
    return fail_damaged(d, d->gz.msg ? d->gz.msg : "unknown", err);
}

static norn_status zst_step(norni_decoder *d, char *to, size_t cap, size_t *got, norn_err *err) {
    ZSTD_inBuffer in = {d->in, d->n_in, d->at_in};
    ZSTD_outBuffer out = {to, cap, 0};
    const size_t code = ZSTD_decompressStream(d->zst, &out, &in);
    d->at_in = in.pos;
    *got = out.pos;
    if (ZSTD_isError(code)) return fail_damaged(d, ZSTD_getErrorName(code), err);
    d->member_over = code == 0;
    return NORN_OK;
}

norn_status norni_decoder_read(norni_decoder *d, char *to, size_t cap, size_t *got, norn_err *err) {
    *got = 0;
    while (*got == 0) {
        if (d->at_in == d->n_in && !d->in_over) {
            d->at_in = d->n_in = 0;
            NORN_TRY(d->read(d->arg, d->in, IN_BYTES, &d->n_in, err));
            d->in_over = d->n_in == 0;
        }
        if (d->in_over && d->member_over) return NORN_OK;
        const size_t before = d->at_in;
        NORN_TRY(d->codec == NORNI_CODEC_GZIP ? gz_step(d, to, cap, got, err)
                                              : zst_step(d, to, cap, got, err));
        if (d->in_over && *got == 0 && d->at_in == before)
            return fail_damaged(d, "they end in the middle", err);
    }
    return NORN_OK;
}

static norn_status encode_gzip(const char *p, size_t n, norni_buf *out, norn_err *err) {
    z_stream z = {.zalloc = gz_get, .zfree = gz_drop, .opaque = (voidpf)(uintptr_t)out->alloc};
    if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return norni_alloc_fail(err, "compression", 1, 1 << 18);
    const size_t most = deflateBound(&z, n) + 32;
    bool good = n < (size_t)UINT32_MAX && norni_buf_reserve(out, most);
    if (good) {
        z.next_in = (Bytef *)(uintptr_t)p;
        z.avail_in = (uInt)n;
        z.next_out = (Bytef *)out->p + out->n;
        z.avail_out = (uInt)most;
        good = deflate(&z, Z_FINISH) == Z_STREAM_END;
        if (good) out->n += most - z.avail_out;
    }
    (void)deflateEnd(&z);
    return good ? NORN_OK : norni_alloc_fail(err, "compression", most, 1);
}

static norn_status encode_zstd(const char *p, size_t n, norni_buf *out, norn_err *err) {
    const size_t most = ZSTD_compressBound(n);
    norn_alloc alloc = *out->alloc;
    ZSTD_CCtx *c = ZSTD_createCCtx_advanced((ZSTD_customMem){zst_get, zst_drop, &alloc});
    bool good = c != NULL && norni_buf_reserve(out, most);
    if (good) {
        const size_t got = ZSTD_compressCCtx(c, out->p + out->n, most, p, n, ZSTD_LEVEL);
        good = !ZSTD_isError(got);
        if (good) out->n += got;
    }
    (void)ZSTD_freeCCtx(c);
    return good ? NORN_OK : norni_alloc_fail(err, "compression", most, 1);
}

norn_status norni_encode(norni_codec codec, const char *p, size_t n, norni_buf *out,
                         norn_err *err) {
    switch (codec) {
        case NORNI_CODEC_GZIP: return encode_gzip(p, n, out, err);
        case NORNI_CODEC_ZSTD: return encode_zstd(p, n, out, err);
        case NORNI_CODEC_NONE: break;
    }
    norni_buf_add(out, p, n);
    return out->failed ? norni_alloc_fail(err, "output", n, 1) : NORN_OK;
}
