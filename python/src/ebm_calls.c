/* Explainable boosting machines from Python: fitted, read, edited, kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/ebm_calls.h"

#include <norn/ebm.h>
#include <string.h>

#include "python/src/vector.h"

static const char CAPSULE[] = "norn.ebm";
/* Work below this many cells runs in the calling thread: a thread of its own costs more. */
enum { ALONE_CELLS = 1 << 20 };

static void free_capsule(PyObject *capsule) {
    norn_ebm_free(PyCapsule_GetPointer(capsule, CAPSULE));
}

static PyObject *capsule_of(norn_ebm *m) {
    PyObject *capsule = PyCapsule_New(m, CAPSULE, free_capsule);
    if (capsule == NULL) norn_ebm_free(m);
    return capsule;
}

static norn_ebm *model_of(PyObject *capsule) {
    return PyCapsule_GetPointer(capsule, CAPSULE);
}

/* ---- arguments ---- */

/* Columns of n rows that lie one behind the other in one array. */
typedef struct columns {
    nornpy_vector all;
    const double **at;
    size_t n, n_columns;
} columns;

static bool take_columns(PyObject *object, Py_ssize_t n, Py_ssize_t n_columns, columns *c) {
    if (!nornpy_vector_take(object, "X", false, &c->all)) return false;
    c->n = (size_t)n;
    c->n_columns = (size_t)n_columns;
    c->at = PyMem_Calloc(c->n_columns + 1, sizeof *c->at);
    if (c->at == NULL) return PyErr_NoMemory() != NULL;
    if (c->all.n != c->n * c->n_columns) {
        PyErr_SetString(PyExc_ValueError, "X: rows times columns are not its values");
        return false;
    }
    for (size_t j = 0; j < c->n_columns; j++)
        c->at[j] = c->all.p + j * c->n;
    return true;
}

static void drop_columns(columns *c) {
    nornpy_vector_drop(&c->all);
    PyMem_Free((void *)c->at);
}

/* A list of arrays or None, one for each feature: NULL stands for None. */
typedef struct arrays {
    nornpy_vector *v;
    const double **at;
    size_t *length, n;
} arrays;

static bool take_arrays(PyObject *list, size_t n, const char *what, arrays *a) {
    if (list == Py_None) return true;
    a->v = PyMem_Calloc(n + 1, sizeof *a->v);
    a->at = PyMem_Calloc(n + 1, sizeof *a->at);
    a->length = PyMem_Calloc(n + 1, sizeof *a->length);
    a->n = n;
    if (a->v == NULL || a->at == NULL || a->length == NULL) return PyErr_NoMemory() != NULL;
    for (size_t j = 0; j < n; j++) {
        PyObject *item = PyList_GetItem(list, (Py_ssize_t)j);
        if (item == NULL) return false;
        if (item == Py_None) continue;
        if (!nornpy_vector_take(item, what, false, &a->v[j])) return false;
        static const double nothing = 0; /* an empty array is no NULL */
        a->at[j] = a->v[j].n ? a->v[j].p : &nothing;
        a->length[j] = a->v[j].n;
    }
    return true;
}

static void drop_arrays(arrays *a) {
    for (size_t j = 0; a->v != NULL && j < a->n; j++)
        nornpy_vector_drop(&a->v[j]);
    PyMem_Free(a->v);
    PyMem_Free((void *)a->at);
    PyMem_Free(a->length);
}

static bool take_optional(PyObject *object, const char *what, size_t n, nornpy_vector *v,
                          const double **out) {
    if (object == Py_None) return true;
    if (!nornpy_vector_take(object, what, false, v)) return false;
    *out = v->p;
    if (v->n == n) return true;
    PyErr_Format(PyExc_ValueError, "%s: %zu values, X has %zu rows", what, v->n, n);
    return false;
}

