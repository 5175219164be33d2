/* Models over many series at once: fitted, kept as bytes, moved on, forecast (norn.ARIMA and the batches). */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/model_calls.h"

#include <string.h>

#include "app/model_door.h"
#include "num/chi2.h"
#include "python/src/vector.h"

enum { MOST_LEVELS = 64 };
static const double WATCH_ABOVE = 5e6; /* ns */

/* Columns of doubles that Python objects lend. */
typedef struct columns {
    size_t n;
    nornpy_vector *v;  /* (n) */
    const double **at; /* (n) */
} columns;

typedef struct door_call {
    norni_door_call door;
    nornpy_vector *y; /* (n_items) */
    norni_door_item *item;
    norni_door_answer *answer;
    columns x, x_future;
    double level[MOST_LEVELS];
    PyObject *levels; /* [(level, low end's key, high end's key), …] */
} door_call;

static norn_status work(norn_ctx *ctx, void *arg, norn_err *err) {
    const door_call *c = arg;
    return norni_door_run(ctx, &c->door, c->answer, err);
}

/* ---- arguments ---- */

static bool take_columns(nornpy_state *s, PyObject *list, size_t n_rows, columns *out) {
    if (list == Py_None) return true;
    const Py_ssize_t n = PyList_Size(list);
    if (n < 0) return false;
    out->v = PyMem_Calloc((size_t)n + 1, sizeof *out->v);
    out->at = PyMem_Calloc((size_t)n + 1, sizeof *out->at);
    if (!out->v || !out->at) return PyErr_NoMemory() != NULL;
    for (; out->n < (size_t)n; out->n++) {
        nornpy_vector *v = &out->v[out->n];
        if (!nornpy_vector_take(PyList_GetItem(list, (Py_ssize_t)out->n), "X", false, v))
            return false;
        out->at[out->n] = v->p;
        if (v->n == n_rows) continue;
        nornpy_refuse(s, "X: column %zu has %zu rows, %zu are needed", out->n + 1, v->n, n_rows);
        nornpy_vector_drop(v);
        return false;
    }
    return true;
}

static void drop_columns(columns *c) {
    for (size_t i = 0; i < c->n; i++)
        nornpy_vector_drop(&c->v[i]);
    PyMem_Free(c->v);
    PyMem_Free((void *)c->at);
}

static bool take_levels(nornpy_state *s, PyObject *list, door_call *c) {
    const Py_ssize_t n = PyList_Size(list);
    if (n < 0) return false;
    if (n > MOST_LEVELS)
        return nornpy_refuse(s, "level: %zd levels; %d are allowed", n, (int)MOST_LEVELS);
    for (Py_ssize_t i = 0; i < n; i++) {
        c->level[i] = PyFloat_AsDouble(PyTuple_GetItem(PyList_GetItem(list, i), 0));
        if (PyErr_Occurred()) return false;
    }
    c->levels = list;
    c->door.levels = (norni_doubles){(size_t)n, c->level};
    return true;
}

/* An item: a series, a kept model, or (kept model, series). */
static bool take_item(PyObject *object, norni_door_task task, nornpy_vector *v,
                      norni_door_item *item) {
    PyObject *series = task == NORNI_DOOR_FIT ? object : NULL, *kept = NULL;
    if (task == NORNI_DOOR_TAKE) kept = object;
    if (series == NULL && kept == NULL) {
        kept = PyTuple_GetItem(object, 0);
        series = kept ? PyTuple_GetItem(object, 1) : NULL;
        if (series == NULL) return false;
    }
    if (kept != NULL) {
        char *p = NULL;
        Py_ssize_t n = 0;
        if (PyBytes_AsStringAndSize(kept, &p, &n) != 0) return false;
        item->kept = (norni_str){p, (size_t)n};
    }
    if (series == NULL) return true;
    if (!nornpy_vector_take(series, "y", false, v)) return false;
    item->y = v->p;
    item->n = v->n;
    return true;
}

static bool take_items(PyObject *list, door_call *c) {
    const Py_ssize_t n = PyList_Size(list);
    if (n < 0) return false;
    c->y = PyMem_Calloc((size_t)n + 1, sizeof *c->y);
    c->item = PyMem_Calloc((size_t)n + 1, sizeof *c->item);
    c->answer = PyMem_Calloc((size_t)n + 1, sizeof *c->answer);
    if (!c->y || !c->item || !c->answer) return PyErr_NoMemory() != NULL;
    for (Py_ssize_t i = 0; i < n; i++, c->door.n_items++) {
        if (!take_item(PyList_GetItem(list, i), c->door.task, &c->y[i], &c->item[i])) return false;
    }
    c->door.item = c->item;
    return true;
}

