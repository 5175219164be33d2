/* Analyst's insights and recommendations: the spec's thresholds on figures that are there. */
/* SPDX-License-Identifier: Apache-2.0 */
/* The reference read its figures under keys that were not there, so that every report said "Critical: current ratio 0.00". Here
 * a figure that is NaN is not spoken of, and averages are called averages. */
#include <math.h>
#include <stdarg.h>

#include "finance/finance_anomalies.h"
#include "finance/finance_narrative.h"
#include "finance/finance_words.h"

enum { W = NORNI_FIN_WORD };
static const double WEAK = 70, AHEAD = 0.5; /* points of growth that are no rounding */

void norni_fin_say(norni_fin_listener *l, const char *fmt, ...) {
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    const size_t n = norni_vformat(text, sizeof text, fmt, ap);
    va_end(ap);
    l->take(l->user, (norni_str){text, n});
}

static void tell_sales(norni_fin_listener *l, const norni_fin_kpis *k, const norni_fin_trends *t) {
    char a[W], b[W], q[NORNI_FIN_QUARTER];
    if (k->roas < 2)
        norni_fin_say(l,
                      "ROAS averages %s, below 2: marketing spend brings little revenue, review "
                      "its channels.",
                      norni_fin_number_text(k->roas, a));
    else if (k->roas > 5)
        norni_fin_say(
            l, "ROAS averages %s, above 5: marketing is efficient, and spending more may pay.",
            norni_fin_number_text(k->roas, a));
    if (t->revenue_quarter > 20)
        norni_fin_say(l,
                      "Revenue of %s grew %s against %s: see that capacity and working capital "
                      "keep up.",
                      norni_fin_quarter_text(t, q), norni_fin_percent_text(t->revenue_quarter, a),
                      norni_fin_quarter_before(t));
    else if (t->revenue_quarter < -10)
        norni_fin_say(l,
                      "Revenue of %s fell %s against %s: find out which products and regions it "
                      "was.",
                      norni_fin_quarter_text(t, q), norni_fin_percent_text(-t->revenue_quarter, a),
                      norni_fin_quarter_before(t));
    if (t->expenses_year > t->revenue_year + AHEAD)
        norni_fin_say(l,
                      "Expenses of the last 12 months changed by %s against the 12 before and "
                      "revenue by %s: costs outpace sales.",
                      norni_fin_signed_text(t->expenses_year, a),
                      norni_fin_signed_text(t->revenue_year, b));
    if (k->profit_margin < 0.10)
        norni_fin_say(l,
                      "Profit margin is %s, below 10 %%: pricing and cost structure need a look.",
                      norni_fin_percent_text(100 * k->profit_margin, a));
    else if (k->profit_margin > 0.25)
        norni_fin_say(l, "Profit margin is %s, above 25 %%: there is room to invest in growth.",
                      norni_fin_percent_text(100 * k->profit_margin, a));
}

static void tell_cash(norni_fin_listener *l, const norni_fin_kpis *k, const norni_fin_trends *t) {
    char a[W], b[W], q[NORNI_FIN_QUARTER];
    if (k->dso > 45)
        norni_fin_say(l, "DSO averages %s, above 45: customers pay late, and cash is tied up.",
                      norni_fin_value_text(NORNI_FIN_DSO, k->dso, a));
    else if (k->dso < 30)
        norni_fin_say(l, "DSO averages %s, below 30: collections work well.",
                      norni_fin_value_text(NORNI_FIN_DSO, k->dso, a));
    if (t->ar_quarter > t->revenue_quarter + 5)
        norni_fin_say(l,
                      "Accounts receivable of %s changed by %s against %s and revenue by %s: sales "
                      "turn into cash more slowly.",
                      norni_fin_quarter_text(t, q), norni_fin_signed_text(t->ar_quarter, a),
                      norni_fin_quarter_before(t), norni_fin_signed_text(t->revenue_quarter, b));
    if (t->ap_quarter < -5 && t->expenses_quarter > 0)
        norni_fin_say(l,
                      "Accounts payable of %s fell %s against %s while expenses rose %s: suppliers "
                      "are paid sooner, which costs cash.",
                      norni_fin_quarter_text(t, q), norni_fin_percent_text(-t->ap_quarter, a),
                      norni_fin_quarter_before(t), norni_fin_percent_text(t->expenses_quarter, b));
    if (k->cash_conversion_cycle > 60)
        norni_fin_say(
            l, "The cash conversion cycle averages %s, above 60: cash comes back late.",
            norni_fin_value_text(NORNI_FIN_CASH_CONVERSION_CYCLE, k->cash_conversion_cycle, a));
    else if (k->cash_conversion_cycle < 30)
        norni_fin_say(
            l, "The cash conversion cycle averages %s, below 30: cash comes back quickly.",
            norni_fin_value_text(NORNI_FIN_CASH_CONVERSION_CYCLE, k->cash_conversion_cycle, a));
}

