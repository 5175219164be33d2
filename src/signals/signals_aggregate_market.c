/* The market's signal: the tags' means weighted by their tweets, with its interval, label and levels of risk. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A tweet with three tags moves three means, but is counted once in `all`, low_confidence and ignored. Thresholds of labels and levels are the reference's; a mean over tags of scores that were
 * multiplied by confidence seldom gets beyond 0.2, so that the label is NEUTRAL nearly always: excludes_zero says whether the sign is more than noise. The interval moves authors, not tags:
 * each replicate weighs an author the same in all of the author's tags. A tag without weight in a replicate keeps its mean. */
#include <math.h>

#include "base/fp.h"
#include "signals/signals_aggregate_parts.h"

static norni_market_label label_of(double signal, double confidence) {
    switch (norni_agg_label(signal, confidence)) {
        case NORNI_SIGNAL_STRONG_BUY: return NORNI_MARKET_STRONG_BULLISH;
        case NORNI_SIGNAL_BUY: return NORNI_MARKET_BULLISH;
        case NORNI_SIGNAL_SELL: return NORNI_MARKET_BEARISH;
        case NORNI_SIGNAL_STRONG_SELL: return NORNI_MARKET_STRONG_BEARISH;
        case NORNI_SIGNAL_HOLD:
        case NORNI_SIGNAL_IGNORE:
        case NORNI_N_SIGNALS: break;
    }
    return confidence < 0.4 ? NORNI_MARKET_HOLD : NORNI_MARKET_NEUTRAL;
}

static norn_status weigh_replicates(norni_agg_run *r, double total, norn_err *err) {
    const size_t n_rep = r->boot.n_replicates;
    norni_market_signal *m = &r->out->market;
    double sd;
    double *mean = norni_arena_zero(&r->arena, n_rep, sizeof *mean);
    if (mean == NULL) return norni_alloc_fail(err, "signals", n_rep, sizeof *mean);
    for (size_t g = 0; g < r->out->n_groups; g++) {
        const norni_signal_group *group = &r->out->group[g];
        const double *x = r->replicate + g * n_rep, share = (double)group->n / total;
        for (size_t k = 0; k < n_rep; k++)
            mean[k] += share * (isnan(x[k]) ? group->signal.mean : x[k]);
        if (g % NORNI_AGG_POLL == 0) NORN_TRY(norni_agg_stop(r, err));
    }
    if (m->all.signal.n_authors >= 2)
        norni_boot_interval(mean, n_rep, r->opt->level, &m->lo, &m->hi, &sd);
    return NORN_OK;
}

static norn_status over_tags(norni_agg_run *r, norn_err *err) {
    norni_market_signal *m = &r->out->market;
    double total = 0, bullish = 0, bearish = 0, var = 0;
    bool any = false;
    for (size_t g = 0; g < r->out->n_groups; g++) {
        const norni_signal_group *group = &r->out->group[g];
        const double n = (double)group->n;
        total += n;
        m->signal_score += n * group->signal.mean;
        m->confidence += n * group->confidence;
        bullish += group->signal.mean > 0.2 ? n : 0;
        bearish += group->signal.mean < -0.2 ? n : 0;
        any |= group->n_valid > 0;
    }
    m->signal_score /= total;
    m->confidence /= total;
    for (size_t g = 0; g < r->out->n_groups; g++) {
        const double off = r->out->group[g].signal.mean - m->signal_score;
        var += (double)r->out->group[g].n * off * off;
    }
    m->signal_std = sqrt(var / total);
    m->consensus = norni_agg_consensus(bullish / total, bearish / total, any);
    m->weighting = "volume_weighted";
    return weigh_replicates(r, total, err);
}

/* No tag has enough tweets: the tweets themselves. */
static void over_tweets(norni_agg_run *r) {
    norni_market_signal *m = &r->out->market;
    double w = 0, var = 0;
    for (size_t p = 0; p < r->n; p++) {
        const double off = r->s->signal[r->tweet[p]].signal_score - m->all.signal.mean;
        w += r->weight[p];
        var += r->weight[p] * off * off;
    }
    m->signal_score = m->all.signal.mean;
    m->confidence = m->all.confidence;
    m->lo = m->all.signal.lo;
    m->hi = m->all.signal.hi;
    m->signal_std = w > 0 ? sqrt(var / w) : 0;
    m->consensus = m->all.consensus;
    m->weighting = "tweet_weighted";
}

norn_status norni_agg_market(norni_agg_run *r, norn_err *err) {
    norni_market_signal *m = &r->out->market;
    m->lo = m->hi = NORNI_NAN;
    if (r->out->n_groups > 0)
        NORN_TRY(over_tags(r, err));
    else
        over_tweets(r);
    m->excludes_zero = m->lo > 0 || m->hi < 0;
    m->few = m->all.few;
    m->label = m->few ? NORNI_MARKET_HOLD : label_of(m->signal_score, m->confidence);
    m->low_confidence = m->all.n - m->all.n_valid;
    m->ignored = m->all.labels[NORNI_SIGNAL_IGNORE];
    m->volatility_level = m->signal_std < 0.2   ? NORNI_LEVEL_LOW
                          : m->signal_std < 0.4 ? NORNI_LEVEL_MODERATE
                                                : NORNI_LEVEL_HIGH;
    m->confidence_level = m->confidence >= 0.7   ? NORNI_LEVEL_HIGH
                          : m->confidence >= 0.5 ? NORNI_LEVEL_MODERATE
                                                 : NORNI_LEVEL_LOW;
    return NORN_OK;
}
