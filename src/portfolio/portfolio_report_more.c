/* Further sections of a report: best against median, costs, metrics by convention, windows, events, notes. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "portfolio/portfolio_report_facts.h"

static void put_near_axes(const norni_port_result *r, norni_buf *w) {
    size_t left = 0, n = 0;
    for (size_t k = 0; k < r->n_axes && k < 64; k++)
        left += (r->neighbour_axes >> k) & 1;
    for (size_t k = 0; k < r->n_axes && k < 64; k++) {
        if (((r->neighbour_axes >> k) & 1) == 0) continue;
        left--;
        norni_buf_text(w, n++ == 0 ? "" : left > 0 ? ", " : " or ");
        norni_port_put_axis(w, norni_port_grid_axis_name(r->grid, k));
    }
}

/* How much the best one's neighbours have of its value; costs are no choices, and names have no neighbours. */
static void put_plateau(const norni_port_tale *t, norni_buf *w) {
    const norni_port_result *r = t->r;
    char a[NORNI_PORT_WORD];
    if (r->counts.n_distinct < 2) return;
    norni_buf_text(w, w->n > 0 ? " " : "");
    if (r->n_neighbours < 2) {
        norni_buf_format(
            w, "%s, one step away on ",
            r->n_neighbours == 0 ? "It has no neighbour" : "It has a single neighbour");
        if (r->n_neighbours == 0)
            norni_buf_text(w, "an axis of numbers (costs are no choice)");
        else
            put_near_axes(r, w);
        norni_buf_text(w, ": too few to say whether it stands on a plateau or on a peak.");
    } else if (isfinite(r->plateau) && r->best > 0 && r->plateau > -10 && r->plateau < 10) {
        norni_buf_format(w, "Its %s neighbours, one step away on ",
                         norni_port_count_text(r->n_neighbours, a));
        put_near_axes(r, w);
        norni_buf_format(w,
                         ", reach %s of its value on average: ", norni_port_chance(r->plateau, a));
        norni_buf_text(
            w, r->plateau >= 0.8
                   ? "it stands on a plateau, small errors in these parameters matter little."
               : r->plateau >= 0.5
                   ? "it stands on a slope."
                   : "it stands on a peak, and small changes of these parameters lose much of it.");
    }
}

void norni_port_tell_median(const norni_port_tale *t) {
    const norni_port_result *r = t->r;
    const norni_port_metric m = r->metric;
    char a[NORNI_PORT_WORD];
    const struct {
        const char *name;
        double value;
    } row[] = {{"Best", r->best}, {"Average", r->mean}, {"Median", r->median}, {"Worst", r->worst}};
    for (size_t k = 0; k < 4; k++) {
        norni_buf_text(norni_port_doc_words(t->d), norni_port_metric_text(m, row[k].value, a));
        norni_port_doc_fact(t->d, row[k].name);
    }
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_format(w, "%s of ", norni_port_chance(r->positive_share, a));
    norni_port_put_counted(w, r->counts.n_usable, "configuration", "configurations");
    norni_port_doc_fact(t->d, "Beat buy and hold");
    norni_port_doc_settle(t->d);
    const double apart =
        norni_port_metric_shown(m, r->best) - norni_port_metric_shown(m, r->median);
    w = norni_port_doc_words(t->d);
    if (isfinite(apart) && norni_port_metric_is_share(m))
        norni_buf_format(w,
                         "Best and median are %s points apart: that much of the best one is "
                         "choice, skilled or lucky.",
                         norni_port_fixed(fabs(100 * apart), 2, a));
    else if (isfinite(apart))
        norni_buf_format(
            w,
            "Best and median are %s apart: that much of the best one is choice, skilled or lucky.",
            norni_port_ratio(fabs(apart), a));
    put_plateau(t, w);
    if (w->n > 0) norni_port_doc_para(t->d);
}

