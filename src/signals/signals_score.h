/* The signal of one tweet: sentiment, keywords, engagement, terms, confidence, label and interval. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_SCORE_H
#define NORNI_SIGNALS_SCORE_H

#include "par/pool.h"
#include "signals/signals_tweets.h"
#include "text/keywords.h"
#include "text/sentiment.h"
#include "text/tfidf.h"

typedef enum norni_signal_label { /* of a tweet and of a tag */
                                  NORNI_SIGNAL_STRONG_SELL,
                                  NORNI_SIGNAL_SELL,
                                  NORNI_SIGNAL_HOLD,
                                  NORNI_SIGNAL_BUY,
                                  NORNI_SIGNAL_STRONG_BUY,
                                  NORNI_SIGNAL_IGNORE,
                                  NORNI_N_SIGNALS
} norni_signal_label;
const char *norni_signal_label_name(norni_signal_label l); /* "STRONG_SELL" … */
typedef enum norni_signal_strength {
    NORNI_STRENGTH_NONE,
    NORNI_STRENGTH_WEAK,
    NORNI_STRENGTH_MODERATE,
    NORNI_STRENGTH_STRONG
} norni_signal_strength;
const char *norni_signal_strength_name(
    norni_signal_strength s); /* "NONE" "WEAK" "MODERATE" "STRONG" */
typedef enum norni_mood {
    NORNI_MOOD_BEARISH,
    NORNI_MOOD_NEUTRAL,
    NORNI_MOOD_BULLISH
} norni_mood;                              /* combined sentiment */
const char *norni_mood_name(norni_mood m); /* "BEARISH" … */

enum { NORNI_SIGNAL_TERMS = 10 };

typedef struct norni_signal_opt {
    double keyword_boost_weight; /* 0.3, in [0, 1] */
    bool engagement, tfidf,
        signals; /* the reference's include_engagement, include_tfidf, calculate_signals */
    norni_tfidf_opt terms; /* norni_tfidf_opt_signals() */
    int64_t
        asof_every; /* microseconds: terms know earlier intervals only; 0: one vocabulary over all texts */
} norni_signal_opt;
norni_signal_opt norni_signal_opt_default(void);

/* The names and formulas of ../shared/spec/market-signals.md 3.3; where Norn departs, docs/signals.md says why. Shares whose denominator is 0 or unknown are 0. */
typedef struct norni_signal {
    norni_sentiment
        base; /* base_sentiment_score = base.score, base_sentiment_label by base.label */
    double base_confidence;                /* largest p; 0 of an empty text */
    const norni_keyword_hit *hit;          /* (n_hits) in the table's arena */
    uint32_t n_hits, n_bullish, n_bearish; /* negated ones counted for the other side */
    double keyword_boost, combined;        /* combined_sentiment_score */
    norni_mood mood;                       /* combined_sentiment_label */
    int64_t engagement;                    /* total_engagement of what is known */
    double engagement_rate, virality_ratio, reply_ratio, like_ratio, virality_score;
    uint32_t n_terms, n_features; /* top terms held, and non-zero terms (num_tfidf_features) */
    uint32_t term[NORNI_SIGNAL_TERMS];
    double term_score[NORNI_SIGNAL_TERMS]; /* descending; ties by term */
    double finance_term_density;
    double content_quality,
        confidence; /* confidence_components: content_quality, base_confidence, virality_score */
    double base_signal, signal_score, lo, hi; /* confidence_interval */
    norni_signal_label label; /* signals off: IGNORE, and everything from content_quality on is 0 */
    norni_signal_strength strength;
} norni_signal;

typedef struct norni_signals {
    const norni_tweets *tweets; /* borrowed */
    norni_signal_opt opt;       /* as given; its stop words are borrowed */
    norni_arena arena;
    norni_signal *signal; /* (tweets->n) */
    norni_keywords *keywords;
    norni_tfidf *tfidf; /* NULL: none, or as-of */
    norni_tfidf_asof asof;
    const norni_str *term; /* (n_terms) names of `term` above */
    size_t n_terms;
    const char *model; /* the sentiment model's name */
    char note[256];    /* why there are no terms, or empty */
} norni_signals;

/* Every tweet on its own over fixed blocks: the same bits at any worker count. `stage` (may be NULL) hears "sentiment" 10, "terms" 50, "signals" 70. */
NORN_CHECKED norn_status norni_signals_score(
    norn_ctx *ctx, const norni_tweets *tweets, const norni_sentiment_model *model,
    const norni_signal_opt *opt, void (*stage)(void *user, const char *stage, int32_t percent),
    void *user, norni_signals *out, norn_err *err);
void norni_signals_clear(norni_signals *s);

#endif
