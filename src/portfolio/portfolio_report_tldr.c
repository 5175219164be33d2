/* The first page of a report: the configuration, what to expect of it, its risks, how to run it, how far to trust it. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "portfolio/portfolio_filter.h"
#include "portfolio/portfolio_report_facts.h"

/* "529 days", "2.1 years" */
static const char *calendar_text(double years, char out[NORNI_PORT_WORD]) {
    char number[NORNI_PORT_WORD];
    const bool few = years < 2;
    (void)norni_format(out, NORNI_PORT_WORD, "%s %s",
                       norni_port_fixed(few ? 365.25 * years : years, few ? 0 : 1, number),
                       few ? "days" : "years");
    return out;
}

void norni_port_tell_head(const norni_port_tale *t) {
    const norni_port_result *r = t->r;
    const norni_port_prices *p = r->prices;
    char a[NORNI_PORT_WORD], z[NORNI_PORT_WORD];
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_format(w, "%s, by Norn %s", norni_port_stamp_text(t->stamp->now, a),
                     t->stamp->version);
    norni_port_doc_fact(t->d, "Made");
    w = norni_port_doc_words(t->d);
    norni_buf_format(w, "walk-forward search, ranked by %s", norni_port_metric_words(r->metric));
    norni_port_doc_fact(t->d, "Method");
    if (p->n_bars > 0) {
        w = norni_port_doc_words(t->d);
        norni_port_put_counted(w, p->n_assets, "symbol", "symbols");
        norni_buf_text(w, ", ");
        norni_port_put_counted(w, p->n_bars, "bar", "bars");
        norni_buf_text(w, " of ");
        norni_buf_add(w, t->stamp->timeframe.p, t->stamp->timeframe.n);
        norni_buf_format(w, ", %s to %s", norni_port_time_text(p, p->time[0], a),
                         norni_port_time_text(p, p->time[p->n_bars - 1], z));
        norni_port_doc_fact(t->d, "Prices");
    }
    if (p->filter) {
        norni_port_filter_words(p->filter, p, norni_port_doc_words(t->d));
        norni_port_doc_fact(t->d, "Signal filter");
    }
    w = norni_port_doc_words(t->d);
    norni_port_put_counted(w, r->counts.n_all, "configuration", "configurations");
    if (r->counts.n_all > 1) {
        norni_buf_format(w, "; %s can be run on these symbols",
                         norni_port_count_text(r->counts.n_usable, a));
        norni_buf_format(w, ", %s of them are different in effect",
                         norni_port_count_text(r->counts.n_distinct, a));
    }
    norni_port_doc_fact(t->d, "Grid");
    w = norni_port_doc_words(t->d);
    norni_port_put_counted(w, r->n_splits, "walk-forward split", "walk-forward splits");
    if (t->stamp->window_days > 0) {
        norni_buf_text(w, ", a window is ");
        norni_port_put_days(w, p, t->stamp->window_days);
        const double years = norni_port_window_years(r);
        if (norni_port_is_trading(p) && isfinite(years))
            norni_buf_format(w, ", about %s by the calendar", calendar_text(years, a));
    }
    norni_port_doc_fact(t->d, "Windows");
}

/* "2 times the equity is held; what is owed costs 5.00 % a year" */
static void put_leverage(const norni_port_tale *t) {
    const norni_port_config *c = &norni_port_first(t->r)->config;
    const double times = norni_port_leverage(c);
    char a[NORNI_PORT_WORD];
    if (!(times > 1)) return;
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_format(w, "%s%s times the equity is held; ", c->alloc.vol_target > 0 ? "up to " : "",
                     norni_port_ratio(times, a));
    norni_port_put_borrowing(w, &c->rule);
    norni_port_doc_fact(t->d, "Leverage");
}

void norni_port_tell_configuration(const norni_port_tale *t) {
    const norni_port_best *b = norni_port_first(t->r);
    char number[NORNI_PORT_WORD], all[NORNI_PORT_WORD];
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_format(w, "no. %s of %s", norni_port_count_text(b->row.id, number),
                     norni_port_count_text(t->r->counts.n_all, all));
    norni_port_doc_fact(t->d, "Best configuration");
    w = norni_port_doc_words(t->d);
    norni_port_config_words(&b->config, t->r->prices->symbol, w);
    norni_port_doc_fact(t->d, "In words");
    put_leverage(t);
    w = norni_port_doc_words(t->d);
    norni_buf_format(w, "%s", norni_port_fixed(b->config.rule.capital, 2, number));
    norni_port_doc_fact(t->d, "Capital at each start");
}

