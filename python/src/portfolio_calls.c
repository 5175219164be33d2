/* Portfolios from Python: norn.portfolio and norn.ParallelOptimizer. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/portfolio_calls.h"

#include "app/frame_portfolio.h"
#include "python/src/frame_capsule.h"
#include "python/src/operations.h"
#include "python/src/vector.h"

/* What every call on prices takes. */
typedef struct price_call {
    norni_frame_portfolio_call call;
    PyObject *items;
    const char **option, **value, **path, **symbol;
    nornpy_progress progress;
} price_call;

static bool price_call_begin(price_call *p, PyObject *data, PyObject *paths, PyObject *options,
                             PyObject *tick) {
    const nornpy_frame *d = data == Py_None ? NULL : nornpy_frame_of(data);
    if (PyErr_Occurred()) return false;
    p->call.frame.data = d ? &d->frame : NULL;
    p->path = nornpy_texts(paths, "prices", &p->call.files.n);
    p->call.files.path = p->path;
    const bool good = p->path != NULL && nornpy_options_take(options, &p->items, &p->option,
                                                             &p->value, &p->call.frame.n_options);
    p->call.frame.option = p->option;
    p->call.frame.value = p->value;
    nornpy_progress_begin(&p->progress, tick, &p->call.frame);
    return good;
}

static void price_call_end(price_call *p) {
    PyMem_Free((void *)p->option);
    PyMem_Free((void *)p->path);
    PyMem_Free((void *)p->symbol);
    Py_XDECREF(p->items);
}

static PyObject *words_of(const norni_buf *b) {
    return nornpy_words(b->p ? b->p : "", b->failed ? 0 : b->n);
}

/* ---- search ---- */

typedef struct search_call {
    price_call in;
    norni_str grid;
    norni_frame_search_result out;
} search_call;

static norn_status search_work(norn_ctx *ctx, void *arg, norn_err *err) {
    search_call *c = arg;
    return norni_frame_portfolio_search(ctx, &c->in.call, &c->out, err);
}

static PyObject *search_answer(const norni_frame_search_result *out) {
    const norni_op_result *r = &out->counts;
    return Py_BuildValue("(NN{s:n,s:n,s:n,s:s,s:N})",
                         PyBytes_FromStringAndSize(out->body.p, (Py_ssize_t)out->body.n),
                         PyBytes_FromStringAndSize(out->table.p, (Py_ssize_t)out->table.n),
                         "n_items", (Py_ssize_t)r->n_items, "n_ok", (Py_ssize_t)r->n_ok, "n_failed",
                         (Py_ssize_t)r->n_failed, "digest", r->digest, "said",
                         words_of(&out->said));
}

PyObject *nornpy_portfolio_search(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *data, *paths, *grid, *options, *tick, *answer = NULL;
    int n_threads = 0;
    search_call c = {.grid = {NULL, 0}};
    if (!PyArg_ParseTuple(args, "OOOOiO", &data, &paths, &grid, &options, &n_threads, &tick))
        return NULL;
    bool good = price_call_begin(&c.in, data, paths, options, tick);
    if (good && grid != Py_None) {
        Py_ssize_t n = 0;
        c.grid.p = PyUnicode_AsUTF8AndSize(grid, &n);
        c.grid.n = (size_t)n;
        c.in.call.grid_text = &c.grid;
        good = c.grid.p != NULL;
    }
    norn_ctx *ctx = good ? nornpy_lease(s, n_threads) : NULL;
    const bool began = ctx != NULL;
    good = began && nornpy_run(s, ctx, search_work, &c, nornpy_progress_tick, &c.in.progress);
    if (good) answer = search_answer(&c.out);
    if (began) norni_frame_search_clear(&c.out); /* of the context's memory */
    if (began) nornpy_give_back(s, ctx);
    price_call_end(&c.in);
    return answer;
}

/* ---- one portfolio ---- */

