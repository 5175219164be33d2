/* Workbooks that are torn, foreign or hostile: refused with words, at once, in little memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "made_book.h"

#include <sys/resource.h>
#include <time.h>

#include "io/xlsx_book.h"
#include "io/xlsx_sheet.h"

/* A source of `head`, then `n` times the pattern. */
typedef struct flood {
    const char *head, *pattern;
    uint64_t n, at;
} flood;

static zip_int64_t flood_serve(void *user, void *data, zip_uint64_t n, zip_source_cmd_t command) {
    flood *f = user;
    const uint64_t head = strlen(f->head), each = strlen(f->pattern), size = head + f->n * each;
    if (command == ZIP_SOURCE_OPEN) f->at = 0;
    if (command == ZIP_SOURCE_SUPPORTS) return ZIP_SOURCE_SUPPORTS_READABLE;
    if (command == ZIP_SOURCE_STAT) {
        zip_stat_init(data);
        return sizeof(zip_stat_t);
    }
    if (command != ZIP_SOURCE_READ) return 0;
    zip_uint64_t i = 0;
    if (each == 1 && f->at > head && size - f->at >= n) {
        memset(data, f->pattern[0], n);
        f->at += n;
        return (zip_int64_t)n;
    }
    for (; i < n && f->at < size; i++, f->at++)
        ((char *)data)[i] = f->at < head ? f->head[f->at] : f->pattern[(f->at - head) % each];
    return (zip_int64_t)i;
}

static made_bytes flooded(const char *part, flood *f) {
    zip_source_t *source;
    zip_t *zip = made_zip_open(&source);
    made_add_parts(zip, (made_part[]){{part, NULL}, {NULL, NULL}});
    made_zip_add(zip, part, zip_source_function(zip, flood_serve, f));
    return made_zip_close(zip, source);
}

static long resident_kib(void) {
    struct rusage use;
    assert_int_equal(getrusage(RUSAGE_SELF, &use), 0);
    return use.ru_maxrss;
}

