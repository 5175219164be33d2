/* Tests of one tweet's signal: formulas by hand, the plain twin, switches, unknown counts, company, later tweets, memory. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "signals/signals_score_parts.h"
#include "tweets_made_twin.h"

static void near(double a, double b) {
    if (!(fabs(a - b) < 2e-15 * fmax(1, fabs(b)))) fail_msg("%.17g, not %.17g", a, b);
}

static norni_signal engaged(int64_t likes, int64_t retweets, int64_t replies, int64_t views) {
    const norni_tweet t = {
        .likes = likes, .retweets = retweets, .replies = replies, .views = views};
    norni_signal s = {0};
    norni_signal_engage(&t, &s);
    return s;
}

static void engagement_by_hand(void **state) {
    const int64_t most = INT64_C(1) << 53;
    (void)state;
    norni_signal s = engaged(100, 50, 10, 5000);
    assert_int_equal(s.engagement, 160);
    near(s.engagement_rate, 32);
    near(s.virality_ratio, 0.5);
    near(s.reply_ratio, 0.0625);
    near(s.like_ratio, 0.02);
    near(s.virality_score, (0.3 * 0.64 + 0.5 + 0.3 * 0.0625 + 0.2 * 0.4) / 1.3);
    assert_true(fabs(s.virality_score - 0.6083) < 5e-5);
    /* retweets of what nobody likes: no ratio */
    s = engaged(0, 7, 0, 100);
    assert_true(s.virality_ratio == 0 && s.like_ratio == 0 && s.reply_ratio == 0);
    near(s.engagement_rate, 70);
    near(s.virality_score, 0.3 / 1.3);
    /* never seen, or nobody knows how often */
    for (int64_t views = -1; views <= 0; views++) {
        s = engaged(10, 5, 5, views);
        assert_true(s.engagement_rate == 0 && s.like_ratio == 0 && s.engagement == 20);
        near(s.virality_score, (0.5 + 0.3 * 0.25) / 1.3);
    }
    /* what is not known adds nothing; negative counts are not known */
    s = engaged(-1, 12, -7, 900);
    assert_int_equal(s.engagement, 12);
    assert_true(s.virality_ratio == 0 && s.reply_ratio == 0);
    near(s.engagement_rate, 12.0 / 900 * 1000);
    s = engaged(-1, -1, -1, -1);
    assert_true(s.engagement == 0 && s.virality_score == 0);
    /* replies alone */
    s = engaged(0, 0, 4, 8);
    assert_true(s.reply_ratio == 1);
    near(s.virality_score, 0.6 / 1.3);
    /* counts as large as they come: everything at its most but replies, which are a third */
    s = engaged(most, most, most, most);
    assert_int_equal(s.engagement, 3 * most);
    near(s.engagement_rate, 3000);
    near(s.virality_score, (0.3 + 0.5 + 0.1 + 0.2) / 1.3);
    assert_int_equal(engaged(INT64_MAX, INT64_MAX, 5, 5).engagement, INT64_MAX);
}

static void sentiment_and_keywords_by_hand(void **state) {
    static const struct {
        double base, boost, combined;
        uint32_t up, down;
        norni_mood mood;
    } row[] = {
        {0.5, 0.1, 0.6, 1, 0, NORNI_MOOD_BULLISH}, {0.5, 0.3, 0.8, 7, 1, NORNI_MOOD_BULLISH},
        {0.9, 0.3, 1, 3, 0, NORNI_MOOD_BULLISH},   {-0.9, -0.3, -1, 1, 9, NORNI_MOOD_BEARISH},
        {0.1, 0, 0.1, 2, 2, NORNI_MOOD_NEUTRAL},   {0.19, -0.1, 0.09, 0, 1, NORNI_MOOD_NEUTRAL},
        {0.11, 0, 0.11, 0, 0, NORNI_MOOD_BULLISH}, {-0.11, 0, -0.11, 0, 0, NORNI_MOOD_BEARISH}};
    (void)state;
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        norni_signal s = {.n_bullish = row[k].up, .n_bearish = row[k].down};
        s.base.score = row[k].base;
        norni_signal_combine(0.3, &s);
        near(s.keyword_boost, row[k].boost);
        near(s.combined, row[k].combined);
        assert_int_equal(s.mood, row[k].mood);
    }
    norni_signal s = {.n_bullish = 3};
    norni_signal_combine(0, &s);
    assert_true(s.combined == 0);
}

