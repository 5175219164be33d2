/* Files as people keep them: what table they become, what is said of it, and what is refused with which words. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../io/counted.h"
#include "data/calendar.h"
#include "finance/finance_read.h"

enum { MOST_FILES = 4 };

typedef struct place {
    counted_memory memory;
    norn_ctx *ctx;
    norni_arena arena;
    norni_fin_source source[MOST_FILES];
    size_t n;
    norni_fin_read_opt opt;
    norni_fin_table t;
    norn_err err;
} place;

static int set_up(void **state) {
    static place p;
    p = (place){.memory.real = norni_alloc_default()};
    const norn_ctx_opt opt = {.alloc = {counted_resize, &p.memory}, .n_threads = 1};
    if (norn_ctx_new(&opt, &p.ctx, NULL) != NORN_OK) return -1;
    norni_arena_init(&p.arena, &p.ctx->alloc);
    *state = &p;
    return 0;
}

static int tear_down(void **state) {
    place *p = *state;
    norni_arena_clear(&p->arena);
    norn_ctx_free(p->ctx);
    return p->memory.held == 0 ? 0 : -1;
}

static void give(place *p, const char *name, const char *text) {
    norni_fin_source *const s = &p->source[p->n++];
    s->name = name;
    if (norni_grid_parse(p->ctx, text, strlen(text), NULL, &p->arena, &s->grid, &p->err) != NORN_OK)
        fail_msg("%s", p->err.text);
}

static norn_status read_given(place *p) {
    p->err = (norn_err){NORN_OK, ""};
    const norn_status st =
        norni_fin_read(p->ctx, p->source, p->n, &p->opt, &p->arena, &p->t, &p->err);
    p->n = 0;
    return st;
}

static const norni_fin_table *good(place *p, const char *text) {
    p->n = 0;
    give(p, "a.csv", text);
    if (read_given(p) != NORN_OK) fail_msg("%s\n%s", text, p->err.text);
    return &p->t;
}

/* Refused, with words that hold `words`. */
static void bad(place *p, norn_status want, const char *text, const char *words) {
    if (text != NULL) {
        p->n = 0;
        give(p, "a.csv", text);
    }
    const norn_status st = read_given(p);
    if (st != want || strstr(p->err.text, words) == NULL)
        fail_msg("%s\n%d: %s", text ? text : "", (int)st, p->err.text);
}

static void assert_day(const norni_fin_table *t, size_t i, int32_t year, int32_t month,
                       int32_t day) {
    const norni_civil c = norni_civil_from_us(t->time[i]);
    if (c.year != year || c.month != month || c.day != day)
        fail_msg("row %zu: %d-%d-%d", i, c.year, c.month, c.day);
}

static void assert_key(const norni_fin_table *t, const char *header, const char *key) {
    for (size_t i = 0; i < t->n_mapping; i++) {
        if (!norni_str_is(t->mapping[i].header, header)) continue;
        const char *const got = t->mapping[i].key;
        if ((got == NULL) != (key == NULL) || (key && strcmp(got, key) != 0))
            fail_msg("%s became %s (%s)", header, got ? got : "none", t->mapping[i].why);
        assert_non_null(t->mapping[i].why);
        return;
    }
    fail_msg("no header %s", header);
}

static bool noted(const norni_fin_table *t, const char *words) {
    for (size_t i = 0; i < t->n_notes; i++) {
        if (strstr(t->note[i].p, words) != NULL) return true;
    }
    return false;
}

static double sum(const double *x, size_t n) {
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += x[i];
    return s;
}

/* The twelve columns of the spec's sample. */
static void the_specs_columns(void **state) {
    const norni_fin_table *const t = good(
        *state,
        "Transaction Date,Sales Revenue,Operating Costs,Marketing Spend,Region,Department,Net "
        "Profit,Cash "
        "Flow from Operations,Accounts Receivable,Accounts Payable,Total Assets,Total Liabilities\n"
        "2023-02-28,110,60,11,EMEA,Sales,50,41,21,11,1100,410\n"
        "2023-01-31,100,50,10,NAM,Ops,50,40,20,10,1000,400\n");
    static const double first[] = {100, 50, 50, 40, 10, 1000, 400, 20, 10};
    assert_int_equal(t->n, 2);
    for (int k = 0; k < NORNI_FIN_NUMBERS; k++) {
        assert_non_null(t->number[k]);
        assert_true(t->number[k][0] == first[k]);
        assert_false(t->derived[k]);
    }
    assert_day(t, 0, 2023, 1, 31);
    assert_int_equal(t->n_mapping, 12);
    for (size_t i = 0; i < 12; i++)
        assert_non_null(t->mapping[i].key);
    assert_int_equal(t->region.n, 2);
    assert_true(norni_str_is(t->region.name[0], "EMEA"));
    assert_int_equal(t->region.of[0], 1);
    assert_true(norni_str_is(t->department.name[1], "Sales"));
    assert_int_equal(t->n_extra, 0);
    assert_int_equal(t->n_notes, 0);
    assert_int_equal(t->columns_kept, 12);
}

