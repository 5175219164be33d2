/* The extension module norn._norn: its table of functions, and how it is loaded. */
/* SPDX-License-Identifier: Apache-2.0 */
/* How this folder is laid out, and how to add a function
 * -------------------------------------------------------
 * state.h      the module's state (one per import, no globals), and what all files here share
 * contexts.c   nornpy_lease / nornpy_give_back / nornpy_run: a norn_ctx for a call; long work that
 *              Ctrl-C stops. Short work (below about 50 ms) may run in the calling thread instead:
 *              Py_BEGIN_ALLOW_THREADS … Py_END_ALLOW_THREADS around it.
 * vector.c     columns of doubles out of buffers, without a copy where that can be
 * rolling_calls.c  rolling_*: made from the library's table of operations (roll/roll_ops.h)
 * roll_columns.c, rolled_rows.c, row_order.c
 *              several operations over a table's columns, whose rows stand in any order
 * frame_capsule.c, arrow_in.c, arrow_column.c, arrow_out.c
 *              frames of columns (app/frame.h) from arrays and Arrow streams, and back
 * model_calls.c one model over a list of series: fit, forecast, move on (norn.ARIMA)
 * prophet_calls.c, prophet_numbers.c, prophet_charts.c
 *              norn.Prophet over include/norn/prophet.h: models, their numbers, their charts
 * ebm_calls.c  norn.EBMRegressor over include/norn/ebm.h
 * multi_calls.c  norn.multi over app/frame_multi.h
 * finance_calls.c  norn.full_report and norn.simulate over app/frame_finance.h
 * portfolio_calls.c, portfolio_numbers.c
 *              norn.portfolio and norn.ParallelOptimizer over app/frame_portfolio.h
 * signals_calls.c  norn.analyze_tweets and its like over app/frame_signals.h
 * text_calls.c norn.sentiment and norn.TfidfVectorizer over app/frame_sentiment.h
 * operations.c forecast and cross_validate on frames; the registry's rows for signatures
 * raise.c      a norn_status and its text as an exception
 *
 * 1. Write `PyObject *nornpy_thing(PyObject *module, PyObject *args, PyObject *named)` in a file of its
 *    own, declare it in state.h, add a row to `functions` below and the file to python/meson.build.
 * 2. In it: take the arguments (nornpy_state_of(module) gives the state), ctx = nornpy_lease(s, 0),
 *    fill a struct, nornpy_run(s, ctx, work, &job, NULL, NULL), nornpy_give_back(s, ctx) on every way
 *    out. `work` runs without the interpreter's lock: it may call the library, never Python.
 * 3. Give it a Python face in the folder python/norn (lazy: only NumPy may be imported at `import norn`)
 *    and a test in tests/python; then run tools/make_stubs.py, which writes the .pyi files.
 * Only the limited API of CPython 3.11 may be used: https://docs.python.org/3.11/c-api/stable.html */
#include <norn/forecast.h>

#include "python/src/arrow.h"
#include "python/src/ebm_calls.h"
#include "python/src/finance_calls.h"
#include "python/src/model_calls.h"
#include "python/src/multi_calls.h"
#include "python/src/operations.h"
#include "python/src/portfolio_calls.h"
#include "python/src/prophet_calls.h"
#include "python/src/rolling_calls.h"
#include "python/src/signals_calls.h"
#include "python/src/state.h"
#include "python/src/text_calls.h"

PyMODINIT_FUNC PyInit__norn(void);

