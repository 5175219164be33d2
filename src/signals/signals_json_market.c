/* The objects of a hashtag and of the market in signal_report.json. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "signals/signals_json_parts.h"

static void put_time(norni_json *j, const char *key, int64_t us) {
    char time[40];
    norni_json_key(j, key);
    if (us == NORNI_TWEET_NO_TIME)
        norni_json_null(j);
    else
        norni_json_str(j, (norni_str){time, norni_field_time(time, us)});
}

static void put_span(norni_json *j, const norni_signal_group *g) {
    const bool known = g->earliest != NORNI_TWEET_NO_TIME && g->latest != NORNI_TWEET_NO_TIME;
    norni_json_key(j, "time_range");
    norni_json_open(j, '{');
    put_time(j, "earliest", g->earliest);
    put_time(j, "latest", g->latest);
    norni_json_key_num(j, "span_hours",
                       known ? ((double)g->latest - (double)g->earliest) / 3600e6 : NORNI_NAN);
    norni_json_close(j, '}');
}

/* What is known of a mean's error. */
static void put_estimate(norni_json *j, const norni_estimate *e, double lo, double hi,
                         bool excludes_zero, const norni_signal_stamp *stamp) {
    norni_json_key(j, "interval");
    norni_json_open(j, '{');
    norni_json_key_num(j, "level", norni_signals_level(stamp));
    norni_json_key_num(j, "lower", lo);
    norni_json_key_num(j, "upper", hi);
    norni_json_key(j, "excludes_zero");
    norni_json_bool(j, excludes_zero);
    norni_json_close(j, '}');
    norni_json_key_num(j, "n_eff", e->n_eff);
    norni_json_key_count(j, "n_authors", e->n_authors);
    norni_json_key_num(j, "standard_error", e->se);
    norni_json_key_num(j, "sandwich_standard_error", e->sandwich_se);
}

/* How many names are known among all tweets, and whether there is too little to act upon. */
static void put_few(norni_json *j, const norni_signal_group *g, bool few) {
    norni_json_key_count(j, "n_known_authors", g->n_known_authors);
    norni_json_key(j, "few");
    norni_json_bool(j, few);
}

static void put_share(norni_json *j, const char *count_key, const char *ratio_key, uint64_t count,
                      uint64_t of) {
    norni_json_key_count(j, count_key, count);
    norni_json_key_num(j, ratio_key, norni_signals_ratio(count, of));
}

/* Moods are those of valid tweets. The market's ratios are of all tweets, so that with low_confidence they sum to 1. */
static void put_moods(norni_json *j, const norni_signal_group *g, const uint64_t *low_confidence) {
    const uint64_t of = low_confidence != NULL ? g->n : g->n_valid;
    norni_json_key(j, "sentiment_distribution");
    norni_json_open(j, '{');
    norni_json_key_num(j, "avg_sentiment", g->avg_sentiment);
    put_share(j, "bullish_count", "bullish_ratio", g->mood[NORNI_MOOD_BULLISH], of);
    put_share(j, "bearish_count", "bearish_ratio", g->mood[NORNI_MOOD_BEARISH], of);
    put_share(j, "neutral_count", "neutral_ratio", g->mood[NORNI_MOOD_NEUTRAL], of);
    if (low_confidence != NULL)
        put_share(j, "low_confidence_count", "low_confidence_ratio", *low_confidence, of);
    norni_json_close(j, '}');
}

static void put_labels(norni_json *j, const norni_signal_group *g) {
    norni_json_key(j, "signal_distribution");
    norni_json_open(j, '{');
    for (size_t l = 0; l < NORNI_N_SIGNALS; l++) {
        norni_json_key(j, norni_signal_label_name((norni_signal_label)l));
        norni_json_open(j, '{');
        put_share(j, "count", "ratio", g->labels[l], g->n);
        norni_json_close(j, '}');
    }
    norni_json_close(j, '}');
}

