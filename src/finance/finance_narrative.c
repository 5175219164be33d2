/* Narratives of both modes: the guardian's summary, the storyteller's story, the outlook both end with. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A sentence stands only where its figures do. A forecast's accuracy is its back-test's; only one of RELIABLE per cent and more
 * is called reliable, and a weak one is called that. */
#include "finance/finance_narrative.h"

#include <math.h>

#include "base/fp.h"
#include "finance/finance_anomalies.h"
#include "finance/finance_words.h"

enum { W = NORNI_FIN_WORD, LEAST_SEEN = 10 };
static const double RELIABLE = 90, WEAK = 70;

const char *norni_fin_trust(double accuracy) {
    if (isnan(accuracy)) return NULL;
    return accuracy >= RELIABLE ? "reliable" : accuracy >= WEAK ? "fair" : "weak";
}

/* Starts a sentence behind what stands there. */
static norni_buf *next(norni_buf *out, size_t from) {
    if (out->n > from) norni_buf_text(out, " ");
    return out;
}

/* ---- the outlook ---- */

static const norni_fin_series *forecast_of(const norni_fin_facts *f, const char *metric) {
    const norni_fin_series *s =
        f->forecasts && f->forecasts->n
            ? norni_fin_series_find(f->forecasts, NORNI_FIN_OF_ALL, norni_str_of(metric))
            : NULL;
    return s && s->n_points > 0 ? s : NULL;
}

/* The points' sum against the same months a year before; NaN: one of these is missing. */
static double against_year_ago(const norni_fin_series *s, double *sum) {
    double before = 0;
    *sum = 0;
    for (size_t i = 0; i < s->n_points; i++) {
        const int64_t at = s->point[i].month - 12 - s->first;
        *sum += s->point[i].predicted;
        before += at >= 0 && at < (int64_t)s->n ? s->y[at] : NORNI_NAN;
    }
    return before > 0 && isfinite(*sum) ? 100 * (*sum - before) / before : NORNI_NAN;
}

/* Nothing but zeros: a forecast's noise of 1e-9 is no interval, and no accuracy worth a word. */
static bool is_zero(const norni_fin_series *s) {
    for (size_t i = 0; i < s->n; i++)
        if (fabs(s->y[i]) > 0) return false;
    return true;
}

static void say_forecast(norni_buf *out, const norni_fin_series *s, const char *label) {
    char a[W], b[W], c[W], sum_text[W], change_text[W];
    const norni_fin_point *first = &s->point[0], *last = &s->point[s->n_points - 1];
    double sum;
    const double change = against_year_ago(s, &sum);
    if (is_zero(s)) {
        norni_buf_format(out, "%s is 0 in every month, and forecast at 0.", label);
        return;
    }
    if (s->n_points == 1) {
        norni_buf_format(out, "%s is forecast at %s for %s", label, norni_fin_amount_text(sum, a),
                         norni_fin_month_words(first->month, b));
    } else {
        norni_buf_format(out, "%s is forecast at %s in all from %s to %s", label,
                         norni_fin_amount_text(sum, sum_text),
                         norni_fin_month_words(first->month, a),
                         norni_fin_month_words(last->month, b));
    }
    if (!isnan(change))
        norni_buf_format(out, ", %s against the same months a year before",
                         norni_fin_signed_text(change, change_text));
    norni_buf_format(out, "; %s alone lies between %s", norni_fin_month_words(last->month, c),
                     norni_fin_amount_text(last->lower, a));
    norni_buf_format(out, " and %s.", norni_fin_amount_text(last->upper, b));
}

static void say_trust(norni_buf *out, double accuracy) {
    char a[W];
    const char *trust = norni_fin_trust(accuracy);
    if (!trust) {
        norni_buf_text(out, "No back-test could measure how far that is to be trusted.");
        return;
    }
    (void)norni_fin_percent_text(accuracy, a);
    if (accuracy >= RELIABLE)
        norni_buf_format(
            out, "In back-tests this forecast was %s accurate, which makes it reliable.", a);
    else if (accuracy >= WEAK)
        norni_buf_format(
            out, "In back-tests this forecast was %s accurate: a fair guide, not a promise.", a);
    else
        norni_buf_format(out,
                         "In back-tests this forecast was only %s accurate: do not rely on it.", a);
}

