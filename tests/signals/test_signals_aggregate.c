/* Tests of the aggregation: against the plain twin, at any worker count and order, hours that know no later tweet, wide spans, memory that runs out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tweets_made_twin.h"

#define HOUR INT64_C(3600000000)

static void aggregate(norn_ctx *ctx, const norni_signals *s, const norni_aggregate_opt *o,
                      norni_aggregates *a) {
    norn_err err = {0};
    if (norni_signals_aggregate(ctx, s, o, a, &err) != NORN_OK) fail_msg("%s", err.text);
}

/* The options of a line "run". */
static norni_aggregate_opt options_of(const char *line) {
    norni_aggregate_opt o = norni_aggregate_opt_default();
    double x[11];
    long long as_of;
    assert_int_equal(twin_numbers(line + 4, x, 11), 11);
    assert_int_equal(sscanf(line, "run %*s %*s %*s %*s %*s %*s %*s %lld", &as_of), 1);
    o.min_effective = 0;
    o.min_tweets = (size_t)x[1];
    o.min_confidence = x[2];
    o.level = x[3];
    o.replicates = (int32_t)x[4];
    o.seed = (uint64_t)x[5];
    o.half_life_hours = x[6];
    o.as_of = as_of;
    o.engagement_weight = x[8] != 0;
    o.author_cap = x[9];
    o.bucket_offset = (int64_t)x[10];
    return o;
}

static void same_numbers(const char *line, const double *got, size_t n) {
    double x[64];
    const char *at = strchr(line, ' ');
    if (strncmp(line, "group ", 6) == 0 || strncmp(line, "row ", 4) == 0) at = strchr(at + 1, ' ');
    assert_int_equal(twin_numbers(at + 1, x, 64), n);
    for (size_t k = 0; k < n; k++)
        if (!twin_same(x[k], got[k])) fail_msg("%zu: %.17g, not %.17g: %s", k, got[k], x[k], line);
}

static void same_group(const char *line, const norni_signal_group *g) {
    const norni_estimate *e = &g->signal;
    const double x[] = {(double)g->n,
                        (double)g->n_valid,
                        (double)g->earliest,
                        (double)g->latest,
                        e->mean,
                        e->n_eff,
                        (double)e->n_authors,
                        e->lo,
                        e->hi,
                        e->se,
                        e->sandwich_se,
                        g->confidence,
                        g->label,
                        g->consensus,
                        g->bullish_share,
                        g->bearish_share,
                        g->avg_sentiment,
                        (double)g->mood[0],
                        (double)g->mood[1],
                        (double)g->mood[2],
                        (double)g->labels[0],
                        (double)g->labels[1],
                        (double)g->labels[2],
                        (double)g->labels[3],
                        (double)g->labels[4],
                        (double)g->labels[5],
                        g->avg_virality,
                        (double)g->likes,
                        (double)g->retweets,
                        (double)g->replies,
                        (double)g->n_high_engagement,
                        g->quality,
                        g->base_confidence,
                        g->virality,
                        g->bullishness,
                        g->agreement,
                        g->rank_score};
    same_numbers(line, x, sizeof x / sizeof x[0]);
    assert_int_equal(e->excludes_zero, e->lo > 0 || e->hi < 0);
}

static void same_trend(const char *line, const norni_signals *s, const norni_signal_group *g) {
    const char *at = strchr(strchr(line, '\t') + 1, '\t');
    if (line[6] == '\t') at = line + 6; /* the market has no name */
    for (uint32_t k = 0; k < g->n_terms; k++) {
        const norni_str name = s->term[g->term[k].term];
        assert_non_null(at);
        if (strncmp(at + 1, name.p, name.n) != 0 || at[1 + name.n] != '=' ||
            !twin_same(strtod(at + 2 + name.n, NULL), g->term[k].score))
            fail_msg("%.*s is not: %s", (int)name.n, name.p, at);
        at = strchr(at + 1, '\t');
    }
    assert_null(at);
}

