/* What a chart of a fitted Prophet shows, panel by panel. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The panels and their order are those of plot_components of Prophet 1.3: a weekly seasonality of
 * daily data has seven points, a yearly one 365 days, any other 200 points over its period. */
#include "models/prophet/prophet_panels.h"

#include <math.h>

#include "data/calendar.h"
#include "models/prophet/prophet_plan.h"

/* 2017-01-01, a Sunday. */
#define FIRST (INT64_C(17167) * NORNI_US_DAY)
enum { CURVE_POINTS = 200, WEEK_POINTS = 7, YEAR_POINTS = 365 };

typedef struct panels {
    norni_arena *arena;
    const norni_poll *poll;
    const norni_prophet_fitted *fitted;
    const norni_prophet_shown *shown;
    const norni_prophet_panel_opt *opt;
    norni_plot_part *part;
    size_t n;
    size_t n_x; /* columns that rows of seasonalities need: regressors, conditions */
    norni_str *x_name;
    bool *is_condition; /* (n_x) */
} panels;

int64_t norni_prophet_least_step(const int64_t *ds, size_t n) {
    int64_t least = 0;
    for (size_t i = 1; i < n; i++) {
        const int64_t step = ds[i] > ds[i - 1] ? ds[i] - ds[i - 1] : ds[i - 1] - ds[i];
        if (step > 0 && (least == 0 || step < least)) least = step;
    }
    return least;
}

/* ---- columns of the prediction ---- */

static const double *column(const panels *p, norni_str name, const char *suffix) {
    return p->shown->column(p->shown->arg, name, suffix);
}

static bool differ(const double *a, const double *b, size_t n) {
    size_t i = 0;
    while (i < n && !(a[i] < b[i]))
        i++;
    return i < n;
}

/* A panel of the prediction's own rows; none without the column. */
static void add_column(panels *p, const char *name, bool percent, bool limits) {
    const norni_str s = norni_str_of(name);
    const double *const y = column(p, s, ""), *lo = column(p, s, "_lower"),
                        *hi = column(p, s, "_upper");
    if (y == NULL) return;
    if (!p->opt->uncertainty || !lo || !hi || !differ(lo, hi, p->shown->n)) lo = hi = NULL;
    p->part[p->n++] =
        (norni_plot_part){.name = s,
                          .span = NORNI_SPAN_DATES,
                          .percent = percent,
                          .n = p->shown->n,
                          .times = p->shown->ds,
                          .y = y,
                          .lo = lo,
                          .hi = hi,
                          .cap = limits ? column(p, norni_str_of("cap"), "") : NULL,
                          .floor = limits ? column(p, norni_str_of("floor"), "") : NULL};
}

static bool has_regressor(const norni_prophet_plan *plan, bool multiplicative) {
    for (size_t i = 0; i < plan->n_regressor; i++) {
        if (plan->regressor[i].multiplicative == multiplicative) return true;
    }
    return false;
}

/* ---- seasonalities ---- */

static void need_column(panels *p, norni_str name, bool is_condition) {
    size_t k = 0;
    while (k < p->n_x && norni_str_cmp(p->x_name[k], name) != 0)
        k++;
    if (k == p->n_x) {
        p->x_name[p->n_x] = name;
        p->is_condition[p->n_x++] = false;
    }
    p->is_condition[k] = p->is_condition[k] || is_condition;
}

static norn_status find_needed(panels *p, norn_err *err) {
    const norni_prophet_plan *const plan = p->fitted->plan;
    const size_t most = plan->n_regressor + plan->n_season;
    p->x_name = norni_arena_get(p->arena, most, sizeof *p->x_name);
    p->is_condition = norni_arena_get(p->arena, most, sizeof *p->is_condition);
    if (!p->x_name || !p->is_condition)
        return norni_alloc_fail(err, "chart", most, sizeof *p->x_name);
    for (size_t i = 0; i < plan->n_regressor; i++)
        need_column(p, plan->regressor[i].name, false);
    for (size_t i = 0; i < plan->n_season; i++) {
        if (plan->season[i].condition.n > 0) need_column(p, plan->season[i].condition, true);
    }
    return NORN_OK;
}

