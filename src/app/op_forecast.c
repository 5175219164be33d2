/* The operation `forecast`: a file of series in, forecasts with intervals out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/op_forecast.h"

#include "app/forecast_chart.h"
#include "app/forecast_models.h"
#include "app/forecast_parts.h"
#include "app/forecast_stream.h"
#include "app/forecast_tell.h"
#include "app/holiday_file.h"
#include "app/outputs.h"
#include "app/run_header.h"
#include "app/summary.h"
#include "app/version.h"

/* Bytes that one observation, one series and one forecast number cost while their batch is alive:
 * text, columns and panel; head, outcome and hash; the number itself and its printed form. */
enum { OBS_BYTES = 48, SERIES_BYTES = 256, NUMBER_BYTES = 32 };

/* How much text a batch has and how many are alive at once, so that all of them take half of the
 * memory limit at most. Neither shows in a result. */
static void plan_memory(const norni_op_env *env, norni_reader *reader, norni_forecast_plan *plan) {
    const double numbers = (double)plan->n_specs * plan->horizon * (1 + 2 * (double)plan->levels.n);
    const norni_stream_cost cost = {OBS_BYTES, SERIES_BYTES + NUMBER_BYTES * numbers, 4};
    plan->n_batches = norni_stream_admit(env, reader, &cost);
}

/* Opens the run folder under a header of everything that bears on a result. */
static norn_status open_store(const norni_op_env *env, const norni_forecast_opt *opt,
                              const norni_inputs *in, norni_forecast_shared *shared,
                              norn_err *err) {
    /* what is in them, not their names */
    static const char *const files[] = {"save", "load", "future", "holidays", "plot-components",
                                        NULL};
    const norni_common_opt *c = &opt->panel.common;
    norni_buf b;
    norn_status st = NORN_OK;
    if (c->resume == NULL) return NORN_OK;
    norni_buf_init(&b, &env->ctx->alloc);
    norni_buf_format(&b, "norn run folder: 3\nversion: %s\noperation: forecast\n", NORNI_VERSION);
    norni_header_rows(norni_forecast_rows, norni_n_forecast_rows, opt, files, &b);
    norni_header_rows(norni_method_rows, norni_n_method_rows, opt, files, &b);
    norni_header_panel(&opt->panel, &b);
    norni_buf_format(&b, "models kept: %s\n", opt->save ? "yes" : "no");
    if (shared->models)
        norni_buf_format(&b, "models taken up: %llu\n",
                         (unsigned long long)norni_model_store_check(shared->models->store));
    if (opt->future) st = norni_header_file(env->ctx, "future", opt->future, &b, err);
    if (opt->method.holidays && st == NORN_OK)
        st = norni_header_file(env->ctx, "holidays", opt->method.holidays, &b, err);
    shared->plan_key = norni_hash_128(b.p, b.n);
    for (size_t i = 0; i < in->n && st == NORN_OK; i++)
        st = norni_header_file(env->ctx, "input", in->path[i], &b, err);
    if (st == NORN_OK && b.failed) st = norni_alloc_fail(err, "resume", b.cap, 2);
    if (st == NORN_OK)
        st = norni_run_store_open(env->ctx, c->resume, (norni_str){b.p, b.n}, &shared->store, err);
    norni_buf_clear(&b);
    if (st == NORN_OK && norni_run_store_found(shared->store) > 0)
        norni_say(env, "%zu item%s in %s", norni_run_store_found(shared->store),
                  norni_run_store_found(shared->store) == 1 ? " of an earlier run is"
                                                            : "s of an earlier run are",
                  c->resume);
    return st;
}

static void say_report(const norni_op_env *env, const norni_forecast_totals *t, bool loads) {
    const norni_align_report *r = &t->run.report;
    norni_say(env, "%zu series, %zu %sobservations%s", t->run.n_series, t->run.n_obs,
              loads ? "new " : "", t->mixed ? ", of mixed frequencies" : "");
    if (r->n_gaps > 0)
        norni_say(env, "%zu missing periods in %zu series filled with missing values; first: %s",
                  r->n_gaps, r->n_gap_series, r->first_gap);
    if (r->n_duplicates > 0)
        norni_say(env, "%zu duplicate rows resolved; first: %s", r->n_duplicates,
                  r->first_duplicate);
}

