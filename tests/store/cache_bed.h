/* What the cache's tests share: a cache in a folder of its own under a clock that they set. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TEST_CACHE_BED_H
#define NORNI_TEST_CACHE_BED_H

#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/cache.h"

typedef struct bed {
    char dir[64];
    norn_alloc alloc;
    norni_cache *cache;
    norni_buf value; /* of the last bed_ask, with a NUL behind it */
    int64_t now;
    uint64_t most;
    atomic_int n_warned;
} bed;

static inline int64_t bed_now(void *user) {
    return ((bed *)user)->now;
}

static inline void bed_warn(void *user, const char *text) {
    if (getenv("CACHE_TEST_SAYS") != NULL) fprintf(stderr, "# warning: %s\n", text);
    atomic_fetch_add(&((bed *)user)->n_warned, 1);
}

static inline int bed_remove_one(const char *path, const struct stat *st, int kind,
                                 struct FTW *at) {
    (void)st, (void)kind, (void)at;
    return remove(path);
}

static inline void bed_remove(const char *dir) {
    (void)nftw(dir, bed_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void bed_reopen(bed *b) {
    const norni_cache_opt opt = {.dir = b->dir,
                                 .most_bytes = b->most,
                                 .now = bed_now,
                                 .now_user = b,
                                 .warn = bed_warn,
                                 .warn_user = b};
    norn_err err = {NORN_OK, ""};
    norni_cache_close(b->cache);
    b->cache = NULL;
    if (norni_cache_open(&b->alloc, &opt, &b->cache, &err) != NORN_OK) fail_msg("%s", err.text);
}

static inline int bed_make(void **state) {
    bed *b = calloc(1, sizeof *b);
    if (b == NULL) return -1;
    b->alloc = norni_alloc_default();
    norni_buf_init(&b->value, &b->alloc);
    b->now = 1800000000;
    snprintf(b->dir, sizeof b->dir, "%s/norn-cache-XXXXXX", /* in memory: a sync takes no time */
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(b->dir) == NULL) return -1;
    bed_reopen(b);
    *state = b;
    return 0;
}

static inline int bed_drop(void **state) {
    bed *b = *state;
    norni_cache_close(b->cache);
    norni_buf_clear(&b->value);
    bed_remove(b->dir);
    free(b);
    return 0;
}

static inline norni_cache_key bed_key(uint64_t i) {
    norni_cache_key key;
    for (size_t k = 0; k < sizeof key.byte; k++)
        key.byte[k] = (unsigned char)((i + 1) * 0x9e3779b97f4a7c15U >> (8 * (k % 8)));
    return key;
}

static inline norni_cache_turn bed_ask(bed *b, const norni_cache_key *key) {
    b->value.n = 0;
    const norni_cache_turn turn = norni_cache_enter(b->cache, key, (norni_poll){0}, &b->value);
    norni_buf_add(&b->value, "", 1);
    b->value.n--;
    return turn;
}

static inline void bed_put(bed *b, const norni_cache_key *key, const char *text) {
    norni_cache_leave(b->cache, key, norni_str_of(text));
}

static inline void bed_put_new(bed *b, const norni_cache_key *key, const char *text) {
    assert_int_equal(bed_ask(b, key), NORNI_CACHE_MINE);
    bed_put(b, key, text);
}

#define BED(test) cmocka_unit_test_setup_teardown(test, bed_make, bed_drop)

#endif
