/* Buckets of time, of the market and of tags: each is made of its own tweets and of earlier ones alone. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A bucket [begin, end) is known at `end`: ages count from there, the cap of the engagement weight is the quantile of the tweets so far, the volume's z looks back. Later tweets change nothing
 * in it; two things lie outside of it: which tags have enough tweets for a row is known at the end of the input, and a tweet's own score may look ahead (see signals_score.c: asof_every), as do
 * its counts of likes, which are those of the day when it was collected. */
#include <math.h>

#include "base/fp.h"
#include "base/sort.h"
#include "signals/signals_aggregate_parts.h"

enum { BLOCK = 64, BACK = 24 };
#define NONE UINT32_MAX

typedef struct hours {
    norni_agg_run *r;
    size_t n;         /* places with a time */
    size_t n_hours;   /* listed buckets */
    uint32_t *order;  /* (n) places by bucket, then as they stand */
    uint32_t *bucket; /* (r->n) of each place its listed bucket, NONE without a time */
    int64_t *number;  /* (n_hours) of each listed bucket its number since the epoch */
    size_t *start;    /* (n_hours + 1) in `order` */
    double *cap;      /* (n_hours) of the engagement factor; NULL: none */
    uint32_t *held;   /* (n_groups) groups that get a row, those of most tweets first */
    size_t n_held;
    norni_agg_lists list; /* of the held groups */
} hours;

static int64_t time_at(const norni_agg_run *r, size_t place) {
    return r->row[place].time;
}

static int64_t number_of(const norni_aggregate_opt *o, int64_t time) {
    int64_t t;
    if (__builtin_add_overflow(time, o->bucket_offset, &t)) t = time;
    return t / o->bucket - (t % o->bucket < 0);
}

typedef struct number_order {
    const int64_t *number;
} number_order;

static int by_number(const void *arg, size_t a, size_t b) {
    const int64_t *x = ((const number_order *)arg)->number;
    return x[a] < x[b] ? -1 : x[a] > x[b];
}

/* The numbers of the buckets that hold tweets, when the span is too wide for all. */
static norn_status list_filled(hours *h, const int64_t *number, norn_err *err) {
    norni_agg_run *r = h->r;
    size_t *index = norni_arena_get(&r->arena, h->n, 2 * sizeof *index), k = 0;
    if (index == NULL) return norni_alloc_fail(err, "signals", h->n, 2 * sizeof *index);
    for (size_t p = 0; p < r->n; p++)
        if (time_at(r, p) != NORNI_TWEET_NO_TIME) index[k++] = p;
    const number_order by = {number};
    norni_sort_index(index, h->n, by_number, &by, index + h->n);
    h->number = norni_arena_get(&r->arena, h->n, sizeof *h->number);
    if (h->number == NULL) return norni_alloc_fail(err, "signals", h->n, sizeof *h->number);
    for (size_t j = 0; j < h->n; j++) {
        const int64_t at = number[index[j]];
        if (h->n_hours == 0 || h->number[h->n_hours - 1] != at) h->number[h->n_hours++] = at;
        h->bucket[index[j]] = (uint32_t)(h->n_hours - 1);
    }
    r->out->hours_sparse = true;
    return NORN_OK;
}

static norn_status list_all(hours *h, const int64_t *number, int64_t first, size_t n,
                            norn_err *err) {
    norni_agg_run *r = h->r;
    h->n_hours = n;
    h->number = norni_arena_get(&r->arena, n, sizeof *h->number);
    if (h->number == NULL) return norni_alloc_fail(err, "signals", n, sizeof *h->number);
    for (size_t k = 0; k < n; k++)
        h->number[k] = first + (int64_t)k;
    for (size_t p = 0; p < r->n; p++)
        if (time_at(r, p) != NORNI_TWEET_NO_TIME) h->bucket[p] = (uint32_t)(number[p] - first);
    return NORN_OK;
}

