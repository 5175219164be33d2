/* rolling_mean and its kind: one Python function for each row of the library's rolling operations. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_ROLLING_CALLS_H
#define NORNPY_ROLLING_CALLS_H

#include <norn/rolling.h>

#include "python/src/state.h"

/* Adds rolling_NAME and ewm_NAME to the module, and their names as rolling_names. */
bool nornpy_rolling_init(PyObject *module);
void nornpy_rolling_clear(nornpy_state *s);
/* Sets *to from Python's min_periods (NULL or None: as it is) and closed; false: an exception is set. */
bool nornpy_least_take(nornpy_state *s, PyObject *given, int64_t *to);
bool nornpy_closed_take(nornpy_state *s, PyObject *given, norn_rolling_closed *to);
/* A span of time as so many of the times' own units, of which `ticks` are a microsecond. */
bool nornpy_span_scale(nornpy_state *s, norn_rolling_opt *opt, long long ticks);
/* roll_columns(columns, names, n_rolled, ops, ids or None, times or None, ticks, window, min_periods,
 * center, closed): a list of arrays, operation k on column c at c * len(ops) + k. Rows may stand in any
 * order: equal ids are one series, and in each the windows run along the times. */
PyObject *nornpy_roll_columns(PyObject *module, PyObject *args);

#endif
