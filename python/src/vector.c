/* Columns of numbers that a Python object lends through the buffer protocol, or copies of them; texts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/src/vector.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"

/* The type code of a buffer in native byte order; 0: another order, or no plain number. */
static char native_code(const char *format) {
    if (format == NULL) return 'B';
    const uint16_t one = 1;
    const bool little = *(const unsigned char *)&one == 1;
    if (*format == '@' || *format == '=' || *format == (little ? '<' : '>')) format++;
    if (format[0] == '\0' || format[1] != '\0') return 0;
    return format[0];
}

static bool fail_type(const char *name, const Py_buffer *b) {
    const char *f = b->format ? b->format : "B";
    if (f[0] == '>' || f[0] == '!' || f[0] == '<')
        PyErr_Format(PyExc_TypeError,
                     "%s: values in another byte order ('%s') are not taken; give %s.astype('=f8')",
                     name, f, name);
    else if (strcmp(f, "O") == 0)
        PyErr_Format(PyExc_TypeError,
                     "%s: an array of Python objects is not taken; give numpy.asarray(%s, "
                     "dtype='float64')",
                     name, name);
    else
        PyErr_Format(PyExc_TypeError,
                     "%s: values of type '%s' are not numbers that can be used; give "
                     "numpy.asarray(%s, dtype='float64')",
                     name, f, name);
    return false;
}

#define CONVERT(type)                                               \
    for (size_t i = 0; i < n; i++) {                                \
        type value;                                                 \
        memcpy(&value, from + (ptrdiff_t)i * stride, sizeof value); \
        to[i] = (double)value;                                      \
    }                                                               \
    return true

static bool convert_integers(const char *from, ptrdiff_t stride, size_t n, size_t size,
                             bool is_signed, double *to) {
    if (size == 1 && is_signed) {
        CONVERT(int8_t);
    }
    if (size == 1) {
        CONVERT(uint8_t);
    }
    if (size == 2 && is_signed) {
        CONVERT(int16_t);
    }
    if (size == 2) {
        CONVERT(uint16_t);
    }
    if (size == 4 && is_signed) {
        CONVERT(int32_t);
    }
    if (size == 4) {
        CONVERT(uint32_t);
    }
    if (size == 8 && is_signed) {
        CONVERT(int64_t);
    }
    if (size == 8) {
        CONVERT(uint64_t);
    }
    return false;
}

/* IEEE 754's binary16, exactly. */
static double half_value(uint16_t half) {
    const int exponent = half >> 10 & 31;
    const double part = half & 1023, sign = half >> 15 ? -1 : 1;
    if (exponent == 31) return part > 0 ? NORNI_NAN : sign * NORNI_INF;
    return sign * (exponent == 0 ? part * 0x1p-24 : ldexp(part + 1024, exponent - 25));
}

static bool convert_halves(const char *from, ptrdiff_t stride, size_t n, double *to) {
    for (size_t i = 0; i < n; i++) {
        uint16_t half;
        memcpy(&half, from + (ptrdiff_t)i * stride, sizeof half);
        to[i] = half_value(half);
    }
    return true;
}

/* false: not a type of number. */
static bool convert(const Py_buffer *b, char code, ptrdiff_t stride, size_t n, double *to) {
    const char *from = b->buf;
    const size_t size = (size_t)b->itemsize;
    if (code == 'd' && size == sizeof(double)) {
        CONVERT(double);
    }
    if (code == 'f' && size == sizeof(float)) {
        CONVERT(float);
    }
    if (code == 'g' && size == sizeof(long double)) {
        CONVERT(long double);
    }
    if (code == 'e' && size == sizeof(uint16_t)) return convert_halves(from, stride, n, to);
    if (code != 0 && strchr("bhilqn", code) != NULL)
        return convert_integers(from, stride, n, size, true, to);
    if (code != 0 && strchr("?BHILQN", code) != NULL)
        return convert_integers(from, stride, n, size, false, to);
    return false;
}

static bool one_dimension(const char *name, const Py_buffer *b) {
    if (b->ndim == 1) return true;
    PyErr_Format(
        PyExc_TypeError,
        "%s: %d dimensions; a column of one dimension is taken (as %s[:, 0], or %s.ravel())", name,
        b->ndim, name, name);
    return false;
}

/* NumPy lends no buffer of its times, nor of its texts of its own kind. */
static bool fail_buffer(PyObject *object, const char *name) {
    PyObject *type = PyObject_GetAttrString(object, "dtype"),
             *kind = type ? PyObject_GetAttrString(type, "kind") : NULL;
    const char *k = kind && PyUnicode_Check(kind) ? PyUnicode_AsUTF8AndSize(kind, NULL) : NULL;
    PyErr_Clear();
    if (k != NULL && (*k == 'M' || *k == 'm'))
        PyErr_Format(PyExc_TypeError,
                     "%s: an array of %S holds times, and numbers are needed; %s.astype('int64') "
                     "makes numbers of them",
                     name, type, name);
    else
        PyErr_Format(PyExc_TypeError,
                     "%s: %R lends no buffer of numbers; give numpy.asarray(%s, "
                     "dtype='float64')",
                     name, (PyObject *)Py_TYPE(object), name);
    Py_XDECREF(type);
    Py_XDECREF(kind);
    return false;
}

