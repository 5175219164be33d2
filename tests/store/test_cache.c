/* The cache: what is put comes back, once and whole; age, size, damage, forks and threads. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cache_bed.h"

static void test_round_trip(void **state) {
    bed *b = *state;
    norni_cache_stats s;
    const norni_cache_key k = bed_key(1), other = bed_key(2);
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_MINE);
    bed_put(b, &k, "the value");
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_HIT);
    assert_string_equal(b->value.p, "the value");
    bed_reopen(b); /* by another run */
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_HIT);
    assert_string_equal(b->value.p, "the value");
    assert_int_equal(bed_ask(b, &other), NORNI_CACHE_MINE);
    norni_cache_leave(b->cache, &other, (norni_str){"", 0}); /* nothing is a value, too */
    assert_int_equal(bed_ask(b, &other), NORNI_CACHE_HIT);
    assert_int_equal(b->value.n, 0);
    norni_cache_stats_get(b->cache, &s);
    assert_int_equal(s.entries, 2);
    assert_int_equal(s.hits, 2);
    assert_int_equal(s.misses, 1);
    assert_int_equal(s.puts, 1);
    assert_int_equal(s.errors, 0);
    uint64_t removed = 0;
    assert_int_equal(norni_cache_clear(b->cache, &removed, NULL), NORN_OK);
    assert_int_equal(removed, 2);
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_MINE);
    norni_cache_leave(b->cache, &k, (norni_str){NULL, 0}); /* could not be made */
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_MINE);
    bed_put(b, &k, "again");
}

static void test_nothing_is_legal(void **state) {
    bed *b = *state;
    norni_cache_stats s;
    const norni_cache_key k = bed_key(1), none = {{0}};
    assert_int_equal(norni_cache_enter(NULL, &k, (norni_poll){0}, &b->value), NORNI_CACHE_MINE);
    norni_cache_leave(NULL, &k, norni_str_of("x"));
    norni_cache_stats_get(NULL, &s);
    assert_int_equal(s.misses, 0);
    norni_cache_close(NULL);
    assert_int_equal(bed_ask(b, &none), NORNI_CACHE_MINE); /* SHA-256 failed */
    norni_cache_leave(b->cache, &none, norni_str_of("x"));
    assert_int_equal(bed_ask(b, &none), NORNI_CACHE_MINE);
    assert_int_equal(b->n_warned, 1);
    norni_cache_leave(b->cache, &none, (norni_str){NULL, 0});
}

/* Made of parts: the bytes' home counts, not only their order. Known: SHA-256 over (1, 'a', 2, "bc") with u64 lengths, by
 * python3 -c 'import hashlib,struct;print(hashlib.sha256(struct.pack("<Q",1)+b"a"+struct.pack("<Q",2)+b"bc").hexdigest())' */
static void test_fault_39_any_change_is_a_miss(void **state) {
    bed *b = *state;
    static const unsigned char known[4] = {0x9a, 0x8a, 0xcc, 0xa1};
    const norni_str two[] = {norni_str_of("a"), norni_str_of("bc")},
                    moved[] = {norni_str_of("ab"), norni_str_of("c")};
    const norni_cache_key first = norni_cache_key_of(two, 2), second = norni_cache_key_of(moved, 2);
    assert_memory_equal(first.byte, known, sizeof known);
    assert_memory_not_equal(first.byte, second.byte, sizeof first.byte);
    char version[] = "1.2.3", op[] = "report", params[] = "level=95,seed=0", data[257];
    memset(data, 'd', sizeof data);
    const norni_str part[] = {{version, 5}, {op, 6}, {params, 15}, {data, 257}};
    const norni_cache_key whole = norni_cache_key_of(part, 4);
    bed_put_new(b, &whole, "whole");
    for (size_t p = 0; p < 4; p++) {
        for (size_t i = 0; i < part[p].n; i++) {
            char *at = p == 0 ? version : p == 1 ? op : p == 2 ? params : data;
            at[i] ^= 1;
            const norni_cache_key changed = norni_cache_key_of(part, 4);
            assert_int_equal(bed_ask(b, &changed), NORNI_CACHE_MINE);
            norni_cache_leave(b->cache, &changed, (norni_str){NULL, 0});
            at[i] ^= 1;
        }
    }
    const norni_cache_key same = norni_cache_key_of(part, 4);
    assert_int_equal(bed_ask(b, &same), NORNI_CACHE_HIT);
}

static void test_age(void **state) {
    bed *b = *state;
    const int64_t hour = 3600, start = b->now;
    const norni_cache_key k = bed_key(1), late = bed_key(2);
    bed_put_new(b, &k, "old");
    b->now = start + 24 * hour - 2;
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_HIT);
    b->now = start + 24 * hour + 1;
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_MINE);
    bed_put(b, &k, "new");
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_HIT);
    bed_put_new(b, &late, "late");
    bed_reopen(b);
    b->now = start + 49 * hour; /* set forward by a day: old at once */
    assert_int_equal(bed_ask(b, &late), NORNI_CACHE_MINE);
    norni_cache_leave(b->cache, &late, (norni_str){NULL, 0});
}

static void test_fault_09_clock_set_back(void **state) {
    bed *b = *state;
    const int64_t day = 86400, start = b->now;
    const norni_cache_key k = bed_key(1), other = bed_key(2);
    bed_put_new(b, &k, "v");
    b->now = start - day; /* while it runs: its own count of time goes on */
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_HIT);
    bed_put_new(b, &other, "w");
    bed_reopen(b); /* a run that knows only the clock set back: from the future, not to be judged */
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_MINE);
    bed_put(b, &k, "v2");
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_HIT);
    assert_string_equal(b->value.p, "v2");
    b->now = start + day / 2;
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_MINE);
    norni_cache_leave(b->cache, &k, (norni_str){NULL, 0});
}

