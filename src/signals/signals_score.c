/* Signals of all tweets: sentiment, then terms, then every tweet on its own in fixed blocks. */
/* SPDX-License-Identifier: Apache-2.0 */
/* What of a tweet's numbers depends on other tweets: its TF-IDF terms alone, and through them (spam and technical words among the top terms) content_quality, confidence and all behind it. With
 * asof_every 0 one vocabulary is fitted to all texts: a tweet's terms then know later tweets. With asof_every > 0 they know earlier intervals only, and a later tweet changes nothing. */
#include "signals/signals_score.h"

#include <math.h>

#include "signals/signals_score_parts.h"

enum { BLOCK = 256, TEXT_BYTES = 1 << 16 };

const char *norni_signal_label_name(norni_signal_label l) {
    static const char *const name[NORNI_N_SIGNALS] = {"STRONG_SELL", "SELL",       "HOLD",
                                                      "BUY",         "STRONG_BUY", "IGNORE"};
    return name[l];
}

const char *norni_signal_strength_name(norni_signal_strength s) {
    static const char *const name[] = {"NONE", "WEAK", "MODERATE", "STRONG"};
    return name[s];
}

const char *norni_mood_name(norni_mood m) {
    static const char *const name[] = {"BEARISH", "NEUTRAL", "BULLISH"};
    return name[m];
}

norni_signal_opt norni_signal_opt_default(void) {
    return (norni_signal_opt){.keyword_boost_weight = 0.3,
                              .engagement = true,
                              .tfidf = true,
                              .signals = true,
                              .terms = norni_tfidf_opt_signals()};
}

static norn_status check(const norni_signal_opt *o, norn_err *err) {
    if (!(o->keyword_boost_weight >= 0 && o->keyword_boost_weight <= 1))
        return norn_fail(err, NORN_E_ARG, "signals: keyword_boost_weight=%g is outside [0, 1]",
                         o->keyword_boost_weight);
    if (o->asof_every < 0)
        return norn_fail(err, NORN_E_ARG,
                         "signals: as-of intervals of %lld microseconds, 0 or more are wanted",
                         (long long)o->asof_every);
    return NORN_OK;
}

/* One run. */
typedef struct score_run {
    norn_ctx *ctx;
    norni_signals *out;
    const norni_str *text;       /* (n) what is analysed: at most TEXT_BYTES of whole characters */
    const norni_sentiment *mood; /* (n) */
    const norni_tfidf_rows *row; /* NULL: no terms */
    const uint8_t *kind;         /* (n_terms) */
    norni_buf *hits; /* (n_blocks) the hits of each block's tweets, one after the other */
} score_run;

static norni_str text_of(norni_str t) {
    if (t.n > TEXT_BYTES) {
        t.n = TEXT_BYTES;
        while (t.n > 0 && ((unsigned char)t.p[t.n] & 0xC0) == 0x80)
            t.n--;
    }
    return t;
}

/* The terms' names, and the rows of all texts. Too few texts for any term is no failure: the note says so. */
static norn_status make_terms(norn_ctx *ctx, const norni_str *text, norni_signals *out,
                              norni_tfidf_rows *rows, norn_err *err) {
    const size_t n = out->tweets->n;
    norn_err why = {0};
    norn_status st;
    if (out->opt.asof_every > 0) {
        int64_t *time = norni_arena_get(&out->arena, n, sizeof *time);
        if (time == NULL) return norni_alloc_fail(err, "signals", n, sizeof *time);
        for (size_t i = 0; i < n; i++)
            time[i] = out->tweets->tweet[i].time;
        st = norni_tfidf_transform_asof(ctx, NULL, text, time, n, out->opt.asof_every,
                                        &out->opt.terms, &out->asof, &why);
        out->term = out->asof.term;
        out->n_terms = out->asof.n_terms;
    } else {
        st =
            norni_tfidf_fit_transform(ctx, NULL, text, n, &out->opt.terms, &out->tfidf, rows, &why);
        if (st == NORN_OK) {
            out->n_terms = norni_tfidf_n_terms(out->tfidf);
            norni_str *term = norni_arena_get(&out->arena, out->n_terms, sizeof *term);
            if (term == NULL) return norni_alloc_fail(err, "signals", out->n_terms, sizeof *term);
            for (size_t k = 0; k < out->n_terms; k++)
                term[k] = norni_tfidf_term(out->tfidf, k);
            out->term = term;
        }
    }
    if (st == NORN_E_DATA) {
        (void)norni_format(out->note, sizeof out->note, "%s", why.text);
        return NORN_OK;
    }
    if (st != NORN_OK && err != NULL) *err = why;
    return st;
}

