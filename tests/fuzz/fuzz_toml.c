/* Fuzzing configuration text: any bytes become rows or an error with its line; rows written as TOML
 * read back the same. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/numtext.h"
#include "io/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds) {
    if (!holds) abort();
}

static bool same_text(norni_str a, norni_str b) {
    return norni_str_cmp(a, b) == 0;
}

static void check_value(const norni_toml_value *v, int depth) {
    double x = 0;
    int64_t whole = 0;
    demand(depth <= 4 && (v->n_items == 0 || v->type == NORNI_TOML_ARRAY));
    demand(memchr(v->text.p, '\0', v->text.n) == NULL);
    if (v->type == NORNI_TOML_INT)
        demand(norni_int_parse(v->text.p, v->text.n, &whole) == NORNI_NUM_OK);
    if (v->type == NORNI_TOML_INT || v->type == NORNI_TOML_NUMBER)
        demand(norni_num_parse(v->text.p, v->text.n, &x) == NORNI_NUM_OK && x == v->num);
    if (v->type == NORNI_TOML_BOOL) demand(norni_str_is(v->text, v->num != 0 ? "true" : "false"));
    for (size_t i = 0; i < v->n_items; i++)
        check_value(&v->item[i], depth + 1);
}

static void put_quoted(norni_buf *b, norni_str s) {
    norni_buf_text(b, "\"");
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c == 0x7F)
            norni_buf_format(b, "\\u00%x%x", c >> 4, c & 15U);
        else if (c == '"' || c == '\\')
            norni_buf_format(b, "\\%c", c);
        else
            norni_buf_add(b, &s.p[i], 1);
    }
    norni_buf_text(b, "\"");
}

static void put_value(norni_buf *b, const norni_toml_value *v) {
    if (v->type == NORNI_TOML_STRING)
        put_quoted(b, v->text);
    else if (v->type != NORNI_TOML_ARRAY)
        norni_buf_add(b, v->text.p, v->text.n);
    if (v->type != NORNI_TOML_ARRAY) return;
    norni_buf_text(b, "[");
    for (size_t i = 0; i < v->n_items; i++) {
        put_value(b, &v->item[i]);
        norni_buf_text(b, i % 2 == 0 ? ", " : ", # c\r\n");
    }
    norni_buf_text(b, "]");
}

static void put_rows(norni_buf *b, const norni_toml *t) {
    norni_str table = {"", 0};
    for (size_t i = 0; i < t->n_rows; i++) {
        const norni_toml_row *row = &t->row[i];
        if (!same_text(row->table, table)) {
            norni_buf_text(b, "[");
            put_quoted(b, row->table);
            norni_buf_text(b, "]\n");
            table = row->table;
        }
        put_quoted(b, row->key);
        norni_buf_text(b, " = ");
        put_value(b, &row->value);
        norni_buf_text(b, "\n");
    }
}

static void same_values(const norni_toml_value *a, const norni_toml_value *b) {
    demand(a->type == b->type && a->n_items == b->n_items && a->num == b->num);
    demand(same_text(a->text, b->text));
    for (size_t i = 0; i < a->n_items; i++)
        same_values(&a->item[i], &b->item[i]);
}

/* Rows written as TOML and read again are the same rows. */
static void round_trip(norni_arena *arena, const norni_toml *t) {
    norni_buf b;
    norni_toml again;
    norni_buf_init(&b, arena->alloc);
    put_rows(&b, t);
    demand(!b.failed);
    const norn_status st = norni_toml_parse(arena, b.p, b.n, &again, NULL);
    demand(st == NORN_OK || (st == NORN_E_LIMIT && b.n > 1 << 20));
    if (st == NORN_OK) demand(again.n_rows == t->n_rows);
    for (size_t i = 0; i < again.n_rows; i++) {
        demand(same_text(again.row[i].table, t->row[i].table));
        demand(same_text(again.row[i].key, t->row[i].key));
        same_values(&again.row[i].value, &t->row[i].value);
    }
    norni_buf_clear(&b);
}

/* Lines that end in CRLF give what lines that end in LF give, the error's text included. */
static void with_crlf(norni_arena *arena, const char *text, size_t n, norn_status st,
                      const norn_err *err) {
    norni_buf b;
    norni_toml again;
    norn_err other = {NORN_OK, ""};
    if (memchr(text, '\r', n) != NULL || n > 1 << 19) return;
    norni_buf_init(&b, arena->alloc);
    for (size_t i = 0; i < n; i++)
        norni_buf_add(&b, text[i] == '\n' ? "\r\n" : &text[i], text[i] == '\n' ? 2 : 1);
    demand(!b.failed && norni_toml_parse(arena, b.p, b.n, &again, &other) == st);
    demand(strcmp(err->text, other.text) == 0);
    norni_buf_clear(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const norn_alloc alloc = norni_alloc_default();
    const char *text = (const char *)data;
    norni_arena arena;
    norni_toml t;
    norn_err err = {NORN_OK, ""};
    norni_arena_init(&arena, &alloc);
    const norn_status st = norni_toml_parse(&arena, text, size, &t, &err);
    demand(st == NORN_OK || st == NORN_E_FORMAT || st == NORN_E_LIMIT);
    demand(err.code == st && memchr(err.text, '\0', sizeof err.text) != NULL);
    demand(st == NORN_OK ? err.text[0] == '\0' : strncmp(err.text, "line ", 5) == 0);
    demand(st == NORN_OK || t.n_rows == 0);
    for (size_t i = 0; i < t.n_rows; i++) {
        demand(t.row[i].line > (i > 0 ? t.row[i - 1].line : 0));
        check_value(&t.row[i].value, 0);
    }
    if (st == NORN_OK) round_trip(&arena, &t);
    with_crlf(&arena, text, size, st, &err);
    norni_arena_clear(&arena);
    return 0;
}
