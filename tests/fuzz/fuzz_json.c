/* Fuzzing the JSON writer against jansson: any bytes and doubles give text that reads back as the
 * same doubles, bit for bit, and the same strings. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

/* Length of the UTF-8 character at p by decoding it, or 0: the writer's twin, built otherwise. */
static size_t decoded_length(const uint8_t *p, size_t n) {
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = 0;
    uint32_t code = p[0];
    if (code < 0x80) return 1;
    for (uint32_t bit = 0x80; bit > 4 && (p[0] & bit); bit >>= 1)
        len++;
    if (len < 2 || len > 4 || len > n) return 0;
    code &= 0x7FU >> len;
    for (size_t i = 1; i < len; i++) {
        if (p[i] >> 6 != 2) return 0;
        code = code << 6 | (p[i] & 0x3FU);
    }
    if (code < least[len] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return 0;
    return len;
}

/* The text with U+FFFD for every byte that belongs to no character. */
static void put_valid(norni_buf *b, const uint8_t *p, size_t n) {
    for (size_t i = 0, len; i < n; i += len) {
        len = decoded_length(p + i, n - i);
        norni_buf_add(b, len > 0 ? (const char *)p + i : "\xEF\xBF\xBD", len > 0 ? len : 3);
        if (len == 0) len = 1;
    }
}

static json_t *read_back(const norni_buf *b, size_t flags) {
    json_error_t error;
    demand(!b->failed);
    json_t *root = json_loadb(b->p, b->n, flags | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    demand(root != NULL);
    return root;
}

static void same_string(const json_t *value, const uint8_t *p, size_t n, const norn_alloc *alloc) {
    norni_buf want;
    norni_buf_init(&want, alloc);
    put_valid(&want, p, n);
    demand(!want.failed && json_is_string(value) && json_string_length(value) == want.n);
    demand(want.n == 0 || memcmp(json_string_value(value), want.p, want.n) == 0);
    norni_buf_clear(&want);
}

/* Pieces of every length up to 40, and the whole, as strings. */
static void strings(norni_buf *b, const uint8_t *data, size_t size) {
    norni_json j;
    b->n = 0;
    norni_json_init(&j, b);
    norni_json_open(&j, '[');
    norni_json_str(&j, (norni_str){(const char *)data, size});
    for (size_t at = 0, len = 0; at + len <= size && len <= 40; at += len, len++)
        norni_json_str(&j, (norni_str){(const char *)data + at, len});
    norni_json_close(&j, ']');
    json_t *root = read_back(b, 0);
    same_string(json_array_get(root, 0), data, size, b->alloc);
    size_t i = 1;
    for (size_t at = 0, len = 0; at + len <= size && len <= 40; at += len, len++)
        same_string(json_array_get(root, i++), data + at, len, b->alloc);
    demand(json_array_size(root) == i);
    json_decref(root);
}

static void same_double(const json_t *value, double x) {
    if (!isfinite(x)) {
        demand(json_is_null(value));
        return;
    }
    demand(json_is_real(value));
    const double back = json_real_value(value), want = x + 0.0; /* -0 is written as 0 */
    demand(memcmp(&back, &want, sizeof back) == 0);
}

/* Every 8 bytes as a double, and as one of few digits. */
static void doubles(norni_buf *b, const uint8_t *data, size_t size) {
    norni_json j;
    double x;
    int32_t few;
    b->n = 0;
    norni_json_init(&j, b);
    norni_json_open(&j, '[');
    for (size_t at = 0; at + sizeof x <= size; at += sizeof x) {
        memcpy(&x, data + at, sizeof x);
        memcpy(&few, data + at, sizeof few);
        norni_json_num(&j, x);
        norni_json_num(&j, few / 1000.0);
    }
    norni_json_close(&j, ']');
    json_t *root = read_back(b, JSON_DECODE_INT_AS_REAL);
    demand(json_array_size(root) == 2 * (size / sizeof x));
    for (size_t at = 0, i = 0; at + sizeof x <= size; at += sizeof x, i += 2) {
        memcpy(&x, data + at, sizeof x);
        memcpy(&few, data + at, sizeof few);
        same_double(json_array_get(root, i), x);
        same_double(json_array_get(root, i + 1), few / 1000.0);
    }
    json_decref(root);
}

static void same_int(const json_t *value, int64_t want) {
    demand(json_is_integer(value) && json_integer_value(value) == want);
}

/* An object whose key is the text up to a NUL, and whole numbers, one level deeper each. */
static void nested(norni_buf *b, const uint8_t *data, size_t size) {
    enum { DEEPEST = 60 };
    norni_json j;
    norni_buf key;
    int64_t whole = 0;
    const size_t depth = size < DEEPEST ? size : DEEPEST;
    memcpy(&whole, data, size < sizeof whole ? size : sizeof whole);
    norni_buf_init(&key, b->alloc);
    norni_buf_add(&key, data, size);
    norni_buf_add(&key, "", 1);
    demand(!key.failed);
    b->n = 0;
    norni_json_init(&j, b);
    norni_json_open(&j, '{');
    norni_json_key(&j, key.p);
    for (size_t i = 0; i < depth; i++) {
        norni_json_open(&j, '[');
        norni_json_int(&j, data[i] & 1 ? whole : -(int64_t)i);
    }
    for (size_t i = 0; i < depth; i++) {
        norni_json_bool(&j, data[i] & 2);
        norni_json_close(&j, ']');
    }
    if (depth == 0) norni_json_null(&j);
    norni_json_close(&j, '}');
    json_t *root = read_back(b, 0);
    demand(json_object_size(root) == 1);
    const json_t *inner = json_object_iter_value(json_object_iter(root));
    for (size_t i = 0; i < depth; i++) {
        same_int(json_array_get(inner, 0), data[i] & 1 ? whole : -(int64_t)i);
        demand(json_array_size(inner) == (i + 1 < depth ? 3 : 2));
        const json_t *last = json_array_get(inner, i + 1 < depth ? 2 : 1);
        demand(json_is_boolean(last) && json_is_true(last) == ((data[depth - 1 - i] & 2) != 0));
        inner = json_array_get(inner, 1);
    }
    json_decref(root);
    norni_buf_clear(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t none[1] = {0};
    const norn_alloc alloc = norni_alloc_default();
    norni_buf b;
    if (size == 0) data = none;
    norni_buf_init(&b, &alloc);
    strings(&b, data, size);
    doubles(&b, data, size);
    nested(&b, data, size);
    norni_buf_clear(&b);
    return 0;
}
