/* Granger's tests of two metrics: changes from month to month, lags of 1 to 3, each as the other's cause. */
/* SPDX-License-Identifier: Apache-2.0 */
/* A lag needs its months one behind the other: the tests run over the longest run of months that have both metrics (the later
 * of two as long). Of the tests with p < .05 the one with the least p is told, with how many were tried: the least of six p
 * values is below .05 by chance in about one pair of four, so that the words tell a p that would stand beside the others
 * (Bonferroni) from one that would not. Pairs that are the same up to a constant (profit with constant expenses) have changes
 * that explain each other: there is nothing to test, and nothing is told. Two metrics of one season "lead" each other by any
 * number of months: the test that is told is made once more with a mean for each month of the year (Frisch and Waugh 1933: the
 * season is out of both), where the run has two years, and a lead that does not stand there is not spoken of. */
#include "finance/finance_granger.h"

#include <math.h>

#include "base/fp.h"
#include "num/pearson.h"

static const double LEVEL = 0.05;

static size_t longest_run(const double *a, const double *b, const norni_fin_months *m,
                          size_t *from) {
    size_t best = 0, run = 0;
    for (size_t i = norni_fin_whole_from(m); i < norni_fin_whole_end(m); i++) {
        run = isnan(a[i]) || isnan(b[i]) ? 0 : run + 1;
        if (run > 0 && run >= best) best = run, *from = i + 1 - run;
    }
    return best;
}

norn_status norni_fin_granger(const norni_fin_months *m, norni_arena *arena,
                              norni_fin_correlation *c, norn_err *err) {
    const double *value[2] = {m->value[c->a], m->value[c->b]};
    double *change[2];
    size_t from = 0, run = longest_run(value[0], value[1], m, &from);
    c->lag_months = 0, c->n_tests = 0, c->b_leads = false;
    c->p_value = c->p_value_without_season = NORNI_NAN;
    if (run <= NORNI_FIN_LEAST_CHANGES) return NORN_OK;
    const norni_arena_mark mark = norni_arena_mark_get(arena);
    run--;
    for (size_t k = 0; k < 2; k++) {
        change[k] = norni_arena_get(arena, run, sizeof *change[k]);
        if (!change[k]) return norni_alloc_fail(err, "correlations", run, sizeof *change[k]);
        for (size_t i = 0; i < run; i++)
            change[k][i] = value[k][from + i + 1] - value[k][from + i];
    }
    for (size_t cause = 0; cause < 2; cause++) {
        for (size_t lag = 1; lag <= NORNI_FIN_LAGS; lag++) {
            norni_granger_result r;
            NORN_TRY(
                norni_granger(change[1 - cause], change[cause], run, lag, 0, NULL, arena, &r, err));
            if (isnan(r.p)) continue;
            c->n_tests++;
            if (!(r.p < LEVEL) || r.p >= c->p_value) continue;
            c->p_value = r.p;
            c->lag_months = (int32_t)lag;
            c->b_leads = cause == 1;
        }
    }
    if (c->lag_months > 0 && run + 1 >= NORNI_FIN_LEAST_SEASONS) {
        const size_t cause = c->b_leads;
        norni_granger_result r;
        NORN_TRY(norni_granger(change[1 - cause], change[cause], run, (size_t)c->lag_months, 12,
                               NULL, arena, &r, err));
        c->p_value_without_season = r.p;
    }
    norni_arena_rewind(arena, mark);
    return NORN_OK;
}

bool norni_fin_leads(const norni_fin_correlation *c, size_t tests) {
    const double n = (double)tests;
    return c->lag_months > 0 && c->p_value * n < LEVEL && c->p_value_without_season * n < LEVEL;
}
