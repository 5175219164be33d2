/* Tests of tweets from JSON lines, arrays and streams; of twins; the same at any worker count; out of memory at every place. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "read_bed.h"
#include "signals/signals_near.h"

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

static void read_text(norni_tweets *t, const char *text, const norni_tweets_read_opt *opt) {
    norn_err err = {NORN_OK, ""};
    norni_tweets_init(t, &b.ctx->alloc);
    if (bed_read(&b, norni_str_of(text), opt, t, &err) != NORN_OK ||
        norni_tweets_settle(b.ctx, opt, t, &err) != NORN_OK)
        fail_msg("%s", err.text);
}

static const char lines[] =
    "{\"tweet_id\":\"1\",\"content\":\"caf\\u00e9 \\ud83d\\ude80 "
    "\\ud83d!\",\"likes\":3,\"views\":null,"
    "\"hashtags\":[\"A\",\"#b\",\"a\"],\"x\":1}\n"
    "{\"tweet_id\":2,\"content\":\"broken\",}\n"
    "\n"
    "{\"id_str\":\"3\",\"id\":3,\"full_text\":\"v1 "
    "text\",\"user\":{\"id\":9,\"screen_name\":\"Ann\"},"
    "\"favorite_count\":4,\"retweet_count\":-1,\"created_at\":\"Wed Jan 01 03:59:03 +0000 2014\","
    "\"entities\":{\"hashtags\":[{\"text\":\"Gold\",\"indices\":[0,4]}],"
    "\"user_mentions\":[{\"screen_name\":\"Bob\",\"id\":5}],"
    "\"urls\":[{\"url\":\"https://t.co/a\",\"expanded_url\":\"https://e.org/A\"}]}}\r\n"
    "{\"id\":\"4\",\"text\":\"v2 text\",\"author_id\":\"77\",\"public_metrics\":{\"like_count\":8,"
    "\"impression_count\":90,\"reply_count\":1.0},\"entities\":{\"hashtags\":[{\"start\":0,\"tag\":"
    "\"Oil\"}]},"
    "\"y\":{\"deep\":[1,2]},\"x\":\"two\"}\n"
    "{\"id\":\"5\",\"text\":null}\n"
    "{\"id\":\"6\",\"text\":[1]}\n"
    "7\n"
    "{\"id\":\"8\",\"text\":\"likes are a list\",\"likes\":[1],\"retweets\":\"1,000\"}\n";

static void shapes_of_twitter(void **state) {
    norni_tweets t;
    (void)state;
    read_text(&t, lines, NULL);
    assert_int_equal(t.n, 4);
    assert_int_equal(t.refused[NORNI_REFUSED_SYNTAX], 2);
    assert_int_equal(t.refused_first[NORNI_REFUSED_SYNTAX].line, 2);
    assert_int_equal(t.refused[NORNI_REFUSED_NO_TEXT], 2);
    const norni_tweet *w = t.tweet;
    assert_text(w[0].content, "caf\xC3\xA9 \xF0\x9F\x9A\x80 \xEF\xBF\xBD!");
    assert_int_equal(t.fault[NORNI_FAULT_UTF8], 1);
    assert_int_equal(w[0].n_hashtags, 2);
    assert_text(w[0].hashtag[1], "b");
    assert_text(w[1].id, "3");
    assert_text(w[1].user, "Ann");
    assert_int_equal(w[1].likes, 4);
    assert_int_equal(w[1].retweets, NORNI_TWEET_NO_COUNT);
    assert_true(w[1].time == INT64_C(1388548743000000));
    assert_text(w[1].hashtag[0], "gold");
    assert_text(w[1].mention[0], "bob");
    assert_int_equal(w[1].n_urls, 1);
    assert_text(w[1].url[0], "https://e.org/A");
    assert_text(w[2].user, "77");
    assert_int_equal(w[2].likes, 8);
    assert_int_equal(w[2].views, 90);
    assert_int_equal(w[2].replies, 1);
    assert_text(w[2].hashtag[0], "oil");
    assert_int_equal(w[3].likes, NORNI_TWEET_NO_COUNT);
    assert_int_equal(w[3].retweets, 1000);
    assert_int_equal(t.fault[NORNI_FAULT_COUNT], 2);
    assert_int_equal(t.n_extra, 3); /* x, id beside id_str, y */
    assert_text(t.extra_name[0], "x");
    assert_text(w[0].extra[0], "1");
    assert_text(w[2].extra[0], "two");
    assert_text(t.extra_name[2], "y");
    assert_text(w[2].extra[2], "{\"deep\":[1,2]}");
    assert_text(w[0].extra[2], "");
    norni_tweets_clear(&t);
}

