/* Labels and verdicts of a search: what its numbers allow to say, and what they do not. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "portfolio/portfolio_report_facts.h"

#include <math.h>

#include "base/fp.h"

/* The reference's bounds: win rate and gap of a robust and of a moderate result. */
static const double win_robust = 0.8, win_moderate = 0.6, gap_low = 0.05, gap_moderate = 0.10;
enum { FEW_TESTS = 3 };

const norni_port_best *norni_port_first(const norni_port_result *r) {
    return r->n_top > 0 ? &r->top[0] : NULL;
}

const char *norni_port_gap_label(double gap) {
    if (!isfinite(gap)) return "not known";
    return fabs(gap) < gap_low ? "low" : fabs(gap) < gap_moderate ? "moderate" : "high";
}

bool norni_port_is_in_sample(const norni_port_result *r) {
    return r->metric == NORNI_PORT_BY_TRAIN_OUTPERFORMANCE ||
           r->metric == NORNI_PORT_BY_TRAIN_SHARPE;
}

double norni_port_leverage(const norni_port_config *c) {
    const norni_port_alloc *a = &c->alloc;
    double sum = 0;
    if (a->vol_target > 0) return a->max_leverage;
    if (a->kind != NORNI_PORT_FIXED) return a->leverage;
    for (size_t k = 0; k < a->n_weights && k < c->n_assets; k++)
        sum += fabs(a->weight[k]);
    return floor(sum * a->leverage * 1e9 + 0.5) / 1e9;
}

/* Times of a file without dates are counted: bars then. */
static double years_between(const norni_port_prices *p, int64_t from, int64_t to, double bars) {
    if (p->style.kind == NORNI_TIME_INDEX)
        return p->periods_per_year > 0 ? bars / p->periods_per_year : NORNI_NAN;
    return (double)(to - from) / (365.25 * (double)NORNI_US_DAY);
}

double norni_port_tests_years(const norni_port_result *r) {
    if (r->n_oos == 0 || r->oos_time == NULL) return NORNI_NAN;
    return years_between(r->prices, r->oos_time[0], r->oos_time[r->n_oos], (double)r->n_oos);
}

double norni_port_window_years(const norni_port_result *r) {
    if (r->n_splits == 0) return NORNI_NAN;
    const norni_port_split *s = &r->split[r->n_splits - 1];
    const double bars = (double)(s->test_end - s->test_first);
    if (bars < 2 || s->test_end > r->prices->n_bars) return NORNI_NAN;
    const int64_t *time = r->prices->time;
    return years_between(r->prices, time[s->test_first], time[s->test_end - 1], bars - 1) * bars /
           (bars - 1);
}

bool norni_port_is_free(const norni_port_rule *rule) {
    return !(rule->fee > 0) && !(rule->slippage > 0) && !(rule->fixed_fee > 0);
}

double norni_port_worst_drawdown(const norni_port_best *b) {
    double worst = NORNI_NAN;
    for (size_t i = 0; i < b->row.n_splits && b->test != NULL; i++)
        if (isfinite(b->test[i].max_drawdown) && !(b->test[i].max_drawdown > worst))
            worst = b->test[i].max_drawdown;
    return worst;
}

bool norni_port_is_ruined(const norni_port_best *b) {
    for (size_t i = 0; i < b->row.n_splits && b->test != NULL; i++)
        if (b->test[i].ruined) return true;
    return false;
}

const char *norni_port_measure_words(norni_port_measure m) {
    return m == NORNI_PORT_OF_SHARPE   ? "Sharpe ratio"
           : m == NORNI_PORT_OF_GROWTH ? "growth"
                                       : "growth above buying and holding";
}

/* Mean test outperformance of what was best on train; NaN. */
static double walked(const norni_port_result *r) {
    double sum = 0, n = 0;
    for (size_t i = 0; r->walk_forward != NULL && i < r->n_splits; i++)
        if (isfinite(r->walk_forward[i])) sum += r->walk_forward[i], n += 1;
    return n > 0 ? sum / n : NORNI_NAN;
}

/* What speaks against the result even where win rate and gap are good: for caution, or for no more than moderate. */
typedef struct doubt {
    bool holds, grave;
    const char *why;
} doubt;

