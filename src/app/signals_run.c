/* A run of signals from files to aggregates: read, store, sample, score, aggregate. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/signals_run.h"

#include <stdlib.h>
#include <time.h>

#include "app/signals_sample.h"
#include "base/clock.h"
#include "base/numtext.h"
#include "data/calendar.h"
#include "io/source.h"

static void see_stage(void *user, const char *stage, int32_t percent) {
    const norni_signals_run *r = user;
    if (r->env->stage != NULL) r->env->stage(r->env->hook_user, stage, percent);
}

int64_t norni_signals_moment(const norni_signals_opt *o) {
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    int64_t now = o->unix_seconds;
    if (now == 0 && (fixed == NULL || norni_int_parse(fixed, strlen(fixed), &now) != NORNI_NUM_OK))
        now = (int64_t)time(NULL);
    return now < 0 || now > NORNI_TIME_MAX / NORNI_US_SECOND ? 0 : now;
}

uint64_t norni_signals_bad_records(const norni_tweets *t) {
    return t->refused[NORNI_REFUSED_SYNTAX] + t->refused[NORNI_REFUSED_LONG] +
           t->refused[NORNI_REFUSED_NO_TEXT];
}

const char *norni_signals_input_name(const norni_signals_run *r, size_t i) {
    const norni_signals_opt *o = r->plan.opt;
    if (i >= r->in.n) return "the store";
    if (o->names.n == r->in.n) return o->names.path[i];
    const char *path = r->in.path[i], *slash = strrchr(path, '/');
    return strcmp(path, "-") == 0 ? "standard input" : slash ? slash + 1 : path;
}

/* ---- reading ---- */

static norn_status read_source(norni_signals_run *r, size_t i, norni_tweets *out, norn_err *err) {
    const norni_signals_opt *o = r->plan.opt;
    const norni_source_opt opt = {.sheet = o->sheet};
    norn_ctx *ctx = r->env->ctx;
    norni_source *in = NULL;
    norn_err why = {NORN_OK, ""};
    const bool held = o->bytes != NULL && o->bytes[i].p != NULL;
    norn_status st = held ? norni_source_bytes(ctx, o->bytes[i].p, o->bytes[i].n, &opt, &in, &why)
                          : norni_source_open(ctx, r->in.path[i], &opt, &in, &why);
    if (st == NORN_OK) st = norni_tweets_read(ctx, in, (uint32_t)i, &r->plan.read, out, &why);
    norni_source_close(in);
    if (st == NORN_OK) return st;
    if (r->in.n > 1) return norn_fail(err, st, "%s: %s", norni_signals_input_name(r, i), why.text);
    return norn_fail(err, st, "%s", why.text);
}

static norni_tweet_past is_stored(void *user, norni_str id) {
    const norni_signals_run *r = user;
    return norni_tweet_store_has(r->store, id) ? NORNI_TWEET_STORED : NORNI_TWEET_NEW;
}

static bool is_parquet(const char *path) {
    const size_t n = strlen(path);
    return n > 8 && norni_str_is_nocase((norni_str){path + n - 8, 8}, ".parquet");
}

/* What is wrong here is the input's fault; what a store or a disk refuses is not. */
static norn_status read_inputs(norni_signals_run *r, norni_tweets *out, norn_err *err) {
    norn_status st = NORN_OK;
    for (size_t i = 0; st == NORN_OK && i < r->in.n; i++) {
        if (is_parquet(r->in.path[i]))
            st = norn_fail(err, NORN_E_FORMAT,
                           "%s: Parquet is read by Python: norn.analyze_tweets(\"%s\")",
                           norni_signals_input_name(r, i), norni_signals_input_name(r, i));
        else
            st = read_source(r, i, out, err);
    }
    r->input_failed =
        st == NORN_E_IO || st == NORN_E_FORMAT || st == NORN_E_DATA || st == NORN_E_LIMIT;
    return st == NORN_OK ? norni_tweets_settle(r->env->ctx, &r->plan.read, out, err) : st;
}

/* What the input's records came to, told beside the store's tweets. */
static void carry_counts(const norni_tweets *from, norni_tweets *to) {
    for (size_t k = 0; k < NORNI_N_REFUSALS; k++) {
        if (to->refused[k] == 0) to->refused_first[k] = from->refused_first[k];
        to->refused[k] += from->refused[k];
        to->n_read += from->refused[k];
    }
    to->n_bytes += from->n_bytes;
}

static norn_status read_store(norni_signals_run *r, norn_err *err) {
    const norni_source_opt opt = {.sheet = NULL};
    norni_tweets_read_opt read = norni_tweets_read_opt_default();
    norni_source *in = NULL;
    norn_ctx *ctx = r->env->ctx;
    read.format = NORNI_TWEETS_JSONL;
    read.drop_near = r->plan.read.drop_near;
    read.near_bits = r->plan.read.near_bits;
    NORN_TRY(norni_source_open(ctx, norni_tweet_store_path(r->store), &opt, &in, err));
    norn_status st = norni_tweets_read(ctx, in, (uint32_t)r->in.n, &read, &r->tweets, err);
    norni_source_close(in);
    if (st == NORN_OK) st = norni_tweets_settle(ctx, &read, &r->tweets, err);
    return st;
}

