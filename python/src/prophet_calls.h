/* Prophet for the interpreter: specify, fit, restore, predict, draw, cross-validate (norn.Prophet). */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_PROPHET_CALLS_H
#define NORNPY_PROPHET_CALLS_H

#include <norn/prophet.h>

#include "python/src/vector.h"

/* A model's capsule. Python changes one only before others can see it: made, fitted or restored, then kept. */
PyObject *nornpy_prophet_make(PyObject *module, PyObject *args);
PyObject *nornpy_prophet_fit(PyObject *module, PyObject *args);
PyObject *nornpy_prophet_fit_many(PyObject *module, PyObject *args);
PyObject *nornpy_prophet_predict(PyObject *module, PyObject *args);
PyObject *nornpy_prophet_samples(PyObject *module, PyObject *args);
PyObject *nornpy_prophet_cv(PyObject *module, PyObject *args);
PyObject *nornpy_prophet_countries(PyObject *module, PyObject *none);
PyObject *nornpy_prophet_spread(PyObject *module, PyObject *args);

/* ---- python/src/prophet_charts.c ---- */

PyObject *nornpy_prophet_chart(PyObject *module, PyObject *args);

/* ---- python/src/prophet_numbers.c: a fit's numbers, out and in ---- */

PyObject *nornpy_prophet_state(PyObject *module, PyObject *capsule);
PyObject *nornpy_prophet_restore(PyObject *module, PyObject *args);

/* ---- shared by both ---- */

/* The model of a capsule; NULL with an exception set. */
norn_prophet *nornpy_prophet_of(PyObject *capsule);
/* Specifications out of lists of tuples, valid while the lists live. PyMem_Free; NULL with an exception. */
norn_prophet_seasonality *nornpy_prophet_seasons(PyObject *list, size_t *n);
norn_prophet_regressor *nornpy_prophet_regressors(PyObject *list, size_t *n);

#endif