static void the_first_column_wins(void **state) {
    const norni_fin_table *const t =
        good(*state,
             "Date,Gross Profit,Sales,Net Sales,Revenue,Net Profit,Sales Notes,Net Sales\n"
             "2024-01-01,9,1,2,100,5,7,3\n");
    assert_key(t, "Revenue", "revenue"); /* exact over synonyms before it */
    assert_key(t, "Sales", NULL);
    assert_key(t, "Net Sales", NULL);
    assert_key(t, "Net Sales (2)", NULL);
    assert_key(t, "Net Profit", "profit");
    assert_key(t, "Gross Profit", NULL);
    assert_key(t, "Sales Notes", NULL);
    assert_int_equal(t->n_extra, 5);
    assert_true(norni_str_is(t->extra[1].name, "Sales"));
    assert_true(t->extra[1].number[0] == 1);
    good(*state, "Date,Sales,Net Sales\n2024-01-01,1,2\n");
    assert_key(t, "Sales", "revenue");
    good(*state,
         "Date,Sales,Net Sales\n2024-01-01,Bob,2\n2024-01-02,Eve,2\n"); /* names of people */
    assert_key(t, "Net Sales", "revenue");
}

static void marketing_is_no_cashflow(void **state) {
    const norni_fin_table *const t = good(*state, "Date,Revenue,Marketing Spend\n2024-01-01,1,2\n");
    assert_key(t, "Marketing Spend", "marketing_spend");
    assert_null(t->number[NORNI_FIN_CASHFLOW]);
    assert_null(t->number[NORNI_FIN_EXPENSES]);
    assert_null(t->number[NORNI_FIN_PROFIT]);
    assert_null(t->region.of);
}

static void by_hand(void **state) {
    place *p = *state;
    p->opt.map = norni_str_of("Umsatz=revenue, kosten = Expenses ,Tag=date,Sales=none");
    const norni_fin_table *const t =
        good(p, "Tag,Umsatz,Kosten,Sales\n2024-01-01,\"1.234,5\",5,7\n");
    assert_true(t->number[NORNI_FIN_REVENUE][0] == 1234.5);
    assert_true(t->number[NORNI_FIN_PROFIT][0] == 1229.5);
    assert_true(t->derived[NORNI_FIN_PROFIT]);
    assert_key(t, "Sales", NULL);
    p->opt.map = norni_str_of("Umsaz=revenue");
    bad(p, NORN_E_ARG, "Date,Umsatz,Sales\n2024-01-01,1,2\n", "nearest is \"Umsatz\"");
    p->opt.map = norni_str_of("Umsatz=income");
    bad(p, NORN_E_ARG, "Date,Umsatz,Sales\n2024-01-01,1,2\n", "\"income\" is no key");
    p->opt.map = norni_str_of("Umsatz");
    bad(p, NORN_E_ARG, "Date,Umsatz,Sales\n2024-01-01,1,2\n", "is no key");
    p->opt.map = norni_str_of("A=revenue,B=revenue");
    bad(p, NORN_E_ARG, "Date,A,B\n2024-01-01,1,2\n", "two headers");
    p->opt.map = norni_str_of("A=revenue");
    bad(p, NORN_E_DATA, "Date,A,Sales\n2024-01-01,1,2\n2024-01-02,x,2\n2024-01-02,y,2\n",
        "line 3: column A");
}

static void fault_31_decimal_marks(void **state) {
    const norni_fin_table *t = good(
        *state,
        "Date;Revenue;Expenses\n2024-01-01;1.234,50 \xE2\x82\xAC;1.234\n2024-01-02;7,5;2.500\n");
    assert_true(t->number[NORNI_FIN_REVENUE][0] == 1234.5);
    assert_true(t->number[NORNI_FIN_EXPENSES][1] == 2500); /* as in the other column */
    assert_false(noted(t, "decimal mark"));
    t = good(*state,
             "Date,Revenue,Expenses\n2024-01-01,\"$1,234\",($5)\n2024-01-02,\"$2,500\",(6.25)\n");
    assert_true(t->number[NORNI_FIN_REVENUE][0] == 1234);
    assert_true(t->number[NORNI_FIN_EXPENSES][1] == 6.25); /* costs below zero are turned */
    assert_true(noted(t, "sign is turned"));
    t = good(*state, "Date,Revenue\n2024-01-01,1.234\n2024-01-02,2.500\n");
    assert_true(t->number[NORNI_FIN_REVENUE][0] == 1.234);
    assert_true(noted(t, "no cell tells"));
}

