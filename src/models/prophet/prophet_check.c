/* What a specification may hold: names, windows, priors, orders. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "data/calendar.h"
#include "models/prophet/prophet_plan_parts.h"

/* A century around a holiday; squares of priors stay finite. */
enum { MOST_WINDOW = 36525, MOST_ORDER = 10000 };
static const double least_prior = 1e-100, most_prior = 1e100;

static norn_status bad_prior(norn_err *err, norni_str what, double given) {
    return norn_fail(err, NORN_E_ARG, "prophet: %.*s: prior scale=%g is outside [1e-100, 1e100]",
                     (int)what.n, what.p, given);
}

static norn_status check_prior(norn_err *err, norni_str what, double prior) {
    return prior >= least_prior && prior <= most_prior ? NORN_OK : bad_prior(err, what, prior);
}

static bool same(norni_str a, norni_str b) {
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static bool is_built_in(norni_str name) {
    return norni_str_is(name, "daily") || norni_str_is(name, "weekly") ||
           norni_str_is(name, "yearly");
}

/* Names of columns of the result, with the bounds that stand beside them, and of the input. */
static bool is_reserved(norni_str name) {
    static const char *const results[] = {"trend",
                                          "additive_terms",
                                          "daily",
                                          "weekly",
                                          "yearly",
                                          "holidays",
                                          "zeros",
                                          "extra_regressors_additive",
                                          "yhat",
                                          "extra_regressors_multiplicative",
                                          "multiplicative_terms"};
    static const char *const inputs[] = {"ds", "y", "cap", "floor", "y_scaled", "cap_scaled"};
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++)
        if (norni_str_is(name, inputs[i])) return true;
    norni_str stem = name;
    if (name.n > 6 && (memcmp(name.p + name.n - 6, "_lower", 6) == 0 ||
                       memcmp(name.p + name.n - 6, "_upper", 6) == 0))
        stem.n -= 6;
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
        if (norni_str_is(stem, results[i])) return true;
    return false;
}

static norn_status check_name(norni_str name, const char *what, norn_err *err) {
    if (name.n == 0 || name.p == NULL)
        return norn_fail(err, NORN_E_ARG, "prophet: a %s has no name", what);
    if (memmem(name.p, name.n, "_delim_", 7))
        return norn_fail(err, NORN_E_ARG, "prophet: %s '%.*s': a name cannot contain '_delim_'",
                         what, (int)name.n, name.p);
    if (is_reserved(name))
        return norn_fail(err, NORN_E_ARG, "prophet: %s '%.*s': this name is reserved", what,
                         (int)name.n, name.p);
    return NORN_OK;
}

static norn_status taken(norn_err *err, const char *what, norni_str name, const char *by) {
    return norn_fail(err, NORN_E_ARG, "prophet: %s '%.*s': this name is already used for a %s",
                     what, (int)name.n, name.p, by);
}

/* Neither the first n_season seasonalities nor the regressors bear the name. */
static norn_status check_free(const norni_prophet_spec *spec, norni_str name, const char *what,
                              size_t n_season, bool regressors, norn_err *err) {
    for (size_t i = 0; i < n_season; i++)
        if (same(spec->season[i].name, name)) return taken(err, what, name, "seasonality");
    for (size_t i = 0; regressors && i < spec->n_regressor; i++)
        if (same(spec->regressor[i].name, name)) return taken(err, what, name, "regressor");
    return NORN_OK;
}

