/* A frame out of an Arrow stream that another package lends: every struct is released exactly once. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/arrow.h"

#include <errno.h>

typedef struct stream_job {
    struct ArrowArrayStream *stream;
    struct ArrowSchema schema;
    struct ArrowArray *batch; /* (n) */
    size_t n, cap, n_rows;
    bool exact, column; /* column: one of values, not the rows of a table */
    norni_arena *arena;
} stream_job;

static norn_status fail_stream(struct ArrowArrayStream *s, const char *what, int code,
                               norn_err *err) {
    const char *why = s->get_last_error ? s->get_last_error(s) : NULL;
    return norn_fail(err, code == ENOMEM ? NORN_E_MEM : NORN_E_DATA,
                     "Arrow stream: %s failed (%d)%s%s", what, code, why ? ": " : "",
                     why ? why : "");
}

static norn_status read_schema(stream_job *job, norn_err *err) {
    struct ArrowSchema *s = &job->schema;
    const int code = job->stream->get_schema(job->stream, s);
    if (code != 0) {
        s->release = NULL; /* the specification: nothing was written */
        return fail_stream(job->stream, "its schema", code, err);
    }
    if (s->release == NULL || s->format == NULL)
        return norn_fail(err, NORN_E_DATA, "Arrow stream: the schema is empty");
    if (job->column) return NORN_OK;
    if (strcmp(s->format, "+s") != 0)
        return norn_fail(err, NORN_E_ARG, "Arrow stream: it holds '%s', not the rows of a table",
                         s->format);
    if (s->n_children < 0 || s->n_children > 1000000 || (s->n_children > 0 && s->children == NULL))
        return norn_fail(err, NORN_E_DATA, "Arrow stream: the schema has %lld columns",
                         (long long)s->n_children);
    for (int64_t k = 0; k < s->n_children; k++) {
        if (s->children[k] == NULL || s->children[k]->release == NULL)
            return norn_fail(err, NORN_E_DATA, "Arrow stream: column %lld of the schema is missing",
                             (long long)k);
    }
    return NORN_OK;
}

/* A record batch has the schema's columns, and no row of it is null as a whole. */
static norn_status check_batch(const stream_job *job, const struct ArrowArray *a, norn_err *err) {
    size_t end = 0;
    if (a->length < 0 || a->offset < 0 ||
        __builtin_add_overflow((size_t)a->offset, (size_t)a->length, &end) ||
        end > (size_t)INT64_MAX / 16)
        return norn_fail(err, NORN_E_DATA, "Arrow stream: a batch of %lld rows from %lld",
                         (long long)a->length, (long long)a->offset);
    if (job->column) return NORN_OK; /* nornpy_arrow_column looks at the rest */
    if (a->n_children != job->schema.n_children || (a->n_children > 0 && a->children == NULL))
        return norn_fail(err, NORN_E_DATA,
                         "Arrow stream: a batch of %lld columns, the schema has %lld",
                         (long long)a->n_children, (long long)job->schema.n_children);
    if (a->n_buffers > 0 && a->buffers != NULL && a->buffers[0] != NULL && a->null_count != 0) {
        for (size_t i = (size_t)a->offset; i < end; i++) {
            if (!(((const uint8_t *)a->buffers[0])[i / 8] >> i % 8 & 1))
                return norn_fail(err, NORN_E_DATA, "Arrow stream: a row is null as a whole");
        }
    }
    return NORN_OK;
}

static norn_status add_batch(stream_job *job, const struct ArrowArray *a, norn_err *err) {
    if (job->n == job->cap) {
        const size_t cap = job->cap ? 2 * job->cap : 64;
        struct ArrowArray *grown = norni_arena_get(job->arena, cap, sizeof *grown);
        if (grown == NULL) return norni_alloc_fail(err, "data", cap, sizeof *grown);
        if (job->n > 0) memcpy(grown, job->batch, job->n * sizeof *grown);
        job->batch = grown;
        job->cap = cap;
    }
    job->batch[job->n++] = *a;
    return NORN_OK;
}

