/* The options of the model "prophet" in specs, and what they ask of Prophet for one series. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Names and defaults are those of Prophet 1.3's constructor where it has the option. */
#include "models/prophet/prophet_opts.h"

#include <math.h>

#include "base/fp.h"
#include "base/numtext.h"
#include "models/prophet/prophet_plan.h"

enum { AUTO = -1, ON = -2, MOST_ORDER = 10000, MOST_SEASONS = 64 };

#define PRIOR(row, field, value, text)                                                     \
    {                                                                                      \
        .name = row, .type = NORNI_T_DOUBLE, .offset = offsetof(norni_prophet_opt, field), \
        .def = value, .min = 1e-100, .max = 1e100, .help = text                            \
    }
#define SEASON(row, field, more, text)                                                   \
    {                                                                                    \
        .name = row, .type = NORNI_T_TEXT, .offset = offsetof(norni_prophet_opt, field), \
        .def = "auto", .alias = more, .help = text                                       \
    }
#define CHOICE(row, field, value, words, text)                                             \
    {                                                                                      \
        .name = row, .type = NORNI_T_CHOICE, .offset = offsetof(norni_prophet_opt, field), \
        .def = value, .choices = words, .help = text                                       \
    }
#define TEXT(row, field, more, text)                                                     \
    {                                                                                    \
        .name = row, .type = NORNI_T_TEXT, .offset = offsetof(norni_prophet_opt, field), \
        .alias = more, .help = text                                                      \
    }

const norni_param norni_prophet_opt_rows[NORNI_PROPHET_OPT_ROWS] = {
    CHOICE("growth", growth, "linear", "linear|logistic|flat",
           "the trend; logistic growth needs a cap"),
    {.name = "changepoints",
     .type = NORNI_T_INT,
     .offset = offsetof(norni_prophet_opt, n_changepoints),
     .def = "25",
     .min = 0,
     .max = 10000,
     .alias = "n-changepoints",
     .help = "changes of the trend that are possible, evenly over the first part of the history"},
    {.name = "changepoint_range",
     .type = NORNI_T_DOUBLE,
     .offset = offsetof(norni_prophet_opt, changepoint_range),
     .def = "0.8",
     .min = 0,
     .max = 1,
     .help = "that part of the history"},
    PRIOR("changepoint_prior_scale", changepoint_prior, "0.05",
          "how freely the trend changes: the scale of its changes' prior"),
    TEXT("changepoints_at", change_at, NULL,
         "times of the changes in place of placed ones, as 2015-01-01;2016-03-01"),
    SEASON("yearly", yearly, "yearly-seasonality", "auto, true, false or Fourier pairs"),
    SEASON("weekly", weekly, "weekly-seasonality", "auto, true, false or Fourier pairs"),
    SEASON("daily", daily, "daily-seasonality", "auto, true, false or Fourier pairs"),
    TEXT("seasonalities", seasonalities, NULL,
         "more of them, as name:days:pairs[:prior[:mode[:condition]]];…, e.g. monthly:30.5:5; a "
         "condition is a column of 0 and 1 that switches it, as term:7:3:::school"),
    CHOICE("seasonality_mode", multiplicative, "additive", "additive|multiplicative",
           "seasonalities and regressors are added, or are shares of the trend"),
    PRIOR("seasonality_prior_scale", seasonality_prior, "10", "scale of the seasonalities' prior"),
    TEXT("holidays", country, "country", "public holidays of a country, as US"),
    CHOICE("holidays_mode", holidays_mode, "auto", "auto|additive|multiplicative",
           "auto: as seasonality_mode"),
    PRIOR("holidays_prior_scale", holidays_prior, "10",
          "scale of the prior of holidays and regressors"),
    TEXT("cap", cap, NULL,
         "upper limit of logistic growth: a number or a column (default: the column cap)"),
    TEXT("floor", floor, NULL, "lower limit: a number or a column (default: the column floor)"),
    CHOICE("scaling", scaling, "absmax", "absmax|minmax", "how the values are scaled for the fit"),
    {.name = "uncertainty_samples",
     .type = NORNI_T_INT,
     .offset = offsetof(norni_prophet_opt, uncertainty_samples),
     .def = "1000",
     .min = 0,
     .max = 1000000,
     .help = "simulated paths for the intervals; 0: no intervals"},
    CHOICE("paths", paths, "steps", "steps|poisson|exact",
           "future trend changes: at any step (as Python), at any time (as R), or in closed form"),
    {.name = "parameter_uncertainty",
     .type = NORNI_T_BOOL,
     .offset = offsetof(norni_prophet_opt, uncertain),
     .def = "false",
     .help = "intervals hold the uncertainty of the estimates, too"},
    TEXT("freq", freq, NULL, "of a series without dates, as D: then it begins on 2000-01-01"),
};