static norn_status find_buckets(hours *h, norn_err *err) {
    norni_agg_run *r = h->r;
    int64_t *number = norni_arena_get(&r->arena, r->n, sizeof *number), first = 0, last = 0;
    h->bucket = norni_arena_get(&r->arena, r->n, sizeof *h->bucket);
    if (number == NULL || h->bucket == NULL)
        return norni_alloc_fail(err, "signals", r->n, sizeof *number);
    for (size_t p = 0; p < r->n; p++) {
        const int64_t time = time_at(r, p);
        h->bucket[p] = NONE;
        if (time == NORNI_TWEET_NO_TIME) continue;
        number[p] = number_of(r->opt, time);
        if (h->n == 0 || number[p] < first) first = number[p];
        if (h->n == 0 || number[p] > last) last = number[p];
        h->n++;
    }
    if (h->n == 0) return NORN_OK;
    const uint64_t span = (uint64_t)last - (uint64_t)first; /* one less than the buckets */
    return span >= NORNI_HOURS_MOST ? list_filled(h, number, err)
                                    : list_all(h, number, first, (size_t)span + 1, err);
}

/* Places by bucket, in their order inside. */
static norn_status order_places(hours *h, norn_err *err) {
    norni_agg_run *r = h->r;
    h->order = norni_arena_get(&r->arena, h->n, sizeof *h->order);
    h->start = norni_arena_zero(&r->arena, h->n_hours + 2, sizeof *h->start);
    if (h->order == NULL || h->start == NULL)
        return norni_alloc_fail(err, "signals", h->n_hours, sizeof *h->start);
    for (size_t p = 0; p < r->n; p++)
        if (h->bucket[p] != NONE) h->start[h->bucket[p] + 2]++;
    for (size_t k = 0; k < h->n_hours; k++)
        h->start[k + 2] += h->start[k + 1];
    for (size_t p = 0; p < r->n; p++)
        if (h->bucket[p] != NONE) h->order[h->start[h->bucket[p] + 1]++] = (uint32_t)p;
    return NORN_OK;
}

static int by_reach(const void *arg, size_t a, size_t b) {
    const norni_agg_run *r = arg;
    return r->reach[a] < r->reach[b] ? -1 : r->reach[a] > r->reach[b];
}

/* Of each bucket the quantile of all factors up to its end: counts in a Fenwick tree over ranks. */
static norn_status find_caps(hours *h, norn_err *err) {
    norni_agg_run *r = h->r;
    if (r->reach == NULL) return NORN_OK;
    size_t *index = norni_arena_get(&r->arena, r->n, 3 * sizeof *index), *rank = index + r->n;
    uint32_t *tree = norni_arena_zero(&r->arena, r->n + 1, sizeof *tree);
    h->cap = norni_arena_get(&r->arena, h->n_hours, sizeof *h->cap);
    if (index == NULL || tree == NULL || h->cap == NULL)
        return norni_alloc_fail(err, "signals", r->n, 3 * sizeof *index);
    for (size_t p = 0; p < r->n; p++)
        index[p] = p;
    norni_sort_index(index, r->n, by_reach, r, index + r->n);
    for (size_t k = 0; k < r->n; k++)
        rank[index[k]] = k + 1;
    size_t top = 1;
    while (2 * top <= r->n)
        top *= 2;
    for (size_t b = 0; b < h->n_hours; b++) {
        for (size_t k = h->start[b]; k < h->start[b + 1]; k++)
            for (size_t at = rank[h->order[k]]; at <= r->n; at += at & (~at + 1))
                tree[at]++;
        size_t left = norni_agg_cap_rank(h->start[b + 1]), at = 0;
        for (size_t step = top; step > 0 && left > 0; step /= 2)
            if (at + step <= r->n && tree[at + step] < left) left -= tree[at += step];
        h->cap[b] = h->start[b + 1] > 0 ? r->reach[index[at]] : 1;
    }
    return NORN_OK;
}

