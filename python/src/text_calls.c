/* Sentiment and TF-IDF of texts from Python: norn.sentiment, norn.TfidfVectorizer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/text_calls.h"

#include "app/frame_sentiment.h"
#include "python/src/operations.h"
#include "python/src/vector.h"

static const char CAPSULE[] = "norn.tfidf";

typedef struct text_call {
    norni_frame_call call;
    norni_str *text; /* (n) of the list's texts */
    size_t n;
    norni_sentiment *sentiment; /* (n) */
    norni_tfidf *model;
    norni_tfidf_rows rows;
    PyObject *items;
    const char **option, **value;
} text_call;

/* The texts of a list of str, which live as long as it; they may hold a NUL. */
static bool take_texts(PyObject *list, text_call *c) {
    const Py_ssize_t n = PyList_Size(list);
    if (n < 0) return false;
    c->n = (size_t)n;
    c->text = PyMem_Calloc(c->n + 1, sizeof *c->text);
    if (c->text == NULL) return PyErr_NoMemory() != NULL;
    for (Py_ssize_t i = 0; i < n; i++) {
        Py_ssize_t size = 0;
        const char *p = PyUnicode_AsUTF8AndSize(PyList_GetItem(list, i), &size);
        if (p == NULL) return false;
        c->text[i] = (norni_str){p, (size_t)size};
    }
    return true;
}

static bool begin(text_call *c, PyObject *list, PyObject *options) {
    const bool good = take_texts(list, c) && nornpy_options_take(options, &c->items, &c->option,
                                                                 &c->value, &c->call.n_options);
    c->call.option = c->option;
    c->call.value = c->value;
    return good;
}

static void end(text_call *c) {
    PyMem_Free(c->text);
    PyMem_Free(c->sentiment);
    PyMem_Free((void *)c->option);
    Py_XDECREF(c->items);
}

/* ---- sentiment ---- */

static norn_status sentiment_work(norn_ctx *ctx, void *arg, norn_err *err) {
    text_call *c = arg;
    return norni_frame_sentiment(ctx, &c->call, c->text, c->n, c->sentiment, err);
}

static PyObject *numbers_of(nornpy_state *s, const text_call *c, int which) {
    double *x = PyMem_Calloc(c->n + 1, sizeof *x);
    if (x == NULL) return PyErr_NoMemory();
    for (size_t i = 0; i < c->n; i++)
        x[i] = which < 0 ? c->sentiment[i].score : c->sentiment[i].p[which];
    PyObject *array = nornpy_array(s, x, c->n, "float64");
    PyMem_Free(x);
    return array;
}

static PyObject *labels_of(nornpy_state *s, const text_call *c) {
    int64_t *x = PyMem_Calloc(c->n + 1, sizeof *x);
    if (x == NULL) return PyErr_NoMemory();
    for (size_t i = 0; i < c->n; i++)
        x[i] = c->sentiment[i].label;
    PyObject *array = nornpy_array(s, x, c->n, "int64");
    PyMem_Free(x);
    return array;
}

PyObject *nornpy_sentiment(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *list, *options, *answer = NULL;
    int n_threads = 0;
    text_call c = {.n = 0};
    if (!PyArg_ParseTuple(args, "OOi", &list, &options, &n_threads)) return NULL;
    bool good = begin(&c, list, options);
    if (good) c.sentiment = PyMem_Calloc(c.n + 1, sizeof *c.sentiment);
    if (good && c.sentiment == NULL) good = PyErr_NoMemory() != NULL;
    good = good && nornpy_run_leased(s, n_threads, sentiment_work, &c, true);
    if (good) {
        PyObject *part[5] = {labels_of(s, &c)};
        for (int k = 1; k < 5; k++)
            part[k] = part[k - 1] ? numbers_of(s, &c, k - 2) : NULL;
        if (part[4] != NULL) answer = PyTuple_Pack(5, part[0], part[1], part[2], part[3], part[4]);
        for (int k = 0; k < 5; k++)
            Py_XDECREF(part[k]);
    }
    end(&c);
    return answer;
}

/* ---- TF-IDF ---- */

static void free_capsule(PyObject *capsule) {
    norni_tfidf_free(PyCapsule_GetPointer(capsule, CAPSULE));
}

static norn_status fit_work(norn_ctx *ctx, void *arg, norn_err *err) {
    text_call *c = arg;
    return norni_frame_tfidf(ctx, &c->call, c->text, c->n, &c->model, &c->rows, err);
}

static norn_status transform_work(norn_ctx *ctx, void *arg, norn_err *err) {
    text_call *c = arg;
    return norni_tfidf_transform(ctx, NULL, c->model, c->text, c->n, &c->rows, err);
}

