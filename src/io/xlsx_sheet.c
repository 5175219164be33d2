/* A sheet's XML as delimited text: rows to records, cells to fields. */
/* SPDX-License-Identifier: Apache-2.0 */
/* ECMA-376 part 1, 18.3.1: worksheet > sheetData > row > c > v, or is > t, or is > r > t. Everything
 * else (formulas, fonts, phonetic runs, what stands around sheetData) is passed over. A cell that
 * comes to nothing writes nothing: separators are written before the next one that does, and the
 * record is filled up at its end. */
#include "io/xlsx_sheet.h"

#include "base/numtext.h"

enum { UNIT = 0x1F, RECORD = 0x1E };
enum { PAUSE_BYTES = 1 << 18 }; /* so much text is handed out before more is parsed */

/* What a cell's text may come to beside the file's size: the same long string in every cell is a
 * bomb, too. */
#define FREE_TEXT  ((uint64_t)64 << 20)
#define MOST_TIMES UINT64_C(1000)

enum { OUTSIDE, IN_DATA, IN_ROW, IN_CELL, IN_VALUE, IN_INLINE, IN_RUN, IN_TEXT };
enum { KIND_NUMBER, KIND_SHARED, KIND_TEXT, KIND_INLINE, KIND_BOOL, KIND_ERROR, KIND_DATE };

/* "AB12" of the cell being read. */
static const char *cell_name(const norni_sheet *s, char out[16]) {
    char letters[8];
    size_t n = 0;
    for (uint32_t c = s->column; c > 0; c = (c - 1) / 26)
        letters[n++] = (char)('A' + (c - 1) % 26);
    for (size_t i = 0; i < n; i++)
        out[i] = letters[n - 1 - i];
    norni_format(out + n, 16 - n, "%u", (unsigned)s->row);
    return out;
}

static norn_status fail_cell(norni_sheet *s, norn_status code, const char *what, norni_str given) {
    char name[16];
    return norn_fail(&s->xml.fault, code, "sheet %s, cell %s: %s%.*s", s->book->sheet_name,
                     cell_name(s, name), what, (int)(given.n < 60 ? given.n : 60), given.p);
}

static const norni_str nothing = {"", 0};

/* A1: the column's letters, the row's digits. false: not a reference, or outside of any sheet. */
static bool parse_reference(const char *p, uint32_t *column, uint32_t *row) {
    uint32_t c = 0, r = 0;
    for (; *p >= 'A' && *p <= 'Z' && c <= NORNI_SHEET_MOST_COLUMNS; p++)
        c = 26 * c + (uint32_t)(*p - 'A' + 1);
    for (; *p >= '0' && *p <= '9' && r <= NORNI_SHEET_MOST_ROWS; p++)
        r = 10 * r + (uint32_t)(*p - '0');
    *column = c;
    *row = r;
    return *p == '\0' && c > 0 && r > 0 && c <= NORNI_SHEET_MOST_COLUMNS &&
           r <= NORNI_SHEET_MOST_ROWS;
}

static bool parse_count(const char *p, uint32_t most, uint32_t *out) {
    uint32_t x = 0;
    const char *from = p;
    for (; *p >= '0' && *p <= '9' && x <= most; p++)
        x = 10 * x + (uint32_t)(*p - '0');
    *out = x;
    return *p == '\0' && p > from && x <= most;
}

static norn_status start_row(norni_sheet *s, const char **attr) {
    const char *number = norni_xml_attr(attr, "r");
    const uint32_t before = s->row;
    s->row_named = number != NULL;
    s->row++;
    if (number != NULL &&
        (!parse_count(number, NORNI_SHEET_MOST_ROWS, &s->row) || s->row <= before)) {
        return norn_fail(&s->xml.fault, NORN_E_FORMAT,
                         "sheet %s: row %.*s after row %u; rows run upwards to %u",
                         s->book->sheet_name, (int)strnlen(number, 20), number, (unsigned)before,
                         (unsigned)NORNI_SHEET_MOST_ROWS);
    }
    if (s->row > NORNI_SHEET_MOST_ROWS) {
        return norn_fail(&s->xml.fault, NORN_E_LIMIT, "sheet %s has more than %u rows",
                         s->book->sheet_name, (unsigned)NORNI_SHEET_MOST_ROWS);
    }
    s->column = 0;
    s->n_fields = 0;
    s->record = s->text.n;
    return NORN_OK;
}

static int kind_of(const char *type) {
    static const struct {
        const char *word;
        int kind;
    } kinds[] = {{"n", KIND_NUMBER},        {"s", KIND_SHARED}, {"str", KIND_TEXT},
                 {"b", KIND_BOOL},          {"e", KIND_ERROR},  {"d", KIND_DATE},
                 {"inlineStr", KIND_INLINE}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(type, kinds[i].word) == 0) return kinds[i].kind;
    }
    return -1;
}

