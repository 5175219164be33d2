/* The files of a run over many targets, but forecasts: parts, weights, metrics, summary. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_write.h"

#include "app/failure.h"
#include "app/forecast_sheet.h"
#include "app/forecast_write.h"
#include "app/out_files.h"

enum { PATH_ROOM = 4096, SAID = 3 };

/* ---- forecasts and parts ---- */

static void item_row(const norni_multi_job *j, size_t i, bool escape, norni_buf *b) {
    const norni_multi_item *at = &j->item[i];
    const norni_multi_fit *f = &j->fit[at->fit];
    const norni_outcome *o = &j->batch.outcome[i];
    const bool whole = norni_multi_item_is_whole(at);
    const norni_str column = j->plan->specs[at->spec].column;
    norni_csv_text(b, whole ? norni_str_of("all") : j->table->trained_name[at->slot], escape);
    norni_buf_text(b, ",");
    if (!whole) norni_buf_format(b, "%u", (unsigned)at->step);
    norni_buf_format(b, ",%zu,%zu,", at->fit + (size_t)1, f->n);
    norni_csv_text(b, column, escape);
    norni_buf_format(b, ",%s,", norn_status_name(o->status));
    if (o->status == NORN_OK)
        norni_csv_text(b, o->fallback ? norni_str_of("last value") : column, escape);
    norni_buf_format(b, ",%u,", (unsigned)o->attempts);
    norni_csv_num(b, o->seconds);
    norni_buf_text(b, ",");
    norni_csv_text(b, norni_str_of(j->told && j->told[i] && !o->fallback ? j->told[i] : ""),
                   escape);
    norni_buf_text(b, ",");
    norni_csv_text(b, norni_str_of(o->message ? o->message : ""), escape);
    norni_buf_text(b, "\n");
}

static norn_status write_rows(const norni_multi_call *c, norni_out_files *to, norni_out_part *part,
                              norn_err *err) {
    const norni_forecast *f = &c->answer.f;
    if (to->is_sheet)
        NORN_TRY(norni_forecast_sheet_head(f, to->sheet, err));
    else
        norni_forecast_opening(f, to->json, &to->out.buf);
    if (to->has_items)
        norni_buf_text(&to->items.buf,
                       "unique_id,step,fit,rows,model,status,served,attempts,"
                       "seconds,parameters,message\n");
    NORN_TRY(norni_out_files_begun(to, err));
    norni_out_files_between(to);
    if (to->is_sheet)
        NORN_TRY(norni_forecast_sheet_rows(f, to->sheet, err));
    else
        norni_forecast_table(f, to->json, &part->text);
    for (size_t i = 0; to->has_items && i < c->job.n_items; i++)
        item_row(&c->job, i, f->plan->escape, &part->items);
    NORN_TRY(norni_out_part_end(to, part, f->n_items, 64, err));
    if (!to->is_sheet) NORN_TRY(norni_out_files_text(to, part, err));
    NORN_TRY(norni_out_files_items(to, part, err));
    if (!to->is_sheet) norni_forecast_closing(to->json, &to->out.buf);
    return norni_out_files_commit(to, false, err);
}

norn_status norni_multi_write_forecast(const norni_multi_call *c, norn_err *err) {
    norni_out_files to;
    norni_out_part part;
    norni_out_part_init(&part, &c->env->ctx->alloc);
    norn_status st = norni_out_files_open(&to, c->env->ctx, &c->opt.panel.common, "Forecast", err);
    if (st == NORN_OK) st = write_rows(c, &to, &part, err);
    norni_out_files_abort(&to);
    norni_out_part_clear(&part);
    return st;
}

/* ---- tables ---- */

