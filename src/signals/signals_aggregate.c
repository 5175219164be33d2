/* Aggregation of scored tweets: groups of tags, the market, hours and the digest, phase by phase. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "signals/signals_aggregate.h"

#include <math.h>

#include "base/sort.h"
#include "signals/signals_aggregate_parts.h"

#define SECOND INT64_C(1000000)
#define YEAR   (366 * 86400 * SECOND)
enum { LEAST_REPLICATES = 20, MOST_REPLICATES = 10000 };

const char *norni_consensus_name(norni_consensus c) {
    static const char *const name[] = {"NONE",    "MIXED",          "BEARISH",
                                       "BULLISH", "STRONG_BEARISH", "STRONG_BULLISH"};
    return name[c];
}

const char *norni_market_label_name(norni_market_label l) {
    static const char *const name[] = {"HOLD",    "NEUTRAL",        "BEARISH",
                                       "BULLISH", "STRONG_BEARISH", "STRONG_BULLISH"};
    return name[l];
}

const char *norni_level_name(norni_level l) {
    static const char *const name[] = {"LOW", "MODERATE", "HIGH"};
    return name[l];
}

norni_aggregate_opt norni_aggregate_opt_default(void) {
    return (norni_aggregate_opt){.min_tweets = 20,
                                 .min_confidence = 0.3,
                                 .min_effective = 5,
                                 .level = 0.95,
                                 .replicates = 200,
                                 .as_of = NORNI_TWEET_NO_TIME,
                                 .author_cap = 1,
                                 .bucket = 3600 * SECOND};
}

static norn_status check(const norni_aggregate_opt *o, norn_err *err) {
    if (!(o->min_confidence >= 0 && o->min_confidence <= 1))
        return norn_fail(err, NORN_E_ARG, "signals: min_confidence=%g is outside [0, 1]",
                         o->min_confidence);
    if (!(o->level > 0 && o->level < 1))
        return norn_fail(err, NORN_E_ARG, "signals: level=%g is outside (0, 1)", o->level);
    if (!(o->min_effective >= 0 && o->min_effective < 1e15))
        return norn_fail(err, NORN_E_ARG, "signals: min_effective=%g is outside [0, 1e15)",
                         o->min_effective);
    if (o->replicates != 0 && (o->replicates < LEAST_REPLICATES || o->replicates > MOST_REPLICATES))
        return norn_fail(err, NORN_E_ARG,
                         "signals: %d replicates of the bootstrap; 0, or %d to %d are allowed",
                         (int)o->replicates, (int)LEAST_REPLICATES, (int)MOST_REPLICATES);
    if (!(o->half_life_hours >= 0 && o->half_life_hours < 1e9))
        return norn_fail(err, NORN_E_ARG, "signals: half_life_hours=%g is outside [0, 1e9)",
                         o->half_life_hours);
    if (!(o->author_cap > 0 && o->author_cap <= 1))
        return norn_fail(err, NORN_E_ARG, "signals: author_cap=%g is outside (0, 1]",
                         o->author_cap);
    if (o->bucket < SECOND || o->bucket > YEAR)
        return norn_fail(
            err, NORN_E_ARG,
            "signals: buckets of %lld microseconds, one second to 366 days are allowed",
            (long long)o->bucket);
    if (o->bucket_offset < -YEAR || o->bucket_offset > YEAR)
        return norn_fail(
            err, NORN_E_ARG,
            "signals: buckets shifted by %lld microseconds, at most 366 days are allowed",
            (long long)o->bucket_offset);
    return NORN_OK;
}

/* What the items of one loop over groups share; item n_groups is the market. */
typedef struct group_loop {
    norni_agg_run *r;
    uint32_t *all; /* (n) every place */
} group_loop;

static norn_status fill_group(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const group_loop *l = arg;
    const norni_agg_run *r = l->r;
    if (item == r->out->n_groups)
        return norni_agg_group(r, l->all, r->n, &worker->arena, NULL, &r->out->market.all, err);
    const size_t from = r->list.start[item], to = r->list.start[item + 1];
    return norni_agg_group(r, r->list.place + from, to - from, &worker->arena,
                           r->replicate + item * r->boot.n_replicates, &r->out->group[item], err);
}

