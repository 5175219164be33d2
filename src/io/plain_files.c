/* What a build without zlib, zstd, libzip, expat and libcurl answers: compressed files, workbooks and
 * s3:// are refused by name. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The Python package is built so (-Dpython=true): its data come from memory, and it needs no more than
 * a C compiler. This file stands in for decoder.c, the s3_*.c and the xlsx_*.c. */
#include "io/decoder.h"
#include "io/s3_client.h"
#include "io/s3_config.h"
#include "io/xlsx_read.h"
#include "io/xlsx_write.h"

static norn_status refuse(norn_err *err, const char *what) {
    return norn_fail(err, NORN_E_FORMAT,
                     "%s: this build reads and writes plain files only; use the norn command",
                     what);
}

norni_codec norni_codec_of(const unsigned char *head, size_t n) {
    static const unsigned char zstd[4] = {0x28, 0xB5, 0x2F, 0xFD};
    if (n >= 2 && head[0] == 0x1F && head[1] == 0x8B) return NORNI_CODEC_GZIP;
    return n >= 4 && memcmp(head, zstd, 4) == 0 ? NORNI_CODEC_ZSTD : NORNI_CODEC_NONE;
}

norni_codec norni_codec_of_name(const char *path, size_t *n_stem) {
    const size_t n = path ? strlen(path) : 0;
    *n_stem = n;
    if (n > 3 && memcmp(path + n - 3, ".gz", 3) == 0) {
        *n_stem = n - 3;
        return NORNI_CODEC_GZIP;
    }
    if (n > 4 && memcmp(path + n - 4, ".zst", 4) == 0) {
        *n_stem = n - 4;
        return NORNI_CODEC_ZSTD;
    }
    return NORNI_CODEC_NONE;
}

struct norni_decoder {
    const norn_alloc *alloc;
    norni_read_fn read;
    void *arg;
};

norn_status norni_decoder_open(norn_ctx *ctx, norni_codec codec, norni_read_fn read, void *arg,
                               norni_decoder **out, norn_err *err) {
    *out = NULL;
    if (codec != NORNI_CODEC_NONE) return refuse(err, "a compressed file");
    norni_decoder *d = norni_alloc_get(&ctx->alloc, 1, sizeof *d);
    if (d == NULL) return norni_alloc_fail(err, "decoder", 1, sizeof *d);
    *d = (norni_decoder){&ctx->alloc, read, arg};
    *out = d;
    return NORN_OK;
}

norn_status norni_decoder_read(norni_decoder *d, char *to, size_t cap, size_t *got, norn_err *err) {
    return d->read(d->arg, to, cap, got, err);
}

void norni_decoder_close(norni_decoder *d) {
    if (d != NULL) norni_alloc_drop(d->alloc, d, 1, sizeof *d);
}

norn_status norni_encode(norni_codec codec, const char *p, size_t n, norni_buf *out,
                         norn_err *err) {
    if (codec != NORNI_CODEC_NONE) return refuse(err, "a compressed file");
    norni_buf_add(out, p, n);
    return out->failed ? norni_alloc_fail(err, "output", n, 1) : NORN_OK;
}

norn_status norni_xlsx_open(norn_ctx *ctx, const char *path, const char *sheet, norni_xlsx **out,
                            norn_err *err) {
    (void)ctx, (void)path, (void)sheet;
    *out = NULL;
    return refuse(err, "a workbook");
}

norn_status norni_xlsx_open_bytes(norn_ctx *ctx, const void *bytes, size_t n, const char *sheet,
                                  norni_xlsx **out, norn_err *err) {
    (void)ctx, (void)bytes, (void)n, (void)sheet;
    *out = NULL;
    return refuse(err, "a workbook");
}

norn_status norni_xlsx_sheets(norn_ctx *ctx, const char *path, norni_arena *arena,
                              const char *const **name, size_t *n, norn_err *err) {
    (void)ctx, (void)path, (void)arena;
    *name = NULL;
    *n = 0;
    return refuse(err, "a workbook");
}

norn_status norni_xlsx_text(norni_xlsx *x, char *to, size_t cap, size_t *got, norn_err *err) {
    (void)x, (void)to, (void)cap;
    *got = 0;
    return refuse(err, "a workbook");
}

const char *norni_xlsx_name(const norni_xlsx *x, size_t k) {
    (void)x, (void)k;
    return NULL;
}

const char *norni_xlsx_chosen(const norni_xlsx *x) {
    (void)x;
    return "";
}

void norni_xlsx_close(norni_xlsx *x) {
    (void)x;
}

norn_status norni_xlsx_out_open(norn_ctx *ctx, const char *path, const char *sheet,
                                norni_xlsx_out **out, norn_err *err) {
    (void)ctx, (void)path, (void)sheet;
    *out = NULL;
    return refuse(err, "a workbook");
}

norn_status norni_xlsx_out_text(norni_xlsx_out *x, norni_str s, norn_err *err) {
    (void)x, (void)s;
    return refuse(err, "a workbook");
}

norn_status norni_xlsx_out_num(norni_xlsx_out *x, double v, norn_err *err) {
    (void)x, (void)v;
    return refuse(err, "a workbook");
}

norn_status norni_xlsx_out_row(norni_xlsx_out *x, norn_err *err) {
    (void)x;
    return refuse(err, "a workbook");
}

norn_status norni_xlsx_out_commit(norni_xlsx_out *x, norn_err *err) {
    (void)x;
    return refuse(err, "a workbook");
}

norn_status norni_xlsx_out_commit_partial(norni_xlsx_out *x, norn_err *err) {
    (void)x;
    return refuse(err, "a workbook");
}

void norni_xlsx_out_abort(norni_xlsx_out *x) {
    (void)x;
}

bool norni_is_s3(const char *path) {
    return path != NULL && strncmp(path, "s3://", 5) == 0;
}

norn_status norni_s3_place_read(const char *url, norni_s3_place *out, norn_err *err) {
    *out = (norni_s3_place){norni_str_of(url), {NULL, 0}};
    return refuse(err, "s3://");
}

norn_status norni_s3_fetch(const norn_alloc *alloc, const norni_poll *poll, const char *url,
                           int *fd, norn_err *err) {
    (void)alloc, (void)poll, (void)url;
    *fd = -1;
    return refuse(err, "s3://");
}

norn_status norni_s3_send(const norn_alloc *alloc, const norni_poll *poll, int fd, const char *url,
                          norn_err *err) {
    (void)alloc, (void)poll, (void)fd, (void)url;
    return refuse(err, "s3://");
}
