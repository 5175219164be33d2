/* Tweets put in order for sums: which count, by author and id, what each weighs, and the lists of the tags. */
/* SPDX-License-Identifier: Apache-2.0 */
/* An author is a user's name. A tweet without one belongs with the first tweet of nearly its text, so that copies are one opinion: to that tweet's author, or to an author of its own, keyed by
 * that tweet's id, or by its text where it has none. */
#include <math.h>

#include "base/fp.h"
#include "base/grow.h"
#include "base/hash.h"
#include "base/sort.h"
#include "signals/signals_aggregate_parts.h"

#define NONE UINT32_MAX
enum { BLOCK = 1024 };
#define BY_ID   UINT64_C(0x9E3779B97F4A7C15) /* keys of ids and texts are not those of names */
#define BY_TEXT UINT64_C(0xC2B2AE3D27D4EB4F)
#define LN2     0.69314718055994530942

static const norni_tweet *tweet_at(const norni_agg_run *r, size_t place) {
    return &r->s->tweets->tweet[r->tweet[place]];
}

/* Later tweets than the asked time do not count; neither do those of which nobody knows. */
static bool counts(const norni_agg_run *r, const norni_tweet *t) {
    return r->opt->as_of == NORNI_TWEET_NO_TIME ||
           (t->time != NORNI_TWEET_NO_TIME && t->time <= r->opt->as_of);
}

static uint64_t alone_key(const norni_tweet *t) {
    return t->id.n > 0 ? norni_hash64(t->id.p, t->id.n) ^ BY_ID
                       : norni_hash64(t->text.p, t->text.n) ^ BY_TEXT;
}

/* The number of an author, who is a name or, without one, the tweet that its near-copies follow; authors are numbered as they come. */
typedef struct naming {
    norni_map names;
    uint32_t *of_name; /* (names.n) */
    size_t cap;
    uint32_t *of_root; /* (tweets->n) of tweets without a name */
} naming;

static norn_status author_of(norni_agg_run *r, naming *names, size_t tweet, uint32_t *author,
                             norn_err *err) {
    const norni_tweets *all = r->s->tweets;
    const norni_tweet *t = &all->tweet[tweet];
    if (t->user.n == 0 && t->twin < all->n) {
        tweet = t->twin;
        t = &all->tweet[tweet];
    }
    if (t->user.n == 0) {
        if (names->of_root[tweet] == NONE) {
            names->of_root[tweet] = (uint32_t)r->n_authors;
            r->author_key[r->n_authors++] = alone_key(t);
        }
        *author = names->of_root[tweet];
        return NORN_OK;
    }
    bool added = false;
    const int64_t at = norni_map_add(&names->names, t->user, &added);
    if (added)
        names->of_name = norni_list_grow(&r->arena, names->of_name, names->names.n - 1, &names->cap,
                                         1024, sizeof *names->of_name);
    if (at < 0 || names->of_name == NULL)
        return norni_alloc_fail(err, "signals", names->names.n, sizeof *names->of_name);
    if (added) {
        names->of_name[at] = (uint32_t)r->n_authors;
        r->author_key[r->n_authors++] = norni_hash64(t->user.p, t->user.n);
    }
    *author = names->of_name[at];
    return NORN_OK;
}

/* Of each tweet in the order of ids its author, NONE where it does not count. */
static norn_status name_authors(norni_agg_run *r, uint32_t *author, naming *names, norn_err *err) {
    for (size_t k = 0; k < r->s->tweets->n; k++) {
        author[k] = NONE;
        if (k % NORNI_AGG_POLL == 0) NORN_TRY(norni_agg_stop(r, err));
        if (!counts(r, &r->s->tweets->tweet[r->by_id[k]])) continue;
        r->n++;
        NORN_TRY(author_of(r, names, r->by_id[k], &author[k], err));
    }
    return NORN_OK;
}

static int by_key(const void *arg, size_t a, size_t b) {
    const uint64_t *key = arg;
    return key[a] < key[b] ? -1 : key[a] > key[b];
}