/* What stands before the next `by`; *rest goes on behind it. false: nothing is left. */
static bool next_piece(norni_str *rest, char by, norni_str *out) {
    if (rest->p == NULL) return false;
    const char *at = rest->n ? memchr(rest->p, by, rest->n) : NULL;
    const size_t n = at ? (size_t)(at - rest->p) : rest->n;
    *out = norni_str_trim((norni_str){rest->p, n});
    *rest = at ? (norni_str){at + 1, rest->n - n - 1} : (norni_str){NULL, 0};
    return true;
}

static bool read_number(norni_str text, double *out) {
    return norni_num_parse(text.p, text.n, out) == NORNI_NUM_OK;
}

static bool read_order(norni_str text, int32_t least, int32_t *out) {
    int64_t n = 0;
    if (norni_int_parse(text.p, text.n, &n) != NORNI_NUM_OK || n < least || n > MOST_ORDER)
        return false;
    *out = (int32_t)n;
    return true;
}

static norn_status read_switch(const char *name, const char *given, int32_t *out, norn_err *err) {
    const norni_str text = norni_str_trim(norni_str_of(given ? given : "auto"));
    if (norni_str_is_nocase(text, "auto"))
        *out = AUTO;
    else if (norni_str_is_nocase(text, "true"))
        *out = ON;
    else if (norni_str_is_nocase(text, "false"))
        *out = 0;
    else if (!read_order(text, 0, out))
        return norn_fail(err, NORN_E_ARG,
                         "prophet: %s=%.*s is not auto, true, false or a number of Fourier pairs "
                         "in [0, %d]",
                         name, (int)text.n, text.p, (int)MOST_ORDER);
    return NORN_OK;
}

static norn_status read_season(const norni_prophet_opt *o, norni_str text,
                               norni_prophet_season *out, norn_err *err) {
    norni_str rest = text, piece[6];
    size_t n = 0;
    while (n < 6 && next_piece(&rest, ':', &piece[n]))
        n++;
    *out = (norni_prophet_season){.prior = o->seasonality_prior,
                                  .multiplicative = o->multiplicative != 0};
    bool good = n >= 3 && rest.p == NULL && piece[0].n > 0 && read_number(piece[1], &out->period) &&
                out->period > 0 && read_order(piece[2], 1, &out->order);
    if (good && n > 3 && piece[3].n > 0)
        good = read_number(piece[3], &out->prior) && out->prior > 0;
    if (good && n > 4 && piece[4].n > 0) {
        out->multiplicative = norni_str_is(piece[4], "multiplicative");
        good = out->multiplicative || norni_str_is(piece[4], "additive");
    }
    if (good) {
        out->name = piece[0];
        if (n > 5) out->condition = piece[5];
        return NORN_OK;
    }
    return norn_fail(err, NORN_E_ARG,
                     "prophet: seasonalities: '%.*s' is not name:days:pairs[:prior[:additive or "
                     "multiplicative[:condition]]], as monthly:30.5:5 or term:7:3:::school",
                     (int)(text.n > 60 ? 60 : text.n), text.p);
}

