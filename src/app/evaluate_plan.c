/* The options of an evaluation, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/evaluate_plan.h"

#include "app/evaluate_grid.h"
#include "app/holiday_file.h"
#include "base/fp.h"

enum { WARM_ON, WARM_OFF };
/* The words of --metric and their numbers. */
#define METRICS "mase|smape|owa|rmse|mae|mape|rmsse|pinball|spl|msis"
enum {
    METRIC_MASE,
    METRIC_SMAPE,
    METRIC_OWA,
    METRIC_RMSE,
    METRIC_MAE,
    METRIC_MAPE,
    METRIC_RMSSE,
    METRIC_PINBALL,
    METRIC_SPL,
    METRIC_MSIS
};

/* The default forecast beside the one that OWA is measured by, and that is computed anyway. */
#define DEFAULT_MODELS NORNI_DEFAULT_MODEL ",naive2"

_Static_assert(offsetof(norni_evaluate_opt, method) == offsetof(norni_method_head, method),
               "the shared rows' fields lie where they say");

#define AT(field) offsetof(norni_evaluate_opt, field)
const norni_param norni_evaluate_rows[] = {
    {NORNI_HORIZON_ROW(AT(horizon)), .help = "periods that each forecast covers"},
    {.name = "windows",
     .type = NORNI_T_INT,
     .offset = AT(windows),
     .def = "1",
     .min = 1,
     .max = 100000,
     .metavar = "K",
     .alias = "n-windows",
     .help = "cut-offs of each series, the last one H periods before its end"},
    {.name = "step",
     .type = NORNI_T_INT,
     .offset = AT(step),
     .def = "1",
     .min = 1,
     .max = 1000000,
     .metavar = "S",
     .alias = "step-size",
     .help = "periods between two cut-offs"},
    {.name = "actual",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_UPLOAD,
     .offset = AT(actual),
     .metavar = "TEST",
     .help = "in place of windows: a file like DATA with what came after it"},
    {.name = "expanding",
     .type = NORNI_T_BOOL,
     .offset = AT(expanding),
     .def = "true",
     .help = "every training set begins with the series (unless --sliding is given)"},
    {.name = "sliding",
     .type = NORNI_T_INT,
     .offset = AT(sliding),
     .def = "0",
     .min = 0,
     .max = 1000000000,
     .metavar = "N",
     .help = "every training set holds the last N periods at most; 0: all"},
    {.name = "min-train",
     .type = NORNI_T_INT,
     .offset = AT(min_train),
     .def = "2",
     .min = 1,
     .max = 1000000000,
     .metavar = "N",
     .help = "periods that a training set must have; older windows are left out"},
    {.name = "refit",
     .type = NORNI_T_INT,
     .offset = AT(refit),
     .def = "1",
     .min = 0,
     .max = 100000,
     .metavar = "N",
     .help = "fit at every N-th cut-off and move on in between; 0: fit at the oldest alone"},
    {.name = "warm",
     .type = NORNI_T_CHOICE,
     .offset = AT(warm),
     .def = "on",
     .choices = "on|off",
     .help = "fits start from the fit at the series' oldest cut-off"},
    {NORNI_MODEL_ROW(AT(model)),
     .help =
         "models, as theta or e=ets(error=A)[12] (default " DEFAULT_MODELS "); see `norn models`"},
    {.name = "grid",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_UPLOAD,
     .offset = AT(grid),
     .metavar = "GRID.toml",
     .help = "in place of --model: every combination of [MODEL] param = [values], best first"},
    {.name = "metric",
     .type = NORNI_T_CHOICE,
     .offset = AT(metric),
     .def = "mase",
     .choices = METRICS,
     .help = "what a grid is sorted by, and the worst series (msis: of the widest level)"},
    {.name = "level",
     .type = NORNI_T_TEXT,
     .offset = AT(level),
     .metavar = "L[,L…]",
     .help = "prediction intervals in per cent (default 80,95; none for a grid sorted by a point "
             "measure)"},
    {.name = "exogenous",
     .type = NORNI_T_TEXT,
     .offset = AT(exogenous),
     .metavar = "COL[,COL…]",
     .help = "columns of DATA (and TEST) for the models that use them, known over the horizon"},
    {.name = "by-series",
     .type = NORNI_T_BOOL,
     .offset = AT(by_series),
     .def = "false",
     .help = "a row for each series and model"},
    {.name = "errors",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(errors),
     .metavar = "DIR",
     .help = "write the error analysis: errors.csv, by_horizon.csv, worst.csv, report.md, chart"},
};
#undef AT
const size_t norni_n_evaluate_rows = sizeof norni_evaluate_rows / sizeof norni_evaluate_rows[0];