/* Numbers authors anew by their keys: which of two stands first must not depend on their other tweets. */
static norn_status order_authors(norni_agg_run *r, uint32_t *author, norn_err *err) {
    const size_t n = r->n_authors;
    size_t *index = norni_arena_get(&r->arena, n, 2 * sizeof *index);
    uint32_t *now = norni_arena_get(&r->arena, n, sizeof *now);
    uint64_t *key = norni_arena_get(&r->arena, n, sizeof *key);
    if (index == NULL || now == NULL || key == NULL)
        return norni_alloc_fail(err, "signals", n, 2 * sizeof *index);
    for (size_t a = 0; a < n; a++)
        index[a] = a;
    norni_sort_index(index, n, by_key, r->author_key, index + n);
    for (size_t a = 0; a < n; a++) {
        now[index[a]] = (uint32_t)a;
        key[a] = r->author_key[index[a]];
    }
    for (size_t k = 0; k < r->s->tweets->n; k++)
        if (author[k] != NONE) author[k] = now[author[k]];
    r->author_key = key;
    return NORN_OK;
}

norn_status norni_agg_places(norni_agg_run *r, norn_err *err) {
    const size_t n = r->s->tweets->n;
    naming names = {.of_root = norni_arena_get(&r->arena, n, sizeof *names.of_root)};
    uint32_t *author = norni_arena_get(&r->arena, n, sizeof *author);
    r->author_key = norni_arena_get(&r->arena, n, sizeof *r->author_key);
    if (author == NULL || r->author_key == NULL || names.of_root == NULL)
        return norni_alloc_fail(err, "signals", n, sizeof *r->author_key);
    if (n > 0) memset(names.of_root, 0xFF, n * sizeof *names.of_root);
    norni_map_init(&names.names, &r->ctx->alloc);
    const norn_status st = name_authors(r, author, &names, err);
    norni_map_clear(&names.names);
    NORN_TRY(st);
    NORN_TRY(order_authors(r, author, err));
    size_t *at = norni_arena_zero(&r->arena, r->n_authors + 1, sizeof *at);
    r->tweet = norni_arena_get(&r->arena, r->n, sizeof *r->tweet);
    r->author = norni_arena_get(&r->arena, r->n, sizeof *r->author);
    if (at == NULL || r->tweet == NULL || r->author == NULL)
        return norni_alloc_fail(err, "signals", n, sizeof *at);
    for (size_t k = 0; k < n; k++)
        if (author[k] != NONE) at[author[k] + 1]++;
    for (size_t a = 0; a < r->n_authors; a++)
        at[a + 1] += at[a];
    for (size_t k = 0; k < n; k++) {
        if (author[k] == NONE) continue;
        const size_t place = at[author[k]]++;
        r->tweet[place] = (uint32_t)r->by_id[k];
        r->author[place] = author[k];
    }
    return NORN_OK;
}

double norni_agg_decay(const norni_aggregate_opt *opt, int64_t time, int64_t now) {
    if (opt->half_life_hours == 0) return 1;
    if (time == NORNI_TWEET_NO_TIME) return 0;
    const double hours = ((double)now - (double)time) / 3.6e9;
    return norni_exp(-LN2 * (hours / opt->half_life_hours));
}

static double reach_of(const norni_agg_row *t) {
    const double likes = t->likes > 0 ? (double)t->likes : 0,
                 retweets = t->retweets > 0 ? (double)t->retweets : 0,
                 replies = t->replies > 0 ? (double)t->replies : 0;
    return 1 + norni_log(1 + likes + 2 * retweets + replies);
}

static norn_status gather_block(norni_worker *worker, size_t block, void *arg, norn_err *err) {
    norni_agg_run *r = arg;
    const size_t from = block * BLOCK, to = r->n - from < BLOCK ? r->n : from + BLOCK;
    (void)worker;
    (void)err;
    for (size_t p = from; p < to; p++) {
        const norni_tweet *t = tweet_at(r, p);
        const norni_signal *s = &r->s->signal[r->tweet[p]];
        r->row[p] = (norni_agg_row){.confidence = s->confidence,
                                    .signal = s->signal_score,
                                    .combined = s->combined,
                                    .virality = s->virality_score,
                                    .quality = s->content_quality,
                                    .base_confidence = s->base_confidence,
                                    .time = t->time,
                                    .likes = t->likes,
                                    .retweets = t->retweets,
                                    .replies = t->replies,
                                    .label = (uint8_t)s->label,
                                    .mood = (uint8_t)s->mood,
                                    .named = t->user.n > 0};
        if (r->reach != NULL) r->reach[p] = reach_of(&r->row[p]);
    }
    return NORN_OK;
}

