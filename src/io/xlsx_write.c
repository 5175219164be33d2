/* One table as a workbook: a sheet streamed into a zip file, numbers exact, bytes the same each time. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest set of parts that ECMA-376 asks for. Texts stand in their cells (inline strings): a
 * shared table would have to be held until the end. docs/decisions/0003 says why no library does this. */
#include "io/xlsx_write.h"

#include <math.h>

#include "base/numtext.h"
#include "io/xlsx_pack.h"

enum { MOST_COLUMNS = 16384, MOST_ROWS = 1048576, MOST_CHARACTERS = 32767, MOST_SHEET_NAME = 31 };
enum { PACK_BYTES = 1 << 16 };

struct norni_xlsx_out {
    norn_ctx *ctx;
    norni_pack pack;
    norni_buf xml;        /* of the sheet, not yet packed */
    uint32_t row, column; /* of the last row that ended; of the last cell */
    bool in_row;          /* the row's tag was written */
};

#define XML_HEAD  "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define FORMATS   "http://schemas.openxmlformats.org/"
#define MAIN      FORMATS "spreadsheetml/2006/main"
#define LINKS     FORMATS "officeDocument/2006/relationships"
#define LINK_FILE XML_HEAD "<Relationships xmlns=\"" FORMATS "package/2006/relationships\">"
#define LINK(id, type, part) \
    "<Relationship Id=\"" id "\" Type=\"" LINKS "/" type "\" Target=\"" part "\"/>"
#define TYPE(part, type)                                              \
    "<Override PartName=\"/" part                                     \
    "\" ContentType=\"application/vnd.openxmlformats-officedocument." \
    "spreadsheetml." type "+xml\"/>"

static const char types_part[] =
    XML_HEAD "<Types xmlns=\"" FORMATS
             "package/2006/content-types\">"
             "<Default Extension=\"rels\" "
             "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
             "<Default Extension=\"xml\" ContentType=\"application/xml\"/>" TYPE(
                 "xl/workbook.xml", "sheet.main") TYPE("xl/styles.xml", "styles")
                 TYPE("xl/worksheets/sheet1.xml", "worksheet") "</Types>";

static const char file_links_part[] =
    LINK_FILE LINK("rId1", "officeDocument", "xl/workbook.xml") "</Relationships>";

static const char book_links_part[] = LINK_FILE LINK("rId1", "worksheet", "worksheets/sheet1.xml")
    LINK("rId2", "styles", "styles.xml") "</Relationships>";

/* Style 0: plain; style 1: bold. */
static const char styles_part[] = XML_HEAD
    "<styleSheet xmlns=\"" MAIN
    "\">"
    "<fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font>"
    "<font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>"
    "<fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill>"
    "<fill><patternFill patternType=\"gray125\"/></fill></fills>"
    "<borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>"
    "<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/>"
    "</cellStyleXfs><cellXfs count=\"2\">"
    "<xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>"
    "<xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/>"
    "</cellXfs><cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/>"
    "</cellStyles></styleSheet>";

static const char sheet_head[] =
    XML_HEAD "<worksheet xmlns=\"" MAIN
             "\"><sheetViews><sheetView workbookViewId=\"0\">"
             "<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>"
             "</sheetView></sheetViews><sheetData>";
static const char sheet_tail[] = "</sheetData></worksheet>";

/* Length of the valid UTF-8 character at p, or 0. */
static size_t character(const unsigned char *p, size_t n) {
    const unsigned c = p[0];
    if (c < 0x80) return 1;
    const size_t len = c >= 0xF0 && c < 0xF5   ? 4
                       : c >= 0xE0 && c < 0xF0 ? 3
                       : c >= 0xC2 && c < 0xE0 ? 2
                                               : 0;
    if (len == 0 || len > n) return 0;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
    }
    const bool overlong = (c == 0xE0 && p[1] < 0xA0) || (c == 0xF0 && p[1] < 0x90),
               outside = (c == 0xED && p[1] > 0x9F) || (c == 0xF4 && p[1] > 0x8F);
    return overlong || outside ? 0 : len;
}