static norni_contender contender_of(const norni_spec *s) {
    return (norni_contender){.model = s->model, .opt = s->opt, .season = s->season};
}

static norn_status check(const norni_evaluate_opt *o, norn_err *err) {
    if (o->grid && o->model)
        return norn_fail(err, NORN_E_ARG,
                         "--grid and --model exclude each other: a grid's file "
                         "may hold whole specs, too: model = [\"naive\"]");
    if (o->actual && (o->windows != 1 || o->step != 1))
        return norn_fail(err, NORN_E_ARG,
                         "--actual is one hold-out: --windows and --step do not go with it");
    for (size_t k = 0; k < o->panel.data.n; k++) { /* the grid is read first, and would take it */
        if (o->grid && strcmp(o->grid, "-") == 0 && strcmp(o->panel.data.path[k], "-") == 0)
            return norn_fail(err, NORN_E_ARG,
                             "DATA and --grid cannot both be standard input; name a file");
    }
    if (!o->expanding && o->sliding == 0)
        return norn_fail(err, NORN_E_ARG, "--expanding false needs --sliding N");
    if (o->actual && strcmp(o->actual, "-") == 0)
        return norn_fail(err, NORN_E_ARG, "--actual: standard input is for DATA alone");
    return norni_method_check(&o->method, err);
}

static norn_status read_levels(const norni_evaluate_opt *o, norni_arena *arena,
                               norni_doubles *levels, norn_err *err) {
    const bool point = o->grid && o->metric != METRIC_PINBALL && o->metric != METRIC_SPL &&
                       o->metric != METRIC_MSIS;
    const char *text = o->level ? o->level : point ? "none" : "80,95";
    NORN_TRY(norni_levels_parse(text, arena, levels, err));
    if (o->metric == METRIC_MSIS && levels->n == 0)
        return norn_fail(err, NORN_E_ARG, "--metric msis needs a --level");
    return NORN_OK;
}

static norn_status read_specs(norn_ctx *ctx, const norni_model_set *set,
                              const norni_evaluate_opt *o, norni_arena *arena,
                              norni_evaluate_plan *plan, norn_err *err) {
    norni_spec *specs = NULL;
    if (o->grid)
        NORN_TRY(norni_evaluate_grid(ctx, set, o->grid, arena, &specs, &plan->n_specs, err));
    else
        NORN_TRY(
            norni_specs_parse(set, norni_str_of(o->model), arena, &specs, &plan->n_specs, err));
    plan->specs = specs;
    return norni_fallback_parse(set, o->method.fallback, arena, &plan->fallback, err);
}

/* The specs' contenders and, where the user did not ask for it, naive2 behind them. */
static norn_status make_contenders(const norni_model_set *set, norni_arena *arena,
                                   norni_evaluate_plan *plan, norn_err *err) {
    norni_contender *who = norni_arena_get(arena, plan->n_specs + 2, sizeof *who);
    norni_spec base;
    if (who == NULL) return norni_alloc_fail(err, "evaluate", plan->n_specs, sizeof *who);
    NORN_TRY(norni_spec_parse(set, norni_str_of("naive2"), arena, &base, err));
    plan->baseline = plan->n_specs;
    for (size_t k = plan->n_specs; k > 0; k--) {
        const norni_spec *s = &plan->specs[k - 1];
        who[k - 1] = contender_of(s);
        if (s->model == base.model && s->season == 0) plan->baseline = k - 1;
    }
    who[plan->n_specs] = contender_of(&base);
    plan->cv.contenders = who;
    plan->cv.n_contenders = plan->n_specs + (plan->baseline == plan->n_specs);
    if (plan->fallback == NULL) return NORN_OK;
    who[plan->n_specs + 1] = contender_of(plan->fallback);
    plan->cv.fallback = &who[plan->n_specs + 1];
    return NORN_OK;
}

static norn_status read_columns(const norni_model_set *set, const norni_evaluate_opt *o,
                                norni_arena *arena, norni_evaluate_plan *plan, norn_err *err) {
    if (o->exogenous == NULL) return NORN_OK;
    norni_str rest = norni_str_of(o->exogenous);
    norni_str *name = norni_arena_get(arena, rest.n + 1, sizeof *name);
    if (name == NULL) return norni_alloc_fail(err, "--exogenous", rest.n + 1, sizeof *name);
    for (bool more = true; more;) {
        const char *comma = memchr(rest.p, ',', rest.n);
        const norni_str one =
            norni_str_trim((norni_str){rest.p, comma ? (size_t)(comma - rest.p) : rest.n});
        if (one.n == 0) return norn_fail(err, NORN_E_ARG, "--exogenous: an empty column name");
        name[plan->n_x_cols++] = one;
        more = comma != NULL;
        if (more) rest = (norni_str){comma + 1, (size_t)(rest.p + rest.n - comma - 1)};
    }
    plan->x_cols = name;
    return norni_exogenous_check(set, plan->specs, plan->n_specs, "--exogenous", err);
}

