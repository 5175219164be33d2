/* What the operations on texts write: a table or JSON, row by row, with a digest over its bytes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/text_write.h"

enum { FLUSH_AT = 1 << 20 };

static norn_status choose_format(norni_text_out *w, const norni_common_opt *c, norn_err *err) {
    const char *slash = strrchr(c->out, '/'), *name = slash ? slash + 1 : c->out;
    const bool named_csv = strstr(name, ".csv") != NULL || strstr(name, ".CSV") != NULL;
    const bool named_json = strstr(name, ".json") != NULL || strstr(name, ".JSON") != NULL;
    switch (c->format) {
        case NORNI_FORMAT_AUTO:
            w->json = named_json || (!named_csv && w->t->format == NORNI_TEXT_JSON);
            return NORN_OK;
        case NORNI_FORMAT_CSV:
        case NORNI_FORMAT_JSON: w->json = c->format == NORNI_FORMAT_JSON; return NORN_OK;
        default: break;
    }
    return norn_fail(err, NORN_E_ARG, "--format: text writes csv, or json (a line for each row)");
}

norn_status norni_text_out_open(norni_text_out *w, const norni_op_env *env,
                                const norni_text_opt *opt, const norni_texts *t, norn_err *err) {
    *w = (norni_text_out){.t = t, .out = {.fd = -1}, .escape = !opt->common.no_escape_formulas};
    norni_hash_stream_init(&w->digest);
    NORN_TRY(choose_format(w, &opt->common, err));
    return norni_out_open(&w->out, &env->ctx->alloc, opt->common.out, err);
}

void norni_text_out_begin(norni_text_out *w) {
    w->told = w->out.buf.n;
}

norn_status norni_text_out_end(norni_text_out *w, norn_err *err) {
    norni_buf *b = &w->out.buf;
    norni_buf_text(b, "\n");
    if (b->failed) return norni_alloc_fail(err, "--out", b->cap, 2);
    norni_hash_stream_add(&w->digest, b->p + w->told, b->n - w->told);
    return norni_out_flush(&w->out, FLUSH_AT, err);
}

norn_status norni_text_out_commit(norni_text_out *w, char digest[NORNI_DIGEST_TEXT],
                                  norn_err *err) {
    norni_hash_text(norni_hash_stream_get(&w->digest), digest);
    return norni_out_commit(&w->out, err);
}

void norni_text_out_name(norni_text_out *w, size_t i) {
    norni_buf *b = &w->out.buf;
    if (w->t->id == NULL) {
        norni_buf_format(b, "%zu", i + 1);
    } else if (w->json) {
        norni_json j;
        norni_json_init(&j, b);
        norni_json_str(&j, w->t->id[i]);
    } else {
        norni_csv_text(b, w->t->id[i], w->escape);
    }
}
