/* A frame as an Arrow stream of one batch, which any package that takes Arrow's capsules can read. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "python/src/arrow.h"

/* What the stream and its arrays hold together: freed when the last of them is released. The consumer
 * may release them in any order and, once the capsule is made, without the interpreter's lock. */
typedef struct shared {
    atomic_size_t n_users;
    norn_alloc alloc;
    norni_arena arena; /* names, formats and buffers */
    size_t n, n_columns;
    struct ArrowSchema *schema;  /* (n_columns) */
    const void **buffers;        /* (n_columns, 3) */
    int64_t *n_buffers, *n_null; /* (n_columns) */
    bool given;                  /* the batch was handed out */
} shared;

static void drop(shared *s) {
    if (atomic_fetch_sub(&s->n_users, 1) != 1) return;
    const norn_alloc alloc = s->alloc;
    norni_arena_clear(&s->arena);
    norni_alloc_drop(&alloc, s, 1, sizeof *s);
}

/* ---- the interface's callbacks ---- */

static void release_child_schema(struct ArrowSchema *c) {
    c->release = NULL;
}

static void release_schema(struct ArrowSchema *top) {
    shared *s = top->private_data;
    for (int64_t k = 0; k < top->n_children; k++) {
        if (top->children[k]->release) top->children[k]->release(top->children[k]);
    }
    top->release = NULL;
    drop(s);
}

static void release_child(struct ArrowArray *c) {
    shared *s = c->private_data; /* a child may be moved away and outlive its batch */
    c->release = NULL;
    drop(s);
}

static void release_batch(struct ArrowArray *top) {
    shared *s = top->private_data;
    for (int64_t k = 0; k < top->n_children; k++) {
        if (top->children[k]->release) top->children[k]->release(top->children[k]);
    }
    top->release = NULL;
    drop(s);
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    shared *s = stream->private_data;
    struct ArrowSchema *copy = norni_arena_get(&s->arena, s->n_columns, sizeof *copy);
    struct ArrowSchema **child = norni_arena_get(&s->arena, s->n_columns, sizeof *child);
    if (!copy || !child) return ENOMEM;
    for (size_t k = 0; k < s->n_columns; k++) {
        copy[k] = s->schema[k];
        copy[k].release = release_child_schema;
        child[k] = &copy[k];
    }
    *out = (struct ArrowSchema){.format = "+s",
                                .name = "",
                                .n_children = (int64_t)s->n_columns,
                                .children = child,
                                .release = release_schema,
                                .private_data = s};
    atomic_fetch_add(&s->n_users, 1);
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    static const void *no_validity[1] = {NULL};
    shared *s = stream->private_data;
    *out = (struct ArrowArray){.length = 0};
    if (s->given) return 0;
    struct ArrowArray *array = norni_arena_get(&s->arena, s->n_columns, sizeof *array);
    struct ArrowArray **child = norni_arena_get(&s->arena, s->n_columns, sizeof *child);
    if (!array || !child) return ENOMEM;
    for (size_t k = 0; k < s->n_columns; k++) {
        array[k] = (struct ArrowArray){.length = (int64_t)s->n,
                                       .null_count = s->n_null[k],
                                       .n_buffers = s->n_buffers[k],
                                       .buffers = s->buffers + 3 * k,
                                       .release = release_child,
                                       .private_data = s};
        child[k] = &array[k];
    }
    *out = (struct ArrowArray){.length = (int64_t)s->n,
                               .n_buffers = 1,
                               .n_children = (int64_t)s->n_columns,
                               .buffers = no_validity,
                               .children = child,
                               .release = release_batch,
                               .private_data = s};
    atomic_fetch_add(&s->n_users, 1 + s->n_columns);
    s->given = true;
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return "out of memory";
}

static void release_stream(struct ArrowArrayStream *stream) {
    shared *s = stream->private_data;
    stream->release = NULL;
    drop(s);
}

/* ---- columns as buffers ---- */

