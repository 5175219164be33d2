/* The operation `multi`: a table of targets and drivers in, forecasts and their reasons out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/op_multi.h"

#include "app/forecast_chart.h"
#include "app/multi_analyse.h"
#include "app/multi_etl.h"
#include "app/multi_keep.h"
#include "app/multi_room.h"
#include "app/multi_write.h"
#include "app/outputs.h"
#include "app/registry.h"
#include "app/run_header.h"
#include "app/version.h"
#include "io/wide_read.h"

typedef struct multi_op {
    norni_multi_call c;
    norni_inputs in;
    norni_run_store *store;
    norni_hash128 plan_key;
    norni_stopwatch watch;
    char digest[NORNI_DIGEST_TEXT];
    const char *summary;
} multi_op;

/* ---- outputs ---- */

static const char *in_folder(multi_op *m, const char *folder, const char *name, norn_err *err) {
    char path[4096];
    const size_t n = norni_format(path, sizeof path, "%s/%s", folder, name);
    const char *kept = n + 1 < sizeof path ? norni_arena_text(&m->c.arena, path, n) : NULL;
    if (kept == NULL)
        (void)norn_fail(err, NORN_E_ARG, "--output: the folder's name is too long: %s", folder);
    return kept;
}

/* --output takes what has no file of its own. */
static norn_status place_outputs(multi_op *m, norn_err *err) {
    norni_multi_opt *o = &m->c.opt;
    norni_common_opt *common = &o->panel.common;
    if (o->output && strcmp(common->out, "-") == 0) {
        common->out = in_folder(m, o->output, "forecast.csv", err);
        if (common->out == NULL) return NORN_E_ARG;
    }
    NORN_TRY(norni_table_format_check(common, err));
    m->summary = common->summary;
    if (o->output && m->summary == NULL) {
        m->summary = in_folder(m, o->output, "summary.json", err);
        if (m->summary == NULL) return NORN_E_ARG;
    }
    const norni_output all[] = {{"--out", common->out},
                                {"--summary", m->summary},
                                {"--items", common->items},
                                {"--plot", common->plot},
                                {"--save", o->save}};
    norni_inputs inputs;
    const norni_output more[] = {{"--future", o->future}};
    NORN_TRY(norni_inputs_expand(&o->panel.data, &m->c.arena, &m->in, err));
    NORN_TRY(norni_inputs_join(&m->in, more, 1, &m->c.arena, &inputs, err));
    return norni_outputs_check(&inputs, all, sizeof all / sizeof all[0], err);
}

/* ---- the table ---- */

static norn_status read_table(multi_op *m, norn_err *err) {
    norni_multi_call *c = &m->c;
    const norni_multi_room room = {&c->plan, &c->arena};
    norni_wide_opt opt = c->plan.wide;
    opt.path = m->in.path;
    opt.n_paths = m->in.n;
    opt.made = norni_multi_room_made;
    opt.made_user = &room;
    opt.made_memory = norni_multi_room_memory(&c->plan);
    const norn_status st =
        norni_wide_read(c->env->ctx, NULL, &opt, &c->arena, &c->table.wide, &c->table.report, err);
    c->input_failed =
        st == NORN_E_IO || st == NORN_E_FORMAT || st == NORN_E_DATA || st == NORN_E_LIMIT;
    return st;
}

/* ---- --analyse ---- */

/* What the target's values are like, and what cleaning them does: files and words, no forecasts. */
static norn_status analyse(multi_op *m, norn_err *err) {
    norni_multi_call *c = &m->c;
    const norni_learner_set *set = c->env->learners ? c->env->learners : norni_registry_learners();
    const norni_analyse_task task = {.table = &c->table.wide,
                                     .target = norni_str_of(c->opt.analyse),
                                     .learner = norni_learner_find(set, norni_str_of("ebm")),
                                     .seed = c->plan.seed,
                                     .folder = c->opt.output ? c->opt.output : "analysis"};
    norni_out out;
    if (task.learner == NULL) return norn_fail(err, NORN_E_ARG, "--analyse needs the learner ebm");
    NORN_TRY(norni_out_open(&out, &c->env->ctx->alloc, "-", err));
    norn_status st = norni_multi_analyse(c->env, &task, &out.buf, err);
    c->input_failed = st == NORN_E_DATA;
    if (st == NORN_OK)
        st = out.buf.failed ? norni_alloc_fail(err, "analyse", out.buf.cap, 2)
                            : norni_out_commit(&out, err);
    norni_out_abort(&out);
    return st;
}

/* ---- the run folder ---- */