/* A text of white space alone is empty. */
static norn_status score_words(const score_run *r, size_t i, norni_arena *scratch, norni_buf *hits,
                               bool *is_empty, norn_err *err) {
    norni_signal *s = &r->out->signal[i];
    norni_tweet_token *token;
    norni_keyword_hit *hit;
    size_t n_tokens, n_hits;
    NORN_TRY(norni_tweet_tokens(r->text[i], scratch, &token, &n_tokens, err));
    *is_empty = n_tokens == 0;
    NORN_TRY(norni_keywords_find(r->out->keywords, r->text[i], token, n_tokens, scratch, &hit,
                                 &n_hits, err));
    for (size_t k = 0; k < n_hits; k++) {
        if ((hit[k].side == NORNI_BULLISH) != hit[k].negated)
            s->n_bullish++;
        else
            s->n_bearish++;
    }
    const norni_keyword_density d = norni_keywords_density(token, n_tokens, hit, n_hits);
    s->finance_term_density = d.n_words > 0 ? (double)d.n_hit_words / (double)d.n_words : 0;
    s->n_hits = (uint32_t)n_hits;
    if (n_hits > 0) norni_buf_add(hits, hit, n_hits * sizeof *hit);
    return hits->failed ? norni_alloc_fail(err, "signals", n_hits, sizeof *hit) : NORN_OK;
}

static norn_status score_tweet(const score_run *r, size_t i, norni_arena *scratch, norni_buf *hits,
                               norn_err *err) {
    static const norni_sentiment nothing = {
        .p = {1.0 / 3, 1.0 / 3, 1.0 / 3}, .label = NORNI_NEUTRAL, .score = 0};
    const norni_signal_opt *o = &r->out->opt;
    norni_signal *s = &r->out->signal[i];
    bool is_empty;
    *s = (norni_signal){.n_hits = 0};
    NORN_TRY(score_words(r, i, scratch, hits, &is_empty, err));
    s->base = is_empty ? nothing : r->mood[i];
    for (int k = 0; k < NORNI_N_SENTIMENTS && !is_empty; k++)
        s->base_confidence = fmax(s->base_confidence, s->base.p[k]);
    norni_signal_combine(o->keyword_boost_weight, s);
    if (o->engagement) norni_signal_engage(&r->out->tweets->tweet[i], s);
    if (r->row != NULL) {
        const size_t from = r->row->start[i], n = r->row->start[i + 1] - from;
        norni_signal_top_terms(r->row->index + from, r->row->value + from, n, s);
    }
    s->label = NORNI_SIGNAL_IGNORE;
    s->strength = NORNI_STRENGTH_NONE;
    if (o->signals) norni_signal_judge(r->kind, is_empty, s);
    return NORN_OK;
}

static norn_status score_block(norni_worker *worker, size_t block, void *arg, norn_err *err) {
    const score_run *r = arg;
    const norni_poll poll = norni_ctx_poll(r->ctx);
    const size_t from = block * BLOCK, n = r->out->tweets->n,
                 to = n - from < BLOCK ? n : from + BLOCK;
    for (size_t i = from; i < to; i++) {
        const norni_arena_mark mark = norni_arena_mark_get(&worker->arena);
        if (norni_poll_stop(&poll)) return norn_fail(err, NORN_E_CANCEL, "signals: cancelled");
        NORN_TRY(score_tweet(r, i, &worker->arena, &r->hits[block], err));
        norni_arena_rewind(&worker->arena, mark);
    }
    return NORN_OK;
}

/* All hits in the table's own memory. */
static norn_status keep_hits(const score_run *r, size_t n_blocks, norn_err *err) {
    size_t bytes = 0, at = 0, i = 0;
    for (size_t b = 0; b < n_blocks; b++)
        bytes += r->hits[b].n;
    norni_keyword_hit *all = norni_arena_get(&r->out->arena, bytes + 1, 1);
    if (all == NULL) return norni_alloc_fail(err, "signals", bytes, 1);
    for (size_t b = 0; b < n_blocks; b++) {
        if (r->hits[b].n > 0) memcpy(all + at, r->hits[b].p, r->hits[b].n);
        for (size_t end = r->out->tweets->n - i < BLOCK ? r->out->tweets->n : i + BLOCK; i < end;
             i++) {
            r->out->signal[i].hit = all + at;
            at += r->out->signal[i].n_hits;
        }
    }
    return NORN_OK;
}

