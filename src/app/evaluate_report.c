/* What an evaluation found, as tables, as words, as a chart. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/evaluate_report.h"

#include <math.h>

#include "base/sort.h"
#include "plot/line_chart.h"

enum { SAID_MODELS = 20, SHOWN_MODELS = 7, SHOWN_WORST = 10, NAME_ROOM = 48 };

typedef struct metric_order {
    const norni_evaluation *e;
} metric_order;

/* A spec that never served an item itself has no value of its own. */
static double own_metric(const norni_evaluation *e, size_t k) {
    const norni_standing *t = &e->standing[k];
    return t->n_fallback < t->n_folds ? norni_evaluate_metric(e->plan, t) : NORNI_NAN;
}

static int by_metric(const void *arg, size_t a, size_t b) {
    const norni_evaluation *e = ((const metric_order *)arg)->e;
    const double x = own_metric(e, a), y = own_metric(e, b);
    if (isnan(x) || isnan(y)) return isnan(x) - isnan(y);
    return (x > y) - (x < y);
}

norn_status norni_evaluate_order(const norni_evaluation *e, norni_arena *arena, size_t **order,
                                 norn_err *err) {
    const size_t n = e->plan->n_specs;
    size_t *index = norni_arena_get(arena, 2 * n, sizeof *index);
    if (index == NULL) return norni_alloc_fail(err, "evaluate", 2 * n, sizeof *index);
    for (size_t k = 0; k < n; k++)
        index[k] = k;
    const metric_order cmp = {e};
    if (e->plan->opt->grid) norni_sort_index(index, n, by_metric, &cmp, index + n);
    *order = index;
    return NORN_OK;
}

static double value_of(const norni_standing *t, int32_t score) {
    return score == NORNI_COLUMN_OWA ? norni_standing_owa(t) : norni_mean_get(&t->score[score]);
}

norn_status norni_models_table(const norni_evaluation *e, const size_t *order,
                               const norni_evaluate_columns *columns, norni_arena *arena,
                               norni_table_out *t, norn_err *err) {
    static const char *const before[] = {"model"}, *const behind[] = {"n_series", "n_folds",
                                                                      "n_fallback", "n_failed",
                                                                      "seconds"};
    const char *const *name = NULL;
    size_t n = 0;
    NORN_TRY(norni_columns_join(columns, before, 1, behind, 5, arena, &name, &n, err));
    NORN_TRY(norni_table_begin(t, "models", name, n, err));
    for (size_t k = 0; k < e->plan->n_specs; k++) {
        const norni_standing *s = &e->standing[order[k]];
        NORN_TRY(norni_table_text(t, e->plan->specs[order[k]].column, err));
        for (size_t c = 0; c < columns->n; c++)
            NORN_TRY(norni_table_num(t, value_of(s, columns->score[c]), err));
        NORN_TRY(norni_table_num(t, (double)s->n_series, err));
        NORN_TRY(norni_table_num(t, (double)s->n_folds, err));
        NORN_TRY(norni_table_num(t, (double)s->n_fallback, err));
        NORN_TRY(norni_table_num(t, (double)s->n_failed, err));
        NORN_TRY(norni_table_num(t, s->seconds, err));
        NORN_TRY(norni_table_row(t, err));
    }
    return NORN_OK;
}

norn_status norni_horizon_table(const norni_evaluation *e, const size_t *order, norni_arena *arena,
                                norni_table_out *t, norn_err *err) {
    const norni_doubles *levels = &e->plan->cv.rules.levels;
    const size_t n_lines = norni_calibration_lines(levels->n);
    const char **name = norni_arena_get(arena, n_lines + 2, sizeof *name);
    if (name == NULL) return norni_alloc_fail(err, "evaluate", n_lines + 2, sizeof *name);
    name[0] = "model";
    name[1] = "step";
    for (size_t line = 0; line < n_lines; line++) {
        char text[NAME_ROOM];
        const size_t len = norni_calibration_name(line, levels, text, sizeof text);
        name[line + 2] = norni_arena_text(arena, text, len);
        if (name[line + 2] == NULL) return norni_alloc_fail(err, "evaluate", n_lines, NAME_ROOM);
    }
    NORN_TRY(norni_table_begin(t, "by_horizon", name, n_lines + 2, err));
    for (size_t k = 0; k < e->plan->n_specs; k++) {
        const norni_calibration *c = &e->standing[order[k]].calibration;
        for (size_t step = 0; step < c->horizon; step++) {
            NORN_TRY(norni_table_text(t, e->plan->specs[order[k]].column, err));
            NORN_TRY(norni_table_num(t, (double)(step + 1), err));
            for (size_t line = 0; line < n_lines; line++)
                NORN_TRY(norni_table_num(t, norni_calibration_at(c, line, step), err));
            NORN_TRY(norni_table_row(t, err));
        }
    }
    return NORN_OK;
}

