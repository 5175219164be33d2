/* Tests of the tweet tokeniser: made-up tweets, every byte in one token, hostile texts in linear time, memory that runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "text/tweet_tokens.h"
#include "text/unicode.h"

static const char kind_letter[] = "wn#$@uefs"; /* by norni_tweet_kind; f: emoji */

/* The tokens as "kind:text|kind:text". */
static void show(const char *text, char *out, size_t size) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    norni_tweet_token *t;
    norn_err err;
    size_t n, used = 0;
    norni_arena_init(&arena, &alloc);
    assert_int_equal(norni_tweet_tokens(norni_str_of(text), &arena, &t, &n, &err), NORN_OK);
    out[0] = '\0';
    for (size_t i = 0; i < n; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%c:%.*s", i > 0 ? "|" : "",
                                 kind_letter[t[i].kind], (int)t[i].n, text + t[i].at);
    norni_arena_clear(&arena);
}

static void is(const char *text, const char *wanted) {
    char got[2048];
    show(text, got, sizeof got);
    assert_string_equal(got, wanted);
}

static void words_and_numbers(void **state) {
    (void)state;
    is("", "");
    is(" \t\n\xC2\xA0 ", "");
    is("Don't sell, it's year-end", "w:Don't|w:sell|s:,|w:it's|w:year-end");
    is("don\xE2\x80\x99t 'quoted' dogs' --", "w:don\xE2\x80\x99t|s:'|w:quoted|s:'|w:dogs|s:'|s:--");
    is("1,250.50 3% 50k 10:30 24/7 1st 5. 7-",
       "n:1,250.50|n:3%|n:50k|n:10:30|n:24/7|n:1st|n:5|s:.|n:7|s:-");
    is("Q3 covid-19 b2b snake_case", "w:Q3|w:covid-19|w:b2b|w:snake_case");
    is("good!!! what?!", "w:good|s:!!!|w:what|s:?|s:!");
    is("wait... \xE2\x80\xA6ok\xE2\x80\xA6\xE2\x80\xA6",
       "w:wait|s:...|s:\xE2\x80\xA6|w:ok|s:\xE2\x80\xA6\xE2\x80\xA6");
    is("S&P 500 up", "w:S|s:&|w:P|n:500|w:up");
}

static void tags_mentions_and_links(void **state) {
    (void)state;
    is("#nifty50 #1 ##two #\xE0\xA4\xA8\xE0\xA4\xBF\xE0\xA4\xAB",
       "#:#nifty50|s:#|n:1|s:##|w:two|#:#\xE0\xA4\xA8\xE0\xA4\xBF\xE0\xA4\xAB");
    is("$AAPL, $BRK.B $5 $1.20 $ $RELIANCE.NS",
       "$:$AAPL|s:,|$:$BRK.B|s:$|n:5|s:$|n:1.20|s:$|$:$RELIANCE.NS");
    is("$tsla.Great $BTC-USD $GME-up $AAAAAAAAAAAAAAAAAAAA",
       "$:$tsla|s:.|w:Great|$:$BTC-USD|$:$GME|s:-|w:up|s:$|w:AAAAAAAAAAAAAAAAAAAA");
    is("RT @some_user: hi @ me a@b.com",
       "w:RT|@:@some_user|s::|w:hi|s:@|w:me|w:a|s:@|w:b|s:.|w:com");
    is("see https://example.org/a?b=c&d=(1), now",
       "w:see|u:https://example.org/a?b=c&d=(1|s:)|s:,|w:now");
    is("HTTP://x.y. www.example.com pic.twitter.com/abc http",
       "u:HTTP://x.y|s:.|u:www.example.com|u:pic.twitter.com/abc|w:http");
    is("https://t.example/1\xE2\x80\xA6 <http://a>",
       "u:https://t.example/1|s:\xE2\x80\xA6|s:<|u:http://a|s:>");
}