static norni_signal judged(double density, double base_confidence, double virality, double combined,
                           uint8_t kind) {
    norni_signal s = {.finance_term_density = density,
                      .base_confidence = base_confidence,
                      .virality_score = virality,
                      .combined = combined,
                      .n_terms = 1};
    norni_signal_judge(&kind, false, &s);
    return s;
}

static void confidence_and_labels_by_hand(void **state) {
    (void)state;
    norni_signal s = judged(0.05, 0.8, 0.6083, 0.6, 0);
    near(s.content_quality, 0.5);
    near(s.confidence, 0.4 * 0.5 + 0.3 * 0.8 + 0.3 * 0.6083);
    near(s.base_signal, 0.6 * (0.5 + 0.5 * 0.6083));
    near(s.signal_score, s.base_signal * s.confidence);
    near(s.lo, s.signal_score - (1 - s.confidence) * 0.5);
    near(s.hi, s.signal_score + (1 - s.confidence) * 0.5);
    assert_true(s.label == NORNI_SIGNAL_BUY && s.strength == NORNI_STRENGTH_MODERATE);
    near(judged(0.05, 0, 0, 0, NORNI_TERM_SPAM).content_quality, 0.15);
    near(judged(0.05, 0, 0, 0, NORNI_TERM_TECHNICAL).content_quality, 0.65);
    near(judged(0.9, 0, 0, 0, NORNI_TERM_TECHNICAL).content_quality, 1);
    near(judged(0.9, 0, 0, 0, NORNI_TERM_TECHNICAL | NORNI_TERM_SPAM).content_quality, 0.39);
    /* a full confidence of 1, so that the signal is what is combined */
    static const struct {
        double x;
        norni_signal_label label;
        norni_signal_strength strength;
    } row[] = {{0.5, NORNI_SIGNAL_STRONG_BUY, NORNI_STRENGTH_STRONG},
               {0.49, NORNI_SIGNAL_BUY, NORNI_STRENGTH_MODERATE},
               {0.2, NORNI_SIGNAL_HOLD, NORNI_STRENGTH_WEAK},
               {0, NORNI_SIGNAL_HOLD, NORNI_STRENGTH_WEAK},
               {-0.2, NORNI_SIGNAL_HOLD, NORNI_STRENGTH_WEAK},
               {-0.21, NORNI_SIGNAL_SELL, NORNI_STRENGTH_MODERATE},
               {-0.5, NORNI_SIGNAL_STRONG_SELL, NORNI_STRENGTH_STRONG}};
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        s = judged(1, 1, 1, row[k].x, 0);
        assert_true(s.signal_score == row[k].x && s.lo == row[k].x && s.hi == row[k].x);
        assert_int_equal(s.label, row[k].label);
        assert_int_equal(s.strength, row[k].strength);
    }
    s = judged(0, 0.9, 0, 1, 0); /* confidence .27 */
    assert_true(s.label == NORNI_SIGNAL_IGNORE && s.strength == NORNI_STRENGTH_NONE);
    s = judged(0, 0.5, 0.1, -1, 0);
    near(s.lo, -0.55 * 0.18 - 0.41);
    s = judged(1, 1, 0.9, 1, 0);
    assert_true(s.hi == fmin(1, s.signal_score + 0.015));
}