/* Where the cell stands: behind the last one, in this row. */
static norn_status place_cell(norni_sheet *s, const char *reference) {
    const uint32_t before = s->column;
    s->column++;
    if (reference != NULL) {
        uint32_t row = 0;
        bool good = parse_reference(reference, &s->column, &row) && s->column > before;
        if (good && !s->row_named && before == 0 && row >= s->row) s->row = row;
        good = good && row == s->row;
        if (!good) {
            return norn_fail(&s->xml.fault, NORN_E_FORMAT,
                             "sheet %s, row %u: cell %.*s is out of place or outside of A1:XFD%u",
                             s->book->sheet_name, (unsigned)s->row, (int)strnlen(reference, 20),
                             reference, (unsigned)NORNI_SHEET_MOST_ROWS);
        }
        s->row_named = true;
    }
    if (s->column <= NORNI_SHEET_MOST_COLUMNS) return NORN_OK;
    return norn_fail(&s->xml.fault, NORN_E_LIMIT, "sheet %s, row %u has more than %u columns",
                     s->book->sheet_name, (unsigned)s->row, (unsigned)NORNI_SHEET_MOST_COLUMNS);
}

static norn_status start_cell(norni_sheet *s, const char **attr) {
    const char *reference = NULL, *style = NULL, *type = NULL;
    for (; attr[0] != NULL; attr += 2) {
        if (attr[0][0] == '\0' || attr[0][1] != '\0') continue;
        if (attr[0][0] == 'r') reference = attr[1];
        if (attr[0][0] == 's') style = attr[1];
        if (attr[0][0] == 't') type = attr[1];
    }
    NORN_TRY(place_cell(s, reference));
    const int kind = type ? kind_of(type) : KIND_NUMBER;
    if (kind < 0) return fail_cell(s, NORN_E_FORMAT, "unknown cell type ", norni_str_of(type));
    s->kind = (uint8_t)kind;
    s->style = 0;
    s->cell.n = 0;
    s->formula = s->valued = false;
    if (style != NULL && !parse_count(style, NORNI_XLSX_MOST_STYLES, &s->style))
        return fail_cell(s, NORN_E_FORMAT, "unknown style ", norni_str_of(style));
    return NORN_OK;
}

static norn_status add_field(norni_sheet *s, const char *p, size_t n) {
    if (n == 0) return NORN_OK;
    /* the record's first field has no separator before it */
    size_t gap = s->column - (s->n_fields > 0 ? s->n_fields : 1);
    if (s->text.n - s->record + n + gap > NORNI_SHEET_MOST_RECORD)
        return fail_cell(s, NORN_E_LIMIT, "the row's text is longer than 16 MiB", nothing);
    if (!norni_buf_reserve(&s->text, gap + n))
        return norni_alloc_fail(&s->xml.fault, "xlsx", gap + n, 1);
    char *to = s->text.p + s->text.n;
    s->text.n += gap + n;
    for (; gap > 0; gap--)
        *to++ = UNIT;
    memcpy(to, p, n);
    s->n_fields = s->column;
    return NORN_OK;
}

static norni_str trimmed(const norni_buf *b) {
    norni_str t = {b->p, b->n};
    while (t.n > 0 && strchr(" \t\r\n", t.p[0]) != NULL) {
        t.p++;
        t.n--;
    }
    while (t.n > 0 && strchr(" \t\r\n", t.p[t.n - 1]) != NULL)
        t.n--;
    return t;
}

static bool plain_number(norni_str t) {
    size_t n = 0, digits = 0;
    if (n < t.n && (t.p[n] == '-' || t.p[n] == '+')) n++;
    for (; n < t.n && t.p[n] >= '0' && t.p[n] <= '9'; n++)
        digits++;
    if (n < t.n && t.p[n] == '.') {
        for (n++; n < t.n && t.p[n] >= '0' && t.p[n] <= '9'; n++)
            digits++;
    }
    if (digits == 0) return false;
    if (n == t.n) return true;
    if (t.p[n] != 'e' && t.p[n] != 'E') return false;
    n++;
    if (n < t.n && (t.p[n] == '-' || t.p[n] == '+')) n++;
    const size_t from = n;
    while (n < t.n && t.p[n] >= '0' && t.p[n] <= '9')
        n++;
    return n == t.n && n > from;
}