static norn_status open_store(multi_op *m, norn_err *err) {
    /* what only chooses what is shown, or whose content is hashed */
    static const char *const shown[] = {"level",  "output", "errors",        "explain",
                                        "save",   "load",   "explain-steps", "analyse",
                                        "future", "etl",    "allow-leaks",   NULL};
    const norni_multi_opt *o = &m->c.opt;
    const char *folder = o->panel.common.resume;
    norni_buf b;
    norn_status st = NORN_OK;
    if (folder == NULL) return NORN_OK;
    norni_buf_init(&b, &m->c.env->ctx->alloc);
    norni_buf_format(&b, "norn run folder: 3\nversion: %s\noperation: multi\n", NORNI_VERSION);
    norni_header_rows(norni_multi_rows, norni_n_multi_rows, o, shown, &b);
    norni_header_rows(norni_multi_method_rows, norni_n_multi_method_rows, o, shown, &b);
    norni_header_panel(&o->panel, &b);
    norni_buf_format(&b, "states kept: %s\n", o->save || o->explain ? "yes" : "no");
    if (o->future) st = norni_header_file(m->c.env->ctx, "future", o->future, &b, err);
    for (size_t i = 0; i < m->in.n && st == NORN_OK; i++)
        st = norni_header_file(m->c.env->ctx, "input", m->in.path[i], &b, err);
    m->plan_key = norni_hash_128(b.p, b.n);
    if (st == NORN_OK && b.failed) st = norni_alloc_fail(err, "resume", b.cap, 2);
    if (st == NORN_OK)
        st = norni_run_store_open(m->c.env->ctx, folder, (norni_str){b.p, b.n}, &m->store, err);
    norni_buf_clear(&b);
    if (st == NORN_OK && norni_run_store_found(m->store) > 0)
        norni_say(m->c.env, "%zu parts of an earlier run are in %s",
                  norni_run_store_found(m->store), folder);
    return st;
}

/* The folder is closed whatever comes of the run. */
static norn_status run(multi_op *m, size_t *n_found, norn_err *err) {
    norn_err closing = {NORN_OK, ""};
    NORN_TRY(open_store(m, err));
    *n_found = m->store ? norni_run_store_found(m->store) : 0;
    norn_status st = norni_multi_call_run(&m->c, m->store, m->plan_key, NULL, err);
    const norn_status closed = norni_run_store_close(m->store, &closing);
    if (st == NORN_OK && closed != NORN_OK) {
        st = closed;
        if (err != NULL) *err = closing;
    }
    if (st == NORN_E_CANCEL && m->store)
        norni_say(m->c.env,
                  "every finished part is kept in %s; the same command goes on from there",
                  m->c.opt.panel.common.resume);
    return st;
}

/* ---- what is written ---- */

static norn_status write_chart(const multi_op *m, norn_err *err) {
    const char *path = m->c.opt.panel.common.plot;
    norni_forecast_chart chart;
    if (path == NULL) return NORN_OK;
    norni_forecast_chart_init(&chart, m->c.env->ctx);
    norn_status st = norni_forecast_chart_see(&chart, &m->c.answer.f, err);
    if (st == NORN_OK) st = norni_forecast_chart_write(&chart, m->c.table.n_targets, path, err);
    norni_forecast_chart_clear(&chart);
    return st;
}

/* The metrics as a table: to stdout when the forecasts are in a folder, else to stderr. */
static norn_status say_metrics(const multi_op *m, norn_err *err) {
    const norni_multi_call *c = &m->c;
    norni_out out;
    norni_buf b;
    if (c->table.n_windows == 0) return NORN_OK;
    if (c->opt.output != NULL) {
        NORN_TRY(norni_out_open(&out, &c->env->ctx->alloc, "-", err));
        norni_multi_metrics_words(&c->job, &c->metrics, &out.buf);
        const norn_status st = out.buf.failed ? norni_alloc_fail(err, "metrics", out.buf.cap, 2)
                                              : norni_out_commit(&out, err);
        norni_out_abort(&out);
        return st;
    }
    norni_buf_init(&b, &c->env->ctx->alloc);
    norni_multi_metrics_words(&c->job, &c->metrics, &b);
    for (size_t at = 0; !b.failed && at < b.n;) {
        const char *end = memchr(b.p + at, '\n', b.n - at);
        const size_t n = end ? (size_t)(end - b.p) - at : b.n - at;
        norni_say(c->env, "%.*s", (int)n, b.p + at);
        at += n + 1;
    }
    norni_buf_clear(&b);
    return NORN_OK;
}

static norn_status write_reasons(multi_op *m, norn_err *err) {
    norni_multi_reason *reason;
    size_t n;
    if (m->c.opt.explain == NULL) return NORN_OK;
    NORN_TRY(norni_multi_call_reasons(&m->c, &reason, &n, err));
    if (n == 0) norni_say(m->c.env, "no model of this run explains its forecasts");
    return norni_multi_reasons_write(m->c.env->ctx, reason, n, m->c.opt.explain, err);
}

static void fill_result(multi_op *m, norni_op_result *out) {
    const norni_multi_answer *a = &m->c.answer;
    const double threshold = m->c.opt.panel.common.error_threshold;
    out->n_items = a->n_items;
    out->n_ok = a->n_ok;
    out->n_fallback = a->n_fallback;
    out->n_failed = a->n_failed;
    out->above_threshold = (double)a->n_failed > threshold * (double)a->n_items;
    norni_hash_text(a->digest, out->digest);
    memcpy(m->digest, out->digest, sizeof m->digest);
}

