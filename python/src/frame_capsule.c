/* Frames of columns as Python objects: made from arrays, read out as arrays. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/frame_capsule.h"

#include <string.h>

#include "base/fp.h"
#include "python/src/vector.h"

static const char CAPSULE[] = "norn.frame";

nornpy_frame *nornpy_frame_new(void) {
    nornpy_frame *f = PyMem_Calloc(1, sizeof *f);
    if (f == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    f->alloc = norni_alloc_default();
    norni_arena_init(&f->arena, &f->alloc);
    return f;
}

void nornpy_frame_free(nornpy_frame *f) {
    if (f == NULL) return;
    norni_frame_result_clear(&f->result);
    norni_arena_clear(&f->arena);
    PyMem_Free(f);
}

static void free_capsule(PyObject *capsule) {
    PyObject *owner = PyCapsule_GetContext(capsule); /* of memory that it borrows */
    nornpy_frame_free(PyCapsule_GetPointer(capsule, CAPSULE));
    Py_XDECREF(owner);
}

PyObject *nornpy_frame_capsule(nornpy_frame *f) {
    PyObject *capsule = PyCapsule_New(f, CAPSULE, free_capsule);
    if (capsule == NULL) nornpy_frame_free(f);
    return capsule;
}

nornpy_frame *nornpy_frame_of(PyObject *capsule) {
    return PyCapsule_GetPointer(capsule, CAPSULE);
}

/* ---- in ---- */

/* A list of str in the arena. */
static bool take_texts(nornpy_frame *f, PyObject *list, norni_frame_column *c) {
    const Py_ssize_t n = PySequence_Size(list);
    if (n < 0) return false;
    norni_str *text = norni_arena_get(&f->arena, (size_t)n, sizeof *text);
    if (text == NULL) return PyErr_NoMemory() != NULL;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *item = PySequence_GetItem(list, i);
        Py_ssize_t size = 0;
        const char *p = item ? PyUnicode_AsUTF8AndSize(item, &size) : NULL;
        text[i] =
            (norni_str){p ? norni_arena_text(&f->arena, p, (size_t)size) : NULL, (size_t)size};
        Py_XDECREF(item);
        if (p == NULL) return false;
        if (text[i].p == NULL) return PyErr_NoMemory() != NULL;
    }
    c->text = text;
    c->n_text = (size_t)n;
    return true;
}

static bool take_codes(nornpy_frame *f, PyObject *codes, norni_frame_column *c, size_t *n) {
    nornpy_vector v = {.n = 0};
    const int64_t *from = NULL;
    bool good = nornpy_integers_take(codes, "codes", &v, &from);
    uint32_t *to = good ? norni_arena_get(&f->arena, v.n, sizeof *to) : NULL;
    if (good && to == NULL) good = PyErr_NoMemory() != NULL;
    for (size_t i = 0; good && i < v.n; i++) {
        if (from[i] >= (int64_t)c->n_text) {
            PyErr_SetString(PyExc_ValueError, "codes: one lies behind the texts");
            good = false;
        } else {
            to[i] = from[i] < 0 ? UINT32_MAX : (uint32_t)from[i];
        }
    }
    c->code = to;
    *n = v.n;
    nornpy_vector_drop(&v);
    return good;
}

static bool take_whole(nornpy_frame *f, PyObject *values, norni_frame_column *c, size_t *n) {
    nornpy_vector v = {.n = 0};
    const int64_t *from = NULL;
    bool good = nornpy_integers_take(values, "values", &v, &from);
    int64_t *to = good ? norni_arena_get(&f->arena, v.n, sizeof *to) : NULL;
    if (good && to == NULL) good = PyErr_NoMemory() != NULL;
    if (good && v.n > 0) memcpy(to, from, v.n * sizeof *to);
    c->integer = to;
    *n = v.n;
    nornpy_vector_drop(&v);
    return good;
}

static bool take_numbers(nornpy_frame *f, PyObject *values, norni_frame_column *c, size_t *n) {
    nornpy_vector v = {.n = 0};
    bool good = nornpy_vector_take(values, "values", false, &v);
    double *to = good ? norni_arena_get(&f->arena, v.n, sizeof *to) : NULL;
    if (good && to == NULL) good = PyErr_NoMemory() != NULL;
    if (good && v.n > 0) memcpy(to, v.p, v.n * sizeof *to);
    c->number = to;
    *n = v.n;
    nornpy_vector_drop(&v);
    return good;
}

