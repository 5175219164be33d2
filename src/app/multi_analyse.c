/* `--analyse TARGET`: what a target's values look like, and what cleaning them does to its forecasts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_analyse.h"

#include <math.h>

#include "app/multi_analyse_parts.h"
#include "app/multi_error_tables.h"
#include "base/ctx.h"

enum { LEAST_ROWS = 30, NAMED = 20 };
static const double learned_share = 0.8;

static norn_status find_target(norni_analysis *a, norn_err *err) {
    const norni_wide *w = a->task->table;
    const norni_str name = a->task->target;
    for (a->column = 0; a->column < w->n_columns; a->column++) {
        if (norni_str_cmp(w->column[a->column].name, name) == 0) break;
    }
    if (a->column == w->n_columns)
        return norn_fail(err, NORN_E_ARG, "analyse: there is no column '%.*s'", (int)name.n,
                         name.p);
    const norni_wide_column *c = &w->column[a->column];
    if (c->nominal)
        return norn_fail(err, NORN_E_ARG, "analyse: column '%.*s' is of words, not of numbers",
                         (int)name.n, name.p);
    if (c->at == NULL)
        return norn_fail(err, NORN_E_DATA, "analyse: column '%.*s' is not used: %s", (int)name.n,
                         name.p, c->why != NULL ? c->why : "it has no values");
    a->y = c->at;
    a->n_rows = w->n_rows;
    a->n_train = (size_t)((double)w->n_rows * learned_share);
    a->n_test = a->n_rows - a->n_train;
    size_t observed = 0, tested = 0;
    for (size_t i = 0; i < a->n_rows; i++) {
        observed += isfinite(a->y[i]) ? 1 : 0;
        tested += i >= a->n_train && isfinite(a->y[i]) ? 1 : 0;
    }
    if (observed < LEAST_ROWS || tested == 0)
        return norn_fail(err, NORN_E_DATA,
                         "analyse: '%.*s' has %zu values, %zu of them in the last fifth; %d and 1 "
                         "are needed",
                         (int)name.n, name.p, observed, tested, (int)LEAST_ROWS);
    return NORN_OK;
}

/* ---- words ---- */

static void put_number(norni_buf *b, const char *before, double x) {
    char text[NORNI_TICK_TEXT];
    if (isfinite(x))
        norni_axis_value(text, norni_axis_round(x, 4));
    else
        norni_format(text, sizeof text, "none");
    norni_buf_text(b, before);
    norni_buf_text(b, text);
}

static double per_cent(size_t part, size_t all) {
    return all > 0 ? 100 * (double)part / (double)all : 0;
}

static void put_profile(norni_buf *b, const norni_analysis *a) {
    const norni_profile *p = &a->profile;
    norni_buf_format(b, "%zu rows: %zu values, %zu missing", p->n_rows, p->n, p->n_missing);
    const size_t words = a->task->table->column[a->column].n_text;
    if (words > 0) norni_buf_format(b, " (%zu of them words in cells)", words);
    norni_buf_format(b, ", %zu zeros, %zu negative", p->n_zero, p->n_negative);
    put_number(b, " (", per_cent(p->n_negative, p->n));
    put_number(b, " %)\nmean ", p->mean);
    put_number(b, ", median ", p->median);
    put_number(b, ", sd ", p->sd);
    put_number(b, ", min ", p->least);
    put_number(b, ", max ", p->most);
    put_number(b, ", skew ", p->skew);
    put_number(b, ", kurtosis ", p->kurtosis);
    put_number(b, "\noutside the IQR fences ", p->low);
    put_number(b, " to ", p->high);
    norni_buf_format(b, ": %zu values", p->n_outliers);
    put_number(b, " (", per_cent(p->n_outliers, p->n));
    norni_buf_text(b, " %)\n");
}

/* Values so far off that no process makes them: most often an imputation that extrapolates. */
static void put_wild(norni_buf *b, const norni_analysis *a) {
    const norni_profile *p = &a->profile;
    if (p->n_wild == 0) return;
    norni_buf_format(b, "\nWILD VALUES: %zu", p->n_wild);
    put_number(b, " (", per_cent(p->n_wild, p->n));
    norni_buf_format(b, " %%) lie more than %d robust standard deviations", (int)NORNI_WILD_SD);
    put_number(b, " (", p->robust_sd);
    put_number(b, ") from the median: from ", p->wild_low);
    put_number(b, " to ", p->wild_high);
    put_number(b, ",\nwhile half of all values lie in ", p->q1);
    put_number(b, " to ", p->q3);
    put_number(b, ". They make the standard deviation ", p->sd / p->robust_sd);
    norni_buf_text(b,
                   " times the robust one.\nA process does not jump so; an imputation that "
                   "extrapolates, a unit that changed or a sensor's error code does.\nMake them "
                   "missing where they come from: no model can forecast them, and a test that "
                   "holds them measures them.\n");
}

