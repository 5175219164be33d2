/* Signals of callers in memory: tweets as columns, as lines of JSON or in files; records, columns, the report and the hours out. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A table goes the way of a file: its rows are written as lines of JSON and read as `norn signals` reads them, so that names, counts,
 * times and lists have one meaning. A line is a row, so that a tweet's line says where it stood. */
#include "app/frame_signals.h"

#include "app/out_folder.h"
#include "app/registry.h"
#include "app/signals_outputs.h"
#include "signals/signals_read_parts.h"

static const char *const lines_name[] = {"tweets"};

typedef struct signals_call {
    norn_ctx *ctx;
    const norni_frame_signals_call *call;
    norni_frame_signals_result *out;
    norni_buf text; /* of a table */
    norni_str bytes;
    bool held; /* the tweets are data or lines */
} signals_call;

static void see_progress(void *user, const norni_progress *p) {
    const norni_frame_call *const call = user;
    if (call->tally) atomic_store(&call->tally->n_done, p->n_done);
    if (call->n_expected) atomic_store(call->n_expected, p->n_total);
}

static norn_status check_options(const signals_call *c, norn_err *err) {
    const norni_signals_opt *o = &c->out->opt;
    const norni_common_opt *m = &o->common;
    if (m->summary || m->items || m->resume || m->plot || m->config || o->stream ||
        strcmp(m->out, "-") != 0)
        return norn_fail(err, NORN_E_ARG,
                         "signals: out, summary, items, resume, plot, config and stream are the "
                         "command's");
    if (o->store != NULL && (c->call->want & (NORNI_SIGNALS_RECORDS | NORNI_SIGNALS_COLUMNS)))
        return norn_fail(err, NORN_E_ARG,
                         "signals: a store's tweets are not the caller's: ask for the report or "
                         "the hours of a store");
    return NORN_OK;
}

/* Where the tweets come from, into the options. */
static norn_status take_tweets(signals_call *c, norn_err *err) {
    const norni_frame_signals_call *call = c->call;
    norni_signals_opt *o = &c->out->opt;
    o->unix_seconds = call->unix_seconds;
    c->held = call->frame.data != NULL || call->lists != NULL || call->lines.p != NULL;
    if (!c->held) {
        o->data = call->files;
        return NORN_OK;
    }
    c->bytes = call->lines;
    if (call->lines.p == NULL) {
        NORN_TRY(norni_frame_signals_lines(c->ctx, call->frame.data, call->lists, &c->text, err));
        c->bytes = (norni_str){c->text.p, c->text.n};
    }
    if (c->bytes.n == 0) return norn_fail(err, NORN_E_DATA, "signals: the table has no rows");
    o->input_format = NORNI_TWEETS_JSONL;
    o->bytes = &c->bytes;
    o->data = o->names = (norni_inputs){lines_name, 1};
    return NORN_OK;
}

/* ---- what goes out ---- */

static norn_status put_records(const signals_call *c, norn_err *err) {
    norni_buf *b = &c->out->records;
    norni_buf_text(b, "[");
    for (size_t i = 0; i < c->out->n && !b->failed; i++) {
        if (i > 0) norni_buf_text(b, ",");
        norni_signals_row_json(&c->out->run.signals, i, b);
        if (i % 64 == 0 && norn_ctx_cancelled(c->ctx))
            return norn_fail(err, NORN_E_CANCEL, "cancelled");
    }
    norni_buf_text(b, "]");
    return b->failed ? norni_alloc_fail(err, "signals", b->cap, 2) : NORN_OK;
}

static norn_status put_rows(const signals_call *c, norn_err *err) {
    norni_frame_signals_result *out = c->out;
    const norni_tweet *tweet = out->run.tweets.tweet;
    out->n = out->run.tweets.n;
    if (!c->held) return NORN_OK;
    out->row = norni_arena_get(&out->arena, out->n + 1, sizeof *out->row);
    if (out->row == NULL) return norni_alloc_fail(err, "signals", out->n, sizeof *out->row);
    for (size_t i = 0; i < out->n; i++)
        out->row[i] = (int64_t)tweet[i].line - 1;
    return NORN_OK;
}

static norn_status put_all(signals_call *c, norn_err *err) {
    norni_frame_signals_result *out = c->out;
    norni_signal_stamp stamp;
    const uint32_t want = c->call->want;
    NORN_TRY(put_rows(c, err));
    if (want & NORNI_SIGNALS_RECORDS) NORN_TRY(put_records(c, err));
    if (want & NORNI_SIGNALS_COLUMNS) NORN_TRY(norni_frame_signals_columns(c->call, out, err));
    NORN_TRY(norni_signals_stamp_make(&out->run, &stamp, err));
    if (want & NORNI_SIGNALS_REPORT)
        NORN_TRY(
            norni_signals_json(&out->run.aggregates, &out->run.signals, &stamp, &out->report, err));
    if (want & NORNI_SIGNALS_HOURS)
        NORN_TRY(norni_signals_hourly(&out->run.aggregates, &out->hours, err));
    if (out->opt.output != NULL) NORN_TRY(norni_signals_folder_write(&out->run, &stamp, err));
    return out->report.failed || out->hours.failed ? norni_alloc_fail(err, "signals", 1, 1)
                                                   : NORN_OK;
}

