/* Signals of tweets from Python: norn.analyze_tweets and its like. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/signals_calls.h"

#include "app/frame_signals.h"
#include "python/src/frame_capsule.h"
#include "python/src/operations.h"
#include "python/src/vector.h"
#include "signals/signals_report_fields.h"

typedef struct signals_call {
    norni_frame_signals_call call;
    norni_frame_signals_result out;
    nornpy_progress progress;
    PyObject *items;
    const char **option, **value, **path, **have;
    norni_str *name;
} signals_call;

static norn_status work(norn_ctx *ctx, void *arg, norn_err *err) {
    signals_call *c = arg;
    return norni_frame_signals(ctx, &c->call, &c->out, err);
}

static bool take_frame(PyObject *capsule, const norni_frame **out) {
    const nornpy_frame *f = capsule == Py_None ? NULL : nornpy_frame_of(capsule);
    *out = f != NULL ? &f->frame : NULL;
    return f != NULL || capsule == Py_None;
}

static bool take_lines(PyObject *bytes, norni_str *out) {
    char *p = NULL;
    Py_ssize_t n = 0;
    if (bytes == Py_None) return true;
    if (PyBytes_AsStringAndSize(bytes, &p, &n) != 0) return false;
    *out = (norni_str){p, (size_t)n};
    return true;
}

/* Texts of a list of str as norni_str; PyMem_Free both. */
static norni_str *take_names(PyObject *list, const char ***text, size_t *n) {
    *text = nornpy_texts(list, "names", n);
    norni_str *name = *text ? PyMem_Calloc(*n + 1, sizeof *name) : NULL;
    if (*text != NULL && name == NULL) PyErr_NoMemory();
    for (size_t i = 0; name != NULL && i < *n; i++)
        name[i] = norni_str_of((*text)[i]);
    return name;
}

/* ---- answers ---- */

/* A frame's columns; they lie in the call's memory, and what is made is NumPy's and Python's. */
static PyObject *columns_of(PyObject *module, const norni_frame *frame) {
    nornpy_frame *f = nornpy_frame_new();
    if (f == NULL) return NULL;
    f->frame = *frame;
    PyObject *capsule = nornpy_frame_capsule(f);
    PyObject *rows = capsule ? nornpy_frame_columns(module, capsule) : NULL;
    Py_XDECREF(capsule);
    return rows;
}

