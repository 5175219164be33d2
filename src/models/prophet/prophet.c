/* Prophet as a model of the vtable: a trend with changes, seasonalities, holidays and regressors. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Taylor and Letham 2018; prophet_types.h has the model, prophet_solve.h its optimum. Rows without a
 * value are left out, as Prophet does; the trend's uncertainty counts from the last value on. An
 * update moves the end of the series on and nothing else: in Prophet's model a forecast depends on the
 * data through the estimates alone. */
#include "models/prophet/prophet_curvature.h"
#include "models/prophet/prophet.h"

#include <math.h>

#include "base/fp.h"
#include "data/freq.h"
#include "models/prophet/prophet_panels.h"
#include "models/prophet/prophet_plan.h"
#include "models/prophet/prophet_solve.h"
#include "models/prophet/prophet_state.h"

/* Where a series without dates is taken to begin: 2000-01-01. */
#define EPOCH (INT64_C(10957) * NORNI_US_DAY)

static bool has_dates(const norni_prophet_opt *o, const norni_series *s) {
    return s->freq.unit != NORNI_UNIT_INDEX || o->freq != NULL;
}

static norn_status validate_prophet(const void *opt, const norni_series *s, norn_err *err) {
    const norni_prophet_opt *o = opt;
    NORN_TRY(norni_prophet_opt_check(o, err));
    if (s->n < 2)
        return norn_fail(err, NORN_E_DATA, "prophet: %zu row%s; a fit needs at least 2", s->n,
                         s->n == 1 ? "" : "s");
    if (!has_dates(o, s))
        return norn_fail(err, NORN_E_DATA,
                         "prophet: needs dates, and the times of this series are numbers; give it "
                         "a column of dates, or say what a step is, as prophet(freq=D)");
    if (s->freq.unit == NORNI_UNIT_IRREGULAR && !s->times)
        return norn_fail(err, NORN_E_DATA,
                         "prophet: needs the times of an irregular series; give --freq");
    return NORN_OK;
}

static norn_status check_options(const void *opt, const norni_model_set *set, norn_err *err) {
    (void)set;
    return norni_prophet_opt_check(opt, err);
}

static norn_status check_holidays(const void *opt, const norni_holidays *h, norn_err *err) {
    return norni_prophet_opt_names(opt, h, err);
}

static norn_status check_columns(const void *opt, const norni_str *names, size_t n,
                                 const char *flag, norn_err *err) {
    return norni_prophet_opt_columns(opt, names, n, flag, err);
}

/* Columns, products of columns, and draws over the horizon. */
static double prophet_cost(const void *opt, size_t n, int32_t season, size_t horizon) {
    const norni_prophet_opt *o = opt;
    const double columns = 30 + (double)o->n_changepoints + (o->country ? 20 : 0),
                 fit = o->growth == NORNI_PROPHET_LOGISTIC || o->multiplicative ? 40 : 4;
    (void)season;
    return 50000 + fit * columns * (100 + columns) + columns * columns * (double)n / 4 +
           15 * (double)horizon * (double)o->uncertainty_samples;
}

/* Every period's time, and how they go on. */
static norn_status take_times(norni_arena *arena, const norni_prophet_opt *o,
                              norni_prophet_state *st, norn_err *err) {
    const norni_series *s = st->series;
    norni_prophet_clock *c = &st->clock;
    int64_t *ds = norni_arena_get(arena, s->n, sizeof *ds);
    if (!ds) return norni_alloc_fail(err, "prophet", s->n, sizeof *ds);
    *c = (norni_prophet_clock){.freq = s->freq, .from = s->start, .at = (int64_t)s->n};
    if (s->freq.unit == NORNI_UNIT_INDEX) {
        if (!norni_freq_parse(norni_str_of(o->freq), &c->freq))
            return norn_fail(err, NORN_E_ARG, "prophet: freq=%s is not a frequency", o->freq);
        c->from = EPOCH;
        if (c->freq.unit == NORNI_UNIT_WEEK || c->freq.unit == NORNI_UNIT_BUSINESS_DAY)
            c->from += 2 * NORNI_US_DAY; /* a Monday */
    } else if (s->times) {
        c->irregular = s->freq.unit == NORNI_UNIT_IRREGULAR;
        c->from = c->last = s->times[s->n - 1];
        c->at = 1;
        c->step = norni_times_step(s->times, s->n);
    }
    for (size_t t = 0; t < s->n; t++)
        ds[t] = s->times && s->freq.unit != NORNI_UNIT_INDEX
                    ? s->times[t]
                    : norni_freq_at(c->freq, c->from, (int64_t)t);
    while (c->gap < s->n && isnan(s->y[s->n - 1 - c->gap]))
        c->gap++;
    st->ds = ds;
    return NORN_OK;
}

