/* The rows that an evaluation writes while it runs: by series, by item, by step. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/evaluate_rows.h"

#include "app/failure.h"
#include "base/fp.h"

enum { NAME_ROOM = 48 };

/* Copies a name into the arena. */
static const char *keep_name(norni_arena *arena, const char *text) {
    return norni_arena_text(arena, text, strlen(text));
}

norn_status norni_evaluate_columns_make(const norni_doubles *levels, norni_arena *arena,
                                        norni_evaluate_columns *out, norn_err *err) {
    static const int32_t first[] = {NORNI_SCORE_SMAPE, NORNI_SCORE_MASE, NORNI_SCORE_RMSE,
                                    NORNI_SCORE_MAE,   NORNI_SCORE_MAPE, NORNI_COLUMN_OWA,
                                    NORNI_SCORE_RMSSE};
    static const int32_t second[] = {NORNI_SCORE_PINBALL, NORNI_SCORE_SPL};
    enum { N_FIRST = sizeof first / sizeof first[0], N_SECOND = sizeof second / sizeof second[0] };
    const size_t most = norni_score_count(levels->n) + 1;
    int32_t *score = norni_arena_get(arena, most, sizeof *score);
    const char **name = norni_arena_get(arena, most, sizeof *name);
    size_t n = 0;
    if (!score || !name) return norni_alloc_fail(err, "evaluate", most, sizeof *name);
    for (size_t k = 0; k < N_FIRST; k++)
        score[n++] = first[k];
    for (size_t l = 0; l < levels->n; l++)
        score[n++] = (int32_t)norni_score_of_level(l, NORNI_LEVEL_COVERAGE);
    for (size_t k = 0; k < N_SECOND; k++)
        score[n++] = second[k];
    for (size_t l = 0; l < levels->n; l++)
        score[n++] = (int32_t)norni_score_of_level(l, NORNI_LEVEL_MSIS);
    for (size_t l = 0; l < levels->n; l++)
        score[n++] = (int32_t)norni_score_of_level(l, NORNI_LEVEL_WIDTH);
    for (size_t k = 0; k < n; k++) {
        char text[NAME_ROOM] = "owa";
        if (score[k] != NORNI_COLUMN_OWA)
            norni_score_name((size_t)score[k], levels, text, sizeof text);
        name[k] = keep_name(arena, text);
        if (name[k] == NULL) return norni_alloc_fail(err, "evaluate", n, NAME_ROOM);
    }
    *out = (norni_evaluate_columns){.n = n, .score = score, .name = name};
    return NORN_OK;
}

norn_status norni_columns_join(const norni_evaluate_columns *columns, const char *const *before,
                               size_t n_before, const char *const *behind, size_t n_behind,
                               norni_arena *arena, const char *const **out, size_t *n,
                               norn_err *err) {
    const size_t total = n_before + columns->n + n_behind;
    const char **name = norni_arena_get(arena, total, sizeof *name);
    if (name == NULL) return norni_alloc_fail(err, "evaluate", total, sizeof *name);
    for (size_t k = 0; k < n_before; k++)
        name[k] = before[k];
    for (size_t k = 0; k < columns->n; k++)
        name[n_before + k] = columns->name[k];
    for (size_t k = 0; k < n_behind; k++)
        name[n_before + columns->n + k] = behind[k];
    *out = name;
    *n = total;
    return NORN_OK;
}

norni_str norni_evaluate_served(const norni_evaluate_plan *plan, const norni_cv *cv, size_t item) {
    const norni_contender *who = norni_cv_served(cv, item);
    if (who == NULL) return (norni_str){"", 0};
    if (who == cv->plan->fallback) return plan->fallback->column;
    return plan->specs[who - cv->plan->contenders].column;
}

