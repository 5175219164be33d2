/* Records taken apart in blocks side by side, and put into the table in their order. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "signals/signals_read_parts.h"
#include "text/unicode.h"

void norni_tweet_stream_free(const norn_alloc *alloc, norni_tweet_stream *s) {
    if (s == NULL) return;
    norni_arena_clear(&s->arena);
    norni_alloc_drop(alloc, s, 1, sizeof *s);
}

/* ---- the header ---- */

/* Of several columns with one meaning the best keeps it. */
static void settle_roles(norni_tweet_columns *c, const uint32_t *rank) {
    size_t best[NORNI_N_ROLES];
    for (size_t r = 0; r < NORNI_N_ROLES; r++)
        best[r] = SIZE_MAX;
    for (size_t k = 0; k < c->n; k++) {
        const size_t r = c->role[k];
        if (r < NORNI_N_ROLES && (best[r] == SIZE_MAX || rank[k] < rank[best[r]])) best[r] = k;
    }
    for (size_t k = 0; k < c->n; k++)
        if (c->role[k] < NORNI_N_ROLES && best[c->role[k]] != k) c->role[k] = NORNI_ROLE_EXTRA;
    for (size_t r = 0; r < NORNI_N_ROLES; r++)
        c->has[r] = best[r] != SIZE_MAX;
}

static norn_status check_columns(const norni_tweet_columns *c, const norni_tweets_read_opt *opt,
                                 norn_err *err) {
    const char *const want[] = {opt->text_col, opt->id_col, opt->time_col, opt->user_col};
    const norni_tweet_role role[] = {NORNI_ROLE_CONTENT, NORNI_ROLE_ID, NORNI_ROLE_TIME,
                                     NORNI_ROLE_USER};
    for (size_t k = 0; k < 4; k++)
        if (want[k] != NULL && !c->has[role[k]])
            return norn_fail(err, NORN_E_FORMAT, "tweets: the header has no column %s", want[k]);
    if (c->has[NORNI_ROLE_CONTENT] || c->has[NORNI_ROLE_CLEANED]) return NORN_OK;
    return norn_fail(
        err, NORN_E_FORMAT,
        "tweets: no column of text in the header; cleaned_content, content, full_text, "
        "text or tweet is wanted, or a name for it");
}

norn_status norni_tweet_header(norni_tweet_stream *s, const norni_tweet_record *r,
                               const norni_tweets_read_opt *opt, norni_tweets *t, norn_err *err) {
    norni_tweet_columns *c = &s->columns;
    char *text = norni_arena_text(&s->arena, r->p, r->n), *at = text;
    if (text == NULL) return norni_alloc_fail(err, "tweets", r->n, 1);
    size_t most = 1;
    for (size_t k = 0; k < r->n; k++)
        most += text[k] == s->split.delimiter;
    c->role = norni_arena_get(&s->arena, most, 1);
    c->extra = norni_arena_get(&s->arena, most, sizeof *c->extra);
    norni_str *name = norni_arena_get(&s->arena, most, sizeof *name);
    uint32_t *rank = norni_arena_get(&s->arena, most, sizeof *rank);
    if (c->role == NULL || c->extra == NULL || name == NULL || rank == NULL)
        return norni_alloc_fail(err, "tweets", most, sizeof *name);
    for (c->n = 0; at != NULL; c->n++) {
        name[c->n] = norni_str_trim(norni_tweet_cell(&s->split, &at, text + r->n));
        c->role[c->n] = (uint8_t)norni_tweet_role_of(opt, name[c->n], &rank[c->n]);
    }
    settle_roles(c, rank);
    NORN_TRY(check_columns(c, opt, err));
    for (size_t k = 0; k < c->n; k++)
        if (c->role[k] == NORNI_ROLE_EXTRA && c->n_extra < NORNI_TWEET_MOST_EXTRA)
            c->extra[c->n_extra++] = name[k];
    s->has_columns = true;
    t->has_views = t->has_views || c->has[NORNI_ROLE_VIEWS];
    return NORN_OK;
}

/* ---- blocks ---- */

