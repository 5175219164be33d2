/* One portfolio of callers in memory: prices, weights and a rule in, equity and everything that happened out. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "app/frame_portfolio.h"
#include "app/portfolio_read.h"
#include "app/registry.h"
#include "app/frame_text.h"

typedef struct path_opt {
    norni_port_rule rule;
    norni_port_alloc alloc;
    int32_t method, clock, band, to, kind, shrinkage, align, splits, timeframe;
    double periods_per_year;
    const char *symbols, *id_col, *time_col, *price_col;
} path_opt;

#define AT(field)   offsetof(path_opt, field)
#define RULE(field) offsetof(path_opt, rule.field)
#define PART(field) offsetof(path_opt, alloc.field)
#define NUMBER(n, at, d, lo, hi, words)                                                  \
    {                                                                                    \
        .name = n, .type = NORNI_T_DOUBLE, .offset = at, .def = d, .min = lo, .max = hi, \
        .help = words                                                                    \
    }
#define COUNT(n, at, d, lo, hi, words) \
    { .name = n, .type = NORNI_T_INT, .offset = at, .def = d, .min = lo, .max = hi, .help = words }
#define CHOICE(n, at, d, list, words) \
    { .name = n, .type = NORNI_T_CHOICE, .offset = at, .def = d, .choices = list, .help = words }
#define WORDS(n, at, words) \
    { .name = n, .type = NORNI_T_TEXT, .offset = at, .help = words }

const norni_param norni_frame_path_rows[] = {
    CHOICE(
        "method", AT(method), "threshold", "threshold|calendar|hybrid|on_target|never",
        "when it is rebalanced: a weight out of its band, the clock, either, a new target, never"),
    NUMBER("threshold", RULE(threshold), "0.1", 0, 100,
           "the band: |weight - target| above it is out"),
    CHOICE("band", AT(band), "absolute", "absolute|relative",
           "the threshold is a share of the equity, or of the target"),
    CHOICE("to", AT(to), "target", "target|edge",
           "all go to their targets, or those out of the band to its edge"),
    CHOICE("clock", AT(clock), "days", "days|weeks|months|quarters|years|bars", "of calendar"),
    {.name = "every",
     .type = NORNI_T_DOUBLE,
     .offset = RULE(every),
     .def = "30",
     .min = 1e-9,
     .max = 1e6,
     .alias = "calendar-days|calendar",
     .help = "units of the clock between two rebalances"},
    NUMBER("min-interval-hours", RULE(min_interval_hours), "24", 0, 1e6, "between two rebalances"),
    NUMBER("momentum-days", RULE(momentum_days), "0", 0, 36500, "of the momentum filter; 0: none"),
    NUMBER("momentum-limit", RULE(momentum_limit), "0.2", -1, 1000,
           "no rebalance while the holdings gained more than that in momentum_days"),
    NUMBER("turnover-cap", RULE(turnover_cap), "0", 0, 100,
           "largest share traded at once; 0: none"),
    COUNT("delay-bars", RULE(delay), "0", 0, 10000, "between decision and trade"),
    NUMBER("min-trade", RULE(min_trade), "0", 0, 1,
           "smaller trades (share of equity) are not made"),
    NUMBER("fees", RULE(fee), "0", 0, 0.5, "share of what is traded"),
    NUMBER("slippage", RULE(slippage), "0", 0, 0.5, "share of what is traded"),
    NUMBER("fixed-fee", RULE(fixed_fee), "0", 0, 1e15, "money for each asset traded"),
    NUMBER("capital", RULE(capital), "10000", 1e-6, 1e18, "at the start"),
    NUMBER("cash-rate", RULE(cash_rate), "0", -0.99, 10, "a year, on cash"),
    NUMBER("borrow-rate", RULE(borrow_rate), "0", -0.99, 10, "a year, on what is owed"),
    CHOICE("kind", AT(kind), "fixed",
           "fixed|equal|inverse_vol|min_variance|mean_variance|erc|hrp|momentum",
           "how weights are found where none are given"),
    NUMBER("lookback-days", PART(lookback_days), "90", 1e-9, 36500, "an estimate looks back"),
    NUMBER("estimate-days", PART(estimate_days), "30", 0, 36500, "between estimates; 0: one"),
    CHOICE("shrinkage", AT(shrinkage), "ledoit_wolf", "ledoit_wolf|sample", "of covariances"),
    NUMBER("risk-aversion", PART(risk_aversion), "1", 1e-9, 1e6, "of mean_variance"),
    NUMBER("min-weight", PART(min_weight), "0", -100, 1, "of min_variance and mean_variance"),
    NUMBER("max-weight", PART(max_weight), "1", 1e-9, 100, "of min_variance and mean_variance"),
    COUNT("top-k", PART(top_k), "3", 1, 100000, "of momentum"),
    NUMBER("skip-days", PART(skip_days), "0", 0, 36500, "of momentum: the last ones are left out"),
    NUMBER("leverage", PART(leverage), "1", 1e-9, 100, "sum of the weights"),
    NUMBER("vol-target", PART(vol_target), "0", 0, 10, "a year's volatility; 0: none"),
    NUMBER("max-leverage", PART(max_leverage), "1", 1e-9, 100, "of a volatility target"),
    NUMBER("periods-per-year", AT(periods_per_year), "0", 0, 1e8, "0: by the prices"),
    CHOICE("align", AT(align), "union", "intersect|union", "bars that all symbols have, or any"),
    CHOICE("splits", AT(splits), "tell", "tell|adjust", "jumps that are splits of a share"),
    CHOICE("timeframe", AT(timeframe), "as-is", "as-is|1h|4h|1d", "bars to work on"),
    WORDS("symbols", AT(symbols), "these alone, as BTC,ETH"),
    WORDS("id-col", AT(id_col), "column of symbols"),
    WORDS("time-col", AT(time_col), "column of times"),
    WORDS("price-col", AT(price_col), "column of prices"),
};
const size_t norni_n_frame_path_rows =
    sizeof norni_frame_path_rows / sizeof norni_frame_path_rows[0];

static norn_status options_of(const norni_frame_call *call, norni_arena *arena, path_opt *o,
                              norn_err *err) {
    const norni_param *rows = norni_frame_path_rows;
    memset(o, 0, sizeof *o);
    NORN_TRY(norni_param_defaults(rows, norni_n_frame_path_rows, o, arena, err));
    for (size_t i = 0; i < call->n_options; i++) {
        const norni_param *row =
            norni_param_find(rows, norni_n_frame_path_rows, norni_str_of(call->option[i]));
        if (row == NULL)
            return norn_fail(err, NORN_E_ARG, "portfolio: there is no option '%s'",
                             call->option[i]);
        NORN_TRY(norni_param_set(row, o, norni_str_of(call->value[i]), arena, "portfolio", err));
    }
    o->rule.method = (norni_port_method)o->method;
    o->rule.clock = (norni_port_clock)o->clock;
    o->rule.relative = o->band == 1;
    o->rule.edge = o->to == 1;
    o->alloc.kind = (norni_port_alloc_kind)o->kind;
    o->alloc.shrinkage = (norni_port_shrinkage)o->shrinkage;
    return norni_port_rule_check(&o->rule, err);
}

/* ---- prices ---- */

