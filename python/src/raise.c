/* The library's statuses and error texts as Python exceptions. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/state.h"

#include <string.h>

bool nornpy_errors_init(nornpy_state *s, PyObject *module) {
    s->error = PyErr_NewExceptionWithDoc(
        "norn.NornError",
        "What the library could not do, in its own words. `status` names the kind.",
        PyExc_Exception, NULL);
    if (s->error == NULL) return false;
    /* of what is raised in Python: a call that cannot be made so, unless it says otherwise */
    PyObject *word = PyUnicode_FromString(norn_status_name(NORN_E_ARG));
    const bool good = word != NULL && PyObject_SetAttrString(s->error, "status", word) == 0;
    Py_XDECREF(word);
    if (!good) return false;
    PyObject *bases = PyTuple_Pack(2, s->error, PyExc_ValueError);
    if (bases == NULL) return false;
    s->argument_error = PyErr_NewExceptionWithDoc(
        "norn.NornArgumentError", "An argument or data that cannot be used: also a ValueError.",
        bases, NULL);
    Py_DECREF(bases);
    return s->argument_error != NULL && PyModule_AddObjectRef(module, "NornError", s->error) == 0 &&
           PyModule_AddObjectRef(module, "NornArgumentError", s->argument_error) == 0;
}

/* Whether a flag of the command line begins at p, as "--id-col". */
static bool is_flag(const char *begin, const char *p) {
    return p[0] == '-' && p[1] == '-' && p[2] >= 'a' && p[2] <= 'z' &&
           (p == begin || p[-1] == ' ' || p[-1] == '(');
}

PyObject *nornpy_words(const char *text, size_t n) {
    static const char future[] = "--future", there[] = "X_df";
    char *out = PyMem_Malloc(n + 1);
    size_t to = 0;
    if (out == NULL) return PyErr_NoMemory();
    for (size_t at = 0; at < n;) {
        if (n - at < 3 || !is_flag(text, text + at)) {
            out[to++] = text[at++];
        } else if (n - at >= sizeof future - 1 &&
                   memcmp(text + at, future, sizeof future - 1) == 0) {
            memcpy(out + to, there, sizeof there - 1);
            to += sizeof there - 1;
            at += sizeof future - 1;
        } else {
            for (at += 2; at < n && ((text[at] >= 'a' && text[at] <= 'z') || text[at] == '-'); at++)
                out[to++] = text[at] == '-' ? '_' : text[at];
        }
    }
    PyObject *words = PyUnicode_DecodeUTF8(out, (Py_ssize_t)to, "replace");
    PyMem_Free(out);
    return words;
}

/* The exception of this text, which is given away, with the status's name. NULL. */
static PyObject *set_error(PyObject *type, PyObject *text, norn_status st) {
    PyObject *value = PyObject_CallFunctionObjArgs(type, text, NULL);
    Py_DECREF(text);
    if (value == NULL) return NULL;
    PyObject *word = PyUnicode_FromString(norn_status_name(st));
    if (word != NULL && PyObject_SetAttrString(value, "status", word) == 0)
        PyErr_SetObject(type, value);
    Py_XDECREF(word);
    Py_DECREF(value);
    return NULL;
}

PyObject *nornpy_raise(nornpy_state *s, norn_status st, const norn_err *err) {
    const char *plain = err->text[0] != '\0' ? err->text : norn_status_name(st);
    PyObject *type = s->error;
    if (PyErr_Occurred()) return NULL; /* what made the work stop */
    PyObject *text = nornpy_words(plain, strlen(plain));
    if (text == NULL) return NULL;
    switch (st) {
        case NORN_E_MEM: type = PyExc_MemoryError; break;
        case NORN_E_CANCEL: type = PyExc_KeyboardInterrupt; break;
        case NORN_E_ARG:
        case NORN_E_DATA:
        case NORN_E_FORMAT:
        case NORN_E_LIMIT: type = s->argument_error; break;
        case NORN_OK:
        case NORN_E_NUMERIC:
        case NORN_E_IO:
        case NORN_E_INTERNAL: break;
    }
    return set_error(type, text, st);
}

bool nornpy_refuse(nornpy_state *s, const char *format, ...) {
    va_list ap;
    va_start(ap, format);
    PyObject *text = PyUnicode_FromFormatV(format, ap);
    va_end(ap);
    return text != NULL && set_error(s->argument_error, text, NORN_E_ARG) != NULL;
}