norn_status norni_by_series_begin(norni_table_out *t, const norni_evaluate_columns *columns,
                                  norni_arena *arena, norn_err *err) {
    static const char *const before[] = {"unique_id", "model"}, *const behind[] = {"n_folds",
                                                                                   "n_fallback",
                                                                                   "n_failed"};
    const char *const *name = NULL;
    size_t n = 0;
    NORN_TRY(norni_columns_join(columns, before, 2, behind, 3, arena, &name, &n, err));
    return norni_table_begin(t, "series", name, n, err);
}

norn_status norni_by_series_row(const norni_evaluate_plan *plan, const norni_panel *panel, size_t i,
                                size_t k, const norni_evaluate_columns *columns,
                                const norni_series_standing *of, const double *mean,
                                norni_table_out *t, norn_err *err) {
    NORN_TRY(norni_table_text(t, norni_panel_id(panel, i), err));
    NORN_TRY(norni_table_text(t, plan->specs[k].column, err));
    for (size_t c = 0; c < columns->n; c++) {
        const int32_t score = columns->score[c];
        NORN_TRY(norni_table_num(t, score == NORNI_COLUMN_OWA ? norni_series_owa(of) : mean[score],
                                 err));
    }
    NORN_TRY(norni_table_num(t, (double)of->n_folds, err));
    NORN_TRY(norni_table_num(t, (double)of->n_fallback, err));
    NORN_TRY(norni_table_num(t, (double)of->n_failed, err));
    return norni_table_row(t, err);
}

/* The time of period t of series i, which may lie behind its end. */
static norni_str print_time(const norni_panel *p, size_t i, size_t t, char text[48]) {
    const size_t n = norni_panel_n(p, i);
    const int64_t at = t < n ? norni_panel_time(p, i, t) : norni_panel_future(p, i, t - n);
    return (norni_str){text, norni_time_print(text, at, &p->style)};
}

/* The last time that the item's model saw. */
static norni_str print_cutoff(const norni_cv *cv, const norni_cv_place *p, char text[48]) {
    if (p->cutoff == 0) return (norni_str){"", 0};
    return print_time(cv->panel, p->series, p->cutoff - 1, text);
}

norn_status norni_items_begin(norni_table_out *t, norn_err *err) {
    static const char *const name[] = {"unique_id", "model",   "cutoff",     "status",  "served",
                                       "attempts",  "seconds", "parameters", "message", "stop"};
    return norni_table_begin(t, "items", name, sizeof name / sizeof name[0], err);
}

norn_status norni_items_rows(const norni_evaluate_plan *plan, const norni_cv *cv, size_t series,
                             size_t k, norni_table_out *t, norn_err *err) {
    char time[48];
    for (size_t fold = 0; fold < cv->n_folds; fold++) {
        const size_t item = (series * cv->plan->n_contenders + k) * cv->n_folds + fold;
        const norni_outcome *o = &cv->outcome[item];
        const norni_cv_place p = norni_cv_place_of(cv, item);
        const char *described = cv->described && o->status == NORN_OK ? cv->described[item] : NULL;
        if (o->attempts == 0) continue;
        NORN_TRY(norni_table_text(t, norni_panel_id(cv->panel, p.series), err));
        NORN_TRY(norni_table_text(t, plan->specs[k].column, err));
        NORN_TRY(norni_table_text(t, print_cutoff(cv, &p, time), err));
        NORN_TRY(norni_table_text(t, norni_str_of(norn_status_name(o->status)), err));
        NORN_TRY(norni_table_text(t, norni_evaluate_served(plan, cv, item), err));
        NORN_TRY(norni_table_num(t, o->attempts, err));
        NORN_TRY(norni_table_num(t, o->seconds, err));
        NORN_TRY(norni_table_text(t, norni_str_of(described ? described : ""), err));
        NORN_TRY(norni_table_text(t, norni_str_of(o->message ? o->message : ""), err));
        NORN_TRY(norni_table_text(t, norni_str_of(norni_cv_stop(cv, item)), err));
        NORN_TRY(norni_table_row(t, err));
    }
    return NORN_OK;
}

