/* Growths of a report's months that narratives speak of. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "finance/finance_trends.h"

#include <math.h>
#include <string.h>

#include "base/fp.h"
#include "finance/finance_metrics.h"
#include "finance/finance_words.h"

/* Months that count: all but a last one that is not whole. */
static size_t counted(const norni_fin_months *m) {
    return norni_fin_whole_end(m);
}

/* Of books of quarters the months between are not missing. */
static double of_month(const norni_fin_months *m, const double *x, size_t i) {
    return m->step > 1 && m->rows && m->rows[i] == 0 ? 0 : x[i];
}

/* The last `span` months against the `span` that begin `back` before them. */
static double against(const norni_fin_months *m, norni_fin_metric metric, size_t span,
                      size_t back) {
    const double *x = m->value[metric];
    const size_t n = counted(m);
    double now = 0, before = 0;
    if (!x || (m->step > 1 && span % (size_t)m->step) || n < norni_fin_whole_from(m) + span + back)
        return NORNI_NAN;
    for (size_t i = 0; i < span; i++)
        now += of_month(m, x, n - 1 - i), before += of_month(m, x, n - 1 - back - i);
    return norni_fin_growth(before, now);
}

static double mean_step(const norni_fin_months *m, norni_fin_metric metric, size_t span) {
    const double *x = m->value[metric];
    const size_t n = counted(m);
    double sum = 0;
    if (!x || n < norni_fin_whole_from(m) + span + 1) return NORNI_NAN;
    for (size_t i = n - span; i < n; i++)
        sum += norni_fin_growth(x[i - 1], x[i]) / (double)span;
    return sum;
}

void norni_fin_trends_make(const norni_fin_months *m, norni_fin_trends *out) {
    const size_t back = counted(m) >= 24 ? 12 : 3; /* a season is no growth */
    *out = (norni_fin_trends){
        .revenue_quarter = against(m, NORNI_FIN_METRIC(NORNI_FIN_REVENUE), 3, back),
        .expenses_quarter = against(m, NORNI_FIN_METRIC(NORNI_FIN_EXPENSES), 3, back),
        .ar_quarter = against(m, NORNI_FIN_METRIC(NORNI_FIN_AR), 3, back),
        .ap_quarter = against(m, NORNI_FIN_METRIC(NORNI_FIN_AP), 3, back),
        .step = m->step,
        .on_year = back == 12,
        .revenue_year = against(m, NORNI_FIN_METRIC(NORNI_FIN_REVENUE), 12, 12),
        .expenses_year = against(m, NORNI_FIN_METRIC(NORNI_FIN_EXPENSES), 12, 12),
        .profit_year = against(m, NORNI_FIN_METRIC(NORNI_FIN_PROFIT), 12, 12),
        .liabilities_step = mean_step(m, NORNI_FIN_METRIC(NORNI_FIN_LIABILITIES), 6),
        .equity_step = mean_step(m, NORNI_FIN_EQUITY, 6),
        .last_month = m->n ? norni_fin_month_of(m, counted(m) - 1) : 0,
    };
}

const char *norni_fin_quarter_text(const norni_fin_trends *t, char *out) {
    char first[NORNI_FIN_WORD], last[NORNI_FIN_WORD];
    (void)norni_fin_month_words(t->last_month - 2, first);
    (void)norni_fin_month_words(t->last_month, last);
    if (t->step > 1) { /* one row of three months, dated by one of them */
        (void)norni_format(out, NORNI_FIN_QUARTER, "the quarter of %s", last);
        return out;
    }
    const size_t n = strcspn(first, " ");
    const bool same = (t->last_month - 2) / 12 == t->last_month / 12;
    (void)norni_format(out, NORNI_FIN_QUARTER, "%.*s to %s", same ? (int)n : (int)strlen(first),
                       first, last);
    return out;
}

const char *norni_fin_quarter_before(const norni_fin_trends *t) {
    if (t->step > 1) return t->on_year ? "that of a year before" : "the quarter before";
    return t->on_year ? "the same months a year before" : "the three months before";
}

double norni_fin_latest(const norni_fin_months *m, norni_fin_metric metric, int64_t *month) {
    const double *x = m->value[metric];
    for (size_t i = x ? counted(m) : 0; i > 0; i--) {
        if (isnan(x[i - 1])) continue;
        *month = norni_fin_month_of(m, i - 1);
        return x[i - 1];
    }
    return NORNI_NAN;
}
