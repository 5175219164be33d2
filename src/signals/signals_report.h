/* What a run of signals leaves: signal_report.json, analyzed_tweets.csv, the hourly column, charts and the dashboard. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_REPORT_H
#define NORNI_SIGNALS_REPORT_H

#include "signals/signals_aggregate.h"

typedef struct norni_signal_stamp {
    norni_str when;       /* generated_at, ISO */
    norni_str input_file; /* names, parted by ", " */
    norni_str version;    /* Norn's */
    const norni_str *
        tag; /* (n_tags) asked for by --hashtags, in lower case without signs: the target charts and section */
    size_t n_tags;
    bool all_tags;
    size_t max_points; /* of a scatter: 5000; more are sampled by label, keyed by id */
    const norni_aggregate_opt *
        aggregate; /* what the report says of half-life, limits, intervals and seed; NULL: nothing */
    const norni_signal_opt *score; /* and of terms, keywords and engagement; NULL: nothing */
    norni_str model;               /* as it was asked for; this and what follows only with score */
    norni_str precision;           /* of the model; empty: it has none */
    bool lexicon;                  /* keywords or sentiment words of one's own were given */
    size_t sample;                 /* tweets drawn by the seed; 0: all */
    norni_str near_duplicates;     /* "mark", "drop" */
    int32_t near_bits;
} norni_signal_stamp;

/* signal_report.json: {metadata, overall_market, hashtags{}, summary} with the reference's names and more. */
NORN_CHECKED norn_status norni_signals_json(const norni_aggregates *a, const norni_signals *s,
                                            const norni_signal_stamp *stamp, norni_buf *out,
                                            norn_err *err);
/* analyzed_tweets.csv, tweets [from, to); the header too when from is 0. `escape`: cells that a spreadsheet would run get a '. */
NORN_CHECKED norn_status norni_signals_csv(const norni_signals *s, size_t from, size_t to,
                                           bool escape, norni_buf *out, norn_err *err);
/* One tweet as a JSON object of the same names (lists as lists), for streams, routes and Python. */
void norni_signals_row_json(const norni_signals *s, size_t i, norni_buf *out);
/* signals_hourly.csv: time (the bucket's END: what is known then), signal, signal_lo, signal_hi, confidence, n, n_eff, bullishness, agreement, volume_z of the market, then one column
 * signal_TAG for each tag (signal_tag_TAG for hi, lo and what begins with tag_: no two columns are alike in any case); empty where an hour has no valid tweet. `norn portfolio --signal` reads it. */
NORN_CHECKED norn_status norni_signals_hourly(const norni_aggregates *a, norni_buf *out,
                                              norn_err *err);
/* For people: a few lines on the market, the strongest tags, what was refused. */
void norni_signals_tell(const norni_aggregates *a, const norni_signals *s,
                        const norni_signal_stamp *stamp, norni_buf *out);

typedef enum norni_signal_chart { /* file names: signal_distribution.svg … */
                                  NORNI_CHART_SIGNAL_DISTRIBUTION,
                                  NORNI_CHART_SIGNAL_TIMELINE,
                                  NORNI_CHART_CONFIDENCE_COMPONENTS,
                                  NORNI_CHART_TARGET_SIGNAL_SCORES,
                                  NORNI_CHART_TARGET_SENTIMENT,
                                  NORNI_CHART_TARGET_VOLUME,
                                  NORNI_N_SIGNAL_CHARTS
} norni_signal_chart;
const char *norni_signal_chart_name(
    norni_signal_chart
        c); /* "signal_distribution" … "target_sentiment_distribution", "target_volume_confidence" */
NORN_CHECKED norn_status norni_signals_chart(const norni_aggregates *a, const norni_signals *s,
                                             const norni_signal_stamp *stamp,
                                             norni_signal_chart chart, norni_buf *svg,
                                             norn_err *err);
/* interactive_dashboard.html: one page of its own, 2x2 panes with hover, no network; a text-only reading holds every number. */
NORN_CHECKED norn_status norni_signals_html(const norni_aggregates *a, const norni_signals *s,
                                            const norni_signal_stamp *stamp, norni_buf *out,
                                            norn_err *err);

#endif
