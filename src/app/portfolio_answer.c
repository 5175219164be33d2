/* What a portfolio search answers, as JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "app/portfolio_answer.h"

#include "app/portfolio_signal.h"
#include "app/version.h"
#include "base/fp.h"
#include "portfolio/portfolio_report.h"

enum { TOLD_TOP = 10, TOLD_NOTES = 100 };

typedef struct answer {
    const norni_portfolio_run *run;
    const norni_port_result *r;
    norni_json j;
    norni_buf text;
} answer;

static void key_text(answer *a, const char *key) {
    norni_json_key_str(&a->j, key, (norni_str){a->text.p ? a->text.p : "", a->text.n});
    a->text.n = 0;
}

static void key_time(answer *a, const char *key, int64_t t) {
    char s[64];
    const size_t n = norni_time_print(s, t, &a->run->prices.style);
    norni_json_key_str(&a->j, key, (norni_str){s, n});
}

static void key_u64(answer *a, const char *key, uint64_t x) {
    norni_json_key_int(&a->j, key, (int64_t)x);
}

void norni_portfolio_counts_json(const norni_portfolio_run *r, norni_json *j) {
    norni_json_key_int(j, "n_configurations", (int64_t)r->counts.n_all);
    norni_json_key_int(j, "n_usable", (int64_t)r->counts.n_usable);
    norni_json_key_int(j, "n_distinct", (int64_t)r->counts.n_distinct);
}

/* ---- what was searched ---- */

static void put_data(answer *a) {
    const norni_port_prices *p = &a->run->prices;
    char frame[32];
    norni_portfolio_timeframe(a->run, frame);
    norni_json_key(&a->j, "data");
    norni_json_open(&a->j, '{');
    norni_json_key(&a->j, "symbols");
    norni_json_open(&a->j, '[');
    for (size_t k = 0; k < p->n_assets; k++)
        norni_json_str(&a->j, p->symbol[k]);
    norni_json_close(&a->j, ']');
    norni_json_key_count(&a->j, "n_bars", p->n_bars);
    if (p->n_bars > 0) {
        key_time(a, "first", p->time[0]);
        key_time(a, "last", p->time[p->n_bars - 1]);
    }
    norni_json_key_str(&a->j, "timeframe", norni_str_of(frame));
    norni_json_key_num(&a->j, "bars_per_day", p->bars_per_day);
    norni_json_key_num(&a->j, "periods_per_year", p->periods_per_year);
    norni_json_close(&a->j, '}');
}

static void put_counts(answer *a) {
    norni_json_key(&a->j, "counts");
    norni_json_open(&a->j, '{');
    norni_portfolio_counts_json(a->run, &a->j);
    if (a->run->searched) {
        key_u64(a, "n_simulated", a->r->n_simulated);
        key_u64(a, "n_failed", a->r->n_failed);
        norni_json_key_count(&a->j, "n_estimate_fallbacks", a->r->n_estimate_fallbacks);
    }
    norni_json_close(&a->j, '}');
}

static void put_effort(answer *a) {
    const norni_port_effort e = norni_port_effort_of(&a->run->dry);
    norni_json_key(&a->j, "effort");
    norni_json_open(&a->j, '{');
    norni_json_key_count(&a->j, "n_splits", a->run->dry.n_splits);
    key_u64(a, "n_backtests", e.backtests);
    key_u64(a, "n_bars", e.bars);
    key_u64(a, "memory_bytes", e.memory_bytes);
    key_u64(a, "file_bytes", e.file_bytes);
    norni_json_close(&a->j, '}');
}

static void put_notes(answer *a) {
    const norni_buf *b = &a->run->notes;
    size_t n = 0;
    norni_json_key(&a->j, "notes");
    norni_json_open(&a->j, '[');
    for (size_t at = 0; at < b->n && n < TOLD_NOTES;) {
        const char *end = memchr(b->p + at, '\n', b->n - at);
        const size_t length = end ? (size_t)(end - b->p) - at : b->n - at;
        if (length > 0) {
            norni_json_str(&a->j, (norni_str){b->p + at, length});
            n++;
        }
        at += length + 1;
    }
    norni_json_close(&a->j, ']');
}

/* ---- configurations ---- */

