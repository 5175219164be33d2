/* The error analysis of a multi-target run as figures: one for each target and model, one of all models. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "app/multi_error_tables.h"
#include "base/ctx.h"
#include "base/fp.h"
#include "plot/pane_kinds.h"

enum { FIGURE = 6, SEASONS_MOST = 24 };

/* Groups that errors are told apart by, after the table's frequency. */
typedef enum season_kind {
    SEASON_NONE,
    SEASON_HOUR,
    SEASON_WEEKDAY,
    SEASON_MONTH,
} season_kind;

static season_kind season_of(const norni_multi_scores *s) {
    if (s->style.kind == NORNI_TIME_INDEX) return SEASON_NONE;
    switch (s->freq.unit) {
        case NORNI_UNIT_SECOND:
        case NORNI_UNIT_MINUTE:
        case NORNI_UNIT_HOUR: return SEASON_HOUR;
        case NORNI_UNIT_DAY:
        case NORNI_UNIT_BUSINESS_DAY: return SEASON_WEEKDAY;
        case NORNI_UNIT_WEEK:
        case NORNI_UNIT_MONTH:
        case NORNI_UNIT_QUARTER: return SEASON_MONTH;
        case NORNI_UNIT_INDEX:
        case NORNI_UNIT_MICROSECOND:
        case NORNI_UNIT_YEAR:
        case NORNI_UNIT_IRREGULAR: return SEASON_NONE;
    }
    return SEASON_NONE;
}

static size_t season_at(season_kind kind, int64_t t) {
    const norni_civil c = norni_civil_from_us(t);
    if (kind == SEASON_HOUR) return (size_t)c.hour;
    if (kind == SEASON_MONTH) return (size_t)c.month - 1;
    return (size_t)norni_weekday(t / NORNI_US_DAY - (t % NORNI_US_DAY < 0));
}

static const char *const season_title[] = {"Error over time", "Error by hour of the day",
                                           "Error by weekday", "Error by month"};