/* The new tweets go into the store, then all that it holds is read. */
static norn_status pass_store(norni_signals_run *r, norn_err *err) {
    const norni_signals_opt *o = r->plan.opt;
    norni_tweets fresh;
    NORN_TRY(norni_tweet_store_open(r->env->ctx, o->store, &r->store, err));
    r->plan.read.known = is_stored;
    r->plan.read.user = r;
    norni_tweets_init(&fresh, &r->env->ctx->alloc);
    norn_status st = read_inputs(r, &fresh, err);
    if (st == NORN_OK)
        st = norni_tweet_store_add(r->store, &fresh, norni_signals_moment(o), &r->stored, err);
    if (st == NORN_OK) st = read_store(r, err);
    carry_counts(&fresh, &r->tweets);
    norni_tweets_clear(&fresh);
    return st;
}

static norn_status check_any(const norni_signals_run *r, norn_err *err) {
    const norni_tweets *t = &r->tweets;
    char why[200] = "";
    size_t n = 0;
    if (t->n > 0) return NORN_OK;
    for (size_t k = 0; k < NORNI_N_REFUSALS && n + 40 < sizeof why; k++) {
        if (t->refused[k] > 0)
            n += norni_format(why + n, sizeof why - n, "%s%s %llu", n ? ", " : ": ",
                              norni_tweet_refusal_name((norni_tweet_refusal)k),
                              (unsigned long long)t->refused[k]);
    }
    return norn_fail(err, NORN_E_DATA, "not one tweet in the input: %llu records read%s",
                     (unsigned long long)t->n_read, why);
}

static norn_status read_all(norni_signals_run *r, norn_err *err) {
    const norni_signals_opt *o = r->plan.opt;
    if (o->data.n == 0 && o->store == NULL)
        return norn_fail(err, NORN_E_ARG, "TWEETS is missing: a file, or --store DIR");
    r->in = o->data;
    if (o->bytes == NULL && o->data.n > 0)
        NORN_TRY(norni_inputs_expand(&o->data, &r->arena, &r->in, err));
    NORN_TRY(o->store != NULL ? pass_store(r, err) : read_inputs(r, &r->tweets, err));
    r->input_failed = r->tweets.n == 0;
    NORN_TRY(check_any(r, err));
    r->n_sampled_from = o->sample > 0 ? r->tweets.n : 0;
    return norni_signals_sample(&r->tweets, (size_t)o->sample, (uint64_t)(uint32_t)o->common.seed,
                                err);
}

static norn_status name_inputs(norni_signals_run *r, norn_err *err) {
    norni_buf b;
    norni_buf_init(&b, &r->env->ctx->alloc);
    for (size_t i = 0; i < r->in.n; i++) {
        if (i > 0) norni_buf_text(&b, ", ");
        norni_buf_text(&b, norni_signals_input_name(r, i));
    }
    if (r->in.n == 0) norni_buf_text(&b, r->plan.opt->store);
    r->names = (norni_str){b.failed ? NULL : norni_arena_text(&r->arena, b.p, b.n), b.n};
    const size_t cap = b.cap;
    norni_buf_clear(&b);
    return r->names.p != NULL ? NORN_OK : norni_alloc_fail(err, "signals", cap, 2);
}

/* ---- the whole ---- */

static double since(int64_t begun) {
    return (double)(norni_clock_ns() - begun) * 1e-9;
}

static norn_status score(norni_signals_run *r, norn_err *err) {
    norni_reporter reporter;
    const norni_op_env *env = r->env;
    norni_tally_init(&r->tally);
    norni_reporter_start(&reporter, env->progress, env->progress_user, &r->tally, r->tweets.n);
    const norn_status st = norni_signals_score(env->ctx, &r->tweets, &r->model, &r->plan.score,
                                               see_stage, r, &r->signals, err);
    norni_reporter_stop(&reporter);
    return st;
}

static norn_status run(norni_signals_run *r, const norni_signals_opt *opt, norn_err *err) {
    NORN_TRY(norni_signals_plan_make(opt, &r->arena, &r->plan, err));
    NORN_TRY(norni_sentiment_door_open(r->env, &opt->sentiment, &r->model, err));
    int64_t begun = norni_clock_ns();
    see_stage(r, "reading", 0);
    NORN_TRY(read_all(r, err));
    NORN_TRY(name_inputs(r, err));
    r->read_seconds = since(begun);
    begun = norni_clock_ns();
    NORN_TRY(score(r, err));
    r->score_seconds = since(begun);
    begun = norni_clock_ns();
    see_stage(r, "aggregating", 80);
    NORN_TRY(
        norni_signals_aggregate(r->env->ctx, &r->signals, &r->plan.aggregate, &r->aggregates, err));
    r->aggregate_seconds = since(begun);
    see_stage(r, "reports", 90);
    return NORN_OK;
}

norn_status norni_signals_run_do(const norni_op_env *env, const norni_signals_opt *opt,
                                 norni_signals_run *out, norn_err *err) {
    memset(out, 0, sizeof *out);
    out->env = env;
    norni_arena_init(&out->arena, &env->ctx->alloc);
    norni_tweets_init(&out->tweets, &env->ctx->alloc);
    return run(out, opt, err);
}

void norni_signals_run_clear(norni_signals_run *r) {
    norni_aggregates_clear(&r->aggregates);
    norni_signals_clear(&r->signals);
    norni_tweets_clear(&r->tweets);
    norni_tweet_store_close(r->store);
    norni_sentiment_free(&r->model);
    norni_arena_clear(&r->arena);
}