static size_t doubts_of(const norni_port_result *r, doubt out[NORNI_PORT_DOUBTS]) {
    const norni_port_best *b = norni_port_first(r);
    const norni_port_row *w = &b->row;
    const double dsr = r->deflated.deflated, gap = fabs(w->gap_per_window),
                 above = r->excess.probabilistic;
    const bool known = isfinite(w->outperformance), told = r->pbo.n_trials > 0,
               many = r->n_splits >= 2;
    const doubt all[NORNI_PORT_DOUBTS] = {
        {norni_port_is_ruined(b), true, "in a test the whole capital was lost"},
        {!known, true, "the tests gave no outperformance that could be judged"},
        {known && !(w->outperformance > 0), true,
         "on average the tests do not beat buying and holding the same assets"},
        {r->counts.n_distinct > 1 && !(walked(r) > 0), true,
         "walk-forward, what was best on train did not beat buying and holding on test"},
        {known && many && !(w->win_rate >= win_moderate), true,
         "fewer than 60 % of the tests were won"},
        {many && w->win_rate >= win_moderate && w->win_rate < win_robust, false,
         "fewer than 80 % of the tests were won"},
        {known && !(gap < gap_moderate), true,
         gap >= gap_moderate ? "the gap between train and test is 10 % or more per test window"
                             : "the gap between train and test is not known"},
        {gap < gap_moderate && !(gap < gap_low), false,
         "the gap between train and test is 5 % or more per test window"},
        {r->n_splits < FEW_TESTS || w->n_splits < FEW_TESTS, true,
         r->n_splits < 2 ? "a single test proves nothing: there is no win rate to speak of"
                         : "two tests are too few for a win rate"},
        {!(dsr >= norni_port_even), true,
         !isfinite(dsr) ? "the Sharpe ratio cannot be judged against luck"
         : r->deflated_active
             ? "the Sharpe ratio of its returns above buying and holding is below what the best of "
               "so many trials shows by luck"
             : "the Sharpe ratio is below what the best of so many trials shows by luck"},
        {dsr >= norni_port_even && dsr < norni_port_sure, false,
         "luck is not ruled out: the deflated Sharpe probability is below 95 %"},
        {!(above >= norni_port_even), true,
         isfinite(above) ? "it is likelier than not that its mean return is below that of buying "
                           "and holding the same assets"
                         : "its returns less those of buying and holding cannot be judged"},
        {above >= norni_port_even && above < norni_port_sure, false,
         "it is not sure that it beats buying and holding: the chance that its mean return is the "
         "higher one is below 95 %"},
        {told && !(r->pbo.pbo < norni_port_even), true,
         "choosing the best in sample does no better than choosing blindly (PBO 50 % or more)"},
        {told && r->pbo.pbo < norni_port_even && !(r->pbo.pbo < norni_port_pbo_high), true,
         "choosing the best in sample does hardly better than choosing blindly (PBO 40 % or more)"},
        {told && r->pbo.pbo < norni_port_pbo_high && !(r->pbo.pbo < norni_port_pbo_low), false,
         "the probability of overfitting (PBO) is 20 % or more"},
        {!told && r->deflated.n_trials > 1, false,
         "the probability of overfitting (PBO) could not be estimated"}};
    size_t n = 0;
    for (size_t k = 0; k < NORNI_PORT_DOUBTS; k++)
        if (all[k].holds) out[n++] = all[k];
    return n;
}

size_t norni_port_doubts(const norni_port_result *r, const char *why[NORNI_PORT_DOUBTS]) {
    doubt d[NORNI_PORT_DOUBTS];
    if (norni_port_first(r) == NULL) return 0;
    const size_t n = doubts_of(r, d);
    for (size_t k = 0; k < n; k++)
        why[k] = d[k].why;
    return n;
}

norni_port_verdict norni_port_verdict_of(const norni_port_result *r) {
    doubt d[NORNI_PORT_DOUBTS];
    if (norni_port_first(r) == NULL) return NORNI_PORT_CAUTION;
    const size_t n = doubts_of(r, d);
    for (size_t k = 0; k < n; k++)
        if (d[k].grave) return NORNI_PORT_CAUTION;
    return n == 0 ? NORNI_PORT_ROBUST : NORNI_PORT_MODERATE;
}

const char *norni_port_robustness(const norni_port_result *r) {
    switch (norni_port_verdict_of(r)) {
        case NORNI_PORT_ROBUST: return "highly robust";
        case NORNI_PORT_MODERATE: return "moderately robust";
        case NORNI_PORT_CAUTION: break;
    }
    return "use with caution";
}

size_t norni_port_event_bar(const norni_port_result *r, const norni_port_event *e) {
    (void)r;
    return e->bar;
}

void norni_port_put_short(norni_buf *b, norni_str s, size_t most) {
    size_t seen = 0, n = 0;
    while (n < s.n) {
        const bool starts = ((unsigned char)s.p[n] & 0xC0) != 0x80;
        if (starts && seen + 2 >= most && s.n - n > 2) break;
        seen += starts;
        n++;
    }
    norni_buf_add(b, s.p, n);
    if (n < s.n) norni_buf_text(b, "..");
}

void norni_port_put_axis(norni_buf *b, const char *name) {
    for (; *name != '\0'; name++)
        norni_buf_add(b, *name == '_' ? " " : name, 1);
}
