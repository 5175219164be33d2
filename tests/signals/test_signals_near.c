/* Tests of near-copies by time: the order of the file and tweets that come later change no twin and nothing that is kept. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "read_bed.h"
#include "signals/signals_near.h"

enum { N = 24000, MOST_ID = 32 };

static bed b;

static int open_bed(void **state) {
    (void)state;
    return bed_open(&b, 2, 0, false) ? 0 : -1;
}

static int close_bed(void **state) {
    (void)state;
    bed_close(&b);
    return atomic_load(&b.live) == 0 ? 0 : -1;
}

static void read_text(norni_tweets *t, norni_str text, const norni_tweets_read_opt *opt) {
    norn_err err = {NORN_OK, ""};
    norni_tweets_init(t, &b.ctx->alloc);
    if (bed_read(&b, text, opt, t, &err) != NORN_OK ||
        norni_tweets_settle(b.ctx, opt, t, &err) != NORN_OK)
        fail_msg("%s", err.text);
}

/* Tweet i, the i-th in time: some copy earlier ones, most have a text of their own, so that buckets overflow. */
static void put_tweet(norni_buf *text, size_t i) {
    const size_t of = i % 3 == 0 ? i * 7919 % 500 : 1000 + i;
    norni_buf_format(text, "{\"id\":\"%zu\",\"created_at\":%zu,\"text\":\"", i,
                     (size_t)1400000000 + 60 * i);
    for (size_t k = 0; k < 12; k++)
        norni_buf_format(text, "w%zu ", (of * 31 + k * 17) * (k + 3) % 4001);
    norni_buf_format(text, "%s\"}\n", i % 2 == 0 ? "" : i % 3 == 0 ? "http://a.b" : "now");
}

/* Reads the first n in time, in the order (i * step + from) % n; twins by number, n where there is none, or SIZE_MAX where the tweet is left out. */
static void twins_of(size_t n, size_t from, size_t step, const norni_tweets_read_opt *opt,
                     size_t *twin) {
    norni_tweets t;
    norni_buf text;
    norni_buf_init(&text, &b.ctx->alloc);
    for (size_t i = 0; i < n; i++)
        put_tweet(&text, (i * step + from) % n);
    assert_false(text.failed);
    read_text(&t, (norni_str){text.p, text.n}, opt);
    for (size_t i = 0; i < n; i++)
        twin[i] = SIZE_MAX;
    for (size_t k = 0; k < t.n; k++) {
        char id[MOST_ID];
        const norni_tweet *w = &t.tweet[k], *other = w->twin < t.n ? &t.tweet[w->twin] : NULL;
        norni_format(id, sizeof id, "%.*s", (int)w->id.n, w->id.p);
        const size_t i = strtoul(id, NULL, 10);
        assert_true(i < n);
        twin[i] = N;
        if (other == NULL) continue;
        assert_true(other->twin == UINT32_MAX && other->time < w->time);
        norni_format(id, sizeof id, "%.*s", (int)other->id.n, other->id.p);
        twin[i] = strtoul(id, NULL, 10);
    }
    norni_tweets_clear(&t);
    norni_buf_clear(&text);
}

static void no_order_and_no_later_tweet_shows(void **state) {
    static size_t want[N], got[N];
    (void)state;
    for (size_t bits = 0; bits <= NORNI_NEAR_MOST_BITS; bits += bits == 0 ? 3 : 4) {
        for (int drop = 0; drop < 2; drop++) {
            norni_tweets_read_opt opt = norni_tweets_read_opt_default();
            size_t n_twins = 0;
            opt.near_bits = bits;
            opt.drop_near = drop == 1;
            twins_of(N, 0, 1, &opt, want);
            for (size_t i = 0; i < N; i++)
                n_twins += want[i] != N;
            assert_true(n_twins > N / 8 && n_twins < N);
            twins_of(N, N - 1, N - 1, &opt, got); /* the newest first */
            assert_memory_equal(want, got, sizeof want);
            twins_of(N, 5, 7919, &opt, got);
            assert_memory_equal(want, got, sizeof want);
            twins_of(N / 2 + 1, N / 2, N / 2, &opt, got); /* the past alone, the newest first */
            assert_memory_equal(want, got, (N / 2 + 1) * sizeof *want);
            twins_of(700, 3, 17, &opt, got);
            assert_memory_equal(want, got, 700 * sizeof *want);
        }
    }
}