/* Rows at these times: regressors at 0, conditions that hold, limits that the model can bear. */
static norn_status make_rows(const panels *p, const int64_t *ds, size_t n, norni_prophet_rows *rows,
                             norn_err *err) {
    const norni_prophet_plan *const plan = p->fitted->plan;
    double *const all = norni_arena_get(p->arena, 4 * n, sizeof *all), *const zero = all,
                  *const one = zero + n, *const cap = one + n;
    const double **x = norni_arena_get(p->arena, p->n_x, sizeof *x);
    if (!all || !x) return norni_alloc_fail(err, "chart", 4 * n + p->n_x, sizeof *all);
    for (size_t i = 0; i < n; i++) {
        zero[i] = 0;
        one[i] = 1;
        cap[i] = (plan->floor ? 0 : plan->y_min) + plan->y_scale;
    }
    for (size_t k = 0; k < p->n_x; k++)
        x[k] = p->is_condition[k] ? one : zero;
    const bool logistic = plan->growth == NORNI_PROPHET_LOGISTIC;
    *rows = (norni_prophet_rows){.n = n,
                                 .ds = ds,
                                 .cap = logistic ? cap : NULL,
                                 .floor = logistic && plan->floor ? zero : NULL,
                                 .n_x = p->n_x,
                                 .x_name = p->x_name,
                                 .x = x};
    return NORN_OK;
}

static bool is_period(double period, double days) {
    return fabs(period - days) < 1e-9;
}

/* Times over one period, and what stands under them. */
static norn_status make_times(const panels *p, const norni_prophet_season *s, norni_plot_part *out,
                              norn_err *err) {
    const bool weekly = norni_str_is(s->name, "weekly") || is_period(s->period, 7),
               yearly = norni_str_is(s->name, "yearly") || is_period(s->period, 365.25),
               by_day = yearly || (weekly && p->opt->step == NORNI_US_DAY);
    const double most = 1e5, days = s->period < most ? s->period : most;
    const size_t n = !by_day ? CURVE_POINTS : yearly ? YEAR_POINTS : WEEK_POINTS;
    const int32_t start = !by_day ? 0 : yearly ? p->opt->yearly_start : p->opt->weekly_start;
    int64_t *const ds = norni_arena_get(p->arena, n, sizeof *ds);
    if (ds == NULL) return norni_alloc_fail(err, "chart", n, sizeof *ds);
    for (size_t i = 0; i < n; i++) {
        const double at = days * (double)i / (double)(CURVE_POINTS - 1);
        ds[i] = FIRST + (by_day ? ((int64_t)i + start) * NORNI_US_DAY
                                : (int64_t)(at * (double)NORNI_US_DAY));
    }
    out->span = yearly                    ? NORNI_SPAN_YEAR
                : is_period(s->period, 7) ? NORNI_SPAN_WEEK
                : is_period(s->period, 1) ? NORNI_SPAN_DAY
                                          : NORNI_SPAN_PERIOD;
    out->times = ds;
    out->n = n;
    return NORN_OK;
}

/* The model with this seasonality alone: what the others are over its times does not matter, and may
 * be beyond all digits there. */
static norn_status season_alone(const panels *p, const norni_prophet_season *s,
                                norni_prophet_plan *plan, norni_prophet_fit *fit, norn_err *err) {
    size_t first = 0;
    *plan = *p->fitted->plan, *fit = *p->fitted->fit;
    for (const norni_prophet_season *q = plan->season; q < s; q++)
        first += 2 * (size_t)q->order;
    const size_t n = 2 * (size_t)s->order;
    norni_prophet_column *const column = norni_arena_get(p->arena, n, sizeof *column);
    if (column == NULL) return norni_alloc_fail(err, "chart", n, sizeof *column);
    for (size_t j = 0; j < n; j++) {
        column[j] = plan->column[first + j];
        column[j].source = 0;
    }
    plan->season = s, plan->n_season = 1;
    plan->n_regressor = plan->n_holiday = plan->n_holiday_name = 0;
    plan->country = (norni_str){NULL, 0};
    plan->column = column, plan->n_column = n;
    fit->beta += first;
    return NORN_OK;
}

