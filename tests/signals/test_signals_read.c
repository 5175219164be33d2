/* Tests of reading tweets from delimited text: columns, cells, counts, times, lists, what is refused and why. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "read_bed.h"
#include "signals/signals_read_parts.h"

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

static void columns_by_name(void **state) {
    static const char text[] =
        "\xEF\xBB\xBFticker,created_at,tweet_id,text,likes,retweets,hashtags,cashtags,lang,"
        "replies\r\n"
        "AAPL,2014-01-01 03:59:03,41,\"Up, \"\"big\"\"\r\n $AAPL http://t.co/x\",59,1998,"
        "Rally Options rally,AAPL,en,\r\n"
        "\r\n"
        "GOOG,2014-01-01T05:00:00+01:00,42,plain text,0,1,\"['One', 'two']\",,en,NaN\r\n";
    norni_tweets t;
    (void)state;
    read_text(&t, (norni_str){text, sizeof text - 1}, NULL);
    assert_int_equal(t.n, 2);
    const norni_tweet *w = t.tweet;
    assert_text(w[0].id, "41");
    assert_text(w[0].content, "Up, \"big\"\r\n $AAPL http://t.co/x");
    assert_text(w[0].text, "Up, \"big\" $AAPL");
    assert_true(w[0].time == INT64_C(1388548743000000));
    assert_true(w[1].time == INT64_C(1388548800000000));
    assert_int_equal(w[0].likes, 59);
    assert_int_equal(w[0].replies, NORNI_TWEET_NO_COUNT);
    assert_int_equal(w[0].n_hashtags, 3);
    assert_text(w[0].hashtag[0], "rally");
    assert_text(w[0].hashtag[2], "aapl");
    assert_int_equal(w[1].n_hashtags, 2);
    assert_text(w[1].hashtag[0], "one");
    assert_int_equal(w[0].n_urls, 1);
    assert_text(w[0].url[0], "http://t.co/x");
    assert_int_equal(w[1].line, 5);
    assert_int_equal(t.n_extra, 1);
    assert_text(t.extra_name[0], "ticker");
    assert_text(w[1].extra[0], "GOOG");
    assert_int_equal(t.fault[NORNI_FAULT_ZONE], 1); /* one time has an offset */
    assert_int_equal(t.fault[NORNI_FAULT_COUNT], 0);
    norni_tweets_clear(&t);
}

static void named_columns_win(void **state) {
    static const char text[] = "id;body;content;who\n1;the body;other;me\n";
    norni_tweets_read_opt opt = norni_tweets_read_opt_default();
    norni_tweets t;
    norn_err err = {NORN_OK, ""};
    (void)state;
    opt.text_col = "body";
    opt.user_col = "who";
    read_text(&t, norni_str_of(text), &opt);
    assert_text(t.tweet[0].content, "the body");
    assert_text(t.tweet[0].user, "me");
    assert_true(t.has_user);
    assert_text(t.extra_name[0], "content");
    norni_tweets_clear(&t);
    opt.user_col = "nobody";
    norni_tweets_init(&t, &b.ctx->alloc);
    assert_int_equal(bed_read(&b, norni_str_of(text), &opt, &t, &err), NORN_E_FORMAT);
    assert_non_null(strstr(err.text, "nobody"));
    assert_int_equal(bed_read(&b, norni_str_of("a,b\n1,2\n"), NULL, &t, &err), NORN_E_FORMAT);
    assert_non_null(strstr(err.text, "no column of text"));
    norni_tweets_clear(&t);
}

static void counts(void **state) {
    static const struct {
        const char *text;
        int kind;
        int64_t value;
    } row[] = {
        {"0", 0, 0},
        {"007", 0, 7},
        {"1,234", 0, 1234},
        {"12.0", 0, 12},
        {" 5 ", 0, 5},
        {"1.2K", 0, 1200},
        {"3m", 0, 3000000},
        {"1e3", 0, 1000},
        {"-0", 0, 0},
        {"+4", 0, 4},
        {"1,234,567.00", 0, 1234567},
        {"9007199254740992", 0, INT64_C(9007199254740992)},
        {"0.0000000000000000000000", 0, 0},
        {"2.50e1", 0, 25},
        {"", 1, -1},
        {"null", 1, -1},
        {"NaN", 1, -1},
        {"None", 1, -1},
        {"-1", 2, -1},
        {"1.5", 2, -1},
        {"9007199254740993", 2, -1},
        {"99999999999999999999999", 2, -1},
        {"1,23", 2, -1},
        {"12,34,567", 2, -1},
        {"1e99999999", 2, -1},
        {"abc", 2, -1},
        {"1.2345K", 2, -1},
        {"0x10", 2, -1},
        {".", 2, -1},
        {"1e", 2, -1},
        {",", 2, -1},
        {"inf", 2, -1},
    };
    (void)state;
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        int64_t got;
        const int kind = norni_tweet_count(norni_str_of(row[k].text), &got);
        if (kind != row[k].kind || got != row[k].value)
            fail_msg("\"%s\": kind %d, %lld", row[k].text, kind, (long long)got);
    }
}