void norni_port_tell_costs(const norni_port_tale *t) {
    const norni_port_best *b = norni_port_first(t->r);
    const norni_port_rule *rule = &b->config.rule;
    char a[NORNI_PORT_WORD];
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_format(w, "fee %s bps", norni_port_fixed(1e4 * rule->fee, 1, a));
    norni_buf_format(w, ", slippage %s bps of the traded value",
                     norni_port_fixed(1e4 * rule->slippage, 1, a));
    if (rule->fixed_fee > 0)
        norni_buf_format(w, ", and %s for each asset traded",
                         norni_port_fixed(rule->fixed_fee, 2, a));
    norni_port_doc_fact(t->d, "Rates");
    if (norni_port_leverage(&b->config) > 1) {
        w = norni_port_doc_words(t->d);
        norni_port_put_borrowing(w, rule);
        norni_port_doc_fact(t->d, "Borrowing");
    }
    w = norni_port_doc_words(t->d);
    norni_buf_format(w, "%s per test window", norni_port_fixed(b->row.costs, 2, a));
    if (rule->capital > 0)
        norni_buf_format(w, ", %s of the capital, the purchase included",
                         norni_port_percent(b->row.costs / rule->capital, a));
    norni_port_doc_fact(t->d, "Costs paid");
    w = norni_port_doc_words(t->d);
    norni_buf_format(w, "%s of the equity per test window, in ",
                     norni_port_percent(b->row.turnover, a));
    norni_buf_format(w, "%s rebalances on average", norni_port_fixed(b->row.n_rebalances, 1, a));
    norni_port_doc_fact(t->d, "Turnover");
    norni_port_doc_settle(t->d);
    if (!norni_port_is_free(rule) || !isfinite(b->row.turnover)) return;
    w = norni_port_doc_words(t->d);
    norni_buf_format(w,
                     "Without costs the figures are too good: at 15 bps this turnover would take "
                     "about %s per test window.",
                     norni_port_percent(0.0015 * (1 + b->row.turnover), a));
    norni_port_doc_para(t->d);
}

/* ---- metrics ---- */

static double metric_at(const norni_port_metrics *m, size_t offset) {
    double x;
    memcpy(&x, (const char *)m + offset, sizeof x);
    return x;
}

static const char *metric_text(const norni_port_metric_row *row, double x,
                               char out[NORNI_PORT_WORD]) {
    if (row->offset == offsetof(norni_port_metrics, drawdown_bars))
        return norni_port_fixed(x, 0, out);
    return row->share ? norni_port_percent(x, out) : norni_port_ratio(x, out);
}

void norni_port_tell_metrics(const norni_port_tale *t) {
    static const norni_port_column column[] = {
        {"Metric", true, 0}, {"Best", false, 0}, {"Buy and hold", false, 0}, {"Formula", true, 44}};
    size_t n = 0;
    const norni_port_metric_row *row = norni_port_metric_rows(t->stamp->convention, &n);
    const norni_port_metrics *best = &t->r->best_metrics, *held = &t->r->buyhold_metrics;
    char caption[200], a[NORNI_PORT_WORD];
    (void)norni_format(
        caption, sizeof caption, "All tests one after the other (%s %s), convention: %s",
        norni_port_count_text(t->r->n_oos, a), t->r->n_oos == 1 ? "return" : "returns",
        norni_port_convention_name(t->stamp->convention));
    norni_port_table table;
    norni_port_table_begin(&table, t->d, caption, column, t->d->html ? 4 : 3);
    for (size_t i = 0; i < n; i++) {
        const double x = metric_at(best, row[i].offset), y = metric_at(held, row[i].offset);
        norni_port_table_say(&table, row[i].words);
        norni_port_table_say(&table, metric_text(&row[i], x, a));
        norni_port_table_say(&table, metric_text(&row[i], y, a));
        if (t->d->html) norni_port_table_say(&table, row[i].formula);
    }
    norni_port_table_end(&table);
    if (t->stamp->convention == NORNI_PORT_LIKE_VECTORBT && norni_port_is_trading(t->r->prices))
        norni_port_doc_say(t->d,
                           "vectorbt counts a bar of these prices as a calendar day: its figures a "
                           "year are of 365 bars, which here are more than a year.");
    if (norni_port_tests_years(t->r) < norni_port_whole_year)
        norni_port_doc_say(t->d,
                           "All tests together are shorter than a year: growth a year (CAGR) and "
                           "what is made of it go beyond what was seen.");
}

