/* Metrics of returns and overfitting from Python: norn.portfolio.metrics, deflated_sharpe, pbo. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "portfolio/portfolio_metrics.h"
#include "portfolio/portfolio_overfit.h"
#include "python/src/portfolio_calls.h"
#include "python/src/vector.h"

/* ---- metrics ---- */

typedef struct metrics_call {
    const double *returns;
    size_t n;
    const int64_t *time;
    norni_port_metrics_opt opt;
    norni_port_metrics out;
} metrics_call;

static norn_status metrics_work(norn_ctx *ctx, void *arg, norn_err *err) {
    metrics_call *c = arg;
    norni_arena arena;
    norni_arena_init(&arena, &ctx->alloc);
    const norn_status st =
        norni_port_metrics_of(c->returns, c->n, c->time, &c->opt, &arena, &c->out, err);
    norni_arena_clear(&arena);
    return st;
}

static bool convention_of(nornpy_state *s, const char *name, norni_port_convention *out) {
    for (int c = 0; c < NORNI_PORT_CONVENTIONS; c++)
        if (strcmp(name, norni_port_convention_name((norni_port_convention)c)) == 0) {
            *out = (norni_port_convention)c;
            return true;
        }
    return nornpy_refuse(s,
                         "convention='%s'; empyrical, quantstats, bt, vectorbt or calendar is "
                         "needed",
                         name);
}

static PyObject *metrics_answer(const metrics_call *c) {
    size_t n;
    const norni_port_metric_row *row = norni_port_metric_rows(c->opt.convention, &n);
    PyObject *all = PyDict_New();
    for (size_t i = 0; all != NULL && i < n; i++) {
        double x;
        memcpy(&x, (const char *)&c->out + row[i].offset, sizeof x);
        PyObject *number = PyFloat_FromDouble(x);
        if (number == NULL || PyDict_SetItemString(all, row[i].name, number) < 0) Py_CLEAR(all);
        Py_XDECREF(number);
    }
    return all;
}

PyObject *nornpy_portfolio_metrics(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *returns, *times, *answer = NULL;
    const char *convention;
    nornpy_vector x = {.held = false}, t = {.held = false};
    metrics_call c = {.opt = norni_port_metrics_opt_default()};
    if (!PyArg_ParseTuple(args, "OOsdddd", &returns, &times, &convention, &c.opt.periods_per_year,
                          &c.opt.risk_free, &c.opt.required, &c.opt.cutoff))
        return NULL;
    bool good = convention_of(s, convention, &c.opt.convention) &&
                nornpy_vector_take(returns, "returns", false, &x);
    if (good && times != Py_None) good = nornpy_integers_take(times, "times", &t, &c.time);
    if (good && times != Py_None && t.n != x.n + 1)
        good = nornpy_refuse(s, "times: the equity's times are needed, one more than returns");
    c.returns = x.p;
    c.n = x.n;
    if (good && nornpy_run_leased(s, 1, metrics_work, &c, x.n > 100000))
        answer = metrics_answer(&c);
    nornpy_vector_drop(&x);
    nornpy_vector_drop(&t);
    return answer;
}

/* ---- overfitting ---- */

PyObject *nornpy_portfolio_deflated(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *returns;
    nornpy_vector x = {.held = false};
    double n_trials = 0, sharpe_std = 0;
    norni_port_deflated d;
    norn_err err = {NORN_OK, ""};
    if (!PyArg_ParseTuple(args, "Odd", &returns, &n_trials, &sharpe_std) ||
        !nornpy_vector_take(returns, "returns", false, &x))
        return NULL;
    const norn_status st = norni_port_deflate(x.p, x.n, n_trials, sharpe_std, &d, &err);
    nornpy_vector_drop(&x);
    if (st != NORN_OK) return nornpy_raise(s, st, &err);
    return Py_BuildValue("{s:n,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d,s:d}", "n_returns",
                         (Py_ssize_t)d.n_returns, "n_trials", d.n_trials, "sharpe", d.sharpe,
                         "sharpe_std", d.sharpe_std, "expected_max_sharpe", d.expected_max, "skew",
                         d.skew, "kurtosis", d.kurtosis, "probabilistic_sharpe", d.probabilistic,
                         "deflated_sharpe", d.deflated, "min_track_record", d.min_track_record);
}

typedef struct pbo_call {
    norni_pbo_block *block;
    size_t n_trials, n_blocks;
    norni_arena arena;
    norni_port_pbo out;
} pbo_call;

static norn_status pbo_work(norn_ctx *ctx, void *arg, norn_err *err) {
    pbo_call *c = arg;
    return norni_port_pbo_of(ctx, NULL, NORNI_PORT_OF_SHARPE, c->block, c->n_trials, c->n_blocks,
                             &c->arena, &c->out, err);
}

static PyObject *pbo_answer(nornpy_state *s, const norni_port_pbo *p) {
    return Py_BuildValue("{s:d,s:n,s:n,s:n,s:d,s:d,s:d,s:d,s:d,s:N,s:N,s:N}", "pbo", p->pbo,
                         "n_trials", (Py_ssize_t)p->n_trials, "n_blocks", (Py_ssize_t)p->n_blocks,
                         "n_splits", (Py_ssize_t)p->n_splits, "loss_probability",
                         p->loss_probability, "slope", p->slope, "intercept", p->intercept,
                         "r_squared", p->r_squared, "median_logit", p->median_logit, "logits",
                         nornpy_array(s, p->logit, p->n_splits, "f8"), "in_sample",
                         nornpy_array(s, p->in_sample, p->n_splits, "f8"), "out_of_sample",
                         nornpy_array(s, p->out_of_sample, p->n_splits, "f8"));
}

PyObject *nornpy_portfolio_pbo(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *blocks, *answer = NULL;
    Py_ssize_t n_trials = 0, n_blocks = 0;
    int n_threads = 0;
    nornpy_vector x = {.held = false};
    pbo_call c = {.block = NULL};
    if (!PyArg_ParseTuple(args, "Onni", &blocks, &n_trials, &n_blocks, &n_threads) ||
        !nornpy_vector_take(blocks, "blocks", false, &x))
        return NULL;
    c.n_trials = (size_t)n_trials;
    c.n_blocks = (size_t)n_blocks;
    c.block = PyMem_Calloc(x.n / 3 + 1, sizeof *c.block);
    norn_ctx *ctx = c.block != NULL ? nornpy_lease(s, n_threads) : NULL;
    if (c.block == NULL) (void)PyErr_NoMemory();
    for (size_t i = 0; c.block != NULL && i < x.n / 3; i++)
        c.block[i] = (norni_pbo_block){
            .n = x.p[3 * i], .sum = x.p[3 * i + 1], .sum_squares = x.p[3 * i + 2]};
    const bool began = ctx != NULL;
    if (began) norni_arena_init(&c.arena, &ctx->alloc);
    if (began && nornpy_run(s, ctx, pbo_work, &c, NULL, NULL)) answer = pbo_answer(s, &c.out);
    if (began) norni_arena_clear(&c.arena);
    if (began) nornpy_give_back(s, ctx);
    PyMem_Free(c.block);
    nornpy_vector_drop(&x);
    return answer;
}