static void same_hour(const char *line, const norni_signal_bucket *hour, size_t n) {
    const char *at = strchr(line, ' ');
    if (line[0] == 'r') at = strchr(at + 1, ' ');
    const long long begin = strtoll(at, NULL, 10);
    size_t k = 0;
    while (k < n && hour[k].begin != begin)
        k++;
    assert_true(k < n);
    const norni_signal_bucket *h = &hour[k];
    const double x[] = {
        (double)h->begin, (double)h->n,   (double)h->n_valid, h->n_eff,   h->signal, h->lo, h->hi,
        h->confidence,    h->bullishness, h->agreement,       h->volume_z};
    same_numbers(line, x, sizeof x / sizeof x[0]);
    assert_true(h->end == h->begin + HOUR);
}

static size_t group_named(const norni_aggregates *a, const char *line) {
    const char *name = strpbrk(line, " \t") + 1;
    const size_t n = strcspn(name, " \t");
    for (size_t g = 0; g < a->n_groups; g++)
        if (a->group[g].tag.n == n && memcmp(a->group[g].tag.p, name, n) == 0) return g;
    fail_msg("no group: %s", line);
    return 0;
}

static void same_market(const char *line, const norni_market_signal *m) {
    const double x[] = {m->label,
                        m->signal_score,
                        m->confidence,
                        m->lo,
                        m->hi,
                        m->consensus,
                        m->signal_std,
                        (double)m->low_confidence,
                        (double)m->ignored,
                        m->volatility_level,
                        m->confidence_level};
    same_numbers(line, x, sizeof x / sizeof x[0]);
    assert_int_equal(m->excludes_zero, m->lo > 0 || m->hi < 0);
    assert_string_equal(m->weighting, m->all.n == 160 && m->signal_std > 0.1 ? "tweet_weighted"
                                                                             : "volume_weighted");
}

static void check_line(const char *line, const norni_signals *s, const norni_aggregates *a,
                       size_t *n_rows) {
    if (strncmp(line, "group ", 6) == 0) {
        same_group(line, &a->group[group_named(a, line)]);
    } else if (strncmp(line, "trend\t", 6) == 0) {
        same_trend(line, s, line[6] == '\t' ? &a->market.all : &a->group[group_named(a, line)]);
    } else if (strncmp(line, "all ", 4) == 0) {
        same_group(line, &a->market.all);
    } else if (strncmp(line, "market ", 7) == 0) {
        same_market(line, &a->market);
    } else if (strncmp(line, "hour ", 5) == 0) {
        same_hour(line, a->hour, a->n_hours);
        ++*n_rows;
    } else {
        assert_int_equal(strncmp(line, "row ", 4), 0);
        const norni_signal_row *row = &a->row[group_named(a, line)];
        same_hour(line, row->bucket, row->n);
    }
}

static void equals_the_twin(void **state) {
    norn_ctx *ctx = made_ctx(2, NULL);
    norni_aggregates a = {0};
    twin t;
    char *line;
    size_t n_runs = 0, n_rows = 0, n_filled = 0, n_lines = 0;
    (void)state;
    twin_open(&t);
    while ((line = twin_line(&t)) != NULL) {
        n_lines++;
        if (strncmp(line, "run ", 4) != 0) {
            check_line(line, &t.signals, &a, &n_rows);
            continue;
        }
        assert_int_equal(n_rows, n_filled);
        const norni_aggregate_opt o = options_of(line);
        norni_aggregates_clear(&a);
        aggregate(ctx, &t.signals, &o, &a);
        n_runs++;
        for (size_t k = 0; k < a.n_hours; k++)
            n_filled += a.hour[k].n > 0;
        for (size_t g = 1; g < a.n_groups; g++)
            assert_true(a.group[g - 1].rank_score >= a.group[g].rank_score);
    }
    assert_int_equal(n_rows, n_filled);
    assert_int_equal(n_runs, 4);
    assert_true(n_lines > 400);
    norni_aggregates_clear(&a);
    twin_close(&t);
    norn_ctx_free(ctx);
}

static norni_hash128 digest_of(int32_t threads, const norni_signals *s,
                               const norni_aggregate_opt *o) {
    norn_ctx *ctx = made_ctx(threads, NULL);
    norni_aggregates a;
    aggregate(ctx, s, o, &a);
    const norni_hash128 d = a.digest;
    assert_true(a.n_groups > 20 && a.n_hours > 100 && a.n_small > 20);
    norni_aggregates_clear(&a);
    norn_ctx_free(ctx);
    return d;
}

static bool same_digest(norni_hash128 a, norni_hash128 b) {
    return a.hi == b.hi && a.lo == b.lo;
}