/* What the largest factors are cut to: the 99 % quantile by nearest rank. */
static norn_status cap_of(norni_agg_run *r, double *cap, norn_err *err) {
    double *sorted = norni_arena_get(&r->arena, r->n, sizeof *sorted);
    if (sorted == NULL) return norni_alloc_fail(err, "signals", r->n, sizeof *sorted);
    if (r->n > 0) memcpy(sorted, r->reach, r->n * sizeof *sorted);
    norni_sort_doubles(sorted, r->n);
    *cap = r->n > 0 ? sorted[norni_agg_cap_rank(r->n) - 1] : 1;
    return NORN_OK;
}

static norn_status gather(norni_agg_run *r, norn_err *err) {
    const norni_for_opt how = {.grain = 1};
    r->row = norni_arena_get(&r->arena, r->n, sizeof *r->row);
    r->weight = norni_arena_get(&r->arena, r->n, sizeof *r->weight);
    if (r->opt->engagement_weight) r->reach = norni_arena_get(&r->arena, r->n, sizeof *r->reach);
    if (r->row == NULL || r->weight == NULL || (r->opt->engagement_weight && r->reach == NULL))
        return norni_alloc_fail(err, "signals", r->n, sizeof *r->row);
    return norni_for(r->ctx, NULL, (r->n + BLOCK - 1) / BLOCK, gather_block, r, &how, err);
}

norn_status norni_agg_weights(norni_agg_run *r, norn_err *err) {
    double cap = 1;
    NORN_TRY(gather(r, err));
    if (r->reach != NULL) NORN_TRY(cap_of(r, &cap, err));
    r->as_of = r->opt->as_of;
    for (size_t p = 0; p < r->n && r->opt->as_of == NORNI_TWEET_NO_TIME; p++)
        if (r->row[p].time > r->as_of) r->as_of = r->row[p].time;
    for (size_t p = 0; p < r->n; p++) {
        const double c = r->row[p].confidence;
        double w = c >= r->opt->min_confidence ? c : 0;
        if (w > 0) w *= norni_agg_decay(r->opt, r->row[p].time, r->as_of);
        if (r->reach != NULL) w *= fmin(r->reach[p], cap);
        r->weight[p] = w;
        if (p % NORNI_AGG_POLL == 0) NORN_TRY(norni_agg_stop(r, err));
    }
    return NORN_OK;
}

/* The tweets of the next places lie anywhere: their tags are fetched step by step, so that none is waited for. */
static void fetch_tags(const norni_agg_run *r, size_t p) {
    enum { STEP = 8, MOST = 8 };
    if (p + 3 * STEP < r->n) __builtin_prefetch(&tweet_at(r, p + 3 * STEP)->hashtag);
    if (p + 2 * STEP < r->n) __builtin_prefetch(tweet_at(r, p + 2 * STEP)->hashtag);
    if (p + STEP >= r->n) return;
    const norni_tweet *t = tweet_at(r, p + STEP);
    for (uint32_t k = 0; k < t->n_hashtags && k < MOST; k++)
        __builtin_prefetch(t->hashtag[k].p);
}

