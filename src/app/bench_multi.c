/* The workload `multi` of `norn bench`: models by accuracy, seconds and memory, one worker and many. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The table is made by Philox from the seed, so that everybody measures the same work: a plant by the
 * day, feeds that wander, a blend that changes each month, products that follow both some days later,
 * with the week's rhythm. Each learner runs alone, then all of them with their ensemble; accuracy is out
 * of fold, so that speed is never bought by looking ahead. */
#include "app/bench_parts.h"
#include "app/multi_call.h"
#include "app/registry.h"
#include "base/fp.h"
#include "base/rng.h"

enum { DAYS = 618, TARGETS = 11, FEEDS = 40, BLEND = 6, MOST_MODELS = 64, NAME = 16 };
enum { QUICK_DAYS = 240, QUICK_TARGETS = 4, QUICK_FEEDS = 12 };
enum { LAG = 3, MONTH = 30, WEEK = 7 };

typedef struct multi_row {
    norni_str model;
    const char *spec; /* what --model would be for this row alone */
    double serial_seconds, serial_peak, many_seconds, many_peak;
    double accuracy;
} multi_row;

typedef struct multi_data {
    norni_wide_arrays table;
    const char *model; /* all of them, as --model has them */
    size_t n_models;
    multi_row row[MOST_MODELS + 1]; /* each learner alone, then all of them */
    size_t n_rows;
} multi_data;

/* ---- the table ---- */

static double draw(uint64_t seed, uint64_t column, size_t t) {
    return norni_rng_normal((norni_rng){seed, column}, t);
}

static void fill_feed(uint64_t seed, size_t k, double *x, size_t n) {
    double level = 0;
    for (size_t t = 0; t < n; t++) {
        level = 0.85 * level + draw(seed, 100 + k, t);
        x[t] = 100 + 6 * level;
    }
}

/* A share of the blend: another one each month. */
static void fill_share(uint64_t seed, size_t k, double *x, size_t n) {
    for (size_t t = 0; t < n; t++)
        x[t] = norni_rng_uniform((norni_rng){seed, 500 + k}, t / MONTH) / BLEND;
}

static void fill_target(uint64_t seed, size_t k, const double *const *feed, size_t n_feeds,
                        const double *const *share, double *y, size_t n) {
    double level = 0;
    for (size_t t = 0; t < n; t++) {
        const double *f = feed[k % n_feeds], *g = feed[(k + 3) % n_feeds];
        const double x = t >= LAG ? f[t - LAG] - 100 : 0, z = t >= LAG ? g[t - LAG] - 100 : 0;
        level = 0.6 * level + 4 * draw(seed, 700 + k, t);
        y[t] = 600 + 50 * (double)k + 3 * x + (x > 8 ? 0.15 * z * z : z) +
               400 * share[k % BLEND][t] +
               15 * norni_sin(6.283185307179586 * (double)(t % WEEK) / WEEK) + level;
    }
}

static norn_status make_table(norni_bench *b, multi_data *d, norn_err *err) {
    const bool quick = b->opt->quick;
    const size_t n = quick ? QUICK_DAYS : DAYS, n_t = quick ? QUICK_TARGETS : TARGETS,
                 n_f = quick ? QUICK_FEEDS : FEEDS, n_all = n_t + n_f + BLEND;
    const uint64_t seed = (uint64_t)b->opt->common.seed;
    double *v = norni_arena_get(&b->arena, n_all * n, sizeof *v);
    const double **at = norni_arena_get(&b->arena, n_all, sizeof *at);
    norni_wide_array *column = norni_arena_zero(&b->arena, n_all, sizeof *column);
    int64_t *time = norni_arena_get(&b->arena, n, sizeof *time);
    char *name = norni_arena_zero(&b->arena, n_all, NAME);
    if (!v || !at || !column || !time || !name)
        return norni_alloc_fail(err, "bench", n_all * n, sizeof *v);
    for (size_t t = 0; t < n; t++)
        time[t] = ((int64_t)19875 + (int64_t)t) * NORNI_US_DAY; /* from 2024-06-01 */
    for (size_t k = 0; k < n_all; k++) {
        const bool target = k < n_t, feed = !target && k < n_t + n_f;
        at[k] = v + k * n;
        const size_t len = norni_format(name + k * NAME, NAME,
                                        target ? "product%zu"
                                        : feed ? "feed%zu"
                                               : "crude_%zu",
                                        target ? k + 1
                                        : feed ? k - n_t + 1
                                               : k - n_t - n_f + 1);
        column[k] = (norni_wide_array){{name + k * NAME, len}, at[k], NULL, 0};
    }
    for (size_t k = 0; k < n_f; k++)
        fill_feed(seed, k, v + (n_t + k) * n, n);
    for (size_t k = 0; k < BLEND; k++)
        fill_share(seed, k, v + (n_t + n_f + k) * n, n);
    for (size_t k = 0; k < n_t; k++)
        fill_target(seed, k, at + n_t, n_f, at + n_t + n_f, v + k * n, n);
    d->table = (norni_wide_arrays){.n = n,
                                   .n_columns = n_all,
                                   .time = time,
                                   .style = {.kind = NORNI_TIME_DATE, .sep = '-'},
                                   .column = column};
    return NORN_OK;
}