static void terms_by_hand(void **state) {
    static const double value[] = {0.1, 0, 0.5, 0.1, 0.3, 0.1, 0.1, 0.2, 0.1, 0.1, 0.1, 0.1, 0.9};
    static const uint32_t index[] = {2, 3, 5, 8, 9, 11, 12, 13, 17, 20, 21, 22, 30};
    static const uint32_t want[] = {30, 5, 9, 13, 2, 8, 11, 12, 17, 20};
    norni_signal s = {0};
    (void)state;
    norni_signal_top_terms(index, value, 13, &s);
    assert_true(s.n_features == 12 && s.n_terms == 10);
    for (size_t k = 0; k < 10; k++)
        assert_int_equal(s.term[k], want[k]);
    assert_int_equal(norni_signal_term_kind(norni_str_of("telegram")), NORNI_TERM_SPAM);
    assert_int_equal(norni_signal_term_kind(norni_str_of("stop loss")), NORNI_TERM_TECHNICAL);
    assert_int_equal(norni_signal_term_kind(norni_str_of("loss")), 0);
    assert_int_equal(norni_signal_term_kind(norni_str_of("linked")), 0);
}

static void scored(norn_ctx *ctx, const norni_tweets *t, const norni_sentiment *say,
                   const norni_signal_opt *o, norni_signals *s) {
    const made_model model = {say, t->n, NORN_OK};
    const norni_sentiment_model m = made_model_of(&model);
    norn_err err = {0};
    if (norni_signals_score(ctx, t, &m, o, NULL, NULL, s, &err) != NORN_OK)
        fail_msg("%s", err.text);
}

static void equals_the_twin(void **state) {
    norn_ctx *ctx = made_ctx(2, NULL);
    norni_signals s;
    twin t;
    size_t n_spam = 0;
    (void)state;
    twin_open(&t);
    scored(ctx, &t.tweets, t.say, NULL, &s);
    assert_true(s.note[0] == '\0' && s.n_terms > 50);
    for (size_t i = 0; i < t.tweets.n; i++) {
        const norni_signal *want = &t.signals.signal[i], *got = &s.signal[i];
        double x[TWIN_NUMBERS];
        twin_numbers_of(got, x);
        for (size_t k = 0; k < TWIN_NUMBERS; k++)
            if (!twin_same(x[k], t.number[i][k]))
                fail_msg("tweet %zu, number %zu: %.17g, not %.17g: %s", i, k, x[k], t.number[i][k],
                         t.tweets.tweet[i].text.p);
        assert_int_equal(got->n_terms, want->n_terms);
        for (uint32_t k = 0; k < got->n_terms; k++) {
            const norni_str a = s.term[got->term[k]], b = t.signals.term[want->term[k]];
            if (norni_str_cmp(a, b) != 0 || !twin_same(got->term_score[k], want->term_score[k]))
                fail_msg("tweet %zu: %.*s is not %.*s", i, (int)a.n, a.p, (int)b.n, b.p);
            n_spam += norni_signal_term_kind(a) == NORNI_TERM_SPAM;
        }
        size_t up = 0;
        for (uint32_t k = 0; k < got->n_hits; k++)
            up += (got->hit[k].side == NORNI_BULLISH) != got->hit[k].negated;
        assert_int_equal(up, got->n_bullish);
        assert_int_equal(got->n_hits, got->n_bullish + got->n_bearish);
    }
    assert_true(n_spam > 5);
    norni_signals_clear(&s);
    twin_close(&t);
    norn_ctx_free(ctx);
}

