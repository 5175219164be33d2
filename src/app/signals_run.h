/* A run of signals from files to aggregates: read, store, sample, score, aggregate. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_RUN_H
#define NORNI_SIGNALS_RUN_H

#include "app/signals_plan.h"
#include "signals/signals_store.h"

/* Everything that a run made; clear it in any case. */
typedef struct norni_signals_run {
    const norni_op_env *env;
    norni_signals_plan plan;
    norni_arena arena;
    norni_inputs in; /* files, patterns expanded; behind them the store's */
    norni_str names; /* of the input, for metadata */
    norni_tweets tweets;
    norni_sentiment_model model;
    norni_tweet_store *store; /* or NULL */
    norni_tweet_store_count stored;
    uint64_t n_sampled_from; /* tweets before --sample; 0: it was not asked for */
    norni_signals signals;
    norni_aggregates aggregates;
    norni_tally tally;
    double read_seconds, score_seconds, aggregate_seconds;
    bool input_failed;
} norni_signals_run;

/* The options outlive the run. */
NORN_CHECKED norn_status norni_signals_run_do(const norni_op_env *env, const norni_signals_opt *opt,
                                              norni_signals_run *out, norn_err *err);
void norni_signals_run_clear(norni_signals_run *r);
/* Seconds since 1970 of this moment, SOURCE_DATE_EPOCH (reproducible-builds.org), or what a face says. */
int64_t norni_signals_moment(const norni_signals_opt *o);
/* Records that gave no tweet although they should have: not those that came before. */
uint64_t norni_signals_bad_records(const norni_tweets *t);
/* "bench.csv", or the path's last part: what messages call input i. */
const char *norni_signals_input_name(const norni_signals_run *r, size_t i);

#endif
