/* The digest in bounded memory: any order of ids and any room give the digest of the sorted hashes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/digest.h"
#include "base/rng.h"
#include "base/seen.h"

enum { N = 3000, HASHES = 2 };

typedef struct entry {
    char id[40];
    norni_hash128 hash[HASHES];
} entry;

static entry all[N];

static int compare(const void *a, const void *b) {
    return strcmp(((const entry *)a)->id, ((const entry *)b)->id);
}

static void fill(void) {
    for (size_t i = 0; i < N; i++) {
        const norni_rng rng = {4, i};
        /* prefixes of each other, long and short, not in order */
        snprintf(all[i].id, sizeof all[i].id, "%.*s%u", (int)(norni_rng_u64(rng, 0) % 20),
                 "aaaaaaaaaaaaaaaaaaaa", (unsigned)(i * 7919 % N));
        for (size_t k = 0; k < HASHES; k++)
            all[i].hash[k] = norni_hash_128(all[i].id, k + 1);
    }
}

static norni_hash128 digest_of(size_t keep) {
    const norn_alloc alloc = norni_alloc_default();
    norni_digest d;
    norni_hash128 got = {0, 0};
    norni_digest_init(&d, &alloc, HASHES, keep);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(norni_digest_add(&d, norni_str_of(all[i].id), all[i].hash, NULL), NORN_OK);
    assert_int_equal(norni_digest_get(&d, &got, NULL), NORN_OK);
    norni_digest_clear(&d);
    return got;
}

static void any_order_any_room(void **state) {
    (void)state;
    static norni_hash128 sorted[N * HASHES];
    static const size_t rooms[] = {1, 100, 5000, 40000, 0};
    norni_hash128 got[2][5];
    for (int order = 0; order < 2; order++) {
        fill();
        if (order) qsort(all, N, sizeof all[0], compare);
        for (size_t r = 0; r < 5; r++)
            got[order][r] = digest_of(rooms[r]);
    }
    for (size_t i = 0; i < N; i++)
        memcpy(sorted + i * HASHES, all[i].hash, sizeof all[i].hash);
    const norni_hash128 want = norni_hash_128(sorted, sizeof sorted);
    for (size_t i = 0; i < 10; i++) {
        const norni_hash128 h = got[i / 5][i % 5];
        if (h.hi != want.hi || h.lo != want.lo)
            fail_msg("order %zu, room %zu: another digest", i / 5, rooms[i % 5]);
    }
    all[N / 2].hash[1].lo ^= 1;
    assert_false(digest_of(5000).lo == want.lo);
}

typedef struct visit {
    norni_seen seen;
    size_t n, twice;
} visit;

static norn_status visit_id(void *arg, norni_str id, norn_err *err) {
    visit *v = arg;
    bool before = false;
    v->n++;
    const norn_status st = norni_seen_add(&v->seen, norni_hash64(id.p, id.n), &before, err);
    v->twice += before;
    return st;
}

/* Every id is visited once, those put aside and those in memory; what was seen is seen again. */
static void visits(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_digest d;
    visit v = {.n = 0};
    fill();
    norni_seen_init(&v.seen, &alloc);
    norni_digest_init(&d, &alloc, HASHES, 5000);
    assert_true(norni_digest_is_next(&d, norni_str_of("")));
    for (size_t i = 0; i < N; i++)
        assert_int_equal(norni_digest_add(&d, norni_str_of(all[i].id), all[i].hash, NULL), NORN_OK);
    assert_false(norni_digest_is_next(&d, norni_str_of("zzz"))); /* the order broke long ago */
    assert_int_equal(norni_digest_each(&d, visit_id, &v, NULL), NORN_OK);
    assert_int_equal(v.n, N);
    assert_int_equal(v.twice, 0);
    assert_int_equal(norni_digest_each(&d, visit_id, &v, NULL), NORN_OK);
    assert_int_equal(v.twice, N);
    norni_seen_clear(&v.seen);
    norni_digest_clear(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_order_any_room),
                                       cmocka_unit_test(visits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
