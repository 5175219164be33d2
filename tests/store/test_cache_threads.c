/* Single flight and many threads: computed once, equal bytes, nothing lost, nobody waits for ever. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "cache_bed.h"

/* One who asks on a thread of its own; `asked` counts its polls: above 0 it waits for another. */
typedef struct asker {
    pthread_t thread;
    bed *b;
    norni_cache_key key;
    norni_buf value;
    norni_cache_turn turn;
    atomic_int asked, stop;
} asker;

static bool asker_poll(void *user) {
    asker *a = user;
    atomic_fetch_add(&a->asked, 1);
    return atomic_load(&a->stop) != 0;
}

static void *asker_run(void *user) {
    asker *a = user;
    a->turn = norni_cache_enter(a->b->cache, &a->key, (norni_poll){asker_poll, a}, &a->value);
    return NULL;
}

static void asker_start(asker *a, bed *b, const norni_cache_key *key) {
    *a = (asker){.b = b, .key = *key};
    norni_buf_init(&a->value, &b->alloc);
    assert_int_equal(pthread_create(&a->thread, NULL, asker_run, a), 0);
    while (atomic_load(&a->asked) < 2)
        usleep(500);
}

static void asker_end(asker *a, norni_cache_turn turn, const char *value) {
    assert_int_equal(pthread_join(a->thread, NULL), 0);
    assert_int_equal(a->turn, turn);
    assert_int_equal(a->value.n, strlen(value));
    if (a->value.n > 0) assert_memory_equal(a->value.p, value, a->value.n);
    norni_buf_clear(&a->value);
}

static void test_fault_38_two_at_once(void **state) {
    bed *b = *state;
    asker second;
    norni_cache_stats s;
    const norni_cache_key k = bed_key(1);
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_MINE);
    asker_start(&second, b, &k);
    bed_put(b, &k, "made once");
    asker_end(&second, NORNI_CACHE_SHARED, "made once");
    norni_cache_stats_get(b->cache, &s);
    assert_int_equal(s.misses, 1);
    assert_int_equal(s.shared, 1);
    assert_int_equal(s.hits, 0);
    assert_int_equal(s.puts, 1);
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_HIT);
    assert_string_equal(b->value.p, "made once");
}

/* Whoever made it failed: one of those who wait makes it, the others wait for that one. */
static void test_maker_fails(void **state) {
    bed *b = *state;
    asker waiting[3];
    const norni_cache_key k = bed_key(1);
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_MINE);
    for (size_t i = 0; i < 3; i++)
        asker_start(&waiting[i], b, &k);
    norni_cache_leave(b->cache, &k, (norni_str){NULL, 0});
    size_t mine = 3;
    while (mine == 3) { /* which of them, nobody knows */
        usleep(1000);
        norni_cache_stats s;
        norni_cache_stats_get(b->cache, &s);
        if (s.misses == 2) mine = 0;
    }
    bed_put(b, &k, "by the second");
    size_t made = 0, shared = 0;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(waiting[i].thread, NULL), 0);
        made += waiting[i].turn == NORNI_CACHE_MINE;
        shared += waiting[i].turn != NORNI_CACHE_MINE && waiting[i].value.n == 13;
        norni_buf_clear(&waiting[i].value);
    }
    assert_int_equal(made, 1);
    assert_int_equal(shared, 2);
}

static void test_waiter_gives_up(void **state) {
    bed *b = *state;
    asker second;
    const norni_cache_key k = bed_key(1);
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_MINE);
    asker_start(&second, b, &k);
    atomic_store(&second.stop, 1);
    asker_end(&second, NORNI_CACHE_MINE, "");
    norni_cache_leave(b->cache, &k,
                      (norni_str){NULL, 0}); /* the second's: the first still makes it */
    asker_start(&second, b, &k);
    bed_put(b, &k, "first");
    asker_end(&second, NORNI_CACHE_SHARED, "first");
}

enum { THREADS = 8, ROUNDS = 250, KEYS = 37 };

typedef struct worker {
    pthread_t thread;
    norni_cache *cache;
    uint64_t seed, wrong, mine;
} worker;

static void fill(uint64_t i, norni_buf *out) {
    out->n = 0;
    norni_buf_format(out, "value of %llu:", (unsigned long long)i);
    for (uint64_t k = 0; k < (i * 997) % 9000; k++) {
        const char byte = (char)(k * k * (i + 3) >> 3);
        norni_buf_add(out, &byte, 1);
    }
}

static void *work(void *user) {
    worker *w = user;
    norn_alloc alloc = norni_alloc_default();
    norni_buf got, want;
    norni_buf_init(&got, &alloc);
    norni_buf_init(&want, &alloc);
    for (uint64_t r = 0; r < ROUNDS; r++) {
        w->seed = w->seed * 6364136223846793005U + 1442695040888963407U;
        const uint64_t i = (w->seed >> 33) % KEYS;
        const norni_cache_key key = bed_key(i);
        got.n = 0;
        fill(i, &want);
        if (norni_cache_enter(w->cache, &key, (norni_poll){0}, &got) == NORNI_CACHE_MINE) {
            const bool fails = w->seed >> 60 == 0;
            norni_cache_leave(w->cache, &key,
                              fails ? (norni_str){NULL, 0} : (norni_str){want.p, want.n});
            w->mine++;
        } else if (got.n != want.n || memcmp(got.p, want.p, want.n) != 0) {
            w->wrong++;
        }
        if (r == 100 && w->seed >> 63) {
            uint64_t removed;
            norni_cache_stats s;
            w->wrong += norni_cache_clear(w->cache, &removed, NULL) != NORN_OK;
            norni_cache_stats_get(w->cache, &s);
        }
    }
    norni_buf_clear(&got);
    norni_buf_clear(&want);
    return NULL;
}

/* Two caches on one folder, as two processes have; a cap that makes things go. */
static void test_many_threads(void **state) {
    bed *b = *state;
    worker w[THREADS];
    norni_cache *other = NULL;
    uint64_t wrong = 0, mine = 0;
    norni_cache_stats s;
    b->most = 120000;
    bed_reopen(b);
    const norni_cache_opt opt = {
        .dir = b->dir, .most_bytes = 120000, .warn = bed_warn, .warn_user = b};
    assert_int_equal(norni_cache_open(&b->alloc, &opt, &other, NULL), NORN_OK);
    for (size_t i = 0; i < THREADS; i++) {
        w[i] = (worker){.cache = i % 2 ? other : b->cache, .seed = i * 7919 + 1};
        assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(w[i].thread, NULL), 0);
        wrong += w[i].wrong;
        mine += w[i].mine;
    }
    norni_cache_stats_get(b->cache, &s);
    norni_cache_close(other);
    assert_int_equal(wrong, 0);
    assert_int_equal(b->n_warned, 0);
    assert_int_equal(s.errors, 0);
    assert_true(mine >= KEYS && mine < THREADS * ROUNDS);
    assert_true(s.entries > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {BED(test_fault_38_two_at_once), BED(test_maker_fails),
                                       BED(test_waiter_gives_up), BED(test_many_threads)};
    return cmocka_run_group_tests_name("cache_threads", tests, NULL, NULL);
}