typedef struct path_call {
    price_call in;
    norni_frame_path_result out;
} path_call;

static norn_status path_work(norn_ctx *ctx, void *arg, norn_err *err) {
    path_call *c = arg;
    return norni_frame_portfolio_path(ctx, &c->in.call, &c->out, err);
}

static PyObject *event_of(nornpy_state *s, const norni_port_event *e, const int64_t *time,
                          size_t n_assets) {
    return Py_BuildValue("{s:n,s:L,s:d,s:d,s:d,s:d,s:N}", "bar", (Py_ssize_t)e->bar, "time",
                         (long long)time[e->bar], "total_value", e->total_value, "max_deviation",
                         e->max_deviation, "turnover", e->turnover, "cost", e->cost,
                         "weights_before", nornpy_array(s, e->weights_before, n_assets, "f8"));
}

static PyObject *stats_of(const norni_port_stats *x) {
    return Py_BuildValue(
        "{s:n,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:n,s:n,s:O}", "n_returns",
        (Py_ssize_t)x->n_returns, "final_value", x->final_value, "total_return", x->total_return,
        "buyhold_return", x->buyhold_return, "cagr", x->cagr, "volatility", x->volatility, "sharpe",
        x->sharpe, "sortino", x->sortino, "calmar", x->calmar, "omega", x->omega, "max_drawdown",
        x->max_drawdown, "ulcer", x->ulcer, "longest_drawdown", x->longest_drawdown, "turnover",
        x->turnover, "costs", x->costs, "n_rebalances", (Py_ssize_t)x->n_rebalances, "n_blocked",
        (Py_ssize_t)x->n_blocked, "ruined", x->ruined ? Py_True : Py_False);
}

/* Appends and lets go of item; false: an exception is set. */
static bool append(PyObject *list, PyObject *item) {
    const bool good = item != NULL && PyList_Append(list, item) == 0;
    Py_XDECREF(item);
    return good;
}

static PyObject *one_path(nornpy_state *s, const norni_frame_path_result *out, size_t k) {
    const norni_port_path *p = &out->path[k];
    PyObject *events = PyList_New(0);
    for (size_t i = 0; events != NULL && i < p->n_events; i++)
        if (!append(events, event_of(s, &p->event[i], out->prices.time, p->n_assets)))
            Py_CLEAR(events);
    if (events == NULL) return NULL;
    return Py_BuildValue(
        "{s:N,s:N,s:N,s:N,s:N,s:N}", "equity", nornpy_array(s, p->equity, p->n, "f8"), "cash",
        nornpy_array(s, p->cash, p->n, "f8"), "buyhold", nornpy_array(s, p->buyhold, p->n, "f8"),
        "value", nornpy_array(s, p->value, p->n * p->n_assets, "f8"), "events", events, "stats",
        stats_of(&p->stats));
}

static PyObject *path_answer(nornpy_state *s, const norni_frame_path_result *out) {
    PyObject *paths = PyList_New(0), *symbols = PyList_New(0);
    for (size_t k = 0; paths != NULL && k < out->n_paths; k++)
        if (!append(paths, one_path(s, out, k))) Py_CLEAR(paths);
    for (size_t k = 0; symbols != NULL && k < out->n_assets; k++) {
        const norni_str name = out->prices.symbol[out->asset[k]];
        if (!append(symbols, PyUnicode_DecodeUTF8(name.p, (Py_ssize_t)name.n, "replace")))
            Py_CLEAR(symbols);
    }
    if (paths != NULL && symbols != NULL)
        return Py_BuildValue("{s:N,s:N,s:N,s:d,s:n,s:N}", "time",
                             nornpy_array(s, out->prices.time, out->prices.n_bars, "i8"), "symbols",
                             symbols, "paths", paths, "periods_per_year",
                             out->prices.periods_per_year, "n_estimate_fallbacks",
                             (Py_ssize_t)out->n_fallback, "said", words_of(&out->said));
    Py_XDECREF(paths);
    Py_XDECREF(symbols);
    return NULL;
}

