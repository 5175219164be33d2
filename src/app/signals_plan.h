/* The options of `norn signals`, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_PLAN_H
#define NORNI_SIGNALS_PLAN_H

#include "app/common.h"
#include "app/sentiment_door.h"
#include "signals/signals_read.h"
#include "signals/signals_report.h"

typedef struct norni_signals_opt {
    norni_common_opt common;
    norni_inputs data;
    /* what is asked */
    const char *hashtags;
    bool all_hashtags, stream;
    int32_t sample, max_points;
    const char *output, *store;
    /* how a tweet is scored */
    norni_sentiment_door_opt sentiment;
    double keyword_boost_weight;
    bool include_engagement, include_tfidf, calculate_signals;
    int32_t point_in_time;
    /* how signals are put together */
    int32_t min_tweets, bootstrap;
    double min_effective;
    double min_confidence, interval_level, half_life, author_cap;
    bool engagement_weight;
    /* tweets */
    const char *text_col, *id_col, *time_col, *user_col, *delimiter, *sheet;
    int32_t input_format, near_duplicates, near_bits;
    /* Of a server or a library alone, no flags. */
    const norni_str *bytes; /* (data.n) what stands in the files, where it is in memory; or NULL */
    norni_inputs names;     /* of the files, for messages and metadata; n 0: their paths */
    int64_t unix_seconds;   /* 0: now */
} norni_signals_opt;

enum { NORNI_TERMS_ALL, NORNI_TERMS_HOUR, NORNI_TERMS_DAY }; /* point_in_time */

extern const norni_param norni_signals_rows[];
extern const size_t norni_n_signals_rows;
extern const norni_param norni_signals_weight_rows[];
extern const size_t norni_n_signals_weight_rows;
extern const norni_param norni_signals_input_rows[];
extern const size_t norni_n_signals_input_rows;
/* The common rows that mean nothing here, for norni_op. */
#define NORNI_SIGNALS_UNLISTED "|resume|chunk-size|retry-attempts|cache|"

typedef struct norni_signals_plan {
    const norni_signals_opt *opt;
    norni_tweets_read_opt read;
    norni_signal_opt score;
    norni_aggregate_opt aggregate;
    norni_str *tag; /* (n_tags) of --hashtags, in lower case without signs, each once */
    size_t n_tags;
    int32_t format; /* json: the report; csv: the table of tweets */
} norni_signals_plan;

/* Lives in the arena; the options outlive it. NORN_E_ARG names the flag. */
NORN_CHECKED norn_status norni_signals_plan_make(const norni_signals_opt *opt, norni_arena *arena,
                                                 norni_signals_plan *plan, norn_err *err);

#endif