static void same_bits_at_any_worker_count_and_order(void **state) {
    static const int32_t workers[] = {2, 3, 7, 64};
    norni_tweets t, mixed;
    norni_signals s, other;
    norni_aggregate_opt o = norni_aggregate_opt_default();
    (void)state;
    made_init(&t);
    made_many(&t, 6000, 3, 500, 600, 300 * HOUR);
    made_signals(&t, 9, &s);
    o.half_life_hours = 30;
    o.engagement_weight = true;
    o.author_cap = 0.1;
    const norni_hash128 first = digest_of(1, &s, &o);
    for (size_t k = 0; k < sizeof workers / sizeof workers[0]; k++)
        assert_true(same_digest(first, digest_of(workers[k], &s, &o)));
    /* the same lines in another order */
    size_t *from = calloc(t.n, sizeof *from);
    assert_non_null(from);
    made_shuffled(&t, 77, &mixed, from);
    made_signals(&mixed, 9, &other);
    for (size_t i = 0; i < t.n; i++)
        other.signal[i] = s.signal[from[i]];
    assert_true(same_digest(first, digest_of(3, &other, &o)));
    /* one ulp in one number of one tweet, or another seed, is another digest */
    s.signal[100].engagement_rate = nextafter(s.signal[100].engagement_rate, 2);
    assert_false(same_digest(first, digest_of(3, &s, &o)));
    o.seed = 1;
    assert_false(same_digest(first, digest_of(3, &other, &o)));
    free(from);
    norni_signals_clear(&s);
    norni_signals_clear(&other);
    norni_tweets_clear(&mixed);
    norni_tweets_clear(&t);
}

static bool same_bits(const norni_signal_bucket *a, const norni_signal_bucket *b) {
    const double x[] = {a->n_eff,      a->signal,      a->lo,        a->hi,
                        a->confidence, a->bullishness, a->agreement, a->volume_z},
                 y[] = {b->n_eff,      b->signal,      b->lo,        b->hi,
                        b->confidence, b->bullishness, b->agreement, b->volume_z};
    return a->begin == b->begin && a->end == b->end && a->n == b->n && a->n_valid == b->n_valid &&
           memcmp(x, y, sizeof x) == 0;
}

/* How many buckets of a row stand beside the first n_hours of the market; they are the same in the other row. */
static size_t same_row(const norni_signal_row *past, const norni_signal_row *whole,
                       size_t n_hours) {
    size_t n = 0;
    for (size_t h = 0; h < n_hours; h++) {
        const norni_signal_bucket *a = norni_signal_row_at(past, h),
                                  *b = norni_signal_row_at(whole, h);
        assert_true((a == NULL) == (b == NULL));
        if (a == NULL) continue;
        assert_true(same_bits(a, b));
        n++;
    }
    assert_int_equal(n, past->n);
    return n;
}

/* Cuts off what comes later than `now`; and turns it into something else. */
static void hours_know_no_later_tweet(void **state) {
    const int64_t now = INT64_C(1700000000000000) / HOUR * HOUR + 60 * HOUR;
    norn_ctx *ctx = made_ctx(2, NULL);
    norni_aggregate_opt o = norni_aggregate_opt_default(), until;
    norni_tweets t;
    norni_signals s;
    norni_aggregates whole, past, changed;
    size_t n_seen = 0, n_rows = 0;
    (void)state;
    made_init(&t);
    made_many(&t, 4000, 5, 300, 40, 120 * HOUR);
    made_signals(&t, 2, &s);
    o.half_life_hours = 3;
    o.engagement_weight = true;
    o.author_cap = 0.2;
    until = o;
    until.as_of = now - 1;
    aggregate(ctx, &s, &o, &whole);
    aggregate(ctx, &s, &until, &past);
    for (size_t i = 0; i < t.n; i++)
        if (t.tweet[i].time >= now && t.tweet[i].time != NORNI_TWEET_NO_TIME) {
            t.tweet[i].likes = 1000000000;
            s.signal[i].signal_score = -1;
            s.signal[i].confidence = 1;
        }
    aggregate(ctx, &s, &o, &changed);
    assert_true(past.n_hours < whole.n_hours && whole.n_hours == changed.n_hours);
    for (size_t k = 0; k < past.n_hours; k++) {
        assert_true(same_bits(&past.hour[k], &whole.hour[k]));
        assert_true(same_bits(&changed.hour[k], &whole.hour[k]));
        assert_true(past.hour[k].end <= now);
        n_seen += past.hour[k].n_valid > 0 && !isnan(past.hour[k].lo);
    }
    assert_true(n_seen > 40);
    assert_false(same_bits(&changed.hour[past.n_hours], &whole.hour[past.n_hours]));
    for (size_t g = 0; g < past.n_groups; g++)
        for (size_t j = 0; j < whole.n_groups; j++)
            if (norni_str_cmp(past.group[g].tag, whole.group[j].tag) == 0)
                n_rows += same_row(&past.row[g], &whole.row[j], past.n_hours);
    assert_true(n_rows > 200);
    norni_aggregates_clear(&whole);
    norni_aggregates_clear(&past);
    norni_aggregates_clear(&changed);
    norni_signals_clear(&s);
    norni_tweets_clear(&t);
    norn_ctx_free(ctx);
}

