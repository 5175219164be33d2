/* The house's own XXH3 against libxxhash: every length around its thresholds, whole and in pieces. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/xxh3.h"

enum { MOST = 5000 };

/* Bytes without pattern. */
static void fill(unsigned char *p, size_t n) {
    uint64_t x = 88172645463325252U;
    for (size_t i = 0; i < n; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        p[i] = (unsigned char)x;
    }
}

static void test_whole(void **state) {
    (void)state;
    static unsigned char bytes[MOST];
    fill(bytes, MOST);
    for (size_t n = 0; n <= MOST; n += n < 2200 ? 1 : 37) {
        const norni_hash128 want = norni_hash_128(bytes, n), got = norni_xxh3_128(bytes, n);
        assert_true(got.hi == want.hi && got.lo == want.lo);
        assert_true(norni_xxh3_64(bytes, n) == norni_hash64(bytes, n));
    }
}

static void test_pieces(void **state) {
    (void)state;
    static unsigned char bytes[MOST];
    fill(bytes, MOST);
    for (size_t n = 0; n <= MOST; n += n < 700 ? 1 : 113) {
        for (size_t piece = 1; piece <= 1100; piece = piece * 3 + 1) {
            norni_xxh3 s;
            norni_xxh3_init(&s);
            for (size_t at = 0; at < n; at += piece)
                norni_xxh3_add(&s, bytes + at, n - at < piece ? n - at : piece);
            const norni_hash128 got = norni_xxh3_get(&s), want = norni_hash_128(bytes, n);
            assert_true(got.hi == want.hi && got.lo == want.lo);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_pieces)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