/* Texts of season groups, "Mon", "Jan", "13". */
static norn_status season_names(norni_arena *arena, season_kind kind, norni_str *name, size_t *n,
                                norn_err *err) {
    static const char *const day[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const month[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    *n = kind == SEASON_HOUR ? 24 : kind == SEASON_MONTH ? 12 : 7;
    for (size_t i = 0; i < *n; i++) {
        char text[8];
        norni_format(text, sizeof text, "%zu", i);
        if (kind != SEASON_HOUR) {
            name[i] = norni_str_of(kind == SEASON_MONTH ? month[i] : day[i]);
            continue;
        }
        name[i] = norni_str_of(norni_arena_text(arena, text, strlen(text)));
        if (name[i].p == NULL) return norni_alloc_fail(err, "errors", 8, 1);
    }
    return NORN_OK;
}

/* Mean |error| of each group: group of row i = which(i). out (n), NaN where there is none. */
static void mean_by(const norni_error_pair *p, const double *e, const size_t *group, size_t n,
                    double *out) {
    size_t count[SEASONS_MOST] = {0};
    for (size_t k = 0; k < n; k++)
        out[k] = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (!isfinite(e[i])) continue;
        out[group[i]] += fabs(e[i]);
        count[group[i]]++;
    }
    for (size_t k = 0; k < n; k++)
        out[k] = count[k] > 0 ? out[k] / (double)count[k] : NORNI_NAN;
}

/* Errors along the rows forecast, where times have no seasons. */
static norn_status add_over_time(norni_arena *arena, const norni_multi_scores *s,
                                 const norni_error_pair *p, const double *e, norni_pane *pane,
                                 norn_err *err) {
    double *x = norni_arena_get(arena, p->n, sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "errors", p->n, sizeof *x);
    for (size_t i = 0; i < p->n; i++)
        x[i] = (double)s->times[s->origin[i / s->horizon] + i % s->horizon + 1];
    const bool index = s->style.kind == NORNI_TIME_INDEX;
    pane->x.scale = index ? NORNI_SCALE_NUMBER : NORNI_SCALE_CALENDAR;
    pane->y.label = norni_str_of("Forecast \xE2\x88\x92 actual");
    pane->zero = true;
    return norni_pane_scatter(arena, pane, x, e, p->n, err);
}

static norn_status add_season(norni_arena *arena, const norni_multi_scores *s,
                              const norni_error_pair *p, const double *e, norni_pane *pane,
                              norn_err *err) {
    const season_kind kind = season_of(s);
    pane->title = norni_str_of(season_title[kind]);
    if (kind == SEASON_NONE) return add_over_time(arena, s, p, e, pane, err);
    norni_str *name = norni_arena_get(arena, SEASONS_MOST, sizeof *name);
    double *mean = norni_arena_get(arena, SEASONS_MOST, sizeof *mean);
    size_t *group = norni_arena_get(arena, p->n, sizeof *group), n = 0;
    if (!name || !mean || !group) return norni_alloc_fail(err, "errors", p->n, sizeof *group);
    NORN_TRY(season_names(arena, kind, name, &n, err));
    for (size_t i = 0; i < p->n; i++)
        group[i] = season_at(kind, s->times[s->origin[i / s->horizon] + i % s->horizon + 1]);
    mean_by(p, e, group, n, mean);
    pane->y.label = norni_str_of("Mean |error|");
    return norni_pane_groups(arena, pane, name, n, NULL, mean, 1, err);
}

static norn_status add_steps(norni_arena *arena, const norni_multi_scores *s,
                             const norni_error_pair *p, const double *e, norni_pane *pane,
                             norn_err *err) {
    double *mean = norni_arena_get(arena, s->horizon, sizeof *mean);
    if (mean == NULL) return norni_alloc_fail(err, "errors", s->horizon, sizeof *mean);
    for (size_t h = 0; h < s->horizon; h++) {
        size_t count = 0;
        mean[h] = 0;
        for (size_t i = h; i < p->n; i += s->horizon) {
            if (!isfinite(e[i])) continue;
            mean[h] += fabs(e[i]);
            count++;
        }
        mean[h] = count > 0 ? mean[h] / (double)count : NORNI_NAN;
    }
    return norni_pane_groups(arena, pane, NULL, s->horizon, NULL, mean, 1, err);
}

/* The figure's notes: texts live in the arena. */
static norn_status add_notes(norni_arena *arena, const norni_error_pair *p, norni_pane *pane,
                             norn_err *err) {
    char a[NORNI_TICK_TEXT], b[NORNI_TICK_TEXT], text[2 * NORNI_TICK_TEXT + 32];
    const double r2 = p->score[NORNI_STEP_R2];
    norni_error_number(a, r2);
    norni_format(text, sizeof text, "R\xC2\xB2 %s%s%s", a, isnan(r2) ? "" : ", ",
                 norni_error_grade_r2(r2));
    pane[0].note = norni_str_of(norni_arena_text(arena, text, strlen(text)));
    norni_error_number(a, p->score[NORNI_STEP_MAE]);
    norni_error_number(b, p->score[NORNI_STEP_RMSE]);
    norni_format(text, sizeof text, "MAE %s, RMSE %s", a, b);
    pane[2].note = norni_str_of(norni_arena_text(arena, text, strlen(text)));
    norni_error_number(a, p->bias);
    norni_format(text, sizeof text, "bias %s", a);
    pane[1].note = norni_str_of(norni_arena_text(arena, text, strlen(text)));
    if (!pane[0].note.p || !pane[1].note.p || !pane[2].note.p)
        return norni_alloc_fail(err, "errors", sizeof text, 3);
    return NORN_OK;
}

static norn_status fill_figure(norni_arena *arena, const norni_multi_scores *s,
                               const norni_error_pair *p, norni_pane *pane, norn_err *err) {
    static const char *const words[FIGURE][3] = {
        {"Predicted against actual", "Actual", "Forecast"},
        {"Errors against forecasts", "Forecast", "Forecast \xE2\x88\x92 actual"},
        {"Distribution of errors", "Forecast \xE2\x88\x92 actual", "Count"},
        {"Normal Q-Q", "Quantile of a normal distribution", "Error"},
        {"Error by step", "Steps ahead", "Mean |error|"},
        {"", "", ""}};
    double *e = norni_arena_get(arena, p->n, sizeof *e);
    if (e == NULL) return norni_alloc_fail(err, "errors", p->n, sizeof *e);
    for (size_t i = 0; i < p->n; i++)
        e[i] = p->f[i] - p->y[i];
    for (size_t i = 0; i < FIGURE; i++)
        pane[i] = (norni_pane){.title = norni_str_of(words[i][0]),
                               .x.label = norni_str_of(words[i][1]),
                               .y.label = norni_str_of(words[i][2])};
    pane[0].square = pane[1].zero = true;
    NORN_TRY(add_notes(arena, p, pane, err));
    NORN_TRY(norni_pane_scatter(arena, &pane[0], p->y, p->f, p->n, err));
    NORN_TRY(norni_pane_scatter(arena, &pane[1], p->f, e, p->n, err));
    NORN_TRY(norni_pane_histogram(arena, &pane[2], e, p->n, true, err));
    NORN_TRY(norni_pane_qq(arena, &pane[3], e, p->n, err));
    NORN_TRY(add_steps(arena, s, p, e, &pane[4], err));
    return add_season(arena, s, p, e, &pane[5], err);
}

static norn_status draw_pair(norni_multi_files *files, norni_arena *arena,
                             const norni_multi_scores *s, const norni_error_pair *p,
                             norn_err *err) {
    norni_pane pane[FIGURE];
    const norni_str target = s->target[p->target], model = s->model[p->model];
    const char *path = NULL;
    norni_buf title;
    NORN_TRY(norni_multi_files_name(
        files, (norni_str[]){norni_str_of("error_analysis_"), target, norni_str_of("_"), model}, 4,
        ".svg", &path, err));
    NORN_TRY(fill_figure(arena, s, p, pane, err));
    norni_buf_init(&title, &files->ctx->alloc);
    norni_buf_text(&title, "Errors of ");
    norni_buf_add(&title, model.p, model.n);
    norni_buf_text(&title, " for ");
    norni_buf_add(&title, target.p, target.n);
    char below[96];
    norni_format(below, sizeof below, "%zu forecasts from %zu origins that no model was shown",
                 p->counted, s->n_origins);
    const norni_pane_sheet sheet = {.title = {title.p, title.n},
                                    .panel = pane,
                                    .n_panels = FIGURE,
                                    .columns = 3,
                                    .below = norni_str_of(below)};
    const norn_status st = title.failed ? norni_alloc_fail(err, "errors", title.cap, 2)
                                        : norni_multi_files_draw(files, path, &sheet, err);
    norni_buf_clear(&title);
    return st;
}

/* One measure of all models, each a box over the targets. */
static norn_status add_measure(norni_arena *arena, const norni_multi_scores *s, size_t measure,
                               norni_pane *pane, norn_err *err) {
    const size_t n_t = s->n_targets, n_m = s->n_models;
    double *value = norni_arena_get(arena, n_m * n_t, sizeof *value);
    const double **row = norni_arena_get(arena, n_m, sizeof *row);
    size_t *count = norni_arena_get(arena, n_m, sizeof *count);
    if (!value || !row || !count) return norni_alloc_fail(err, "errors", n_m * n_t, sizeof *value);
    for (size_t m = 0; m < n_m; m++) {
        row[m] = value + m * n_t;
        count[m] = n_t;
        for (size_t t = 0; t < n_t; t++) {
            const norni_error_pair p = norni_error_pair_of(s, t, m);
            const double mae = p.score[NORNI_STEP_SCALED_MAE], mse = p.score[NORNI_STEP_SCALED_MSE];
            value[m * n_t + t] = measure == 0   ? p.score[NORNI_STEP_R2]
                                 : measure == 1 ? sqrt(mae)
                                 : measure == 2 ? mae
                                                : sqrt(mse);
        }
    }
    return norni_pane_boxes(arena, pane, s->model, row, count, n_m, err);
}

static norn_status draw_comparison(norni_multi_files *files, norni_arena *arena,
                                   const norni_multi_scores *s, norn_err *err) {
    static const char *const words[4][2] = {
        {"R\xC2\xB2", "1 is perfect, 0 the mean of the actual values"},
        {"RMAE", "root of MAE, in standard deviations"},
        {"MAE", "in standard deviations of the target"},
        {"RMSE", "in standard deviations of the target"}};
    norni_pane pane[4];
    for (size_t k = 0; k < 4; k++) {
        pane[k] =
            (norni_pane){.title = norni_str_of(words[k][0]), .x.label = norni_str_of(words[k][1])};
        NORN_TRY(add_measure(arena, s, k, &pane[k], err));
    }
    const char *path = NULL;
    NORN_TRY(norni_multi_files_name(files,
                                    (norni_str[]){norni_str_of("model_comparison_comprehensive")},
                                    1, ".svg", &path, err));
    char below[128];
    norni_format(below, sizeof below, "Boxes over %zu %s; forecasts that no model was shown",
                 s->n_targets, s->n_targets == 1 ? "target" : "targets");
    const norni_pane_sheet sheet = {.title = norni_str_of("Comparison of models"),
                                    .panel = pane,
                                    .n_panels = 4,
                                    .columns = 2,
                                    .height = 60 + 34 * (double)s->n_models,
                                    .below = norni_str_of(below)};
    return norni_multi_files_draw(files, path, &sheet, err);
}

static norn_status draw_all(norni_multi_files *files, const norni_multi_scores *s, norn_err *err) {
    norni_arena arena;
    norni_arena_init(&arena, &files->ctx->alloc);
    norn_status st = NORN_OK;
    for (size_t t = 0; t < s->n_targets && st == NORN_OK; t++) {
        for (size_t m = 0; m < s->n_models && st == NORN_OK; m++) {
            const norni_error_pair p = norni_error_pair_of(s, t, m);
            norni_arena_reset(&arena);
            st = norn_ctx_cancelled(files->ctx) ? norn_fail(err, NORN_E_CANCEL, "errors: cancelled")
                                                : draw_pair(files, &arena, s, &p, err);
        }
    }
    norni_arena_reset(&arena);
    if (st == NORN_OK && s->n_models > 0) st = draw_comparison(files, &arena, s, err);
    norni_arena_clear(&arena);
    return st;
}

norn_status norni_multi_errors_write(norn_ctx *ctx, const norni_multi_scores *s, const char *folder,
                                     norn_err *err) {
    norni_multi_files files;
    norn_status st = norni_multi_files_open(&files, ctx, folder, err);
    if (st == NORN_OK) st = norni_error_tables_write(&files, s, err);
    if (st == NORN_OK) st = draw_all(&files, s, err);
    norni_multi_files_clear(&files);
    return st;
}