/* Bytes of n signed numbers each, or None. */
static bool take_bytes(PyObject *object, const char *what, size_t n, const int8_t **out) {
    char *p = NULL;
    Py_ssize_t size = 0;
    if (object == Py_None) return true;
    if (PyBytes_AsStringAndSize(object, &p, &size) < 0) return false;
    *out = (const int8_t *)p;
    if ((size_t)size == n) return true;
    PyErr_Format(PyExc_ValueError, "%s: %zd values, %zu are needed", what, size, n);
    return false;
}

typedef enum field_kind {
    FIELD_INT,
    FIELD_DOUBLE,
    FIELD_BOOL,
    FIELD_CHOICE,
    FIELD_SEED
} field_kind;
typedef struct field {
    const char *name;
    field_kind kind;
    size_t offset;
} field;
#define AT(kind, name) \
    { #name, kind, offsetof(norn_ebm_opt, name) }
static const field fields[] = {
    AT(FIELD_INT, max_bins),
    AT(FIELD_INT, max_interaction_bins),
    AT(FIELD_DOUBLE, interactions),
    AT(FIELD_INT, outer_bags),
    AT(FIELD_DOUBLE, validation_size),
    AT(FIELD_CHOICE, validation),
    AT(FIELD_DOUBLE, learning_rate),
    AT(FIELD_DOUBLE, greedy_ratio),
    AT(FIELD_BOOL, cyclic_progress),
    AT(FIELD_INT, smoothing_rounds),
    AT(FIELD_INT, interaction_smoothing_rounds),
    AT(FIELD_INT, max_rounds),
    AT(FIELD_INT, early_stopping_rounds),
    AT(FIELD_DOUBLE, early_stopping_tolerance),
    AT(FIELD_INT, min_samples_leaf),
    AT(FIELD_DOUBLE, min_hessian),
    AT(FIELD_DOUBLE, reg_alpha),
    AT(FIELD_DOUBLE, reg_lambda),
    AT(FIELD_DOUBLE, max_delta_step),
    AT(FIELD_DOUBLE, gain_scale),
    AT(FIELD_DOUBLE, min_cat_samples),
    AT(FIELD_DOUBLE, cat_smooth),
    AT(FIELD_CHOICE, missing),
    AT(FIELD_INT, max_leaves),
    AT(FIELD_BOOL, shuffle),
    AT(FIELD_SEED, seed),
};
_Static_assert(sizeof(norn_ebm_validation) == sizeof(int32_t) &&
                   sizeof(norn_ebm_missing) == sizeof(int32_t),
               "a choice is an int32_t here");

/* What Python says of a value of another type, with the argument's name before it. */
static bool name_error(const field *f, PyObject *value) {
    if (!PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_OverflowError))
        return false;
    PyErr_Format(PyExc_ValueError, "%s=%R is no %s", f->name, value,
                 f->kind == FIELD_DOUBLE ? "number" : "whole number");
    return false;
}

static bool set_field(const field *f, PyObject *value, norn_ebm_opt *opt) {
    char *const to = (char *)opt + f->offset;
    if (f->kind == FIELD_DOUBLE) {
        const double x = PyFloat_AsDouble(value);
        memcpy(to, &x, sizeof x);
    } else if (f->kind == FIELD_BOOL) {
        const bool x = PyObject_IsTrue(value) == 1;
        memcpy(to, &x, sizeof x);
    } else if (f->kind == FIELD_SEED) {
        const uint64_t x = PyLong_AsUnsignedLongLongMask(value);
        memcpy(to, &x, sizeof x);
    } else {
        const long long wide = PyLong_AsLongLong(value);
        if (!PyErr_Occurred() && (wide < INT32_MIN || wide > INT32_MAX))
            PyErr_Format(PyExc_ValueError, "%s=%R is too large", f->name, value);
        const int32_t x = (int32_t)wide;
        memcpy(to, &x, sizeof x);
    }
    return PyErr_Occurred() == NULL || name_error(f, value);
}

static bool take_options(PyObject *dict, norn_ebm_opt *opt) {
    *opt = norn_ebm_opt_default();
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        PyObject *value = PyDict_GetItemString(dict, fields[i].name);
        if (value != NULL && !set_field(&fields[i], value, opt)) return false;
    }
    return true;
}

