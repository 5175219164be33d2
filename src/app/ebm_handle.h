/* The inside of norn_ebm, for the files of its public calls. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EBM_HANDLE_H
#define NORNI_EBM_HANDLE_H

#include <norn/ebm.h>

#include "base/ctx.h"
#include "models/ebm/ebm.h"

struct norn_ebm {
    norn_alloc alloc;
    norni_arena arena; /* holds all that follows */
    norni_ebm m;
    const char **name; /* (n_columns) */
    bool *nominal;     /* (n_columns) */
};

/* A handle around a deep copy of m. name (n_columns), or NULL: feature_0000, ... */
NORN_CHECKED norn_status norni_ebm_handle_new(const norn_alloc *alloc, const norni_ebm *m,
                                              const char *const *name, norn_ebm **out,
                                              norn_err *err);
/* An empty handle: an arena to be filled; after that norni_ebm_handle_name. */
NORN_CHECKED norn_status norni_ebm_handle_empty(const norn_alloc *alloc, norn_ebm **out,
                                                norn_err *err);
NORN_CHECKED norn_status norni_ebm_handle_name(norn_ebm *h, const char *const *name, norn_err *err);

/* The bytes of a buffer, handed over; the buffer is empty afterwards. */
NORN_CHECKED norn_status norni_ebm_bytes_give(norni_buf *from, norn_ebm_bytes *out, norn_err *err);

#endif
