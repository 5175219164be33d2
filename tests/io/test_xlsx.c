/* Workbooks as delimited text: every kind of cell, dates, sheets by name, the shape of records. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "made_book.h"

#include <sys/resource.h>
#include <unistd.h>

#include "io/xlsx_refs.h"

static void check_rows(void **state, const char *sheet_xml, const char *want) {
    made_check_text(*state, made_sheet(sheet_xml), NULL, want);
}

static void numbers_stand_as_they_are(void **state) {
    check_rows(state,
               MADE_SHEET("<row r=\"1\"><c r=\"A1\"><v>4.2999999999999997E-2</v></c>"
                          "<c r=\"B1\" t=\"n\"><v> -7 </v></c><c><v>+.5</v></c><c r=\"D1\"><v>1e400"
                          "</v></c><c r=\"E1\"/></row>"),
               "4.2999999999999997E-2|-7|+.5|1e400/");
}

static void fault_29_texts_of_every_kind(void **state) {
    const made_part parts[] = {
        {"xl/strings.xml",
         "<sst><si><t>one &amp; two</t></si><si/>"
         "<si><r><rPr><b/></rPr><t>ri</t></r><r><t xml:space=\"preserve\">ch </t></r>"
         "<rPh sb=\"0\" eb=\"1\"><t>not this</t></rPh><phoneticPr fontId=\"1\"/></si>"
         "<si><t>a_x000D_b_x005F_x0041_ _x0041 _x001F_|_x0000_ _x00e4_\n_xD83D_</t></si></sst>"},
        {"xl/worksheets/sheet1.xml",
         MADE_SHEET("<row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c><c t=\"s\"><v>2</v></c>"
                    "<c t=\"inlineStr\"><is><t>in</t></is></c>"
                    "<c t=\"inlineStr\"><is><r><t>r</t></r><r><rPr><t/></rPr><t>s</t></r>"
                    "<rPh><t>no</t></rPh></is></c>"
                    "<c t=\"str\"><f>A1&amp;\"x\"</f><v>of &lt;formula&gt;</v></c>"
                    "<c t=\"s\"><v>3</v></c></row>")},
        {NULL, NULL}};
    made_check_text(*state, made_book(parts), NULL,
                    "one & two||rich |in|rs|of <formula>|"
                    "a\rb_x0041_ _x0041  |  \xC3\xA4\n_xD83D_/");
}

static void fault_29_truth_errors_and_formulas(void **state) {
    check_rows(state,
               MADE_SHEET("<row><c t=\"b\"><v>1</v></c><c t=\"b\"><v>0</v></c>"
                          "<c t=\"b\"><v>true</v></c><c t=\"e\"><v>#N/A</v></c>"
                          "<c><f>1+1</f><v>2</v></c><c/><c t=\"str\"><f>B1</f><v/></c>"
                          "<c t=\"d\"><v>2020-01-31T12:00:00</v></c></row>"),
               "1|0|1||2|||2020-01-31T12:00:00/");
}

static void errors_name_their_cell(void **state) {
    made_check_error(*state,
                     made_sheet(MADE_SHEET("<row r=\"7\"><c r=\"C7\" t=\"e\"><v>#DIV/0!</v></c>"
                                           "</row>")),
                     NULL, NORN_E_DATA, "sheet Data, cell C7: #DIV/0!");
    made_check_error(*state,
                     made_sheet(MADE_SHEET("<row r=\"12\"><c r=\"AAB12\"><v>twelve</v></c></row>")),
                     NULL, NORN_E_DATA, "sheet Data, cell AAB12: this is no number: twelve");
    made_check_error(*state, made_sheet(MADE_SHEET("<row><c><f>B1</f></c></row>")), NULL,
                     NORN_E_DATA, "cell A1: its formula has no stored value");
    made_check_error(*state,
                     made_sheet(MADE_SHEET("<row><c><v>1</v></c><c><f>B1</f><v/></c></row>")), NULL,
                     NORN_E_DATA, "cell B1: its formula has no stored value");
    static const char *const bad[][2] = {
        {"<row><c t=\"s\"><v>0</v></c></row>", "cell A1: there is no shared text 0"},

        {"<row><c t=\"s\"><v>-1</v></c></row>", "there is no shared text"},
        {"<row><c t=\"x\"><v>1</v></c></row>", "unknown cell type x"},
        {"<row><c s=\"-1\"><v>1</v></c></row>", "unknown style"},
        {"<row><c t=\"b\"><v>2</v></c></row>", "neither true nor false"},
        {"<row><c r=\"B1\"/><c r=\"A1\"/></row>", "A1 is out of place"},
        {"<row r=\"2\"><c r=\"A1\"/></row>", "out of place"},
        {"<row><c r=\"XFE1\"/></row>", "out of place"},
        {"<row><c r=\"A\"/></row>", "out of place"},
        {"<row r=\"2\"/><row r=\"2\"/>", "row 2 after row 2"},
        {"<row r=\"1048577\"/>", "row 1048577"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char sheet[256];
        snprintf(sheet, sizeof sheet, MADE_SHEET("%s"), bad[i][0]);
        made_check_error(*state, made_sheet(sheet), NULL, NORN_E_FORMAT, bad[i][1]);
    }
}

static void an_error_is_said_again(void **state) {
    const made_bytes b = made_sheet(MADE_SHEET("<row><c t=\"e\"><v>#REF!</v></c></row>"));
    norni_xlsx *x;
    char to[8];
    size_t got;
    assert_int_equal(norni_xlsx_open_bytes(*state, b.p, b.n, NULL, &x, NULL), NORN_OK);
    assert_int_equal(norni_xlsx_text(x, to, sizeof to, &got, NULL), NORN_E_DATA);
    norn_err err = {NORN_OK, ""};
    assert_int_equal(norni_xlsx_text(x, to, sizeof to, &got, &err), NORN_E_DATA);
    assert_non_null(strstr(err.text, "cell A1: #REF!"));
    norni_xlsx_close(x);
    norni_xlsx_close(NULL);
    free(b.p);
}

static void records_are_filled_up(void **state) {
    check_rows(state,
               MADE_SHEET("<row r=\"2\"><c r=\"A2\"/></row>"
                          "<row r=\"3\"><c r=\"B3\"><v>1</v></c><c r=\"D3\"><v>2</v></c>"
                          "<c r=\"E3\" s=\"0\"/></row>"
                          "<row r=\"4\"/><row r=\"5\"><c r=\"A5\"><v>3</v></c></row>"
                          "<row r=\"9\"><c r=\"C9\"><v>4</v></c><c r=\"F9\"><v>5</v></c>"
                          "<c r=\"G9\" t=\"str\"><v></v></c></row>"),
               "|1||2/3|||/||4|||5/");
}

/* Neither rows nor cells need tell where they stand. */
static void places_may_be_left_out(void **state) {
    check_rows(state,
               MADE_SHEET("<row><c><v>1</v></c><c r=\"C1\"><v>2</v></c><c><v>3</v></c></row>"
                          "<row><c r=\"B4\"><v>5</v></c></row><row><c r=\"A5\"><v>6</v></c></row>"),
               "1||2|3/|5||/6|||/");
}