static norn_status take_block(norni_worker *worker, size_t item, void *arg, norn_err *err) {
    norni_tweet_block *b = (norni_tweet_block *)arg + item;
    const bool json = b->columns == NULL;
    b->cell = norni_arena_get(&worker->arena, NORNI_TWEET_MOST_EXTRA, sizeof *b->cell);
    if (json) b->extra = norni_arena_get(&b->arena, NORNI_TWEET_MOST_EXTRA, sizeof *b->extra);
    if (b->cell == NULL || (json && b->extra == NULL))
        return norni_alloc_fail(err, "tweets", NORNI_TWEET_MOST_EXTRA, sizeof *b->cell);
    for (size_t k = 0; k < b->n; k++) {
        const norni_tweet_record *r = &b->record[k];
        norni_raw_tweet raw;
        if (r->refused >= 0) {
            b->refused[k] = (int8_t)r->refused;
            norni_tweet_refuse(b, r, (norni_tweet_refusal)r->refused,
                               r->refused == NORNI_REFUSED_LONG
                                   ? "a record of more than 16 MiB"
                                   : "a quote that is not closed, or text behind one");
            continue;
        }
        NORN_TRY(json ? norni_tweet_of_json(b, r, &raw, &b->refused[k], err)
                      : norni_tweet_of_cells(b, r, &raw, &b->refused[k], err));
        if (b->refused[k] < 0)
            NORN_TRY(norni_tweet_finish(b, r, &raw, &b->tweet[k], &b->refused[k], err));
    }
    norni_buf_clear(&b->scratch);
    norni_buf_clear(&b->scratch2);
    return NORN_OK;
}

static void keep_first(norni_tweet_example *to, const norni_tweet_example *from) {
    if (to->line == 0 && from->line != 0) *to = *from;
}

/* The table's number of each of the block's extra columns; *same: they are its first ones. */
/* `mended` is scratch: names are texts as any. */
static norn_status map_names(norni_tweets *t, const norni_tweet_block *b, norni_buf *mended,
                             size_t *map, bool *same, norn_err *err) {
    *same = true;
    for (size_t k = 0; k < b->n_extra; k++) {
        size_t i = 0;
        mended->n = 0;
        (void)norni_utf8_mend(b->extra[k], mended);
        if (mended->failed) return norni_alloc_fail(err, "tweets", 1, b->extra[k].n);
        const norni_str name = {mended->p ? mended->p : "", mended->n};
        while (i < t->n_extra && norni_str_cmp(t->extra_name[i], name) != 0)
            i++;
        if (i == t->n_extra && i < NORNI_TWEET_MOST_EXTRA) {
            if (t->extra_name == NULL)
                t->extra_name = norni_arena_get(&t->names, NORNI_TWEET_MOST_EXTRA, sizeof name);
            const char *kept = norni_arena_text(&t->names, name.p, name.n);
            if (t->extra_name == NULL || kept == NULL)
                return norni_alloc_fail(err, "tweets", 1, name.n);
            t->extra_name[t->n_extra++] = (norni_str){kept, name.n};
        }
        map[k] = i; /* NORNI_TWEET_MOST_EXTRA: left out */
        *same = *same && i == k;
    }
    return NORN_OK;
}

static norn_status map_extra(norni_tweets *t, const norni_tweet_block *b, size_t *map, bool *same,
                             norn_err *err) {
    norni_buf mended;
    norni_buf_init(&mended, t->alloc);
    const norn_status st = map_names(t, b, &mended, map, same, err);
    norni_buf_clear(&mended);
    return st;
}

static norn_status move_extra(norni_tweets *t, norni_tweet *tweet, const size_t *map,
                              norn_err *err) {
    norni_str *cell = norni_arena_get(&t->arena, t->n_extra, sizeof *cell);
    if (cell == NULL) return norni_alloc_fail(err, "tweets", t->n_extra, sizeof *cell);
    for (size_t k = 0; k < t->n_extra; k++)
        cell[k] = (norni_str){"", 0};
    for (size_t k = 0; k < tweet->n_extra; k++)
        if (map[k] < t->n_extra) cell[map[k]] = tweet->extra[k];
    tweet->extra = cell;
    tweet->n_extra = (uint32_t)t->n_extra;
    return NORN_OK;
}

norn_status norni_tweet_pad(norni_tweets *t, size_t from, norn_err *err) {
    size_t n_short = 0;
    for (size_t k = from; k < t->n; k++)
        n_short += t->tweet[k].n_extra < t->n_extra;
    if (n_short == 0) return NORN_OK;
    norni_str *cell = n_short > SIZE_MAX / NORNI_TWEET_MOST_EXTRA
                          ? NULL
                          : norni_arena_get(&t->arena, n_short * t->n_extra, sizeof *cell);
    if (cell == NULL) return norni_alloc_fail(err, "tweets", n_short, t->n_extra * sizeof *cell);
    for (size_t k = from; k < t->n; k++) {
        norni_tweet *tweet = &t->tweet[k];
        if (tweet->n_extra == t->n_extra) continue;
        for (size_t i = 0; i < t->n_extra; i++)
            cell[i] = i < tweet->n_extra ? tweet->extra[i] : (norni_str){"", 0};
        tweet->extra = cell;
        tweet->n_extra = (uint32_t)t->n_extra;
        cell += t->n_extra;
    }
    return NORN_OK;
}

