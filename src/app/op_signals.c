/* The operation `signals`: tweets in, a signal for each of them, for every tag, for the market and for every hour out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/op_signals.h"

#include "app/failure.h"
#include "app/out_folder.h"
#include "app/outputs.h"
#include "app/signals_outputs.h"
#include "app/signals_stream.h"
#include "app/summary.h"

static norn_status check_outputs(const norni_op_env *env, const norni_signals_opt *o,
                                 norni_out_folder *made, norn_err *err) {
    const norni_common_opt *c = &o->common;
    const norni_output files[] = {
        {"--out", c->out}, {"--summary", c->summary}, {"--plot", c->plot}, {"--items", c->items}};
    const norni_output more[] = {{"--lexicon", o->sentiment.lexicon}};
    norni_inputs in = o->data, all;
    norni_arena arena;
    norn_status st = NORN_OK;
    norni_arena_init(&arena, &env->ctx->alloc);
    if (o->bytes == NULL && in.n > 0) st = norni_inputs_expand(&o->data, &arena, &in, err);
    if (st == NORN_OK) st = norni_inputs_join(&in, more, 1, &arena, &all, err);
    if (st == NORN_OK) st = norni_outputs_check(&all, files, 4, err);
    norni_arena_clear(&arena);
    if (st == NORN_OK && o->output != NULL) st = norni_out_folder_make(o->output, NULL, made, err);
    return st;
}

/* ---- what is told ---- */

/* What a place of the input is called: "tweets.csv, line 12". */
static void name_place(const norni_signals_run *r, const norni_tweet_example *e, char out[200]) {
    norni_format(out, 200, "%.120s, line %llu", norni_signals_input_name(r, e->file),
                 (unsigned long long)e->line);
}

static void say_refusals(const norni_signals_run *r) {
    const norni_tweets *t = &r->tweets;
    char place[200];
    for (size_t k = 0; k < NORNI_N_REFUSALS; k++) {
        if (t->refused[k] == 0) continue;
        name_place(r, &t->refused_first[k], place);
        norni_say(r->env, "left out, %s: %llu; the first: %s%s%s",
                  norni_tweet_refusal_name((norni_tweet_refusal)k),
                  (unsigned long long)t->refused[k], place, t->refused_first[k].what[0] ? ": " : "",
                  t->refused_first[k].what);
    }
    for (size_t k = 0; k < NORNI_N_FAULTS; k++) {
        if (t->fault[k] == 0 || k == NORNI_FAULT_NO_ID) continue;
        name_place(r, &t->fault_first[k], place);
        norni_say(r->env, "kept, with %s: %llu; the first: %s%s%s",
                  norni_tweet_fault_name((norni_tweet_fault)k), (unsigned long long)t->fault[k],
                  place, t->fault_first[k].what[0] ? ": " : "", t->fault_first[k].what);
    }
}

static void say_store(const norni_signals_run *r) {
    const norni_tweet_store_count *c = &r->stored;
    if (r->store == NULL) return;
    norni_say(r->env, "store: %llu tweets before, %llu added, %llu known already",
              (unsigned long long)c->n_before, (unsigned long long)c->n_added,
              (unsigned long long)c->n_known);
    if (c->torn_bytes > 0)
        norni_say(r->env, "store: %llu bytes of an append that was cut off are gone",
                  (unsigned long long)c->torn_bytes);
}

static double three(double x) {
    return (double)(int64_t)(x * 1000 + 0.5) / 1000;
}

