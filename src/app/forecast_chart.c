/* The chart of --plot: the first series of a run with their forecasts. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_chart.h"

#include "io/writer.h"
#include "plot/line_chart.h"

enum { PAST_HORIZONS = 10, LEAST_PAST = 120 };

struct norni_chart_series {
    norni_plot_facet facet;
};

void norni_forecast_chart_init(norni_forecast_chart *c, norn_ctx *ctx) {
    *c = (norni_forecast_chart){.ctx = ctx};
    norni_arena_init(&c->arena, &ctx->alloc);
}

void norni_forecast_chart_clear(norni_forecast_chart *c) {
    norni_arena_clear(&c->arena);
}

static void *copy_of(norni_arena *arena, const void *p, size_t n, size_t size) {
    void *to = norni_arena_get(arena, n, size);
    if (to != NULL && n > 0) memcpy(to, p, n * size);
    return to;
}

static norn_status fail_memory(norn_err *err) {
    return norni_alloc_fail(err, "plot", NORNI_CHART_SERIES, 1 << 16);
}

/* One model's forecast and its intervals. */
static norn_status copy_line(norni_arena *arena, const norni_forecast *f, size_t item,
                             norni_plot_line *line, norn_err *err) {
    const size_t h = (size_t)f->plan->horizon, n_levels = f->plan->levels.n;
    const norni_str column = f->plan->specs[item % f->plan->n_specs].column;
    norni_plot_band *band = norni_arena_get(arena, n_levels, sizeof *band);
    const char *name = norni_arena_text(arena, column.p, column.n);
    const double *mean = copy_of(arena, f->mean + item * h, h, sizeof(double));
    if (!band || !name || !mean) return fail_memory(err);
    for (size_t l = 0; l < n_levels; l++) {
        const size_t at = (item * n_levels + l) * h;
        band[l] =
            (norni_plot_band){f->plan->levels.v[l], copy_of(arena, f->lo + at, h, sizeof(double)),
                              copy_of(arena, f->hi + at, h, sizeof(double))};
        if (!band[l].lo || !band[l].hi) return fail_memory(err);
    }
    *line = (norni_plot_line){{name, column.n}, mean, band, n_levels};
    return NORN_OK;
}

static norn_status copy_series(norni_forecast_chart *c, const norni_forecast *f, size_t i,
                               norn_err *err) {
    const norni_panel *p = f->panel;
    norni_arena *arena = &c->arena;
    const size_t n_all = norni_panel_n(p, i), h = (size_t)f->plan->horizon,
                 n_specs = f->plan->n_specs;
    /* A long past would leave a sliver for the forecast. */
    const size_t most = PAST_HORIZONS * h > LEAST_PAST ? PAST_HORIZONS * h : LEAST_PAST,
                 n = n_all < most ? n_all : most, from = n_all - n;
    const norni_str id = norni_panel_id(p, i);
    norni_chart_series *s = norni_arena_zero(arena, 1, sizeof *s);
    int64_t *times = norni_arena_get(arena, n, sizeof *times),
            *future = norni_arena_get(arena, h, sizeof *future);
    norni_plot_line *lines = norni_arena_get(arena, n_specs, sizeof *lines);
    const double *y = copy_of(arena, norni_panel_y(p, i) + from, n, sizeof *y);
    const char *title = norni_arena_text(arena, id.p, id.n);
    if (!s || !times || !future || !lines || !y || !title) return fail_memory(err);
    for (size_t t = 0; t < n; t++)
        times[t] = norni_panel_time(p, i, from + t);
    size_t n_future = 0; /* a failed series may reach the end of time */
    for (; n_future < h; n_future++) {
        future[n_future] = norni_panel_future(p, i, n_future);
        if (future[n_future] == NORNI_TIME_NONE) break;
    }
    for (size_t k = 0; k < n_specs; k++)
        NORN_TRY(copy_line(arena, f, i * n_specs + k, &lines[k], err));
    s->facet = (norni_plot_facet){.title = {title, id.n},
                                  .times = times,
                                  .y = y,
                                  .n = n,
                                  .future_times = future,
                                  .n_future = n_future,
                                  .lines = lines,
                                  .n_lines = n_specs};
    c->series[c->n++] = s;
    return NORN_OK;
}

norn_status norni_forecast_chart_see(void *user, const norni_forecast *f, norn_err *err) {
    norni_forecast_chart *c = user;
    const norni_panel *p = f->panel;
    /* The first series comes again where the run had to begin anew, with all series in memory. */
    if (c->n > 0 && p->n_series > 0 &&
        norni_str_cmp(c->series[0]->facet.title, norni_panel_id(p, 0)) == 0) {
        norni_arena_reset(&c->arena);
        c->n = 0;
    }
    if (c->n == 0) {
        const norni_str name = p->target_name.p ? p->target_name : norni_str_of("y");
        const char *kept = norni_arena_text(&c->arena, name.p, name.n);
        if (kept == NULL) return fail_memory(err);
        c->target_name = (norni_str){kept, name.n};
        c->style = p->style;
    }
    for (size_t i = 0; i < p->n_series && c->n < NORNI_CHART_SERIES; i++)
        NORN_TRY(copy_series(c, f, i, err));
    return NORN_OK;
}

norn_status norni_forecast_chart_write(norni_forecast_chart *c, size_t n_all, const char *path,
                                       norn_err *err) {
    norni_plot_facet facet[NORNI_CHART_SERIES];
    norni_out out;
    norn_status st;
    for (size_t i = 0; i < c->n; i++)
        facet[i] = c->series[i]->facet;
    const norni_plot_chart chart = {.title = norni_str_of("Forecast"),
                                    .y_label = c->target_name,
                                    .is_index = c->style.kind == NORNI_TIME_INDEX,
                                    .facets = facet,
                                    .n_facets = c->n,
                                    .n_more = n_all - c->n};
    NORN_TRY(norni_out_open(&out, &c->ctx->alloc, path, err));
    NORN_TRY_GOTO(norni_plot_lines(&out.buf, &chart, err), fail);
    return norni_out_commit(&out, err);
fail:
    norni_out_abort(&out);
    return st;
}