static void arrays(void **state) {
    static const struct {
        const char *text;
        size_t n; /* of tweets; SIZE_MAX: an error, at this byte */
        const char *byte;
    } row[] = {
        {"[{\"text\":\"a ] , [\"},\n {\"text\":\"b\\\"}\"}]", 2, ""},
        {" [ {\"text\":\"a\"} , 5 ] \n", 1, ""},
        {"[{\"text\":\"a\"},]", SIZE_MAX, "byte 15"},
        {"[{\"text\":\"a\"} {\"text\":\"b\"}]", SIZE_MAX, "byte 15 (element 1)"},
        {"[{\"text\":\"a\"}, {\"text\" \"b\"}]", SIZE_MAX, "byte 24 (element 2)"},
        {"[{\"text\":\"a\"}", SIZE_MAX, "is not closed"},
        {"[{\"text\":\"a\"}] x", SIZE_MAX, "behind the JSON array"},
        {"[", SIZE_MAX, "is not closed"},
        {"[{\"\":null,\"text\":\"an empty key\"}]", 1, ""},
    };
    (void)state;
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        norni_tweets t;
        norn_err err = {NORN_OK, ""};
        norni_tweets_init(&t, &b.ctx->alloc);
        const norn_status st = bed_read(&b, norni_str_of(row[k].text), NULL, &t, &err);
        if (row[k].n == SIZE_MAX ? st != NORN_E_FORMAT || strstr(err.text, row[k].byte) == NULL
                                 : st != NORN_OK || t.n != row[k].n)
            fail_msg("%s: %zu tweets, %s", row[k].text, t.n, err.text);
        if (row[k].n == SIZE_MAX) assert_int_equal(t.n, 0);
        norni_tweets_clear(&t);
    }
}

static void a_long_element_is_passed_over(void **state) {
    const size_t n = 40 << 20;
    norni_buf text;
    norni_tweets t;
    (void)state;
    norni_buf_init(&text, &b.ctx->alloc);
    norni_buf_text(&text, "[{\"text\":\"a\"},{\"text\":\"");
    assert_true(norni_buf_reserve(&text, n + 100));
    memset(text.p + text.n, ']', n);
    text.n += n;
    norni_buf_add(&text, "\"},{\"text\":\"b\"}]", 17);
    read_text(&t, text.p, NULL);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.refused[NORNI_REFUSED_LONG], 1);
    assert_int_equal(t.refused_first[NORNI_REFUSED_LONG].line, 2);
    assert_int_equal(t.tweet[1].line, 3);
    norni_tweets_clear(&t);
    norni_buf_clear(&text);
}

/* A stream in pieces of any length has the tweets of the whole. */
static void streams(void **state) {
    static const char csv[] = "text,tweet_id,z\nfirst,1,a\n\"se\ncond\",2,b\nthird,3,\"c\"";
    const char *const text[] = {csv, lines};
    (void)state;
    for (size_t f = 0; f < 2; f++) {
        norni_tweets whole;
        read_text(&whole, text[f], NULL);
        const size_t n = strlen(text[f]);
        for (size_t step = 1; step < 40; step++) {
            norni_tweets t;
            norn_err err = {NORN_OK, ""};
            size_t at = 0, have = 0, used, k = 0;
            norni_tweets_init(&t, &b.ctx->alloc);
            while (at < n) {
                have = have + step < n ? have + step : n;
                assert_int_equal(norni_tweets_parse(b.ctx, (norni_str){text[f] + at, have - at},
                                                    have == n, NULL, &t, &used, &err),
                                 NORN_OK);
                at += used;
                for (size_t i = 0; i < t.n; i++, k++) {
                    assert_true(norni_str_cmp(t.tweet[i].content, whole.tweet[k].content) == 0);
                    assert_int_equal(t.tweet[i].line, whole.tweet[k].line);
                }
                norni_tweets_restart(&t);
            }
            assert_int_equal(k, whole.n);
            assert_int_equal(t.n_read, whole.n_read);
            norni_tweets_clear(&t);
        }
        norni_tweets_clear(&whole);
    }
}

