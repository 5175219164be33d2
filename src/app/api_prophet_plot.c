/* The library's door to Prophet's charts: a prediction over its history, and its components. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/prophet_handle.h"
#include "app/prophet_sorted.h"
#include "models/prophet/prophet_panels.h"

/* A chart's text on its way to the caller, and then its owner. */
typedef struct chart_text {
    norn_alloc alloc;
    norni_buf buf;
} chart_text;

norn_prophet_plot_opt norn_prophet_plot_opt_default(void) {
    return (norn_prophet_plot_opt){.interval_width = 0.8, .uncertainty = true, .plot_cap = true};
}

static norn_status check_opt(const norn_prophet_plot_opt *o, norn_err *err) {
    if (!(o->interval_width > 0 && o->interval_width <= 1))
        return norn_fail(err, NORN_E_ARG, "prophet: interval_width=%g is outside (0, 1]",
                         o->interval_width);
    if (o->weekly_start < 0 || o->weekly_start > 6)
        return norn_fail(err, NORN_E_ARG,
                         "prophet: weekly_start=%d is outside [0, 6], Sunday to "
                         "Saturday",
                         (int)o->weekly_start);
    if (o->yearly_start < 0 || o->yearly_start > 365)
        return norn_fail(err, NORN_E_ARG, "prophet: yearly_start=%d is outside [0, 365]",
                         (int)o->yearly_start);
    if (o->width != 0 && (o->width < 320 || o->width > 4096))
        return norn_fail(err, NORN_E_ARG, "prophet: width=%d is outside [320, 4096]",
                         (int)o->width);
    return NORN_OK;
}

static norn_status check_table(const norn_prophet_table *t, norn_err *err) {
    if (t == NULL || (t->n > 0 && t->ds == NULL) ||
        (t->n_column > 0 && (t->name == NULL || t->value == NULL)))
        return norn_fail(err, NORN_E_ARG, "prophet: a forecast with ds and columns must be given");
    for (size_t k = 0; k < t->n_column; k++) {
        if (t->name[k] == NULL || (t->n > 0 && t->value[k] == NULL))
            return norn_fail(err, NORN_E_ARG,
                             "prophet: column %zu of the forecast has no name or no values", k);
    }
    return NORN_OK;
}

/* The column of that name with that ending, or NULL. */
static const double *find(const void *arg, norni_str name, const char *suffix) {
    const norn_prophet_table *const t = arg;
    const size_t tail = strlen(suffix);
    for (size_t k = 0; k < t->n_column; k++) {
        const char *const have = t->name[k];
        if (strlen(have) == name.n + tail && memcmp(have, name.p, name.n) == 0 &&
            strcmp(have + name.n, suffix) == 0)
            return t->value[k];
    }
    return NULL;
}

static const double *column(const norn_prophet_table *t, const char *name, const char *suffix,
                            bool wanted) {
    return wanted ? find(t, norni_str_of(name), suffix) : NULL;
}

static norn_status open_text(norn_ctx *ctx, chart_text **out, norn_err *err) {
    chart_text *const c = norni_alloc_zero(&ctx->alloc, 1, sizeof *c);
    *out = c;
    if (c == NULL) return norni_alloc_fail(err, "prophet", 1, sizeof *c);
    c->alloc = ctx->alloc;
    norni_buf_init(&c->buf, &c->alloc);
    return NORN_OK;
}

static void drop_text(chart_text *c) {
    if (c == NULL) return;
    const norn_alloc alloc = c->alloc;
    norni_buf_clear(&c->buf);
    norni_alloc_drop(&alloc, c, 1, sizeof *c);
}

void norn_prophet_chart_free(norn_prophet_chart *chart) {
    if (chart == NULL) return;
    drop_text(chart->owner);
    *chart = (norn_prophet_chart){0};
}

/* Hands the text over, or drops it. */
static norn_status give_text(chart_text *c, norn_status st, norn_prophet_chart *out,
                             norn_err *err) {
    if (st == NORN_OK) norni_buf_add(&c->buf, "", 1);
    if (st == NORN_OK && c->buf.failed) st = norni_alloc_fail(err, "prophet", c->buf.cap, 2);
    if (st == NORN_OK)
        *out = (norn_prophet_chart){c->buf.n - 1, c->buf.p, c};
    else
        drop_text(c);
    return st;
}

