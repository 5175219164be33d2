/* A zip file written as a stream: small parts stored, large ones deflated as they come. */
/* SPDX-License-Identifier: Apache-2.0 */
/* PKWARE's APPNOTE 6.3, without zip64. A part that is deflated tells its sizes behind its bytes (flag
 * bit 3), so that the file never needs seeking and may be a pipe. Every date is 1980-01-01, zip's
 * first day: equal tables give equal bytes. */
#include "io/xlsx_pack.h"

#include <assert.h>

enum { STORED = 0, DEFLATED = 8, SIZES_BEHIND = 1 << 3, VERSION = 20, FIRST_DAY = 1 << 5 | 1 };
enum { LEVEL = 3, FLUSH_BYTES = 1 << 16, STEP = 1 << 15, HEAD = 16 };

/* zlib does not tell a block's size when it frees it: it stands before the block. */
static voidpf z_get(voidpf alloc, uInt n, uInt size) {
    size_t bytes;
    if (!norni_mul_size(n, size, &bytes) || bytes > SIZE_MAX - HEAD) return NULL;
    char *block = norni_alloc_get(alloc, bytes + HEAD, 1);
    if (block == NULL) return NULL;
    memcpy(block, &bytes, sizeof bytes);
    return block + HEAD;
}

static void z_drop(voidpf alloc, voidpf p) {
    size_t bytes;
    if (p == NULL) return;
    char *block = (char *)p - HEAD;
    memcpy(&bytes, block, sizeof bytes);
    norni_alloc_drop(alloc, block, bytes + HEAD, 1);
}

static norn_status fail_size(norn_err *err) {
    return norn_fail(
        err, NORN_E_LIMIT,
        "xlsx: the sheet is larger than 4 GiB, more than a workbook can hold; write csv");
}