static norn_status open_table(norni_multi_call *c, const char *folder, const char *name,
                              norni_table_out *t, norn_err *err) {
    char path[PATH_ROOM];
    const size_t n = norni_format(path, sizeof path, "%s/%s", folder, name);
    if (n + 1 >= sizeof path)
        return norn_fail(err, NORN_E_ARG, "--output: the folder's name is too long");
    NORN_TRY(norni_table_open(c->env->ctx, path, NORNI_FORMAT_CSV, "Metrics", t, err));
    t->escape = !c->opt.panel.common.no_escape_formulas;
    return NORN_OK;
}

static norn_status weights_table(const norni_multi_job *j, norni_table_out *t, norn_err *err) {
    static const char *const columns[] = {"ensemble", "target", "model", "weight"};
    const size_t n = j->plan->n_learners;
    NORN_TRY(norni_table_begin(t, "weights", columns, 4, err));
    for (size_t s = 0; s < j->plan->n_specs; s++) {
        for (size_t i = 0; i < j->table->n_targets && !j->plan->specs[s].learner; i++) {
            for (size_t k = 0; k < n; k++) {
                NORN_TRY(norni_table_text(t, j->plan->specs[s].column, err));
                NORN_TRY(norni_table_text(t, j->table->target[i], err));
                NORN_TRY(norni_table_text(t, j->plan->specs[norni_multi_learner(j->plan, k)].column,
                                          err));
                NORN_TRY(norni_table_num(t, j->weight[(s * j->table->n_targets + i) * n + k], err));
                NORN_TRY(norni_table_row(t, err));
            }
        }
    }
    return NORN_OK;
}

norn_status norni_multi_write_tables(norni_multi_call *c, const char *folder, norn_err *err) {
    norni_table_out t = {.open = false, .out = {.fd = -1}};
    norn_status st = open_table(c, folder, "metrics.csv", &t, err);
    if (st == NORN_OK) st = norni_multi_metrics_table(&c->job, &c->metrics, &t, err);
    if (st == NORN_OK) st = norni_table_commit(&t, err);
    norni_table_abort(&t);
    if (st != NORN_OK) return st;
    t = (norni_table_out){.open = false, .out = {.fd = -1}};
    st = open_table(c, folder, "weights.csv", &t, err);
    if (st == NORN_OK) st = weights_table(&c->job, &t, err);
    if (st == NORN_OK) st = norni_table_commit(&t, err);
    norni_table_abort(&t);
    return st;
}

/* ---- summary ---- */

static void score_fields(norni_json *j, const double *score, double relative) {
    static const char *const names[] = {NORNI_STEP_SCORE_NAMES};
    for (size_t i = 0; i < NORNI_STEP_SCORES; i++)
        norni_json_key_num(j, names[i], score[i]);
    norni_json_key_num(j, NORNI_MULTI_RELATIVE, relative);
}

