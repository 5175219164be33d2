/* What cells refer to: shared strings and number formats; and how a date's number is written. */
/* SPDX-License-Identifier: Apache-2.0 */
/* ECMA-376 part 1: 18.4 (shared strings), 18.8.30 (number formats and their built-in ids), 18.17.4
 * (date systems), 22.9.2.19 (_xHHHH_). The 1900 system counts a 29 February 1900 that never was: days
 * before it lie one later than its numbers say, and 60 itself reads as the 28th. */
#include "io/xlsx_refs.h"

#include <math.h>

#include "base/numtext.h"
#include "data/calendar.h"
#include "io/xlsx_xml.h"

enum { STRINGS_MOST = 256 << 20, FORMAT_IDS = 1 << 16 };

void norni_xlsx_refs_init(norni_xlsx_refs *r, const norn_alloc *alloc) {
    *r = (norni_xlsx_refs){.alloc = alloc, .strings_most = STRINGS_MOST};
    norni_buf_init(&r->strings, alloc);
}

void norni_xlsx_refs_clear(norni_xlsx_refs *r) {
    norni_buf_clear(&r->strings);
    norni_alloc_drop(r->alloc, r->string_end, r->cap_strings, sizeof *r->string_end);
    norni_alloc_drop(r->alloc, r->shown, NORNI_XLSX_MOST_STYLES, sizeof *r->shown);
    r->string_end = NULL;
    r->shown = NULL;
    r->n_strings = r->cap_strings = r->n_styles = 0;
}

/* Shared strings: sst > si > t, or si > r > t; what else stands in si (phonetic runs, properties of
 * fonts) is no text of the cell. */
typedef struct string_reader {
    norni_xlsx_refs *r;
    uint32_t skip; /* depth of a tag whose content does not count, or 0 */
    bool in_text;
    size_t start; /* of the string being read */
} string_reader;

static void string_start(norni_xml *x, const char *name, const char **attr) {
    string_reader *s = x->user;
    (void)attr;
    if (s->skip != 0) return;
    if (x->depth == 1 && strcmp(name, "sst") != 0) {
        norni_xml_refuse(x, norn_fail(&x->fault, NORN_E_FORMAT, "xlsx: %s holds no shared strings",
                                      x->entry.name));
    } else if (x->depth == 2) {
        if (strcmp(name, "si") != 0) s->skip = x->depth;
        s->start = s->r->strings.n;
    } else if (x->depth > 2) {
        if (strcmp(name, "t") == 0)
            s->in_text = true;
        else if (x->depth != 3 || strcmp(name, "r") != 0)
            s->skip = x->depth;
    }
}

static norn_status add_string(norni_xlsx_refs *r, norn_err *err) {
    if (r->strings.failed) return norni_alloc_fail(err, "xlsx", r->strings.cap, 2);
    if (r->strings.n + (r->n_strings + 1) * sizeof *r->string_end > r->strings_most) {
        return norn_fail(err, NORN_E_LIMIT,
                         "xlsx: the workbook's texts need more than %zu bytes of memory; save the "
                         "sheet as CSV",
                         r->strings_most);
    }
    if (r->n_strings == r->cap_strings) {
        const size_t more = r->cap_strings > 0 ? 2 * r->cap_strings : 1024;
        uint64_t *grown = norni_alloc_resize(r->alloc, r->string_end, r->cap_strings, more,
                                             sizeof *r->string_end);
        if (grown == NULL) return norni_alloc_fail(err, "xlsx", more, sizeof *grown);
        r->string_end = grown;
        r->cap_strings = more;
    }
    r->string_end[r->n_strings++] = r->strings.n;
    return NORN_OK;
}

static void string_end(norni_xml *x, const char *name) {
    string_reader *s = x->user;
    (void)name;
    if (s->skip != 0) {
        if (s->skip == x->depth) s->skip = 0;
    } else if (s->in_text) {
        s->in_text = false;
    } else if (x->depth == 2) {
        norni_buf *b = &s->r->strings;
        if (!b->failed && b->n > s->start)
            b->n = s->start + norni_xlsx_unescape(b->p + s->start, b->n - s->start);
        norni_xml_refuse(x, add_string(s->r, &x->fault));
    }
}