/* One (name, kind, …). */
static bool take_column(nornpy_frame *f, PyObject *row, size_t *n) {
    const char *name, *kind;
    PyObject *values, *more = NULL, *zoned = NULL;
    norni_frame_column *c = &f->frame.column[f->frame.n_columns];
    if (!PyArg_ParseTuple(row, "ssO|OO", &name, &kind, &values, &more, &zoned)) return false;
    const char *kept = norni_arena_text(&f->arena, name, strlen(name));
    if (kept == NULL) return PyErr_NoMemory() != NULL;
    *c = (norni_frame_column){.name = {kept, strlen(kept)}};
    f->frame.n_columns++;
    if (strcmp(kind, "number") == 0) return take_numbers(f, values, c, n);
    if (strcmp(kind, "text") == 0) {
        c->kind = NORNI_FRAME_TEXT;
        return more != NULL && take_texts(f, more, c) && take_codes(f, values, c, n);
    }
    c->kind = strcmp(kind, "time") == 0 ? NORNI_FRAME_TIME : NORNI_FRAME_INTEGER;
    c->date = more != NULL && PyObject_IsTrue(more) == 1;
    c->zoned = zoned != NULL && PyObject_IsTrue(zoned) == 1;
    return take_whole(f, values, c, n);
}

PyObject *nornpy_frame_from_columns(PyObject *module, PyObject *columns) {
    nornpy_state *s = nornpy_state_of(module);
    const Py_ssize_t n_columns = PySequence_Size(columns);
    if (n_columns < 0) return NULL;
    nornpy_frame *f = nornpy_frame_new();
    if (f == NULL) return NULL;
    f->frame.column = norni_arena_zero(&f->arena, (size_t)n_columns, sizeof *f->frame.column);
    bool good = f->frame.column != NULL || PyErr_NoMemory() != NULL;
    for (Py_ssize_t k = 0; k < n_columns && good; k++) {
        PyObject *row = PySequence_GetItem(columns, k);
        size_t n = 0;
        good = row != NULL && take_column(f, row, &n);
        Py_XDECREF(row);
        if (good && k > 0 && n != f->frame.n)
            good = nornpy_refuse(s, "the columns have different lengths: %zu rows and %zu",
                                 f->frame.n, n);
        f->frame.n = n;
    }
    if (good) return nornpy_frame_capsule(f);
    nornpy_frame_free(f);
    return NULL;
}

/* ---- out ---- */

static PyObject *new_texts(const norni_frame_column *c) {
    PyObject *list = PyList_New((Py_ssize_t)c->n_text);
    for (size_t i = 0; list != NULL && i < c->n_text; i++) {
        PyObject *text =
            PyUnicode_DecodeUTF8(c->text[i].p, (Py_ssize_t)c->text[i].n, "surrogateescape");
        if (text == NULL || PyList_SetItem(list, (Py_ssize_t)i, text) != 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *text_row(nornpy_state *s, const norni_frame_column *c, size_t n) {
    int64_t *code = PyMem_Malloc(n > 0 ? n * sizeof *code : 1);
    if (code == NULL) return PyErr_NoMemory();
    for (size_t i = 0; i < n; i++)
        code[i] = c->code[i] == UINT32_MAX ? -1 : (int64_t)c->code[i];
    PyObject *codes = nornpy_array(s, code, n, "int64"), *texts = codes ? new_texts(c) : NULL;
    PyMem_Free(code);
    PyObject *row =
        texts ? Py_BuildValue("(s#sOO)", c->name.p, (Py_ssize_t)c->name.n, "text", codes, texts)
              : NULL;
    Py_XDECREF(codes);
    Py_XDECREF(texts);
    return row;
}

static PyObject *column_row(nornpy_state *s, const norni_frame_column *c, size_t n) {
    const Py_ssize_t size = (Py_ssize_t)c->name.n;
    if (c->kind == NORNI_FRAME_TEXT) return text_row(s, c, n);
    const bool number = c->kind == NORNI_FRAME_NUMBER;
    PyObject *values = nornpy_array(s, number ? (const void *)c->number : c->integer, n,
                                    number ? "float64" : "int64");
    if (values == NULL) return NULL;
    if (c->kind == NORNI_FRAME_TIME)
        return Py_BuildValue("(s#sNii)", c->name.p, size, "time", values, (int)c->date,
                             (int)c->zoned);
    return Py_BuildValue("(s#sN)", c->name.p, size, number ? "number" : "integer", values);
}

PyObject *nornpy_frame_columns(PyObject *module, PyObject *capsule) {
    nornpy_state *s = nornpy_state_of(module);
    const nornpy_frame *f = nornpy_frame_of(capsule);
    PyObject *list = f ? PyList_New((Py_ssize_t)f->frame.n_columns) : NULL;
    for (size_t k = 0; list != NULL && k < f->frame.n_columns; k++) {
        PyObject *row = column_row(s, &f->frame.column[k], f->frame.n);
        if (row == NULL || PyList_SetItem(list, (Py_ssize_t)k, row) != 0) Py_CLEAR(list);
    }
    return list;
}