static norn_status read_prices(norn_ctx *ctx, const norni_frame_portfolio_call *call,
                               const path_opt *o, norni_frame_path_result *out, norn_err *err) {
    norni_port_read_report report;
    norni_frame_prices text;
    norni_port_read_opt read = {.id_col = o->id_col,
                                .time_col = o->time_col,
                                .price_col = o->price_col,
                                .symbols = o->symbols,
                                .prices = {.align = (norni_port_align)o->align,
                                           .frame = (norni_port_frame)o->timeframe,
                                           .adjust_splits = o->splits == 1,
                                           .periods_per_year = o->periods_per_year}};
    const norni_op_env env = {.ctx = ctx,
                              .models = norni_registry_models(),
                              .say = norni_frame_say,
                              .say_user = &out->said};
    norn_status st = norni_frame_prices_take(ctx, call, &text, &read.in, &read.bytes, err);
    if (st == NORN_OK && read.bytes == NULL)
        st = norni_inputs_expand(&call->files, &out->arena, &read.in, err);
    if (st == NORN_OK) st = norni_port_read(&env, &read, &out->prices, &report, err);
    norni_buf_clear(&text.text);
    if (st != NORN_OK) return st;
    norni_buf_add(&out->said, out->prices.notes.p, out->prices.notes.n);
    if (out->prices.n_bars < 2)
        return norn_fail(err, NORN_E_DATA, "prices: %zu bar, at least 2 are needed",
                         out->prices.n_bars);
    return NORN_OK;
}

