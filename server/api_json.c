/* JSON bodies: parameters as texts for the rows, tables as CSV files for the readers. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "base/numtext.h"
#include "io/writer.h"
#include "server/api_parts.h"

/* What a JSON text would become, seen before jansson makes it: its own bound of depth lies far deeper, and it has none for memory. */
typedef struct extent {
    size_t deepest, n_values;
    uint64_t bytes;
} extent;

static extent measure(norni_str text) {
    enum { OBJECT_BYTES = 256, ARRAY_BYTES = 128, KEY_BYTES = 96, VALUE_BYTES = 48 };
    extent e = {0, 1, 2 * (uint64_t)text.n};
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > e.deepest) e.deepest = depth;
            e.n_values++;
            e.bytes += c == '{' ? OBJECT_BYTES : ARRAY_BYTES;
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        } else if (c == ',') {
            e.n_values++;
            e.bytes += VALUE_BYTES;
        } else if (c == ':') {
            e.bytes += KEY_BYTES;
        }
    }
    return e;
}

static json_t *parse(const api_call *c, norni_str text, api_fault *f) {
    json_error_t why;
    const extent e = measure(text);
    if (e.deepest > API_MOST_DEPTH) {
        api_fault_add(f, 400, NULL, "JSON: more than %d brackets deep", API_MOST_DEPTH);
        return NULL;
    }
    if (e.n_values > API_MOST_VALUES || e.bytes > c->a->job_bytes / 2) {
        api_fault_add(f, 413, NULL, "JSON: too many values (%zu): send CSV", e.n_values);
        return NULL;
    }
    json_t *j = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &why);
    if (j == NULL)
        api_fault_add(f, 400, NULL, "JSON, line %d, column %d: %s", why.line, why.column, why.text);
    else if (!json_is_object(j))
        api_fault_add(f, 400, NULL, "JSON: the body is no object");
    if (j != NULL && json_is_object(j)) return j;
    json_decref(j);
    return NULL;
}

/* ---- tables ---- */

/* A list or an object as its JSON, for operations that read such cells. */
static bool put_nested(norni_buf *b, const json_t *v) {
    json_free_t release;
    char *text = json_dumps(v, JSON_COMPACT);
    json_get_alloc_funcs(NULL, &release);
    if (text == NULL)
        b->failed = true;
    else
        norni_csv_text(b, norni_str_of(text), false);
    if (text) release(text);
    return true;
}

static bool put_cell(norni_buf *b, const json_t *v, bool nested) {
    char room[NORNI_NUM_MAX];
    switch (json_typeof(v)) {
        case JSON_STRING:
            norni_csv_text(b, (norni_str){json_string_value(v), json_string_length(v)}, false);
            return true;
        case JSON_INTEGER:
            norni_buf_add(b, room, norni_int_print(room, json_integer_value(v)));
            return true;
        case JSON_REAL: norni_csv_num(b, json_real_value(v)); return true;
        case JSON_TRUE: norni_buf_text(b, "true"); return true;
        case JSON_FALSE: norni_buf_text(b, "false"); return true;
        case JSON_NULL: return true;
        case JSON_OBJECT:
        case JSON_ARRAY: break;
    }
    return nested && put_nested(b, v);
}

static void put_head(norni_buf *b, json_t *columns) {
    const char *key;
    json_t *v;
    bool more = false;
    json_object_foreach(columns, key, v) {
        if (more) norni_buf_text(b, ",");
        norni_csv_text(b, norni_str_of(key), false);
        more = true;
    }
    norni_buf_text(b, "\n");
}

/* One table on its way to a file. */
typedef struct table_job {
    const api_call *c;
    const char *name; /* in messages */
    size_t most_cells;
    norni_buf b;
    api_fault *f;
} table_job;

/* Cells that no row gives are written, too: a small text must not become a large table. */
static bool fits(const table_job *t, size_t n_rows, size_t n_columns) {
    if (n_columns > API_MOST_COLUMNS)
        api_fault_add(t->f, 413, t->name, "%s: more than %d columns: send CSV", t->name,
                      API_MOST_COLUMNS);
    else if (n_columns > 0 && n_rows > t->most_cells / n_columns)
        api_fault_add(t->f, 413, t->name,
                      "%s: %zu rows of %zu columns, most of them empty: send CSV", t->name, n_rows,
                      n_columns);
    else
        return true;
    return false;
}