static PyMethodDef functions[] = {
    {"set_num_threads", nornpy_set_num_threads, METH_O,
     "set_num_threads(n, /)\n--\n\n"
     "Workers of all further calls; 0: NORN_NUM_THREADS, RAYON_NUM_THREADS, OMP_NUM_THREADS, else "
     "the "
     "usable cores. Results are the same at any number."},
    {"get_num_threads", nornpy_get_num_threads, METH_NOARGS,
     "get_num_threads()\n--\n\nHow many workers a call has."},
    {"frame_from_columns", nornpy_frame_from_columns, METH_O, NULL},
    {"frame_from_stream", nornpy_frame_from_stream, METH_VARARGS, NULL},
    {"frame_from_array", nornpy_frame_from_array, METH_VARARGS, NULL},
    {"stream_schema", nornpy_stream_schema, METH_O, NULL},
    {"frame_columns", nornpy_frame_columns, METH_O, NULL},
    {"frame_stream", nornpy_frame_stream, METH_VARARGS, NULL},
    {"forecast", nornpy_forecast, METH_VARARGS, NULL},
    {"simulate", nornpy_simulate, METH_VARARGS, NULL},
    {"cross_validate", nornpy_cross_validate, METH_VARARGS, NULL},
    {"models_check", nornpy_models_check, METH_O, NULL},
    {"model_rows", nornpy_model_rows, METH_NOARGS, NULL},
    {"option_rows", nornpy_option_rows, METH_O, NULL},
    {"roll_columns", nornpy_roll_columns, METH_VARARGS, NULL},
    {"model_door", nornpy_model_door, METH_VARARGS, NULL},
    {"ljung_box", nornpy_ljung_box, METH_VARARGS, NULL},
    {"multi", nornpy_multi, METH_VARARGS, NULL},
    {"finance_report", nornpy_finance_report, METH_VARARGS, NULL},
    {"finance_whatif", nornpy_finance_whatif, METH_VARARGS, NULL},
    {"portfolio_search", nornpy_portfolio_search, METH_VARARGS, NULL},
    {"portfolio_path", nornpy_portfolio_path, METH_VARARGS, NULL},
    {"portfolio_weights", nornpy_portfolio_weights, METH_VARARGS, NULL},
    {"portfolio_metrics", nornpy_portfolio_metrics, METH_VARARGS, NULL},
    {"portfolio_deflated", nornpy_portfolio_deflated, METH_VARARGS, NULL},
    {"portfolio_pbo", nornpy_portfolio_pbo, METH_VARARGS, NULL},
    {"signals", nornpy_signals, METH_VARARGS, NULL},
    {"signals_names", nornpy_signals_names, METH_VARARGS, NULL},
    {"signals_fields", nornpy_signals_fields, METH_NOARGS, NULL},
    {"signals_flat", nornpy_signals_flat, METH_VARARGS, NULL},
    {"sentiment", nornpy_sentiment, METH_VARARGS, NULL},
    {"tfidf_fit", nornpy_tfidf_fit, METH_VARARGS, NULL},
    {"tfidf_transform", nornpy_tfidf_transform, METH_VARARGS, NULL},
    {"tfidf_view", nornpy_tfidf_view, METH_O, NULL},
    {"ebm_fit", nornpy_ebm_fit, METH_VARARGS, NULL},
    {"ebm_view", nornpy_ebm_view, METH_O, NULL},
    {"ebm_term", nornpy_ebm_term, METH_VARARGS, NULL},
    {"ebm_rows", nornpy_ebm_rows, METH_VARARGS, NULL},
    {"ebm_edit", nornpy_ebm_edit, METH_VARARGS, NULL},
    {"ebm_merge", nornpy_ebm_merge, METH_O, NULL},
    {"ebm_save", nornpy_ebm_save, METH_VARARGS, NULL},
    {"ebm_load", nornpy_ebm_load, METH_O, NULL},
    {"prophet_make", nornpy_prophet_make, METH_VARARGS, NULL},
    {"prophet_fit", nornpy_prophet_fit, METH_VARARGS, NULL},
    {"prophet_fit_many", nornpy_prophet_fit_many, METH_VARARGS, NULL},
    {"prophet_state", nornpy_prophet_state, METH_O, NULL},
    {"prophet_restore", nornpy_prophet_restore, METH_VARARGS, NULL},
    {"prophet_predict", nornpy_prophet_predict, METH_VARARGS, NULL},
    {"prophet_samples", nornpy_prophet_samples, METH_VARARGS, NULL},
    {"prophet_cv", nornpy_prophet_cv, METH_VARARGS, NULL},
    {"prophet_countries", nornpy_prophet_countries, METH_NOARGS, NULL},
    {"prophet_spread", nornpy_prophet_spread, METH_VARARGS, NULL},
    {"prophet_chart", nornpy_prophet_chart, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int exec_module(PyObject *module) {
    nornpy_state *s = nornpy_state_of(module);
    PyObject *numpy = PyImport_ImportModule("numpy");
    if (numpy == NULL) return -1;
    s->np_empty = PyObject_GetAttrString(numpy, "empty");
    s->np_array = PyObject_GetAttrString(numpy, "ndarray");
    Py_DECREF(numpy);
    if (!s->np_empty || !s->np_array || !nornpy_errors_init(s, module) ||
        !nornpy_rolling_init(module))
        return -1;
    return PyModule_AddStringConstant(module, "__version__", norn_version());
}

static int traverse_module(PyObject *module, visitproc visit, void *arg) {
    nornpy_state *s = nornpy_state_of(module);
    Py_VISIT(s->error);
    Py_VISIT(s->argument_error);
    Py_VISIT(s->np_empty);
    Py_VISIT(s->np_array);
    return 0;
}

static int clear_module(PyObject *module) {
    nornpy_state *s = nornpy_state_of(module);
    Py_CLEAR(s->error);
    Py_CLEAR(s->argument_error);
    Py_CLEAR(s->np_empty);
    Py_CLEAR(s->np_array);
    return 0;
}

static void free_module(void *module) {
    nornpy_contexts_clear(nornpy_state_of(module));
    nornpy_rolling_clear(nornpy_state_of(module));
    (void)clear_module(module);
}

/* A slot holds its function as a pointer to an object. */
typedef union slot_function {
    int (*exec)(PyObject *module);
    void *pointer;
} slot_function;

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, NULL},
    {0, NULL},
};

static PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "norn._norn",
    .m_doc = "Norn's C side; import norn instead.",
    .m_size = sizeof(nornpy_state),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse_module,
    .m_clear = clear_module,
    .m_free = free_module,
};

PyMODINIT_FUNC PyInit__norn(void) {
    slots[0].value = (slot_function){.exec = exec_module}.pointer;
    return PyModuleDef_Init(&definition);
}