static norn_status assets_of(const norni_frame_portfolio_call *call, norni_frame_path_result *out,
                             norn_err *err) {
    const size_t n = call->n_symbols > 0 ? call->n_symbols : out->prices.n_assets;
    out->n_assets = n;
    out->asset = norni_arena_get(&out->arena, n, sizeof *out->asset);
    if (out->asset == NULL) return norni_alloc_fail(err, "portfolio", n, sizeof *out->asset);
    for (size_t k = 0; k < n; k++) {
        norni_str name;
        out->asset[k] = k;
        if (call->n_symbols == 0) continue;
        NORN_TRY(norni_port_symbol(&out->arena, norni_str_of(call->symbol[k]), &name, err));
        out->asset[k] = norni_port_prices_find(&out->prices, name);
        for (size_t j = 0; j < k; j++)
            if (out->asset[j] == out->asset[k] && out->asset[k] != SIZE_MAX)
                return norn_fail(err, NORN_E_ARG, "weights: '%.80s' stands there twice",
                                 call->symbol[k]);
        if (out->asset[k] == SIZE_MAX)
            return norn_fail(err, NORN_E_ARG, "weights: there are no prices of '%.80s'",
                             call->symbol[k]);
    }
    return NORN_OK;
}

/* ---- targets ---- */

