/* The rows that an evaluation writes while it runs: by series, by item, by step. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NORNI_EVALUATE_ROWS_H
#define NORNI_EVALUATE_ROWS_H

#include "app/evaluate_plan.h"
#include "app/evaluate_table.h"

/* Columns that the tables share: a score's number, or NORNI_COLUMN_OWA. */
enum { NORNI_COLUMN_OWA = -1 };
typedef struct norni_evaluate_columns {
    size_t n;
    const int32_t *score;    /* (n) */
    const char *const *name; /* (n) */
} norni_evaluate_columns;
NORN_CHECKED norn_status norni_evaluate_columns_make(const norni_doubles *levels,
                                                     norni_arena *arena,
                                                     norni_evaluate_columns *out, norn_err *err);
/* before[], the shared columns, behind[] as one list of names. */
NORN_CHECKED norn_status norni_columns_join(const norni_evaluate_columns *columns,
                                            const char *const *before, size_t n_before,
                                            const char *const *behind, size_t n_behind,
                                            norni_arena *arena, const char *const **out, size_t *n,
                                            norn_err *err);

/* The column of the model that served an item; "" when it failed. */
norni_str norni_evaluate_served(const norni_evaluate_plan *plan, const norni_cv *cv, size_t item);

/* `series` counts from the answer's first, `i` is the panel's; k is the spec. */
NORN_CHECKED norn_status norni_by_series_begin(norni_table_out *t,
                                               const norni_evaluate_columns *columns,
                                               norni_arena *arena, norn_err *err);
NORN_CHECKED norn_status norni_by_series_row(const norni_evaluate_plan *plan,
                                             const norni_panel *panel, size_t i, size_t k,
                                             const norni_evaluate_columns *columns,
                                             const norni_series_standing *of, const double *mean,
                                             norni_table_out *t, norn_err *err);
/* unique_id, model, cutoff, status, served, attempts, seconds, parameters, message,
 * stop */
NORN_CHECKED norn_status norni_items_begin(norni_table_out *t, norn_err *err);
NORN_CHECKED norn_status norni_items_rows(const norni_evaluate_plan *plan, const norni_cv *cv,
                                          size_t series, size_t k, norni_table_out *t,
                                          norn_err *err);
/* unique_id, model, cutoff, step, ds, y, forecast, lo-L, hi-L …: every step of every item that was
 * served. */
NORN_CHECKED norn_status norni_errors_begin(norni_table_out *t, const norni_doubles *levels,
                                            norni_arena *arena, norn_err *err);
NORN_CHECKED norn_status norni_errors_rows(const norni_evaluate_plan *plan, const norni_cv *cv,
                                           size_t series, size_t k, norni_table_out *t,
                                           norn_err *err);
/* A failed item as a JSON object with a comma before it. */
void norni_evaluate_failure(const norni_evaluate_plan *plan, const norni_cv *cv, size_t item,
                            norni_buf *b);
/* Why an item's own model did not serve it, as a line for people. */
void norni_evaluate_reason(const norni_evaluate_plan *plan, const norni_cv *cv, size_t item,
                           norni_buf *b);

#endif
