/* The header of a safetensors file, and whether it fits the bytes behind it. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The format (huggingface/safetensors, README "Format"): 8 bytes N, little-endian; N bytes of JSON, {"name": {"dtype": "F32", "shape": [2, 3],
 * "data_offsets": [begin, end]}, …, "__metadata__": {"text": "text"}}, blanks behind it; then the values, offsets counted from there. The
 * ranges must fill the rest of the file from end to end: no hole, no overlap. A field that is not known is passed over. */
#include "base/grow.h"
#include "base/numtext.h"
#include "base/sort.h"
#include "io/json_pull.h"
#include "text/safetensors_parts.h"

enum { LENGTH_BYTES = 8, MOST_HEADER = 100000000, MOST_DIMS = 8 };

typedef struct reader {
    norni_safetensors *s;
    norni_json_pull json;
    norni_buf text; /* a name without its escapes */
    const unsigned char *data;
    size_t n_data, cap;
    bool metadata;
} reader;

/* As it shows in an error's text. */
static int shown(norni_str s) {
    return s.n < 80 ? (int)s.n : 80;
}

static norn_status fail_at(const reader *r, norni_str name, const char *what, norn_err *err) {
    return norn_fail(err, NORN_E_FORMAT, "byte %zu: tensor '%.*s': %s",
                     LENGTH_BYTES + (size_t)(r->json.at - r->json.begin), shown(name), name.p,
                     what);
}

static norn_status next(reader *r, norni_json_item *item, norn_err *err) {
    norn_err inner;
    const norn_status st = norni_json_pull_next(&r->json, item, &inner);
    return st == NORN_OK ? NORN_OK : norn_fail(err, st, "header: %s", inner.text);
}

/* Width in bytes, or 0: a type that the format does not have. */
static size_t width_of(norni_str name, norni_tensor_type *type) {
    static const struct {
        const char *name;
        size_t width;
        norni_tensor_type type;
    } row[] = {{"F32", 4, NORNI_F32},
               {"F16", 2, NORNI_F16},
               {"BF16", 2, NORNI_BF16},
               {"F64", 8, NORNI_TENSOR_OTHER},
               {"I64", 8, NORNI_TENSOR_OTHER},
               {"I32", 4, NORNI_TENSOR_OTHER},
               {"I16", 2, NORNI_TENSOR_OTHER},
               {"I8", 1, NORNI_TENSOR_OTHER},
               {"U64", 8, NORNI_TENSOR_OTHER},
               {"U32", 4, NORNI_TENSOR_OTHER},
               {"U16", 2, NORNI_TENSOR_OTHER},
               {"U8", 1, NORNI_TENSOR_OTHER},
               {"C64", 8, NORNI_TENSOR_OTHER},
               {"BOOL", 1, NORNI_TENSOR_OTHER},
               {"F8_E4M3", 1, NORNI_TENSOR_OTHER},
               {"F8_E5M2", 1, NORNI_TENSOR_OTHER}};
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++)
        if (norni_str_is(name, row[k].name)) {
            *type = row[k].type;
            return row[k].width;
        }
    return 0;
}

/* An array of up to `most` whole numbers from 0 on. */
static norn_status take_sizes(reader *r, norni_str name, size_t most, size_t *out, size_t *n,
                              norn_err *err) {
    norni_json_item item;
    *n = 0;
    NORN_TRY(next(r, &item, err));
    if (item.kind != NORNI_JSON_ARRAY) return fail_at(r, name, "an array is wanted here", err);
    for (;;) {
        int64_t value;
        NORN_TRY(next(r, &item, err));
        if (item.kind == NORNI_JSON_ARRAY_END) return NORN_OK;
        if (item.kind != NORNI_JSON_NUMBER ||
            norni_int_parse(item.raw.p, item.raw.n, &value) != NORNI_NUM_OK || value < 0)
            return fail_at(r, name, "shapes and offsets are whole numbers from 0 on", err);
        if (*n == most)
            return fail_at(r, name, "more than 8 dimensions, or more than two offsets", err);
        out[(*n)++] = (size_t)value;
    }
}

typedef struct fields {
    norni_str type;
    bool has_type, has_shape, has_range;
    size_t range[2];
} fields;

/* A key or string without its escapes, until the next one is asked for. */
static norn_status plain_text(reader *r, const norni_json_item *item, norni_str *out,
                              norn_err *err) {
    *out = item->raw;
    if (!item->escaped) return NORN_OK;
    r->text.n = 0;
    (void)norni_json_text(item, &r->text);
    if (r->text.failed) return norni_alloc_fail(err, "tensors", r->text.n, 1);
    *out = (norni_str){r->text.p ? r->text.p : "", r->text.n};
    return NORN_OK;
}

