/* Several rolling operations over several columns, groups and spans of time in one call. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <norn/rolling.h>
#include <string.h>

#include "python/src/rolled_rows.h"
#include "python/src/rolling_calls.h"
#include "python/src/vector.h"

/* Arguments and room, all dropped by clear. */
typedef struct columns_call {
    size_t n_columns, n_ops, n_rolled;
    nornpy_vector *column, *answer; /* (n_columns), (n_rolled * n_ops) */
    nornpy_vector ids, times;
    const double **from;
    double **to;
    const char **names, **ops;
    nornpy_roll_rows rows;
} columns_call;

static norn_status work(norn_ctx *ctx, void *arg, norn_err *err) {
    const columns_call *c = arg;
    return nornpy_roll_rows_run(ctx, &c->rows, c->to, err);
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
    nornpy_vector_drop(&c->ids);
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

static bool take_keys(nornpy_state *s, PyObject *keys, const char *name, size_t n, nornpy_vector *v,
                      const int64_t **out) {
    if (keys == Py_None) return true;
    if (!nornpy_integers_take(keys, name, v, out)) return false;
    return v->n == n || nornpy_refuse(s, "rolling: %zu %s, %zu rows", v->n, name, n);
}

static bool take_data(nornpy_state *s, columns_call *c, PyObject *columns, PyObject *ids,
                      PyObject *times) {
    for (size_t k = 0; k < c->n_columns; k++) {
        PyObject *item = PyList_GetItem(columns, (Py_ssize_t)k);
        if (item == NULL || !nornpy_vector_take(item, c->names[k], false, &c->column[k]))
            return false;
        c->from[k] = c->column[k].p;
        if (c->column[k].n != c->column[0].n)
            return nornpy_refuse(s, "rolling: column %s has %zu rows, %s has %zu", c->names[0],
                                 c->column[0].n, c->names[k], c->column[k].n);
    }
    c->rows.n = c->n_columns ? c->column[0].n : 0;
    c->rows.n_columns = c->n_columns;
    c->rows.n_rolled = c->n_rolled;
    c->rows.columns = c->from;
    c->rows.names = c->names;
    c->rows.ops = c->ops;
    c->rows.n_ops = c->n_ops;
    return take_keys(s, ids, "ids", c->rows.n, &c->ids, &c->rows.ids) &&
           take_keys(s, times, "times", c->rows.n, &c->times, &c->rows.times);
}

/* A list of new arrays, whose memory c->to names. */
static PyObject *new_answers(nornpy_state *s, columns_call *c) {
    const size_t n_out = c->n_rolled * c->n_ops;
    PyObject *list = PyList_New((Py_ssize_t)n_out);
    for (size_t k = 0; list != NULL && k < n_out; k++) {
        PyObject *array = PyObject_CallFunction(s->np_empty, "n", (Py_ssize_t)c->rows.n);
        if (array == NULL || !nornpy_vector_out(s, array, c->rows.n, &c->answer[k])) {
            Py_XDECREF(array);
            Py_CLEAR(list);
        } else {
            c->to[k] = c->answer[k].view.buf;
            if (PyList_SetItem(list, (Py_ssize_t)k, array) != 0) Py_CLEAR(list);
        }
    }
    return list;
}

static bool set_window(nornpy_state *s, norn_rolling_opt *opt, const char *window, PyObject *least,
                       PyObject *closed, int center, long long ticks) {
    norn_err err = {NORN_OK, ""};
    *opt = norn_rolling_opt_default();
    const norn_status st = norn_rolling_window(window, opt, &err);
    if (st != NORN_OK) return nornpy_raise(s, st, &err) != NULL;
    opt->center = center != 0;
    return nornpy_least_take(s, least, &opt->min_periods) &&
           nornpy_closed_take(s, closed, &opt->closed) && nornpy_span_scale(s, opt, ticks);
}

PyObject *nornpy_roll_columns(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *columns, *names, *ops, *ids, *times, *least, *closed, *answer = NULL;
    columns_call c = {.n_ops = 0};
    const char *window;
    Py_ssize_t n_rolled;
    long long ticks;
    int center;
    if (!PyArg_ParseTuple(args, "O!O!nO!OOLsOpO", &PyList_Type, &columns, &PyList_Type, &names,
                          &n_rolled, &PyList_Type, &ops, &ids, &times, &ticks, &window, &least,
                          &center, &closed))
        return NULL;
    c.n_columns = (size_t)PyList_Size(columns);
    c.n_ops = (size_t)PyList_Size(ops);
    if (n_rolled < 0 || (size_t)n_rolled > c.n_columns ||
        PyList_Size(names) != PyList_Size(columns)) {
        nornpy_refuse(s, "rolling: names and columns do not fit each other");
        return NULL;
    }
    c.n_rolled = (size_t)n_rolled;
    if (!allocate(&c) || !take_texts(names, c.n_columns, c.names) ||
        !take_texts(ops, c.n_ops, c.ops) ||
        !set_window(s, &c.rows.opt, window, least, closed, center, ticks) ||
        !take_data(s, &c, columns, ids, times))
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