static void say_end(const norni_signals_run *r, const norni_signal_stamp *stamp,
                    const norni_op_result *x, const norni_stopwatch *watch) {
    const double s = norni_stopwatch_seconds(watch);
    norni_buf b;
    norni_buf_init(&b, &r->env->ctx->alloc);
    norni_signals_tell(&r->aggregates, &r->signals, stamp, &b);
    if (!b.failed) norni_say_lines(r->env, (norni_str){b.p, b.n});
    norni_buf_clear(&b);
    say_refusals(r);
    say_store(r);
    if (r->plan.opt->output != NULL && r->plan.score.tfidf && r->plan.score.asof_every == 0)
        norni_say(r->env,
                  "terms were weighed by all tweets, later ones too: before a back-test of "
                  "signals_hourly.csv give --point-in-time hour or day");
    norni_say(r->env,
              "%zu tweets scored by %s: %g s in all, %g a second (reading %g s, scoring %g, "
              "aggregating %g); digest %s",
              r->tweets.n, r->model.name, three(s),
              s > 0 ? (double)(int64_t)((double)r->tweets.n / s) : 0, three(r->read_seconds),
              three(r->score_seconds), three(r->aggregate_seconds), x->digest);
}

/* ---- counts and failures ---- */

static void count(const norni_signals_run *r, norni_op_result *out) {
    const norni_tweets *t = &r->tweets;
    const uint64_t bad = norni_signals_bad_records(t);
    out->n_ok = t->n;
    out->n_failed = (size_t)bad;
    out->n_items = out->n_ok + out->n_failed;
    out->above_threshold = (double)bad > r->plan.opt->common.error_threshold * (double)out->n_items;
    norni_hash_text(r->aggregates.digest, out->digest);
    for (size_t k = 0; k <= NORNI_REFUSED_NO_TEXT && out->why[0] == '\0'; k++) {
        char place[200];
        if (t->refused[k] == 0) continue;
        name_place(r, &t->refused_first[k], place);
        norni_format(out->why, sizeof out->why, "%s: %s", place,
                     norni_tweet_refusal_name((norni_tweet_refusal)k));
    }
}

static norn_status list_failures(const norni_signals_run *r, norni_spool *failures, norn_err *err) {
    const norni_tweets *t = &r->tweets;
    norni_buf text;
    norni_buf_init(&text, &r->env->ctx->alloc);
    for (size_t k = 0; k <= NORNI_REFUSED_NO_TEXT; k++) {
        char place[200], message[256];
        if (t->refused[k] == 0) continue;
        name_place(r, &t->refused_first[k], place);
        norni_format(message, sizeof message, "%llu records; the first: %s",
                     (unsigned long long)t->refused[k],
                     t->refused_first[k].what[0]
                         ? t->refused_first[k].what
                         : norni_tweet_refusal_name((norni_tweet_refusal)k));
        const norni_outcome o = {.status = NORN_E_FORMAT, .attempts = 1, .message = message};
        norni_failure_json(norni_str_of(place),
                           norni_str_of(norni_tweet_refusal_name((norni_tweet_refusal)k)), NULL, &o,
                           &text);
    }
    norn_status st = text.failed ? norni_alloc_fail(err, "summary", text.cap, 2) : NORN_OK;
    if (st == NORN_OK && text.n > 0) st = norni_spool_add(failures, text.p, text.n, err);
    norni_buf_clear(&text);
    return st;
}

static void more_summary(norni_json *j, const void *arg) {
    const norni_signals_run *r = arg;
    const norni_tweets *t = &r->tweets;
    norni_json_key_str(j, "model", norni_str_of(r->model.name));
    norni_json_key_int(j, "n_records", (int64_t)t->n_read);
    norni_json_key(j, "refused");
    norni_json_open(j, '{');
    for (size_t k = 0; k < NORNI_N_REFUSALS; k++)
        norni_json_key_int(j, norni_tweet_refusal_name((norni_tweet_refusal)k),
                           (int64_t)t->refused[k]);
    norni_json_close(j, '}');
    norni_json_key(j, "faults");
    norni_json_open(j, '{');
    for (size_t k = 0; k < NORNI_N_FAULTS; k++)
        norni_json_key_int(j, norni_tweet_fault_name((norni_tweet_fault)k), (int64_t)t->fault[k]);
    norni_json_close(j, '}');
    if (r->store != NULL) norni_json_key_int(j, "stored", (int64_t)r->stored.n_added);
    norni_json_key_count(j, "n_hashtags", r->aggregates.n_groups);
    norni_json_key_num(j, "read_seconds", r->read_seconds);
    norni_json_key_num(j, "score_seconds", r->score_seconds);
    norni_json_key_num(j, "aggregate_seconds", r->aggregate_seconds);
}

