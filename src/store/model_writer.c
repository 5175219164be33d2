/* Writing a model store: whole or absent, record by record. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "store/model_writer.h"

#include "base/pack.h"
#include "store/model_format.h"

norn_status norni_model_writer_open(norni_model_writer *w, const norn_alloc *alloc,
                                    const char *path, norn_err *err) {
    size_t n_stem;
    *w = (norni_model_writer){.n = 0};
    if (strcmp(path, "-") == 0)
        return norn_fail(err, NORN_E_ARG, "save: models go to a file; '-' names none");
    if (norni_codec_of_name(path, &n_stem) != NORNI_CODEC_NONE)
        return norn_fail(err, NORN_E_ARG,
                         "save: %s asks for compression, which model stores have "
                         "not; choose a name without .gz or .zst",
                         path);
    NORN_TRY(norni_out_open(&w->out, alloc, path, err));
    norni_hash_stream_init(&w->hash);
    w->open = true;
    return NORN_OK;
}

/* Puts what is buffered into the file. */
static norn_status drain(norni_model_writer *w, size_t least, norn_err *err) {
    if (w->out.buf.failed) return norni_alloc_fail(err, "save", w->out.buf.cap, 2);
    if (w->out.buf.n < least || w->out.buf.n == 0) return NORN_OK;
    norni_hash_stream_add(&w->hash, w->out.buf.p, w->out.buf.n);
    return norni_out_flush(&w->out, 0, err);
}

static void add_check(norni_buf *b, size_t from) {
    if (!b->failed) norni_pack_i64(b, (int64_t)norni_hash64(b->p + from, b->n - from));
}

norn_status norni_model_writer_head(norni_model_writer *w, norni_str engine, norni_str header,
                                    norn_err *err) {
    norni_buf *b = &w->out.buf;
    norni_buf_add(b, MODEL_MAGIC, MODEL_MAGIC_SIZE);
    norni_pack_u32(b, MODEL_FORMAT);
    norni_pack_str(b, engine);
    norni_pack_str(b, header);
    add_check(b, 0);
    return drain(w, 0, err);
}

void norni_model_frame(norni_buf *b, norni_str key, norni_str payload) {
    const size_t from = b->n;
    norni_pack_u32(b, (uint32_t)key.n);
    norni_pack_u32(b, (uint32_t)payload.n);
    norni_buf_add(b, key.p, key.n);
    norni_buf_add(b, payload.p, payload.n);
    if (key.n > MODEL_MOST_KEY || payload.n > MODEL_MOST_PAYLOAD) b->failed = true;
    add_check(b, from);
}

norn_status norni_model_writer_add(norni_model_writer *w, norni_str frames, uint64_t n,
                                   norn_err *err) {
    norni_buf_add(&w->out.buf, frames.p, frames.n);
    w->n += n;
    return drain(w, MODEL_CHUNK, err);
}

norn_status norni_model_writer_commit(norni_model_writer *w, norn_err *err) {
    norni_pack_u32(&w->out.buf, MODEL_END_MARK);
    norni_pack_i64(&w->out.buf, (int64_t)w->n);
    norn_status st = drain(w, 0, err);
    if (st == NORN_OK) {
        norni_pack_i64(&w->out.buf, (int64_t)norni_hash_stream_get(&w->hash).lo);
        st = norni_out_commit(&w->out, err);
    }
    if (st != NORN_OK) norni_model_writer_abort(w);
    w->open = false;
    return st;
}

void norni_model_writer_abort(norni_model_writer *w) {
    if (w->open) norni_out_abort(&w->out);
    w->open = false;
}
