/* The workload `signals` of `norn bench`: tweets in memory from the bytes of a CSV to the report and the table of tweets. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The tweets are made by Philox from the seed, so that everybody measures the same work: words of markets and of every day, tags,
 * links, emoji, authors of whom few write most, counts with long tails. */
#include "app/bench_parts.h"
#include "app/registry.h"
#include "app/signals_outputs.h"
#include "base/rng.h"
#include "data/calendar.h"

enum {
    TWEETS = 30000,
    QUICK_TWEETS = 2000,
    LEAST_WORDS = 6,
    MOST_WORDS = 22,
    TAGS = 40,
    AUTHORS = 900
};

typedef struct signals_data {
    size_t n;
    norni_buf table; /* CSV */
} signals_data;

static const char *const word[] = {
    "market",   "rally",    "nifty",  "buy",      "sell",    "strong",     "weak",     "breakout",
    "target",   "loss",     "profit", "bullish",  "bearish", "not",        "good",     "bad",
    "today",    "stock",    "chart",  "support",  "level",   "resistance", "again",    "shared",
    "the",      "and",      "of",     "is",       "to",      "in",         "with",     "for",
    "earnings", "beat",     "miss",   "guidance", "crash",   "surge",      "momentum", "exit",
    "long",     "short",    "calls",  "puts",     "green",   "red",        "happy",    "terrible",
    "love",     "hate",     "great",  "awful",    "Don't",   "never",      "maybe",    "please",
    "follow",   "telegram", "free",   "analysis", "RSI",     "volume",     "price",    "index"};
enum { N_WORDS = sizeof word / sizeof word[0] };
static const char *const spice[] = {"!",
                                    "!!!",
                                    " :)",
                                    " \xF0\x9F\x9A\x80",
                                    " \xF0\x9F\x98\xA1",
                                    " https://t.co/a1b2c3",
                                    " @trader",
                                    "...",
                                    "?",
                                    ""};
enum { N_SPICE = sizeof spice / sizeof spice[0] };

/* Small numbers often, large ones seldom. */
static size_t skewed(norni_rng rng, uint64_t at, size_t n) {
    const double u = norni_rng_uniform(rng, at);
    return (size_t)(u * u * u * (double)n);
}

static void add_text(norni_buf *b, norni_rng rng, uint64_t *at) {
    const size_t n = LEAST_WORDS + (size_t)(norni_rng_u64(rng, ++*at) % (MOST_WORDS - LEAST_WORDS));
    norni_buf_text(b, "\"");
    for (size_t k = 0; k < n; k++) {
        if (k > 0) norni_buf_text(b, " ");
        norni_buf_text(b, word[norni_rng_u64(rng, ++*at) % N_WORDS]);
    }
    norni_buf_text(b, spice[norni_rng_u64(rng, ++*at) % N_SPICE]);
    norni_buf_text(b, "\"");
}

static void add_tweet(norni_buf *b, uint64_t seed, size_t i, size_t n) {
    const norni_rng rng = {seed, 1 + i};
    const norni_time_style style = {.kind = NORNI_TIME_DATETIME, .sep = 'T', .seconds = true};
    const int64_t second = INT64_C(1758153600) + (int64_t)(i * 1500000 / n); /* 2025-09-18 on */
    uint64_t at = 0;
    char stamp[64];
    const size_t length = norni_time_print(stamp, second * NORNI_US_SECOND, &style);
    norni_buf_format(b, "%zu,%.*s+00:00,trader%zu,", (size_t)1000000 + i, (int)length, stamp,
                     skewed(rng, ++at, AUTHORS));
    add_text(b, rng, &at);
    const size_t likes = skewed(rng, ++at, 900), retweets = skewed(rng, ++at, 200);
    norni_buf_format(b, ",%zu,%zu,%zu,%zu,tag%zu tag%zu\n", skewed(rng, at + 1, 40), retweets,
                     likes, 20 * likes + skewed(rng, at + 2, 4000), skewed(rng, at + 3, TAGS),
                     skewed(rng, at + 4, TAGS));
}