/* The first bar at or after a time; n_bars: none. */
static size_t bar_at(const norni_port_prices *p, int64_t time) {
    size_t lo = 0, hi = p->n_bars;
    while (lo < hi) {
        const size_t middle = lo + (hi - lo) / 2;
        if (p->time[middle] < time)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

/* Weights given as targets of `wide` columns, of which `n` from `from` on are taken. Before the first one all is cash; of several
 * that fall on one bar the last holds. */
static norn_status given_targets(const norni_frame_portfolio_call *call,
                                 norni_frame_path_result *out, size_t from, size_t n,
                                 norni_port_targets *t, norn_err *err) {
    const size_t wide = out->n_assets, most = call->n_targets + 1;
    size_t *bar = norni_arena_get(&out->arena, most, sizeof *bar), many = 1;
    double *weight = norni_arena_zero(&out->arena, most * n, sizeof *weight);
    if (bar == NULL || weight == NULL)
        return norni_alloc_fail(err, "weights", most * n, sizeof *weight);
    bar[0] = 0;
    for (size_t i = 0; i < call->n_targets; i++) {
        const size_t at = call->time != NULL ? bar_at(&out->prices, call->time[i]) : 0;
        if (at == out->prices.n_bars) break;
        const double *now = call->weight + i * wide + from;
        /* a signal that says what is so already is none */
        if (call->each && memcmp(weight + (many - 1) * n, now, n * sizeof *weight) == 0) continue;
        if (at > bar[many - 1]) bar[many++] = at;
        memcpy(weight + (many - 1) * n, now, n * sizeof *weight);
    }
    *t = (norni_port_targets){.n = many, .bar = bar, .weight = weight};
    return NORN_OK;
}

static norn_status record_one(norn_ctx *ctx, const norni_frame_portfolio_call *call,
                              const path_opt *o, size_t from, size_t n,
                              norni_frame_path_result *out, norn_err *err) {
    norni_port_market m;
    norni_port_targets t;
    const size_t end = out->prices.n_bars;
    const norni_poll poll = norni_ctx_poll(ctx);
    const norni_port_window window = {.first = 0, .mark = &end, .n_marks = 1};
    NORN_TRY(norni_port_market_of(&out->prices, out->asset + from, n, &out->arena, &m, err));
    if (call->weight != NULL)
        NORN_TRY(given_targets(call, out, from, n, &t, err));
    else
        NORN_TRY(norni_port_alloc_targets_polled(&o->alloc, &m, 0, end, &out->arena, &poll, &t,
                                                 &out->n_fallback, err));
    return norni_port_record(&m, &window, &o->rule, &t, &out->arena, &out->path[out->n_paths++],
                             err);
}

static norn_status run(norn_ctx *ctx, const norni_frame_portfolio_call *call,
                       norni_frame_path_result *out, norn_err *err) {
    path_opt o;
    NORN_TRY(options_of(&call->frame, &out->arena, &o, err));
    if (call->weight == NULL && o.alloc.kind == NORNI_PORT_FIXED)
        return norn_fail(err, NORN_E_ARG,
                         "portfolio: weights are needed, or a kind of allocation (equal, hrp, …)");
    NORN_TRY(read_prices(ctx, call, &o, out, err));
    NORN_TRY(assets_of(call, out, err));
    const size_t n = call->each ? out->n_assets : 1;
    out->path = norni_arena_zero(&out->arena, n, sizeof *out->path);
    if (out->path == NULL) return norni_alloc_fail(err, "portfolio", n, sizeof *out->path);
    for (size_t k = 0; k < n; k++) {
        if (norn_ctx_cancelled(ctx)) return norn_fail(err, NORN_E_CANCEL, "cancelled");
        NORN_TRY(record_one(ctx, call, &o, call->each ? k : 0, call->each ? 1 : out->n_assets, out,
                            err));
    }
    return NORN_OK;
}

norn_status norni_frame_portfolio_path(norn_ctx *ctx, const norni_frame_portfolio_call *call,
                                       norni_frame_path_result *out, norn_err *err) {
    const norn_alloc *alloc = call->frame.alloc ? call->frame.alloc : &ctx->alloc;
    memset(out, 0, sizeof *out);
    norni_arena_init(&out->arena, alloc);
    norni_buf_init(&out->said, alloc);
    return run(ctx, call, out, err);
}

void norni_frame_path_clear(norni_frame_path_result *r) {
    norni_port_prices_clear(&r->prices);
    norni_arena_clear(&r->arena);
    norni_buf_clear(&r->said);
}

norn_status norni_frame_portfolio_weights(norn_ctx *ctx, const norni_frame_call *call,
                                          const double *returns, size_t n, size_t n_assets,
                                          double *weight, norn_err *err) {
    norni_arena arena;
    path_opt o;
    norni_arena_init(&arena, &ctx->alloc);
    norn_status st = options_of(call, &arena, &o, err);
    const double year = o.periods_per_year > 0 ? o.periods_per_year : 365;
    if (st == NORN_OK)
        st = norni_port_alloc_weights(&o.alloc, returns, n, n_assets, year, &arena, weight, err);
    norni_arena_clear(&arena);
    return st;
}

norn_status norni_frame_prices_take(norn_ctx *ctx, const norni_frame_portfolio_call *call,
                                    norni_frame_prices *p, norni_inputs *in,
                                    const norni_str **bytes, norn_err *err) {
    static const char *const table[] = {"table"};
    norni_buf_init(&p->text, &ctx->alloc);
    *in = call->files;
    *bytes = NULL;
    if (call->frame.data == NULL)
        return in->n > 0 ? NORN_OK : norn_fail(err, NORN_E_ARG, "prices: none are given");
    NORN_TRY(norni_frame_text(ctx, call->frame.data, "prices", &p->text, err));
    p->bytes = (norni_str){p->text.p, p->text.n};
    *bytes = &p->bytes;
    *in = (norni_inputs){table, 1};
    return NORN_OK;
}
