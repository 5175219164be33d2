/* What the operations on texts write: a table or JSON, row by row, with a digest over its bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_TEXT_WRITE_H
#define NORNI_TEXT_WRITE_H

#include "app/text_read.h"
#include "io/writer.h"

typedef struct norni_text_out {
    const norni_texts *t;
    norni_out out;
    norni_hash_stream digest;
    size_t told; /* bytes of the buffer that the digest knows */
    bool json, escape;
    size_t n_rows;
} norni_text_out;

/* Opens --out; json: as --format and the name say, else as the input is. norni_out_abort(&w->out) is due in any case. */
NORN_CHECKED norn_status norni_text_out_open(norni_text_out *w, const norni_op_env *env,
                                             const norni_text_opt *opt, const norni_texts *t,
                                             norn_err *err);
/* Between two rows; at the end of a row its bytes enter the digest and go out now and then. */
void norni_text_out_begin(norni_text_out *w);
NORN_CHECKED norn_status norni_text_out_end(norni_text_out *w, norn_err *err);
NORN_CHECKED norn_status norni_text_out_commit(norni_text_out *w, char digest[NORNI_DIGEST_TEXT],
                                               norn_err *err);
/* The name of row i: its id, or its number. */
void norni_text_out_name(norni_text_out *w, size_t i);

#endif