/* ---- the last train and test ---- */

static void put_money(norni_port_table *t, double a, double b) {
    char text[NORNI_PORT_WORD];
    norni_port_table_say(t, norni_port_fixed(a, 2, text));
    norni_port_table_say(t, norni_port_fixed(b, 2, text));
}

static void put_shares(norni_port_table *t, double a, double b) {
    char text[NORNI_PORT_WORD];
    norni_port_table_say(t, norni_port_percent(a, text));
    norni_port_table_say(t, norni_port_percent(b, text));
}

static void put_ratios(norni_port_table *t, double a, double b) {
    char text[NORNI_PORT_WORD];
    norni_port_table_say(t, norni_port_ratio(a, text));
    norni_port_table_say(t, norni_port_ratio(b, text));
}

static void put_counts(norni_port_table *t, size_t a, size_t b) {
    char text[NORNI_PORT_WORD];
    norni_port_table_say(t, norni_port_count_text(a, text));
    norni_port_table_say(t, norni_port_count_text(b, text));
}

static void put_times(const norni_port_tale *t, norni_port_table *table, size_t a, size_t b) {
    const norni_port_prices *p = t->r->prices;
    char text[NORNI_PORT_WORD];
    norni_port_table_say(table, a < p->n_bars ? norni_port_time_text(p, p->time[a], text) : "-");
    norni_port_table_say(table, b < p->n_bars ? norni_port_time_text(p, p->time[b], text) : "-");
}

void norni_port_tell_windows(const norni_port_tale *t) {
    static const norni_port_column column[] = {
        {"", true, 0}, {"Train", false, 0}, {"Test", false, 0}};
    const norni_port_result *r = t->r;
    const norni_port_path *in = &r->train_path, *out = &r->test_path;
    const norni_port_stats *a = &in->stats, *b = &out->stats;
    const double capital = norni_port_first(r)->config.rule.capital;
    norni_port_table table;
    if (r->n_splits == 0 || out->n == 0) return;
    const norni_port_split *s = &r->split[r->n_splits - 1];
    norni_port_table_begin(&table, t->d,
                           "The best configuration over the windows of the last split", column, 3);
    norni_port_table_say(&table, "From");
    put_times(t, &table, s->train_first, s->test_first);
    norni_port_table_say(&table, "To");
    put_times(t, &table, s->train_end - 1, s->test_end - 1);
    norni_port_table_say(&table, "Bars");
    put_counts(&table, in->n, out->n);
    norni_port_table_say(&table, "Initial capital");
    put_money(&table, capital, capital);
    norni_port_table_say(&table, "Final value");
    put_money(&table, a->final_value, b->final_value);
    norni_port_table_say(&table, "Final value, buy and hold");
    put_money(&table, capital * (1 + a->buyhold_return), capital * (1 + b->buyhold_return));
    norni_port_table_say(&table, "Total return");
    put_shares(&table, a->total_return, b->total_return);
    norni_port_table_say(&table, "Total return, buy and hold");
    put_shares(&table, a->buyhold_return, b->buyhold_return);
    norni_port_table_say(&table, "Outperformance");
    put_shares(&table, a->total_return - a->buyhold_return, b->total_return - b->buyhold_return);
    norni_port_table_say(&table, "Max drawdown");
    put_shares(&table, a->max_drawdown, b->max_drawdown);
    norni_port_table_say(&table, "Volatility a year");
    put_shares(&table, a->volatility, b->volatility);
    norni_port_table_say(&table, "Sharpe ratio");
    put_ratios(&table, a->sharpe, b->sharpe);
    norni_port_table_say(&table, "Rebalances");
    put_counts(&table, a->n_rebalances, b->n_rebalances);
    norni_port_table_say(&table, "Held back (interval, momentum)");
    put_counts(&table, a->n_blocked, b->n_blocked);
    norni_port_table_say(&table, "Turnover, share of the equity");
    put_shares(&table, a->turnover, b->turnover);
    norni_port_table_say(&table, "Costs paid");
    put_money(&table, a->costs, b->costs);
    norni_port_table_end(&table);
    if (a->ruined || b->ruined)
        norni_port_doc_say(
            t->d, "The whole capital was lost: the equity reached 0, and everything was closed.");
}

