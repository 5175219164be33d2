/* Writing a model store: whole or absent, record by record. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_MODEL_WRITER_H
#define NORNI_MODEL_WRITER_H

#include "base/hash.h"
#include "io/writer.h"

/* A file beside its name that is renamed when it is whole. Keys must be distinct. */
typedef struct norni_model_writer {
    norni_out out;
    norni_hash_stream hash; /* of every byte so far */
    uint64_t n;
    bool open;
} norni_model_writer;

/* NORN_E_ARG: standard output, or a name that asks for compression. */
NORN_CHECKED norn_status norni_model_writer_open(norni_model_writer *w, const norn_alloc *alloc,
                                                 const char *path, norn_err *err);
/* `engine` names the version that writes; both stand before the first record. */
NORN_CHECKED norn_status norni_model_writer_head(norni_model_writer *w, norni_str engine,
                                                 norni_str header, norn_err *err);
/* One record as bytes, for a worker to make. */
void norni_model_frame(norni_buf *b, norni_str key, norni_str payload);
/* n records that norni_model_frame made. */
NORN_CHECKED norn_status norni_model_writer_add(norni_model_writer *w, norni_str frames, uint64_t n,
                                                norn_err *err);
NORN_CHECKED norn_status norni_model_writer_commit(norni_model_writer *w, norn_err *err);
void norni_model_writer_abort(norni_model_writer *w); /* legal after commit, and when never open */

#endif