static void prefixes_and_strangers_are_passed_over(void **state) {
    check_rows(state,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!-- c --><x:worksheet xmlns:x=\"m\">"
               "<x:sheetPr><x:row><x:c><x:v>9</x:v></x:c></x:row></x:sheetPr><x:sheetData>"
               "<x:row xmlns:r=\"n\"><x:c t=\"inlineStr\"><x:is><x:t>a<!-- c "
               "-->b<![CDATA[<c>]]></x:t></x:is>"
               "<x:extLst><x:v>8</x:v></x:extLst></x:c><x:ext><x:c><x:v>7</x:v></x:c></x:ext>"
               "</x:row></x:sheetData><x:phoneticPr/></x:worksheet>",
               "ab<c>/");
}

static void empty_sheets_are_empty(void **state) {
    check_rows(state, MADE_SHEET(""), "");
    check_rows(state, "<worksheet/>", "");
    check_rows(state, MADE_SHEET("<row><c/></row><row/>"), "");
}

/* Style 0 general, 1 built-in date, 2 custom date, 3 custom date and time, 4 seconds of 45, 5 plain
 * with letters that are no date's. */
#define STYLES                                                                               \
    "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"dd\\.mm\\.yyyy\"/>"          \
    "<numFmt numFmtId=\"165\" formatCode=\"yyyy-mm-dd\\ hh:mm\"/>"                           \
    "<numFmt numFmtId=\"166\" formatCode=\"0.0&quot; days&quot;[Red]\\d_d*h\"/></numFmts>"   \
    "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs><xf numFmtId=\"0\"/>"        \
    "<xf numFmtId=\"14\"/><xf numFmtId=\"164\"/><xf numFmtId=\"165\"/><xf numFmtId=\"45\"/>" \
    "<xf numFmtId=\"166\"/></cellXfs></styleSheet>"

