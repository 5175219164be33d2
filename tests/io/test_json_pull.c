/* Tests of JSON read piece by piece: what it holds, what is refused and where, escapes, depth. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "io/json_pull.h"

/* Kinds as letters, in their order. */
static norn_status walk(const char *text, char *out, norn_err *err) {
    norni_json_pull p;
    norni_json_item item;
    norn_status st;
    norni_json_pull_init(&p, norni_str_of(text));
    while ((st = norni_json_pull_next(&p, &item, err)) == NORN_OK && item.kind != NORNI_JSON_DONE)
        *out++ = ".{}[]ksntf0"[item.kind];
    *out = '\0';
    return st;
}

static void pieces_come_in_order(void **state) {
    char got[256];
    norn_err err;
    (void)state;
    assert_int_equal(
        walk(" {\"a\": [1, -2.5e+3, \"x\", {}, []], \"b\": null,\"c\":true , \"d\" :false}\n", got,
             &err),
        NORN_OK);
    assert_string_equal(got, "{k[nns{}[]]k0ktkf}");
    assert_int_equal(walk("0", got, &err), NORN_OK);
    assert_string_equal(got, "n");
}

static void faults_have_their_byte(void **state) {
    static const struct {
        const char *text, *says;
    } row[] = {
        {"", "byte 1"},           {"{\"a\":1,}", "byte 8"}, {"[1,]", "byte 4"},
        {"[1 2]", "byte 4"},      {"{a:1}", "byte 2"},      {"{\"a\" 1}", "byte 6"},
        {"[01]", "byte 3"},       {"[1.]", "byte 4"},       {"[1e]", "byte 4"},
        {"[-]", "byte 3"},        {"[\"a\nb\"]", "byte 4"}, {"[\"\\x\"]", "byte 4"},
        {"[\"\\u12g4\"]", "\\u"}, {"[\"abc", "not closed"}, {"[tru]", "byte 2"},
        {"[NaN]", "byte 2"},      {"1 2", "behind"},        {"[1", "ends"},
        {"]", "byte 1"},          {"[1}", "byte 3"},        {"[\"\\", "not closed"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        char got[256];
        norn_err err = {0};
        assert_int_equal(walk(row[k].text, got, &err), NORN_E_FORMAT);
        if (strstr(err.text, row[k].says) == NULL) fail_msg("%s: %s", row[k].text, err.text);
    }
}

static void depth_is_bounded(void **state) {
    char text[2 * NORNI_JSON_DEPTH + 3], got[256];
    norn_err err;
    (void)state;
    memset(text, '[', NORNI_JSON_DEPTH);
    memset(text + NORNI_JSON_DEPTH, ']', NORNI_JSON_DEPTH);
    text[2 * NORNI_JSON_DEPTH] = '\0';
    assert_int_equal(walk(text, got, &err), NORN_OK);
    memset(text, '[', NORNI_JSON_DEPTH + 1);
    assert_int_equal(walk(text, got, &err), NORN_E_LIMIT);
}

static void strings_are_unescaped(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    norni_json_pull p;
    norni_json_item item;
    norni_buf got;
    norn_err err;
    (void)state;
    norni_buf_init(&got, &alloc);
    norni_json_pull_init(
        &p, norni_str_of("\"a\\n\\\"\\/\\u00e9\\ud83d\\ude80\\ud83dx\\udc00\\u0000\""));
    assert_int_equal(norni_json_pull_next(&p, &item, &err), NORN_OK);
    assert_int_equal(norni_json_text(&item, &got), 2);
    assert_int_equal(got.n, 5 + 1 + 4 + 3 + 1 + 3 + 1);
    assert_memory_equal(got.p, "a\n\"/\xC3\xA9\xF0\x9F\x9A\x80\xEF\xBF\xBDx\xEF\xBF\xBD\0", got.n);
    norni_buf_clear(&got);
}

static void values_are_skipped(void **state) {
    norni_json_pull p;
    norni_json_item item;
    norn_err err;
    (void)state;
    norni_json_pull_init(&p, norni_str_of("{\"a\": {\"b\": [1, {\"c\": 2}]}, \"d\": 3}"));
    assert_int_equal(norni_json_pull_next(&p, &item, &err), NORN_OK);
    assert_int_equal(norni_json_pull_next(&p, &item, &err), NORN_OK);
    assert_int_equal(norni_json_pull_next(&p, &item, &err), NORN_OK);
    assert_int_equal(norni_json_pull_skip(&p, &item, &err), NORN_OK);
    assert_int_equal(norni_json_pull_next(&p, &item, &err), NORN_OK);
    assert_int_equal(item.kind, NORNI_JSON_KEY);
    assert_true(norni_str_is(item.raw, "d"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_come_in_order), cmocka_unit_test(faults_have_their_byte),
        cmocka_unit_test(depth_is_bounded),     cmocka_unit_test(strings_are_unescaped),
        cmocka_unit_test(values_are_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
