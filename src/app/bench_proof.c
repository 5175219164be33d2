/* The workload `proof` of `norn bench`: fifty portfolios serially and in parallel, four metrics compared bit for bit. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The reference's proof, through the real simulator: configuration c draws its weights and its rule by Philox with its id as the seed,
 * prices are 1,000 days of four assets. The fifty run on 32 sets of prices, so that a run lasts long enough to be timed; a set is an
 * item of work, in which the simulator takes portfolios eight at a time. Serial is a plain loop over the sets, without the
 * pool of workers. */
#include "app/bench_parts.h"
#include "app/bench_prices.h"
#include "base/rng.h"
#include "portfolio/portfolio_sim.h"

enum {
    CONFIGS = 50,
    SETS = 32,
    PERIODS = 1000,
    ASSETS = 4,
    METRICS = 4,
    BACKTESTS = CONFIGS * SETS
};
_Static_assert(BACKTESTS *METRICS <= NORNI_BENCH_EXTRA, "every metric is compared");
static const double reference_rate = 126; /* backtests a second, measured on the reference */
static const char *const metric_name[METRICS] = {"total_return", "sharpe", "max_drawdown",
                                                 "final_value"};

typedef struct proof_data {
    norni_port_prices prices[SETS];
    size_t n_prices; /* made so far */
    norni_port_market market[SETS];
    norni_port_rule rule[CONFIGS];
    double weight[CONFIGS][ASSETS];
    norni_port_targets targets[CONFIGS];
    const norni_port_targets *target[CONFIGS];
    size_t first, mark; /* bars */
} proof_data;

/* ---- the configurations ---- */

static norni_port_rule draw_rule(norni_rng rng) {
    static const double threshold[] = {.05, .08, .10, .12, .15, .20}, days[] = {7, 14, 30, 60, 90},
                        hours[] = {12, 24, 48, 72};
    norni_port_rule rule = norni_port_rule_default();
    rule.method = (norni_port_method)(norni_rng_u64(rng, 10) % 3);
    rule.threshold = threshold[norni_rng_u64(rng, 11) % 6];
    rule.every = days[norni_rng_u64(rng, 12) % 5];
    rule.min_interval_hours = hours[norni_rng_u64(rng, 13) % 4];
    rule.momentum_days = norni_rng_u64(rng, 14) % 2 ? 30 : 0;
    rule.fee = 0.001;
    rule.slippage = 0.0005;
    return rule;
}

static void draw_config(proof_data *d, size_t k) {
    const norni_rng rng = {k + 1, 0}; /* seed = the configuration's id */
    double sum = 0;
    for (size_t a = 0; a < ASSETS; a++)
        sum += d->weight[k][a] = 0.2 + norni_rng_uniform(rng, a);
    for (size_t a = 0; a < ASSETS; a++)
        d->weight[k][a] /= sum;
    d->rule[k] = draw_rule(rng);
    d->targets[k] = (norni_port_targets){1, &d->first, d->weight[k]};
    d->target[k] = &d->targets[k];
}

static norn_status prepare(norni_bench *b, norn_err *err) {
    static const norni_str symbol[ASSETS] = {{"A", 1}, {"B", 1}, {"C", 1}, {"D", 1}};
    static const size_t asset[ASSETS] = {0, 1, 2, 3};
    const uint64_t seed = (uint64_t)b->opt->common.seed * SETS;
    proof_data *d = norni_arena_zero(&b->arena, 1, sizeof *d);
    if (d == NULL) return norni_alloc_fail(err, "bench", 1, sizeof *d);
    b->data = d;
    b->n_items = BACKTESTS;
    d->mark = PERIODS;
    for (size_t k = 0; k < CONFIGS; k++)
        draw_config(d, k);
    for (; d->n_prices < SETS; d->n_prices++) {
        const size_t s = d->n_prices;
        NORN_TRY(norni_bench_prices(&b->env->ctx->alloc, symbol, ASSETS, PERIODS, NORNI_US_DAY,
                                    seed + s, &d->prices[s], err));
    }
    for (size_t s = 0; s < SETS; s++)
        NORN_TRY(norni_port_market_of(&d->prices[s], asset, ASSETS, &b->arena, &d->market[s], err));
    norni_say(b->env,
              "%d configurations (seed = the configuration's id) x %d periods x %d assets, on %d "
              "sets of prices: %d backtests serially, and with workers",
              CONFIGS, PERIODS, ASSETS, SETS, BACKTESTS);
    return NORN_OK;
}

static void clear(norni_bench *b) {
    proof_data *d = b->data;
    for (size_t s = 0; d != NULL && s < d->n_prices; s++)
        norni_port_prices_clear(&d->prices[s]);
}

/* ---- one run ---- */

typedef struct proof_job {
    const proof_data *d;
    double *metric; /* (SETS, CONFIGS, METRICS) */
} proof_job;

static norn_status simulate(const proof_job *job, size_t set, norni_arena *scratch, norn_err *err) {
    const proof_data *d = job->d;
    const norni_port_window window = {.first = 0, .mark = &d->mark, .n_marks = 1};
    norni_port_stats stats[CONFIGS];
    NORN_TRY(norni_port_simulate(&d->market[set], &window, d->rule, d->target, CONFIGS, scratch,
                                 NULL, stats, NULL, err));
    for (size_t k = 0; k < CONFIGS; k++) {
        const norni_port_stats *s = &stats[k];
        const double v[METRICS] = {s->total_return, s->sharpe, s->max_drawdown, s->final_value};
        memcpy(job->metric + (set * CONFIGS + k) * METRICS, v, sizeof v);
    }
    return NORN_OK;
}