static void put_rule(answer *a, const norni_port_rule *r) {
    norni_json *j = &a->j;
    norni_json_key_num(j, "threshold", r->threshold);
    norni_json_key_str(j, "method", norni_str_of(norni_port_method_name(r->method)));
    norni_json_key_num(j, "calendar_days",
                       r->clock == NORNI_PORT_CLOCK_DAYS ? r->every : NORNI_NAN);
    norni_json_key_num(j, "min_interval_hours", r->min_interval_hours);
    norni_json_key(j, "momentum_filter");
    norni_json_bool(j, r->momentum_days > 0);
    norni_json_key_str(j, "clock", norni_str_of(norni_port_clock_name(r->clock)));
    norni_json_key_num(j, "every", r->every);
    norni_json_key(j, "relative");
    norni_json_bool(j, r->relative);
    norni_json_key(j, "to_edge");
    norni_json_bool(j, r->edge);
    norni_json_key_num(j, "turnover_cap", r->turnover_cap);
    norni_json_key_int(j, "delay_bars", r->delay);
    norni_json_key_num(j, "min_trade", r->min_trade);
    norni_json_key_num(j, "fee", r->fee);
    norni_json_key_num(j, "slippage", r->slippage);
    norni_json_key_num(j, "fixed_fee", r->fixed_fee);
    norni_json_key_num(j, "capital", r->capital);
    norni_json_key_num(j, "cash_rate", r->cash_rate);
    norni_json_key_num(j, "borrow_rate", r->borrow_rate);
}

static void put_row(answer *a, const norni_port_row *r) {
    const struct {
        const char *key;
        double x;
    } field[] = {{"test_outperformance", r->outperformance},
                 {"test_return", r->total_return},
                 {"test_sharpe", r->sharpe},
                 {"test_drawdown", r->max_drawdown},
                 {"test_win_rate", r->win_rate},
                 {"test_consistency", r->consistency},
                 {"train_outperformance", r->train_outperformance},
                 {"train_return", r->train_return},
                 {"train_sharpe", r->train_sharpe},
                 {"train_drawdown", r->train_drawdown},
                 {"generalization_gap", r->generalization_gap},
                 {"generalization_gap_per_window", r->gap_per_window},
                 {"test_cagr", r->cagr},
                 {"test_volatility", r->volatility},
                 {"test_sortino", r->sortino},
                 {"test_calmar", r->calmar},
                 {"test_omega", r->omega},
                 {"test_ulcer", r->ulcer},
                 {"test_turnover", r->turnover},
                 {"test_costs", r->costs},
                 {"test_rebalances", r->n_rebalances}};
    norni_json_key_int(&a->j, "splits_tested", r->n_splits);
    for (size_t k = 0; k < sizeof field / sizeof field[0]; k++)
        norni_json_key_num(&a->j, field[k].key, field[k].x);
    if (a->run->prices.filter) norni_json_key_num(&a->j, "test_filter_trades", r->n_filtered);
}

static void put_stats(answer *a, const char *key, const norni_port_stats *s) {
    norni_json *j = &a->j;
    norni_json_key(j, key);
    norni_json_open(j, '{');
    norni_json_key_num(j, "total_return", s->total_return);
    norni_json_key_num(j, "buyhold_return", s->buyhold_return);
    norni_json_key_num(j, "outperformance", s->total_return - s->buyhold_return);
    norni_json_key_num(j, "sharpe", s->sharpe);
    norni_json_key_num(j, "max_drawdown", s->max_drawdown);
    norni_json_key_num(j, "volatility", s->volatility);
    norni_json_key_count(j, "rebalance_count", s->n_rebalances);
    if (a->run->prices.filter) norni_json_key_count(j, "filter_trades", s->n_filtered);
    norni_json_key_num(j, "final_value", s->final_value);
    norni_json_key_count(j, "periods", s->n_returns + 1);
    norni_json_key_num(j, "turnover", s->turnover);
    norni_json_key_num(j, "costs", s->costs);
    norni_json_close(j, '}');
}

static void put_best(answer *a, const norni_port_best *b, bool splits) {
    norni_json *j = &a->j;
    const norni_str *symbol = a->run->prices.symbol;
    norni_json_open(j, '{');
    key_u64(a, "config_id", b->row.id);
    norni_json_key(j, "assets");
    norni_json_open(j, '[');
    for (size_t k = 0; k < b->config.n_assets; k++)
        norni_json_str(j, symbol[b->config.asset[k]]);
    norni_json_close(j, ']');
    norni_port_config_weights(&b->config, &a->text);
    key_text(a, "weights");
    norni_json_key_str(j, "allocation", norni_str_of(norni_port_alloc_name(b->config.alloc.kind)));
    put_rule(a, &b->config.rule);
    norni_port_config_words(&b->config, symbol, &a->text);
    key_text(a, "words");
    put_row(a, &b->row);
    if (splits) {
        norni_json_key(j, "splits");
        norni_json_open(j, '[');
        for (size_t i = 0; i < a->r->n_splits; i++) {
            norni_json_open(j, '{');
            put_stats(a, "train", &b->train[i]);
            put_stats(a, "test", &b->test[i]);
            norni_json_close(j, '}');
        }
        norni_json_close(j, ']');
    }
    norni_json_close(j, '}');
}