/* n numbers of 16 (width 2) or 32 bits, little end first. */
static void put_numbers(norni_pack *p, size_t width, const uint32_t *x, size_t n) {
    for (size_t i = 0; i < n; i++) {
        unsigned char bytes[4];
        for (size_t k = 0; k < width; k++)
            bytes[k] = (unsigned char)(x[i] >> 8 * k);
        norni_buf_add(&p->out.buf, bytes, width);
    }
    p->at += width * n;
}
#define PUT16(p, ...)                                  \
    put_numbers(p, 2, (const uint32_t[]){__VA_ARGS__}, \
                sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define PUT32(p, ...)                                  \
    put_numbers(p, 4, (const uint32_t[]){__VA_ARGS__}, \
                sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void put_bytes(norni_pack *p, const char *bytes, size_t n) {
    norni_buf_add(&p->out.buf, bytes, n);
    p->at += n;
}

/* What the head before a part's bytes and the list at the end both say. */
static void put_facts(norni_pack *p, const norni_pack_part *part, bool sizes) {
    PUT16(p, VERSION, part->flags, part->method, 0, FIRST_DAY);
    PUT32(p, sizes ? part->crc : 0, sizes ? part->n_packed : 0, sizes ? part->n_raw : 0);
    PUT16(p, (uint32_t)strlen(part->name), 0);
}

static norn_status put_head(norni_pack *p, const norni_pack_part *part, norn_err *err) {
    assert(p->n_parts < NORNI_PACK_MOST_PARTS && !p->open);
    if (p->at > NORNI_PACK_MOST_BYTES) return fail_size(err);
    p->part[p->n_parts] = *part;
    p->part[p->n_parts++].at = (uint32_t)p->at;
    PUT32(p, 0x04034B50);
    put_facts(p, part, (part->flags & SIZES_BEHIND) == 0);
    put_bytes(p, part->name, strlen(part->name));
    return NORN_OK;
}

norn_status norni_pack_open(norni_pack *p, const norn_alloc *alloc, const char *path,
                            norn_err *err) {
    *p = (norni_pack){.at = 0};
    return norni_out_open(&p->out, alloc, path, err);
}

norn_status norni_pack_store(norni_pack *p, const char *name, norni_str bytes, norn_err *err) {
    if (bytes.n > UINT32_MAX) return fail_size(err);
    const uint32_t n = (uint32_t)bytes.n;
    const norni_pack_part part = {
        .name = name,
        .crc = (uint32_t)crc32_z(0, (const Bytef *)bytes.p, bytes.n),
        .n_raw = n,
        .n_packed = n,
        .method = STORED,
    };
    NORN_TRY(put_head(p, &part, err));
    put_bytes(p, bytes.p, bytes.n);
    return norni_out_flush(&p->out, FLUSH_BYTES, err);
}

norn_status norni_pack_begin(norni_pack *p, const char *name, norn_err *err) {
    const norni_pack_part part = {.name = name, .method = DEFLATED, .flags = SIZES_BEHIND};
    NORN_TRY(put_head(p, &part, err));
    p->z = (z_stream){.zalloc = z_get, .zfree = z_drop, .opaque = (voidpf)(uintptr_t)p->out.alloc};
    if (deflateInit2(&p->z, LEVEL, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return norni_alloc_fail(err, "xlsx", 1, (size_t)1 << 18);
    p->open = true;
    p->n_raw = 0;
    p->crc = 0;
    return NORN_OK;
}

/* Deflates what z was given (Z_FINISH: to the end). */
static norn_status deflate_all(norni_pack *p, int how, norn_err *err) {
    for (;;) {
        if (!norni_buf_reserve(&p->out.buf, STEP))
            return norni_alloc_fail(err, "xlsx", p->out.buf.n + STEP, 1);
        p->z.next_out = (Bytef *)p->out.buf.p + p->out.buf.n;
        p->z.avail_out = STEP;
        const int told = deflate(&p->z, how);
        const size_t n = STEP - p->z.avail_out;
        p->out.buf.n += n;
        p->at += n;
        NORN_TRY(norni_out_flush(&p->out, FLUSH_BYTES, err));
        if (told == Z_STREAM_END || (how == Z_NO_FLUSH && p->z.avail_out > 0)) return NORN_OK;
        if (told != Z_OK && told != Z_BUF_ERROR)
            return norn_fail(err, NORN_E_INTERNAL, "xlsx: deflate failed (%d)", told);
    }
}

norn_status norni_pack_add(norni_pack *p, const char *bytes, size_t n, norn_err *err) {
    if (n > NORNI_PACK_MOST_BYTES - p->n_raw || p->at > NORNI_PACK_MOST_BYTES)
        return fail_size(err);
    p->crc = (uint32_t)crc32_z(p->crc, (const Bytef *)bytes, n);
    p->n_raw += n;
    while (n > 0) {
        const size_t step = n < (size_t)1 << 30 ? n : (size_t)1 << 30;
        p->z.next_in = (Bytef *)(uintptr_t)bytes;
        p->z.avail_in = (uInt)step;
        NORN_TRY(deflate_all(p, Z_NO_FLUSH, err));
        bytes += step;
        n -= step;
    }
    return NORN_OK;
}

norn_status norni_pack_end(norni_pack *p, norn_err *err) {
    norni_pack_part *part = &p->part[p->n_parts - 1];
    NORN_TRY(deflate_all(p, Z_FINISH, err));
    part->crc = p->crc;
    part->n_raw = (uint32_t)p->z.total_in;
    part->n_packed = (uint32_t)p->z.total_out;
    (void)deflateEnd(&p->z);
    p->open = false;
    PUT32(p, 0x08074B50, part->crc, part->n_packed, part->n_raw);
    return NORN_OK;
}

static norn_status put_list(norni_pack *p, norn_err *err) {
    const uint64_t from = p->at;
    if (from > NORNI_PACK_MOST_BYTES) return fail_size(err);
    for (size_t i = 0; i < p->n_parts; i++) {
        const norni_pack_part *part = &p->part[i];
        PUT32(p, 0x02014B50);
        PUT16(p, VERSION);
        put_facts(p, part, true);
        PUT16(p, 0, 0, 0);
        PUT32(p, 0, part->at);
        put_bytes(p, part->name, strlen(part->name));
    }
    const uint32_t n = (uint32_t)p->n_parts, size = (uint32_t)(p->at - from);
    PUT32(p, 0x06054B50);
    PUT16(p, 0, 0, n, n);
    PUT32(p, size, (uint32_t)from);
    PUT16(p, 0);
    return NORN_OK;
}

norn_status norni_pack_commit(norni_pack *p, bool partial, norn_err *err) {
    const norn_status st = put_list(p, err);
    if (st != NORN_OK) {
        norni_pack_abort(p);
        return st;
    }
    return partial ? norni_out_commit_partial(&p->out, err) : norni_out_commit(&p->out, err);
}

void norni_pack_abort(norni_pack *p) {
    if (p->open) (void)deflateEnd(&p->z);
    p->open = false;
    norni_out_abort(&p->out);
}