/* The history by time; NULL gives no rows. */
static norn_status take_history(norni_arena *arena, const norn_prophet_rows *history,
                                norni_prophet_rows *out, norn_err *err) {
    *out = (norni_prophet_rows){0};
    return history ? norni_prophet_sorted(arena, history, out, err) : NORN_OK;
}

norn_status norn_prophet_plot(norn_ctx *ctx, const norn_prophet_rows *history,
                              const norn_prophet_table *forecast, const norn_prophet_plot_opt *opt,
                              norn_prophet_chart *out, norn_err *err) {
    const norn_prophet_plot_opt usual = norn_prophet_plot_opt_default(), *const o =
                                                                             opt ? opt : &usual;
    norni_prophet_rows past;
    chart_text *c = NULL;
    norni_arena arena;
    norn_status st;
    *out = (norn_prophet_chart){0};
    NORN_TRY(check_opt(o, err));
    NORN_TRY(check_table(forecast, err));
    const double *const yhat = column(forecast, "yhat", "", true);
    if (yhat == NULL) return norn_fail(err, NORN_E_ARG, "prophet: the forecast has no column yhat");
    norni_arena_init(&arena, &ctx->alloc);
    NORN_TRY_GOTO(take_history(&arena, history, &past, err), end);
    NORN_TRY_GOTO(open_text(ctx, &c, err), end);
    const norni_plot_fit fit = {.title = norni_str_of(o->title),
                                .x_label = norni_str_of(o->x_label),
                                .y_label = norni_str_of(o->y_label),
                                .times = past.y ? past.ds : NULL,
                                .y = past.y,
                                .n = past.n,
                                .over = {.n = forecast->n,
                                         .times = forecast->ds,
                                         .y = yhat,
                                         .lo = column(forecast, "yhat", "_lower", o->uncertainty),
                                         .hi = column(forecast, "yhat", "_upper", o->uncertainty),
                                         .cap = column(forecast, "cap", "", o->plot_cap),
                                         .floor = column(forecast, "floor", "", o->plot_cap)},
                                .level = 100 * o->interval_width,
                                .width = o->width};
    st = give_text(c, norni_plot_fitted(&c->buf, &fit, err), out, err);
end:
    norni_arena_clear(&arena);
    return st;
}

norn_status norn_prophet_plot_components(norn_ctx *ctx, const norn_prophet *p,
                                         const norn_prophet_rows *history,
                                         const norn_prophet_table *forecast,
                                         const norn_prophet_plot_opt *opt, norn_prophet_chart *out,
                                         norn_err *err) {
    const norn_prophet_plot_opt usual = norn_prophet_plot_opt_default(), *const o =
                                                                             opt ? opt : &usual;
    const norni_poll poll = norni_ctx_poll(ctx);
    const norni_plot_part *part = NULL;
    norni_prophet_rows past;
    chart_text *c = NULL;
    norni_arena arena;
    size_t n = 0;
    norn_status st;
    *out = (norn_prophet_chart){0};
    NORN_TRY(norni_prophet_need_fit(p, err));
    NORN_TRY(check_opt(o, err));
    NORN_TRY(check_table(forecast, err));
    const norni_prophet_fitted fitted = norni_prophet_fitted_of(p->kept);
    norni_arena_init(&arena, &ctx->alloc);
    NORN_TRY_GOTO(take_history(&arena, history, &past, err), end);
    const norni_prophet_shown shown = {forecast->n, forecast->ds, find, forecast};
    const norni_prophet_panel_opt how = {
        .uncertainty = o->uncertainty,
        .limits = o->plot_cap,
        .weekly_start = o->weekly_start,
        .yearly_start = o->yearly_start,
        .step = past.n > 0 ? norni_prophet_least_step(past.ds, past.n)
                           : norni_prophet_least_step(forecast->ds, forecast->n)};
    NORN_TRY_GOTO(norni_prophet_panels(&arena, &poll, &fitted, &shown, &how, &n, &part, err), end);
    if (n == 0) {
        st = norn_fail(err, NORN_E_ARG, "prophet: the forecast has no column trend");
        goto end;
    }
    NORN_TRY_GOTO(open_text(ctx, &c, err), end);
    st = give_text(c,
                   norni_plot_parts(&c->buf, norni_str_of(o->title), part, n,
                                    100 * o->interval_width, o->width, err),
                   out, err);
end:
    norni_arena_clear(&arena);
    return st;
}
