/* The options of `norn multi`, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/multi_plan.h"

#include "app/method.h"

/* Those that there are, and an ensemble of them. */
static const char *const usual[] = {"naive", "ridge", "ebm", "gbdt"};
enum { WINDOWS = 20, QUICK_WINDOWS = 5, REFIT = 5, FEATURES = 200, QUICK_FEATURES = 60 };

#define AT(field) offsetof(norni_multi_opt, field)
const norni_param norni_multi_rows[] = {
    {.name = "targets",
     .type = NORNI_T_TEXT,
     .offset = AT(targets),
     .metavar = "NAME[,NAME…]",
     .help = "columns to forecast; globs are allowed: 'Total_*,Blend_Yield_*'"},
    {.name = "static",
     .type = NORNI_T_TEXT,
     .offset = AT(statics),
     .metavar = "GLOB[,GLOB…]",
     .alias = "statics",
     .help = "columns that change seldom, taken as they stand at the origin: 'crude_*,API'"},
    {.name = "known",
     .type = NORNI_T_TEXT,
     .offset = AT(known),
     .metavar = "GLOB[,GLOB…]",
     .help = "columns known ahead: DATA's rows go on, or --future brings them"},
    {.name = "drop",
     .type = NORNI_T_TEXT,
     .offset = AT(drop),
     .metavar = "GLOB[,GLOB…]",
     .help = "columns not to be used"},
    {.name = "horizon",
     .type = NORNI_T_INT,
     .offset = AT(horizon),
     .def = "7",
     .min = 1,
     .max = 10000,
     .metavar = "H",
     .alias = "h",
     .help = "periods to forecast, each by a model of its own"},
    {.name = "lookback",
     .type = NORNI_T_INT,
     .offset = AT(lookback),
     .def = "28",
     .min = 1,
     .max = 100000,
     .metavar = "N",
     .help = "periods of the targets' past that a forecast may look at"},
    {.name = "driver-lookback",
     .type = NORNI_T_INT,
     .offset = AT(driver_lookback),
     .def = "7",
     .min = 0,
     .max = 100000,
     .metavar = "N",
     .help = "the same of drivers; 0: as --lookback"},
    {.name = "driver-lags",
     .type = NORNI_T_INTS,
     .offset = AT(driver_lags),
     .min = 0,
     .max = 100000,
     .metavar = "K[,K…]",
     .help = "in place of --driver-lookback: these lags of drivers alone"},
    {.name = "roll",
     .type = NORNI_T_INTS,
     .offset = AT(roll),
     .def = "7",
     .min = 2,
     .max = 100000,
     .metavar = "W[,W…]",
     .help = "windows of rolling means and deviations of the targets, up to the origin"},
    {.name = "roll-drivers",
     .type = NORNI_T_BOOL,
     .offset = AT(roll_drivers),
     .def = "false",
     .help = "the same of drivers"},
    {.name = "no-calendar",
     .type = NORNI_T_BOOL,
     .offset = AT(no_calendar),
     .def = "false",
     .help = "no features of the forecast period's place in week, month and year"},
    {.name = "season-length",
     .type = NORNI_T_INTS,
     .offset = AT(seasons),
     .min = 1,
     .max = 100000,
     .metavar = "S[,S…]",
     .help = "periods a season (default: from the frequency)"},
    {.name = "future",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_UPLOAD,
     .offset = AT(future),
     .metavar = "FILE",
     .help = "time and columns known ahead over the horizon; DATA has these columns too"},
    {.name = "missing",
     .type = NORNI_T_CHOICE,
     .offset = AT(missing),
     .def = "ffill",
     .choices = NORNI_FILL_CHOICES,
     .help = "cells missing in drivers: the last value, the mean so far, 0, or left missing"},
    {.name = "max-missing",
     .type = NORNI_T_DOUBLE,
     .offset = AT(max_missing),
     .def = "0.3",
     .min = 0,
     .max = 1,
     .metavar = "SHARE",
     .help = "drivers with more missing cells than this are dropped, and named"},
    {.name = "outliers",
     .type = NORNI_T_CHOICE,
     .offset = AT(outliers),
     .def = "none",
     .choices = NORNI_OUTLIERS_CHOICES,
     .help = "clip: drivers are held within 8 robust deviations of their median"},
    {.name = "allow-leaks",
     .type = NORNI_T_BOOL,
     .offset = AT(allow_leaks),
     .def = "false",
     .help = "use columns that hold a target's future instead of refusing them"},
    {.name = "etl",
     .type = NORNI_T_BOOL,
     .offset = AT(etl),
     .def = "false",
     .help = "DATA are the plant's workbooks: write targets.csv, futures.csv and statics.csv"},
};
const size_t norni_n_multi_rows = sizeof norni_multi_rows / sizeof norni_multi_rows[0];