/* ---- one run ---- */

static norn_status set_options(const norni_bench *b, const char *model, norni_arena *arena,
                               norni_multi_opt *opt, norn_err *err) {
    const norni_op *op = norni_registry_op(norni_str_of("multi"));
    memset(opt, 0, sizeof *opt);
    for (size_t g = 0; op != NULL && g < op->n_groups; g++)
        NORN_TRY(norni_param_defaults(op->groups[g].rows, *op->groups[g].n_rows, opt, arena, err));
    opt->panel.common.seed = b->opt->common.seed;
    opt->panel.common.memory_limit = b->opt->common.memory_limit;
    opt->targets = "product*";
    opt->statics = "crude_*";
    opt->model = model;
    opt->quick = b->opt->quick;
    return NORN_OK;
}

/* A run of one row's models. */
typedef struct row_job {
    const norni_bench *b;
    const char *model;
} row_job;

static norn_status run_call(const norni_bench *b, norni_multi_call *c, const norni_op_env *env,
                            const norni_multi_opt *opt, norni_bench_one *out, norn_err *err) {
    const multi_data *d = b->data;
    NORN_TRY(norni_multi_call_begin(c, env, opt, err));
    NORN_TRY(norni_wide_of_arrays(env->ctx, NULL, &d->table, &c->plan.wide, &c->arena,
                                  &c->table.wide, &c->table.report, err));
    NORN_TRY(norni_multi_call_table(c, err));
    NORN_TRY(norni_multi_call_run(c, NULL, (norni_hash128){0, 0}, NULL, err));
    out->digest = c->answer.digest;
    out->n_items = c->answer.n_items;
    out->n_ok = c->answer.n_ok;
    out->n_fallback = c->answer.n_fallback;
    out->n_failed = c->answer.n_failed;
    for (size_t s = 0; s < c->plan.n_specs; s++)
        out->extra[s] = c->metrics.mean[s * NORNI_STEP_SCORES + NORNI_STEP_ACCURACY];
    return NORN_OK;
}

static norn_status run_row(const void *arg, norn_ctx *ctx, int32_t workers, norni_bench_one *out,
                           norn_err *err) {
    const row_job *job = arg;
    const norni_op_env env = {
        .ctx = ctx, .models = job->b->env->models, .learners = job->b->env->learners};
    norni_multi_opt opt;
    norni_multi_call c;
    norni_arena options;
    (void)workers;
    memset(&c, 0, sizeof c);
    norni_arena_init(&options, &ctx->alloc);
    norn_status st = set_options(job->b, job->model, &options, &opt, err);
    if (st == NORN_OK) st = run_call(job->b, &c, &env, &opt, out, err);
    norni_multi_call_clear(&c);
    norni_arena_clear(&options);
    return st;
}

static norn_status run(const norni_bench *b, norn_ctx *ctx, int32_t workers, norni_bench_one *out,
                       norn_err *err) {
    const row_job job = {b, ((const multi_data *)b->data)->model};
    return run_row(&job, ctx, workers, out, err);
}

/* ---- the models ---- */

/* The rows of --model: every learner, but no ensemble. */
static norn_status read_models(norni_bench *b, multi_data *d, norn_err *err) {
    norni_multi_plan plan;
    norni_multi_opt *opt = norni_arena_zero(&b->arena, 1, sizeof *opt);
    if (opt == NULL) return norni_alloc_fail(err, "bench", 1, sizeof *opt);
    NORN_TRY(set_options(b, b->opt->model, &b->arena, opt, err));
    const norni_learner_set *set = b->env->learners ? b->env->learners : norni_registry_learners();
    NORN_TRY(norni_multi_plan_make(set, opt, &b->arena, &plan, err));
    if (plan.n_specs > MOST_MODELS)
        return norn_fail(err, NORN_E_ARG, "bench: %zu models are more than %d", plan.n_specs,
                         MOST_MODELS);
    d->n_models = plan.n_specs;
    norni_buf text;
    norni_buf_init(&text, &b->env->ctx->alloc);
    for (size_t s = 0; s < plan.n_specs; s++) {
        const norni_str name = plan.specs[s].column;
        norni_buf_format(&text, "%s%.*s", s ? "," : "", (int)name.n, name.p);
        if (plan.n_specs < 2 || plan.specs[s].learner == NULL) continue;
        multi_row *row = &d->row[d->n_rows++];
        row->spec = norni_arena_text(&b->arena, name.p, name.n);
        if (row->spec == NULL) text.failed = true;
        row->model = (norni_str){row->spec, name.n};
    }
    d->model = text.failed ? NULL : norni_arena_text(&b->arena, text.p, text.n);
    norni_buf_clear(&text);
    return d->model ? NORN_OK : norni_alloc_fail(err, "bench", plan.n_specs, 64);
}

