/* The list of all models and operations: the only place that names them. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/registry.h"

#include "app/op_bench.h"
#include "app/op_cache.h"
#include "app/op_evaluate.h"
#include "app/op_forecast.h"
#include "app/op_multi.h"
#include "app/op_portfolio.h"
#include "app/op_report.h"
#include "app/op_rolling.h"
#include "app/op_signals.h"
#include "app/op_simulate.h"
#include "app/op_text.h"
#include "models/arima/arima.h"
#include "models/arima/auto_arima.h"
#include "models/autoformer/autoformer_learner.h"
#include "models/ces/ces.h"
#include "models/combine/combine.h"
#include "models/croston/croston.h"
#include "models/ebm/ebm_learner.h"
#include "models/ets/ets.h"
#include "models/gbdt/gbdt_learner.h"
#include "models/mstl/mstl.h"
#include "models/naive/naive.h"
#include "models/naive/naive_learner.h"
#include "models/prophet/prophet.h"
#include "models/ridge/ridge.h"
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
    &norni_model_mstl,       &norni_model_prophet,       &norni_model_ridge,
    &norni_model_ebm,        &norni_model_gbdt,          &norni_model_autoformer,
    &norni_model_ensemble,   &norni_model_auto,
};
static const norni_model_set model_set = {all_models, sizeof all_models / sizeof all_models[0]};

/* Of several targets with drivers; in the order that `norn models` prints. */
static const norni_learner *const all_learners[] = {&norni_learner_naive, &norni_learner_ridge,
                                                    &norni_learner_ebm, &norni_learner_gbdt,
                                                    &norni_learner_autoformer};
static const norni_learner_set learner_set = {all_learners,
                                              sizeof all_learners / sizeof all_learners[0]};

