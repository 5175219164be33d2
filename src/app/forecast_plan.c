/* The options of a forecast, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/forecast_plan.h"

#include "base/numtext.h"

#define AT(field) offsetof(norni_forecast_opt, field)
const norni_param norni_forecast_rows[] = {
    {.name = "horizon",
     .type = NORNI_T_INT,
     .offset = AT(horizon),
     .required = true,
     .min = 1,
     .max = 100000,
     .metavar = "H",
     .alias = "h",
     .help = "periods to forecast"},
    {.name = "model",
     .type = NORNI_T_TEXT,
     .offset = AT(model),
     .metavar = "SPEC[,SPEC…]",
     .letter = 'm',
     .help = "models, as theta or e=ets(error=A)[12]; see `norn models` (default auto_ets, or "
             "--load's)"},
    {.name = "season-length",
     .type = NORNI_T_INTS,
     .offset = AT(seasons),
     .min = 1,
     .max = 100000,
     .metavar = "S[,S…]",
     .help = "periods a season (default: from the frequency)"},
    {.name = "level",
     .type = NORNI_T_TEXT,
     .offset = AT(level),
     .def = "80,95",
     .metavar = "L[,L…]",
     .help = "prediction intervals in per cent, in (0,100); none for point forecasts only"},
    {.name = "intervals",
     .type = NORNI_T_CHOICE,
     .offset = AT(intervals),
     .def = "model",
     .choices = "model|conformal",
     .help = "the models' own, or from their errors at earlier cut-offs, for any model"},
    {.name = "conformal-windows",
     .type = NORNI_T_INT,
     .offset = AT(conformal_windows),
     .def = "5",
     .min = 1,
     .max = 1000,
     .metavar = "N",
     .help = "earlier cut-offs a conformal interval is made from, at most"},
    {.name = "conformal-step",
     .type = NORNI_T_INT,
     .offset = AT(conformal_step),
     .def = "0",
     .min = 0,
     .max = 100000,
     .metavar = "S",
     .help = "periods between them; 0: as the series affords, up to the horizon"},
    {.name = "future",
     .type = NORNI_T_TEXT,
     .offset = AT(future),
     .metavar = "FILE",
     .help = "id, time and exogenous columns over the horizon; DATA has these columns too"},
    {.name = "fitted",
     .type = NORNI_T_BOOL,
     .offset = AT(fitted),
     .def = "false",
     .help = "also the history's rows with y and one-step fitted values"},
    {.name = "fallback",
     .type = NORNI_T_TEXT,
     .offset = AT(fallback),
     .metavar = "SPEC",
     .help = "serves an item whose own model failed; none: let it fail (default seasonal_naive)"},
    {.name = "budget-evals",
     .type = NORNI_T_INT,
     .offset = AT(budget_evals),
     .def = "0",
     .min = 0,
     .max = 2147483647,
     .metavar = "N",
     .help = "likelihoods an item may evaluate before its best so far must do; 0 = any number"},
    {.name = "budget-ms",
     .type = NORNI_T_DOUBLE,
     .offset = AT(budget_ms),
     .def = "0",
     .min = 0,
     .max = 1e9,
     .metavar = "T",
     .help = "milliseconds an item may search; 0 = any time; results then depend on the machine"},
    {.name = "save",
     .type = NORNI_T_TEXT,
     .offset = AT(save),
     .metavar = "FILE",
     .help = "keep the fitted models, for a later --load to go on from"},
    {.name = "load",
     .type = NORNI_T_TEXT,
     .offset = AT(load),
     .metavar = "FILE",
     .help = "go on from kept models by what DATA has behind their ends, without a fit"},
};
#undef AT
const size_t norni_n_forecast_rows = sizeof norni_forecast_rows / sizeof norni_forecast_rows[0];

norn_status norni_levels_parse(const char *text, norni_arena *arena, norni_doubles *out,
                               norn_err *err) {
    *out = (norni_doubles){0, NULL};
    if (text == NULL || text[0] == '\0' || strcmp(text, "none") == 0) return NORN_OK;
    norni_str rest = norni_str_of(text);
    double *v = norni_arena_get(arena, rest.n + 1, sizeof *v);
    if (v == NULL) return norni_alloc_fail(err, "level", rest.n + 1, sizeof *v);
    size_t n = 0;
    for (;;) {
        const char *comma = memchr(rest.p, ',', rest.n);
        const norni_str one =
            norni_str_trim((norni_str){rest.p, comma ? (size_t)(comma - rest.p) : rest.n});
        double level = 0;
        if (norni_num_parse(one.p, one.n, &level) != NORNI_NUM_OK || !(level > 0 && level < 100)) {
            return norn_fail(err, NORN_E_ARG, "level: '%.*s' is not a number inside (0, 100)",
                             (int)one.n, one.p);
        }
        size_t at = n;
        while (at > 0 && v[at - 1] > level)
            at--;
        if (at == 0 || v[at - 1] < level) { /* a level given twice counts once */
            memmove(v + at + 1, v + at, (n - at) * sizeof *v);
            v[at] = level;
            n++;
        }
        if (comma == NULL) break;
        rest = (norni_str){comma + 1, (size_t)(rest.p + rest.n - comma - 1)};
    }
    *out = (norni_doubles){n, v};
    return NORN_OK;
}

void norni_forecast_opt_fill(norni_forecast_opt *opt) {
    if (opt->model == NULL) opt->model = "auto_ets";
    if (opt->fallback == NULL) opt->fallback = "seasonal_naive";
}

norn_status norni_forecast_plan_make(const norni_model_set *set, const norni_forecast_opt *opt,
                                     norni_arena *arena, norni_forecast_plan *plan, norn_err *err) {
    const norni_common_opt *common = &opt->panel.common;
    norni_spec *specs = NULL, *fallback = NULL;
    size_t n_fallback = 0;
    *plan = (norni_forecast_plan){
        .models = set,
        .horizon = opt->horizon,
        .seasons = opt->seasons,
        .fitted = opt->fitted,
        .describe = common->items != NULL,
        .keep = opt->save != NULL,
        .seed = (uint64_t)common->seed,
        .max_attempts = (uint32_t)common->retry_attempts,
        .grain = (size_t)common->chunk_size < 64 ? (size_t)common->chunk_size : 64,
        .budget_evals = (uint64_t)opt->budget_evals,
        .budget_ms = opt->budget_ms,
        .conformal = {opt->intervals == 1 ? (size_t)opt->conformal_windows : 0,
                      (size_t)opt->conformal_step},
        .n_batches = 4,
        .escape = !common->no_escape_formulas,
        .error_threshold = common->error_threshold};
    NORN_TRY(norni_specs_parse(set, norni_str_of(opt->model), arena, &specs, &plan->n_specs, err));
    plan->specs = specs;
    NORN_TRY(norni_levels_parse(opt->level, arena, &plan->levels, err));
    if (opt->fallback == NULL || strcmp(opt->fallback, "none") == 0) return NORN_OK;
    NORN_TRY(
        norni_specs_parse(set, norni_str_of(opt->fallback), arena, &fallback, &n_fallback, err));
    if (n_fallback != 1)
        return norn_fail(err, NORN_E_ARG, "fallback: '%s' names %zu models; one is allowed",
                         opt->fallback, n_fallback);
    plan->fallback = fallback;
    return NORN_OK;
}