static norn_status check_switches(const norni_prophet_spec *spec, norn_err *err) {
    static const char *const part[] = {"yearly", "weekly", "daily"};
    const int32_t order[] = {spec->yearly, spec->weekly, spec->daily};
    for (size_t i = 0; i < 3; i++)
        if (order[i] < -2 || order[i] > MOST_ORDER)
            return norn_fail(err, NORN_E_ARG,
                             "prophet: %s_seasonality=%d is outside [0, %d] (or -1, auto; -2, on)",
                             part[i], (int)order[i], (int)MOST_ORDER);
    if (spec->growth != NORNI_PROPHET_LINEAR && spec->growth != NORNI_PROPHET_LOGISTIC &&
        spec->growth != NORNI_PROPHET_FLAT)
        return norn_fail(err, NORN_E_ARG, "prophet: growth is linear, logistic or flat");
    if (!(spec->changepoint_range >= 0 && spec->changepoint_range <= 1))
        return norn_fail(err, NORN_E_ARG, "prophet: changepoint_range=%g is outside [0, 1]",
                         spec->changepoint_range);
    if (spec->n_changepoints < 0)
        return norn_fail(err, NORN_E_ARG, "prophet: n_changepoints=%d is below 0",
                         (int)spec->n_changepoints);
    for (size_t i = 0; spec->changepoints_given && i < spec->n_changepoint; i++)
        if (spec->changepoint[i] < NORNI_TIME_MIN || spec->changepoint[i] > NORNI_TIME_MAX)
            return norn_fail(err, NORN_E_ARG,
                             "prophet: changepoint %zu is no time of the years 1 to 9999", i + 1);
    NORN_TRY(check_prior(err, norni_str_of("seasonality_prior_scale"), spec->seasonality_prior));
    NORN_TRY(check_prior(err, norni_str_of("holidays_prior_scale"), spec->holidays_prior));
    return check_prior(err, norni_str_of("changepoint_prior_scale"), spec->changepoint_prior);
}

static norn_status check_season(const norni_prophet_spec *spec, size_t i, norn_err *err) {
    const norni_prophet_season *s = &spec->season[i];
    if (!is_built_in(s->name)) NORN_TRY(check_name(s->name, "seasonality", err));
    NORN_TRY(check_free(spec, s->name, "seasonality", i, true, err));
    if (!(s->period > 0 && s->period <= 1e12))
        return norn_fail(err, NORN_E_ARG,
                         "prophet: seasonality '%.*s': period=%g days is not above 0 and at most "
                         "1e12",
                         (int)s->name.n, s->name.p, s->period);
    if (s->order < 1 || s->order > MOST_ORDER)
        return norn_fail(err, NORN_E_ARG,
                         "prophet: seasonality '%.*s': fourier_order=%d is outside [1, %d]",
                         (int)s->name.n, s->name.p, (int)s->order, (int)MOST_ORDER);
    NORN_TRY(check_prior(err, s->name, s->prior));
    if (s->condition.n == 0) return NORN_OK;
    NORN_TRY(check_name(s->condition, "condition", err));
    /* A regressor of the same column is two uses of one thing; a condition may also name its own
     * seasonality or a later one. */
    return check_free(spec, s->condition, "condition", i, false, err);
}

static norn_status check_regressor(const norni_prophet_spec *spec, size_t i, norn_err *err) {
    const norni_prophet_regressor *r = &spec->regressor[i];
    NORN_TRY(check_name(r->name, "regressor", err));
    for (size_t j = 0; j < i; j++)
        if (same(spec->regressor[j].name, r->name))
            return taken(err, "regressor", r->name, "regressor");
    NORN_TRY(check_prior(err, r->name, r->prior));
    if (r->standardise < -1 || r->standardise > 1)
        return norn_fail(err, NORN_E_ARG,
                         "prophet: regressor '%.*s': standardize=%d is none of 1, 0 and -1 (auto)",
                         (int)r->name.n, r->name.p, (int)r->standardise);
    return NORN_OK;
}