static norn_status fill_groups(norni_agg_run *r, norn_err *err) {
    const size_t n = r->out->n_groups, n_rep = r->boot.n_replicates;
    size_t size = 0;
    group_loop l = {.r = r, .all = norni_arena_get(&r->arena, r->n, sizeof *l.all)};
    double *cost = norni_arena_get(&r->arena, n + 1, sizeof *cost);
    if (norni_mul_size(n, n_rep, &size))
        r->replicate = norni_arena_get(&r->arena, size, sizeof *r->replicate);
    if (l.all == NULL || cost == NULL || r->replicate == NULL)
        return norni_alloc_fail(err, "signals", n, n_rep * sizeof *r->replicate);
    for (size_t p = 0; p < r->n; p++)
        l.all[p] = (uint32_t)p;
    for (size_t g = 0; g < n; g++)
        cost[g] = (double)(r->list.start[g + 1] - r->list.start[g]);
    cost[n] = (double)r->n;
    const norni_for_opt how = {.grain = 1, .cost = cost};
    return norni_for(r->ctx, NULL, n + 1, fill_group, &l, &how, err);
}

static int by_rank(const void *arg, size_t a, size_t b) {
    const norni_signal_group *g = arg;
    if (g[a].few != g[b].few) return g[a].few ? 1 : -1;
    if (g[a].rank_score != g[b].rank_score) return g[a].rank_score > g[b].rank_score ? -1 : 1;
    return norni_str_cmp(g[a].tag, g[b].tag);
}

/* Groups in their final order; a tag's place among them follows. */
static norn_status rank_groups(norni_agg_run *r, norn_err *err) {
    const size_t n = r->out->n_groups;
    size_t *order = norni_arena_get(&r->arena, n, 2 * sizeof *order);
    uint32_t *now = norni_arena_get(&r->arena, n, sizeof *now);
    norni_signal_group *sorted = norni_arena_get(&r->out->arena, n, sizeof *sorted);
    if (order == NULL || now == NULL || sorted == NULL)
        return norni_alloc_fail(err, "signals", n, sizeof *sorted);
    for (size_t g = 0; g < n; g++)
        order[g] = g;
    norni_sort_index(order, n, by_rank, r->out->group, order + n);
    for (size_t g = 0; g < n; g++) {
        sorted[g] = r->out->group[order[g]];
        now[order[g]] = (uint32_t)g;
    }
    for (size_t t = 0; t < r->tags.n; t++)
        if (r->group_of[t] != UINT32_MAX) r->group_of[t] = now[r->group_of[t]];
    r->out->group = sorted;
    return NORN_OK;
}

static norn_status run_all(norni_agg_run *r, norn_err *err) {
    NORN_TRY(norni_agg_order(r, err));
    NORN_TRY(norni_agg_places(r, err));
    NORN_TRY(norni_agg_weights(r, err));
    NORN_TRY(norni_agg_tags(r, err));
    NORN_TRY(norni_boot_init(&r->boot, r->ctx, r->opt, r->author_key, r->n_authors, err));
    NORN_TRY(fill_groups(r, err));
    NORN_TRY(norni_agg_market(r, err));
    NORN_TRY(rank_groups(r, err));
    NORN_TRY(norni_agg_hours(r, err));
    return norni_agg_digest(r, err);
}

norn_status norni_signals_aggregate(norn_ctx *ctx, const norni_signals *s,
                                    const norni_aggregate_opt *opt, norni_aggregates *out,
                                    norn_err *err) {
    const norni_aggregate_opt o = opt != NULL ? *opt : norni_aggregate_opt_default();
    norni_agg_run r = {.ctx = ctx, .s = s, .opt = &o, .out = out};
    *out = (norni_aggregates){0};
    norni_arena_init(&out->arena, &ctx->alloc);
    norni_arena_init(&r.arena, &ctx->alloc);
    norni_map_init(&r.tags, &ctx->alloc);
    norn_status st = check(&o, err);
    if (st == NORN_OK && s->tweets->n >= UINT32_MAX)
        st = norn_fail(err, NORN_E_LIMIT, "signals: %zu tweets, fewer than 2^32 are allowed",
                       s->tweets->n);
    if (st == NORN_OK) st = run_all(&r, err);
    norni_boot_clear(&r.boot);
    norni_map_clear(&r.tags);
    norni_arena_clear(&r.arena);
    if (st != NORN_OK) norni_aggregates_clear(out);
    return st;
}

void norni_aggregates_clear(norni_aggregates *a) {
    if (a->arena.alloc != NULL) norni_arena_clear(&a->arena);
    *a = (norni_aggregates){0};
}
