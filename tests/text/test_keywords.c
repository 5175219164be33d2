/* Tests of keywords: whole words, phrases, tags, negation, each defect of the reference, and memory that runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "text/keywords.h"

static norni_keywords *lists;
static norn_alloc plain;

/* What is found, as "+buy -sell +!strong": the side as the list has it, ! where negated. */
static const char *found_in(const norni_keywords *k, const char *text) {
    static char got[1024];
    const norni_str s = norni_str_of(text);
    norni_arena arena;
    norni_tweet_token *token;
    norni_keyword_hit *hit;
    size_t n_tokens, n, used = 0;
    norn_err err;
    norni_arena_init(&arena, &plain);
    assert_int_equal(norni_tweet_tokens(s, &arena, &token, &n_tokens, &err), NORN_OK);
    assert_int_equal(norni_keywords_find(k, s, token, n_tokens, &arena, &hit, &n, &err), NORN_OK);
    got[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        const norni_str p = norni_keywords_phrase(k, hit[i].phrase);
        assert_true(hit[i].n > 0 && hit[i].token + hit[i].n <= n_tokens);
        assert_true(i == 0 || hit[i].token >= hit[i - 1].token + hit[i - 1].n);
        used += (size_t)snprintf(got + used, sizeof got - used, "%s%c%s%.*s", i ? " " : "",
                                 hit[i].side == NORNI_BULLISH ? '+' : '-',
                                 hit[i].negated ? "!" : "", (int)p.n, p.p);
    }
    norni_arena_clear(&arena);
    return got;
}

typedef struct example {
    const char *text, *want;
} example;

static void check(const example *e, size_t n) {
    for (size_t k = 0; k < n; k++) {
        const char *got = found_in(lists, e[k].text);
        if (strcmp(got, e[k].want) != 0)
            fail_msg("\"%s\": \"%s\", not \"%s\"", e[k].text, got, e[k].want);
    }
}
#define CHECK(list) check(list, sizeof(list) / sizeof *(list))

/* market-signals.md 3.5: substrings inflate the counts, tags and signs hide words, negation is ignored. */
static void each_defect_of_the_reference_is_none_here(void **state) {
    static const example examples[] = {
        {"bullish", "+bullish"}, /* not bullish and bull */
        {"bearish", "-bearish"},
        {"here we go again", ""},        /* gain */
        {"shared", ""},                  /* red */
        {"they belong to us", ""},       /* long */
        {"along the way", ""},           /* long */
        {"strength", "+strength"},       /* no more than itself */
        {"weakness", "-weakness"},       /* and weak */
        {"losses", "-losses"},           /* and loss */
        {"book profit", "+book profit"}, /* and profit */
        {"bulls active", "+bulls active"},
        {"stop loss", "-stop loss"}, /* and loss */
        {"buyer, seller, shorts, exits, rallying", ""},
        {"supportive outputs, existing", ""},
        {"#bullish", "+bullish"},
        {"$BULL to $10", "+bull"},
        {"buy!", "+buy"},
        {"(sell)", "-sell"},
        {"BUY now, Sell later", "+buy -sell"},
        {"not bullish", "+!bullish"},
        {"never buy", "+!buy"},
        {"this isn't a breakout", "+!breakout"},
        {"https://buy.example/sell/short @bullish", ""}, /* links and names are no words */
    };
    (void)state;
    CHECK(examples);
}

static void phrases_are_found_longest_first(void **state) {
    static const example examples[] = {
        {"target hit", "+target hit"},
        {"Target Achieved", "+target achieved"},
        {"target", ""},
        {"target, hit", ""}, /* a sign between */
        {"stop-loss", "-stop loss"},
        {"long-term", ""},
        {"bull-run", ""},
        {"SL hit at 19800", "-sl hit"},
        {"#nifty up", "+nifty up"},
        {"nifty up sensex down", "+nifty up -sensex down"},
        {"nifty sensex up", "+sensex up"},
        {"book profit and exit", "+book profit -exit"},
        {"stop stop loss loss", "-stop loss -loss"},
        {"market market up", "+market up"},
        {"", ""},
        {"...", ""},
    };
    (void)state;
    CHECK(examples);
}