static norn_status skip(reader *r, norn_err *err) {
    norni_json_item item;
    norn_err inner;
    NORN_TRY(next(r, &item, err));
    const norn_status st = norni_json_pull_skip(&r->json, &item, &inner);
    return st == NORN_OK ? NORN_OK : norn_fail(err, st, "header: %s", inner.text);
}

static norn_status take_field(reader *r, norni_str key, norni_tensor *t, fields *f, norn_err *err) {
    norni_json_item item;
    size_t n;
    if (norni_str_is(key, "dtype")) {
        if (f->has_type) return fail_at(r, t->name, "its dtype stands there twice", err);
        NORN_TRY(next(r, &item, err));
        if (item.kind != NORNI_JSON_STRING) return fail_at(r, t->name, "dtype is a string", err);
        f->type = item.raw;
        f->has_type = true;
    } else if (norni_str_is(key, "shape")) {
        if (f->has_shape) return fail_at(r, t->name, "its shape stands there twice", err);
        f->has_shape = true;
        return take_sizes(r, t->name, MOST_DIMS, t->dim, &t->n_dims, err);
    } else if (norni_str_is(key, "data_offsets")) {
        if (f->has_range) return fail_at(r, t->name, "its data_offsets stand there twice", err);
        f->has_range = true;
        NORN_TRY(take_sizes(r, t->name, 2, f->range, &n, err));
        if (n != 2) return fail_at(r, t->name, "data_offsets are two numbers", err);
    } else {
        return skip(r, err);
    }
    return NORN_OK;
}

/* Type, shape and range agree, and the range lies inside the file. */
static norn_status check_tensor(const reader *r, norni_tensor *t, const fields *f, norn_err *err) {
    if (!f->has_type || !f->has_shape || !f->has_range)
        return fail_at(r, t->name, "dtype, shape and data_offsets are wanted", err);
    const size_t width = width_of(f->type, &t->type);
    if (width == 0)
        return norn_fail(err, NORN_E_FORMAT, "tensor '%.*s': the type '%.*s' is not known",
                         shown(t->name), t->name.p, shown(f->type), f->type.p);
    t->n_values = 1;
    for (size_t k = 0; k < t->n_dims; k++)
        if (!norni_mul_size(t->n_values, t->dim[k], &t->n_values))
            return fail_at(r, t->name, "its shape has more values than can be counted", err);
    if (!norni_mul_size(t->n_values, width, &t->n_bytes))
        return fail_at(r, t->name, "its shape has more bytes than can be counted", err);
    if (f->range[0] > f->range[1] || f->range[1] > r->n_data)
        return norn_fail(err, NORN_E_FORMAT,
                         "tensor '%.*s': bytes %zu to %zu, but the values end at %zu",
                         shown(t->name), t->name.p, f->range[0], f->range[1], r->n_data);
    if (f->range[1] - f->range[0] != t->n_bytes)
        return norn_fail(err, NORN_E_FORMAT, "tensor '%.*s': %zu bytes, but its shape wants %zu",
                         shown(t->name), t->name.p, f->range[1] - f->range[0], t->n_bytes);
    t->data = r->data + f->range[0];
    return NORN_OK;
}

static norn_status take_tensor(reader *r, norni_str name, norn_err *err) {
    norni_safetensors *s = r->s;
    norni_tensor t = {0};
    fields f = {0};
    norni_json_item item;
    norni_str key;
    const char *kept = norni_arena_text(&s->arena, name.p, name.n);
    if (kept == NULL) return norni_alloc_fail(err, "tensors", name.n, 1);
    t.name = (norni_str){kept, name.n};
    NORN_TRY(next(r, &item, err));
    if (item.kind != NORNI_JSON_OBJECT) return fail_at(r, t.name, "an object is wanted", err);
    for (;;) {
        NORN_TRY(next(r, &item, err));
        if (item.kind == NORNI_JSON_OBJECT_END) break;
        NORN_TRY(plain_text(r, &item, &key, err));
        NORN_TRY(take_field(r, key, &t, &f, err));
    }
    NORN_TRY(check_tensor(r, &t, &f, err));
    norni_tensor *wider = norni_list_grow(&s->arena, s->tensor, s->n, &r->cap, 256, sizeof *wider);
    if (wider == NULL) return norni_alloc_fail(err, "tensors", r->cap, sizeof *wider);
    s->tensor = wider;
    s->tensor[s->n++] = t;
    return NORN_OK;
}

/* "__metadata__": texts by name. */
static norn_status take_metadata(reader *r, norn_err *err) {
    norni_json_item item;
    if (r->metadata)
        return norn_fail(err, NORN_E_FORMAT, "header: __metadata__ stands there twice");
    r->metadata = true;
    NORN_TRY(next(r, &item, err));
    bool good = item.kind == NORNI_JSON_OBJECT;
    while (good) {
        NORN_TRY(next(r, &item, err));
        if (item.kind == NORNI_JSON_OBJECT_END) return NORN_OK;
        NORN_TRY(next(r, &item, err));
        good = item.kind == NORNI_JSON_STRING;
    }
    return norn_fail(err, NORN_E_FORMAT, "header: __metadata__ is an object of texts");
}

