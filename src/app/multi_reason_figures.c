/* Explanations as figures: shapes, pairs, one forecast's contributions, importances of all. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "app/multi_reason_parts.h"
#include "app/multi_shape.h"
#include "base/ctx.h"
#include "base/sort.h"

enum { SHAPES = 9, PAIRS = 6, RANKED = 20, FALL = 14, OVERVIEW = 12, TOP = 10, BINS = 512 };

/* head + tail in the arena; p NULL: no memory. */
static norni_str joined(norni_arena *arena, const char *head, norni_str tail) {
    const size_t n = strlen(head);
    char *text = norni_arena_get(arena, n + tail.n + 1, 1);
    if (text == NULL) return (norni_str){0};
    memcpy(text, head, n);
    memcpy(text + n, tail.p, tail.n);
    return (norni_str){text, n + tail.n};
}

static norn_status no_memory(norn_err *err) {
    return norni_alloc_fail(err, "explanations", 256, 1);
}

/* "<before><target><by><model>, <steps> ahead" */
static norn_status make_title(norni_arena *arena, const char *before, const norni_reason_group *g,
                              size_t step, norni_str *out, norn_err *err) {
    char ahead[48];
    norni_format(ahead, sizeof ahead, ", %zu %s ahead", step, step == 1 ? "step" : "steps");
    const size_t n = strlen(before) + g->target.n + g->model.n + strlen(ahead) + 8;
    char *text = norni_arena_get(arena, n, 1);
    if (text == NULL) return norni_alloc_fail(err, "explanations", n, 1);
    out->n = norni_format(text, n, "%s%.*s by %.*s%s", before, (int)g->target.n, g->target.p,
                          (int)g->model.n, g->model.p, step > 0 ? ahead : "");
    out->p = text;
    return NORN_OK;
}

static norn_status note_missing(norni_arena *arena, const norni_term_sight *s, norni_pane *pane,
                                norn_err *err) {
    char text[NORNI_TICK_TEXT];
    if (!s->any_missing) return NORN_OK;
    norni_axis_value(text, norni_axis_round(s->missing, 3));
    pane->note = joined(arena, "where missing: ", norni_str_of(text));
    return pane->note.p != NULL ? NORN_OK : no_memory(err);
}

/* The most important terms of one or two axes that can be drawn, at most `most`. */
static norn_status fill_shapes(norni_arena *arena, const norni_multi_reason *r, size_t n_axes,
                               size_t most, norni_pane *pane, size_t *n, norn_err *err) {
    size_t *order = NULL;
    *n = 0;
    NORN_TRY(norni_terms_order(arena, &r->why, &order, err));
    for (size_t k = 0; k < r->why.n_terms && *n < most; k++) {
        const norni_term *t = &r->why.term[order[k]];
        norni_term_sight s;
        if (t->n_axes != n_axes || !(t->importance > 0)) continue;
        NORN_TRY(norni_term_sight_of(arena, t, BINS, &s, err));
        if (s.kind == NORNI_SIGHT_NONE) continue;
        norni_pane *p = &pane[(*n)++];
        *p = (norni_pane){.title = t->name, .y.label = norni_str_of("Effect")};
        NORN_TRY(note_missing(arena, &s, p, err));
        NORN_TRY(norni_term_sight_draw(arena, &s, p, err));
    }
    return NORN_OK;
}

/* shapes_* (n_axes 1) and pdp_2d_combined_* (2) of the group's first step. */
static norn_status draw_shapes(norni_multi_files *files, norni_arena *arena,
                               const norni_reasons *all, const norni_reason_group *g, size_t n_axes,
                               norn_err *err) {
    const bool pairs = n_axes == 2;
    norni_pane pane[SHAPES];
    const norni_multi_reason *r = &all->r[g->at[0]];
    const char *path = NULL;
    size_t n = 0;
    norni_pane_sheet sheet = {
        .panel = pane,
        .columns = pairs ? 2 : 3,
        .below = norni_str_of(pairs ? "What a pair of features adds to what each adds alone; grey: "
                                      "no value"
                                    : "What a feature adds to the forecast, in the target's "
                                      "unit; the band is one standard deviation over bags; grey: "
                                      "where the data are")};
    NORN_TRY(fill_shapes(arena, r, n_axes, pairs ? PAIRS : SHAPES, pane, &n, err));
    if (n == 0) return NORN_OK;
    sheet.n_panels = n;
    if (n == 1 && pairs) sheet.columns = 1;
    NORN_TRY(make_title(arena, pairs ? "Pairs: " : "Shapes: ", g, r->step, &sheet.title, err));
    const norni_str part[] = {norni_str_of(pairs ? "pdp_2d_combined_" : "shapes_"), g->target,
                              norni_str_of("_"), g->model};
    NORN_TRY(norni_multi_files_name(files, part, 4, ".svg", &path, err));
    return norni_multi_files_draw(files, path, &sheet, err);
}

