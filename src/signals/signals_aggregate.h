/* Signals of hashtags, of the market and of hours: weighted means with intervals, consensus, counts. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_AGGREGATE_H
#define NORNI_SIGNALS_AGGREGATE_H

#include "base/hash.h"
#include "signals/signals_score.h"

typedef enum norni_consensus {
    NORNI_CONSENSUS_NONE,
    NORNI_CONSENSUS_MIXED,
    NORNI_CONSENSUS_BEARISH,
    NORNI_CONSENSUS_BULLISH,
    NORNI_CONSENSUS_STRONG_BEARISH,
    NORNI_CONSENSUS_STRONG_BULLISH
} norni_consensus;
const char *norni_consensus_name(norni_consensus c); /* "NONE" "MIXED" "BEARISH" … */
typedef enum norni_market_label {
    NORNI_MARKET_HOLD,
    NORNI_MARKET_NEUTRAL,
    NORNI_MARKET_BEARISH,
    NORNI_MARKET_BULLISH,
    NORNI_MARKET_STRONG_BEARISH,
    NORNI_MARKET_STRONG_BULLISH
} norni_market_label;
const char *norni_market_label_name(norni_market_label l);
typedef enum norni_level { NORNI_LEVEL_LOW, NORNI_LEVEL_MODERATE, NORNI_LEVEL_HIGH } norni_level;
const char *norni_level_name(norni_level l); /* "LOW" "MODERATE" "HIGH" */

typedef struct norni_aggregate_opt {
    size_t min_tweets;     /* of a tag: 20; 3 in sample mode */
    double min_confidence; /* 0.3: tweets below do not weigh */
    double
        min_effective; /* 5: a tag or market of a smaller n_eff, or of fewer authors (clusters), is `few`; 0: none (the reference) */
    double level;      /* of intervals, 0.95 */
    int32_t replicates; /* keyed Poisson bootstrap, 200; 20 to 10,000, or 0: none */
    uint64_t seed;
    double
        half_life_hours; /* weights 2^(-age/half-life), age from `as_of`, a tweet without a time weighs nothing; 0: no decay (the reference) */
    int64_t
        as_of; /* microseconds; NORNI_TWEET_NO_TIME: the latest tweet's time; given: later tweets and those without a time do not count */
    bool
        engagement_weight; /* weights times 1 + ln(1 + likes + 2 retweets + replies), capped at the 99 % quantile (of a bucket: of the tweets up to its end); off: the reference */
    double
        author_cap; /* largest share of a group's weight that one author may have; 1: none. Of unknown authors each text (with its near-copies) is its own */
    int64_t bucket; /* microseconds, one hour */
    int64_t bucket_offset; /* added to a tweet's time before it is put into its bucket */
} norni_aggregate_opt;
norni_aggregate_opt norni_aggregate_opt_default(void);

/* A weighted mean of signal scores with what is known of its error. */
typedef struct norni_estimate {
    double mean;  /* Σ w s / Σ w over valid tweets, 0 of none */
    double n_eff; /* (Σw)² / Σw² */
    uint64_t
        n_authors; /* clusters: known authors, and texts (with their near-copies) of unknown ones */
    double lo,
        hi; /* percentile interval of the keyed Poisson bootstrap clustered by author; NaN: fewer than two clusters */
    double se;          /* its standard deviation; NaN likewise */
    double sandwich_se; /* analytic, clustered by author: the cross-check; NaN likewise */
    bool excludes_zero; /* the interval is known and does not hold 0 */
} norni_estimate;

typedef struct norni_term_mean {
    uint32_t term;
    double score;
} norni_term_mean;

/* Labels count every tweet; moods, shares, avg_sentiment, confidence and its breakdown only valid ones (confidence of min_confidence or more). A term's score is the mean over ALL of the
 * group's tweets of what it has among their top terms (0 where it is not), ties by term: a mean over the tweets that have it would put a word of one short tweet first. */