static void times(void **state) {
    static const struct {
        const char *text;
        int64_t us;
        bool zoned;
    } row[] = {
        {"2014-01-01 03:59:03", INT64_C(1388548743000000), false},
        {"2014-01-01T03:59:03.25Z", INT64_C(1388548743250000), true},
        {"2014-01-01T05:59:03+02:00", INT64_C(1388548743000000), true},
        {"2014-01-01 03:59:03 +0000", INT64_C(1388548743000000), true},
        {"2014-01-01 03:59:03 UTC", INT64_C(1388548743000000), true},
        {"Wed Jan 01 03:59:03 +0000 2014", INT64_C(1388548743000000), true},
        {"1388548743", INT64_C(1388548743000000), true},
        {"1388548743.5", INT64_C(1388548743500000), true},
        {"1388548743000", INT64_C(1388548743000000), true},
        {"1388548743000001", INT64_C(1388548743000001), true},
        {"1388548743000000999", INT64_C(1388548743000000), true},
        {"2014-01-01", INT64_C(1388534400000000), false},
        {"20140101", INT64_C(1388534400000000), false},
        {"", NORNI_TWEET_NO_TIME, false},
        {"yesterday", NORNI_TWEET_NO_TIME, false},
        {"2014", NORNI_TWEET_NO_TIME, false},
        {"0", NORNI_TWEET_NO_TIME, false},
        {"-1388548743", NORNI_TWEET_NO_TIME, false},
        {"2014-02-30 00:00:00", NORNI_TWEET_NO_TIME, false},
        {"Wed Foo 01 03:59:03 +0000 2014", NORNI_TWEET_NO_TIME, false},
        {"99999999999999999999", NORNI_TWEET_NO_TIME, false},
        {"2014-Q1", NORNI_TWEET_NO_TIME, false},
    };
    (void)state;
    for (size_t k = 0; k < sizeof row / sizeof row[0]; k++) {
        int64_t us;
        bool zoned;
        const bool is = norni_tweet_time(norni_str_of(row[k].text), &us, &zoned);
        if (us != row[k].us || is != (us != NORNI_TWEET_NO_TIME) || (is && zoned != row[k].zoned))
            fail_msg("\"%s\": %lld", row[k].text, (long long)us);
    }
}

static void broken_records_cost_themselves(void **state) {
    static const char text[] =
        "tweet_id,text,likes\n"
        "1,good,-3\n"
        "2,too,many,cells\n"
        "3,few\n"
        "4,\"closed\" then more,1\n"
        "5,\"never closed,1\n"
        "6,good,2.5\n"
        ",,\n"
        "1,again,7";
    norni_tweets t;
    (void)state;
    read_text(&t, norni_str_of(text), NULL);
    assert_int_equal(t.n_read, 8);
    assert_int_equal(t.n, 3);
    assert_int_equal(t.refused[NORNI_REFUSED_SYNTAX], 4);
    assert_int_equal(t.refused_first[NORNI_REFUSED_SYNTAX].line, 3);
    assert_int_equal(t.refused[NORNI_REFUSED_DUPLICATE], 1);
    assert_int_equal(t.refused_first[NORNI_REFUSED_DUPLICATE].line, 9);
    assert_int_equal(t.fault[NORNI_FAULT_COUNT], 2);
    assert_int_equal(t.fault[NORNI_FAULT_EMPTY], 1);
    assert_int_equal(t.fault[NORNI_FAULT_NO_ID], 1);
    assert_int_equal(t.fault[NORNI_FAULT_TIME], 3);
    assert_text(t.tweet[1].id, "6");
    assert_int_equal(t.tweet[1].likes, NORNI_TWEET_NO_COUNT);
    norni_tweets_clear(&t);
}