static void target_object(const norni_multi_call *c, size_t target, norni_json *j) {
    const norni_forecast *f = &c->answer.f;
    const size_t n_specs = c->plan.n_specs;
    const char *why = c->table.why[target];
    norni_json_open(j, '{');
    norni_json_key_str(j, "name", c->table.target[target]);
    norni_json_key_str(j, "status", norni_str_of(why ? "failed" : "trained"));
    if (why) {
        norni_json_key_str(j, "message", norni_str_of(why));
    }
    norni_json_key(j, "models");
    norni_json_open(j, '[');
    for (size_t s = 0; s < n_specs; s++) {
        const norni_outcome *o = &f->batch.outcome[target * n_specs + s];
        norni_json_open(j, '{');
        norni_json_key_str(j, "model", c->plan.specs[s].column);
        norni_json_key_str(j, "status", norni_str_of(norn_status_name(o->status)));
        norni_json_key(j, "fallback");
        norni_json_bool(j, o->fallback);
        score_fields(
            j, norni_multi_score(&c->metrics, s, target, 0),
            c->metrics.relative[(s * c->metrics.n_targets + target) * (1 + c->metrics.horizon)]);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
    norni_json_close(j, '}');
}

static void more_fields(norni_json *j, const void *arg) {
    const norni_multi_call *c = arg;
    norni_json_key_count(j, "n_targets", c->table.n_targets);
    norni_json_key_count(j, "n_targets_trained", c->table.n_trained);
    norni_json_key(j, "targets");
    norni_json_open(j, '[');
    for (size_t i = 0; i < c->table.n_targets; i++)
        target_object(c, i, j);
    norni_json_close(j, ']');
    norni_json_key(j, "models");
    norni_json_open(j, '[');
    for (size_t s = 0; s < c->plan.n_specs; s++) {
        norni_json_open(j, '{');
        norni_json_key_str(j, "model", c->plan.specs[s].column);
        norni_json_key_num(j, "part_seconds", norni_multi_seconds(&c->job, s));
        score_fields(j, c->metrics.mean + s * NORNI_STEP_SCORES, c->metrics.relative_mean[s]);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
    norni_json_key_str(j, "accuracy",
                       norni_str_of("100 - MAPE, held in [0, 100]; MAPE over actuals other than 0, "
                                    "out of fold"));
    norni_json_key_count(j, "n_rows", c->table.wide.n_rows);
    norni_json_key_count(j, "n_drivers_kept",
                         norni_wide_of_role(&c->table.wide, NORNI_ROLE_DRIVER, NULL));
    norni_json_key_count(j, "n_features", c->table.x.n);
    norni_json_key_count(j, "n_origins", c->table.n_windows);
    norni_json_key_count(j, "n_fits", c->job.n_fits);
    norni_json_key(j, "parts");
    norni_json_open(j, '{');
    norni_json_key_count(j, "n", c->job.n_items);
    norni_json_key_count(j, "n_fallback", c->answer.n_parts_fallback);
    norni_json_key_count(j, "n_failed", c->answer.n_parts_failed);
    norni_json_close(j, '}');
}

norn_status norni_multi_write_summary(const norni_multi_call *c, const char *path,
                                      const norni_stopwatch *watch, size_t n_resumed,
                                      const char *digest, norn_err *err) {
    const norni_multi_answer *a = &c->answer;
    norni_spool failures;
    norni_buf b;
    norni_spool_init(&failures, &c->env->ctx->alloc, (size_t)1 << 22);
    norni_buf_init(&b, &c->env->ctx->alloc);
    norni_forecast_failures(&a->f, &b);
    norn_status st = b.failed ? norni_alloc_fail(err, "summary", b.cap, 2)
                              : norni_spool_add(&failures, b.p, b.n, err);
    const norni_summary s = {.operation = "multi",
                             .n_items = a->n_items,
                             .n_ok = a->n_ok,
                             .n_fallback = a->n_fallback,
                             .n_failed = a->n_failed,
                             .failures = &failures,
                             .digest = digest,
                             .out_path = c->opt.panel.common.out,
                             .budget = c->env->budget,
                             .watch = *watch,
                             .n_resumed = n_resumed,
                             .more = more_fields,
                             .more_arg = c};
    if (st == NORN_OK) st = norni_summary_write(c->env->ctx, &s, path, err);
    norni_buf_clear(&b);
    norni_spool_clear(&failures);
    return st;
}

void norni_multi_say_fallbacks(const norni_multi_call *c) {
    const norni_multi_job *j = &c->job;
    size_t n_said = 0;
    for (size_t i = 0; i < j->n_items && n_said < SAID; i++) {
        const norni_multi_item *at = &j->item[i];
        const norni_outcome *o = &j->batch.outcome[i];
        const norni_str column = j->plan->specs[at->spec].column,
                        target = norni_multi_item_is_whole(at) ? norni_str_of("all targets")
                                                               : j->table->trained_name[at->slot];
        if (o->status == NORN_OK && !o->fallback) continue;
        norni_say(c->env, "%.*s, step %u, %zu rows, %.*s: %s: %s", (int)target.n, target.p,
                  (unsigned)at->step, j->fit[at->fit].n, (int)column.n, column.p,
                  o->fallback ? "served by the last value" : "failed",
                  o->message ? o->message : "");
        n_said++;
    }
}