/* ---- fit ---- */

typedef struct fit_call {
    norn_ebm_problem problem;
    norn_ebm_opt opt;
    columns x;
    nornpy_vector y, weight, init;
    arrays cut, pair_cut;
    const char **name;
    const int8_t **bag;
    uint32_t (*pair)[2];
    norn_ebm *out;
} fit_call;

static norn_status fit_work(norn_ctx *ctx, void *arg, norn_err *err) {
    fit_call *c = arg;
    return norn_ebm_fit(ctx, &c->problem, &c->opt, &c->out, err);
}

static bool take_pairs(PyObject *list, fit_call *c) {
    if (list == Py_None) return true;
    const Py_ssize_t n = PyList_Size(list);
    if (n < 0) return false;
    c->pair = PyMem_Calloc((size_t)n + 1, sizeof *c->pair);
    if (c->pair == NULL) return PyErr_NoMemory() != NULL;
    for (Py_ssize_t i = 0; i < n; i++) {
        unsigned a, b;
        if (!PyArg_ParseTuple(PyList_GetItem(list, i), "II", &a, &b)) return false;
        c->pair[i][0] = a;
        c->pair[i][1] = b;
    }
    c->problem.pairs_given = true;
    c->problem.pair = (const uint32_t(*)[2])c->pair;
    c->problem.n_pair = (size_t)n;
    return true;
}

static bool take_bags(PyObject *bytes, fit_call *c) {
    const size_t n = c->x.n, n_bags = (size_t)(c->opt.outer_bags > 0 ? c->opt.outer_bags : 0);
    const int8_t *all = NULL;
    if (bytes == Py_None) return true;
    if (!take_bytes(bytes, "bags", n * n_bags, &all)) return false;
    c->bag = PyMem_Calloc(n_bags + 1, sizeof *c->bag);
    if (c->bag == NULL) return PyErr_NoMemory() != NULL;
    for (size_t b = 0; b < n_bags; b++)
        c->bag[b] = all + b * n;
    c->problem.bag = c->bag;
    return true;
}

static bool take_problem(PyObject *const o[12], Py_ssize_t n, Py_ssize_t n_columns, fit_call *c) {
    norn_ebm_problem *p = &c->problem;
    const int8_t *nominal = NULL;
    size_t n_names = 0;
    if (!take_options(o[11], &c->opt) || !take_columns(o[0], n, n_columns, &c->x) ||
        !nornpy_vector_take(o[1], "y", false, &c->y))
        return false;
    if (c->y.n != c->x.n) {
        PyErr_Format(PyExc_ValueError, "y: %zu values, X has %zu rows", c->y.n, c->x.n);
        return false;
    }
    p->rows = (norn_ebm_rows){c->x.n, c->x.n_columns, c->x.at};
    p->y = c->y.p;
    if (!take_optional(o[2], "sample_weight", c->x.n, &c->weight, &p->weight) ||
        !take_optional(o[3], "init_score", c->x.n, &c->init, &p->init) || !take_bags(o[4], c) ||
        !take_bytes(o[6], "feature_types", c->x.n_columns, &nominal) ||
        !take_bytes(o[7], "monotone_constraints", c->x.n_columns, &p->monotone) ||
        !take_pairs(o[8], c) || !take_arrays(o[9], c->x.n_columns, "cuts", &c->cut) ||
        !take_arrays(o[10], c->x.n_columns, "cuts", &c->pair_cut))
        return false;
    c->name = nornpy_texts(o[5], "feature_names", &n_names);
    if (c->name == NULL) return false;
    if (n_names != c->x.n_columns) {
        PyErr_SetString(PyExc_ValueError, "feature_names: not one for each column");
        return false;
    }
    p->name = c->name;
    p->nominal = (const bool *)nominal; /* bytes of 0 and 1 */
    p->cut = c->cut.at;
    p->n_cut = c->cut.length;
    p->pair_cut = c->pair_cut.at;
    p->n_pair_cut = c->pair_cut.length;
    return true;
}

