/* The formulas of one tweet: top terms, combined sentiment, content quality, confidence, signal, label and interval. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Names, weights and thresholds are the reference's. Where its text leaves a hole: a score of exactly 0.2 or -0.2 is HOLD and WEAK; a strength is NONE of IGNORE, WEAK up to 0.2,
 * STRONG from 0.5 on, else MODERATE. A top term is compared as a whole ("stop loss" is technical, "loss" is not). Without terms nothing is spam and nothing technical; the density of
 * finance words needs none. A text without a word has confidence 0, however far the tweet went. */
#include "signals/signals_score_parts.h"

#include <math.h>

uint8_t norni_signal_term_kind(norni_str term) {
    static const char *const spam[] = {"join",     "telegram", "dm",    "subscribe", "link",
                                       "whatsapp", "channel",  "click", "follow",    "free"};
    static const char *const technical[] = {"breakout", "breakdown", "support", "resistance",
                                            "target",   "stop loss", "levels",  "rsi",
                                            "macd",     "analysis",  "chart",   "pattern"};
    for (size_t k = 0; k < sizeof spam / sizeof spam[0]; k++)
        if (norni_str_is(term, spam[k])) return NORNI_TERM_SPAM;
    for (size_t k = 0; k < sizeof technical / sizeof technical[0]; k++)
        if (norni_str_is(term, technical[k])) return NORNI_TERM_TECHNICAL;
    return 0;
}

void norni_signal_top_terms(const uint32_t *index, const double *value, size_t n, norni_signal *s) {
    s->n_terms = s->n_features = 0;
    for (size_t k = 0; k < n; k++) {
        if (value[k] == 0) continue;
        s->n_features++;
        uint32_t at = s->n_terms;
        if (at == NORNI_SIGNAL_TERMS) {
            if (!(value[k] > s->term_score[at - 1])) continue; /* terms ascend: the first stays */
            at--;
        } else {
            s->n_terms++;
        }
        for (; at > 0 && value[k] > s->term_score[at - 1]; at--) {
            s->term[at] = s->term[at - 1];
            s->term_score[at] = s->term_score[at - 1];
        }
        s->term[at] = index[k];
        s->term_score[at] = value[k];
    }
}

static double clip(double x) {
    return x < -1 ? -1 : x > 1 ? 1 : x;
}

void norni_signal_combine(double keyword_boost_weight, norni_signal *s) {
    const double more = (double)s->n_bullish - (double)s->n_bearish;
    s->keyword_boost = clip(more / 3) * keyword_boost_weight;
    s->combined = clip(s->base.score + s->keyword_boost);
    s->mood = s->combined > 0.1    ? NORNI_MOOD_BULLISH
              : s->combined < -0.1 ? NORNI_MOOD_BEARISH
                                   : NORNI_MOOD_NEUTRAL;
}

static double quality_of(const uint8_t *kind, const norni_signal *s) {
    const double dense = 10 * s->finance_term_density;
    double quality = dense < 1 ? dense : 1;
    uint8_t seen = 0;
    for (uint32_t k = 0; k < s->n_terms; k++)
        seen |= kind[s->term[k]];
    if (seen & NORNI_TERM_SPAM) quality *= 0.3;
    if (seen & NORNI_TERM_TECHNICAL) quality = quality * 1.3 < 1 ? quality * 1.3 : 1;
    return quality;
}

static void label(norni_signal *s) {
    const double x = s->signal_score;
    if (s->confidence < 0.3) {
        s->label = NORNI_SIGNAL_IGNORE;
        s->strength = NORNI_STRENGTH_NONE;
        return;
    }
    s->label = x >= 0.5    ? NORNI_SIGNAL_STRONG_BUY
               : x > 0.2   ? NORNI_SIGNAL_BUY
               : x <= -0.5 ? NORNI_SIGNAL_STRONG_SELL
               : x < -0.2  ? NORNI_SIGNAL_SELL
                           : NORNI_SIGNAL_HOLD;
    s->strength = fabs(x) >= 0.5   ? NORNI_STRENGTH_STRONG
                  : fabs(x) <= 0.2 ? NORNI_STRENGTH_WEAK
                                   : NORNI_STRENGTH_MODERATE;
}

void norni_signal_judge(const uint8_t *kind, bool is_empty, norni_signal *s) {
    s->content_quality = quality_of(kind, s);
    s->confidence =
        is_empty ? 0
                 : 0.4 * s->content_quality + 0.3 * s->base_confidence + 0.3 * s->virality_score;
    s->base_signal = s->combined * (0.5 + 0.5 * s->virality_score);
    s->signal_score = s->base_signal * s->confidence;
    const double half = (1 - s->confidence) * 0.5;
    s->lo = clip(s->signal_score - half);
    s->hi = clip(s->signal_score + half);
    label(s);
}