static void take_notes(norni_prophet_state *st, const norni_prophet_note *note) {
    size_t at = 0;
    st->notes[0] = '\0';
    for (size_t i = 0; i < note->n; i++) {
        if (strncmp(note->text[i], "Disabling", 9) == 0)
            continue; /* the description lists the rest */
        at += norni_format(st->notes + at, sizeof st->notes - at, "; %s", note->text[i]);
    }
}

static norn_status fit_prophet(norni_env *env, const void *opt, const norni_group *group,
                               void **state, norn_err *err) {
    const norni_prophet_opt *o = opt;
    const norni_series *s = &group->series[0];
    norni_prophet_state *st = norni_arena_zero(env->arena, 1, sizeof *st);
    norni_prophet_spec spec;
    norni_prophet_rows rows;
    norni_prophet_note note = {.n = 0};
    norni_prophet_problem problem;
    if (!st) return norni_alloc_fail(err, "prophet", 1, sizeof *st);
    st->series = s;
    st->ahead = (norni_prophet_ahead)o->paths;
    st->n_draws = (size_t)o->uncertainty_samples;
    st->x_future = s->x_future;
    st->n_x_future = s->n_x;
    st->horizon = s->horizon;
    if (!has_dates(o, s)) return validate_prophet(opt, s, err);
    NORN_TRY(take_times(env->arena, o, st, err));
    NORN_TRY(norni_prophet_opt_spec(env->arena, o, s, &spec, &st->use, err));
    NORN_TRY(norni_prophet_rows_of(env->arena, &st->use, st->ds, s->n, 0, s->x, &rows, err));
    rows.y = s->y;
    NORN_TRY(norni_prophet_plan_make(env->arena, &env->poll, &spec, &rows, &st->plan, &st->design,
                                     &note, err));
    NORN_TRY(norni_prophet_problem_of(env->arena, &st->plan, &st->design, &problem, err));
    st->n_used = st->design.n;
    st->mean_step = st->n_used > 1 ? 1 / (double)(st->n_used - 1) : 0;
    take_notes(st, &note);
    st->fit.delta = norni_arena_zero(env->arena, st->plan.n_change, sizeof(double));
    st->fit.beta = norni_arena_zero(env->arena, st->plan.n_column, sizeof(double));
    if (!st->fit.delta || !st->fit.beta)
        return norni_alloc_fail(err, "prophet", st->plan.n_column, sizeof(double));
    const norni_prophet_fit *warm = norni_prophet_kept_fit(env->arena, env->warm, &st->plan);
    NORN_TRY(norni_prophet_solve(env->arena, &env->poll, &problem, warm, &st->fit, err));
    if (o->uncertain)
        NORN_TRY(norni_prophet_spread_make(env->arena, &env->poll, &st->plan, &st->fit, &st->design,
                                           &st->spread, err));
    (void)norni_effort_spend(env->effort, (uint64_t)(st->fit.passes > 0 ? st->fit.passes : 1));
    *state = st;
    return NORN_OK;
}

static size_t say_parts(const norni_prophet_plan *plan, char *out, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < plan->n_season; i++)
        n += norni_format(out + n, size - n, "%s%.*s", i ? "+" : ", ", (int)plan->season[i].name.n,
                          plan->season[i].name.p);
    if (plan->n_holiday_name)
        n += norni_format(out + n, size - n, ", %zu holidays", plan->n_holiday_name);
    for (size_t i = 0; i < plan->n_regressor; i++)
        n += norni_format(out + n, size - n, "%s%.*s", i ? "+" : ", ",
                          (int)plan->regressor[i].name.n, plan->regressor[i].name.p);
    return n;
}