/* Numbers the tags and notes each place's, each once. */
static norn_status number_tags(norni_agg_run *r, uint32_t **count, norn_err *err) {
    uint32_t *last = NULL, *tag = NULL; /* the place that had a tag last, plus 1 */
    size_t cap_last = 0, cap = 0, n_tags = 0;
    *count = NULL;
    for (size_t p = 0; p < r->n; p++) {
        const norni_tweet *t = tweet_at(r, p);
        if (p % NORNI_AGG_POLL == 0) NORN_TRY(norni_agg_stop(r, err));
        fetch_tags(r, p);
        r->tag_start[p] = n_tags;
        for (uint32_t k = 0; k < t->n_hashtags; k++) {
            bool added;
            if (t->hashtag[k].n == 0) continue;
            const int64_t at = norni_map_add(&r->tags, t->hashtag[k], &added);
            if (added)
                last = norni_list_grow(&r->arena, last, 2 * (r->tags.n - 1), &cap_last, 2048, 4);
            if (n_tags == cap) tag = norni_list_grow(&r->arena, tag, n_tags, &cap, 4096, 4);
            if (at < 0 || last == NULL || tag == NULL)
                return norni_alloc_fail(err, "signals", n_tags, 4);
            if (added) last[2 * at] = last[2 * at + 1] = 0;
            if (last[2 * at] == p + 1) continue;
            last[2 * at] = (uint32_t)p + 1;
            last[2 * at + 1]++;
            tag[n_tags++] = (uint32_t)at;
        }
    }
    r->tag_start[r->n] = n_tags;
    r->tag = tag;
    *count = last;
    return NORN_OK;
}

norn_status norni_agg_lists_make(norni_agg_run *r, const uint32_t *order, size_t n_order,
                                 const uint32_t *group_of, size_t n, norni_agg_lists *out,
                                 norn_err *err) {
    out->n = n;
    out->start = norni_arena_zero(&r->arena, n + 2, sizeof *out->start);
    if (out->start == NULL) return norni_alloc_fail(err, "signals", n, sizeof *out->start);
    for (size_t pass = 0; pass < 2;
         pass++) { /* counts, then fills: start[g + 1] is where g's next goes */
        for (size_t k = 0; k < n_order; k++) {
            const uint32_t p = order != NULL ? order[k] : (uint32_t)k;
            if (k % NORNI_AGG_POLL == 0) NORN_TRY(norni_agg_stop(r, err));
            for (size_t j = r->tag_start[p]; j < r->tag_start[p + 1]; j++) {
                const uint32_t g = group_of[r->tag[j]];
                if (g == NONE) continue;
                if (pass == 0)
                    out->start[g + 2]++;
                else
                    out->place[out->start[g + 1]++] = p;
            }
        }
        if (pass == 1) break;
        for (size_t g = 0; g < n; g++)
            out->start[g + 2] += out->start[g + 1];
        out->place = norni_arena_get(&r->arena, out->start[n + 1], sizeof *out->place);
        if (out->place == NULL)
            return norni_alloc_fail(err, "signals", out->start[n + 1], sizeof *out->place);
    }
    return NORN_OK;
}

norn_status norni_agg_tags(norni_agg_run *r, norn_err *err) {
    uint32_t *count;
    size_t n_groups = 0;
    r->tag_start = norni_arena_get(&r->arena, r->n + 1, sizeof *r->tag_start);
    if (r->tag_start == NULL)
        return norni_alloc_fail(err, "signals", r->n + 1, sizeof *r->tag_start);
    NORN_TRY(number_tags(r, &count, err));
    const size_t n_tags = r->tags.n;
    r->group_of = norni_arena_get(&r->arena, n_tags, sizeof *r->group_of);
    if (r->group_of == NULL) return norni_alloc_fail(err, "signals", n_tags, sizeof *r->group_of);
    for (size_t t = 0; t < n_tags; t++)
        r->group_of[t] = count[2 * t + 1] >= r->opt->min_tweets ? (uint32_t)n_groups++ : NONE;
    r->out->n_groups = n_groups;
    r->out->n_small = n_tags - n_groups;
    r->out->group = norni_arena_zero(&r->out->arena, n_groups, sizeof *r->out->group);
    if (r->out->group == NULL)
        return norni_alloc_fail(err, "signals", n_groups, sizeof *r->out->group);
    for (size_t t = 0; t < n_tags; t++)
        if (r->group_of[t] != NONE) {
            norni_str *tag = &r->out->group[r->group_of[t]].tag;
            tag->n = r->tags.keys[t].n;
            tag->p = norni_arena_text(&r->out->arena, r->tags.keys[t].p, tag->n);
            if (tag->p == NULL) return norni_alloc_fail(err, "signals", tag->n, 1);
        }
    return norni_agg_lists_make(r, NULL, r->n, r->group_of, n_groups, &r->list, err);
}
