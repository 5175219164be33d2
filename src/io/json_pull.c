/* JSON text read piece by piece: strict, without memory of its own. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "io/json_pull.h"

/* What may come next. */
enum {
    WANT_VALUE,       /* a value */
    WANT_FIRST_VALUE, /* a value, or the array's end */
    WANT_FIRST_KEY,   /* a key, or the object's end */
    WANT_KEY,         /* a key */
    WANT_MORE,        /* a comma, or the end of what is open */
    WANT_NOTHING,     /* the value is whole */
};

void norni_json_pull_init(norni_json_pull *p, norni_str text) {
    *p = (norni_json_pull){.begin = text.p, .at = text.p, .end = text.p + text.n};
}

static norn_status fail(const norni_json_pull *p, const char *what, norn_err *err) {
    return norn_fail(err, NORN_E_FORMAT, "byte %zu: %s", (size_t)(p->at - p->begin) + 1, what);
}

static void skip_white(norni_json_pull *p) {
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\t' || *p->at == '\r'))
        p->at++;
}

static bool is_digit(const norni_json_pull *p) {
    return p->at < p->end && *p->at >= '0' && *p->at <= '9';
}

static bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* At the opening quote; leaves it behind the closing one. */
static norn_status take_string(norni_json_pull *p, norni_json_item *out, norn_err *err) {
    const char *start = ++p->at;
    out->escaped = false;
    for (; p->at < p->end; p->at++) {
        const unsigned char c = (unsigned char)*p->at;
        if (c == '"') {
            out->raw = (norni_str){start, (size_t)(p->at - start)};
            p->at++;
            return NORN_OK;
        }
        if (c < 0x20) return fail(p, "a control character stands bare in a string", err);
        if (c != '\\') continue;
        out->escaped = true;
        if (++p->at == p->end) break;
        if (*p->at == 'u') {
            for (size_t k = 1; k <= 4; k++)
                if (p->end - p->at <= (ptrdiff_t)k || !is_hex(p->at[k]))
                    return fail(p, "\\u wants four hexadecimal digits", err);
            p->at += 4;
        } else if (memchr("\"\\/bfnrt", *p->at, 8) == NULL) {
            return fail(p, "an escape that JSON does not have", err);
        }
    }
    p->at = p->end;
    return fail(p, "a string is not closed", err);
}

static norn_status take_number(norni_json_pull *p, norni_json_item *out, norn_err *err) {
    const char *start = p->at;
    if (*p->at == '-') p->at++;
    if (!is_digit(p)) return fail(p, "a value is wanted here", err);
    if (*p->at++ != '0')
        while (is_digit(p))
            p->at++;
    if (p->at < p->end && *p->at == '.') {
        p->at++;
        if (!is_digit(p)) return fail(p, "digits are wanted behind the point", err);
        while (is_digit(p))
            p->at++;
    }
    if (p->at < p->end && (*p->at == 'e' || *p->at == 'E')) {
        p->at++;
        if (p->at < p->end && (*p->at == '+' || *p->at == '-')) p->at++;
        if (!is_digit(p)) return fail(p, "digits are wanted in the exponent", err);
        while (is_digit(p))
            p->at++;
    }
    out->kind = NORNI_JSON_NUMBER;
    out->raw = (norni_str){start, (size_t)(p->at - start)};
    return NORN_OK;
}

static norn_status take_word(norni_json_pull *p, const char *word, norni_json_kind kind,
                             norni_json_item *out, norn_err *err) {
    const size_t n = strlen(word);
    if ((size_t)(p->end - p->at) < n || memcmp(p->at, word, n) != 0)
        return fail(p, "a value is wanted here", err);
    p->at += n;
    out->kind = kind;
    return NORN_OK;
}

static void value_over(norni_json_pull *p) {
    p->want = p->depth == 0 ? WANT_NOTHING : WANT_MORE;
}

static norn_status go_down(norni_json_pull *p, bool object, norni_json_item *out, norn_err *err) {
    if (p->depth == NORNI_JSON_DEPTH)
        return norn_fail(err, NORN_E_LIMIT, "byte %zu: deeper than %d levels",
                         (size_t)(p->at - p->begin) + 1, NORNI_JSON_DEPTH);
    const uint64_t bit = UINT64_C(1) << p->depth++;
    p->objects = object ? p->objects | bit : p->objects & ~bit;
    p->want = object ? WANT_FIRST_KEY : WANT_FIRST_VALUE;
    p->at++;
    out->kind = object ? NORNI_JSON_OBJECT : NORNI_JSON_ARRAY;
    return NORN_OK;
}

static norn_status go_up(norni_json_pull *p, norni_json_item *out) {
    out->kind = p->objects >> (p->depth - 1) & 1 ? NORNI_JSON_OBJECT_END : NORNI_JSON_ARRAY_END;
    p->depth--;
    p->at++;
    value_over(p);
    return NORN_OK;
}