static const norni_op all_ops[] = {
    {.name = "forecast",
     .served = true,
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
     .served = true,
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
     .served = true,
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
    {.name = "multi",
     .served = true,
     .summary = "forecast many targets of one table from hundreds of drivers, and say why",
     .operand = "DATA",
     .operand_many = true,
     .operand_offset = offsetof(norni_multi_opt, panel.data),
     .examples =
         "  norn multi plant.csv --targets 'Total_*,Blend_Yield_*' --static 'crude_*,API,Sulphur'\n"
         "  norn multi plant.csv --targets Naphtha,Kerosene --horizon 7 --output run --explain "
         "why\n"
         "  norn multi plant.csv --targets Naphtha --model ridge,ebm,ensemble --windows 30 "
         "--errors analysis\n"
         "  norn multi plant.csv --targets Naphtha --future plan.csv --known feed_plan --quick\n"
         "  norn multi plant.csv --targets Naphtha --save models.norn --out forecast.csv\n"
         "  norn multi newer.csv --load models.norn --out forecast.csv\n"
         "  norn multi plant.csv --analyse Naphtha --output analysis\n"
         "  norn multi 'month-*.xlsx' --etl --output tables\n",
     .unlisted = NORNI_MULTI_UNLISTED,
     .groups = {{"Table", norni_multi_rows, &norni_n_multi_rows},
                {"Method", norni_multi_method_rows, &norni_n_multi_method_rows},
                {"Input", norni_panel_rows, &norni_n_panel_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 4,
     .opt_size = sizeof(norni_multi_opt),
     .run = norni_op_multi},
    {.name = "report",
     .served = true,
     .summary = "a finance table's report: key figures, forecasts, anomalies, drivers, in words",
     .operand = "FINANCE",
     .operand_many = true,
     .operand_offset = offsetof(norni_report_opt, data),
     .examples =
         "  norn report data/finance.csv --out report.json\n"
         "  norn report 2023.csv 2024.csv 2025.xlsx --mode financial_storyteller --out "
         "report.json\n"
         "  norn report books.csv --dates day-first --map 'Umsatz=revenue,Kosten=expenses'\n"
         "  norn report books.csv --models theta,auto_ets --series series.csv --items items.csv\n"
         "  norn report books.csv --cache on --out report.json\n",
     .unlisted = NORNI_REPORT_UNLISTED,
     .groups = {{"Report", norni_report_rows, &norni_n_report_rows},
                {"Input", norni_report_input_rows, &norni_n_report_input_rows},
                {"Cache", norni_cache_rows, &norni_n_cache_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 4,
     .opt_size = sizeof(norni_report_opt),
     .run = norni_op_report},
    {.name = "simulate",
     .served = true,
     .summary = "what profit and cash flow would be if one column were different",
     .operand = "FINANCE",
     .operand_many = true,
     .operand_offset = offsetof(norni_simulate_opt, report.data),
     .examples =
         "  norn simulate data/finance.csv --parameter expenses --change-pct 10\n"
         "  norn simulate data/finance.csv --parameter 'Marketing Spend' --change-pct -25\n",
     .unlisted = NORNI_SIMULATE_UNLISTED,
     .groups = {{"Simulate", norni_simulate_rows, &norni_n_simulate_rows},
                {"Input", norni_report_input_rows, &norni_n_report_input_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 3,
     .opt_size = sizeof(norni_simulate_opt),
     .run = norni_op_simulate},
    {.name = "portfolio",
     .served = true,
     .summary = "try tens of thousands of rebalancing rules walk-forward, and tell luck from skill",
     .operand = "PRICES",
     .operand_many = true,
     .operand_offset = offsetof(norni_portfolio_opt, data),
     .examples =
         "  norn portfolio prices.csv --quick --window-days 90 --test-windows 3\n"
         "  norn portfolio data/ohlcv --timeframe 4h --output optimization_results\n"
         "  norn portfolio prices.csv --grid grid.toml --fee-bps 10 --slippage-bps 5 --metric "
         "sharpe\n"
         "  norn portfolio prices.csv --dry-run\n"
         "  norn portfolio prices.csv --symbols BTC,ETH,BNB --out results.csv --summary run.json\n",
     .unlisted = NORNI_PORTFOLIO_UNLISTED,
     .groups = {{"Portfolio", norni_portfolio_rows, &norni_n_portfolio_rows},
                {"Walk-forward", norni_portfolio_walk_rows, &norni_n_portfolio_walk_rows},
                {"Prices", norni_portfolio_price_rows, &norni_n_portfolio_price_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 4,
     .opt_size = sizeof(norni_portfolio_opt),
     .run = norni_op_portfolio},
    {.name = "signals",
     .served = true,
     .summary = "signals of tweets, tags, market and hours: sentiment, confidence, intervals",
     .operand = "TWEETS",
     .operand_optional = true, /* --store can do without */
     .operand_many = true,
     .operand_offset = offsetof(norni_signals_opt, data),
     .examples =
         "  norn signals tweets.csv --output output\n"
         "  norn signals tweets.jsonl --hashtags nifty sensex banknifty --output output\n"
         "  norn signals tweets.csv --model ./twitter-roberta --precision int8 --out report.json\n"
         "  norn signals today.csv --store tweets --half-life 6 --point-in-time hour\n"
         "  tail -f tweets.jsonl | norn signals - --stream\n",
     .unlisted = NORNI_SIGNALS_UNLISTED,
     .groups = {{"Signals", norni_signals_rows, &norni_n_signals_rows},
                {"Weights", norni_signals_weight_rows, &norni_n_signals_weight_rows},
                {"Tweets", norni_signals_input_rows, &norni_n_signals_input_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 4,
     .opt_size = sizeof(norni_signals_opt),
     .run = norni_op_signals},
    {.name = "text-sentiment",
     .command = "text sentiment",
     .route = "text/sentiment",
     .served = true,
     .summary = "adds label, score and probabilities of a text's sentiment to each row",
     .operand = "FILE",
     .operand_offset = offsetof(norni_text_opt, data),
     .examples = "  norn text sentiment reviews.csv --text-col review --out scored.csv\n"
                 "  norn text sentiment tweets.jsonl --model vader\n",
     .unlisted = NORNI_TEXT_UNLISTED,
     .groups = {{"Sentiment", norni_text_sentiment_rows, &norni_n_text_sentiment_rows},
                {"Text", norni_text_rows, &norni_n_text_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 3,
     .opt_size = sizeof(norni_text_opt),
     .run = norni_op_text_sentiment},
    {.name = "text-tfidf",
     .command = "text tfidf",
     .route = "text/tfidf",
     .served = true,
     .summary = "TF-IDF weights of each text's terms, as scikit-learn has them",
     .operand = "FILE",
     .operand_offset = offsetof(norni_text_opt, data),
     .examples =
         "  norn text tfidf reviews.csv --text-col review --max-features 1000\n"
         "  norn text tfidf tweets.csv --max-n 2 --min-df 2 --max-df 0.8 --stop-words english\n",
     .unlisted = NORNI_TEXT_UNLISTED,
     .groups = {{"TF-IDF", norni_text_tfidf_rows, &norni_n_text_tfidf_rows},
                {"Text", norni_text_rows, &norni_n_text_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 3,
     .opt_size = sizeof(norni_text_opt),
     .run = norni_op_text_tfidf},
    {.name = "text-tokenize",
     .command = "text tokenize",
     .route = "text/tokenize",
     .served = true,
     .summary = "each text's tokens: words, tags, links and emoji, or byte-pair ids",
     .operand = "FILE",
     .operand_offset = offsetof(norni_text_opt, data),
     .examples = "  norn text tokenize tweets.csv --out tokens.csv\n"
                 "  norn text tokenize tweets.csv --vocabulary ./roberta --out ids.csv\n",
     .unlisted = NORNI_TEXT_UNLISTED,
     .groups = {{"Tokens", norni_text_tokenize_rows, &norni_n_text_tokenize_rows},
                {"Text", norni_text_rows, &norni_n_text_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 3,
     .opt_size = sizeof(norni_text_opt),
     .run = norni_op_text_tokenize},
    {.name = "bench",
     .summary = "measure this machine: the same work at 1, 2, … workers, equal digests demanded",
     .operand = "forecast|report|portfolio|signals|rolling|multi|proof",
     .operand_offset = offsetof(norni_bench_opt, workload),
     .examples = "  norn bench forecast --quick\n"
                 "  norn bench rolling --out rolling.json\n"
                 "  norn bench portfolio --output search-bench\n"
                 "  norn bench proof\n"
                 "  norn bench report --output report-bench\n"
                 "  norn bench multi --quick --model ridge,gbdt --threads 4\n",
     .unlisted = NORNI_BENCH_UNLISTED,
     .groups = {{"Bench", norni_bench_rows, &norni_n_bench_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 2,
     .opt_size = sizeof(norni_bench_opt),
     .run = norni_op_bench},
    {.name = "cache",
     .summary = "what is kept between runs: how much (stats), and its end (clear)",
     .operand = "stats|clear",
     .operand_offset = offsetof(norni_cache_op_opt, what),
     .examples = "  norn cache stats\n"
                 "  norn cache clear --cache-dir /var/cache/norn\n"
                 "  norn cache stats --redis localhost:6379\n",
     .unlisted = NORNI_CACHE_UNLISTED,
     .groups = {{"Cache", norni_cache_rows, &norni_n_cache_rows},
                {"Run", norni_common_rows, &norni_n_common_rows}},
     .n_groups = 2,
     .opt_size = sizeof(norni_cache_op_opt),
     .run = norni_op_cache},
};

const norni_model_set *norni_registry_models(void) {
    return &model_set;
}

const norni_learner_set *norni_registry_learners(void) {
    return &learner_set;
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

const norni_op *norni_registry_route(norni_str route) {
    for (size_t i = 0; i < sizeof all_ops / sizeof all_ops[0]; i++) {
        if (norni_str_is(route, norni_op_route(&all_ops[i]))) return &all_ops[i];
    }
    return NULL;
}

/* Whether the words begin with those of `text`, which blanks part. */
static bool begins(const char *text, int n_words, char *const *word, int *used) {
    for (*used = 0; *used < n_words; ++*used) {
        const size_t n = strcspn(text, " ");
        if (strlen(word[*used]) != n || memcmp(word[*used], text, n) != 0) return false;
        text += n;
        if (*text == '\0') return ++*used > 0;
        text++;
    }
    return false;
}

const norni_op *norni_registry_command(int n_words, char *const *word, int *used) {
    for (size_t i = 0; i < sizeof all_ops / sizeof all_ops[0]; i++) {
        if (begins(norni_op_command(&all_ops[i]), n_words, word, used)) return &all_ops[i];
    }
    *used = 1; /* "text-sentiment" names it, too: completions want one word */
    return n_words > 0 ? norni_registry_op(norni_str_of(word[0])) : NULL;
}