PyObject *nornpy_ebm_fit(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *o[12], *answer = NULL;
    Py_ssize_t n, n_columns;
    int n_threads = 0;
    fit_call c = {.out = NULL};
    /* X, y, weights, init scores, bags, names, nominal, monotone, pairs, cuts, cuts of pairs, options */
    if (!PyArg_ParseTuple(args, "OnnOOOOOOOOOOOi", &o[0], &n, &n_columns, &o[1], &o[2], &o[3],
                          &o[4], &o[5], &o[6], &o[7], &o[8], &o[9], &o[10], &o[11], &n_threads))
        return NULL;
    if (take_problem(o, n, n_columns, &c) && nornpy_run_leased(s, n_threads, fit_work, &c, true))
        answer = capsule_of(c.out);
    drop_columns(&c.x);
    nornpy_vector_drop(&c.y);
    nornpy_vector_drop(&c.weight);
    nornpy_vector_drop(&c.init);
    drop_arrays(&c.cut);
    drop_arrays(&c.pair_cut);
    PyMem_Free((void *)c.name);
    PyMem_Free((void *)c.bag);
    PyMem_Free(c.pair);
    return answer;
}

/* ---- reading ---- */

static bool put(PyObject *dict, const char *name, PyObject *value) {
    const bool good = value != NULL && PyDict_SetItemString(dict, name, value) == 0;
    Py_XDECREF(value);
    return good;
}

static PyObject *int_list(const int32_t *p, size_t n) {
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list != NULL && i < n; i++) {
        PyObject *x = PyLong_FromLong(p[i]);
        if (x == NULL || PyList_Append(list, x) < 0) Py_CLEAR(list);
        Py_XDECREF(x);
    }
    return list;
}

/* {n_rows, n_features, n_terms, n_bags, intercept, bagged_intercept, best_iteration} */
PyObject *nornpy_ebm_view(PyObject *module, PyObject *capsule) {
    nornpy_state *s = nornpy_state_of(module);
    norn_ebm *m = model_of(capsule);
    norn_ebm_view v;
    if (m == NULL) return NULL;
    norn_ebm_view_get(m, &v);
    PyObject *d = PyDict_New();
    if (d != NULL && put(d, "n_rows", PyLong_FromSize_t(v.n_rows)) &&
        put(d, "n_features", PyLong_FromSize_t(v.n_features)) &&
        put(d, "n_terms", PyLong_FromSize_t(v.n_terms)) &&
        put(d, "n_bags", PyLong_FromSize_t(v.n_bags)) &&
        put(d, "intercept", PyFloat_FromDouble(v.intercept)) &&
        put(d, "bagged_intercept", nornpy_array(s, v.bagged_intercept, v.n_bags, "f8")) &&
        put(d, "best_iteration", int_list(v.best_iteration, 2 * v.n_bags)))
        return d;
    Py_XDECREF(d);
    return NULL;
}

static PyObject *axis_of(nornpy_state *s, const norn_ebm_axis *a) {
    return Py_BuildValue("(nnNdd)", (Py_ssize_t)a->feature, (Py_ssize_t)a->n_bins,
                         nornpy_array(s, a->cut, a->n_cuts, "f8"), a->least, a->most);
}

