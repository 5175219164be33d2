/* How far a tweet went: engagement from counts that may be unknown, and the virality score. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "signals/signals_score_parts.h"

/* A count as a number; what is unknown or cannot be adds nothing. */
static double known(int64_t count) {
    return count > 0 ? (double)count : 0;
}

static double share(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

static double at_most_one(double x) {
    return x < 1 ? x : 1;
}

static int64_t add(int64_t sum, int64_t count) {
    if (count <= 0) return sum;
    return __builtin_add_overflow(sum, count, &sum) ? INT64_MAX : sum;
}

void norni_signal_engage(const norni_tweet *tweet, norni_signal *s) {
    const double likes = known(tweet->likes), views = known(tweet->views);
    s->engagement = add(add(add(0, tweet->likes), tweet->retweets), tweet->replies);
    const double total = (double)s->engagement;
    s->engagement_rate = share(total, views) * 1000;
    s->virality_ratio = share(known(tweet->retweets), likes);
    s->reply_ratio = share(known(tweet->replies), total);
    s->like_ratio = share(likes, views);
    s->virality_score =
        (0.3 * at_most_one(s->engagement_rate / 50) + 0.5 * at_most_one(s->virality_ratio / 0.5) +
         0.3 * s->reply_ratio + 0.2 * at_most_one(s->like_ratio / 0.05)) /
        1.3;
}