static void drop_call(door_call *c) {
    for (size_t i = 0; c->y && i < c->door.n_items; i++)
        nornpy_vector_drop(&c->y[i]);
    drop_columns(&c->x);
    drop_columns(&c->x_future);
    PyMem_Free(c->y);
    PyMem_Free(c->item);
    PyMem_Free(c->answer);
}

/* ---- answers ---- */

/* Steals value. */
static bool put(PyObject *dict, const char *key, PyObject *value) {
    const bool good = value != NULL && PyDict_SetItemString(dict, key, value) == 0;
    Py_XDECREF(value);
    return good;
}

static PyObject *array_of(nornpy_state *s, const double *x, size_t n) {
    PyObject *array = PyObject_CallFunction(s->np_empty, "n", (Py_ssize_t)n);
    nornpy_vector v = {.n = 0};
    if (array == NULL || !nornpy_vector_out(s, array, n, &v)) {
        Py_XDECREF(array);
        return NULL;
    }
    if (n > 0) memcpy(v.view.buf, x, n * sizeof *x);
    nornpy_vector_drop(&v);
    return array;
}

static PyObject *lines_of(const norni_buf *b) {
    PyObject *text = PyUnicode_DecodeUTF8(b->p ? b->p : "", (Py_ssize_t)b->n, "replace");
    PyObject *list = text ? PyUnicode_Splitlines(text, 0) : NULL;
    PyObject *tuple = list ? PyList_AsTuple(list) : NULL;
    Py_XDECREF(text);
    Py_XDECREF(list);
    return tuple;
}

/* The names, shared by answers in a row with the same ones. */
static PyObject *names_of(const norni_door_answer *a, const norni_door_answer **last,
                          PyObject *held) {
    if (*last == NULL || (*last)->names.n != a->names.n ||
        (a->names.n > 0 && memcmp((*last)->names.p, a->names.p, a->names.n) != 0)) {
        *last = a;
        return lines_of(&a->names);
    }
    return Py_NewRef(held);
}

static bool put_estimates(nornpy_state *s, PyObject *d, const norni_door_answer *a) {
    const norni_estimates *e = &a->estimates;
    const bool ended = e->stop == NORN_STOP_CLOSED_FORM || e->stop == NORN_STOP_CONVERGED ||
                       e->stop == NORN_STOP_STALLED;
    return put(d, "params", array_of(s, a->value, e->n)) &&
           put(d, "log_likelihood", PyFloat_FromDouble(e->loglik)) &&
           put(d, "aic", PyFloat_FromDouble(a->aic)) &&
           put(d, "aicc", PyFloat_FromDouble(a->aicc)) &&
           put(d, "bic", PyFloat_FromDouble(a->bic)) &&
           put(d, "sigma2", PyFloat_FromDouble(e->sigma2)) &&
           put(d, "n_used", PyLong_FromSize_t(e->n_used)) &&
           put(d, "converged", PyBool_FromLong(ended));
}

static bool put_forecast(nornpy_state *s, PyObject *d, const door_call *c,
                         const norni_door_answer *a) {
    const size_t h = c->door.horizon;
    if (!put(d, "mean", array_of(s, a->mean, h))) return false;
    for (size_t l = 0; l < c->door.levels.n; l++) {
        PyObject *level = PyList_GetItem(c->levels, (Py_ssize_t)l);
        for (int end = 0; end < 2; end++) {
            PyObject *key = PyTuple_GetItem(level, 1 + end);
            PyObject *ends = array_of(s, a->mean + (1 + 2 * l + (size_t)end) * h, h);
            const bool good = key && ends && PyDict_SetItem(d, key, ends) == 0;
            Py_XDECREF(ends);
            if (!good) return false;
        }
    }
    return true;
}

static PyObject *dict_of(nornpy_state *s, const door_call *c, const norni_door_answer *a,
                         const norni_door_answer **last, PyObject **names) {
    PyObject *d = PyDict_New();
    if (d == NULL) return NULL;
    bool good = put(d, "status", PyUnicode_FromString(norn_status_name(a->status))) &&
                put(d, "message",
                    PyUnicode_DecodeUTF8(a->message, (Py_ssize_t)strlen(a->message), "replace"));
    if (good && a->value != NULL) {
        PyObject *list = names_of(a, last, *names);
        Py_XDECREF(*names);
        *names = Py_XNewRef(list);
        good = put(d, "names", list) && put_estimates(s, d, a);
    }
    if (good && a->mean != NULL) good = put_forecast(s, d, c, a);
    if (good && a->fitted != NULL)
        good =
            put(d, "fitted", array_of(s, a->fitted, (size_t)(a->number + a->n_number - a->fitted)));
    if (good && c->door.keep && a->status == NORN_OK)
        good = put(d, "model", PyBytes_FromStringAndSize(a->kept.p, (Py_ssize_t)a->kept.n));
    if (!good) Py_CLEAR(d);
    return d;
}

