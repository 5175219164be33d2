/* Configuration text: a strict subset of TOML 1.0 as a flat list of rows. */
/* SPDX-License-Identifier: Apache-2.0 */
/* After https://toml.io/en/v1.0.0. The checked copy in the arena is the only one: strings are
 * unescaped and numbers lose their underscores in place, which never makes them longer. */
#include "io/toml.h"

#include "base/map.h"
#include "base/numtext.h"

enum { MAX_BYTES = 1 << 20, MAX_ROWS = 10000, MAX_DEPTH = 4, SHOWN = 40 };

/* Names that may stand once, and where they stand. */
typedef struct name_set {
    norni_map map;
    size_t *line; /* (map.n) */
} name_set;

typedef struct parser {
    norni_arena *arena;
    norn_err *err;
    char *at, *end;  /* what is left of the copy */
    size_t line;     /* of `at` */
    name_set top;    /* the top's keys and the tables: they share their names */
    name_set inside; /* the keys of the table in hand */
    norni_str table; /* "" at the top */
    size_t n_tables;
    norni_toml rows;
    norni_toml_value *stack; /* items of the arrays that are still open */
    size_t n_stack, stack_cap;
} parser;

static norn_status refuse_as(parser *p, norn_status code, const char *fmt, va_list ap) {
    char text[sizeof p->err->text];
    norni_vformat(text, sizeof text, fmt, ap);
    return norn_fail(p->err, code, "line %zu: %s", p->line, text);
}

NORN_PRINTF(2, 3) static norn_status refuse(parser *p, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    const norn_status st = refuse_as(p, NORN_E_FORMAT, fmt, ap);
    va_end(ap);
    return st;
}

NORN_PRINTF(2, 3) static norn_status limit(parser *p, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    const norn_status st = refuse_as(p, NORN_E_LIMIT, fmt, ap);
    va_end(ap);
    return st;
}

typedef struct excerpt {
    char text[SHOWN + 1];
} excerpt;

/* The beginning of a text as it may stand in a message. */
static excerpt show(const char *text, size_t n) {
    excerpt e;
    const size_t len = norni_format(e.text, sizeof e.text, "%.*s", (int)n, text);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)e.text[i] < 0x20 || e.text[i] == 0x7F) e.text[i] = '?';
    }
    return e;
}

/* The character at p->at for a message. */
static excerpt show_here(const parser *p) {
    excerpt e = {"the line's end"};
    size_t n = 1;
    if (p->at == p->end || *p->at == '\n') return e;
    while (p->at + n < p->end && ((unsigned char)p->at[n] & 0xC0) == 0x80)
        n++;
    norni_format(e.text, sizeof e.text, "'%s'", show(p->at, n).text);
    return e;
}

/* Length of the valid UTF-8 character at p (n >= 1), or 0. */
static size_t utf8_length(const unsigned char *p, size_t n) {
    static const unsigned char lowest[5] = {0, 0, 0x80, 0xA0,
                                            0x90}; /* second byte: none overlong */
    if (p[0] < 0x80) return 1;
    const size_t len = p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    if (len == 0 || len > n) return 0;
    const unsigned char low = p[0] == 0xE0 || p[0] == 0xF0 ? lowest[len] : 0x80;
    const unsigned char high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high) return 0; /* high: no surrogate, none above U+10FFFF */
    for (size_t i = 2; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
    }
    return len;
}

/* Copies the file as lines that end in LF alone; all further code sees valid UTF-8 without control
 * characters other than TAB and LF. */
static norn_status copy_bytes(parser *p, const char *bytes, size_t n) {
    char *to = p->at;
    const bool marked = n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0;
    for (size_t i = marked ? 3 : 0, len; i < n; i += len) {
        const unsigned char *c = (const unsigned char *)bytes + i;
        len = utf8_length(c, n - i);
        if (len == 0) return refuse(p, "byte 0x%x is not valid UTF-8; the file must be UTF-8", *c);
        if (*c == '\r' && i + 1 < n && c[1] == '\n') continue;
        if ((*c < 0x20 && *c != '\t' && *c != '\n') || *c == 0x7F)
            return refuse(p, "control character 0x%x; of these only TAB, LF and CRLF are allowed",
                          *c);
        p->line += *c == '\n';
        memcpy(to, c, len);
        to += len;
    }
    p->end = to;
    return NORN_OK;
}

