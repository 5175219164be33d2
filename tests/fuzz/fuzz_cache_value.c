/* Fuzzing kept values: any bytes as a value from Redis or the folder, as a database, as what is to be kept. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses: 'D' the rest is the cache's database; 'P' the rest is a plain value; else the rest is a value's bytes
 * as they are kept, 'C' with the checksum put right where its zstd frame is one. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "store/cache_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

static const norni_cache_key key = {{1, 2, 3}};

/* What is taken for a value packs and comes back as the same. */
static void take(norni_str blob) {
    norn_alloc alloc = norni_alloc_default();
    norni_cache_coder coder = {NULL, NULL};
    norni_buf plain, packed, again;
    int64_t made = 0, made_again = 0;
    norni_buf_init(&plain, &alloc);
    norni_buf_init(&packed, &alloc);
    norni_buf_init(&again, &alloc);
    norni_buf_text(&plain, "before");
    if (norni_cache_value_unpack(&coder, &key, blob, &made, &plain)) {
        const norni_str value = {plain.p + 6, plain.n - 6};
        demand(norni_cache_value_pack(&coder, &key, made, value, &packed));
        demand(norni_cache_value_unpack(&coder, &key, (norni_str){packed.p, packed.n}, &made_again,
                                        &again));
        demand(made == made_again && again.n == value.n);
        demand(value.n == 0 || memcmp(again.p, value.p, value.n) == 0);
        norni_cache_key other = key;
        other.byte[31] ^= 1;
        demand(!norni_cache_value_unpack(&coder, &other, blob, &made, &again));
    } else {
        demand(plain.n == 6); /* untouched */
    }
    demand(memcmp(plain.p, "before", 6) == 0);
    norni_buf_clear(&plain);
    norni_buf_clear(&packed);
    norni_buf_clear(&again);
    norni_cache_coder_clear(&coder);
}

static void keep(norni_str value) {
    norn_alloc alloc = norni_alloc_default();
    norni_cache_coder coder = {NULL, NULL};
    norni_buf packed;
    norni_buf_init(&packed, &alloc);
    demand(norni_cache_value_pack(&coder, &key, -1, value, &packed));
    take((norni_str){packed.p, packed.n});
    if (value.n > 0) { /* a bit of the time is no time */
        packed.p[1 + value.n % 8] ^= 16;
        int64_t made;
        norni_buf plain;
        norni_buf_init(&plain, &alloc);
        demand(!norni_cache_value_unpack(&coder, &key, (norni_str){packed.p, packed.n}, &made,
                                         &plain));
        norni_buf_clear(&plain);
    }
    norni_buf_clear(&packed);
    norni_cache_coder_clear(&coder);
}

/* Head and frame as they came, the checksum as it must be. */
static void right_checksum(char *p, size_t n) {
    char plain[1 << 12];
    norni_hash_stream h;
    if (n <= NORNI_CACHE_HEAD) return;
    const size_t got =
        ZSTD_decompress(plain, sizeof plain, p + NORNI_CACHE_HEAD, n - NORNI_CACHE_HEAD);
    if (ZSTD_isError(got)) return;
    norni_hash_stream_init(&h);
    norni_hash_stream_add(&h, key.byte, sizeof key.byte);
    norni_hash_stream_add(&h, p, NORNI_CACHE_HEAD - 16);
    norni_hash_stream_add(&h, plain, got);
    const norni_hash128 sum = norni_hash_stream_get(&h);
    memcpy(p + NORNI_CACHE_HEAD - 16, &sum.hi, 8);
    memcpy(p + NORNI_CACHE_HEAD - 8, &sum.lo, 8);
}

static void database(const char *p, size_t n) {
    static char dir[64];
    norn_alloc alloc = norni_alloc_default();
    const norni_cache_opt opt = {.dir = dir};
    norni_cache *c = NULL;
    norni_buf value;
    char path[80];
    if (dir[0] == '\0') {
        snprintf(dir, sizeof dir, "%s/norn-fuzz-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        demand(mkdtemp(dir) != NULL);
    }
    snprintf(path, sizeof path, "%s/cache-1.db", dir);
    FILE *f = fopen(path, "wb");
    demand(f != NULL && fwrite(p, 1, n, f) == n && fclose(f) == 0);
    demand(norni_cache_open(&alloc, &opt, &c, NULL) == NORN_OK);
    norni_buf_init(&value, &alloc);
    for (int i = 0; i < 2; i++) {
        value.n = 0;
        if (norni_cache_enter(c, &key, (norni_poll){0}, &value) == NORNI_CACHE_MINE)
            norni_cache_leave(c, &key, norni_str_of("made"));
    }
    norni_buf_clear(&value);
    norni_cache_close(c);
    static const char *const left[] = {
        "",           "-wal",           "-shm",           "-journal",          ".lock",
        ".corrupt-1", ".corrupt-1-wal", ".corrupt-1-shm", ".corrupt-1-journal"};
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        snprintf(path, sizeof path, "%s/cache-1.db%s", dir, left[i]);
        (void)unlink(path);
    }
    if (rmdir(dir) == 0) dir[0] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    char *p = malloc(size);
    demand(p != NULL);
    memcpy(p, data, size);
    if (p[0] == 'D') {
        database(p + 1, size - 1);
    } else if (p[0] == 'P') {
        keep((norni_str){p + 1, size - 1});
    } else {
        if (p[0] == 'C') right_checksum(p + 1, size - 1);
        take((norni_str){p + 1, size - 1});
    }
    free(p);
    return 0;
}
