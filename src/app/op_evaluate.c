/* The operation `evaluate`: how well models forecast the series of a file. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/op_evaluate.h"

#include <errno.h>
#include <math.h>
#include <sys/stat.h>

#include "app/evaluate_actual.h"
#include "app/evaluate_record.h"
#include "app/evaluate_report.h"
#include "app/evaluate_tell.h"
#include "app/method.h"
#include "app/outputs.h"
#include "app/summary.h"

enum { SLICE_BYTES = 64 << 20, PATH_ROOM = 4096 };

typedef struct evaluate_op {
    const norni_op_env *env;
    const norni_evaluate_opt *opt;
    norni_arena arena; /* of the plan and everything that lives to the end */
    norni_evaluate_plan plan;
    norni_read_opt read;
    norni_panel panel;
    norni_align_report report;
    norni_actual actual;
    norni_inputs in;
    norni_evaluate_memory memory; /* of --resume */
    size_t n_found;
    norni_tally tally;
    pthread_rwlock_t room;
    norni_evaluate_columns columns;
    norni_table_out out, items, errors;
    norni_evaluation e;
    size_t *order;
    bool input_failed;
} evaluate_op;

/* A model that uses exogenous columns is another one without them: that is told. */
static void say_unused(const evaluate_op *op, const norni_reader *reader) {
    char names[160];
    bool any = false;
    for (size_t k = 0; k < op->plan.n_specs; k++)
        any = any || op->plan.specs[k].model->exogenous;
    if (!any || op->plan.n_x_cols > 0) return;
    const size_t n = norni_reader_skipped(reader, names, sizeof names);
    if (n > 0)
        norni_say(op->env, "warning: column%s %s %s not used: not named by --exogenous",
                  n == 1 ? "" : "s", names, n == 1 ? "is" : "are");
}

/* The whole panel lies in memory: its later windows need what its earlier ones saw. */
static norn_status read_data(evaluate_op *op, norn_err *err) {
    norni_reader *reader = NULL;
    norn_err why = {NORN_OK, ""};
    NORN_TRY(norni_inputs_expand(&op->opt->panel.data, &op->arena, &op->in, err));
    const norni_output more[] = {{"--actual", op->opt->actual},
                                 {"--grid", op->opt->grid},
                                 {"--holidays", op->opt->method.holidays}};
    norni_inputs all;
    NORN_TRY(norni_inputs_join(&op->in, more, 3, &op->arena, &all, err));
    NORN_TRY(norni_outputs_check_common(&all, &op->opt->panel.common,
                                        (norni_output[2]){{"--errors", NULL}}, err));
    norn_status st = norni_reader_open(op->env->ctx, &op->in, &op->read, &reader, &why);
    if (st == NORN_OK) say_unused(op, reader);
    if (st == NORN_OK) st = norni_reader_gather(reader, &op->panel, &op->report, &why);
    norni_reader_close(reader);
    op->input_failed =
        st == NORN_E_IO || st == NORN_E_FORMAT || st == NORN_E_DATA || st == NORN_E_LIMIT;
    if (st == NORN_E_MEM)
        return norn_fail(err, st,
                         "the data must lie in memory as a whole, and --memory-limit is too small "
                         "for them (%s)",
                         why.text);
    if (st != NORN_OK) return norn_fail(err, st, "%s", why.text);
    if (op->panel.n_series > 0) return NORN_OK;
    op->input_failed = true;
    return norn_fail(err, NORN_E_DATA, "no data rows behind the header");
}

static norn_status choose_columns(evaluate_op *op, norn_err *err) {
    op->read.no_exogenous = op->plan.n_x_cols == 0;
    op->read.x_cols = op->plan.x_cols;
    op->read.n_x_cols = op->plan.n_x_cols;
    if (op->plan.n_x_cols == 0 || op->read.layout == NORNI_LAYOUT_LONG) return NORN_OK;
    return norn_fail(err, NORN_E_ARG, "--exogenous needs the long layout");
}

static void say_data(const evaluate_op *op) {
    const norni_panel *p = &op->panel;
    const norni_align_report *r = &op->report;
    char freq[32], season[64];
    bool mixed = false;
    for (size_t i = 1; i < p->n_series && !mixed; i++)
        mixed = p->freq[i].unit != p->freq[0].unit || p->freq[i].step != p->freq[0].step;
    norni_freq_print(freq, sizeof freq, p->freq[0], p->start[0]);
    norni_seasons_print(&op->opt->method.seasons, norni_trial_season(p, 0, &op->plan.cv.rules),
                        season, sizeof season);
    norni_say(op->env, "frequency %s%s, season length %s%s", freq, mixed ? " and others" : "",
              season, norni_freq_remedy(p->freq[0]));
    norni_say(op->env, "%zu series, %zu observations", p->n_series, p->n_obs);
    if (r->n_gaps > 0)
        norni_say(op->env,
                  "%zu missing periods in %zu series filled with missing values; first: %s",
                  r->n_gaps, r->n_gap_series, r->first_gap);
    if (r->n_duplicates > 0)
        norni_say(op->env, "%zu duplicate rows resolved; first: %s", r->n_duplicates,
                  r->first_duplicate);
}

