/* Sentences of a report, for its JSON and its markdown. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_NARRATIVE_H
#define NORNI_FINANCE_NARRATIVE_H

#include "finance/finance_findings.h"
#include "finance/finance_trends.h"

/* Where sentences go, one at a time. */
typedef struct norni_fin_listener {
    void (*take)(void *user, norni_str sentence);
    void *user;
} norni_fin_listener;
/* A sentence of at most 1023 bytes, as norni_format. */
void norni_fin_say(norni_fin_listener *l, const char *fmt, ...) NORN_PRINTF(2, 3);

/* Paragraphs, appended to `out`. */
void norni_fin_summary_text(norni_buf *out, const norni_fin_facts *f, const norni_fin_trends *t);
void norni_fin_story_text(norni_buf *out, const norni_fin_facts *f, const norni_fin_trends *t);
/* What is expected of revenue and profit, and how far that is to be trusted; empty without forecasts. */
void norni_fin_outlook_text(norni_buf *out, const norni_fin_facts *f, const norni_fin_trends *t);
/* "reliable", "fair" or "weak", of an accuracy_percentage; NULL of NaN. */
const char *norni_fin_trust(double accuracy);
/* Lists. */
void norni_fin_insights_tell(norni_fin_listener *l, const norni_fin_facts *f,
                             const norni_fin_trends *t);
/* What in the books does not fit: sums of the wrong sign, no equity left, profit that is not revenue less expenses. */
void norni_fin_doubts_tell(norni_fin_listener *l, const norni_fin_facts *f);
void norni_fin_advice_tell(norni_fin_listener *l, const norni_fin_facts *f,
                           const norni_fin_trends *t);

#endif
