/* The options of a forecast, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_plan.h"

_Static_assert(offsetof(norni_forecast_opt, method) == offsetof(norni_method_head, method),
               "the shared rows' fields lie where they say");

#define AT(field) offsetof(norni_forecast_opt, field)
const norni_param norni_forecast_rows[] = {
    {NORNI_HORIZON_ROW(AT(horizon)), .help = "periods to forecast"},
    {NORNI_MODEL_ROW(AT(model)),
     .help =
         "models, as theta or e=ets(error=A)[12]; see `norn models` (default " NORNI_DEFAULT_MODEL
         ", or --load's)"},
    {.name = "level",
     .type = NORNI_T_TEXT,
     .offset = AT(level),
     .def = "80,95",
     .metavar = "L[,L…]",
     .help = "prediction intervals in per cent, in (0,100); none for point forecasts only"},
    {.name = "future",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_UPLOAD,
     .offset = AT(future),
     .metavar = "FILE",
     .help = "id, time and exogenous columns over the horizon; DATA has these columns too"},
    {.name = "fitted",
     .type = NORNI_T_BOOL,
     .offset = AT(fitted),
     .def = "false",
     .help = "also the history's rows with y and one-step fitted values"},
    {.name = "save",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(save),
     .metavar = "FILE",
     .help = "keep the fitted models, for a later --load to go on from"},
    {.name = "load",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(load),
     .metavar = "FILE",
     .help = "go on from kept models by what DATA has behind their ends, without a fit"},
    {.name = "plot-components",
     .type = NORNI_T_TEXT,
     .path = NORNI_PATH_LOCAL,
     .offset = AT(plot_components),
     .metavar = "FILE.svg",
     .help = "chart of the first series' parts, by the first model that has some: prophet"},
};
#undef AT
const size_t norni_n_forecast_rows = sizeof norni_forecast_rows / sizeof norni_forecast_rows[0];

void norni_forecast_opt_fill(norni_forecast_opt *opt) {
    if (opt->model == NULL) opt->model = NORNI_DEFAULT_MODEL;
    if (opt->method.fallback == NULL) opt->method.fallback = NORNI_DEFAULT_FALLBACK;
}

norn_status norni_forecast_plan_make(const norni_model_set *set, const norni_forecast_opt *opt,
                                     norni_arena *arena, norni_forecast_plan *plan, norn_err *err) {
    const norni_common_opt *common = &opt->panel.common;
    const norni_method_opt *method = &opt->method;
    norni_spec *specs = NULL;
    *plan = (norni_forecast_plan){
        .models = set,
        .horizon = opt->horizon,
        .seasons = method->seasons,
        .fitted = opt->fitted,
        .describe = common->items != NULL,
        .keep = opt->save != NULL,
        .seed = (uint64_t)common->seed,
        .max_attempts = (uint32_t)common->retry_attempts,
        .grain = (size_t)common->chunk_size < 64 ? (size_t)common->chunk_size : 64,
        .budget_evals = (uint64_t)method->budget_evals,
        .budget_ms = method->budget_ms,
        .conformal = {method->intervals == NORNI_INTERVALS_CONFORMAL
                          ? (size_t)method->conformal_windows
                          : 0,
                      (size_t)method->conformal_step},
        .n_batches = 4,
        .escape = !common->no_escape_formulas,
        .error_threshold = common->error_threshold};
    NORN_TRY(norni_specs_parse(set, norni_str_of(opt->model), arena, &specs, &plan->n_specs, err));
    plan->specs = specs;
    NORN_TRY(norni_levels_parse(opt->level, arena, &plan->levels, err));
    return norni_fallback_parse(set, opt->method.fallback, arena, &plan->fallback, err);
}