/* The block's tweets close up behind those that are there; they lie in the table's room already. */
static norn_status merge(norni_tweets *t, norni_tweet_block *b, uint64_t most, bool *full,
                         norn_err *err) {
    size_t map[NORNI_TWEET_MOST_EXTRA];
    bool same;
    norni_arena_adopt(&t->arena, &b->arena);
    NORN_TRY(map_extra(t, b, map, &same, err));
    for (size_t k = 0; k < b->n && !*full; k++) {
        t->n_read++;
        if (b->refused[k] >= 0) {
            t->refused[b->refused[k]]++;
            continue;
        }
        norni_tweet *to = &t->tweet[t->n];
        if (to != &b->tweet[k]) *to = b->tweet[k];
        if (!same) NORN_TRY(move_extra(t, to, map, err));
        for (size_t f = 0; f < NORNI_N_FAULTS; f++)
            t->fault[f] += to->faults >> f & 1;
        t->n++;
        *full = most > 0 && t->n >= most;
    }
    for (size_t r = 0; r < NORNI_N_REFUSALS; r++)
        keep_first(&t->refused_first[r], &b->refused_first[r]);
    for (size_t f = 0; f < NORNI_N_FAULTS; f++)
        keep_first(&t->fault_first[f], &b->fault_first[f]);
    keep_first(&t->plain_first, &b->plain_first);
    t->has_user = t->has_user || b->has_user;
    t->has_views = t->has_views || b->has_views;
    return NORN_OK;
}

static norn_status reserve(norni_tweets *t, size_t more, norn_err *err) {
    if (t->n + more >= UINT32_MAX)
        return norn_fail(err, NORN_E_LIMIT, "tweets: more than 4294967294 in one run");
    if (t->n + more <= t->cap) return NORN_OK;
    size_t cap = t->cap + t->cap / 2;
    if (cap < t->n + more) cap = t->n + more;
    norni_tweet *tweet = t->tweet
                             ? norni_alloc_resize(t->alloc, t->tweet, t->cap, cap, sizeof *tweet)
                             : norni_alloc_get(t->alloc, cap, sizeof *tweet);
    if (tweet == NULL) return norni_alloc_fail(err, "tweets", cap, sizeof *tweet);
    t->tweet = tweet;
    t->cap = cap;
    return NORN_OK;
}

static void start_block(norni_tweet_block *b, const norni_tweet_stream *s,
                        const norni_tweets_read_opt *opt, const norn_alloc *alloc) {
    *b = (norni_tweet_block){.opt = opt, .split = &s->split};
    if (s->split.format == NORNI_TWEETS_CSV) {
        b->columns = &s->columns;
        b->extra = s->columns.extra;
        b->n_extra = s->columns.n_extra;
    }
    norni_arena_init(&b->arena, alloc);
    norni_buf_init(&b->scratch, alloc);
    norni_buf_init(&b->scratch2, alloc);
}

norn_status norni_tweet_take(norn_ctx *ctx, const norni_tweet_stream *s,
                             const norni_tweet_record *record, size_t n, uint32_t file,
                             const norni_tweets_read_opt *opt, norni_tweets *t, bool *full,
                             norn_err *err) {
    const size_t n_blocks = (n + NORNI_TWEET_BLOCK - 1) / NORNI_TWEET_BLOCK;
    if (n == 0) return NORN_OK;
    NORN_TRY(reserve(t, n, err));
    norni_tweet_block *block = norni_alloc_get(t->alloc, n_blocks, sizeof *block);
    int8_t *refused = norni_alloc_get(t->alloc, n, 1);
    norn_status st = NORN_OK;
    if (block == NULL || refused == NULL) {
        st = norni_alloc_fail(err, "tweets", n_blocks, sizeof *block);
        goto done;
    }
    for (size_t k = 0; k < n; k++)
        refused[k] = -1;
    for (size_t k = 0; k < n_blocks; k++) {
        const size_t at = k * NORNI_TWEET_BLOCK;
        start_block(&block[k], s, opt, t->alloc);
        block[k].record = record + at;
        block[k].tweet = t->tweet + t->n + at;
        block[k].refused = refused + at;
        block[k].n = n - at < NORNI_TWEET_BLOCK ? n - at : NORNI_TWEET_BLOCK;
        block[k].file = file;
    }
    st = norni_for(ctx, NULL, n_blocks, take_block, block, NULL, err);
    for (size_t k = 0; k < n_blocks; k++) {
        if (st == NORN_OK) st = merge(t, &block[k], opt->most_tweets, full, err);
        norni_buf_clear(&block[k].scratch);
        norni_buf_clear(&block[k].scratch2);
        norni_arena_clear(&block[k].arena);
    }
done:
    norni_alloc_drop(t->alloc, block, n_blocks, sizeof *block);
    norni_alloc_drop(t->alloc, refused, n, 1);
    return st;
}