static norn_status take_value(norni_json_pull *p, norni_json_item *out, norn_err *err) {
    norn_status st;
    switch (*p->at) {
        case '{': return go_down(p, true, out, err);
        case '[': return go_down(p, false, out, err);
        case '"':
            out->kind = NORNI_JSON_STRING;
            st = take_string(p, out, err);
            break;
        case 't': st = take_word(p, "true", NORNI_JSON_TRUE, out, err); break;
        case 'f': st = take_word(p, "false", NORNI_JSON_FALSE, out, err); break;
        case 'n': st = take_word(p, "null", NORNI_JSON_NULL, out, err); break;
        default: st = take_number(p, out, err);
    }
    value_over(p);
    return st;
}

static norn_status take_key(norni_json_pull *p, norni_json_item *out, norn_err *err) {
    if (*p->at != '"') return fail(p, "a key in quotes is wanted here", err);
    out->kind = NORNI_JSON_KEY;
    NORN_TRY(take_string(p, out, err));
    skip_white(p);
    if (p->at == p->end || *p->at != ':') return fail(p, "a colon is wanted behind the key", err);
    p->at++;
    p->want = WANT_VALUE;
    return NORN_OK;
}

norn_status norni_json_pull_next(norni_json_pull *p, norni_json_item *out, norn_err *err) {
    *out = (norni_json_item){.kind = NORNI_JSON_DONE};
    skip_white(p);
    if (p->want == WANT_NOTHING)
        return p->at == p->end ? NORN_OK : fail(p, "something stands behind the value", err);
    if (p->at == p->end) return fail(p, "the text ends before its value does", err);
    const bool object = p->depth > 0 && (p->objects >> (p->depth - 1) & 1);
    const char end = object ? '}' : ']';
    if (p->want == WANT_MORE) {
        if (*p->at == end) return go_up(p, out);
        if (*p->at != ',')
            return fail(p, object ? "a comma or } is wanted here" : "a comma or ] is wanted here",
                        err);
        p->at++;
        p->want = object ? WANT_KEY : WANT_VALUE;
        skip_white(p);
        if (p->at == p->end) return fail(p, "the text ends before its value does", err);
    } else if ((p->want == WANT_FIRST_KEY || p->want == WANT_FIRST_VALUE) && *p->at == end) {
        return go_up(p, out);
    }
    return p->want == WANT_KEY || p->want == WANT_FIRST_KEY ? take_key(p, out, err)
                                                            : take_value(p, out, err);
}

norn_status norni_json_pull_skip(norni_json_pull *p, const norni_json_item *item, norn_err *err) {
    norni_json_item next;
    if (item->kind != NORNI_JSON_OBJECT && item->kind != NORNI_JSON_ARRAY) return NORN_OK;
    const uint32_t outside = p->depth - 1;
    while (p->depth > outside)
        NORN_TRY(norni_json_pull_next(p, &next, err));
    return NORN_OK;
}

/* ---- strings ---- */

static uint32_t four_digits(const char *p) {
    uint32_t x = 0;
    for (size_t k = 0; k < 4; k++) {
        const unsigned char c = (unsigned char)p[k];
        x = x << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return x;
}

static void put_code_point(norni_buf *out, uint32_t c) {
    char b[4];
    size_t n = 0;
    if (c < 0x80) {
        b[n++] = (char)c;
    } else if (c < 0x800) {
        b[n++] = (char)(0xC0 | c >> 6);
    } else if (c < 0x10000) {
        b[n++] = (char)(0xE0 | c >> 12);
        b[n++] = (char)(0x80 | (c >> 6 & 0x3F));
    } else {
        b[n++] = (char)(0xF0 | c >> 18);
        b[n++] = (char)(0x80 | (c >> 12 & 0x3F));
        b[n++] = (char)(0x80 | (c >> 6 & 0x3F));
    }
    if (c >= 0x80) b[n++] = (char)(0x80 | (c & 0x3F));
    norni_buf_add(out, b, n);
}

/* At the digits behind \u; returns the bytes taken. */
static size_t put_escape(const char *p, const char *end, norni_buf *out, size_t *n_lone) {
    const uint32_t c = four_digits(p);
    if (c >= 0xD800 && c < 0xDC00 && end - p >= 10 && p[4] == '\\' && p[5] == 'u') {
        const uint32_t low = four_digits(p + 6);
        if (low >= 0xDC00 && low < 0xE000) {
            put_code_point(out, 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00));
            return 10;
        }
    }
    const bool lone = c >= 0xD800 && c < 0xE000;
    *n_lone += lone;
    put_code_point(out, lone ? 0xFFFD : c);
    return 4;
}

size_t norni_json_text(const norni_json_item *item, norni_buf *out) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at = item->raw.p, *end = item->raw.p + item->raw.n;
    size_t n_lone = 0;
    while (item->escaped && at < end) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        if (slash == NULL) break;
        norni_buf_add(out, at, (size_t)(slash - at));
        at = slash + 2;
        if (slash[1] == 'u') {
            at += put_escape(at, end, out, &n_lone);
        } else {
            norni_buf_add(out, to + (strchr(from, slash[1]) - from), 1);
        }
    }
    norni_buf_add(out, at, (size_t)(end - at));
    return n_lone;
}