static norn_status prepare(norni_bench *b, norn_err *err) {
    multi_data *d = norni_arena_zero(&b->arena, 1, sizeof *d);
    if (d == NULL) return norni_alloc_fail(err, "bench", 1, sizeof *d);
    b->data = d;
    NORN_TRY(make_table(b, d, err));
    NORN_TRY(read_models(b, d, err));
    b->n_items = b->opt->quick ? QUICK_TARGETS : TARGETS;
    norni_say(b->env,
              "%zu days, %zu columns, %d targets, 7 days ahead; accuracy = 100 - MAPE, held in "
              "[0, 100], out of fold",
              d->table.n, d->table.n_columns, b->opt->quick ? QUICK_TARGETS : TARGETS);
    return NORN_OK;
}

static void say_row(const norni_bench *b, const multi_row *row) {
    norni_say(b->env,
              "%.*s: accuracy %g %%, %g s and %g MiB with one worker, %g s and %g MiB with %d",
              (int)row->model.n, row->model.p, norni_bench_round(row->accuracy),
              norni_bench_round(row->serial_seconds), norni_bench_round(row->serial_peak / 1048576),
              norni_bench_round(row->many_seconds), norni_bench_round(row->many_peak / 1048576),
              (int)b->most);
}

static void fill_row(multi_row *row, const norni_bench_set *serial, const norni_bench_set *many) {
    row->serial_seconds = serial->least;
    row->serial_peak = serial->peak;
    row->many_seconds = many->least;
    row->many_peak = many->peak;
}

/* Each learner alone, one run each: accuracy beside what it costs. */
static norn_status measure_row(norni_bench *b, multi_row *row, norn_err *err) {
    const norni_bench_how once = {.least_seconds = 0, .least_runs = 1, .rounds = 1};
    const row_job job = {b, row->spec};
    norni_bench_set serial, many;
    NORN_TRY(norni_bench_measure(b, run_row, &job, 0, &once, &serial, err));
    NORN_TRY(norni_bench_measure(b, run_row, &job, b->most, &once, &many, err));
    b->equal = b->equal && norni_bench_same(serial.one.digest, many.one.digest);
    row->accuracy = serial.one.extra[0];
    fill_row(row, &serial, &many);
    return NORN_OK;
}

static norn_status more(norni_bench *b, norn_err *err) {
    multi_data *d = b->data;
    for (size_t k = 0; k < d->n_rows; k++) {
        NORN_TRY(measure_row(b, &d->row[k], err));
        say_row(b, &d->row[k]);
    }
    multi_row *all = &d->row[d->n_rows++];
    all->model = norni_str_of(d->n_models > 1 ? "all of them" : d->model);
    all->accuracy = b->serial.one.extra[d->n_models - 1];
    fill_row(all, &b->serial, &b->point[b->n_points - 1].set);
    say_row(b, all);
    return NORN_OK;
}

/* ---- the JSON ---- */

static void facts(const norni_bench *b, norni_json *j) {
    const multi_data *d = b->data;
    norni_json_key_str(j, "model", norni_str_of(d->model));
    norni_json_key_count(j, "n_rows", d->table.n);
    norni_json_key_count(j, "n_columns", d->table.n_columns);
    norni_json_key_int(j, "n_targets", b->opt->quick ? QUICK_TARGETS : TARGETS);
    norni_json_key_str(j, "accuracy",
                       norni_str_of("mean over targets of 100 - MAPE, held in [0, 100], of "
                                    "forecasts from earlier origins by models that saw "
                                    "nothing behind them"));
}

static void numbers(const norni_bench *b, norni_json *j) {
    const multi_data *d = b->data;
    norni_json_key(j, "models");
    norni_json_open(j, '[');
    for (size_t k = 0; k < d->n_rows; k++) {
        const multi_row *r = &d->row[k];
        norni_json_open(j, '{');
        norni_json_key_str(j, "model", r->model);
        norni_json_key_num(j, "accuracy", r->accuracy);
        norni_json_key_num(j, "serial_seconds", r->serial_seconds);
        norni_json_key_num(j, "serial_peak_bytes", r->serial_peak);
        norni_json_key_num(j, "parallel_seconds", r->many_seconds);
        norni_json_key_num(j, "parallel_peak_bytes", r->many_peak);
        norni_json_key_num(j, "speed_up", r->serial_seconds / r->many_seconds);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}

const norni_bench_work norni_bench_multi = {.name = "multi",
                                            .item = "targets",
                                            .takes_model = true,
                                            .prepare = prepare,
                                            .run = run,
                                            .more = more,
                                            .facts = facts,
                                            .numbers = numbers};