/* Times and weights of the call; false: an exception is set. */
static bool take_targets(nornpy_state *s, path_call *c, PyObject *times, PyObject *weights,
                         nornpy_vector *t, nornpy_vector *w) {
    const int64_t *time = NULL;
    if (weights == Py_None) return true;
    if (!nornpy_vector_take(weights, "weights", false, w)) return false;
    if (times != Py_None && !nornpy_integers_take(times, "times", t, &time)) return false;
    c->in.call.n_targets = times != Py_None ? t->n : 1;
    c->in.call.time = time;
    c->in.call.weight = w->p;
    if (c->in.call.n_symbols > 0 && w->n == c->in.call.n_targets * c->in.call.n_symbols)
        return true;
    return nornpy_refuse(s, "weights: a number for each of the symbols and dates is needed");
}

PyObject *nornpy_portfolio_path(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *data, *paths, *symbols, *times, *weights, *options, *answer = NULL;
    int each = 0;
    path_call c = {.in = {.items = NULL}};
    nornpy_vector t = {.held = false}, w = {.held = false};
    if (!PyArg_ParseTuple(args, "OOOOOpO", &data, &paths, &symbols, &times, &weights, &each,
                          &options))
        return NULL;
    bool good = price_call_begin(&c.in, data, paths, options, Py_None);
    if (good) {
        c.in.symbol = nornpy_texts(symbols, "symbols", &c.in.call.n_symbols);
        c.in.call.symbol = c.in.symbol;
        c.in.call.each = each != 0;
        good = c.in.symbol != NULL && take_targets(s, &c, times, weights, &t, &w);
    }
    norn_ctx *ctx = good ? nornpy_lease(s, 1) : NULL;
    const bool began = ctx != NULL;
    good = began && nornpy_run(s, ctx, path_work, &c, NULL, NULL);
    if (good) answer = path_answer(s, &c.out);
    if (began) norni_frame_path_clear(&c.out);
    if (began) nornpy_give_back(s, ctx);
    nornpy_vector_drop(&t);
    nornpy_vector_drop(&w);
    price_call_end(&c.in);
    return answer;
}

/* ---- weights ---- */

typedef struct weights_call {
    norni_frame_call call;
    const double *returns;
    size_t n, k;
    double *weight;
} weights_call;

static norn_status weights_work(norn_ctx *ctx, void *arg, norn_err *err) {
    weights_call *c = arg;
    return norni_frame_portfolio_weights(ctx, &c->call, c->returns, c->n, c->k, c->weight, err);
}

PyObject *nornpy_portfolio_weights(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *returns, *options, *items = NULL, *answer = NULL;
    Py_ssize_t k = 0;
    nornpy_vector x = {.held = false};
    if (!PyArg_ParseTuple(args, "OnO", &returns, &k, &options)) return NULL;
    const char **option = NULL, **value = NULL;
    weights_call c = {.k = (size_t)k};
    bool good = nornpy_vector_take(returns, "returns", false, &x) &&
                nornpy_options_take(options, &items, &option, &value, &c.call.n_options);
    c.call.option = option;
    c.call.value = value;
    if (good && (k < 1 || x.n % (size_t)k != 0))
        good = nornpy_refuse(s, "returns: a row of %zd numbers for each bar is needed", k);
    if (good) {
        c.returns = x.p;
        c.n = x.n / c.k;
        c.weight = PyMem_Calloc(c.k, sizeof *c.weight);
        good = c.weight != NULL || PyErr_NoMemory() != NULL;
    }
    if (good && nornpy_run_leased(s, 1, weights_work, &c, x.n > 1000000 || k > 50))
        answer = nornpy_array(s, c.weight, c.k, "f8");
    PyMem_Free(c.weight);
    PyMem_Free((void *)option);
    Py_XDECREF(items);
    nornpy_vector_drop(&x);
    return answer;
}