/* Tweets of 1970 and of 9999: only hours with tweets are listed, and the volume's z knows of the gaps. */
static void a_wide_span_takes_no_memory(void **state) {
    norn_ctx *ctx = made_ctx(1, NULL);
    norni_aggregate_opt o = norni_aggregate_opt_default();
    norni_tweets t;
    norni_signals s;
    norni_aggregates a;
    (void)state;
    o.min_tweets = 1;
    made_init(&t);
    for (int64_t k = 0; k < 6; k++) {
        static const int64_t hour[] = {0, 0, 3, 70000000, 70000002, 70000002};
        made_add(&t, &(made_tweet){.id = (const char *[]){"a", "b", "c", "d", "e", "f"}[k],
                                   .text = "x",
                                   .tags = k < 5 ? "one,two,one" : "one",
                                   .time = hour[k] * HOUR + 5});
    }
    made_signals(&t, 2, &s);
    aggregate(ctx, &s, &o, &a);
    assert_true(a.hours_sparse);
    assert_int_equal(a.n_hours, 4);
    assert_int_equal(a.hour[0].n, 2);
    assert_int_equal(a.hour[3].n, 2);
    assert_true(a.hour[1].begin == 3 * HOUR && a.hour[3].begin == 70000002 * HOUR);
    /* hours 0, 1, 2 had 2, 0, 0 tweets */
    const double l = log(3), m = l / 3, sd = sqrt(((l - m) * (l - m) + 2 * m * m) / 2);
    assert_true(twin_same(a.hour[1].volume_z, (log(2) - m) / sd));
    assert_true(isnan(a.hour[2].volume_z)); /* 24 empty hours before it */
    assert_true(isnan(a.hour[0].volume_z));
    assert_true(!isnan(a.hour[3].volume_z));
    assert_int_equal(a.n_groups, 2);
    assert_int_equal(a.group[0].n + a.group[1].n,
                     6 + 5); /* a tag that a tweet has twice counts once */
    norni_aggregates_clear(&a);
    for (size_t i = 0; i < t.n; i++)
        t.tweet[i].time = NORNI_TWEET_NO_TIME;
    aggregate(ctx, &s, &o, &a);
    assert_int_equal(a.n_hours, 0);
    assert_true(a.market.all.latest == NORNI_TWEET_NO_TIME && a.market.all.n == 6);
    norni_aggregates_clear(&a);
    t.n = 0;
    aggregate(ctx, &s, &o, &a);
    assert_int_equal(a.market.all.n, 0);
    assert_true(a.market.signal_score == 0 && a.market.consensus == NORNI_CONSENSUS_NONE);
    norni_aggregates_clear(&a);
    norni_signals_clear(&s);
    norni_tweets_clear(&t);
    norn_ctx_free(ctx);
}

