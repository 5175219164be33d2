/* The cache when memory runs out, Norn's or SQLite's: a miss or a word, never a wrong answer, nothing lost. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "cache_bed.h"

/* The fail_at-th request fails, and all later ones when `onwards`. */
static struct {
    long calls, fail_at, live;
    bool onwards, sqlite; /* whose memory */
} count;

static bool refuse(bool sqlite) {
    if (sqlite != count.sqlite) return false;
    count.calls++;
    return count.fail_at > 0 &&
           (count.calls == count.fail_at || (count.onwards && count.calls > count.fail_at));
}

static void *counted_resize(void *user, void *ptr, size_t old, size_t size) {
    norn_alloc plain = norni_alloc_default();
    (void)user;
    if (size > 0 && refuse(false)) return NULL;
    void *p = plain.resize(plain.user, ptr, old, size);
    count.live += (p != NULL && ptr == NULL) - (size == 0 && ptr != NULL);
    return p;
}

static sqlite3_mem_methods sqlite_plain;

static void *sqlite_malloc(int n) {
    return refuse(true) ? NULL : sqlite_plain.xMalloc(n);
}

static void *sqlite_realloc(void *p, int n) {
    return refuse(true) ? NULL : sqlite_plain.xRealloc(p, n);
}

static void text_of(norni_buf *b, char *want, size_t n) {
    for (size_t i = 0; i < n; i++)
        want[i] = (char)('a' + (i * i) % 23);
    b->n = 0;
}

/* Open, a miss, a value put, asked for twice, counted, cleared. True: all went as if nothing had failed. */
static bool scenario(bed *b, const norn_alloc *alloc) {
    static char want[5000];
    norni_cache *c = NULL;
    norni_cache_stats s;
    norni_buf got;
    norn_err err = {NORN_OK, ""};
    const norni_cache_opt opt = {.dir = b->dir};
    const norni_cache_key k = bed_key(1);
    size_t hits = 0;
    uint64_t removed = 0;
    const norn_status st = norni_cache_open(alloc, &opt, &c, &err);
    if (st != NORN_OK) {
        assert_int_equal(st, NORN_E_MEM);
        assert_true(err.text[0] != '\0' && c == NULL);
        return false;
    }
    norni_buf_init(&got, alloc);
    text_of(&got, want, sizeof want);
    for (size_t i = 0; i < 3; i++) {
        got.n = 0;
        if (norni_cache_enter(c, &k, (norni_poll){0}, &got) == NORNI_CACHE_MINE) {
            norni_cache_leave(c, &k, (norni_str){want, sizeof want});
        } else {
            assert_int_equal(got.n, sizeof want);
            assert_memory_equal(got.p, want, sizeof want);
            hits++;
        }
        got.failed = false;
    }
    norni_cache_stats_get(c, &s);
    const bool cleared = norni_cache_clear(c, &removed, &err) == NORN_OK && removed == 1;
    norni_buf_clear(&got);
    norni_cache_close(c);
    return hits == 2 && cleared;
}

static void each_failure(bed *b, const norn_alloc *alloc, long least, long most) {
    count.calls = count.fail_at = 0;
    assert_true(scenario(b, alloc));
    const long n = count.calls;
    long spoilt = 0;
    assert_true(n > least);
    for (long k = 1; k <= n; k += n > most ? n / most : 1) {
        for (int onwards = 0; onwards < 2; onwards++) {
            count.calls = 0;
            count.fail_at = k;
            count.onwards = onwards == 1;
            count.live = 0;
            spoilt += !scenario(b, alloc);
            if (count.live != 0) fail_msg("request %ld: %ld blocks leak", k, count.live);
            count.fail_at = 0;
            bed_remove(b->dir);
        }
    }
    assert_true(spoilt > 0);
}

static void test_own_memory(void **state) {
    norn_alloc alloc = {counted_resize, NULL};
    each_failure(*state, &alloc, 8, 100);
}

static void test_sqlites_memory(void **state) {
    norn_alloc alloc = {counted_resize, NULL};
    count.sqlite = true;
    each_failure(*state, &alloc, 100, 80);
    count.sqlite = false;
}

static int hook(void **state) {
    (void)state;
    sqlite3_mem_methods counted;
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_plain) != SQLITE_OK) return -1;
    counted = sqlite_plain;
    counted.xMalloc = sqlite_malloc;
    counted.xRealloc = sqlite_realloc;
    return sqlite3_config(SQLITE_CONFIG_MALLOC, &counted) == SQLITE_OK ? 0 : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {BED(test_own_memory), BED(test_sqlites_memory)};
    return cmocka_run_group_tests_name("cache_memory", tests, hook, NULL);
}
