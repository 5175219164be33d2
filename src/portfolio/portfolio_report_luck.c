/* Overfitting in words that a trader understands, what a choice in sample would have brought, and what to do. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/fp.h"
#include "portfolio/portfolio_report_facts.h"

/* With the number of trials forgotten: the whole return, and its difference to the purchase held. */
static void tell_single(const norni_port_tale *t) {
    const norni_port_result *r = t->r;
    const double p = r->excess.probabilistic, year = sqrt(r->prices->periods_per_year);
    char a[NORNI_PORT_WORD];
    norni_buf *w = norni_port_doc_words(t->d);
    if (!r->deflated_active)
        norni_buf_text(w,
                       "That judges the whole return, the market's own rise included: in a rising "
                       "market any configuration may pass. ");
    if (isfinite(p)) {
        norni_buf_format(w,
                         "The chance that its mean return is above that of buying and holding the "
                         "same assets is %s",
                         norni_port_chance(p, a));
        norni_buf_format(w,
                         " (the probabilistic Sharpe ratio of the difference, bar by bar; the "
                         "number of trials forgotten); the bar of 95 %% is %s.",
                         p >= norni_port_sure ? "passed" : "not passed");
    } else {
        norni_buf_text(w,
                       "Whether it beats buying and holding the same assets cannot be judged: the "
                       "difference of the returns is too short or does not vary.");
    }
    if (r->deflated_active && isfinite(r->raw.probabilistic)) {
        norni_buf_format(w,
                         " Its whole return, the market's own rise included, has a Sharpe ratio of "
                         "%s a year",
                         norni_port_ratio(r->raw.sharpe * year, a));
        norni_buf_format(w, ", above 0 with a chance of %s: no sign of skill by itself.",
                         norni_port_chance(r->raw.probabilistic, a));
    }
    norni_port_doc_para(t->d);
}

static void tell_record(const norni_port_tale *t) {
    const norni_port_result *r = t->r;
    const norni_port_deflated *f = r->deflated_active ? &r->excess : &r->deflated;
    char a[NORNI_PORT_WORD];
    norni_buf *w = norni_port_doc_words(t->d);
    if (isfinite(f->min_track_record)) {
        const double days = f->min_track_record / r->prices->bars_per_day;
        norni_buf_format(w, "Minimum track record: %s bars",
                         norni_port_fixed(ceil(f->min_track_record), 0, a));
        if (isfinite(days)) {
            norni_buf_text(w, " (about ");
            norni_port_put_days(w, r->prices, ceil(days));
            norni_buf_text(w, ")");
        }
        norni_buf_format(w, " would be needed to be 95 %% sure that %s; the tests have ",
                         r->deflated_active ? "its mean return is above that of buying and holding"
                                            : "the true Sharpe ratio is above 0");
        norni_port_put_counted(w, f->n_returns, "bar", "bars");
        norni_buf_text(w, ".");
    } else {
        norni_buf_format(w, "Minimum track record: none is long enough, since %s.",
                         r->deflated_active
                             ? "its mean return is not above that of buying and holding"
                             : "the Sharpe ratio is not above 0");
    }
    norni_port_doc_para(t->d);
}