/* Names and values of the n terms that order names. */
static norn_status take_terms(norni_arena *arena, const norni_multi_reason *r, const size_t *order,
                              size_t n, norni_str **name, double **v, norn_err *err) {
    *name = norni_arena_get(arena, n, sizeof **name);
    *v = norni_arena_get(arena, n, sizeof **v);
    if (!*name || !*v) return norni_alloc_fail(err, "explanations", n, sizeof **name);
    for (size_t k = 0; k < n; k++) {
        (*name)[k] = r->why.term[order[k]].name;
        (*v)[k] = r->why.term[order[k]].importance;
    }
    return NORN_OK;
}

static int by_size(const void *arg, size_t a, size_t b) {
    const double *v = arg, x = isnan(v[a]) ? -1 : fabs(v[a]), y = isnan(v[b]) ? -1 : fabs(v[b]);
    return (x < y) - (x > y);
}

/* The largest contributions of one forecast, the rest as one bar. */
static norn_status fill_waterfall(norni_arena *arena, const norni_multi_reason *r, norni_pane *p,
                                  norn_err *err) {
    const size_t n = r->why.n_terms, shown = n <= FALL ? n : FALL - 1;
    const size_t bars = shown + (n > shown ? 1 : 0);
    size_t *order = norni_arena_get(arena, 2 * n, sizeof *order);
    norni_str *name = norni_arena_get(arena, bars, sizeof *name);
    double *v = norni_arena_zero(arena, bars, sizeof *v);
    char text[64];
    if (!order || !name || !v) return norni_alloc_fail(err, "explanations", n, sizeof *order);
    for (size_t k = 0; k < n; k++)
        order[k] = k;
    norni_sort_index(order, n, by_size, r->contribution, order + n);
    for (size_t k = 0; k < n; k++) {
        const double c = r->contribution[order[k]];
        if (k < shown) name[k] = r->why.term[order[k]].name;
        v[k < shown ? k : shown] += isfinite(c) ? c : 0;
    }
    if (n > shown) {
        norni_format(text, sizeof text, "%zu others", n - shown);
        name[shown] = norni_str_of(norni_arena_text(arena, text, strlen(text)));
        if (name[shown].p == NULL) return no_memory(err);
    }
    char ends[2][NORNI_TICK_TEXT];
    norni_axis_value(ends[0], norni_axis_round(r->why.intercept, 4));
    norni_axis_value(ends[1], norni_axis_round(r->forecast, 4));
    norni_format(text, sizeof text, "from %s to %s", ends[0], ends[1]);
    p->note = norni_str_of(norni_arena_text(arena, text, strlen(text)));
    return p->note.p == NULL ? no_memory(err)
                             : norni_pane_waterfall(arena, p, name, v, bars, r->why.intercept, err);
}

/* The forecast's time behind "Forecast for ". */
static norn_status title_forecast(norni_arena *arena, const norni_multi_reason *r, norni_pane *p,
                                  norn_err *err) {
    char text[64];
    const size_t n = norni_time_print(text, r->time, &r->style);
    p->title = joined(arena, "Forecast for ", (norni_str){text, n});
    return p->title.p != NULL ? NORN_OK : no_memory(err);
}

/* shap_<model>_summary_<target>: global importances and, where known, the forecast's contributions. */
static norn_status draw_summary(norni_multi_files *files, norni_arena *arena,
                                const norni_reasons *all, const norni_reason_group *g,
                                norn_err *err) {
    const norni_multi_reason *r = &all->r[g->at[0]];
    const size_t n = r->why.n_terms < RANKED ? r->why.n_terms : RANKED;
    const bool local = r->contribution != NULL && r->why.n_terms > 0;
    size_t *order = NULL;
    norni_str *name = NULL;
    double *v = NULL;
    const char *path = NULL;
    norni_pane pane[2] = {{.title = norni_str_of("Importance"),
                           .x.label = norni_str_of("Mean |contribution|, in the target's unit")},
                          {.x.label = norni_str_of("In the target's unit")}};
    NORN_TRY(norni_terms_order(arena, &r->why, &order, err));
    NORN_TRY(take_terms(arena, r, order, n, &name, &v, err));
    NORN_TRY(norni_pane_bars(arena, &pane[0], name, v, n, err));
    if (local) NORN_TRY(title_forecast(arena, r, &pane[1], err));
    if (local) NORN_TRY(fill_waterfall(arena, r, &pane[1], err));
    norni_pane_sheet sheet = {
        .panel = pane,
        .n_panels = local ? 2 : 1,
        .height = 40 + 20 * (double)(n > FALL ? n : FALL),
        .below = norni_str_of(r->why.additive ? "" : "What a term gives hangs on the others, too")};
    NORN_TRY(make_title(arena, "What matters for ", g, r->step, &sheet.title, err));
    const norni_str part[] = {norni_str_of("shap_"), g->model, norni_str_of("_summary_"),
                              g->target};
    NORN_TRY(norni_multi_files_name(files, part, 4, ".svg", &path, err));
    return norni_multi_files_draw(files, path, &sheet, err);
}

