/* Signals of a stream: a line of JSON for each tweet as soon as its own line is there. */
/* SPDX-License-Identifier: Apache-2.0 */
/* How the bytes come shows nowhere: a tweet's line depends on its own line alone, but for ids that came before. That is why there are
 * no terms and no near-duplicates: both would depend on which tweets happened to arrive together. */
#include "app/signals_stream.h"

#include "app/signals_run.h"
#include "base/hash.h"
#include "base/seen.h"
#include "io/source.h"
#include "io/writer.h"

enum { READ_BYTES = 256 << 10 };

typedef struct stream_run {
    const norni_op_env *env;
    norni_signals_plan plan;
    norni_arena arena;
    norni_sentiment_model model;
    norni_tweet_store *store;
    norni_source *in;
    norni_out out;
    norni_tweets tweets; /* of the piece at work; counts are of the whole stream */
    norni_buf pending;   /* what no whole record was yet */
    norni_seen seen;
    norn_err late; /* of the callback that cannot fail */
    norni_hash_stream digest;
    uint64_t n_ok;
} stream_run;

/* Whether an id came before, in the stream or in the store as it was opened; it has come from now on. */
static norni_tweet_past came_before(void *user, norni_str id) {
    stream_run *r = user;
    bool before = false;
    if (r->store != NULL && norni_tweet_store_had(r->store, id)) return NORNI_TWEET_STORED;
    if (norni_seen_add(&r->seen, norni_hash64(id.p, id.n) | 1, &before, &r->late) != NORN_OK)
        return NORNI_TWEET_NEW;
    return before ? NORNI_TWEET_CAME : NORNI_TWEET_NEW;
}

/* ---- one batch ---- */

static void put_rows(stream_run *r, const norni_signals *s) {
    norni_buf *b = &r->out.buf;
    for (size_t i = 0; i < s->tweets->n; i++) {
        const size_t from = b->n;
        norni_signals_row_json(s, i, b);
        norni_buf_text(b, "\n");
        if (!b->failed) norni_hash_stream_add(&r->digest, b->p + from, b->n - from);
    }
}

static uint64_t n_repeated(const norni_tweets *t, norni_tweet_refusal why) {
    return t->refused[why] - t->refused_before[why];
}

static norn_status store_batch(stream_run *r, const norni_tweets *t, norn_err *err) {
    norni_tweet_store_count count;
    if (r->store == NULL ||
        t->n + n_repeated(t, NORNI_REFUSED_STORED) + n_repeated(t, NORNI_REFUSED_DUPLICATE) == 0)
        return NORN_OK;
    return norni_tweet_store_add(r->store, t, norni_signals_moment(r->plan.opt), &count, err);
}

static norn_status score_batch(stream_run *r, norni_tweets *t, norn_err *err) {
    norn_ctx *ctx = r->env->ctx;
    norni_signals s;
    for (size_t i = 0; i < t->n; i++)
        t->tweet[i].twin = UINT32_MAX;
    memset(&s, 0, sizeof s);
    norn_status st = norni_signals_score(ctx, t, &r->model, &r->plan.score, NULL, NULL, &s, err);
    if (st == NORN_OK) put_rows(r, &s);
    norni_signals_clear(&s);
    if (st == NORN_OK && r->out.buf.failed)
        st = norni_alloc_fail(err, "--stream", r->out.buf.cap, 2);
    return st == NORN_OK ? norni_out_flush(&r->out, 0, err) : st;
}

static norn_status take_batch(stream_run *r, bool last, norn_err *err) {
    norn_ctx *ctx = r->env->ctx;
    const norni_str bytes = {r->pending.p, r->pending.n};
    norni_tweets *t = &r->tweets;
    size_t used = 0;
    norn_status st = norni_tweets_parse(ctx, bytes, last, &r->plan.read, t, &used, err);
    if (st == NORN_OK) st = norni_tweets_settle(ctx, &r->plan.read, t, err);
    if (st == NORN_OK && r->late.code != NORN_OK)
        st = norn_fail(err, r->late.code, "%s", r->late.text);
    if (st == NORN_OK) st = store_batch(r, t, err);
    if (st == NORN_OK && t->n > 0) st = score_batch(r, t, err);
    r->n_ok += t->n;
    norni_tweets_restart(t);
    if (st == NORN_OK && used > 0) {
        memmove(r->pending.p, r->pending.p + used, r->pending.n - used);
        r->pending.n -= used;
    }
    return st;
}

/* ---- the stream ---- */

static norn_status read_some(stream_run *r, bool *end, norn_err *err) {
    size_t got = 0;
    if (!norni_buf_reserve(&r->pending, READ_BYTES))
        return norni_alloc_fail(err, "--stream", r->pending.n, 2);
    NORN_TRY(norni_source_read(r->in, r->pending.p + r->pending.n, READ_BYTES, &got, err));
    r->pending.n += got;
    *end = got == 0;
    return NORN_OK;
}

