/* The digest of signals: a hash of each tweet's record in the order of ids, then of groups, market and hours. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A record is the id and the raw IEEE bits of every number of the result, with one NaN and no negative zero; one ulp anywhere changes the digest, the order of the input lines does not. */
#include "base/fp.h"
#include "base/sort.h"
#include "signals/signals_aggregate_parts.h"

enum { BLOCK = 256, RECORD = 1024 };

/* A record while it is written. */
typedef struct record {
    norni_hash_stream *stream; /* of what no longer fits; begun when it is needed */
    bool begun;
    size_t n;
    unsigned char bytes[RECORD];
} record;

static void flush(record *r) {
    if (!r->begun) norni_hash_stream_init(r->stream);
    r->begun = true;
    norni_hash_stream_add(r->stream, r->bytes, r->n);
    r->n = 0;
}

static norni_hash128 finish(record *r) {
    if (!r->begun) return norni_hash_128(r->bytes, r->n);
    flush(r);
    return norni_hash_stream_get(r->stream);
}

static void put(record *r, const void *p, size_t n) {
    if (n > RECORD - r->n) flush(r);
    if (n > RECORD) {
        norni_hash_stream_add(r->stream, p, n);
        return;
    }
    if (n > 0) memcpy(r->bytes + r->n, p, n);
    r->n += n;
}

static void put_count(record *r, uint64_t n) {
    put(r, &n, sizeof n);
}

static void put_number(record *r, double x) {
    x = norni_canonical(x);
    put(r, &x, sizeof x);
}

static void put_text(record *r, norni_str s) {
    put_count(r, s.n);
    put(r, s.p, s.n);
}

static void put_signal(record *r, const norni_signals *all, const norni_signal *s) {
    const double number[] = {s->base.p[0],
                             s->base.p[1],
                             s->base.p[2],
                             s->base.score,
                             s->keyword_boost,
                             s->combined,
                             s->base_confidence,
                             s->engagement_rate,
                             s->virality_ratio,
                             s->reply_ratio,
                             s->like_ratio,
                             s->virality_score,
                             s->finance_term_density,
                             s->content_quality,
                             s->confidence,
                             s->base_signal,
                             s->signal_score,
                             s->lo,
                             s->hi};
    const uint64_t count[] = {
        (uint64_t)s->base.label, s->n_hits,  s->n_bullish,  s->n_bearish, s->mood,
        (uint64_t)s->engagement, s->n_terms, s->n_features, s->label,     s->strength};
    for (size_t k = 0; k < sizeof number / sizeof number[0]; k++)
        put_number(r, number[k]);
    put(r, count, sizeof count);
    for (uint32_t k = 0; k < s->n_hits; k++) {
        const uint32_t hit[] = {s->hit[k].phrase, s->hit[k].side, s->hit[k].negated,
                                s->hit[k].token, s->hit[k].n};
        put(r, hit, sizeof hit);
    }
    for (uint32_t k = 0; k < s->n_terms; k++) {
        put_text(r, all->term[s->term[k]]);
        put_number(r, s->term_score[k]);
    }
}

static norn_status hash_block(norni_worker *worker, size_t block, void *arg, norn_err *err) {
    const norni_agg_run *run = arg;
    const size_t n = run->s->tweets->n, from = block * BLOCK,
                 to = n - from < BLOCK ? n : from + BLOCK;
    (void)worker;
    (void)err;
    for (size_t i = from; i < to; i++) {
        norni_hash_stream stream;
        record r;
        r.stream = &stream;
        r.begun = false;
        r.n = 0;
        put_text(&r, run->s->tweets->tweet[i].id);
        put_signal(&r, run->s, &run->s->signal[i]);
        run->hash[i] = finish(&r);
    }
    return NORN_OK;
}

/* Ids with their first bytes as numbers, which settle most comparisons. */
typedef struct id_order {
    const norni_agg_run *run;
    const uint64_t (*head)[2]; /* (n) */
} id_order;

static int by_id(const void *arg, size_t a, size_t b) {
    const id_order *o = arg;
    for (int k = 0; k < 2; k++)
        if (o->head[a][k] != o->head[b][k]) return o->head[a][k] < o->head[b][k] ? -1 : 1;
    const norni_tweet *t = o->run->s->tweets->tweet;
    const int cmp = norni_str_cmp(t[a].id, t[b].id);
    if (cmp != 0) return cmp;
    const norni_hash128 *h = o->run->hash; /* without ids: by what they say */
    if (h[a].hi != h[b].hi) return h[a].hi < h[b].hi ? -1 : 1;
    return h[a].lo < h[b].lo ? -1 : h[a].lo > h[b].lo;
}

static uint64_t head_of(norni_str id, size_t from) {
    uint64_t head = 0;
    for (size_t k = from; k < from + 8; k++)
        head = head << 8 | (k < id.n ? (unsigned char)id.p[k] : 0);
    return head;
}