static PyObject *rows_of(nornpy_state *s, const norni_tfidf_rows *r) {
    const size_t n = r->start[r->n];
    int64_t *x = PyMem_Calloc((n > r->n ? n : r->n) + 1, sizeof *x);
    if (x == NULL) return PyErr_NoMemory();
    for (size_t i = 0; i <= r->n; i++)
        x[i] = (int64_t)r->start[i];
    PyObject *start = nornpy_array(s, x, r->n + 1, "int64");
    for (size_t i = 0; i < n; i++)
        x[i] = (int64_t)r->index[i];
    PyObject *index = start ? nornpy_array(s, x, n, "int64") : NULL;
    PyObject *value = index ? nornpy_array(s, r->value, n, "float64") : NULL;
    PyObject *rows = value ? PyTuple_Pack(3, start, index, value) : NULL;
    PyMem_Free(x);
    Py_XDECREF(start);
    Py_XDECREF(index);
    Py_XDECREF(value);
    return rows;
}

PyObject *nornpy_tfidf_fit(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *list, *options, *answer = NULL;
    int n_threads = 0;
    text_call c = {.n = 0};
    if (!PyArg_ParseTuple(args, "OOi", &list, &options, &n_threads)) return NULL;
    norn_ctx *ctx = begin(&c, list, options) ? nornpy_lease(s, n_threads) : NULL;
    const bool good = ctx != NULL && nornpy_run(s, ctx, fit_work, &c, NULL, NULL);
    if (good) {
        PyObject *rows = rows_of(s, &c.rows);
        PyObject *capsule = rows ? PyCapsule_New(c.model, CAPSULE, free_capsule) : NULL;
        if (capsule != NULL) c.model = NULL; /* its own now */
        answer = capsule ? PyTuple_Pack(2, capsule, rows) : NULL;
        Py_XDECREF(capsule);
        Py_XDECREF(rows);
    }
    norni_tfidf_free(c.model);
    if (ctx != NULL) norni_tfidf_rows_clear(&c.rows);
    if (ctx != NULL) nornpy_give_back(s, ctx);
    end(&c);
    return answer;
}

PyObject *nornpy_tfidf_transform(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule, *list, *answer = NULL;
    int n_threads = 0;
    text_call c = {.n = 0};
    if (!PyArg_ParseTuple(args, "OOi", &capsule, &list, &n_threads)) return NULL;
    c.model = PyCapsule_GetPointer(capsule, CAPSULE);
    const bool took = c.model != NULL && take_texts(list, &c);
    norn_ctx *ctx = took ? nornpy_lease(s, n_threads) : NULL;
    if (ctx != NULL && nornpy_run(s, ctx, transform_work, &c, NULL, NULL))
        answer = rows_of(s, &c.rows);
    if (ctx != NULL) norni_tfidf_rows_clear(&c.rows);
    if (ctx != NULL) nornpy_give_back(s, ctx);
    end(&c);
    return answer;
}

PyObject *nornpy_tfidf_view(PyObject *module, PyObject *capsule) {
    nornpy_state *s = nornpy_state_of(module);
    const norni_tfidf *model = PyCapsule_GetPointer(capsule, CAPSULE);
    if (model == NULL) return NULL;
    const size_t n = norni_tfidf_n_terms(model);
    double *idf = PyMem_Calloc(n + 1, sizeof *idf);
    int64_t *df = PyMem_Calloc(n + 1, sizeof *df);
    PyObject *list = idf && df ? PyList_New((Py_ssize_t)n) : PyErr_NoMemory();
    for (size_t k = 0; list != NULL && k < n; k++) {
        const norni_str term = norni_tfidf_term(model, k);
        PyObject *text = PyUnicode_DecodeUTF8(term.p, (Py_ssize_t)term.n, "replace");
        if (text == NULL || PyList_SetItem(list, (Py_ssize_t)k, text) != 0) Py_CLEAR(list);
        idf[k] = norni_tfidf_idf(model, k);
        df[k] = (int64_t)norni_tfidf_df_of(model, k);
    }
    PyObject *dfs = list ? nornpy_array(s, df, n, "int64") : NULL;
    PyObject *idfs = dfs ? nornpy_array(s, idf, n, "float64") : NULL;
    PyObject *answer = idfs ? PyTuple_Pack(3, list, dfs, idfs) : NULL;
    PyMem_Free(idf);
    PyMem_Free(df);
    Py_XDECREF(list);
    Py_XDECREF(dfs);
    Py_XDECREF(idfs);
    return answer;
}