/* Bits of what is there; NULL when nothing is missing, or memory is out (*n_null is then below 0). */
static const void *validity(shared *s, const norni_frame_column *c, int64_t *n_null) {
    *n_null = 0;
    for (size_t i = 0; i < s->n; i++)
        *n_null += c->kind == NORNI_FRAME_TEXT ? c->code[i] == UINT32_MAX
                                               : c->integer[i] == NORNI_TIME_NONE;
    if (*n_null == 0) return NULL;
    uint8_t *bits = norni_arena_zero(&s->arena, s->n / 8 + 1, 1);
    if (bits == NULL) *n_null = -1;
    for (size_t i = 0; bits != NULL && i < s->n; i++) {
        const bool there = c->kind == NORNI_FRAME_TEXT ? c->code[i] != UINT32_MAX
                                                       : c->integer[i] != NORNI_TIME_NONE;
        if (there) bits[i / 8] |= (uint8_t)(1U << i % 8);
    }
    return bits;
}

/* Whole numbers or times in the width and unit of the format. */
static norn_status put_whole(shared *s, const norni_frame_column *c, const char *format,
                             const void **buffer, norn_err *err) {
    static const char codes[] = "cCsSiIlL";
    const char *at = format[1] == '\0' ? strchr(codes, format[0]) : NULL;
    const bool days = strcmp(format, "tdD") == 0;
    const size_t size = at ? (size_t)1 << (at - codes) / 2 : days ? 4 : 8;
    int64_t up = 1, down = 1;
    if (days) down = NORNI_US_DAY;
    if (strncmp(format, "tss", 3) == 0) down = NORNI_US_SECOND;
    if (strncmp(format, "tsm", 3) == 0 || strcmp(format, "tdm") == 0) down = 1000;
    if (strncmp(format, "tsn", 3) == 0) up = 1000;
    char *to = norni_arena_get(&s->arena, s->n, size);
    if (to == NULL) return norni_alloc_fail(err, "Arrow stream", s->n, size);
    for (size_t i = 0; i < s->n; i++) {
        int64_t v = c->integer[i] == NORNI_TIME_NONE ? 0 : c->integer[i];
        v = v / down - (v % down < 0);
        if (__builtin_mul_overflow(v, up, &v))
            return norn_fail(err, NORN_E_DATA, "column %.*s: a time beyond what '%s' holds",
                             (int)c->name.n, c->name.p, format);
        memcpy(to + i * size, &v, size); /* little-endian: the low bytes come first */
    }
    *buffer = to;
    return NORN_OK;
}

static norn_status put_texts(shared *s, const norni_frame_column *c, bool large,
                             const void **offsets, const void **data, norn_err *err) {
    size_t total = 0;
    for (size_t i = 0; i < s->n; i++)
        total += c->code[i] == UINT32_MAX ? 0 : c->text[c->code[i]].n;
    if (!large && total > INT32_MAX)
        return norn_fail(err, NORN_E_LIMIT, "column %.*s: more than 2 GiB of text", (int)c->name.n,
                         c->name.p);
    const size_t width = large ? 8 : 4;
    char *to = norni_arena_get(&s->arena, total + 1, 1),
         *where = norni_arena_get(&s->arena, s->n + 1, width);
    if (!to || !where) return norni_alloc_fail(err, "Arrow stream", total, 1);
    int64_t at = 0;
    memcpy(where, &at, width);
    for (size_t i = 0; i < s->n; i++) {
        const norni_str t = c->code[i] == UINT32_MAX ? (norni_str){"", 0} : c->text[c->code[i]];
        if (t.n > 0) memcpy(to + at, t.p, t.n);
        at += (int64_t)t.n;
        memcpy(where + (i + 1) * width, &at, width);
    }
    *offsets = where;
    *data = to;
    return NORN_OK;
}

static norn_status put_numbers(shared *s, const norni_frame_column *c, const void **buffer,
                               norn_err *err) {
    double *to = norni_arena_get(&s->arena, s->n, sizeof *to);
    if (to == NULL) return norni_alloc_fail(err, "Arrow stream", s->n, sizeof *to);
    if (s->n > 0) memcpy(to, c->number, s->n * sizeof *to);
    *buffer = to;
    return NORN_OK;
}

/* The usual format of a kind where none, or one of another kind, was asked for. */
static const char *format_of(const norni_frame_column *c, const char *asked) {
    const bool known = asked != NULL && asked[0] != '\0';
    switch (c->kind) {
        case NORNI_FRAME_NUMBER: return "g";
        case NORNI_FRAME_INTEGER:
            return known && asked[1] == '\0' && strchr("cCsSiIlL", asked[0]) ? asked : "l";
        case NORNI_FRAME_TEXT: return known && strcmp(asked, "U") == 0 ? "U" : "u";
        case NORNI_FRAME_TIME:
            if (known && (strncmp(asked, "ts", 2) == 0 || strncmp(asked, "td", 2) == 0))
                return asked;
            break;
    }
    return c->date ? "tdD" : c->zoned ? "tsu:UTC" : "tsu:";
}

