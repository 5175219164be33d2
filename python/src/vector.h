/* Columns of numbers that a Python object lends through the buffer protocol, or copies of them; texts. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_VECTOR_H
#define NORNPY_VECTOR_H

#include "python/src/state.h"

/* Zeroed before use; nornpy_vector_drop afterwards, whatever happened. */
typedef struct nornpy_vector {
    Py_buffer view;
    bool held;
    double *copy; /* PyMem_Malloc, or NULL: borrowed */
    const double *p;
    size_t n;
} nornpy_vector;

/* One-dimensional numbers of any native type. float64 without gaps is borrowed; strided, integer,
 * boolean and float32 columns are copied once, or refused when zero_copy_only. False: an exception is
 * set, whose text names the remedy. `name` is the argument's. */
bool nornpy_vector_take(PyObject *object, const char *name, bool zero_copy_only, nornpy_vector *v);
/* Room for an answer: float64 without gaps, writable, n values. */
bool nornpy_vector_out(nornpy_state *s, PyObject *object, size_t n, nornpy_vector *v);
void nornpy_vector_drop(nornpy_vector *v);
/* Whether two ranges of doubles share memory. */
bool nornpy_overlap(const double *a, size_t n_a, const double *b, size_t n_b);
/* int64 numbers, one-dimensional; borrowed or copied. */
bool nornpy_integers_take(PyObject *object, const char *name, nornpy_vector *v,
                          const int64_t **out);
/* numpy.empty(n, type) filled with n items of 8 bytes. */
PyObject *nornpy_array(nornpy_state *s, const void *from, size_t n, const char *type);

/* A str's text, which lives as long as it; NULL with an exception set: not a str, or with a NUL inside.
 * `what` is the argument's name. */
const char *nornpy_text(PyObject *object, const char *what);
/* Texts of a list of str, valid while `list` lives. PyMem_Free the array; NULL with an exception set. */
const char **nornpy_texts(PyObject *list, const char *what, size_t *n);

#endif