/* The weight of a place in its bucket, as it is known at the bucket's end. */
static double weight_in(const hours *h, size_t place, int64_t end) {
    const norni_agg_run *r = h->r;
    const double c = r->row[place].confidence;
    if (!(c >= r->opt->min_confidence)) return 0;
    double w = c * norni_agg_decay(r->opt, time_at(r, place), end);
    if (h->cap != NULL) w *= fmin(r->reach[place], h->cap[h->bucket[place]]);
    return w;
}

static void begin_bucket(const hours *h, size_t k, norni_signal_bucket *b) {
    const norni_aggregate_opt *o = h->r->opt;
    *b = (norni_signal_bucket){.signal = NORNI_NAN,
                               .lo = NORNI_NAN,
                               .hi = NORNI_NAN,
                               .confidence = NORNI_NAN,
                               .bullishness = NORNI_NAN,
                               .agreement = NORNI_NAN,
                               .volume_z = NORNI_NAN};
    if (__builtin_mul_overflow(h->number[k], o->bucket, &b->begin) ||
        __builtin_sub_overflow(b->begin, o->bucket_offset, &b->begin))
        b->begin = h->number[k] < 0 ? INT64_MIN : INT64_MAX;
    if (__builtin_add_overflow(b->begin, o->bucket, &b->end)) b->end = INT64_MAX;
}

/* One bucket from its places (n), which stand by author. */
static norn_status fill_bucket(const hours *h, const uint32_t *place, size_t n,
                               norni_arena *scratch, norni_signal_bucket *b, norn_err *err) {
    const norni_agg_run *r = h->r;
    const norni_poll poll = norni_ctx_poll(r->ctx);
    const norni_arena_mark mark = norni_arena_mark_get(scratch);
    uint64_t mood[3] = {0, 0, 0};
    norni_estimate e;
    double confidence = 0;
    size_t n_clusters = 0;
    norni_boot_cluster *cluster = norni_arena_get(scratch, n, sizeof *cluster);
    if (cluster == NULL) return norni_alloc_fail(err, "signals", n, sizeof *cluster);
    b->n = n;
    for (size_t k = 0; k < n; k++) {
        const norni_agg_row *s = &r->row[place[k]];
        norni_boot_push(cluster, &n_clusters, r->author[place[k]], weight_in(h, place[k], b->end),
                        s->signal);
        if (!(s->confidence >= r->opt->min_confidence)) continue;
        b->n_valid++;
        confidence += s->confidence;
        mood[s->mood]++;
    }
    NORN_TRY(norni_boot_estimate(&r->boot, cluster, n_clusters, &poll, scratch, NULL, &e, err));
    norni_arena_rewind(scratch, mark);
    if (b->n_valid == 0) return NORN_OK;
    b->confidence = confidence / (double)b->n_valid;
    norni_agg_agree(mood[NORNI_MOOD_BULLISH], mood[NORNI_MOOD_BEARISH], &b->bullishness,
                    &b->agreement);
    b->signal = e.mean;
    b->n_eff = e.n_eff;
    b->lo = e.lo;
    b->hi = e.hi;
    return NORN_OK;
}

/* The z of a volume against the m buckets before it, of which the last n are `before` and the others had no tweet. */
static double volume_z(const double *before, size_t n, size_t m, double now) {
    double mean = 0, var = 0;
    for (size_t j = n; j > 0;)
        mean += before[--j];
    mean /= (double)m;
    for (size_t j = 0; j < n; j++)
        var += (before[j] - mean) * (before[j] - mean);
    var += (double)(m - n) * mean * mean;
    return var > 0 ? (now - mean) / sqrt(var / (double)(m - 1)) : NORNI_NAN;
}

/* How many buckets before the listed bucket k there are to look back on, at most BACK. */
static size_t buckets_before(const hours *h, size_t k) {
    const uint64_t ago = (uint64_t)h->number[k] - (uint64_t)h->number[0];
    return ago < BACK ? (size_t)ago : BACK;
}