static norn_status read_actual(evaluate_op *op, norn_err *err) {
    const norni_actual *a = &op->actual;
    if (op->opt->actual == NULL) return NORN_OK;
    const norn_status st =
        norni_actual_read(op->env->ctx, op->opt->actual, &op->read, &op->panel,
                          op->plan.cv.rules.horizon, &op->arena, &op->actual, err);
    if (st == NORN_E_IO || st == NORN_E_LIMIT) return NORN_E_DATA; /* the input's exit code */
    if (st != NORN_OK) return st;
    op->plan.cv.holdout = &op->actual.holdout;
    if (a->n_absent == op->panel.n_series)
        return norn_fail(err, NORN_E_DATA, "%s: %s", op->opt->actual, a->holdout.why[0]);
    if (a->n_unknown > 0)
        norni_say(op->env, "--actual: %zu series are not in the data; first: %s", a->n_unknown,
                  a->first_unknown);
    if (a->n_before > 0)
        norni_say(op->env, "--actual: %zu values lie inside the data and are not used",
                  a->n_before);
    if (a->n_off_grid > 0)
        norni_say(op->env, "--actual: %zu values lie between two periods of their series",
                  a->n_off_grid);
    return NORN_OK;
}

static norn_status join(char path[PATH_ROOM], const char *folder, const char *name, norn_err *err) {
    const size_t n = norni_format(path, PATH_ROOM, "%s/%s", folder, name);
    if (n + 1 < PATH_ROOM) return NORN_OK;
    return norn_fail(err, NORN_E_ARG, "--errors: the folder's name is too long");
}

/* What stands in a JSON before its tables. */
static void write_facts(evaluate_op *op) {
    const norni_evaluate_plan *plan = &op->plan;
    norni_table_out *t = &op->out;
    norni_table_fact(t, "horizon", (double)plan->cv.rules.horizon);
    norni_table_fact(t, "n_series", (double)op->panel.n_series);
    if (op->opt->actual) {
        norni_table_fact_text(t, "actual", norni_str_of(op->opt->actual));
    } else {
        norni_table_fact(t, "windows", op->opt->windows);
        norni_table_fact(t, "step", op->opt->step);
        norni_table_fact(t, "sliding", op->opt->sliding);
        norni_table_fact(t, "refit", op->opt->refit);
    }
    norni_table_fact_text(t, "intervals", norni_str_of(plan->cv.conformal ? "conformal" : "model"));
    norni_table_fact_text(t, "metric", norni_str_of(plan->metric));
}

static norn_status open_outputs(evaluate_op *op, norni_evaluate_sinks *sinks, norn_err *err) {
    norn_ctx *ctx = op->env->ctx;
    const norni_common_opt *common = &op->opt->panel.common;
    const norni_doubles *levels = &op->plan.cv.rules.levels;
    char path[PATH_ROOM];
    NORN_TRY(norni_evaluate_columns_make(levels, &op->arena, &op->columns, err));
    NORN_TRY(
        norni_table_open(ctx, common->out, norni_format_of(common), "Evaluation", &op->out, err));
    op->out.escape = !common->no_escape_formulas;
    write_facts(op);
    if (op->opt->by_series) {
        NORN_TRY(norni_by_series_begin(&op->out, &op->columns, &op->arena, err));
        sinks->by_series = &op->out;
    }
    if (common->items) {
        NORN_TRY(norni_table_open(ctx, common->items, NORNI_FORMAT_CSV, "Items", &op->items, err));
        op->items.escape = !common->no_escape_formulas;
        NORN_TRY(norni_items_begin(&op->items, err));
        sinks->items = &op->items;
    }
    if (op->opt->errors == NULL) return NORN_OK;
    NORN_TRY(norni_folder_make(op->opt->errors, "--errors", err));
    NORN_TRY(join(path, op->opt->errors, "errors.csv", err));
    NORN_TRY(norni_table_open(ctx, path, NORNI_FORMAT_CSV, "Errors", &op->errors, err));
    op->errors.escape = !op->opt->panel.common.no_escape_formulas;
    NORN_TRY(norni_errors_begin(&op->errors, levels, &op->arena, err));
    sinks->errors = &op->errors;
    return NORN_OK;
}