static void put_engagement(norni_json *j, const norni_signal_group *g) {
    norni_json_key(j, "engagement_metrics");
    norni_json_open(j, '{');
    norni_json_key_num(j, "avg_virality", g->avg_virality);
    norni_json_key_int(j, "total_likes", g->likes);
    norni_json_key_int(j, "total_retweets", g->retweets);
    norni_json_key_int(j, "total_replies", g->replies);
    put_share(j, "high_engagement_count", "high_engagement_ratio", g->n_high_engagement, g->n);
    norni_json_close(j, '}');
}

static void put_terms(norni_json *j, const norni_signal_group *g, const norni_signals *s) {
    norni_json_key(j, "trending_terms");
    norni_json_open(j, '[');
    for (uint32_t i = 0; i < g->n_terms; i++) {
        if (g->term[i].term >= s->n_terms) continue;
        norni_json_open(j, '{');
        norni_json_key_str(j, "term", s->term[g->term[i].term]);
        norni_json_key_num(j, "score", g->term[i].score);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}

/* What a hashtag and the market share, behind their own heads. */
static void put_rest(norni_json *j, const norni_signal_group *g, const norni_signals *s) {
    put_engagement(j, g);
    put_terms(j, g, s);
    norni_json_key(j, "confidence_breakdown");
    norni_json_open(j, '{');
    norni_json_key_num(j, "content_quality", g->quality);
    norni_json_key_num(j, "sentiment_strength", g->base_confidence);
    norni_json_key_num(j, "social_proof", g->virality);
    norni_json_close(j, '}');
    norni_json_key_num(j, "bullishness", g->bullishness);
    norni_json_key_num(j, "agreement", g->agreement);
}

void norni_signals_json_group(norni_json *j, const norni_signal_group *g, const norni_signals *s,
                              const norni_signal_stamp *stamp) {
    norni_json_open(j, '{');
    norni_json_key_str(j, "hashtag", g->tag);
    norni_json_key_count(j, "tweet_count", g->n);
    norni_json_key_count(j, "valid_tweet_count", g->n_valid);
    put_span(j, g);
    norni_json_key_str(j, "signal_label", norni_str_of(norni_signal_label_name(g->label)));
    norni_json_key_num(j, "signal_score", g->signal.mean);
    norni_json_key_num(j, "confidence", g->confidence);
    norni_json_key_str(j, "consensus", norni_str_of(norni_consensus_name(g->consensus)));
    put_moods(j, g, NULL);
    put_labels(j, g);
    put_rest(j, g, s);
    norni_json_key_num(j, "rank_score", g->rank_score);
    put_estimate(j, &g->signal, g->signal.lo, g->signal.hi, g->signal.excludes_zero, stamp);
    put_few(j, g, g->few);
    norni_json_close(j, '}');
}

static void put_ranking(norni_json *j, const norni_aggregates *a) {
    norni_json_key(j, "hashtag_ranking");
    norni_json_open(j, '[');
    for (size_t k = 0; k < a->n_groups; k++) {
        const norni_signal_group *g = &a->group[k];
        norni_json_open(j, '{');
        norni_json_key_count(j, "rank", k + 1);
        norni_json_key_str(j, "hashtag", g->tag);
        norni_json_key_str(j, "signal_label", norni_str_of(norni_signal_label_name(g->label)));
        norni_json_key_num(j, "signal_score", g->signal.mean);
        norni_json_key_num(j, "confidence", g->confidence);
        norni_json_key_num(j, "rank_score", g->rank_score);
        norni_json_key_count(j, "tweet_count", g->n);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}

static void put_risks(norni_json *j, const norni_market_signal *m) {
    norni_json_key(j, "risk_indicators");
    norni_json_open(j, '{');
    norni_json_key_num(j, "signal_volatility", m->signal_std);
    norni_json_key_str(j, "volatility_level", norni_str_of(norni_level_name(m->volatility_level)));
    put_share(j, "low_confidence_tweets", "low_confidence_ratio", m->low_confidence, m->all.n);
    norni_json_key_count(j, "ignored_tweets", m->ignored);
    norni_json_key_str(j, "overall_confidence_level",
                       norni_str_of(norni_level_name(m->confidence_level)));
    norni_json_close(j, '}');
}

/* Standard deviation of the valid tweets' signals. */
static double spread_of(const norni_signals *s, const norni_signal_stamp *stamp) {
    const double least = stamp->aggregate != NULL ? stamp->aggregate->min_confidence : 0.3;
    norni_sum sum = {0}, squares = {0};
    double n = 0;
    for (size_t i = 0; i < s->tweets->n; i++) {
        if (!(s->signal[i].confidence >= least)) continue;
        sum = norni_sum_add(sum, s->signal[i].signal_score);
        n++;
    }
    const double mean = n > 0 ? norni_sum_get(sum) / n : 0;
    for (size_t i = 0; i < s->tweets->n; i++) {
        const double d = s->signal[i].signal_score - mean;
        if (s->signal[i].confidence >= least) squares = norni_sum_add(squares, d * d);
    }
    return n > 0 ? sqrt(norni_sum_get(squares) / n) : 0;
}

/* The reference's flat aggregate: every tweet once, whatever its tags. */
static void put_flat(norni_json *j, const norni_market_signal *m, const norni_signals *s,
                     const norni_signal_stamp *stamp) {
    const norni_signal_group *g = &m->all;
    norni_json_key(j, "tweet_level");
    norni_json_open(j, '{');
    norni_json_key_num(j, "aggregate_signal", g->signal.mean);
    norni_json_key_str(j, "aggregate_label", norni_str_of(norni_signal_label_name(g->label)));
    norni_json_key_num(j, "confidence", g->confidence);
    norni_json_key_str(j, "consensus", norni_str_of(norni_consensus_name(g->consensus)));
    norni_json_key_num(j, "signal_std", spread_of(s, stamp));
    norni_json_key_num(j, "bullish_ratio", g->bullish_share);
    norni_json_key_num(j, "bearish_ratio", g->bearish_share);
    put_estimate(j, &g->signal, g->signal.lo, g->signal.hi, g->signal.excludes_zero, stamp);
    norni_json_close(j, '}');
}

void norni_signals_json_market(norni_json *j, const norni_aggregates *a, const norni_signals *s,
                               const norni_signal_stamp *stamp) {
    const norni_market_signal *m = &a->market;
    norni_json_open(j, '{');
    norni_json_key_str(j, "signal_label", norni_str_of(norni_market_label_name(m->label)));
    norni_json_key_num(j, "signal_score", m->signal_score);
    norni_json_key_num(j, "confidence", m->confidence);
    norni_json_key_str(j, "consensus", norni_str_of(norni_consensus_name(m->consensus)));
    norni_json_key_count(j, "total_tweets", m->all.n);
    norni_json_key_count(j, "valid_tweet_count", m->all.n_valid);
    norni_json_key_count(j, "hashtag_count", a->n_groups);
    norni_json_key_num(j, "signal_variance", m->signal_std); /* the reference's name for a std */
    norni_json_key_num(j, "signal_std", m->signal_std);
    put_span(j, &m->all);
    put_moods(j, &m->all, &m->low_confidence);
    put_labels(j, &m->all);
    put_ranking(j, a);
    put_risks(j, m);
    norni_json_key_str(j, "weighting_method",
                       norni_str_of(m->weighting != NULL ? m->weighting : ""));
    put_estimate(j, &m->all.signal, m->lo, m->hi, m->excludes_zero, stamp);
    put_few(j, &m->all, m->few);
    put_flat(j, m, s, stamp);
    put_rest(j, &m->all, s);
    norni_json_close(j, '}');
}