static norn_status check_holiday(const norni_prophet_spec *spec, size_t i, norn_err *err) {
    const norni_holiday *h = &spec->holiday[i];
    if (i == 0 || !same(spec->holiday[i - 1].name, h->name)) {
        NORN_TRY(check_name(h->name, "holiday", err));
        NORN_TRY(check_free(spec, h->name, "holiday", spec->n_season, true, err));
        for (size_t k = 0; k < spec->n_season; k++)
            if (spec->season[k].condition.n && same(spec->season[k].condition, h->name))
                return taken(err, "condition", h->name, "holiday");
    }
    if (h->day < NORNI_TIME_MIN / NORNI_US_DAY || h->day > NORNI_TIME_MAX / NORNI_US_DAY)
        return norn_fail(err, NORN_E_ARG,
                         "prophet: holiday '%.*s': its day is not in the years 1 to 9999",
                         (int)h->name.n, h->name.p);
    if (h->lower > 0 || h->lower < -MOST_WINDOW)
        return norn_fail(err, NORN_E_ARG,
                         "prophet: holiday '%.*s': lower_window=%d is outside [-%d, 0]",
                         (int)h->name.n, h->name.p, (int)h->lower, (int)MOST_WINDOW);
    if (h->upper < 0 || h->upper > MOST_WINDOW)
        return norn_fail(err, NORN_E_ARG,
                         "prophet: holiday '%.*s': upper_window=%d is outside [0, %d]",
                         (int)h->name.n, h->name.p, (int)h->upper, (int)MOST_WINDOW);
    return isnan(h->prior) ? NORN_OK : check_prior(err, h->name, h->prior);
}

/* No holiday bears the name. */
static norn_status check_days(const norni_prophet_spec *spec, norni_str name, const char *what,
                              norn_err *err) {
    for (size_t i = 0; i < spec->n_holiday; i++)
        if (same(spec->holiday[i].name, name)) return taken(err, what, name, "holiday");
    return NORN_OK;
}

norn_status norni_prophet_check_season(const norni_prophet_spec *spec, size_t i, norn_err *err) {
    const norni_prophet_season *s = &spec->season[i];
    NORN_TRY(check_season(spec, i, err));
    NORN_TRY(check_days(spec, s->name, "seasonality", err));
    if (s->condition.n == 0) return NORN_OK;
    NORN_TRY(check_days(spec, s->condition, "condition", err));
    return check_free(spec, s->condition, "condition", 0, true, err);
}

norn_status norni_prophet_check_regressor(const norni_prophet_spec *spec, size_t i, norn_err *err) {
    NORN_TRY(check_regressor(spec, i, err));
    NORN_TRY(check_free(spec, spec->regressor[i].name, "regressor", spec->n_season, false, err));
    return check_days(spec, spec->regressor[i].name, "regressor", err);
}

norn_status norni_prophet_check_holidays(const norni_prophet_spec *spec, size_t i, norn_err *err) {
    for (; i < spec->n_holiday; i++)
        NORN_TRY(check_holiday(spec, i, err));
    return NORN_OK;
}

norn_status norni_prophet_check(const norni_prophet_spec *spec, norn_err *err) {
    const char *code;
    NORN_TRY(check_switches(spec, err));
    for (size_t i = 0; i < spec->n_season; i++)
        NORN_TRY(check_season(spec, i, err));
    for (size_t i = 0; i < spec->n_regressor; i++)
        NORN_TRY(check_regressor(spec, i, err));
    NORN_TRY(norni_prophet_check_holidays(spec, 0, err));
    return spec->country.n ? norni_country_get(spec->country, &code, err) : NORN_OK;
}

norn_status norni_prophet_check_country(norni_arena *arena, const norni_prophet_spec *spec,
                                        const char **code, norn_err *err) {
    *code = NULL;
    if (spec->country.n == 0) return NORN_OK;
    NORN_TRY(norni_country_get(spec->country, code, err));
    if (spec->n_season == 0 && spec->n_regressor == 0) return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    const norni_str *name;
    size_t n;
    norn_status st = norni_country_names(*code, arena, &n, &name, err);
    for (size_t i = 0; st == NORN_OK && i < n; i++)
        st = check_free(spec, name[i], "public holiday", spec->n_season, true, err);
    norni_arena_rewind(arena, mark);
    return st;
}
