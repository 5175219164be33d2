/* Texts of callers in memory: what a sentiment model says of each, and their TF-IDF weights. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/frame_sentiment.h"

#include "app/registry.h"
#include "app/text_plan.h"

/* The command reads and writes files, and works by times; here texts come and numbers go. */
static norn_status options_of(const char *op, const norni_frame_call *call, norni_arena *arena,
                              norni_text_opt *opt, norn_err *err) {
    NORN_TRY(norni_frame_options(op, call, arena, opt, sizeof *opt, err));
    const norni_common_opt *c = &opt->common;
    if (c->summary || c->config || strcmp(c->out, "-") != 0 || opt->text_col || opt->id_col ||
        opt->sheet || opt->terms || opt->point_in_time != 0)
        return norn_fail(err, NORN_E_ARG,
                         "text: out, summary, config, terms, point-in-time, text-col, id-col and "
                         "sheet are the command's");
    return NORN_OK;
}

norn_status norni_frame_sentiment(norn_ctx *ctx, const norni_frame_call *call,
                                  const norni_str *text, size_t n, norni_sentiment *out,
                                  norn_err *err) {
    const norni_op_env env = {.ctx = ctx, .models = norni_registry_models()};
    norni_sentiment_model model = {.name = NULL};
    norni_text_opt opt;
    norni_arena arena;
    norni_arena_init(&arena, &ctx->alloc);
    norn_status st = options_of("text-sentiment", call, &arena, &opt, err);
    if (st == NORN_OK) st = norni_sentiment_door_open(&env, &opt.sentiment, &model, err);
    if (st == NORN_OK) st = model.score(ctx, NULL, model.self, text, n, out, err);
    norni_sentiment_free(&model);
    norni_arena_clear(&arena);
    return st;
}

norn_status norni_frame_tfidf(norn_ctx *ctx, const norni_frame_call *call, const norni_str *text,
                              size_t n, norni_tfidf **out, norni_tfidf_rows *rows, norn_err *err) {
    norni_text_opt opt;
    norni_tfidf_opt how;
    norni_arena arena;
    *out = NULL;
    *rows = (norni_tfidf_rows){.alloc = &ctx->alloc};
    norni_arena_init(&arena, &ctx->alloc);
    norn_status st = options_of("text-tfidf", call, &arena, &opt, err);
    if (st == NORN_OK) st = norni_text_tfidf_plan(&opt, &how, err);
    if (st == NORN_OK) st = norni_tfidf_fit_transform(ctx, NULL, text, n, &how, out, rows, err);
    norni_arena_clear(&arena);
    return st;
}