static void negation_reaches_three_words(void **state) {
    static const example examples[] = {
        {"no longer bullish", "+!bullish"},
        {"not only bullish but strong", "+bullish +strong"},
        {"not just a rally", "+rally"},
        {"not a very strong rally", "+!strong +!rally"},
        {"I do not think this is bullish", "+!bullish"},
        {"not one two three bullish", "+bullish"},
        {"not one two bullish", "+!bullish"},
        {"no sign of a rally", "+!rally"},
        {"not bullish bearish weak strong", "+!bullish -!bearish -!weak +strong"},
        {"never been this bullish", "+bullish"},
        {"never so strong", "+strong"},
        {"never buy this dip, long", "+!buy +long"},
        {"without support", "+!support"},
        {"without a doubt bullish", "+bullish"},
        {"no doubt, buy", "+buy"},
        {"no doubt buy", "+buy"},
        {"hardly a breakout", "+!breakout"},
        {"don't sell", "-!sell"},
        {"don\xE2\x80\x99t sell", "-!sell"},
        {"DON'T SELL", "-!sell"},
        {"dont buy", "+!buy"},
        {"wasn't weak", "-!weak"},
        {"ain't no rally", "+!rally"},
        {"y'alln't buy", "+!buy"},
        {"no, bullish", "+bullish"},
        {"not today. bullish", "+bullish"},
        {"not now\nbullish", "+bullish"},
        {"not bearish but bullish", "-!bearish +bullish"},
        {"not great but strong", "+strong"},
        {"nothing but green", "+green"},
        {"not \"bullish\"", "+!bullish"},
        {"not now \xF0\x9F\x9A\x80 bullish", "+bullish"},
        {"not yet\xE2\x80\xA6 bullish", "+bullish"},
        {"not yet bullish", "+!bullish"},
        {"not the stop loss", "-!stop loss"},
        {"bullish, not", "+bullish"},
        {"knot bullish", "+bullish"},
        {"cannot fall", "-!fall"},
        {"#not #bullish", "+!bullish"},
    };
    (void)state;
    CHECK(examples);
}

static void own_lists_and_other_scripts(void **state) {
    const char *const words[] = {"to the moon", "moon", "\xCF\x83\xCE\xBF\xCF\x86\xCF\x8C\xCF\x82",
                                 "not bad",     "10%",  "to the"};
    const uint8_t side[] = {0, 1, 0, 0, 0, 1};
    norni_str phrase[6];
    norni_keywords *k;
    norn_err err;
    (void)state;
    for (size_t i = 0; i < 6; i++)
        phrase[i] = norni_str_of(words[i]);
    assert_int_equal(norni_keywords_make(&plain, phrase, side, 6, &k, &err), NORN_OK);
    assert_string_equal(found_in(k, "To The MOON!"), "+to the moon");
    assert_string_equal(found_in(k, "to the sun, moon"), "-to the -moon");
    assert_string_equal(found_in(k, "to-the-moon"), "+to the moon");
    assert_string_equal(found_in(k, "\xCE\xA3\xCE\x9F\xCE\xA6\xCE\x8C\xCE\xA3"),
                        "+\xCF\x83\xCE\xBF\xCF\x86\xCF\x8C\xCF\x82");   /* the final sigma */
    assert_string_equal(found_in(k, "not bad moon"), "+not bad -moon"); /* in a hit it is no cue */
    assert_string_equal(found_in(k, "up 10% today"), "+10%");
    norni_keywords_free(k);
    assert_int_equal(norni_keywords_make(&plain, NULL, NULL, 0, &k, &err), NORN_OK);
    assert_string_equal(found_in(k, "not bullish"), "");
    norni_keywords_free(k);
    norni_keywords_free(NULL);
}

