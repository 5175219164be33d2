/* Frames of columns as Python objects: made from arrays, read out as arrays. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNPY_FRAME_CAPSULE_H
#define NORNPY_FRAME_CAPSULE_H

#include "python/src/state.h"

#include "app/frame.h"

/* What a capsule named "norn.frame" holds. The columns lie in the arena, or in the answer's. */
typedef struct nornpy_frame {
    norn_alloc alloc;
    norni_arena arena;
    norni_frame frame;
    norni_frame_result result; /* of an answer's capsule; frame is a view of it */
} nornpy_frame;

/* A new one, empty; NULL with an exception set. Free with nornpy_frame_free or hand it to a capsule. */
nornpy_frame *nornpy_frame_new(void);
void nornpy_frame_free(nornpy_frame *f);
PyObject *nornpy_frame_capsule(nornpy_frame *f);  /* takes f, also on failure */
nornpy_frame *nornpy_frame_of(PyObject *capsule); /* NULL with an exception set */

/* frame_from_columns([(name, kind, …), …]): kind and what follows are ("number", float64 buffer),
 * ("integer", int64 buffer), ("time", int64 buffer of microseconds, is_date, has_zone) or
 * ("text", int64 buffer of codes (-1: missing), list of str). Everything is copied. */
PyObject *nornpy_frame_from_columns(PyObject *module, PyObject *columns);
/* frame_columns(frame): [(name, kind, …), …] in the same form, as new arrays of NumPy. */
PyObject *nornpy_frame_columns(PyObject *module, PyObject *frame);

#endif
