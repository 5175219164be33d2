/* rolling_mean and its kind: one Python function for each row of the library's rolling operations. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_ROLLING_H
#define NORNPY_ROLLING_H

#include "python/src/state.h"

/* Adds rolling_NAME and ewm_NAME to the module, and their names as rolling_names. */
bool nornpy_rolling_init(PyObject *module);
/* roll_columns(columns, names, n_rolled, ops, offsets or None, times or None, window, min_periods,
 * center, closed): a list of arrays, operation k on column c at c * len(ops) + k. */
PyObject *nornpy_roll_columns(PyObject *module, PyObject *args);

#endif
