/* Models over many series at once, and Ljung and Box's test: what norn.ARIMA stands on. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_MODEL_CALLS_H
#define NORNPY_MODEL_CALLS_H

#include "python/src/state.h"

/* model_door(task, spec, items, X or None, future X or None, h, [(level, low key, high key), …],
 * (single, estimates, keep, fitted), n_threads) -> [dict, …] in the items' order. task: app/model_door.h;
 * items: arrays, bytes, or (bytes, array). Every dict has status and message; what else was asked
 * for where status is "ok". single: the only item's failure is raised. */
PyObject *nornpy_model_door(PyObject *module, PyObject *args);
/* ljung_box(residuals, lag, fitdf) -> (statistic, p value) */
PyObject *nornpy_ljung_box(PyObject *module, PyObject *args);

#endif
