/* The operation `forecast`: a file of series in, forecasts with intervals out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/op_forecast.h"

#include "app/forecast_chart.h"
#include "app/forecast_stream.h"
#include "app/summary.h"
#include "app/version.h"

/* Bytes that one observation, one series and one forecast number cost while their batch is alive:
 * text, columns and panel; head, outcome and hash; the number itself and its printed form. */
enum { OBS_BYTES = 48, SERIES_BYTES = 256, NUMBER_BYTES = 32, LEAST_BATCH = 1 << 16 };

/* How much text a batch has and how many are alive at once, so that all of them take half of the
 * memory limit at most. Neither shows in a result. */
static void plan_memory(const norni_op_env *env, norni_reader *reader, norni_forecast_plan *plan) {
    const norni_reader_sample sample = norni_reader_look(reader);
    const size_t usual = 2 * (size_t)norni_pool_threads(env->ctx) + 2;
    const double room = env->budget && env->budget->limit ? (double)env->budget->limit / 2 : 1e9;
    const double numbers = (double)plan->n_specs * plan->horizon * (1 + 2 * (double)plan->levels.n);
    double batch = NORNI_CHUNK_BYTES, per_byte = 4;
    if (sample.n_bytes > 0) {
        per_byte = 1 + ((double)sample.n_obs * OBS_BYTES +
                        (double)sample.n_series * (SERIES_BYTES + NUMBER_BYTES * numbers)) /
                           (double)sample.n_bytes;
    }
    while (batch > LEAST_BATCH && batch * per_byte > room / 4)
        batch /= 2;
    norni_reader_set_batch(reader, (size_t)batch);
    const double fit = room / (batch * per_byte);
    plan->n_batches = fit < 1 ? 1 : fit < (double)usual ? (size_t)fit : usual;
}

/* The rows that bear on a result, as "name: value" lines. */
static void print_rows(const norni_param *rows, size_t n, const void *opt, norni_buf *b) {
    for (size_t i = 0; i < n; i++) {
        norni_buf_format(b, "%s: ", rows[i].name);
        norni_param_print(&rows[i], opt, b);
        norni_buf_text(b, "\n");
    }
}

static norn_status print_input(norn_ctx *ctx, const char *what, const char *path, norni_buf *b,
                               norn_err *err) {
    char text[NORNI_DIGEST_TEXT];
    norni_hash128 hash;
    uint64_t size;
    if (strcmp(path, "-") == 0) {
        norni_buf_format(b, "%s: standard input\n", what);
        return NORN_OK;
    }
    NORN_TRY(norni_file_hash(ctx, path, &size, &hash, err));
    norni_hash_text(hash, text);
    norni_buf_format(b, "%s: %llu bytes %s\n", what, (unsigned long long)size, text);
    return NORN_OK;
}

/* Opens the run folder under a header of everything that bears on a result. */
static norn_status open_store(const norni_op_env *env, const norni_forecast_opt *opt,
                              const norni_inputs *in, norni_forecast_shared *shared,
                              norn_err *err) {
    static const char *const common[] = {"seed", "retry-attempts"};
    const norni_common_opt *c = &opt->panel.common;
    norni_buf b;
    norn_status st = NORN_OK;
    if (c->resume == NULL) return NORN_OK;
    norni_buf_init(&b, &env->ctx->alloc);
    norni_buf_format(&b, "norn run folder: 2\nversion: %s\noperation: forecast\n", NORNI_VERSION);
    print_rows(norni_forecast_rows, norni_n_forecast_rows, opt, &b);
    print_rows(norni_panel_rows, norni_n_panel_rows, opt, &b);
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        const norni_param *row =
            norni_param_find(norni_common_rows, norni_n_common_rows, norni_str_of(common[i]));
        if (row != NULL) print_rows(row, 1, opt, &b);
    }
    if (opt->future) st = print_input(env->ctx, "future", opt->future, &b, err);
    shared->plan_key = norni_hash_128(b.p, b.n);
    for (size_t i = 0; i < in->n && st == NORN_OK; i++)
        st = print_input(env->ctx, "input", in->path[i], &b, err);
    if (st == NORN_OK && b.failed) st = norni_alloc_fail(err, "resume", b.cap, 2);
    if (st == NORN_OK)
        st = norni_run_store_open(env->ctx, c->resume, (norni_str){b.p, b.n}, &shared->store, err);
    norni_buf_clear(&b);
    if (st == NORN_OK && norni_run_store_found(shared->store) > 0)
        norni_say(env, "%zu items of an earlier run are in %s",
                  norni_run_store_found(shared->store), c->resume);
    return st;
}

