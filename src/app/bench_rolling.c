/* The workload `rolling` of `norn bench`: every operation over windows of several lengths, rows and times. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The series are made by Philox from the seed: 1,500 to 2,500 days each, with a second column for covariance and correlation.
 * A run computes all columns for all windows by the way of `norn rolling`, without files. */
#include "app/bench_panel.h"
#include "app/bench_parts.h"
#include "app/registry.h"
#include "app/rolling_panel.h"

enum { SERIES = 120, QUICK_SERIES = 12, LEAST = 1500, MOST = 2500, WEEK = 7 };

static const char all_ops[] =
    "count,first,last,sum,mean,var,std,sem,min,max,argmin,argmax,median,quantile(0.9),skew,kurt,"
    "zscore,rank,product,cov(price),corr(price),slope,ewm(0.3),ewm_var(span=10),ewm_std(span=10)";
static const char *const windows[] = {"7", "30", "250", "30D", "expanding"};
enum { N_WINDOWS = sizeof windows / sizeof windows[0] };

typedef struct rolling_data {
    norni_panel panel;
    norni_rolling_plan plan[N_WINDOWS];
} rolling_data;

static norn_status make_plan(norni_bench *b, const char *window, norni_rolling_plan *plan,
                             norn_err *err) {
    const norni_op *op = norni_registry_op(norni_str_of("rolling"));
    norni_rolling_opt opt;
    memset(&opt, 0, sizeof opt);
    for (size_t g = 0; g < op->n_groups; g++)
        NORN_TRY(
            norni_param_defaults(op->groups[g].rows, *op->groups[g].n_rows, &opt, &b->arena, err));
    opt.window = window;
    opt.op = all_ops;
    return norni_rolling_plan_make(&opt, &b->arena, plan, err);
}

static norn_status prepare(norni_bench *b, norn_err *err) {
    const norni_bench_opt *opt = b->opt;
    rolling_data *d = norni_arena_zero(&b->arena, 1, sizeof *d);
    if (d == NULL) return norni_alloc_fail(err, "bench", 1, sizeof *d);
    b->data = d;
    for (size_t w = 0; w < N_WINDOWS; w++)
        NORN_TRY(make_plan(b, windows[w], &d->plan[w], err));
    const size_t n = opt->n_series > 0 ? (size_t)opt->n_series / (opt->quick ? 10 : 1)
                     : opt->quick      ? QUICK_SERIES
                                       : SERIES;
    const norni_bench_shape shape = {n ? n : 1, LEAST, MOST, WEEK, {NORNI_UNIT_DAY, 1, 1}, "price"};
    NORN_TRY(norni_bench_panel(b->env->ctx, &shape, (uint64_t)opt->common.seed, &d->panel, err));
    b->n_items = (double)(d->panel.n_obs * d->plan[0].n_out * N_WINDOWS);
    return NORN_OK;
}

static norn_status run_window(const rolling_data *d, size_t w, norn_ctx *ctx,
                              norni_hash_stream *hash, norn_err *err) {
    norni_arena arena;
    norni_rolled r;
    norni_arena_init(&arena, &ctx->alloc);
    const norn_status st = norni_rolling_panel(ctx, NULL, &d->panel, &d->plan[w], &arena, &r, err);
    if (st == NORN_OK)
        norni_hash_stream_add(hash, r.hash, d->panel.n_series * d->plan[w].n_out * sizeof *r.hash);
    norni_arena_clear(&arena);
    return st;
}

static norn_status run(const norni_bench *b, norn_ctx *ctx, int32_t workers, norni_bench_one *out,
                       norn_err *err) {
    const rolling_data *d = b->data;
    norni_hash_stream hash;
    (void)workers;
    norni_hash_stream_init(&hash);
    for (size_t w = 0; w < N_WINDOWS; w++)
        NORN_TRY(run_window(d, w, ctx, &hash, err));
    out->digest = norni_hash_stream_get(&hash);
    out->n_items = out->n_ok = d->panel.n_series * d->plan[0].n_out * N_WINDOWS;
    return NORN_OK;
}

static void facts(const norni_bench *b, norni_json *j) {
    const rolling_data *d = b->data;
    norni_json_key_count(j, "n_series", d->panel.n_series);
    norni_json_key_count(j, "n_observations", d->panel.n_obs);
    norni_json_key_str(j, "ops", norni_str_of(all_ops));
    norni_json_key(j, "windows");
    norni_json_open(j, '[');
    for (size_t w = 0; w < N_WINDOWS; w++)
        norni_json_str(j, norni_str_of(windows[w]));
    norni_json_close(j, ']');
}

static void clear(norni_bench *b) {
    rolling_data *d = b->data;
    if (d != NULL) norni_panel_clear(&d->panel);
}

const norni_bench_work norni_bench_rolling = {.name = "rolling",
                                              .takes_series = true,
                                              .item = "values",
                                              .prepare = prepare,
                                              .run = run,
                                              .facts = facts,
                                              .clear = clear};