static bool is_hex(unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* "_x0041_" in a text would be read as an escape: its first letter is escaped itself. */
static bool looks_escaped(const unsigned char *p, size_t n) {
    if (n < 7 || p[1] != 'x' || p[6] != '_') return false;
    return is_hex(p[2]) && is_hex(p[3]) && is_hex(p[4]) && is_hex(p[5]);
}

/* One character that does not stand for itself; returns the bytes it took. */
static size_t put_special(norni_buf *b, const unsigned char *p, size_t n) {
    static const char digit[] = "0123456789ABCDEF";
    const unsigned char c = p[0];
    if (c == '&' || c == '<' || c == '>' || c == '"') {
        norni_buf_text(b, c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&quot;");
        return 1;
    }
    if (c < 0x20 || (c == '_' && looks_escaped(p, n))) { /* OOXML's own escape */
        const char text[] = {'_', 'x', '0', '0', digit[c >> 4], digit[c & 15], '_'};
        norni_buf_add(b, text, sizeof text);
        return 1;
    }
    const size_t len = character(p, n);
    if (len == 3 && c == 0xEF && p[1] == 0xBF && p[2] >= 0xBE) { /* no characters of XML */
        norni_buf_text(b, p[2] == 0xBE ? "_xFFFE_" : "_xFFFF_");
    } else if (len == 0) {
        norni_buf_text(b, "\xEF\xBF\xBD");
    } else {
        norni_buf_add(b, p, len);
    }
    return len > 0 ? len : 1;
}

static bool stands_for_itself(unsigned char c) {
    return (c >= 0x20 || c == '\t' || c == '\n') && c < 0x80 && c != '&' && c != '<' && c != '>' &&
           c != '"' && c != '_';
}

static void put_text(norni_buf *b, norni_str s) {
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.n;) {
        const size_t from = i;
        while (i < s.n && stands_for_itself(p[i]))
            i++;
        norni_buf_add(b, p + from, i - from);
        if (i < s.n) i += put_special(b, p + i, s.n - i);
    }
}

/* Characters as spreadsheets count them: UTF-16 units. */
static size_t count_characters(norni_str s) {
    const unsigned char *p = (const unsigned char *)s.p;
    size_t n = 0;
    for (size_t i = 0; i < s.n; n++) {
        const size_t len = character(p + i, s.n - i);
        n += len == 4;
        i += len > 0 ? len : 1;
    }
    return n;
}

static norn_status check_sheet_name(norni_str name, norn_err *err) {
    bool good = name.n > 0 && count_characters(name) <= MOST_SHEET_NAME && name.p[0] != '\'' &&
                name.p[name.n - 1] != '\'';
    for (size_t i = 0; i < name.n && good; i++)
        good = (unsigned char)name.p[i] >= 0x20 && strchr("[]:*?/\\", name.p[i]) == NULL;
    if (good) return NORN_OK;
    return norn_fail(
        err, NORN_E_ARG,
        "xlsx: a sheet's name has 1 to 31 characters, none of []:*?/\\, and no ' at its "
        "ends; given: %.*s",
        (int)(name.n < 80 ? name.n : 80), name.p);
}

static norn_status store_text(norni_pack *p, const char *name, const char *text, norn_err *err) {
    return norni_pack_store(p, name, norni_str_of(text), err);
}

/* Everything but the sheet; then the sheet's beginning. */
static norn_status start_book(norni_xlsx_out *x, norni_str sheet, norn_err *err) {
    norni_pack *p = &x->pack;
    NORN_TRY(store_text(p, "[Content_Types].xml", types_part, err));
    NORN_TRY(store_text(p, "_rels/.rels", file_links_part, err));
    norni_buf_text(&x->xml,
                   XML_HEAD "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" LINKS
                            "\">"
                            "<bookViews><workbookView/></bookViews><sheets><sheet name=\"");
    put_text(&x->xml, sheet);
    norni_buf_text(&x->xml, "\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>");
    if (x->xml.failed) return norni_alloc_fail(err, "xlsx", 1024, 1);
    NORN_TRY(norni_pack_store(p, "xl/workbook.xml", (norni_str){x->xml.p, x->xml.n}, err));
    NORN_TRY(store_text(p, "xl/_rels/workbook.xml.rels", book_links_part, err));
    NORN_TRY(store_text(p, "xl/styles.xml", styles_part, err));
    x->xml.n = 0;
    norni_buf_text(&x->xml, sheet_head);
    return norni_pack_begin(p, "xl/worksheets/sheet1.xml", err);
}

static void drop(norni_xlsx_out *x) {
    norn_ctx *ctx = x->ctx;
    norni_buf_clear(&x->xml);
    norni_alloc_drop(&ctx->alloc, x, 1, sizeof *x);
}

norn_status norni_xlsx_out_open(norn_ctx *ctx, const char *path, const char *sheet,
                                norni_xlsx_out **out, norn_err *err) {
    const norni_str name = norni_str_of(sheet ? sheet : "Sheet1");
    *out = NULL;
    NORN_TRY(check_sheet_name(name, err));
    norni_xlsx_out *x = norni_alloc_zero(&ctx->alloc, 1, sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "xlsx", 1, sizeof *x);
    x->ctx = ctx;
    norni_buf_init(&x->xml, &ctx->alloc);
    norn_status st = norni_pack_open(&x->pack, &ctx->alloc, path, err);
    if (st == NORN_OK) {
        st = start_book(x, name, err);
        if (st != NORN_OK) norni_pack_abort(&x->pack);
    }
    if (st != NORN_OK) {
        drop(x);
        return st;
    }
    *out = x;
    return NORN_OK;
}

/* Steps to the row's next cell. */
static norn_status next_cell(norni_xlsx_out *x, norn_err *err) {
    if (x->row == MOST_ROWS) {
        return norn_fail(err, NORN_E_LIMIT,
                         "xlsx: a sheet holds at most %d rows, header included; write csv",
                         (int)MOST_ROWS);
    }
    if (x->column == MOST_COLUMNS) {
        return norn_fail(err, NORN_E_LIMIT, "xlsx: a sheet holds at most %d columns; write csv",
                         (int)MOST_COLUMNS);
    }
    x->column++;
    return NORN_OK;
}

/* <c r="AB12" s="1" and whatever stands behind it. */
static void start_cell(norni_xlsx_out *x, const char *rest) {
    char text[NORNI_NUM_MAX + 16], letters[8];
    const size_t digits = norni_int_print(text, (int64_t)x->row + 1);
    norni_buf *b = &x->xml;
    if (!x->in_row) {
        norni_buf_add(b, "<row r=\"", 8);
        norni_buf_add(b, text, digits);
        norni_buf_add(b, "\">", 2);
        x->in_row = true;
    }
    size_t n = sizeof letters;
    for (uint32_t c = x->column; c > 0; c = (c - 1) / 26)
        letters[--n] = (char)('A' + (c - 1) % 26);
    norni_buf_add(b, "<c r=\"", 6);
    norni_buf_add(b, letters + n, sizeof letters - n);
    norni_buf_add(b, text, digits);
    norni_buf_text(b, x->row == 0 ? "\" s=\"1\"" : "\"");
    norni_buf_text(b, rest);
}

norn_status norni_xlsx_out_text(norni_xlsx_out *x, norni_str s, norn_err *err) {
    NORN_TRY(next_cell(x, err));
    if (s.n == 0) return NORN_OK;
    if (s.n > MOST_CHARACTERS && count_characters(s) > MOST_CHARACTERS) {
        return norn_fail(err, NORN_E_LIMIT,
                         "xlsx: row %u, column %u: a cell holds at most %d characters; write csv",
                         (unsigned)x->row + 1, (unsigned)x->column, (int)MOST_CHARACTERS);
    }
    const bool keep = memchr(s.p, '\n', s.n) != NULL || strchr(" \t", s.p[0]) != NULL ||
                      strchr(" \t", s.p[s.n - 1]) != NULL;
    start_cell(
        x, keep ? " t=\"inlineStr\"><is><t xml:space=\"preserve\">" : " t=\"inlineStr\"><is><t>");
    put_text(&x->xml, s);
    norni_buf_add(&x->xml, "</t></is></c>", 13);
    return x->xml.failed ? norni_alloc_fail(err, "xlsx", x->xml.cap, 2) : NORN_OK;
}

norn_status norni_xlsx_out_num(norni_xlsx_out *x, double v, norn_err *err) {
    NORN_TRY(next_cell(x, err));
    if (!isfinite(v)) return NORN_OK;
    start_cell(x, "><v>");
    norni_buf_num(&x->xml, v);
    norni_buf_add(&x->xml, "</v></c>", 8);
    return x->xml.failed ? norni_alloc_fail(err, "xlsx", x->xml.cap, 2) : NORN_OK;
}

static norn_status pack_xml(norni_xlsx_out *x, size_t least, norn_err *err) {
    if (x->xml.failed) return norni_alloc_fail(err, "xlsx", x->xml.cap, 2);
    if (x->xml.n < least) return NORN_OK;
    NORN_TRY(norni_pack_add(&x->pack, x->xml.p, x->xml.n, err));
    x->xml.n = 0;
    return NORN_OK;
}

norn_status norni_xlsx_out_row(norni_xlsx_out *x, norn_err *err) {
    if (x->row == MOST_ROWS) NORN_TRY(next_cell(x, err)); /* says that it is full */
    if (x->in_row) norni_buf_add(&x->xml, "</row>", 6);
    x->row++;
    x->column = 0;
    x->in_row = false;
    return pack_xml(x, PACK_BYTES, err);
}

static norn_status end_sheet(norni_xlsx_out *x, norn_err *err) {
    if (x->in_row) norni_buf_add(&x->xml, "</row>", 6);
    norni_buf_text(&x->xml, sheet_tail);
    NORN_TRY(pack_xml(x, 0, err));
    return norni_pack_end(&x->pack, err);
}

static norn_status commit(norni_xlsx_out *x, bool partial, norn_err *err) {
    norn_status st = end_sheet(x, err);
    if (st == NORN_OK)
        st = norni_pack_commit(&x->pack, partial, err);
    else
        norni_pack_abort(&x->pack);
    drop(x);
    return st;
}

norn_status norni_xlsx_out_commit(norni_xlsx_out *x, norn_err *err) {
    return commit(x, false, err);
}

norn_status norni_xlsx_out_commit_partial(norni_xlsx_out *x, norn_err *err) {
    return commit(x, true, err);
}

void norni_xlsx_out_abort(norni_xlsx_out *x) {
    if (x == NULL) return;
    norni_pack_abort(&x->pack);
    drop(x);
}
