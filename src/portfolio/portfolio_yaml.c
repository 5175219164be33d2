/* optimized_config.yaml: the best configuration with the reference's fields in its order. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Texts stand in double quotes with JSON's escapes, which YAML 1.1 and 1.2 both read; numbers are the shortest that read back the same,
 * .nan where there is none. What the reference does not know (another allocation than fixed weights, bands, clocks, limits) stands
 * behind its own fields, and only where it is used. */
#include "portfolio/portfolio_yaml.h"

#include <math.h>

#include "base/numtext.h"
#include "portfolio/portfolio_text_values.h"

static void put_text(norni_buf *b, norni_str s) {
    norni_buf_text(b, "\"");
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c == 0x7F)
            norni_buf_format(b, "\\u00%x%x", c >> 4, c & 15U);
        else if (c == '"' || c == '\\')
            norni_buf_format(b, "\\%c", c);
        else
            norni_buf_add(b, &s.p[i], 1);
    }
    norni_buf_text(b, "\"");
}

static void put_row(norni_buf *b, const char *name, const char *text) {
    norni_buf_format(b, "%s: ", name);
    put_text(b, norni_str_of(text));
    norni_buf_text(b, "\n");
}

/* YAML 1.1 takes 1e-7 and 1.5e22 for texts: its numbers with an exponent have a point, and the exponent its sign. */
static void put_digits(norni_buf *b, double x) {
    char text[NORNI_NUM_MAX];
    const size_t n = norni_num_print(text, x);
    const char *e = memchr(text, 'e', n);
    if (e == NULL) {
        norni_buf_add(b, text, n);
        return;
    }
    const size_t before = (size_t)(e - text);
    norni_buf_add(b, text, before);
    norni_buf_text(b, memchr(text, '.', before) ? "e" : ".0e");
    norni_buf_text(b, e[1] == '-' || e[1] == '+' ? "" : "+");
    norni_buf_add(b, e + 1, n - before - 1);
}

static void put_num(norni_buf *b, const char *name, double x) {
    norni_buf_format(b, "%s: ", name);
    if (isnan(x))
        norni_buf_text(b, ".nan");
    else if (isinf(x))
        norni_buf_text(b, x > 0 ? ".inf" : "-.inf");
    else
        put_digits(b, x);
    norni_buf_text(b, "\n");
}

/* Windows are bars: where no bar stands on a weekend, a day of them is a trading day. */
static void put_days(norni_buf *b, const norni_port_result *r, const char *name, double days) {
    char number[NORNI_PORT_WORD];
    const double year = r->prices->periods_per_year / r->prices->bars_per_day;
    put_num(b, name, days);
    if (!norni_port_is_trading(r->prices) || b->failed) return;
    b->n--; /* the line's end */
    norni_buf_format(b, " # trading days, %s of which are a year\n",
                     norni_port_fixed(year, 0, number));
}

static void put_bool(norni_buf *b, const char *name, bool yes) {
    norni_buf_format(b, "%s: %s\n", name, yes ? "true" : "false");
}

/* Where it is used: more than 0. */
static void put_used(norni_buf *b, const char *name, double x) {
    if (x > 0) put_num(b, name, x);
}

/* "optimized_20261122_0120" from "2026-11-22 01:20 UTC". */
static void put_run(norni_buf *b, const norni_port_stamp *stamp, const norni_port_best *best,
                    const norni_str *symbol) {
    char when[NORNI_PORT_WORD], name[NORNI_PORT_WORD];
    size_t n = norni_format(name, sizeof name, "optimized_");
    const char *at = norni_port_stamp_text(stamp->now, when);
    for (; *at != '\0' && n + 1 < sizeof name; at++) {
        if (*at >= '0' && *at <= '9') name[n++] = *at;
        if (*at == ' ' && at[1] >= '0' && at[1] <= '9') name[n++] = '_';
    }
    name[n] = '\0';
    norni_buf_text(b, "run:\n");
    put_row(b, "  name", name);
    norni_buf_text(b, "  description: ");
    norni_buf words;
    norni_buf_init(&words, b->alloc);
    norni_port_config_words(&best->config, symbol, &words);
    put_text(b, (norni_str){words.p, words.n});
    b->failed = b->failed || words.failed;
    norni_buf_clear(&words);
    norni_buf_text(b, "\n");
    put_row(b, "  mode", "portfolio");
}

