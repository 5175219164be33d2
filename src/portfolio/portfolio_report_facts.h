/* What a search's numbers mean for the one who trades: labels, verdicts, and the sections that text and page share. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_PORTFOLIO_REPORT_FACTS_H
#define NORNI_PORTFOLIO_REPORT_FACTS_H

#include "portfolio/portfolio_report.h"
#include "portfolio/portfolio_text_doc.h"
#include "portfolio/portfolio_text_values.h"

/* Bounds beyond the reference's win rate and gap. */
static const double norni_port_sure = 0.95; /* deflated Sharpe: the usual bar */
static const double norni_port_even = 0.5;  /* no better than a coin */
static const double norni_port_pbo_low = 0.2, norni_port_pbo_high = 0.4;

typedef enum norni_port_verdict {
    NORNI_PORT_CAUTION,
    NORNI_PORT_MODERATE,
    NORNI_PORT_ROBUST,
} norni_port_verdict;
norni_port_verdict norni_port_verdict_of(const norni_port_result *r);
/* "low", "moderate", "high"; "not known" of NaN. */
const char *norni_port_gap_label(double gap);
/* A sentence for each reason that holds the verdict down. */
enum { NORNI_PORT_DOUBTS = 17 };
size_t norni_port_doubts(const norni_port_result *r, const char *why[NORNI_PORT_DOUBTS]);
bool norni_port_is_ruined(const norni_port_best *b);                 /* in a test */
const norni_port_best *norni_port_first(const norni_port_result *r); /* NULL: there is none */
double norni_port_worst_drawdown(const norni_port_best *b);          /* of the tests; NaN */
bool norni_port_is_free(const norni_port_rule *rule);                /* no costs */

/* What each section writes goes to the doc; lack of memory shows there. */
typedef struct norni_port_tale {
    const norni_port_result *r;
    const norni_port_stamp *stamp;
    norni_port_doc *d;
} norni_port_tale;
/* What is held as a share of the equity, at most, by the targets: 1 where nothing is borrowed. */
double norni_port_leverage(const norni_port_config *c);
/* By the calendar: of all tests one after the other, and of a test window; NaN: not known. */
double norni_port_tests_years(const norni_port_result *r);
double norni_port_window_years(const norni_port_result *r);
/* So many years or more, but for a few days at the edges, are a year. */
static const double norni_port_whole_year = 0.98;
/* "growth above buying and holding" */
const char *norni_port_measure_words(norni_port_measure m);
/* Ranked by the trains: chosen in sample. */
bool norni_port_is_in_sample(const norni_port_result *r);
void norni_port_tell_head(const norni_port_tale *t);
void norni_port_tell_configuration(const norni_port_tale *t);
void norni_port_tell_performance(const norni_port_tale *t);
void norni_port_tell_risks(const norni_port_tale *t);
void norni_port_tell_practice(const norni_port_tale *t);
void norni_port_tell_robustness(const norni_port_tale *t);
void norni_port_tell_overfitting(const norni_port_tale *t);
void norni_port_tell_splits(const norni_port_tale *t);
void norni_port_tell_walk(const norni_port_tale *t);
void norni_port_tell_top(const norni_port_tale *t, size_t most);
void norni_port_tell_axis(const norni_port_tale *t, size_t axis);
void norni_port_tell_sensitivity(const norni_port_tale *t);
void norni_port_tell_median(const norni_port_tale *t);
void norni_port_tell_costs(const norni_port_tale *t);
void norni_port_tell_advice(const norni_port_tale *t);
void norni_port_tell_metrics(const norni_port_tale *t);
void norni_port_tell_windows(
    const norni_port_tale *t); /* the best one over the last train and test */
void norni_port_tell_events(const norni_port_tale *t, size_t most);
void norni_port_tell_notes(const norni_port_tale *t);
/* Bar of the prices at which a rebalance of the last test happened. */
size_t norni_port_event_bar(const norni_port_result *r, const norni_port_event *e);
/* "calendar_days" as "calendar days". */
void norni_port_put_axis(norni_buf *b, const char *name);
/* A name that may be very long, of at most so many characters. */
void norni_port_put_short(norni_buf *b, norni_str s, size_t most);

#endif