void norni_fin_outlook_text(norni_buf *out, const norni_fin_facts *f, const norni_fin_trends *t) {
    const size_t from = out->n;
    const norni_fin_series *revenue = forecast_of(f, "revenue"), *profit = forecast_of(f, "profit");
    (void)t;
    if (revenue) {
        say_forecast(next(out, from), revenue, "Revenue");
        if (!is_zero(revenue)) say_trust(next(out, from), revenue->accuracy_percentage);
    }
    if (profit) {
        say_forecast(next(out, from), profit, "Profit");
        const char *trust = is_zero(profit) ? NULL : norni_fin_trust(profit->accuracy_percentage);
        char a[W];
        if (trust)
            norni_buf_format(next(out, from), "It was %s accurate in back-tests: %s.",
                             norni_fin_percent_text(profit->accuracy_percentage, a), trust);
    }
    if (!revenue && !profit && f->book->all.n > 0)
        norni_buf_text(
            out,
            f->book->all.step > 1
                ? "There is no forecast: values do not stand in every month, and forecasts are "
                  "made month by month."
                : "There is no forecast: the history is too short, or has neither revenue nor "
                  "profit.");
}

/* ---- the guardian ---- */

static void say_growth(norni_buf *out, const norni_fin_trends *t) {
    char a[W], q[NORNI_FIN_QUARTER];
    const double growth = t->revenue_quarter;
    const char *before = norni_fin_quarter_before(t);
    (void)norni_fin_quarter_text(t, q);
    (void)norni_fin_percent_text(fabs(growth), a);
    if (growth > 10)
        norni_buf_format(out, "Revenue performance is strong: %s brought %s more than %s.", q, a,
                         before);
    else if (fabs(growth) < 0.05)
        norni_buf_format(out, "Revenue is stable: %s brought as much as %s.", q, before);
    else if (growth > 0)
        norni_buf_format(out, "Revenue is stable%s: %s brought %s more than %s.",
                         growth > 2 ? " and growing" : "", q, a, before);
    else if (growth > -2)
        norni_buf_format(out, "Revenue is about stable: %s brought %s less than %s.", q, a, before);
    else
        norni_buf_format(out, "Revenue is under pressure: %s brought %s less than %s.", q, a,
                         before);
}

/* ", from 1 of its 4 parts" where not all are there. */
static const char *parts_text(const norni_fin_kpis *k, char *out) {
    const size_t n = 4 - (size_t)(isnan(k->health_margin) + isnan(k->health_liquidity) +
                                  isnan(k->health_debt) + isnan(k->health_growth));
    out[0] = '\0';
    if (n < 4) (void)norni_format(out, W, ", from %zu of its 4 parts", n);
    return out;
}

static size_t months_seen(const norni_fin_months *m) {
    size_t n = 0;
    for (size_t i = 0; i < m->n; i++)
        n += !m->rows || m->rows[i] > 0;
    return n;
}

void norni_fin_summary_text(norni_buf *out, const norni_fin_facts *f, const norni_fin_trends *t) {
    char a[W], parts[W];
    const size_t from = out->n;
    const norni_fin_kpis *k = f->kpis;
    const norni_fin_anomaly *high = norni_fin_first_high(f, true),
                            *past = norni_fin_first_high(f, false);
    if (!isnan(t->revenue_quarter)) say_growth(next(out, from), t);
    if (!isnan(k->profit_margin))
        norni_buf_format(next(out, from), "Profit margin stands at %s.",
                         norni_fin_percent_text(100 * k->profit_margin, a));
    if (!isnan(k->current_ratio))
        norni_buf_format(next(out, from), "Liquidity is %s, with an average current ratio of %s.",
                         k->current_ratio > 1.5 ? "strong"
                         : k->current_ratio > 1 ? "adequate"
                                                : "weak",
                         norni_fin_number_text(k->current_ratio, a));
    if (!isnan(k->financial_health_score))
        norni_buf_format(next(out, from), "The financial health score is %s of 100%s.",
                         norni_fin_number_text(k->financial_health_score, a), parts_text(k, parts));
    if (high) {
        norni_buf_text(next(out, from), "Attention: ");
        norni_fin_anomaly_reason(out, high);
        norni_buf_text(out, ".");
    } else if (past) {
        norni_buf_text(next(out, from), "Looking back: ");
        norni_fin_anomaly_reason(out, past);
        norni_buf_text(out, "; nothing of that size in the last 12 months.");
    } else if (f->anomalies && f->anomalies->n == 0 && months_seen(&f->book->all) >= LEAST_SEEN) {
        norni_buf_text(next(out, from), "No month stands out of its trend and season.");
    }
    const size_t so_far = out->n;
    next(out, from);
    const size_t before = out->n;
    norni_fin_outlook_text(out, f, t);
    if (out->n == before) out->n = so_far; /* no blank behind nothing */
    if (out->n == from) norni_buf_text(out, "There are too few figures for a summary.");
}

