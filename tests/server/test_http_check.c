/* Strict checks of a head, of a target and of header values, each rule alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/http_check.h"

static unsigned check(const char *method, const char *version, const http_pair *header, size_t n,
                      http_facts *facts) {
    const char *why = NULL;
    const http_head head = {method, "/x", version, header, n, 0};
    const unsigned status = http_check_head(&head, facts, &why);
    assert_true((status == 0) == (why == NULL));
    return status;
}

static const struct {
    http_pair header[3];
    unsigned status;
} heads[] = {
    {{{"Host", "x"}}, 0},
    {{{"host", "x:80"}, {"X", "a\tb"}}, 0},
    {{{"Host", ""}}, 0},
    {{{"X", "y"}}, 400},
    {{{"Host", "x"}, {"HOST", "x"}}, 400},
    {{{"Host", "x/y"}}, 400},
    {{{"Host", "x@y"}}, 400},
    {{{"Host", "x"}, {"X ", "y"}}, 400},
    {{{"Host", "x"}, {"", "y"}}, 400},
    {{{"Host", "x"}, {"X(", "y"}}, 400},
    {{{"Host", "x"}, {"X", "a\x01"}}, 400},
    {{{"Host", "x"}, {"X", "a\x7F"}}, 400},
    {{{"Host", "x"}, {"X", "\xC3\xA4"}}, 0},
    {{{"Host", "x"}, {"Content-Length", "5"}}, 0},
    {{{"Host", "x"}, {"Content-Length", ""}}, 400},
    {{{"Host", "x"}, {"Content-Length", "+5"}}, 400},
    {{{"Host", "x"}, {"Content-Length", "5 "}}, 400},
    {{{"Host", "x"}, {"Content-Length", "5,5"}}, 400},
    {{{"Host", "x"}, {"Content-Length", "1000000000000000000"}}, 400},
    {{{"Host", "x"}, {"Content-Length", "5"}, {"content-length", "5"}}, 400},
    {{{"Host", "x"}, {"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}, 400},
    {{{"Host", "x"}, {"Transfer-Encoding", "Chunked"}}, 0},
    {{{"Host", "x"}, {"Transfer-Encoding", "gzip"}}, 501},
    {{{"Host", "x"}, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}, 400},
    {{{"Host", "x"}, {"Expect", "100-Continue"}}, 0},
    {{{"Host", "x"}, {"Expect", "100"}}, 417},
    {{{"Host", "x"}, {"Expect", "100-continue"}, {"Expect", "100-continue"}}, 417},
};

static void test_heads(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        http_facts facts;
        size_t n = 0;
        while (n < 3 && heads[i].header[n].name != NULL)
            n++;
        assert_int_equal(check("GET", "HTTP/1.1", heads[i].header, n, &facts), heads[i].status);
    }
    http_facts facts;
    const http_pair host = {"Host", "x"}, length[] = {{"Host", "x"}, {"Content-Length", "123"}},
                    chunked[] = {{"Host", "x"}, {"Transfer-Encoding", "chunked"}};
    assert_int_equal(check("GET", "HTTP/1.0", NULL, 0, &facts), 0);
    assert_int_equal(check("GET", "HTTP/2.0", &host, 1, &facts), 505);
    assert_int_equal(check("GET", "HTTP/1.0", chunked, 2, &facts), 400);
    assert_int_equal(check("G T", "HTTP/1.1", &host, 1, &facts), 400);
    assert_int_equal(check("GETGETGETGETGETGE", "HTTP/1.1", &host, 1, &facts), 400);
    assert_int_equal(check("POST", "HTTP/1.1", length, 2, &facts), 0);
    assert_true(facts.has_length && facts.length == 123 && !facts.chunked && !facts.waits);
}

static void test_sizes(void **state) {
    (void)state;
    http_pair many[HTTP_MOST_HEADERS + 1];
    static char big[HTTP_MOST_HEAD + 1], line[HTTP_MOST_LINE + 1];
    const char *why = NULL;
    http_facts facts;
    for (size_t i = 0; i <= HTTP_MOST_HEADERS; i++)
        many[i] = (http_pair){i ? "X" : "Host", "y"};
    assert_int_equal(check("GET", "HTTP/1.1", many, HTTP_MOST_HEADERS, &facts), 0);
    assert_int_equal(check("GET", "HTTP/1.1", many, HTTP_MOST_HEADERS + 1, &facts), 431);
    memset(big, 'y', HTTP_MOST_HEAD);
    many[1].value = big;
    assert_int_equal(check("GET", "HTTP/1.1", many, 2, &facts), 431);
    memset(line, 'y', HTTP_MOST_LINE);
    const http_head head = {"GET", line, "HTTP/1.1", many, 1, 0};
    assert_int_equal(http_check_head(&head, &facts, &why), 414);
}

static const struct {
    const char *target, *path; /* NULL: 400 */
    const char *name, *value;  /* of the first parameter */
} targets[] = {
    {"/", "/", NULL, NULL},
    {"/a/b%20c", "/a/b c", NULL, NULL},
    {"/%C3%A4", "/\xC3\xA4", NULL, NULL},
    {"/a?b=c", "/a", "b", "c"},
    {"/a?b=c+d%2B%26&e", "/a", "b", "c d+&"},
    {"/a?b", "/a", "b", ""},
    {"/a?=b", "/a", "", "b"},
    {"/a?&&", "/a", NULL, NULL},
    {"/a?b=1%0A2", "/a", "b", "1\n2"},
    {"http://host/a", "/a", NULL, NULL},
    {"http://host", NULL, NULL, NULL},
    {"*", NULL, NULL, NULL},
    {"a", NULL, NULL, NULL},
    {"", NULL, NULL, NULL},
    {"/a b", NULL, NULL, NULL},
    {"/a\x01", NULL, NULL, NULL},
    {"/a#b", NULL, NULL, NULL},
    {"/a?b#c", NULL, NULL, NULL},
    {"/%", NULL, NULL, NULL},
    {"/%4", NULL, NULL, NULL},
    {"/%4g", NULL, NULL, NULL},
    {"/%00", NULL, NULL, NULL},
    {"/%0a", NULL, NULL, NULL},
    {"/%7f", NULL, NULL, NULL},
    {"/a?b=%00", NULL, NULL, NULL},
    {"/%2f", NULL, NULL, NULL},
    {"/%5c", NULL, NULL, NULL},
    {"/\\", NULL, NULL, NULL},
    {"/.", NULL, NULL, NULL},
    {"/..", NULL, NULL, NULL},
    {"/a/../b", NULL, NULL, NULL},
    {"/%2e%2E/b", NULL, NULL, NULL},
    {"/...", "/...", NULL, NULL},
    {"/.a", "/.a", NULL, NULL},
    {"/%ff", NULL, NULL, NULL},
    {"/%c0%ae", NULL, NULL, NULL},
    {"/%ed%a0%80", NULL, NULL, NULL},
};