static norn_status add_season(panels *p, const norni_prophet_season *s, norn_err *err) {
    norni_plot_part part = {.name = s->name, .percent = s->multiplicative};
    norni_prophet_plan plan;
    norni_prophet_fit fit;
    norni_prophet_fitted alone = *p->fitted;
    norni_prophet_rows rows;
    norni_prophet_design design;
    norni_prophet_parts parts;
    if (column(p, s->name, "") == NULL) return NORN_OK;
    NORN_TRY(make_times(p, s, &part, err));
    NORN_TRY(make_rows(p, part.times, part.n, &rows, err));
    alone.plan = &plan, alone.fit = &fit;
    NORN_TRY(season_alone(p, s, &plan, &fit, err));
    NORN_TRY(norni_prophet_design_make(p->arena, p->poll, &plan, &rows, &design, err));
    NORN_TRY(norni_prophet_parts_make(p->arena, p->poll, &alone, &design, true, &parts, err));
    for (size_t k = 0; k < parts.n_component; k++) {
        if (norni_str_cmp(parts.component[k].name, s->name) == 0) part.y = parts.component[k].value;
    }
    if (part.y) p->part[p->n++] = part;
    return NORN_OK;
}

static bool is_usual(norni_str name) {
    return norni_str_is(name, "weekly") || norni_str_is(name, "yearly");
}

/* weekly and yearly, then the others by name. */
static norn_status add_seasons(panels *p, norn_err *err) {
    static const char *const usual[] = {"weekly", "yearly"};
    const norni_prophet_plan *const plan = p->fitted->plan;
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < plan->n_season; i++) {
            if (norni_str_is(plan->season[i].name, usual[k]))
                NORN_TRY(add_season(p, &plan->season[i], err));
        }
    }
    for (const norni_prophet_season *last = NULL;;) {
        const norni_prophet_season *next = NULL;
        for (size_t i = 0; i < plan->n_season; i++) {
            const norni_prophet_season *const s = &plan->season[i];
            if (is_usual(s->name) || (last && norni_str_cmp(s->name, last->name) <= 0)) continue;
            if (next == NULL || norni_str_cmp(s->name, next->name) < 0) next = s;
        }
        if (next == NULL) return NORN_OK;
        NORN_TRY(add_season(p, next, err));
        last = next;
    }
}

norn_status norni_prophet_panels(norni_arena *arena, const norni_poll *poll,
                                 const norni_prophet_fitted *fitted,
                                 const norni_prophet_shown *shown,
                                 const norni_prophet_panel_opt *opt, size_t *n,
                                 const norni_plot_part **out, norn_err *err) {
    const norni_prophet_plan *const plan = fitted->plan;
    const size_t most = plan->n_season + 4;
    panels p = {.arena = arena, .poll = poll, .fitted = fitted, .shown = shown, .opt = opt};
    p.part = norni_arena_get(arena, most, sizeof *p.part);
    if (p.part == NULL) return norni_alloc_fail(err, "chart", most, sizeof *p.part);
    NORN_TRY(find_needed(&p, err));
    add_column(&p, "trend", false, opt->limits);
    if (plan->n_holiday_name > 0) add_column(&p, "holidays", plan->holidays_multiplicative, false);
    NORN_TRY(add_seasons(&p, err));
    if (has_regressor(plan, false)) add_column(&p, "extra_regressors_additive", false, false);
    if (has_regressor(plan, true)) add_column(&p, "extra_regressors_multiplicative", true, false);
    *n = p.n;
    *out = p.part;
    return NORN_OK;
}