static double volume_of(const norni_signal_bucket *b) {
    return b->n > 0 ? norni_log(1 + (double)b->n) : 0;
}

/* Of the market: every listed bucket; those that are not listed had no tweet. */
static norn_status volumes(const hours *h, norni_arena *scratch, norni_signal_bucket *bucket,
                           norn_err *err) {
    double *x = norni_arena_get(scratch, h->n_hours, sizeof *x);
    size_t from = 0;
    if (x == NULL) return norni_alloc_fail(err, "signals", h->n_hours, sizeof *x);
    for (size_t k = 0; k < h->n_hours; k++) {
        const size_t m = buckets_before(h, k);
        x[k] = volume_of(&bucket[k]);
        if (k % NORNI_AGG_POLL == 0) NORN_TRY(norni_agg_stop(h->r, err));
        while (h->number[k] - h->number[from] > BACK)
            from++;
        if (m >= 2) bucket[k].volume_z = volume_z(x + from, k - from, m, x[k]);
    }
    return NORN_OK;
}

/* Of a tag: the buckets that have tweets. */
static void row_volumes(const hours *h, norni_signal_row *row) {
    size_t from = 0;
    for (size_t i = 0; i < row->n; i++) {
        const size_t k = row->hour[i], m = buckets_before(h, k);
        double x[BACK] = {0};
        size_t n = 0; /* listed buckets to look back on */
        while (n < k && n < BACK && h->number[k] - h->number[k - n - 1] <= BACK)
            n++;
        while (row->hour[from] < k - n)
            from++;
        for (size_t j = from; j < i; j++)
            x[n - (k - row->hour[j])] = volume_of(&row->bucket[j]);
        if (m >= 2 && from < i)
            row->bucket[i].volume_z = volume_z(x, n, m, volume_of(&row->bucket[i]));
    }
}

static norn_status fill_block(norni_worker *worker, size_t block, void *arg, norn_err *err) {
    const hours *h = arg;
    const size_t from = block * BLOCK, to = h->n_hours - from < BLOCK ? h->n_hours : from + BLOCK;
    for (size_t k = from; k < to; k++) {
        norni_signal_bucket *b = &h->r->out->hour[k];
        begin_bucket(h, k, b);
        if (h->start[k] < h->start[k + 1])
            NORN_TRY(fill_bucket(h, h->order + h->start[k], h->start[k + 1] - h->start[k],
                                 &worker->arena, b, err));
    }
    return NORN_OK;
}

static norn_status fill_row(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    const hours *h = arg;
    norni_signal_row *row = &h->r->out->row[h->held[item]];
    const uint32_t *place = h->list.place;
    size_t at = h->list.start[item];
    const size_t end = h->list.start[item + 1];
    for (size_t to = at; at < end; at = to) {
        const uint32_t k = h->bucket[place[at]];
        while (to < end && h->bucket[place[to]] == k)
            to++;
        if (row->n % NORNI_AGG_POLL == 0) NORN_TRY(norni_agg_stop(h->r, err));
        begin_bucket(h, k, &row->bucket[row->n]);
        NORN_TRY(fill_bucket(h, place + at, to - at, &worker->arena, &row->bucket[row->n], err));
        row->hour[row->n++] = k;
    }
    row_volumes(h, row);
    return NORN_OK;
}

static int fuller_first(const void *arg, size_t a, size_t b) {
    const norni_signal_group *g = arg;
    if (g[a].n != g[b].n) return g[a].n > g[b].n ? -1 : 1;
    return norni_str_cmp(g[a].tag, g[b].tag);
}

