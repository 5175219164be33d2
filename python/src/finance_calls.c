/* Finance reports from Python: norn.full_report, norn.simulate. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/finance_calls.h"

#include "app/frame_finance.h"
#include "python/src/frame_capsule.h"
#include "python/src/operations.h"

typedef norn_status finance_operation(norn_ctx *ctx, const norni_frame_finance_call *call,
                                      norni_frame_finance_result *out, norn_err *err);

typedef struct finance_call {
    finance_operation *run;
    norni_frame_finance_call call;
    norni_frame_finance_result out;
    nornpy_progress progress;
} finance_call;

static norn_status work(norn_ctx *ctx, void *arg, norn_err *err) {
    finance_call *c = arg;
    return c->run(ctx, &c->call, &c->out, err);
}

/* A list of str as paths, which live as long as the list; false: an exception is set. */
static bool take_paths(PyObject *list, const char ***path, size_t *n) {
    *n = (size_t)PyList_Size(list);
    if (PyErr_Occurred()) return false;
    *path = PyMem_Calloc(*n + 1, sizeof **path);
    if (*path == NULL) return PyErr_NoMemory() != NULL;
    for (size_t i = 0; i < *n; i++) {
        (*path)[i] = PyUnicode_AsUTF8AndSize(PyList_GetItem(list, (Py_ssize_t)i), NULL);
        if ((*path)[i] == NULL) return false;
    }
    return true;
}

static PyObject *answer_of(const norni_frame_finance_result *out) {
    const norni_op_result *r = &out->counts;
    PyObject *body = PyBytes_FromStringAndSize(out->body.p, (Py_ssize_t)out->body.n);
    PyObject *said =
        nornpy_words(out->said.p ? out->said.p : "", out->said.failed ? 0 : out->said.n);
    if (body != NULL && said != NULL)
        return Py_BuildValue("(N{s:n,s:n,s:n,s:n,s:s,s:N})", body, "n_items",
                             (Py_ssize_t)r->n_items, "n_ok", (Py_ssize_t)r->n_ok, "n_fallback",
                             (Py_ssize_t)r->n_fallback, "n_failed", (Py_ssize_t)r->n_failed,
                             "digest", r->digest, "said", said);
    Py_XDECREF(body);
    Py_XDECREF(said);
    return NULL;
}

static PyObject *run_finance(PyObject *module, finance_operation *run, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *data, *paths, *options, *tick, *items = NULL, *answer = NULL;
    int n_threads = 0;
    if (!PyArg_ParseTuple(args, "OOOiO", &data, &paths, &options, &n_threads, &tick)) return NULL;
    const nornpy_frame *d = data == Py_None ? NULL : nornpy_frame_of(data);
    if (PyErr_Occurred()) return NULL;
    finance_call c = {.run = run, .call = {.frame = {.data = d ? &d->frame : NULL}}};
    const char **option = NULL, **value = NULL, **path = NULL;
    bool good = take_paths(paths, &path, &c.call.files.n) &&
                nornpy_options_take(options, &items, &option, &value, &c.call.frame.n_options);
    c.call.files.path = path;
    c.call.frame.option = option;
    c.call.frame.value = value;
    nornpy_progress_begin(&c.progress, tick, &c.call.frame);
    norn_ctx *ctx = good ? nornpy_lease(s, n_threads) : NULL;
    const bool began = ctx != NULL;
    good = began && nornpy_run(s, ctx, work, &c, nornpy_progress_tick, &c.progress);
    if (good) answer = answer_of(&c.out);
    if (began) norni_frame_finance_clear(&c.out); /* of the context's memory */
    if (began) nornpy_give_back(s, ctx);
    PyMem_Free((void *)option);
    PyMem_Free((void *)path);
    Py_XDECREF(items);
    return answer;
}

PyObject *nornpy_finance_report(PyObject *module, PyObject *args) {
    return run_finance(module, norni_frame_report, args);
}

PyObject *nornpy_finance_whatif(PyObject *module, PyObject *args) {
    return run_finance(module, norni_frame_whatif, args);
}