static void test_targets(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        http_pair query[HTTP_MOST_QUERY];
        size_t n = 0;
        const char *path = NULL, *why = NULL;
        const unsigned status =
            http_check_target(&arena, targets[i].target, &path, query, &n, &why);
        assert_int_equal(status, targets[i].path ? 0 : 400);
        if (status != 0) continue;
        assert_string_equal(path, targets[i].path);
        if (targets[i].name == NULL) assert_int_equal(n, 0);
        if (targets[i].name == NULL) continue;
        assert_string_equal(query[0].name, targets[i].name);
        assert_string_equal(query[0].value, targets[i].value);
    }
    char many[8 + 2 * (HTTP_MOST_QUERY + 1)] = "/?";
    for (size_t i = 0; i <= HTTP_MOST_QUERY; i++)
        memcpy(many + 2 + 2 * i, "a&", 3);
    http_pair query[HTTP_MOST_QUERY];
    size_t n = 0;
    const char *path = NULL, *why = NULL;
    assert_int_equal(http_check_target(&arena, many, &path, query, &n, &why), 400);
    many[2 + 2 * HTTP_MOST_QUERY] = '\0';
    assert_int_equal(http_check_target(&arena, many, &path, query, &n, &why), 0);
    assert_int_equal(n, HTTP_MOST_QUERY);
    norni_arena_clear(&arena);
}

static void test_values(void **state) {
    (void)state;
    char out[8];
    assert_true(http_type_is("text/CSV ; charset=utf-8", "text/csv"));
    assert_true(http_type_is("text/plain", "text/"));
    assert_false(http_type_is("text/", "text/"));
    assert_false(http_type_is("text/csvx", "text/csv"));
    assert_true(http_parameter("a/b; x=1; Y=\"q\\\"r\" ;z=3", "y", out, sizeof out));
    assert_string_equal(out, "q\"r");
    assert_true(http_parameter("a/b; x=1; Y=\"q;z=4\" ;z=3", "z", out, sizeof out));
    assert_string_equal(out, "3");
    assert_false(http_parameter("a/b; x=12345678", "x", out, sizeof out));
    assert_true(http_parameter("a/b; x=1234567", "x", out, sizeof out));
    assert_false(http_parameter("a/b; x=\"12", "x", out, sizeof out));
    assert_false(http_parameter("a/b; xx=1; x", "x", out, sizeof out));
    assert_false(http_parameter("a/b", "x", out, sizeof out));
    assert_true(http_id_good("aZ0._:-"));
    assert_false(http_id_good(""));
    assert_false(http_id_good("a b"));
    assert_true(http_trace_good("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    assert_false(http_trace_good("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g"));
    assert_false(http_trace_good("00-0af7651916cd43dd8448eb211c80319cxb7ad6b7169203331-01"));
    assert_true(http_utf8_good("\xF4\x8F\xBF\xBF", 4));
    assert_false(http_utf8_good("\xF4\x90\x80\x80", 4));
    assert_false(http_utf8_good("\xE0\x80\x80", 3));
    assert_false(http_utf8_good("\xC3", 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_heads), cmocka_unit_test(test_sizes),
                                       cmocka_unit_test(test_targets),
                                       cmocka_unit_test(test_values)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