/* Into out where it is given; the number of them into *n. */
static norn_status read_seasons(const norni_prophet_opt *o, norni_prophet_season *out, size_t *n,
                                norn_err *err) {
    norni_str rest = norni_str_of(o->seasonalities), item;
    *n = 0;
    while (next_piece(&rest, ';', &item)) {
        norni_prophet_season one;
        if (item.n == 0) continue;
        NORN_TRY(read_season(o, item, &one, err));
        if (*n == MOST_SEASONS)
            return norn_fail(err, NORN_E_ARG, "prophet: seasonalities: there are more than %d",
                             (int)MOST_SEASONS);
        if (out) out[*n] = one;
        ++*n;
    }
    return NORN_OK;
}

static norn_status read_changes(const norni_prophet_opt *o, int64_t *out, size_t *n,
                                norn_err *err) {
    norni_str rest = norni_str_of(o->change_at), item;
    *n = 0;
    while (next_piece(&rest, ';', &item)) {
        norni_time_style style;
        bool zoned = false;
        int64_t at = 0;
        if (item.n == 0) continue;
        if (!norni_time_parse(item, &at, &style, &zoned) || style.kind == NORNI_TIME_INDEX)
            return norn_fail(err, NORN_E_ARG,
                             "prophet: changepoints_at: '%.*s' is not a time, as 2015-01-01",
                             (int)(item.n > 60 ? 60 : item.n), item.p);
        if (out) out[*n] = at;
        ++*n;
    }
    return NORN_OK;
}

static norn_status read_switches(const norni_prophet_opt *o, norni_prophet_spec *spec,
                                 norn_err *err) {
    NORN_TRY(read_switch("yearly", o->yearly, &spec->yearly, err));
    NORN_TRY(read_switch("weekly", o->weekly, &spec->weekly, err));
    return read_switch("daily", o->daily, &spec->daily, err);
}

/* Names of public holidays come in an arena. */
static norn_status check_country(const norni_prophet_spec *spec, norn_err *err) {
    const norn_alloc alloc = norni_alloc_default();
    norni_arena arena;
    const char *code;
    norni_arena_init(&arena, &alloc);
    const norn_status st = norni_prophet_check_country(&arena, spec, &code, err);
    norni_arena_clear(&arena);
    return st;
}

norn_status norni_prophet_opt_names(const norni_prophet_opt *o, const norni_holidays *h,
                                    norn_err *err) {
    norni_prophet_season season[MOST_SEASONS];
    norni_prophet_spec spec = {.season = season, .country = norni_str_of(o->country)};
    NORN_TRY(read_seasons(o, season, &spec.n_season, err));
    if (h) spec.n_holiday = h->n, spec.holiday = h->row;
    NORN_TRY(norni_prophet_check_holidays(&spec, 0, err));
    for (size_t i = 0; i < spec.n_season; i++)
        NORN_TRY(norni_prophet_check_season(&spec, i, err));
    return spec.n_season ? check_country(&spec, err) : NORN_OK;
}

/* Limits that are numbers both; columns are seen with the data. */
static norn_status check_limits(const norni_prophet_opt *o, norn_err *err) {
    double cap = 0, floor_at = 0;
    if (o->growth != NORNI_PROPHET_LOGISTIC || !o->cap ||
        !read_number(norni_str_of(o->cap), &cap) ||
        (o->floor && !read_number(norni_str_of(o->floor), &floor_at)))
        return NORN_OK;
    if (!o->floor || cap > floor_at) return NORN_OK; /* floor: there may be a column of that name */
    return norn_fail(err, NORN_E_ARG, "prophet: cap=%s must be greater than floor=%s", o->cap,
                     o->floor);
}

static bool is_one_of(norni_str name, const norni_str *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (norni_str_cmp(names[i], name) == 0) return true;
    return false;
}

