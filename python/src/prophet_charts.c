/* Charts of a Prophet forecast as SVG texts: the forecast over its history, and its components. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/prophet_calls.h"

/* A forecast's columns that Python objects lend: (ds, [name, …], [column, …]); and how it is drawn. */
typedef struct chart_job {
    const norn_prophet *p; /* of components, else NULL */
    norn_prophet_rows history;
    const norn_prophet_rows *shown; /* &history, or NULL */
    norn_prophet_table forecast;
    norn_prophet_plot_opt opt;
    norn_prophet_chart chart;
    nornpy_vector of_history[2], ds;
    nornpy_vector *column; /* (forecast.n_column) */
    size_t n_taken;
    const char **name;
    const double **value;
} chart_job;

static norn_status work(norn_ctx *ctx, void *arg, norn_err *err) {
    chart_job *j = arg;
    if (j->p)
        return norn_prophet_plot_components(ctx, j->p, j->shown, &j->forecast, &j->opt, &j->chart,
                                            err);
    return norn_prophet_plot(ctx, j->shown, &j->forecast, &j->opt, &j->chart, err);
}

static void drop_job(chart_job *j) {
    nornpy_vector_drop(&j->of_history[0]);
    nornpy_vector_drop(&j->of_history[1]);
    nornpy_vector_drop(&j->ds);
    for (size_t k = 0; k < j->n_taken; k++)
        nornpy_vector_drop(&j->column[k]);
    PyMem_Free(j->column);
    PyMem_Free((void *)j->name);
    PyMem_Free((void *)j->value);
}

/* (ds, y) or None */
static bool take_history(PyObject *object, chart_job *j) {
    PyObject *ds, *y;
    norn_prophet_rows *h = &j->history;
    if (object == Py_None) return true;
    if (!PyArg_ParseTuple(object, "OO", &ds, &y) ||
        !nornpy_integers_take(ds, "ds", &j->of_history[0], &h->ds) ||
        !nornpy_vector_take(y, "y", false, &j->of_history[1]))
        return false;
    h->n = j->of_history[0].n;
    h->y = j->of_history[1].p;
    j->shown = h;
    if (j->of_history[1].n == h->n) return true;
    PyErr_Format(PyExc_ValueError, "history: %zu values of y, ds has %zu", j->of_history[1].n,
                 h->n);
    return false;
}

static bool take_forecast(PyObject *object, chart_job *j) {
    PyObject *ds, *names, *columns;
    norn_prophet_table *t = &j->forecast;
    if (!PyArg_ParseTuple(object, "OOO", &ds, &names, &columns) ||
        !nornpy_integers_take(ds, "ds", &j->ds, &t->ds))
        return false;
    t->n = j->ds.n;
    j->name = nornpy_texts(names, "column", &t->n_column);
    if (j->name == NULL) return false;
    j->column = PyMem_Calloc(t->n_column + 1, sizeof *j->column);
    j->value = PyMem_Calloc(t->n_column + 1, sizeof *j->value);
    if (j->column == NULL || j->value == NULL) return PyErr_NoMemory() != NULL;
    for (size_t k = 0; k < t->n_column; k++) {
        PyObject *values = PyList_GetItem(columns, (Py_ssize_t)k);
        j->n_taken = k + 1;
        if (values == NULL || !nornpy_vector_take(values, j->name[k], false, &j->column[k]))
            return false;
        j->value[k] = j->column[k].p;
        if (j->column[k].n == t->n) continue;
        PyErr_Format(PyExc_ValueError, "%s: %zu rows, ds has %zu", j->name[k], j->column[k].n,
                     t->n);
        return false;
    }
    t->name = j->name;
    t->value = j->value;
    return true;
}

/* (width of the intervals, uncertainty, plot_cap, weekly_start, yearly_start, px, title, x, y) */
static bool take_look(PyObject *object, norn_prophet_plot_opt *o) {
    int uncertainty = 0, cap = 0;
    *o = norn_prophet_plot_opt_default();
    if (!PyArg_ParseTuple(object, "dppiiizzz", &o->interval_width, &uncertainty, &cap,
                          &o->weekly_start, &o->yearly_start, &o->width, &o->title, &o->x_label,
                          &o->y_label))
        return false;
    o->uncertainty = uncertainty;
    o->plot_cap = cap;
    return true;
}

PyObject *nornpy_prophet_chart(PyObject *module, PyObject *args) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *capsule, *history, *forecast, *look, *answer = NULL;
    chart_job j = {.p = NULL};
    if (!PyArg_ParseTuple(args, "OOOO", &capsule, &history, &forecast, &look)) return NULL;
    if (capsule != Py_None && (j.p = nornpy_prophet_of(capsule)) == NULL) return NULL;
    if (take_look(look, &j.opt) && take_history(history, &j) && take_forecast(forecast, &j)) {
        norn_ctx *ctx = nornpy_lease(s, 0);
        if (ctx != NULL && nornpy_run(s, ctx, work, &j, NULL, NULL))
            answer = PyUnicode_DecodeUTF8(j.chart.svg, (Py_ssize_t)j.chart.n, "replace");
        norn_prophet_chart_free(&j.chart);
        if (ctx != NULL) nornpy_give_back(s, ctx);
    }
    drop_job(&j);
    return answer;
}
