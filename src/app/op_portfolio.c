/* The operation `portfolio`: prices in, a walk-forward search over rebalancing configurations out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/op_portfolio.h"

#include <math.h>

#include "app/failure.h"
#include "app/outputs.h"
#include "app/portfolio_answer.h"
#include "app/portfolio_outputs.h"
#include "app/portfolio_run.h"
#include "app/portfolio_table.h"
#include "app/summary.h"
#include "base/fp.h"

/* What a name promises and is not written here, of --out and --items (a table alone). */
static norn_status check_name(const char *flag, const char *path, bool table, norn_err *err) {
    static const char *const others[] = {"xlsx",    "xls",     "xlsm",  "xlsb", "ods",  "html",
                                         "htm",     "pdf",     "txt",   "tsv",  "yaml", "yml",
                                         "toml",    "xml",     "md",    "svg",  "png",  "jpg",
                                         "parquet", "feather", "arrow", "json"};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t n = 0;
    (void)norni_codec_of_name(name, &n);
    while (n > 0 && name[n - 1] != '.')
        n--;
    const norni_str end = {name + n, strcspn(name + n, ".")};
    for (size_t k = 0; n > 0 && k < sizeof others / sizeof others[0] - !table; k++) {
        if (!norni_str_is_nocase(end, others[k])) continue;
        return norn_fail(err, NORN_E_ARG,
                         "%s: %s is not written; portfolio writes %s, and .gz or .zst behind%s",
                         flag, others[k], table ? "csv here" : "json or csv",
                         table ? "" : "; the page and the YAML are in --output DIR");
    }
    return NORN_OK;
}

static norn_status check_names(const norni_portfolio_opt *o, norn_err *err) {
    const norni_common_opt *c = &o->common;
    NORN_TRY(check_name("--out", c->out, false, err));
    return c->items != NULL ? check_name("--items", c->items, true, err) : NORN_OK;
}

static norn_status check_outputs(const norni_op_env *env, const norni_portfolio_opt *o,
                                 norni_out_folder *made, norn_err *err) {
    const norni_common_opt *c = &o->common;
    const norni_output files[] = {
        {"--out", c->out}, {"--summary", c->summary}, {"--items", c->items}, {"--plot", c->plot}};
    const norni_output more[] = {{"--grid", o->grid}, {"--signal", o->signal}};
    norni_inputs in, all;
    norni_arena arena;
    norn_status st = NORN_OK;
    norni_arena_init(&arena, &env->ctx->alloc);
    in = o->data;
    if (o->bytes == NULL) st = norni_inputs_expand(&o->data, &arena, &in, err);
    if (st == NORN_OK) st = norni_inputs_join(&in, more, 2, &arena, &all, err);
    if (st == NORN_OK) st = norni_outputs_check(&all, files, 4, err);
    norni_arena_clear(&arena);
    if (st == NORN_OK && o->output != NULL && !o->dry_run)
        st = norni_out_folder_make(o->output, NORNI_PORTFOLIO_INSIDE, made, err);
    return st;
}

static void say_dry(const norni_portfolio_run *r) {
    norni_buf b;
    norni_buf_init(&b, &r->env->ctx->alloc);
    norni_port_dry_text(&r->dry, &b);
    if (!b.failed) norni_say_lines(r->env, (norni_str){b.p, b.n});
    norni_buf_clear(&b);
}

/* ---- what is written ---- */

static norn_status write_out(const norni_portfolio_run *r, norn_err *err) {
    const norni_common_opt *c = &r->plan.opt->common;
    norni_out out;
    NORN_TRY(norni_out_open(&out, &r->env->ctx->alloc, c->out, err));
    norn_status st = r->plan.format == NORNI_FORMAT_CSV && r->searched
                         ? norni_portfolio_table_write(r, !c->no_escape_formulas, &out, err)
                         : norni_portfolio_answer_json(r, &out.buf, err);
    if (st == NORN_OK) st = norni_out_commit(&out, err);
    norni_out_abort(&out);
    return st;
}