const norni_param norni_multi_method_rows[] = {
    {.name = "model",
     .type = NORNI_T_TEXT,
     .offset = AT(model),
     .metavar = "SPEC[,SPEC…]",
     .letter = 'm',
     .help =
         "learners, as ebm(interactions=0); `norn models` (default naive,ridge,ebm,gbdt,ensemble)"},
    {.name = "level",
     .type = NORNI_T_TEXT,
     .offset = AT(level),
     .def = "80,95",
     .metavar = "L[,L…]",
     .help = "conformal prediction intervals in per cent, in (0,100); none: no intervals"},
    {.name = "windows",
     .type = NORNI_T_INT,
     .offset = AT(windows),
     .def = "0",
     .min = 0,
     .max = 100000,
     .metavar = "K",
     .alias = "n-windows",
     .help = "earlier origins that metrics, weights and intervals are made from; fewer where the "
             "oldest would have less than half of the rows; 0: 20, with --quick 5"},
    {.name = "step",
     .type = NORNI_T_INT,
     .offset = AT(step),
     .def = "0",
     .min = 0,
     .max = 1000000,
     .metavar = "S",
     .alias = "step-size",
     .help = "periods between two origins; 0: the horizon, and one more where that is a number of "
             "whole seasons"},
    {.name = "refit",
     .type = NORNI_T_INT,
     .offset = AT(refit),
     .def = "-1",
     .min = -1,
     .max = 100000,
     .metavar = "N",
     .help =
         "fit at every N-th origin, the models then serve the next N-1; 0: at the oldest alone; "
         "-1: 5, with --quick 0"},
    {.name = "min-train",
     .type = NORNI_T_INT,
     .offset = AT(min_train),
     .def = "0",
     .min = 0,
     .max = 1000000000,
     .metavar = "N",
     .help = "rows that a fit must have; 0: half of the rows"},
    {.name = "max-features",
     .type = NORNI_T_INT,
     .offset = AT(max_features),
     .def = "-1",
     .min = -1,
     .max = 100000000,
     .metavar = "N",
     .help = "features that a part of a learner without a choice of its own is given, the most "
             "telling of its training rows; 0: all; -1: 200, with --quick 60"},
    {.name = "quick",
     .type = NORNI_T_BOOL,
     .offset = AT(quick),
     .def = "false",
     .help =
         "5 origins, one fit for them, 60 features at most, but for what --windows, --refit and "
         "--max-features say"},
    {.name = "output",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(output),
     .metavar = "DIR",
     .help = "write forecast.csv, metrics.csv, weights.csv and summary.json there (the forecasts "
             "where --out, the summary where --summary says otherwise); the metrics then go to "
             "stdout as a table, too"},
    {.name = "errors",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(errors),
     .metavar = "DIR",
     .help = "write the error analysis of the out-of-fold forecasts: CSV, SVG, report.md"},
    {.name = "explain",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(explain),
     .metavar = "DIR",
     .help = "write what explains the forecasts: JSON, CSV, SVG, one HTML page"},
    {.name = "explain-steps",
     .type = NORNI_T_INTS,
     .offset = AT(explain_steps),
     .min = 1,
     .max = 10000,
     .metavar = "H[,H…]",
     .help = "steps that are explained (default: the first and the last)"},
    {.name = "analyse",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL, /* it writes a folder */
     .offset = AT(analyse),
     .metavar = "TARGET",
     .alias = "analyze",
     .help =
         "profile of a target, and five cleaning strategies on one scale, instead of forecasts"},
    {.name = "save",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(save),
     .metavar = "FILE",
     .help = "keep the fitted models, for a later --load to forecast from"},
    {.name = "load",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(load),
     .metavar = "FILE",
     .help = "forecast from DATA's last rows by kept models, without a fit"},
};
#undef AT
const size_t norni_n_multi_method_rows =
    sizeof norni_multi_method_rows / sizeof norni_multi_method_rows[0];

/* naive,ridge,ebm,gbdt,ensemble: as many as there are. */
static norn_status default_model(const norni_learner_set *set, const char *behind,
                                 norni_arena *arena, const char **out, norn_err *err) {
    norni_buf b;
    norni_buf_init(&b, arena->alloc);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++) {
        if (norni_learner_find(set, norni_str_of(usual[i])) != NULL)
            norni_buf_format(&b, "%s,", usual[i]);
    }
    norni_buf_text(&b, behind);
    *out = b.failed ? NULL : norni_arena_text(arena, b.p, b.n);
    norni_buf_clear(&b);
    return *out ? NORN_OK : norni_alloc_fail(err, "model", 64, 1);
}

/* An ensemble alone is one of the usual learners. */
static norn_status read_specs(const norni_learner_set *set, norni_arena *arena,
                              norni_multi_plan *plan, norn_err *err) {
    const char *text = plan->opt->model;
    norni_learner_spec *specs = NULL;
    if (text == NULL) NORN_TRY(default_model(set, "ensemble", arena, &text, err));
    for (int round = 0; round < 2; round++) {
        NORN_TRY(
            norni_learner_specs_parse(set, norni_str_of(text), arena, &specs, &plan->n_specs, err));
        plan->specs = specs;
        plan->n_learners = 0;
        for (size_t k = 0; k < plan->n_specs; k++)
            plan->n_learners += specs[k].learner != NULL;
        if (plan->n_learners > 0) return NORN_OK;
        NORN_TRY(default_model(set, text, arena, &text, err));
    }
    return norn_fail(err, NORN_E_ARG,
                     "model: an ensemble needs learners beside it: --model "
                     "ridge,gbdt,ensemble");
}