static void tell_balance(norni_fin_listener *l, const norni_fin_facts *f,
                         const norni_fin_trends *t) {
    char a[W], b[W], c[W];
    const norni_fin_kpis *k = f->kpis;
    int64_t month = 0;
    const double now = norni_fin_latest(&f->book->all, NORNI_FIN_CURRENT_RATIO, &month);
    if (k->current_ratio < 1)
        norni_fin_say(l,
                      "Critical: the current ratio averages %s, below 1: short-term obligations "
                      "exceed what covers them.",
                      norni_fin_number_text(k->current_ratio, a));
    else if (now < 1)
        norni_fin_say(
            l, "The current ratio averages %s but stood at %s in %s, below 1: watch liquidity.",
            norni_fin_number_text(k->current_ratio, a), norni_fin_number_text(now, b),
            norni_fin_month_words(month, c));
    else if (k->current_ratio > 2)
        norni_fin_say(l,
                      "The current ratio averages %s, above 2: liquidity is strong, and idle cash "
                      "could be put to work.",
                      norni_fin_number_text(k->current_ratio, a));
    if (t->liabilities_step > 2)
        norni_fin_say(
            l, "Liabilities grew %s a month on average over the last 6 months: watch leverage.",
            norni_fin_percent_text(t->liabilities_step, a));
    if (t->equity_step < -2)
        norni_fin_say(l, "Equity shrank %s a month on average over the last 6 months.",
                      norni_fin_percent_text(-t->equity_step, a));
}

/* Which forecasts of metrics their back-tests speak against. */
static void tell_trust(norni_fin_listener *l, const norni_fin_forecasts *f) {
    char names[512];
    size_t n = 0, at = 0;
    names[0] = '\0';
    for (size_t i = 0; i < f->n && at + 64 < sizeof names; i++) {
        const norni_fin_series *s = &f->series[i];
        if (s->part != NORNI_FIN_OF_ALL || s->n_points == 0 || !(s->accuracy_percentage < WEAK))
            continue;
        at += norni_format(names + at, sizeof names - at, "%s%.*s", n++ ? ", " : "", (int)s->name.n,
                           s->name.p);
    }
    for (size_t i = 0; i < at; i++)
        names[i] = names[i] == '_' ? ' ' : names[i];
    if (n)
        norni_fin_say(l,
                      "Forecast%s of %s came out less than 70 %% accurate in back-tests: plan with "
                      "%s interval%s, not with the points.",
                      n == 1 ? "" : "s", names, n == 1 ? "its" : "their", n == 1 ? "" : "s");
}

/* Those that would stand among all tests of all pairs. */
static void tell_links(norni_fin_listener *l, const norni_fin_correlations *c) {
    char months[W];
    for (size_t i = 0; i < c->n; i++) {
        const norni_fin_correlation *p = &c->item[i];
        if (!norni_fin_leads(p, p->n_tests * c->n)) continue;
        norni_fin_say(l,
                      "Granger's test suggests that changes in %s come %s before changes in %s; a "
                      "test shows no cause.",
                      norni_fin_said(p->b_leads ? p->b : p->a),
                      norni_fin_count_text((size_t)p->lag_months, "month", months),
                      norni_fin_said(p->b_leads ? p->a : p->b));
    }
}