/* Growth a year of a total return over all tests; NaN: they are shorter than a year, or a window is one. */
static double growth(const norni_port_result *r, double total) {
    const double years = norni_port_tests_years(r), window = norni_port_window_years(r);
    if (!(years >= norni_port_whole_year) || !(total >= -1)) return NORNI_NAN;
    if (fabs(window - 1) < 0.02) return NORNI_NAN;
    return norni_pow(1 + total, 1 / years) - 1;
}

/* "+2.3 % per test window of 60 days (+14.9 % a year over all tests one after the other)". */
static void put_per_window(const norni_port_tale *t, norni_buf *w, double x, double year,
                           bool plus) {
    char text[NORNI_PORT_WORD];
    const double days = t->stamp->window_days;
    norni_buf_format(w, "%s per test window",
                     plus ? norni_port_percent_plus(x, text) : norni_port_percent(x, text));
    if (days > 0) {
        norni_buf_text(w, " of ");
        norni_port_put_days(w, t->r->prices, days);
    }
    if (isfinite(year))
        norni_buf_format(
            w, " (%s a year over all tests one after the other)",
            plus ? norni_port_percent_plus(year, text) : norni_port_percent(year, text));
}

static void put_fact(norni_port_doc *d, const char *name, const char *text, const char *more) {
    norni_buf *w = norni_port_doc_words(d);
    norni_buf_format(w, "%s%s", text, more);
    norni_port_doc_fact(d, name);
}

void norni_port_tell_performance(const norni_port_tale *t) {
    const norni_port_row *x = &norni_port_first(t->r)->row;
    const double held = x->total_return - x->outperformance;
    const double year = growth(t->r, t->r->best_metrics.total_return),
                 held_year = growth(t->r, t->r->buyhold_metrics.total_return);
    char text[NORNI_PORT_WORD];
    norni_buf *w = norni_port_doc_words(t->d);
    put_per_window(t, w, x->outperformance, year - held_year, true);
    norni_port_doc_fact(t->d, "Outperformance");
    w = norni_port_doc_words(t->d);
    put_per_window(t, w, x->total_return, year, false);
    norni_port_doc_fact(t->d, "Return");
    w = norni_port_doc_words(t->d);
    put_per_window(t, w, held, held_year, false);
    norni_port_doc_fact(t->d, "Buy and hold");
    put_fact(t->d, "Sharpe ratio", norni_port_ratio(x->sharpe, text), ", annualised");
    put_fact(t->d, "Volatility", norni_port_percent(x->volatility, text), " a year");
    put_fact(t->d, "Max drawdown", norni_port_percent(x->max_drawdown, text),
             ", mean of the tests");
    w = norni_port_doc_words(t->d);
    norni_buf_text(w, "means over ");
    norni_port_put_counted(w, x->n_splits, "test window", "test windows");
    norni_buf_text(w, norni_port_is_free(&norni_port_first(t->r)->config.rule)
                          ? "; no costs are simulated"
                          : "; after costs");
    if (t->stamp->convention != NORNI_PORT_LIKE_EMPYRICAL)
        norni_buf_format(w, "; by empyrical's definitions, the table of metrics by %s's",
                         norni_port_convention_name(t->stamp->convention));
    norni_port_doc_fact(t->d, "All of these");
}

static void put_leverage_risk(const norni_port_tale *t) {
    const double times = norni_port_leverage(&norni_port_first(t->r)->config);
    char a[NORNI_PORT_WORD];
    if (!(times > 1)) return;
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_format(w, "losses grow by the %s times that are held: ", norni_port_ratio(times, a));
    norni_buf_format(w,
                     "a fall of %s between two rebalances takes everything; no lender's margin "
                     "call is simulated",
                     norni_port_percent(1 / times, a));
    norni_port_doc_fact(t->d, "Leverage");
}

