/* Made-up tweets with made-up signals, aggregated for real. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "report_made.h"

#include <math.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/fp.h"
#include "base/rng.h"

enum { N_TERMS = 12, LINES = 8 };
static const int64_t hour = INT64_C(3600000000), begin = INT64_C(1758189600000000);

static const char *const usual_text[LINES] = {
    "Nifty breaks out above resistance, momentum strong",
    "Markets weak today, booking losses and staying out",
    "Watching levels, no trade so far",
    "Bank stocks green, profit booked near target",
    "This chart does not look bullish to me",
    "Sensex flat; waiting for the numbers tomorrow",
    "Short covering rally, but volume is thin",
    "Good morning all, coffee first",
};
static const char *const hostile_text[LINES] = {
    "=HYPERLINK(\"http://x\",\"click\")",
    "</title></svg><script>alert(1)</script>",
    "a \"quoted\", comma, text\nwith a line\r\nand another",
    "@SUM(A1:A9) & <b>bold</b> 'single'",
    "-1+1|cmd",
    "back\\slash and tab\tand control \x01\x1b[31m",
    "\xE2\x80\xAE"
    "right to left \xF0\x9F\x9A\x80\xF0\x9F\x9A\x80",
    "+",
};
static const char *const usual_term[N_TERMS] = {"nifty",  "breakout", "target", "volume",
                                                "profit", "rally",    "weak",   "levels",
                                                "bank",   "chart",    "short",  "strong"};
static const char *const hostile_tag[4] = {"<script>alert('t')</script>", "a,b\"c", "=cmd()",
                                           "line\nbreak\\"};

static const norni_str *texts(made_report *m, const char *const *text, size_t n) {
    norni_str *out = norni_arena_get(&m->t.arena, n + 1, sizeof *out);
    assert_non_null(out);
    for (size_t i = 0; i < n; i++)
        out[i] = norni_str_of(text[i]);
    return out;
}

static norni_str named(made_report *m, const char *what, size_t k) {
    char text[64];
    const size_t n = norni_format(text, sizeof text, "%s%zu", what, k);
    const char *kept = norni_arena_text(&m->t.arena, text, n);
    assert_non_null(kept);
    return (norni_str){kept, n};
}

static double draw(size_t i, uint64_t k) {
    return norni_rng_uniform((norni_rng){.seed = 11, .item = i}, k);
}

static const norni_str *tags_of(made_report *m, const made_wish *w, size_t i, uint32_t *n) {
    const size_t n_tags = w->n_tags > 0 ? w->n_tags : 5;
    norni_str *tag = norni_arena_get(&m->t.arena, 2, sizeof *tag);
    assert_non_null(tag);
    const double u = draw(i, 1);
    tag[0] = w->hostile && i % 2 == 0 ? norni_str_of(hostile_tag[i / 2 % 4])
                                      : named(m, "tag", (size_t)(u * u * (double)n_tags));
    tag[1] = norni_str_of("market");
    *n = i % 7 == 0 ? 2 : 1;
    return tag;
}

static void make_tweet(made_report *m, const made_wish *w, size_t i) {
    static const char *const extra[2] = {"=1+2", "0.25"}, *const mentioned[1] = {"someone"};
    const char *text = (w->hostile ? hostile_text : usual_text)[i % LINES];
    const double span = (double)(w->hours > 0 ? w->hours : 48) * (double)hour;
    norni_tweet *t = &m->t.tweet[i];
    *t = (norni_tweet){.id = named(m, "18", 1000000 + i),
                       .user = w->hostile ? norni_str_of("\"><img src=x onerror=alert(1)>")
                                          : named(m, "trader", (size_t)(draw(i, 2) * 40)),
                       .content = norni_str_of(text),
                       .text = norni_str_of(text),
                       .stamp = norni_str_of("2025-09-18T10:00:00Z"),
                       .language = norni_str_of("en"),
                       .likes = (int64_t)(draw(i, 3) * 50),
                       .retweets = (int64_t)(draw(i, 4) * 9),
                       .replies = (int64_t)(draw(i, 5) * 5),
                       .views = i % 9 == 0 ? NORNI_TWEET_NO_COUNT : 1000 + (int64_t)i,
                       .line = i + 2,
                       .twin = i % 50 == 49 ? (uint32_t)(i - 1) : UINT32_MAX};
    t->time = w->timeless ? NORNI_TWEET_NO_TIME : begin + (int64_t)(draw(i, 6) * span);
    t->hashtag = tags_of(m, w, i, &t->n_hashtags);
    t->n_mentions = i % 3 == 0;
    t->mention = texts(m, mentioned, t->n_mentions);
    if (w->hostile && i % 5 == 0) t->id = norni_str_of("");
    if (w->extras) t->extra = texts(m, extra, 2);
}

static void make_terms(norni_signal *g, size_t i) {
    g->n_terms = (uint32_t)(i % (NORNI_SIGNAL_TERMS + 1));
    g->n_features = g->n_terms + 3;
    for (uint32_t k = 0; k < g->n_terms; k++) {
        g->term[k] = (uint32_t)((i + k) % N_TERMS);
        g->term_score[k] = 0.9 / (double)(k + 1);
    }
}

static norni_signal_label label_of(const norni_signal *g) {
    const double s = g->signal_score;
    if (g->confidence < 0.3) return NORNI_SIGNAL_IGNORE;
    if (s >= 0.5) return NORNI_SIGNAL_STRONG_BUY;
    if (s > 0.2) return NORNI_SIGNAL_BUY;
    if (s <= -0.5) return NORNI_SIGNAL_STRONG_SELL;
    return s < -0.2 ? NORNI_SIGNAL_SELL : NORNI_SIGNAL_HOLD;
}

static void make_signal(made_report *m, size_t i) {
    norni_signal *g = &m->s.signal[i];
    const double p = draw(i, 10), q = (1 - p) * draw(i, 11);
    *g = (norni_signal){.base = {.p = {q, 1 - p - q, p}, .score = p - q},
                        .engagement_rate = 1000 * draw(i, 12) / 7,
                        .virality_ratio = draw(i, 13) / 3,
                        .reply_ratio = draw(i, 14) / 3,
                        .like_ratio = draw(i, 15) / 30,
                        .virality_score = draw(i, 16),
                        .finance_term_density = draw(i, 17) / 3,
                        .content_quality = draw(i, 18)};
    g->base.label = p > 0.5 ? NORNI_POSITIVE : q > 0.5 ? NORNI_NEGATIVE : NORNI_NEUTRAL;
    g->base_confidence = fmax(p, fmax(q, 1 - p - q));
    norni_keyword_hit *hit = norni_arena_zero(&m->s.arena, 2, sizeof *hit);
    assert_non_null(hit);
    hit[0] = (norni_keyword_hit){.phrase = 0, .side = NORNI_BULLISH, .negated = i % 4 == 0};
    hit[1] = (norni_keyword_hit){.phrase = 1, .side = NORNI_BEARISH};
    g->hit = hit;
    g->n_hits = (uint32_t)(i % 3);
    g->n_bullish = g->n_hits > 0 && i % 4 != 0;
    g->n_bearish = g->n_hits - g->n_bullish;
    g->keyword_boost = 0.1 * ((double)g->n_bullish - (double)g->n_bearish);
    g->combined = fmax(-1, fmin(1, g->base.score + g->keyword_boost));
    g->mood = g->combined > 0.1    ? NORNI_MOOD_BULLISH
              : g->combined < -0.1 ? NORNI_MOOD_BEARISH
                                   : NORNI_MOOD_NEUTRAL;
    g->engagement = m->t.tweet[i].likes;
    make_terms(g, i);
    g->confidence = 0.4 * g->content_quality + 0.3 * g->base_confidence + 0.3 * g->virality_score;
    g->base_signal = g->combined * (0.5 + 0.5 * g->virality_score);
    g->signal_score = g->base_signal * g->confidence;
    g->lo = fmax(-1, g->signal_score - 0.5 * (1 - g->confidence));
    g->hi = fmin(1, g->signal_score + 0.5 * (1 - g->confidence));
    g->label = label_of(g);
    g->strength = g->label == NORNI_SIGNAL_IGNORE ? NORNI_STRENGTH_NONE
                  : g->label == NORNI_SIGNAL_HOLD ? NORNI_STRENGTH_WEAK
                                                  : NORNI_STRENGTH_MODERATE;
}

static void make_refused(made_report *m, const made_wish *w) {
    if (!w->refused) return;
    m->t.refused[NORNI_REFUSED_SYNTAX] = 3;
    m->t.refused[NORNI_REFUSED_DUPLICATE] = 40;
    m->t.fault[NORNI_FAULT_COUNT] = 2;
    m->t.n_read += 43;
    m->t.refused_first[NORNI_REFUSED_SYNTAX] =
        (norni_tweet_example){.line = 17, .what = "<td>not \"JSON\" & more</td>"};
    m->t.fault_first[NORNI_FAULT_COUNT] =
        (norni_tweet_example){.file = 1, .line = 5, .what = "likes is -3"};
}

static void break_numbers(made_report *m) {
    for (size_t k = 0; k < m->a.n_groups; k++) {
        m->a.group[k].signal.lo = m->a.group[k].signal.se = NORNI_NAN;
        m->a.group[k].avg_virality = INFINITY;
    }
    for (size_t i = 0; i < m->t.n; i += 3) {
        m->s.signal[i].lo = NORNI_NAN;
        m->s.signal[i].engagement_rate = INFINITY;
    }
    m->a.market.lo = m->a.market.hi = NORNI_NAN;
    m->a.market.excludes_zero = false;
}

void made_make(made_report *m, const made_wish *w) {
    static norn_alloc alloc;
    static const norni_str phrase[2] = {{"bullish", 7}, {"stop loss", 9}};
    static const uint8_t side[2] = {NORNI_BULLISH, NORNI_BEARISH};
    alloc = norni_alloc_default();
    *m = (made_report){.ctx = NULL};
    assert_int_equal(norn_ctx_new(NULL, &m->ctx, NULL), NORN_OK);
    norni_tweets_init(&m->t, &alloc);
    norni_arena_init(&m->s.arena, &alloc);
    m->t.n = m->t.n_read = w->n;
    m->t.has_user = m->t.has_views = true;
    m->t.cap = w->n + 1;
    m->t.tweet = norni_alloc_zero(&alloc, m->t.cap, sizeof *m->t.tweet);
    m->s.signal = norni_arena_zero(&m->s.arena, w->n + 1, sizeof *m->s.signal);
    assert_non_null(m->t.tweet);
    assert_non_null(m->s.signal);
    if (w->extras) {
        static norni_str column[2];
        column[0] = norni_str_of("=source");
        column[1] = norni_str_of("signal_score");
        m->t.extra_name = column;
        m->t.n_extra = 2;
    }
    m->s.tweets = &m->t;
    m->s.term = texts(m, usual_term, N_TERMS);
    m->s.n_terms = N_TERMS;
    m->s.model = "default";
    assert_int_equal(norni_keywords_make(&alloc, phrase, side, 2, &m->s.keywords, NULL), NORN_OK);
    for (size_t i = 0; i < w->n; i++) {
        make_tweet(m, w, i);
        make_signal(m, i);
    }
    make_refused(m, w);
    m->opt = norni_aggregate_opt_default();
    m->opt.replicates = 50;
    norn_err err = {NORN_OK, ""};
    if (norni_signals_aggregate(m->ctx, &m->s, &m->opt, &m->a, &err) != NORN_OK)
        fail_msg("%s", err.text);
    if (w->not_finite) break_numbers(m);
    m->stamp = (norni_signal_stamp){.when = norni_str_of("2026-01-02T03:04:05Z"),
                                    .input_file = norni_str_of("made <up>.csv"),
                                    .version = norni_str_of("0.0"),
                                    .max_points = 5000,
                                    .aggregate = &m->opt};
}

void made_clear(made_report *m) {
    norni_aggregates_clear(&m->a);
    norni_keywords_free(m->s.keywords);
    norni_arena_clear(&m->s.arena);
    norni_tweets_clear(&m->t);
    norn_ctx_free(m->ctx);
}
