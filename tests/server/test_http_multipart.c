/* Forms as browsers send them, forms that are broken, and every way of cutting them into pieces. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "form_scan.h"

#define TYPE "multipart/form-data; boundary=bb"
#define HEAD "Content-Disposition: form-data; name=a"

static const struct {
    const char *body, *parts; /* NULL: 400 */
} forms[] = {
    {"--bb\r\n" HEAD "\r\n\r\nx\r\n--bb--\r\n", "[a|-|-:x]"},
    {"--bb\r\n" HEAD "\r\n\r\nx\r\n--bb--", "[a|-|-:x]"},
    {"--bb\r\n" HEAD "\r\n\r\n\r\n--bb--", "[a|-|-:]"},
    {"--bb--", ""},
    {"preamble\r\n--bb \t\r\n" HEAD "\r\n\r\nx\r\n--bb--epilogue --bb\r\n", "[a|-|-:x]"},
    {"--bb\r\n" HEAD "; filename=\"f g\"\r\ncontent-type: text/csv\r\n\r\nx\r\n--bb--",
     "[a|f g|text/csv:x]"},
    {"--bb\r\n" HEAD "; filename=\"\"\r\n\r\n\r\n--bb--", "[a||-:]"},
    {"--bb\r\n" HEAD "; filename=\"/etc/p\"\r\n\r\nx\r\n--bb--", "[a|p|-:x]"},
    {"--bb\r\n" HEAD "; filename=\"C:\\\\w\\\\p.csv\"\r\n\r\nx\r\n--bb--", "[a|p.csv|-:x]"},
    {"--bb\r\n" HEAD "\r\n\r\n\r\n\r\n-\r\n--\r\n--b\r\n--bc\r\r\n\r\n--bb\r\n" HEAD
     "\r\n\r\ny\r\n--bb--",
     "[a|-|-:\r\n\r\n-\r\n--\r\n--b\r\n--bc\r\r\n][a|-|-:y]"},
    {"--bb\r\n" HEAD "\r\nContent-Transfer-Encoding: Binary\r\n\r\nx\r\n--bb--", "[a|-|-:x]"},
    {"", NULL},
    {"x", NULL},
    {"--bb", NULL},
    {"--bb-", NULL},
    {"--bb\r\n", NULL},
    {"--bb\r\n" HEAD "\r\n\r\nx", NULL},
    {"--bb\r\n" HEAD "\r\n\r\nx\r\n--bb", NULL},
    {"--bb\r\n" HEAD "\r\n\r\nx\r\n--bb\r\n", NULL},
    {"--bb\r\n" HEAD "\r\n\r\nx--bb--\r\n", NULL},
    {"--bb\n" HEAD "\n\nx\n--bb--\n", NULL},
    {"--bbx\r\n" HEAD "\r\n\r\nx\r\n--bb--", NULL},
    {"--bb-x\r\n", NULL},
    {"--bb \r--", NULL},
    {"--bb\r\r\n", NULL},
    {"--bb\r\n" HEAD "\n\r\n\r\nx\r\n--bb--", NULL},
    {"--bb\r\n" HEAD "\r\nx\r\n\r\nx\r\n--bb--", NULL},
    {"--bb\r\n" HEAD "\r\n" HEAD "\r\n\r\nx\r\n--bb--", NULL},
    {"--bb\r\n" HEAD "\r\nX: \x01\r\n\r\nx\r\n--bb--", NULL},
    {"--bb\r\n" HEAD "\r\nX: \xFF\r\n\r\nx\r\n--bb--", NULL},
    {"--bb\r\n" HEAD "\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n--bb--", NULL},
    {"--bb\r\nX: y\r\n\r\nx\r\n--bb--", NULL},
    {"--bb\r\n\r\nx\r\n--bb--", NULL},
    {"--bb\r\nContent-Disposition: form-data\r\n\r\nx\r\n--bb--", NULL},
    {"--bb\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--bb--", NULL},
    {"--bb\r\n" HEAD "; filename=\"x\r\n\r\nx\r\n--bb--", NULL},
};

static void test_forms(void **state) {
    (void)state;
    const norn_alloc alloc = norni_alloc_default();
    norni_buf out;
    norni_buf_init(&out, &alloc);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const char *body = forms[i].body;
        for (size_t step = 0; step < 80; step++) {
            const unsigned status = form_scan(TYPE, body, strlen(body), step, &out);
            assert_int_equal(status, forms[i].parts ? 0 : 400);
            if (status != 0) continue;
            assert_int_equal(out.n, strlen(forms[i].parts));
            if (out.n > 0) assert_memory_equal(out.p, forms[i].parts, out.n);
        }
    }
    norni_buf_clear(&out);
}

static void test_boundaries(void **state) {
    (void)state;
    static const struct {
        const char *type;
        unsigned status;
    } types[] = {
        {"multipart/form-data", 400},
        {"multipart/form-data; boundary=", 400},
        {"multipart/form-data; boundary=\"\"", 400},
        {"multipart/form-data; boundary=\"a b\"", 0},
        {"multipart/form-data; boundary=\"ab \"", 400},
        {"multipart/form-data; boundary=a\xC3\xA4", 400},
        {"multipart/form-data; charset=x; Boundary=----WebKitFormBoundaryAbc", 0},
        {"multipart/form-data; "
         "boundary=0123456789012345678901234567890123456789012345678901234567890123456789",
         0},
        {"multipart/form-data; "
         "boundary=01234567890123456789012345678901234567890123456789012345678901234567890",
         400},
    };
    http_multipart m;
    const http_multipart_to to = {form_begin, form_bytes, form_end, NULL};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        assert_int_equal(http_multipart_init(&m, types[i].type, &to), types[i].status);
}

/* n parts; a header of so many bytes; a name of so many bytes. */
static unsigned scan_made(size_t parts, size_t header, size_t name) {
    const norn_alloc alloc = norni_alloc_default();
    norni_buf body, out;
    norni_buf_init(&body, &alloc);
    norni_buf_init(&out, &alloc);
    for (size_t i = 0; i < parts; i++) {
        norni_buf_text(&body, "--bb\r\nContent-Disposition: form-data; name=\"");
        for (size_t k = 0; k < name; k++)
            norni_buf_text(&body, "n");
        norni_buf_text(&body, "\"\r\nX:");
        for (size_t k = 0; k < header; k++)
            norni_buf_text(&body, "h");
        norni_buf_text(&body, "\r\n\r\nx\r\n");
    }
    norni_buf_text(&body, "--bb--");
    const unsigned status = form_scan(TYPE, body.p, body.n, 1000, &out);
    norni_buf_clear(&body);
    norni_buf_clear(&out);
    return status;
}

static void test_limits(void **state) {
    (void)state;
    assert_int_equal(scan_made(HTTP_MOST_PARTS, 1, 1), 0);
    assert_int_equal(scan_made(HTTP_MOST_PARTS + 1, 1, 1), 400);
    assert_int_equal(scan_made(1, 1, HTTP_MOST_NAME), 0);
    assert_int_equal(scan_made(1, 1, HTTP_MOST_NAME + 1), 400);
    const size_t rest = strlen("Content-Disposition: form-data; name=\"n\"\r\nX:\r\n\r\n");
    assert_int_equal(scan_made(1, HTTP_MOST_PART_HEAD - rest, 1), 0);
    assert_int_equal(scan_made(1, HTTP_MOST_PART_HEAD - rest + 1, 1), 400);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forms),
                                       cmocka_unit_test(test_boundaries),
                                       cmocka_unit_test(test_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
