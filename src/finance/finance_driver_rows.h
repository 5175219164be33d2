/* What profit is learned from: rows or months, and the columns that do not hold profit themselves. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_FINANCE_DRIVER_ROWS_H
#define NORNI_FINANCE_DRIVER_ROWS_H

#include "finance/finance_months.h"

typedef struct norni_fin_driver_rows {
    size_t n, n_x;         /* examples, features; 0: nothing to learn from */
    const norni_str *name; /* (n_x) */
    double **x;            /* (n_x) columns of (n); NaN = missing */
    double *y;             /* (n) profit */
    bool by_month;         /* an example is a month; else a row of the table */
    const char *example;   /* "month", "quarter", "row" */
    size_t n_all;          /* examples that there are, of which n were drawn */
} norni_fin_driver_rows;
enum { NORNI_FIN_DRIVER_ROWS = 2000, NORNI_FIN_DRIVER_COLUMNS = 40, NORNI_FIN_DRIVER_LEAST = 12 };

/* All in `arena`. Rows serve where there are twice as many as months and 60 at least, at most NORNI_FIN_DRIVER_ROWS of them,
 * drawn one from each of as many equal stretches by `seed`; else months. */
NORN_CHECKED norn_status norni_fin_driver_rows_make(const norni_fin_book *book, uint64_t seed,
                                                    norni_arena *arena, norni_fin_driver_rows *out,
                                                    norn_err *err);

#endif