static norn_status read_json(reader *r, norn_err *err) {
    norni_json_item item;
    norni_str name;
    NORN_TRY(next(r, &item, err)); /* '{' was seen */
    for (;;) {
        NORN_TRY(next(r, &item, err));
        if (item.kind == NORNI_JSON_OBJECT_END) break;
        NORN_TRY(plain_text(r, &item, &name, err));
        if (norni_str_is(name, "__metadata__")) {
            NORN_TRY(take_metadata(r, err));
        } else {
            NORN_TRY(take_tensor(r, name, err));
        }
    }
    return next(r, &item, err); /* nothing behind it */
}

/* ---- order ---- */

static int by_place(const void *arg, size_t a, size_t b) {
    const norni_tensor *t = arg;
    if (t[a].data != t[b].data) return t[a].data < t[b].data ? -1 : 1;
    return t[a].n_bytes < t[b].n_bytes ? -1 : t[a].n_bytes > t[b].n_bytes; /* empty ones first */
}

static int by_name(const void *arg, size_t a, size_t b) {
    const norni_tensor *t = arg;
    return norni_str_cmp(t[a].name, t[b].name);
}

/* The ranges fill the values from end to end. */
static norn_status check_places(const reader *r, const size_t *order, norn_err *err) {
    const unsigned char *at = r->data;
    for (size_t k = 0; k < r->s->n; k++) {
        const norni_tensor *t = &r->s->tensor[order[k]];
        if (t->data != at)
            return norn_fail(err, NORN_E_FORMAT,
                             "tensor '%.*s' begins at byte %zu of the values, the one before it "
                             "ends at %zu: %s",
                             shown(t->name), t->name.p, (size_t)(t->data - r->data),
                             (size_t)(at - r->data), t->data > at ? "a hole" : "an overlap");
        at += t->n_bytes;
    }
    if (at != r->data + r->n_data)
        return norn_fail(err, NORN_E_FORMAT,
                         "the tensors end at byte %zu of the values, the file at %zu",
                         (size_t)(at - r->data), r->n_data);
    return NORN_OK;
}

static norn_status put_in_order(reader *r, norn_err *err) {
    norni_safetensors *s = r->s;
    norni_tensor *sorted = norni_arena_get(&s->arena, s->n, sizeof *sorted);
    size_t *order = norni_arena_get(&s->arena, s->n, 2 * sizeof *order);
    if (sorted == NULL || order == NULL)
        return norni_alloc_fail(err, "tensors", s->n, sizeof *sorted);
    for (size_t k = 0; k < s->n; k++)
        order[k] = k;
    norni_sort_index(order, s->n, by_place, s->tensor, order + s->n);
    NORN_TRY(check_places(r, order, err));
    norni_sort_index(order, s->n, by_name, s->tensor, order + s->n);
    for (size_t k = 0; k < s->n; k++) {
        sorted[k] = s->tensor[order[k]];
        if (k > 0 && norni_str_cmp(sorted[k - 1].name, sorted[k].name) == 0)
            return norn_fail(err, NORN_E_FORMAT, "tensor '%.*s' stands there twice",
                             shown(sorted[k].name), sorted[k].name.p);
    }
    s->tensor = sorted;
    return NORN_OK;
}

norn_status norni_safetensors_head(norni_safetensors *s, norn_err *err) {
    uint64_t length = 0;
    if (s->n_bytes < LENGTH_BYTES + 2)
        return norn_fail(err, NORN_E_FORMAT, "%zu bytes are no safetensors file", s->n_bytes);
    for (size_t k = 0; k < LENGTH_BYTES; k++)
        length |= (uint64_t)s->bytes[k] << 8 * k;
    if (length < 2 || length > MOST_HEADER || length > s->n_bytes - LENGTH_BYTES)
        return norn_fail(err, NORN_E_FORMAT,
                         "bytes 1 to 8: a header of %llu bytes in a file of %zu; 2 to %d, and "
                         "inside the file, are allowed",
                         (unsigned long long)length, s->n_bytes, MOST_HEADER);
    const norni_str text = {(const char *)s->bytes + LENGTH_BYTES, (size_t)length};
    if (text.p[0] != '{')
        return norn_fail(err, NORN_E_FORMAT, "byte 9: the header begins with '{'");
    reader r = {.s = s,
                .data = s->bytes + LENGTH_BYTES + text.n,
                .n_data = s->n_bytes - LENGTH_BYTES - text.n};
    norni_json_pull_init(&r.json, text);
    norni_buf_init(&r.text, s->arena.alloc);
    norn_status st = read_json(&r, err);
    norni_buf_clear(&r.text);
    if (st == NORN_OK) st = put_in_order(&r, err);
    return st;
}