void norni_evaluate_opt_fill(norni_evaluate_opt *opt) {
    if (opt->model == NULL && opt->grid == NULL) opt->model = DEFAULT_MODELS;
    if (opt->method.fallback == NULL) opt->method.fallback = NORNI_DEFAULT_FALLBACK;
}

norn_status norni_evaluate_plan_make(norn_ctx *ctx, const norni_model_set *set,
                                     const norni_evaluate_opt *opt, norni_arena *arena,
                                     norni_evaluate_plan *plan, norn_err *err) {
    const norni_common_opt *common = &opt->panel.common;
    *plan = (norni_evaluate_plan){.opt = opt};
    NORN_TRY(check(opt, err));
    plan->conformal = (norni_conformal){(size_t)opt->method.conformal_windows,
                                        (size_t)opt->method.conformal_step};
    const norni_param *metric =
        norni_param_find(norni_evaluate_rows, norni_n_evaluate_rows, norni_str_of("metric"));
    const norni_str word = norni_param_choice(metric->choices, (size_t)opt->metric);
    plan->metric = norni_arena_text(arena, word.p, word.n);
    if (plan->metric == NULL) return norni_alloc_fail(err, "evaluate", word.n, 1);
    plan->cv = (norni_cv_plan){
        .rules = {.horizon = (size_t)opt->horizon,
                  .seasons = opt->method.seasons,
                  .seed = (uint64_t)common->seed,
                  .budget_evals = (uint64_t)opt->method.budget_evals,
                  .budget_ns = (int64_t)(opt->method.budget_ms * 1e6),
                  .models = set},
        .splits = {.horizon = (size_t)opt->horizon,
                   .n_windows = (size_t)opt->windows,
                   .step = (size_t)opt->step,
                   .sliding = (size_t)opt->sliding,
                   .least = (size_t)opt->min_train},
        .refit = (size_t)opt->refit,
        .warm = opt->warm == WARM_ON,
        .describe = common->items != NULL,
        .conformal = opt->method.intervals == NORNI_INTERVALS_CONFORMAL ? &plan->conformal : NULL,
        .max_attempts = (uint32_t)common->retry_attempts,
        .grain = (size_t)common->chunk_size < 64 ? (size_t)common->chunk_size : 64};
    NORN_TRY(read_levels(opt, arena, &plan->cv.rules.levels, err));
    NORN_TRY(read_specs(ctx, set, opt, arena, plan, err));
    NORN_TRY(norni_holiday_file(ctx, set, plan->specs, plan->n_specs, opt->method.holidays, arena,
                                &plan->cv.rules.holidays, err));
    NORN_TRY(make_contenders(set, arena, plan, err));
    NORN_TRY(read_columns(set, opt, arena, plan, err));
    NORN_TRY(norni_columns_check(plan->specs, plan->n_specs, plan->x_cols, plan->n_x_cols,
                                 "--exogenous", err));
    return norni_cv_check(&plan->cv, err);
}

/* The score that --metric names, or NORNI_SCORES for OWA. */
static size_t metric_score(const norni_evaluate_plan *plan) {
    static const size_t point[] = {NORNI_SCORE_MASE,  NORNI_SCORE_SMAPE,   NORNI_SCORES,
                                   NORNI_SCORE_RMSE,  NORNI_SCORE_MAE,     NORNI_SCORE_MAPE,
                                   NORNI_SCORE_RMSSE, NORNI_SCORE_PINBALL, NORNI_SCORE_SPL};
    if (plan->opt->metric < METRIC_MSIS) return point[plan->opt->metric];
    return norni_score_of_level(plan->cv.rules.levels.n - 1, NORNI_LEVEL_MSIS);
}

double norni_evaluate_metric(const norni_evaluate_plan *plan, const norni_standing *t) {
    if (plan->opt->metric == METRIC_OWA) return norni_standing_owa(t);
    return norni_mean_get(&t->score[metric_score(plan)]);
}

double norni_evaluate_series_metric(const norni_evaluate_plan *plan,
                                    const norni_series_standing *of, const double *mean) {
    return plan->opt->metric == METRIC_OWA ? norni_series_owa(of) : mean[metric_score(plan)];
}