static void switches_leave_the_rest(void **state) {
    norn_ctx *ctx = made_ctx(2, NULL);
    norni_signals all, s;
    twin t;
    (void)state;
    twin_open(&t);
    scored(ctx, &t.tweets, t.say, NULL, &all);
    for (int which = 0; which < 3; which++) {
        norni_signal_opt o = norni_signal_opt_default();
        if (which == 0) o.engagement = false;
        if (which == 1) o.tfidf = false;
        if (which == 2) o.signals = false;
        scored(ctx, &t.tweets, t.say, &o, &s);
        for (size_t i = 0; i < t.tweets.n; i++) {
            const norni_signal *a = &all.signal[i], *b = &s.signal[i];
            assert_true(a->combined == b->combined && a->mood == b->mood);
            assert_true(b->finance_term_density == a->finance_term_density);
            if (which == 0) {
                assert_true(b->virality_score == 0 && b->engagement == 0);
                assert_true(b->base_signal == b->combined * 0.5);
                assert_true(b->content_quality == a->content_quality);
            } else {
                assert_true(b->virality_score == a->virality_score);
            }
            if (which == 1) {
                assert_true(b->n_terms == 0 && b->n_features == 0);
                assert_true(b->content_quality == fmin(1, 10 * b->finance_term_density));
            } else {
                assert_true(b->n_terms == a->n_terms);
            }
            if (which == 2)
                assert_true(b->signal_score == 0 && b->confidence == 0 &&
                            b->label == NORNI_SIGNAL_IGNORE && b->strength == NORNI_STRENGTH_NONE);
        }
        assert_true((which == 1) == (s.n_terms == 0));
        norni_signals_clear(&s);
    }
    norni_signals_clear(&all);
    twin_close(&t);
    norn_ctx_free(ctx);
}

static void an_empty_text_says_nothing(void **state) {
    static const norni_sentiment sure[3] = {{{0, 0, 1}, NORNI_POSITIVE, 1},
                                            {{0, 0, 1}, NORNI_POSITIVE, 1},
                                            {{0, 0, 1}, NORNI_POSITIVE, 1}};
    norn_ctx *ctx = made_ctx(1, NULL);
    norni_tweets t;
    norni_signals s;
    (void)state;
    made_init(&t);
    for (int k = 0; k < 3; k++)
        made_add(&t, &(made_tweet){.text = k == 0   ? ""
                                           : k == 1 ? " \t\n\xC2\xA0"
                                                    : "!",
                                   .likes = 1000,
                                   .retweets = 1000,
                                   .replies = 1000,
                                   .views = 1000});
    scored(ctx, &t, sure, NULL, &s);
    for (int k = 0; k < 2; k++) {
        const norni_signal *x = &s.signal[k];
        assert_true(x->base.score == 0 && x->base.label == NORNI_NEUTRAL && x->combined == 0);
        assert_true(x->base.p[0] == 1.0 / 3 && x->base.p[1] == 1.0 / 3 && x->base.p[2] == 1.0 / 3);
        assert_true(x->base_confidence == 0 && x->confidence == 0 && x->signal_score == 0);
        assert_true(x->virality_score > 0.8 && x->lo == -0.5 && x->hi == 0.5);
        assert_true(x->mood == NORNI_MOOD_NEUTRAL && x->label == NORNI_SIGNAL_IGNORE);
    }
    assert_true(s.signal[2].base.score == 1 && s.signal[2].confidence > 0.3);
    assert_true(s.n_terms == 0 && s.note[0] != '\0'); /* three texts without a word have no terms */
    norni_signals_clear(&s);
    t.n = 0;
    scored(ctx, &t, sure, NULL, &s);
    norni_signals_clear(&s);
    norni_tweets_clear(&t);
    norn_ctx_free(ctx);
}

/* The fixture's tweets again and again, n of them. */
static norni_sentiment *repeated(const twin *t, size_t n, norni_tweets *out) {
    norni_sentiment *say = calloc(n, sizeof *say);
    assert_non_null(say);
    made_init(out);
    out->tweet = norni_alloc_get(out->alloc, n, sizeof *out->tweet);
    assert_non_null(out->tweet);
    out->n = out->cap = n;
    for (size_t i = 0; i < n; i++) {
        out->tweet[i] = t->tweets.tweet[i % t->tweets.n];
        out->tweet[i].time = INT64_C(1700000000000000) + (int64_t)(i / 10) * INT64_C(600000000);
        say[i] = t->say[i * 7 % t->tweets.n];
    }
    return say;
}