/* What was left out or mended, for people. */
static void say_counts(norni_frame_signals_result *out) {
    const norni_tweets *t = &out->run.tweets;
    for (size_t k = 0; k < NORNI_N_REFUSALS; k++) {
        if (t->refused[k] > 0)
            norni_buf_format(&out->said, "left out, %s: %llu; the first: row %llu%s%s\n",
                             norni_tweet_refusal_name((norni_tweet_refusal)k),
                             (unsigned long long)t->refused[k],
                             (unsigned long long)t->refused_first[k].line,
                             t->refused_first[k].what[0] ? ": " : "", t->refused_first[k].what);
    }
    for (size_t k = 0; k < NORNI_N_FAULTS; k++) {
        if (t->fault[k] > 0 && k != NORNI_FAULT_NO_ID)
            norni_buf_format(&out->said, "kept, with %s: %llu; the first: row %llu%s%s\n",
                             norni_tweet_fault_name((norni_tweet_fault)k),
                             (unsigned long long)t->fault[k],
                             (unsigned long long)t->fault_first[k].line,
                             t->fault_first[k].what[0] ? ": " : "", t->fault_first[k].what);
    }
}

static void keep_counts(norni_frame_signals_result *out) {
    const norni_tweets *t = &out->run.tweets;
    out->counts.n_ok = t->n;
    out->counts.n_failed = (size_t)norni_signals_bad_records(t);
    out->counts.n_items = out->counts.n_ok + out->counts.n_failed;
    norni_hash_text(out->run.aggregates.digest, out->counts.digest);
}

/* ---- the call ---- */

static norn_status work(signals_call *c, norn_err *err) {
    norni_frame_call hooked = c->call->frame;
    norni_frame_signals_result *out = c->out;
    norni_out_folder made = {.folder = NULL};
    const norni_op_env env = {.ctx = c->ctx,
                              .models = norni_registry_models(),
                              .say = norni_frame_say,
                              .say_user = &out->said,
                              .progress = see_progress,
                              .progress_user = &hooked};
    if (out->opt.output != NULL) NORN_TRY(norni_out_folder_make(out->opt.output, NULL, &made, err));
    norn_status st = norni_signals_run_do(&env, &out->opt, &out->run, err);
    out->counts.input_failed = out->run.input_failed;
    if (st == NORN_OK) {
        keep_counts(out);
        say_counts(out);
        st = put_all(c, err);
    }
    out->run.env = NULL; /* it ends here */
    if (st != NORN_OK) norni_out_folder_undo(&made);
    return st;
}

norn_status norni_frame_signals(norn_ctx *ctx, const norni_frame_signals_call *call,
                                norni_frame_signals_result *out, norn_err *err) {
    signals_call c = {.ctx = ctx, .call = call, .out = out};
    memset(out, 0, sizeof *out);
    norni_arena_init(&out->arena, &ctx->alloc);
    norni_buf_init(&out->records, &ctx->alloc);
    norni_buf_init(&out->report, &ctx->alloc);
    norni_buf_init(&out->hours, &ctx->alloc);
    norni_buf_init(&out->said, &ctx->alloc);
    norni_buf_init(&c.text, &ctx->alloc);
    norni_arena_init(&out->run.arena, &ctx->alloc);
    norni_tweets_init(&out->run.tweets, &ctx->alloc);
    norn_status st =
        norni_frame_options("signals", &call->frame, &out->arena, &out->opt, sizeof out->opt, err);
    if (st == NORN_OK) st = check_options(&c, err);
    if (st == NORN_OK) st = take_tweets(&c, err);
    if (st == NORN_OK) st = work(&c, err);
    norni_buf_clear(&c.text);
    return st;
}

void norni_frame_signals_clear(norni_frame_signals_result *r) {
    if (r->arena.alloc == NULL) return;
    norni_signals_run_clear(&r->run);
    norni_buf_clear(&r->records);
    norni_buf_clear(&r->report);
    norni_buf_clear(&r->hours);
    norni_buf_clear(&r->said);
    norni_arena_clear(&r->arena);
}

norn_status norni_frame_signals_names(norn_ctx *ctx, const norni_frame_call *call,
                                      const norni_str *name, size_t n, bool *means, norn_err *err) {
    norni_arena arena;
    norni_signals_opt opt;
    norni_arena_init(&arena, &ctx->alloc);
    const norn_status st = norni_frame_options("signals", call, &arena, &opt, sizeof opt, err);
    for (size_t i = 0; st == NORN_OK && i < n; i++) {
        const norni_tweets_read_opt read = {.text_col = opt.text_col,
                                            .id_col = opt.id_col,
                                            .time_col = opt.time_col,
                                            .user_col = opt.user_col};
        uint32_t rank;
        means[i] = norni_tweet_role_of(&read, name[i], &rank) < NORNI_N_ROLES ||
                   norni_str_is(name[i], "public_metrics") || norni_str_is(name[i], "entities");
    }
    norni_arena_clear(&arena);
    return st;
}