/* Of the processor's time, so that a busy machine does not show. */
static double seconds(void) {
    struct timespec t;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Refused within a second and 50 MB. */
static void check_bomb(norn_ctx *ctx, made_bytes b, norn_status want, const char *words) {
    const long before = resident_kib();
    const double start = seconds();
    made_check_error(ctx, b, NULL, want, words);
    assert_true(seconds() - start < 1);
    assert_true(resident_kib() - before < 50000);
}

/* Writes `size` where the headers tell what the part inflates to. */
static void lie(made_bytes b, const char *part, uint32_t size) {
    const size_t n = strlen(part);
    int lies = 0;
    for (size_t i = 46; i + n <= b.n; i++) {
        if (memcmp(b.p + i, part, n) != 0) continue;
        const size_t at = memcmp(b.p + i - 30, "PK\3\4", 4) == 0   ? i - 30 + 22
                          : memcmp(b.p + i - 46, "PK\1\2", 4) == 0 ? i - 46 + 24
                                                                   : 0;
        if (at == 0) continue;
        for (size_t k = 0; k < 4; k++)
            b.p[at + k] = (char)(size >> 8 * k);
        lies++;
    }
    assert_int_equal(lies, 2);
}

static const char sheet1[] = "xl/worksheets/sheet1.xml";

/* A gigabyte of blanks in the sheet, honestly declared and not. */
static void fault_27_zip_bombs_are_refused(void **state) {
    flood f = {.head = "<worksheet><sheetData>", .pattern = " ", .n = UINT64_C(1) << 30};
    const made_bytes b = flooded(sheet1, &f);
    made_bytes copy = {malloc(b.n), b.n};
    assert_non_null(copy.p);
    memcpy(copy.p, b.p, b.n);
    lie(copy, sheet1, 1000);
    check_bomb(*state, b, NORN_E_LIMIT, "zip bomb");
    check_bomb(*state, copy, NORN_E_LIMIT, "zip bomb");
}

static void zeros_are_no_xml(void **state) {
    zip_source_t *source;
    zip_t *zip = made_zip_open(&source);
    static const char zeros[1 << 20];
    made_add_parts(zip, (made_part[]){{NULL, NULL}});
    made_zip_add(zip, sheet1, zip_source_buffer(zip, zeros, sizeof zeros, 0));
    check_bomb(*state, made_zip_close(zip, source), NORN_E_FORMAT, "sheet1.xml, line 1");
}

static void bombs_hide_in_every_part(void **state) {
    flood strings = {.head = "<sst>", .pattern = "<si/>", .n = 100000000};
    check_bomb(*state, flooded("xl/strings.xml", &strings), NORN_E_LIMIT, "zip bomb");
    flood styles = {.head = "<styleSheet>", .pattern = "<!---->", .n = 10000000};
    check_bomb(*state, flooded("xl/styles.xml", &styles), NORN_E_LIMIT, "zip bomb");
    flood links = {.head = "<Relationships>", .pattern = "<!---->", .n = 10000000};
    check_bomb(*state, flooded("_rels/.rels", &links), NORN_E_LIMIT, "zip bomb");
    flood rows = {.head = "<worksheet><sheetData>", .pattern = "<row><c/></row>", .n = 3000000};
    check_bomb(*state, flooded(sheet1, &rows), NORN_E_LIMIT, "zip bomb");
}

/* One text of a megabyte, shown in a million cells. */
static void repeated_texts_are_bounded(void **state) {
    char *strings = malloc(1 << 20), *sheet = malloc(1 << 20), *to = sheet;
    assert_non_null(strings);
    assert_non_null(sheet);
    uint32_t x = 1;
    const size_t n = (1 << 19);
    memcpy(strings, "<sst><si><t>", 12);
    for (size_t i = 12; i < n; i++)
        strings[i] = (char)('a' + ((x = x * 1664525 + 1013904223) >> 28));
    strcpy(strings + n, "</t></si></sst>");
    to = stpcpy(to, "<worksheet><sheetData>");
    for (int i = 0; i < 10000; i++)
        to = stpcpy(to, "<row><c t=\"s\"><v>0</v></c></row>");
    stpcpy(to, "</sheetData></worksheet>");
    const made_bytes b =
        made_book((made_part[]){{"xl/strings.xml", strings}, {sheet1, sheet}, {NULL, NULL}});
    norni_xlsx *book;
    norn_err err;
    norn_status st;
    size_t got = 1;
    uint64_t all = 0;
    static char piece[1 << 16];
    assert_int_equal(norni_xlsx_open_bytes(*state, b.p, b.n, NULL, &book, &err), NORN_OK);
    do {
        st = norni_xlsx_text(book, piece, sizeof piece, &got, &err);
        all += got;
    } while (st == NORN_OK && got > 0);
    assert_int_equal(st, NORN_E_LIMIT);
    assert_non_null(strstr(err.text, "refused as a bomb"));
    assert_true(all <= (UINT64_C(64) << 20) + 1000 * (uint64_t)b.n);
    norni_xlsx_close(book);
    free(b.p);
    free(strings);
    free(sheet);
}

static void fault_28_doctypes_are_refused(void **state) {
    static const char bomb[] =
        "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"lollollollol\">"
        "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">"
        "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\">"
        "]><worksheet><sheetData><row><c t=\"str\"><v>&e;</v></c></row></sheetData></worksheet>";
    check_bomb(*state, made_sheet(bomb), NORN_E_FORMAT,
               "xlsx: the workbook declares a DOCTYPE; refused");
    const made_part outside[] = {
        {"xl/strings.xml", "<!DOCTYPE sst SYSTEM \"file:///etc/passwd\"><sst/>"},
        {sheet1, MADE_SHEET("")},
        {NULL, NULL}};
    check_bomb(*state, made_book(outside), NORN_E_FORMAT, "DOCTYPE");
}

static char *repeated(const char *head, const char *pattern, size_t n, const char *tail) {
    char *text = malloc(strlen(head) + n * strlen(pattern) + strlen(tail) + 1), *to = text;
    assert_non_null(text);
    to = stpcpy(to, head);
    for (size_t i = 0; i < n; i++)
        to = stpcpy(to, pattern);
    stpcpy(to, tail);
    return text;
}

static void check_repeated(void **state, const char *head, const char *pattern, size_t n,
                           const char *tail, norn_status want, const char *words) {
    char *text = repeated(head, pattern, n, tail);
    check_bomb(*state, made_sheet(text), want, words);
    free(text);
}

static void bounds_of_a_sheet(void **state) {
    static const char head[] = "<worksheet><sheetData><row>",
                      tail[] = "</row></sheetData></worksheet>";
    check_repeated(state, "<worksheet>", "<a>", 64, "", NORN_E_LIMIT, "more than 64 tags deep");
    check_repeated(state, head, "<c/>", 16385, tail, NORN_E_LIMIT, "more than 16384 columns");
    char *sheet = repeated("<worksheet a=\"", "0123456789", 30000, "\"/>");
    check_bomb(*state, made_sheet(sheet), NORN_E_LIMIT, "a tag of more than 256 KiB");
    free(sheet);
    check_repeated(state, "<worksheet><sheetData><row><c t=\"str\"><v>", "0123456789", 104858,
                   "</v></c></row></sheetData></worksheet>", NORN_E_LIMIT,
                   "cell A1: the cell's text is longer than 1 MiB");
}

static void rows_are_counted(void **state) {
    char *sheet = repeated("<worksheet><sheetData><row r=\"1048575\"/>", "<row/>", 2,
                           "</sheetData></worksheet>");
    made_check_error(*state, made_sheet(sheet), NULL, NORN_E_LIMIT, "more than 1048576 rows");
    free(sheet);
}

/* Shared texts have a bound of their own; the depth and DOCTYPE checks are the sheet's. */
static void shared_texts_are_bounded(void **state) {
    norn_ctx *ctx = *state;
    char *strings = repeated("<sst>", "<si><t>0123456789</t></si>", 1000, "</sst>");
    const made_bytes b = made_book(
        (made_part[]){{"xl/strings.xml", strings}, {sheet1, MADE_SHEET("")}, {NULL, NULL}});
    static const size_t bound[] = {18 * 1000, 18 * 1000 - 1};
    for (int i = 0; i < 2; i++) {
        norni_zip zip;
        norni_book book;
        norn_err err;
        assert_int_equal(norni_zip_open_bytes(&zip, ctx, b.p, b.n, &err), NORN_OK);
        norni_book_init(&book, &zip);
        assert_int_equal(book.refs.strings_most, 256 << 20);
        book.refs.strings_most = bound[i];
        assert_int_equal(norni_book_read(&book, NULL, &err), i == 0 ? NORN_OK : NORN_E_LIMIT);
        if (i == 1) assert_non_null(strstr(err.text, "more than 17999 bytes of memory"));
        norni_book_clear(&book);
        norni_zip_close(&zip);
    }
    free(strings);
    free(b.p);
    char *text = repeated("<sst><si><t>", "0123456789", 104858, "</t></si></sst>");
    const made_bytes wide =
        made_book((made_part[]){{"xl/strings.xml", text}, {sheet1, MADE_SHEET("")}, {NULL, NULL}});
    check_bomb(ctx, wide, NORN_E_LIMIT, "a cell's text is longer than");
    free(text);
}

static void fault_27_many_entries_are_refused(void **state) {
    zip_source_t *source;
    zip_t *zip = made_zip_open(&source);
    made_add_parts(zip, (made_part[]){{sheet1, MADE_SHEET("")}, {NULL, NULL}});
    for (int i = 0; i < 1995; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", i);
        made_zip_add(zip, name, zip_source_buffer(zip, "", 0, 0));
    }
    check_bomb(*state, made_zip_close(zip, source), NORN_E_LIMIT, "more than 2000 parts");
}

static made_bytes copied(const void *p, size_t n) {
    made_bytes b = {malloc(n + 1), n};
    assert_non_null(b.p);
    memcpy(b.p, p, n);
    return b;
}

static void put_number(char *p, uint64_t x, size_t n) {
    for (size_t k = 0; k < n; k++, x >>= 8)
        p[k] = (char)x;
}

/* An end record's claim is refused before room is made for it, in its short and its long form. */
static void fault_27_claims_are_not_believed(void **state) {
    made_bytes b = made_sheet(MADE_SHEET(""));
    put_number(b.p + b.n - 22 + 8, 60000, 2);
    put_number(b.p + b.n - 22 + 10, 60000, 2);
    check_bomb(*state, b, NORN_E_LIMIT, "more than 2000 parts");
    char end[4 + 56 + 20 + 22] = "PK\3\4";
    memcpy(end + 4, "PK\6\6", 4);
    put_number(end + 8, 44, 8);
    put_number(end + 4 + 24, UINT64_C(1) << 40, 8);
    put_number(end + 4 + 32, UINT64_C(1) << 40, 8);
    memcpy(end + 60, "PK\6\7", 4);
    put_number(end + 60 + 8, 4, 8);
    memcpy(end + 80, "PK\5\6", 4);
    put_number(end + 80 + 8, UINT32_MAX, 4);
    check_bomb(*state, copied(end, sizeof end), NORN_E_LIMIT, "more than 2000 parts");
}

/* Cut anywhere, a workbook is an error with words; whole, it is none. */
static void torn_files_are_refused(void **state) {
    made_bytes b =
        made_sheet(MADE_SHEET("<row><c t=\"str\"><v>a text of some length</v></c></row>"));
    for (size_t n = 0; n < b.n; n++) {
        char *part = malloc(n + 1); /* exact, so that ASan sees a byte too far */
        assert_non_null(part);
        memcpy(part, b.p, n);
        made_text t = made_read(*state, (made_bytes){part, n}, NULL, 64);
        assert_int_equal(t.st, NORN_E_FORMAT);
        assert_true(strlen(t.err.text) > 20);
        free(t.p);
        free(part);
    }
    made_check_text(*state, b, NULL, "a text of some length/");
}

/* A byte that is not what it was: told by the checksum, or by what it breaks; never read on. */
static void damaged_parts_are_refused(void **state) {
    char *sheet = repeated("<worksheet><sheetData><row>", "<c><v>1234567</v></c>", 500,
                           "</row></sheetData></worksheet>");
    const made_bytes b = made_sheet(sheet);
    size_t at = 0;
    for (size_t i = 30; i + sizeof sheet1 < b.n && at == 0; i++) {
        if (memcmp(b.p + i, sheet1, sizeof sheet1 - 1) == 0) at = i + sizeof sheet1 - 1;
    }
    assert_true(at > 0);
    for (size_t k = 20; k < 60; k++) {
        b.p[at + k] ^= 0x10;
        made_text t = made_read(*state, b, NULL, 4096);
        assert_true(t.st == NORN_E_FORMAT || t.st == NORN_E_DATA || t.st == NORN_E_LIMIT);
        free(t.p);
        b.p[at + k] ^= 0x10;
    }
    free(b.p);
    free(sheet);
}

static void other_files_are_told(void **state) {
    static const unsigned char ole[512] = {0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1};
    made_check_error(*state, copied(ole, sizeof ole), NULL, NORN_E_FORMAT, "save as .xlsx");
    made_check_error(*state, copied("", 0), NULL, NORN_E_FORMAT, "the file is empty");
    made_check_error(*state, copied("id,y\n1,2\n", 9), NULL, NORN_E_FORMAT, "no whole workbook");
    const made_part open_document[] = {{"_rels/.rels", NULL},
                                       {"META-INF/manifest.xml", "<m/>"},
                                       {"content.xml", "<c/>"},
                                       {NULL, NULL}};
    made_check_error(*state, made_book(open_document), NULL, NORN_E_FORMAT, "OpenDocument");
    const made_part binary[] = {{"_rels/.rels",
                                 "<Relationships><Relationship Id=\"a\" Type=\"x/"
                                 "officeDocument\" Target=\"xl/workbook.bin\"/>"
                                 "</Relationships>"},
                                {NULL, NULL}};
    made_check_error(*state, made_book(binary), NULL, NORN_E_FORMAT, ".xlsb");
}

static void missing_parts_are_named(void **state) {
    static const char *const part[] = {
        "_rels/.rels",   "xl/workbook.xml", "xl/_rels/workbook.xml.rels",
        "xl/styles.xml", "xl/strings.xml",  sheet1};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        const made_part gone[] = {
            {part[i], NULL}, {i < 5 ? sheet1 : NULL, MADE_SHEET("")}, {NULL, NULL}};
        made_check_error(*state, made_book(gone), NULL, NORN_E_FORMAT, part[i]);
    }
    const made_part crossed[] = {{sheet1, "<sst/>"}, {NULL, NULL}};
    made_check_error(*state, made_book(crossed), NULL, NORN_E_FORMAT, "is no worksheet");
    const made_part strings[] = {{"xl/strings.xml", "<worksheet/>"}, {NULL, NULL}};
    made_check_error(*state, made_book(strings), NULL, NORN_E_FORMAT, "holds no shared strings");
    const made_part broken[] = {{sheet1, "<worksheet><sheetData></worksheet>"}, {NULL, NULL}};
    made_check_error(*state, made_book(broken), NULL, NORN_E_FORMAT, "mismatched tag");
}