static void say_end(const multi_op *m, const norni_op_result *out) {
    const norni_multi_call *c = &m->c;
    const double seconds = norni_stopwatch_seconds(&m->watch);
    if (c->answer.n_parts_fallback + c->answer.n_parts_failed > 0)
        norni_say(c->env, "%zu of %zu parts are served by the last value, %zu failed",
                  c->answer.n_parts_fallback, c->job.n_items, c->answer.n_parts_failed);
    norni_multi_say_fallbacks(c);
    if (c->job.n_without > 0)
        norni_say(c->env,
                  "%zu forecasts have too few errors for an interval at every level: ask for more "
                  "--windows",
                  c->job.n_without);
    norni_say(c->env,
              "%zu of %zu targets trained, %zu of %zu forecasts ok (%zu by fallback), in %g "
              "s; digest %s",
              c->table.n_trained, c->table.n_targets, out->n_ok, out->n_items, out->n_fallback,
              (double)(int64_t)(seconds * 1000 + 0.5) / 1000, out->digest);
}

static norn_status finish(multi_op *m, size_t n_found, norni_op_result *out, norn_err *err) {
    norni_multi_call *c = &m->c;
    fill_result(m, out);
    if (c->opt.save) NORN_TRY(norni_multi_keep(&c->job, c->opt.save, err));
    NORN_TRY(norni_multi_write_forecast(c, err));
    if (c->opt.output) NORN_TRY(norni_multi_write_tables(c, c->opt.output, err));
    NORN_TRY(write_chart(m, err));
    if (c->opt.errors) {
        const norni_multi_scores s = norni_multi_call_scores(c);
        NORN_TRY(norni_multi_errors_write(c->env->ctx, &s, c->opt.errors, err));
    }
    NORN_TRY(write_reasons(m, err));
    if (m->summary)
        NORN_TRY(norni_multi_write_summary(c, m->summary, &m->watch, n_found, m->digest, err));
    NORN_TRY(say_metrics(m, err));
    say_end(m, out);
    return NORN_OK;
}

/* --etl: the plant's workbooks become tables; nothing is forecast. */
static norn_status run_etl(const norni_op_env *env, const norni_multi_opt *opt,
                           norni_op_result *out, norn_err *err) {
    norni_etl_result r;
    norni_arena arena;
    norni_inputs in;
    memset(&r, 0, sizeof r);
    if (opt->output == NULL)
        return norn_fail(err, NORN_E_ARG, "--etl writes tables into a folder: give --output DIR");
    norni_arena_init(&arena, &env->ctx->alloc);
    norn_status st = norni_inputs_expand(&opt->panel.data, &arena, &in, err);
    if (st == NORN_OK) st = norni_multi_etl(env, &in, opt->output, &r, err);
    out->input_failed = st == NORN_E_DATA || st == NORN_E_FORMAT || st == NORN_E_LIMIT;
    norni_arena_clear(&arena);
    if (st != NORN_OK) return st;
    out->n_items = out->n_ok = r.n_sheets;
    norni_hash_text(r.digest, out->digest);
    norni_say(env, "%zu sheets of %zu files: %zu days, %zu series, %zu blends; digest %s",
              r.n_sheets, r.n_files, r.n_days, r.n_series, r.n_blends, out->digest);
    return NORN_OK;
}

enum { MOST_TEXT = 160 };

/* Memory that did not do: what to do about it. */
static norn_status say_memory(const norni_multi_opt *opt, norn_err *err) {
    const uint64_t limit = norni_memory_limit(opt->panel.common.memory_limit, NULL);
    norn_err why = {NORN_OK, ""};
    if (err == NULL) return NORN_E_MEM;
    memcpy(why.text, err->text, MOST_TEXT); /* what follows must have its place */
    return norn_fail(err, NORN_E_MEM,
                     "%s; --memory-limit is %llu MiB: raise it, or ask for fewer --max-features, "
                     "--windows or models",
                     why.text, (unsigned long long)(limit >> 20));
}

norn_status norni_op_multi(const norni_op_env *env, const void *options, norni_op_result *out,
                           norn_err *err) {
    norni_multi_opt opt = *(const norni_multi_opt *)options;
    multi_op m;
    size_t n_found = 0;
    if (opt.etl) return run_etl(env, &opt, out, err);
    if (opt.analyse && opt.targets == NULL) opt.targets = opt.analyse;
    memset(&m, 0, sizeof m);
    m.watch = norni_stopwatch_start();
    norn_status st = norni_multi_call_begin(&m.c, env, &opt, err);
    if (st == NORN_OK) st = place_outputs(&m, err);
    if (st == NORN_OK) st = read_table(&m, err);
    if (st == NORN_OK && opt.analyse) {
        st = analyse(&m, err);
    } else {
        if (st == NORN_OK) st = norni_multi_call_table(&m.c, err);
        if (st == NORN_OK) st = run(&m, &n_found, err);
        if (st == NORN_OK) st = finish(&m, n_found, out, err);
    }
    out->input_failed = m.c.input_failed;
    norni_multi_call_clear(&m.c);
    return st == NORN_E_MEM ? say_memory(&opt, err) : st;
}