static norn_status put_column(shared *s, size_t k, const norni_frame_column *c, const char *asked,
                              norn_err *err) {
    const char *format = format_of(c, asked), *name, *kept;
    const void **b = s->buffers + 3 * k;
    kept = norni_arena_text(&s->arena, format, strlen(format));
    name = norni_arena_text(&s->arena, c->name.p, c->name.n);
    if (!kept || !name) return norni_alloc_fail(err, "Arrow stream", c->name.n, 1);
    s->schema[k] = (struct ArrowSchema){.format = kept, .name = name, .flags = 2};
    s->n_buffers[k] = c->kind == NORNI_FRAME_TEXT ? 3 : 2;
    s->n_null[k] = 0;
    b[0] = NULL;
    if (c->kind == NORNI_FRAME_NUMBER) return put_numbers(s, c, &b[1], err);
    b[0] = validity(s, c, &s->n_null[k]);
    if (s->n_null[k] < 0) return norni_alloc_fail(err, "Arrow stream", s->n, 1);
    if (c->kind == NORNI_FRAME_TEXT) return put_texts(s, c, format[0] == 'U', &b[1], &b[2], err);
    return put_whole(s, c, format, &b[1], err);
}

static norn_status fill(shared *s, const norni_frame *frame, PyObject *formats, norn_err *err) {
    s->n = frame->n;
    s->n_columns = frame->n_columns;
    s->schema = norni_arena_zero(&s->arena, s->n_columns, sizeof *s->schema);
    s->buffers = norni_arena_zero(&s->arena, s->n_columns, 3 * sizeof *s->buffers);
    s->n_buffers = norni_arena_zero(&s->arena, s->n_columns, sizeof *s->n_buffers);
    s->n_null = norni_arena_zero(&s->arena, s->n_columns, sizeof *s->n_null);
    if (!s->schema || !s->buffers || !s->n_buffers || !s->n_null)
        return norni_alloc_fail(err, "Arrow stream", s->n_columns, 64);
    for (size_t k = 0; k < s->n_columns; k++) {
        PyObject *item = PyList_GetItem(formats, (Py_ssize_t)k);
        const char *asked =
            item && PyUnicode_Check(item) ? PyUnicode_AsUTF8AndSize(item, NULL) : NULL;
        PyErr_Clear(); /* a list too short asks for nothing */
        NORN_TRY(put_column(s, k, &frame->column[k], asked, err));
    }
    return NORN_OK;
}

static void free_stream(PyObject *capsule) {
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream == NULL) return;
    if (stream->release != NULL) stream->release(stream);
    PyMem_Free(stream);
}

PyObject *nornpy_frame_stream(PyObject *module, PyObject *args) {
    nornpy_state *state = nornpy_state_of(module);
    PyObject *capsule, *formats;
    norn_err err = {NORN_OK, ""};
    if (!PyArg_ParseTuple(args, "OO", &capsule, &formats)) return NULL;
    const nornpy_frame *f = nornpy_frame_of(capsule);
    if (f == NULL) return NULL;
    const norn_alloc alloc = norni_alloc_default();
    struct ArrowArrayStream *stream = PyMem_Malloc(sizeof *stream);
    shared *s = norni_alloc_zero(&alloc, 1, sizeof *s);
    if (!stream || !s) {
        PyMem_Free(stream);
        norni_alloc_drop(&alloc, s, 1, sizeof *s);
        return PyErr_NoMemory();
    }
    s->alloc = alloc;
    atomic_init(&s->n_users, 1);
    norni_arena_init(&s->arena, &s->alloc);
    *stream = (struct ArrowArrayStream){get_schema, get_next, get_last_error, release_stream, s};
    const norn_status st = fill(s, &f->frame, formats, &err);
    PyObject *out = st == NORN_OK ? PyCapsule_New(stream, "arrow_array_stream", free_stream) : NULL;
    if (out != NULL) return out;
    stream->release(stream);
    PyMem_Free(stream);
    return st == NORN_OK ? NULL : nornpy_raise(state, st, &err);
}