static norn_status simulate_item(norni_worker *worker, size_t set, void *arg, norn_err *err) {
    return simulate(arg, set, &worker->arena, err);
}

static norn_status simulate_all(proof_job *job, norn_ctx *ctx, int32_t workers, norn_err *err) {
    if (workers > 0) return norni_for(ctx, NULL, SETS, simulate_item, job, NULL, err);
    norni_arena arena;
    norn_status st = NORN_OK;
    norni_arena_init(&arena, &ctx->alloc);
    for (size_t s = 0; s < SETS && st == NORN_OK; s++) {
        norni_arena_reset(&arena);
        st = simulate(job, s, &arena, err);
    }
    norni_arena_clear(&arena);
    return st;
}

static norn_status run(const norni_bench *b, norn_ctx *ctx, int32_t workers, norni_bench_one *out,
                       norn_err *err) {
    proof_job job = {b->data, out->extra};
    NORN_TRY(simulate_all(&job, ctx, workers, err));
    out->digest = norni_hash_128(out->extra, BACKTESTS * METRICS * sizeof *out->extra);
    out->n_items = out->n_ok = BACKTESTS;
    return NORN_OK;
}

/* ---- what it proves ---- */

/* How many backtests have one metric's bits equal at every worker count. */
static size_t count_equal(const norni_bench *b, size_t metric) {
    size_t n = 0;
    for (size_t c = 0; c < BACKTESTS; c++) {
        const size_t at = c * METRICS + metric;
        bool same = true;
        for (size_t k = 0; k < b->n_points; k++)
            same = same && memcmp(&b->serial.one.extra[at], &b->point[k].set.one.extra[at],
                                  sizeof(double)) == 0;
        n += same;
    }
    return n;
}

static void verification(const norni_bench *b, char *out, size_t size) {
    size_t n = norni_format(out, size, "VERIFICATION: bits equal to the serial run's in");
    for (size_t m = 0; m < METRICS; m++)
        n += norni_format(out + n, size - n, "%s %s %zu of %d", m ? "," : "", metric_name[m],
                          count_equal(b, m), BACKTESTS);
}

static void verdict(const norni_bench *b, char *out, size_t size) {
    const norni_bench_point *last = &b->point[b->n_points - 1];
    const int32_t w = last->set.workers;
    size_t best = 0;
    for (size_t k = 0; k < b->n_points; k++)
        best = b->point[k].set.least < b->point[best].set.least ? k : best;
    const double rate = BACKTESTS / b->point[best].set.least;
    size_t n = norni_format(
        out, size,
        "VERDICT: %s; %g backtests a second with %d worker%s, %g times the reference's "
        "measured %g; ",
        b->equal ? "PASS, every run has the same bits" : "FAIL, a bit differs between runs",
        norni_bench_round(rate), (int)b->point[best].set.workers,
        b->point[best].set.workers == 1 ? "" : "s", norni_bench_round(rate / reference_rate),
        reference_rate);
    if (w == 1 || b->machine.usable_cores == 1)
        (void)norni_format(out + n, size - n,
                           "with one core or one worker no speed-up can be had, and none is "
                           "claimed");
    else
        (void)norni_format(out + n, size - n,
                           "speed-up %g with %d workers, where as many independent processes "
                           "have %g%s",
                           norni_bench_round(b->serial.least / last->set.least), (int)w,
                           norni_bench_round(last->process_gain),
                           b->machine.busy ? " (the machine is busy: both are low)" : "");
}

static void facts(const norni_bench *b, norni_json *j) {
    (void)b;
    norni_json_key_int(j, "n_configurations", CONFIGS);
    norni_json_key_int(j, "n_periods", PERIODS);
    norni_json_key_int(j, "n_assets", ASSETS);
    norni_json_key_int(j, "n_price_sets", SETS);
}

static void numbers(const norni_bench *b, norni_json *j) {
    char text[512];
    norni_json_key_num(j, "reference_backtests_per_second", reference_rate);
    norni_json_key(j, "bits_equal");
    norni_json_open(j, '{');
    for (size_t m = 0; m < METRICS; m++)
        norni_json_key_count(j, metric_name[m], count_equal(b, m));
    norni_json_close(j, '}');
    verification(b, text, sizeof text);
    norni_json_key_str(j, "verification", norni_str_of(text));
    verdict(b, text, sizeof text);
    norni_json_key_str(j, "verdict", norni_str_of(text));
}

static void last(const norni_bench *b) {
    char text[512];
    verification(b, text, sizeof text);
    norni_say(b->env, "%s", text);
    verdict(b, text, sizeof text);
    norni_say(b->env, "%s", text);
}

const norni_bench_work norni_bench_proof = {.name = "proof",
                                            .item = "backtests",
                                            .rate_key = "backtests_per_second",
                                            .brief = true,
                                            .prepare = prepare,
                                            .run = run,
                                            .facts = facts,
                                            .numbers = numbers,
                                            .last = last,
                                            .clear = clear};
