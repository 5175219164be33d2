/* What the parts of an aggregation share: tweets in one order, their tags as lists, weights; for signals_*.c alone. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_SIGNALS_AGGREGATE_PARTS_H
#define NORNI_SIGNALS_AGGREGATE_PARTS_H

#include "base/map.h"
#include "signals/signals_boot.h"

/* Lists of places, one behind the other. */
typedef struct norni_agg_lists {
    size_t n;
    size_t *start;   /* (n + 1) */
    uint32_t *place; /* (start[n]) */
} norni_agg_lists;

/* What the sums want of one tweet, side by side: a tweet is visited once for each of its tags. */
typedef struct norni_agg_row {
    double confidence, signal, combined, virality, quality, base_confidence;
    int64_t time, likes, retweets, replies;
    uint8_t label, mood;
    bool named; /* its author is known */
} norni_agg_row;

/* Tweets stand at "places": by author (in the order of their keys), then by id. Neither the order of the input lines nor an author's other tweets show in a sum. */
typedef struct norni_agg_run {
    norn_ctx *ctx;
    const norni_signals *s;
    const norni_aggregate_opt *opt;
    norni_aggregates *out;
    norni_arena arena;    /* dies with the run */
    norni_hash128 *hash;  /* (tweets->n) of each tweet's record */
    size_t *by_id;        /* (tweets->n) tweets in the order of their ids */
    int64_t as_of;        /* of ages */
    size_t n;             /* tweets that count */
    uint32_t *tweet;      /* (n) at each place */
    uint32_t *author;     /* (n) */
    uint64_t *author_key; /* (n_authors) of the bootstrap */
    size_t n_authors;
    norni_agg_row *row; /* (n) */
    double *weight;     /* (n) 0: weighs nothing */
    double *reach;      /* (n) the engagement factor, not capped; NULL: every one is 1 */
    norni_map tags;
    size_t *tag_start;    /* (n + 1) */
    uint32_t *tag;        /* (tag_start[n]) */
    uint32_t *group_of;   /* (tags.n) the group of a tag, or UINT32_MAX */
    norni_agg_lists list; /* of each group its places, ascending */
    norni_boot boot;
    double *replicate; /* (n_groups, n_replicates) */
} norni_agg_run;

enum { NORNI_AGG_POLL = 1024 };
static inline norn_status norni_agg_stop(const norni_agg_run *r, norn_err *err) {
    const norni_poll poll = norni_ctx_poll(r->ctx);
    return norni_poll_stop(&poll) ? norn_fail(err, NORN_E_CANCEL, "signals: cancelled") : NORN_OK;
}

/* The records' hashes and the order of ids. */
NORN_CHECKED norn_status norni_agg_order(norni_agg_run *r, norn_err *err);
/* Which tweets count, their authors, places, weights. */
NORN_CHECKED norn_status norni_agg_places(norni_agg_run *r, norn_err *err);
NORN_CHECKED norn_status norni_agg_weights(norni_agg_run *r, norn_err *err);
/* The half-life's factor of a tweet's age at `now`; 0 where it has no time and a half-life asks for one. */
double norni_agg_decay(const norni_aggregate_opt *opt, int64_t time, int64_t now);
/* The rank that the capping quantile of n values has, from 1. */
static inline size_t norni_agg_cap_rank(size_t n) {
    return n - n / 100;
}
/* Tags, which of them are groups, and the groups' lists. */
NORN_CHECKED norn_status norni_agg_tags(norni_agg_run *r, norn_err *err);
/* Lists of the groups' places in a given order of places (n_order). */
NORN_CHECKED norn_status norni_agg_lists_make(norni_agg_run *r, const uint32_t *order,
                                              size_t n_order, const uint32_t *group_of, size_t n,
                                              norni_agg_lists *out, norn_err *err);
/* Fills one group from its places (n); `replicate` as in norni_boot_estimate. */
NORN_CHECKED norn_status norni_agg_group(const norni_agg_run *r, const uint32_t *place, size_t n,
                                         norni_arena *scratch, double *replicate,
                                         norni_signal_group *g, norn_err *err);
NORN_CHECKED norn_status norni_agg_terms(const norni_agg_run *r, const uint32_t *place, size_t n,
                                         norni_arena *scratch, norni_signal_group *g,
                                         norn_err *err);
/* Antweiler and Frank's numbers of n_buy and n_sell messages. */
void norni_agg_agree(uint64_t n_buy, uint64_t n_sell, double *bullishness, double *agreement);
norni_signal_label norni_agg_label(double signal, double confidence);
norni_consensus norni_agg_consensus(double bullish, double bearish, bool any);
/* The market over the groups (as they stand in out), `all` being filled. */
NORN_CHECKED norn_status norni_agg_market(norni_agg_run *r, norn_err *err);
NORN_CHECKED norn_status norni_agg_hours(norni_agg_run *r, norn_err *err);
NORN_CHECKED norn_status norni_agg_digest(norni_agg_run *r, norn_err *err);

#endif
