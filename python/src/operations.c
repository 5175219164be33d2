/* forecast and cross_validate on frames, and the registry's rows for Python's signatures. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/operations.h"

#include <string.h>

#include "app/forecast_models.h"
#include "app/registry.h"
#include "python/src/frame_capsule.h"

typedef norn_status frame_operation(norn_ctx *ctx, const norni_frame_call *call,
                                    norni_frame_result *out, norn_err *err);

typedef struct operation_call {
    frame_operation *run;
    norni_frame_call frame;
    norni_frame_result *out;
    nornpy_progress progress;
} operation_call;

static norn_status work(norn_ctx *ctx, void *arg, norn_err *err) {
    operation_call *c = arg;
    return c->run(ctx, &c->frame, c->out, err);
}

void nornpy_progress_begin(nornpy_progress *p, PyObject *tick, norni_frame_call *call) {
    p->tick = tick == Py_None ? NULL : tick;
    norni_tally_init(&p->tally);
    atomic_init(&p->n_expected, 0);
    call->tally = &p->tally;
    call->n_expected = &p->n_expected;
}

bool nornpy_progress_tick(void *progress) {
    const nornpy_progress *c = progress;
    if (c->tick == NULL) return true;
    PyObject *answer =
        PyObject_CallFunction(c->tick, "nn", (Py_ssize_t)atomic_load(&c->tally.n_done),
                              (Py_ssize_t)atomic_load(&c->n_expected));
    Py_XDECREF(answer);
    return answer != NULL;
}

bool nornpy_options_take(PyObject *options, PyObject **items, const char ***option,
                         const char ***value, size_t *n) {
    *items = PyDict_Check(options) ? PyDict_Items(options) : NULL;
    if (*items == NULL) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "options: a dict is needed");
        return false;
    }
    *n = (size_t)PyList_Size(*items);
    *option = PyMem_Calloc(2 * *n + 1, sizeof **option);
    if (*option == NULL) return PyErr_NoMemory() != NULL;
    *value = *option + *n;
    for (size_t i = 0; i < *n; i++) {
        PyObject *pair = PyList_GetItem(*items, (Py_ssize_t)i);
        (*option)[i] = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(pair, 0), NULL);
        (*value)[i] = (*option)[i] ? PyUnicode_AsUTF8AndSize(PyTuple_GetItem(pair, 1), NULL) : NULL;
        if ((*value)[i] == NULL) return false;
    }
    return true;
}

static PyObject *lines(const norni_buf *b) {
    return nornpy_words(b->p ? b->p : "", b->failed ? 0 : b->n);
}

PyObject *nornpy_info_of(const norni_frame_result *result) {
    const norni_op_result *r = &result->counts;
    PyObject *said = lines(&result->said), *failed = lines(&result->failed);
    return Py_BuildValue("{s:n,s:n,s:n,s:n,s:s,s:s,s:N,s:N}", "n_items", (Py_ssize_t)r->n_items,
                         "n_ok", (Py_ssize_t)r->n_ok, "n_fallback", (Py_ssize_t)r->n_fallback,
                         "n_failed", (Py_ssize_t)r->n_failed, "digest", r->digest, "first_status",
                         norn_status_name(result->first_failure), "said", said, "failed", failed);
}

/* (frame, history or None, info) */
static PyObject *answer_of(nornpy_frame *f) {
    PyObject *info = nornpy_info_of(&f->result), *history = NULL;
    if (info != NULL && f->result.history.n_columns > 0) {
        /* The fitted values are a frame beside; it takes the arena's columns by a copy of the list. */
        nornpy_frame *h = nornpy_frame_new();
        if (h != NULL) {
            h->frame = f->result.history;
            history = nornpy_frame_capsule(h);
        }
    } else {
        history = Py_NewRef(Py_None);
    }
    f->frame = f->result.frame;
    PyObject *frame = nornpy_frame_capsule(f);
    if (!info || !history || !frame) {
        Py_XDECREF(info);
        Py_XDECREF(history);
        Py_XDECREF(frame);
        return NULL;
    }
    /* The history's capsule borrows the answer's memory: it keeps the answer alive. */
    if (history != Py_None && PyCapsule_SetContext(history, Py_NewRef(frame)) != 0)
        Py_CLEAR(history);
    return history ? Py_BuildValue("(NNN)", frame, history, info) : NULL;
}