static norn_status read_batches(stream_job *job, norn_err *err) {
    for (;;) {
        struct ArrowArray a = {.length = 0};
        const int code = job->stream->get_next(job->stream, &a);
        if (code != 0) return fail_stream(job->stream, "a batch", code, err);
        if (a.release == NULL) return NORN_OK;
        const norn_status st = add_batch(job, &a, err);
        if (st != NORN_OK) {
            a.release(&a);
            return st;
        }
        NORN_TRY(check_batch(job, &a, err));
        if (__builtin_add_overflow(job->n_rows, (size_t)a.length, &job->n_rows) ||
            job->n_rows > (size_t)1 << 40)
            return norn_fail(err, NORN_E_LIMIT, "Arrow stream: more than 2^40 rows");
    }
}

/* Whether a column of this name is asked for; -1 with an exception set. */
static int wanted(PyObject *names, const char *name) {
    if (names == Py_None) return 1;
    PyObject *text = PyUnicode_DecodeUTF8(name, (Py_ssize_t)strlen(name), "replace");
    if (text == NULL) return -1;
    const int yes = PySequence_Contains(names, text);
    Py_DECREF(text);
    return yes;
}

static norn_status take_column(stream_job *job, size_t k, nornpy_frame *f, PyObject *formats,
                               norn_err *err) {
    const struct ArrowSchema *schema = job->column ? &job->schema : job->schema.children[k];
    const char *name = schema->name ? schema->name : "";
    nornpy_chunk *chunk = norni_arena_get(&f->arena, job->n, sizeof *chunk);
    const char *kept = norni_arena_text(&f->arena, name, strlen(name));
    if (!chunk || !kept) return norni_alloc_fail(err, "data", job->n, sizeof *chunk);
    for (size_t b = 0; b < job->n; b++)
        chunk[b] = job->column
                       ? (nornpy_chunk){&job->batch[b], 0, (size_t)job->batch[b].length}
                       : (nornpy_chunk){job->batch[b].children[k], (size_t)job->batch[b].offset,
                                        (size_t)job->batch[b].length};
    norni_frame_column *c = &f->frame.column[f->frame.n_columns];
    *c = (norni_frame_column){.name = {kept, strlen(kept)}};
    NORN_TRY(
        nornpy_arrow_column(schema, chunk, job->n, job->n_rows, job->exact, &f->arena, c, err));
    f->frame.n_columns++;
    PyObject *format = PyUnicode_FromString(schema->format ? schema->format : "");
    if (format != NULL)
        (void)PyDict_SetItemString(formats, kept, format); /* an exception stays set */
    Py_XDECREF(format);
    return NORN_OK;
}

/* NORN_OK with an exception set is possible: PyErr_Occurred tells. */
static norn_status read_stream(stream_job *job, PyObject *names, PyObject *formats, nornpy_frame *f,
                               norn_err *err) {
    if (job->stream != NULL) {
        NORN_TRY(read_schema(job, err));
        NORN_TRY(read_batches(job, err));
    }
    const size_t n_columns = job->column ? 1 : (size_t)job->schema.n_children;
    f->frame.n = job->n_rows;
    f->frame.column = norni_arena_zero(&f->arena, n_columns, sizeof *f->frame.column);
    if (f->frame.column == NULL)
        return norni_alloc_fail(err, "data", n_columns, sizeof *f->frame.column);
    for (size_t k = 0; k < n_columns; k++) {
        if (job->column) return take_column(job, 0, f, formats, err);
        const int yes =
            wanted(names, job->schema.children[k]->name ? job->schema.children[k]->name : "");
        if (yes < 0 || PyErr_Occurred()) return NORN_OK;
        if (yes) NORN_TRY(take_column(job, k, f, formats, err));
    }
    return NORN_OK;
}

/* The stream that a capsule lends, unless it was used up. */
static struct ArrowArrayStream *stream_of(nornpy_state *s, PyObject *capsule) {
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream == NULL || (stream->release && stream->get_schema && stream->get_next))
        return stream;
    nornpy_refuse(s, "Arrow stream: it is empty or was used up already");
    return NULL;
}

