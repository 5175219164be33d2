/* Tests of safetensors files: values, what a hostile header says, files that are none, and memory that runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text/safetensors.h"

/* A file in memory, in a block of just its size: the sanitizers see a read behind it. */
typedef struct made {
    unsigned char *bytes;
    size_t n;
} made;

/* `length` 0: the header's own. */
static made make(const char *head, uint64_t length, const void *values, size_t n_values) {
    const size_t n_head = strlen(head);
    made m = {malloc(8 + n_head + n_values + 1), 8 + n_head + n_values};
    assert_non_null(m.bytes);
    if (length == 0) length = n_head;
    for (size_t k = 0; k < 8; k++)
        m.bytes[k] = (unsigned char)(length >> 8 * k);
    memcpy(m.bytes + 8, head, n_head);
    if (n_values > 0) memcpy(m.bytes + 8 + n_head, values, n_values);
    unsigned char *exact = realloc(m.bytes, m.n);
    assert_non_null(exact);
    m.bytes = exact;
    return m;
}

static norn_status parse(const made *m, const norn_alloc *alloc, norni_safetensors *s,
                         norn_err *err) {
    return norni_safetensors_parse(alloc, (norni_str){(const char *)m->bytes, m->n}, s, err);
}

static const char good_head[] =
    "{\"__metadata__\":{\"format\":\"pt\"},"
    "\"c\":{\"dtype\":\"BF16\",\"shape\":[2,1],\"data_offsets\":[28,32],\"more\":[{}]},"
    "\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
    "\"nothing\":{\"dtype\":\"I64\",\"shape\":[0,7],\"data_offsets\":[16,16]},"
    "\"b\\u0062\":{\"dtype\":\"F16\",\"shape\":[6],\"data_offsets\":[16,28]},"
    "\"one\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[32,40]}}   ";

static made good_file(void) {
    const float a[4] = {1.5F, -2, 1e-30F, 3e38F};
    /* 1, -2, the largest, the smallest subnormal, infinity, NaN */
    const uint16_t b[6] = {0x3C00, 0xC000, 0x7BFF, 0x0001, 0x7C00, 0x7E01}, c[2] = {0x3FC0, 0xC2F7};
    const double one = 1;
    unsigned char values[40];
    memcpy(values, a, 16);
    memcpy(values + 16, b, 12);
    memcpy(values + 28, c, 4);
    memcpy(values + 32, &one, 8);
    return make(good_head, 0, values, sizeof values);
}

static void check_good(const norni_safetensors *s) {
    float x[6];
    assert_int_equal(s->n, 5);
    const norni_tensor *t = norni_safetensors_find(s, norni_str_of("a"));
    assert_non_null(t);
    assert_int_equal(t->type, NORNI_F32);
    assert_int_equal(t->n_dims, 2);
    assert_int_equal(t->n_values, 4);
    norni_tensor_floats(t, 1, 3, x);
    assert_true(x[0] == -2 && x[1] == 1e-30F && x[2] == 3e38F);
    t = norni_safetensors_find(s, norni_str_of("bb"));
    assert_non_null(t);
    norni_tensor_floats(t, 0, 6, x);
    assert_true(x[0] == 1 && x[1] == -2 && x[2] == 65504 && x[3] == 0x1p-24F);
    assert_true(isinf(x[4]) && x[4] > 0 && isnan(x[5]));
    t = norni_safetensors_find(s, norni_str_of("c"));
    assert_non_null(t);
    norni_tensor_floats(t, 0, 2, x);
    assert_true(x[0] == 1.5F && x[1] == -123.5F);
    t = norni_safetensors_find(s, norni_str_of("one"));
    assert_non_null(t);
    assert_int_equal(t->type, NORNI_TENSOR_OTHER);
    assert_int_equal(t->n_values, 1);
    t = norni_safetensors_find(s, norni_str_of("nothing"));
    assert_non_null(t);
    assert_int_equal(t->n_bytes, 0);
    assert_null(norni_safetensors_find(s, norni_str_of("b")));
    assert_null(norni_safetensors_find(s, norni_str_of("")));
    assert_null(norni_safetensors_find(s, norni_str_of("zz")));
}

static void values_are_read(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    made m = good_file();
    norni_safetensors s;
    norn_err err;
    (void)state;
    if (parse(&m, &alloc, &s, &err) != NORN_OK) fail_msg("%s", err.text);
    check_good(&s);
    norni_safetensors_close(&s);
    free(m.bytes);
}

