/* What the scoring of one tweet shares with the run over all of them; for signals_score*.c and their tests. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_SCORE_PARTS_H
#define NORNI_SIGNALS_SCORE_PARTS_H

#include "signals/signals_score.h"

enum { NORNI_TERM_SPAM = 1, NORNI_TERM_TECHNICAL = 2 };
/* Whether a term is one of the words that make a text advertising, or one of technical analysis. */
uint8_t norni_signal_term_kind(norni_str term);

/* total_engagement, the rates, the ratios and virality_score, from the counts that are known. */
void norni_signal_engage(const norni_tweet *tweet, norni_signal *s);
/* The top terms of a sparse row (n), and how many it has. */
void norni_signal_top_terms(const uint32_t *index, const double *value, size_t n, norni_signal *s);
/* From base, hits' counts and virality: keyword_boost, combined, mood. */
void norni_signal_combine(double keyword_boost_weight, norni_signal *s);
/* From density, terms, base and virality: quality, confidence, signal, label, interval. `kind` (all terms) may be NULL when there are none. */
void norni_signal_judge(const uint8_t *kind, bool is_empty, norni_signal *s);

#endif