norn_status norni_worst_table(const norni_evaluation *e, const size_t *order,
                              const norni_evaluate_columns *columns, norni_arena *arena,
                              norni_table_out *t, norn_err *err) {
    static const char *const before[] = {"model", "rank", "unique_id"}, *const behind[] = {
                                                                            "n_folds",
                                                                            "n_fallback"};
    const char *const *name = NULL;
    size_t n = 0;
    NORN_TRY(norni_columns_join(columns, before, 3, behind, 2, arena, &name, &n, err));
    NORN_TRY(norni_table_begin(t, "worst", name, n, err));
    for (size_t k = 0; k < e->plan->n_specs; k++) {
        for (size_t r = 0; r < e->n_worst[order[k]]; r++) {
            const norni_worst *w = &e->worst[order[k] * NORNI_WORST + r];
            NORN_TRY(norni_table_text(t, e->plan->specs[order[k]].column, err));
            NORN_TRY(norni_table_num(t, (double)(r + 1), err));
            NORN_TRY(norni_table_text(t, norni_panel_id(e->panel, w->series), err));
            for (size_t c = 0; c < columns->n; c++) {
                const int32_t score = columns->score[c];
                NORN_TRY(norni_table_num(
                    t, score == NORNI_COLUMN_OWA ? norni_series_owa(&w->of) : w->mean[score], err));
            }
            NORN_TRY(norni_table_num(t, (double)w->of.n_folds, err));
            NORN_TRY(norni_table_num(t, (double)w->of.n_fallback, err));
            NORN_TRY(norni_table_row(t, err));
        }
    }
    return NORN_OK;
}

/* Four significant digits are enough for people. */
static double rounded(double x) {
    double unit = 1;
    if (!(fabs(x) > 0) || isinf(x)) return x;
    if (fabs(x) >= 1e15 || fabs(x) < 1e-9) return x;
    while (fabs(x) * unit < 1000)
        unit *= 10;
    return nearbyint(x * unit) / unit;
}

static void put_rounded(norni_buf *b, double x) {
    if (isnan(x))
        norni_buf_text(b, "–");
    else
        norni_buf_num(b, rounded(x));
}

/* A cell of a Markdown table: its own bars and line ends would break it. */
static void put_cell(norni_buf *b, norni_str s) {
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '|') norni_buf_text(b, "\\");
        norni_buf_add(b, s.p[i] == '\n' || s.p[i] == '\r' ? " " : s.p + i, 1);
    }
}

static void head_row(norni_buf *b, const char *const *name, size_t n) {
    for (size_t c = 0; c < n; c++)
        norni_buf_format(b, "| %s ", name[c]);
    norni_buf_text(b, "|\n");
    for (size_t c = 0; c < n; c++)
        norni_buf_text(b, c == 0 ? "|---" : "|---:");
    norni_buf_text(b, "|\n");
}

static void words_of_models(const norni_evaluation *e, const size_t *order,
                            const norni_evaluate_columns *columns, norni_buf *b) {
    norni_buf_text(b, "\n## Models\n\n| model ");
    for (size_t c = 0; c < columns->n; c++)
        norni_buf_format(b, "| %s ", columns->name[c]);
    norni_buf_text(b, "| fallback | failed |\n|---");
    for (size_t c = 0; c < columns->n + 2; c++)
        norni_buf_text(b, "|---:");
    norni_buf_text(b, "|\n");
    for (size_t k = 0; k < e->plan->n_specs; k++) {
        const norni_standing *s = &e->standing[order[k]];
        norni_buf_text(b, "| ");
        put_cell(b, e->plan->specs[order[k]].column);
        for (size_t c = 0; c < columns->n; c++) {
            norni_buf_text(b, " | ");
            put_rounded(b, value_of(s, columns->score[c]));
        }
        norni_buf_format(b, " | %zu | %zu |\n", s->n_fallback, s->n_failed);
    }
}

