/* Months and key figures of a small ledger against those that pandas gives: tests/oracle/make_finance_months.py. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "finance/finance_kpis.h"
#include "finance_books.h"

enum { TEXT = 1 << 17 };

static char rows[TEXT], months[TEXT];

static void read_into(char *out, const char *name) {
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", NORN_FIXTURES, name);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    const size_t n = fread(out, 1, TEXT - 1, f);
    assert_true(n > 0 && n < TEXT - 1);
    out[n] = 0;
    (void)fclose(f);
}

/* The fixture has 15 digits of numbers up to 1e5, of which differences are taken. */
static bool close_enough(double got, double want) {
    if (isnan(got) || isnan(want)) return isnan(got) && isnan(want);
    return fabs(got - want) <= 1e-9 + 1e-11 * fabs(want);
}

static double figure_of(const norni_fin_kpis *k, norni_str name) {
    const struct {
        const char *name;
        double value;
    } row[] = {{"total_revenue", k->total_revenue},
               {"total_expenses", k->total_expenses},
               {"profit_margin", k->profit_margin},
               {"cashflow", k->cashflow},
               {"growth_rate", k->growth_rate},
               {"financial_health_score", k->financial_health_score},
               {"dso", k->dso},
               {"roas", k->roas},
               {"marketing_efficiency", k->marketing_efficiency},
               {"current_ratio", k->current_ratio},
               {"quick_ratio", k->quick_ratio},
               {"working_capital", k->working_capital},
               {"debt_to_equity_ratio", k->debt_to_equity_ratio},
               {"ar_turnover", k->ar_turnover},
               {"ap_turnover", k->ap_turnover},
               {"cash_conversion_cycle", k->cash_conversion_cycle},
               {"free_cash_flow", k->free_cash_flow},
               {"expense_ratio", k->expense_ratio},
               {"solvency_ratio", k->solvency_ratio}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        if (norni_str_is(name, row[i].name)) return row[i].value;
    }
    fail_msg("no figure %.*s", (int)name.n, name.p);
    return 0;
}

static const norni_fin_months *scope_of(const norni_fin_book *book, norni_str name) {
    if (norni_str_is(name, "all")) return &book->all;
    for (size_t k = 0; k < book->table.region.n; k++) {
        if (norni_str_cmp(book->table.region.name[k], name) == 0) return &book->region[k];
    }
    fail_msg("no region %.*s", (int)name.n, name.p);
    return NULL;
}

static const double *metric_of(const norni_fin_months *m, norni_str name) {
    for (unsigned k = 0; k < NORNI_FIN_METRICS; k++) {
        if (norni_str_is(name, norni_fin_metric_name((norni_fin_metric)k))) return m->value[k];
    }
    fail_msg("no metric %.*s", (int)name.n, name.p);
    return NULL;
}

static void ledger(void **state) {
    (void)state;
    read_into(rows, "finance_months_rows.csv");
    read_into(months, "finance_months_pandas.csv");
    book_box *b = book_new(rows);
    norni_fin_kpis k;
    norni_fin_kpis_make(&b->book, &k);
    size_t held = 0;
    for (const char *p = strchr(months, '\n') + 1; *p != 0; p += *p == '\n') {
        norni_str scope, name, cell;
        p = book_cell(book_cell(p, &scope), &name);
        p = book_cell(p, &cell);
        const bool figure = norni_str_is(scope, "figure");
        const norni_fin_months *m = figure ? NULL : scope_of(&b->book, scope);
        const double *x = figure ? NULL : metric_of(m, name);
        if (m != NULL) assert_int_equal(m->first, atoi(cell.p));
        size_t i = 0;
        do {
            p = book_cell(p, &cell);
            const double want = cell.n == 0 ? nan("") : strtod(cell.p, NULL);
            assert_true(m == NULL || i < m->n);
            const double got = m == NULL ? figure_of(&k, name) : x[i];
            if (!close_enough(got, want))
                fail_msg("%.*s %.*s[%zu] is %.15g, not %.15g", (int)scope.n, scope.p, (int)name.n,
                         name.p, i, got, want);
            i++, held++;
        } while (*p != '\n' && *p != 0);
        /* A line that ends in a comma has one value more, which is missing. */
        if (m != NULL && p[-1] == ',') assert_true(isnan(x[i++]));
        if (m != NULL) assert_int_equal(i, m->n);
    }
    assert_true(held > 34 * 4 * 27);
    book_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(ledger)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
