/* Several targets with drivers from Python: norn.multi. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_MULTI_CALLS_H
#define NORNPY_MULTI_CALLS_H

#include "python/src/state.h"

/* multi(frame, future or None, options, n_threads, tick or None) -> (forecast, metrics, weights, trials, reasons, info):
 * frames, a list of dicts, a dict. options: names and texts of the operation's rows. */
PyObject *nornpy_multi(PyObject *module, PyObject *args);

#endif