norn_status norni_prophet_opt_columns(const norni_prophet_opt *o, const norni_str *names, size_t n,
                                      const char *flag, norn_err *err) {
    const struct { const char *name, *given; } limit[2] = {{"cap", o->cap}, {"floor", o->floor}};
    double number = 0;
    for (int i = 0; i < 2; i++) {
        const char *given = limit[i].given;
        if (!given || read_number(norni_str_of(given), &number)) continue;
        if (!is_one_of(norni_str_of(given), names, n))
            return norn_fail(err, NORN_E_ARG,
                             "prophet: %s=%s is neither a number nor a column that %s brings",
                             limit[i].name, given, flag);
    }
    if (o->growth != NORNI_PROPHET_LOGISTIC || o->cap || is_one_of(norni_str_of("cap"), names, n))
        return NORN_OK;
    return norn_fail(err, NORN_E_ARG,
                     "prophet: logistic growth needs an upper limit: cap=NUMBER, as "
                     "prophet(growth=logistic,cap=100), or a column cap that %s brings",
                     flag);
}

norn_status norni_prophet_opt_check(const norni_prophet_opt *o, norn_err *err) {
    norni_prophet_spec spec;
    norni_freq freq;
    size_t n = 0;
    const char *code = NULL;
    NORN_TRY(check_limits(o, err));
    NORN_TRY(read_switches(o, &spec, err));
    NORN_TRY(read_changes(o, NULL, &n, err));
    if (o->country) NORN_TRY(norni_country_get(norni_str_of(o->country), &code, err));
    NORN_TRY(norni_prophet_opt_names(o, NULL, err));
    if (o->freq && (!norni_freq_parse(norni_str_of(o->freq), &freq) ||
                    freq.unit == NORNI_UNIT_INDEX || freq.unit == NORNI_UNIT_IRREGULAR))
        return norn_fail(err, NORN_E_ARG, "prophet: freq=%s is not a frequency, as D, W, MS, h",
                         o->freq);
    return NORN_OK;
}

/* A number, a column of that name, or (nothing given) the column called as the limit. */
static norn_status find_limit(const char *what, const char *given, const norni_series *s,
                              norni_prophet_limit *out, norn_err *err) {
    const norni_str wanted = norni_str_of(given ? given : what);
    *out = (norni_prophet_limit){-1, NORNI_NAN};
    if (given && read_number(wanted, &out->value)) return NORN_OK;
    for (size_t c = 0; c < s->n_x && s->x_name; c++) {
        if (norni_str_cmp(s->x_name[c], wanted) != 0) continue;
        out->column = (int32_t)c;
        return NORN_OK;
    }
    if (!given) return NORN_OK;
    return norn_fail(err, NORN_E_DATA,
                     "prophet: %s=%s is neither a number nor a column that is known over the "
                     "horizon (forecast: --future FILE, evaluate: --exogenous NAME)",
                     what, given);
}

/* All columns that are not limits; those without names are x1, x2, … */
static norn_status find_regressors(norni_arena *arena, const norni_series *s,
                                   norni_prophet_use *use, norn_err *err) {
    norni_str *name = norni_arena_get(arena, s->n_x, sizeof *name);
    size_t *column = norni_arena_get(arena, s->n_x, sizeof *column);
    if (!name || !column) return norni_alloc_fail(err, "prophet", s->n_x, sizeof *name);
    use->n_x = 0;
    for (size_t c = 0; c < s->n_x; c++) {
        if ((int32_t)c == use->cap.column || (int32_t)c == use->floor.column) continue;
        if (s->x_name) {
            name[use->n_x] = s->x_name[c];
        } else {
            char text[32];
            const size_t n = norni_format(text, sizeof text, "x%zu", c + 1);
            name[use->n_x] = (norni_str){norni_arena_text(arena, text, n), n};
            if (!name[use->n_x].p) return norni_alloc_fail(err, "prophet", n, 1);
        }
        column[use->n_x++] = c;
    }
    use->name = name;
    use->column = column;
    return NORN_OK;
}

static bool is_condition(const norni_prophet_spec *spec, norni_str name) {
    for (size_t i = 0; i < spec->n_season; i++)
        if (norni_str_cmp(spec->season[i].condition, name) == 0) return true;
    return false;
}

