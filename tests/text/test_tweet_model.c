/* Tests of the default sentiment model and of VADER behind the same table: plain texts, sums, workers, hostile files, memory that runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/rng.h"
#include "text/tweet_model.h"
#include "text/tweet_model_parts.h"

static norni_sentiment_model default_model(void) {
    const norn_alloc alloc = norni_alloc_default();
    norni_sentiment_model m;
    norn_err err;
    assert_int_equal(norni_tweet_model_default(&alloc, &m, &err), NORN_OK);
    assert_string_equal(m.name, "default");
    return m;
}

static norn_ctx *workers(int32_t n) {
    norn_ctx_opt opt = norn_ctx_opt_default();
    norn_ctx *ctx;
    norn_err err;
    opt.n_threads = n;
    assert_int_equal(norn_ctx_new(&opt, &ctx, &err), NORN_OK);
    return ctx;
}

static norni_sentiment one(const norni_sentiment_model *m, const char *text, size_t n) {
    norn_ctx *ctx = workers(1);
    const norni_str s = {text, n};
    norni_sentiment out;
    norn_err err;
    assert_int_equal(m->score(ctx, NULL, m->self, &s, 1, &out, &err), NORN_OK);
    norn_ctx_free(ctx);
    return out;
}

static void is_sound(const norni_sentiment *s) {
    double sum = 0;
    for (size_t c = 0; c < NORNI_N_SENTIMENTS; c++) {
        assert_true(s->p[c] >= 0 && s->p[c] <= 1);
        sum += s->p[c];
    }
    assert_true(sum > 1 - 1e-12 && sum < 1 + 1e-12);
    assert_true(s->score >= -1 && s->score <= 1);
    assert_in_range(s->label, NORNI_NEGATIVE, NORNI_POSITIVE);
}

static const struct {
    const char *text;
    int32_t label;
} plain[] = {
    {"What a wonderful day, I love it so much! \xF0\x9F\x98\x8D", NORNI_POSITIVE},
    {"Congratulations, great result and a happy team :)", NORNI_POSITIVE},
    {"This is the best phone I have ever had, thank you", NORNI_POSITIVE},
    {"I hate this, worst service ever, never again", NORNI_NEGATIVE},
    {"So sad and angry about the terrible news tonight :(", NORNI_NEGATIVE},
    {"Awful. The app is broken, useless and they don't care", NORNI_NEGATIVE},
    {"The meeting starts on Tuesday at 10:30 in room 4", NORNI_NEUTRAL},
    {"Report on the third quarter is published on Monday http", NORNI_NEUTRAL},
};

static void plain_texts(void **state) {
    norni_sentiment_model m = default_model();
    (void)state;
    for (size_t k = 0; k < sizeof plain / sizeof plain[0]; k++) {
        const norni_sentiment s = one(&m, plain[k].text, strlen(plain[k].text));
        is_sound(&s);
        if (s.label != plain[k].label)
            fail_msg("\"%s\" is %s", plain[k].text, norni_sentiment_name(s.label));
        assert_true(s.score == s.p[NORNI_POSITIVE] - s.p[NORNI_NEGATIVE]);
    }
    /* Negation turns it, and a text of no character says nothing. */
    assert_true(one(&m, "I am not happy", 14).score < one(&m, "I am happy", 10).score);
    for (size_t k = 0; k < 2; k++) {
        const norni_sentiment s = k == 0 ? one(&m, "", 0) : one(&m, " \n\t ", 4);
        assert_true(s.label == NORNI_NEUTRAL && s.score == 0);
        for (size_t c = 0; c < NORNI_N_SENTIMENTS; c++)
            assert_true(s.p[c] == 1.0 / 3);
    }
    norni_sentiment_free(&m);
    assert_null(m.self);
}

static void vader_behind_the_same_table(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    norni_sentiment_model m;
    norn_err err;
    (void)state;
    assert_int_equal(norni_vader_model(&alloc, norni_str_of("stonks\t3\n"), &m, &err), NORN_OK);
    assert_string_equal(m.name, "vader");
    norni_sentiment s = one(&m, "stonks", 6);
    is_sound(&s);
    assert_true(s.label == NORNI_POSITIVE && s.score > 0.5 && s.p[NORNI_POSITIVE] > 0.5);
    s = one(&m, "a bad day", 9);
    is_sound(&s);
    assert_true(s.label == NORNI_NEGATIVE && s.score < -0.5 && s.p[NORNI_NEGATIVE] > 0.5);
    s = one(&m, "a day", 5);
    is_sound(&s);
    assert_true(s.label == NORNI_NEUTRAL && s.score == 0 &&
                s.p[NORNI_NEGATIVE] == s.p[NORNI_POSITIVE]);
    assert_true(one(&m, "", 0).p[0] == 1.0 / 3);
    norni_sentiment_free(&m);
    assert_int_equal(norni_vader_model(&alloc, norni_str_of("stonks 3\n"), &m, &err),
                     NORN_E_FORMAT);
    assert_null(m.self);
}