/* Everything lent is released, whatever comes out. */
static PyObject *read_frame(nornpy_state *s, stream_job *job, PyObject *names) {
    norn_err err = {NORN_OK, ""};
    norni_arena scratch;
    PyObject *formats = PyDict_New();
    nornpy_frame *f = formats ? nornpy_frame_new() : NULL;
    norn_status st = NORN_OK;
    if (f != NULL) {
        norni_arena_init(&scratch, &f->alloc);
        job->arena = &scratch;
        st = read_stream(job, names, formats, f, &err);
    }
    for (size_t b = 0; b < job->n; b++) {
        if (job->batch[b].release != NULL) job->batch[b].release(&job->batch[b]);
    }
    if (job->schema.release != NULL) job->schema.release(&job->schema);
    if (job->stream != NULL && job->stream->release != NULL) job->stream->release(job->stream);
    if (f == NULL) {
        Py_XDECREF(formats);
        return NULL;
    }
    norni_arena_clear(&scratch);
    if (st == NORN_OK && !PyErr_Occurred()) {
        PyObject *frame = nornpy_frame_capsule(f);
        if (frame != NULL) return Py_BuildValue("(NN)", frame, formats);
        f = NULL;
    }
    Py_DECREF(formats);
    nornpy_frame_free(f);
    return st == NORN_OK ? NULL : nornpy_raise(s, st, &err);
}

PyObject *nornpy_frame_from_stream(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule, *names;
    int exact = 0;
    if (!PyArg_ParseTuple(args, "OO|p", &capsule, &names, &exact)) return NULL;
    stream_job job = {.stream = stream_of(s, capsule), .exact = exact != 0};
    return job.stream ? read_frame(s, &job, names) : NULL;
}

/* One array of values, alone or in the pieces of a stream. */
PyObject *nornpy_frame_from_array(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *first, *second = NULL;
    struct ArrowArray one;
    if (!PyArg_ParseTuple(args, "O|O", &first, &second)) return NULL;
    stream_job job = {.column = true, .exact = true};
    if (second == NULL) {
        job.stream = stream_of(s, first);
        return job.stream ? read_frame(s, &job, Py_None) : NULL;
    }
    struct ArrowSchema *schema = PyCapsule_GetPointer(first, "arrow_schema");
    struct ArrowArray *array = schema ? PyCapsule_GetPointer(second, "arrow_array") : NULL;
    if (array == NULL) return NULL;
    if (schema->release == NULL || schema->format == NULL || array->release == NULL ||
        array->length < 0) {
        nornpy_refuse(s, "Arrow array: it is empty or was used up already");
        return NULL;
    }
    if (strcmp(schema->format, "+s") == 0) {
        PyErr_SetString(PyExc_TypeError,
                        "x: the Arrow array is a table's, and one column is rolled; give one, or "
                        "norn.rolling(df, window, ops)");
        return NULL;
    }
    job.schema = *schema, one = *array; /* moved: theirs are released */
    schema->release = NULL, array->release = NULL;
    job.batch = &one, job.n = 1, job.n_rows = (size_t)one.length;
    return read_frame(s, &job, Py_None);
}

/* [(name, format)] of the columns, and the format of what the stream holds; the stream stays unread. */
PyObject *nornpy_stream_schema(PyObject *module, PyObject *capsule) {
    nornpy_state *s = nornpy_state_of(module);
    norn_err err = {NORN_OK, ""};
    stream_job job = {.stream = stream_of(s, capsule), .column = true};
    if (job.stream == NULL) return NULL;
    const norn_status st = read_schema(&job, &err);
    if (st != NORN_OK) {
        if (job.schema.release != NULL) job.schema.release(&job.schema);
        if (job.stream->release != NULL) job.stream->release(job.stream);
        return nornpy_raise(s, st, &err);
    }
    const struct ArrowSchema *c = &job.schema;
    PyObject *list = PyList_New(0), *answer = NULL;
    const int64_t n = c->children != NULL ? c->n_children : 0;
    for (int64_t k = 0; list != NULL && k < n; k++) {
        const struct ArrowSchema *one = c->children[k];
        const char *name = one && one->name ? one->name : "",
                   *format = one && one->format ? one->format : "";
        PyObject *text = PyUnicode_DecodeUTF8(name, (Py_ssize_t)strlen(name), "replace");
        PyObject *row = text ? Py_BuildValue("(Ns)", text, format) : NULL;
        if (row == NULL || PyList_Append(list, row) != 0) Py_CLEAR(list);
        Py_XDECREF(row);
    }
    if (list != NULL) answer = Py_BuildValue("(Ns)", list, c->format);
    if (job.schema.release != NULL) job.schema.release(&job.schema);
    return answer;
}
