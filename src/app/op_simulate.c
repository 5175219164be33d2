/* The operation `simulate`: what a finance table would come to if one column were different. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/op_simulate.h"

#include "app/outputs.h"
#include "app/report_read.h"
#include "app/summary.h"

#define AT(field) offsetof(norni_simulate_opt, field)
const norni_param norni_simulate_rows[] = {
    {.name = "parameter",
     .type = NORNI_T_TEXT,
     .offset = AT(parameter),
     .required = true,
     .metavar = "COLUMN",
     .help = "what changes: revenue, expenses, … or a header of the file"},
    {.name = "change-pct",
     .type = NORNI_T_DOUBLE,
     .offset = AT(change_pct),
     .required = true,
     .min = -100,
     .max = 1e6,
     .metavar = "PCT",
     .help = "by how much, in per cent: 10 is a tenth more"},
};
#undef AT
const size_t norni_n_simulate_rows = sizeof norni_simulate_rows / sizeof norni_simulate_rows[0];

_Static_assert(offsetof(norni_simulate_opt, report) == 0, "the report's rows lie where they say");

static norn_status check(const norni_op_env *env, const norni_simulate_opt *o, norni_arena *arena,
                         norni_inputs *in, norn_err *err) {
    const norni_common_opt *c = &o->report.door.common;
    (void)env;
    if (c->resume || c->plot || c->items)
        return norn_fail(err, NORN_E_ARG, "--%s: a simulation has none; leave it out",
                         c->resume ? "resume"
                         : c->plot ? "plot"
                                   : "items");
    if (c->format != NORNI_FORMAT_AUTO && c->format != NORNI_FORMAT_JSON)
        return norn_fail(err, NORN_E_ARG, "--format: a simulation is json");
    NORN_TRY(norni_inputs_expand(&o->report.data, arena, in, err));
    return norni_outputs_check_common(in, c, (norni_output[2]){{NULL, NULL}}, err);
}

/* Profit and cash flow, before and after: four numbers. */
static norni_hash128 digest_of(const norni_fin_whatif *w) {
    const double x[] = {w->base_profit, w->base_cashflow, w->profit, w->cashflow};
    return norni_hash_128(x, sizeof x);
}

static norn_status write_json(const norni_op_env *env, const norni_simulate_opt *o,
                              const norni_fin_whatif *w, norn_err *err) {
    norni_out file;
    norni_json j;
    NORN_TRY(norni_out_open(&file, &env->ctx->alloc, o->report.door.common.out, err));
    norni_json_init(&j, &file.buf);
    norni_fin_whatif_json(&j, norni_str_of(o->parameter), o->change_pct, w);
    norni_buf_text(&file.buf, "\n");
    const norn_status st =
        file.buf.failed ? norni_alloc_fail(err, "simulate", 1, 1) : norni_out_commit(&file, err);
    norni_out_abort(&file);
    return st;
}

static norn_status write_summary(const norni_op_env *env, const norni_simulate_opt *o,
                                 const char *digest, const norni_stopwatch *watch, norn_err *err) {
    const norni_common_opt *c = &o->report.door.common;
    norni_spool none;
    if (c->summary == NULL) return NORN_OK;
    norni_spool_init(&none, &env->ctx->alloc, 1);
    const norni_summary s = {.operation = "simulate",
                             .n_items = 1,
                             .n_ok = 1,
                             .failures = &none,
                             .digest = digest,
                             .out_path = c->out,
                             .budget = env->budget,
                             .watch = *watch};
    const norn_status st = norni_summary_write(env->ctx, &s, c->summary, err);
    norni_spool_clear(&none);
    return st;
}

norn_status norni_op_simulate(const norni_op_env *env, const void *options, norni_op_result *out,
                              norn_err *err) {
    const norni_stopwatch watch = norni_stopwatch_start();
    const norni_simulate_opt *o = options;
    const norni_fin_read_opt read = {.dates = (norni_fin_dates)o->report.dates,
                                     .map = norni_str_of(o->report.map ? o->report.map : "")};
    norni_arena arena;
    norni_report_files files = {.sheet = o->report.sheet};
    norni_fin_book book;
    norni_fin_whatif w;
    norn_status st;
    norni_arena_init(&arena, &env->ctx->alloc);
    NORN_TRY_GOTO(check(env, o, &arena, &files.in, err), done);
    if (o->report.names.n == files.in.n) files.name = o->report.names.path;
    NORN_TRY_GOTO(
        norni_report_read(env->ctx, &files, &read, &arena, &book, &out->input_failed, err), done);
    st = norni_fin_whatif_make(&book, norni_str_of(o->parameter), o->change_pct, &w, err);
    out->input_failed = st == NORN_E_DATA;
    if (st != NORN_OK) goto done;
    NORN_TRY_GOTO(write_json(env, o, &w, err), done);
    out->n_items = out->n_ok = 1;
    norni_hash_text(digest_of(&w), out->digest);
    NORN_TRY_GOTO(write_summary(env, o, out->digest, &watch, err), done);
    norni_say(env, "%s", w.summary);
done:
    norni_arena_clear(&arena);
    return st;
}
