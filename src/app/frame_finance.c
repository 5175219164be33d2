/* Finance reports of callers in memory: a table's columns or files in, JSON or a page out. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A table goes the way of a file: its columns are written as text and read as `norn report` reads it, so that
 * headers, gaps and dates have one meaning. Numbers are written so that no column of them leaves open which
 * mark is the decimal one. */
#include "app/frame_finance.h"

#include "app/frame_text.h"
#include "app/registry.h"
#include "app/report_read.h"
#include "app/report_run.h"
#include "app/simulate_plan.h"

/* ---- the calls ---- */

typedef struct finance_call {
    norn_ctx *ctx;
    const norni_frame_finance_call *call;
    norni_arena options;
    norni_buf text; /* of the frame */
    norni_str bytes;
    norni_op_env env;
} finance_call;

static const char *const table_name[] = {"table"};

static void see_stage(void *user, const char *stage, int32_t percent) {
    const norni_frame_call *const call = user;
    (void)stage;
    if (call->tally) atomic_store(&call->tally->n_done, (size_t)percent);
    if (call->n_expected) atomic_store(call->n_expected, (size_t)100);
}

/* Where the rows come from, into the report's options. */
static norn_status take_data(finance_call *f, norni_report_opt *opt, norn_err *err) {
    const norni_common_opt *const common = &opt->door.common;
    const norni_frame *const data = f->call->frame.data;
    if (common->summary || common->items || common->resume || common->plot || common->config ||
        strcmp(common->out, "-") != 0)
        return norn_fail(err, NORN_E_ARG,
                         "report: out, summary, items, resume, plot and config are the command's");
    opt->unix_seconds = f->call->unix_seconds;
    opt->session_id = f->call->session_id;
    opt->data = f->call->files;
    if (data == NULL)
        return opt->data.n > 0 ? NORN_OK : norn_fail(err, NORN_E_ARG, "report: no file is given");
    NORN_TRY(norni_frame_text(f->ctx, data, "report", &f->text, err));
    f->bytes = (norni_str){f->text.p, f->text.n};
    opt->bytes = &f->bytes;
    opt->data = opt->names = (norni_inputs){table_name, 1};
    return NORN_OK;
}

static void begin(finance_call *f, norn_ctx *ctx, const norni_frame_finance_call *call,
                  norni_frame_finance_result *out) {
    const norn_alloc *const alloc = call->frame.alloc ? call->frame.alloc : &ctx->alloc;
    memset(out, 0, sizeof *out);
    norni_buf_init(&out->body, alloc);
    norni_buf_init(&out->said, alloc);
    *f = (finance_call){.ctx = ctx, .call = call};
    norni_arena_init(&f->options, &ctx->alloc);
    norni_buf_init(&f->text, &ctx->alloc);
    f->env = (norni_op_env){.ctx = ctx,
                            .models = norni_registry_models(),
                            .say = norni_frame_say,
                            .say_user = &out->said,
                            .stage = see_stage};
}

static void end(finance_call *f) {
    norni_buf_clear(&f->text);
    norni_arena_clear(&f->options);
}

/* Of a single file the operation's words leave out the name: a caller in a program is told. */
static norn_status name_file(const finance_call *f, bool input_failed, norn_status st,
                             norn_err *err) {
    const norni_inputs *const files = &f->call->files;
    norn_err why = {NORN_OK, ""};
    if (st == NORN_OK || !input_failed || f->call->frame.data != NULL || files->n != 1 ||
        err == NULL)
        return st;
    why = *err;
    return norn_fail(err, st, "%s: %s", files->path[0], why.text);
}

static void keep_counts(const norni_report_answer *a, norni_op_result *out) {
    out->n_items = a->n_items;
    out->n_ok = a->n_ok;
    out->n_fallback = a->n_fallback;
    out->n_failed = a->n_failed;
    memcpy(out->digest, a->digest, sizeof out->digest);
}

norn_status norni_frame_report(norn_ctx *ctx, const norni_frame_finance_call *call,
                               norni_frame_finance_result *out, norn_err *err) {
    finance_call f;
    norni_report_opt opt;
    norni_report_answer answer;
    norni_report_course course;
    begin(&f, ctx, call, out);
    norni_frame_call hooked = call->frame;
    f.env.hook_user = &hooked;
    norn_status st = norni_frame_options("report", &call->frame, &f.options, &opt, sizeof opt, err);
    if (st == NORN_OK && opt.door.common.cache)
        st = norn_fail(err, NORN_E_ARG, "report: the cache is the command's and the server's");
    if (st == NORN_OK) st = take_data(&f, &opt, err);
    if (st == NORN_OK) {
        st = norni_report_run(&f.env, &opt, &answer, &course, err);
        keep_counts(&answer, &out->counts);
        out->counts.input_failed = course.input_failed;
        norni_buf_add(&out->body, answer.body.p, st == NORN_OK ? answer.body.n : 0);
        norni_report_answer_clear(&answer);
        if (st == NORN_OK && out->body.failed) st = norni_alloc_fail(err, "report", 1, 1);
    }
    st = name_file(&f, out->counts.input_failed, st, err);
    end(&f);
    return st;
}

norn_status norni_frame_whatif(norn_ctx *ctx, const norni_frame_finance_call *call,
                               norni_frame_finance_result *out, norn_err *err) {
    finance_call f;
    norni_simulate_opt opt;
    norni_fin_book book;
    norni_fin_whatif what;
    bool input_failed = false;
    begin(&f, ctx, call, out);
    norn_status st =
        norni_frame_options("simulate", &call->frame, &f.options, &opt, sizeof opt, err);
    if (st == NORN_OK && opt.parameter == NULL)
        st = norn_fail(err, NORN_E_ARG, "simulate: needs parameter, the column that changes");
    if (st == NORN_OK) st = take_data(&f, &opt.report, err);
    if (st == NORN_OK) {
        const norni_fin_read_opt read = {(norni_fin_dates)opt.report.dates,
                                         norni_str_of(opt.report.map ? opt.report.map : "")};
        norni_report_files files = {.in = opt.report.data,
                                    .bytes = opt.report.bytes,
                                    .name = opt.report.names.n ? opt.report.names.path : NULL,
                                    .sheet = opt.report.sheet};
        if (call->frame.data == NULL)
            st = norni_inputs_expand(&opt.report.data, &f.options, &files.in, err);
        if (st == NORN_OK)
            st = norni_report_read(ctx, &files, &read, &f.options, &book, &input_failed, err);
    }
    if (st == NORN_OK)
        st = norni_fin_whatif_make(&book, norni_str_of(opt.parameter), opt.change_pct, &what, err);
    if (st == NORN_OK) {
        norni_json j;
        norni_json_init(&j, &out->body);
        norni_fin_whatif_json(&j, norni_str_of(opt.parameter), opt.change_pct, &what);
        if (out->body.failed) st = norni_alloc_fail(err, "simulate", 1, 1);
    }
    out->counts.input_failed = input_failed;
    st = name_file(&f, input_failed, st, err);
    end(&f);
    return st;
}

void norni_frame_finance_clear(norni_frame_finance_result *r) {
    if (r->body.alloc == NULL) return;
    norni_buf_clear(&r->body);
    norni_buf_clear(&r->said);
}
