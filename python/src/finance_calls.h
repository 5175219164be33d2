/* Finance reports from Python: norn.full_report, norn.simulate. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_FINANCE_CALLS_H
#define NORNPY_FINANCE_CALLS_H

#include "python/src/state.h"

/* finance_report(frame or None, paths, options, n_threads, tick or None) -> (bytes, info): JSON or a page. options:
 * names and texts of the operation's rows. */
PyObject *nornpy_finance_report(PyObject *module, PyObject *args);
/* The same of a what-if. */
PyObject *nornpy_finance_whatif(PyObject *module, PyObject *args);

#endif