/* All 65536 halves against the definition. */
static void halves_are_ieee(void **state) {
    static uint16_t half[65536];
    static float x[65536];
    norni_tensor t = {.type = NORNI_F16, .data = (const unsigned char *)half};
    (void)state;
    for (size_t k = 0; k < 65536; k++)
        half[k] = (uint16_t)k;
    norni_tensor_floats(&t, 0, 65536, x);
    for (size_t k = 0; k < 65536; k++) {
        const int e = (int)(k >> 10 & 31), f = (int)(k & 1023);
        const double size = e == 0 ? ldexp(f, -24) : ldexp(1024 + f, e - 25);
        const double want = k & 0x8000 ? -size : size;
        if (e == 31 && f != 0) {
            assert_true(isnan(x[k]));
        } else if (e == 31) {
            assert_true(isinf(x[k]) && (x[k] < 0) == (k >> 15 == 1));
        } else {
            assert_true((double)x[k] == want);
        }
    }
}

#define TENSOR(name, type, shape, range) \
    "\"" name "\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" range "}"

static void hostile_headers_are_told(void **state) {
    static const struct {
        const char *head;
        uint64_t length;
        size_t n_values;
        const char *says;
    } row[] = {
        {"{}", 1, 0, "header of 1 bytes"},
        {"{}", 3, 0, "header of 3 bytes"},
        {"{}", 100000001, 0, "header of 100000001"},
        {"{}", UINT64_MAX, 0, "header of 18446744073709551615"},
        {"{}", UINT64_MAX - 7, 0, "header of"},
        {"[]", 0, 0, "begins with '{'"},
        {" {}", 0, 0, "begins with '{'"},
        {"{\"a\":1}", 0, 0, "an object is wanted"},
        {"{} x", 0, 0, "header:"},
        {"{", 0, 0, "no safetensors file"},
        {"{\"a\"", 0, 0, "header:"},
        {"{\"a\":{}}", 0, 0, "dtype, shape and data_offsets"},
        {"{\"a\":{\"dtype\":4}}", 0, 0, "dtype is a string"},
        {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 0, 0, "its dtype stands there twice"},
        {"{\"a\":{\"shape\":[1],\"shape\":[1]}}", 0, 0, "shape stands there twice"},
        {"{\"a\":{\"data_offsets\":[0,4],\"data_offsets\":[0,4]}}", 0, 0, "stand there twice"},
        {"{" TENSOR("a", "F31", "[1]", "[0,4]") "}", 0, 4, "'F31' is not known"},
        {"{" TENSOR("a", "F32", "[-1]", "[0,4]") "}", 0, 4, "whole numbers"},
        {"{" TENSOR("a", "F32", "[1.5]", "[0,4]") "}", 0, 4, "whole numbers"},
        {"{" TENSOR("a", "F32", "[[1]]", "[0,4]") "}", 0, 4, "whole numbers"},
        {"{" TENSOR("a", "F32", "[99999999999999999999]", "[0,4]") "}", 0, 4, "whole numbers"},
        {"{" TENSOR("a", "F32", "7", "[0,4]") "}", 0, 4, "an array is wanted"},
        {"{" TENSOR("a", "F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]") "}", 0, 4, "dimensions"},
        {"{" TENSOR("a", "F32", "[1]", "[0]") "}", 0, 4, "two numbers"},
        {"{" TENSOR("a", "F32", "[1]", "[0,4,4]") "}", 0, 4, "two offsets"},
        {"{" TENSOR("a", "F32", "[4294967296,4294967296]", "[0,4]") "}", 0, 4, "can be counted"},
        {"{" TENSOR("a", "F32", "[9223372036854775807,2]", "[0,4]") "}", 0, 4, "bytes than can"},
        {"{" TENSOR("a", "F32", "[4611686018427387904]", "[0,0]") "}", 0, 0, "bytes than can"},
        {"{" TENSOR("a", "F32", "[1]", "[0,5]") "}", 0, 4, "the values end at 4"},
        {"{" TENSOR("a", "F32", "[1]", "[4,0]") "}", 0, 4, "bytes 4 to 0"},
        {"{" TENSOR("a", "F32", "[1]", "[0,3]") "}", 0, 4, "its shape wants 4"},
        {"{" TENSOR("a", "F32", "[1]", "[1,5]") "}", 0, 5, "a hole"},
        {"{" TENSOR("a", "U8", "[2]", "[0,2]") "," TENSOR("b", "U8", "[2]", "[1,3]") "}", 0, 3,
         "an overlap"},
        {"{" TENSOR("a", "U8", "[2]", "[0,2]") "," TENSOR("b", "U8", "[2]", "[3,5]") "}", 0, 5,
         "a hole"},
        {"{" TENSOR("a", "U8", "[2]", "[0,2]") "," TENSOR("b", "U8", "[0]", "[1,1]") "}", 0, 2,
         "an overlap"},
        {"{" TENSOR("a", "U8", "[2]", "[0,2]") "}", 0, 3, "the file at 3"},
        {"{}", 0, 1, "the file at 1"},
        {"{" TENSOR("a", "U8", "[2]", "[0,2]") "," TENSOR("a", "U8", "[2]", "[2,4]") "}", 0, 4,
         "stands there twice"},
        {"{" TENSOR("a", "U8", "[0]", "[0,0]") "," TENSOR("\\u0061", "U8", "[0]", "[0,0]") "}", 0,
         0, "stands there twice"},
        {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, 0, "__metadata__ stands"},
        {"{\"__metadata__\":{\"a\":1}}", 0, 0, "object of texts"},
        {"{\"__metadata__\":[]}", 0, 0, "object of texts"},
    };
    const norn_alloc alloc = norni_alloc_default();
    const unsigned char values[8] = {0};
    (void)state;
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        made m = make(row[k].head, row[k].length, values, row[k].n_values);
        norni_safetensors s;
        norn_err err = {0};
        const norn_status st = parse(&m, &alloc, &s, &err);
        if (st != NORN_E_FORMAT || strstr(err.text, row[k].says) == NULL)
            fail_msg("row %zu: %s: %s", k, norn_status_name(st), err.text);
        free(m.bytes);
    }
}

