/* Arrow's C data and stream interfaces, as their specification lays them out, and what norn makes of them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_ARROW_H
#define NORNPY_ARROW_H

#include "python/src/frame_capsule.h"

/* https://arrow.apache.org/docs/format/CDataInterface.html */
struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

/* ---- arrow_column.c: one column out of its chunks ---- */

/* A column's chunks: child `of` of each record batch, rows [first, first + n) of it. */
typedef struct nornpy_chunk {
    const struct ArrowArray *array;
    size_t first, n;
} nornpy_chunk;

/* Fills *out (name set, memory from the arena). Everything in the structs is checked that can be.
 * `exact`: nanoseconds that are no whole microseconds are refused, not cut.
 * NORN_E_ARG: a type that norn does not read; NORN_E_DATA: a struct that contradicts itself. */
NORN_CHECKED norn_status nornpy_arrow_column(const struct ArrowSchema *schema,
                                             const nornpy_chunk *chunk, size_t n_chunks,
                                             size_t n_rows, bool exact, norni_arena *arena,
                                             norni_frame_column *out, norn_err *err);

/* ---- arrow_in.c, arrow_out.c ---- */

/* frame_from_stream(capsule, names or None, exact=False): (a frame of the stream's columns of these names, a dict of
 * their Arrow formats). */
PyObject *nornpy_frame_from_stream(PyObject *module, PyObject *args);
/* frame_from_array(stream capsule) or (schema capsule, array capsule): the same for one column of values, no table. */
PyObject *nornpy_frame_from_array(PyObject *module, PyObject *args);
/* stream_schema(capsule): ([(name, format)] of the columns, the format of the whole); the stream can be read after. */
PyObject *nornpy_stream_schema(PyObject *module, PyObject *capsule);
/* frame_stream(frame, formats): a stream capsule of the frame's columns; formats holds Arrow's format of
 * each column, or None for the usual one. */
PyObject *nornpy_frame_stream(PyObject *module, PyObject *args);

#endif