static void phrases_that_cannot_be_are_refused(void **state) {
    static const char *const bad[] = {"", " buy", "buy ", "stop  loss"};
    const uint8_t sides[] = {0, 1};
    const uint8_t other = 2;
    const norni_str both[] = {{"buy", 3}, {"BUY", 3}};
    norni_keywords *k;
    norn_err err;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const norni_str phrase = norni_str_of(bad[i]);
        assert_int_equal(norni_keywords_make(&plain, &phrase, sides, 1, &k, &err), NORN_E_ARG);
        assert_true(k == NULL && strncmp(err.text, "keywords: ", 10) == 0);
    }
    assert_int_equal(norni_keywords_make(&plain, both, sides, 2, &k, &err), NORN_E_ARG);
    assert_int_equal(norni_keywords_make(&plain, both, &other, 1, &k, &err), NORN_E_ARG);
}

static void density_counts_words(void **state) {
    const norni_str s =
        norni_str_of("Stop loss hit at 19800, #bullish @user :) https://t.co/x $AAPL!");
    norni_arena arena;
    norni_tweet_token *token;
    norni_keyword_hit *hit;
    size_t n_tokens, n;
    (void)state;
    norni_arena_init(&arena, &plain);
    assert_int_equal(norni_tweet_tokens(s, &arena, &token, &n_tokens, NULL), NORN_OK);
    assert_int_equal(norni_keywords_find(lists, s, token, n_tokens, &arena, &hit, &n, NULL),
                     NORN_OK);
    const norni_keyword_density d = norni_keywords_density(token, n_tokens, hit, n);
    assert_int_equal(d.n_hit_words, 3); /* stop loss, bullish */
    assert_int_equal(d.n_words, 7);
    norni_arena_clear(&arena);
}

/* Refuses the call number `left` and all behind it; counts what lives. */
static long left, live;
static void *few(void *user, void *ptr, size_t old, size_t size) {
    const norn_alloc *below = user;
    if (size > 0 && left-- <= 0) return NULL;
    live += (size > 0 && ptr == NULL) - (size == 0 && ptr != NULL);
    return below->resize(below->user, ptr, old, size);
}

static void memory_that_runs_out_is_told(void **state) {
    const norni_str text = norni_str_of("not bullish, \xC3\x89T\xC3\x89 buy sell buy sell");
    const norn_alloc scarce = {few, &plain};
    norni_arena tokens;
    norni_tweet_token *token;
    size_t n_tokens, n_hits;
    (void)state;
    norni_arena_init(&tokens, &plain);
    assert_int_equal(norni_tweet_tokens(text, &tokens, &token, &n_tokens, NULL), NORN_OK);
    for (long n = 0;; n++) {
        norni_keywords *k = NULL;
        norni_keyword_hit *hit;
        norni_arena arena;
        norn_err err;
        left = n;
        live = 0;
        norni_arena_init(&arena, &scarce);
        norn_status st = norni_keywords_finance(&scarce, &k, &err);
        if (st == NORN_OK)
            st = norni_keywords_find(k, text, token, n_tokens, &arena, &hit, &n_hits, &err);
        norni_arena_clear(&arena);
        norni_keywords_free(k);
        assert_int_equal(live, 0);
        if (st == NORN_OK) {
            assert_true(n > 8 && n_hits == 5);
            break;
        }
        assert_int_equal(st, NORN_E_MEM);
    }
    norni_arena_clear(&tokens);
}

static int make_lists(void **state) {
    (void)state;
    plain = norni_alloc_default();
    return norni_keywords_finance(&plain, &lists, NULL) == NORN_OK ? 0 : -1;
}

static int drop_lists(void **state) {
    (void)state;
    norni_keywords_free(lists);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_defect_of_the_reference_is_none_here),
        cmocka_unit_test(phrases_are_found_longest_first),
        cmocka_unit_test(negation_reaches_three_words),
        cmocka_unit_test(own_lists_and_other_scripts),
        cmocka_unit_test(phrases_that_cannot_be_are_refused),
        cmocka_unit_test(density_counts_words),
        cmocka_unit_test(memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, make_lists, drop_lists);
}