/* A number as it stands, or the date it shows as; what the calendar does not hold stays a number. */
static norn_status finish_number(norni_sheet *s, norni_str t) {
    const norni_xlsx_refs *refs = &s->book->refs;
    if (t.n == 0) return NORN_OK;
    if (!plain_number(t)) return fail_cell(s, NORN_E_DATA, "this is no number: ", t);
    const uint8_t shown = s->style < refs->n_styles ? refs->shown[s->style] : NORNI_XLSX_NUMBER;
    double serial;
    if (shown == NORNI_XLSX_NUMBER || norni_num_parse(t.p, t.n, &serial) != NORNI_NUM_OK)
        return add_field(s, t.p, t.n);
    char date[NORNI_XLSX_DATE_MAX];
    const size_t n =
        norni_xlsx_date_print(date, serial, refs->from_1904, shown == NORNI_XLSX_CLOCK);
    return n > 0 ? add_field(s, date, n) : add_field(s, t.p, t.n);
}

static norn_status finish_shared(norni_sheet *s, norni_str t) {
    int64_t i;
    if (t.n == 0) return NORN_OK;
    if (norni_int_parse(t.p, t.n, &i) != NORNI_NUM_OK || i < 0 ||
        (uint64_t)i >= s->book->refs.n_strings)
        return fail_cell(s, NORN_E_FORMAT, "there is no shared text ", t);
    const norni_str text = norni_xlsx_string(&s->book->refs, (size_t)i);
    return add_field(s, text.p, text.n);
}

static norn_status finish_bool(norni_sheet *s, norni_str t) {
    if (t.n == 0) return NORN_OK;
    if (norni_str_is(t, "1") || norni_str_is_nocase(t, "true")) return add_field(s, "1", 1);
    if (norni_str_is(t, "0") || norni_str_is_nocase(t, "false")) return add_field(s, "0", 1);
    return fail_cell(s, NORN_E_FORMAT, "this is neither true nor false: ", t);
}

static norn_status finish_cell(norni_sheet *s) {
    if (s->cell.failed) return norni_alloc_fail(&s->xml.fault, "xlsx", s->cell.cap, 2);
    /* a text may be empty, a number may not: some writers leave an empty one */
    if (s->formula && s->cell.n == 0 && (!s->valued || s->kind == KIND_NUMBER))
        return fail_cell(s, NORN_E_DATA,
                         "its formula has no stored value; open the workbook in a spreadsheet "
                         "program and save it",
                         nothing);
    if (s->cell.n == 0) return NORN_OK;
    if (s->kind == KIND_TEXT || s->kind == KIND_INLINE) {
        s->cell.n = norni_xlsx_unescape(s->cell.p, s->cell.n);
        return add_field(s, s->cell.p, s->cell.n);
    }
    const norni_str t = trimmed(&s->cell);
    if (s->kind == KIND_SHARED) return finish_shared(s, t);
    if (s->kind == KIND_BOOL) return finish_bool(s, t);
    if (s->kind == KIND_DATE) return add_field(s, t.p, t.n);
    if (s->kind != KIND_ERROR) return finish_number(s, t);
    if (t.n == 0 || norni_str_is(t, "#N/A"))
        return NORN_OK; /* what spreadsheets write for missing */
    return fail_cell(s, NORN_E_DATA, "", t);
}

static norn_status finish_row(norni_sheet *s) {
    if (s->n_fields == 0) return NORN_OK;
    if (s->n_header == 0) s->n_header = s->n_fields;
    const size_t fill = s->n_header > s->n_fields ? s->n_header - s->n_fields : 0;
    if (!norni_buf_reserve(&s->text, fill + 1))
        return norni_alloc_fail(&s->xml.fault, "xlsx", fill + 1, 1);
    memset(s->text.p + s->text.n, UNIT, fill);
    s->text.n += fill;
    s->text.p[s->text.n++] = RECORD;
    s->n_text += s->text.n - s->record;
    if (s->n_text > s->most_text) {
        return norn_fail(&s->xml.fault, NORN_E_LIMIT,
                         "sheet %s, row %u: the cells' text grows to more than %llu bytes; refused "
                         "as a bomb",
                         s->book->sheet_name, (unsigned)s->row, (unsigned long long)s->most_text);
    }
    if (s->text.n >= PAUSE_BYTES) norni_xml_pause(&s->xml);
    return NORN_OK;
}

static bool is(const char *name, char letter) {
    return name[0] == letter && name[1] == '\0';
}