/* A target may not lead out of the file. */
static void fault_25_targets_stay_inside(void **state) {
    const made_part parts[] = {{"_rels/.rels",
                                "<Relationships><Relationship Id=\"a\" Type=\"x/officeDocument\" "
                                "Target=\"../../xl/workbook.xml\"/></Relationships>"},
                               {NULL, NULL}};
    made_check_error(*state, made_book(parts), NULL, NORN_E_FORMAT, "names no workbook");
}

/* Every allocation fails once: an error each time, and nothing is left behind. */
typedef struct stingy {
    norn_alloc real;
    size_t left, held;
} stingy;

static void *stingy_resize(void *user, void *ptr, size_t old, size_t size) {
    stingy *s = user;
    if (size > 0 && size > old && s->left-- == 0) {
        s->left = 0;
        return NULL;
    }
    void *p = s->real.resize(s->real.user, ptr, old, size);
    if (p != NULL || size == 0) s->held += size - (ptr ? old : 0);
    return p;
}

static void out_of_memory_is_told(void **state) {
    const made_part parts[] = {{"xl/strings.xml", "<sst><si><t>a</t></si></sst>"},
                               {sheet1, MADE_SHEET("<row><c t=\"s\"><v>0</v></c></row>")},
                               {NULL, NULL}};
    const made_bytes b = made_book(parts);
    bool good = false;
    size_t n = 0;
    (void)state;
    for (; n < 200 && !good; n++) {
        stingy s = {norni_alloc_default(), SIZE_MAX, 0};
        norn_ctx_opt opt = norn_ctx_opt_default();
        norn_ctx *ctx;
        opt.alloc = (norn_alloc){stingy_resize, &s};
        assert_int_equal(norn_ctx_new(&opt, &ctx, NULL), NORN_OK);
        const size_t held = s.held;
        s.left = n;
        made_text t = made_read(ctx, b, NULL, 64);
        assert_true(t.st == NORN_OK || t.st == NORN_E_MEM);
        good = t.st == NORN_OK;
        if (good) assert_string_equal(t.p, "a/");
        assert_int_equal(s.held, held);
        free(t.p);
        norn_ctx_free(ctx);
    }
    assert_true(good && n > 5);
    free(b.p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fault_27_zip_bombs_are_refused),
        cmocka_unit_test(zeros_are_no_xml),
        cmocka_unit_test(bombs_hide_in_every_part),
        cmocka_unit_test(repeated_texts_are_bounded),
        cmocka_unit_test(fault_28_doctypes_are_refused),
        cmocka_unit_test(bounds_of_a_sheet),
        cmocka_unit_test(rows_are_counted),
        cmocka_unit_test(shared_texts_are_bounded),
        cmocka_unit_test(fault_27_many_entries_are_refused),
        cmocka_unit_test(fault_27_claims_are_not_believed),
        cmocka_unit_test(torn_files_are_refused),
        cmocka_unit_test(damaged_parts_are_refused),
        cmocka_unit_test(other_files_are_told),
        cmocka_unit_test(missing_parts_are_named),
        cmocka_unit_test(fault_25_targets_stay_inside),
        cmocka_unit_test(out_of_memory_is_told),
    };
    return cmocka_run_group_tests_name("xlsx_bad", tests, made_set_up, made_tear_down);
}