/* Runs with the folder of --resume open, which is closed whatever comes of it. */
static norn_status run(evaluate_op *op, const norni_evaluate_sinks *sinks, norn_err *err) {
    const norni_budget *budget = op->env->budget;
    const char *folder = op->opt->panel.common.resume;
    size_t room = SLICE_BYTES;
    norni_evaluate_tell tell;
    norn_err why = {NORN_OK, ""}, closing = {NORN_OK, ""};
    if (budget && budget->limit > 0 && budget->limit / 8 < room) room = budget->limit / 8;
    norni_tally_init(&op->tally);
    op->plan.cv.tally = &op->tally;
    op->plan.cv.room = &op->room;
    NORN_TRY(norni_evaluate_memory_open(op->env, &op->plan, &op->in, &op->memory, err));
    norni_evaluate_tell_init(&tell, op->env, &op->plan);
    norn_status st = norni_evaluation_run(op->env, &op->plan, &op->panel, room, &op->columns, sinks,
                                          &op->arena, &op->e, &why);
    norni_evaluate_tell_clear(&tell);
    if (op->memory.store) op->n_found = norni_run_store_found(op->memory.store);
    const norn_status closed = norni_evaluate_memory_close(&op->memory, &closing);
    if (st == NORN_OK && closed != NORN_OK) {
        st = closed;
        why = closing;
    }
    if (st == NORN_E_CANCEL && folder != NULL)
        norni_say(op->env, "every finished item is kept in %s; the same command goes on from there",
                  folder);
    if (st == NORN_E_MEM) return norn_fail(err, st, "%s; allow more with --memory-limit", why.text);
    return st == NORN_OK ? st : norn_fail(err, st, "%s", why.text);
}

static norn_status write_text(evaluate_op *op, const char *path, const norni_buf *b,
                              norn_err *err) {
    norni_out out;
    if (b->failed) return norni_alloc_fail(err, "output", b->cap, 2);
    NORN_TRY(norni_out_open(&out, &op->env->ctx->alloc, path, err));
    norni_buf_add(&out.buf, b->p, b->n);
    norn_status st =
        out.buf.failed ? norni_alloc_fail(err, "output", b->n, 1) : norni_out_commit(&out, err);
    norni_out_abort(&out);
    return st;
}

static norn_status write_chart(evaluate_op *op, const char *path, norn_err *err) {
    norni_buf b;
    norni_buf_init(&b, &op->env->ctx->alloc);
    norn_status st = norni_evaluate_chart(&op->e, op->order, &op->arena, &b, err);
    if (st == NORN_OK) st = write_text(op, path, &b, err);
    norni_buf_clear(&b);
    return st;
}

/* One of the folder's small tables. */
static norn_status write_part(evaluate_op *op, const char *name, bool worst, norn_err *err) {
    norni_table_out t;
    char path[PATH_ROOM];
    norn_status st;
    NORN_TRY(join(path, op->opt->errors, name, err));
    NORN_TRY(norni_table_open(op->env->ctx, path, NORNI_FORMAT_CSV, name, &t, err));
    t.escape = !op->opt->panel.common.no_escape_formulas;
    st = worst ? norni_worst_table(&op->e, op->order, &op->columns, &op->arena, &t, err)
               : norni_horizon_table(&op->e, op->order, &op->arena, &t, err);
    if (st == NORN_OK) st = norni_table_commit(&t, err);
    norni_table_abort(&t);
    return st;
}

static norn_status write_errors(evaluate_op *op, norn_err *err) {
    char path[PATH_ROOM];
    norni_buf b;
    if (op->opt->errors == NULL) return NORN_OK;
    NORN_TRY(norni_table_commit(&op->errors, err));
    NORN_TRY(write_part(op, "by_horizon.csv", false, err));
    NORN_TRY(write_part(op, "worst.csv", true, err));
    NORN_TRY(join(path, op->opt->errors, "by_horizon.svg", err));
    NORN_TRY(write_chart(op, path, err));
    NORN_TRY(join(path, op->opt->errors, "report.md", err));
    norni_buf_init(&b, &op->env->ctx->alloc);
    norni_evaluate_words(&op->e, op->order, &op->columns, &b);
    const norn_status st = write_text(op, path, &b, err);
    norni_buf_clear(&b);
    return st;
}

static norn_status write_results(evaluate_op *op, norn_err *err) {
    const norni_common_opt *common = &op->opt->panel.common;
    NORN_TRY(norni_evaluate_order(&op->e, &op->arena, &op->order, err));
    if (op->out.json || !op->opt->by_series)
        NORN_TRY(norni_models_table(&op->e, op->order, &op->columns, &op->arena, &op->out, err));
    if (op->out.json) NORN_TRY(norni_horizon_table(&op->e, op->order, &op->arena, &op->out, err));
    NORN_TRY(norni_table_commit(&op->out, err));
    if (common->items) NORN_TRY(norni_table_commit(&op->items, err));
    NORN_TRY(write_errors(op, err));
    return common->plot ? write_chart(op, common->plot, err) : NORN_OK;
}