/* First, middle and last step of every model. */
static void words_of_steps(const norni_evaluation *e, const size_t *order, norni_buf *b) {
    const norni_doubles *levels = &e->plan->cv.rules.levels;
    const size_t h = e->plan->cv.rules.horizon, n_lines = norni_calibration_lines(levels->n);
    const size_t step[3] = {0, h / 2, h - 1};
    norni_buf_text(b,
                   "\n## Along the horizon\n\nCoverage is the share of values inside the "
                   "interval; width is over MASE's scale.\n\n| model | step ");
    for (size_t line = 0; line < n_lines; line++) {
        char name[NAME_ROOM];
        norni_calibration_name(line, levels, name, sizeof name);
        norni_buf_format(b, "| %s ", name);
    }
    norni_buf_text(b, "|\n|---");
    for (size_t line = 0; line < n_lines + 1; line++)
        norni_buf_text(b, "|---:");
    norni_buf_text(b, "|\n");
    for (size_t k = 0; k < e->plan->n_specs; k++) {
        for (int s = 0; s < 3; s++) {
            if (s > 0 && step[s] == step[s - 1]) continue;
            norni_buf_text(b, "| ");
            put_cell(b, e->plan->specs[order[k]].column);
            norni_buf_format(b, " | %zu", step[s] + 1);
            for (size_t line = 0; line < n_lines; line++) {
                norni_buf_text(b, " | ");
                put_rounded(
                    b, norni_calibration_at(&e->standing[order[k]].calibration, line, step[s]));
            }
            norni_buf_text(b, " |\n");
        }
    }
}

/* The metric, and of smape and mase what it is not. */
static void words_of_worst(const norni_evaluation *e, const size_t *order, norni_buf *b) {
    const char *name[5] = {"model", "series", e->plan->metric};
    size_t score[2], n = 0;
    if (strcmp(e->plan->metric, "smape") != 0) score[n++] = NORNI_SCORE_SMAPE;
    if (strcmp(e->plan->metric, "mase") != 0) score[n++] = NORNI_SCORE_MASE;
    for (size_t c = 0; c < n; c++)
        name[3 + c] = score[c] == NORNI_SCORE_SMAPE ? "smape" : "mase";
    norni_buf_format(b, "\n## Worst series by %s\n\n", e->plan->metric);
    head_row(b, name, 3 + n);
    for (size_t k = 0; k < e->plan->n_specs; k++) {
        for (size_t r = 0; r < e->n_worst[order[k]] && r < SHOWN_WORST; r++) {
            const norni_worst *w = &e->worst[order[k] * NORNI_WORST + r];
            norni_buf_text(b, "| ");
            put_cell(b, e->plan->specs[order[k]].column);
            norni_buf_text(b, " | ");
            put_cell(b, norni_panel_id(e->panel, w->series));
            norni_buf_text(b, " | ");
            put_rounded(b, w->metric);
            for (size_t c = 0; c < n; c++) {
                norni_buf_text(b, " | ");
                put_rounded(b, w->mean[score[c]]);
            }
            norni_buf_text(b, " |\n");
        }
    }
}

void norni_evaluate_words(const norni_evaluation *e, const size_t *order,
                          const norni_evaluate_columns *columns, norni_buf *b) {
    const norni_evaluate_opt *o = e->plan->opt;
    char digest[NORNI_DIGEST_TEXT];
    norni_hash_text(e->digest, digest);
    norni_buf_format(b, "# Evaluation\n\n%zu series, horizon %d, ", e->panel->n_series,
                     (int)o->horizon);
    if (o->actual)
        norni_buf_text(b, "scored on what came after the data");
    else
        norni_buf_format(b, "windows: %d, %d apart, with %s training sets", (int)o->windows,
                         (int)o->step, o->sliding > 0 ? "sliding" : "expanding");
    norni_buf_format(b, "; %zu forecasts, %zu by fallback, %zu failed. Digest `%s`.\n", e->n_ok,
                     e->n_fallback, e->n_failed, digest);
    if (e->n_short > 0)
        norni_buf_format(b,
                         "\n%zu series are too short for all windows; their oldest are left "
                         "out.\n",
                         e->n_short);
    if (e->n_unscaled > 0)
        norni_buf_format(b,
                         "\n%zu series have no MASE: their training sets are constant or too "
                         "short.\n",
                         e->n_unscaled);
    words_of_models(e, order, columns, b);
    words_of_steps(e, order, b);
    if (e->worst) words_of_worst(e, order, b);
    if (e->first_fallback.n > 0) {
        norni_buf_text(b, "\nThe first item that the fallback serves: ");
        put_cell(b, (norni_str){e->first_fallback.p, e->first_fallback.n});
        norni_buf_text(b, "\n");
    }
    if (e->first_failures.n == 0) return;
    norni_buf_text(b, "\n## Failures\n\n```\n");
    norni_buf_add(b, e->first_failures.p, e->first_failures.n);
    norni_buf_text(b, "\n```\n");
}

