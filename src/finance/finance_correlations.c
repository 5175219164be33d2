/* Correlations of five metrics over the months, and who of a pair moves first. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Pearson's r over the whole months that have both metrics, LEAST_PAIRS at least; pairs beyond .7 either way are told, those above
 * .7 are tested for who leads (finance_granger.h). A metric that never changes correlates with nothing. */
#include <math.h>

#include "base/fp.h"
#include "finance/finance_findings.h"
#include "finance/finance_granger.h"
#include "finance/finance_words.h"
#include "num/pearson.h"

enum { METRICS = 5, LEAST_PAIRS = 6 };
static const double STRONG = 0.7, LEVEL = 0.05;
static const int METRIC[METRICS] = {NORNI_FIN_REVENUE, NORNI_FIN_EXPENSES, NORNI_FIN_PROFIT,
                                    NORNI_FIN_CASHFLOW, NORNI_FIN_MARKETING};

norn_status norni_fin_correlations_make(const norni_fin_book *book, norni_arena *arena,
                                        norni_fin_correlations *out, norn_err *err) {
    const norni_fin_months *m = &book->all;
    const size_t from = norni_fin_whole_from(m);
    *out = (norni_fin_correlations){0, NULL};
    out->item = norni_arena_zero(arena, METRICS * (METRICS - 1) / 2, sizeof *out->item);
    if (!out->item) return norni_alloc_fail(err, "correlations", METRICS, sizeof *out->item);
    for (size_t i = 0; i < METRICS; i++) {
        for (size_t k = i + 1; k < METRICS; k++) {
            const double *a = m->value[METRIC[i]], *b = m->value[METRIC[k]];
            size_t pairs = 0;
            if (!a || !b) continue;
            const double r =
                norni_pearson(a + from, b + from, norni_fin_whole_end(m) - from, &pairs);
            if (pairs < LEAST_PAIRS || !(fabs(r) > STRONG)) continue;
            norni_fin_correlation *c = &out->item[out->n++];
            *c = (norni_fin_correlation){.a = (norni_fin_metric)METRIC[i],
                                         .b = (norni_fin_metric)METRIC[k],
                                         .correlation = r,
                                         .p_value = NORNI_NAN,
                                         .p_value_without_season = NORNI_NAN,
                                         .n = pairs};
            if (r > STRONG) NORN_TRY(norni_fin_granger(m, arena, c, err));
        }
    }
    return NORN_OK;
}

/* "Granger's test suggests that changes in marketing spend tell of changes in revenue 2 months later (p = 0.003, season taken
 * out)"; or why nothing is concluded. */
static void write_conclusion(norni_json *j, const norni_fin_correlation *c) {
    char months[NORNI_FIN_WORD], text[400];
    const norni_fin_metric first = c->b_leads ? c->b : c->a, second = c->b_leads ? c->a : c->b;
    const double p = c->p_value_without_season,
                 shown = p < 1e-4 ? 1e-4 : floor(p * 1e4 + 0.5) / 1e4;
    if (norni_fin_leads(c, c->n_tests))
        (void)norni_format(text, sizeof text,
                           "Granger's test suggests that changes in %s tell of changes in %s %s "
                           "later (season taken out, p %s %g)",
                           norni_fin_said(first), norni_fin_said(second),
                           norni_fin_count_text((size_t)c->lag_months, "month", months),
                           p < 1e-4 ? "<" : "=", shown);
    else
        (void)norni_format(
            text, sizeof text, "No lead is shown: %s",
            isnan(p) ? "there are too few months to tell it from a common season"
            : !(c->p_value * c->n_tests < LEVEL)
                ? "the best of several tests, and chance alone gives one like it"
                : "with the season taken out, neither tells of the other beyond chance");
    norni_json_key_str(j, "conclusion", norni_str_of(text));
}

void norni_fin_correlations_json(norni_json *j, const norni_fin_correlations *all) {
    norni_json_open(j, '[');
    for (size_t i = 0; i < all->n; i++) {
        const norni_fin_correlation *c = &all->item[i];
        norni_json_open(j, '{');
        norni_json_key_str(j, "metric_a", norni_str_of(norni_fin_metric_name(c->a)));
        norni_json_key_str(j, "metric_b", norni_str_of(norni_fin_metric_name(c->b)));
        norni_json_key_num(j, "correlation", c->correlation);
        norni_json_key_count(j, "months", c->n);
        if (c->lag_months > 0) {
            const double adjusted = c->p_value * c->n_tests;
            norni_json_key_int(j, "lag_months", c->lag_months);
            norni_json_key_num(j, "p_value", c->p_value);
            norni_json_key_num(j, "p_value_adjusted", adjusted < 1 ? adjusted : 1);
            norni_json_key_num(j, "p_value_without_season", c->p_value_without_season);
            norni_json_key_str(j, "leading_metric",
                               norni_str_of(norni_fin_metric_name(c->b_leads ? c->b : c->a)));
            write_conclusion(j, c);
        }
        norni_json_close(j, '}');
    }
    norni_json_close(j, ']');
}
