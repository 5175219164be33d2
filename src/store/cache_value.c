/* A kept value as bytes: packed, checked when it comes back, good in a folder and in Redis alike. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache_value.h"

#include <zstd.h>

#include "base/pack.h"

enum { LEVEL = 1 };

/* zstd's own memory is not Norn's: its contexts come from malloc, as SQLite's and hiredis' do. */
static ZSTD_CCtx *packer_take(norni_cache_coder *c) {
    ZSTD_CCtx *z = atomic_exchange(&c->packer, NULL);
    return z != NULL ? z : ZSTD_createCCtx();
}

static void packer_give(norni_cache_coder *c, ZSTD_CCtx *z) {
    void *none = NULL;
    if (!atomic_compare_exchange_strong(&c->packer, &none, z)) (void)ZSTD_freeCCtx(z);
}

static ZSTD_DCtx *unpacker_take(norni_cache_coder *c) {
    ZSTD_DCtx *z = atomic_exchange(&c->unpacker, NULL);
    return z != NULL ? z : ZSTD_createDCtx();
}

static void unpacker_give(norni_cache_coder *c, ZSTD_DCtx *z) {
    void *none = NULL;
    if (!atomic_compare_exchange_strong(&c->unpacker, &none, z)) (void)ZSTD_freeDCtx(z);
}

void norni_cache_coder_clear(norni_cache_coder *c) {
    (void)ZSTD_freeCCtx(atomic_exchange(&c->packer, NULL));
    (void)ZSTD_freeDCtx(atomic_exchange(&c->unpacker, NULL));
}

/* Over the key, the head's first 17 bytes and the plain ones. */
static norni_hash128 check_of(const norni_cache_key *key, const char *head, norni_str plain) {
    norni_hash_stream h;
    norni_hash_stream_init(&h);
    norni_hash_stream_add(&h, key->byte, sizeof key->byte);
    norni_hash_stream_add(&h, head, NORNI_CACHE_HEAD - 16);
    norni_hash_stream_add(&h, plain.p, plain.n);
    return norni_hash_stream_get(&h);
}

bool norni_cache_value_pack(norni_cache_coder *c, const norni_cache_key *key, int64_t made,
                            norni_str plain, norni_buf *blob) {
    const char version = NORNI_CACHE_VERSION;
    const size_t n = blob->n;
    if (plain.n > NORNI_CACHE_VALUE_MOST) return false;
    const size_t room = ZSTD_compressBound(plain.n);
    norni_buf_add(blob, &version, 1);
    norni_pack_i64(blob, made);
    norni_pack_i64(blob, (int64_t)plain.n);
    if (blob->failed || !norni_buf_reserve(blob, 16 + room)) return false;
    const norni_hash128 h = check_of(key, blob->p + n, plain);
    norni_pack_i64(blob, (int64_t)h.hi);
    norni_pack_i64(blob, (int64_t)h.lo);
    ZSTD_CCtx *z = packer_take(c);
    if (z == NULL) return false;
    const size_t packed = ZSTD_compressCCtx(z, blob->p + blob->n, room, plain.p, plain.n, LEVEL);
    packer_give(c, z);
    if (ZSTD_isError(packed)) return false;
    blob->n += packed;
    return true;
}

bool norni_cache_value_unpack(norni_cache_coder *c, const norni_cache_key *key, norni_str blob,
                              int64_t *made, norni_buf *value) {
    if (blob.n <= NORNI_CACHE_HEAD || blob.p[0] != NORNI_CACHE_VERSION || value->failed)
        return false;
    norni_unpack u = {.left = {blob.p + 1, blob.n - 1}};
    *made = norni_unpack_i64(&u);
    const int64_t n = norni_unpack_between(&u, 0, NORNI_CACHE_VALUE_MOST);
    const uint64_t hi = (uint64_t)norni_unpack_i64(&u), lo = (uint64_t)norni_unpack_i64(&u);
    /* The frame's own word on its size: before memory is asked for. */
    if (u.failed || ZSTD_getFrameContentSize(u.left.p, u.left.n) != (unsigned long long)n)
        return false;
    if (!norni_buf_reserve(value, (size_t)n + 1)) {
        value->failed = false; /* a value that finds no room is no value */
        return false;
    }
    ZSTD_DCtx *z = unpacker_take(c);
    if (z == NULL) return false;
    char *plain = value->p + value->n;
    const size_t got = ZSTD_decompressDCtx(z, plain, (size_t)n, u.left.p, u.left.n);
    unpacker_give(c, z);
    if (ZSTD_isError(got) || got != (size_t)n) return false;
    const norni_hash128 h = check_of(key, blob.p, (norni_str){plain, got});
    if (h.hi != hi || h.lo != lo) return false;
    value->n += got;
    return true;
}
