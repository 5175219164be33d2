/* The figures of `--analyse`: what the target looks like, and the cleaning strategies side by side. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "app/multi_analyse_parts.h"
#include "app/multi_error_tables.h"
#include "base/fp.h"
#include "plot/pane_kinds.h"

enum { PANES = 6 };

static norn_status no_room(norn_err *err) {
    return norni_alloc_fail(err, "analyse", 256, 1);
}

static norn_status say(norni_arena *arena, norni_str *out, norn_err *err, const char *text) {
    *out = norni_str_of(norni_arena_text(arena, text, strlen(text)));
    return out->p != NULL ? NORN_OK : no_room(err);
}

static norn_status add_course(const norni_analysis *a, norni_pane *p, norn_err *err) {
    const norni_wide *w = a->task->table;
    double *x = norni_arena_get(a->arena, a->n_rows, sizeof *x);
    if (x == NULL) return norni_alloc_fail(err, "analyse", a->n_rows, sizeof *x);
    for (size_t i = 0; i < a->n_rows; i++)
        x[i] = (double)w->times[i];
    p->x.scale = w->style.kind == NORNI_TIME_INDEX ? NORNI_SCALE_NUMBER : NORNI_SCALE_CALENDAR;
    return norni_pane_scatter(a->arena, p, x, a->y, a->n_rows, err);
}

/* Values inside the fences only; the others would flatten the histogram. */
static norn_status add_inside(const norni_analysis *a, norni_pane *p, norn_err *err) {
    double *v = norni_arena_get(a->arena, a->n_rows, sizeof *v);
    char text[96], share[NORNI_TICK_TEXT];
    if (v == NULL) return norni_alloc_fail(err, "analyse", a->n_rows, sizeof *v);
    for (size_t i = 0; i < a->n_rows; i++)
        v[i] = a->y[i] >= a->profile.low && a->y[i] <= a->profile.high ? a->y[i] : NORNI_NAN;
    const size_t n = a->profile.n > 0 ? a->profile.n : 1;
    norni_error_number(share, 100 * (double)a->profile.n_outliers / (double)n);
    norni_format(text, sizeof text, "%s %% lie outside", share);
    NORN_TRY(say(a->arena, &p->note, err, text));
    return norni_pane_histogram(a->arena, p, v, a->n_rows, true, err);
}

static norn_status add_company(const norni_analysis *a, norni_pane *p, norn_err *err) {
    norni_str *name = norni_arena_get(a->arena, a->n_company, sizeof *name);
    double *r = norni_arena_get(a->arena, a->n_company, sizeof *r);
    if (!name || !r) return norni_alloc_fail(err, "analyse", a->n_company, sizeof *name);
    for (size_t i = 0; i < a->n_company; i++) {
        name[i] = a->task->table->column[a->company[i].column].name;
        r[i] = a->company[i].inside;
    }
    p->title = norni_str_of(a->company_static ? "Statics that go along" : "Columns that go along");
    p->x.label = norni_str_of("Correlation inside the fences");
    return norni_pane_bars(a->arena, p, name, r, a->n_company, err);
}

/* The best trial's forecasts of test rows that are not wild. */
static norn_status add_best(const norni_analysis *a, norni_pane *scatter, norni_pane *errors,
                            norn_err *err) {
    double *y = norni_arena_get(a->arena, a->n_test, sizeof *y),
           *e = norni_arena_get(a->arena, a->n_test, sizeof *e);
    char text[96], number[2][NORNI_TICK_TEXT];
    if (!y || !e) return norni_alloc_fail(err, "analyse", a->n_test, sizeof *y);
    if (a->best == NORNI_CLEANINGS) return NORN_OK;
    const norni_cleaning *t = &a->trial[a->best];
    for (size_t i = 0; i < a->n_test; i++) {
        const double v = a->y[a->n_train + i];
        y[i] = norni_profile_is_wild(&a->learned, v) ? NORNI_NAN : v;
        e[i] = t->forecast[i] - y[i];
    }
    norni_error_number(number[0], t->sane[NORNI_STEP_R2]);
    norni_format(text, sizeof text, "%s: R\xC2\xB2 %s", norni_cleaning_name[a->best], number[0]);
    NORN_TRY(say(a->arena, &scatter->note, err, text));
    norni_error_number(number[0], t->sane[NORNI_STEP_MAE]);
    norni_error_number(number[1], t->sane[NORNI_STEP_RMSE]);
    norni_format(text, sizeof text, "MAE %s, RMSE %s", number[0], number[1]);
    NORN_TRY(say(a->arena, &errors->note, err, text));
    scatter->square = true;
    NORN_TRY(norni_pane_scatter(a->arena, scatter, y, t->forecast, a->n_test, err));
    return norni_pane_histogram(a->arena, errors, e, a->n_test, true, err);
}