/* Target weights; of an allocation that is estimated, those that were held at the end of the last test. */
static double weight_of(const norni_port_result *r, size_t i) {
    const norni_port_config *c = &r->top[0].config;
    const norni_port_path *p = &r->test_path;
    if (c->alloc.kind == NORNI_PORT_FIXED && i < c->alloc.n_weights)
        return c->alloc.weight[i] * c->alloc.leverage;
    if (c->alloc.kind == NORNI_PORT_EQUAL) return c->alloc.leverage / (double)c->n_assets;
    if (p->n == 0 || p->n_assets != c->n_assets || !(p->equity[p->n - 1] > 0)) return NAN;
    return p->value[(p->n - 1) * p->n_assets + i] / p->equity[p->n - 1];
}

static void put_allocation(norni_buf *b, const norni_port_alloc *a) {
    norni_buf_text(b, "  allocation:\n");
    put_row(b, "    kind", norni_port_alloc_name(a->kind));
    put_num(b, "    lookback_days", a->lookback_days);
    put_num(b, "    estimate_days", a->estimate_days);
    if (a->kind == NORNI_PORT_MIN_VARIANCE || a->kind == NORNI_PORT_MEAN_VARIANCE ||
        a->kind == NORNI_PORT_ERC || a->vol_target > 0)
        put_row(b, "    shrinkage", a->shrinkage == NORNI_PORT_SAMPLE ? "sample" : "ledoit_wolf");
    if (a->kind == NORNI_PORT_MEAN_VARIANCE) put_num(b, "    risk_aversion", a->risk_aversion);
    if (a->kind == NORNI_PORT_MIN_VARIANCE || a->kind == NORNI_PORT_MEAN_VARIANCE) {
        put_num(b, "    min_weight", a->min_weight);
        put_num(b, "    max_weight", a->max_weight);
    }
    if (a->kind == NORNI_PORT_MOMENTUM) {
        put_num(b, "    top_k", a->top_k);
        put_num(b, "    skip_days", a->skip_days);
    }
    norni_buf_text(b, "    weights_include_leverage: true # leverage is of the next estimate\n");
    put_num(b, "    leverage", a->leverage);
    put_used(b, "    vol_target", a->vol_target);
    if (a->vol_target > 0) put_num(b, "    max_leverage", a->max_leverage);
}

static bool is_plain(const norni_port_alloc *a) {
    return (a->kind == NORNI_PORT_FIXED || a->kind == NORNI_PORT_EQUAL) && !(a->vol_target > 0);
}

/* Units of the rule's clock in days; bars by the prices. */
static double days_of(const norni_port_result *r, const norni_port_rule *rule) {
    static const double days[NORNI_PORT_CLOCKS] = {1, 7, 365.25 / 12, 365.25 / 4, 365.25, 0};
    if (rule->clock == NORNI_PORT_CLOCK_BARS) return rule->every / r->prices->bars_per_day;
    return rule->every * days[rule->clock];
}

static void put_rebalancing(norni_buf *b, const norni_port_result *r, const norni_port_rule *rule) {
    norni_buf_text(b, "  rebalancing:\n");
    put_bool(b, "    enabled", rule->method != NORNI_PORT_NEVER);
    put_num(b, "    threshold", rule->threshold);
    put_row(b, "    rebalance_method", norni_port_method_name(rule->method));
    put_num(b, "    calendar_period_days", days_of(r, rule));
    put_num(b, "    min_rebalance_interval_hours", rule->min_interval_hours);
    put_bool(b, "    use_momentum_filter", rule->momentum_days > 0);
    if (rule->clock != NORNI_PORT_CLOCK_DAYS) {
        put_row(b, "    clock", norni_port_clock_name(rule->clock));
        put_num(b, "    every", rule->every);
    }
    if (rule->relative) put_row(b, "    band", "relative");
    if (rule->edge) put_row(b, "    to", "edge");
    if (rule->momentum_days > 0) {
        put_num(b, "    momentum_days", rule->momentum_days);
        put_num(b, "    momentum_limit", rule->momentum_limit);
    }
    put_used(b, "    turnover_cap", rule->turnover_cap);
    put_used(b, "    delay_bars", rule->delay);
    put_used(b, "    min_trade", rule->min_trade);
}

