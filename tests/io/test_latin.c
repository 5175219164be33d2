/* What is UTF-8 and what is not; bytes of Windows-1252 as letters; a workbook's sheets beside its cells. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "made_book.h"

#include "io/grid_read.h"
#include "io/latin.h"

static void valid_and_not(void **state) {
    (void)state;
    static const char *const good[] = {"",
                                       "abc",
                                       "\xC2\x80",
                                       "Z\xC3\xBC",
                                       "\xE0\xA0\x80",
                                       "\xEF\xBF\xBD",
                                       "\xED\x9F\xBF",
                                       "\xF0\x90\x80\x80",
                                       "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {"\x80",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "Gen\xE8ve",
                                      "\xC3",
                                      "a\xC3",
                                      "\xE0\x9F\xBF",
                                      "\xED\xA0\x80",
                                      "\xE2\x82",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xE2\x82\x41",
                                      "\xF0\x90\x80\xC0",
                                      "\xFF"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(norni_utf8_valid(norni_str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (norni_utf8_valid(norni_str_of(bad[i]))) fail_msg("bad %zu is taken", i);
    }
}

/* Every byte alone: itself below 0x80, valid UTF-8 above; some by name. */
static void each_byte(void **state) {
    (void)state;
    static const struct {
        unsigned char byte;
        const char *text;
    } some[] = {{0x80, "\xE2\x82\xAC"}, {0x81, "\xEF\xBF\xBD"}, {0x8A, "\xC5\xA0"},
                {0x99, "\xE2\x84\xA2"}, {0x9F, "\xC5\xB8"},     {0xA0, "\xC2\xA0"},
                {0xC4, "\xC3\x84"},     {0xFF, "\xC3\xBF"}};
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_arena_init(&arena, &alloc);
    for (int c = 1; c < 256; c++) {
        const char byte = (char)(unsigned char)c;
        const norni_str s = norni_latin_decode(&arena, (norni_str){&byte, 1});
        assert_non_null(s.p);
        assert_int_equal(strlen(s.p), s.n);
        assert_true(norni_utf8_valid(s));
        if (c < 0x80) assert_true(s.n == 1 && *s.p == byte);
    }
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        const char byte = (char)some[i].byte;
        assert_string_equal(norni_latin_decode(&arena, (norni_str){&byte, 1}).p, some[i].text);
    }
    norni_arena_clear(&arena);
}

static void sheets_of_a_grid(void **state) {
    (void)state;
    const made_bytes b = made_book(
        (const made_part[]){{"xl/workbook.xml",
                             "<workbook xmlns:r=\"l\"><sheets><sheet name=\"Readme\" r:id=\"r1\"/>"
                             "<sheet name=\"Data\" r:id=\"r2\"/></sheets></workbook>"},
                            {"xl/worksheets/sheet1.xml", MADE_SHEET("<row><c><v>1</v></c></row>")},
                            {"xl/worksheets/sheet2.xml", MADE_SHEET("<row><c><v>2</v></c></row>")},
                            {NULL, NULL}});
    norn_ctx *ctx;
    norn_err err;
    norni_grid g;
    norni_arena arena;
    assert_int_equal(norn_ctx_new(NULL, &ctx, &err), NORN_OK);
    norni_arena_init(&arena, &ctx->alloc);
    for (int k = 0; k < 2; k++) {
        const char *const asked = k == 0 ? NULL : "Data", *const want = k == 0 ? "Readme" : "Data";
        assert_int_equal(norni_grid_parse(ctx, b.p, b.n, asked, &arena, &g, &err), NORN_OK);
        assert_string_equal(g.sheet, want);
        assert_int_equal(g.n_sheets, 2);
        assert_string_equal(g.sheet_names[1], "Data");
        assert_false(g.sheet_in_vain);
        assert_int_equal(g.n_decoded, 0);
    }
    assert_int_equal(norni_grid_parse(ctx, "a\n\xFC\n", 4, "Data", &arena, &g, &err), NORN_OK);
    assert_null(g.sheet);
    assert_true(g.sheet_in_vain);
    assert_int_equal(g.n_decoded, 1);
    assert_int_equal(g.first_decoded_line, 2);
    assert_string_equal(g.row[1].cell[0].p, "\xC3\xBC");
    norni_arena_clear(&arena);
    norn_ctx_free(ctx);
    free(b.p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_and_not),
        cmocka_unit_test(each_byte),
        cmocka_unit_test(sheets_of_a_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