/* Now and then: whether anybody still waits for it. */
static bool goes_on(const table_job *t, size_t i) {
    if (t->b.failed) return false;
    if (i % 1024 != 0 || job_cancelled(t->c->j) == JOB_WHY_NONE) return true;
    api_fault_add(t->f, 409, NULL, "the job was cancelled");
    return false;
}

static bool no_plain_value(const table_job *t, size_t row, const char *column) {
    api_fault_add(t->f, 400, t->name, "%s: row %zu, column %.60s is no plain value", t->name, row,
                  column);
    return false;
}

/* {"ds": […], "y": […]} */
static bool by_columns(table_job *t, json_t *table) {
    norni_buf *b = &t->b;
    const char *key;
    json_t *v;
    size_t n = SIZE_MAX;
    json_object_foreach(table, key, v) {
        if (n == SIZE_MAX) n = json_array_size(v);
        if (json_is_array(v) && json_array_size(v) == n) continue;
        api_fault_add(t->f, 400, t->name, "%s: column %.60s is no array of %zu values", t->name,
                      key, n);
        return false;
    }
    if (n == SIZE_MAX || n == 0) {
        api_fault_add(t->f, 400, t->name, "%s: %s", t->name,
                      n == 0 ? "the columns hold no value" : "an object without columns");
        return false;
    }
    if (!fits(t, n, json_object_size(table))) return false;
    put_head(b, table);
    for (size_t i = 0; i < n; i++) {
        bool more = false;
        if (!goes_on(t, i)) return false;
        json_object_foreach(table, key, v) {
            if (more) norni_buf_text(b, ",");
            more = true;
            if (!put_cell(b, json_array_get(v, i), api_op_records(t->c->op)))
                return no_plain_value(t, i + 1, key);
        }
        norni_buf_text(b, "\n");
    }
    return true;
}

/* [{"ds": …, "y": …}, …]: columns in the order in which they come first. */
static bool by_rows(table_job *t, json_t *table, json_t *columns) {
    norni_buf *b = &t->b;
    const char *key;
    json_t *row, *v;
    size_t i;
    json_array_foreach(table, i, row) {
        if (!json_is_object(row)) {
            api_fault_add(t->f, 400, t->name, "%s: row %zu is no object", t->name, i + 1);
            return false;
        }
        json_object_foreach(row, key, v) {
            if (json_object_get(columns, key) != NULL) continue;
            json_object_set(columns, key, json_true());
            if (json_object_size(columns) > API_MOST_COLUMNS)
                return fits(t, i, json_object_size(columns));
        }
        if (!goes_on(t, i)) return false;
    }
    if (!fits(t, json_array_size(table), json_object_size(columns))) return false;
    put_head(b, columns);
    json_array_foreach(table, i, row) {
        bool more = false;
        if (!goes_on(t, i)) return false;
        json_object_foreach(columns, key, v) {
            const json_t *cell = json_object_get(row, key);
            if (more) norni_buf_text(b, ",");
            more = true;
            if (cell != NULL && !put_cell(b, cell, api_op_records(t->c->op)))
                return no_plain_value(t, i + 1, key);
        }
        norni_buf_text(b, "\n");
    }
    return true;
}