static void string_text(norni_xml *x, const char *p, size_t n) {
    string_reader *s = x->user;
    if (!s->in_text || s->skip != 0) return;
    if (s->r->strings.n - s->start + n > NORNI_XLSX_MOST_TEXT) {
        norni_xml_refuse(
            x, norn_fail(&x->fault, NORN_E_LIMIT, "xlsx: a cell's text is longer than %d bytes",
                         (int)NORNI_XLSX_MOST_TEXT));
        return;
    }
    norni_buf_add(&s->r->strings, p, n);
}

norn_status norni_xlsx_refs_strings(norni_xlsx_refs *r, norni_zip *zip, const char *part,
                                    norn_err *err) {
    static const norni_xml_calls calls = {string_start, string_end, string_text};
    string_reader s = {.r = r};
    return norni_xml_all(zip, part, &calls, &s, err);
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The code unit of "_xHHHH_" at p, or -1; halves of a surrogate pair stay as they are written. */
static int escaped_unit(const char *p, size_t n) {
    if (n < 7 || p[0] != '_' || p[1] != 'x' || p[6] != '_') return -1;
    int unit = 0;
    for (int i = 2; i < 6; i++) {
        const int digit = hex_digit(p[i]);
        if (digit < 0) return -1;
        unit = unit << 4 | digit;
    }
    return unit >= 0xD800 && unit <= 0xDFFF ? -1 : unit;
}

static size_t put_unit(char *to, int unit) {
    if (unit < 0x80) {
        to[0] = unit == 0 || unit == 0x1E || unit == 0x1F ? ' ' : (char)unit;
        return 1;
    }
    if (unit < 0x800) {
        to[0] = (char)(0xC0 | unit >> 6);
        to[1] = (char)(0x80 | (unit & 0x3F));
        return 2;
    }
    to[0] = (char)(0xE0 | unit >> 12);
    to[1] = (char)(0x80 | (unit >> 6 & 0x3F));
    to[2] = (char)(0x80 | (unit & 0x3F));
    return 3;
}

size_t norni_xlsx_unescape(char *p, size_t n) {
    /* expat lets none of the three bytes through: they come from escapes alone */
    char *at = memchr(p, '_', n);
    if (at == NULL) return n;
    char *to = at;
    for (const char *end = p + n; at < end;) {
        const int unit = escaped_unit(at, (size_t)(end - at));
        if (unit >= 0) {
            to += put_unit(to, unit);
            at += 7;
        } else {
            *to++ = *at++;
        }
    }
    return (size_t)(to - p);
}

/* Built-in ids; the East Asian ones may show a time or not. */
static norni_xlsx_shown built_in(size_t id) {
    if ((id >= 18 && id <= 22) || (id >= 45 && id <= 47)) return NORNI_XLSX_CLOCK;
    if ((id >= 14 && id <= 17) || (id >= 27 && id <= 36) || (id >= 50 && id <= 58))
        return NORNI_XLSX_DATE;
    return NORNI_XLSX_NUMBER;
}

/* Behind the mark that closes what p opens, or the text's end. */
static const char *behind(const char *p, char close) {
    const char *end = strchr(p + 1, close);
    return end ? end + 1 : p + strlen(p);
}

norni_xlsx_shown norni_xlsx_format_shows(const char *code) {
    norni_xlsx_shown shown = NORNI_XLSX_NUMBER;
    for (const char *p = code; *p != '\0';) {
        if (*p == '"' || *p == '[') {
            p = behind(p, *p == '"' ? '"' : ']');
        } else if (*p == '\\' || *p == '_' || *p == '*') { /* a letter, its width, a filler */
            p += p[1] != '\0' ? 2 : 1;
        } else {
            if (strchr("hHsS", *p) != NULL) return NORNI_XLSX_CLOCK;
            if (strchr("dDmMyY", *p) != NULL) shown = NORNI_XLSX_DATE;
            p++;
        }
    }
    return shown;
}

/* Styles: numFmts > numFmt before cellXfs > xf. */
typedef struct style_reader {
    norni_xlsx_refs *r;
    uint8_t *format; /* (FORMAT_IDS), what each format id shows */
    bool in_formats, in_cells;
} style_reader;

static size_t format_id(const char **attr) {
    const char *text = norni_xml_attr(attr, "numFmtId");
    int64_t id;
    if (text == NULL || norni_int_parse(text, strlen(text), &id) != NORNI_NUM_OK) return 0;
    return id >= 0 && id < FORMAT_IDS ? (size_t)id : 0;
}

static void style_start(norni_xml *x, const char *name, const char **attr) {
    style_reader *s = x->user;
    norni_xlsx_refs *r = s->r;
    if (x->depth == 2) {
        s->in_formats = strcmp(name, "numFmts") == 0;
        s->in_cells = strcmp(name, "cellXfs") == 0;
    } else if (x->depth == 3 && s->in_formats) {
        const char *code = norni_xml_attr(attr, "formatCode");
        const size_t id = format_id(attr);
        if (code != NULL && id > 0) s->format[id] = (uint8_t)norni_xlsx_format_shows(code);
    } else if (x->depth == 3 && s->in_cells) {
        if (r->n_styles == NORNI_XLSX_MOST_STYLES) {
            norni_xml_refuse(x, norn_fail(&x->fault, NORN_E_LIMIT,
                                          "xlsx: the workbook has more than %d cell styles",
                                          (int)NORNI_XLSX_MOST_STYLES));
            return;
        }
        r->shown[r->n_styles++] = s->format[format_id(attr)];
    }
}

norn_status norni_xlsx_refs_styles(norni_xlsx_refs *r, norni_zip *zip, const char *part,
                                   norn_err *err) {
    static const norni_xml_calls calls = {style_start, NULL, NULL};
    style_reader s = {.r = r};
    r->shown = norni_alloc_get(r->alloc, NORNI_XLSX_MOST_STYLES, sizeof *r->shown);
    s.format = norni_alloc_get(r->alloc, FORMAT_IDS, sizeof *s.format);
    norn_status st = NORN_OK;
    if (r->shown == NULL || s.format == NULL) {
        st = norni_alloc_fail(err, "xlsx", FORMAT_IDS, 2);
    } else {
        for (size_t i = 0; i < FORMAT_IDS; i++)
            s.format[i] = (uint8_t)built_in(i);
        st = norni_xml_all(zip, part, &calls, &s, err);
    }
    norni_alloc_drop(r->alloc, s.format, FORMAT_IDS, sizeof *s.format);
    return st;
}

enum { DAYS_1900 = 25569, DAYS_1904 = 24107, LAST_1900 = 2958465, LAST_1904 = 2957003 };

static char *put_digits(char *to, int32_t x, int n) {
    for (int i = n; i-- > 0; x /= 10)
        to[i] = (char)('0' + x % 10);
    return to + n;
}

size_t norni_xlsx_date_print(char out[NORNI_XLSX_DATE_MAX], double serial, bool from_1904,
                             bool clock) {
    const int32_t last = from_1904 ? LAST_1904 : LAST_1900;
    if (!(serial >= 0 && serial < (double)last + 1)) return 0;
    const double whole = floor(serial);
    int64_t day = (int64_t)whole, us = (int64_t)floor((serial - whole) * 86400e6 + 0.5);
    const int64_t ms = (us + 500) / 1000;
    if (us >= 1000 * ms - 10 && us <= 1000 * ms + 10) us = 1000 * ms;
    if (!from_1904 && day < 60) day++;
    day -= from_1904 ? DAYS_1904 : DAYS_1900;
    const norni_civil c = norni_civil_from_us(day * NORNI_US_DAY + us);
    if (c.year > 9999) return 0; /* rounded up */
    char *to = put_digits(out, c.year, 4);
    *to++ = '-';
    to = put_digits(to, c.month, 2);
    *to++ = '-';
    to = put_digits(to, c.day, 2);
    if (!clock && us == 0) return (size_t)(to - out);
    *to++ = ' ';
    to = put_digits(to, c.hour, 2);
    *to++ = ':';
    to = put_digits(to, c.minute, 2);
    *to++ = ':';
    to = put_digits(to, c.second, 2);
    if (c.micro > 0) {
        *to++ = '.';
        to = put_digits(to, c.micro, 6);
    }
    return (size_t)(to - out);
}