static bool same_signal(const norni_signals *a, size_t i, const norni_signals *b, size_t j) {
    const norni_signal *x = &a->signal[i], *y = &b->signal[j];
    double p[TWIN_NUMBERS], q[TWIN_NUMBERS];
    twin_numbers_of(x, p);
    twin_numbers_of(y, q);
    if (memcmp(p, q, sizeof p) != 0 || x->n_terms != y->n_terms || x->n_hits != y->n_hits)
        return false;
    for (uint32_t k = 0; k < x->n_terms; k++)
        if (norni_str_cmp(a->term[x->term[k]], b->term[y->term[k]]) != 0 ||
            x->term_score[k] != y->term_score[k])
            return false;
    for (uint32_t k = 0; k < x->n_hits; k++)
        if (x->hit[k].phrase != y->hit[k].phrase || x->hit[k].token != y->hit[k].token)
            return false;
    return true;
}

static void company_and_workers_change_nothing(void **state) {
    static const int32_t workers[] = {2, 3, 7, 64};
    const size_t n = 1500;
    norni_signal_opt o = norni_signal_opt_default();
    norn_ctx *ctx = made_ctx(1, NULL);
    norni_tweets t;
    norni_signals first, s;
    twin base;
    (void)state;
    twin_open(&base);
    norni_sentiment *say = repeated(&base, n, &t);
    scored(ctx, &t, say, NULL, &first);
    for (size_t k = 0; k < sizeof workers / sizeof workers[0]; k++) {
        norn_ctx *many = made_ctx(workers[k], NULL);
        scored(many, &t, say, NULL, &s);
        for (size_t i = 0; i < n; i++)
            assert_true(same_signal(&first, i, &s, i));
        norni_signals_clear(&s);
        norn_ctx_free(many);
    }
    norni_signals_clear(&first);
    /* without terms each tweet alone is what it is among others */
    o.tfidf = false;
    scored(ctx, &t, say, &o, &first);
    for (size_t i = 0; i < n; i += 83) {
        norni_tweets one = t;
        one.tweet = t.tweet + i;
        one.n = 1;
        scored(ctx, &one, say + i, &o, &s);
        assert_true(same_signal(&first, i, &s, 0));
        norni_signals_clear(&s);
    }
    norni_signals_clear(&first);
    free(say);
    norni_tweets_clear(&t);
    twin_close(&base);
    norn_ctx_free(ctx);
}

static void as_of_no_later_tweet_is_known(void **state) {
    norni_signal_opt o = norni_signal_opt_default();
    norn_ctx *ctx = made_ctx(2, NULL);
    norni_tweets t;
    norni_signals whole, part;
    twin base;
    size_t n_terms = 0, n_other = 0;
    (void)state;
    twin_open(&base);
    norni_sentiment *say = repeated(&base, 1200, &t);
    for (int as_of = 1; as_of >= 0; as_of--) {
        o.asof_every = as_of ? INT64_C(3600000000) : 0;
        t.n = 1200;
        scored(ctx, &t, say, &o, &whole);
        t.n = 600;
        scored(ctx, &t, say, &o, &part);
        for (size_t i = 0; i < 600; i++) {
            const bool same = same_signal(&whole, i, &part, i);
            if (as_of) assert_true(same);
            n_terms += as_of ? part.signal[i].n_terms : 0;
            n_other += as_of ? 0 : !same;
        }
        norni_signals_clear(&whole);
        norni_signals_clear(&part);
    }
    assert_true(n_terms > 1000);
    assert_true(n_other > 300); /* one vocabulary over all texts does look ahead */
    t.n = 1200;
    free(say);
    norni_tweets_clear(&t);
    twin_close(&base);
    norn_ctx_free(ctx);
}

static int stages;
static void hear(void *user, const char *stage, int32_t percent) {
    static const char *const name[] = {"sentiment", "terms", "signals"};
    static const int32_t at[] = {10, 50, 70};
    assert_ptr_equal(user, &stages);
    assert_in_range(stages, 0, 2);
    assert_string_equal(stage, name[stages]);
    assert_int_equal(percent, at[stages++]);
}