static norn_status write_summary(evaluate_op *op, const norni_stopwatch *watch, const char *digest,
                                 norn_err *err) {
    const norni_common_opt *common = &op->opt->panel.common;
    if (common->summary == NULL) return NORN_OK;
    const norni_summary s = {.operation = "evaluate",
                             .n_items = op->e.n_items,
                             .n_ok = op->e.n_ok,
                             .n_fallback = op->e.n_fallback,
                             .n_failed = op->e.n_failed,
                             .n_cut = op->e.n_cut,
                             .by_clock = op->opt->method.budget_ms > 0,
                             .failures = &op->e.failures,
                             .digest = digest,
                             .out_path = common->out,
                             .budget = op->env->budget,
                             .watch = *watch,
                             .n_resumed = op->n_found};
    return norni_summary_write(op->env->ctx, &s, common->summary, err);
}

static void say_end(const evaluate_op *op, const norni_stopwatch *watch, const char *digest) {
    const norni_evaluation *e = &op->e;
    norni_evaluate_say(op->env, e, op->order);
    if (op->opt->grid) {
        const norni_str best = op->plan.specs[op->order[0]].column;
        norni_say(op->env, "best of %zu by %s: %.*s", op->plan.n_specs, op->plan.metric,
                  (int)best.n, best.p);
    }
    if (e->n_short > 0)
        norni_say(op->env, "%zu series are too short for all windows; their oldest are left out",
                  e->n_short);
    if (e->n_unscaled > 0)
        norni_say(op->env, "%zu series have no MASE: their training sets are constant or too short",
                  e->n_unscaled);
    norni_say(op->env, "%zu of %zu items ok (%zu by fallback), %zu failed, in %g s; digest %s",
              e->n_ok, e->n_items, e->n_fallback, e->n_failed,
              (double)(int64_t)(norni_stopwatch_seconds(watch) * 1000 + 0.5) / 1000, digest);
    norni_outcome_say(op->env, e->n_fallback, &e->first_fallback, e->n_without, e->n_cut);
    if (e->first_failures.n > 0)
        norni_say(op->env, "%.*s", (int)e->first_failures.n, e->first_failures.p);
}

static norn_status finish(evaluate_op *op, const norni_stopwatch *watch, norni_op_result *out,
                          norn_err *err) {
    const norni_evaluation *e = &op->e;
    NORN_TRY(write_results(op, err));
    norni_hash_text(e->digest, out->digest);
    out->n_items = e->n_items;
    out->n_ok = e->n_ok;
    out->n_fallback = e->n_fallback;
    out->n_failed = e->n_failed;
    out->above_threshold =
        (double)e->n_failed > op->opt->panel.common.error_threshold * (double)e->n_items;
    NORN_TRY(write_summary(op, watch, out->digest, err));
    say_end(op, watch, out->digest);
    return NORN_OK;
}

norn_status norni_op_evaluate(const norni_op_env *env, const void *options, norni_op_result *out,
                              norn_err *err) {
    const norni_stopwatch watch = norni_stopwatch_start();
    norni_evaluate_opt opt;
    memcpy(&opt, options, sizeof opt);
    norni_evaluate_opt_fill(&opt);
    evaluate_op op = {.env = env, .opt = &opt};
    norni_evaluate_sinks sinks = {NULL, NULL, NULL};
    norn_status st;
    (void)pthread_rwlock_init(&op.room, NULL);
    norni_arena_init(&op.arena, &env->ctx->alloc);
    NORN_TRY_GOTO(norni_evaluate_plan_make(env->ctx, env->models, op.opt, &op.arena, &op.plan, err),
                  done);
    NORN_TRY_GOTO(norni_panel_read_opt(&op.opt->panel, &op.read, err), done);
    NORN_TRY_GOTO(choose_columns(&op, err), done);
    NORN_TRY_GOTO(read_data(&op, err), done);
    say_data(&op);
    norni_intervals_say(env, &op.opt->method, op.plan.specs, op.plan.n_specs,
                        op.plan.cv.rules.levels.n);
    NORN_TRY_GOTO(read_actual(&op, err), done);
    NORN_TRY_GOTO(open_outputs(&op, &sinks, err), done);
    NORN_TRY_GOTO(run(&op, &sinks, err), done);
    NORN_TRY_GOTO(finish(&op, &watch, out, err), done);
done:
    out->input_failed = op.input_failed;
    norni_table_abort(&op.out);
    norni_table_abort(&op.items);
    norni_table_abort(&op.errors);
    norni_evaluation_clear(&op.e);
    norni_panel_clear(&op.panel);
    norni_arena_clear(&op.arena);
    (void)pthread_rwlock_destroy(&op.room);
    return st;
}
