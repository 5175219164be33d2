/* The library's statuses and error texts as Python exceptions. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/state.h"

bool nornpy_errors_init(nornpy_state *s, PyObject *module) {
    s->error = PyErr_NewExceptionWithDoc(
        "norn.NornError",
        "What the library could not do, in its own words. `status` names the kind.",
        PyExc_Exception, NULL);
    if (s->error == NULL) return false;
    PyObject *bases = PyTuple_Pack(2, s->error, PyExc_ValueError);
    if (bases == NULL) return false;
    s->argument_error = PyErr_NewExceptionWithDoc(
        "norn.NornArgumentError", "An argument or data that cannot be used: also a ValueError.",
        bases, NULL);
    Py_DECREF(bases);
    return s->argument_error != NULL && PyModule_AddObjectRef(module, "NornError", s->error) == 0 &&
           PyModule_AddObjectRef(module, "NornArgumentError", s->argument_error) == 0;
}

PyObject *nornpy_raise(nornpy_state *s, norn_status st, const norn_err *err) {
    const char *text = err->text[0] != '\0' ? err->text : norn_status_name(st);
    PyObject *type = s->error;
    if (PyErr_Occurred()) return NULL; /* what made the work stop */
    switch (st) {
        case NORN_E_MEM: PyErr_SetString(PyExc_MemoryError, text); return NULL;
        case NORN_E_CANCEL: PyErr_SetString(PyExc_KeyboardInterrupt, text); return NULL;
        case NORN_E_ARG:
        case NORN_E_DATA:
        case NORN_E_FORMAT:
        case NORN_E_LIMIT: type = s->argument_error; break;
        case NORN_OK:
        case NORN_E_NUMERIC:
        case NORN_E_IO:
        case NORN_E_INTERNAL: break;
    }
    PyObject *value = PyObject_CallFunction(type, "s", text);
    if (value == NULL) return NULL;
    PyObject *word = PyUnicode_FromString(norn_status_name(st));
    if (word != NULL && PyObject_SetAttrString(value, "status", word) == 0)
        PyErr_SetObject(type, value);
    Py_XDECREF(word);
    Py_DECREF(value);
    return NULL;
}
