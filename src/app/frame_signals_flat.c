/* Several analysed tweets as one number with its interval: the market of a report, of numbers that a caller has. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "app/frame_signals.h"
#include "base/fp.h"

typedef struct flat_job {
    const norni_frame_column *score, *confidence, *id, *user;
    norni_arena arena;
    norni_tweets tweets;
    norni_signals signals;
    norni_aggregates aggregates;
} flat_job;

static double number_at(const norni_frame_column *c, size_t i) {
    if (c->kind == NORNI_FRAME_NUMBER) return c->number[i];
    return c->integer[i] == NORNI_TIME_NONE ? NORNI_NAN : (double)c->integer[i];
}

static norn_status text_at(flat_job *j, const norni_frame_column *c, size_t i, norni_str *out,
                           norn_err *err) {
    char text[24];
    *out = norni_str_of("");
    if (c == NULL || (c->kind == NORNI_FRAME_TEXT && c->code[i] >= c->n_text)) return NORN_OK;
    if (c->kind == NORNI_FRAME_TEXT) {
        *out = c->text[c->code[i]];
        return NORN_OK;
    }
    if (c->kind != NORNI_FRAME_INTEGER || c->integer[i] == NORNI_TIME_NONE) return NORN_OK;
    const size_t n = norni_format(text, sizeof text, "%lld", (long long)c->integer[i]);
    *out = (norni_str){norni_arena_text(&j->arena, text, n), n};
    return out->p != NULL ? NORN_OK : norni_alloc_fail(err, "aggregate_signals", n, 1);
}

/* Tweets without an id are each their own by where they stand. */
static norn_status name_row(flat_job *j, size_t i, norni_str *out, norn_err *err) {
    char text[32];
    const size_t n = norni_format(text, sizeof text, "row %zu", i + 1);
    *out = (norni_str){norni_arena_text(&j->arena, text, n), n};
    return out->p != NULL ? NORN_OK : norni_alloc_fail(err, "aggregate_signals", n, 1);
}

static norn_status find(const norni_frame *f, const char *name, const norni_frame_column **out,
                        norn_err *err) {
    *out = f != NULL ? norni_frame_find(f, norni_str_of(name)) : NULL;
    if (*out == NULL)
        return norn_fail(err, NORN_E_DATA,
                         "aggregate_signals: there is no %s; analyse the tweets first", name);
    if ((*out)->kind != NORNI_FRAME_NUMBER && (*out)->kind != NORNI_FRAME_INTEGER)
        return norn_fail(err, NORN_E_DATA, "aggregate_signals: %s holds no numbers", name);
    return NORN_OK;
}

static norn_status fill(flat_job *j, const norni_frame *f, norn_err *err) {
    norni_tweets *t = &j->tweets;
    t->tweet = norni_arena_zero(&j->arena, f->n + 1, sizeof *t->tweet);
    j->signals.signal = norni_arena_zero(&j->arena, f->n + 1, sizeof *j->signals.signal);
    if (t->tweet == NULL || j->signals.signal == NULL)
        return norni_alloc_fail(err, "aggregate_signals", f->n, sizeof *t->tweet);
    t->n = f->n;
    for (size_t i = 0; i < f->n; i++) {
        norni_tweet *w = &t->tweet[i];
        norni_signal *g = &j->signals.signal[i];
        g->signal_score = number_at(j->score, i);
        g->confidence = number_at(j->confidence, i);
        if (!(fabs(g->signal_score) <= 1) || !(g->confidence >= 0 && g->confidence <= 1))
            return norn_fail(err, NORN_E_DATA,
                             "aggregate_signals: row %zu: signal_score=%g and confidence=%g; [-1, "
                             "1] and [0, 1] are needed",
                             i + 1, g->signal_score, g->confidence);
        NORN_TRY(text_at(j, j->id, i, &w->id, err));
        NORN_TRY(text_at(j, j->user, i, &w->user, err));
        t->has_user = t->has_user || w->user.n > 0;
        if (w->id.n == 0) NORN_TRY(name_row(j, i, &w->id, err));
        w->content = w->text = w->stamp = w->language = norni_str_of("");
        w->time = NORNI_TWEET_NO_TIME;
        w->line = i + 1;
        w->twin = UINT32_MAX;
        w->likes = w->retweets = w->replies = w->views = NORNI_TWEET_NO_COUNT;
    }
    return NORN_OK;
}

/* Standard deviation of the scores that weigh, as the report has it. */
static double spread(const flat_job *j, double least) {
    norni_sum sum = {0}, squares = {0};
    double n = 0;
    for (size_t i = 0; i < j->tweets.n; i++) {
        if (!(j->signals.signal[i].confidence >= least)) continue;
        sum = norni_sum_add(sum, j->signals.signal[i].signal_score);
        n++;
    }
    const double mean = n > 0 ? norni_sum_get(sum) / n : 0;
    for (size_t i = 0; i < j->tweets.n; i++) {
        const double apart = j->signals.signal[i].signal_score - mean;
        if (j->signals.signal[i].confidence >= least)
            squares = norni_sum_add(squares, apart * apart);
    }
    return n > 0 ? sqrt(norni_sum_get(squares) / n) : 0;
}

static norn_status aggregate(norn_ctx *ctx, flat_job *j, const norni_signals_opt *o,
                             norni_frame_flat *out, norn_err *err) {
    norni_aggregate_opt how = norni_aggregate_opt_default();
    how.min_effective = o->min_effective;
    how.min_confidence = o->min_confidence;
    how.level = o->interval_level / 100;
    how.replicates = o->bootstrap;
    how.seed = (uint64_t)(uint32_t)o->common.seed;
    how.author_cap = o->author_cap;
    j->signals.tweets = &j->tweets;
    j->signals.opt = norni_signal_opt_default();
    j->signals.model = "caller";
    NORN_TRY(norni_signals_aggregate(ctx, &j->signals, &how, &j->aggregates, err));
    out->all = j->aggregates.market.all;
    out->level = how.level;
    out->std = spread(j, how.min_confidence);
    return NORN_OK;
}

norn_status norni_frame_signals_flat(norn_ctx *ctx, const norni_frame_call *call,
                                     norni_frame_flat *out, norn_err *err) {
    flat_job j;
    norni_signals_opt opt;
    memset(&j, 0, sizeof j);
    memset(out, 0, sizeof *out);
    norni_arena_init(&j.arena, &ctx->alloc);
    norni_tweets_init(&j.tweets, &ctx->alloc);
    norn_status st = norni_frame_options("signals", call, &j.arena, &opt, sizeof opt, err);
    if (st == NORN_OK) st = find(call->data, "signal_score", &j.score, err);
    if (st == NORN_OK) st = find(call->data, "confidence", &j.confidence, err);
    if (st == NORN_OK) {
        j.id = norni_frame_find(call->data, norni_str_of("tweet_id"));
        j.user = norni_frame_find(call->data, norni_str_of("username"));
        st = fill(&j, call->data, err);
    }
    if (st == NORN_OK) st = aggregate(ctx, &j, &opt, out, err);
    norni_aggregates_clear(&j.aggregates);
    j.tweets.tweet = NULL; /* the arena's */
    j.tweets.n = j.tweets.cap = 0;
    norni_tweets_clear(&j.tweets);
    norni_arena_clear(&j.arena);
    return st;
}