static void bytes_that_are_no_text(void **state) {
    static const char text[] =
        "tweet_id,text\n1,bad \xFF\xC3 byte\n2,n\0ul #Tag\n3,\xEF\xBC\xA1\xE2\x80\xA6\n";
    norni_tweets t;
    (void)state;
    read_text(&t, (norni_str){text, sizeof text - 1}, NULL);
    assert_int_equal(t.n, 3);
    assert_text(t.tweet[0].content, "bad \xEF\xBF\xBD\xEF\xBF\xBD byte");
    assert_int_equal(t.fault[NORNI_FAULT_UTF8], 1);
    assert_int_equal(t.tweet[1].content.n, 9);
    assert_text(t.tweet[1].hashtag[0], "tag");
    assert_text(t.tweet[2].text, "A..."); /* NFKC */
    norni_tweets_clear(&t);
}

static void nothing_is_no_error(void **state) {
    static const char *const text[] = {"",     "\n", " \n\r\n", "tweet_id,text\n",
                                       "text", "[]", " [ ] \n"};
    (void)state;
    for (size_t k = 0; k < sizeof text / sizeof text[0]; k++) {
        norni_tweets t;
        read_text(&t, norni_str_of(text[k]), NULL);
        assert_int_equal(t.n, 0);
        assert_int_equal(t.n_read, 0);
        norni_tweets_clear(&t);
    }
}

static void long_lines(void **state) {
    const size_t kept = 10 << 20, refused = 40 << 20;
    norni_buf text;
    norni_tweets t;
    (void)state;
    norni_buf_init(&text, &b.ctx->alloc);
    norni_buf_text(&text, "tweet_id,text\n1,");
    assert_true(norni_buf_reserve(&text, kept + refused + 200));
    memset(text.p + text.n, 'a', kept);
    text.n += kept;
    norni_buf_text(&text, "\n2,");
    memset(text.p + text.n, 'b', refused);
    text.n += refused;
    norni_buf_text(&text, "\n3,short\n4,\"");
    norni_buf_text(&text, "open\n5,short, too\n");
    read_text(&t, (norni_str){text.p, text.n}, NULL);
    assert_int_equal(t.n, 2);
    assert_int_equal(t.tweet[0].content.n, kept);
    assert_int_equal(t.tweet[0].text.n, NORNI_TWEET_MOST_TEXT);
    assert_int_equal(t.fault[NORNI_FAULT_LONG_TEXT], 1);
    assert_int_equal(t.refused[NORNI_REFUSED_LONG], 1);
    assert_int_equal(t.refused_first[NORNI_REFUSED_LONG].line, 3);
    assert_text(t.tweet[1].id, "3");
    assert_int_equal(t.tweet[1].line, 4);
    assert_int_equal(t.refused[NORNI_REFUSED_SYNTAX], 2); /* open quote; three cells */
    norni_tweets_clear(&t);
    norni_buf_clear(&text);
}

static void tags_of_the_text(void **state) {
    static const char text[] =
        "text\n"
        "#Nifty50 up a#b $AAPL and $brk.b (@User) https://x.y/#no www.z.com #123 $5 #nifty50\n";
    norni_tweets t;
    (void)state;
    read_text(&t, norni_str_of(text), NULL);
    const norni_tweet *w = t.tweet;
    assert_int_equal(w->n_hashtags, 3);
    assert_text(w->hashtag[0], "nifty50");
    assert_text(w->hashtag[1], "aapl");
    assert_text(w->hashtag[2], "brk.b");
    assert_int_equal(w->n_mentions, 1);
    assert_text(w->mention[0], "user");
    assert_int_equal(w->n_urls, 2);
    assert_text(w->url[0], "https://x.y/#no");
    assert_text(w->text, "#Nifty50 up a#b $AAPL and $brk.b (@User) #123 $5 #nifty50");
    norni_tweets_clear(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_by_name),
        cmocka_unit_test(named_columns_win),
        cmocka_unit_test(counts),
        cmocka_unit_test(times),
        cmocka_unit_test(broken_records_cost_themselves),
        cmocka_unit_test(bytes_that_are_no_text),
        cmocka_unit_test(nothing_is_no_error),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(tags_of_the_text),
    };
    return cmocka_run_group_tests(tests, open_bed, close_bed);
}