static void twins(void **state) {
    static const char text[] =
        "tweet_id,text\n"
        "1,Buy the dip now: $AAPL to the moon! http://a.b/c\n"
        "2,RT @who: buy THE dip now $aapl to the moon\n"
        "3,Sell everything before the close today\n"
        "4,http://only.link\n"
        "5,http://other.link\n"
        "6,buy the dip now aapl to the moon https://x.y/z\n"
        "7,Buy!\n"
        "8,buy\n";
    norni_tweets_read_opt opt = norni_tweets_read_opt_default();
    norni_tweets t;
    (void)state;
    read_text(&t, text, &opt);
    assert_int_equal(t.n, 8);
    assert_int_equal(t.tweet[1].twin, 0);
    assert_int_equal(t.tweet[5].twin, 0);
    assert_int_equal(t.tweet[7].twin, 6);
    assert_true(t.tweet[3].twin == UINT32_MAX && t.tweet[4].twin == UINT32_MAX);
    assert_int_equal(t.fault[NORNI_FAULT_TWIN], 3);
    norni_tweets_clear(&t);
    opt.drop_near = true;
    read_text(&t, text, &opt);
    assert_int_equal(t.n, 5);
    assert_int_equal(t.refused[NORNI_REFUSED_NEAR], 3);
    norni_tweets_clear(&t);
}

/* The search by bands has all that a search of all pairs has. */
static void bands_find_what_all_pairs_find(void **state) {
    enum { N = 600 };
    norni_tweets t;
    norni_buf text;
    norni_near_print print[N];
    size_t near = 0;
    (void)state;
    norni_buf_init(&text, &b.ctx->alloc);
    norni_buf_text(&text, "text\n");
    for (int k = 0; k < N; k++) { /* long texts of one stem that differ in one word, or in all */
        const int stem = k % 40;
        for (int i = 0; i < 60; i++)
            norni_buf_format(&text, "w%d ", i == k % 7 * 8 ? k : stem * 100 + i);
        norni_buf_text(&text, "\n");
    }
    norni_buf_add(&text, "", 1);
    for (size_t bits = 1; bits <= NORNI_NEAR_MOST_BITS; bits += 2) {
        norni_tweets_read_opt opt = norni_tweets_read_opt_default();
        norni_buf low, out;
        opt.near_bits = bits;
        read_text(&t, text.p, &opt);
        assert_int_equal(t.n, N);
        norni_buf_init(&low, &b.ctx->alloc);
        norni_buf_init(&out, &b.ctx->alloc);
        for (size_t k = 0; k < N; k++) {
            uint32_t want = UINT32_MAX;
            norni_near_text(t.tweet[k].text, &low, &out);
            print[k] = norni_near_print_of((norni_str){out.p, out.n});
            for (size_t i = 0; i < k && want == UINT32_MAX; i++)
                if (t.tweet[i].twin == UINT32_MAX &&
                    (size_t)__builtin_popcountll(print[i].sim ^ print[k].sim) <= bits)
                    want = (uint32_t)i;
            assert_int_equal(t.tweet[k].twin, want);
            near += want != UINT32_MAX;
        }
        norni_buf_clear(&low);
        norni_buf_clear(&out);
        norni_tweets_clear(&t);
    }
    assert_true(near > 0);
    norni_buf_clear(&text);
}

