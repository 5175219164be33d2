/* The operation `rolling`: a file of series in, the same rows with rolling columns out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/op_rolling.h"

#include "app/outputs.h"
#include "app/rolling_stream.h"
#include "app/summary.h"

/* Bytes that one observation, one series and one number cost while their batch is alive: text, columns,
 * panel and printed time and id; heads and hashes; the number itself and its printed form, twice. */
enum { OBS_BYTES = 96, SERIES_BYTES = 192, NUMBER_BYTES = 52 };

/* How much text a batch has and how many are alive at once, so that all of them take half of the
 * memory limit at most. Neither shows in a result. */
static void plan_memory(const norni_op_env *env, norni_reader *reader, norni_rolling_plan *plan) {
    const double numbers = (double)(plan->n_out + 2 * plan->n_cols);
    const norni_stream_cost cost = {OBS_BYTES + NUMBER_BYTES * numbers,
                                    SERIES_BYTES + 16 * (double)plan->n_out, 8};
    const double late = norni_stream_room(env) / 4 / NUMBER_BYTES;
    plan->late_cells = late < 1 << 22 ? (size_t)late : 1 << 22;
    plan->n_batches = norni_stream_admit(env, reader, &cost);
}

static norn_status finish(const norni_op_env *env, const norni_common_opt *common,
                          const norni_stream_totals *t, const norni_stopwatch *watch,
                          norni_op_result *out, norn_err *err) {
    const norni_align_report *r = &t->report;
    out->n_items = out->n_ok = t->n_items;
    norni_hash_text(t->digest, out->digest);
    if (r->n_gaps > 0)
        norni_say(env, "%zu missing periods in %zu series filled with missing values; first: %s",
                  r->n_gaps, r->n_gap_series, r->first_gap);
    if (r->n_duplicates > 0)
        norni_say(env, "%zu duplicate rows resolved; first: %s", r->n_duplicates,
                  r->first_duplicate);
    if (common->summary) {
        norni_spool none;
        norni_spool_init(&none, &env->ctx->alloc, 1);
        const norni_summary s = {.operation = "rolling",
                                 .n_items = t->n_items,
                                 .n_ok = t->n_items,
                                 .failures = &none,
                                 .digest = out->digest,
                                 .out_path = common->out,
                                 .budget = env->budget,
                                 .watch = *watch};
        const norn_status st = norni_summary_write(env->ctx, &s, common->summary, err);
        norni_spool_clear(&none);
        NORN_TRY(st);
    }
    norni_say(env, "%zu series, %zu rows, %zu columns in %g s; digest %s", t->n_series, t->n_obs,
              t->n_series ? t->n_items / t->n_series : 0,
              (double)(int64_t)(norni_stopwatch_seconds(watch) * 1000 + 0.5) / 1000, out->digest);
    return NORN_OK;
}

static norn_status prepare(const norni_op_env *env, const norni_rolling_opt *opt,
                           norni_arena *arena, norni_rolling_plan *plan, norni_read_opt *read,
                           norni_inputs *in, norn_err *err) {
    const norni_common_opt *common = &opt->panel.common;
    (void)env;
    if (common->resume != NULL)
        return norn_fail(
            err, NORN_E_ARG,
            "--resume: a rolling run keeps no run folder, it is done in one pass; leave "
            "it out");
    if (common->plot != NULL)
        return norn_fail(err, NORN_E_ARG,
                         "--plot: there is no chart of rolling columns; leave it out");
    NORN_TRY(norni_panel_read_opt(&opt->panel, read, err));
    NORN_TRY(norni_rolling_plan_make(opt, arena, plan, err));
    if (opt->panel.gaps == 0) read->align.gaps = NORNI_GAPS_KEEP; /* auto: a row for each row */
    read->no_exogenous = plan->n_x == 0;
    read->x_cols = plan->x_names;
    read->n_x_cols = plan->n_x;
    NORN_TRY(norni_inputs_expand(&opt->panel.data, arena, in, err));
    return norni_outputs_check_common(in, common, (norni_output[2]){{NULL, NULL}}, err);
}

norn_status norni_op_rolling(const norni_op_env *env, const void *options, norni_op_result *out,
                             norn_err *err) {
    const norni_stopwatch watch = norni_stopwatch_start();
    const norni_rolling_opt *opt = options;
    norni_rolling_plan plan;
    norni_read_opt read;
    norni_inputs in;
    norni_reader *reader = NULL;
    norni_stream_totals t;
    norni_arena arena;
    norni_arena_init(&arena, &env->ctx->alloc);
    norn_status st = prepare(env, opt, &arena, &plan, &read, &in, err);
    if (st != NORN_OK) goto done;
    st = norni_reader_open(env->ctx, &in, &read, &reader, err);
    out->input_failed =
        st == NORN_E_IO || st == NORN_E_FORMAT || st == NORN_E_DATA || st == NORN_E_LIMIT;
    if (st != NORN_OK) goto done;
    plan_memory(env, reader, &plan);
    st = norni_rolling_stream(env, opt, &plan, reader, &t, &out->input_failed, err);
    if (st == NORN_OK) st = finish(env, &opt->panel.common, &t, &watch, out, err);
done:
    norni_reader_close(reader);
    norni_arena_clear(&arena);
    return st;
}
