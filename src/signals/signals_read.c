/* Tweets read from a source or from pieces of a stream: buffers filled, cut into records, taken apart. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "signals/signals_read.h"

#include "signals/signals_read_parts.h"

enum { FIRST_BUFFER = 256 << 10, BUFFER = 4 << 20, MOST_RECORDS = 1 << 14 };

norni_tweets_read_opt norni_tweets_read_opt_default(void) {
    return (norni_tweets_read_opt){.tags_from_text = true, .near_bits = 3};
}

static norn_status check_options(const norni_tweets_read_opt *opt, norn_err *err) {
    if (opt->near_bits > 7)
        return norn_fail(err, NORN_E_ARG, "tweets: near_bits=%zu is outside 0 to 7",
                         opt->near_bits);
    const char d = opt->delimiter;
    if (d == '"' || d == '\n' || d == '\r')
        return norn_fail(err, NORN_E_ARG, "tweets: a quote or line end cannot be the delimiter");
    return NORN_OK;
}

/* A piece of the input in the table's memory. */
typedef struct piece {
    char *p;
    size_t n, cap, at;
    bool over;
    uint64_t long_at_fill; /* the long record that it was filled inside of, or 0 */
} piece;

/* Cuts what the piece holds and takes it apart; what is not whole stays behind piece->at. */
static norn_status take_piece(norn_ctx *ctx, norni_tweet_stream *s, piece *b, uint32_t file,
                              const norni_tweets_read_opt *opt, norni_tweets *t, bool *full,
                              norn_err *err) {
    const size_t left = b->n - b->at;
    const size_t most = left / 2 + 1 < MOST_RECORDS ? left / 2 + 1 : MOST_RECORDS;
    size_t n, used;
    norni_tweet_record *record = norni_alloc_get(t->alloc, most, sizeof *record);
    if (record == NULL) return norni_alloc_fail(err, "tweets", most, sizeof *record);
    norn_status st = NORN_OK;
    do {
        const bool header = s->split.format == NORNI_TWEETS_CSV && !s->has_columns;
        st = norni_tweet_split_records(&s->split, b->p + b->at, b->n - b->at, b->over, record,
                                       header ? 1 : most, &n, &used, err);
        if (st != NORN_OK) break;
        b->at += used;
        if (header && n == 1 && record[0].refused >= 0)
            st = norn_fail(err, NORN_E_FORMAT,
                           "tweets: line %llu: the header's quotes are not closed, or it is longer "
                           "than 16 MiB",
                           (unsigned long long)record[0].line);
        else if (header && n == 1 && norni_str_trim((norni_str){record[0].p, record[0].n}).n > 0)
            st = norni_tweet_header(s, &record[0], opt, t, err);
        else if (!header)
            st = norni_tweet_take(ctx, s, record, n, file, opt, t, full, err);
        if (header && n == 1) continue;
        if (n < most) break;
    } while (st == NORN_OK && !*full);
    norni_alloc_drop(t->alloc, record, most, sizeof *record);
    return st;
}

/* Bytes for the piece, behind what is left of it: new memory, as tweets lie in the old. Only what was passed over as part of
 * a record that is too long is filled again. */
static norn_status fill(norni_source *in, const norni_tweet_stream *s, norni_tweets *t, size_t want,
                        piece *b, norn_err *err) {
    const size_t left = b->n - b->at;
    const bool again =
        left == 0 && b->long_at_fill > 0 && s->split.discard && s->split.n_long == b->long_at_fill;
    if (want < 2 * left) want = 2 * left;
    if (!again) {
        char *p = norni_arena_get(&t->arena, want, 1);
        if (p == NULL) return norni_alloc_fail(err, "tweets", want, 1);
        if (left > 0) memcpy(p, b->p + b->at, left);
        b->p = p;
        b->cap = want;
    }
    b->n = left;
    b->at = 0;
    b->long_at_fill = s->split.discard ? s->split.n_long : 0;
    while (b->n < b->cap && !b->over) {
        size_t got = 0;
        NORN_TRY(norni_source_read(in, b->p + b->n, b->cap - b->n, &got, err));
        b->n += got;
        t->n_bytes += got;
        b->over = got == 0;
    }
    return NORN_OK;
}

static norn_status begin(norni_tweet_stream *s, piece *b, bool table,
                         const norni_tweets_read_opt *opt, norn_err *err) {
    size_t used = 0;
    bool more = false;
    NORN_TRY(norni_tweet_split_begin(&s->split, b->p + b->at, b->n - b->at, b->over, table, opt,
                                     &used, &more, err));
    b->at += used;
    return NORN_OK;
}

