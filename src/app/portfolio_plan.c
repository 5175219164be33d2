/* The options of `norn portfolio`, and what they ask for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/portfolio_plan.h"

#define AT(field) offsetof(norni_portfolio_opt, field)
const norni_param norni_portfolio_rows[] = {
    {.name = "quick",
     .type = NORNI_T_BOOL,
     .offset = AT(quick),
     .def = "false",
     .help = "the small grid: 12 configurations of two to four assets"},
    {.name = "grid",
     .type = NORNI_T_TEXT,
     .offset = AT(grid),
     .path = NORNI_PATH_UPLOAD,
     .metavar = "GRID.toml",
     .help = "your own grid: sets, allocations, rebalancing, costs, as lists or {min,max,step} "
             "(default: the full grid of 58,320 over eight coins, else one over your symbols)"},
    {.name = "metric",
     .type = NORNI_T_CHOICE,
     .offset = AT(metric),
     .def = "outperformance",
     .choices = NORNI_PORT_METRIC_CHOICES,
     .help = "what the tests are ranked by; train_…: chosen in sample"},
    {.name = "fee-bps",
     .type = NORNI_T_DOUBLE,
     .offset = AT(fee_bps),
     .def = "10",
     .min = 0,
     .max = 5000,
     .metavar = "BPS",
     .help = "fee of every trade in hundredths of a per cent; a grid may have its own"},
    {.name = "slippage-bps",
     .type = NORNI_T_DOUBLE,
     .offset = AT(slippage_bps),
     .def = "5",
     .min = 0,
     .max = 5000,
     .metavar = "BPS",
     .help = "what a trade loses besides; 0 and no fee: the arithmetic without costs"},
    {.name = "capital",
     .type = NORNI_T_DOUBLE,
     .offset = AT(capital),
     .def = "10000",
     .min = 1e-6,
     .max = 1e15,
     .metavar = "MONEY",
     .help = "at the start of every window, fresh in each"},
    {.name = "convention",
     .type = NORNI_T_CHOICE,
     .offset = AT(convention),
     .def = "empyrical",
     .choices = "empyrical|quantstats|bt|vectorbt|calendar",
     .help = "whose definitions the best one's metrics follow"},
    {.name = "periods-per-year",
     .type = NORNI_T_DOUBLE,
     .offset = AT(periods_per_year),
     .def = "0",
     .min = 0,
     .max = 1e8,
     .metavar = "N",
     .help = "bars of a year; 0: by the prices (8760, 2190, 365; 252, 52, 12 without weekends)"},
    {.name = "signal",
     .type = NORNI_T_TEXT,
     .offset = AT(signal),
     .path = NORNI_PATH_UPLOAD,
     .metavar = "SIGNALS.csv",
     .help = "hourly signals (signals_hourly.csv of norn signals): an asset whose signal is below "
             "--signal-min is sold and waits as cash until it is back"},
    {.name = "signal-min",
     .type = NORNI_T_DOUBLE,
     .offset = AT(signal_min),
     .def = "0",
     .min = -1e9,
     .max = 1e9,
     .metavar = "X",
     .help = "an asset is held while its last known signal is X or more"},
    {.name = "signal-column",
     .type = NORNI_T_TEXT,
     .offset = AT(signal_column),
     .metavar = "NAME",
     .help = "one column for all assets (default: signal_SYMBOL where it is there, else signal)"},
    {.name = "signal-unknown",
     .type = NORNI_T_CHOICE,
     .offset = AT(signal_unknown),
     .def = "out",
     .choices = "out|hold",
     .help = "what an asset is without a known signal: out (cash) or held as without a filter"},
    {.name = "signal-max-age",
     .type = NORNI_T_DOUBLE,
     .offset = AT(signal_max_age),
     .def = "24",
     .min = 0,
     .max = 1e6,
     .metavar = "HOURS",
     .help = "so long the last signal holds where hours are empty; 0: for ever"},
    {.name = "output",
     .type = NORNI_T_TEXT,
     .offset = AT(output),
     .path = NORNI_PATH_LOCAL,
     .metavar = "DIR",
     .help =
         "results table, optimised YAML, report as text and page, equity and trades of the best"},
    {.name = "dry-run",
     .type = NORNI_T_BOOL,
     .offset = AT(dry_run),
     .def = "false",
     .help =
         "count the grid, what remains for these prices, and what is distinct; simulate nothing"},
};
const size_t norni_n_portfolio_rows = sizeof norni_portfolio_rows / sizeof norni_portfolio_rows[0];

const norni_param norni_portfolio_walk_rows[] = {
    {.name = "window-days",
     .type = NORNI_T_DOUBLE,
     .offset = AT(window_days),
     .def = "365",
     .min = 1e-3,
     .max = 1e6,
     .letter = 'd',
     .metavar = "DAYS",
     .help = "length of a window: of the first train, and of every test"},
    {.name = "test-windows",
     .type = NORNI_T_INT,
     .offset = AT(test_windows),
     .def = "5",
     .min = 1,
     .max = 10000,
     .letter = 'n',
     .metavar = "N",
     .help = "tests, at the newest prices' end; fewer where the prices do not reach"},
    {.name = "scheme",
     .type = NORNI_T_CHOICE,
     .offset = AT(scheme),
     .def = "expanding",
     .choices = "expanding|rolling",
     .help = "train on all windows before a test, or on the last --train-windows"},
    {.name = "train-windows",
     .type = NORNI_T_INT,
     .offset = AT(train_windows),
     .def = "1",
     .min = 1,
     .max = 10000,
     .metavar = "N",
     .help = "windows that a rolling train has (--scheme rolling)"},
    {.name = "purge-bars",
     .type = NORNI_T_INT,
     .offset = AT(purge_bars),
     .def = "0",
     .min = 0,
     .max = 1e9,
     .metavar = "N",
     .help = "bars left out at the end of every train"},
    {.name = "embargo-bars",
     .type = NORNI_T_INT,
     .offset = AT(embargo_bars),
     .def = "0",
     .min = 0,
     .max = 1e9,
     .metavar = "N",
     .help = "bars left out between a train and its test"},
};
const size_t norni_n_portfolio_walk_rows =
    sizeof norni_portfolio_walk_rows / sizeof norni_portfolio_walk_rows[0];

const norni_param norni_portfolio_price_rows[] = {
    {.name = "timeframe",
     .type = NORNI_T_CHOICE,
     .offset = AT(timeframe),
     .def = "as-is",
     .choices = "as-is|1h|4h|1d",
     .letter = 't',
     .help = "bars to work on; finer prices become such bars (as-is: the prices' own)"},
    {.name = "symbols",
     .type = NORNI_T_TEXT,
     .offset = AT(symbols),
     .metavar = "A,B,…",
     .help = "these alone; BTC, BTC/USDT, BTC_USDT and BTCUSDT are one"},
    {.name = "align",
     .type = NORNI_T_CHOICE,
     .offset = AT(align),
     .def = "intersect",
     .choices = "intersect|union",
     .help = "bars that all symbols have, or every bar that one has (the others hold their price)"},
    {.name = "splits",
     .type = NORNI_T_CHOICE,
     .offset = AT(splits),
     .def = "keep",
     .choices = "keep|adjust",
     .help = "a jump that looks like a share split: told, or taken out of the prices before it"},
    {.name = "duplicates",
     .type = NORNI_T_CHOICE,
     .offset = AT(duplicates),
     .def = "error",
     .choices = "error|last",
     .help = "two different prices of one time: an error, or the later row holds"},
    {.name = "id-col",
     .type = NORNI_T_TEXT,
     .offset = AT(id_col),
     .metavar = "NAME",
     .help = "column of the symbols in a long file (default: by its usual names)"},
    {.name = "time-col",
     .type = NORNI_T_TEXT,
     .offset = AT(time_col),
     .metavar = "NAME",
     .help = "column of the times (default: by its usual names)"},
    {.name = "price-col",
     .type = NORNI_T_TEXT,
     .offset = AT(price_col),
     .metavar = "NAME",
     .help = "column of the prices (default: close, or its usual names)"},
    {.name = "sheet",
     .type = NORNI_T_TEXT,
     .offset = AT(sheet),
     .metavar = "NAME",
     .help = "sheet of an .xlsx workbook (default: the first visible one)"},
    {.name = "delimiter",
     .type = NORNI_T_TEXT,
     .offset = AT(delimiter),
     .metavar = "C",
     .help = "one of , ; tab | (default: found)"},
};
#undef AT
const size_t norni_n_portfolio_price_rows =
    sizeof norni_portfolio_price_rows / sizeof norni_portfolio_price_rows[0];

static norn_status plan_format(const norni_portfolio_opt *o, norni_portfolio_plan *plan,
                               norn_err *err) {
    const norni_common_opt *c = &o->common;
    const char *slash = strrchr(c->out, '/'), *name = slash ? slash + 1 : c->out;
    const int32_t named = norni_format_of(c);
    const bool table = strstr(name, ".csv") != NULL || strstr(name, ".CSV") != NULL;
    switch (c->format) {
        case NORNI_FORMAT_AUTO:
            plan->format = named == NORNI_FORMAT_CSV && !table ? NORNI_FORMAT_JSON : named;
            break;
        case NORNI_FORMAT_CSV:
        case NORNI_FORMAT_JSON: plan->format = c->format; break;
        default: plan->format = c->format; break;
    }
    if (plan->format != NORNI_FORMAT_CSV && plan->format != NORNI_FORMAT_JSON)
        return norn_fail(err, NORN_E_ARG,
                         "--format: portfolio writes json or csv; the page is in --output DIR");
    return NORN_OK;
}

norn_status norni_portfolio_plan_make(const norni_portfolio_opt *opt, norni_arena *arena,
                                      norni_portfolio_plan *plan, norn_err *err) {
    const norni_port_prices_opt prices = {
        .align = (norni_port_align)opt->align,
        .frame = (norni_port_frame)opt->timeframe,
        .adjust_splits = opt->splits == 1,
        .duplicates_last = opt->duplicates == 1,
        .periods_per_year = opt->periods_per_year,
        .want_days = opt->window_days * ((double)opt->test_windows + 1)};
    (void)arena;
    *plan = (norni_portfolio_plan){.opt = opt};
    plan->read = (norni_port_read_opt){.in = opt->data,
                                       .bytes = opt->bytes,
                                       .name = opt->names.n == opt->data.n ? opt->names.path : NULL,
                                       .sheet = opt->sheet,
                                       .id_col = opt->id_col,
                                       .time_col = opt->time_col,
                                       .price_col = opt->price_col,
                                       .symbols = opt->symbols,
                                       .by_name = true,
                                       .prices = prices};
    plan->search = (norni_port_optimise_opt){.splits = {.window_days = opt->window_days,
                                                        .n_tests = (size_t)opt->test_windows,
                                                        .rolling = opt->scheme == 1,
                                                        .train_windows = (size_t)opt->train_windows,
                                                        .purge = (size_t)opt->purge_bars,
                                                        .embargo = (size_t)opt->embargo_bars},
                                             .metric = (norni_port_metric)opt->metric,
                                             .convention = (norni_port_convention)opt->convention,
                                             .seed = (uint64_t)(uint32_t)opt->common.seed};
    plan->grid = (norni_port_grid_opt){
        .fee = opt->fee_bps / 1e4, .slippage = opt->slippage_bps / 1e4, .capital = opt->capital};
    NORN_TRY(plan_format(opt, plan, err));
    if (opt->train_windows != 1 && opt->scheme != 1)
        return norn_fail(err, NORN_E_ARG,
                         "--train-windows %d is of --scheme rolling; an expanding train has all "
                         "windows before its test",
                         opt->train_windows);
    if (opt->signal == NULL && (opt->signal_column != NULL || opt->signal_min != 0 ||
                                opt->signal_unknown != 0 || opt->signal_max_age != 24))
        return norn_fail(err, NORN_E_ARG,
                         "--signal-min, --signal-column, --signal-unknown and --signal-max-age "
                         "are of --signal FILE, which is not given");
    if (opt->quick && opt->grid != NULL)
        return norn_fail(err, NORN_E_ARG, "--quick and --grid: one of them, not both");
    return norni_delimiter_parse(opt->delimiter, &plan->read.delimiter, err);
}