static void dates_are_told_by_style(void **state) {
    const made_part parts[] = {
        {"xl/styles.xml", STYLES},
        {"xl/worksheets/sheet1.xml",
         MADE_SHEET("<row><c s=\"0\"><v>43861</v></c><c s=\"1\"><v>43861</v></c>"
                    "<c s=\"2\"><v>43861.520833333336</v></c><c s=\"3\"><v>43861</v></c>"
                    "<c s=\"4\"><v>0.5</v></c><c s=\"5\"><v>43861</v></c>"
                    "<c s=\"1\" t=\"str\"><v>43861</v></c><c s=\"1\"><v>-1</v></c>"
                    "<c s=\"1\"><v>2958466</v></c><c s=\"77\"><v>1</v></c></row>")},
        {NULL, NULL}};
    made_check_text(*state, made_book(parts), NULL,
                    "43861|2020-01-31|2020-01-31 12:30:00|2020-01-31 00:00:00|1899-12-31 12:00:00|"
                    "43861|43861|-1|2958466|1/");
}

static void fault_29_dates_of_1904(void **state) {
    const made_part parts[] = {
        {"xl/styles.xml", STYLES},
        {"xl/workbook.xml",
         "<workbook xmlns:r=\"l\"><workbookPr date1904=\"true\"/><sheets><sheet "
         "name=\"Data\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"},
        {"xl/worksheets/sheet1.xml",
         MADE_SHEET("<row><c s=\"1\"><v>0</v></c><c s=\"1\"><v>59</v></c>"
                    "<c s=\"3\"><v>42399.75</v></c></row>")},
        {NULL, NULL}};
    made_check_text(*state, made_book(parts), NULL, "1904-01-01|1904-02-29|2020-01-31 18:00:00/");
}