norn_status norni_errors_begin(norni_table_out *t, const norni_doubles *levels, norni_arena *arena,
                               norn_err *err) {
    static const char *const fixed[] = {"unique_id", "model", "cutoff",  "step",
                                        "ds",        "y",     "forecast"};
    enum { N_FIXED = sizeof fixed / sizeof fixed[0] };
    const size_t n = N_FIXED + 2 * levels->n;
    const char **name = norni_arena_get(arena, n, sizeof *name);
    if (name == NULL) return norni_alloc_fail(err, "--errors", n, sizeof *name);
    for (size_t c = 0; c < n; c++) {
        char text[NAME_ROOM];
        if (c < N_FIXED)
            norni_format(text, sizeof text, "%s", fixed[c]);
        else
            norni_format(text, sizeof text, "%s-%g", (c - N_FIXED) % 2 ? "hi" : "lo",
                         levels->v[(c - N_FIXED) / 2]);
        name[c] = keep_name(arena, text);
        if (name[c] == NULL) return norni_alloc_fail(err, "--errors", n, NAME_ROOM);
    }
    return norni_table_begin(t, "errors", name, n, err);
}

static norn_status error_row(const norni_evaluate_plan *plan, const norni_cv *cv, size_t item,
                             const norni_cv_place *p, size_t step, norni_table_out *t,
                             norn_err *err) {
    const size_t h = cv->plan->rules.horizon, n_levels = cv->plan->rules.levels.n;
    char time[48];
    NORN_TRY(norni_table_text(t, norni_panel_id(cv->panel, p->series), err));
    NORN_TRY(norni_table_text(t, plan->specs[p->contender].column, err));
    NORN_TRY(norni_table_text(t, print_cutoff(cv, p, time), err));
    NORN_TRY(norni_table_num(t, (double)(step + 1), err));
    NORN_TRY(norni_table_text(t, print_time(cv->panel, p->series, p->cutoff + step, time), err));
    NORN_TRY(norni_table_num(t, norni_cv_actual(cv, item)[step], err));
    NORN_TRY(norni_table_num(t, cv->mean[item * h + step], err));
    for (size_t l = 0; l < n_levels; l++) {
        const size_t at = (item * n_levels + l) * h + step;
        NORN_TRY(norni_table_num(t, cv->lo[at], err));
        NORN_TRY(norni_table_num(t, cv->hi[at], err));
    }
    return norni_table_row(t, err);
}

norn_status norni_errors_rows(const norni_evaluate_plan *plan, const norni_cv *cv, size_t series,
                              size_t k, norni_table_out *t, norn_err *err) {
    for (size_t fold = 0; fold < cv->n_folds; fold++) {
        const size_t item = (series * cv->plan->n_contenders + k) * cv->n_folds + fold;
        const norni_cv_place p = norni_cv_place_of(cv, item);
        if (norni_cv_served(cv, item) == NULL) continue;
        for (size_t step = 0; step < cv->plan->rules.horizon; step++)
            NORN_TRY(error_row(plan, cv, item, &p, step, t, err));
    }
    return NORN_OK;
}

void norni_evaluate_failure(const norni_evaluate_plan *plan, const norni_cv *cv, size_t item,
                            norni_buf *b) {
    const norni_cv_place p = norni_cv_place_of(cv, item);
    char time[48];
    const norni_str cutoff = print_cutoff(cv, &p, time);
    norni_failure_json(norni_panel_id(cv->panel, p.series), plan->specs[p.contender].column,
                       &cutoff, &cv->outcome[item], b);
}

void norni_evaluate_reason(const norni_evaluate_plan *plan, const norni_cv *cv, size_t item,
                           norni_buf *b) {
    const norni_cv_place p = norni_cv_place_of(cv, item);
    norni_failure_line(norni_panel_id(cv->panel, p.series), plan->specs[p.contender].column,
                       &cv->outcome[item], b);
}
