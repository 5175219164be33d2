/* Several rolling operations over several columns, groups and spans of time in one call. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <norn/rolling.h>
#include <string.h>

#include "python/src/rolling.h"
#include "python/src/vector.h"

/* Arguments and room, all dropped by clear. */
typedef struct columns_call {
    size_t n_columns, n_ops, n_rolled;
    nornpy_vector *column, *answer; /* (n_columns), (n_rolled * n_ops) */
    nornpy_vector offsets, times;
    const double **from;
    double **to;
    const char **names, **ops;
    norn_rolling_data data;
    norn_rolling_opt opt;
} columns_call;

static norn_status work(norn_ctx *ctx, void *arg, norn_err *err) {
    const columns_call *c = arg;
    return norn_rolling_columns(ctx, &c->data, c->ops, c->n_ops, &c->opt, c->to, err);
}

static bool allocate(columns_call *c) {
    const size_t n_out = c->n_rolled * c->n_ops;
    c->column = PyMem_Calloc(c->n_columns + 1, sizeof *c->column);
    c->answer = PyMem_Calloc(n_out + 1, sizeof *c->answer);
    c->from = PyMem_Calloc(c->n_columns + 1, sizeof *c->from);
    c->to = PyMem_Calloc(n_out + 1, sizeof *c->to);
    c->names = PyMem_Calloc(c->n_columns + 1, sizeof *c->names);
    c->ops = PyMem_Calloc(c->n_ops + 1, sizeof *c->ops);
    if (c->column && c->answer && c->from && c->to && c->names && c->ops) return true;
    return PyErr_NoMemory() != NULL;
}

static void clear(columns_call *c) {
    for (size_t k = 0; c->column && k < c->n_columns; k++)
        nornpy_vector_drop(&c->column[k]);
    for (size_t k = 0; c->answer && k < c->n_rolled * c->n_ops; k++)
        nornpy_vector_drop(&c->answer[k]);
    nornpy_vector_drop(&c->offsets);
    nornpy_vector_drop(&c->times);
    PyMem_Free(c->column);
    PyMem_Free(c->answer);
    PyMem_Free(c->from);
    PyMem_Free(c->to);
    PyMem_Free(c->names);
    PyMem_Free(c->ops);
}

/* Texts of a list, borrowed from its items. */
static bool take_texts(PyObject *list, size_t n, const char **to) {
    for (size_t k = 0; k < n; k++) {
        PyObject *item = PyList_GetItem(list, (Py_ssize_t)k);
        to[k] = item ? PyUnicode_AsUTF8AndSize(item, NULL) : NULL;
        if (to[k] == NULL) return false;
    }
    return true;
}

static bool take_data(columns_call *c, PyObject *columns, PyObject *offsets, PyObject *times) {
    const int64_t *of = NULL, *at = NULL;
    for (size_t k = 0; k < c->n_columns; k++) {
        PyObject *item = PyList_GetItem(columns, (Py_ssize_t)k);
        if (item == NULL || !nornpy_vector_take(item, c->names[k], false, &c->column[k]))
            return false;
        c->from[k] = c->column[k].p;
        if (c->column[k].n != c->column[0].n) {
            PyErr_SetString(PyExc_ValueError, "the columns have different lengths");
            return false;
        }
    }
    c->data = (norn_rolling_data){.n = c->n_columns ? c->column[0].n : 0,
                                  .n_columns = c->n_columns,
                                  .n_rolled = c->n_rolled,
                                  .columns = c->from,
                                  .names = c->names};
    if (times != Py_None) {
        if (!nornpy_integers_take(times, "times", &c->times, &at)) return false;
        c->data.times = at;
    }
    if (offsets != Py_None) {
        if (!nornpy_integers_take(offsets, "offsets", &c->offsets, &of)) return false;
        for (size_t k = 0; k < c->offsets.n; k++) {
            if (of[k] < 0) return PyErr_SetString(PyExc_ValueError, "offsets: below 0"), false;
        }
        c->data.offsets = (const size_t *)of; /* 64 bits, none below 0 */
        c->data.n_groups = c->offsets.n > 0 ? c->offsets.n - 1 : 0;
    }
    if ((at && c->times.n != c->data.n) ||
        (of && (c->offsets.n < 2 || (size_t)of[c->offsets.n - 1] != c->data.n))) {
        PyErr_SetString(PyExc_ValueError, "times or offsets do not fit the columns");
        return false;
    }
    return true;
}

/* A list of new arrays, whose memory c->to names. */
static PyObject *new_answers(nornpy_state *s, columns_call *c) {
    const size_t n_out = c->n_rolled * c->n_ops;
    PyObject *list = PyList_New((Py_ssize_t)n_out);
    for (size_t k = 0; list != NULL && k < n_out; k++) {
        PyObject *array = PyObject_CallFunction(s->np_empty, "n", (Py_ssize_t)c->data.n);
        if (array == NULL || !nornpy_vector_out(array, c->data.n, &c->answer[k])) {
            Py_XDECREF(array);
            Py_CLEAR(list);
        } else {
            c->to[k] = c->answer[k].view.buf;
            if (PyList_SetItem(list, (Py_ssize_t)k, array) != 0) Py_CLEAR(list);
        }
    }
    return list;
}

static bool set_window(nornpy_state *s, columns_call *c, const char *window, long long least,
                       int center, int closed) {
    norn_err err = {NORN_OK, ""};
    c->opt = norn_rolling_opt_default();
    const norn_status st = norn_rolling_window(window, &c->opt, &err);
    if (st != NORN_OK) return nornpy_raise(s, st, &err) != NULL;
    c->opt.min_periods = least;
    c->opt.center = center != 0;
    c->opt.closed = (norn_rolling_closed)(closed < 0 || closed > 3 ? 0 : closed);
    return true;
}

PyObject *nornpy_roll_columns(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *columns, *names, *ops, *offsets, *times, *answer = NULL;
    columns_call c = {.n_ops = 0};
    const char *window;
    Py_ssize_t n_rolled;
    long long least;
    int center, closed;
    if (!PyArg_ParseTuple(args, "O!O!nO!OOsLpi", &PyList_Type, &columns, &PyList_Type, &names,
                          &n_rolled, &PyList_Type, &ops, &offsets, &times, &window, &least, &center,
                          &closed))
        return NULL;
    c.n_columns = (size_t)PyList_Size(columns);
    c.n_ops = (size_t)PyList_Size(ops);
    if (n_rolled < 0 || (size_t)n_rolled > c.n_columns ||
        PyList_Size(names) != PyList_Size(columns)) {
        PyErr_SetString(PyExc_ValueError, "names and columns do not fit each other");
        return NULL;
    }
    c.n_rolled = (size_t)n_rolled;
    if (!allocate(&c) || !take_texts(names, c.n_columns, c.names) ||
        !take_texts(ops, c.n_ops, c.ops) || !set_window(s, &c, window, least, center, closed) ||
        !take_data(&c, columns, offsets, times))
        goto done;
    answer = new_answers(s, &c);
    if (answer == NULL) goto done;
    norn_ctx *ctx = nornpy_lease(s, 0);
    if (ctx == NULL || !nornpy_run(s, ctx, work, &c, NULL, NULL)) Py_CLEAR(answer);
    if (ctx != NULL) nornpy_give_back(s, ctx);
done:
    clear(&c);
    return answer;
}