static void describe_prophet(const void *state, size_t g, char *out, size_t size) {
    static const char *const growth[] = {"linear", "logistic", "flat"};
    (void)g;
    const norni_prophet_state *st = state;
    const norni_prophet_plan *plan = &st->plan;
    size_t n = norni_format(out, size, "Prophet(%s", growth[plan->growth]);
    if (plan->growth != NORNI_PROPHET_FLAT)
        n += norni_format(out + n, size - n, ", %zu changepoints", plan->n_change);
    n += say_parts(plan, out + n, size - n);
    n += norni_format(out + n, size - n, ") k=%g m=%g sigma=%g log posterior=%g", st->fit.k,
                      st->fit.m, st->fit.sigma * plan->y_scale, st->fit.log_posterior);
    norni_format(out + n, size - n, "%s", st->notes);
}

static norn_status name_estimates(norni_arena *arena, const norni_prophet_state *st,
                                  const char **name, double *value, norn_err *err) {
    const norni_prophet_plan *plan = &st->plan;
    const size_t n = 3 + plan->n_change + plan->n_column;
    name[0] = "k";
    name[1] = "m";
    name[2] = "sigma_obs";
    value[0] = st->fit.k;
    value[1] = st->fit.m;
    value[2] = st->fit.sigma;
    for (size_t i = 3; i < n; i++) {
        char text[256];
        const size_t j = i - 3;
        if (j < plan->n_change)
            norni_format(text, sizeof text, "delta%zu", j + 1);
        else
            norni_prophet_column_name(&plan->column[j - plan->n_change], text, sizeof text);
        name[i] = norni_arena_text(arena, text, strlen(text));
        if (!name[i]) return norni_alloc_fail(err, "prophet", strlen(text), 1);
        value[i] = j < plan->n_change ? st->fit.delta[j] : st->fit.beta[j - plan->n_change];
    }
    return NORN_OK;
}

static norn_status estimates_prophet(norni_env *env, const void *state, size_t g,
                                     norni_estimates *out, norn_err *err) {
    (void)g;
    const norni_prophet_state *st = state;
    const size_t n = 3 + st->plan.n_change + st->plan.n_column;
    const char **name = norni_arena_get(env->arena, n, sizeof *name);
    double *value = norni_arena_get(env->arena, n, sizeof *value);
    if (!name || !value) return norni_alloc_fail(err, "prophet", n, sizeof *name);
    NORN_TRY(name_estimates(env->arena, st, name, value, err));
    const double sigma = st->fit.sigma * st->plan.y_scale;
    *out = (norni_estimates){.n = n,
                             .name = name,
                             .value = value,
                             .loglik = NORNI_NAN, /* a posterior mode is no maximum of it */
                             .sigma2 = sigma * sigma,
                             .n_used = st->n_used,
                             .n_free = n,
                             .box = NORNI_NAN,
                             .stop = st->fit.stop};
    return NORN_OK;
}

const norni_model norni_model_prophet = {
    .name = "prophet",
    .summary = "Prophet: a trend with changes, seasonalities, holidays and regressors",
    .source = "Taylor and Letham 2018, The American Statistician 72",
    .params = norni_prophet_opt_rows,
    .n_params = NORNI_PROPHET_OPT_ROWS,
    .opt_size = sizeof(norni_prophet_opt),
    .intervals = true,
    .missing = true,
    .exogenous = true,
    .validate = validate_prophet,
    .check_models = check_options,
    .check_holidays = check_holidays,
    .check_columns = check_columns,
    .cost = prophet_cost,
    .fit = fit_prophet,
    .predict = norni_prophet_predict_ahead,
    .fitted = norni_prophet_fitted_values,
    .describe = describe_prophet,
    .save = norni_prophet_save,
    .load = norni_prophet_load,
    .update = norni_prophet_update,
    .paths = norni_paths_always,
    .estimates = estimates_prophet,
    .parts = norni_prophet_show,
};