static norn_status prepare(norni_bench *b, norn_err *err) {
    signals_data *d = norni_arena_zero(&b->arena, 1, sizeof *d);
    if (d == NULL) return norni_alloc_fail(err, "bench", 1, sizeof *d);
    norni_buf_init(&d->table, &b->env->ctx->alloc);
    b->data = d;
    d->n = b->opt->quick ? QUICK_TWEETS : TWEETS;
    b->n_items = (double)d->n;
    norni_buf_text(&d->table,
                   "tweet_id,timestamp,username,content,replies,retweets,likes,views,hashtags\n");
    for (size_t i = 0; i < d->n; i++)
        add_tweet(&d->table, (uint64_t)b->opt->common.seed, i, d->n);
    if (d->table.failed) return norni_alloc_fail(err, "bench", d->table.cap, 2);
    norni_say(b->env, "%zu tweets, %zu bytes of CSV", d->n, d->table.n);
    return NORN_OK;
}

static norn_status fill_options(const norni_bench *b, norni_signals_opt *opt, norni_arena *arena,
                                norn_err *err) {
    const norni_op *op = norni_registry_op(norni_str_of("signals"));
    memset(opt, 0, sizeof *opt);
    for (size_t g = 0; g < op->n_groups; g++)
        NORN_TRY(norni_param_defaults(op->groups[g].rows, *op->groups[g].n_rows, opt, arena, err));
    opt->common.seed = b->opt->common.seed;
    if (b->opt->model != NULL) opt->sentiment.model = b->opt->model;
    opt->unix_seconds = 1;
    return NORN_OK;
}

/* The report and the table, as --output would have them, but for the disk. */
static norn_status render(norni_signals_run *r, norn_err *err) {
    norni_signal_stamp stamp;
    norni_out out;
    NORN_TRY(norni_signals_stamp_make(r, &stamp, err));
    NORN_TRY(norni_out_open(&out, &r->env->ctx->alloc, "/dev/null", err));
    norn_status st = norni_signals_json(&r->aggregates, &r->signals, &stamp, &out.buf, err);
    if (st == NORN_OK) st = norni_signals_table_write(r, &out, err);
    norni_out_abort(&out);
    return st;
}

static norn_status run(const norni_bench *b, norn_ctx *ctx, int32_t workers, norni_bench_one *out,
                       norn_err *err) {
    static const char *const path[] = {"bench.csv"};
    const signals_data *d = b->data;
    const norni_str bytes = {d->table.p, d->table.n};
    const norni_op_env env = {.ctx = ctx, .models = b->env->models, .learners = b->env->learners};
    norni_signals_opt opt;
    norni_signals_run r;
    norni_arena arena;
    (void)workers;
    norni_arena_init(&arena, &ctx->alloc);
    norn_status st = fill_options(b, &opt, &arena, err);
    opt.data = (norni_inputs){path, 1};
    opt.names = opt.data;
    opt.bytes = &bytes;
    if (st == NORN_OK) {
        st = norni_signals_run_do(&env, &opt, &r, err);
        if (st == NORN_OK) st = render(&r, err);
        if (st == NORN_OK) {
            out->digest = r.aggregates.digest;
            out->n_items = out->n_ok = r.tweets.n;
        }
        norni_signals_run_clear(&r);
    }
    norni_arena_clear(&arena);
    return st;
}

static void facts(const norni_bench *b, norni_json *j) {
    const signals_data *d = b->data;
    norni_json_key_count(j, "n_tweets", d->n);
    norni_json_key_count(j, "n_bytes", d->table.n);
    norni_json_key_str(j, "model", norni_str_of(b->opt->model != NULL ? b->opt->model : "default"));
}

static void clear(norni_bench *b) {
    signals_data *d = b->data;
    if (d != NULL) norni_buf_clear(&d->table);
}

const norni_bench_work norni_bench_signals = {.name = "signals",
                                              .item = "tweets",
                                              .rate_key = "tweets_per_second",
                                              .takes_model = true,
                                              .prepare = prepare,
                                              .run = run,
                                              .facts = facts,
                                              .clear = clear};