void norni_fin_insights_tell(norni_fin_listener *l, const norni_fin_facts *f,
                             const norni_fin_trends *t) {
    norni_fin_doubts_tell(l, f);
    tell_sales(l, f->kpis, t);
    tell_cash(l, f->kpis, t);
    tell_balance(l, f, t);
    if (f->correlations) tell_links(l, f->correlations);
    if (f->drivers && f->drivers->n > 0) l->take(l->user, f->drivers->insight);
    if (f->forecasts) tell_trust(l, f->forecasts);
}

/* ---- books that do not fit ---- */

static size_t count_below(const double *x, size_t n, size_t *seen) {
    size_t below = 0;
    *seen = 0;
    for (size_t i = 0; x && i < n; i++)
        *seen += isnan(x[i]) ? 0 : 1, below += x[i] < 0;
    return below;
}

/* Months whose profit is off revenue less expenses by a hundredth of the larger of both. */
static size_t count_unlike(const norni_fin_months *m, size_t *seen) {
    const double *r = m->value[NORNI_FIN_REVENUE], *e = m->value[NORNI_FIN_EXPENSES],
                 *p = m->value[NORNI_FIN_PROFIT];
    size_t unlike = 0;
    *seen = 0;
    for (size_t i = 0; r && e && p && i < m->n; i++) {
        if (isnan(r[i]) || isnan(e[i]) || isnan(p[i])) continue;
        *seen += 1;
        unlike += fabs(p[i] - (r[i] - e[i])) > 0.01 * fmax(fabs(r[i]), fabs(e[i]));
    }
    return unlike;
}

void norni_fin_doubts_tell(norni_fin_listener *l, const norni_fin_facts *f) {
    char a[W], b[W];
    const norni_fin_months *m = &f->book->all;
    size_t seen, n = count_below(m->value[NORNI_FIN_REVENUE], m->n, &seen);
    int64_t month = 0;
    if (n > 0)
        norni_fin_say(l,
                      "Check the books: revenue is below 0 in %zu of %s; if its sign is turned, "
                      "every figure made from it is.",
                      n, norni_fin_count_text(seen, "month", a));
    n = count_below(m->value[NORNI_FIN_EXPENSES], m->n, &seen);
    if (n > 0)
        norni_fin_say(l, "Check the books: expenses are below 0 in %zu of %s.", n,
                      norni_fin_count_text(seen, "month", a));
    const double equity = norni_fin_latest(m, NORNI_FIN_EQUITY, &month);
    if (equity < 0)
        norni_fin_say(l,
                      "Critical: liabilities exceed assets by %s in %s: equity is negative, which "
                      "debt to equity cannot tell.",
                      norni_fin_amount_text(-equity, a), norni_fin_month_words(month, b));
    n = count_unlike(m, &seen);
    if (4 * n > seen)
        norni_fin_say(l,
                      "Check the books: profit is not revenue less expenses in %zu of %s; taxes, "
                      "other income or a column that means something else.",
                      n, norni_fin_count_text(seen, "month", a));
}

/* ---- recommendations ---- */

typedef struct counter {
    norni_fin_listener *to;
    size_t n;
} counter;

static void pass_on(void *user, norni_str sentence) {
    counter *c = user;
    c->n++;
    c->to->take(c->to->user, sentence);
}

static bool of_one_month(const norni_fin_anomalies *a) {
    for (size_t i = 1; i < a->n; i++)
        if (a->item[i].month != a->item[0].month) return false;
    return true;
}

