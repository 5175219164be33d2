/* After the last source: ids that come again and near-duplicates, refused or marked; faults counted anew. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"
#include "signals/signals_near.h"
#include "signals/signals_read_parts.h"

static void refuse(norni_tweets *t, const norni_tweet *tweet, norni_tweet_refusal reason) {
    norni_tweet_example *e = &t->refused_first[reason];
    t->refused[reason]++;
    if (e->line != 0) return;
    e->file = tweet->file;
    e->line = tweet->line;
    const int n = tweet->id.n < 60 ? (int)tweet->id.n : 60;
    norni_format(e->what, sizeof e->what, "id %.*s", n, tweet->id.p);
}

/* The first tweet of an id stays. */
static norn_status drop_known(const norni_tweets_read_opt *opt, norni_tweets *t, norn_err *err) {
    norni_map ids;
    norn_status st = NORN_OK;
    size_t kept = 0;
    norni_map_init(&ids, t->alloc);
    for (size_t k = 0; k < t->n && st == NORN_OK; k++) {
        const norni_tweet *tweet = &t->tweet[k];
        bool added = true;
        if (tweet->id.n > 0) {
            const norni_tweet_past past =
                opt->known != NULL ? opt->known(opt->user, tweet->id) : NORNI_TWEET_NEW;
            if (past != NORNI_TWEET_NEW) {
                refuse(t, tweet,
                       past == NORNI_TWEET_STORED ? NORNI_REFUSED_STORED : NORNI_REFUSED_DUPLICATE);
                continue;
            }
            if (norni_map_add(&ids, tweet->id, &added) == NORNI_MAP_NONE)
                st = norni_alloc_fail(err, "tweets", t->n, sizeof *ids.keys);
            if (st == NORN_OK && !added) {
                refuse(t, tweet, NORNI_REFUSED_DUPLICATE);
                continue;
            }
        }
        if (kept != k) t->tweet[kept] = t->tweet[k];
        kept++;
    }
    norni_map_clear(&ids);
    if (st == NORN_OK) t->n = kept;
    return st;
}

static void drop_twins(norni_tweets *t) {
    size_t kept = 0;
    for (size_t k = 0; k < t->n; k++) {
        if (t->tweet[k].twin != UINT32_MAX) {
            refuse(t, &t->tweet[k], NORNI_REFUSED_NEAR);
            continue;
        }
        if (kept != k) t->tweet[kept] = t->tweet[k];
        kept++;
    }
    t->n = kept;
}

static void note_twins(norni_tweets *t) {
    for (size_t k = 0; k < t->n; k++) {
        norni_tweet *tweet = &t->tweet[k];
        norni_tweet_example *e = &t->fault_first[NORNI_FAULT_TWIN];
        if (tweet->twin == UINT32_MAX) continue;
        tweet->faults |= (uint16_t)(1u << NORNI_FAULT_TWIN);
        if (e->line != 0) continue;
        const norni_tweet *other = &t->tweet[tweet->twin];
        e->file = tweet->file;
        e->line = tweet->line;
        norni_format(e->what, sizeof e->what, "nearly the text of line %llu",
                     (unsigned long long)other->line);
    }
}

/* Of the tweets that are left. */
static void count_faults(norni_tweets *t) {
    uint64_t zone[3] = {0};
    for (size_t k = 0; k < t->n; k++)
        zone[t->tweet[k].zone]++;
    if (zone[1] > 0 && zone[2] > 0) t->fault_first[NORNI_FAULT_ZONE] = t->plain_first;
    memset(t->fault, 0, sizeof t->fault);
    for (size_t k = 0; k < t->n; k++) {
        norni_tweet *tweet = &t->tweet[k];
        if (tweet->zone == 2 && zone[1] > 0) tweet->faults |= (uint16_t)(1u << NORNI_FAULT_ZONE);
        for (size_t f = 0; tweet->faults != 0 && f < NORNI_N_FAULTS; f++)
            t->fault[f] += tweet->faults >> f & 1;
    }
    for (size_t f = 0; f < NORNI_N_FAULTS; f++)
        if (t->fault[f] == 0) t->fault_first[f] = (norni_tweet_example){.line = 0};
}

norn_status norni_tweets_settle(norn_ctx *ctx, const norni_tweets_read_opt *opt, norni_tweets *t,
                                norn_err *err) {
    const norni_tweets_read_opt plain = norni_tweets_read_opt_default();
    if (opt == NULL) opt = &plain;
    if (opt->near_bits > NORNI_NEAR_MOST_BITS)
        return norn_fail(err, NORN_E_ARG, "tweets: near_bits=%zu is outside 0 to %d",
                         opt->near_bits, NORNI_NEAR_MOST_BITS);
    NORN_TRY(drop_known(opt, t, err));
    NORN_TRY(norni_near_find(ctx, t, opt->near_bits, err));
    if (opt->drop_near) {
        drop_twins(t);
    } else {
        note_twins(t);
    }
    count_faults(t);
    return NORN_OK;
}