static norn_status score_blocks(score_run *r, norn_err *err) {
    const size_t n_blocks = (r->out->tweets->n + BLOCK - 1) / BLOCK;
    const norni_for_opt how = {.grain = 1};
    norni_arena *arena = &r->out->arena;
    uint8_t *kind = norni_arena_get(arena, r->out->n_terms, 1);
    r->hits = norni_arena_get(arena, n_blocks, sizeof *r->hits);
    if (kind == NULL || r->hits == NULL)
        return norni_alloc_fail(err, "signals", n_blocks, sizeof *r->hits);
    for (size_t k = 0; k < r->out->n_terms; k++)
        kind[k] = norni_signal_term_kind(r->out->term[k]);
    r->kind = kind;
    for (size_t b = 0; b < n_blocks; b++)
        norni_buf_init(&r->hits[b], &r->ctx->alloc);
    norn_status st = norni_for(r->ctx, NULL, n_blocks, score_block, r, &how, err);
    if (st == NORN_OK) st = keep_hits(r, n_blocks, err);
    for (size_t b = 0; b < n_blocks; b++)
        norni_buf_clear(&r->hits[b]);
    return st;
}

typedef void (*stage_fn)(void *user, const char *stage, int32_t percent);

static norn_status score_all(norn_ctx *ctx, const norni_sentiment_model *model, stage_fn stage,
                             void *user, norni_arena *aside, norni_signals *out,
                             norni_tfidf_rows *rows, norn_err *err) {
    const size_t n = out->tweets->n;
    norni_str *text = norni_arena_get(aside, n, sizeof *text);
    norni_sentiment *mood = norni_arena_get(aside, n, sizeof *mood);
    out->signal = norni_arena_get(&out->arena, n, sizeof *out->signal); /* its block makes it 0 */
    if (text == NULL || mood == NULL || out->signal == NULL)
        return norni_alloc_fail(err, "signals", n, sizeof *out->signal);
    for (size_t i = 0; i < n; i++)
        text[i] = text_of(out->tweets->tweet[i].text);
    NORN_TRY(norni_keywords_finance(&ctx->alloc, &out->keywords, err));
    if (stage != NULL) stage(user, "sentiment", 10);
    if (n > 0) NORN_TRY(model->score(ctx, NULL, model->self, text, n, mood, err));
    if (stage != NULL) stage(user, "terms", 50);
    if (out->opt.tfidf && n > 0) NORN_TRY(make_terms(ctx, text, out, rows, err));
    if (stage != NULL) stage(user, "signals", 70);
    score_run run = {.ctx = ctx, .out = out, .text = text, .mood = mood};
    if (out->opt.tfidf && out->n_terms > 0)
        run.row = out->opt.asof_every > 0 ? &out->asof.rows : rows;
    return score_blocks(&run, err);
}

norn_status norni_signals_score(norn_ctx *ctx, const norni_tweets *tweets,
                                const norni_sentiment_model *model, const norni_signal_opt *opt,
                                void (*stage)(void *user, const char *stage, int32_t percent),
                                void *user, norni_signals *out, norn_err *err) {
    norni_arena aside;
    norni_tfidf_rows rows = {0};
    *out = (norni_signals){.tweets = tweets, .model = model->name};
    out->opt = opt != NULL ? *opt : norni_signal_opt_default();
    norni_arena_init(&out->arena, &ctx->alloc);
    norni_arena_init(&aside, &ctx->alloc);
    norn_status st = check(&out->opt, err);
    if (st == NORN_OK) st = score_all(ctx, model, stage, user, &aside, out, &rows, err);
    norni_tfidf_rows_clear(&rows);
    norni_arena_clear(&aside);
    if (st != NORN_OK) norni_signals_clear(out);
    return st;
}

void norni_signals_clear(norni_signals *s) {
    norni_keywords_free(s->keywords);
    norni_tfidf_free(s->tfidf);
    norni_tfidf_asof_clear(&s->asof);
    if (s->arena.alloc != NULL) norni_arena_clear(&s->arena);
    *s = (norni_signals){0};
}