/* --items: a row for each configuration is what the table is. */
static norn_status write_items(const norni_portfolio_run *r, norn_err *err) {
    const norni_common_opt *c = &r->plan.opt->common;
    norni_out out;
    if (c->items == NULL) return NORN_OK;
    NORN_TRY(norni_out_open(&out, &r->env->ctx->alloc, c->items, err));
    norn_status st = norni_portfolio_table_write(r, !c->no_escape_formulas, &out, err);
    if (st == NORN_OK) st = norni_out_commit(&out, err);
    norni_out_abort(&out);
    return st;
}

static norn_status list_failures(const norni_portfolio_run *r, norni_spool *failures,
                                 norn_err *err) {
    const norni_buf *b = &r->result.failed;
    norni_buf text;
    norni_buf_init(&text, &r->env->ctx->alloc);
    for (size_t at = 0; at + sizeof(norni_port_failed) <= b->n; at += sizeof(norni_port_failed)) {
        norni_port_failed f;
        char id[24];
        memcpy(&f, b->p + at, sizeof f);
        const size_t n = norni_format(id, sizeof id, "%llu", (unsigned long long)f.id);
        norni_outcome o = {.status = f.why.code, .attempts = 1, .message = f.why.text};
        norni_failure_json((norni_str){id, n}, norni_str_of("portfolio"), NULL, &o, &text);
    }
    norn_status st = text.failed ? norni_alloc_fail(err, "summary", text.cap, 2) : NORN_OK;
    if (st == NORN_OK && text.n > 0) st = norni_spool_add(failures, text.p, text.n, err);
    norni_buf_clear(&text);
    return st;
}

static double rate(const norni_portfolio_run *r) {
    const double s = r->result.simulate_seconds;
    return s > 0 ? (double)r->result.n_simulated / s : 0;
}

static void more_summary(norni_json *j, const void *arg) {
    const norni_portfolio_run *r = arg;
    norni_portfolio_counts_json(r, j);
    norni_json_key_count(j, "n_splits", r->result.n_splits);
    norni_json_key_int(j, "n_simulated", (int64_t)r->result.n_simulated);
    norni_json_key_count(j, "n_estimate_fallbacks", r->result.n_estimate_fallbacks);
    norni_json_key_num(j, "simulate_seconds", r->result.simulate_seconds);
    norni_json_key_num(j, "backtests_per_second", rate(r));
    norni_json_key_num(j, "input_bytes", (double)r->report.n_bytes);
}

static norn_status write_summary(const norni_portfolio_run *r, const norni_op_result *x,
                                 const norni_stopwatch *watch, norn_err *err) {
    const norni_common_opt *c = &r->plan.opt->common;
    norni_spool failures;
    if (c->summary == NULL) return NORN_OK;
    norni_spool_init(&failures, &r->env->ctx->alloc, (size_t)1 << 20);
    norn_status st = list_failures(r, &failures, err);
    const norni_summary s = {.operation = "portfolio",
                             .n_items = x->n_items,
                             .n_ok = x->n_ok,
                             .n_failed = x->n_failed,
                             .failures = &failures,
                             .digest = x->digest,
                             .out_path = c->out,
                             .budget = r->env->budget,
                             .watch = *watch,
                             .more = more_summary,
                             .more_arg = r};
    if (st == NORN_OK) st = norni_summary_write(r->env->ctx, &s, c->summary, err);
    norni_spool_clear(&failures);
    return st;
}

/* ---- how it ended ---- */

static const char remedy[] =
    "; allow more with --memory-limit, or ask for fewer configurations (--dry-run tells of both)";

static void count(const norni_portfolio_run *r, norni_op_result *out) {
    const norni_port_result *x = &r->result;
    out->n_items = (size_t)r->counts.n_usable;
    out->n_failed = (size_t)x->n_failed;
    out->n_ok = out->n_items - out->n_failed;
    out->above_threshold =
        (double)out->n_failed > r->plan.opt->common.error_threshold * (double)out->n_items;
    norni_hash_text(x->digest, out->digest);
    if (x->failed.n < sizeof(norni_port_failed)) return;
    norni_port_failed f;
    memcpy(&f, x->failed.p, sizeof f);
    norni_format(out->why, sizeof out->why, "%s", f.why.text);
}