static void skip_blanks(parser *p) {
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t'))
        p->at++;
}

/* Skips blanks and a comment; true where the line ends there. */
static bool line_ends(parser *p) {
    skip_blanks(p);
    if (p->at < p->end && *p->at == '#') {
        while (p->at < p->end && *p->at != '\n')
            p->at++;
    }
    return p->at == p->end || *p->at == '\n';
}

/* Skips blanks, comments and whole lines. */
static void skip_lines(parser *p) {
    while (line_ends(p) && p->at < p->end) {
        p->at++;
        p->line++;
    }
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static char *put_utf8(char *to, uint32_t c) {
    const int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[4] = {0, 0xC0, 0xE0, 0xF0};
    *to++ = (char)(lead[more] | c >> (6 * more));
    for (int i = more - 1; i >= 0; i--)
        *to++ = (char)(0x80 | (c >> (6 * i) & 0x3F));
    return to;
}

/* What stands behind a backslash; writes it at *to. */
static norn_status parse_escape(parser *p, char **to) {
    static const char letters[] = "btnfr\"\\", meaning[] = "\b\t\n\f\r\"\\";
    const char c = p->at < p->end ? *p->at : '\n';
    const char *letter = memchr(letters, c, sizeof letters - 1);
    if (letter != NULL) {
        *(*to)++ = meaning[letter - letters];
        p->at++;
        return NORN_OK;
    }
    const int digits = c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits == 0)
        return refuse(
            p,
            "%s behind a backslash is no escape; allowed are \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX "
            "\\UXXXXXXXX, and no escapes at all in '...'",
            show_here(p).text);
    const char *from = p->at++;
    uint32_t code = 0;
    for (int i = 0; i < digits; i++, p->at++) {
        const int digit = p->at < p->end ? hex_digit(*p->at) : -1;
        if (digit < 0)
            return refuse(p, "'\\%s' has fewer than %d hex digits",
                          show(from, (size_t)(p->at - from)).text, digits);
        code = code << 4 | (uint32_t)digit;
    }
    if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return refuse(p, "'\\%s' is no character; allowed are 1 to 10FFFF without D800 to DFFF",
                      show(from, (size_t)(p->at - from)).text);
    *to = put_utf8(*to, code);
    return NORN_OK;
}