/* 500 texts of unequal length out of made-up words. */
enum { N_TEXTS = 500 };
static norni_str *made_texts(char **bytes) {
    static const char *const word[] = {
        "great", "bad",    "#nifty50", "$AAPL",       "not",  "up!!!", "DOWN",
        "the",   "market", "soooo",    "@user",       "http", ":)",    "\xF0\x9F\x9A\x80",
        "don't", "12%",    "\xFF",     "\xE0\xA4\xA8"};
    norni_str *texts = calloc(N_TEXTS, sizeof *texts);
    char *at = *bytes = malloc((size_t)N_TEXTS * 4000);
    assert_non_null(texts);
    assert_non_null(at);
    for (uint64_t i = 0; i < N_TEXTS; i++) {
        const norni_rng rng = {3, i};
        const uint64_t n = norni_rng_u64(rng, 0) % (i % 50 == 0 ? 400 : 25);
        texts[i].p = at;
        for (uint64_t k = 0; k < n; k++) {
            const char *w = word[norni_rng_u64(rng, k + 1) % (sizeof word / sizeof word[0])];
            memcpy(at, w, strlen(w));
            at += strlen(w);
            *at++ = ' ';
        }
        texts[i].n = (size_t)(at - texts[i].p);
    }
    return texts;
}

/* The same bits at any worker count, and of each text alone. */
static void any_number_of_workers(void **state) {
    static const int32_t count[] = {1, 2, 3, 7, 64};
    const norn_alloc alloc = norni_alloc_default();
    norni_sentiment_model m[2];
    norni_sentiment out[N_TEXTS], first[N_TEXTS];
    norn_err err;
    char *bytes;
    norni_str *texts = made_texts(&bytes);
    (void)state;
    m[0] = default_model();
    assert_int_equal(norni_vader_model(&alloc, (norni_str){"", 0}, &m[1], &err), NORN_OK);
    for (size_t k = 0; k < 2; k++) {
        for (size_t w = 0; w < sizeof count / sizeof count[0]; w++) {
            norn_ctx *ctx = workers(count[w]);
            memset(out, 0, sizeof out);
            assert_int_equal(m[k].score(ctx, NULL, m[k].self, texts, N_TEXTS, out, &err), NORN_OK);
            if (w == 0) memcpy(first, out, sizeof out);
            for (size_t i = 0; i < N_TEXTS; i++) {
                is_sound(&out[i]);
                assert_memory_equal(out[i].p, first[i].p, sizeof out[i].p);
                assert_true(out[i].label == first[i].label && out[i].score == first[i].score);
            }
            norn_ctx_free(ctx);
        }
        for (size_t i = 0; i < N_TEXTS; i += 17) {
            const norni_sentiment s = one(&m[k], texts[i].p, texts[i].n);
            assert_memory_equal(s.p, first[i].p, sizeof s.p);
        }
        norni_sentiment_free(&m[k]);
    }
    free(texts);
    free(bytes);
}

/* A long text is read up to its bound: what stands behind changes nothing. */
static void long_texts(void **state) {
    norni_sentiment_model m = default_model();
    const size_t n = 3 * TWEET_TEXT_BYTES;
    char *text = malloc(n);
    (void)state;
    assert_non_null(text);
    for (size_t k = 0; k < n; k += 8)
        memcpy(text + k, k < TWEET_TEXT_BYTES ? "so good " : "so awful", 8);
    const norni_sentiment all = one(&m, text, n), start = one(&m, text, TWEET_TEXT_BYTES);
    assert_memory_equal(all.p, start.p, sizeof all.p);
    memset(text, '\xF0', n);
    const norni_sentiment bad = one(&m, text, n);
    is_sound(&bad);
    norni_sentiment_free(&m);
    free(text);
}

/* A small model: one feature of a text gets all the weight. */
static norni_buf small_file(const norn_alloc *alloc, norni_tweet_weights *w) {
    static uint32_t hash[] = {5, 70000, 4000000000U};
    static int8_t weight[] = {1, -2, 3, 127, -128, 0, 0, 0, 5};
    norni_buf b;
    norn_err err;
    *w = (norni_tweet_weights){.n_features = 3,
                               .hash = hash,
                               .weight = weight,
                               .scale = {0.5, 0.25},
                               .bias = {0.1, 0.2, 0.3},
                               .slope = 1.5,
                               .shift = {0.5, 0, -0.5},
                               .prior = {0.2, 0.5, 0.3}};
    for (size_t k = 0; k < TWEET_N_DENSE; k++)
        w->dense[k][k % 3] = (double)k / 8;
    norni_buf_init(&b, alloc);
    assert_int_equal(norni_tweet_weights_write(w, norni_str_of("made up"), &b, &err), NORN_OK);
    return b;
}

