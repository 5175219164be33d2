/* forecast and cross_validate on frames, and the registry's rows for Python's signatures. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_OPERATIONS_H
#define NORNPY_OPERATIONS_H

#include "python/src/state.h"

#include "app/frame.h"

/* forecast(frame or None, future or None, like or None, options, n_threads, tick or None) -> (frame, history or None,
 * info). options: names and texts of the operation's rows. Ctrl-C and an exception in tick(done,
 * expected) stop it. */
PyObject *nornpy_forecast(PyObject *module, PyObject *args);
/* The same with n_paths behind the arguments: joint sample paths. */
PyObject *nornpy_simulate(PyObject *module, PyObject *args);
PyObject *nornpy_cross_validate(PyObject *module, PyObject *args);
/* models_check(path): raises where the file holds no kept models, as norn_forecast's load would. */
PyObject *nornpy_models_check(PyObject *module, PyObject *path);
/* Every model: name, summary, source, what it can do, and its parameters. */
PyObject *nornpy_model_rows(PyObject *module, PyObject *unused);
/* The options of an operation. */
PyObject *nornpy_option_rows(PyObject *module, PyObject *name);

/* ---- what operations on frames share ---- */

/* How far a call is; told to a Python function of (done, expected), or to nobody. */
typedef struct nornpy_progress {
    norni_tally tally;
    atomic_size_t n_expected;
    PyObject *tick; /* or NULL */
} nornpy_progress;
void nornpy_progress_begin(nornpy_progress *p, PyObject *tick, norni_frame_call *call);
bool nornpy_progress_tick(void *progress); /* for nornpy_run */
/* {"horizon": "12", …} as two lists of texts (PyMem_Free *option), which live as long as *items. */
bool nornpy_options_take(PyObject *options, PyObject **items, const char ***option,
                         const char ***value, size_t *n);
/* Counts, digest and lines of an answer as a dict. */
PyObject *nornpy_info_of(const norni_frame_result *result);

#endif