/* Recent findings first: an old one that stands out more is no work for today. */
static void advise_look(norni_fin_listener *l, const norni_fin_facts *f) {
    char a[W], b[W], c[W], group[NORNI_FIN_GROUP];
    const size_t n = f->anomalies ? f->anomalies->n : 0;
    const norni_fin_anomaly *recent = norni_fin_first_high(f, true), *at = recent ? recent
                                                                           : n ? f->anomalies->item
                                                                               : NULL;
    for (size_t i = n; !recent && i > 0; i--)
        if (norni_fin_anomaly_is_recent(f->book, &f->anomalies->item[i - 1]))
            at = &f->anomalies->item[i - 1];
    if (!at) return;
    (void)norni_fin_group_text(at, group);
    if (recent)
        norni_fin_say(l, "Look into %s%s of %s: %s where %s was to be expected.",
                      norni_fin_said(at->metric), group, norni_fin_month_words(at->month, a),
                      norni_fin_value_text(at->metric, at->value, b),
                      norni_fin_value_text(at->metric, at->mean, c));
    else if (n > 1 && of_one_month(f->anomalies))
        norni_fin_say(l, "Look into %s: %s%s and %s stand out.",
                      norni_fin_month_words(at->month, b), norni_fin_said(at->metric), group,
                      norni_fin_count_text(n - 1, "other figure", a));
    else if (n == 1)
        norni_fin_say(l, "Look into the one finding that stands out: %s%s of %s.",
                      norni_fin_said(at->metric), group, norni_fin_month_words(at->month, b));
    else
        norni_fin_say(l, "Look into the %s that stand out, first %s%s of %s.",
                      norni_fin_count_text(n, "finding", a), norni_fin_said(at->metric), group,
                      norni_fin_month_words(at->month, b));
}

static void advise(norni_fin_listener *l, const norni_fin_facts *f) {
    char a[W];
    const norni_fin_kpis *k = f->kpis;
    if (k->profit_margin < 0.05)
        norni_fin_say(l, "Profit margin is %s, below 5 %%: review pricing and cut costs.",
                      norni_fin_percent_text(100 * k->profit_margin, a));
    if (k->dso > 45)
        norni_fin_say(l, "DSO averages %s, above 45: tighten credit terms and collections.",
                      norni_fin_value_text(NORNI_FIN_DSO, k->dso, a));
    if (k->current_ratio < 1)
        norni_fin_say(
            l, "Critical: the current ratio averages %s, below 1: secure short-term liquidity.",
            norni_fin_number_text(k->current_ratio, a));
    if (k->debt_to_equity_ratio > 2)
        norni_fin_say(l, "Debt to equity averages %s, above 2: reduce debt or raise equity.",
                      norni_fin_number_text(k->debt_to_equity_ratio, a));
    advise_look(l, f);
}

/* "liquidity, debt" of the parts (n) that are so. */
static size_t list(const char *const *name, const bool *so, bool which, size_t n, char *out,
                   size_t room) {
    size_t count = 0, at = 0, left = 0;
    out[0] = '\0';
    for (size_t i = 0; i < n; i++)
        left += so[i] == which;
    for (size_t i = 0; i < n; i++) {
        if (so[i] != which) continue;
        const char *glue = count == 0 ? "" : count + 1 == left ? " and " : ", ";
        at += norni_format(out + at, room - at, "%s%s", glue, name[i]);
        count++;
    }
    return count;
}

/* Which of the four are within their thresholds, and which nobody could judge. */
static void tell_judged(norni_fin_listener *l, const norni_fin_kpis *k, bool all_well) {
    static const char *const name[] = {"profit margin", "collections", "liquidity", "debt"};
    const bool there[] = {!isnan(k->profit_margin), !isnan(k->dso), !isnan(k->current_ratio),
                          !isnan(k->debt_to_equity_ratio)};
    char good[128], unknown[128];
    const size_t judged = list(name, there, true, 4, good, sizeof good),
                 blind = list(name, there, false, 4, unknown, sizeof unknown);
    if (blind == 4) {
        norni_fin_say(l, all_well ? "There are no columns to judge margin, collections, liquidity "
                                    "or debt by: nothing is recommended."
                                  : "Margin, collections, liquidity and debt could not be judged: "
                                    "there are no figures for them.");
        return;
    }
    if (all_well && blind == 0)
        norni_fin_say(l, "All key metrics are within expected ranges.");
    else if (all_well)
        norni_fin_say(l, "Of what could be judged, %s %s within expected ranges.", good,
                      judged == 1 ? "is" : "are");
    if (blind) norni_fin_say(l, "Not judged, for want of figures: %s.", unknown);
}

void norni_fin_advice_tell(norni_fin_listener *l, const norni_fin_facts *f,
                           const norni_fin_trends *t) {
    counter c = {l, 0};
    norni_fin_listener counted = {pass_on, &c};
    (void)t;
    norni_fin_doubts_tell(&counted, f);
    advise(&counted, f);
    tell_judged(l, f->kpis, c.n == 0);
}