static void calendar_of_numbers(void **state) {
    static const struct {
        double serial;
        bool from_1904, clock;
        const char *want;
    } rows[] = {
        {0, false, false, "1899-12-31"},
        {1, false, false, "1900-01-01"},
        {59, false, false, "1900-02-28"},
        {60, false, false, "1900-02-28"},
        {61, false, false, "1900-03-01"},
        {36526, false, false, "2000-01-01"},
        {2958465, false, false, "9999-12-31"},
        {2957003, true, false, "9999-12-31"},
        {2957004, true, false, ""},
        {2958465.9999999999, false, false, ""},
        {-0.5, false, false, ""},
        {43861.0000000001, false, false, "2020-01-31"},          /* 8.6 us: 15 digits */
        {43861.5208333333, false, false, "2020-01-31 12:30:00"}, /* 15 digits */
        {43861.999999999, false, false, "2020-01-31 23:59:59.999914"},
        {43861.99999999999, false, true, "2020-02-01 00:00:00"},
        {43861.520834756944, false, true, "2020-01-31 12:30:00.123000"},
        {43861.00000000142, false, true, "2020-01-31 00:00:00.000123"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[NORNI_XLSX_DATE_MAX + 1];
        out[norni_xlsx_date_print(out, rows[i].serial, rows[i].from_1904, rows[i].clock)] = '\0';
        assert_string_equal(out, rows[i].want);
    }
}

static void format_codes(void **state) {
    static const struct {
        const char *code;
        norni_xlsx_shown want;
    } rows[] = {
        {"General", NORNI_XLSX_NUMBER},
        {"#,##0.00", NORNI_XLSX_NUMBER},
        {"0.00E+00", NORNI_XLSX_NUMBER},
        {"@", NORNI_XLSX_NUMBER},
        {"", NORNI_XLSX_NUMBER},
        {"0\"days", NORNI_XLSX_NUMBER},
        {"0[Red", NORNI_XLSX_NUMBER},
        {"0\\", NORNI_XLSX_NUMBER},
        {"#,##0\\ [$USD-409];[Red]\"dmy\"", NORNI_XLSX_NUMBER},
        {"mmm-yy", NORNI_XLSX_DATE},
        {"[$-409]D/M/YYYY;@", NORNI_XLSX_DATE},
        {"[h]:mm:ss", NORNI_XLSX_CLOCK},
        {"yyyy\\-mm\\-dd\\Th:mm", NORNI_XLSX_CLOCK},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(norni_xlsx_format_shows(rows[i].code), rows[i].want);
}

#define BOOK(rows) "<workbook xmlns:r=\"l\"><sheets>" rows "</sheets></workbook>"

static made_bytes two_sheets(const char *workbook) {
    const made_part parts[] = {
        {"xl/workbook.xml", workbook},
        {"xl/worksheets/sheet1.xml", MADE_SHEET("<row><c><v>1</v></c></row>")},
        {"XL/Worksheets/Sheet2.xml", MADE_SHEET("<row><c><v>2</v></c></row>")},
        {NULL, NULL}};
    return made_book(parts);
}

static void sheets_are_chosen(void **state) {
    static const char hidden[] = BOOK(
        "<sheet name=\"Chart\" r:id=\"r5\"/>"
        "<sheet name=\"A &amp; B\" state=\"hidden\" r:id=\"r1\"/>"
        "<sheet name=\"two\" state=\"visible\" r:id=\"r2\"/>");
    made_check_text(*state, two_sheets(hidden), NULL, "2/");
    made_check_text(*state, two_sheets(hidden), "two", "2/");
    made_check_text(*state, two_sheets(hidden), "A & B", "1/");
    made_check_error(*state, two_sheets(hidden), "Two", NORN_E_ARG,
                     "the sheets are A & B, two; none is named Two");
    made_check_error(*state, two_sheets(hidden), "Chart", NORN_E_ARG, "none is named Chart");
    made_check_error(*state,
                     two_sheets(BOOK("<sheet name=\"a\" state=\"veryHidden\" r:id=\"r1\"/>")), NULL,
                     NORN_E_ARG, "every sheet is hidden; name the one to read; there are: a");
    made_check_error(*state, two_sheets(BOOK("<sheet name=\"Chart\" r:id=\"r5\"/>")), NULL,
                     NORN_E_FORMAT, "the workbook has no sheets");
}

static void files_and_memory_read_alike(void **state) {
    const made_bytes b = made_sheet(MADE_SHEET("<row><c><v>42</v></c></row>"));
    char path[] = "/tmp/norn_xlsx_XXXXXX";
    norn_err err;
    norni_xlsx *x;
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, b.p, b.n), (ssize_t)b.n);
    close(fd);
    assert_int_equal(norni_xlsx_open(*state, path, NULL, &x, &err), NORN_OK);
    made_text t = made_fetch(x, 3);
    assert_int_equal(t.st, NORN_OK);
    assert_string_equal(t.p, "42/");
    norni_xlsx_close(x);
    free(t.p);
    free(b.p);
    unlink(path);
    assert_int_equal(norni_xlsx_open(*state, path, NULL, &x, &err), NORN_E_IO);
    assert_null(x);
    assert_int_equal(norni_xlsx_open(*state, "/tmp", NULL, &x, &err), NORN_E_IO);
    assert_int_equal(norni_xlsx_open(*state, "/dev/null", NULL, &x, &err), NORN_E_ARG);
}

