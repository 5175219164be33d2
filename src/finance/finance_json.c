/* A report as JSON: the answer of POST /full_report. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The order of the parts is the reference's. What differs between two answers to one question comes from the stamp
 * alone, and its texts stand where nothing else is written, so that a kept answer can be given again with another
 * stamp (app/report_stamp.c). */
#include "finance/finance_figures.h"
#include "finance/finance_read.h"
#include "finance/finance_report.h"

enum { PREVIEW_ROWS = 5 };

static const char *const mode_name[] = {"finance_guardian", "financial_storyteller"};

static void date_of(int64_t us, char out[48]) {
    const norni_time_style style = {.kind = NORNI_TIME_DATE, .sep = '-'};
    out[norni_time_print(out, us, &style)] = '\0';
}

static norni_fin_facts facts_of(const norni_fin_report *r) {
    return (norni_fin_facts){.book = r->book,
                             .kpis = &r->kpis,
                             .forecasts = &r->forecasts,
                             .anomalies = &r->anomalies,
                             .correlations = &r->correlations,
                             .drivers = &r->drivers};
}

static void metadata_json(norni_json *j, const norni_fin_report *r, const norni_fin_stamp *stamp) {
    const norni_fin_table *t = &r->book->table;
    char first[48], last[48], digest[NORNI_DIGEST_TEXT];
    date_of(t->time[0], first);
    date_of(t->time[t->n - 1], last);
    norni_hash_text(r->digest, digest);
    norni_json_key(j, "metadata");
    norni_json_open(j, '{');
    norni_json_key_str(j, "generated_at", stamp->when);
    norni_json_key_str(j, "data_start_date", norni_str_of(first));
    norni_json_key_str(j, "data_end_date", norni_str_of(last));
    norni_json_key_count(j, "rows", t->n);
    norni_json_key_count(j, "months", r->book->all.n);
    norni_json_key_count(j, "forecast_horizon_months", NORNI_FIN_HORIZON);
    norni_json_key_num(j, "interval_level", r->forecasts.level);
    norni_json_key_str(j, "digest", norni_str_of(digest));
    norni_json_key(j, "notes");
    norni_json_open(j, '[');
    for (size_t i = 0; i < t->n_notes; i++)
        norni_json_str(j, t->note[i]);
    if (r->note[0] != '\0') norni_json_str(j, norni_str_of(r->note));
    norni_json_close(j, ']');
    norni_json_close(j, '}');
}

static void history_json(norni_json *j, const norni_fin_report *r, const norni_fin_stamp *stamp,
                         norni_str markdown) {
    char query[96];
    norni_format(query, sizeof query, "Full report as %s", mode_name[r->mode]);
    norni_json_key(j, "conversation_history");
    norni_json_open(j, '[');
    norni_json_open(j, '{');
    norni_json_key(j, "summary");
    norni_json_open(j, '{');
    norni_json_key_str(j, "user_query", norni_str_of(query));
    norni_json_key_str(j, "ai_response", markdown);
    norni_json_key_str(j, "timestamp", stamp->when);
    norni_json_close(j, '}');
    norni_json_close(j, '}');
    norni_json_close(j, ']');
}

static void findings_json(norni_json *j, const norni_fin_report *r) {
    const norni_fin_facts facts = facts_of(r);
    norni_json_key(j, "anomalies_table");
    norni_fin_anomalies_json(j, &r->anomalies);
    norni_json_key(j, "narratives");
    norni_fin_narratives_json(j, &facts, r->mode);
    norni_json_key(j, "correlation_insights");
    norni_fin_correlations_json(j, &r->correlations);
    norni_json_key(j, "scenario_simulations");
    norni_json_open(j, '{');
    norni_json_close(j, '}');
    if (r->mode != NORNI_FIN_GUARDIAN) return;
    norni_json_key(j, "recommendations");
    norni_fin_recommendations_json(j, &facts);
}

static void supporting_json(norni_json *j, const norni_fin_report *r,
                            const norni_fin_stamp *stamp) {
    norni_json_key(j, "supporting_reports");
    norni_json_open(j, '{');
    norni_json_key(j, "validation_report");
    norni_fin_validation_json(j, &r->book->table, stamp->unix_seconds);
    norni_json_key(j, "corrections_log");
    norni_fin_corrections_json(j, &r->book->table, stamp->when);
    norni_json_key(j, "feature_schema");
    norni_fin_schema_json(j, r->book);
    norni_json_close(j, '}');
}

static norn_status analysis_json(norni_json *j, const norni_fin_report *r,
                                 const norni_fin_stamp *stamp, norni_arena *arena, norn_err *err) {
    norni_json_key(j, "full_analysis_report");
    norni_json_open(j, '{');
    norni_json_key_str(j, "dashboard_mode", norni_str_of(mode_name[r->mode]));
    metadata_json(j, r, stamp);
    norni_json_key(j, "kpis");
    norni_fin_kpis_json(j, &r->kpis, r->forecast_accuracy);
    norni_json_key(j, "forecast_chart");
    norni_fin_chart_json(j, &r->forecasts);
    findings_json(j, r);
    norni_json_key(j, "model_health_report");
    norni_fin_health_json(j, &r->forecasts, stamp->unix_seconds);
    norni_json_key(j, "visualizations");
    NORN_TRY(norni_fin_visuals_json(j, r->book, arena, err));
    norni_json_key(j, "tables");
    NORN_TRY(norni_fin_tables_json(j, r->book, &r->forecasts, arena, err));
    supporting_json(j, r, stamp);
    norni_json_key(j, "raw_data_preview");
    norni_fin_preview_json(j, r->book, PREVIEW_ROWS);
    norni_json_key(j, "profit_drivers");
    norni_fin_drivers_json(j, &r->drivers);
    norni_json_key(j, "enhanced_kpis");
    norni_fin_enhanced_json(j, &r->kpis);
    norni_json_close(j, '}');
    return NORN_OK;
}

norn_status norni_fin_report_json(const norni_fin_report *r, const norni_fin_stamp *stamp,
                                  norni_arena *arena, norni_buf *out, norn_err *err) {
    const norni_fin_facts facts = facts_of(r);
    norni_json j;
    norni_buf words;
    norni_buf_init(&words, arena->alloc);
    norni_fin_markdown(&words, &facts, r->mode);
    const norni_str markdown = {words.p ? words.p : "", words.n};
    norni_json_init(&j, out);
    norni_json_open(&j, '{');
    norni_json_key_str(&j, "session_id", stamp->session_id);
    if (stamp->task_id.n > 0) norni_json_key_str(&j, "task_id", stamp->task_id);
    norni_json_key_str(&j, "ai_response", markdown);
    history_json(&j, r, stamp, markdown);
    const norn_status st = analysis_json(&j, r, stamp, arena, err);
    norni_json_close(&j, '}');
    norni_buf_text(out, "\n");
    const bool failed = words.failed || out->failed;
    norni_buf_clear(&words);
    if (st != NORN_OK) return st;
    return failed ? norni_alloc_fail(err, "report", out->cap, 2) : NORN_OK;
}