/* One line of every model as a panel of the chart. */
static norn_status make_facet(const norni_evaluation *e, const size_t *order, size_t line,
                              const char *title, const int64_t *steps, norni_arena *arena,
                              norni_plot_facet *f, norn_err *err) {
    const size_t h = e->plan->cv.rules.horizon;
    const size_t n = e->plan->n_specs < SHOWN_MODELS ? e->plan->n_specs : SHOWN_MODELS;
    norni_plot_line *lines = norni_arena_zero(arena, n, sizeof *lines);
    double *y = norni_arena_get(arena, n * h, sizeof *y);
    const char *kept = norni_arena_text(arena, title, strlen(title));
    if (!lines || !y || !kept) return norni_alloc_fail(err, "chart", n * h, sizeof *y);
    for (size_t k = 0; k < n; k++) {
        for (size_t s = 0; s < h; s++)
            y[k * h + s] = norni_calibration_at(&e->standing[order[k]].calibration, line, s);
        lines[k] = (norni_plot_line){.name = e->plan->specs[order[k]].column, .y = y + k * h};
    }
    *f = (norni_plot_facet){.title = norni_str_of(kept),
                            .future_times = steps,
                            .n_future = h,
                            .lines = lines,
                            .n_lines = n};
    return NORN_OK;
}

norn_status norni_evaluate_chart(const norni_evaluation *e, const size_t *order, norni_arena *arena,
                                 norni_buf *b, norn_err *err) {
    const norni_doubles *levels = &e->plan->cv.rules.levels;
    const size_t h = e->plan->cv.rules.horizon, n_facets = NORNI_LINES + levels->n;
    norni_plot_facet *facet = norni_arena_get(arena, n_facets, sizeof *facet);
    int64_t *steps = norni_arena_get(arena, h, sizeof *steps);
    if (!facet || !steps) return norni_alloc_fail(err, "chart", n_facets, sizeof *facet);
    for (size_t s = 0; s < h; s++)
        steps[s] = (int64_t)s + 1;
    NORN_TRY(make_facet(e, order, NORNI_LINE_SMAPE, "sMAPE by step", steps, arena, &facet[0], err));
    NORN_TRY(make_facet(e, order, NORNI_LINE_MASE, "MASE by step", steps, arena, &facet[1], err));
    for (size_t l = 0; l < levels->n; l++) {
        char title[NAME_ROOM];
        norni_format(title, sizeof title, "Share inside the %g %% interval", levels->v[l]);
        NORN_TRY(make_facet(e, order, norni_calibration_line(l, NORNI_LEVEL_LINE_COVERAGE), title,
                            steps, arena, &facet[NORNI_LINES + l], err));
    }
    const norni_plot_chart chart = {.title = norni_str_of("Accuracy along the horizon"),
                                    .x_label = norni_str_of("step"),
                                    .is_index = true,
                                    .facets = facet,
                                    .n_facets = n_facets};
    return norni_plot_lines(b, &chart, err);
}

static bool has_intervals(const norni_evaluation *e, size_t k) {
    const size_t widest = e->plan->cv.rules.levels.n - 1;
    return !isnan(
        norni_mean_get(&e->standing[k].score[norni_score_of_level(widest, NORNI_LEVEL_COVERAGE)]));
}

void norni_evaluate_say(const norni_op_env *env, const norni_evaluation *e, const size_t *order) {
    const norni_doubles *levels = &e->plan->cv.rules.levels;
    const size_t h = e->plan->cv.rules.horizon, n_specs = e->plan->n_specs;
    for (size_t k = 0; k < n_specs && k < SAID_MODELS; k++) {
        const norni_standing *s = &e->standing[order[k]];
        const norni_str column = e->plan->specs[order[k]].column;
        norni_buf b;
        norni_buf_init(&b, &env->ctx->alloc);
        norni_buf_add(&b, column.p, column.n);
        norni_buf_text(&b, ": smape ");
        put_rounded(&b, norni_mean_get(&s->score[NORNI_SCORE_SMAPE]));
        norni_buf_text(&b, ", mase ");
        put_rounded(&b, norni_mean_get(&s->score[NORNI_SCORE_MASE]));
        norni_buf_text(&b, ", owa ");
        put_rounded(&b, norni_standing_owa(s));
        if (levels->n > 0 && has_intervals(e, order[k])) {
            const size_t l = levels->n - 1,
                         line = norni_calibration_line(l, NORNI_LEVEL_LINE_COVERAGE);
            norni_buf_format(&b, "; %g %% intervals hold ", levels->v[l]);
            put_rounded(
                &b, 100 * norni_mean_get(&s->score[norni_score_of_level(l, NORNI_LEVEL_COVERAGE)]));
            norni_buf_text(&b, " % (step 1: ");
            put_rounded(&b, 100 * norni_calibration_at(&s->calibration, line, 0));
            norni_buf_format(&b, ", step %zu: ", h);
            put_rounded(&b, 100 * norni_calibration_at(&s->calibration, line, h - 1));
            norni_buf_text(&b, ")");
        }
        if (!b.failed) norni_say(env, "%.*s", (int)b.n, b.p);
        norni_buf_clear(&b);
    }
    if (n_specs > SAID_MODELS) norni_say(env, "and %zu more", n_specs - SAID_MODELS);
}