static norn_status check_conditions(const norni_prophet_spec *spec, const norni_prophet_use *use,
                                    norn_err *err) {
    for (size_t i = 0; i < spec->n_season; i++) {
        const norni_str name = spec->season[i].condition;
        size_t k = 0;
        while (k < use->n_x && norni_str_cmp(use->name[k], name) != 0)
            k++;
        if (name.n && k == use->n_x)
            return norn_fail(
                err, NORN_E_DATA,
                "prophet: seasonality '%.*s': its condition '%.*s' is no column that is known "
                "over the horizon (forecast: --future FILE, evaluate: --exogenous NAME)",
                (int)spec->season[i].name.n, spec->season[i].name.p, (int)name.n, name.p);
    }
    return NORN_OK;
}

/* Columns that are conditions of seasonalities are no regressors. */
static norn_status add_lists(norni_arena *arena, const norni_prophet_opt *o,
                             norni_prophet_spec *spec, const norni_prophet_use *use,
                             norn_err *err) {
    size_t n_change = 0;
    NORN_TRY(read_seasons(o, NULL, &spec->n_season, err));
    NORN_TRY(read_changes(o, NULL, &n_change, err));
    norni_prophet_season *season = norni_arena_get(arena, spec->n_season, sizeof *season);
    int64_t *change = norni_arena_get(arena, n_change, sizeof *change);
    norni_prophet_regressor *regressor = norni_arena_get(arena, use->n_x, sizeof *regressor);
    if (!season || !change || !regressor)
        return norni_alloc_fail(err, "prophet", use->n_x + n_change, sizeof *regressor);
    NORN_TRY(read_seasons(o, season, &spec->n_season, err));
    NORN_TRY(read_changes(o, change, &n_change, err));
    spec->season = season;
    NORN_TRY(check_conditions(spec, use, err));
    spec->n_regressor = 0;
    for (size_t k = 0; k < use->n_x; k++) {
        if (is_condition(spec, use->name[k])) continue;
        regressor[spec->n_regressor++] =
            (norni_prophet_regressor){.name = use->name[k],
                                      .prior = o->holidays_prior,
                                      .standardise = -1,
                                      .multiplicative = o->multiplicative != 0,
                                      .sd = 1};
    }
    spec->regressor = regressor;
    spec->changepoints_given = o->change_at != NULL;
    spec->changepoint = change;
    spec->n_changepoint = n_change;
    return NORN_OK;
}

norn_status norni_prophet_opt_spec(norni_arena *arena, const norni_prophet_opt *o,
                                   const norni_series *s, norni_prophet_spec *spec,
                                   norni_prophet_use *use, norn_err *err) {
    *spec = (norni_prophet_spec){
        .growth = (norni_prophet_growth)o->growth,
        .n_changepoints = o->n_changepoints,
        .changepoint_range = o->changepoint_range,
        .multiplicative = o->multiplicative != 0,
        .holidays_multiplicative =
            o->holidays_mode ? o->holidays_mode == 2 : o->multiplicative != 0,
        .minmax = o->scaling == 1,
        .seasonality_prior = o->seasonality_prior,
        .holidays_prior = o->holidays_prior,
        .changepoint_prior = o->changepoint_prior,
        .n_holiday = s->holidays ? s->holidays->n : 0,
        .holiday = s->holidays ? s->holidays->row : NULL,
        .country = norni_str_of(o->country),
    };
    *use = (norni_prophet_use){.cap = {-1, NORNI_NAN}, .floor = {-1, NORNI_NAN}};
    NORN_TRY(read_switches(o, spec, err));
    NORN_TRY(find_limit("cap", o->cap, s, &use->cap, err));
    NORN_TRY(find_limit("floor", o->floor, s, &use->floor, err));
    if (spec->growth == NORNI_PROPHET_LOGISTIC && use->cap.column < 0 && isnan(use->cap.value))
        return norn_fail(err, NORN_E_ARG,
                         "prophet: logistic growth needs an upper limit: cap=NUMBER, or a column "
                         "cap known over the horizon (forecast: --future FILE, evaluate: "
                         "--exogenous cap)");
    NORN_TRY(find_regressors(arena, s, use, err));
    return add_lists(arena, o, spec, use, err);
}
