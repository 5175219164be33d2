/* Signature version 4 against the signatures that AWS publishes. */
/* SPDX-License-Identifier: Apache-2.0 */
/* From AWS's test suite for signature version 4 (service "service", 2015-08-30) and from the examples of
 * "Authenticating Requests: Using the Authorization Header" of the S3 API reference (2013-05-24). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/s3_sign.h"

static const char suite_secret[] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
static const char docs_secret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

#define PAIR(name, value)            \
    {                                \
        {name, sizeof(name) - 1}, {  \
            value, sizeof(value) - 1 \
        }                            \
    }

static void check(const norni_s3_request *r, const char *id, const char *secret, const char *want) {
    const norn_alloc alloc = norni_alloc_default();
    norni_s3_crypto crypto;
    norni_buf out;
    norn_err err = {0};
    norni_buf_init(&out, &alloc);
    assert_int_equal(norni_s3_crypto_load(&crypto, &err), NORN_OK);
    assert_int_equal(norni_s3_sign(&crypto, r, id, secret, &out, &err), NORN_OK);
    norni_buf_add(&out, "", 1);
    const char *got = strstr(out.p, "Signature=");
    assert_non_null(got);
    assert_string_equal(got + 10, want);
    norni_buf_clear(&out);
}

static void suite(const char *method, const char *path, const norni_s3_pair *query, size_t n_query,
                  const norni_s3_pair *header, size_t n_header, const char *want) {
    const norni_s3_request r = {.method = method,
                                .path = norni_str_of(path),
                                .query = query,
                                .n_query = n_query,
                                .header = header,
                                .n_header = n_header,
                                .payload = empty,
                                .time = "20150830T123600Z",
                                .region = "us-east-1",
                                .service = "service"};
    check(&r, "AKIDEXAMPLE", suite_secret, want);
}

static void test_suite(void **state) {
    (void)state;
    const norni_s3_pair header[] = {PAIR("x-amz-date", "20150830T123600Z"),
                                    PAIR("host", "example.amazonaws.com")};
    suite("GET", "/", NULL, 0, header, 2,
          "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"); /* get-vanilla */
    suite("POST", "/", NULL, 0, header, 2,
          "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"); /* post-vanilla */
    const norni_s3_pair query[] = {PAIR("Param2", "value2"), PAIR("Param1", "value1")};
    suite("GET", "/", query, 2, header, 2, /* get-vanilla-query-order-key-case */
          "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
    const norni_s3_pair spaced[] = {
        PAIR("host", "example.amazonaws.com"), PAIR("my-header1", " value1"),
        PAIR("my-header2", " \"a   b   c\""), PAIR("x-amz-date", "20150830T123600Z")};
    suite("GET", "/", NULL, 0, spaced, 4, /* get-header-value-trim */
          "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

static void docs(const char *method, const char *path, const norni_s3_pair *query, size_t n_query,
                 const norni_s3_pair *header, size_t n_header, const char *payload,
                 const char *want) {
    const norni_s3_request r = {.method = method,
                                .path = norni_str_of(path),
                                .query = query,
                                .n_query = n_query,
                                .header = header,
                                .n_header = n_header,
                                .payload = payload,
                                .time = "20130524T000000Z",
                                .region = "us-east-1",
                                .service = "s3"};
    check(&r, "AKIAIOSFODNN7EXAMPLE", docs_secret, want);
}

#define HOST PAIR("host", "examplebucket.s3.amazonaws.com")
#define DATE PAIR("x-amz-date", "20130524T000000Z")

static void test_s3_examples(void **state) {
    (void)state;
    const norni_s3_pair get[] = {
        HOST, PAIR("range", "bytes=0-9"), DATE,
        PAIR("x-amz-content-sha256",
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")};
    docs("GET", "/test.txt", NULL, 0, get, 4, empty,
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    const norni_s3_pair put[] = {
        PAIR("date", "Fri, 24 May 2013 00:00:00 GMT"), HOST, DATE,
        PAIR("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        PAIR("x-amz-content-sha256",
             "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")};
    docs("PUT", "/test%24file.text", NULL, 0, put, 5,
         "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
         "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
    const norni_s3_pair list[] = {
        HOST, DATE,
        PAIR("x-amz-content-sha256",
             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")};
    const norni_s3_pair lifecycle[] = {PAIR("lifecycle", "")};
    docs("GET", "/", lifecycle, 1, list, 3, empty,
         "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    const norni_s3_pair prefix[] = {PAIR("prefix", "J"), PAIR("max-keys", "2")};
    docs("GET", "/", prefix, 2, list, 3, empty,
         "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void test_encode(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_buf out;
    norni_buf_init(&out, &alloc);
    norni_s3_encode(&out, norni_str_of("a/b c+%~\xC3\xBC"), true);
    norni_buf_add(&out, "", 1);
    assert_string_equal(out.p, "a/b%20c%2B%25~%C3%BC");
    out.n = 0;
    norni_s3_encode(&out, norni_str_of("a/b"), false);
    norni_buf_add(&out, "", 1);
    assert_string_equal(out.p, "a%2Fb");
    out.n = 0;
    /* sorted as they are sent: "a-b" stands behind "a", "A" before both */
    const norni_s3_pair pairs[] = {PAIR("a-b", "1"), PAIR("a", "2"), PAIR("A", "3"),
                                   PAIR("a", "1")};
    assert_int_equal(norni_s3_query(&out, pairs, 4, NULL), NORN_OK);
    norni_buf_add(&out, "", 1);
    assert_string_equal(out.p, "A=3&a=1&a=2&a-b=1");
    norni_s3_pair many[NORNI_S3_MOST_PAIRS + 1];
    memset(many, 0, sizeof many);
    assert_int_equal(norni_s3_query(&out, many, NORNI_S3_MOST_PAIRS + 1, NULL), NORN_E_ARG);
    norni_buf_clear(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suite),
        cmocka_unit_test(test_s3_examples),
        cmocka_unit_test(test_encode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