static void files_come_back(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    norni_tweet_weights w, r;
    norni_arena arena;
    norn_err err;
    norni_buf b = small_file(&alloc, &w);
    (void)state;
    norni_arena_init(&arena, &alloc);
    assert_int_equal(norni_tweet_weights_read((norni_str){b.p, b.n}, &arena, &r, &err), NORN_OK);
    assert_int_equal(r.n_features, 3);
    assert_memory_equal(r.hash, w.hash, 3 * sizeof *r.hash);
    assert_memory_equal(r.weight, w.weight, 9);
    assert_memory_equal(r.dense, w.dense, sizeof r.dense);
    assert_true(r.slope == 1.5 && r.shift[2] == -0.5 && r.prior[1] == 0.5 && r.scale[1] == 0.25 &&
                r.bias[0] == 0.1);
    norni_arena_clear(&arena);
    norni_buf_clear(&b);
}

/* Every byte changed and every length cut is noticed; so is a bad number under a right checksum. */
static void hostile_files(void **state) {
    const norn_alloc alloc = norni_alloc_default();
    norni_tweet_weights w;
    norni_sentiment_model m;
    norn_err err;
    norni_buf b = small_file(&alloc, &w);
    (void)state;
    for (size_t k = 0; k < b.n; k++) {
        assert_int_equal(norni_tweet_model_read(&alloc, (norni_str){b.p, k}, "cut", &m, &err),
                         NORN_E_FORMAT);
        b.p[k] = (char)(b.p[k] ^ 0x11);
        assert_int_equal(norni_tweet_model_read(&alloc, (norni_str){b.p, b.n}, "bad", &m, &err),
                         NORN_E_FORMAT);
        assert_null(m.self);
        /* the checksum set right again: whatever is read must be whole */
        const uint64_t sum = norni_hash64(b.p, b.n - 8);
        char kept[8];
        memcpy(kept, b.p + b.n - 8, 8);
        for (size_t i = 0; i < 8; i++)
            b.p[b.n - 8 + i] = (char)(sum >> (8 * i));
        const norn_status st =
            norni_tweet_model_read(&alloc, (norni_str){b.p, b.n}, "odd", &m, &err);
        assert_true(st == NORN_OK || st == NORN_E_FORMAT);
        if (st == NORN_OK) {
            const norni_sentiment s = one(&m, "a good text", 11);
            is_sound(&s);
            norni_sentiment_free(&m);
        }
        memcpy(b.p + b.n - 8, kept, 8);
        b.p[k] = (char)(b.p[k] ^ 0x11);
    }
    assert_int_equal(norni_tweet_model_read(&alloc, (norni_str){b.p, b.n}, "good", &m, &err),
                     NORN_OK);
    assert_string_equal(m.name, "good");
    norni_sentiment_free(&m);
    norni_buf_clear(&b);
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
    size_t n_failed = 0;
    norn_err err;
    (void)state;
    for (int which = 0; which < 2; which++)
        for (size_t n = 0;; n++) {
            norni_sentiment_model m;
            left = n;
            const norn_status st =
                which == 0 ? norni_tweet_model_default(&alloc, &m, &err)
                           : norni_vader_model(&alloc, norni_str_of("a\t1\n"), &m, &err);
            left = SIZE_MAX;
            norni_sentiment_free(&m);
            if (st == NORN_OK) break;
            assert_int_equal(st, NORN_E_MEM);
            n_failed++;
        }
    assert_true(n_failed > 10);
    n_failed = 0;
    const norni_sentiment_model m = default_model();
    for (size_t n = 0;; n++) { /* scoring: the features of one text */
        norni_arena scratch;
        norni_tweet_features f;
        norni_tweet_negations negations;
        norni_vader *v;
        left = SIZE_MAX;
        assert_int_equal(norni_vader_make(&alloc, (norni_str){"", 0}, &v, &err), NORN_OK);
        norni_tweet_negations_init(&negations);
        norni_arena_init(&scratch, &alloc);
        left = n;
        const norn_status st = norni_tweet_features_of(
            v, &negations, norni_str_of("not a GOOD day \xF0\x9F\x98\x82!"), &scratch, &f, &err);
        left = SIZE_MAX;
        norni_arena_clear(&scratch);
        norni_vader_free(v);
        if (st == NORN_OK) break;
        assert_int_equal(st, NORN_E_MEM);
        n_failed++;
    }
    assert_true(n_failed > 0);
    norni_sentiment_model freed = m;
    norni_sentiment_free(&freed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_texts),
        cmocka_unit_test(vader_behind_the_same_table),
        cmocka_unit_test(any_number_of_workers),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(files_come_back),
        cmocka_unit_test(hostile_files),
        cmocka_unit_test(memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