static void put_top(answer *a) {
    norni_json_key(&a->j, "best_config");
    put_best(a, &a->r->top[0], true);
    norni_json_key(&a->j, "top");
    norni_json_open(&a->j, '[');
    for (size_t k = 0; k < a->r->n_top && k < TOLD_TOP; k++)
        put_best(a, &a->r->top[k], false);
    norni_json_close(&a->j, ']');
}

/* ---- what is to be expected ---- */

static void put_splits(answer *a) {
    const int64_t *time = a->run->prices.time;
    norni_json_key(&a->j, "splits");
    norni_json_open(&a->j, '[');
    for (size_t i = 0; i < a->r->n_splits; i++) {
        const norni_port_split *s = &a->r->split[i];
        norni_json_open(&a->j, '{');
        key_time(a, "train_start", time[s->train_first]);
        key_time(a, "train_end", time[s->train_end - 1]);
        key_time(a, "test_start", time[s->test_first]);
        key_time(a, "test_end", time[s->test_end - 1]);
        norni_json_key_count(&a->j, "train_bars", s->train_end - s->train_first);
        norni_json_key_count(&a->j, "test_bars", s->test_end - s->test_first);
        key_u64(a, "chosen_on_train", a->r->walk_forward_id[i]);
        norni_json_key_num(&a->j, "chosen_test_outperformance", a->r->walk_forward[i]);
        norni_json_close(&a->j, '}');
    }
    norni_json_close(&a->j, ']');
}

static void put_metrics(answer *a, const char *key, const norni_port_metrics *m) {
    size_t n;
    const norni_port_metric_row *row =
        norni_port_metric_rows((norni_port_convention)a->run->plan.opt->convention, &n);
    norni_json_key(&a->j, key);
    norni_json_open(&a->j, '{');
    for (size_t k = 0; k < n; k++) {
        double x;
        memcpy(&x, (const char *)m + row[k].offset, sizeof x);
        norni_json_key_num(&a->j, row[k].name, x);
    }
    norni_json_close(&a->j, '}');
}

static void put_expected(answer *a) {
    const norni_port_convention c = (norni_port_convention)a->run->plan.opt->convention;
    norni_json_key(&a->j, "out_of_sample");
    norni_json_open(&a->j, '{');
    norni_json_key_str(&a->j, "convention", norni_str_of(norni_port_convention_name(c)));
    norni_json_key_count(&a->j, "n_returns", a->r->n_oos);
    put_metrics(a, "best", &a->r->best_metrics);
    put_metrics(a, "buy_and_hold", &a->r->buyhold_metrics);
    norni_json_close(&a->j, '}');
}

/* What the best one's neighbours have of its value, how many they are, and on which axes. */
static void put_plateau(answer *a) {
    const norni_port_result *r = a->r;
    norni_json_key_num(&a->j, "plateau", r->plateau);
    key_u64(a, "plateau_neighbours", r->n_neighbours);
    norni_json_key(&a->j, "plateau_axes");
    norni_json_open(&a->j, '[');
    for (size_t k = 0; k < r->n_axes && k < 64; k++)
        if ((r->neighbour_axes >> k) & 1)
            norni_json_str(&a->j, norni_str_of(norni_port_grid_axis_name(r->grid, k)));
    norni_json_close(&a->j, ']');
}

