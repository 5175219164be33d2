/* The recommendation of a run and its warnings: what the signal says, and why it may not hold. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "signals/signals_report_parts.h"

const char norni_signals_no_advice[] =
    "This describes opinion in texts; it is not advice, and no forecast of prices.";

static const double direction_limit = 0.2, low_confidence = 0.5;
static const double many_near = 0.1, many_refused = 0.01;

/* A hundred copies by three authors weigh as a hundred tweets, and are three opinions. */
static bool is_few(const norni_signal_group *g, const norni_signal_stamp *stamp) {
    return g->few || (stamp->aggregate != NULL &&
                      (double)g->signal.n_authors < stamp->aggregate->min_effective);
}

const char *norni_signals_verdict(const norni_signal_group *g, const norni_signal_stamp *stamp) {
    const bool side = g->label != NORNI_SIGNAL_HOLD && g->label != NORNI_SIGNAL_IGNORE;
    if (is_few(g, stamp)) return "too few opinions to act upon: wait";
    if (side && !g->signal.excludes_zero) return "no clear direction";
    return norni_signal_label_name(g->label);
}

/* A side is named only where the interval is known and on that side of 0. */
static const char *recommendation_of(const norni_market_signal *m,
                                     const norni_signal_stamp *stamp) {
    if (m->few || is_few(&m->all, stamp)) return "Too few opinions to act upon: wait.";
    if (m->label == NORNI_MARKET_HOLD) return "Confidence is too low to act upon: wait and watch.";
    if (!m->excludes_zero) return "No clear direction: wait, or hold what is held.";
    switch (m->label) {
        case NORNI_MARKET_STRONG_BULLISH:
            return "Strong BUY-side signal: opinion is clearly positive.";
        case NORNI_MARKET_BULLISH:
            return "Moderate BUY-side signal: opinion leans positive; enter with caution, if at "
                   "all.";
        case NORNI_MARKET_NEUTRAL:
            return m->signal_score > 0 ? "Opinion leans positive, but weakly: wait, or hold what "
                                         "is held."
                                       : "Opinion leans negative, but weakly: wait, or hold what "
                                         "is held.";
        case NORNI_MARKET_BEARISH:
            return "Moderate SELL-side signal: opinion leans negative; look at exposure.";
        case NORNI_MARKET_STRONG_BEARISH:
            return "Strong SELL-side signal: opinion is clearly negative.";
        case NORNI_MARKET_HOLD: break;
    }
    return "";
}

/* Room for one warning more; the last one is overwritten when there is none. */
static char *next(norni_signal_words *w) {
    if (w->n < NORNI_SIGNAL_WARNINGS) w->n++;
    return w->warning[w->n - 1];
}

static void warn_of_estimate(const norni_market_signal *m, const norni_signal_stamp *stamp,
                             norni_signal_words *w) {
    char range[2 * NORNI_SIGNAL_WORD], x[NORNI_SIGNAL_WORD], y[NORNI_SIGNAL_WORD];
    const bool known = isfinite(m->lo) && isfinite(m->hi);
    const bool tried = stamp->aggregate == NULL || stamp->aggregate->replicates > 0;
    if (m->few || is_few(&m->all, stamp))
        (void)norni_format(next(w), NORNI_SIGNAL_WARNING,
                           "Too few opinions: an effective size of %s, of %s %s that count.",
                           norni_signals_fixed(m->all.signal.n_eff, 1, false, x),
                           norni_signals_count(m->all.signal.n_authors, y),
                           m->all.n_known_authors > 0 ? "authors" : "different texts");
    if (m->all.n_known_authors == 0)
        (void)norni_format(next(w), NORNI_SIGNAL_WARNING,
                           "Authors are not known: every tweet (copies apart) is taken for an "
                           "opinion of its own.");
    if (m->confidence < low_confidence)
        (void)norni_format(next(w), NORNI_SIGNAL_WARNING,
                           "Low confidence (%s): the signal may not be reliable.",
                           norni_signals_share(m->confidence, x));
    if (m->volatility_level == NORNI_LEVEL_HIGH)
        (void)norni_format(next(w), NORNI_SIGNAL_WARNING,
                           "High volatility (%s): signals disagree with each other.",
                           norni_signals_fixed(m->signal_std, 3, false, x));
    if (known && !m->excludes_zero)
        (void)norni_format(next(w), NORNI_SIGNAL_WARNING,
                           "The %g %% interval (%s) includes 0: the direction may be chance.",
                           norni_signals_percent(stamp), norni_signals_range(m->lo, m->hi, range));
    if (!known && tried)
        (void)norni_format(next(w), NORNI_SIGNAL_WARNING,
                           "Fewer than two opinions of different %s: how uncertain the signal is "
                           "cannot be said.",
                           m->all.n_known_authors > 0 ? "authors" : "texts");
    if (!known && !tried)
        (void)norni_format(next(w), NORNI_SIGNAL_WARNING,
                           "Intervals were not asked for: the direction may be chance.");
}

static void warn_of_input(const norni_aggregates *a, const norni_tweets *t, norni_signal_words *w) {
    const norni_market_signal *m = &a->market;
    const uint64_t near = t->fault[NORNI_FAULT_TWIN], refused = norni_signals_refused(t);
    char x[NORNI_SIGNAL_WORD];
    if (t->n == 0) {
        (void)norni_format(next(w), NORNI_SIGNAL_WARNING, "There is no tweet to judge.");
        return;
    }
    if (a->n_groups == 0)
        (void)norni_format(next(w), NORNI_SIGNAL_WARNING,
                           "No hashtag has enough tweets: the market is the tweets' own mean.");
    if (2 * m->low_confidence > m->all.n)
        (void)norni_format(
            next(w), NORNI_SIGNAL_WARNING,
            "%s of the tweets are below the confidence limit and do not count.",
            norni_signals_share(norni_signals_ratio(m->low_confidence, m->all.n), x));
    if (norni_signals_ratio(near, t->n) > many_near)
        (void)norni_format(next(w), NORNI_SIGNAL_WARNING,
                           "%s of the tweets nearly repeat an earlier one: bots or a campaign?",
                           norni_signals_share(norni_signals_ratio(near, t->n), x));
    if (norni_signals_ratio(refused, t->n_read) > many_refused)
        (void)norni_format(next(w), NORNI_SIGNAL_WARNING,
                           "%s of the records were refused: see the counts and their first places.",
                           norni_signals_share(norni_signals_ratio(refused, t->n_read), x));
}

void norni_signals_words(const norni_aggregates *a, const norni_signals *s,
                         const norni_signal_stamp *stamp, norni_signal_words *out) {
    const double score = a->market.signal_score;
    out->n = 0;
    out->direction = score > direction_limit    ? "BULLISH"
                     : score < -direction_limit ? "BEARISH"
                                                : "NEUTRAL";
    out->recommendation = recommendation_of(&a->market, stamp);
    if (s->tweets->n > 0) warn_of_estimate(&a->market, stamp, out);
    warn_of_input(a, s->tweets, out);
}