static bool open_view(PyObject *object, const char *name, int flags, nornpy_vector *v) {
    if (PyObject_GetBuffer(object, &v->view, flags) != 0) {
        if (PyErr_ExceptionMatches(PyExc_MemoryError)) return false;
        PyErr_Clear();
        return fail_buffer(object, name);
    }
    v->held = true;
    return one_dimension(name, &v->view);
}

bool nornpy_vector_take(PyObject *object, const char *name, bool zero_copy_only, nornpy_vector *v) {
    if (!open_view(object, name, PyBUF_FULL_RO, v)) return false;
    const Py_buffer *b = &v->view;
    const size_t n = (size_t)b->shape[0];
    const ptrdiff_t stride = b->strides ? b->strides[0] : b->itemsize;
    const char code = native_code(b->format);
    v->n = n;
    if (b->suboffsets == NULL && code == 'd' && b->itemsize == sizeof(double) &&
        (n < 2 || stride == sizeof(double)) && (uintptr_t)b->buf % _Alignof(double) == 0) {
        v->p = b->buf;
        return true;
    }
    if (b->suboffsets != NULL) return fail_type(name, b);
    if (zero_copy_only) {
        PyErr_Format(PyExc_TypeError,
                     "%s: type '%s', %zd bytes from value to value, would have to be copied; give "
                     "numpy.ascontiguousarray(%s, dtype='float64'), or leave out zero_copy_only",
                     name, b->format ? b->format : "B", (Py_ssize_t)stride, name);
        return false;
    }
    v->copy = PyMem_Malloc(n > 0 ? n * sizeof(double) : 1);
    if (v->copy == NULL) {
        PyErr_NoMemory();
        return false;
    }
    v->p = v->copy;
    return convert(b, code, stride, n, v->copy) || fail_type(name, b);
}

bool nornpy_vector_out(nornpy_state *s, PyObject *object, size_t n, nornpy_vector *v) {
    if (PyObject_GetBuffer(object, &v->view, PyBUF_FULL) != 0) {
        PyErr_Clear();
        PyErr_Format(PyExc_TypeError, "out: %R lends no buffer that can be written",
                     (PyObject *)Py_TYPE(object));
        return false;
    }
    const Py_buffer *b = &v->view;
    v->held = true;
    if (!one_dimension("out", b)) return false;
    if (native_code(b->format) != 'd' || b->itemsize != sizeof(double) || b->suboffsets != NULL ||
        (b->strides && b->shape[0] > 1 && b->strides[0] != sizeof(double)) ||
        (uintptr_t)b->buf % _Alignof(double) != 0) {
        PyErr_SetString(PyExc_TypeError,
                        "out: a float64 array without gaps is needed, as numpy.empty(len(x))");
        return false;
    }
    if ((size_t)b->shape[0] != n)
        return nornpy_refuse(s, "out: %zd values, %zu are needed", b->shape[0], n);
    v->p = b->buf;
    v->n = n;
    return true;
}

void nornpy_vector_drop(nornpy_vector *v) {
    PyMem_Free(v->copy);
    if (v->held) PyBuffer_Release(&v->view);
    v->held = false;
    v->copy = NULL;
}

bool nornpy_overlap(const double *a, size_t n_a, const double *b, size_t n_b) {
    const uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return n_a > 0 && n_b > 0 && x < y + n_b * sizeof(double) && y < x + n_a * sizeof(double);
}

bool nornpy_integers_take(PyObject *object, const char *name, nornpy_vector *v,
                          const int64_t **out) {
    if (!open_view(object, name, PyBUF_FULL_RO, v)) return false;
    const Py_buffer *b = &v->view;
    const char code = native_code(b->format);
    v->n = (size_t)b->shape[0];
    if (code == 0 || strchr("lq", code) == NULL || b->itemsize != sizeof(int64_t) ||
        b->suboffsets != NULL || (b->strides && v->n > 1 && b->strides[0] != sizeof(int64_t)) ||
        (uintptr_t)b->buf % _Alignof(int64_t) != 0) {
        PyErr_Format(PyExc_TypeError, "%s: an int64 array without gaps is needed", name);
        return false;
    }
    *out = b->buf;
    return true;
}

PyObject *nornpy_array(nornpy_state *s, const void *from, size_t n, const char *type) {
    PyObject *array = PyObject_CallFunction(s->np_empty, "ns", (Py_ssize_t)n, type);
    Py_buffer b;
    if (array == NULL) return NULL;
    if (PyObject_GetBuffer(array, &b, PyBUF_CONTIG) != 0) {
        Py_DECREF(array);
        return NULL;
    }
    if (n > 0) memcpy(b.buf, from, n * 8);
    PyBuffer_Release(&b);
    return array;
}

const char *nornpy_text(PyObject *object, const char *what) {
    Py_ssize_t n = 0;
    const char *p = object ? PyUnicode_AsUTF8AndSize(object, &n) : NULL;
    if (p == NULL || strlen(p) == (size_t)n) return p;
    PyErr_Format(PyExc_ValueError, "%s: %R holds a NUL, which is not taken", what, object);
    return NULL;
}

const char **nornpy_texts(PyObject *list, const char *what, size_t *n) {
    const Py_ssize_t size = PyList_Size(list);
    if (size < 0) return NULL;
    const char **text = PyMem_Calloc((size_t)size + 1, sizeof *text);
    if (text == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    *n = (size_t)size;
    for (Py_ssize_t i = 0; i < size; i++) {
        text[i] = nornpy_text(PyList_GetItem(list, i), what);
        if (text[i] != NULL) continue;
        PyMem_Free((void *)text);
        return NULL;
    }
    return text;
}