typedef struct norni_signal_group {
    norni_str tag;            /* of the market: empty */
    uint64_t n, n_valid;      /* tweet_count, valid_tweet_count */
    uint64_t n_known_authors; /* distinct names among all n tweets; 0: none is known */
    bool few; /* too little to act upon: the label is HOLD, it ranks behind all others */
    int64_t earliest, latest; /* NORNI_TWEET_NO_TIME: none has a time */
    norni_estimate signal;
    double confidence; /* mean */
    norni_signal_label label;
    norni_consensus consensus;
    double bullish_share,
        bearish_share;    /* consensus is by these: valid tweets with s > 0.2, < -0.2 */
    double avg_sentiment; /* mean combined */
    uint64_t mood[3];     /* bearish, neutral, bullish */
    uint64_t labels[NORNI_N_SIGNALS];
    double avg_virality;
    int64_t likes, retweets, replies; /* of known counts; saturating */
    uint64_t n_high_engagement;       /* virality over 0.5 */
    norni_term_mean term[NORNI_SIGNAL_TERMS];
    uint32_t n_terms;
    double quality, base_confidence, virality; /* confidence_breakdown: means */
    double bullishness,
        agreement; /* Antweiler-Frank: B* = ln((1+buy)/(1+sell)), A = 1 - sqrt(1 - B²), of valid tweets' moods; B = 0 of none */
    double rank_score;
} norni_signal_group;

typedef struct
    norni_signal_bucket { /* one hour of the market or of a tag that has none empty: known at `end` */
    int64_t begin, end;   /* microseconds UTC, end excluded */
    uint64_t n, n_valid;
    double n_eff, signal, lo, hi, confidence, bullishness,
        agreement;   /* NaN but n_eff where n_valid is 0 */
    double volume_z; /* of ln(1+n) against the 24 buckets before; NaN: fewer than 2, or all alike */
} norni_signal_bucket;

typedef struct norni_market_signal {
    norni_signal_group all; /* over all tweets, each once */
    norni_market_label label;
    bool few; /* as all.few: the label is HOLD */
    double signal_score,
        confidence;     /* tweet_count-weighted means over tags; of no tag the tweets' own */
    double lo, hi;      /* of signal_score: bootstrap over authors across all tags */
    bool excludes_zero; /* the interval is known and does not hold 0 */
    norni_consensus consensus;
    double
        signal_std; /* signal_variance of the reference: the weighted standard deviation over tags */
    uint64_t low_confidence, ignored; /* tweets, each once */
    norni_level volatility_level, confidence_level;
    const char
        *weighting; /* "volume_weighted", or "tweet_weighted" where no tag has enough tweets */
} norni_market_signal;

enum { NORNI_HOURS_MOST = 1 << 20 };

typedef struct norni_signal_row { /* a tag's buckets that have tweets, ascending */
    norni_signal_bucket *bucket;  /* (n) */
    uint32_t *hour;               /* (n) of each the listed bucket of the market beside it */
    size_t n;
    bool held;
} norni_signal_row;

typedef struct norni_aggregates {
    norni_arena arena;
    norni_signal_group
        *group; /* (n_groups) those that are not few first; by rank_score descending, ties by tag */
    size_t n_groups;
    size_t n_small; /* tags with fewer tweets than min_tweets */
    norni_market_signal market;
    norni_signal_bucket *
        hour; /* (n_hours) of the market, every hour from the first to the last; empty ones have n 0 */
    size_t n_hours;
    bool
        hours_sparse; /* the span has more than NORNI_HOURS_MOST buckets: `hour` lists only those with tweets */
    norni_signal_row *
        row; /* (n_groups) held for the tags of most tweets, as many as NORNI_HOURS_MOST buckets would allow were every hour listed */
    int64_t hours_from;
    norni_hash128 digest; /* every tweet's and every group's numbers, whatever the worker count */
} norni_aggregates;

NORN_CHECKED norn_status norni_signals_aggregate(norn_ctx *ctx, const norni_signals *s,
                                                 const norni_aggregate_opt *opt,
                                                 norni_aggregates *out, norn_err *err);
void norni_aggregates_clear(norni_aggregates *a);
/* A tag's bucket beside hour[h]; NULL: it has no tweet then, or no row is held. */
const norni_signal_bucket *norni_signal_row_at(const norni_signal_row *row, size_t h);

#endif