/* (capsule, term): {axes: [(feature, n_bins, cuts, least, most), …], score, sd, weight, bagged, importance} */
PyObject *nornpy_ebm_term(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule;
    Py_ssize_t k;
    norn_ebm_term t;
    norn_ebm_view v;
    norn_err err = {NORN_OK, ""};
    if (!PyArg_ParseTuple(args, "On", &capsule, &k)) return NULL;
    norn_ebm *m = model_of(capsule);
    if (m == NULL) return NULL;
    const norn_status st = norn_ebm_term_get(m, (size_t)k, &t, &err);
    if (st != NORN_OK) return nornpy_raise(s, st, &err);
    norn_ebm_view_get(m, &v);
    PyObject *d = PyDict_New(), *axes = PyList_New(0);
    bool good = d != NULL && axes != NULL;
    for (size_t i = 0; good && i < t.n_axes; i++) {
        PyObject *axis = axis_of(s, &t.axis[i]);
        good = axis != NULL && PyList_Append(axes, axis) == 0;
        Py_XDECREF(axis);
    }
    good = good && put(d, "axes", axes);
    if (good) axes = NULL;
    good = good && put(d, "score", nornpy_array(s, t.score, t.n_cells, "f8")) &&
           put(d, "sd", nornpy_array(s, t.sd, t.n_cells, "f8")) &&
           put(d, "weight", nornpy_array(s, t.weight, t.n_cells, "f8")) &&
           put(d, "bagged", nornpy_array(s, t.bagged, v.n_bags * t.n_cells, "f8")) &&
           put(d, "importance", PyFloat_FromDouble(t.importance));
    Py_XDECREF(axes);
    if (good) return d;
    Py_XDECREF(d);
    return NULL;
}

/* ---- rows ---- */

enum { ROWS_PREDICT, ROWS_CONTRIBUTE, ROWS_SPREAD };
typedef struct rows_call {
    const norn_ebm *m;
    norn_ebm_rows rows;
    int what;
    double *out, *sd;
} rows_call;

static norn_status rows_work(norn_ctx *ctx, void *arg, norn_err *err) {
    const rows_call *c = arg;
    if (c->what == ROWS_PREDICT) return norn_ebm_predict(ctx, c->m, &c->rows, c->out, err);
    if (c->what == ROWS_CONTRIBUTE) return norn_ebm_contribute(ctx, c->m, &c->rows, c->out, err);
    return norn_ebm_spread(ctx, c->m, &c->rows, c->out, c->sd, err);
}

/* (capsule, X, n, n_columns, what, out): fills out, float64 of n, of n times n_terms, or of 2 n values. */
PyObject *nornpy_ebm_rows(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule, *object, *out, *answer = NULL;
    Py_ssize_t n, n_columns;
    columns x = {.at = NULL};
    nornpy_vector v = {.n = 0};
    norn_ebm_view view;
    rows_call c = {.m = NULL};
    if (!PyArg_ParseTuple(args, "OOnniO", &capsule, &object, &n, &n_columns, &c.what, &out))
        return NULL;
    const norn_ebm *m = model_of(capsule);
    if (m == NULL) return NULL;
    norn_ebm_view_get(m, &view);
    const size_t each = c.what == ROWS_CONTRIBUTE ? view.n_terms : c.what == ROWS_SPREAD ? 2 : 1;
    if (take_columns(object, n, n_columns, &x) && nornpy_vector_out(s, out, (size_t)n * each, &v)) {
        c.m = m;
        c.rows = (norn_ebm_rows){x.n, x.n_columns, x.at};
        c.out = (double *)v.view.buf;
        c.sd = c.out + n;
        if (nornpy_run_leased(s, 0, rows_work, &c, x.n * (view.n_terms + 1) > ALONE_CELLS))
            answer = Py_NewRef(Py_None);
    }
    nornpy_vector_drop(&v);
    drop_columns(&x);
    return answer;
}

/* ---- editing and keeping ---- */

/* Drops the terms whose numbers are in v, all at once. */
static norn_status drop_terms(norn_ebm *m, const nornpy_vector *v, norn_err *err) {
    size_t *term = PyMem_Calloc(v->n + 1, sizeof *term);
    if (term == NULL) return norn_fail(err, NORN_E_MEM, "ebm: no memory for %zu terms", v->n);
    for (size_t i = 0; i < v->n; i++)
        term[i] = (size_t)v->p[i];
    const norn_status st = norn_ebm_remove(m, term, v->n, err);
    PyMem_Free(term);
    return st;
}

