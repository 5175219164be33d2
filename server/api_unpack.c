/* Packed uploads are measured before they are used: a few bytes must not become gigabytes. */
/* SPDX-License-Identifier: Apache-2.0 */
/* gzip and Zstandard are inflated once, as a stream, and counted; workbooks have checks of their own (io/xlsx_zip.c). Data of tables
 * shrink by 5 to 30 times; a bomb of gzip by a thousand, one of Zstandard by more. */
#include "server/api_parts.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/ctx.h"
#include "io/decoder.h"
#include "io/source.h"

enum { FREE_BYTES = 1 << 20, MOST_RATIO = 100, EARLY_BYTES = 64 << 20, BLOCK_BYTES = 1 << 16 };
static const uint64_t most_bytes = UINT64_C(1) << 30;

static bool is_packed(const char *path) {
    unsigned char head[8] = {0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd >= 0 ? read(fd, head, sizeof head) : 0;
    if (fd >= 0) (void)close(fd);
    return n > 0 && norni_codec_of(head, (size_t)n) != NORNI_CODEC_NONE;
}

/* Too much of it, for what it is of bytes; and so early that a bomb as large as a body may be is refused at once. */
static bool is_bomb(uint64_t n, uint64_t packed, double share) {
    if (n > most_bytes || n > FREE_BYTES + MOST_RATIO * packed) return true;
    return share >= 0 && (double)n > EARLY_BYTES + MOST_RATIO * share * (double)packed;
}

/* A file that cannot be unpacked is left to the operation: it says where. */
static norn_status measure(norni_source *s, const char *name, char *block, norn_ctx *ctx,
                           norn_err *err) {
    const uint64_t packed = norni_source_size(s);
    norn_err why = {NORN_OK, ""};
    for (uint64_t n = 0;;) {
        size_t got = 0;
        if (norn_ctx_cancelled(ctx)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
        const norn_status st = norni_source_read(s, block, BLOCK_BYTES, &got, &why);
        if (st == NORN_E_CANCEL) return norn_fail(err, st, "%s", why.text);
        if (st != NORN_OK || got == 0) return NORN_OK;
        n += got;
        if (is_bomb(n, packed, norni_source_share(s)))
            return norn_fail(err, NORN_E_LIMIT,
                             "%s: %llu packed bytes hold more than %llu; at most %d times as many "
                             "are taken, and 1 GiB: a bomb, or send less at once",
                             name, (unsigned long long)packed, (unsigned long long)n - got,
                             MOST_RATIO);
    }
}

norn_status api_unpack_check(const api_call *c, norn_ctx *ctx, norn_err *err) {
    norn_status st = NORN_OK;
    char *block = NULL;
    for (size_t i = 0; i < c->n_input && st == NORN_OK; i++) {
        norni_source *s = NULL;
        norn_err why = {NORN_OK, ""};
        if (!is_packed(c->input[i].path)) continue;
        if (block == NULL) block = norni_alloc_get(&ctx->alloc, BLOCK_BYTES, 1);
        if (block == NULL) return norni_alloc_fail(err, "upload", BLOCK_BYTES, 1);
        if (norni_source_open(ctx, c->input[i].path, NULL, &s, &why) != NORN_OK) continue;
        st = measure(s, c->input[i].name, block, ctx, err);
        norni_source_close(s);
    }
    norni_alloc_drop(&ctx->alloc, block, BLOCK_BYTES, 1);
    return st;
}
