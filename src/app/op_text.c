/* The operations `text sentiment`, `text tfidf` and `text tokenize`: the parts of signals alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/op_text.h"

#include "app/outputs.h"
#include "app/summary.h"
#include "app/text_jobs.h"

typedef norn_status (*text_fn)(const norni_op_env *env, const norni_text_opt *opt,
                               const norni_texts *t, norni_op_result *out, norn_err *err);

static norn_status check_outputs(const norni_op_env *env, const norni_text_opt *o, norn_err *err) {
    const norni_common_opt *c = &o->common;
    if (c->resume != NULL || c->items != NULL || c->plot != NULL)
        return norn_fail(err, NORN_E_ARG, "--%s: text has none; leave it out",
                         c->resume  ? "resume"
                         : c->items ? "items"
                                    : "plot");
    const norni_output files[] = {
        {"--out", c->out}, {"--summary", c->summary}, {"--terms", o->terms}};
    const norni_output more[] = {{"--lexicon", o->sentiment.lexicon}};
    const norni_inputs in = {&o->data, 1};
    norni_inputs all;
    norni_arena arena;
    norni_arena_init(&arena, &env->ctx->alloc);
    norn_status st = norni_inputs_join(&in, more, 1, &arena, &all, err);
    if (st == NORN_OK) st = norni_outputs_check(&all, files, 3, err);
    norni_arena_clear(&arena);
    return st;
}

static norn_status write_summary(const norni_op_env *env, const norni_text_opt *o,
                                 const char *operation, const norni_op_result *x,
                                 const norni_stopwatch *watch, norn_err *err) {
    norni_spool none;
    if (o->common.summary == NULL) return NORN_OK;
    norni_spool_init(&none, &env->ctx->alloc, 1024);
    const norni_summary s = {.operation = operation,
                             .n_items = x->n_items,
                             .n_ok = x->n_ok,
                             .failures = &none,
                             .digest = x->digest,
                             .out_path = o->common.out,
                             .budget = env->budget,
                             .watch = *watch};
    const norn_status st = norni_summary_write(env->ctx, &s, o->common.summary, err);
    norni_spool_clear(&none);
    return st;
}

static norn_status run(const norni_op_env *env, const norni_text_opt *o, const char *operation,
                       text_fn work, norni_op_result *out, norn_err *err) {
    const norni_stopwatch watch = norni_stopwatch_start();
    norni_texts texts;
    norni_arena arena;
    NORN_TRY(check_outputs(env, o, err));
    norni_arena_init(&arena, &env->ctx->alloc);
    norn_status st = norni_texts_read(env->ctx, o, &arena, &texts, err);
    out->input_failed =
        st == NORN_E_IO || st == NORN_E_FORMAT || st == NORN_E_DATA || st == NORN_E_LIMIT;
    if (st == NORN_OK && texts.guessed_lines)
        norni_say(env,
                  "read as plain lines, a text each; if the first is a header, name it: "
                  "--text-col NAME");
    if (st == NORN_OK && texts.n_mended > 0)
        norni_say(env, "%zu texts were not UTF-8: U+FFFD stands where bytes had no meaning",
                  texts.n_mended);
    if (st == NORN_OK) st = work(env, o, &texts, out, err);
    if (st == NORN_OK) {
        out->n_items = out->n_ok = texts.n;
        st = write_summary(env, o, operation, out, &watch, err);
    }
    if (st == NORN_OK) norni_say(env, "%zu texts; digest %s", texts.n, out->digest);
    norni_arena_clear(&arena);
    return st;
}

norn_status norni_op_text_sentiment(const norni_op_env *env, const void *opt, norni_op_result *out,
                                    norn_err *err) {
    return run(env, opt, "text-sentiment", norni_text_sentiment, out, err);
}

norn_status norni_op_text_tfidf(const norni_op_env *env, const void *opt, norni_op_result *out,
                                norn_err *err) {
    return run(env, opt, "text-tfidf", norni_text_tfidf, out, err);
}

norn_status norni_op_text_tokenize(const norni_op_env *env, const void *opt, norni_op_result *out,
                                   norn_err *err) {
    return run(env, opt, "text-tokenize", norni_text_tokenize, out, err);
}
