/* The models ets, auto_ets, ses, holt and holt_winters: their parameter rows and doors. */
/* SPDX-License-Identifier: Apache-2.0 */
/* ses, holt and holt_winters are the forms that R's functions of these names fit: (A,N,N); (A,A,N)
 * or (M,M,N) when exponential; (A,A,A) or (M,A,M). Departure: R minimises squared errors there,
 * Norn the likelihood, which is the same under additive errors. holt and holt_winters take the
 * optimum next to R's starting values: the highest one forecasts worse (docs/accuracy.md). */
#include <math.h>
#include <stddef.h>

#include "models/ets/ets_state.h"

/* In the rows 0 stands for "found from the data". */
static ets_opt free_zeros(const ets_opt *o) {
    ets_opt r = *o;
    double *v[] = {&r.alpha, &r.beta, &r.gamma, &r.phi};
    for (int k = 0; k < ETS_N_SMOOTH; k++)
        if (*v[k] == 0) *v[k] = (double)NAN;
    return r;
}

static norn_status check_options(const ets_opt *o, const norni_series *s, const char *part,
                                 norn_err *err) {
    if (o->season >= 2 && norni_series_season(s) < 2)
        return norn_fail(
            err, NORN_E_ARG,
            "%s: a seasonal form needs a season length of 2 or more, the series has none", part);
    if (o->damped == 2 && o->trend == 1)
        return norn_fail(err, NORN_E_ARG, "%s: damped=yes needs a trend, trend=N was given", part);
    if (o->bounds == ETS_ADMISSIBLE) return NORN_OK;
    if (o->alpha > 1 || o->beta > 1 || o->gamma > 1 || o->beta + o->gamma > 1)
        return norn_fail(err, NORN_E_ARG,
                         "%s: alpha, beta and gamma are 1 at most, and beta + gamma, unless "
                         "bounds=admissible",
                         part);
    if (o->beta > o->alpha)
        return norn_fail(err, NORN_E_ARG,
                         "%s: beta=%g is above alpha=%g; beta <= alpha unless bounds=admissible",
                         part, o->beta, o->alpha);
    if (o->gamma > 1 - o->alpha)
        return norn_fail(
            err, NORN_E_ARG,
            "%s: gamma=%g is above 1 - alpha=%g; gamma <= 1 - alpha unless bounds=admissible", part,
            o->gamma, 1 - o->alpha);
    return NORN_OK;
}

static norn_status ets_validate(const void *opt, const norni_series *s, norn_err *err) {
    const ets_opt r = free_zeros(opt);
    return check_options(&r, s, "ets", err);
}

static ets_opt resolve_holt(const ets_opt *o) {
    ets_opt r = free_zeros(o);
    r.error = o->exponential ? 2 : 1;
    r.trend = o->exponential ? 3 : 2;
    r.season = 1;
    r.damped = o->damp ? 2 : 1;
    return r;
}

static ets_opt resolve_ses(const ets_opt *o) {
    ets_opt r = free_zeros(o);
    r.error = 1, r.trend = 1, r.season = 1, r.damped = 1;
    return r;
}

static ets_opt resolve_hw(const ets_opt *o) {
    ets_opt r = free_zeros(o);
    r.error = o->seasonal ? 2 : 1;
    r.trend = 2;
    r.season = o->seasonal ? 3 : 2;
    r.damped = o->damp ? 2 : 1;
    return r;
}

static norn_status ses_validate(const void *opt, const norni_series *s, norn_err *err) {
    const ets_opt r = resolve_ses(opt);
    return check_options(&r, s, "ses", err);
}

static norn_status holt_validate(const void *opt, const norni_series *s, norn_err *err) {
    const ets_opt r = resolve_holt(opt);
    return check_options(&r, s, "holt", err);
}

static norn_status hw_validate(const void *opt, const norni_series *s, norn_err *err) {
    const ets_opt r = resolve_hw(opt);
    return check_options(&r, s, "holt_winters", err);
}

static double ets_cost(const void *opt, size_t n, int32_t season, size_t horizon) {
    const ets_opt *o = opt;
    const double dirs = 1 + (season > 1 ? (double)(season < 60 ? season : 60) / 8 : 0);
    const double forms = o->error && o->trend && o->season && o->damped ? 1 : season > 1 ? 15 : 6;
    return forms * (double)n * 250 * dirs + (double)horizon * 50;
}

static norn_status ets_fit_any(norni_env *env, const void *opt, const norni_group *group,
                               void **state, norn_err *err) {
    const ets_opt r = free_zeros(opt);
    return ets_fit_group(env, &r, group, "ets", state, err);
}

static norn_status ets_load_any(norni_env *env, const void *opt, norni_str saved, void **state,
                                norn_err *err) {
    const ets_opt r = free_zeros(opt);
    return ets_load(env, &r, "ets", saved, state, err);
}