static norn_status read_steps(norni_arena *arena, norni_multi_plan *plan, norn_err *err) {
    const norni_ints *given = &plan->opt->explain_steps;
    int32_t *both = norni_arena_get(arena, 2, sizeof *both);
    if (both == NULL) return norni_alloc_fail(err, "multi", 2, sizeof *both);
    both[0] = 1;
    both[1] = (int32_t)plan->horizon;
    plan->explain_steps = given->n > 0 ? *given : (norni_ints){plan->horizon > 1 ? 2 : 1, both};
    for (size_t i = 0; i < given->n; i++) {
        if (given->v[i] > (int32_t)plan->horizon)
            return norn_fail(err, NORN_E_ARG, "--explain-steps %d lies beyond --horizon %zu",
                             (int)given->v[i], plan->horizon);
    }
    return NORN_OK;
}

norn_status norni_multi_opt_check(const norni_multi_opt *o, norn_err *err) {
    const norni_panel_opt *p = &o->panel;
    const char *odd = p->id_col       ? "--id-col"
                      : p->target_col ? "--target-col"
                      : p->layout     ? "--layout"
                      : p->epoch      ? "--epoch"
                      : p->gaps       ? "--gaps"
                      : p->duplicates ? "--duplicates"
                                      : NULL;
    if (odd != NULL)
        return norn_fail(err, NORN_E_ARG,
                         "%s: a table of targets and drivers has a row a period and a column a "
                         "quantity; see `norn help multi`",
                         odd);
    if (o->load && (o->save || o->errors || o->analyse))
        return norn_fail(err, NORN_E_ARG,
                         "--load: kept models are not fitted again: --save, --errors and --analyse "
                         "do not go with it");
    if (o->load && o->panel.common.resume)
        return norn_fail(err, NORN_E_ARG, "--load: nothing is fitted that --resume could keep");
    return NORN_OK;
}

/* Options of the table and its features, but for what the data or a store decide. */
static norn_status fill_table(norni_multi_plan *plan, norn_err *err) {
    const norni_multi_opt *o = plan->opt;
    norni_wide_opt *w = &plan->wide;
    norni_features_opt *x = &plan->features;
    norni_read_opt read;
    NORN_TRY(norni_panel_read_opt(&o->panel, &read, err));
    *w = norni_wide_opt_default();
    w->future_path = o->future;
    w->sheet = o->panel.sheet;
    w->time_col = o->panel.time_col;
    w->targets = o->targets;
    w->statics = o->statics;
    w->known = o->known;
    w->drop = o->drop;
    w->delimiter = read.delimiter;
    w->has_freq = read.align.has_freq;
    w->freq = read.align.freq;
    w->horizon = plan->horizon;
    /* a default step may be one more by the season, which the table tells */
    w->n_held = plan->horizon + (plan->windows - 1) * (plan->step + (o->step == 0));
    w->hold_half = o->min_train == 0; /* as origins are left out */
    w->max_missing = o->max_missing;
    w->fill = (norni_wide_fill)o->missing;
    w->outliers = (norni_wide_outliers)o->outliers;
    w->memory = norni_memory_limit(o->panel.common.memory_limit, NULL) / 2;
    *x = norni_features_opt_default();
    x->horizon = plan->horizon;
    x->lookback = (size_t)o->lookback;
    x->driver_lookback = (size_t)o->driver_lookback;
    x->driver_lags = o->driver_lags;
    x->windows = o->roll;
    x->roll_drivers = o->roll_drivers;
    x->seasons = o->seasons;
    x->calendar = !o->no_calendar;
    return NORN_OK;
}

norn_status norni_multi_plan_make(const norni_learner_set *set, const norni_multi_opt *opt,
                                  norni_arena *arena, norni_multi_plan *plan, norn_err *err) {
    const norni_common_opt *common = &opt->panel.common;
    *plan = (norni_multi_plan){.opt = opt,
                               .horizon = (size_t)opt->horizon,
                               .windows = (size_t)(opt->windows ? opt->windows
                                                   : opt->quick ? QUICK_WINDOWS
                                                                : WINDOWS),
                               .step = (size_t)(opt->step ? opt->step : opt->horizon),
                               .refit = (size_t)(opt->refit >= 0 ? opt->refit
                                                 : opt->quick    ? 0
                                                                 : REFIT),
                               .max_features = (size_t)(opt->max_features >= 0 ? opt->max_features
                                                        : opt->quick           ? QUICK_FEATURES
                                                                               : FEATURES),
                               .seed = (uint64_t)common->seed,
                               .max_attempts = (uint32_t)common->retry_attempts};
    NORN_TRY(norni_multi_opt_check(opt, err));
    NORN_TRY(norni_levels_parse(opt->level, arena, &plan->levels, err));
    NORN_TRY(read_specs(set, arena, plan, err));
    NORN_TRY(read_steps(arena, plan, err));
    return fill_table(plan, err);
}