static void stages_and_failures_are_told(void **state) {
    norn_ctx *ctx = made_ctx(1, NULL);
    made_model model = {.fails = NORN_OK};
    norni_signal_opt o = norni_signal_opt_default();
    norni_signals s;
    norn_err err = {0};
    twin t;
    (void)state;
    twin_open(&t);
    model.say = t.say;
    model.n = t.tweets.n;
    norni_sentiment_model m = made_model_of(&model);
    assert_int_equal(norni_signals_score(ctx, &t.tweets, &m, &o, hear, &stages, &s, &err), NORN_OK);
    assert_int_equal(stages, 3);
    assert_string_equal(s.model, "made");
    norni_signals_clear(&s);
    model.fails = NORN_E_NUMERIC;
    assert_int_equal(norni_signals_score(ctx, &t.tweets, &m, &o, NULL, NULL, &s, &err),
                     NORN_E_NUMERIC);
    assert_string_equal(err.text, "made: told to fail");
    model.fails = NORN_OK;
    for (int k = 0; k < 4; k++) {
        o = norni_signal_opt_default();
        if (k == 0) o.keyword_boost_weight = 1.01;
        if (k == 1) o.keyword_boost_weight = NAN;
        if (k == 2) o.asof_every = -1;
        if (k == 3) o.terms.min_n = 0;
        assert_int_equal(norni_signals_score(ctx, &t.tweets, &m, &o, NULL, NULL, &s, &err),
                         NORN_E_ARG);
        norni_signals_clear(&s);
    }
    o = norni_signal_opt_default();
    norn_ctx_cancel(ctx);
    assert_int_equal(norni_signals_score(ctx, &t.tweets, &m, &o, NULL, NULL, &s, &err),
                     NORN_E_CANCEL);
    twin_close(&t);
    norn_ctx_free(ctx);
}

static void memory_that_runs_out_is_told(void **state) {
    made_memory m = {0};
    const norn_alloc alloc = made_alloc(&m);
    twin t;
    (void)state;
    twin_open(&t);
    const made_model model = {t.say, t.tweets.n, NORN_OK};
    const norni_sentiment_model sm = made_model_of(&model);
    for (int as_of = 0; as_of < 2; as_of++) {
        norni_signal_opt o = norni_signal_opt_default();
        long k = 0;
        o.asof_every = as_of ? INT64_C(7200000000) : 0;
        for (norn_status st = NORN_E_MEM; st != NORN_OK; k++) {
            norni_signals s;
            norn_err err = {0};
            m.fail_at = 0;
            norn_ctx *ctx = made_ctx(1, &alloc);
            m.fail_at = atomic_load(&m.calls) + 1 + k;
            st = norni_signals_score(ctx, &t.tweets, &sm, &o, NULL, NULL, &s, &err);
            if (st != NORN_OK) {
                assert_int_equal(st, NORN_E_MEM);
                assert_true(err.text[0] != '\0');
            }
            norni_signals_clear(&s);
            norn_ctx_free(ctx);
            assert_int_equal(atomic_load(&m.live), 0);
        }
        print_message("# %ld allocations\n", k);
        assert_true(k > 20);
    }
    twin_close(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engagement_by_hand),
        cmocka_unit_test(sentiment_and_keywords_by_hand),
        cmocka_unit_test(confidence_and_labels_by_hand),
        cmocka_unit_test(terms_by_hand),
        cmocka_unit_test(equals_the_twin),
        cmocka_unit_test(switches_leave_the_rest),
        cmocka_unit_test(an_empty_text_says_nothing),
        cmocka_unit_test(company_and_workers_change_nothing),
        cmocka_unit_test(as_of_no_later_tweet_is_known),
        cmocka_unit_test(stages_and_failures_are_told),
        cmocka_unit_test(memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