static norn_status write_summary(const norni_signals_run *r, const norni_op_result *x,
                                 const norni_stopwatch *watch, norn_err *err) {
    const norni_common_opt *c = &r->plan.opt->common;
    norni_spool failures;
    if (c->summary == NULL) return NORN_OK;
    norni_spool_init(&failures, &r->env->ctx->alloc, (size_t)1 << 20);
    norn_status st = list_failures(r, &failures, err);
    const norni_summary s = {.operation = "signals",
                             .n_items = x->n_items,
                             .n_ok = x->n_ok,
                             .n_failed = x->n_failed,
                             .failures = &failures,
                             .digest = x->digest,
                             .out_path = c->out,
                             .budget = r->env->budget,
                             .watch = *watch,
                             .more = more_summary,
                             .more_arg = r};
    if (st == NORN_OK) st = norni_summary_write(r->env->ctx, &s, c->summary, err);
    norni_spool_clear(&failures);
    return st;
}

/* Each tag as an event, for who listens. */
static void tell_items(const norni_signals_run *r) {
    const norni_aggregates *a = &r->aggregates;
    norni_buf b;
    if (r->env->item == NULL) return;
    norni_buf_init(&b, &r->env->ctx->alloc);
    for (size_t g = 0; g < a->n_groups && !b.failed; g++) {
        norni_json j;
        b.n = 0;
        norni_json_init(&j, &b);
        norni_json_open(&j, '{');
        norni_json_key_str(&j, "id", a->group[g].tag);
        norni_json_key_str(&j, "status", norni_str_of("ok"));
        norni_json_key_str(&j, "model", norni_str_of(r->model.name));
        norni_json_key_num(&j, "signal_score", a->group[g].signal.mean);
        norni_json_key_num(&j, "confidence", a->group[g].confidence);
        norni_json_key_int(&j, "tweet_count", (int64_t)a->group[g].n);
        norni_json_close(&j, '}');
        if (!b.failed) r->env->item(r->env->hook_user, (norni_str){b.p, b.n});
    }
    norni_buf_clear(&b);
}

/* ---- the operation ---- */

static norn_status finish(norni_signals_run *r, const norni_stopwatch *watch, norni_op_result *out,
                          norn_err *err) {
    const norni_signals_opt *o = r->plan.opt;
    norni_signal_stamp stamp;
    count(r, out);
    tell_items(r);
    NORN_TRY(norni_signals_stamp_make(r, &stamp, err));
    if (o->output != NULL) NORN_TRY(norni_signals_folder_write(r, &stamp, err));
    if (o->common.plot != NULL) NORN_TRY(norni_signals_plot_write(r, &stamp, err));
    if (o->common.items != NULL) NORN_TRY(norni_signals_items_write(r, err));
    /* a folder has the report already: a terminal is spared its megabytes */
    if (o->output == NULL || strcmp(o->common.out, "-") != 0)
        NORN_TRY(norni_signals_out_write(r, &stamp, err));
    NORN_TRY(write_summary(r, out, watch, err));
    say_end(r, &stamp, out, watch);
    if (r->env->stage != NULL) r->env->stage(r->env->hook_user, "complete", 100);
    return NORN_OK;
}

norn_status norni_op_signals(const norni_op_env *env, const void *options, norni_op_result *out,
                             norn_err *err) {
    const norni_stopwatch watch = norni_stopwatch_start();
    const norni_signals_opt *opt = options;
    norni_out_folder made = {.folder = NULL};
    norni_signals_run run;
    NORN_TRY(check_outputs(env, opt, &made, err));
    if (opt->stream) return norni_signals_stream(env, opt, &watch, out, err);
    norn_status st = norni_signals_run_do(env, opt, &run, err);
    if (st == NORN_OK) st = finish(&run, &watch, out, err);
    out->input_failed = run.input_failed;
    norni_signals_run_clear(&run);
    if (st != NORN_OK) norni_out_folder_undo(&made);
    return st;
}
