/* Reads the twin's fixture: tweets, what a model says of them, and the signals that the twin found. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "tweets_made_twin.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

char *twin_line(twin *t) {
    char *line = t->at, *end = strchr(line, '\n');
    if (*line == '\0') return NULL;
    if (end != NULL) *end = '\0';
    t->at = end != NULL ? end + 1 : line + strlen(line);
    return line;
}

size_t twin_numbers(const char *line, double *out, size_t most) {
    size_t n = 0;
    while (*line != '\0') {
        char *end;
        const double x = strtod(line, &end);
        if (end == line) fail_msg("no number: %s", line);
        if (n < most) out[n] = x;
        n++;
        line = *end == ' ' ? end + 1 : end;
    }
    return n;
}

bool twin_same(double a, double b) {
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    return fabs(a - b) <= 1e-11 * (fabs(a) + fabs(b)) + 1e-13;
}

/* Cells of a line in place; "-" is NULL. */
static size_t cells(char *line, char **cell, size_t most) {
    size_t n = 0;
    while (line != NULL && n < most) {
        char *tab = n + 1 < most ? strchr(line, '\t') : NULL;
        if (tab != NULL) *tab = '\0';
        cell[n++] = strcmp(line, "-") == 0 ? NULL : line;
        line = tab != NULL ? tab + 1 : NULL;
    }
    return n;
}

static int64_t whole(const char *text, int64_t without) {
    return text != NULL ? strtoll(text, NULL, 10) : without;
}

static void read_tweet(twin *t, char *line) {
    char *c[14];
    assert_int_equal(cells(line, c, 14), 14);
    norni_sentiment *s = &t->say[t->tweets.n];
    for (int k = 0; k < 3; k++)
        s->p[k] = strtod(c[9 + k], NULL);
    s->score = strtod(c[12], NULL);
    made_add(&t->tweets,
             &(made_tweet){c[1], c[2], NULL, c[8], whole(c[3], NORNI_TWEET_NO_TIME),
                           whole(c[4], -1), whole(c[5], -1), whole(c[6], -1), whole(c[7], -1)});
    /* label and text stand in the last cell's tab */
    norni_tweet *to = &t->tweets.tweet[t->tweets.n - 1];
    char *tab = strchr(c[13], '\t');
    assert_non_null(tab);
    s->label = (int32_t)strtol(c[13], NULL, 10);
    if (strcmp(tab + 1, "-") != 0) to->text = to->content = norni_str_of(tab + 1);
}

static void to_signal(const double x[TWIN_NUMBERS], const norni_sentiment *say, norni_signal *s) {
    s->base = *say;
    s->n_bullish = (uint32_t)x[0];
    s->n_bearish = (uint32_t)x[1];
    s->base.score = x[2];
    s->base_confidence = x[3];
    s->keyword_boost = x[4];
    s->combined = x[5];
    s->mood = (norni_mood)x[6];
    s->engagement = (int64_t)x[7];
    s->engagement_rate = x[8];
    s->virality_ratio = x[9];
    s->reply_ratio = x[10];
    s->like_ratio = x[11];
    s->virality_score = x[12];
    s->finance_term_density = x[13];
    s->n_features = (uint32_t)x[14];
    s->content_quality = x[15];
    s->confidence = x[16];
    s->base_signal = x[17];
    s->signal_score = x[18];
    s->lo = x[19];
    s->hi = x[20];
    s->label = (norni_signal_label)x[21];
    s->strength = (norni_signal_strength)x[22];
}

void twin_numbers_of(const norni_signal *s, double out[TWIN_NUMBERS]) {
    const double x[TWIN_NUMBERS] = {s->n_bullish,
                                    s->n_bearish,
                                    s->base.score,
                                    s->base_confidence,
                                    s->keyword_boost,
                                    s->combined,
                                    s->mood,
                                    (double)s->engagement,
                                    s->engagement_rate,
                                    s->virality_ratio,
                                    s->reply_ratio,
                                    s->like_ratio,
                                    s->virality_score,
                                    s->finance_term_density,
                                    s->n_features,
                                    s->content_quality,
                                    s->confidence,
                                    s->base_signal,
                                    s->signal_score,
                                    s->lo,
                                    s->hi,
                                    s->label,
                                    s->strength};
    memcpy(out, x, sizeof x);
}

/* The place of a name among the terms, which ascend; a new one is put there. */
static size_t term_at(norni_str *term, size_t *n, norni_str name) {
    size_t at = 0;
    while (at < *n && norni_str_cmp(term[at], name) < 0)
        at++;
    if (at == *n || norni_str_cmp(term[at], name) != 0) {
        memmove(term + at + 1, term + at, (*n - at) * sizeof *term);
        term[at] = name;
        ++*n;
    }
    return at;
}

/* Lines "terms", once for the names and once for the places. */
static void read_terms(twin *t, char *const *line, size_t n_lines) {
    norni_str *term = norni_arena_get(&t->signals.arena, 20000, sizeof *term);
    assert_non_null(term);
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < n_lines; k++) {
            norni_signal *s = &t->signals.signal[k];
            const char *at = strchr(strchr(line[k], '\t') + 1, '\t');
            for (s->n_terms = 0; at != NULL; s->n_terms++) {
                const char *equals = strchr(at, '=');
                const norni_str name = {at + 1, (size_t)(equals - at - 1)};
                s->term[s->n_terms] = (uint32_t)term_at(term, &t->signals.n_terms, name);
                s->term_score[s->n_terms] = strtod(equals + 1, NULL);
                at = strchr(equals, '\t');
            }
        }
    t->signals.term = term;
}

void twin_open(twin *t) {
    static norn_alloc alloc;
    char *line, *terms[1000];
    size_t k = 0;
    FILE *in = fopen(NORN_FIXTURES "/signals_twin.txt", "rb");
    alloc = norni_alloc_default();
    *t = (twin){.bytes = calloc(1, 1 << 20), .say = calloc(1000, sizeof *t->say)};
    if (in == NULL || t->bytes == NULL || t->say == NULL) fail_msg("no fixture signals_twin.txt");
    assert_in_range(fread(t->bytes, 1, (1 << 20) - 1, in), 1000, (1 << 20) - 2);
    (void)fclose(in);
    t->at = t->bytes;
    made_init(&t->tweets);
    while (strncmp(t->at, "signal ", 7) != 0)
        if ((line = twin_line(t))[0] != '#') read_tweet(t, line);
    t->signals = (norni_signals){.tweets = &t->tweets, .opt = norni_signal_opt_default()};
    norni_arena_init(&t->signals.arena, &alloc);
    t->number = calloc(t->tweets.n, sizeof *t->number);
    t->signals.signal = norni_arena_zero(&t->signals.arena, t->tweets.n, sizeof *t->signals.signal);
    assert_non_null(t->number);
    assert_non_null(t->signals.signal);
    for (; strncmp(t->at, "run ", 4) != 0; k++) {
        double x[1 + TWIN_NUMBERS];
        assert_int_equal(twin_numbers(twin_line(t) + 7, x, 1 + TWIN_NUMBERS), 1 + TWIN_NUMBERS);
        assert_true(x[0] == (double)k);
        memcpy(t->number[k], x + 1, sizeof t->number[k]);
        to_signal(x + 1, &t->say[k], &t->signals.signal[k]);
        terms[k] = twin_line(t);
    }
    assert_int_equal(k, t->tweets.n);
    read_terms(t, terms, k);
}

void twin_close(twin *t) {
    norni_signals_clear(&t->signals);
    norni_tweets_clear(&t->tweets);
    free(t->bytes);
    free(t->say);
    free(t->number);
}