enum { WIDE_ROWS = 3000, WIDE_COLUMNS = 16000 };

/* What stands at byte i of the text: a header of sevens, then rows of a one and nothing. */
static char wide_byte(size_t i) {
    const size_t head = 2 * WIDE_COLUMNS;
    if (i < head) return i == head - 1 ? 0x1E : i % 2 ? 0x1F : '7';
    const size_t at = (i - head) % (WIDE_COLUMNS + 1);
    return at == 0 ? '1' : at == WIDE_COLUMNS ? 0x1E : 0x1F;
}

/* A header of many columns over many short rows: the text is far longer than its XML (48 MB come from
 * one piece), and is handed out while that is still being parsed. */
static void wide_records_stream(void **state) {
    char *xml = malloc((size_t)WIDE_COLUMNS * 24 + WIDE_ROWS * 64), *to = xml, piece[1000];
    assert_non_null(xml);
    to = stpcpy(to, "<worksheet><sheetData><row>");
    for (int c = 0; c < WIDE_COLUMNS; c++)
        to = stpcpy(to, "<c><v>7</v></c>");
    to = stpcpy(to, "</row>");
    for (int r = 0; r < WIDE_ROWS; r++)
        to = stpcpy(to, "<row><c><v>1</v></c></row>");
    stpcpy(to, "</sheetData></worksheet>");
    const made_bytes b = made_sheet(xml);
    struct rusage before, after;
    norni_xlsx *x;
    assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
    assert_int_equal(norni_xlsx_open_bytes(*state, b.p, b.n, NULL, &x, NULL), NORN_OK);
    size_t n = 0, got = 0;
    do {
        assert_int_equal(norni_xlsx_text(x, piece, sizeof piece, &got, NULL), NORN_OK);
        for (size_t i = 0; i < got; i++, n++) {
            if (piece[i] != wide_byte(n)) fail_msg("byte %zu is %d", n, piece[i]);
        }
    } while (got > 0);
    norni_xlsx_close(x);
    assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
    assert_int_equal(n, 2 * WIDE_COLUMNS + WIDE_ROWS * (WIDE_COLUMNS + 1));
    assert_true(after.ru_maxrss - before.ru_maxrss < 8192);
    free(b.p);
    free(xml);
}

static void cancelling_stops(void **state) {
    const made_bytes b = made_sheet(MADE_SHEET("<row><c><v>42</v></c></row>"));
    norni_xlsx *x;
    char to[8];
    size_t got;
    assert_int_equal(norni_xlsx_open_bytes(*state, b.p, b.n, NULL, &x, NULL), NORN_OK);
    norn_ctx_cancel(*state);
    assert_int_equal(norni_xlsx_text(x, to, sizeof to, &got, NULL), NORN_E_CANCEL);
    norn_ctx_rearm(*state);
    norni_xlsx_close(x);
    free(b.p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stand_as_they_are),
        cmocka_unit_test(fault_29_texts_of_every_kind),
        cmocka_unit_test(fault_29_truth_errors_and_formulas),
        cmocka_unit_test(errors_name_their_cell),
        cmocka_unit_test(an_error_is_said_again),
        cmocka_unit_test(records_are_filled_up),
        cmocka_unit_test(places_may_be_left_out),
        cmocka_unit_test(prefixes_and_strangers_are_passed_over),
        cmocka_unit_test(empty_sheets_are_empty),
        cmocka_unit_test(dates_are_told_by_style),
        cmocka_unit_test(fault_29_dates_of_1904),
        cmocka_unit_test(calendar_of_numbers),
        cmocka_unit_test(format_codes),
        cmocka_unit_test(sheets_are_chosen),
        cmocka_unit_test(files_and_memory_read_alike),
        cmocka_unit_test(wide_records_stream),
        cmocka_unit_test(cancelling_stops),
    };
    return cmocka_run_group_tests_name("xlsx", tests, made_set_up, made_tear_down);
}