static void tell_deflated(const norni_port_tale *t) {
    const norni_port_deflated *f = &t->r->deflated;
    const double year = sqrt(t->r->prices->periods_per_year);
    char a[NORNI_PORT_WORD], z[NORNI_PORT_WORD];
    norni_buf *w = norni_port_doc_words(t->d);
    if (!isfinite(f->deflated) && !isfinite(f->probabilistic)) {
        norni_port_doc_say(t->d, t->r->deflated_active
                                     ? "Deflated Sharpe ratio: not defined, since the returns of "
                                       "the tests less those of buying and holding are too few or "
                                       "do not vary."
                                     : "Deflated Sharpe ratio: not defined, since the returns of "
                                       "the tests are too few or do not vary.");
        return;
    }
    norni_buf_format(w, "Deflated Sharpe probability: %s. ", norni_port_chance(f->deflated, a));
    norni_buf_format(w, "Over the stitched tests %s a Sharpe ratio of %s a year",
                     t->r->deflated_active ? "the returns of the best configuration, less those of "
                                             "buying and holding the same assets, have"
                                           : "the best configuration has",
                     norni_port_ratio(f->sharpe * year, a));
    norni_buf_format(w, " (%s per bar).", norni_port_ratio(f->sharpe, a));
    if (f->n_trials > 1 && isfinite(f->expected_max))
        norni_buf_format(w,
                         " The best of %s configurations without any skill would be expected to "
                         "show %s a year.",
                         norni_port_fixed(f->n_trials, 0, a),
                         norni_port_ratio(f->expected_max * year, z));
    if (isfinite(f->deflated)) {
        norni_buf_format(w, " The chance that the true ratio is above %s is %s",
                         f->n_trials > 1 ? "that" : "0", norni_port_chance(f->deflated, a));
        norni_buf_text(w, f->deflated >= norni_port_sure
                              ? "; 95 % is the usual bar, and it is passed."
                              : "; 95 % is the usual bar, and it is not passed.");
    }
    if (!t->r->deflated_active)
        norni_buf_format(w, " That it is above 0, with the number of trials forgotten: %s.",
                         norni_port_chance(f->probabilistic, a));
    norni_port_doc_para(t->d);
    tell_single(t);
    tell_record(t);
}

static void tell_slope(const norni_port_pbo *o, norni_buf *w) {
    char a[NORNI_PORT_WORD];
    norni_buf_format(
        w, " One %s in sample came with %s",
        o->measure == NORNI_PORT_OF_SHARPE ? "unit more of Sharpe ratio" : "point more of growth",
        norni_port_ratio(fabs(o->slope), a));
    norni_buf_format(w, "%s %s out of sample",
                     o->measure == NORNI_PORT_OF_SHARPE ? " units" : " points",
                     o->slope < 0 ? "less" : "more");
    norni_buf_format(w, " (R squared %s).", norni_port_ratio(o->r_squared, a));
}

/* Behind "the configuration". */
static const char *best_words(norni_port_measure m) {
    switch (m) {
        case NORNI_PORT_OF_ACTIVE: return "that beat buying and holding its assets by most";
        case NORNI_PORT_OF_GROWTH: return "that grew most";
        case NORNI_PORT_OF_SHARPE: break;
    }
    return "of the highest Sharpe ratio";
}

static void tell_pbo(const norni_port_tale *t) {
    const norni_port_pbo *o = &t->r->pbo;
    char a[NORNI_PORT_WORD];
    norni_buf *w = norni_port_doc_words(t->d);
    if (o->n_trials == 0) {
        norni_buf_format(w, "Probability of backtest overfitting (PBO): not estimated: %s.",
                         t->r->pbo_why[0] != '\0' ? t->r->pbo_why : "too few trials or bars");
        norni_port_doc_para(t->d);
        return;
    }
    norni_buf_format(w, "Probability of backtest overfitting (PBO): %s. ",
                     norni_port_chance(o->pbo, a));
    norni_buf_format(w, "The tests were cut into %zu blocks and", o->n_blocks);
    norni_buf_format(
        w, " put into two halves in every one of %s ways. Of these ways to split the tests,",
        norni_port_count_text(o->n_splits, a));
    norni_buf_format(w, " in %s the configuration %s in one half (in sample)",
                     norni_port_chance(o->pbo, a), best_words(o->measure));
    norni_buf_text(w,
                   " was in the lower half of all configurations in the other (out of sample). ");
    norni_buf_text(w, o->pbo < norni_port_pbo_low ? "Choosing the best in sample carries over well."
                      : o->pbo < norni_port_even
                          ? "Choosing the best in sample carries over in part."
                          : "Choosing the best in sample does no better than choosing blindly.");
    norni_port_doc_para(t->d);
    w = norni_port_doc_words(t->d);
    norni_buf_format(w, "In %s of the ways the chosen one %s out of sample.",
                     norni_port_chance(o->loss_probability, a),
                     o->measure == NORNI_PORT_OF_ACTIVE   ? "trailed buying and holding"
                     : o->measure == NORNI_PORT_OF_GROWTH ? "lost money"
                                                          : "lost money on average");
    if (isfinite(o->slope)) tell_slope(o, w);
    norni_port_doc_para(t->d);
    if (t->r->n_trials_total <= o->n_trials) return;
    w = norni_port_doc_words(t->d);
    norni_buf_format(w, "PBO is of %s configurations,", norni_port_count_text(o->n_trials, a));
    norni_buf_format(w, " spread evenly over the %s that were simulated.",
                     norni_port_count_text(t->r->n_trials_total, a));
    norni_port_doc_para(t->d);
}

