/* The cache of builds without SQLite (the Python package): there is none, and everything goes on without. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cache.h"

norn_status norni_cache_open(const norn_alloc *alloc, const norni_cache_opt *opt, norni_cache **out,
                             norn_err *err) {
    (void)alloc;
    (void)opt;
    *out = NULL;
    return norn_fail(err, NORN_E_IO, "cache: this build has none");
}

void norni_cache_close(norni_cache *c) {
    (void)c;
}

norni_cache_key norni_cache_key_of(const norni_str *part, size_t n) {
    (void)part;
    (void)n;
    return (norni_cache_key){{0}};
}

norni_cache_turn norni_cache_enter(norni_cache *c, const norni_cache_key *key, norni_poll poll,
                                   norni_buf *value) {
    (void)c;
    (void)key;
    (void)poll;
    (void)value;
    return NORNI_CACHE_MINE;
}

void norni_cache_leave(norni_cache *c, const norni_cache_key *key, norni_str value) {
    (void)c;
    (void)key;
    (void)value;
}

void norni_cache_stats_get(norni_cache *c, norni_cache_stats *out) {
    (void)c;
    *out = (norni_cache_stats){0};
}

const char *norni_cache_dir_of(const norni_cache *c) {
    (void)c;
    return NULL;
}

norn_status norni_cache_clear(norni_cache *c, uint64_t *removed, norn_err *err) {
    (void)c;
    *removed = 0;
    return norn_fail(err, NORN_E_IO, "cache: this build has none");
}