/* ---- the storyteller ---- */

static void say_change(norni_buf *out, double growth, const char *what) {
    char a[W];
    norni_buf_format(out, "%s %s %s", what, growth < 0 ? "fell" : "grew",
                     norni_fin_percent_text(fabs(growth), a));
}

/* The last 12 months against the 12 before, and how that is another figure than growth_rate. */
static void say_year(norni_buf *out, const norni_fin_facts *f, const norni_fin_trends *t) {
    char a[W], shown[W];
    const double rate = f->kpis->growth_rate;
    if (isnan(t->revenue_year)) {
        say_change(out, rate,
                   "Year over year, in the months that both calendar years have, revenue");
        norni_buf_text(out, ".");
        return;
    }
    norni_buf_format(out, "In the 12 months to %s, ", norni_fin_month_words(t->last_month, a));
    say_change(out, t->revenue_year, "revenue");
    if (!isnan(t->profit_year)) {
        norni_buf_text(out, " and ");
        say_change(out, t->profit_year, "profit");
    }
    norni_buf_text(out, " against the 12 months before.");
    if (fabs(rate - t->revenue_year) >= 0.05)
        norni_buf_format(out,
                         " The key figures' growth of %s compares the calendar year with the one "
                         "before, over the months that both have.",
                         norni_fin_signed_text(rate, shown));
}

void norni_fin_story_text(norni_buf *out, const norni_fin_facts *f, const norni_fin_trends *t) {
    char a[W], parts[W];
    const size_t from = out->n;
    const double revenue = isnan(t->revenue_year) ? f->kpis->growth_rate : t->revenue_year;
    if (!isnan(revenue))
        say_year(next(out, from), f, t);
    else if (!isnan(f->kpis->total_revenue))
        norni_buf_format(next(out, from), "Revenue came to %s over the months of this report.",
                         norni_fin_amount_text(f->kpis->total_revenue, a));
    if (revenue > 15)
        norni_buf_text(next(out, from),
                       "That is remarkable growth, and the question now is how to keep it up.");
    if (!isnan(f->kpis->financial_health_score))
        norni_buf_format(
            next(out, from), "The financial health score stands at %s of 100%s, which is %s.",
            norni_fin_number_text(f->kpis->financial_health_score, a), parts_text(f->kpis, parts),
            f->kpis->financial_health_score >= 70   ? "good"
            : f->kpis->financial_health_score >= 40 ? "fair, with room to improve"
                                                    : "a reason to act");
    const size_t so_far = out->n;
    next(out, from);
    const size_t before = out->n;
    norni_fin_outlook_text(out, f, t);
    if (out->n == before) out->n = so_far;
    if (out->n == from) norni_buf_text(out, "There are too few figures for a story.");
}

/* ---- as JSON ---- */

static void take_string(void *user, norni_str sentence) {
    norni_json_str(user, sentence);
}

void norni_fin_narratives_json(norni_json *j, const norni_fin_facts *f, norni_fin_mode mode) {
    norni_fin_trends t;
    norni_buf text;
    norni_buf_init(&text, j->b->alloc);
    norni_fin_trends_make(&f->book->all, &t);
    norni_json_open(j, '{');
    if (mode == NORNI_FIN_GUARDIAN) {
        norni_fin_listener l = {take_string, j};
        norni_fin_summary_text(&text, f, &t);
        norni_json_key_str(j, "summary_text", (norni_str){text.p, text.n});
        norni_json_key(j, "analyst_insights");
        norni_json_open(j, '[');
        norni_fin_insights_tell(&l, f, &t);
        norni_json_close(j, ']');
    } else {
        norni_fin_story_text(&text, f, &t);
        norni_json_key_str(j, "narrative", (norni_str){text.p, text.n});
    }
    norni_json_close(j, '}');
    if (text.failed) j->b->failed = true;
    norni_buf_clear(&text);
}

void norni_fin_recommendations_json(norni_json *j, const norni_fin_facts *f) {
    norni_fin_listener l = {take_string, j};
    norni_fin_trends t;
    norni_fin_trends_make(&f->book->all, &t);
    norni_json_open(j, '[');
    norni_fin_advice_tell(&l, f, &t);
    norni_json_close(j, ']');
}