norn_status norni_agg_order(norni_agg_run *r, norn_err *err) {
    const size_t n = r->s->tweets->n;
    const norni_for_opt how = {.grain = 1};
    r->hash = norni_arena_get(&r->arena, n, sizeof *r->hash);
    r->by_id = norni_arena_get(&r->arena, n, 2 * sizeof *r->by_id);
    uint64_t(*head)[2] = norni_arena_get(&r->arena, n, sizeof *head);
    if (r->hash == NULL || r->by_id == NULL || head == NULL)
        return norni_alloc_fail(err, "signals", n, sizeof *r->hash);
    NORN_TRY(norni_for(r->ctx, NULL, (n + BLOCK - 1) / BLOCK, hash_block, r, &how, err));
    const id_order order = {r, (const uint64_t(*)[2])head};
    bool sorted = true;
    for (size_t i = 0; i < n; i++) {
        const norni_str id = r->s->tweets->tweet[i].id;
        head[i][0] = head_of(id, 0);
        head[i][1] = head_of(id, 8);
        r->by_id[i] = i;
        sorted = sorted && (i == 0 || by_id(&order, i - 1, i) <= 0);
    }
    if (!sorted) norni_sort_index(r->by_id, n, by_id, &order, r->by_id + n);
    return NORN_OK;
}

static void put_estimate(record *r, const norni_estimate *e) {
    const double number[] = {e->mean, e->n_eff, e->lo, e->hi, e->se, e->sandwich_se};
    for (size_t k = 0; k < sizeof number / sizeof number[0]; k++)
        put_number(r, number[k]);
    put_count(r, e->n_authors);
    put_count(r, e->excludes_zero);
}

static void put_group(record *r, const norni_signals *all, const norni_signal_group *g) {
    const double number[] = {g->confidence,      g->bullish_share, g->bearish_share,
                             g->avg_sentiment,   g->avg_virality,  g->quality,
                             g->base_confidence, g->virality,      g->bullishness,
                             g->agreement,       g->rank_score};
    const uint64_t count[] = {g->n,
                              g->n_valid,
                              (uint64_t)g->earliest,
                              (uint64_t)g->latest,
                              g->label,
                              g->consensus,
                              (uint64_t)g->likes,
                              (uint64_t)g->retweets,
                              (uint64_t)g->replies,
                              g->n_high_engagement,
                              g->n_terms};
    put_text(r, g->tag);
    put_estimate(r, &g->signal);
    for (size_t k = 0; k < sizeof number / sizeof number[0]; k++)
        put_number(r, number[k]);
    put(r, count, sizeof count);
    put(r, g->mood, sizeof g->mood);
    put(r, g->labels, sizeof g->labels);
    for (uint32_t k = 0; k < g->n_terms; k++) {
        put_text(r, all->term[g->term[k].term]);
        put_number(r, g->term[k].score);
    }
}

static void put_market(record *r, const norni_signals *all, const norni_market_signal *m) {
    const double number[] = {m->signal_score, m->confidence, m->lo, m->hi, m->signal_std};
    const uint64_t count[] = {m->label,        m->consensus,        m->low_confidence,
                              m->ignored,      m->volatility_level, m->confidence_level,
                              m->excludes_zero};
    put_group(r, all, &m->all);
    for (size_t k = 0; k < sizeof number / sizeof number[0]; k++)
        put_number(r, number[k]);
    put(r, count, sizeof count);
    put_text(r, norni_str_of(m->weighting));
}

/* Of n_listed hours those (n) that may have tweets; empty ones are told by their neighbours. */
static void put_hours(record *r, const norni_signal_bucket *hour, size_t n, size_t n_listed) {
    for (size_t k = 0; k < n; k++) {
        const norni_signal_bucket *h = &hour[k];
        if (h->n == 0) continue;
        const uint64_t count[] = {(uint64_t)h->begin, (uint64_t)h->end, h->n, h->n_valid};
        const double number[] = {h->n_eff,      h->signal,      h->lo,        h->hi,
                                 h->confidence, h->bullishness, h->agreement, h->volume_z};
        put(r, count, sizeof count);
        for (size_t j = 0; j < sizeof number / sizeof number[0]; j++)
            put_number(r, number[j]);
    }
    put_count(r, n_listed);
}

static int by_tag(const void *arg, size_t a, size_t b) {
    const norni_signal_group *g = arg;
    return norni_str_cmp(g[a].tag, g[b].tag);
}

norn_status norni_agg_digest(norni_agg_run *run, norn_err *err) {
    norni_aggregates *out = run->out;
    norni_hash_stream stream;
    record r;
    r.stream = &stream;
    r.begun = false;
    r.n = 0;
    size_t *order = norni_arena_get(&run->arena, out->n_groups, 2 * sizeof *order);
    if (order == NULL) return norni_alloc_fail(err, "signals", out->n_groups, 2 * sizeof *order);
    for (size_t k = 0; k < run->s->tweets->n; k++) {
        const norni_hash128 h = run->hash[run->by_id[k]];
        const uint64_t words[] = {h.hi, h.lo};
        put(&r, words, sizeof words);
    }
    for (size_t g = 0; g < out->n_groups; g++)
        order[g] = g;
    norni_sort_index(order, out->n_groups, by_tag, out->group, order + out->n_groups);
    for (size_t k = 0; k < out->n_groups; k++) {
        put_group(&r, run->s, &out->group[order[k]]);
        const norni_signal_row *row = &out->row[order[k]];
        if (row->held) put_hours(&r, row->bucket, row->n, out->n_hours);
    }
    put_count(&r, out->n_small);
    put_market(&r, run->s, &out->market);
    put_hours(&r, out->hour, out->n_hours, out->n_hours);
    out->digest = finish(&r);
    return NORN_OK;
}
