/* The numbers of one group of tweets: a tag's, or the whole market's. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Antweiler, Frank, "Is all that talk just noise? The information content of internet stock message boards", Journal of Finance 59, 2004: bullishness and agreement. */
#include <math.h>

#include "base/fp.h"
#include "signals/signals_aggregate_parts.h"

void norni_agg_agree(uint64_t n_buy, uint64_t n_sell, double *bullishness, double *agreement) {
    const double buy = (double)n_buy, sell = (double)n_sell;
    const double b = buy + sell > 0 ? (buy - sell) / (buy + sell) : 0;
    *bullishness = norni_log((1 + buy) / (1 + sell));
    *agreement = 1 - sqrt(1 - b * b);
}

norni_signal_label norni_agg_label(double signal, double confidence) {
    if (confidence < 0.4) return NORNI_SIGNAL_HOLD;
    return signal >= 0.5    ? NORNI_SIGNAL_STRONG_BUY
           : signal > 0.2   ? NORNI_SIGNAL_BUY
           : signal <= -0.5 ? NORNI_SIGNAL_STRONG_SELL
           : signal < -0.2  ? NORNI_SIGNAL_SELL
                            : NORNI_SIGNAL_HOLD;
}

norni_consensus norni_agg_consensus(double bullish, double bearish, bool any) {
    if (!any) return NORNI_CONSENSUS_NONE;
    if (bullish > 0.7) return NORNI_CONSENSUS_STRONG_BULLISH;
    if (bearish > 0.7) return NORNI_CONSENSUS_STRONG_BEARISH;
    if (bullish > 0.5) return NORNI_CONSENSUS_BULLISH;
    return bearish > 0.5 ? NORNI_CONSENSUS_BEARISH : NORNI_CONSENSUS_MIXED;
}

static int64_t add_count(int64_t sum, int64_t count) {
    if (count <= 0) return sum;
    return __builtin_add_overflow(sum, count, &sum) ? INT64_MAX : sum;
}

/* Everything of one tweet that is counted whether it weighs or not. */
static void count_tweet(const norni_agg_row *t, norni_signal_group *g) {
    if (t->time != NORNI_TWEET_NO_TIME) {
        if (g->earliest == NORNI_TWEET_NO_TIME || t->time < g->earliest) g->earliest = t->time;
        if (t->time > g->latest) g->latest = t->time;
    }
    g->labels[t->label]++;
    g->avg_virality += t->virality;
    g->n_high_engagement += t->virality > 0.5;
    g->likes = add_count(g->likes, t->likes);
    g->retweets = add_count(g->retweets, t->retweets);
    g->replies = add_count(g->replies, t->replies);
}

static void count_valid(const norni_agg_row *s, norni_signal_group *g) {
    g->n_valid++;
    g->confidence += s->confidence;
    g->avg_sentiment += s->combined;
    g->quality += s->quality;
    g->base_confidence += s->base_confidence;
    g->virality += s->virality;
    g->mood[s->mood]++;
    g->bullish_share += s->signal > 0.2;
    g->bearish_share += s->signal < -0.2;
}

static void to_means(norni_signal_group *g) {
    double *const of_valid[] = {&g->confidence,      &g->avg_sentiment, &g->quality,
                                &g->base_confidence, &g->virality,      &g->bullish_share,
                                &g->bearish_share};
    for (size_t k = 0; k < sizeof of_valid / sizeof of_valid[0]; k++)
        if (g->n_valid > 0) *of_valid[k] /= (double)g->n_valid;
    if (g->n > 0) g->avg_virality /= (double)g->n;
}

norn_status norni_agg_group(const norni_agg_run *r, const uint32_t *place, size_t n,
                            norni_arena *scratch, double *replicate, norni_signal_group *g,
                            norn_err *err) {
    const norni_poll poll = norni_ctx_poll(r->ctx);
    norni_boot_cluster *cluster = norni_arena_get(scratch, n, sizeof *cluster);
    size_t n_clusters = 0;
    uint32_t known =
        UINT32_MAX; /* the last place's author of a name: those of one stand together */
    if (cluster == NULL) return norni_alloc_fail(err, "signals", n, sizeof *cluster);
    g->n = n;
    g->earliest = g->latest = NORNI_TWEET_NO_TIME;
    for (size_t k = 0; k < n; k++) {
        const size_t p = place[k];
        const norni_agg_row *s = &r->row[p];
        count_tweet(s, g);
        if (s->named && r->author[p] != known) {
            known = r->author[p];
            g->n_known_authors++;
        }
        if (s->confidence >= r->opt->min_confidence) count_valid(s, g);
        norni_boot_push(cluster, &n_clusters, r->author[p], r->weight[p], s->signal);
        if (k % NORNI_AGG_POLL == NORNI_AGG_POLL - 1) NORN_TRY(norni_agg_stop(r, err));
    }
    to_means(g);
    NORN_TRY(norni_boot_estimate(&r->boot, cluster, n_clusters, &poll, scratch, replicate,
                                 &g->signal, err));
    /* many tweets of few authors, or copies of few texts, are few opinions, too */
    const double enough = r->opt->min_effective, clusters = (double)g->signal.n_authors;
    g->few = enough > 0 && (!(g->signal.n_eff >= enough) || clusters < enough || clusters < 2);
    g->label = g->few ? NORNI_SIGNAL_HOLD : norni_agg_label(g->signal.mean, g->confidence);
    g->consensus = norni_agg_consensus(g->bullish_share, g->bearish_share, g->n_valid > 0);
    norni_agg_agree(g->mood[NORNI_MOOD_BULLISH], g->mood[NORNI_MOOD_BEARISH], &g->bullishness,
                    &g->agreement);
    g->rank_score = g->signal.mean * g->confidence;
    return norni_agg_terms(r, place, n, scratch, g, err);
}
