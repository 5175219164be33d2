/* A Prophet fit's numbers as a dict, and back: what norn.Prophet shows, saves and restores. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "python/src/prophet_calls.h"

#include "python/src/vector.h"

/* ---- out ---- */

/* Steals value. */
static bool put(PyObject *dict, const char *key, PyObject *value) {
    const bool good = value != NULL && PyDict_SetItemString(dict, key, value) == 0;
    Py_XDECREF(value);
    return good;
}

static PyObject *texts_out(const char *const *text, size_t n) {
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list != NULL && i < n; i++) {
        PyObject *one = PyUnicode_DecodeUTF8(text[i], (Py_ssize_t)strlen(text[i]), "replace");
        if (one == NULL || PyList_SetItem(list, (Py_ssize_t)i, one) != 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *flags_out(const bool *flag, size_t n) {
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list != NULL && i < n; i++) {
        if (PyList_SetItem(list, (Py_ssize_t)i, PyBool_FromLong(flag[i])) != 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *seasons_out(const norn_prophet_state *v) {
    PyObject *list = PyList_New((Py_ssize_t)v->n_season);
    for (size_t i = 0; list != NULL && i < v->n_season; i++) {
        const norn_prophet_seasonality *s = &v->season[i];
        PyObject *one = Py_BuildValue("(sdidiz)", s->name, s->period, (int)s->order, s->prior,
                                      (int)s->multiplicative, s->condition);
        if (one == NULL || PyList_SetItem(list, (Py_ssize_t)i, one) != 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *regressors_out(const norn_prophet_state *v) {
    PyObject *list = PyList_New((Py_ssize_t)v->n_regressor);
    for (size_t i = 0; list != NULL && i < v->n_regressor; i++) {
        const norn_prophet_regressor *r = &v->regressor[i];
        PyObject *one = Py_BuildValue("(sdiidd)", r->name, r->prior, (int)r->standardise,
                                      (int)r->multiplicative, r->mu, r->sd);
        if (one == NULL || PyList_SetItem(list, (Py_ssize_t)i, one) != 0) Py_CLEAR(list);
    }
    return list;
}

static bool put_plan(nornpy_state *s, PyObject *d, const norn_prophet_state *v) {
    return put(d, "start", PyLong_FromLongLong(v->start)) &&
           put(d, "t_scale", PyLong_FromLongLong(v->t_scale)) &&
           put(d, "y_scale", PyFloat_FromDouble(v->y_scale)) &&
           put(d, "y_min", PyFloat_FromDouble(v->y_min)) &&
           put(d, "floor", PyBool_FromLong(v->floor)) &&
           put(d, "change", nornpy_array(s, v->change, v->n_change, "int64")) &&
           put(d, "change_t", nornpy_array(s, v->change_t, v->n_change, "float64")) &&
           put(d, "seasons", seasons_out(v)) && put(d, "regressors", regressors_out(v)) &&
           put(d, "holiday_names", texts_out(v->holiday_name, v->n_holiday_name)) &&
           put(d, "columns", texts_out(v->column, v->n_column)) &&
           put(d, "components", texts_out(v->component, v->n_column)) &&
           put(d, "multiplicative", flags_out(v->column_multiplicative, v->n_column)) &&
           put(d, "priors", nornpy_array(s, v->prior, v->n_column, "float64")) &&
           put(d, "n_rows", PyLong_FromSize_t(v->n_rows)) &&
           put(d, "mean_step", PyFloat_FromDouble(v->mean_step));
}

static bool put_estimates(nornpy_state *s, PyObject *d, const norn_prophet_state *v) {
    return put(d, "k", PyFloat_FromDouble(v->k)) && put(d, "m", PyFloat_FromDouble(v->m)) &&
           put(d, "sigma", PyFloat_FromDouble(v->sigma)) &&
           put(d, "delta", nornpy_array(s, v->delta, v->n_change, "float64")) &&
           put(d, "beta", nornpy_array(s, v->beta, v->n_column, "float64")) &&
           put(d, "log_posterior", PyFloat_FromDouble(v->log_posterior)) &&
           put(d, "kkt", PyFloat_FromDouble(v->kkt)) &&
           put(d, "exact", PyBool_FromLong(v->exact)) &&
           put(d, "passes", PyLong_FromLong(v->passes)) &&
           put(d, "notes", texts_out(v->note, v->n_note));
}

PyObject *nornpy_prophet_state(PyObject *module, PyObject *capsule) {
    nornpy_state *s = nornpy_state_of(module);
    const norn_prophet *p = nornpy_prophet_of(capsule);
    norn_prophet_state view = {.start = 0};
    norn_err err = {NORN_OK, ""};
    if (p == NULL) return NULL;
    const norn_status st = norn_prophet_state_view(p, &view, &err);
    if (st != NORN_OK) return nornpy_raise(s, st, &err);
    PyObject *d = PyDict_New();
    if (d == NULL || (put_plan(s, d, &view) && put_estimates(s, d, &view))) return d;
    Py_DECREF(d);
    return NULL;
}

/* ---- in ---- */

enum { N_NUMBERS = 4 };

typedef struct kept {
    norn_prophet_state view;
    nornpy_vector change, number[N_NUMBERS]; /* change_t, prior, delta, beta */
    norn_prophet_seasonality *season;
    norn_prophet_regressor *regressor;
    const char **holiday_name, **column, **component;
    bool *multiplicative; /* (n_column) */
} kept;

static void drop_kept(kept *k) {
    nornpy_vector_drop(&k->change);
    for (int i = 0; i < N_NUMBERS; i++)
        nornpy_vector_drop(&k->number[i]);
    PyMem_Free(k->season);
    PyMem_Free(k->regressor);
    PyMem_Free((void *)k->holiday_name);
    PyMem_Free((void *)k->column);
    PyMem_Free((void *)k->component);
    PyMem_Free(k->multiplicative);
}

/* Borrowed; NULL with an exception set. */
static PyObject *item(PyObject *dict, const char *key) {
    PyObject *value = PyDict_GetItemString(dict, key);
    if (value == NULL) PyErr_Format(PyExc_KeyError, "prophet_restore: '%s' is missing", key);
    return value;
}

static bool number_in(PyObject *dict, const char *key, double *out) {
    PyObject *value = item(dict, key);
    if (value == NULL) return false;
    *out = PyFloat_AsDouble(value);
    return !PyErr_Occurred();
}

static bool whole_in(PyObject *dict, const char *key, int64_t *out) {
    PyObject *value = item(dict, key);
    if (value == NULL) return false;
    *out = PyLong_AsLongLong(value);
    return !PyErr_Occurred();
}

static bool vector_in(PyObject *dict, const char *key, size_t n, nornpy_vector *v,
                      const double **out) {
    PyObject *value = item(dict, key);
    if (value == NULL || !nornpy_vector_take(value, key, false, v)) return false;
    *out = v->p;
    if (v->n == n) return true;
    PyErr_Format(PyExc_ValueError, "prophet_restore: %zu numbers in '%s', %zu are needed", v->n,
                 key, n);
    return false;
}

static bool flags_in(PyObject *dict, kept *k) {
    PyObject *list = item(dict, "multiplicative");
    const size_t n = k->view.n_column;
    if (list == NULL) return false;
    k->multiplicative = PyMem_Calloc(n + 1, sizeof *k->multiplicative);
    if (k->multiplicative == NULL) return PyErr_NoMemory() != NULL;
    for (size_t i = 0; i < n; i++) {
        PyObject *one = PyList_GetItem(list, (Py_ssize_t)i);
        if (one == NULL) return false;
        k->multiplicative[i] = PyObject_IsTrue(one) == 1;
    }
    k->view.column_multiplicative = k->multiplicative;
    return true;
}

static bool texts_in(PyObject *dict, const char *key, const char ***text, size_t *n) {
    PyObject *list = item(dict, key);
    if (list == NULL) return false;
    *text = nornpy_texts(list, key, n);
    return *text != NULL;
}

static bool plan_in(PyObject *d, kept *k) {
    norn_prophet_state *v = &k->view;
    PyObject *change = item(d, "change"), *seasons = item(d, "seasons");
    PyObject *regressors = item(d, "regressors"), *floor_ = item(d, "floor");
    size_t n_component = 0;
    if (!change || !seasons || !regressors || !floor_) return false;
    if (!nornpy_integers_take(change, "change", &k->change, &v->change)) return false;
    v->n_change = k->change.n;
    v->floor = PyObject_IsTrue(floor_) == 1;
    k->season = nornpy_prophet_seasons(seasons, &v->n_season);
    k->regressor = k->season ? nornpy_prophet_regressors(regressors, &v->n_regressor) : NULL;
    if (k->regressor == NULL) return false;
    if (!texts_in(d, "holiday_names", &k->holiday_name, &v->n_holiday_name) ||
        !texts_in(d, "columns", &k->column, &v->n_column) ||
        !texts_in(d, "components", &k->component, &n_component))
        return false;
    v->season = k->season;
    v->regressor = k->regressor;
    v->holiday_name = k->holiday_name;
    v->column = k->column;
    v->component = k->component;
    if (n_component == v->n_column) return flags_in(d, k);
    PyErr_SetString(PyExc_ValueError, "prophet_restore: as many components as columns are needed");
    return false;
}

static bool numbers_in(PyObject *d, kept *k) {
    norn_prophet_state *v = &k->view;
    int64_t n_rows = 0, passes = 0;
    PyObject *exact = item(d, "exact");
    const bool good = exact && whole_in(d, "start", &v->start) &&
                      whole_in(d, "t_scale", &v->t_scale) && number_in(d, "y_scale", &v->y_scale) &&
                      number_in(d, "y_min", &v->y_min) && number_in(d, "k", &v->k) &&
                      number_in(d, "m", &v->m) && number_in(d, "sigma", &v->sigma) &&
                      number_in(d, "log_posterior", &v->log_posterior) &&
                      number_in(d, "kkt", &v->kkt) && number_in(d, "mean_step", &v->mean_step) &&
                      whole_in(d, "n_rows", &n_rows) && whole_in(d, "passes", &passes) &&
                      vector_in(d, "change_t", v->n_change, &k->number[0], &v->change_t) &&
                      vector_in(d, "priors", v->n_column, &k->number[1], &v->prior) &&
                      vector_in(d, "delta", v->n_change, &k->number[2], &v->delta) &&
                      vector_in(d, "beta", v->n_column, &k->number[3], &v->beta);
    if (!good) return false;
    v->n_rows = n_rows > 0 ? (size_t)n_rows : 0;
    v->passes = (int32_t)passes;
    v->exact = PyObject_IsTrue(exact) == 1;
    return true;
}

PyObject *nornpy_prophet_restore(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule, *d, *answer = NULL;
    kept k = {.season = NULL};
    norn_err err = {NORN_OK, ""};
    if (!PyArg_ParseTuple(args, "OO", &capsule, &d)) return NULL;
    norn_prophet *p = nornpy_prophet_of(capsule);
    if (p != NULL && plan_in(d, &k) && numbers_in(d, &k)) {
        const norn_status st = norn_prophet_restore(p, &k.view, &err);
        answer = st == NORN_OK ? Py_NewRef(Py_None) : nornpy_raise(s, st, &err);
    }
    drop_kept(&k);
    return answer;
}