/* The longest unused go, and the file does not outgrow its cap by more than one value. */
static void test_size(void **state) {
    bed *b = *state;
    char path[128];
    struct stat st;
    norni_cache_stats s;
    char *big = malloc(100001);
    uint64_t x = 1;
    assert_non_null(big);
    for (size_t i = 0; i < 100000; i++) {
        x = x * 6364136223846793005U + 1442695040888963407U;
        big[i] = (char)('0' + (x >> 33) % 75);
    }
    big[100000] = '\0';
    b->most = 2 << 20;
    bed_reopen(b);
    const norni_cache_key first = bed_key(0);
    for (uint64_t i = 0; i < 60; i++) { /* 5 MB */
        const norni_cache_key k = bed_key(i);
        bed_put_new(b, &k, big);
        b->now += 100;
        if (i < 20) assert_int_equal(bed_ask(b, &first), NORNI_CACHE_HIT); /* is used */
    }
    norni_cache_stats_get(b->cache, &s);
    assert_true(s.entries > 15 && s.entries < 30 && s.bytes <= (2 << 20) + 150000);
    const norni_cache_key last = bed_key(59), used = bed_key(1);
    assert_int_equal(bed_ask(b, &last), NORNI_CACHE_HIT);
    assert_int_equal(bed_ask(b, &used), NORNI_CACHE_MINE);
    norni_cache_leave(b->cache, &used, (norni_str){NULL, 0});
    uint64_t n;
    assert_int_equal(norni_cache_clear(b->cache, &n, NULL), NORN_OK);
    snprintf(path, sizeof path, "%s/cache-1.db", b->dir);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size < 65536); /* it shrinks */
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(b->dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    for (uint64_t i = 0; i < 20; i++) { /* by last use, not by age */
        const norni_cache_key k = bed_key(i);
        bed_put_new(b, &k, big);
        b->now += 100;
        if (i > 0) assert_int_equal(bed_ask(b, &first), NORNI_CACHE_HIT);
    }
    for (uint64_t i = 20; i < 30; i++) {
        const norni_cache_key k = bed_key(i);
        bed_put_new(b, &k, big);
        b->now += 100;
        assert_int_equal(bed_ask(b, &first), NORNI_CACHE_HIT);
    }
    free(big);
}

static void test_folder_gone(void **state) {
    bed *b = *state;
    const norni_cache_key k = bed_key(1);
    bed_put_new(b, &k, "v");
    bed_remove(b->dir); /* by hand, while it is open */
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_MINE);
    bed_put(b, &k, "v");
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_HIT);
    assert_int_equal(b->n_warned, 0);
}

/* Neither a link nor a folder that is none is written to. */
static void test_no_folder(void **state) {
    bed *b = *state;
    char path[128];
    norni_cache *c = NULL;
    norn_err err = {NORN_OK, ""};
    snprintf(path, sizeof path, "%s/plain", b->dir);
    const int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    norni_cache_opt opt = {.dir = path};
    assert_int_equal(norni_cache_open(&b->alloc, &opt, &c, &err), NORN_E_IO);
    assert_non_null(strstr(err.text, "plain"));
    assert_non_null(strstr(err.text, "--cache-dir"));
    opt.lenient = true;
    opt.warn = bed_warn;
    opt.warn_user = b;
    assert_int_equal(norni_cache_open(&b->alloc, &opt, &c, &err), NORN_OK);
    assert_int_equal(b->n_warned, 1);
    const norni_cache_key k = bed_key(1);
    b->value.n = 0;
    assert_int_equal(norni_cache_enter(c, &k, (norni_poll){0}, &b->value), NORNI_CACHE_MINE);
    norni_cache_leave(c, &k, norni_str_of("v"));
    norni_cache_stats s;
    norni_cache_stats_get(c, &s);
    assert_int_equal(s.errors, 1);
    norni_cache_close(c);
    unlink(path);
    snprintf(path, sizeof path, "%s/cache-1.db", b->dir);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_MINE);
    norni_cache_leave(b->cache, &k, norni_str_of("v"));
    assert_int_equal(b->n_warned, 2); /* who could not read is not asked to write */
}

/* A child of fork goes on without the parent's database, and leaves it whole. */
static void test_fork(void **state) {
    bed *b = *state;
    const norni_cache_key k = bed_key(1), other = bed_key(2);
    bed_put_new(b, &k, "v");
    const pid_t child = fork();
    if (child == 0) {
        int wrong = bed_ask(b, &k) != NORNI_CACHE_MINE;
        norni_cache_leave(b->cache, &k, norni_str_of("v"));
        wrong += bed_ask(b, &other) != NORNI_CACHE_MINE;
        norni_cache_leave(b->cache, &other, norni_str_of("w"));
        norni_cache_close(b->cache);
        _exit(wrong);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(bed_ask(b, &k), NORNI_CACHE_HIT);
    bed_put_new(b, &other, "w");
    bed_reopen(b);
    assert_int_equal(bed_ask(b, &other), NORNI_CACHE_HIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BED(test_round_trip),
        BED(test_nothing_is_legal),
        BED(test_fault_39_any_change_is_a_miss),
        BED(test_age),
        BED(test_fault_09_clock_set_back),
        BED(test_size),
        BED(test_folder_gone),
        BED(test_no_folder),
        BED(test_fork),
    };
    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
