/* JSON as a stream: the writer keeps commas and nesting. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <math.h>

#include "base/numtext.h"
#include "io/writer.h"

void norni_json_init(norni_json *j, norni_buf *b) {
    *j = (norni_json){.b = b};
}

/* The comma before a value or key, where one belongs. */
static void separate(norni_json *j) {
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    const uint64_t bit = UINT64_C(1) << j->depth;
    if (j->started & bit) norni_buf_text(j->b, ",");
    j->started |= bit;
}

void norni_json_open(norni_json *j, char bracket) {
    assert(j->depth < 63);
    separate(j);
    norni_buf_add(j->b, &bracket, 1);
    j->depth++;
    j->started &= ~(UINT64_C(1) << j->depth);
}

void norni_json_close(norni_json *j, char bracket) {
    assert(j->depth > 0);
    j->depth--;
    norni_buf_add(j->b, &bracket, 1);
}

/* Length of the valid UTF-8 character at p, or 0. */
static size_t character_length(const unsigned char *p, size_t n) {
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
    if ((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] > 0x9F))
        return 0; /* overlong, surrogate */
    if ((c == 0xF0 && p[1] < 0x90) || (c == 0xF4 && p[1] > 0x8F)) return 0;
    return len;
}

static void put_escape(norni_buf *b, unsigned char c) {
    static const char digit[] = "0123456789abcdef";
    char text[6] = {'\\', 'u', '0', '0', digit[c >> 4], digit[c & 15]};
    const char *plain = c == '"'    ? "\\\""
                        : c == '\\' ? "\\\\"
                        : c == '\n' ? "\\n"
                        : c == '\r' ? "\\r"
                        : c == '\t' ? "\\t"
                                    : NULL;
    if (plain != NULL)
        norni_buf_add(b, plain, 2);
    else
        norni_buf_add(b, text, sizeof text);
}

static void put_string(norni_buf *b, norni_str s) {
    const unsigned char *p = (const unsigned char *)s.p;
    norni_buf_text(b, "\"");
    for (size_t i = 0; i < s.n;) {
        const size_t start = i;
        size_t len = 1;
        while (i < s.n && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\' &&
               (len = character_length(p + i, s.n - i)) > 0)
            i += len;
        norni_buf_add(b, s.p + start, i - start);
        if (i >= s.n) break;
        if (p[i] < 0x20 || p[i] == '"' || p[i] == '\\')
            put_escape(b, p[i]);
        else
            norni_buf_text(b, "\xEF\xBF\xBD"); /* U+FFFD */
        i++;
    }
    norni_buf_text(b, "\"");
}

void norni_json_key(norni_json *j, const char *key) {
    separate(j);
    put_string(j->b, norni_str_of(key));
    norni_buf_text(j->b, ":");
    j->after_key = true;
}

void norni_json_str(norni_json *j, norni_str s) {
    separate(j);
    put_string(j->b, s);
}

void norni_json_num(norni_json *j, double x) {
    separate(j);
    if (isfinite(x))
        norni_buf_num(j->b, x);
    else
        norni_buf_text(j->b, "null");
}

void norni_json_int(norni_json *j, int64_t x) {
    char text[NORNI_NUM_MAX];
    separate(j);
    norni_buf_add(j->b, text, norni_int_print(text, x));
}

void norni_json_bool(norni_json *j, bool x) {
    separate(j);
    norni_buf_text(j->b, x ? "true" : "false");
}

void norni_json_null(norni_json *j) {
    separate(j);
    norni_buf_text(j->b, "null");
}

void norni_json_key_str(norni_json *j, const char *key, norni_str s) {
    norni_json_key(j, key);
    norni_json_str(j, s);
}

void norni_json_key_num(norni_json *j, const char *key, double x) {
    norni_json_key(j, key);
    norni_json_num(j, x);
}

void norni_json_key_int(norni_json *j, const char *key, int64_t x) {
    norni_json_key(j, key);
    norni_json_int(j, x);
}

void norni_json_key_count(norni_json *j, const char *key, size_t x) {
    norni_json_key_int(j, key, (int64_t)x);
}
