/* `norn text tokenize`: a tweet's tokens with their kinds and places, or byte-pair ids by a vocabulary. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/text_jobs.h"
#include "io/source.h"
#include "text/bpe.h"
#include "text/tweet_tokens.h"

static const char *const kind_name[] = {"word", "number",   "hashtag", "cashtag", "mention",
                                        "url",  "emoticon", "emoji",   "sign"};

/* ---- words and signs ---- */

static size_t count_points(norni_str text, size_t from, size_t to) {
    size_t n = 0;
    for (size_t k = from; k < to; k++)
        n += ((unsigned char)text.p[k] & 0xC0) != 0x80;
    return n;
}

typedef struct token_row {
    norni_str text;
    const norni_tweet_token *token;
    size_t n, row;
} token_row;

static norn_status put_tokens_csv(norni_text_out *w, const token_row *r, norn_err *err) {
    norni_buf *b = &w->out.buf;
    size_t at = 0, point = 0;
    for (size_t k = 0; k < r->n; k++) {
        const norni_tweet_token *t = &r->token[k];
        point += count_points(r->text, at, t->at);
        const size_t length = count_points(r->text, t->at, t->at + t->n);
        norni_text_out_begin(w);
        norni_text_out_name(w, r->row);
        norni_buf_text(b, ",");
        norni_csv_text(b, (norni_str){r->text.p + t->at, t->n}, w->escape);
        norni_buf_format(b, ",%s,%zu,%zu", kind_name[t->kind], point, point + length);
        NORN_TRY(norni_text_out_end(w, err));
        point += length;
        at = (size_t)t->at + t->n;
    }
    return NORN_OK;
}

static norn_status put_tokens_json(norni_text_out *w, const token_row *r, norn_err *err) {
    norni_buf *b = &w->out.buf;
    norni_json j;
    norni_text_out_begin(w);
    norni_buf_text(b, "{\"row\":");
    norni_text_out_name(w, r->row);
    norni_buf_text(b, ",\"tokens\":");
    norni_json_init(&j, b);
    norni_json_open(&j, '[');
    for (size_t k = 0; k < r->n; k++)
        norni_json_str(&j, (norni_str){r->text.p + r->token[k].at, r->token[k].n});
    norni_json_close(&j, ']');
    norni_buf_text(b, ",\"kinds\":");
    norni_json_init(&j, b);
    norni_json_open(&j, '[');
    for (size_t k = 0; k < r->n; k++)
        norni_json_str(&j, norni_str_of(kind_name[r->token[k].kind]));
    norni_json_close(&j, ']');
    norni_buf_text(b, "}");
    return norni_text_out_end(w, err);
}

static norn_status cut_all(norni_text_out *w, const norn_alloc *alloc, norn_err *err) {
    norni_arena arena;
    norn_status st = NORN_OK;
    norni_arena_init(&arena, alloc);
    if (!w->json) {
        norni_csv_text(&w->out.buf, w->t->id ? w->t->id_name : norni_str_of("row"), w->escape);
        norni_buf_text(&w->out.buf, ",token,kind,start,end\n");
    }
    for (size_t i = 0; st == NORN_OK && i < w->t->n; i++) {
        token_row row = {.text = w->t->text[i], .row = i};
        norni_tweet_token *token;
        norni_arena_reset(&arena);
        st = norni_tweet_tokens(row.text, &arena, &token, &row.n, err);
        row.token = token;
        if (st == NORN_OK)
            st = w->json ? put_tokens_json(w, &row, err) : put_tokens_csv(w, &row, err);
    }
    norni_arena_clear(&arena);
    return st;
}

/* ---- byte pairs ---- */

static norn_status read_part(norn_ctx *ctx, const char *folder, const char *name, norni_buf *out,
                             norn_err *err) {
    enum { MOST = 64 << 20 };
    norn_err why = {NORN_OK, ""};
    char path[1024];
    norni_format(path, sizeof path, "%s/%s", folder, name);
    const norn_status st = norni_source_all(ctx, path, MOST, out, &why);
    return st == NORN_OK ? st : norn_fail(err, st, "--vocabulary: %s: %s", path, why.text);
}