static void say_report(const norni_op_env *env, const norni_forecast_totals *t) {
    const norni_align_report *r = &t->report;
    norni_say(env, "%zu series, %zu observations%s", t->n_series, t->n_obs,
              t->mixed ? ", of mixed frequencies" : "");
    if (r->n_gaps > 0)
        norni_say(env, "%zu missing periods in %zu series filled with missing values; first: %s",
                  r->n_gaps, r->n_gap_series, r->first_gap);
    if (r->n_duplicates > 0)
        norni_say(env, "%zu duplicate rows resolved; first: %s", r->n_duplicates,
                  r->first_duplicate);
}

static void fill_result(const norni_forecast_totals *t, double threshold, norni_op_result *out) {
    out->n_items = t->n_items;
    out->n_ok = t->n_ok;
    out->n_fallback = t->n_fallback;
    out->n_failed = t->n_failed;
    out->above_threshold = (double)t->n_failed > threshold * (double)t->n_items;
    norni_hash_text(t->digest, out->digest);
}

/* What is left when all forecasts are written: chart, summary, the words at the end. */
static norn_status finish(const norni_op_env *env, const norni_forecast_opt *opt,
                          const norni_forecast_totals *t, norni_forecast_chart *chart,
                          size_t n_resumed, const norni_stopwatch *watch,
                          const norni_op_result *out, norn_err *err) {
    const norni_common_opt *common = &opt->panel.common;
    say_report(env, t);
    if (common->plot) NORN_TRY(norni_forecast_chart_write(chart, t->n_series, common->plot, err));
    if (common->summary) {
        const norni_summary s = {.operation = "forecast",
                                 .n_items = t->n_items,
                                 .n_ok = t->n_ok,
                                 .n_fallback = t->n_fallback,
                                 .n_failed = t->n_failed,
                                 .n_cut = t->n_cut,
                                 .by_clock = opt->budget_ms > 0,
                                 .failures = &t->failures,
                                 .digest = out->digest,
                                 .out_path = common->out,
                                 .budget = env->budget,
                                 .watch = *watch,
                                 .n_resumed = n_resumed};
        NORN_TRY(norni_summary_write(env->ctx, &s, common->summary, err));
    }
    norni_say(env, "%zu of %zu items ok (%zu by fallback), %zu failed, in %g s; digest %s",
              out->n_ok, out->n_items, out->n_fallback, out->n_failed,
              (double)(int64_t)(norni_stopwatch_seconds(watch) * 1000 + 0.5) / 1000, out->digest);
    if (t->n_cut > 0)
        norni_say(env, "%zu items met their budget: they are served by the best found till then",
                  t->n_cut);
    if (t->first_failures.n > 0)
        norni_say(env, "%.*s", (int)t->first_failures.n, t->first_failures.p);
    return NORN_OK;
}