static void on_start(norni_xml *x, const char *name, const char **attr) {
    norni_sheet *s = x->user;
    if (s->skip != 0) return;
    uint8_t into = OUTSIDE;
    norn_status st = NORN_OK;
    if (s->place == IN_CELL && is(name, 'v')) {
        into = IN_VALUE;
        s->valued = true;
    } else if (s->place == IN_ROW && is(name, 'c')) {
        into = IN_CELL;
        st = start_cell(s, attr);
    } else if (s->place == IN_DATA && strcmp(name, "row") == 0) {
        into = IN_ROW;
        st = start_row(s, attr);
    } else if (s->place == IN_CELL && strcmp(name, "is") == 0 && s->kind == KIND_INLINE) {
        into = IN_INLINE;
    } else if (s->place == IN_INLINE && is(name, 'r')) {
        into = IN_RUN;
        s->in_run = true;
    } else if ((s->place == IN_INLINE || s->place == IN_RUN) && is(name, 't')) {
        into = IN_TEXT;
    } else if (s->place == OUTSIDE && x->depth == 2 && strcmp(name, "sheetData") == 0) {
        into = IN_DATA;
    } else if (x->depth == 1 && strcmp(name, "worksheet") != 0) {
        st = norn_fail(&x->fault, NORN_E_FORMAT, "xlsx: %s is no worksheet", x->entry.name);
    } else if (x->depth > 1) {
        s->skip = x->depth;
        if (s->place == IN_CELL && is(name, 'f')) s->formula = true;
    }
    if (into != OUTSIDE) s->place = into;
    if (st != NORN_OK) norni_xml_refuse(x, st);
}

static void on_end(norni_xml *x, const char *name) {
    norni_sheet *s = x->user;
    norn_status st = NORN_OK;
    (void)name;
    if (s->skip != 0) {
        if (s->skip == x->depth) s->skip = 0;
        return;
    }
    switch (s->place) {
        case IN_VALUE:
        case IN_INLINE: s->place = IN_CELL; break;
        case IN_CELL:
            s->place = IN_ROW;
            st = finish_cell(s);
            break;
        case IN_ROW:
            s->place = IN_DATA;
            st = finish_row(s);
            break;
        case IN_TEXT: s->place = s->in_run ? IN_RUN : IN_INLINE; break;
        case IN_RUN:
            s->place = IN_INLINE;
            s->in_run = false;
            break;
        default: s->place = OUTSIDE; break;
    }
    if (st != NORN_OK) norni_xml_refuse(x, st);
}

static void on_text(norni_xml *x, const char *p, size_t n) {
    norni_sheet *s = x->user;
    if ((s->place != IN_VALUE && s->place != IN_TEXT) || s->skip != 0) return;
    if (s->cell.n + n > NORNI_XLSX_MOST_TEXT) {
        norni_xml_refuse(
            x, fail_cell(s, NORN_E_LIMIT, "the cell's text is longer than 1 MiB", nothing));
        return;
    }
    norni_buf_add(&s->cell, p, n);
}

norn_status norni_sheet_open(norni_sheet *s, const norni_book *book, norn_err *err) {
    static const norni_xml_calls calls = {on_start, on_end, on_text};
    const uint64_t size = book->zip->size;
    *s = (norni_sheet){.book = book, .most_text = NORNI_ZIP_MOST_BYTES};
    if (size < (NORNI_ZIP_MOST_BYTES - FREE_TEXT) / MOST_TIMES)
        s->most_text = FREE_TEXT + MOST_TIMES * size;
    norni_buf_init(&s->text, &book->zip->ctx->alloc);
    norni_buf_init(&s->cell, &book->zip->ctx->alloc);
    return norni_xml_open(&s->xml, book->zip, book->sheet_part, &calls, s, err);
}

/* What stands in `text` behind `record` is a row that has not ended. */
static size_t ready(const norni_sheet *s) {
    return (s->place >= IN_ROW ? s->record : s->text.n) - s->taken;
}

/* Parses on until a row has ended; what was fetched gives way. */
static norn_status parse_more(norni_sheet *s, norn_err *err) {
    norn_err fault = {NORN_OK, ""};
    if (s->taken > 0) {
        memmove(s->text.p, s->text.p + s->taken, s->text.n - s->taken);
        s->text.n -= s->taken;
        s->record = s->record > s->taken ? s->record - s->taken : 0;
        s->taken = 0;
    }
    const norn_status st = norni_xml_step(&s->xml, &fault);
    if (st == NORN_OK) return NORN_OK;
    s->xml.st = st; /* said again when asked again */
    s->xml.fault = fault;
    return norn_fail(err, st, "%s", fault.text);
}

norn_status norni_sheet_text(norni_sheet *s, char *to, size_t cap, size_t *got, norn_err *err) {
    *got = 0;
    while (ready(s) == 0) {
        if (s->xml.st != NORN_OK) return norn_fail(err, s->xml.st, "%s", s->xml.fault.text);
        if (s->xml.over) return NORN_OK;
        NORN_TRY(parse_more(s, err));
    }
    *got = ready(s) < cap ? ready(s) : cap;
    memcpy(to, s->text.p + s->taken, *got);
    s->taken += *got;
    return NORN_OK;
}

void norni_sheet_close(norni_sheet *s) {
    if (s->book == NULL) return;
    norni_xml_close(&s->xml);
    norni_buf_clear(&s->text);
    norni_buf_clear(&s->cell);
    *s = (norni_sheet){0};
}