/* ---- events ---- */

static void put_weights(const norni_port_tale *t, const norni_port_event *e, norni_buf *w) {
    const norni_port_config *c = &norni_port_first(t->r)->config;
    const size_t n = t->r->test_path.n_assets < 8 ? t->r->test_path.n_assets : 8;
    char a[NORNI_PORT_WORD];
    for (size_t k = 0; k < n && k < c->n_assets; k++) {
        norni_buf_text(w, k > 0 ? ", " : "");
        norni_port_put_short(w, t->r->prices->symbol[c->asset[k]], 16);
        norni_buf_format(w, " %s", norni_port_percent(e->weights_before[k], a));
    }
    if (t->r->test_path.n_assets > n)
        norni_buf_format(w, " and %zu more", t->r->test_path.n_assets - n);
}

void norni_port_tell_events(const norni_port_tale *t, size_t most) {
    static const norni_port_column column[] = {
        {"Time", true, 0},    {"Value", false, 0}, {"Off target\nby at most", false, 0},
        {"Traded", false, 0}, {"Costs", false, 0}, {"Weights before", true, 0}};
    const norni_port_result *r = t->r;
    const norni_port_path *p = &r->test_path;
    const size_t n = p->n_events < most ? p->n_events : most;
    char a[NORNI_PORT_WORD];
    norni_port_table table;
    norni_buf *w = norni_port_doc_words(t->d);
    if (n == 0 || r->n_splits == 0) {
        norni_port_doc_say(
            t->d,
            "In the last test the best configuration never rebalanced: what was bought was held.");
        return;
    }
    norni_port_table_begin(
        &table, t->d,
        r->prices->filter
            ? "Rebalances and filter trades of the best configuration in the last test"
            : "Rebalances of the best configuration in the last test",
        column, t->d->html ? 6 : 5);
    for (size_t i = 0; i < n; i++) {
        const norni_port_event *e = &p->event[i];
        const size_t bar = norni_port_event_bar(r, e);
        norni_port_table_say(&table, bar < r->prices->n_bars
                                         ? norni_port_time_text(r->prices, r->prices->time[bar], a)
                                         : "-");
        norni_port_table_say(&table, norni_port_fixed(e->total_value, 2, a));
        norni_port_table_say(&table, norni_port_percent(e->max_deviation, a));
        norni_port_table_say(&table, norni_port_percent(e->turnover, a));
        norni_port_table_say(&table, norni_port_fixed(e->cost, 2, a));
        if (!t->d->html) continue;
        w = norni_port_doc_words(t->d);
        put_weights(t, e, w);
        norni_port_table_words(&table);
    }
    norni_port_table_end(&table);
    if (p->n_events <= n) return;
    w = norni_port_doc_words(t->d);
    norni_buf_format(w, "The first %zu of ", n);
    norni_port_put_counted(w, p->n_events, r->prices->filter ? "trade" : "rebalance",
                           r->prices->filter ? "trades" : "rebalances");
    norni_buf_text(w, "; all of them are in rebalance_events.csv.");
    norni_port_doc_para(t->d);
}