/* Runs an opened reader to its end. */
static norn_status run_reader(const norni_op_env *env, const norni_forecast_opt *opt,
                              const norni_inputs *in, norni_forecast_plan *plan,
                              norni_reader *reader, const norni_stopwatch *watch,
                              norni_op_result *out, norn_err *err) {
    const norni_common_opt *common = &opt->panel.common;
    norni_tally tally;
    pthread_rwlock_t room = PTHREAD_RWLOCK_INITIALIZER;
    norni_forecast_shared shared = {.tally = &tally, .room = &room};
    norni_forecast_chart chart;
    norni_forecast_totals t;
    norn_err closing = {NORN_OK, ""};
    norni_tally_init(&tally);
    plan_memory(env, reader, plan);
    NORN_TRY(open_store(env, opt, in, &shared, err));
    norni_forecast_chart_init(&chart, env->ctx);
    const norni_forecast_watch see = {norni_forecast_chart_see, &chart};
    norn_status st = norni_forecast_stream(env, opt, plan, reader, &shared,
                                           common->plot ? &see : NULL, &t, &out->input_failed, err);
    const size_t n_found = shared.store ? norni_run_store_found(shared.store) : 0;
    const norn_status closed = norni_run_store_close(shared.store, &closing);
    if (st == NORN_OK && closed != NORN_OK) {
        st = closed;
        if (err != NULL) *err = closing;
    }
    if (st == NORN_E_CANCEL && common->resume != NULL)
        norni_say(env, "every finished item is kept in %s; the same command goes on from there",
                  common->resume);
    if (st == NORN_OK) {
        fill_result(&t, common->error_threshold, out);
        st = finish(env, opt, &t, &chart, n_found, watch, out, err);
    }
    norni_forecast_chart_clear(&chart);
    norni_forecast_totals_clear(&t);
    pthread_rwlock_destroy(&room);
    return st;
}

/* Which columns are exogenous is the future's to say. */
static norn_status read_future(const norni_op_env *env, const norni_forecast_opt *opt,
                               norni_forecast_plan *plan, norni_read_opt *read,
                               norni_future *future, norn_err *err) {
    bool used = false;
    read->no_exogenous = opt->future == NULL;
    if (opt->future == NULL) return NORN_OK;
    if (read->layout != NORNI_LAYOUT_LONG)
        return norn_fail(err, NORN_E_ARG, "--future needs the long layout");
    NORN_TRY(norni_future_read(env->ctx, opt->future, read, future, err));
    read->x_cols = future->names;
    read->n_x_cols = future->n_x;
    plan->future = future;
    for (size_t k = 0; k < plan->n_specs; k++) {
        const norni_spec *spec = &plan->specs[k];
        used = used || spec->model->exogenous;
        if (!spec->model->exogenous)
            norni_say(env, "%.*s does not use the exogenous columns", (int)spec->column.n,
                      spec->column.p);
    }
    return used ? NORN_OK
                : norn_fail(err, NORN_E_ARG,
                            "--future: none of the models uses exogenous columns (see `norn "
                            "models`)");
}

norn_status norni_op_forecast(const norni_op_env *env, const void *options, norni_op_result *out,
                              norn_err *err) {
    const norni_forecast_opt *opt = options;
    const norni_stopwatch watch = norni_stopwatch_start();
    norni_arena arena;
    norni_forecast_plan plan;
    norni_read_opt read;
    norni_inputs in;
    norni_future future = {.n_x = 0};
    norni_reader *reader = NULL;
    norn_status st;
    norni_arena_init(&arena, &env->ctx->alloc);
    NORN_TRY_GOTO(norni_forecast_plan_make(env->models, opt, &arena, &plan, err), done);
    NORN_TRY_GOTO(norni_panel_read_opt(&opt->panel, &read, err), done);
    NORN_TRY_GOTO(norni_inputs_expand(&opt->panel.data, &arena, &in, err), done);
    st = read_future(env, opt, &plan, &read, &future, err);
    if (st == NORN_OK) st = norni_reader_open(env->ctx, &in, &read, &reader, err);
    out->input_failed =
        st == NORN_E_IO || st == NORN_E_FORMAT || st == NORN_E_DATA || st == NORN_E_LIMIT;
    if (st == NORN_OK) st = run_reader(env, opt, &in, &plan, reader, &watch, out, err);
    norni_reader_close(reader);
done:
    norni_future_clear(&future);
    norni_arena_clear(&arena);
    return st;
}
