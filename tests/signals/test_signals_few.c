/* Tests of how much is behind a signal: least effective size, copies of one text by nobody known, authors by name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "tweets_made.h"

static norn_ctx *ctx;

static int open_ctx(void **state) {
    (void)state;
    ctx = made_ctx(2, NULL);
    return 0;
}

static int close_ctx(void **state) {
    (void)state;
    norn_ctx_free(ctx);
    return 0;
}

/* n tweets of a tag; user NULL: nobody known, "*": each by another. All of one score. */
static void some(norni_tweets *t, size_t n, const char *tag, const char *user) {
    for (size_t k = 0; k < n; k++) {
        char id[32], name[32];
        (void)snprintf(id, sizeof id, "%s%zu", tag, k);
        (void)snprintf(name, sizeof name, "%s%zu", tag, k);
        made_add(t, &(made_tweet){.id = id,
                                  .user = user != NULL && user[0] == '*' ? name : user,
                                  .text = "buy the dip now",
                                  .tags = tag,
                                  .time = INT64_C(1700000000000000) + (int64_t)t->n,
                                  .likes = NORNI_TWEET_NO_COUNT,
                                  .retweets = NORNI_TWEET_NO_COUNT,
                                  .replies = NORNI_TWEET_NO_COUNT,
                                  .views = NORNI_TWEET_NO_COUNT});
    }
}

static void score_all(norni_tweets *t, norni_signals *s) {
    made_signals(t, 1, s);
    for (size_t i = 0; i < t->n; i++) {
        s->signal[i].confidence = 0.8;
        s->signal[i].signal_score = 0.6 + 0.001 * (double)(i % 7);
    }
}

static void aggregate(const norni_signals *s, double min_effective, norni_aggregates *a) {
    norni_aggregate_opt o = norni_aggregate_opt_default();
    norn_err err = {0};
    assert_true(o.min_effective == 5);
    o.min_tweets = 1;
    o.min_effective = min_effective;
    if (norni_signals_aggregate(ctx, s, &o, a, &err) != NORN_OK) fail_msg("%s", err.text);
}

static const norni_signal_group *group_of(const norni_aggregates *a, const char *tag) {
    for (size_t g = 0; g < a->n_groups; g++)
        if (norni_str_is(a->group[g].tag, tag)) return &a->group[g];
    fail_msg("no %s", tag);
    return NULL;
}

static void few_opinions_hold_and_rank_behind(void **state) {
    norni_tweets t;
    norni_signals s;
    norni_aggregates a;
    (void)state;
    made_init(&t);
    some(&t, 4, "small", "*");
    some(&t, 20, "large", "*");
    score_all(&t, &s);
    for (size_t i = 0; i < 4; i++)
        s.signal[i].signal_score = 0.95;
    aggregate(&s, 5, &a);
    assert_true(norni_str_is(a.group[0].tag, "large") && norni_str_is(a.group[1].tag, "small"));
    assert_true(a.group[1].rank_score > a.group[0].rank_score);
    assert_true(a.group[1].few && a.group[1].label == NORNI_SIGNAL_HOLD);
    assert_true(!a.group[0].few && a.group[0].label == NORNI_SIGNAL_STRONG_BUY);
    assert_true(!a.market.few && a.market.label == NORNI_MARKET_STRONG_BULLISH);
    norni_aggregates_clear(&a);
    aggregate(&s, 0, &a); /* the reference */
    assert_true(norni_str_is(a.group[0].tag, "small") && !a.group[0].few);
    assert_true(a.group[0].label == NORNI_SIGNAL_STRONG_BUY);
    norni_aggregates_clear(&a);
    aggregate(&s, 25, &a);
    assert_true(a.market.few && a.market.label == NORNI_MARKET_HOLD && a.group[0].few);
    norni_aggregates_clear(&a);
    norni_signals_clear(&s);
    norni_tweets_clear(&t);
}

/* Copies follow the first of their text: one cluster, and so no interval, whoever is asked to believe in 22 tweets. */
static void copies_by_nobody_known_are_one_opinion(void **state) {
    norni_tweets t;
    norni_signals s;
    norni_aggregates a;
    (void)state;
    made_init(&t);
    some(&t, 22, "copies", NULL);
    some(&t, 22, "apart", NULL);
    some(&t, 22, "one", "ann");
    some(&t, 3, "mixed", "bob");
    some(&t, 19, "mixed", NULL);
    for (size_t i = 1; i < 22; i++)
        t.tweet[i].twin = 0;
    for (size_t i = 69; i < 88; i++)
        t.tweet[i].twin = 66; /* copies of what is known to be bob's */
    score_all(&t, &s);
    aggregate(&s, 5, &a);
    const char *const alone[] = {"copies", "one", "mixed"};
    for (size_t k = 0; k < 3; k++) {
        const norni_signal_group *g = group_of(&a, alone[k]);
        assert_int_equal(g->n, 22);
        assert_int_equal(g->signal.n_authors, 1);
        assert_true(isnan(g->signal.lo) && isnan(g->signal.hi) && isnan(g->signal.sandwich_se));
        assert_true(!g->signal.excludes_zero && g->few && g->label == NORNI_SIGNAL_HOLD);
        assert_int_equal(g->n_known_authors, k > 0);
    }
    const norni_signal_group *apart = group_of(&a, "apart");
    assert_int_equal(apart->signal.n_authors, 22);
    assert_int_equal(apart->n_known_authors, 0);
    assert_true(apart->signal.lo > 0 && apart->signal.excludes_zero && !apart->few);
    assert_int_equal(a.market.all.signal.n_authors, 25);
    assert_int_equal(a.market.all.n_known_authors, 2);
    norni_aggregates_clear(&a);
    norni_signals_clear(&s);
    norni_tweets_clear(&t);
}

/* Names are counted over all tweets of the group, those that do not weigh among them. */
static void known_authors_are_counted_whether_they_weigh(void **state) {
    norni_tweets t;
    norni_signals s;
    norni_aggregates a;
    (void)state;
    made_init(&t);
    some(&t, 8, "x", "*");
    some(&t, 8, "x", "*");
    some(&t, 5, "x", NULL);
    score_all(&t, &s);
    s.signal[3].confidence = s.signal[11].confidence = 0;
    aggregate(&s, 5, &a);
    assert_int_equal(a.group[0].n, 21);
    assert_int_equal(a.group[0].n_known_authors, 8);
    assert_int_equal(a.group[0].signal.n_authors, 7 + 5);
    norni_aggregates_clear(&a);
    norni_signals_clear(&s);
    norni_tweets_clear(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_opinions_hold_and_rank_behind),
        cmocka_unit_test(copies_by_nobody_known_are_one_opinion),
        cmocka_unit_test(known_authors_are_counted_whether_they_weigh),
    };
    return cmocka_run_group_tests(tests, open_ctx, close_ctx);
}