static norn_status open_bpe(norn_ctx *ctx, const char *folder, norni_bpe **out, norn_err *err) {
    norni_buf vocab, merges;
    norn_err why = {NORN_OK, ""};
    norni_buf_init(&vocab, &ctx->alloc);
    norni_buf_init(&merges, &ctx->alloc);
    norn_status st = read_part(ctx, folder, "vocab.json", &vocab, err);
    if (st == NORN_OK) st = read_part(ctx, folder, "merges.txt", &merges, err);
    if (st == NORN_OK) {
        st = norni_bpe_make(&ctx->alloc, (norni_str){vocab.p, vocab.n},
                            (norni_str){merges.p, merges.n}, out, &why);
        if (st != NORN_OK)
            st = norn_fail(err, st == NORN_E_FORMAT ? NORN_E_ARG : st, "--vocabulary: %s: %s",
                           folder, why.text);
    }
    norni_buf_clear(&merges);
    norni_buf_clear(&vocab);
    return st;
}

static norn_status put_ids(norni_text_out *w, size_t i, const norni_bpe_ids *ids, norn_err *err) {
    norni_buf *b = &w->out.buf;
    norni_text_out_begin(w);
    if (w->json) norni_buf_text(b, "{\"row\":");
    norni_text_out_name(w, i);
    if (w->json)
        norni_buf_text(b, ",\"ids\":[");
    else
        norni_buf_format(b, ",%zu,", ids->n);
    for (size_t k = 0; k < ids->n; k++)
        norni_buf_format(b, "%s%d", k == 0 ? "" : w->json ? "," : " ", (int)ids->id[k]);
    if (w->json) norni_buf_text(b, "]}");
    return norni_text_out_end(w, err);
}

static norn_status encode_all(norni_text_out *w, norn_ctx *ctx, const norni_bpe *bpe,
                              norn_err *err) {
    norni_bpe_cache cache;
    norni_bpe_ids ids;
    norni_arena arena;
    norn_status st = NORN_OK;
    norni_bpe_cache_init(&cache, &ctx->alloc);
    norni_bpe_ids_init(&ids, &ctx->alloc);
    norni_arena_init(&arena, &ctx->alloc);
    if (!w->json) {
        norni_csv_text(&w->out.buf, w->t->id ? w->t->id_name : norni_str_of("row"), w->escape);
        norni_buf_text(&w->out.buf, ",n_tokens,ids\n");
    }
    for (size_t i = 0; st == NORN_OK && i < w->t->n; i++) {
        ids.n = 0;
        st = norni_bpe_encode(bpe, &cache, w->t->text[i], &arena, &ids, err);
        if (st == NORN_OK) st = put_ids(w, i, &ids, err);
    }
    norni_arena_clear(&arena);
    norni_bpe_ids_clear(&ids);
    norni_bpe_cache_clear(&cache);
    return st;
}

norn_status norni_text_tokenize(const norni_op_env *env, const norni_text_opt *opt,
                                const norni_texts *t, norni_op_result *out, norn_err *err) {
    norni_bpe *bpe = NULL;
    norni_text_out w;
    if (opt->vocabulary != NULL) NORN_TRY(open_bpe(env->ctx, opt->vocabulary, &bpe, err));
    norn_status st = norni_text_out_open(&w, env, opt, t, err);
    if (st == NORN_OK)
        st = bpe != NULL ? encode_all(&w, env->ctx, bpe, err) : cut_all(&w, &env->ctx->alloc, err);
    if (st == NORN_OK) st = norni_text_out_commit(&w, out->digest, err);
    norni_out_abort(&w.out);
    norni_bpe_free(bpe);
    return st;
}