/* Importances of a group's terms, mean over its steps: names and values by size. */
static norn_status mean_importances(norni_arena *arena, const norni_reasons *all,
                                    const norni_reason_group *g, norni_str **name, double **v,
                                    size_t *n, norn_err *err) {
    norni_map map;
    size_t most = 0;
    for (size_t i = 0; i < g->n; i++)
        most += all->r[g->at[i]].why.n_terms;
    double *sum = norni_arena_zero(arena, most, sizeof *sum);
    size_t *order = norni_arena_get(arena, 2 * most, sizeof *order);
    *name = norni_arena_get(arena, most, sizeof **name);
    *v = norni_arena_get(arena, most, sizeof **v);
    if (!sum || !order || !*name || !*v)
        return norni_alloc_fail(err, "explanations", most, sizeof *order);
    norni_map_init(&map, arena->alloc);
    norn_status st = NORN_OK;
    for (size_t i = 0; i < g->n && st == NORN_OK; i++) {
        const norni_explanation *why = &all->r[g->at[i]].why;
        for (size_t k = 0; k < why->n_terms && st == NORN_OK; k++) {
            const int64_t at = norni_map_add(&map, why->term[k].name, NULL);
            if (at == NORNI_MAP_NONE) st = no_memory(err);
            const double x = why->term[k].importance / (double)g->n;
            if (at >= 0 && isfinite(x)) sum[at] += x;
        }
    }
    *n = map.n;
    for (size_t k = 0; k < map.n; k++)
        order[k] = k;
    norni_sort_index(order, map.n, by_size, sum, order + most);
    for (size_t k = 0; k < map.n; k++) {
        (*name)[k] = map.keys[order[k]];
        (*v)[k] = sum[order[k]];
    }
    norni_map_clear(&map);
    return st;
}

norn_status norni_reason_overview(norni_arena *arena, const norni_reasons *all, norni_buf *out,
                                  norn_err *err) {
    norni_pane pane[OVERVIEW];
    const size_t n = all->n_groups < OVERVIEW ? all->n_groups : OVERVIEW;
    if (n == 0) return NORN_OK;
    for (size_t i = 0; i < n; i++) {
        norni_str *name = NULL;
        double *v = NULL;
        size_t m = 0;
        pane[i] = (norni_pane){.title = all->group[i].target,
                               .note = joined(arena, "by ", all->group[i].model)};
        if (pane[i].note.p == NULL) return no_memory(err);
        NORN_TRY(mean_importances(arena, all, &all->group[i], &name, &v, &m, err));
        NORN_TRY(norni_pane_bars(arena, &pane[i], name, v, m < TOP ? m : TOP, err));
    }
    const norni_pane_sheet sheet = {
        .title = norni_str_of("The most important terms"),
        .panel = pane,
        .n_panels = n,
        .n_more = all->n_groups - n,
        .columns = n < 2 ? 1 : 2,
        .height = 200,
        .below = norni_str_of("Mean |contribution| in the target's unit, over all steps that are "
                              "explained")};
    return norni_plot_panes(out, &sheet, err);
}

static norn_status draw_overview(norni_multi_files *files, norni_arena *arena,
                                 const norni_reasons *all, norn_err *err) {
    norni_out out;
    if (all->n_groups == 0) return NORN_OK;
    NORN_TRY(norni_multi_files_begin(files, "feature_importance_analysis.svg", &out, err));
    return norni_multi_files_end(&out, norni_reason_overview(arena, all, &out.buf, err), err);
}

norn_status norni_reason_figures_write(norni_multi_files *files, const norni_reasons *all,
                                       norn_err *err) {
    norni_arena arena;
    norni_arena_init(&arena, &files->ctx->alloc);
    norn_status st = NORN_OK;
    for (size_t i = 0; i < all->n_groups && st == NORN_OK; i++) {
        const norni_reason_group *g = &all->group[i];
        norni_arena_reset(&arena);
        st = draw_shapes(files, &arena, all, g, 1, err);
        if (st == NORN_OK) st = draw_shapes(files, &arena, all, g, 2, err);
        if (st == NORN_OK) st = draw_summary(files, &arena, all, g, err);
        if (st == NORN_OK && norn_ctx_cancelled(files->ctx))
            st = norn_fail(err, NORN_E_CANCEL, "explanations: cancelled");
    }
    norni_arena_reset(&arena);
    if (st == NORN_OK) st = draw_overview(files, &arena, all, err);
    norni_arena_clear(&arena);
    return st;
}