/* A table becomes a file; `row` NULL: it is the operand. `n_bytes` of JSON hold it. */
static void take_table(api_call *c, json_t *table, const char *row, size_t n_bytes, api_fault *f) {
    norn_err err = {NORN_OK, ""};
    table_job t = {.c = c, .name = row ? row : "data", .f = f, .most_cells = API_MOST_CELLS};
    if (n_bytes < API_MOST_CELLS / API_MOST_CELLS_PER_BYTE)
        t.most_cells = n_bytes * API_MOST_CELLS_PER_BYTE;
    json_t *columns = json_object();
    norni_buf_init(&t.b, c->alloc);
    bool ok = columns != NULL;
    if (json_is_object(table))
        ok = ok && by_columns(&t, table);
    else
        ok = ok && by_rows(&t, table, columns);
    api_input *in = ok && !t.b.failed ? api_call_input(c, row, t.name, f) : NULL;
    if (t.b.failed || columns == NULL)
        api_fault_add(f, 413, t.name, "%s: too large a table for this server's memory", t.name);
    else if (in != NULL && api_file_write(in->path, (norni_str){t.b.p, t.b.n}, &err) != NORN_OK)
        api_fault_add(f, 503, t.name, "%s", err.text);
    norni_buf_clear(&t.b);
    json_decref(columns);
}

/* ---- parameters ---- */

/* A plain value as the text of a flag; lists with commas. */
static bool put_value(norni_buf *b, const json_t *v) {
    char room[NORNI_NUM_MAX];
    if (json_is_string(v)) {
        norni_buf_add(b, json_string_value(v), json_string_length(v));
        return true;
    }
    if (json_is_real(v)) {
        norni_buf_add(b, room, norni_num_print(room, json_real_value(v)));
        return true;
    }
    return !json_is_null(v) && put_cell(b, v, false);
}

static void take_value(api_call *c, const char *key, const json_t *v, api_fault *f) {
    norni_buf b;
    norni_buf_init(&b, &c->a->alloc);
    bool ok = true;
    if (json_is_array(v)) {
        for (size_t i = 0; ok && i < json_array_size(v); i++) {
            if (i > 0) norni_buf_text(&b, ",");
            ok = put_value(&b, json_array_get(v, i));
        }
    } else {
        ok = put_value(&b, v);
    }
    if (!ok)
        api_fault_add(f, 400, key, "%.40s: a plain value, or a list of such, is asked for", key);
    else
        api_call_set(c, norni_str_of(key), (norni_str){b.p ? b.p : "", b.n}, f);
    norni_buf_clear(&b);
}

/* A table: a list of objects, or an object. */
static bool is_table(const json_t *v) {
    return json_is_object(v) || (json_is_array(v) && json_is_object(json_array_get(v, 0)));
}

static void take_params(api_call *c, json_t *params, size_t n_bytes, api_fault *f) {
    const char *key;
    json_t *v;
    json_object_foreach(params, key, v) {
        const norni_param *row = api_row_find(c->op, norni_str_of(key));
        if (json_is_null(v) && row != NULL && row->path == NORNI_PATH_NONE) continue;
        if (row != NULL && row->path == NORNI_PATH_UPLOAD && is_table(v))
            take_table(c, v, row->name, n_bytes, f);
        else
            take_value(c, key, v, f);
    }
}

void api_json_params(api_call *c, norni_str text, api_fault *f) {
    json_t *j = parse(c, text, f);
    if (j != NULL) take_params(c, j, text.n, f);
    json_decref(j);
}

void api_json_body(api_call *c, norni_str text, api_fault *f) {
    const char *key;
    json_t *v, *j = parse(c, text, f);
    if (j == NULL) return;
    json_object_foreach(j, key, v) {
        if (strcmp(key, "data") == 0) {
            if (is_table(v))
                take_table(c, v, NULL, text.n, f);
            else if (json_is_array(v) && json_array_size(v) == 0)
                api_fault_add(f, 400, key, "data: a list without rows");
            else if (json_is_array(v))
                api_fault_add(f, 400, key, "data: row 1 is no object");
            else
                api_fault_add(f, 400, key, "data: a list of rows, or an object of columns");
        } else if (strcmp(key, "params") == 0) {
            if (!json_is_object(v))
                api_fault_add(f, 400, key, "params: an object");
            else if (json_dumpb(v, NULL, 0, 0) > API_MOST_PARAMS)
                api_fault_add(f, 413, key, "params: more than 1 MiB");
            else
                take_params(c, v, text.n, f);
        } else {
            api_fault_add(f, 400, key, "unknown key %.40s; data and params are known", key);
        }
    }
    json_decref(j);
}
