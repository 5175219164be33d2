/* Explainable boosting machines from Python: fitted, read, edited, kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_EBM_CALLS_H
#define NORNPY_EBM_CALLS_H

#include "python/src/state.h"

/* Columns are one float64 array, column behind column. See python/norn/_ebm.py, their only caller. */
PyObject *nornpy_ebm_fit(PyObject *module, PyObject *args);
PyObject *nornpy_ebm_view(PyObject *module, PyObject *capsule);
PyObject *nornpy_ebm_term(PyObject *module, PyObject *args);
PyObject *nornpy_ebm_rows(PyObject *module, PyObject *args);
PyObject *nornpy_ebm_edit(PyObject *module, PyObject *args);
PyObject *nornpy_ebm_merge(PyObject *module, PyObject *list);
PyObject *nornpy_ebm_save(PyObject *module, PyObject *args);
PyObject *nornpy_ebm_load(PyObject *module, PyObject *bytes);

#endif