void norni_port_tell_risks(const norni_port_tale *t) {
    const norni_port_best *b = norni_port_first(t->r);
    const norni_port_row *x = &b->row;
    char text[NORNI_PORT_WORD], more[96];
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_format(w, "%s", norni_port_percent_plus(x->gap_per_window, text));
    if (isfinite(x->gap_per_window))
        norni_buf_format(w,
                         " (%s): growth above buying and holding on train, brought to the length "
                         "of a test, less that on test; of whole windows %s train, %s test",
                         norni_port_gap_label(x->gap_per_window),
                         norni_port_percent_plus(x->train_outperformance, text),
                         norni_port_percent_plus(x->outperformance, more));
    norni_port_doc_fact(t->d, "Generalisation gap");
    w = norni_port_doc_words(t->d);
    const double won = floor(x->win_rate * x->n_splits + 0.5);
    if (isfinite(won)) {
        norni_buf_format(w, "%s (%s of ", norni_port_chance(x->win_rate, more),
                         norni_port_fixed(won, 0, text));
        norni_port_put_counted(w, x->n_splits, "test", "tests");
        norni_buf_text(w, ")");
    } else {
        norni_buf_text(w, "-");
    }
    norni_port_doc_fact(t->d, "Win rate");
    put_fact(t->d, "Spread of the tests", norni_port_percent(x->consistency, text),
             ", standard deviation of outperformance");
    put_fact(t->d, "Worst test drawdown", norni_port_percent(norni_port_worst_drawdown(b), text),
             "");
    put_leverage_risk(t);
    put_fact(
        t->d, "Deflated Sharpe", norni_port_chance(t->r->deflated.deflated, text),
        t->r->deflated_active
            ? ", the chance that the Sharpe ratio of its returns above buying and holding is more "
              "than the best of so many shows by luck"
            : ", the chance that its Sharpe ratio, the market's rise included, is more than the "
              "best of so many shows by luck");
    put_fact(t->d, "Above buy and hold", norni_port_chance(t->r->excess.probabilistic, text),
             ", the chance that its mean return is above that of buying and holding");
    if (t->r->pbo.n_trials > 0) {
        (void)norni_format(more, sizeof more, ", best by %s; 50 %% is a blind choice",
                           norni_port_measure_words(t->r->pbo.measure));
        put_fact(t->d, "Overfitting (PBO)", norni_port_chance(t->r->pbo.pbo, text), more);
    } else
        put_fact(t->d, "Overfitting (PBO)", "not estimated: ",
                 t->r->pbo_why[0] != '\0' ? t->r->pbo_why : "too few trials or bars");
}

void norni_port_tell_practice(const norni_port_tale *t) {
    const norni_port_best *b = norni_port_first(t->r);
    const norni_port_rule *rule = &b->config.rule;
    char text[NORNI_PORT_WORD];
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_format(w, "%s per test window on average",
                     norni_port_fixed(b->row.n_rebalances, 1, text));
    norni_port_doc_fact(t->d, "Rebalances");
    if (rule->min_interval_hours > 0) {
        w = norni_port_doc_words(t->d);
        norni_buf_format(w, "%s h since the last one",
                         norni_port_fixed(rule->min_interval_hours, 0, text));
        norni_port_doc_fact(t->d, "Least time apart");
    }
    w = norni_port_doc_words(t->d);
    norni_buf_format(w, "%s of the equity traded per test window",
                     norni_port_percent(b->row.turnover, text));
    norni_port_doc_fact(t->d, "Turnover");
    w = norni_port_doc_words(t->d);
    if (rule->delay > 0) {
        norni_buf_text(w, "orders are filled ");
        norni_port_put_counted(w, (uint64_t)rule->delay, "bar", "bars");
        norni_buf_text(w, " after the close that decides");
    } else {
        norni_buf_text(w, "orders are filled at the close that decides; live fills come later");
    }
    norni_port_doc_fact(t->d, "Execution");
}

void norni_port_tell_robustness(const norni_port_tale *t) {
    const char *why[NORNI_PORT_DOUBTS];
    const size_t n = norni_port_doubts(t->r, why);
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_format(w, "Verdict: %s.", norni_port_robustness(t->r));
    if (n == 0)
        norni_buf_text(w,
                       " Win rate, gap, deflated Sharpe probability, the chance to beat buying and "
                       "holding, and the probability of overfitting are all within their bounds.");
    else
        norni_buf_text(w, n == 1 ? " Why:" : " The reasons:");
    norni_port_doc_para(t->d);
    for (size_t k = 0; k < n; k++) {
        norni_buf_text(norni_port_doc_words(t->d), why[k]);
        norni_port_doc_item(t->d);
    }
    norni_port_doc_settle(t->d);
}