void norni_port_tell_overfitting(const norni_port_tale *t) {
    char a[NORNI_PORT_WORD];
    norni_buf *w = norni_port_doc_words(t->d);
    if (norni_port_is_in_sample(t->r)) {
        norni_buf_format(w, "The configuration was chosen by its %s, the mean over all trains. ",
                         norni_port_metric_words(t->r->metric));
        norni_buf_text(w, t->r->n_splits < 2
                              ? "There is one train alone, so the test is untouched by the choice."
                              : "The train of a later split contains the tests before it: only "
                                "the last test is untouched by the choice, the figures of the "
                                "others are not.");
    } else {
        norni_buf_format(w, "The configuration was chosen by its %s, out of %s. ",
                         norni_port_metric_words(t->r->metric),
                         norni_port_count_text(t->r->counts.n_distinct, a));
        norni_buf_text(w,
                       "The best of many is partly lucky: expect less than it shows. The figures "
                       "below say how much less.");
    }
    norni_port_doc_para(t->d);
    tell_deflated(t);
    tell_pbo(t);
}

/* "beaten buying and holding by 1.12 %", or what it lost. */
static void put_beaten(norni_buf *w, double mean) {
    char a[NORNI_PORT_WORD];
    if (fabs(mean) < 5e-6) {
        norni_buf_text(w, "done as well as buying and holding");
        return;
    }
    norni_buf_format(w, "%s buying and holding by %s", mean > 0 ? "beaten" : "trailed",
                     norni_port_percent(fabs(mean), a));
}

/* Outperformance of the best one in the last test; NaN. */
static double last_test(const norni_port_tale *t) {
    const norni_port_best *b = norni_port_first(t->r);
    const size_t n = b->row.n_splits;
    if (n == 0 || b->test == NULL) return NORNI_NAN;
    return b->test[n - 1].total_return - b->test[n - 1].buyhold_return;
}

/* mean: test outperformance of what was best on train. */
static void tell_chosen(const norni_port_tale *t, double mean) {
    const norni_port_best *b = norni_port_first(t->r);
    const double kept = t->r->efficiency;
    char a[NORNI_PORT_WORD];
    norni_buf *w = norni_port_doc_words(t->d);
    norni_buf_text(w, "Whoever had always taken what was best so far would have ");
    put_beaten(w, mean);
    norni_buf_text(w, " per test window on average");
    if (isfinite(b->row.outperformance)) {
        norni_buf_text(w, norni_port_is_in_sample(t->r)
                              ? "; the best configuration of this report, chosen by all trains "
                                "together, has "
                              : "; the best configuration of this report, known only afterwards, "
                                "has ");
        put_beaten(w, b->row.outperformance);
    }
    if (norni_port_is_in_sample(t->r) && t->r->n_splits > 1 && isfinite(last_test(t))) {
        norni_buf_text(w, ", and in the last test, which no train contains, ");
        put_beaten(w, last_test(t));
    }
    norni_buf_text(w, ".");
    if (kept > 0)
        norni_buf_format(w,
                         " Walk-forward efficiency: %s of what the choice gained on train above "
                         "buying and holding, bar for bar, was kept on test.",
                         norni_port_percent(kept, a));
    else if (isfinite(kept))
        norni_buf_format(w,
                         " Walk-forward efficiency: %s: nothing of what the choice gained on train "
                         "above buying and holding was kept on test.",
                         norni_port_percent(kept, a));
    norni_port_doc_para(t->d);
}