/* "..." or '...', p->at on the quote. */
static norn_status parse_string(parser *p, norni_str *out) {
    const char quote = *p->at++;
    char *const start = p->at, *to = start;
    if (p->end - p->at >= 2 && p->at[0] == quote && p->at[1] == quote)
        return refuse(p, "multi-line strings are not read; write \"...\" with \\n in it");
    while (p->at < p->end && *p->at != '\n' && *p->at != quote) {
        if (quote == '"' && *p->at == '\\') {
            p->at++;
            NORN_TRY(parse_escape(p, &to));
        } else {
            *to++ = *p->at++;
        }
    }
    if (p->at == p->end || *p->at == '\n')
        return refuse(p, "the string '%s' is not closed; %c must end it on its line",
                      show(start, (size_t)(to - start)).text, quote);
    p->at++;
    *out = (norni_str){start, (size_t)(to - start)};
    return NORN_OK;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_bare(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

/* A key or a table's name, bare or quoted, and blanks behind it. */
static norn_status parse_name(parser *p, const char *what, norni_str *out) {
    if (p->at < p->end && (*p->at == '"' || *p->at == '\'')) {
        NORN_TRY(parse_string(p, out));
    } else {
        const char *start = p->at;
        while (p->at < p->end && is_bare(*p->at))
            p->at++;
        *out = (norni_str){start, (size_t)(p->at - start)};
        if (out->n == 0)
            return refuse(p, "%s where a %s must begin; it is made of A-Z a-z 0-9 _ - or quoted",
                          show_here(p).text, what);
    }
    skip_blanks(p);
    if (p->at < p->end && *p->at == '.')
        return refuse(p,
                      "a dot behind %s '%s'; dotted names are not read (a quoted one may hold it)",
                      what, show(out->p, out->n).text);
    return NORN_OK;
}

/* Digits with single underscores between them. */
static bool skip_digits(const char **at, const char *end) {
    const char *s = *at;
    if (s == end || !is_digit(*s)) return false;
    while (s < end && (is_digit(*s) || (*s == '_' && s + 1 < end && is_digit(s[1]))))
        s++;
    *at = s;
    return true;
}

/* Whether the text is a decimal number of TOML. */
static bool is_number(norni_str t, bool *whole) {
    const char *s = t.p, *end = t.p + t.n;
    if (s < end && (*s == '+' || *s == '-')) s++;
    const bool zero = s < end && *s == '0';
    const char *first = s;
    if (!skip_digits(&s, end) || (zero && s - first > 1)) return false;
    *whole = s == end;
    if (s < end && *s == '.') {
        s++;
        if (!skip_digits(&s, end)) return false;
    }
    if (s < end && (*s == 'e' || *s == 'E')) {
        s++;
        if (s < end && (*s == '+' || *s == '-')) s++;
        if (!skip_digits(&s, end)) return false;
    }
    return s == end;
}

/* What is allowed in place of a text that is no value. */
static const char *remedy(norni_str t) {
    if (t.n > 1 && (t.p[0] == '+' || t.p[0] == '-')) t = (norni_str){t.p + 1, t.n - 1};
    const bool number = is_digit(t.p[0]) || t.p[0] == '.' || t.p[0] == '+' || t.p[0] == '-';
    if (norni_str_is_nocase(t, "inf") || norni_str_is_nocase(t, "nan"))
        return "numbers must be finite";
    if (norni_str_is_nocase(t, "true") || norni_str_is_nocase(t, "false"))
        return "booleans are true and false";
    if (!number) return "text must stand in quotes";
    if (memchr(t.p, ':', t.n) != NULL || (t.n > 4 && t.p[4] == '-'))
        return "dates and times are not read, write them in quotes";
    if (t.n > 1 && t.p[0] == '0' && memchr("xobXOB", t.p[1], 6) != NULL)
        return "hex, octal and binary numbers are not read";
    if (t.n > 1 && t.p[0] == '0' && is_digit(t.p[1])) return "numbers have no leading zero";
    return "numbers look like 12, -0.5 or 1e-3";
}

static norn_status parse_number(parser *p, char *start, bool whole, norni_toml_value *out) {
    char *to = start;
    int64_t exact = 0;
    for (const char *from = start; from < p->at; from++) {
        if (*from != '_') *to++ = *from;
    }
    out->type = whole ? NORNI_TOML_INT : NORNI_TOML_NUMBER;
    out->text = (norni_str){start, (size_t)(to - start)};
    if (whole && norni_int_parse(start, out->text.n, &exact) != NORNI_NUM_OK)
        return refuse(p, "whole number %s is outside [-2^63, 2^63)", show(start, out->text.n).text);
    if (norni_num_parse(start, out->text.n, &out->num) != NORNI_NUM_OK)
        return refuse(p, "number %s is too large; at most 1.7976931348623157e308 is allowed",
                      show(start, out->text.n).text);
    return NORN_OK;
}

/* A number or a boolean: what stands up to a blank or a mark. */
static norn_status parse_word(parser *p, norni_toml_value *out) {
    char *start = p->at;
    bool whole = false;
    while (p->at < p->end && memchr(" \t\n,[]{}#=\"'", *p->at, 12) == NULL)
        p->at++;
    const norni_str word = {start, (size_t)(p->at - start)};
    if (word.n == 0) return refuse(p, "%s where a value must begin", show_here(p).text);
    if (is_number(word, &whole)) return parse_number(p, start, whole, out);
    const bool yes = norni_str_is(word, "true");
    if (!yes && !norni_str_is(word, "false"))
        return refuse(p, "'%s' is no value; %s", show(word.p, word.n).text, remedy(word));
    *out = (norni_toml_value){NORNI_TOML_BOOL, word, yes ? 1 : 0, NULL, 0};
    return NORN_OK;
}

static norn_status parse_array(parser *p, int depth, norni_toml_value *out);

static norn_status parse_value(parser *p, int depth, norni_toml_value *out) {
    const char c = p->at < p->end ? *p->at : '\n';
    *out = (norni_toml_value){NORNI_TOML_STRING, {"", 0}, 0, NULL, 0};
    if (c == '[') return parse_array(p, depth + 1, out);
    if (c == '{') return refuse(p, "inline tables are not read; write a [table]");
    return c == '"' || c == '\'' ? parse_string(p, &out->text) : parse_word(p, out);
}

static norn_status push(parser *p, const norni_toml_value *value) {
    if (p->n_stack == p->stack_cap) {
        const size_t cap = p->stack_cap ? 2 * p->stack_cap : 64;
        norni_toml_value *stack =
            norni_alloc_resize(p->arena->alloc, p->stack, p->stack_cap, cap, sizeof *stack);
        if (stack == NULL) return norni_alloc_fail(p->err, "toml", cap, sizeof *stack);
        p->stack = stack;
        p->stack_cap = cap;
    }
    p->stack[p->n_stack++] = *value;
    return NORN_OK;
}

/* Moves the stack's items from `base` on into the arena, as the items of *out. */
static norn_status close_array(parser *p, size_t base, norni_toml_value *out) {
    const size_t n = p->n_stack - base;
    norni_toml_value *item = NULL;
    if (n > 0) {
        item = norni_arena_get(p->arena, n, sizeof *item);
        if (item == NULL) return norni_alloc_fail(p->err, "toml", n, sizeof *item);
        memcpy(item, p->stack + base, n * sizeof *item);
    }
    p->n_stack = base;
    *out = (norni_toml_value){NORNI_TOML_ARRAY, {"", 0}, 0, item, n};
    return NORN_OK;
}

static norn_status parse_array(parser *p, int depth, norni_toml_value *out) {
    const size_t base = p->n_stack, begun = p->line;
    bool more = true;
    if (depth > MAX_DEPTH)
        return limit(p, "arrays stand inside each other more than %d deep", (int)MAX_DEPTH);
    p->at++;
    for (skip_lines(p); p->at < p->end && *p->at != ']'; skip_lines(p)) {
        norni_toml_value value;
        if (!more)
            return refuse(
                p, "%s behind an item of the array that began in line %zu; , or ] is allowed",
                show_here(p).text, begun);
        NORN_TRY(parse_value(p, depth, &value));
        NORN_TRY(push(p, &value));
        skip_lines(p);
        more = p->at < p->end && *p->at == ',';
        p->at += more;
    }
    if (p->at == p->end) return refuse(p, "the array that began in line %zu is not closed", begun);
    p->at++;
    return close_array(p, base, out);
}

/* Notes a name that begins in this line. */
static norn_status add_name(parser *p, name_set *set, const char *what, norni_str name) {
    bool added = false;
    const int64_t at = norni_map_add(&set->map, name, &added);
    if (at == NORNI_MAP_NONE) return norni_alloc_fail(p->err, "toml", set->map.n, sizeof name);
    if (!added)
        return refuse(p, "%s '%s' stands already in line %zu; a name may stand once", what,
                      show(name.p, name.n).text, set->line[at]);
    set->line[at] = p->line;
    return NORN_OK;
}

/* "[name]" */
static norn_status parse_table(parser *p) {
    norni_str name;
    p->at++;
    if (p->at < p->end && *p->at == '[')
        return refuse(p, "arrays of tables are not read; [name] begins a table");
    if (p->n_tables == MAX_ROWS) return limit(p, "more than %d tables", (int)MAX_ROWS);
    skip_blanks(p);
    NORN_TRY(parse_name(p, "table name", &name));
    if (name.n == 0) return refuse(p, "the table name is empty; it must have a character or more");
    if (p->at == p->end || *p->at != ']')
        return refuse(p, "%s behind table name '%s'; only ] is allowed", show_here(p).text,
                      show(name.p, name.n).text);
    p->at++;
    NORN_TRY(add_name(p, &p->top, "name", name));
    norni_map_clear(&p->inside.map);
    p->table = name;
    p->n_tables++;
    return NORN_OK;
}

/* "key = value" */
static norn_status parse_row(parser *p) {
    norni_toml_row row = {.table = p->table, .line = p->line};
    if (p->rows.n_rows == MAX_ROWS) return limit(p, "more than %d keys", (int)MAX_ROWS);
    NORN_TRY(parse_name(p, "key", &row.key));
    NORN_TRY(add_name(p, p->n_tables > 0 ? &p->inside : &p->top, "key", row.key));
    if (p->at == p->end || *p->at != '=')
        return refuse(p, "%s behind key '%s'; only = is allowed", show_here(p).text,
                      show(row.key.p, row.key.n).text);
    p->at++;
    skip_blanks(p);
    NORN_TRY(parse_value(p, 0, &row.value));
    p->rows.row[p->rows.n_rows++] = row;
    return NORN_OK;
}

static norn_status parse_lines(parser *p) {
    for (skip_lines(p); p->at < p->end; skip_lines(p)) {
        const bool table = *p->at == '[';
        NORN_TRY(table ? parse_table(p) : parse_row(p));
        if (!line_ends(p))
            return refuse(p, "%s behind the %s; only a comment is allowed", show_here(p).text,
                          table ? "table name" : "value");
    }
    return NORN_OK;
}

static norn_status parse_file(parser *p, const char *bytes, size_t n) {
    char *copy = norni_arena_get(p->arena, n, 1);
    if (copy == NULL) return norni_alloc_fail(p->err, "toml", n, 1);
    p->at = copy;
    NORN_TRY(copy_bytes(p, bytes, n));
    /* each row and each table takes a line or more */
    const size_t most = p->line < MAX_ROWS ? p->line : MAX_ROWS;
    p->rows.row = norni_arena_get(p->arena, most, sizeof *p->rows.row);
    p->top.line = norni_arena_get(p->arena, 2 * most, sizeof *p->top.line);
    p->inside.line = norni_arena_get(p->arena, most, sizeof *p->inside.line);
    if (p->rows.row == NULL || p->top.line == NULL || p->inside.line == NULL)
        return norni_alloc_fail(p->err, "toml", most, sizeof *p->rows.row);
    p->line = 1;
    return parse_lines(p);
}

norn_status norni_toml_parse(norni_arena *arena, const char *bytes, size_t n, norni_toml *out,
                             norn_err *err) {
    parser p = {.arena = arena, .err = err, .line = 1, .table = {"", 0}};
    *out = (norni_toml){NULL, 0};
    if (n > MAX_BYTES) return limit(&p, "the file has %zu bytes, more than %d", n, (int)MAX_BYTES);
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    norni_map_init(&p.top.map, arena->alloc);
    norni_map_init(&p.inside.map, arena->alloc);
    const norn_status st = parse_file(&p, bytes, n);
    norni_alloc_drop(arena->alloc, p.stack, p.stack_cap, sizeof *p.stack);
    norni_map_clear(&p.top.map);
    norni_map_clear(&p.inside.map);
    if (st == NORN_OK)
        *out = p.rows;
    else
        norni_arena_rewind(arena, mark);
    return st;
}