static void faces(void **state) {
    (void)state;
    is("ok :) :-( ;D <3 >:( :'( =P 8-) ^_^ -_- xD XD T_T",
       "w:ok|e::)|e::-(|e:;D|e:<3|e:>:(|e::'(|e:=P|e:8-)|e:^_^|e:-_-|e:xD|e:XD|e:T_T");
    is("great:) yay:)))) (: D:", "w:great|e::)|w:yay|e::))))|e:(:|e:D:");
    is("note: Down f(x) (8) list:Dogs",
       "w:note|s::|w:Down|w:f|s:(|w:x|s:)|s:(|n:8|s:)|w:list|s::|w:Dogs");
    is("\xF0\x9F\x9A\x80\xF0\x9F\x9A\x80up", "f:\xF0\x9F\x9A\x80|f:\xF0\x9F\x9A\x80|w:up");
    /* thumb with a skin tone; family of three; flags of India and the USA in one run; heart with its style; keycap */
    is("\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD.", "f:\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD|s:.");
    is("\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7x",
       "f:\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7|w:x");
    is("\xF0\x9F\x87\xAE\xF0\x9F\x87\xB3\xF0\x9F\x87\xBA\xF0\x9F\x87\xB8",
       "f:\xF0\x9F\x87\xAE\xF0\x9F\x87\xB3|f:\xF0\x9F\x87\xBA\xF0\x9F\x87\xB8");
    is("\xE2\x9D\xA4\xEF\xB8\x8F 1\xEF\xB8\x8F\xE2\x83\xA3 #\xEF\xB8\x8F\xE2\x83\xA3",
       "f:\xE2\x9D\xA4\xEF\xB8\x8F|f:1\xEF\xB8\x8F\xE2\x83\xA3|f:#\xEF\xB8\x8F\xE2\x83\xA3");
    is("Norn\xE2\x84\xA2 \xC2\xA9", "w:Norn|s:\xE2\x84\xA2|s:\xC2\xA9");
}

static void scripts(void **state) {
    (void)state;
    /* Hindi with its vowel signs and a full stop of its own; Greek and Latin in one word; a joiner inside a word */
    is("\xE0\xA4\xB6\xE0\xA5\x87\xE0\xA4\xAF\xE0\xA4\xB0\xE0\xA5\xA4",
       "w:\xE0\xA4\xB6\xE0\xA5\x87\xE0\xA4\xAF\xE0\xA4\xB0|s:\xE0\xA5\xA4");
    is("\xCE\xB1"
       "bc \xD0\xB4\xD0\xB0!",
       "w:\xCE\xB1"
       "bc|w:\xD0\xB4\xD0\xB0|s:!");
    is("\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xB4", "w:\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xB4");
    is("caf\xC3\xA9 e\xCC\x81t", "w:caf\xC3\xA9|w:e\xCC\x81t");
}

/* White space stands in no token, every other byte in exactly one, in order. */
static void covers(const char *text, size_t n_text, norni_arena *arena) {
    norni_tweet_token *t;
    norn_err err;
    size_t n, at = 0, i = 0;
    assert_int_equal(norni_tweet_tokens((norni_str){text, n_text}, arena, &t, &n, &err), NORN_OK);
    while (at < n_text) {
        size_t m;
        bool good;
        const uint32_t c = norni_utf8_next(text + at, text + n_text, &m, &good);
        if (i < n && t[i].at == at) {
            assert_true(t[i].n > 0 && t[i].kind <= NORNI_TWEET_SIGN);
            const size_t stop = at + t[i].n;
            while (at < stop) { /* nothing white inside */
                const uint32_t d = norni_utf8_next(text + at, text + n_text, &m, &good);
                assert_false(norni_uni_class(d) & NORNI_UNI_SPACE);
                at += m;
            }
            assert_int_equal(at, stop); /* ends with a character */
            i++;
        } else {
            assert_true(norni_uni_class(c) & NORNI_UNI_SPACE);
            at += m;
        }
    }
    assert_int_equal(i, n);
}

