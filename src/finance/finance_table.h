/* The table of a report: rows of transactions under the house's own keys, and what was done to them. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_TABLE_H
#define NORNI_FINANCE_TABLE_H

#include "base/arena.h"
#include "base/ctx.h"
#include "base/str.h"

/* Columns that a header may be recognised as. The numbers first. */
typedef enum norni_fin_key {
    NORNI_FIN_REVENUE,
    NORNI_FIN_EXPENSES,
    NORNI_FIN_PROFIT,
    NORNI_FIN_CASHFLOW,
    NORNI_FIN_MARKETING,
    NORNI_FIN_ASSETS, /* from here on stocks: balances at a time */
    NORNI_FIN_LIABILITIES,
    NORNI_FIN_AR,
    NORNI_FIN_AP,
    NORNI_FIN_NUMBERS, /* count of the keys that are numbers */
    NORNI_FIN_DATE = NORNI_FIN_NUMBERS,
    NORNI_FIN_REGION,
    NORNI_FIN_DEPARTMENT,
    NORNI_FIN_KEYS
} norni_fin_key;

/* "revenue", "marketing_spend", "ar" …: as in the reports' JSON. */
const char *norni_fin_key_name(norni_fin_key key);

/* A column that is none of the keys. */
typedef struct norni_fin_extra {
    norni_str name;
    const double *number;  /* (n) where most cells are numbers, NaN = missing; else NULL */
    const norni_str *text; /* (n) as they stand in the file */
} norni_fin_extra;

/* How a header was read. */
typedef struct norni_fin_mapping {
    norni_str header; /* as in the file */
    const char *key;  /* "revenue" …, or NULL: kept under its own name */
    const char *why;  /* "exact", "synonym", "words" …; of what is not mapped, why not */
} norni_fin_mapping;

/* A cell that was filled or mended. */
typedef struct norni_fin_correction {
    size_t row; /* of the table, from 0 */
    const char *column;
    norni_str original; /* "N/A" for an empty cell, else its text */
    double correction;
    const char *method; /* "median_impute", "identity" … */
} norni_fin_correction;

/* Groups of rows: regions or departments, in order of their names' bytes. */
typedef struct norni_fin_groups {
    size_t n;
    const norni_str *name; /* (n) */
    const uint32_t *of;    /* (n_rows) group of a row, UINT32_MAX = none; NULL: no such column */
} norni_fin_groups;

/* All of it in one arena. Rows ascend by time, those of one time by their cells' bytes. Rows without
 * a date that can be read, or years away from all others, are left out and counted. */
typedef struct norni_fin_table {
    size_t n;            /* rows, at least 1 */
    const int64_t *time; /* (n) microseconds, UTC */
    double
        *number[NORNI_FIN_NUMBERS]; /* (n) each, no NaN left; NULL: no such column, which is never
                                          made up. PROFIT may be REVENUE - EXPENSES, EXPENSES may be
                                          REVENUE - PROFIT: `derived` says so */
    bool derived[NORNI_FIN_NUMBERS];
    norni_fin_groups region, department;
    size_t n_extra;
    const norni_fin_extra *extra; /* (n_extra) */
    size_t rows_read, columns_read, columns_kept;
    size_t n_undated; /* rows left out */
    unsigned
        months_apart; /* 1; 3 where the books are quarterly, 12 yearly: rows in every third month alone */
    size_t n_mapping;
    const norni_fin_mapping
        *mapping; /* (n_mapping) each header of the files once, in their order */
    size_t n_corrections;
    const norni_fin_correction *correction;
    size_t imputed[NORNI_FIN_NUMBERS]; /* cells filled */
    size_t n_notes;
    const norni_str *note; /* (n_notes) sentences for people: what was assumed of dates, signs … */
} norni_fin_table;

#endif