static double three(double x) {
    return floor(x * 1000 + 0.5) / 1000;
}

static void put_share(norni_buf *b, const char *name, double x) {
    if (isfinite(x))
        norni_buf_format(b, "%s %g", name, three(x));
    else
        norni_buf_format(b, "%s not known", name);
}

static void say_luck(const norni_portfolio_run *r) {
    const norni_port_result *p = &r->result;
    norni_buf b;
    norni_buf_init(&b, &r->env->ctx->alloc);
    put_share(&b, "out of sample: outperformance", p->top[0].row.outperformance);
    put_share(&b, " a window, Sharpe", p->top[0].row.sharpe);
    put_share(&b, "; deflated Sharpe probability", p->deflated.deflated);
    put_share(&b, ", of a higher mean than buying and holding", p->excess.probabilistic);
    put_share(&b, ", of overfitting (PBO)", p->pbo.n_trials ? p->pbo.pbo : NORNI_NAN);
    norni_say(r->env, "%.*s", (int)(b.failed ? 0 : b.n), b.p ? b.p : "");
    norni_buf_clear(&b);
}

static void say_end(const norni_portfolio_run *r, const norni_op_result *x,
                    const norni_stopwatch *watch) {
    const norni_port_result *p = &r->result;
    norni_buf words;
    norni_buf_init(&words, &r->env->ctx->alloc);
    norni_port_config_words(&p->top[0].config, r->prices.symbol, &words);
    norni_say(r->env, "best: %llu, %.*s", (unsigned long long)p->top[0].row.id,
              (int)(words.failed ? 0 : words.n), words.p ? words.p : "");
    norni_buf_clear(&words);
    say_luck(r);
    norni_say(r->env,
              "%zu configurations, %llu distinct, %llu backtests simulated in %g s, %g a second; "
              "%zu failed; %g s in all; digest %s",
              x->n_items, (unsigned long long)r->counts.n_distinct,
              (unsigned long long)p->n_simulated, three(p->simulate_seconds), floor(rate(r)),
              x->n_failed, three(norni_stopwatch_seconds(watch)), x->digest);
}

static norn_status finish(const norni_portfolio_run *r, const norni_stopwatch *watch,
                          norni_op_result *out, norn_err *err) {
    const norni_portfolio_opt *o = r->plan.opt;
    norni_say_lines(r->env, (norni_str){r->notes.p, r->searched ? r->notes.n : r->own_notes});
    if (!r->searched) {
        say_dry(r);
        return write_out(r, err);
    }
    count(r, out);
    if (o->output != NULL)
        NORN_TRY(norni_portfolio_outputs_write(r, o->output, norni_portfolio_moment(o), err));
    if (o->common.plot != NULL) NORN_TRY(norni_portfolio_plot_write(r, o->common.plot, err));
    NORN_TRY(write_items(r, err));
    NORN_TRY(write_out(r, err));
    NORN_TRY(write_summary(r, out, watch, err));
    say_end(r, out, watch);
    if (r->env->stage != NULL) r->env->stage(r->env->hook_user, "complete", 100);
    return NORN_OK;
}

norn_status norni_op_portfolio(const norni_op_env *env, const void *options, norni_op_result *out,
                               norn_err *err) {
    const norni_stopwatch watch = norni_stopwatch_start();
    norni_portfolio_run run;
    norni_out_folder made = {.folder = NULL};
    norn_err why = {NORN_OK, ""};
    NORN_TRY(check_names(options, err));
    NORN_TRY(check_outputs(env, options, &made, err));
    norn_status st = norni_portfolio_run_do(env, options, &run, &why);
    if (st == NORN_OK) st = finish(&run, &watch, out, &why);
    out->input_failed = run.input_failed;
    norni_portfolio_run_clear(&run);
    if (st == NORN_OK) return st;
    norni_out_folder_undo(&made);
    return norn_fail(err, st, "%s%s", why.text, st == NORN_E_MEM ? remedy : "");
}