/* Rows of hours are held for the tags of most tweets. */
static void rows_are_bounded(void **state) {
    norn_ctx *ctx = made_ctx(2, NULL);
    norni_aggregate_opt o = norni_aggregate_opt_default();
    norni_tweets t;
    norni_signals s;
    norni_aggregates a;
    uint64_t fewest_held = UINT64_MAX, most_left = 0;
    size_t n_held = 0;
    (void)state;
    made_init(&t);
    made_many(&t, 3000, 5, 300, 60, 50000 * HOUR);
    made_signals(&t, 2, &s);
    o.replicates = 0;
    aggregate(ctx, &s, &o, &a);
    assert_true(a.n_hours > 40000 && !a.hours_sparse && a.n_groups > 25);
    for (size_t g = 0; g < a.n_groups; g++) {
        const uint64_t n = a.group[g].n;
        n_held += a.row[g].held;
        if (a.row[g].held && n < fewest_held) fewest_held = n;
        if (!a.row[g].held && n > most_left) most_left = n;
        assert_true(isnan(a.group[g].signal.lo) && !isnan(a.group[g].signal.sandwich_se));
    }
    assert_int_equal(n_held, NORNI_HOURS_MOST / a.n_hours);
    assert_true(most_left <= fewest_held && most_left > 0);
    norni_aggregates_clear(&a);
    norni_signals_clear(&s);
    norni_tweets_clear(&t);
    norn_ctx_free(ctx);
}

static void bad_options_are_refused(void **state) {
    norn_ctx *ctx = made_ctx(1, NULL);
    norni_tweets t;
    norni_signals s;
    (void)state;
    made_init(&t);
    made_signals(&t, 1, &s);
    for (int k = 0; k < 14; k++) {
        norni_aggregate_opt o = norni_aggregate_opt_default();
        norni_aggregates a;
        norn_err err = {0};
        if (k == 0) o.min_confidence = 1.5;
        if (k == 1) o.level = 1;
        if (k == 2) o.level = NAN;
        if (k == 3) o.replicates = -1;
        if (k == 4) o.replicates = 10001;
        if (k == 5) o.half_life_hours = -1;
        if (k == 6) o.half_life_hours = INFINITY;
        if (k == 7) o.author_cap = 0;
        if (k == 8) o.bucket = 0;
        if (k == 9) o.bucket_offset = INT64_MAX;
        if (k == 11) o.replicates = 1;
        if (k == 12) o.replicates = 19;
        if (k == 13) o.min_effective = NAN;
        const norn_status st = norni_signals_aggregate(ctx, &s, &o, &a, &err);
        assert_int_equal(st, k == 10 ? NORN_OK : NORN_E_ARG);
        if (k != 10) assert_non_null(strstr(err.text, "signals: "));
        norni_aggregates_clear(&a);
    }
    norn_ctx_cancel(ctx);
    norni_aggregates a;
    assert_int_equal(norni_signals_aggregate(ctx, &s, NULL, &a, NULL), NORN_E_CANCEL);
    norni_aggregates_clear(&a);
    norni_signals_clear(&s);
    norni_tweets_clear(&t);
    norn_ctx_free(ctx);
}

static void memory_that_runs_out_is_told(void **state) {
    made_memory m = {0};
    const norn_alloc alloc = made_alloc(&m);
    norni_aggregate_opt o = norni_aggregate_opt_default();
    norni_tweets t;
    norni_signals s;
    long k = 0;
    (void)state;
    made_init(&t);
    made_many(&t, 700, 5, 60, 10, 50 * HOUR);
    made_signals(&t, 2, &s);
    o.engagement_weight = true;
    o.author_cap = 0.1;
    for (norn_status st = NORN_E_MEM; st != NORN_OK; k++) {
        norni_aggregates a;
        norn_err err = {0};
        m.fail_at = 0;
        norn_ctx *ctx = made_ctx(1, &alloc);
        m.fail_at = atomic_load(&m.calls) + 1 + k;
        st = norni_signals_aggregate(ctx, &s, &o, &a, &err);
        if (st != NORN_OK) assert_int_equal(st, NORN_E_MEM);
        norni_aggregates_clear(&a);
        m.fail_at = 0;
        if (st != NORN_OK) assert_true(err.text[0] != '\0');
        norn_ctx_free(ctx);
        assert_int_equal(atomic_load(&m.live), 0);
    }
    assert_true(k > 10);
    print_message("# %ld allocations\n", k);
    norni_signals_clear(&s);
    norni_tweets_clear(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_the_twin),
        cmocka_unit_test(same_bits_at_any_worker_count_and_order),
        cmocka_unit_test(hours_know_no_later_tweet),
        cmocka_unit_test(a_wide_span_takes_no_memory),
        cmocka_unit_test(rows_are_bounded),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(memory_that_runs_out_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