/* (data, future, like, options, n_threads, tick[, n_paths]) */
static PyObject *run_operation(nornpy_state *s, frame_operation *run, PyObject *args) {
    PyObject *data, *future, *like, *options, *tick_call, *items = NULL;
    int n_threads = 0;
    Py_ssize_t n_paths = 0;
    if (!PyArg_ParseTuple(args, "OOOOiO|n", &data, &future, &like, &options, &n_threads, &tick_call,
                          &n_paths))
        return NULL;
    const nornpy_frame *d = data == Py_None ? NULL : nornpy_frame_of(data);
    const nornpy_frame *x = future == Py_None ? NULL : nornpy_frame_of(future);
    const nornpy_frame *l = like == Py_None ? NULL : nornpy_frame_of(like);
    if (PyErr_Occurred()) return NULL;
    nornpy_frame *f = nornpy_frame_new();
    if (f == NULL) return NULL;
    operation_call c = {.run = run,
                        .frame = {.data = d ? &d->frame : NULL,
                                  .future = x ? &x->frame : NULL,
                                  .like = l ? &l->frame : NULL,
                                  .n_paths = n_paths > 0 ? (size_t)n_paths : 0,
                                  .alloc = &f->alloc},
                        .out = &f->result};
    const char **option = NULL, **value = NULL;
    bool good = nornpy_options_take(options, &items, &option, &value, &c.frame.n_options);
    c.frame.option = option;
    c.frame.value = value;
    nornpy_progress_begin(&c.progress, tick_call, &c.frame);
    norn_ctx *ctx = good ? nornpy_lease(s, n_threads) : NULL;
    good = ctx != NULL && nornpy_run(s, ctx, work, &c, nornpy_progress_tick, &c.progress);
    if (ctx != NULL) nornpy_give_back(s, ctx);
    PyMem_Free(option);
    Py_XDECREF(items);
    if (good) return answer_of(f);
    nornpy_frame_free(f);
    return NULL;
}

PyObject *nornpy_forecast(PyObject *module, PyObject *args) {
    return run_operation(nornpy_state_of(module), norni_frame_forecast, args);
}

PyObject *nornpy_simulate(PyObject *module, PyObject *args) {
    return run_operation(nornpy_state_of(module), norni_frame_simulate, args);
}

PyObject *nornpy_cross_validate(PyObject *module, PyObject *args) {
    return run_operation(nornpy_state_of(module), norni_frame_evaluate, args);
}

/* ---- kept models ---- */

typedef struct check_call {
    const char *path;
} check_call;

static norn_status check_models(norn_ctx *ctx, void *arg, norn_err *err) {
    norni_models m;
    const norn_status st = norni_models_open(ctx, ((const check_call *)arg)->path, &m, err);
    norni_models_clear(&m);
    return st;
}

PyObject *nornpy_models_check(PyObject *module, PyObject *path) {
    nornpy_state *s = nornpy_state_of(module);
    check_call c = {PyUnicode_AsUTF8AndSize(path, NULL)};
    norn_ctx *ctx = c.path ? nornpy_lease(s, 1) : NULL;
    if (ctx == NULL) return NULL;
    const bool good = nornpy_run(s, ctx, check_models, &c, NULL, NULL);
    nornpy_give_back(s, ctx);
    return good ? Py_NewRef(Py_None) : NULL;
}

/* ---- rows ---- */

static PyObject *text_or_none(const char *text) {
    return text ? PyUnicode_FromString(text) : Py_NewRef(Py_None);
}

static PyObject *row_of(const norni_param *p) {
    static const char *const types[] = {"double", "int",     "bool", "choice",
                                        "text",   "doubles", "ints", "size"};
    return Py_BuildValue("{s:s,s:s,s:N,s:d,s:d,s:N,s:N}", "name", p->name, "type", types[p->type],
                         "default", text_or_none(p->def), "min", p->min, "max", p->max, "choices",
                         text_or_none(p->choices), "help", text_or_none(p->help));
}

static PyObject *rows_of(const norni_param *rows, size_t n) {
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list != NULL && i < n; i++) {
        PyObject *row = row_of(&rows[i]);
        if (row == NULL || PyList_SetItem(list, (Py_ssize_t)i, row) != 0) Py_CLEAR(list);
    }
    return list;
}

PyObject *nornpy_model_rows(PyObject *module, PyObject *unused) {
    (void)module, (void)unused;
    const norni_model_set *set = norni_registry_models();
    PyObject *list = PyList_New((Py_ssize_t)set->n);
    for (size_t i = 0; list != NULL && i < set->n; i++) {
        const norni_model *m = set->models[i];
        PyObject *params = rows_of(m->params, m->n_params);
        PyObject *row = params ? Py_BuildValue("{s:s,s:N,s:N,s:O,s:O,s:O,s:O,s:O,s:N}", "name",
                                               m->name, "summary", text_or_none(m->summary),
                                               "source", text_or_none(m->source), "intervals",
                                               m->intervals ? Py_True : Py_False, "missing",
                                               m->missing ? Py_True : Py_False, "exogenous",
                                               m->exogenous ? Py_True : Py_False, "kept",
                                               m->save ? Py_True : Py_False, "paths",
                                               m->paths ? Py_True : Py_False, "params", params)
                               : NULL;
        if (row == NULL || PyList_SetItem(list, (Py_ssize_t)i, row) != 0) Py_CLEAR(list);
    }
    return list;
}

PyObject *nornpy_option_rows(PyObject *module, PyObject *name) {
    (void)module;
    const char *text = PyUnicode_AsUTF8AndSize(name, NULL);
    const norni_op *op = text ? norni_registry_op(norni_str_of(text)) : NULL;
    if (op == NULL) {
        if (text) PyErr_Format(PyExc_KeyError, "no operation '%s'", text);
        return NULL;
    }
    PyObject *list = PyList_New(0);
    for (size_t g = 0; list != NULL && g < op->n_groups; g++) {
        PyObject *rows = rows_of(op->groups[g].rows, *op->groups[g].n_rows);
        PyObject *more = rows ? PySequence_InPlaceConcat(list, rows) : NULL;
        Py_XDECREF(rows);
        Py_DECREF(list);
        list = more;
    }
    return list;
}
