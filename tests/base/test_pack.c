/* Packing: the bytes of each kind, every truncation noticed, counts and ranges checked. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>

#include "base/fp.h"
#include "base/pack.h"

static const double values[] = {0.0, -0.0, 1.5, -DBL_MAX, DBL_MIN / 8, 1e300};
enum { N_VALUES = sizeof values / sizeof values[0] };

static void pack_all(norni_buf *b) {
    norni_pack_u32(b, 0xDEADBEEFU);
    norni_pack_i32(b, -7);
    norni_pack_i64(b, INT64_MIN);
    norni_pack_f64(b, NORNI_NAN);
    norni_pack_f64s(b, values, N_VALUES);
    norni_pack_f32(b, 0.1);
    norni_pack_str(b, norni_str_of("grüße"));
    norni_pack_str(b, (norni_str){"", 0});
}

static bool unpack_all(norni_str bytes) {
    norni_unpack u = {bytes, false};
    double back[N_VALUES];
    bool same = norni_unpack_u32(&u) == 0xDEADBEEFU;
    same = norni_unpack_i32(&u) == -7 && same;
    same = norni_unpack_i64(&u) == INT64_MIN && same;
    same = isnan(norni_unpack_f64(&u)) && same;
    norni_unpack_f64s(&u, back, N_VALUES);
    same = memcmp(back, values, sizeof values) == 0 && same;
    same = norni_unpack_f32(&u) == (double)0.1F && same;
    same = norni_str_is(norni_unpack_str(&u), "grüße") && same;
    same = norni_unpack_str(&u).n == 0 && same;
    return norni_unpack_end(&u) && same;
}

static void there_and_back(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_buf b;
    norni_buf_init(&b, &alloc);
    pack_all(&b);
    assert_false(b.failed);
    assert_true(unpack_all((norni_str){b.p, b.n}));
    for (size_t n = 0; n < b.n; n++) /* every cut is noticed */
        assert_false(unpack_all((norni_str){b.p, n}));
    norni_buf_add(&b, "x", 1);
    assert_false(unpack_all((norni_str){b.p, b.n})); /* and what is too much */
    norni_buf_clear(&b);
}

/* The same bytes on every machine. */
static void bytes_are_little_endian(void **state) {
    (void)state;
    static const unsigned char want[] = {0x04, 0x03, 0x02, 0x01, 0xFE, 0xFF, 0xFF, 0xFF,
                                         0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00,
                                         0x00, 0x00, 0xF8, 0x3F, 0x00, 0x00, 0xC0, 0x3F};
    const norn_alloc alloc = norni_alloc_default();
    norni_buf b;
    norni_buf_init(&b, &alloc);
    norni_pack_u32(&b, 0x01020304U);
    norni_pack_i64(&b, -2);
    norni_pack_f64(&b, 1.5);
    norni_pack_f32(&b, 1.5);
    assert_int_equal(b.n, sizeof want);
    assert_memory_equal(b.p, want, sizeof want);
    norni_buf_clear(&b);
}

static norni_unpack of_f64(norni_buf *b, double x) {
    b->n = 0;
    norni_pack_f64(b, x);
    return (norni_unpack){{b->p, b->n}, false};
}

static void ranges(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    const double bad[] = {-0.001, 1.001, NORNI_NAN, NORNI_INF, -NORNI_INF};
    norni_buf b;
    double x = 0;
    norni_buf_init(&b, &alloc);
    for (size_t i = 0; i < 5; i++) {
        norni_unpack u = of_f64(&b, bad[i]);
        assert_true(norni_unpack_within(&u, 0, 1) == 0 && u.failed);
    }
    norni_unpack u = of_f64(&b, 1);
    assert_true(norni_unpack_within(&u, 0, 1) == 1 && !u.failed);
    u = of_f64(&b, NORNI_INF);
    norni_unpack_finite(&u, &x, 1);
    assert_true(u.failed);
    for (int64_t k = -1; k <= 6; k++) {
        b.n = 0;
        norni_pack_u32(&b, (uint32_t)k);
        norni_pack_i64(&b, k);
        norni_unpack c = {{b.p, b.n}, false};
        const bool good = k >= 2 && k <= 5;
        assert_int_equal(norni_unpack_count(&c, 2, 5), good ? k : 2);
        assert_int_equal(c.failed, !good);
        c.failed = false;
        assert_int_equal(norni_unpack_between(&c, 2, 5), good ? k : 2);
        assert_int_equal(c.failed, !good);
    }
    norni_buf_clear(&b);
}

/* Room is asked for before memory is: no product overflows, and a failure stays one. */
static void room(void **state) {
    (void)state;
    norni_unpack u = {{"12345678", 8}, false};
    assert_true(norni_unpack_has(&u, 2, 4) && norni_unpack_has(&u, 0, 8));
    assert_false(norni_unpack_has(&u, 3, 4));
    assert_true(u.failed);
    assert_false(norni_unpack_has(&u, 0, 1));
    u = (norni_unpack){{"12345678", 8}, false};
    assert_false(norni_unpack_has(&u, SIZE_MAX / 2, 4));
    u = (norni_unpack){{"\xFF\xFF\xFF\xFFxx", 6}, false}; /* a length beyond the end */
    assert_int_equal(norni_unpack_str(&u).n, 0);
    assert_true(u.failed);
    assert_int_equal(norni_unpack_u32(&u), 0);
    assert_false(norni_unpack_end(&u));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back),
                                       cmocka_unit_test(bytes_are_little_endian),
                                       cmocka_unit_test(ranges), cmocka_unit_test(room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