static norn_status auto_fit(norni_env *env, const void *opt, const norni_group *group, void **state,
                            norn_err *err) {
    const ets_opt r = free_zeros(opt);
    return ets_fit_group(env, &r, group, "auto_ets", state, err);
}

static norn_status auto_load(norni_env *env, const void *opt, norni_str saved, void **state,
                             norn_err *err) {
    const ets_opt r = free_zeros(opt);
    return ets_load(env, &r, "auto_ets", saved, state, err);
}

static norn_status ses_fit(norni_env *env, const void *opt, const norni_group *group, void **state,
                           norn_err *err) {
    const ets_opt r = resolve_ses(opt);
    return ets_fit_group(env, &r, group, "ses", state, err);
}

static norn_status ses_load(norni_env *env, const void *opt, norni_str saved, void **state,
                            norn_err *err) {
    const ets_opt r = resolve_ses(opt);
    return ets_load(env, &r, "ses", saved, state, err);
}

static norn_status holt_fit(norni_env *env, const void *opt, const norni_group *group, void **state,
                            norn_err *err) {
    const ets_opt r = resolve_holt(opt);
    return ets_fit_group(env, &r, group, "holt", state, err);
}

static norn_status holt_load(norni_env *env, const void *opt, norni_str saved, void **state,
                             norn_err *err) {
    const ets_opt r = resolve_holt(opt);
    return ets_load(env, &r, "holt", saved, state, err);
}

static norn_status hw_fit(norni_env *env, const void *opt, const norni_group *group, void **state,
                          norn_err *err) {
    const ets_opt r = resolve_hw(opt);
    return ets_fit_group(env, &r, group, "holt_winters", state, err);
}

static norn_status hw_load(norni_env *env, const void *opt, norni_str saved, void **state,
                           norn_err *err) {
    const ets_opt r = resolve_hw(opt);
    return ets_load(env, &r, "holt_winters", saved, state, err);
}

#define AT(field) offsetof(ets_opt, field)
#define ROW_FORM(error_def, rest_def, damped_def)                                                 \
    {.name = "error",                                                                             \
     .type = NORNI_T_CHOICE,                                                                      \
     .offset = AT(error),                                                                         \
     .def = error_def,                                                                            \
     .choices = "auto|A|M",                                                                       \
     .help = "error: additive (A), multiplicative (M), or chosen"},                               \
        {.name = "trend",                                                                         \
         .type = NORNI_T_CHOICE,                                                                  \
         .offset = AT(trend),                                                                     \
         .def = rest_def,                                                                         \
         .choices = "auto|N|A|M",                                                                 \
         .help = "trend: none (N), additive (A), multiplicative (M), or chosen"},                 \
        {.name = "season",                                                                        \
         .type = NORNI_T_CHOICE,                                                                  \
         .offset = AT(season),                                                                    \
         .def = rest_def,                                                                         \
         .choices = "auto|N|A|M",                                                                 \
         .help = "season: none (N), additive (A), multiplicative (M), or chosen"},                \
        {.name = "damped",                                                                        \
         .type = NORNI_T_CHOICE,                                                                  \
         .offset = AT(damped),                                                                    \
         .def = damped_def,                                                                       \
         .choices = "auto|no|yes",                                                                \
         .help = "damp the trend, or let the criterion choose"},                                  \
        {.name = "ic",                                                                            \
         .type = NORNI_T_CHOICE,                                                                  \
         .offset = AT(ic),                                                                        \
         .def = "aicc",                                                                           \
         .choices = "aicc|aic|bic",                                                               \
         .help = "criterion that chooses among forms"},                                           \
        {.name = "multiplicative-trend",                                                          \
         .type = NORNI_T_BOOL,                                                                    \
         .offset = AT(multiplicative_trend),                                                      \
         .def = "false",                                                                          \
         .help = "let the choice include multiplicative trends"},                                 \
    {                                                                                             \
        .name = "unrestricted", .type = NORNI_T_BOOL, .offset = AT(unrestricted), .def = "false", \
        .help = "let the choice include forms with infinite variance"                             \
    }
#define ROW_ALPHA                                                                           \
    {                                                                                       \
        .name = "alpha", .type = NORNI_T_DOUBLE, .offset = AT(alpha), .def = "0", .min = 0, \
        .max = 2, .help = "weight of the level; 0 = found from the data"                    \
    }
#define ROW_BETA                                                                          \
    {                                                                                     \
        .name = "beta", .type = NORNI_T_DOUBLE, .offset = AT(beta), .def = "0", .min = 0, \
        .max = 4, .help = "weight of the trend; 0 = found from the data"                  \
    }
#define ROW_GAMMA                                                                           \
    {                                                                                       \
        .name = "gamma", .type = NORNI_T_DOUBLE, .offset = AT(gamma), .def = "0", .min = 0, \
        .max = 2, .help = "weight of the season; 0 = found from the data"                   \
    }
