/* Pieces of the signals' reports: numbers in words, the recommendation and its warnings, tags asked for, samples. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_REPORT_PARTS_H
#define NORNI_SIGNALS_REPORT_PARTS_H

#include "plot/pane.h"
#include "signals/signals_report.h"

enum { NORNI_SIGNAL_WORD = 40, NORNI_SIGNAL_WARNING = 224, NORNI_SIGNAL_WARNINGS = 12 };

/* What one report is made of; the arena serves it alone. */
typedef struct norni_signal_page {
    const norni_aggregates *a;
    const norni_signals *s;
    const norni_signal_stamp *stamp;
    norni_arena *arena;
    norn_err *err;
} norni_signal_page;

/* ---- signals_tell_values.c ---- */
/* x with so many decimals, groups of thousands parted by commas, "-" where it is not finite; `plus`: with its sign. Returns out. */
const char *norni_signals_fixed(double x, int decimals, bool plus, char out[NORNI_SIGNAL_WORD]);
const char *norni_signals_count(uint64_t n, char out[NORNI_SIGNAL_WORD]);
const char *norni_signals_share(double share, char out[NORNI_SIGNAL_WORD]); /* "44.3 %" */
/* "+0.012 to +0.150", or "-" where it is unknown. */
const char *norni_signals_range(double lo, double hi, char out[2 * NORNI_SIGNAL_WORD]);
static inline double norni_signals_ratio(uint64_t part, uint64_t of) {
    return of > 0 ? (double)part / (double)of : 0;
}
double norni_signals_level(const norni_signal_stamp *stamp);   /* of intervals: 0.95 */
double norni_signals_percent(const norni_signal_stamp *stamp); /* the same as 95 */
uint64_t norni_signals_refused(const norni_tweets *t);
/* Index of the group of that tag, or n_groups. */
size_t norni_signals_group(const norni_aggregates *a, norni_str tag);
/* The tags with the largest and the least signal: above 0, below 0; n_groups where there is none. */
size_t norni_signals_strongest(const norni_aggregates *a, bool bullish);
/* The groups that the target charts and tables show, at most `most`: those asked for in their order, else all by rank
 * (all_tags), else those with most tweets. Returns how many; *missing: asked for, but without a group. */
size_t norni_signals_targets(const norni_aggregates *a, const norni_signal_stamp *stamp, size_t *at,
                             size_t most, size_t *missing);

/* ---- signals_tell_words.c ---- */
typedef struct norni_signal_words {
    const char *direction;      /* BULLISH, NEUTRAL, BEARISH: beyond +-0.2 */
    const char *recommendation; /* what the signal says, in one sentence */
    size_t n;
    char warning[NORNI_SIGNAL_WARNINGS][NORNI_SIGNAL_WARNING];
} norni_signal_words;
void norni_signals_words(const norni_aggregates *a, const norni_signals *s,
                         const norni_signal_stamp *stamp, norni_signal_words *out);
extern const char norni_signals_no_advice[];
/* Of a hashtag, for people: its label; but no side of few opinions (an effective size or clusters below min_effective), or where its interval has 0 in it or is not known. */
const char *norni_signals_verdict(const norni_signal_group *g, const norni_signal_stamp *stamp);

/* ---- signals_charts_sample.c ---- */
/* Rows of at most `most` tweets, ascending, in *row (arena): of each label its share (largest remainders, at least one of
 * each), and of a label those whose key, a hash of the id, is least. The same rows at any worker count and order of calls. */
NORN_CHECKED norn_status norni_signals_chart_rows(const norni_signals *s, size_t most,
                                                  norni_arena *arena, size_t **row, size_t *n,
                                                  norn_err *err);

/* ---- signals_charts_spans.c: what a chart over time shows ---- */
typedef struct norni_signal_spans {
    const char *unit; /* "hour", "day", "week" */
    size_t n;
    const norni_signal_bucket *span; /* (n) ascending; an empty one has n 0 */
} norni_signal_spans;
/* The market's hours; of more than 1000 the days, of more than 1000 days the weeks from Monday (UTC), empty ones left out but for
 * one in each gap. Signal, bullishness and ends of the interval of such a span are means of its hours weighted by n_eff,
 * the confidence one by valid tweets. */
NORN_CHECKED norn_status norni_signals_spans(const norni_signal_page *p, norni_signal_spans *out);

/* ---- signals_charts_panes.c: panels that charts and dashboard share; names and arrays live in the page's arena ---- */
NORN_CHECKED norn_status norni_signals_pane_scores(const norni_signal_page *p, norni_pane *out);
NORN_CHECKED norn_status norni_signals_pane_labels(const norni_signal_page *p, norni_pane *out);
NORN_CHECKED norn_status norni_signals_pane_confidence(const norni_signal_page *p, norni_pane *out);
NORN_CHECKED norn_status norni_signals_pane_cloud(const norni_signal_page *p, size_t most,
                                                  norni_pane *out);
NORN_CHECKED norn_status norni_signals_pane_hours(const norni_signal_page *p, norni_pane *out);
/* A text of the arena. */
NORN_CHECKED norn_status norni_signals_keep(const norni_signal_page *p, const char *text,
                                            norni_str *out);
NORN_CHECKED norn_status norni_signals_no_memory(const norni_signal_page *p, size_t n);
double *norni_signals_numbers(const norni_signal_page *p, size_t n, size_t lists);

#endif