static norn_status draw_sheet(norni_multi_files *files, const norni_analysis *a, const char *tail,
                              const char *title, const norni_pane *pane, const char *below,
                              norn_err *err) {
    const norni_str target = a->task->table->column[a->column].name;
    const char *path = NULL;
    const size_t n = strlen(title) + target.n + 8;
    char *words = norni_arena_get(a->arena, n, 1);
    if (words == NULL) return no_room(err);
    norni_format(words, n, "%s%.*s", title, (int)target.n, target.p);
    const norni_pane_sheet sheet = {.title = norni_str_of(words),
                                    .panel = pane,
                                    .n_panels = PANES,
                                    .columns = 3,
                                    .below = norni_str_of(below)};
    NORN_TRY(norni_multi_files_name(files, (norni_str[]){{"", 0}, target, norni_str_of(tail)}, 3,
                                    ".svg", &path, err));
    return norni_multi_files_draw(files, path, &sheet, err);
}

static norn_status draw_diagnosis(norni_multi_files *files, const norni_analysis *a,
                                  norn_err *err) {
    norni_pane pane[PANES] = {
        {.title = norni_str_of("Course")},
        {.title = norni_str_of("All values"), .y.label = norni_str_of("Count")},
        {.title = norni_str_of("Inside the fences"), .y.label = norni_str_of("Count")},
        {.title = norni_str_of("Columns that go along")},
        {.title = norni_str_of("Forecast against actual"),
         .x.label = norni_str_of("Actual"),
         .y.label = norni_str_of("Forecast")},
        {.title = norni_str_of("Errors"),
         .x.label = norni_str_of("Forecast \xE2\x88\x92 actual"),
         .y.label = norni_str_of("Count")}};
    NORN_TRY(add_course(a, &pane[0], err));
    NORN_TRY(norni_pane_histogram(a->arena, &pane[1], a->y, a->n_rows, false, err));
    NORN_TRY(add_inside(a, &pane[2], err));
    NORN_TRY(add_company(a, &pane[3], err));
    NORN_TRY(add_best(a, &pane[4], &pane[5], err));
    return draw_sheet(files, a, "_diagnostic_analysis", "Diagnosis of ", pane,
                      "Forecasts one row ahead of rows that were not learned from, without wild "
                      "ones",
                      err);
}

/* What a strategy keeps of the rows learned from, in the target's own unit. */
static norn_status add_kept(const norni_analysis *a, size_t strategy, norni_pane *p,
                            norn_err *err) {
    double *v = norni_arena_get(a->arena, a->n_train, sizeof *v);
    if (v == NULL) return norni_alloc_fail(err, "analyse", a->n_train, sizeof *v);
    const size_t n =
        norni_cleaning_apply(strategy, &a->learned, a->percentile, a->y, a->n_train, v);
    char text[64];
    norni_format(text, sizeof text, "%zu rows", n);
    NORN_TRY(say(a->arena, &p->note, err, text));
    p->title = norni_str_of(norni_cleaning_name[strategy]);
    p->y.label = norni_str_of("Count");
    return norni_pane_histogram(a->arena, p, v, a->n_train, true, err);
}

static norn_status add_scores(const norni_analysis *a, size_t what, norni_pane *p, norn_err *err) {
    static const char *const title[3] = {"R\xC2\xB2", "RMAE (root of MAE)", "Rows learned from"};
    norni_str *name = norni_arena_get(a->arena, NORNI_CLEANINGS, sizeof *name);
    double *v = norni_arena_get(a->arena, NORNI_CLEANINGS, sizeof *v);
    if (!name || !v) return norni_alloc_fail(err, "analyse", NORNI_CLEANINGS, sizeof *name);
    for (size_t k = 0; k < NORNI_CLEANINGS; k++) {
        const norni_cleaning *t = &a->trial[k];
        name[k] = norni_str_of(norni_cleaning_name[k]);
        v[k] = what == 0   ? t->sane[NORNI_STEP_R2]
               : what == 1 ? t->sane[NORNI_STEP_RMAE]
                           : (double)t->n_learned;
    }
    p->title = norni_str_of(title[what]);
    return norni_pane_bars(a->arena, p, name, v, NORNI_CLEANINGS, err);
}

norn_status norni_analysis_draw(norni_multi_files *files, const norni_analysis *a, norn_err *err) {
    static const size_t kept[3] = {0, 1, 5}; /* as they are, inside the fences, percentiles */
    norni_pane pane[PANES] = {{.zero = false}};
    for (size_t k = 0; k < 3; k++) {
        NORN_TRY(add_kept(a, kept[k], &pane[k], err));
        NORN_TRY(add_scores(a, k, &pane[3 + k], err));
    }
    NORN_TRY(draw_sheet(files, a, "_cleaning_strategies_comparison", "Cleaning strategies for ",
                        pane,
                        "All measured on the same raw rows, which nobody learned from, without "
                        "wild ones",
                        err));
    return draw_diagnosis(files, a, err);
}