void norni_port_tell_walk(const norni_port_tale *t) {
    static const norni_port_column column[] = {
        {"Split", false, 0},
        {"Best on train,\nconfiguration", false, 0},
        {"Its test\noutperformance", false, 0},
        {"The report's best,\ntest outperformance", false, 0}};
    const norni_port_result *r = t->r;
    const norni_port_best *b = norni_port_first(r);
    norni_port_table table;
    char a[NORNI_PORT_WORD];
    double sum = 0, n = 0;
    if (r->walk_forward == NULL) return;
    norni_port_table_begin(&table, t->d,
                           "What was best on train of a split, on the test of the same split",
                           column, 4);
    for (size_t i = 0; i < r->n_splits; i++) {
        const double x = r->walk_forward[i];
        if (isfinite(x)) sum += x, n += 1;
        norni_port_table_say(&table, norni_port_count_text(i + 1, a));
        norni_port_table_say(&table,
                             isfinite(x) ? norni_port_count_text(r->walk_forward_id[i], a) : "-");
        norni_port_table_say(&table, norni_port_percent_plus(x, a));
        const bool there = i < b->row.n_splits && b->test != NULL;
        norni_port_table_say(
            &table,
            norni_port_percent_plus(
                there ? b->test[i].total_return - b->test[i].buyhold_return : NORNI_NAN, a));
    }
    norni_port_table_end(&table);
    if (n > 0) tell_chosen(t, sum / n);
}

static void item(const norni_port_tale *t, const char *words) {
    norni_buf_text(norni_port_doc_words(t->d), words);
    norni_port_doc_item(t->d);
}

/* By the worst drawdown of the tests, below 0; a limit of the whole capital is none. */
static void put_limits(const norni_port_tale *t, double worst) {
    char a[NORNI_PORT_WORD], z[NORNI_PORT_WORD];
    norni_buf *w = norni_port_doc_words(t->d);
    if (1.5 * worst > -1)
        norni_buf_format(w, "Largest drawdown to plan for: %s, 1.5 times the worst of the tests",
                         norni_port_percent(1.5 * worst, a));
    else
        norni_buf_text(w,
                       "Largest drawdown to plan for: the whole capital; 1.5 times the worst of "
                       "the tests would be more than there is");
    norni_buf_format(w, " (%s).", norni_port_percent(worst, z));
    norni_port_doc_item(t->d);
    w = norni_port_doc_words(t->d);
    if (2 * worst > -0.9)
        norni_buf_format(w,
                         "Stop and look again at a drawdown of %s, twice the worst of the tests.",
                         norni_port_percent(2 * worst, a));
    else
        norni_buf_format(w,
                         "Stop and look again: twice the worst drawdown of the tests would be %s, "
                         "so name a limit of your own, at the latest the worst of the tests itself "
                         "(%s).",
                         2 * worst > -1 ? "nearly everything" : "everything",
                         norni_port_percent(worst, z));
    norni_port_doc_item(t->d);
}

void norni_port_tell_advice(const norni_port_tale *t) {
    const norni_port_best *b = norni_port_first(t->r);
    const double worst = norni_port_worst_drawdown(b);
    switch (norni_port_verdict_of(t->r)) {
        case NORNI_PORT_ROBUST:
            item(t,
                 "Deployment: full capital. Win rate, gap, deflated Sharpe probability, the chance "
                 "to beat buying and holding, and PBO all allow it.");
            break;
        case NORNI_PORT_MODERATE:
            item(t,
                 "Deployment: 50-75 % of the capital at first; the rest when live results bear the "
                 "tests out.");
            break;
        case NORNI_PORT_CAUTION:
            item(t, "Deployment: on paper only, until the reasons under Robustness are gone.");
            break;
    }
    if (norni_port_is_ruined(b)) {
        item(t,
             "Drawdown: a test lost everything, so no limit can be named; do not trade this "
             "configuration.");
    } else if (isfinite(worst) && worst < 0) {
        put_limits(t, worst);
    }
    item(t,
         "Search anew every 3 to 6 months, on new prices, and compare with this report's digest "
         "and figures.");
    if (norni_port_is_free(&b->config.rule))
        item(t,
             "No costs were simulated: run the search again with --fee-bps and --slippage-bps of "
             "your exchange.");
    item(t,
         "Past prices bind no future ones; this report is arithmetic, no advice on investments.");
    norni_port_doc_settle(t->d);
}
