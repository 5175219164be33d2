/* Tables in workbooks: titles, merged headers, units, text in cells, dates as numbers; refused or served. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "io/wide_read.h"
#include "made_book.h"

#define STYLES \
    "<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
#define T(ref, text) "<c r=\"" ref "\" t=\"inlineStr\"><is><t>" text "</t></is></c>"
#define V(ref, v)    "<c r=\"" ref "\"><v>" v "</v></c>"
#define D(ref, v)    "<c r=\"" ref "\" s=\"1\"><v>" v "</v></c>"

typedef struct book_table {
    norn_status st;
    norn_err err;
    norni_arena arena;
    norni_wide w;
    norni_wide_report r;
} book_table;

static book_table read_sheet(norn_ctx *ctx, const char *sheet, const char *targets) {
    book_table x = {.st = NORN_OK};
    norni_wide_opt opt = norni_wide_opt_default();
    const made_part parts[] = {
        {"xl/worksheets/sheet1.xml", sheet}, {"xl/styles.xml", STYLES}, {NULL, NULL}};
    made_bytes b = made_book(parts);
    opt.targets = targets;
    opt.max_missing = 0.6;
    opt.fill = NORNI_FILL_NONE;
    norni_arena_init(&x.arena, &ctx->alloc);
    x.st = norni_wide_parse_bytes(ctx, NULL, b.p, b.n, &opt, &x.arena, &x.w, &x.r, &x.err);
    free(b.p);
    return x;
}

static double at(const book_table *x, const char *name, size_t row) {
    const int64_t k = norni_wide_find(&x->w, norni_str_of(name));
    if (k < 0) fail_msg("no column %s", name);
    return x->w.column[k].at[row];
}

static bool noted(const book_table *x, const char *words) {
    for (size_t k = 0; k < x->r.n_notes; k++) {
        char text[300];
        snprintf(text, sizeof text, "%.*s", (int)x->r.note[k].n, x->r.note[k].p);
        if (strstr(text, words) != NULL) return true;
    }
    return false;
}

/* A title, a merged group row, names, units; a day of 1970, a total, words among numbers, short rows. */
static void test_served(void **state) {
    book_table x = read_sheet(
        *state,
        MADE_SHEET("<row>" T(
            "A1",
            "Plant 7") "</row>"
                       "<row>" T("B2", "Flows") T(
                           "D2",
                           "Quality") "</row>"
                                      "<row>" T("A3", "Date") T("B3", "feed") T("C3", "kero") T(
                                          "D3",
                                          "feed") "</row>"
                                                  "<row>" T("B4", "t/h") T("C4", "t/h") T(
                                                      "D4",
                                                      "API") "</row>"
                                                             "<row>" D("A5", "45444") V(
                                                                 "B5",
                                                                 "10") V("C5", "1.5")
                                                                 V("D5",
                                                                   "39") "</row>"
                                                                         "<row>" D("A6", "25569") V(
                                                                             "B6", "0") V("C6", "0")
                                                                             V("D6",
                                                                               "0") "</row>"
                                                                                    "<row>" D(
                                                                                        "A7",
                                                                                        "45445") T("B7",
                                                                                                   "Bad Input")
                                                                                        V("C7",
                                                                                          "2.5") "<"
                                                                                                 "/"
                                                                                                 "r"
                                                                                                 "o"
                                                                                                 "w"
                                                                                                 ">"
                                                                                                 "<"
                                                                                                 "r"
                                                                                                 "o"
                                                                                                 "w"
                                                                                                 ">" D(
                                                                                                     "A8",
                                                                                                     "45447") V("B8",
                                                                                                                "12") V("C8",
                                                                                                                        "3.5")
                                                                                                     V("D8",
                                                                                                       "40") "</row>"
                                                                                                             "<row>" T(
                                                                                                                 "A9",
                                                                                                                 "Total")
                                                                                                                 V("B9",
                                                                                                                   "22")
                                                                                                                     V("C9",
                                                                                                                       "7.5") "</row>"),
        "kero");
    if (x.st != NORN_OK) fail_msg("%s", x.err.text);
    assert_int_equal(x.w.n_rows, 4);
    assert_int_equal(x.w.freq.unit, NORNI_UNIT_DAY);
    assert_int_equal(x.w.start, (45444 - 25569) * NORNI_US_DAY);
    assert_true(at(&x, "feed", 0) == 10 && at(&x, "feed", 3) == 12 && isnan(at(&x, "feed", 1)));
    assert_true(at(&x, "Quality feed", 3) == 40 && isnan(at(&x, "Quality feed", 1)));
    assert_true(at(&x, "kero", 1) == 2.5 && isnan(at(&x, "kero", 2)));
    assert_int_equal(x.r.n_epoch, 1);
    assert_int_equal(x.r.n_untimed, 1);
    assert_int_equal(x.r.n_head_rows, 3);
    assert_true(noted(&x, "day zero") && noted(&x, "have no time") && noted(&x, "titles, units"));
    assert_true(noted(&x, "'Bad Input' in line 7"));
    norni_arena_clear(&x.arena);
}

static void test_refused(void **state) {
    book_table x = read_sheet(
        *state,
        MADE_SHEET("<row>" T("A1", "Date") T(
            "B1", "y") "</row>"
                       "<row>" D("A2", "45444") "<c r=\"B2\" t=\"e\"><v>#VALUE!</v></c></row>"),
        "y");
    assert_int_equal(x.st, NORN_E_DATA);
    assert_non_null(strstr(x.err.text, "B2"));
    norni_arena_clear(&x.arena);
    x = read_sheet(*state,
                   MADE_SHEET("<row>" T("A1", "Date") T("B1", "y") "</row>"
                                                                   "<row>" T("A2", "31/12/2024")
                                                                       V("B2", "1") "</row>"),
                   "y");
    assert_int_equal(x.st, NORN_E_DATA);
    assert_non_null(strstr(x.err.text, "31/12/2024"));
    norni_arena_clear(&x.arena);
    x = read_sheet(
        *state,
        MADE_SHEET("<row>" T("A1", "Date") T(
            "B1", "y") "</row>"
                       "<row>" D("A2", "45444") V("B2", "1") "</row>"
                                                             "<row>" D("A3", "45445") V("B3", "1")
                                                                 V("D3", "9") "</row>"),
        "y");
    assert_int_equal(x.st, NORN_E_FORMAT); /* a value under no heading */
    assert_non_null(strstr(x.err.text, "line 3, more than 2 fields"));
    norni_arena_clear(&x.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_served),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, made_set_up, made_tear_down);
}
