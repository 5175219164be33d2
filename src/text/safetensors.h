/* A safetensors file, mapped into memory and checked before anything of it is used. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SAFETENSORS_H
#define NORNI_SAFETENSORS_H

#include "base/arena.h"
#include "base/str.h"

typedef enum norni_tensor_type {
    NORNI_F32,
    NORNI_F16,
    NORNI_BF16,
    NORNI_TENSOR_OTHER
} norni_tensor_type;

typedef struct norni_tensor {
    norni_str name;
    norni_tensor_type type;
    size_t n_dims, dim[8];
    const unsigned char *data; /* little-endian, C order; may be unaligned */
    size_t n_bytes, n_values;
} norni_tensor;

typedef struct norni_safetensors {
    norni_arena arena;
    const unsigned char *bytes;
    size_t n_bytes;
    void *map;            /* NULL: borrowed bytes */
    norni_tensor *tensor; /* (n), by name */
    size_t n;
} norni_safetensors;

/* Maps the file. NORN_E_IO; NORN_E_FORMAT names byte and tensor: header length, JSON, types, shapes whose product or bytes overflow, ranges outside the file, holes, overlaps,
 * names twice. A file that shrinks while it is mapped is found at opening only (documented). */
NORN_CHECKED norn_status norni_safetensors_open(const norn_alloc *alloc, const char *path,
                                                norni_safetensors *out, norn_err *err);
/* The same over bytes in memory, borrowed. */
NORN_CHECKED norn_status norni_safetensors_parse(const norn_alloc *alloc, norni_str bytes,
                                                 norni_safetensors *out, norn_err *err);
void norni_safetensors_close(norni_safetensors *s);
const norni_tensor *norni_safetensors_find(const norni_safetensors *s,
                                           norni_str name); /* or NULL */
/* Values [from, from + n) as floats; of a type that is F32, F16 or BF16. */
void norni_tensor_floats(const norni_tensor *t, size_t from, size_t n, float *out);
/* The pages of the values may leave memory: they come back from the file when they are read again. */
void norni_tensor_release(const norni_safetensors *s, const norni_tensor *t);

#endif
