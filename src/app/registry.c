/* The list of all models and operations: the only place that names them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/registry.h"

#include "app/op_bench.h"
#include "app/op_evaluate.h"
#include "app/op_forecast.h"
#include "app/op_rolling.h"
#include "models/arima/arima.h"
#include "models/arima/auto_arima.h"
#include "models/ces/ces.h"
#include "models/combine/combine.h"
#include "models/croston/croston.h"
#include "models/ets/ets.h"
#include "models/mstl/mstl.h"
#include "models/naive/naive.h"
#include "models/prophet/prophet.h"
#include "models/theta/theta.h"

/* In the order that `norn models` prints. */
static const norni_model *const all_models[] = {
    &norni_model_naive,      &norni_model_naive2,        &norni_model_seasonal_naive,
    &norni_model_drift,      &norni_model_mean,          &norni_model_window_average,
    &norni_model_ses,        &norni_model_holt,          &norni_model_holt_winters,
    &norni_model_ets,        &norni_model_auto_ets,      &norni_model_theta,
    &norni_model_opt_theta,  &norni_model_dynamic_theta, &norni_model_dynamic_opt_theta,
    &norni_model_auto_theta, &norni_model_croston,       &norni_model_croston_sba,
    &norni_model_tsb,        &norni_model_adida,         &norni_model_imapa,
    &norni_model_ces,        &norni_model_arima,         &norni_model_auto_arima,
    &norni_model_mstl,       &norni_model_prophet,       &norni_model_ensemble,
    &norni_model_auto,
};
static const norni_model_set model_set = {all_models, sizeof all_models / sizeof all_models[0]};

static const norni_op all_ops[] = {
    {.name = "forecast",
     .summary = "forecast every series of a file, with prediction intervals",
     .operand = "DATA",
     .operand_optional = true, /* --load can do without */
     .operand_many = true,
     .operand_offset = offsetof(norni_forecast_opt, panel.data),
     .examples =
         "  norn forecast sales.csv --horizon 12\n"
         "  norn forecast sales.csv --horizon 12 --model auto,theta --level 80,95 --out "
         "forecast.csv\n"
         "  norn forecast wide.csv --layout wide --horizon 8 --season-length 4 --summary run.json\n"
         "  norn forecast 'shop-*.csv.gz' --horizon 6 --out forecast.csv.zst --plot forecast.svg\n"
         "  norn forecast book.xlsx --sheet Sales --horizon 12 --out forecast.xlsx\n"
         "  norn forecast big.csv --horizon 12 --resume run1 --out forecast.csv\n"
         "  norn forecast sales.csv --horizon 12 --model auto_arima --future plan.csv\n"
         "  norn forecast sales.csv --horizon 12 --intervals conformal --conformal-windows 20\n"
         "  norn forecast sales.csv --horizon 12 --save models.norn --out forecast.csv\n"
         "  norn forecast new-rows.csv --horizon 12 --load models.norn --save models.norn\n",
     .groups = {{"Forecast", norni_forecast_rows, &norni_n_forecast_rows},
                {"Method", norni_method_rows, &norni_n_method_rows},
                {"Input", norni_panel_rows, &norni_n_panel_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 4,
     .opt_size = sizeof(norni_forecast_opt),
     .run = norni_op_forecast},
    {.name = "evaluate",
     .summary = "how well models forecast: rolling-origin cross-validation, or a hold-out file",
     .operand = "DATA",
     .operand_many = true,
     .operand_offset = offsetof(norni_evaluate_opt, panel.data),
     .examples =
         "  norn evaluate sales.csv --horizon 12 --windows 5 --step 3\n"
         "  norn evaluate sales.csv --horizon 12 --windows 5 --model auto,auto_ets,theta,naive\n"
         "  norn evaluate train.csv --actual test.csv --horizon 18 --by-series\n"
         "  norn evaluate sales.csv --horizon 12 --windows 5 --errors analysis --intervals "
         "conformal\n"
         "  norn evaluate sales.csv --horizon 12 --windows 3 --grid grid.toml --metric owa\n",
     .groups = {{"Evaluate", norni_evaluate_rows, &norni_n_evaluate_rows},
                {"Method", norni_method_rows, &norni_n_method_rows},
                {"Input", norni_panel_rows, &norni_n_panel_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 4,
     .opt_size = sizeof(norni_evaluate_opt),
     .run = norni_op_evaluate},
    {.name = "rolling",
     .summary = "rolling windows over every series of a file: mean, quantile, corr, ewm and more",
     .operand = "DATA",
     .operand_many = true,
     .operand_offset = offsetof(norni_rolling_opt, panel.data),
     .examples =
         "  norn rolling sales.csv --window 7 --op mean,std\n"
         "  norn rolling sales.csv --window 30D --op 'p90=quantile(0.9),rank(pct=true)' --out "
         "rolled.csv\n"
         "  norn rolling prices.csv --window 20 --op 'corr(volume),ewm(span=10)' --cols volume "
         "--min-periods 5\n",
     .unlisted = "|plot|resume|",
     .groups = {{"Rolling", norni_rolling_rows, &norni_n_rolling_rows},
                {"Input", norni_panel_rows, &norni_n_panel_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 3,
     .opt_size = sizeof(norni_rolling_opt),
     .run = norni_op_rolling},
    {.name = "bench",
     .summary = "measure this machine: the same work at 1, 2, … workers, equal digests demanded",
     .operand = "WORKLOAD",
     .operand_offset = offsetof(norni_bench_opt, workload),
     .examples = "  norn bench forecast\n"
                 "  norn bench forecast --quick --out bench.json\n",
     .groups = {{"Bench", norni_bench_rows, &norni_n_bench_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 2,
     .opt_size = sizeof(norni_bench_opt),
     .run = norni_op_bench},
};

const norni_model_set *norni_registry_models(void) {
    return &model_set;
}

const norni_op *norni_registry_ops(size_t *n) {
    *n = sizeof all_ops / sizeof all_ops[0];
    return all_ops;
}

const norni_op *norni_registry_op(norni_str name) {
    for (size_t i = 0; i < sizeof all_ops / sizeof all_ops[0]; i++) {
        if (norni_str_is(name, all_ops[i].name)) return &all_ops[i];
    }
    return NULL;
}