static void say_models(const norni_op_env *env, const norni_forecast_opt *opt,
                       const norni_models *m, const norni_forecast_totals *t) {
    const size_t n = (size_t)norni_model_store_n(m->store);
    norni_say(env, "%zu of %zu kept series go on from %s", t->n_taken, n, m->path);
    if (t->n_fresh > 0)
        norni_say(env, "%zu series have no kept models there: they were fitted", t->n_fresh);
    if (n > t->n_taken + t->n_fresh && opt->save)
        norni_say(env, "series without data here are kept in %s as they were", opt->save);
}

static void fill_result(const norni_forecast_totals *t, double threshold, norni_op_result *out) {
    out->n_items = t->run.n_items;
    out->n_ok = t->n_ok;
    out->n_fallback = t->n_fallback;
    out->n_failed = t->n_failed;
    out->above_threshold = (double)t->n_failed > threshold * (double)t->run.n_items;
    norni_hash_text(t->run.digest, out->digest);
}

/* Both charts of a run. */
typedef struct forecast_charts {
    norni_forecast_chart series;
    norni_forecast_parts parts;
    bool wants_series, wants_parts;
} forecast_charts;

static norn_status see_charts(void *user, const norni_forecast *f, norn_err *err) {
    forecast_charts *const c = user;
    if (c->wants_series) NORN_TRY(norni_forecast_chart_see(&c->series, f, err));
    return c->wants_parts ? norni_forecast_parts_see(&c->parts, f, err) : NORN_OK;
}