static void make_many(norni_buf *text, size_t n) {
    norni_buf_text(text, "");
    for (size_t k = 0; k < n; k++) {
        norni_buf_format(text, "{\"tweet_id\":\"%zu\",\"text\":\"tweet %zu", k % (n - 5),
                         k * 7919 % 1000);
        for (size_t i = 0; i < k * 31 % 40; i++)
            norni_buf_format(text, " w%zu", i * k % 97);
        norni_buf_format(text, "\",\"likes\":%zu,\"c%zu\":%zu", k, k / 300 % 4, k);
        norni_buf_text(text, k % 101 == 0 ? ",}\n" : "}\n");
    }
    norni_buf_add(text, "", 1);
}

static void the_same_at_any_worker_count(void **state) {
    static const int32_t workers[] = {1, 2, 3, 7, 64};
    norni_buf text;
    norni_hash128 first = {0, 0};
    (void)state;
    norni_buf_init(&text, &b.ctx->alloc);
    make_many(&text, 5000);
    for (size_t k = 0; k < 5; k++) {
        bed own;
        norni_tweets t;
        norn_err err = {NORN_OK, ""};
        assert_true(bed_open(&own, workers[k], 0, false));
        norni_tweets_init(&t, &own.ctx->alloc);
        assert_int_equal(bed_read(&own, (norni_str){text.p, text.n - 1}, NULL, &t, &err), NORN_OK);
        assert_int_equal(norni_tweets_settle(own.ctx, NULL, &t, &err), NORN_OK);
        assert_int_equal(t.n_extra, 4);
        const norni_hash128 h = bed_hash(&t);
        if (k == 0) first = h;
        assert_memory_equal(&h, &first, sizeof h);
        norni_tweets_clear(&t);
        bed_close(&own);
        assert_int_equal(atomic_load(&own.live), 0);
    }
    norni_buf_clear(&text);
}

static norn_status run(bed *own, const char *text, norni_hash128 *h) {
    norni_tweets t;
    norni_tweets_init(&t, &own->ctx->alloc);
    norn_status st = bed_read(own, norni_str_of(text), NULL, &t, NULL);
    if (st == NORN_OK) st = norni_tweets_settle(own->ctx, NULL, &t, NULL);
    if (st == NORN_OK) *h = bed_hash(&t);
    norni_tweets_clear(&t);
    return st;
}

static void every_allocation_fails(void **state) {
    static const char csv[] =
        "tweet_id,content,z,hashtags\n1,\xEF\xBC\xA1 \xCC\x81 \xFF x,2,\"[\"\"\xC3\x89\"\", "
        "\"\"b\"\"]\"\n2,b,3,c\n";
    const char *const text[] = {csv, lines, "[{\"text\":\"a\"}]"};
    (void)state;
    for (size_t f = 0; f < 3; f++) {
        bed own;
        norni_hash128 want, got;
        long refused = 0;
        assert_true(bed_open(&own, 2, 0, false));
        assert_int_equal(run(&own, text[f], &want), NORN_OK);
        bed_close(&own);
        const long n = atomic_load(&own.calls);
        for (long k = 1; k <= 2 * n; k++) {
            const bool onwards = k > n;
            if (!bed_open(&own, 2, onwards ? k - n : k, onwards)) continue;
            const norn_status st = run(&own, text[f], &got);
            if (st != NORN_OK && st != NORN_E_MEM)
                fail_msg("allocation %ld: %s", k, norn_status_name(st));
            if (st == NORN_OK) assert_memory_equal(&got, &want, sizeof got);
            refused += st == NORN_E_MEM;
            bed_close(&own);
            if (atomic_load(&own.live) != 0) fail_msg("allocation %ld: a leak", k);
        }
        assert_true(refused > 10);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_of_twitter),
        cmocka_unit_test(arrays),
        cmocka_unit_test(a_long_element_is_passed_over),
        cmocka_unit_test(streams),
        cmocka_unit_test(twins),
        cmocka_unit_test(bands_find_what_all_pairs_find),
        cmocka_unit_test(the_same_at_any_worker_count),
        cmocka_unit_test(every_allocation_fails),
    };
    return cmocka_run_group_tests(tests, open_bed, close_bed);
}