static void every_byte_in_one_token(void **state) {
    static const char *const piece[] = {"http://",
                                        "www.",
                                        "pic.twitter.com/",
                                        "#",
                                        "$",
                                        "@",
                                        "a",
                                        "B.",
                                        "_",
                                        "-",
                                        "'",
                                        "\xE2\x80\x99",
                                        ":",
                                        ")",
                                        "D",
                                        "8",
                                        "0",
                                        "7,",
                                        "%",
                                        "x",
                                        "<3",
                                        "^",
                                        " ",
                                        "\n",
                                        "\xC2\xA0",
                                        "\xE3\x80\x80",
                                        "\x1C",
                                        "\x01",
                                        "\xF0\x9F\x9A\x80",
                                        "\xF0\x9F\x8F\xBD",
                                        "\xE2\x80\x8D",
                                        "\xEF\xB8\x8F",
                                        "\xE2\x83\xA3",
                                        "\xF0\x9F\x87\xAE",
                                        "\xCC\x81",
                                        "\xE0\xA4\xA8",
                                        "\xE0\xA4\xBF",
                                        "\xC2\xBD",
                                        "\xC2\xA9",
                                        "\xE2\x84\xA2",
                                        "\xE2\x80\x8B",
                                        "!",
                                        "?",
                                        "..",
                                        "\xE2\x80\xA6",
                                        "\xF3\xA0\x81\xA7",
                                        "\xEF\xBF\xBD"};
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    char text[256];
    (void)state;
    norni_arena_init(&arena, &alloc);
    for (uint64_t item = 0; item < 20000; item++) {
        const norni_rng rng = {7, item};
        size_t n = 0;
        const uint64_t most = norni_rng_u64(rng, 0) % 40;
        for (uint64_t k = 0; k < most; k++) {
            const char *p = piece[norni_rng_u64(rng, k + 1) % (sizeof piece / sizeof piece[0])];
            memcpy(text + n, p, strlen(p));
            n += strlen(p);
            if (n > 200) break;
        }
        norni_arena_reset(&arena);
        covers(text, n, &arena);
    }
    norni_arena_clear(&arena);
}

/* Four megabytes of each: a tokeniser that looks back or ahead without bound would not end in the test's time. */
static void long_texts_take_linear_time(void **state) {
    static const char *const unit[] = {"a",
                                       "#1",
                                       "#",
                                       ":",
                                       ":)",
                                       "http://",
                                       "http:// ",
                                       "'a",
                                       "$A",
                                       "@",
                                       "!",
                                       "\xE2\x80\x8D",
                                       "\xF0\x9F\x9A\x80\xE2\x80\x8D",
                                       "\xF0\x9F\x87\xAE",
                                       "\xCC\x81",
                                       "1.",
                                       "-",
                                       "www..."};
    const size_t size = 4000000;
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    char *text = malloc(size + 16);
    (void)state;
    assert_non_null(text);
    norni_arena_init(&arena, &alloc);
    for (size_t k = 0; k < sizeof unit / sizeof unit[0]; k++) {
        const size_t n = strlen(unit[k]);
        size_t used = 0;
        for (; used < size; used += n)
            memcpy(text + used, unit[k], n);
        norni_arena_reset(&arena);
        covers(text, used, &arena);
    }
    norni_arena_clear(&arena);
    free(text);
}

static size_t left; /* calls that still get memory */
static void *few(void *user, void *ptr, size_t old, size_t size) {
    const norn_alloc *below = user;
    if (size > 0) {
        if (left == 0) return NULL;
        left--;
    }
    return below->resize(below->user, ptr, old, size);
}

static void memory_that_runs_out_is_told(void **state) {
    norn_alloc below = norni_alloc_default(), alloc = {.resize = few, .user = &below};
    char text[4000];
    size_t n_failed = 0;
    (void)state;
    for (size_t k = 0; k < sizeof text; k++)
        text[k] = k % 2 ? ' ' : 'a';
    for (size_t m = 0;; m++) {
        norni_arena arena;
        norni_tweet_token *t;
        norn_err err;
        size_t n;
        left = m;
        norni_arena_init(&arena, &alloc);
        const norn_status st =
            norni_tweet_tokens((norni_str){text, sizeof text}, &arena, &t, &n, &err);
        norni_arena_clear(&arena);
        if (st == NORN_OK) break;
        assert_int_equal(st, NORN_E_MEM);
        n_failed++;
    }
    assert_true(n_failed >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_numbers),
        cmocka_unit_test(tags_mentions_and_links),
        cmocka_unit_test(faces),
        cmocka_unit_test(scripts),
        cmocka_unit_test(every_byte_in_one_token),
        cmocka_unit_test(long_texts_take_linear_time),
        cmocka_unit_test(memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