/* Rows for the groups of most tweets, as many as there is room for. */
static norn_status hold_groups(hours *h, uint32_t *group_of, norn_err *err) {
    norni_agg_run *r = h->r;
    const size_t n = r->out->n_groups;
    size_t *index = norni_arena_get(&r->arena, n, 2 * sizeof *index);
    uint32_t *row = norni_arena_get(&r->arena, n, sizeof *row);
    h->held = norni_arena_get(&r->arena, n, sizeof *h->held);
    if (index == NULL || row == NULL || h->held == NULL)
        return norni_alloc_fail(err, "signals", n, 2 * sizeof *index);
    for (size_t g = 0; g < n; g++) {
        index[g] = g;
        row[g] = NONE;
    }
    norni_sort_index(index, n, fuller_first, r->out->group, index + n);
    h->n_held = h->n_hours > 0 ? NORNI_HOURS_MOST / h->n_hours : n;
    if (h->n_held > n) h->n_held = n;
    for (size_t k = 0; k < h->n_held; k++) {
        h->held[k] = (uint32_t)index[k];
        row[index[k]] = (uint32_t)k;
    }
    for (size_t t = 0; t < r->tags.n; t++)
        group_of[t] = r->group_of[t] == NONE ? NONE : row[r->group_of[t]];
    return NORN_OK;
}

/* Memory for the rows: a tag has no more buckets than tweets. */
static norn_status make_rows(const hours *h, norn_err *err) {
    norni_aggregates *out = h->r->out;
    size_t n = 0;
    for (size_t k = 0; k < h->n_held; k++) {
        const size_t m = h->list.start[k + 1] - h->list.start[k];
        n += m < h->n_hours ? m : h->n_hours;
    }
    norni_signal_bucket *bucket = norni_arena_get(&out->arena, n, sizeof *bucket);
    uint32_t *hour = norni_arena_get(&out->arena, n, sizeof *hour);
    if (bucket == NULL || hour == NULL) return norni_alloc_fail(err, "signals", n, sizeof *bucket);
    for (size_t k = 0; k < h->n_held; k++) {
        const size_t m = h->list.start[k + 1] - h->list.start[k];
        out->row[h->held[k]] = (norni_signal_row){.bucket = bucket, .hour = hour, .held = true};
        bucket += m < h->n_hours ? m : h->n_hours;
        hour += m < h->n_hours ? m : h->n_hours;
    }
    return NORN_OK;
}

const norni_signal_bucket *norni_signal_row_at(const norni_signal_row *row, size_t h) {
    size_t lo = 0, hi = row->n; /* the first of h or later */
    while (lo < hi) {
        const size_t mid = (lo + hi) / 2;
        if (row->hour[mid] < h) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo < row->n && row->hour[lo] == h ? &row->bucket[lo] : NULL;
}

norn_status norni_agg_hours(norni_agg_run *r, norn_err *err) {
    const norni_for_opt how = {.grain = 1};
    hours h = {.r = r};
    NORN_TRY(find_buckets(&h, err));
    NORN_TRY(order_places(&h, err));
    NORN_TRY(find_caps(&h, err));
    r->out->n_hours = h.n_hours;
    r->out->hour = norni_arena_get(&r->out->arena, h.n_hours, sizeof *r->out->hour);
    r->out->row = norni_arena_zero(&r->out->arena, r->out->n_groups, sizeof *r->out->row);
    uint32_t *group_of = norni_arena_get(&r->arena, r->tags.n, sizeof *group_of);
    if (r->out->hour == NULL || r->out->row == NULL || group_of == NULL)
        return norni_alloc_fail(err, "signals", h.n_hours, sizeof *r->out->hour);
    NORN_TRY(norni_for(r->ctx, NULL, (h.n_hours + BLOCK - 1) / BLOCK, fill_block, &h, &how, err));
    if (h.n_hours == 0) return NORN_OK;
    NORN_TRY(volumes(&h, &r->arena, r->out->hour, err));
    r->out->hours_from = r->out->hour[0].begin;
    NORN_TRY(hold_groups(&h, group_of, err));
    NORN_TRY(norni_agg_lists_make(r, h.order, h.n, group_of, h.n_held, &h.list, err));
    NORN_TRY(make_rows(&h, err));
    return norni_for(r->ctx, NULL, h.n_held, fill_row, &h, &how, err);
}