static norn_status read_all(norn_ctx *ctx, norni_source *in, norni_tweet_stream *s, uint32_t file,
                            const norni_tweets_read_opt *opt, norni_tweets *t, norn_err *err) {
    const bool table = norni_source_is_table(in);
    const norni_poll poll = norni_ctx_poll(ctx);
    piece b = {.p = NULL};
    bool full = opt->most_tweets > 0 && t->n >= opt->most_tweets;
    for (size_t want = FIRST_BUFFER; !full && !(b.over && b.at == b.n);) {
        if (norni_poll_stop(&poll)) return norn_fail(err, NORN_E_CANCEL, "tweets: cancelled");
        NORN_TRY(fill(in, s, t, want, &b, err));
        if (!s->split.begun) NORN_TRY(begin(s, &b, table, opt, err));
        const size_t at = b.at;
        NORN_TRY(take_piece(ctx, s, &b, file, opt, t, &full, err));
        if (b.over && b.at == at) break; /* nothing but white space is left */
        if (want < BUFFER) want *= 4;
    }
    return NORN_OK;
}

/* What a failure must leave as it was; the arena keeps what it has. */
typedef struct kept {
    norni_tweets t;
} kept;

static void put_back(norni_tweets *t, const kept *k) {
    const norni_tweets now = *t;
    *t = k->t;
    t->tweet = now.tweet;
    t->cap = now.cap;
    t->arena = now.arena;
    t->names = now.names;
    t->extra_name = now.extra_name;
    t->stream = now.stream;
}

norn_status norni_tweets_read(norn_ctx *ctx, norni_source *in, uint32_t file,
                              const norni_tweets_read_opt *opt, norni_tweets *out, norn_err *err) {
    const norni_tweets_read_opt plain = norni_tweets_read_opt_default();
    const kept before = {*out};
    if (opt == NULL) opt = &plain;
    NORN_TRY(check_options(opt, err));
    norni_tweet_stream *s = norni_alloc_zero(out->alloc, 1, sizeof *s);
    if (s == NULL) return norni_alloc_fail(err, "tweets", 1, sizeof *s);
    norni_arena_init(&s->arena, out->alloc);
    norn_status st = read_all(ctx, in, s, file, opt, out, err);
    norni_tweet_stream_free(out->alloc, s);
    if (st == NORN_OK)
        st = norni_tweet_pad(out, out->n_extra > before.t.n_extra ? 0 : before.t.n, err);
    if (st != NORN_OK) put_back(out, &before);
    return st;
}

static norn_status open_stream(norni_tweets *t, norn_err *err) {
    if (t->stream != NULL) return NORN_OK;
    t->stream = norni_alloc_zero(t->alloc, 1, sizeof *t->stream);
    if (t->stream == NULL) return norni_alloc_fail(err, "tweets", 1, sizeof *t->stream);
    norni_arena_init(&t->stream->arena, t->alloc);
    return NORN_OK;
}

norn_status norni_tweets_parse(norn_ctx *ctx, norni_str bytes, bool last,
                               const norni_tweets_read_opt *opt, norni_tweets *out, size_t *used,
                               norn_err *err) {
    const norni_tweets_read_opt plain = norni_tweets_read_opt_default();
    const kept before = {*out};
    bool full = false;
    *used = 0;
    if (opt == NULL) opt = &plain;
    NORN_TRY(check_options(opt, err));
    NORN_TRY(open_stream(out, err));
    norni_tweet_stream *s = out->stream;
    size_t at = 0;
    if (!s->split.begun) {
        bool more;
        NORN_TRY(norni_tweet_split_begin(&s->split, bytes.p, bytes.n, last, false, opt, &at, &more,
                                         err));
        if (more) return NORN_OK;
    }
    if (s->split.format == NORNI_TWEETS_JSON)
        return norn_fail(err, NORN_E_FORMAT, "tweets: a stream is CSV or JSON lines, not an array");
    char *p = norni_arena_get(&out->arena, bytes.n, 1);
    if (p == NULL) return norni_alloc_fail(err, "tweets", bytes.n, 1);
    if (bytes.n > 0) memcpy(p, bytes.p, bytes.n);
    piece b = {p, bytes.n, bytes.n, at, last, 0};
    norn_status st = take_piece(ctx, s, &b, 0, opt, out, &full, err);
    if (st == NORN_OK)
        st = norni_tweet_pad(out, out->n_extra > before.t.n_extra ? 0 : before.t.n, err);
    if (st != NORN_OK) {
        put_back(out, &before);
        return st;
    }
    out->n_bytes += b.at;
    *used = b.at;
    return NORN_OK;
}
