/* How operations open a sentiment model: by name, or from a folder. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/sentiment_door.h"

#include <sys/stat.h>

#include "io/source.h"
#include "text/roberta.h"
#include "text/tweet_model.h"

enum { MOST_LEXICON = 16 << 20 };

static norn_status open_vader(const norni_op_env *env, const norni_sentiment_door_opt *opt,
                              norni_sentiment_model *out, norn_err *err) {
    norni_buf own;
    norn_err why = {NORN_OK, ""};
    norni_buf_init(&own, &env->ctx->alloc);
    norn_status st = NORN_OK;
    if (opt->lexicon != NULL) {
        st = norni_source_all(env->ctx, opt->lexicon, MOST_LEXICON, &own, &why);
        if (st != NORN_OK)
            st = norn_fail(err, st == NORN_E_MEM || st == NORN_E_CANCEL ? st : NORN_E_ARG,
                           "--lexicon: %s: %s", opt->lexicon, why.text);
    }
    if (st == NORN_OK) {
        st = norni_vader_model(&env->ctx->alloc, (norni_str){own.p, own.n}, out, &why);
        if (st == NORN_E_FORMAT)
            st = norn_fail(err, NORN_E_ARG, "--lexicon: %s: %s", opt->lexicon, why.text);
        else if (st != NORN_OK)
            st = norn_fail(err, st, "%s", why.text);
    }
    norni_buf_clear(&own);
    return st;
}

static bool is_named(const norni_sentiment_door_opt *opt) {
    return strcmp(opt->model, "default") == 0 || strcmp(opt->model, "vader") == 0;
}

const char *norni_sentiment_door_precision(const norni_sentiment_door_opt *opt) {
    static const char *const name[] = {"fp32", "int8", "bf16"};
    return is_named(opt) ? "" : name[opt->precision];
}

static bool is_folder(const char *path) {
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

static norn_status open_folder(const norni_op_env *env, const norni_sentiment_door_opt *opt,
                               norni_sentiment_model *out, norn_err *err) {
    const norni_roberta_opt how = {.precision = (norni_precision)opt->precision, .raw = opt->raw};
    norni_roberta *r = NULL;
    norn_err why = {NORN_OK, ""};
    if (opt->no_folders)
        return norn_fail(err, NORN_E_ARG,
                         "model: '%.60s' is neither default nor vader; a request names no folder",
                         opt->model);
    if (!is_folder(opt->model))
        return norn_fail(err, NORN_E_ARG,
                         "--model: '%.120s' is neither default nor vader nor a folder", opt->model);
    norn_status st = norni_roberta_open(env->ctx, opt->model, &how, &r, &why);
    if (st == NORN_OK) {
        st = norni_roberta_model(r, out, &why);
        if (st != NORN_OK) norni_roberta_free(r);
    }
    if (st == NORN_OK) return st;
    return norn_fail(err, st == NORN_E_FORMAT || st == NORN_E_DATA ? NORN_E_ARG : st, "--model: %s",
                     why.text);
}

norn_status norni_sentiment_door_open(const norni_op_env *env, const norni_sentiment_door_opt *opt,
                                      norni_sentiment_model *out, norn_err *err) {
    const bool vader = strcmp(opt->model, "vader") == 0;
    *out = (norni_sentiment_model){.name = NULL};
    if (opt->lexicon != NULL && !vader)
        return norn_fail(err, NORN_E_ARG, "--lexicon is VADER's: give --model vader with it");
    if (is_named(opt) && (opt->precision != 0 || opt->raw))
        return norn_fail(err, NORN_E_ARG, "--%s is a RoBERTa's: give --model DIR with it",
                         opt->raw ? "raw-text" : "precision");
    if (vader) return open_vader(env, opt, out, err);
    if (strcmp(opt->model, "default") == 0)
        return norni_tweet_model_default(&env->ctx->alloc, out, err);
    return open_folder(env, opt, out, err);
}