static void put_luck(answer *a) {
    const norni_port_pbo *p = &a->r->pbo;
    const norni_port_deflated *d = &a->r->deflated;
    norni_json *j = &a->j;
    norni_json_key(j, "overfitting");
    norni_json_open(j, '{');
    norni_json_key_num(j, "probability_of_backtest_overfitting",
                       p->n_trials > 0 ? p->pbo : NORNI_NAN);
    norni_json_key_str(
        j, "pbo_metric",
        norni_str_of(norni_port_measure_name(norni_port_metric_measure(a->r->metric))));
    if (p->n_trials > 0) {
        norni_json_key_num(j, "loss_probability", p->loss_probability);
        norni_json_key_num(j, "slope", p->slope);
        norni_json_key_count(j, "n_blocks", p->n_blocks);
        norni_json_key_count(j, "n_combinations", p->n_splits);
    } else {
        norni_json_key_str(j, "why", norni_str_of(a->r->pbo_why));
    }
    norni_json_key_count(j, "n_trials_judged", p->n_trials);
    key_u64(a, "n_trials", a->r->n_trials_total);
    norni_json_key_num(j, "deflated_sharpe_probability", d->deflated);
    norni_json_key_str(j, "deflated_sharpe_returns",
                       norni_str_of(a->r->deflated_active ? "above_buy_and_hold" : "whole"));
    norni_json_key_num(j, "probabilistic_sharpe", a->r->raw.probabilistic);
    norni_json_key_num(j, "probability_above_buy_and_hold", a->r->excess.probabilistic);
    norni_json_key_num(j, "sharpe_per_period", d->sharpe);
    norni_json_key_num(j, "expected_max_sharpe_per_period", d->expected_max);
    norni_json_key_num(j, "min_track_record", d->min_track_record);
    norni_json_key_num(j, "walk_forward_efficiency", a->r->efficiency);
    put_plateau(a);
    norni_json_key_str(j, "verdict", norni_str_of(norni_port_robustness(a->r)));
    norni_json_close(j, '}');
}

/* ---- sensitivity ---- */

static void put_axis(answer *a, const norni_port_sensitivity *s) {
    norni_json *j = &a->j;
    const double sign = norni_port_metric_sign(a->r->metric);
    norni_json_open(j, '{');
    norni_json_key_str(j, "axis", norni_str_of(norni_port_grid_axis_name(a->run->grid, s->axis)));
    norni_json_key(j, "values");
    norni_json_open(j, '[');
    for (size_t g = 0; g < s->n_values; g++) {
        norni_json_open(j, '{');
        norni_port_grid_axis_text(a->run->grid, s->axis, g, &a->text);
        key_text(a, "value");
        norni_json_key_num(j, "mean", sign * s->mean[g]);
        norni_json_key_num(j, "median", sign * s->median[g]);
        norni_json_key_num(j, "best", sign * s->best[g]);
        key_u64(a, "count", s->count[g]);
        norni_json_key_num(j, "top_share", s->top_share[g]);
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
    norni_json_close(j, '}');
}

static void put_all(answer *a) {
    norni_json *j = &a->j;
    const double sign = norni_port_metric_sign(a->r->metric);
    norni_json_key(j, "metric");
    norni_json_open(j, '{');
    norni_json_key_str(j, "name", norni_str_of(norni_port_metric_name(a->r->metric)));
    norni_json_key_num(j, "best", sign * a->r->best);
    norni_json_key_num(j, "median", sign * a->r->median);
    norni_json_key_num(j, "mean", sign * a->r->mean);
    norni_json_key_num(j, "worst", sign * a->r->worst);
    norni_json_key_num(j, "share_above_buy_and_hold", a->r->positive_share);
    norni_json_close(j, '}');
    norni_json_key(j, "sensitivity");
    norni_json_open(j, '[');
    for (size_t k = 0; k < a->r->n_axes; k++)
        if (a->r->axis[k].n_values > 1) put_axis(a, &a->r->axis[k]);
    norni_json_close(j, ']');
}

norn_status norni_portfolio_answer_json(const norni_portfolio_run *run, norni_buf *out,
                                        norn_err *err) {
    char digest[NORNI_DIGEST_TEXT];
    answer a = {.run = run, .r = &run->result};
    norni_buf_init(&a.text, &run->env->ctx->alloc);
    norni_json_init(&a.j, out);
    norni_json_open(&a.j, '{');
    norni_json_key_str(&a.j, "operation", norni_str_of("portfolio"));
    norni_json_key_str(&a.j, "version", norni_str_of(NORNI_VERSION));
    put_counts(&a);
    put_data(&a);
    if (run->prices.filter) norni_portfolio_signal_json(&run->prices, &a.j);
    if (run->searched) {
        put_top(&a);
        put_splits(&a);
        put_expected(&a);
        put_luck(&a);
        put_all(&a);
    }
    if (!run->searched) put_effort(&a);
    put_notes(&a);
    if (run->searched) {
        norni_hash_text(run->result.digest, digest);
        norni_json_key_str(&a.j, "digest", norni_str_of(digest));
    }
    norni_json_close(&a.j, '}');
    norni_buf_text(out, "\n");
    const bool failed = out->failed || a.text.failed;
    norni_buf_clear(&a.text);
    return failed ? norni_alloc_fail(err, "answer", out->cap, 2) : NORN_OK;
}
