/* Made-up tweets with made-up signals, aggregated for real: for tests of what a run of signals leaves. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_REPORT_MADE_H
#define TESTS_REPORT_MADE_H

#include "signals/signals_report.h"

typedef struct made_wish {
    size_t n;
    size_t n_tags;   /* of the plain tags tag0, tag1, ...; 0: 5 */
    bool hostile;    /* ids, names, texts, tags, terms and columns that try to break out */
    bool timeless;   /* no tweet has a time */
    bool extras;     /* two more columns, one of which has a name of ours */
    bool refused;    /* lines that were refused, tweets with faults */
    bool not_finite; /* NaN and infinity where a number stands */
    size_t hours;    /* that the tweets span; 0: 48 */
} made_wish;

typedef struct made_report {
    norn_ctx *ctx;
    norni_tweets t;
    norni_signals s;
    norni_aggregates a;
    norni_aggregate_opt opt;
    norni_signal_stamp stamp;
    norni_str tag[4];
} made_report;

/* Ends the test where it cannot. The same wish gives the same bytes. */
void made_make(made_report *m, const made_wish *w);
void made_clear(made_report *m);

#endif
