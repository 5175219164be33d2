/* Several targets with drivers from Python: norn.multi. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/multi_calls.h"

#include "app/frame_multi.h"
#include "python/src/frame_capsule.h"
#include "python/src/operations.h"
#include "python/src/vector.h"

typedef struct multi_call {
    norni_frame_call frame;
    norni_frame_multi_result out;
    nornpy_progress progress;
} multi_call;

static norn_status multi_work(norn_ctx *ctx, void *arg, norn_err *err) {
    multi_call *c = arg;
    return norni_frame_multi(ctx, &c->frame, &c->out, err);
}

static PyObject *text_of(norni_str s) {
    return PyUnicode_DecodeUTF8(s.p ? s.p : "", (Py_ssize_t)s.n, "replace");
}

/* numpy.empty(n) of doubles; None where there are none. */
static PyObject *numbers_or_none(nornpy_state *s, const double *p, size_t n) {
    return p ? nornpy_array(s, p, n, "f8") : Py_NewRef(Py_None);
}

static PyObject *texts_of(const norni_str *text, size_t n) {
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < n; i++) {
        PyObject *t = text_of(text[i]);
        if (t == NULL || PyList_Append(list, t) < 0) Py_CLEAR(list);
        Py_XDECREF(t);
    }
    return list;
}

static PyObject *axis_of(nornpy_state *s, const norni_term_axis *a) {
    PyObject *categories = a->category ? texts_of(a->category, a->n_bins - 2) : Py_NewRef(Py_None);
    if (categories == NULL) return NULL;
    return Py_BuildValue("{s:N,s:N,s:N,s:d,s:d,s:O}", "feature", text_of(a->name), "cuts",
                         nornpy_array(s, a->cut, a->n_cuts, "f8"), "categories", categories,
                         "least", a->least, "most", a->most, "linear",
                         a->linear ? Py_True : Py_False);
}

static PyObject *term_of(nornpy_state *s, const norni_term *t, const double *contribution) {
    size_t n = t->n_axes == 1 && t->axis[0].linear ? 2 : t->axis[0].n_bins;
    if (t->n_axes == 2) n *= t->axis[1].n_bins;
    PyObject *axes = PyList_New(0);
    for (size_t i = 0; axes != NULL && i < t->n_axes; i++) {
        PyObject *axis = axis_of(s, &t->axis[i]);
        if (axis == NULL || PyList_Append(axes, axis) < 0) Py_CLEAR(axes);
        Py_XDECREF(axis);
    }
    if (axes == NULL) return NULL;
    return Py_BuildValue("{s:N,s:d,s:N,s:N,s:N,s:N,s:N}", "name", text_of(t->name), "importance",
                         t->importance, "axes", axes, "scores", numbers_or_none(s, t->score, n),
                         "sd", numbers_or_none(s, t->sd, n), "weights",
                         numbers_or_none(s, t->weight, n), "contribution",
                         contribution ? PyFloat_FromDouble(*contribution) : Py_NewRef(Py_None));
}

static PyObject *reason_of(nornpy_state *s, const norni_multi_reason *r) {
    PyObject *terms = PyList_New(0);
    for (size_t i = 0; terms != NULL && i < r->why.n_terms; i++) {
        PyObject *term = term_of(s, &r->why.term[i], r->contribution ? &r->contribution[i] : NULL);
        if (term == NULL || PyList_Append(terms, term) < 0) Py_CLEAR(terms);
        Py_XDECREF(term);
    }
    if (terms == NULL) return NULL;
    return Py_BuildValue("{s:N,s:N,s:n,s:d,s:d,s:O,s:N}", "target", text_of(r->target), "model",
                         text_of(r->model), "step", (Py_ssize_t)r->step, "intercept",
                         r->why.intercept, "forecast", r->forecast, "additive",
                         r->why.additive ? Py_True : Py_False, "terms", terms);
}

/* A capsule whose columns lie in the memory of `owner`, which it keeps alive; owner NULL: in f's own. */
static PyObject *frame_beside(const norni_frame *frame, PyObject *owner) {
    nornpy_frame *f = nornpy_frame_new();
    if (f == NULL) return NULL;
    f->frame = *frame;
    PyObject *capsule = nornpy_frame_capsule(f);
    if (capsule != NULL && PyCapsule_SetContext(capsule, Py_NewRef(owner)) != 0) {
        Py_DECREF(owner);
        Py_CLEAR(capsule);
    }
    return capsule;
}

static PyObject *reasons_of(nornpy_state *s, const norni_frame_multi_result *out) {
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < out->n_reasons; i++) {
        PyObject *r = reason_of(s, &out->reason[i]);
        if (r == NULL || PyList_Append(list, r) < 0) Py_CLEAR(list);
        Py_XDECREF(r);
    }
    return list;
}

/* Takes f, whose arena holds everything of `out`. */
static PyObject *answer_of(nornpy_state *s, nornpy_frame *f, norni_frame_multi_result *out) {
    const norni_frame *const beside[3] = {&out->metrics, &out->weights, &out->trials};
    PyObject *info = nornpy_info_of(&out->base), *reasons = reasons_of(s, out);
    f->result = out->base;
    f->frame = out->base.frame;
    PyObject *forecast = nornpy_frame_capsule(f), *more[3] = {NULL, NULL, NULL};
    for (int k = 0; k < 3 && forecast != NULL; k++)
        more[k] = frame_beside(beside[k], forecast);
    if (info && reasons && forecast && more[0] && more[1] && more[2])
        return Py_BuildValue("(NNNNNN)", forecast, more[0], more[1], more[2], reasons, info);
    for (int k = 0; k < 3; k++)
        Py_XDECREF(more[k]);
    Py_XDECREF(info);
    Py_XDECREF(reasons);
    Py_XDECREF(forecast);
    return NULL;
}

PyObject *nornpy_multi(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *data, *future, *options, *tick, *items = NULL;
    int n_threads = 0;
    if (!PyArg_ParseTuple(args, "OOOiO", &data, &future, &options, &n_threads, &tick)) return NULL;
    const nornpy_frame *d = nornpy_frame_of(data);
    const nornpy_frame *x = future == Py_None ? NULL : nornpy_frame_of(future);
    if (PyErr_Occurred()) return NULL;
    nornpy_frame *f = nornpy_frame_new();
    if (f == NULL) return NULL;
    multi_call c = {
        .frame = {.data = &d->frame, .future = x ? &x->frame : NULL, .alloc = &f->alloc}};
    const char **option = NULL, **value = NULL;
    bool good = nornpy_options_take(options, &items, &option, &value, &c.frame.n_options);
    c.frame.option = option;
    c.frame.value = value;
    nornpy_progress_begin(&c.progress, tick, &c.frame);
    norn_ctx *ctx = good ? nornpy_lease(s, n_threads) : NULL;
    const bool began = ctx != NULL;
    good = began && nornpy_run(s, ctx, multi_work, &c, nornpy_progress_tick, &c.progress);
    if (began) nornpy_give_back(s, ctx);
    PyMem_Free((void *)option);
    Py_XDECREF(items);
    if (good) return answer_of(s, f, &c.out);
    if (began) norni_frame_multi_clear(&c.out);
    nornpy_frame_free(f);
    return NULL;
}