static void gaps_by_identity_then_median(void **state) {
    const norni_fin_table *const t = good(*state,
                                          "Date,Revenue,Expenses,Profit,Assets,AR\n"
                                          "2024-01-01,10,4,6,100,\n"
                                          "2024-01-02,,5,7,,\n"
                                          "2024-01-03,20,n/a,9,300,\n"
                                          "2024-01-04,30,oops,,200,\n");
    static const char *const method[] = {"identity", "identity", "median_impute", "median_impute",
                                         "median_impute"};
    assert_true(t->number[NORNI_FIN_REVENUE][1] == 12);
    assert_true(t->number[NORNI_FIN_EXPENSES][2] == 11);
    assert_true(t->number[NORNI_FIN_EXPENSES][3] == 4.5);
    assert_true(t->number[NORNI_FIN_PROFIT][3] == 7);
    assert_true(t->number[NORNI_FIN_ASSETS][1] == 200);
    assert_null(t->number[NORNI_FIN_AR]); /* wholly empty: not there, never 0 */
    assert_key(t, "AR", NULL);
    assert_int_equal(t->n_corrections, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(t->correction[i].method, method[i]);
    assert_true(norni_str_is(t->correction[0].original, "N/A"));
    assert_true(norni_str_is(t->correction[2].original, "oops"));
    assert_int_equal(t->correction[2].row, 3);
    assert_int_equal(t->imputed[NORNI_FIN_EXPENSES], 2);
    assert_true(noted(t, "first \"oops\" in line 5"));
}

/* Where profit is not revenue less expenses, it fills nothing. */
static void no_identity_no_filling(void **state) {
    const norni_fin_table *const t = good(
        *state,
        "Date,Revenue,Expenses,Profit\n2024-01-01,10,4,1\n2024-01-02,10,4,3\n2024-01-03,10,4,\n");
    assert_true(t->number[NORNI_FIN_PROFIT][2] == 2);
    assert_string_equal(t->correction[0].method, "median_impute");
}

static void derived_columns(void **state) {
    const norni_fin_table *t = good(*state, "Date,Sales,Profit\n2024-01-01,10,4\n");
    assert_true(t->derived[NORNI_FIN_EXPENSES] && t->number[NORNI_FIN_EXPENSES][0] == 6);
    t = good(*state, "Date,Costs\n2024-01-01,10\n");
    assert_null(t->number[NORNI_FIN_REVENUE]);
    assert_null(t->number[NORNI_FIN_PROFIT]);
}

static void fault_32_dates_of_a_column(void **state) {
    place *p = *state;
    const norni_fin_table *t = good(p, "Date,Sales\n03/04/2024,1\n25/04/2024,2\n");
    assert_day(t, 0, 2024, 4, 3);
    t = good(p, "Date,Sales\n03/04/2024,1\n04/25/2024,2\n");
    assert_day(t, 0, 2024, 3, 4);
    t = good(p, "Date,Sales\n03.04.2024,1\n");
    assert_day(t, 0, 2024, 4, 3);
    assert_true(noted(t, "usual between dots"));
    t = good(p,
             "Date,Sales\n01/01/2024,1\n01/02/2024,1\n01/03/2024,1\n01/04/2024,1\n01/05/2024,1\n01/"
             "06/2024,1\n");
    assert_day(t, 2, 2024, 3, 1);
    assert_true(noted(t, "always 1"));
    t = good(
        p, "Date,Sales\n1/1/2024,1\n2/1/2024,1\n3/1/2024,1\n4/1/2024,1\n5/1/2024,1\n6/1/2024,1\n");
    assert_day(t, 2, 2024, 3, 1);
    t = good(p, "Date,Sales\n05/05/2024,1\n");
    assert_day(t, 0, 2024, 5, 5);
    bad(p, NORN_E_DATA, "Date,Sales\n03/04/2024,1\n05/04/2024,2\n",
        "a.csv: line 2: column Date: 03/04/2024");
    bad(p, NORN_E_DATA, "Date,Sales\n03/04/2024,1\n05/04/2024,2\n", "--dates day-first");
    bad(p, NORN_E_DATA, "Date,Sales\n25/04/2024,1\n04/25/2024,2\n", "--dates day-first");
    p->opt.dates = NORNI_FIN_DATES_DAY_FIRST;
    t = good(p, "Date,Sales\n03/04/2024,1\n05/04/2024,2\n");
    assert_day(t, 0, 2024, 4, 3);
    p->opt.dates = NORNI_FIN_DATES_MONTH_FIRST;
    t = good(p, "Date,Sales\n03/04/2024,1\n25/04/2024,2\n");
    assert_int_equal(t->n, 1);
    assert_int_equal(t->n_undated, 1);
    assert_day(t, 0, 2024, 3, 4);
    assert_true(noted(t, "\"25/04/2024\" in line 3"));
}

static void fault_32_dates_of_other_forms(void **state) {
    place *p = *state;
    const norni_fin_table *t = good(p, "Date,Sales\n45292,1\n45323.25,2\n");
    assert_day(t, 1, 2024, 2, 1);
    assert_true(noted(t, "spreadsheet's days"));
    t = good(p, "Year,Month,Sales\n2024,2,1\n2024,1,2\n2023,Dec,3\n");
    assert_day(t, 0, 2023, 12, 1);
    assert_day(t, 2, 2024, 2, 1);
    assert_key(t, "Month", "date");
    t = good(p, "Year,Quarter,Sales\n2024,Q2,1\n");
    assert_day(t, 0, 2024, 4, 1);
    t = good(p, "Year,Sales\n2023,1\n2024,2\n");
    assert_day(t, 1, 2024, 1, 1);
    t = good(p, "Wann,Sales\nJan 2024,1\nFeb 2024,2\n");
    assert_day(t, 1, 2024, 2, 1);
    assert_true(noted(t, "Wann is taken as the date"));
    t = good(p, "Date,Order Date,Sales\nx,2024-01-01,1\ny,2024-02-01,2\n");
    assert_key(t, "Order Date", "date");
    t = good(p, "Date,Sales\n2024-01-01,1\n,2\nsoon,3\n9999-12-31,4\n2024-01-02,5\n");
    assert_int_equal(t->n, 2);
    assert_int_equal(t->n_undated, 3);
    bad(p, NORN_E_DATA,
        "Date,Sales\n24/01/01,1\n24/01/02,1\n24/01/03,1\n24/01/04,1\n24/01/05,1\n24/01/06,1\n24/01/"
        "07,1\n"
        "24/01/08,1\n24/01/09,1\n24/01/10,1\n24/01/11,1\n24/01/12,1\n24/01/13,1\n24/01/14,1\n24/01/"
        "15,1\n"
        "24/01/16,1\n24/01/17,1\n24/01/18,1\n24/01/19,1\n24/01/20,1\n24/01/21,1\n24/01/22,1\n",
        "four digits");
}

static void fault_30_refused_with_words(void **state) {
    place *p = *state;
    bad(p, NORN_E_DATA, "Date,Sales\n", "a.csv: line 1: no rows");
    bad(p, NORN_E_DATA, "2024-01-01,5,EMEA\n2024-01-02,6,EMEA\n",
        "no header row: column 1 is headed \"2024-01-01\"");
    bad(p, NORN_E_DATA, "Account,Jan 2024,Feb 2024,Mar 2024\nRevenue,1,2,3\nCosts,1,2,3\n",
        "turn the table");
    bad(p, NORN_E_DATA, "Name,City\nBob,Rome\n", "no column of dates");
    bad(p, NORN_E_DATA, "Date,City\n2024-01-01,Rome\n", "none of the 2 headers");
    bad(p, NORN_E_DATA, "Date,Sales\n2024-01-01,many\n", "most of its cells are no numbers");
    bad(p, NORN_E_DATA, "Date,Sales\nsoon,1\nlater,2\n",
        "line 2: column Date: \"soon\" is no date");
    bad(p, NORN_E_DATA, "Date,Sales\n2024-01-01,1,234\n", "line 2: 3 fields, and the header has 2");
    p->source[0] = (norni_fin_source){"empty.csv", {.n = 0}};
    p->n = 1;
    bad(p, NORN_E_DATA, NULL, "empty.csv: the file is empty");
    bad(p, NORN_E_ARG, NULL, "no file");
}

static void fault_30_wide_and_huge(void **state) {
    place *p = *state;
    norni_buf b;
    norni_buf_init(&b, &p->ctx->alloc);
    for (int pass = 0; pass < 2; pass++) {
        b.n = 0;
        norni_buf_text(&b, "Date,Sales");
        for (int c = 0; c < 4094 + pass; c++)
            norni_buf_format(&b, ",x%d", c);
        norni_buf_text(&b, "\n2024-01-01,5\n");
        norni_buf_add(&b, "", 1);
        if (pass == 0)
            assert_int_equal(good(p, b.p)->n_extra, 4094);
        else
            bad(p, NORN_E_LIMIT, b.p, "4097 columns");
    }
    b.n = 0;
    norni_buf_text(&b, "Date,Sales,Text\n2024-01-01,5,");
    for (int i = 0; i < 1 << 16; i++)
        norni_buf_text(&b, "0123456789abcdefg");
    norni_buf_add(&b, "\n", 2);
    bad(p, NORN_E_LIMIT, b.p, "line 2: column 3 holds 1114112 bytes");
    norni_buf_clear(&b);
}

static void odd_but_served(void **state) {
    place *p = *state;
    const norni_fin_table *t = good(p,
                                    "Company report 2024,,\nprinted by "
                                    "Bob,,\nDate,Sales,Region\n2024-01-01,5,NA\n2024-01-02,0,\n");
    assert_int_equal(t->n, 2);
    assert_true(noted(t, "the header is line 3"));
    assert_int_equal(t->region.n, 1); /* North America is no missing cell */
    assert_int_equal(t->region.of[1], UINT32_MAX);
    t = good(p, "Date,Sales,Costs\n2024-01-01,0,0\n2024-01-02,0,0\n");
    assert_true(sum(t->number[NORNI_FIN_REVENUE], 2) == 0);
    t = good(
        p, "Date,Sales,Region\n2024-01-01,=1+1,\xFF\xFE\n2024-01-02,5,\xFF\xFE\n2024-01-02,6,b\n");
    assert_true(t->number[NORNI_FIN_REVENUE][0] == 5.5);
    assert_true(norni_str_is(t->correction[0].original, "=1+1"));
    assert_int_equal(t->region.n, 2);
    t = good(p, ",Date,Sales\nx,2024-01-01,5\n");
    assert_int_equal(t->n, 1);
}

static void ledgers(void **state) {
    const norni_fin_table *t = good(*state,
                                    "Date,Description,Category,Amount,Type,Account\n"
                                    "2024-01-01,Rent,Expenses,-5000.00,Expense,Office\n"
                                    "2024-01-02,Client,Revenue,25000.00,Income,Receivable\n"
                                    "2024-01-03,Refund of rent,Expenses,100,Expense,Office\n"
                                    "2024-01-04,Fee,Expenses,-50,Expense,Office\n");
    assert_true(sum(t->number[NORNI_FIN_REVENUE], 4) == 25000);
    assert_true(sum(t->number[NORNI_FIN_EXPENSES], 4) == 4950);
    assert_true(t->derived[NORNI_FIN_PROFIT]);
    assert_key(t, "Account", "department");
    assert_key(t, "Category", NULL);
    assert_true(noted(t, "ledger"));
    t = good(*state, "Date,Amount,Category\n2024-01-01,10,Revenue\n2024-01-02,4,Cost\n");
    assert_true(sum(t->number[NORNI_FIN_EXPENSES], 2) == 4);
    t = good(*state, "Date,Amount\n2024-01-01,10\n2024-01-02,-4\n");
    assert_true(sum(t->number[NORNI_FIN_REVENUE], 2) == 10 &&
                sum(t->number[NORNI_FIN_EXPENSES], 2) == 4);
    t = good(*state, "Date,Amount\n2024-01-01,10\n2024-01-02,4\n");
    assert_true(sum(t->number[NORNI_FIN_REVENUE], 2) == 14);
    assert_null(t->number[NORNI_FIN_EXPENSES]);
}

static void books_of_a_bank(void **state) {
    const norni_fin_table *t =
        good(*state,
             "Date,Debit,Credit,Balance\n2024-01-01,5,,100\n2024-01-02,,7,107\n"
             "2024-01-03,2,,105\n");
    assert_true(sum(t->number[NORNI_FIN_REVENUE], 3) == 7);
    assert_true(sum(t->number[NORNI_FIN_EXPENSES], 3) == 7);
    assert_string_equal(t->correction[0].method, "other_side");
    assert_true(noted(t, "each row holds revenue or expenses"));
    t = good(*state, "Date,Revenue,AR\n2024-01-01,5,\n2024-01-02,6,7\n2024-01-03,2,\n");
    assert_true(noted(t, "ar is missing in 2 of 3 rows"));
}

static const char *const part[3] = {
    "Date,Sales,Region\n2024-01-01,1,a\n2024-01-02,2,b\n2024-01-02,2,b\n",
    "region,DATE,Sales\nb,2024-01-02,2\nb,2024-01-03,3\n",
    "Sales,Date,Region\n7,2024-01-02,b\n1,2024-01-01,a\n"};

static void write_down(place *p, norni_buf *b) {
    norni_json j;
    norni_json_init(&j, b);
    norni_json_open(&j, '[');
    norni_fin_validation_json(&j, &p->t, 1700000000);
    norni_fin_corrections_json(&j, &p->t, norni_str_of("2024-01-01T00:00:00Z"));
    for (size_t i = 0; i < p->t.n; i++) {
        norni_json_int(&j, p->t.time[i]);
        norni_json_num(&j, p->t.number[NORNI_FIN_REVENUE][i]);
        if (p->t.region.of) norni_json_int(&j, p->t.region.of[i]);
    }
    norni_json_close(&j, ']');
}

/* Shared rows once (but twice where one file has them twice), in whatever order the files come. */
static void several_files(void **state) {
    static const int order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const double want[] = {1, 2, 2, 7, 3};
    place *p = *state;
    norni_buf b[2];
    norni_buf_init(&b[0], &p->ctx->alloc);
    norni_buf_init(&b[1], &p->ctx->alloc);
    for (int k = 0; k < 6; k++) {
        for (int f = 0; f < 3; f++)
            give(p, "x.csv", part[order[k][f]]);
        if (read_given(p) != NORN_OK) fail_msg("%s", p->err.text);
        assert_int_equal(p->t.n, 5);
        assert_int_equal(p->t.rows_read, 7);
        for (size_t i = 0; i < 5; i++)
            assert_true(p->t.number[NORNI_FIN_REVENUE][i] == want[i]);
        assert_true(noted(&p->t, "counted once: 2 left out"));
        b[k > 0].n = 0;
        write_down(p, &b[k > 0]);
        if (k > 0) assert_true(b[0].n == b[1].n && memcmp(b[0].p, b[1].p, b[0].n) == 0);
    }
    norni_buf_clear(&b[0]);
    norni_buf_clear(&b[1]);
}

static void files_that_do_not_match(void **state) {
    place *p = *state;
    give(p, "a.csv", "Date,Sales,Region\n2024-01-01,1,a\n");
    give(p, "b.csv", "Date,Sales,Area\n2024-01-01,1,a\n");
    bad(p, NORN_E_DATA, NULL, "missing: Area; extra: Region");
    give(p, "a.csv", "Date,Sales,Region\n2024-01-01,1,a\n");
    give(p, "b.csv", "Date,Sales\n2024-01-01,1\n");
    bad(p, NORN_E_DATA, NULL, "extra: Region");
    give(p, "a.csv", "Date,Sales\n25/01/2024,1\n");
    give(p, "b.csv", "Date,Sales\n03/02/2024,2\n");
    assert_int_equal(read_given(p), NORN_OK); /* b as a */
    assert_day(&p->t, 1, 2024, 2, 3);
    give(p, "a.csv", "Date,Sales\n25/01/2024,1\n");
    give(p, "b.csv", "Date,Sales\n02/23/2024,2\n");
    give(p, "c.csv", "Date,Sales\n02/03/2024,2\n");
    bad(p, NORN_E_DATA, NULL, "c.csv: line 2: column Date: 02/03/2024");
}

/* Rows of one date in any order, years away from all others, with months left out. */
static void order_of_rows_is_nothing(void **state) {
    const norni_fin_table *const a =
        good(*state,
             "Date,Revenue,Region\n2024-02-01,5,B\n2024-01-01,9,A\n2024-01-01,10,A\n"
             "2024-01-01,10,B\n");
    const double one[4] = {a->number[0][0], a->number[0][1], a->number[0][2], a->number[0][3]};
    const norni_fin_table *const b =
        good(*state,
             "Date,Revenue,Region\n2024-01-01,10,B\n2024-01-01,10,A\n2024-02-01,5,B\n"
             "2024-01-01,9,A\n");
    assert_int_equal(b->n, 4);
    for (size_t i = 0; i < 4; i++)
        assert_true(b->number[0][i] == one[i]);
    assert_string_equal(b->region.name[b->region.of[1]].p, "B");
}

static void fault_32_years_away(void **state) {
    static const char head[] =
        "Date,Revenue\n2024-01-31,1\n2024-02-29,2\n2024-03-31,3\n"
        "2024-04-30,4\n2024-05-31,5\n2024-06-30,6\n";
    static const struct {
        const char *row;
        size_t undated;
        const char *note;
    } with[] = {
        {"2095-07-31,7\n", 1, "undated: 1 (\"2095-07-31\" in line 8); mend the date"},
        {"2034-07-31,7\n", 1, "\"2034-07-31\" in line 8"},
        {"1902-07-31,7\n", 1, "\"1902-07-31\" in line 8"},
        {"2026-05-31,7\n", 0, "missing: 22, first 2024-07"}, /* not two years off */
        {"2034-07-31,7\n2034-08-31,8\n", 0, "missing: 120"}, /* two of eight are no slip */
        {"2024-07-31,7\n", 0, NULL},
    };
    for (size_t k = 0; k < sizeof with / sizeof *with; k++) {
        char text[400];
        norni_format(text, sizeof text, "%s%s", head, with[k].row);
        const norni_fin_table *const t = good(*state, text);
        assert_int_equal(t->n_undated, with[k].undated);
        assert_int_equal(t->n + t->n_undated, t->rows_read);
        if (with[k].note == NULL ? t->n_notes != 0 : !noted(t, with[k].note))
            fail_msg("%s: %s", with[k].row, t->n_notes ? t->note[0].p : "no note");
    }
}

/* Letters of an old code page, a sheet asked of a text, a text named as a workbook. */
static void files_of_other_kinds(void **state) {
    place *const p = *state;
    const norni_fin_table *t = good(
        p, "Date,Revenue,R\xE9gion\n2024-01-01,\x80 5,Gen\xE8ve\n2024-02-01,6,Z\xC3\xBCrich\n");
    assert_key(t, "R\xC3\xA9gion", "region");
    assert_string_equal(t->region.name[0].p, "Gen\xC3\xA8ve");
    assert_string_equal(t->region.name[1].p, "Z\xC3\xBCrich");
    assert_true(t->number[NORNI_FIN_REVENUE][0] == 5);
    assert_true(noted(t, "read as Windows-1252: cells 3, first \"R\xC3\xA9gion\" in line 1"));
    t = good(p, "Date,Revenue,Region\n2024-01-01,5,Z\xC3\xBCrich\n");
    assert_false(noted(t, "1252"));

    static const char text[] = "Date,Revenue\n2024-01-01,5\n";
    p->source[0].name = "a.csv";
    assert_int_equal(norni_grid_parse(p->ctx, text, sizeof text - 1, "Data", &p->arena,
                                      &p->source[0].grid, &p->err),
                     NORN_OK);
    p->n = 1;
    assert_int_equal(read_given(p), NORN_OK);
    assert_true(noted(&p->t, "a sheet is asked for by name"));

    give(p, "a.XLSX", "notazipnotazip\n");
    bad(p, NORN_E_FORMAT, NULL, "a.XLSX: no workbook");
    give(p, "a.xlsx", text); /* a text by a wrong name is read all the same */
    assert_int_equal(read_given(p), NORN_OK);
    static const char *const sheets[] = {"Readme", "Data"};
    give(p, "b.xlsx", "Words\n");
    p->source[0].grid.sheet = sheets[0];
    p->source[0].grid.sheet_names = sheets;
    p->source[0].grid.n_sheets = 2;
    bad(p, NORN_E_DATA, NULL, "the sheet that was read is \"Readme\"; --sheet chooses of \"Data\"");
}

static void fault_31_points_of_thousands(void **state) {
    const norni_fin_table *t = good(
        *state, "Date;Revenue;Expenses\n2024-01-01;102.576;72.844\n2024-02-01;106.703;73.876\n");
    assert_true(t->number[NORNI_FIN_REVENUE][0] == 102576);
    assert_true(t->number[NORNI_FIN_EXPENSES][1] == 73876);
    assert_true(noted(t, "taken as the mark of thousands"));
    t = good(*state,
             "Date;Revenue;Expenses\n2024-01-01;102.576;72.84\n2024-02-01;106.703;73.876\n");
    assert_true(t->number[NORNI_FIN_REVENUE][0] == 102.576);
}

static void repairs_are_told(void **state) {
    const norni_fin_table *t =
        good(*state,
             "Date,Revenue,Expenses,Region\n2024-01-01,5,4,A\n2024-01-01,5,4,A\n"
             "2024-02-01,6\n2024-03-01,7,5,A\n");
    assert_int_equal(t->n, 4);
    assert_true(noted(t, "equal in every cell, are all counted: 1, first line 3"));
    assert_true(noted(t, "get their column's median: expenses 1 of 4 rows; first line 4"));
    assert_true(noted(t,
                      "column Region is empty in 1 of 4 rows, which belong to no region: first "
                      "line 4"));
    t = good(*state, "Date,Revenue,Region\n2024-01-01,5,A\n2024-01-01,5,B\n");
    assert_int_equal(t->n_notes, 0);
}

static void books_of_quarters(void **state) {
    const norni_fin_table *t =
        good(*state, "Date,Revenue\n2023Q1,1\n2023Q2,2\n2023Q3,3\n2023Q4,4\n2024Q1,5\n");
    assert_int_equal(t->months_apart, 3);
    assert_true(noted(t, "quarterly: rows stand 3 months apart"));
    t = good(*state, "Date,Revenue\n2020,1\n2021,2\n2022,3\n2023,4\n");
    assert_int_equal(t->months_apart, 12);
    assert_true(noted(t, "yearly: rows stand 12 months apart"));
    t = good(*state, "Date,Revenue\n2024-01-01,1\n2024-02-01,2\n2024-05-01,3\n2024-06-01,3\n");
    assert_int_equal(t->months_apart, 1);
    assert_true(noted(t, "months without any row are missing: 2, first 2024-03"));
    t = good(*state, "Date,Revenue\n2024-01-01,1\n2024-02-01,2\n");
    assert_int_equal(t->months_apart, 1);
    assert_false(noted(t, "missing"));
}

static void json_of_the_report(void **state) {
    static const char want[] =
        "[{\"dataset_id\":\"ds_1700000000\",\"original_shape\":[3,4],\"cleaned_shape\":[2,4],"
        "\"missing_values_imputed\":true,"
        "\"imputed_columns_summary\":{\"revenue\":1},\"header_mappings\":{\"Date\":\"date\","
        "\"Sales \\\"x\\\"\":\"revenue\"},"
        "\"header_reasons\":[{\"header\":\"Date\",\"key\":\"date\",\"reason\":\"exact\"},{"
        "\"header\":\"Sales "
        "\\\"x\\\"\",\"key\":\"revenue\",\"reason\":\"by "
        "hand\"},{\"header\":\"Memo\",\"key\":null,\"reason\":\"notes, comments, "
        "descriptions and memos are never a "
        "key\"},{\"header\":\"Foo\",\"key\":null,\"reason\":\"no key is known by this "
        "header\"}],\"derived_columns\":[],\"undated_rows\":1,\"notes\":[\"rows without a date "
        "that can be read are left out: 1, first "
        "\\\"\\\" in line "
        "4\",\"cells without a number get their column's median: revenue 1 of 2 rows; first line "
        "3\"]},[{\"row_id\":1,\"column\":\"revenue\",\"original\":\"N/"
        "A\",\"correction\":5,\"method\":"
        "\"median_impute\",\"timestamp\":\"2024-01-01T00:00:00Z\"}]";
    place *p = *state;
    norni_buf b;
    p->opt.map = norni_str_of("Sales \"x\"=revenue");
    good(p, "Date,\"Sales \"\"x\"\"\",Memo,Foo\n2024-01-01,5,m,f\n2024-01-02,,m,f\n,7,m,f\n");
    norni_buf_init(&b, &p->ctx->alloc);
    write_down(p, &b);
    if (b.n < sizeof want || memcmp(b.p, want, sizeof want - 1) != 0)
        fail_msg("%.*s", (int)b.n, b.p);
    norni_buf_clear(&b);
}

/* Without memory: a word, nothing leaked, and the next call works. */
static void fault_01_without_memory(void **state) {
    place *p = *state;
    size_t failed = 0;
    for (int f = 0; f < 3; f++)
        give(p, "x.csv", part[f]);
    norni_fin_source source[3];
    memcpy(source, p->source, sizeof source);
    for (size_t until = 1; until < 400; until++) {
        norni_arena a;
        norni_arena_init(&a, &p->ctx->alloc);
        p->memory.calls = 0;
        p->memory.until = until;
        p->err = (norn_err){NORN_OK, ""};
        const norn_status st = norni_fin_read(p->ctx, source, 3, &p->opt, &a, &p->t, &p->err);
        p->memory.until = 0;
        norni_arena_clear(&a);
        if (st == NORN_OK) break;
        assert_int_equal(st, NORN_E_MEM);
        assert_true(p->err.text[0] != '\0');
        failed++;
    }
    assert_true(failed > 2);
    memcpy(p->source, source, sizeof source);
    p->n = 3;
    assert_int_equal(read_given(p), NORN_OK);
}

static void can_be_cancelled(void **state) {
    place *p = *state;
    give(p, "a.csv", part[0]);
    norn_ctx_cancel(p->ctx);
    assert_int_equal(read_given(p), NORN_E_CANCEL);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(the_specs_columns),
        CASE(the_first_column_wins),
        CASE(marketing_is_no_cashflow),
        CASE(by_hand),
        CASE(fault_31_decimal_marks),
        CASE(gaps_by_identity_then_median),
        CASE(no_identity_no_filling),
        CASE(derived_columns),
        CASE(fault_32_dates_of_a_column),
        CASE(fault_32_dates_of_other_forms),
        CASE(fault_30_refused_with_words),
        CASE(fault_30_wide_and_huge),
        CASE(odd_but_served),
        CASE(ledgers),
        CASE(books_of_a_bank),
        CASE(several_files),
        CASE(files_that_do_not_match),
        CASE(order_of_rows_is_nothing),
        CASE(fault_32_years_away),
        CASE(books_of_quarters),
        CASE(repairs_are_told),
        CASE(files_of_other_kinds),
        CASE(fault_31_points_of_thousands),
        CASE(json_of_the_report),
        CASE(fault_01_without_memory),
        CASE(can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