static void tweets_without_a_time_come_last(void **state) {
    static const char text[] =
        "id,created_at,text\n"
        "a,,buy the dip now\n"
        "b,,buy the dip now\n"
        "c,2025-01-02,buy the dip now\n"
        "d,2025-01-01,buy the dip now\n"
        "e,2025-01-01,buy the dip now\n"
        "f,,sell it all\n"
        "g,,sell it all\n";
    static const uint32_t want[] = {3, 3, 3, UINT32_MAX, 3, UINT32_MAX, 5};
    norni_tweets_read_opt opt = norni_tweets_read_opt_default();
    norni_tweets t;
    (void)state;
    read_text(&t, norni_str_of(text), &opt);
    assert_int_equal(t.n, 7);
    for (size_t k = 0; k < 7; k++)
        assert_int_equal(t.tweet[k].twin, want[k]);
    norni_tweets_clear(&t);
    opt.drop_near = true;
    read_text(&t, norni_str_of(text), &opt);
    assert_int_equal(t.n, 2);
    assert_text(t.tweet[0].id, "d");
    assert_text(t.tweet[1].id, "f");
    norni_tweets_clear(&t);
}

/* Cells are cut into words; an element of a list is one tag. */
static void elements_of_lists_are_whole(void **state) {
    static const char json[] =
        "{\"text\":\"x\",\"hashtags\":[\" #A,b c \",\"$\\u0001d\\n\\u2028e\","
        "\"\\u0085\",\"#\"],\"mentions\":[\"@Ann\"],\"user\":\"\"}\n",
                      cells[] = "text,hashtags,user\nx,\"#A,b c\",\ny,\"[\"\"A,b\"\"]\", \n";
    norni_tweets t;
    (void)state;
    read_text(&t, norni_str_of(json), NULL);
    assert_int_equal(t.tweet[0].n_hashtags, 2);
    assert_text(t.tweet[0].hashtag[0], "a,b c");
    assert_text(t.tweet[0].hashtag[1], "de");
    assert_int_equal(t.tweet[0].n_mentions, 1);
    assert_text(t.tweet[0].mention[0], "ann");
    assert_false(t.has_user);
    norni_tweets_clear(&t);
    read_text(&t, norni_str_of(cells), NULL);
    assert_int_equal(t.tweet[0].n_hashtags, 3);
    assert_int_equal(t.tweet[1].n_hashtags, 1);
    assert_text(t.tweet[1].hashtag[0], "a,b");
    assert_false(t.has_user);
    norni_tweets_clear(&t);
    read_text(&t, norni_str_of("text,user\nx,\ny,ann\n"), NULL);
    assert_true(t.has_user);
    norni_tweets_clear(&t);
}

static norni_tweet_past ask(void *user, norni_str id) {
    (void)user;
    return norni_str_is(id, "1")   ? NORNI_TWEET_STORED
           : norni_str_is(id, "2") ? NORNI_TWEET_CAME
                                   : NORNI_TWEET_NEW;
}

static void what_came_before_is_told_apart(void **state) {
    norni_tweets_read_opt opt = norni_tweets_read_opt_default();
    norni_tweets t;
    (void)state;
    opt.known = ask;
    read_text(&t, norni_str_of("id,text\n1,a\n2,b\n3,c\n1,d\n3,e\n"), &opt);
    assert_int_equal(t.n, 1);
    assert_int_equal(t.refused[NORNI_REFUSED_STORED], 2);
    assert_int_equal(t.refused[NORNI_REFUSED_DUPLICATE], 2);
    norni_tweets_restart(&t);
    assert_int_equal(t.refused_before[NORNI_REFUSED_STORED], 2);
    norni_tweets_clear(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_order_and_no_later_tweet_shows),
        cmocka_unit_test(tweets_without_a_time_come_last),
        cmocka_unit_test(elements_of_lists_are_whole),
        cmocka_unit_test(what_came_before_is_told_apart),
    };
    return cmocka_run_group_tests(tests, open_bed, close_bed);
}