#define ROW_PHI                                                                                   \
    {                                                                                             \
        .name = "phi", .type = NORNI_T_DOUBLE, .offset = AT(phi), .def = "0", .min = 0, .max = 1, \
        .help = "damping of the trend; 0 = found from the data"                                   \
    }
#define ROW_COMMON                                                                                \
    {.name = "bounds",                                                                            \
     .type = NORNI_T_CHOICE,                                                                      \
     .offset = AT(bounds),                                                                        \
     .def = "both",                                                                               \
     .choices = "both|usual|admissible",                                                          \
     .help = "region of the weights"},                                                            \
        {.name = "simulate",                                                                      \
         .type = NORNI_T_BOOL,                                                                    \
         .offset = AT(simulate),                                                                  \
         .def = "false",                                                                          \
         .help = "intervals from sample paths even where formulas exist"},                        \
    {                                                                                             \
        .name = "n-paths", .type = NORNI_T_INT, .offset = AT(n_paths), .def = "5000", .min = 100, \
        .max = 1000000, .help = "sample paths where intervals are simulated"                      \
    }
#define ROW_SEARCH(usual)                                                              \
    {                                                                                  \
        .name = "search", .type = NORNI_T_CHOICE, .offset = AT(search), .def = usual,  \
        .choices = "global|near",                                                      \
        .help = "highest likelihood, or the optimum next to the usual starting values" \
    }
#define ROW_DAMP                                                                    \
    {                                                                               \
        .name = "damped", .type = NORNI_T_BOOL, .offset = AT(damp), .def = "false", \
        .help = "damp the trend"                                                    \
    }

static const norni_param ets_rows[] = {
    ROW_FORM("A", "N", "no"), ROW_ALPHA, ROW_BETA, ROW_GAMMA, ROW_PHI, ROW_COMMON,
    ROW_SEARCH("global")};
static const norni_param auto_rows[] = {ROW_FORM("auto", "auto", "auto"),
                                        ROW_ALPHA,
                                        ROW_BETA,
                                        ROW_GAMMA,
                                        ROW_PHI,
                                        ROW_COMMON,
                                        ROW_SEARCH("global")};
static const norni_param ses_rows[] = {ROW_ALPHA, ROW_COMMON};
static const norni_param holt_rows[] = {ROW_DAMP,
                                        {.name = "exponential",
                                         .type = NORNI_T_BOOL,
                                         .offset = AT(exponential),
                                         .def = "false",
                                         .help = "multiplicative trend and errors"},
                                        ROW_ALPHA,
                                        ROW_BETA,
                                        ROW_PHI,
                                        ROW_COMMON,
                                        ROW_SEARCH("near")};
static const norni_param hw_rows[] = {{.name = "season",
                                       .type = NORNI_T_CHOICE,
                                       .offset = AT(seasonal),
                                       .def = "additive",
                                       .choices = "additive|multiplicative",
                                       .help = "how the season enters"},
                                      ROW_DAMP,
                                      ROW_ALPHA,
                                      ROW_BETA,
                                      ROW_GAMMA,
                                      ROW_PHI,
                                      ROW_COMMON,
                                      ROW_SEARCH("near")};

#define ETS_SOURCE "Hyndman, Koehler, Ord, Snyder (2008), Forecasting with Exponential Smoothing"
#define ETS_MODEL(id, title, text, rows, check, fit_fn, load_fn)                    \
    const norni_model norni_model_##id = {.name = title,                            \
                                          .summary = text,                          \
                                          .source = ETS_SOURCE,                     \
                                          .params = rows,                           \
                                          .n_params = sizeof rows / sizeof rows[0], \
                                          .opt_size = sizeof(ets_opt),              \
                                          .intervals = true,                        \
                                          .missing = true,                          \
                                          .validate = check,                        \
                                          .cost = ets_cost,                         \
                                          .fit = fit_fn,                            \
                                          .predict = ets_predict,                   \
                                          .fitted = ets_fitted,                     \
                                          .describe = ets_describe,                 \
                                          .save = ets_save,                         \
                                          .paths = norni_paths_always,              \
                                          .load = load_fn,                          \
                                          .update = ets_moved_on}

ETS_MODEL(ets, "ets", "exponential smoothing of a given form", ets_rows, ets_validate, ets_fit_any,
          ets_load_any);
ETS_MODEL(auto_ets, "auto_ets",
          "exponential smoothing, the form chosen by an information criterion", auto_rows,
          ets_validate, auto_fit, auto_load);
ETS_MODEL(ses, "ses", "simple exponential smoothing", ses_rows, ses_validate, ses_fit, ses_load);
ETS_MODEL(holt, "holt", "Holt's linear or exponential trend", holt_rows, holt_validate, holt_fit,
          holt_load);
ETS_MODEL(holt_winters, "holt_winters", "Holt-Winters' trend and season", hw_rows, hw_validate,
          hw_fit, hw_load);