/* What is left when all forecasts are written: charts, summary, the words at the end. */
static norn_status finish(const norni_op_env *env, const norni_forecast_opt *opt,
                          const norni_models *models, const norni_forecast_totals *t,
                          forecast_charts *charts, size_t n_resumed, const norni_stopwatch *watch,
                          const norni_op_result *out, norn_err *err) {
    const norni_common_opt *common = &opt->panel.common;
    say_report(env, t, models != NULL);
    if (models != NULL) say_models(env, opt, models, t);
    if (common->plot)
        NORN_TRY(norni_forecast_chart_write(&charts->series, t->run.n_series, common->plot, err));
    if (opt->plot_components)
        NORN_TRY(norni_forecast_parts_write(env, &charts->parts, opt->plot_components, err));
    if (common->summary) {
        const norni_summary s = {.operation = "forecast",
                                 .n_items = t->run.n_items,
                                 .n_ok = t->n_ok,
                                 .n_fallback = t->n_fallback,
                                 .n_failed = t->n_failed,
                                 .n_cut = t->n_cut,
                                 .by_clock = opt->method.budget_ms > 0,
                                 .n_taken = t->n_taken,
                                 .n_fresh = t->n_fresh,
                                 .loads = models != NULL,
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
    norni_outcome_say(env, t->n_fallback, &t->first_fallback, t->n_without, t->n_cut);
    if (t->first_failures.n > 0)
        norni_say(env, "%.*s", (int)t->first_failures.n, t->first_failures.p);
    return NORN_OK;
}

/* Runs an opened reader (NULL: the series of the models) to its end. */
static norn_status run_reader(const norni_op_env *env, const norni_forecast_opt *opt,
                              const norni_inputs *in, norni_forecast_plan *plan,
                              norni_reader *reader, const norni_models *models,
                              const norni_stopwatch *watch, norni_op_result *out, norn_err *err) {
    const norni_common_opt *common = &opt->panel.common;
    norni_tally tally;
    pthread_rwlock_t room = PTHREAD_RWLOCK_INITIALIZER;
    norni_forecast_shared shared = {.tally = &tally, .room = &room, .models = models};
    forecast_charts charts = {.wants_series = common->plot != NULL,
                              .wants_parts = opt->plot_components != NULL};
    norni_forecast_totals t;
    norni_forecast_tell tell;
    norn_err closing = {NORN_OK, ""};
    norni_tally_init(&tally);
    plan_memory(env, reader, plan);
    NORN_TRY(open_store(env, opt, in, &shared, err));
    norni_forecast_tell_init(&tell, env);
    if (env->item != NULL) shared.tell = &tell;
    norni_forecast_chart_init(&charts.series, env->ctx);
    norni_forecast_parts_init(&charts.parts, env->ctx);
    const norni_forecast_watch see = {see_charts, &charts};
    norn_status st =
        norni_forecast_stream(env, opt, plan, reader, &shared, &see, &t, &out->input_failed, err);
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
        st = finish(env, opt, models, &t, &charts, n_found, watch, out, err);
    }
    norni_forecast_parts_clear(&charts.parts);
    norni_forecast_chart_clear(&charts.series);
    norni_forecast_totals_clear(&t);
    norni_forecast_tell_clear(&tell);
    pthread_rwlock_destroy(&room);
    return st;
}

/* Which columns are exogenous is the future's to say. */
static norn_status read_future(const norni_op_env *env, const norni_forecast_opt *opt,
                               norni_forecast_plan *plan, norni_read_opt *read,
                               norni_future *future, norn_err *err) {
    read->no_exogenous = opt->future == NULL;
    if (opt->future == NULL && opt->load == NULL)
        NORN_TRY(norni_columns_check(plan->specs, plan->n_specs, NULL, 0, "--future", err));
    if (opt->future == NULL) return NORN_OK;
    if (read->layout != NORNI_LAYOUT_LONG)
        return norn_fail(err, NORN_E_ARG, "--future needs the long layout");
    NORN_TRY(norni_exogenous_check(env->models, plan->specs, plan->n_specs, "--future", err));
    NORN_TRY(norni_future_read(env->ctx, opt->future, read, future, err));
    read->x_cols = future->names;
    read->n_x_cols = future->n_x;
    plan->future = future;
    NORN_TRY(norni_columns_check(plan->specs, plan->n_specs, future->names, future->n_x, "--future",
                                 err));
    for (size_t k = 0; k < plan->n_specs; k++) {
        const norni_spec *spec = &plan->specs[k];
        if (!spec->model->exogenous)
            norni_say(env, "%.*s does not use the exogenous columns", (int)spec->column.n,
                      spec->column.p);
    }
    return NORN_OK;
}

/* What cannot be asked for together. */
static norn_status check_together(const norni_forecast_opt *opt, norn_err *err) {
    if (opt->panel.data.n == 0 && opt->load == NULL)
        return norn_fail(err, NORN_E_ARG,
                         "DATA is missing: norn forecast DATA … (see `norn help forecast`)");
    if (opt->load != NULL && strcmp(opt->load, "-") == 0)
        return norn_fail(err, NORN_E_ARG, "--load: models come from a file; '-' names none");
    if (opt->load != NULL && opt->fitted)
        return norn_fail(err, NORN_E_ARG,
                         "--fitted: kept models have no history; leave out --load or --fitted");
    if (opt->load != NULL && opt->method.intervals == NORNI_INTERVALS_CONFORMAL)
        return norn_fail(err, NORN_E_ARG,
                         "--intervals conformal: kept models have no history to be tried on; leave "
                         "out --load or --intervals");
    if (opt->future != NULL && (opt->load || opt->save))
        return norn_fail(err, NORN_E_ARG,
                         "--future: models of exogenous columns are not kept; leave out --%s",
                         opt->load ? "load" : "save");
    if (opt->method.holidays != NULL && opt->load != NULL)
        return norn_fail(err, NORN_E_ARG,
                         "--holidays: kept models have their own; leave out --load or --holidays");
    if (opt->plot_components != NULL && opt->load != NULL)
        return norn_fail(err, NORN_E_ARG,
                         "--plot-components: kept models have no history; leave out --load or "
                         "--plot-components");
    return norni_method_check(&opt->method, err);
}

/* Everything that a run needs, made ready in order. */
typedef struct forecast_call {
    norni_forecast_opt opt;
    norni_arena arena;
    norni_forecast_plan plan;
    norni_read_opt read;
    norni_inputs in;
    norni_future future;
    norni_models models;
    norni_reader *reader;
} forecast_call;

/* A model that uses exogenous columns is another one without them: that is told. */
static void say_unused(const norni_op_env *env, const forecast_call *c) {
    char names[160];
    bool any = false;
    for (size_t k = 0; k < c->plan.n_specs; k++)
        any = any || c->plan.specs[k].model->exogenous;
    if (!any || c->opt.future != NULL || c->opt.load != NULL) return;
    const size_t n = norni_reader_skipped(c->reader, names, sizeof names);
    if (n > 0)
        norni_say(env, "warning: column%s %s %s not used: no future values (--future FILE)",
                  n == 1 ? "" : "s", names, n == 1 ? "is" : "are");
}

static norn_status load_models(const norni_op_env *env, forecast_call *c, norn_err *err) {
    if (c->opt.load == NULL) return NORN_OK;
    const norn_status st = norni_models_open(env->ctx, c->opt.load, &c->models, err);
    c->models.gaps = c->read.align.gaps;
    c->models.has_freq = c->read.align.has_freq;
    c->models.freq = c->read.align.freq;
    c->models.from_store = c->opt.panel.data.n == 0;
    if (st == NORN_E_IO) return NORN_E_DATA; /* the words are the same: it is no input */
    return st == NORN_OK ? norni_models_fill(&c->models, &c->opt, err) : st;
}

static norn_status prepare(const norni_op_env *env, forecast_call *c, norn_err *err) {
    norni_inputs all;
    const norni_output more[] = {{"--future", c->opt.future},
                                 {"--holidays", c->opt.method.holidays}};
    NORN_TRY(check_together(&c->opt, err));
    NORN_TRY(norni_panel_read_opt(&c->opt.panel, &c->read, err));
    NORN_TRY(load_models(env, c, err));
    norni_forecast_opt_fill(&c->opt);
    NORN_TRY(norni_forecast_plan_make(env->models, &c->opt, &c->arena, &c->plan, err));
    if (c->opt.load) NORN_TRY(norni_models_match(&c->models, &c->plan, err));
    if (c->opt.save) NORN_TRY(norni_models_check(&c->plan, err));
    if (c->opt.plot_components) NORN_TRY(norni_forecast_parts_check(&c->plan, err));
    NORN_TRY(norni_inputs_expand(&c->opt.panel.data, &c->arena, &c->in, err));
    NORN_TRY(norni_inputs_join(&c->in, more, 2, &c->arena, &all, err));
    return norni_outputs_check_common(
        &all, &c->opt.panel.common,
        (norni_output[2]){{"--save", c->opt.save}, {"--plot-components", c->opt.plot_components}},
        err);
}

norn_status norni_op_forecast(const norni_op_env *env, const void *options, norni_op_result *out,
                              norn_err *err) {
    const norni_stopwatch watch = norni_stopwatch_start();
    forecast_call c = {.reader = NULL};
    memcpy(&c.opt, options, sizeof c.opt);
    norni_arena_init(&c.arena, &env->ctx->alloc);
    norn_status st = prepare(env, &c, err);
    if (st != NORN_OK) goto done;
    st = read_future(env, &c.opt, &c.plan, &c.read, &c.future, err);
    if (st == NORN_E_IO || st == NORN_E_LIMIT) st = NORN_E_DATA; /* the input's exit code */
    if (st == NORN_OK)
        st = norni_holiday_file(env->ctx, env->models, c.plan.specs, c.plan.n_specs,
                                c.opt.method.holidays, &c.arena, &c.plan.holidays, err);
    if (st != NORN_OK) goto done;
    norni_intervals_say(env, &c.opt.method, c.plan.specs, c.plan.n_specs, c.plan.levels.n);
    if (c.in.n > 0) st = norni_reader_open(env->ctx, &c.in, &c.read, &c.reader, err);
    out->input_failed =
        st == NORN_E_IO || st == NORN_E_FORMAT || st == NORN_E_DATA || st == NORN_E_LIMIT;
    if (st == NORN_OK && c.in.n > 0) say_unused(env, &c);
    if (st == NORN_OK)
        st = run_reader(env, &c.opt, &c.in, &c.plan, c.reader, c.opt.load ? &c.models : NULL,
                        &watch, out, err);
    norni_reader_close(c.reader);
done:
    norni_models_clear(&c.models);
    norni_future_clear(&c.future);
    norni_arena_clear(&c.arena);
    return st;
}