static PyObject *list_of(nornpy_state *s, const door_call *c) {
    const norni_door_answer *last = NULL;
    PyObject *names = NULL, *list = PyList_New((Py_ssize_t)c->door.n_items);
    for (size_t i = 0; list != NULL && i < c->door.n_items; i++) {
        PyObject *d = dict_of(s, c, &c->answer[i], &last, &names);
        if (d == NULL || PyList_SetItem(list, (Py_ssize_t)i, d) != 0) Py_CLEAR(list);
    }
    Py_XDECREF(names);
    return list;
}

/* One item's failure is the caller's exception. */
static bool raise_single(nornpy_state *s, const door_call *c) {
    const norni_door_answer *a = &c->answer[0];
    norn_err err = {a->status, ""};
    if (a->status == NORN_OK) return true;
    memcpy(err.text, a->message, sizeof err.text);
    (void)nornpy_raise(s, a->status, &err);
    return false;
}

/* ---- the functions ---- */

/* What takes a few milliseconds at most runs in the calling thread: a thread of its own and its end cost
 * more than a short series. */
static bool run(nornpy_state *s, norn_ctx *ctx, door_call *c) {
    norn_err err = {NORN_OK, ""};
    norn_status st;
    if (norni_door_cost(ctx, &c->door) > WATCH_ABOVE)
        return nornpy_run(s, ctx, work, c, NULL, NULL);
    Py_BEGIN_ALLOW_THREADS st = work(ctx, c, &err);
    Py_END_ALLOW_THREADS if (st != NORN_OK)(void) nornpy_raise(s, st, &err);
    return st == NORN_OK;
}

PyObject *nornpy_model_door(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *items, *x, *x_future, *levels, *answer = NULL;
    int task = 0, n_threads = 0, single = 0, estimates = 0, keep = 0, fitted = 0;
    Py_ssize_t h = 0;
    door_call c = {.y = NULL};
    if (!PyArg_ParseTuple(args, "izOOOnO(pppp)i", &task, &c.door.spec, &items, &x, &x_future, &h,
                          &levels, &single, &estimates, &keep, &fitted, &n_threads))
        return NULL;
    c.door.task = (norni_door_task)task;
    c.door.horizon = h > 0 ? (size_t)h : 0;
    c.door.estimates = estimates;
    c.door.keep = keep;
    c.door.fitted = fitted;
    norn_ctx *ctx = NULL;
    if (!take_levels(s, levels, &c) || !take_items(items, &c)) goto done;
    if (!take_columns(s, x, c.door.n_items ? c.item[0].n : 0, &c.x) ||
        !take_columns(s, x_future, c.door.horizon, &c.x_future))
        goto done;
    c.door.n_x = c.x.n > c.x_future.n ? c.x.n : c.x_future.n;
    c.door.x = c.x.at;
    c.door.x_future = c.x_future.n ? c.x_future.at : NULL;
    ctx = nornpy_lease(s, n_threads);
    if (ctx != NULL && run(s, ctx, &c) && (!single || raise_single(s, &c))) answer = list_of(s, &c);
    if (ctx != NULL) norni_door_clear(ctx, c.answer, c.door.n_items);
    if (ctx != NULL) nornpy_give_back(s, ctx);
done:
    drop_call(&c);
    return answer;
}

PyObject *nornpy_ljung_box(PyObject *module, PyObject *args) {
    PyObject *residuals;
    Py_ssize_t lag = 0, fitdf = 0;
    nornpy_vector v = {.n = 0};
    if (!PyArg_ParseTuple(args, "Onn", &residuals, &lag, &fitdf)) return NULL;
    if (lag < 1 || fitdf < 0) {
        nornpy_refuse(nornpy_state_of(module), "ljung_box: lag=%zd must be 1 or more", lag);
        return NULL;
    }
    if (!nornpy_vector_take(residuals, "residuals", false, &v)) return NULL;
    const norni_ljung_box_result r = norni_ljung_box(v.p, v.n, (size_t)lag, (size_t)fitdf);
    nornpy_vector_drop(&v);
    return Py_BuildValue("(dd)", r.statistic, r.p);
}