/* (capsule, what, term, number, values): a changed copy; `what` is a word, see _ebm.py. */
static norn_status edit(norn_ebm *m, const char *what, size_t term, double number,
                        const nornpy_vector *v, norn_err *err) {
    if (strcmp(what, "monotonize") == 0) return norn_ebm_monotonise(m, term, (int)number, err);
    if (strcmp(what, "scale") == 0) return norn_ebm_scale(m, term, number, err);
    if (strcmp(what, "intercept") == 0) return norn_ebm_intercept_set(m, number, err);
    if (strcmp(what, "scores") == 0) return norn_ebm_score_set(m, term, v->p, v->n, err);
    if (strcmp(what, "sweep") == 0) {
        norn_ebm_sweep(m, NULL);
        return NORN_OK;
    }
    return drop_terms(m, v, err);
}

PyObject *nornpy_ebm_edit(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule, *values;
    const char *what;
    Py_ssize_t term;
    double number;
    nornpy_vector v = {.n = 0};
    norn_ebm *copy = NULL;
    norn_err err = {NORN_OK, ""};
    if (!PyArg_ParseTuple(args, "OsndO", &capsule, &what, &term, &number, &values)) return NULL;
    const norn_ebm *m = model_of(capsule);
    if (m == NULL) return NULL;
    if (values != Py_None && !nornpy_vector_take(values, "scores", false, &v)) {
        nornpy_vector_drop(&v);
        return NULL;
    }
    norn_status st = norn_ebm_copy(m, &copy, &err);
    if (st == NORN_OK) st = edit(copy, what, (size_t)term, number, &v, &err);
    nornpy_vector_drop(&v);
    if (st == NORN_OK) return capsule_of(copy);
    norn_ebm_free(copy);
    return nornpy_raise(s, st, &err);
}

PyObject *nornpy_ebm_merge(PyObject *module, PyObject *list) {
    nornpy_state *s = nornpy_state_of(module);
    const Py_ssize_t n = PyList_Size(list);
    norn_ebm *out = NULL;
    norn_err err = {NORN_OK, ""};
    if (n < 0) return NULL;
    const norn_ebm **m = PyMem_Calloc((size_t)n + 1, sizeof *m);
    if (m == NULL) return PyErr_NoMemory();
    bool good = true;
    for (Py_ssize_t i = 0; i < n && good; i++)
        good = (m[i] = model_of(PyList_GetItem(list, i))) != NULL;
    const norn_status st = good ? norn_ebm_merge(m, (size_t)n, &out, &err) : NORN_OK;
    PyMem_Free((void *)m);
    if (!good) return NULL;
    return st == NORN_OK ? capsule_of(out) : nornpy_raise(s, st, &err);
}

/* (capsule, form, bags): the model's bytes (form 0), or its JSON as a str (1). */
PyObject *nornpy_ebm_save(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule;
    int form, bags;
    norn_ebm_bytes b = {.n = 0};
    norn_err err = {NORN_OK, ""};
    if (!PyArg_ParseTuple(args, "Oip", &capsule, &form, &bags)) return NULL;
    const norn_ebm *m = model_of(capsule);
    if (m == NULL) return NULL;
    const norn_status st = form ? norn_ebm_json(m, bags, &b, &err) : norn_ebm_save(m, &b, &err);
    if (st != NORN_OK) return nornpy_raise(s, st, &err);
    PyObject *answer = form ? PyUnicode_DecodeUTF8(b.p, (Py_ssize_t)b.n, "replace")
                            : PyBytes_FromStringAndSize(b.p, (Py_ssize_t)b.n);
    norn_ebm_bytes_free(&b);
    return answer;
}

typedef struct load_call {
    const char *p;
    size_t n;
    norn_ebm *out;
} load_call;

static norn_status load_work(norn_ctx *ctx, void *arg, norn_err *err) {
    load_call *c = arg;
    return norn_ebm_load(ctx, c->p, c->n, &c->out, err);
}

PyObject *nornpy_ebm_load(PyObject *module, PyObject *bytes) {
    char *p = NULL;
    Py_ssize_t n = 0;
    if (PyBytes_AsStringAndSize(bytes, &p, &n) < 0) return NULL;
    load_call c = {p, (size_t)n, NULL};
    if (!nornpy_run_leased(nornpy_state_of(module), 0, load_work, &c, false)) return NULL;
    return capsule_of(c.out);
}