/* Estimated weights are those of one bar: when it was. */
static void put_held_date(norni_buf *b, const norni_port_result *r) {
    char when[NORNI_PORT_WORD];
    if (r->n_splits == 0 || r->split == NULL || r->test_path.n == 0) return;
    const size_t end = r->split[r->n_splits - 1].test_end;
    if (end == 0 || end > r->prices->n_bars || r->prices->time == NULL) return;
    put_row(b, "  weights_held_at",
            norni_port_time_text(r->prices, r->prices->time[end - 1], when));
}

static void put_portfolio(norni_buf *b, const norni_port_result *r) {
    const norni_port_config *c = &r->top[0].config;
    norni_buf_text(b,
                   "portfolio:\n  # weights are shares of the equity, leverage included: above 1 "
                   "in all, the rest is owed\n  assets:\n");
    for (size_t i = 0; i < c->n_assets; i++) {
        norni_buf_text(b, "    - symbol: ");
        put_text(b, r->prices->symbol[c->asset[i]]);
        norni_buf_text(b, "\n");
        put_num(b, "      weight", weight_of(r, i));
    }
    if (!is_plain(&c->alloc)) {
        put_held_date(b, r);
        put_allocation(b, &c->alloc);
    }
    put_rebalancing(b, r, &c->rule);
}

static void put_costs(norni_buf *b, const norni_port_rule *rule) {
    put_num(b, "capital", rule->capital);
    norni_buf_text(b, "costs:\n");
    put_num(b, "  commission", rule->fee);
    put_num(b, "  slippage", rule->slippage);
    put_used(b, "  fixed_fee", rule->fixed_fee);
    if (rule->cash_rate < 0 || rule->cash_rate > 0) put_num(b, "  cash_rate", rule->cash_rate);
    if (rule->borrow_rate < 0 || rule->borrow_rate > 0)
        put_num(b, "  borrow_rate", rule->borrow_rate);
}

static void put_metadata(norni_buf *b, const norni_port_result *r, const norni_port_stamp *stamp) {
    const norni_port_row *row = &r->top[0].row;
    const bool inside =
        r->metric == NORNI_PORT_BY_TRAIN_OUTPERFORMANCE || r->metric == NORNI_PORT_BY_TRAIN_SHARPE;
    char when[NORNI_PORT_WORD], metric[NORNI_PORT_WORD];
    norni_format(metric, sizeof metric, "%s%s", inside ? "in_sample_" : "out_of_sample_",
                 norni_port_metric_name(r->metric) + (inside ? strlen("train_") : 0));
    norni_buf_text(b, "optimization_metadata:\n");
    put_row(b, "  date", norni_port_stamp_text(stamp->now, when));
    put_row(b, "  method", "walk_forward_grid_search");
    put_row(b, "  metric", metric);
    put_days(b, r, "  window_days", stamp->window_days);
    put_num(b, "  splits_tested", row->n_splits);
    norni_buf_format(b, "  config_id: %llu\n", (unsigned long long)row->id);
    put_num(b, "  test_outperformance", row->outperformance);
    put_num(b, "  test_return", row->total_return);
    put_num(b, "  test_sharpe", row->sharpe);
    put_num(b, "  test_drawdown", row->max_drawdown);
    put_num(b, "  test_win_rate", row->win_rate);
    put_num(b, "  test_consistency", row->consistency);
    put_num(b, "  train_outperformance", row->train_outperformance);
    put_num(b, "  generalization_gap", row->generalization_gap);
    if (r->pbo.n_trials > 0) put_num(b, "  probability_of_overfitting", r->pbo.pbo);
    put_row(b, "  norn_version", stamp->version);
}

norn_status norni_port_config_yaml(const norni_port_result *r, const norni_port_stamp *stamp,
                                   norni_buf *out, norn_err *err) {
    if (r->n_top == 0) return NORN_OK;
    put_run(out, stamp, &r->top[0], r->prices->symbol);
    norni_buf_text(out, "data:\n  timeframe: ");
    put_text(out, stamp->timeframe);
    norni_buf_text(out, "\n");
    put_days(out, r, "  days", stamp->window_days);
    put_portfolio(out, r);
    put_costs(out, &r->top[0].config.rule);
    norni_buf_text(out, "output:\n");
    put_row(out, "  directory", "results_optimized");
    norni_buf_text(out, "logging:\n");
    put_row(out, "  level", "INFO");
    put_metadata(out, r, stamp);
    return out->failed ? norni_alloc_fail(err, "optimized_config.yaml", out->n, 1) : NORN_OK;
}