static PyObject *lists_of(PyObject *module, const norni_frame_signals_result *out) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *list = PyList_New((Py_ssize_t)out->n_lists);
    for (size_t k = 0; list != NULL && k < out->n_lists; k++) {
        PyObject *start = nornpy_array(s, out->list[k].start, out->n + 1, "int64");
        PyObject *rows = columns_of(module, &out->list[k].items);
        PyObject *pair = start && rows ? Py_BuildValue("(OO)", start, rows) : NULL;
        Py_XDECREF(start);
        Py_XDECREF(rows);
        if (pair == NULL || PyList_SetItem(list, (Py_ssize_t)k, pair) != 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *bytes_of(const norni_buf *b) {
    return PyBytes_FromStringAndSize(b->p, (Py_ssize_t)b->n);
}

/* Sets a member and gives the value away; false: there is none. */
static bool put(PyObject *dict, const char *key, PyObject *value) {
    const bool good = value != NULL && PyDict_SetItemString(dict, key, value) == 0;
    Py_XDECREF(value);
    return good;
}

static PyObject *info_of(const norni_frame_signals_result *out) {
    const norni_op_result *r = &out->counts;
    PyObject *said =
        nornpy_words(out->said.p ? out->said.p : "", out->said.failed ? 0 : out->said.n);
    if (said == NULL) return NULL;
    return Py_BuildValue("{s:n,s:n,s:n,s:s,s:N}", "n_items", (Py_ssize_t)r->n_items, "n_ok",
                         (Py_ssize_t)r->n_ok, "n_failed", (Py_ssize_t)r->n_failed, "digest",
                         r->digest, "said", said);
}

static PyObject *answer_of(PyObject *module, const norni_frame_signals_result *out) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *row = out->row ? nornpy_array(s, out->row, out->n, "int64") : Py_NewRef(Py_None);
    PyObject *dict = row ? PyDict_New() : NULL;
    if (dict == NULL) {
        Py_XDECREF(row);
        return NULL;
    }
    const bool good = put(dict, "row", row) && put(dict, "records", bytes_of(&out->records)) &&
                      put(dict, "report", bytes_of(&out->report)) &&
                      put(dict, "hours", bytes_of(&out->hours)) &&
                      put(dict, "columns", columns_of(module, &out->frame)) &&
                      put(dict, "lists", lists_of(module, out)) && put(dict, "info", info_of(out));
    if (!good) Py_CLEAR(dict);
    return dict;
}

/* ---- calls ---- */

static void end(signals_call *c) {
    PyMem_Free((void *)c->option);
    PyMem_Free((void *)c->path);
    PyMem_Free((void *)c->have);
    PyMem_Free(c->name);
    Py_XDECREF(c->items);
}

PyObject *nornpy_signals(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *data, *lists, *lines, *paths, *options, *have, *tick, *answer = NULL;
    unsigned int want = 0;
    int n_threads = 0;
    signals_call c = {.call = {.want = 0}};
    if (!PyArg_ParseTuple(args, "OOOOOIOiO", &data, &lists, &lines, &paths, &options, &want, &have,
                          &n_threads, &tick))
        return NULL;
    bool good = take_frame(data, &c.call.frame.data) && take_frame(lists, &c.call.lists) &&
                take_lines(lines, &c.call.lines);
    if (good) c.path = nornpy_texts(paths, "tweets", &c.call.files.n);
    if (c.path) c.name = take_names(have, &c.have, &c.call.n_have);
    good = c.name != NULL &&
           nornpy_options_take(options, &c.items, &c.option, &c.value, &c.call.frame.n_options);
    c.call.files.path = c.path;
    c.call.have = c.name;
    c.call.frame.option = c.option;
    c.call.frame.value = c.value;
    c.call.want = want;
    nornpy_progress_begin(&c.progress, tick, &c.call.frame);
    norn_ctx *ctx = good ? nornpy_lease(s, n_threads) : NULL;
    const bool began = ctx != NULL;
    good = began && nornpy_run(s, ctx, work, &c, nornpy_progress_tick, &c.progress);
    if (good) answer = answer_of(module, &c.out);
    if (began) norni_frame_signals_clear(&c.out); /* of the context's memory */
    if (began) nornpy_give_back(s, ctx);
    end(&c);
    return answer;
}

typedef struct names_call {
    norni_frame_call call;
    const norni_str *name;
    size_t n;
    bool *means;
} names_call;

static norn_status names_work(norn_ctx *ctx, void *arg, norn_err *err) {
    names_call *c = arg;
    return norni_frame_signals_names(ctx, &c->call, c->name, c->n, c->means, err);
}

PyObject *nornpy_signals_names(PyObject *module, PyObject *args) {
    PyObject *names, *options, *list = NULL;
    signals_call c = {.call = {.want = 0}};
    names_call n = {.n = 0};
    if (!PyArg_ParseTuple(args, "OO", &names, &options)) return NULL;
    c.name = take_names(names, &c.have, &n.n);
    n.name = c.name;
    n.means = c.name ? PyMem_Calloc(n.n + 1, sizeof *n.means) : NULL;
    bool good = n.means != NULL &&
                nornpy_options_take(options, &c.items, &c.option, &c.value, &n.call.n_options);
    n.call.option = c.option;
    n.call.value = c.value;
    good = good && nornpy_run_leased(nornpy_state_of(module), 1, names_work, &n, false);
    if (good) list = PyList_New((Py_ssize_t)n.n);
    for (size_t i = 0; list != NULL && i < n.n; i++) {
        if (PyList_SetItem(list, (Py_ssize_t)i, PyBool_FromLong(n.means[i])) != 0) Py_CLEAR(list);
    }
    PyMem_Free(n.means);
    end(&c);
    return list;
}

PyObject *nornpy_signals_fields(PyObject *module, PyObject *unused) {
    size_t n;
    const norni_signal_field *f = norni_signal_fields(&n);
    bool own = true; /* up to the first of the sentiment */
    (void)module, (void)unused;
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t k = 0; list != NULL && k < n; k++) {
        own = own && (f[k].kind <= NORNI_FIELD_URLS);
        PyObject *row = Py_BuildValue("(szO)", f[k].name, f[k].group, own ? Py_True : Py_False);
        if (row == NULL || PyList_SetItem(list, (Py_ssize_t)k, row) != 0) Py_CLEAR(list);
    }
    return list;
}

typedef struct flat_call {
    norni_frame_call call;
    norni_frame_flat out;
} flat_call;

static norn_status flat_work(norn_ctx *ctx, void *arg, norn_err *err) {
    flat_call *c = arg;
    return norni_frame_signals_flat(ctx, &c->call, &c->out, err);
}

static PyObject *flat_of(const norni_frame_flat *f) {
    const norni_signal_group *a = &f->all;
    return Py_BuildValue("{s:d,s:s,s:d,s:(dd),s:d,s:d,s:s,s:d,s:d,s:n,s:n}", "aggregate_signal",
                         a->signal.mean, "aggregate_label", norni_signal_label_name(a->label),
                         "aggregate_confidence", a->confidence, "confidence_interval", a->signal.lo,
                         a->signal.hi, "interval_level", f->level, "signal_std", f->std,
                         "consensus", norni_consensus_name(a->consensus), "bullish_ratio",
                         a->bullish_share, "bearish_ratio", a->bearish_share, "tweet_count",
                         (Py_ssize_t)a->n, "valid_tweet_count", (Py_ssize_t)a->n_valid);
}

PyObject *nornpy_signals_flat(PyObject *module, PyObject *args) {
    PyObject *data, *options, *items = NULL;
    const char **option = NULL, **value = NULL;
    int n_threads = 0;
    flat_call c = {.call = {.data = NULL}};
    if (!PyArg_ParseTuple(args, "OOi", &data, &options, &n_threads)) return NULL;
    bool good = take_frame(data, &c.call.data) &&
                nornpy_options_take(options, &items, &option, &value, &c.call.n_options);
    c.call.option = option;
    c.call.value = value;
    good = good && nornpy_run_leased(nornpy_state_of(module), n_threads, flat_work, &c, true);
    PyMem_Free((void *)option);
    Py_XDECREF(items);
    return good ? flat_of(&c.out) : NULL;
}