/* Every beginning of a whole file is refused, and nothing behind it is read. */
static void beginnings_are_refused(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    const made whole = good_file();
    (void)state;
    for (size_t n = 0; n < whole.n; n++) {
        made m = {malloc(n > 0 ? n : 1), n};
        norni_safetensors s;
        norn_err err;
        assert_non_null(m.bytes);
        memcpy(m.bytes, whole.bytes, n);
        assert_int_equal(parse(&m, &alloc, &s, &err), NORN_E_FORMAT);
        free(m.bytes);
    }
    free(whole.bytes);
}

static void files_are_mapped(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    char path[] = "/tmp/norn-safetensors-XXXXXX";
    const int fd = mkstemp(path);
    made m = good_file();
    norni_safetensors s;
    norn_err err;
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(norni_safetensors_open(&alloc, path, &s, &err), NORN_E_FORMAT);
    assert_non_null(strstr(err.text, "empty"));
    assert_int_equal(write(fd, m.bytes, m.n), (ssize_t)m.n);
    if (norni_safetensors_open(&alloc, path, &s, &err) != NORN_OK) fail_msg("%s", err.text);
    check_good(&s);
    for (size_t k = 0; k < s.n; k++)
        norni_tensor_release(&s, &s.tensor[k]);
    check_good(&s); /* from the file again */
    norni_safetensors_close(&s);
    norni_safetensors_close(&s); /* nothing left to close */
    (void)close(fd);
    (void)unlink(path);
    assert_int_equal(norni_safetensors_open(&alloc, path, &s, &err), NORN_E_IO);
    assert_int_equal(norni_safetensors_open(&alloc, "/tmp", &s, &err), NORN_E_IO);
    free(m.bytes);
}

static size_t left;
static void *few(void *user, void *ptr, size_t old, size_t size) {
    const norn_alloc *below = user;
    if (size > 0) {
        if (left == 0) return NULL;
        left--;
    }
    return below->resize(below->user, ptr, old, size);
}

static void memory_that_runs_out_is_told(void **state) {
    norn_alloc below = norni_alloc_default();
    const norn_alloc alloc = {few, &below};
    made m = good_file();
    (void)state;
    for (size_t n = 0;; n++) {
        norni_safetensors s;
        norn_err err;
        left = n;
        const norn_status st = parse(&m, &alloc, &s, &err);
        if (st == NORN_OK) {
            norni_safetensors_close(&s);
            assert_true(n > 1);
            break;
        }
        assert_int_equal(st, NORN_E_MEM);
    }
    free(m.bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read),          cmocka_unit_test(halves_are_ieee),
        cmocka_unit_test(hostile_headers_are_told), cmocka_unit_test(beginnings_are_refused),
        cmocka_unit_test(files_are_mapped),         cmocka_unit_test(memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