static norn_status pass_all(stream_run *r, norn_err *err) {
    for (bool end = false; !end;) {
        NORN_TRY(read_some(r, &end, err));
        if (r->pending.n > 0) NORN_TRY(take_batch(r, end, err));
    }
    return norni_out_commit(&r->out, err);
}

static norn_status open_all(stream_run *r, const norni_signals_opt *opt, norn_err *err) {
    /* few bytes are kept of a pipe: what has come is to be told, not to be waited behind */
    const norni_source_opt how = {.sheet = opt->sheet, .keep_bytes = 8};
    norn_ctx *ctx = r->env->ctx;
    NORN_TRY(norni_signals_plan_make(opt, &r->arena, &r->plan, err));
    r->plan.read.known = came_before;
    r->plan.read.user = r;
    NORN_TRY(norni_sentiment_door_open(r->env, &opt->sentiment, &r->model, err));
    if (opt->store != NULL) NORN_TRY(norni_tweet_store_open(ctx, opt->store, &r->store, err));
    NORN_TRY(norni_source_open(ctx, opt->data.n > 0 ? opt->data.path[0] : "-", &how, &r->in, err));
    return norni_out_open(&r->out, &ctx->alloc, opt->common.out, err);
}

static void close_all(stream_run *r) {
    norni_out_abort(&r->out);
    norni_source_close(r->in);
    norni_tweet_store_close(r->store);
    norni_sentiment_free(&r->model);
    norni_seen_clear(&r->seen);
    norni_tweets_clear(&r->tweets);
    norni_buf_clear(&r->pending);
    norni_arena_clear(&r->arena);
}

/* ---- how it ended ---- */

static norn_status tell(const stream_run *r, const norni_stopwatch *watch, norni_op_result *out,
                        norn_err *err) {
    uint64_t bad = 0;
    const norni_common_opt *c = &r->plan.opt->common;
    for (size_t k = 0; k <= NORNI_REFUSED_NO_TEXT; k++)
        bad += r->tweets.refused[k];
    out->n_ok = (size_t)r->n_ok;
    out->n_failed = (size_t)bad;
    out->n_items = out->n_ok + out->n_failed;
    out->above_threshold = (double)bad > c->error_threshold * (double)out->n_items;
    norni_hash_text(norni_hash_stream_get(&r->digest), out->digest);
    for (size_t k = 0; k < NORNI_N_REFUSALS; k++) {
        if (r->tweets.refused[k] > 0)
            norni_say(r->env, "left out, %s: %llu; the first: line %llu%s%s",
                      norni_tweet_refusal_name((norni_tweet_refusal)k),
                      (unsigned long long)r->tweets.refused[k],
                      (unsigned long long)r->tweets.refused_first[k].line,
                      r->tweets.refused_first[k].what[0] ? ": " : "",
                      r->tweets.refused_first[k].what);
    }
    norni_say(r->env,
              "%zu tweets scored by %s, without terms: spam and technical words count in a whole "
              "file alone; digest %s",
              out->n_ok, r->model.name, out->digest);
    if (c->summary == NULL) return NORN_OK;
    norni_spool none;
    norni_spool_init(&none, &r->env->ctx->alloc, 1024);
    const norni_summary s = {.operation = "signals",
                             .n_items = out->n_items,
                             .n_ok = out->n_ok,
                             .n_failed = out->n_failed,
                             .failures = &none,
                             .digest = out->digest,
                             .out_path = c->out,
                             .budget = r->env->budget,
                             .watch = *watch};
    const norn_status st = norni_summary_write(r->env->ctx, &s, c->summary, err);
    norni_spool_clear(&none);
    return st;
}

norn_status norni_signals_stream(const norni_op_env *env, const norni_signals_opt *opt,
                                 const norni_stopwatch *watch, norni_op_result *out,
                                 norn_err *err) {
    stream_run r = {.env = env, .out = {.fd = -1}};
    norni_arena_init(&r.arena, &env->ctx->alloc);
    norni_tweets_init(&r.tweets, &env->ctx->alloc);
    norni_buf_init(&r.pending, &env->ctx->alloc);
    norni_seen_init(&r.seen, &env->ctx->alloc);
    norni_hash_stream_init(&r.digest);
    norn_status st = open_all(&r, opt, err);
    if (st == NORN_OK) st = pass_all(&r, err);
    out->input_failed = st == NORN_E_FORMAT || st == NORN_E_DATA || st == NORN_E_LIMIT ||
                        (st == NORN_E_IO && !r.in);
    if (st == NORN_OK) st = tell(&r, watch, out, err);
    close_all(&r);
    return st;
}