static void put_company(norni_buf *b, const norni_analysis *a) {
    norni_buf_format(b, "\n%s that go along best (correlation inside the fences, over all):\n",
                     a->company_static ? "Statics" : "Columns");
    if (a->n_company == 0) norni_buf_text(b, "  none that varies\n");
    for (size_t i = 0; i < a->n_company; i++) {
        const norni_str name = a->task->table->column[a->company[i].column].name;
        put_number(b, "  ", a->company[i].inside);
        put_number(b, "  ", a->company[i].r);
        norni_buf_text(b, "  ");
        norni_buf_add(b, name.p, name.n);
        norni_buf_text(b, "\n");
    }
    norni_buf_format(b, "%zu columns are constant", a->n_constant);
    for (size_t i = 0; i < a->n_constant && i < NAMED; i++) {
        const norni_str name = a->task->table->column[a->constant[i]].name;
        norni_buf_text(b, i == 0 ? ": " : ", ");
        norni_buf_add(b, name.p, name.n);
    }
    if (a->n_constant > NAMED) norni_buf_format(b, " and %zu more", a->n_constant - NAMED);
    norni_buf_text(b, "\n");
}

static void put_cell(norni_buf *b, double x) {
    char text[NORNI_TICK_TEXT];
    norni_error_number(text, x);
    for (size_t w = strlen(text); w < 11; w++)
        norni_buf_text(b, " ");
    norni_buf_text(b, text);
}

static void put_trial(norni_buf *b, const norni_analysis *a) {
    const bool wild = a->n_test_wild > 0;
    norni_buf_format(b,
                     "\nCleaning strategies, learned by %s from the oldest %zu rows, all measured "
                     "on the same %zu later raw rows\n",
                     a->task->learner->name, a->n_train, a->n_test);
    if (wild)
        norni_buf_format(b, "(%zu of them are wild: the columns 'sane' leave these out)\n",
                         a->n_test_wild);
    norni_buf_text(b,
                   "strategy             rows        MAE       RMSE         R2 median |e|   "
                   "sane MAE  sane RMSE    sane R2\n");
    for (size_t k = 0; k < NORNI_CLEANINGS; k++) {
        const norni_cleaning *t = &a->trial[k];
        norni_buf_text(b, norni_cleaning_name[k]);
        for (size_t w = strlen(norni_cleaning_name[k]); w < 17; w++)
            norni_buf_text(b, " ");
        char rows[24];
        norni_format(rows, sizeof rows, "%zu", t->n_learned);
        for (size_t w = strlen(rows); w < 8; w++)
            norni_buf_text(b, " ");
        norni_buf_text(b, rows);
        if (t->why[0] != '\0') {
            norni_buf_format(b, "  not fitted: %s\n", t->why);
            continue;
        }
        put_cell(b, t->all[NORNI_STEP_MAE]);
        put_cell(b, t->all[NORNI_STEP_RMSE]);
        put_cell(b, t->all[NORNI_STEP_R2]);
        put_cell(b, t->median_error);
        put_cell(b, t->sane[NORNI_STEP_MAE]);
        put_cell(b, t->sane[NORNI_STEP_RMSE]);
        put_cell(b, t->sane[NORNI_STEP_R2]);
        norni_buf_text(b, "\n");
    }
    if (a->best == NORNI_CLEANINGS) return;
    norni_buf_format(b, "Least mean |error|%s: %s (%s).\n", wild ? " on sane rows" : "",
                     norni_cleaning_name[a->best], norni_cleaning_words[a->best]);
}

/* ---- JSON ---- */

static void json_profile(norni_json *j, const norni_profile *p) {
    norni_json_key(j, "profile");
    norni_json_open(j, '{');
    norni_json_key_count(j, "n_rows", p->n_rows);
    norni_json_key_count(j, "n", p->n);
    norni_json_key_count(j, "nulls", p->n_missing);
    norni_json_key_count(j, "zeros", p->n_zero);
    norni_json_key_count(j, "negatives", p->n_negative);
    norni_json_key_num(j, "mean", p->mean);
    norni_json_key_num(j, "median", p->median);
    norni_json_key_num(j, "std", p->sd);
    norni_json_key_num(j, "min", p->least);
    norni_json_key_num(j, "max", p->most);
    norni_json_key_num(j, "q1", p->q1);
    norni_json_key_num(j, "q3", p->q3);
    norni_json_key_num(j, "fence_low", p->low);
    norni_json_key_num(j, "fence_high", p->high);
    norni_json_key_count(j, "outliers", p->n_outliers);
    norni_json_key_num(j, "outlier_percent", per_cent(p->n_outliers, p->n));
    norni_json_key_num(j, "skew", p->skew);
    norni_json_key_num(j, "kurtosis", p->kurtosis);
    norni_json_key_num(j, "robust_std", p->robust_sd);
    norni_json_key_count(j, "wild", p->n_wild);
    norni_json_key_num(j, "wild_min", p->wild_low);
    norni_json_key_num(j, "wild_max", p->wild_high);
    norni_json_close(j, '}');
}

static void json_columns(norni_json *j, const norni_analysis *a) {
    const norni_wide_column *c = a->task->table->column;
    norni_json_key(j, a->company_static ? "static_correlations" : "correlations");
    norni_json_open(j, '[');
    for (size_t i = 0; i < a->n_company; i++) {
        norni_json_open(j, '{');
        norni_json_key_str(j, "column", c[a->company[i].column].name);
        norni_json_key_num(j, "inside_fences", a->company[i].inside);
        norni_json_key_num(j, "all", a->company[i].r);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
    norni_json_key(j, "constant");
    norni_json_open(j, '[');
    for (size_t i = 0; i < a->n_constant; i++)
        norni_json_str(j, c[a->constant[i]].name);
    norni_json_close(j, ']');
    norni_json_key(j, "features");
    norni_json_open(j, '[');
    for (size_t i = 0; i < a->n_features; i++)
        norni_json_str(j, c[a->feature[i]].name);
    norni_json_close(j, ']');
}

static void json_scores(norni_json *j, const char *key, const double *score) {
    static const char *const name[] = {NORNI_STEP_SCORE_NAMES};
    norni_json_key(j, key);
    norni_json_open(j, '{');
    for (size_t k = 0; k < NORNI_STEP_SCORES; k++)
        norni_json_key_num(j, name[k], score[k]);
    norni_json_close(j, '}');
}

static void json_trial(norni_json *j, const norni_analysis *a) {
    norni_json_key_count(j, "learned_rows", a->n_train);
    norni_json_key_count(j, "test_rows", a->n_test);
    norni_json_key_count(j, "wild_test_rows", a->n_test_wild);
    norni_json_key(j, "strategies");
    norni_json_open(j, '[');
    for (size_t k = 0; k < NORNI_CLEANINGS; k++) {
        const norni_cleaning *t = &a->trial[k];
        norni_json_open(j, '{');
        norni_json_key_str(j, "strategy", norni_str_of(norni_cleaning_name[k]));
        norni_json_key_count(j, "samples", t->n_learned);
        norni_json_key(j, "why_not");
        if (t->why[0] != '\0')
            norni_json_str(j, norni_str_of(t->why));
        else
            norni_json_null(j);
        norni_json_key_num(j, "median_error", t->median_error);
        json_scores(j, "all_test_rows", t->all);
        json_scores(j, "sane_test_rows", t->sane);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
    norni_json_key(j, "best");
    if (a->best < NORNI_CLEANINGS)
        norni_json_str(j, norni_str_of(norni_cleaning_name[a->best]));
    else
        norni_json_null(j);
}

static norn_status write_json(norni_multi_files *files, const norni_analysis *a, norn_err *err) {
    norni_out out;
    norni_json j;
    NORN_TRY(norni_multi_files_begin(files, "analysis.json", &out, err));
    norni_json_init(&j, &out.buf);
    norni_json_open(&j, '{');
    norni_json_key_str(&j, "target", a->task->target);
    norni_json_key_str(&j, "model", norni_str_of(a->task->learner->name));
    json_profile(&j, &a->profile);
    json_columns(&j, a);
    json_trial(&j, a);
    norni_json_close(&j, '}');
    norni_buf_text(&out.buf, "\n");
    return norni_multi_files_end(&out, NORN_OK, err);
}

static norn_status write_analysis(const norni_analysis *a, norni_buf *text, norn_err *err) {
    norni_multi_files files;
    norn_status st = norni_multi_files_open(&files, a->ctx, a->task->folder, err);
    if (st == NORN_OK) st = write_json(&files, a, err);
    if (st == NORN_OK) st = norni_analysis_draw(&files, a, err);
    norni_multi_files_clear(&files);
    if (st != NORN_OK) return st;
    norni_buf_text(text, "Analysis of ");
    norni_buf_add(text, a->task->target.p, a->task->target.n);
    norni_buf_text(text, "\n");
    put_profile(text, a);
    put_wild(text, a);
    put_company(text, a);
    put_trial(text, a);
    return text->failed ? norni_alloc_fail(err, "analyse", text->cap, 2) : NORN_OK;
}

norn_status norni_multi_analyse(const norni_op_env *env, const norni_analyse_task *task,
                                norni_buf *text, norn_err *err) {
    norni_arena arena;
    norni_arena_init(&arena, &env->ctx->alloc);
    norni_analysis a = {.ctx = env->ctx, .task = task, .arena = &arena};
    norn_status st = find_target(&a, err);
    if (st == NORN_OK) st = norni_analysis_profile(&a, err);
    if (st == NORN_OK) norni_say(env, "analyse: %d cleaning strategies", (int)NORNI_CLEANINGS);
    if (st == NORN_OK) st = norni_analysis_trial(&a, err);
    if (st == NORN_OK) st = write_analysis(&a, text, err);
    norni_arena_clear(&arena);
    return st;
}
